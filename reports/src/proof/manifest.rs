//! What a sealed PDF lists.

use crate::brand::Brand;
use crate::error::ReportError;
use crate::layout::Paper;
use crate::pdf::Attachment;
use crate::scene::Color;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The attachment with the document's content.
pub(crate) const DOCUMENT: &str = "document.json";
/// The attachment with the hashes.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The attachment with the brand's logo.
pub(crate) const LOGO: &str = "logo.png";

/// The program that set the pages. Another version may set the same document otherwise.
pub(super) const MADE_WITH: &str = concat!("assay-reports ", env!("CARGO_PKG_VERSION"));

/// The hashes of a sealed PDF and how it was rendered. All hashes are SHA-256 in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this form.
    pub schema_version: u32,
    /// The program that set the pages, with its version.
    pub made_with: String,
    /// The paper.
    pub paper: Paper,
    /// The brand's dark colour as `#RRGGBB`.
    pub brand_primary: Option<String>,
    /// The brand's accent as `#RRGGBB`.
    pub brand_accent: Option<String>,
    /// Every attachment but the manifest itself, in the order of the names.
    pub attachments: Vec<Listed>,
    /// The hash of each page's content stream, uncompressed.
    pub pages: Vec<String>,
    /// The hash of the whole file with this hash and the signature replaced by zeros.
    pub file_sha256: String,
    /// The Ed25519 public key in hexadecimal, when the manifest is signed.
    pub public_key: Option<String>,
    /// The signature of the manifest's bytes with the signature replaced by zeros, in hexadecimal.
    pub signature: Option<String>,
}

/// An attachment as the manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// The file name.
    pub name: String,
    /// The media type.
    pub media_type: String,
    /// What it holds.
    pub description: String,
    /// The hash of the content.
    pub sha256: String,
}

/// What a manifest is made from.
pub(crate) struct ManifestInput<'a> {
    pub paper: Paper,
    pub brand: &'a Brand,
    pub attachments: &'a [Attachment],
    pub pages: Vec<String>,
    pub public_key: Option<String>,
}

/// Zeros in place of a hash or signature of that many hexadecimal digits.
pub(super) fn zeros(digits: usize) -> String {
    "0".repeat(digits)
}

pub(super) const HASH_DIGITS: usize = 64;
pub(super) const SIGNATURE_DIGITS: usize = 128;

impl Manifest {
    /// A manifest with zeros in place of the file's hash and the signature.
    pub(crate) fn unfilled(input: ManifestInput<'_>) -> Self {
        let mut attachments: Vec<Listed> = input
            .attachments
            .iter()
            .map(|attachment| Listed {
                name: attachment.name.clone(),
                media_type: attachment.media_type.clone(),
                description: attachment.description.clone(),
                sha256: sha256_hex(&attachment.bytes),
            })
            .collect();
        attachments.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            schema_version: 1,
            made_with: MADE_WITH.to_owned(),
            paper: input.paper,
            brand_primary: input.brand.primary.map(Color::to_hex),
            brand_accent: input.brand.accent.map(Color::to_hex),
            attachments,
            pages: input.pages,
            file_sha256: zeros(HASH_DIGITS),
            signature: input.public_key.is_some().then(|| zeros(SIGNATURE_DIGITS)),
            public_key: input.public_key,
        }
    }

    /// The bytes that are attached.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, ReportError> {
        serde_json::to_vec_pretty(self).map_err(|error| ReportError::Pdf(error.to_string()))
    }

    /// The bytes that are signed.
    pub(super) fn signed_bytes(&self) -> Result<Vec<u8>, ReportError> {
        Self { signature: self.signature.as_ref().map(|_| zeros(SIGNATURE_DIGITS)), ..self.clone() }.to_bytes()
    }
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
