//! Which uncertain inputs drive an option's NPV.

use serde::{Deserialize, Serialize};

use super::parameter::{LANES, Lane};
use super::{Prepared, Simulation};
use crate::CostError;
use crate::evaluation::{Driver, DriverRange};
use crate::uncertainty::{Bar, Distribution, sobol_indices_of_batches, tornado};

/// How much of a result's variance is due to one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriverSensitivity {
    /// The input.
    pub driver: Driver,
    /// The part of the variance that it explains alone.
    pub first_order: f64,
    /// The part that remains when all others are known; more than the first where it acts together with others.
    pub total: f64,
}

/// Variance-based sensitivity of an option's NPV, or of its cost where there is no baseline or it is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// The option.
    pub option: String,
    /// Whether the result is the NPV against the baseline; else it is the present value of the costs.
    pub is_npv: bool,
    /// The variance of the result.
    pub variance: f64,
    /// The inputs, the largest total index first.
    pub drivers: Vec<DriverSensitivity>,
}

impl Simulation {
    /// What a result is the difference of: the baseline's costs, where there is one, and the option's.
    fn result_of(&self, option: &str) -> Result<(Option<usize>, usize), CostError> {
        let place = self.place(option)?;
        Ok((self.baseline.filter(|baseline| *baseline != place), place))
    }

    /// First-order and total Sobol indices of an option's NPV by each uncertain input, from `samples` points (a power
    /// of two, at most 65536) for each of the inputs and two more.
    ///
    /// # Errors
    /// An option that is not ranked, correlated inputs (a part of the variance then belongs to several), no uncertain
    /// inputs, or a result that does not vary.
    pub fn sensitivity(&self, option: &str, samples: u32, seed: u32) -> Result<Sensitivity, CostError> {
        if self.correlation.is_some() {
            let problem = "Sobol indices share out the variance among independent inputs; leave the correlation out";
            return Err(CostError::invalid("correlation", problem));
        }
        let (baseline, own) = self.result_of(option)?;
        // Those that err together are one input, drawn as the fraction below it.
        let leads: Vec<usize> = (0..self.inputs.len()).filter(|i| self.follows.get(*i) == Some(i)).collect();
        let is_shared = |lead: usize| self.follows.iter().filter(|follows| **follows == lead).count() > 1;
        let distributions: Vec<_> = leads
            .iter()
            .filter_map(|lead| Some((*lead, self.inputs.get(*lead)?)))
            .map(|(lead, input)| match is_shared(lead) {
                true => Distribution::Uniform { low: 0.0, high: 1.0 },
                false => input.input.distribution.clone(),
            })
            .collect();
        // Of each input its place among those, and whether its value is a fraction still.
        let place = |i: usize| {
            let lead = self.follows.get(i).copied().unwrap_or(i);
            (leads.iter().position(|known| *known == lead).unwrap_or_default(), is_shared(lead))
        };
        let places: Vec<(usize, bool)> = (0..self.inputs.len()).map(place).collect();
        let mut scratch = self.kernel.scratch();
        let mut found: Vec<Lane> = vec![[0.0; LANES]; self.ids.len()];
        let indices = sobol_indices_of_batches(&distributions, samples, seed, |points, results| {
            for (points, results) in points.chunks(LANES).zip(results.chunks_mut(LANES)) {
                for (input, (place, is_shared)) in self.inputs.iter().zip(&places) {
                    let lane = scratch.parameter(input.parameter);
                    for (value, point) in lane.iter_mut().zip(points) {
                        let drawn = point.get(*place).copied().unwrap_or_default();
                        *value = input.parameter_of(if *is_shared { input.quantiles.at(drawn) } else { drawn });
                    }
                }
                self.kernel.present_costs(&mut scratch, &mut found);
                for (lane, result) in results.iter_mut().enumerate() {
                    *result = baseline.map_or(0.0, |baseline| found[baseline][lane]) - found[own][lane];
                }
            }
        })?;
        let mut drivers: Vec<DriverSensitivity> = leads
            .iter()
            .filter_map(|lead| self.inputs.get(*lead))
            .zip(indices.first_order.iter().zip(&indices.total))
            .map(|(input, (first_order, total))| DriverSensitivity {
                driver: input.input.driver.clone(),
                first_order: *first_order,
                total: *total,
            })
            .collect();
        drivers.sort_by(|a, b| b.total.total_cmp(&a.total));
        Ok(Sensitivity { option: option.to_owned(), is_npv: baseline.is_some(), variance: indices.variance, drivers })
    }

    /// The P10 and the P90 of each uncertain input: the ranges of a tornado.
    pub fn p10_p90_ranges(&self) -> Vec<DriverRange> {
        self.inputs.iter().map(Prepared::p10_p90).collect()
    }

    /// A tornado of an option's NPV (of the present value of its costs where there is no baseline or it is one): each
    /// uncertain input at its P10 and at its P90, all others as the study assumes them; the widest bar first.
    ///
    /// # Errors
    /// An option that is not ranked.
    pub fn tornado(&self, option: &str) -> Result<Vec<Bar>, CostError> {
        let (baseline, place) = self.result_of(option)?;
        let ranges = self.p10_p90_ranges();
        let named: Vec<_> = ranges.iter().map(|range| (range.driver.full_label(), range.low, range.high)).collect();
        let mut found: Vec<Lane> = vec![[0.0; LANES]; self.ids.len()];
        tornado(&named, |i, value| {
            let mut scratch = self.kernel.scratch();
            if let Some(input) = self.inputs.get(i) {
                *scratch.parameter(input.parameter) = [input.parameter_of(value); LANES];
            }
            self.kernel.present_costs(&mut scratch, &mut found);
            Ok(match baseline {
                Some(baseline) => found[baseline][0] - found[place][0],
                None => found[place][0],
            })
        })
    }
}

impl Prepared {
    /// The parameter that a value of the input makes.
    pub(super) fn parameter_of(&self, value: f64) -> f64 {
        value.clamp(self.range.0, self.range.1) * self.factor
    }

    fn p10_p90(&self) -> DriverRange {
        let at = |p: f64| self.quantiles.at(p).clamp(self.range.0, self.range.1);
        DriverRange { driver: self.input.driver.clone(), low: at(0.1), high: at(0.9) }
    }
}
