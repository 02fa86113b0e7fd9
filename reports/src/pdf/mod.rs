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
mod finish;
mod fonts;
mod metadata;
mod objects;
mod operators;
mod outline;
mod tags;

use crate::diagnostics::Diagnostic;
use crate::document::Document;
use crate::error::ReportError;
use crate::layout::{Laid, Paper, lay_out};
use crate::text::Typesetter;
use crate::theme::Theme;
use printpdf::{Mm, PdfDocument, PdfPage, PdfSaveOptions, Pt, Rect};

/// How a document becomes a PDF.
#[derive(Clone, Debug, Default)]
pub struct RenderOptions {
    /// The paper.
    pub paper: Paper,
    /// Files carried inside the PDF.
    pub attachments: Vec<Attachment>,
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
/// When an attachment's name is empty or used twice, the document's time is out of range, or a shape is not finite.
pub fn render_pdf(document: &Document, options: &RenderOptions) -> Result<Pdf, ReportError> {
    attachments::check_names(&options.attachments)?;
    let set = Typesetter::new(Theme::default(), document.language())?;
    let laid = lay_out(&set, document, options.paper);
    write(&set, document, laid, &options.attachments)
}

fn write(set: &Typesetter, document: &Document, laid: Laid, attachments: &[Attachment]) -> Result<Pdf, ReportError> {
    if let Some(page) = laid.pages.iter().position(|page| !page.prims.iter().all(crate::scene::Prim::is_finite)) {
        return Err(ReportError::NotFinite { page: page + 1 });
    }
    let mut pdf = PdfDocument::new(&document.meta.title);
    let fonts = fonts::embed(set, &laid.pages, &mut pdf)?;
    let mut structure = laid.structure.clone();
    let mut marks = Vec::new();
    let mut pages = Vec::new();
    for index in 0..laid.pages.len() {
        let content = operators::page_content(set, &laid, index, &fonts, &mut structure, &mut pdf);
        marks.push(content.marks);
        let mut page = PdfPage::new(Mm(0.0), Mm(0.0), content.operators);
        let area = Rect::from_wh(Pt(laid.width), Pt(laid.height));
        page.media_box = area.clone();
        page.trim_box = area.clone();
        page.crop_box = area;
        pages.push(page);
    }
    pdf.with_pages(pages);
    let options = PdfSaveOptions { optimize: true, subset_fonts: false, secure: true, image_optimization: None };
    let mut file = pdf.to_lopdf_document(&options, &mut Vec::new());
    finish::finish(&mut file, &finish::Parts { set, document, laid: &laid, structure, marks, attachments })?;
    let mut bytes = Vec::new();
    let save = lopdf::SaveOptions::builder()
        .use_object_streams(true)
        .use_xref_streams(true)
        .max_objects_per_stream(200)
        .compression_level(9)
        .build();
    file.save_with_options(&mut bytes, save).map_err(|error| ReportError::Pdf(error.to_string()))?;
    Ok(Pdf { bytes, pages: laid.pages.len(), diagnostics: laid.diagnostics })
}
