//! Refusing what cannot be evaluated, with the field and the range.

use assay_base::{Currency, CurrencyMismatch, Money};

use super::{Assumptions, OptionInput, Payment, PerWhat, RecurringCost, Timing};
use crate::error::{CostError, check, finite, fraction, non_negative, positive, rate};
use crate::unit_cost;

/// The longest horizon, fifty years.
pub(super) const MAX_HORIZON_MONTHS: u32 = 600;

pub(super) fn assumptions(given: &Assumptions) -> Result<(), CostError> {
    let months = given.horizon_months;
    let ok = (1..=MAX_HORIZON_MONTHS).contains(&months);
    check("horizon_months", f64::from(months), ok, "between 1 and 600 months")?;
    rate("discount_rate_annual", given.discount_rate_annual)?;
    check("discount_rate_annual", given.discount_rate_annual, given.discount_rate_annual <= 10.0, PLAUSIBLE_RATE)?;
    given.effectiveness.factor()?;
    unit_cost::pue("pue", given.pue)?;
    check("pue", given.pue, given.pue <= 10.0, "between 1 and 10 (facility energy over IT energy)")?;
    let hours = given.hours_per_month;
    check("hours_per_month", hours, hours > 0.0 && hours <= 744.0, "above 0, at most 744 (a month of 31 days)")?;
    if let Some(price) = given.electricity_price_per_kwh {
        finite("electricity_price_per_kwh", price.amount)?;
        currency("electricity_price_per_kwh", price.currency, given.currency)?;
    }
    if let Some(grams) = given.grid_grams_per_kwh {
        non_negative("grid_grams_per_kwh", grams)?;
    }
    if let Some(tax) = given.tax {
        check("tax.rate", tax.rate, (0.0..1.0).contains(&tax.rate), "a fraction, 0 or above and below 1")?;
    }
    recurring("shared_costs", &given.shared_costs, given.currency)
}

const PLAUSIBLE_RATE: &str = "at most 10 a year (0.08 is 8 %, 8 would be 800 %)";

pub(super) fn options(given: &[OptionInput], shared: Currency) -> Result<(), CostError> {
    for (i, option) in given.iter().enumerate() {
        let name = || format!("options[{}]", option.id);
        if given.iter().take(i).any(|earlier| earlier.id == option.id) {
            return Err(CostError::invalid(name(), "two options have this id; ids must differ"));
        }
        one(option, shared).map_err(|error| error.within(&name()))?;
    }
    let baselines: Vec<&str> = given.iter().filter(|option| option.is_baseline).map(|o| o.id.as_str()).collect();
    if baselines.len() > 1 {
        let problem = format!("{} are both marked as the baseline; mark one", baselines.join(" and "));
        return Err(CostError::invalid("options", problem));
    }
    Ok(())
}

fn one(option: &OptionInput, shared: Currency) -> Result<(), CostError> {
    if let Ok(throughput) = &option.throughput_per_unit {
        throughput.validated_positive("throughput_per_unit")?;
    }
    let accelerators = f64::from(option.accelerators_per_unit);
    check("accelerators_per_unit", accelerators, accelerators >= 1.0, "1 or more")?;
    payment(&option.payment, shared).map_err(|error| error.within("payment"))?;
    if let Some(power) = &option.power_watts_per_unit {
        power.validated("power_watts_per_unit")?;
        non_negative("power_watts_per_unit.low", power.low)?;
    }
    for (i, cost) in option.one_off_costs.iter().enumerate() {
        let within = |error: CostError| error.within(&format!("one_off_costs[{i}]"));
        cost.amount.validated("amount").map_err(within)?;
        currency("currency", cost.currency, shared).map_err(within)?;
        if cost.timing == Timing::Month(0) {
            return Err(within(CostError::invalid("timing", "months count from 1; t = 0 is the start")));
        }
    }
    recurring("recurring_costs", &option.recurring_costs, shared)
}

