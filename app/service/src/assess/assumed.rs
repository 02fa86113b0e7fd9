//! Every input behind the costs that is neither a price nor a throughput, with its origin; none that no cost depends on.

use std::collections::BTreeSet;

use assay_base::{Currency, Evidence, format};
use assay_cost_models::Payment;
use assay_cost_models::evaluation::{Component, SpotOverhead};
use assay_reports::content::{AssumedFact, growth_in_words};
use assay_study::{
    ASSUMPTIONS, AssumptionSpec, Basis, Change, Cost, DepreciationMethod, Distribution, Every, Lens, Per, Quantity,
    StudyOption, ThroughputSource,
};

use super::{Assessment, ResolvedOption};
use crate::uncertainty::mean_of_distribution;

const STUDY: &str = "stated in the study";

/// Every input that entered the costs.
pub fn assumed(assessment: &Assessment) -> Vec<AssumedFact> {
    let mut facts: Vec<AssumedFact> = ASSUMPTIONS
        .iter()
        .filter(|spec| is_used(assessment, spec.key))
        .filter_map(|spec| of_spec(assessment, spec))
        .collect();
    facts.extend(of_demand(assessment));
    facts.extend(of_finance(assessment));
    for (option, resolved) in assessment.study.options.iter().zip(&assessment.options) {
        facts.extend(of_option(assessment, option, resolved));
    }
    let shared = assessment.study.costs.iter().map(|cost| of_cost(assessment, cost, None));
    facts.extend(shared);
    facts
}

fn fact(
    key: impl Into<String>,
    label: impl Into<String>,
    text: impl Into<String>,
    source: impl Into<String>,
) -> AssumedFact {
    AssumedFact {
        key: key.into(),
        label: label.into(),
        value: None,
        text: text.into(),
        unit: String::new(),
        default: None,
        origin: STUDY.to_owned(),
        source: source.into(),
    }
}

/// Whether any option has a cost of a kind.
fn has(assessment: &Assessment, component: Component) -> bool {
    let mut costs = assessment.evaluations.iter().filter_map(|e| e.tco.as_ref()).flat_map(|tco| &tco.components);
    costs.any(|cost| cost.component == component)
}

/// Whether a cost depends on an assumption of the study. Spot terms and ranges of projections are told by option.
fn is_used(assessment: &Assessment, key: &str) -> bool {
    let from_measurement = |option: &(&StudyOption, &ResolvedOption)| {
        option.1.throughput.is_ok()
            && matches!(option.0.throughput, ThroughputSource::Projected { published: None, .. })
    };
    let options = || assessment.study.options.iter().zip(&assessment.options);
    match key {
        "electricity_price_per_kwh" => has(assessment, Component::Energy),
        "pue" => has(assessment, Component::Energy) || assessment.evaluations.iter().any(|e| e.carbon_kg.is_some()),
        "upkeep_fraction_per_year" => has(assessment, Component::Maintenance),
        "residual_fraction" => options().any(|(option, resolved)| {
            matches!(resolved.input.payment, Payment::Purchase { .. }) && option.residual_fraction.is_none()
        }),
        "engineer_cost_per_day" => has(assessment, Component::Migration),
        "vendor_peak_fraction" => options().any(|option| {
            from_measurement(&option)
                && matches!(option.0.throughput, ThroughputSource::Projected { compiler: None, .. })
        }),
        "launch_overhead_secs" => options().any(|option| from_measurement(&option)),
        "spot_interruptions_per_hour"
        | "spot_checkpoint_secs"
        | "spot_restart_secs"
        | "projection_low_factor"
        | "projection_high_factor" => false,
        _ => true,
    }
}

