//! Every framework that an interpreter here has, on small workloads against the fp64 reference. Name an interpreter in
//! `ASSAY_PYTHON`; without any framework the tests say so and pass.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Support};
use assay_core::model::{ModelChoice, ModelOptions, ModelReader as _, ModelReference};
use assay_core::reference::Reference;
use assay_core::{NumericFormat, Shape, Workload};
use assay_onnx::{OnnxReader, RtenEvaluator, onnx_model};
use assay_python::{PythonEvaluator, evaluators};

fn cpu() -> Device {
    Device {
        id: "cpu".to_owned(),
        kind: DeviceKind::Cpu,
        name: "the processor".to_owned(),
        memory_bytes: None,
        properties: BTreeMap::new(),
    }
}

fn found() -> Vec<PythonEvaluator> {
    let found = evaluators(&[cpu()]);
    if found.is_empty() {
        eprintln!(
            "skipped: no Python here has torch, jax, openvino, onnxruntime, iree or tvm; name one in ASSAY_PYTHON"
        );
    }
    found
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
        Shape::EncoderBlock { batch: 2, sequence: 11, hidden: 24, heads: 3, feed_forward: 40 },
        Shape::ConvBlock { batch: 2, channels: 5, size: 9 },
        Shape::EmbeddingMlp { batch: 5, tables: 3, rows: 50, dim: 12, bag: 4, hidden: 20 },
    ]
}

/// What a framework computes for a workload, as its relative error.
fn error_norm(evaluator: &dyn Evaluator, workload: &Workload) -> Result<f64, EvaluatorError> {
    assert_eq!(evaluator.support(&cpu(), workload), Support::Supported);
    let job = Job::new(workload, 11);
    let mut prepared = evaluator.prepare(&cpu(), &job)?;
    for _ in 0..3 {
        assert!(prepared.execute()?.latency_secs > 0.0);
    }
    assert!(prepared.flush_caches());
    prepared.execute()?;
    let output = prepared.output()?;
    assert!(prepared.notes().iter().any(|(name, _)| name == "import time"));
    Ok(Reference::compute(&job).error_norm(&output).unwrap())
}

#[test]
fn outputs_agree_with_the_reference() {
    // Compiling each takes seconds to minutes; the slow ones get fewer.
    let few = ["inductor", "tvm", "iree"];
    for evaluator in found() {
        let slow = few.contains(&evaluator.stack().as_str());
        let (mut computed, mut refused) = (0, Vec::new());
        for (index, shape) in shapes().into_iter().enumerate() {
            if slow && ![0, 7].contains(&index) {
                continue;
            }
            for format in [NumericFormat::Fp32, NumericFormat::Bf16] {
                let workload = Workload { id: format!("{}-{format}", shape.kind()), format, shape: shape.clone() };
                match error_norm(&evaluator, &workload) {
                    Ok(error) => {
                        let tolerance = format.tolerance();
                        assert!(error <= tolerance, "{} on {}: {error}", workload.id, evaluator.stack());
                        computed += 1;
                    }
                    Err(EvaluatorError::Unsupported(reason)) => refused.push(format!("{}: {reason}", workload.id)),
                    Err(error) => panic!("{} on {}: {error}", workload.id, evaluator.stack()),
                }
            }
        }
        eprintln!("{}: {computed} computed, {} refused: {}", evaluator.stack(), refused.len(), refused.join("; "));
        assert!(computed >= 1, "{} computed nothing: {refused:?}", evaluator.stack());
    }
}

#[test]
fn users_models_run_where_models_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.onnx");
    let shape = Shape::ConvBlock { batch: 1, channels: 4, size: 8 };
    let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
    std::fs::write(&file, onnx_model(&Job::new(&workload, 2)).unwrap().bytes).unwrap();
    let report = OnnxReader.inspect(&ModelChoice { file, ..ModelChoice::default() }).unwrap();
    let job = OnnxReader.load(&report.workload(None).unwrap(), ModelOptions::default(), 5).unwrap();
    let mut rten = RtenEvaluator::new(cpu()).prepare_model(&cpu(), &job).unwrap();
    rten.execute().unwrap();
    let reference = ModelReference { origin: "rten".to_owned(), outputs: rten.outputs().unwrap() };
    for evaluator in found() {
        match evaluator.support_model(&cpu(), &job) {
            Support::Unsupported { reason } => assert!(reason.contains("reads no ONNX files"), "{reason}"),
            Support::Supported => {
                let mut prepared = evaluator.prepare_model(&cpu(), &job).unwrap();
                prepared.execute().unwrap();
                let error = reference.error_norm(&prepared.outputs().unwrap()).unwrap();
                assert!(error < 1e-4, "{}: {error}", evaluator.stack());
            }
        }
    }
}

#[test]
fn a_format_that_nobody_has_is_unsupported() {
    for evaluator in found() {
        let shape = Shape::Gemm { m: 4, n: 4, k: 4 };
        let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp4, shape };
        assert!(matches!(evaluator.support(&cpu(), &workload), Support::Unsupported { .. }));
    }
}
