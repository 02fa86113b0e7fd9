//! Document control, the contents, and the legend of the marks of evidence.

use crate::content::author::Author;
use crate::document::{Block, Column, Fact, Facts, Inline, Rich, Row, Section, Source, Table};
use crate::rich;
use assay_base::Evidence;

/// The page after the cover.
pub(in crate::content) fn section(author: &Author<'_>) -> Section {
    Section {
        kicker: "Document control".to_owned(),
        action_title: Rich::from("Contents and document control"),
        anchor: "contents".to_owned(),
        blocks: vec![Block::Contents, Block::Facts(control(author)), Block::Table(legend())],
    }
}

fn control(author: &Author<'_>) -> Facts {
    let input = author.input;
    let mut rows = vec![
        Fact::new(
            "Responsible",
            input
                .study
                .author
                .as_ref()
                .map_or(Rich::from("nobody is named in the study"), |name| Inline::name(name).into()),
        ),
        Fact::new(
            "State",
            match input.study.sample {
                true => "sample: its demand is made up, not for decisions",
                false => "as generated; a person approves it",
            },
        ),
        Fact::new(
            "Confidentiality",
            input
                .study
                .documents
                .classification
                .as_ref()
                .map_or(Rich::from("not stated in the study"), |text| Inline::name(text).into()),
        ),
        Fact::new("Evidence", rich![Inline::code(&input.evidence_hash)]),
        Fact::new(
            "Proof",
            rich![Inline::code("assay verify FILE.pdf"), " derives every number from what the PDF carries"],
        ),
    ];
    if input.language() != crate::Language::English {
        rows.push(Fact::new("Language", "Texts of the study, sources and messages of tools stay in their language"));
    }
    Facts {
        anchor: "document-control".to_owned(),
        title: "Document control".into(),
        rows,
        source: Source { text: rich!["the study, and what the program states of itself."], ..Source::default() },
    }
}

fn legend() -> Table {
    let rows = Evidence::ALL
        .iter()
        .map(|class| Row::new(vec![Inline::Evidence(*class).into(), class.description().into()]))
        .collect();
    Table {
        anchor: "evidence-legend".to_owned(),
        title: "Classes of evidence, strongest first".into(),
        columns: vec![Column::text("Mark and class"), Column::text("What it says of a number")],
        rows,
        source: Source {
            text: rich!["a number derived from others has the class of the weakest of them."],
            ..Source::default()
        },
    }
}
