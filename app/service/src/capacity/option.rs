//! The plan of one option.

use std::collections::BTreeMap;

use assay_base::{Evidence, format};
use assay_cost_models::capacity::{FleetQuarter, Load, OwnedRates, owned_cost};
use assay_cost_models::evaluation::PowerBasis;
use assay_cost_models::{CostError, Payment};
use assay_hardware_profiles::Catalog;
use assay_study::capacity::Fleet;
use assay_study::{Capacity, StudyOption};

use super::commitments::Ways;
use super::fleet::{self, Needs};
use super::sizing::{self, Units, fact, unknown};
use crate::assess::{Assessment, ResolvedOption, translate};
use assay_reports::content::capacity::{
    CostLine, CostLineKind, DemandForecast, Fact, OptionPlan, Order, Ownership, PlannedQuarter, QuarterSpan,
    ScenarioPlan,
};

const MONTHS_PER_YEAR: f64 = 12.0;

/// What every option is planned from.
pub(super) struct Context<'a> {
    pub assessment: &'a Assessment,
    pub catalog: &'a Catalog,
    pub mean_latency_secs: &'a BTreeMap<String, f64>,
    pub capacity: &'a Capacity,
    pub quarters: &'a [QuarterSpan],
    pub forecasts: &'a [DemandForecast],
}

/// Plans one option for every forecast.
pub(super) fn plan(context: &Context<'_>, option: &StudyOption, resolved: &ResolvedOption) -> OptionPlan {
    let ownership = match &resolved.input.payment {
        Payment::Purchase { .. } => Ownership::Bought,
        Payment::Lease { .. } => Ownership::Leased,
        Payment::PerMillionItems { .. } | Payment::PerMillionTokens { .. } => Ownership::Service,
        Payment::Unknown { .. } => Ownership::Unknown,
        _ => Ownership::Rented,
    };
    let mut plan = OptionPlan {
        id: option.id.clone(),
        name: option.name.clone(),
        ownership,
        unknown: None,
        inputs: Vec::new(),
        fleet_evidence: Evidence::Assumed,
        cost_evidence: resolved.input.price_evidence,
        scenarios: Vec::new(),
        hedged: None,
        warnings: Vec::new(),
    };
    let planned = match ownership {
        Ownership::Service => service(context, resolved, &mut plan),
        _ => fleets(context, option, resolved, &mut plan),
    };
    if let Err(reason) = planned {
        plan.unknown = Some(reason);
        plan.scenarios.clear();
    }
    plan
}

fn in_words(error: CostError) -> String {
    translate::in_words_of_the_study(error).to_string()
}

/// A service has no units: its cost follows the items.
fn service(context: &Context<'_>, resolved: &ResolvedOption, plan: &mut OptionPlan) -> Result<(), String> {
    let evaluation = context.assessment.evaluation(&resolved.input.id);
    let unit_cost = evaluation.and_then(|e| e.full_use_cost).ok_or("its price is not known")?;
    let per_item = unit_cost.value.amount / unit_cost.per_items;
    plan.fleet_evidence = Evidence::Assumed;
    plan.inputs.push(price_fact(context, resolved));
    for forecast in context.forecasts {
        let mut quarters = Vec::new();
        for (demand, span) in forecast.quarters.iter().zip(context.quarters) {
            let mut quarter = no_units(span, demand.peak_per_sec);
            let amount = demand.items * per_item;
            quarter.lines = vec![CostLine { kind: CostLineKind::Service, amount }];
            (quarter.cost, quarter.cash) = (Some(amount), Some(amount));
            quarters.push(quarter);
        }
        plan.scenarios.push(scenario(forecast, quarters));
    }
    Ok(())
}

fn no_units(span: &QuarterSpan, peak_per_sec: f64) -> PlannedQuarter {
    PlannedQuarter {
        quarter: span.quarter,
        peak_per_sec,
        units_for_load: 0,
        units_for_latency: None,
        spares: 0,
        needed: 0,
        needed_low: 0,
        needed_high: 0,
        at_start: 0,
        arriving: 0,
        retiring: 0,
        to_order: 0,
        in_service: 0,
        missing: 0,
        peak_utilisation: None,
        mean_utilisation: None,
        power_watts: None,
        rack_units: None,
        lines: Vec::new(),
        cost: None,
        cash: None,
    }
}

