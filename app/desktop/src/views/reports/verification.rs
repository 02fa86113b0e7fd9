//! Whether a document that was written still says what its evidence gives.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay_service::Verification;
use egui::{Label, TextEdit, Ui};

use crate::background::Task;
use crate::requests::Scene;
use crate::theme::{self, Tokens};
use crate::widgets::{Icon, bullet, card, chip};

/// The document that is checked, and what was found.
#[derive(Debug, Default)]
pub struct VerificationPane {
    path: String,
    wanted: Option<PathBuf>,
    running: Option<(PathBuf, Task<Result<Verification, String>>)>,
    found: Option<(PathBuf, Result<Verification, String>)>,
}

impl VerificationPane {
    /// Checks a file as soon as the pane is drawn.
    pub fn check(&mut self, file: &Path) {
        self.path = file.display().to_string();
        self.wanted = Some(file.to_owned());
    }

    /// Draws the card.
    pub fn card(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        self.work(ui, scene);
        card(ui, "Check a document", |ui| {
            let text = "Drop a PDF of Assay's anywhere on the window, or name it: every hash is checked, and every \
                        number derived again from the evidence it carries.";
            ui.add(Label::new(theme::caption(text)).wrap());
            let label = ui.label(theme::caption("PDF to check")).id;
            let field = TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY);
            let response = ui.add(field.hint_text("dossier.pdf")).labelled_by(label);
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            ui.horizontal(|ui| {
                let ready = !self.path.trim().is_empty() && self.running.is_none();
                if ui.add_enabled(ready, egui::Button::new("Check")).clicked() || (entered && ready) {
                    self.wanted = Some(PathBuf::from(self.path.trim()));
                }
                if let Some((file, _)) = &self.running {
                    ui.add(egui::Spinner::new().size(14.0));
                    ui.label(theme::caption(format!("Checking {}", name_of(file))));
                }
            });
            if let Some((file, found)) = &self.found {
                result(ui, file, found);
            }
        });
    }

    fn work(&mut self, ui: &Ui, scene: &Scene<'_>) {
        if let Some((file, task)) = self.running.take() {
            match task.poll() {
                Ok(Some(found)) => self.found = Some((file, found)),
                Ok(None) => self.running = Some((file, task)),
                Err(error) => self.found = Some((file, Err(error))),
            }
        }
        if self.running.is_some() {
            return;
        }
        let Some(file) = self.wanted.take() else { return };
        let (backend, wanted) = (Arc::clone(scene.backend), file.clone());
        match Task::start(ui.ctx(), "verify", move || backend.verify(&wanted)) {
            Ok(task) => self.running = Some((file, task)),
            Err(error) => self.found = Some((file, Err(error.to_string()))),
        }
    }
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn result(ui: &mut Ui, file: &Path, found: &Result<Verification, String>) {
    let tokens = Tokens::of(ui);
    ui.separator();
    let verification = match found {
        Ok(verification) => verification,
        Err(reason) => {
            ui.horizontal(|ui| {
                chip(ui, "CANNOT BE CHECKED", tokens.error);
                ui.add(Label::new(name_of(file)).truncate());
            });
            bullet(ui, Icon::Warning, tokens.error, reason);
            return;
        }
    };
    ui.horizontal(|ui| {
        match verification.holds() {
            true => chip(ui, "HOLDS", tokens.success),
            false => chip(ui, "DOES NOT HOLD", tokens.error),
        };
        ui.add(Label::new(name_of(file)).truncate()).on_hover_text(file.display().to_string());
    });
    ui.add(Label::new(theme::strong(&verification.title)).wrap());
    let prepared = verification.prepared_at.strftime("%Y-%m-%d %H:%M UTC");
    ui.label(theme::caption(format!("{}, prepared {prepared}", verification.kind.title())));
    for statement in verification.statements() {
        let (icon, color) = match statement.holds {
            Some(true) => (Icon::Check, tokens.success),
            Some(false) => (Icon::Warning, tokens.error),
            None => (Icon::Info, tokens.text_subdued),
        };
        bullet(ui, icon, color, &statement.text);
    }
}
