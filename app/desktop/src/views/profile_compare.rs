//! Up to six profiles of the catalogue side by side: their figures, a radar, their rooflines.

use assay_base::NumericFormat;
use assay_base::format::{self, UNKNOWN};
use assay_service::hardware_profiles::Profile;
use egui::{Align2, Button, Color32, Role, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};
use egui_extras::Column;
use egui_plot::{Line, PlotPoint, PlotPoints};

use super::catalogue::full_name;
use crate::theme::{self, Tokens};
use crate::widgets::bars::legend;
use crate::widgets::basics::mark_chart;
use crate::widgets::plot::{Scale, decades, house_plot, with_axes};
use crate::widgets::{evidence_hover, table};

/// The most profiles side by side.
pub const MOST: usize = 6;

/// The state of the comparison.
#[derive(Debug, Default)]
pub struct ProfileCompare {
    shape: Shown,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    Table,
    Radar,
    Roofline,
}

impl ProfileCompare {
    /// Draws the comparison.
    pub fn ui(&mut self, ui: &mut Ui, profiles: &[&Profile]) {
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            for (shown, name) in
                [(Shown::Table, "Table"), (Shown::Radar, "Radar"), (Shown::Roofline, "Rooflines in bf16")]
            {
                if ui.add(Button::selectable(self.shape == shown, name)).clicked() {
                    self.shape = shown;
                }
            }
        });
        match self.shape {
            Shown::Table => figures(ui, profiles),
            Shown::Radar | Shown::Roofline => {
                let names: Vec<String> = profiles.iter().map(|p| full_name(p)).collect();
                legend(ui, names.iter().enumerate().map(|(i, name)| (name.as_str(), tokens.series(i))));
                match self.shape {
                    Shown::Radar => radar(ui, profiles),
                    _ => rooflines(ui, profiles),
                }
            }
        }
    }
}

/// Every figure that one of the profiles has, in the order in which profiles tell them.
fn figures(ui: &mut Ui, profiles: &[&Profile]) {
    let told: Vec<_> = profiles.iter().map(|p| p.specifications()).collect();
    let mut labels: Vec<&str> = Vec::new();
    for specification in told.iter().flatten() {
        if !labels.contains(&specification.label.as_str()) {
            labels.push(&specification.label);
        }
    }
    ScrollArea::horizontal().id_salt("compared").show(ui, |ui| {
        let mut builder = table::builder(ui, "compared profiles").column(Column::exact(170.0).clip(true));
        for _ in profiles {
            builder = builder.column(Column::exact(118.0).clip(true));
        }
        builder
            .header(theme::HEADER, |mut header| {
                header.col(|_| {});
                for profile in profiles {
                    header.col(|ui| {
                        table::title(ui, &profile.name, true).on_hover_text(full_name(profile));
                    });
                }
            })
            .body(|body| {
                body.rows(theme::ROW, labels.len(), |mut row| {
                    let Some(label) = labels.get(row.index()) else { return };
                    row.col(|ui| {
                        table::text(ui, *label);
                    });
                    for specifications in &told {
                        row.col(|ui| match specifications.iter().find(|s| s.label == *label) {
                            Some(s) => {
                                let response = table::number(ui, s.quantity.format(s.value));
                                if let Some(p) = &s.provenance {
                                    response.on_hover_text(evidence_hover(p.evidence, &p.source));
                                }
                            }
                            None => {
                                table::number(ui, UNKNOWN);
                            }
                        });
                    }
                });
            });
    });
}

