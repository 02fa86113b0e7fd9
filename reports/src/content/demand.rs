//! The demand in words: how it grows, its season, and the first and the last month; in documents and wherever else it
//! is shown.

use super::author::Numbers;
use crate::Language;
use crate::document::{Fact, Inline, Rich, ValueId};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::Assumptions;
use assay_cost_models::demand::{Demand, Growth};

/// A demand in one sentence without its full stop, as plain text.
pub fn demand_in_words(assumptions: &Assumptions, items: &str) -> String {
    plain(assumptions, |numbers| {
        let mut text = title(numbers, items);
        text.push(" (");
        text.extend(season(numbers));
        if let Some(last) = month(numbers, "last", |months| months.len().checked_sub(1)) {
            text.extend(rich!["; ", last, " in the last month"]);
        }
        text.push(")");
        text
    })
}

/// How a demand grows, as plain text.
pub fn growth_in_words(assumptions: &Assumptions, demand: &Demand, items: &str) -> String {
    let assumptions = Assumptions { demand: demand.clone(), ..assumptions.clone() };
    plain(&assumptions, |numbers| with_season(numbers, items))
}

/// How the demand grows, with its season where it has one.
pub(super) fn with_season(numbers: &mut Numbers<'_>, items: &str) -> Rich {
    let mut text = title(numbers, items);
    if !numbers.assumptions.demand.season.is_empty() {
        text.push(", ");
        text.extend(season(numbers));
    }
    text
}

fn plain<'a>(assumptions: &'a Assumptions, write: impl FnOnce(&mut Numbers<'a>) -> Rich) -> String {
    let mut numbers = Numbers::new(assumptions);
    let text = write(&mut numbers);
    text.plain(&numbers.values, Language::English)
}

/// What is asked of the options, and how it grows.
pub(super) fn title(numbers: &mut Numbers<'_>, items: &str) -> Rich {
    let demand = &numbers.assumptions.demand;
    let items = || Inline::name(items);
    let start = demand.items_per_month;
    let start = |numbers: &mut Numbers<'_>| spoken(numbers, "items_per_month", Some(start));
    match demand.growth {
        Growth::Compound { per_month: 0.0 } => rich![start(numbers), " ", items(), " a month, without growth"],
        Growth::Compound { per_month } => {
            let words = if per_month > 0.0 { " a month, growing by " } else { " a month, changing by " };
            rich![start(numbers), " ", items(), words, growth_share(numbers, per_month), " each month"]
        }
        Growth::Linear { added_per_month } => {
            let added = spoken(numbers, "added", Some(added_per_month.abs()));
            let words = if added_per_month < 0.0 { " fewer each month" } else { " more each month" };
            rich![start(numbers), " ", items(), " a month at first, ", added, words]
        }
        Growth::Logistic { .. } | Growth::Months { .. } | Growth::Quarters { .. } => {
            let first = month(numbers, "first", |_| Some(0));
            let last = month(numbers, "last", |months| months.len().checked_sub(1));
            let (Some(first), Some(last)) = (first, last) else { return rich!["No demand is stated"] };
            let how = match demand.growth {
                Growth::Logistic { .. } => ", on an S-curve",
                _ => ", as the study's table says",
            };
            rich![first, " ", items(), " in the first month, ", last, " in the last", how]
        }
    }
}

/// The rows of a table of facts: growth, season, and the months that decide.
pub(super) fn facts(numbers: &mut Numbers<'_>, items: &str) -> Vec<Fact> {
    let growth = growth(numbers, items);
    let season = season(numbers);
    let mut rows = vec![Fact::new("Growth", growth), Fact::new("Season", season)];
    let first = month(numbers, "first", |_| Some(0));
    let last = month(numbers, "last", |months| months.len().checked_sub(1));
    let most = month(numbers, "most", |months| {
        months.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(index, _)| index)
    });
    let months = [
        ("Demand of the first month", first),
        ("Demand of the last month", last),
        ("Demand of the largest month", most),
    ];
    rows.extend(
        months.into_iter().filter_map(|(name, value)| Some(Fact::new(name, rich![value?, " ", Inline::name(items)]))),
    );
    rows
}

fn growth(numbers: &mut Numbers<'_>, items: &str) -> Rich {
    let items = Inline::name(items);
    match &numbers.assumptions.demand.growth {
        Growth::Compound { per_month: 0.0 } => rich!["none"],
        Growth::Compound { per_month } => rich![growth_share(numbers, *per_month), " a month, compound"],
        Growth::Linear { added_per_month } => {
            let added = spoken(numbers, "added", Some(added_per_month.abs()));
            let words = if *added_per_month < 0.0 { " fewer each month" } else { " more each month" };
            rich![added, " ", items, words]
        }
        Growth::Logistic { capacity_per_month, midpoint_month, .. } => {
            let most = spoken(numbers, "ceiling", Some(*capacity_per_month));
            let middle = |month: f64| format::without_trailing_zeros(&format::significant(month, 3));
            let middle = numbers.value("demand.midpoint", Some(*midpoint_month), middle, Some(Evidence::Assumed));
            rich!["an S-curve to ", most, " ", items, " a month, half of it in month ", middle]
        }
        Growth::Months { items } => table(numbers, items.len(), " months"),
        Growth::Quarters { items_per_month } => table(numbers, items_per_month.len(), " quarters"),
    }
}

fn table(numbers: &mut Numbers<'_>, rows: usize, of: &'static str) -> Rich {
    rich!["a table of ", numbers.count("demand.table", rows), of, "; the last one holds on"]
}

fn season(numbers: &mut Numbers<'_>) -> Rich {
    let season = &numbers.assumptions.demand.season;
    let ends = season.iter().copied().reduce(f64::min).zip(season.iter().copied().reduce(f64::max));
    let Some((low, high)) = ends else { return rich!["no season"] };
    let months = season.len();
    let factor = |factor: f64| format::without_trailing_zeros(&format::significant(factor, 3));
    let class = Some(Evidence::Assumed);
    let low = numbers.value("demand.season.low", Some(low), factor, class);
    let high = numbers.value("demand.season.high", Some(high), factor, class);
    rich!["a season of ", numbers.count("demand.season", months), " months, factors ", low, " to ", high]
}

/// The demand of a month, season included; `None` where the cost models refuse the demand.
fn month(numbers: &mut Numbers<'_>, what: &str, which: impl FnOnce(&[f64]) -> Option<usize>) -> Option<ValueId> {
    let months = numbers.assumptions.demand.items(numbers.assumptions.horizon_months as usize).ok()?;
    let items = months.get(which(&months)?).copied()?;
    Some(spoken(numbers, &format!("month.{what}"), Some(items)))
}

fn spoken(numbers: &mut Numbers<'_>, what: &str, items: Option<f64>) -> ValueId {
    numbers.value(format!("demand.{what}"), items, format::spoken, Some(Evidence::Assumed))
}

fn growth_share(numbers: &mut Numbers<'_>, per_month: f64) -> ValueId {
    numbers.value("demand.growth", Some(per_month), |growth| format::percent(growth, 1), Some(Evidence::Assumed))
}
