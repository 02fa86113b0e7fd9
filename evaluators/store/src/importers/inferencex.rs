//! InferenceX (SemiAnalysis): one object a run.
//!
//! Two forms are known. The aggregate has `hw`, parallelism and rates **a GPU**; a raw run is that of vLLM's benchmark
//! without the hardware. In both the latencies are in **seconds**, their names without the `_ms` of the original.
//! A run on one node has `tp x pp x pcp` GPUs (decode context parallelism divides the same GPUs); one on several nodes
//! states the GPUs that prefill and those that decode, and its rates of input and output are each over their own.

use assay_core::measurement::Throughput;

use super::fields::Fields;
use super::result::{PublishedResult, agree};
use super::vllm;

/// Rates are rounded, and medians of sums are not sums of medians.
const RATE_TOLERANCE: f64 = 0.02;

/// Between the median of the whole and the sum of the medians of its parts: enough to tell seconds from milliseconds.
const UNIT_FACTOR: f64 = 20.0;

pub fn read_row(row: &Fields) -> Result<PublishedResult, String> {
    let model = row.text("model").or_else(|| row.text("model_id")).ok_or("no `model` is named")?;
    let mut result = PublishedResult::new(model);
    for name in ["num_requests_successful", "completed"] {
        if row.number(name)? == Some(0.0) {
            return Err(format!("`{name}` is 0: no request succeeded"));
        }
    }
    if row.has("tput_per_gpu") {
        aggregate(row, &mut result)?
    } else {
        raw(row, &mut result)?
    }
    latencies(row, &mut result)?;
    check_seconds(row, &result)?;
    result.stack = row.text("framework").or_else(|| row.text("backend"));
    result.format = row.text("precision");
    result.date = row.text("date");
    result.details = row.details([
        "image",
        "isl",
        "osl",
        "conc",
        "max_concurrency",
        "tp",
        "pp",
        "pcp",
        "ep",
        "dp_attention",
        "spec_decoding",
        "mtp",
        "disagg",
        "is_multinode",
        "num_prefill_gpu",
        "num_decode_gpu",
        "num_prompts",
        "total_input_tokens",
        "total_output_tokens",
        "tput_per_gpu",
        "input_tput_per_gpu",
    ]);
    Ok(result)
}

fn aggregate(row: &Fields, result: &mut PublishedResult) -> Result<(), String> {
    result.accelerator = Some(row.required("hw")?);
    let gpus = Gpus::of(row)?;
    let output = row.required_number("output_tput_per_gpu")?;
    let total = row.required_number("tput_per_gpu")?;
    if let Some(input) = row.number("input_tput_per_gpu")? {
        let computed = (output * gpus.decode + input * gpus.prefill) / gpus.all;
        if !agree(total, computed, RATE_TOLERANCE) {
            return Err(format!(
                "`tput_per_gpu` is {total}, input and output over {} GPUs give {computed:.2}",
                gpus.all
            ));
        }
    } else if output > total * (1.0 + RATE_TOLERANCE) && gpus.decode == gpus.all {
        return Err(format!("`output_tput_per_gpu` is {output}, more than the {total} of input and output together"));
    }
    result.accelerators = Some(gpus.all as u64);
    result.throughput = Some(Throughput { value: output * gpus.decode, unit: "tokens/s".to_owned() });
    result.remark("the throughput counts output tokens");
    let lengths = row.text("isl").zip(row.text("osl")).map(|(isl, osl)| format!("{isl} in, {osl} out, "));
    let concurrency = row.text("conc").map(|n| format!("{n} at a time"));
    result.scenario = concurrency.map(|text| lengths.unwrap_or_default() + &text);
    Ok(())
}

fn raw(row: &Fields, result: &mut PublishedResult) -> Result<(), String> {
    vllm::check_rates(row)?;
    let value = row.required_number("output_throughput")?;
    result.throughput = Some(Throughput { value, unit: "tokens/s".to_owned() });
    result.remark("the throughput counts output tokens; the file does not name the accelerator");
    result.scenario = row.text("max_concurrency").map(|n| format!("at most {n} requests at a time"));
    Ok(())
}

/// GPUs that prefill, that decode, and all of them.
struct Gpus {
    prefill: f64,
    decode: f64,
    all: f64,
}

impl Gpus {
    fn of(row: &Fields) -> Result<Self, String> {
        let count = |name: &str| Ok::<_, String>(row.count(name)?.map(|count| count as f64));
        let several_nodes = matches!(row.text("is_multinode").as_deref(), Some("true" | "True" | "1"));
        if let (true, Some(prefill), Some(decode)) =
            (several_nodes, count("num_prefill_gpu")?, count("num_decode_gpu")?)
        {
            if prefill + decode <= 0.0 {
                return Err("`num_prefill_gpu` and `num_decode_gpu` are both 0".to_owned());
            }
            // Where the same GPUs do both, they are counted once.
            let same = matches!(row.text("disagg").as_deref(), Some("false" | "False" | "0"));
            let all = if same { prefill.max(decode) } else { prefill + decode };
            let of_all = |gpus: f64| if same { all } else { gpus };
            return Ok(Self { prefill: of_all(prefill), decode: of_all(decode), all });
        }
        let tensor = count("tp")?.ok_or("neither `tp` nor the GPUs of several nodes are stated")?;
        let all = tensor * count("pp")?.unwrap_or(1.0) * count("pcp")?.unwrap_or(1.0);
        if all <= 0.0 || all > 1e6 {
            return Err(format!("{all} GPUs cannot be"));
        }
        Ok(Self { prefill: all, decode: all, all })
    }
}

