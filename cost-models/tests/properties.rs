//! Laws that hold for all inputs, and a model that survives hostile ones.

#![expect(clippy::unwrap_used, reason = "tests")]

use assay_base::{Currency, Evidence, Money};
use assay_cost_models::commitments::{normal_cost, reservation_for_normal_demand};
use assay_cost_models::demand::{Demand, Growth};
use assay_cost_models::depreciation::{declining, variable_declining};
use assay_cost_models::evaluation::{
    BreakEven, Change, Component, Depreciation, Driver, ExchangeRate, GridIntensity, ItemShape, Lens, Metric,
    OneOffCost, PerWhat, PowerBasis, RateBasis, RecurringCost, SpotOverhead, Tax, Timing, break_even,
};
use assay_cost_models::queueing::{mmc, servers_for_objective};
use assay_cost_models::simulation::{Simulation, UncertainInput};
use assay_cost_models::time_value::{discounted_payback, irr_all_roots, npv_t0, payback_of};
use assay_cost_models::uncertainty::{Distribution, LatinHypercube};
use assay_cost_models::unit_cost::Effectiveness;
use assay_cost_models::{Assumptions, Estimate, Evaluation, OptionInput, Payment, evaluate};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

fn usd(amount: f64) -> Money {
    Money::new(amount, Currency::USD)
}

fn grid(kg_co2e_per_kwh: f64) -> GridIntensity {
    GridIntensity { kg_co2e_per_kwh, as_of: jiff::civil::date(2024, 12, 31), grid: "a grid".to_owned() }
}

fn flows() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1e6..1e6f64, 1..40)
}

