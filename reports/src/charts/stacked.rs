//! Horizontal bars made of parts.

use super::frame::{self, FIGURES};
use super::rows::{RowFrame, RowText, Rows};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
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
        let language = canvas.set.language;
        let used: Vec<(Color, &str)> = self
            .parts
            .iter()
            .enumerate()
            .filter(|(index, _)| self.bars.iter().any(|bar| part(bar, *index).is_some_and(|value| value != 0.0)))
            .map(|(index, name)| (canvas.set.theme.part(index), name.as_str()))
            .collect();
        let room = Size { width: size.width, height: size.height * 0.4 };
        let top = frame::legend(canvas, room, &used);
        let texts: Vec<RowText> = self
            .bars
            .iter()
            .map(|bar| RowText { label: bar.label.clone(), figure: self.figure(bar, language), strong: bar.highlight })
            .collect();
        let values = self.bars.iter().flat_map(|bar| [bar.extent(-1.0), bar.extent(1.0)]);
        let frame = RowFrame { top: top + 2.0, least: 11.0, quantity: &self.quantity, axis: &self.axis };
        let rows = Rows::draw(canvas, size, &texts, values, &frame);
        for (index, bar) in self.bars.iter().take(rows.shown).enumerate() {
            self.stack(canvas, &rows, bar, index);
            rows.figure(canvas, index, rows.place(bar.extent(1.0)));
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let bars: Vec<String> = self
            .bars
            .iter()
            .map(|bar| {
                let named = |(index, name): (usize, &String)| {
                    Some(format!("{name} {}", self.quantity.label(part(bar, index)?, language)))
                };
                let parts: Vec<String> = self.parts.iter().enumerate().filter_map(named).collect();
                format!("{} {} ({})", bar.label, self.figure(bar, language), words.join(&parts))
            })
            .collect();
        fill(words.alt_stacked, &[&self.axis, &words.join(&bars)])
    }
}

impl StackedChart {
    fn figure(&self, bar: &StackedBar, language: Language) -> String {
        let unknown = || language.words().unknown.to_owned();
        bar.total().map_or_else(unknown, |total| self.quantity.label(total, language))
    }

    fn stack(&self, canvas: &mut Canvas<'_>, rows: &Rows<'_>, bar: &StackedBar, row: usize) {
        let (middle, thickness) = (rows.middle(row), rows.thickness(0.6, 20.0));
        let (mut positive, mut negative) = (0.0f64, 0.0f64);
        for index in 0..self.parts.len() {
            let Some(value) = part(bar, index).filter(|value| *value != 0.0) else { continue };
            let from = if value > 0.0 { &mut positive } else { &mut negative };
            let start = *from;
            *from = (*from + value).clamp(-1e290, 1e290);
            let (a, b) = (rows.place(start), rows.place(*from));
            let color = canvas.set.theme.part(index);
            let area = Area::new(a.min(b), middle - thickness / 2.0, (b - a).abs(), thickness);
            let gap = Stroke::solid(Color::WHITE, 0.7);
            canvas.rounded(area, 0.0, Paint::both(color, gap));
            let text = self.quantity.label(value, canvas.set.language);
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
