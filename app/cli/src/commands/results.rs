//! `assay results`

use anyhow::Context as _;
use assay_base::format;
use assay_service::core::Measurement;
use assay_service::store::{self, Store, query};
use serde_json::{Value, json};

use crate::args::{
    Format, Results, ResultsCommand, ResultsCompare, ResultsExport, ResultsImport, ResultsList, ResultsShow,
};
use crate::output::{self, number, text};
use crate::{Verdict, place};

pub fn run(arguments: &Results) -> anyhow::Result<Verdict> {
    match &arguments.command {
        ResultsCommand::List(list_arguments) => list(list_arguments),
        ResultsCommand::Show(show_arguments) => show(show_arguments),
        ResultsCommand::Compare(compare_arguments) => compare(compare_arguments),
        ResultsCommand::Import(import_arguments) => import(import_arguments),
        ResultsCommand::Export(export_arguments) => export(export_arguments),
    }
}

/// The measurements of a study; what was odd is told on stderr.
fn measurements(named: Option<&std::path::Path>) -> anyhow::Result<Vec<Measurement>> {
    let workbench = place::open(named)?;
    for warning in workbench.warnings() {
        eprintln!("warning: {warning}");
    }
    Ok(workbench.measurements().to_vec())
}

fn list(arguments: &ResultsList) -> anyhow::Result<Verdict> {
    let all = measurements(arguments.study.named())?;
    if arguments.latest {
        let latest: Vec<Measurement> = query::latest_of_each(&all).into_iter().cloned().collect();
        print_list(&latest, arguments.format)?;
    } else {
        print_list(&all, arguments.format)?;
    }
    Ok(Verdict::Yes)
}

/// Prints measurements, one a row.
pub fn print_list(measurements: &[Measurement], format: Format) -> anyhow::Result<()> {
    let rows: Vec<Value> = measurements.iter().map(row_json).collect();
    let columns = [
        text("Id"),
        text("Workload"),
        text("Device"),
        text("Stack"),
        text("Status"),
        number("Samples"),
        number("Median"),
        number("p99"),
        number("Throughput"),
        number("Noise"),
        number("Error"),
        text("Evidence"),
    ];
    output::data(format, &Value::Array(rows.clone()), &rows, &columns, || measurements.iter().map(row_cells).collect())
}

fn row_json(m: &Measurement) -> Value {
    let statistics = m.timing.as_ref().map(|t| &t.statistics);
    json!({
        "id": m.id,
        "run_id": m.run_id,
        "workload": m.workload.id,
        "format": m.workload.format,
        "device": m.device.id,
        "device_name": m.device.name,
        "stack": m.stack,
        "target": m.target,
        "status": m.status.label(),
        "reason": m.status.reason(),
        "evidence": m.evidence,
        "samples": statistics.map(|s| s.count),
        "median_secs": statistics.map(|s| s.median_secs),
        "p99_secs": statistics.and_then(|s| s.p99_secs),
        "certified_p99_secs": statistics.and_then(|s| s.certified_p99_secs),
        "relative_noise": statistics.and_then(|s| s.relative_noise),
        "noisy": m.is_noisy(),
        "throughput": m.throughput.as_ref().map(|t| json!({"value": t.value, "unit": t.unit})),
        "error_norm": m.correctness.as_ref().and_then(|c| c.error_norm),
        "tolerance": m.correctness.as_ref().map(|c| c.tolerance),
    })
}

