//! Tables of the AWS Neuron documentation (about-neuron/benchmarks): one row a model on an instance.
//!
//! The columns differ from table to table. The throughput's unit is in its column's name (`Throughput
//! (inference/second)`, `Output Token Throughput (tokens/sec)`), as is that of every latency.

use assay_core::measurement::Throughput;

use super::fields::Fields;
use super::result::{PublishedResult, agree};

pub fn read_row(row: &Fields) -> Result<PublishedResult, String> {
    let mut result = PublishedResult::new(row.required("Model")?);
    let (column, unit) = throughput_column(row)?;
    result.throughput = Some(Throughput { value: row.required_number(&column)?, unit });
    for name in row.names().filter(|name| name.contains("Latency")) {
        let Some(value) = row.number(name)? else { continue };
        let Some((what, "ms")) = split_unit(name) else {
            return Err(format!("the unit of `{name}` is not known"));
        };
        let what = what.to_lowercase().replace("latency", "").split_whitespace().collect::<Vec<_>>().join("_");
        result.latencies_secs.insert(what, value / 1e3);
    }
    result.scenario = row.text("Application Type");
    result.system = Some(row.required("Inst. Type")?);
    result.accelerator = result.system.as_deref().and_then(accelerator).map(str::to_owned);
    result.stack = row.text("Framework");
    result.format = row.text("Model Data Type");
    let taken = ["Model", "Inst. Type", "Application Type", "Framework", "Model Data Type"];
    result.details = row.details(row.names().filter(|n| !taken.contains(n) && *n != column && !n.contains("Latency")));
    check_rate(row, &mut result)?;
    Ok(result)
}

/// The column of the throughput, and its unit.
fn throughput_column(row: &Fields) -> Result<(String, String), String> {
    let columns: Vec<&str> = row.names().filter(|name| name.contains("Throughput")).collect();
    let [column] = columns.as_slice() else {
        return Err(format!("{} columns are throughputs, one must be", columns.len()));
    };
    let per_sec = split_unit(column).and_then(|(_, unit)| unit.split_once('/'));
    let unit = match per_sec {
        Some(("inference" | "inferences", "second" | "sec" | "s")) => "inferences/s",
        Some(("token" | "tokens", "second" | "sec" | "s")) => "tokens/s",
        Some(("image" | "images", "second" | "sec" | "s")) => "images/s",
        Some(("sequence" | "sequences" | "seq", "second" | "sec" | "s")) => "sequences/s",
        _ => return Err(format!("the unit of `{column}` is not known")),
    };
    Ok(((*column).to_owned(), unit.to_owned()))
}

/// `Latency P50 (ms)` is `Latency P50` in `ms`.
fn split_unit(column: &str) -> Option<(&str, &str)> {
    let (name, unit) = column.trim().strip_suffix(')')?.rsplit_once('(')?;
    Some((name.trim(), unit.trim()))
}

fn accelerator(instance: &str) -> Option<&'static str> {
    let (family, _) = instance.split_once('.')?;
    Some(match family.to_ascii_lowercase().as_str() {
        "inf1" => "AWS Inferentia",
        "inf2" => "AWS Inferentia2",
        "trn1" | "trn1n" => "AWS Trainium",
        "trn2" | "trn2u" => "AWS Trainium2",
        _ => return None,
    })
}

/// A decoder that runs `batch` sequences gives `batch` tokens each time it takes to give one. The documentation's own
/// figures do not all keep to that; the reader is told and the row kept.
fn check_rate(row: &Fields, result: &mut PublishedResult) -> Result<(), String> {
    let (Some(throughput), Some(batch)) = (&result.throughput, row.number("Batch Size")?) else { return Ok(()) };
    let latencies = &result.latencies_secs;
    let Some(secs) = latencies.get("tpot_p50").or_else(|| latencies.get("per_token_p50")) else { return Ok(()) };
    let computed = batch / secs;
    if throughput.unit == "tokens/s" && !agree(throughput.value, computed, 0.1) {
        let stated = throughput.value;
        result.remarks.push(format!("{stated} tokens/s are stated, batch over time per token gives {computed:.2}"));
    }
    Ok(())
}
