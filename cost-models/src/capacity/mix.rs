//! The cheapest mix of commitments, on demand and spot under a demand that changes month by month and hour by hour.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, answer, check, finite_list, fraction, non_negative, positive};

/// A commitment: so many months paid for all their hours, whether used or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// Its name, such as `3y`.
    pub name: String,
    /// Its length in months.
    pub term_months: u32,
    /// What a unit costs for an hour of the term, upfront payments spread over it and any mark-up for the risk of a
    /// long term (obsolescence, falling prices) included.
    pub rate_per_hour: f64,
}

/// What is rented without commitment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RentRates {
    /// A unit for an hour on demand.
    pub on_demand_per_hour: f64,
    /// A useful hour on spot, overhead included; `None` where spot is not wanted or its price not known.
    pub spot_per_hour: Option<f64>,
    /// The largest fraction of a month's units on spot, [0, 1]: what may be lost at once.
    pub spot_share_cap: f64,
}

/// The mix of one month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthMix {
    /// Units under each contract, in their order.
    pub committed: Vec<u64>,
    /// Unit-hours on demand.
    pub on_demand_hours: f64,
    /// Unit-hours on spot.
    pub spot_hours: f64,
    /// Cost of the month.
    pub cost: f64,
}

/// The mix over the horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommitmentMix {
    /// Month by month.
    pub months: Vec<MonthMix>,
    /// Cost of all months, undiscounted. Contracts that outlast the horizon count with their part within it.
    pub total: f64,
    /// What all on demand would cost.
    pub all_on_demand: f64,
}

/// The most units that are looked at one by one.
const MAX_UNITS: u64 = 100_000;

/// Finds the cheapest mix. Units are taken as slices of the load: the k-th unit of a month is in use in those hours in
/// which at least k are needed. For each slice the cheapest sequence of contracts and rented months over the horizon is
/// found exactly (dynamic programming), which is the newsvendor's rule where nothing changes and stacks long terms
/// under short ones where demand falls.
///
/// `units_per_month` are the units needed at each month's peak; `profile` are loads of single hours over the peak,
/// (0, 1], empty for a flat load.
///
/// # Errors
/// A value outside its range.
pub fn commitment_mix(
    units_per_month: &[u64],
    profile: &[f64],
    contracts: &[Contract],
    rates: &RentRates,
    hours_per_month: f64,
) -> Result<CommitmentMix, CostError> {
    validated(units_per_month, profile, contracts, rates, hours_per_month)?;
    let mut profile = if profile.is_empty() { vec![1.0] } else { profile.to_vec() };
    profile.sort_by(f64::total_cmp);
    let mut months: Vec<MonthMix> = units_per_month
        .iter()
        .map(|_| MonthMix { committed: vec![0; contracts.len()], on_demand_hours: 0.0, spot_hours: 0.0, cost: 0.0 })
        .collect();
    let most = units_per_month.iter().copied().max().unwrap_or_default();
    let mut all_on_demand = 0.0;
    let mut planner = Planner { contracts, rates, hours: hours_per_month, duty: Vec::new(), last: None };
    for unit in 1..=most {
        planner.duty = units_per_month.iter().map(|units| duty(unit, *units, &profile)).collect();
        all_on_demand += planner.duty.iter().sum::<f64>() * hours_per_month * rates.on_demand_per_hour;
        for (month, (choice, mix)) in planner.choices().into_iter().zip(&mut months).enumerate() {
            match choice {
                Some(contract) => {
                    mix.committed[contract] += 1;
                    mix.cost += contracts[contract].rate_per_hour * hours_per_month;
                }
                None => mix.on_demand_hours += planner.duty[month] * hours_per_month,
            }
        }
    }
    for (mix, units) in months.iter_mut().zip(units_per_month) {
        if let Some(spot) = rates.spot_per_hour
            && spot < rates.on_demand_per_hour
        {
            let cap = rates.spot_share_cap * *units as f64 * hours_per_month;
            mix.spot_hours = mix.on_demand_hours.min(cap);
            mix.on_demand_hours -= mix.spot_hours;
            mix.cost += mix.spot_hours * spot;
        }
        mix.cost += mix.on_demand_hours * rates.on_demand_per_hour;
    }
    let total = answer("commitment_mix", months.iter().map(|month| month.cost).sum())?;
    Ok(CommitmentMix { months, total, all_on_demand: answer("all_on_demand", all_on_demand)? })
}

/// The fraction of the hours in which the `unit`-th of a month's units is in use.
fn duty(unit: u64, units: u64, ascending_profile: &[f64]) -> f64 {
    if unit > units {
        return 0.0;
    }
    // It is needed where the load exceeds the units below it.
    let below = (unit - 1) as f64 / units as f64;
    let idle = ascending_profile.partition_point(|load| *load <= below + 1e-12);
    (ascending_profile.len() - idle) as f64 / ascending_profile.len() as f64
}

struct Planner<'a> {
    contracts: &'a [Contract],
    rates: &'a RentRates,
    hours: f64,
    /// Duty of the current slice in each month.
    duty: Vec<f64>,
    /// The slice before and its answer: most neighbours are alike.
    last: Option<(Vec<f64>, Vec<Option<usize>>)>,
}

