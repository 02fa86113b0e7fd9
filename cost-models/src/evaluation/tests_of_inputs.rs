//! Offers, price paths, bases, denominators and guards against hand calculations.

use assay_base::{Currency, Evidence, Money};

use super::tests::{bought, option, rented, usd, year};
use super::*;

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

fn one(option: OptionInput, assumptions: &Assumptions) -> Evaluation {
    evaluate(&[option], assumptions).unwrap().remove(0)
}

fn refusal(option: OptionInput, assumptions: &Assumptions) -> CostError {
    evaluate(&[option], assumptions).unwrap_err()
}

#[test]
fn spot_pays_for_checkpoints_lost_work_and_restarts() {
    // Six hours between interruptions: the overhead of the textbook interval of 1610 s.
    let overhead =
        SpotOverhead::Checkpoints { checkpoint_secs: 60.0, restart_secs: 120.0, interruptions_per_hour: 1.0 / 6.0 };
    let spot = option("spot", 300.0, Payment::Spot { price_per_unit_hour: usd(1.0), overhead });
    near(one(spot, &year()).unit_hour.unwrap().amount, 1.0 + 120.0 / 1_609.968_943_799_848_6 + 120.0 / 21_600.0);
    let overhead =
        SpotOverhead::Checkpoints { checkpoint_secs: 600.0, restart_secs: 600.0, interruptions_per_hour: 4.0 };
    let spot = option("spot", 300.0, Payment::Spot { price_per_unit_hour: usd(1.0), overhead });
    assert_eq!(refusal(spot, &year()).field(), "options[spot].payment.overhead.overhead");
}

#[test]
fn prices_change_and_commitments_keep_theirs() {
    let halving = Some(Change::per_year(-0.5));
    let level = |month: i32| 0.5f64.powf(f64::from(month) / 12.0);
    let rent = OptionInput { price_change: halving, ..rented("rent", 300.0, 3.6) };
    let monthly = one(rent, &year()).tco.unwrap().monthly;
    near(monthly[1], 7.0 * 3.6 * 730.0);
    near(monthly[7], 7.0 * 3.6 * 730.0 * level(6));
    let reserved = Payment::Reserved { price_per_unit_hour: usd(1.0), upfront_per_unit: usd(600.0), term_months: 6 };
    let reserved = OptionInput { price_change: halving, ..option("reserved", 300.0, reserved) };
    let monthly = one(reserved, &year()).tco.unwrap().monthly;
    near(monthly[0], 4_200.0);
    near(monthly[6], 7.0 * 730.0 + 4_200.0 * level(6));
    near(monthly[12], 7.0 * 730.0 * level(6));
    // What a month's change makes of a year is the year's.
    let monthly_change = Some(Change::per_month(0.5f64.powf(1.0 / 12.0) - 1.0));
    let same = OptionInput { price_change: monthly_change, ..rented("rent", 300.0, 3.6) };
    near(one(same, &year()).tco.unwrap().monthly[7], 7.0 * 3.6 * 730.0 * level(6));
}

#[test]
fn real_and_nominal_do_not_mix_unnoticed() {
    let real = Assumptions { discount_basis: RateBasis::Real, ..year() };
    let rent = || OptionInput { price_change: Some(Change::per_year(0.02)), ..rented("rent", 300.0, 3.6) };
    let error = refusal(rent(), &real);
    assert_eq!(error.field(), "options[rent].price_change.basis");
    assert!(error.to_string().contains("state the inflation"), "{error}");
    // Prices that rise with inflation do not rise in real terms.
    let known = Assumptions { inflation_annual: Some(0.02), ..real };
    let flat = one(rented("rent", 300.0, 3.6), &known).tco.unwrap();
    near(one(rent(), &known).tco.unwrap().present_value.amount, flat.present_value.amount);
}

#[test]
fn other_currencies_need_a_rate() {
    let euros = || option("e", 300.0, Payment::OnDemand { price_per_unit_hour: Money::new(2.0, Currency::EUR) });
    assert_eq!(refusal(euros(), &year()).field(), "options[e].payment.price_per_unit_hour");
    let rate = ExchangeRate { from: Currency::EUR, rate: 1.1, as_of: jiff::civil::date(2026, 11, 1) };
    let known = Assumptions { exchange_rates: vec![rate], ..year() };
    let unit_hour = one(euros(), &known).unit_hour.unwrap();
    assert_eq!(unit_hour.currency, Currency::USD);
    near(unit_hour.amount, 2.2);
}

#[test]
fn powers_are_measured_around_different_things() {
    let energy = |basis: PowerBasis, host: Option<f64>| {
        let host_power_watts_per_unit = host.map(|watts| Estimate::exact(watts, Evidence::Vendor));
        let own = OptionInput { power_basis: basis, host_power_watts_per_unit, ..bought("own", 300.0, 1_000.0) };
        evaluate(&[own], &year()).map(|mut all| all.remove(0).energy_kwh.unwrap())
    };
    near(energy(PowerBasis::Unit, None).unwrap(), 7.0 * 1.5 * 8760.0);
    near(energy(PowerBasis::Facility, None).unwrap(), 7.0 * 8760.0);
    near(energy(PowerBasis::Board, Some(400.0)).unwrap(), 7.0 * 1.4 * 1.5 * 8760.0);
    let error = energy(PowerBasis::Facility, Some(400.0)).unwrap_err();
    assert_eq!(error.field(), "options[own].host_power_watts_per_unit");
    let with = |id: &str, power_basis| OptionInput { power_basis, ..bought(id, 300.0, 1_000.0) };
    let mixed = [with("board", PowerBasis::Board), with("site", PowerBasis::Facility)];
    let error = evaluate(&mixed, &year()).unwrap_err();
    assert_eq!(error.field(), "options[board].power_basis");
    assert!(error.to_string().contains("PUE-inclusive"), "{error}");
}

