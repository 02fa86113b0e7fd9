//! `assay results variants`

use assay_base::format;
use assay_service::variants::{VariantRow, variants};

use super::measurements;
use crate::Verdict;
use crate::args::ResultsVariants;
use crate::output::{self, number, text};

pub fn run(arguments: &ResultsVariants) -> anyhow::Result<Verdict> {
    let rows = variants(&measurements(arguments.study.as_deref())?);
    anyhow::ensure!(
        !rows.is_empty(),
        "the study has no narrower form of a model; measure some, as in `assay run --model FILE.onnx --variant int8-dynamic`"
    );
    let json = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
    let columns = [
        text("Variant"),
        text("Device"),
        text("Stack"),
        text("Status"),
        number("Error against the original"),
        number("Median"),
        number("Original"),
        number("Speed-up"),
        text("Verdict"),
    ];
    output::data(arguments.format, &serde_json::Value::Array(json.clone()), &json, &columns, || {
        rows.iter().map(cells).collect()
    })?;
    Ok(Verdict::Yes)
}

fn cells(row: &VariantRow) -> Vec<String> {
    vec![
        row.workload.clone(),
        row.device.clone(),
        row.stack.to_string(),
        row.status.clone(),
        format::or_unknown(row.error_norm, |error| format!("{error:.1e}")),
        format::or_unknown(row.median_secs, format::duration),
        format::or_unknown(row.original_median_secs, format::duration),
        format::or_unknown(row.speed_up, |factor| format!("{}x", format::significant(factor, 3))),
        format::or_unknown(row.verdict, str::to_owned),
    ]
}
