//! What printpdf leaves out.

use super::objects::{name, text};
use super::operators::PageMarks;
use super::{Attachment, RenderOptions, attachments, metadata, outline, tags};
use crate::document::Document;
use crate::error::ReportError;
use crate::layout::{Laid, Structure};
use crate::proof::{MANIFEST, Manifest, ManifestInput, SigningKey, page_hashes};
use crate::text::{Face, Typesetter};
use lopdf::{Dictionary, Object, ObjectId, StringFormat, dictionary};
use sha2::{Digest, Sha256};

/// Everything that is needed besides the file.
pub(super) struct Parts<'a> {
    pub set: &'a Typesetter,
    pub document: &'a Document,
    pub laid: &'a Laid,
    /// The marks of each page.
    pub marks: Vec<PageMarks>,
    pub options: &'a RenderOptions,
    /// Everything that the file carries but the manifest.
    pub attachments: &'a [Attachment],
}

/// Completes the file; returns the manifest to seal it with, when it carries attachments.
pub(super) fn finish(
    file: &mut lopdf::Document,
    parts: &Parts<'_>,
    structure: Structure,
    contents: Vec<Vec<u8>>,
) -> Result<Option<Manifest>, ReportError> {
    // Object streams need 1.5, PDF/A-2 is based on 1.7.
    file.version = "1.7".to_owned();
    let pages: Vec<ObjectId> = file.page_iter().collect();
    let catalog = file.trailer.get(b"Root").and_then(Object::as_reference).map_err(broken)?;
    let links = complete_pages(file, parts, &pages)?;
    tags::write(file, parts, structure, catalog, &pages, &links)?;
    outline::write(file, parts.laid, catalog, &pages)?;
    metadata::write(file, parts, catalog)?;
    correct_font_descriptors(file, parts.set);
    set_contents(file, &pages, contents)?;
    let manifest = attach(file, parts, catalog)?;
    for object in file.objects.values_mut() {
        if let Object::Stream(stream) = object
            && stream.allows_compression
        {
            stream.compress().map_err(broken)?;
        }
    }
    set_identifier(file);
    Ok(manifest)
}

/// Attaches what the file carries, and a manifest of it.
fn attach(file: &mut lopdf::Document, parts: &Parts<'_>, catalog: ObjectId) -> Result<Option<Manifest>, ReportError> {
    if parts.attachments.is_empty() {
        return Ok(None);
    }
    let manifest = Manifest::unfilled(ManifestInput {
        paper: parts.options.paper,
        brand: &parts.options.brand,
        attachments: parts.attachments,
        pages: page_hashes(file),
        public_key: parts.options.signing_key.as_ref().map(SigningKey::public_key),
    });
    let mut all = parts.attachments.to_vec();
    all.push(Attachment {
        name: MANIFEST.to_owned(),
        media_type: "application/json".to_owned(),
        description: "Hashes of the pages, the attachments and the file".to_owned(),
        bytes: manifest.to_bytes()?,
    });
    attachments::write(file, parts, &all, catalog)?;
    Ok(Some(manifest))
}

pub(super) fn broken(error: lopdf::Error) -> ReportError {
    ReportError::Pdf(error.to_string())
}

/// The link annotations of each page: object, key in the parent tree, element.
pub(super) type Links = Vec<Vec<(ObjectId, i64, usize)>>;

