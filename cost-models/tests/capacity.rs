//! Properties of capacity planning.

use assay_cost_models::capacity::{
    Contract, Delivery, FleetInput, LatencyObjective, Load, OwnedRates, Redundancy, RentRates, Sizing, commitment_mix,
    fleet_by_quarter, need, owned_cost,
};
use assay_cost_models::unit_cost::Effectiveness;
use proptest::prelude::*;

fn contract(name: &str, term_months: u32, rate_per_hour: f64) -> Contract {
    Contract { name: name.to_owned(), term_months, rate_per_hour, upfront: 0.0, risk_markup: 0.0 }
}

fn one_load(units_per_month: Vec<u64>) -> [Load; 1] {
    [Load { weight: 1.0, units_per_month }]
}

fn deliveries() -> impl Strategy<Value = Vec<Delivery>> {
    prop::collection::vec((1u32..14, 0u64..20).prop_map(|(quarter, units)| Delivery { quarter, units }), 0..4)
}

fn fleet() -> impl Strategy<Value = FleetInput> {
    (prop::collection::vec(0u64..60, 1..13), 0u64..40, deliveries(), deliveries(), 1u32..6, 1u32..10).prop_map(
        |(needed, on_hand, on_order, retiring, earliest_quarter, refresh_quarters)| FleetInput {
            needed,
            on_hand,
            on_order,
            retiring,
            earliest_quarter,
            refresh_quarters,
        },
    )
}

