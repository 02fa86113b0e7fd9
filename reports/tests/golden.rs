//! The text of documents, page by page, against stored copies.
//!
//! After an intended change: `ASSAY_BLESS=1 cargo test -p assay-reports --test golden`, then read the difference.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_reports::document::Document;
use assay_reports::layout::{Page, lay_out};
use assay_reports::scene::Prim;
use assay_reports::text::Typesetter;
use assay_reports::theme::Theme;
use assay_reports::{Language, Paper, ReportKind, compose};
use std::fmt::Write;
use std::path::Path;

/// Runs in reading order; those on one baseline share a line.
fn text_of(page: &Page) -> String {
    let (mut out, mut baseline) = (String::new(), None);
    for prim in &page.prims {
        let Prim::Text(run) = prim else { continue };
        if baseline.is_some_and(|known: f32| (known - run.origin.y).abs() > 4.0) {
            out.push('\n');
        } else if baseline.is_some() {
            out.push(' ');
        }
        baseline = Some(run.origin.y);
        out.push_str(run.text().trim_end());
    }
    out
}

#[test]
fn the_gallery_as_markdown_reads_as_before() {
    compare("gallery.md", &assay_reports::to_markdown(&support::gallery::gallery()));
}

#[test]
fn the_gallery_reads_as_before() {
    compare("gallery.txt", &pages_of(&support::gallery::gallery()));
}

#[test]
fn every_document_reads_as_before() {
    for kind in ReportKind::ALL {
        compare(&format!("{}.txt", kind.id()), &pages_of(&compose(kind, &support::report_input::input())));
    }
}

/// The text of all pages.
fn pages_of(document: &Document) -> String {
    let set = Typesetter::new(Theme::default(), Language::English).unwrap();
    let laid = lay_out(&set, document, Paper::A4);
    let mut text = String::new();
    for (index, page) in laid.pages.iter().enumerate() {
        writeln!(text, "--- page {} ---\n{}", index + 1, text_of(page)).unwrap();
    }
    text
}

/// Compares with the stored copy of that name.
fn compare(name: &str, text: &str) {
    let path = Path::new("tests/golden").join(name);
    if std::env::var_os("ASSAY_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    let difference = text.lines().zip(golden.lines()).position(|(new, old)| new != old);
    let at = |text: &str| difference.and_then(|line| text.lines().nth(line)).unwrap_or("(end)").to_owned();
    assert!(text == golden, "line {difference:?}\n  now: {}\n  was: {}", at(text), at(&golden));
}
