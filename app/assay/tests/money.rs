//! What `assay cost` says of money, end to end.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::Value;
use support::{arg, failure, json, stdout};

/// A study that needs no measurement: every way to pay, distributions, tax, carbon.
fn study(folder: &std::path::Path) -> String {
    let text = include_str!("../../service/tests/studies/everything.yaml");
    std::fs::write(folder.join("study.yaml"), text).unwrap();
    arg(folder).to_owned()
}

fn of<'a>(document: &'a Value, id: &str) -> &'a Value {
    document["options"].as_array().unwrap().iter().find(|o| o["id"] == id).unwrap()
}

#[test]
fn the_tables_fit_and_say_on_what_basis() {
    let folder = tempfile::tempdir().unwrap();
    let text = stdout(&["cost", &study(folder.path()), "--samples", "500", "--seed", "3"]);
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
    }
    for expected in [
        "SAMPLE",
        "nominal",
        "after tax of 25",
        "Return against the baseline",
        "Total cost by component",
        "year 3",
        "Break-even",
        "NPV P10",
        "Measure this next",
        "Do not wait",
        "default of 2026-11-20",
    ] {
        assert!(
            text.contains(expected) || (expected == "Do not wait" && text.contains("Waiting is worth")),
            "{expected}: {text}"
        );
    }
    let quarterly = stdout(&["cost", &study(folder.path()), "--quarterly"]);
    assert!(quarterly.contains("quarter 12") && !quarterly.contains("year 3"), "{quarterly}");
}

#[test]
fn json_has_the_documented_keys() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    let document = json(&["cost", &study, "--samples", "500", "--format", "json"]);
    let described = include_str!("../../../docs/cost-json.md");
    for key in document.as_object().unwrap().keys().chain(of(&document, "purchase").as_object().unwrap().keys()) {
        assert!(described.contains(&format!("`{key}`")), "docs/cost-json.md does not describe {key}");
    }
    let bought = of(&document, "purchase");
    assert!(bought["carbon_kg"].as_f64().unwrap() > 0.0 && bought["equivalent_annual_cost"].is_number());
    assert_eq!(bought["cash_flow"]["monthly"].as_array().unwrap().len(), 37);
    assert!(of(&document, "hourly")["tokens"]["per_million_input"].is_number());
    assert!(document["waiting"][0]["value"].is_number() && document["break_evens"].as_array().unwrap().len() > 10);
    // Correlated inputs have no indices.
    assert!(document["uncertainty"]["sensitivity"].is_null());
    let csv = stdout(&["cost", &study, "--format", "csv"]);
    assert!(csv.lines().count() == 10 && csv.starts_with("id,name"), "{csv}");
}

#[test]
fn lens_set_and_scenario_change_the_figures() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    let cost = |more: &[&str]| {
        let arguments: Vec<&str> = ["cost", &study, "--format", "json"].iter().chain(more).copied().collect();
        let document = json(&arguments);
        of(&document, "purchase")["tco"].as_f64().unwrap()
    };
    let plan = cost(&[]);
    assert!(cost(&["--lens", "marginal"]) < plan);
    assert!(cost(&["--scenario", "dear"]) > plan);
    assert!(cost(&["--set", "assumptions.pue={ triangular: [1.9, 2, 2.1] }"]) > plan);
    // What is set counts above the scenario.
    let both = ["--scenario", "dear", "--set", "assumptions.electricity_price_per_kwh=0.12"];
    assert!((cost(&both) / plan - 1.0).abs() < 0.01);
    for (set, expected) in [
        ("finance.inflation_per_year=null", "state `finance.inflation_per_year`"),
        ("options.purchase.price.factor=-1", "options.purchase.price.factor"),
        ("options.purchase.power_basis=facility", "options.purchase.host_power_watts_per_unit"),
        ("finance.tax.rat=0.2", "did you mean `rate`"),
    ] {
        let error = failure(&["cost", &study, "--set", set], 2);
        assert!(error.contains(expected), "{set}: {error}");
    }
    // A requirement that nothing meets is a "no": nothing here has a latency, so nothing is excluded.
    stdout(&["cost", &study, "--set", "requirements.max_p99_latency_secs=0.001"]);
}
