//! The time value of money.
//!
//! One convention throughout: the first cash flow stands at t = 0 and is not discounted. Spreadsheets' `NPV()`
//! discounts its first argument by one period; that variant is [`npv_excel`] and is used nowhere in the evaluation.

mod annuity;
mod irr;
mod payback;

pub use annuity::{
    annuity_due, capital_recovery_factor, effective_rate, equivalent_annual_cost, future_value, number_of_periods,
    payment, period_rate, present_value, real_rate,
};
pub use irr::{Irr, irr, irr_all_roots, irr_at, xirr};
pub use payback::{Payback, discounted_payback, payback, payback_last_crossing, payback_of};

use jiff::civil::Date;

use crate::error::{CostError, answer, finite_list, positive, rate};

/// Net present value with the first flow at t = 0: `sum CF_t / (1 + r)^t`, t = 0, 1, ...
///
/// `discount_rate` is a fraction a period (0.08 is 8 %), the result is in the flows' currency.
/// Source: numpy-financial `npv`; Brealey, Myers & Allen, Principles of Corporate Finance, ch. 2.
///
/// # Errors
/// A rate at or below -1, an empty list, or a flow that is not finite.
pub fn npv_t0(discount_rate: f64, flows: &[f64]) -> Result<f64, CostError> {
    rate("rate", discount_rate)?;
    finite_list("flows", flows)?;
    // Horner in 1/(1+r) from the last flow back.
    let factor = 1.0 / (1.0 + discount_rate);
    answer("npv_t0", flows.iter().rev().fold(0.0, |sum, flow| sum * factor + flow))
}

/// Net present value as Excel's and Calc's `NPV()`: the *first* flow is discounted by one period.
///
/// `sum CF_t / (1 + r)^t`, t = 1, 2, ... Source: Microsoft Support, NPV function.
///
/// # Errors
/// As [`npv_t0`].
pub fn npv_excel(discount_rate: f64, flows: &[f64]) -> Result<f64, CostError> {
    answer("npv_excel", npv_t0(discount_rate, flows)? / (1.0 + discount_rate))
}

/// Net present value of dated flows: `sum CF_i / (1 + r)^((d_i - d_0) / 365)`, actual/365 fixed, base = first date.
///
/// `annual_rate` is a fraction a year. Source: Microsoft Support, XNPV function.
///
/// # Errors
/// A rate at or below -1, lists of different lengths, a date before the first.
pub fn xnpv(annual_rate: f64, dates: &[Date], flows: &[f64]) -> Result<f64, CostError> {
    rate("rate", annual_rate)?;
    let years = years_since_first(dates, flows)?;
    let factor = -annual_rate.ln_1p();
    answer("xnpv", years.iter().zip(flows).map(|(years, flow)| flow * (factor * years).exp()).sum())
}

/// The flows' distances from the first date in years of 365 days.
pub(crate) fn years_since_first(dates: &[Date], flows: &[f64]) -> Result<Vec<f64>, CostError> {
    finite_list("flows", flows)?;
    if dates.len() != flows.len() {
        return Err(CostError::invalid(
            "dates",
            format!("{} dates for {} flows; each flow needs its date", dates.len(), flows.len()),
        ));
    }
    let Some(first) = dates.first() else { return Ok(Vec::new()) };
    dates
        .iter()
        .enumerate()
        .map(|(i, date)| {
            // The span of jiff's calendar is far below the i32 range of days.
            let days = date.duration_since(*first).as_hours() / 24;
            if days < 0 {
                let problem = format!("{date} is before the first date, {first}, which is the base of discounting");
                return Err(CostError::invalid(format!("dates[{i}]"), problem));
            }
            Ok(days as f64 / 365.0)
        })
        .collect()
}

/// Modified internal rate of return: `(FV(positive flows, reinvest) / -PV(negative flows, finance))^(1/n) - 1`.
///
/// `None` without both a positive and a negative flow. Rates and result are fractions a period.
/// Source: Microsoft Support, MIRR function.
///
/// # Errors
/// A rate at or below -1, an empty list, or a flow that is not finite.
pub fn mirr(flows: &[f64], finance_rate: f64, reinvest_rate: f64) -> Result<Option<f64>, CostError> {
    rate("finance_rate", finance_rate)?;
    rate("reinvest_rate", reinvest_rate)?;
    finite_list("flows", flows)?;
    let periods = flows.len() - 1;
    let (reinvested, financed) = (1.0 + reinvest_rate, 1.0 / (1.0 + finance_rate));
    let future_of_gains = flows.iter().fold(0.0, |sum, flow| sum * reinvested + flow.max(0.0));
    let present_of_costs = -flows.iter().rev().fold(0.0, |sum, flow| sum * financed + flow.min(0.0));
    if periods == 0 || future_of_gains <= 0.0 || present_of_costs <= 0.0 {
        return Ok(None);
    }
    answer("mirr", (future_of_gains / present_of_costs).powf(1.0 / periods as f64) - 1.0).map(Some)
}

/// Return on investment `(gain - cost) / cost`: 0.5 is 50 %. It has no time in it: state the horizon with it.
///
/// # Errors
/// A cost that is not above 0.
pub fn roi(gain: f64, cost: f64) -> Result<f64, CostError> {
    crate::error::finite("gain", gain)?;
    positive("cost", cost)?;
    answer("roi", (gain - cost) / cost)
}

/// Profitability index `1 + NPV / |CF_0|`, with NPV by [`npv_t0`]. `None` where the first flow is not an outlay.
///
/// # Errors
/// As [`npv_t0`].
pub fn profitability_index(discount_rate: f64, flows: &[f64]) -> Result<Option<f64>, CostError> {
    let npv = npv_t0(discount_rate, flows)?;
    match flows.first() {
        Some(outlay) if *outlay < 0.0 => answer("profitability_index", 1.0 + npv / outlay.abs()).map(Some),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_npv_conventions_differ_by_one_period() {
        let flows = [-10_000.0, 3_000.0, 4_200.0, 6_800.0];
        assert!((npv_excel(0.1, &flows).unwrap() - 1_188.443_412_335_221_6).abs() < 1e-6);
        assert!((npv_t0(0.1, &flows).unwrap() / 1.1 - npv_excel(0.1, &flows).unwrap()).abs() < 1e-9);
    }

    #[test]
    fn refusals_name_the_field_and_the_range() {
        let error = npv_t0(-1.0, &[1.0]).unwrap_err();
        assert_eq!(error.to_string(), "rate is -1; it must be a finite fraction a period above -1 (0.08 is 8 %)");
        assert_eq!(npv_t0(0.1, &[1.0, f64::NAN]).unwrap_err().field(), "flows[1]");
        assert!(npv_t0(0.1, &[]).is_err());
        let dates = ["2024-05-01".parse().unwrap(), "2024-04-01".parse().unwrap()];
        assert_eq!(xnpv(0.1, &dates, &[1.0, 2.0]).unwrap_err().field(), "dates[1]");
    }

    #[test]
    fn undefined_ratios_are_none() {
        assert_eq!(mirr(&[1.0, 2.0], 0.1, 0.1), Ok(None));
        assert_eq!(profitability_index(0.1, &[5.0, 1.0]), Ok(None));
    }
}
