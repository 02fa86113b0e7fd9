//! `assay results list`
//!
//! Rows go straight from the store's columns to the output: there may be a million.

use std::borrow::Cow;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use assay_base::{Evidence, format};
use assay_service::core::Measurement;
use assay_service::store::Store;
use assay_service::store::published::{self, PublishedFilter, PublishedRow, PublishedTable};
use assay_service::store::query;
use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer as _};
use serde_json::{Value, json};

use crate::args::{Format, ResultEvidence, ResultsList};
use crate::output::{self, Column, number, text};
use crate::{Verdict, place};

/// Published results that a table shows when nothing else is said: people read no more.
const TABLE_LIMIT: usize = 500;

pub fn run(arguments: &ResultsList) -> anyhow::Result<Verdict> {
    let folder = place::folder(arguments.study.named())?;
    if !folder.join("study.yaml").is_file() {
        // Says what is wrong in the same words as every other command.
        place::open(arguments.study.named())?;
    }
    if arguments.quarantined {
        return quarantined(&folder, arguments.format);
    }
    let mut store = Store::open(&folder);
    if arguments.reference {
        store = store.with_reference();
    }
    let measured = match arguments.evidence {
        Some(ResultEvidence::Published) => Vec::new(),
        _ => measured(&store, arguments)?,
    };
    let published = match arguments.evidence {
        Some(ResultEvidence::Measured) => PublishedTable::default(),
        _ => store.published(&filter(arguments))?,
    };
    published.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
    let default_limit = if arguments.format == Format::Table { TABLE_LIMIT } else { usize::MAX };
    let limit = arguments.limit.unwrap_or(default_limit);
    print(&measured, &published, limit, arguments.format)?;
    if published.len() > limit {
        eprintln!(
            "{} of {} published results are shown; --limit {} shows all",
            format::thousands(limit as f64, 0),
            format::thousands(published.len() as f64, 0),
            published.len()
        );
    }
    Ok(Verdict::Yes)
}

fn filter(arguments: &ResultsList) -> PublishedFilter {
    PublishedFilter {
        accelerator: arguments.accelerator.clone(),
        workload: arguments.workload.clone(),
        stack: arguments.stack.clone(),
        ..PublishedFilter::default()
    }
}

/// What was measured and is wanted.
fn measured(store: &Store, arguments: &ResultsList) -> anyhow::Result<Vec<Measurement>> {
    let loaded = store.load()?;
    loaded.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    let contains = |wanted: &Option<String>, names: &[&str]| {
        wanted.as_ref().is_none_or(|part| names.iter().any(|name| published::contains(name, part)))
    };
    let fits = |m: &Measurement| {
        contains(&arguments.accelerator, &[&m.device.name, &m.device.id])
            && contains(&arguments.workload, &[&m.workload.id])
            && contains(&arguments.stack, &[m.stack.as_str()])
            // The measurements of an imported study say themselves what they are.
            && arguments.evidence.is_none_or(|_| m.evidence == Evidence::Measured)
    };
    Ok(if arguments.latest {
        query::latest_of_each(&loaded.measurements).into_iter().filter(|m| fits(m)).cloned().collect()
    } else {
        loaded.measurements.into_iter().filter(fits).collect()
    })
}

/// Prints measurements, one a row.
pub fn print_list(measurements: &[Measurement], format: Format) -> anyhow::Result<()> {
    print(measurements, &PublishedTable::default(), usize::MAX, format)
}

fn print(measured: &[Measurement], published: &PublishedTable, limit: usize, format: Format) -> anyhow::Result<()> {
    let rows = || measured.iter().map(Row::measured).chain(published.rows().take(limit).map(Row::published));
    match format {
        Format::Table => {
            let cells = measured.iter().map(measured_cells).chain(published.rows().take(limit).map(published_cells));
            output::table(&columns(), cells.collect())
        }
        Format::Json => json_rows(rows()),
        Format::Csv => csv_rows(rows()),
    }
}

fn columns() -> [Column; 13] {
    [
        text("Id"),
        text("Workload"),
        text("Device"),
        text("Stack"),
        text("Status"),
        number("Ready in"),
        number("Samples"),
        number("Median"),
        number("p99"),
        number("Throughput"),
        number("Noise"),
        number("Error"),
        text("Evidence"),
    ]
}

/// A result as JSON and CSV have it. What a published result has no word for is absent in it, and the other way round.
#[derive(Serialize)]
pub struct Row<'a> {
    id: Cow<'a, str>,
    run_id: Cow<'a, str>,
    workload: &'a str,
    format: Option<&'a str>,
    device: Option<&'a str>,
    device_name: Option<&'a str>,
    stack: Option<&'a str>,
    target: Option<&'a str>,
    status: Option<&'a str>,
    reason: Option<&'a str>,
    evidence: Evidence,
    prepare_secs: Option<f64>,
    first_execution_secs: Option<f64>,
    samples: Option<usize>,
    median_secs: Option<f64>,
    p99_secs: Option<f64>,
    certified_p99_secs: Option<f64>,
    relative_noise: Option<f64>,
    noisy: Option<bool>,
    throughput: Option<Rate<'a>>,
    error_norm: Option<f64>,
    tolerance: Option<f64>,
    scenario: Option<&'a str>,
    accelerators: Option<u64>,
    system: Option<&'a str>,
    submitter: Option<&'a str>,
    date: Option<&'a str>,
    latency: Option<&'a str>,
    latency_secs: Option<f64>,
    power_watts: Option<f64>,
    energy_per_query_joules: Option<f64>,
    inferred: Option<bool>,
    remarks: Option<&'a str>,
    publisher: Option<&'a str>,
    licence: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u64>,
}

