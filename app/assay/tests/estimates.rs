//! `assay estimate` from the command line, with the vendor's compiler and without.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const SUITE: &str = "schema: assay/suite/1
id: small
name: Small
description: A product that fits and arrays that do not.
workloads:
  - {id: product, format: bf16, shape: {kind: gemm, m: 256, n: 256, k: 256}}
  - {id: arrays, format: fp32, shape: {kind: softmax, rows: 1048576, columns: 16384}}
  - {id: link, format: fp32, shape: {kind: launch, count: 1}}
";

fn assay(study: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).args(["--study", study.to_str().unwrap()]);
    // Frameworks of a Python are not asked.
    command.env("ASSAY_PYTHON", "/nowhere/python3");
    command
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn without_the_compiler_it_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let output = assay(&study, &["estimate", "--suite", "quick"])
        .env("PJRT_NAMES_AND_LIBRARY_PATHS", "tpu:/nowhere/libtpu.so")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output).contains("/nowhere/libtpu.so"), "{}", words(&output));
    assert!(!study.join("estimates").exists());
    let output = assay(&study, &["estimate", "--kept", "--format", "json"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), Value::Array(Vec::new()));
}

#[test]
fn a_library_that_is_no_compiler_is_a_failed_estimate_and_not_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let (study, suite) = (folder.path().join("study"), folder.path().join("small.yaml"));
    std::fs::write(&suite, SUITE).unwrap();
    let library = folder.path().join("libtpu.so");
    std::fs::write(&library, "not a library").unwrap();
    let output = assay(&study, &["estimate", "--suite", suite.to_str().unwrap(), "--accelerator", "v5e"])
        .args(["--format", "json"])
        .env("PJRT_NAMES_AND_LIBRARY_PATHS", format!("tpu:{}", library.display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["verdict"], "failed");
    assert!(rows[0]["reason"].as_str().unwrap().contains("does not load"), "{rows}");
    assert_eq!(rows[2]["verdict"], "unsupported");
}

#[test]
fn what_compiles_and_what_does_not_fit_is_told_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (study, suite) = (folder.path().join("study"), folder.path().join("small.yaml"));
    std::fs::write(&suite, SUITE).unwrap();
    let ask = ["estimate", "--suite", suite.to_str().unwrap(), "--accelerator", "v6e", "--format", "json"];
    let output = assay(&study, &ask).output().unwrap();
    if words(&output).contains("pip install libtpu") {
        eprintln!("skipped: {}", words(&output));
        return;
    }
    assert_eq!(output.status.code(), Some(1), "something does not fit: {}", words(&output));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdicts: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["compiles", "does-not-fit", "unsupported"]);
    for row in rows.as_array().unwrap() {
        assert_eq!((row["evidence"].as_str(), row["method"].as_str()), (Some("projected"), Some("vendor compiler")));
    }
    assert!(rows[0]["flops"].as_f64().unwrap() >= 2.0 * 256.0_f64.powi(3));
    assert!(rows[0]["memory"]["peak_bytes"].as_f64().unwrap() > 3.0 * 2.0 * 256.0 * 256.0);
    assert!(rows[1]["reason"].as_str().unwrap().contains("HBM"), "{rows}");
    // Kept, and not compiled again.
    let kept = std::fs::read_to_string(study.join("estimates/libtpu.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 3);
    let again = assay(&study, &ask).output().unwrap();
    assert!(words(&again).contains("3 kept from before"), "{}", words(&again));
    assert_eq!(again.stdout, output.stdout);
    // No estimate is a measurement.
    let output = assay(&study, &["results", "list", "--evidence", "measured", "--format", "json"]).output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), Value::Array(Vec::new()));
}
