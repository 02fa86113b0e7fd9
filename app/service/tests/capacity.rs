//! Capacity plans of the sample in assets/studies/capacity-sample.
#![expect(clippy::unwrap_used, reason = "tests")]

use assay_service::capacity::{
    Basis, CapacityPlan, CostLineKind, OptionPlan, Ownership, ScenarioPlan, Selection, ShortfallKind, plan,
};
use assay_service::{Command, Workbench};
use serde_json::Value;

const SAMPLE: &str = include_str!("../../../assets/studies/capacity-sample/study.yaml");

fn workbench(text: &str) -> (tempfile::TempDir, Workbench) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("study.yaml"), text).unwrap();
    let workbench = Workbench::open(folder.path()).unwrap();
    (folder, workbench)
}

fn planned(text: &str) -> CapacityPlan {
    let (_folder, workbench) = workbench(text);
    plan(&Basis::of(&workbench), &Selection::default()).unwrap()
}

fn with(values: &[(&str, Value)]) -> CapacityPlan {
    let (_folder, mut workbench) = workbench(SAMPLE);
    let values: Vec<(String, Value)> = values.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect();
    workbench.override_values(&values).unwrap();
    plan(&Basis::of(&workbench), &Selection::default()).unwrap()
}

fn scenario<'a>(option: &'a OptionPlan, demand: &str) -> &'a ScenarioPlan {
    option.scenarios.iter().find(|s| s.demand == demand).unwrap()
}

/// One line a quarter: what a golden file would hold.
fn fleet_lines(scenario: &ScenarioPlan) -> Vec<String> {
    let line = |q: &assay_service::capacity::PlannedQuarter| {
        format!(
            "{} need {} ({}-{}) +{} -{} order {} have {} miss {}",
            q.quarter,
            q.needed,
            q.needed_low,
            q.needed_high,
            q.arriving,
            q.retiring,
            q.to_order,
            q.in_service,
            q.missing
        )
    };
    scenario.quarters.iter().map(line).collect()
}

#[test]
fn the_bought_fleet_of_the_sample() {
    let plan = planned(SAMPLE);
    assert!(plan.sample);
    let option = plan.option("server-buy").unwrap();
    assert_eq!(option.ownership, Ownership::Bought);
    let base = scenario(option, "base");
    assert_eq!(fleet_lines(base), BASE);

    // The first quarter by hand: 1.5e12 items a month grow by 2 % a month, at a peak of 1.8, on units of 8 x 40000 a
    // second of which 60 % are used and 99 % are up; one spare.
    let peak = 1.5e12 * 1.02f64.powi(2) / (730.0 * 3600.0) * 1.8;
    let first = &base.quarters[0];
    assert!((first.peak_per_sec / peak - 1.0).abs() < 1e-12);
    assert_eq!(first.units_for_load, (peak / (320_000.0 * 0.6 * 0.99)).ceil() as u64);
    assert_eq!(first.needed, first.units_for_load.max(first.units_for_latency.unwrap()) + 1);

    // Orders sixteen weeks ahead, never before the day of planning.
    let order = &base.orders[0];
    assert_eq!(order.order_by.unwrap().to_string(), "2027-03-11");
    assert!(base.orders.iter().all(|order| order.order_by.unwrap() >= plan.as_of));
    assert_eq!(order.price, Some(290_000.0 * order.units as f64));
    let ordered: u64 = base.orders.iter().map(|order| order.units).sum();
    let paid: f64 = base.orders.iter().map(|order| order.price.unwrap()).sum();
    let lines = |kind: CostLineKind| -> f64 {
        base.quarters.iter().flat_map(|q| &q.lines).filter(|line| line.kind == kind).map(|line| line.amount).sum()
    };
    let running = lines(CostLineKind::Upkeep) + lines(CostLineKind::Energy);
    assert!((base.cash.unwrap() - paid - running).abs() < 1e-6, "{ordered}");
    assert!((base.cost.unwrap() - lines(CostLineKind::Depreciation) - running).abs() < 1e-6);
    assert!(lines(CostLineKind::Depreciation) < paid);
}

