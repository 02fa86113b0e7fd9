//! A profile as YAML, checked while it is typed.

use std::path::Path;

use assay_service::hardware_profiles::catalog::{Origin, builtin_text};
use assay_service::hardware_profiles::check::{Finding, Severity};
use assay_service::{Workbench, intake};
use egui::{Label, ScrollArea, TextEdit, TextStyle, Ui};

use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::widgets::{Icon, bullet, primary_button};

/// The state of the editor.
#[derive(Debug, Default)]
pub struct ProfileEditor {
    id: Option<String>,
    text: String,
    saved: String,
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
        *self = Self { id: Some(id.to_owned()), saved: text.clone(), text, findings: Vec::new(), error };
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
    pub fn ui(&mut self, ui: &mut Ui, id: &str, workbench: &Workbench, requests: &mut Vec<Request>) {
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
                self.text = self.saved.clone();
                self.check();
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
        ScrollArea::both().id_salt("profile text").max_height(height).show(ui, |ui| {
            let edit = TextEdit::multiline(&mut self.text)
                .font(TextStyle::Monospace)
                .code_editor()
                .desired_width(f32::INFINITY)
                .desired_rows(20);
            if ui.add(edit).accessible_name("Profile as YAML").changed() {
                self.check();
            }
        });
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
}
