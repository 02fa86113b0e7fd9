//! The file's own hash and the signature, written into the finished file.

use super::manifest::{HASH_DIGITS, Manifest, SIGNATURE_DIGITS, sha256_hex, zeros};
use super::signing::SigningKey;
use crate::error::ReportError;

/// Writes the hash of the file, and the signature where there is a key, over the zeros of the manifest in the file.
pub(crate) fn seal(file: &mut [u8], mut manifest: Manifest, key: Option<&SigningKey>) -> Result<(), ReportError> {
    let unfilled = manifest.to_bytes()?;
    let at = position(file, &unfilled)
        .ok_or_else(|| ReportError::Pdf("the manifest is not in the file as it was attached".to_owned()))?;
    manifest.file_sha256 = sha256_hex(file);
    if let Some(key) = key {
        manifest.signature = Some(key.sign(&manifest.signed_bytes()?));
    }
    let filled = manifest.to_bytes()?;
    if let Some(place) = file.get_mut(at..at + unfilled.len())
        && place.len() == filled.len()
    {
        place.copy_from_slice(&filled);
    }
    Ok(())
}

/// The hash of a sealed file with the manifest's own hash and signature replaced by zeros; `None` when the bytes of
/// the manifest are not in the file.
pub(super) fn unsealed_hash(file: &[u8], manifest_bytes: &[u8], manifest: &Manifest) -> Option<String> {
    let at = position(file, manifest_bytes)?;
    let mut copy = file.to_vec();
    let place = copy.get_mut(at..at + manifest_bytes.len())?;
    for (text, digits) in [(Some(&manifest.file_sha256), HASH_DIGITS), (manifest.signature.as_ref(), SIGNATURE_DIGITS)]
    {
        let Some(text) = text else { continue };
        let start = position(place, format!("\"{text}\"").as_bytes())? + 1;
        place.get_mut(start..start + digits)?.copy_from_slice(zeros(digits).as_bytes());
    }
    Some(sha256_hex(&copy))
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len().max(1)).position(|window| window == needle)
}
