//! What a unit of an option carries: throughput, headroom for the latency objective, spares.

use std::collections::BTreeMap;

use assay_base::{Evidence, format};
use assay_cost_models::capacity::{LatencyObjective, Redundancy, Sizing};
use assay_cost_models::{Estimate, unit_cost::Effectiveness};
use assay_study::Capacity;
use assay_study::capacity::Fleet;

use crate::assess::{Assessment, ResolvedOption};
use assay_reports::content::capacity::Fact;

/// How the units of an option are counted.
pub(super) struct Units {
    /// The sizing, for a peak over average of 1.
    pub sizing: Sizing,
    /// The throughput of a unit.
    pub throughput: Estimate,
    /// Why the latency objective cannot be kept, where it cannot.
    pub unreachable: Option<String>,
    /// The weakest class behind it.
    pub evidence: Evidence,
    /// The figures used.
    pub facts: Vec<Fact>,
    /// What a reader must know.
    pub warnings: Vec<String>,
}

/// A figure stated in the study or taken from it.
pub(super) fn fact(key: &str, label: &str, value: f64, text: String, evidence: Evidence, source: &str) -> Fact {
    let (key, label, source) = (key.to_owned(), label.to_owned(), source.to_owned());
    Fact { key, label, value: Some(value), text, evidence, source }
}

/// A figure that is not known, and why.
pub(super) fn unknown(key: &str, label: &str, reason: &str) -> Fact {
    Fact {
        key: key.to_owned(),
        label: label.to_owned(),
        value: None,
        text: format::UNKNOWN.to_owned(),
        evidence: Evidence::Assumed,
        source: reason.to_owned(),
    }
}

/// What a unit of the option carries, or why that is not known.
pub(super) fn units(
    assessment: &Assessment,
    capacity: &Capacity,
    fleet: Option<&Fleet>,
    option: &ResolvedOption,
    mean_latency_secs: &BTreeMap<String, f64>,
) -> Result<Units, String> {
    let throughput = option.input.throughput_per_unit.clone()?;
    let fact_of = option.throughput.as_ref().map_err(Clone::clone)?;
    let effectiveness = assessment.assumptions.effectiveness;
    let (target, target_source) = match capacity.target_utilisation {
        Some(target) => (target, "capacity.target_utilisation"),
        None => (effectiveness.utilisation, "assumptions.target_utilisation"),
    };
    let rate = format::rate(throughput.value, assessment.item());
    let mut facts = vec![
        fact(
            "throughput_per_unit",
            "Throughput of a unit",
            throughput.value,
            rate,
            throughput.evidence,
            &fact_of.source,
        ),
        fact(
            "target_utilisation",
            "Target utilisation at peak",
            target,
            format::percent(target, 0),
            Evidence::Assumed,
            target_source,
        ),
    ];
    let redundancy = redundancy(capacity, &effectiveness, &mut facts);
    let mut units = Units {
        sizing: Sizing {
            hours_per_month: assessment.assumptions.hours_per_month,
            peak_to_average: 1.0,
            throughput_per_unit: throughput.value,
            effectiveness: Effectiveness { utilisation: target, ..effectiveness },
            latency: None,
            redundancy,
        },
        throughput,
        unreachable: None,
        evidence: throughput.evidence,
        facts,
        warnings: Vec::new(),
    };
    add_latency(&mut units, capacity, fleet, option, mean_latency_secs);
    Ok(units)
}

fn redundancy(capacity: &Capacity, effectiveness: &Effectiveness, facts: &mut Vec<Fact>) -> Redundancy {
    let availability = format!("availability of a unit {}", format::percent(effectiveness.availability, 1));
    match capacity.fleet_availability {
        Some(target) if effectiveness.availability < 1.0 => {
            let text = format!("the need is up {} of the time", format::percent(target, 3));
            let source = format!("capacity.fleet_availability; binomial, independent failures, {availability}");
            facts.push(fact("redundancy", "Spares", target, text, Evidence::Assumed, &source));
            Redundancy::Probability(target)
        }
        Some(_) => {
            let text = "none: units never fail".to_owned();
            facts.push(fact("redundancy", "Spares", 0.0, text, Evidence::Assumed, "assumptions.availability is 1"));
            Redundancy::Spares(0)
        }
        None => {
            let spares = f64::from(capacity.spare_units);
            let text = format!("N + {}", capacity.spare_units);
            facts.push(fact("redundancy", "Spares", spares, text, Evidence::Assumed, "capacity.spare_units"));
            Redundancy::Spares(u64::from(capacity.spare_units))
        }
    }
}

