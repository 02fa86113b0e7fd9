//! How an answer is worded and how far it is trusted, and what its plan demands. Studies and measurements are made up here.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_core::Measurement;
use assay_core::environment::ForeignLoad;
use assay_core::measurement::Status;
use assay_service::answer::Answer;
use assay_service::hardware_profiles::Catalog;
use assay_service::study::{self, Study};
use assay_service::{Assessment, Confidence, Measured, assess::assess};
use support::{measurement, measurements};

/// Renting at one place and another, or buying; each throughput is somebody's word.
const RENT_OR_BUY: &str = "\
schema: assay/study/1
title: Test
question: Rent or buy?
currency: USD
pricing_date: 2026-11-20
suite: quick
workload: encoder-block-fp32
demand: {items_per_month: 50000000000, growth_per_month: 0.02, peak_to_average: 2}
assumptions: {horizon_months: 24, discount_rate_annual: 0.10, electricity_price_per_kwh: 0.15, pue: 1.3}
baseline: rent-a
options:
  - id: rent-a
    name: Renting here
    price: {from: hourly, price_per_unit_hour: 4.0, source: test}
    throughput: {from: assumed, items_per_sec: 20000, source: test}
  - id: rent-b
    name: Renting there
    price: {from: hourly, price_per_unit_hour: 2.5, source: test}
    throughput: {from: assumed, items_per_sec: 15000, source: test}
    migration: {effort_person_days: 20, parallel_run_months: 1}
  - id: buy
    name: Buying
    price: {from: purchase, price_per_unit: 30000, source: test}
    throughput: {from: assumed, items_per_sec: 20000, source: test}
    power_watts_per_unit: 1000
    migration: {effort_person_days: 50, parallel_run_months: 2}
";

fn rent_or_buy(overrides: &[(&str, f64)]) -> Study {
    let study = study::folder::parse(RENT_OR_BUY, "study.yaml".as_ref()).unwrap();
    study::set_paths(&study, overrides.iter().map(|(path, value)| (*path, serde_json::json!(value)))).unwrap()
}

fn assessed(study: &Study, measurements: Vec<Measurement>) -> Assessment {
    let today = study.pricing_date.unwrap();
    assess(study, &Catalog::builtin().unwrap(), &Measured::of(measurements), today).unwrap()
}

fn answered(overrides: &[(&str, f64)]) -> Answer {
    assessed(&rent_or_buy(overrides), Vec::new()).answer
}

#[test]
fn where_sums_and_present_values_disagree_the_answer_tells_both() {
    // Buying is cheaper in sum, but is paid at once.
    let dear = [("options.buy.price.price_per_unit", 46_800.0), ("options.rent-b.price.price_per_unit_hour", 3.0)];
    let study = rent_or_buy(&dear);
    let assessment = assessed(&study, Vec::new());
    let cost = |id: &str| assessment.evaluation(id).unwrap().tco.clone().unwrap();
    assert!(cost("buy").total.amount < cost("rent-a").total.amount);
    assert!(cost("buy").present_value.amount > cost("rent-a").present_value.amount);
    let sentence = &assessment.answer.sentence;
    assert!(sentence.starts_with("Stay with Renting here"), "{sentence}");
    assert!(sentence.contains("less in total, but") && sentence.contains("more in present value"), "{sentence}");
    assert!(!sentence.contains('−') && !sentence.contains("-$"), "{sentence}");
}

#[test]
fn a_throughput_without_a_range_leaves_the_answer_open() {
    let answer = answered(&[]);
    assert_eq!((answer.verdict.as_str(), answer.confidence), ("MOVE", Confidence::Unbounded));
    // With ranges that cannot change the order it is likely, with wider ones it is open.
    let ranges = |width: f64| {
        let (low, high) = (20_000.0 * (1.0 - width), 20_000.0 * (1.0 + width));
        let ends = [
            ("options.rent-a.throughput.low", low),
            ("options.rent-a.throughput.high", high),
            ("options.buy.throughput.low", low),
            ("options.buy.throughput.high", high),
        ];
        answered(&ends).confidence
    };
    assert_eq!(ranges(0.01), Confidence::Likely);
    assert_eq!(ranges(0.5), Confidence::Open);
}

#[test]
fn a_measurement_on_a_busy_machine_leaves_the_answer_open_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let study = assay_service::sample::create_sample(folder.path(), 2).unwrap();
    let quiet = assessed(&study, measurements());
    assert_eq!(quiet.answer.confidence, Confidence::Likely);
    let mut busy = measurements();
    for m in &mut busy {
        m.environment.cpu_logical = Some(2);
        m.foreign_load = ForeignLoad { foreign_busy_cpus: Some(1.3), ..ForeignLoad::default() };
    }
    let assessment = assessed(&study, busy);
    assert_eq!(assessment.answer.confidence, Confidence::Unbounded);
    let named: Vec<&String> =
        assessment.missing.iter().filter(|line| line.contains("measure again on a quiet machine")).collect();
    assert_eq!(named.len(), 1, "{:#?}", assessment.missing);
    assert!(["encoder-block-fp32", "gemm-fp32"].iter().all(|workload| named[0].contains(workload)), "{named:?}");
    let rent = assessment.options.iter().find(|option| option.input.id == "l4-rent").unwrap();
    let repeats = &rent.throughput.as_ref().unwrap().to_repeat;
    assert!(repeats.iter().all(|repeat| repeat.to_string().contains("1.3 of 2 processors")), "{repeats:?}");
}

#[test]
fn a_faster_format_of_the_same_work_is_pointed_out() {
    let folder = tempfile::tempdir().unwrap();
    let study = assay_service::sample::create_sample(folder.path(), 2).unwrap();
    let wide = measurements();
    let seconds = wide[2].timing.as_ref().unwrap().statistics.median_secs;
    let told = |ratios: &[f64]| {
        let narrow = |ratio: &f64| measurement("encoder-block-int8", seconds / ratio, Status::Passed);
        let all = measurements().into_iter().chain(ratios.iter().map(narrow)).collect();
        let missing = assessed(&study, all).missing;
        missing.into_iter().filter(|line| line.contains("`encoder-block-int8` ran 2.5 times as fast")).count()
    };
    assert_eq!((told(&[2.5]), told(&[1.0])), (1, 0));
    assert_eq!(told(&[2.5, 1.0]), 0, "what is newer counts");
    assert_eq!(told(&[1.0, 2.5]), 1);
}

#[test]
fn a_gate_of_numerics_allows_what_the_option_s_own_format_does() {
    let folder = tempfile::tempdir().unwrap();
    let study = assay_service::sample::create_sample(folder.path(), 2).unwrap();
    let assessment = assessed(&study, measurements());
    let measured = assay_service::Measured::of(measurements());
    let plan = assay_service::migration::plan(&assessment, &measured, &Catalog::builtin().unwrap()).unwrap();
    let gate = plan.gates.iter().find(|gate| gate.id == "numerics").unwrap();
    // The sample moves to an accelerator that computes in bf16; here the work is measured in fp32.
    let format = assay_base::NumericFormat::Bf16;
    assert_eq!(gate.at_most, Some(format.tolerance()));
}
