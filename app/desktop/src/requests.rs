//! What views ask for. The application carries it out after the frame; a view changes nothing itself.

use std::path::PathBuf;

use assay_service::{Action, Command, ReportKind, RunRequest, TargetReport, Workbench, WrittenReport};

use crate::live::LiveRun;
use crate::views::View;

/// What a view asks for.
#[derive(Clone, Debug)]
pub enum Request {
    /// A change of the study.
    Apply(Command),
    /// Something from the list of commands.
    Do(Action),
    /// Starts a run.
    StartRun(Box<RunRequest>),
    /// Shows the samples of a job of the run; `None` follows the run again.
    ShowJob(Option<usize>),
    /// Shows a measurement among the results.
    ShowMeasurement(String),
    /// Writes a document.
    Export {
        /// Which.
        kind: ReportKind,
        /// Where; the study's folder when absent.
        out: Option<PathBuf>,
    },
}

impl Request {
    /// Shows a view.
    pub fn show(view: View) -> Self {
        Self::Do(view.action())
    }
}

/// What views see of the application.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The study that is open.
    pub workbench: &'a Workbench,
    /// The devices of all targets.
    pub devices: &'a Devices,
    /// The latest run.
    pub run: &'a LiveRun,
    /// Documents.
    pub exports: &'a Exports,
    /// What the view asks for.
    pub requests: &'a mut Vec<Request>,
}

/// What is known of attached devices.
#[derive(Debug, Default)]
pub struct Devices {
    /// What each target answered.
    pub reports: Vec<TargetReport>,
    /// Whether the targets are being asked.
    pub probing: bool,
    /// Whether they were asked at all.
    pub asked: bool,
}

/// Documents that were written in this session.
#[derive(Debug, Default)]
pub struct Exports {
    /// Whether one is being written.
    pub writing: bool,
    /// The ones written, newest last.
    pub written: Vec<(ReportKind, WrittenReport)>,
    /// Why the last one could not be written.
    pub error: Option<String>,
}
