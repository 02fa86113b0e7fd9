//! Horizontal bars made of parts.

use super::axis::Linear;
use super::frame::{self, FIGURES};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Sums by component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackedChart {
    /// The names of the components, in the order in which they are stacked.
    pub parts: Vec<String>,
    /// The bars.
    pub bars: Vec<StackedBar>,
    /// What they count.
    pub quantity: Quantity,
    /// The name of the axis with its unit.
    pub axis: String,
}

/// A sum and its components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackedBar {
    /// What it stands for.
    pub label: String,
    /// The components in the order of [`StackedChart::parts`]. Absent ones are `None`; negative ones (such as a
    /// residual value) are stacked to the left of zero.
    pub parts: Vec<Option<f64>>,
    /// Whether the text talks about this one.
    pub highlight: bool,
}

impl StackedBar {
    fn total(&self) -> Option<f64> {
        let mut known_parts = self.parts.iter().filter_map(|part| known(*part)).peekable();
        known_parts.peek()?;
        known(Some(known_parts.sum()))
    }

    fn extent(&self, sign: f64) -> f64 {
        let sum: f64 = self.parts.iter().filter_map(|part| known(*part)).filter(|part| part * sign > 0.0).sum();
        known(Some(sum)).unwrap_or(sign * 1e290)
    }
}

impl Draw for StackedChart {
    fn is_empty(&self) -> bool {
        !self.bars.iter().any(|bar| bar.total().is_some())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let theme = canvas.set.theme.clone();
        let used: Vec<(Color, &str)> = self
            .parts
            .iter()
            .enumerate()
            .filter(|(index, _)| self.bars.iter().any(|bar| part(bar, *index).is_some_and(|value| value != 0.0)))
            .map(|(index, name)| (theme.part(index), name.as_str()))
            .collect();
        let top = frame::legend(canvas, Size { height: size.height * 0.4, ..size }, &used);
        let name = |highlight| {
            let face = if highlight { Face::SemiBold } else { Face::Regular };
            LabelStyle::new(face, FIGURES + 0.6, if highlight { theme.ink } else { theme.muted })
        };
        let figure = LabelStyle::new(Face::SemiBold, FIGURES + 0.6, theme.ink);
        let names = frame::widest(canvas, name(true), self.bars.iter().map(|bar| bar.label.clone()));
        let left = (names + 10.0).min(size.width * 0.4);
        let figures = frame::widest(canvas, figure, self.bars.iter().map(|bar| self.figure(bar)));
        let right = (figures + 10.0).min(size.width * 0.3);
        let plot =
            Area::new(left, top + 2.0, (size.width - left - right).max(20.0), (size.height - top - 29.0).max(10.0));
        let scale = Linear::with_zero(self.bars.iter().flat_map(|bar| [bar.extent(-1.0), bar.extent(1.0)]), 5);
        frame::vertical_grid(canvas, plot, &scale, &self.quantity);
        let (shown, rest) = frame::rows_that_fit(self.bars.len(), plot.height, 11.0);
        let row_height = plot.height / (shown + usize::from(rest.is_some())) as f32;
        for (index, bar) in self.bars.iter().take(shown).enumerate() {
            let middle = plot.y + row_height * (index as f32 + 0.5);
            let thickness = (row_height * 0.6).min(20.0);
            let style = name(bar.highlight);
            canvas.label_within(at(plot.x - 6.0, middle + 2.6), left - 8.0, &bar.label, style, Align::Right);
            self.stack(canvas, plot, &scale, bar, middle, thickness);
            let end = scale.place(bar.extent(1.0), plot.x, plot.right());
            let room = size.width - end - 5.0;
            canvas.label_within(at(end + 5.0, middle + 2.6), room, &self.figure(bar), figure, Align::Left);
        }
        if let Some(rest) = rest {
            let middle = plot.y + row_height * (shown as f32 + 0.5);
            canvas.label_within(at(plot.x - 6.0, middle + 2.6), left - 8.0, &rest, name(false), Align::Right);
        }
        let style = frame::axis_style(canvas);
        canvas.label_within(at(plot.x, size.height - 2.0), size.width - plot.x, &self.axis, style, Align::Left);
    }

    fn describe(&self) -> String {
        let bars: Vec<String> = self
            .bars
            .iter()
            .map(|bar| {
                let parts: Vec<String> = self
                    .parts
                    .iter()
                    .enumerate()
                    .filter_map(|(index, name)| Some(format!("{name} {}", self.quantity.label(part(bar, index)?))))
                    .collect();
                format!("{} {} ({})", bar.label, self.figure(bar), frame::join(&parts))
            })
            .collect();
        format!("Stacked bar chart of {}: {}.", self.axis, frame::join(&bars))
    }
}

impl StackedChart {
    fn figure(&self, bar: &StackedBar) -> String {
        bar.total().map_or("unknown".to_owned(), |total| self.quantity.label(total))
    }

    fn stack(
        &self,
        canvas: &mut Canvas<'_>,
        plot: Area,
        scale: &Linear,
        bar: &StackedBar,
        middle: f32,
        thickness: f32,
    ) {
        let (mut positive, mut negative) = (0.0f64, 0.0f64);
        for index in 0..self.parts.len() {
            let Some(value) = part(bar, index).filter(|value| *value != 0.0) else { continue };
            let from = if value > 0.0 { &mut positive } else { &mut negative };
            let start = *from;
            *from = (*from + value).clamp(-1e290, 1e290);
            let (a, b) = (scale.place(start, plot.x, plot.right()), scale.place(*from, plot.x, plot.right()));
            let color = canvas.set.theme.part(index);
            let area = Area::new(a.min(b), middle - thickness / 2.0, (b - a).abs(), thickness);
            let gap = Stroke::solid(Color::WHITE, 0.7);
            canvas.rounded(area, 0.0, Paint::both(color, gap));
            let text = self.quantity.label(value);
            let style = LabelStyle::new(Face::Medium, FIGURES - 0.4, frame::ink_on(canvas, color));
            if canvas.set.width(style.face, style.size, &text) + 6.0 < area.width && thickness >= 8.0 {
                canvas.label(at(area.x + area.width / 2.0, middle + 2.4), &text, style, Align::Center);
            }
        }
    }
}

fn part(bar: &StackedBar, index: usize) -> Option<f64> {
    known(bar.parts.get(index).copied().flatten())
}
