//! AIPerf: a record a request (`profile_export.jsonl`), or the aggregate (`profile_export_aiperf.json`).
//!
//! Every metric is an object with its value and its unit. Records become one result: what was completed over the time
//! from the first request to the last answer. A record may state a metric twice with two values (AIPerf's own
//! documentation does): the one that fits the record's other times counts, or none.

use std::collections::BTreeMap;

use assay_core::measurement::Throughput;
use assay_core::statistics::Statistics;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::fields::{self, GaveUp};
use super::result::{PublishedResult, agree};
use super::{Input, Sink};

/// Times are rounded to the nanosecond; the parts of a request are measured one after the other.
const TOLERANCE: f64 = 0.01;

/// The aggregate's own rates are means over slightly different windows.
const RATE_TOLERANCE: f64 = 0.05;

/// The members of an object in order, also those with a name that came before.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

#[derive(serde::Deserialize)]
struct Record {
    #[serde(default)]
    metadata: Map<String, Value>,
    metrics: Option<Members>,
    #[serde(default)]
    error: Value,
}

pub fn read(input: Input<'_>, sink: &mut Sink<'_>) -> Result<(), GaveUp> {
    let aggregate = fields::first_object(input.bytes).is_some_and(|first| !first.contains_key("metrics"));
    if aggregate {
        return fields::each_json(input.bytes, |line, document: Map<String, Value>| {
            sink.row(line, read_aggregate(input, &document));
        });
    }
    let mut run = Run::default();
    fields::each_json(input.bytes, |line, record: Record| match read_record(record) {
        Ok(request) => run.add(request),
        Err(reason) => sink.row(line, Err(reason)),
    })?;
    if run.requests > 0 {
        sink.row(1, run.result(input));
    }
    Ok(())
}

/// A request that was answered.
struct Request {
    start_ns: u64,
    end_ns: u64,
    output_tokens: f64,
    secs: BTreeMap<&'static str, f64>,
    doubtful: bool,
}

fn read_record(record: Record) -> Result<Request, String> {
    let cancelled = record.metadata.get("was_cancelled").and_then(Value::as_bool) == Some(true);
    if cancelled || !record.error.is_null() {
        let what = record.error.get("message").or_else(|| record.error.get("type")).and_then(fields::text_of);
        return Err(format!("the request failed: {}", what.unwrap_or_else(|| "no reason is stated".to_owned())));
    }
    let metrics = record.metrics.ok_or("`metrics` is missing")?;
    let stamp = |name: &str| {
        let value = record.metadata.get(name).and_then(Value::as_u64);
        value.filter(|ns| *ns > 0).ok_or_else(|| format!("`{name}` is missing"))
    };
    let (start_ns, end_ns) = (stamp("request_start_ns")?, stamp("request_end_ns")?);
    // Nanoseconds since 1970 have more digits than a floating-point number; their difference has not.
    let elapsed_secs = end_ns.saturating_sub(start_ns) as f64 * 1e-9;
    let values = |name: &str| metrics.0.iter().filter(|(key, _)| key == name).map(|(_, v)| v).collect::<Vec<_>>();
    let tokens = match values("output_sequence_length").as_slice() {
        [] => return Err("`output_sequence_length` is missing".to_owned()),
        [one] => amount("output_sequence_length", one, "value")?,
        _ => return Err("`output_sequence_length` is stated twice".to_owned()),
    };
    let whole = one_time(&values("request_latency"), "request_latency")?;
    if let Some(whole) = whole
        && whole > elapsed_secs * (1.0 + TOLERANCE)
    {
        return Err(format!("`request_latency` is {whole} s, longer than from `request_start_ns` to `request_end_ns`"));
    }
    let chunks = values("inter_chunk_latency").first().and_then(|metric| chunk_secs(metric));
    let firsts: Vec<f64> = values("time_to_first_token")
        .iter()
        .map(|v| secs("time_to_first_token", v, "value"))
        .collect::<Result<_, _>>()?;
    // The request's time is that to its first token and then its chunks'.
    let first = match (firsts.as_slice(), whole, chunks) {
        ([], ..) => None,
        ([one], ..) => Some(*one),
        (several, Some(whole), Some(chunks)) => several.iter().copied().find(|f| agree(f + chunks, whole, TOLERANCE)),
        _ => None,
    };
    let each = one_time(&values("inter_token_latency"), "inter_token_latency")?;
    let named = [("request", whole), ("ttft", first), ("itl", each)];
    let secs = named.into_iter().filter_map(|(name, secs)| Some((name, secs?))).collect();
    Ok(Request { start_ns, end_ns, output_tokens: tokens, secs, doubtful: firsts.len() > 1 })
}

