//! What an evaluation is made from: options, the ways to pay for them, and the assumptions they share.

use assay_base::{Currency, Evidence, Money};
use serde::{Deserialize, Serialize};

use super::Estimate;
use crate::demand::Demand;
use crate::unit_cost::{Effectiveness, HOURS_PER_MONTH};

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
        /// Extra hours for checkpoints, lost work and restarts, as a fraction of the useful ones, 0 or above.
        overhead_fraction: f64,
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
        /// Months until a unit is sold for its residual and replaced. Between, its value falls in a straight line.
        life_months: u32,
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
    /// Multiplies every price in it.
    pub fn scale(&mut self, factor: f64) {
        let scale = |price: &mut Money| price.amount *= factor;
        match self {
            Self::OnDemand { price_per_unit_hour } | Self::Spot { price_per_unit_hour, .. } => {
                scale(price_per_unit_hour);
            }
            Self::Reserved { price_per_unit_hour, upfront_per_unit, .. } => {
                scale(price_per_unit_hour);
                scale(upfront_per_unit);
            }
            Self::CapacityBlock { price_per_unit_block, .. } => scale(price_per_unit_block),
            Self::Purchase { capex_per_unit, .. } => scale(capex_per_unit),
            Self::Lease { price_per_unit_month, upfront_per_unit, .. } => {
                scale(price_per_unit_month);
                scale(upfront_per_unit);
            }
            Self::PerMillionItems { price } => scale(price),
            Self::PerMillionTokens { input_price, cached_input_price, output_price, .. } => {
                scale(input_price);
                scale(output_price);
                if let Some(price) = cached_input_price {
                    scale(price);
                }
            }
            Self::Unknown { .. } => {}
        }
    }
}

/// What a cost is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Rent of accelerators by the hour or month.
    Compute,
    /// Upfront payments of commitments.
    Commitment,
    /// Hardware bought.
    Hardware,
    /// What hardware and running commitments are still worth (negative).
    ResidualValue,
    /// Items or tokens of a service.
    Service,
    /// Electricity, PUE included.
    Energy,
    /// Maintenance and operation of owned hardware.
    Maintenance,
    /// Cooling and rack space.
    Facility,
    /// Network and egress.
    Network,
    /// Storage.
    Storage,
    /// Software licences.
    Software,
    /// Support contracts.
    Support,
    /// Staff.
    Staff,
    /// One-off work of moving.
    Migration,
    /// The old system running beside the new one.
    ParallelRunning,
    /// Training of people.
    Training,
    /// Leaving at the end.
    Exit,
    /// Tax paid, or saved (negative).
    Tax,
    /// Anything else.
    Other,
}

impl Component {
    /// All components, in their order.
    pub const ALL: [Self; 19] = [
        Self::Compute,
        Self::Commitment,
        Self::Hardware,
        Self::ResidualValue,
        Self::Service,
        Self::Energy,
        Self::Maintenance,
        Self::Facility,
        Self::Network,
        Self::Storage,
        Self::Software,
        Self::Support,
        Self::Staff,
        Self::Migration,
        Self::ParallelRunning,
        Self::Training,
        Self::Exit,
        Self::Tax,
        Self::Other,
    ];

    /// The words for tables and charts.
    pub fn label(self) -> &'static str {
        match self {
            Self::Compute => "compute rent",
            Self::Commitment => "upfront commitment",
            Self::Hardware => "hardware",
            Self::ResidualValue => "residual value",
            Self::Service => "service",
            Self::Energy => "energy",
            Self::Maintenance => "maintenance",
            Self::Facility => "cooling and rack",
            Self::Network => "network",
            Self::Storage => "storage",
            Self::Software => "software",
            Self::Support => "support",
            Self::Staff => "staff",
            Self::Migration => "migration",
            Self::ParallelRunning => "parallel running",
            Self::Training => "training",
            Self::Exit => "exit",
            Self::Tax => "tax",
            Self::Other => "other",
        }
    }
}

/// When a one-off cost falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// At t = 0.
    Start,
    /// At the end of this month, counted from 1.
    Month(u32),
    /// At the end of the horizon.
    End,
}

/// A cost that falls due once, such as a migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneOffCost {
    /// What it is for.
    pub component: Component,
    /// How much, at best and at worst; in the assumptions' currency.
    pub amount: Estimate,
    /// Its currency.
    pub currency: Currency,
    /// When.
    pub timing: Timing,
}

