//! The types behind `study.yaml`. People read and write this file by hand: unknown keys are refused.

use std::collections::BTreeMap;

use assay_base::{Currency, NumericFormat};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assumptions::Assumptions;

/// The version of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchemaVersion {
    /// The first.
    #[serde(rename = "assay/study/1")]
    V1,
}

/// The document the user edits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// The version of the file format: `assay/study/1`.
    pub schema: SchemaVersion,
    /// The title of the documents.
    pub title: String,
    /// The question the study answers, as one sentence.
    pub question: String,
    /// Whether the study is a sample with made-up demand. Samples are marked as such in every document.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
    /// Who answers for the study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The currency of every amount in the study and its results.
    #[serde(default = "usd")]
    pub currency: Currency,
    /// The day whose prices are used; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub pricing_date: Option<Date>,
    /// The suite that `assay run` measures for this study.
    #[serde(default = "quick")]
    pub suite: String,
    /// The workload of the suite in whose items (sequences, tokens, images, ...) demand is counted.
    pub workload: String,
    /// How much has to be processed.
    pub demand: Demand,
    /// What an option must meet.
    #[serde(default, skip_serializing_if = "Requirements::is_empty")]
    pub requirements: Requirements,
    /// The numbers behind cost and return. Each has a default that is stated in the results.
    #[serde(default)]
    pub assumptions: Assumptions,
    /// The option the others are compared with: what is done today.
    pub baseline: String,
    /// The candidates, including the baseline.
    pub options: Vec<StudyOption>,
    /// Named sets of overrides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<Scenario>,
    /// Other machines that can measure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetSpec>,
    /// The author's own words.
    #[serde(default, skip_serializing_if = "Narrative::is_empty")]
    pub narrative: Narrative,
}

fn usd() -> Currency {
    Currency::USD
}

fn quick() -> String {
    "quick".to_owned()
}

/// How much has to be processed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// Items of the study's workload a month, at the start.
    pub items_per_month: f64,
    /// Growth a month as a fraction: 0.02 is 2 %.
    #[serde(default)]
    pub growth_per_month: f64,
    /// The busiest hour over the average hour; capacity is bought for the peak.
    #[serde(default = "one")]
    pub peak_to_average: f64,
}

fn one() -> f64 {
    1.0
}

/// What an option must meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// The 99th percentile of the latency of one execution of the study's workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_p99_latency_secs: Option<f64>,
}

impl Requirements {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A candidate: hardware, a way to pay, software, and where its throughput comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudyOption {
    /// Unique in the study; letters, digits and dashes.
    pub id: String,
    /// The name in tables and documents.
    pub name: String,
    /// The hardware profile of the catalogue; absent for a machine the catalogue does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The stack it would run on, for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Where its price comes from.
    pub price: PriceSource,
    /// Where its throughput comes from.
    pub throughput: ThroughputSource,
    /// Power of one unit at the plug under load; used for owned hardware. From the profile when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_watts_per_unit: Option<f64>,
    /// What moving to this option costs once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,
}

/// Where an option's price comes from. A unit is what is rented or bought whole, such as a server of eight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PriceSource {
    /// An offer of the option's hardware profile, at the quote in force on the pricing date.
    Offer {
        /// The offer's id in the profile.
        offer: String,
    },
    /// A price for an hour of one unit, stated here.
    Hourly {
        /// The price in the study's currency.
        price_per_unit_hour: f64,
        /// Accelerators (or measured devices) in a unit.
        #[serde(default = "one_u32")]
        accelerators_per_unit: u32,
        /// Where it is from.
        source: String,
        /// Its date.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>", extend("format" = "date"))]
        as_of: Option<Date>,
    },
    /// A purchase price of one unit, stated here.
    Purchase {
        /// The price in the study's currency.
        price_per_unit: f64,
        /// Accelerators (or measured devices) in a unit.
        #[serde(default = "one_u32")]
        accelerators_per_unit: u32,
        /// Where it is from.
        source: String,
        /// Its date.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>", extend("format" = "date"))]
        as_of: Option<Date>,
    },
}

fn one_u32() -> u32 {
    1
}

/// Where an option's throughput comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ThroughputSource {
    /// The newest measurement of the study's workload that passed.
    Measured {
        /// Only on this device, such as `cpu` or `cuda:0`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<String>,
        /// Only with this stack; the fastest when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stack: Option<String>,
        /// Only from this target; this machine when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// Only this workload of the suite, such as a variant in another format; the study's workload when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workload: Option<String>,
    },
    /// Projected onto the profile's roofline from the efficiency measured here.
    Projected {
        /// The numeric format it would run in; the study's workload's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<NumericFormat>,
    },
    /// Stated here.
    Assumed {
        /// Items a second of one accelerator.
        items_per_sec: f64,
        /// Lower bound.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        low: Option<f64>,
        /// Upper bound.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        high: Option<f64>,
        /// Where it is from.
        source: String,
    },
}

/// What moving to an option costs once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// Effort of engineers.
    #[serde(default)]
    pub effort_person_days: f64,
    /// Anything else, in the study's currency: licences, training, moving data.
    #[serde(default)]
    pub other_cost: f64,
    /// Months in which old and new run side by side.
    #[serde(default)]
    pub parallel_run_months: f64,
}

/// A named set of overrides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Unique in the study.
    pub id: String,
    /// The name in tables and documents.
    pub name: String,
    /// Values by path, such as `assumptions.pue: 1.5` or `demand.items_per_month: 2e9`.
    pub set: BTreeMap<String, serde_json::Value>,
}

/// Another machine that can measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// Unique in the study.
    pub id: String,
    /// The command in front of `assay worker`, such as `[ssh, gpu-host]` or `[srun, --gres=gpu:1]`.
    pub launch: Vec<String>,
    /// Assay's executable on the target.
    #[serde(default = "assay")]
    pub executable: String,
}

fn assay() -> String {
    "assay".to_owned()
}

/// The author's own words. Documents show them as such.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Narrative {
    /// A paragraph under the decision summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What has to be known before deciding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
}

impl Narrative {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Study {
    /// The option with an id.
    pub fn option(&self, id: &str) -> Option<&StudyOption> {
        self.options.iter().find(|option| option.id == id)
    }

    /// The study under one of its scenarios.
    ///
    /// # Errors
    /// When there is no such scenario, or an override does not fit.
    pub fn under_scenario(&self, id: &str) -> Result<Self, crate::PathError> {
        let scenario = self.scenarios.iter().find(|s| s.id == id).ok_or_else(|| {
            let known = self.scenarios.iter().map(|s| s.id.as_str());
            crate::PathError::unknown_scenario(id, assay_base::yaml::nearest(id, known))
        })?;
        crate::set_paths(self, scenario.set.iter().map(|(path, value)| (path.as_str(), value.clone())))
    }
}
