//! What charts of horizontal rows share: names at the left, a scale below, figures at the right ends.

use super::axis::Linear;
use super::frame::{self, FIGURES};
use super::{Quantity, known};
use crate::document::Align;
use crate::scene::{Area, Canvas, LabelStyle, Paint, Size, Stroke, at};
use crate::text::Face;

/// The texts of a row.
pub(super) struct RowText {
    /// What it stands for.
    pub label: String,
    /// What is written at its end.
    pub figure: String,
    /// Whether the text of the document talks about it.
    pub strong: bool,
}

/// Rows laid out under each other.
pub(super) struct Rows<'a> {
    texts: &'a [RowText],
    pub plot: Area,
    scale: Linear,
    pitch: f32,
    /// How many rows are drawn; the others are only counted.
    pub shown: usize,
    size: Size,
}

/// How rows are laid out.
pub(super) struct RowFrame<'a> {
    /// Where the drawing begins below the top.
    pub top: f32,
    /// The least height of a row.
    pub least: f32,
    pub quantity: &'a Quantity,
    pub axis: &'a str,
}

impl<'a> Rows<'a> {
    /// Draws names, grid, axis and the count of rows that do not fit. `values` are what the scale covers besides zero.
    pub(super) fn draw(
        canvas: &mut Canvas<'_>,
        size: Size,
        texts: &'a [RowText],
        values: impl Iterator<Item = f64>,
        frame: &RowFrame<'_>,
    ) -> Self {
        let names = frame::widest(canvas, name_style(canvas, true), texts.iter().map(|row| row.label.clone()));
        let left = (names + 10.0).min(size.width * 0.42);
        let figures = frame::widest(canvas, figure_style(canvas, false), texts.iter().map(|row| row.figure.clone()));
        let right = (figures + 10.0).min(size.width * 0.3);
        let height = (size.height - frame.top - 26.0).max(10.0);
        let plot = Area::new(left, frame.top, (size.width - left - right).max(20.0), height);
        let scale = Linear::with_zero(values, 5);
        frame::vertical_grid(canvas, plot, &scale, frame.quantity);
        let words = canvas.set.language.words();
        let (shown, rest) = frame::rows_that_fit(texts.len(), plot.height, frame.least, words);
        let pitch = plot.height / (shown + usize::from(rest.is_some())).max(1) as f32;
        let rows = Self { texts, plot, scale, pitch, shown, size };
        for (index, row) in texts.iter().take(shown).enumerate() {
            rows.name(canvas, index, &row.label, row.strong);
        }
        if let Some(rest) = rest {
            rows.name(canvas, shown, &rest, false);
        }
        let style = frame::axis_style(canvas);
        canvas.label_within(at(plot.x, size.height - 2.0), size.width - plot.x, frame.axis, style, Align::Left);
        rows
    }

    fn name(&self, canvas: &mut Canvas<'_>, index: usize, text: &str, strong: bool) {
        let style = name_style(canvas, strong);
        let baseline = at(self.plot.x - 6.0, self.middle(index) + 2.6);
        canvas.label_within(baseline, self.plot.x - 8.0, text, style, Align::Right);
    }

    /// The vertical middle of a row.
    pub(super) fn middle(&self, index: usize) -> f32 {
        self.plot.y + self.pitch * (index as f32 + 0.5)
    }

    /// The height of a bar that takes a part of its row and no more than `most`.
    pub(super) fn thickness(&self, part: f32, most: f32) -> f32 {
        (self.pitch * part).min(most)
    }

    /// Where a value lies.
    pub(super) fn place(&self, value: f64) -> f32 {
        self.scale.place(value, self.plot.x, self.plot.right())
    }

    /// The horizontal place of zero.
    pub(super) fn zero(&self) -> f32 {
        self.place(0.0)
    }

    /// A line with end strokes from the lower to the upper end of an interval; returns its right end.
    pub(super) fn interval(&self, canvas: &mut Canvas<'_>, index: usize, (low, high): (f64, f64)) -> f32 {
        let pen = Stroke::solid(canvas.set.theme.ink, 0.8);
        let middle = self.middle(index);
        let (low, high) = (self.place(low), self.place(high));
        canvas.line(at(low, middle), at(high, middle), pen);
        for x in [low, high] {
            canvas.line(at(x, middle - 2.5), at(x, middle + 2.5), pen);
        }
        high
    }

    /// The bar of a value and its interval, and the figure at their end.
    pub(super) fn bar(&self, canvas: &mut Canvas<'_>, index: usize, bar: &BarOf) {
        let mut end = self.zero();
        if let Some(value) = known(bar.value) {
            let (zero, x) = (self.zero(), self.place(value));
            let top = self.middle(index) - bar.thickness / 2.0;
            let area = Area::new(zero.min(x), top, (x - zero).abs(), bar.thickness);
            canvas.rounded(area, 1.5, bar.paint);
            end = x.max(zero);
        }
        if let Some(interval) = known_interval(bar.interval) {
            end = end.max(self.interval(canvas, index, interval));
        }
        self.figure(canvas, index, end);
    }

    /// Writes a row's figure to the right of `end`.
    pub(super) fn figure(&self, canvas: &mut Canvas<'_>, index: usize, end: f32) {
        let Some(row) = self.texts.get(index) else { return };
        let style = figure_style(canvas, row.strong);
        let baseline = at(end + 5.0, self.middle(index) + 2.6);
        canvas.label_within(baseline, self.size.width - end - 5.0, &row.figure, style, Align::Left);
    }
}

/// A bar to draw.
pub(super) struct BarOf {
    pub value: Option<f64>,
    pub interval: Option<[f64; 2]>,
    pub thickness: f32,
    pub paint: Paint,
}

/// The ends of an interval in order, when both are known.
pub(super) fn known_interval(interval: Option<[f64; 2]>) -> Option<(f64, f64)> {
    let [a, b] = interval?;
    let (a, b) = (known(Some(a))?, known(Some(b))?);
    Some((a.min(b), a.max(b)))
}

/// What the scale must cover for a value with its interval.
pub(super) fn reach(value: Option<f64>, interval: Option<[f64; 2]>) -> impl Iterator<Item = f64> {
    let ends = known_interval(interval);
    [known(value), ends.map(|ends| ends.0), ends.map(|ends| ends.1)].into_iter().flatten()
}

fn name_style(canvas: &Canvas<'_>, strong: bool) -> LabelStyle {
    let theme = &canvas.set.theme;
    let (face, color) = if strong { (Face::SemiBold, theme.ink) } else { (Face::Regular, theme.muted) };
    LabelStyle::new(face, FIGURES + 0.6, color)
}

fn figure_style(canvas: &Canvas<'_>, strong: bool) -> LabelStyle {
    let theme = &canvas.set.theme;
    LabelStyle::new(Face::SemiBold, FIGURES + 0.6, if strong { theme.accent } else { theme.ink })
}
