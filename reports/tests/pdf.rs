//! The written file: structure, determinism, attachments, and what other programs say about it.

mod support;

use assay_reports::{Attachment, Diagnostic, Paper, RenderOptions, ReportError, render_pdf};
use support::check::findings;
use support::gallery::gallery;
use support::{keep, tool};

fn attachments() -> Vec<Attachment> {
    let file = |name: &str, media_type: &str, bytes: &[u8]| Attachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        description: "A test's attachment".to_owned(),
        bytes: bytes.to_vec(),
    };
    vec![file("study.yaml", "application/yaml", b"schema: 1\n"), file("measurements.json", "application/json", b"[]")]
}

#[test]
fn the_structure_is_sound_on_every_paper() {
    for paper in [Paper::A4, Paper::Letter] {
        let options = RenderOptions { paper, attachments: attachments(), ..RenderOptions::default() };
        let pdf = render_pdf(&gallery(), &options).unwrap();
        keep(&format!("gallery-{paper:?}.pdf"), &pdf.bytes);
        assert_eq!(findings(&pdf.bytes), Vec::<String>::new());
        assert_eq!(pdf.diagnostics, [Diagnostic::MissingCharacters { characters: vec!['日', '本', '語'] }]);
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let options = RenderOptions { attachments: attachments(), ..RenderOptions::default() };
    let first = render_pdf(&gallery(), &options).unwrap();
    let second = render_pdf(&gallery(), &options).unwrap();
    assert!(first.bytes == second.bytes);
    let mut changed = gallery();
    changed.meta.prepared_unix_secs += 1;
    assert!(render_pdf(&changed, &options).unwrap().bytes != first.bytes);
}

#[test]
fn a_document_survives_its_json_form() {
    let document = gallery();
    let json = serde_json::to_string_pretty(&document).unwrap();
    let back: assay_reports::document::Document = serde_json::from_str(&json).unwrap();
    assert_eq!(back, document);
}

#[test]
fn attachments_are_found_again_by_name() {
    let options = RenderOptions { attachments: attachments(), ..RenderOptions::default() };
    let pdf = render_pdf(&gallery(), &options).unwrap();
    let path = keep("attached.pdf", &pdf.bytes);
    let Some((_, list)) = tool("qpdf", &["--list-attachments", path.to_str().unwrap()]) else { return };
    assert!(list.contains("study.yaml") && list.contains("measurements.json"), "{list}");
    let show = format!("--show-attachment={}", "study.yaml");
    assert_eq!(tool("qpdf", &[&show, path.to_str().unwrap()]).unwrap().1, "schema: 1\n");
}

#[test]
fn an_attachment_needs_a_name_of_its_own() {
    let mut twice = attachments();
    twice.extend(attachments());
    let options = RenderOptions { attachments: twice, ..RenderOptions::default() };
    assert!(matches!(render_pdf(&gallery(), &options), Err(ReportError::AttachmentName(name)) if name == "study.yaml"));
}

#[test]
fn qpdf_finds_nothing_wrong() {
    let pdf = render_pdf(&gallery(), &RenderOptions::default()).unwrap();
    let path = keep("qpdf.pdf", &pdf.bytes);
    let Some((good, text)) = tool("qpdf", &["--check", path.to_str().unwrap()]) else { return };
    assert!(good && text.contains("No syntax or stream encoding errors found"), "{text}");
}

#[test]
fn text_extracts_in_reading_order_with_its_characters() {
    let pdf = render_pdf(&gallery(), &RenderOptions::default()).unwrap();
    let path = keep("text.pdf", &pdf.bytes);
    let Some((_, text)) = tool("pdftotext", &["-raw", path.to_str().unwrap(), "-"]) else { return };
    for expected in [
        "Gallery of blocks & charts",
        "GO, WITH ONE CONDITION",
        "€1,234.56",
        "47 kΩ",
        "µ = 0.5",
        "≤ ≥ ± × −",
        "fi fl ffi",
        "Łódź",
        "Ελληνικά",
        "Русский",
        "日本語",
        "Workload 59 · batch 8",
        "Reproduce: assay results list --format csv",
        "Page 2 of",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    let place = |needle: &str| text.find(needle).unwrap();
    assert!(place("What was found") < place("System under test"));
    assert!(place("System under test") < place("Workload 0"));
}
