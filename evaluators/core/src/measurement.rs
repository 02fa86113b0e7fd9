//! The outcome of one workload on one device with one stack.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::device::{Device, DeviceKind, StackId};
use crate::environment::{Environment, ForeignLoad};
use crate::evaluator::TimingMethod;
use crate::kernel::KernelReport;
use crate::model::Placement;
use crate::profile::Profile;
use crate::statistics::{Statistics, quantile};
use crate::telemetry::TelemetrySummary;
use crate::workload::Workload;
use assay_base::{Evidence, format};

/// The outcome of one workload on one device with one stack, with all that is needed to judge it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Unique: the run and the position in it, such as `20261121T084207Z-3f2a-004`.
    pub id: String,
    /// The run it belongs to.
    pub run_id: String,
    /// The suite it was part of.
    pub suite: Option<String>,
    /// What was computed.
    pub workload: Workload,
    /// Hash of the workload's definition.
    pub workload_hash: String,
    /// Where.
    pub device: Device,
    /// With which software.
    pub stack: StackId,
    /// Its version.
    pub stack_version: Option<String>,
    /// The target whose worker measured: `local`, or a name from the study.
    pub target: String,
    /// The class of evidence.
    pub evidence: Evidence,
    /// When it began.
    pub started_at: jiff::Timestamp,
    /// Seed of the data.
    pub seed: u64,
    /// How it ended.
    pub status: Status,
    /// Timing, where the workload was executed.
    pub timing: Option<Timing>,
    /// The correctness verdict, where there was an output.
    pub correctness: Option<Correctness>,
    /// Items a second at the median latency; only for a result that passed.
    pub throughput: Option<Throughput>,
    /// Sensors, where the device has any.
    pub telemetry: Option<TelemetrySummary>,
    /// Load that was not ours.
    #[serde(default)]
    pub foreign_load: ForeignLoad,
    /// Remarks of the evaluator: algorithm, threads, options.
    #[serde(default)]
    pub notes: Vec<(String, String)>,
    /// Which execution providers executed the nodes, where the engine tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// What the device executed, where its stack takes profiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// What was found out about a kernel, where one was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<KernelReport>,
    /// The host and its state.
    pub environment: Environment,
    /// Provenance of an imported result: file, source, licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
}

/// How a measurement ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Status {
    /// Executed, timed and correct.
    Passed,
    /// Executed, but the output is not correct. Never priced.
    Incorrect {
        /// What was found.
        reason: String,
    },
    /// The stack cannot compute the workload on the device. A result, not an error.
    Unsupported {
        /// Why.
        reason: String,
    },
    /// The stack is not available.
    Unavailable {
        /// Why, and what to install.
        reason: String,
    },
    /// The stack failed with an error.
    Failed {
        /// What it said.
        reason: String,
    },
    /// The device or host had too little memory.
    OutOfMemory {
        /// What is known.
        reason: String,
    },
    /// The worker process ended unexpectedly.
    Crashed {
        /// Exit status or signal, and what it last said.
        reason: String,
    },
    /// The worker answered nothing within the time limit and was ended.
    TimedOut {
        /// The limit and the phase.
        reason: String,
    },
    /// The user cancelled.
    Cancelled,
}

impl Status {
    /// The word used in tables and JSON.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Incorrect { .. } => "incorrect",
            Self::Unsupported { .. } => "unsupported",
            Self::Unavailable { .. } => "unavailable",
            Self::Failed { .. } => "failed",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::Crashed { .. } => "crashed",
            Self::TimedOut { .. } => "timed-out",
            Self::Cancelled => "cancelled",
        }
    }

    /// Why, where it did not pass.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Passed | Self::Cancelled => None,
            Self::Incorrect { reason }
            | Self::Unsupported { reason }
            | Self::Unavailable { reason }
            | Self::Failed { reason }
            | Self::OutOfMemory { reason }
            | Self::Crashed { reason }
            | Self::TimedOut { reason } => Some(reason),
        }
    }

    /// Whether the result may be used.
    pub fn passed(&self) -> bool {
        matches!(self, Self::Passed)
    }
}

/// The timed executions of a workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// How an execution was timed.
    pub method: TimingMethod,
    /// Preparing: compilation, weights to the device.
    pub prepare_secs: f64,
    /// What a compiler or graph optimiser took of it; absent where there is none or the stack does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile_secs: Option<f64>,
    /// The first execution, which may compile or allocate.
    pub first_execution_secs: f64,
    /// Executions before the timed ones.
    pub warm_up_executions: usize,
    /// Timed executions in order, in seconds.
    pub samples_secs: Vec<f64>,
    /// Executions after the caches were flushed, in seconds; empty where they cannot be.
    #[serde(default)]
    pub cold_samples_secs: Vec<f64>,
    /// Why timing stopped.
    pub stop: StopReason,
    /// Statistics of the samples.
    pub statistics: Statistics,
    /// Clocks of the samples, and what a device that slowed itself down did to them.
    #[serde(default, skip_serializing_if = "Clocks::is_silent")]
    pub clocks: Clocks,
}

