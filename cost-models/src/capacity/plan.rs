//! The fleet quarter by quarter.

use assay_base::Money;
use serde::{Deserialize, Serialize};

use crate::demand::Demand;
use crate::error::{CostError, check, non_negative, positive};
use crate::evaluation::whole;
use crate::queueing::{servers_with_variability, spares_for_availability};
use crate::unit_cost::{Effectiveness, SECS_PER_HOUR};

/// Units that arrive or leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// At the begin of this month, counted from 1.
    pub month: u32,
    /// How many.
    pub units: u64,
}

/// A limit on waiting. First-order headroom: servers that batch continuously are no M/M/c queue, so calibrate it with
/// measured latency against load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatencyObjective {
    /// The wait before service that may be exceeded with `probability` only.
    pub wait_secs: f64,
    /// That probability.
    pub probability: f64,
    /// Requests a unit serves side by side.
    pub slots_per_unit: u64,
    /// Squared coefficient of variation of the times between arrivals (1 for Poisson).
    pub ca2: f64,
    /// Squared coefficient of variation of the service times (1 for exponential).
    pub cs2: f64,
}

/// How failures are provided for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redundancy {
    /// So many whole units beyond the need.
    Spares(u64),
    /// As many as make the need available with this probability (binomial, independent failures). The units'
    /// availability is then left out of the load, which would count it twice.
    Probability(f64),
}

/// What a capacity plan is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityInput {
    /// The demand.
    pub demand: Demand,
    /// Months that are planned, 1 to 600.
    pub horizon_months: u32,
    /// Hours of a month.
    pub hours_per_month: f64,
    /// Items a second of one unit at full load.
    pub throughput_per_unit: f64,
    /// What that is worth in service.
    pub effectiveness: Effectiveness,
    /// A limit on waiting, where there is one.
    pub latency: Option<LatencyObjective>,
    /// How failures are provided for.
    pub redundancy: Redundancy,
    /// Units there are now.
    pub on_hand: u64,
    /// Units ordered already.
    pub on_order: Vec<Delivery>,
    /// Units that will be taken out of service.
    pub retiring: Vec<Delivery>,
    /// Months from an order to units in service.
    pub lead_time_months: u32,
    /// Months a new unit is used before it is replaced, at least 3.
    pub life_months: u32,
    /// Price of a unit, paid when it enters service; `None` where it is not known.
    pub price_per_unit: Option<Money>,
    /// Running cost of a unit for a month, energy included; `None` where it is not known.
    pub running_per_unit_month: Option<Money>,
}

/// One quarter of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuarterPlan {
    /// Counted from 1.
    pub quarter: u32,
    /// Items in its busiest month.
    pub items_per_month: f64,
    /// Items a second at the peak of that month.
    pub peak_per_sec: f64,
    /// Units that carry the load at the target utilisation.
    pub units_for_load: u64,
    /// Units that keep the limit on waiting; `None` without one.
    pub units_for_latency: Option<u64>,
    /// Units beyond those for failures.
    pub spares: u64,
    /// All units needed.
    pub needed: u64,
    /// Units in service when it begins, before arrivals and retirements.
    pub at_start: u64,
    /// Units ordered earlier that arrive.
    pub arriving: u64,
    /// Units that leave service.
    pub retiring: u64,
    /// Units to order so that they are in service in this quarter.
    pub to_order: u64,
    /// The last month in which to order them, counted from 1.
    pub order_by_month: Option<u32>,
    /// Units in service.
    pub in_service: u64,
    /// Units missing, because an order made today arrives too late: rent them.
    pub missing: u64,
    /// Average load of the units in service in its busiest month over their full-load throughput; `None` with none.
    pub utilisation: Option<f64>,
    /// Cost of the quarter; `None` where price or running cost is not known and would count.
    pub cost: Option<Money>,
}

