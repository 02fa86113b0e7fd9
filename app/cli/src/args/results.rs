//! Arguments of what looks at results.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, StudyArguments};

#[derive(Debug, Args)]
pub struct Results {
    #[command(subcommand)]
    pub command: ResultsCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum ResultsCommand {
    /// List what was measured and what was published by others
    List(ResultsList),
    /// Show everything known of one result
    Show(ResultsShow),
    /// Compare two runs: SAME, FASTER, SLOWER or AMBIGUOUS; exit status 1 when something is slower
    Compare(ResultsCompare),
    /// Hold narrower forms of models against the models: what they lose in accuracy and gain in speed
    Variants(ResultsVariants),
    /// Compare stacks with one that does not compile: speed-up, compile time, and when that has paid back
    Compilers(ResultsCompilers),
    /// Hold a model's operators against what the stacks of accelerators say they support; exit status 1 when it runs with
    /// none of an accelerator's stacks
    Coverage(ResultsCoverage),
    /// Take in results that others published, and the measurements of other studies; exit status 1 when a file was not
    /// taken in whole
    Import(ResultsImport),
    /// Write the results as Parquet, CSV, JSON or Bencher Metric Format
    Export(ResultsExport),
}

#[derive(Debug, Args)]
pub struct ResultsList {
    /// Only the newest measurement of each workload, device and stack
    #[arg(long, conflicts_with_all = ["quarantined"])]
    pub latest: bool,
    /// Only of accelerators (or other devices) whose name contains this
    #[arg(long, value_name = "A")]
    pub accelerator: Option<String>,
    /// Only of workloads (or models) whose name contains this
    #[arg(long, value_name = "W")]
    pub workload: Option<String>,
    /// Only with software whose name contains this
    #[arg(long, value_name = "S")]
    pub stack: Option<String>,
    /// Only of this class of evidence: measured or published
    #[arg(long, value_enum, value_name = "E")]
    pub evidence: Option<ResultEvidence>,
    /// With the published results that come with the program
    #[arg(long)]
    pub reference: bool,
    /// List the rows of imported files that were set aside, with the reasons
    #[arg(long, conflicts_with_all = ["accelerator", "workload", "stack", "evidence"])]
    pub quarantined: bool,
    /// List so many published results at most; by default 500 in a table, else all
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

/// The classes of evidence that results have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResultEvidence {
    /// Measured by Assay
    Measured,
    /// Published by others and imported
    Published,
}

#[derive(Debug, Args)]
pub struct ResultsShow {
    /// The result's id, or the end of it
    pub id: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ResultsCompare {
    /// The run to compare with
    pub baseline: String,
    /// The run to judge
    pub candidate: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ResultsVariants {
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ResultsCompilers {
    /// The stack that the others are held against
    #[arg(long, value_name = "S", default_value = assay_service::compilers::EAGER)]
    pub against: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ResultsCoverage {
    /// The model
    #[arg(value_name = "MODEL.onnx")]
    pub model: PathBuf,
    /// The accelerators by the ids of their profiles; `assay profiles list` names them
    #[arg(long = "for", value_name = "ACCELERATOR", required = true, num_args = 1..)]
    pub accelerators: Vec<String>,
    /// The size of a dynamic axis of the model, such as batch=8 (repeatable); only the share of the operations needs it
    #[arg(long, value_name = "NAME=N")]
    pub axis: Vec<String>,
    /// Write the effort into this option of the study, from where it goes into the plan of the move and the NPV
    #[arg(long, value_name = "OPTION")]
    pub into: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ResultsImport {
    /// Files of MLPerf, AWS Neuron, InferenceX, vLLM, AIPerf, llama-bench, nvbench, onnxruntime_perf_test or trtexec,
    /// tables of your own (CSV with the columns model, throughput and unit at least), and folders of other studies
    #[arg(required = true, value_name = "FILE")]
    pub from: Vec<PathBuf>,
    /// What the files are, where their content does not show it: mlperf-summary, mlperf-log, aws-neuron, inferencex,
    /// vllm-bench, aiperf, llama-bench-json, llama-bench-csv, nvbench, onnxruntime-perf-test, trtexec-log,
    /// trtexec-times, trtexec-profile, table, or the first part of such a word
    #[arg(long, value_name = "K")]
    pub kind: Option<String>,
    /// A table of hourly prices by instance; prints each result with its cost of a million items
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// The accelerator, where the files do not name it
    #[arg(long, value_name = "NAME")]
    pub accelerator: Option<String>,
    /// How many of them together, where the files do not say
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub accelerators: Option<u64>,
    /// Who published the files, where their kind does not tell
    #[arg(long, value_name = "NAME")]
    pub publisher: Option<String>,
    /// Under which terms they were published
    #[arg(long, value_name = "TEXT")]
    pub licence: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ResultsExport {
    /// The file to write; its ending chooses the form: .parquet, .csv, .json or .bmf.json
    pub file: PathBuf,
    /// The form, whatever the ending. Bencher Metric Format has what was measured here: the newest measurement that
    /// passed of each workload, device and stack
    #[arg(long, value_enum)]
    pub format: Option<ExportFormat>,
    /// Every timed execution instead of one row a measurement
    #[arg(long)]
    pub samples: bool,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

/// The forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Apache Parquet
    Parquet,
    /// Comma-separated values
    Csv,
    /// A list of objects with everything that is known
    Json,
    /// Bencher Metric Format, for bencher.dev
    Bmf,
}
