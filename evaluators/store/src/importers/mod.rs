//! Results that others published, read from the files in which their tools and tables come.
//!
//! A file is [recognised](recognise) by its content, then [read]: each row becomes a [`PublishedResult`] in SI units,
//! its unit taken from the row, or is quarantined with the reason. Nothing is dropped silently. What a row's figures
//! imply (tokens a second from counts and time, accelerators from nodes) is computed again and must agree.

mod fields;
mod llama_bench;
mod mlperf;
mod neuron;
mod prices;
mod vllm;

use std::collections::BTreeMap;

use assay_base::Evidence;
use assay_core::measurement::Throughput;
use serde::Serialize;

pub use prices::{PriceList, PriceListError};

use fields::Fields;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `summary_results.json` of an MLPerf Inference round (mlcommons/inference_results_*).
    MlperfSummary,
    /// A benchmark table of the AWS Neuron documentation.
    NeuronTable,
    /// Output of `llama-bench -o json`.
    LlamaBenchJson,
    /// Output of `llama-bench -o csv`.
    LlamaBenchCsv,
    /// Result of `vllm bench serve`.
    VllmBench,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::MlperfSummary, Self::NeuronTable, Self::LlamaBenchJson, Self::LlamaBenchCsv, Self::VllmBench];

    /// The word used on the command line.
    pub fn label(self) -> &'static str {
        match self {
            Self::MlperfSummary => "mlperf-summary",
            Self::NeuronTable => "neuron-table",
            Self::LlamaBenchJson => "llama-bench-json",
            Self::LlamaBenchCsv => "llama-bench-csv",
            Self::VllmBench => "vllm-bench",
        }
    }
}

/// One result that others published. What the source does not say is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublishedResult {
    /// Where in the file: the line of a table, the element of a list, from 1.
    pub position: u64,
    /// The model that was run.
    pub model: String,
    /// How it was run, in the source's words: `Offline`, `pp512`, `Batch`.
    pub scenario: Option<String>,
    /// The accelerator, or the processor where there is none, in the source's words.
    pub accelerator: Option<String>,
    /// How many of them together gave the result.
    pub accelerators: Option<u64>,
    /// The machine: a system's or an instance's name.
    pub system: Option<String>,
    /// The software, in the source's words.
    pub stack: Option<String>,
    /// Numeric format, in the source's words.
    pub format: Option<String>,
    /// Items a second of all accelerators together.
    pub throughput: Option<Throughput>,
    /// Standard deviation of the throughput over its mean, where the source states it.
    pub relative_noise: Option<f64>,
    /// Latencies by what they are, such as `ttft_p50`, in seconds.
    pub latencies_secs: BTreeMap<String, f64>,
    /// Mean power of the system.
    pub power_watts: Option<f64>,
    /// Energy of one query.
    pub energy_per_query_joules: Option<f64>,
    /// Anything about the figures that a reader should know.
    pub remarks: Vec<String>,
    /// Everything else the source says that identifies the result: submitter, versions, batch, lengths, links.
    pub details: BTreeMap<String, String>,
    /// Always [`Evidence::Published`].
    pub evidence: Evidence,
}

impl PublishedResult {
    fn new(position: u64, model: String) -> Self {
        Self {
            position,
            model,
            scenario: None,
            accelerator: None,
            accelerators: None,
            system: None,
            stack: None,
            format: None,
            throughput: None,
            relative_noise: None,
            latencies_secs: BTreeMap::new(),
            power_watts: None,
            energy_per_query_joules: None,
            remarks: Vec::new(),
            details: BTreeMap::new(),
            evidence: Evidence::Published,
        }
    }

    /// Items a second of one accelerator; absent where their number is not known.
    pub fn throughput_per_accelerator(&self) -> Option<f64> {
        let count = self.accelerators.filter(|count| *count > 0)?;
        Some(self.throughput.as_ref()?.value / count as f64)
    }
}

/// A row that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("row {position}: {reason}")]
pub struct Quarantined {
    /// Where in the file: the line of a table, the element of a list, from 1.
    pub position: u64,
    /// Why.
    pub reason: String,
}

