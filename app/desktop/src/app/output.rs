//! What leaves the window: documents and pictures.

use std::path::PathBuf;
use std::sync::Arc;

use assay_service::ReportKind;
use egui::Context;

use super::{DesktopApp, take_finished};
use crate::background::{Task, waker};
use crate::picture::{self, Format};

/// The file of a picture, or why there is none.
pub(super) type Saved = Result<PathBuf, String>;

impl DesktopApp {
    /// Saves a part of the window as a picture among the documents of the study.
    pub(super) fn save_picture(&mut self, format: Format, title: &str, rect: egui::Rect, ctx: &Context) {
        let Some(workbench) = &self.workbench else { return };
        let name: String =
            title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
        let stamp = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S%.3f");
        let name = format!("{}-{stamp}.{}", name.trim_matches('-'), format.ending());
        let file = workbench.reports_folder().join("pictures").join(name);
        let write = |file: PathBuf, bytes: &[u8]| {
            assay_base::files::write_atomic(&file, bytes).map_err(|e| format!("{}: {e}", file.display())).map(|()| file)
        };
        match format {
            Format::Svg => {
                let background = crate::theme::Tokens::of(ctx).surface;
                let text = ctx.graphics(|graphics| picture::svg(graphics, rect, background));
                self.pictures.0.send(write(file, text.as_bytes())).ok();
            }
            Format::Png => {
                let (sender, pixels_per_point, wake) = (self.pictures.0.clone(), ctx.pixels_per_point(), waker(ctx));
                let taken = egui::ScreenshotCallback::new(move |window| {
                    let bytes = picture::png(&window, rect, pixels_per_point);
                    sender.send(bytes.and_then(|bytes| write(file, &bytes))).ok();
                    wake();
                });
                ctx.send_viewport_cmd(egui::ViewportCommand::Screenshot(taken));
            }
        }
    }

    pub(super) fn poll_pictures(&mut self) {
        for saved in self.pictures.1.try_iter() {
            match saved {
                Ok(file) => self.notices.done("The picture is saved", file.display().to_string()),
                Err(error) => self.notices.error("The picture could not be saved", error),
            }
        }
    }

    pub(super) fn export(&mut self, kind: ReportKind, out: Option<PathBuf>, ctx: &Context) {
        let Some(workbench) = self.workbench.as_ref().filter(|_| self.exporting.is_none()) else { return };
        let folder = workbench.folder().to_owned();
        let scenario = workbench.scenario().map(str::to_owned);
        let backend = Arc::clone(&self.backend);
        let work = move || (kind, backend.export(&folder, scenario.as_deref(), kind, out));
        match Task::start(ctx, "export", work) {
            Ok(task) => {
                self.exporting = Some(task);
                self.exports.writing = true;
                self.exports.error = None;
            }
            Err(error) => self.notices.error("The document could not be written", error.to_string()),
        }
    }

    pub(super) fn poll_export(&mut self) {
        let Some(result) = take_finished(&mut self.exporting) else { return };
        self.exports.writing = false;
        match result {
            Ok((kind, Ok(report))) => {
                self.notices.done(format!("{} written", kind.title()), report.path.display().to_string());
                self.exports.written.push((kind, report));
            }
            Ok((_, Err(error))) | Err(error) => {
                self.notices.error("The document could not be written", error.clone());
                self.exports.error = Some(error);
            }
        }
    }
}
