//! Every kind of workload, small, on the CPU plugin against the fp64 reference.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::OnceLock;

use assay_core::evaluator::{Evaluator, Job, Support};
use assay_core::{Device, DeviceKind, NumericFormat, Shape};
use assay_xla::{Places, XlaEvaluator};
use conformance::{causal_mask, conformance, cpu, error_norm, shapes, workload};

#[path = "../../core/tests/conformance/mod.rs"]
mod conformance;

/// A note that the stack always gives.
const NOTE: &str = "compile time, cold";

/// The stack; without the CPU plugin none, with a message.
fn evaluator() -> Option<&'static XlaEvaluator> {
    static EVALUATOR: OnceLock<XlaEvaluator> = OnceLock::new();
    let evaluator = EVALUATOR.get_or_init(|| XlaEvaluator::new(&[cpu()], &Places::Environment));
    let (_, status) = evaluator.probe().into_iter().next().unwrap();
    if let Some(reason) = &status.reason {
        eprintln!("skipped: {reason}");
    }
    status.available.then_some(evaluator)
}

#[test]
fn outputs_agree_with_the_reference() {
    let Some(evaluator) = evaluator() else { return };
    let further = [
        Shape::BiasGeluResidual { rows: 7, columns: 129 },
        Shape::RmsNormResidual { rows: 7, columns: 129 },
        Shape::Quantise { rows: 7, columns: 129 },
        Shape::Dequantise { rows: 7, columns: 129 },
        Shape::LinearGelu { m: 9, n: 17, k: 33 },
    ];
    let shapes: Vec<Shape> = shapes().into_iter().chain(further).collect();
    let all = NumericFormat::ALL.into_iter().flat_map(|format| shapes.iter().map(move |shape| (shape.clone(), format)));
    // Compiling ResNet-50 takes seconds; its operations are the other shapes' but for pooling.
    let is_quick = |shape: &Shape, format| {
        !matches!(shape, Shape::Resnet50 { .. }) || matches!(format, NumericFormat::Fp32 | NumericFormat::Bf16)
    };
    let quick = all.filter(|(shape, format)| is_quick(shape, *format));
    let found = conformance(evaluator, quick.map(|(shape, format)| workload(shape, format)), NOTE);
    assert_eq!(found.count(NumericFormat::Fp32), shapes.len(), "{:?}", found.refused);
    for format in [NumericFormat::Fp64, NumericFormat::Fp16, NumericFormat::Bf16] {
        assert!(found.count(format) >= shapes.len() - 1, "{format}: {:?}", found.refused);
    }
    assert_eq!(found.count(NumericFormat::Int8), 4, "{:?}", found.refused);
}

#[test]
fn narrow_formats_are_really_computed_in() {
    let Some(evaluator) = evaluator() else { return };
    for (format, least) in [(NumericFormat::Int8, 1e-3), (NumericFormat::Bf16, 5e-4), (NumericFormat::Fp16, 5e-5)] {
        let job = Job::new(&workload(Shape::Gemm { m: 33, n: 17, k: 65 }, format), 11);
        let error = error_norm(evaluator, &cpu(), &job, NOTE).unwrap();
        assert!(error > least, "{format} is suspiciously exact: {error}");
    }
}

#[test]
fn a_causal_mask_ends_at_the_last_key() {
    let Some(evaluator) = evaluator() else { return };
    let error = error_norm(evaluator, &cpu(), &causal_mask(), NOTE).unwrap();
    assert!(error < 1e-5, "{error}");
}

#[test]
fn what_cannot_be_computed_has_a_reason() {
    let gemm = Shape::Gemm { m: 8, n: 8, k: 8 };
    let cases = [
        (gemm.clone(), NumericFormat::Fp8, "not in fp8"),
        (gemm.clone(), NumericFormat::Tf32, "no tf32"),
        (Shape::Softmax { rows: 2, columns: 2 }, NumericFormat::Int8, "no matrix product"),
        (Shape::Resnet50 { batch: 1, size: 64 }, NumericFormat::Int8, "convolutions"),
        (Shape::Launch { count: 1 }, NumericFormat::Fp32, "computes nothing"),
    ];
    // Neither needs a plugin.
    let evaluator = XlaEvaluator::new(&[cpu()], &Places::Folders(Vec::new()));
    for (shape, format, expected) in cases {
        let Support::Unsupported { reason } = evaluator.support(&cpu(), &workload(shape, format)) else {
            panic!("{format} is claimed to be supported with {expected}");
        };
        assert!(reason.contains(expected), "{reason}");
    }
    let gpu = Device::new("cuda:0", DeviceKind::Gpu, "a GPU");
    let support = evaluator.support(&gpu, &workload(gemm, NumericFormat::Fp32));
    assert!(matches!(support, Support::Unsupported { reason } if reason.contains("cuda:0")));
}
