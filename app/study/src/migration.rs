//! The section `migration` of a study: what the plan of the move takes from its author. What is not stated is
//! proposed by rules and marked as such.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;

/// What a migration plan is made from, beyond the options. Everything has a proposal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MigrationSection {
    /// The option to move to; the one recommended, or the best alternative to staying, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What becomes of the workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// The first day of work; the Monday after the pricing date when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub starts: Option<Date>,
    /// Engineers who work on it at a time; two when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engineers: Option<f64>,
    /// Pieces of work with their effort; a proposal from the strategy when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<MigrationTask>,
    /// The waves in which the load moves; a proposal when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Wave>,
    /// Gates that must be passed; added to those that every plan has, or replacing the one of the same id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// Risks; added to those that rules find, or replacing the one of the same id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<Risk>,
    /// Points of governance; added to those that every plan has, or replacing the one of the same id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub governance: Vec<GovernancePoint>,
    /// Who fills the roles of the team.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<TeamMember>,
    /// What sends the load back; added to those that every plan has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollback_triggers: Vec<String>,
}

/// What becomes of a workload: the strategies of cloud migration as applied to accelerators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// It stays where it is.
    Retain,
    /// It moves as it is: the same vendor's software on other hardware.
    Rehost,
    /// It moves with another compiler or runtime; the model stays.
    Replatform,
    /// Parts are written anew: kernels, custom operators, the serving path.
    Refactor,
    /// A service takes its place.
    Repurchase,
    /// It is switched off.
    Retire,
}

impl Strategy {
    /// The word used in tables and YAML.
    pub fn label(self) -> &'static str {
        match self {
            Self::Retain => "retain",
            Self::Rehost => "rehost",
            Self::Replatform => "replatform",
            Self::Refactor => "refactor",
            Self::Repurchase => "repurchase",
            Self::Retire => "retire",
        }
    }

    /// What it means, in a sentence without its full stop.
    pub fn description(self) -> &'static str {
        match self {
            Self::Retain => "the workload stays where it is",
            Self::Rehost => "it moves as it is: the same vendor's software on other hardware",
            Self::Replatform => "it moves with another compiler or runtime; the model stays",
            Self::Refactor => "parts are written anew: kernels, custom operators, the serving path",
            Self::Repurchase => "a service takes its place",
            Self::Retire => "it is switched off",
        }
    }
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrationTask {
    /// Unique in the plan.
    pub id: String,
    /// What is done.
    pub name: String,
    /// Person-days: one number, or a range such as `{ pert: [5, 12, 30] }`.
    pub person_days: Quantity,
    /// The part of it that exists already, from 0 to 1.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reuse: f64,
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// A wave: for so many weeks, up to such a share of the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// Unique in the plan.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How long it takes.
    pub weeks: f64,
    /// The share of the load on the new platform when it ends, from 0 to 1.
    pub load_share: f64,
    /// The day before which it does not begin, even if what it waits for is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub not_before: Option<Date>,
    /// The wave that must be over before; the one listed before it when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A condition for going on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Unique in the plan.
    pub id: String,
    /// What is asked.
    pub name: String,
    /// The wave after which it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<String>,
    /// What is compared; absent for what a person judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<GateMetric>,
    /// The largest value that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The smallest value that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The verdict of a person, where no metric gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// What the verdict rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// What a gate compares. All are of the option to move to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateMetric {
    /// Share of the suite's workloads that passed on its device and stack.
    Coverage,
    /// Error norm of the study's workload against the double-precision reference.
    ErrorNorm,
    /// Measured 99th percentile of the latency of the study's workload, in seconds.
    P99LatencySecs,
    /// Measured items a second of one accelerator.
    ItemsPerSec,
    /// Total cost at the dear end of its range over the baseline's at its cheap end; below 1 it saves for sure.
    WorstCostRatio,
}

/// A risk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// Unique in the plan.
    pub id: String,
    /// What may happen.
    pub title: String,
    /// How likely, from 1 (hardly) to 5 (almost surely).
    pub likelihood: u8,
    /// How bad, from 1 (a nuisance) to 5 (the move fails).
    pub impact: u8,
    /// What is done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mitigation: Option<String>,
    /// Who watches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A point that somebody must sign off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GovernancePoint {
    /// Unique in the plan.
    pub id: String,
    /// What is asked.
    pub item: String,
    /// The framework it belongs to, such as `ISO/IEC 42001`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// Where it stands.
    pub status: GovernanceStatus,
    /// Where the evidence is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Who signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Where a point of governance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GovernanceStatus {
    /// Nobody has signed.
    Open,
    /// The study's own evidence answers it; a person still signs.
    Prepared,
    /// Signed.
    Done,
    /// It does not apply.
    NotApplicable,
}

impl GovernanceStatus {
    /// The words used in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Prepared => "prepared",
            Self::Done => "done",
            Self::NotApplicable => "does not apply",
        }
    }
}

/// Who fills a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamMember {
    /// The role, as in the plan's matrix of responsibilities.
    pub role: String,
    /// The person or group.
    pub name: String,
}
