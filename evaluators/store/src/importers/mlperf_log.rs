//! `mlperf_log_summary.txt` of MLPerf's LoadGen: one run, in lines `name : value`.
//!
//! As in the summary of a round, Offline and Server are throughputs, SingleStream and MultiStream latencies; LoadGen
//! writes every latency in nanoseconds. The file names neither accelerator nor model: a submission has a description
//! of its system beside it ([`SystemDescription`]), and the system under test is named by its submitter.

use assay_core::measurement::Throughput;
use serde_json::{Map, Value};

use super::fields::{self, Fields, GaveUp};
use super::log::Log;
use super::result::PublishedResult;
use super::{Input, Sink};

pub fn read(input: Input<'_>, sink: &mut Sink<'_>) -> Result<(), GaveUp> {
    let log = Log::read(input.bytes, |line| line);
    if log.text("Scenario").is_none() {
        return Err(GaveUp::new(log.line("Scenario"), "no line says which `Scenario` it was"));
    }
    log.one_run(|name| matches!(name, "Scenario" | "SUT name" | "Mode" | "Result is"))?;
    let errors = fields::lines(input.bytes).find(|(_, line)| {
        let line = line.trim();
        line.strip_suffix("encountered during test.")
            .or(line.split_once(" encountered.").map(|(head, _)| head))
            .is_some_and(|head| head.contains("ERROR") || (head.contains("error") && !head.starts_with("No ")))
    });
    match errors {
        Some((line, text)) => sink.row(line, Err(format!("LoadGen reports errors: {}", text.trim()))),
        None => match run(&log) {
            Ok(result) => sink.row(1, Ok(result)),
            Err((line, reason)) => sink.row(line, Err(reason)),
        },
    }
    Ok(())
}

fn run(log: &Log) -> Result<PublishedResult, (u64, String)> {
    let at = |name: &'static str| move |reason| (log.line(name), reason);
    let scenario = log.text("Scenario").unwrap_or_default().to_owned();
    if let Some(mode) = log.text("Mode").filter(|mode| *mode != "PerformanceOnly" && *mode != "SubmissionRun") {
        return Err((log.line("Mode"), format!("the mode is `{mode}`, which measures no performance")));
    }
    match log.text("Result is") {
        Some("VALID") => {}
        Some(verdict) => return Err((log.line("Result is"), format!("LoadGen calls the result {verdict}"))),
        None => return Err((log.line("Result is"), "the file ends before LoadGen's verdict".to_owned())),
    }
    let sut = log.text("SUT name").unwrap_or("not named");
    let mut result = PublishedResult::new(model_of(sut, &scenario));
    result.remark("the model is the submitter's name for the system under test");
    match scenario.as_str() {
        "Offline" | "Server" => result.throughput = Some(throughput(log, &scenario)?),
        "SingleStream" => {
            let secs = percentile(log, "90").map_err(at("Scenario"))?;
            result.latencies_secs.insert("query_p90".to_owned(), secs);
        }
        "MultiStream" => {
            let secs = percentile(log, "99").map_err(at("Scenario"))?;
            result.latencies_secs.insert("query_of_8_p99".to_owned(), secs);
        }
        other => return Err((log.line("Scenario"), format!("the scenario `{other}` is not known"))),
    }
    result.scenario = Some(scenario);
    for (name, value) in log.iter() {
        if let Some(name) = latency_name(name) {
            let nanoseconds = fields::number_of(&name, value).map_err(|reason| (log.line(&name), reason))?;
            result.latencies_secs.insert(name, nanoseconds * 1e-9);
        }
    }
    let kept = ["SUT name", "samples_per_query", "target_qps", "min_duration (ms)", "performance_sample_count"];
    let detail = |name: &&str| Some(((*name).to_owned(), log.text(name)?.to_owned()));
    result.details = kept.iter().filter_map(detail).collect();
    Ok(result)
}

/// `llama2-70b-Offline-SUT` is `llama2-70b`; a name of another pattern stays as it is.
fn model_of(sut: &str, scenario: &str) -> String {
    sut.strip_suffix("-SUT").and_then(|rest| rest.strip_suffix(scenario)?.strip_suffix('-')).unwrap_or(sut).to_owned()
}