proptest! {
    #[test]
    fn npv_is_linear_in_the_flows(a in flows(), b in flows(), x in -10.0..10.0f64, rate in -0.5..1.0f64) {
        let length = a.len().min(b.len());
        let (a, b) = (&a[..length], &b[..length]);
        let sum: Vec<f64> = a.iter().zip(b).map(|(a, b)| a + x * b).collect();
        let (left, right) = (npv_t0(rate, &sum).unwrap(), npv_t0(rate, a).unwrap() + x * npv_t0(rate, b).unwrap());
        let size: f64 = (0..length).map(|t| 2e7 * (1.0 + rate).powi(-(t as i32))).sum();
        prop_assert!((left - right).abs() <= 1e-12 * size);
    }

    #[test]
    fn every_irr_makes_the_npv_zero(flows in flows()) {
        for rate in irr_all_roots(&flows).unwrap() {
            prop_assert!(rate > -1.0 && rate.is_finite());
            let terms = flows.iter().enumerate().map(|(t, flow)| flow * (1.0 + rate).powf(-(t as f64)));
            let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
            prop_assert!(sum.abs() <= 1e-9 * size, "{rate}: {sum} of {size}");
        }
    }

    #[test]
    fn descartes_bounds_the_number_of_rates(flows in flows()) {
        let signs: Vec<bool> = flows.iter().filter(|flow| **flow != 0.0).map(|flow| *flow > 0.0).collect();
        let changes = signs.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let roots = irr_all_roots(&flows).unwrap().len();
        prop_assert!(roots <= changes);
        // The rest is even: complex roots come in pairs. (Double roots would break this, but have probability 0.)
        prop_assert_eq!((changes - roots) % 2, 0);
    }

    #[test]
    fn irr_of_a_known_rate(rate in -0.9..5.0f64, gains in prop::collection::vec(0.1..100.0f64, 1..30)) {
        let outlay: f64 = gains.iter().enumerate().map(|(t, gain)| gain * (1.0 + rate).powi(-(t as i32 + 1))).sum();
        let flows: Vec<f64> = std::iter::once(-outlay).chain(gains).collect();
        let roots = irr_all_roots(&flows).unwrap();
        prop_assert_eq!(roots.len(), 1);
        prop_assert!((roots[0] - rate).abs() < 1e-9 * (1.0 + rate));
    }

    #[test]
    fn payback_is_later_for_a_larger_outlay(gains in prop::collection::vec(0.0..100.0f64, 1..30), a in 1.0..500.0f64, more in 0.0..500.0f64) {
        let at = |outlay: f64| {
            let flows: Vec<f64> = std::iter::once(-outlay).chain(gains.iter().copied()).collect();
            payback_of(&flows).unwrap().and_then(|payback| payback.last)
        };
        match (at(a), at(a + more)) {
            (Some(sooner), Some(later)) => prop_assert!(later >= sooner - 1e-9),
            (None, Some(_)) => prop_assert!(false, "a larger outlay pays back and a smaller one does not"),
            _ => {}
        }
    }

    #[test]
    fn discounting_delays_payback(gains in prop::collection::vec(0.0..100.0f64, 1..30), outlay in 1.0..500.0f64, rate in 0.0..1.0f64) {
        let flows: Vec<f64> = std::iter::once(-outlay).chain(gains).collect();
        if let Some(discounted) = discounted_payback(rate, &flows).unwrap() {
            let plain = payback_of(&flows).unwrap().and_then(|payback| payback.last).unwrap();
            prop_assert!(discounted >= plain - 1e-9);
        }
    }

    #[test]
    fn depreciation_never_takes_more_than_the_cost(cost in 1.0..1e6f64, part in 0.0..1.0f64, life in 1u32..60, factor in 0.1..4.0f64) {
        let life = f64::from(life);
        let salvage = cost * part;
        let whole = variable_declining(cost, salvage, life, 0.0, life, factor).unwrap();
        prop_assert!((whole - (cost - salvage)).abs() <= 1e-9 * cost);
        let taken: f64 = (1..=life as u32).map(|p| declining(cost, salvage, life, f64::from(p), factor).unwrap()).sum();
        prop_assert!(taken <= cost - salvage + 1e-9 * cost);
    }

    #[test]
    fn the_reservation_optimum_beats_its_neighbours(mean in 50.0..500.0f64, cv in 0.02..0.4f64, ratio in 0.05..0.95f64, step in -50.0..50.0f64) {
        let sd = mean * cv;
        let best = reservation_for_normal_demand(mean, sd, ratio, 1.0).unwrap();
        prop_assert!(normal_cost((best.level + step).max(0.0), mean, sd, ratio, 1.0) >= best.expected_cost - 1e-9);
    }

    #[test]
    fn another_server_never_makes_anyone_wait_longer(load in 0.1..200.0f64, service in 0.1..100.0f64) {
        let arrivals = load * service;
        let fewest = load.floor() as u64 + 1;
        let (few, more) = (mmc(arrivals, service, fewest).unwrap(), mmc(arrivals, service, fewest + 1).unwrap());
        prop_assert!(more.mean_wait_secs <= few.mean_wait_secs);
        let found = servers_for_objective(arrivals, service, 0.01, 0.05).unwrap();
        prop_assert!(found.wait_exceeds <= 0.05);
        if found.servers > fewest {
            prop_assert!(mmc(arrivals, service, found.servers - 1).unwrap().wait_exceeds(0.01) > 0.05);
        }
    }

    #[test]
    fn a_hypercube_has_one_point_in_each_stratum(len in 1usize..2_000, seed: u64, dimension in 0usize..50) {
        let dimension = LatinHypercube::new(len, seed).unwrap().dimension(dimension);
        let mut hit = vec![false; len];
        for point in 0..len {
            let coordinate = dimension.at(point);
            prop_assert!(coordinate > 0.0 && coordinate < 1.0);
            let stratum = (coordinate * len as f64) as usize;
            prop_assert!(!std::mem::replace(&mut hit[stratum], true));
        }
    }

    #[test]
    fn more_units_are_never_cheaper(throughput in 1.0..1e4f64, slower in 0.1..1.0f64, study in study()) {
        let (mut options, assumptions) = study;
        options.truncate(1);
        let mut cost = |throughput: f64| {
            options[0].throughput_per_unit = Ok(Estimate::exact(throughput, Evidence::Measured));
            let evaluation = evaluate(&options, &assumptions).unwrap().remove(0);
            (evaluation.fleet.map(|fleet| fleet.at_peak), evaluation.tco.map(|tco| tco.present_value.amount))
        };
        let (fast, slow) = (cost(throughput), cost(throughput * slower));
        prop_assert!(fast.0 <= slow.0);
        // Tax can make each unit earn money only if it is written off for more than it costs; it is not.
        if let (Some(fast), Some(slow)) = (fast.1, slow.1) {
            prop_assert!(fast <= slow + 1e-6 * slow.abs().max(1.0), "{fast} {slow}");
        }
    }

    #[test]
    fn an_evaluation_is_consistent_in_itself((options, assumptions) in study()) {
        let evaluations = evaluate(&options, &assumptions).unwrap();
        for evaluation in &evaluations {
            consistent(evaluation, &assumptions);
        }
        let mut ranked: Vec<&Evaluation> = evaluations.iter().filter(|evaluation| evaluation.rank.is_some()).collect();
        ranked.sort_by_key(|evaluation| evaluation.rank);
        let cost = |evaluation: &Evaluation| evaluation.tco.as_ref().unwrap().present_value.amount;
        prop_assert!(ranked.windows(2).all(|pair| cost(pair[0]) <= cost(pair[1])));
        // The NPV against the baseline is the difference of the present values.
        if let Some(baseline) = evaluations.iter().find(|evaluation| evaluation.is_baseline)
            && baseline.tco.is_some()
        {
            for evaluation in evaluations.iter().filter(|evaluation| evaluation.benefit.is_some()) {
                let difference = cost(baseline) - cost(evaluation);
                let npv = evaluation.npv().unwrap().amount;
                prop_assert!((npv - difference).abs() <= 1e-9 * (cost(baseline).abs() + cost(evaluation).abs()));
            }
        }
    }

    #[test]
    fn a_simulation_of_nothing_uncertain_is_the_evaluation((options, assumptions) in study()) {
        let evaluations = evaluate(&options, &assumptions).unwrap();
        let Ok(simulation) = Simulation::new(&options, &assumptions, &[], None) else {
            prop_assert!(evaluations.iter().all(|evaluation| evaluation.rank.is_none()));
            return Ok(());
        };
        for (id, cost) in simulation.ids().iter().zip(simulation.costs_at(&[])) {
            let evaluation = evaluations.iter().find(|evaluation| &evaluation.id == id).unwrap();
            let expected = Metric::PresentValue.of(evaluation).unwrap();
            prop_assert!((cost - expected).abs() <= 1e-7 * expected.abs().max(1.0), "{id}: {cost} {expected}");
        }
    }
}

