//! From a study, the catalogue and the measurements to evaluations and an answer.

mod price;
mod throughput;

use assay_base::{Evidence, Money};
use assay_core::{Measurement, Suite, Workload};
use assay_cost_models::demand::Demand;
use assay_cost_models::evaluation::{Component, OneOffCost, Timing};
use assay_cost_models::unit_cost::Effectiveness;
use assay_cost_models::{Assumptions, Estimate, Evaluation, OptionInput, Payment, evaluate};
use assay_hardware_profiles::{Catalog, Profile};
use assay_study::{Study, StudyOption};
use jiff::civil::Date;

use crate::answer::{Answer, answer};
use crate::workbench::WorkbenchError;

pub use price::PriceFact;
pub use throughput::{RooflinePoint, SourceCeilings, ThroughputFact};

/// What follows from a study, the catalogue and the measurements.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The study as evaluated (with a scenario's overrides).
    pub study: Study,
    /// The definition of the study's workload, where its suite has it.
    pub workload: Option<Workload>,
    /// The day whose prices were used.
    pub pricing_date: Date,
    /// The assumptions as the cost models got them.
    pub assumptions: Assumptions,
    /// Each option with the facts behind its inputs, in the study's order.
    pub options: Vec<ResolvedOption>,
    /// What the cost models make of each option, in the same order.
    pub evaluations: Vec<Evaluation>,
    /// The measured ceilings of each device and format.
    pub ceilings: Vec<SourceCeilings>,
    /// Every passed measurement on its roofline.
    pub roofline: Vec<RooflinePoint>,
    /// The answer to the study's question.
    pub answer: Answer,
    /// What is missing or doubtful, most important first.
    pub missing: Vec<String>,
}

impl Assessment {
    /// The evaluation of an option.
    pub fn evaluation(&self, id: &str) -> Option<&Evaluation> {
        self.evaluations.iter().find(|e| e.id == id)
    }

    /// The facts behind an option.
    pub fn option(&self, id: &str) -> Option<&ResolvedOption> {
        self.options.iter().find(|o| o.input.id == id)
    }

    /// The plural of what demand counts, such as `sequences`.
    pub fn item(&self) -> &'static str {
        self.workload.as_ref().map_or("items", |w| w.shape.item().plural())
    }

    /// Ranked evaluations, best first.
    pub fn ranked(&self) -> Vec<&Evaluation> {
        let mut ranked: Vec<&Evaluation> = self.evaluations.iter().filter(|e| e.rank.is_some()).collect();
        ranked.sort_by_key(|e| e.rank);
        ranked
    }
}

/// An option with the facts behind its inputs.
#[derive(Clone, Debug)]
pub struct ResolvedOption {
    /// The inputs of the cost models.
    pub input: OptionInput,
    /// The name of the hardware, where the catalogue knows it.
    pub hardware: Option<String>,
    /// The price, or why it is unknown.
    pub price: Result<PriceFact, String>,
    /// The throughput of one accelerator, or why it is unknown.
    pub throughput: Result<ThroughputFact, String>,
}

/// Evaluates a study.
///
/// # Errors
/// When the cost models refuse the numbers. What is merely unknown is no error: it is shown and not ranked.
pub fn assess(
    study: &Study,
    catalog: &Catalog,
    measurements: &[Measurement],
    today: Date,
) -> Result<Assessment, WorkbenchError> {
    let pricing_date = study.pricing_date.unwrap_or(today);
    let workload = Suite::load(&study.suite)
        .ok()
        .and_then(|suite| suite.workload(&study.workload).cloned())
        .or_else(|| measurements.iter().rev().find(|m| m.workload.id == study.workload).map(|m| m.workload.clone()));
    let ceilings = throughput::ceilings(measurements);
    let assumptions = assumptions_of(study);

    let mut options: Vec<ResolvedOption> = study
        .options
        .iter()
        .map(|option| {
            let resolver =
                throughput::Resolver { study, workload: workload.as_ref(), measurements, ceilings: &ceilings };
            resolve(study, option, catalog, pricing_date, &resolver)
        })
        .collect();
    add_parallel_running(study, &mut options, &assumptions);
    let inputs: Vec<OptionInput> = options.iter().map(|o| o.input.clone()).collect();
    let evaluations = evaluate(&inputs, &assumptions)?;

    let missing = missing(study, &options, &evaluations, workload.is_some());
    let answer = answer(study, &options, &evaluations, &assumptions);
    let roofline = throughput::roofline_points(measurements, &ceilings);
    Ok(Assessment {
        study: study.clone(),
        workload,
        pricing_date,
        assumptions,
        options,
        evaluations,
        ceilings,
        roofline,
        answer,
        missing,
    })
}

fn assumptions_of(study: &Study) -> Assumptions {
    let a = study.assumptions;
    let demand =
        Demand::compound(study.demand.items_per_month, study.demand.growth_per_month, study.demand.peak_to_average);
    Assumptions {
        horizon_months: a.horizon_months.round() as u32,
        discount_rate_annual: a.discount_rate_annual,
        effectiveness: Effectiveness {
            utilisation: a.target_utilisation,
            availability: a.availability,
            ..Effectiveness::FULL
        },
        electricity_price_per_kwh: Some(Money::new(a.electricity_price_per_kwh, study.currency)),
        pue: a.pue,
        ..Assumptions::new(study.currency, demand)
    }
}

