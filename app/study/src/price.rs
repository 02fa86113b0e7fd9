//! Where an option's price comes from: an offer of the catalogue, or stated in the study for every way to pay.

use assay_base::Currency;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;

/// A price. Which of the amounts belong to it follows from `from`. A unit is what is rented or bought whole, such as a
/// server of eight accelerators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Where it comes from.
    pub from: PriceSource,
    /// The offer's id in the option's hardware profile; its quote in force on the pricing date is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// For an hour of one unit; what remains to be paid for each hour of a reservation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_unit_hour: Option<f64>,
    /// For one unit bought, with its share of host, network and rack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_unit: Option<f64>,
    /// For a month of one leased unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_unit_month: Option<f64>,
    /// For one window of a capacity block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_unit_block: Option<f64>,
    /// For a million items of a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_million_items: Option<f64>,
    /// For a million input tokens of a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_million_input_tokens: Option<f64>,
    /// For a million input tokens found in the provider's cache; as other input tokens when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_million_cached_input_tokens: Option<f64>,
    /// For a million output tokens of a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_million_output_tokens: Option<f64>,
    /// Paid when the term of a reserved or leased unit begins. With an offer it is added to the quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upfront_per_unit: Option<f64>,
    /// Months of a reservation or lease; renewed until the horizon. An offer of a reservation knows its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_months: Option<u32>,
    /// Hours of one window of a capacity block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_per_block: Option<f64>,
    /// Whether a lease includes the electricity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_included: Option<bool>,
    /// Accelerators (or measured devices) in a unit; 1 when absent. An offer knows its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerators_per_unit: Option<u32>,
    /// The currency of the amounts stated here; the study's when absent. Another one needs an exchange rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// A factor on every amount: 0.85 for a negotiated discount of 15 %, a distribution for what is not settled.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub factor: Quantity,
    /// How the price develops from the start on; it stays when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Where the amounts stated here are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The day on which they held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub as_of: Option<Date>,
}

fn one() -> Quantity {
    Quantity::Number(1.0)
}

fn is_one(factor: &Quantity) -> bool {
    *factor == 1.0
}

/// Where a price comes from, and so how one pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriceSource {
    /// An offer of the option's hardware profile, of any kind.
    Offer,
    /// Stated here: rented by the hour.
    Hourly,
    /// Stated here: rented by the hour, may be withdrawn.
    Spot,
    /// Stated here: committed for a term and paid whether used or not.
    Reserved,
    /// Stated here: windows of fixed length, paid in advance.
    CapacityBlock,
    /// Stated here: bought.
    Purchase,
    /// Stated here: leased by the month.
    Lease,
    /// Stated here: a service priced by the item.
    Items,
    /// Stated here: a service priced by the token.
    Tokens,
}

impl PriceSource {
    /// The word used in YAML and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Hourly => "hourly",
            Self::Spot => "spot",
            Self::Reserved => "reserved",
            Self::CapacityBlock => "capacity-block",
            Self::Purchase => "purchase",
            Self::Lease => "lease",
            Self::Items => "items",
            Self::Tokens => "tokens",
        }
    }

    /// The keys that such a price must have.
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Self::Offer => &["offer"],
            Self::Hourly | Self::Spot => &["price_per_unit_hour", "source"],
            Self::Reserved => &["price_per_unit_hour", "term_months", "source"],
            Self::CapacityBlock => &["price_per_unit_block", "hours_per_block", "source"],
            Self::Purchase => &["price_per_unit", "source"],
            Self::Lease => &["price_per_unit_month", "term_months", "source"],
            Self::Items => &["price_per_million_items", "source"],
            Self::Tokens => &["price_per_million_input_tokens", "price_per_million_output_tokens", "source"],
        }
    }

    /// The keys that such a price may have besides; `from`, `factor` and `change` belong to all.
    pub fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Offer => &["upfront_per_unit", "term_months", "energy_included"],
            Self::Reserved => &["upfront_per_unit", "accelerators_per_unit", "currency", "as_of"],
            Self::Lease => &["upfront_per_unit", "energy_included", "accelerators_per_unit", "currency", "as_of"],
            Self::Tokens => &["price_per_million_cached_input_tokens", "currency", "as_of"],
            Self::Items => &["currency", "as_of"],
            Self::Hourly | Self::Spot | Self::CapacityBlock | Self::Purchase => {
                &["accelerators_per_unit", "currency", "as_of"]
            }
        }
    }
}

impl Price {
    /// The amounts stated here, by key.
    pub fn amounts(&self) -> [(&'static str, Option<f64>); 9] {
        [
            ("price_per_unit_hour", self.price_per_unit_hour),
            ("price_per_unit", self.price_per_unit),
            ("price_per_unit_month", self.price_per_unit_month),
            ("price_per_unit_block", self.price_per_unit_block),
            ("price_per_million_items", self.price_per_million_items),
            ("price_per_million_input_tokens", self.price_per_million_input_tokens),
            ("price_per_million_cached_input_tokens", self.price_per_million_cached_input_tokens),
            ("price_per_million_output_tokens", self.price_per_million_output_tokens),
            ("upfront_per_unit", self.upfront_per_unit),
        ]
    }

    /// The keys that are stated, besides `from`, `factor` and `change`.
    pub(crate) fn stated(&self) -> Vec<&'static str> {
        let amounts = self.amounts().into_iter().filter_map(|(key, amount)| amount.map(|_| key));
        let others = [
            ("offer", self.offer.is_some()),
            ("term_months", self.term_months.is_some()),
            ("hours_per_block", self.hours_per_block.is_some()),
            ("energy_included", self.energy_included.is_some()),
            ("accelerators_per_unit", self.accelerators_per_unit.is_some()),
            ("currency", self.currency.is_some()),
            ("source", self.source.is_some()),
            ("as_of", self.as_of.is_some()),
        ];
        amounts.chain(others.into_iter().filter_map(|(key, is)| is.then_some(key))).collect()
    }
}

/// A steady change of an amount, compound: `{ per_year: -0.1 }` falls by 10 % a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The change in a year as a fraction. Give this or `per_month`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_year: Option<Quantity>,
    /// The change in a month as a fraction. Give this or `per_year`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_month: Option<Quantity>,
    /// Whether it contains inflation.
    #[serde(default, skip_serializing_if = "Basis::is_nominal")]
    pub basis: Basis,
}

/// Whether a rate contains inflation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// It does: amounts are those on the invoice.
    #[default]
    Nominal,
    /// It does not: amounts are in today's money.
    Real,
}

impl Basis {
    pub(crate) fn is_nominal(&self) -> bool {
        *self == Self::Nominal
    }
}
