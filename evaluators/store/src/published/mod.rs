//! Results that others published, kept in the study beside its own measurements and apart from them.
//!
//! Each imported file is one segment `measurements/published/<id>.jsonl`, named by the file's SHA-256: a line with the
//! file's [`Provenance`], then a line a result or a row set aside, each with its own SHA-256 as in the segments of runs.
//! A segment appears at once or not at all, and is never changed; the same file imported again is recognised.
//!
//! A published row is no [`Measurement`](assay_core::Measurement): it has no samples, no environment and no device of
//! the user's. What compares runs or prints measurements never sees one; [`Store::published`](crate::Store::published)
//! does the asking.
//!
//! Beside a segment lies `<id>.parquet`, its columns for quick selection. It is made from the segment, again when it
//! is stale or damaged, and is never the truth: deleting it loses nothing.

mod backtest;
mod columns;
mod import;
mod reference;
mod segment;
mod spread;
mod table;

use serde::{Deserialize, Serialize};

use crate::importers::{Kind, PublishedResult, Quarantined, SystemDescription};

pub use backtest::{
    AcceleratorError, Ceilings, Efficiency, ModelCard, Prediction, PredictionError, backtest, efficiencies, project,
};
pub use import::{ImportRequest, PublishedImport};
pub use reference::{Reference, reference};
pub use spread::{PublishedSpread, PublishedThroughput};
pub use table::{PublishedFilter, PublishedRow, PublishedTable, contains};

/// Where an imported file comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The file, as it was named.
    pub file: String,
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// Its kind.
    pub kind: Kind,
    /// Who published it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Under which terms, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// What the user said that the file does not.
    #[serde(default, skip_serializing_if = "Stated::is_empty")]
    pub stated: Stated,
    /// When it was imported.
    pub imported_at: jiff::Timestamp,
}

/// What the user says of a file that the file does not: it fills what is absent in every row and replaces nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The accelerator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerator: Option<String>,
    /// How many of them together gave each result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerators: Option<u64>,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Who measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitter: Option<String>,
}

impl Stated {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a description of a system says.
    pub fn of_system(system: SystemDescription) -> Self {
        Self {
            accelerator: system.accelerator,
            accelerators: system.accelerators,
            system: Some(system.system),
            stack: system.stack,
            submitter: system.submitter,
        }
    }

    /// This, and from `other` what is absent here.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            accelerator: self.accelerator.or(other.accelerator),
            accelerators: self.accelerators.or(other.accelerators),
            system: self.system.or(other.system),
            stack: self.stack.or(other.stack),
            submitter: self.submitter.or(other.submitter),
        }
    }

    fn fill(&self, result: &mut PublishedResult) {
        // A count belongs to the accelerator it was stated with.
        if result.accelerator.is_none() && self.accelerator.is_some() {
            result.accelerator.clone_from(&self.accelerator);
        }
        result.accelerators = result.accelerators.or(self.accelerators);
        let fill = |field: &mut Option<String>, stated: &Option<String>| {
            if field.is_none() {
                field.clone_from(stated);
            }
        };
        fill(&mut result.system, &self.system);
        fill(&mut result.stack, &self.stack);
        fill(&mut result.submitter, &self.submitter);
    }
}

/// A row that was set aside, with its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedRow {
    /// The row.
    pub row: Quarantined,
    /// The file it is from.
    pub provenance: std::sync::Arc<Provenance>,
}

impl std::fmt::Display for QuarantinedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.provenance.file, self.row.line, self.row.reason)
    }
}

/// The terms under which the sources of a kind publish; a copy from elsewhere may come under others.
fn known_terms(kind: Kind) -> Option<(&'static str, &'static str)> {
    match kind {
        Kind::MlperfSummary | Kind::MlperfLog => {
            Some(("MLCommons", "Apache-2.0 as in MLCommons' repositories of results; its rules on the name apply"))
        }
        Kind::AwsNeuron => Some(("AWS Neuron documentation", "CC BY-SA 4.0 as in the documentation's repository")),
        Kind::InferenceX => Some(("InferenceX", "Apache-2.0 as in InferenceX's repository")),
        _ => None,
    }
}

/// The id of a row: the segment and its position, such as `pub-015abd7f5cc57a2d-17`.
fn row_id(segment: &str, row: u64) -> String {
    format!("pub-{segment}-{row}")
}

/// Segment and row of an id.
fn parse_id(id: &str) -> Option<(&str, u64)> {
    let (segment, row) = id.strip_prefix("pub-")?.rsplit_once('-')?;
    Some((segment, row.parse().ok()?))
}
