//! Which inputs of an assessment are not one number, by their paths in the study.

use assay_cost_models::evaluation::{Driver, Lens};
use assay_cost_models::uncertainty::{Distribution, LatinHypercube};
use assay_cost_models::{CostError, Estimate};
use assay_study::{Change, Every, Quantity, Study, StudyOption, ThroughputSource};

use super::UncertainValue;
use crate::assess::{Assessment, ResolvedOption, translate};

/// Points that stand for a sum of several uncertain costs.
const POINTS_OF_A_SUM: usize = 1024;

/// Every input that is not one number and that a ranked option depends on.
pub fn collect(assessment: &Assessment) -> Result<Vec<UncertainValue>, CostError> {
    let mut found = shared(&assessment.study);
    // Items of a first month that nothing grows from move nothing.
    found.retain(|input| input.driver != Driver::Volume || assessment.assumptions.demand.starts_from_items());
    for (option, resolved) in assessment.study.options.iter().zip(&assessment.options) {
        if assessment.evaluation(&option.id).is_some_and(|evaluation| evaluation.rank.is_some()) {
            of_option(assessment, option, resolved, &mut found)?;
        }
    }
    Ok(found)
}

fn shared(study: &Study) -> Vec<UncertainValue> {
    let a = &study.assumptions;
    let demand = &study.demand;
    let change = study.finance.electricity_price_change.as_ref().and_then(changing);
    let named = [
        ("demand.items_per_month", Some(&demand.items_per_month), Driver::Volume),
        ("demand.growth_per_month", Some(&demand.growth_per_month), Driver::DemandGrowth),
        ("demand.peak_to_average", Some(&demand.peak_to_average), Driver::PeakToAverage),
        ("assumptions.discount_rate_annual", Some(&a.discount_rate_annual), Driver::DiscountRate),
        ("assumptions.target_utilisation", Some(&a.target_utilisation), Driver::Utilisation),
        ("assumptions.availability", Some(&a.availability), Driver::Availability),
        ("assumptions.goodput_fraction", Some(&a.goodput_fraction), Driver::Goodput),
        ("assumptions.retry_fraction", Some(&a.retry_fraction), Driver::Retries),
        ("assumptions.electricity_price_per_kwh", a.electricity_price_per_kwh.as_ref(), Driver::ElectricityPrice),
        ("assumptions.pue", Some(&a.pue), Driver::Pue),
        ("finance.electricity_price_change", change, Driver::ElectricityPriceChange),
    ];
    named.into_iter().filter_map(|(path, quantity, driver)| stated(path.to_owned(), quantity?, driver, 1.0)).collect()
}

/// The value of a change that is in use.
fn changing(change: &Change) -> Option<&Quantity> {
    change.per_year.as_ref().or(change.per_month.as_ref())
}

/// A value that the study states as a distribution; the driver counts in multiples of `unit`.
fn stated(path: String, quantity: &Quantity, driver: Driver, unit: f64) -> Option<UncertainValue> {
    let distribution = scaled(translate::distribution(quantity.distribution()?), 1.0 / unit);
    Some(UncertainValue { paths: vec![path], driver, distribution, stated: true, unit })
}

fn of_option(
    assessment: &Assessment,
    option: &StudyOption,
    resolved: &ResolvedOption,
    found: &mut Vec<UncertainValue>,
) -> Result<(), CostError> {
    let study = &assessment.study;
    let id = || option.id.clone();
    let at = |field: &str| format!("options.{}.{field}", option.id);
    let has = |driver: &Driver| driver.value(std::slice::from_ref(&resolved.input), &assessment.assumptions).is_some();

    if let Ok(throughput) = &resolved.input.throughput_per_unit {
        found.extend(throughput_of(option, resolved, throughput));
    }
    let mut values = vec![(at("price.factor"), &option.price.factor, Driver::PriceFactor(id()))];
    if let Some(change) = option.price.change.as_ref().and_then(changing) {
        values.push((at("price.change"), change, Driver::PriceChange(id())));
    }
    if let Some(power) = &option.power_watts_per_unit {
        values.push((at("power_watts_per_unit"), power, Driver::Power(id())));
    }
    // A value that several options share is drawn for each of them.
    let (path, residual) = match &option.residual_fraction {
        Some(own) => (at("residual_fraction"), own),
        None => ("assumptions.residual_fraction".to_owned(), &study.assumptions.residual_fraction),
    };
    values.push((path, residual, Driver::ResidualFraction(id())));
    for (path, quantity, driver) in values {
        let unit = if matches!(driver, Driver::PriceFactor(_)) { quantity.value() } else { 1.0 };
        if has(&driver) {
            found.extend(stated(path, quantity, driver, unit));
        }
    }

    let counts = |allocated: bool| !(allocated && assessment.assumptions.lens == Lens::Marginal);
    let mut once: Vec<Part<'_>> = Vec::new();
    if let Some(migration) = &option.migration {
        let day = study.assumption("engineer_cost_per_day").map_or(0.0, |day| day.value());
        once.push((at("migration.effort_person_days"), &migration.effort_person_days, day));
        once.push((at("migration.other_cost"), &migration.other_cost, 1.0));
    }
    let mut recurring: Vec<Part<'_>> = Vec::new();
    for cost in option.costs.iter().filter(|cost| counts(cost.allocated)) {
        let rate = assessment.exchange_rate(cost.currency.unwrap_or(study.currency));
        let part = (at(&format!("costs.{}.amount", cost.id)), &cost.amount, rate);
        match cost.every {
            Every::Once => once.push(part),
            Every::Month => recurring.push(part),
            Every::Year => recurring.push((part.0, part.1, rate / 12.0)),
        }
    }
    let input = &resolved.input;
    let one_off = input.one_off_costs.iter().filter(|cost| counts(cost.allocated));
    let one_off: f64 = one_off.map(|cost| cost.amount.value * assessment.exchange_rate(cost.currency)).sum();
    found.extend(sum_of(&once, one_off, Driver::OneOffFactor(id()))?);
    let monthly = input.recurring_costs.iter().filter(|cost| counts(cost.allocated));
    let monthly: f64 =
        monthly.map(|cost| cost.per_month.amount * assessment.exchange_rate(cost.per_month.currency)).sum();
    found.extend(sum_of(&recurring, monthly, Driver::RecurringFactor(id()))?);
    Ok(())
}