fn scenario(forecast: &DemandForecast, quarters: Vec<PlannedQuarter>) -> ScenarioPlan {
    let sum = |of: fn(&PlannedQuarter) -> Option<f64>| quarters.iter().map(of).sum::<Option<f64>>();
    ScenarioPlan {
        demand: forecast.id.clone(),
        cost: sum(|q| q.cost),
        cash: sum(|q| q.cash),
        quarters,
        orders: Vec::new(),
        mix: None,
        shortfalls: Vec::new(),
    }
}

fn price_fact(context: &Context<'_>, resolved: &ResolvedOption) -> Fact {
    match &resolved.price {
        Ok(price) => {
            let amount = price.price.amount * context.assessment.exchange_rate(price.price.currency);
            let text = format!("{} per {}", format::money(price.price), price.per);
            fact("price", "Price", amount, text, price.evidence, &format!("{}; {}", price.offer, price.source))
        }
        Err(reason) => unknown("price", "Price", reason),
    }
}

fn fleets(
    context: &Context<'_>,
    option: &StudyOption,
    resolved: &ResolvedOption,
    plan: &mut OptionPlan,
) -> Result<(), String> {
    let fleet = context.capacity.fleets.iter().find(|fleet| fleet.id == option.id);
    let units = sizing::units(context.assessment, context.capacity, fleet, resolved, context.mean_latency_secs)?;
    plan.inputs.extend(units.facts.iter().cloned());
    plan.warnings.extend(units.warnings.iter().cloned());
    plan.fleet_evidence = units.evidence;
    plan.cost_evidence = plan.cost_evidence.weaker(units.evidence);
    if option.price.change.is_some() {
        plan.warnings
            .push("Prices stay as they are: the plan does not apply the option's change of prices.".to_owned());
    }
    let needs = context
        .forecasts
        .iter()
        .map(|forecast| Needs::of(forecast, &units).map_err(in_words))
        .collect::<Result<Vec<_>, _>>()?;
    match plan.ownership {
        Ownership::Bought | Ownership::Leased => owned(context, fleet, resolved, &units, &needs, plan),
        _ => rented(context, fleet, (option, resolved), &units, &needs, plan),
    }
}

fn rented(
    context: &Context<'_>,
    fleet: Option<&Fleet>,
    (option, resolved): (&StudyOption, &ResolvedOption),
    units: &Units,
    needs: &[Needs],
    plan: &mut OptionPlan,
) -> Result<(), String> {
    if fleet.is_some_and(|f| f.on_hand > 0 || !f.on_order.is_empty() || !f.retiring.is_empty()) {
        plan.warnings
            .push("Units on hand, on order and retiring count for bought and leased options alone.".to_owned());
    }
    let weeks = fleet.and_then(|f| f.lead_time_weeks);
    let source = if weeks.is_some() { "stated for the fleet" } else { "rented units are taken to be had at once" };
    plan.inputs.push(lead_time_fact(weeks.unwrap_or(0.0), source));
    let earliest = fleet::earliest_quarter(context.quarters, context.assessment.pricing_date, weeks.unwrap_or(0.0));
    let max_units = fleet.and_then(|f| f.max_units);
    let ways = match &resolved.price {
        Ok(price) => Ways::of(context, fleet, option, resolved, price),
        Err(reason) => Err(reason.clone()),
    };
    match &ways {
        Ok(ways) => {
            plan.inputs.extend(ways.facts.iter().cloned());
            plan.warnings.extend(ways.warnings.iter().cloned());
            plan.cost_evidence = ways.evidence.weaker(units.evidence);
            if ways.commits() {
                plan.warnings.push(
                    "Contracts that outlast the horizon are chosen as if the demand stayed as in its last year."
                        .to_owned(),
                );
            }
        }
        Err(reason) => {
            plan.inputs.push(unknown("price", "Price", reason));
            plan.warnings.push(format!("The cost is not known: {reason}."));
        }
    }
    let elastic = !context.capacity.load_profile.is_empty();
    plan.warnings.push(match elastic {
        true => "Rented units are given back in the hours that do not need them; `assay cost` counts whole months."
            .to_owned(),
        false => "Rented units run around the clock; state `capacity.load_profile` to give them back in quiet hours."
            .to_owned(),
    });
    let mut loads = Vec::new();
    for (forecast, needs) in context.forecasts.iter().zip(needs) {
        let followed = fleet::rented(needs, earliest, max_units);
        let mut quarters = fleet::planned(context, units, needs, &followed);
        let load = Load { weight: forecast.weight.unwrap_or(1.0), units_per_month: available(needs, &followed) };
        let mix = match &ways {
            Ok(ways) => Some(ways.mix(context, &[Load { weight: 1.0, ..load.clone() }]).map_err(in_words)?),
            Err(_) => None,
        };
        if let (Ok(ways), Some(mix)) = (&ways, &mix) {
            add_mix_cost(&mut quarters, mix, ways.rent_kind());
        }
        loads.push(load);
        let why = if max_units.is_some() {
            "more than the quota of the fleet, or before they can be had"
        } else {
            "before they can be had"
        };
        let shortfalls = fleet::shortfalls(context, units, &quarters, why);
        plan.scenarios.push(ScenarioPlan { mix, shortfalls, ..scenario(forecast, quarters) });
    }
    if let Ok(ways) = &ways
        && context.forecasts.len() > 1
        && context.forecasts.iter().all(|f| f.weight.is_some())
    {
        plan.hedged = Some(ways.mix(context, &loads).map_err(in_words)?);
    }
    Ok(())
}

