//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use jiff::civil::Date;

/// Decide whether a workload should move to another accelerator, and defend the decision.
///
/// Without a command the desktop opens on the study.
#[derive(Debug, Parser)]
#[command(name = "assay", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Subcommand>,
    /// The study's folder; by default the one stood in, else the user's own
    pub study: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Begin a study of your own in an empty folder
    New(New),
    /// Do the whole job on this machine: detect, measure, cost, print the dossier
    Demo(Demo),
    /// List devices, their stacks, and why a stack is unavailable
    Devices(Devices),
    /// Measure a suite and keep the results in the study
    Run(Run),
    /// Ask vendors' compilers whether a suite compiles and fits on accelerators that are not here, and what they expect;
    /// exit status 1 when something does not
    Estimate(Estimate),
    /// Look at results, compare, import and export them
    Results(Results),
    /// Look at hardware profiles and check them
    Profiles(Profiles),
    /// Evaluate the options of a study
    Cost(Cost),
    /// Plan the fleet by quarter: units, orders, commitments, cash; exit status 1 when it falls short
    Capacity(Capacity),
    /// Compute any one formula
    Calc(Calc),
    /// Write a document as PDF
    Report(Report),
    /// Check that a document was not changed, and derive every number in it again from what it carries; exit status 1
    /// when something does not hold
    Verify(Verify),
    /// Speak the worker protocol on stdin and stdout (what targets start)
    Worker,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs; stable
    Json,
    /// For spreadsheets
    Csv,
}

/// Names a study.
#[derive(Debug, Args)]
pub struct StudyArguments {
    /// The study's folder; by default the one stood in, else the user's own
    #[arg(value_name = "STUDY")]
    pub study: Option<PathBuf>,
    /// The same as STUDY
    #[arg(long = "study", value_name = "DIR", conflicts_with = "study")]
    pub study_option: Option<PathBuf>,
}

impl StudyArguments {
    /// The folder named, if one was.
    pub fn named(&self) -> Option<&std::path::Path> {
        self.study.as_deref().or(self.study_option.as_deref())
    }
}

#[derive(Debug, Args)]
pub struct New {
    /// The study's folder; created when absent, and empty where it is there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// The folder of the sample study; created when absent
    #[arg(long, default_value = "assay-demo")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Devices {
    /// Ask this target, too: its name in the study, or a launch command such as "ssh host"
    #[arg(long, value_name = "T")]
    pub target: Vec<String>,
    /// The study whose targets are meant
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Run {
    /// The suite: quick, standard, links, kernels, or a YAML file; by default the study's
    #[arg(long)]
    pub suite: Option<String>,
    /// Only this workload of the suite (repeatable)
    #[arg(long, value_name = "W")]
    pub workload: Vec<String>,
    /// Measure this kernel instead of the stacks' own code: a folder with kernel.yaml (repeatable); the suite is
    /// `kernels` unless one is named
    #[arg(long, value_name = "DIR")]
    pub kernel: Vec<PathBuf>,
    /// Run this ONNX model instead of a suite
    #[arg(long, value_name = "FILE.onnx", conflicts_with_all = ["suite", "workload", "kernel"])]
    pub model: Option<PathBuf>,
    /// The size of a dynamic axis of the model, such as batch=8 (repeatable)
    #[arg(long, value_name = "NAME=N", requires = "model")]
    pub axis: Vec<String>,
    /// The model's inputs as .npz, or .npy for the only one; seeded ones are made without
    #[arg(long, value_name = "FILE", requires = "model")]
    pub inputs: Option<PathBuf>,
    /// Run this narrower form of the model, too; its answer is compared with the model's own (repeatable). A Python with
    /// onnxruntime and onnx makes it
    #[arg(long, value_name = "V", requires = "model", value_enum)]
    pub variant: Vec<ModelVariant>,
    /// Inputs to calibrate int8-static with, as --inputs are (repeatable); seeded ones are made without
    #[arg(long, value_name = "FILE", requires = "variant")]
    pub calibration: Vec<PathBuf>,
    /// Threads that compute the model; by default as many as there are logical processors
    #[arg(long, value_name = "N", requires = "model")]
    pub threads: Option<usize>,
    /// How much an engine may rewrite the model's graph
    #[arg(long, value_name = "LEVEL", requires = "model", value_enum)]
    pub graph_optimization: Option<GraphOptimization>,
    /// Only tell what is in the model
    #[arg(long, requires = "model")]
    pub describe: bool,
    /// Only this device (repeatable)
    #[arg(long, value_name = "D")]
    pub device: Vec<String>,
    /// Only this stack (repeatable); by default all that are available
    #[arg(long, value_name = "S")]
    pub stack: Vec<String>,
    /// Run there instead of here: a target's name in the study, `local`, or a launch command such as "ssh host"
    /// (repeatable)
    #[arg(long, value_name = "T")]
    pub target: Vec<String>,
    /// Seed of the data
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

/// A narrower form of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelVariant {
    /// Weights in int8, the scales of activations from each input
    Int8Dynamic,
    /// Weights and activations in int8, scales from a calibration set
    Int8Static,
    /// Weights and activations in fp16
    Fp16,
    /// Weights and activations in bf16
    Bf16,
}

/// How much an engine may rewrite a model's graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphOptimization {
    /// Nothing
    Off,
    /// Remove what is redundant
    Basic,
    /// Fuse nodes, too
    Extended,
    /// Everything, layouts too (the default)
    All,
}

