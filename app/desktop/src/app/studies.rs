//! Opening, creating, copying and reading again the study, and taking in files that are dropped.

use std::path::Path;
use std::sync::Arc;

use assay_service::intake::{self, Intake};
use assay_service::journal::{JournalError, Recovered};
use assay_service::{Unfinished, Workbench, folders};
use egui::Context;

use super::{DesktopApp, take_finished};
use crate::background::Task;
use crate::dialogs::{Decision, Purpose, Recovery, StudyDialog};
use crate::requests::{Devices, Exports};
use crate::telemetry::Telemetry;
use crate::views::{View, Views};

/// A study that was opened, and what came of its journal.
pub(super) type Opened = (Workbench, Result<Option<Recovered>, JournalError>);

pub(super) fn with_session(mut workbench: Workbench) -> Opened {
    let recovered = workbench.begin_session();
    (workbench, recovered)
}

impl DesktopApp {
    pub(super) fn ask(&mut self, purpose: Purpose) {
        self.dialog = Some(StudyDialog::new(purpose, &self.places, self.workbench.as_ref()));
    }

    /// Carries out what was decided in the dialog.
    pub(crate) fn decided(&mut self, decision: Decision, ctx: &Context) {
        match decision {
            Decision::Pending => {}
            Decision::Cancelled => self.dialog = None,
            Decision::Browse(start) => {
                let backend = Arc::clone(&self.backend);
                self.browsing = Task::start(ctx, "choose folder", move || backend.choose_folder(&start)).ok();
            }
            Decision::Chosen { purpose, folder } => self.open_study(purpose, &folder, ctx),
        }
    }

    /// Carries out what was decided about a session that did not end well.
    pub(crate) fn recover(&mut self, decision: Recovery) {
        let Some(recovered) = self.recovered.take() else { return };
        if decision == Recovery::TakeBack {
            for _ in &recovered.changes {
                let Some(workbench) = &mut self.workbench else { return };
                if let Err(error) = workbench.undo() {
                    self.notices.error("Not every change could be taken back", error.to_string());
                    return;
                }
            }
        }
    }

