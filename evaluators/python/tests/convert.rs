//! Narrower forms of models: made by the tools of a Python that has them (named in `ASSAY_PYTHON`), run by ONNX Runtime or
//! the embedded engine, and held against the model itself.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job};
use assay_core::model::{ModelChoice, ModelJob, ModelOptions, ModelReader as _, ModelReference, tolerance};
use assay_core::variant::{Variant, VariantReport, VariantRequest};
use assay_core::{NumericFormat, Shape, Workload};
use assay_onnx::{OrtEvaluator, RtenEvaluator, onnx_model};
use assay_python::Models;

/// Says in a child process that it is to convert.
const CHILD: &str = "ASSAY_CONVERT_TEST_CHILD";

fn cpu() -> Device {
    Device::new("cpu", DeviceKind::Cpu, "the processor")
}

fn model(folder: &Path, shape: Shape) -> PathBuf {
    let file = folder.join("model.onnx");
    let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
    std::fs::write(&file, onnx_model(&Job::new(&workload, 2)).unwrap().bytes).unwrap();
    file
}

fn convert(file: &Path, variant: Variant, calibration: Vec<PathBuf>) -> Result<VariantReport, String> {
    let model = ModelChoice { file: file.to_owned(), ..ModelChoice::default() };
    let made = file.with_file_name(format!("{}.onnx", variant.label()));
    Models.convert(&VariantRequest { model, variant, calibration, seed: 7, file: made })
}

fn outputs(evaluator: &dyn Evaluator, job: &ModelJob) -> Result<ModelReference, EvaluatorError> {
    let mut prepared = evaluator.prepare_model(&cpu(), job)?;
    prepared.execute()?;
    Ok(ModelReference { origin: String::new(), outputs: prepared.outputs()? })
}

fn load(file: &str) -> ModelJob {
    let choice = ModelChoice { file: file.into(), ..ModelChoice::default() };
    let workload = Models.inspect(&choice).unwrap().workload(None).unwrap();
    Models.load(&workload, ModelOptions::default(), 5).unwrap()
}

#[test]
fn narrower_forms_say_nearly_the_same() {
    let shapes = [
        Shape::EncoderBlock { batch: 1, sequence: 16, hidden: 64, heads: 4, feed_forward: 128 },
        Shape::ConvBlock { batch: 1, channels: 8, size: 16 },
    ];
    for shape in shapes {
        let folder = tempfile::tempdir().unwrap();
        let file = model(folder.path(), shape);
        let whole = load(file.to_str().unwrap());
        let rten = RtenEvaluator::new(cpu());
        let reference = outputs(&rten, &whole).unwrap();
        for variant in Variant::ALL {
            let made = match convert(&file, variant, Vec::new()) {
                Ok(made) => made,
                Err(reason) if reason.contains("no Python here has the tools") => {
                    eprintln!("skipped: {reason}");
                    return;
                }
                Err(reason) => panic!("{}: {reason}", variant.label()),
            };
            assert!(made.origin.made_with.contains("onnxruntime ") && made.origin.made_with.contains("onnx "));
            assert_eq!(made.origin.sha256, whole.report.sha256);
            assert_eq!(made.report.inputs[0].element, "float32", "inputs stay as they are");
            assert_eq!(made.origin.made_with.contains("not data of the user's"), variant == Variant::Int8Static);
            let narrow = load(&made.report.file);
            assert_eq!(narrow.inputs, whole.inputs, "the same data");
            let told = match outputs(&OrtEvaluator::new(cpu()), &narrow) {
                Ok(told) => told,
                // The processor's provider has no bf16 products; without a library nothing runs here.
                Err(error) => {
                    eprintln!("{}: {error}", variant.label());
                    continue;
                }
            };
            let error = reference.error_norm(&told.outputs).unwrap();
            eprintln!("{}: error {error:.1e}, {} to {} bytes", variant.label(), whole.bytes.len(), narrow.bytes.len());
            assert!(error > 0.0 && error < tolerance(narrow.workload.format), "{}: {error}", variant.label());
            assert!(narrow.bytes.len() < whole.bytes.len() + 40_000);
        }
    }
}

/// Not a test of its own: interpreters are named in the environment.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_some() {
        let folder = tempfile::tempdir().unwrap();
        let file = model(folder.path(), Shape::ConvBlock { batch: 1, channels: 2, size: 4 });
        println!("told: {:?}", convert(&file, Variant::Fp16, Vec::new()).map(|made| made.origin));
        println!("calibration: {:?}", convert(&file, Variant::Int8Static, vec!["/nowhere/c.npz".into()]).map(|_| ()));
    }
}

#[cfg(unix)]
#[test]
fn what_is_missing_or_breaks_is_told_in_one_sentence() {
    use std::os::unix::fs::PermissionsExt as _;
    for (script, expected) in [
        (r#"echo '{"absent":"onnx"}'"#, "pip install onnxruntime onnx"),
        (r#"echo '{"failed":"ValueError: no such node"}'"#, "fp16 cannot be made: ValueError"),
        (
            "echo undefined symbol >&2; kill -9 $$",
            "signal: 9 (SIGKILL)) without an answer; it last said: undefined symbol",
        ),
        ("echo '{\"tools\":{\"onnx\":\"1\"}}'", "No such file"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("python3");
        std::fs::write(&python, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, "1")
            .env("ASSAY_PYTHON", &python)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(expected), "{expected}: {text}");
        assert!(text.contains("/nowhere/c.npz"), "{text}");
    }
}
