//! `assay capacity` and the FOCUS export, driven end to end.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{arg, failure, run, stdout};

fn sample(folder: &Path) -> String {
    let text = include_str!("../../../assets/studies/capacity-sample/study.yaml");
    std::fs::write(folder.join("study.yaml"), text).unwrap();
    arg(folder).to_owned()
}

#[test]
fn a_plan_that_falls_short_is_a_no() {
    let folder = tempfile::tempdir().unwrap();
    let study = &sample(folder.path());
    let whole = run(&["capacity", study, "--format", "json"]);
    assert_eq!(whole.status.code(), Some(1), "{}", String::from_utf8_lossy(&whole.stderr));
    let plan: Value = serde_json::from_slice(&whole.stdout).unwrap();
    assert_eq!((&plan["met"], plan["options"].as_array().unwrap().len()), (&Value::Bool(false), 3));
    for key in ["id", "name", "ownership", "inputs", "fleet_evidence", "cost_evidence", "scenarios", "warnings"] {
        assert!(plan["options"][0].get(key).is_some(), "{key}");
    }
    // The sample's base demand is met by what is rented, and at a price.
    let base = ["capacity", study, "--option", "h100-rent", "--demand", "base", "--format", "json"];
    let plan: Value = serde_json::from_str(&stdout(&base)).unwrap();
    let scenario = &plan["options"][0]["scenarios"][0];
    assert!(plan["met"] == true && scenario["cost"].as_f64().unwrap() > 0.0);
    assert!(scenario["mix"]["total"].as_f64() < scenario["mix"]["all_rented"].as_f64());
}

#[test]
fn the_tables_are_readable_at_100_columns() {
    let folder = tempfile::tempdir().unwrap();
    let study = &sample(folder.path());
    let text = String::from_utf8(run(&["capacity", study]).stdout).unwrap();
    for part in
        ["SAMPLE", "Demand:", "Fleet against demand", "Orders to place", "Cheapest mix", "reserved 3y", "2027-Q1"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 100).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    let lines = run(&["capacity", study, "--format", "csv"]).stdout;
    // Three options, three forecasts, twelve quarters, and the header.
    assert_eq!(String::from_utf8(lines).unwrap().lines().count(), 1 + 3 * 3 * 12);
}

#[test]
fn values_are_set_and_mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let study = &sample(folder.path());
    let later =
        ["capacity", study, "--option", "server-buy", "--set", "capacity.lead_time_weeks=60", "--format", "json"];
    let output = run(&later);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains(" missing: an order made now"));
    let error = failure(&["capacity", study, "--option", "h100"], 2);
    assert!(error.contains("no option `h100`"), "{error}");
    let error = failure(&["capacity", study, "--set", "capacity.spare_units=-1"], 2);
    assert!(error.contains("spare_units") || error.contains("does not fit"), "{error}");
}

#[test]
fn the_payments_are_written_as_focus_rows() {
    let folder = tempfile::tempdir().unwrap();
    let study = &sample(folder.path());
    let file = folder.path().join("out/focus.csv");
    let cost: Value =
        serde_json::from_str(&stdout(&["cost", study, "--focus", arg(&file), "--format", "json"])).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("BilledCost,BillingAccountId,"));
    assert!(text.lines().count() > 3 * 36 && cost["options"].as_array().unwrap().len() == 3);
    let blocked = folder.path().join("study.yaml/focus.csv");
    assert!(failure(&["cost", study, "--focus", arg(&blocked)], 2).contains("cannot be written"));
}
