//! One input at a time: what a tornado says is what evaluating the study again says.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use assay_service::Workbench;
use assay_service::cost_models::Evaluation;
use assay_service::cost_models::evaluation::Driver;
use assay_service::sensitivity::near_flips;
use assay_service::study::{Growth, Study, ThroughputSource};
use assay_service::uncertainty::simulate;

/// Options of most ways to pay, moved to with months of parallel running; demand and taxes are put in.
const STUDY: &str = r#"
schema: assay/study/1
title: t
question: q?
currency: EUR
pricing_date: 2026-11-21
suite: quick
workload: embedding-mlp-fp32
demand: DEMAND
assumptions:
  horizon_months: 30
  discount_rate_annual: {triangular: [0.06, 0.09, 0.12]}
  target_utilisation: 0.55
  availability: 0.99
  goodput_fraction: 0.97
  retry_fraction: 0.01
  electricity_price_per_kwh: {triangular: [0.1, 0.19, 0.3]}
  pue: 1.35
  upkeep_fraction_per_year: 0.04
  residual_fraction: 0.1
  engineer_cost_per_day: 850
FINANCE
costs:
  - {id: oncall, component: staff, amount: 3000, every: month, source: x, allocated: true}
baseline: base
options:
  - id: base
    name: Base
    price: BASE_PRICE
    throughput: {from: assumed, items_per_sec: 21000, low: 18000, high: 24000, source: x}
    power_watts_per_unit: 900
    power_basis: plug
    costs:
      - {id: op, component: staff, amount: 500, every: month, source: x}
      - {id: rack, component: facility, amount: 90, every: month, per: unit, source: x}
  - id: rent
    name: Rent
    price: {from: hourly, price_per_unit_hour: 0.8, factor: {triangular: [0.7, 0.9, 1.1]}, source: x}
    throughput: {from: assumed, items_per_sec: {triangular: [6000, 9000, 12000]}, source: x}
    migration: {effort_person_days: {pert: [20, 40, 90]}, parallel_run_months: 2}
  - id: reserved
    name: Reserved
    price: {from: reserved, price_per_unit_hour: 0.32, upfront_per_unit: 2700, term_months: 12, source: x, change: {per_year: -0.1}}
    throughput: {from: assumed, items_per_sec: 11000, low: 9000, high: 13000, source: x}
    migration: {effort_person_days: 45, parallel_run_months: 1.5}
  - id: own
    name: Own
    price: {from: purchase, price_per_unit: 21000, accelerators_per_unit: 4, source: x, change: {per_year: -0.08}}
    throughput: {from: assumed, items_per_sec: 9000, low: 6000, high: 12000, source: x}
    power_watts_per_unit: 700
    power_basis: plug
    migration: {effort_person_days: 70, other_cost: 15000, parallel_run_months: 3}
"#;

const COMPOUND: &str = "{items_per_month: {triangular: [80e9, 90e9, 120e9]}, growth_per_month: {triangular: [0.01, 0.02, 0.04]}, peak_to_average: 2.2}";
const LINEAR: &str = "{items_per_month: {triangular: [80e9, 90e9, 120e9]}, growth: {linear: {added_per_month: 2e9}}, season: [1, 0.95, 1.3], peak_to_average: 2.2}";
const HOURLY: &str = "{from: hourly, price_per_unit_hour: 10, source: x}";
const OWNED: &str = "{from: purchase, price_per_unit: 90000, source: x}";
const TAXED: &str = "finance: {tax: {rate: 0.25, source: x}}";

fn studies() -> Vec<String> {
    let of = |demand: &str, price: &str, finance: &str| {
        STUDY.replace("DEMAND", demand).replace("BASE_PRICE", price).replace("FINANCE", finance)
    };
    vec![of(COMPOUND, HOURLY, ""), of(LINEAR, OWNED, TAXED)]
}

fn opened(text: &str) -> Workbench {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("study.yaml"), text).unwrap();
    Workbench::open(folder.path()).unwrap()
}

/// The NPV of an option after some values were set as a user sets them.
fn npv_with(text: &str, option: &str, values: &[(String, f64)]) -> f64 {
    let mut workbench = opened(text);
    let values: Vec<(String, serde_json::Value)> =
        values.iter().map(|(path, value)| (path.clone(), serde_json::json!(value))).collect();
    workbench.override_values(&values).unwrap();
    workbench.assessment().evaluation(option).and_then(Evaluation::npv).unwrap().amount
}

