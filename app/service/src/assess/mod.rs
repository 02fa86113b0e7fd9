//! From a study, the catalogue and the measurements to evaluations and an answer.

mod assumed;
mod compiled;
mod doubts;
mod inputs;
mod measured;
mod model_cards;
mod price;
mod published;
mod throughput;
pub(crate) mod translate;

use std::sync::{Arc, OnceLock};

use assay_base::Currency;
use assay_core::Workload;
use assay_cost_models::{Assumptions, Evaluation, OptionInput, evaluate};
use assay_hardware_profiles::Catalog;
use assay_reports::content::capacity::CapacityPlan;
use assay_reports::content::{MigrationPlan, ModelCard, Repeat, Sensitivity, ThroughputFacts};
use assay_study::{Study, StudyOption};
use jiff::civil::Date;

use crate::answer::{Answer, answer};
use crate::calendar;
use crate::estimates::EstimateRecord;
use crate::workbench::WorkbenchError;

pub use assumed::assumed;
pub(crate) use inputs::power_source;
pub use measured::{Measured, RooflinePoint, RooflinePoints, SourceCeilings};
pub use price::PriceFact;
pub(crate) use price::resolve as resolve_price;

/// What follows from a study, the catalogue and the measurements.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The study as evaluated (with a scenario's overrides).
    pub study: Study,
    /// The definition of the study's workload, where its suite has it.
    pub workload: Option<Workload>,
    /// The plural of what demand counts.
    items: String,
    /// The day whose prices were used.
    pub pricing_date: Date,
    /// The assumptions as the cost models got them.
    pub assumptions: Assumptions,
    /// Each option with the facts behind its inputs, in the study's order.
    pub options: Vec<ResolvedOption>,
    /// What the cost models make of each option, in the same order.
    pub evaluations: Vec<Evaluation>,
    /// The measured ceilings of each device and format.
    pub ceilings: Arc<[SourceCeilings]>,
    /// Every passed measurement on its roofline.
    pub roofline: RooflinePoints,
    /// The answer to the study's question.
    pub answer: Answer,
    /// How far the projections that options rest on can be believed, where that could be tested.
    pub model_cards: Vec<ModelCard>,
    /// What is missing or doubtful, most important first.
    pub missing: Vec<String>,
    /// What one input at a time does to the answer, once somebody has asked for it.
    sensitivity: OnceLock<Option<Sensitivity>>,
    /// The plan of the fleet, once somebody has asked for it.
    pub(crate) capacity: OnceLock<Result<CapacityPlan, String>>,
    /// The plan of the move, once somebody has asked for it.
    pub(crate) migration: OnceLock<Result<MigrationPlan, String>>,
}

impl Assessment {
    /// What one input at a time does to the answer, and where it turns it; `None` without an answer.
    pub fn sensitivity(&self) -> &Option<Sensitivity> {
        self.sensitivity.get_or_init(|| crate::sensitivity::sensitivity(self))
    }

    /// The evaluation of an option.
    pub fn evaluation(&self, id: &str) -> Option<&Evaluation> {
        self.evaluations.iter().find(|e| e.id == id)
    }

    /// The facts behind an option.
    pub fn option(&self, id: &str) -> Option<&ResolvedOption> {
        self.options.iter().find(|o| o.input.id == id)
    }

    /// The plural of what demand counts, such as `sequences`.
    pub fn item(&self) -> &str {
        &self.items
    }

    /// The first day of the first month that is paid for.
    pub fn first_month(&self) -> Date {
        calendar::first_month(&self.study, self.pricing_date)
    }