/// What is known of the clocks under which samples were executed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clocks {
    /// The clock of the compute units around each sample, in the samples' order; empty where the stack cannot tell.
    #[serde(default)]
    pub samples_hz: Vec<f64>,
    /// The positions of samples that were executed while the device slowed itself down.
    #[serde(default)]
    pub throttled_samples: Vec<usize>,
    /// What was done about executions that were slowed down, if any was.
    #[serde(default)]
    pub throttling: Option<Throttling>,
}

impl Clocks {
    /// Whether nothing is known.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// The lowest, median and highest clock of the samples.
    pub fn range_hz(&self) -> Option<(f64, f64, f64)> {
        let mut sorted = self.samples_hz.clone();
        sorted.sort_by(f64::total_cmp);
        Some((*sorted.first()?, quantile(&sorted, 0.5)?, *sorted.last()?))
    }
}

/// Executions that a device hindered by slowing itself down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Throttling {
    /// How many of the executions that were timed first.
    pub executions: usize,
    /// How many were timed first.
    pub of: usize,
    /// Executions that were measured again, after a rest.
    pub repeated: usize,
    /// Those of them that were slowed down again.
    pub repeated_throttled: usize,
    /// The median of the others: what the rested device does.
    pub rested_median_secs: Option<f64>,
    /// Whether what was measured again stands in the samples for what was slowed down. Where it does not, slowing down
    /// is the device's steady state.
    pub replaced: bool,
    /// Why the device slowed itself down, with the number of readings that said so.
    pub reasons: BTreeMap<String, usize>,
}

impl Throttling {
    /// What happened, in a sentence.
    pub fn sentence(&self) -> String {
        let reasons = self.reasons.keys().cloned().collect::<Vec<_>>().join(", ");
        let because = if reasons.is_empty() { String::new() } else { format!(" ({reasons})") };
        let then = if self.replaced {
            "replaced by executions after a rest".to_owned()
        } else {
            let rested = assay_base::format::or_unknown(self.rested_median_secs, assay_base::format::duration);
            format!("kept as the device's steady state; median after a rest: {rested}")
        };
        format!("{} of {} executions slowed down by the device{because}; {then}", self.executions, self.of)
    }
}

/// Why timing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The relative noise fell under its bound.
    NoiseBound,
    /// The noise itself became stable: more samples would not reduce it.
    NoiseStable,
    /// The time limit was reached first.
    TimeLimit,
    /// The limit on samples was reached first.
    SampleLimit,
}

impl StopReason {
    /// A phrase for tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::NoiseBound => "noise under its bound",
            Self::NoiseStable => "noise stable",
            Self::TimeLimit => "time limit",
            Self::SampleLimit => "sample limit",
        }
    }
}

/// The verdict of the correctness gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correctness {
    /// `‖out − ref‖₂ / ‖ref‖₂` against the fp64 reference; absent when the output held a NaN or infinity.
    pub error_norm: Option<f64>,
    /// The largest error that counts as correct.
    pub tolerance: f64,
    /// Whether the output is correct.
    pub passed: bool,
}

/// Items a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// The value.
    pub value: f64,
    /// Its unit, such as `tokens/s`.
    pub unit: String,
}

/// Relative noise above which a result is not ranked without saying so.
pub const NOISY_ABOVE: f64 = 0.05;
/// Share of the processors in use by others above which what was measured on them is not what they can do.
const DISTURBED_ABOVE: f64 = 0.1;
/// Share of processor time taken by the hypervisor above which that holds, too.
const STOLEN_ABOVE: f64 = 0.05;

impl Measurement {
    /// Whether the result is too noisy to be ranked silently.
    pub fn is_noisy(&self) -> bool {
        self.timing.as_ref().is_some_and(|t| t.statistics.relative_noise.is_none_or(|noise| noise > NOISY_ABOVE))
    }

    /// What else used the processors while it was measured on them, in words; `None` where that was little, where nobody
    /// looked, and on other devices, whose own work is timed.
    pub fn disturbance(&self) -> Option<String> {
        if self.device.kind != DeviceKind::Cpu {
            return None;
        }
        let load = self.foreign_load;
        let of = self.environment.cpu_logical.map_or(1.0, |count| count.max(1) as f64);
        if let Some(busy) = load.foreign_busy_cpus.filter(|busy| busy / of > DISTURBED_ABOVE) {
            let of = format!("{of:.0}");
            return Some(format!("other programs used {} of {of} processors meanwhile", format::significant(busy, 2)));
        }
        let stolen = load.steal.filter(|steal| *steal > STOLEN_ABOVE)?;
        Some(format!("the hypervisor took {} of the processors' time meanwhile", format::percent(stolen, 0)))
    }

    /// Operations a second at the median; `None` where not all are counted.
    pub fn flops_per_sec(&self) -> Option<f64> {
        if !self.workload.flops_are_known() {
            return None;
        }
        Some(self.workload.flops() / self.timing.as_ref()?.statistics.median_secs)
    }

    /// Bytes of compulsory traffic a second at the median.
    pub fn bytes_per_sec(&self) -> Option<f64> {
        Some(self.workload.bytes() / self.timing.as_ref()?.statistics.median_secs)
    }
}
