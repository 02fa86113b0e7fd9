//! What documents about the sample study are made of, with measurements invented for tests.

use assay_base::{Currency, Evidence, Money, NumericFormat};
use assay_core::device::{Device, DeviceKind, StackId};
use assay_core::environment::{Environment, ForeignLoad};
use assay_core::evaluator::TimingMethod;
use assay_core::measurement::{Correctness, Measurement, Status, StopReason, Throughput, Timing};
use assay_core::statistics::Statistics;
use assay_core::{Suite, Workload};
use assay_cost_models::demand::Demand;
use assay_cost_models::evaluation::{Component, Depreciation, Driver, OneOffCost, Timing as When, flips};
use assay_cost_models::roofline::{EfficiencyRange, ItemWork, Projection, Roofline, project_by_roofline};
use assay_cost_models::unit_cost::Effectiveness;
use assay_cost_models::{Assumptions, Estimate, Evaluation, OptionInput, Payment, evaluate};
use assay_reports::content::{
    AnswerFacts, Ceiling, ComparedResult, Confidence, OptionFacts, PowerSource, PriceFacts, ReportInput, RunsCompared,
    Sensitivity, Swing, ThroughputFacts, WouldChange,
};
use assay_study::Study;
use std::path::Path;

use super::facts;

const CEILINGS: Roofline = Roofline { peak_flops_per_sec: 240e9, bandwidth_bytes_per_sec: 21e9 };

fn device() -> Device {
    Device { memory_bytes: Some(16 << 30), ..Device::new("cpu", DeviceKind::Cpu, "Processor of the tests") }
}

fn environment() -> Environment {
    Environment {
        assay_version: "0.1.0".to_owned(),
        host: Some("test-host".to_owned()),
        operating_system: Some("Debian GNU/Linux 12".to_owned()),
        kernel: Some("6.1.0".to_owned()),
        cpu_model: Some("Processor of the tests @ 2.80GHz".to_owned()),
        cpu_logical: Some(2),
        cpu_cores: Some(1),
        hypervisor: Some("KVM".to_owned()),
        memory_bytes: Some(16 << 30),
        versions: [("rten".to_owned(), "0.27.0".to_owned())].into(),
        ..Environment::default()
    }
}

/// Samples around a latency with a given relative spread.
fn samples(latency_secs: f64, spread: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| latency_secs * (1.0 + spread * (((i * 37) % 100) as f64 / 50.0 - 1.0))).collect()
}

fn measurement(index: usize, workload: &Workload, stack: &str, efficiency: f64, spread: f64) -> Measurement {
    let work = ItemWork { flops: workload.flops(), bytes: workload.bytes() };
    let latency = if workload.shape.kind() == "triad" {
        workload.bytes() / CEILINGS.bandwidth_bytes_per_sec
    } else {
        workload.flops() / (CEILINGS.attainable(work.intensity()) * efficiency)
    };
    let samples_secs = samples(latency, spread, 240);
    let statistics = Statistics::of(&samples_secs).unwrap();
    let throughput =
        Throughput { value: workload.items() / statistics.median_secs, unit: workload.shape.item().per_sec() };
    Measurement {
        id: format!("20261121T084207Z-3f2a-{index:03}"),
        run_id: "20261121T084207Z-3f2a".to_owned(),
        suite: Some("quick".to_owned()),
        workload: workload.clone(),
        workload_hash: workload.hash(),
        device: device(),
        stack: StackId::new(stack),
        stack_version: Some("0.1.0".to_owned()),
        target: "local".to_owned(),
        evidence: Evidence::Measured,
        started_at: jiff::Timestamp::from_second(1_795_160_000 + index as i64).unwrap(),
        seed: 1,
        status: Status::Passed,
        timing: Some(Timing {
            method: TimingMethod::HostClock,
            prepare_secs: 0.01,
            compile_secs: None,
            first_execution_secs: latency * 1.4,
            warm_up_executions: 3,
            cold_samples_secs: Vec::new(),
            samples_secs,
            stop: if index.is_multiple_of(3) { StopReason::NoiseStable } else { StopReason::NoiseBound },
            statistics,
            clocks: Default::default(),
        }),
        correctness: Some(Correctness { error_norm: Some(3.1e-7), tolerance: 1e-5, passed: true }),
        throughput: Some(throughput),
        telemetry: None,
        foreign_load: ForeignLoad { load_average: Some(0.4), steal: Some(0.01), foreign_busy_cpus: Some(0.1) },
        notes: Vec::new(),
        environment: environment(),
        placement: None,
        profile: None,
        kernel: None,
        provenance: None,
    }
}

