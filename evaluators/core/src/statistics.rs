//! Statistics of latency samples. An undefined statistic is `None`, never NaN or zero.

use serde::{Deserialize, Serialize};

/// Summary of the samples of one measurement, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Number of samples.
    pub count: usize,
    /// Effective number of independent samples, from the lag-1 autocorrelation; needs 3 samples.
    pub effective_count: Option<f64>,
    /// Smallest.
    pub min_secs: f64,
    /// Median.
    pub median_secs: f64,
    /// Arithmetic mean.
    pub mean_secs: f64,
    /// Empirical 90th percentile (type 7); needs 10 samples.
    pub p90_secs: Option<f64>,
    /// Empirical 95th percentile; needs 20 samples.
    pub p95_secs: Option<f64>,
    /// Empirical 99th percentile; needs 100 samples.
    pub p99_secs: Option<f64>,
    /// Certified 90th percentile; see [`certified_percentile`].
    pub certified_p90_secs: Option<f64>,
    /// Certified 99th percentile.
    pub certified_p99_secs: Option<f64>,
    /// Sample standard deviation; needs 2 samples.
    pub standard_deviation_secs: Option<f64>,
    /// Standard deviation over mean.
    pub relative_noise: Option<f64>,
    /// 95 % confidence interval of the median.
    pub median_interval_secs: Option<(f64, f64)>,
}

impl Statistics {
    /// Summarises samples; `None` when there are none.
    pub fn of(samples_secs: &[f64]) -> Option<Self> {
        let mut sorted = samples_secs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (&min_secs, count) = (sorted.first()?, sorted.len());
        let mean_secs = sorted.iter().sum::<f64>() / count as f64;
        let deviation = standard_deviation(samples_secs);
        let percentile = |p: f64, floor: usize| (count >= floor).then(|| quantile(&sorted, p)).flatten();
        Some(Self {
            count,
            effective_count: effective_count(samples_secs),
            min_secs,
            median_secs: quantile(&sorted, 0.5)?,
            mean_secs,
            p90_secs: percentile(0.90, 10),
            p95_secs: percentile(0.95, 20),
            p99_secs: percentile(0.99, 100),
            certified_p90_secs: certified_percentile(&sorted, 0.90),
            certified_p99_secs: certified_percentile(&sorted, 0.99),
            standard_deviation_secs: deviation,
            relative_noise: deviation.filter(|_| mean_secs > 0.0).map(|d| d / mean_secs),
            median_interval_secs: median_interval(&sorted),
        })
    }
}

/// Quantile of sorted values by linear interpolation (Hyndman and Fan 1996, type 7, the default of NumPy and Excel).
/// `p` from 0 to 1; `None` for no values.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = p.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    let (a, b) = (*sorted.get(low)?, *sorted.get(high)?);
    Some(a + (b - a) * (position - low as f64))
}

/// Sample standard deviation (n - 1); `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Number of independent samples worth as much as these: `n (1 - r) / (1 + r)` with the lag-1 autocorrelation `r`
/// (Bayley and Hammersley 1946, first-order autoregression), at most `n`, at least 1.
pub fn effective_count(values: &[f64]) -> Option<f64> {
    let n = values.len();
    if n < 3 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    if variance <= 0.0 {
        return Some(n as f64);
    }
    let covariance = values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>();
    let r = (covariance / variance).clamp(0.0, 0.999);
    Some((n as f64 * (1.0 - r) / (1.0 + r)).max(1.0))
}

/// 95 % confidence interval of the median from order statistics (Conover 1999, normal approximation of the binomial);
/// needs 6 samples, below which no interval reaches 95 %.
pub fn median_interval(sorted: &[f64]) -> Option<(f64, f64)> {
    let n = sorted.len();
    if n < 6 {
        return None;
    }
    let half_width = 1.96 * (n as f64).sqrt() / 2.0;
    let low = (n as f64 / 2.0 - half_width).floor().max(1.0) as usize;
    let high = n + 1 - low;
    Some((*sorted.get(low - 1)?, *sorted.get(high - 1)?))
}

/// Confidence of [`certified_percentile`].
pub const CERTIFIED_CONFIDENCE: f64 = 0.99;