/// The fleet over the horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityPlan {
    /// Quarter by quarter.
    pub quarters: Vec<QuarterPlan>,
    /// What was assumed and should be known.
    pub notes: Vec<String>,
}

/// Plans the fleet: each quarter has the units its busiest month needs, or says how many are missing because the lead
/// time does not allow them.
///
/// # Errors
/// A value outside its range, two currencies.
pub fn plan(input: &CapacityInput) -> Result<CapacityPlan, CostError> {
    validated(input)?;
    let items = input.demand.items(input.horizon_months as usize)?;
    let mut quarters = Vec::new();
    let mut in_service = input.on_hand;
    // Units bought by this plan, with the month in which they reach the end of their life.
    let mut ends: Vec<Delivery> = Vec::new();
    for (index, months) in items.chunks(3).enumerate() {
        let first_month = index as u32 * 3 + 1;
        let within = |delivery: &&Delivery| (first_month..first_month + 3).contains(&delivery.month);
        let sum = |deliveries: &[Delivery]| deliveries.iter().filter(within).map(|d| d.units).sum::<u64>();
        let mut quarter = needs(input, months)?;
        quarter.quarter = index as u32 + 1;
        quarter.at_start = in_service;
        quarter.arriving = sum(&input.on_order);
        let available = in_service.saturating_add(quarter.arriving);
        quarter.retiring = sum(&input.retiring).saturating_add(sum(&ends)).min(available);
        let remaining = available - quarter.retiring;
        let short = quarter.needed.saturating_sub(remaining);
        // An order made at the begin of month 1 is in service lead_time months later.
        if first_month > input.lead_time_months {
            quarter.to_order = short;
            quarter.order_by_month = (short > 0).then(|| first_month - input.lead_time_months);
            ends.push(Delivery { month: first_month.saturating_add(input.life_months), units: short });
        } else {
            quarter.missing = short;
        }
        quarter.in_service = remaining + quarter.to_order;
        in_service = quarter.in_service;
        let full_load = quarter.in_service as f64 * input.throughput_per_unit;
        let attempts = 1.0 + input.effectiveness.retry_fraction;
        let average = quarter.items_per_month / (input.hours_per_month * SECS_PER_HOUR) * attempts;
        quarter.utilisation = (full_load > 0.0).then(|| average / full_load);
        quarter.cost = cost(input, &quarter, months.len());
        quarters.push(quarter);
    }
    Ok(CapacityPlan { notes: notes(input, &quarters), quarters })
}

fn needs(input: &CapacityInput, months: &[f64]) -> Result<QuarterPlan, CostError> {
    let busiest = months.iter().copied().fold(0.0, f64::max);
    let peak_per_sec = busiest / (input.hours_per_month * SECS_PER_HOUR) * input.demand.peak_to_average;
    let mut effectiveness = input.effectiveness;
    if matches!(input.redundancy, Redundancy::Probability(_)) {
        effectiveness.availability = 1.0;
    }
    let units = whole(peak_per_sec / (input.throughput_per_unit * effectiveness.factor()?));
    check("units needed", units, units <= 1e12, "at most 1e12; check demand and throughput")?;
    let units_for_load = units as u64;
    let units_for_latency = match input.latency {
        Some(objective) if peak_per_sec > 0.0 => {
            let slots = objective.slots_per_unit;
            let per_slot = input.throughput_per_unit / slots as f64;
            let variability = 0.5 * (objective.ca2 + objective.cs2);
            let arrivals = peak_per_sec * (1.0 + input.effectiveness.retry_fraction);
            let fewest =
                servers_with_variability(arrivals, per_slot, objective.wait_secs, objective.probability, variability)?;
            Some(fewest.servers.div_ceil(slots))
        }
        Some(_) => Some(0),
        None => None,
    };
    let working = units_for_load.max(units_for_latency.unwrap_or_default());
    let spares = match input.redundancy {
        _ if working == 0 => 0,
        Redundancy::Spares(spares) => spares,
        Redundancy::Probability(target) => {
            let availability = input.effectiveness.availability;
            spares_for_availability(working, availability, target)?.ok_or_else(|| {
                let problem = format!("a thousand spares beyond {working} units do not reach {target}");
                CostError::invalid("redundancy.probability", problem)
            })?
        }
    };
    Ok(QuarterPlan {
        quarter: 0,
        items_per_month: busiest,
        peak_per_sec,
        units_for_load,
        units_for_latency,
        spares,
        needed: working.saturating_add(spares),
        at_start: 0,
        arriving: 0,
        retiring: 0,
        to_order: 0,
        order_by_month: None,
        in_service: 0,
        missing: 0,
        utilisation: None,
        cost: None,
    })
}

