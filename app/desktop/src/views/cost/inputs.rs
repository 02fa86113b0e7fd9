//! Demand and assumptions as sliders.

use assay_service::documents::demand_in_words;
use assay_service::editing::distribution::moved_to;
use assay_service::study::{ASSUMPTIONS, AssumptionSpec, Quantity as Value, Study};
use assay_service::{Command, Workbench};
use egui::Ui;
use serde_json::json;

use super::distribution;
use crate::requests::{Request, Scene};
use crate::theme;
use crate::widgets::card_filled;
use crate::widgets::entry::{self, Number};
use crate::widgets::icon::{Icon, icon_button};
use crate::widgets::slider::{Quantity, Scale, Spread, quantity};

/// The state of the sliders.
#[derive(Debug, Default)]
pub struct Inputs {
    gesture: u64,
    /// The path of the value whose distribution is being edited.
    open: Option<String>,
}

impl Inputs {
    /// Draws both cards.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        self.demand(ui, scene);
        self.assumptions(ui, scene);
    }

    fn demand(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let assessment = scene.workbench.assessment();
        let demand = &assessment.study.demand;
        let item = assessment.item();
        card_filled(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.label(theme::card_title("Demand"));
            ui.add_space(6.0);
            let row = |label, unit: String, range, scale, source: &str| Quantity {
                label,
                unit,
                value: 0.0,
                range,
                scale,
                default: None,
                source: source.to_owned(),
                locked: None,
                spread: Spread::Possible,
            };
            let rows = [
                (
                    "demand.items_per_month",
                    &demand.items_per_month,
                    row(
                        "Demand a month",
                        item.to_owned(),
                        (1e3, 1e15),
                        Scale::Logarithmic,
                        "What has to be processed in the first month.",
                    ),
                ),
                (
                    "demand.growth_per_month",
                    &demand.growth_per_month,
                    row("Growth", "a month".to_owned(), (-0.2, 0.3), Scale::Percent, "Compound growth of the demand."),
                ),
                (
                    "demand.peak_to_average",
                    &demand.peak_to_average,
                    row(
                        "Peak to average",
                        String::new(),
                        (1.0, 20.0),
                        Scale::Plain { decimals: 1 },
                        "The busiest hour over the average hour; capacity is bought for the peak.",
                    ),
                ),
            ];
            // What the study states as `growth` is no slider.
            let is_compound = demand.growth.is_none();
            for (path, value, row) in rows {
                if is_compound || path != "demand.growth_per_month" {
                    self.row(ui, scene, path, value, row);
                }
            }
            if !is_compound || !demand.season.is_empty() {
                ui.add_space(4.0);
                let words = demand_in_words(&assessment.assumptions, item);
                ui.add(egui::Label::new(theme::caption(words)).wrap());
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
                if !spec.is_for(study.currency) {
                    self.amount(ui, scene, spec);
                    continue;
                }
                let Some(value) = study.assumption(spec.key) else { continue };
                let quantity = Quantity {
                    label: spec.label,
                    unit: unit(spec, study),
                    value: 0.0,
                    range: (spec.min, spec.max),
                    scale: scale(spec),
                    default: Some(spec.default),
                    source: spec.source.to_owned(),
                    locked: None,
                    spread: if spec.uncertain { Spread::Possible } else { Spread::Never },
                };
                self.row(ui, scene, &format!("assumptions.{}", spec.key), &value, quantity);
            }
        });
    }

    /// An amount in a currency for which neither a default nor a sensible range is known: it is typed.
    fn amount(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, spec: &AssumptionSpec) {
        let study = &scene.workbench.assessment().study;
        let path = format!("assumptions.{}", spec.key);
        let stated = study.assumption(spec.key);
        let lock = locked(scene.workbench, &path);
        let hint =
            format!("{}\nNo default is known in {}, only in {}.", spec.source, study.currency, spec.known_currencies());
        let row = Quantity {
            label: spec.label,
            unit: unit(spec, study),
            value: stated.as_ref().map_or(0.0, Value::value),
            range: (spec.min, 100.0 * stated.as_ref().map_or(0.0, Value::value).max(spec.max)),
            scale: Scale::Plain { decimals: 4 },
            default: None,
            source: hint,
            locked: lock,
            spread: Spread::Never,
        };
        let name = format!("{} value", row.label);
        let entry =
            Number { name: &name, value: stated.as_ref().map(Value::value), scale: row.scale, hint: "not stated" };
        let is_spread = stated.as_ref().is_some_and(|value| value.distribution().is_some());
        let response = ui.scope(|ui| {
            entry::row(ui, row.label, &row.unit, |ui| {
                let enabled = row.locked.is_none() && !is_spread;
                let typed = ui.add_enabled_ui(enabled, |ui| entry::number(ui, 96.0, &entry)).inner;
                if let Some(typed) = typed {
                    scene.requests.push(Request::Apply(Command::set(path.as_str(), json!(typed))));
                }
                if spec.uncertain && stated.is_some() {
                    let name = format!("Distribution of {}", row.label.to_lowercase());
                    if icon_button(ui, Icon::Spread, &name, true, is_spread).clicked() {
                        self.open = if self.open.as_deref() == Some(&path) { None } else { Some(path.clone()) };
                    }
                }
            });
        });
        response.response.on_hover_text(row.locked.as_ref().unwrap_or(&row.source));
        if let Some(value) = stated.filter(|_| spec.uncertain) {
            self.spread(ui, scene, &path, &value, &row);
        }
        ui.add_space(8.0);
    }

    fn row(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, path: &str, value: &Value, mut row: Quantity<'_>) {
        row.locked = locked(scene.workbench, path);
        row.value = value.value();
        row.range = (row.range.0.min(row.value), row.range.1.max(row.value));
        if value.distribution().is_some() {
            row.spread = Spread::Stated;
            // Going back to the default is choosing one number, in the editor of the distribution.
            row.default = None;
        }
        let edit = quantity(ui, &row);
        if edit.gesture_started {
            self.gesture += 1;
        }
        // A distribution is moved as a whole and stops where one of its ends would leave the range.
        if let Some(moved) = edit.value.and_then(|centre| moved_to(value, centre, row.range)) {
            let (path, gesture) = (path.to_owned(), Some(self.gesture));
            scene.requests.push(Request::Apply(Command::Set { path, value: json!(moved), gesture }));
        }
        if edit.spread_clicked {
            self.open = if self.open.as_deref() == Some(path) { None } else { Some(path.to_owned()) };
        }
        self.spread(ui, scene, path, value, &row);
    }

    /// The distribution of a value: its editor where that is open, or a line that says what it is.
    fn spread(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, path: &str, value: &Value, row: &Quantity<'_>) {
        if self.open.as_deref() == Some(path) {
            let edited = distribution::editor(ui, row, value);
            if let Some(edited) = edited.filter(|_| row.locked.is_none()) {
                scene.requests.push(Request::Apply(Command::set(path, json!(edited))));
            }
        } else if value.distribution().is_some() {
            ui.label(theme::caption(distribution::told(row, value)));
            ui.add_space(4.0);
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
    // Microseconds say their unit themselves.
    if scale(spec) == Scale::Microseconds { String::new() } else { unit }
}

fn scale(spec: &AssumptionSpec) -> Scale {
    match spec.unit {
        _ if spec.percent => Scale::Percent,
        "s" if spec.max < 1.0 => Scale::Microseconds,
        "s" => Scale::Plain { decimals: 1 },
        "months" | "currency" => Scale::Plain { decimals: 0 },
        _ => Scale::Plain { decimals: 2 },
    }
}