fn row_cells(m: &Measurement) -> Vec<String> {
    let statistics = m.timing.as_ref().map(|t| &t.statistics);
    let status = match m.status.label() {
        "passed" if m.is_noisy() => "passed, noisy",
        label => label,
    };
    let place = if m.target == "local" { m.device.id.clone() } else { format!("{}@{}", m.device.id, m.target) };
    vec![
        // The end of the id is enough for `results show`.
        m.id.rsplitn(3, '-').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("-"),
        m.workload.id.clone(),
        place,
        m.stack.to_string(),
        status.to_owned(),
        format::or_unknown(statistics, |s| format::thousands(s.count as f64, 0)),
        format::or_unknown(statistics, |s| format::duration(s.median_secs)),
        format::or_unknown(statistics.and_then(|s| s.p99_secs), format::duration),
        format::or_unknown(m.throughput.as_ref(), |t| format::throughput(t.value, &t.unit)),
        format::or_unknown(statistics.and_then(|s| s.relative_noise), |n| format::percent(n, 1)),
        format::or_unknown(m.correctness.as_ref().and_then(|c| c.error_norm), |e| format!("{e:.1e}")),
        m.evidence.to_string(),
    ]
}

fn find<'a>(measurements: &'a [Measurement], id: &str) -> anyhow::Result<&'a Measurement> {
    let matching: Vec<&Measurement> = measurements.iter().filter(|m| m.id == id || m.id.ends_with(id)).collect();
    match matching.as_slice() {
        [one] => Ok(one),
        [] => anyhow::bail!("the study has no measurement `{id}`; `assay results list` names them"),
        several => anyhow::bail!("`{id}` fits {} measurements; give more of the id", several.len()),
    }
}

fn show(arguments: &ResultsShow) -> anyhow::Result<Verdict> {
    let all = measurements(arguments.study.as_deref())?;
    let m = find(&all, &arguments.id)?;
    let document = serde_json::to_value(m)?;
    match arguments.format {
        Format::Json => output::json(&document)?,
        Format::Csv => output::csv(&[row_json(m)])?,
        Format::Table => {
            let rows = show_rows(m).into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
            output::print(&format!("Measurement {}", m.id))?;
            output::table(&[text(""), text("")], rows)?;
        }
    }
    Ok(Verdict::Yes)
}

