//! The question, the answer with its confidence, the options ranked, and what is missing.

use assay_base::Evidence;
use assay_base::format::{self, or_unknown};
use assay_service::cost_models::Evaluation;
use assay_service::cost_models::evaluation::UnitCost;
use assay_service::documents::GateVerdict;
use assay_service::sensitivity::{NearFlip, near_flips};
use assay_service::{Answer, Assessment, Confidence, Workbench};
use egui::{Align, Label, Layout, RichText, ScrollArea, Ui};
use egui_extras::Column;

use super::first_steps;
use crate::background::Derived;
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::views::View;
use crate::widgets::steady::held;
use crate::widgets::{
    Icon, Kpi, badge, bullet, card, card_filled, chip, evidence_chip, evidence_hover, kpi_row, table,
};

/// The figures of an option in the order in which they are kept where there is little room.
const BY_WEIGHT: [usize; 7] = [3, 2, 4, 6, 1, 0, 5];
/// The least width of an option's name.
const NAME: f32 = 196.0;
/// Flips that are told.
const FLIPS: usize = 5;

/// The state of the view.
#[derive(Debug, Default)]
pub struct OverviewView {
    flips: Derived<u64, Vec<NearFlip>>,
}

impl OverviewView {
    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        self.flips.update(ui.ctx(), scene.workbench.revision(), false, || {
            let assessment = scene.workbench.shared_assessment();
            move || near_flips(&assessment)
        });
        let flips = self.flips.get().map_or(&[][..], Vec::as_slice);
        draw(ui, scene, flips);
    }
}

fn draw(ui: &mut Ui, scene: &mut Scene<'_>, flips: &[NearFlip]) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::GAP;
        let assessment = scene.workbench.assessment();
        answer_card(ui, assessment);
        first_steps::card_of(ui, scene);
        kpi_strip(ui, assessment);
        card(ui, "Options, cheapest first in present value", |ui| options_table(ui, assessment));
        advice(ui, scene, flips);
    });
}

fn answer_card(ui: &mut Ui, assessment: &Assessment) {
    let tokens = Tokens::of(ui);
    let answer = &assessment.answer;
    card_filled(ui, |ui| {
        ui.add(Label::new(theme::caption(&assessment.study.question)).wrap());
        ui.horizontal(|ui| {
            let color = match answer.confidence {
                Confidence::Firm => tokens.success,
                Confidence::Likely => tokens.accent,
                Confidence::Open | Confidence::Unbounded => tokens.warning,
                Confidence::None => tokens.text_subdued,
            };
            badge(ui, &answer.verdict, color);
            if answer.confidence != Confidence::None {
                chip(ui, &format!("confidence: {}", answer.confidence.label()), color)
                    .on_hover_text(&answer.confidence_reason);
            }
        });
        ui.add(Label::new(theme::lead(&answer.sentence)).wrap());
        if let Some(summary) = &assessment.study.narrative.summary {
            ui.add(Label::new(RichText::new(summary).weak()).wrap());
        }
    });
}

/// The headline figures of an option against the baseline.
pub(super) fn figures(assessment: &Assessment, option: Option<&Evaluation>, units: Units) -> [Kpi; 4] {
    let currency = assessment.study.currency;
    let money = |amount: f64| units.money(amount, currency);
    let months = assessment.assumptions.horizon_months;
    let baseline = assessment.evaluations.iter().find(|e| e.is_baseline);
    let tco = option.and_then(|e| e.tco.as_ref());
    let evidence = option.filter(|e| e.tco.is_some()).map(|e| e.evidence);
    let total = |e: &Evaluation| e.tco.as_ref().map(|t| t.total.amount);
    let base_total = baseline.and_then(total);
    let name = option.map_or("no option ranked", |e| e.name.as_str());
    let range = |low: f64, high: f64| format!("{} to {}", money(low), money(high));

    let cost = Kpi {
        label: format!("Total cost over {months} months"),
        short_label: "Total cost",
        value: or_unknown(tco, |t| money(t.total.amount)),
        note: tco.map_or_else(|| name.to_owned(), |t| range(t.total_low.amount, t.total_high.amount)),
        evidence,
        hover: name.to_owned(),
    };
    let saving = match (base_total, option.and_then(total)) {
        (Some(base), Some(own)) if option.is_some_and(|e| !e.is_baseline) => Some((base - own, base)),
        _ => None,
    };
    let saving = Kpi {
        label: "Saving against the baseline".to_owned(),
        short_label: "Saving",
        value: or_unknown(saving, |(s, _)| money(s)),
        note: saving.map_or_else(
            || baseline.map(|b| b.name.clone()).unwrap_or_default(),
            |(s, base)| format!("{} of {}", format::percent(s / base, 0), money(base)),
        ),
        evidence: saving.and(evidence),
        hover: baseline.map(|b| format!("Baseline: {}", b.name)).unwrap_or_default(),
    };
    let benefit = option.and_then(|e| e.benefit.as_ref());
    let payback = Kpi {
        label: "Payback".to_owned(),
        short_label: "Payback",
        value: match benefit {
            Some(b) => b.payback_months.map_or_else(|| "never".to_owned(), format::months),
            None => format::UNKNOWN.to_owned(),
        },
        note: benefit.map_or_else(String::new, |b| format!("net present value {}", money(b.npv.amount))),
        evidence: benefit.and(evidence),
        hover: "Months until the sum of the savings stays at or above zero.".to_owned(),
    };
    let unit = option.and_then(|e| e.cost_per_million);
    let unit_cost = Kpi {
        label: unit_cost_label(assessment, unit),
        short_label: "Cost of a million",
        value: or_unknown(unit, |u| money(u.value.amount)),
        note: unit.map_or_else(String::new, |u| range(u.low.amount, u.high.amount)),
        evidence: unit.and(evidence),
        hover: "The total cost over the horizon, migration and idle capacity included, divided by the items served."
            .to_owned(),
    };
    [cost, saving, payback, unit_cost]
}

