//! What a PDF carries to prove itself.
//!
//! A document rendered with attachments is sealed: it carries the attachments, its own content as `document.json`,
//! and `manifest.json` with the hash of each of them, of each page's content and of the file as a whole, optionally
//! signed with Ed25519.
//!
//! To verify a file: [`read`] it; each [`Finding`] is something that was changed after the file was written. Derive
//! the document again from the attachments (evaluate the study they hold, at the time in the document's `meta`), and
//! [`compare`]: it tells value by value what holds, and which pages do not show what the derived document says. A
//! seal without a signature can be forged by writing a whole new file, but not the comparison: what the pages say
//! must still follow from what is attached.

mod compare;
mod manifest;
mod read;
mod seal;
mod signing;

pub use compare::{Comparison, ValueDifference, compare};
pub use manifest::{Listed, Manifest};
pub use read::{Carried, Finding, ProofError, SignatureState, read};
pub use signing::{KeyError, PublicKeyError, SigningKey, public_key};

pub(crate) use manifest::{DOCUMENT, LOGO, MANIFEST, ManifestInput};
pub(crate) use read::page_hashes;
pub(crate) use seal::seal;
