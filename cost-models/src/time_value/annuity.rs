//! Annuities: level payments and what they are worth. Signs as in a spreadsheet: money paid is negative.

use super::irr::{Irr, irr};
use crate::error::{CostError, answer, check, finite, non_negative, positive, rate};

/// The longest annuity that is unrolled into single flows (a century of months, ten times over).
const MAX_UNROLLED_PERIODS: f64 = 12_000.0;

/// `(1 + r)^n` and the value of paying 1 a period for n periods, at their end, seen from the end; r = 0 is n.
fn growth_and_annuity(period_rate: f64, periods: f64) -> (f64, f64) {
    let growth = (periods * period_rate.ln_1p()).exp();
    // expm1 keeps the digits that growth - 1 loses at small rates.
    let annuity = if period_rate == 0.0 { periods } else { (periods * period_rate.ln_1p()).exp_m1() / period_rate };
    (growth, annuity)
}

fn checked(period_rate: f64, periods: f64) -> Result<(f64, f64), CostError> {
    rate("rate", period_rate)?;
    positive("nper", periods)?;
    Ok(growth_and_annuity(period_rate, periods))
}

fn timing(period_rate: f64, at_begin: bool) -> f64 {
    if at_begin { 1.0 + period_rate } else { 1.0 }
}

/// The level payment of a loan or a sinking fund: `-(pv (1+r)^n + fv) r / ((1 + r type)((1+r)^n - 1))`.
///
/// `at_begin` is the spreadsheet's `type` 1. Source: Microsoft Support, PMT function.
///
/// # Errors
/// A rate at or below -1, or `nper` not above 0.
pub fn payment(period_rate: f64, periods: f64, pv: f64, fv: f64, at_begin: bool) -> Result<f64, CostError> {
    finite("pv", pv)?;
    finite("fv", fv)?;
    let (growth, annuity) = checked(period_rate, periods)?;
    answer("pmt", -(pv * growth + fv) / (timing(period_rate, at_begin) * annuity))
}

/// The present value of level payments and a final one. Source: Microsoft Support, PV function.
///
/// # Errors
/// As [`payment`].
pub fn present_value(period_rate: f64, periods: f64, pmt: f64, fv: f64, at_begin: bool) -> Result<f64, CostError> {
    finite("pmt", pmt)?;
    finite("fv", fv)?;
    let (growth, annuity) = checked(period_rate, periods)?;
    answer("pv", -(fv + pmt * timing(period_rate, at_begin) * annuity) / growth)
}

/// The future value of a first amount and level payments. Source: Microsoft Support, FV function.
///
/// # Errors
/// As [`payment`].
pub fn future_value(period_rate: f64, periods: f64, pmt: f64, pv: f64, at_begin: bool) -> Result<f64, CostError> {
    finite("pmt", pmt)?;
    finite("pv", pv)?;
    let (growth, annuity) = checked(period_rate, periods)?;
    answer("fv", -(pv * growth + pmt * timing(period_rate, at_begin) * annuity))
}

/// The rate a period of an annuity: all roots of its cash flows, of which an ordinary loan has one.
///
/// Source: Microsoft Support, RATE function (which returns one root only).
///
/// # Errors
/// `nper` not a whole number between 1 and 12 000.
pub fn period_rate(periods: f64, pmt: f64, pv: f64, fv: f64, at_begin: bool) -> Result<Irr, CostError> {
    let whole = periods.fract() == 0.0 && (1.0..=MAX_UNROLLED_PERIODS).contains(&periods);
    check("nper", periods, whole, "a whole number between 1 and 12000")?;
    let count = periods as usize;
    let mut flows = vec![pmt; count + 1];
    if at_begin {
        flows[count] = 0.0;
    } else {
        flows[0] = 0.0;
    }
    flows[0] += pv;
    flows[count] += fv;
    irr(&flows)
}

/// How many periods level payments take; `None` where they never get there. Source: Microsoft Support, NPER function.
///
/// # Errors
/// A rate at or below -1.
pub fn number_of_periods(
    period_rate: f64,
    pmt: f64,
    pv: f64,
    fv: f64,
    at_begin: bool,
) -> Result<Option<f64>, CostError> {
    rate("rate", period_rate)?;
    finite("pmt", pmt)?;
    finite("pv", pv)?;
    finite("fv", fv)?;
    let periods = if period_rate == 0.0 {
        -(pv + fv) / pmt
    } else {
        let level = pmt * timing(period_rate, at_begin);
        ((level - fv * period_rate) / (level + pv * period_rate)).ln() / period_rate.ln_1p()
    };
    Ok((periods.is_finite() && periods >= 0.0).then_some(periods))
}