const BASE: [&str; 12] = [
    "2027-Q1 need 7 (7-8) +2 -0 order 0 have 7 miss 0",
    "2027-Q2 need 7 (7-8) +0 -0 order 0 have 7 miss 0",
    "2027-Q3 need 8 (7-9) +0 -0 order 1 have 8 miss 0",
    "2027-Q4 need 10 (10-11) +0 -0 order 2 have 10 miss 0",
    "2028-Q1 need 9 (8-9) +0 -3 order 2 have 9 miss 0",
    "2028-Q2 need 9 (9-10) +0 -0 order 0 have 9 miss 0",
    "2028-Q3 need 10 (9-10) +0 -0 order 1 have 10 miss 0",
    "2028-Q4 need 13 (12-14) +0 -0 order 3 have 13 miss 0",
    "2029-Q1 need 11 (10-12) +0 -0 order 0 have 13 miss 0",
    "2029-Q2 need 11 (10-12) +0 -0 order 0 have 13 miss 0",
    "2029-Q3 need 12 (11-13) +0 -0 order 0 have 13 miss 0",
    "2029-Q4 need 16 (15-18) +0 -0 order 3 have 16 miss 0",
];

#[test]
fn limits_are_said_with_their_quarter() {
    let plan = planned(SAMPLE);
    let option = plan.option("server-buy").unwrap();
    let high = scenario(option, "high");
    assert!(!plan.met);
    // 190 kW are 21 units of 9 kW, 168 U are 21 units of 8 U.
    for kind in [ShortfallKind::Power, ShortfallKind::Rack] {
        let found: Vec<_> = high.shortfalls.iter().filter(|s| s.kind == kind).map(|s| s.quarter).collect();
        let over: Vec<_> = high.quarters.iter().filter(|q| q.in_service > 21).map(|q| q.quarter).collect();
        assert!(!over.is_empty());
        assert_eq!(found, over);
    }
    // What arrives too late is missing in the first quarter.
    let first = &high.quarters[0];
    assert!(first.missing > 0 && first.to_order == 0);
    assert!(high.shortfalls.iter().any(|s| s.kind == ShortfallKind::Units && s.quarter == first.quarter));
}

#[test]
fn a_longer_lead_time_never_lowers_what_is_missing() {
    let missing = |weeks: u32| -> u64 {
        let plan = with(&[("capacity.lead_time_weeks", weeks.into())]);
        let option = plan.option("server-buy").unwrap();
        option.scenarios.iter().flat_map(|s| &s.quarters).map(|q| q.missing).sum()
    };
    let found: Vec<u64> = [0, 5, 6, 16, 26, 52, 104, 400].map(missing).to_vec();
    assert!(found.is_sorted(), "{found:?}");
    assert!(found[0] == 0 && found[7] > 0, "{found:?}");
    // A lead time that is not known gives no days to order, and is said.
    let plan = with(&[("capacity.lead_time_weeks", Value::Null)]);
    let option = plan.option("server-buy").unwrap();
    let base = scenario(option, "base");
    assert!(base.orders.iter().all(|order| order.order_by.is_none()) && !base.orders.is_empty());
    assert!(option.inputs.iter().any(|fact| fact.key == "lead_time_weeks" && fact.value.is_none()));
}

