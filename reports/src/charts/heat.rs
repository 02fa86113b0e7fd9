//! A table of numbers as shades.

use super::axis::ends;
use super::frame::{self, FIGURES};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Numbers by row and column. Darker is more; each number stands in its cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<String>,
    /// The numbers, row by row. `None` is unknown.
    pub cells: Vec<Vec<Option<f64>>>,
    /// What they count.
    pub quantity: Quantity,
    /// What the numbers are, with their unit.
    pub title: String,
}

impl HeatMap {
    fn cell(&self, row: usize, column: usize) -> Option<f64> {
        known(self.cells.get(row)?.get(column).copied().flatten())
    }

    fn values(&self) -> Vec<f64> {
        let cell = |row| (0..self.columns.len()).filter_map(move |column| self.cell(row, column));
        (0..self.rows.len()).flat_map(cell).collect()
    }
}

/// How dark a value is, 0 to 1: by its logarithm where the greatest is more than a hundred times the least.
fn darkness(value: f64, (low, high): (f64, f64)) -> f32 {
    let part = if low > 0.0 && high / low > 100.0 {
        (value.ln() - low.ln()) / (high.ln() - low.ln())
    } else {
        (value - low) / (high - low)
    };
    if part.is_finite() { part.clamp(0.0, 1.0) as f32 } else { 0.5 }
}

impl Draw for HeatMap {
    fn is_empty(&self) -> bool {
        self.values().is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let language = canvas.set.language;
        let titles: Vec<Vec<String>> = self.columns.iter().map(|text| frame::two_lines(text)).collect();
        let head = if titles.iter().any(|lines| lines.len() > 1) { 22.0 } else { 14.0 };
        let theme = canvas.set.theme.clone();
        let name = LabelStyle::new(Face::Regular, FIGURES + 0.4, theme.ink);
        let left = (frame::widest(canvas, name, self.rows.iter().cloned()) + 8.0).min(size.width * 0.3);
        let foot = 12.0;
        let plot = Area::new(left, head, (size.width - left).max(20.0), (size.height - head - foot).max(10.0));
        let (shown, rest) = frame::rows_that_fit(self.rows.len(), plot.height, 9.0, language.words());
        let pitch = (plot.height / (shown + usize::from(rest.is_some())).max(1) as f32).min(34.0);
        let width = plot.width / self.columns.len().max(1) as f32;
        for (column, lines) in titles.into_iter().enumerate() {
            let count = lines.len();
            for (line, text) in lines.into_iter().enumerate() {
                let baseline = head - 5.0 - 8.2 * (count - 1 - line) as f32;
                let middle = at(plot.x + width * (column as f32 + 0.5), baseline);
                canvas.label_within(middle, width - 2.0, &text, name, Align::Center);
            }
        }
        let range = ends(&self.values());
        let (light, dark) = (theme.info.mix(Color::WHITE, 0.90), theme.primary);
        for (row, text) in self.rows.iter().take(shown).enumerate() {
            let y = plot.y + pitch * row as f32;
            let baseline = y + pitch / 2.0 + 2.6;
            canvas.label_within(at(plot.x - 6.0, baseline), left - 8.0, text, name, Align::Right);
            for column in 0..self.columns.len() {
                let area = Area::new(plot.x + width * column as f32, y, width, pitch);
                let value = self.cell(row, column);
                let ground = value.map_or(Color::WHITE, |value| light.mix(dark, darkness(value, range)));
                let edge = if value.is_some() { Color::WHITE } else { theme.grid };
                canvas.rounded(area, 0.0, Paint::both(ground, Stroke::solid(edge, 1.0)));
                let text =
                    value.map_or(assay_base::format::UNKNOWN.to_owned(), |value| self.quantity.label(value, language));
                let ink = if value.is_some() { frame::ink_on(canvas, ground) } else { theme.faint };
                let style = LabelStyle::new(Face::Medium, FIGURES.min(pitch * 0.75), ink);
                canvas.label_within(at(area.x + width / 2.0, baseline), width - 4.0, &text, style, Align::Center);
            }
        }
        let end = plot.y + pitch * shown as f32;
        if let Some(rest) = rest {
            canvas.label_within(at(plot.x - 6.0, end + pitch / 2.0 + 2.6), left - 8.0, &rest, name, Align::Right);
        }
        let style = frame::axis_style(canvas);
        let foot = (end + if shown < self.rows.len() { pitch } else { 0.0 } + 10.0).min(size.height - 2.0);
        canvas.label_within(at(plot.x, foot), plot.width, &self.title, style, Align::Left);
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let row = |(row, name): (usize, &String)| {
            let cell = |(column, name): (usize, &String)| {
                let label = |value| self.quantity.label(value, language);
                let value = self.cell(row, column).map_or(words.unknown.to_owned(), label);
                format!("{name} {value}")
            };
            let cells: Vec<String> = self.columns.iter().enumerate().map(cell).collect();
            format!("{name}: {}", cells.join(", "))
        };
        let rows: Vec<String> = self.rows.iter().enumerate().map(row).collect();
        fill(words.alt_heat, &[&self.title, &rows.join("; ")])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_darker() {
        assert_eq!(darkness(1.0, (1.0, 3.0)), 0.0);
        assert_eq!(darkness(2.0, (1.0, 3.0)), 0.5);
        assert!((darkness(10.0, (1.0, 1000.0)) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(darkness(2.0, (2.0, 2.0)), 0.5);
    }
}
