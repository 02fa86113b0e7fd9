//! Pages of a PDF as pictures, made on a thread of their own. The only place that names the renderer of PDF.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use assay_service::Waker;
use egui::{ColorImage, Context, TextureHandle, TextureOptions, Vec2, vec2};
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

use crate::background::waker;

/// Pictures that are kept; the ones farthest from what is looked at go first.
const KEPT: usize = 14;
/// The widest picture of a page, in pixels.
const WIDEST: f32 = 4000.0;

/// A document whose pages are shown.
#[derive(Debug)]
pub struct Pages {
    wants: Sender<Want>,
    told: Receiver<Told>,
    sizes: Vec<Vec2>,
    error: Option<String>,
    pictures: BTreeMap<usize, Picture>,
    asked: BTreeSet<Want>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Want {
    page: usize,
    /// Width of the picture in pixels.
    width: u32,
}

struct Picture {
    width: u32,
    texture: TextureHandle,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").field("width", &self.width).finish_non_exhaustive()
    }
}

enum Told {
    Sizes(Vec<Vec2>),
    Drawn(Want, ColorImage),
    Failed(String),
}

impl Pages {
    /// Opens a document. Its pages are known a moment later.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn open(ctx: &Context, pdf: Vec<u8>) -> std::io::Result<Self> {
        let (wants, wanted) = channel();
        let (tell, told) = channel();
        let wake = waker(ctx);
        std::thread::Builder::new().name("pages".to_owned()).spawn(move || draw(pdf, &wanted, &tell, &wake))?;
        let (pictures, asked) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { wants, told, sizes: Vec::new(), error: None, pictures, asked })
    }

    /// Takes what was drawn since the last frame.
    pub fn poll(&mut self, ctx: &Context) {
        loop {
            match self.told.try_recv() {
                Ok(Told::Sizes(sizes)) => self.sizes = sizes,
                Ok(Told::Drawn(want, image)) => {
                    self.asked.remove(&want);
                    let texture = ctx.load_texture(format!("page {}", want.page), image, TextureOptions::LINEAR);
                    self.pictures.insert(want.page, Picture { width: want.width, texture });
                }
                Ok(Told::Failed(reason)) => self.error = Some(reason),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
        }
    }

    /// The size of each page in points; empty until the document was read.
    pub fn sizes(&self) -> &[Vec2] {
        &self.sizes
    }

    /// Why nothing can be shown.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// How many pages are being drawn.
    pub fn waiting(&self) -> usize {
        self.asked.len()
    }

    /// The picture of a page, `width` pixels wide: the one drawn before at another width until it is there.
    pub fn picture(&mut self, page: usize, width: f32) -> Option<&TextureHandle> {
        let want = Want { page, width: width.clamp(1.0, WIDEST).round() as u32 };
        let drawn = self.pictures.get(&page).is_some_and(|picture| picture.width == want.width);
        if !drawn && self.asked.insert(want) && self.wants.send(want).is_err() {
            self.asked.remove(&want);
        }
        while self.pictures.len() > KEPT {
            let Some(far) = self.pictures.keys().copied().max_by_key(|known| known.abs_diff(page)) else { break };
            self.pictures.remove(&far);
        }
        self.pictures.get(&page).map(|picture| &picture.texture)
    }
}

/// Draws what is wanted until nobody wants anything any more. A file that the renderer stumbles over is an answer, too.
fn draw(pdf: Vec<u8>, wanted: &Receiver<Want>, tell: &Sender<Told>, wake: &Waker) {
    let say = |told| {
        let is_heard = tell.send(told).is_ok();
        wake();
        is_heard
    };
    let Ok(pdf) = Pdf::new(pdf) else {
        say(Told::Failed("the file is no PDF that can be read".to_owned()));
        return;
    };
    let pages = pdf.pages();
    let sizes = pages.iter().map(|page| {
        let (width, height) = page.render_dimensions();
        vec2(width, height)
    });
    if !say(Told::Sizes(sizes.collect())) {
        return;
    }
    let cache = RenderCache::new();
    while let Ok(want) = wanted.recv() {
        let Some(page) = pages.get(want.page) else { continue };
        let (width, _) = page.render_dimensions();
        let scale = want.width as f32 / width.max(1.0);
        let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &settings)
        }));
        let told = match drawn {
            Ok(drawn) => {
                let size = [usize::from(drawn.width()), usize::from(drawn.height())];
                Told::Drawn(want, ColorImage::from_rgba_premultiplied(size, drawn.data_as_u8_slice()))
            }
            Err(_) => Told::Failed(format!("page {} cannot be drawn", want.page + 1)),
        };
        if !say(told) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::*;

    /// Everything that is told of `wanted` pages.
    fn told(pdf: Vec<u8>, wanted: &[Want]) -> Vec<(Told, Duration)> {
        let (wants, receives) = channel();
        let (tell, told) = channel();
        wanted.iter().for_each(|want| wants.send(*want).unwrap());
        drop(wants);
        let waker: Waker = Arc::new(|| ());
        let thread = std::thread::spawn(move || draw(pdf, &receives, &tell, &waker));
        let mut before = Instant::now();
        let mut all = Vec::new();
        while let Ok(what) = told.recv() {
            all.push((what, before.elapsed()));
            before = Instant::now();
        }
        thread.join().unwrap();
        all
    }

    fn briefing() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        assay_service::sample::create_sample(folder.path(), 2).unwrap();
        let workbench = assay_service::Workbench::open(folder.path()).unwrap();
        workbench.preview(assay_service::ReportKind::Briefing).unwrap().pdf
    }

    #[test]
    fn pages_are_drawn_as_wide_as_they_are_wanted() {
        let all = told(briefing(), &[Want { page: 0, width: 300 }, Want { page: 999, width: 300 }]);
        let [(Told::Sizes(sizes), _), (Told::Drawn(want, image), _)] = all.as_slice() else {
            panic!("the sizes and the one page that is there")
        };
        assert!((want.page, image.size[0]) == (0, 300) && !sizes.is_empty());
        let expected = 300.0 * sizes[0].y / sizes[0].x;
        assert!((image.size[1] as f32 - expected).abs() <= 1.0, "{:?}", image.size);
        let first = image.pixels[0];
        assert!(image.pixels.iter().any(|pixel| *pixel != first), "something is on it");
    }

    #[test]
    fn what_is_no_pdf_is_said_to_be_none() {
        for bytes in [Vec::new(), b"%PDF-1.7 synthetic".to_vec(), vec![0; 4096]] {
            let all = told(bytes, &[Want { page: 0, width: 100 }]);
            assert!(!all.iter().any(|(told, _)| matches!(told, Told::Drawn(..))));
        }
    }

    #[test]
    #[ignore = "a measurement: cargo test -p assay-desktop --release --lib how_long -- --ignored --nocapture"]
    fn how_long_a_page_takes() {
        let wants: Vec<Want> = (0..8).map(|page| Want { page, width: 912 }).collect();
        for (what, took) in told(briefing(), &wants) {
            if let Told::Drawn(want, _) = what {
                println!("page {} at 110 dpi: {:.1} ms", want.page + 1, took.as_secs_f64() * 1e3);
            }
        }
    }
}
