//! Results in forms that other tools read.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use assay_core::Measurement;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{StoreError, Warning};
use crate::query::latest_of_each;
use crate::store::Store;

/// Measurements in Bencher Metric Format: an object by benchmark name of measures, each with a value and its bounds.
///
/// The newest measurement of each workload, device, stack and target counts, where it passed. `latency` is in
/// nanoseconds with the interval of the median as bounds, as Bencher's own measure of that name; `throughput` in the
/// workload's items a second. Source: Bencher's reference, "Bencher Metric Format".
pub fn bencher(measurements: &[Measurement]) -> Value {
    let mut benchmarks: BTreeMap<String, Value> = BTreeMap::new();
    for m in latest_of_each(measurements) {
        let Some(timing) = m.timing.as_ref().filter(|_| m.status.passed()) else { continue };
        let statistics = &timing.statistics;
        let nanoseconds = |secs: f64| json!(secs * 1e9);
        let mut latency = Map::new();
        latency.insert("value".to_owned(), nanoseconds(statistics.median_secs));
        if let Some((low, high)) = statistics.median_interval_secs {
            latency.insert("lower_value".to_owned(), nanoseconds(low));
            latency.insert("upper_value".to_owned(), nanoseconds(high));
        }
        let mut measures = Map::new();
        measures.insert("latency".to_owned(), Value::Object(latency));
        if let Some(throughput) = &m.throughput {
            measures.insert("throughput".to_owned(), json!({"value": throughput.value}));
        }
        let place = if m.target == "local" { m.device.id.clone() } else { format!("{}@{}", m.device.id, m.target) };
        benchmarks.insert(format!("{}/{place}/{}", m.workload.id, m.stack), Value::Object(measures));
    }
    Value::Object(benchmarks.into_iter().collect())
}

/// A published result with where it comes from.
#[derive(Serialize)]
struct Published<'a> {
    id: &'a str,
    evidence: assay_base::Evidence,
    provenance: &'a crate::published::Provenance,
    result: &'a crate::importers::PublishedResult,
}

/// Writes everything that is known as a JSON list that appears at once or not at all: measurements as they are stored,
/// then the study's published results. Returns what was passed over.
///
/// # Errors
/// When the study cannot be read or the file cannot be written; a previous one is then untouched.
pub fn write_json(path: &Path, measurements: &[Measurement], store: &Store) -> Result<Vec<Warning>, StoreError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let partial = path.with_file_name(format!(".{name}.part-{}", std::process::id()));
    let written =
        write_list(&partial, measurements, store).and_then(|warnings| match std::fs::rename(&partial, path) {
            Ok(()) => Ok(warnings),
            Err(error) => Err(StoreError::io(path, "write the file")(error)),
        });
    if written.is_err() {
        // Nothing of a failed export is to remain; that it cannot be removed either is told by its failure.
        let _ = std::fs::remove_file(&partial);
    }
    written
}

fn write_list(path: &Path, measurements: &[Measurement], store: &Store) -> Result<Vec<Warning>, StoreError> {
    let failed = |error: std::io::Error| StoreError::io(path, "write the file")(error);
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path).map_err(failed)?);
    let mut result = out.write_all(b"[");
    let mut first = true;
    let mut element = |value: &dyn Fn(&mut BufWriter<std::fs::File>) -> serde_json::Result<()>| {
        if result.is_err() {
            return;
        }
        let separator: &[u8] = if std::mem::take(&mut first) { b"\n" } else { b",\n" };
        result = out.write_all(separator).and_then(|()| value(&mut out).map_err(Into::into));
    };
    for measurement in measurements {
        element(&|out| serde_json::to_writer(out, measurement));
    }
    let warnings = store.each_published(&mut |provenance, id, result| {
        let row = Published { id: &id, evidence: result.evidence(), provenance, result: &result };
        element(&|out| serde_json::to_writer(out, &row));
    })?;
    result.and_then(|()| out.write_all(b"\n]\n")).and_then(|()| out.flush()).map_err(failed)?;
    out.get_ref().sync_all().map_err(failed)?;
    Ok(warnings)
}
