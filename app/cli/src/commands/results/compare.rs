//! `assay results compare`

use assay_base::format;
use assay_service::core::Measurement;
use assay_service::store;
use serde_json::{Value, json};

use super::measurements;
use crate::Verdict;
use crate::args::ResultsCompare;
use crate::output::{self, number, text};

pub fn run(arguments: &ResultsCompare) -> anyhow::Result<Verdict> {
    let all = measurements(arguments.study.as_deref())?;
    let of_run = |run: &str| -> anyhow::Result<Vec<Measurement>> {
        let found: Vec<Measurement> =
            all.iter().filter(|m| m.run_id == run || m.run_id.ends_with(run)).cloned().collect();
        anyhow::ensure!(
            !found.is_empty(),
            "the study has no run `{run}`; `assay results list --format json` names them"
        );
        Ok(found)
    };
    let (baseline, candidate) = (of_run(&arguments.baseline)?, of_run(&arguments.candidate)?);
    let run = |of: &[Measurement]| of.first().map(|m| m.run_id.clone());
    anyhow::ensure!(
        run(&baseline) != run(&candidate),
        "`{}` and `{}` are the same run; name two runs",
        arguments.baseline,
        arguments.candidate
    );
    let comparisons = store::verdict::compare_runs(&baseline, &candidate);
    let median = |m: Option<&Measurement>| m.and_then(|m| Some(m.timing.as_ref()?.statistics.median_secs));
    let rows: Vec<Value> = comparisons
        .iter()
        .map(|c| {
            let m = c.either();
            json!({
                "workload": m.map(|m| m.workload.id.clone()),
                "device": m.map(|m| m.device.id.clone()),
                "stack": m.map(|m| m.stack.clone()),
                "baseline_median_secs": median(c.baseline),
                "candidate_median_secs": median(c.candidate),
                "verdict": c.verdict.map(|v| v.label()),
            })
        })
        .collect();
    let columns =
        [text("Workload"), text("Device"), text("Stack"), number("Baseline"), number("Candidate"), text("Verdict")];
    output::data(arguments.format, &Value::Array(rows.clone()), &rows, &columns, || {
        comparisons
            .iter()
            .map(|c| {
                let m = c.either();
                vec![
                    m.map(|m| m.workload.id.clone()).unwrap_or_default(),
                    m.map(|m| m.device.id.clone()).unwrap_or_default(),
                    m.map(|m| m.stack.to_string()).unwrap_or_default(),
                    format::or_unknown(median(c.baseline), format::duration),
                    format::or_unknown(median(c.candidate), format::duration),
                    c.verdict.map_or("not comparable", |v| v.label()).to_owned(),
                ]
            })
            .collect()
    })?;
    Ok(if comparisons.iter().any(|c| c.is_regression()) { Verdict::No } else { Verdict::Yes })
}
