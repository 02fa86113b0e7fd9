//! Trade-offs: throughput against latency of what was measured, cost against latency of the options.

use std::collections::BTreeSet;
use std::sync::Arc;

use assay_base::format::{self, or_unknown};
use assay_service::Assessment;
use egui::{Button, ComboBox, Ui};
use egui_plot::{HoverPosition, Line, PlotPoint, PlotPoints, Points, Text};

use super::order::{OfOrder, Order};
use crate::background::Derived;
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, decades, house_plot, with_axes};
use crate::widgets::thin::thin;
use crate::widgets::{Icon, bullet};

/// The state of the plots.
#[derive(Debug, Default)]
pub struct ParetoView {
    cost: bool,
    kind: Option<String>,
    measured: Derived<(OfOrder, Option<String>), Measured>,
}

/// The measurements of one kind of work as points.
#[derive(Debug, Default)]
struct Measured {
    kinds: Vec<String>,
    kind: String,
    unit: String,
    /// Stack, then its points that are drawn: position of the measurement, latency and throughput.
    stacks: Vec<(String, Vec<(u32, PlotPoint)>)>,
    /// The points that nothing beats, from the shortest latency on, as a staircase.
    frontier: Vec<PlotPoint>,
    count: usize,
}

impl ParetoView {
    /// Draws the plots. Answers the measurement that was clicked.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        order: &Arc<Order>,
        assessment: &Assessment,
        selected: Option<u32>,
    ) -> Option<u32> {
        let mut clicked = None;
        let own_kind = selected.and_then(|at| order.snapshot.row(at)).and_then(|row| order.snapshot.subject(row));
        let own_kind = own_kind.map(|subject| order.snapshot.name(subject.kind).to_owned());
        let kind = self.kind.clone().or(own_kind);
        let key = (OfOrder(Arc::clone(order)), kind.clone());
        self.measured.update(ui.ctx(), key, order.rows.len() <= super::SMALL, || {
            let order = Arc::clone(order);
            move || measured(&order, kind)
        });
        ui.horizontal(|ui| {
            for (cost, name) in [(false, "Throughput against latency"), (true, "Cost against latency")] {
                if ui.add(Button::selectable(self.cost == cost, name)).clicked() {
                    self.cost = cost;
                }
            }
            if !self.cost
                && let Some(measured) = self.measured.get()
            {
                let combo = ComboBox::from_id_salt("kind of work").selected_text(measured.kind.as_str());
                let response = combo.show_ui(ui, |ui| {
                    for kind in &measured.kinds {
                        if ui.selectable_label(*kind == measured.kind, kind).clicked() {
                            self.kind = Some(kind.clone());
                        }
                    }
                });
                response.response.accessible_name("Kind of work");
                ui.label(theme::caption(format!("{} that passed", format::thousands(measured.count as f64, 0))));
            }
        });
        match (self.cost, self.measured.get()) {
            (true, _) => cost_plot(ui, assessment),
            (false, Some(measured)) => clicked = measured_plot(ui, measured, order, selected),
            (false, None) => {
                ui.add(egui::Spinner::new().size(16.0));
            }
        }
        clicked
    }
}

