//! The mix of ways to rent, and cost and cash by quarter.

use assay_base::{Currency, format};
use assay_service::capacity::{CostLineKind, Mix, Ownership, ScenarioPlan};
use assay_service::cost_models::capacity::MarginalRule;
use egui::{Color32, Ui};
use egui_extras::Column;
use egui_plot::{Bar, BarChart, Line, PlotPoint, PlotPoints};

use super::Shown;
use super::fleet::whole;
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, house_plot, quarters, with_axes};
use crate::widgets::{Icon, bullet, card, table};

/// Draws the cards of an option that can be planned.
pub fn cards(ui: &mut Ui, shown: &Shown<'_>) {
    let Some(scenario) = shown.scenario() else { return };
    let currency = shown.plan.currency;
    let names: Vec<String> = scenario.quarters.iter().map(|q| q.quarter.to_string()).collect();
    if let Some(mix) = scenario.mix.as_ref().filter(|mix| !mix.contracts.is_empty() || mix.spot_per_hour.is_some()) {
        card(ui, "Cheapest mix of ways to rent, units by quarter", |ui| mix_of(ui, "mix", mix, &names, currency));
    }
    if let Some(mix) = shown.option.hedged.as_ref().filter(|mix| !mix.contracts.is_empty()) {
        let title = "Mix that fits all forecasts by their weights, units by quarter";
        card(ui, title, |ui| mix_of(ui, "hedged", mix, &names, currency));
    }
    let title = format!("Cost and cash by quarter, {}", Units::of(ui).currency(currency));
    card(ui, &title, |ui| cost(ui, scenario, &names, currency));
    if matches!(shown.option.ownership, Ownership::Bought | Ownership::Leased) {
        card(ui, "Orders to place", |ui| orders(ui, scenario, currency));
    }
}

/// One column of bars for each part, stacked; x counts the quarters.
fn stacked(ui: &mut Ui, id: &'static str, parts: &[(String, Color32, Vec<f64>)], names: &[String], y: Scale) {
    legend(ui, parts.iter().map(|(name, color, _)| (name.as_str(), *color)));
    let mut charts: Vec<BarChart> = Vec::new();
    for (name, color, values) in parts {
        let bars = values.iter().enumerate().map(|(i, v)| Bar::new(i as f64, *v).width(0.62).fill(*color)).collect();
        let below: Vec<&BarChart> = charts.iter().collect();
        let chart = BarChart::new(name.clone(), bars).color(*color).stack_on(&below);
        charts.push(chart);
    }
    let plot = house_plot(ui, id).height(190.0).include_y(0.0).allow_zoom(false).allow_drag(false);
    with_axes(ui, plot, quarters(names), y).x_grid_spacer(whole).show(ui, |plot| {
        for chart in charts {
            plot.bar_chart(chart);
        }
    });
}

fn mix_of(ui: &mut Ui, id: &'static str, mix: &Mix, names: &[String], currency: Currency) {
    let tokens = Tokens::of(ui);
    let mut parts: Vec<(String, Color32, Vec<f64>)> = Vec::new();
    for (index, contract) in mix.contracts.iter().enumerate() {
        let values = mix.quarters.iter().map(|q| q.committed.get(index).copied().unwrap_or_default()).collect();
        parts.push((contract.name.clone(), tokens.series(index), values));
    }
    let next = parts.len();
    parts.push(("on demand".to_owned(), tokens.series(next), mix.quarters.iter().map(|q| q.rented).collect()));
    if mix.spot_per_hour.is_some() {
        parts.push(("spot".to_owned(), tokens.series(next + 1), mix.quarters.iter().map(|q| q.spot).collect()));
    }
    stacked(ui, id, &parts, names, Scale::new("").text(|value| format::thousands(value, 0)));
    for (rule, contract) in mix.rules.iter().zip(&mix.contracts) {
        bullet(
            ui,
            Icon::Info,
            tokens.text_subdued,
            &rule_text(rule, &Units::of(ui).money(contract.rate_per_hour, currency)),
        );
    }
    for signing in &mix.signings {
        let text = format!(
            "Sign from {}: {} for {} {}",
            signing.on,
            signing.contract,
            format::thousands(signing.units as f64, 0),
            if signing.units == 1 { "unit" } else { "units" }
        );
        bullet(ui, Icon::Check, tokens.accent, &text);
    }
    let units = Units::of(ui);
    let money = |amount| units.money(amount, currency);
    let saved = mix.all_rented.map(|all| format!("; all on demand would cost {}", money(all))).unwrap_or_default();
    let owed = match mix.after_horizon {
        owed if owed > 0.0 => format!("; {} remain to be paid after the horizon", money(owed)),
        _ => String::new(),
    };
    ui.label(theme::strong(format!("{}{saved}{owed}", money(mix.total))));
}