/// Items a second.
#[derive(Serialize)]
struct Rate<'a> {
    value: f64,
    unit: &'a str,
}

impl<'a> Row<'a> {
    /// Of a measurement.
    pub fn measured(m: &'a Measurement) -> Self {
        let statistics = m.timing.as_ref().map(|t| &t.statistics);
        Self {
            id: Cow::Borrowed(&m.id),
            run_id: Cow::Borrowed(&m.run_id),
            workload: &m.workload.id,
            format: Some(m.workload.format.label()),
            device: Some(&m.device.id),
            device_name: Some(&m.device.name),
            stack: Some(m.stack.as_str()),
            target: Some(&m.target),
            status: Some(m.status.label()),
            reason: m.status.reason(),
            evidence: m.evidence,
            prepare_secs: m.timing.as_ref().map(|t| t.prepare_secs),
            first_execution_secs: m.timing.as_ref().map(|t| t.first_execution_secs),
            samples: statistics.map(|s| s.count),
            median_secs: statistics.map(|s| s.median_secs),
            p99_secs: statistics.and_then(|s| s.p99_secs),
            certified_p99_secs: statistics.and_then(|s| s.certified_p99_secs),
            relative_noise: statistics.and_then(|s| s.relative_noise),
            noisy: Some(m.is_noisy()),
            throughput: m.throughput.as_ref().map(|t| Rate { value: t.value, unit: &t.unit }),
            error_norm: m.correctness.as_ref().and_then(|c| c.error_norm),
            tolerance: m.correctness.as_ref().map(|c| c.tolerance),
            scenario: None,
            accelerators: None,
            system: None,
            submitter: None,
            date: None,
            latency: None,
            latency_secs: None,
            power_watts: None,
            energy_per_query_joules: None,
            inferred: None,
            remarks: None,
            publisher: None,
            licence: None,
            file: None,
            line: None,
        }
    }

    /// Of a published result. It has no status: what its source calls invalid was set aside.
    pub fn published(r: PublishedRow<'a>) -> Self {
        Self {
            id: Cow::Owned(r.id()),
            run_id: Cow::Owned(r.import_id()),
            workload: r.model,
            format: r.format,
            device: None,
            device_name: r.accelerator,
            stack: r.stack,
            target: None,
            status: None,
            reason: None,
            evidence: Evidence::Published,
            prepare_secs: None,
            first_execution_secs: None,
            samples: None,
            median_secs: None,
            p99_secs: None,
            certified_p99_secs: None,
            relative_noise: None,
            noisy: None,
            throughput: r.throughput.zip(r.unit).map(|(value, unit)| Rate { value, unit }),
            error_norm: None,
            tolerance: None,
            scenario: r.scenario,
            accelerators: r.accelerators,
            system: r.system,
            submitter: r.submitter,
            date: r.date,
            latency: r.latency,
            latency_secs: r.latency_secs,
            power_watts: r.power_watts,
            energy_per_query_joules: r.energy_per_query_joules,
            inferred: Some(r.inferred),
            remarks: r.remarks,
            publisher: r.provenance.publisher.as_deref(),
            licence: r.provenance.licence.as_deref(),
            file: Some(&r.provenance.file),
            line: Some(r.line),
        }
    }

