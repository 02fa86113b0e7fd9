//! The cheapest mix of commitments, on demand and spot under a demand that changes month by month and hour by hour.

use serde::{Deserialize, Serialize};

use super::slices::{Choice, Group, cheapest, groups, term_duties};
use crate::error::{CostError, answer, check, finite_list, fraction, non_negative, positive};

/// A commitment: so many months paid for all their hours, whether used or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// Its name, such as `3y`.
    pub name: String,
    /// Its length in months.
    pub term_months: u32,
    /// What a unit costs for an hour of the term, upfront payments spread over it.
    pub rate_per_hour: f64,
    /// What of that is paid when the term begins, for the whole term; 0 with none upfront.
    pub upfront: f64,
    /// Mark-up on the rate in the choice alone, for what a long term risks (obsolescence, falling prices).
    pub risk_markup: f64,
}

/// What is rented without commitment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RentRates {
    /// A unit for an hour on demand; `None` where that is not wanted or its price not known.
    pub on_demand_per_hour: Option<f64>,
    /// A useful hour on spot, overhead included; `None` where spot is not wanted or its price not known.
    pub spot_per_hour: Option<f64>,
    /// The largest fraction of a month's units on spot, [0, 1]: what may be lost at once.
    pub spot_share_cap: f64,
}

/// The units that one forecast needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// How likely it is in relation to the others.
    pub weight: f64,
    /// Units needed at each month's peak.
    pub units_per_month: Vec<u64>,
}

/// The mix of one month; hours and amounts are means over the loads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthMix {
    /// Units under each contract, in their order.
    pub committed: Vec<u64>,
    /// Those of them whose term begins.
    pub starting: Vec<u64>,
    /// Unit-hours on demand.
    pub on_demand_hours: f64,
    /// Unit-hours on spot.
    pub spot_hours: f64,
    /// Cost, upfront payments spread over their terms.
    pub cost: f64,
    /// What is paid.
    pub cash: f64,
}

/// What decides on a contract: a unit is committed where it is in use more than the break-even duty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarginalRule {
    /// The contract's name.
    pub contract: String,
    /// Its rate, mark-up included, over the price on demand; `None` without a price on demand.
    pub break_even_duty: Option<f64>,
    /// The least used slice that is committed: the part of its term's hours in which it is in use.
    pub least_used_committed: Option<f64>,
    /// The most used slice that is rented on demand throughout such a term.
    pub most_used_rented: Option<f64>,
}

/// The mix over the horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommitmentMix {
    /// Month by month.
    pub months: Vec<MonthMix>,
    /// Cost of all months, undiscounted. Contracts that outlast the horizon count with their part within it.
    pub total: f64,
    /// What all on demand would cost; `None` without a price on demand.
    pub all_on_demand: Option<f64>,
    /// What remains to be paid after the horizon for contracts that outlast it.
    pub after_horizon: f64,
    /// What decided on each contract, in their order.
    pub rules: Vec<MarginalRule>,
}

/// The most units that are looked at one by one.
const MAX_UNITS: u64 = 100_000;

