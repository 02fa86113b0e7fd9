//! The plan of the move: waves, gates, risks, governance, the way back.

mod gantt;
mod governance;
mod risks;

use assay_base::format::{self, or_unknown};
use assay_service::documents::{GateUnit, GateVerdict, JudgedGate, MigrationPlan};
use egui::{Color32, ScrollArea, Ui};
use egui_extras::Column;
use jiff::civil::Date;

use super::View;
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::{Icon, Kpi, bullet, card, chip, empty_state, kpi_row, table};

/// The state of the view.
#[derive(Debug, Default)]
pub struct MigrationView {
    gantt: gantt::Gantt,
}

impl MigrationView {
    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        draw(ui, scene, &mut self.gantt);
    }
}

fn draw(ui: &mut Ui, scene: &mut Scene<'_>, gantt: &mut gantt::Gantt) {
    let workbench = scene.workbench;
    let plan = match workbench.migration() {
        Ok(plan) => plan,
        Err(reason) => {
            if empty_state(ui, Icon::Migration, "There is no move to plan", reason, Some("Compare the options")) {
                scene.requests.push(Request::Do(View::Cost.action()));
            }
            return;
        }
    };
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::GAP;
        kpi_row(ui, &figures(plan, Units::of(ui)));
        card(ui, "Waves", |ui| gantt.ui(ui, workbench.study(), plan, scene.requests));
        card(ui, "Gates", |ui| gates(ui, plan));
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            left.spacing_mut().item_spacing.y = theme::GAP;
            right.spacing_mut().item_spacing.y = theme::GAP;
            card(left, "Risks", |ui| risks::ui(ui, plan, scene.requests));
            card(left, "Effort in person-days", |ui| effort(ui, plan));
            card(right, "Governance", |ui| governance::ui(ui, plan, scene.requests));
            card(right, "What sends the load back", |ui| {
                let color = Tokens::of(ui).warning;
                plan.rollback_triggers.iter().for_each(|trigger| bullet(ui, Icon::Undo, color, trigger));
            });
        });
    });
}

fn day(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

fn days(value: f64) -> String {
    format::thousands(value, 0)
}

fn figures(plan: &MigrationPlan, units: Units) -> [Kpi; 4] {
    let effort = plan.effort;
    let money = |value: assay_base::Money| units.money(value.amount, value.currency);
    let passed = plan.gates.iter().filter(|gate| gate.verdict == GateVerdict::Passed).count();
    let failed = plan.gates.iter().filter(|gate| gate.verdict == GateVerdict::Failed).count();
    let assumed = Some(assay_base::Evidence::Assumed);
    [
        Kpi {
            label: format!("Strategy: to {}", plan.to_name),
            short_label: "Strategy",
            value: plan.strategy.label().to_owned(),
            note: plan.to_name.clone(),
            hover: plan.strategy_reason.clone(),
            ..Kpi::default()
        },
        Kpi {
            label: "Effort, person-days".to_owned(),
            short_label: "Effort, days",
            value: days(effort.expected_days),
            note: format!("{} suffice four times in five", days(effort.p80_days)),
            evidence: assumed,
            hover: format!("{} to {} at the cost of a day", money(effort.expected_cost), money(effort.p80_cost)),
        },
        Kpi {
            label: "From the first day to the last".to_owned(),
            short_label: "Duration",
            value: format!("{} weeks", format::thousands(f64::from((plan.ends - plan.starts).get_days()) / 7.0, 0)),
            note: format!("{} to {}", day(plan.starts), day(plan.ends)),
            evidence: assumed,
            hover: format!("{} engineers at a time", format::significant(plan.engineers, 2)),
        },
        Kpi {
            label: "Gates passed".to_owned(),
            short_label: "Gates",
            value: format!("{passed} of {}", plan.gates.len()),
            note: if failed > 0 { format!("{failed} failed") } else { "the others are open".to_owned() },
            ..Kpi::default()
        },
    ]
}

fn number(gate: &JudgedGate, value: f64) -> String {
    match gate.unit {
        GateUnit::Fraction => format::percent(value, 0),
        GateUnit::Number => format::significant(value, 2),
        GateUnit::Seconds => format::duration(value),
        GateUnit::ItemsPerSec => format!("{}/s", format::compact(value)),
    }
}

fn gates(ui: &mut Ui, plan: &MigrationPlan) {
    let tokens = Tokens::of(ui);
    let wide = ui.available_width() > 860.0;
    table::builder(ui, "gates")
        .column(Column::remainder().at_least(150.0).clip(true))
        .column(Column::exact(if wide { 150.0 } else { 110.0 }).clip(true))
        .column(Column::exact(if wide { 110.0 } else { 80.0 }))
        .column(Column::exact(if wide { 90.0 } else { 64.0 }))
        .column(Column::exact(72.0))
        .column(Column::remainder().at_least(150.0).clip(true))
        .vscroll(false)
        .header(theme::HEADER, |mut header| {
            for (title, at_right) in [
                ("Gate", false),
                ("After", false),
                ("Threshold", true),
                ("Found", true),
                ("Verdict", false),
                ("Basis", false),
            ] {
                header.col(|ui| {
                    table::title(ui, title, at_right);
                });
            }
        })
        .body(|mut body| {
            for gate in &plan.gates {
                body.row(theme::ROW, |mut row| {
                    row.col(|ui| {
                        table::text(ui, &gate.name);
                    });
                    row.col(|ui| {
                        table::text(ui, gate.wave.as_deref().unwrap_or("–"));
                    });
                    let bound = [("≤ ", gate.at_most), ("≥ ", gate.at_least)]
                        .into_iter()
                        .filter_map(|(sign, bound)| Some(format!("{sign}{}", number(gate, bound?))))
                        .collect::<Vec<_>>()
                        .join(", ");
                    row.col(|ui| {
                        table::number(ui, if bound.is_empty() { "signed".to_owned() } else { bound });
                    });
                    row.col(|ui| {
                        let found = table::number(ui, or_unknown(gate.found, |value| number(gate, value)));
                        if let Some(evidence) = gate.evidence {
                            found.on_hover_text(evidence.description());
                        }
                    });
                    row.col(|ui| {
                        chip(ui, gate.verdict.label(), verdict_color(tokens, gate.verdict));
                    });
                    row.col(|ui| {
                        table::text(ui, &gate.basis).on_hover_text(&gate.basis);
                    });
                });
            }
        });
}

fn verdict_color(tokens: &Tokens, verdict: GateVerdict) -> Color32 {
    match verdict {
        GateVerdict::Passed => tokens.success,
        GateVerdict::Failed => tokens.error,
        GateVerdict::Open => tokens.warning,
    }
}

fn effort(ui: &mut Ui, plan: &MigrationPlan) {
    for task in &plan.tasks {
        let [low, _, high] = task.person_days;
        let range = match (days(low), days(high)) {
            (low, high) if low == high => days(task.expected_days),
            (low, high) => format!("{} ({low} to {high})", days(task.expected_days)),
        };
        let response = crate::widgets::field(ui, &task.name, &range);
        if !task.is_stated {
            response.on_hover_text("A proposal. State `migration.tasks` in study.yaml to replace it.");
        }
    }
}