/// Headroom for the latency objective, where there is one and the time of service is known.
fn add_latency(
    units: &mut Units,
    capacity: &Capacity,
    fleet: Option<&Fleet>,
    option: &ResolvedOption,
    mean_latency_secs: &BTreeMap<String, f64>,
) {
    let Some(objective) = &capacity.latency else { return };
    let (label, key) = ("Mean time of service", "mean_service_secs");
    let stated = fleet.and_then(|f| f.mean_service_secs).or(objective.mean_service_secs);
    let measured = || measured_service(option, mean_latency_secs);
    let (service, evidence, source) = match (stated, measured()) {
        (Some(secs), _) => (secs, Evidence::Assumed, "stated in the study's section `capacity`".to_owned()),
        (None, Some((secs, source))) => (secs, Evidence::Measured, source),
        (None, None) => {
            let reason = "not measured for this option; state `mean_service_secs` of its fleet";
            units.facts.push(unknown(key, label, reason));
            units.warnings.push(format!("The latency objective is left out: the time of service is {reason}."));
            return;
        }
    };
    units.facts.push(fact(key, label, service, format::duration(service), evidence, &source));
    units.evidence = units.evidence.weaker(evidence);
    let (limit, share) = (format::duration(objective.max_secs), format::percent(objective.percentile, 1));
    if service >= objective.max_secs {
        units.unreachable = Some(format!(
            "service alone takes {}, the objective is {limit} for {share} of the requests: no number of units keeps it",
            format::duration(service)
        ));
        return;
    }
    let requests_per_sec = units.throughput.value / objective.items_per_request;
    let little = (requests_per_sec * service).round().clamp(1.0, 1e6);
    let (slots, slots_source) = match objective.slots_per_unit {
        Some(slots) => (slots, "capacity.latency.slots_per_unit"),
        None => (little as u64, "Little's law: throughput times the time of service"),
    };
    let slots_text = format::thousands(slots as f64, 0);
    units.facts.push(fact(
        "slots_per_unit",
        "Requests side by side",
        slots as f64,
        slots_text,
        Evidence::Assumed,
        slots_source,
    ));
    let service_variation = objective.service_variation.unwrap_or(1.0);
    let wait = objective.max_secs - service;
    units.facts.push(fact(
        "latency_objective",
        "Latency objective",
        objective.max_secs,
        format!("{share} within {limit}, so at most {} of waiting", format::duration(wait)),
        Evidence::Assumed,
        &format!(
            "Erlang C with the Allen-Cunneen factor; coefficients of variation: arrivals {}, service {}{}",
            format::significant(objective.arrival_variation, 3),
            format::significant(service_variation, 3),
            if objective.service_variation.is_none() { " (assumed exponential)" } else { "" }
        ),
    ));
    let (ca2, cs2) = (objective.arrival_variation.powi(2), service_variation.powi(2));
    if ca2 + cs2 == 0.0 {
        units.warnings.push(
            "Arrivals and service do not vary at all: nobody waits, so the latency objective asks for nothing."
                .to_owned(),
        );
        return;
    }
    units.sizing.latency = Some(LatencyObjective {
        wait_secs: wait,
        probability: 1.0 - objective.percentile,
        items_per_request: objective.items_per_request,
        slots_per_unit: slots,
        ca2,
        cs2,
    });
    units.warnings.push(
        "Waiting is by Erlang C: first-order headroom. Servers that batch continuously behave otherwise; calibrate it with measured latency against load."
            .to_owned(),
    );
}

/// The mean latency of the measurement that the option's throughput was measured by; not of one it was projected from.
fn measured_service(option: &ResolvedOption, mean_latency_secs: &BTreeMap<String, f64>) -> Option<(f64, String)> {
    let fact = option.throughput.as_ref().ok().filter(|fact| fact.projection.is_none())?;
    let id = fact.measurement_id.as_ref()?;
    let secs = *mean_latency_secs.get(id)?;
    Some((secs, format!("mean latency of the measurement {id}")))
}
