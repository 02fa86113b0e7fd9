//! Ways to pay, and the price book's memory: several dated quotes an offer, one of them in force on a day.

use std::collections::BTreeSet;
use std::fmt;

use assay_base::{Currency, Money, format};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Confidence;

/// A quote older than this on the pricing date deserves a warning: prices expire after 90 days by default.
pub const OLD_AFTER_DAYS: i64 = 90;

/// A quote this far off the newest one deserves a warning, as a fraction.
pub const DRIFT_WARNING_FRACTION: f64 = 0.05;

/// How one pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OfferKind {
    /// Rented by the hour without commitment.
    OnDemand,
    /// Rented by the hour, may be taken away.
    Spot,
    /// Committed for one year.
    #[serde(rename = "reserved-1y")]
    Reserved1Y,
    /// Committed for three years.
    #[serde(rename = "reserved-3y")]
    Reserved3Y,
    /// Rented for a fixed block of days, paid ahead.
    CapacityBlock,
    /// Bought.
    Purchase,
    /// Leased.
    Lease,
    /// Paid by the token through an API.
    TokenApi,
}

impl OfferKind {
    /// The word used in tables, YAML and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Spot => "spot",
            Self::Reserved1Y => "reserved-1y",
            Self::Reserved3Y => "reserved-3y",
            Self::CapacityBlock => "capacity-block",
            Self::Purchase => "purchase",
            Self::Lease => "lease",
            Self::TokenApi => "token-api",
        }
    }

    /// The units such an offer can be priced in.
    pub fn units(self) -> &'static [PriceUnit] {
        match self {
            Self::OnDemand | Self::Spot | Self::Reserved1Y | Self::Reserved3Y => &[PriceUnit::Hour, PriceUnit::Month],
            Self::CapacityBlock => &[PriceUnit::Hour],
            Self::Purchase => &[PriceUnit::Unit],
            Self::Lease => &[PriceUnit::Month],
            Self::TokenApi => &[
                PriceUnit::MillionTokens,
                PriceUnit::MillionInputTokens,
                PriceUnit::MillionCachedInputTokens,
                PriceUnit::MillionOutputTokens,
            ],
        }
    }
}

impl fmt::Display for OfferKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum PriceUnit {
    /// An hour of the offer's unit.
    #[serde(rename = "hour")]
    Hour,
    /// A month of the offer's unit.
    #[serde(rename = "month")]
    Month,
    /// The offer's unit, once.
    #[serde(rename = "unit")]
    Unit,
    /// A million tokens, whichever way they go.
    #[serde(rename = "1M-tokens")]
    MillionTokens,
    /// A million tokens sent.
    #[serde(rename = "1M-input-tokens")]
    MillionInputTokens,
    /// A million tokens sent that the provider had cached.
    #[serde(rename = "1M-cached-input-tokens")]
    MillionCachedInputTokens,
    /// A million tokens generated.
    #[serde(rename = "1M-output-tokens")]
    MillionOutputTokens,
}

impl PriceUnit {
    /// The word used in tables, YAML and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Month => "month",
            Self::Unit => "unit",
            Self::MillionTokens => "1M-tokens",
            Self::MillionInputTokens => "1M-input-tokens",
            Self::MillionCachedInputTokens => "1M-cached-input-tokens",
            Self::MillionOutputTokens => "1M-output-tokens",
        }
    }
}

impl fmt::Display for PriceUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// One way to pay for an accelerator, with every price known for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Unique in its profile: `aws-p5.48xlarge-us-east-1-on-demand`.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]*$"))]
    pub id: String,
    /// Who sells.
    pub provider: String,
    /// How one pays.
    pub kind: OfferKind,
    /// What is rented or bought: an instance type, a card, a kit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How many of this profile's accelerators one unit holds. Absent where that is unknown (a share of a CPU) or
    /// has no meaning (tokens).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub accelerators: Option<u32>,
    /// Virtual CPUs of one unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcpu: Option<u32>,
    /// Host memory of one unit in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<f64>,
    /// The provider's own name of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The model that a token API serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The shortest time that is billed, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_granularity_secs: Option<u32>,
    /// What the price includes besides the accelerators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<String>,
    /// The last day on which it can be had, where an end is announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub available_until: Option<Date>,
    /// What a reader must know before using it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Every price known, oldest first.
    pub quotes: Vec<Quote>,
}