#[test]
fn the_rented_mix_uses_the_offers_of_the_same_unit_and_saves() {
    let plan = planned(SAMPLE);
    let option = plan.option("h100-rent").unwrap();
    assert_eq!(option.ownership, Ownership::Rented);
    let base = scenario(option, "base");
    let mix = base.mix.as_ref().unwrap();
    let names: Vec<&str> = mix.contracts.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["reserved 3y", "reserved 1y"]);
    assert!(mix.contracts.iter().all(|c| c.source.contains("a3-highgpu-8g") && c.source.contains("us-central1")));
    assert!(mix.total < mix.all_rented.unwrap() && mix.spot_per_hour.is_some());
    for (quarter, months) in base.quarters.iter().zip(mix.months.chunks(3)) {
        assert_eq!(quarter.missing, 0);
        let lines: f64 = quarter.lines.iter().map(|line| line.amount).sum();
        let cost: f64 = months.iter().map(|m| m.cost).sum();
        assert!((lines - cost).abs() < 1e-6 * cost && (quarter.cost.unwrap() - cost).abs() < 1e-6);
    }
    // Without spot and mark-up the mix is exact: forbidding a way is never cheaper.
    let exact =
        [("capacity.commitments.spot", Value::Null), ("capacity.commitments.reserved_3y.risk_markup", 0.into())];
    let total = |plan: &CapacityPlan| scenario(plan.option("h100-rent").unwrap(), "base").mix.as_ref().unwrap().total;
    let all_ways = total(&with(&exact));
    for way in ["capacity.commitments.reserved_1y", "capacity.commitments.reserved_3y"] {
        let fewer = [&exact[..], &[(way, Value::Null)]].concat();
        assert!(total(&with(&fewer)) >= all_ways * (1.0 - 1e-12), "{way}");
    }
    assert!(option.hedged.is_some());
    // Stated discounts win over the offers.
    let discounted = with(&[("capacity.commitments.reserved_3y.discount", 0.9.into())]);
    let option = discounted.option("h100-rent").unwrap();
    let mix = scenario(option, "base").mix.as_ref().unwrap();
    let three = mix.contracts.iter().find(|c| c.term_months == 36).unwrap();
    assert!((three.rate_per_hour - 0.1 * mix.rent_per_hour.unwrap()).abs() < 1e-9);
    assert_eq!(three.evidence, assay_base::Evidence::Assumed);
}

#[test]
fn a_quota_and_an_impossible_latency_are_shortfalls() {
    let quota =
        SAMPLE.replace("  fleets:\n", "  fleets:\n    - { id: h100-rent, max_units: 4, lead_time_weeks: 10 }\n");
    let quota = planned(&quota);
    let base = scenario(quota.option("h100-rent").unwrap(), "base");
    assert_eq!((base.quarters[0].in_service, base.quarters[1].in_service), (0, 4));
    assert_eq!(base.shortfalls.iter().filter(|s| s.kind == ShortfallKind::Units).count(), 12);
    let slow = with(&[("capacity.latency.mean_service_secs", 0.05.into())]);
    let slow = scenario(slow.option("h100-rent").unwrap(), "low");
    assert!(slow.shortfalls.iter().all(|s| s.kind == ShortfallKind::Latency) && slow.shortfalls.len() == 12);
}

#[test]
fn a_tight_latency_needs_more_units_than_the_load() {
    let tight = with(&[
        ("capacity.latency.max_secs", 0.002_001.into()),
        ("capacity.latency.slots_per_unit", 1.into()),
        ("capacity.target_utilisation", 1.into()),
    ]);
    let base = scenario(tight.option("h100-rent").unwrap(), "base");
    assert!(base.quarters.iter().all(|q| q.units_for_latency.unwrap() >= q.units_for_load));
    assert!(base.quarters.iter().any(|q| q.units_for_latency.unwrap() > q.units_for_load));
}

#[test]
fn a_service_costs_by_the_item() {
    let plan = planned(SAMPLE);
    let option = plan.option("service").unwrap();
    assert_eq!((option.ownership, option.unknown.as_deref()), (Ownership::Service, None));
    let low = scenario(option, "low");
    let items: f64 = plan.demand[0].monthly_items.iter().sum();
    assert!((low.cost.unwrap() / (items * 0.15e-6) - 1.0).abs() < 1e-12);
}

