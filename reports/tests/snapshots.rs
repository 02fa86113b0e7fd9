//! Pages as pictures against stored copies, where poppler's pdftoppm is installed.
//!
//! After an intended change: `ASSAY_BLESS=1 cargo test -p assay-reports --test snapshots`, then look at the pictures
//! in `tests/golden/pages`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_reports::{RenderOptions, render_pdf};
use std::path::{Path, PathBuf};
use support::{gallery::gallery, keep, tool};

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
    let pdf = render_pdf(&gallery(), &RenderOptions::default()).unwrap();
    let path = keep("snapshot.pdf", &pdf.bytes);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    let stem = folder.join("page");
    let arguments = ["-r", "60", "-gray", path.to_str().unwrap(), stem.to_str().unwrap()];
    let Some((good, text)) = tool("pdftoppm", &arguments) else { return };
    assert!(good, "{text}");
    let golden = Path::new("tests/golden/pages");
    let is_blessed = std::env::var_os("ASSAY_BLESS").is_some();
    for page in 1..=pdf.pages {
        let digits = pdf.pages.to_string().len();
        let picture = read_pgm(&folder.join(format!("page-{page:0digits$}.pgm")));
        let name = format!("page-{page:02}.png");
        if is_blessed {
            std::fs::create_dir_all(&golden).unwrap();
            write_png(&picture, &golden.join(&name));
        }
        let part = difference(&picture, &read_png(&golden.join(&name)));
        assert!(part < 0.002, "{name}: {:.2} % of the pixels differ", part * 100.0);
    }
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
