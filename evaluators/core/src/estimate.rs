//! What a vendor's compiler says of a workload on an accelerator that need not be here.
//!
//! A compiler that works ahead of time lays out the whole program for a device: it knows whether it compiles and fits, and
//! its own cost model tells operations, bytes and a time. None of that was measured.

use serde::{Deserialize, Serialize};

use crate::workload::Workload;

/// What the estimates cannot say; to be printed beside them.
pub const LIMITS: &str = "The vendor's compiler laid each workload out for one chip that is not here and told what its own \
     cost model expects: nothing was executed or measured. Start-up, host, data transfer and several chips are not in it, \
     and the cost model knows no contention. Where it gave no valid time there is none.";

/// What estimates of kernels cannot say.
pub const KERNEL_LIMITS: &str = "Triton compiled the kernels of each workload for a device that is not here: registers, shared \
     memory and spills are those of the machine code, and say nothing of the time or the device's memory. Block sizes are \
     tuned on the device; the first that fits without spilling stands for them.";

/// A vendor's compiler.
pub trait VendorCompiler {
    /// What it is and what it compiles for.
    fn report(&self) -> CompilerReport;

    /// Compiles a workload for a target of [`CompilerReport::targets`].
    fn estimate(&self, workload: &Workload, target: &str) -> Estimate;
}

/// A compiler, and whether it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompilerReport {
    /// Its name, such as `libtpu`.
    pub name: String,
    /// Its version, where it is there.
    pub version: Option<String>,
    /// Why it is not there, and what to install.
    pub reason: Option<String>,
    /// What it compiles for.
    pub targets: Vec<CompilerTarget>,
}

/// A device that a compiler knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompilerTarget {
    /// Its hardware profile, such as `google-tpu-v5e`.
    pub id: String,
    /// What it is, such as `Google TPU v5e`.
    pub name: String,
    /// The compiler's own name of the devices described, such as `v5e:2x2`; the program runs on one of them.
    pub topology: String,
}

/// A workload to compile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EstimateRequest {
    /// Repeated in the answer.
    pub id: u64,
    /// The workload.
    pub workload: Workload,
    /// The compiler's name.
    pub compiler: String,
    /// The target's id.
    pub target: String,
}

/// What came of compiling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Time the compiler took.
    pub compile_secs: Option<f64>,
    /// Operations of one execution, as the compiler counts them.
    pub flops: Option<f64>,
    /// Bytes moved to and from memory in one execution, as the compiler counts them.
    pub bytes: Option<f64>,
    /// Time of one execution by the compiler's cost model.
    pub execution_secs: Option<f64>,
    /// Device memory in bytes.
    pub memory: Option<MemoryPlan>,
    /// What its kernels take, by a compiler that knows kernels and not the program: such a compiler tells no time, and
    /// nothing of the device's memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernels: Option<Vec<KernelUse>>,
}

/// What a kernel takes of a multiprocessor, as its machine code says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelUse {
    /// Its name.
    pub name: String,
    /// Threads of a block.
    pub threads: u64,
    /// Registers of a thread.
    pub registers: u64,
    /// Shared memory of a block, in bytes.
    pub shared_bytes: u64,
    /// What a thread spills from registers to memory, in bytes.
    pub spilled_bytes: u64,
}

/// How compiling a workload ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "reason", rename_all = "kebab-case")]
pub enum Verdict {
    /// It compiles, and fits into one device's memory.
    Compiles,
    /// It does not fit.
    DoesNotFit(String),
    /// The compiler refuses it.
    DoesNotCompile(String),
    /// We have no program of it for this compiler.
    Unsupported(String),
    /// The compiler crashed, hung or is not there.
    Failed(String),
}

impl Verdict {
    /// A few words for tables.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Compiles => "compiles",
            Self::DoesNotFit(_) => "does not fit",
            Self::DoesNotCompile(_) => "does not compile",
            Self::Unsupported(_) => "unsupported",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it does not compile.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Compiles => None,
            Self::DoesNotFit(reason)
            | Self::DoesNotCompile(reason)
            | Self::Unsupported(reason)
            | Self::Failed(reason) => Some(reason),
        }
    }
}

/// How a compiler lays out a device's memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryPlan {
    /// Machine code.
    pub code_bytes: f64,
    /// Inputs and weights.
    pub arguments_bytes: f64,
    /// Results.
    pub output_bytes: f64,
    /// Whatever is needed in between.
    pub temporary_bytes: f64,
    /// The most at any time, where the compiler tells.
    pub peak_bytes: Option<f64>,
}

impl Estimate {
    /// An estimate that has nothing but how it ended.
    pub fn of(verdict: Verdict) -> Self {
        let kernels = None;
        Self { verdict, compile_secs: None, flops: None, bytes: None, execution_secs: None, memory: None, kernels }
    }

    /// With the figures of the cost model that mean something; the others are missing.
    #[must_use]
    pub fn validated(mut self) -> Self {
        for figure in [&mut self.flops, &mut self.bytes, &mut self.execution_secs] {
            *figure = figure.and_then(valid);
        }
        if let Some(memory) = &mut self.memory {
            memory.peak_bytes = memory.peak_bytes.and_then(valid);
        }
        self
    }
}

/// A figure of a compiler, where it means something: a cost model that does not know answers with zero or less.
pub fn valid(figure: f64) -> Option<f64> {
    (figure.is_finite() && figure > 0.0).then_some(figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_zero_and_less_are_missing() {
        assert_eq!([-2.0, 0.0, f64::NAN, f64::INFINITY, 0.5].map(valid), [None, None, None, None, Some(0.5)]);
    }

    #[test]
    fn the_form_on_the_wire_is_fixed() {
        let estimate = Estimate { flops: Some(2.0), ..Estimate::of(Verdict::DoesNotFit("too large".to_owned())) };
        let json = serde_json::to_value(&estimate).unwrap();
        assert_eq!(json["verdict"], "does-not-fit");
        assert_eq!(json["reason"], "too large");
        assert_eq!(json["execution_secs"], serde_json::Value::Null);
        assert_eq!(serde_json::from_value::<Estimate>(json).unwrap(), estimate);
        let compiles = Estimate::of(Verdict::Compiles);
        let json = serde_json::to_value(&compiles).unwrap();
        assert_eq!(serde_json::from_value::<Estimate>(json).unwrap(), compiles);
    }
}