/// Finds the cheapest mix. For each slice of the load the cheapest sequence of contracts and rented months is found
/// exactly, which is the newsvendor's rule (Arrow, Harris & Marschak 1951) where nothing changes, and stacks short terms
/// on long ones where demand falls. Spot takes the slices on which it saves most, up to its share of each month's units;
/// under one steady load that is the optimum, else a good mix.
///
/// With several loads the contracts fit all of them: a slice's duty is the mean over the loads by weight.
///
/// `horizon_months` are reported. The loads may be longer: what is known or expected after the horizon decides on the
/// contracts that outlast it, which would look too cheap if their months there counted for nothing.
///
/// `profile` are loads of single hours over the peak, (0, 1], empty for a flat load.
///
/// # Errors
/// A value outside its range, or no way at all to have the units.
pub fn commitment_mix(
    loads: &[Load],
    horizon_months: usize,
    profile: &[f64],
    contracts: &[Contract],
    rates: &RentRates,
    hours_per_month: f64,
) -> Result<CommitmentMix, CostError> {
    validated(loads, profile, contracts, rates, hours_per_month)?;
    let months = loads.first().map_or(0, |load| load.units_per_month.len());
    let within = (1..=months).contains(&horizon_months);
    check("horizon_months", horizon_months as f64, within, "1 or more, at most the months of the loads")?;
    let mut profile = if profile.is_empty() { vec![1.0] } else { profile.to_vec() };
    profile.sort_by(f64::total_cmp);
    let groups = groups(loads, &profile);
    let on_demand = rates.on_demand_per_hour.unwrap_or(f64::INFINITY);
    let spot = rates.spot_per_hour.filter(|spot| *spot < on_demand && rates.spot_share_cap > 0.0);

    let plain: Vec<(f64, Vec<Choice>)> =
        groups.iter().map(|group| cheapest(&group.duty, contracts, on_demand, hours_per_month)).collect();
    let mut room = spot_room(loads, rates.spot_share_cap, months);
    // Groups, or parts of groups, by how they are had.
    let mut parts: Vec<Part<'_>> = Vec::new();
    match spot {
        None => parts.extend(groups.iter().zip(plain).map(|(group, (_, choices))| Part::plain(group, choices))),
        Some(spot) => {
            let with_spot: Vec<(f64, Vec<Choice>)> =
                groups.iter().map(|group| cheapest(&group.duty, contracts, spot, hours_per_month)).collect();
            let mut order: Vec<usize> = (0..groups.len()).collect();
            let saving = |i: usize| plain[i].0 - with_spot[i].0;
            order.sort_by(|a, b| saving(*b).total_cmp(&saving(*a)).then(b.cmp(a)));
            for i in order {
                let (group, choices) = (&groups[i], &with_spot[i].1);
                let units = if saving(i) > 0.0 { fits(group, choices, &mut room) } else { 0 };
                if units > 0 {
                    parts.push(Part { units, group, choices: choices.clone(), spot: true });
                }
                if units < group.units {
                    parts.push(Part { units: group.units - units, group, choices: plain[i].1.clone(), spot: false });
                }
            }
        }
    }
    summed(&parts, horizon_months, contracts, rates, spot, &mut room, hours_per_month)
}

/// So many units of a group, had in the same way.
struct Part<'a> {
    units: u64,
    group: &'a Group,
    choices: Vec<Choice>,
    /// Whether its rented months are on spot.
    spot: bool,
}

impl<'a> Part<'a> {
    fn plain(group: &'a Group, choices: Vec<Choice>) -> Self {
        Self { units: group.units, group, choices, spot: false }
    }
}

/// Whole units that may be on spot in each month.
fn spot_room(loads: &[Load], share: f64, months: usize) -> Vec<u64> {
    let total: f64 = loads.iter().map(|load| load.weight).sum();
    let mean = |month: usize| loads.iter().map(|l| l.weight * l.units_per_month[month] as f64).sum::<f64>() / total;
    (0..months).map(|month| (share * mean(month) + 1e-9).floor() as u64).collect()
}

/// How many units of a group fit on spot; they take their room.
fn fits(group: &Group, choices: &[Choice], room: &mut [u64]) -> u64 {
    let takes = |month: &usize| choices[*month] == Choice::Rent && group.duty[*month] > 0.0;
    let months: Vec<usize> = (0..room.len()).filter(takes).collect();
    let units = months.iter().map(|month| room[*month]).min().unwrap_or_default().min(group.units);
    months.iter().for_each(|month| room[*month] -= units);
    units
}