fn show_rows(m: &Measurement) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("workload", format!("{} ({}, {})", m.workload.id, m.workload.shape.kind(), m.workload.format)),
        ("operations", format!("{} FLOP", format::compact(m.workload.flops()))),
        ("compulsory traffic", format!("{} B", format::compact(m.workload.bytes()))),
        ("device", format!("{} ({}) on {}", m.device.name, m.device.id, m.target)),
        ("stack", format!("{} {}", m.stack, m.stack_version.as_deref().unwrap_or(""))),
        ("evidence", m.evidence.to_string()),
        ("started", m.started_at.to_string()),
        ("status", format!("{}{}", m.status.label(), m.status.reason().map(|r| format!(": {r}")).unwrap_or_default())),
    ];
    if let Some(t) = &m.timing {
        let s = &t.statistics;
        let interval = |(low, high): (f64, f64)| format!("{} to {}", format::duration(low), format::duration(high));
        rows.extend([
            ("prepared in", format::duration(t.prepare_secs)),
            ("first execution", format::duration(t.first_execution_secs)),
            (
                "timed executions",
                format!("{} after {} warm-up; stopped: {}", s.count, t.warm_up_executions, t.stop.label()),
            ),
            ("median", format::duration(s.median_secs)),
            ("95 % interval of it", format::or_unknown(s.median_interval_secs, interval)),
            ("min / mean", format!("{} / {}", format::duration(s.min_secs), format::duration(s.mean_secs))),
            (
                "p90 / p95 / p99",
                [s.p90_secs, s.p95_secs, s.p99_secs].map(|p| format::or_unknown(p, format::duration)).join(" / "),
            ),
            (
                "certified p90 / p99",
                [s.certified_p90_secs, s.certified_p99_secs]
                    .map(|p| format::or_unknown(p, format::duration))
                    .join(" / "),
            ),
            ("relative noise", format::or_unknown(s.relative_noise, |n| format::percent(n, 2))),
            ("effective samples", format::or_unknown(s.effective_count, |n| format::thousands(n, 0))),
        ]);
        let cold = assay_service::core::statistics::Statistics::of(&t.cold_samples_secs);
        rows.push(("median, cold caches", format::or_unknown(cold, |c| format::duration(c.median_secs))));
    }
    if let Some(rate) = m.flops_per_sec() {
        rows.push((
            "achieved",
            format!("{}, {}", format::flop_rate(rate), format::or_unknown(m.bytes_per_sec(), format::bandwidth)),
        ));
    }
    if let Some(t) = &m.throughput {
        rows.push(("throughput", format::throughput(t.value, &t.unit)));
    }
    if let Some(c) = &m.correctness {
        let error = format::or_unknown(c.error_norm, |e| format!("{e:.2e}"));
        rows.push((
            "error (relative L2)",
            format!("{error}, tolerance {:.0e}: {}", c.tolerance, if c.passed { "correct" } else { "not correct" }),
        ));
    }
    if let Some(t) = &m.telemetry {
        let energy = t.energy.as_ref();
        rows.push(("mean power", format::or_unknown(t.mean_power_watts, format::power)));
        rows.push((
            "energy",
            match energy {
                Some(e) => match (e.joules(), &e.reason) {
                    (Some(joules), _) => format::energy(joules),
                    (None, reason) => format!("not valid: {}", reason.as_deref().unwrap_or("unknown")),
                },
                None => format::UNKNOWN.to_owned(),
            },
        ));
    }
    let load = m.foreign_load;
    rows.push((
        "other load",
        format!(
            "load average {}, steal {}, other busy processors {}",
            format::or_unknown(load.load_average, |v| format::significant(v, 2)),
            format::or_unknown(load.steal, |v| format::percent(v, 1)),
            format::or_unknown(load.foreign_busy_cpus, |v| format::significant(v, 2)),
        ),
    ));
    let e = &m.environment;
    let host = [&e.host, &e.operating_system, &e.kernel, &e.cpu_model, &e.hypervisor, &e.container];
    rows.push(("environment", host.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")));
    if let Some(placement) = &m.placement {
        rows.push(("executed on", placement.sentence()));
    }
    for (name, value) in &m.notes {
        rows.push(("note", format!("{name}: {value}")));
    }
    rows
}

fn compare(arguments: &ResultsCompare) -> anyhow::Result<Verdict> {
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

fn import(arguments: &ResultsImport) -> anyhow::Result<Verdict> {
    let folder = place::open_or_create(arguments.study.as_deref())?;
    let store = Store::open(&folder);
    let (mut rows, mut rejected_any) = (Vec::new(), false);
    for from in &arguments.from {
        let report = store.import(from)?;
        for rejection in &report.rejected {
            eprintln!("not taken: {rejection}");
        }
        rejected_any |= !report.rejected.is_empty();
        rows.push(json!({"from": from, "added": report.added.len(), "duplicates": report.duplicates.len(), "rejected": report.rejected.len()}));
    }
    let columns = [text("From"), number("Added"), number("Already there"), number("Not taken")];
    output::data(arguments.format, &Value::Array(rows.clone()), &rows, &columns, || {
        let cell = |row: &Value, key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
        rows.iter().map(|row| ["from", "added", "duplicates", "rejected"].map(|key| cell(row, key)).to_vec()).collect()
    })?;
    Ok(if rejected_any { Verdict::No } else { Verdict::Yes })
}

fn export(arguments: &ResultsExport) -> anyhow::Result<Verdict> {
    let all = measurements(arguments.study.as_deref())?;
    let ending = arguments.file.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let mut frame = if arguments.samples { store::frame::samples(&all)? } else { store::frame::measurements(&all)? };
    match ending {
        "parquet" => store::frame::write_parquet(&mut frame, &arguments.file)?,
        "csv" => {
            let bytes = store::frame::csv(&mut frame)?;
            assay_base::files::write_atomic(&arguments.file, &bytes)
                .with_context(|| format!("{} cannot be written", arguments.file.display()))?;
        }
        other => anyhow::bail!("`.{other}` is not known: name a file that ends in .parquet or .csv"),
    }
    eprintln!("Wrote {}", arguments.file.display());
    Ok(Verdict::Yes)
}
