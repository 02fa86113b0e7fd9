//! The columns of a segment as a Parquet file beside it, for selecting among a million rows.
//!
//! The file says for which state of its segment it was made (length and time of change). Anything else, and anything
//! that cannot be read, is made again from the segment.

use std::path::{Path, PathBuf};

use polars::io::parquet::write::KeyValueMetadata;
use polars::prelude::*;

use super::segment::{self, Entry};
use crate::error::{StoreError, Warning};
use crate::importers::PublishedResult;

/// The key of the segment's state in the file.
const STATE: &str = "assay.segment";

/// Changes with the columns, so that files of another version are made again.
const VERSION: u32 = 1;

/// Texts, of which a million rows have few different ones.
#[derive(Default)]
struct Texts {
    known: PlHashMap<String, u32>,
    codes: Vec<Option<u32>>,
}

impl Texts {
    fn push(&mut self, text: Option<&str>) {
        let code = text.map(|text| match self.known.get(text) {
            Some(code) => *code,
            None => {
                let next = self.known.len() as u32;
                self.known.insert(text.to_owned(), next);
                next
            }
        });
        self.codes.push(code);
    }

    fn column(&self, name: &str) -> Column {
        let mut texts = vec![""; self.known.len()];
        for (text, code) in &self.known {
            if let Some(slot) = texts.get_mut(*code as usize) {
                *slot = text;
            }
        }
        let values: StringChunked =
            self.codes.iter().map(|code| code.and_then(|code| texts.get(code as usize).copied())).collect();
        values.with_name(name.into()).into_column()
    }
}

/// The columns while they grow.
#[derive(Default)]
pub struct Columns {
    texts: [Texts; TEXTS.len()],
    row: Vec<u64>,
    line: Vec<u64>,
    offset: Vec<u64>,
    accelerators: Vec<Option<u64>>,
    throughput: Vec<Option<f64>>,
    latency_secs: Vec<Option<f64>>,
    power_watts: Vec<Option<f64>>,
    energy_per_query_joules: Vec<Option<f64>>,
    inferred: Vec<bool>,
}

/// The columns of text.
pub const TEXTS: [&str; 11] = [
    "model",
    "scenario",
    "accelerator",
    "system",
    "stack",
    "format",
    "submitter",
    "date",
    "unit",
    "latency",
    "remarks",
];

impl Columns {
    /// Appends a result whose line begins at `offset`.
    pub fn push(&mut self, result: &PublishedResult, offset: u64) {
        let latency = principal_latency(result);
        let remarks = (!result.remarks.is_empty()).then(|| result.remarks.join("; "));
        let values = [
            Some(result.model.as_str()),
            result.scenario.as_deref(),
            result.accelerator.as_deref(),
            result.system.as_deref(),
            result.stack.as_deref(),
            result.format.as_deref(),
            result.submitter.as_deref(),
            result.date.as_deref(),
            result.throughput.as_ref().map(|t| t.unit.as_str()),
            latency.map(|(name, _)| name),
            remarks.as_deref(),
        ];
        for (texts, value) in self.texts.iter_mut().zip(values) {
            texts.push(value);
        }
        self.row.push(result.row);
        self.line.push(result.line);
        self.offset.push(offset);
        self.accelerators.push(result.accelerators);
        self.throughput.push(result.throughput.as_ref().map(|t| t.value));
        self.latency_secs.push(latency.map(|(_, secs)| secs));
        self.power_watts.push(result.power_watts);
        self.energy_per_query_joules.push(result.energy_per_query_joules);
        self.inferred.push(result.inferred);
    }

