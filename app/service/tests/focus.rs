//! The FOCUS export, held against the specification's columns.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

use assay_service::{Workbench, focus};

const SAMPLE: &str = include_str!("../../../assets/studies/capacity-sample/study.yaml");
const EVERYTHING: &str = include_str!("studies/everything.yaml");

fn workbench(text: &str) -> (tempfile::TempDir, Workbench) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("study.yaml"), text).unwrap();
    let workbench = Workbench::open(folder.path()).unwrap();
    (folder, workbench)
}

fn rows(workbench: &Workbench) -> Vec<BTreeMap<String, String>> {
    let bytes = focus::csv(workbench.assessment(), workbench.catalog(), workbench.scenario()).unwrap();
    csv::Reader::from_reader(bytes.as_slice()).deserialize().map(Result::unwrap).collect()
}

/// The sample as a reserved and a spot option, too.
fn ways_to_pay() -> String {
    SAMPLE.replace(
        "  - id: server-buy\n    name",
        "  - id: reserved
    name: Reserved
    price: { from: reserved, price_per_unit_hour: 30, upfront_per_unit: 100000, term_months: 12, accelerators_per_unit: 8, source: Made up }
    throughput: { from: assumed, items_per_sec: 40000, source: Made up }
  - id: spot
    name: Spot
    price: { from: spot, price_per_unit_hour: 30, accelerators_per_unit: 8, source: Made up }
    throughput: { from: assumed, items_per_sec: 40000, source: Made up }
  - id: server-buy\n    name",
    )
}

#[test]
fn both_costs_sum_to_the_total_to_the_cent() {
    for text in [ways_to_pay(), EVERYTHING.to_owned()] {
        let (_folder, workbench) = workbench(&text);
        let rows = rows(&workbench);
        let mut options = 0;
        for evaluation in &workbench.assessment().evaluations {
            let own = || rows.iter().filter(|row| row["x_OptionId"] == evaluation.id);
            let Some(tco) = &evaluation.tco else {
                assert_eq!(own().count(), 0);
                continue;
            };
            options += 1;
            for column in ["BilledCost", "EffectiveCost"] {
                let sum: f64 = own().map(|row| row[column].parse::<f64>().unwrap()).sum();
                assert!(
                    (sum - tco.total.amount).abs() < 0.005,
                    "{} {column}: {sum} {}",
                    evaluation.id,
                    tco.total.amount
                );
            }
        }
        assert!(options > 0);
    }
}

#[test]
fn the_pricing_follows_the_way_to_pay() {
    let (_folder, workbench) = workbench(&ways_to_pay());
    let rows = rows(&workbench);
    let of = |option: &str, component: &str| {
        let found: Vec<_> =
            rows.iter().filter(|r| r["x_OptionId"] == option && r["x_Component"] == component).collect();
        assert!(!found.is_empty(), "{option} {component}");
        found
    };
    assert!(
        of("h100-rent", "compute rent")
            .iter()
            .all(|r| r["PricingCategory"] == "Standard" && r["ProviderName"] == "GCP")
    );
    assert!(of("spot", "compute rent").iter().all(|r| r["PricingCategory"] == "Dynamic"));
    let reserved = of("reserved", "compute rent");
    assert!(reserved.iter().all(|r| r["PricingCategory"] == "Committed" && r["CommitmentDiscountStatus"] == "Used"));
    let upfront = of("reserved", "upfront commitment");
    assert!(upfront.iter().all(|r| r["ChargeCategory"] == "Purchase" && r["EffectiveCost"] == "0"));
    assert!(upfront.iter().all(|r| r["CommitmentDiscountStatus"].is_empty() && !r["CommitmentDiscountId"].is_empty()));
    // The items of a month are counted once.
    let counted: f64 = of("service", "service").iter().map(|r| r["x_InferenceCount"].parse::<f64>().unwrap()).sum();
    let assumptions = &workbench.assessment().assumptions;
    let items: f64 = assumptions.demand.items(36).unwrap().iter().sum();
    assert!((counted / items - 1.0).abs() < 1e-12);
    assert_eq!(of("service", "service")[0]["ChargePeriodStart"], "2027-01-01T00:00:00Z");
}

#[test]
fn the_rows_keep_the_specification() {
    let specification = Path::new("../../../shared/data/focus_columns_v1.2.csv");
    if !specification.is_file() {
        eprintln!("skipped: {} is absent", specification.display());
        return;
    }
    let known: Vec<BTreeMap<String, String>> =
        csv::Reader::from_path(specification).unwrap().deserialize().map(Result::unwrap).collect();
    let spec: BTreeMap<&str, &BTreeMap<String, String>> = known.iter().map(|c| (c["column_id"].as_str(), c)).collect();
    for column in focus::COLUMNS {
        assert!(spec.contains_key(column) || column.starts_with("x_"), "{column}");
    }
    for (id, column) in &spec {
        assert!(column["feature_level"] != "Mandatory" || focus::COLUMNS.contains(id), "{id} is mandatory");
    }
    for text in [ways_to_pay(), EVERYTHING.to_owned()] {
        let (_folder, workbench) = workbench(&text);
        for row in rows(&workbench) {
            for (id, value) in row.iter().filter(|(id, _)| !id.starts_with("x_")) {
                check(spec[id.as_str()], id, value);
            }
            conditions(&row);
        }
    }
}

fn check(column: &BTreeMap<String, String>, id: &str, value: &str) {
    if value.is_empty() {
        assert_eq!(column["allows_nulls"], "True", "{id} must not be null");
        return;
    }
    let allowed = &column["allowed_values"];
    assert!(allowed.is_empty() || allowed.split("; ").any(|word| word == value), "{id}: {value}");
    match column["data_type"].as_str() {
        "Decimal" => assert!(value.parse::<f64>().is_ok_and(f64::is_finite) && !value.contains(','), "{id}: {value}"),
        "Date/Time" => {
            let instant: jiff::Timestamp = value.parse().unwrap();
            assert!(value.len() == 20 && value.ends_with('Z') && instant.to_string() == value, "{id}: {value}");
        }
        _ => {}
    }
}

/// The null rules of the specification that the column list does not have.
fn conditions(row: &BTreeMap<String, String>) {
    let is = |column: &str, value: &str| row[column] == value;
    let null = |column: &str| row[column].is_empty();
    assert!(row["ChargePeriodStart"] < row["ChargePeriodEnd"] && row["BillingPeriodStart"] < row["BillingPeriodEnd"]);
    assert!(null("ChargeClass"), "nothing is corrected");
    assert_eq!(null("PricingQuantity"), null("PricingUnit"));
    assert_eq!(null("ConsumedQuantity"), null("ConsumedUnit"));
    if is("ChargeCategory", "Tax") {
        assert!(null("PricingQuantity") && null("PricingCategory"));
    }
    if is("ChargeCategory", "Usage") || is("ChargeCategory", "Purchase") {
        assert!(!null("PricingQuantity") && !null("PricingCategory"), "{row:?}");
    }
    for column in ["CommitmentDiscountCategory", "CommitmentDiscountType", "CommitmentDiscountQuantity"] {
        assert_eq!(null(column), null("CommitmentDiscountId"), "{column}: {row:?}");
    }
    let used = !null("CommitmentDiscountId") && is("ChargeCategory", "Usage");
    assert_eq!(!null("CommitmentDiscountStatus"), used, "{row:?}");
    if is("PricingCategory", "Committed") {
        assert!(!null("CommitmentDiscountId"));
    }
    if is("ChargeCategory", "Purchase") {
        assert!(!is("ChargeFrequency", "Usage-Based"), "{row:?}");
    }
}
