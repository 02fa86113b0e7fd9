//! Selecting published results, and the rows selected.

use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::*;

use super::columns::{self, TEXTS};
use super::segment::{self, Entry};
use super::{Provenance, QuarantinedRow, parse_id, row_id};
use crate::error::{StoreError, Warning};
use crate::importers::{Kind, PublishedResult};
use crate::store::Store;

/// Which published results are wanted. What is absent does not restrict; a text restricts to those that contain it,
/// capital letters aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedFilter {
    /// The accelerator's name.
    pub accelerator: Option<String>,
    /// The model's name.
    pub workload: Option<String>,
    /// How it was run.
    pub scenario: Option<String>,
    /// The software.
    pub stack: Option<String>,
    /// The numeric format, in the source's words.
    pub format: Option<String>,
    /// Who measured, by the whole name.
    pub submitter: Option<String>,
    /// The kind of file.
    pub kind: Option<Kind>,
}

/// Whether a text contains another, capital letters aside. A number is not a part of a longer one: `L4` is not in `L40S`.
pub fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.to_lowercase(), part.to_lowercase());
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    text.match_indices(&part).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + part.len()..).and_then(|after| after.chars().next());
        let cut = (digit(before) && digit(part.chars().next())) || (digit(after) && digit(part.chars().next_back()));
        !cut
    })
}

/// Whether a text is a name, capital letters aside: `Dell` is not `Dell_Broadcom`.
fn is_name(text: &str, name: &str) -> bool {
    text.to_lowercase() == name.to_lowercase()
}

impl PublishedFilter {
    /// The restricted columns with what they must contain.
    fn texts(&self) -> Vec<(&'static str, &str)> {
        [
            ("accelerator", &self.accelerator),
            ("model", &self.workload),
            ("scenario", &self.scenario),
            ("stack", &self.stack),
            ("format", &self.format),
            ("submitter", &self.submitter),
        ]
        .into_iter()
        .filter_map(|(column, wanted)| Some((column, wanted.as_deref()?)))
        .collect()
    }

    /// The wanted rows of a segment; `None` when all are.
    fn mask(&self, segment: &std::path::Path) -> Result<Option<BooleanChunked>, StoreError> {
        let names: Vec<&str> = self.texts().into_iter().map(|(column, _)| column).collect();
        if names.is_empty() {
            return Ok(None);
        }
        self.mask_of(&columns::read(segment, &names)?.0)
    }

    /// The wanted rows of a table that has the restricted columns.
    fn mask_of(&self, frame: &DataFrame) -> Result<Option<BooleanChunked>, StoreError> {
        let mut mask: Option<BooleanChunked> = None;
        for (name, part) in self.texts() {
            let fits = if name == "submitter" { is_name } else { contains };
            let wanted = text_mask(frame.column(name)?.str()?, part, fits);
            mask = Some(match mask {
                Some(mask) => &mask & &wanted,
                None => wanted,
            });
        }
        Ok(mask)
    }
}

/// A million rows have few different texts: each is looked at once.
fn text_mask(texts: &StringChunked, part: &str, fits: fn(&str, &str) -> bool) -> BooleanChunked {
    let mut known: PlHashMap<&str, bool> = PlHashMap::new();
    let mut mask = Vec::with_capacity(texts.len());
    for text in texts.iter() {
        mask.push(text.is_some_and(|text| *known.entry(text).or_insert_with(|| fits(text, part))));
    }
    BooleanChunked::from_slice("wanted".into(), &mask)
}

/// The results selected, as columns.
#[derive(Clone, Debug, Default)]
pub struct PublishedTable {
    parts: Vec<Part>,
    warnings: Vec<Warning>,
}

/// The selected rows of one segment.
#[derive(Clone, Debug)]
struct Part {
    segment: String,
    provenance: Arc<Provenance>,
    rows: usize,
    texts: Vec<StringChunked>,
    row: UInt64Chunked,
    line: UInt64Chunked,
    accelerators: UInt64Chunked,
    numbers: Vec<Float64Chunked>,
    inferred: BooleanChunked,
}

