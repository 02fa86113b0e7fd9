//! From a new study to a measured answer, step by step; shown until something was measured.

use assay_service::{Action, Workbench};
use egui::{Align, Button, Label, Layout, Ui};

use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::views::View;
use crate::widgets::card;
use crate::widgets::icon::{self, Icon};

/// Draws the card; nothing once a measurement was made or imported.
pub(super) fn card_of(ui: &mut Ui, scene: &mut Scene<'_>) {
    if !scene.workbench.measurements().is_empty() {
        return;
    }
    let known = !scene.devices.reports.is_empty();
    let steps = steps(scene.workbench, known, scene.run.is_active());
    card(ui, "From here to a measured answer", |ui| {
        for (number, step) in steps.into_iter().enumerate() {
            draw(ui, number + 1, step, scene.requests);
        }
    });
}

struct Step {
    text: String,
    done: bool,
    button: &'static str,
    request: Request,
}

fn steps(workbench: &Workbench, devices_known: bool, running: bool) -> [Step; 4] {
    let study = workbench.study();
    [
        Step {
            text: "See which devices and stacks this machine has, and what is missing for others.".to_owned(),
            done: devices_known,
            button: "See the hardware",
            request: Request::show(View::Hardware),
        },
        Step {
            text: format!(
                "Measure the suite `{}` here. Each result is timed, checked against a reference and kept with the study.",
                study.suite
            ),
            done: false,
            button: if running { "Watch the run" } else { "Measure now" },
            request: if running { Request::show(View::Benchmarks) } else { Request::Do(Action::StartRun) },
        },
        Step {
            text: "Put in your own demand, prices and assumptions; every change recomputes the answer.".to_owned(),
            done: false,
            button: "Change assumptions",
            request: Request::show(View::Cost),
        },
        Step {
            text: "Read the answer on this page, and export the dossier that proves it.".to_owned(),
            done: false,
            button: "See the documents",
            request: Request::show(View::Reports),
        },
    ]
}

fn draw(ui: &mut Ui, number: usize, step: Step, requests: &mut Vec<Request>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(18.0, 18.0), egui::Sense::hover());
        if step.done {
            icon::paint(ui.painter(), rect.shrink(2.0), Icon::Check, tokens.success);
        } else {
            let font = theme::semibold_font(13.0);
            ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, number, font, tokens.accent);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Button::new(step.button).min_size(egui::vec2(140.0, 0.0))).clicked() {
                requests.push(step.request);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(Label::new(step.text).truncate()));
        });
    });
}
