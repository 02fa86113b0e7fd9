//! Pages as pictures against stored copies, where poppler's pdftoppm is installed.
//!
//! After an intended change: `ASSAY_BLESS=1 cargo test -p assay-reports --test snapshots`, then look at the pictures
//! in `tests/golden`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_reports::document::Document;
use assay_reports::{RenderOptions, ReportKind, compose, render_pdf};
use std::path::{Path, PathBuf};
use support::{gallery::gallery, keep, report_input, tool};

/// A grey page.
struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

/// Reads the PGM that pdftoppm writes: `P5`, width, height, 255, pixels.
fn read_pgm(path: &Path) -> Picture {
    let bytes = std::fs::read(path).unwrap();
    let mut parts = bytes.splitn(4, |byte| byte.is_ascii_whitespace());
    assert_eq!(parts.next().unwrap(), b"P5");
    let mut number = || std::str::from_utf8(parts.next().unwrap()).unwrap().parse::<u32>().unwrap();
    let (width, height) = (number(), number());
    let pixels = bytes[bytes.len() - (width * height) as usize..].to_vec();
    Picture { width, height, pixels }
}

fn read_png(path: &Path) -> Picture {
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    Picture { width: info.width, height: info.height, pixels }
}

fn write_png(picture: &Picture, path: &Path) {
    let file = std::fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, picture.width, picture.height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(&picture.pixels).unwrap();
}

/// The part of pixels that clearly differ. Versions of the renderer smooth edges differently, so a pixel counts when
/// no neighbour in the other picture is like it.
fn difference(a: &Picture, b: &Picture) -> f64 {
    if (a.width, a.height) != (b.width, b.height) {
        return 1.0;
    }
    let at = |picture: &Picture, x: u32, y: u32| picture.pixels[(y * picture.width + x) as usize];
    let mut different = 0u32;
    for y in 1..a.height - 1 {
        for x in 1..a.width - 1 {
            let value = at(a, x, y);
            let near = (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| (x, y)));
            let closest = near.map(|(x, y)| at(b, x, y).abs_diff(value)).min().unwrap();
            different += u32::from(closest > 40);
        }
    }
    f64::from(different) / f64::from(a.width * a.height)
}

#[test]
fn the_pages_of_the_gallery_look_as_before() {
    look_as_before("pages", &gallery());
}

#[test]
fn the_pages_of_every_document_look_as_before() {
    for kind in ReportKind::ALL {
        look_as_before(kind.id(), &compose(kind, &report_input::input()));
    }
}

/// Compares each page with its picture in a folder of that name.
fn look_as_before(name: &str, document: &Document) {
    let pdf = render_pdf(document, &RenderOptions::default()).unwrap();
    let path = keep(&format!("snapshot-{name}.pdf"), &pdf.bytes);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let stem = folder.join("page");
    let arguments = ["-r", "60", "-gray", path.to_str().unwrap(), stem.to_str().unwrap()];
    let Some((good, text)) = tool("pdftoppm", &arguments) else { return };
    assert!(good, "{text}");
    let golden = Path::new("tests/golden").join(name);
    let is_blessed = std::env::var_os("ASSAY_BLESS").is_some();
    if is_blessed {
        std::fs::remove_dir_all(&golden).ok();
        std::fs::create_dir_all(&golden).unwrap();
    }
    for page in 1..=pdf.pages {
        let digits = pdf.pages.to_string().len();
        let picture = read_pgm(&folder.join(format!("page-{page:0digits$}.pgm")));
        let file = format!("page-{page:02}.png");
        if is_blessed {
            write_png(&picture, &golden.join(&file));
        }
        let stored = golden.join(&file);
        assert!(stored.is_file(), "{name} has no picture of page {page}");
        let part = difference(&picture, &read_png(&stored));
        assert!(part < 0.002, "{name}, {file}: {:.2} % of the pixels differ", part * 100.0);
    }
    let stored = std::fs::read_dir(&golden).unwrap().count();
    assert_eq!(stored, pdf.pages, "{name} has another number of pages than before");
}

#[test]
fn a_changed_digit_is_a_difference() {
    let page = |ink: u8| Picture {
        width: 30,
        height: 30,
        pixels: (0..900).map(|i| if (i / 30) % 9 < 4 { ink } else { 255 }).collect(),
    };
    assert_eq!(difference(&page(0), &page(0)), 0.0);
    assert!(difference(&page(0), &page(200)) > 0.1);
}
