//! What finance and operations state beside the assumptions: costs, tax, depreciation, currencies, carbon.

use assay_base::Currency;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::price::{Basis, Change};
use crate::quantity::Quantity;

/// How amounts of different times are made comparable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finance {
    /// Whether the discount rate contains inflation.
    #[serde(default, skip_serializing_if = "Basis::is_nominal")]
    pub rate_basis: Basis,
    /// Inflation a year as a fraction; needed where real and nominal changes meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inflation_per_year: Option<f64>,
    /// Which costs count.
    #[serde(default, skip_serializing_if = "Lens::is_full")]
    pub lens: Lens,
    /// Tax on profits; figures are before tax when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
    /// How bought hardware is written off in the books.
    #[serde(default, skip_serializing_if = "Depreciation::is_default")]
    pub depreciation: Depreciation,
    /// How the price of electricity develops from the start on; it stays when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub electricity_price_change: Option<Change>,
    /// What one unit of other currencies is worth in the study's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchange_rates: Vec<ExchangeRate>,
}

impl Finance {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Which costs count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lens {
    /// All of them.
    #[default]
    Full,
    /// Only what the decision changes: shared and allocated costs are left out of every option alike.
    Marginal,
}

impl Lens {
    fn is_full(&self) -> bool {
        *self == Self::Full
    }
}

/// A tax on profits, by which every cost saves tax.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// The rate as a fraction.
    pub rate: f64,
    /// How bought hardware is written off for tax; as in the books when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_off: Option<Depreciation>,
    /// Where the rate is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// How bought hardware is written off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Depreciation {
    /// The method.
    #[serde(default)]
    pub method: DepreciationMethod,
    /// For declining methods: 2 is double declining, which is meant when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// For MACRS: 3, 5 or 7 years; 5 (servers) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_years: Option<u32>,
    /// Months until hardware is sold for its residual value and replaced; the horizon when absent. Not for tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_months: Option<u32>,
}

impl Depreciation {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A method of writing off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DepreciationMethod {
    /// Evenly over the life, down to the residual value.
    #[default]
    StraightLine,
    /// At a fixed share of the book value a year.
    Declining,
    /// The same, switching to straight line once that is more.
    VariableDeclining,
    /// US MACRS, half-year convention.
    Macrs,
    /// At once (bonus depreciation).
    Immediate,
}

/// What one unit of a currency is worth in the study's currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRate {
    /// The other currency.
    pub from: Currency,
    /// Its worth in the study's currency.
    pub rate: f64,
    /// The day it held.
    #[schemars(with = "String", extend("format" = "date"))]
    pub as_of: Date,
    /// Where it is from.
    pub source: String,
}

/// What a kilowatt-hour of the grid emits, location-based (GHG Protocol Scope 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Carbon {
    /// Grams of CO2 equivalents a kWh.
    pub grams_per_kwh: f64,
    /// The grid it is for.
    pub grid: String,
    /// The day or the end of the year that it is for.
    #[schemars(with = "String", extend("format" = "date"))]
    pub as_of: Date,
    /// Where it is from.
    pub source: String,
}

/// Buying now against waiting for a better or cheaper generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Unique in the study; letters, digits, dashes.
    pub id: String,
    /// The option to take now or later.
    pub option: String,
    /// The option that serves until then; the baseline when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meanwhile: Option<String>,
    /// How long to wait.
    pub months: u32,
    /// What the market may be like then; the probabilities make 1.
    pub scenarios: Vec<WaitingScenario>,
    /// Where the scenarios are from.
    pub source: String,
}

/// What the market may be like after waiting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingScenario {
    /// Its name.
    pub name: String,
    /// How probable it is.
    pub probability: f64,
    /// What is then taken costs this times its price of now.
    #[serde(default = "unchanged")]
    pub price_factor: f64,
    /// A unit then serves this times its items of now.
    #[serde(default = "unchanged")]
    pub throughput_factor: f64,
}

fn unchanged() -> f64 {
    1.0
}

/// A cost beside hardware and energy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Unique in its list; letters, digits, dashes.
    pub id: String,
    /// What it is for.
    pub component: CostComponent,
    /// The amount, each time and for each of what it is per. A distribution where the cost is of one option.
    pub amount: Quantity,
    /// How often it falls due.
    pub every: Every,
    /// What it grows with.
    #[serde(default, skip_serializing_if = "Per::is_option")]
    pub per: Per,
    /// When a cost that falls due once does: the month, counted from 1; at the start when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_month: Option<u32>,
    /// Whether a cost that falls due once does so at the end of the horizon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_end: bool,
    /// The first month of a recurring cost, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_month: Option<u32>,
    /// The last month of a recurring cost; the horizon when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_month: Option<u32>,
    /// How the amount of a recurring cost develops from the start on; it stays when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Paid whichever option is chosen, such as a share of what is there anyway: left out under the marginal lens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allocated: bool,
    /// The currency; the study's when absent. Another one needs an exchange rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Where the amount is from.
    pub source: String,
}

/// What a cost is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CostComponent {
    /// Accelerators.
    Compute,
    /// Maintenance and operation.
    Maintenance,
    /// Cooling and rack space.
    Cooling,
    /// Building and site.
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
    /// Work of moving.
    Migration,
    /// Old and new side by side.
    ParallelRunning,
    /// Training of people.
    Training,
    /// Leaving at the end.
    Exit,
    /// Anything else.
    Other,
}

/// How often a cost falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    /// Once.
    Once,
    /// Every month.
    Month,
    /// Every year; a twelfth counts each month.
    Year,
}

/// What a cost grows with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// The option as a whole.
    #[default]
    Option,
    /// Each unit of the fleet.
    Unit,
    /// Each accelerator of the fleet.
    Accelerator,
    /// Each million items served.
    MillionItems,
}

impl Per {
    fn is_option(&self) -> bool {
        *self == Self::Option
    }
}
