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
    let Some(sum) = ExponentialSum::new(times, flows) else { return Vec::new() };
    let mut rates: Vec<f64> = sum.roots().into_iter().map(f64::exp_m1).filter(|rate| rate.is_finite()).collect();
    rates.sort_by(f64::total_cmp);
    rates.retain(|rate| *rate > -1.0);
    rates
}

/// A sum `sum c exp(-rho t)` over ascending times. With `rho = ln(1 + r)` it is the NPV of flows `c`.
struct ExponentialSum {
    times: Vec<f64>,
    coefficients: Vec<f64>,
    /// The distance of the times where they are evenly spaced: then powers of one exponential do for all terms.
    step: Option<f64>,
}

impl ExponentialSum {
    /// `None` where all flows are 0. The scale is 1, so that sums of huge flows stay finite.
    fn new(times: &[f64], flows: &[f64]) -> Option<Self> {
        let largest = flows.iter().map(|flow| flow.abs()).max_by(f64::total_cmp).filter(|size| *size > 0.0)?;
        // Flows of one moment are one flow.
        let mut sum = Self { times: Vec::new(), coefficients: Vec::with_capacity(flows.len()), step: None };
        for (time, flow) in times.iter().zip(flows) {
            match (sum.times.last(), sum.coefficients.last_mut()) {
                (Some(last), Some(coefficient)) if last == time => *coefficient += flow / largest,
                _ => {
                    sum.times.push(*time);
                    sum.coefficients.push(flow / largest);
                }
            }
        }
        let step = sum.times.get(1).zip(sum.times.first()).map(|(second, first)| second - first);
        sum.step = step.filter(|step| {
            let even = |(i, time): (usize, &f64)| (time - times[0] - i as f64 * step).abs() <= 1e-12 * step.max(*time);
            sum.times.iter().enumerate().all(even)
        });
        Some(sum)
    }

    /// The sum times a positive power that keeps every term within its coefficient, so with the same sign and roots.
    fn value(&self, rho: f64) -> f64 {
        self.evaluate(rho, |coefficient| coefficient)
    }

    fn evaluate(&self, rho: f64, of: impl Fn(f64) -> f64) -> f64 {
        let coefficients = self.coefficients.iter().copied().map(of);
        if let Some(step) = self.step {
            let power = (-rho.abs() * step).exp();
            let horner = |sum: f64, coefficient: f64| sum * power + coefficient;
            // From the term that is smallest to the one that keeps its size.
            return if rho >= 0.0 { coefficients.rev().fold(0.0, horner) } else { coefficients.fold(0.0, horner) };
        }
        let reference = if rho >= 0.0 { self.times.first() } else { self.times.last() };
        let reference = reference.copied().unwrap_or_default();
        self.times.iter().zip(coefficients).map(|(time, c)| c * (rho * (reference - time)).exp()).sum()
    }

    fn is_zero(&self, rho: f64) -> bool {
        let size = self.evaluate(rho, f64::abs);
        self.value(rho).abs() <= 8.0 * f64::EPSILON * size
    }

    /// All real roots. The proof of Descartes' rule of signs, as an algorithm: multiplying the sum by `exp(rho m)`,
    /// with m between two terms of different sign, and differentiating leaves a sum with one change of sign fewer, and
    /// by Rolle its roots separate those of the sum itself.
    fn roots(&self) -> Vec<f64> {
        let mut signs = self.times.iter().zip(&self.coefficients).filter(|(_, c)| **c != 0.0);
        let Some(mut earlier) = signs.next() else { return Vec::new() };
        let change = signs.find_map(|later| {
            let pair = (earlier, later);
            earlier = later;
            ((*pair.0.1 > 0.0) != (*pair.1.1 > 0.0)).then_some((*pair.0.0, *pair.1.0))
        });
        let Some((before, after)) = change else { return Vec::new() };
        let middle = 0.5 * (before + after);
        let turning = Self {
            times: self.times.clone(),
            coefficients: self.times.iter().zip(&self.coefficients).map(|(time, c)| c * (middle - time)).collect(),
            step: self.step,
        }
        .roots();

        let mut found: Vec<f64> = Vec::new();
        let mut left: Option<f64> = None;
        for right in turning.into_iter().map(Some).chain([None]) {
            // A turning point that touches zero is a double root.
            if let Some(at) = right
                && self.is_zero(at)
            {
                found.push(at);
            } else if let Some((low, high)) = self.bracket(left, right) {
                found.push(brent(|rho| self.value(rho), low, high));
            }
            left = right;
        }
        found
    }

    /// Two points of different sign between two turning points, `None` standing for the ends of the line.
    fn bracket(&self, left: Option<f64>, right: Option<f64>) -> Option<(f64, f64)> {
        // Far right the earliest flow decides, far left the latest.
        let mut nonzero = self.coefficients.iter().filter(|c| **c != 0.0);
        let sign_left = match left {
            Some(at) if self.is_zero(at) => return None,
            Some(at) => self.value(at) > 0.0,
            None => *nonzero.clone().next_back()? > 0.0,
        };
        let sign_right = match right {
            Some(at) => self.value(at) > 0.0,
            None => *nonzero.next()? > 0.0,
        };
        if sign_left == sign_right {
            return None;
        }
        let origin = left.or(right).unwrap_or(0.0);
        let mut step = 0.5;
        let (mut low, mut high) = (left.unwrap_or(origin - step), right.unwrap_or(origin + step));
        // 700 is where exp() leaves the range of a double.
        while left.is_none() && (self.value(low) > 0.0) != sign_left {
            (high, low) = (right.unwrap_or(high).min(low), low - step);
            step *= 2.0;
            if low < -700.0 {
                return None;
            }
        }
        step = 0.5;
        while right.is_none() && (self.value(high) > 0.0) != sign_right {
            (low, high) = (left.unwrap_or(low).max(high), high + step);
            step *= 2.0;
            if high > 700.0 {
                return None;
            }
        }
        Some((low, high))
    }
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
    fn even_and_uneven_times_have_the_same_roots() {
        let flows = [-1600.0, 10_000.0, -10_000.0];
        let even = irr_at(&[0.0, 1.0, 2.0], &flows).unwrap();
        // A flow of 0 in between makes the times uneven.
        let uneven = irr_at(&[0.0, 0.3, 1.0, 2.0], &[-1600.0, 0.0, 10_000.0, -10_000.0]).unwrap();
        let (Irr::Several(even), Irr::Several(uneven)) = (even, uneven) else { panic!("two roots are expected") };
        close(&even, &[0.25, 4.0]);
        close(&uneven, &[0.25, 4.0]);
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
