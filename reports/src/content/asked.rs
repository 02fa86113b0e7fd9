//! What a decision for an option asks for in money, each amount by its name: what is released, what is committed by
//! contract, and what goes on being paid for the old platform.

use super::author::{Author, in_months};
use super::findings::facts;
use super::input::ReportInput;
use crate::document::{Inline, Rich, ValueId};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::Evaluation;
use assay_cost_models::evaluation::Component;
use assay_study::PriceSource;
use jiff::ToSpan as _;

/// Sums below this are rounding.
const LEAST: f64 = 0.005;

/// What moving to an option asks for. Amounts are before tax.
pub(super) fn money(author: &mut Author<'_>, best: &Evaluation) -> Vec<Rich> {
    let mut asks = vec![release(author, best)];
    asks.extend(later(author, best));
    asks.extend(commitment(author, best));
    asks.extend(old_platform(author, best));
    if author.input.assumptions.tax.is_some() {
        asks.push(rich!["These amounts are before tax."]);
    }
    asks
}

/// Payments of an option by component: at the start, and after it. Tax and the old platform are told apart.
fn payments(best: &Evaluation) -> impl Iterator<Item = (Component, f64, f64)> {
    let flows = best.tco.iter().flat_map(|tco| &tco.by_payment);
    flows.filter(|flow| !matches!(flow.component, Component::Tax | Component::ParallelRunning)).filter_map(|flow| {
        let (start, rest) = flow.monthly.split_first()?;
        Some((flow.component, *start, rest.iter().filter(|amount| **amount > 0.0).sum()))
    })
}

fn release(author: &mut Author<'_>, best: &Evaluation) -> Rich {
    let name = Inline::name(&best.name);
    let parts: Vec<(Component, f64)> =
        payments(best).map(|(component, start, _)| (component, start)).filter(|(_, start)| *start > LEAST).collect();
    if parts.is_empty() {
        return rich!["Agree to move to ", name, "; nothing is due before the first month."];
    }
    let sum = parts.iter().map(|(_, start)| start).sum();
    let first_day = author.date(author.input.first_month);
    let mut text = rich![
        "Release ",
        Inline::strong(author.amount(best, "release", Some(sum))),
        " before ",
        first_day,
        " to start with ",
        name
    ];
    for (index, (component, start)) in parts.iter().enumerate() {
        let amount = author.amount(best, &format!("release.{}", component.label()), Some(*start));
        text.extend(rich![if index == 0 { ": " } else { ", " }, Inline::name(component.label()), " ", amount]);
    }
    text.push(".");
    text
}

/// What is bought or paid upfront again as the fleet grows and is renewed.
fn later(author: &mut Author<'_>, best: &Evaluation) -> Option<Rich> {
    let is_fleet = |component: Component| matches!(component, Component::Hardware | Component::Commitment);
    let sum: f64 = payments(best).filter(|(component, ..)| is_fleet(*component)).map(|(.., after)| after).sum();
    let amount = (sum > LEAST).then(|| author.amount(best, "release_later", Some(sum)))?;
    let horizon = author.horizon();
    Some(rich![
        "Another ",
        Inline::strong(amount),
        " falls due within ",
        horizon,
        " for units that are added, replaced or renewed."
    ])
}

fn commitment(author: &mut Author<'_>, best: &Evaluation) -> Option<Rich> {
    let input = author.input;
    let Some(signed) = facts(input, &best.id).and_then(|facts| facts.commitment) else {
        return is_hourly(input, &best.id)
            .then(|| rich!["Nothing is committed by contract: units are rented by the hour and can be given back."]);
    };
    let class = Some(Evidence::Assumed);
    let id = |what: &str| format!("option.{}.signed_{what}", best.id);
    let units = author.value(id("units"), Some(signed.units as f64), |units| format::thousands(units, 0), class);
    let total = author.amount(best, "signed", Some(signed.at_signing + signed.by_month));
    let months = author.value(
        id("months"),
        Some(f64::from(signed.term_months)),
        |_| format::whole_months(signed.term_months),
        class,
    );
    let ends = input.first_month.checked_add(i64::from(signed.term_months).months()).unwrap_or(input.first_month);
    let mut text = rich![
        "Commit ",
        Inline::strong(total),
        " by contract: ",
        units,
        " units for ",
        months,
        ", paid whether used or not by ",
        author.date(ends)
    ];
    if signed.at_signing > LEAST {
        let at_signing = upfront(author, best, signed.at_signing);
        text.extend(rich![", ", at_signing, " of it when signed"]);
    }
    text.push("; units added later have contracts of their own.");
    Some(text)
}

fn upfront(author: &mut Author<'_>, best: &Evaluation, amount: f64) -> ValueId {
    author.amount(best, "signed_upfront", Some(amount))
}

fn is_hourly(input: &ReportInput, id: &str) -> bool {
    let price = input.study.option(id).map(|option| &option.price);
    let is_offer = |per: &str| per.contains("hour");
    match price.map(|price| price.from) {
        Some(PriceSource::Hourly | PriceSource::Spot) => true,
        Some(PriceSource::Offer) => {
            facts(input, id).and_then(|facts| facts.price.as_ref().ok()).is_some_and(|price| is_offer(&price.per))
        }
        _ => false,
    }
}

fn old_platform(author: &mut Author<'_>, best: &Evaluation) -> Option<Rich> {
    let flow = best.tco.as_ref()?.by_payment.iter().find(|flow| flow.component == Component::ParallelRunning)?;
    let sum: f64 = flow.monthly.iter().sum();
    let months = author.input.study.option(&best.id)?.migration.as_ref()?.parallel_run_months;
    let old = author.found.baseline?;
    let amount = author.amount(best, "old_platform", Some(sum));
    let id = format!("option.{}.parallel", best.id);
    let months = author.value(id, Some(months), in_months, Some(Evidence::Assumed));
    Some(rich![
        "Go on paying ",
        Inline::strong(amount),
        " for ",
        Inline::name(&old.name),
        ", month by month, while both run side by side for ",
        months,
        "."
    ])
}
