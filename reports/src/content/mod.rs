//! What each document says: from a study's results to a document.
//!
//! Sentences are made by rules from the numbers. A rule states what was found and no more: what is projected is
//! called projected, what failed is called failed, and what is not known is not known. Titles carry the message.
//! All documents share the input, the findings over it and the answer in words, so that they cannot disagree.

mod answer;
mod asked;
mod author;
mod baseline;
mod briefing;
pub mod capacity;
mod demand;
mod dossier;
mod facts;
mod findings;
mod german;
mod german_phrases;
mod input;
mod migration;
mod own_words;
mod sensitivity;

pub use answer::{AnswerInWords, answer_in_words};
pub use demand::{demand_in_words, growth_in_words};
pub use facts::{
    AssumedFact, BreakEvenFacts, CommitmentFacts, CompilerEstimate, CompilerVerdict, Crossover, HardwareFacts,
    ModelCard, OptionOdds, PaysBack, PowerSource, SpeedUp, UncertaintyFacts, VolumeCurve, WaitingFacts, WaitingValue,
};
pub use input::{
    AnswerFacts, Ceiling, ComparedResult, Confidence, OptionFacts, PriceFacts, Repeat, ReportInput, RunsCompared,
    Sensitivity, Swing, ThroughputFacts, WouldChange,
};
pub use migration::{
    ACTIVITIES, GateUnit, GateVerdict, JudgedGate, MigrationPlan, ParallelRun, PlannedEffort, PlannedRisk, PlannedTask,
    PlannedWave, PortabilityRow, Role,
};

use crate::document::{Document, Meta};
use serde::{Deserialize, Serialize};

/// The documents that Assay writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportKind {
    /// The accelerator feasibility dossier.
    Dossier,
    /// The executive briefing.
    Briefing,
    /// The migration plan.
    Migration,
    /// The capacity and investment plan.
    Capacity,
    /// The benchmark baseline report.
    Baseline,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Dossier, Self::Briefing, Self::Migration, Self::Capacity, Self::Baseline];

    /// The word used on the command line and in file names.
    pub fn id(self) -> &'static str {
        match self {
            Self::Dossier => "dossier",
            Self::Briefing => "briefing",
            Self::Migration => "migration",
            Self::Capacity => "capacity",
            Self::Baseline => "baseline",
        }
    }

    /// The title shown.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dossier => "Accelerator feasibility dossier",
            Self::Briefing => "Executive briefing",
            Self::Migration => "Migration plan",
            Self::Capacity => "Capacity and investment plan",
            Self::Baseline => "Benchmark baseline report",
        }
    }

    /// What it is for, in a sentence.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Dossier => {
                "For those who check the decision: the answer with its confidence, the options with cost and return, \
                 the measurements and the roofline behind them, what would change the answer, and how every number \
                 was made."
            }
            Self::Briefing => {
                "For those who take the decision: what to do, what it costs and brings, how sure that is, what is \
                 asked for, and the next ninety days."
            }
            Self::Migration => {
                "For those who carry the move out: strategy, waves, effort, gates and how they stand, risks, roles, \
                 governance, and the way back."
            }
            Self::Capacity => {
                "For those who buy and fund: demand, fleet, orders and commitments with their dates, cost and cash \
                 quarter by quarter, and where the plan falls short."
            }
            Self::Baseline => {
                "For those who run the machines: what was measured and how well, what changed since the run before, \
                 and what to improve next."
            }
        }
    }
}

/// Composes a document of a study.
pub fn compose(kind: ReportKind, input: &ReportInput) -> Document {
    let mut document = match kind {
        ReportKind::Dossier => dossier::compose(input),
        ReportKind::Briefing => briefing::compose(input),
        ReportKind::Migration => migration::compose(input),
        ReportKind::Capacity => capacity::compose(input),
        ReportKind::Baseline => baseline::compose(input),
    };
    if input.language() == crate::Language::German {
        german::translate(&mut document);
    }
    own_words::apply(&mut document, &input.study.narrative, input.language());
    document
}

fn meta(kind: ReportKind, input: &ReportInput) -> Meta {
    let subject_words: &[&str] = match kind {
        ReportKind::Dossier => &["accelerator", "feasibility", "benchmark", "total cost of ownership"],
        ReportKind::Briefing => &["accelerator", "decision", "total cost of ownership"],
        ReportKind::Migration => &["accelerator", "migration", "gates", "risks"],
        ReportKind::Capacity => &["accelerator", "capacity", "investment", "reservations"],
        ReportKind::Baseline => &["accelerator", "benchmark", "regression"],
    };
    Meta {
        title: match kind {
            ReportKind::Dossier => input.study.title.clone(),
            _ => format!("{}: {}", kind_title(kind, input.language()), input.study.title),
        },
        subject: input.study.question.clone(),
        author: input.study.author.clone().unwrap_or_else(|| input.prepared_with.clone()),
        keywords: subject_words.iter().map(|&word| word.to_owned()).collect(),
        language: input.study.documents.language.tag().to_owned(),
        prepared_unix_secs: input.prepared_at.as_second(),
        prepared: day(input),
        classification: input.study.documents.classification.clone(),
        evidence_hash: Some(input.evidence_hash.clone()),
        sample: input.study.sample,
    }
}

/// The title of a kind of document in a language.
fn kind_title(kind: ReportKind, language: crate::Language) -> String {
    match language {
        crate::Language::English => kind.title().to_owned(),
        crate::Language::German => german::word(kind.title()).unwrap_or_else(|| kind.title().to_owned()),
    }
}

/// The day of the document, in UTC.
fn day(input: &ReportInput) -> String {
    day_text(input, input.prepared_at.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// A day as it is written in the document's language.
fn day_text(input: &ReportInput, day: jiff::civil::Date) -> String {
    input.language().day(day)
}
