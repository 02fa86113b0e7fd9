//! Attached devices with their stacks, and the catalogue.

use assay_base::format::{self, or_unknown};
use assay_service::core::device::{DeviceReport, StackStatus};
use assay_service::core::telemetry::Reading;
use assay_service::{Action, TargetReport};
use egui::{Align, Button, Label, Layout, RichText, ScrollArea, Ui};

use super::catalogue::Catalogue;
use crate::requests::{Devices, Request, Scene};
use crate::theme::{self, Tokens};
use crate::widgets::icon::{self, Icon};
use crate::widgets::spark::spark;
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
    if devices.reports.is_empty() && !devices.probing {
        empty_state(ui, Icon::Hardware, "No devices known", "No target of the study has told its devices yet.", None);
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
        card_filled(ui, |ui| {
            device_card(ui, device);
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
        if let Some(reading) = newest.filter(|r| r.throttled == Some(true)) {
            let why = reading.throttle_reasons.names().collect::<Vec<_>>().join(", ");
            let why = if why.is_empty() { "throttled".to_owned() } else { format!("throttled: {why}") };
            chip(ui, &why, Tokens::of(ui).warning);
        }
    });
    let Some(readings) = telemetry.devices.get(&report.device.id) else {
        if telemetry.is_watching() {
            ui.label(theme::caption("Nothing was told yet; a device without sensors tells nothing."));
        }
        return;
    };
    let quantities: [Sensed; 6] = [
        ("Power", |r| r.power_watts, format::power, true),
        ("Clock", |r| r.clock_hz, |v| format!("{} MHz", format::thousands(v / 1e6, 0)), false),
        ("Memory clock", |r| r.memory_clock_hz, |v| format!("{} MHz", format::thousands(v / 1e6, 0)), false),
        ("Temperature", |r| r.temperature_celsius, |v| format!("{} °C", format::thousands(v, 0)), false),
        ("Utilisation", |r| r.utilisation, |v| format::percent(v, 0), true),
        ("Memory in use", |r| r.memory_used_bytes, format::memory, true),
    ];
    let told = |value: fn(&Reading) -> Option<f64>| readings.iter().any(|r| value(r).is_some());
    let shown: Vec<&Sensed> = quantities.iter().filter(|(_, value, ..)| told(*value)).collect();
    let silent: Vec<&str> = quantities.iter().filter(|(_, value, ..)| !told(*value)).map(|(name, ..)| *name).collect();
    let spacing = ui.spacing().item_spacing.x;
    let columns = shown.len().clamp(1, 4) as f32;
    let width = ((ui.available_width() - spacing * (columns - 1.0)) / columns).floor().min(340.0);
    ui.horizontal_wrapped(|ui| {
        for (name, value, text, from_zero) in shown {
            let values: Vec<Option<f64>> = readings.iter().map(value).collect();
            let newest = or_unknown(values.iter().rev().flatten().next().copied(), text);
            spark(ui, width, name, &newest, &values, *from_zero);
        }
    });
    if !silent.is_empty() {
        ui.label(theme::caption(format!("This device does not tell: {}.", silent.join(", ").to_lowercase())));
    }
}

/// Name, value, its text, and whether its plot begins at zero.
type Sensed = (&'static str, fn(&Reading) -> Option<f64>, fn(f64) -> String, bool);

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