fn one_time(values: &[&Value], name: &str) -> Result<Option<f64>, String> {
    match values {
        [] => Ok(None),
        [one] => secs(name, one, "value").map(Some),
        _ => Err(format!("`{name}` is stated twice")),
    }
}

fn amount(name: &str, metric: &Value, statistic: &str) -> Result<f64, String> {
    let value = metric.get(statistic).and_then(Value::as_f64).filter(|value| value.is_finite());
    value.ok_or_else(|| format!("`{name}` has no number `{statistic}`"))
}

/// Seconds in one of a unit of time.
fn scale(name: &str, metric: &Value) -> Result<f64, String> {
    match metric.get("unit").and_then(Value::as_str) {
        Some("ns" | "nanoseconds") => Ok(1e-9),
        Some("us" | "microseconds") => Ok(1e-6),
        Some("ms" | "milliseconds") => Ok(1e-3),
        Some("s" | "sec" | "seconds") => Ok(1.0),
        other => Err(format!("the unit `{}` of `{name}` is not known", other.unwrap_or_default())),
    }
}

fn secs(name: &str, metric: &Value, statistic: &str) -> Result<f64, String> {
    Ok(amount(name, metric, statistic)? * scale(name, metric)?)
}

/// The sum of a request's chunks.
fn chunk_secs(metric: &Value) -> Option<f64> {
    let sum: f64 = metric.get("value")?.as_array()?.iter().map(Value::as_f64).sum::<Option<f64>>()?;
    Some(sum * scale("inter_chunk_latency", metric).ok()?)
}

/// Everything answered so far.
#[derive(Default)]
struct Run {
    requests: u64,
    doubtful: u64,
    output_tokens: f64,
    window_ns: Option<(u64, u64)>,
    secs: BTreeMap<&'static str, Vec<f64>>,
}

impl Run {
    fn add(&mut self, request: Request) {
        self.requests += 1;
        self.doubtful += u64::from(request.doubtful);
        self.output_tokens += request.output_tokens;
        let (start, end) = self.window_ns.unwrap_or((request.start_ns, request.end_ns));
        self.window_ns = Some((start.min(request.start_ns), end.max(request.end_ns)));
        for (name, secs) in request.secs {
            self.secs.entry(name).or_default().push(secs);
        }
    }

    fn result(self, input: Input<'_>) -> Result<PublishedResult, String> {
        let mut result = PublishedResult::new(input.name);
        result.remark("the records name neither model nor hardware; the file's name stands for the model");
        result.remark("the throughput counts output tokens");
        let duration_secs = self.window_ns.map_or(0.0, |(start, end)| end.saturating_sub(start) as f64 * 1e-9);
        let rate = self.output_tokens / duration_secs;
        if !rate.is_finite() {
            return Err("the requests took no time".to_owned());
        }
        result.throughput = Some(Throughput { value: rate, unit: "tokens/s".to_owned() });
        for (name, samples) in &self.secs {
            let Some(statistics) = Statistics::of(samples) else { continue };
            let named = [
                ("mean", Some(statistics.mean_secs)),
                ("p50", Some(statistics.median_secs)),
                ("p90", statistics.p90_secs),
                ("p95", statistics.p95_secs),
                ("p99", statistics.p99_secs),
            ];
            let known = named.into_iter().filter_map(|(statistic, secs)| Some((format!("{name}_{statistic}"), secs?)));
            result.latencies_secs.extend(known);
        }
        if self.doubtful > 0 {
            result.remark(format!(
                "{} records state `time_to_first_token` twice; the one that adds up to the request's time counts",
                self.doubtful
            ));
        }
        result.details.insert("requests".to_owned(), self.requests.to_string());
        result.details.insert("duration_secs".to_owned(), duration_secs.to_string());
        Ok(result)
    }
}