    /// Opens the study of a folder in the background, after creating or copying it where that is the purpose.
    pub(crate) fn open_study(&mut self, purpose: Purpose, folder: &Path, ctx: &Context) {
        let folder = folder.to_owned();
        let logical_cpus = self.places.logical_cpus;
        let current = self.workbench.as_ref().map(|w| w.folder().to_owned());
        let same = |a: &Path, b: &Path| a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a));
        if purpose == Purpose::Open && current.as_deref().is_some_and(|current| same(current, &folder)) {
            self.dialog = None;
            return;
        }
        let work = move || {
            match (purpose, current) {
                (Purpose::Sample, _) => {
                    assay_service::sample::create_sample(&folder, logical_cpus).map_err(|e| e.to_string())?;
                }
                (Purpose::New, _) => folders::create(&folder).map_err(|e| e.to_string())?,
                (Purpose::SaveAs, Some(current)) => folders::copy(&current, &folder).map_err(|e| e.to_string())?,
                (Purpose::SaveAs | Purpose::Open, _) => {}
            }
            Workbench::open(&folder).map(with_session).map_err(|e| e.to_string())
        };
        match Task::start(ctx, "open study", work) {
            Ok(task) => self.opening = Some(task),
            Err(error) => self.notices.error("The study could not be opened", error.to_string()),
        }
    }

    /// Whether the system's own dialog is open.
    pub(crate) fn is_browsing(&self) -> bool {
        self.browsing.is_some()
    }

    pub(super) fn poll_browsing(&mut self) {
        let Some(result) = take_finished(&mut self.browsing) else { return };
        let Some(dialog) = &mut self.dialog else { return };
        match result.and_then(|chosen| chosen) {
            Ok(Some(folder)) => dialog.set_folder(&folder),
            Ok(None) => {
                dialog.error = Some("No folder was chosen. Where no dialog opens, type the folder.".to_owned());
            }
            Err(error) => dialog.error = Some(error),
        }
    }

    /// Files that were dropped on the window.
    pub(super) fn take_dropped(&mut self, ctx: &Context) {
        let dropped = ctx.input_mut(|i| std::mem::take(&mut i.raw.dropped_files));
        for path in dropped.into_iter().map(|file| file.path().to_owned()) {
            let study = self.workbench.as_ref().map(|w| w.folder().to_owned());
            let task = Task::start(ctx, "take in", move || {
                let taken = intake::take_in(study.as_deref(), &path);
                (path, taken)
            });
            self.taking_in.extend(task.ok());
        }
    }

    pub(super) fn poll_taking_in(&mut self, ctx: &Context) {
        let mut over = Vec::new();
        self.taking_in.retain(|task| match task.poll() {
            Ok(None) => true,
            Ok(Some(result)) => {
                over.push(result);
                false
            }
            Err(_) => false,
        });
        for (path, taken) in over {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match taken {
                Ok(Intake::Study(folder)) => self.open_study(Purpose::Open, &folder, ctx),
                Ok(Intake::Model(file)) => {
                    self.views.benchmarks.choose_model(&file);
                    self.view = View::Benchmarks;
                }
                Ok(Intake::Document(file)) => {
                    self.views.reports.verify(&file);
                    self.view = View::Reports;
                }
                Ok(Intake::Profile { id, warnings }) => {
                    self.notices
                        .done(format!("The profile `{id}` is in the catalogue of the study"), warnings.join("\n"));
                    self.refresh(ctx);
                }
                Ok(Intake::Results { kind, added, duplicates, set_aside }) => {
                    let detail = format!("{kind}: {added} added, {duplicates} already there, {set_aside} set aside");
                    self.notices.done(format!("{name} was taken in"), detail);
                    self.refresh(ctx);
                }
                Err(error) => self.notices.error(format!("{name} could not be taken in"), error),
            }
        }
    }

    /// Reads catalogue and measurements again, in the background.
    pub(crate) fn refresh(&mut self, ctx: &Context) {
        let Some(workbench) = &self.workbench else { return };
        if self.refreshing.is_some() {
            self.refresh_again = true;
            return;
        }
        let folder = workbench.folder().to_owned();
        let work = move || Workbench::open(&folder).map_err(|e| e.to_string());
        self.refreshing = Task::start(ctx, "refresh", work).ok();
    }

    pub(super) fn poll_refreshing(&mut self, ctx: &Context) {
        let Some(result) = take_finished(&mut self.refreshing) else { return };
        let Some(workbench) = &mut self.workbench else { return };
        let adopted = result.and_then(|read| read).and_then(|read| match read.folder() == workbench.folder() {
            true => workbench.adopt(read).map_err(|e| e.to_string()),
            // Another study was opened meanwhile.
            false => Ok(()),
        });
        if let Err(error) = adopted {
            self.notices.error("The study could not be read again", error);
        }
        if std::mem::take(&mut self.refresh_again) {
            self.refresh(ctx);
        }
    }

    /// Whether a study is being opened.
    pub(crate) fn is_opening(&self) -> bool {
        self.opening.is_some()
    }

    pub(super) fn take_study(&mut self, (workbench, session): Opened) {
        match session {
            Ok(recovered) => self.recovered = recovered.filter(|r| !r.changes.is_empty()),
            Err(error) => self.notices.error("This session has no journal", error.to_string()),
        }
        self.settings.opened(workbench.folder());
        self.save_settings();
        self.run.abandon();
        self.devices = Devices::default();
        self.probing = None;
        self.telemetry = Telemetry::default();
        self.exports = Exports::default();
        self.views = Views::of(&workbench);
        self.unfinished = Unfinished::read(workbench.folder()).filter(|u| !u.left(workbench.measurements()).is_empty());
        if !workbench.warnings().is_empty() {
            self.notices.error("Some measurements could not be read", workbench.warnings().join("\n"));
        }
        self.workbench = Some(workbench);
    }

    pub(super) fn poll_opening(&mut self) {
        let Some(result) = take_finished(&mut self.opening) else { return };
        match result.and_then(|opened| opened) {
            Ok(opened) => {
                self.take_study(opened);
                self.view = View::Overview;
                self.dialog = None;
            }
            Err(error) => match &mut self.dialog {
                Some(dialog) => dialog.error = Some(error),
                None => self.notices.error("The study could not be opened", error),
            },
        }
    }
}