impl Planner<'_> {
    /// The contract of each month, or `None` for renting by the hour.
    fn choices(&mut self) -> Vec<Option<usize>> {
        if let Some((duty, choices)) = &self.last
            && *duty == self.duty
        {
            return choices.clone();
        }
        let months = self.duty.len();
        // The cheapest way from each month to the horizon: its cost, the contract to begin with, and where it leads.
        let mut best: Vec<(f64, Option<usize>, usize)> = vec![(0.0, None, months); months + 1];
        for month in (0..months).rev() {
            let rented = self.duty[month] * self.hours * self.rates.on_demand_per_hour;
            best[month] = (rented + best[month + 1].0, None, month + 1);
            for (contract, terms) in self.contracts.iter().enumerate() {
                let end = (month + terms.term_months as usize).min(months);
                let cost = terms.rate_per_hour * self.hours * (end - month) as f64 + best[end].0;
                // Where both cost the same, nothing is committed.
                if cost < best[month].0 * (1.0 - 1e-12) {
                    best[month] = (cost, Some(contract), end);
                }
            }
        }
        let mut choices = vec![None; months];
        let mut month = 0;
        while month < months {
            let (_, contract, end) = best[month];
            choices[month..end].fill(contract);
            month = end;
        }
        self.last = Some((self.duty.clone(), choices.clone()));
        choices
    }
}

fn validated(
    units_per_month: &[u64],
    profile: &[f64],
    contracts: &[Contract],
    rates: &RentRates,
    hours_per_month: f64,
) -> Result<(), CostError> {
    let months = units_per_month.len();
    check("months", months as f64, (1..=600).contains(&months), "between 1 and 600 months")?;
    for (i, units) in units_per_month.iter().enumerate() {
        check(&format!("units_per_month[{i}]"), *units as f64, *units <= MAX_UNITS, "at most 100000 units")?;
    }
    if !profile.is_empty() {
        finite_list("profile", profile)?;
    }
    for (i, load) in profile.iter().enumerate() {
        fraction(&format!("profile[{i}]"), *load)?;
    }
    for (i, contract) in contracts.iter().enumerate() {
        non_negative(&format!("contracts[{i}].rate_per_hour"), contract.rate_per_hour)?;
        let term = contract.term_months;
        check(&format!("contracts[{i}].term_months"), f64::from(term), (1..=600).contains(&term), "1 to 600")?;
    }
    non_negative("on_demand_per_hour", rates.on_demand_per_hour)?;
    if let Some(spot) = rates.spot_per_hour {
        non_negative("spot_per_hour", spot)?;
    }
    fraction("spot_share_cap", rates.spot_share_cap)?;
    positive("hours_per_month", hours_per_month).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commitments::stack_by_load_duration;

    fn contracts() -> Vec<Contract> {
        [("3y", 36, 0.4), ("1y", 12, 0.6)]
            .map(|(name, term_months, rate_per_hour)| Contract { name: name.to_owned(), term_months, rate_per_hour })
            .to_vec()
    }

    const RATES: RentRates = RentRates { on_demand_per_hour: 1.0, spot_per_hour: None, spot_share_cap: 0.0 };

    #[test]
    fn a_steady_demand_is_the_load_duration_stack() {
        let demand = [40.0, 55.0, 60.0, 62.0, 70.0, 75.0, 80.0, 90.0, 110.0, 160.0];
        let profile: Vec<f64> = demand.iter().map(|units| units / 160.0).collect();
        let mix = commitment_mix(&[160; 36], &profile, &contracts(), &RATES, 1.0).unwrap();
        let stack = stack_by_load_duration(&demand, &[0.4, 0.6], 1.0).unwrap();
        assert_eq!(mix.months[7].committed, [75, 0]);
        assert!((mix.total / 36.0 - stack.min_cost).abs() < 1e-9);
        assert!((mix.all_on_demand / 36.0 - demand.iter().sum::<f64>() / 10.0).abs() < 1e-9);
    }

    #[test]
    fn falling_demand_stacks_short_terms_on_long_ones() {
        // Ten units in the first year, four afterwards, around the clock.
        let units: Vec<u64> = (0..36).map(|month| if month < 12 { 10 } else { 4 }).collect();
        let mix = commitment_mix(&units, &[], &contracts(), &RATES, 730.0).unwrap();
        assert_eq!(mix.months[0].committed, [4, 6]);
        assert_eq!(mix.months[20].committed, [4, 0]);
        let expected = 730.0 * (4.0 * 36.0 * 0.4 + 6.0 * 12.0 * 0.6);
        assert!((mix.total - expected).abs() < 1e-6);
    }

    #[test]
    fn a_short_need_is_rented_and_spot_is_capped() {
        let units: Vec<u64> = (0..36).map(|month| if month == 5 { 8 } else { 0 }).collect();
        let rates = RentRates { spot_per_hour: Some(0.3), spot_share_cap: 0.25, ..RATES };
        let mix = commitment_mix(&units, &[], &contracts(), &rates, 100.0).unwrap();
        let month = &mix.months[5];
        assert_eq!(month.committed, [0, 0]);
        assert!((month.spot_hours - 200.0).abs() < 1e-9 && (month.on_demand_hours - 600.0).abs() < 1e-9);
        assert!((mix.total - 660.0).abs() < 1e-9);
    }

    #[test]
    fn refusals_name_the_field() {
        let field = |profile: &[f64]| {
            commitment_mix(&[1], profile, &contracts(), &RATES, 730.0).unwrap_err().field().to_owned()
        };
        assert_eq!(field(&[0.5, 1.5]), "profile[1]");
        assert!(commitment_mix(&[], &[], &contracts(), &RATES, 730.0).is_err());
    }
}