    /// The columns of CSV in their order.
    fn cells(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        fn text(value: Option<&str>) -> Cow<'_, str> {
            Cow::Borrowed(value.unwrap_or_default())
        }
        fn shown<T: std::fmt::Display>(value: Option<T>) -> Cow<'static, str> {
            Cow::Owned(value.map(|v| v.to_string()).unwrap_or_default())
        }
        vec![
            ("id", Cow::Borrowed(&self.id)),
            ("run_id", Cow::Borrowed(&self.run_id)),
            ("workload", text(Some(self.workload))),
            ("format", text(self.format)),
            ("device", text(self.device)),
            ("device_name", text(self.device_name)),
            ("stack", text(self.stack)),
            ("target", text(self.target)),
            ("status", text(self.status)),
            ("reason", text(self.reason)),
            ("evidence", text(Some(self.evidence.label()))),
            ("prepare_secs", shown(self.prepare_secs)),
            ("first_execution_secs", shown(self.first_execution_secs)),
            ("samples", shown(self.samples)),
            ("median_secs", shown(self.median_secs)),
            ("p99_secs", shown(self.p99_secs)),
            ("certified_p99_secs", shown(self.certified_p99_secs)),
            ("relative_noise", shown(self.relative_noise)),
            ("noisy", shown(self.noisy)),
            ("throughput.value", shown(self.throughput.as_ref().map(|t| t.value))),
            ("throughput.unit", text(self.throughput.as_ref().map(|t| t.unit))),
            ("error_norm", shown(self.error_norm)),
            ("tolerance", shown(self.tolerance)),
            ("scenario", text(self.scenario)),
            ("accelerators", shown(self.accelerators)),
            ("system", text(self.system)),
            ("submitter", text(self.submitter)),
            ("date", text(self.date)),
            ("latency", text(self.latency)),
            ("latency_secs", shown(self.latency_secs)),
            ("power_watts", shown(self.power_watts)),
            ("energy_per_query_joules", shown(self.energy_per_query_joules)),
            ("inferred", shown(self.inferred)),
            ("remarks", text(self.remarks)),
            ("publisher", text(self.publisher)),
            ("licence", text(self.licence)),
            ("file", text(self.file)),
            ("line", shown(self.line)),
        ]
    }
}

fn json_rows<'a>(rows: impl Iterator<Item = Row<'a>>) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
    let mut serializer = serde_json::Serializer::pretty(&mut out);
    let mut list = serializer.serialize_seq(None)?;
    for row in rows {
        list.serialize_element(&row)?;
    }
    list.end()?;
    writeln!(out)?;
    out.flush().context("the output cannot be written")
}

/// Prints rows as CSV.
pub fn csv_rows<'a>(rows: impl Iterator<Item = Row<'a>>) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::with_capacity(1 << 18, std::io::stdout().lock()));
    let mut first = true;
    for row in rows {
        let cells = row.cells();
        if std::mem::take(&mut first) {
            writer.write_record(cells.iter().map(|(name, _)| *name))?;
        }
        writer.write_record(cells.iter().map(|(_, cell)| cell.as_bytes()))?;
    }
    writer.flush()?;
    Ok(())
}

fn measured_cells(m: &Measurement) -> Vec<String> {
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
        // Loading, compiling, and the first execution.
        format::or_unknown(m.timing.as_ref(), |t| format::duration(t.prepare_secs + t.first_execution_secs)),
        format::or_unknown(statistics, |s| format::thousands(s.count as f64, 0)),
        format::or_unknown(statistics, |s| format::duration(s.median_secs)),
        format::or_unknown(statistics.and_then(|s| s.p99_secs), format::duration),
        format::or_unknown(m.throughput.as_ref(), |t| format::throughput(t.value, &t.unit)),
        format::or_unknown(statistics.and_then(|s| s.relative_noise), |n| format::percent(n, 1)),
        format::or_unknown(m.correctness.as_ref().and_then(|c| c.error_norm), |e| format!("{e:.1e}")),
        m.evidence.to_string(),
    ]
}

fn published_cells(r: PublishedRow<'_>) -> Vec<String> {
    let device = match (r.accelerators, r.accelerator) {
        (Some(count), Some(name)) if count > 1 => format!("{}x {name}", format::thousands(count as f64, 0)),
        (_, name) => format::or_unknown(name, str::to_owned),
    };
    let median = r.latency.filter(|name| name.ends_with("_p50") || name.ends_with("_median")).and(r.latency_secs);
    let p99 = r.latency.filter(|name| name.ends_with("_p99")).and(r.latency_secs);
    vec![
        r.id(),
        [Some(r.model), r.scenario].into_iter().flatten().collect::<Vec<_>>().join(" "),
        device,
        format::or_unknown(r.stack, str::to_owned),
        if r.inferred { "inferred" } else { "" }.to_owned(),
        format::UNKNOWN.to_owned(),
        format::UNKNOWN.to_owned(),
        format::or_unknown(median, format::duration),
        format::or_unknown(p99, format::duration),
        format::or_unknown(r.throughput.zip(r.unit), |(value, unit)| format::throughput(value, unit)),
        format::UNKNOWN.to_owned(),
        format::UNKNOWN.to_owned(),
        Evidence::Published.to_string(),
    ]
}

fn quarantined(folder: &Path, print_format: Format) -> anyhow::Result<Verdict> {
    let (set_aside, warnings) = Store::open(folder).quarantined()?;
    warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    let rows: Vec<Value> = set_aside
        .iter()
        .map(|q| {
            json!({"file": q.provenance.file, "line": q.row.line, "row": q.row.row, "kind": q.provenance.kind,
                "reason": q.row.reason})
        })
        .collect();
    output::data(
        print_format,
        &Value::Array(rows.clone()),
        &rows,
        &[text("File"), number("Line"), text("Reason")],
        || {
            let cells = |q: &assay_service::store::published::QuarantinedRow| {
                vec![q.provenance.file.clone(), q.row.line.to_string(), q.row.reason.clone()]
            };
            set_aside.iter().map(cells).collect()
        },
    )?;
    Ok(Verdict::Yes)
}