/// The units of each month, up to what the quarter has.
fn available(needs: &Needs, fleet: &[FleetQuarter]) -> Vec<u64> {
    let of_quarter = |month: usize| fleet.get(month / 3).map_or(0, |quarter| quarter.in_service);
    needs.months.iter().enumerate().map(|(month, need)| need.needed.min(of_quarter(month))).collect()
}

fn add_mix_cost(quarters: &mut [PlannedQuarter], mix: &super::Mix, rent: &CostLineKind) {
    let hours_cost = |hours: f64, rate: Option<f64>| hours * rate.unwrap_or_default();
    for (quarter, months) in quarters.iter_mut().zip(mix.months.chunks(3)) {
        let cost: f64 = months.iter().map(|m| m.cost).sum();
        let rented: f64 = months.iter().map(|m| hours_cost(m.on_demand_hours, mix.rent_per_hour)).sum();
        let spot: f64 = months.iter().map(|m| hours_cost(m.spot_hours, mix.spot_per_hour)).sum();
        let committed = cost - rented - spot;
        // The contracts share what is left by their rates and counts.
        let weigh = |i: usize, rate: f64| {
            months.iter().filter_map(|m| m.committed.get(i)).map(|units| *units as f64 * rate).sum::<f64>()
        };
        let weights: Vec<f64> = mix.contracts.iter().enumerate().map(|(i, c)| weigh(i, c.rate_per_hour)).collect();
        let total: f64 = weights.iter().sum();
        let mut lines: Vec<CostLine> = Vec::new();
        let mut push = |kind, amount: f64| {
            if amount != 0.0 {
                lines.push(CostLine { kind, amount });
            }
        };
        for (contract, weight) in mix.contracts.iter().zip(weights).filter(|(_, weight)| *weight > 0.0) {
            push(CostLineKind::Committed(contract.name.clone()), committed * weight / total);
        }
        push(rent.clone(), rented);
        push(CostLineKind::Spot, spot);
        quarter.lines = lines;
        quarter.cost = Some(cost);
        quarter.cash = Some(months.iter().map(|m| m.cash).sum());
    }
}

fn lead_time_fact(weeks: f64, source: &str) -> Fact {
    let text = format!("{} weeks", format::significant(weeks, 3));
    fact("lead_time_weeks", "Lead time", weeks, text, Evidence::Assumed, source)
}

/// What a bought or leased unit costs.
struct OwnedTerms {
    rates: Option<OwnedRates>,
    refresh_months: u32,
    kinds: [CostLineKind; 3],
}

