//! Measurements as data frames, and those as Parquet and CSV.
//!
//! Every number is in SI units with the unit in the column's name; what is unknown or undefined is null.

use std::path::Path;

use assay_core::Measurement;
use assay_core::statistics::Statistics;
use polars::prelude::*;

use crate::error::StoreError;
use crate::published::PublishedTable;

pub use polars::prelude::DataFrame;

/// One row a measurement with everything but its samples.
///
/// Maps (versions, device settings, notes) are JSON text; times are RFC 3339 in UTC.
///
/// # Errors
/// When polars cannot build the frame.
pub fn measurements<'a>(rows: impl IntoIterator<Item = &'a Measurement>) -> Result<DataFrame, StoreError> {
    let rows: Vec<Row<'a>> = rows.into_iter().map(Row::of).collect();
    let mut columns = subject_columns(&rows);
    columns.extend(outcome_columns(&rows));
    columns.extend(condition_columns(&rows));
    Ok(DataFrame::new(rows.len(), columns)?)
}

/// Measurements and published results in one frame: the columns of [`measurements`], then those that only published
/// results have. What the other has no word for is null. `device` is a published result's accelerator, `workload` its
/// model, `run_id` its import, `format` its numeric format in the source's words.
///
/// # Errors
/// When polars cannot build the frame.
pub fn results<'a>(
    measured: impl IntoIterator<Item = &'a Measurement>,
    published: &PublishedTable,
) -> Result<DataFrame, StoreError> {
    let (mut measured, mut published) = (measurements(measured)?, published_frame(published)?);
    add_missing(&mut measured, &published)?;
    add_missing(&mut published, &measured)?;
    let names: Vec<String> = measured.get_column_names().iter().map(ToString::to_string).collect();
    Ok(measured.vstack(&published.select(names)?)?)
}

/// Adds the columns that only the other frame has, with nothing in them.
fn add_missing(frame: &mut DataFrame, other: &DataFrame) -> PolarsResult<()> {
    for column in other.columns() {
        if frame.column(column.name()).is_err() {
            frame.with_column(Column::full_null(column.name().clone(), frame.height(), column.dtype()))?;
        }
    }
    Ok(())
}

fn published_frame(table: &PublishedTable) -> PolarsResult<DataFrame> {
    use crate::published::PublishedRow;
    let owned = |name: &str, get: fn(&PublishedRow) -> String| {
        let values: StringChunked = table.rows().map(|row| Some(get(&row))).collect();
        values.with_name(name.into()).into_column()
    };
    let text = |name: &str, get: for<'r> fn(&PublishedRow<'r>) -> Option<&'r str>| {
        let values: StringChunked = table.rows().map(|row| get(&row)).collect();
        values.with_name(name.into()).into_column()
    };
    let number = |name: &str, get: fn(&PublishedRow) -> Option<f64>| {
        Column::new(name.into(), table.rows().map(|row| get(&row)).collect::<Vec<_>>())
    };
    let count = |name: &str, get: fn(&PublishedRow) -> Option<u64>| {
        Column::new(name.into(), table.rows().map(|row| get(&row)).collect::<Vec<_>>())
    };
    let provenance = |row: &PublishedRow| serde_json::to_string(row.provenance.as_ref()).unwrap_or_default();
    let columns = vec![
        owned("id", |row| row.id()),
        owned("run_id", |row| row.import_id()),
        text("workload", |row| Some(row.model)),
        text("format", |row| row.format),
        text("device", |row| row.accelerator),
        text("stack", |row| row.stack),
        text("evidence", |_| Some(assay_base::Evidence::Published.label())),
        number("throughput", |row| row.throughput),
        text("throughput_unit", |row| row.unit),
        number("mean_power_watts", |row| row.power_watts),
        owned("provenance", provenance),
        text("scenario", |row| row.scenario),
        count("accelerators", |row| row.accelerators),
        text("system", |row| row.system),
        text("submitter", |row| row.submitter),
        text("date", |row| row.date),
        text("latency", |row| row.latency),
        number("latency_secs", |row| row.latency_secs),
        number("energy_per_query_joules", |row| row.energy_per_query_joules),
        Column::new("inferred".into(), table.rows().map(|row| row.inferred).collect::<Vec<_>>()),
        text("remarks", |row| row.remarks),
        count("source_line", |row| Some(row.line)),
    ];
    DataFrame::new(table.len(), columns)
}

