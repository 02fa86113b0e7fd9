//! Depreciation: how the cost of an asset is spread over its life.

use crate::error::{CostError, answer, check, finite, non_negative, positive};

/// Percentages of the price a year for US MACRS three-year property, half-year convention.
/// Source: IRS Publication 946, Table A-1 (200 % declining, switching to straight line, as published: rounded).
pub const MACRS_3_PERCENT: [f64; 4] = [33.33, 44.45, 14.81, 7.41];
/// The same for five-year property, which computers and servers are.
pub const MACRS_5_PERCENT: [f64; 6] = [20.0, 32.0, 19.2, 11.52, 11.52, 5.76];
/// The same for seven-year property.
pub const MACRS_7_PERCENT: [f64; 8] = [14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46];

/// The longest life in periods (a century of days).
const MAX_LIFE: f64 = 40_000.0;

/// Checks what all methods share: cost, salvage and life.
fn asset(cost: f64, salvage: f64, life: f64) -> Result<(), CostError> {
    non_negative("cost", cost)?;
    non_negative("salvage", salvage)?;
    positive("life", life)?;
    check("life", life, life <= MAX_LIFE, "at most 40000 periods").map(|_| ())
}

fn whole_period(period: f64, last: f64) -> Result<usize, CostError> {
    let ok = period.fract() == 0.0 && period >= 1.0 && period <= last;
    check("period", period, ok, "a whole number from 1 to the end of the life").map(|period| period as usize)
}

/// Straight line: `(cost - salvage) / life` each period. Source: Microsoft Support, SLN function.
///
/// # Errors
/// Negative amounts, a life not above 0.
pub fn straight_line(cost: f64, salvage: f64, life: f64) -> Result<f64, CostError> {
    asset(cost, salvage, life)?;
    answer("depreciation_straight_line", (cost - salvage) / life)
}

/// Sum of years' digits in `period`: `(cost - salvage) (life - period + 1) 2 / (life (life + 1))`.
/// Source: Microsoft Support, SYD function.
///
/// # Errors
/// Negative amounts, a period outside the life.
pub fn sum_of_years_digits(cost: f64, salvage: f64, life: f64, period: f64) -> Result<f64, CostError> {
    asset(cost, salvage, life)?;
    check("period", period, period >= 1.0 && period <= life, "between 1 and the life")?;
    answer("depreciation_syd", (cost - salvage) * (life - period + 1.0) * 2.0 / (life * (life + 1.0)))
}

/// Fixed declining balance in `period`, as Excel's `DB`: the rate `1 - (salvage/cost)^(1/life)` is *rounded to three
/// decimals*, the first year has `month` months, and a last part-year follows the life.
///
/// Source: Microsoft Support, DB function.
///
/// # Errors
/// A salvage above the cost, months outside 1 to 12, a period outside the life (life + 1 with a part first year).
pub fn fixed_declining(cost: f64, salvage: f64, life: f64, period: f64, month: f64) -> Result<f64, CostError> {
    asset(cost, salvage, life)?;
    check("salvage", salvage, salvage <= cost, "at most the cost")?;
    check("month", month, month.fract() == 0.0 && (1.0..=12.0).contains(&month), "a whole number from 1 to 12")?;
    check("life", life, life.fract() == 0.0, "a whole number of years")?;
    let period = whole_period(period, if month < 12.0 { life + 1.0 } else { life })?;
    if cost == 0.0 {
        return Ok(0.0);
    }
    let rate = ((1.0 - (salvage / cost).powf(1.0 / life)) * 1000.0).round() / 1000.0;
    let mut taken = cost * rate * month / 12.0;
    let mut amount = taken;
    for current in 2..=period {
        let part = if current as f64 > life { (12.0 - month) / 12.0 } else { 1.0 };
        amount = (cost - taken) * rate * part;
        taken += amount;
    }
    answer("depreciation_fixed_declining", amount)
}

/// Declining balance in `period` at `factor / life` of the book value (factor 2 is double declining), never below the
/// salvage. Source: Microsoft Support, DDB function.
///
/// # Errors
/// Negative amounts, a factor not above 0, a period outside the life.
pub fn declining(cost: f64, salvage: f64, life: f64, period: f64, factor: f64) -> Result<f64, CostError> {
    asset(cost, salvage, life)?;
    positive("factor", factor)?;
    let period = whole_period(period, life)?;
    let mut book = cost;
    let mut amount = 0.0;
    for _ in 0..period {
        amount = (book * (factor / life).min(1.0)).min(book - salvage).max(0.0);
        book -= amount;
    }
    answer("depreciation_double_declining", amount)
}