fn latencies(row: &Fields, result: &mut PublishedResult) -> Result<(), String> {
    for measure in ["ttft", "tpot", "itl", "e2el"] {
        for statistic in ["mean", "median", "p50", "p90", "p95", "p99"] {
            let name = format!("{statistic}_{measure}");
            if row.has(&format!("{name}_ms")) {
                return Err(format!("`{name}_ms` is here, where InferenceX writes seconds without `_ms`"));
            }
            let Some(secs) = row.number(&name)? else { continue };
            result.latencies_secs.insert(format!("{measure}_{statistic}"), secs);
            // The interactivity is tokens a second of one user: the other way round of the time for a token.
            if measure == "tpot"
                && let Some(rate) = row.number(&format!("{statistic}_intvty"))?
                && secs > 0.0
                && !agree(rate, 1.0 / secs, RATE_TOLERANCE)
            {
                return Err(format!("`{statistic}_intvty` is {rate}, `{name}` gives {:.3}", 1.0 / secs));
            }
        }
    }
    Ok(())
}

/// The whole of a request is its first token and then the others: a latency in another unit shows.
fn check_seconds(row: &Fields, result: &PublishedResult) -> Result<(), String> {
    let median = |what: &str| {
        let statistics = ["median", "p50", "mean"];
        statistics.iter().find_map(|statistic| result.latencies_secs.get(&format!("{what}_{statistic}")).copied())
    };
    let per_request = match row.number("total_output_tokens")?.zip(row.number("completed")?) {
        Some((tokens, requests)) if requests > 0.0 => Some(tokens / requests),
        _ => row.number("osl")?,
    };
    let (Some(first), Some(each), Some(whole), Some(tokens)) =
        (median("ttft"), median("tpot"), median("e2el"), per_request)
    else {
        return Ok(());
    };
    let computed = first + each * (tokens - 1.0).max(0.0);
    if whole > computed * UNIT_FACTOR || computed > whole * UNIT_FACTOR {
        return Err(format!(
            "{whole} s for a request, but {first} s to the first of {tokens:.0} tokens and {each} s for each other: \
             these are not all seconds"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PublishedResult, String> {
        let serde_json::Value::Object(object) = serde_json::from_str(text).unwrap() else { unreachable!() };
        read_row(&object.into())
    }

    #[test]
    fn gpus_of_one_node_and_of_several() {
        let one = r#"{"hw":"h200","model":"m","tp":4,"pp":2,"dcp":4,"conc":16,"isl":1024,"osl":128,
            "tput_per_gpu":90,"output_tput_per_gpu":10,"input_tput_per_gpu":80,"precision":"fp8"}"#;
        let result = read(one).unwrap();
        assert_eq!((result.accelerators, result.throughput.unwrap().value), (Some(8), 80.0));
        assert_eq!(result.scenario.as_deref(), Some("1024 in, 128 out, 16 at a time"));
        assert!(read(&one.replace("\"tput_per_gpu\":90", "\"tput_per_gpu\":99")).unwrap_err().contains("90.00"));
        let several = r#"{"hw":"gb200","model":"m","tp":8,"is_multinode":true,"disagg":true,"num_prefill_gpu":8,
            "num_decode_gpu":24,"tput_per_gpu":80,"output_tput_per_gpu":40,"input_tput_per_gpu":200}"#;
        let result = read(several).unwrap();
        assert_eq!((result.accelerators, result.throughput.unwrap().value), (Some(32), 960.0));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let row = |change: &str| {
            format!(
                r#"{{"hw":"h200","model":"m","tp":8,"tput_per_gpu":90,"output_tput_per_gpu":10,"osl":100,
                "median_ttft":0.3,"median_tpot":0.03,"median_e2el":3.3{change}}}"#
            )
        };
        for (change, reason) in [
            (r#","num_requests_successful":0"#, "no request"),
            (r#","median_tpot":30"#, "not all seconds"),
            (r#","median_intvty":50"#, "intvty"),
            (r#","median_tpot_ms":30"#, "without `_ms`"),
            (r#","tp":0"#, "GPUs"),
            (r#","output_tput_per_gpu":100"#, "more than"),
        ] {
            assert!(read(&row(change)).unwrap_err().contains(reason), "{change}");
        }
        assert_eq!(read(&row(r#","median_intvty":33.4"#)).unwrap().latencies_secs["tpot_median"], 0.03);
    }
}
