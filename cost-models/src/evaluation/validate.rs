//! Refusing what cannot be evaluated, with the field and the range.

use assay_base::Money;

use super::exchange;
use super::{
    Assumptions, Change, Depreciation, ItemShape, OptionInput, Payment, PerWhat, PowerBasis, RecurringCost, Timing,
    pays_for_energy,
};
use crate::depreciation::macrs_percent;
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
    if let Some(inflation) = given.inflation_annual {
        rate("inflation_annual", inflation)?;
        check("inflation_annual", inflation, inflation <= 10.0, PLAUSIBLE_RATE)?;
    }
    for (i, exchange) in given.exchange_rates.iter().enumerate() {
        positive("rate", exchange.rate).map_err(|error| error.within(&format!("exchange_rates[{i}]")))?;
        if given.exchange_rates.iter().take(i).any(|earlier| earlier.from == exchange.from) {
            let problem = format!("{} has a rate already", exchange.from);
            return Err(CostError::invalid(format!("exchange_rates[{i}].from"), problem));
        }
    }
    item(&given.item).map_err(|error| error.within("item"))?;
    given.effectiveness.factor().map_err(|error| error.within("effectiveness"))?;
    unit_cost::pue("pue", given.pue)?;
    check("pue", given.pue, given.pue <= 10.0, "between 1 and 10 (facility energy over IT energy)")?;
    let hours = given.hours_per_month;
    check("hours_per_month", hours, hours > 0.0 && hours <= 744.0, "above 0, at most 744 (a month of 31 days)")?;
    if let Some(price) = given.electricity_price_per_kwh {
        finite("electricity_price_per_kwh", price.amount)?;
        exchange::rate("electricity_price_per_kwh", price.currency, given.currency, &given.exchange_rates)?;
    }
    change("electricity_price_change", given.electricity_price_change, given)?;
    if let Some(grid) = &given.grid {
        let intensity = grid.kg_co2e_per_kwh;
        let ok = (0.0..=5.0).contains(&intensity);
        check("grid.kg_co2e_per_kwh", intensity, ok, "between 0 and 5 (0.4 is 400 g CO2e a kWh)")?;
    }
    if let Some(tax) = given.tax {
        check("tax.rate", tax.rate, (0.0..1.0).contains(&tax.rate), "a fraction, 0 or above and below 1")?;
        depreciation(&tax.write_off).map_err(|error| error.within("tax.write_off"))?;
    }
    recurring("shared_costs", &given.shared_costs, given)
}

fn item(item: &ItemShape) -> Result<(), CostError> {
    match item {
        ItemShape::Inference => Ok(()),
        ItemShape::Request { input_tokens, output_tokens, cached_fraction } => {
            non_negative("input_tokens", *input_tokens)?;
            non_negative("output_tokens", *output_tokens)?;
            positive("tokens", input_tokens + output_tokens)?;
            let ok = (0.0..1.0).contains(cached_fraction);
            check("cached_fraction", *cached_fraction, ok, "a fraction, 0 or above and below 1").map(|_| ())
        }
        ItemShape::TrainingStep { samples } => positive("samples", *samples).map(|_| ()),
    }
}

fn change(field: &str, change: Option<Change>, given: &Assumptions) -> Result<(), CostError> {
    let Some(change) = change else { return Ok(()) };
    let within = |error: CostError| error.within(field);
    let annual = change.in_basis(given.discount_basis, given.inflation_annual).map_err(within)?.annual();
    check("fraction", annual, annual > -1.0 && annual <= 10.0, "above -1 and at most 10 a year").map_err(within)?;
    Ok(())
}

fn depreciation(how: &Depreciation) -> Result<(), CostError> {
    match how {
        Depreciation::StraightLine | Depreciation::Immediate => Ok(()),
        Depreciation::Declining { factor } | Depreciation::VariableDeclining { factor } => {
            positive("factor", *factor).map(|_| ())
        }
        Depreciation::Macrs { recovery_years } => macrs_percent(*recovery_years).map(|_| ()),
    }
}

const PLAUSIBLE_RATE: &str = "at most 10 a year (0.08 is 8 %, 8 would be 800 %)";

