//! On which basis the plan counts money, beside that of the cost comparison.

use super::{CapacityPlan, OptionPlan, Ownership, detailed, led, money};
use crate::content::author::Author;
use crate::document::{Inline, Rich};
use crate::rich;
use assay_cost_models::evaluation::Component;

/// What a fleet costs in the comparison of the options.
const FLEET: [Component; 7] = [
    Component::Compute,
    Component::Commitment,
    Component::Hardware,
    Component::ResidualValue,
    Component::Maintenance,
    Component::Energy,
    Component::Service,
];
/// Sums nearer than this part are the same.
const SAME: f64 = 0.005;

/// Both figures of the options shown, where they differ, and why they do.
pub(in crate::content) fn bases(author: &mut Author<'_>, plan: &CapacityPlan) -> Vec<Rich> {
    detailed(author, plan).into_iter().filter_map(|option| of(author, plan, option)).collect()
}

fn of(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan) -> Option<Rich> {
    let planned = led(plan, option)?.cost?;
    let tco = author.input.evaluations.iter().find(|found| found.id == option.id)?.tco.as_ref()?;
    let compared: f64 = FLEET.iter().filter_map(|component| tco.component(*component)).sum();
    if (planned / compared - 1.0).abs() < SAME {
        return None;
    }
    let elastic = author.input.study.capacity.as_ref().is_some_and(|capacity| !capacity.load_profile.is_empty());
    let how = match option.ownership {
        Ownership::Bought | Ownership::Leased => ", by quarter, hardware depreciated, at today's prices",
        _ if elastic => ", rented units given back in the hours that do not need them, at today's prices",
        _ => ", by quarter, at today's prices",
    };
    let has_tax = author.input.assumptions.tax.is_some();
    let planned = money(author, plan, format!("plan.{}.cost", option.id), Some(planned), option.cost_evidence);
    let id = format!("plan.{}.compared", option.id);
    let compared = money(author, plan, id, Some(compared), option.cost_evidence);
    Some(rich![
        Inline::strong("Two bases. "),
        "The fleet of ",
        Inline::name(&option.name),
        " costs ",
        planned,
        " in the capacity plan",
        how,
        "; it costs ",
        compared,
        " in the comparison of the options, where every unit is paid for whole months and prices change as stated",
        if has_tax { ". Both are before tax." } else { "." }
    ])
}
