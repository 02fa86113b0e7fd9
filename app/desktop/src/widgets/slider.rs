//! A slider with its name, typed value, source and way back to the default.

use assay_base::format;
use egui::{Align, DragValue, Label, Layout, Response, Slider, SliderClamping, Ui, vec2};

use crate::theme::{self, Tokens};
use crate::widgets::icon::{Icon, icon_button};

/// How a value is shown on a slider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// As it is.
    Plain {
        /// Decimals shown.
        decimals: usize,
    },
    /// A fraction, in percent.
    Percent,
    /// Seconds, in microseconds.
    Microseconds,
    /// Over many decades, with suffixes (`20 G`).
    Logarithmic,
}

impl Scale {
    /// What a stored value is multiplied with to be shown.
    pub fn factor(self) -> f64 {
        match self {
            Self::Percent => 100.0,
            Self::Microseconds => 1e6,
            Self::Plain { .. } | Self::Logarithmic => 1.0,
        }
    }

    /// A shown value as text, without its suffix.
    pub fn format(self, shown: f64) -> String {
        match self {
            Self::Plain { decimals } => format::thousands(shown, decimals),
            Self::Percent | Self::Microseconds => format::thousands(shown, 1),
            Self::Logarithmic => format::compact(shown),
        }
    }

    /// What stands behind a shown value.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Percent => "\u{a0}%",
            Self::Microseconds => "\u{a0}µs",
            Self::Plain { .. } | Self::Logarithmic => "",
        }
    }
}

/// A quantity that can be set.
#[derive(Clone, Debug)]
pub struct Quantity<'a> {
    /// Its name; also the accessible name of its slider.
    pub label: &'a str,
    /// Its unit.
    pub unit: String,
    /// Its value.
    pub value: f64,
    /// Smallest and largest sensible value.
    pub range: (f64, f64),
    /// How it is shown.
    pub scale: Scale,
    /// The default to go back to.
    pub default: Option<f64>,
    /// Where it comes from, on hover.
    pub source: String,
    /// Why it cannot be changed now.
    pub locked: Option<String>,
    /// Whether it may be a distribution, and is one.
    pub spread: Spread,
}

/// Whether a quantity may be a distribution, and is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// It is one number, always.
    #[default]
    Never,
    /// It is one number and may be a distribution.
    Possible,
    /// It is a distribution. The slider moves it as a whole.
    Stated,
}

/// What the user did with a slider.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Edit {
    changed: bool,
    /// The new value.
    pub value: Option<f64>,
    /// Whether a gesture begins with it.
    pub gesture_started: bool,
    /// Whether its distribution is asked for.
    pub spread_clicked: bool,
}

/// Shows the quantity as a row: name, slider, value, reset.
pub fn quantity(ui: &mut Ui, quantity: &Quantity<'_>) -> Edit {
    let mut edit = Edit::default();
    let factor = quantity.scale.factor();
    let mut shown = quantity.value * factor;
    let range = quantity.range.0 * factor..=quantity.range.1 * factor;
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.spacing_mut().interact_size = vec2(76.0, 22.0);
    ui.spacing_mut().button_padding = vec2(6.0, 2.0);
    let enabled = quantity.locked.is_none();
    let mut speed = (quantity.range.1 - quantity.range.0) * factor / 400.0;
    if quantity.scale == Scale::Logarithmic {
        speed = shown.abs() / 100.0;
    }
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let value = DragValue::new(&mut shown)
                .range(range.clone())
                .speed(speed)
                .update_while_editing(false)
                .suffix(quantity.scale.suffix())
                .custom_formatter(move |v, _| quantity.scale.format(v))
                .custom_parser(parse_number);
            let value = ui.add_enabled(enabled, value).accessible_name(format!("{} value", quantity.label));
            edit.take(&value);
            if let Some(default) = quantity.default.filter(|d| *d != quantity.value && enabled) {
                let name = format!("Reset {}", quantity.label.to_lowercase());
                if icon_button(ui, Icon::Undo, &name, true, false).clicked() {
                    shown = default * factor;
                    edit = Edit { changed: true, gesture_started: true, ..edit };
                }
            }
            if quantity.spread != Spread::Never {
                let name = format!("Distribution of {}", quantity.label.to_lowercase());
                let is_stated = quantity.spread == Spread::Stated;
                edit.spread_clicked = icon_button(ui, Icon::Spread, &name, true, is_stated).clicked();
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let name = ui.add(Label::new(quantity.label).truncate());
                let hover = [quantity.unit.as_str(), quantity.source.as_str()].into_iter().filter(|t| !t.is_empty());
                name.on_hover_text(hover.collect::<Vec<_>>().join("\n"));
                let note = quantity.locked.as_ref().map_or(quantity.unit.as_str(), |_| "set by the scenario");
                // A unit cut to its first letter helps nobody; the name's hover text has it.
                if ui.available_width() > 40.0 {
                    let note = ui.add(Label::new(theme::caption(note)).truncate());
                    if let Some(reason) = &quantity.locked {
                        note.on_hover_text(reason);
                    }
                }
            });
        });
    });
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.spacing_mut().slider_width = ui.available_width();
        ui.visuals_mut().selection.bg_fill = tokens.accent;
        let slider = Slider::new(&mut shown, range)
            .show_value(false)
            // A value that nobody touched stays as it is, on a step or not.
            .clamping(SliderClamping::Edits)
            .logarithmic(quantity.scale == Scale::Logarithmic);
        let slider = match quantity.scale {
            Scale::Plain { decimals: 0 } => slider.step_by(1.0),
            Scale::Percent => slider.step_by(0.5),
            _ => slider,
        };
        let response = ui.add_enabled(enabled, slider).accessible_name(quantity.label);
        edit.take(&response);
    });
    ui.add_space(4.0);
    if edit.changed {
        let value = round(shown / factor).clamp(quantity.range.0, quantity.range.1);
        edit.value = (value != quantity.value).then_some(value);
    }
    edit
}

impl Edit {
    fn take(&mut self, response: &Response) {
        self.changed |= response.changed();
        // Typing, keys and assistive technology change the value without a drag: a gesture each.
        self.gesture_started |= response.drag_started() || (response.changed() && !response.dragged());
    }
}

/// Sliders leave digits that nobody set; twelve are more than enough.
pub(super) fn round(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// Reads a number with the units that sliders show behind theirs.
pub(super) fn parse_number(text: &str) -> Option<f64> {
    format::read_number(text.trim().trim_end_matches(['%', 'µ', 's']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_their_units() {
        for (text, value) in [("20 k", 20_000.0), ("−3 %", -3.0), ("5\u{a0}µs", 5.0)] {
            assert_eq!(parse_number(text), Some(value), "{text}");
        }
        assert_eq!(parse_number("%"), None);
    }

    #[test]
    fn rounding_keeps_what_was_meant() {
        assert_eq!(round(0.1 + 0.2), 0.3);
        assert_eq!(round(2e10), 2e10);
    }
}
