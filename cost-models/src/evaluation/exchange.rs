//! Amounts in the currency of the study.

use std::borrow::Cow;

use assay_base::{Currency, CurrencyMismatch, Money};

use super::{Assumptions, ExchangeRate, OptionInput, RecurringCost};
use crate::error::CostError;

/// What one unit of a currency is worth in the study's.
///
/// # Errors
/// A currency without a rate.
pub(super) fn rate(field: &str, given: Currency, study: Currency, rates: &[ExchangeRate]) -> Result<f64, CostError> {
    if given == study {
        return Ok(1.0);
    }
    rates.iter().find(|rate| rate.from == given).map(|rate| rate.rate).ok_or_else(|| {
        let mismatch = CurrencyMismatch { left: given, right: study };
        CostError::Currency { field: field.to_owned(), mismatch }
    })
}

/// The same options and assumptions with every amount in the study's currency. Both have been validated.
pub(crate) fn in_study_currency<'a>(
    options: &'a [OptionInput],
    assumptions: &'a Assumptions,
) -> Result<(Cow<'a, [OptionInput]>, Cow<'a, Assumptions>), CostError> {
    if assumptions.exchange_rates.is_empty() {
        return Ok((Cow::Borrowed(options), Cow::Borrowed(assumptions)));
    }
    let study = assumptions.currency;
    let rates = &assumptions.exchange_rates;
    let convert = |money: &mut Money| -> Result<(), CostError> {
        let rate = rate("currency", money.currency, study, rates)?;
        *money = Money::new(money.amount * rate, study);
        Ok(())
    };
    let recurring = |costs: &mut [RecurringCost]| costs.iter_mut().try_for_each(|cost| convert(&mut cost.per_month));
    let mut options = options.to_vec();
    for option in &mut options {
        option.payment.prices_mut().into_iter().try_for_each(convert)?;
        for cost in &mut option.one_off_costs {
            let rate = rate("currency", cost.currency, study, rates)?;
            cost.amount = cost.amount.scaled(rate);
            cost.currency = study;
        }
        recurring(&mut option.recurring_costs)?;
    }
    let mut shared = assumptions.clone();
    if let Some(price) = &mut shared.electricity_price_per_kwh {
        convert(price)?;
    }
    recurring(&mut shared.shared_costs)?;
    Ok((Cow::Owned(options), Cow::Owned(shared)))
}
