//! A run that was cancelled, or whose program ended, and can go on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assay_base::files::write_atomic;
use assay_core::Measurement;
use assay_core::measurement::Status;
use serde::{Deserialize, Serialize};

use super::{JobKey, RunRequest};

/// What is noted of a run while it is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The run.
    pub run_id: String,
    /// What was asked for.
    pub request: RunRequest,
    /// Its jobs in order.
    pub jobs: Vec<JobKey>,
}

fn file(study: &Path) -> PathBuf {
    study.join(".assay-run")
}

impl Unfinished {
    /// The run of a study that is not over, if there is one.
    pub fn read(study: &Path) -> Option<Self> {
        let bytes = std::fs::read(file(study)).ok()?;
        let noted: Self = serde_json::from_slice(&bytes).ok()?;
        // The folder may have been moved or copied.
        let request = RunRequest { study_folder: study.to_owned(), ..noted.request };
        Some(Self { request, ..noted })
    }

    /// Notes it.
    pub(super) fn write(&self) -> std::io::Result<()> {
        write_atomic(&file(&self.request.study_folder), &serde_json::to_vec(self)?)
    }

    /// Forgets the run of a study: it is over, or nobody wants it to go on.
    pub fn remove(study: &Path) {
        // What cannot be removed is offered again.
        std::fs::remove_file(file(study)).ok();
    }

    /// The jobs that have no measurement yet, or one that was cancelled.
    pub fn left(&self, measurements: &[Measurement]) -> Vec<JobKey> {
        let over = |m: &&Measurement| m.run_id == self.run_id && m.status != Status::Cancelled;
        let over: BTreeSet<JobKey> = measurements.iter().filter(over).map(JobKey::of).collect();
        self.jobs.iter().filter(|job| !over.contains(job)).cloned().collect()
    }

    /// What measures the jobs that are left; `None` when none are.
    pub fn rest(&self, measurements: &[Measurement]) -> Option<RunRequest> {
        let only = self.left(measurements);
        let continues = Some(self.run_id.clone());
        (!only.is_empty()).then(|| RunRequest { only, continues, ..self.request.clone() })
    }
}
