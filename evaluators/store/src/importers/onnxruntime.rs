//! What `onnxruntime_perf_test` prints: one run, lines `name: value`.
//!
//! The average is in **milliseconds**, the percentiles in **seconds**, each with its unit beside it. The processor's
//! load and the memory are printed twice in two forms. The file names neither model nor hardware.

use assay_core::measurement::Throughput;

use super::fields::GaveUp;
use super::log::Log;
use super::result::{PublishedResult, agree};
use super::{Input, Sink};

/// Figures are printed with six digits.
const ROUNDING: f64 = 0.005;

pub fn read(input: Input<'_>, sink: &mut Sink<'_>) -> Result<(), GaveUp> {
    let log = Log::read(input.bytes, |line| line);
    if log.text("Number of inferences per second").is_none() && average_name(&log).is_none() {
        return Err(GaveUp::new(log.line("Number of inferences per second"), "neither rate nor average are printed"));
    }
    log.one_run(|name| name.contains("nference") || name.ends_with("Latency"))?;
    sink.row(1, run(input, &log));
    Ok(())
}

fn average_name(log: &Log) -> Option<&'static str> {
    ["Average inference time cost total", "Average inference time cost"].into_iter().find(|n| log.text(n).is_some())
}

fn run(input: Input<'_>, log: &Log) -> Result<PublishedResult, String> {
    let mut result = PublishedResult::new(input.name);
    result.remark("the output names neither model nor hardware; the file's name stands for the model");
    for (name, key) in [
        ("Min Latency", "latency_min"),
        ("Max Latency", "latency_max"),
        ("P50 Latency", "latency_p50"),
        ("P90 Latency", "latency_p90"),
        ("P95 Latency", "latency_p95"),
        ("P99 Latency", "latency_p99"),
        ("P999 Latency", "latency_p99.9"),
    ] {
        if let Some(secs) = log.secs(name)? {
            result.latencies_secs.insert(key.to_owned(), secs);
        }
    }
    let average = average_name(log).map(|name| log.secs(name)).transpose()?.flatten();
    if let Some(average) = average {
        check_average(&result, average)?;
        result.latencies_secs.insert("latency_mean".to_owned(), average);
    }
    let rate = log.number("Number of inferences per second")?;
    let requests = log.number("Total inference requests")?;
    if let (Some(rate), Some(requests), Some(secs)) = (rate, requests, log.secs("Total inference run time")?)
        && !agree(rate, requests / secs, ROUNDING)
    {
        return Err(format!("{rate} inferences a second are printed, requests over time gives {:.3}", requests / secs));
    }
    if let (Some(average), Some(requests), Some(secs)) = (average, requests, log.secs("Total inference time cost")?)
        && !agree(average, secs / requests, ROUNDING)
    {
        return Err(format!("an average of {average} s is printed, time over requests gives {:.6}", secs / requests));
    }
    result.throughput = rate.map(|value| Throughput { value, unit: "inferences/s".to_owned() });
    let text = String::from_utf8_lossy(input.bytes);
    let provider = text.split_whitespace().find(|word| word.ends_with("ExecutionProvider"));
    result.stack = Some(provider.map_or("onnxruntime".to_owned(), |provider| format!("onnxruntime {provider}")));
    let threads = text.lines().find_map(|line| line.trim().strip_prefix("Setting intra_op_num_threads to "));
    let kept = [
        "Total inference requests",
        "Session creation time cost",
        "First inference time cost",
        "Peak working set size",
    ];
    let detail = |name: &str| Some((name.to_owned(), log.text(name)?.to_owned()));
    result.details = kept.into_iter().filter_map(detail).collect();
    result.details.extend(threads.map(|n| ("intra_op_num_threads".to_owned(), n.trim().to_owned())));
    Ok(result)
}

/// A mean lies between the extremes: were it in another unit, it would not.
fn check_average(result: &PublishedResult, average: f64) -> Result<(), String> {
    let bound = |name: &str| result.latencies_secs.get(name).copied();
    let (low, high) = (bound("latency_min").unwrap_or(0.0), bound("latency_max").unwrap_or(f64::INFINITY));
    if average < low * (1.0 - ROUNDING) || average > high * (1.0 + ROUNDING) {
        return Err(format!("the average of {average} s is not between the extremes of {low} s and {high} s"));
    }
    Ok(())
}