#[test]
fn tokens_and_samples_have_their_own_denominators() {
    let request = ItemShape::Request { input_tokens: 900.0, output_tokens: 100.0, cached_fraction: 0.5 };
    let assumptions = Assumptions { item: request, ..year() };
    // 3.6 an hour at half load of 300 requests a second: 1/150,000 a request.
    let measured = OptionInput { prefill_time_fraction: Some(0.25), ..rented("own", 300.0, 3.6) };
    let costs = one(measured, &assumptions).full_use_costs.unwrap();
    near(costs.per_item.amount * 150_000.0, 1.0);
    let tokens = costs.tokens.unwrap();
    let a_million = |tokens: f64| 1e6 / 150_000.0 / tokens;
    near(tokens.per_million_total.amount, a_million(1_000.0));
    near(tokens.per_million_output_only.unwrap().amount, a_million(100.0));
    near(tokens.per_million_input.unwrap().amount, 0.25 * a_million(450.0));
    near(tokens.per_million_output.unwrap().amount, 0.75 * a_million(100.0));
    assert_eq!((costs.basis.offer.as_str(), costs.basis.effectiveness.utilisation), ("on-demand", 0.5));
    let unsplit = one(rented("own", 300.0, 3.6), &assumptions).full_use_costs.unwrap().tokens.unwrap();
    assert_eq!((unsplit.per_million_input, unsplit.per_million_output), (None, None));
    let training = Assumptions { item: ItemShape::TrainingStep { samples: 64.0 }, ..year() };
    let costs = one(rented("own", 300.0, 3.6), &training).full_use_costs.unwrap();
    near(costs.per_sample.unwrap().amount * 64.0, costs.per_item.amount);
}

#[test]
fn expenses_are_what_the_books_say() {
    let tco = one(bought("own", 300.0, 10_000.0), &year()).tco.unwrap();
    let row = |component| tco.by_expense.iter().find(|part| part.component == component).unwrap().monthly.clone();
    near(row(Component::Depreciation)[1], 7.0 * 10_000.0 * 0.9 / 12.0);
    let monthly_rate = 1.1f64.powf(1.0 / 12.0) - 1.0;
    near(row(Component::Capital)[1], 70_000.0 * monthly_rate);
    near(row(Component::Capital)[2], (70_000.0 - 5_250.0) * monthly_rate);
    assert!(tco.by_expense.iter().all(|part| part.component != Component::Hardware));
    let hardware = tco.by_payment.iter().find(|part| part.component == Component::Hardware).unwrap();
    near(hardware.quarterly()[0], 70_000.0);
}

#[test]
fn the_lens_is_the_same_for_all_options() {
    let allocated = |option: OptionInput| {
        let mut cost = RecurringCost::new(Component::Facility, usd(500.0), PerWhat::Option, Evidence::Assumed);
        cost.allocated = true;
        OptionInput { recurring_costs: vec![cost], ..option }
    };
    let options = [allocated(rented("a", 300.0, 3.6)), allocated(bought("b", 300.0, 10_000.0))];
    let totals = |lens| {
        let evaluations = evaluate(&options, &Assumptions { lens, ..year() }).unwrap();
        evaluations.into_iter().map(|evaluation| evaluation.tco.unwrap().total.amount).collect::<Vec<_>>()
    };
    for (full, marginal) in totals(Lens::Full).into_iter().zip(totals(Lens::Marginal)) {
        near(full - marginal, 6_000.0);
    }
}

#[test]
fn carbon_is_dated_and_local() {
    let grid =
        GridIntensity { kg_co2e_per_kwh: 0.35, as_of: jiff::civil::date(2024, 12, 31), grid: "a grid".to_owned() };
    let assumptions = Assumptions { grid: Some(grid.clone()), ..year() };
    let evaluation = one(bought("own", 300.0, 1_000.0), &assumptions);
    near(evaluation.carbon_kg.unwrap(), 0.35 * evaluation.energy_kwh.unwrap());
    assert!(evaluation.notes.iter().any(|note| note.contains("2024-12-31")), "{:?}", evaluation.notes);
    let in_grams = Assumptions { grid: Some(GridIntensity { kg_co2e_per_kwh: 350.0, ..grid }), ..year() };
    assert_eq!(refusal(rented("a", 1.0, 1.0), &in_grams).field(), "grid.kg_co2e_per_kwh");
}

#[test]
fn the_implausible_is_flagged() {
    let fields = |option: OptionInput, assumptions: &Assumptions| {
        one(option, assumptions).flags.into_iter().map(|flag| flag.field).collect::<Vec<_>>()
    };
    assert!(fields(bought("own", 300.0, 1_000.0), &year()).is_empty());
    let fast = OptionInput { throughput_ceiling_per_unit: Some(200.0), ..rented("fast", 300.0, 3.6) };
    assert_eq!(fields(fast, &year()), ["throughput_per_unit"]);
    let mut years = bought("own", 300.0, 1_000.0);
    if let Payment::Purchase { life_months, .. } = &mut years.payment {
        *life_months = 4;
    }
    years.power_basis = PowerBasis::Board;
    assert_eq!(fields(years, &year()), ["payment.life_months", "host_power_watts_per_unit"]);
    let steep = Assumptions { discount_rate_annual: 0.8, ..year() };
    assert_eq!(fields(rented("a", 300.0, 3.6), &steep), ["discount_rate_annual"]);
}
