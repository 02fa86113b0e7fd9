//! What vendors' compilers say reaches the dossier as projected, with its limits, and is proved by it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::Path;

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

/// The sample with an option on hardware that nobody has here.
fn with_option(throughput: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let option = format!(
        "  - id: tpu-rent
    name: TPU, rented
    profile: google-tpu-v5e
    price: {{ from: hourly, price_per_unit_hour: 1.2, source: made up for the test }}
    throughput: {throughput}

  - id: l4-rent
"
    );
    let study = sample::SAMPLE_STUDY.replace("  - id: l4-rent\n", &option);
    std::fs::write(folder.path().join("study.yaml"), study).unwrap();
    folder
}

/// What follows with these estimates kept.
fn opened(folder: &Path, records: &[EstimateRecord]) -> Workbench {
    let lines: String = records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect();
    std::fs::create_dir_all(folder.join("estimates")).unwrap();
    std::fs::write(folder.join("estimates/libtpu.jsonl"), lines).unwrap();
    let mut workbench = Workbench::open(folder).unwrap();
    for measurement in measurements() {
        workbench.add_measurements([measurement]).unwrap();
    }
    workbench
}

#[test]
fn an_option_can_rest_on_what_the_compiler_expects() {
    let folder = with_option("{from: projected, compiler: libtpu}");
    let unknown =
        |workbench: &Workbench| workbench.assessment().option("tpu-rent").unwrap().throughput.clone().unwrap_err();
    assert!(unknown(&opened(folder.path(), &[])).contains("run `assay estimate --accelerator google-tpu-v5e`"));
    // A time of zero is none, and another workload's or another chip's is not this one's.
    let others = [
        record("encoder-block-fp32", "v5e", Verdict::Compiles, Some(0.0)),
        record("encoder-block-fp32", "v6e", Verdict::Compiles, Some(1e-3)),
        record("gemm-fp32", "v5e", Verdict::Compiles, Some(1e-3)),
    ];
    assert!(unknown(&opened(folder.path(), &others)).contains("no valid time"));

    let expected = record("encoder-block-fp32", "v5e", Verdict::Compiles, Some(995e-6));
    let workbench = opened(folder.path(), std::slice::from_ref(&expected));
    let option = workbench.assessment().option("tpu-rent").unwrap();
    assert_eq!(option.feasibility, Some(expected));
    let fact = option.throughput.clone().unwrap();
    // Eight sequences in 995 microseconds and the 5 that starting takes.
    let (value, evidence) = (fact.per_accelerator.value, fact.per_accelerator.evidence);
    assert!((value - 8.0 / 1e-3).abs() < 1.0 && evidence == Evidence::Projected, "{fact:?}");
    assert!(fact.per_accelerator.low < 0.8 * value && fact.per_accelerator.high > value, "{fact:?}");
    assert!(fact.source.contains(METHOD) && fact.source.contains("libtpu 0.0.52"), "{}", fact.source);
    let assessment = workbench.assessment();
    assert!(assessment.evaluation("tpu-rent").unwrap().rank.is_some());
    let card = assessment.model_cards.last().unwrap();
    assert!(card.method.contains("libtpu") && card.n == 0 && card.median_error.is_none(), "{card:?}");
    assert!(LIMITS.contains(card.limits[0].as_str()) && card.limits.len() > 2, "{card:?}");
    assert!(assessment.missing.iter().any(|line| line.contains("without any execution")), "{:?}", assessment.missing);

    // The document says so, and follows from what it carries.
    let (pdf, document) = workbench.render_report(ReportKind::Dossier, None).unwrap();
    let text = to_markdown(&document).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("vendor compiler: libtpu") && text.contains("Where an option names a vendor's compiler"),
        "{text}"
    );
    let found = verify(&pdf.bytes).unwrap();
    assert!(found.holds(), "{found:#?}");
}

#[test]
fn what_the_compiler_refuses_is_infeasible_unless_it_was_measured() {
    let refused = [record("encoder-block-fp32", "v5e", Verdict::DoesNotFit("192 G of 16 G".to_owned()), None)];
    for throughput in [
        "{from: projected, compiler: libtpu}",
        "{from: projected}",
        "{from: assumed, items_per_sec: 5000, source: a guess}",
    ] {
        let folder = with_option(throughput);
        let workbench = opened(folder.path(), &refused);
        let evaluation = workbench.assessment().evaluation("tpu-rent").unwrap();
        let reason = evaluation.not_ranked.clone().unwrap();
        assert!(evaluation.rank.is_none() && reason.starts_with("infeasible: `encoder-block-fp32`"), "{reason}");
        assert!(reason.contains("192 G of 16 G") && reason.contains("libtpu 0.0.52"), "{reason}");
        let answer = workbench.answer();
        assert!(answer.sentence.contains("Infeasible by the vendor's compiler: TPU, rented."), "{}", answer.sentence);
        assert_eq!(answer.infeasible, [format!("TPU, rented: {reason}")]);
        assert_ne!(answer.recommended.as_deref(), Some("tpu-rent"));
        let text = to_markdown(&workbench.document(ReportKind::Dossier).unwrap());
        assert!(text.contains("is not ranked: infeasible"), "{text}");
    }
    // What ran there runs there, and what others published ran, too.
    let folder = with_option("{from: measured, device: cpu}");
    let workbench = opened(folder.path(), &refused);
    assert!(workbench.assessment().evaluation("tpu-rent").unwrap().rank.is_some());
    assert!(workbench.answer().infeasible.is_empty());
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
    let workbench = opened(folder.path(), &records);
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

/// The estimates that come with the source hold every workload of the suites, so that whoever changes one makes them anew.
#[test]
fn recorded_estimates_are_of_the_suites_as_they_are() {
    let kept = assay_service::estimates::kept(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")).unwrap();
    assert!(kept.iter().all(|record| record.evidence == Evidence::Projected && record.method == METHOD));
    for suite in ["quick", "standard"] {
        for workload in Suite::load(suite).unwrap().workloads {
            for chip in ["v5e", "v5p", "v6e"] {
                let accelerator = format!("google-tpu-{chip}");
                let about = |record: &&EstimateRecord| {
                    record.accelerator == accelerator && record.workload_hash == workload.hash()
                };
                let found = kept.iter().find(about);
                assert!(found.is_some(), "{} on {chip}: see assets/estimates/README.md", workload.id);
            }
        }
    }
}
