//! What the cost models evaluate, from what the study says.

use assay_base::{Currency, Evidence, Money};
use assay_cost_models::demand::{Demand, Growth};
use assay_cost_models::evaluation::{
    Component, ExchangeRate, GridIntensity, ItemShape, Lens, OneOffCost, PowerBasis, RecurringCost, Tax, Timing,
};
use assay_cost_models::unit_cost::Effectiveness;
use assay_cost_models::{Assumptions, Estimate, OptionInput, Payment};
use assay_hardware_profiles::{Catalog, Profile};
use assay_reports::content::{PowerSource, ThroughputFacts};
use assay_study::{Cost, Every, Study, StudyOption};
use jiff::civil::Date;

use super::throughput::{self, Resolver};
use super::{ResolvedOption, missed_requirement, price, translate};
use crate::estimates::EstimateRecord;

const GRAMS_PER_KG: f64 = 1000.0;
const MONTHS_PER_YEAR: f64 = 12.0;

/// What all options share.
pub fn assumptions(study: &Study) -> Assumptions {
    let a = &study.assumptions;
    let finance = &study.finance;
    let exchange =
        |rate: &assay_study::ExchangeRate| ExchangeRate { from: rate.from, rate: rate.rate, as_of: rate.as_of };
    Assumptions {
        horizon_months: a.horizon_months.round() as u32,
        discount_rate_annual: a.discount_rate_annual.value(),
        discount_basis: translate::basis(finance.rate_basis),
        inflation_annual: finance.inflation_per_year,
        exchange_rates: finance.exchange_rates.iter().map(exchange).collect(),
        item: item(study),
        effectiveness: Effectiveness {
            utilisation: a.target_utilisation.value(),
            availability: a.availability.value(),
            goodput_fraction: a.goodput_fraction.value(),
            retry_fraction: a.retry_fraction.value(),
        },
        spare_units: study.capacity.as_ref().map_or(0, |capacity| capacity.spare_units),
        electricity_price_per_kwh: study
            .assumption("electricity_price_per_kwh")
            .map(|price| Money::new(price.value(), study.currency)),
        electricity_price_change: finance.electricity_price_change.as_ref().map(translate::change),
        pue: a.pue.value(),
        hours_per_month: a.hours_per_month,
        grid: study.carbon.as_ref().map(|carbon| GridIntensity {
            kg_co2e_per_kwh: carbon.grams_per_kwh / GRAMS_PER_KG,
            as_of: carbon.as_of,
            grid: format!("{} ({})", carbon.grid, carbon.source),
        }),
        shared_costs: recurring(&study.costs, study.currency),
        lens: match finance.lens {
            assay_study::Lens::Full => Lens::Full,
            assay_study::Lens::Marginal => Lens::Marginal,
        },
        tax: finance.tax.as_ref().map(|tax| Tax {
            rate: tax.rate,
            write_off: translate::depreciation(tax.write_off.as_ref().unwrap_or(&finance.depreciation)),
        }),
        ..Assumptions::new(study.currency, demand(study))
    }
}

fn demand(study: &Study) -> Demand {
    let given = &study.demand;
    let growth = match &given.growth {
        None => Growth::Compound { per_month: given.growth_per_month.value() },
        Some(assay_study::Growth::Linear(linear)) => Growth::Linear { added_per_month: linear.added_per_month },
        Some(assay_study::Growth::Logistic(curve)) => Growth::Logistic {
            capacity_per_month: curve.capacity_per_month,
            steepness: curve.steepness,
            midpoint_month: curve.midpoint_month,
        },
        Some(assay_study::Growth::Quarters(items)) => Growth::Quarters { items_per_month: items.clone() },
    };
    Demand {
        items_per_month: given.items_per_month.value(),
        growth,
        peak_to_average: given.peak_to_average.value(),
        season: given.season.clone(),
    }
}

fn item(study: &Study) -> ItemShape {
    match (study.demand.tokens, study.demand.samples_per_step) {
        (Some(tokens), _) => ItemShape::Request {
            input_tokens: tokens.input,
            output_tokens: tokens.output,
            cached_fraction: tokens.cached_fraction,
        },
        (None, Some(samples)) => ItemShape::TrainingStep { samples },
        (None, None) => ItemShape::Inference,
    }
}

