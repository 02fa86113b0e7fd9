//! What an evaluation is made from: options and the assumptions they share.

use assay_base::{Currency, Evidence, Money};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Change, Depreciation, Estimate, OneOffCost, Payment, PowerBasis, RateBasis, RecurringCost};
use crate::demand::Demand;
use crate::unit_cost::{Effectiveness, HOURS_PER_MONTH};

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
    /// Who said so, such as a price list's address.
    pub price_source: Option<String>,
    /// The day it held.
    pub price_as_of: Option<Date>,
    /// How the price develops from t = 0 on; `None` where it stays. Commitments and purchases keep the price of the
    /// month they begin in.
    pub price_change: Option<Change>,
    /// Average electrical power of one unit in service, in watts. Needed where energy is not in the price.
    pub power_watts_per_unit: Option<Estimate>,
    /// What that power was measured around.
    pub power_basis: PowerBasis,
    /// Average power of the host, to be added to the power of the boards; `None` where the power contains it.
    pub host_power_watts_per_unit: Option<Estimate>,
    /// Items a second of one unit that its roofline allows, where that is known. More is flagged.
    pub throughput_ceiling_per_unit: Option<f64>,
    /// Fraction of a unit's busy time spent on input tokens (prefill), [0, 1], where that was measured.
    pub prefill_time_fraction: Option<f64>,
    /// One-off costs.
    pub one_off_costs: Vec<OneOffCost>,
    /// Costs of every month that only this option has.
    pub recurring_costs: Vec<RecurringCost>,
    /// Months in which the baseline runs beside this option while it is introduced: so many times what the baseline's
    /// first month costs to run, at t = 0. Not counted where there is no baseline whose cost is known.
    #[serde(default)]
    pub parallel_run_months: f64,
    /// Whether the other options' benefit is counted against this one. At most one option is the baseline.
    pub is_baseline: bool,
    /// Why the option must not be ranked even if it can be priced: the work does not run on it, or it misses a requirement.
    pub excluded: Option<String>,
}

impl OptionInput {
    /// An option with its way to pay, its prices assumed, whose unit is one accelerator, without power or further costs.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        throughput_per_unit: Result<Estimate, String>,
        payment: Payment,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            throughput_per_unit,
            accelerators_per_unit: 1,
            payment,
            price_evidence: Evidence::Assumed,
            price_source: None,
            price_as_of: None,
            price_change: None,
            power_watts_per_unit: None,
            power_basis: PowerBasis::Unit,
            host_power_watts_per_unit: None,
            throughput_ceiling_per_unit: None,
            prefill_time_fraction: None,
            one_off_costs: Vec::new(),
            recurring_costs: Vec::new(),
            parallel_run_months: 0.0,
            is_baseline: false,
            excluded: None,
        }
    }
}

/// What an item of the demand is, for unit costs of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "item")]
pub enum ItemShape {
    /// An inference, or anything else without parts.
    #[default]
    Inference,
    /// A request of so many tokens. An output token is one with `output_tokens` = 1.
    Request {
        /// Input tokens, those found in a cache included.
        input_tokens: f64,
        /// Output tokens.
        output_tokens: f64,
        /// Fraction of the input tokens found in the KV cache, [0, 1).
        cached_fraction: f64,
    },
    /// A step of training.
    TrainingStep {
        /// Samples in a step.
        samples: f64,
    },
}

/// What a kilowatt-hour of the grid emits. Location-based, and dated because it falls from year to year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridIntensity {
    /// Kilograms of CO2 equivalents a kWh.
    pub kg_co2e_per_kwh: f64,
    /// The day or the end of the year that it is for.
    pub as_of: Date,
    /// The grid, with its source.
    pub grid: String,
}

/// What one unit of a currency is worth in the currency of the study.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRate {
    /// The currency.
    pub from: Currency,
    /// Its worth in the study's currency, above 0.
    pub rate: f64,
    /// The day it held.
    pub as_of: Date,
}

/// Which of the shared costs count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lens {
    /// All of them.
    #[default]
    Full,
    /// Only what the decision changes: shared and allocated costs are left out of every option alike.
    Marginal,
}

/// A tax on profits, by which every cost saves tax.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tax {
    /// Tax rate, [0, 1).
    pub rate: f64,
    /// How bought hardware is written off.
    pub write_off: Depreciation,
}

/// What all options share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assumptions {
    /// The currency of every amount.
    pub currency: Currency,
    /// Months that are looked at, 1 to 600.
    pub horizon_months: u32,
    /// Cost of capital, a fraction a year; months are discounted by its twelfth root.
    pub discount_rate_annual: f64,
    /// Whether it contains inflation. Changes of prices must have the same basis, or the inflation be known.
    pub discount_basis: RateBasis,
    /// Inflation, a fraction a year, to convert what has the other basis; `None` where it is not stated.
    pub inflation_annual: Option<f64>,
    /// What other currencies are worth; amounts in one without a rate are refused.
    pub exchange_rates: Vec<ExchangeRate>,
    /// The demand.
    pub demand: Demand,
    /// What an item of the demand is.
    pub item: ItemShape,
    /// What a unit's full-load throughput is worth in service. Its utilisation is the target at the peak.
    pub effectiveness: Effectiveness,
    /// Whole units kept beyond the need (N + k).
    pub spare_units: u32,
    /// Price of electricity a kWh, for owned hardware; `None` where it is not known.
    pub electricity_price_per_kwh: Option<Money>,
    /// How that develops from t = 0 on; `None` where it stays.
    pub electricity_price_change: Option<Change>,
    /// Power usage effectiveness of the own site, 1 or above.
    pub pue: f64,
    /// Hours of a month.
    pub hours_per_month: f64,
    /// Intensity of the grid, where emissions are wanted.
    pub grid: Option<GridIntensity>,
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
            discount_basis: RateBasis::Nominal,
            inflation_annual: None,
            exchange_rates: Vec::new(),
            demand,
            item: ItemShape::Inference,
            effectiveness: Effectiveness { utilisation: 0.6, ..Effectiveness::FULL },
            spare_units: 0,
            electricity_price_per_kwh: None,
            electricity_price_change: None,
            pue: 1.3,
            hours_per_month: HOURS_PER_MONTH,
            grid: None,
            shared_costs: Vec::new(),
            lens: Lens::Full,
            tax: None,
        }
    }
}
