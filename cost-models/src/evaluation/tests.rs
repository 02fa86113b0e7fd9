//! The evaluation against hand calculations.

use assay_base::{Currency, Evidence, Money};

use super::*;
use crate::demand::Demand;
use crate::time_value::Irr;
use crate::unit_cost::Effectiveness;

pub(crate) fn usd(amount: f64) -> Money {
    Money::new(amount, Currency::USD)
}

pub(crate) fn option(id: &str, throughput: f64, payment: Payment) -> OptionInput {
    let throughput = Estimate::new(throughput, throughput * 0.9, throughput * 1.1, Evidence::Measured);
    OptionInput { price_evidence: Evidence::Published, ..OptionInput::new(id, id, Ok(throughput), payment) }
}

pub(crate) fn rented(id: &str, throughput: f64, price: f64) -> OptionInput {
    option(id, throughput, Payment::OnDemand { price_per_unit_hour: usd(price) })
}

pub(crate) fn bought(id: &str, throughput: f64, capex: f64) -> OptionInput {
    let payment = Payment::Purchase {
        capex_per_unit: usd(capex),
        residual_fraction: 0.1,
        life_months: 12,
        depreciation: Depreciation::StraightLine,
        opex_fraction_per_year: 0.06,
    };
    let power = Some(Estimate::exact(1_000.0, Evidence::Vendor));
    OptionInput { power_watts_per_unit: power, ..option(id, throughput, payment) }
}

