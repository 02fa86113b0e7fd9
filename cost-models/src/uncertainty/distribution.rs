//! Distributions that an input may have.

use serde::{Deserialize, Serialize};

use super::{beta_ppf, normal_ppf, quantile_sorted};
use crate::error::{CostError, check, finite, finite_list, non_negative, positive};

/// An input that is not one number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "distribution")]
pub enum Distribution {
    /// Any value between the ends alike.
    Uniform {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, 0 or above.
        sd: f64,
    },
    /// Lognormal, for what cannot be negative.
    Lognormal {
        /// Mean of the values themselves, above 0.
        mean: f64,
        /// Coefficient of variation, 0 or above.
        cv: f64,
    },
    /// Triangular.
    Triangular {
        /// The lower end.
        low: f64,
        /// The likeliest value.
        mode: f64,
        /// The upper end.
        high: f64,
    },
    /// PERT: a smoother triangle, `Beta(1 + l (m - a)/(b - a), 1 + l (b - m)/(b - a))` between the ends.
    Pert {
        /// The lower end.
        low: f64,
        /// The likeliest value.
        mode: f64,
        /// The upper end.
        high: f64,
        /// Weight `l` of the likeliest value; 4 is usual.
        #[serde(default = "usual_lambda")]
        lambda: f64,
    },
    /// Measured samples: their quantiles of type 7.
    Empirical {
        /// The samples, in any order.
        samples: Vec<f64>,
    },
}

fn usual_lambda() -> f64 {
    4.0
}

/// Mean and variance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Mean.
    pub mean: f64,
    /// Variance.
    pub variance: f64,
}

/// `mu` and `sigma` of the logarithm, for a lognormal of this mean and coefficient of variation:
/// `sigma^2 = ln(1 + cv^2)`, `mu = ln(mean) - sigma^2 / 2`.
///
/// # Errors
/// A mean not above 0, a negative coefficient.
pub fn lognormal_parameters(mean: f64, cv: f64) -> Result<(f64, f64), CostError> {
    positive("mean", mean)?;
    non_negative("cv", cv)?;
    let variance = (cv * cv).ln_1p();
    Ok((mean.ln() - 0.5 * variance, variance.sqrt()))
}

/// `alpha` and `beta` of a PERT distribution.
///
/// # Errors
/// Ends in the wrong order, a mode outside them, a weight below 0.
pub fn pert_shape(low: f64, mode: f64, high: f64, lambda: f64) -> Result<(f64, f64), CostError> {
    three_points(low, mode, high)?;
    check("high", high, high > low, "above the lower end")?;
    non_negative("lam", lambda)?;
    let width = high - low;
    Ok((1.0 + lambda * (mode - low) / width, 1.0 + lambda * (high - mode) / width))
}

fn three_points(low: f64, mode: f64, high: f64) -> Result<(), CostError> {
    finite("low", low)?;
    finite("mode", mode)?;
    finite("high", high)?;
    check("high", high, high >= low, "at least the lower end")?;
    check("mode", mode, (low..=high).contains(&mode), "between the ends").map(|_| ())
}

impl Distribution {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Names the parameter and its range.
    pub fn validated(&self) -> Result<(), CostError> {
        match self {
            Self::Uniform { low, high } => three_points(*low, *low, *high),
            Self::Normal { mean, sd } => {
                finite("mean", *mean)?;
                non_negative("sd", *sd).map(|_| ())
            }
            Self::Lognormal { mean, cv } => lognormal_parameters(*mean, *cv).map(|_| ()),
            Self::Triangular { low, mode, high } => three_points(*low, *mode, *high),
            Self::Pert { low, mode, high, lambda } => {
                three_points(*low, *mode, *high)?;
                non_negative("lambda", *lambda).map(|_| ())
            }
            Self::Empirical { samples } => finite_list("samples", samples),
        }
    }

    /// The value that a fraction `p` of the draws does not exceed.
    ///
    /// # Errors
    /// Parameters outside their range, or `p` not between 0 and 1 (both excluded where the ends are infinite).
    pub fn quantile(&self, p: f64) -> Result<f64, CostError> {
        crate::error::fraction("q", p)?;
        let value = Quantiles::new(self)?.at(p);
        check("q", p, value.is_finite(), "above 0 and below 1: the distribution has no end there")?;
        Ok(value)
    }