fn measured(order: &Order, kind: Option<String>) -> Measured {
    let snapshot = &order.snapshot;
    let passed = |at: &u32| {
        let row = snapshot.row(*at)?;
        let subject = snapshot.subject(row).filter(|s| s.passed)?;
        Some((*at, subject, row.p99_secs?, row.throughput?))
    };
    let all: Vec<_> = order.rows.iter().filter_map(passed).collect();
    let kinds: BTreeSet<&str> = all.iter().map(|(_, subject, ..)| snapshot.name(subject.kind)).collect();
    let kind = kind.filter(|k| kinds.contains(k.as_str())).or_else(|| kinds.first().map(|k| (*k).to_owned()));
    let kind = kind.unwrap_or_default();
    let own: Vec<_> = all.iter().filter(|(_, s, ..)| snapshot.name(s.kind) == kind).collect();
    let unit = own.first().map(|(_, s, ..)| snapshot.name(s.unit).to_owned()).unwrap_or_default();
    let logs: Vec<[f64; 2]> = own.iter().map(|(_, _, latency, rate)| [latency.log10(), rate.log10()]).collect();
    let names: BTreeSet<&str> = own.iter().map(|(_, s, ..)| snapshot.name(s.stack)).collect();
    let mut stacks: Vec<(String, Vec<(u32, PlotPoint)>)> =
        names.into_iter().map(|name| (name.to_owned(), Vec::new())).collect();
    for i in thin(&logs) {
        let (Some((at, subject, ..)), Some([x, y])) = (own.get(i), logs.get(i)) else { continue };
        let name = snapshot.name(subject.stack);
        if let Some((_, points)) = stacks.iter_mut().find(|(stack, _)| stack == name) {
            points.push((*at, PlotPoint::new(*x, *y)));
        }
    }
    Measured {
        kinds: kinds.iter().map(|k| (*k).to_owned()).collect(),
        unit,
        frontier: staircase(&logs),
        count: own.len(),
        stacks,
        kind,
    }
}

/// The points that no other beats in both latency and throughput, joined by right angles.
fn staircase(points: &[[f64; 2]]) -> Vec<PlotPoint> {
    let mut sorted: Vec<[f64; 2]> = points.iter().copied().filter(|p| p[0].is_finite() && p[1].is_finite()).collect();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(b[1].total_cmp(&a[1])));
    let mut steps: Vec<PlotPoint> = Vec::new();
    for [x, y] in sorted {
        match steps.last().copied() {
            Some(last) if y <= last.y => {}
            Some(last) => steps.extend([PlotPoint::new(x, last.y), PlotPoint::new(x, y)]),
            None => steps.push(PlotPoint::new(x, y)),
        }
    }
    steps
}

fn measured_plot(ui: &mut Ui, measured: &Measured, order: &Order, selected: Option<u32>) -> Option<u32> {
    if measured.stacks.is_empty() {
        ui.label(theme::caption("No measurement among the rows shown has passed."));
        return None;
    }
    let tokens = Tokens::of(ui);
    legend(ui, measured.stacks.iter().enumerate().map(|(i, (name, _))| (name.as_str(), tokens.series(i))));
    let find = |position: &PlotPoint| {
        measured
            .stacks
            .iter()
            .flat_map(|(stack, points)| points.iter().map(move |p| (stack, p)))
            .find_map(|(stack, (at, point))| (point == position).then_some((stack, *at)))
    };
    let units = Units::of(ui);
    let hover = |position: &HoverPosition<'_>| {
        let HoverPosition::NearDataPoint { position, .. } = position else { return None };
        let (stack, at) = find(position)?;
        let row = order.snapshot.row(at)?;
        let workload = order.snapshot.name(order.snapshot.subject(row)?.workload);
        Some(format!(
            "{workload} with {stack}\n{} at p99 {}",
            or_unknown(row.throughput, |v| units.throughput(v, &measured.unit)),
            or_unknown(row.p99_secs, |secs| units.duration(secs))
        ))
    };
    let plot = house_plot(ui, "pareto")
        .height(ui.available_height().max(120.0))
        .x_grid_spacer(decades)
        .y_grid_spacer(decades)
        .label_formatter(hover);
    let latency = Scale::new("Latency, p99").text(move |v| units.duration(10f64.powf(v)));
    let unit = measured.unit.clone();
    let rate = Scale::new("").text(move |v| units.throughput(10f64.powf(v), &unit));
    let response = with_axes(ui, plot, latency, rate).show(ui, |plot| {
        let frontier = Line::new("Frontier", PlotPoints::Borrowed(&measured.frontier));
        plot.line(frontier.color(tokens.text_subdued).width(1.2).allow_hover(false));
        for (i, (stack, points)) in measured.stacks.iter().enumerate() {
            let own = points.iter().map(|(_, point)| *point).collect();
            plot.points(Points::new(stack.as_str(), PlotPoints::Owned(own)).color(tokens.series(i)).radius(3.5));
        }
        let marked = measured.stacks.iter().flat_map(|(_, points)| points).find(|(at, _)| Some(*at) == selected);
        if let Some((_, point)) = marked {
            let ring = Points::new("selected", PlotPoints::Owned(vec![*point])).filled(false);
            plot.points(ring.color(tokens.text_strong).radius(7.0).allow_hover(false));
        }
    });
    let pointer = response.response.interact_pointer_pos().filter(|_| response.response.clicked())?;
    let distance = |point: &PlotPoint| response.transform.position_from_point(point).distance(pointer);
    let points = measured.stacks.iter().flat_map(|(_, points)| points);
    let nearest = points.min_by(|a, b| distance(&a.1).total_cmp(&distance(&b.1)))?;
    (distance(&nearest.1) < 14.0).then_some(nearest.0)
}

