//! The unit of pagination.

use crate::scene::{Area, ElementId, Prim};

/// An unbreakable band of the column. Its primitives are relative to its top left corner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strip {
    pub height: f32,
    /// Space above, dropped at the top of a page.
    pub space_before: f32,
    pub prims: Vec<Prim>,
    /// Never the last strip of its page, if that can be avoided.
    pub keep_with_next: bool,
    pub starts_page: bool,
    /// The footnotes that the strip refers to.
    pub notes: Vec<usize>,
    /// The table whose header is repeated when a page starts with this strip.
    pub table: Option<usize>,
    pub heading: Option<Heading>,
    /// Figures on the strip and their places.
    pub figures: Vec<(ElementId, Area)>,
}

/// A heading for the outline and the running head.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    /// 1 for sections, 2 for headings.
    pub level: u8,
    pub text: String,
    /// The running head, for sections.
    pub section: Option<String>,
}

impl Strip {
    /// Moves everything on the strip.
    pub(crate) fn shift(&mut self, dx: f32, dy: f32) {
        for prim in &mut self.prims {
            prim.shift(dx, dy);
        }
    }
}

/// The sum of the heights without spaces between.
pub(crate) fn total_height(strips: &[Strip]) -> f32 {
    strips.iter().map(|strip| strip.height).sum()
}

/// Keeps the first two and the last two lines of a paragraph together.
pub(crate) fn avoid_widows(lines: &mut [Strip]) {
    let count = lines.len();
    for (index, line) in lines.iter_mut().enumerate() {
        line.keep_with_next |= count > 1 && (index == 0 || index + 2 == count);
    }
}
