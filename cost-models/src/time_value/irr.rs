//! Internal rates of return: none, one or several, and never a NaN.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::years_since_first;
use crate::error::{CostError, finite_list};

/// The answer to "at which discount rate is the NPV zero?".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "rates")]
pub enum Irr {
    /// At no rate: the flows do not change their sign, or their NPV never crosses zero.
    #[default]
    None,
    /// At exactly one rate, a fraction a period (it can be negative, and it can be 0).
    One(f64),
    /// At several rates, ascending. None of them alone decides anything: look at NPV or MIRR.
    Several(Vec<f64>),
}

impl Irr {
    /// The rate where there is exactly one.
    pub fn single(&self) -> Option<f64> {
        match self {
            Self::One(rate) => Some(*rate),
            Self::None | Self::Several(_) => None,
        }
    }

    fn from_roots(mut roots: Vec<f64>) -> Self {
        match roots.len() {
            0 => Self::None,
            1 => roots.pop().map_or(Self::None, Self::One),
            _ => Self::Several(roots),
        }
    }
}

/// Internal rate of return of equally spaced flows: the roots of [`super::npv_t0`] on (-1, inf), a fraction a period.
///
/// Trap: spreadsheets return the one root nearest to their guess and say nothing of the others.
/// Source: Brealey, Myers & Allen ch. 5; Lorie & Savage 1955 (several roots).
///
/// # Errors
/// An empty list or a flow that is not finite.
pub fn irr(flows: &[f64]) -> Result<Irr, CostError> {
    irr_all_roots(flows).map(Irr::from_roots)
}

/// Every internal rate of return of equally spaced flows, ascending; empty where there is none.
///
/// # Errors
/// As [`irr`].
pub fn irr_all_roots(flows: &[f64]) -> Result<Vec<f64>, CostError> {
    finite_list("flows", flows)?;
    let times: Vec<f64> = (0..flows.len()).map(|t| t as f64).collect();
    Ok(rates_of(&times, flows))
}

/// Internal rate of return of flows at ascending `times_years`, as a fraction a year.
///
/// # Errors
/// Lists of different lengths, times that do not ascend, a number that is not finite.
pub fn irr_at(times_years: &[f64], flows: &[f64]) -> Result<Irr, CostError> {
    finite_list("flows", flows)?;
    finite_list("times_years", times_years)?;
    if times_years.len() != flows.len() || times_years.windows(2).any(|pair| pair[0] > pair[1]) {
        return Err(CostError::invalid("times_years", "each flow needs its time, in ascending order"));
    }
    Ok(Irr::from_roots(rates_of(times_years, flows)))
}

/// Internal rate of return of dated flows (actual/365 fixed, base = first date), a fraction a year.
///
/// Trap: Excel stops iterating at 1e-8, so its printed digits differ from the exact root from the ninth on.
/// Source: Microsoft Support, XIRR function.
///
/// # Errors
/// Lists of different lengths, a date before the first, a flow that is not finite.
pub fn xirr(dates: &[Date], flows: &[f64]) -> Result<Irr, CostError> {
    let years = years_since_first(dates, flows)?;
    let mut dated: Vec<(f64, f64)> = years.into_iter().zip(flows.iter().copied()).collect();
    dated.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (times, flows): (Vec<f64>, Vec<f64>) = dated.into_iter().unzip();
    Ok(Irr::from_roots(rates_of(&times, &flows)))
}

fn rates_of(times: &[f64], flows: &[f64]) -> Vec<f64> {
    // Flows of one moment are one flow, and flows of 0 have no sign.
    let mut terms: Vec<(f64, f64)> = Vec::with_capacity(flows.len());
    for (&time, &flow) in times.iter().zip(flows) {
        match terms.last_mut() {
            Some(last) if last.0 == time => last.1 += flow,
            _ => terms.push((time, flow)),
        }
    }
    terms.retain(|term| term.1 != 0.0);
    let Some(largest) = terms.iter().map(|term| term.1.abs()).max_by(f64::total_cmp) else { return Vec::new() };
    // A scale of 1 keeps sums of huge flows finite.
    terms.iter_mut().for_each(|term| term.1 /= largest);
    let mut rates: Vec<f64> = roots(&terms).into_iter().map(f64::exp_m1).filter(|rate| rate.is_finite()).collect();
    rates.sort_by(f64::total_cmp);
    rates.retain(|rate| *rate > -1.0);
    rates
}

/// A sum `sum c exp(-rho t)`, times a positive power that keeps every term within its coefficient.
/// With `rho = ln(1 + r)` it has the sign and the roots of the NPV.
fn value(terms: &[(f64, f64)], rho: f64) -> f64 {
    let reference = if rho >= 0.0 { terms.first() } else { terms.last() }.map_or(0.0, |term| term.0);
    terms.iter().map(|(time, coefficient)| coefficient * (rho * (reference - time)).exp()).sum()
}

/// All real roots. The proof of Descartes' rule of signs, as an algorithm: multiplying the sum by `exp(rho m)`, with m
/// between two terms of different sign, and differentiating leaves a sum with one change of sign fewer, and by
/// Rolle its roots separate those of the sum itself.
fn roots(terms: &[(f64, f64)]) -> Vec<f64> {
    let change = terms.windows(2).find(|pair| (pair[0].1 > 0.0) != (pair[1].1 > 0.0));
    let Some(change) = change else { return Vec::new() };
    let middle = 0.5 * (change[0].0 + change[1].0);
    let derivative: Vec<(f64, f64)> = terms.iter().map(|&(time, c)| (time, c * (middle - time))).collect();
    let turning = roots(&derivative);

    let mut found: Vec<f64> = Vec::new();
    let mut left: Option<f64> = None;
    for right in turning.iter().copied().map(Some).chain([None]) {
        // A turning point that touches zero is a double root.
        if let Some(at) = right
            && is_zero(terms, at)
        {
            found.push(at);
        } else if let Some((low, high)) = bracket(terms, left, right) {
            found.push(brent(|rho| value(terms, rho), low, high));
        }
        left = right;
    }
    found
}