    /// The columns as a table.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let mut columns: Vec<Column> = self.texts.iter().zip(TEXTS).map(|(texts, name)| texts.column(name)).collect();
        columns.extend([
            Column::new("row".into(), &self.row),
            Column::new("line".into(), &self.line),
            Column::new("offset".into(), &self.offset),
            Column::new("accelerators".into(), &self.accelerators),
            Column::new("throughput".into(), &self.throughput),
            Column::new("latency_secs".into(), &self.latency_secs),
            Column::new("power_watts".into(), &self.power_watts),
            Column::new("energy_per_query_joules".into(), &self.energy_per_query_joules),
            Column::new("inferred".into(), &self.inferred),
        ]);
        DataFrame::new(self.row.len(), columns)
    }

    /// Writes the columns beside their segment.
    pub fn write(&self, segment: &Path) -> Result<(), StoreError> {
        let state = state_of(segment).map_err(StoreError::io(segment, "look at the segment"))?;
        let mut bytes = Vec::new();
        let metadata = KeyValueMetadata::from_static(vec![(STATE.to_owned(), state)]);
        // What is read at every list is not worth a better compression.
        ParquetWriter::new(&mut bytes)
            .with_compression(ParquetCompression::Snappy)
            .with_key_value_metadata(Some(metadata))
            .finish(&mut self.frame()?)?;
        let path = path_of(segment);
        keep_out_of_version_control(&path)?;
        assay_base::files::write_atomic(&path, &bytes).map_err(StoreError::io(&path, "write the file"))
    }
}

/// What can be made again belongs into no history.
fn keep_out_of_version_control(columns: &Path) -> Result<(), StoreError> {
    let file = columns.with_file_name(".gitignore");
    if file.exists() {
        return Ok(());
    }
    assay_base::files::write_atomic(&file, b"*.parquet\n").map_err(StoreError::io(&file, "write the file"))
}

/// The latency that a list shows: the one a scenario is named by, else a median, else whatever there is.
fn principal_latency(result: &PublishedResult) -> Option<(&str, f64)> {
    const FIRST: [&str; 8] = [
        "query_p90",
        "query_of_8_p99",
        "request_p50",
        "e2el_median",
        "latency_p50",
        "latency_median",
        "p50",
        "ttft_p50",
    ];
    let first = FIRST.into_iter().find_map(|name| result.latencies_secs.get_key_value(name));
    first.or_else(|| result.latencies_secs.iter().next()).map(|(name, secs)| (name.as_str(), *secs))
}

/// The file of a segment's columns.
pub fn path_of(segment: &Path) -> PathBuf {
    segment.with_extension("parquet")
}

fn state_of(segment: &Path) -> std::io::Result<String> {
    let metadata = std::fs::metadata(segment)?;
    let changed = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("v{VERSION} {} {}", metadata.len(), changed.as_nanos()))
}

/// Some columns of a segment; made again where the file beside it is stale. A study that cannot be written to is read
/// all the same.
pub fn read(segment: &Path, columns: &[&str]) -> Result<(DataFrame, Vec<Warning>), StoreError> {
    if let Some(frame) = read_fresh(segment, columns) {
        return Ok((frame, Vec::new()));
    }
    let mut made = Columns::default();
    let warnings = segment::each(segment, |offset, entry| {
        if let Entry::Result(result) = entry {
            made.push(&result, offset);
        }
        true
    })?;
    // Damage is told of each time it is met, so what was made from a damaged segment is not kept.
    if warnings.is_empty() {
        let _ = made.write(segment);
    }
    Ok((made.frame()?.select(columns.iter().copied())?, warnings))
}

fn read_fresh(segment: &Path, columns: &[&str]) -> Option<DataFrame> {
    let state = state_of(segment).ok()?;
    let mut reader = ParquetReader::new(std::fs::File::open(path_of(segment)).ok()?);
    let metadata = reader.get_metadata().ok()?.key_value_metadata().as_ref()?;
    let known = metadata.iter().find(|entry| entry.key == STATE)?.value.as_deref();
    if known != Some(state.as_str()) {
        return None;
    }
    let names = columns.iter().map(|name| (*name).to_owned()).collect();
    let frame = reader.with_columns(Some(names)).finish().ok()?;
    frame.select(columns.iter().copied()).ok()
}
