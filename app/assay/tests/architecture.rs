//! The arrows between the rooms, and who may name a heavy dependency.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The only crate that names each heavy dependency.
const HEAVY: [(&str, &[&str]); 13] = [
    ("egui", &["assay-desktop", "assay"]),
    ("egui_plot", &["assay-desktop"]),
    ("egui_extras", &["assay-desktop"]),
    ("eframe", &["assay"]),
    ("cudarc", &["assay-cuda"]),
    ("nvml-wrapper", &["assay-cuda"]),
    ("ort", &["assay-onnx"]),
    ("rten", &["assay-onnx"]),
    ("polars", &["assay-store"]),
    ("printpdf", &["assay-reports"]),
    ("lopdf", &["assay-reports"]),
    ("hayro", &["assay-desktop"]),
    ("clap", &["assay-cli"]),
];

/// What each crate may name, beside crates that are not Assay's. Data walks one way; nothing points back.
const MAY_NAME: [(&str, &[&str]); 16] = [
    ("assay-base", &[]),
    ("assay-core", &["assay-base"]),
    ("assay-host", &["assay-base", "assay-core"]),
    ("assay-onnx", &["assay-base", "assay-core"]),
    ("assay-cuda", &["assay-base", "assay-core"]),
    ("assay-python", &["assay-base", "assay-core", "assay-onnx"]),
    ("assay-xla", &["assay-base", "assay-core"]),
    ("assay-store", &["assay-base", "assay-core"]),
    ("assay-hardware-profiles", &["assay-base"]),
    ("assay-cost-models", &["assay-base"]),
    ("assay-study", &["assay-base"]),
    ("assay-reports", &["assay-base", "assay-core", "assay-cost-models", "assay-hardware-profiles", "assay-study"]),
    (
        "assay-service",
        &[
            "assay-base",
            "assay-core",
            "assay-cost-models",
            "assay-hardware-profiles",
            "assay-reports",
            "assay-store",
            "assay-study",
        ],
    ),
    ("assay-desktop", &["assay-base", "assay-service"]),
    ("assay-cli", &["assay-base", "assay-service"]),
    (
        "assay",
        &[
            "assay-cli",
            "assay-core",
            "assay-cuda",
            "assay-desktop",
            "assay-host",
            "assay-onnx",
            "assay-python",
            "assay-service",
            "assay-xla",
        ],
    ),
];

/// Direct, normal dependencies of each crate of the workspace.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |package: &Value| {
        let normal = package["dependencies"].as_array().unwrap().iter().filter(|d| d["kind"].is_null());
        normal.map(|d| d["name"].as_str().unwrap().to_owned()).collect()
    };
    metadata["packages"].as_array().unwrap().iter().map(|p| (p["name"].as_str().unwrap().to_owned(), of(p))).collect()
}

#[test]
fn only_one_room_names_each_heavy_dependency() {
    let dependencies = dependencies();
    for (heavy, allowed) in HEAVY {
        let named: Vec<&str> =
            dependencies.iter().filter(|(_, d)| d.contains(heavy)).map(|(n, _)| n.as_str()).collect();
        assert!(!named.is_empty(), "nothing names {heavy}: take it off the list");
        for name in named {
            assert!(allowed.contains(&name), "{name} names {heavy}, which only {allowed:?} may");
        }
    }
}

#[test]
fn nothing_points_back() {
    let dependencies = dependencies();
    assert_eq!(dependencies.len(), MAY_NAME.len(), "every crate of the workspace has a line");
    for (name, allowed) in MAY_NAME {
        let ours = dependencies[name].iter().filter(|d| d.starts_with("assay"));
        for dependency in ours {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}
