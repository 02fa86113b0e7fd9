//! Whether a document still says what its evidence gives.

use assay_core::Measurement;
use assay_reports::ReportKind;
use assay_reports::proof::{self, Comparison, ProofError, SignatureState};
use serde::Serialize;

use crate::evidence::{ESTIMATES, EvidencePack, MEASUREMENTS, PROFILE, PUBLISHED, STUDY};
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
    /// The public key whose signature the reader expects, in hexadecimal.
    pub expected_key: Option<String>,
    /// What was changed since the file was written, a sentence each.
    pub findings: Vec<String>,
    /// The document against the one derived again from its attachments; `None` where that is not possible.
    pub comparison: Option<Comparison>,
    /// Why it could not be derived again.
    pub not_derived: Option<String>,
}

impl Verification {
    /// The same, for a reader who accepts the signature of this public key alone.
    #[must_use]
    pub fn expecting(mut self, public_key: String) -> Self {
        self.expected_key = Some(public_key);
        self
    }

    fn is_signed_as_expected(&self) -> bool {
        match (&self.expected_key, &self.signature) {
            (None, _) => true,
            (Some(expected), SignatureState::Valid(key)) => expected == key,
            (Some(_), _) => false,
        }
    }

    /// Whether nothing was changed, every number follows from the evidence, and who was expected signed it.
    pub fn holds(&self) -> bool {
        self.is_signed_as_expected()
            && self.findings.is_empty()
            && self.comparison.as_ref().is_some_and(Comparison::holds)
    }
}

/// Differences of one kind that are listed; the rest are counted.
const LISTED: usize = 20;

/// One thing that was found of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Whether it speaks for the document or against it; `None` where it only informs.
    pub holds: Option<bool>,
    /// A sentence without its full stop.
    pub text: String,
}

impl Verification {
    /// What was found, a sentence each, the most important first.
    pub fn statements(&self) -> Vec<Statement> {
        let say = |holds: Option<bool>, text: String| Statement { holds, text };
        let mut found = vec![match (&self.signature, &self.expected_key) {
            (SignatureState::Unsigned, None) => {
                say(None, "not signed: whoever has the evidence can have written it".to_owned())
            }
            (SignatureState::Unsigned, Some(expected)) => {
                say(Some(false), format!("not signed, but the signature of the key {expected} is expected"))
            }
            (SignatureState::Valid(key), Some(expected)) if key == expected => {
                say(Some(true), format!("signed with the expected key {key}"))
            }
            (SignatureState::Valid(key), Some(expected)) => {
                say(Some(false), format!("signed with the key {key}, not with the expected {expected}"))
            }
            (SignatureState::Valid(key), None) => say(Some(true), format!("signed with the key {key}")),
            (SignatureState::Invalid(key), _) => {
                say(Some(false), format!("the signature with the key {key} is not valid"))
            }
        }];
        if self.findings.is_empty() {
            found.push(say(Some(true), "nothing was changed since it was written".to_owned()));
        }
        found.extend(self.findings.iter().map(|text| say(Some(false), text.clone())));
        if let Some(reason) = &self.not_derived {
            found.push(say(Some(false), format!("it cannot be derived again from its evidence: {reason}")));
        }
        let Some(compared) = &self.comparison else { return found };
        let (differing, all) = (compared.different_values.len(), compared.values);
        found.push(match differing {
            0 => say(Some(true), format!("all {all} numbers follow from the evidence")),
            _ => say(Some(false), format!("{differing} of {all} numbers do not follow from the evidence")),
        });
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        found.extend(compared.different_values.iter().take(LISTED).map(|value| {
            let (stated, derived) = (or_none(&value.stated), or_none(&value.derived));
            say(Some(false), format!("{}: stated {stated}, derived {derived}", value.id))
        }));
        let places = compared.different_content.iter().take(LISTED);
        found.extend(places.map(|place| say(Some(false), format!("other content at {place}"))));
        if !compared.different_pages.is_empty() {
            let pages: Vec<String> = compared.different_pages.iter().map(ToString::to_string).collect();
            found.push(say(Some(false), format!("pages that show something else: {}", pages.join(", "))));
        }
        if compared.different_parts > 0 {
            found.push(say(Some(false), format!("other parts that differ: {}", compared.different_parts)));
        }
        if let Some(version) = &compared.other_version {
            found.push(say(None, format!("set by {version}; pages may differ for that reason")));
        }
        found
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
        expected_key: None,
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
    if let Some(file) = evidence.file(ESTIMATES) {
        write(&std::path::Path::new(crate::estimates::FOLDER).join(ESTIMATES), &file.bytes)?;
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
