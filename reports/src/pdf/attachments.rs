//! Files carried inside the PDF (PDF/A-3 associated files).

use super::finish::{Parts, broken};
use super::objects::{name, text};
use super::{Attachment, metadata};
use crate::error::ReportError;
use crate::proof::{DOCUMENT, LOGO, MANIFEST};
use lopdf::{Object, ObjectId, Stream, dictionary};
use std::collections::BTreeSet;

/// Names are how readers and `assay verify` find attachments.
pub(super) fn check_names(attachments: &[Attachment]) -> Result<(), ReportError> {
    let mut known: BTreeSet<&str> = [DOCUMENT, MANIFEST, LOGO].into();
    for attachment in attachments {
        if attachment.name.is_empty() || !known.insert(attachment.name.as_str()) {
            return Err(ReportError::AttachmentName(attachment.name.clone()));
        }
    }
    Ok(())
}

pub(super) fn write(
    file: &mut lopdf::Document,
    parts: &Parts<'_>,
    attachments: &[Attachment],
    catalog: ObjectId,
) -> Result<(), ReportError> {
    let date = metadata::dates(parts.document.meta.prepared_unix_secs)?.pdf;
    // A name tree must be sorted.
    let mut sorted: Vec<&Attachment> = attachments.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut names = Vec::new();
    let mut associated = Vec::new();
    for attachment in sorted {
        let content = dictionary! {
            "Type" => name("EmbeddedFile"),
            "Subtype" => name(&attachment.media_type),
            "Params" => dictionary! { "Size" => attachment.bytes.len() as i64, "ModDate" => text(&date) }
        };
        let mut stream = Stream::new(content, attachment.bytes.clone());
        // The seal is written into the manifest when the file is complete.
        stream.allows_compression = attachment.name != MANIFEST;
        let stream = file.add_object(stream);
        let specification = file.add_object(dictionary! {
            "Type" => name("Filespec"),
            "F" => text(&attachment.name),
            "UF" => text(&attachment.name),
            "Desc" => text(&attachment.description),
            "AFRelationship" => name("Data"),
            "EF" => dictionary! { "F" => stream, "UF" => stream }
        });
        names.push(text(&attachment.name));
        names.push(Object::Reference(specification));
        associated.push(Object::Reference(specification));
    }
    let catalog = file.get_dictionary_mut(catalog).map_err(broken)?;
    catalog.set("AF", associated);
    catalog.set("Names", dictionary! { "EmbeddedFiles" => dictionary! { "Names" => names } });
    Ok(())
}