/// What a recurring cost grows with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerWhat {
    /// The option as a whole.
    Option,
    /// Each unit of the fleet.
    Unit,
    /// Each accelerator of the fleet.
    Accelerator,
    /// Each million items served.
    MillionItems,
}

/// A cost of every month, such as staff, storage or egress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecurringCost {
    /// What it is for.
    pub component: Component,
    /// Amount a month.
    pub per_month: Money,
    /// Of what.
    pub per: PerWhat,
    /// The first month, counted from 1.
    pub from_month: u32,
    /// The last month; the horizon where absent.
    pub to_month: Option<u32>,
    /// Where the amount comes from.
    pub evidence: Evidence,
}

/// One option to evaluate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionInput {
    /// Stable name.
    pub id: String,
    /// Name to show.
    pub name: String,
    /// Items a second of one unit at full load, or why that is not known. A service priced by the item needs none.
    pub throughput_per_unit: Result<Estimate, String>,
    /// Accelerators in one unit, 1 or more.
    pub accelerators_per_unit: u32,
    /// How it is paid for.
    pub payment: Payment,
    /// Where the price comes from.
    pub price_evidence: Evidence,
    /// Average electrical power of one unit in service, in watts, before PUE. Needed where energy is not in the price.
    pub power_watts_per_unit: Option<Estimate>,
    /// One-off costs.
    pub one_off_costs: Vec<OneOffCost>,
    /// Costs of every month that only this option has.
    pub recurring_costs: Vec<RecurringCost>,
    /// Whether the other options' benefit is counted against this one. At most one option is the baseline.
    pub is_baseline: bool,
    /// Why the option must not be ranked although it can be priced (a failed correctness check, a requirement missed).
    pub excluded: Option<String>,
}

/// Which of the shared costs count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lens {
    /// All of them.
    #[default]
    Full,
    /// Only what differs between options: the shared costs are left out of every option alike.
    Marginal,
}

/// A tax on profits, by which every cost saves tax.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tax {
    /// Tax rate, [0, 1).
    pub rate: f64,
    /// How bought hardware is written off.
    pub write_off: WriteOff,
}

/// How bought hardware is written off for tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteOff {
    /// Evenly over its life.
    StraightLine,
    /// US MACRS five-year property, half-year convention (IRS Pub. 946, Table A-1).
    Macrs5,
    /// At once (bonus depreciation).
    Immediate,
}

/// What all options share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assumptions {
    /// The currency of every amount.
    pub currency: Currency,
    /// Months that are looked at, 1 to 600.
    pub horizon_months: u32,
    /// Nominal cost of capital, a fraction a year; months are discounted by its twelfth root.
    pub discount_rate_annual: f64,
    /// The demand.
    pub demand: Demand,
    /// What a unit's full-load throughput is worth in service. Its utilisation is the target at the peak.
    pub effectiveness: Effectiveness,
    /// Whole units kept beyond the need (N + k).
    pub spare_units: u32,
    /// Price of electricity a kWh, for owned hardware; `None` where it is not known.
    pub electricity_price_per_kwh: Option<Money>,
    /// Power usage effectiveness of the own site, 1 or above.
    pub pue: f64,
    /// Hours of a month.
    pub hours_per_month: f64,
    /// Location-based grid intensity in grams CO2e a kWh, where emissions are wanted.
    pub grid_grams_per_kwh: Option<f64>,
    /// Costs of every month that all options have alike.
    pub shared_costs: Vec<RecurringCost>,
    /// Whether the shared costs count.
    pub lens: Lens,
    /// Tax, where the figures are wanted after tax.
    pub tax: Option<Tax>,
}

impl Assumptions {
    /// A starting point with stated defaults: three years at 8 %, 60 % target utilisation, always available, every
    /// request counts, no spares, PUE 1.3, 730 hours a month, no price of electricity, no shared costs, before tax.
    pub fn new(currency: Currency, demand: Demand) -> Self {
        Self {
            currency,
            horizon_months: 36,
            discount_rate_annual: 0.08,
            demand,
            effectiveness: Effectiveness { utilisation: 0.6, ..Effectiveness::FULL },
            spare_units: 0,
            electricity_price_per_kwh: None,
            pue: 1.3,
            hours_per_month: HOURS_PER_MONTH,
            grid_grams_per_kwh: None,
            shared_costs: Vec::new(),
            lens: Lens::Full,
            tax: None,
        }
    }
}
