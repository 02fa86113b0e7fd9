//! The accelerator feasibility dossier: the whole case with its evidence.

mod cost;
mod cover;
mod measurements;
mod method;
mod outlook;
mod provenance;
mod requirement;
mod roofline;
mod stacks;
mod summary;

pub(super) use cost::cash_figure;
pub(super) use measurements::{place, section as measurements_section};
pub(super) use method::section as method_section;
pub(super) use provenance::runs_table;
pub(super) use roofline::{parts_of_ceilings, section as roofline_section};
pub(super) use summary::kpis;

use super::author::Author;
use super::{ReportInput, ReportKind};
use crate::document::{Block, Column, Document, Inline, Rich, Row, SCHEMA_VERSION, Section, Source, Table};
use crate::rich;
use assay_base::Evidence;

/// Composes the dossier of a study.
pub(super) fn compose(input: &ReportInput) -> Document {
    let mut author = Author::new(input);
    let cover = cover::cover(&mut author);
    let mut sections = vec![contents()];
    sections.push(summary::section(&mut author));
    sections.push(requirement::section(&mut author));
    sections.push(measurements::section(&mut author));
    sections.push(roofline::section(&mut author));
    sections.extend(stacks::section(&mut author));
    sections.push(outlook::portability(&mut author));
    sections.push(cost::section(&mut author));
    sections.push(outlook::risks(&mut author));
    sections.extend(outlook::governance(&author));
    sections.push(method::section(&mut author));
    sections.push(provenance::section(&mut author));
    let meta = super::meta(ReportKind::Dossier, input);
    Document { schema_version: SCHEMA_VERSION, meta, cover: Some(cover), sections, values: author.into_values() }
}

/// The contents, and the legend of the marks of evidence.
pub(super) fn contents() -> Section {
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