/// One published result in brief; [`Store::published_result`] has all of it.
#[derive(Clone, Copy, Debug)]
pub struct PublishedRow<'a> {
    /// Where it comes from.
    pub provenance: &'a Arc<Provenance>,
    segment: &'a str,
    /// Which row of the file, from 1.
    pub row: u64,
    /// The line of the file, from 1.
    pub line: u64,
    /// The model.
    pub model: &'a str,
    /// How it was run.
    pub scenario: Option<&'a str>,
    /// The accelerator.
    pub accelerator: Option<&'a str>,
    /// How many of them together.
    pub accelerators: Option<u64>,
    /// The machine.
    pub system: Option<&'a str>,
    /// The software.
    pub stack: Option<&'a str>,
    /// The numeric format, in the source's words.
    pub format: Option<&'a str>,
    /// Who measured.
    pub submitter: Option<&'a str>,
    /// When, in the source's words.
    pub date: Option<&'a str>,
    /// Items a second of all accelerators together.
    pub throughput: Option<f64>,
    /// What the throughput counts, such as `tokens/s`.
    pub unit: Option<&'a str>,
    /// What the latency is of, such as `query_p90`: the scenario's own where it has one.
    pub latency: Option<&'a str>,
    /// That latency.
    pub latency_secs: Option<f64>,
    /// Mean power of the system.
    pub power_watts: Option<f64>,
    /// Energy of one query.
    pub energy_per_query_joules: Option<f64>,
    /// Derived by the source from another result, not run.
    pub inferred: bool,
    /// What a reader should know.
    pub remarks: Option<&'a str>,
}

impl PublishedRow<'_> {
    /// Its id, unique in every study: the same row of the same file has the same everywhere.
    pub fn id(&self) -> String {
        row_id(self.segment, self.row)
    }

    /// The import it belongs to, as measurements belong to a run.
    pub fn import_id(&self) -> String {
        format!("pub-{}", self.segment)
    }

    /// Items a second of one accelerator; absent where their number is not known.
    pub fn throughput_per_accelerator(&self) -> Option<f64> {
        Some(self.throughput? / self.accelerators.filter(|count| *count > 0)? as f64)
    }
}

const COUNTS: [&str; 3] = ["row", "line", "accelerators"];
const NUMBERS: [&str; 4] = ["throughput", "latency_secs", "power_watts", "energy_per_query_joules"];

impl Part {
    fn of(segment: String, provenance: Arc<Provenance>, frame: &DataFrame) -> PolarsResult<Self> {
        let count = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.u64()?.rechunk().into_owned());
        let text = |name: &&str| Ok::<_, PolarsError>(frame.column(name)?.str()?.rechunk().into_owned());
        let number = |name: &&str| Ok::<_, PolarsError>(frame.column(name)?.f64()?.rechunk().into_owned());
        Ok(Self {
            segment,
            provenance,
            rows: frame.height(),
            texts: TEXTS.iter().map(text).collect::<PolarsResult<_>>()?,
            row: count("row")?,
            line: count("line")?,
            accelerators: count("accelerators")?,
            numbers: NUMBERS.iter().map(number).collect::<PolarsResult<_>>()?,
            inferred: frame.column("inferred")?.bool()?.rechunk().into_owned(),
        })
    }

    fn row(&self, index: usize) -> PublishedRow<'_> {
        let text = |column: usize| self.texts.get(column).and_then(|texts| texts.get(index));
        let number = |column: usize| self.numbers.get(column).and_then(|numbers| numbers.get(index));
        PublishedRow {
            provenance: &self.provenance,
            segment: &self.segment,
            row: self.row.get(index).unwrap_or_default(),
            line: self.line.get(index).unwrap_or_default(),
            model: text(0).unwrap_or_default(),
            scenario: text(1),
            accelerator: text(2),
            accelerators: self.accelerators.get(index),
            system: text(3),
            stack: text(4),
            format: text(5),
            submitter: text(6),
            date: text(7),
            throughput: number(0),
            unit: text(8),
            latency: text(9),
            latency_secs: number(1),
            power_watts: number(2),
            energy_per_query_joules: number(3),
            inferred: self.inferred.get(index).unwrap_or_default(),
            remarks: text(10),
        }
    }
}

