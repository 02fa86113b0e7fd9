//! What is said to `worker.py` and what it answers: one JSON object a line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use assay_core::estimate::KernelUse;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Request {
    /// Which stacks are there for these devices?
    Probe { devices: Vec<String> },
    /// Import what a stack needs.
    Load { stack: String },
    /// Prepare a workload.
    Prepare { job: PathBuf, stack: String, device: String, threads: usize },
    /// Execute so often.
    Execute { count: usize },
    /// Fill the processor's caches with something else.
    Flush,
    /// Write the outputs of the last execution to files.
    Output,
    /// End what was prepared, and whatever it left.
    Release,
    /// Compile the kernels of a workload for a device that need not be here.
    Estimate { job: PathBuf, backend: String, arch: String, shared_limit: u64 },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The first line.
    Hello { protocol: u32, version: String },
    /// The stacks of the interpreter.
    Stacks { stacks: Vec<FoundStack> },
    /// What the stack needs is imported.
    Loaded { import_secs: f64 },
    /// The workload is ready.
    Prepared {
        notes: Vec<(String, String)>,
        compile_secs: Option<f64>,
        /// Whether the device keeps the time instead of the host.
        #[serde(default)]
        device_events: bool,
    },
    /// Latencies in order.
    Executed { latency_secs: Vec<f64> },
    /// The caches are cold.
    Flushed,
    /// The outputs are in files.
    Outputs {
        outputs: Vec<OutputFile>,
        /// Bytes by what they are.
        #[serde(default)]
        memory: BTreeMap<String, f64>,
    },
    /// What was prepared is gone; another workload can be.
    Released,
    /// What compiling kernels came to; where one was refused, the kind of the refusal and the reason.
    Estimated { kernels: Vec<KernelUse>, compile_secs: f64, refused: Option<(String, String)> },
    /// The request could not be carried out.
    Failed { kind: String, message: String },
    /// The request was not understood.
    Refused { message: String },
}

/// A stack that the interpreter has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundStack {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: Option<String>,
    /// The devices it was asked about: why one cannot be used, or nothing.
    pub devices: BTreeMap<String, Option<String>>,
}

/// An output in a file, little-endian.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OutputFile {
    /// The file.
    pub file: PathBuf,
    /// Its extents.
    pub shape: Vec<usize>,
    /// `real` (binary32) or `integer` (64 bits).
    pub kind: String,
}
