//! `assay results`

mod compare;
mod compilers;
mod coverage;
mod export;
mod import;
mod list;
mod show;
mod variants;

use assay_service::core::Measurement;

use crate::args::{Results, ResultsCommand};
use crate::{Verdict, place};

pub use list::print_list;

pub fn run(arguments: &Results) -> anyhow::Result<Verdict> {
    match &arguments.command {
        ResultsCommand::List(list_arguments) => list::run(list_arguments),
        ResultsCommand::Show(show_arguments) => show::run(show_arguments),
        ResultsCommand::Compare(compare_arguments) => compare::run(compare_arguments),
        ResultsCommand::Variants(variants_arguments) => variants::run(variants_arguments),
        ResultsCommand::Compilers(compilers_arguments) => compilers::run(compilers_arguments),
        ResultsCommand::Coverage(coverage_arguments) => coverage::run(coverage_arguments),
        ResultsCommand::Import(import_arguments) => import::run(import_arguments),
        ResultsCommand::Export(export_arguments) => export::run(export_arguments),
    }
}

/// The measurements of a study; what was odd is told on stderr.
fn measurements(named: Option<&std::path::Path>) -> anyhow::Result<Vec<Measurement>> {
    let workbench = place::open(named)?;
    for warning in workbench.warnings() {
        eprintln!("warning: {warning}");
    }
    Ok(workbench.measurements().to_vec())
}
