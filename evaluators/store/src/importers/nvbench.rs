//! Output of an nvbench benchmark with `--json`: one object, a state for each benchmark, device and point of its axes.
//!
//! Every value is a string; times are in seconds. Summaries are found by their `tag`. A state that was skipped has no
//! data, and says why.

use assay_core::measurement::Throughput;
use serde_json::Value;

use super::fields::{self, GaveUp};
use super::result::{PublishedResult, agree};
use super::{Input, Sink};

/// A rate is the work over the mean time, computed by nvbench from the same samples.
const RATE_TOLERANCE: f64 = 0.01;

pub fn read(input: Input<'_>, sink: &mut Sink<'_>) -> Result<(), GaveUp> {
    let mut documents: Vec<Value> = Vec::new();
    fields::each_json(input.bytes, |_, document| documents.push(document))?;
    let [document] = documents.as_slice() else {
        return Err(GaveUp::new(1, format!("{} objects are in it, one must be", documents.len())));
    };
    let benchmarks = document.get("benchmarks").and_then(Value::as_array);
    let benchmarks = benchmarks.ok_or_else(|| GaveUp::new(1, "it has no list `benchmarks`"))?;
    let states = || benchmarks.iter().flat_map(|b| list(b, "states").map(move |state| (b, state)));
    let lines = lines_of_states(input.bytes, states().count());
    for (index, (benchmark, state)) in states().enumerate() {
        sink.row(lines.get(index).copied().unwrap_or(1), read_state(document, benchmark, state));
    }
    Ok(())
}

/// The line of each state: every state has `is_skipped` once. Where that does not hold no lines are known.
fn lines_of_states(bytes: &[u8], states: usize) -> Vec<u64> {
    const KEY: &[u8] = b"\"is_skipped\"";
    let mut lines = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let here = line.windows(KEY.len()).filter(|window| *window == KEY).count();
        lines.extend(std::iter::repeat_n(index as u64 + 1, here));
    }
    if lines.len() == states { lines } else { Vec::new() }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, name: &str) -> Option<String> {
    fields::text_of(value.get(name)?)
}

fn read_state(document: &Value, benchmark: &Value, state: &Value) -> Result<PublishedResult, String> {
    let mut result = PublishedResult::new(text(benchmark, "name").ok_or("its benchmark has no name")?);
    if state.get("is_skipped").and_then(Value::as_bool) == Some(true) {
        let reason = text(state, "skip_reason").unwrap_or_else(|| "no reason is stated".to_owned());
        return Err(format!("nvbench skipped it: {reason}"));
    }
    let mean = summary(state, "nv/cold/time/gpu/mean")?.map(|secs| ("cold", secs));
    let batch = summary(state, "nv/batch/time/gpu/mean")?.map(|secs| ("batch", secs));
    let cpu = summary(state, "nv/cold/time/cpu/mean")?.map(|secs| ("cpu", secs));
    let (_, secs) = mean.or(batch).or(cpu).ok_or("it states no time")?;
    for (name, secs) in [mean, batch, cpu].into_iter().flatten() {
        result.latencies_secs.insert(format!("{name}_mean"), secs);
    }
    result.relative_noise = summary(state, "nv/cold/time/gpu/stdev/relative")?;
    let items = summary(state, "nv/cold/bw/item_rate")?;
    let bytes = summary(state, "nv/cold/bw/global/bytes_per_second")?;
    let (value, unit) = match (items, bytes) {
        (Some(items), _) => (items, "items/s"),
        (None, Some(bytes)) => (bytes, "bytes/s"),
        (None, None) => (1.0 / secs, "executions/s"),
    };
    result.throughput = Some(Throughput { value, unit: unit.to_owned() });
    if let Some(bytes) = bytes {
        check_utilisation(document, state, bytes)?;
        result.details.insert("bytes_per_sec".to_owned(), bytes.to_string());
    }
    let samples = summary(state, "nv/cold/sample_size")?;
    result.details.extend(samples.map(|count| ("samples".to_owned(), count.to_string())));
    let axes: Vec<String> = list(state, "axis_values")
        .filter_map(|axis| Some(format!("{}={}", text(axis, "name")?, text(axis, "value")?)))
        .collect();
    result.scenario = (!axes.is_empty()).then(|| axes.join(" "));
    result.accelerator = device(document, state).and_then(|device| text(device, "name"));
    result.accelerators = result.accelerator.is_some().then_some(1);
    let version =
        document.pointer("/meta/version/nvbench").and_then(|v| text(v, "git_version").or_else(|| text(v, "string")));
    result.stack = Some(format!("cuda, nvbench {}", version.unwrap_or_default()).trim_end().to_owned());
    Ok(result)
}

fn device<'a>(document: &'a Value, state: &Value) -> Option<&'a Value> {
    let id = state.get("device")?.as_i64()?;
    list(document, "devices").find(|device| device.get("id").and_then(Value::as_i64) == Some(id))
}

/// The value of the summary with a tag; `None` when it is absent. nvbench writes infinity where a time was 0.
fn summary(state: &Value, tag: &str) -> Result<Option<f64>, String> {
    let Some(summary) = list(state, "summaries").find(|s| s.get("tag").and_then(Value::as_str) == Some(tag)) else {
        return Ok(None);
    };
    let datum = list(summary, "data").find(|d| d.get("name").and_then(Value::as_str) == Some("value"));
    let value = datum.and_then(|d| text(d, "value")).ok_or_else(|| format!("the summary `{tag}` has no value"))?;
    fields::number_of(tag, &value).map(Some)
}

/// The stated share of the peak bandwidth must be that of the device's own peak.
fn check_utilisation(document: &Value, state: &Value, bytes_per_sec: f64) -> Result<(), String> {
    let peak =
        device(document, state).and_then(|d| d.get("global_memory_bus_bandwidth")?.as_f64()).filter(|p| *p > 0.0);
    let (Some(share), Some(peak)) = (summary(state, "nv/cold/bw/global/utilization")?, peak) else { return Ok(()) };
    let computed = bytes_per_sec / peak;
    if agree(share, computed, RATE_TOLERANCE) {
        return Ok(());
    }
    Err(format!("a bandwidth utilisation of {share} is stated, the device's peak gives {computed:.4}"))
}
