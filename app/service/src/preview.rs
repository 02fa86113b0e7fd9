//! A document as it would be written now, to be looked at while it is edited.

use assay_reports::ReportKind;

use crate::workbench::{Workbench, WorkbenchError};

/// A document as it would be written now.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The PDF itself.
    pub pdf: Vec<u8>,
    /// Its sections, in order.
    pub sections: Vec<PreviewSection>,
    /// What the writer had to work around.
    pub diagnostics: Vec<String>,
}

/// A section of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewSection {
    /// The name under which the study's `narrative.sections` speaks of it.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// Its title.
    pub title: String,
}

impl Workbench {
    /// Makes a document without leaving it anywhere.
    ///
    /// # Errors
    /// When the document cannot be made.
    pub fn preview(&self, kind: ReportKind) -> Result<Preview, WorkbenchError> {
        let folder = tempfile::tempdir()
            .map_err(|error| WorkbenchError::Other(format!("no temporary folder can be made: {error}")))?;
        let file = folder.path().join("preview.pdf");
        let written = self.write_report(kind, Some(&file), None)?;
        let pdf = std::fs::read(&file).map_err(|source| WorkbenchError::Write { file, source })?;
        let document = self.document(kind)?;
        let sections = document.sections.iter().map(|section| PreviewSection {
            name: section.anchor.clone(),
            subject: section.kicker.clone(),
            title: document.plain(&section.action_title),
        });
        let sections = sections.collect();
        Ok(Preview { pdf, sections, diagnostics: written.diagnostics })
    }
}
