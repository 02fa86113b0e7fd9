//! The figures that `benches/npv.py` is held to are those of the simulation.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../benches/study/mod.rs"]
mod study;

use assay_cost_models::evaluate;

#[test]
fn the_stored_figures_are_the_simulations() {
    let path = "benches/npv.json";
    let stored: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let stored = |name: &str| stored[name].as_f64().unwrap();
    let samples = 50_000;
    let npv = study::npv().run(samples, 2).unwrap().options[1].npv.unwrap();
    let error = stored("sd") / (samples as f64).sqrt();
    assert!((npv.mean - stored("mean")).abs() < 4.0 * error, "{npv:?}");
    for (found, name) in [(npv.sd, "sd"), (npv.p10, "p10"), (npv.p50, "p50"), (npv.p90, "p90")] {
        assert!((found - stored(name)).abs() < 8.0 * error, "{name}: {found}");
    }
}

#[test]
fn all_twelve_options_of_the_benchmark_are_ranked() {
    let (options, assumptions) = study::twelve();
    let evaluations = evaluate(&options, &assumptions).unwrap();
    assert!(evaluations.len() == 12 && evaluations.iter().all(|evaluation| evaluation.rank.is_some()));
}
