//! A list of primitives with the usual shapes and single-line text.

use super::{Area, Color, Paint, Point, Prim, Role, Segment, Stroke, TextRun, at};
use crate::document::Align;
use crate::text::{Face, Typesetter};

/// A growing list of primitives.
pub struct Canvas<'a> {
    /// What was drawn so far.
    pub prims: Vec<Prim>,
    /// Fonts and colours.
    pub set: &'a Typesetter,
}

/// Single-line text: face, size, colour and letter-spacing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LabelStyle {
    pub face: Face,
    pub size: f32,
    pub color: Color,
    /// Extra space after each glyph in 1/1000 of the size.
    pub tracking: f32,
}

impl LabelStyle {
    pub(crate) const fn new(face: Face, size: f32, color: Color) -> Self {
        Self { face, size, color, tracking: 0.0 }
    }
}

/// Text is never set smaller than this part of its intended size; what still does not fit is shortened.
const SMALLEST_SHRINK: f32 = 0.84;

impl<'a> Canvas<'a> {
    /// An empty canvas.
    pub fn new(set: &'a Typesetter) -> Self {
        Self { prims: Vec::new(), set }
    }

    /// What follows is this to a screen reader.
    pub fn mark(&mut self, role: Role) {
        self.prims.push(Prim::Mark(role));
    }

    /// A filled rectangle.
    pub fn rect(&mut self, area: Area, color: Color) {
        self.prims.push(Prim::Rect { area, radius: 0.0, paint: Paint::fill(color) });
    }

    /// A rectangle with rounded corners.
    pub fn rounded(&mut self, area: Area, radius: f32, paint: Paint) {
        self.prims.push(Prim::Rect { area, radius, paint });
    }

    /// A straight line.
    pub fn line(&mut self, from: Point, to: Point, stroke: Stroke) {
        self.path(vec![Segment::Move(from), Segment::Line(to)], Paint::stroke(stroke));
    }

    /// A path.
    pub fn path(&mut self, segments: Vec<Segment>, paint: Paint) {
        self.prims.push(Prim::Path { segments, paint });
    }

    /// Straight lines through points, closed when filled. Fewer than two points draw nothing.
    pub fn polyline(&mut self, points: &[Point], paint: Paint) {
        let [first, rest @ ..] = points else { return };
        if rest.is_empty() {
            return;
        }
        let mut segments = vec![Segment::Move(*first)];
        segments.extend(rest.iter().map(|point| Segment::Line(*point)));
        if paint.fill.is_some() {
            segments.push(Segment::Close);
        }
        self.path(segments, paint);
    }

    /// A circle.
    pub fn circle(&mut self, center: Point, radius: f32, paint: Paint) {
        let handle = 0.552_284_8 * radius;
        let Point { x, y } = center;
        let quarter = |a, b, c| Segment::Curve(a, b, c);
        self.path(
            vec![
                Segment::Move(at(x + radius, y)),
                quarter(at(x + radius, y + handle), at(x + handle, y + radius), at(x, y + radius)),
                quarter(at(x - handle, y + radius), at(x - radius, y + handle), at(x - radius, y)),
                quarter(at(x - radius, y - handle), at(x - handle, y - radius), at(x, y - radius)),
                quarter(at(x + handle, y - radius), at(x + radius, y - handle), at(x + radius, y)),
                Segment::Close,
            ],
            paint,
        );
    }

    /// One line of text at a baseline; returns its width. Figures are tabular.
    pub(crate) fn label(&mut self, baseline: Point, text: &str, style: LabelStyle, align: Align) -> f32 {
        let runs = self.set.shape(style.face, text, true);
        let glyph_count: usize = runs.iter().map(|run| run.glyphs.len()).sum();
        let width = runs.iter().map(|run| run.advance).sum::<f32>() * style.size / 1000.0
            + glyph_count as f32 * style.tracking * style.size / 1000.0;
        let mut x = match align {
            Align::Left => baseline.x,
            Align::Center => baseline.x - width / 2.0,
            Align::Right => baseline.x - width,
        };
        for run in runs.iter() {
            let mut glyphs = run.glyphs.clone();
            for glyph in &mut glyphs {
                glyph.advance += style.tracking;
            }
            let text_run =
                TextRun { origin: at(x, baseline.y), face: run.face, size: style.size, color: style.color, glyphs };
            x += text_run.width();
            self.prims.push(Prim::Text(text_run));
        }
        width
    }

    /// One line of text that never exceeds `max_width`: it shrinks a little, then ends in an ellipsis.
    /// Returns its width.
    pub(crate) fn label_within(
        &mut self,
        baseline: Point,
        max_width: f32,
        text: &str,
        style: LabelStyle,
        align: Align,
    ) -> f32 {
        let natural = self.set.width(style.face, style.size, text);
        if natural <= max_width {
            return self.label(baseline, text, style, align);
        }
        let shrink = (max_width / natural).max(SMALLEST_SHRINK);
        let size = (style.size * shrink * 10.0).floor() / 10.0;
        let style = LabelStyle { size, ..style };
        match self.set.shorten(style.face, size, text, max_width) {
            Some(shown) => self.label(baseline, &shown, style, align),
            None => 0.0,
        }
    }
}
