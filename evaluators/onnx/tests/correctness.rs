//! Every kind of workload, small, on both engines against the fp64 reference.
#![expect(clippy::unwrap_used, reason = "tests")]

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::{Evaluator, Job, Support};
use assay_core::graph::{Graph, Node, Op, Source, TensorId, TensorSpec};
use assay_core::reference::Reference;
use assay_core::{NumericFormat, Shape, Workload};
use assay_onnx::{OrtEvaluator, RtenEvaluator};

fn cpu() -> Device {
    Device {
        id: "cpu".to_owned(),
        kind: DeviceKind::Cpu,
        name: "the processor".to_owned(),
        memory_bytes: None,
        properties: std::collections::BTreeMap::new(),
    }
}

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

/// Sizes are odd where they may be, so that a mistaken axis shows.
fn shapes() -> Vec<Shape> {
    vec![
        Shape::Gemm { m: 33, n: 17, k: 65 },
        Shape::Triad { elements: 1001 },
        Shape::Softmax { rows: 7, columns: 129 },
        Shape::RmsNorm { rows: 7, columns: 129 },
        Shape::BiasGelu { rows: 7, columns: 129 },
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
fn error_norm(evaluator: &dyn Evaluator, job: &Job) -> f64 {
    let mut prepared = evaluator.prepare(&cpu(), job).unwrap();
    prepared.execute().unwrap();
    let sample = prepared.execute().unwrap();
    assert!(sample.latency_secs > 0.0);
    assert!(prepared.notes().iter().any(|(name, value)| name == "threads" && !value.is_empty()));
    let output = prepared.output().unwrap();
    Reference::compute(job).error_norm(&output).unwrap()
}

#[test]
fn outputs_agree_with_the_reference() {
    for evaluator in evaluators() {
        let mut computed = 0;
        for format in NumericFormat::ALL {
            for shape in shapes() {
                let workload = workload(shape, format);
                if let Support::Unsupported { reason } = evaluator.support(&cpu(), &workload) {
                    assert_ne!(format, NumericFormat::Fp32, "{reason}");
                    continue;
                }
                let error = error_norm(evaluator.as_ref(), &Job::new(&workload, 11));
                let tolerance = format.tolerance();
                assert!(error <= tolerance, "{} on {}: {error} > {tolerance}", workload.id, evaluator.stack());
                computed += 1;
            }
        }
        assert!(computed >= 15, "{} computed only {computed} workloads", evaluator.stack());
    }
}

#[test]
fn int8_is_quantised_and_half_is_rounded() {
    for evaluator in evaluators() {
        for (format, least) in [(NumericFormat::Int8, 1e-3), (NumericFormat::Fp16, 5e-5)] {
            let workload = workload(Shape::Gemm { m: 33, n: 17, k: 65 }, format);
            if evaluator.support(&cpu(), &workload) == Support::Supported {
                let error = error_norm(evaluator.as_ref(), &Job::new(&workload, 11));
                assert!(error > least, "{format} on {} is suspiciously exact: {error}", evaluator.stack());
            }
        }
    }
}

#[test]
fn a_causal_mask_ends_at_the_last_key() {
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
    let job = Job { workload, graph, tensors };
    for evaluator in evaluators() {
        let error = error_norm(evaluator.as_ref(), &job);
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
        let gpu = Device { id: "cuda:0".to_owned(), kind: DeviceKind::Gpu, ..cpu() };
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
