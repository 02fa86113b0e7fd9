//! What the window asks of the service besides changing the study. Tests put a script in its place.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Receiver;

use assay_service::core::model::{ModelChoice, ModelReport};
use assay_service::watch::Watch;
use assay_service::{
    Preview, ReportKind, RunEvent, RunHandle, RunRequest, Target, TargetReport, Verification, Waker, Workbench,
    WrittenReport,
};

/// Devices, runs and documents. The calls that take time are made off the user-interface thread.
pub trait Backend: Send + Sync {
    /// Asks targets for their devices.
    fn probe(&self, targets: &[Target]) -> Vec<TargetReport>;

    /// Asks the user for a folder in the system's own dialog; `None` when none was chosen.
    ///
    /// # Errors
    /// When the system has no such dialog, with what to do instead.
    fn choose_folder(&self, _start: &Path) -> Result<Option<PathBuf>, String> {
        Err("This system offers no dialog for folders: type the folder.".to_owned())
    }

    /// What is in an ONNX model, as a worker reads it.
    ///
    /// # Errors
    /// What is wrong with the model.
    fn inspect_model(&self, target: &Target, choice: ModelChoice) -> Result<ModelReport, String>;

    /// Reads the sensors of a target's devices in a worker until the watch is dropped.
    fn watch(&self, target: Target, waker: Waker) -> Watch;

    /// Starts a run; `waker` is called after each event.
    fn start_run(&self, request: RunRequest, waker: Waker) -> Box<dyn ActiveRun>;

    /// Writes a document of the study in `folder` under a scenario.
    ///
    /// # Errors
    /// Why it could not be written.
    fn export(
        &self,
        folder: &Path,
        scenario: Option<&str>,
        kind: ReportKind,
        out: Option<PathBuf>,
    ) -> Result<WrittenReport, String> {
        looked_at(folder, scenario)?.write_report(kind, out.as_deref(), None).map_err(|e| e.to_string())
    }

    /// Makes a document of the study in `folder` under a scenario, to be looked at.
    ///
    /// # Errors
    /// Why it could not be made.
    fn preview(&self, folder: &Path, scenario: Option<&str>, kind: ReportKind) -> Result<Preview, String> {
        looked_at(folder, scenario)?.preview(kind).map_err(|e| e.to_string())
    }

    /// Checks a document against the evidence it carries.
    ///
    /// # Errors
    /// Why it is none that can be checked.
    fn verify(&self, file: &Path) -> Result<Verification, String> {
        let pdf = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        assay_service::verify(&pdf).map_err(|error| error.to_string())
    }
}

/// The study on disk is always the one shown, so that a second reader needs no lock.
fn looked_at(folder: &Path, scenario: Option<&str>) -> Result<Workbench, String> {
    let mut workbench = Workbench::open(folder).map_err(|e| e.to_string())?;
    if let Some(id) = scenario {
        let command = assay_service::Command::SelectScenario(Some(id.to_owned()));
        workbench.apply(command).map_err(|e| e.to_string())?;
    }
    Ok(workbench)
}

/// A run under way. Dropping it cancels it and waits for its end.
pub trait ActiveRun: Send {
    /// What it tells.
    fn events(&self) -> &Receiver<RunEvent>;

    /// Asks it to stop.
    fn cancel(&self);

    /// Asks it to wait before its next job, or to go on.
    fn set_paused(&self, paused: bool);
}

impl ActiveRun for RunHandle {
    fn events(&self) -> &Receiver<RunEvent> {
        &self.events
    }

    fn cancel(&self) {
        RunHandle::cancel(self);
    }

    fn set_paused(&self, paused: bool) {
        RunHandle::set_paused(self, paused);
    }
}

/// The service itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceBackend;

impl Backend for ServiceBackend {
    fn probe(&self, targets: &[Target]) -> Vec<TargetReport> {
        assay_service::probe_targets(targets, &AtomicBool::new(false))
    }

    fn inspect_model(&self, target: &Target, choice: ModelChoice) -> Result<ModelReport, String> {
        assay_service::inspect_model(target, choice, &AtomicBool::new(false))
    }

    fn watch(&self, target: Target, waker: Waker) -> Watch {
        Watch::start(target, waker)
    }

    fn start_run(&self, request: RunRequest, waker: Waker) -> Box<dyn ActiveRun> {
        Box::new(assay_service::start_run(request, waker))
    }
}