/// The effective annual rate of a nominal one compounded `periods` times a year: `(1 + i/m)^m - 1`.
///
/// Source: Microsoft Support, EFFECT function.
///
/// # Errors
/// Fewer than one period, or a nominal rate at or below `-periods`.
pub fn effective_rate(nominal: f64, periods: f64) -> Result<f64, CostError> {
    check("periods", periods, periods.is_finite() && periods >= 1.0, "1 or more")?;
    rate("nominal / periods", nominal / periods)?;
    answer("effective_rate", (periods * (nominal / periods).ln_1p()).exp_m1())
}

/// The real rate behind a nominal one: `(1 + nominal) / (1 + inflation) - 1` (Fisher). Never mix the two.
///
/// # Errors
/// A rate at or below -1.
pub fn real_rate(nominal: f64, inflation: f64) -> Result<f64, CostError> {
    rate("nominal", nominal)?;
    rate("inflation", inflation)?;
    answer("real_rate", (nominal - inflation) / (1.0 + inflation))
}

/// The capital recovery factor `r (1+r)^n / ((1+r)^n - 1)`: what 1 borrowed costs each period; 1/n at r = 0.
///
/// Source: any engineering-economy A/P table (0.2505 at 8 %, n = 5).
///
/// # Errors
/// As [`payment`].
pub fn capital_recovery_factor(period_rate: f64, periods: f64) -> Result<f64, CostError> {
    payment(period_rate, periods, -1.0, 0.0, false).map_err(|error| match error {
        CostError::OutOfRange { field, value, allowed } if field == "nper" => {
            CostError::OutOfRange { field: "n".to_owned(), value, allowed }
        }
        other => other,
    })
}

/// The equivalent annual cost `(I - S/(1+r)^n) CRF(r, n) + opex`: compares assets of unequal lives.
///
/// Amounts in one currency, `years` of life, salvage received at the end of it.
///
/// # Errors
/// Negative amounts, a rate at or below -1, or a life not above 0.
pub fn equivalent_annual_cost(
    capex: f64,
    salvage: f64,
    annual_rate: f64,
    years: f64,
    annual_opex: f64,
) -> Result<f64, CostError> {
    non_negative("capex", capex)?;
    non_negative("salvage", salvage)?;
    finite("annual_opex", annual_opex)?;
    positive("years", years)?;
    let crf = capital_recovery_factor(annual_rate, years)?;
    answer("equivalent_annual_cost", (capex - salvage * (-years * annual_rate.ln_1p()).exp()) * crf + annual_opex)
}

/// What 1 a period for `periods` is worth now when paid at the *begin* of each: the annuity-due factor of leases.
///
/// # Errors
/// As [`payment`].
pub fn annuity_due(period_rate: f64, periods: f64) -> Result<f64, CostError> {
    present_value(period_rate, periods, -1.0, 0.0, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
    }

    #[test]
    fn spreadsheet_examples() {
        near(payment(0.08 / 12.0, 10.0, 10_000.0, 0.0, false).unwrap(), -1_037.032_089_359_163_6);
        near(payment(0.005, 216.0, 0.0, 50_000.0, false).unwrap(), -129.081_160_867_995_4);
        near(present_value(0.08 / 12.0, 240.0, 500.0, 0.0, false).unwrap(), -59_777.145_851_187_77);
        near(future_value(0.005, 10.0, -200.0, -500.0, true).unwrap(), 2_581.403_374_060_136_7);
        near(period_rate(48.0, -200.0, 8_000.0, 0.0, false).unwrap().single().unwrap(), 0.007_701_472_488_233_37);
        near(number_of_periods(0.01, -100.0, -1_000.0, 10_000.0, true).unwrap().unwrap(), 59.673_865_674_294_57);
        near(effective_rate(0.0525, 4.0).unwrap(), 0.053_542_667_370_758_19);
        near(capital_recovery_factor(0.08, 5.0).unwrap(), 0.250_456_454_566_836_4);
        near(equivalent_annual_cost(250e3, 25e3, 0.09, 4.0, 40e3).unwrap(), 111_700.448_970_496_95);
    }

    #[test]
    fn a_rate_of_zero_is_a_plain_division() {
        near(payment(0.0, 10.0, 100.0, 0.0, false).unwrap(), -10.0);
        near(capital_recovery_factor(0.0, 4.0).unwrap(), 0.25);
        near(number_of_periods(0.0, -10.0, 100.0, 0.0, false).unwrap().unwrap(), 10.0);
    }

    #[test]
    fn a_loan_never_repaid_takes_no_number_of_periods() {
        assert_eq!(number_of_periods(0.1, -5.0, 100.0, 0.0, false), Ok(None));
        assert_eq!(number_of_periods(0.0, 0.0, 100.0, 0.0, false), Ok(None));
    }

    #[test]
    fn fisher() {
        near(real_rate(0.08, 0.03).unwrap(), 1.08 / 1.03 - 1.0);
    }
}
