//! What is stated of money: prices, costs, finance, and which uncertain values move together.

use super::{FRACTION, HUGE, NOT_NEGATIVE, POSITIVE, Problems};
use crate::document::{PowerBasis, Study, StudyOption};
use crate::finance::{Cost, Depreciation, DepreciationMethod, Every, Per};
use crate::price::{Basis, Change, PriceSource};
use assay_base::Currency;

/// The longest term, life or month of a cost.
const MOST_MONTHS: f64 = 600.0;

pub(super) fn price(option: &StudyOption, study: &Study, found: &mut Problems) {
    let at = |field: &str| format!("options.{}.{field}", option.id);
    let price = &option.price;
    let from = price.from.label();
    let stated = price.stated();
    for key in price.from.required().iter().filter(|key| !stated.contains(key)) {
        found.report(at("price"), format!("`from: {from}` needs `{key}`"));
    }
    for key in &stated {
        if !price.from.required().contains(key) && !price.from.optional().contains(key) {
            let known = price.from.required().iter().chain(price.from.optional());
            let known: Vec<String> = known.map(|key| format!("`{key}`")).collect();
            let problem = format!("does not belong to `from: {from}`, which has {}", known.join(", "));
            found.report(at(&format!("price.{key}")), problem);
        }
    }
    for (key, amount) in price.amounts() {
        // A reservation paid all upfront costs nothing by the hour, and a cache can be free.
        let free = matches!(
            (price.from, key),
            (PriceSource::Reserved, "price_per_unit_hour") | (_, "upfront_per_unit") | (PriceSource::Tokens, _)
        );
        let range = if free { NOT_NEGATIVE } else { POSITIVE };
        found.optional(at(&format!("price.{key}")), amount, range, "leave the option out while its price is unknown");
    }
    if price.from == PriceSource::Offer && option.profile.is_none() {
        found.report(at("profile"), "an offer is looked up in a hardware profile: name one");
    }
    found.optional(at("price.term_months"), price.term_months.map(f64::from), (1.0, MOST_MONTHS), "months");
    found.optional(at("price.hours_per_block"), price.hours_per_block, (f64::MIN_POSITIVE, 744.0), "hours");
    let accelerators = price.accelerators_per_unit.map(f64::from);
    found.optional(at("price.accelerators_per_unit"), accelerators, (1.0, 1e6), "in a unit");
    found.quantity(at("price.factor"), &price.factor, (0.0, 1e6), "times the price");
    currency(&at("price.currency"), price.currency, study, found);
    if let Some(change) = &price.change {
        self::change(&at("price.change"), change, study, found);
    }
    if price.from == PriceSource::Tokens && study.demand.tokens.is_none() {
        found.report(at("price"), "a price of tokens needs `demand.tokens`: how many an item has");
    }
    if option.spot.is_some() && !matches!(price.from, PriceSource::Spot | PriceSource::Offer) {
        found.report(at("spot"), format!("belongs to spot capacity, but the price is `from: {from}`"));
    }
    if let Some(basis) = option.power_basis
        && option.power_watts_per_unit.is_none()
        && basis != PowerBasis::Board
    {
        let problem =
            "states the basis of a power, but `power_watts_per_unit` is absent and the profile's is of boards";
        found.report(at("power_basis"), problem);
    }
    let basis = option.power_basis.unwrap_or(match option.power_watts_per_unit {
        Some(_) => PowerBasis::Plug,
        None => PowerBasis::Board,
    });
    if option.host_power_watts_per_unit.is_some() && basis != PowerBasis::Board {
        let problem = "is added to the power of boards, but `power_watts_per_unit` is that of the whole unit: set \
                       `power_basis: board`, or leave the host out";
        found.report(at("host_power_watts_per_unit"), problem);
    }
}

pub(super) fn finance(study: &Study, found: &mut Problems) {
    let finance = &study.finance;
    found.optional("finance.inflation_per_year", finance.inflation_per_year, (-0.5, 1.0), "a fraction a year");
    if let Some(tax) = &finance.tax {
        found.number("finance.tax.rate", tax.rate, (0.0, 0.99), "a fraction");
        if let Some(write_off) = &tax.write_off {
            depreciation("finance.tax.write_off", write_off, found);
            if write_off.life_months.is_some() {
                found.report("finance.tax.write_off.life_months", "the life is stated in `finance.depreciation`");
            }
        }
    }
    depreciation("finance.depreciation", &finance.depreciation, found);
    if let Some(change) = &finance.electricity_price_change {
        self::change("finance.electricity_price_change", change, study, found);
    }
    for (i, rate) in finance.exchange_rates.iter().enumerate() {
        let path = "finance.exchange_rates";
        found.number(path, rate.rate, POSITIVE, &format!("one {} in {}", rate.from, study.currency));
        if rate.from == study.currency || finance.exchange_rates.iter().take(i).any(|other| other.from == rate.from) {
            found.report(path, format!("{} has a rate already", rate.from));
        }
    }
    if let Some(carbon) = &study.carbon {
        found.number("carbon.grams_per_kwh", carbon.grams_per_kwh, (0.0, 2000.0), "grams CO2e a kWh");
    }
}

fn depreciation(path: &str, given: &Depreciation, found: &mut Problems) {
    use DepreciationMethod::{Declining, Macrs, VariableDeclining};
    found.optional(format!("{path}.factor"), given.factor, (0.01, 10.0), "2 is double declining");
    if given.factor.is_some() && !matches!(given.method, Declining | VariableDeclining) {
        found.report(format!("{path}.factor"), "belongs to a declining method");
    }
    if let Some(years) = given.recovery_years {
        if given.method != Macrs {
            found.report(format!("{path}.recovery_years"), "belongs to `method: macrs`");
        } else if !matches!(years, 3 | 5 | 7) {
            found.report(format!("{path}.recovery_years"), format!("{years} has no table; 3, 5 and 7 have"));
        }
    }
    let life = given.life_months.map(f64::from);
    found.optional(format!("{path}.life_months"), life, (1.0, MOST_MONTHS), "months");
}