/// One year, 2.628e9 items a month: 1000 a second on average over 730 hours.
pub(crate) fn year() -> Assumptions {
    Assumptions {
        horizon_months: 12,
        discount_rate_annual: 0.1,
        effectiveness: Effectiveness { utilisation: 0.5, ..Effectiveness::FULL },
        electricity_price_per_kwh: Some(usd(0.1)),
        pue: 1.5,
        ..Assumptions::new(Currency::USD, Demand::compound(2.628e9, 0.0, 1.0))
    }
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn the_components_are_in_their_own_order() {
    for (i, component) in Component::ALL.iter().enumerate() {
        assert_eq!(*component as usize, i);
    }
}

#[test]
fn a_rented_option_by_hand() {
    let evaluation = evaluate(&[rented("a", 300.0, 3.6)], &year()).unwrap().remove(0);
    // 1000 items a second over 300 at half load is 6.67, so 7 whole units.
    let fleet = evaluation.fleet.unwrap();
    assert_eq!((fleet.at_start, fleet.at_peak), (7, 7));
    assert_eq!((fleet.at_peak_low, fleet.at_peak_high), (7, 8));
    // 3.60 an hour is 0.001 a second for 150 items.
    let unit_cost = evaluation.full_use_cost.unwrap();
    near(unit_cost.value.amount, 1e6 * 0.001 / 150.0);
    near(unit_cost.low.amount, 1e6 * 0.001 / 165.0);
    near(unit_cost.high.amount, 1e6 * 0.001 / 135.0);
    let tco = evaluation.tco.unwrap();
    near(tco.total.amount, 7.0 * 3.6 * 730.0 * 12.0);
    assert_eq!(tco.monthly[0], 0.0);
    let present: f64 = (1..=12).map(|m| 7.0 * 3.6 * 730.0 / 1.1f64.powf(f64::from(m) / 12.0)).sum();
    near(tco.present_value.amount, present);
    near(evaluation.cost_per_million.unwrap().value.amount, tco.total.amount / (12.0 * 2.628e9) * 1e6);
    assert_eq!(evaluation.evidence, Evidence::Published);
    assert_eq!(evaluation.rank, Some(1));
    assert_eq!(evaluation.benefit, None);
}

#[test]
fn energy_is_added_to_owned_hardware_alone() {
    let evaluations = evaluate(&[rented("rent", 300.0, 3.6), bought("own", 300.0, 10_000.0)], &year()).unwrap();
    let component = |i: usize, wanted: Component| {
        let components = &evaluations[i].tco.as_ref().unwrap().components;
        components.iter().find(|part| part.component == wanted).map(|part| part.amount.amount)
    };
    assert_eq!(component(0, Component::Energy), None);
    near(component(1, Component::Energy).unwrap(), 7.0 * 1.5 * 8760.0 * 0.1);
    near(component(1, Component::Hardware).unwrap(), 70_000.0);
    near(component(1, Component::ResidualValue).unwrap(), -7_000.0);
    near(component(1, Component::Maintenance).unwrap(), 7.0 * 600.0);
    near(evaluations[1].energy_kwh.unwrap(), 7.0 * 1.5 * 8760.0);
    // Capital (10,000 less the discounted residual, as a level payment a month), upkeep and energy.
    let monthly = 1.1f64.powf(1.0 / 12.0) - 1.0;
    let capital = (10_000.0 - 1_000.0 / 1.1) * monthly / (1.0 - 1.0 / 1.1);
    near(evaluations[1].unit_hour.unwrap().amount, (capital + 600.0 / 12.0) / 730.0 + 0.15);
    let note = evaluations[1].notes.iter().find(|note| note.starts_with("Hardware")).unwrap();
    assert!(note.contains("10\u{a0}% of what was paid") && note.contains("after 12 months"), "{note}");
    assert_eq!(evaluations[1].evidence, Evidence::Vendor);
}

#[test]
fn the_unknown_is_shown_and_not_ranked() {
    let mut no_power = bought("no power", 300.0, 1.0);
    no_power.power_watts_per_unit = None;
    let mut no_throughput = rented("no throughput", 300.0, 1.0);
    no_throughput.throughput_per_unit = Err("not measured".to_owned());
    let mut wrong = rented("wrong", 3_000.0, 1.0);
    wrong.excluded = Some("its results are not correct".to_owned());
    let options = [
        option("no price", 300.0, Payment::Unknown { reason: "not on the list".to_owned() }),
        no_throughput,
        no_power,
        wrong,
        rented("known", 300.0, 1.0),
    ];
    let evaluations = evaluate(&options, &year()).unwrap();
    let reason = |i: usize| evaluations[i].not_ranked.clone().unwrap();
    assert_eq!(reason(0), "its price is unknown: not on the list");
    assert_eq!(reason(1), "its throughput is unknown: not measured");
    assert!(reason(2).starts_with("its power is unknown"));
    assert_eq!(reason(3), "its results are not correct");
    for evaluation in &evaluations[..3] {
        assert_eq!((&evaluation.tco, &evaluation.full_use_cost, evaluation.rank), (&None, &None, None));
    }
    assert_eq!(evaluations[0].fleet.as_ref().unwrap().at_peak, 7);
    assert!(evaluations[3].tco.is_some() && evaluations[3].rank.is_none());
    assert_eq!(evaluations[4].rank, Some(1));
}

#[test]
fn the_benefit_is_what_the_baseline_pays_and_the_option_does_not() {
    let mut baseline = rented("base", 300.0, 3.6);
    baseline.is_baseline = true;
    let mut moved = rented("moved", 300.0, 1.8);
    moved.one_off_costs.push(OneOffCost::new(
        Component::Migration,
        Estimate::new(40_000.0, 30_000.0, 60_000.0, Evidence::Assumed),
        Currency::USD,
        Timing::Start,
    ));
    let evaluations = evaluate(&[baseline, moved], &year()).unwrap();
    assert_eq!(evaluations[0].benefit, None);
    let benefit = evaluations[1].benefit.as_ref().unwrap();
    let saved = 7.0 * 1.8 * 730.0;
    near(benefit.flows[0], -40_000.0);
    near(benefit.flows[5], saved);
    let npv = -40_000.0 + (1..=12).map(|m| saved / 1.1f64.powf(f64::from(m) / 12.0)).sum::<f64>();
    near(benefit.npv.amount, npv);
    near(benefit.payback_months.unwrap(), 40_000.0 / saved);
    assert!(benefit.discounted_payback_months.unwrap() > benefit.payback_months.unwrap());
    near(benefit.roi.unwrap(), (12.0 * saved - 40_000.0) / 40_000.0);
    near(benefit.profitability_index.unwrap(), 1.0 + npv / 40_000.0);
    let Irr::One(irr) = benefit.irr else { panic!("{:?}", benefit.irr) };
    let zero: f64 = benefit.flows.iter().enumerate().map(|(m, f)| f / (1.0 + irr).powf(m as f64 / 12.0)).sum();
    assert!(zero.abs() < 1e-6, "{zero}");
    assert_eq!(evaluations[1].evidence, Evidence::Assumed);
    assert_eq!(evaluations[1].rank, Some(1));
    near(
        evaluations[0].tco.as_ref().unwrap().present_value.amount
            - evaluations[1].tco.as_ref().unwrap().present_value.amount,
        npv,
    );
}

#[test]
fn hardware_is_replaced_and_growth_is_bought_when_needed() {
    let growing = Assumptions {
        horizon_months: 18,
        demand: Demand {
            growth: crate::demand::Growth::Quarters { items_per_month: vec![2.628e9, 2.628e9, 5.256e9, 2.628e9] },
            ..Demand::compound(1.0, 0.0, 1.0)
        },
        ..year()
    };
    let evaluation = evaluate(&[bought("own", 2_000.0, 1_000.0)], &growing).unwrap().remove(0);
    // One unit, a second from month 7 on, and both stay when demand falls.
    let fleet = evaluation.fleet.unwrap();
    assert_eq!(fleet.per_month, [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    let monthly = evaluation.tco.unwrap().monthly;
    let running = |units: f64| units * (1_000.0 * 0.06 / 12.0 + 1.5 * 730.0 * 0.1);
    near(monthly[0], 1_000.0);
    near(monthly[6], 1_000.0 + running(1.0));
    // At the end of month 12 the first is sold for a tenth and replaced.
    near(monthly[12], 1_000.0 - 100.0 + running(2.0));
    // At the horizon the second is at the end of its life and the third half way.
    near(monthly[18], running(2.0) - 100.0 - 550.0);
}

#[test]
fn commitments_are_paid_used_or_not_and_services_by_the_item() {
    let falling = Assumptions { demand: Demand::compound(2.628e9, -0.05, 1.0), ..year() };
    let reserved = Payment::Reserved { price_per_unit_hour: usd(1.0), upfront_per_unit: usd(8_760.0), term_months: 12 };
    let tokens = Payment::PerMillionTokens {
        input_price: usd(1.0),
        cached_input_price: Some(usd(0.1)),
        output_price: usd(4.0),
        input_tokens_per_item: 1_000.0,
        cached_fraction: 0.5,
        output_tokens_per_item: 200.0,
    };
    let mut service = option("api", 1.0, tokens);
    service.throughput_per_unit = Err("the provider's own".to_owned());
    let evaluations =
        evaluate(&[option("reserved", 300.0, reserved), rented("hourly", 300.0, 2.0), service], &falling).unwrap();
    near(evaluations[0].tco.as_ref().unwrap().total.amount, 7.0 * 8760.0 * 2.0);
    near(evaluations[0].unit_hour.unwrap().amount, 2.0);
    assert!(evaluations[1].tco.as_ref().unwrap().total.amount < 7.0 * 8760.0 * 2.0);
    assert_eq!(evaluations[2].fleet, None);
    // 1000 tokens at 0.55 and 200 at 4 a million.
    near(evaluations[2].full_use_cost.unwrap().value.amount, 1_350.0);
    near(evaluations[2].cost_per_million.unwrap().value.amount, 1_350.0);
    assert!(evaluations.iter().all(|evaluation| evaluation.rank.is_some()));
}

#[test]
fn a_contract_that_outlasts_the_horizon_is_paid_to_its_end() {
    let term = |months: u32, upfront: f64| Payment::Reserved {
        price_per_unit_hour: usd(1.0),
        upfront_per_unit: usd(upfront),
        term_months: months,
    };
    let half_a_year = Assumptions { horizon_months: 6, ..year() };
    let one = |payment: Payment, assumptions: &Assumptions| {
        evaluate(&[option("a", 300.0, payment)], assumptions).unwrap().remove(0)
    };
    // Seven units for three years, needed for six months.
    let hourly = one(term(36, 0.0), &half_a_year);
    let tco = hourly.tco.unwrap();
    near(tco.total.amount, 7.0 * 730.0 * 36.0);
    near(tco.component(Component::CommitmentAfterHorizon).unwrap(), 7.0 * 730.0 * 30.0);
    near(tco.monthly[6], 7.0 * 730.0 * 31.0);
    assert!(hourly.notes.iter().any(|note| note.contains("$153k are still to be paid")), "{:?}", hourly.notes);
    // However it is paid: the same contract paid upfront is not given back either.
    let all_upfront =
        Payment::Reserved { price_per_unit_hour: usd(0.0), upfront_per_unit: usd(730.0 * 36.0), term_months: 36 };
    near(one(all_upfront, &half_a_year).tco.unwrap().total.amount, 7.0 * 730.0 * 36.0);
    // What ends with the horizon owes nothing.
    assert_eq!(one(term(6, 0.0), &half_a_year).tco.unwrap().component(Component::CommitmentAfterHorizon), None);

    // In a plain loop: a growing fleet, a term of a year renewed, prices that fall, part of it paid upfront.
    let growing = Assumptions { horizon_months: 30, demand: Demand::compound(2.628e9, 0.03, 1.0), ..year() };
    let payment = OptionInput { price_change: Some(Change::per_year(-0.2)), ..option("a", 300.0, term(12, 500.0)) };
    let found = evaluate(&[payment], &growing).unwrap().remove(0);
    let fleet = found.fleet.unwrap().per_month;
    let level = |month: usize| 0.8f64.powf(month as f64 / 12.0);
    let (mut owned, mut within, mut after, mut upfront) = (0, 0.0, 0.0, 0.0);
    for (begin, units) in fleet.iter().enumerate() {
        let mut term = begin;
        while term < 30 && *units > owned {
            let added = (units - owned) as f64;
            upfront += 500.0 * added * level(term);
            for month in term..term + 12 {
                let paid = added * 730.0 * level(term);
                if month < 30 { within += paid } else { after += paid }
            }
            term += 12;
        }
        owned = owned.max(*units);
    }
    let tco = found.tco.unwrap();
    assert!(after > 0.0);
    near(tco.component(Component::Compute).unwrap(), within);
    near(tco.component(Component::CommitmentAfterHorizon).unwrap(), after);
    near(tco.component(Component::Commitment).unwrap(), upfront);
    near(tco.total.amount, within + after + upfront);
}

#[test]
fn blocks_follow_one_another_and_upkeep_follows_the_price() {
    let block = Payment::CapacityBlock { price_per_unit_block: usd(24.0), hours_per_block: 24.0 };
    let blocks = evaluate(&[option("block", 300.0, block)], &year()).unwrap().remove(0).tco.unwrap();
    near(blocks.total.amount, 7.0 * 8760.0);
    let mut own = bought("own", 300.0, 10_000.0);
    own.price_change = Some(Change::per_year(-0.5));
    let growing = Assumptions { demand: Demand::compound(2.628e9, 0.1, 1.0), ..year() };
    let Payment::Purchase { opex_fraction_per_year, .. } = own.payment else { panic!() };
    let found = evaluate(&[own], &growing).unwrap().remove(0);
    let (mut owned, mut upkeep) = (0, 0.0);
    for (begin, units) in found.fleet.unwrap().per_month.iter().enumerate() {
        let paid = 10_000.0 * 0.5f64.powf(begin as f64 / 12.0) * (units - owned) as f64;
        upkeep += paid * opex_fraction_per_year / 12.0 * (12 - begin) as f64;
        owned = *units;
    }
    assert!(upkeep > 0.0);
    near(found.tco.unwrap().component(Component::Maintenance).unwrap(), upkeep);
}

#[test]
fn an_hour_of_bought_hardware_is_worth_its_payments() {
    // A fleet of constant size over one life: its hours, paid monthly, have the present value of its payments.
    let own = bought("own", 300.0, 10_000.0);
    let evaluation = evaluate(&[own], &year()).unwrap().remove(0);
    let a_month = evaluation.unit_hour.unwrap().amount * 730.0 * 7.0;
    let present: f64 = (1..=12).map(|m| a_month / 1.1f64.powf(f64::from(m) / 12.0)).sum();
    near(evaluation.tco.unwrap().present_value.amount, present);
}

#[test]
fn roi_and_profitability_index_are_of_one_investment() {
    let mut baseline = rented("base", 300.0, 3.6);
    baseline.is_baseline = true;
    // Bought as the demand grows: there are outlays after the start, but savings have paid for them by then.
    let growing = Assumptions { demand: Demand::compound(2.628e9, 0.05, 1.0), ..year() };
    let options = [baseline, bought("own", 300.0, 8_000.0), rented("dear", 300.0, 7.2)];
    let evaluations = evaluate(&options, &growing).unwrap();
    for evaluation in &evaluations[1..] {
        let benefit = evaluation.benefit.as_ref().unwrap();
        let deepest = -benefit.cumulative().into_iter().fold(0.0, f64::min);
        near(benefit.investment.unwrap().amount, deepest);
        near(benefit.roi.unwrap(), benefit.flows.iter().sum::<f64>() / deepest);
        near(benefit.profitability_index.unwrap(), 1.0 + benefit.npv.amount / deepest);
    }
    // What only ever costs more loses all of its investment and no more than that.
    let lost = evaluations[2].benefit.as_ref().unwrap();
    near(lost.roi.unwrap(), -1.0);
    assert!((0.0..0.1).contains(&lost.profitability_index.unwrap()), "{:?}", lost.profitability_index);
}

#[test]
fn the_cost_of_a_million_has_everything_and_that_at_full_use_has_not() {
    // 40,000 of staff a month and a fleet for a peak four times the average.
    let staff = RecurringCost::new(Component::Staff, usd(40_000.0), PerWhat::Option, Evidence::Assumed);
    let peaky = Assumptions { demand: Demand::compound(2.628e9, 0.0, 4.0), shared_costs: vec![staff], ..year() };
    let evaluation = evaluate(&[rented("a", 300.0, 3.6)], &peaky).unwrap().remove(0);
    near(evaluation.full_use_cost.unwrap().value.amount, 1e6 * 0.001 / 150.0);
    let paid = 27.0 * 3.6 * 730.0 + 40_000.0;
    near(evaluation.cost_per_million.unwrap().value.amount, paid / 2.628e9 * 1e6);
}

#[test]
fn shared_costs_count_under_the_full_lens_alone() {
    let staff = RecurringCost {
        to_month: Some(6),
        ..RecurringCost::new(Component::Staff, usd(1_000.0), PerWhat::Option, Evidence::Assumed)
    };
    let full = Assumptions { shared_costs: vec![staff], ..year() };
    let marginal = Assumptions { lens: Lens::Marginal, ..full.clone() };
    let total = |assumptions: &Assumptions| {
        evaluate(&[rented("a", 300.0, 3.6)], assumptions).unwrap().remove(0).tco.unwrap().total.amount
    };
    near(total(&full) - total(&marginal), 6_000.0);
}

#[test]
fn tax_is_saved_by_costs_and_by_writing_off() {
    let taxed = |write_off| Assumptions { tax: Some(Tax { rate: 0.25, write_off }), ..year() };
    let total = |assumptions: &Assumptions, option: OptionInput| {
        evaluate(&[option], assumptions).unwrap().remove(0).tco.unwrap()
    };
    let own = || bought("own", 300.0, 10_000.0);
    let before = total(&year(), own()).total.amount;
    // However it is written off, over the whole life everything is deducted once.
    for write_off in [Depreciation::StraightLine, Depreciation::Macrs { recovery_years: 5 }, Depreciation::Immediate] {
        near(total(&taxed(write_off), own()).total.amount, before * 0.75);
    }
    // The sooner, the better.
    let present = |write_off| total(&taxed(write_off), own()).present_value.amount;
    assert!(present(Depreciation::Immediate) < present(Depreciation::StraightLine));
    let rent = total(&taxed(Depreciation::StraightLine), rented("rent", 300.0, 3.6)).total.amount;
    near(rent, 0.75 * total(&year(), rented("rent", 300.0, 3.6)).total.amount);
}

#[test]
fn refusals_name_the_field() {
    let field = |options: &[OptionInput], assumptions: &Assumptions| {
        evaluate(options, assumptions).unwrap_err().field().to_owned()
    };
    let good = || vec![rented("a", 300.0, 3.6)];
    assert_eq!(field(&good(), &Assumptions { pue: 0.9, ..year() }), "pue");
    assert_eq!(field(&good(), &Assumptions { horizon_months: 0, ..year() }), "horizon_months");
    let over = Effectiveness { utilisation: 1.2, ..Effectiveness::FULL };
    assert_eq!(field(&good(), &Assumptions { effectiveness: over, ..year() }), "effectiveness.utilisation");
    let euros = Payment::OnDemand { price_per_unit_hour: Money::new(1.0, Currency::EUR) };
    assert_eq!(field(&[option("e", 1.0, euros)], &year()), "options[e].payment.price_per_unit_hour");
    assert_eq!(field(&[rented("a", 1.0, 1.0), rented("a", 1.0, 1.0)], &year()), "options[a]");
    assert_eq!(field(&[rented("slow", 1e-9, 1.0)], &year()), "options[slow].units needed");
    let mut two = [rented("a", 1.0, 1.0), rented("b", 1.0, 1.0)];
    two.iter_mut().for_each(|option| option.is_baseline = true);
    assert_eq!(field(&two, &year()), "options");
}

#[test]
fn inputs_and_results_survive_json() {
    let options = [rented("a", 300.0, 3.6), bought("b", 250.0, 10_000.0)];
    let text = serde_json::to_string(&(&options, year())).unwrap();
    let (read, assumptions): (Vec<OptionInput>, Assumptions) = serde_json::from_str(&text).unwrap();
    assert_eq!((read.as_slice(), &assumptions), (&options[..], &year()));
    let evaluations = evaluate(&options, &year()).unwrap();
    let json = serde_json::to_value(&evaluations).unwrap();
    assert_eq!(json[0]["benefit"], serde_json::Value::Null);
    assert_eq!(json[0]["cost_per_million"]["value"]["currency"], "USD");
}
