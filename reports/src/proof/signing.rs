//! Ed25519 keys.

use super::manifest::{from_hex, hex};
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{Signature, Signer, VerifyingKey};

/// An author's private key.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

/// A key could not be read.
#[derive(Debug, thiserror::Error)]
#[error("this is no Ed25519 private key in PKCS#8 PEM ({0}); make one with `openssl genpkey -algorithm ed25519`")]
pub struct KeyError(String);

/// A public key could not be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "this is no Ed25519 public key: neither 64 hexadecimal digits nor a PEM file as `openssl pkey -in KEY.pem -pubout` \
     writes it"
)]
pub struct PublicKeyError;

/// Reads a public key, in hexadecimal or in PEM, and gives it in hexadecimal as documents name it.
///
/// # Errors
/// When the text is no such key.
pub fn public_key(text: &str) -> Result<String, PublicKeyError> {
    let text = text.trim();
    let bytes = match from_hex(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
        Some(bytes) => VerifyingKey::from_bytes(&bytes).map_err(|_| PublicKeyError)?,
        None => VerifyingKey::from_public_key_pem(text).map_err(|_| PublicKeyError)?,
    };
    Ok(hex(bytes.as_bytes()))
}

impl SigningKey {
    /// Reads a private key as `openssl genpkey -algorithm ed25519` writes it: PKCS#8 in PEM.
    ///
    /// # Errors
    /// When the text is no such key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(text).map(Self).map_err(|error| KeyError(error.to_string()))
    }

    /// The public key in hexadecimal, by which readers know the author.
    pub fn public_key(&self) -> String {
        hex(self.0.verifying_key().as_bytes())
    }

    pub(super) fn sign(&self, message: &[u8]) -> String {
        hex(&self.0.sign(message).to_bytes())
    }
}

/// Shows the public key only.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public_key())
    }
}

/// Whether a signature of a message was made with the private part of a public key.
pub(super) fn is_valid(public_key: &str, message: &[u8], signature: &str) -> bool {
    let key = from_hex(public_key).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let signature = from_hex(signature).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let (Some(key), Some(signature)) = (key, signature) else { return false };
    VerifyingKey::from_bytes(&key)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(&signature)).is_ok())
}
