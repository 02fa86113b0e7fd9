//! Every framework that an interpreter here has, on small workloads against the fp64 reference. Name an interpreter in
//! `ASSAY_PYTHON`; without any framework the tests say so and pass.

use assay_core::estimate::{CompilerTarget, VendorCompiler as _, Verdict};
use assay_core::evaluator::{Evaluator as _, Job, Support};
use assay_core::model::{ModelChoice, ModelOptions, ModelReader as _, ModelReference};
use assay_core::{NumericFormat, Shape, Workload};
use assay_onnx::{OnnxReader, RtenEvaluator, onnx_model};
use assay_python::{PythonEvaluator, TritonCompiler, evaluators};
use conformance::{conformance, cpu, shapes, workload};

#[path = "../../core/tests/conformance/mod.rs"]
mod conformance;

fn found() -> Vec<PythonEvaluator> {
    let found = evaluators(&[cpu()]);
    if found.is_empty() {
        eprintln!(
            "skipped: no Python here has torch, jax, tensorflow, openvino, onnxruntime, iree or tvm; name one in ASSAY_PYTHON"
        );
    }
    found
}

#[test]
fn outputs_agree_with_the_reference() {
    for evaluator in found() {
        // What runs elsewhere only.
        if !evaluator.probe().iter().any(|(_, status)| status.available) {
            continue;
        }
        // Compiling each takes seconds to minutes; the slow ones get fewer.
        let slow = ["inductor", "tvm-untuned", "iree"].contains(&evaluator.stack().as_str());
        let is_asked = |shape: &Shape| match shape {
            Shape::Resnet50 { .. } => false,
            shape => !slow || matches!(shape, Shape::Gemm { .. } | Shape::EncoderBlock { .. }),
        };
        let formats = [NumericFormat::Fp32, NumericFormat::Bf16];
        let shapes = shapes().into_iter().filter(is_asked);
        let all = shapes.flat_map(|shape| formats.map(|format| workload(shape.clone(), format)));
        let found = conformance(&evaluator, all, "import time");
        assert!(!found.computed.is_empty(), "{} computed nothing: {:?}", evaluator.stack(), found.refused);
        eprintln!("{}", found.refused.join("; "));
    }
}

