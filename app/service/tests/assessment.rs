//! From measurements to an answer. The measurements here are made up by the test.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_base::{Evidence, NumericFormat};
use assay_core::Measurement;
use assay_core::measurement::Status;
use assay_service::hardware_profiles::Catalog;
use assay_service::study::{Study, StudyFolder};
use assay_service::{Assessment, Command, Confidence, Measured, Workbench, assess::assess, sample};
use support::{measurement, measurements};

/// The sample study and the folder it lives in.
fn study() -> (tempfile::TempDir, Study) {
    let folder = tempfile::tempdir().unwrap();
    let study = sample::create_sample(folder.path(), 2).unwrap();
    (folder, study)
}

fn assessed(study: &Study, measurements: &[Measurement]) -> Assessment {
    assess(study, &Catalog::builtin().unwrap(), &Measured::of(measurements.to_vec()), study.pricing_date.unwrap())
        .unwrap()
}

#[test]
fn without_measurements_nothing_is_ranked_and_nothing_is_zero() {
    let (_folder, study) = study();
    let assessment = assessed(&study, &[]);
    assert_eq!(assessment.answer.confidence, Confidence::None);
    for evaluation in &assessment.evaluations {
        assert!(evaluation.rank.is_none() && evaluation.tco.is_none() && evaluation.not_ranked.is_some());
    }
    assert!(!assessment.missing.is_empty());
}

#[test]
fn the_measured_option_is_measured_and_the_others_are_projected_with_a_range() {
    let (_folder, study) = study();
    let assessment = assessed(&study, &measurements());
    let here = assessment.evaluation("this-machine").unwrap();
    assert_eq!(here.throughput.unwrap().evidence, Evidence::Measured);
    let block = measurements()[2].throughput.clone().unwrap().value;
    assert!((here.throughput.unwrap().value / block - 1.0).abs() < 1e-9);
    // Its price is assumed, so the whole is no stronger than that.
    assert_eq!(here.evidence, Evidence::Assumed);
    let rented = assessment.evaluation("h100-rent").unwrap().throughput.unwrap();
    assert_eq!(rented.evidence, Evidence::Projected);
    assert!(rented.low < rented.value && rented.value < rented.high);
    let projection = assessment.option("h100-rent").unwrap().throughput.as_ref().unwrap().projection.unwrap();
    assert!((projection.source_efficiency - 0.8).abs() < 0.01, "{}", projection.source_efficiency);
    // 989 TFLOP/s dense bf16 at three quarters and 80 %, and nine operations to start: well above a CPU, and finite.
    assert!(rented.value > 100.0 * block && rented.value < 2e5, "{}", rented.value);
}

#[test]
fn an_incorrect_result_is_never_priced() {
    let (_folder, study) = study();
    let mut wrong = measurements();
    wrong[2] = measurement("encoder-block-fp32", 0.1, Status::Incorrect { reason: "the error is 1".to_owned() });
    let assessment = assessed(&study, &wrong);
    let here = assessment.evaluation("this-machine").unwrap();
    assert!(here.cost_per_million.is_none() && here.rank.is_none());
    assert!(here.not_ranked.as_ref().unwrap().contains("incorrect"), "{:?}", here.not_ranked);
}

#[test]
fn an_unknown_offer_is_unknown_and_not_another_ones_price() {
    let (_folder, study) = study();
    let study =
        assay_service::study::set_path(&study, "options.h100-rent.price.offer", "no-such-offer".into()).unwrap();
    let assessment = assessed(&study, &measurements());
    let rented = assessment.evaluation("h100-rent").unwrap();
    assert!(rented.tco.is_none() && rented.rank.is_none());
    assert!(assessment.evaluation("l4-rent").unwrap().rank.is_some());
}

