//! Stacks that are not here, and why.

use assay_core::device::{StackId, StackStatus};
use assay_core::evaluator::Evaluator as _;

use crate::evaluator::PythonEvaluator;
use crate::interpreters::{VARIABLE, interpreters};

/// The stacks that `worker.py` knows, with what brings them: packages for `pip`.
const STACKS: [(&str, &str); 11] = [
    ("torch-eager", "torch"),
    ("inductor", "torch"),
    ("triton", "triton torch"),
    ("jax", "jax"),
    ("tensorflow", "tensorflow"),
    ("openvino", "openvino"),
    ("onnxruntime-python", "onnxruntime"),
    ("iree", "iree-base-compiler iree-base-runtime jax"),
    ("tvm-untuned", "apache-tvm onnx"),
    ("tensorrt", "tensorrt torch"),
    ("torch-neuronx", "torch-neuronx neuronx-cc --extra-index-url https://pip.repos.neuron.amazonaws.com"),
];

/// Those that come in another way.
const DELIVERED: [(&str, &str); 2] = [
    (
        "torch-gaudi",
        "it comes with Intel's Gaudi software and its build of PyTorch (docs.habana.ai, Installation Guide)",
    ),
    (
        "migraphx",
        "it comes with ROCm (rocm.docs.amd.com, MIGraphX): its folder of Python packages must be on PYTHONPATH",
    ),
];

/// Why Glow is not measured.
const GLOW: &str = "discontinued: its maintainers announced in September 2023 that they sunset its development \
                    (github.com/pytorch/glow/issues/6135), and there is no package; PyTorch's Inductor takes its place";

/// The stacks that no interpreter here has, each with what to install, and those that nobody can have any more.
pub fn absent(found: &[PythonEvaluator]) -> Vec<StackStatus> {
    let is_lacking = |id: &&str| found.iter().all(|evaluator| evaluator.stack().as_str() != *id);
    let status =
        |id: &str, reason| StackStatus { id: StackId::new(id), available: false, reason: Some(reason), version: None };
    let known = STACKS.iter().chain(&DELIVERED).map(|(id, _)| *id);
    let mut all: Vec<StackStatus> = known.filter(is_lacking).map(|id| status(id, reason(id))).collect();
    all.push(status("glow", GLOW.to_owned()));
    all
}

/// Why a stack is not here, and how it comes.
pub fn reason(stack: &str) -> String {
    if let Some((_, way)) = DELIVERED.iter().find(|(id, _)| *id == stack) {
        return format!("not installed: {way}");
    }
    let packages = STACKS.iter().find(|(id, _)| *id == stack).map_or(stack, |(_, packages)| packages);
    let python = interpreters().first().map_or_else(|| "python3".to_owned(), |python| python.display().to_string());
    format!("not installed: run `{python} -m pip install {packages}`, or name another Python in {VARIABLE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stack_that_is_not_here_says_what_to_install() {
        let all = absent(&[]);
        let known: Vec<&str> = STACKS.iter().chain(&DELIVERED).map(|(id, _)| *id).collect();
        assert_eq!(all.len(), known.len() + 1);
        let worker = include_str!("../assay_stacks/__init__.py");
        let in_worker = worker.lines().filter(|line| line.starts_with("    (\"")).count();
        assert_eq!(in_worker, known.len(), "worker.py knows others");
        for (id, status) in known.iter().zip(&all) {
            assert!(worker.contains(&format!("(\"{id}\", ")), "worker.py knows no `{id}`");
            assert_eq!(status.id.as_str(), *id);
            assert!(status.reason.as_ref().is_some_and(|reason| reason.starts_with("not installed: ")));
        }
        assert!(
            all.last()
                .is_some_and(|s| s.id.as_str() == "glow" && s.reason.as_ref().is_some_and(|r| r.contains("6135")))
        );
    }
}
