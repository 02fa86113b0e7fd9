//! Monte Carlo over a study's uncertain inputs: the distribution of costs and NPV, which option is best, and which
//! measurement would change the decision.
//!
//! The points are those of a Latin hypercube, a pure function of seed and index. So a run can be divided among threads
//! ([`Simulation::part`]) and the outcome is the same to the last digit.

mod information;
mod kernel;
mod outcome;
mod parameter;
mod plan;
mod sensitivity;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::CostError;
use crate::evaluation::{Assumptions, Driver, Evaluation, OptionInput, evaluate, in_study_currency};
use crate::uncertainty::{Correlation, Dimension, Distribution, LatinHypercube, QuantileTable};
use kernel::{Kernel, Scratch};
use parameter::{DRAWN, LANES, Lane};

pub use information::InformationValue;
pub use outcome::{OptionOutcome, Outcome, Spread};
pub use sensitivity::{DriverSensitivity, Sensitivity};

/// An input that is not one number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UncertainInput {
    /// Which input.
    pub driver: Driver,
    /// Its values.
    pub distribution: Distribution,
}

/// How much of a distribution may lie outside what its driver can be: beyond it is refused, within it draws count as
/// the bound they exceed.
const TOLERATED_TAIL: f64 = 1e-3;

/// A study made ready for many samples.
pub struct Simulation {
    kernel: Kernel,
    ids: Vec<String>,
    baseline: Option<usize>,
    inputs: Vec<Prepared>,
    correlation: Option<Correlation>,
    /// For each input the one whose draws it follows: itself, or the first of those that err together.
    follows: Vec<usize>,
}

struct Prepared {
    input: UncertainInput,
    quantiles: QuantileTable,
    parameter: usize,
    range: (f64, f64),
    /// Whether the distribution has values outside that.
    exceeds_range: bool,
    /// What the values are multiplied with to be the parameter.
    factor: f64,
}

/// The present values of some samples' costs, option by option.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    range: Range<usize>,
    costs: Vec<Vec<f64>>,
}

/// What is drawn at once: of each input, and the costs of each option.
struct Drawn {
    inputs: Vec<[f64; DRAWN]>,
    costs: Vec<[f64; DRAWN]>,
}

/// The work of one draw, to be compiled for the widest vectors the processor has: the same operations in the same
/// order, so the same digits.
struct Batch<'a> {
    simulation: &'a Simulation,
    dimensions: &'a [Dimension],
    start: usize,
    scratch: &'a mut Scratch,
    drawn: &'a mut Drawn,
    found: &'a mut [Lane],
}

impl pulp::NullaryFnOnce for Batch<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simulation, dimensions, start, scratch, drawn, found } = self;
        simulation.draw(dimensions, start, &mut drawn.inputs);
        for first in (0..DRAWN).step_by(LANES) {
            for (input, values) in simulation.inputs.iter().zip(&drawn.inputs) {
                scratch.parameter(input.parameter).copy_from_slice(&values[first..first + LANES]);
            }
            simulation.kernel.present_costs(scratch, found);
            for (costs, found) in drawn.costs.iter_mut().zip(found.iter()) {
                costs[first..first + LANES].copy_from_slice(found);
            }
        }
    }
}

impl Simulation {
    /// Prepares the options that can be ranked; the others take no part.
    ///
    /// # Errors
    /// What [`evaluate`] refuses, a distribution whose driver the study does not have or whose values it cannot take, a
    /// driver given twice, a correlation of another size.
    pub fn new(
        options: &[OptionInput],
        assumptions: &Assumptions,
        inputs: &[UncertainInput],
        correlation: Option<Correlation>,
    ) -> Result<Self, CostError> {
        let evaluated = evaluate(options, assumptions)?;
        let ranked: Vec<&Evaluation> = evaluated.iter().filter(|evaluation| evaluation.rank.is_some()).collect();
        let (options, converted) = in_study_currency(options, assumptions)?;
        let electricity_rate = exchanged(assumptions, &converted);
        let assumptions = converted.as_ref();
        let taking_part: Vec<OptionInput> = options
            .iter()
            .filter(|option| ranked.iter().any(|evaluation| evaluation.id == option.id))
            .cloned()
            .collect();
        // The baseline may run beside others even where it cannot be ranked itself.
        let beside = options
            .iter()
            .zip(&evaluated)
            .find(|(option, evaluation)| option.is_baseline && evaluation.rank.is_none() && evaluation.tco.is_some());
        let with_baseline: Vec<OptionInput> =
            taking_part.iter().chain(beside.map(|(option, _)| option)).cloned().collect();
        if taking_part.is_empty() {
            return Err(CostError::invalid("options", "none has a known cost, so there is nothing to simulate"));
        }
        if let Some(correlation) = &correlation
            && correlation.len() != inputs.len()
        {
            let problem = format!("it is of {} inputs, but {} are uncertain", correlation.len(), inputs.len());
            return Err(CostError::invalid("correlation", problem));
        }
        let inputs: Vec<Prepared> = inputs
            .iter()
            .enumerate()
            .map(|(i, input)| {
                let name = format!("uncertain[{i}]");
                let place = |input: &UncertainInput| parameter::parameter(&input.driver, &taking_part);
                if inputs.iter().take(i).any(|earlier| place(earlier).is_some() && place(earlier) == place(input)) {
                    let problem = format!("the {} has a distribution already", input.driver.label());
                    return Err(CostError::invalid(name, problem));
                }
                prepare(input, &taking_part, assumptions, electricity_rate).map_err(|error| error.within(&name))
            })
            .collect::<Result<_, _>>()?;
        let sampled: Vec<usize> = inputs.iter().map(|input| input.parameter).collect();
        let kernel = Kernel::new(&with_baseline, assumptions, &sampled)?;
        Ok(Self {
            kernel,
            ids: taking_part.iter().map(|option| option.id.clone()).collect(),
            baseline: taking_part.iter().position(|option| option.is_baseline),
            follows: (0..inputs.len()).collect(),
            inputs,
            correlation,
        })
    }