    /// Mean and variance, exactly. PERT's variance is `(mean - a)(b - mean) / (lambda + 3)`, not `((b - a)/6)^2`.
    ///
    /// # Errors
    /// Parameters outside their range.
    pub fn moments(&self) -> Result<Moments, CostError> {
        self.validated()?;
        Ok(match self {
            Self::Uniform { low, high } => Moments { mean: 0.5 * (low + high), variance: (high - low).powi(2) / 12.0 },
            Self::Normal { mean, sd } => Moments { mean: *mean, variance: sd * sd },
            Self::Lognormal { mean, cv } => Moments { mean: *mean, variance: (mean * cv).powi(2) },
            Self::Triangular { low, mode, high } => {
                let mean = (low + mode + high) / 3.0;
                let squares = low * low + mode * mode + high * high;
                Moments { mean, variance: (squares - low * mode - low * high - mode * high) / 18.0 }
            }
            Self::Pert { low, mode, high, lambda } => {
                let mean = (low + lambda * mode + high) / (lambda + 2.0);
                Moments { mean, variance: (mean - low) * (high - mean) / (lambda + 3.0) }
            }
            Self::Empirical { samples } => {
                // The moments of the quantile function itself, which is linear between the order statistics.
                let mut sorted = samples.clone();
                sorted.sort_by(f64::total_cmp);
                let pieces = sorted.len().saturating_sub(1).max(1) as f64;
                let ends = |i: usize| (sorted[i], sorted.get(i + 1).copied().unwrap_or(sorted[i]));
                let count = sorted.len().saturating_sub(1).max(1);
                let mean = (0..count).map(&ends).map(|(a, b)| 0.5 * (a + b)).sum::<f64>() / pieces;
                let about = |a: f64, b: f64| ((a - mean).powi(2) + (a - mean) * (b - mean) + (b - mean).powi(2)) / 3.0;
                let variance = (0..count).map(&ends).map(|(a, b)| about(a, b)).sum::<f64>() / pieces;
                Moments { mean, variance }
            }
        })
    }
}

/// A distribution made ready for many quantiles.
#[derive(Clone, Debug)]
pub(crate) enum Quantiles {
    Linear { low: f64, width: f64 },
    Normal { mean: f64, sd: f64 },
    Lognormal { mu: f64, sigma: f64 },
    Triangular { low: f64, high: f64, at_mode: f64, rising: f64, falling: f64 },
    Beta { low: f64, width: f64, alpha: f64, beta: f64 },
    Sorted(Vec<f64>),
}

impl Quantiles {
    pub(crate) fn new(distribution: &Distribution) -> Result<Self, CostError> {
        distribution.validated()?;
        Ok(match distribution {
            Distribution::Uniform { low, high } => Self::Linear { low: *low, width: high - low },
            Distribution::Normal { mean, sd } => Self::Normal { mean: *mean, sd: *sd },
            Distribution::Lognormal { mean, cv } => {
                let (mu, sigma) = lognormal_parameters(*mean, *cv)?;
                Self::Lognormal { mu, sigma }
            }
            Distribution::Triangular { low, mode, high } | Distribution::Pert { low, mode, high, .. }
                if low == high =>
            {
                Self::Linear { low: *mode, width: 0.0 }
            }
            Distribution::Triangular { low, mode, high } => {
                let width = high - low;
                Self::Triangular {
                    low: *low,
                    high: *high,
                    at_mode: (mode - low) / width,
                    rising: width * (mode - low),
                    falling: width * (high - mode),
                }
            }
            Distribution::Pert { low, mode, high, lambda } => {
                let (alpha, beta) = pert_shape(*low, *mode, *high, *lambda)?;
                Self::Beta { low: *low, width: high - low, alpha, beta }
            }
            Distribution::Empirical { samples } => {
                let mut sorted = samples.clone();
                sorted.sort_by(f64::total_cmp);
                Self::Sorted(sorted)
            }
        })
    }