/// A plausible study of one to four options.
fn study() -> impl Strategy<Value = (Vec<OptionInput>, Assumptions)> {
    (prop::collection::vec(option(), 1..5), assumptions(), 0usize..5).prop_map(
        |(mut options, assumptions, baseline)| {
            for (i, option) in options.iter_mut().enumerate() {
                option.id = format!("option {i}");
                option.is_baseline = i == baseline;
            }
            (options, assumptions)
        },
    )
}

fn payment() -> impl Strategy<Value = Payment> {
    let price = 0.01..100.0f64;
    prop_oneof![
        price.clone().prop_map(|price| Payment::OnDemand { price_per_unit_hour: usd(price) }),
        (price.clone(), 0.0..0.5f64).prop_map(|(price, overhead_fraction)| Payment::Spot {
            price_per_unit_hour: usd(price),
            overhead: SpotOverhead::Fraction(overhead_fraction)
        }),
        (price.clone(), 0.0..50_000.0f64, 1u32..48).prop_map(|(price, upfront, term_months)| Payment::Reserved {
            price_per_unit_hour: usd(price),
            upfront_per_unit: usd(upfront),
            term_months
        }),
        (price.clone(), 24.0..400.0f64).prop_map(|(price, hours_per_block)| Payment::CapacityBlock {
            price_per_unit_block: usd(price * hours_per_block),
            hours_per_block
        }),
        (100.0..500_000.0f64, 0.0..1.0f64, 6u32..72, depreciation(), 0.0..0.2f64).prop_map(
            |(capex, residual_fraction, life_months, depreciation, opex_fraction_per_year)| Payment::Purchase {
                capex_per_unit: usd(capex),
                residual_fraction,
                life_months,
                depreciation,
                opex_fraction_per_year
            }
        ),
        (100.0..20_000.0f64, 6u32..48, any::<bool>()).prop_map(|(rate, term_months, energy_included)| Payment::Lease {
            price_per_unit_month: usd(rate),
            upfront_per_unit: usd(0.5 * rate),
            term_months,
            energy_included
        }),
        price.prop_map(|price| Payment::PerMillionItems { price: usd(price) }),
        Just(Payment::Unknown { reason: "not quoted".to_owned() }),
    ]
}