/// The samples in long form: `measurement_id`, `cold` (after the caches were flushed), `index` from 0 in the order of
/// execution, `latency_secs`.
///
/// # Errors
/// When polars cannot build the frame.
pub fn samples<'a>(rows: impl IntoIterator<Item = &'a Measurement>) -> Result<DataFrame, StoreError> {
    let (mut ids, mut colds, mut indices, mut latencies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for measurement in rows {
        let Some(timing) = &measurement.timing else { continue };
        for (cold, samples_secs) in [(false, &timing.samples_secs), (true, &timing.cold_samples_secs)] {
            for (index, latency_secs) in samples_secs.iter().enumerate() {
                ids.push(measurement.id.as_str());
                colds.push(cold);
                indices.push(index as u64);
                latencies.push(finite(*latency_secs));
            }
        }
    }
    let columns = vec![
        Column::new("measurement_id".into(), ids),
        Column::new("cold".into(), colds),
        Column::new("index".into(), indices),
        Column::new("latency_secs".into(), latencies),
    ];
    Ok(DataFrame::new_infer_height(columns)?)
}

/// The frame as a Parquet file (compressed with Zstandard) that appears at once or not at all.
///
/// # Errors
/// When the file cannot be written; a previous one is then untouched.
pub fn write_parquet(frame: &mut DataFrame, path: &Path) -> Result<(), StoreError> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(frame)?;
    assay_base::files::write_atomic(path, &bytes).map_err(StoreError::io(path, "write the file"))
}

/// The frame as CSV with a header; null is empty.
///
/// # Errors
/// When polars cannot write it.
pub fn csv(frame: &mut DataFrame) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    CsvWriter::new(&mut bytes).finish(frame)?;
    Ok(bytes)
}

/// A measurement with what is computed from its workload, once.
struct Row<'a> {
    m: &'a Measurement,
    flops: Option<f64>,
    bytes: Option<f64>,
    items: Option<f64>,
}

impl<'a> Row<'a> {
    fn of(m: &'a Measurement) -> Self {
        // A workload that does not hold together has no cost.
        let valid = m.workload.validate().is_ok();
        let of = |cost: fn(&assay_core::Workload) -> f64| valid.then(|| cost(&m.workload));
        Self {
            m,
            flops: of(assay_core::Workload::flops),
            bytes: of(assay_core::Workload::bytes),
            items: of(assay_core::Workload::items),
        }
    }

    fn statistic(&self, get: fn(&Statistics) -> Option<f64>) -> Option<f64> {
        get(&self.m.timing.as_ref()?.statistics)
    }

    fn sensed(&self, get: fn(&assay_core::telemetry::TelemetrySummary) -> Option<f64>) -> Option<f64> {
        get(self.m.telemetry.as_ref()?)
    }

    fn per_sec(&self, amount: Option<f64>) -> Option<f64> {
        Some(amount? / self.statistic(|s| Some(s.median_secs))?)
    }
}

fn text<'r, S: AsRef<str>>(rows: &'r [Row<'r>], name: &str, get: impl Fn(&'r Row<'r>) -> Option<S>) -> Column {
    let values: StringChunked = rows.iter().map(get).collect();
    values.with_name(name.into()).into_column()
}

fn number<'r>(rows: &'r [Row<'r>], name: &str, get: impl Fn(&'r Row<'r>) -> Option<f64>) -> Column {
    Column::new(name.into(), rows.iter().map(|row| get(row).and_then(finite)).collect::<Vec<_>>())
}

fn count<'r>(rows: &'r [Row<'r>], name: &str, get: impl Fn(&'r Row<'r>) -> Option<u64>) -> Column {
    Column::new(name.into(), rows.iter().map(get).collect::<Vec<_>>())
}