fn unit_cost_label(assessment: &Assessment, unit: Option<UnitCost>) -> String {
    match unit {
        Some(u) => format!("Cost of {}", count_of(u.per_items, assessment.item())),
        None => format!("Cost of {}", count_of(1e6, assessment.item())),
    }
}

/// `a million sequences`
pub(super) fn count_of(count: f64, item: &str) -> String {
    if count == 1e6 { format!("a million {item}") } else { format!("{} {item}", format::compact(count)) }
}

fn kpi_strip(ui: &mut Ui, assessment: &Assessment) {
    let option = assessment.answer.recommended.as_deref().and_then(|id| assessment.evaluation(id));
    kpi_row(ui, &figures(assessment, option, Units::of(ui)));
}

/// The options: ranked ones first, then the others with their reason.
pub(super) fn options_table(ui: &mut Ui, assessment: &Assessment) {
    let mut rows: Vec<&Evaluation> = assessment.ranked();
    rows.extend(assessment.evaluations.iter().filter(|e| e.rank.is_none()));
    let currency = Units::of(ui).currency(assessment.study.currency);
    let code = currency.code();
    let item = assessment.item();
    let per = rows.iter().find_map(|e| e.cost_per_million).map_or(1e6, |u| u.per_items);
    let unit_cost = if per == 1e6 { format!("{code} a million") } else { format!("{code} / {}", format::compact(per)) };
    let columns: [(&str, String, f32); 7] = [
        ("Units", "at the peak".to_owned(), 64.0),
        ("Throughput", format!("{item}/s"), 80.0),
        ("Cost", unit_cost, 80.0),
        ("Total cost", code.to_owned(), 88.0),
        ("NPV", code.to_owned(), 88.0),
        ("IRR", "a year".to_owned(), 72.0),
        ("Payback", "months".to_owned(), 60.0),
    ];
    let gap = ui.spacing().item_spacing.x;
    // Rank, name and evidence are always there.
    let mut room = ui.available_width() - 20.0 - NAME - 84.0 - 3.0 * gap;
    let mut shown = [false; 7];
    for index in BY_WEIGHT {
        if let (Some((.., width)), Some(shown)) = (columns.get(index), shown.get_mut(index)) {
            room -= width + gap;
            *shown = room >= 0.0;
        }
    }
    let units = Units::of(ui);
    let mut builder = table::builder(ui, "options")
        .vscroll(false)
        .column(Column::exact(20.0))
        .column(Column::remainder().at_least(NAME).clip(true));
    for ((.., width), _) in columns.iter().zip(shown).filter(|(_, shown)| *shown) {
        builder = builder.column(Column::exact(*width));
    }
    builder
        .column(Column::exact(84.0))
        .header(theme::HEADER_WITH_UNIT, |mut header| {
            header.col(|_| {});
            header.col(|ui| table::title_with_unit(ui, "Option", "", false));
            for ((title, unit, _), _) in columns.iter().zip(shown).filter(|(_, shown)| *shown) {
                header.col(|ui| table::title_with_unit(ui, title, unit, true));
            }
            header.col(|ui| table::title_with_unit(ui, "Evidence", "weakest", true));
        })
        .body(|body| {
            body.rows(theme::ROW, rows.len(), |mut row| {
                let Some(evaluation) = rows.get(row.index()).copied() else { return };
                row.col(|ui| {
                    table::text(ui, theme::number(evaluation.rank.map_or_else(|| "–".to_owned(), |r| r.to_string())));
                });
                row.col(|ui| name_cell(ui, assessment, evaluation));
                let cells = cells(assessment, evaluation, units).into_iter().zip(shown);
                for ((text, hover), _) in cells.filter(|(_, shown)| *shown) {
                    row.col(|ui| {
                        let response = table::number(ui, text);
                        if !hover.is_empty() {
                            response.on_hover_text(hover);
                        }
                    });
                }
                row.col(|ui| {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| evidence_chip(ui, evaluation.evidence));
                });
            });
        });
    for evaluation in rows.iter().filter(|e| e.rank.is_none()) {
        if let Some(reason) = &evaluation.not_ranked {
            bullet(
                ui,
                Icon::Info,
                Tokens::of(ui).text_subdued,
                &format!("{} is not ranked: {reason}", evaluation.name),
            );
        }
    }
}

