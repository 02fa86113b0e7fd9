//! What a migration plan consists of. The service derives it from a study; the document and the desktop show it.

use assay_base::{Evidence, Money};
use assay_study::migration::{GovernancePoint, Risk, Strategy};
use jiff::civil::Date;
use serde::Serialize;

/// The plan of a move.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MigrationPlan {
    /// The id of the option to move to.
    pub to: String,
    /// Its name.
    pub to_name: String,
    /// The name of what is done today.
    pub from_name: String,
    /// What becomes of the workload.
    pub strategy: Strategy,
    /// Why this strategy, as a sentence.
    pub strategy_reason: String,
    /// The first day of work.
    pub starts: Date,
    /// The day on which the last wave is over.
    pub ends: Date,
    /// Engineers who work on it at a time.
    pub engineers: f64,
    /// Pieces of work.
    pub tasks: Vec<PlannedTask>,
    /// Their sum.
    pub effort: PlannedEffort,
    /// What running old and new side by side costs, and for how many months.
    pub parallel_run: Option<ParallelRun>,
    /// The waves in the order of their first day.
    pub waves: Vec<PlannedWave>,
    /// The gates.
    pub gates: Vec<JudgedGate>,
    /// The risks, the gravest first.
    pub risks: Vec<PlannedRisk>,
    /// The points of governance.
    pub governance: Vec<GovernancePoint>,
    /// The team.
    pub team: Vec<Role>,
    /// What sends the load back.
    pub rollback_triggers: Vec<String>,
    /// What is known of the way to the new hardware and away from it.
    pub portability: Vec<PortabilityRow>,
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedTask {
    /// Unique in the plan.
    pub id: String,
    /// What is done.
    pub name: String,
    /// Person-days at the least, at the likeliest and at the most; what exists already is taken off.
    pub person_days: [f64; 3],
    /// The expected person-days.
    pub expected_days: f64,
    /// Whether the study states it; otherwise it is a proposal.
    pub is_stated: bool,
}

/// The effort of all pieces of work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PlannedEffort {
    /// The expected person-days.
    pub expected_days: f64,
    /// The person-days that suffice with a probability of 80 %.
    pub p80_days: f64,
    /// The cost of the expected person-days.
    pub expected_cost: Money,
    /// The cost of the person-days that suffice with a probability of 80 %.
    pub p80_cost: Money,
}

/// Old and new side by side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParallelRun {
    /// For how long.
    pub months: f64,
    /// What it costs beyond the new platform.
    pub cost: Option<Money>,
}

/// A wave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedWave {
    /// Unique in the plan.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its first day.
    pub starts: Date,
    /// The day after its last one.
    pub ends: Date,
    /// The share of the load on the new platform when it ends.
    pub load_share: f64,
    /// The wave it waits for.
    pub after: Option<String>,
    /// Whether the study states it; otherwise it is a proposal.
    pub is_stated: bool,
}

/// How a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GateVerdict {
    /// What was measured meets what is asked.
    Passed,
    /// It does not.
    Failed,
    /// Nobody knows yet.
    Open,
}

impl GateVerdict {
    /// The word used in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Open => "open",
        }
    }
}

/// What a gate's numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateUnit {
    /// Parts of one.
    Fraction,
    /// A number without unit.
    Number,
    /// Seconds.
    Seconds,
    /// Items a second.
    ItemsPerSec,
}

/// A gate and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgedGate {
    /// Unique in the plan.
    pub id: String,
    /// What is asked.
    pub name: String,
    /// The name of the wave after which it is asked.
    pub wave: Option<String>,
    /// The largest value that passes.
    pub at_most: Option<f64>,
    /// The smallest value that passes.
    pub at_least: Option<f64>,
    /// What was found.
    pub found: Option<f64>,
    /// What the numbers count.
    pub unit: GateUnit,
    /// The class of what was found.
    pub evidence: Option<Evidence>,
    /// How it stands.
    pub verdict: GateVerdict,
    /// What the verdict rests on, or what is missing for one.
    pub basis: String,
}

/// A risk with the rule or person it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedRisk {
    /// The risk.
    #[serde(flatten)]
    pub risk: Risk,
    /// Whether the study states it; otherwise a rule found it and its marks are proposals.
    pub is_stated: bool,
}

impl PlannedRisk {
    /// Likelihood times impact, 1 to 25.
    pub fn weight(&self) -> u32 {
        u32::from(self.risk.likelihood) * u32::from(self.risk.impact)
    }
}

/// A role of the team with its part in each activity of [`ACTIVITIES`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
    /// The role.
    pub name: String,
    /// Who fills it, where the study says so.
    pub person: Option<String>,
    /// For each activity: R responsible, A accountable, C consulted, I informed.
    pub parts: Vec<String>,
}

/// What the team does, in the order of the columns of the matrix of responsibilities.
pub const ACTIVITIES: [&str; 6] =
    ["Decide and fund", "Port and prove", "Shift the load", "Watch and roll back", "Buy or reserve", "Sign off"];

/// Something known of the way to the hardware or away from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PortabilityRow {
    /// What it is about.
    pub topic: String,
    /// The toolchain, format or level it is about.
    pub subject: Option<String>,
    /// What is known.
    pub text: String,
    /// Where it comes from.
    pub source: Option<String>,
    /// The class of evidence of that source.
    pub evidence: Option<Evidence>,
    /// When it held.
    pub as_of: Option<Date>,
}
