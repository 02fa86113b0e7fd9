//! A profile as a form or as YAML: two views of one text, checked while it is typed, with its own undo.

use std::path::Path;

use assay_service::editing::profile;
use assay_service::hardware_profiles::catalog::{Origin, builtin_text};
use assay_service::hardware_profiles::check::{Finding, Severity};
use assay_service::{Workbench, intake};
use egui::{Label, ScrollArea, TextEdit, TextStyle, Ui};

use super::profile_form;
use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::widgets::icon::icon_button;
use crate::widgets::{Icon, bullet, primary_button};

/// Typing that pauses no longer than this is undone together.
const ONE_EDIT_SECS: f64 = 1.0;

/// The state of the editor.
#[derive(Debug, Default)]
pub struct ProfileEditor {
    id: Option<String>,
    text: String,
    saved: String,
    past: Vec<String>,
    future: Vec<String>,
    /// When text was last typed, in seconds of the window's clock: what follows soon is undone with it.
    typed_at: Option<f64>,
    findings: Vec<Finding>,
    error: Option<String>,
}

impl ProfileEditor {
    /// Whether there is text that is not saved.
    pub fn is_changed(&self) -> bool {
        self.id.is_some() && self.text != self.saved
    }

    fn take(&mut self, workbench: &Workbench, id: &str) {
        let text = match workbench.catalog().origin(id) {
            Some(Origin::File(file)) => std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display())),
            _ => builtin_text(id).map(str::to_owned).ok_or_else(|| format!("the profile `{id}` has no text")),
        };
        let (text, error) = match text {
            Ok(text) => (text, None),
            Err(error) => (String::new(), Some(error)),
        };
        *self = Self { id: Some(id.to_owned()), saved: text.clone(), text, error, ..Self::default() };
        self.check();
    }

    /// Takes over a changed text; `before` can be had again by undo.
    fn edit(&mut self, before: String) {
        self.past.push(before);
        self.future.clear();
        self.check();
    }

    fn undo(&mut self) {
        if let Some(text) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.text, text));
        }
        self.typed_at = None;
        self.check();
    }

    fn redo(&mut self) {
        if let Some(text) = self.future.pop() {
            self.past.push(std::mem::replace(&mut self.text, text));
        }
        self.typed_at = None;
        self.check();
    }

    fn check(&mut self) {
        self.findings = intake::check_profile(&self.text, Path::new(&self.file_name()));
    }

    fn file_name(&self) -> String {
        format!("{}.yaml", self.id.as_deref().unwrap_or("profile"))
    }

    /// Draws the editor of a profile. Text that is not saved stays until it is saved or reverted, whatever profile is
    /// looked at meanwhile.
    pub fn ui(&mut self, ui: &mut Ui, id: &str, as_form: bool, workbench: &Workbench, requests: &mut Vec<Request>) {
        if self.id.as_deref() != Some(id) && !self.is_changed() {
            self.take(workbench, id);
        }
        let tokens = Tokens::of(ui);
        let own = matches!(workbench.catalog().origin(self.id.as_deref().unwrap_or(id)), Some(Origin::File(_)));
        let where_from =
            if own { "A profile of this study." } else { "Built in; saving makes a copy of the study's own." };
        ui.label(theme::caption(format!("{} {where_from}", self.file_name())));
        let errors = self.findings.iter().filter(|f| f.severity == Severity::Error).count();
        ui.horizontal(|ui| {
            let ready = self.is_changed() && errors == 0;
            if primary_button(ui, ready, "Save profile").clicked() {
                match intake::save_profile(workbench.folder(), &self.text, Path::new(&self.file_name()), true) {
                    Ok(_) => {
                        self.saved = self.text.clone();
                        self.error = None;
                        requests.push(Request::Refresh);
                    }
                    Err(error) => self.error = Some(error),
                }
            }
            if ui.add_enabled(self.is_changed(), egui::Button::new("Revert")).clicked() {
                let before = std::mem::replace(&mut self.text, self.saved.clone());
                self.edit(before);
            }
            let buttons = [
                (Icon::Undo, "Undo in the profile", !self.past.is_empty()),
                (Icon::Redo, "Redo in the profile", !self.future.is_empty()),
            ];
            let clicked = buttons.map(|(icon, name, enabled)| icon_button(ui, icon, name, enabled, false).clicked());
            match clicked {
                [true, _] => self.undo(),
                [_, true] => self.redo(),
                _ => {}
            }
            let (symbol_color, text) = match errors {
                0 => (tokens.success, "No errors".to_owned()),
                1 => (tokens.error, "1 error".to_owned()),
                n => (tokens.error, format!("{n} errors")),
            };
            ui.label(theme::caption(text).color(symbol_color));
        });
        if let Some(error) = &self.error {
            ui.colored_label(tokens.error, error);
        }
        let findings = (self.findings.len().min(4) as f32) * 40.0;
        let height = (ui.available_height() - findings - 12.0).max(160.0);
        if as_form {
            ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| self.form(ui));
        } else {
            self.yaml(ui, height);
        }
        ScrollArea::vertical().id_salt("findings").max_height(findings + 8.0).show(ui, |ui| {
            for finding in &self.findings {
                let color = if finding.severity == Severity::Error { tokens.error } else { tokens.warning };
                bullet(ui, Icon::Warning, color, &finding.to_string());
            }
            if self.findings.is_empty() {
                ui.add(Label::new(theme::caption("Checked while you type.")));
            }
        });
    }

    fn form(&mut self, ui: &mut Ui) {
        let Some((path, value)) = profile_form::ui(ui, &self.text) else { return };
        match profile::set(&self.text, &path, value) {
            Ok(text) => {
                let before = std::mem::replace(&mut self.text, text);
                self.typed_at = None;
                self.edit(before);
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
    }

    fn yaml(&mut self, ui: &mut Ui, height: f32) {
        let before = self.text.clone();
        let mut changed = false;
        ScrollArea::both().id_salt("profile text").max_height(height).show(ui, |ui| {
            let edit = TextEdit::multiline(&mut self.text)
                .font(TextStyle::Monospace)
                .code_editor()
                .desired_width(f32::INFINITY)
                .desired_rows(20);
            changed = ui.add(edit).accessible_name("Profile as YAML").changed();
        });
        if changed {
            let now = ui.input(|input| input.time);
            match self.typed_at.replace(now) {
                Some(at) if now - at < ONE_EDIT_SECS => self.check(),
                _ => self.edit(before),
            }
        }
    }
}