fn option() -> impl Strategy<Value = OptionInput> {
    let throughput = prop_oneof![
        4 => (1.0..1e5f64, 0.5..1.0f64, 1.0..2.0f64).prop_map(|(value, low, high)| {
            Ok(Estimate::new(value, value * low, value * high, Evidence::Measured))
        }),
        1 => Just(Err("not measured".to_owned())),
    ];
    let one_off = (1.0..1e5f64, 0u32..80).prop_map(|(amount, month)| {
        let timing = if month == 0 { Timing::Start } else { Timing::Month(month) };
        let amount = Estimate::new(amount, 0.5 * amount, 3.0 * amount, Evidence::Assumed);
        OneOffCost::new(Component::Migration, amount, Currency::USD, timing)
    });
    let power = prop::option::of((10.0..10_000.0f64, any::<bool>()));
    let costs = (prop::collection::vec(one_off, 0..3), recurring());
    (payment(), throughput, power, costs, change(), prop::option::of(0.0..1.0f64)).prop_map(
        |(payment, throughput_per_unit, power, (one_off_costs, recurring_costs), price_change, prefill)| OptionInput {
            accelerators_per_unit: 8,
            power_watts_per_unit: power.map(|(watts, _)| Estimate::exact(watts, Evidence::Vendor)),
            power_basis: if power.is_some_and(|(_, all)| all) { PowerBasis::Facility } else { PowerBasis::Unit },
            one_off_costs,
            recurring_costs,
            price_change,
            prefill_time_fraction: prefill,
            ..OptionInput::new("", "", throughput_per_unit, payment)
        },
    )
}

fn change() -> impl Strategy<Value = Option<Change>> {
    prop_oneof![
        2 => Just(None),
        1 => (-0.4..0.4f64).prop_map(|fraction| Some(Change::per_year(fraction))),
        1 => (-0.03..0.03f64).prop_map(|fraction| Some(Change { basis: RateBasis::Real, ..Change::per_month(fraction) })),
    ]
}

fn depreciation() -> impl Strategy<Value = Depreciation> {
    prop_oneof![
        Just(Depreciation::StraightLine),
        (0.5..3.0f64).prop_map(|factor| Depreciation::Declining { factor }),
        (0.5..3.0f64).prop_map(|factor| Depreciation::VariableDeclining { factor }),
        prop::sample::select(vec![3, 5, 7]).prop_map(|recovery_years| Depreciation::Macrs { recovery_years }),
        Just(Depreciation::Immediate),
    ]
}