fn of_spec(assessment: &Assessment, spec: &AssumptionSpec) -> Option<AssumedFact> {
    let study = &assessment.study;
    let given = study.assumption(spec.key)?;
    let show = |number: f64| {
        let text = match spec.unit {
            _ if spec.percent => format::percent(number, 1),
            "s" => format::duration(number),
            _ => format::significant(number, 3),
        };
        format::without_trailing_zeros(&text)
    };
    let is_default = given == spec.default;
    let origin = match given.distribution() {
        Some(distribution) => {
            let mean = mean_of_distribution(&given).map(|mean| format!("; its mean is {}", show(mean)));
            let shape = of_distribution(distribution, spec.percent);
            format!("stated as a distribution: {shape}{}", mean.unwrap_or_default())
        }
        None if is_default => format!("default of {}", spec.as_of),
        None => STUDY.to_owned(),
    };
    Some(AssumedFact {
        key: spec.key.to_owned(),
        label: spec.label.to_owned(),
        value: Some(given.value()),
        text: show(given.value()),
        unit: if spec.unit == "s" { String::new() } else { spec.unit.replace("currency", study.currency.code()) },
        default: Some(show(spec.default)),
        origin,
        source: if is_default { spec.source } else { "study.yaml" }.to_owned(),
    })
}

fn of_distribution(distribution: &Distribution, percent: bool) -> String {
    let number = |number: f64| {
        let text = if percent { format::percent(number, 1) } else { format::significant(number, 3) };
        format::without_trailing_zeros(&text)
    };
    let list = |numbers: &[f64]| numbers.iter().map(|n| number(*n)).collect::<Vec<_>>().join(", ");
    match distribution {
        Distribution::Uniform(ends) => format!("uniform from {} to {}", number(ends[0]), number(ends[1])),
        Distribution::Normal([mean, sd]) => format!("normal, mean {}, deviation {}", number(*mean), number(*sd)),
        Distribution::Lognormal([mean, cv]) => {
            format!("lognormal, mean {}, variation {}", number(*mean), format::significant(*cv, 3))
        }
        Distribution::Triangular(points) => format!("triangular {}", list(points)),
        Distribution::Pert(points) => format!("PERT {}", list(points)),
        Distribution::Empirical(samples) => format!("{} samples", samples.len()),
    }
}

/// A value, and its distribution where it has one.
fn of_quantity(quantity: &Quantity, percent: bool) -> String {
    match quantity.distribution() {
        Some(distribution) => of_distribution(distribution, percent),
        None if percent => format::without_trailing_zeros(&format::percent(quantity.value(), 1)),
        None => format::without_trailing_zeros(&format::compact(quantity.value())),
    }
}

fn of_demand(assessment: &Assessment) -> Vec<AssumedFact> {
    let demand = &assessment.study.demand;
    let words = growth_in_words(&assessment.assumptions, &assessment.assumptions.demand, assessment.item());
    let mut facts = vec![fact("demand", "Demand, growth and season", words, "study.yaml")];
    let uncertain =
        [("items_per_month", &demand.items_per_month, false), ("growth_per_month", &demand.growth_per_month, true)];
    for (key, quantity, percent) in uncertain {
        if let Some(distribution) = quantity.distribution() {
            let label = if percent { "Growth a month" } else { "Demand a month" };
            let text = of_distribution(distribution, percent);
            facts.push(fact(format!("demand.{key}"), label, text, "study.yaml"));
        }
    }
    let peak = of_quantity(&demand.peak_to_average, false);
    facts.push(fact("demand.peak_to_average", "Peak over average", peak, "study.yaml"));
    if let Some(tokens) = demand.tokens {
        let number = |number: f64| format::without_trailing_zeros(&format::compact(number));
        let text = format!(
            "{} input, {} of them cached, {} output",
            number(tokens.input),
            format::percent(tokens.cached_fraction, 0),
            number(tokens.output)
        );
        facts.push(fact("demand.tokens", "Tokens of an item", text, "study.yaml"));
    }
    let spare = assessment.assumptions.spare_units;
    if spare > 0 {
        let text = format!("{} beyond the need", format::counted(u64::from(spare), "unit"));
        facts.push(fact("capacity.spare_units", "Spare units of each option", text, "study.yaml"));
    }
    facts
}

