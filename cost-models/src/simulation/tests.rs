//! The simulation against the evaluation and against closed forms.

use super::*;
use crate::demand::{Demand, Growth};
use crate::evaluation::tests::{bought, rented, usd, year};
use crate::evaluation::{
    Change, Component, Depreciation, DriverRange, Estimate, Lens, Metric, OneOffCost, Payment, PerWhat, RateBasis,
    RecurringCost, SpotOverhead, Tax, Timing, tornado_of,
};
use assay_base::{Currency, Evidence};

fn payments() -> Vec<OptionInput> {
    let priced = |id: &str, payment: Payment| OptionInput { payment, ..rented(id, 310.0, 1.0) };
    let mut options = vec![
        rented("rent", 300.0, 3.6),
        bought("own", 290.0, 20_000.0),
        priced("spot", Payment::Spot { price_per_unit_hour: usd(1.5), overhead: SpotOverhead::Fraction(0.2) }),
        priced(
            "reserved",
            Payment::Reserved { price_per_unit_hour: usd(1.0), upfront_per_unit: usd(5_000.0), term_months: 12 },
        ),
        priced("block", Payment::CapacityBlock { price_per_unit_block: usd(500.0), hours_per_block: 168.0 }),
        OptionInput {
            power_watts_per_unit: Some(Estimate::exact(900.0, Evidence::Vendor)),
            ..priced(
                "lease",
                Payment::Lease {
                    price_per_unit_month: usd(900.0),
                    upfront_per_unit: usd(100.0),
                    term_months: 24,
                    energy_included: false,
                },
            )
        },
        priced("service", Payment::PerMillionItems { price: usd(1.2) }),
    ];
    options[0].is_baseline = true;
    options[1].one_off_costs.push(OneOffCost::new(
        Component::Migration,
        Estimate::exact(9_000.0, Evidence::Assumed),
        Currency::USD,
        Timing::Month(2),
    ));
    for (option, months) in options.iter_mut().skip(1).zip([3.0, 0.5, 0.0, 2.0]) {
        option.parallel_run_months = months;
    }
    for (option, per) in options.iter_mut().zip([PerWhat::Unit, PerWhat::Accelerator, PerWhat::MillionItems]) {
        option.recurring_costs.push(cost(per));
    }
    options
}

fn cost(per: PerWhat) -> RecurringCost {
    RecurringCost {
        from_month: if per == PerWhat::Option { 2 } else { 1 },
        to_month: Some(9),
        ..RecurringCost::new(Component::Network, usd(3.0), per, Evidence::Assumed)
    }
}

fn studies() -> Vec<Assumptions> {
    let growing = Assumptions {
        horizon_months: 30,
        demand: Demand { season: vec![1.0, 1.2, 0.7], ..Demand::compound(2.0e9, 0.03, 1.7) },
        spare_units: 2,
        shared_costs: vec![cost(PerWhat::Option)],
        ..year()
    };
    let falling = Demand {
        growth: Growth::Quarters { items_per_month: vec![3e9, 5e9, 0.0, 1e9] },
        ..Demand::compound(1.0, 0.0, 1.2)
    };
    let taxed = |write_off| Assumptions { tax: Some(Tax { rate: 0.25, write_off }), ..growing.clone() };
    vec![
        year(),
        taxed(Depreciation::Macrs { recovery_years: 5 }),
        taxed(Depreciation::StraightLine),
        taxed(Depreciation::Immediate),
        Assumptions { lens: Lens::Marginal, demand: falling, ..growing.clone() },
        Assumptions {
            demand: Demand { growth: Growth::Linear { added_per_month: 1e8 }, ..growing.demand.clone() },
            ..growing.clone()
        },
        Assumptions {
            demand: Demand { growth: Growth::Linear { added_per_month: -9e7 }, ..growing.demand.clone() },
            ..growing.clone()
        },
        growing,
    ]
}

fn uncertain(driver: Driver, distribution: Distribution) -> UncertainInput {
    UncertainInput { driver, distribution }
}

