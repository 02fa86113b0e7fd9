//! The segment of one imported file on disk.

use std::io::{BufRead, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Provenance;
use crate::error::{Problem, StoreError, Warning};
use crate::importers::{PublishedResult, Quarantined};
use crate::record;
use crate::segment::{EXTENSION, sync_folder};

const IMPORT: &str = "import";
const RESULT: &str = "published";
const QUARANTINED: &str = "quarantined";

/// Hexadecimal digits of a file's SHA-256 in the name of its segment.
const ID_DIGITS: usize = 16;

/// One line.
pub enum Entry {
    Import(Provenance),
    Result(PublishedResult),
    Quarantined(Quarantined),
}

/// Name of the segment of a file with this SHA-256.
pub fn id_of(sha256: &str) -> &str {
    sha256.get(..ID_DIGITS).unwrap_or(sha256)
}

/// Writes a segment under another name and gives it its own when it is whole.
pub struct Writer {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<std::fs::File>,
    offset: u64,
}

impl Writer {
    /// Begins the segment with this id.
    pub fn create(folder: &Path, id: &str) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder, "create the folder"))?;
        let path = folder.join(format!("{id}.{EXTENSION}"));
        let partial = folder.join(format!("{id}.part-{}", std::process::id()));
        let file = std::fs::File::create(&partial).map_err(StoreError::io(&partial, "create the file"))?;
        Ok(Self { path, partial, file: BufWriter::with_capacity(1 << 20, file), offset: 0 })
    }

    /// Writes the first line.
    pub fn import(&mut self, provenance: &Provenance) -> Result<(), StoreError> {
        self.line(IMPORT, provenance).map(|_| ())
    }

    /// Writes a result and returns where its line begins.
    pub fn result(&mut self, result: &PublishedResult) -> Result<u64, StoreError> {
        self.line(RESULT, result)
    }

    /// Writes a row that was set aside.
    pub fn quarantined(&mut self, row: &Quarantined) -> Result<(), StoreError> {
        self.line(QUARANTINED, row).map(|_| ())
    }

    fn line(&mut self, name: &str, value: &impl Serialize) -> Result<u64, StoreError> {
        let json = serde_json::to_vec(value).map_err(|error| {
            let reason = format!("a row cannot be stored: {error}");
            StoreError::NotImported { file: self.path.clone(), line: None, reason }
        })?;
        let line = record::encode(name, &json);
        self.file.write_all(&line).map_err(StoreError::io(&self.partial, "write the file"))?;
        let begin = self.offset;
        self.offset += line.len() as u64;
        Ok(begin)
    }

    /// Makes the segment appear; when this returns, it is on the disk.
    pub fn finish(mut self) -> Result<PathBuf, StoreError> {
        let failed = |error| StoreError::io(&self.partial, "write the file")(error);
        self.file.flush().map_err(failed)?;
        self.file.get_ref().sync_all().map_err(failed)?;
        std::fs::rename(&self.partial, &self.path).map_err(StoreError::io(&self.path, "create the segment"))?;
        if let Some(folder) = self.path.parent() {
            sync_folder(folder).map_err(StoreError::io(folder, "sync the folder"))?;
        }
        Ok(self.path.clone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // After `finish` the name is gone; otherwise nothing is to remain. A file that cannot be removed is ignored by
        // readers: its name does not end as a segment's.
        let _ = std::fs::remove_file(&self.partial);
    }
}

/// Gives every intact line with where it begins; what cannot be used is passed over with a warning.
/// `false` from `entry` ends the reading.
pub fn each(path: &Path, entry: impl FnMut(u64, Entry) -> bool) -> Result<Vec<Warning>, StoreError> {
    let file = std::fs::File::open(path).map_err(StoreError::io(path, "open the segment"))?;
    each_of(path, BufReader::with_capacity(1 << 20, file), entry)
}

/// [`each`] of a segment's text; `path` names it in warnings.
pub fn each_of(
    path: &Path,
    mut reader: impl BufRead,
    mut entry: impl FnMut(u64, Entry) -> bool,
) -> Result<Vec<Warning>, StoreError> {
    let (mut warnings, mut line, mut number, mut offset) = (Vec::new(), Vec::new(), 0, 0u64);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(StoreError::io(path, "read the segment"))?;
        if length == 0 {
            return Ok(warnings);
        }
        number += 1;
        let begin = offset;
        offset += length as u64;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if text.is_empty() {
            continue;
        }
        match parse(text) {
            Ok(read) => {
                if !entry(begin, read) {
                    return Ok(warnings);
                }
            }
            Err(problem) => warnings.push(Warning { file: path.to_owned(), line: Some(number), problem }),
        }
    }
}

/// The provenance on a segment's first line.
pub fn provenance(path: &Path) -> Result<Provenance, Warning> {
    let mut found = None;
    let read = each(path, |_, entry| {
        if let Entry::Import(provenance) = entry {
            found = Some(provenance);
        }
        false
    });
    let problem = match read {
        Ok(mut warnings) if found.is_none() => warnings.pop().map_or(Problem::Damaged, |warning| warning.problem),
        Ok(_) => Problem::Damaged,
        Err(error) => Problem::Unreadable(error.to_string()),
    };
    found.ok_or_else(|| Warning { file: path.to_owned(), line: Some(1), problem })
}

/// The result on the line that begins at an offset; `None` where there is none.
pub fn result_at(path: &Path, offset: u64) -> Result<Option<PublishedResult>, StoreError> {
    use std::io::{Seek as _, SeekFrom};
    let failed = StoreError::io(path, "read the segment");
    let read = || -> std::io::Result<Vec<u8>> {
        let mut reader = BufReader::new(std::fs::File::open(path)?);
        reader.seek(SeekFrom::Start(offset))?;
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        Ok(line)
    };
    let line = read().map_err(failed)?;
    Ok(match parse(line.strip_suffix(b"\n").unwrap_or(&line)) {
        Ok(Entry::Result(result)) => Some(result),
        _ => None,
    })
}

fn parse(line: &[u8]) -> Result<Entry, Problem> {
    let record = record::decode(line).ok_or(Problem::Damaged)?;
    let not_understood = |error: serde_json::Error| Problem::NotUnderstood(error.to_string());
    match record.name {
        name if name == IMPORT.as_bytes() => {
            serde_json::from_slice(record.json).map(Entry::Import).map_err(not_understood)
        }
        name if name == RESULT.as_bytes() => {
            serde_json::from_slice(record.json).map(Entry::Result).map_err(not_understood)
        }
        name if name == QUARANTINED.as_bytes() => {
            serde_json::from_slice(record.json).map(Entry::Quarantined).map_err(not_understood)
        }
        name => Err(Problem::NotUnderstood(format!("a `{}`", String::from_utf8_lossy(name)))),
    }
}