fn of_finance(assessment: &Assessment) -> Vec<AssumedFact> {
    let finance = &assessment.study.finance;
    let mut facts = Vec::new();
    if let Some(tax) = &finance.tax {
        let text = format::without_trailing_zeros(&format::percent(tax.rate, 1));
        facts.push(fact("finance.tax.rate", "Tax", text, tax.source.as_deref().unwrap_or("no source stated")));
    }
    if has(assessment, Component::Hardware) {
        let lives: BTreeSet<u32> = assessment
            .options
            .iter()
            .filter_map(|option| match option.input.payment {
                Payment::Purchase { life_months, .. } => Some(life_months),
                _ => None,
            })
            .collect();
        let months: Vec<String> = lives.into_iter().map(format::whole_months).collect();
        let stated = finance.depreciation.life_months.is_some();
        let mut life =
            fact("finance.depreciation.life_months", "Life of bought hardware", months.join(", "), "study.yaml");
        if !stated {
            life.origin = "default: the horizon".to_owned();
            life.source.clear();
        }
        facts.push(life);
        facts.push(write_off(assessment));
    }
    if has(assessment, Component::Energy)
        && let Some(change) = &finance.electricity_price_change
    {
        facts.push(fact(
            "finance.electricity_price_change",
            "Change of the electricity price",
            of_change(change),
            "study.yaml",
        ));
    }
    if let Some(inflation) = finance.inflation_per_year.filter(|_| meets_other_basis(assessment)) {
        let text = format!("{} a year", format::without_trailing_zeros(&format::percent(inflation, 1)));
        facts.push(fact("finance.inflation_per_year", "Inflation", text, "study.yaml"));
    }
    let basis = if finance.rate_basis == Basis::Real { "real: without inflation" } else { "nominal: with inflation" };
    let mut rate_basis = fact("finance.rate_basis", "Basis of the discount rate", basis, "study.yaml");
    if finance.rate_basis == Basis::Nominal {
        rate_basis.origin = "stated in the study, or the default".to_owned();
    }
    facts.push(rate_basis);
    if finance.lens == Lens::Marginal {
        facts.push(fact("finance.lens", "Costs that count", "only those that the decision changes", "study.yaml"));
    }
    let used = currencies(assessment);
    for rate in finance.exchange_rates.iter().filter(|rate| used.contains(&rate.from)) {
        let (from, to) = (rate.from, assessment.study.currency);
        let text = format!("{} {to} on {}", format::significant(rate.rate, 4), rate.as_of);
        facts.push(fact(format!("finance.exchange_rates.{from}"), format!("One {from}"), text, &rate.source));
    }
    if let Some(carbon) = &assessment.study.carbon
        && assessment.evaluations.iter().any(|e| e.carbon_kg.is_some())
    {
        let grams = format::significant(carbon.grams_per_kwh, 3);
        let text = format!("{grams} g CO2e/kWh, {}, {}", carbon.grid, carbon.as_of);
        facts.push(fact("carbon", "Emissions of the grid", text, &carbon.source));
    }
    facts
}

/// How bought hardware is written off: in the books, and for tax where there is one.
fn write_off(assessment: &Assessment) -> AssumedFact {
    let finance = &assessment.study.finance;
    let method = |method: DepreciationMethod| match method {
        DepreciationMethod::StraightLine => "straight line",
        DepreciationMethod::Declining => "declining",
        DepreciationMethod::VariableDeclining => "declining, then straight line",
        DepreciationMethod::Macrs => "MACRS",
        DepreciationMethod::Immediate => "at once",
    };
    let mut text = format!("{} in the books", method(finance.depreciation.method));
    if let Some(tax) = &finance.tax {
        let for_tax = tax.write_off.as_ref().unwrap_or(&finance.depreciation);
        text.push_str(&format!(", {} for tax", method(for_tax.method)));
    }
    let mut fact = fact("finance.depreciation", "Write-off of bought hardware", text, "study.yaml");
    if finance.depreciation == assay_study::Depreciation::default()
        && finance.tax.as_ref().is_none_or(|t| t.write_off.is_none())
    {
        fact.origin = "default".to_owned();
        fact.source.clear();
    }
    fact
}

