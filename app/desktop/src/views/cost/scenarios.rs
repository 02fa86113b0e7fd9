//! The study's scenarios side by side with the plan itself, and what makes the difference.

use assay_base::format;
use assay_service::scenarios::{Basis, Outcome, ScenarioOutcome, outcomes, steps};
use assay_service::{Assessment, Command};
use egui::{ComboBox, Ui};
use egui_extras::Column;

use crate::background::Derived;
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::copy;
use crate::widgets::deltas::{Fall, waterfall};
use crate::widgets::{Icon, bullet, card, chip, empty_state, table};

/// The state of the pane.
#[derive(Debug, Default)]
pub struct ScenariosPane {
    made: Derived<u64, Vec<ScenarioOutcome>>,
    /// The scenario and the option whose difference is shown.
    scenario: Option<String>,
    option: Option<String>,
}

impl ScenariosPane {
    /// Whether what is shown is about to change.
    pub fn is_behind(&self) -> bool {
        self.made.is_behind()
    }

    /// Draws the cards.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let workbench = scene.workbench;
        if workbench.study().scenarios.is_empty() {
            let text = "A scenario is a named set of values, stated in study.yaml under `scenarios`: what if demand \
                        halves, prices fall, hardware comes late.";
            empty_state(ui, Icon::Cost, "There are no scenarios", text, None);
            return;
        }
        self.made.update(ui.ctx(), workbench.revision(), false, || {
            let basis = Basis::of(workbench);
            move || outcomes(&basis)
        });
        let Some(found) = self.made.get() else {
            card(ui, "Total cost by scenario", |ui| ui.add(egui::Spinner::new().size(20.0)));
            return;
        };
        let assessment = workbench.assessment();
        let shown_in = Units::of(ui).currency(assessment.study.currency);
        card(ui, &format!("Total cost by scenario, {shown_in}"), |ui| {
            side_by_side(ui, assessment, found, workbench.scenario(), scene.requests)
        });
        let scenario = self.scenario.clone().filter(|id| found.iter().any(|s| s.id.as_ref() == Some(id)));
        let scenario = scenario.or_else(|| found.iter().find_map(|s| s.id.clone()));
        let recommended = assessment.answer.recommended.clone();
        let option = self.option.clone().or(recommended).unwrap_or_else(|| assessment.study.baseline.clone());
        let title = format!("From the plan to the scenario, total cost, {shown_in}");
        let (mut chosen_scenario, mut chosen_option) = (None, None);
        card(ui, &title, |ui| {
            ui.horizontal(|ui| {
                let name =
                    |id: &str| found.iter().find(|s| s.id.as_deref() == Some(id)).map_or("", |s| s.name.as_str());
                let shown = scenario.as_deref().map_or("", name);
                let combo = ComboBox::from_id_salt("difference of scenario").selected_text(shown).width(240.0);
                let response = combo.truncate().show_ui(ui, |ui| {
                    for id in found.iter().filter_map(|s| s.id.as_deref()) {
                        if ui.selectable_label(Some(id) == scenario.as_deref(), name(id)).clicked() {
                            chosen_scenario = Some(id.to_owned());
                        }
                    }
                });
                response.response.accessible_name("Scenario compared");
                let of = |id: &str| assessment.evaluation(id).map_or(id.to_owned(), |e| e.name.clone());
                let combo = ComboBox::from_id_salt("difference of option").selected_text(of(&option)).width(260.0);
                let response = combo.truncate().show_ui(ui, |ui| {
                    for e in &assessment.evaluations {
                        if ui.selectable_label(e.id == option, &e.name).clicked() {
                            chosen_option = Some(e.id.clone());
                        }
                    }
                });
                response.response.accessible_name("Option compared");
            });
            difference(ui, assessment, found, scenario.as_deref(), &option);
        });
        self.scenario = chosen_scenario.or(self.scenario.take());
        self.option = chosen_option.or(self.option.take());
    }
}