fn recurring(field: &str, costs: &[RecurringCost], shared: Currency) -> Result<(), CostError> {
    for (i, cost) in costs.iter().enumerate() {
        let within = |error: CostError| error.within(&format!("{field}[{i}]"));
        money("per_month", cost.per_month, shared).map_err(within)?;
        check("from_month", f64::from(cost.from_month), cost.from_month >= 1, "1 or more; months count from 1")
            .map_err(within)?;
        if let Some(to) = cost.to_month {
            let ok = to >= cost.from_month;
            check("to_month", f64::from(to), ok, "the first month or a later one").map_err(within)?;
        }
        let shared_by_all = field == "shared_costs";
        if shared_by_all && matches!(cost.per, PerWhat::Unit | PerWhat::Accelerator) {
            let problem = "a cost of each unit differs between options; give it with the option";
            return Err(within(CostError::invalid("per", problem)));
        }
    }
    Ok(())
}

fn payment(payment: &Payment, shared: Currency) -> Result<(), CostError> {
    let term = |months: u32| {
        let ok = (1..=MAX_HORIZON_MONTHS).contains(&months);
        check("term_months", f64::from(months), ok, "between 1 and 600 months").map(|_| ())
    };
    match payment {
        Payment::OnDemand { price_per_unit_hour } => money("price_per_unit_hour", *price_per_unit_hour, shared),
        Payment::Spot { price_per_unit_hour, overhead_fraction } => {
            money("price_per_unit_hour", *price_per_unit_hour, shared)?;
            non_negative("overhead_fraction", *overhead_fraction).map(|_| ())
        }
        Payment::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => {
            money("price_per_unit_hour", *price_per_unit_hour, shared)?;
            money("upfront_per_unit", *upfront_per_unit, shared)?;
            term(*term_months)
        }
        Payment::CapacityBlock { price_per_unit_block, hours_per_block } => {
            money("price_per_unit_block", *price_per_unit_block, shared)?;
            positive("hours_per_block", *hours_per_block).map(|_| ())
        }
        Payment::Purchase { capex_per_unit, residual_fraction, life_months, opex_fraction_per_year } => {
            money("capex_per_unit", *capex_per_unit, shared)?;
            fraction("residual_fraction", *residual_fraction)?;
            let ok = (1..=MAX_HORIZON_MONTHS).contains(life_months);
            check("life_months", f64::from(*life_months), ok, "between 1 and 600 months")?;
            non_negative("opex_fraction_per_year", *opex_fraction_per_year).map(|_| ())
        }
        Payment::Lease { price_per_unit_month, upfront_per_unit, term_months, .. } => {
            money("price_per_unit_month", *price_per_unit_month, shared)?;
            money("upfront_per_unit", *upfront_per_unit, shared)?;
            term(*term_months)
        }
        Payment::PerMillionItems { price } => money("price", *price, shared),
        Payment::PerMillionTokens {
            input_price,
            cached_input_price,
            output_price,
            input_tokens_per_item,
            cached_fraction,
            output_tokens_per_item,
        } => {
            money("input_price", *input_price, shared)?;
            money("output_price", *output_price, shared)?;
            if let Some(price) = cached_input_price {
                money("cached_input_price", *price, shared)?;
            }
            non_negative("input_tokens_per_item", *input_tokens_per_item)?;
            non_negative("output_tokens_per_item", *output_tokens_per_item)?;
            positive("tokens per item", input_tokens_per_item + output_tokens_per_item)?;
            fraction("cached_fraction", *cached_fraction).map(|_| ())
        }
        Payment::Unknown { .. } => Ok(()),
    }
}

fn money(field: &str, money: Money, shared: Currency) -> Result<(), CostError> {
    non_negative(field, money.amount)?;
    currency(field, money.currency, shared)
}

fn currency(field: &str, given: Currency, shared: Currency) -> Result<(), CostError> {
    if given == shared {
        Ok(())
    } else {
        let mismatch = CurrencyMismatch { left: given, right: shared };
        Err(CostError::Currency { field: field.to_owned(), mismatch })
    }
}
