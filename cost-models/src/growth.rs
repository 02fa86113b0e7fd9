//! Growth, learning and price curves.

use crate::error::{CostError, answer, check, finite, non_negative, positive, rate};

/// Linear growth `base + slope t`.
///
/// # Errors
/// A number that is not finite.
pub fn linear(base: f64, slope: f64, t: f64) -> Result<f64, CostError> {
    finite("base", base)?;
    finite("slope", slope)?;
    finite("t", t)?;
    answer("demand_linear", base + slope * t)
}

/// Compound growth `base (1 + rate)^t`, rate a fraction a period.
///
/// # Errors
/// A rate at or below -1.
pub fn compound(base: f64, growth_rate: f64, t: f64) -> Result<f64, CostError> {
    finite("base", base)?;
    rate("rate", growth_rate)?;
    finite("t", t)?;
    answer("demand_compound", base * (1.0 + growth_rate).powf(t))
}

/// Logistic growth `capacity / (1 + exp(-k (t - midpoint)))`: symmetric about half the capacity at the midpoint.
///
/// # Errors
/// A capacity not above 0.
pub fn logistic(capacity: f64, steepness: f64, midpoint: f64, t: f64) -> Result<f64, CostError> {
    positive("capacity", capacity)?;
    finite("k", steepness)?;
    finite("midpoint", midpoint)?;
    finite("t", t)?;
    answer("demand_logistic", capacity / (1.0 + (-steepness * (t - midpoint)).exp()))
}

/// Compound annual growth rate `(end / start)^(1/years) - 1`.
///
/// # Errors
/// Amounts or years not above 0.
pub fn cagr(start: f64, end: f64, years: f64) -> Result<f64, CostError> {
    positive("start", start)?;
    positive("end", end)?;
    positive("years", years)?;
    answer("cagr", (end / start).powf(1.0 / years) - 1.0)
}

/// Wright's learning curve: the cost of unit n, `first n^(log2 progress)`; at 0.8 each doubling costs 20 % less.
///
/// Source: Wright 1936; learning-curve tables (80 %, unit 100: 22.71).
///
/// # Errors
/// A unit below 1, a progress ratio not above 0.
pub fn learning_curve(first_unit: f64, progress: f64, n: f64) -> Result<f64, CostError> {
    finite("first_unit", first_unit)?;
    positive("progress", progress)?;
    check("n", n, n.is_finite() && n >= 1.0, "1 or above")?;
    answer("learning_curve", first_unit * n.powf(progress.log2()))
}

/// A price after a steady decline: `p0 (1 - d)^years`. `annual_decline` may be negative: prices of accelerators by the
/// hour have risen, too, so give it a two-sided distribution.
///
/// # Errors
/// A decline of 1 or more, a negative price.
pub fn price_decline(p0: f64, annual_decline: f64, years: f64) -> Result<f64, CostError> {
    non_negative("p0", p0)?;
    check("annual_decline", annual_decline, annual_decline.is_finite() && annual_decline < 1.0, "a fraction below 1")?;
    finite("years", years)?;
    answer("price_decline", p0 * (1.0 - annual_decline).powf(years))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves() {
        assert!((linear(1000.0, 150.0, 4.0).unwrap() - 1600.0).abs() < 1e-12);
        assert!((compound(1000.0, 0.3, 4.0).unwrap() - 2856.1).abs() < 1e-9);
        assert!((logistic(10_000.0, 0.9, 3.0, 0.0).unwrap() - 629.733_560_569_964_8).abs() < 1e-9);
        assert!((cagr(1000.0, 2500.0, 3.0).unwrap() - 0.357_208_808_297_453_16).abs() < 1e-12);
        assert!((learning_curve(100.0, 0.8, 100.0).unwrap() - 22.706_166_086_789_743).abs() < 1e-9);
        assert!((price_decline(11.06, 0.3, 2.0).unwrap() - 5.4194).abs() < 1e-12);
    }

    #[test]
    fn a_price_may_rise() {
        assert!(price_decline(10.0, -0.2, 1.0).unwrap() > 10.0);
        assert_eq!(price_decline(10.0, 1.0, 1.0).unwrap_err().field(), "annual_decline");
    }
}
