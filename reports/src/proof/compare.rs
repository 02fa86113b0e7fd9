//! A document as the PDF states it against the same document derived again.

use super::manifest::{MADE_WITH, Manifest, sha256_hex};
use super::read::{Carried, page_hashes, plain};
use crate::brand::Brand;
use crate::document::{Document, Values};
use crate::error::ReportError;
use crate::pdf::{RenderOptions, render_pdf};
use crate::scene::Color;
use lopdf::{Object, ObjectId};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What holds of a PDF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// How many numbers the document states.
    pub values: usize,
    /// The numbers that do not hold.
    pub different_values: Vec<ValueDifference>,
    /// Where else the content differs, such as `/sections/3/blocks/1/table/rows/0`: text, and the data of charts.
    pub different_content: Vec<String>,
    /// The pages, counted from 1, whose content is not that of the derived document.
    pub different_pages: Vec<usize>,
    /// How many other parts of the file differ, such as fonts, links, reading order or metadata.
    pub different_parts: usize,
    /// The program that set the pages, when it is another version than this one; pages and parts may differ for that
    /// reason alone, and are then proven by the hashes of the manifest only.
    pub other_version: Option<String>,
}

/// A number that the document states and the evidence does not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueDifference {
    /// The number's name.
    pub id: String,
    /// What the PDF says, where it has that number.
    pub stated: Option<String>,
    /// What the evidence gives, where it gives that number.
    pub derived: Option<String>,
}

impl Comparison {
    /// Whether the PDF says exactly what the evidence gives, and shows nothing else.
    pub fn holds(&self) -> bool {
        let content = self.different_values.is_empty() && self.different_content.is_empty();
        let look = self.different_pages.is_empty() && self.different_parts == 0;
        content && (look || self.other_version.is_some())
    }
}

/// Compares a PDF, from which `carried` was read, with a document derived again from its attachments.
///
/// # Errors
/// When the derived document cannot be rendered or the PDF cannot be read.
pub fn compare(pdf: &[u8], carried: &Carried, derived: &Document) -> Result<Comparison, ReportError> {
    let color = |text: &Option<String>| text.as_deref().and_then(Color::from_hex);
    let brand = Brand {
        primary: color(&carried.manifest.brand_primary),
        accent: color(&carried.manifest.brand_accent),
        logo_png: carried.logo_png.clone(),
    };
    let attachments = carried.attachments.clone();
    let options = RenderOptions { paper: carried.manifest.paper, brand, attachments, signing_key: None };
    let fresh = render_pdf(derived, &options)?.bytes;
    let load = |bytes: &[u8]| lopdf::Document::load_mem(bytes).map_err(|error| ReportError::Pdf(error.to_string()));
    let (stated_file, derived_file) = (load(pdf)?, load(&fresh)?);
    let (stated_pages, derived_pages) = (page_hashes(&stated_file), page_hashes(&derived_file));
    let different_pages = (0..stated_pages.len().max(derived_pages.len()))
        .filter(|index| stated_pages.get(*index) != derived_pages.get(*index))
        .map(|index| index + 1)
        .collect();
    let mut different_content = Vec::new();
    let content = |document: &Document| {
        let mut value = serde_json::to_value(document).unwrap_or_default();
        value.as_object_mut().map(|fields| fields.remove("values"));
        value
    };
    differences(&content(&carried.document), &content(derived), "", &mut different_content);
    Ok(Comparison {
        values: carried.document.values.len(),
        different_values: value_differences(&carried.document.values, &derived.values),
        different_content,
        different_pages,
        different_parts: different_parts(&stated_file, &derived_file),
        other_version: (carried.manifest.made_with != MADE_WITH).then(|| carried.manifest.made_with.clone()),
    })
}

fn value_differences(stated: &Values, derived: &Values) -> Vec<ValueDifference> {
    let ids: BTreeSet<_> = stated.iter().chain(derived.iter()).map(|(id, _)| id).collect();
    let different = ids.into_iter().filter(|id| stated.get(id) != derived.get(id));
    different
        .map(|id| {
            let shown = |values: &Values| values.get(id).map(|value| value.text.clone());
            ValueDifference { id: id.as_str().to_owned(), stated: shown(stated), derived: shown(derived) }
        })
        .collect()
}

/// The paths at which two JSON values differ, as JSON pointers.
fn differences(stated: &Value, derived: &Value, path: &str, found: &mut Vec<String>) {
    match (stated, derived) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let part = |fields: &serde_json::Map<String, Value>| fields.get(key).cloned().unwrap_or_default();
                differences(&part(a), &part(b), &format!("{path}/{key}"), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{path}/{index}"), found);
            }
        }
        (a, b) if a == b => {}
        _ => found.push(path.to_owned()),
    }
}

/// How many objects besides the pages' contents and the manifest differ.
fn different_parts(stated: &lopdf::Document, derived: &lopdf::Document) -> usize {
    let (stated, derived) = (parts(stated), parts(derived));
    let ids: BTreeSet<_> = stated.keys().chain(derived.keys()).collect();
    ids.into_iter().filter(|id| stated.get(id) != derived.get(id)).count()
}

/// The hash of each object. What only says how the file is packed is left out, and so is the manifest, which differs
/// by the signature.
fn parts(file: &lopdf::Document) -> BTreeMap<ObjectId, String> {
    let contents: BTreeSet<ObjectId> = file
        .get_pages()
        .into_values()
        .filter_map(|page| file.get_dictionary(page).ok()?.get(b"Contents").ok()?.as_reference().ok())
        .collect();
    let mut parts = BTreeMap::new();
    for (id, object) in &file.objects {
        let hash = match object {
            Object::Stream(stream) => {
                let kind = stream.dict.get(b"Type").and_then(Object::as_name).unwrap_or_default();
                let is_manifest = kind == b"EmbeddedFile"
                    && plain(stream).is_some_and(|bytes| serde_json::from_slice::<Manifest>(&bytes).is_ok());
                if contents.contains(id) || is_manifest || matches!(kind, b"ObjStm" | b"XRef") {
                    continue;
                }
                let mut dictionary = stream.dict.clone();
                for key in [b"Length".as_slice(), b"Filter", b"DecodeParms"] {
                    dictionary.remove(key);
                }
                format!("{dictionary:?}{}", sha256_hex(&plain(stream).unwrap_or_default()))
            }
            object => format!("{object:?}"),
        };
        parts.insert(*id, hash);
    }
    parts
}
