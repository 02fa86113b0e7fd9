//! How much work the move is.

use assay_base::Money;
use assay_cost_models::effort::{ThreePoint, total_effort};
use assay_reports::content::{PlannedEffort, PlannedTask};
use assay_study::migration::Strategy;
use assay_study::{Distribution, Quantity};

use super::Move;

/// Engineers at a time, where the study does not say.
pub(super) const ENGINEERS: f64 = 2.0;

/// The probability with which the larger effort suffices.
pub(crate) const ENOUGH: f64 = 0.8;

/// A kind of work with an illustrative prior in person-days, and the strategies that need it.
struct Prior {
    id: &'static str,
    name: &'static str,
    days: [f64; 3],
    needed_by: &'static [Strategy],
}

const ALL: &[Strategy] = &[Strategy::Rehost, Strategy::Replatform, Strategy::Refactor, Strategy::Repurchase];
const OWN_HARDWARE: &[Strategy] = &[Strategy::Rehost, Strategy::Replatform, Strategy::Refactor];
const NEW_STACK: &[Strategy] = &[Strategy::Replatform, Strategy::Refactor];

/// Person-days at the least, likeliest and most. They are illustrations of the order of magnitude, not data: no public
/// source states the effort of such moves.
const PRIORS: [Prior; 10] = [
    Prior { id: "inventory", name: "Inventory and scan of operators", days: [2.0, 4.0, 8.0], needed_by: ALL },
    Prior { id: "port", name: "Port the model to the new stack", days: [3.0, 8.0, 20.0], needed_by: NEW_STACK },
    Prior {
        id: "kernels",
        name: "Write kernels or custom operators anew",
        days: [20.0, 45.0, 120.0],
        needed_by: &[Strategy::Refactor],
    },
    Prior { id: "quantisation", name: "Quantise and calibrate", days: [5.0, 10.0, 25.0], needed_by: NEW_STACK },
    Prior {
        id: "serving",
        name: "Integrate into serving",
        days: [5.0, 12.0, 30.0],
        needed_by: &[Strategy::Replatform, Strategy::Refactor, Strategy::Repurchase],
    },
    Prior { id: "numerics", name: "Validate the numerics", days: [5.0, 10.0, 25.0], needed_by: ALL },
    Prior { id: "tuning", name: "Tune the performance", days: [10.0, 25.0, 60.0], needed_by: OWN_HARDWARE },
    Prior { id: "operations", name: "Observability and runbooks", days: [5.0, 10.0, 20.0], needed_by: ALL },
    Prior { id: "compliance", name: "Security and compliance", days: [5.0, 15.0, 40.0], needed_by: ALL },
    Prior { id: "rollback", name: "Rehearse the way back", days: [2.0, 4.0, 8.0], needed_by: ALL },
];

/// The pieces of work that a strategy needs: id, name, and person-days at the least, likeliest and most.
pub(crate) fn priors(strategy: Strategy) -> impl Iterator<Item = (&'static str, &'static str, [f64; 3])> {
    PRIORS.iter().filter(move |prior| prior.needed_by.contains(&strategy)).map(|p| (p.id, p.name, p.days))
}

/// The pieces of work and their sum. The study's tasks count; without them the effort that the option states is spread
/// over the proposal; without either the proposal stands.
///
/// # Errors
/// When a day of work has no price.
pub(super) fn effort(planned: &Move<'_>) -> Result<(Vec<PlannedTask>, PlannedEffort), String> {
    let (tasks, whole) = if planned.section.tasks.is_empty() { proposal(planned) } else { (stated(planned), None) };
    let of = |[low, likely, high]: [f64; 3]| ThreePoint { low, likely, high };
    let pieces: Vec<ThreePoint> = match whole {
        Some(days) => vec![of(days)],
        None => tasks.iter().map(|task| of(task.person_days)).collect(),
    };
    let (mean_days, p80_days) = total_effort(&pieces, ENOUGH);
    // One move has one effort: the figure that the option states and the cost counts.
    let expected_days = whole.map_or(mean_days, |[_, likely, _]| likely);
    let study = &planned.assessment.study;
    let day = study.assumption("engineer_cost_per_day").ok_or_else(|| {
        format!("State `assumptions.engineer_cost_per_day` to plan a move: it has no default in {}.", study.currency)
    })?;
    let day = day.value();
    let cost = |days: f64| Money::new(days * day, study.currency);
    let effort =
        PlannedEffort { expected_days, p80_days, expected_cost: cost(expected_days), p80_cost: cost(p80_days) };
    Ok((tasks, effort))
}

fn task(id: &str, name: &str, days: [f64; 3], is_stated: bool) -> PlannedTask {
    let [low, likely, high] = days;
    PlannedTask {
        id: id.to_owned(),
        name: name.to_owned(),
        person_days: days,
        expected_days: ThreePoint { low, likely, high }.mean(),
        is_stated,
    }
}

fn stated(planned: &Move<'_>) -> Vec<PlannedTask> {
    let of = |t: &assay_study::migration::MigrationTask| {
        let days = three_points(&t.person_days).map(|days| days * (1.0 - t.reuse));
        task(&t.id, &t.name, days, true)
    };
    planned.section.tasks.iter().map(of).collect()
}

/// The proposal, and the effort that the option states for all of it.
fn proposal(planned: &Move<'_>) -> (Vec<PlannedTask>, Option<[f64; 3]>) {
    let tasks: Vec<PlannedTask> =
        priors(planned.strategy).map(|(id, name, days)| task(id, name, days, false)).collect();
    let known = planned.option.migration.as_ref().map(|migration| three_points(&migration.effort_person_days));
    let sum: f64 = tasks.iter().map(|task| task.expected_days).sum();
    let Some(whole) = known.filter(|[_, likely, _]| *likely > 0.0 && sum > 0.0) else {
        return (tasks, None);
    };
    // The sum is stated and is kept; only how it falls on the pieces is proposed.
    let spread = |one: &PlannedTask| {
        let part = one.expected_days / sum;
        let days = whole.map(|days| days * part);
        PlannedTask { expected_days: days[1], ..task(&one.id, &one.name, days, false) }
    };
    (tasks.iter().map(spread).collect(), Some(whole))
}

/// Least, likeliest and largest value of a quantity; three standard deviations where it has no ends.
fn three_points(quantity: &Quantity) -> [f64; 3] {
    let centre = quantity.value();
    let around = |spread: f64| [(centre - 3.0 * spread).max(0.0), centre, centre + 3.0 * spread];
    match quantity.distribution() {
        None => [centre; 3],
        Some(Distribution::Uniform([low, high])) => [*low, centre, *high],
        Some(Distribution::Triangular([low, _, high]) | Distribution::Pert([low, _, high])) => [*low, centre, *high],
        Some(Distribution::Normal([_, deviation])) => around(*deviation),
        Some(Distribution::Lognormal([mean, variation])) => around(mean * variation),
        Some(Distribution::Empirical(samples)) => {
            let low = samples.iter().copied().fold(f64::INFINITY, f64::min);
            let high = samples.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if low <= high { [low, centre, high] } else { [centre; 3] }
        }
    }
}
