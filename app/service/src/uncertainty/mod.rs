//! Monte Carlo over what an assessment does not know as one number: which option is best how often, what drives the
//! result, and which measurement would change the decision.

mod cash;
mod inputs;

use assay_base::format;
use assay_cost_models::CostError;
use assay_cost_models::evaluation::Driver;
use assay_cost_models::simulation::{InformationValue, Outcome, Sensitivity, Simulation, UncertainInput};
use assay_cost_models::uncertainty::{Bar, Correlation, Distribution};

use crate::assess::{Assessment, translate};
use crate::workbench::WorkbenchError;

pub use cash::{CashBand, cash_bands};

/// The most samples that are drawn: more would fill the memory before they told more.
pub const MOST_SAMPLES: usize = 10_000_000;
/// Points of the Sobol sequence, for each input and two more.
const SENSITIVITY_POINTS: u32 = 1024;

/// An input that is not one number.
#[derive(Clone, Debug, PartialEq)]
pub struct UncertainValue {
    /// Where the study states it; several where uncertain costs add up.
    pub paths: Vec<String>,
    /// What it moves in the cost models.
    pub driver: Driver,
    /// Its distribution as the cost models draw it.
    pub distribution: Distribution,
    /// Whether the study states it as a distribution; else it is the range of a throughput, drawn as a triangle.
    pub stated: bool,
    /// What 1 of the driver is in the study's own unit: the price where the driver is a factor on it.
    pub unit: f64,
}

/// What many samples say of an assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertainty {
    /// The distribution of costs and NPV, and how often each option is best.
    pub outcome: Outcome,
    /// What knowing an input exactly would be worth; the first is for knowing all, then the most valuable.
    pub information: Vec<InformationValue>,
    /// The inputs that were drawn.
    pub inputs: Vec<UncertainValue>,
    /// Options, by name, whose throughputs are projected by one method and so drawn with one error.
    pub together: Vec<Vec<String>>,
    /// The option whose NPV the tornado and the indices are of: the one recommended, or the best alternative to
    /// staying.
    pub of: String,
    /// Its NPV with each input at its P10 and its P90, the widest bar first.
    pub tornado: Vec<Bar>,
    /// Sobol indices; `None` where inputs are correlated (a part of the variance then belongs to several) or nothing
    /// varies.
    pub sensitivity: Option<Sensitivity>,
}

impl Uncertainty {
    /// The input whose exact value would save most, in words; `None` where that is no more than the noise of the
    /// estimate.
    pub fn next_measurement(&self, assessment: &Assessment) -> Option<String> {
        let best = self.outcome.options.iter().map(|o| o.cost.mean.abs()).fold(f64::INFINITY, f64::min);
        let known = |i: &&InformationValue| i.driver.is_some() && i.expected_saving > best * 1e-3;
        let found = self.information.iter().find(known)?;
        let driver = found.driver.as_ref()?;
        let what = match driver.option().and_then(|id| assessment.evaluation(id)) {
            Some(option) => format!("the {} of {}", driver.label(), option.name),
            None => format!("the {}", driver.label()),
        };
        Some(format!(
            "{what}. Knowing it exactly would change the decision in {} of cases and is worth up to {}.",
            format::percent(found.changes_decision_probability, 0),
            format::money_in(found.expected_saving, assessment.study.currency)
        ))
    }

    /// The input that moves a driver.
    pub fn input(&self, driver: &Driver) -> Option<&UncertainValue> {
        self.inputs.iter().find(|input| input.driver == *driver)
    }

    /// The input behind a bar of the tornado.
    pub fn input_of_bar(&self, bar: &Bar) -> Option<&UncertainValue> {
        self.inputs.iter().find(|input| input.driver.full_label() == bar.name)
    }
}

/// What is stated as a distribution and is not in the ranges of the totals: those have throughputs, one-off costs and
/// power at their ends.
pub(crate) fn outside_of_ranges(assessment: &Assessment) -> Vec<String> {
    let outside = |input: &UncertainValue| {
        !matches!(input.driver, Driver::Throughput(_) | Driver::OneOffFactor(_) | Driver::Power(_))
    };
    let inputs = inputs::collect(assessment).unwrap_or_default();
    inputs.iter().filter(|input| outside(input)).map(|input| input.driver.full_label()).collect()
}

/// The mean of a quantity that is a distribution: single figures use its centre, which may be another value.
pub fn mean_of_distribution(quantity: &assay_study::Quantity) -> Option<f64> {
    Some(translate::distribution(quantity.distribution()?).moments().ok()?.mean)
}

