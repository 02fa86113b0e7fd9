//! What the file says about itself: information dictionary, XMP, output intent, viewer preferences.

use super::finish::{Parts, broken};
use super::objects::{name, text};
use crate::document::Meta;
use crate::error::ReportError;
use crate::svg::escape;
use lopdf::{Object, ObjectId, Stream, dictionary};
use sha2::{Digest, Sha256};

/// The program that made the file, without a version: the content decides about the bytes, not the build.
const PRODUCER: &str = "Assay (printpdf 0.12.8)";

/// A 736 byte sRGB profile in the public domain (CC0): `sRGB-v2-magic` of saucecontrol/Compact-ICC-Profiles.
const SRGB_PROFILE: &[u8] = include_bytes!("srgb-v2-magic.icc");

/// A time in the two notations that a PDF needs.
pub(super) struct Dates {
    /// `2026-11-20T08:00:00+00:00`.
    pub xmp: String,
    /// `D:20261120080000+00'00'`.
    pub pdf: String,
}

pub(super) fn dates(unix_secs: i64) -> Result<Dates, ReportError> {
    let time = jiff::Timestamp::from_second(unix_secs)
        .map_err(|error| ReportError::Time { unix_secs, reason: error.to_string() })?
        .to_zoned(jiff::tz::TimeZone::UTC);
    let (date, clock) = (time.date(), time.time());
    let (year, month, day) = (date.year(), date.month(), date.day());
    let (hour, minute, second) = (clock.hour(), clock.minute(), clock.second());
    Ok(Dates {
        xmp: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00"),
        pdf: format!("D:{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}+00'00'"),
    })
}

pub(super) fn write(file: &mut lopdf::Document, parts: &Parts<'_>, catalog: ObjectId) -> Result<(), ReportError> {
    let meta = &parts.document.meta;
    let dates = dates(meta.prepared_unix_secs)?;
    // PDF/A-3 is PDF/A-2 with attachments of any kind.
    let part = if parts.attachments.is_empty() { 2 } else { 3 };
    let mut stream = Stream::new(
        dictionary! { "Type" => name("Metadata"), "Subtype" => name("XML") },
        xmp(meta, &dates, part).into_bytes(),
    );
    stream.allows_compression = false;
    let xmp = file.add_object(stream);
    let profile = file.add_object(Stream::new(dictionary! { "N" => 3i64 }, SRGB_PROFILE.to_vec()));
    let intent = dictionary! {
        "Type" => name("OutputIntent"),
        "S" => name("GTS_PDFA1"),
        "OutputConditionIdentifier" => text("sRGB"),
        "Info" => text("sRGB IEC61966-2.1"),
        "DestOutputProfile" => profile
    };
    let dictionary = file.get_dictionary_mut(catalog).map_err(broken)?;
    dictionary.set("Metadata", xmp);
    dictionary.set("Lang", text(&meta.language));
    dictionary.set("PageLayout", name("SinglePage"));
    dictionary.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    dictionary.set("OutputIntents", vec![Object::Dictionary(intent)]);
    let decimal = Object::Dictionary(dictionary! { "S" => name("D") });
    dictionary.set("PageLabels", dictionary! { "Nums" => vec![0.into(), decimal] });
    let information = file.trailer.get(b"Info").and_then(Object::as_reference).map_err(broken)?;
    file.set_object(
        information,
        dictionary! {
            "Title" => text(&meta.title),
            "Author" => text(&meta.author),
            "Subject" => text(&meta.subject),
            "Keywords" => text(&meta.keywords.join(", ")),
            "Creator" => text(PRODUCER),
            "Producer" => text(PRODUCER),
            "CreationDate" => text(&dates.pdf),
            "ModDate" => text(&dates.pdf)
        },
    );
    Ok(())
}

/// The name of the document: the same title, evidence and time make the same document.
fn document_id(meta: &Meta) -> String {
    let evidence = meta.evidence_hash.as_deref().unwrap_or_default();
    let hash = Sha256::digest(format!("{}|{evidence}|{}", meta.title, meta.prepared_unix_secs));
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("uuid:{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn xmp(meta: &Meta, dates: &Dates, part: u8) -> String {
    let clean = |text: &str| escape(&text.replace(|c: char| c.is_control(), " "));
    let (title, author, subject) = (clean(&meta.title), clean(&meta.author), clean(&meta.subject));
    let (language, keywords) = (clean(&meta.language), clean(&meta.keywords.join(", ")));
    let (date, id) = (&dates.xmp, document_id(meta));
    format!(
        concat!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n",
            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n",
            "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
            " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\"",
            " xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\">",
            "<dc:format>application/pdf</dc:format>",
            "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>",
            "<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>",
            "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{subject}</rdf:li></rdf:Alt></dc:description>",
            "<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>",
            "<xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>",
            "<xmp:MetadataDate>{date}</xmp:MetadataDate><xmp:CreatorTool>{producer}</xmp:CreatorTool>",
            "<pdf:Producer>{producer}</pdf:Producer><pdf:Keywords>{keywords}</pdf:Keywords>",
            "<xmpMM:DocumentID>{id}</xmpMM:DocumentID></rdf:Description>\n",
            "<rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">",
            "<pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance></rdf:Description>\n",
            "<rdf:Description rdf:about=\"\" xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\">",
            "<pdfuaid:part>1</pdfuaid:part></rdf:Description>\n",
            "{schema}</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
        ),
        title = title,
        author = author,
        subject = subject,
        language = language,
        date = date,
        producer = PRODUCER,
        keywords = keywords,
        id = id,
        part = part,
        schema = UA_SCHEMA
    )
}

/// PDF/A asks for a description of every schema that it does not know, and it does not know that of PDF/UA.
const UA_SCHEMA: &str = concat!(
    "<rdf:Description rdf:about=\"\" xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\"",
    " xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\"",
    " xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">",
    "<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">",
    "<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>",
    "<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>",
    "<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>",
    "<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType=\"Resource\">",
    "<pdfaProperty:category>internal</pdfaProperty:category>",
    "<pdfaProperty:description>PDF/UA version identifier</pdfaProperty:description>",
    "<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>",
    "</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>\n"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_both_notations() {
        let dates = dates(1_795_161_600).unwrap();
        assert_eq!(dates.pdf, "D:20261120080000+00'00'");
        assert_eq!(dates.xmp, "2026-11-20T08:00:00+00:00");
        assert!(super::dates(i64::MAX).is_err());
    }
}
