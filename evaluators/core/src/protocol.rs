//! The worker protocol: one JSON object a line, requests on the worker's stdin, events on its stdout.
//!
//! A worker says `hello` first. It answers `probe` with `devices`, `sense` with `readings`, `inspect` with `model` or `refused`, `convert` with `converted` or `refused`, `compilers` and
//! `estimate` with an event of the same name, and `measure` with any number of `phase`, `samples` and `readings` and one `outcome`. It says `heartbeat` once a second while it works. `worker.py` and workers on other
//! hosts speak the same.

use serde::{Deserialize, Serialize};

use crate::device::{DeviceReport, StackId};
use crate::environment::Environment;
use crate::estimate::{CompilerReport, Estimate, EstimateRequest};
use crate::kernel::Kernel;
use crate::model::{ModelChoice, ModelReport};
use crate::runner::{Outcome, Plan};
use crate::telemetry::Reading;
use crate::variant::{VariantReport, VariantRequest};
use crate::workload::Workload;

/// The version spoken here. A worker of another version is refused.
pub const PROTOCOL: u32 = 1;

/// The longest line accepted.
pub const MAX_LINE_BYTES: usize = 64 << 20;

/// What is asked of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Request {
    /// Which devices and stacks are there?
    Probe,
    /// What is in this model?
    Inspect(ModelChoice),
    /// Measure a workload.
    Measure(Box<MeasureRequest>),
    /// Make a narrower form of a model.
    Convert(Box<VariantRequest>),
    /// What do the sensors of the devices say now?
    Sense,
    /// Which vendors' compilers are there?
    Compilers,
    /// Compile a workload for an accelerator that need not be here.
    Estimate(Box<EstimateRequest>),
    /// End.
    Shutdown,
}

/// A workload to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureRequest {
    /// Repeated in every event about it.
    pub id: u64,
    /// The workload.
    pub workload: Workload,
    /// The device's id.
    pub device: String,
    /// The stack.
    pub stack: StackId,
    /// How to measure.
    pub plan: Plan,
    /// A kernel to measure instead of the stack's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<Kernel>,
}

/// What the sensors of a device say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceReading {
    /// The device's id.
    pub device: String,
    /// What they say; the time is since the worker first read them, or since timing began while it measures.
    pub reading: Reading,
}

/// What a worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The first line.
    Hello {
        /// The protocol's version.
        protocol: u32,
        /// The program and its version.
        version: String,
        /// The process.
        pid: u32,
    },
    /// Still alive.
    Heartbeat,
    /// The devices with their stacks.
    Devices {
        /// The devices.
        devices: Vec<DeviceReport>,
        /// The host.
        environment: Box<Environment>,
    },
    /// What sensors say: the answer to `sense`, and of the device that is measured while it is timed.
    Readings {
        /// One for each device that has sensors.
        readings: Vec<DeviceReading>,
    },
    /// What is in a model.
    Model {
        /// What was read.
        report: Box<ModelReport>,
    },
    /// The vendors' compilers.
    Compilers {
        /// Those that are known, present or not.
        compilers: Vec<CompilerReport>,
    },
    /// What a compiler said.
    Estimate {
        /// Which request.
        id: u64,
        /// What it said.
        estimate: Box<Estimate>,
    },
    /// A narrower form of a model was made.
    Converted {
        /// What was made.
        made: Box<VariantReport>,
    },
    /// The measurement entered a phase.
    Phase {
        /// Which measurement.
        id: u64,
        /// The phase.
        phase: String,
    },
    /// New latencies.
    Samples {
        /// Which measurement.
        id: u64,
        /// In seconds.
        latency_secs: Vec<f64>,
    },
    /// The measurement ended.
    Outcome {
        /// Which measurement.
        id: u64,
        /// What was found.
        outcome: Box<Outcome>,
        /// The host and the device's state.
        environment: Box<Environment>,
        /// The stack's version.
        stack_version: Option<String>,
    },
    /// The worker had to give up, and why.
    Fatal {
        /// `out-of-memory`, `timed-out` or `failed`.
        kind: String,
        /// Why.
        message: String,
    },
    /// A request that was not understood.
    Refused {
        /// Why.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_and_read_back() {
        let events = [
            Event::Hello { protocol: PROTOCOL, version: "assay 0.1.0".to_owned(), pid: 7 },
            Event::Heartbeat,
            Event::Samples { id: 1, latency_secs: vec![0.1, 0.2] },
            Event::Refused { message: "two\nlines".to_owned() },
        ];
        for event in events {
            let line = serde_json::to_string(&event).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event);
        }
    }

    #[test]
    fn the_words_of_the_protocol_are_fixed() {
        let json = serde_json::to_value(Request::Probe).unwrap();
        assert_eq!(json, serde_json::json!({"type": "probe"}));
        let json = serde_json::to_value(Event::Heartbeat).unwrap();
        assert_eq!(json, serde_json::json!({"type": "heartbeat"}));
    }
}