/// The options with each of them as the baseline that runs beside others, and with one that cannot be ranked.
fn beside() -> Vec<Vec<OptionInput>> {
    let with = |baseline: usize, excluded: Option<&str>| {
        let mut options = payments();
        for (i, option) in options.iter_mut().enumerate() {
            option.is_baseline = i == baseline;
            if option.is_baseline {
                option.parallel_run_months = 0.0;
                option.excluded = excluded.map(str::to_owned);
            }
        }
        options
    };
    (0..payments().len()).map(|i| with(i, None)).chain([with(0, Some("it is too slow"))]).collect()
}

#[test]
fn the_kernel_is_the_ledger() {
    for options in beside() {
        for assumptions in studies() {
            let simulation = Simulation::new(&options, &assumptions, &[], None).unwrap();
            let costs = simulation.costs_at(&[]);
            let evaluations = evaluate(&options, &assumptions).unwrap();
            for (evaluation, cost) in evaluations.iter().filter(|e| e.rank.is_some()).zip(costs) {
                let expected = Metric::PresentValue.of(evaluation).unwrap();
                assert!((cost / expected - 1.0).abs() < 1e-9, "{}: {cost} {expected}", evaluation.id);
            }
        }
    }
}

#[test]
fn each_driver_moves_the_kernel_as_it_moves_the_ledger() {
    for (options, assumptions) in beside().iter().flat_map(|options| studies().into_iter().map(move |a| (options, a))) {
        let ids: Vec<&str> = options.iter().filter(|o| o.excluded.is_none()).map(|o| o.id.as_str()).collect();
        let volume = DriverRange { driver: Driver::Volume, low: 1.5e9, high: 3.0e9 };
        let volume = Driver::Volume.value(options, &assumptions).map(|_| volume);
        for range in crate::evaluation::usual_ranges(options, &assumptions, &ids).into_iter().chain(volume) {
            let inputs = [uncertain(range.driver.clone(), Distribution::Uniform { low: range.low, high: range.high })];
            let simulation = Simulation::new(options, &assumptions, &inputs, None).unwrap();
            for value in [range.low, range.high] {
                let (mut changed, mut assumed) = (options.clone(), assumptions.clone());
                range.driver.set(&mut changed, &mut assumed, value).unwrap();
                let costs = simulation.costs_at(&[value]);
                let evaluations = evaluate(&changed, &assumed).unwrap();
                for (evaluation, cost) in evaluations.iter().filter(|e| e.rank.is_some()).zip(costs) {
                    let expected = Metric::PresentValue.of(evaluation).unwrap();
                    let error = (cost / expected - 1.0).abs();
                    assert!(error < 1e-9, "{:?} {}: {cost} {expected}", range.driver, evaluation.id);
                }
            }
        }
    }
}

#[test]
fn the_mean_is_within_four_standard_errors_of_the_closed_form() {
    let options = [rented("a", 300.0, 3.6)];
    let inputs =
        [uncertain(Driver::PriceFactor("a".to_owned()), Distribution::Triangular { low: 0.5, mode: 1.0, high: 1.8 })];
    let simulation = Simulation::new(&options, &year(), &inputs, None).unwrap();
    let outcome = simulation.run(20_000, 1).unwrap();
    let base = simulation.costs_at(&[1.0])[0];
    let expected = base * 3.3 / 3.0;
    let cost = outcome.options[0].cost;
    assert!((cost.mean - expected).abs() < 4.0 * cost.standard_error, "{cost:?} {expected}");
    // Stratified: far closer than random samples would be.
    assert!((cost.mean - expected).abs() < 0.01 * cost.standard_error);
    let median = Distribution::Triangular { low: 0.5, mode: 1.0, high: 1.8 }.quantile(0.5).unwrap();
    assert!((cost.p50 / (base * median) - 1.0).abs() < 1e-3);
    assert!(cost.p10 < cost.p50 && cost.p50 < cost.p90);
}

fn two() -> (Vec<OptionInput>, Vec<UncertainInput>) {
    let mut options = vec![rented("base", 300.0, 3.0), rented("new", 330.0, 3.0)];
    options[0].is_baseline = true;
    let inputs = vec![
        uncertain(Driver::Throughput("new".to_owned()), Distribution::Normal { mean: 330.0, sd: 40.0 }),
        uncertain(Driver::PriceFactor("new".to_owned()), Distribution::Lognormal { mean: 1.0, cv: 0.2 }),
        uncertain(Driver::DemandGrowth, Distribution::Pert { low: -0.01, mode: 0.01, high: 0.05, lambda: 4.0 }),
        uncertain(Driver::DiscountRate, Distribution::Uniform { low: 0.05, high: 0.12 }),
    ];
    (options, inputs)
}

