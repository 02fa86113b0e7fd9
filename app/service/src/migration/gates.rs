//! What must hold before the next step, and whether it holds.

use assay_base::Evidence;
use assay_core::{Measurement, Workload};
use assay_cost_models::OptionInput;
use assay_cost_models::evaluation::{Driver, flips};
use assay_reports::content::{GateUnit, GateVerdict, JudgedGate, PlannedWave};
use assay_study::ThroughputSource;
use assay_study::migration::{Gate, GateMetric};

use super::Move;

/// What was found of a metric.
struct Found {
    value: Option<f64>,
    evidence: Option<Evidence>,
    basis: String,
}

impl Found {
    fn nothing(basis: impl Into<String>) -> Self {
        Self { value: None, evidence: None, basis: basis.into() }
    }
}

/// The gates that every plan has, and those of the study; judged by what was measured.
pub(super) fn gates(planned: &Move<'_>, waves: &[PlannedWave]) -> Vec<JudgedGate> {
    let mut gates = usual(planned);
    for stated in &planned.section.gates {
        match gates.iter_mut().find(|known| known.id == stated.id) {
            Some(known) => *known = stated.clone(),
            None => gates.push(stated.clone()),
        }
    }
    gates.into_iter().map(|gate| judge(planned, gate, waves)).collect()
}

/// The least throughput of an accelerator with which the decision holds, and what to call it: where the answer turns
/// within its range, that value, else the one the cost rests on.
fn throughput_gate(planned: &Move<'_>) -> (Option<f64>, &'static str) {
    const COSTED: &str = "The throughput the cost rests on is reached";
    const HOLDS: &str = "The throughput with which the decision still holds is reached";
    let Ok(known) = planned.resolved.throughput.as_ref() else { return (None, COSTED) };
    let known = known.per_accelerator;
    let (assessment, id) = (planned.assessment, &planned.option.id);
    let found: Vec<f64> = match assessment.answer.recommended.as_ref() == Some(id) {
        true => {
            let options: Vec<OptionInput> = assessment.options.iter().map(|option| option.input.clone()).collect();
            let n = f64::from(planned.resolved.input.accelerators_per_unit);
            let range = (known.low * n, known.value * n);
            flips(&options, &assessment.assumptions, &Driver::Throughput(id.clone()), range)
                .unwrap_or_default()
                .into_iter()
                .map(|flip| flip.at / n)
                .collect()
        }
        false => Vec::new(),
    };
    match found.first() {
        Some(at) => (Some(*at), HOLDS),
        None => (Some(known.value), COSTED),
    }
}

fn usual(planned: &Move<'_>) -> Vec<Gate> {
    let (throughput, throughput_name) = throughput_gate(planned);
    let gate = |id: &str, name: &str, wave: &str, metric| Gate {
        id: id.to_owned(),
        name: name.to_owned(),
        wave: Some(wave.to_owned()),
        metric,
        at_most: None,
        at_least: None,
        passed: None,
        evidence: None,
    };
    let mut gates = vec![
        Gate {
            at_least: Some(1.0),
            ..gate("coverage", "Every workload of the suite runs there", "port", Some(GateMetric::Coverage))
        },
        Gate {
            at_most: tolerance(planned),
            ..gate("numerics", "The output agrees with the reference", "port", Some(GateMetric::ErrorNorm))
        },
        Gate { at_least: throughput, ..gate("throughput", throughput_name, "port", Some(GateMetric::ItemsPerSec)) },
    ];
    if let Some(limit) = planned.assessment.study.requirements.max_p99_latency_secs {
        gates.push(Gate {
            at_most: Some(limit),
            ..gate("latency", "The latency objective holds", "shadow", Some(GateMetric::P99LatencySecs))
        });
    }
    gates.push(gate("reliability", "A soak test, a failover and a driver update went well", "shadow", None));
    gates.push(gate("answers", "Shadow traffic gets equivalent answers", "shadow", None));
    gates.push(Gate {
        at_most: Some(1.0),
        ..gate("economics", "It saves even at the dear end of its range", "canary-25", Some(GateMetric::WorstCostRatio))
    });
    gates.push(gate("way-back", "The way back was rehearsed", "canary-25", None));
    gates
}

fn judge(planned: &Move<'_>, gate: Gate, waves: &[PlannedWave]) -> JudgedGate {
    let found = match gate.metric {
        Some(metric) => find(planned, metric),
        None => Found::nothing(gate.evidence.clone().unwrap_or_else(|| "a person judges and records it".to_owned())),
    };
    let verdict = match (found.value, gate.passed) {
        (None, Some(true)) => GateVerdict::Passed,
        (None, Some(false)) => GateVerdict::Failed,
        (None, None) => GateVerdict::Open,
        // A gate without a bound cannot be passed by a number.
        (Some(_), _) if gate.at_most.is_none() && gate.at_least.is_none() => GateVerdict::Open,
        (Some(value), _) => {
            let holds =
                gate.at_most.is_none_or(|most| value <= most) && gate.at_least.is_none_or(|least| value >= least);
            if holds { GateVerdict::Passed } else { GateVerdict::Failed }
        }
    };
    let wave = gate.wave.as_ref().and_then(|id| waves.iter().find(|wave| wave.id == *id));
    JudgedGate {
        id: gate.id,
        name: gate.name,
        wave: wave.map(|wave| wave.name.clone()),
        at_most: gate.at_most,
        at_least: gate.at_least,
        found: found.value,
        unit: match gate.metric {
            Some(GateMetric::Coverage) => GateUnit::Fraction,
            Some(GateMetric::P99LatencySecs) => GateUnit::Seconds,
            Some(GateMetric::ItemsPerSec) => GateUnit::ItemsPerSec,
            Some(GateMetric::ErrorNorm | GateMetric::WorstCostRatio) | None => GateUnit::Number,
        },
        evidence: found.evidence,
        verdict,
        basis: found.basis,
    }
}