fn summed(
    parts: &[Part<'_>],
    horizon: usize,
    contracts: &[Contract],
    rates: &RentRates,
    spot: Option<f64>,
    room: &mut [u64],
    hours: f64,
) -> Result<CommitmentMix, CostError> {
    let none = vec![0; contracts.len()];
    let mut mixes = Vec::with_capacity(horizon);
    let (mut all_on_demand, mut after_horizon) = (0.0, 0.0);
    for (month, room) in room.iter_mut().enumerate().take(horizon) {
        let mut mix = MonthMix {
            committed: none.clone(),
            starting: none.clone(),
            on_demand_hours: 0.0,
            spot_hours: 0.0,
            cost: 0.0,
            cash: 0.0,
        };
        let mut rented: Vec<(f64, u64)> = Vec::new();
        for part in parts {
            let duty = part.group.duty[month];
            all_on_demand += duty * hours * part.units as f64 * rates.on_demand_per_hour.unwrap_or_default();
            match part.choices[month] {
                Choice::Rent if part.spot => mix.spot_hours += duty * hours * part.units as f64,
                Choice::Rent => rented.push((duty, part.units)),
                Choice::Contract { index, starts } => {
                    mix.committed[index] += part.units;
                    if starts {
                        mix.starting[index] += part.units;
                    }
                }
            }
        }
        // What is rented beside and still fits on spot, the most used first.
        rented.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (duty, units) in rented {
            let on_spot = if spot.is_some() && duty > 0.0 { units.min(*room) } else { 0 };
            *room -= on_spot;
            mix.spot_hours += duty * hours * on_spot as f64;
            mix.on_demand_hours += duty * hours * (units - on_spot) as f64;
        }
        let rent = mix.on_demand_hours * rates.on_demand_per_hour.unwrap_or_default()
            + mix.spot_hours * spot.unwrap_or_default();
        (mix.cost, mix.cash) = (rent, rent);
        for (i, contract) in contracts.iter().enumerate() {
            let a_month = contract.rate_per_hour * hours;
            let paid_monthly = a_month - contract.upfront / f64::from(contract.term_months);
            let starting = mix.starting[i] as f64;
            mix.cost += mix.committed[i] as f64 * a_month;
            mix.cash += mix.committed[i] as f64 * paid_monthly + starting * contract.upfront;
            let beyond = (month + contract.term_months as usize).saturating_sub(horizon);
            after_horizon += starting * beyond as f64 * paid_monthly;
        }
        answer("cost of a month", mix.cost + mix.cash)?;
        mixes.push(mix);
    }
    Ok(CommitmentMix {
        total: answer("commitment_mix", mixes.iter().map(|month| month.cost).sum())?,
        months: mixes,
        all_on_demand: rates.on_demand_per_hour.map(|_| answer("all_on_demand", all_on_demand)).transpose()?,
        after_horizon: answer("after_horizon", after_horizon)?,
        rules: contracts.iter().enumerate().map(|(i, contract)| rule(i, contract, parts, horizon, rates)).collect(),
    })
}

fn rule(index: usize, contract: &Contract, parts: &[Part<'_>], horizon: usize, rates: &RentRates) -> MarginalRule {
    let (mut least, mut most) = (None::<f64>, None::<f64>);
    for part in parts {
        let (signed, rented) =
            term_duties(&part.group.duty, &part.choices, horizon, index, contract.term_months as usize);
        least = signed.into_iter().chain(least).reduce(f64::min);
        if !part.spot {
            most = rented.into_iter().chain(most).reduce(f64::max);
        }
    }
    let rate = contract.rate_per_hour * (1.0 + contract.risk_markup);
    MarginalRule {
        contract: contract.name.clone(),
        break_even_duty: rates.on_demand_per_hour.filter(|price| *price > 0.0).map(|price| rate / price),
        least_used_committed: least,
        most_used_rented: most,
    }
}

fn validated(
    loads: &[Load],
    profile: &[f64],
    contracts: &[Contract],
    rates: &RentRates,
    hours_per_month: f64,
) -> Result<(), CostError> {
    let months = loads.first().map_or(0, |load| load.units_per_month.len());
    check("months", months as f64, (1..=600).contains(&months), "between 1 and 600 months")?;
    for (l, load) in loads.iter().enumerate() {
        non_negative(&format!("loads[{l}].weight"), load.weight)?;
        let own = load.units_per_month.len();
        check(&format!("loads[{l}].months"), own as f64, own == months, "as many months as the first load has")?;
        for (i, units) in load.units_per_month.iter().enumerate() {
            let field = || format!("loads[{l}].units_per_month[{i}]");
            if *units > MAX_UNITS {
                check(&field(), *units as f64, false, "at most 100000 units")?;
            }
        }
    }
    positive("the sum of the weights", loads.iter().map(|load| load.weight).sum())?;
    if !profile.is_empty() {
        finite_list("profile", profile)?;
    }
    for (i, load) in profile.iter().enumerate() {
        fraction(&format!("profile[{i}]"), *load)?;
    }
    for (i, contract) in contracts.iter().enumerate() {
        let at = |field: &str| format!("contracts[{i}].{field}");
        non_negative(&at("rate_per_hour"), contract.rate_per_hour)?;
        non_negative(&at("risk_markup"), contract.risk_markup)?;
        let term = contract.term_months;
        check(&at("term_months"), f64::from(term), (1..=600).contains(&term), "1 to 600")?;
        let whole = contract.rate_per_hour * hours_per_month * f64::from(term);
        let upfront = contract.upfront;
        let ok = upfront >= 0.0 && upfront <= whole * (1.0 + 1e-9);
        check(&at("upfront"), upfront, ok, "0 or above, at most the rate for the whole term")?;
    }
    if let Some(on_demand) = rates.on_demand_per_hour {
        non_negative("on_demand_per_hour", on_demand)?;
    } else if contracts.is_empty() {
        return Err(CostError::invalid("contracts", "without a price on demand give at least one contract"));
    }
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
            .map(|(name, term_months, rate_per_hour)| Contract {
                name: name.to_owned(),
                term_months,
                rate_per_hour,
                upfront: 0.0,
                risk_markup: 0.0,
            })
            .to_vec()
    }

    const RATES: RentRates = RentRates { on_demand_per_hour: Some(1.0), spot_per_hour: None, spot_share_cap: 0.0 };

    fn load(units_per_month: &[u64]) -> Load {
        Load { weight: 1.0, units_per_month: units_per_month.to_vec() }
    }

    fn mix(units: &[u64], profile: &[f64], contracts: &[Contract], rates: &RentRates, hours: f64) -> CommitmentMix {
        commitment_mix(&[load(units)], units.len(), profile, contracts, rates, hours).unwrap()
    }

    #[test]
    fn a_steady_demand_is_the_load_duration_stack() {
        let demand = [40.0, 55.0, 60.0, 62.0, 70.0, 75.0, 80.0, 90.0, 110.0, 160.0];
        let profile: Vec<f64> = demand.iter().map(|units| units / 160.0).collect();
        let mix = mix(&[160; 36], &profile, &contracts(), &RATES, 1.0);
        let stack = stack_by_load_duration(&demand, &[0.4, 0.6], 1.0).unwrap();
        assert_eq!(mix.months[7].committed, [75, 0]);
        assert!((mix.total / 36.0 - stack.min_cost).abs() < 1e-9);
        assert!((mix.all_on_demand.unwrap() / 36.0 - demand.iter().sum::<f64>() / 10.0).abs() < 1e-9);
        // The 75th unit is in use in 5 of 10 hours, the 76th in 4; a 3-year contract pays from 40 % on.
        let rule = &mix.rules[0];
        assert_eq!(rule.break_even_duty, Some(0.4));
        assert!((rule.least_used_committed.unwrap() - 0.5).abs() < 1e-9, "{rule:?}");
        assert!((rule.most_used_rented.unwrap() - 0.4).abs() < 1e-9, "{rule:?}");
    }

    #[test]
    fn falling_demand_stacks_short_terms_on_long_ones() {
        // Ten units in the first year, four afterwards, around the clock.
        let units: Vec<u64> = (0..36).map(|month| if month < 12 { 10 } else { 4 }).collect();
        let mix = mix(&units, &[], &contracts(), &RATES, 730.0);
        assert_eq!((&mix.months[0].committed, &mix.months[0].starting), (&vec![4, 6], &vec![4, 6]));
        assert_eq!((&mix.months[20].committed, &mix.months[20].starting), (&vec![4, 0], &vec![0, 0]));
        let expected = 730.0 * (4.0 * 36.0 * 0.4 + 6.0 * 12.0 * 0.6);
        assert!((mix.total - expected).abs() < 1e-6);
        assert_eq!(mix.after_horizon, 0.0);
    }

    #[test]
    fn a_short_need_is_rented_and_spot_is_capped() {
        let units: Vec<u64> = (0..36).map(|month| if month == 5 { 8 } else { 0 }).collect();
        let rates = RentRates { spot_per_hour: Some(0.3), spot_share_cap: 0.25, ..RATES };
        let mix = mix(&units, &[], &contracts(), &rates, 100.0);
        let month = &mix.months[5];
        assert_eq!(month.committed, [0, 0]);
        assert!((month.spot_hours - 200.0).abs() < 1e-9 && (month.on_demand_hours - 600.0).abs() < 1e-9);
        assert!((mix.total - 660.0).abs() < 1e-9);
    }

    #[test]
    fn spot_displaces_commitments_where_it_is_cheaper() {
        let rates = RentRates { spot_per_hour: Some(0.1), spot_share_cap: 0.5, ..RATES };
        let mix = mix(&[10; 36], &[], &contracts(), &rates, 1.0);
        assert_eq!(mix.months[0].committed, [5, 0]);
        assert!((mix.total / 36.0 - (5.0 * 0.4 + 5.0 * 0.1)).abs() < 1e-9);
    }

    #[test]
    fn upfront_payments_are_cash_when_the_term_begins_and_outlasting_terms_are_owed() {
        let contract = Contract { upfront: 120.0, term_months: 12, rate_per_hour: 0.5, ..contracts()[0].clone() };
        let mix = mix(&[1; 18], &[], &[contract], &RentRates { on_demand_per_hour: None, ..RATES }, 100.0);
        // 50 a month, 10 of them paid in advance.
        let cash: Vec<f64> = [0, 1, 12, 17].map(|month| mix.months[month].cash).to_vec();
        assert_eq!(cash, [160.0, 40.0, 160.0, 40.0]);
        assert!((mix.total - 900.0).abs() < 1e-9);
        assert!((mix.after_horizon - 240.0).abs() < 1e-9);
        assert_eq!((mix.all_on_demand, mix.rules[0].break_even_duty), (None, None));
    }

    #[test]
    fn a_need_at_the_end_of_the_horizon_is_no_reason_for_a_long_term() {
        // Two more units in the last month; what comes after it decides on them.
        let extended = |after: u64| {
            let mut units = [vec![3; 11], vec![5]].concat();
            units.extend(vec![after; 36]);
            commitment_mix(&[load(&units)], 12, &[], &contracts()[..1], &RATES, 1.0).unwrap()
        };
        assert_eq!((extended(3).months[11].committed[0], extended(5).months[11].committed[0]), (3, 5));
        assert_eq!(extended(5).months.len(), 12);
        assert!((extended(5).after_horizon - 0.4 * (3.0 * 24.0 + 2.0 * 35.0)).abs() < 1e-9);
    }

    #[test]
    fn a_mark_up_for_risk_decides_and_is_not_paid() {
        let mut risky = contracts();
        risky[0].risk_markup = 1.0;
        let mix = mix(&[4; 36], &[], &risky, &RATES, 1.0);
        assert_eq!(mix.months[0].committed, [0, 4]);
        assert!((mix.total - 4.0 * 36.0 * 0.6).abs() < 1e-9);
    }

    #[test]
    fn several_loads_are_committed_for_by_their_weight() {
        // The second half of the fleet is needed with a probability of 0.3: less than a 3-year contract wants.
        let loads =
            |likely: f64| [Load { weight: 1.0 - likely, ..load(&[5; 36]) }, Load { weight: likely, ..load(&[10; 36]) }];
        let committed = |likely| {
            commitment_mix(&loads(likely), 36, &[], &contracts(), &RATES, 1.0).unwrap().months[0].committed.clone()
        };
        assert_eq!(committed(0.3), [5, 0]);
        assert_eq!(committed(0.5), [10, 0]);
    }

    #[test]
    fn refusals_name_the_field() {
        let field = |profile: &[f64]| {
            commitment_mix(&[load(&[1])], 1, profile, &contracts(), &RATES, 730.0).unwrap_err().field().to_owned()
        };
        assert_eq!(field(&[0.5, 1.5]), "profile[1]");
        assert!(commitment_mix(&[], 1, &[], &contracts(), &RATES, 730.0).is_err());
        let nothing = RentRates { on_demand_per_hour: None, ..RATES };
        assert_eq!(commitment_mix(&[load(&[1])], 1, &[], &[], &nothing, 730.0).unwrap_err().field(), "contracts");
    }
}