/// Whether a change of prices has another basis than the discount rate, so that the inflation counts.
fn meets_other_basis(assessment: &Assessment) -> bool {
    let study = &assessment.study;
    let of_costs = |costs: &[Cost]| {
        costs.iter().any(|cost| cost.change.as_ref().is_some_and(|c| c.basis != study.finance.rate_basis))
    };
    let other =
        |change: &Option<Change>| change.as_ref().is_some_and(|change| change.basis != study.finance.rate_basis);
    other(&study.finance.electricity_price_change)
        || of_costs(&study.costs)
        || study.options.iter().any(|option| other(&option.price.change) || of_costs(&option.costs))
}

/// The currencies in which a price or cost is stated.
fn currencies(assessment: &Assessment) -> BTreeSet<Currency> {
    let prices = assessment.options.iter().filter_map(|option| Some(option.price.as_ref().ok()?.price.currency));
    let costs = assessment.study.costs.iter().chain(assessment.study.options.iter().flat_map(|option| &option.costs));
    prices.chain(costs.filter_map(|cost| cost.currency)).collect()
}

fn of_change(change: &Change) -> String {
    let (quantity, per) = match (&change.per_year, &change.per_month) {
        (_, Some(quantity)) => (Some(quantity), "a month"),
        (quantity, None) => (quantity.as_ref(), "a year"),
    };
    let basis = if change.basis == Basis::Real { ", without inflation" } else { "" };
    format!("{} {per}{basis}", quantity.map_or_else(|| "0 %".to_owned(), |quantity| of_quantity(quantity, true)))
}

fn of_option(assessment: &Assessment, option: &StudyOption, resolved: &ResolvedOption) -> Vec<AssumedFact> {
    let name = &option.name;
    let key = |what: &str| format!("options.{}.{what}", option.id);
    let number = |number: f64| format::without_trailing_zeros(&format::significant(number, 3));
    let mut facts = Vec::new();
    if option.price.factor != 1.0 {
        let text = format!("{} of the price", of_quantity(&option.price.factor, true));
        facts.push(fact(key("price.factor"), format!("Factor on the price of {name}"), text, "study.yaml"));
    }
    if let Some(change) = &option.price.change {
        facts.push(fact(
            key("price.change"),
            format!("Change of the price of {name}"),
            of_change(change),
            "study.yaml",
        ));
    }
    if let Payment::Spot {
        overhead: SpotOverhead::Checkpoints { checkpoint_secs, restart_secs, interruptions_per_hour },
        ..
    } = &resolved.input.payment
    {
        let text = format!(
            "{} interruptions of a unit an hour, checkpoint {}, restart {}",
            number(*interruptions_per_hour),
            format::without_trailing_zeros(&format::duration(*checkpoint_secs)),
            format::without_trailing_zeros(&format::duration(*restart_secs))
        );
        let own = option.spot.unwrap_or_default();
        let all = [own.interruptions_per_hour, own.checkpoint_secs, own.restart_secs].iter().all(Option::is_some);
        let mut terms = fact(key("spot"), format!("Spot terms of {name}"), text, "study.yaml");
        if all {
            terms.origin = "stated for the option".to_owned();
        } else if option.spot.is_some() {
            terms.origin = "stated for the option in part, else the study's assumptions".to_owned();
        } else {
            terms.origin = "the study's assumptions or their defaults".to_owned();
        }
        facts.push(terms);
    }
    if let Some(residual) =
        option.residual_fraction.as_ref().filter(|_| matches!(resolved.input.payment, Payment::Purchase { .. }))
    {
        let text = format!("{} of price", of_quantity(residual, true));
        facts.push(fact(key("residual_fraction"), format!("Residual value of {name}"), text, "study.yaml"));
    }
    facts.extend(of_power(assessment, option, resolved));
    if let Ok(known) = &resolved.throughput
        && known.per_accelerator.evidence == Evidence::Projected
    {
        let e = known.per_accelerator;
        let text = format!("{} to {} of it", format::percent(e.low / e.value, 0), format::percent(e.high / e.value, 0));
        let mut range = fact(
            key("throughput.range"),
            format!("Range of the projection of {name}"),
            text,
            "the method's model card",
        );
        range.origin = "what the method missed known results by, and no less than assumed".to_owned();
        facts.push(range);
    }
    if let Some(migration) = &option.migration {
        let mut parts = Vec::new();
        if migration.effort_person_days != 0.0 {
            parts.push(format!("{} person-days", of_quantity(&migration.effort_person_days, false)));
        }
        if migration.other_cost != 0.0 {
            parts.push(format!(
                "{} {} of other costs",
                of_quantity(&migration.other_cost, false),
                assessment.study.currency
            ));
        }
        if migration.parallel_run_months > 0.0 {
            parts.push(format!(
                "{} beside the old platform",
                format::without_trailing_zeros(&format::months(migration.parallel_run_months))
            ));
        }
        if !parts.is_empty() {
            facts.push(fact(key("migration"), format!("Move to {name}"), parts.join("; "), "study.yaml"));
        }
    }
    facts.extend(option.costs.iter().map(|cost| of_cost(assessment, cost, Some(option))));
    facts
}