    /// Lets the inputs of each group err together: where one is at its P10, all are. For estimates by one method, whose
    /// error they share. A correlation with a member is then one with the first of the group.
    ///
    /// # Errors
    /// A group that names an input which is not there, or is in another group already.
    pub fn erring_together(mut self, groups: &[Vec<usize>]) -> Result<Self, CostError> {
        for group in groups {
            let Some((first, rest)) = group.split_first() else { continue };
            for member in rest {
                match self.follows.get_mut(*member) {
                    Some(follows) if *follows == *member && first < member => *follows = *first,
                    _ => return Err(CostError::invalid("groups", format!("input {member} cannot follow {first}"))),
                }
            }
        }
        Ok(self)
    }

    /// The options that take part, in their order.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Draws `samples` samples and sums them up.
    ///
    /// # Errors
    /// No samples, more than 2^31, or a cost beyond the range of a double.
    pub fn run(&self, samples: usize, seed: u64) -> Result<Outcome, CostError> {
        let all = self.part(samples, seed, 0..samples)?;
        self.outcome(samples, seed, vec![all])
    }

    /// Draws a part of `samples` samples, for one thread of several.
    ///
    /// # Errors
    /// As [`Simulation::run`], or a range beyond the samples.
    pub fn part(&self, samples: usize, seed: u64, range: Range<usize>) -> Result<Samples, CostError> {
        let cube = LatinHypercube::new(samples, seed)?;
        if range.start > range.end || range.end > samples {
            return Err(CostError::invalid("range", format!("{range:?} is not within {samples} samples")));
        }
        let mut scratch = self.kernel.scratch();
        let mut costs: Vec<Vec<f64>> = self.ids.iter().map(|_| Vec::with_capacity(range.len())).collect();
        let mut found = vec![[0.0; LANES]; self.ids.len()];
        let mut drawn =
            Drawn { inputs: vec![[0.0; DRAWN]; self.inputs.len()], costs: vec![[0.0; DRAWN]; self.ids.len()] };
        let dimensions: Vec<Dimension> = (0..self.inputs.len()).map(|i| cube.dimension(i)).collect();
        let arch = pulp::Arch::new();
        for start in range.clone().step_by(DRAWN) {
            let count = DRAWN.min(range.end - start);
            arch.dispatch(Batch {
                simulation: self,
                dimensions: &dimensions,
                start,
                scratch: &mut scratch,
                drawn: &mut drawn,
                found: &mut found,
            });
            for (costs, drawn) in costs.iter_mut().zip(&drawn.costs) {
                costs.extend_from_slice(&drawn[..count]);
            }
        }
        if costs.iter().flatten().any(|cost| !cost.is_finite()) {
            let problem = "a sample's cost is beyond the range of a double; check the distributions";
            return Err(CostError::invalid("simulation", problem));
        }
        Ok(Samples { range, costs })
    }

    /// Draws the values of each input. Places beyond the last sample repeat the first ones and are not used.
    #[inline(always)]
    fn draw(&self, dimensions: &[Dimension], start: usize, inputs: &mut [[f64; DRAWN]]) {
        for (values, dimension) in inputs.iter_mut().zip(dimensions) {
            dimension.fill(start, values);
        }
        if let Some(correlation) = &self.correlation {
            let mut point = vec![0.0; inputs.len()];
            for offset in 0..DRAWN {
                for (coordinate, values) in point.iter_mut().zip(inputs.iter()) {
                    *coordinate = values[offset];
                }
                correlation.apply(&mut point);
                for (coordinate, values) in point.iter().zip(inputs.iter_mut()) {
                    values[offset] = *coordinate;
                }
            }
        }
        for (place, first) in self.follows.iter().enumerate().filter(|(place, first)| place != *first) {
            inputs[place] = inputs[*first];
        }
        for (values, input) in inputs.iter_mut().zip(&self.inputs) {
            input.transform(values);
        }
    }