#[test]
fn the_outcome_does_not_depend_on_how_it_is_divided() {
    let (options, inputs) = two();
    let simulation = Simulation::new(&options, &year(), &inputs, None).unwrap();
    let whole = simulation.run(1_000, 9).unwrap();
    let parts: Vec<Samples> =
        [0..1, 1..37, 37..900, 900..1_000].into_iter().map(|range| simulation.part(1_000, 9, range).unwrap()).collect();
    assert_eq!(simulation.outcome(1_000, 9, parts).unwrap(), whole);
    assert_ne!(simulation.run(1_000, 10).unwrap().options[1].cost, whole.options[1].cost);
    let gap = vec![simulation.part(1_000, 9, 0..5).unwrap(), simulation.part(1_000, 9, 6..1_000).unwrap()];
    assert!(simulation.outcome(1_000, 9, gap).is_err());
}

#[test]
fn probabilities_and_the_value_of_information() {
    let (options, inputs) = two();
    let simulation = Simulation::new(&options, &year(), &inputs, None).unwrap();
    let outcome = simulation.run(20_000, 3).unwrap();
    let total: f64 = outcome.options.iter().map(|option| option.best_probability).sum();
    assert!((total - 1.0).abs() < 1e-9);
    assert_eq!(outcome.options[0].npv, None);
    let positive = outcome.options[1].positive_npv_probability.unwrap();
    assert!(positive > 0.4 && positive < 0.9, "{positive}");
    let values = simulation.value_of_information(20_000, 3).unwrap();
    let saving =
        |driver: &Driver| values.iter().find(|value| value.driver.as_ref() == Some(driver)).unwrap().expected_saving;
    // The decision hangs on the new option's price and throughput, not on the discount rate.
    let price = saving(&Driver::PriceFactor("new".to_owned()));
    let throughput = saving(&Driver::Throughput("new".to_owned()));
    assert_eq!(values[0].driver, None);
    assert!(values[0].expected_saving >= price && price > 0.0 && throughput > 0.0, "{values:?}");
    assert!(saving(&Driver::DiscountRate) < 0.02 * price, "{values:?}");
}

#[test]
fn correlated_inputs_widen_or_narrow_the_result() {
    let (options, inputs) = two();
    let sd = |rho: f64| {
        let mut matrix: Vec<Vec<f64>> = (0..4).map(|i| (0..4).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        (matrix[0][1], matrix[1][0]) = (rho, rho);
        let correlation = Correlation::new(&matrix).unwrap();
        let simulation = Simulation::new(&options, &year(), &inputs, Some(correlation)).unwrap();
        simulation.run(4_000, 5).unwrap().options[1].cost.sd
    };
    // A faster machine that costs more is a hedge; one that costs less is a gamble.
    assert!(sd(0.8) < 0.9 * sd(0.0));
    assert!(sd(-0.8) > 1.1 * sd(0.0));
}

#[test]
fn impossible_distributions_are_refused() {
    let (options, _) = two();
    let refused = |driver: Driver, distribution: Distribution| match Simulation::new(
        &options,
        &year(),
        &[uncertain(driver, distribution)],
        None,
    ) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was accepted"),
    };
    let error = refused(Driver::Utilisation, Distribution::Normal { mean: 0.9, sd: 0.2 });
    assert!(error.starts_with("uncertain[0].target utilisation: the distribution reaches 1.5"), "{error}");
    let error = refused(Driver::Power("new".to_owned()), Distribution::Uniform { low: 1.0, high: 2.0 });
    assert!(error.contains("its value is unknown"), "{error}");
    let error = refused(Driver::Pue, Distribution::Uniform { low: 2.0, high: 1.0 });
    assert!(error.contains("uncertain[0].high is 1"), "{error}");
    let twice = vec![uncertain(Driver::Pue, Distribution::Uniform { low: 1.1, high: 1.2 }); 2];
    assert!(Simulation::new(&options, &year(), &twice, None).is_err());
}

