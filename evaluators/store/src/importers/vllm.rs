//! The result of `vllm bench serve`: one object a run. It does not say on what the server ran.

use assay_core::measurement::Throughput;

use super::fields::Fields;
use super::result::{PublishedResult, agree};

/// Rates are computed by vLLM from the counts and the time in the same file.
const RATE_TOLERANCE: f64 = 0.01;

pub fn read_row(row: &Fields) -> Result<PublishedResult, String> {
    let mut result = PublishedResult::new(row.required("model_id")?);
    let completed = row.required_number("completed")?;
    if completed <= 0.0 {
        return Err("no request was completed".to_owned());
    }
    let output = row.required_number("output_throughput")?;
    check_rates(row)?;
    if let Some(lengths) = row.numbers("output_lens") {
        let sum: f64 = lengths.iter().sum();
        if !agree(row.required_number("total_output_tokens")?, sum, RATE_TOLERANCE) {
            return Err(format!("`output_lens` add up to {sum} tokens, `total_output_tokens` says otherwise"));
        }
    }
    for measure in ["ttft", "tpot", "itl", "e2el"] {
        for statistic in ["mean", "median", "p50", "p90", "p95", "p99"] {
            if let Some(value) = row.number(&format!("{statistic}_{measure}_ms"))? {
                result.latencies_secs.insert(format!("{measure}_{statistic}"), value / 1e3);
            }
        }
    }
    if row.number("failed")?.is_some_and(|failed| failed > 0.0) {
        result.remarks.push(format!("{} requests failed", row.required("failed")?));
    }
    result.throughput = Some(Throughput { value: output, unit: "tokens/s".to_owned() });
    result.remarks.push("the throughput counts output tokens; the file does not name the accelerator".to_owned());
    result.scenario = row.text("max_concurrency").map(|n| format!("at most {n} requests at a time"));
    result.stack = Some("vllm".to_owned());
    result.date = row.text("date");
    result.details = row.details([
        "backend",
        "endpoint_type",
        "label",
        "tokenizer_id",
        "num_prompts",
        "completed",
        "request_rate",
        "burstiness",
        "max_concurrency",
        "duration",
        "total_input_tokens",
        "total_output_tokens",
        "request_throughput",
        "total_token_throughput",
    ]);
    Ok(result)
}

/// The rates a run states are its counts over its time.
pub fn check_rates(row: &Fields) -> Result<(), String> {
    let duration_secs = row.required_number("duration")?;
    for (rate, count, required) in [
        ("request_throughput", "completed", true),
        ("output_throughput", "total_output_tokens", true),
        ("input_throughput", "total_input_tokens", false),
    ] {
        if !required && !row.has(rate) {
            continue;
        }
        let (stated, computed) = (row.required_number(rate)?, row.required_number(count)? / duration_secs);
        if !agree(stated, computed, RATE_TOLERANCE) {
            return Err(format!("`{rate}` is {stated}, `{count}` over `duration` gives {computed:.3}"));
        }
    }
    Ok(())
}
