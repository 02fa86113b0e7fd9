//! The unit of pagination.

use crate::charts::Chart;
use crate::scene::{Area, ElementId, Prim, Role, Size};
use crate::text::Typesetter;
use std::rc::Rc;

/// An unbreakable band of the column. Its primitives are relative to its top left corner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strip {
    pub height: f32,
    /// Space above, dropped at the top of a page.
    pub space_before: f32,
    pub prims: Vec<Prim>,
    /// Never the last strip of its page, if that can be avoided.
    pub keep_with_next: bool,
    /// The first of a section, which begins a page, or below a short section where there is room.
    pub starts_page: bool,
    /// Begins a page in any case.
    pub opens_page: bool,
    /// The footnotes that the strip refers to.
    pub notes: Vec<usize>,
    /// The table whose header is repeated when a page starts with this strip.
    pub table: Option<usize>,
    pub heading: Option<Heading>,
    /// Figures on the strip and their places.
    pub figures: Vec<(ElementId, Area)>,
    /// The drawing of a figure that may be set lower.
    pub drawing: Option<Drawing>,
}

/// A chart on a strip of its own.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    pub chart: Rc<Chart>,
    pub element: ElementId,
    pub area: Area,
}

impl Drawing {
    fn prims(&self, set: &Typesetter) -> Vec<Prim> {
        let size = Size { width: self.area.width, height: self.area.height };
        let mut prims = vec![Prim::Mark(Role::Element(self.element))];
        prims.extend(self.chart.draw(set, size).into_iter().map(|mut prim| {
            prim.shift(self.area.x, self.area.y);
            prim
        }));
        prims
    }

    /// How much lower it may be.
    fn slack(&self) -> f32 {
        self.area.height * (1.0 - self.chart.least_height())
    }
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
    /// Puts a drawing on the strip.
    pub(crate) fn draw(&mut self, set: &Typesetter, drawing: &Drawing) {
        self.prims.append(&mut drawing.prims(set));
        self.figures.push((drawing.element, drawing.area));
    }

    /// Sets the drawing lower by `missing`; `false` where it would become too low.
    pub(crate) fn lower(&mut self, set: &Typesetter, missing: f32) -> bool {
        let Some(mut drawing) = self.drawing.take_if(|drawing| missing <= drawing.slack()) else { return false };
        drawing.area.height -= missing;
        self.height -= missing;
        self.prims.clear();
        self.figures.clear();
        self.draw(set, &drawing);
        true
    }

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