fn owned(
    context: &Context<'_>,
    fleet: Option<&Fleet>,
    resolved: &ResolvedOption,
    units: &Units,
    needs: &[Needs],
    plan: &mut OptionPlan,
) -> Result<(), String> {
    let weeks = fleet.and_then(|f| f.lead_time_weeks).or(context.capacity.lead_time_weeks);
    plan.inputs.push(price_fact(context, resolved));
    match weeks {
        Some(weeks) => plan.inputs.push(lead_time_fact(weeks, "stated in the study's section `capacity`")),
        None => {
            let reason = "state `capacity.lead_time_weeks`";
            plan.inputs.push(unknown("lead_time_weeks", "Lead time", reason));
            plan.warnings.push(format!("The lead time is not known, so neither are the days to order: {reason}."));
        }
    }
    let terms = owned_terms(context, fleet, resolved, plan);
    let watts = power_watts(context, resolved);
    match (watts, context.capacity.limits.power_kw) {
        (Some((watts, evidence)), _) => {
            let source = "of a unit in service at the plug, before PUE";
            plan.inputs.push(fact("power_watts", "Power of a unit", watts, format::power(watts), evidence, source));
        }
        (None, Some(_)) => {
            plan.warnings.push("The power limit cannot be checked: the power of a unit is not known.".to_owned())
        }
        (None, None) => {}
    }
    let height = fleet.and_then(|f| f.rack_units_per_unit);
    if height.is_none() && context.capacity.limits.rack_units.is_some() {
        plan.warnings.push("The rack limit cannot be checked: state `rack_units_per_unit` of the fleet.".to_owned());
    }
    if fleet.is_some_and(|f| f.on_hand > 0 || !f.on_order.is_empty()) {
        plan.warnings.push(
            "Units on hand and on order are taken as paid for: their upkeep and energy count, their value does not."
                .to_owned(),
        );
    }
    let months: Vec<u32> = context.quarters.iter().map(|span| span.months).collect();
    let refresh_quarters = fleet::refresh_quarters(terms.refresh_months);
    for (forecast, needs) in context.forecasts.iter().zip(needs) {
        let planned = fleet::owned(context, fleet, needs, weeks, terms.refresh_months).map_err(in_words)?;
        let mut quarters = fleet::planned(context, units, needs, &planned);
        for quarter in &mut quarters {
            quarter.power_watts = watts.map(|(watts, _)| watts * quarter.in_service as f64);
            quarter.rack_units = height.map(|height| height * quarter.in_service as f64);
        }
        if let Some(rates) = &terms.rates {
            let costs = owned_cost(&planned, &months, refresh_quarters, rates).map_err(in_words)?;
            for (quarter, cost) in quarters.iter_mut().zip(costs) {
                let amounts = [cost.depreciation, cost.upkeep, cost.energy];
                let lines = terms.kinds.iter().zip(amounts).filter(|(_, amount)| *amount != 0.0);
                quarter.lines = lines.map(|(kind, amount)| CostLine { kind: kind.clone(), amount }).collect();
                (quarter.cost, quarter.cash) = (Some(cost.expense()), Some(cost.cash()));
            }
        }
        let orders = planned
            .iter()
            .zip(context.quarters)
            .filter(|(quarter, _)| quarter.to_order > 0)
            .map(|(quarter, span)| Order {
                quarter: span.quarter,
                units: quarter.to_order,
                replacing: quarter.refreshed.min(quarter.to_order),
                order_by: weeks.and_then(|weeks| fleet::order_by(span.begins, weeks)),
                price: terms.rates.map(|rates| rates.price_per_unit * quarter.to_order as f64),
            })
            .collect();
        let mut shortfalls = fleet::shortfalls(context, units, &quarters, "an order made now arrives later");
        shortfalls.extend(over_floor(&quarters, fleet.and_then(|f| f.max_units)));
        plan.scenarios.push(ScenarioPlan { orders, shortfalls, ..scenario(forecast, quarters) });
    }
    Ok(())
}

