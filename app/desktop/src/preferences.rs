//! The dialog of settings: currency, units, theme and size of everything.

use assay_base::Currency;
use assay_base::format::{ByteUnits, TimeUnits};
use assay_service::Workbench;
use egui::{ComboBox, Id, Label, Modal, Sides, ThemePreference, Ui};

use crate::theme::{self, Tokens};
use crate::units::{ChosenUnits, stated_rate};
use crate::widgets::primary_button;

const BYTES: [(ByteUnits, &str); 3] = [
    (ByteUnits::Customary, "GiB for sizes, GB/s for rates"),
    (ByteUnits::Decimal, "SI: GB and GB/s, powers of 1000"),
    (ByteUnits::Binary, "IEC: GiB and GiB/s, powers of 1024"),
];

const TIMES: [(TimeUnits, &str); 4] = [
    (TimeUnits::Fitting, "What suits each duration"),
    (TimeUnits::Seconds, "Seconds"),
    (TimeUnits::Milliseconds, "Milliseconds"),
    (TimeUnits::Microseconds, "Microseconds"),
];

const THEMES: [(ThemePreference, &str); 3] =
    [(ThemePreference::System, "As the system"), (ThemePreference::Dark, "Dark"), (ThemePreference::Light, "Light")];

const ZOOMS: [f32; 6] = [0.8, 0.9, 1.0, 1.25, 1.5, 2.0];

/// Shows the dialog; `false` once it is to be closed. A choice takes effect at once.
pub fn ui(ui: &mut Ui, chosen: &mut ChosenUnits, workbench: Option<&Workbench>) -> bool {
    let mut open = true;
    let modal = Modal::new(Id::unique("settings")).show(ui, |ui| {
        ui.set_width(460.0);
        ui.label(theme::page_title("Settings"));
        ui.add_space(4.0);
        egui::Grid::new("settings").num_columns(2).spacing([18.0, 10.0]).show(ui, |ui| {
            currency(ui, &mut chosen.currency, workbench);
            choice(ui, "Bytes", &mut chosen.bytes, &BYTES);
            choice(ui, "Times", &mut chosen.time, &TIMES);
            let mut preference = ui.options(|o| o.theme_preference);
            if choice(ui, "Theme", &mut preference, &THEMES) {
                ui.ctx().set_theme(preference);
            }
            zoom(ui);
        });
        ui.add_space(4.0);
        rate(ui, chosen.currency, workbench);
        ui.add_space(10.0);
        Sides::new().show(ui, |_| {}, |ui| open &= !primary_button(ui, true, "Close").clicked());
    });
    open && !modal.should_close()
}

fn choice<T: Copy + PartialEq>(ui: &mut Ui, name: &str, value: &mut T, choices: &[(T, &str)]) -> bool {
    let before = *value;
    let label = ui.label(name).id;
    let shown = choices.iter().find(|(choice, _)| choice == value).map_or("", |(_, text)| text);
    let combo = ComboBox::from_id_salt(name).selected_text(shown).width(290.0).show_ui(ui, |ui| {
        for (choice, text) in choices {
            ui.selectable_value(value, *choice, *text);
        }
    });
    combo.response.labelled_by(label);
    ui.end_row();
    *value != before
}

fn currency(ui: &mut Ui, value: &mut Option<Currency>, workbench: Option<&Workbench>) {
    let study = workbench.map(Workbench::study);
    let mut known: Vec<Currency> =
        study.iter().flat_map(|study| study.finance.exchange_rates.iter().map(|rate| rate.from)).collect();
    known.extend(value.filter(|chosen| !known.contains(chosen)));
    let own =
        study.map_or_else(|| "The study's own".to_owned(), |study| format!("The study's own, {}", study.currency));
    let mut choices = vec![(None, own)];
    choices.extend(known.into_iter().map(|currency| (Some(currency), currency.code().to_owned())));
    let choices: Vec<(Option<Currency>, &str)> = choices.iter().map(|(c, text)| (*c, text.as_str())).collect();
    choice(ui, "Amounts in", value, &choices);
}

/// By which rate amounts are converted, or why they are not.
fn rate(ui: &mut Ui, chosen: Option<Currency>, workbench: Option<&Workbench>) {
    let Some(study) = workbench.map(Workbench::study) else { return };
    let tokens = Tokens::of(ui);
    let text = match chosen.filter(|currency| *currency != study.currency) {
        None if study.finance.exchange_rates.is_empty() => {
            "Other currencies are offered once the study states their rates under `finance.exchange_rates`.".to_owned()
        }
        None => return,
        Some(currency) => match stated_rate(study, currency) {
            Some(rate) => format!(
                "1 {currency} = {} {} as of {} ({}). Figures and charts are converted; what is typed, sentences and \
                 documents stay in {}.",
                rate.rate, study.currency, rate.as_of, rate.source, study.currency
            ),
            None => {
                let text = format!(
                    "This study states no rate for {currency}, so its amounts stay in {}. State one under \
                     `finance.exchange_rates` in study.yaml.",
                    study.currency
                );
                ui.add(Label::new(theme::caption(text).color(tokens.warning)).wrap());
                return;
            }
        },
    };
    ui.add(Label::new(theme::caption(text)).wrap());
}

fn zoom(ui: &mut Ui) {
    let label = ui.label("Size").id;
    let now = ui.ctx().zoom_factor();
    let text = |zoom: f32| assay_base::format::percent(f64::from(zoom), 0);
    let combo = ComboBox::from_id_salt("size").selected_text(text(now)).width(290.0).show_ui(ui, |ui| {
        for zoom in ZOOMS {
            if ui.selectable_label(zoom == now, text(zoom)).clicked() {
                ui.ctx().set_zoom_factor(zoom);
            }
        }
    });
    combo.response.labelled_by(label);
    ui.end_row();
}