#[test]
fn the_tornado_is_the_evaluations() {
    let (options, inputs) = two();
    let simulation = Simulation::new(&options, &year(), &inputs, None).unwrap();
    let bars = simulation.tornado("new").unwrap();
    let ranges = simulation.p10_p90_ranges();
    assert!((ranges[0].low - (330.0 - 40.0 * 1.281_551_565_544_600_4)).abs() < 1e-5);
    let same = tornado_of(&options, &year(), "new", Metric::Npv, &ranges).unwrap();
    assert_eq!(bars.len(), same.len());
    for (bar, same) in bars.iter().zip(&same) {
        assert_eq!(bar.name, same.name);
        // Differences of costs of a hundred thousand.
        assert!((bar.low - same.low).abs() < 1e-6 && (bar.high - same.high).abs() < 1e-6, "{bar:?} {same:?}");
    }
    assert_eq!(simulation.tornado("none").unwrap_err().field(), "options[none]");
}

#[test]
fn sobol_indices_of_the_npv_are_those_of_a_product() {
    // The baseline's cost is certain, so the NPV's variance is that of a constant times price times (1 + recurring).
    let mut options = vec![rented("base", 300.0, 3.0), rented("new", 300.0, 3.0)];
    options[0].is_baseline = true;
    let staff = Component::Staff;
    let month = 7.0 * 3.0 * 730.0;
    options[1].recurring_costs.push(RecurringCost::new(staff, usd(month), PerWhat::Option, Evidence::Assumed));
    let id = || "new".to_owned();
    let inputs = vec![
        uncertain(Driver::PriceFactor(id()), Distribution::Uniform { low: 0.8, high: 1.2 }),
        uncertain(Driver::RecurringFactor(id()), Distribution::Uniform { low: 0.9, high: 1.1 }),
        uncertain(Driver::Pue, Distribution::Uniform { low: 1.1, high: 1.2 }),
    ];
    let simulation = Simulation::new(&options, &year(), &inputs, None).unwrap();
    let found = simulation.sensitivity("new", 4_096, 1).unwrap();
    assert!(found.is_npv);
    // A sum of two uniforms of widths 0.4 and 0.2: variances as 4 to 1, and nothing of the PUE of a rented machine.
    for (driver, share) in found.drivers.iter().zip([0.8, 0.2, 0.0]) {
        assert!((driver.first_order - share).abs() < 2e-3 && (driver.total - share).abs() < 2e-3, "{found:?}");
    }
    assert_eq!(found.drivers[0].driver, Driver::PriceFactor(id()));
    let outcome = simulation.run(20_000, 3).unwrap();
    let sd = outcome.options[1].npv.unwrap().sd;
    assert!((found.variance.sqrt() / sd - 1.0).abs() < 1e-2, "{} {sd}", found.variance.sqrt());
    let correlation = Correlation::of_pairs(3, &[(0, 1, 0.5)]).unwrap();
    let correlated = Simulation::new(&options, &year(), &inputs, Some(correlation)).unwrap();
    assert_eq!(correlated.sensitivity("new", 64, 1).unwrap_err().field(), "correlation");
}

#[test]
fn sobol_indices_bound_each_other() {
    let (options, inputs) = two();
    let simulation = Simulation::new(&options, &year(), &inputs, None).unwrap();
    let found = simulation.sensitivity("new", 8_192, 5).unwrap();
    let sum: f64 = found.drivers.iter().map(|driver| driver.first_order).sum();
    let total: f64 = found.drivers.iter().map(|driver| driver.total).sum();
    assert!(sum <= 1.01 && total >= 0.99, "{found:?}");
    assert!(found.drivers.iter().all(|driver| driver.total >= driver.first_order - 0.01), "{found:?}");
}