/// A price on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// The price of the offer's whole unit, greater than zero.
    pub price: f64,
    /// Its currency.
    pub currency: Currency,
    /// What it buys.
    pub per: PriceUnit,
    /// The day it held; for an imprecise source the latest day its words allow.
    #[schemars(with = "String", extend("format" = "date"))]
    pub as_of: Date,
    /// A key of the profile's `sources`.
    pub source: String,
    /// Confidence in this price, when it differs from the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What a reader must know about this price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Quote {
    /// The price as an amount of money.
    pub fn money(&self) -> Money {
        Money::new(self.price, self.currency)
    }

    /// Days from the quote to `date`; negative when the quote is of a later day.
    pub fn age_days(&self, date: Date) -> i64 {
        i64::from((date - self.as_of).get_days())
    }

    /// `self / other - 1`: positive when this quote is above the other. `None` when the two are in different
    /// currencies or units, or the other is not a price.
    pub fn drift_fraction(&self, other: &Self) -> Option<f64> {
        let comparable = self.currency == other.currency && self.per == other.per && other.price > 0.0;
        comparable.then(|| self.price / other.price - 1.0)
    }
}

/// What somebody modelled an accelerator to cost. A reference to compare with, never an offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostReference {
    /// Whose cost: `hyperscaler-owned`, `3-year rental`.
    pub basis: String,
    /// The modelled cost of one accelerator.
    pub price: f64,
    /// Its currency.
    pub currency: Currency,
    /// What it is the cost of.
    pub per: PriceUnit,
    /// The day of the model.
    #[schemars(with = "String", extend("format" = "date"))]
    pub as_of: Date,
    /// A key of the profile's `sources`.
    pub source: String,
    /// What the model assumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The quote that holds on a pricing date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuoteInForce<'a> {
    /// The newest quote that is not after the pricing date.
    pub quote: &'a Quote,
    /// Days from the quote to the pricing date, never negative.
    pub age_days: i64,
    /// The newest quote of all in the same unit, also when it is after the pricing date.
    pub newest: &'a Quote,
    /// `quote / newest - 1`: positive when the quote in force is above the newest one; zero when it is the newest.
    /// Absent when the two are in different currencies.
    pub drift_fraction: Option<f64>,
}

/// What a reader should know about a quote in force.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PriceWarning {
    /// The quote is older than [`OLD_AFTER_DAYS`] on the pricing date.
    Old {
        /// Its age.
        age_days: i64,
    },
    /// A newer quote differs by more than [`DRIFT_WARNING_FRACTION`].
    Drift {
        /// See [`QuoteInForce::drift_fraction`].
        drift_fraction: f64,
        /// The day of the newest quote.
        newest_as_of: Date,
    },
}

impl fmt::Display for PriceWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Old { age_days } => write!(f, "the price is {age_days} days old"),
            Self::Drift { drift_fraction, newest_as_of } => {
                write!(f, "the price is {} the newest quote, of {newest_as_of}", off(*drift_fraction))
            }
        }
    }
}

/// Age and drift in words: `47 days old, 25 % below the newest quote of 2026-07-31`.
impl fmt::Display for QuoteInForce<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.age_days {
            0 => f.write_str("of the pricing date")?,
            1 => f.write_str("1 day old")?,
            days => write!(f, "{days} days old")?,
        }
        match self.drift_fraction {
            Some(drift) if drift != 0.0 => {
                write!(f, ", {} the newest quote of {}", off(drift), self.newest.as_of)
            }
            _ => Ok(()),
        }
    }
}

/// `25 % below`, `3 % above`.
fn off(drift_fraction: f64) -> String {
    let side = if drift_fraction < 0.0 { "below" } else { "above" };
    format!("{} {side}", format::percent(drift_fraction.abs(), if drift_fraction.abs() < 0.01 { 1 } else { 0 }))
}

impl QuoteInForce<'_> {
    /// The warnings this quote deserves: age above 90 days, drift above 5 %.
    pub fn warnings(&self) -> Vec<PriceWarning> {
        let old = (self.age_days > OLD_AFTER_DAYS).then_some(PriceWarning::Old { age_days: self.age_days });
        let drift = self
            .drift_fraction
            .filter(|drift| drift.abs() > DRIFT_WARNING_FRACTION)
            .map(|drift_fraction| PriceWarning::Drift { drift_fraction, newest_as_of: self.newest.as_of });
        old.into_iter().chain(drift).collect()
    }
}

