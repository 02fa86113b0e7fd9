//! What vendors' compilers say reaches the dossier as projected, with its limits, and is proved by it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_base::Evidence;
use assay_core::Suite;
use assay_core::estimate::{Estimate, LIMITS, MemoryPlan, Verdict};
use assay_service::estimates::{EstimateRecord, METHOD};
use assay_service::report::to_markdown;
use assay_service::{ReportKind, Workbench, sample, verify};
use support::measurements;

fn record(workload: &str, chip: &str, verdict: Verdict, execution_secs: Option<f64>) -> EstimateRecord {
    let workload = Suite::load("quick").unwrap().workload(workload).unwrap().clone();
    let memory = MemoryPlan {
        code_bytes: 1e6,
        arguments_bytes: 2e6,
        output_bytes: 1e6,
        temporary_bytes: 0.0,
        peak_bytes: Some(3e9),
    };
    EstimateRecord {
        workload_hash: workload.hash(),
        workload,
        accelerator: format!("google-tpu-{chip}"),
        accelerator_name: format!("Google TPU {chip}"),
        topology: format!("{chip}:1x1"),
        compiler: "libtpu".to_owned(),
        compiler_version: Some("0.0.52".to_owned()),
        made_at: "2026-11-20T12:00:00Z".parse().unwrap(),
        evidence: Evidence::Projected,
        method: METHOD.to_owned(),
        estimate: Estimate {
            execution_secs,
            memory: (verdict == Verdict::Compiles).then_some(memory),
            ..Estimate::of(verdict)
        },
    }
}

#[test]
fn a_dossier_shows_what_compilers_say_and_follows_from_it() {
    let folder = tempfile::tempdir().unwrap();
    sample::create_sample(folder.path(), 2).unwrap();
    let refused = Verdict::DoesNotFit("192 G of 16 G of memory".to_owned());
    let records = [
        record("gemm-bf16", "v5e", Verdict::Compiles, Some(22.3e-6)),
        record("gemm-bf16", "v6e", Verdict::Compiles, None),
        record("triad-fp32", "v5e", refused, None),
        record("triad-fp32", "v6e", Verdict::Failed("the compiler crashed".to_owned()), None),
    ];
    let lines: String = records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect();
    std::fs::create_dir(folder.path().join("estimates")).unwrap();
    std::fs::write(folder.path().join("estimates/libtpu.jsonl"), lines).unwrap();

    let mut workbench = Workbench::open(folder.path()).unwrap();
    for measurement in measurements() {
        workbench.add_measurement(measurement).unwrap();
    }
    assert_eq!(workbench.estimates(), records);
    let (pdf, document) = workbench.render_report(ReportKind::Dossier, None).unwrap();
    // Units stand after spaces that do not break.
    let text = to_markdown(&document).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("1 of 2 workloads compiled ahead of time fits on every accelerator"), "{text}");
    for said in [LIMITS, "22.3 µs", "no valid time", "does not fit", "192 G of 16 G of memory", "not measured"] {
        assert!(text.contains(said), "{said}");
    }
    let values = serde_json::to_value(&document).unwrap()["values"].to_string();
    assert!(values.contains("compiler.Google TPU v5e.gemm-bf16.secs"), "{values}");
    let found = verify(&pdf.bytes).unwrap();
    assert!(found.holds(), "{found:#?}");

    // Without estimates there is no such section.
    std::fs::remove_dir_all(folder.path().join("estimates")).unwrap();
    let document = Workbench::open(folder.path()).unwrap().document(ReportKind::Dossier).unwrap();
    assert!(!to_markdown(&document).contains("compiled ahead of time"));
}
