//! What is shown while no study is open.

use assay_service::Action;
use assay_service::commands::spec_of;
use egui::{RichText, Sense, Ui, vec2};

use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::widgets::icon::{self, Icon};
use crate::widgets::primary_button;

/// Draws the welcome.
pub fn ui(ui: &mut Ui, opening: bool, requests: &mut Vec<Request>) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.24).max(20.0));
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
        if primary_button(ui, true, "Create the sample study").clicked() {
            requests.push(Request::Do(Action::NewSample));
        }
        ui.add_space(4.0);
        let spec = spec_of(Action::OpenStudy);
        if ui.button(spec.label).on_hover_text(spec.shortcut).clicked() {
            requests.push(Request::Do(Action::OpenStudy));
        }
    });
}