/// An axis of the radar: its name and the value, larger is better.
type Axis = (&'static str, fn(&Profile) -> Option<f64>);

const AXES: [Axis; 6] = [
    ("Peak, bf16", |p| p.peak_flops_per_sec(NumericFormat::Bf16)),
    ("Memory bandwidth", Profile::memory_bandwidth_bytes_per_sec),
    ("Memory", Profile::memory_bytes),
    ("Interconnect", Profile::interconnect_bytes_per_sec),
    ("Bandwidth per watt", |p| Some(p.memory_bandwidth_bytes_per_sec()? / p.tdp_watts()?)),
    ("Peak per watt", |p| Some(p.peak_flops_per_sec(NumericFormat::Bf16)? / p.tdp_watts()?)),
];

fn radar(ui: &mut Ui, profiles: &[&Profile]) {
    mark_chart(ui);
    let tokens = Tokens::of(ui);
    // The note below is a line of its own.
    let size = vec2(ui.available_width(), (ui.available_height() - 40.0).max(150.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let names = profiles.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Radar of {names}")));
    let painter = ui.painter_at(rect);
    let (center, radius) = (rect.center(), (rect.height() / 2.0 - 26.0).max(40.0));
    let at = |axis: usize, share: f32| {
        let angle = std::f32::consts::TAU * axis as f32 / AXES.len() as f32 - std::f32::consts::FRAC_PI_2;
        center + radius * share * vec2(angle.cos(), angle.sin())
    };
    for share in [0.25, 0.5, 0.75, 1.0] {
        let ring = (0..AXES.len()).map(|axis| at(axis, share)).collect();
        painter.add(Shape::closed_line(ring, Stroke::new(1.0, tokens.border)));
    }
    let most: Vec<f64> =
        AXES.iter().map(|(_, value)| profiles.iter().filter_map(|p| value(p)).fold(0.0, f64::max)).collect();
    for (axis, (name, _)) in AXES.iter().enumerate() {
        painter.line_segment([center, at(axis, 1.0)], Stroke::new(1.0, tokens.border));
        let place = at(axis, 1.0);
        let align = match place.x - center.x {
            x if x > 8.0 => Align2::LEFT_CENTER,
            x if x < -8.0 => Align2::RIGHT_CENTER,
            _ if place.y < center.y => Align2::CENTER_BOTTOM,
            _ => Align2::CENTER_TOP,
        };
        let outward = (place - center).normalized() * 9.0;
        painter.text(place + outward, align, *name, theme::small_font(), tokens.text_subdued);
    }
    for (i, profile) in profiles.iter().enumerate() {
        let color = tokens.series(i);
        let share = |axis: usize| {
            let (_, value) = AXES.get(axis)?;
            let most = most.get(axis).copied().filter(|most| *most > 0.0)?;
            Some((value(profile)? / most) as f32)
        };
        // What is not known has no corner: the outline is broken there.
        for axis in 0..AXES.len() {
            let (Some(here), next) = (share(axis), share((axis + 1) % AXES.len())) else { continue };
            painter.circle_filled(at(axis, here), 3.0, color);
            if let Some(next) = next {
                let line = [at(axis, here), at((axis + 1) % AXES.len(), next)];
                painter.line_segment(line, Stroke::new(1.8, color));
            }
        }
    }
    let text = "Axes end at the largest value here; what is unknown has no corner.";
    ui.add(egui::Label::new(theme::caption(text)).truncate());
}

fn rooflines(ui: &mut Ui, profiles: &[&Profile]) {
    let tokens = Tokens::of(ui);
    let known: Vec<(usize, &Profile, f64, f64)> = profiles
        .iter()
        .enumerate()
        .filter_map(|(i, p)| {
            Some((i, *p, p.peak_flops_per_sec(NumericFormat::Bf16)?, p.memory_bandwidth_bytes_per_sec()?))
        })
        .filter(|(_, _, peak, bandwidth)| *peak > 0.0 && *bandwidth > 0.0)
        .collect();
    let ridges = || known.iter().map(|(_, _, peak, bandwidth)| peak / bandwidth);
    let (low, high) = (ridges().fold(1.0, f64::min) / 10.0, ridges().fold(1000.0, f64::max) * 4.0);
    let missing: Vec<&str> =
        profiles.iter().filter(|p| !known.iter().any(|(_, k, ..)| k.id == p.id)).map(|p| p.name.as_str()).collect();
    let note = if missing.is_empty() { 0.0 } else { 20.0 };
    let plot = house_plot(ui, "compared rooflines")
        .height((ui.available_height() - note).max(150.0))
        .x_grid_spacer(decades)
        .y_grid_spacer(decades);
    let x = Scale::new("Arithmetic intensity, FLOP/byte").text(|v| format::significant(10f64.powf(v), 1));
    let y = Scale::new("").text(|v| format::flop_rate(10f64.powf(v)));
    with_axes(ui, plot, x, y).show(ui, |plot| {
        for (i, profile, peak, bandwidth) in &known {
            let corner = |x: f64| PlotPoint::new(x.log10(), (x * bandwidth).min(*peak).log10());
            let line = vec![corner(low), corner(peak / bandwidth), corner(high)];
            let color: Color32 = tokens.series(*i);
            plot.line(Line::new(full_name(profile), PlotPoints::Owned(line)).color(color).width(1.8));
        }
    });
    if !missing.is_empty() {
        ui.label(theme::caption(format!("Without a bf16 peak or a memory bandwidth: {}.", missing.join(", "))));
    }
}