/// Variable declining balance between two moments: declining as [`declining`], switching to straight line over the
/// rest of the life once that is more. A part of a period takes its part of that period's depreciation.
///
/// Source: Microsoft Support, VDB function (`no_switch` FALSE).
///
/// # Errors
/// Negative amounts, a factor not above 0, moments outside the life or in the wrong order.
pub fn variable_declining(
    cost: f64,
    salvage: f64,
    life: f64,
    start: f64,
    end: f64,
    factor: f64,
) -> Result<f64, CostError> {
    asset(cost, salvage, life)?;
    positive("factor", factor)?;
    non_negative("start", start)?;
    finite("end", end)?;
    check("end", end, end >= start && end <= life, "between the start and the life")?;
    let mut book = cost;
    let mut sum = 0.0;
    let mut period = 0.0;
    while period < end {
        let left = (life - period).max(1.0);
        let straight = (book - salvage) / left;
        let amount = (book * (factor / life).min(1.0)).max(straight).min(book - salvage).max(0.0);
        let covered = end.min(period + 1.0) - start.max(period);
        sum += amount * covered.max(0.0);
        book -= amount;
        period += 1.0;
    }
    answer("depreciation_vdb", sum)
}

/// The depreciation of each year by the published MACRS table (half-year convention) for a recovery of 3, 5 or 7 years;
/// one year more than the recovery period, for the first and last are halves.
///
/// Use the rounded table, as the tax return does, not the recursion behind it.
///
/// # Errors
/// A negative cost, another recovery period.
pub fn macrs(cost: f64, recovery_years: u32) -> Result<Vec<f64>, CostError> {
    non_negative("cost", cost)?;
    macrs_percent(recovery_years)?
        .iter()
        .map(|percent| answer("depreciation_macrs_table", cost * percent / 100.0))
        .collect()
}

/// The published table for a recovery of 3, 5 or 7 years.
pub(crate) fn macrs_percent(recovery_years: u32) -> Result<&'static [f64], CostError> {
    match recovery_years {
        3 => Ok(&MACRS_3_PERCENT),
        5 => Ok(&MACRS_5_PERCENT),
        7 => Ok(&MACRS_7_PERCENT),
        other => check("recovery_years", f64::from(other), false, "3, 5 (computers and servers) or 7").map(|_| &[][..]),
    }
}

/// What is left of a price after `years` of a steady decline: `price (1 - annual_decline)^years`.
///
/// # Errors
/// A decline of 1 or more, a negative price or time.
pub fn residual_value(price: f64, annual_decline: f64, years: f64) -> Result<f64, CostError> {
    non_negative("years", years)?;
    crate::growth::price_decline(price, annual_decline, years)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn spreadsheet_examples() {
        near(straight_line(30_000.0, 7_500.0, 10.0).unwrap(), 2_250.0);
        near(sum_of_years_digits(30_000.0, 7_500.0, 10.0, 1.0).unwrap(), 4_090.909_090_909_091);
        for (period, expected) in
            [(1.0, 186_083.333_333_333), (3.0, 176_814.442_75), (5.0, 81_999.642_784_182_74), (7.0, 15_845.098_473_848)]
        {
            near(fixed_declining(1e6, 1e5, 6.0, period, 7.0).unwrap(), expected);
        }
        near(declining(2_400.0, 300.0, 3_650.0, 1.0, 2.0).unwrap(), 1.315_068_493_150_685);
        near(declining(2_400.0, 300.0, 10.0, 10.0, 2.0).unwrap(), 22.122_547_2);
        near(variable_declining(2_400.0, 300.0, 120.0, 6.0, 18.0, 1.5).unwrap(), 311.808_936_658_233);
    }

    #[test]
    fn every_method_takes_the_whole_cost_once() {
        let (cost, salvage, life) = (10_000.0, 1_000.0, 8.0);
        let syd: f64 = (1..=8).map(|p| sum_of_years_digits(cost, salvage, life, f64::from(p)).unwrap()).sum();
        near(syd, cost - salvage);
        near(variable_declining(cost, salvage, life, 0.0, life, 2.0).unwrap(), cost - salvage);
        for years in [3, 5, 7] {
            near(macrs(cost, years).unwrap().iter().sum(), cost);
        }
    }

    #[test]
    fn parts_of_periods_add_up() {
        let whole = variable_declining(2_400.0, 300.0, 10.0, 0.0, 3.0, 2.0).unwrap();
        let parts: f64 = [(0.0, 0.4), (0.4, 1.7), (1.7, 3.0)]
            .iter()
            .map(|(from, to)| variable_declining(2_400.0, 300.0, 10.0, *from, *to, 2.0).unwrap())
            .sum();
        near(parts, whole);
    }

    #[test]
    fn refusals_name_the_field() {
        assert_eq!(macrs(1.0, 4).unwrap_err().field(), "recovery_years");
        assert_eq!(declining(1.0, 0.0, 5.0, 6.0, 2.0).unwrap_err().field(), "period");
        assert_eq!(variable_declining(1.0, 0.0, 5.0, 3.0, 2.0, 2.0).unwrap_err().field(), "end");
    }
}
