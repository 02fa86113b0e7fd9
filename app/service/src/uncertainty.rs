//! Monte Carlo over what an assessment knows only as a range.

use assay_cost_models::evaluation::Driver;
use assay_cost_models::simulation::{InformationValue, Outcome, Simulation, UncertainInput};
use assay_cost_models::uncertainty::Distribution;

use crate::assess::Assessment;
use crate::workbench::WorkbenchError;

/// What many samples say of an assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertainty {
    /// The distribution of costs and NPV, and how often each option is best.
    pub outcome: Outcome,
    /// What knowing an input exactly would be worth, the most valuable first.
    pub information: Vec<InformationValue>,
    /// The inputs that were drawn.
    pub inputs: Vec<UncertainInput>,
}

/// Draws `samples` samples of every throughput that is known as a range: triangular from its low over its best to its
/// high figure, independent of each other. `None` when no ranked option has a range.
///
/// # Errors
/// When the cost models refuse, such as no samples at all.
pub fn simulate(assessment: &Assessment, samples: usize, seed: u64) -> Result<Option<Uncertainty>, WorkbenchError> {
    let ranged = assessment.evaluations.iter().filter(|e| e.rank.is_some()).filter_map(|e| Some((e, e.throughput?)));
    let inputs: Vec<UncertainInput> = ranged
        .filter(|(_, t)| t.low < t.high)
        .map(|(e, t)| UncertainInput {
            driver: Driver::Throughput(e.id.clone()),
            distribution: Distribution::Triangular { low: t.low, mode: t.value, high: t.high },
        })
        .collect();
    if inputs.is_empty() {
        return Ok(None);
    }
    let options: Vec<_> = assessment.options.iter().map(|o| o.input.clone()).collect();
    let simulation = Simulation::new(&options, &assessment.assumptions, &inputs, None)?;
    let outcome = simulation.run(samples, seed)?;
    let information = simulation.value_of_information(samples, seed)?;
    Ok(Some(Uncertainty { outcome, information, inputs }))
}