/// A latency that the given percentile does not exceed with a confidence of 99 %.
///
/// MLPerf LoadGen's early stopping (Banbury et al. 2021; mlcommons/inference `early_stopping.cc`): the `t`-th largest
/// of `n` samples certifies percentile `p` when the binomial tail `P(X <= t - 1; n, 1 - p)` is at most
/// `1 - confidence`. The largest such `t` is used. `None` when even the maximum proves nothing: p90 needs 44 samples
/// for that, and MLPerf asks for the floors of 64 (p90) and 662 (p99) that [`minimum_certified`] gives.
pub fn certified_percentile(sorted: &[f64], p: f64) -> Option<f64> {
    let n = sorted.len();
    if n < minimum_certified(p) {
        return None;
    }
    let allowed = 1.0 - CERTIFIED_CONFIDENCE;
    // Walk the tail upwards; its terms follow from each other. In logarithms, since (p)^n underflows.
    let mut log_term = n as f64 * p.ln();
    let mut cumulative = log_term.exp();
    let mut certified = None;
    let mut over = 0;
    while cumulative <= allowed && over < n {
        certified = Some(over);
        log_term += ((n - over) as f64).ln() - ((over + 1) as f64).ln() + ((1.0 - p) / p).ln();
        over += 1;
        cumulative += log_term.exp();
    }
    sorted.get(n - 1 - certified?).copied()
}

/// The fewest samples for which MLPerf's early stopping certifies a percentile: those that allow one sample over it.
pub fn minimum_certified(p: f64) -> usize {
    let allowed = 1.0 - CERTIFIED_CONFIDENCE;
    let tail = |n: f64| p.powf(n) + n * (1.0 - p) * p.powf(n - 1.0);
    let mut n = 2;
    while tail(f64::from(n)) > allowed && n < 1_000_000 {
        n += 1;
    }
    n as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_match_numpy() {
        // numpy.percentile([1, 2, 3, 4, 10], [25, 50, 90]) = [2, 3, 7.6]
        let sorted = [1.0, 2.0, 3.0, 4.0, 10.0];
        assert_eq!(quantile(&sorted, 0.25), Some(2.0));
        assert_eq!(quantile(&sorted, 0.5), Some(3.0));
        assert!((quantile(&sorted, 0.9).unwrap() - 7.6).abs() < 1e-12);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn the_floors_of_mlperf() {
        // MLPerf inference rules, early stopping: 64 queries for p90 and 662 for p99 at a confidence of 0.99.
        assert_eq!(minimum_certified(0.90), 64);
        assert_eq!(minimum_certified(0.99), 662);
    }

    #[test]
    fn below_the_floor_nothing_is_certified() {
        let samples: Vec<f64> = (0..661).map(f64::from).collect();
        assert_eq!(certified_percentile(&samples, 0.99), None);
        let samples: Vec<f64> = (0..662).map(f64::from).collect();
        // One sample may lie over it: the second largest is certified.
        assert_eq!(certified_percentile(&samples, 0.99), Some(660.0));
    }

    #[test]
    fn certification_holds_at_its_confidence() {
        // Draw from a uniform distribution: its true p90 is 0.9; a certified value lies below it in at most 1 %.
        let mut generator = crate::data::SplitMix64::for_tensor(11, "certified");
        let mut below = 0;
        for _ in 0..4000 {
            let mut samples: Vec<f64> = (0..300).map(|_| generator.next_u64() as f64 / u64::MAX as f64).collect();
            samples.sort_by(f64::total_cmp);
            if certified_percentile(&samples, 0.9).unwrap() < 0.9 {
                below += 1;
            }
        }
        assert!((1..=60).contains(&below), "{below} of 4000");
    }

    #[test]
    fn few_samples_leave_much_undefined() {
        let one = Statistics::of(&[1.0]).unwrap();
        assert_eq!((one.standard_deviation_secs, one.p90_secs, one.median_interval_secs), (None, None, None));
        assert_eq!(Statistics::of(&[]), None);
    }

    #[test]
    fn correlated_samples_count_for_fewer() {
        let slow: Vec<f64> = (0..200).map(|i| (f64::from(i) / 30.0).sin()).collect();
        assert!(effective_count(&slow).unwrap() < 20.0);
        let alternating: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
        assert_eq!(effective_count(&alternating), Some(200.0));
    }

    #[test]
    fn the_median_interval_covers_the_median() {
        let mut generator = crate::data::SplitMix64::for_tensor(5, "interval");
        let mut covered = 0;
        for _ in 0..2000 {
            let mut samples: Vec<f64> = (0..51).map(|_| generator.next_u64() as f64 / u64::MAX as f64).collect();
            samples.sort_by(f64::total_cmp);
            let (low, high) = median_interval(&samples).unwrap();
            covered += usize::from(low <= 0.5 && 0.5 <= high);
        }
        assert!(covered >= 1900, "{covered} of 2000");
    }
}
