//! The section `capacity` of a study: demand scenarios, service objectives, the fleet there is, and what may be bought.

mod quarter;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use quarter::Quarter;

/// What a capacity plan is made from, beyond the study's own demand and assumptions. Everything has a default that is
/// stated in the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Capacity {
    /// The first quarter that is planned, such as `2027-Q1`; the first one that begins on the pricing date or
    /// later when absent. The months of all costs count from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins: Option<Quarter>,
    /// Demand scenarios, such as low, base and high; the study's own demand when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub demand: Vec<DemandScenario>,
    /// Loads of the hours of a typical day (24) or week (168), in any unit: only their relation counts. Rented units
    /// are then given back in the hours that do not need them. Without it they run around the clock.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load_profile: Vec<f64>,
    /// Share of full load at which units are run at the peak; the study's assumption when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_utilisation: Option<f64>,
    /// A limit on the latency of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyObjective>,
    /// Whole units beyond the need (N + k).
    #[serde(skip_serializing_if = "is_zero")]
    pub spare_units: u32,
    /// Instead of a number of spares: the probability with which the units needed are up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet_availability: Option<f64>,
    /// Weeks from an order to units in service, for bought and leased options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_time_weeks: Option<f64>,
    /// Months after which units are replaced; the life of the evaluation when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_months: Option<u32>,
    /// What the site can take.
    #[serde(skip_serializing_if = "SiteLimits::is_empty")]
    pub limits: SiteLimits,
    /// The ways to rent that may be mixed; each option's own way to pay alone when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitments: Option<Commitments>,
    /// What there is of single options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fleets: Vec<Fleet>,
}

/// One forecast of the demand. What it does not state is the study's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemandScenario {
    /// Unique in the section: `low`, `base`, `high`.
    pub id: String,
    /// The name in tables and documents; the id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Items of the study's workload in the first month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_per_month: Option<f64>,
    /// How that grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<GrowthModel>,
    /// Factors on the months of the calendar year, January first (12), or on its quarters (4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub season: Vec<f64>,
    /// The busiest hour over the average hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_to_average: Option<f64>,
    /// How likely it is in relation to the others; with it a mix of commitments is found that fits all scenarios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// How demand develops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "model", rename_all = "kebab-case", deny_unknown_fields)]
pub enum GrowthModel {
    /// The same number of items added each month.
    Linear {
        /// Items a month, added each month.
        added_per_month: f64,
    },
    /// Multiplied each month.
    Compound {
        /// A fraction: 0.02 is 2 % a month.
        per_month: f64,
    },
    /// An S-curve: the ceiling over 1 + exp(-steepness (month - midpoint)). The first month's items are not used.
    Logistic {
        /// Items a month in the end.
        ceiling_per_month: f64,
        /// Steepness, a month.
        steepness_per_month: f64,
        /// The month of half the ceiling, counted from 0.
        midpoint_month: f64,
    },
    /// A table: items a month, quarter by quarter; the last one holds on. The first month's items are not used.
    Quarters {
        /// Average items a month of each quarter.
        items_per_month: Vec<f64>,
    },
}

/// A limit on the time from a request to its answer at the peak, by Erlang C with the Allen-Cunneen factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatencyObjective {
    /// The time that may be exceeded by few requests only.
    pub max_secs: f64,
    /// The share of the requests that must keep it: 0.99 is 99 %.
    #[serde(default = "percentile_99")]
    pub percentile: f64,
    /// Items of the study's workload in one request.
    #[serde(default = "one")]
    pub items_per_request: f64,
    /// Mean time a request is served, without waiting; the measured latency of the workload when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_service_secs: Option<f64>,
    /// Requests that a unit serves side by side; by Little's law when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots_per_unit: Option<u64>,
    /// Coefficient of variation of the times between requests; 1 is a Poisson process.
    #[serde(default = "one")]
    pub arrival_variation: f64,
    /// Coefficient of variation of the times of service; 1 (exponential) when absent: repeated runs of one workload vary
    /// less than real requests do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_variation: Option<f64>,
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

fn percentile_99() -> f64 {
    0.99
}

fn one() -> f64 {
    1.0
}

/// What the site can take of owned hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SiteLimits {
    /// Power of the units in service, in kW at the plug, before PUE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_kw: Option<f64>,
    /// Height units of rack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rack_units: Option<f64>,
}

impl SiteLimits {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The ways to rent that may be mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Commitments {
    /// Rent by the hour.
    pub on_demand: bool,
    /// Commit for a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_1y: Option<Commitment>,
    /// Commit for three years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_3y: Option<Commitment>,
    /// Rent what can be withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot: Option<Spot>,
}

impl Default for Commitments {
    fn default() -> Self {
        Self { on_demand: true, reserved_1y: None, reserved_3y: None, spot: None }
    }
}

/// A commitment that may be made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Commitment {
    /// Discount on the price on demand; the offer of the option's profile when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<f64>,
    /// Mark-up on its rate in the choice alone, for what a long term risks: obsolescence, falling prices.
    pub risk_markup: f64,
    /// Where the discount comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Spot capacity that may be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// The largest share of the units on spot: what may be lost at once.
    pub max_share: f64,
    /// Discount on the price on demand; the offer of the option's profile when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<f64>,
    /// Extra hours for checkpoints, lost work and restarts, as a fraction of the useful ones.
    #[serde(default)]
    pub overhead_fraction: f64,
    /// Where the discount comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What there is of one option. On-hand, on-order and retiring units count for bought and leased options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// The option's id.
    pub id: String,
    /// Units in service now.
    #[serde(default)]
    pub on_hand: u64,
    /// Units ordered already, by the quarter from whose begin they are in service. They are taken as paid for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_order: Vec<QuarterUnits>,
    /// Units that leave service at the begin of a quarter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retiring: Vec<QuarterUnits>,
    /// Weeks from an order to units in service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_time_weeks: Option<f64>,
    /// Months after which units are replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_months: Option<u32>,
    /// Mean time a request is served on it, without waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_service_secs: Option<f64>,
    /// Height units of rack that one unit takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack_units_per_unit: Option<f64>,
    /// The most units to be had: a provider's quota, or slots on the floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_units: Option<u64>,
    /// Offers of the option's profile that the mix uses; those like the option's own offer when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<String>,
}

/// Units that arrive or leave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarterUnits {
    /// At the begin of this quarter.
    pub quarter: Quarter,
    /// How many.
    pub units: u64,
}