impl PublishedTable {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The results, in the order of their files' ids, then as in the file.
    pub fn rows(&self) -> impl Iterator<Item = PublishedRow<'_>> {
        self.parts.iter().flat_map(|part| (0..part.rows).map(|index| part.row(index)))
    }

    /// What was passed over in reading them.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl Store {
    /// The folder of the published results.
    pub fn published_folder(&self) -> PathBuf {
        self.folder().join("published")
    }

    /// The published results that are wanted; with [`with_reference`](Self::with_reference) those that come with the
    /// program, too.
    ///
    /// # Errors
    /// When the folder cannot be listed or a segment cannot be read.
    pub fn published(&self, filter: &PublishedFilter) -> Result<PublishedTable, StoreError> {
        let mut table = PublishedTable::default();
        for path in crate::segment::list(&self.published_folder())? {
            let provenance = match segment::provenance(&path) {
                Ok(provenance) => provenance,
                Err(warning) => {
                    table.warnings.push(warning);
                    continue;
                }
            };
            if filter.kind.is_some_and(|kind| kind != provenance.kind) {
                continue;
            }
            let mask = filter.mask(&path)?;
            if mask.as_ref().is_some_and(|mask| !mask.any()) {
                continue;
            }
            let names: Vec<&str> = [&TEXTS[..], &COUNTS, &NUMBERS, &["inferred"]].concat();
            let (mut frame, warnings) = columns::read(&path, &names)?;
            table.warnings.extend(warnings);
            if let Some(mask) = mask {
                frame = frame.filter(&mask)?;
            }
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            table.parts.push(Part::of(name, Arc::new(provenance), &frame)?);
        }
        let Some(reference) = self.missing_reference() else { return Ok(table) };
        if filter.kind.is_none_or(|kind| kind == reference.provenance.kind) {
            let mut frame = reference.frame.clone();
            if let Some(mask) = filter.mask_of(&frame)? {
                frame = frame.filter(&mask)?;
            }
            table.parts.push(Part::of(reference.id().to_owned(), reference.provenance.clone(), &frame)?);
        }
        Ok(table)
    }

    /// All that is known of the published result with an id.
    ///
    /// # Errors
    /// When its segment cannot be read.
    pub fn published_result(&self, id: &str) -> Result<Option<(Provenance, PublishedResult)>, StoreError> {
        let Some((name, row)) = parse_id(id) else { return Ok(None) };
        if let Some(reference) = self.missing_reference().filter(|reference| reference.id() == name) {
            return Ok(reference.result(row));
        }
        let paths = crate::segment::list(&self.published_folder())?;
        let Some(path) = paths.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name)) else {
            return Ok(None);
        };
        let Ok(provenance) = segment::provenance(path) else { return Ok(None) };
        let (frame, _) = columns::read(path, &["row", "offset"])?;
        let index = frame.column("row")?.u64()?.iter().position(|known| known == Some(row));
        let offset = index.and_then(|index| frame.column("offset").ok()?.u64().ok()?.get(index));
        let found = offset.map(|offset| segment::result_at(path, offset)).transpose()?.flatten();
        Ok(found.filter(|result| result.row == row).map(|result| (provenance, result)))
    }

    /// Every published result whole, with where it comes from; what was passed over is returned. For exports: a list is
    /// quicker from [`published`](Self::published).
    ///
    /// # Errors
    /// As [`published`](Self::published).
    pub fn each_published(
        &self,
        each: &mut dyn FnMut(&Arc<Provenance>, String, PublishedResult),
    ) -> Result<Vec<Warning>, StoreError> {
        let mut warnings = Vec::new();
        for path in crate::segment::list(&self.published_folder())? {
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let mut source = None;
            warnings.extend(segment::each(&path, |_, entry| {
                match entry {
                    Entry::Import(provenance) => source = Some(Arc::new(provenance)),
                    Entry::Result(result) => {
                        if let Some(source) = &source {
                            each(source, row_id(&name, result.row), result);
                        }
                    }
                    Entry::Quarantined(_) => {}
                }
                true
            })?);
        }
        Ok(warnings)
    }

    /// The rows of imported files that were set aside, and what was passed over in reading them.
    ///
    /// # Errors
    /// As [`published`](Self::published).
    pub fn quarantined(&self) -> Result<(Vec<QuarantinedRow>, Vec<Warning>), StoreError> {
        let (mut rows, mut warnings) = (Vec::new(), Vec::new());
        for path in crate::segment::list(&self.published_folder())? {
            let mut source = None;
            warnings.extend(segment::each(&path, |_, entry| {
                match entry {
                    Entry::Import(provenance) => source = Some(Arc::new(provenance)),
                    Entry::Quarantined(row) => {
                        let of = |provenance: &Arc<Provenance>| QuarantinedRow { row, provenance: provenance.clone() };
                        rows.extend(source.as_ref().map(of));
                    }
                    Entry::Result(_) => {}
                }
                true
            })?);
        }
        Ok((rows, warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn a_number_is_no_part_of_a_longer_one() {
        assert!(contains("NVIDIA L4", "l4") && contains("NVIDIA-L4-PCIe", "L4") && contains("MI300X", "mi300"));
        assert!(!contains("NVIDIA L40S", "l4") && !contains("H1000", "h100") && contains("H100-SXM", "h100"));
        assert!(contains("AMD EPYC", "epyc") && contains("L4, L40S", "l40s"));
    }
}