fn recurring() -> impl Strategy<Value = Vec<RecurringCost>> {
    let per = prop_oneof![
        Just(PerWhat::Option),
        Just(PerWhat::Unit),
        Just(PerWhat::Accelerator),
        Just(PerWhat::MillionItems)
    ];
    let months = (1u32..20, prop::option::of(20u32..90));
    let cost = (0.0..1e3f64, per, months, change(), any::<bool>()).prop_map(
        |(amount, per, (from_month, to_month), change, allocated)| RecurringCost {
            from_month,
            to_month,
            change,
            allocated,
            ..RecurringCost::new(Component::Network, usd(amount), per, Evidence::Assumed)
        },
    );
    prop::collection::vec(cost, 0..3)
}

fn assumptions() -> impl Strategy<Value = Assumptions> {
    let growth = prop_oneof![
        (-0.05..0.1f64).prop_map(|per_month| Growth::Compound { per_month }),
        (-1e5..1e6f64).prop_map(|added_per_month| Growth::Linear { added_per_month }),
        (1e6..1e10f64, 0.01..0.5f64, 0.0..40.0f64).prop_map(|(capacity_per_month, steepness, midpoint_month)| {
            Growth::Logistic { capacity_per_month, steepness, midpoint_month }
        }),
        prop::collection::vec(1.0..1e10f64, 1..12).prop_map(|items_per_month| Growth::Quarters { items_per_month }),
    ];
    let tax = (0.0..0.5f64, depreciation()).prop_map(|(rate, write_off)| Tax { rate, write_off });
    let item = prop_oneof![
        Just(ItemShape::Inference),
        (0.0..4e3f64, 0.0..1e3f64, 0.0..0.99f64).prop_map(|(input, output_tokens, cached_fraction)| {
            ItemShape::Request { input_tokens: input + 1.0, output_tokens, cached_fraction }
        }),
        (1.0..512.0f64).prop_map(|samples| ItemShape::TrainingStep { samples }),
    ];
    let lens = prop_oneof![Just(Lens::Full), Just(Lens::Marginal)];
    let electricity = (0.0..0.5f64, change(), item, lens);
    let fractions = (0.1..1.0f64, 0.5..1.0f64, 0.5..1.0f64, 0.0..0.2f64);
    (1u32..72, 0.0..0.3f64, (1e5..1e11f64, growth, 1.0..4.0f64), fractions, 0u32..4, electricity, prop::option::of(tax))
        .prop_map(|(horizon_months, discount_rate_annual, demand, fractions, spare_units, electricity, tax)| {
            let (items_per_month, growth, peak_to_average) = demand;
            let (electricity, electricity_price_change, item, lens) = electricity;
            let (utilisation, availability, goodput_fraction, retry_fraction) = fractions;
            Assumptions {
                horizon_months,
                discount_rate_annual,
                effectiveness: Effectiveness { utilisation, availability, goodput_fraction, retry_fraction },
                spare_units,
                electricity_price_per_kwh: Some(usd(electricity)),
                electricity_price_change,
                inflation_annual: Some(0.02),
                item,
                lens,
                tax,
                grid: Some(grid(0.4)),
                ..Assumptions::new(
                    Currency::USD,
                    Demand { items_per_month, growth, peak_to_average, season: vec![1.0, 1.1, 0.8] },
                )
            }
        })
}

