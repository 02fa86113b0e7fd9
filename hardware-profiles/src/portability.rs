//! What moving a workload to an accelerator, and away from it again, takes: facts for the migration plan.

use std::fmt;

use assay_base::NumericFormat;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::{Confidence, Provenance};

/// One thing that is known, with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What is known, in a sentence.
    pub text: String,
    /// A key of the profile's `sources`.
    pub source: String,
    /// The day it held, when that differs from the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub as_of: Option<Date>,
    /// Confidence in it, when that differs from the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

/// A way to bring a model onto the accelerator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// The toolchain: `torch-neuronx`, `ROCm`, `JAX`.
    pub name: String,
    /// Where one enters it: a front end, a command, a compiler, a container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entry_points: Vec<String>,
    /// A key of the profile's `sources`.
    pub source: String,
    /// What a reader must know: private beta, to be replaced, maintenance only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What the accelerator's software makes of a numeric format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatSupport {
    /// The format.
    pub format: NumericFormat,
    /// What is special: the encoding, an automatic cast, the quantisation it takes, what is not gained.
    pub text: String,
    /// A key of the profile's `sources`.
    pub source: String,
}

/// How hard it is to leave again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExitLevel {
    /// Nothing binds.
    None,
    /// An endpoint or a recompilation.
    Low,
    /// Work that is worth planning.
    Moderate,
    /// A second migration.
    High,
}

impl ExitLevel {
    /// The word used in tables, YAML and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// What leaving the accelerator costs: what cannot be taken along, what stays committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitCost {
    /// How hard it is. Absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<ExitLevel>,
    /// What binds: artefacts that are not portable, a single provider, thin resale.
    pub text: String,
    /// A key of the profile's `sources`.
    pub source: String,
}

/// What moving a workload to the accelerator, and away from it again, takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Portability {
    /// The ways to bring a model onto it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub toolchains: Vec<Toolchain>,
    /// What its software makes of numeric formats, beyond the peak rates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<FormatSupport>,
    /// What does not work, is being dropped, or must be validated anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_gaps: Vec<Statement>,
    /// What the host must have: drivers, operating system, containers, memory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub driver_prerequisites: Vec<Statement>,
    /// What leaving it costs, one entry for each way it is used (an API, on premises).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exit_cost: Vec<ExitCost>,
    /// How far tenants of one host are kept apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub isolation: Vec<Statement>,
}

/// What a portability fact is about, in the order in which a migration plan goes through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PortabilityTopic {
    /// A way to bring a model onto it.
    Toolchain,
    /// What becomes of a numeric format.
    Format,
    /// What does not work.
    KnownGap,
    /// What the host must have.
    DriverPrerequisite,
    /// What leaving costs.
    ExitCost,
    /// How far tenants are kept apart.
    Isolation,
}

impl PortabilityTopic {
    /// The words used in tables and documents.
    pub fn label(self) -> &'static str {
        match self {
            Self::Toolchain => "Toolchain",
            Self::Format => "Numeric format",
            Self::KnownGap => "Known gap",
            Self::DriverPrerequisite => "Prerequisite",
            Self::ExitCost => "Exit cost",
            Self::Isolation => "Isolation",
        }
    }
}

impl fmt::Display for PortabilityTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// One portability fact with its provenance resolved: a row of the migration plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PortabilityFact {
    /// What it is about.
    pub topic: PortabilityTopic,
    /// The toolchain, format or exit level it is about; absent for a plain statement.
    pub subject: Option<String>,
    /// What is known.
    pub text: String,
    /// Where it comes from; absent when it names a source the profile does not have (which `check` refuses).
    pub provenance: Option<Provenance>,
}

impl Portability {
    /// Every fact, by topic; `resolve` gives the provenance of a source key with the statement's own date and
    /// confidence.
    pub(crate) fn facts(
        &self,
        resolve: impl Fn(&str, Option<Date>, Option<Confidence>) -> Option<Provenance>,
    ) -> Vec<PortabilityFact> {
        let fact = |topic, subject: Option<&str>, text: String, provenance| PortabilityFact {
            topic,
            subject: subject.map(str::to_owned),
            text,
            provenance,
        };
        let mut facts = Vec::new();
        for toolchain in &self.toolchains {
            let parts = [Some(toolchain.entry_points.join(", ")), toolchain.note.clone()];
            let text = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
            let provenance = resolve(&toolchain.source, None, None);
            facts.push(fact(PortabilityTopic::Toolchain, Some(&toolchain.name), text, provenance));
        }
        for support in &self.formats {
            let provenance = resolve(&support.source, None, None);
            facts.push(fact(PortabilityTopic::Format, Some(support.format.label()), support.text.clone(), provenance));
        }
        let statements = |topic, list: &[Statement]| -> Vec<PortabilityFact> {
            list.iter().map(|s| fact(topic, None, s.text.clone(), resolve(&s.source, s.as_of, s.confidence))).collect()
        };
        facts.extend(statements(PortabilityTopic::KnownGap, &self.known_gaps));
        facts.extend(statements(PortabilityTopic::DriverPrerequisite, &self.driver_prerequisites));
        for exit in &self.exit_cost {
            let provenance = resolve(&exit.source, None, None);
            facts.push(fact(
                PortabilityTopic::ExitCost,
                exit.level.map(ExitLevel::label),
                exit.text.clone(),
                provenance,
            ));
        }
        facts.extend(statements(PortabilityTopic::Isolation, &self.isolation));
        facts
    }
}
