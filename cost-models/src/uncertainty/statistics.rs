//! Quantiles and errors of samples.

use crate::error::{CostError, answer, check, finite_list, fraction, non_negative};

/// The quantile of type 7 (linear, Excel's `PERCENTILE.INC`, NumPy's default) at the fraction `q`.
///
/// Source: Hyndman & Fan, The American Statistician 50(4), 1996.
///
/// # Errors
/// An empty list, a number that is not finite, a fraction outside [0, 1].
pub fn quantile_type7(data: &[f64], q: f64) -> Result<f64, CostError> {
    finite_list("data", data)?;
    fraction("q", q)?;
    let mut sorted = data.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_sorted(&sorted, q).ok_or_else(|| CostError::invalid("data", "the list is empty"))
}

/// [`quantile_type7`] of data in ascending order; `None` for an empty list.
pub fn quantile_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    let position = q.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)? as f64);
    let below = position.floor();
    let low = *sorted.get(below as usize)?;
    let high = sorted.get(below as usize + 1).copied().unwrap_or(low);
    Some(low + (position - below) * (high - low))
}

/// The standard error of a Monte Carlo mean, `sd / sqrt(n)`. Report it with the seed.
///
/// Stratified samples do better, so for them it is an upper bound.
///
/// # Errors
/// A negative deviation, fewer than one sample.
pub fn mc_standard_error(sd: f64, n: f64) -> Result<f64, CostError> {
    non_negative("sd", sd)?;
    check("n", n, n.is_finite() && n >= 1.0, "1 or more")?;
    answer("mc_standard_error", sd / n.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbook_quantiles() {
        let data = [50.0, 15.0, 35.0, 20.0, 40.0];
        for (q, expected) in [(0.0, 15.0), (0.05, 16.0), (0.3, 23.0), (0.4, 29.0), (0.5, 35.0), (1.0, 50.0)] {
            assert!((quantile_type7(&data, q).unwrap() - expected).abs() < 1e-12);
        }
        assert_eq!(quantile_sorted(&[], 0.5), None);
        assert_eq!(quantile_sorted(&[7.0], 0.3), Some(7.0));
    }

    #[test]
    fn four_times_the_samples_halve_the_error() {
        assert_eq!(mc_standard_error(12.5, 10_000.0), Ok(0.125));
        assert_eq!(mc_standard_error(12.5, 0.0).unwrap_err().field(), "n");
    }
}
