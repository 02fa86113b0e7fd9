//! What is shown while no study is open.

use std::path::{Path, PathBuf};

use assay_service::Action;
use assay_service::commands::spec_of;
use egui::{RichText, Sense, Ui, vec2};

use crate::dialogs::recent_list;
use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::widgets::icon::{self, Icon};
use crate::widgets::primary_button;

/// Draws the welcome. Answers the study to open: one opened lately, or the one of a session that did not end well.
pub fn ui(
    ui: &mut Ui,
    opening: bool,
    unfinished: Option<&Path>,
    recent: &[PathBuf],
    requests: &mut Vec<Request>,
) -> Option<PathBuf> {
    let mut chosen = None;
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.18).max(20.0));
        let (rect, _) = ui.allocate_exact_size(vec2(44.0, 44.0), Sense::hover());
        icon::paint(ui.painter(), rect, Icon::Overview, Tokens::of(ui).text_subdued);
        ui.add_space(8.0);
        ui.label(theme::headline("No study is open"));
        ui.scope(|ui| {
            ui.set_max_width(480.0);
            ui.label(
                RichText::new(
                    "A study answers one question: should this workload move to that accelerator, and what is it \
                     worth? Start with the sample, measure this machine, and change the prices to yours.",
                )
                .weak(),
            );
        });
        ui.add_space(14.0);
        if opening {
            ui.add(egui::Spinner::new().size(20.0));
            ui.label(theme::caption("Opening the study"));
            return;
        }
        if let Some(folder) = unfinished {
            ui.label(format!("The last session did not end properly. Its study is in {}.", folder.display()));
            if primary_button(ui, true, "Continue with it").clicked() {
                chosen = Some(folder.to_owned());
            }
            ui.add_space(14.0);
        }
        if primary_button(ui, unfinished.is_none(), "Create the sample study").clicked() {
            requests.push(Request::Do(Action::NewSample));
        }
        ui.add_space(4.0);
        for action in [Action::NewStudy, Action::OpenStudy] {
            let spec = spec_of(action);
            if ui.button(spec.label).on_hover_text(spec.shortcut).clicked() {
                requests.push(Request::Do(action));
            }
        }
        ui.add_space(6.0);
        ui.label(theme::caption("or drop a study's folder here"));
        if !recent.is_empty() {
            ui.add_space(18.0);
            ui.label(theme::column_title("Opened lately"));
            ui.scope(|ui| {
                ui.set_max_width(480.0);
                ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                    chosen = recent_list(ui, recent, true).or(chosen.take());
                });
            });
        }
    });
    chosen
}
