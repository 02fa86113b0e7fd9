//! `summary_results.json` of MLPerf Inference: one object a result.
//!
//! What a result is depends on its scenario (MLPerf Inference rules, "Scenarios"): Offline and Server are throughputs;
//! SingleStream is the 90th percentile latency of a query of one sample, MultiStream the 99th of a query of eight.
//! Power is in watts for the former and in millijoules a query for the latter. `a#` counts accelerators **a node**.

use assay_core::measurement::Throughput;

use super::fields::Fields;
use super::result::PublishedResult;

/// No accelerator with its share of a host draws more; a larger figure is in another unit.
const MAX_WATTS_PER_ACCELERATOR: f64 = 10_000.0;

pub fn read_row(row: &Fields) -> Result<PublishedResult, String> {
    // In the open division the model may be quite another than the benchmark's.
    let benchmark = row.required("Model")?;
    let model = row.text("UsedModel").unwrap_or_else(|| benchmark.clone());
    let mut result = PublishedResult::new(model);
    let scenario = row.required("Scenario")?;
    if row.count("errors")?.is_some_and(|errors| errors > 0) {
        return Err("the submission reports errors".to_owned());
    }
    if row.number("compliance")? == Some(0.0) {
        return Err("the submission did not pass the compliance tests".to_owned());
    }
    if row.number("inferred")? == Some(1.0) {
        result.inferred = true;
        result.remarks.push("inferred by MLPerf's tools from another scenario, not run".to_owned());
    }
    performance(row, &scenario, &mut result)?;
    accelerators(row, &mut result)?;
    power(row, &scenario, &mut result)?;
    result.scenario = Some(scenario);
    result.system = row.text("System");
    result.stack = row.text("Software");
    result.format = row.text("weight_data_types");
    result.submitter = row.text("Submitter");
    result.details = row.details([
        "ID",
        "Availability",
        "Category",
        "Suite",
        "Platform",
        "Nodes",
        "Processor",
        "Accuracy",
        "operating_system",
        "Notes",
        "version",
        "Location",
        "Details",
    ]);
    result.details.insert("Benchmark".to_owned(), benchmark);
    Ok(result)
}

fn performance(row: &Fields, scenario: &str, result: &mut PublishedResult) -> Result<(), String> {
    let value = row.required_number("Performance_Result")?;
    let unit = row.required("Performance_Units")?;
    match (scenario, unit.as_str()) {
        ("Offline" | "Server" | "Interactive", "Tokens/s" | "Samples/s" | "Queries/s") => {
            result.throughput = Some(Throughput { value, unit: unit.to_lowercase() });
        }
        ("SingleStream", "Latency (ms)") => {
            result.latencies_secs.insert("query_p90".to_owned(), value / 1e3);
        }
        ("MultiStream", "Latency (ms)") => {
            result.latencies_secs.insert("query_of_8_p99".to_owned(), value / 1e3);
        }
        _ => return Err(format!("the unit `{unit}` does not belong to the scenario `{scenario}`")),
    }
    Ok(())
}

fn accelerators(row: &Fields, result: &mut PublishedResult) -> Result<(), String> {
    let Some(name) = row.text("Accelerator") else {
        result.accelerator = row.text("Processor");
        result.remarks.push("no accelerator is named: the processor did the work, or an edge device".to_owned());
        return Ok(());
    };
    let nodes = row.count("Nodes")?.unwrap_or(1);
    let count = row.count("a#")?.map(|per_node| per_node.saturating_mul(nodes)).filter(|count| *count > 0);
    result.accelerator = Some(name.strip_prefix("Virtualized ").unwrap_or(&name).to_owned());
    if name.starts_with("Virtualized ") {
        result.remarks.push("the accelerator is virtualized".to_owned());
    }
    if name.contains("(x") {
        result.remarks.push("accelerators of several kinds together: nothing can be said of one".to_owned());
        return Ok(());
    }
    let stated = row.text("System").and_then(|system| count_in(&system));
    if let (Some(count), Some(stated)) = (count, stated)
        && count != stated
    {
        return Err(format!("{nodes} nodes give {count} accelerators, the system's name says {stated}"));
    }
    result.accelerators = count;
    Ok(())
}

/// The number in a system's name such as `PowerEdge (8x H100, TensorRT)`, or `(2x8x H100)` of two nodes; `None` where
/// there is none or several.
fn count_in(system: &str) -> Option<u64> {
    let mut counts = system.split('(').skip(1).filter_map(|part| {
        let (mut rest, mut product) = (part, None);
        while let Some((digits, after)) = rest.split_once('x') {
            let Ok(factor) = digits.parse::<u64>() else { break };
            product = Some(product.unwrap_or(1_u64).saturating_mul(factor));
            rest = after;
        }
        product
    });
    let first = counts.next()?;
    counts.next().is_none().then_some(first)
}

fn power(row: &Fields, scenario: &str, result: &mut PublishedResult) -> Result<(), String> {
    let Some(value) = row.number("Power_Result")? else { return Ok(()) };
    let unit = row.required("Power_Units")?;
    match (scenario, unit.as_str()) {
        ("SingleStream" | "MultiStream", "millijoules") => {
            let joules = value / 1e3;
            // One query at a time: its energy over its time is the power.
            if let Some(secs) = result.latencies_secs.values().next().filter(|secs| **secs > 0.0)
                && joules / secs > MAX_WATTS_PER_ACCELERATOR
            {
                let watts = joules / secs;
                return Err(format!(
                    "{joules} J in {secs} s are {watts:.0} W, which cannot be; the unit must be another"
                ));
            }
            result.energy_per_query_joules = Some(joules);
        }
        ("Offline" | "Server" | "Interactive", "Watts") => {
            let each = value / result.accelerators.unwrap_or(1) as f64;
            if result.accelerators.is_some() && each > MAX_WATTS_PER_ACCELERATOR {
                return Err(format!("{each:.0} W for each accelerator cannot be; the unit must be another"));
            }
            result.power_watts = Some(value);
        }
        _ => return Err(format!("the power's unit `{unit}` does not belong to the scenario `{scenario}`")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_names() {
        assert_eq!(count_in("Dell (8x B200-SXM, TensorRT)"), Some(8));
        assert_eq!(count_in(" (72x GB200-186GB_aarch64, TensorRT)"), Some(72));
        assert_eq!(count_in("Dell (2x8x MI300X-192GB, Stack)"), Some(16));
        assert_eq!(count_in("4 nodes"), None);
        assert_eq!(count_in("(32x A) (16x B)"), None);
        assert_eq!(count_in("Server (xeon)"), None);
    }
}