#[test]
fn a_missed_latency_requirement_excludes() {
    let (_folder, study) = study();
    let mut slow = measurements();
    let timing = slow[2].timing.as_mut().unwrap();
    timing.statistics.p99_secs = Some(0.5);
    let study =
        assay_service::study::set_paths(&study, [("requirements", serde_json::json!({"max_p99_latency_secs": 0.1}))])
            .unwrap();
    let here = assessed(&study, &slow).evaluation("this-machine").unwrap().clone();
    assert!(here.rank.is_none() && here.not_ranked.unwrap().contains("requirement"));
}

#[test]
fn the_answer_follows_the_numbers() {
    let (_folder, study) = study();
    let moved = assessed(&study, &measurements());
    assert_eq!(moved.answer.verdict, "MOVE", "{}", moved.answer.sentence);
    assert_eq!(moved.answer.recommended.as_deref(), moved.ranked().first().map(|e| e.id.as_str()));
    // A demand that one small machine serves is no reason to move.
    let small = assay_service::study::set_path(&study, "demand.items_per_month", 1e6.into()).unwrap();
    let stayed = assessed(&small, &measurements());
    assert_eq!((stayed.answer.verdict.as_str(), stayed.answer.recommended.as_deref()), ("STAY", Some("this-machine")));
}

#[test]
fn a_gesture_is_undone_as_one_and_the_file_follows() {
    let (folder, study) = study();
    let mut workbench = Workbench::open(folder.path()).unwrap();
    for value in [1.5, 1.6, 1.7] {
        let path = "assumptions.pue".to_owned();
        workbench.apply(Command::Set { path, value: value.into(), gesture: Some(7) }).unwrap();
    }
    workbench.apply(Command::set("demand.peak_to_average", 3.0)).unwrap();
    assert_eq!(StudyFolder::open(folder.path()).unwrap().1, *workbench.study());
    assert!(workbench.undo().unwrap());
    assert_eq!(workbench.study().assumptions.pue, 1.7);
    assert!(workbench.undo().unwrap());
    assert_eq!(*workbench.study(), study);
    assert!(!workbench.undo().unwrap());
    assert!(workbench.redo().unwrap());
    assert_eq!(workbench.study().assumptions.pue, 1.7);
    assert_eq!(StudyFolder::open(folder.path()).unwrap().1, *workbench.study());
    // What is refused changes nothing.
    assert!(workbench.apply(Command::set("assumptions.pue", 0.2)).is_err());
    assert_eq!(workbench.study().assumptions.pue, 1.7);
}

#[test]
fn ceilings_need_both_gemm_and_triad_in_the_format() {
    let (_folder, study) = study();
    let without_triad: Vec<Measurement> =
        measurements().into_iter().filter(|m| m.workload.id != "triad-fp32").collect();
    let assessment = assessed(&study, &without_triad);
    assert!(assessment.ceilings.is_empty());
    let reason = assessment.option("h100-rent").unwrap().throughput.clone().unwrap_err();
    assert!(reason.contains("ceilings") && reason.contains(NumericFormat::Fp32.label()), "{reason}");
}

