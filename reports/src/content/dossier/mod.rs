//! The accelerator feasibility dossier: the whole case with its evidence.

mod compilers;
mod control;
mod correctness;
mod cost;
mod cover;
mod coverage;
mod emissions;
mod landscape;
mod measurements;
mod method;
mod model_cards;
mod odds;
mod outlook;
mod performance;
mod provenance;
mod requirement;
mod roofline;
mod saving;
mod speed_ups;
mod stacks;
mod summary;
mod supply;

pub(super) use control::section as control_section;
pub(super) use correctness::section as correctness_section;
pub(super) use cost::cash_figure;
pub(super) use measurements::{place, section as measurements_section};
pub(super) use method::section as method_section;
pub(super) use model_cards::sentence as projection_error;
pub(super) use provenance::runs_table;
pub(super) use roofline::{parts_of_ceilings, section as roofline_section};
pub(super) use summary::kpis;
pub(super) use supply::supply as supply_table;

use super::author::Author;
use super::{ReportInput, ReportKind};
use crate::document::{Document, SCHEMA_VERSION};

/// Beyond as many results the dossier shows the fastest of each workload; the baseline report has all.
const RESULTS_SHOWN: usize = 48;
/// Rows of the table of efficiencies; the baseline report has all.
const EFFICIENCIES_SHOWN: usize = 10;

/// Composes the dossier of a study.
pub(super) fn compose(input: &ReportInput) -> Document {
    let mut author = Author::new(input);
    let cover = cover::cover(&mut author);
    let mut sections = vec![control::section(&author)];
    sections.push(summary::section(&mut author));
    sections.push(requirement::section(&mut author));
    sections.push(landscape::section(&mut author));
    sections.push(measurements::section(&mut author, RESULTS_SHOWN));
    sections.extend(correctness::section(&mut author));
    if !input.measurements.is_empty() {
        sections.push(roofline::section(&mut author, EFFICIENCIES_SHOWN));
    }
    sections.extend(performance::section(&mut author));
    sections.extend(stacks::section(&mut author));
    sections.extend(compilers::section(&mut author));
    sections.push(outlook::portability(&mut author));
    sections.push(cost::section(&mut author));
    sections.push(odds::section(&mut author));
    sections.push(supply::section(&mut author));
    sections.push(outlook::risks(&mut author));
    sections.extend(outlook::governance(&mut author));
    sections.push(method::section(&mut author, true));
    sections.push(provenance::section(&mut author));
    let meta = super::meta(ReportKind::Dossier, input);
    Document { schema_version: SCHEMA_VERSION, meta, cover: Some(cover), sections, values: author.into_values() }
}
