//! The editor of a distribution: its kind, its parameters, and how it looks.

use assay_service::editing::distribution::{QuantityKind, density, of_kind, parameters, with_parameters};
use assay_service::study::Quantity as Value;
use egui::{ComboBox, Frame, Margin, Sense, Ui};
use egui_plot::{Line, Plot, PlotPoint, PlotPoints, VLine};

use crate::theme::{self, Tokens};
use crate::widgets::entry::{Number, number, row};
use crate::widgets::slider::{Quantity, Scale};

/// A distribution in a line: its kind and its parameters.
pub fn told(shown: &Quantity<'_>, value: &Value) -> String {
    let kind = QuantityKind::of(value);
    let texts: Vec<String> = kind
        .parameters()
        .iter()
        .zip(parameters(value))
        .map(|(name, value)| format!("{name} {}", text(shown.scale, name, value)))
        .collect();
    format!("{}: {}", kind.label(), texts.join(", "))
}

/// The scale of a parameter: a coefficient of variation has none of the value's.
fn scale_of(scale: Scale, parameter: &str) -> Scale {
    if parameter == "variation" { Scale::Percent } else { scale }
}

fn text(scale: Scale, parameter: &str, value: f64) -> String {
    let scale = scale_of(scale, parameter);
    format!("{}{}", scale.format(value * scale.factor()), scale.suffix())
}

/// Draws the editor. Answers the value as it was changed.
pub fn editor(ui: &mut Ui, shown: &Quantity<'_>, value: &Value) -> Option<Value> {
    let tokens = Tokens::of(ui);
    let frame = Frame::new().fill(tokens.surface_sunken).corner_radius(theme::RADIUS_CONTROL);
    let mut edited = None;
    frame.inner_margin(Margin::same(8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        let kind = QuantityKind::of(value);
        let label = shown.label.to_lowercase();
        row(ui, "Kind", "", |ui| {
            let combo = ComboBox::from_id_salt(("kind", shown.label)).selected_text(kind.label()).width(126.0);
            let response = combo.show_ui(ui, |ui| {
                for other in QuantityKind::CHOICES {
                    if ui.selectable_label(other == kind, other.label()).clicked() && other != kind {
                        edited = of_kind(value, other, shown.range);
                    }
                }
            });
            response.response.accessible_name(format!("Kind of {label}"));
        });
        let current = parameters(value);
        for (index, (parameter, stated)) in kind.parameters().iter().zip(&current).enumerate() {
            let name = format!("{} of {label}", capital(parameter));
            let entry = Number { name: &name, value: Some(*stated), scale: scale_of(shown.scale, parameter), hint: "" };
            let typed = row(ui, &capital(parameter), "", |ui| number(ui, 130.0, &entry));
            if let Some(Some(typed)) = typed {
                let mut changed = current.clone();
                if let Some(place) = changed.get_mut(index) {
                    *place = typed;
                }
                edited = with_parameters(kind, &changed);
            }
        }
        plot(ui, shown, value);
        if kind == QuantityKind::Empirical {
            ui.label(theme::caption("The samples are edited in study.yaml."));
        }
    });
    ui.add_space(6.0);
    edited
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", chars.as_str())
}

/// The density, with a line at the figure that is used where one is needed.
fn plot(ui: &mut Ui, shown: &Quantity<'_>, value: &Value) {
    let points = density(value);
    if points.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    let factor = shown.scale.factor();
    let points: Vec<PlotPoint> = points.into_iter().map(|[x, y]| PlotPoint::new(x * factor, y)).collect();
    let scale = shown.scale;
    let plot = Plot::new(("density", shown.label))
        .height(84.0)
        .sense(Sense::hover())
        .show_background(false)
        .show_grid([false, false])
        .show_axes([true, false])
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .include_y(0.0)
        .custom_x_axes(vec![
            egui_plot::AxisHints::new_x()
                .tick_label_color(tokens.text_subdued)
                .tick_label_font(theme::small_font())
                .formatter(move |mark, _| scale.format(mark.value)),
        ])
        .label_formatter(|_| None);
    plot.show(ui, |plot| {
        let line = Line::new("density", PlotPoints::Owned(points)).color(tokens.accent).width(1.6).fill(0.0);
        plot.line(line.fill_alpha(0.18));
        plot.vline(VLine::new("used", value.value() * factor).color(tokens.text_subdued).width(1.0));
    });
}
