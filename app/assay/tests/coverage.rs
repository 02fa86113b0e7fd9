//! `assay results coverage` from the command line: a model against accelerators, and its effort in a study.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use assay_core::evaluator::Job;
use assay_core::{NumericFormat, Shape, Workload};

mod support;
use support::{arg, failure, json, small_study, stdout};

fn model(folder: &Path) -> PathBuf {
    let shape = Shape::ConvBlock { batch: 1, channels: 4, size: 8 };
    let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
    let file = folder.join("model.onnx");
    std::fs::write(&file, assay_onnx::onnx_model(&Job::new(&workload, 2)).unwrap().bytes).unwrap();
    file
}

#[test]
fn a_model_is_held_against_the_tables_of_each_stack() {
    let folder = tempfile::tempdir().unwrap();
    let file = model(folder.path());
    let found = json(&[
        "results",
        "coverage",
        arg(&file),
        "--for",
        "nvidia-h100-sxm",
        "amd-mi300x",
        "groq-lpu",
        "--format",
        "json",
    ]);
    let targets = found["targets"].as_array().unwrap();
    let stacks: Vec<&str> = targets.iter().map(|t| t["stack"]["id"].as_str().unwrap_or("none")).collect();
    assert_eq!(stacks, ["tensorrt", "onnxruntime-cuda", "migraphx", "none"]);
    for target in &targets[..3] {
        assert_eq!(target["node_share"], 1.0, "{target}");
        assert!(target["stack"]["source"]["url"].as_str().unwrap().starts_with("https://"));
        assert_eq!(target["effort"]["evidence"], "assumed");
        let parts = target["score"]["parts"].as_array().unwrap();
        let sum: f64 = parts.iter().map(|p| p["weight"].as_f64().unwrap() * p["low"].as_f64().unwrap()).sum();
        assert!((sum - target["score"]["low"].as_f64().unwrap()).abs() < 1e-12);
    }
    assert_eq!(targets[3]["verdict"], "unknown");
    assert!(targets[3]["effort"].is_null() && targets[3]["node_share"].is_null());
    let text = stdout(&["results", "coverage", arg(&file), "--for", "nvidia-h100-sxm", "groq-lpu"]);
    for expected in ["TensorRT", "2024-06-17", "no table known", "Portability", "assumed", "operators 60\u{a0}% x"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let error = failure(&["results", "coverage", arg(&file), "--for", "nvidia-h100-sx"], 2);
    assert!(error.contains("nvidia-h100-sxm"), "{error}");
}

#[test]
fn the_effort_goes_into_the_study_and_its_cost() {
    let folder = tempfile::tempdir().unwrap();
    let (file, study) = (model(folder.path()), small_study(folder.path()));
    let assumed = "options.inferentia2-rent.throughput={from: assumed, items_per_sec: 5000, source: made up}";
    let cost = |study: &Path| {
        let options = json(&["cost", arg(study), "--set", assumed, "--format", "json"]);
        let options = options["options"].as_array().unwrap().clone();
        let option = options.into_iter().find(|o| o["id"] == "inferentia2-rent").unwrap();
        assert!(option["tco"].is_number(), "{option}");
        option["tco"].clone()
    };
    let before = cost(&study);
    let for_inferentia = ["results", "coverage", arg(&file), "--for", "aws-inferentia2"];
    let into = |option: &'static str| [&for_inferentia[..], &["--into", option, "--study", arg(&study)]].concat();
    stdout(&into("inferentia2-rent"));
    let text = std::fs::read_to_string(study.join("study.yaml")).unwrap();
    assert!(text.contains("effort_person_days: {pert: [") || text.contains("effort_person_days: { pert: ["), "{text}");
    assert!(text.contains("# Rental prices have moved"), "comments stay");
    assert_ne!(before, cost(&study), "the cost of the option follows");
    assert!(!text.contains("tasks:"), "the plan moves to another option: {text}");
    // The plan that moves to it takes up the pieces of work, once: after that they are the author's.
    std::fs::write(study.join("study.yaml"), format!("{text}\nmigration:\n  to: inferentia2-rent\n")).unwrap();
    stdout(&into("inferentia2-rent"));
    let text = std::fs::read_to_string(study.join("study.yaml")).unwrap();
    assert!(text.contains("tasks:") && text.contains("Port the model to the new stack"), "{text}");
    let output = support::run(&into("inferentia2-rent"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("are not taken up"), "{output:?}");
    assert!(failure(&into("h100-rent"), 2).contains("--for nvidia-h100-sxm"));
    assert!(failure(&into("h100-ren"), 2).contains("did you mean `h100-rent`"));
}