/// Tokens a second where the benchmark counts tokens, samples a second otherwise.
fn throughput(log: &Log, scenario: &str) -> Result<Throughput, (u64, String)> {
    // `Scheduled samples per second` is what LoadGen asked for, not what was done.
    let names: &[(&str, &str)] = match scenario {
        "Offline" => &[("Tokens per second", "tokens/s"), ("Samples per second", "samples/s")],
        _ => &[("Completed tokens per second", "tokens/s"), ("Completed samples per second", "queries/s")],
    };
    for (name, unit) in names {
        if let Some(value) = log.number(name).map_err(|reason| (log.line(name), reason))? {
            return Ok(Throughput { value, unit: (*unit).to_owned() });
        }
    }
    if scenario == "Server" && log.text("Scheduled samples per second").is_some() {
        let line = log.line("Scheduled samples per second");
        return Err((line, "only the scheduled rate is stated, not the completed one".to_owned()));
    }
    Err((log.line("Scenario"), format!("no throughput is stated for the scenario {scenario}")))
}

/// The percentile that is the scenario's metric, in seconds. LoadGen names it `90th` or `90.0th` by version.
fn percentile(log: &Log, percent: &str) -> Result<f64, String> {
    let names = [
        format!("{percent}th percentile latency (ns)"),
        format!("{percent}.0th percentile latency (ns)"),
        format!("{percent}.00 percentile latency (ns)"),
    ];
    let found = names.iter().find(|name| log.text(name).is_some());
    let name = found.ok_or_else(|| format!("the {percent}th percentile of the latency is missing"))?;
    Ok(log.number(name)?.ok_or("it is missing")? * 1e-9)
}

/// `50.00 percentile latency (ns)` is `latency_p50`; `Max latency (ns)` is `latency_max`. Others are no latencies of the
/// statistics.
fn latency_name(name: &str) -> Option<String> {
    let stem = name.strip_suffix("(ns)")?.trim();
    let (statistic, what) = match stem.split_once(' ')? {
        ("Min", what) => ("min".to_owned(), what),
        ("Max", what) => ("max".to_owned(), what),
        ("Mean", what) => ("mean".to_owned(), what),
        (percent, rest) => {
            let number: f64 = percent.parse().ok().filter(|p| (0.0..=100.0).contains(p))?;
            (format!("p{number}"), rest.strip_prefix("percentile ")?)
        }
    };
    let what = match what.trim().to_ascii_lowercase().as_str() {
        "latency" => "latency",
        "first token latency" | "ttft" => "ttft",
        "time to output token" | "time per output token" | "tpot" => "tpot",
        _ => return None,
    };
    Some(format!("{what}_{statistic}"))
}

/// What a submission says of its system, in `systems/<system>.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemDescription {
    /// The system's name.
    pub system: String,
    /// Its accelerator; absent where it has none.
    pub accelerator: Option<String>,
    /// Accelerators of all nodes together.
    pub accelerators: Option<u64>,
    /// The framework.
    pub stack: Option<String>,
    /// Who submitted.
    pub submitter: Option<String>,
}

impl SystemDescription {
    /// Reads a description; `None` when the file is another thing, or a reason why it cannot be used.
    pub fn read(bytes: &[u8]) -> Option<Result<Self, String>> {
        let value: Value = serde_json::from_slice(fields::without_mark(bytes)).ok()?;
        let Value::Object(object) = value else { return None };
        let has = |name| object.contains_key(name);
        (has("accelerator_model_name") && has("system_name")).then(|| Self::of(object))
    }

    fn of(object: Map<String, Value>) -> Result<Self, String> {
        let row = Fields::from(object);
        let named = |name: &str| row.text(name).filter(|text| text != "N/A");
        let nodes = row.count("number_of_nodes")?.unwrap_or(1);
        let each = row.count("accelerators_per_node")?.filter(|count| *count > 0);
        Ok(Self {
            system: row.required("system_name")?,
            accelerator: named("accelerator_model_name"),
            accelerators: each.map(|each| each.saturating_mul(nodes)),
            stack: named("framework"),
            submitter: named("submitter"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_latencies() {
        assert_eq!(latency_name("50.00 percentile latency (ns)").as_deref(), Some("latency_p50"));
        assert_eq!(latency_name("99.90 percentile latency (ns)").as_deref(), Some("latency_p99.9"));
        assert_eq!(latency_name("Mean First Token latency (ns)").as_deref(), Some("ttft_mean"));
        assert_eq!(latency_name("ttft_latency (ns)"), None);
        assert_eq!(model_of("llama2-70b-Offline-SUT", "Offline"), "llama2-70b");
        assert_eq!(model_of("PySUT", "Server"), "PySUT");
    }
}
