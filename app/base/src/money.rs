//! Amounts of money. An amount always has a currency; mixing currencies is an error, never a guess.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code of three capital letters, such as `USD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Z]{3}$"))]
pub struct Currency([u8; 3]);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// The customary sign where it is unambiguous, else the code and a space.
    pub fn prefix(&self) -> String {
        match self.code() {
            "USD" => "$".to_owned(),
            "EUR" => "€".to_owned(),
            "GBP" => "£".to_owned(),
            code => format!("{code}\u{a0}"),
        }
    }
}

impl std::str::FromStr for Currency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(format!("`{text}` is not a currency code of three capital letters such as USD or EUR")),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.code())
    }
}

/// An amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// The amount in the currency's main unit (dollars, not cents).
    pub amount: f64,
    /// The currency.
    pub currency: Currency,
}

/// Two amounts of different currencies met without an exchange rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{left} and {right} cannot be combined without an exchange rate; state one in the study or use one currency")]
pub struct CurrencyMismatch {
    /// The currency on the left.
    pub left: Currency,
    /// The currency on the right.
    pub right: Currency,
}

impl Money {
    /// An amount in a currency.
    pub fn new(amount: f64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// When the currencies differ.
    pub fn checked_add(self, other: Self) -> Result<Self, CurrencyMismatch> {
        if self.currency == other.currency {
            Ok(Self { amount: self.amount + other.amount, ..self })
        } else {
            Err(CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }
}

impl std::ops::Mul<f64> for Money {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self { amount: self.amount * factor, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_three_capital_letters() {
        assert_eq!("USD".parse(), Ok(Currency::USD));
        for bad in ["usd", "US", "USDT", "€", ""] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
    }

    #[test]
    fn different_currencies_do_not_add() {
        let sum = Money::new(1.0, Currency::USD).checked_add(Money::new(1.0, Currency::EUR));
        assert_eq!(sum, Err(CurrencyMismatch { left: Currency::USD, right: Currency::EUR }));
    }
}