    /// Sums up the parts of a run, which must cover all its samples in order.
    ///
    /// # Errors
    /// Parts that leave a gap or overlap.
    pub fn outcome(&self, samples: usize, seed: u64, parts: Vec<Samples>) -> Result<Outcome, CostError> {
        let mut covered = 0;
        let mut costs: Vec<Vec<f64>> = Vec::new();
        for part in parts {
            if part.range.start != covered || part.costs.len() != self.ids.len() {
                return Err(CostError::invalid("parts", "they must cover the samples one after the other"));
            }
            covered = part.range.end;
            if costs.is_empty() {
                costs = part.costs;
            } else {
                costs.iter_mut().zip(part.costs).for_each(|(all, more)| all.extend(more));
            }
        }
        if covered != samples {
            return Err(CostError::invalid("parts", format!("they cover {covered} of {samples} samples")));
        }
        Ok(outcome::summarise(&self.ids, self.baseline, &costs, seed))
    }

    /// What it would be worth to know each uncertain input exactly before deciding.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn value_of_information(&self, samples: usize, seed: u64) -> Result<Vec<InformationValue>, CostError> {
        let drawn = self.part(samples, seed, 0..samples)?;
        let cube = LatinHypercube::new(samples, seed)?;
        let drivers = self.inputs.iter().map(|input| input.input.driver.clone());
        let first = |input: usize| self.follows.get(input).copied().unwrap_or(input);
        Ok(information::values(drivers, &drawn.costs, |input, sample| match &self.correlation {
            None => cube.dimension(first(input)).at(sample),
            Some(correlation) => {
                let mut point: Vec<f64> = (0..self.inputs.len()).map(|i| cube.dimension(i).at(sample)).collect();
                correlation.apply(&mut point);
                point.get(first(input)).copied().unwrap_or_default()
            }
        }))
    }

    /// The present value of each option's costs at given values of the uncertain inputs, in their order: for
    /// sensitivity indices of the same model.
    pub fn costs_at(&self, values: &[f64]) -> Vec<f64> {
        let mut scratch = self.kernel.scratch();
        for (input, value) in self.inputs.iter().zip(values) {
            *scratch.parameter(input.parameter) = [input.parameter_of(*value); LANES];
        }
        let mut found: Vec<Lane> = vec![[0.0; LANES]; self.ids.len()];
        self.kernel.present_costs(&mut scratch, &mut found);
        found.iter().map(|lane| lane[0]).collect()
    }

    /// The place of an option among those that take part.
    fn place(&self, option: &str) -> Result<usize, CostError> {
        self.ids.iter().position(|id| id == option).ok_or_else(|| {
            CostError::invalid(format!("options[{option}]"), "it is not among the options that can be ranked")
        })
    }
}

/// What the price of electricity was multiplied with to be in the study's currency.
fn exchanged(given: &Assumptions, converted: &Assumptions) -> f64 {
    let currency = given.electricity_price_per_kwh.map(|price| price.currency);
    let rate = given.exchange_rates.iter().find(|rate| currency == Some(rate.from) && rate.from != converted.currency);
    rate.map_or(1.0, |rate| rate.rate)
}

fn prepare(
    input: &UncertainInput,
    options: &[OptionInput],
    assumptions: &Assumptions,
    electricity_rate: f64,
) -> Result<Prepared, CostError> {
    if input.driver == Driver::Horizon {
        let problem = "the horizon is chosen, not drawn; compare horizons with a curve instead";
        return Err(CostError::invalid(input.driver.label(), problem));
    }
    let (low, high, allowed) = input.driver.range();
    let label = input.driver.label();
    let quantiles = QuantileTable::new(&input.distribution)?;
    let (at_low, at_high) = (quantiles.at(TOLERATED_TAIL), quantiles.at(1.0 - TOLERATED_TAIL));
    for end in [at_low, at_high] {
        if !(low..=high).contains(&end) {
            let problem = format!("the distribution reaches {end}, but a {label} must be {allowed}; narrow it");
            return Err(CostError::invalid(label, problem));
        }
    }
    let Some(now) = input.driver.value(options, assumptions) else {
        let problem = "no option that is ranked has it, or its value is unknown; only known inputs can be uncertain";
        return Err(CostError::invalid(label, problem));
    };
    let parameter = parameter::parameter(&input.driver, options);
    let Some(parameter) = parameter else { return Err(CostError::invalid(label, "its option is not ranked")) };
    let factor = match input.driver {
        Driver::Volume => 1.0 / now,
        Driver::ElectricityPrice => electricity_rate,
        _ => 1.0,
    };
    let (least, most) = quantiles.ends();
    let exceeds_range = least < low || most > high;
    Ok(Prepared { input: input.clone(), quantiles, parameter, range: (low, high), exceeds_range, factor })
}

impl Prepared {
    #[inline(always)]
    fn transform(&self, values: &mut [f64; DRAWN]) {
        self.quantiles.transform(values);
        if self.exceeds_range {
            let (low, high) = self.range;
            for value in values.iter_mut() {
                *value = value.max(low).min(high);
            }
        }
        if self.factor != 1.0 {
            values.iter_mut().for_each(|value| *value *= self.factor);
        }
    }
}
