//! Stacks that are not here, and why.

use assay_core::device::{StackId, StackStatus};
use assay_core::evaluator::Evaluator as _;

use crate::evaluator::PythonEvaluator;
use crate::interpreters::{VARIABLE, interpreters};

/// The stacks that `worker.py` knows, with the packages that bring them.
const STACKS: [(&str, &str); 8] = [
    ("torch-eager", "torch"),
    ("inductor", "torch"),
    ("triton", "triton torch"),
    ("jax", "jax"),
    ("openvino", "openvino"),
    ("onnxruntime-python", "onnxruntime"),
    ("iree", "iree-base-compiler iree-base-runtime jax"),
    ("tvm-untuned", "apache-tvm onnx"),
];

/// Why Glow is not measured.
const GLOW: &str = "discontinued: its maintainers announced in September 2023 that they sunset its development \
                    (github.com/pytorch/glow/issues/6135), and there is no package; PyTorch's Inductor takes its place";

/// The stacks that no interpreter here has, each with what to install, and those that nobody can have any more.
pub fn absent(found: &[PythonEvaluator]) -> Vec<StackStatus> {
    let python = match interpreters().first() {
        Some(python) => python.display().to_string(),
        None => "python3".to_owned(),
    };
    let lacking = STACKS.iter().filter(|(id, _)| found.iter().all(|evaluator| evaluator.stack().as_str() != *id));
    let reason = |packages: &str| {
        format!("not installed: run `{python} -m pip install {packages}`, or name another Python in {VARIABLE}")
    };
    let status =
        |id: &str, reason| StackStatus { id: StackId::new(id), available: false, reason: Some(reason), version: None };
    let mut all: Vec<StackStatus> = lacking.map(|(id, packages)| status(id, reason(packages))).collect();
    all.push(status("glow", GLOW.to_owned()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stack_that_is_not_here_says_what_to_install() {
        let all = absent(&[]);
        assert_eq!(all.len(), STACKS.len() + 1);
        let worker = include_str!("../assay_stacks/__init__.py");
        for ((id, _), status) in STACKS.iter().zip(&all) {
            assert!(worker.contains(&format!("(\"{id}\", ")), "worker.py knows no `{id}`");
            assert!(status.reason.as_ref().is_some_and(|reason| reason.contains("pip install")));
        }
        assert!(
            all.last()
                .is_some_and(|s| s.id.as_str() == "glow" && s.reason.as_ref().is_some_and(|r| r.contains("6135")))
        );
    }
}
