//! `assay run --model` from the command line: a sound model, and files that are none.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output};

use assay_core::evaluator::Job;
use assay_core::{NumericFormat, Shape, Workload};
use serde_json::Value;

fn assay(study: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(arguments)
        .args(["--study", study.to_str().unwrap()])
        // Frameworks of a Python would take minutes.
        .env("ASSAY_PYTHON", "/nowhere/python3")
        .output()
        .unwrap()
}

fn model(folder: &Path) -> String {
    let shape = Shape::EncoderBlock { batch: 1, sequence: 8, hidden: 16, heads: 2, feed_forward: 32 };
    let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
    let file = folder.join("encoder.onnx");
    std::fs::write(&file, assay_onnx::onnx_model(&Job::new(&workload, 2)).unwrap().bytes).unwrap();
    file.display().to_string()
}

#[test]
fn a_model_is_described_run_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let file = model(folder.path());

    let output = assay(&study, &["run", "--model", &file, "--describe", "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["opsets"]["ai.onnx"], 23);
    assert!(report["flops"].as_f64().unwrap() > 1e4 && report["parameters"].as_u64().unwrap() > 1000);
    assert!(!study.exists(), "looking at a model makes no study");

    let arguments = ["run", "--model", &file, "--stack", "rten", "--threads", "1", "--format", "json"];
    let output = assay(&study, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let row = &rows[0];
    assert_eq!((row["workload"].as_str(), row["status"].as_str()), (Some("encoder"), Some("passed")));
    assert!(row["error_norm"].as_f64().unwrap() < 1e-4);
    assert_eq!(row["throughput"]["unit"], "inferences/s");
    // It is where all results are.
    let output = assay(&study, &["results", "list", "--format", "json"]);
    let kept: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(kept.as_array().unwrap().len(), 1);
    let id = kept[0]["id"].as_str().unwrap().to_owned();
    let output = assay(&study, &["results", "show", &id]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("graph optimiser off") && text.contains("threads: 1"), "{text}");
}

#[test]
fn an_operator_that_nobody_knows_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = model(folder.path());
    let bytes = std::fs::read(&file).unwrap();
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let bytes: Vec<u8> = text.replace("LayerNormalization", "LayerNormalizatioX").chars().map(|c| c as u8).collect();
    std::fs::write(&file, bytes).unwrap();
    let output = assay(&folder.path().join("study"), &["run", "--model", &file, "--stack", "rten", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["status"], "failed");
    assert!(rows[0]["reason"].as_str().unwrap().contains("has no operator `LayerNormalizatioX`"), "{rows}");
}

#[test]
fn without_the_tools_a_narrower_form_is_refused_with_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let file = model(folder.path());
    let output = assay(&folder.path().join("study"), &["run", "--model", &file, "--variant", "int8-dynamic"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("int8-dynamic") && error.contains("pip install onnxruntime onnx"), "{error}");
}

#[test]
fn what_is_no_model_gives_one_line_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let good = std::fs::read(model(folder.path())).unwrap();
    let nested = (0..200).fold(vec![0x08, 1], |inner: Vec<u8>, _| {
        // A graph in an attribute in a node in a graph: fields 6, 5, 1.
        [0x32_u8, 0x2a, 0x0a].iter().fold(inner, |inner, tag| {
            let mut outer = vec![*tag];
            let mut length = inner.len();
            while length > 0x7f {
                outer.push(length as u8 | 0x80);
                length >>= 7;
            }
            outer.push(length as u8);
            outer.extend(inner);
            outer
        })
    });
    let deep = [vec![0x3a, 0xff, 0xff, 0x7f], nested].concat();
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("text", b"not a model".to_vec()),
        ("cut", good[..good.len() / 3].to_vec()),
        ("claim", vec![0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0a]),
        ("deep", deep),
    ] {
        let file = folder.path().join(format!("{name}.onnx"));
        std::fs::write(&file, bytes).unwrap();
        let output = assay(&study, &["run", "--model", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.trim().lines().count(), 1, "{name}: {error}");
        assert!(error.contains(&format!("{name}.onnx")), "{name}: {error}");
        assert!(!study.exists(), "{name}: a study was made for nothing");
    }
    let output = assay(&study, &["run", "--model", "/nowhere/m.onnx"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("No such file"));
    let file = model(folder.path());
    let output = assay(&study, &["run", "--model", &file, "--axis", "batch=8"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("no dynamic axis `batch`"));
}
