//! What an axis counts, and how its numbers are written.

use crate::labels::Language;
use assay_base::{Currency, format};
use serde::{Deserialize, Serialize};

/// What an axis counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Plain numbers; the axis label carries the unit.
    Number,
    /// Money.
    Money(Currency),
    /// Months, divided like years.
    Months,
    /// Time in seconds.
    Seconds,
    /// Parts of one.
    Fraction,
    /// Operations a second.
    FlopsPerSec,
    /// Bytes a second.
    BytesPerSec,
}

/// Beyond this, digits say nothing and prefixes run out.
const HUGE: f64 = 1e18;

impl Quantity {
    /// A value beside a mark.
    pub(super) fn label(&self, value: f64, language: Language) -> String {
        language.number(&self.text(value)).into_owned()
    }

    fn text(&self, value: f64) -> String {
        match self {
            _ if value.abs() >= HUGE => format::significant(value, 3),
            Self::Number | Self::Months if value.fract() == 0.0 && value.abs() < 1e6 => format::thousands(value, 0),
            Self::Number if value.abs() >= 1e6 => format::spoken(value),
            Self::Number | Self::Months => format::without_trailing_zeros(&format::compact(value)),
            Self::Money(currency) => format::money_in(value, *currency),
            Self::Seconds => format::duration(value),
            Self::Fraction => format::percent(value, 1),
            Self::FlopsPerSec => format::flop_rate(value),
            Self::BytesPerSec => format::bandwidth(value),
        }
    }

    /// The steps between figures on the axis that this quantity allows; empty for all round numbers.
    pub(super) fn steps(&self) -> &'static [f64] {
        match self {
            Self::Months => &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0, 120.0],
            _ => &[],
        }
    }

    /// A value on the axis: as [`Quantity::label`] without needless zeros.
    pub(super) fn tick(&self, value: f64, language: Language) -> String {
        if value == 0.0 {
            return match self {
                Self::Money(currency) => format!("{}0", currency.prefix()),
                _ => "0".to_owned(),
            };
        }
        let text = match self {
            Self::Fraction if value.abs() < HUGE => format::percent(value, 0),
            _ => self.text(value),
        };
        language.number(&format::without_trailing_zeros(&text)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_have_no_needless_zeros() {
        let en = Language::English;
        assert_eq!(Quantity::Money(Currency::USD).tick(1_500_000.0, en), "$1.5M");
        assert_eq!(Quantity::Money(Currency::EUR).tick(0.0, en), "€0");
        assert_eq!(Quantity::Seconds.tick(0.002, en), "2\u{a0}ms");
        assert_eq!(Quantity::Number.tick(1000.0, en), "1,000");
        assert_eq!(Quantity::Fraction.tick(0.25, en), "25\u{a0}%");
        assert_eq!(Quantity::Money(Currency::EUR).tick(1_500_000.0, Language::German), "€1,5M");
    }
}
