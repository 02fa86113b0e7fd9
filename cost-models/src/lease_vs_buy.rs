//! Lease against buy.

use serde::{Deserialize, Serialize};

use crate::depreciation::macrs;
use crate::error::{CostError, answer, check, non_negative, positive, rate};
use crate::time_value::present_value;

/// What a lease is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseOrBuy {
    /// Price when bought.
    pub cost: f64,
    /// What it sells for when the lease would end, before tax.
    pub salvage_pre_tax: f64,
    /// Tax rate, [0, 1).
    pub tax_rate: f64,
    /// Borrowing rate before tax, a fraction a year.
    pub debt_rate: f64,
    /// MACRS recovery period of the purchase: 3, 5 or 7 years.
    pub macrs_years: u32,
    /// Annual lease payment before tax.
    pub lease_payment: f64,
    /// Number of annual payments.
    pub payments: u32,
    /// Whether a payment is due at the begin of its year.
    pub in_advance: bool,
}

/// Both present values and their difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseAgainstBuy {
    /// Present value of buying, after tax.
    pub buy_pv_cost: f64,
    /// Present value of leasing, after tax.
    pub lease_pv_cost: f64,
    /// Net advantage of leasing, `buy - lease`: positive favours the lease.
    pub net_advantage_of_leasing: f64,
}

/// Net advantage of leasing: after-tax payments and depreciation shields at the after-tax borrowing rate.
///
/// Shields fall at the end of each MACRS year, also of those after the sale; the sale is taxed in full, as on a book
/// value of 0. Source: Brealey, Myers & Allen, Principles of Corporate Finance, ch. 25.
///
/// # Errors
/// A value outside its range.
pub fn lease_vs_buy(terms: &LeaseOrBuy) -> Result<LeaseAgainstBuy, CostError> {
    non_negative("cost", terms.cost)?;
    non_negative("salvage_pre_tax", terms.salvage_pre_tax)?;
    tax("tax", terms.tax_rate)?;
    rate("debt_rate", terms.debt_rate)?;
    non_negative("lease_payment", terms.lease_payment)?;
    let payments = f64::from(terms.payments);
    positive("payments", payments)?;
    let after_tax_rate = terms.debt_rate * (1.0 - terms.tax_rate);
    let factor = |years: f64| (-years * after_tax_rate.ln_1p()).exp();
    let shields: f64 = macrs(terms.cost, terms.macrs_years)?
        .iter()
        .enumerate()
        .map(|(year, amount)| terms.tax_rate * amount * factor((year + 1) as f64))
        .sum();
    let salvage = terms.salvage_pre_tax * (1.0 - terms.tax_rate) * factor(payments);
    let buy_pv_cost = answer("buy_pv_cost", terms.cost - shields - salvage)?;
    let paid = terms.lease_payment * (1.0 - terms.tax_rate);
    let lease_pv_cost = present_value(after_tax_rate, payments, -paid, 0.0, terms.in_advance)?;
    Ok(LeaseAgainstBuy { buy_pv_cost, lease_pv_cost, net_advantage_of_leasing: buy_pv_cost - lease_pv_cost })
}

/// The annual lease payment before tax at which leasing costs what buying costs:
/// `buy_pv / ((1 - tax) * annuity factor)`.
///
/// # Errors
/// A value outside its range.
pub fn breakeven_lease_payment(
    buy_pv_cost: f64,
    tax_rate: f64,
    after_tax_rate: f64,
    payments: u32,
    in_advance: bool,
) -> Result<f64, CostError> {
    non_negative("buy_pv_cost", buy_pv_cost)?;
    tax("tax", tax_rate)?;
    rate("after_tax_rate", after_tax_rate)?;
    positive("payments", f64::from(payments))?;
    let annuity = present_value(after_tax_rate, f64::from(payments), -1.0, 0.0, in_advance)?;
    answer("breakeven_lease_payment", buy_pv_cost / ((1.0 - tax_rate) * annuity))
}

fn tax(field: &str, value: f64) -> Result<f64, CostError> {
    check(field, value, (0.0..1.0).contains(&value), "a fraction, 0 or above and below 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_break_even_payment_makes_both_equal() {
        let terms = LeaseOrBuy {
            cost: 400_000.0,
            salvage_pre_tax: 40_000.0,
            tax_rate: 0.25,
            debt_rate: 0.08,
            macrs_years: 5,
            lease_payment: 95_000.0,
            payments: 5,
            in_advance: true,
        };
        let compared = lease_vs_buy(&terms).unwrap();
        assert!((compared.net_advantage_of_leasing + 25_818.926_798_661_53).abs() < 1e-4);
        let payment = breakeven_lease_payment(compared.buy_pv_cost, 0.25, 0.06, 5, true).unwrap();
        assert!((payment - 87_290.163_163_523_76).abs() < 1e-4);
        let even = lease_vs_buy(&LeaseOrBuy { lease_payment: payment, ..terms }).unwrap();
        assert!(even.net_advantage_of_leasing.abs() < 1e-6);
    }
}
