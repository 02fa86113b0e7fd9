//! Runs: which workloads on which devices with which stacks, in worker processes, with live events.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use assay_core::device::DeviceReport;
use assay_core::kernel::Kernel;
use assay_core::runner::Plan;
use assay_core::telemetry::Reading;
use assay_core::{Environment, Measurement, StackId, Workload};
use assay_study::TargetSpec;
use serde::{Deserialize, Serialize};

mod execute;
mod unfinished;

pub(crate) use execute::limits;
pub use execute::{convert_model, inspect_model, probe_targets, start_run};
pub use unfinished::Unfinished;

/// Called after each event so that a sleeping window wakes up. The command line passes a no-op.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// A way to start a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `local`, or the id in the study, or the launch command itself.
    pub id: String,
    /// The whole command that starts the worker.
    pub command: Vec<String>,
}

/// What a target answered when asked for its devices.
#[derive(Clone, Debug)]
pub struct TargetReport {
    /// The target.
    pub target: Target,
    /// Its devices with their stacks; empty when it did not answer.
    pub devices: Vec<DeviceReport>,
    /// Its host.
    pub environment: Option<Environment>,
    /// Why it did not answer.
    pub error: Option<String>,
}

/// What to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The folder of the study that keeps the measurements.
    pub study_folder: PathBuf,
    /// The name of the suite.
    pub suite: String,
    /// Only these workloads of the suite; all when empty.
    pub workloads: Vec<String>,
    /// Only these devices; all when empty.
    pub devices: Vec<String>,
    /// Only these stacks; all that are available when empty.
    pub stacks: Vec<StackId>,
    /// Where to run.
    pub targets: Vec<Target>,
    /// How to measure.
    pub plan: Plan,
    /// A user's model to measure instead of a suite: the workload of its [`assay_core::model::ModelReport`].
    pub model: Option<Workload>,
    /// Kernels to measure on the workloads of the suite that they compute; with the suite `kernels` and none named here,
    /// the bundled ones.
    pub kernels: Vec<Kernel>,
    /// Only these jobs of what the rest describes; all when empty.
    pub only: Vec<JobKey>,
    /// The run that this one goes on with; a run of its own when absent.
    pub continues: Option<String>,
}

/// What tells the jobs of a run apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    /// The target.
    pub target: String,
    /// The device's id on its host.
    pub device: String,
    /// The stack, with the kernel where one is measured.
    pub stack: String,
    /// The workload.
    pub workload: String,
}

impl JobKey {
    /// The job that a measurement is of.
    pub fn of(measurement: &Measurement) -> Self {
        Self {
            target: measurement.target.clone(),
            device: measurement.device.id.clone(),
            stack: measurement.stack.to_string(),
            workload: measurement.workload.id.clone(),
        }
    }
}

/// How a suite is measured: the quick one quickly, any other thoroughly.
pub fn plan_for(suite: &str) -> Plan {
    if suite == "quick" { Plan::quick() } else { Plan::default() }
}

/// One workload on one device with one stack on one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The target.
    pub target: Target,
    /// The device's id on its host.
    pub device: String,
    /// The device's name.
    pub device_name: String,
    /// The stack; for a kernel the stack that runs it and the kernel, as in `cuda+softmax`.
    pub stack: StackId,
    /// The workload.
    pub workload: Workload,
    /// The kernel that is measured instead of the stack's own code.
    pub kernel: Option<Arc<Kernel>>,
}

impl Job {
    /// What tells it apart from the run's other jobs.
    pub fn key(&self) -> JobKey {
        JobKey {
            target: self.target.id.clone(),
            device: self.device.clone(),
            stack: self.stack.to_string(),
            workload: self.workload.id.clone(),
        }
    }
}

/// What a run tells its observer.
#[derive(Clone, Debug)]
pub enum RunEvent {
    /// The jobs are known.
    Planned {
        /// All jobs in order.
        jobs: Vec<Job>,
    },
    /// A job begins.
    Started {
        /// Its position in the plan.
        index: usize,
    },
    /// The job is in a phase such as `preparing` or `measuring`.
    Phase {
        /// Its position in the plan.
        index: usize,
        /// The phase.
        phase: String,
    },
    /// Latencies of new executions, in seconds.
    Samples {
        /// Position of the job in the plan.
        index: usize,
        /// The latencies in order.
        latency_secs: Vec<f64>,
    },
    /// What the sensors of the job's device said while it was timed.
    Readings {
        /// Position of the job in the plan.
        index: usize,
        /// The readings in order; the time is since timing began.
        readings: Vec<Reading>,
    },
    /// A job ended and its measurement is stored.
    Finished {
        /// Its position in the plan.
        index: usize,
        /// The outcome.
        measurement: Box<Measurement>,
    },
    /// Something worth telling.
    Note(String),
    /// The run is over.
    Done(RunSummary),
    /// The run could not go on.
    Failed(String),
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// The run's id.
    pub run_id: String,
    /// Jobs that passed.
    pub passed: usize,
    /// Jobs that ended otherwise (incorrect, unsupported, crashed, ...).
    pub other: usize,
    /// Whether the user cancelled.
    pub cancelled: bool,
}

/// A run on its own thread. Dropping the handle cancels the run and waits for its end.
#[derive(Debug)]
pub struct RunHandle {
    /// What the run tells.
    pub events: Receiver<RunEvent>,
    pub(crate) cancel: Arc<AtomicBool>,
    pub(crate) pause: Arc<AtomicBool>,
    pub(crate) thread: Option<std::thread::JoinHandle<()>>,
}

impl RunHandle {
    /// Asks the run to stop; the job under way is ended and recorded as cancelled.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// Asks the run to wait before its next job, or to go on. A job under way is measured to its end: a pause in the
    /// middle would be in its samples.
    pub fn set_paused(&self, paused: bool) {
        self.pause.store(paused, Ordering::Relaxed);
    }

    /// The flag that [`RunHandle::cancel`] sets, for signal handlers.
    pub fn canceller(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancel)
    }
}

impl Drop for RunHandle {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Target {
    /// A worker on this machine: this executable.
    pub fn local() -> Self {
        let executable = std::env::current_exe().map_or_else(|_| "assay".to_owned(), |path| path.display().to_string());
        Self { id: "local".to_owned(), command: vec![executable, "worker".to_owned()] }
    }

    /// Whether the worker runs on this machine, started directly.
    pub fn is_local(&self) -> bool {
        self.id == "local"
    }

    /// A launch command given on the command line, such as `ssh host`.
    pub fn of_launch_command(text: &str) -> Self {
        let mut command: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        command.extend(["assay".to_owned(), "worker".to_owned()]);
        Self { id: text.to_owned(), command }
    }

    /// A target of the study.
    pub fn of(spec: &TargetSpec) -> Self {
        let mut command = spec.launch.clone();
        command.extend([spec.executable.clone(), "worker".to_owned()]);
        Self { id: spec.id.clone(), command }
    }
}
