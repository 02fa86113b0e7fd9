//! The checklist of what must be signed: where it stands, who signs, where the evidence is.

use assay_service::documents::MigrationPlan;
use assay_service::editing::migration as editing;
use assay_service::study::migration::{GovernancePoint, GovernanceStatus};
use egui::{CollapsingHeader, Color32, ComboBox, OpenUrl, Ui};

use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::widgets::entry::{line, row};
use crate::widgets::{Icon, bullet, chip, fitting};

const STATUSES: [GovernanceStatus; 4] =
    [GovernanceStatus::Open, GovernanceStatus::Prepared, GovernanceStatus::Done, GovernanceStatus::NotApplicable];

/// Draws the checklist.
pub fn ui(ui: &mut Ui, plan: &MigrationPlan, requests: &mut Vec<Request>) {
    let tokens = Tokens::of(ui);
    let done = plan.governance.iter().filter(|p| !is_pending(p.status)).count();
    let text = format!("{done} of {} are done or do not apply", plan.governance.len());
    let icon = if done == plan.governance.len() { Icon::Check } else { Icon::Info };
    bullet(ui, icon, tokens.text_subdued, &text);
    for point in &plan.governance {
        entry(ui, point, requests);
    }
}

fn is_pending(status: GovernanceStatus) -> bool {
    matches!(status, GovernanceStatus::Open | GovernanceStatus::Prepared)
}

fn color_of(tokens: &Tokens, status: GovernanceStatus) -> Color32 {
    match status {
        GovernanceStatus::Done => tokens.success,
        GovernanceStatus::Prepared => tokens.accent,
        GovernanceStatus::NotApplicable => tokens.text_subdued,
        GovernanceStatus::Open => tokens.warning,
    }
}

fn entry(ui: &mut Ui, point: &GovernancePoint, requests: &mut Vec<Request>) {
    let tokens = Tokens::of(ui);
    let mut edited = point.clone();
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            ui.set_width(92.0);
            ui.add_space(5.0);
            chip(ui, point.status.label(), color_of(tokens, point.status));
        });
        ui.vertical(|ui| {
            let header = CollapsingHeader::new(fitting(ui, &point.item)).id_salt(("governance", &point.id));
            header.show(ui, |ui| {
                if let Some(framework) = &point.framework {
                    ui.label(theme::caption(framework));
                }
                row(ui, "Status", "", |ui| {
                    let combo = ComboBox::from_id_salt(("status", &point.id)).width(150.0);
                    let response = combo.selected_text(point.status.label()).show_ui(ui, |ui| {
                        for status in STATUSES {
                            ui.selectable_value(&mut edited.status, status, status.label());
                        }
                    });
                    response.response.accessible_name(format!("Status of {}", point.item));
                });
                let owner = point.owner.as_deref().unwrap_or_default();
                let name = format!("Owner of {}", point.item);
                if let Some(owner) = row(ui, "Signs", "", |ui| line(ui, 220.0, &name, owner, "to be named")) {
                    edited.owner = Some(owner).filter(|owner| !owner.is_empty());
                }
                let evidence = point.evidence.as_deref().unwrap_or_default();
                let name = format!("Evidence of {}", point.item);
                let hint = "a link or where it is kept";
                if let Some(text) = row(ui, "Evidence", "", |ui| line(ui, 220.0, &name, evidence, hint)) {
                    edited.evidence = Some(text).filter(|text| !text.is_empty());
                }
                let is_link = evidence.starts_with("https://") || evidence.starts_with("http://");
                if is_link && ui.button("Open the evidence").clicked() {
                    ui.open_url(OpenUrl::new_tab(evidence));
                }
            });
        });
    });
    if edited != *point {
        requests.push(Request::Apply(editing::point(&edited)));
    }
}
