//! How much has to be processed, and how that grows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;

/// How much has to be processed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// What an item is, in the singular, such as `request`. When absent a request where items have tokens, a step where
    /// they have samples, else an item of the workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Items of the study's workload a month, at the start.
    pub items_per_month: Quantity,
    /// Compound growth a month as a fraction: 0.02 is 2 %. Give this or `growth`.
    #[serde(default = "zero")]
    pub growth_per_month: Quantity,
    /// Growth that is not compound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
    /// Factors on the months from the start on, repeated: twelve of them for a yearly season.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub season: Vec<f64>,
    /// The busiest hour over the average hour; capacity is bought for the peak.
    #[serde(default = "one")]
    pub peak_to_average: Quantity,
    /// The tokens of an item, where items are requests to a language model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// Samples of an item, where items are steps of training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples_per_step: Option<f64>,
}

/// Growth of a demand that is not compound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "GrowthTable", into = "GrowthTable")]
#[schemars(with = "GrowthTable")]
pub enum Growth {
    /// So many items more each month.
    Linear(LinearGrowth),
    /// An S-curve to a ceiling; the start value is not used.
    Logistic(LogisticGrowth),
    /// Items a month in each quarter; the last one holds on. The start value is not used.
    Quarters(Vec<f64>),
}

/// So many items more each month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinearGrowth {
    /// Items a month, added each month.
    pub added_per_month: f64,
}

/// An S-curve to a ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogisticGrowth {
    /// Items a month in the end.
    pub capacity_per_month: f64,
    /// Steepness, a month.
    pub steepness: f64,
    /// The month of half the capacity, counted from 0.
    pub midpoint_month: f64,
}

/// How growth stands in the file: one of these keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GrowthTable {
    /// So many items more each month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    linear: Option<LinearGrowth>,
    /// An S-curve to a ceiling; the start value is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logistic: Option<LogisticGrowth>,
    /// Items a month in each quarter; the last one holds on. The start value is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quarters: Option<Vec<f64>>,
}

impl TryFrom<GrowthTable> for Growth {
    type Error = &'static str;

    fn try_from(table: GrowthTable) -> Result<Self, &'static str> {
        match (table.linear, table.logistic, table.quarters) {
            (Some(linear), None, None) => Ok(Self::Linear(linear)),
            (None, Some(logistic), None) => Ok(Self::Logistic(logistic)),
            (None, None, Some(quarters)) => Ok(Self::Quarters(quarters)),
            _ => Err("growth needs one of `linear`, `logistic` and `quarters`"),
        }
    }
}

impl From<Growth> for GrowthTable {
    fn from(growth: Growth) -> Self {
        match growth {
            Growth::Linear(linear) => Self { linear: Some(linear), ..Self::default() },
            Growth::Logistic(logistic) => Self { logistic: Some(logistic), ..Self::default() },
            Growth::Quarters(quarters) => Self { quarters: Some(quarters), ..Self::default() },
        }
    }
}

/// The tokens of an item.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Input tokens of an item, those found in a cache included.
    pub input: f64,
    /// Output tokens of an item.
    pub output: f64,
    /// Fraction of the input tokens found in a cache.
    #[serde(default)]
    pub cached_fraction: f64,
}

impl Demand {
    /// What an item is called in the singular; `None` where it is an item of the workload.
    pub fn item_name(&self) -> Option<&str> {
        // An item of one output token and no input is a token.
        let has_tokens = self.tokens.is_some_and(|tokens| tokens.input > 0.0 || tokens.output > 1.0);
        let found = has_tokens.then_some("request").or(self.samples_per_step.map(|_| "step"));
        self.item.as_deref().or(found)
    }
}

pub(crate) fn zero() -> Quantity {
    Quantity::Number(0.0)
}

fn one() -> Quantity {
    Quantity::Number(1.0)
}
