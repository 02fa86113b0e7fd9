//! The units that a demand needs: for its load, for a limit on waiting, and for failures.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, check, non_negative, positive};
use crate::evaluation::whole;
use crate::queueing::{servers_with_variability, spares_for_availability};
use crate::unit_cost::{Effectiveness, SECS_PER_HOUR};

/// The most requests in service at once for which waiting is computed; beyond, pooling leaves hardly any.
const MAX_ERLANGS: f64 = 100_000.0;

/// A limit on waiting. First-order headroom: servers that batch continuously are no M/M/c queue, so calibrate it with
/// measured latency against load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatencyObjective {
    /// The wait before service that may be exceeded with `probability` only.
    pub wait_secs: f64,
    /// That probability.
    pub probability: f64,
    /// Items in one request.
    pub items_per_request: f64,
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

/// What a unit can do, and what is asked of the fleet besides items.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sizing {
    /// Hours of a month.
    pub hours_per_month: f64,
    /// The busiest moment's rate over the month's average, 1 or above.
    pub peak_to_average: f64,
    /// Items a second of one unit at full load.
    pub throughput_per_unit: f64,
    /// What that is worth in service.
    pub effectiveness: Effectiveness,
    /// A limit on waiting, where there is one.
    pub latency: Option<LatencyObjective>,
    /// How failures are provided for.
    pub redundancy: Redundancy,
}

/// The units that a month needs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Need {
    /// Items of the month.
    pub items_per_month: f64,
    /// Items a second at its peak.
    pub peak_per_sec: f64,
    /// Units that carry the peak at the target utilisation.
    pub units_for_load: u64,
    /// Units that keep the limit on waiting at the peak; `None` without one.
    pub units_for_latency: Option<u64>,
    /// Units beyond the larger of those for failures.
    pub spares: u64,
    /// All units needed.
    pub needed: u64,
}

/// The units that so many items a month need: `ceil(peak / (throughput * effectiveness))`, at least as many as Erlang C
/// with the Allen-Cunneen factor wants for the limit on waiting, and the spares on top.
///
/// # Errors
/// A value outside its range, or a need beyond what is looked at.
pub fn need(items_per_month: f64, sizing: &Sizing) -> Result<Need, CostError> {
    non_negative("items_per_month", items_per_month)?;
    let hours = sizing.hours_per_month;
    check("hours_per_month", hours, hours > 0.0 && hours <= 744.0, "above 0, at most 744 (a month of 31 days)")?;
    let peak = sizing.peak_to_average;
    check("peak_to_average", peak, peak.is_finite() && peak >= 1.0, "1 or above (peak over average rate)")?;
    positive("throughput_per_unit", sizing.throughput_per_unit)?;
    let peak_per_sec = items_per_month / (hours * SECS_PER_HOUR) * peak;
    let mut effectiveness = sizing.effectiveness;
    if matches!(sizing.redundancy, Redundancy::Probability(_)) {
        effectiveness.availability = 1.0;
    }
    let units = whole(peak_per_sec / (sizing.throughput_per_unit * effectiveness.factor()?));
    check("units needed", units, units <= 1e12, "at most 1e12; check demand and throughput")?;
    let units_for_load = units as u64;
    let units_for_latency =
        sizing.latency.map(|objective| for_latency(peak_per_sec, &objective, sizing)).transpose()?;
    let working = units_for_load.max(units_for_latency.unwrap_or_default());
    let spares = spares(working, sizing)?;
    let needed = working.saturating_add(spares);
    Ok(Need { items_per_month, peak_per_sec, units_for_load, units_for_latency, spares, needed })
}