/// What a user sets for a driver to have a value.
fn settings(study: &Study, driver: &Driver, value: f64) -> Vec<(String, f64)> {
    let one = |path: &str| vec![(path.to_owned(), value)];
    let option = |id: &str| study.option(id).unwrap();
    match driver {
        Driver::DemandFactor => {
            let mut all = vec![("demand.items_per_month".to_owned(), study.demand.items_per_month.value() * value)];
            if let Some(Growth::Linear(linear)) = &study.demand.growth {
                all.push(("demand.growth.linear.added_per_month".to_owned(), linear.added_per_month * value));
            }
            all
        }
        Driver::Volume => one("demand.items_per_month"),
        Driver::DemandGrowth => one("demand.growth_per_month"),
        Driver::PeakToAverage => one("demand.peak_to_average"),
        Driver::Utilisation => one("assumptions.target_utilisation"),
        Driver::Availability => one("assumptions.availability"),
        Driver::Goodput => one("assumptions.goodput_fraction"),
        Driver::DiscountRate => one("assumptions.discount_rate_annual"),
        Driver::ElectricityPrice => one("assumptions.electricity_price_per_kwh"),
        Driver::Pue => one("assumptions.pue"),
        Driver::Throughput(id) => {
            let accelerators = option(id).price.accelerators_per_unit.unwrap_or(1);
            let value = value / f64::from(accelerators);
            let mut all = vec![(format!("options.{id}.throughput.items_per_sec"), value)];
            if let ThroughputSource::Assumed { low: Some(low), high: Some(high), .. } = &option(id).throughput {
                // A stated range has to hold the value.
                all.push((format!("options.{id}.throughput.low"), low.min(value)));
                all.push((format!("options.{id}.throughput.high"), high.max(value)));
            }
            all
        }
        Driver::PriceFactor(id) => {
            vec![(format!("options.{id}.price.factor"), option(id).price.factor.value() * value)]
        }
        Driver::Power(id) => one(&format!("options.{id}.power_watts_per_unit")),
        Driver::ResidualFraction(id) => one(&format!("options.{id}.residual_fraction")),
        Driver::OneOffFactor(id) => {
            let migration = option(id).migration.as_ref().unwrap();
            let days = migration.effort_person_days.value() * value;
            let other = migration.other_cost.value() * value;
            vec![
                (format!("options.{id}.migration.effort_person_days"), days),
                (format!("options.{id}.migration.other_cost"), other),
            ]
        }
        other => panic!("no setting for {other:?}"),
    }
}

fn near(found: f64, expected: f64, what: &Driver) {
    assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{what:?}: {found} is not {expected}");
}

#[test]
fn the_ends_of_a_tornado_are_what_evaluating_again_says() {
    for text in studies() {
        let workbench = opened(&text);
        let assessment = workbench.assessment();
        let sensitivity = assessment.sensitivity().as_ref().unwrap();
        assert!(sensitivity.swings.len() > 8, "{:?}", sensitivity.swings);
        for swing in &sensitivity.swings {
            for (value, npv) in [(swing.low, swing.npv_at_low), (swing.high, swing.npv_at_high)] {
                let set = settings(&assessment.study, &swing.driver, value);
                near(npv, npv_with(&text, &sensitivity.option, &set), &swing.driver);
            }
        }
        // The same of the samples' tornado, whose ends are P10 and P90 of what the study states.
        let uncertainty = simulate(assessment, 100, 1).unwrap().unwrap();
        for bar in &uncertainty.tornado {
            let input = uncertainty.input_of_bar(bar).unwrap();
            for (p, npv) in [(0.1, bar.low), (0.9, bar.high)] {
                let value = input.distribution.quantile(p).unwrap();
                let set = settings(&assessment.study, &input.driver, value);
                let expected = npv_with(&text, &uncertainty.of, &set);
                // Quantiles are read from a table.
                assert!((npv - expected).abs() <= 2e-3 * expected.abs(), "{:?}: {npv} {expected}", input.driver);
            }
        }
    }
}

#[test]
fn a_flip_is_another_recommendation_when_evaluated_again() {
    let mut seen = 0;
    for text in studies() {
        let workbench = opened(&text);
        let assessment = workbench.assessment();
        let recommended = assessment.answer.recommended.clone().unwrap();
        let after = |driver: &Driver, value: f64| {
            let mut workbench = opened(&text);
            let set = settings(&assessment.study, driver, value);
            let set: Vec<_> = set.into_iter().map(|(path, value)| (path, serde_json::json!(value))).collect();
            workbench.override_values(&set).unwrap();
            workbench.assessment().answer.recommended.clone().unwrap()
        };
        let sensitivity = assessment.sensitivity().as_ref().unwrap();
        let within = sensitivity.flips().map(|(swing, flip)| (&swing.driver, flip));
        let near = near_flips(assessment);
        for (driver, flip) in within.chain(near.iter().map(|near| (&near.driver, &near.flip))) {
            seen += 1;
            let beyond = flip.at * if flip.is_below { 1.0 - 1e-6 } else { 1.0 + 1e-6 };
            assert_eq!(after(driver, beyond), flip.becomes, "{driver:?} {flip:?}");
            let before = flip.at * if flip.is_below { 1.0 + 1e-6 } else { 1.0 - 1e-6 };
            assert_eq!(after(driver, before), recommended, "{driver:?} {flip:?}");
        }
        // Where no flip is told, the ends of the range recommend the same.
        for swing in sensitivity.swings.iter().filter(|swing| swing.flip.is_none()) {
            for value in [swing.low, swing.high] {
                assert_eq!(after(&swing.driver, value), recommended, "{:?} at {value}", swing.driver);
            }
        }
    }
    assert!(seen > 4, "{seen}");
}
