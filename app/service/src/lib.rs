//! What the desktop and the command line share: a study that is open, the commands that change it, the evaluations
//! that follow from it, runs, and documents.
//!
//! A view never changes a study: it sends a [`Command`] to the [`Workbench`].

pub mod analysis;
pub mod answer;
pub mod assess;
mod calendar;
pub mod capacity;
pub mod commands;
pub mod compilers;
pub mod coverage;
pub mod editing;
pub mod estimates;
mod evidence;
pub mod focus;
pub mod folders;
pub mod history;
pub mod intake;
pub mod journal;
pub mod migration;
pub mod preview;
mod references;
pub mod report;
pub mod reproduce;
pub mod runs;
pub mod sample;
pub mod scenarios;
pub mod sensitivity;
pub mod uncertainty;
pub mod variants;
pub mod verify;
pub mod watch;
pub mod what_if;
pub mod workbench;

pub use answer::{Answer, Confidence};
pub use assess::{Assessment, Measured, ResolvedOption, RooflinePoint, RooflinePoints, SourceCeilings};
pub use commands::{Action, COMMANDS, Command, CommandSpec};
pub use preview::{Preview, PreviewSection};
pub use report::{ReportKind, WrittenReport};
pub use runs::{
    Job, JobKey, RunEvent, RunHandle, RunRequest, RunSummary, Target, TargetReport, Unfinished, Waker, convert_model,
    inspect_model, plan_for, probe_targets, start_run,
};
pub use verify::{Statement, Verification, verify};
pub use workbench::{Workbench, WorkbenchError};

// What views and commands name, so that they need no other room.
pub use assay_core as core;
pub use assay_cost_models as cost_models;
pub use assay_hardware_profiles as hardware_profiles;
pub use assay_reports::charts::density;
pub use assay_reports::content as documents;
pub use assay_reports::proof;
pub use assay_store as store;
pub use assay_study as study;
