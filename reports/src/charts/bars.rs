//! Horizontal bars with intervals.

use super::rows::{BarOf, RowFrame, RowText, Rows, reach};
use super::{Draw, Quantity, known};
use crate::labels::{Language, fill};
use crate::scene::{Canvas, Paint, Size};
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

impl Draw for BarChart {
    fn is_empty(&self) -> bool {
        !self.bars.iter().any(|bar| known(bar.value).is_some())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let language = canvas.set.language;
        let texts: Vec<RowText> = self
            .bars
            .iter()
            .map(|bar| RowText { label: bar.label.clone(), figure: self.figure(bar, language), strong: bar.highlight })
            .collect();
        let values = self.bars.iter().flat_map(|bar| reach(bar.value, bar.interval));
        let frame = RowFrame { top: 3.0, least: 9.5, quantity: &self.quantity, axis: &self.axis };
        let rows = Rows::draw(canvas, size, &texts, values, &frame);
        let thickness = rows.thickness(0.56, 15.0);
        for (index, bar) in self.bars.iter().take(rows.shown).enumerate() {
            let theme = &canvas.set.theme;
            let paint = Paint::fill(if bar.highlight { theme.accent } else { theme.quiet });
            rows.bar(canvas, index, &BarOf { value: bar.value, interval: bar.interval, thickness, paint });
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let parts: Vec<String> =
            self.bars.iter().map(|bar| format!("{} {}", bar.label, self.figure(bar, language))).collect();
        fill(words.alt_bars, &[&self.axis, &words.join(&parts)])
    }
}

impl BarChart {
    fn figure(&self, bar: &Bar, language: Language) -> String {
        let unknown = || language.words().unknown.to_owned();
        let value = known(bar.value).map_or_else(unknown, |value| self.quantity.label(value, language));
        if bar.remark.is_empty() { value } else { format!("{value} {}", bar.remark) }
    }
}
