//! The ways to pay.

use assay_base::Money;
use serde::{Deserialize, Serialize};

use crate::commitments::spot_overhead_fraction;
use crate::error::{CostError, non_negative, positive};
use crate::unit_cost::SECS_PER_HOUR;

/// What interruptions of spot capacity cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpotOverhead {
    /// Extra hours as a fraction of the useful ones, 0 or above.
    Fraction(f64),
    /// Derived at the best checkpoint interval, see [`crate::commitments::spot_overhead_fraction`].
    Checkpoints {
        /// Time to write a checkpoint.
        checkpoint_secs: f64,
        /// Time until the work goes on after an interruption.
        restart_secs: f64,
        /// Interruptions of a unit in an hour.
        interruptions_per_hour: f64,
    },
}

impl SpotOverhead {
    /// Extra hours as a fraction of the useful ones.
    ///
    /// # Errors
    /// A number outside its range, or interruptions too frequent for the approximation.
    pub fn fraction(&self) -> Result<f64, CostError> {
        match self {
            Self::Fraction(fraction) => non_negative("fraction", *fraction),
            Self::Checkpoints { interruptions_per_hour: 0.0, checkpoint_secs, restart_secs } => {
                positive("checkpoint_secs", *checkpoint_secs)?;
                non_negative("restart_secs", *restart_secs)?;
                Ok(0.0)
            }
            Self::Checkpoints { checkpoint_secs, restart_secs, interruptions_per_hour } => {
                positive("checkpoint_secs", *checkpoint_secs)?;
                non_negative("restart_secs", *restart_secs)?;
                positive("interruptions_per_hour", *interruptions_per_hour)?;
                let between = positive("interruptions_per_hour", SECS_PER_HOUR / interruptions_per_hour)?;
                spot_overhead_fraction(*checkpoint_secs, *restart_secs, between)
            }
        }
    }
}

/// How a purchase is written off, in the books or for tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depreciation {
    /// Evenly over its life, down to the residual value.
    #[default]
    StraightLine,
    /// At `factor / life in years` of the book value a year, not below the residual value.
    Declining {
        /// 2 is double declining.
        factor: f64,
    },
    /// The same, switching to straight line once that is more.
    VariableDeclining {
        /// 2 is double declining.
        factor: f64,
    },
    /// US MACRS, half-year convention (IRS Pub. 946, Table A-1), down to 0.
    Macrs {
        /// 3, 5 (servers) or 7 years.
        recovery_years: u32,
    },
    /// At once (bonus depreciation).
    Immediate,
}

/// A way to pay. A unit is what is rented or bought as a whole: an instance, a server, a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Payment {
    /// Rented by the hour; units are returned in months that need fewer.
    OnDemand {
        /// Price of one unit for one hour, power included.
        price_per_unit_hour: Money,
    },
    /// Rented by the hour at a price that can be withdrawn.
    Spot {
        /// Price of one unit for one hour, power included.
        price_per_unit_hour: Money,
        /// Extra hours for checkpoints, lost work and restarts.
        overhead: SpotOverhead,
    },
    /// Committed for a term and paid whether used or not. Units added later start their own term.
    Reserved {
        /// What remains to be paid for each hour of the term, power included; 0 with all upfront.
        price_per_unit_hour: Money,
        /// Paid when the term of a unit begins; 0 with none upfront.
        upfront_per_unit: Money,
        /// Length of the term in months; terms are renewed until the horizon.
        term_months: u32,
    },
    /// Windows of fixed length, paid in advance as a whole.
    CapacityBlock {
        /// Price of one unit for one window, power included.
        price_per_unit_block: Money,
        /// Hours of a window.
        hours_per_block: f64,
    },
    /// Bought. Energy is added from the unit's power.
    Purchase {
        /// Price of one unit with its share of host, network and rack.
        capex_per_unit: Money,
        /// What is left of the price at the end of its life, as a fraction, [0, 1].
        residual_fraction: f64,
        /// Months until a unit is sold for its residual and replaced. Between, its market value falls in a straight
        /// line.
        life_months: u32,
        /// How the books write it off: what depreciation and capital charge of a month are.
        depreciation: Depreciation,
        /// Maintenance and operation a year as a fraction of the price.
        opex_fraction_per_year: f64,
    },
    /// Leased for a term at a monthly rate.
    Lease {
        /// Rate of one unit for one month.
        price_per_unit_month: Money,
        /// Paid when the term of a unit begins.
        upfront_per_unit: Money,
        /// Length of the term in months; terms are renewed until the horizon.
        term_months: u32,
        /// Whether the rate includes the electricity.
        energy_included: bool,
    },
    /// A service priced by the item: no units, and no throughput of one's own.
    PerMillionItems {
        /// Price of one million items.
        price: Money,
    },
    /// A token service: an item is a request of so many tokens.
    PerMillionTokens {
        /// Price of one million input tokens.
        input_price: Money,
        /// Price of one million input tokens found in the provider's cache; the input price where there is none.
        cached_input_price: Option<Money>,
        /// Price of one million output tokens.
        output_price: Money,
        /// Input tokens of an item, cached ones included.
        input_tokens_per_item: f64,
        /// Fraction of the input tokens found in the cache, [0, 1].
        cached_fraction: f64,
        /// Output tokens of an item.
        output_tokens_per_item: f64,
    },
    /// Nobody has quoted a price. Such an option is shown and not ranked.
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Payment {
    /// Every price in it.
    pub fn prices_mut(&mut self) -> Vec<&mut Money> {
        match self {
            Self::OnDemand { price_per_unit_hour } | Self::Spot { price_per_unit_hour, .. } => {
                vec![price_per_unit_hour]
            }
            Self::Reserved { price_per_unit_hour, upfront_per_unit, .. } => vec![price_per_unit_hour, upfront_per_unit],
            Self::CapacityBlock { price_per_unit_block, .. } => vec![price_per_unit_block],
            Self::Purchase { capex_per_unit, .. } => vec![capex_per_unit],
            Self::Lease { price_per_unit_month, upfront_per_unit, .. } => vec![price_per_unit_month, upfront_per_unit],
            Self::PerMillionItems { price } => vec![price],
            Self::PerMillionTokens { input_price, cached_input_price, output_price, .. } => {
                [Some(input_price), cached_input_price.as_mut(), Some(output_price)].into_iter().flatten().collect()
            }
            Self::Unknown { .. } => Vec::new(),
        }
    }

    /// Multiplies every price in it.
    pub fn scale(&mut self, factor: f64) {
        self.prices_mut().into_iter().for_each(|price| price.amount *= factor);
    }

    /// The kind in words, with the term and how much of it is paid upfront: the price basis of a figure.
    pub fn label(&self) -> String {
        match self {
            Self::OnDemand { .. } => "on-demand".to_owned(),
            Self::Spot { .. } => "spot".to_owned(),
            Self::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => {
                let upfront = match (upfront_per_unit.amount > 0.0, price_per_unit_hour.amount > 0.0) {
                    (false, _) => "none",
                    (true, true) => "partly",
                    (true, false) => "all",
                };
                format!("reserved for {term_months} months, {upfront} upfront")
            }
            Self::CapacityBlock { hours_per_block, .. } => format!("capacity blocks of {hours_per_block} hours"),
            Self::Purchase { life_months, .. } => format!("purchase, {life_months} months of life"),
            Self::Lease { term_months, .. } => format!("lease for {term_months} months"),
            Self::PerMillionItems { .. } => "service by the item".to_owned(),
            Self::PerMillionTokens { .. } => "service by the token".to_owned(),
            Self::Unknown { .. } => "unknown".to_owned(),
        }
    }
}
