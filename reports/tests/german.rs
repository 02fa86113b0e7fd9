//! Documents in German: no label is left in English, numbers and days follow, and what is drawn is sound.

mod support;

use assay_reports::content::ReportInput;
use assay_reports::document::{Block, Document};
use assay_reports::{RenderOptions, ReportKind, compose, render_pdf};
use assay_study::DocumentLanguage;
use support::check::findings;
use support::keep;
use support::report_input::input;

fn german() -> ReportInput {
    let mut input = input();
    input.study.documents.language = DocumentLanguage::German;
    input
}

/// The labels of a document in order: subjects, headings, columns, names of facts and cards.
fn labels(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(cover) = &document.cover {
        found.extend([cover.kicker.clone(), cover.verdict.clone()]);
        found.extend(cover.facts.iter().map(|fact| fact.name.clone()));
    }
    for section in &document.sections {
        found.push(section.kicker.clone());
        for block in &section.blocks {
            match block {
                Block::Heading(text) => found.push(document.plain(text)),
                Block::Table(table) => found.extend(table.columns.iter().map(|column| column.title.clone())),
                Block::Facts(facts) => found.extend(facts.rows.iter().map(|fact| fact.name.clone())),
                _ => {}
            }
        }
    }
    found
}

/// What is the same in both languages, and names taken from the study.
const SAME: &[&str] = &[
    "Governance",
    "Roofline",
    "Team",
    "Median",
    "NPV",
    "P50",
    "P90",
    "TDP",
    "Status",
    "Option",
    "Hardware",
    "Format",
    "Kernel",
    "Person",
    "Suite",
    "Software",
    "p99",
];
/// Tables whose columns are named after what the study compares.
const NAMED: &[&str] = &[
    "native, cpu",
    "rten, cpu",
    "onnxruntime, cpu",
    "sequences/s a unit",
    "base demand, peak/s",
    "high demand, peak/s",
    "reserved 1y",
];

#[test]
fn no_label_is_left_in_english() {
    let mut left = Vec::new();
    for kind in ReportKind::ALL {
        let (english, german) = (compose(kind, &input()), compose(kind, &german()));
        let (english, german) = (labels(&english), labels(&german));
        // One more fact says in which language the sentences are.
        let words: std::collections::BTreeSet<&String> = english.iter().collect();
        left.extend(german.into_iter().filter(|label| words.contains(label)));
    }
    left.retain(|label| !SAME.contains(&label.as_str()) && !NAMED.contains(&label.as_str()));
    left.sort();
    left.dedup();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn german_documents_are_sound_and_say_their_language() {
    for kind in ReportKind::ALL {
        let document = compose(kind, &german());
        assert_eq!(document.meta.language, "de");
        let pdf = render_pdf(&document, &RenderOptions::default()).unwrap();
        keep(&format!("{}-german.pdf", kind.id()), &pdf.bytes);
        assert_eq!(findings(&pdf.bytes), Vec::<String>::new());
        assert_eq!(pdf.diagnostics, []);
    }
    let dossier = compose(ReportKind::Dossier, &german());
    assert_eq!(dossier.meta.prepared, "20. November 2026");
    let summary = dossier.sections.iter().find(|section| section.anchor == "summary").unwrap();
    let title = dossier.plain(&summary.action_title);
    assert!(title.starts_with("Wechsel zu ") && title.contains(" weniger als "), "{title}");
}

#[test]
fn the_authors_words_stand_in_place_of_the_rules() {
    let mut input = input();
    let words = assay_study::OwnWords {
        title: Some("Cost is not the point here".to_owned()),
        text: Some("We move for the latency.".to_owned()),
    };
    input.study.narrative.sections.insert("cost".to_owned(), words);
    let document = compose(ReportKind::Dossier, &input);
    let section = document.sections.iter().find(|section| section.anchor == "cost").unwrap();
    assert_eq!(document.plain(&section.action_title), "Cost is not the point here");
    let Some(Block::Callout(callout)) = section.blocks.first() else { panic!("the words are not marked") };
    assert_eq!(document.plain(&callout.title), "In the author's own words");
    assert!(document.plain(&callout.body[0]).contains("the lowest unit cost"), "the rule's title is kept");
    assert_eq!(document.plain(&callout.body[1]), "We move for the latency.");
}
