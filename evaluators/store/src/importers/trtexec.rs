//! TensorRT's `trtexec`: what it prints, and what `--exportTimes` and `--exportProfile` write.
//!
//! A query is one execution of the engine, whatever its batch. The latency of an inference is its transfers and its
//! computation, `h2d + compute + d2h`, without the wait in the queue; all exported times are in milliseconds.

use assay_core::measurement::Throughput;
use assay_core::statistics::Statistics;
use serde_json::Value;

use super::fields::{self, Fields, GaveUp};
use super::log::{Log, secs_of};
use super::result::{PublishedResult, agree};
use super::{Input, Sink};

/// Times are printed with six digits.
const ROUNDING: f64 = 0.005;

/// Reads a log: the one performance summary in it.
pub fn read_log(input: Input<'_>, sink: &mut Sink<'_>) -> Result<(), GaveUp> {
    let log = Log::read(input.bytes, message);
    log.one_run(|name| matches!(name, "Throughput" | "Latency" | "GPU Compute Time" | "Selected Device"))?;
    let failed = fields::lines(input.bytes).find(|(_, line)| line.contains("&&&& FAILED"));
    match failed {
        Some((line, _)) => sink.row(line, Err("trtexec failed".to_owned())),
        None if log.text("Throughput").is_none() => {
            return Err(GaveUp::new(log.line("Throughput"), "no `Throughput` is printed"));
        }
        None => sink.row(log.line("Throughput"), run(input, &log)),
    }
    Ok(())
}