const NOT_RUN: &str = "nothing was measured on this hardware; measure the suite there";

fn find(planned: &Move<'_>, metric: GateMetric) -> Found {
    let measured = measurement(planned);
    let of = |value: Option<f64>, missing: &str| match (measured, value) {
        (Some(m), Some(value)) => {
            Found { value: Some(value), evidence: Some(m.evidence), basis: format!("measurement {}", m.id) }
        }
        (Some(_), None) => Found::nothing(missing),
        (None, _) => Found::nothing(NOT_RUN),
    };
    match metric {
        GateMetric::Coverage => coverage(planned, measured),
        GateMetric::ErrorNorm => {
            of(measured.and_then(|m| m.correctness.as_ref()?.error_norm), "the measurement has no error norm")
        }
        GateMetric::P99LatencySecs => of(
            measured.and_then(|m| m.timing.as_ref()?.statistics.p99_secs),
            "too few samples for a 99th percentile; measure longer",
        ),
        GateMetric::ItemsPerSec => {
            of(measured.and_then(|m| Some(m.throughput.as_ref()?.value)), "the measurement has no throughput")
        }
        GateMetric::WorstCostRatio => worst_cost_ratio(planned),
    }
}

/// The measurement made on the option's own hardware, not one that a projection starts from.
fn measurement<'a>(planned: &Move<'a>) -> Option<&'a Measurement> {
    let throughput = planned.resolved.throughput.as_ref().ok()?;
    if throughput.projection.is_some() {
        return None;
    }
    let id = throughput.measurement_id.as_ref()?;
    planned.measured.measurement(id)
}

/// What counts as correct in the format that the option computes in.
fn tolerance(planned: &Move<'_>) -> Option<f64> {
    let own = measurement(planned).and_then(|m| Some(m.correctness.as_ref()?.tolerance));
    own.or_else(|| {
        let workload = planned.assessment.workload.as_ref()?;
        let format = match &planned.option.throughput {
            ThroughputSource::Projected { format: Some(format), .. } => *format,
            _ => workload.format,
        };
        Some(Workload { format, ..workload.clone() }.tolerance())
    })
}

/// The newest result of each workload on the option's device and stack.
fn coverage(planned: &Move<'_>, measured: Option<&Measurement>) -> Found {
    let Some(own) = measured else { return Found::nothing(NOT_RUN) };
    let same = |m: &&Measurement| {
        m.target == own.target && m.device.name == own.device.name && m.stack == own.stack && m.suite == own.suite
    };
    let newest: Vec<&Measurement> = planned.measured.newest_of_each_workload(same).collect();
    let passed = newest.iter().filter(|m| m.status.passed()).count();
    if newest.is_empty() {
        return Found::nothing(NOT_RUN);
    }
    Found {
        value: Some(passed as f64 / newest.len() as f64),
        evidence: Some(own.evidence),
        basis: format!("{passed} of {} workloads passed on {} with {}", newest.len(), own.device.name, own.stack),
    }
}

fn worst_cost_ratio(planned: &Move<'_>) -> Found {
    let assessment = planned.assessment;
    let cost = |id: &str| assessment.evaluation(id).and_then(|e| Some((e.tco.as_ref()?, e.evidence)));
    let (Some((own, class)), Some((baseline, baseline_class))) =
        (cost(&planned.option.id), cost(&assessment.study.baseline))
    else {
        return Found::nothing("the cost of the option or of the baseline is not known");
    };
    if baseline.total_low.amount <= 0.0 {
        return Found::nothing("the baseline costs nothing, so no ratio exists");
    }
    Found {
        value: Some(own.total_high.amount / baseline.total_low.amount),
        evidence: Some(class.weaker(baseline_class)),
        basis: "total cost over the horizon, ranges of throughput and one-off costs".to_owned(),
    }
}

/// What sends the load back, in every plan and in this one.
pub(super) fn rollback_triggers(planned: &Move<'_>) -> Vec<String> {
    let mut triggers = vec![
        "The error rate or the share of differing answers leaves the bound that shadow traffic established".to_owned(),
        "A unit fails and its replacement does not serve within the time agreed".to_owned(),
        "A required operator, driver or licence turns out to be missing".to_owned(),
    ];
    if let Some(limit) = planned.assessment.study.requirements.max_p99_latency_secs {
        let limit = assay_base::format::duration(limit);
        triggers.insert(0, format!("The 99th percentile of the latency stays above {limit} for ten minutes"));
    }
    triggers.extend(planned.section.rollback_triggers.iter().cloned());
    triggers
}