/// Options whose throughput others published, or that is projected from it.
#[test]
fn published_results_feed_options_and_projections_say_how_far_they_miss() {
    let (_folder, study) = study();
    let catalog = Catalog::builtin().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let store = assay_service::store::Store::open(empty.path()).with_reference();
    let measured = Measured::of(measurements()).with_published(store, &catalog);
    let with = |throughput: serde_json::Value| {
        let study = assay_service::study::set_path(&study, "options.h100-rent.throughput", throughput).unwrap();
        assess(&study, &catalog, &measured, study.pricing_date.unwrap()).unwrap()
    };
    let fact = |assessment: &Assessment| assessment.option("h100-rent").unwrap().throughput.clone();

    // H100s of one submitter: a request of 300 tokens.
    let published = with(serde_json::json!({"from": "published", "accelerator": "H100-SXM", "model": "llama2-70b-99",
        "scenario": "Offline", "format": "fp8", "unit": "tokens/s", "per_item": 300}));
    let found = fact(&published).unwrap();
    assert_eq!(found.per_accelerator.evidence, Evidence::Published);
    assert!(found.source.contains("MLCommons") && found.source.contains("submitter (Cisco)"), "{}", found.source);
    let ranked = published.evaluation("h100-rent").unwrap();
    assert!(ranked.cost_per_million.is_some(), "{:?}", ranked.not_ranked);
    // Other options of the sample are projected from a measurement.
    assert_eq!(published.model_cards.len(), 1);

    let projected = with(serde_json::json!({"from": "projected", "format": "fp8",
        "published": {"model": "llama2-70b-99", "scenario": "Offline", "unit": "tokens/s", "per_item": 300}}));
    let expected = fact(&projected).unwrap();
    assert_eq!(expected.per_accelerator.evidence, Evidence::Projected);
    // What eight of ten published results are missed by holds for this one.
    let [from_one, from_several] = projected.model_cards.as_slice() else { panic!("{:?}", projected.model_cards) };
    assert!(from_one.n > 300 && from_several.n > 80, "{from_one:?} {from_several:?}");
    assert!(from_several.median_error.unwrap() < 0.2 && from_several.p90_error.unwrap() > 0.2, "{from_several:?}");
    assert!(from_several.limits.iter().any(|limit| limit.starts_with("AMD Instinct MI300X: predicted")));
    let factor = from_several.range_used.unwrap()[1];
    let (value, truth) = (expected.per_accelerator.value, found.per_accelerator.value);
    assert!(value / factor < truth && truth < value * factor, "{value} against {truth}, factor {factor}");
    assert!((expected.per_accelerator.high / value - factor).abs() < 1e-9);

    let unknown = with(serde_json::json!({"from": "projected", "format": "fp8",
        "published": {"model": "no-such-model", "unit": "tokens/s"}}));
    assert!(fact(&unknown).unwrap_err().contains("a projection needs two"));
    assert!(unknown.evaluation("h100-rent").unwrap().rank.is_none());
}

/// A projection from a measurement is believed no more than such projections deserved.
#[test]
fn the_range_of_a_projection_is_no_narrower_than_its_test() {
    let (_folder, study) = study();
    let catalog = Catalog::builtin().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let study = assay_service::study::set_paths(
        &study,
        [
            ("assumptions.projection_low_factor", 0.99.into()),
            ("assumptions.projection_high_factor", 1.01.into()),
            // Starting operations would hide a part of the range.
            ("assumptions.launch_overhead_secs", 0.0.into()),
        ],
    )
    .unwrap();
    let store = assay_service::store::Store::open(empty.path()).with_reference();
    let measured = Measured::of(measurements()).with_published(store, &catalog);
    let tested = assess(&study, &catalog, &measured, study.pricing_date.unwrap()).unwrap();
    let untested = assessed(&study, &measurements());
    let low = |assessment: &Assessment| {
        let fact = assessment.option("h100-rent").unwrap().throughput.clone().unwrap().per_accelerator;
        fact.low / fact.value
    };
    let factor = tested.model_cards[0].range_used.unwrap()[1];
    assert!(low(&untested) > 0.9 && low(&tested) < 1.02 / factor, "{} {} {factor}", low(&untested), low(&tested));
    assert!(untested.model_cards.is_empty());
}

#[test]
fn a_compiler_that_was_not_tuned_is_never_chosen() {
    let (_folder, study) = study();
    let mut all = measurements();
    let mut untuned = measurement("encoder-block-fp32", 1e-6, Status::Passed);
    untuned.stack = assay_core::StackId::new("tvm-untuned");
    untuned.id = "r-untuned".to_owned();
    all.push(untuned);
    let chosen = |measurements: &[Measurement]| {
        let assessment = assessed(&study, measurements);
        assessment.evaluation("this-machine").unwrap().throughput.unwrap().value
    };
    assert_eq!(chosen(&all), chosen(&measurements()));
}