fn not_passed(index: usize, workload: &Workload, stack: &str, status: Status) -> Measurement {
    Measurement {
        status,
        timing: None,
        correctness: None,
        throughput: None,
        ..measurement(index, workload, stack, 0.5, 0.01)
    }
}

pub fn study() -> Study {
    let text = include_str!("../../../assets/studies/sample/study.yaml");
    assay_base::yaml::parse(text, Path::new("study.yaml")).unwrap()
}

fn measurements(suite: &Suite, study: &Study) -> Vec<Measurement> {
    let mut all = Vec::new();
    for (index, workload) in suite.workloads.iter().enumerate() {
        let efficiency = if workload.shape.kind() == "gemm" { 1.0 } else { 0.9 - 0.07 * (index % 9) as f64 };
        let spread = if index == 4 { 0.12 } else { 0.01 };
        all.push(measurement(all.len(), workload, "native", efficiency, spread));
        if workload.id == study.workload {
            all.push(measurement(all.len(), workload, "rten", efficiency * 0.61, 0.02));
        }
    }
    let first = &suite.workloads[0];
    let reason = "libonnxruntime.so was not found; install the Python package onnxruntime".to_owned();
    all.push(not_passed(all.len(), first, "onnxruntime", Status::Unavailable { reason }));
    let reason = "the error norm 0.2 is above the tolerance 0.00001".to_owned();
    all.push(not_passed(all.len(), first, "rten", Status::Incorrect { reason }));
    all
}

fn usd(amount: f64) -> Money {
    Money::new(amount, Currency::USD)
}

struct Candidate {
    id: &'static str,
    hardware: &'static str,
    payment: Payment,
    price: PriceFacts,
    target: Option<Roofline>,
    power_watts: Option<f64>,
    migration: f64,
}

fn price(offer: &str, amount: f64, per: &str) -> PriceFacts {
    PriceFacts {
        offer: offer.to_owned(),
        price: usd(amount),
        per: per.to_owned(),
        source: "https://example.com/prices".to_owned(),
        as_of: Some(jiff::civil::date(2026, 11, 2)),
        evidence: Evidence::Published,
        warnings: Vec::new(),
    }
}

fn candidates() -> Vec<Candidate> {
    let rent = |amount: f64| Payment::OnDemand { price_per_unit_hour: usd(amount) };
    let roof = |peak: f64, bandwidth: f64| {
        Some(Roofline { peak_flops_per_sec: peak * 0.75, bandwidth_bytes_per_sec: bandwidth * 0.75 })
    };
    vec![
        Candidate {
            id: "this-machine",
            hardware: "Processor of the tests",
            payment: rent(0.10584),
            price: price("rented server of two processors, on demand", 0.10584, "hour"),
            target: None,
            power_watts: None,
            migration: 0.0,
        },
        Candidate {
            id: "l4-rent",
            hardware: "NVIDIA L4",
            payment: rent(0.8048),
            price: price("AWS g6.xlarge, on demand, us-east-1", 0.8048, "hour"),
            target: roof(121e12, 300e9),
            power_watts: None,
            migration: 28_000.0,
        },
        Candidate {
            id: "h100-rent",
            hardware: "NVIDIA H100 SXM",
            payment: rent(4.92),
            price: price("AWS p5.4xlarge, on demand, us-east-1", 4.92, "hour"),
            target: roof(989e12, 3.35e12),
            power_watts: None,
            migration: 28_000.0,
        },
        Candidate {
            id: "h100-buy",
            hardware: "NVIDIA H100 SXM",
            payment: Payment::Purchase {
                capex_per_unit: usd(33_000.0),
                residual_fraction: 0.15,
                life_months: 36,
                depreciation: Depreciation::StraightLine,
                opex_fraction_per_year: 0.05,
            },
            price: price("purchase of one accelerator with its share of the server", 33_000.0, "unit"),
            target: roof(989e12, 3.35e12),
            power_watts: Some(1300.0),
            migration: 57_000.0,
        },
        Candidate {
            id: "inferentia2-rent",
            hardware: "AWS Inferentia2",
            payment: Payment::Unknown { reason: "the offer has no quote in force on the pricing date".to_owned() },
            price: price("AWS inf2.xlarge, on demand", 0.0, "hour"),
            target: roof(190e12, 820e9),
            power_watts: None,
            migration: 60_000.0,
        },
    ]
}

