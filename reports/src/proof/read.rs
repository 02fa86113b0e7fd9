//! Reading a sealed PDF, and finding what was changed in it.

use super::manifest::{DOCUMENT, LOGO, MANIFEST, Manifest, sha256_hex};
use super::{seal, signing};
use crate::document::Document;
use crate::pdf::Attachment;
use lopdf::{Dictionary, Object, ObjectId, Stream};
use serde::Serialize;
use std::collections::BTreeMap;

/// A file that cannot be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// It is no PDF that can be read.
    #[error("this is no readable PDF ({0}); verify the file as Assay wrote it")]
    Unreadable(String),
    /// It carries no manifest.
    #[error("this PDF carries no `{MANIFEST}`; only documents written by Assay with their evidence can be verified")]
    NoManifest,
    /// The manifest or the document in it cannot be read.
    #[error("the attachment `{name}` cannot be read ({reason}); it was changed, or written by a newer Assay")]
    Attachment {
        /// The attachment.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a sealed PDF carries.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The manifest.
    pub manifest: Manifest,
    /// What the document says.
    pub document: Document,
    /// The attachments that it was written with, in the order of their names.
    pub attachments: Vec<Attachment>,
    /// The brand's logo, where there is one.
    pub logo_png: Option<Vec<u8>>,
    /// Who signed it.
    pub signature: SignatureState,
    /// What was changed since the file was written. Empty for a file as Assay wrote it.
    pub findings: Vec<Finding>,
}

/// Whether and by whom a manifest is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "public_key")]
pub enum SignatureState {
    /// It is not signed.
    Unsigned,
    /// It is signed with this public key, and the signature is valid.
    Valid(String),
    /// It names this public key, and the signature is not valid.
    Invalid(String),
}

/// Something that was changed since the file was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Finding {
    /// The file is not byte for byte what was written. Alone, it means that another program saved the file again.
    File,
    /// An attachment has other bytes than the manifest lists.
    Attachment {
        /// Its name.
        name: String,
    },
    /// An attachment that the manifest lists is not there.
    Missing {
        /// Its name.
        name: String,
    },
    /// An attachment is there that the manifest does not list.
    Unlisted {
        /// Its name.
        name: String,
    },
    /// The content of a page has another hash than the manifest lists, or the page is not listed.
    Page {
        /// The page, counted from 1.
        page: usize,
    },
    /// Listed pages are not there.
    MissingPages {
        /// How many.
        count: usize,
    },
    /// The signature does not belong to the manifest and its public key.
    Signature,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File => f.write_str("the file is not byte for byte what was written"),
            Self::Attachment { name } => write!(f, "the attachment `{name}` was changed"),
            Self::Missing { name } => write!(f, "the attachment `{name}` was removed"),
            Self::Unlisted { name } => write!(f, "the attachment `{name}` was added"),
            Self::Page { page } => write!(f, "the content of page {page} was changed"),
            Self::MissingPages { count } => write!(f, "pages were removed: {count}"),
            Self::Signature => f.write_str("the signature is not valid"),
        }
    }
}

/// No stream of a document is unpacked to more than this many bytes.
const MOST_BYTES: usize = 1 << 30;

/// Reads a sealed PDF and checks every hash and the signature.
///
/// # Errors
/// When the file is no PDF, carries no manifest, or its manifest or document cannot be read.
pub fn read(pdf: &[u8]) -> Result<Carried, ProofError> {
    let file = lopdf::Document::load_mem(pdf).map_err(|error| ProofError::Unreadable(error.to_string()))?;
    let mut files = embedded_files(&file);
    let manifest_file = files.remove(MANIFEST).ok_or(ProofError::NoManifest)?;
    let manifest: Manifest = json(MANIFEST, &manifest_file.bytes)?;
    let document_file = files
        .get(DOCUMENT)
        .ok_or_else(|| ProofError::Attachment { name: DOCUMENT.to_owned(), reason: "it is not there".to_owned() })?;
    let document: Document = json(DOCUMENT, &document_file.bytes)?;
    let mut findings = Vec::new();
    if seal::unsealed_hash(pdf, &manifest_file.bytes, &manifest).as_ref() != Some(&manifest.file_sha256) {
        findings.push(Finding::File);
    }
    check_attachments(&manifest, &files, &mut findings);
    check_pages(&manifest, &page_hashes(&file), &mut findings);
    let signature = signature(&manifest);
    if matches!(signature, SignatureState::Invalid(_)) {
        findings.push(Finding::Signature);
    }
    files.remove(DOCUMENT);
    let logo_png = files.remove(LOGO).map(|logo| logo.bytes);
    Ok(Carried { manifest, document, attachments: files.into_values().collect(), logo_png, signature, findings })
}

