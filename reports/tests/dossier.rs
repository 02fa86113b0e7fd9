//! The dossier: what it says of full, partial and empty input, and how it comes out.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_reports::document::Document;
use assay_reports::dossier::{AnswerFacts, DossierInput};
use assay_reports::{Diagnostic, Paper, RenderOptions, compose_dossier, render_pdf};
use serde_json::Value;
use support::check::findings;
use support::dossier_input::input;
use support::{keep, tool};

/// A study about which nothing is known but its text.
fn bare() -> DossierInput {
    let mut bare = input();
    bare.measurements.clear();
    bare.ceilings.clear();
    bare.options.clear();
    bare.evaluations.clear();
    bare.workload = None;
    bare.answer = AnswerFacts::default();
    bare
}

fn title(document: &Document, anchor: &str) -> String {
    let section = document.sections.iter().find(|section| section.anchor == anchor).unwrap();
    document.plain(&section.action_title)
}

#[test]
fn the_dossier_is_sound_on_every_paper() {
    let document = compose_dossier(&input());
    for paper in [Paper::A4, Paper::Letter] {
        let pdf = render_pdf(&document, &RenderOptions { paper, attachments: Vec::new() }).unwrap();
        keep(&format!("dossier-{paper:?}.pdf"), &pdf.bytes);
        assert_eq!(findings(&pdf.bytes), Vec::<String>::new());
        assert_eq!(pdf.diagnostics, []);
        assert!((8..=25).contains(&pdf.pages), "{} pages", pdf.pages);
    }
}

#[test]
fn a_dossier_about_nothing_says_so() {
    let document = compose_dossier(&bare());
    assert_eq!(document.cover.verdict, "No answer yet");
    assert_eq!(title(&document, "summary"), "There is no answer yet: no option has both a price and a throughput");
    assert_eq!(title(&document, "measurements"), "Nothing has been measured for this study");
    let pdf = render_pdf(&document, &RenderOptions::default()).unwrap();
    keep("dossier-bare.pdf", &pdf.bytes);
    assert_eq!(findings(&pdf.bytes), Vec::<String>::new());
    assert!(
        pdf.diagnostics.iter().all(|found| matches!(found, Diagnostic::EmptyChart { .. })),
        "{:?}",
        pdf.diagnostics
    );
}

#[test]
fn titles_say_what_the_numbers_say() {
    let full = input();
    let document = compose_dossier(&full);
    let best = full.evaluations.iter().find(|found| found.rank == Some(1)).unwrap();
    let headline = title(&document, "summary");
    assert!(headline.starts_with(&format!("Move to {}: it costs ", best.name)), "{headline}");
    assert!(headline.ends_with("if the projection holds"), "{headline}");
    let passed = full.measurements.iter().filter(|found| found.status.passed()).count();
    let total = full.measurements.len();
    let measurements = title(&document, "measurements");
    assert_eq!(measurements, format!("{passed} of {total} measurements passed; the rest say why not, and 1 is noisy"));
}

#[test]
fn a_baseline_that_wins_is_kept() {
    let mut stay = input();
    stay.answer.recommended = Some(stay.study.baseline.clone());
    stay.answer.runner_up = Some("l4-rent".to_owned());
    let document = compose_dossier(&stay);
    assert_eq!(document.cover.verdict, "Likely stay");
    assert!(title(&document, "summary").starts_with("Stay with CPU servers like this machine"));
}

/// Prose is written by rules: a digit in it would be a number that no value stands for. Names may have digits.
#[test]
fn no_number_is_typed_into_prose() {
    for input in [input(), bare()] {
        let document = serde_json::to_value(compose_dossier(&input)).unwrap();
        let mut prose = Vec::new();
        collect_prose(&document["sections"], &mut prose);
        collect_prose(&document["cover"], &mut prose);
        assert!(prose.len() > 50);
        for text in prose {
            let typed =
                text.split(|c: char| !c.is_alphanumeric()).find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            assert_eq!(typed, None, "a number is typed into {text:?}");
        }
    }
}

fn collect_prose<'a>(value: &'a Value, prose: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_prose(item, prose)),
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(text) if key == "text" => prose.push(text),
                    _ if key == "chart" => {}
                    _ => collect_prose(field, prose),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_value_is_in_the_text_of_the_pages() {
    let document = compose_dossier(&input());
    let pdf = render_pdf(&document, &RenderOptions::default()).unwrap();
    let path = keep("dossier-text.pdf", &pdf.bytes);
    let Some((_, text)) = tool("pdftotext", &["-raw", path.to_str().unwrap(), "-"]) else { return };
    let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let text = squeeze(&text);
    let lost: Vec<_> = document.values.iter().filter(|(_, value)| !text.contains(&squeeze(&value.text))).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn the_same_study_gives_the_same_bytes() {
    let render = || render_pdf(&compose_dossier(&input()), &RenderOptions::default()).unwrap().bytes;
    assert!(render() == render());
}
