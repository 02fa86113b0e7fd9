//! The effect of one input at a time.

use super::axis::Linear;
use super::frame::{self, FIGURES};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, LabelStyle, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// A result at the low and high end of each input, all others held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TornadoChart {
    /// The result with every input at its base.
    pub base: f64,
    /// The name of the result.
    pub result: String,
    /// The inputs; drawn in the order of their effect.
    pub rows: Vec<TornadoRow>,
    /// What the result counts.
    pub quantity: Quantity,
}

/// An input and its effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TornadoRow {
    /// The input.
    pub label: String,
    /// The result at the input's low end.
    pub at_low: f64,
    /// The result at the input's high end.
    pub at_high: f64,
    /// The input's low end as text.
    pub low: String,
    /// The input's high end as text.
    pub high: String,
}

impl TornadoChart {
    /// Rows with known ends, the largest effect first.
    fn ranked(&self) -> Vec<(&TornadoRow, f64, f64)> {
        let mut rows: Vec<_> = self
            .rows
            .iter()
            .filter_map(|row| Some((row, known(Some(row.at_low))?, known(Some(row.at_high))?)))
            .collect();
        rows.sort_by(|a, b| (b.1 - b.2).abs().total_cmp(&(a.1 - a.2).abs()));
        rows
    }
}

impl Draw for TornadoChart {
    fn is_empty(&self) -> bool {
        known(Some(self.base)).is_none() || self.ranked().is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let Some(base) = known(Some(self.base)) else { return };
        let rows = self.ranked();
        let theme = canvas.set.theme.clone();
        let name = LabelStyle::new(Face::Regular, FIGURES + 0.4, theme.ink);
        let end = LabelStyle::new(Face::Regular, FIGURES - 0.4, theme.muted);
        let names = frame::widest(canvas, name, rows.iter().map(|row| row.0.label.clone()));
        let left = (names + 8.0).min(size.width * 0.36);
        let ends = rows.iter().flat_map(|row| [row.0.low.clone(), row.0.high.clone()]);
        let side = (frame::widest(canvas, end, ends) + 6.0).max(14.0).min(size.width * 0.16);
        let plot =
            Area::new(left + side, 16.0, (size.width - left - 2.0 * side).max(20.0), (size.height - 32.0).max(10.0));
        let (low, high) =
            rows.iter().fold((base, base), |(low, high), row| (low.min(row.1).min(row.2), high.max(row.1).max(row.2)));
        let scale = Linear::covering(low, high, 4);
        frame::vertical_grid(canvas, plot, &scale, &self.quantity);
        let place = |value| scale.place(value, plot.x, plot.right());
        let (shown, rest) = frame::rows_that_fit(rows.len(), plot.height, 10.0, canvas.set.language.words());
        let row_height = plot.height / (shown + usize::from(rest.is_some())) as f32;
        let center = place(base);
        for (index, (row, at_low, at_high)) in rows.iter().take(shown).enumerate() {
            let top = plot.y + row_height * (index as f32 + 0.18);
            let height = row_height * 0.64;
            let baseline = top + height / 2.0 + 2.5;
            canvas.label_within(at(left, baseline), left, &row.label, name, Align::Right);
            // The input's low end is light, its high end dark, whichever way the result moves.
            let light = theme.caution.mix(crate::scene::Color::WHITE, 0.45);
            for (value, text, color) in [(*at_low, &row.low, light), (*at_high, &row.high, theme.accent)] {
                let x = place(value);
                canvas.rect(Area::new(x.min(center), top, (x - center).abs(), height), color);
                let (point, align) = if value < base || (value == base && *text == row.low) {
                    (at(x - 3.0, baseline), Align::Right)
                } else {
                    (at(x + 3.0, baseline), Align::Left)
                };
                canvas.label_within(point, side - 2.0, text, end, align);
            }
        }
        if let Some(rest) = rest {
            let middle = plot.y + row_height * (shown as f32 + 0.5);
            canvas.label_within(at(left, middle), left, &rest, name, Align::Right);
        }
        canvas.line(at(center, plot.y - 4.0), at(center, plot.bottom()), Stroke::solid(theme.primary, 1.1));
        let text = format!("{} {}", self.result, self.quantity.label(base, canvas.set.language));
        let style = LabelStyle::new(Face::SemiBold, FIGURES, theme.primary);
        let half = (canvas.set.width(style.face, style.size, &text) / 2.0).min(size.width / 2.0);
        let x = center.clamp(half, size.width - half);
        canvas.label_within(at(x, plot.y - 7.0), size.width, &text, style, Align::Center);
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let rows: Vec<String> = self
            .ranked()
            .iter()
            .map(|(row, at_low, at_high)| {
                let (low, high) = (self.quantity.label(*at_low, language), self.quantity.label(*at_high, language));
                fill(words.alt_tornado_row, &[&row.label, &row.low, &low, &row.high, &high])
            })
            .collect();
        fill(words.alt_tornado, &[&self.result, &self.quantity.label(self.base, language), &words.join(&rows)])
    }
}
