//! The dialog that opens a study or creates the sample.

use std::path::PathBuf;

use assay_service::Workbench;
use egui::{Id, Modal, Sides, TextEdit, Ui};

use crate::app::Places;
use crate::theme::{self, Tokens};
use crate::widgets::primary_button;

/// The state of the dialog.
#[derive(Clone, Debug)]
pub struct StudyDialog {
    sample: bool,
    path: String,
    just_opened: bool,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// What the user decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    Pending,
    /// To leave things as they are.
    Cancelled,
    /// To open this folder, or to create the sample in it.
    Open {
        /// The folder.
        folder: PathBuf,
        /// Whether the sample is to be created there.
        sample: bool,
    },
}

impl StudyDialog {
    /// Asks for a study to open.
    pub fn open(places: &Places, current: Option<&Workbench>) -> Self {
        let folder = current.map_or(places.sample_folder.as_path(), Workbench::folder);
        Self { sample: false, path: folder.display().to_string(), just_opened: true, error: None }
    }

    /// Asks for the folder of a new sample study.
    pub fn sample(places: &Places) -> Self {
        Self { sample: true, path: places.sample_folder.display().to_string(), just_opened: true, error: None }
    }

    /// Shows the dialog. `busy` while a study is being opened.
    pub fn ui(&mut self, ui: &mut Ui, busy: bool) -> Decision {
        let mut decision = Decision::Pending;
        let modal = Modal::new(Id::unique("study dialog")).show(ui, |ui| {
            ui.set_width(460.0);
            ui.label(theme::page_title(if self.sample { "New sample study" } else { "Open a study" }));
            let text = if self.sample {
                "Creates a study with made-up demand and quoted prices, to try everything with. A study that is \
                 already in the folder is opened instead."
            } else {
                "A study is a folder with a study.yaml."
            };
            ui.label(egui::RichText::new(text).weak());
            ui.add_space(6.0);
            let label = ui.label(theme::caption("Folder"));
            let field =
                TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY).margin(egui::Margin::symmetric(8, 5));
            let field = ui.add(field).labelled_by(label.id);
            if self.just_opened {
                field.request_focus();
                self.just_opened = false;
            }
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
            if let Some(error) = &self.error {
                ui.add_space(2.0);
                ui.colored_label(Tokens::of(ui).error, error);
            }
            ui.add_space(10.0);
            let ready = !busy && !self.path.trim().is_empty();
            Sides::new().show(
                ui,
                |ui| {
                    if busy {
                        ui.add(egui::Spinner::new().size(16.0));
                        ui.label(theme::caption("Opening"));
                    }
                },
                |ui| {
                    let text = if self.sample { "Create" } else { "Open" };
                    if primary_button(ui, ready, text).clicked() || (entered && ready) {
                        decision = Decision::Open { folder: expand(&self.path), sample: self.sample };
                        self.error = None;
                    }
                    if ui.button("Cancel").clicked() {
                        decision = Decision::Cancelled;
                    }
                },
            );
        });
        if modal.should_close() && decision == Decision::Pending {
            decision = Decision::Cancelled;
        }
        decision
    }
}

/// `~` as people write it.
fn expand(path: &str) -> PathBuf {
    let path = path.trim();
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
