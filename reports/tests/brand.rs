//! A document in a house's colours, with its logo and German labels.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_reports::scene::Color;
use assay_reports::{Attachment, Brand, Diagnostic, Paper, RenderOptions, render_pdf};
use support::{check, gallery, keep, tool};

/// A mark of two squares on a transparent ground.
fn logo() -> Vec<u8> {
    let (width, height) = (180u32, 60u32);
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let pixel: [u8; 4] = match (x, y) {
                (0..60, _) => [0x6A, 0x1B, 0x4D, 255],
                (75..180, 18..42) => [0x22, 0x22, 0x22, 255],
                _ => [0, 0, 0, 0],
            };
            pixels.extend(pixel);
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

#[test]
fn a_branded_german_document_is_sound() {
    let mut document = gallery::gallery();
    document.meta.language = "de".to_owned();
    document.meta.classification = Some("Vertraulich".to_owned());
    let brand =
        Brand { primary: Some(Color::hex(0x6A_1B4D)), accent: Some(Color::hex(0xE8_9B00)), logo_png: Some(logo()) };
    let study = Attachment {
        name: "study.yaml".to_owned(),
        media_type: "application/yaml".to_owned(),
        description: "The study".to_owned(),
        bytes: b"schema: 1\n".to_vec(),
    };
    let options = RenderOptions { paper: Paper::Letter, brand, attachments: vec![study], signing_key: None };
    let pdf = render_pdf(&document, &options).unwrap();
    let path = keep("branded.pdf", &pdf.bytes);
    assert_eq!(check::findings(&pdf.bytes), Vec::<String>::new());
    assert!(
        pdf.diagnostics
            .iter()
            .any(|found| matches!(found, Diagnostic::DarkenedColor { wanted, .. } if wanted == "#E89B00"))
    );
    let carried = assay_reports::proof::read(&pdf.bytes).unwrap();
    assert_eq!(carried.findings, []);
    assert!(assay_reports::proof::compare(&pdf.bytes, &carried, &document).unwrap().holds());
    let Some((_, text)) = tool("pdftotext", &["-raw", path.to_str().unwrap(), "-"]) else { return };
    for expected in
        ["MUSTER", "Abbildung 1.", "Tabelle 1.", "Quelle:", "● gemessen", "Seite 2 von", "$1,84M", "Vertraulich"]
    {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    for english in ["Figure", "Table 1", "Source:", "Page 2", "and more", "measured, "] {
        assert!(!text.contains(english), "{english:?} is in:\n{text}");
    }
}
