//! What both evaluators do alike.

use std::num::NonZero;

use assay_core::device::{Device, StackId};
use assay_core::evaluator::{EvaluatorError, Support};
use assay_core::graph::Graph;
use assay_core::{NumericFormat, Workload, graph};

/// Threads that compute: as many as there are logical processors for this process.
pub fn compute_threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Whether a stack with kernels for `formats` on the device `cpu` can compute a workload.
pub fn support(
    stack: &StackId,
    cpu: &Device,
    device: &Device,
    workload: &Workload,
    formats: &[NumericFormat],
) -> Support {
    if device.id != cpu.id {
        return Support::unsupported(format!("{stack} runs on {}, not on {}", cpu.id, device.id));
    }
    match refusal(stack, &graph::build(workload), formats) {
        Some(reason) => Support::unsupported(reason),
        None => Support::Supported,
    }
}

fn refusal(stack: &StackId, graph: &Graph, formats: &[NumericFormat]) -> Option<String> {
    if !formats.contains(&graph.format) {
        let kernels = formats.iter().map(|format| format.label()).collect::<Vec<_>>().join(", ");
        return Some(format!("{stack} has no {} kernels on the CPU (it has {kernels})", graph.format));
    }
    crate::writer::check(graph).err()
}

/// An engine's failure by what it says.
pub fn failure(what: &str, error: impl std::fmt::Display) -> EvaluatorError {
    let message = format!("{what}: {error}");
    let lower = message.to_lowercase();
    // ONNX Runtime: "Failed to allocate memory for requested buffer of size", or what C++ says.
    if ["failed to allocate memory", "bad_alloc", "bad allocation"].iter().any(|sign| lower.contains(sign)) {
        EvaluatorError::OutOfMemory(message)
    } else {
        EvaluatorError::Failed(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_memory_are_told_apart() {
        let error = failure("running", "Failed to allocate memory for requested buffer of size 12");
        assert!(matches!(error, EvaluatorError::OutOfMemory(_)));
        assert!(matches!(failure("running", "no such kernel"), EvaluatorError::Failed(_)));
    }
}