#[test]
fn knowledge_that_changes_the_decision_is_told() {
    let (options, inputs) = two();
    let simulation = Simulation::new(&options, &year(), &inputs, None).unwrap();
    let values = simulation.value_of_information(20_000, 3).unwrap();
    let of = |driver: Driver| values.iter().find(|value| value.driver.as_ref() == Some(&driver)).unwrap();
    assert!(of(Driver::PriceFactor("new".to_owned())).changes_decision_probability > 0.2, "{values:?}");
    assert!(of(Driver::DiscountRate).changes_decision_probability < 0.05, "{values:?}");
    assert!(values.iter().all(|value| (0.0..=1.0).contains(&value.changes_decision_probability)));
}

#[test]
fn price_paths_and_new_drivers_move_the_kernel_as_they_move_the_ledger() {
    let mut options = payments();
    for (i, option) in options.iter_mut().enumerate() {
        option.price_change = Some(if i % 2 == 0 { Change::per_year(-0.2) } else { Change::per_month(0.01) });
    }
    let base = Assumptions {
        electricity_price_change: Some(Change { basis: RateBasis::Real, ..Change::per_year(0.03) }),
        inflation_annual: Some(0.02),
        tax: Some(Tax { rate: 0.25, write_off: Depreciation::VariableDeclining { factor: 2.0 } }),
        ..studies().pop().unwrap()
    };
    let of = |id: &str| id.to_owned();
    let mut drivers = vec![
        (Driver::Volume, [1.0e9, 3.0e9]),
        (Driver::Retries, [0.01, 0.1]),
        (Driver::ElectricityPriceChange, [-0.05, 0.1]),
        (Driver::SpotOverhead(of("spot")), [0.05, 0.4]),
        (Driver::RecurringFactor(of("own")), [0.5, 1.5]),
    ];
    drivers.extend(
        ["rent", "own", "reserved", "block", "lease", "service"].map(|id| (Driver::PriceChange(of(id)), [-0.03, 0.02])),
    );
    for (driver, values) in drivers {
        let inputs = [uncertain(driver.clone(), Distribution::Uniform { low: values[0], high: values[1] })];
        let simulation = Simulation::new(&options, &base, &inputs, None).unwrap();
        for value in values {
            let (mut changed, mut assumed) = (options.clone(), base.clone());
            driver.set(&mut changed, &mut assumed, value).unwrap();
            let costs = simulation.costs_at(&[value]);
            for (evaluation, cost) in evaluate(&changed, &assumed).unwrap().iter().zip(costs) {
                let expected = Metric::PresentValue.of(evaluation).unwrap();
                assert!((cost / expected - 1.0).abs() < 1e-9, "{driver:?} {}: {cost} {expected}", evaluation.id);
            }
        }
    }
    let horizon = [uncertain(Driver::Horizon, Distribution::Uniform { low: 12.0, high: 24.0 })];
    assert!(Simulation::new(&options, &base, &horizon, None).is_err());
    let twice = [Driver::DemandFactor, Driver::DemandFactor]
        .map(|driver| uncertain(driver, Distribution::Uniform { low: 1.0, high: 2.0 }));
    assert!(Simulation::new(&options, &base, &twice, None).is_err());
}

#[test]
fn inputs_that_err_together_keep_the_order_of_options() {
    // Two projections by one method: the cheaper one stays the cheaper one however wrong the method is.
    let options = [rented("a", 300.0, 3.0), rented("b", 300.0, 3.3)];
    let inputs = ["a", "b"].map(|id| {
        uncertain(Driver::Throughput(id.to_owned()), Distribution::Triangular { low: 150.0, mode: 300.0, high: 450.0 })
    });
    let simulation = || Simulation::new(&options, &year(), &inputs, None).unwrap();
    let alone = simulation().run(2_000, 1).unwrap();
    assert!(alone.options[1].best_probability > 0.2, "{alone:?}");
    let together = simulation().erring_together(&[vec![0, 1]]).unwrap();
    assert_eq!(together.run(2_000, 1).unwrap().options[0].best_probability, 1.0);
    let known = together.value_of_information(2_000, 1).unwrap();
    assert!(known.iter().all(|known| known.expected_saving == 0.0), "{known:?}");
    let found = together.sensitivity("a", 256, 1).unwrap();
    assert_eq!(found.drivers.len(), 1);
    assert!((found.drivers[0].total - 1.0).abs() < 0.05, "{found:?}");
    assert!(simulation().erring_together(&[vec![0, 7]]).is_err());
}