fn truth<'r>(rows: &'r [Row<'r>], name: &str, get: impl Fn(&'r Row<'r>) -> Option<bool>) -> Column {
    Column::new(name.into(), rows.iter().map(get).collect::<Vec<_>>())
}

/// A map as JSON text; null when it is empty, which says that nothing is known.
fn json<T: serde::Serialize>(value: &T, is_empty: bool) -> Option<String> {
    (!is_empty).then(|| serde_json::to_string(value).ok()).flatten()
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// What was computed, where, with what.
fn subject_columns(r: &[Row]) -> Vec<Column> {
    vec![
        text(r, "id", |r| Some(&r.m.id)),
        text(r, "run_id", |r| Some(&r.m.run_id)),
        text(r, "suite", |r| r.m.suite.as_deref()),
        text(r, "workload", |r| Some(&r.m.workload.id)),
        text(r, "workload_hash", |r| Some(&r.m.workload_hash)),
        text(r, "kind", |r| Some(r.m.workload.shape.kind())),
        text(r, "format", |r| Some(r.m.workload.format.label())),
        text(r, "shape", |r| json(&r.m.workload.shape, false)),
        number(r, "flops", |r| r.flops),
        number(r, "bytes", |r| r.bytes),
        number(r, "items", |r| r.items),
        text(r, "item", |r| Some(r.m.workload.shape.item().plural())),
        text(r, "target", |r| Some(&r.m.target)),
        text(r, "host", |r| r.m.environment.host.as_deref()),
        text(r, "device_id", |r| Some(&r.m.device.id)),
        text(r, "device_kind", |r| Some(r.m.device.kind.label())),
        text(r, "device", |r| Some(&r.m.device.name)),
        count(r, "device_memory_bytes", |r| r.m.device.memory_bytes),
        text(r, "stack", |r| Some(r.m.stack.as_str())),
        text(r, "stack_version", |r| r.m.stack_version.as_deref()),
        text(r, "evidence", |r| Some(r.m.evidence.label())),
        text(r, "started_at", |r| Some(r.m.started_at.to_string())),
        count(r, "seed", |r| Some(r.m.seed)),
    ]
}

/// How it ended, and how fast it was.
fn outcome_columns(r: &[Row]) -> Vec<Column> {
    vec![
        text(r, "status", |r| Some(r.m.status.label())),
        text(r, "reason", |r| r.m.status.reason()),
        text(r, "timing_method", |r| {
            use assay_core::TimingMethod::{DeviceEvents, HostClock};
            r.m.timing.as_ref().map(|t| match t.method {
                HostClock => "host-clock",
                DeviceEvents => "device-events",
            })
        }),
        number(r, "prepare_secs", |r| r.m.timing.as_ref().map(|t| t.prepare_secs)),
        number(r, "first_execution_secs", |r| r.m.timing.as_ref().map(|t| t.first_execution_secs)),
        count(r, "warm_up_executions", |r| r.m.timing.as_ref().map(|t| t.warm_up_executions as u64)),
        text(r, "stop", |r| r.m.timing.as_ref().map(|t| t.stop.label())),
        count(r, "samples", |r| r.m.timing.as_ref().map(|t| t.statistics.count as u64)),
        number(r, "effective_samples", |r| r.statistic(|s| s.effective_count)),
        number(r, "min_secs", |r| r.statistic(|s| Some(s.min_secs))),
        number(r, "median_secs", |r| r.statistic(|s| Some(s.median_secs))),
        number(r, "median_low_secs", |r| r.statistic(|s| s.median_interval_secs.map(|i| i.0))),
        number(r, "median_high_secs", |r| r.statistic(|s| s.median_interval_secs.map(|i| i.1))),
        number(r, "mean_secs", |r| r.statistic(|s| Some(s.mean_secs))),
        number(r, "p90_secs", |r| r.statistic(|s| s.p90_secs)),
        number(r, "p95_secs", |r| r.statistic(|s| s.p95_secs)),
        number(r, "p99_secs", |r| r.statistic(|s| s.p99_secs)),
        number(r, "certified_p90_secs", |r| r.statistic(|s| s.certified_p90_secs)),
        number(r, "certified_p99_secs", |r| r.statistic(|s| s.certified_p99_secs)),
        number(r, "standard_deviation_secs", |r| r.statistic(|s| s.standard_deviation_secs)),
        number(r, "relative_noise", |r| r.statistic(|s| s.relative_noise)),
        number(r, "cold_median_secs", |r| {
            Statistics::of(&r.m.timing.as_ref()?.cold_samples_secs).map(|s| s.median_secs)
        }),
        truth(r, "noisy", |r| r.m.timing.as_ref().map(|_| r.m.is_noisy())),
        truth(r, "correct", |r| r.m.correctness.as_ref().map(|c| c.passed)),
        number(r, "error_norm", |r| r.m.correctness.as_ref()?.error_norm),
        number(r, "tolerance", |r| r.m.correctness.as_ref().map(|c| c.tolerance)),
        number(r, "throughput", |r| r.m.throughput.as_ref().map(|t| t.value)),
        text(r, "throughput_unit", |r| r.m.throughput.as_ref().map(|t| &t.unit)),
        number(r, "flops_per_sec", |r| r.per_sec(r.flops)),
        number(r, "bytes_per_sec", |r| r.per_sec(r.bytes)),
    ]
}

/// Under which conditions.
fn condition_columns(r: &[Row]) -> Vec<Column> {
    vec![
        count(r, "sensor_readings", |r| r.m.telemetry.as_ref().map(|t| t.readings as u64)),
        number(r, "mean_power_watts", |r| r.sensed(|t| t.mean_power_watts)),
        number(r, "min_clock_hz", |r| r.sensed(|t| t.clock_hz.map(|c| c.0))),
        number(r, "max_clock_hz", |r| r.sensed(|t| t.clock_hz.map(|c| c.1))),
        number(r, "max_temperature_celsius", |r| r.sensed(|t| t.max_temperature_celsius)),
        number(r, "max_memory_used_bytes", |r| r.sensed(|t| t.max_memory_used_bytes)),
        count(r, "throttled_readings", |r| r.m.telemetry.as_ref()?.throttled_readings.map(|n| n as u64)),
        number(r, "energy_joules", |r| r.sensed(|t| t.energy.as_ref()?.joules())),
        truth(r, "energy_valid", |r| r.m.telemetry.as_ref()?.energy.as_ref().map(|e| e.valid)),
        number(r, "load_average", |r| r.m.foreign_load.load_average),
        number(r, "steal", |r| r.m.foreign_load.steal),
        number(r, "foreign_busy_cpus", |r| r.m.foreign_load.foreign_busy_cpus),
        text(r, "assay_version", |r| Some(&r.m.environment.assay_version)),
        text(r, "operating_system", |r| r.m.environment.operating_system.as_deref()),
        text(r, "kernel", |r| r.m.environment.kernel.as_deref()),
        text(r, "cpu_model", |r| r.m.environment.cpu_model.as_deref()),
        count(r, "cpu_logical", |r| r.m.environment.cpu_logical.map(|n| n as u64)),
        count(r, "cpu_cores", |r| r.m.environment.cpu_cores.map(|n| n as u64)),
        text(r, "cpu_governor", |r| r.m.environment.cpu_governor.as_deref()),
        count(r, "host_memory_bytes", |r| r.m.environment.memory_bytes),
        text(r, "hypervisor", |r| r.m.environment.hypervisor.as_deref()),
        text(r, "container", |r| r.m.environment.container.as_deref()),
        text(r, "versions", |r| json(&r.m.environment.versions, r.m.environment.versions.is_empty())),
        text(r, "device_settings", |r| {
            json(&r.m.environment.device_settings, r.m.environment.device_settings.is_empty())
        }),
        text(r, "notes", |r| json(&r.m.notes, r.m.notes.is_empty())),
        text(r, "provenance", |r| r.m.provenance.as_deref()),
    ]
}
