//! The plan of the move: waves, gates, risks, governance, the way back.

use assay_base::format::{self, or_unknown};
use assay_service::documents::{GateUnit, GateVerdict, JudgedGate, MigrationPlan, PlannedWave};
use assay_service::study::migration::GovernanceStatus;
use egui::{Align2, Color32, Label, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use egui_extras::Column;
use jiff::civil::Date;

use super::View;
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::widgets::{Icon, Kpi, bullet, card, chip, empty_state, kpi_row, table};

/// Width of the names left of the bars.
const NAMES: f32 = 190.0;
/// Height of a bar's row.
const BAR_ROW: f32 = 24.0;
/// Side of a cell of the matrix of risks.
const CELL: f32 = 44.0;

/// Draws the view.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let plan = match scene.workbench.migration() {
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
        kpi_row(ui, &figures(plan));
        card(ui, "Waves", |ui| waves(ui, plan));
        card(ui, "Gates", |ui| gates(ui, plan));
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            left.spacing_mut().item_spacing.y = theme::GAP;
            right.spacing_mut().item_spacing.y = theme::GAP;
            card(left, "Risks", |ui| risks(ui, plan));
            card(left, "Effort in person-days", |ui| effort(ui, plan));
            card(right, "Governance", |ui| governance(ui, plan));
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

fn figures(plan: &MigrationPlan) -> [Kpi; 4] {
    let effort = plan.effort;
    let money = |value: assay_base::Money| format::money(value);
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

/// Bars over the calendar, labelled with the share of the load.
fn waves(ui: &mut Ui, plan: &MigrationPlan) {
    let tokens = Tokens::of(ui);
    let total = f64::from((plan.ends - plan.starts).get_days()).max(1.0);
    let width = (ui.available_width() - NAMES - 70.0).max(120.0);
    let place = |date: Date| (f64::from((date - plan.starts).get_days()) / total) as f32 * width;
    for wave in &plan.waves {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR_ROW), Sense::hover());
        let text = wave_text(wave);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        if ui.is_rect_visible(rect) {
            let painter = ui.painter();
            let middle = rect.center().y;
            let name = painter.layout(wave.name.clone(), theme::body_font(), tokens.text, NAMES - 8.0);
            painter.galley(pos2(rect.left(), middle - name.size().y / 2.0), name, tokens.text);
            let left = rect.left() + NAMES;
            painter.hline(left..=left + width, rect.bottom(), Stroke::new(1.0, tokens.border));
            let bar = Rect::from_min_max(
                pos2(left + place(wave.starts), middle - 7.0),
                pos2((left + place(wave.ends)).max(left + place(wave.starts) + 3.0), middle + 7.0),
            );
            painter.rect_filled(bar, theme::RADIUS_CHIP, theme::tint(tokens.accent));
            let loaded = Rect::from_min_size(bar.min, vec2(bar.width() * wave.load_share as f32, bar.height()));
            painter.rect_filled(loaded, theme::RADIUS_CHIP, tokens.accent);
            let share = format!("{} load", format::percent(wave.load_share, 0));
            let at = pos2(bar.right() + 6.0, middle);
            painter.text(at, Align2::LEFT_CENTER, share, theme::small_font(), tokens.text_subdued);
        }
        response.on_hover_text(text);
    }
    if plan.waves.iter().any(|wave| !wave.is_stated) {
        ui.label(theme::caption(
            "A proposal that follows from effort and team. State `migration.waves` in study.yaml to replace it.",
        ));
    }
}

fn wave_text(wave: &PlannedWave) -> String {
    format!(
        "{}: {} to {}, then {} of the load",
        wave.name,
        day(wave.starts),
        day(wave.ends),
        format::percent(wave.load_share, 0)
    )
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
    table::builder(ui, "gates")
        .column(Column::remainder().at_least(180.0).clip(true))
        .column(Column::exact(150.0).clip(true))
        .column(Column::exact(110.0))
        .column(Column::exact(90.0))
        .column(Column::exact(80.0))
        .column(Column::remainder().at_least(160.0).clip(true))
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

/// The matrix, likelihood upwards and impact to the right, with the register beside it.
fn risks(ui: &mut Ui, plan: &MigrationPlan) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(5.0 * CELL + 20.0, 5.0 * CELL + 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Matrix of {} risks", plan.risks.len())));
    let painter = ui.painter();
    for likelihood in 1..=5u8 {
        for impact in 1..=5u8 {
            let at =
                pos2(rect.left() + 18.0 + f32::from(impact - 1) * CELL, rect.top() + f32::from(5 - likelihood) * CELL);
            let cell = Rect::from_min_size(at, vec2(CELL - 2.0, CELL - 2.0));
            let weight = likelihood * impact;
            let color = if weight >= 12 {
                tokens.error
            } else if weight >= 6 {
                tokens.warning
            } else {
                tokens.success
            };
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
    for (index, planned) in plan.risks.iter().enumerate() {
        let risk = &planned.risk;
        let label = ui.add(Label::new(format!("{}. {}", index + 1, risk.title)).wrap());
        let owner = risk.owner.as_deref().unwrap_or("to be named");
        let origin =
            if planned.is_stated { "Stated in the study." } else { "Found by a rule; its marks are proposals." };
        label.on_hover_text(format!(
            "Likelihood {}, impact {}. Owner: {owner}.\n{}\n{origin}",
            risk.likelihood,
            risk.impact,
            risk.mitigation.as_deref().unwrap_or("Nothing is done about it yet."),
        ));
    }
}

fn effort(ui: &mut Ui, plan: &MigrationPlan) {
    for task in &plan.tasks {
        let [low, _, high] = task.person_days;
        let range = format!("{} ({} to {})", days(task.expected_days), days(low), days(high));
        let response = crate::widgets::field(ui, &task.name, &range);
        if !task.is_stated {
            response.on_hover_text("A proposal. State `migration.tasks` in study.yaml to replace it.");
        }
    }
}

fn governance(ui: &mut Ui, plan: &MigrationPlan) {
    let tokens = Tokens::of(ui);
    for point in &plan.governance {
        let (icon, color) = match point.status {
            GovernanceStatus::Done => (Icon::Check, tokens.success),
            GovernanceStatus::Prepared => (Icon::Info, tokens.accent),
            GovernanceStatus::NotApplicable => (Icon::Dot, tokens.text_subdued),
            GovernanceStatus::Open => (Icon::Warning, tokens.warning),
        };
        let text = format!("{} ({})", point.item, point.status.label());
        ui.scope(|ui| bullet(ui, icon, color, &text)).response.on_hover_text(format!(
            "{}\nEvidence: {}\nSigns: {}",
            point.framework.as_deref().unwrap_or("No framework"),
            point.evidence.as_deref().unwrap_or("a person provides it"),
            point.owner.as_deref().unwrap_or("to be named"),
        ));
    }
}
