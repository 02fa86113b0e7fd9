//! What documents are made of.

use super::capacity::CapacityPlan;
use super::facts::{
    AssumedFact, BreakEvenFacts, CommitmentFacts, CompilerEstimate, HardwareFacts, ModelCard, PowerSource, SpeedUp,
    UncertaintyFacts, VolumeCurve, WaitingFacts,
};
use super::migration::MigrationPlan;
use crate::labels::Language;
use assay_base::{Evidence, Money, NumericFormat};
use assay_core::stopping::StopRule;
use assay_core::{Device, Measurement, Workload};
use assay_cost_models::evaluation::{Driver, Flip};
use assay_cost_models::roofline::{Projection, Roofline};
use assay_cost_models::{Assumptions, Estimate, Evaluation};
use assay_study::Study;
use jiff::civil::Date;
use serde::Serialize;
use std::fmt;

/// Everything that a document says comes from here.
#[derive(Clone, Debug)]
pub struct ReportInput {
    /// The study as evaluated.
    pub study: Study,
    /// The time of the document.
    pub prepared_at: jiff::Timestamp,
    /// The program and its version, such as `Assay 0.1.0`.
    pub prepared_with: String,
    /// The hash of study, measurements and prices, such as `sha256:…`.
    pub evidence_hash: String,
    /// The day whose prices were used.
    pub pricing_date: Date,
    /// The first day that is paid for.
    pub first_month: Date,
    /// Every input behind the costs that is neither a price nor a throughput.
    pub assumed: Vec<AssumedFact>,
    /// The plural of what demand counts, such as `sequences`.
    pub items: String,
    /// The study's workload, where its suite has it.
    pub workload: Option<Workload>,
    /// The assumptions as the cost models got them.
    pub assumptions: Assumptions,
    /// The facts behind the options, in the study's order.
    pub options: Vec<OptionFacts>,
    /// What the cost models make of the options.
    pub evaluations: Vec<Evaluation>,
    /// The answer to the study's question.
    pub answer: AnswerFacts,
    /// What one input at a time does to the answer; absent without an answer.
    pub sensitivity: Option<Sensitivity>,
    /// What many samples of everything uncertain say; absent where nothing is.
    pub uncertainty: Option<UncertaintyFacts>,
    /// What the study waits for.
    pub waiting: Vec<WaitingFacts>,
    /// Where the cheaper of two options changes.
    pub break_evens: Vec<BreakEvenFacts>,
    /// What the ranked options cost over the volume.
    pub volume_curves: Vec<VolumeCurve>,
    /// The hardware of the options, each once.
    pub hardware: Vec<HardwareFacts>,
    /// How far the methods of projection were from what is known.
    pub model_cards: Vec<ModelCard>,
    /// What vendors' compilers say of accelerators that are not here.
    pub compiler_estimates: Vec<CompilerEstimate>,
    /// Stacks against one that does not compile; empty where that was not measured.
    pub speed_ups: Vec<SpeedUp>,
    /// Two runs compared; absent while there are not two.
    pub comparison: Option<RunsCompared>,
    /// The plan of the capacity, or why there is none.
    pub capacity: Result<CapacityPlan, String>,
    /// The plan of the move, or why there is none.
    pub migration: Result<MigrationPlan, String>,
    /// What is missing or doubtful, most important first, a sentence each.
    pub missing: Vec<String>,
    /// Every measurement of the study.
    pub measurements: Vec<Measurement>,
    /// The measured ceilings.
    pub ceilings: Vec<Ceiling>,
    /// The bounds under which timing stopped.
    pub stop_rule: StopRule,
    /// How the command line names the study, such as `--study my-study`.
    pub study_argument: String,
}

impl ReportInput {
    /// The language of the documents.
    pub fn language(&self) -> Language {
        Language::of(self.study.documents.language.tag())
    }
}

/// The answer to a study's question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerFacts {
    /// The id of the option recommended; `None` when there is no answer yet.
    pub recommended: Option<String>,
    /// The id of the next best option.
    pub runner_up: Option<String>,
    /// How far the answer can be trusted.
    pub confidence: Confidence,
    /// What would change it.
    pub would_change: Vec<WouldChange>,
    /// The measurement that would tell most, as a sentence.
    pub next_measurement: Option<String>,
    /// Whether all of the option recommended is on spot capacity.
    pub on_spot: bool,
    /// Whether the study has a limit for the latency and nobody knows whether the option recommended keeps it.
    pub latency_unknown: bool,
}

/// What would change an answer. Options are named by their ids.
#[derive(Clone, Debug, PartialEq)]
pub enum WouldChange {
    /// A total cost of the recommended option this many times the estimate puts the rival ahead; above 1.
    Cost {
        /// What it has to beat.
        rival: String,
        /// The rival's total cost over its own.
        ratio: f64,
    },
    /// The low end of the recommended option's throughput.
    Throughput {
        /// What it has to beat.
        rival: String,
        /// That end over the estimate.
        share: f64,
        /// Whether its highest cost is still under the rival's lowest.
        still_cheaper: bool,
    },
    /// The cost range of another option overlaps that of the recommended one.
    Order {
        /// The other option.
        other: String,
    },
}