fn resolve(
    study: &Study,
    option: &StudyOption,
    catalog: &Catalog,
    pricing_date: Date,
    resolver: &throughput::Resolver<'_>,
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
    let per_unit = |fact: &ThroughputFact| {
        let e = fact.per_accelerator;
        let n = f64::from(accelerators);
        Estimate::new(e.value * n, e.low * n, e.high * n, e.evidence)
    };
    let profile = profile.ok().flatten();
    let input = OptionInput {
        accelerators_per_unit: accelerators,
        price_evidence: price.as_ref().map_or(Evidence::Assumed, |p| p.evidence),
        power_watts_per_unit: power(option, profile, accelerators),
        one_off_costs: migration_costs(study, option),
        is_baseline: option.id == study.baseline,
        excluded: missed_requirement(study, option, throughput.as_ref().ok()),
        ..OptionInput::new(
            option.id.clone(),
            option.name.clone(),
            throughput.as_ref().map(per_unit).map_err(Clone::clone),
            price
                .as_ref()
                .map_or_else(|reason| Payment::Unknown { reason: reason.clone() }, |p| p.payment.clone()),
        )
    };
    ResolvedOption { input, hardware: profile.map(|p| format!("{} {}", p.vendor, p.name)), price, throughput }
}

/// Power of one unit: stated in the study, else the profile's thermal design power, which is a ceiling.
fn power(option: &StudyOption, profile: Option<&Profile>, accelerators: u32) -> Option<Estimate> {
    match option.power_watts_per_unit {
        Some(watts) => Some(Estimate::exact(watts, Evidence::Assumed)),
        None => Some(Estimate::exact(profile?.tdp_watts()? * f64::from(accelerators), Evidence::Vendor)),
    }
}

fn migration_costs(study: &Study, option: &StudyOption) -> Vec<OneOffCost> {
    let Some(migration) = &option.migration else { return Vec::new() };
    let cost = |component, amount: f64| {
        OneOffCost::new(component, Estimate::exact(amount, Evidence::Assumed), study.currency, Timing::Start)
    };
    let effort = migration.effort_person_days * study.assumptions.engineer_cost_per_day;
    [cost(Component::Migration, effort), cost(Component::Other, migration.other_cost)]
        .into_iter()
        .filter(|c| c.amount.value > 0.0)
        .collect()
}

/// While old and new run side by side, the old one is paid for, too: so many months of the baseline's first month.
fn add_parallel_running(study: &Study, options: &mut [ResolvedOption], assumptions: &Assumptions) {
    let Some(baseline) = options.iter().find(|o| o.input.is_baseline) else { return };
    let Ok(evaluated) = evaluate(std::slice::from_ref(&baseline.input), assumptions) else { return };
    let month = evaluated.first().and_then(|e| e.tco.as_ref()).and_then(|tco| tco.monthly.get(1).copied());
    let Some(month) = month else { return };
    for (option, resolved) in study.options.iter().zip(options) {
        let months = option.migration.as_ref().map_or(0.0, |m| m.parallel_run_months);
        if months > 0.0 && month > 0.0 {
            resolved.input.one_off_costs.push(OneOffCost::new(
                Component::ParallelRunning,
                Estimate::exact(months * month, Evidence::Assumed),
                study.currency,
                Timing::Start,
            ));
        }
    }
}

/// A measured 99th percentile above the requirement excludes an option; one that is unknown does not prove anything.
fn missed_requirement(study: &Study, option: &StudyOption, throughput: Option<&ThroughputFact>) -> Option<String> {
    let limit = study.requirements.max_p99_latency_secs?;
    let p99 = throughput?.p99_secs?;
    (p99 > limit).then(|| {
        let (p99, limit) = (assay_base::format::duration(p99), assay_base::format::duration(limit));
        format!("{}: the 99th percentile of the latency is {p99}, the requirement {limit}", option.name)
    })
}

fn missing(study: &Study, options: &[ResolvedOption], evaluations: &[Evaluation], workload_known: bool) -> Vec<String> {
    let mut missing = Vec::new();
    if !workload_known {
        missing.push(format!("suite `{}` has no workload `{}`", study.suite, study.workload));
    }
    missing.extend(
        evaluations.iter().filter_map(|e| Some(format!("{} is not ranked: {}", e.name, e.not_ranked.as_ref()?))),
    );
    // A doubt that several options share, such as one noisy measurement behind all projections, is said once.
    let mut doubts: Vec<(String, Vec<&str>)> = Vec::new();
    let mut doubt = |name, text: String| match doubts.iter_mut().find(|(known, _)| *known == text) {
        Some((_, names)) => names.push(name),
        None => doubts.push((text, vec![name])),
    };
    for option in options {
        let name = option.input.name.as_str();
        if let Ok(fact) = &option.throughput {
            fact.warnings.iter().for_each(|warning| doubt(name, warning.clone()));
            if study.requirements.max_p99_latency_secs.is_some() && fact.p99_secs.is_none() {
                doubt(name, "whether it meets the latency requirement is not known".to_owned());
            }
        }
        if let Ok(price) = &option.price {
            price.warnings.iter().for_each(|warning| doubt(name, warning.clone()));
        }
    }
    missing.extend(doubts.into_iter().map(|(text, names)| format!("{}: {text}", names.join("; "))));
    missing
}
