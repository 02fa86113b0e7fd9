//! The documents: what they say of full, partial and empty input, and how it comes out.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_reports::content::{GateVerdict, ReportInput};
use assay_reports::document::Document;
use assay_reports::{Diagnostic, Paper, RenderOptions, ReportKind, compose, render_pdf};
use serde_json::Value;
use std::ops::RangeInclusive;
use support::check::findings;
use support::report_input::{bare, input};
use support::{keep, tool};

fn title(document: &Document, anchor: &str) -> String {
    let section = document.sections.iter().find(|section| section.anchor == anchor).unwrap();
    document.plain(&section.action_title)
}

fn pages(kind: ReportKind) -> RangeInclusive<usize> {
    match kind {
        ReportKind::Dossier => 8..=25,
        ReportKind::Briefing => 1..=2,
        ReportKind::Migration => 6..=20,
        ReportKind::Capacity => 6..=20,
        ReportKind::Baseline => 5..=20,
    }
}

#[test]
fn every_document_is_sound_on_every_paper() {
    for kind in ReportKind::ALL {
        let document = compose(kind, &input());
        for paper in [Paper::A4, Paper::Letter] {
            let pdf = render_pdf(&document, &RenderOptions { paper, ..RenderOptions::default() }).unwrap();
            keep(&format!("{}-{paper:?}.pdf", kind.id()), &pdf.bytes);
            assert_eq!(findings(&pdf.bytes), Vec::<String>::new());
            assert_eq!(pdf.diagnostics, []);
            assert!(pages(kind).contains(&pdf.pages), "{} has {} pages", kind.id(), pdf.pages);
        }
    }
}

#[test]
fn a_dossier_about_nothing_says_so() {
    let document = compose(ReportKind::Dossier, &bare());
    assert_eq!(document.cover.as_ref().unwrap().verdict, "No answer yet");
    assert_eq!(title(&document, "summary"), "There is no answer yet: no option has both a price and a throughput");
    assert_eq!(title(&document, "measurements"), "Nothing has been measured for this study");
    for kind in ReportKind::ALL {
        let pdf = render_pdf(&compose(kind, &bare()), &RenderOptions::default()).unwrap();
        keep(&format!("{}-bare.pdf", kind.id()), &pdf.bytes);
        assert_eq!(findings(&pdf.bytes), Vec::<String>::new());
        assert!(
            pdf.diagnostics.iter().all(|found| matches!(found, Diagnostic::EmptyChart { .. })),
            "{:?}",
            pdf.diagnostics
        );
    }
}

#[test]
fn the_briefing_asks_for_what_the_numbers_support() {
    let input = input();
    let briefing = compose(ReportKind::Briefing, &input);
    let text = serde_json::to_string(&briefing).unwrap();
    assert_eq!(title(&briefing, "briefing"), title(&compose(ReportKind::Dossier, &input), "summary"));
    assert!(text.contains("Assign engineers for "), "{text}");
    let mut stay = input;
    stay.answer.recommended = Some(stay.study.baseline.clone());
    let text = serde_json::to_string(&compose(ReportKind::Briefing, &stay)).unwrap();
    assert!(text.contains("Agree to stay with ") && !text.contains("Assign engineers"), "{text}");
}

#[test]
fn the_baseline_report_names_each_regression() {
    let input = input();
    let report = compose(ReportKind::Baseline, &input);
    let worse = input.comparison.as_ref().unwrap().rows.iter().filter(|row| row.is_regression).count();
    assert!(worse > 1);
    assert_eq!(title(&report, "changes"), format!("{worse} results are worse than in the run before"));
    assert_eq!(report.cover.unwrap().verdict, "Regressions found");
    let mut quiet = input;
    quiet.comparison = None;
    assert_eq!(compose(ReportKind::Baseline, &quiet).cover.unwrap().verdict, "First baseline");
}

