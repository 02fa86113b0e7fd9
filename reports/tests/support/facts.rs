//! Odds, break-evens, hardware and model cards, invented for tests.

use assay_base::NumericFormat;
use assay_cost_models::evaluation::{Driver, Metric, cost_curves};
use assay_cost_models::{Assumptions, Evaluation, OptionInput};
use assay_reports::content::{
    AssumedFact, BreakEvenFacts, Crossover, HardwareFacts, ModelCard, OptionOdds, PaysBack, SpeedUp, UncertaintyFacts,
    VolumeCurve, WaitingFacts, WaitingValue,
};

pub fn uncertainty(evaluations: &[Evaluation]) -> UncertaintyFacts {
    let ranked: Vec<&Evaluation> = evaluations.iter().filter(|found| found.rank.is_some()).collect();
    let odds = |found: &&Evaluation| {
        let cost = found.tco.as_ref().unwrap().present_value.amount;
        let npv = found.npv().filter(|_| !found.is_baseline).map(|npv| npv.amount);
        OptionOdds {
            id: found.id.clone(),
            cost: [cost * 0.9, cost, cost * 1.2],
            npv: npv.map(|npv| [npv * 0.8, npv, npv * 1.1]),
            positive_npv: npv.map(|npv| if npv > 0.0 { 0.97 } else { 0.02 }),
            best: if found.rank == Some(1) { 0.83 } else { 0.17 / (ranked.len() - 1) as f64 },
        }
    };
    UncertaintyFacts {
        samples: 4_000,
        seed: 42,
        inputs: 7,
        together: vec![vec!["L4".to_owned(), "H100".to_owned()]],
        options: ranked.iter().map(odds).collect(),
        information: vec![("throughput of NVIDIA L4, rented on demand".to_owned(), 12_500.0), ("PUE".to_owned(), 1e-9)],
    }
}

pub fn waiting() -> Vec<WaitingFacts> {
    let value = WaitingValue {
        now: 310_000.0,
        staying: 1_700_000.0,
        waiting: 420_000.0,
        value: -110_000.0,
        scenarios: vec![("prices fall".to_owned(), 0.6, -90_000.0), ("prices stay".to_owned(), 0.4, -140_000.0)],
    };
    let waited = |value| WaitingFacts {
        option: "h100-buy".to_owned(),
        meanwhile: "this-machine".to_owned(),
        months: 12,
        source: "Made up for tests".to_owned(),
        value,
    };
    vec![waited(Ok(value)), waited(Err("the option has no price".to_owned()))]
}

pub fn break_evens() -> Vec<BreakEvenFacts> {
    let at = |driver, now, found| BreakEvenFacts {
        option: "l4-rent".to_owned(),
        against: "this-machine".to_owned(),
        driver,
        now,
        range: [now * 0.1, now * 10.0],
        found,
    };
    let cheaper =
        |below: &str, above: &str, value| Crossover::At { value, below: below.to_owned(), above: above.to_owned() };
    vec![
        at(Driver::Volume, 2e10, cheaper("this-machine", "l4-rent", 3.1e8)),
        at(Driver::Utilisation, 0.6, Crossover::Never(Some("l4-rent".to_owned()))),
        at(Driver::Horizon, 36.0, cheaper("this-machine", "l4-rent", 4.0)),
        at(Driver::PriceFactor("l4-rent".to_owned()), 1.0, Crossover::Never(None)),
        at(Driver::Throughput("l4-rent".to_owned()), 22_000.0, Crossover::Unknown("its price is unknown".to_owned())),
    ]
}

pub fn volume_curves(inputs: &[OptionInput], assumptions: &Assumptions) -> Vec<VolumeCurve> {
    let found = cost_curves(inputs, assumptions, &Driver::Volume, (2e8, 4e10), 25, Metric::PresentValue).unwrap();
    let points = |figures: &[Option<f64>]| -> Vec<[f64; 2]> {
        found.values.iter().zip(figures).filter_map(|(x, y)| Some([*x, (*y)?])).collect()
    };
    found.lines.iter().map(|line| VolumeCurve { option: line.id.clone(), points: points(&line.figures) }).collect()
}

pub fn hardware() -> Vec<HardwareFacts> {
    let known = |options: &[&str], name: &str, year, memory: f64, bandwidth, peak, tdp| HardwareFacts {
        options: options.iter().map(|&id| id.to_owned()).collect(),
        name: name.to_owned(),
        year: Some(year),
        lifecycle: Some("generally available".to_owned()),
        memory_bytes: Some(memory),
        bandwidth_bytes_per_sec: Some(bandwidth),
        format: Some(NumericFormat::Bf16),
        peak_flops_per_sec: Some(peak),
        tdp_watts: tdp,
        link_bytes_per_sec: None,
        evidence: vec![assay_base::Evidence::Vendor],
        stacks: vec!["CUDA".to_owned(), "TensorRT".to_owned()],
        offers: 12,
        newest_quote: Some(jiff::civil::date(2026, 8, 20)),
    };
    vec![
        known(&["l4-rent"], "NVIDIA L4", 2023, 24e9, 300e9, 121e12, Some(72.0)),
        known(&["h100-rent", "h100-buy"], "NVIDIA H100 SXM5 80GB", 2022, 80e9, 3.35e12, 989e12, Some(700.0)),
        HardwareFacts {
            lifecycle: None,
            newest_quote: None,
            evidence: Vec::new(),
            stacks: Vec::new(),
            ..known(&["inferentia2-rent"], "AWS Inferentia2", 2023, 32e9, 820e9, 190e12, None)
        },
    ]
}

pub fn model_cards() -> Vec<ModelCard> {
    vec![ModelCard {
        method: "roofline from one accelerator".to_owned(),
        fitted_on: "results invented for tests".to_owned(),
        n: 51,
        not_predicted: 4,
        median_error: Some(0.13),
        p90_error: Some(0.37),
        range_used: Some([0.3, 1.2]),
        limits: vec!["It knows nothing of software that is not there yet".to_owned()],
    }]
}

/// Two compilers held against running without one.
pub fn speed_ups() -> Vec<SpeedUp> {
    let row = |workload: &str, stack: &str, speed_up: Option<f64>, pays_back| SpeedUp {
        workload: workload.to_owned(),
        device: "NVIDIA H100".to_owned(),
        stack: stack.to_owned(),
        baseline: "torch-eager".to_owned(),
        speed_up,
        interval: speed_up.map(|ratio| [ratio * 0.97, ratio * 1.04]),
        compile_secs: Some(2.6),
        pays_back,
    };
    vec![
        row("encoder-block-fp32", "inductor", Some(1.46), PaysBack::AfterItems(52_000.0)),
        row("encoder-block-fp32", "triton", Some(1.31), PaysBack::AfterItems(31_000.0)),
        row("gemm-fp32", "inductor", Some(0.98), PaysBack::Never),
        row("gemm-fp32", "tvm", None, PaysBack::Unknown),
    ]
}

/// A few inputs of each origin.
pub fn assumed() -> Vec<AssumedFact> {
    let of = |key: &str, label: &str, text: &str, default: Option<&str>, origin: &str| AssumedFact {
        key: key.to_owned(),
        label: label.to_owned(),
        value: None,
        text: text.to_owned(),
        unit: String::new(),
        default: default.map(str::to_owned),
        origin: origin.to_owned(),
        source: "study.yaml".to_owned(),
    };
    vec![
        of("horizon_months", "Horizon", "36 months", Some("36 months"), "default of 2026-11-20"),
        of("discount_rate_annual", "Discount rate", "9 % a year", Some("8 % a year"), "stated in the study"),
    ]
}
