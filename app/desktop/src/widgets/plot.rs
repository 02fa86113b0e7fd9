//! Plots in house style.

use egui::{Rangef, Sense, Ui};
use egui_plot::{AxisHints, GridInput, GridMark, Plot};

use crate::theme::{self, Tokens};
use crate::widgets::basics::mark_chart;

/// An axis in house style: quiet, small letters. `text` writes the numbers; without it they are as they are.
fn axis<'a>(ui: &Ui, hints: AxisHints<'a>, label: &str, text: Option<Box<dyn Fn(f64) -> String>>) -> AxisHints<'a> {
    let tokens = Tokens::of(ui);
    let hints = hints.tick_label_color(tokens.text_subdued).tick_label_font(theme::small_font());
    let hints = if label.is_empty() { hints } else { hints.label(theme::caption(label)) };
    match text {
        Some(text) => hints.formatter(move |mark, _| text(mark.value)),
        None => hints,
    }
}

/// Gives a plot its axes.
pub fn with_axes<'a>(ui: &Ui, plot: Plot<'a>, x: Scale, y: Scale) -> Plot<'a> {
    let horizontal = axis(ui, AxisHints::new_x(), &x.label, x.text).label_spacing(Rangef::new(34.0, 60.0));
    let vertical = axis(ui, AxisHints::new_y(), &y.label, y.text).label_spacing(Rangef::new(14.0, 26.0));
    plot.custom_x_axes(vec![horizontal]).custom_y_axes(vec![vertical])
}

/// What stands at an axis.
#[derive(Default)]
pub struct Scale {
    label: String,
    text: Option<Box<dyn Fn(f64) -> String>>,
}

impl Scale {
    /// A scale with a name and unit; none when empty.
    pub fn new(label: &str) -> Self {
        Self { label: label.to_owned(), text: None }
    }

    /// Writes the numbers in its own way.
    pub fn text(self, text: impl Fn(f64) -> String + 'static) -> Self {
        Self { text: Some(Box::new(text)), ..self }
    }
}

/// A plot in house style: a quiet grid, no scroll capture, no background of its own.
pub fn house_plot<'a>(ui: &Ui, id_salt: &'static str) -> Plot<'a> {
    mark_chart(ui);
    let tokens = Tokens::of(ui);
    Plot::new(id_salt)
        // The keyboard has nothing to do here, so that Tab need not stop.
        .sense(Sense::CLICK | Sense::DRAG)
        .show_background(false)
        .grid_color(tokens.border)
        .grid_fade(0.4)
        .cursor_color(tokens.text_subdued)
        .allow_scroll(false)
        .allow_boxed_zoom(true)
        .set_margin_fraction(egui::vec2(0.03, 0.06))
}

/// Grid of an axis that shows the decimal logarithm of a value: one line a decade, more where less is in sight.
pub fn decades(input: GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let span = high - low;
    if !(low.is_finite() && high.is_finite()) || span > 60.0 {
        return Vec::new();
    }
    let (mantissas, step_size): (Vec<f64>, f64) = match span {
        s if s > 1.5 => (vec![1.0], 1.0),
        s if s > 0.5 => (vec![1.0, 2.0, 5.0], 0.3),
        s if s > 0.15 => ((2..20).map(|i| f64::from(i) / 2.0).collect(), 0.05),
        _ => ((20..200).map(|i| f64::from(i) / 20.0).collect(), 0.005),
    };
    // Marks as far apart as this many fit any plot.
    let room = span / 12.0;
    let mut marks: Vec<GridMark> = Vec::new();
    for decade in low.floor() as i64..=high.ceil() as i64 {
        for mantissa in &mantissas {
            let value = decade as f64 + mantissa.log10();
            let apart = marks.last().is_none_or(|last| value - last.value >= room);
            if (low..=high).contains(&value) && apart {
                marks.push(GridMark { value, step_size: step_size.max(room * 1.5) });
            }
        }
    }
    marks
}

/// A horizontal axis that counts quarters from 0 and shows their names.
pub fn quarters(names: &[String]) -> Scale {
    let names = names.to_vec();
    Scale::new("").text(move |at| {
        let whole = at.round();
        let index = ((at - whole).abs() < 0.01 && whole >= 0.0).then_some(whole as usize);
        index.and_then(|index| names.get(index)).cloned().unwrap_or_default()
    })
}
