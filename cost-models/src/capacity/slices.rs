//! The load in slices: the k-th unit of a fleet is in use in those hours in which at least k are needed. For each slice
//! the cheapest sequence of contracts and rented months.

use super::mix::{Contract, Load};

/// How a slice is had in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// By the hour, where it is in use at all.
    Rent,
    /// Under this contract; whether its term begins in this month.
    Contract { index: usize, starts: bool },
}

/// Neighbouring units that are in use alike.
pub(super) struct Group {
    /// How many units.
    pub units: u64,
    /// Fraction of the hours of each month in which each is in use, the mean over the loads.
    pub duty: Vec<f64>,
}

/// The load in groups of alike slices, the most used first.
pub(super) fn groups(loads: &[Load], ascending_profile: &[f64]) -> Vec<Group> {
    let total: f64 = loads.iter().map(|load| load.weight).sum();
    let months = loads.first().map_or(0, |load| load.units_per_month.len());
    let most = loads.iter().flat_map(|load| load.units_per_month.iter().copied()).max().unwrap_or_default();
    let mut groups: Vec<Group> = Vec::new();
    for unit in 1..=most {
        let in_month = |month: usize| -> f64 {
            let of = |load: &Load| load.weight * duty(unit, load.units_per_month[month], ascending_profile);
            loads.iter().map(of).sum::<f64>() / total
        };
        let duty: Vec<f64> = (0..months).map(in_month).collect();
        match groups.last_mut() {
            Some(last) if last.duty == duty => last.units += 1,
            _ => groups.push(Group { units: 1, duty }),
        }
    }
    groups
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

/// The cheapest way to have a slice, renting at `rent_per_hour` (infinite where it cannot be rented), and what the
/// choice weighed. Dynamic programming over the months, exact.
pub(super) fn cheapest(duty: &[f64], contracts: &[Contract], rent_per_hour: f64, hours: f64) -> (f64, Vec<Choice>) {
    let months = duty.len();
    // From each month to the horizon: the cost, the contract to begin with, and where that leads.
    let mut best: Vec<(f64, Option<usize>, usize)> = vec![(0.0, None, months); months + 1];
    for month in (0..months).rev() {
        let rented = if duty[month] > 0.0 { duty[month] * hours * rent_per_hour } else { 0.0 };
        best[month] = (rented + best[month + 1].0, None, month + 1);
        for (index, contract) in contracts.iter().enumerate() {
            let end = (month + contract.term_months as usize).min(months);
            let rate = contract.rate_per_hour * (1.0 + contract.risk_markup);
            let cost = rate * hours * (end - month) as f64 + best[end].0;
            // Where both cost the same, nothing is committed.
            if cost < best[month].0 * (1.0 - 1e-12) {
                best[month] = (cost, Some(index), end);
            }
        }
    }
    let mut choices = vec![Choice::Rent; months];
    let mut month = 0;
    while month < months {
        let (_, contract, end) = best[month];
        if let Some(index) = contract {
            choices[month..end].fill(Choice::Contract { index, starts: false });
            choices[month] = Choice::Contract { index, starts: true };
        }
        month = end;
    }
    (best[0].0, choices)
}

/// Means of the duty over the terms of a contract that are signed within the horizon, and over windows of its length
/// that begin there and are rented.
pub(super) fn term_duties(
    duty: &[f64],
    choices: &[Choice],
    horizon: usize,
    contract: usize,
    term: usize,
) -> (Vec<f64>, Vec<f64>) {
    let months = duty.len();
    let mean = |from: usize, to: usize| duty[from..to].iter().sum::<f64>() / (to - from) as f64;
    let (mut signed, mut rented) = (Vec::new(), Vec::new());
    let mut rented_run = 0;
    for (month, choice) in choices.iter().enumerate().take(months) {
        match *choice {
            Choice::Contract { index, starts: true } if index == contract && month < horizon => {
                signed.push(mean(month, (month + term).min(months)));
            }
            _ => {}
        }
        rented_run = if *choice == Choice::Rent { rented_run + 1 } else { 0 };
        if rented_run >= term && month + 1 - term < horizon {
            rented.push(mean(month + 1 - term, month + 1));
        }
    }
    (signed, rented)
}