fn is_zero(terms: &[(f64, f64)], rho: f64) -> bool {
    let reference = if rho >= 0.0 { terms.first() } else { terms.last() }.map_or(0.0, |term| term.0);
    let size: f64 = terms.iter().map(|(time, c)| c.abs() * (rho * (reference - time)).exp()).sum();
    value(terms, rho).abs() <= 8.0 * f64::EPSILON * size
}

/// Two points of different sign between two turning points, `None` standing for the ends of the line.
fn bracket(terms: &[(f64, f64)], left: Option<f64>, right: Option<f64>) -> Option<(f64, f64)> {
    // Far right the earliest flow decides, far left the latest.
    let sign_left = match left {
        Some(_) if left.is_some_and(|at| is_zero(terms, at)) => return None,
        Some(at) => value(terms, at) > 0.0,
        None => terms.last()?.1 > 0.0,
    };
    let sign_right = match right {
        Some(at) => value(terms, at) > 0.0,
        None => terms.first()?.1 > 0.0,
    };
    if sign_left == sign_right {
        return None;
    }
    let origin = left.or(right).unwrap_or(0.0);
    let mut step = 0.5;
    let (mut low, mut high) = (left.unwrap_or(origin - step), right.unwrap_or(origin + step));
    // 700 is where exp() leaves the range of a double.
    while left.is_none() && (value(terms, low) > 0.0) != sign_left {
        (high, low) = (right.unwrap_or(high).min(low), low - step);
        step *= 2.0;
        if low < -700.0 {
            return None;
        }
    }
    step = 0.5;
    while right.is_none() && (value(terms, high) > 0.0) != sign_right {
        (low, high) = (left.unwrap_or(low).max(high), high + step);
        step *= 2.0;
        if high > 700.0 {
            return None;
        }
    }
    Some((low, high))
}

/// Brent's method on a bracket of different signs (Brent 1973, ch. 4), to the last digits of a double.
pub(crate) fn brent(f: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    let (mut c, mut fc) = (a, fa);
    let (mut d, mut e) = (b - a, b - a);
    for _ in 0..200 {
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
            (d, e) = (b - a, b - a);
        }
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let tolerance = 2.0 * f64::EPSILON * b.abs() + 1e-17;
        let half = 0.5 * (c - b);
        if half.abs() <= tolerance || fb == 0.0 {
            return b;
        }
        if e.abs() >= tolerance && fa.abs() > fb.abs() {
            let s = fb / fa;
            let (mut p, mut q) = if a == c {
                (2.0 * half * s, 1.0 - s)
            } else {
                let (q, r) = (fa / fc, fb / fc);
                (s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0)), (q - 1.0) * (r - 1.0) * (s - 1.0))
            };
            if p > 0.0 {
                q = -q;
            }
            p = p.abs();
            if 2.0 * p < (3.0 * half * q - (tolerance * q).abs()).min((e * q).abs()) {
                (e, d) = (d, p / q);
            } else {
                (d, e) = (half, half);
            }
        } else {
            (d, e) = (half, half);
        }
        (a, fa) = (b, fb);
        b += if d.abs() > tolerance { d } else { tolerance.copysign(half) };
        fb = f(b);
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-9, "{found:?} is not {expected:?}");
        }
    }

    #[test]
    fn none_one_and_several() {
        assert_eq!(irr(&[1000.0, -3000.0, 2500.0]).unwrap(), Irr::None);
        assert_eq!(irr(&[100.0, 100.0]).unwrap(), Irr::None);
        assert_eq!(irr(&[0.0, 0.0]).unwrap(), Irr::None);
        assert!(irr(&[-100.0, 50.0, 50.0]).unwrap().single().unwrap().abs() < 1e-12);
        close(&irr_all_roots(&[-1600.0, 10_000.0, -10_000.0]).unwrap(), &[0.25, 4.0]);
        // (x - 1)(x - 2)(x - 3)(x - 4) in 1 + r.
        close(&irr_all_roots(&[1.0, -10.0, 35.0, -50.0, 24.0]).unwrap(), &[0.0, 1.0, 2.0, 3.0]);
        // A double root: (1 + r - 1.1)^2.
        close(&irr_all_roots(&[1.0, -2.2, 1.21]).unwrap(), &[0.1]);
    }

    #[test]
    fn the_textbook_cases() {
        close(&irr_all_roots(&[-70_000.0, 12e3, 15e3, 18e3, 21e3, 26e3]).unwrap(), &[0.086_630_948_036_531_49]);
        close(&irr_all_roots(&[-70_000.0, 12e3, 15e3]).unwrap(), &[-0.443_506_941_334_740_56]);
        close(&irr_all_roots(&[-100.0, 0.0, 0.0, 74.0]).unwrap(), &[-0.095_495_830_348_972_8]);
    }

    #[test]
    fn extreme_flows_stay_finite() {
        for flows in [vec![-1e300, 1e-300], vec![-1e-300, 1e300], vec![-1.0, 1e308, -1e308]] {
            for rate in irr_all_roots(&flows).unwrap() {
                assert!(rate.is_finite() && rate > -1.0);
            }
        }
    }
}