/// The places of inputs that rest on one method of projection: they share its error.
pub fn erring_together(assessment: &Assessment, inputs: &[UncertainValue]) -> Vec<Vec<usize>> {
    let method = |input: &UncertainValue| {
        let Driver::Throughput(id) = &input.driver else { return None };
        let stated = assessment.study.correlations.iter().flat_map(|given| &given.between);
        // What the study says of how they move counts.
        if input.stated || stated.into_iter().any(|path| input.is_at(path)) {
            return None;
        }
        match &assessment.study.option(id)?.throughput {
            ThroughputSource::Projected { published: Some(_), .. } => Some("published results".to_owned()),
            ThroughputSource::Projected { compiler: Some(compiler), .. } => Some(compiler.clone()),
            ThroughputSource::Projected { .. } => Some("a measurement".to_owned()),
            _ => None,
        }
    };
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (place, input) in inputs.iter().enumerate() {
        let Some(method) = method(input) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == method) {
            Some((_, places)) => places.push(place),
            None => groups.push((method, vec![place])),
        }
    }
    groups.into_iter().map(|(_, places)| places).filter(|places| places.len() > 1).collect()
}

fn throughput_of(option: &StudyOption, resolved: &ResolvedOption, throughput: &Estimate) -> Option<UncertainValue> {
    let n = f64::from(resolved.input.accelerators_per_unit);
    let driver = Driver::Throughput(option.id.clone());
    if let ThroughputSource::Assumed { items_per_sec, .. } = &option.throughput
        && items_per_sec.distribution().is_some()
    {
        let path = format!("options.{}.throughput", option.id);
        return stated(path, items_per_sec, driver, 1.0).map(|value| UncertainValue {
            distribution: scaled(value.distribution, n),
            unit: 1.0 / n,
            ..value
        });
    }
    (throughput.low < throughput.high).then(|| UncertainValue {
        paths: vec![format!("options.{}.throughput", option.id)],
        driver,
        distribution: Distribution::Triangular { low: throughput.low, mode: throughput.value, high: throughput.high },
        stated: false,
        unit: 1.0 / n,
    })
}

/// A path, its value, and what one of it is worth in the study's currency.
type Part<'a> = (String, &'a Quantity, f64);

/// The factor on a sum of which some parts are uncertain and the rest, up to `total`, is not.
fn sum_of(parts: &[Part<'_>], total: f64, driver: Driver) -> Result<Option<UncertainValue>, CostError> {
    let uncertain: Vec<(&String, Distribution, f64)> = parts
        .iter()
        .filter_map(|(path, quantity, worth)| Some((path, translate::distribution(quantity.distribution()?), *worth)))
        .collect();
    if uncertain.is_empty() || total <= 0.0 {
        return Ok(None);
    }
    let centres = parts.iter().filter(|(_, quantity, _)| quantity.distribution().is_some());
    let fixed = total - centres.map(|(_, quantity, worth)| quantity.value() * worth).sum::<f64>();
    let distribution = match uncertain.as_slice() {
        [(_, only, worth)] if fixed.abs() < 1e-9 * total => scaled(only.clone(), worth / total),
        several => {
            let cube = LatinHypercube::new(POINTS_OF_A_SUM, 0)?;
            let mut samples = vec![fixed / total; POINTS_OF_A_SUM];
            for (i, (_, distribution, worth)) in several.iter().enumerate() {
                let dimension = cube.dimension(i);
                for (point, sample) in samples.iter_mut().enumerate() {
                    *sample += distribution.quantile(dimension.at(point))? * worth / total;
                }
            }
            Distribution::Empirical { samples }
        }
    };
    let paths = uncertain.into_iter().map(|(path, _, _)| path.clone()).collect();
    Ok(Some(UncertainValue { paths, driver, distribution, stated: true, unit: total }))
}

/// The distribution of `factor` times the value; the factor is above 0.
fn scaled(distribution: Distribution, factor: f64) -> Distribution {
    match distribution {
        Distribution::Uniform { low, high } => Distribution::Uniform { low: low * factor, high: high * factor },
        Distribution::Normal { mean, sd } => Distribution::Normal { mean: mean * factor, sd: sd * factor },
        Distribution::Lognormal { mean, cv } => Distribution::Lognormal { mean: mean * factor, cv },
        Distribution::Triangular { low, mode, high } => {
            Distribution::Triangular { low: low * factor, mode: mode * factor, high: high * factor }
        }
        Distribution::Pert { low, mode, high, lambda } => {
            Distribution::Pert { low: low * factor, mode: mode * factor, high: high * factor, lambda }
        }
        Distribution::Empirical { samples } => {
            Distribution::Empirical { samples: samples.into_iter().map(|sample| sample * factor).collect() }
        }
    }
}
