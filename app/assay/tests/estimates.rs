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

/// An estimate as the study keeps it, of the workload that the sample's demand counts.
fn estimate(accelerator: &str, verdict: Value) -> Value {
    let shape = serde_json::json!({"kind": "encoder-block", "batch": 8, "sequence": 128, "hidden": 768, "heads": 12,
        "feed_forward": 3072});
    let mut record = serde_json::json!({
        "workload": {"id": "encoder-block-fp32", "format": "fp32", "shape": shape}, "workload_hash": "",
        "accelerator": accelerator, "accelerator_name": format!("Google TPU ({accelerator})"), "topology": "2x2",
        "compiler": "libtpu", "compiler_version": "0.0.52", "made_at": "2026-11-20T12:00:00Z", "evidence": "projected",
        "method": "vendor compiler", "compile_secs": 30.0, "flops": 15e9, "bytes": 2e8,
        "memory": {"code_bytes": 1e6, "arguments_bytes": 2e7, "output_bytes": 3e6, "temporary_bytes": 0.0, "peak_bytes": 5e7},
    });
    for (key, value) in verdict.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

#[test]
fn estimates_decide_what_is_feasible_and_can_be_taken_for_the_throughput() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    std::fs::create_dir_all(study.join("estimates")).unwrap();
    let option = |id: &str| {
        format!(
            "  - id: {id}
    name: {id}
    profile: google-tpu-{id}
    price: {{ from: hourly, price_per_unit_hour: 1.2, source: made up for the test }}
    throughput: {{ from: projected, compiler: libtpu }}

"
        )
    };
    let sample = include_str!("../../../assets/studies/sample/study.yaml");
    let options = format!("options:\n{}{}{}", option("v5e"), option("v5p"), option("v6e"));
    // The old hardware is assumed, so that something can be compared without a measurement.
    let measured = "    throughput:\n      from: measured\n      device: cpu\n";
    assert!(sample.contains(measured));
    let text = sample.replacen("options:\n", &options, 1).replacen(
        measured,
        "    throughput: { from: assumed, items_per_sec: 50, source: made up }\n",
        1,
    );
    std::fs::write(study.join("study.yaml"), text).unwrap();
    let lines = [
        estimate("google-tpu-v5e", serde_json::json!({"verdict": "does-not-fit", "reason": "20 G of 16 G"})),
        estimate("google-tpu-v5p", serde_json::json!({"verdict": "compiles", "execution_secs": -2.0})),
        estimate("google-tpu-v6e", serde_json::json!({"verdict": "compiles", "execution_secs": 5e-4})),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(study.join("estimates/libtpu.jsonl"), lines).unwrap();

    let output = assay(&study, &["cost", "--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", words(&output));
    let cost: Value = serde_json::from_slice(&output.stdout).unwrap();
    let option = |id: &str| cost["options"].as_array().unwrap().iter().find(|option| option["id"] == id).unwrap();
    let (refused, without_time, taken) = (option("v5e"), option("v5p"), option("v6e"));
    assert_eq!((&refused["feasibility"]["runs"], &refused["rank"]), (&Value::Bool(false), &Value::Null));
    assert!(refused["not_ranked"].as_str().unwrap().contains("20 G of 16 G"), "{refused}");
    assert!(cost["answer"]["infeasible"][0].as_str().unwrap().starts_with("v5e: infeasible"), "{}", cost["answer"]);
    assert!(cost["answer"]["sentence"].as_str().unwrap().contains("Infeasible by the vendor's compiler: v5e."));
    assert_eq!((&without_time["feasibility"]["runs"], &without_time["throughput"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(without_time["feasibility"]["execution_secs"], Value::Null);
    assert!(without_time["not_ranked"].as_str().unwrap().contains("no valid time"), "{without_time}");
    assert_eq!(taken["throughput_evidence"], "projected");
    let throughput = taken["throughput"].as_f64().unwrap();
    assert!((throughput / (8.0 / 505e-6) - 1.0).abs() < 1e-6 && taken["rank"].is_u64(), "{taken}");
    assert_eq!(taken["feasibility"]["method"], "vendor compiler");
    let cards = cost["model_cards"].to_string();
    assert!(cards.contains("vendor compiler: libtpu") && cards.contains("nothing was executed"), "{cards}");

    let output = assay(&study, &["cost"]).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "v5e is not ranked: infeasible: `encoder-block-fp32` does not fit",
        "v6e: compiles and fits by libtpu 0.0.52, with",
        "Tested on nothing",
    ] {
        assert!(table.contains(said), "{said}: {table}");
    }
    // The same choice by a flag: a guess in the place of an estimate does not make it feasible.
    let guess = r#"options.v5e.throughput={"from":"assumed","items_per_sec":9000,"source":"a guess"}"#;
    let output = assay(&study, &["cost", "--format", "json", "--set", guess]).output().unwrap();
    assert!(words(&output).is_empty() || output.status.success(), "{}", words(&output));
    let cost: Value = serde_json::from_slice(&output.stdout).unwrap();
    let refused = cost["options"].as_array().unwrap().iter().find(|option| option["id"] == "v5e").unwrap();
    assert!(refused["tco"].is_number() && refused["rank"].is_null(), "{refused}");
}
