//! A profile as a form: its identity and the figures of its specification, each with its source.

use assay_base::NumericFormat;
use assay_service::editing::profile;
use egui::{ComboBox, Label, ScrollArea, Ui};
use serde_json::{Value, json};

use crate::theme;
use crate::widgets::entry::{Number, line, number, row};
use crate::widgets::slider::Scale;

/// Lines of text: caption, key.
const TEXTS: [(&str, &str); 5] = [
    ("Vendor", "vendor"),
    ("Name", "name"),
    ("Architecture", "architecture"),
    ("Memory type", "memory_type"),
    ("Form factor", "form_factor"),
];

const KINDS: [&str; 7] = ["cpu", "gpu", "tpu", "npu", "lpu", "asic", "hosted"];

/// Figures with a source: caption, unit, key.
const FIGURES: [(&str, &str, &str); 4] = [
    ("Memory", "GB, 10⁹ bytes", "memory_gb"),
    ("Memory", "GiB, 2³⁰ bytes", "memory_gib"),
    ("Memory bandwidth", "GB/s", "memory_bandwidth_gb_per_sec"),
    ("Thermal design power", "W", "tdp_watts"),
];

/// Draws the form of a document. Answers what was changed: a path and its new value.
pub(super) fn ui(ui: &mut Ui, text: &str) -> Option<(String, Value)> {
    let Some(document) = profile::document(text) else {
        ui.add(Label::new("The text is not YAML, so there is nothing to fill in. Mend it as YAML, or undo.").wrap());
        return None;
    };
    let mut changed = None;
    let sources: Vec<&str> =
        document.get("sources").and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    ScrollArea::vertical().id_salt("profile form").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let set = |changed: &mut Option<(String, Value)>, path: &str, value: Value| {
            *changed = Some((path.to_owned(), value));
        };
        ui.label(theme::column_title("What it is"));
        for (caption, key) in TEXTS {
            let now = document.get(key).and_then(Value::as_str).unwrap_or_default();
            let typed = row(ui, caption, "", |ui| line(ui, 210.0, &format!("Profile {key}"), now, "not stated"));
            if let Some(typed) = typed {
                set(&mut changed, key, if typed.is_empty() { Value::Null } else { typed.into() });
            }
        }
        let kind = document.get("kind").and_then(Value::as_str).unwrap_or_default();
        if let Some(kind) = row(ui, "Kind", "", |ui| choice(ui, "Profile kind", kind, &KINDS)) {
            set(&mut changed, "kind", kind.into());
        }
        let year = document.get("year").map(Value::to_string).unwrap_or_default();
        if let Some(typed) = row(ui, "Year", "", |ui| line(ui, 108.0, "Profile year", &year, "not stated")) {
            // What is no year stays as it was typed, and the check says so.
            let year = typed.parse::<u16>().map_or_else(|_| typed.as_str().into(), Value::from);
            set(&mut changed, "year", if typed.is_empty() { Value::Null } else { year });
        }
        ui.add_space(6.0);
        ui.label(theme::column_title("Specification, one accelerator"));
        if sources.is_empty() {
            let text = "A figure needs a source: state one under `sources` in the YAML first.";
            ui.add(Label::new(theme::caption(text)).wrap());
        }
        for (caption, unit, key) in FIGURES {
            if let Some((path, value)) = figure(ui, caption, unit, key, document.get(key), &sources) {
                set(&mut changed, &path, value);
            }
        }
        ui.add_space(6.0);
        ui.label(theme::column_title("Dense peaks, TFLOP/s (TOP/s for int8)"));
        for format in NumericFormat::ALL {
            let (key, peaks) = (format!("peak_tflops.{}", format.label()), document.get("peak_tflops"));
            let now = peaks.and_then(|peaks| peaks.get(format.label()));
            if let Some((path, value)) = figure(ui, format.label(), "", &key, now, &sources) {
                set(&mut changed, &path, value);
            }
        }
        ui.add_space(6.0);
        let offers = document.get("offers").and_then(Value::as_array).map_or(0, Vec::len);
        let text = format!("{offers} offers with their quotes, and the sources, are edited as YAML.");
        ui.add(Label::new(theme::caption(text)).wrap());
    });
    changed
}

/// A figure and the key of its source. Emptied, the figure goes.
fn figure(
    ui: &mut Ui,
    caption: &str,
    unit: &str,
    key: &str,
    now: Option<&Value>,
    sources: &[&str],
) -> Option<(String, Value)> {
    let value = now.and_then(|figure| figure.get("value")).and_then(Value::as_f64);
    let source = now.and_then(|figure| figure.get("source")).and_then(Value::as_str);
    let name = format!("Profile {key}");
    row(ui, caption, unit, |ui| {
        let mut changed = None;
        if value.is_some() {
            let chosen = choice(ui, &format!("Source of {key}"), source.unwrap_or_default(), sources);
            changed = chosen.map(|source| (format!("{key}.source"), source.into()));
        }
        let entry = Number { name: &name, value, scale: Scale::Plain { decimals: 3 }, hint: "not stated" };
        if let Some(typed) = number(ui, 96.0, &entry) {
            changed = Some(match (typed, value) {
                (None, _) => (key.to_owned(), Value::Null),
                (Some(typed), Some(_)) => (format!("{key}.value"), json!(typed)),
                (Some(typed), None) => {
                    (key.to_owned(), json!({ "value": typed, "source": sources.first().copied().unwrap_or_default() }))
                }
            });
        }
        changed
    })
}

/// One of some words.
fn choice(ui: &mut Ui, name: &str, now: &str, words: &[&str]) -> Option<String> {
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(name).selected_text(now).width(96.0).truncate();
    let response = combo.show_ui(ui, |ui| {
        for word in words {
            if ui.selectable_label(*word == now, *word).clicked() && *word != now {
                chosen = Some((*word).to_owned());
            }
        }
    });
    response.response.accessible_name(name).on_hover_text(now);
    chosen
}
