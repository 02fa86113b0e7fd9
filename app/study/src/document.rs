//! The types behind `study.yaml`. People read and write this file by hand: unknown keys are refused.

use std::collections::BTreeMap;

use assay_base::{Currency, NumericFormat};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assumptions::Assumptions;
use crate::capacity::Capacity;
use crate::demand::{Demand, zero};
use crate::finance::{Carbon, Cost, Finance, Waiting};
use crate::migration::MigrationSection;
use crate::presentation::{Presentation, SectionWords};
use crate::price::Price;
use crate::quantity::Quantity;

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
    /// How amounts of different times are made comparable: basis of rates, tax, depreciation, currencies.
    #[serde(default, skip_serializing_if = "Finance::is_default")]
    pub finance: Finance,
    /// The grid, where emissions are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carbon: Option<Carbon>,
    /// Costs that every option has alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<Cost>,
    /// What may be waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// Which uncertain values move together; all others are independent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub correlations: Vec<Correlation>,
    /// How the fleet is planned quarter by quarter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// How the move is made: waves, gates, risks, governance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<MigrationSection>,
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
    /// What was remarked on measurements and runs.
    #[serde(default, skip_serializing_if = "Remarks::is_empty")]
    pub results: Remarks,
    /// The author's own words.
    #[serde(default, skip_serializing_if = "Narrative::is_empty")]
    pub narrative: Narrative,
    /// How documents look: language, paper, brand.
    #[serde(default, skip_serializing_if = "Presentation::is_default")]
    pub documents: Presentation,
}

/// What was remarked on measurements and runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remarks {
    /// The id of the run that other runs are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_run: Option<String>,
    /// Notes by the id of a measurement.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
}

impl Remarks {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn usd() -> Currency {
    Currency::USD
}

fn quick() -> String {
    "quick".to_owned()
}

/// Two uncertain values that move together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// Their paths, such as `assumptions.pue` and `options.h100-buy.price.factor`.
    pub between: [String; 2],
    /// The correlation of their normal scores, between -1 and 1.
    pub rho: f64,
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
    /// What it costs and where that is from.
    pub price: Price,
    /// Where its throughput comes from.
    pub throughput: ThroughputSource,
    /// Average power of one unit under load; used where energy is not in the price. The thermal design power of the
    /// profile's boards when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_watts_per_unit: Option<Quantity>,
    /// What that power was measured around.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_basis: Option<PowerBasis>,
    /// Average power of the host of one unit, where the power is that of the boards alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_power_watts_per_unit: Option<f64>,
    /// Share of a unit's busy time spent on input tokens (prefill); splits its cost between input and output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefill_time_fraction: Option<f64>,
    /// What is left of a bought unit's price at the end of its life; the assumption when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual_fraction: Option<Quantity>,
    /// What interruptions of spot capacity take; the assumptions when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotTerms>,
    /// Costs that only this option has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<Cost>,
    /// What moving to this option costs once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,
}

/// What a power was measured around. Each contains the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PowerBasis {
    /// The accelerator boards alone: the host's power is added where it is stated, then the PUE.
    Board,
    /// The whole unit at its plug: the PUE is added.
    Plug,
    /// At the meter, cooling included: nothing is added.
    Facility,
}

/// What interruptions of spot capacity take: the interval between checkpoints is Young's and Daly's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotTerms {
    /// Interruptions of a unit in an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruptions_per_hour: Option<f64>,
    /// Time to write a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_secs: Option<f64>,
    /// Time until work goes on after an interruption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_secs: Option<f64>,
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
    /// Projected onto the profile's roofline from the efficiency measured here or from what other accelerators reach in
    /// published results, or what the vendor's compiler expects (`assay estimate`).
    Projected {
        /// The numeric format it would run in; the study's workload's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<NumericFormat>,
        /// The work whose published results it is projected from; the study's workload as measured here when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        published: Option<PublishedWork>,
        /// The vendor's compiler whose kept estimate is taken instead, such as `libtpu`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compiler: Option<String>,
    },
    /// Published by others and imported into the study (`assay results import`), for one accelerator. What is named
    /// must lead to one accelerator, model, scenario and format.
    Published {
        /// The accelerator, as the results name it.
        accelerator: String,
        /// The model.
        model: String,
        /// How it was run, such as `Offline`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scenario: Option<String>,
        /// The software.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stack: Option<String>,
        /// The numeric format, in the source's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
        /// Who measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        submitter: Option<String>,
        /// What is counted in the results, such as `tokens/s`; another unit is refused.
        unit: String,
        /// How many of that an item of the demand takes, such as the output tokens of a request.
        #[serde(default = "one_per_item")]
        per_item: f64,
    },
    /// Stated here.
    Assumed {
        /// Items a second of one accelerator.
        items_per_sec: Quantity,
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

/// Work that others published results of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedWork {
    /// The model, as the results name it.
    pub model: String,
    /// How it was run, such as `Offline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// What is counted in the results, such as `tokens/s`.
    pub unit: String,
    /// How many of that an item of the demand takes, such as the output tokens of a request.
    #[serde(default = "one_per_item")]
    pub per_item: f64,
}

fn one_per_item() -> f64 {
    1.0
}

/// What moving to an option costs once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// Effort of engineers.
    #[serde(default = "zero")]
    pub effort_person_days: Quantity,
    /// Anything else, in the study's currency: licences, moving data.
    #[serde(default = "zero")]
    pub other_cost: Quantity,
    /// Months, from the first one that is paid for, in which the old platform is paid for beside the new one. The
    /// proposed migration plan switches it off then.
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
    /// Titles and paragraphs for sections of documents, by the section's name: `summary`, `cost`, `uncertainty`, ...
    #[serde(default, skip_serializing_if = "SectionWords::is_empty")]
    pub sections: SectionWords,
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

    /// An assumption by its key, stated or its default. `None` for an amount that has to be stated in the study's
    /// currency and is not.
    pub fn assumption(&self, key: &str) -> Option<Quantity> {
        self.assumptions.quantity(key, self.currency)
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