/// An option with the facts behind its inputs.
pub fn resolve(
    study: &Study,
    option: &StudyOption,
    catalog: &Catalog,
    pricing_date: Date,
    resolver: &Resolver<'_>,
) -> ResolvedOption {
    let profile = match &option.profile {
        Some(id) => catalog.require(id).map(Some).map_err(|e| e.to_string()),
        None => Ok(None),
    };
    let (price, throughput) = match &profile {
        Ok(profile) => (price::resolve(study, option, *profile, pricing_date), resolver.resolve(option, *profile)),
        Err(reason) => (Err(reason.clone()), Err(reason.clone())),
    };
    let accelerators = price.as_ref().map_or(1, |p| p.accelerators_per_unit);
    let n = f64::from(accelerators);
    let per_unit = |fact: &ThroughputFacts| {
        let e = fact.per_accelerator;
        Estimate::new(e.value * n, e.low * n, e.high * n, e.evidence)
    };
    let profile = profile.ok().flatten();
    let (power_watts_per_unit, power_basis) = power(option, profile, accelerators);
    let assumed = |watts| Estimate::exact(watts, Evidence::Assumed);
    let feasibility = profile.and_then(|profile| resolver.feasibility(option, profile)).cloned();
    let missed = || missed_requirement(study, option, throughput.as_ref().ok());
    let ceiling = profile.zip(resolver.workload_on(option)).and_then(|(p, w)| throughput::specified_ceiling(p, &w));
    let input = OptionInput {
        accelerators_per_unit: accelerators,
        price_evidence: price.as_ref().map_or(Evidence::Assumed, |p| p.evidence),
        price_source: price.as_ref().ok().map(|p| p.source.clone()),
        price_as_of: price.as_ref().ok().and_then(|p| p.as_of),
        price_change: option.price.change.as_ref().map(translate::change),
        power_watts_per_unit,
        power_basis,
        host_power_watts_per_unit: option.host_power_watts_per_unit.map(assumed),
        throughput_ceiling_per_unit: ceiling.map(|ceiling| ceiling * n),
        prefill_time_fraction: option.prefill_time_fraction,
        one_off_costs: one_off_costs(study, option),
        recurring_costs: recurring(&option.costs, study.currency),
        parallel_run_months: option.migration.as_ref().map_or(0.0, |migration| migration.parallel_run_months),
        is_baseline: option.id == study.baseline,
        excluded: feasibility.as_ref().and_then(EstimateRecord::refusal).or_else(missed),
        ..OptionInput::new(
            option.id.clone(),
            option.name.clone(),
            throughput.as_ref().map(per_unit).map_err(Clone::clone),
            price.as_ref().map_or_else(|reason| Payment::Unknown { reason: reason.clone() }, |p| p.payment.clone()),
        )
    };
    let hardware = profile.map(|p| format!("{} {}", p.vendor, p.name));
    ResolvedOption { input, hardware, price, throughput, feasibility }
}

/// Power of one unit: stated in the study, else the profile's thermal design power, which is a ceiling and that of the
/// boards alone.
fn power(option: &StudyOption, profile: Option<&Profile>, accelerators: u32) -> (Option<Estimate>, PowerBasis) {
    let basis = option.power_basis.map(|basis| match basis {
        assay_study::PowerBasis::Board => PowerBasis::Board,
        assay_study::PowerBasis::Plug => PowerBasis::Unit,
        assay_study::PowerBasis::Facility => PowerBasis::Facility,
    });
    match &option.power_watts_per_unit {
        Some(watts) => (Some(translate::estimate(watts, Evidence::Assumed)), basis.unwrap_or(PowerBasis::Unit)),
        None => {
            let boards = profile.and_then(Profile::tdp_watts).map(|watts| watts * f64::from(accelerators));
            (boards.map(|watts| Estimate::exact(watts, Evidence::Vendor)), PowerBasis::Board)
        }
    }
}

/// What an option's energy is counted from.
pub fn power_source(input: &OptionInput) -> PowerSource {
    let Some(power) = input.power_watts_per_unit else { return PowerSource::Unknown };
    match (input.power_basis, input.host_power_watts_per_unit, power.evidence) {
        (PowerBasis::Facility, ..) => PowerSource::Meter,
        (PowerBasis::Unit, ..) => PowerSource::Plug,
        (PowerBasis::Board, Some(_), _) => PowerSource::BoardsAndHost,
        (PowerBasis::Board, None, Evidence::Vendor) => PowerSource::BoardsByProfile,
        (PowerBasis::Board, None, _) => PowerSource::Boards,
    }
}

/// What falls due once: the migration, the option's own costs, and those of all options.
fn one_off_costs(study: &Study, option: &StudyOption) -> Vec<OneOffCost> {
    let currency = study.currency;
    let mut costs = Vec::new();
    if let Some(migration) = &option.migration {
        let days = translate::estimate(&migration.effort_person_days, Evidence::Assumed);
        // Reading the study made sure that a day has a price where there is effort.
        let day = study.assumption("engineer_cost_per_day").map_or(0.0, |day| day.value());
        let effort = days.scaled(day);
        let other = translate::estimate(&migration.other_cost, Evidence::Assumed);
        costs.push(OneOffCost::new(Component::Migration, effort, currency, Timing::Start));
        costs.push(OneOffCost::new(Component::Other, other, currency, Timing::Start));
        costs.retain(|cost| cost.amount.high > 0.0);
    }
    let stated = option.costs.iter().map(|cost| (cost, cost.allocated));
    let shared = study.costs.iter().map(|cost| (cost, true));
    for (cost, allocated) in stated.chain(shared).filter(|(cost, _)| cost.every == Every::Once) {
        let timing = match (cost.in_month, cost.at_end) {
            (_, true) => Timing::End,
            (Some(month), _) => Timing::Month(month),
            (None, _) => Timing::Start,
        };
        let amount = translate::estimate(&cost.amount, Evidence::Assumed);
        let (component, currency) = (translate::component(cost.component), cost.currency.unwrap_or(currency));
        costs.push(OneOffCost { allocated, ..OneOffCost::new(component, amount, currency, timing) });
    }
    costs
}

/// What recurs, as an amount a month.
fn recurring(costs: &[Cost], currency: Currency) -> Vec<RecurringCost> {
    let of = |cost: &Cost| {
        let months = match cost.every {
            Every::Once => return None,
            Every::Month => 1.0,
            Every::Year => MONTHS_PER_YEAR,
        };
        let amount = Money::new(cost.amount.value() / months, cost.currency.unwrap_or(currency));
        Some(RecurringCost {
            from_month: cost.from_month.unwrap_or(1),
            to_month: cost.to_month,
            change: cost.change.as_ref().map(translate::change),
            allocated: cost.allocated,
            ..RecurringCost::new(
                translate::component(cost.component),
                amount,
                translate::per(cost.per),
                Evidence::Assumed,
            )
        })
    };
    costs.iter().filter_map(of).collect()
}
