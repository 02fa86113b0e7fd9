//! Steps from one sum to another.

use super::axis::Linear;
use super::frame::{self, FIGURES};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, LabelStyle, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Amounts that add up, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaterfallChart {
    /// The steps from left to right.
    pub steps: Vec<WaterfallStep>,
    /// What they count.
    pub quantity: Quantity,
}

/// An amount or a sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaterfallStep {
    /// Its name.
    pub label: String,
    /// The amount added, or `None` for the sum of all steps so far.
    pub amount: Option<f64>,
}

struct Column<'a> {
    label: &'a str,
    from: f64,
    to: f64,
    is_sum: bool,
}

impl WaterfallChart {
    /// Amounts that are not finite are left out.
    fn columns(&self) -> Vec<Column<'_>> {
        let mut sum = 0.0f64;
        self.steps
            .iter()
            .filter_map(|step| {
                let column = match step.amount {
                    None => Column { label: &step.label, from: 0.0, to: sum, is_sum: true },
                    Some(amount) => {
                        let from = sum;
                        sum = (sum + known(Some(amount))?).clamp(-1e290, 1e290);
                        Column { label: &step.label, from, to: sum, is_sum: false }
                    }
                };
                Some(column)
            })
            .collect()
    }

    fn figure(&self, column: &Column<'_>, language: Language) -> String {
        if column.is_sum {
            return self.quantity.label(column.to, language);
        }
        let change = column.to - column.from;
        let sign = if change > 0.0 { "+" } else { "" };
        format!("{sign}{}", self.quantity.label(change, language))
    }
}

impl Draw for WaterfallChart {
    fn is_empty(&self) -> bool {
        !self.columns().iter().any(|column| !column.is_sum)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let theme = canvas.set.theme.clone();
        let columns = self.columns();
        let scale = Linear::with_zero(columns.iter().flat_map(|column| [column.from, column.to]), 5);
        let style = frame::axis_style(canvas);
        let figures =
            frame::widest(canvas, style, scale.ticks().map(|value| self.quantity.tick(value, canvas.set.language)));
        let left = (figures + 8.0).min(size.width * 0.3);
        let plot = Area::new(left, 12.0, (size.width - left - 2.0).max(20.0), (size.height - 34.0).max(10.0));
        frame::horizontal_grid(canvas, plot, &scale, &self.quantity);
        let place = |value| scale.place(value, plot.bottom(), plot.y);
        let pitch = plot.width / columns.len() as f32;
        for (index, column) in columns.iter().enumerate() {
            let x = plot.x + pitch * (index as f32 + 0.16);
            let width = pitch * 0.68;
            let (a, b) = (place(column.from), place(column.to));
            let color = match column {
                Column { is_sum: true, .. } => theme.primary,
                Column { from, to, .. } if to >= from => theme.positive,
                Column { .. } => theme.negative.mix(crate::scene::Color::WHITE, 0.25),
            };
            let top = a.min(b);
            canvas.rect(Area::new(x, top, width, (a - b).abs().max(0.8)), color);
            if index + 1 < columns.len() {
                let pen = Stroke::dashed(theme.faint, 0.6, 1.5, 1.2);
                canvas.line(at(x + width, b), at(x + width + pitch * 0.32, b), pen);
            }
            let ink = if column.is_sum { theme.primary } else { theme.ink };
            let figure = LabelStyle::new(Face::SemiBold, if pitch < 44.0 { FIGURES - 0.8 } else { FIGURES }, ink);
            let middle = x + width / 2.0;
            canvas.label_within(
                at(middle, top - 3.5),
                pitch * 0.98,
                &self.figure(column, canvas.set.language),
                figure,
                Align::Center,
            );
            let face = if column.is_sum { Face::SemiBold } else { Face::Regular };
            let name = LabelStyle::new(face, FIGURES - 0.2, theme.ink);
            for (line, text) in frame::two_lines(column.label).into_iter().enumerate() {
                let baseline = plot.bottom() + 10.0 + 8.2 * line as f32;
                canvas.label_within(at(middle, baseline), pitch * 0.98, &text, name, Align::Center);
            }
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let parts: Vec<String> =
            self.columns().iter().map(|column| format!("{} {}", column.label, self.figure(column, language))).collect();
        fill(words.alt_waterfall, &[&words.join(&parts)])
    }
}
