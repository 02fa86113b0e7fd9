//! `assay results compilers`

use assay_base::format;
use assay_service::compilers::{CompilerRow, PaysBack, compilers};

use super::measurements;
use crate::Verdict;
use crate::args::ResultsCompilers;
use crate::output::{self, number, text};

pub fn run(arguments: &ResultsCompilers) -> anyhow::Result<Verdict> {
    let all = measurements(arguments.study.as_deref())?;
    let rows = compilers(&all, &arguments.against);
    anyhow::ensure!(
        !rows.is_empty(),
        "nothing to compare: the study has no workload that passed both with `{0}` and with another stack on the same \
         device; measure them, as in `assay run --stack {0} --stack inductor`, or name another stack with --against",
        arguments.against
    );
    let json = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
    let columns = [
        text("Workload"),
        text("Device"),
        text("Stack"),
        number("Median"),
        number("Speed-up"),
        text("Verdict"),
        number("Compile"),
        text("Paid back after"),
        number("Error"),
    ];
    output::data(arguments.format, &serde_json::Value::Array(json.clone()), &json, &columns, || {
        let of_work = rows.chunk_by(|a, b| (&a.workload, &a.target, &a.device) == (&b.workload, &b.target, &b.device));
        of_work
            .flat_map(|rows| {
                rows.first().map(|row| baseline(row, &arguments.against)).into_iter().chain(rows.iter().map(cells))
            })
            .collect()
    })?;
    Ok(Verdict::Yes)
}

/// The stack that the others on the same work are held against.
fn baseline(row: &CompilerRow, stack: &str) -> Vec<String> {
    vec![
        row.workload.clone(),
        row.device.clone(),
        stack.to_owned(),
        format::duration(row.baseline_median_secs),
        "1x".to_owned(),
        "held against".to_owned(),
        format::or_unknown(row.baseline_compile_secs, format::duration),
        format::UNKNOWN.to_owned(),
        format::or_unknown(row.baseline_error_norm, error),
    ]
}

fn error(norm: f64) -> String {
    format!("{norm:.1e}")
}

fn cells(row: &CompilerRow) -> Vec<String> {
    let noisy = if row.is_noisy { ", noisy" } else { "" };
    let verdict = row.verdict.map_or("untuned, not ranked", |verdict| verdict.label());
    vec![
        row.workload.clone(),
        row.device.clone(),
        row.stack.to_string(),
        format::duration(row.median_secs),
        format::or_unknown(row.speed_up, |factor| format!("{}x", format::significant(factor, 3))),
        format!("{verdict}{noisy}"),
        format::or_unknown(row.compile_secs, format::duration),
        match row.pays_back {
            PaysBack::After { executions, .. } => format!("{} executions", format::thousands(executions, 0)),
            PaysBack::AtOnce => "the first".to_owned(),
            PaysBack::Never => "never".to_owned(),
            PaysBack::Unknown => format::UNKNOWN.to_owned(),
        },
        format::or_unknown(row.error_norm, error),
    ]
}