fn name_cell(ui: &mut Ui, assessment: &Assessment, evaluation: &Evaluation) {
    let tokens = Tokens::of(ui);
    let recommended = assessment.answer.recommended.as_deref() == Some(evaluation.id.as_str());
    let name = if recommended { theme::strong(&evaluation.name) } else { RichText::new(&evaluation.name) };
    let mut hover = Vec::new();
    if let Some(option) = assessment.option(&evaluation.id) {
        hover.push(match &option.throughput {
            Ok(fact) => format!("Throughput: {}", fact.source),
            Err(reason) => format!("Throughput unknown: {reason}"),
        });
        hover.push(match &option.price {
            Ok(fact) => {
                let as_of = fact.as_of.map(|d| format!(", {d}")).unwrap_or_default();
                // As quoted, whatever the figures are shown in.
                format!("Price: {} a {} – {} ({}{as_of})", format::money(fact.price), fact.per, fact.offer, fact.source)
            }
            Err(reason) => format!("Price unknown: {reason}"),
        });
    }
    hover.extend(evaluation.notes.iter().cloned());
    table::text(ui, name).on_hover_text(hover.join("\n"));
    // A chip cut in two helps nobody; the headline figures name the baseline on hover, too.
    if evaluation.is_baseline && ui.available_width() > 64.0 {
        chip(ui, "baseline", tokens.text_subdued).on_hover_text("What is done today; the others are compared with it.");
    }
}

/// Units, throughput, unit cost, total, NPV, IRR, payback, each with its hover text.
fn cells(assessment: &Assessment, evaluation: &Evaluation, units: Units) -> [(String, String); 7] {
    let evidence = evaluation.evidence;
    let own = assessment.study.currency;
    let amount = |amount: f64| units.amount(amount, own);
    let fleet = or_unknown(evaluation.fleet.as_ref(), |f| format::thousands(f.at_peak as f64, 0));
    let fleet_hover = evaluation.fleet.as_ref().map_or_else(String::new, |f| {
        format!("{} at the start, {} at most ({} to {})", f.at_start, f.at_peak, f.at_peak_low, f.at_peak_high)
    });
    let throughput = or_unknown(evaluation.throughput, |t| format::compact(t.value));
    let throughput_hover = evaluation.throughput.map_or_else(String::new, |t| {
        evidence_hover(t.evidence, &format!("{} to {} a second", format::compact(t.low), format::compact(t.high)))
    });
    let unit = or_unknown(evaluation.cost_per_million, |u| format::significant(amount(u.value.amount), 3));
    let range = |low: f64, high: f64| {
        let money = |v| units.money(v, own);
        evidence_hover(evidence, &format!("{} to {}", money(low), money(high)))
    };
    let unit_hover = evaluation.cost_per_million.map_or_else(String::new, |u| range(u.low.amount, u.high.amount));
    let tco = evaluation.tco.as_ref();
    let total = or_unknown(tco, |t| format::thousands(amount(t.total.amount), 0));
    let total_hover = tco.map_or_else(String::new, |t| range(t.total_low.amount, t.total_high.amount));
    let benefit = evaluation.benefit.as_ref();
    let npv = or_unknown(benefit, |b| format::thousands(amount(b.npv.amount), 0));
    let rate = benefit.and_then(|b| b.irr.single());
    let irr = or_unknown(rate, |r| if r > 10.0 { "> 1,000\u{a0}%".to_owned() } else { format::percent(r, 0) });
    let irr_hover = match benefit {
        _ if rate.is_some_and(|r| r > 10.0) => or_unknown(rate, |r| format::percent(r, 0)),
        Some(b) if b.irr.single().is_none() => "The cash flows have no single internal rate of return.".to_owned(),
        _ => String::new(),
    };
    let payback = match benefit {
        Some(b) => b.payback_months.map_or_else(|| "never".to_owned(), |m| format::thousands(m, 1)),
        None => format::UNKNOWN.to_owned(),
    };
    [
        (fleet, fleet_hover),
        (throughput, throughput_hover),
        (unit, unit_hover),
        (total, total_hover),
        (npv, evidence_hover(evidence, "Net present value against the baseline")),
        (irr, irr_hover),
        (payback, String::new()),
    ]
}

