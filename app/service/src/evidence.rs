//! What a document is made from, as it travels inside the PDF: enough to derive the document again anywhere.

use std::collections::BTreeSet;

use assay_reports::{Attachment, ReportKind};
use assay_study::{Study, StudyOption, ThroughputSource};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::assess::ResolvedOption;
use crate::workbench::{Workbench, WorkbenchError};

/// The study as evaluated.
pub(crate) const STUDY: &str = "study.yaml";
/// Every measurement of the study.
pub(crate) const MEASUREMENTS: &str = "measurements.json";
/// The price of each option.
pub(crate) const PRICES: &str = "prices.json";
/// What vendors' compilers say of accelerators that are not here.
pub(crate) const ESTIMATES: &str = "estimates.jsonl";
/// What the document says of itself.
pub(crate) const FACTS: &str = "facts.json";
/// In front of the name of a hardware profile.
pub(crate) const PROFILE: &str = "profile-";
/// In front of the name of a file of published results.
pub(crate) const PUBLISHED: &str = "published-";

/// What a document says of itself: all that does not follow from the rest of the evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    /// Which document.
    pub kind: ReportKind,
    /// The time of the document.
    pub prepared_at: jiff::Timestamp,
    /// The program and its version.
    pub prepared_with: String,
    /// How the command line names the study.
    pub study_argument: String,
}

impl Facts {
    /// Those of a document that is made now.
    pub fn now(workbench: &Workbench, kind: ReportKind) -> Self {
        Self {
            kind,
            // To the second, which is all that reaches the file.
            prepared_at: jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap_or_default(),
            prepared_with: format!("Assay {}", env!("CARGO_PKG_VERSION")),
            study_argument: format!("--study {}", workbench.folder().display()),
        }
    }
}

/// What a document is made from.
pub(crate) struct EvidencePack {
    pub facts: Facts,
    /// Study, measurements, prices, profiles and published results, in the order of the attachments.
    files: Vec<Attachment>,
}

impl EvidencePack {
    /// The evidence of a study.
    pub fn of(workbench: &Workbench, facts: Facts) -> Result<Self, WorkbenchError> {
        let assessment = workbench.assessment();
        // The prices of that day were used, whenever the document is derived again.
        let mut study = Study { pricing_date: Some(assessment.pricing_date), ..assessment.study.clone() };
        // The image itself is attached under its own name; where it lay is nobody's business.
        study.documents.logo = study.documents.logo.as_deref().map(file_name);
        let prices: Vec<Value> = assessment.options.iter().map(price_json).collect();
        let mut files = vec![
            file(STUDY, "application/yaml", "The study as evaluated", yaml(&study)?),
            file(
                MEASUREMENTS,
                "application/json",
                "Every measurement of the study",
                pretty(&workbench.measurements())?,
            ),
            file(PRICES, "application/json", "The price of each option with its source", pretty(&prices)?),
        ];
        let ids: BTreeSet<&str> = study.options.iter().filter_map(|option| option.profile.as_deref()).collect();
        for profile in ids.into_iter().filter_map(|id| workbench.catalog().get(id)) {
            let name = format!("{PROFILE}{}.yaml", profile.id);
            files.push(file(&name, "application/yaml", "A hardware profile with its offers", yaml(profile)?));
        }
        files.extend(published(workbench, &study.options)?);
        if !workbench.estimates().is_empty() {
            let lines = workbench.estimates().iter().map(line).collect::<Result<Vec<_>, _>>()?.concat();
            files.push(file(ESTIMATES, "application/jsonl", "What vendors' compilers say of absent hardware", lines));
        }
        Ok(Self { facts, files })
    }