pub(super) fn options(given: &[OptionInput], shared: &Assumptions) -> Result<(), CostError> {
    for (i, option) in given.iter().enumerate() {
        let name = || format!("options[{}]", option.id);
        if given.iter().take(i).any(|earlier| earlier.id == option.id) {
            return Err(CostError::invalid(name(), "two options have this id; ids must differ"));
        }
        one(option, shared).map_err(|error| error.within(&name()))?;
    }
    alike_in_power(given)?;
    let baselines: Vec<&str> = given.iter().filter(|option| option.is_baseline).map(|o| o.id.as_str()).collect();
    if baselines.len() > 1 {
        let problem = format!("{} are both marked as the baseline; mark one", baselines.join(" and "));
        return Err(CostError::invalid("options", problem));
    }
    Ok(())
}

/// Boards without their host against all of a site's power would favour the boards.
fn alike_in_power(given: &[OptionInput]) -> Result<(), CostError> {
    let with = |basis: PowerBasis| {
        given.iter().find(|option| {
            option.power_basis == basis
                && option.power_watts_per_unit.is_some()
                && option.host_power_watts_per_unit.is_none()
                && pays_for_energy(&option.payment)
        })
    };
    let (Some(board), Some(facility)) = (with(PowerBasis::Board), with(PowerBasis::Facility)) else { return Ok(()) };
    let problem = format!(
        "it is {} while that of `{}` is {}; state the power of the host, or both powers on one basis",
        PowerBasis::Board.label(),
        facility.id,
        PowerBasis::Facility.label()
    );
    Err(CostError::invalid(format!("options[{}].power_basis", board.id), problem))
}

fn one(option: &OptionInput, shared: &Assumptions) -> Result<(), CostError> {
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
    if let Some(host) = &option.host_power_watts_per_unit {
        host.validated("host_power_watts_per_unit")?;
        non_negative("host_power_watts_per_unit.low", host.low)?;
        if option.power_basis != PowerBasis::Board {
            let problem = format!("{} contains the host already; leave one out", option.power_basis.label());
            return Err(CostError::invalid("host_power_watts_per_unit", problem));
        }
    }
    if let Some(ceiling) = option.throughput_ceiling_per_unit {
        positive("throughput_ceiling_per_unit", ceiling)?;
    }
    if let Some(share) = option.prefill_time_fraction {
        fraction("prefill_time_fraction", share)?;
    }
    change("price_change", option.price_change, shared)?;
    non_negative("parallel_run_months", option.parallel_run_months)?;
    for (i, cost) in option.one_off_costs.iter().enumerate() {
        let within = |error: CostError| error.within(&format!("one_off_costs[{i}]"));
        cost.amount.validated("amount").map_err(within)?;
        exchange::rate("currency", cost.currency, shared.currency, &shared.exchange_rates).map_err(within)?;
        if cost.timing == Timing::Month(0) {
            return Err(within(CostError::invalid("timing", "months count from 1; t = 0 is the start")));
        }
    }
    recurring("recurring_costs", &option.recurring_costs, shared)
}

fn recurring(field: &str, costs: &[RecurringCost], shared: &Assumptions) -> Result<(), CostError> {
    for (i, cost) in costs.iter().enumerate() {
        let within = |error: CostError| error.within(&format!("{field}[{i}]"));
        money("per_month", cost.per_month, shared).map_err(within)?;
        change("change", cost.change, shared).map_err(within)?;
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

fn payment(payment: &Payment, shared: &Assumptions) -> Result<(), CostError> {
    let term = |months: u32| {
        let ok = (1..=MAX_HORIZON_MONTHS).contains(&months);
        check("term_months", f64::from(months), ok, "between 1 and 600 months").map(|_| ())
    };
    match payment {
        Payment::OnDemand { price_per_unit_hour } => money("price_per_unit_hour", *price_per_unit_hour, shared),
        Payment::Spot { price_per_unit_hour, overhead } => {
            money("price_per_unit_hour", *price_per_unit_hour, shared)?;
            overhead.fraction().map(|_| ()).map_err(|error| error.within("overhead"))
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
        Payment::Purchase {
            capex_per_unit,
            residual_fraction,
            life_months,
            depreciation: books,
            opex_fraction_per_year,
        } => {
            money("capex_per_unit", *capex_per_unit, shared)?;
            fraction("residual_fraction", *residual_fraction)?;
            depreciation(books).map_err(|error| error.within("depreciation"))?;
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

fn money(field: &str, money: Money, shared: &Assumptions) -> Result<(), CostError> {
    non_negative(field, money.amount)?;
    exchange::rate(field, money.currency, shared.currency, &shared.exchange_rates).map(|_| ())
}
