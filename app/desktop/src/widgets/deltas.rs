//! Rows of bars that start somewhere else than at zero: shares, swings around a value, steps from one total to another.

use egui::{Color32, Rect, Stroke, Ui, pos2};

use super::bars::{BAR, row_frame};
use crate::theme::{self, Tokens};
use crate::widgets::basics::mark_chart;

/// A share between 0 and 1.
#[derive(Clone, Debug)]
pub struct Share {
    /// What it is of.
    pub label: String,
    /// The share.
    pub share: f64,
    /// The share as text.
    pub text: String,
    /// Its colour.
    pub color: Color32,
    /// More on hover.
    pub hover: String,
}

/// Shares on one scale from 0 to 1.
pub fn shares(ui: &mut Ui, rows: &[Share]) {
    mark_chart(ui);
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    for row in rows {
        let (rect, bar) = row_frame(ui, &row.label, &row.text, &row.hover);
        let y = rect.center().y;
        let rail = Rect::from_min_max(pos2(bar.left(), y - BAR / 2.0), pos2(bar.right(), y + BAR / 2.0));
        ui.painter().rect_filled(rail, theme::RADIUS_CHIP, tokens.surface_sunken);
        let width = rail.width() * row.share.clamp(0.0, 1.0) as f32;
        let part = Rect::from_min_size(rail.min, egui::vec2(width, rail.height()));
        ui.painter().rect_filled(part, theme::RADIUS_CHIP, row.color);
    }
}

/// What a figure becomes when one input takes its low and its high value.
#[derive(Clone, Debug)]
pub struct Swing {
    /// The input.
    pub label: String,
    /// The figure at the input's low value.
    pub at_low: f64,
    /// The figure at the input's high value.
    pub at_high: f64,
    /// How far it swings, as text.
    pub text: String,
    /// More on hover.
    pub hover: String,
}

/// A tornado around `centre`: one colour for an input's low value, another for its high one.
pub fn tornado(ui: &mut Ui, centre: f64, rows: &[Swing]) {
    mark_chart(ui);
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    let ends = || rows.iter().flat_map(|row| [row.at_low, row.at_high]).chain([centre]);
    let (least, most) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let span = (most - least).max(f64::MIN_POSITIVE);
    for row in rows {
        let (rect, bar) = row_frame(ui, &row.label, &row.text, &row.hover);
        let x = |value: f64| bar.left() + bar.width() * ((value - least) / span) as f32;
        let y = rect.center().y;
        for (end, color) in [(row.at_low, tokens.series(0)), (row.at_high, tokens.series(1))] {
            let (from, to) = (x(end.min(centre)), x(end.max(centre)));
            let part = Rect::from_min_max(pos2(from, y - BAR / 2.0), pos2(to.max(from + 1.0), y + BAR / 2.0));
            ui.painter().rect_filled(part, 1, color);
        }
        let stroke = Stroke::new(1.0, tokens.text_subdued);
        ui.painter().vline(x(centre), rect.y_range(), stroke);
        if least < 0.0 && most > 0.0 {
            ui.painter().vline(x(0.0), rect.y_range(), Stroke::new(1.0, tokens.border_strong));
        }
    }
}

/// A row of a waterfall.
#[derive(Clone, Debug)]
pub struct Fall {
    /// What it is.
    pub label: String,
    /// Where its bar begins and ends.
    pub from: f64,
    /// Where its bar ends.
    pub to: f64,
    /// The amount as text.
    pub text: String,
    /// Whether it is a total, which begins at zero.
    pub is_total: bool,
}

/// Steps from one total to another; what makes it dearer and what makes it cheaper have colours of their own.
pub fn waterfall(ui: &mut Ui, rows: &[Fall]) {
    mark_chart(ui);
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    // Where the totals are far from zero the steps would be hairs: then the scale begins near the smallest value.
    let ends = || rows.iter().flat_map(|row| [row.from, row.to].into_iter().skip(usize::from(row.is_total)));
    let (least, most) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let is_cut = least > 0.0 && (most - least) < 0.4 * most;
    let from = if is_cut { least - 0.25 * (most - least).max(most * 1e-3) } else { least.min(0.0) };
    let span = (most - from).max(f64::MIN_POSITIVE) * 1.02;
    for row in rows {
        let (rect, bar) = row_frame(ui, &row.label, &row.text, "");
        let x = |value: f64| bar.left() + bar.width() * ((value.max(from) - from) / span) as f32;
        let y = rect.center().y;
        let color = match (row.is_total, row.to > row.from) {
            (true, _) => tokens.series(0),
            (false, true) => tokens.error,
            (false, false) => tokens.success,
        };
        let (left, right) = (x(row.from.min(row.to)), x(row.from.max(row.to)));
        let part = Rect::from_min_max(pos2(left, y - BAR / 2.0), pos2(right.max(left + 1.0), y + BAR / 2.0));
        ui.painter().rect_filled(part, theme::RADIUS_CHIP, color);
        // A thread to the next row.
        ui.painter().vline(x(row.to), y..=rect.bottom() + 2.0, Stroke::new(1.0, tokens.border_strong));
    }
    if is_cut {
        ui.label(theme::caption("The scale does not begin at zero."));
    }
}
