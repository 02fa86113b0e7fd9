//! One append-only file a run, that survives the end of its writer at any moment.
//!
//! A measurement is one line ([the format](crate::Store)). [`RunWriter::append`] returns after the line was written and
//! synced. Whatever a killed writer left behind is at most one line without an end, which a reader recognises and a
//! later writer leaves behind by starting on a fresh line.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use assay_core::Measurement;

use crate::error::{Problem, StoreError, Warning};
use crate::record::{self, Digest};

/// Extension of a segment's file name.
pub(crate) const EXTENSION: &str = "jsonl";

/// The segments of a folder, by name; none when it does not exist.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let cannot_list = |error| StoreError::io(folder, "list the folder")(error);
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot_list(error)),
    };
    let mut paths = Vec::new();
    for item in listing {
        let path = item.map_err(cannot_list)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Appends the measurements of one run to its segment.
#[derive(Debug)]
pub struct RunWriter {
    run_id: String,
    path: PathBuf,
    file: File,
    /// Whether the file ends with a line end (or is empty), so that a record can follow.
    at_line_start: bool,
}

impl RunWriter {
    /// Opens the segment of a run in the folder of segments for appending; creates both where absent.
    ///
    /// # Errors
    /// When the run id cannot be a file name, or the folder or file cannot be created or opened.
    pub fn create(folder: &Path, run_id: &str) -> Result<Self, StoreError> {
        if !is_file_name(run_id) {
            return Err(StoreError::RunId(run_id.to_owned()));
        }
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder, "create the folder"))?;
        let path = folder.join(format!("{run_id}.{EXTENSION}"));
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(StoreError::io(&path, "open the segment"))?;
        let at_line_start = ends_line(&mut file).map_err(StoreError::io(&path, "read the segment's end"))?;
        // The new name must outlive a power cut, too, and so must the folder's.
        for folder in [Some(folder), folder.parent()].into_iter().flatten() {
            sync_folder(folder).map_err(StoreError::io(folder, "sync the folder"))?;
        }
        Ok(Self { run_id: run_id.to_owned(), path, file, at_line_start })
    }

    /// The run whose segment it is.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The segment's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a measurement; when this returns, it is on the disk.
    ///
    /// # Errors
    /// When the measurement belongs to another run, cannot be stored faithfully, or the disk refuses. The segment
    /// keeps everything appended before, and later appends are possible.
    pub fn append(&mut self, measurement: &Measurement) -> Result<(), StoreError> {
        let refused = |reason| StoreError::Refused { id: measurement.id.clone(), reason };
        if measurement.run_id != self.run_id {
            let reason = format!("it belongs to run `{}`, not to `{}`", measurement.run_id, self.run_id);
            return Err(refused(reason));
        }
        let json = record::to_json(measurement).map_err(refused)?;
        self.append_lines(&record::encode(record::MEASUREMENT, &json))
    }

    /// Appends whole lines with one sync.
    pub(crate) fn append_lines(&mut self, lines: &[u8]) -> Result<(), StoreError> {
        let mut bytes = Vec::with_capacity(lines.len() + 1);
        if !self.at_line_start {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(lines);
        // Until it is known that all was written, the file may end anywhere.
        self.at_line_start = false;
        self.file.write_all(&bytes).map_err(StoreError::io(&self.path, "append to the segment"))?;
        self.at_line_start = true;
        self.file.sync_data().map_err(StoreError::io(&self.path, "sync the segment"))
    }
}

/// Whether a run id can be a file name everywhere: no separator, nothing hidden, nothing a shell or system treats
/// specially.
pub(crate) fn is_file_name(run_id: &str) -> bool {
    (1..=128).contains(&run_id.len())
        && !run_id.starts_with(['.', '-'])
        && run_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn ends_line(file: &mut File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// A measurement of a segment, with what identifies its content.
pub(crate) struct Entry<'a> {
    pub line: usize,
    pub digest: Digest,
    pub json: &'a [u8],
    pub measurement: Measurement,
}

/// Reads every intact record of a segment's bytes. What cannot be used is passed over with a warning.
pub(crate) fn scan<'a>(path: &Path, bytes: &'a [u8]) -> (Vec<Entry<'a>>, Vec<Warning>) {
    let (mut entries, mut warnings) = (Vec::new(), Vec::new());
    let mut lines = bytes.split(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((index, bytes)) = lines.next() {
        if bytes.is_empty() {
            continue;
        }
        match read_line(bytes) {
            Ok((digest, json, measurement)) => entries.push(Entry { line: index + 1, digest, json, measurement }),
            Err(problem) => {
                let is_last = lines.peek().is_none();
                let problem = if is_last && problem == Problem::Damaged { Problem::Torn } else { problem };
                warnings.push(Warning { file: path.to_owned(), line: Some(index + 1), problem });
            }
        }
    }
    (entries, warnings)
}

fn read_line(line: &[u8]) -> Result<(Digest, &[u8], Measurement), Problem> {
    let record = record::decode(line).filter(|r| r.name == record::MEASUREMENT.as_bytes()).ok_or(Problem::Damaged)?;
    let measurement: Measurement =
        serde_json::from_slice(record.json).map_err(|error| Problem::NotUnderstood(error.to_string()))?;
    record::usable(&measurement).map_err(Problem::Invalid)?;
    Ok((record.digest, record.json, measurement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_stay_in_their_folder() {
        for good in ["20261121T084207Z-3f2a", "a", "run_1.2"] {
            assert!(is_file_name(good), "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "-x", "a b", "ü", "a\0", &"x".repeat(129)] {
            assert!(!is_file_name(bad), "{bad}");
        }
    }
}
