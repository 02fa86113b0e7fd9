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
            let cost = spread(costs_of);
            let against = baseline_costs.filter(|_| baseline != Some(i));
            let npv = against.map(|theirs| {
                work.clear();
                work.extend(theirs.iter().zip(costs_of).map(|(theirs, ours)| theirs - ours));
                let positive = work.iter().filter(|npv| **npv > 0.0).count() as f64 / samples as f64;
                (spread(&work), positive)
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

/// Samples that are looked at together.
const BLOCK: usize = 512;

fn best_probabilities(costs: &[Vec<f64>], samples: usize) -> Vec<f64> {
    let mut wins = vec![0.0; costs.len()];
    let (mut lowest, mut share) = ([0.0; BLOCK], [0.0; BLOCK]);
    for start in (0..samples).step_by(BLOCK) {
        let end = (start + BLOCK).min(samples);
        let in_block = || costs.iter().map(|costs| costs.get(start..end).unwrap_or_default());
        lowest.fill(f64::INFINITY);
        share.fill(0.0);
        for costs in in_block() {
            lowest.iter_mut().zip(costs).for_each(|(lowest, cost)| *lowest = cost.min(*lowest));
        }
        for costs in in_block() {
            let sharing = share.iter_mut().zip(lowest.iter().zip(costs));
            sharing.for_each(|(share, (lowest, cost))| *share += if cost == lowest { 1.0 } else { 0.0 });
        }
        for (wins, costs) in wins.iter_mut().zip(in_block()) {
            let won = share.iter().zip(lowest.iter().zip(costs));
            *wins += won.map(|(share, (lowest, cost))| if cost == lowest { 1.0 / share } else { 0.0 }).sum::<f64>();
        }
    }
    wins.iter().map(|wins| wins / samples as f64).collect()
}

/// Sums that are kept side by side: they vectorise, and lose fewer digits than one.
const SUMS: usize = 16;

fn spread(values: &[f64]) -> Spread {
    let n = values.len() as f64;
    // About the first value: figures far from 0 keep their digits.
    let origin = values.first().copied().unwrap_or_default();
    let (mut sums, mut squares) = ([0.0; SUMS], [0.0; SUMS]);
    let (mut lows, mut highs) = ([origin; SUMS], [origin; SUMS]);
    for values in values.chunks(SUMS) {
        for (i, value) in values.iter().enumerate() {
            let distance = value - origin;
            sums[i] += distance;
            squares[i] += distance * distance;
            lows[i] = if *value < lows[i] { *value } else { lows[i] };
            highs[i] = if *value > highs[i] { *value } else { highs[i] };
        }
    }
    let mean = sums.iter().sum::<f64>() / n;
    let squares: f64 = squares.iter().sum();
    let variance = if values.len() > 1 { ((squares - n * mean * mean) / (n - 1.0)).max(0.0) } else { 0.0 };
    let sd = variance.sqrt();
    let low = lows.into_iter().fold(origin, f64::min);
    let high = highs.into_iter().fold(origin, f64::max);
    let [p10, p50, p90] = quantiles(values, low, high, [0.1, 0.5, 0.9]);
    Spread { mean: origin + mean, sd, standard_error: sd / n.sqrt(), p10, p50, p90 }
}

/// Cells between the lowest and the highest value in which values are counted.
const CELLS: usize = 2048;

/// The quantiles of type 7 at some fractions. Values are counted by cells, so that only those of the cells in which a
/// quantile lies need sorting.
fn quantiles<const N: usize>(values: &[f64], low: f64, high: f64, fractions: [f64; N]) -> [f64; N] {
    let Some(last) = values.len().checked_sub(1) else { return [0.0; N] };
    let scale = CELLS as f64 / (high - low);
    if !(scale.is_finite() && scale > 0.0) {
        return [low; N];
    }
    let cell = |value: f64| (((value - low) * scale) as usize).min(CELLS - 1);
    let mut counts = [0usize; CELLS];
    for value in values {
        counts[cell(*value)] += 1;
    }
    let ranks = fractions.map(|fraction| fraction.clamp(0.0, 1.0) * last as f64);
    // The cells that hold the values below and above each rank.
    let mut is_wanted = [false; CELLS];
    let mut before = 0;
    for (count, is_wanted) in counts.iter().zip(&mut is_wanted) {
        let holds = |rank: usize| (before..before + count).contains(&rank.min(last));
        *is_wanted = ranks.iter().any(|rank| holds(*rank as usize) || holds(*rank as usize + 1));
        before += count;
    }
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| is_wanted[cell(*value)]).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    ranks.map(|rank| {
        let below = rank as usize;
        // Where a value stands among the wanted ones: without those of the cells before it that are not.
        let place = |rank: usize| {
            let (mut before, mut left_out) = (0, 0);
            for (count, is_wanted) in counts.iter().zip(&is_wanted) {
                if before + count > rank {
                    break;
                }
                left_out += if *is_wanted { 0 } else { *count };
                before += count;
            }
            sorted.get(rank - left_out).copied().unwrap_or(high)
        };
        let (low, high) = (place(below), place((below + 1).min(last)));
        low + (rank - below as f64) * (high - low)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uncertainty::quantile_type7;

    #[test]
    fn the_quantiles_are_of_type_7() {
        for count in 1..60u32 {
            let values: Vec<f64> = (0..count).map(|i| f64::from(i * 37 % 61)).collect();
            let found = spread(&values);
            for (q, found) in [(0.1, found.p10), (0.5, found.p50), (0.9, found.p90)] {
                assert!((found - quantile_type7(&values, q).unwrap()).abs() < 1e-9, "{count} {q}");
            }
        }
    }
}
