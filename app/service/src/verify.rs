//! Whether a document still says what its evidence gives.

use assay_core::Measurement;
use assay_reports::ReportKind;
use assay_reports::proof::{self, Comparison, ProofError, SignatureState};
use serde::Serialize;

use crate::evidence::{EvidencePack, MEASUREMENTS, PROFILE, PUBLISHED, STUDY};
use crate::workbench::{Workbench, WorkbenchError};

/// What holds of a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// Which document it is.
    pub kind: ReportKind,
    /// Its title.
    pub title: String,
    /// When it was prepared.
    pub prepared_at: jiff::Timestamp,
    /// Who signed it.
    pub signature: SignatureState,
    /// What was changed since the file was written, a sentence each.
    pub findings: Vec<String>,
    /// The document against the one derived again from its attachments; `None` where that is not possible.
    pub comparison: Option<Comparison>,
    /// Why it could not be derived again.
    pub not_derived: Option<String>,
}

impl Verification {
    /// Whether nothing was changed and every number follows from the evidence.
    pub fn holds(&self) -> bool {
        self.findings.is_empty() && self.comparison.as_ref().is_some_and(Comparison::holds)
    }
}

/// What keeps a file from being verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The PDF does not carry what is needed.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The evidence cannot be used.
    #[error(transparent)]
    Evidence(#[from] WorkbenchError),
}

/// Checks every hash of a document, derives it again from what it carries, and compares value by value.
///
/// # Errors
/// When the file is no document of Assay's with its evidence.
pub fn verify(pdf: &[u8]) -> Result<Verification, VerifyError> {
    let carried = proof::read(pdf)?;
    let evidence = EvidencePack::carried(carried.attachments.clone())?;
    let derived = derive(&evidence).and_then(|document| Ok(proof::compare(pdf, &carried, &document)?));
    let (comparison, not_derived) = match derived {
        Ok(comparison) => (Some(comparison), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Ok(Verification {
        kind: evidence.facts.kind,
        title: carried.document.meta.title.clone(),
        prepared_at: evidence.facts.prepared_at,
        signature: carried.signature,
        findings: carried.findings.iter().map(ToString::to_string).collect(),
        comparison,
        not_derived,
    })
}

/// The document that follows from the evidence, evaluated in a folder of its own.
fn derive(evidence: &EvidencePack) -> Result<assay_reports::document::Document, WorkbenchError> {
    let folder =
        tempfile::tempdir().map_err(|e| WorkbenchError::Other(format!("no temporary folder can be made: {e}")))?;
    let write = |name: &std::path::Path, bytes: &[u8]| {
        let file = folder.path().join(name);
        assay_base::files::write_atomic(&file, bytes).map_err(|source| WorkbenchError::Write { file, source })
    };
    let needed =
        |name: &str| evidence.file(name).ok_or_else(|| WorkbenchError::Other(format!("the PDF carries no `{name}`")));
    write(STUDY.as_ref(), &needed(STUDY)?.bytes)?;
    for (name, file) in evidence.files_of(PROFILE) {
        write(&std::path::Path::new("profiles").join(plain_name(name)?), &file.bytes)?;
    }
    let published = assay_store::Store::open(folder.path()).published_folder();
    for (name, file) in evidence.files_of(PUBLISHED) {
        write(&published.join(plain_name(name)?), &file.bytes)?;
    }
    let measurements: Vec<Measurement> = serde_json::from_slice(&needed(MEASUREMENTS)?.bytes)
        .map_err(|e| WorkbenchError::Other(format!("the attachment `{MEASUREMENTS}` cannot be read: {e}")))?;
    let workbench = Workbench::open_with(folder.path(), measurements)?;
    Ok(workbench.compose(evidence))
}

/// A name from a PDF must not lead out of the folder.
fn plain_name(name: &str) -> Result<&str, WorkbenchError> {
    let is_plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !name.starts_with('.');
    if is_plain {
        Ok(name)
    } else {
        Err(WorkbenchError::Other(format!("the attachment `{name}` has a name that is not used")))
    }
}
