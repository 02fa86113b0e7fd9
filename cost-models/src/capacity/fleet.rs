//! The fleet of owned units quarter by quarter, and what it costs.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, answer, check, fraction, non_negative};

/// Units that arrive or leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// At the begin of this quarter, counted from 1.
    pub quarter: u32,
    /// How many.
    pub units: u64,
}

/// What a fleet is planned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FleetInput {
    /// Units needed in each quarter.
    pub needed: Vec<u64>,
    /// Units there are now.
    pub on_hand: u64,
    /// Units ordered already.
    pub on_order: Vec<Delivery>,
    /// Units that will be taken out of service.
    pub retiring: Vec<Delivery>,
    /// The first quarter in which an order made now is in service; 1 when at once.
    pub earliest_quarter: u32,
    /// Quarters a new unit is used before it is replaced, 1 or more.
    pub refresh_quarters: u32,
}

/// One quarter of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetQuarter {
    /// Units needed.
    pub needed: u64,
    /// Units in service when it begins, before arrivals and retirements.
    pub at_start: u64,
    /// Units ordered earlier that arrive.
    pub arriving: u64,
    /// Units that leave service, those at the end of their life included.
    pub retiring: u64,
    /// Those of them that this plan bought: they are replaced and sold.
    pub refreshed: u64,
    /// Units to order so that they are in service in this quarter.
    pub to_order: u64,
    /// Units in service.
    pub in_service: u64,
    /// Units missing, because an order made now arrives too late.
    pub missing: u64,
}

/// Plans the fleet: each quarter has the units it needs, or says how many are missing because the lead time does not
/// allow them. Units stay until they retire: a falling need gives none back.
///
/// # Errors
/// More than 200 quarters, a quarter 0, a life of no quarter, more units than can be counted.
pub fn fleet_by_quarter(input: &FleetInput) -> Result<Vec<FleetQuarter>, CostError> {
    let count = input.needed.len();
    check("needed", count as f64, (1..=200).contains(&count), "between 1 and 200 quarters")?;
    check("refresh_quarters", f64::from(input.refresh_quarters), input.refresh_quarters >= 1, "1 or more")?;
    for (field, deliveries) in [("on_order", &input.on_order), ("retiring", &input.retiring)] {
        for (i, delivery) in deliveries.iter().enumerate() {
            let name = || format!("{field}[{i}]");
            check(&format!("{}.quarter", name()), f64::from(delivery.quarter), delivery.quarter >= 1, "1 or more")?;
            units(&format!("{}.units", name()), delivery.units)?;
        }
    }
    units("on_hand", input.on_hand)?;
    let mut in_service = input.on_hand;
    let mut bought: Vec<u64> = Vec::with_capacity(count);
    let mut quarters = Vec::with_capacity(count);
    for (index, needed) in input.needed.iter().enumerate() {
        units("needed", *needed)?;
        let number = index as u32 + 1;
        let of = |deliveries: &[Delivery]| -> u64 {
            deliveries.iter().filter(|d| d.quarter == number).map(|d| d.units).sum()
        };
        let at_start = in_service;
        let arriving = of(&input.on_order);
        let available = at_start + arriving;
        let refreshed = index
            .checked_sub(input.refresh_quarters as usize)
            .and_then(|born| bought.get(born))
            .copied()
            .unwrap_or_default();
        let retiring = (of(&input.retiring) + refreshed).min(available);
        let remaining = available - retiring;
        let short = needed.saturating_sub(remaining);
        let (to_order, missing) = if number >= input.earliest_quarter { (short, 0) } else { (0, short) };
        bought.push(to_order);
        in_service = remaining + to_order;
        quarters.push(FleetQuarter {
            needed: *needed,
            at_start,
            arriving,
            retiring,
            refreshed,
            to_order,
            in_service,
            missing,
        });
    }
    Ok(quarters)
}

fn units(field: &str, units: u64) -> Result<f64, CostError> {
    check(field, units as f64, units <= 1_000_000_000_000, "at most 1e12 units")
}

/// What owned units cost, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnedRates {
    /// Price of a unit, paid when it enters service.
    pub price_per_unit: f64,
    /// What is left of it at the end of its life, as a fraction.
    pub residual_fraction: f64,
    /// Upkeep of a unit for a month.
    pub upkeep_per_unit_month: f64,
    /// Energy of a unit for a month.
    pub energy_per_unit_month: f64,
}

/// The cost of one quarter of an owned fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnedCost {
    /// Price of the units that enter service by this plan.
    pub purchases: f64,
    /// What replaced units are sold for.
    pub resale: f64,
    /// Value lost by the units this plan bought, in a straight line. Units there were before are not counted: what
    /// they are still worth is not known.
    pub depreciation: f64,
    /// Upkeep of all units in service.
    pub upkeep: f64,
    /// Energy of all units in service.
    pub energy: f64,
}

impl OwnedCost {
    /// Depreciation, upkeep and energy.
    pub fn expense(&self) -> f64 {
        self.depreciation + self.upkeep + self.energy
    }