/// Why no quote is in force. The price is then unknown, not zero.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoQuote {
    /// The offer has no quote (in the unit asked for).
    #[error("offer `{offer}` has no quote{}", per_unit(*per))]
    None {
        /// The offer.
        offer: String,
        /// The unit asked for, if one was.
        per: Option<PriceUnit>,
    },
    /// Every quote is after the pricing date.
    #[error(
        "offer `{offer}` has no quote on or before {pricing_date}: its oldest is of {oldest}; choose a later pricing date or add an older quote"
    )]
    AllLater {
        /// The offer.
        offer: String,
        /// The study's pricing date.
        pricing_date: Date,
        /// The day of the oldest quote.
        oldest: Date,
    },
    /// The offer ended before the pricing date.
    #[error("offer `{offer}` ended on {until}, before {pricing_date}; choose another offer")]
    Ended {
        /// The offer.
        offer: String,
        /// The study's pricing date.
        pricing_date: Date,
        /// Its last day.
        until: Date,
    },
    /// The offer is priced in several units and none was asked for.
    #[error("offer `{offer}` is priced per {}; say which", units.iter().map(|unit| unit.label()).collect::<Vec<_>>().join(", "))]
    SeveralUnits {
        /// The offer.
        offer: String,
        /// Its units.
        units: Vec<PriceUnit>,
    },
}

fn per_unit(per: Option<PriceUnit>) -> String {
    per.map(|unit| format!(" per {unit}")).unwrap_or_default()
}

impl Offer {
    /// The quote that holds on `pricing_date`: the newest one that is not after it. (`check` refuses two quotes of
    /// the same day and unit.)
    ///
    /// # Errors
    /// When there is none, or the offer is priced in several units (tokens in and out): use
    /// [`Self::quote_in_force_per`] then.
    pub fn quote_in_force(&self, pricing_date: Date) -> Result<QuoteInForce<'_>, NoQuote> {
        let units: BTreeSet<PriceUnit> = self.quotes.iter().map(|quote| quote.per).collect();
        let mut units = units.into_iter();
        match (units.next(), units.next()) {
            (Some(unit), None) => self.quote_in_force_per(unit, pricing_date),
            (None, _) => Err(NoQuote::None { offer: self.id.clone(), per: None }),
            (Some(first), Some(second)) => {
                let units = [first, second].into_iter().chain(units).collect();
                Err(NoQuote::SeveralUnits { offer: self.id.clone(), units })
            }
        }
    }

    /// As [`Self::quote_in_force`], of the quotes in one unit.
    ///
    /// # Errors
    /// When there is no quote in that unit, none on or before the date, or the offer ended before it.
    pub fn quote_in_force_per(&self, per: PriceUnit, pricing_date: Date) -> Result<QuoteInForce<'_>, NoQuote> {
        if let Some(until) = self.available_until.filter(|until| *until < pricing_date) {
            return Err(NoQuote::Ended { offer: self.id.clone(), pricing_date, until });
        }
        let quotes = || self.quotes.iter().filter(|quote| quote.per == per);
        let Some(newest) = quotes().max_by_key(|quote| quote.as_of) else {
            return Err(NoQuote::None { offer: self.id.clone(), per: Some(per) });
        };
        let Some(quote) = quotes().filter(|quote| quote.as_of <= pricing_date).max_by_key(|quote| quote.as_of) else {
            let oldest = quotes().map(|quote| quote.as_of).min().unwrap_or(newest.as_of);
            return Err(NoQuote::AllLater { offer: self.id.clone(), pricing_date, oldest });
        };
        let age_days = quote.age_days(pricing_date);
        Ok(QuoteInForce { quote, age_days, newest, drift_fraction: quote.drift_fraction(newest) })
    }

    /// The share of a unit's price that falls on one accelerator; `None` where the number of accelerators in a unit
    /// is unknown. The share includes that of the host, memory and disks rented or bought with it.
    pub fn per_accelerator(&self, quote: &Quote) -> Option<Money> {
        let count = self.accelerators.filter(|count| *count > 0)?;
        Some(quote.money() * (1.0 / f64::from(count)))
    }
}
