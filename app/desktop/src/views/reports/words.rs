//! The author's own words, and how documents look.

use assay_service::Command;
use assay_service::PreviewSection;
use assay_service::study::{DocumentLanguage, OwnWords, PaperSize};
use egui::{CollapsingHeader, ComboBox, Ui};
use serde_json::{Value, json};

use crate::requests::{Request, Scene};
use crate::theme;
use crate::widgets::card;
use crate::widgets::entry::{line, lines, row};

/// Draws the cards: words of the whole document, of its sections, and how it looks.
pub fn cards(ui: &mut Ui, scene: &mut Scene<'_>, sections: &[PreviewSection]) {
    let study = scene.workbench.study();
    let requests = &mut *scene.requests;
    let mut set = |path: &str, value: Value| requests.push(Request::Apply(Command::set(path, value)));
    let narrative = &study.narrative;
    card(ui, "In your own words", |ui| {
        ui.label(theme::caption("Summary, under the decision"));
        let summary = narrative.summary.as_deref().unwrap_or_default();
        if let Some(text) = lines(ui, "Summary", summary, "What the reader should take away", 3) {
            set("narrative.summary", or_null(text));
        }
        ui.label(theme::caption("What has to be known before deciding, a line each"));
        let caveats = narrative.caveats.join("\n");
        if let Some(text) = lines(ui, "Caveats", &caveats, "A caveat on each line", 3) {
            let list: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            set("narrative.caveats", json!(list));
        }
        for section in sections {
            let own = narrative.sections.get(&section.name);
            section_words(ui, section, own, &mut set);
        }
    });
    card(ui, "Look", |ui| {
        let look = &study.documents;
        let languages = [(DocumentLanguage::English, "English"), (DocumentLanguage::German, "Deutsch")];
        if let Some(language) = choice(ui, "Language", &languages, look.language) {
            set("documents.language", json!(language));
        }
        let papers = [(PaperSize::A4, "A4"), (PaperSize::Letter, "Letter")];
        if let Some(paper) = choice(ui, "Paper", &papers, look.paper) {
            set("documents.paper", json!(paper));
        }
        let fields = [
            ("Classification", "documents.classification", &look.classification, "such as Confidential"),
            ("Logo", "documents.logo", &look.logo, "a PNG in the study's folder"),
            ("Dark colour", "documents.primary_color", &look.primary_color, "#0B2545"),
            ("Accent colour", "documents.accent_color", &look.accent_color, "#0F766E"),
        ];
        for (name, path, value, hint) in fields {
            let text = value.as_deref().unwrap_or_default();
            if let Some(text) = row(ui, name, "", |ui| line(ui, 210.0, name, text, hint)) {
                set(path, or_null(text));
            }
        }
    });
}

fn or_null(text: String) -> Value {
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

fn section_words(ui: &mut Ui, section: &PreviewSection, own: Option<&OwnWords>, set: &mut impl FnMut(&str, Value)) {
    let mark = if own.is_some() { " ●" } else { "" };
    CollapsingHeader::new(format!("{}{mark}", section.subject)).id_salt(&section.name).show(ui, |ui| {
        ui.add(egui::Label::new(theme::caption(&section.title)).wrap());
        let title = own.and_then(|own| own.title.as_deref()).unwrap_or_default();
        let name = format!("Title of {}", section.subject);
        let hint = "a title in place of the one above";
        let changed_title = line(ui, ui.available_width(), &name, title, hint);
        let text = own.and_then(|own| own.text.as_deref()).unwrap_or_default();
        let changed_text = lines(ui, &format!("Words on {}", section.subject), text, "a paragraph at its begin", 2);
        if changed_title.is_none() && changed_text.is_none() {
            return;
        }
        let title = changed_title.unwrap_or_else(|| title.to_owned());
        let text = changed_text.unwrap_or_else(|| text.to_owned());
        let mut words = serde_json::Map::new();
        for (key, value) in [("title", title), ("text", text)] {
            if !value.is_empty() {
                words.insert(key.to_owned(), Value::from(value));
            }
        }
        set(&format!("narrative.sections.{}", section.name), Value::Object(words));
    });
}

/// A row with a few choices; answers the new one.
fn choice<T: Copy + PartialEq>(ui: &mut Ui, name: &str, choices: &[(T, &str)], current: T) -> Option<T> {
    row(ui, name, "", |ui| {
        let text = choices.iter().find(|(value, _)| *value == current).map_or("", |(_, text)| text);
        let mut chosen = None;
        let response = ComboBox::from_id_salt(name).selected_text(text).width(140.0).show_ui(ui, |ui| {
            for (value, text) in choices {
                if ui.selectable_label(*value == current, *text).clicked() && *value != current {
                    chosen = Some(*value);
                }
            }
        });
        response.response.accessible_name(name);
        chosen
    })
}