    /// Purchases, upkeep and energy less resale.
    pub fn cash(&self) -> f64 {
        self.purchases + self.upkeep + self.energy - self.resale
    }
}

/// What a planned fleet costs, quarter by quarter. `months` are those of each quarter: 3, or fewer in the last.
///
/// # Errors
/// A rate outside its range.
pub fn owned_cost(
    quarters: &[FleetQuarter],
    months: &[u32],
    refresh_quarters: u32,
    rates: &OwnedRates,
) -> Result<Vec<OwnedCost>, CostError> {
    non_negative("price_per_unit", rates.price_per_unit)?;
    fraction("residual_fraction", rates.residual_fraction)?;
    non_negative("upkeep_per_unit_month", rates.upkeep_per_unit_month)?;
    crate::error::finite("energy_per_unit_month", rates.energy_per_unit_month)?;
    check("refresh_quarters", f64::from(refresh_quarters), refresh_quarters >= 1, "1 or more")?;
    let life_months = 3.0 * f64::from(refresh_quarters);
    let a_month = rates.price_per_unit * (1.0 - rates.residual_fraction) / life_months;
    let mut in_use = 0_u64;
    quarters
        .iter()
        .zip(months)
        .map(|(quarter, months)| {
            in_use = (in_use + quarter.to_order).saturating_sub(quarter.refreshed);
            let unit_months = quarter.in_service as f64 * f64::from(*months);
            let cost = OwnedCost {
                purchases: quarter.to_order as f64 * rates.price_per_unit,
                resale: quarter.refreshed as f64 * rates.price_per_unit * rates.residual_fraction,
                depreciation: in_use as f64 * f64::from(*months) * a_month,
                upkeep: unit_months * rates.upkeep_per_unit_month,
                energy: unit_months * rates.energy_per_unit_month,
            };
            answer("cost of a quarter", cost.expense())?;
            answer("cash of a quarter", cost.cash())?;
            Ok(cost)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(needed: &[u64]) -> FleetInput {
        FleetInput {
            needed: needed.to_vec(),
            on_hand: 2,
            on_order: Vec::new(),
            retiring: Vec::new(),
            earliest_quarter: 1,
            refresh_quarters: 20,
        }
    }

    #[test]
    fn units_are_ordered_in_time_or_reported_missing() {
        let quarters = fleet_by_quarter(&FleetInput { earliest_quarter: 3, ..input(&[5, 9, 13]) }).unwrap();
        let by = |f: fn(&FleetQuarter) -> u64| quarters.iter().map(f).collect::<Vec<_>>();
        assert_eq!(by(|q| q.missing), [3, 7, 0]);
        assert_eq!(by(|q| q.to_order), [0, 0, 11]);
        assert_eq!(by(|q| q.in_service), [2, 2, 13]);
    }

    #[test]
    fn arrivals_retirements_and_the_end_of_life_count() {
        let plan = FleetInput {
            on_hand: 0,
            on_order: vec![Delivery { quarter: 2, units: 1 }],
            retiring: vec![Delivery { quarter: 3, units: 1 }],
            refresh_quarters: 2,
            ..input(&[3; 5])
        };
        let quarters = fleet_by_quarter(&plan).unwrap();
        let row = |q: &FleetQuarter| (q.arriving, q.retiring, q.refreshed, q.to_order, q.in_service);
        // Three are needed throughout; those bought in quarter 1 end in quarter 3.
        assert_eq!(
            quarters.iter().map(row).collect::<Vec<_>>(),
            [(0, 0, 0, 3, 3), (1, 0, 0, 0, 4), (0, 4, 3, 3, 3), (0, 0, 0, 0, 3), (0, 3, 3, 3, 3)]
        );
        let rates = OwnedRates {
            price_per_unit: 600.0,
            residual_fraction: 0.0,
            upkeep_per_unit_month: 10.0,
            energy_per_unit_month: 1.0,
        };
        let cost = owned_cost(&quarters, &[3, 3, 3, 3, 2], 2, &rates).unwrap();
        assert_eq!(
            cost[0],
            OwnedCost { purchases: 1800.0, resale: 0.0, depreciation: 900.0, upkeep: 90.0, energy: 9.0 }
        );
        // Three batches of three: each is written off over two quarters of three months; the last begins its third.
        let written_off: f64 = cost.iter().map(|c| c.depreciation).sum();
        assert!((written_off - (1800.0 + 1800.0 + 600.0)).abs() < 1e-9);
        assert_eq!(cost[2].cash(), 1800.0 + 90.0 + 9.0);
    }

    #[test]
    fn refusals_name_the_field() {
        let none = FleetInput { refresh_quarters: 0, ..input(&[1]) };
        assert_eq!(fleet_by_quarter(&none).unwrap_err().field(), "refresh_quarters");
        let never = FleetInput { on_order: vec![Delivery { quarter: 0, units: 1 }], ..input(&[1]) };
        assert_eq!(fleet_by_quarter(&never).unwrap_err().field(), "on_order[0].quarter");
    }
}