    /// The evidence that a PDF carries.
    pub fn carried(attachments: Vec<Attachment>) -> Result<Self, WorkbenchError> {
        let (facts, files): (Vec<Attachment>, Vec<Attachment>) =
            attachments.into_iter().partition(|attachment| attachment.name == FACTS);
        let facts = facts.first().ok_or_else(|| WorkbenchError::Other(format!("the PDF carries no `{FACTS}`")))?;
        let facts = serde_json::from_slice(&facts.bytes)
            .map_err(|e| WorkbenchError::Other(format!("the attachment `{FACTS}` cannot be read: {e}")))?;
        Ok(Self { facts, files })
    }

    /// An attachment by its name.
    pub fn file(&self, name: &str) -> Option<&Attachment> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The attachments whose names begin so, with the rest of their names.
    pub fn files_of<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Attachment)> {
        self.files.iter().filter_map(move |file| Some((file.name.strip_prefix(prefix)?, file)))
    }

    /// The hash over all evidence, in the order of the names.
    pub fn hash(&self) -> String {
        let mut files: Vec<&Attachment> = self.files.iter().collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let mut hasher = Sha256::new();
        for file in files {
            for part in [file.name.as_bytes(), &file.bytes] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }

    /// What the PDF carries.
    pub fn attachments(&self) -> Result<Vec<Attachment>, WorkbenchError> {
        let facts = file(FACTS, "application/json", "What the document says of itself", pretty(&self.facts)?);
        Ok(self.files.iter().cloned().chain([facts]).collect())
    }
}

/// The last part of a path.
fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

fn file(name: &str, media_type: &str, description: &str, bytes: Vec<u8>) -> Attachment {
    Attachment { name: name.to_owned(), media_type: media_type.to_owned(), description: description.to_owned(), bytes }
}

/// A line of JSON.
fn line(value: &impl Serialize) -> Result<Vec<u8>, WorkbenchError> {
    let mut bytes = serde_json::to_vec(value).map_err(|e| WorkbenchError::Other(e.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn yaml(value: &impl Serialize) -> Result<Vec<u8>, WorkbenchError> {
    Ok(assay_base::yaml::to_string(value).map_err(assay_study::StudyError::Yaml)?.into_bytes())
}

fn pretty(value: &impl Serialize) -> Result<Vec<u8>, WorkbenchError> {
    serde_json::to_vec_pretty(value).map_err(|e| WorkbenchError::Other(format!("the evidence has no JSON form: {e}")))
}

/// The published results, where an option rests on any.
fn published(workbench: &Workbench, options: &[StudyOption]) -> Result<Vec<Attachment>, WorkbenchError> {
    let uses = |option: &StudyOption| {
        matches!(option.throughput, ThroughputSource::Published { .. } | ThroughputSource::Projected { .. })
    };
    if !options.iter().any(uses) {
        return Ok(Vec::new());
    }
    let store = assay_store::Store::open(workbench.folder()).with_reference();
    let folder = store.published_folder();
    let mut files: Vec<Attachment> = store
        .missing_reference()
        .map(|reference| {
            let name = format!("{PUBLISHED}{}.jsonl", reference.id());
            file(&name, "application/jsonl", "Published results with their provenance", reference.bytes().to_vec())
        })
        .into_iter()
        .collect();
    if !folder.exists() {
        return Ok(files);
    }
    let read = |source: std::io::Error| WorkbenchError::Write { file: folder.clone(), source };
    for entry in std::fs::read_dir(&folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".jsonl") {
            let bytes = std::fs::read(&path).map_err(read)?;
            let name = format!("{PUBLISHED}{name}");
            files.push(file(&name, "application/jsonl", "Published results with their provenance", bytes));
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn price_json(option: &ResolvedOption) -> Value {
    match &option.price {
        Ok(price) => {
            let p = &price.quoted;
            json!({
                "option": option.input.id, "offer": p.offer, "price": p.price.amount, "currency": p.price.currency,
                "per": p.per, "accelerators_per_unit": option.input.accelerators_per_unit, "source": p.source,
                "as_of": p.as_of.map(|d| d.to_string()), "evidence": p.evidence,
            })
        }
        Err(reason) => json!({ "option": option.input.id, "price": null, "reason": reason }),
    }
}
