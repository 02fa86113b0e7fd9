//! The value of knowing an input before deciding.

use serde::{Deserialize, Serialize};

use crate::evaluation::Driver;

/// What it would be worth to know one input exactly: the most a measurement of it may cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InformationValue {
    /// The input; `None` for knowing all of them.
    pub driver: Option<Driver>,
    /// Expected saving, in the study's currency: `min E[cost] - E[min E[cost | input]]`.
    pub expected_saving: f64,
    /// How probable it is that knowing it changes which option is chosen.
    pub changes_decision_probability: f64,
}

/// Strata of each input within which the expected costs are compared.
const STRATA: usize = 64;
/// A saving below this part of the cost is rounding.
const DUST: f64 = 1e-9;

/// Expected value of perfect information of all inputs and of each, the most valuable first. The latter is estimated
/// by stratifying the samples on the input (Strong & Oakley, Medical Decision Making 33(6), 2013), which overstates it
/// by the noise within strata: take thousands of samples.
pub(super) fn values(
    drivers: impl Iterator<Item = Driver>,
    costs: &[Vec<f64>],
    coordinate: impl Fn(usize, usize) -> f64,
) -> Vec<InformationValue> {
    let samples = costs.first().map_or(0, Vec::len);
    let n = samples as f64;
    let count = costs.len();
    let means: Vec<f64> = costs.iter().map(|costs| costs.iter().sum::<f64>() / n).collect();
    let chosen = lowest(&means);
    let lowest_mean = means.get(chosen).copied().unwrap_or_default();
    // What rounding leaves is no saving: sums over many samples differ in their last digits.
    let saving = |expected: f64| Some(lowest_mean - expected).filter(|s| *s > DUST * lowest_mean.abs()).unwrap_or(0.0);

    let mut knowing_all = Known::default();
    let mut at = vec![0.0; count];
    for sample in 0..samples {
        at.iter_mut().zip(costs).for_each(|(at, costs)| *at = costs[sample]);
        knowing_all.add(&at, 1.0, chosen);
    }
    let mut values: Vec<InformationValue> = drivers
        .enumerate()
        .map(|(input, driver)| {
            let mut sums = vec![0.0; STRATA * count];
            let mut sizes = [0.0; STRATA];
            for sample in 0..samples {
                let stratum = ((coordinate(input, sample) * STRATA as f64) as usize).min(STRATA - 1);
                sizes[stratum] += 1.0;
                for (option, costs) in costs.iter().enumerate() {
                    sums[stratum * count + option] += costs[sample];
                }
            }
            let mut known = Known::default();
            for (sums, size) in sums.chunks(count.max(1)).zip(sizes) {
                known.add(sums, size, chosen);
            }
            InformationValue {
                driver: Some(driver),
                expected_saving: saving(known.cost / n),
                changes_decision_probability: known.changed / n,
            }
        })
        .collect();
    values.sort_by(|a, b| b.expected_saving.total_cmp(&a.expected_saving));
    let knowing_all = InformationValue {
        driver: None,
        expected_saving: saving(knowing_all.cost / n),
        changes_decision_probability: knowing_all.changed / n,
    };
    values.insert(0, knowing_all);
    values
}

/// What is paid when the cheapest option is chosen with knowledge, summed over samples.
#[derive(Default)]
struct Known {
    cost: f64,
    changed: f64,
}

impl Known {
    /// Adds the costs of all options in `size` samples that are told apart from the others.
    fn add(&mut self, costs: &[f64], size: f64, chosen_without: usize) {
        let chosen = lowest(costs);
        let Some(cost) = costs.get(chosen) else { return };
        self.cost += cost;
        // Equally cheap options are no reason to change.
        if costs.get(chosen_without).is_some_and(|without| without > cost) {
            self.changed += size;
        }
    }
}

fn lowest(costs: &[f64]) -> usize {
    costs.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounding_leaves_is_no_saving() {
        for samples in 1_000..1_050 {
            let cheap: Vec<f64> = (0..samples).map(|i| 1e6 / 3.0 + 1e4 * f64::from(i).sin()).collect();
            let dear = cheap.iter().map(|cost| cost + 1e5).collect();
            let coordinate = |_: usize, sample: usize| (sample as f64 * 0.618).fract();
            let found = values([Driver::Pue].into_iter(), &[cheap, dear], coordinate);
            assert!(found.iter().all(|value| value.expected_saving == 0.0), "{found:?}");
        }
    }
}
