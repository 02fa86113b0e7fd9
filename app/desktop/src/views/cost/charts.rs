//! Charts of an evaluation: cost at full use with its interval, total cost by component.

use assay_base::format::or_unknown;
use assay_service::Assessment;
use assay_service::cost_models::Evaluation;
use assay_service::cost_models::evaluation::Component;
use egui::Ui;

use crate::theme::Tokens;
use crate::units::Units;
use crate::widgets::bars::{RangeBar, StackedBar, legend, range_bars, stacked_bars};
use crate::widgets::card;

/// Draws the charts.
pub fn ui(ui: &mut Ui, assessment: &Assessment) {
    let per = assessment.evaluations.iter().find_map(|e| e.full_use_cost).map_or(1e6, |u| u.per_items);
    let currency = Units::of(ui).currency(assessment.study.currency);
    let code = currency.code();
    let title = format!("Cost of {} at full use, {code}", crate::views::overview::count_of(per, assessment.item()));
    card(ui, &title, |ui| full_use_cost(ui, assessment));
    let title = format!("Total cost over {} months by component, {code}", assessment.assumptions.horizon_months);
    card(ui, &title, |ui| components(ui, assessment));
}

/// Options in the study's order, so that an option keeps its colour.
pub(super) fn options(assessment: &Assessment) -> impl Iterator<Item = (usize, &Evaluation)> {
    assessment.evaluations.iter().enumerate()
}

fn full_use_cost(ui: &mut Ui, assessment: &Assessment) {
    let tokens = Tokens::of(ui);
    let units = Units::of(ui);
    let money = |amount: f64| units.money(amount, assessment.study.currency);
    let rows: Vec<RangeBar> = options(assessment)
        .map(|(i, e)| RangeBar {
            label: e.name.clone(),
            value: e.full_use_cost.map(|u| (u.value.amount, u.low.amount, u.high.amount)),
            text: or_unknown(e.full_use_cost, |u| money(u.value.amount)),
            color: tokens.series(i),
            hover: match e.full_use_cost {
                Some(u) => {
                    let range = format!("{} to {}", money(u.low.amount), money(u.high.amount));
                    format!("{range}\n{}: {}", e.evidence, e.evidence.description())
                }
                None => e.not_ranked.clone().unwrap_or_else(|| "unknown".to_owned()),
            },
        })
        .collect();
    range_bars(ui, &rows);
}

fn components(ui: &mut Ui, assessment: &Assessment) {
    let tokens = Tokens::of(ui);
    let units = Units::of(ui);
    let money = |amount: f64| units.money(amount, assessment.study.currency);
    let used: Vec<Component> = Component::ALL
        .into_iter()
        .filter(|c| {
            let tcos = assessment.evaluations.iter().filter_map(|e| e.tco.as_ref());
            tcos.flat_map(|t| &t.components).any(|part| part.component == *c)
        })
        .collect();
    let color = |component: Component| tokens.series(used.iter().position(|c| *c == component).unwrap_or_default());
    let rows: Vec<StackedBar> = options(assessment)
        .map(|(_, e)| StackedBar {
            label: e.name.clone(),
            parts: e
                .tco
                .iter()
                .flat_map(|t| &t.components)
                .map(|part| {
                    let amount = part.amount.amount;
                    (part.component.label().to_owned(), color(part.component), amount, money(amount))
                })
                .collect(),
            text: or_unknown(e.tco.as_ref(), |t| money(t.total.amount)),
            hover: e.tco.as_ref().map_or_else(
                || e.not_ranked.clone().unwrap_or_default(),
                |t| format!("{} to {} in total", money(t.total_low.amount), money(t.total_high.amount)),
            ),
        })
        .collect();
    stacked_bars(ui, &rows);
    legend(ui, used.iter().map(|c| (c.label(), color(*c))));
}
