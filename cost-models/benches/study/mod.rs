//! The studies that are measured. `../npv.py` has the second one, too.

use assay_base::{Currency, Evidence, Money};
use assay_cost_models::demand::Demand;
use assay_cost_models::evaluation::{Component, Depreciation, Driver, OneOffCost, Timing};
use assay_cost_models::simulation::{Simulation, UncertainInput};
use assay_cost_models::uncertainty::Distribution;
use assay_cost_models::{Assumptions, Estimate, OptionInput, Payment};

fn usd(amount: f64) -> Money {
    Money::new(amount, Currency::USD)
}

fn option(id: &str, throughput: f64, payment: Payment) -> OptionInput {
    let throughput = Estimate::new(throughput, 0.9 * throughput, 1.1 * throughput, Evidence::Measured);
    let migration = Estimate::new(80_000.0, 50_000.0, 150_000.0, Evidence::Assumed);
    OptionInput {
        accelerators_per_unit: 8,
        price_evidence: Evidence::Published,
        power_watts_per_unit: Some(Estimate::exact(10_000.0, Evidence::Vendor)),
        one_off_costs: vec![OneOffCost::new(Component::Migration, migration, Currency::USD, Timing::Start)],
        ..OptionInput::new(id, id, Ok(throughput), payment)
    }
}

fn rented(id: &str, throughput: f64, price: f64) -> OptionInput {
    option(id, throughput, Payment::OnDemand { price_per_unit_hour: usd(price) })
}

fn bought(id: &str, throughput: f64) -> OptionInput {
    let payment = Payment::Purchase {
        capex_per_unit: usd(320_000.0),
        residual_fraction: 0.1,
        life_months: 48,
        depreciation: Depreciation::StraightLine,
        opex_fraction_per_year: 0.05,
    };
    option(id, throughput, payment)
}

fn reserved(id: &str, throughput: f64) -> OptionInput {
    let payment =
        Payment::Reserved { price_per_unit_hour: usd(20.0), upfront_per_unit: usd(90_000.0), term_months: 12 };
    option(id, throughput, payment)
}

fn assumptions(horizon_months: u32) -> Assumptions {
    Assumptions {
        horizon_months,
        electricity_price_per_kwh: Some(usd(0.09)),
        ..Assumptions::new(Currency::USD, Demand::compound(2e11, 0.02, 1.8))
    }
}

/// Twelve options over twenty quarters.
pub fn twelve() -> (Vec<OptionInput>, Assumptions) {
    let mut options: Vec<OptionInput> = (0..4)
        .flat_map(|i| {
            let throughput = 20_000.0 + 3_000.0 * f64::from(i);
            [
                rented(&format!("rent {i}"), throughput, 40.0),
                bought(&format!("own {i}"), throughput),
                reserved(&format!("reserve {i}"), throughput),
            ]
        })
        .collect();
    options[0].is_baseline = true;
    (options, assumptions(60))
}

/// A three-year NPV with ten uncertain inputs.
pub fn npv() -> Simulation {
    let mut options = [rented("rent", 20_000.0, 40.0), bought("own", 24_000.0)];
    options[0].is_baseline = true;
    let of = |id: &str| id.to_owned();
    let inputs: Vec<UncertainInput> = [
        (Driver::Throughput(of("rent")), Distribution::Normal { mean: 20_000.0, sd: 800.0 }),
        (Driver::Throughput(of("own")), Distribution::Normal { mean: 24_000.0, sd: 2_000.0 }),
        (Driver::PriceFactor(of("rent")), Distribution::Lognormal { mean: 1.0, cv: 0.15 }),
        (Driver::PriceFactor(of("own")), Distribution::Triangular { low: 0.8, mode: 1.0, high: 1.4 }),
        (Driver::Power(of("own")), Distribution::Triangular { low: 7_000.0, mode: 9_000.0, high: 11_000.0 }),
        (Driver::DemandFactor, Distribution::Lognormal { mean: 1.0, cv: 0.3 }),
        (Driver::DemandGrowth, Distribution::Triangular { low: 0.0, mode: 0.02, high: 0.05 }),
        (Driver::Utilisation, Distribution::Triangular { low: 0.4, mode: 0.6, high: 0.75 }),
        (Driver::ElectricityPrice, Distribution::Uniform { low: 0.06, high: 0.14 }),
        (Driver::DiscountRate, Distribution::Uniform { low: 0.06, high: 0.12 }),
    ]
    .into_iter()
    .map(|(driver, distribution)| UncertainInput { driver, distribution })
    .collect();
    Simulation::new(&options, &assumptions(36), &inputs, None).unwrap()
}
