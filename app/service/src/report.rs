//! Documents of a study.

use std::path::{Path, PathBuf};

use crate::workbench::{Workbench, WorkbenchError};

/// The documents Assay writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// The accelerator feasibility dossier.
    Dossier,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::Dossier];

    /// The word used on the command line and in file names.
    pub fn id(self) -> &'static str {
        match self {
            Self::Dossier => "dossier",
        }
    }

    /// The title shown.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dossier => "Accelerator feasibility dossier",
        }
    }
}

/// A document that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenReport {
    /// Where.
    pub path: PathBuf,
    /// Its pages.
    pub pages: usize,
    /// Its size.
    pub bytes: usize,
    /// What the writer had to work around, such as missing glyphs.
    pub diagnostics: Vec<String>,
}

impl Workbench {
    /// Where a document is written when nothing else is said.
    pub fn default_report_path(&self, kind: ReportKind) -> PathBuf {
        self.reports_folder().join(format!("{}.pdf", kind.id()))
    }

    /// Writes a document as PDF, to `out` or to the study's `reports` folder.
    ///
    /// # Errors
    /// When the document cannot be made or written; an older file is then untouched.
    pub fn write_report(&self, kind: ReportKind, out: Option<&Path>) -> Result<WrittenReport, WorkbenchError> {
        let path = out.map_or_else(|| self.default_report_path(kind), Path::to_owned);
        let _ = path;
        Err(WorkbenchError::Other(format!("the {} cannot be written yet", kind.id())))
    }
}
