//! Documents: choose one, see its pages, put words into it, write it, and check one that was written.

mod preview;
mod verification;
mod words;

use std::path::{Path, PathBuf};

use assay_base::format;
use assay_service::{ReportKind, WrittenReport};
use egui::{ComboBox, Label, OpenUrl, Panel, ScrollArea, TextEdit, Ui};

use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::widgets::{Icon, bullet, card, card_filled, chip, primary_button};

/// The state of the view.
#[derive(Debug)]
pub struct ReportsView {
    kind: ReportKind,
    path: Option<String>,
    preview: preview::PreviewPane,
    verification: verification::VerificationPane,
}

impl Default for ReportsView {
    fn default() -> Self {
        Self {
            kind: ReportKind::Dossier,
            path: None,
            preview: preview::PreviewPane::default(),
            verification: verification::VerificationPane::default(),
        }
    }
}

impl ReportsView {
    /// Checks a document that was written before.
    pub fn verify(&mut self, file: &Path) {
        self.verification.check(file);
    }

    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let side = egui::Frame::new().outer_margin(egui::Margin { right: theme::GAP as i8, ..Default::default() });
        Panel::left("document").exact_size(392.0).resizable(false).show_separator_line(false).frame(side).show(
            ui,
            |ui| {
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = theme::GAP;
                    self.document(ui, scene);
                    written(ui, scene);
                    words::cards(ui, scene, self.preview.sections());
                    self.verification.card(ui, scene);
                });
            },
        );
        self.preview.ui(ui, scene, self.kind);
    }

    fn document(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        card(ui, "Document", |ui| {
            let combo = ComboBox::from_id_salt("document").selected_text(self.kind.title()).width(320.0);
            let response = combo.show_ui(ui, |ui| {
                for kind in ReportKind::ALL {
                    if ui.selectable_label(self.kind == kind, kind.title()).clicked() {
                        self.kind = kind;
                        self.path = None;
                    }
                }
            });
            response.response.accessible_name("Document");
            ui.add(Label::new(theme::caption(self.kind.purpose())).wrap());
            state(ui, scene);
            ui.add_space(4.0);
            let default = scene.workbench.default_report_path(self.kind).display().to_string();
            let path = self.path.get_or_insert_with(|| default.clone());
            let label = ui.label(theme::caption("File")).id;
            ui.add(TextEdit::singleline(path).desired_width(f32::INFINITY)).labelled_by(label);
            ui.horizontal(|ui| {
                let ready = !scene.exports.writing && !path.trim().is_empty();
                if primary_button(ui, ready, "Export PDF").clicked() {
                    let out = (*path != default).then(|| PathBuf::from(path.trim()));
                    scene.requests.push(Request::Export { kind: self.kind, out });
                }
                if scene.exports.writing {
                    ui.add(egui::Spinner::new().size(16.0));
                    ui.label(theme::caption("Writing"));
                }
            });
            if let Some(error) = &scene.exports.error {
                bullet(ui, Icon::Warning, Tokens::of(ui).error, error);
            }
        });
    }
}

/// What the document says, in a few words.
fn state(ui: &mut Ui, scene: &Scene<'_>) {
    let workbench = scene.workbench;
    let assessment = workbench.assessment();
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        chip(ui, &assessment.answer.verdict, tokens.accent);
        if workbench.study().sample {
            chip(ui, "SAMPLE", tokens.warning).on_hover_text("Every page of a sample's documents says so.");
        }
        let scenario = workbench
            .scenario()
            .and_then(|id| workbench.study().scenarios.iter().find(|s| s.id == id))
            .map_or("the plan itself", |s| s.name.as_str());
        ui.add(Label::new(theme::caption(format!("under {scenario}"))).truncate());
    });
    if !assessment.missing.is_empty() {
        let count = format::thousands(assessment.missing.len() as f64, 0);
        let text = format!("{count} things are missing or doubtful; it says which");
        bullet(ui, Icon::Warning, tokens.warning, &text);
    }
}

fn written(ui: &mut Ui, scene: &Scene<'_>) {
    for (kind, report) in scene.exports.written.iter().rev() {
        card_filled(ui, |ui| report_card(ui, *kind, report));
    }
}

fn report_card(ui: &mut Ui, kind: ReportKind, report: &WrittenReport) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.label(theme::strong(kind.title()));
        let size = format!("{} pages, {}", report.pages, format::memory(report.bytes as f64));
        ui.label(theme::caption(size));
    });
    ui.add(Label::new(theme::number(report.path.display().to_string())).wrap());
    for text in &report.diagnostics {
        bullet(ui, Icon::Info, tokens.text_subdued, text);
    }
    ui.horizontal(|ui| {
        if ui.button("Open").clicked() {
            ui.open_url(OpenUrl::new_tab(file_url(&report.path)));
        }
        if let Some(folder) = report.path.parent()
            && ui.button("Open folder").clicked()
        {
            ui.open_url(OpenUrl::new_tab(file_url(folder)));
        }
        if ui.button("Copy path").clicked() {
            ui.ctx().copy_text(report.path.display().to_string());
        }
    });
}

/// The path as a URL; what is not plain is escaped.
fn file_url(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut url = "file://".to_owned();
    for byte in path.display().to_string().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => url.push(byte as char),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_files_are_escaped() {
        assert_eq!(file_url(Path::new("/tmp/my study/a.pdf")), "file:///tmp/my%20study/a.pdf");
    }
}