/// One interpreter serves the workloads of a run, and yet the peak of the memory is each one's own.
#[cfg(target_os = "linux")]
#[test]
fn what_a_workload_took_is_not_in_the_peak_of_the_next() {
    for evaluator in found() {
        if !["torch-eager", "jax", "onnxruntime-python"].contains(&evaluator.stack().as_str()) {
            continue;
        }
        let peak_mib = |elements| {
            let job = Job::new(&workload(Shape::Triad { elements }, NumericFormat::Fp32), 3);
            let mut prepared = evaluator.prepare(&cpu(), &job).unwrap();
            prepared.execute().unwrap();
            prepared.output().unwrap();
            let notes = prepared.notes();
            let (_, told) = notes.iter().find(|(name, _)| name == "peak memory of the process").unwrap();
            let (number, unit) = told.split_once(char::is_whitespace).unwrap();
            number.parse::<f64>().unwrap() * if unit == "GiB" { 1024.0 } else { 1.0 }
        };
        let (small, large, again) = (peak_mib(1 << 10), peak_mib(1 << 24), peak_mib(1 << 10));
        eprintln!("{}: {small}, {large}, {again} MiB", evaluator.stack());
        assert!(large > small + 128.0 && (again / small - 1.0).abs() < 0.05, "{small}, {large}, {again} MiB");
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
            Support::Unsupported { reason } => {
                assert!(reason.contains("reads no ONNX files") || reason.contains(" only"), "{reason}");
            }
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

#[test]
fn kernels_compile_for_devices_that_are_not_here() {
    let compiler = TritonCompiler::of(&evaluators(&[cpu()]));
    let report = compiler.report();
    if let Some(reason) = report.reason {
        assert!(reason.contains("pip install triton torch"), "{reason}");
        eprintln!("skipped: {reason}");
        return;
    }
    let estimate = |shape: Shape, format| {
        let of = |target: &CompilerTarget| {
            (target.topology.clone(), compiler.estimate(&workload(shape.clone(), format), &target.id))
        };
        report.targets.iter().map(of).collect::<Vec<_>>()
    };
    let gemm = Shape::Gemm { m: 512, n: 256, k: 128 };
    for (topology, found) in estimate(gemm.clone(), NumericFormat::Bf16) {
        assert_eq!(found.verdict, Verdict::Compiles, "{topology}");
        assert_eq!((found.execution_secs, found.flops, found.memory), (None, None, None), "kernels tell no time");
        let [kernel] = found.kernels.as_deref().unwrap() else { panic!("{topology}: {found:?}") };
        let plausible = kernel.name == "product" && (16..=512).contains(&kernel.registers) && kernel.shared_bytes > 0;
        assert!(plausible, "{topology}: {kernel:?}");
    }
    // Keys and values of 512 elements in fp32 are more than a small device's block has room for.
    let wide = Shape::AttentionPrefill { batch: 1, heads: 1, sequence: 512, head_dim: 512 };
    let small = report.targets.iter().find(|target| target.topology == "gfx942").unwrap();
    let found = compiler.estimate(&workload(wide, NumericFormat::Fp32), &small.id);
    assert!(matches!(&found.verdict, Verdict::DoesNotFit(reason) if reason.contains("shared memory")), "{found:?}");
    for (shape, format) in
        [(gemm, NumericFormat::Fp8), (Shape::ConvBlock { batch: 1, channels: 8, size: 8 }, NumericFormat::Fp32)]
    {
        assert!(estimate(shape, format).iter().all(|(_, found)| matches!(found.verdict, Verdict::Unsupported(_))));
    }
    let launch = estimate(Shape::Launch { count: 1 }, NumericFormat::Fp32);
    assert!(launch.iter().all(|(_, found)| matches!(found.verdict, Verdict::Unsupported(_))), "{launch:?}");
}

/// The latencies that `worker.py` tells against the framework's own timing of the same prepared workload, in one process
/// and in turns (see `own_timing.py`). On a quiet machine:
/// `ASSAY_PYTHON=.. cargo test -p assay-python --release --test frameworks -- --ignored own_timing --nocapture`
#[test]
#[ignore = "needs frameworks and an idle machine"]
fn agrees_with_the_frameworks_own_timing() {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string();
    let shape = Shape::EncoderBlock { batch: 1, sequence: 128, hidden: 768, heads: 12, feed_forward: 3072 };
    let job = Job::new(&workload(shape, NumericFormat::Fp32), 3);
    let mut far = Vec::new();
    for evaluator in found() {
        let stack = evaluator.stack();
        if stack.as_str() == "tvm-untuned" || evaluator.support(&cpu(), &job.workload) != Support::Supported {
            continue;
        }
        let folder = assay_python::job_folder(&job, &stack).unwrap();
        let output = std::process::Command::new(evaluator.interpreter())
            .args(["-s", "tests/own_timing.py"])
            .arg(folder.manifest())
            .args([stack.as_str(), &threads, "11"])
            .env("OMP_NUM_THREADS", &threads)
            .env("MKL_NUM_THREADS", &threads)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        let Ok(told) = serde_json::from_str::<serde_json::Value>(last) else {
            panic!("{stack}: {}", String::from_utf8_lossy(&output.stderr))
        };
        let figure = |name: &str| told[name].as_f64().unwrap();
        let ratio = figure("ratio");
        eprintln!(
            "{stack}: ours {:.3} ms, its own {:.3} ms, ratio {ratio:.3}, of single rounds {}",
            figure("ours_secs") * 1e3,
            figure("own_secs") * 1e3,
            told["ratios"]
        );
        if (ratio - 1.0).abs() > 0.05 {
            far.push(format!("{stack} {ratio:.3}"));
        }
    }
    assert!(far.is_empty(), "further than 5 % from the framework's own timing: {far:?}");
}