fn projection(measured: &Estimate, workload: &Workload, target: &Roofline) -> Projection {
    let items = workload.items();
    let work = ItemWork { flops: workload.flops() / items, bytes: workload.bytes() / items };
    project_by_roofline(measured, &work, &CEILINGS, target, &EfficiencyRange::default()).unwrap()
}

fn resolve(study: &Study, candidate: Candidate, measured: &Measurement) -> (OptionFacts, OptionInput) {
    let statistics = &measured.timing.as_ref().unwrap().statistics;
    let items = measured.workload.items();
    let (fast, slow) = statistics.median_interval_secs.unwrap();
    let own = Estimate::new(items / statistics.median_secs, items / slow, items / fast, Evidence::Measured);
    let projection = candidate.target.as_ref().map(|target| projection(&own, &measured.workload, target));
    let estimate = projection.map_or(own, |projection| projection.throughput);
    let name = study.option(candidate.id).unwrap().name.clone();
    let price = match &candidate.payment {
        Payment::Unknown { reason } => Err(reason.clone()),
        _ => Ok(candidate.price),
    };
    let facts = OptionFacts {
        id: candidate.id.to_owned(),
        name: name.clone(),
        hardware: Some(candidate.hardware.to_owned()),
        accelerators_per_unit: 1,
        power: if candidate.power_watts.is_some() { PowerSource::Plug } else { PowerSource::BoardsByProfile },
        commitment: None,
        throughput: Ok(ThroughputFacts {
            disturbed: false,
            to_repeat: Vec::new(),
            per_accelerator: estimate,
            source: match projection {
                Some(_) => format!("projected from {} by roofline", measured.id),
                None => format!("measured: {} with {} ({})", measured.device.name, measured.stack, measured.id),
            },
            measurement_id: Some(measured.id.clone()),
            projection,
            p99_secs: statistics.p99_secs,
            warnings: Vec::new(),
        }),
        price,
    };
    let input = OptionInput {
        price_evidence: Evidence::Published,
        power_watts_per_unit: candidate.power_watts.map(|watts| Estimate::exact(watts, Evidence::Vendor)),
        one_off_costs: (candidate.migration > 0.0)
            .then(|| {
                let amount = Estimate::new(
                    candidate.migration,
                    candidate.migration * 0.8,
                    candidate.migration * 1.4,
                    Evidence::Assumed,
                );
                OneOffCost::new(Component::Migration, amount, Currency::USD, When::Start)
            })
            .into_iter()
            .collect(),
        is_baseline: candidate.id == study.baseline,
        ..OptionInput::new(candidate.id, name, Ok(estimate), candidate.payment)
    };
    (facts, input)
}

/// The whole input.
pub fn input() -> ReportInput {
    let study = study();
    let suite = Suite::load(&study.suite).unwrap();
    let measurements = measurements(&suite, &study);
    let measured = measurements.iter().find(|found| found.workload.id == study.workload).unwrap().clone();
    let assumptions = Assumptions {
        discount_rate_annual: study.assumptions.discount_rate_annual.value(),
        electricity_price_per_kwh: study.assumption("electricity_price_per_kwh").map(|price| usd(price.value())),
        effectiveness: Effectiveness { utilisation: 0.6, ..Effectiveness::FULL },
        pue: study.assumptions.pue.value(),
        ..Assumptions::new(
            Currency::USD,
            Demand::compound(
                study.demand.items_per_month.value(),
                study.demand.growth_per_month.value(),
                study.demand.peak_to_average.value(),
            ),
        )
    };
    let (options, inputs): (Vec<_>, Vec<_>) =
        candidates().into_iter().map(|candidate| resolve(&study, candidate, &measured)).unzip();
    let evaluations = evaluate(&inputs, &assumptions).unwrap();
    let rank = |rank: u32| evaluations.iter().find(|found| found.rank == Some(rank)).map(|found| found.id.clone());
    ReportInput {
        prepared_at: jiff::Timestamp::from_second(1_795_161_600).unwrap(),
        prepared_with: "Assay 0.1.0".to_owned(),
        evidence_hash: "sha256:7f1c0a94e2d1c55b9036f8d0a1b7e4429c0d61e2b3a4958677fe10bc2d3e4f50".to_owned(),
        pricing_date: jiff::civil::date(2026, 11, 20),
        first_month: jiff::civil::date(2027, 1, 1),
        assumed: facts::assumed(),
        items: "sequences".to_owned(),
        workload: suite.workload(&study.workload).cloned(),
        answer: AnswerFacts {
            recommended: rank(1),
            runner_up: rank(2),
            confidence: Confidence::Likely,
            would_change: would_change(&evaluations),
            on_spot: false,
            latency_unknown: false,
            next_measurement: Some("Measure the workload on an NVIDIA L4: its throughput is only projected".to_owned()),
        },
        sensitivity: Some(sensitivity(&inputs, &assumptions, rank(1).as_deref().unwrap())),
        uncertainty: Some(facts::uncertainty(&evaluations)),
        waiting: facts::waiting(),
        break_evens: facts::break_evens(),
        volume_curves: facts::volume_curves(&inputs, &assumptions),
        hardware: facts::hardware(),
        model_cards: facts::model_cards(),
        compiler_estimates: Vec::new(),
        speed_ups: facts::speed_ups(),
        comparison: Some(comparison(&measurements)),
        capacity: Ok(super::capacity::plan(false)),
        migration: Ok(super::migration::plan()),
        missing: vec![
            "AWS Inferentia2, rented on demand: the offer has no quote in force on the pricing date".to_owned(),
        ],
        ceilings: vec![Ceiling {
            target: "local".to_owned(),
            device: device(),
            format: NumericFormat::Fp32,
            roofline: CEILINGS,
        }],
        stop_rule: Default::default(),
        study_argument: "--study sample".to_owned(),
        study,
        assumptions,
        options,
        evaluations,
        measurements,
    }
}