#[test]
fn what_is_not_known_stays_unknown() {
    let text = SAMPLE
        .replace("offer: gcp-a3-highgpu-8g-us-central1-on-demand", "offer: nobody-sells-this")
        .replace("throughput: { from: assumed, items_per_sec: 1, ", "throughput: { from: measured }\n    #")
        .replace("from: items, price_per_million_items: 0.15", "from: hourly, price_per_unit_hour: 1");
    let plan = planned(&text);
    let rented = plan.option("h100-rent").unwrap();
    let base = scenario(rented, "base");
    assert_eq!((rented.ownership, base.cost, base.cash, base.mix.is_none()), (Ownership::Unknown, None, None, true));
    assert!(base.quarters[0].needed > 0);
    let unmeasured = plan.option("service").unwrap();
    assert!(unmeasured.unknown.as_ref().unwrap().contains("not been measured"), "{unmeasured:?}");
    assert!(unmeasured.scenarios.is_empty());
}

#[test]
fn a_study_without_the_section_is_planned_from_its_demand() {
    let (start, end) = (SAMPLE.find("\ncapacity:").unwrap(), SAMPLE.find("\nbaseline:").unwrap());
    let text = format!("{}{}", &SAMPLE[..start], &SAMPLE[end..])
        .replace("capacity.lead_time_weeks: 52", "demand.growth_per_month: 0");
    let plan = planned(&text);
    assert_eq!(plan.demand.len(), 1);
    assert_eq!(plan.quarters[0].quarter.to_string(), "2027-Q1");
    let rented = plan.option("h100-rent").unwrap();
    // Around the clock on demand, as the evaluation counts it.
    let (_folder, workbench) = workbench(&text);
    let evaluated = workbench.assessment().evaluation("h100-rent").unwrap().tco.as_ref().unwrap().total.amount;
    let planned = rented.scenarios[0].cost.unwrap();
    assert!((planned / evaluated - 1.0).abs() < 1e-9, "{planned} {evaluated}");
}

#[test]
fn scenarios_and_selections() {
    let (_folder, mut workbench) = workbench(SAMPLE);
    workbench.apply(Command::SelectScenario(Some("slow-delivery".to_owned()))).unwrap();
    let selection = Selection { options: vec!["server-buy".to_owned()], demand: vec!["base".to_owned()] };
    let slow = plan(&Basis::of(&workbench), &selection).unwrap();
    assert_eq!((slow.scenario.as_deref(), slow.options.len(), slow.demand.len()), (Some("slow-delivery"), 1, 1));
    assert!(!slow.met);
    let wrong = Selection { options: vec!["server-by".to_owned()], demand: Vec::new() };
    let error = plan(&Basis::of(&workbench), &wrong).unwrap_err().to_string();
    assert!(error.contains("did you mean `server-buy`"), "{error}");
}

#[test]
fn every_figure_of_every_plan_is_finite() {
    fn walk(path: &str, value: &Value) {
        match value {
            Value::Number(number) => assert!(number.as_f64().is_some_and(f64::is_finite), "{path}"),
            Value::Array(list) => list.iter().for_each(|inner| walk(path, inner)),
            Value::Object(map) => map.iter().for_each(|(key, inner)| walk(&format!("{path}.{key}"), inner)),
            _ => {}
        }
    }
    for (path, value) in [
        ("demand.peak_to_average", Value::from(1000)),
        ("assumptions.horizon_months", 1.into()),
        ("assumptions.horizon_months", 119.into()),
        ("assumptions.availability", 0.5.into()),
        ("capacity.commitments.on_demand", false.into()),
        ("capacity.load_profile", Value::Array(vec![0.into(), 1.into()])),
        ("capacity.commitments.spot.max_share", 1.into()),
    ] {
        let plan = with(&[(path, value)]);
        // NaN and infinity would be null where a number must stand.
        let document = serde_json::to_value(&plan).unwrap();
        walk(path, &document);
        for option in plan.options.iter().filter(|o| o.unknown.is_none()) {
            for scenario in &option.scenarios {
                assert!(scenario.cost.is_none_or(f64::is_finite) && scenario.cash.is_none_or(f64::is_finite), "{path}");
                for quarter in &scenario.quarters {
                    assert!(quarter.in_service + quarter.missing >= quarter.needed, "{path}");
                    assert!(quarter.needed_low <= quarter.needed && quarter.needed <= quarter.needed_high, "{path}");
                }
            }
        }
    }
}