#[derive(Debug, Args)]
pub struct Estimate {
    /// The suite: quick, standard, kernels, or a YAML file; by default the study's
    #[arg(long)]
    pub suite: Option<String>,
    /// Only this workload of the suite (repeatable)
    #[arg(long, value_name = "W")]
    pub workload: Vec<String>,
    /// Only this accelerator, by its profile's id or the end of it, such as v5e (repeatable)
    #[arg(long, value_name = "A")]
    pub accelerator: Vec<String>,
    /// Compile on this target instead of here: its name in the study, or a launch command such as "ssh host"
    #[arg(long, value_name = "T")]
    pub target: Option<String>,
    /// Compile again what this version of the compiler was asked before
    #[arg(long)]
    pub again: bool,
    /// Only print what the study keeps
    #[arg(long, conflicts_with_all = ["suite", "workload", "accelerator", "target", "again"])]
    pub kept: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

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

#[derive(Debug, Args)]
pub struct Profiles {
    #[command(subcommand)]
    pub command: ProfilesCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum ProfilesCommand {
    /// List the catalogue
    List(ProfilesList),
    /// Show one profile with its offers and sources
    Show(ProfilesShow),
    /// Check profiles and print file:line:column of what is wrong; exit status 1 when something is
    Check(ProfilesCheck),
    /// Enter prices from SkyPilot catalogues and FOCUS billing exports into the study's profiles; exit status 1 when
    /// no row could be used
    Import(ProfilesImport),
    /// Print a profile to copy and fill in
    Template(ProfilesTemplate),
}

#[derive(Debug, Args)]
pub struct ProfilesList {
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

#[derive(Debug, Args)]
pub struct ProfilesShow {
    /// The profile's id
    pub id: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The day for which prices are chosen; by default today
    #[arg(long, value_name = "DATE")]
    pub pricing_date: Option<Date>,
    /// The study whose own profiles count, too
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ProfilesCheck {
    /// Profile files; by default the whole catalogue
    pub files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ProfilesImport {
    /// SkyPilot catalogues (vms.csv) and FOCUS billing exports, in any order
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The folder of profiles to enter the prices into; by default the study's
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Who sells, for a SkyPilot catalogue whose folder is not named after the provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// The day on which the prices of a SkyPilot catalogue held; by default that of the file
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// The term of committed charges whose bill does not say
    #[arg(long, value_enum)]
    pub term: Option<CommitmentTerm>,
    /// Only this region (repeatable)
    #[arg(long, value_name = "R")]
    pub region: Vec<String>,
    /// Only this profile (repeatable)
    #[arg(long, value_name = "ID")]
    pub profile: Vec<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

/// The term of a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CommitmentTerm {
    /// One year
    #[value(name = "1y")]
    OneYear,
    /// Three years
    #[value(name = "3y")]
    ThreeYears,
}

#[derive(Debug, Args)]
pub struct ProfilesTemplate {
    /// The template: custom-asic
    #[arg(default_value = "custom-asic")]
    pub name: String,
}

#[derive(Debug, Args)]
pub struct Cost {
    /// Look at the study under this scenario
    #[arg(long, value_name = "S")]
    pub scenario: Option<String>,
    /// Set a value for this evaluation, such as assumptions.pue=1.2 (repeatable)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Draw so many samples of everything that is not one number (Latin hypercube)
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,
    /// Seed of the samples
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Which costs count; as the study says when absent
    #[arg(long, value_enum)]
    pub lens: Option<CostLens>,
    /// Show payments by quarter instead of by year
    #[arg(long)]
    pub quarterly: bool,
    /// Also write the payments of every option, by month and component, as FOCUS 1.2 rows for FinOps tools
    #[arg(long, value_name = "FILE.csv")]
    pub focus: Option<PathBuf>,
    /// JSON is described in docs/cost-json.md
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

/// Which costs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CostLens {
    /// All of them
    Full,
    /// Only what the decision changes
    Marginal,
}

impl CostLens {
    /// The word in study.yaml.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Marginal => "marginal",
        }
    }
}

#[derive(Debug, Args)]
pub struct Capacity {
    /// Only this option (repeatable)
    #[arg(long, value_name = "ID")]
    pub option: Vec<String>,
    /// Only this demand scenario of the section `capacity` (repeatable)
    #[arg(long, value_name = "ID")]
    pub demand: Vec<String>,
    /// Look at the study under this scenario
    #[arg(long, value_name = "S")]
    pub scenario: Option<String>,
    /// Set a value for this plan, such as capacity.lead_time_weeks=26 (repeatable)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// For the payments of the cost evaluation as FOCUS rows see `assay cost --focus`
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

#[derive(Debug, Args)]
pub struct Calc {
    /// The function; --list names all
    #[arg(required_unless_present = "list")]
    pub function: Option<String>,
    /// Its inputs as a JSON object
    #[arg(long, value_name = "JSON", required_unless_present = "list")]
    pub input: Option<String>,
    /// List the functions with their inputs and sources
    #[arg(long)]
    pub list: bool,
    /// How the list is printed; a result is always JSON
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Report {
    /// The document
    #[arg(long, value_enum)]
    pub kind: DocumentKind,
    /// The file to write; by default reports/KIND.pdf in the study
    #[arg(long, value_name = "FILE.pdf")]
    pub out: Option<PathBuf>,
    /// Sign the document with an Ed25519 private key (PKCS #8 PEM, as from `openssl genpkey -algorithm ed25519`)
    #[arg(long, value_name = "KEY.pem")]
    pub sign: Option<PathBuf>,
    /// Look at the study under this scenario
    #[arg(long, value_name = "S")]
    pub scenario: Option<String>,
    /// Set a value for this document, such as narrative.summary="..." (repeatable)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    #[command(flatten)]
    pub look: DocumentLook,
    /// What is printed: `table` says where the PDF is; `json` prints the document's content as data and `markdown` as
    /// text, and neither writes a PDF
    #[arg(long, value_enum, default_value_t)]
    pub format: ContentFormat,
    #[command(flatten)]
    pub study: StudyArguments,
}

/// How the document looks; the study's section `documents` where nothing is said.
#[derive(Debug, Default, Args)]
pub struct DocumentLook {
    /// The language of headings, labels and numbers: en or de
    #[arg(long, value_name = "L")]
    pub language: Option<String>,
    /// The paper: a4 or letter
    #[arg(long, value_name = "P")]
    pub paper: Option<String>,
    /// A PNG image for the cover and the head of each page
    #[arg(long, value_name = "FILE.png")]
    pub logo: Option<PathBuf>,
    /// The colour of titles, table headers and the cover, such as #0B2545
    #[arg(long, value_name = "COLOUR")]
    pub primary_color: Option<String>,
    /// The accent colour, such as #0F766E
    #[arg(long, value_name = "COLOUR")]
    pub accent_color: Option<String>,
    /// The confidentiality line at the foot of each page
    #[arg(long, value_name = "TEXT")]
    pub classification: Option<String>,
}

/// How a document is given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ContentFormat {
    /// A PDF, and a line that says where it is
    #[default]
    Table,
    /// The content as data: sections, tables, charts, every value with its evidence
    Json,
    /// The content as Markdown
    Markdown,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// A document written by `assay report`
    #[arg(value_name = "FILE.pdf")]
    pub file: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// The documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentKind {
    /// Accelerator feasibility dossier: the whole case with its evidence
    Dossier,
    /// Executive briefing: the decision on two pages
    Briefing,
    /// Migration plan: waves, effort, gates, risks, governance, the way back
    Migration,
    /// Capacity and investment plan: demand, fleet, orders, commitments, cash by quarter
    Capacity,
    /// Benchmark baseline report: what was measured, what changed, what to improve
    Baseline,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