fn for_latency(peak_per_sec: f64, objective: &LatencyObjective, sizing: &Sizing) -> Result<u64, CostError> {
    let slots = objective.slots_per_unit;
    check("latency.slots_per_unit", slots as f64, (1..=1_000_000).contains(&slots), "between 1 and 1000000")?;
    positive("latency.items_per_request", objective.items_per_request)?;
    non_negative("latency.ca2", objective.ca2)?;
    non_negative("latency.cs2", objective.cs2)?;
    let variability = positive("latency.ca2 + latency.cs2", objective.ca2 + objective.cs2)? / 2.0;
    if peak_per_sec == 0.0 {
        return Ok(0);
    }
    let per_slot = sizing.throughput_per_unit / objective.items_per_request / slots as f64;
    let arrivals = peak_per_sec / objective.items_per_request * (1.0 + sizing.effectiveness.retry_fraction);
    let erlangs = arrivals / per_slot;
    let allowed = "at most 100000: state fewer slots with more items in a request, or leave the objective out";
    check("requests in service at once", erlangs, erlangs <= MAX_ERLANGS, allowed)?;
    let fewest = servers_with_variability(arrivals, per_slot, objective.wait_secs, objective.probability, variability)?;
    Ok(fewest.servers.div_ceil(slots))
}

fn spares(working: u64, sizing: &Sizing) -> Result<u64, CostError> {
    match sizing.redundancy {
        _ if working == 0 => Ok(0),
        Redundancy::Spares(spares) => Ok(spares),
        Redundancy::Probability(target) => {
            let availability = sizing.effectiveness.availability;
            check("units", working as f64, working <= 900_000, "at most 900000 where spares are found by probability")?;
            spares_for_availability(working, availability, target)?.ok_or_else(|| {
                let problem = format!("a thousand spares beyond {working} units do not reach {target}");
                CostError::invalid("redundancy.probability", problem)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items a month that are one a second.
    const ONE_PER_SEC: f64 = 730.0 * SECS_PER_HOUR;

    fn sizing() -> Sizing {
        Sizing {
            hours_per_month: 730.0,
            peak_to_average: 2.0,
            throughput_per_unit: 10.0,
            effectiveness: Effectiveness { utilisation: 0.5, ..Effectiveness::FULL },
            latency: None,
            redundancy: Redundancy::Spares(1),
        }
    }

    #[test]
    fn the_peak_is_carried_at_the_target_with_spares() {
        let need = need(10.0 * ONE_PER_SEC, &sizing()).unwrap();
        assert!((need.peak_per_sec - 20.0).abs() < 1e-9);
        assert_eq!((need.units_for_load, need.spares, need.needed), (4, 1, 5));
        assert_eq!(super::need(0.0, &sizing()).unwrap().needed, 0);
    }

    #[test]
    fn a_limit_on_waiting_and_a_probability_need_more() {
        let mut sizing = sizing();
        sizing.effectiveness.availability = 0.98;
        sizing.redundancy = Redundancy::Probability(0.999);
        let objective = LatencyObjective {
            wait_secs: 0.001,
            probability: 0.01,
            items_per_request: 1.0,
            slots_per_unit: 1,
            ca2: 4.0,
            cs2: 1.0,
        };
        sizing.latency = Some(objective);
        let one = need(100.0 * ONE_PER_SEC, &sizing).unwrap();
        assert_eq!(one.units_for_load, 40);
        assert!(one.units_for_latency.unwrap() > 20 && one.spares >= 3, "{one:?}");
        // The same servers in units of four: whole units of them.
        sizing.latency = Some(LatencyObjective { slots_per_unit: 4, ..objective });
        sizing.throughput_per_unit = 40.0;
        let four = need(100.0 * ONE_PER_SEC, &sizing).unwrap();
        assert_eq!(four.units_for_latency.unwrap(), one.units_for_latency.unwrap().div_ceil(4));
        // Requests of ten items that are served in ten times the time wait longer.
        sizing.latency = Some(LatencyObjective { slots_per_unit: 4, items_per_request: 10.0, ..objective });
        assert!(need(100.0 * ONE_PER_SEC, &sizing).unwrap().units_for_latency >= four.units_for_latency);
    }

    #[test]
    fn refusals_name_the_field() {
        let field = |sizing: Sizing| need(1.0, &sizing).unwrap_err().field().to_owned();
        assert_eq!(field(Sizing { throughput_per_unit: 0.0, ..sizing() }), "throughput_per_unit");
        assert_eq!(field(Sizing { peak_to_average: 0.5, ..sizing() }), "peak_to_average");
    }
}