/// `[11/21/2026-10:00:00] [I] Throughput: 1 qps` without what the logger put before it.
fn message(line: &str) -> &str {
    let mut rest = line;
    while let Some((_, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once("] ")) {
        rest = after.trim_start();
    }
    rest
}

fn run(input: Input<'_>, log: &Log) -> Result<PublishedResult, String> {
    let model = log.text("Model").filter(|model| !model.is_empty());
    let mut result = PublishedResult::new(model.map_or(input.name, file_name));
    if model.is_none() {
        result.remark("the log does not name the model; the file's name stands for it");
    }
    let text = log.text("Throughput").ok_or("`Throughput` is missing")?;
    let number = text.strip_suffix("qps").ok_or_else(|| format!("the throughput is `{text}`, not in qps"))?;
    let value = fields::number_of("Throughput", number)?;
    result.throughput = Some(Throughput { value, unit: "queries/s".to_owned() });
    result.remark("a query is one execution of the engine, whatever its batch");
    for (name, key) in [("Latency", "latency"), ("GPU Compute Time", "compute"), ("Enqueue Time", "enqueue")] {
        let Some(text) = log.text(name) else { continue };
        for part in text.split(", ") {
            let (statistic, time) = part.split_once(" = ").ok_or_else(|| format!("`{name}` has the part `{part}`"))?;
            // A transfer or computation that was not done took no time.
            let secs = secs_of(name, time)?;
            if let Some(word) = statistic_word(statistic.trim()).filter(|_| secs > 0.0) {
                result.latencies_secs.insert(format!("{key}_{word}"), secs);
            }
        }
    }
    if let (Some(whole), Some(compute)) =
        (result.latencies_secs.get("latency_median"), result.latencies_secs.get("compute_median"))
        && *compute > whole * (1.0 + ROUNDING)
    {
        return Err(format!("{compute} s of computation are in a latency of {whole} s"));
    }
    result.accelerator = log.text("Selected Device").map(str::to_owned);
    result.accelerators = result.accelerator.is_some().then_some(1);
    let version = log.text("TensorRT version").map(str::to_owned);
    result.stack = Some(format!("TensorRT {}", version.unwrap_or_default()).trim_end().to_owned());
    result.format = log.text("Precision").map(str::to_owned);
    let kept = [
        "Batch",
        "Max batch",
        "Input inference shape",
        "Streams",
        "CUDA Graph",
        "Data transfers",
        "Total Host Walltime",
    ];
    let detail = |name: &str| Some((name.to_owned(), log.text(name)?.to_owned()));
    result.details = kept.into_iter().filter_map(detail).collect();
    Ok(result)
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

/// `percentile(99%)` is `p99`.
fn statistic_word(statistic: &str) -> Option<String> {
    match statistic {
        "min" | "max" | "mean" | "median" => Some(statistic.to_owned()),
        other => {
            let percent = other.strip_prefix("percentile(")?.strip_suffix("%)")?;
            let number: f64 = percent.parse().ok()?;
            (0.0..=100.0).contains(&number).then(|| format!("p{number}"))
        }
    }
}

/// Reads `--exportTimes`: one object an inference, all of them one result.
pub fn read_times(input: Input<'_>, sink: &mut Sink<'_>) -> Result<(), GaveUp> {
    let (mut latencies, mut computes, mut window_ms) = (Vec::new(), Vec::new(), None::<(f64, f64)>);
    fields::each_json(input.bytes, |line, value: Value| match inference(value) {
        Ok(inference) => {
            latencies.push(inference.latency_secs);
            computes.push(inference.compute_secs);
            let (start, end) = window_ms.unwrap_or(inference.window_ms);
            window_ms = Some((start.min(inference.window_ms.0), end.max(inference.window_ms.1)));
        }
        Err(reason) => sink.row(line, Err(reason)),
    })?;
    let Some((start, end)) = window_ms else { return Ok(()) };
    let mut result = PublishedResult::new(input.name);
    result.remark("the file names neither model nor hardware; its name stands for the model");
    result.remark("a query is one execution of the engine, whatever its batch");
    let value = latencies.len() as f64 / ((end - start) * 1e-3);
    result.throughput = Some(Throughput { value, unit: "queries/s".to_owned() });
    for (name, samples) in [("latency", &latencies), ("compute", &computes)] {
        let Some(s) = Statistics::of(samples) else { continue };
        let named = [
            ("min", Some(s.min_secs)),
            ("mean", Some(s.mean_secs)),
            ("median", Some(s.median_secs)),
            ("p90", s.p90_secs),
            ("p95", s.p95_secs),
            ("p99", s.p99_secs),
        ];
        result
            .latencies_secs
            .extend(named.into_iter().filter_map(|(word, secs)| Some((format!("{name}_{word}"), secs?))));
    }
    result.stack = Some("TensorRT".to_owned());
    result.details.insert("inferences".to_owned(), latencies.len().to_string());
    sink.row(1, Ok(result));
    Ok(())
}

struct Inference {
    latency_secs: f64,
    compute_secs: f64,
    window_ms: (f64, f64),
}

fn inference(value: Value) -> Result<Inference, String> {
    let row = Fields::from(super::object(value)?);
    // Before TensorRT 8.6 the transfers were called `in` and `out`.
    let either = |names: [&str; 2]| -> Result<f64, String> {
        let [new, old] = names;
        let value = row.number(new)?.map_or_else(|| row.number(old), |v| Ok(Some(v)))?;
        value.ok_or_else(|| format!("`{new}` is missing"))
    };
    let (h2d, d2h) = (either(["h2dMs", "inMs"])?, either(["d2hMs", "outMs"])?);
    let (compute, latency) = (row.required_number("computeMs")?, row.required_number("latencyMs")?);
    let sum = h2d + compute + d2h;
    if latency <= 0.0 || compute <= 0.0 || (latency - sum).abs() > ROUNDING * latency + 1e-3 {
        return Err(format!("`latencyMs` is {latency}, transfers and computation give {sum:.6}"));
    }
    let window_ms = (either(["startH2dMs", "startInMs"])?, either(["endD2hMs", "endOutMs"])?);
    if window_ms.1 <= window_ms.0 {
        return Err("it ends before it begins".to_owned());
    }
    Ok(Inference { latency_secs: latency * 1e-3, compute_secs: compute * 1e-3, window_ms })
}

/// Reads `--exportProfile`: a count, then one object a layer. The layers' means add up to an inference.
pub fn read_profile(input: Input<'_>, sink: &mut Sink<'_>) -> Result<(), GaveUp> {
    let (mut count, mut total_secs, mut percent, mut layers) = (None, 0.0, 0.0, 0u64);
    let mut refused = false;
    fields::each_json(input.bytes, |line, value: Value| {
        let read = super::object(value).and_then(|object| match count {
            None => Fields::from(object).required_number("count").map(|n| count = Some(n)),
            Some(count) => layer(&Fields::from(object), count).map(|(secs, share)| {
                total_secs += secs;
                percent += share;
                layers += 1;
            }),
        });
        if let Err(reason) = read {
            refused = true;
            sink.row(line, Err(reason));
        }
    })?;
    // With a layer missing the sum says nothing.
    if refused || layers == 0 {
        return Ok(());
    }
    let mut result = PublishedResult::new(input.name);
    result.remark("the file names neither model nor hardware; its name stands for the model");
    result.remark("the sum of the layers in a profiled run, which is slower than one that is not profiled");
    result.latencies_secs.insert("layers_mean".to_owned(), total_secs);
    result.stack = Some("TensorRT".to_owned());
    result.details.insert("layers".to_owned(), layers.to_string());
    let whole = agree(percent, 100.0, 0.02);
    sink.row(1, if whole { Ok(result) } else { Err(format!("the layers' shares add up to {percent:.1} %")) });
    Ok(())
}

/// The mean time of a layer in seconds, and its share in percent.
fn layer(row: &Fields, count: f64) -> Result<(f64, f64), String> {
    let (total, average) = (row.required_number("timeMs")?, row.required_number("averageMs")?);
    if average < 0.0 || !(agree(average, total / count, ROUNDING) || (average - total / count).abs() < 1e-3) {
        return Err(format!("`averageMs` is {average}, `timeMs` over the count gives {:.6}", total / count));
    }
    Ok((average * 1e-3, row.required_number("percentage")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logger_s_prefix_is_taken_off() {
        for line in ["[11/21/2026-10:00:00] [I] Throughput: 1 qps", "[I] Throughput: 1 qps", "Throughput: 1 qps"] {
            assert_eq!(message(line), "Throughput: 1 qps");
        }
        assert_eq!(statistic_word("percentile(99%)").as_deref(), Some("p99"));
        assert_eq!(file_name("/models/a.onnx"), "a.onnx");
    }
}
