//! Plots in house style.

use egui::Ui;
use egui_plot::{GridInput, GridMark, Plot};

use crate::theme::Tokens;

/// A plot in house style: a quiet grid, no scroll capture, no background of its own.
pub fn house_plot<'a>(ui: &Ui, id_salt: &'static str) -> Plot<'a> {
    let tokens = Tokens::of(ui);
    Plot::new(id_salt)
        .show_background(false)
        .grid_color(tokens.border)
        .grid_fade(0.4)
        .cursor_color(tokens.text_subdued)
        .allow_scroll(false)
        .allow_boxed_zoom(true)
        .set_margin_fraction(egui::vec2(0.03, 0.06))
}

/// Grid of an axis that shows the decimal logarithm of a value: one line a decade.
pub fn decades(input: GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite()) || high - low > 60.0 {
        return Vec::new();
    }
    (low.ceil() as i64..=high.floor() as i64).map(|d| GridMark { value: d as f64, step_size: 1.0 }).collect()
}
