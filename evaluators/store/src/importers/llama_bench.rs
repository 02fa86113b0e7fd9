//! `llama-bench` of llama.cpp, as JSON, JSON lines or CSV: one row a test.
//!
//! A test reads `n_prompt` tokens and writes `n_gen`, after `n_depth` tokens are in the cache; `avg_ts` is tokens a second.
//! In CSV every value is quoted, and the columns grow from version to version, so that they are found by name.

use assay_core::measurement::Throughput;

use super::fields::Fields;
use super::result::{PublishedResult, agree};

/// The mean of rates is not the rate of the mean time; with llama-bench's few repetitions they differ by less.
const RATE_TOLERANCE: f64 = 0.05;

pub fn read_row(row: &Fields) -> Result<PublishedResult, String> {
    let model = row.text("model_type").or_else(|| row.text("model_filename")).ok_or("no model is named")?;
    let mut result = PublishedResult::new(model);
    let count = |name| row.count(name).map(Option::unwrap_or_default);
    let (prompt, generated, depth) = (count("n_prompt")?, count("n_gen")?, count("n_depth")?);
    if prompt == 0 && generated == 0 {
        return Err("the test neither reads nor writes a token".to_owned());
    }
    let value = row.required_number("avg_ts")?;
    if let Some(nanoseconds) = row.number("avg_ns")?.filter(|ns| *ns > 0.0) {
        let computed = (prompt + generated) as f64 / (nanoseconds * 1e-9);
        if !agree(value, computed, RATE_TOLERANCE) {
            return Err(format!("{value} tokens/s are stated, tokens over time gives {computed:.2}"));
        }
        result.latencies_secs.insert("test_mean".to_owned(), nanoseconds * 1e-9);
    }
    result.relative_noise = row.number("stddev_ts")?.filter(|_| value > 0.0).map(|deviation| deviation / value);
    result.throughput = Some(Throughput { value, unit: "tokens/s".to_owned() });
    result.scenario = Some(scenario(prompt, generated, depth));
    device(row, &mut result)?;
    let version = [row.text("build_number").map(|n| format!("b{n}")), row.text("build_commit")];
    let stack = ["llama.cpp".to_owned()].into_iter().chain(version.into_iter().flatten()).chain(row.text("backends"));
    result.stack = Some(stack.collect::<Vec<_>>().join(" "));
    result.details = row.details([
        "cpu_info",
        "gpu_info",
        "model_filename",
        "model_size",
        "model_n_params",
        "n_batch",
        "n_ubatch",
        "n_threads",
        "type_k",
        "type_v",
        "n_gpu_layers",
        "split_mode",
        "flash_attn",
    ]);
    result.date = row.text("test_time");
    Ok(result)
}

/// As llama-bench names its tests in tables: `pp512`, `tg128`, `pp512+tg128`, `tg128 @ d4096`.
fn scenario(prompt: u64, generated: u64, depth: u64) -> String {
    let test = match (prompt, generated) {
        (prompt, 0) => format!("pp{prompt}"),
        (0, generated) => format!("tg{generated}"),
        (prompt, generated) => format!("pp{prompt}+tg{generated}"),
    };
    if depth == 0 { test } else { format!("{test} @ d{depth}") }
}

fn device(row: &Fields, result: &mut PublishedResult) -> Result<(), String> {
    // -1 means all layers; 0 leaves the model to the processor.
    let on_gpu = row.number("n_gpu_layers")? != Some(0.0);
    match row.text("gpu_info").filter(|_| on_gpu) {
        Some(gpus) => {
            let mut names: Vec<&str> = gpus.split(',').map(str::trim).collect();
            result.accelerators = Some(names.len() as u64);
            names.dedup();
            result.accelerator = Some(names.join(", "));
        }
        None => {
            result.accelerator = row.text("cpu_info");
            result.accelerators = result.accelerator.is_some().then_some(1);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_named_as_in_tables() {
        assert_eq!(scenario(512, 0, 0), "pp512");
        assert_eq!(scenario(0, 128, 4096), "tg128 @ d4096");
        assert_eq!(scenario(512, 128, 0), "pp512+tg128");
    }
}