fn cost(input: &CapacityInput, quarter: &QuarterPlan, months: usize) -> Option<Money> {
    let running = input.running_per_unit_month? * (quarter.in_service as f64 * months as f64);
    if quarter.to_order == 0 {
        return Some(running);
    }
    let bought = input.price_per_unit? * quarter.to_order as f64;
    bought.checked_add(running).ok().filter(|sum| sum.amount.is_finite())
}

fn notes(input: &CapacityInput, quarters: &[QuarterPlan]) -> Vec<String> {
    let mut notes = Vec::new();
    if input.latency.is_some() {
        notes.push(
            "Waiting is by Erlang C with the Allen-Cunneen factor: first-order headroom, to be calibrated with measured \
             latency against load."
                .to_owned(),
        );
    }
    let missing = quarters.iter().filter(|quarter| quarter.missing > 0).count();
    if missing > 0 {
        notes.push(format!(
            "In {missing} quarters units are missing because of the lead time of {} months; rent them.",
            input.lead_time_months
        ));
    }
    if input.price_per_unit.is_none() || input.running_per_unit_month.is_none() {
        notes.push("Price or running cost of a unit is unknown, so some quarters have no cost.".to_owned());
    }
    notes
}

fn validated(input: &CapacityInput) -> Result<(), CostError> {
    let months = input.horizon_months;
    check("horizon_months", f64::from(months), (1..=600).contains(&months), "between 1 and 600 months")?;
    let hours = input.hours_per_month;
    check("hours_per_month", hours, hours > 0.0 && hours <= 744.0, "above 0, at most 744 (a month of 31 days)")?;
    positive("throughput_per_unit", input.throughput_per_unit)?;
    input.effectiveness.factor()?;
    check("life_months", f64::from(input.life_months), input.life_months >= 3, "a quarter (3) or more")?;
    if let Some(objective) = input.latency {
        let slots = objective.slots_per_unit;
        check("latency.slots_per_unit", slots as f64, (1..=1_000_000).contains(&slots), "between 1 and 1000000")?;
        non_negative("latency.ca2", objective.ca2)?;
        non_negative("latency.cs2", objective.cs2)?;
        positive("latency.ca2 + latency.cs2", objective.ca2 + objective.cs2)?;
    }
    for (field, deliveries) in [("on_order", &input.on_order), ("retiring", &input.retiring)] {
        for (i, delivery) in deliveries.iter().enumerate() {
            let ok = delivery.month >= 1;
            check(&format!("{field}[{i}].month"), f64::from(delivery.month), ok, "1 or more; months count from 1")?;
        }
    }
    for (field, price) in
        [("price_per_unit", input.price_per_unit), ("running_per_unit_month", input.running_per_unit_month)]
    {
        if let Some(price) = price {
            non_negative(field, price.amount)?;
        }
    }
    if let (Some(price), Some(running)) = (input.price_per_unit, input.running_per_unit_month) {
        price
            .checked_add(running)
            .map_err(|mismatch| CostError::Currency { field: "running_per_unit_month".to_owned(), mismatch })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use assay_base::Currency;

    use super::*;
    use crate::demand::Growth;

    fn quarters(items: &[f64]) -> CapacityInput {
        CapacityInput {
            // 2.628e6 items a month are 1 a second.
            demand: Demand {
                items_per_month: 1.0,
                growth: Growth::Quarters { items_per_month: items.iter().map(|rate| rate * 2.628e6).collect() },
                peak_to_average: 2.0,
                season: Vec::new(),
            },
            horizon_months: 3 * items.len() as u32,
            hours_per_month: 730.0,
            throughput_per_unit: 10.0,
            effectiveness: Effectiveness { utilisation: 0.5, ..Effectiveness::FULL },
            latency: None,
            redundancy: Redundancy::Spares(1),
            on_hand: 2,
            on_order: Vec::new(),
            retiring: Vec::new(),
            lead_time_months: 4,
            life_months: 60,
            price_per_unit: Some(Money::new(1_000.0, Currency::USD)),
            running_per_unit_month: Some(Money::new(10.0, Currency::USD)),
        }
    }

    #[test]
    fn units_are_ordered_in_time_or_reported_missing() {
        // Peaks of 20, 40, 60 items a second: 4, 8, 12 units of 5, and a spare.
        let plan = plan(&quarters(&[10.0, 20.0, 30.0])).unwrap();
        let by = |f: fn(&QuarterPlan) -> u64| plan.quarters.iter().map(f).collect::<Vec<_>>();
        assert_eq!(by(|q| q.needed), [5, 9, 13]);
        // The lead time of four months allows nothing in the first quarter and, from month 4, nothing in the second.
        assert_eq!(by(|q| q.missing), [3, 7, 0]);
        assert_eq!(by(|q| q.to_order), [0, 0, 11]);
        assert_eq!(plan.quarters[2].order_by_month, Some(3));
        assert_eq!(by(|q| q.in_service), [2, 2, 13]);
        assert!((plan.quarters[2].utilisation.unwrap() - 30.0 / 130.0).abs() < 1e-12);
        assert!((plan.quarters[2].cost.unwrap().amount - (11_000.0 + 13.0 * 30.0)).abs() < 1e-9);
        assert!(plan.notes[0].contains("2 quarters"));
    }

    #[test]
    fn arrivals_retirements_and_the_end_of_life_count() {
        let mut input = quarters(&[5.0; 5]);
        input.lead_time_months = 0;
        input.life_months = 6;
        input.on_hand = 0;
        input.on_order = vec![Delivery { month: 4, units: 1 }];
        input.retiring = vec![Delivery { month: 8, units: 1 }];
        let plan = plan(&input).unwrap();
        let row = |q: &QuarterPlan| (q.arriving, q.retiring, q.to_order, q.in_service);
        // Three are needed throughout; those bought in quarter 1 end in quarter 3.
        assert_eq!(
            plan.quarters.iter().map(row).collect::<Vec<_>>(),
            [(0, 0, 3, 3), (1, 0, 0, 4), (0, 4, 3, 3), (0, 0, 0, 3), (0, 3, 3, 3)]
        );
    }

    #[test]
    fn a_limit_on_waiting_and_a_probability_need_more() {
        let mut input = quarters(&[100.0]);
        input.effectiveness.availability = 0.98;
        input.redundancy = Redundancy::Probability(0.999);
        input.latency =
            Some(LatencyObjective { wait_secs: 0.001, probability: 0.01, slots_per_unit: 1, ca2: 4.0, cs2: 1.0 });
        let quarter = &plan(&input).unwrap().quarters[0];
        assert_eq!(quarter.units_for_load, 40);
        assert!(quarter.units_for_latency.unwrap() > 20);
        assert!(quarter.spares >= 3, "{quarter:?}");
    }

    #[test]
    fn an_unknown_price_is_no_cost_of_zero() {
        let mut input = quarters(&[10.0, 20.0, 30.0]);
        input.price_per_unit = None;
        let plan = plan(&input).unwrap();
        assert!(plan.quarters[0].cost.is_some() && plan.quarters[2].cost.is_none());
    }
}