/// What a file gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Imported {
    /// The results.
    pub rows: Vec<PublishedResult>,
    /// The rows set aside.
    pub quarantined: Vec<Quarantined>,
}

/// A file that cannot be read as its kind at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {} file: {reason}", kind.label())]
pub struct NotThisKind {
    /// The kind it was taken for.
    pub kind: Kind,
    /// What was found, and where.
    pub reason: String,
}

/// The kind of a file, from its content; `None` when it is none of those known.
pub fn recognise(bytes: &[u8]) -> Option<Kind> {
    let begin = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if !b"[{".contains(begin) {
        let header = fields::header(bytes)?;
        let has = |names: &[&str]| names.iter().all(|name| header.iter().any(|column| column == name));
        return match () {
            () if has(&["Model", "Inst. Type", "Neuron Version"]) => Some(Kind::NeuronTable),
            () if has(&["model_type", "n_prompt", "n_gen", "avg_ts"]) => Some(Kind::LlamaBenchCsv),
            () => None,
        };
    }
    let rows = fields::json_rows(bytes).ok()?;
    let first = Fields::of(rows.first()?)?;
    let has = |names: &[&str]| names.iter().all(|name| first.has(name));
    match () {
        () if has(&["Performance_Units", "Scenario", "Submitter"]) => Some(Kind::MlperfSummary),
        () if has(&["n_prompt", "n_gen", "avg_ts"]) => Some(Kind::LlamaBenchJson),
        () if has(&["model_id", "request_throughput", "total_output_tokens"]) => Some(Kind::VllmBench),
        () => None,
    }
}

/// Reads a file of a kind.
///
/// # Errors
/// When the file is not of that kind at all: malformed as a whole, or without the columns that make the kind.
pub fn read(kind: Kind, bytes: &[u8]) -> Result<Imported, NotThisKind> {
    let rows = match kind {
        Kind::NeuronTable | Kind::LlamaBenchCsv => fields::table_rows(bytes),
        Kind::MlperfSummary | Kind::LlamaBenchJson | Kind::VllmBench => fields::positioned_json_rows(bytes),
    };
    let rows = rows.map_err(|reason| NotThisKind { kind, reason })?;
    let read_row = match kind {
        Kind::MlperfSummary => mlperf::read_row,
        Kind::NeuronTable => neuron::read_row,
        Kind::LlamaBenchJson | Kind::LlamaBenchCsv => llama_bench::read_row,
        Kind::VllmBench => vllm::read_row,
    };
    let mut imported = Imported::default();
    for (position, row) in rows {
        let result = row.and_then(|row| read_row(position, &Fields::from(row)));
        match result.and_then(plausible) {
            Ok(result) => imported.rows.push(result),
            Err(reason) => imported.quarantined.push(Quarantined { position, reason }),
        }
    }
    Ok(imported)
}

/// Refuses what no result can be, whatever its source.
fn plausible(result: PublishedResult) -> Result<PublishedResult, String> {
    let positive = |name: &str, value: f64| {
        if value.is_finite() && value > 0.0 { Ok(()) } else { Err(format!("{name} is {value}, not a positive number")) }
    };
    if let Some(throughput) = &result.throughput {
        positive("the throughput", throughput.value)?;
    }
    for (name, secs) in &result.latencies_secs {
        positive(&format!("the latency {name}"), *secs)?;
    }
    for (name, value) in [("the power", result.power_watts), ("the energy", result.energy_per_query_joules)] {
        value.map_or(Ok(()), |value| positive(name, value))?;
    }
    if result.throughput.is_none() && result.latencies_secs.is_empty() {
        return Err("it states neither a throughput nor a latency".to_owned());
    }
    Ok(result)
}

/// Whether two figures that must be equal are, to a relative tolerance.
fn agree(stated: f64, computed: f64, tolerance: f64) -> bool {
    (stated - computed).abs() <= tolerance * stated.abs().max(computed.abs())
}
