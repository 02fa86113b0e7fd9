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
        let (pdf, document) = self.render_report(kind, None)?;
        let sections = document.sections.iter().map(|section| PreviewSection {
            name: section.anchor.clone(),
            subject: section.kicker.clone(),
            title: document.plain(&section.action_title),
        });
        let sections = sections.collect();
        let diagnostics = pdf.diagnostics.iter().map(ToString::to_string).collect();
        Ok(Preview { pdf: pdf.bytes, sections, diagnostics })
    }
}
