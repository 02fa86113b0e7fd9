//! The matrix of risks and their register.

use assay_service::documents::{MigrationPlan, PlannedRisk};
use assay_service::editing::migration as editing;
use egui::{Align2, CollapsingHeader, Color32, ComboBox, Label, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use egui::{pos2, vec2};

use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::widgets::entry::{line, lines, row};
use crate::widgets::fitting;

/// Side of a cell of the matrix.
const CELL: f32 = 44.0;

/// Draws the matrix, likelihood upwards and impact to the right, and the register under it.
pub fn ui(ui: &mut Ui, plan: &MigrationPlan, requests: &mut Vec<Request>) {
    matrix(ui, plan);
    for (index, planned) in plan.risks.iter().enumerate() {
        entry(ui, index, planned, requests);
    }
}

fn color_of(tokens: &Tokens, weight: u8) -> Color32 {
    match weight {
        12.. => tokens.error,
        6.. => tokens.warning,
        _ => tokens.success,
    }
}

fn matrix(ui: &mut Ui, plan: &MigrationPlan) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(5.0 * CELL + 20.0, 5.0 * CELL + 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Matrix of {} risks", plan.risks.len())));
    let painter = ui.painter();
    for likelihood in 1..=5u8 {
        for impact in 1..=5u8 {
            let at =
                pos2(rect.left() + 18.0 + f32::from(impact - 1) * CELL, rect.top() + f32::from(5 - likelihood) * CELL);
            let cell = Rect::from_min_size(at, vec2(CELL - 2.0, CELL - 2.0));
            let color = color_of(tokens, likelihood * impact);
            painter.rect_filled(cell, theme::RADIUS_CHIP, theme::wash(color));
            painter.rect_stroke(cell, theme::RADIUS_CHIP, Stroke::new(1.0, tokens.border), StrokeKind::Inside);
            let here: Vec<String> = plan
                .risks
                .iter()
                .enumerate()
                .filter(|(_, planned)| planned.risk.likelihood == likelihood && planned.risk.impact == impact)
                .map(|(index, _)| (index + 1).to_string())
                .collect();
            let text = here.join(" ");
            painter.text(cell.center(), Align2::CENTER_CENTER, text, theme::semibold_font(12.0), tokens.text_strong);
        }
    }
    let below = pos2(rect.left() + 18.0, rect.bottom() - 14.0);
    painter.text(below, Align2::LEFT_TOP, "impact →", theme::small_font(), tokens.text_subdued);
    painter.text(rect.left_top(), Align2::LEFT_TOP, "↑", theme::small_font(), tokens.text_subdued);
    response.on_hover_text("Likelihood grows upwards, impact to the right. The numbers are those of the list.");
}

fn entry(ui: &mut Ui, index: usize, planned: &PlannedRisk, requests: &mut Vec<Request>) {
    let risk = &planned.risk;
    let mut edited = risk.clone();
    let number = index + 1;
    let title = fitting(ui, &format!("{number}. {}", risk.title));
    CollapsingHeader::new(title).id_salt(("risk", &risk.id)).show(ui, |ui| {
        ui.add(Label::new(&risk.title).wrap());
        let marks = [
            ("Likelihood", &mut edited.likelihood, "1 hardly, 5 almost surely"),
            ("Impact", &mut edited.impact, "1 a nuisance, 5 the move fails"),
        ];
        for (name, mark, hint) in marks {
            row(ui, name, hint, |ui| {
                let combo = ComboBox::from_id_salt((name, &risk.id)).selected_text(mark.to_string()).width(60.0);
                let response = combo.show_ui(ui, |ui| {
                    for value in 1..=5u8 {
                        ui.selectable_value(mark, value, value.to_string());
                    }
                });
                response.response.accessible_name(format!("{name} of risk {number}"));
            });
        }
        let owner = risk.owner.as_deref().unwrap_or_default();
        let name = format!("Owner of risk {number}");
        if let Some(owner) = row(ui, "Owner", "", |ui| line(ui, 200.0, &name, owner, "to be named")) {
            edited.owner = Some(owner).filter(|owner| !owner.is_empty());
        }
        let mitigation = risk.mitigation.as_deref().unwrap_or_default();
        let name = format!("What is done about risk {number}");
        if let Some(text) = lines(ui, &name, mitigation, "what is done about it", 2) {
            edited.mitigation = Some(text).filter(|text| !text.is_empty());
        }
        let origin = match planned.is_stated {
            true => "Stated in the study.",
            false => "Found by a rule; its marks are proposals until they are changed.",
        };
        ui.label(theme::caption(origin));
    });
    if edited != *risk {
        requests.push(Request::Apply(editing::risk(&edited)));
    }
}
