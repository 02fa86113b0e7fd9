//! What views ask for. The application carries it out after the frame; a view changes nothing itself.

use std::path::PathBuf;
use std::sync::Arc;

use assay_service::core::model::ModelChoice;
use assay_service::{Action, Command, ReportKind, RunRequest, TargetReport, Unfinished, Workbench, WrittenReport};

use crate::backend::Backend;
use crate::live::LiveRun;
use crate::picture::Format;
use crate::telemetry::Telemetry;
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
    /// Lets the run wait before its next job, or go on.
    PauseRun(bool),
    /// Forgets the run that is not over.
    ForgetRun,
    /// Looks into an ONNX model.
    InspectModel(Box<ModelChoice>),
    /// Watches the sensors of this machine's devices, or no longer.
    Watch(bool),
    /// Reads catalogue and measurements again: a file of the study was changed.
    Refresh,
    /// Reads the folder of a kernel.
    ReadKernel(PathBuf),
    /// Saves a part of the window as a picture.
    SavePicture {
        /// Its format.
        format: Format,
        /// What it shows.
        title: String,
        /// The part.
        rect: egui::Rect,
    },
    /// Shows the samples of a job of the run; `None` follows the run again.
    ShowJob(Option<usize>),
    /// Shows what many samples say of cost and return.
    ShowOdds,
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
pub struct Scene<'a> {
    /// The study that is open.
    pub workbench: &'a Workbench,
    /// The devices of all targets.
    pub devices: &'a Devices,
    /// What the sensors of this machine's devices say.
    pub telemetry: &'a Telemetry,
    /// The latest run.
    pub run: &'a LiveRun,
    /// A run of the study that was cancelled, or whose program ended.
    pub unfinished: Option<&'a Unfinished>,
    /// Documents.
    pub exports: &'a Exports,
    /// What is asked of the service off the user-interface thread.
    pub backend: &'a Arc<dyn Backend>,
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