fn would_change(evaluations: &[Evaluation]) -> Vec<WouldChange> {
    let rival = "this-machine".to_owned();
    let total = |found: &Evaluation| found.tco.as_ref().unwrap().total.amount;
    let best = evaluations.iter().find(|found| found.rank == Some(1)).unwrap();
    let theirs = evaluations.iter().find(|found| found.is_baseline).unwrap();
    vec![
        WouldChange::Cost { rival: rival.clone(), ratio: total(theirs) / total(best) },
        WouldChange::Throughput { rival, share: 0.5, still_cheaper: true },
        WouldChange::Order { other: "h100-buy".to_owned() },
    ]
}

fn sensitivity(inputs: &[OptionInput], assumptions: &Assumptions, option: &str) -> Sensitivity {
    let npv = |driver: &Driver, value: f64| {
        let (mut inputs, mut assumptions) = (inputs.to_vec(), assumptions.clone());
        driver.set(&mut inputs, &mut assumptions, value).unwrap();
        let evaluations = evaluate(&inputs, &assumptions).unwrap();
        evaluations.iter().find(|found| found.id == option).unwrap().npv().unwrap().amount
    };
    let swing = |driver: Driver, low: f64, high: f64| Swing {
        flip: flips(inputs, assumptions, &driver, (low, high)).unwrap().into_iter().next(),
        npv_at_low: npv(&driver, low),
        npv_at_high: npv(&driver, high),
        driver,
        low,
        high,
    };
    let swings = vec![
        swing(Driver::DemandFactor, 0.001, 1.2),
        swing(Driver::PriceFactor(option.to_owned()), 0.8, 1.2),
        swing(Driver::DiscountRate, 0.05, 0.12),
    ];
    Sensitivity { option: option.to_owned(), npv: npv(&Driver::DemandFactor, 1.0), swings }
}

fn comparison(measurements: &[Measurement]) -> RunsCompared {
    let verdicts = [("SLOWER", 1.25), ("SAME", 1.001), ("FASTER", 0.8), ("AMBIGUOUS", 1.05)];
    let rows = measurements
        .iter()
        .zip(verdicts.into_iter().cycle())
        .filter_map(|(found, (verdict, ratio))| {
            let median = found.timing.as_ref()?.statistics.median_secs;
            Some(ComparedResult {
                workload: found.workload.id.clone(),
                device: found.device.name.clone(),
                stack: found.stack.to_string(),
                baseline_secs: Some(median / ratio),
                candidate_secs: Some(median),
                ratio: Some(ratio),
                verdict: Some(verdict.to_owned()),
                is_regression: verdict == "SLOWER",
                reason: None,
            })
        })
        .collect();
    RunsCompared { baseline: "20261118T090000Z-0001".to_owned(), candidate: "20261120T090000Z-0002".to_owned(), rows }
}

/// A study about which nothing is known but its text.
pub fn bare() -> ReportInput {
    let mut bare = input();
    bare.measurements.clear();
    bare.ceilings.clear();
    bare.options.clear();
    bare.evaluations.clear();
    bare.workload = None;
    bare.answer = AnswerFacts::default();
    bare.sensitivity = None;
    bare.comparison = None;
    bare.capacity = Err("Nothing can be planned yet.".to_owned());
    bare.migration = Err("There is no recommendation yet.".to_owned());
    bare
}
