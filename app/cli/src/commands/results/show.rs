//! `assay results show`

use anyhow::Context as _;
use assay_base::format;
use assay_service::core::Measurement;
use assay_service::core::profile::Profile;
use assay_service::core::telemetry::Energy;
use assay_service::store::Store;
use assay_service::store::importers::PublishedResult;
use assay_service::store::published::{Provenance, PublishedFilter};
use serde_json::json;

use super::list::{Row, csv_rows};
use super::measurements;
use crate::args::{Format, ResultsShow};
use crate::output::{self, text};
use crate::{Verdict, place};

/// What an id fits.
enum Found<'a> {
    Measured(&'a Measurement),
    Published(Box<(Provenance, PublishedResult)>, String),
}

fn find<'a>(measurements: &'a [Measurement], store: &Store, id: &str) -> anyhow::Result<Found<'a>> {
    if let Some(found) = store.published_result(id)? {
        return Ok(Found::Published(Box::new(found), id.to_owned()));
    }
    let matching: Vec<&Measurement> = measurements.iter().filter(|m| m.id == id || m.id.ends_with(id)).collect();
    if let [one] = matching.as_slice() {
        return Ok(Found::Measured(one));
    }
    let table = store.published(&PublishedFilter::default())?;
    let mut published = table.rows().map(|row| row.id()).filter(|known| known.ends_with(id));
    match (matching.len(), published.next(), published.next()) {
        (0, Some(only), None) => {
            let found = store.published_result(&only)?.with_context(|| format!("`{only}` is damaged"))?;
            Ok(Found::Published(Box::new(found), only))
        }
        (0, None, _) => anyhow::bail!("the study has no result `{id}`; `assay results list` names them"),
        _ => anyhow::bail!("`{id}` fits several results; give more of the id"),
    }
}

pub fn run(arguments: &ResultsShow) -> anyhow::Result<Verdict> {
    let all = measurements(arguments.study.as_deref())?;
    let store = Store::open(&place::folder(arguments.study.as_deref())?).with_reference();
    match find(&all, &store, &arguments.id)? {
        Found::Measured(m) => show_measured(m, arguments.format)?,
        Found::Published(found, id) => show_published(&found.0, &found.1, &id, arguments.format)?,
    }
    Ok(Verdict::Yes)
}

fn show_measured(m: &Measurement, print_format: Format) -> anyhow::Result<()> {
    match print_format {
        Format::Json => output::json(&serde_json::to_value(m)?),
        Format::Csv => csv_rows(std::iter::once(Row::measured(m))),
        Format::Table => {
            let rows = show_rows(m).into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
            output::print(&format!("Measurement {}", m.id))?;
            output::table(&[text(""), text("")], rows)
        }
    }
}

fn show_published(source: &Provenance, r: &PublishedResult, id: &str, print_format: Format) -> anyhow::Result<()> {
    let document = json!({"id": id, "evidence": r.evidence(), "provenance": source, "result": r});
    match print_format {
        Format::Json => output::json(&document),
        Format::Csv => output::csv(&[document]),
        Format::Table => {
            output::print(&format!("Published result {id}"))?;
            let rows = published_rows(source, r).into_iter().map(|(name, value)| vec![name, value]).collect();
            output::table(&[text(""), text("")], rows)
        }
    }
}

fn published_rows(source: &Provenance, r: &PublishedResult) -> Vec<(String, String)> {
    let known = |text: &Option<String>| format::or_unknown(text.clone(), |text| text);
    let count = |n: u64| format::thousands(n as f64, 0);
    let mut rows = vec![
        ("workload", r.model.clone()),
        ("scenario", known(&r.scenario)),
        ("accelerator", known(&r.accelerator)),
        ("accelerators together", format::or_unknown(r.accelerators, count)),
        ("system", known(&r.system)),
        ("stack", known(&r.stack)),
        ("numeric format", known(&r.format)),
        ("throughput", format::or_unknown(r.throughput.as_ref(), |t| format::throughput(t.value, &t.unit))),
        (
            "of one accelerator",
            format::or_unknown(r.throughput_per_accelerator().zip(r.throughput.as_ref()), |(value, t)| {
                format::throughput(value, &t.unit)
            }),
        ),
        ("mean power", format::or_unknown(r.power_watts, format::power)),
        ("energy of a query", format::or_unknown(r.energy_per_query_joules, format::energy)),
        ("evidence", r.evidence().to_string()),
        ("submitter", known(&r.submitter)),
        ("date", known(&r.date)),
        ("publisher", known(&source.publisher)),
        ("licence", known(&source.licence)),
        ("source", format!("{}:{} ({}, SHA-256 {})", source.file, r.line, source.kind, source.sha256)),
        ("imported", source.imported_at.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect::<Vec<_>>();
    rows.extend(r.latencies_secs.iter().map(|(name, secs)| (format!("latency {name}"), format::duration(*secs))));
    rows.extend(r.remarks.iter().map(|remark| ("remark".to_owned(), remark.clone())));
    rows.extend(r.details.iter().map(|(name, value)| (format!("source's {name}"), value.clone())));
    rows
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
        rows.extend(clock_rows(m));
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
                    (Some(joules), _) => energy_verdict(joules, e),
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
    for (name, value) in &m.notes {
        rows.push(("note", format!("{name}: {value}")));
    }
    let sentences = m.profile.as_ref().map(Profile::sentences).unwrap_or_default();
    rows.extend(sentences.into_iter().map(|sentence| ("profile", sentence)));
    rows
}

/// The clocks of the timed executions, and what became of those that the device slowed down.
fn clock_rows(m: &Measurement) -> Vec<(&'static str, String)> {
    let megahertz = |hz: f64| format!("{} MHz", format::thousands(hz / 1e6, 0));
    let sensed = || m.telemetry.as_ref()?.clock_hz.map(|(low, high)| (low, None, high));
    let clocks = m.timing.as_ref().map(|timing| &timing.clocks);
    let range = clocks.and_then(|clocks| clocks.range_hz()).map(|(low, median, high)| (low, Some(median), high));
    let range = range.or_else(sensed).map(|(low, median, high)| {
        let median = median.map(|hz| format!(", median {}", megahertz(hz))).unwrap_or_default();
        ("compute clock", format!("{} to {}{median}", megahertz(low), megahertz(high)))
    });
    let throttling = clocks.and_then(|clocks| clocks.throttling.as_ref());
    range.into_iter().chain(throttling.map(|throttling| ("slow-down", throttling.sentence()))).collect()
}

/// The energy of the timed window, and what it was checked with.
fn energy_verdict(joules: f64, energy: &Energy) -> String {
    let checked = match (energy.counter_joules, energy.integrated_joules) {
        (Some(_), Some(integrated)) => {
            format!("valid: the device's counter; {} by the power readings", format::energy(integrated))
        }
        (Some(_), None) => "the device's counter, not checked: it tells no power".to_owned(),
        _ => "by the power readings, not checked: the device has no counter".to_owned(),
    };
    format!("{} ({checked})", format::energy(joules))
}