fn consistent(evaluation: &Evaluation, assumptions: &Assumptions) {
    finite(&serde_json::to_value(evaluation).unwrap());
    if let Some(cost) = evaluation.full_use_cost {
        assert!(cost.low.amount <= cost.value.amount && cost.value.amount <= cost.high.amount, "{cost:?}");
    }
    if let Some(fleet) = &evaluation.fleet {
        assert!(fleet.at_peak_low <= fleet.at_peak && fleet.at_peak <= fleet.at_peak_high);
    }
    let Some(tco) = &evaluation.tco else {
        assert!(evaluation.rank.is_none() && evaluation.not_ranked.is_some() && evaluation.benefit.is_none());
        return;
    };
    assert_eq!(tco.monthly.len(), assumptions.horizon_months as usize + 1);
    let close =
        |a: f64, b: f64| (a - b).abs() <= 1e-9 * tco.monthly.iter().map(|flow| flow.abs()).sum::<f64>().max(1.0);
    assert!(close(tco.total.amount, tco.components.iter().map(|part| part.amount.amount).sum()));
    assert!(close(tco.total.amount, tco.quarterly().iter().sum()));
    assert!(close(tco.total.amount, *tco.cumulative().last().unwrap()));
    assert!(tco.total_low.amount <= tco.total.amount && tco.total.amount <= tco.total_high.amount);
    assert!(close(tco.total.amount, tco.by_payment.iter().flat_map(|part| &part.monthly).sum()));
    // What is written off, with interest on the rest, is worth what was paid (Preinreich and Lücke).
    let present = |monthly: &[f64]| -> f64 {
        let factor = |month: usize| (1.0 + assumptions.discount_rate_annual).powf(-(month as f64) / 12.0);
        monthly.iter().enumerate().map(|(month, amount)| amount * factor(month)).sum()
    };
    if assumptions.discount_rate_annual >= 0.0 {
        assert!(close(tco.present_value.amount, tco.by_expense.iter().map(|part| present(&part.monthly)).sum()));
    }
}

/// No number of a result may be what JSON cannot say; serde_json writes NaN and infinity as null, so look for the keys
/// that are never null.
fn finite(value: &serde_json::Value) {
    match value {
        serde_json::Value::Array(values) => values.iter().for_each(|value| {
            assert!(!value.is_null(), "a list holds a number that is not finite");
            finite(value);
        }),
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                let is_amount = matches!(key.as_str(), "amount" | "value" | "low" | "high" | "per_items");
                assert!(!(is_amount && value.is_null()), "`{key}` is not finite");
                finite(value);
            }
        }
        _ => {}
    }
}

