//! What can be wrong with an input, and the checks that say so.

use assay_base::CurrencyMismatch;

/// An input that no formula can answer, with the range that it can.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CostError {
    /// A number outside its range.
    #[error("{field} is {value}; it must be {allowed}")]
    OutOfRange {
        /// The input, such as `discount_rate_annual` or `options[2].payment.price`.
        field: String,
        /// What was given.
        value: f64,
        /// The range in words.
        allowed: &'static str,
    },
    /// Inputs that do not fit each other.
    #[error("{field}: {problem}")]
    Invalid {
        /// The input.
        field: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Two currencies met without an exchange rate.
    #[error("{field}: {mismatch}")]
    Currency {
        /// The input whose currency differs.
        field: String,
        /// The two currencies.
        mismatch: CurrencyMismatch,
    },
}

impl CostError {
    /// An error about inputs that do not fit each other.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), problem: problem.into() }
    }

    /// The same error, its field named as a part of `outer` (`options[2]` and `price` make `options[2].price`).
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        let (Self::OutOfRange { field, .. } | Self::Invalid { field, .. } | Self::Currency { field, .. }) = &mut self;
        *field = format!("{outer}.{field}");
        self
    }

    /// The input that the error is about.
    pub fn field(&self) -> &str {
        let (Self::OutOfRange { field, .. } | Self::Invalid { field, .. } | Self::Currency { field, .. }) = self;
        field
    }
}

/// The range in words for [`check`].
pub(crate) const FINITE: &str = "a finite number";
pub(crate) const POSITIVE: &str = "a finite number above 0";
pub(crate) const NON_NEGATIVE: &str = "a finite number, 0 or above";
pub(crate) const FRACTION: &str = "a fraction between 0 and 1";
pub(crate) const PROPER_FRACTION: &str = "a fraction above 0, at most 1";
pub(crate) const RATE: &str = "a finite fraction a period above -1 (0.08 is 8 %)";

/// `value` where `ok`, else the error that names the field and the allowed range.
pub(crate) fn check(field: &str, value: f64, ok: bool, allowed: &'static str) -> Result<f64, CostError> {
    if ok { Ok(value) } else { Err(CostError::OutOfRange { field: field.to_owned(), value, allowed }) }
}

pub(crate) fn finite(field: &str, value: f64) -> Result<f64, CostError> {
    check(field, value, value.is_finite(), FINITE)
}

pub(crate) fn positive(field: &str, value: f64) -> Result<f64, CostError> {
    check(field, value, value.is_finite() && value > 0.0, POSITIVE)
}

pub(crate) fn non_negative(field: &str, value: f64) -> Result<f64, CostError> {
    check(field, value, value.is_finite() && value >= 0.0, NON_NEGATIVE)
}

pub(crate) fn fraction(field: &str, value: f64) -> Result<f64, CostError> {
    check(field, value, (0.0..=1.0).contains(&value), FRACTION)
}

pub(crate) fn proper_fraction(field: &str, value: f64) -> Result<f64, CostError> {
    check(field, value, value > 0.0 && value <= 1.0, PROPER_FRACTION)
}

pub(crate) fn rate(field: &str, value: f64) -> Result<f64, CostError> {
    check(field, value, value.is_finite() && value > -1.0, RATE)
}

/// Every number of a list finite, and the list not empty.
pub(crate) fn finite_list(field: &str, values: &[f64]) -> Result<(), CostError> {
    if values.is_empty() {
        return Err(CostError::invalid(field, "the list is empty; give at least one number"));
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(i) => finite(&format!("{field}[{i}]"), values[i]).map(|_| ()),
        None => Ok(()),
    }
}

/// The result of a formula; inputs within their ranges can still overflow a double.
pub(crate) fn answer(name: &str, value: f64) -> Result<f64, CostError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(CostError::invalid(name, "the result is beyond the range of a double; check the units of the inputs"))
    }
}
