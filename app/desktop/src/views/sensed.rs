//! What the sensors of a device have said, as small plots over time.

use assay_base::format::{self, or_unknown};
use assay_service::core::telemetry::Reading;
use egui::{Label, Ui};

use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::chip;
use crate::widgets::spark::spark;

/// Name, value, its text, and whether its plot begins at zero.
type Quantity = (&'static str, fn(&Reading) -> Option<f64>, fn(f64, Units) -> String, bool);

const QUANTITIES: [Quantity; 6] = [
    ("Power", |r| r.power_watts, |watts, _| format::power(watts), true),
    ("Clock", |r| r.clock_hz, megahertz, false),
    ("Memory clock", |r| r.memory_clock_hz, megahertz, false),
    ("Temperature", |r| r.temperature_celsius, |v, _| format!("{} °C", format::thousands(v, 0)), false),
    ("Utilisation", |r| r.utilisation, |v, _| format::percent(v, 0), true),
    ("Memory in use", |r| r.memory_used_bytes, |bytes, units| units.memory(bytes), true),
];

fn megahertz(hertz: f64, _: Units) -> String {
    format!("{} MHz", format::thousands(hertz / 1e6, 0))
}

/// A plot of each quantity that was told, `columns` side by side, and the names of those that were not.
pub(super) fn plots<'a>(ui: &mut Ui, readings: impl Iterator<Item = &'a Reading> + Clone, columns: usize) {
    let units = Units::of(ui);
    let told = |value: fn(&Reading) -> Option<f64>| readings.clone().any(|r| value(r).is_some());
    let (shown, silent): (Vec<&Quantity>, Vec<&Quantity>) = QUANTITIES.iter().partition(|(_, value, ..)| told(*value));
    let spacing = ui.spacing().item_spacing.x;
    let columns = shown.len().clamp(1, columns.max(1)) as f32;
    let width = ((ui.available_width() - spacing * (columns - 1.0)) / columns).floor().min(340.0);
    ui.horizontal_wrapped(|ui| {
        for (name, value, text, from_zero) in shown {
            let values: Vec<Option<f64>> = readings.clone().map(value).collect();
            let newest = or_unknown(values.iter().rev().flatten().next().copied(), |value| text(value, units));
            spark(ui, width, name, &newest, &values, *from_zero);
        }
    });
    if !silent.is_empty() {
        let names: Vec<String> = silent.iter().map(|(name, ..)| name.to_lowercase()).collect();
        ui.add(Label::new(theme::caption(format!("This device does not tell: {}.", names.join(", ")))).wrap());
    }
}

/// Says so where the device slows itself down, and why.
pub(super) fn throttled(ui: &mut Ui, newest: Option<&Reading>) {
    let Some(reading) = newest.filter(|r| r.throttled == Some(true)) else { return };
    let why = reading.throttle_reasons.names().collect::<Vec<_>>().join(", ");
    let text = if why.is_empty() { "throttled".to_owned() } else { format!("throttled: {why}") };
    chip(ui, &text, Tokens::of(ui).warning);
}