/// A double from the edges of what a file can hold.
fn hostile() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(1.0),
        Just(-1.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
        Just(5e-324),
        Just(1e-9),
        Just(1e300),
        0.0..1.0f64,
        -10.0..1e6f64,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn hostile_studies_are_refused_or_answered(
        (mut options, mut assumptions) in study(),
        values in prop::collection::vec(hostile(), 14),
        places in prop::collection::vec(0usize..46, 1..4),
    ) {
        for (place, value) in places.iter().zip(&values) {
            let option = &mut options[0];
            let months = if value.is_finite() { value.abs().min(1e9) as u32 } else { u32::MAX };
            match place {
                0 => assumptions.horizon_months = months.min(2_000),
                1 => assumptions.discount_rate_annual = *value,
                2 => assumptions.effectiveness.utilisation = *value,
                3 => assumptions.effectiveness.availability = *value,
                4 => assumptions.effectiveness.goodput_fraction = *value,
                5 => assumptions.effectiveness.retry_fraction = *value,
                6 => assumptions.pue = *value,
                7 => assumptions.hours_per_month = *value,
                8 => assumptions.demand.items_per_month = *value,
                9 => assumptions.demand.peak_to_average = *value,
                10 => assumptions.demand.growth = Growth::Compound { per_month: *value },
                11 => assumptions.demand.season = vec![*value, 1.0],
                12 => assumptions.electricity_price_per_kwh = Some(usd(*value)),
                13 => assumptions.spare_units = months,
                14 => option.throughput_per_unit = Ok(Estimate::exact(*value, Evidence::Measured)),
                15 => option.payment = Payment::OnDemand { price_per_unit_hour: usd(*value) },
                16 => {
                    option.payment = Payment::Purchase {
                        capex_per_unit: usd(*value),
                        residual_fraction: values[10],
                        life_months: months,
                        depreciation: Depreciation::StraightLine,
                        opex_fraction_per_year: values[11],
                    };
                }
                17 => option.power_watts_per_unit = Some(Estimate::exact(*value, Evidence::Vendor)),
                18 => assumptions.tax = Some(Tax { rate: *value, write_off: Depreciation::Macrs { recovery_years: 5 } }),
                19 => option.accelerators_per_unit = months,
                20 => option.payment = Payment::PerMillionItems { price: usd(*value) },
                21 => assumptions.demand.growth = Growth::Quarters { items_per_month: vec![*value, 5.0] },
                22 => assumptions.grid = Some(grid(*value)),
                23 => option.price_change = Some(Change::per_year(*value)),
                24 => option.price_change = Some(Change { basis: RateBasis::Real, ..Change::per_month(*value) }),
                25 => assumptions.electricity_price_change = Some(Change::per_month(*value)),
                26 => assumptions.inflation_annual = Some(*value),
                27 => assumptions.discount_basis = RateBasis::Real,
                28 => {
                    let rate = ExchangeRate { from: Currency::EUR, rate: *value, as_of: jiff::civil::date(2026, 1, 1) };
                    assumptions.exchange_rates = vec![rate];
                    option.payment = Payment::OnDemand { price_per_unit_hour: Money::new(values[10], Currency::EUR) };
                }
                29 => option.payment.prices_mut().into_iter().for_each(|price| price.currency = Currency::EUR),
                30 => {
                    let (input_tokens, output_tokens, cached_fraction) = (*value, values[10], values[11]);
                    assumptions.item = ItemShape::Request { input_tokens, output_tokens, cached_fraction };
                }
                31 => assumptions.item = ItemShape::TrainingStep { samples: *value },
                32 => {
                    let (checkpoint_secs, restart_secs, interruptions_per_hour) = (*value, values[10], values[11]);
                    let overhead = SpotOverhead::Checkpoints { checkpoint_secs, restart_secs, interruptions_per_hour };
                    option.payment = Payment::Spot { price_per_unit_hour: usd(values[12]), overhead };
                }
                33 => {
                    option.payment = Payment::Purchase {
                        capex_per_unit: usd(1e5),
                        residual_fraction: 0.1,
                        life_months: 1 + months % 100,
                        depreciation: Depreciation::VariableDeclining { factor: *value },
                        opex_fraction_per_year: 0.0,
                    };
                }
                34 => {
                    let write_off = Depreciation::Macrs { recovery_years: months % 10 };
                    assumptions.tax = Some(Tax { rate: 0.3, write_off });
                }
                35 => option.host_power_watts_per_unit = Some(Estimate::exact(*value, Evidence::Vendor)),
                36 => {
                    option.power_basis = PowerBasis::Board;
                    option.host_power_watts_per_unit = Some(Estimate::exact(*value, Evidence::Vendor));
                }
                37 => option.throughput_ceiling_per_unit = Some(*value),
                38 => option.prefill_time_fraction = Some(*value),
                39 => {
                    let staff = RecurringCost::new(Component::Staff, usd(*value), PerWhat::Unit, Evidence::Assumed);
                    let change = Some(Change::per_year(values[10]));
                    option.recurring_costs = vec![RecurringCost { change, from_month: months, ..staff }];
                }
                40 => {
                    let amount = Estimate::new(*value, values[10], values[11], Evidence::Assumed);
                    let exit = OneOffCost::new(Component::Exit, amount, Currency::USD, Timing::Month(months));
                    option.one_off_costs = vec![exit];
                }
                41 => assumptions.demand.growth = Growth::Months { items: vec![*value; months as usize % 3] },
                42 => assumptions.demand.growth = Growth::Linear { added_per_month: *value },
                43 => {
                    let (capacity_per_month, steepness, midpoint_month) = (*value, values[10], values[11]);
                    assumptions.demand.growth = Growth::Logistic { capacity_per_month, steepness, midpoint_month };
                }
                44 => {
                    option.payment = Payment::PerMillionTokens {
                        input_price: usd(*value),
                        cached_input_price: Some(usd(values[10])),
                        output_price: usd(values[11]),
                        input_tokens_per_item: values[12],
                        cached_fraction: values[13],
                        output_tokens_per_item: *value,
                    };
                }
                _ => {
                    option.payment = Payment::CapacityBlock {
                        price_per_unit_block: usd(*value),
                        hours_per_block: values[10],
                    };
                }
            }
        }
        match evaluate(&options, &assumptions) {
            Err(error) => prop_assert!(!error.field().is_empty() && !error.to_string().is_empty()),
            Ok(evaluations) => {
                for evaluation in &evaluations {
                    finite(&serde_json::to_value(evaluation).unwrap());
                    prop_assert!(evaluation.flags.iter().all(|flag| !flag.field.is_empty()));
                }
                // Whatever can be evaluated can be simulated, or is refused with a reason.
                let simulated = Simulation::new(&options, &assumptions, &[], None);
                match simulated.and_then(|simulation| simulation.run(20, 1)) {
                    Err(error) => prop_assert!(!error.field().is_empty()),
                    Ok(outcome) => {
                        for option in &outcome.options {
                            let cost = option.cost;
                            let all = [cost.mean, cost.sd, cost.standard_error, cost.p10, cost.p50, cost.p90];
                            prop_assert!(all.iter().all(|figure| figure.is_finite()), "{:?}", option);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn break_even_agrees_with_the_costs_on_both_sides() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut crossings = 0;
    for _ in 0..200 {
        let (options, assumptions) = study().new_tree(&mut runner).unwrap().current();
        if options.len() < 2 {
            continue;
        }
        let (first, second) = (options[0].id.clone(), options[1].id.clone());
        let pair = (first.as_str(), second.as_str());
        let answer = break_even(&options, &assumptions, pair, &Driver::DemandFactor, (0.01, 100.0));
        let Ok(BreakEven::Value { value, cheaper_below, cheaper_above, .. }) = answer else { continue };
        crossings += 1;
        let cheaper = |factor: f64| {
            let (mut options, mut assumptions) = (options.clone(), assumptions.clone());
            Driver::DemandFactor.set(&mut options, &mut assumptions, factor).unwrap();
            let evaluations = evaluate(&options, &assumptions).unwrap();
            let cost = |i: usize| Metric::PresentValue.of(&evaluations[i]).unwrap();
            if cost(0) < cost(1) { first.clone() } else { second.clone() }
        };
        assert_eq!((cheaper(value * (1.0 - 1e-6)), cheaper(value * (1.0 + 1e-9))), (cheaper_below, cheaper_above));
    }
    assert!(crossings > 10, "only {crossings} studies had a break-even");
}

#[test]
fn a_simulated_mean_is_within_four_standard_errors_of_the_closed_form() {
    // Costs are linear in the price, so the mean cost is the cost at the mean price.
    let payment = Payment::OnDemand { price_per_unit_hour: usd(2.0) };
    let options = [OptionInput::new("a", "a", Ok(Estimate::exact(100.0, Evidence::Measured)), payment)];
    let assumptions = Assumptions::new(Currency::USD, Demand::compound(1e9, 0.01, 1.5));
    for distribution in [
        Distribution::Normal { mean: 1.2, sd: 0.2 },
        Distribution::Lognormal { mean: 1.2, cv: 0.6 },
        Distribution::Pert { low: 0.5, mode: 1.0, high: 3.0, lambda: 4.0 },
        Distribution::Empirical { samples: vec![0.8, 1.0, 1.1, 1.5, 2.5] },
    ] {
        let mean = distribution.moments().unwrap().mean;
        let input = UncertainInput { driver: Driver::PriceFactor("a".to_owned()), distribution };
        let simulation = Simulation::new(&options, &assumptions, &[input], None).unwrap();
        let expected = simulation.costs_at(&[mean])[0];
        let cost = simulation.run(10_000, 11).unwrap().options[0].cost;
        assert!((cost.mean - expected).abs() <= 4.0 * cost.standard_error, "{cost:?} {expected}");
    }
}
