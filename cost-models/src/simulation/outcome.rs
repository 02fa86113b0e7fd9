//! What many samples say.

use serde::{Deserialize, Serialize};

/// The distribution of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Standard error of the mean, `sd / sqrt(n)`: an upper bound, for the samples are stratified.
    pub standard_error: f64,
    /// A tenth of the samples is below.
    pub p10: f64,
    /// Half of the samples is below.
    pub p50: f64,
    /// Nine tenths of the samples are below.
    pub p90: f64,
}

/// What the samples say of one option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionOutcome {
    /// The option.
    pub id: String,
    /// Present value of its costs.
    pub cost: Spread,
    /// NPV against the baseline; `None` for the baseline and without one.
    pub npv: Option<Spread>,
    /// Fraction of the samples with an NPV above 0.
    pub positive_npv_probability: Option<f64>,
    /// Fraction of the samples in which it has the lowest cost; equals share.
    pub best_probability: f64,
}

/// The outcome of a simulation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many samples were drawn.
    pub samples: usize,
    /// With which seed.
    pub seed: u64,
    /// The options that took part.
    pub options: Vec<OptionOutcome>,
}

pub(super) fn summarise(ids: &[String], baseline: Option<usize>, costs: &[Vec<f64>], seed: u64) -> Outcome {
    let samples = costs.first().map_or(0, Vec::len);
    let best = best_probabilities(costs, samples);
    let mut work = Vec::with_capacity(samples);
    let baseline_costs = baseline.and_then(|i| costs.get(i));
    let options = ids
        .iter()
        .zip(costs)
        .zip(best)
        .enumerate()
        .map(|(i, ((id, costs_of), best_probability))| {
            work.clear();
            work.extend_from_slice(costs_of);
            let cost = spread(&mut work);
            let against = baseline_costs.filter(|_| baseline != Some(i));
            let npv = against.map(|theirs| {
                work.clear();
                work.extend(theirs.iter().zip(costs_of).map(|(theirs, ours)| theirs - ours));
                let positive = work.iter().filter(|npv| **npv > 0.0).count() as f64 / samples as f64;
                (spread(&mut work), positive)
            });
            OptionOutcome {
                id: id.clone(),
                cost,
                npv: npv.map(|(spread, _)| spread),
                positive_npv_probability: npv.map(|(_, positive)| positive),
                best_probability,
            }
        })
        .collect();
    Outcome { samples, seed, options }
}

fn best_probabilities(costs: &[Vec<f64>], samples: usize) -> Vec<f64> {
    let mut wins = vec![0.0; costs.len()];
    for sample in 0..samples {
        let at = |costs: &Vec<f64>| costs.get(sample).copied().unwrap_or(f64::INFINITY);
        let lowest = costs.iter().map(at).fold(f64::INFINITY, f64::min);
        let sharing = costs.iter().filter(|costs| at(costs) == lowest).count() as f64;
        for (wins, costs) in wins.iter_mut().zip(costs) {
            if at(costs) == lowest {
                *wins += 1.0 / sharing;
            }
        }
    }
    wins.iter().map(|wins| wins / samples as f64).collect()
}

/// Reorders the values.
fn spread(values: &mut [f64]) -> Spread {
    let n = values.len() as f64;
    // About the first value: figures far from 0 keep their digits.
    let origin = values.first().copied().unwrap_or_default();
    let (sum, squares) = values.iter().fold((0.0, 0.0), |(sum, squares), value| {
        let distance = value - origin;
        (sum + distance, squares + distance * distance)
    });
    let mean = sum / n;
    let variance = if values.len() > 1 { ((squares - n * mean * mean) / (n - 1.0)).max(0.0) } else { 0.0 };
    let sd = variance.sqrt();
    let p50 = quantile(values, 0.5);
    let (p10, p90) = (quantile(values, 0.1), quantile(values, 0.9));
    Spread { mean: origin + mean, sd, standard_error: sd / n.sqrt(), p10, p50, p90 }
}

/// The quantile of type 7, by selection instead of sorting.
fn quantile(values: &mut [f64], q: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let position = q * last as f64;
    let below = position.floor() as usize;
    let (_, low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    if next.is_finite() { low + (position - below as f64) * (next - low) } else { low }
}