/// Annotations become objects of their own with what PDF/A and PDF/UA ask of them.
fn complete_pages(file: &mut lopdf::Document, parts: &Parts<'_>, pages: &[ObjectId]) -> Result<Links, ReportError> {
    let mut next_key = pages.len() as i64;
    let mut links = Links::new();
    for (index, (page, marks)) in pages.iter().zip(&parts.marks).enumerate() {
        let annotations = match file.get_dictionary(*page).map_err(broken)?.get(b"Annots") {
            Ok(Object::Array(annotations)) => annotations.clone(),
            _ => Vec::new(),
        };
        let mut of_page = Vec::new();
        for (annotation, (element, description)) in annotations.into_iter().zip(&marks.links) {
            let Object::Dictionary(mut dictionary) = annotation else { continue };
            dictionary.remove(b"C");
            dictionary.set("F", 4i64);
            dictionary.set("P", *page);
            dictionary.set("Border", vec![0.into(), 0.into(), 0.into()]);
            dictionary.set("Contents", text(description));
            dictionary.set("StructParent", next_key);
            of_page.push((file.add_object(dictionary), next_key, *element));
            next_key += 1;
        }
        let dictionary = file.get_dictionary_mut(*page).map_err(broken)?;
        if of_page.is_empty() {
            dictionary.remove(b"Annots");
        } else {
            let references: Vec<Object> = of_page.iter().map(|link| Object::Reference(link.0)).collect();
            dictionary.set("Annots", references);
        }
        dictionary.set("StructParents", index as i64);
        dictionary.set("Tabs", name("S"));
        dictionary.set("Group", dictionary! { "S" => name("Transparency"), "CS" => name("DeviceRGB") });
        links.push(of_page);
    }
    Ok(links)
}

/// printpdf states the ascent as the height of capitals.
fn correct_font_descriptors(file: &mut lopdf::Document, set: &Typesetter) {
    for object in file.objects.values_mut() {
        let Object::Dictionary(dictionary) = object else { continue };
        let Some(face) = described_face(dictionary) else { continue };
        let data = set.face(face);
        dictionary.set("CapHeight", data.cap_height.round() as i64);
        dictionary.set("XHeight", data.x_height.round() as i64);
    }
}

fn described_face(dictionary: &Dictionary) -> Option<Face> {
    let kind = dictionary.get(b"Type").and_then(Object::as_name).ok()?;
    if kind != b"FontDescriptor" {
        return None;
    }
    let font_name = dictionary.get(b"FontName").and_then(Object::as_name).ok()?;
    Face::ALL.into_iter().find(|face| font_name.ends_with(face.postscript_name().as_bytes()))
}

/// Gives the pages their content. printpdf writes a string for each glyph: `<0001><0002>` becomes `<00010002>`.
fn set_contents(file: &mut lopdf::Document, pages: &[ObjectId], contents: Vec<Vec<u8>>) -> Result<(), ReportError> {
    for (page, content) in pages.iter().zip(contents) {
        let stream = file.get_dictionary(*page).and_then(|page| page.get(b"Contents")).map_err(broken)?;
        let stream = stream.as_reference().map_err(broken)?;
        if let Ok(Object::Stream(stream)) = file.get_object_mut(stream) {
            stream.set_content(merged(&content));
        }
    }
    Ok(())
}

fn merged(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some((first, tail)) = rest.split_first() {
        // `>><<` closes and opens dictionaries and is left alone.
        let between_strings =
            *first == b'>' && tail.first() == Some(&b'<') && tail.get(1) != Some(&b'<') && out.last() != Some(&b'>');
        if between_strings {
            rest = tail.get(1..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

/// An identifier made from the content, so that equal documents are equal files.
fn set_identifier(file: &mut lopdf::Document) {
    let mut hash = Sha256::new();
    // Pages, fonts, attachments and the metadata with title and time are streams.
    for stream in file.objects.values().filter_map(|object| object.as_stream().ok()) {
        hash.update((stream.content.len() as u64).to_le_bytes());
        hash.update(&stream.content);
    }
    let identifier = Object::String(hash.finalize().iter().copied().take(16).collect(), StringFormat::Hexadecimal);
    file.trailer.set("ID", Object::Array(vec![identifier.clone(), identifier]));
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn neighbouring_strings_merge_and_dictionaries_do_not() {
        assert_eq!(merged(b"[<0001><0002> 5 <0003>] TJ"), b"[<00010002> 5 <0003>] TJ");
        assert_eq!(merged(b"<< /A <<>> >><< >>"), b"<< /A <<>> >><< >>");
    }
}
