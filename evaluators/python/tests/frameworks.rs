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
    let few = ["inductor", "tvm-untuned", "iree"];
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

/// The runner's median against the framework's own timing of the same job, each three times in turn; the best of each is
/// compared, since everything else that runs on the machine only adds. Slow, and of no use on a busy machine:
/// `ASSAY_PYTHON=.. cargo test -p assay-python --release -- --ignored own_timing --nocapture`
#[test]
#[ignore = "needs frameworks and an idle machine"]
fn agrees_with_the_frameworks_own_timing() {
    let python = std::env::var("ASSAY_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let python = if std::path::Path::new(&python).is_dir() { format!("{python}/bin/python") } else { python };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string();
    let script = "tests/own_timing.py";
    let shape = Shape::EncoderBlock { batch: 1, sequence: 128, hidden: 768, heads: 12, feed_forward: 3072 };
    let workload = Workload { id: "encoder".to_owned(), format: NumericFormat::Fp32, shape };
    let job = Job::new(&workload, 3);
    let mut far = Vec::new();
    for evaluator in found() {
        let stack = evaluator.stack();
        if stack.as_str() == "tvm-untuned" {
            continue;
        }
        let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..3 {
            let mut prepared = evaluator.prepare(&cpu(), &job).unwrap();
            let started = std::time::Instant::now();
            let mut samples = Vec::new();
            while started.elapsed().as_secs_f64() < 3.0 {
                samples.push(prepared.execute().unwrap().latency_secs);
            }
            ours = ours.min(assay_core::statistics::Statistics::of(&samples).unwrap().median_secs);
            drop(prepared);
            let folder = assay_python::job_folder(&job, &stack).unwrap();
            let output = std::process::Command::new(&python)
                .args(["-s", script])
                .arg(folder.manifest())
                .args([stack.as_str(), &threads, "3"])
                .env("OMP_NUM_THREADS", &threads)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            let told = text.lines().last().and_then(|line| line.parse::<f64>().ok());
            theirs = theirs.min(told.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr))));
        }
        let ratio = ours / theirs;
        eprintln!("{stack}: ours {:.3} ms, its own {:.3} ms, ratio {ratio:.3}", ours * 1e3, theirs * 1e3);
        if (ratio - 1.0).abs() > 0.05 {
            far.push(format!("{stack} {ratio:.3}"));
        }
    }
    assert!(far.is_empty(), "further than 5 % from the framework's own timing: {far:?}");
}