fn advice(ui: &mut Ui, scene: &mut Scene<'_>, flips: &[NearFlip]) {
    let tokens = Tokens::of(ui);
    let workbench = scene.workbench;
    let assessment = workbench.assessment();
    let answer = &assessment.answer;
    let requests = &mut *scene.requests;
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        left.spacing_mut().item_spacing.y = theme::GAP;
        right.spacing_mut().item_spacing.y = theme::GAP;
        card(left, "What would change the answer", |ui| {
            if answer.would_change.is_empty() {
                ui.label(theme::caption("Nothing can be said before two options can be compared."));
            }
            for text in &answer.would_change {
                bullet(ui, Icon::Dot, tokens.accent, &sentence(text));
            }
            for text in told(assessment, flips) {
                bullet(ui, Icon::Dot, tokens.accent, &sentence(&text));
            }
        });
        // What flips the answer is found a moment later, above it.
        held(left, "next measurement", |ui| next_measurement(ui, answer, requests));
        card(right, "What is missing or doubtful", |ui| {
            let unmeasured = unmeasured(assessment);
            let gates = failed_gates(workbench);
            if assessment.missing.is_empty() && unmeasured.is_none() && gates.is_empty() {
                bullet(ui, Icon::Check, tokens.success, "Nothing that is known of.");
            }
            for text in &gates {
                bullet(ui, Icon::Close, tokens.error, text);
            }
            if let Some(text) = &unmeasured {
                bullet(ui, Icon::Benchmarks, tokens.warning, text);
            }
            for text in &assessment.missing {
                bullet(ui, Icon::Warning, tokens.warning, &sentence(text));
            }
            for text in &assessment.study.narrative.caveats {
                bullet(ui, Icon::Info, tokens.text_subdued, text);
            }
        });
    });
}

fn next_measurement(ui: &mut Ui, answer: &Answer, requests: &mut Vec<Request>) {
    let tokens = Tokens::of(ui);
    card(ui, "Next best measurement", |ui| match &answer.next_measurement {
        Some(next) => {
            bullet(ui, Icon::Benchmarks, tokens.accent, next);
            ui.horizontal(|ui| {
                if ui.button("Go to Benchmarks").clicked() {
                    requests.push(Request::show(View::Benchmarks));
                }
                if ui.button("What it is worth to know").clicked() {
                    requests.push(Request::ShowOdds);
                }
            });
        }
        None => bullet(ui, Icon::Check, tokens.success, "No measurement would narrow the order of the best options."),
    });
}

/// Where another option takes the place of the recommended one, the nearest change first.
fn told(assessment: &Assessment, flips: &[NearFlip]) -> Vec<String> {
    let name = |id: &str| assessment.evaluation(id).map_or(id.to_owned(), |e| e.name.clone());
    let text = |near: &NearFlip| {
        let side = if near.flip.is_below { "below" } else { "above" };
        let what = match near.driver.option() {
            Some(id) => format!("the {} of {}", near.driver.label(), name(id)),
            None => format!("the {}", near.driver.label()),
        };
        let share = format::percent(near.factor, 0);
        format!("with {what} {side} {share} of what is assumed, {} costs least", name(&near.flip.becomes))
    };
    flips.iter().take(FLIPS).map(text).collect()
}

/// The ranked options whose throughput nobody has measured.
fn unmeasured(assessment: &Assessment) -> Option<String> {
    let weak = |e: &&Evaluation| e.throughput.is_some_and(|known| known.evidence > Evidence::Published);
    let names: Vec<String> = assessment
        .ranked()
        .into_iter()
        .filter(weak)
        .filter_map(|e| Some(format!("{} ({})", e.name, e.throughput?.evidence.label())))
        .collect();
    (!names.is_empty()).then(|| format!("Not measured: {}.", names.join("; ")))
}

/// Gates of the migration that measurements have failed.
fn failed_gates(workbench: &Workbench) -> Vec<String> {
    let Ok(plan) = workbench.migration() else { return Vec::new() };
    let failed = plan.gates.iter().filter(|gate| gate.verdict == GateVerdict::Failed);
    failed.map(|gate| format!("Gate failed: {} ({}).", gate.name, gate.basis)).collect()
}

/// The text with a capital at its beginning and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}
