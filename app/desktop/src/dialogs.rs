//! The dialogs around studies: which one to open, where a new one or a copy goes, and what a crash has left.

use std::path::{Path, PathBuf};

use assay_service::Workbench;
use assay_service::journal::Recovered;
use egui::{Button, Id, Label, Modal, ScrollArea, Sides, TextEdit, Ui};

use crate::app::Places;
use crate::paths::shortened;
use crate::theme::{self, Tokens};
use crate::widgets::primary_button;

/// What a folder is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To open the study in it.
    Open,
    /// To create a new study in it.
    New,
    /// To create the sample study in it.
    Sample,
    /// To copy the study that is open to it.
    SaveAs,
}

impl Purpose {
    fn title(self) -> &'static str {
        match self {
            Self::Open => "Open a study",
            Self::New => "New study",
            Self::Sample => "New sample study",
            Self::SaveAs => "Save the study as",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Open => "A study is a folder with a study.yaml.",
            Self::New => "Creates a study with placeholders for the question, the demand and one option.",
            Self::Sample => {
                "Creates a study with made-up demand and quoted prices, to try everything with. A study that is \
                 already in the folder is opened instead."
            }
            Self::SaveAs => {
                "Copies the study with its measurements and documents to another folder and goes on there. Every \
                 change is saved to the study's own folder at once."
            }
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::New | Self::Sample => "Create",
            Self::SaveAs => "Save",
        }
    }
}

/// The state of the dialog that asks for a folder.
#[derive(Clone, Debug)]
pub struct StudyDialog {
    purpose: Purpose,
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
    /// To look for the folder in the system's own dialog.
    Browse(PathBuf),
    /// To use this folder.
    Chosen {
        /// What for.
        purpose: Purpose,
        /// The folder.
        folder: PathBuf,
    },
}

impl StudyDialog {
    /// Asks for a folder.
    pub fn new(purpose: Purpose, places: &Places, current: Option<&Workbench>) -> Self {
        let beside = |name: &str| places.sample_folder.with_file_name(name);
        let path = match (purpose, current) {
            (Purpose::Open, Some(workbench)) => workbench.folder().to_owned(),
            (Purpose::Open | Purpose::Sample, _) => places.sample_folder.clone(),
            (Purpose::New, _) | (Purpose::SaveAs, None) => beside("new-study"),
            (Purpose::SaveAs, Some(workbench)) => {
                let name = workbench.folder().file_name().unwrap_or_default().to_string_lossy();
                workbench.folder().with_file_name(format!("{name}-copy"))
            }
        };
        Self { purpose, path: path.display().to_string(), just_opened: true, error: None }
    }

    /// Takes over the folder found in the system's own dialog.
    pub fn set_folder(&mut self, folder: &Path) {
        self.path = folder.display().to_string();
        self.error = None;
    }

    /// Shows the dialog with the studies opened lately. `busy` while a study is being opened, `browsing` while the
    /// system's own dialog is.
    pub fn ui(&mut self, ui: &mut Ui, recent: &[PathBuf], busy: bool, browsing: bool) -> Decision {
        let mut decision = Decision::Pending;
        let modal = Modal::new(Id::unique("study dialog")).show(ui, |ui| {
            ui.set_width(480.0);
            ui.label(theme::page_title(self.purpose.title()));
            ui.label(egui::RichText::new(self.purpose.text()).weak());
            ui.add_space(6.0);
            let label = ui.label(theme::caption("Folder"));
            let mut entered = false;
            ui.horizontal(|ui| {
                let field = TextEdit::singleline(&mut self.path)
                    .desired_width(ui.available_width() - 92.0)
                    .margin(egui::Margin::symmetric(8, 5));
                let field = ui.add(field).labelled_by(label.id);
                if self.just_opened {
                    field.request_focus();
                    self.just_opened = false;
                }
                entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
                if ui.add_enabled(!browsing && !busy, Button::new("Browse…")).clicked() {
                    decision = Decision::Browse(expand(&self.path));
                }
            });
            if let Some(error) = &self.error {
                ui.add_space(2.0);
                ui.colored_label(Tokens::of(ui).error, error);
            }
            if self.purpose == Purpose::Open && !recent.is_empty() {
                ui.add_space(6.0);
                ui.label(theme::column_title("Opened lately"));
                if let Some(folder) = recent_list(ui, recent, !busy) {
                    self.path = folder.display().to_string();
                    decision = Decision::Chosen { purpose: Purpose::Open, folder };
                }
            }
            ui.add_space(10.0);
            let ready = !busy && !self.path.trim().is_empty();
            Sides::new().show(
                ui,
                |ui| {
                    if busy || browsing {
                        ui.add(egui::Spinner::new().size(16.0));
                        ui.label(theme::caption(if busy { "Working" } else { "Choosing a folder" }));
                    }
                },
                |ui| {
                    if primary_button(ui, ready, self.purpose.button()).clicked() || (entered && ready) {
                        decision = Decision::Chosen { purpose: self.purpose, folder: expand(&self.path) };
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

/// Studies opened lately; answers the one that was clicked.
pub fn recent_list(ui: &mut Ui, recent: &[PathBuf], enabled: bool) -> Option<PathBuf> {
    let mut chosen = None;
    ScrollArea::vertical().id_salt("recent").max_height(150.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for folder in recent {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let parent = shortened(&folder.parent().unwrap_or(Path::new("")).display().to_string(), None);
            ui.horizontal(|ui| {
                let button = ui.add_enabled(enabled, Button::new(name.as_str()).frame(false));
                if button.accessible_name(format!("Open {}", folder.display())).clicked() {
                    chosen = Some(folder.clone());
                }
                ui.add(Label::new(theme::caption(parent)).truncate());
            });
        }
    });
    chosen
}

/// What becomes of the changes of a session that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// They stay; each can be taken back.
    Keep,
    /// All are taken back.
    TakeBack,
}

/// Asks what becomes of the changes of a session that did not end well.
pub fn recovery(ui: &mut Ui, recovered: &Recovered) -> Option<Recovery> {
    let mut decision = None;
    let modal = Modal::new(Id::unique("recovery")).show(ui, |ui| {
        ui.set_width(460.0);
        ui.label(theme::page_title("The last session did not end properly"));
        let when = |at: Option<jiff::Timestamp>| {
            let local = at.map(|at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%F %H:%M").to_string());
            local.unwrap_or_else(|| "an unknown time".to_owned())
        };
        let count = recovered.changes.len();
        let changes = if count == 1 { "1 change".to_owned() } else { format!("{count} changes") };
        let text = format!(
            "Nothing is lost: {changes} made since {} (the last at {}) are in the study. They can be taken back one by \
             one with Undo, or all now.",
            when(recovered.opened_at),
            when(recovered.changed_at)
        );
        ui.label(text);
        ui.add_space(10.0);
        Sides::new().show(
            ui,
            |_| {},
            |ui| {
                if primary_button(ui, true, "Keep the changes").clicked() {
                    decision = Some(Recovery::Keep);
                }
                if ui.button("Take all back").clicked() {
                    decision = Some(Recovery::TakeBack);
                }
            },
        );
    });
    if modal.should_close() {
        decision = decision.or(Some(Recovery::Keep));
    }
    decision
}

/// `~` as people write it.
fn expand(path: &str) -> PathBuf {
    let path = path.trim();
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
