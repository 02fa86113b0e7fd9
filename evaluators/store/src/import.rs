//! Taking in the measurements of another study.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::path::{Path, PathBuf};

use crate::error::{Problem, StoreError};
use crate::record::{self, Digest};
use crate::segment::{is_file_name, scan};
use crate::store::Store;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Ids of the measurements that were added.
    pub added: Vec<String>,
    /// Ids of the measurements that were here already, with the same content.
    pub duplicates: Vec<String>,
    /// What was not taken, and why.
    pub rejected: Vec<Rejection>,
}

/// Something that was not imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {}{reason}", file.display(), line.map(|l| format!(":{l}")).unwrap_or_default(),
    id.as_ref().map(|id| format!("measurement `{id}`: ")).unwrap_or_default())]
pub struct Rejection {
    /// The file it is in.
    pub file: PathBuf,
    /// The line, from 1; absent when it concerns the whole file.
    pub line: Option<usize>,
    /// The measurement, where its id is known.
    pub id: Option<String>,
    /// Why.
    pub reason: Problem,
}

impl Store {
    /// Adds the measurements of another study's folder, with everything they say about their target, host and
    /// evidence, byte for byte. What is here already is recognised by id and content; a different measurement with a
    /// known id is rejected, and nothing that is here is ever changed. An interrupted import can be repeated.
    ///
    /// # Errors
    /// When the folder holds no measurements or cannot be listed, or this study cannot be written to.
    pub fn import(&self, study_folder: &Path) -> Result<ImportReport, StoreError> {
        let other = Self::open(study_folder);
        if !other.folder().is_dir() {
            return Err(StoreError::NoMeasurements(study_folder.to_owned()));
        }
        let mut known = self.digests()?;
        let mut report = ImportReport::default();
        for path in other.segments()? {
            match std::fs::read(&path) {
                Ok(bytes) => self.import_segment(&path, &bytes, &mut known, &mut report)?,
                Err(error) => report.rejected.push(Rejection {
                    file: path,
                    line: None,
                    id: None,
                    reason: Problem::Unreadable(error.to_string()),
                }),
            }
        }
        Ok(report)
    }

    fn import_segment(
        &self,
        path: &Path,
        bytes: &[u8],
        known: &mut HashMap<String, Digest>,
        report: &mut ImportReport,
    ) -> Result<(), StoreError> {
        let (entries, warnings) = scan(path, bytes);
        report.rejected.extend(warnings.into_iter().map(|warning| Rejection {
            file: warning.file,
            line: warning.line,
            id: None,
            reason: warning.problem,
        }));
        // A segment holds one run; should it hold more, each goes where it belongs.
        let mut runs: HashMap<String, (Vec<String>, Vec<u8>)> = HashMap::new();
        for entry in entries {
            let (id, run_id) = (entry.measurement.id, entry.measurement.run_id);
            let mut reject = |reason| {
                let (file, line) = (path.to_owned(), Some(entry.line));
                report.rejected.push(Rejection { file, line, id: Some(id.clone()), reason });
            };
            if !is_file_name(&run_id) {
                reject(Problem::Invalid(StoreError::RunId(run_id).to_string()));
                continue;
            }
            match known.entry(id.clone()) {
                Slot::Occupied(slot) if *slot.get() == entry.digest => report.duplicates.push(id),
                Slot::Occupied(_) => reject(Problem::Conflict { id: id.clone() }),
                Slot::Vacant(slot) => {
                    slot.insert(entry.digest);
                    let (ids, lines) = runs.entry(run_id).or_default();
                    ids.push(id);
                    lines.extend(record::encode(record::MEASUREMENT, entry.json));
                }
            }
        }
        for (run_id, (ids, lines)) in runs {
            self.writer(&run_id)?.append_lines(&lines)?;
            report.added.extend(ids);
        }
        Ok(())
    }

    /// The content of every measurement that is here.
    fn digests(&self) -> Result<HashMap<String, Digest>, StoreError> {
        let mut known = HashMap::new();
        for path in self.segments()? {
            let bytes = std::fs::read(&path).map_err(StoreError::io(&path, "read the segment"))?;
            for entry in scan(&path, &bytes).0 {
                known.entry(entry.measurement.id).or_insert(entry.digest);
            }
        }
        Ok(known)
    }
}