/// How far an answer can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The cost ranges do not overlap, and the throughputs compared were measured or published.
    Firm,
    /// The cost ranges do not overlap, but a throughput is projected or assumed.
    Likely,
    /// The cost ranges overlap: the order can change within what is known.
    Open,
    /// How far a throughput can be off is not known: it is assumed or projected without a range, or was measured while
    /// other programs used the machine.
    Unbounded,
    /// There is no answer yet.
    #[default]
    None,
}

/// What one input at a time does to the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// The id of the option that may replace the baseline: the one recommended, or the best alternative to staying.
    pub option: String,
    /// The present value of replacing the baseline with it, in the study's currency.
    pub npv: f64,
    /// The inputs, the strongest first.
    pub swings: Vec<Swing>,
}

impl Sensitivity {
    /// The inputs that turn the answer within their ranges, and where: another option takes the place of the
    /// recommended one.
    pub fn flips(&self) -> impl Iterator<Item = (&Swing, &Flip)> {
        self.swings.iter().filter_map(|swing| Some((swing, swing.flip.as_ref()?)))
    }
}

/// An input between two values, and what it does to the net present value.
#[derive(Clone, Debug, PartialEq)]
pub struct Swing {
    /// The input.
    pub driver: Driver,
    /// Its low value.
    pub low: f64,
    /// Its high value.
    pub high: f64,
    /// The net present value at the low value.
    pub npv_at_low: f64,
    /// The net present value at the high value.
    pub npv_at_high: f64,
    /// Where it turns the answer within its range, next to the assumed value.
    pub flip: Option<Flip>,
}

impl Swing {
    /// How far it moves the net present value.
    pub fn width(&self) -> f64 {
        (self.npv_at_high - self.npv_at_low).abs()
    }
}

/// A newer run against an older one.
#[derive(Clone, Debug, PartialEq)]
pub struct RunsCompared {
    /// The id of the older run.
    pub baseline: String,
    /// The id of the newer run.
    pub candidate: String,
    /// A line for each workload, device and stack of either.
    pub rows: Vec<ComparedResult>,
}

/// A result of two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedResult {
    /// The workload's name.
    pub workload: String,
    /// The device's name.
    pub device: String,
    /// The stack.
    pub stack: String,
    /// The older median latency.
    pub baseline_secs: Option<f64>,
    /// The newer median latency.
    pub candidate_secs: Option<f64>,
    /// The newer median over the older one; above 1 is slower.
    pub ratio: Option<f64>,
    /// The verdict, such as `SLOWER`; absent where the two cannot be compared.
    pub verdict: Option<String>,
    /// Whether the newer one is worse: slower, or no longer passed.
    pub is_regression: bool,
    /// Why there is no verdict.
    pub reason: Option<String>,
}

/// The facts behind an option's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionFacts {
    /// The option's id.
    pub id: String,
    /// The option's name.
    pub name: String,
    /// The name of the hardware, where the catalogue knows it.
    pub hardware: Option<String>,
    /// Accelerators in one unit.
    pub accelerators_per_unit: u32,
    /// What its energy is counted from.
    pub power: PowerSource,
    /// What is signed for before the first month; absent where nothing is committed.
    pub commitment: Option<CommitmentFacts>,
    /// The price, or why it is unknown.
    pub price: Result<PriceFacts, String>,
    /// The throughput, or why it is unknown.
    pub throughput: Result<ThroughputFacts, String>,
}

/// A price with its provenance.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceFacts {
    /// What is offered, by whom and where.
    pub offer: String,
    /// The price as quoted.
    pub price: Money,
    /// What the price is for, such as `hour`.
    pub per: String,
    /// Where it was found.
    pub source: String,
    /// The day of the quote.
    pub as_of: Option<Date>,
    /// Its class.
    pub evidence: Evidence,
    /// What a reader should know, a sentence each.
    pub warnings: Vec<String>,
}

/// A throughput with its provenance.
#[derive(Clone, Debug, PartialEq)]
pub struct ThroughputFacts {
    /// Items a second of one accelerator.
    pub per_accelerator: Estimate,
    /// Where it comes from, in words.
    pub source: String,
    /// The measurement behind it, directly or through a projection.
    pub measurement_id: Option<String>,
    /// The projection, where it is one.
    pub projection: Option<Projection>,
    /// The measured 99th percentile of the latency.
    pub p99_secs: Option<f64>,
    /// Whether a measurement behind it was taken while other programs used the machine.
    pub disturbed: bool,
    /// The measurements behind it that should be made again on a quiet machine.
    pub to_repeat: Vec<Repeat>,
    /// What else a reader should know, a sentence each.
    pub warnings: Vec<String>,
}

/// A measurement that should be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Its workload.
    pub workload: String,
    /// Why, such as `is noisy (7 % relative noise)`.
    pub doubt: String,
}

impl fmt::Display for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, doubt } = self;
        write!(f, "the measurement `{workload}` behind it {doubt}: measure again on a quiet machine")
    }
}

/// The measured ceilings of a device in one format.
#[derive(Clone, Debug, PartialEq)]
pub struct Ceiling {
    /// The target whose worker measured.
    pub target: String,
    /// The device.
    pub device: Device,
    /// The format of the compute ceiling.
    pub format: NumericFormat,
    /// The ceilings.
    pub roofline: Roofline,
}