/// Draws `samples` samples of everything that is not one number: what the study states as a distribution, and every
/// throughput that is known as a range (triangular). `None` when a ranked option depends on nothing of that kind.
///
/// # Errors
/// No samples or more than [`MOST_SAMPLES`], a correlation of what is not uncertain, or what the cost models refuse.
pub fn simulate(assessment: &Assessment, samples: usize, seed: u64) -> Result<Option<Uncertainty>, WorkbenchError> {
    if samples > MOST_SAMPLES {
        return Err(WorkbenchError::Other(format!("{samples} samples are too many: draw at most {MOST_SAMPLES}")));
    }
    let Some(of) = option_of_interest(assessment) else { return Ok(None) };
    let inputs = inputs::collect(assessment)?;
    if inputs.is_empty() {
        return Ok(None);
    }
    let options: Vec<_> = assessment.options.iter().map(|o| o.input.clone()).collect();
    let given: Vec<UncertainInput> = inputs
        .iter()
        .map(|input| UncertainInput { driver: input.driver.clone(), distribution: input.distribution.clone() })
        .collect();
    let correlation = correlation(assessment, &inputs)?;
    let correlated = correlation.is_some();
    let simulation = Simulation::new(&options, &assessment.assumptions, &given, correlation)
        .map_err(|error| in_words_of_the_study(error, &inputs))?;
    let together = inputs::erring_together(assessment, &inputs);
    let simulation = simulation.erring_together(&together)?;
    let outcome = simulation.run(samples, seed)?;
    let information = simulation.value_of_information(samples, seed)?;
    let tornado = simulation.tornado(&of)?;
    let varies = tornado.iter().any(|bar| bar.swing > 0.0);
    let sensitivity =
        (!correlated && varies).then(|| simulation.sensitivity(&of, SENSITIVITY_POINTS, seed as u32)).transpose()?;
    let named = |place: &usize| {
        let id = inputs.get(*place)?.driver.option()?;
        Some(assessment.evaluation(id).map_or_else(|| id.to_owned(), |e| e.name.clone()))
    };
    let together = together.iter().map(|group| group.iter().filter_map(named).collect()).collect();
    Ok(Some(Uncertainty { outcome, information, inputs, together, of, tornado, sensitivity }))
}

/// The option recommended, or the best alternative to staying.
fn option_of_interest(assessment: &Assessment) -> Option<String> {
    let ranked = assessment.ranked();
    ranked.iter().find(|e| !e.is_baseline).or(ranked.first()).map(|e| e.id.clone())
}

fn correlation(assessment: &Assessment, inputs: &[UncertainValue]) -> Result<Option<Correlation>, WorkbenchError> {
    let mut pairs = Vec::new();
    for (i, given) in assessment.study.correlations.iter().enumerate() {
        let places = |path: &String| -> Vec<usize> {
            (0..inputs.len()).filter(|at| inputs.get(*at).is_some_and(|input| input.is_at(path))).collect()
        };
        let [one, other] = [places(&given.between[0]), places(&given.between[1])];
        for (path, found) in given.between.iter().zip([&one, &other]) {
            // An option that is not ranked takes no part, and what it depends on neither.
            if found.is_empty() && !belongs_to_unranked(assessment, path) {
                let known = inputs.iter().flat_map(|input| &input.paths).map(String::as_str);
                let hint = assay_base::yaml::suggestion(path, known);
                let problem = format!("`{path}` is one number, so nothing moves with it: give it a distribution{hint}");
                return Err(CostError::invalid(format!("correlations[{i}].between"), problem).into());
            }
        }
        pairs.extend(one.iter().flat_map(|a| other.iter().map(move |b| (*a, *b, given.rho))));
    }
    if pairs.is_empty() {
        return Ok(None);
    }
    let named = |error: CostError| CostError::invalid("correlations", error.to_string());
    Ok(Some(Correlation::of_pairs(inputs.len(), &pairs).map_err(named)?))
}

fn belongs_to_unranked(assessment: &Assessment, path: &str) -> bool {
    let id = path.strip_prefix("options.").and_then(|rest| rest.split('.').next());
    id.and_then(|id| assessment.evaluation(id)).is_some_and(|evaluation| evaluation.rank.is_none())
}

impl UncertainValue {
    /// A quantile in the study's own unit, as it is shown.
    pub fn shown(&self, p: f64) -> String {
        let value = self.distribution.quantile(p).ok().map(|value| value * self.unit);
        format::or_unknown(value, |value| match self.driver {
            Driver::DemandGrowth
            | Driver::DiscountRate
            | Driver::Utilisation
            | Driver::Availability
            | Driver::Goodput
            | Driver::Retries
            | Driver::ElectricityPriceChange
            | Driver::PriceChange(_)
            | Driver::PriceFactor(_)
            | Driver::ResidualFraction(_) => format::percent(value, 1),
            _ => format::compact(value),
        })
    }

    /// Whether a path names it, exactly or a value of it.
    fn is_at(&self, path: &str) -> bool {
        self.paths.iter().any(|own| {
            let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
            own == path || within(path, own)
        })
    }
}

/// `uncertain[3].pue` as the path of the third uncertain input.
fn in_words_of_the_study(error: CostError, inputs: &[UncertainValue]) -> CostError {
    let index = error.field().strip_prefix("uncertain[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    match index.and_then(|index| inputs.get(index)) {
        Some(input) => {
            let mut error = error;
            let (CostError::OutOfRange { field, .. }
            | CostError::Invalid { field, .. }
            | CostError::Currency { field, .. }) = &mut error;
            *field = input.paths.join(", ");
            error
        }
        None => translate::in_words_of_the_study(error),
    }
}
