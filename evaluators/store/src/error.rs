//! What can go wrong, and what was passed over.

use std::path::{Path, PathBuf};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder could not be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was attempted.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A run id that cannot be a file name.
    #[error("the run id `{0}` cannot be a file name; use letters, digits, `.`, `_` and `-`, at most 128 of them")]
    RunId(String),
    /// A measurement that the store refuses.
    #[error("the measurement `{id}` cannot be stored: {reason}")]
    Refused {
        /// The measurement.
        id: String,
        /// Why.
        reason: String,
    },
    /// The folder to import from holds no measurements.
    #[error("{}: no `measurements` folder here; name the folder of a study", .0.display())]
    NoMeasurements(PathBuf),
    /// An offer that cannot price anything.
    #[error("the offer of option `{option}` cannot be used: {reason}")]
    Offer {
        /// The option.
        option: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A file of published results that was not taken in.
    #[error("{}{}: {reason}", file.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    NotImported {
        /// The file.
        file: PathBuf,
        /// The line, from 1; absent when it concerns the whole file.
        line: Option<u64>,
        /// Why, and what to do.
        reason: String,
    },
    /// A table could not be built or written.
    #[error("the table could not be made: {0}")]
    Table(#[from] polars::error::PolarsError),
}

impl StoreError {
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, action, source }
    }
}

/// Something in a segment that was passed over while everything else was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {problem}", file.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct Warning {
    /// The segment.
    pub file: PathBuf,
    /// The line, from 1; absent when it concerns the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a line or file of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The last line has no end: its writer was killed. The measurement was never acknowledged.
    #[error("the last line is incomplete (its writer was ended) and was ignored; nothing needs to be done")]
    Torn,
    /// The line is not a record, or its checksum does not match.
    #[error("the line is damaged and was ignored; restore the file from a copy if its measurement is missed")]
    Damaged,
    /// The record is intact but is not a measurement that this version understands.
    #[error("the record is intact but not understood and was ignored; a newer Assay may have written it: {0}")]
    NotUnderstood(String),
    /// The record is intact but its measurement cannot be used.
    #[error("the measurement was ignored: {0}")]
    Invalid(String),
    /// A measurement with this id was read before, with other content.
    #[error("a different measurement with the id `{id}` was read before; this one was ignored")]
    Conflict {
        /// The id.
        id: String,
    },
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}
