//! The accelerator feasibility dossier: from a study's results to a document.
//!
//! Sentences are made by rules from the numbers. A rule states what was found and no more: what is projected is
//! called projected, what failed is called failed, and what is not known is not known. Titles carry the message.

mod answer;
mod author;
mod cost;
mod cover;
mod findings;
mod input;
mod measurements;
mod method;
mod provenance;
mod requirement;
mod roofline;
mod summary;

pub use input::{AnswerFacts, Ceiling, Confidence, DossierInput, OptionFacts, PriceFacts, ThroughputFacts};

use crate::document::{Block, Column, Document, Inline, Meta, Rich, Row, SCHEMA_VERSION, Section, Source, Table};
use crate::rich;
use assay_base::Evidence;
use author::Author;

/// Composes the dossier of a study.
pub fn compose_dossier(input: &DossierInput) -> Document {
    let mut author = Author::new(input);
    let cover = cover::cover(&mut author);
    let mut sections = vec![contents()];
    sections.push(summary::section(&mut author));
    sections.push(requirement::section(&mut author));
    sections.push(measurements::section(&mut author));
    sections.push(roofline::section(&mut author));
    sections.push(cost::section(&mut author));
    sections.push(method::section(&mut author));
    sections.push(provenance::section(&mut author));
    Document { schema_version: SCHEMA_VERSION, meta: meta(input), cover, sections, values: author.into_values() }
}

fn meta(input: &DossierInput) -> Meta {
    Meta {
        title: input.study.title.clone(),
        subject: input.study.question.clone(),
        author: input.study.author.clone().unwrap_or_else(|| input.prepared_with.clone()),
        keywords: ["accelerator", "feasibility", "benchmark", "total cost of ownership"].map(str::to_owned).to_vec(),
        language: "en".to_owned(),
        prepared_unix_secs: input.prepared_at.as_second(),
        prepared: day(input),
        classification: None,
        evidence_hash: Some(input.evidence_hash.clone()),
        sample: input.study.sample,
    }
}

/// The day of the document, in UTC.
fn day(input: &DossierInput) -> String {
    input.prepared_at.strftime("%-d %B %Y").to_string()
}

/// The contents, and the legend of the marks of evidence.
fn contents() -> Section {
    let rows = Evidence::ALL
        .iter()
        .map(|class| Row::new(vec![Inline::Evidence(*class).into(), class.description().into()]))
        .collect();
    let legend = Table {
        anchor: "evidence-legend".to_owned(),
        title: "Classes of evidence, strongest first".into(),
        columns: vec![Column::text("Mark and class"), Column::text("What it says of a number")],
        rows,
        source: Source {
            text: rich!["a number derived from others has the class of the weakest of them."],
            ..Source::default()
        },
    };
    Section {
        kicker: "Contents".to_owned(),
        action_title: Rich::from("Contents"),
        anchor: "contents".to_owned(),
        blocks: vec![Block::Contents, Block::Heading("How to read the evidence".into()), Block::Table(legend)],
    }
}
