//! What may go wrong: what rules find, and what the study adds.

use assay_base::Evidence;
use assay_cost_models::Payment;
use assay_hardware_profiles::{PortabilityTopic, Profile, Screening};
use assay_reports::content::PlannedRisk;
use assay_study::migration::{Risk, Strategy};

use super::Move;
use crate::answer::Confidence;

/// Known gaps of the target that become risks of their own.
const GAPS: usize = 4;

/// The risks, the gravest first.
pub(super) fn risks(planned: &Move<'_>) -> Vec<PlannedRisk> {
    let mut risks: Vec<PlannedRisk> =
        found(planned).into_iter().map(|risk| PlannedRisk { risk, is_stated: false }).collect();
    for stated in &planned.section.risks {
        risks.retain(|known| known.risk.id != stated.id);
        risks.push(PlannedRisk { risk: stated.clone(), is_stated: true });
    }
    risks.sort_by(|a, b| b.weight().cmp(&a.weight()).then(a.risk.id.cmp(&b.risk.id)));
    risks
}

fn risk(id: &str, (likelihood, impact): (u8, u8), title: impl Into<String>, mitigation: &str) -> Risk {
    Risk {
        id: id.to_owned(),
        title: title.into(),
        likelihood,
        impact,
        mitigation: Some(mitigation.to_owned()),
        owner: None,
    }
}

fn found(planned: &Move<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    risks.extend(of_evidence(planned));
    risks.extend(of_supply(planned));
    risks.extend(of_platform(planned));
    if planned.section.tasks.is_empty() {
        risks.push(risk(
            "effort",
            (3, 3),
            "The effort is larger than planned: it rests on orders of magnitude",
            "State the tasks with ranges after the desk study; decide again at the first gate",
        ));
    }
    risks
}

fn of_evidence(planned: &Move<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    let throughput = planned.resolved.throughput.as_ref().ok();
    match throughput.map(|known| known.per_accelerator.evidence) {
        Some(class) if class > Evidence::Published => risks.push(risk(
            "throughput",
            (if class == Evidence::Projected { 3 } else { 4 }, 4),
            format!("The throughput is {} and may not be reached", class.label()),
            "Measure the workload on one unit before anything is committed",
        )),
        Some(_) => {}
        None => risks.push(risk(
            "throughput",
            (5, 4),
            "The throughput is not known",
            "Measure the workload on one unit before anything is committed",
        )),
    }
    if planned.assessment.answer.confidence == Confidence::Open {
        risks.push(risk(
            "order",
            (3, 3),
            "Another option turns out to be cheaper: the cost ranges overlap",
            "Narrow the range with the measurement that tells most",
        ));
    }
    let has_p99 = throughput.is_some_and(|known| known.p99_secs.is_some());
    if planned.assessment.study.requirements.max_p99_latency_secs.is_some() && !has_p99 {
        risks.push(risk(
            "latency",
            (3, 4),
            "The latency objective is missed under load",
            "Measure the tail latency at the planned utilisation during shadow traffic",
        ));
    }
    if throughput.is_none_or(|known| known.measurement_id.is_none() || known.projection.is_some()) {
        risks.push(risk(
            "numerics",
            (2, 5),
            "The answers differ beyond what the application tolerates",
            "Compare with the reference on every numeric format; keep the old path until shadow traffic agrees",
        ));
    }
    risks
}

fn of_supply(planned: &Move<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    match &planned.resolved.price {
        Err(reason) => {
            risks.push(risk("price", (5, 3), format!("The price is not known: {reason}"), "Get a quote in writing"))
        }
        Ok(price) if !price.warnings.is_empty() => risks.push(risk(
            "price",
            (3, 2),
            format!("The price has changed: {}", price.warnings.join("; ")),
            "Renew the quote before deciding",
        )),
        Ok(_) => {}
    }
    match planned.resolved.input.payment {
        Payment::Spot { .. } => {
            let share = spot_share(planned);
            let of = if share < 1.0 { "A part of production is" } else { "All of production is" };
            risks.push(risk(
                "interruption",
                (4, spot_impact(share)),
                format!("{of} on spot capacity, which is withdrawn at any time"),
                "Keep a share on demand or reserved that carries the latency objective; rehearse losing the rest",
            ));
        }
        Payment::Purchase { .. } | Payment::Lease { .. } => risks.push(risk(
            "supply",
            (3, 3),
            "The hardware arrives later than needed",
            "Agree on a delivery date with a penalty, or rent until it is there",
        )),
        Payment::Reserved { .. } | Payment::CapacityBlock { .. } => risks.push(risk(
            "commitment",
            (2, 3),
            "The commitment outlives the need",
            "Commit the base load only and after the last gate",
        )),
        _ => risks.push(risk(
            "supply",
            (2, 3),
            "The provider has no free units at the time of the move",
            "Test the quota in the region; hold a second region or provider ready",
        )),
    }
    risks
}

/// The share of production that is on spot: the option's own way to pay, unless the study states the most it wants.
fn spot_share(planned: &Move<'_>) -> f64 {
    let capacity = planned.assessment.study.capacity.as_ref();
    let spot = capacity.and_then(|capacity| capacity.commitments.as_ref()).and_then(|allowed| allowed.spot.as_ref());
    spot.map_or(1.0, |spot| spot.max_share)
}

/// From a nuisance without any production on spot to fatal where all of it is.
fn spot_impact(share: f64) -> u8 {
    (1.0 + 4.0 * share.clamp(0.0, 1.0)).round() as u8
}

fn of_platform(planned: &Move<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    let Some(profile) = planned.profile else { return risks };
    let facts = profile.portability();
    let gaps = facts.iter().filter(|fact| fact.topic == PortabilityTopic::KnownGap).take(GAPS);
    for (index, gap) in gaps.enumerate() {
        risks.push(risk(
            &format!("gap-{}", index + 1),
            (3, 3),
            format!("Known gap: {}", gap.text),
            "Check it against the model in the desk study; plan the substitute",
        ));
    }
    let hard_exit = |fact: &&assay_hardware_profiles::PortabilityFact| {
        fact.topic == PortabilityTopic::ExitCost && fact.subject.as_deref() == Some("high")
    };
    if let Some(exit) = facts.iter().find(hard_exit) {
        risks.push(risk(
            "lock-in",
            (3, 3),
            format!("Leaving again is costly: {}", exit.text),
            "Keep the portable model and the old path building; price the exit in the contract",
        ));
    }
    if planned.strategy != Strategy::Rehost {
        risks.push(risk(
            "toolchain",
            (3, 2),
            "A new release of the toolchain forces a new validation",
            "Pin driver, compiler and runtime; plan re-validation for each release that is taken",
        ));
    }
    if is_controlled(profile) {
        risks.push(risk(
            "export-control",
            (2, 5),
            "Export control forbids the supply or a site",
            "Let counsel confirm classification, destination and licence before ordering",
        ));
    }
    risks
}

fn is_controlled(profile: &Profile) -> bool {
    profile.export_control.as_ref().is_some_and(|known| known.screening() != Screening::NotMet)
}
