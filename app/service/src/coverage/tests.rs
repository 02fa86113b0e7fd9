use assay_core::NumericFormat;
use assay_core::model::{ModelNode, ModelReport, ModelValue};

use super::*;

fn report(operators: &[(&str, f64)]) -> ModelReport {
    let node = |(operator, flops): &(&str, f64)| ModelNode {
        name: "n".to_owned(),
        operator: (*operator).to_owned(),
        flops: Some(*flops),
        bytes: None,
    };
    let json = serde_json::json!({
        "file": "m.onnx", "file_bytes": 1, "sha256": "00", "inputs_sha256": null, "producer": null, "ir_version": 10,
        "opsets": {"ai.onnx": 17}, "format": "fp32", "inputs": [], "outputs": [], "parameters": 0,
        "parameter_bytes": 0, "nodes": [], "unknown_operators": [], "uncounted": [],
        "flops": operators.iter().map(|(_, flops)| flops).sum::<f64>(), "bytes": null, "open_axes": [], "axes": {},
        "batch": 1,
    });
    let empty: ModelReport = serde_json::from_value(json).unwrap();
    ModelReport { nodes: operators.iter().map(node).collect(), ..empty }
}

fn on(report: &ModelReport, accelerator: &str, stack: &str) -> TargetCoverage {
    let catalog = Catalog::builtin().unwrap();
    let found = coverage(report, &[accelerator.to_owned()], &catalog).unwrap();
    found.targets.into_iter().find(|t| t.stack.as_ref().is_some_and(|s| s.id == stack)).unwrap()
}

fn fate<'a>(target: &'a TargetCoverage, operator: &str) -> &'a Fate {
    &target.operators.iter().find(|o| o.operator == operator).unwrap().fate
}

#[test]
fn what_is_supported_runs_and_scores_whole() {
    let model = report(&[("MatMul", 90.0), ("Add", 5.0), ("Relu", 5.0)]);
    let target = on(&model, "nvidia-h100-sxm", "tensorrt");
    assert_eq!(target.verdict, Verdict::Runs);
    assert_eq!((target.node_share, target.flop_share), (Some(1.0), Some(1.0)));
    assert!((target.score.low - 1.0).abs() < 1e-12 && target.score.low == target.score.high, "{:?}", target.score);
    let weights: f64 = target.score.parts.iter().map(|part| part.weight).sum();
    assert!((weights - 1.0).abs() < 1e-12);
    assert!(target.effort.unwrap().tasks.iter().all(|task| task.id != "kernels" && task.id != "replace"));
}

#[test]
fn what_is_missing_is_replaced_written_anew_or_unknown() {
    let mut model = report(&[
        ("MatMulInteger", 80.0),
        ("Det", 1.0),
        ("Attention", 9.0),
        ("TopK", 0.0),
        ("com.example.Warp", 10.0),
        ("Frobnicate", 0.0),
    ]);
    model.unknown_operators = vec!["com.example.Warp".to_owned(), "Frobnicate".to_owned()];
    let target = on(&model, "nvidia-h100-sxm", "tensorrt");
    assert_eq!(target.verdict, Verdict::DoesNotRun);
    assert!(
        matches!(fate(&target, "MatMulInteger"), Fate::Substitute { with, .. } if with.contains(&"MatMul".to_owned()))
    );
    assert!(matches!(fate(&target, "Det"), Fate::Unsupported { .. }));
    // It is newer than the table; what it consists of is there.
    assert!(matches!(fate(&target, "Attention"), Fate::Substitute { .. }));
    assert!(matches!(fate(&target, "TopK"), Fate::Limited { .. }));
    assert!(fate(&target, "com.example.Warp").text().contains("custom operator of the domain com.example"));
    assert!(fate(&target, "Frobnicate").text().contains("no such operator"));
    let effort = target.effort.unwrap();
    let days = |id: &str| effort.tasks.iter().find(|task| task.id == id).unwrap().person_days;
    assert_eq!(days("kernels"), [60.0, 135.0, 360.0], "three kernels");
    assert_eq!(days("replace"), [1.0, 2.0, 6.0], "two operators");
    assert_eq!(effort.evidence, assay_base::Evidence::Assumed);
    assert!(effort.person_days[0] < effort.expected_days && effort.p80_days > effort.expected_days);
    // Where the CUDA provider has no kernel the CPU computes, and what nobody has nobody falls back to.
    let target = on(&model, "nvidia-h100-sxm", "onnxruntime-cuda");
    assert_eq!(fate(&target, "Det"), &Fate::FallsBack { to: "CPU".to_owned() });
    assert!(matches!(fate(&target, "Frobnicate"), Fate::Unsupported { .. }));
}

#[test]
fn without_a_table_nothing_is_said() {
    let model = report(&[("MatMul", 1.0)]);
    let found = coverage(&model, &["groq-lpu".to_owned()], &Catalog::builtin().unwrap()).unwrap();
    let [target] = found.targets.as_slice() else { panic!("{found:?}") };
    assert_eq!((target.verdict, target.stack.as_ref(), target.effort.as_ref()), (Verdict::Unknown, None, None));
    assert_eq!((target.score.low, target.score.high), (0.0, 1.0));
    assert!(target.node_share.is_none() && !target.toolchains.is_empty());
    // A list that is not complete makes what it does not name unknown, never supported.
    let target = on(&report(&[("MatMul", 1.0), ("Conv", 1.0)]), "aws-trainium2", "torch-neuronx");
    assert!(matches!(fate(&target, "Conv"), Fate::Unknown { .. }));
    assert_eq!(target.verdict, Verdict::Unknown);
    assert!(target.score.low < target.score.high);
    let error = coverage(&model, &["nvidia-h100-sxn".to_owned()], &Catalog::builtin().unwrap()).unwrap_err();
    assert!(error.contains("nvidia-h100-sxm"), "{error}");
}

#[test]
fn shapes_formats_and_versions_are_hazards() {
    let mut model = report(&[("MatMul", 1.0), ("NonZero", 0.0)]);
    model.opsets.insert("ai.onnx".to_owned(), 23);
    model.format = NumericFormat::Fp64;
    model.inputs = vec![ModelValue {
        name: "x".to_owned(),
        element: "float64".to_owned(),
        extents: vec!["batch".to_owned(), "3".to_owned()],
        shape: None,
        data: None,
    }];
    let target = on(&model, "nvidia-h100-sxm", "tensorrt");
    let has =
        |kind, word: &str| target.hazards.iter().any(|h| h.kind == kind && h.needs_change && h.text.contains(word));
    assert!(has(HazardKind::Shapes, "`batch`"), "{:?}", target.hazards);
    assert!(has(HazardKind::Shapes, "NonZero"));
    assert!(has(HazardKind::Format, "fp64"));
    assert!(has(HazardKind::OperatorSet, "operator set 23"));
    assert_eq!(target.verdict, Verdict::RunsAfterChanges);
    let target_on_cpu = on(&model, "cpu-xeon-6980p", "onnxruntime-cpu");
    assert_eq!(target_on_cpu.verdict, Verdict::Runs, "{:?}", target_on_cpu.hazards);
    assert!(target.score.low < target_on_cpu.score.low);
}

#[test]
fn operators_of_inner_graphs_count() {
    let mut model = report(&[("If", 0.0)]);
    model.inner_operators.insert("Det".to_owned(), 2);
    let target = on(&model, "nvidia-h100-sxm", "tensorrt");
    assert!(matches!(fate(&target, "Det"), Fate::Unsupported { .. }));
    assert_eq!(target.operators[0].nodes, 2);
    assert_eq!(target.operators[0].flop_share, None);
}
