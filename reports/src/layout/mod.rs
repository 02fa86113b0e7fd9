//! From a document to pages of primitives, in one pass.
//!
//! Blocks become strips: unbreakable bands as wide as the column. The paginator stacks strips on
//! pages and keeps together what belongs together. A strip is never taller than a page, because every block knows
//! how to split itself into lines.

mod blocks;
mod cards;
mod composer;
mod contents;
mod cover;
mod figures;
mod furniture;
mod geometry;
mod missing;
mod paginate;
mod strip;
mod structure;
mod styles;
mod table_widths;
mod tables;

pub use geometry::Paper;
pub(crate) use structure::{Kid, Node, Structure};

use crate::diagnostics::Diagnostic;
use crate::document::Document;
use crate::scene::{Prim, TextRun, at};
use crate::text::Typesetter;
use composer::Composer;
use geometry::Geometry;
use paginate::paginate;
use std::collections::BTreeMap;

/// A page of primitives.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What is drawn, in reading order.
    pub prims: Vec<Prim>,
    /// The section that the page belongs to, for the running head. `None` leaves head and foot out.
    section: Option<String>,
}

/// A place in the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// The page, counted from 0.
    pub page: usize,
    /// The distance from the top of the page.
    pub y: f32,
}

/// An entry of the outline.
#[derive(Clone, Debug)]
pub(crate) struct OutlineEntry {
    /// 1 for sections, 2 for headings.
    pub level: u8,
    pub text: String,
    pub place: Place,
}

/// A document set on pages.
pub struct Laid {
    /// The pages.
    pub pages: Vec<Page>,
    /// Width of the pages in points.
    pub width: f32,
    /// Height of the pages in points.
    pub height: f32,
    pub(crate) structure: Structure,
    pub(crate) outline: Vec<OutlineEntry>,
    pub(crate) anchors: BTreeMap<String, Place>,
    /// What a careful author should know.
    pub diagnostics: Vec<Diagnostic>,
}

/// Sets a document on pages.
pub fn lay_out(set: &Typesetter, document: &Document, paper: Paper) -> Laid {
    let geometry = Geometry::of(paper);
    let mut composer = Composer::new(set, document, &geometry);
    let cover = document.cover.as_ref().map(|cover| composer.cover(cover));
    let cover_notes = composer.notes.len();
    for section in &document.sections {
        composer.section(section);
    }
    composer.missing_characters(cover.as_ref().map(|page| page.prims.as_slice()).unwrap_or_default());
    let composed = composer.finish();
    let mut laid = paginate(set, &geometry, cover, cover_notes, composed);
    index_anchors(&mut laid);
    resolve_page_numbers(set, &mut laid);
    furniture::decorate(set, document, &geometry, &mut laid);
    laid.diagnostics.extend(broken_links(&laid));
    laid
}

fn index_anchors(laid: &mut Laid) {
    for (page, content) in laid.pages.iter().enumerate() {
        for prim in &content.prims {
            if let Prim::Anchor { name, y } = prim {
                laid.anchors.entry(name.clone()).or_insert(Place { page, y: *y });
            }
        }
    }
}

/// Page numbers in the contents are set flush right and take no part in line breaking, so they can be filled in
/// when all pages are known.
fn resolve_page_numbers(set: &Typesetter, laid: &mut Laid) {
    for page in &mut laid.pages {
        for prim in &mut page.prims {
            let Prim::PageOf { anchor, right, face, size, color } = prim else { continue };
            let number = laid.anchors.get(anchor).map_or("?".to_owned(), |place| (place.page + 1).to_string());
            let mut run = TextRun { origin: *right, face: *face, size: *size, color: *color, glyphs: Vec::new() };
            for shaped in set.shape(*face, &number, true).iter() {
                run.glyphs.extend_from_slice(&shaped.glyphs);
            }
            run.origin = at(right.x - run.width(), right.y);
            *prim = Prim::Text(run);
        }
    }
}

fn broken_links(laid: &Laid) -> Vec<Diagnostic> {
    let mut broken: Vec<Diagnostic> = Vec::new();
    for prim in laid.pages.iter().flat_map(|page| &page.prims) {
        if let Prim::Link(link) = prim
            && let crate::document::Link::Anchor(anchor) = &link.to
            && !laid.anchors.contains_key(anchor)
        {
            let finding = Diagnostic::BrokenLink { anchor: anchor.clone() };
            if !broken.contains(&finding) {
                broken.push(finding);
            }
        }
    }
    broken
}
