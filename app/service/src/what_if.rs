//! What would change the decision: break-evens between options, and buying now against waiting.

use assay_base::format;
use assay_cost_models::evaluation::{
    BreakEven, Driver, OptionInput, ValueOfWaiting, WaitPlan, WaitScenario, break_even, value_of_waiting,
};
use assay_cost_models::time_value::capital_recovery_factor;
use assay_cost_models::{CostError, Evaluation};

use crate::assess::{Assessment, translate};
use crate::workbench::WorkbenchError;

/// Where one option becomes cheaper than another.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionBreakEven {
    /// The option.
    pub option: String,
    /// What it is compared with.
    pub against: String,
    /// What varies.
    pub driver: Driver,
    /// The value it has now.
    pub now: f64,
    /// The range that was looked at.
    pub range: (f64, f64),
    /// A value, not reached, or not verified.
    pub answer: BreakEven,
}

/// The break-evens of every ranked option against the baseline, and of the best against the runner-up where neither is
/// it: in volume, utilisation, horizon, and the option's own price and throughput.
///
/// # Errors
/// What the cost models refuse.
pub fn break_evens(assessment: &Assessment) -> Result<Vec<OptionBreakEven>, WorkbenchError> {
    let ranked = assessment.ranked();
    let baseline = assessment.evaluations.iter().find(|e| e.is_baseline);
    let mut pairs: Vec<(&Evaluation, &Evaluation)> = match baseline {
        Some(baseline) => ranked.iter().filter(|e| !e.is_baseline).map(|e| (*e, baseline)).collect(),
        None => Vec::new(),
    };
    if let [best, next, ..] = ranked.as_slice()
        && !best.is_baseline
        && !next.is_baseline
    {
        pairs.push((best, next));
    }
    let options: Vec<OptionInput> = assessment.options.iter().map(|o| o.input.clone()).collect();
    let mut found = Vec::new();
    for (option, against) in pairs {
        let drivers = [
            Driver::of_demand(&assessment.assumptions),
            Driver::Utilisation,
            Driver::Horizon,
            Driver::PriceFactor(option.id.clone()),
            Driver::Throughput(option.id.clone()),
        ];
        for driver in drivers {
            let Some(now) = driver.value(&options, &assessment.assumptions) else { continue };
            let range = range_of(&driver, now);
            let pair = (option.id.as_str(), against.id.as_str());
            let answer = match break_even(&options, &assessment.assumptions, pair, &driver, range) {
                Ok(answer) => answer,
                // Far from the plan the models may refuse what they accept on it.
                Err(error) => BreakEven::NotVerified { reason: translate::in_words_of_the_study(error).to_string() },
            };
            found.push(OptionBreakEven {
                option: option.id.clone(),
                against: against.id.clone(),
                driver,
                now,
                range,
                answer,
            });
        }
    }
    Ok(found)
}

/// The range in which a break-even is looked for.
pub(crate) fn range_of(driver: &Driver, now: f64) -> (f64, f64) {
    match driver {
        Driver::Utilisation => (0.05, 1.0),
        Driver::Horizon => (1.0, 120.0),
        Driver::PriceFactor(_) | Driver::Throughput(_) => (now * 0.1, now * 10.0),
        _ => (now * 1e-3, now * 100.0),
    }
}

/// What the study waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Waited {
    /// The id in the study.
    pub id: String,
    /// The option to take now or later.
    pub option: String,
    /// What serves until then.
    pub meanwhile: String,
    /// How long.
    pub months: u32,
    /// Where the scenarios are from.
    pub source: String,
    /// Its value, or why it is not known.
    pub value: Result<ValueOfWaiting, String>,
}

/// Buying now against waiting, for everything that the study waits for.
pub fn waiting(assessment: &Assessment) -> Vec<Waited> {
    let options: Vec<OptionInput> = assessment.options.iter().map(|o| o.input.clone()).collect();
    let study = &assessment.study;
    study
        .waiting
        .iter()
        .map(|given| {
            let meanwhile = given.meanwhile.as_ref().unwrap_or(&study.baseline).clone();
            let scenario = |s: &assay_study::WaitingScenario| WaitScenario {
                name: s.name.clone(),
                probability: s.probability,
                price_factor: s.price_factor,
                throughput_factor: s.throughput_factor,
            };
            let plan = WaitPlan {
                option: given.option.clone(),
                meanwhile: meanwhile.clone(),
                months: given.months,
                scenarios: given.scenarios.iter().map(scenario).collect(),
            };
            let horizon = assessment.assumptions.horizon_months;
            // A shorter horizon is a what-if of its own; the wait is then beyond it and says so.
            let value = if given.months < horizon {
                let value = value_of_waiting(&options, &assessment.assumptions, &plan);
                value.map_err(|error| translate::in_words_of_the_study(error).to_string())
            } else {
                let (wait, horizon) = (format::whole_months(given.months), format::whole_months(horizon));
                Err(format!("a wait of {wait} does not end within the horizon of {horizon}"))
            };
            Waited {
                id: given.id.clone(),
                option: given.option.clone(),
                meanwhile,
                months: given.months,
                source: given.source.clone(),
                value,
            }
        })
        .collect()
}

/// The constant amount a year that is worth as much as all payments of an option: comparable between horizons.
/// `None` where its cost is not known.
///
/// # Errors
/// A result beyond the range of a double.
pub fn equivalent_annual(assessment: &Assessment, evaluation: &Evaluation) -> Result<Option<f64>, CostError> {
    let a = &assessment.assumptions;
    let years = f64::from(a.horizon_months) / 12.0;
    let Some(tco) = &evaluation.tco else { return Ok(None) };
    Ok(Some(tco.present_value.amount * capital_recovery_factor(a.discount_rate_annual, years)?))
}
