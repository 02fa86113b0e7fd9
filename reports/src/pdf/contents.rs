//! Pages through printpdf, a few at a time: its operators take many times the memory of the content they stand for.

use super::finish::broken;
use super::fonts::EmbeddedFont;
use super::operators::{self, PageMarks};
use crate::error::ReportError;
use crate::layout::{Laid, Structure};
use crate::text::{Face, Typesetter};
use lopdf::Object;
use printpdf::{Mm, Op, PdfDocument, PdfPage, PdfSaveOptions, Pt, Rect};
use std::collections::BTreeMap;

/// How many pages are operators at the same time.
const GROUP: usize = 16;

/// What a file is made of besides its resources.
#[derive(Default)]
pub(super) struct Contents {
    /// The content stream of each page, uncompressed.
    pub streams: Vec<Vec<u8>>,
    /// The links of each page.
    pub links: Vec<Vec<Op>>,
    /// The marks of each page.
    pub marks: Vec<PageMarks>,
}

/// Writes the content of all pages and hangs it on the structure tree. The pages' primitives are used up.
pub(super) fn write(
    set: &Typesetter,
    laid: &mut Laid,
    fonts: &BTreeMap<Face, EmbeddedFont>,
    structure: &mut Structure,
    pdf: &mut PdfDocument,
) -> Result<Contents, ReportError> {
    let mut contents = Contents::default();
    let mut waiting = Vec::new();
    for index in 0..laid.pages.len() {
        let prims = laid.pages.get_mut(index).map(|page| std::mem::take(&mut page.prims)).unwrap_or_default();
        let content = operators::page_content(set, laid, index, &prims, fonts, structure, pdf);
        contents.links.push(content.links);
        contents.marks.push(content.marks);
        waiting.push(page(laid, content.operators));
        if waiting.len() == GROUP || index + 1 == laid.pages.len() {
            contents.streams.extend(streams(pdf, std::mem::take(&mut waiting))?);
        }
    }
    Ok(contents)
}

/// A page of that content.
pub(super) fn page(laid: &Laid, operators: Vec<Op>) -> PdfPage {
    let mut page = PdfPage::new(Mm(0.0), Mm(0.0), operators);
    let area = Rect::from_wh(Pt(laid.width), Pt(laid.height));
    page.media_box = area.clone();
    page.trim_box = area.clone();
    page.crop_box = area;
    page
}

/// How printpdf writes.
pub(super) fn save_options() -> PdfSaveOptions {
    PdfSaveOptions { optimize: true, subset_fonts: false, secure: true, image_optimization: None }
}

/// The content streams of a group of pages.
fn streams(pdf: &PdfDocument, pages: Vec<PdfPage>) -> Result<Vec<Vec<u8>>, ReportError> {
    let mut group = PdfDocument::new("");
    group.resources.fonts = pdf.resources.fonts.clone();
    group.with_pages(pages);
    let mut file = group.to_lopdf_document(&save_options(), &mut Vec::new());
    drop(group);
    let ids: Vec<lopdf::ObjectId> = file.page_iter().collect();
    let mut streams = Vec::new();
    for id in ids {
        let contents = file.get_dictionary(id).and_then(|page| page.get(b"Contents")).map_err(broken)?;
        let contents = contents.as_reference().map_err(broken)?;
        let Object::Stream(stream) = file.get_object_mut(contents).map_err(broken)? else { continue };
        streams.push(std::mem::take(&mut stream.content));
    }
    Ok(streams)
}