#[test]
fn titles_say_what_the_numbers_say() {
    let full = input();
    let document = compose(ReportKind::Dossier, &full);
    let best = full.evaluations.iter().find(|found| found.rank == Some(1)).unwrap();
    let headline = title(&document, "summary");
    assert!(headline.starts_with(&format!("Move to {}: it saves ", best.name)), "{headline}");
    assert!(headline.ends_with("if the projection holds"), "{headline}");
    let passed = full.measurements.iter().filter(|found| found.status.passed()).count();
    let total = full.measurements.len();
    let measurements = title(&document, "measurements");
    assert_eq!(measurements, format!("{passed} of {total} measurements passed, 1 of them noisy"));
}

#[test]
fn a_baseline_that_wins_is_kept() {
    let mut stay = input();
    stay.answer.recommended = Some(stay.study.baseline.clone());
    stay.answer.runner_up = Some("l4-rent".to_owned());
    let document = compose(ReportKind::Dossier, &stay);
    assert_eq!(document.cover.as_ref().unwrap().verdict, "Stay, likely");
    assert!(title(&document, "summary").starts_with("Stay with CPU servers like this machine"));
}

#[test]
fn the_migration_plan_says_how_its_gates_stand() {
    let input = input();
    let verdict = |input: &ReportInput| compose(ReportKind::Migration, input).cover.unwrap().verdict;
    assert_eq!(verdict(&input), "Planned, gates open");
    let mut failing = input.clone();
    failing.migration.as_mut().unwrap().gates[1].verdict = GateVerdict::Failed;
    assert_eq!(verdict(&failing), "A gate fails");
    let document = compose(ReportKind::Migration, &failing);
    assert_eq!(title(&document, "gates"), "1 gate fails on what is known today");
    let mut ready = input;
    ready.migration.as_mut().unwrap().gates.truncate(1);
    assert_eq!(verdict(&ready), "Ready to go");
    assert_eq!(verdict(&bare()), "No move");
}

#[test]
fn the_capacity_plan_says_where_it_falls_short() {
    let input = input();
    let covered = compose(ReportKind::Capacity, &input);
    assert_eq!(covered.cover.as_ref().unwrap().verdict, "Covered, if the projection holds");
    assert_eq!(title(&covered, "fleet-l4-rent"), "NVIDIA L4, rented on demand: the fleet goes from 2 to 9 units");
    let mut short = input;
    short.capacity = Ok(support::capacity::plan(true));
    let short = compose(ReportKind::Capacity, &short);
    assert_eq!(short.cover.as_ref().unwrap().verdict, "The plan falls short");
    assert_eq!(title(&short, "fleet-l4-rent"), "NVIDIA L4, rented on demand is short of units in 1 quarter");
}

/// Prose is written by rules: a digit in it would be a number that no value stands for. Names may have digits.
#[test]
fn no_number_is_typed_into_prose() {
    for (input, kind) in [input(), bare()].iter().flat_map(|input| ReportKind::ALL.map(|kind| (input, kind))) {
        let document = serde_json::to_value(compose(kind, input)).unwrap();
        let mut prose = Vec::new();
        collect_prose(&document["sections"], &mut prose);
        collect_prose(&document["cover"], &mut prose);
        assert!(!prose.is_empty());
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
    for kind in ReportKind::ALL {
        let document = compose(kind, &input());
        let pdf = render_pdf(&document, &RenderOptions::default()).unwrap();
        let path = keep(&format!("{}-text.pdf", kind.id()), &pdf.bytes);
        let Some((_, text)) = tool("pdftotext", &["-raw", path.to_str().unwrap(), "-"]) else { return };
        let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let text = squeeze(&text);
        let lost: Vec<_> = document.values.iter().filter(|(_, value)| !text.contains(&squeeze(&value.text))).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}

#[test]
fn the_same_study_gives_the_same_bytes() {
    for kind in ReportKind::ALL {
        let render = || render_pdf(&compose(kind, &input()), &RenderOptions::default()).unwrap().bytes;
        assert!(render() == render());
    }
}
