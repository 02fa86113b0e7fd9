//! Every kind of workload, small, on both engines against the fp64 reference.

use assay_core::evaluator::{Evaluator, Job, Support};
use assay_core::{Device, DeviceKind, NumericFormat, Shape};
use assay_onnx::{OrtEvaluator, RtenEvaluator};
use conformance::{causal_mask, conformance, cpu, error_norm, shapes, workload};

#[path = "../../core/tests/conformance/mod.rs"]
mod conformance;

/// A note that both engines give.
const NOTE: &str = "threads";

/// Both engines; without ONNX Runtime only one, with a message.
fn evaluators() -> Vec<Box<dyn Evaluator>> {
    let all: [Box<dyn Evaluator>; 2] = [Box::new(RtenEvaluator::new(cpu())), Box::new(OrtEvaluator::new(cpu()))];
    let available = |evaluator: &dyn Evaluator| {
        evaluator.probe().iter().all(|(_, status)| {
            if let Some(reason) = &status.reason {
                eprintln!("skipped: {}: {reason}", status.id);
            }
            status.available
        })
    };
    all.into_iter().filter(|evaluator| available(evaluator.as_ref())).collect()
}

#[test]
fn outputs_agree_with_the_reference() {
    for evaluator in evaluators() {
        let all =
            NumericFormat::ALL.into_iter().flat_map(|format| shapes().into_iter().map(move |s| workload(s, format)));
        let found = conformance(evaluator.as_ref(), all, NOTE);
        assert_eq!(found.count(NumericFormat::Fp32), shapes().len(), "{}: {:?}", evaluator.stack(), found.refused);
        assert!(found.computed.len() >= 15, "{}: {:?}", evaluator.stack(), found.refused);
    }
}

#[test]
fn int8_is_quantised_and_half_is_rounded() {
    for evaluator in evaluators() {
        for (format, least) in [(NumericFormat::Int8, 1e-3), (NumericFormat::Fp16, 5e-5)] {
            let workload = workload(Shape::Gemm { m: 33, n: 17, k: 65 }, format);
            if evaluator.support(&cpu(), &workload) == Support::Supported {
                let error = error_norm(evaluator.as_ref(), &cpu(), &Job::new(&workload, 11), NOTE).unwrap();
                assert!(error > least, "{format} on {} is suspiciously exact: {error}", evaluator.stack());
            }
        }
    }
}

#[test]
fn a_causal_mask_ends_at_the_last_key() {
    for evaluator in evaluators() {
        let error = error_norm(evaluator.as_ref(), &cpu(), &causal_mask(), NOTE).unwrap();
        assert!(error < 1e-5, "{}: {error}", evaluator.stack());
    }
}

#[test]
fn what_cannot_be_computed_has_a_reason() {
    let gemm = Shape::Gemm { m: 8, n: 8, k: 8 };
    let huge = Shape::EmbeddingMlp { batch: 1, tables: 8, rows: 10_000_000, dim: 64, bag: 1, hidden: 8 };
    let cases = [
        (gemm.clone(), NumericFormat::Bf16, "bf16 kernels"),
        (gemm.clone(), NumericFormat::Fp64, "fp64 kernels"),
        (Shape::Softmax { rows: 2, columns: 2 }, NumericFormat::Int8, "no matrix product"),
        (Shape::Resnet50 { batch: 1, size: 64 }, NumericFormat::Int8, "convolutions"),
        (huge, NumericFormat::Fp32, "2 GiB"),
    ];
    let evaluators: [Box<dyn Evaluator>; 2] = [Box::new(RtenEvaluator::new(cpu())), Box::new(OrtEvaluator::new(cpu()))];
    for evaluator in evaluators {
        for (shape, format, expected) in cases.clone() {
            let Support::Unsupported { reason } = evaluator.support(&cpu(), &workload(shape, format)) else {
                panic!("{} claims to support {format} with {expected}", evaluator.stack());
            };
            assert!(reason.contains(expected), "{reason}");
        }
        let gpu = Device::new("cuda:0", DeviceKind::Gpu, "a GPU");
        let support = evaluator.support(&gpu, &workload(gemm.clone(), NumericFormat::Fp32));
        assert!(matches!(support, Support::Unsupported { reason } if reason.contains("cuda:0")));
    }
}

#[test]
fn only_onnx_runtime_has_half_precision() {
    let workload = workload(Shape::Gemm { m: 8, n: 8, k: 8 }, NumericFormat::Fp16);
    assert!(matches!(RtenEvaluator::new(cpu()).support(&cpu(), &workload), Support::Unsupported { .. }));
    assert_eq!(OrtEvaluator::new(cpu()).support(&cpu(), &workload), Support::Supported);
}