fn read_aggregate(input: Input<'_>, document: &Map<String, Value>) -> Result<PublishedResult, String> {
    let metrics = document.get("records").and_then(Value::as_object).unwrap_or(document);
    let model = document.get("input_config").and_then(|config| {
        let names = config.pointer("/endpoint/model_names").or_else(|| config.get("model_names"))?;
        names.as_array().map_or_else(|| fields::text_of(names), |list| list.iter().find_map(fields::text_of))
    });
    let mut result = PublishedResult::new(model.as_deref().unwrap_or(input.name));
    if model.is_none() {
        result.remark("the file does not name the model; the file's name stands for it");
    }
    result.remark("the throughput counts output tokens; the file does not name the accelerator");
    let rate = |name: &str, units: &[&str]| -> Result<Option<f64>, String> {
        let Some(metric) = metrics.get(name) else { return Ok(None) };
        let unit = metric.get("unit").and_then(Value::as_str).unwrap_or_default();
        if !units.contains(&unit) {
            return Err(format!("the unit `{unit}` of `{name}` is not known"));
        }
        amount(name, metric, "avg").map(Some)
    };
    let tokens = rate("output_token_throughput", &["tokens/sec", "tokens/s"])?;
    let requests = rate("request_throughput", &["requests/sec", "requests/s"])?;
    check_aggregate(metrics, tokens, requests)?;
    result.throughput = match (tokens, requests) {
        (Some(value), _) => Some(Throughput { value, unit: "tokens/s".to_owned() }),
        (None, Some(value)) => Some(Throughput { value, unit: "requests/s".to_owned() }),
        (None, None) => None,
    };
    let named = [("time_to_first_token", "ttft"), ("inter_token_latency", "itl"), ("request_latency", "request")];
    for (name, key) in named {
        let Some(metric) = metrics.get(name) else { continue };
        for (statistic, word) in [
            ("avg", "mean"),
            ("min", "min"),
            ("p50", "p50"),
            ("p90", "p90"),
            ("p95", "p95"),
            ("p99", "p99"),
            ("max", "max"),
        ] {
            if metric.get(statistic).is_some_and(|value| !value.is_null()) {
                result.latencies_secs.insert(format!("{key}_{word}"), secs(name, metric, statistic)?);
            }
        }
    }
    let concurrency = document.get("input_config").and_then(|config| config.pointer("/loadgen/concurrency"));
    result.scenario = concurrency.and_then(fields::text_of).map(|n| format!("at most {n} requests at a time"));
    result.date = document.get("start_time").and_then(fields::text_of);
    Ok(result)
}

/// The rate of requests, from their number and the time; the rate of tokens, from that of requests and their length.
fn check_aggregate(metrics: &Map<String, Value>, tokens: Option<f64>, requests: Option<f64>) -> Result<(), String> {
    let average = |name: &str| metrics.get(name).map(|metric| amount(name, metric, "avg")).transpose();
    if average("request_count")? == Some(0.0) {
        return Err("no request was answered".to_owned());
    }
    if let (Some(stated), Some(count), Some(metric)) =
        (requests, average("request_count")?, metrics.get("benchmark_duration"))
    {
        let computed = count / secs("benchmark_duration", metric, "avg")?;
        if !agree(stated, computed, RATE_TOLERANCE) {
            return Err(format!("{stated} requests/s are stated, their number over the time gives {computed:.3}"));
        }
    }
    if let (Some(stated), Some(requests), Some(length)) = (tokens, requests, average("output_sequence_length")?)
        && !agree(stated, requests * length, RATE_TOLERANCE)
    {
        return Err(format!("{stated} tokens/s are stated, requests and their length give {:.3}", requests * length));
    }
    Ok(())
}