/// Quarters in which more units are in service than there are slots for.
fn over_floor(quarters: &[PlannedQuarter], max_units: Option<u64>) -> Vec<super::Shortfall> {
    let Some(most) = max_units else { return Vec::new() };
    let over = quarters.iter().filter(|quarter| quarter.in_service > most);
    over.map(|quarter| super::Shortfall {
        quarter: quarter.quarter,
        kind: super::ShortfallKind::Units,
        text: format!("{} units, at most {most} are to be had", quarter.in_service),
    })
    .collect()
}

fn owned_terms(
    context: &Context<'_>,
    fleet: Option<&Fleet>,
    resolved: &ResolvedOption,
    plan: &mut OptionPlan,
) -> OwnedTerms {
    let assumptions = &context.assessment.assumptions;
    let exchange = |money: assay_base::Money| money.amount * context.assessment.exchange_rate(money.currency);
    let stated = fleet.and_then(|f| f.refresh_months).or(context.capacity.refresh_months);
    let kwh =
        power_watts(context, resolved).map(|(watts, _)| watts / 1000.0 * assumptions.pue * assumptions.hours_per_month);
    let energy = kwh.zip(assumptions.electricity_price_per_kwh).map(|(kwh, price)| kwh * exchange(price));
    let (life, rates, kinds) = match &resolved.input.payment {
        Payment::Purchase { capex_per_unit, residual_fraction, life_months, opex_fraction_per_year, .. } => {
            let price_per_unit = exchange(*capex_per_unit);
            let upkeep_per_unit_month = price_per_unit * opex_fraction_per_year / MONTHS_PER_YEAR;
            let rates = energy.map(|energy_per_unit_month| OwnedRates {
                price_per_unit,
                residual_fraction: *residual_fraction,
                upkeep_per_unit_month,
                energy_per_unit_month,
            });
            (*life_months, rates, [CostLineKind::Depreciation, CostLineKind::Upkeep, CostLineKind::Energy])
        }
        Payment::Lease { price_per_unit_month, upfront_per_unit, term_months, energy_included } => {
            let energy = if *energy_included { Some(0.0) } else { energy };
            let rates = energy.map(|energy_per_unit_month| OwnedRates {
                price_per_unit: exchange(*upfront_per_unit),
                residual_fraction: 0.0,
                upkeep_per_unit_month: exchange(*price_per_unit_month),
                energy_per_unit_month,
            });
            (*term_months, rates, [CostLineKind::Depreciation, CostLineKind::Lease, CostLineKind::Energy])
        }
        _ => (36, None, [CostLineKind::Depreciation, CostLineKind::Upkeep, CostLineKind::Energy]),
    };
    if context.assessment.study.finance.electricity_price_change.is_some()
        && rates.is_some_and(|r| r.energy_per_unit_month > 0.0)
    {
        let change = "the study's change of the price of electricity";
        plan.warnings.push(format!("Prices stay as they are: the plan does not apply {change}."));
    }
    if rates.is_none() {
        plan.warnings.push("The cost is not known: the power of a unit or the price of electricity is not.".to_owned());
    }
    let refresh_months = stated.unwrap_or(life);
    let source = if stated.is_some() {
        "stated in the study's section `capacity`"
    } else {
        "the life or term of the cost evaluation"
    };
    let text = format::whole_months(refresh_months);
    plan.inputs.push(fact(
        "refresh_months",
        "Replaced after",
        f64::from(refresh_months),
        text,
        Evidence::Assumed,
        source,
    ));
    OwnedTerms { rates, refresh_months, kinds }
}

/// Power of a unit in service at the plug, before PUE, with its class.
fn power_watts(context: &Context<'_>, resolved: &ResolvedOption) -> Option<(f64, Evidence)> {
    let power = resolved.input.power_watts_per_unit?;
    let host = resolved.input.host_power_watts_per_unit.map_or(0.0, |host| host.value);
    let watts = power.value + host;
    let at_plug = match resolved.input.power_basis {
        PowerBasis::Facility => watts / context.assessment.assumptions.pue,
        PowerBasis::Board | PowerBasis::Unit => watts,
    };
    Some((at_plug, power.evidence))
}
