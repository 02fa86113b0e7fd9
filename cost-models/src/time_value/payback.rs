//! Payback: when the cumulative cash flow turns positive.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, finite_list, rate};

/// When an investment has paid for itself, in periods from t = 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payback {
    /// Where the cumulative flow first reaches 0 from below (0 where it is never below).
    pub first: f64,
    /// From where on it stays there; `None` where it ends below 0.
    pub last: Option<f64>,
}

impl Payback {
    /// Whether the cumulative flow falls below 0 again after the first crossing: quote `last`, not `first`.
    pub fn dips_again(&self) -> bool {
        self.last != Some(self.first)
    }
}

/// Both crossings of the cumulative flow, with linear interpolation inside a period; `None` where it never reaches 0.
///
/// The first flow stands at t = 0. Flows that are never negative in sum pay back at once: 0.
///
/// # Errors
/// An empty list or a flow that is not finite.
pub fn payback_of(flows: &[f64]) -> Result<Option<Payback>, CostError> {
    finite_list("flows", flows)?;
    let mut sum = 0.0;
    let mut first = None;
    let mut last = None;
    for (t, flow) in flows.iter().enumerate() {
        let before = sum;
        sum += flow;
        if sum >= 0.0 && (t == 0 || before < 0.0) {
            // At t = 0 there is no period to interpolate in.
            let crossing = if t == 0 { 0.0 } else { (t - 1) as f64 - before / flow };
            first = first.or(Some(crossing));
            last = Some(crossing);
        } else if sum < 0.0 {
            last = None;
        }
    }
    Ok(first.map(|first| Payback { first, last }))
}

/// The first payback in periods; `None` where the outlay is never recovered. With flows that dip again it is too
/// optimistic: see [`payback_last_crossing`].
///
/// # Errors
/// As [`payback_of`].
pub fn payback(flows: &[f64]) -> Result<Option<f64>, CostError> {
    Ok(payback_of(flows)?.map(|payback| payback.first))
}

/// The payback from which on the cumulative flow stays positive; `None` where it ends below 0.
///
/// # Errors
/// As [`payback_of`].
pub fn payback_last_crossing(flows: &[f64]) -> Result<Option<f64>, CostError> {
    Ok(payback_of(flows)?.and_then(|payback| payback.last))
}

/// The last-crossing payback of the discounted flows `CF_t / (1 + r)^t`, in periods.
///
/// # Errors
/// As [`payback_of`], or a rate at or below -1.
pub fn discounted_payback(discount_rate: f64, flows: &[f64]) -> Result<Option<f64>, CostError> {
    rate("rate", discount_rate)?;
    let mut factor = 1.0;
    let discounted: Vec<f64> = flows
        .iter()
        .map(|flow| {
            let value = flow * factor;
            factor /= 1.0 + discount_rate;
            value
        })
        .collect();
    payback_last_crossing(&discounted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_inside_the_period() {
        let flows = [-100_000.0, 30_000.0, 30_000.0, 30_000.0, 30_000.0, 30_000.0];
        assert!((payback(&flows).unwrap().unwrap() - 10.0 / 3.0).abs() < 1e-12);
        assert!((discounted_payback(0.1, &flows).unwrap().unwrap() - 4.263_266_666_666_668).abs() < 1e-9);
    }

    #[test]
    fn a_dip_moves_the_payback_to_the_last_crossing() {
        let both = payback_of(&[-100.0, 120.0, -50.0, 60.0]).unwrap().unwrap();
        assert!((both.first - 100.0 / 120.0).abs() < 1e-12);
        assert_eq!(both.last, Some(2.5));
        assert!(both.dips_again());
        assert_eq!(payback_last_crossing(&[-100.0, 120.0, -50.0]), Ok(None));
    }

    #[test]
    fn never_and_at_once() {
        assert_eq!(payback(&[-100.0, 10.0]), Ok(None));
        assert_eq!(payback(&[5.0, 10.0]), Ok(Some(0.0)));
        assert_eq!(payback(&[0.0, 10.0]), Ok(Some(0.0)));
    }
}