fn change(path: &str, given: &Change, study: &Study, found: &mut Problems) {
    match (&given.per_year, &given.per_month) {
        (Some(year), None) => found.quantity(format!("{path}.per_year"), year, (-0.99, 10.0), "a fraction a year"),
        (None, Some(month)) => found.quantity(format!("{path}.per_month"), month, (-0.5, 1.0), "a fraction a month"),
        _ => found.report(path, "needs `per_year` or `per_month`, one of them"),
    }
    if given.basis != study.finance.rate_basis && study.finance.inflation_per_year.is_none() {
        let name = |basis| if basis == Basis::Real { "real" } else { "nominal" };
        let problem = format!(
            "a {} change meets a {} discount rate: state `finance.inflation_per_year`, or use one basis",
            name(given.basis),
            name(study.finance.rate_basis)
        );
        found.report(format!("{path}.basis"), problem);
    }
}

fn currency(path: &str, given: Option<Currency>, study: &Study, found: &mut Problems) {
    if let Some(given) = given.filter(|given| *given != study.currency)
        && study.finance.exchange_rates.iter().all(|rate| rate.from != given)
    {
        let own = study.currency;
        found.report(path, format!("{given} has no rate to {own}: state one in `finance.exchange_rates`"));
    }
}

pub(super) fn costs(list: &str, costs: &[Cost], study: &Study, found: &mut Problems) {
    for cost in costs {
        let at = |field: &str| format!("{list}.{}.{field}", cost.id);
        let once = cost.every == Every::Once;
        found.quantity(at("amount"), &cost.amount, (-HUGE, HUGE), "an amount");
        if list == "costs" && cost.amount.distribution().is_some() {
            let problem = "a cost that all options share moves them alike: give a number, or state it with the options";
            found.report(at("amount"), problem);
        }
        let months = (1.0, MOST_MONTHS);
        for (key, month, belongs) in [
            ("in_month", cost.in_month, once),
            ("from_month", cost.from_month, !once),
            ("to_month", cost.to_month, !once),
        ] {
            found.optional(at(key), month.map(f64::from), months, "months count from 1");
            if month.is_some() && !belongs {
                let kind = if once { "falls due once" } else { "recurs" };
                found.report(at(key), format!("does not belong to a cost that {kind}"));
            }
        }
        if cost.at_end && (!once || cost.in_month.is_some()) {
            found.report(at("at_end"), "belongs to a cost that falls due once and has no `in_month`");
        }
        if cost.to_month.is_some_and(|to| to < cost.from_month.unwrap_or(1)) {
            found.report(at("to_month"), "is before the first month");
        }
        if once && cost.per != Per::Option {
            found.report(at("per"), "a cost that falls due once is per option");
        }
        if once && cost.change.is_some() {
            found.report(at("change"), "belongs to a cost that recurs");
        }
        if list == "costs" && matches!(cost.per, Per::Unit | Per::Accelerator) {
            found.report(at("per"), "a cost of each unit differs between options: give it with the option");
        }
        if let Some(change) = &cost.change {
            self::change(&at("change"), change, study, found);
        }
        currency(&at("currency"), cost.currency, study, found);
    }
}

/// What may be waited for.
pub(super) fn waiting(study: &Study, found: &mut Problems) {
    for waiting in &study.waiting {
        let at = |field: &str| format!("waiting.{}.{field}", waiting.id);
        for (field, id) in [("option", Some(&waiting.option)), ("meanwhile", waiting.meanwhile.as_ref())] {
            if let Some(id) = id.filter(|id| study.option(id).is_none()) {
                let hint = assay_base::yaml::suggestion(id, study.options.iter().map(|o| o.id.as_str()));
                found.report(at(field), format!("no option has the id `{id}`{hint}"));
            }
        }
        if waiting.meanwhile.as_ref().unwrap_or(&study.baseline) == &waiting.option {
            found.report(at("meanwhile"), "waits for itself: name the option that serves until then");
        }
        found.number(at("months"), f64::from(waiting.months), (1.0, MOST_MONTHS), "months");
        for scenario in &waiting.scenarios {
            found.number(at("scenarios"), scenario.probability, FRACTION, &scenario.name);
            found.number(at("scenarios"), scenario.price_factor, (0.0, 1e3), &scenario.name);
            found.number(at("scenarios"), scenario.throughput_factor, (1e-3, 1e3), &scenario.name);
        }
        let total: f64 = waiting.scenarios.iter().map(|scenario| scenario.probability).sum();
        if (total - 1.0).abs() > 1e-9 {
            found.report(at("scenarios"), format!("their probabilities make {total}, not 1"));
        }
    }
}

pub(super) fn correlations(study: &Study, found: &mut Problems) {
    for (i, correlation) in study.correlations.iter().enumerate() {
        let path = format!("correlations[{i}]");
        if !(correlation.rho > -1.0 && correlation.rho < 1.0) {
            found.report(format!("{path}.rho"), format!("{} is not between -1 and 1", correlation.rho));
        }
        let [one, other] = &correlation.between;
        if one == other {
            found.report(format!("{path}.between"), format!("`{one}` is there twice"));
        }
        let mut earlier = study.correlations.iter().take(i).map(|c| &c.between);
        if earlier.any(|pair| pair.contains(one) && pair.contains(other)) {
            found.report(format!("{path}.between"), "the two have a correlation already");
        }
    }
}
