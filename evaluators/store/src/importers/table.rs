//! A table of one's own, as CSV with a header: what a spreadsheet of results is saved as.
//!
//! `model` names what was run. `throughput` is items a second of all accelerators together, `unit` says of what
//! (`tokens/s`). A column `latency_<what>_secs`, `_ms` or `_us` is a latency, such as `latency_p99_ms`. `scenario`,
//! `accelerator`, `accelerators`, `system`, `stack`, `format`, `submitter`, `date` and `power_watts` are what a
//! [`PublishedResult`] calls so. Other columns are kept as details.

use assay_core::measurement::Throughput;

use super::fields::Fields;
use super::result::PublishedResult;

/// The first line of a table with every column that has a meaning.
pub const TEMPLATE: &str = "model,scenario,accelerator,accelerators,system,stack,format,throughput,unit,\
                            latency_p50_ms,latency_p99_ms,power_watts,submitter,date";

const KNOWN: [&str; 12] = [
    "model",
    "scenario",
    "accelerator",
    "accelerators",
    "system",
    "stack",
    "format",
    "throughput",
    "unit",
    "power_watts",
    "submitter",
    "date",
];

/// Whether a header is that of such a table.
pub fn is_header(header: &[String]) -> bool {
    let has = |wanted: &str| header.iter().any(|name| name == wanted);
    has("model") && (has("throughput") || header.iter().any(|name| latency(name).is_some()))
}

pub fn read_row(row: &Fields) -> Result<PublishedResult, String> {
    let mut result = PublishedResult::new(row.required("model")?);
    if let Some(value) = row.number("throughput")? {
        let unit = row.required("unit")?;
        if !unit.ends_with("/s") {
            return Err(format!("`unit` is `{unit}`; the throughput must be in items a second, such as `tokens/s`"));
        }
        result.throughput = Some(Throughput { value, unit });
    }
    for name in row.names() {
        let Some((what, secs)) = latency(name) else { continue };
        if let Some(value) = row.number(name)? {
            result.latencies_secs.insert(what.to_owned(), value * secs);
        }
    }
    result.scenario = row.text("scenario");
    result.accelerator = row.text("accelerator");
    result.accelerators = row.count("accelerators")?;
    result.system = row.text("system");
    result.stack = row.text("stack");
    result.format = row.text("format");
    result.submitter = row.text("submitter");
    result.date = row.text("date");
    result.power_watts = row.number("power_watts")?;
    result.details = row.details(row.names().filter(|name| !KNOWN.contains(name) && latency(name).is_none()));
    Ok(result)
}

/// `latency_p99_ms` is `p99` in thousandths of a second.
fn latency(column: &str) -> Option<(&str, f64)> {
    let (what, unit) = column.strip_prefix("latency_")?.rsplit_once('_')?;
    let secs = match unit {
        "secs" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        _ => return None,
    };
    (!what.is_empty()).then_some((what, secs))
}
