//! The kinds of files, and how each is recognised.

use serde::{Deserialize, Serialize};

use super::fields::{self, Fields};
use super::table;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `summary_results.json` of an MLPerf Inference round (mlcommons/inference_results_*).
    MlperfSummary,
    /// `mlperf_log_summary.txt` of MLPerf's LoadGen: one run.
    MlperfLog,
    /// A benchmark table of the AWS Neuron documentation.
    AwsNeuron,
    /// Results of InferenceX, aggregated for each accelerator or as its runs write them.
    #[serde(rename = "inferencex")]
    InferenceX,
    /// Result of `vllm bench serve`.
    VllmBench,
    /// AIPerf: `profile_export.jsonl` (a record a request) or `profile_export_aiperf.json` (the aggregate).
    Aiperf,
    /// Output of `llama-bench -o json`.
    LlamaBenchJson,
    /// Output of `llama-bench -o csv`.
    LlamaBenchCsv,
    /// Output of an nvbench benchmark with `--json`.
    Nvbench,
    /// What `onnxruntime_perf_test` prints.
    OnnxruntimePerfTest,
    /// What `trtexec` prints.
    TrtexecLog,
    /// What `trtexec --exportTimes` writes: one object an inference.
    TrtexecTimes,
    /// What `trtexec --exportProfile` writes: one object a layer.
    TrtexecProfile,
    /// A table of one's own as CSV; [`TEMPLATE`](super::TEMPLATE) names its columns.
    Table,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::MlperfSummary,
        Self::MlperfLog,
        Self::AwsNeuron,
        Self::InferenceX,
        Self::VllmBench,
        Self::Aiperf,
        Self::LlamaBenchJson,
        Self::LlamaBenchCsv,
        Self::Nvbench,
        Self::OnnxruntimePerfTest,
        Self::TrtexecLog,
        Self::TrtexecTimes,
        Self::TrtexecProfile,
        Self::Table,
    ];

    /// The word used on the command line.
    pub fn label(self) -> &'static str {
        match self {
            Self::MlperfSummary => "mlperf-summary",
            Self::MlperfLog => "mlperf-log",
            Self::AwsNeuron => "aws-neuron",
            Self::InferenceX => "inferencex",
            Self::VllmBench => "vllm-bench",
            Self::Aiperf => "aiperf",
            Self::LlamaBenchJson => "llama-bench-json",
            Self::LlamaBenchCsv => "llama-bench-csv",
            Self::Nvbench => "nvbench",
            Self::OnnxruntimePerfTest => "onnxruntime-perf-test",
            Self::TrtexecLog => "trtexec-log",
            Self::TrtexecTimes => "trtexec-times",
            Self::TrtexecProfile => "trtexec-profile",
            Self::Table => "table",
        }
    }

    /// The kinds that a word names: one by its label, or all that begin with it, such as `mlperf` or `llama-bench`.
    pub fn named(word: &str) -> Vec<Self> {
        match Self::ALL.into_iter().find(|kind| kind.label() == word) {
            Some(kind) => vec![kind],
            None => Self::ALL
                .into_iter()
                .filter(|kind| kind.label().strip_prefix(word).is_some_and(|rest| rest.starts_with('-')))
                .collect(),
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.label())
    }
}

/// Bytes from the beginning in which a log must show what wrote it: drivers and build scripts may print before.
const LOG_HEAD_BYTES: usize = 1 << 20;

/// The kind of a file, from its content; `None` when it is none of those known.
pub fn recognise(bytes: &[u8]) -> Option<Kind> {
    let bytes = fields::without_mark(bytes);
    let begin = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
    // A log line may begin with a bracket, too: `[11/21/2026-10:00:00] [I] ...`.
    if b"[{".contains(begin)
        && let Some(kind) = recognise_json(bytes)
    {
        return Some(kind);
    }
    recognise_table(bytes).or_else(|| recognise_log(bytes))
}

fn recognise_table(bytes: &[u8]) -> Option<Kind> {
    let header = fields::header(bytes)?;
    let has = |names: &[&str]| names.iter().all(|name| header.iter().any(|column| column == name));
    match () {
        () if has(&["Model", "Inst. Type", "Neuron Version"]) => Some(Kind::AwsNeuron),
        () if has(&["n_prompt", "n_gen", "avg_ts"]) => Some(Kind::LlamaBenchCsv),
        () if table::is_header(&header) => Some(Kind::Table),
        () => None,
    }
}

fn recognise_log(bytes: &[u8]) -> Option<Kind> {
    let head = bytes.get(..LOG_HEAD_BYTES).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head);
    match () {
        () if text.contains("MLPerf Results Summary") => Some(Kind::MlperfLog),
        () if text.contains("TensorRT.trtexec") || text.contains("=== Performance summary ===") => {
            Some(Kind::TrtexecLog)
        }
        () if text.contains("Number of inferences per second") || text.contains("Average inference time cost") => {
            Some(Kind::OnnxruntimePerfTest)
        }
        () => None,
    }
}

fn recognise_json(bytes: &[u8]) -> Option<Kind> {
    let first = Fields::from(fields::first_object(bytes)?);
    let has = |names: &[&str]| names.iter().all(|name| first.has(name));
    match () {
        () if has(&["Performance_Units", "Scenario"]) => Some(Kind::MlperfSummary),
        () if has(&["n_prompt", "n_gen", "avg_ts"]) => Some(Kind::LlamaBenchJson),
        () if has(&["hw", "tput_per_gpu"]) => Some(Kind::InferenceX),
        () if has(&["model_id", "output_throughput"]) => {
            // InferenceX writes the same object with its latencies in seconds and `_ms` taken off their names.
            let in_seconds = ["ttft", "tpot", "e2el"].iter().any(|m| first.has(&format!("median_{m}")));
            Some(if in_seconds { Kind::InferenceX } else { Kind::VllmBench })
        }
        () if has(&["metadata", "metrics"]) || has(&["records"]) || first.is_metric("request_latency") => {
            Some(Kind::Aiperf)
        }
        () if has(&["benchmarks", "devices"]) => Some(Kind::Nvbench),
        () if has(&["latencyMs", "computeMs"]) => Some(Kind::TrtexecTimes),
        () if has(&["count"]) && first.names().count() == 1 => Some(Kind::TrtexecProfile),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_alone_or_in_families() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.label()), [kind]);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.label());
        }
        assert_eq!(Kind::named("mlperf"), [Kind::MlperfSummary, Kind::MlperfLog]);
        assert_eq!(Kind::named("trtexec").len(), 3);
        assert_eq!(Kind::named("ml"), []);
    }
}
