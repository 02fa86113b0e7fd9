//! Horizontal bars with intervals.

use super::axis::Linear;
use super::frame::{self, FIGURES};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::scene::{Area, Canvas, LabelStyle, Paint, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Horizontal bars, one for each thing compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BarChart {
    /// The bars, best first.
    pub bars: Vec<Bar>,
    /// What they count.
    pub quantity: Quantity,
    /// The name of the axis with its unit.
    pub axis: String,
}

/// A bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its length. `None` is unknown.
    pub value: Option<f64>,
    /// The lower and upper end of its interval.
    pub interval: Option<[f64; 2]>,
    /// Whether the text talks about this one.
    pub highlight: bool,
    /// A remark after the figure, such as a class of evidence.
    pub remark: String,
}

impl Bar {
    fn known_interval(&self) -> Option<(f64, f64)> {
        let [a, b] = self.interval?;
        let (a, b) = (known(Some(a))?, known(Some(b))?);
        Some((a.min(b), a.max(b)))
    }
}

impl Draw for BarChart {
    fn is_empty(&self) -> bool {
        !self.bars.iter().any(|bar| known(bar.value).is_some())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let theme = canvas.set.theme.clone();
        let name = |highlight| {
            let face = if highlight { Face::SemiBold } else { Face::Regular };
            LabelStyle::new(face, FIGURES + 0.6, if highlight { theme.ink } else { theme.muted })
        };
        let figure = LabelStyle::new(Face::SemiBold, FIGURES + 0.6, theme.ink);
        let names = frame::widest(canvas, name(true), self.bars.iter().map(|bar| bar.label.clone()));
        let left = (names + 10.0).min(size.width * 0.42);
        let figures = frame::widest(canvas, figure, self.bars.iter().map(|bar| self.figure(bar)));
        let right = (figures + 10.0).min(size.width * 0.3);
        let plot = Area::new(left, 3.0, (size.width - left - right).max(20.0), (size.height - 29.0).max(10.0));
        let ends = self.bars.iter().flat_map(|bar| {
            let interval = bar.known_interval();
            [known(bar.value), interval.map(|ends| ends.0), interval.map(|ends| ends.1)].into_iter().flatten()
        });
        let scale = Linear::with_zero(ends, 5);
        frame::vertical_grid(canvas, plot, &scale, &self.quantity);
        let (shown, rest) = frame::rows_that_fit(self.bars.len(), plot.height, 9.5);
        let rows = shown + usize::from(rest.is_some());
        let row_height = plot.height / rows as f32;
        let zero = scale.place(0.0, plot.x, plot.right());
        for (index, bar) in self.bars.iter().take(shown).enumerate() {
            let middle = plot.y + row_height * (index as f32 + 0.5);
            let thickness = (row_height * 0.56).min(15.0);
            let style = name(bar.highlight);
            canvas.label_within(at(plot.x - 6.0, middle + 2.6), left - 8.0, &bar.label, style, Align::Right);
            let mut end = zero;
            if let Some(value) = known(bar.value) {
                end = scale.place(value, plot.x, plot.right());
                let color = if bar.highlight { theme.accent } else { theme.quiet };
                let area = Area::new(zero.min(end), middle - thickness / 2.0, (end - zero).abs(), thickness);
                canvas.rounded(area, 1.5, Paint::fill(color));
                end = end.max(zero);
            }
            if let Some((low, high)) = bar.known_interval() {
                let pen = Stroke::solid(theme.ink, 0.8);
                let (low, high) = (scale.place(low, plot.x, plot.right()), scale.place(high, plot.x, plot.right()));
                canvas.line(at(low, middle), at(high, middle), pen);
                for x in [low, high] {
                    canvas.line(at(x, middle - 2.5), at(x, middle + 2.5), pen);
                }
                end = end.max(high);
            }
            let style = LabelStyle { color: if bar.highlight { theme.accent } else { theme.ink }, ..figure };
            let room = size.width - end - 5.0;
            canvas.label_within(at(end + 5.0, middle + 2.6), room, &self.figure(bar), style, Align::Left);
        }
        if let Some(rest) = rest {
            let middle = plot.y + row_height * (shown as f32 + 0.5);
            canvas.label_within(at(plot.x - 6.0, middle + 2.6), left - 8.0, &rest, name(false), Align::Right);
        }
        let style = frame::axis_style(canvas);
        canvas.label_within(at(plot.x, size.height - 2.0), size.width - plot.x, &self.axis, style, Align::Left);
    }

    fn describe(&self) -> String {
        let parts: Vec<String> = self.bars.iter().map(|bar| format!("{} {}", bar.label, self.figure(bar))).collect();
        format!("Bar chart of {}: {}.", self.axis, frame::join(&parts))
    }
}

impl BarChart {
    fn figure(&self, bar: &Bar) -> String {
        let value = known(bar.value).map_or("unknown".to_owned(), |value| self.quantity.label(value));
        if bar.remark.is_empty() { value } else { format!("{value} {}", bar.remark) }
    }
}
