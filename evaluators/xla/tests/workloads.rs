//! Every kind of workload, small, on the CPU plugin against the fp64 reference.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::{Evaluator, Job, Support};
use assay_core::graph::{Graph, Node, Op, Source, TensorId, TensorSpec};
use assay_core::reference::Reference;
use assay_core::{NumericFormat, Shape, Workload};
use assay_xla::{Places, XlaEvaluator};

fn cpu() -> Device {
    Device {
        id: "cpu".to_owned(),
        kind: DeviceKind::Cpu,
        name: "the processor".to_owned(),
        memory_bytes: None,
        properties: BTreeMap::new(),
    }
}

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

/// Sizes are odd where they may be, so that a mistaken axis shows.
fn shapes() -> Vec<Shape> {
    vec![
        Shape::Gemm { m: 33, n: 17, k: 65 },
        Shape::Triad { elements: 1001 },
        Shape::Softmax { rows: 7, columns: 129 },
        Shape::RmsNorm { rows: 7, columns: 129 },
        Shape::BiasGelu { rows: 7, columns: 129 },
        Shape::BiasGeluResidual { rows: 7, columns: 129 },
        Shape::RmsNormResidual { rows: 7, columns: 129 },
        Shape::Quantise { rows: 7, columns: 129 },
        Shape::Dequantise { rows: 7, columns: 129 },
        Shape::LinearGelu { m: 9, n: 17, k: 33 },
        Shape::AttentionPrefill { batch: 2, heads: 3, sequence: 19, head_dim: 8 },
        Shape::AttentionDecode { batch: 2, heads: 6, kv_heads: 2, context: 21, head_dim: 8 },
        Shape::AttentionDecode { batch: 1, heads: 4, kv_heads: 1, context: 5, head_dim: 16 },
        Shape::EncoderBlock { batch: 2, sequence: 11, hidden: 24, heads: 3, feed_forward: 40 },
        Shape::ConvBlock { batch: 2, channels: 5, size: 9 },
        Shape::Resnet50 { batch: 1, size: 64 },
        Shape::EmbeddingMlp { batch: 5, tables: 3, rows: 50, dim: 12, bag: 4, hidden: 20 },
    ]
}

fn workload(shape: Shape, format: NumericFormat) -> Workload {
    Workload { id: format!("{}-{format}", shape.kind()), format, shape }
}

/// Runs a job twice and answers with the relative error of the second output.
fn error_norm(evaluator: &XlaEvaluator, job: &Job) -> f64 {
    let mut prepared = evaluator.prepare(&cpu(), job).unwrap();
    prepared.execute().unwrap();
    let sample = prepared.execute().unwrap();
    assert!(sample.latency_secs > 0.0);
    assert!(prepared.notes().iter().any(|(name, value)| name == "compile time, cold" && !value.is_empty()));
    let output = prepared.output().unwrap();
    Reference::compute(job).error_norm(&output).unwrap()
}

#[test]
fn outputs_agree_with_the_reference() {
    let Some(evaluator) = evaluator() else { return };
    let mut computed = Vec::new();
    let mut wrong = Vec::new();
    for format in NumericFormat::ALL {
        for shape in shapes() {
            // Compiling it takes seconds; its operations are the other shapes' but for pooling.
            if matches!(shape, Shape::Resnet50 { .. }) && !matches!(format, NumericFormat::Fp32 | NumericFormat::Bf16) {
                continue;
            }
            let workload = workload(shape, format);
            if let Support::Unsupported { reason } = evaluator.support(&cpu(), &workload) {
                assert_ne!(format, NumericFormat::Fp32, "{reason}");
                continue;
            }
            let (error, tolerance) = (error_norm(evaluator, &Job::new(&workload, 11)), workload.tolerance());
            if error > tolerance {
                wrong.push(format!("{}: {error} > {tolerance}", workload.id));
            }
            computed.push(format);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let count = |format| computed.iter().filter(|computed| **computed == format).count();
    for format in [NumericFormat::Fp64, NumericFormat::Fp32, NumericFormat::Fp16, NumericFormat::Bf16] {
        assert!(count(format) >= shapes().len() - 1, "{format}");
    }
    assert_eq!(count(NumericFormat::Int8), 4);
}

#[test]
fn narrow_formats_are_really_computed_in() {
    let Some(evaluator) = evaluator() else { return };
    for (format, least) in [(NumericFormat::Int8, 1e-3), (NumericFormat::Bf16, 5e-4), (NumericFormat::Fp16, 5e-5)] {
        let job = Job::new(&workload(Shape::Gemm { m: 33, n: 17, k: 65 }, format), 11);
        let error = error_norm(evaluator, &job);
        assert!(error > least, "{format} is suspiciously exact: {error}");
    }
}

#[test]
fn a_causal_mask_ends_at_the_last_key() {
    let Some(evaluator) = evaluator() else { return };
    let tensor =
        |name: &str, tokens: usize, source| TensorSpec { name: name.to_owned(), shape: vec![2, tokens, 12], source };
    let graph = Graph {
        format: NumericFormat::Fp32,
        tensors: vec![
            tensor("q", 3, Source::Input),
            tensor("k", 7, Source::Input),
            tensor("v", 7, Source::Input),
            tensor("y", 3, Source::Node),
        ],
        nodes: vec![Node {
            op: Op::Attention { heads: 3, kv_heads: 3, causal: true },
            inputs: vec![TensorId(0), TensorId(1), TensorId(2)],
            output: TensorId(3),
        }],
        output: TensorId(3),
    };
    let tensors = graph.materialize(3);
    // The workload only names the job here.
    let workload = workload(Shape::Triad { elements: 1 }, NumericFormat::Fp32);
    let error = error_norm(evaluator, &Job { workload, graph, tensors });
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
    let gpu = Device { id: "cuda:0".to_owned(), kind: DeviceKind::Gpu, ..cpu() };
    let support = evaluator.support(&gpu, &workload(gemm, NumericFormat::Fp32));
    assert!(matches!(support, Support::Unsupported { reason } if reason.contains("cuda:0")));
}