/// The options of the study whose cost and latency are both known.
fn cost_plot(ui: &mut Ui, assessment: &Assessment) {
    let tokens = Tokens::of(ui);
    let mut points = Vec::new();
    let mut without = Vec::new();
    for (option, evaluation) in assessment.options.iter().zip(&assessment.evaluations) {
        let latency = option.throughput.as_ref().ok().and_then(|facts| facts.p99_secs);
        let cost = evaluation.cost_per_million.as_ref().map(|cost| cost.value.amount);
        match (latency, cost) {
            (Some(latency), Some(cost)) if latency > 0.0 => {
                points.push((evaluation.name.clone(), evaluation.evidence, PlotPoint::new(latency * 1e3, cost)));
            }
            (None, _) => without.push(format!("{}: its latency was not measured", evaluation.name)),
            _ => without.push(format!("{}: its cost is not known", evaluation.name)),
        }
    }
    let height = (ui.available_height() - if without.is_empty() { 0.0 } else { 46.0 }).max(120.0);
    if points.is_empty() {
        ui.label(theme::caption(
            "No option has both a price and a measured latency. Measure the workload on its hardware.",
        ));
    } else {
        let (currency, units) = (assessment.study.currency, Units::of(ui));
        let plot = house_plot(ui, "cost against latency").height(height).include_x(0.0).include_y(0.0);
        let x = Scale::new("Latency of one execution, p99, ms");
        let y = Scale::new(&format!("Cost of a million {}", assessment.item())).text(move |v| units.money(v, currency));
        // What is cheaper at no longer a latency beats the others.
        let frontier = staircase(&points.iter().map(|(.., point)| [point.x, -point.y]).collect::<Vec<_>>());
        let frontier: Vec<PlotPoint> = frontier.into_iter().map(|p| PlotPoint::new(p.x, -p.y)).collect();
        with_axes(ui, plot, x, y).show(ui, |plot| {
            let line = Line::new("Frontier", PlotPoints::Owned(frontier));
            plot.line(line.color(tokens.text_subdued).width(1.2).allow_hover(false));
            for (i, (name, _, point)) in points.iter().enumerate() {
                let dot = Points::new(name.as_str(), PlotPoints::Owned(vec![*point])).radius(5.0);
                plot.points(dot.color(tokens.series(i)));
                let label = Text::new(format!("{name} label"), *point, theme::caption(format!("  {name}")));
                plot.text(label.anchor(egui::Align2::LEFT_CENTER).color(tokens.text).allow_hover(false));
            }
        });
    }
    if !without.is_empty() {
        bullet(ui, Icon::Info, tokens.text_subdued, &format!("Not drawn: {}.", without.join("; ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontier_has_what_nothing_beats() {
        let steps = staircase(&[[1.0, 1.0], [2.0, 0.5], [2.0, 3.0], [3.0, 2.0], [4.0, 4.0]]);
        let corners: Vec<[f64; 2]> = steps.iter().map(|p| [p.x, p.y]).collect();
        assert_eq!(corners, [[1.0, 1.0], [2.0, 1.0], [2.0, 3.0], [4.0, 3.0], [4.0, 4.0]]);
        assert!(staircase(&[]).is_empty());
    }
}
