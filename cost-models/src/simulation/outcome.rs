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
    let [p10, p50, p90] = deciles(values);
    Spread { mean: origin + mean, sd, standard_error: sd / n.sqrt(), p10, p50, p90 }
}

/// The tenth, the half and the nine tenths.
fn deciles(values: &mut [f64]) -> [f64; 3] {
    let ranks = [0.1, 0.5, 0.9].map(|q| q * (values.len() as f64 - 1.0));
    if values.len() < 20 {
        return ranks.map(|rank| quantile(values, rank));
    }
    // Each selection leaves the smaller values before the larger ones, so the outer ones look at a part only.
    let p50 = quantile(values, ranks[1]);
    let middle = ranks[1] as usize + 1;
    let (below, above) = values.split_at_mut(middle);
    [quantile(below, ranks[0]), p50, quantile(above, ranks[2] - middle as f64)]
}

/// The quantile of type 7 at a fractional rank, by selection instead of sorting.
fn quantile(values: &mut [f64], rank: f64) -> f64 {
    let below = rank.max(0.0).floor();
    if below as usize >= values.len() {
        return 0.0;
    }
    let (_, low, above) = values.select_nth_unstable_by(below as usize, f64::total_cmp);
    let low = *low;
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    if next.is_finite() { low + (rank - below) * (next - low) } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uncertainty::quantile_type7;

    #[test]
    fn the_quantiles_are_of_type_7() {
        for count in 1..60u32 {
            let values: Vec<f64> = (0..count).map(|i| f64::from(i * 37 % 61)).collect();
            let found = spread(&mut values.clone());
            for (q, found) in [(0.1, found.p10), (0.5, found.p50), (0.9, found.p90)] {
                assert!((found - quantile_type7(&values, q).unwrap()).abs() < 1e-9, "{count} {q}");
            }
        }
    }
}
