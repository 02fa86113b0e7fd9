//! Attached devices with their stacks, and the catalogue.

use assay_base::format::{self, or_unknown};
use assay_service::core::device::{DeviceReport, StackStatus};
use assay_service::{Action, TargetReport};
use egui::{Align, Button, Label, Layout, RichText, ScrollArea, Ui};

use super::catalogue::Catalogue;
use crate::requests::{Devices, Request, Scene};
use crate::theme::{self, Tokens};
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
            Tab::Attached => attached(ui, scene.devices),
            Tab::Catalogue => self.catalogue.ui(ui, scene.workbench),
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
}

fn attached(ui: &mut Ui, devices: &Devices) {
    if devices.reports.is_empty() && !devices.probing {
        empty_state(ui, Icon::Hardware, "No devices known", "No target of the study has told its devices yet.", None);
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::GAP;
        for report in &devices.reports {
            target(ui, report);
        }
    });
}

fn target(ui: &mut Ui, report: &TargetReport) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let name = if report.target.id == "local" { "This machine" } else { report.target.id.as_str() };
        ui.label(theme::lead(name));
        if let Some(environment) = &report.environment {
            let facts = [
                environment.host.clone(),
                environment.operating_system.clone(),
                environment.kernel.clone(),
                environment.memory_bytes.map(|b| format!("{} memory", format::memory(b as f64))),
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
        card_filled(ui, |ui| device_card(ui, device));
    }
}

fn device_card(ui: &mut Ui, report: &DeviceReport) {
    let tokens = Tokens::of(ui);
    let device = &report.device;
    ui.horizontal(|ui| {
        ui.label(theme::strong(&device.name));
        chip(ui, device.kind.label(), tokens.text_subdued);
        ui.label(theme::number(&device.id));
        ui.label(theme::caption(or_unknown(device.memory_bytes, |b| format::memory(b as f64))));
    });
    ui.add_space(2.0);
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        left.label(theme::column_title("Stacks"));
        for stack in &report.stacks {
            stack_row(left, stack);
        }
        right.label(theme::column_title("Properties"));
        for (name, value) in &device.properties {
            field(right, &name.replace('_', " "), value).on_hover_text(value);
        }
        if device.properties.is_empty() {
            right.label(theme::caption("Nothing more is known."));
        }
    });
}

fn stack_row(ui: &mut Ui, stack: &StackStatus) {
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
                    (Some(version), _) => version.as_str(),
                    (None, true) => "available",
                    (None, false) => "unavailable",
                };
                ui.label(theme::caption(state));
            });
            if let Some(reason) = &stack.reason {
                ui.add(Label::new(theme::caption(reason)).wrap());
            }
        });
    });
}
