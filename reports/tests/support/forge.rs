//! Changes sealed PDFs the way a forger would: with every hash made to fit again.

use assay_reports::proof::Manifest;
use lopdf::{Document, Object, ObjectId, SaveOptions};
use sha2::{Digest, Sha256};

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The object of an attachment's content.
pub fn attachment(file: &Document, name: &str) -> ObjectId {
    let names = file.catalog().unwrap().get(b"Names").unwrap().as_dict().unwrap();
    let list = names.get(b"EmbeddedFiles").unwrap().as_dict().unwrap().get(b"Names").unwrap().as_array().unwrap();
    let pair = list.chunks_exact(2).find(|pair| pair[0].as_str().unwrap() == name.as_bytes()).unwrap();
    let specification = file.get_dictionary(pair[1].as_reference().unwrap()).unwrap();
    specification.get(b"EF").unwrap().as_dict().unwrap().get(b"F").unwrap().as_reference().unwrap()
}

/// The object of a page's content.
pub fn page(file: &Document, number: u32) -> ObjectId {
    let page = file.get_pages()[&number];
    file.get_dictionary(page).unwrap().get(b"Contents").unwrap().as_reference().unwrap()
}

pub fn plain(file: &Document, id: ObjectId) -> Vec<u8> {
    let stream = file.get_object(id).unwrap().as_stream().unwrap();
    stream.get_plain_content().unwrap()
}

pub fn replace(file: &mut Document, id: ObjectId, bytes: Vec<u8>, compress: bool) {
    let stream = file.get_object_mut(id).and_then(Object::as_stream_mut).unwrap();
    stream.dict.remove(b"Filter");
    stream.set_content(bytes);
    if compress {
        stream.compress().unwrap();
    }
}

pub fn save(file: &mut Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = SaveOptions::builder().use_object_streams(true).use_xref_streams(true).build();
    file.save_with_options(&mut bytes, options).unwrap();
    bytes
}

/// Writes the file with a manifest whose hashes all fit; a signature cannot be made to fit.
pub fn seal_again(file: &mut Document) -> Vec<u8> {
    let id = attachment(file, "manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&plain(file, id)).unwrap();
    for listed in &mut manifest.attachments {
        listed.sha256 = sha256(&plain(file, attachment(file, &listed.name)));
    }
    manifest.pages =
        (1..=file.get_pages().len() as u32).map(|number| sha256(&plain(file, page(file, number)))).collect();
    manifest.file_sha256 = "0".repeat(64);
    let signature = manifest.signature.replace("0".repeat(128)).filter(|_| manifest.public_key.is_some());
    manifest.signature = manifest.public_key.as_ref().map(|_| "0".repeat(128));
    let empty = serde_json::to_vec_pretty(&manifest).unwrap();
    replace(file, id, empty.clone(), false);
    let mut bytes = save(file);
    let at = bytes.windows(empty.len()).position(|window| window == empty).unwrap();
    manifest.file_sha256 = sha256(&bytes);
    manifest.signature = signature;
    let filled = serde_json::to_vec_pretty(&manifest).unwrap();
    bytes[at..at + empty.len()].copy_from_slice(&filled);
    bytes
}