    #[inline]
    pub(crate) fn at(&self, p: f64) -> f64 {
        match self {
            Self::Linear { low, width } => low + width * p,
            Self::Normal { sd: 0.0, mean } => *mean,
            Self::Normal { mean, sd } => mean + sd * normal_ppf(p),
            Self::Lognormal { mu, sigma: 0.0 } => mu.exp(),
            Self::Lognormal { mu, sigma } => (mu + sigma * normal_ppf(p)).exp(),
            Self::Triangular { low, high, at_mode, rising, falling } => {
                if p < *at_mode {
                    low + (p * rising).sqrt()
                } else {
                    high - ((1.0 - p) * falling).sqrt()
                }
            }
            Self::Beta { low, width, alpha, beta } => low + width * beta_ppf(p, *alpha, *beta),
            Self::Sorted(sorted) => quantile_sorted(sorted, p).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Distribution> {
        vec![
            Distribution::Uniform { low: -1.0, high: 3.0 },
            Distribution::Normal { mean: 5.0, sd: 2.0 },
            Distribution::Lognormal { mean: 100.0, cv: 0.4 },
            Distribution::Triangular { low: 1.0, mode: 2.0, high: 5.0 },
            Distribution::Pert { low: 1.0, mode: 2.0, high: 5.0, lambda: 4.0 },
            Distribution::Empirical { samples: vec![3.0, 1.0, 2.0, 7.0, 5.0] },
        ]
    }

    #[test]
    fn the_moments_are_those_of_the_quantiles() {
        for distribution in all() {
            let moments = distribution.moments().unwrap();
            let count = 200_000;
            let quantiles = Quantiles::new(&distribution).unwrap();
            let values: Vec<f64> = (0..count).map(|i| quantiles.at((f64::from(i) + 0.5) / f64::from(count))).collect();
            let mean = values.iter().sum::<f64>() / f64::from(count);
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(count);
            assert!((mean - moments.mean).abs() < 1e-3 * moments.mean.abs().max(1.0), "{distribution:?}");
            assert!((variance / moments.variance - 1.0).abs() < 2e-3, "{distribution:?}: {variance}");
        }
    }

    #[test]
    fn known_quantiles() {
        let pert = &all()[4];
        assert!((pert.quantile(0.05).unwrap() - 1.305_761_565_649_315_6).abs() < 1e-9);
        assert!((pert.quantile(0.95).unwrap() - 3.629_633_272_004_554_5).abs() < 1e-9);
        let triangular = &all()[3];
        assert!((triangular.quantile(0.9).unwrap() - 3.904_554_884_989_668).abs() < 1e-12);
        let lognormal = &all()[2];
        assert!((lognormal.quantile(0.95).unwrap() - 174.975_376_386_583_15).abs() < 1e-9);
    }

    #[test]
    fn degenerate_distributions_are_their_value() {
        for distribution in [
            Distribution::Triangular { low: 2.0, mode: 2.0, high: 2.0 },
            Distribution::Pert { low: 2.0, mode: 2.0, high: 2.0, lambda: 4.0 },
            Distribution::Normal { mean: 2.0, sd: 0.0 },
            Distribution::Empirical { samples: vec![2.0] },
        ] {
            for p in [0.0, 0.3, 1.0] {
                assert_eq!(distribution.quantile(p), Ok(2.0), "{distribution:?}");
            }
            assert_eq!(distribution.moments().unwrap(), Moments { mean: 2.0, variance: 0.0 });
        }
    }

    #[test]
    fn refusals_name_the_parameter() {
        assert_eq!(Distribution::Normal { mean: 0.0, sd: -1.0 }.validated().unwrap_err().field(), "sd");
        assert_eq!(Distribution::Uniform { low: 1.0, high: 0.0 }.validated().unwrap_err().field(), "high");
        assert_eq!(Distribution::Normal { mean: 0.0, sd: 1.0 }.quantile(0.0).unwrap_err().field(), "q");
        let outside = Distribution::Triangular { low: 0.0, mode: 2.0, high: 1.0 };
        assert_eq!(outside.validated().unwrap_err().field(), "mode");
    }
}
