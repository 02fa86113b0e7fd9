//! The measurements of a study.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::path::{Path, PathBuf};

use assay_core::Measurement;

use crate::error::{Problem, StoreError, Warning};
use crate::record::Digest;
use crate::segment::{self, RunWriter, scan};

/// The measurements of a study: its folder `measurements/` with one segment a run.
///
/// A segment is a text file `<run id>.jsonl`. Each line is one measurement with the SHA-256 of its JSON:
/// `{"sha256":"<64 hex digits>","measurement":{...}}`. Segments are only ever appended to, so that a study can be
/// read while a run writes to it, and copied or put under version control at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
    with_reference: bool,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// Measurements, in the order of their runs' ids (which begin with the time), then as they were appended.
    pub measurements: Vec<Measurement>,
    /// What was passed over.
    pub warnings: Vec<Warning>,
}

/// A run in brief.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// The run.
    pub run_id: String,
    /// When its first measurement began.
    pub started_at: jiff::Timestamp,
    /// The suites it drew from.
    pub suites: BTreeSet<String>,
    /// The targets it measured on.
    pub targets: BTreeSet<String>,
    /// The devices, by name.
    pub devices: BTreeSet<String>,
    /// The stacks.
    pub stacks: BTreeSet<String>,
    /// Number of measurements.
    pub measurements: usize,
    /// How many of them passed.
    pub passed: usize,
}

impl Store {
    /// The store of a study's folder. Nothing is created before something is written.
    pub fn open(study_folder: &Path) -> Self {
        Self { folder: study_folder.join("measurements"), with_reference: false }
    }

    /// This store with the published results that come with the program.
    #[must_use]
    pub fn with_reference(self) -> Self {
        Self { with_reference: true, ..self }
    }

    /// Whether the published results that come with the program belong to it.
    pub(crate) fn has_reference(&self) -> bool {
        self.with_reference
    }

    /// The folder of the segments.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A writer for a run.
    ///
    /// # Errors
    /// As [`RunWriter::create`].
    pub fn writer(&self, run_id: &str) -> Result<RunWriter, StoreError> {
        RunWriter::create(&self.folder, run_id)
    }

    /// Reads every measurement. Damage in one place does not hide the rest: it becomes a warning.
    /// A study without measurements is empty.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn load(&self) -> Result<Loaded, StoreError> {
        let (mut loaded, mut known) = (Loaded::default(), HashMap::new());
        for path in self.segments()? {
            load_segment(&path, &mut loaded, &mut known);
        }
        Ok(loaded)
    }

    /// The measurement with an id.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn measurement(&self, id: &str) -> Result<Option<Measurement>, StoreError> {
        Ok(self.load()?.measurements.into_iter().find(|measurement| measurement.id == id))
    }

    /// The runs, oldest first, and what was passed over in reading them.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn runs(&self) -> Result<(Vec<RunSummary>, Vec<Warning>), StoreError> {
        let loaded = self.load()?;
        Ok((RunSummary::of(&loaded.measurements), loaded.warnings))
    }

    /// The segments' files, sorted by name; none when the folder does not exist.
    pub(crate) fn segments(&self) -> Result<Vec<PathBuf>, StoreError> {
        segment::list(&self.folder)
    }
}

/// Reads a segment; the first of several measurements with one id is kept.
fn load_segment(path: &Path, loaded: &mut Loaded, known: &mut HashMap<String, Digest>) {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let problem = Problem::Unreadable(error.to_string());
            return loaded.warnings.push(Warning { file: path.to_owned(), line: None, problem });
        }
    };
    let (entries, warnings) = scan(path, &bytes);
    loaded.warnings.extend(warnings);
    for entry in entries {
        match known.entry(entry.measurement.id.clone()) {
            Slot::Vacant(slot) => {
                slot.insert(entry.digest);
                loaded.measurements.push(entry.measurement);
            }
            // The same content twice is not worth a word: an interrupted import was repeated.
            Slot::Occupied(slot) if *slot.get() == entry.digest => {}
            Slot::Occupied(slot) => loaded.warnings.push(Warning {
                file: path.to_owned(),
                line: Some(entry.line),
                problem: Problem::Conflict { id: slot.key().clone() },
            }),
        }
    }
}

impl RunSummary {
    /// The runs of some measurements, oldest first.
    pub fn of(measurements: &[Measurement]) -> Vec<Self> {
        let mut runs: HashMap<&str, Self> = HashMap::new();
        for m in measurements {
            let run = runs.entry(&m.run_id).or_insert_with(|| Self {
                run_id: m.run_id.clone(),
                started_at: m.started_at,
                suites: BTreeSet::new(),
                targets: BTreeSet::new(),
                devices: BTreeSet::new(),
                stacks: BTreeSet::new(),
                measurements: 0,
                passed: 0,
            });
            run.started_at = run.started_at.min(m.started_at);
            run.suites.extend(m.suite.clone());
            run.targets.insert(m.target.clone());
            run.devices.insert(m.device.name.clone());
            run.stacks.insert(m.stack.to_string());
            run.measurements += 1;
            run.passed += usize::from(m.status.passed());
        }
        let mut runs: Vec<_> = runs.into_values().collect();
        runs.sort_by(|a, b| (a.started_at, &a.run_id).cmp(&(b.started_at, &b.run_id)));
        runs
    }
}
