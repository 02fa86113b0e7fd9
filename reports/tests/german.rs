//! Documents in German: no label is left in English, numbers and days follow, and what is drawn is sound.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_reports::content::ReportInput;
use assay_reports::document::{Block, Document};
use assay_reports::{RenderOptions, ReportKind, compose, render_pdf};
use assay_study::DocumentLanguage;
use serde_json::Value;
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
    "sequences/s per unit",
    "base demand",
    "high demand",
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

/// The sentences of a document: each with its prose, and `{}` for what it takes from the data.
fn sentences(value: &Value, found: &mut Vec<(String, Vec<String>)>) {
    match value {
        Value::Array(pieces) if pieces.iter().any(|piece| piece.get("text").is_some_and(Value::is_string)) => {
            let text = |piece: &Value| piece.get("text").and_then(Value::as_str).map(str::to_owned);
            let pattern = pieces.iter().map(|piece| text(piece).unwrap_or_else(|| "{}".to_owned())).collect();
            found.push((pattern, pieces.iter().filter_map(text).collect()));
            pieces.iter().filter(|piece| text(piece).is_none()).for_each(|piece| sentences(piece, found));
        }
        Value::Array(list) => list.iter().for_each(|value| sentences(value, found)),
        Value::Object(fields) => {
            fields.iter().filter(|(key, _)| *key != "chart").for_each(|(_, value)| sentences(value, found));
        }
        _ => {}
    }
}

fn sentences_of(document: &Document) -> Vec<(String, Vec<String>)> {
    let value = serde_json::to_value((&document.sections, &document.cover)).unwrap();
    let mut found = Vec::new();
    sentences(&value, &mut found);
    found
}

/// A study with tax, carbon, a season, spot capacity and an unknown latency.
fn with_every_statement() -> ReportInput {
    let mut input = input();
    let write_off = assay_cost_models::evaluation::Depreciation::StraightLine;
    input.assumptions.tax = Some(assay_cost_models::evaluation::Tax { rate: 0.25, write_off });
    input.assumptions.demand.growth = assay_cost_models::demand::Growth::Linear { added_per_month: 1e9 };
    input.assumptions.demand.season = vec![1.0, 0.5];
    input.study.carbon = Some(assay_study::Carbon {
        grams_per_kwh: 320.0,
        grid: "Germany".to_owned(),
        as_of: jiff::civil::date(2025, 12, 31),
        source: "Agency".to_owned(),
    });
    (input.answer.on_spot, input.answer.latency_unknown) = (true, true);
    input.options[1].commitment =
        Some(assay_reports::content::CommitmentFacts { units: 3, term_months: 12, at_signing: 10.0, by_month: 1000.0 });
    let plan = input.capacity.as_mut().unwrap();
    for scenario in plan.options.iter_mut().flat_map(|option| &mut option.scenarios) {
        scenario.mix.iter_mut().for_each(|mix| (mix.contracts, mix.signings) = (Vec::new(), Vec::new()));
    }
    input
}

/// The states of a study that rules have sentences for.
fn states() -> Vec<ReportInput> {
    let mut stay = input();
    stay.answer.recommended = Some(stay.study.baseline.clone());
    stay.answer.runner_up = Some("l4-rent".to_owned());
    let mut alone = input();
    alone.comparison = None;
    let mut short = input();
    short.capacity = Ok(support::capacity::plan(true));
    vec![input(), stay, alone, short, with_every_statement(), support::report_input::bare()]
}

#[test]
fn no_sentence_of_the_rules_is_left_in_english() {
    let mut left = std::collections::BTreeSet::new();
    for mut state in states() {
        for kind in ReportKind::ALL {
            state.study.documents.language = DocumentLanguage::English;
            let english = sentences_of(&compose(kind, &state));
            let english: std::collections::BTreeSet<&String> = english.iter().flat_map(|(_, prose)| prose).collect();
            state.study.documents.language = DocumentLanguage::German;
            for (pattern, prose) in sentences_of(&compose(kind, &state)) {
                let is_left = |part: &String| {
                    part.chars().filter(|letter| letter.is_alphabetic()).count() > 3
                        && english.contains(part)
                        && !SAME.contains(&part.trim())
                };
                if prose.iter().any(is_left) {
                    left.insert(pattern);
                }
            }
        }
    }
    for pattern in &left {
        println!("{pattern}");
    }
    assert!(left.is_empty(), "{} sentences", left.len());
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
    assert!(title.starts_with("Wechsel zu ") && title.contains(" spart "), "{title}");
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
