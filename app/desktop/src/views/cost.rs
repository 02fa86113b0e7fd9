//! Assumptions as sliders, and what follows from them at once.

use assay_service::study::{ASSUMPTIONS, AssumptionSpec, Study};
use assay_service::{Command, Workbench};
use egui::{Panel, ScrollArea, Ui};

use super::{cost_charts, overview};
use crate::requests::{Request, Scene};
use crate::theme;
use crate::widgets::slider::{Quantity, Scale, quantity};
use crate::widgets::{card, card_filled, kpi_row};

/// The state of the view.
#[derive(Debug, Default)]
pub struct CostView {
    gesture: u64,
}

impl CostView {
    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let side = egui::Frame::new().outer_margin(egui::Margin { right: theme::GAP as i8, ..Default::default() });
        Panel::left("assumptions").exact_size(318.0).resizable(false).show_separator_line(false).frame(side).show(
            ui,
            |ui| {
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = theme::GAP;
                    self.demand(ui, scene);
                    self.assumptions(ui, scene);
                });
            },
        );
        ScrollArea::vertical().id_salt("figures").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::GAP;
            let assessment = scene.workbench.assessment();
            let best = assessment.answer.recommended.as_deref().and_then(|id| assessment.evaluation(id));
            kpi_row(ui, &overview::figures(assessment, best));
            cost_charts::ui(ui, assessment);
            card(ui, "Options", |ui| overview::options_table(ui, assessment));
        });
    }

    fn demand(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let assessment = scene.workbench.assessment();
        let demand = &assessment.study.demand;
        let item = assessment.item();
        card_filled(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.label(theme::card_title("Demand"));
            ui.add_space(6.0);
            let row = |label, path: &'static str, unit: String, value, range, scale, source: &str| {
                let quantity = Quantity {
                    label,
                    unit,
                    value,
                    range,
                    scale,
                    default: None,
                    source: source.to_owned(),
                    locked: None,
                };
                (path, quantity)
            };
            let rows = [
                row(
                    "Demand a month",
                    "demand.items_per_month",
                    item.to_owned(),
                    demand.items_per_month.value(),
                    (1e3, 1e15),
                    Scale::Logarithmic,
                    "What has to be processed in the first month.",
                ),
                row(
                    "Growth",
                    "demand.growth_per_month",
                    "a month".to_owned(),
                    demand.growth_per_month.value(),
                    (-0.2, 0.3),
                    Scale::Percent,
                    "Compound growth of the demand.",
                ),
                row(
                    "Peak to average",
                    "demand.peak_to_average",
                    String::new(),
                    demand.peak_to_average.value(),
                    (1.0, 20.0),
                    Scale::Plain { decimals: 1 },
                    "The busiest hour over the average hour; capacity is bought for the peak.",
                ),
            ];
            for (path, row) in rows {
                self.row(ui, scene, path, row);
            }
        });
    }

    fn assumptions(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        card_filled(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.label(theme::card_title("Assumptions"));
            ui.add_space(6.0);
            for spec in &ASSUMPTIONS {
                let study = &scene.workbench.assessment().study;
                let Some(value) = study.assumptions.get(spec.key) else { continue };
                let quantity = Quantity {
                    label: spec.label,
                    unit: unit(spec, study),
                    value,
                    range: (spec.min, spec.max),
                    scale: scale(spec),
                    default: Some(spec.default),
                    source: spec.source.to_owned(),
                    locked: None,
                };
                self.row(ui, scene, &format!("assumptions.{}", spec.key), quantity);
            }
        });
    }

    fn row(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, path: &str, mut row: Quantity<'_>) {
        row.locked = locked(scene.workbench, path);
        row.range = (row.range.0.min(row.value), row.range.1.max(row.value));
        let edit = quantity(ui, &row);
        if edit.gesture_started {
            self.gesture += 1;
        }
        if let Some(value) = edit.value {
            let command = Command::Set { path: path.to_owned(), value: value.into(), gesture: Some(self.gesture) };
            scene.requests.push(Request::Apply(command));
        }
    }
}

/// Why the value cannot be changed: the scenario looked at sets it.
fn locked(workbench: &Workbench, path: &str) -> Option<String> {
    let id = workbench.scenario()?;
    let scenario = workbench.study().scenarios.iter().find(|s| s.id == id)?;
    scenario
        .set
        .contains_key(path)
        .then(|| format!("The scenario “{}” sets this value. Choose the plan itself to change it.", scenario.name))
}

fn unit(spec: &AssumptionSpec, study: &Study) -> String {
    let unit = spec.unit.replace("currency", study.currency.code());
    if unit == "s" { String::new() } else { unit }
}

fn scale(spec: &AssumptionSpec) -> Scale {
    match spec.unit {
        _ if spec.percent => Scale::Percent,
        "s" => Scale::Microseconds,
        "months" | "currency" => Scale::Plain { decimals: 0 },
        _ => Scale::Plain { decimals: 2 },
    }
}