proptest! {
    #[test]
    fn the_fleet_is_never_below_the_need_where_the_lead_time_allows(input in fleet()) {
        let quarters = fleet_by_quarter(&input).unwrap();
        for (i, quarter) in quarters.iter().enumerate() {
            if i as u32 + 1 >= input.earliest_quarter {
                prop_assert!(quarter.in_service >= quarter.needed && quarter.missing == 0, "{quarter:?}");
            } else {
                prop_assert!(quarter.to_order == 0 && quarter.in_service + quarter.missing >= quarter.needed);
            }
            let balance = quarter.at_start + quarter.arriving - quarter.retiring + quarter.to_order;
            prop_assert_eq!(quarter.in_service, balance);
        }
    }

    #[test]
    fn a_longer_lead_time_never_lowers_what_is_missing(input in fleet()) {
        let missing = |earliest_quarter| {
            let quarters = fleet_by_quarter(&FleetInput { earliest_quarter, ..input.clone() }).unwrap();
            quarters.iter().map(|quarter| quarter.missing).sum::<u64>()
        };
        prop_assert!(missing(input.earliest_quarter + 1) >= missing(input.earliest_quarter));
    }

    #[test]
    fn an_owned_fleet_costs_what_it_was_bought_for(input in fleet(), price in 0.0..1e6f64, left in 0.0..1.0f64) {
        let quarters = fleet_by_quarter(&input).unwrap();
        let rates = OwnedRates {
            price_per_unit: price,
            residual_fraction: left,
            upkeep_per_unit_month: 1.0,
            energy_per_unit_month: 2.0,
        };
        let months = vec![3; quarters.len()];
        let costs = owned_cost(&quarters, &months, input.refresh_quarters, &rates).unwrap();
        let purchases: f64 = costs.iter().map(|cost| cost.purchases).sum();
        let used: f64 = costs.iter().map(|cost| cost.depreciation + cost.resale).sum();
        prop_assert!(costs.iter().all(|cost| cost.cash().is_finite() && cost.expense() >= 0.0));
        prop_assert!(used <= purchases * (1.0 + 1e-9) + 1e-6, "{used} {purchases}");
    }

    #[test]
    fn the_mix_is_never_dearer_than_one_way_alone(
        units in prop::collection::vec(0u64..30, 1..40),
        profile in prop::collection::vec(0.05..1.0f64, 1..24),
        short in 0.2..1.2f64,
        long in 0.2..1.2f64,
    ) {
        let contracts = [contract("1y", 12, short), contract("3y", 36, long)];
        let rates = RentRates { on_demand_per_hour: Some(1.0), spot_per_hour: None, spot_share_cap: 0.0 };
        let mix = commitment_mix(&one_load(units.clone()), units.len(), &profile, &contracts, &rates, 730.0).unwrap();
        prop_assert!(mix.total <= mix.all_on_demand.unwrap() * (1.0 + 1e-9));
        let most = units.iter().copied().max().unwrap_or_default();
        for rate in [short, long] {
            let all_committed = most as f64 * rate * 730.0 * units.len() as f64;
            prop_assert!(mix.total <= all_committed * (1.0 + 1e-9));
        }
        // The newsvendor's rule at the margin.
        for rule in &mix.rules {
            let break_even = rule.break_even_duty.unwrap();
            prop_assert!(rule.least_used_committed.is_none_or(|duty| duty >= break_even - 1e-9), "{rule:?}");
            prop_assert!(rule.most_used_rented.is_none_or(|duty| duty <= break_even + 1e-9), "{rule:?}");
        }
    }

    #[test]
    fn the_mix_beats_its_neighbours(
        units in 1u64..40,
        profile in prop::collection::vec(0.05..1.0f64, 1..24),
        rate in 0.1..1.1f64,
        spot in 0.05..1.2f64,
        share in 0.0..1.0f64,
    ) {
        let rates = RentRates { on_demand_per_hour: Some(1.0), spot_per_hour: Some(spot), spot_share_cap: share };
        let contracts = [contract("1y", 12, rate)];
        let mix = commitment_mix(&one_load(vec![units; 12]), 12, &profile, &contracts, &rates, 1.0).unwrap();
        let cheapest = (0..=units).map(|level| cost_of(level, units, &profile, rate, spot, share)).fold(f64::INFINITY, f64::min);
        prop_assert!(mix.total / 12.0 <= cheapest * (1.0 + 1e-9), "{} {cheapest}", mix.total / 12.0);
    }

    #[test]
    fn a_commitment_for_several_loads_is_no_dearer_than_one_for_each_alone(
        low in 0u64..20, high in 0u64..40, likely in 0.05..0.95f64, rate in 0.1..1.0f64,
    ) {
        let rates = RentRates { on_demand_per_hour: Some(1.0), spot_per_hour: None, spot_share_cap: 0.0 };
        let loads = [
            Load { weight: 1.0 - likely, units_per_month: vec![low; 12] },
            Load { weight: likely, units_per_month: vec![high; 12] },
        ];
        let mix = commitment_mix(&loads, 12, &[], &[contract("1y", 12, rate)], &rates, 1.0).unwrap();
        let expected = |level: u64| {
            let over = |units: u64| units.saturating_sub(level) as f64;
            12.0 * (rate * level as f64 + (1.0 - likely) * over(low) + likely * over(high))
        };
        for level in [low, high, 0] {
            prop_assert!(mix.total <= expected(level) * (1.0 + 1e-9) + 1e-9);
        }
    }

    #[test]
    fn more_demand_or_less_patience_never_needs_fewer_units(
        items in 0.0..1e10f64, more in 1.0..3.0f64, throughput in 1.0..1e4f64, wait in 0.001..1.0f64,
    ) {
        let sizing = |wait_secs: f64| Sizing {
            hours_per_month: 730.0,
            peak_to_average: 1.5,
            throughput_per_unit: throughput,
            effectiveness: Effectiveness { utilisation: 0.7, ..Effectiveness::FULL },
            latency: Some(LatencyObjective {
                wait_secs, probability: 0.01, items_per_request: 1.0, slots_per_unit: 1, ca2: 1.0, cs2: 1.0,
            }),
            redundancy: Redundancy::Spares(1),
        };
        let needed = |items: f64, wait: f64| need(items, &sizing(wait)).unwrap().needed;
        prop_assert!(needed(items * more, wait) >= needed(items, wait));
        prop_assert!(needed(items, wait / more) >= needed(items, wait));
    }
}

/// What an hour costs on average with so many units committed: the rest on spot, the most used first, then on demand;
/// or, with spot below them, any band of units on spot.
fn cost_of(level: u64, units: u64, profile: &[f64], rate: f64, spot: f64, share: f64) -> f64 {
    let duty = |unit: u64| {
        let below = (unit - 1) as f64 / units as f64;
        profile.iter().filter(|load| **load > below + 1e-12).count() as f64 / profile.len() as f64
    };
    let room = (share * units as f64 + 1e-9).floor() as u64;
    let rented: Vec<f64> = (level + 1..=units).map(duty).collect();
    let on_spot = if spot < 1.0 { room as usize } else { 0 };
    let rest: f64 = rented.iter().enumerate().map(|(i, d)| d * if i < on_spot { spot } else { 1.0 }).sum();
    rate * level as f64 + rest
}