/// The power that an option's energy is counted from, where it counts.
fn of_power(assessment: &Assessment, option: &StudyOption, resolved: &ResolvedOption) -> Option<AssumedFact> {
    let evaluation = assessment.evaluation(&option.id)?;
    let pays = evaluation.tco.as_ref().is_some_and(|tco| tco.component(Component::Energy).is_some());
    (pays || evaluation.carbon_kg.is_some()).then_some(())?;
    let power = resolved.input.power_watts_per_unit?;
    let mut text = format::power(power.value);
    if let Some(host) = resolved.input.host_power_watts_per_unit {
        text.push_str(&format!(" and {} of the host", format::power(host.value)));
    }
    let basis = super::power_source(&resolved.input).label();
    let mut fact = fact(
        format!("options.{}.power_watts_per_unit", option.id),
        format!("Power of a unit of {}", option.name),
        format!("{text}: {basis}"),
        "study.yaml",
    );
    if power.evidence == Evidence::Vendor {
        fact.origin = "hardware profile".to_owned();
        fact.source = "vendor's specification".to_owned();
    }
    Some(fact)
}

fn of_cost(assessment: &Assessment, cost: &Cost, option: Option<&StudyOption>) -> AssumedFact {
    let currency = cost.currency.unwrap_or(assessment.study.currency);
    let every = match (cost.every, cost.in_month, cost.at_end) {
        (Every::Once, _, true) => "once, at the end".to_owned(),
        (Every::Once, Some(month), _) => format!("once, in month {month}"),
        (Every::Once, None, _) => "once, at the start".to_owned(),
        (Every::Month, ..) => "every month".to_owned(),
        (Every::Year, ..) => "every year".to_owned(),
    };
    let per = match cost.per {
        Per::Option => "",
        Per::Unit => " for each unit",
        Per::Accelerator => " for each accelerator",
        Per::MillionItems => " for each million items",
    };
    let change = cost.change.as_ref().map(|change| format!(", changing by {}", of_change(change))).unwrap_or_default();
    let text = format!("{} {currency} {every}{per}{change}", of_quantity(&cost.amount, false));
    let (key, whose) = match option {
        Some(option) => (format!("options.{}.costs.{}", option.id, cost.id), option.name.as_str()),
        None => (format!("costs.{}", cost.id), "all options"),
    };
    fact(key, format!("Cost {} of {whose}", cost.id), text, &cost.source)
}