    /// What one unit of a currency is worth in the study's; 1 for the study's own. (Without a rate nothing in that
    /// currency is evaluated.)
    pub fn exchange_rate(&self, currency: Currency) -> f64 {
        self.assumptions.exchange_rates.iter().find(|rate| rate.from == currency).map_or(1.0, |rate| rate.rate)
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
    pub throughput: Result<ThroughputFacts, String>,
    /// What the vendor's compiler says of the option's work on its hardware, where it was asked and nothing was measured.
    pub feasibility: Option<EstimateRecord>,
}

/// Evaluates a study.
///
/// # Errors
/// When the cost models refuse the numbers. What is merely unknown is no error: it is shown and not ranked.
pub fn assess(
    study: &Study,
    catalog: &Catalog,
    measured: &Measured,
    today: Date,
) -> Result<Assessment, WorkbenchError> {
    let pricing_date = study.pricing_date.unwrap_or(today);
    let workload = measured
        .suite(&study.suite)
        .and_then(|suite| suite.workload(&study.workload).cloned())
        .or_else(|| measured.of_workload(&study.workload).next_back().map(|m| m.workload.clone()));
    let assumptions = inputs::assumptions(study);

    let options: Vec<ResolvedOption> = study
        .options
        .iter()
        .map(|option| {
            let resolver = throughput::Resolver { study, workload: workload.as_ref(), measured };
            inputs::resolve(study, option, catalog, pricing_date, &resolver)
        })
        .collect();
    let inputs: Vec<OptionInput> = options.iter().map(|o| o.input.clone()).collect();
    let evaluations = evaluate(&inputs, &assumptions).map_err(translate::in_words_of_the_study)?;

    let mut missing = missing(study, &options, &evaluations, workload.is_some());
    missing.extend(options.iter().filter_map(|option| faster_format(option, measured)));
    missing.extend(doubts::of_dates(&options, pricing_date, today));
    missing.extend(doubts::of_begin(study, pricing_date));
    missing.extend(doubts::of_amounts(study, &options));
    let answer = answer(study, &options, &evaluations, &assumptions);
    let mut assessment = Assessment {
        study: study.clone(),
        items: items(study, workload.as_ref()),
        workload,
        pricing_date,
        assumptions,
        options,
        evaluations,
        ceilings: Arc::clone(measured.ceilings()),
        roofline: measured.roofline().clone(),
        answer,
        model_cards: model_cards::model_cards(study, measured),
        missing,
        sensitivity: OnceLock::new(),
        capacity: OnceLock::new(),
        migration: OnceLock::new(),
    };
    let differs = crate::migration::not_as_counted(&assessment, measured, catalog);
    assessment.missing.extend(differs);
    let outside = crate::uncertainty::outside_of_ranges(&assessment);
    if !outside.is_empty() {
        assessment.missing.push(format!(
            "the ranges of the total costs, and with them the confidence, have throughputs, one-off costs and power at \
             their ends, but not {}: draw samples (`assay cost --samples 10000`) to see all of them at once",
            outside.join(", ")
        ));
    }
    Ok(assessment)
}

/// Evaluates a study under one of its scenarios, or under none.
///
/// # Errors
/// When there is no such scenario or its values do not fit, and as [`assess`].
pub(crate) fn assess_under(
    scenario: Option<&str>,
    study: &Study,
    catalog: &Catalog,
    measured: &Measured,
    today: Date,
) -> Result<Assessment, WorkbenchError> {
    match scenario {
        Some(id) => assess(&study.under_scenario(id)?, catalog, measured, today),
        None => assess(study, catalog, measured, today),
    }
}

/// The plural of what demand counts: the study's own word, or that of its workload.
fn items(study: &Study, workload: Option<&Workload>) -> String {
    let of_workload = || workload.map_or("items", |workload| workload.shape.item().plural()).to_owned();
    study.demand.item_name().map_or_else(of_workload, assay_base::format::plural)
}

/// What was measured faster in another format than the one an option's own measurement is in.
fn faster_format(option: &ResolvedOption, measured: &Measured) -> Option<String> {
    let facts = option.throughput.as_ref().ok().filter(|facts| facts.projection.is_none())?;
    let found = throughput::faster_format(measured, measured.measurement(facts.measurement_id.as_ref()?)?)?;
    Some(format!("{}: {found}", option.input.name))
}

/// A measured 99th percentile above the requirement excludes an option; one that is unknown does not prove anything.
fn missed_requirement(study: &Study, option: &StudyOption, throughput: Option<&ThroughputFacts>) -> Option<String> {
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
            price.doubts.iter().for_each(|text| doubt(name, text.clone()));
        }
    }
    for evaluation in evaluations {
        for flag in &evaluation.flags {
            let (path, own) = translate::flag_path(&evaluation.id, &flag.field);
            let text = format!("`{path}`: {}", flag.problem);
            match own {
                true => missing.push(format!("{}: {text}", evaluation.name)),
                false if !missing.contains(&text) => missing.push(text),
                false => {}
            }
        }
    }
    missing.extend(measurements_to_repeat(options));
    missing.extend(doubts.into_iter().map(|(text, names)| format!("{}: {text}", names.join("; "))));
    missing.extend(quotes_to_renew(options));
    missing
}

/// Measurements that are noisy or were disturbed are one task, whatever rests on them.
fn measurements_to_repeat(options: &[ResolvedOption]) -> Option<String> {
    let (mut names, mut repeats): (Vec<&str>, Vec<&Repeat>) = (Vec::new(), Vec::new());
    for option in options {
        let Ok(fact) = &option.throughput else { continue };
        for repeat in &fact.to_repeat {
            if !names.contains(&option.input.name.as_str()) {
                names.push(&option.input.name);
            }
            if !repeats.contains(&repeat) {
                repeats.push(repeat);
            }
        }
    }
    let what = match repeats.as_slice() {
        [] => return None,
        [only] => only.to_string(),
        several => {
            let workloads: Vec<String> = several.iter().map(|repeat| format!("`{}`", repeat.workload)).collect();
            let workloads = workloads.join(", ");
            format!(
                "measurements behind it are noisy or were disturbed ({workloads}): measure again on a quiet machine"
            )
        }
    };
    Some(format!("{}: {what}", names.join("; ")))
}

/// Prices that are old are one task; options with quotes of the same age stand together.
fn quotes_to_renew(options: &[ResolvedOption]) -> Option<String> {
    let mut by_age: Vec<(i64, Vec<&str>)> = Vec::new();
    for option in options {
        let Some(age) = option.price.as_ref().ok().and_then(|price| price.old_days) else { continue };
        let name = option.input.name.as_str();
        match by_age.iter_mut().find(|(days, _)| *days == age) {
            Some((_, names)) => names.push(name),
            None => by_age.push((age, vec![name])),
        }
    }
    let quotes: Vec<String> =
        by_age.iter().map(|(days, names)| format!("{} ({days} days old)", names.join("; "))).collect();
    (!quotes.is_empty()).then(|| format!("Price quotes to renew: {}", quotes.join("; ")))
}
