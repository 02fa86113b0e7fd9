//! Pages as a PDF.
//!
//! printpdf writes pages and their operators; lopdf then adds what printpdf has no word for: the structure tree,
//! nested outlines, XMP metadata, an sRGB output intent, attachments and a file identifier made from the content.
//! The result claims PDF/A-2a (PDF/A-3a with attachments) and PDF/UA-1.
//!
//! What is known about printpdf 0.12.8 and worked around here: fonts are handed over already subset, since it does
//! not subset without its layout engine; resource names are given, since its own come from a global counter;
//! outlines, `PageMode`, conformance and dates are written by us, since its own are flat or invalid.

mod attachments;
mod contents;
mod finish;
mod fonts;
mod metadata;
mod objects;
mod operators;
mod outline;
mod tags;

use crate::brand::Brand;
use crate::diagnostics::Diagnostic;
use crate::document::Document;
use crate::error::ReportError;
use crate::layout::{Laid, Paper, lay_out};
use crate::proof::{DOCUMENT, LOGO, SigningKey, seal};
use crate::text::Typesetter;
use fonts::EmbeddedFont;
use printpdf::{PdfDocument, PdfPage, RawImage, RawImageData, RawImageFormat, XObject, XObjectId};

/// How a document becomes a PDF.
#[derive(Clone, Debug, Default)]
pub struct RenderOptions {
    /// The paper.
    pub paper: Paper,
    /// The look of the house that it is made for.
    pub brand: Brand,
    /// Files carried inside the PDF: the evidence. With any of them the file is sealed, see [`proof`](crate::proof).
    pub attachments: Vec<Attachment>,
    /// Signs the seal.
    pub signing_key: Option<SigningKey>,
}

/// A file carried inside a PDF.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// The file name, unique within the document.
    pub name: String,
    /// The media type, such as `application/json`.
    pub media_type: String,
    /// What it holds, for readers.
    pub description: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// A finished PDF.
#[derive(Clone, Debug)]
pub struct Pdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// What a careful author should know.
    pub diagnostics: Vec<Diagnostic>,
}

/// Sets a document and writes it as a PDF. The same document and options give the same bytes.
///
/// # Errors
/// When an attachment's name is empty, used twice or reserved, the logo is no usable PNG, the document's time is out
/// of range, or a shape is not finite.
pub fn render_pdf(document: &Document, options: &RenderOptions) -> Result<Pdf, ReportError> {
    attachments::check_names(&options.attachments)?;
    let (theme, findings) = options.brand.theme();
    let mut set = Typesetter::new(theme, document.language())?;
    set.logo = options.brand.logo()?;
    let mut laid = lay_out(&set, document, options.paper);
    laid.diagnostics.extend(findings);
    write(&set, document, laid, options)
}

/// What the file carries besides its pages: the evidence, and what is needed to render the document again.
fn carried(document: &Document, options: &RenderOptions) -> Result<Vec<Attachment>, ReportError> {
    if options.attachments.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = options.attachments.clone();
    all.push(Attachment {
        name: DOCUMENT.to_owned(),
        media_type: "application/json".to_owned(),
        description: "The content of this document as data".to_owned(),
        bytes: serde_json::to_vec(document).map_err(|error| ReportError::Pdf(error.to_string()))?,
    });
    all.extend(options.brand.logo_png.clone().map(|bytes| Attachment {
        name: LOGO.to_owned(),
        media_type: "image/png".to_owned(),
        description: "The logo on the pages".to_owned(),
        bytes,
    }));
    Ok(all)
}

fn write(set: &Typesetter, document: &Document, mut laid: Laid, options: &RenderOptions) -> Result<Pdf, ReportError> {
    let attachments = carried(document, options)?;
    if let Some(page) = laid.pages.iter().position(|page| !page.prims.iter().all(crate::scene::Prim::is_finite)) {
        return Err(ReportError::NotFinite { page: page + 1 });
    }
    let mut pdf = PdfDocument::new(&document.meta.title);
    let fonts = fonts::embed(set, &laid.pages, &mut pdf)?;
    let mut structure = std::mem::take(&mut laid.structure);
    let contents = contents::write(set, &mut laid, &fonts, &mut structure, &mut pdf)?;
    // The links, and on the first page a specimen of the fonts until the pages get their content.
    let mut pages: Vec<PdfPage> = contents.links.into_iter().map(|links| contents::page(&laid, links)).collect();
    if let Some(first) = pages.first_mut() {
        first.ops.extend(fonts.values().flat_map(EmbeddedFont::specimen));
    }
    pdf.with_pages(pages);
    if let Some(logo) = &set.logo {
        let image = RawImage {
            pixels: RawImageData::U8(logo.rgb.clone()),
            width: logo.width,
            height: logo.height,
            data_format: RawImageFormat::RGB8,
            tag: Vec::new(),
        };
        pdf.resources.xobjects.map.insert(XObjectId(operators::LOGO_ID.to_owned()), XObject::Image(image));
    }
    let mut file = pdf.to_lopdf_document(&contents::save_options(), &mut Vec::new());
    drop(pdf);
    let marks = contents.marks;
    let parts = finish::Parts { set, document, laid: &laid, marks, options, attachments: &attachments };
    let manifest = finish::finish(&mut file, &parts, structure, contents.streams)?;
    let mut bytes = Vec::new();
    let save = lopdf::SaveOptions::builder()
        .use_object_streams(true)
        .use_xref_streams(true)
        .max_objects_per_stream(200)
        .compression_level(9)
        .build();
    file.save_with_options(&mut bytes, save).map_err(|error| ReportError::Pdf(error.to_string()))?;
    if let Some(manifest) = manifest {
        seal(&mut bytes, manifest, options.signing_key.as_ref())?;
    }
    Ok(Pdf { bytes, pages: laid.pages.len(), diagnostics: laid.diagnostics })
}