fn side_by_side(
    ui: &mut Ui,
    assessment: &Assessment,
    found: &[ScenarioOutcome],
    looked_at: Option<&str>,
    requests: &mut Vec<Request>,
) {
    let tokens = Tokens::of(ui);
    let units = Units::of(ui);
    let money = |amount: Option<f64>| format::or_unknown(amount, |a| units.money(a, assessment.study.currency));
    let options = &assessment.evaluations;
    table::builder(ui, "scenarios")
        .vscroll(false)
        .column(Column::exact(196.0).clip(true))
        .column(Column::exact(72.0))
        .columns(Column::remainder().at_least(84.0).clip(true), options.len())
        .header(theme::HEADER_WITH_NAMES, |mut header| {
            header.col(|ui| {
                table::title(ui, "Scenario", false);
            });
            header.col(|ui| {
                table::title(ui, "Answer", false);
            });
            for option in options {
                header.col(|ui| {
                    table::title_broken(ui, &option.name);
                });
            }
        })
        .body(|body| {
            body.rows(theme::ROW, found.len(), |mut row| {
                let Some(scenario) = found.get(row.index()) else { return };
                row.col(|ui| {
                    copy::note(ui, &scenario.name);
                    let selected = scenario.id.as_deref() == looked_at;
                    let hover: Vec<String> = scenario.changes.iter().map(|(p, v)| format!("{p}: {v}")).collect();
                    let button = ui.add(egui::Button::selectable(selected, &scenario.name).truncate());
                    let button = button.accessible_name(format!("Look at {}", scenario.name));
                    if button.on_hover_text(hover.join("\n")).clicked() && !selected {
                        requests.push(Request::Apply(Command::SelectScenario(scenario.id.clone())));
                    }
                });
                let outcome = match &scenario.outcome {
                    Ok(outcome) => outcome,
                    Err(reason) => {
                        row.col(|ui| {
                            table::text(ui, "–").on_hover_text(reason);
                        });
                        return;
                    }
                };
                row.col(|ui| {
                    let color = if outcome.verdict == "MOVE" { tokens.accent } else { tokens.text_subdued };
                    chip(ui, &outcome.verdict, color)
                        .on_hover_text(format!("Confidence: {}", outcome.confidence.label()));
                });
                for option in options {
                    row.col(|ui| cell(ui, outcome, &option.id, money));
                }
            });
        });
    ui.label(theme::caption("In bold: the option recommended under the scenario."));
}

fn cell(ui: &mut Ui, outcome: &Outcome, id: &str, money: impl Fn(Option<f64>) -> String) {
    let option = outcome.option(id);
    let text = money(option.and_then(|option| option.total));
    let is_best = outcome.recommended.as_deref() == Some(id);
    let response = if is_best { table::right(ui, theme::strong(text)) } else { table::number(ui, text) };
    let Some(option) = option else { return };
    let payback = match option.payback_months {
        Some(months) => format!("pays back in {}", format::months(months)),
        None => "does not pay back".to_owned(),
    };
    if option.npv.is_some() {
        response.on_hover_text(format!("NPV {}; {payback}", money(option.npv)));
    }
}

fn difference(ui: &mut Ui, assessment: &Assessment, found: &[ScenarioOutcome], scenario: Option<&str>, option: &str) {
    let tokens = Tokens::of(ui);
    let outcome_of = |id: Option<&str>| {
        let scenario = found.iter().find(|s| s.id.as_deref() == id)?;
        Some((scenario.name.as_str(), scenario.outcome.as_ref().ok()?.option(option)?))
    };
    let (Some((_, plan)), Some((name, other))) = (outcome_of(None), outcome_of(scenario)) else {
        bullet(ui, Icon::Info, tokens.text_subdued, "The scenario cannot be evaluated.");
        return;
    };
    let (Some(steps), Some(start), Some(end)) = (steps(plan, other), plan.total, other.total) else {
        bullet(ui, Icon::Info, tokens.text_subdued, "The cost of this option is not known.");
        return;
    };
    let units = Units::of(ui);
    let money = |amount: f64| units.money(amount, assessment.study.currency);
    let mut rows =
        vec![Fall { label: "The plan itself".to_owned(), from: 0.0, to: start, text: money(start), is_total: true }];
    let mut at = start;
    for step in &steps {
        let sign = if step.by > 0.0 { "+" } else { "" };
        let label = step.component.label().to_owned();
        rows.push(Fall {
            label,
            from: at,
            to: at + step.by,
            text: format!("{sign}{}", money(step.by)),
            is_total: false,
        });
        at += step.by;
    }
    rows.push(Fall { label: name.to_owned(), from: 0.0, to: end, text: money(end), is_total: true });
    waterfall(ui, &rows);
    if steps.is_empty() {
        bullet(ui, Icon::Info, tokens.text_subdued, "The scenario changes nothing about the cost of this option.");
    }
}
