//! What the window asks of the service besides changing the study. Tests put a script in its place.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Receiver;

use assay_service::{
    ReportKind, RunEvent, RunHandle, RunRequest, Target, TargetReport, Waker, Workbench, WrittenReport,
};

/// Devices, runs and documents. The calls that take time are made off the user-interface thread.
pub trait Backend: Send + Sync {
    /// Asks targets for their devices.
    fn probe(&self, targets: &[Target]) -> Vec<TargetReport>;

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
        // The study on disk is always the one shown, so that a second reader needs no lock.
        let mut workbench = Workbench::open(folder).map_err(|e| e.to_string())?;
        if let Some(id) = scenario {
            let command = assay_service::Command::SelectScenario(Some(id.to_owned()));
            workbench.apply(command).map_err(|e| e.to_string())?;
        }
        workbench.write_report(kind, out.as_deref(), None).map_err(|e| e.to_string())
    }
}

/// A run under way. Dropping it cancels it and waits for its end.
pub trait ActiveRun: Send {
    /// What it tells.
    fn events(&self) -> &Receiver<RunEvent>;

    /// Asks it to stop.
    fn cancel(&self);
}

impl ActiveRun for RunHandle {
    fn events(&self) -> &Receiver<RunEvent> {
        &self.events
    }

    fn cancel(&self) {
        RunHandle::cancel(self);
    }
}

/// The service itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceBackend;

impl Backend for ServiceBackend {
    fn probe(&self, targets: &[Target]) -> Vec<TargetReport> {
        assay_service::probe_targets(targets, &AtomicBool::new(false))
    }

    fn start_run(&self, request: RunRequest, waker: Waker) -> Box<dyn ActiveRun> {
        Box::new(assay_service::start_run(request, waker))
    }
}