/// The newsvendor's rule with its figures.
fn rule_text(rule: &MarginalRule, rate: &str) -> String {
    let percent = |duty: f64| format::percent(duty, 0);
    let pays = match rule.break_even_duty {
        Some(duty) if duty < 1.0 => format!("pays for a unit in use more than {} of the term", percent(duty)),
        Some(_) => "never pays: it is no cheaper than renting".to_owned(),
        None => "is the only way".to_owned(),
    };
    let least = rule.least_used_committed.map(|duty| format!("; the last unit committed is in use {}", percent(duty)));
    let most = rule.most_used_rented.map(|duty| format!("; the first one not committed, {}", percent(duty)));
    format!("{} at {rate} an hour {pays}{}{}", rule.contract, least.unwrap_or_default(), most.unwrap_or_default())
}

fn cost(ui: &mut Ui, scenario: &ScenarioPlan, names: &[String], currency: Currency) {
    let tokens = Tokens::of(ui);
    let mut kinds: Vec<&CostLineKind> = Vec::new();
    for line in scenario.quarters.iter().flat_map(|q| &q.lines) {
        if !kinds.contains(&&line.kind) {
            kinds.push(&line.kind);
        }
    }
    if kinds.is_empty() {
        bullet(ui, Icon::Info, tokens.text_subdued, "The cost is not known: a price, a power or a tariff is missing.");
        return;
    }
    let amount = |kind: &CostLineKind, lines: &[assay_service::capacity::CostLine]| {
        lines.iter().filter(|line| line.kind == *kind).map(|line| line.amount).sum::<f64>()
    };
    let parts: Vec<(String, Color32, Vec<f64>)> = kinds
        .iter()
        .enumerate()
        .map(|(index, kind)| {
            let values = scenario.quarters.iter().map(|q| amount(kind, &q.lines)).collect();
            (kind.label().to_owned(), tokens.series(index), values)
        })
        .collect();
    let units = Units::of(ui);
    let money = move |amount: f64| units.money(amount, currency);
    stacked(ui, "cost by quarter", &parts, names, Scale::new("cost").text(money));
    let cash: Option<Vec<PlotPoint>> = scenario
        .quarters
        .iter()
        .scan(0.0, |sum, q| {
            let paid = q.cash.map(|cash| {
                *sum += cash;
                *sum
            });
            Some(paid)
        })
        .enumerate()
        .map(|(i, sum)| Some(PlotPoint::new(i as f64, sum?)))
        .collect();
    let Some(cash) = cash else { return };
    let plot = house_plot(ui, "cash by quarter").height(150.0).include_y(0.0).allow_zoom(false).allow_drag(false);
    let axes = with_axes(ui, plot, quarters(names), Scale::new("cash paid so far").text(money));
    axes.x_grid_spacer(whole).show(ui, |plot| {
        plot.line(Line::new("cash paid so far", PlotPoints::Owned(cash)).color(tokens.accent).width(1.8));
    });
}

fn orders(ui: &mut Ui, scenario: &ScenarioPlan, currency: Currency) {
    if scenario.orders.is_empty() {
        bullet(ui, Icon::Check, Tokens::of(ui).success, "Nothing has to be ordered.");
        return;
    }
    let columns = [("Order by", false), ("In service", false), ("Units", true), ("Replacing", true), ("Price", true)];
    table::builder(ui, "orders")
        .vscroll(false)
        .columns(Column::exact(110.0), 2)
        .columns(Column::exact(90.0), 2)
        .column(Column::remainder().at_least(90.0).clip(true))
        .header(theme::HEADER, |mut header| {
            for (title, at_right) in columns {
                header.col(|ui| {
                    table::title(ui, title, at_right);
                });
            }
        })
        .body(|body| {
            body.rows(theme::ROW, scenario.orders.len(), |mut row| {
                let Some(order) = scenario.orders.get(row.index()) else { return };
                row.col(|ui| {
                    let day = order.order_by.map(|day| day.to_string());
                    table::text(ui, format::or_unknown(day, |day| day))
                        .on_hover_text("The last day; without a lead time it is not known.");
                });
                row.col(|ui| {
                    table::text(ui, order.quarter.to_string());
                });
                for count in [order.units, order.replacing] {
                    row.col(|ui| {
                        let count = (count > 0).then_some(count as f64);
                        table::number(ui, format::or_unknown(count, |count| format::thousands(count, 0)));
                    });
                }
                row.col(|ui| {
                    table::number(ui, format::or_unknown(order.price, |price| Units::of(ui).money(price, currency)));
                });
            });
        });
}
