//! Attached devices with their stacks, and the catalogue.

use std::path::Path;

use assay_base::format::or_unknown;
use assay_service::core::device::{DeviceReport, StackStatus};
use assay_service::{Action, TargetReport};
use egui::{Align, Button, Label, Layout, RichText, ScrollArea, Ui};

use super::catalogue::Catalogue;
use super::sensed;
use crate::paths::shortened;
use crate::requests::{Devices, Request, Scene};
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::icon::{self, Icon};
use crate::widgets::{bullet, card_filled, chip, empty_state, field};

/// The state of the view.
#[derive(Debug, Default)]
pub struct HardwareView {
    tab: Tab,
    catalogue: Catalogue,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Attached,
    Catalogue,
}

impl HardwareView {
    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        ui.horizontal(|ui| {
            for (tab, name) in [(Tab::Attached, "Attached devices"), (Tab::Catalogue, "Catalogue")] {
                if ui.add(Button::selectable(self.tab == tab, name)).clicked() {
                    self.tab = tab;
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| detect(ui, scene));
        });
        ui.add_space(4.0);
        match self.tab {
            Tab::Attached => attached(ui, scene),
            Tab::Catalogue => self.catalogue.ui(ui, scene),
        }
    }
}

fn detect(ui: &mut Ui, scene: &mut Scene<'_>) {
    if ui.add_enabled(!scene.devices.probing, Button::new("Detect devices")).clicked() {
        scene.requests.push(Request::Do(Action::DetectDevices));
    }
    if scene.devices.probing {
        ui.add(egui::Spinner::new().size(14.0));
        ui.label(theme::caption("Asking each target for its devices"));
    }
    let watching = scene.telemetry.is_watching();
    let button = ui.add(Button::selectable(watching, "Watch sensors"));
    if button.on_hover_text("A worker process reads the sensors of this machine's devices once a second").clicked() {
        scene.requests.push(Request::Watch(!watching));
    }
}

fn attached(ui: &mut Ui, scene: &Scene<'_>) {
    let devices: &Devices = scene.devices;
    if devices.reports.is_empty() {
        let (title, text) = match devices.probing {
            true => ("Asking for devices", "Each target starts a worker that looks for its devices and their stacks."),
            false => ("No devices known", "No target of the study has told its devices yet."),
        };
        empty_state(ui, Icon::Hardware, title, text, None);
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::GAP;
        for report in &devices.reports {
            target(ui, report, scene);
        }
    });
}

fn target(ui: &mut Ui, report: &TargetReport, scene: &Scene<'_>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let name = if report.target.id == "local" { "This machine" } else { report.target.id.as_str() };
        ui.label(theme::lead(name));
        if let Some(environment) = &report.environment {
            let facts = [
                environment.host.clone(),
                environment.operating_system.clone(),
                environment.kernel.clone(),
                environment.memory_bytes.map(|b| format!("{} memory", Units::of(ui).memory(b as f64))),
                environment.hypervisor.clone(),
                environment.container.clone(),
            ];
            let text = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            ui.add(Label::new(theme::caption(text)).truncate());
        }
    });
    if let Some(error) = &report.error {
        card_filled(ui, |ui| bullet(ui, Icon::Warning, tokens.error, error));
    }
    for device in &report.devices {
        card_filled(ui, |ui| {
            // Another host has other folders.
            let study = report.target.is_local().then(|| scene.workbench.folder());
            device_card(ui, device, study);
            if report.target.is_local() {
                sensors(ui, device, scene);
            }
        });
    }
}

/// What the sensors of a device say, over the last minutes.
fn sensors(ui: &mut Ui, report: &DeviceReport, scene: &Scene<'_>) {
    let telemetry = scene.telemetry;
    ui.add_space(6.0);
    let state = match (&telemetry.ended, scene.run.is_active(), telemetry.is_watching()) {
        (Some(reason), ..) => format!("Sensors: {reason}"),
        (None, true, _) => "Sensors are left to the run under way".to_owned(),
        (None, false, true) => "Sensors".to_owned(),
        (None, false, false) => "Sensors: not watched".to_owned(),
    };
    ui.horizontal(|ui| {
        ui.label(theme::column_title(state));
        let newest = telemetry.devices.get(&report.device.id).and_then(|readings| readings.back());
        sensed::throttled(ui, newest);
    });
    let Some(readings) = telemetry.devices.get(&report.device.id) else {
        if telemetry.is_watching() {
            ui.label(theme::caption("Nothing was told yet; a device without sensors tells nothing."));
        }
        return;
    };
    sensed::plots(ui, readings.iter(), 4);
}

fn device_card(ui: &mut Ui, report: &DeviceReport, study: Option<&Path>) {
    let tokens = Tokens::of(ui);
    let device = &report.device;
    ui.horizontal(|ui| {
        ui.label(theme::strong(&device.name));
        chip(ui, device.kind.label(), tokens.text_subdued);
        ui.label(theme::number(&device.id));
        ui.label(theme::caption(or_unknown(device.memory_bytes, |b| Units::of(ui).memory(b as f64))));
    });
    ui.add_space(2.0);
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        left.label(theme::column_title("Stacks"));
        for stack in &report.stacks {
            stack_row(left, stack, study);
        }
        right.label(theme::column_title("Properties"));
        for (name, value) in &device.properties {
            field(right, &name.replace('_', " "), &shown(value, study)).on_hover_text(value);
        }
        if device.properties.is_empty() {
            right.label(theme::caption("Nothing more is known."));
        }
    });
}

/// A text of this machine's with its folders shortened; one of another host's as it is.
fn shown(text: &str, study: Option<&Path>) -> String {
    study.map_or_else(|| text.to_owned(), |study| shortened(text, Some(study)))
}

fn stack_row(ui: &mut Ui, stack: &StackStatus, study: Option<&Path>) {
    let tokens = Tokens::of(ui);
    let (symbol, color) =
        if stack.available { (Icon::Check, tokens.success) } else { (Icon::Close, tokens.text_subdued) };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = theme::LINE;
        let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, theme::LINE), egui::Sense::hover());
        icon::paint(ui.painter(), egui::Rect::from_center_size(rect.center(), egui::vec2(12.0, 12.0)), symbol, color);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.horizontal(|ui| {
                ui.label(if stack.available {
                    theme::strong(stack.id.as_str())
                } else {
                    RichText::new(stack.id.as_str())
                });
                let state = match (&stack.version, stack.available) {
                    (Some(version), _) => shown(version, study),
                    (None, true) => "available".to_owned(),
                    (None, false) => "unavailable".to_owned(),
                };
                ui.label(theme::caption(state));
            });
            if let Some(reason) = &stack.reason {
                ui.add(Label::new(theme::caption(shown(reason, study))).wrap()).on_hover_text(reason);
            }
        });
    });
}
