//! The arguments.

mod cost;
mod document;
mod profiles;
mod results;
mod run;

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

pub use cost::{Calc, Capacity, Cost};
pub use document::{ContentFormat, DocumentKind, DocumentLook, Report, Verify};
pub use profiles::{
    CommitmentTerm, Profiles, ProfilesCheck, ProfilesCommand, ProfilesImport, ProfilesList, ProfilesShow,
    ProfilesTemplate,
};
pub use results::{
    ExportFormat, ResultEvidence, Results, ResultsCommand, ResultsCompare, ResultsCompilers, ResultsCoverage,
    ResultsExport, ResultsImport, ResultsList, ResultsShow, ResultsVariants,
};
pub use run::{Estimate, GraphOptimization, ModelVariant, Run};

/// Decide whether a workload should move to another accelerator, and defend the decision.
///
/// Without a command the desktop opens on the study.
#[derive(Debug, Parser)]
#[command(name = "assay", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Subcommand>,
    /// The study's folder; by default the one stood in, else the user's own
    pub study: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Begin a study of your own in an empty folder
    New(New),
    /// Do the whole job on this machine: detect, measure, cost, print the dossier
    Demo(Demo),
    /// List devices, their stacks, and why a stack is unavailable
    Devices(Devices),
    /// Measure a suite and keep the results in the study
    Run(Run),
    /// Ask vendors' compilers whether a suite compiles and fits on accelerators that are not here, and what they expect;
    /// exit status 1 when something does not
    Estimate(Estimate),
    /// Look at results, compare, import and export them
    Results(Results),
    /// Look at hardware profiles and check them
    Profiles(Profiles),
    /// Evaluate the options of a study
    Cost(Cost),
    /// Plan the fleet by quarter: units, orders, commitments, cash; exit status 1 when it falls short
    Capacity(Capacity),
    /// Compute any one formula
    Calc(Calc),
    /// Write a document as PDF
    Report(Report),
    /// Check that a document was not changed, and derive every number in it again from what it carries; exit status 1
    /// when something does not hold
    Verify(Verify),
    /// Speak the worker protocol on stdin and stdout (what targets start)
    Worker,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs; stable
    Json,
    /// For spreadsheets
    Csv,
}

/// Names a study.
#[derive(Debug, Args)]
pub struct StudyArguments {
    /// The study's folder; by default the one stood in, else the user's own
    #[arg(value_name = "STUDY")]
    pub study: Option<PathBuf>,
    /// The same as STUDY
    #[arg(long = "study", value_name = "DIR", conflicts_with = "study")]
    pub study_option: Option<PathBuf>,
}

impl StudyArguments {
    /// The folder named, if one was.
    pub fn named(&self) -> Option<&std::path::Path> {
        self.study.as_deref().or(self.study_option.as_deref())
    }
}

#[derive(Debug, Args)]
pub struct New {
    /// The study's folder; created when absent, and empty where it is there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// The folder of the sample study; created when absent
    #[arg(long, default_value = "assay-demo")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Devices {
    /// Ask this target, too: its name in the study, or a launch command such as "ssh host"
    #[arg(long, value_name = "T")]
    pub target: Vec<String>,
    /// The study whose targets are meant
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
