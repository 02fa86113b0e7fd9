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
}

/// Strata of each input within which the expected costs are compared.
const STRATA: usize = 64;

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
    let lowest_mean = costs.iter().map(|costs| costs.iter().sum::<f64>() / n).fold(f64::INFINITY, f64::min);
    let saving = |expected: f64| (lowest_mean - expected).max(0.0);

    let knowing_all: f64 = (0..samples)
        .map(|sample| costs.iter().filter_map(|costs| costs.get(sample)).copied().fold(f64::INFINITY, f64::min))
        .sum::<f64>()
        / n;
    let mut values: Vec<InformationValue> = drivers
        .enumerate()
        .map(|(input, driver)| {
            let mut sums = vec![0.0; STRATA * count];
            for sample in 0..samples {
                let stratum = ((coordinate(input, sample) * STRATA as f64) as usize).min(STRATA - 1);
                for (option, costs) in costs.iter().enumerate() {
                    sums[stratum * count + option] += costs[sample];
                }
            }
            let expected: f64 = sums
                .chunks(count.max(1))
                .map(|options| options.iter().copied().fold(f64::INFINITY, f64::min))
                .sum::<f64>()
                / n;
            InformationValue { driver: Some(driver), expected_saving: saving(expected) }
        })
        .collect();
    values.sort_by(|a, b| b.expected_saving.total_cmp(&a.expected_saving));
    values.insert(0, InformationValue { driver: None, expected_saving: saving(knowing_all) });
    values
}