fn json<T: serde::de::DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, ProofError> {
    serde_json::from_slice(bytes)
        .map_err(|error| ProofError::Attachment { name: name.to_owned(), reason: error.to_string() })
}

fn check_attachments(manifest: &Manifest, files: &BTreeMap<String, Attachment>, findings: &mut Vec<Finding>) {
    for listed in &manifest.attachments {
        let name = listed.name.clone();
        match files.get(&listed.name) {
            None => findings.push(Finding::Missing { name }),
            Some(found) => {
                let same = sha256_hex(&found.bytes) == listed.sha256
                    && found.media_type == listed.media_type
                    && found.description == listed.description;
                if !same {
                    findings.push(Finding::Attachment { name });
                }
            }
        }
    }
    let is_listed = |name: &String| manifest.attachments.iter().any(|listed| listed.name == *name);
    findings.extend(files.keys().filter(|name| !is_listed(name)).map(|name| Finding::Unlisted { name: name.clone() }));
}

fn check_pages(manifest: &Manifest, found: &[String], findings: &mut Vec<Finding>) {
    for (index, hash) in found.iter().enumerate() {
        if manifest.pages.get(index) != Some(hash) {
            findings.push(Finding::Page { page: index + 1 });
        }
    }
    if manifest.pages.len() > found.len() {
        findings.push(Finding::MissingPages { count: manifest.pages.len() - found.len() });
    }
}

fn signature(manifest: &Manifest) -> SignatureState {
    match (&manifest.public_key, &manifest.signature) {
        (None, None) => SignatureState::Unsigned,
        (Some(key), Some(signature))
            if manifest.signed_bytes().is_ok_and(|message| signing::is_valid(key, &message, signature)) =>
        {
            SignatureState::Valid(key.clone())
        }
        (key, _) => SignatureState::Invalid(key.clone().unwrap_or_default()),
    }
}

/// The hash of each page's content, uncompressed.
pub(crate) fn page_hashes(file: &lopdf::Document) -> Vec<String> {
    let content = |page: ObjectId| -> Option<Vec<u8>> {
        let contents = file.get_dictionary(page).ok()?.get(b"Contents").ok()?;
        let parts = match contents {
            Object::Array(parts) => parts.clone(),
            one => vec![one.clone()],
        };
        let mut all = Vec::new();
        for part in &parts {
            all.extend(plain(file.dereference(part).ok()?.1.as_stream().ok()?)?);
        }
        Some(all)
    };
    file.get_pages().into_values().map(|page| content(page).map_or(String::new(), |bytes| sha256_hex(&bytes))).collect()
}

pub(super) fn plain(stream: &Stream) -> Option<Vec<u8>> {
    if stream.dict.has(b"Filter") {
        stream.decompressed_content_with_limit(MOST_BYTES).ok()
    } else {
        Some(stream.content.clone())
    }
}

fn embedded_files(file: &lopdf::Document) -> BTreeMap<String, Attachment> {
    let mut files = BTreeMap::new();
    let names = file
        .catalog()
        .ok()
        .and_then(|catalog| dictionary(file, catalog, b"Names"))
        .and_then(|names| dictionary(file, names, b"EmbeddedFiles"))
        .and_then(|tree| tree.get(b"Names").ok()?.as_array().ok());
    for pair in names.into_iter().flat_map(|names| names.chunks_exact(2)) {
        if let Some(attachment) = pair.get(1).and_then(|specification| embedded_file(file, specification)) {
            files.insert(attachment.name.clone(), attachment);
        }
    }
    files
}

fn dictionary<'a>(file: &'a lopdf::Document, parent: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
    file.dereference(parent.get(key).ok()?).ok()?.1.as_dict().ok()
}

fn embedded_file(file: &lopdf::Document, specification: &Object) -> Option<Attachment> {
    let specification = file.dereference(specification).ok()?.1.as_dict().ok()?;
    let text = |key: &[u8]| lopdf::decode_text_string(specification.get(key).ok()?).ok();
    let stream = dictionary(file, specification, b"EF")?.get(b"F").ok()?;
    let stream = file.dereference(stream).ok()?.1.as_stream().ok()?;
    let media_type = stream.dict.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
    Some(Attachment {
        name: text(b"UF")?,
        media_type: String::from_utf8_lossy(media_type).into_owned(),
        description: text(b"Desc").unwrap_or_default(),
        bytes: plain(stream)?,
    })
}
