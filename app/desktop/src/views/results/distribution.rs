//! The distribution of latencies: for each measurement chosen the share of executions that took no longer.

use std::cell::Cell;

use assay_base::format;
use assay_service::core::Measurement;
use egui::Ui;
use egui_plot::{HLine, Line, LineStyle, PlotPoint, PlotPoints};

use crate::theme::{self, Tokens};
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, house_plot, with_axes};

/// Points of a curve; more than a plot has pixels.
const STEPS: usize = 1500;

/// The state of the plot: the curves of the measurements chosen.
#[derive(Debug, Default)]
pub struct DistributionView {
    made_from: Vec<u32>,
    curves: Vec<Curve>,
}

#[derive(Debug)]
struct Curve {
    name: String,
    points: Vec<PlotPoint>,
    certified_p99_ms: Option<f64>,
}

impl DistributionView {
    /// Draws the curves of the measurements at `chosen`.
    pub fn ui(&mut self, ui: &mut Ui, measurements: &[Measurement], chosen: &[u32]) {
        if self.made_from != chosen {
            let curves = chosen.iter().filter_map(|at| curve(measurements.get(*at as usize)?));
            self.curves = curves.collect();
            self.made_from = chosen.to_vec();
        }
        if self.curves.is_empty() {
            ui.label(theme::caption("Choose a row that was executed; Ctrl+click chooses several."));
            return;
        }
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            legend(ui, self.curves.iter().enumerate().map(|(i, c)| (c.name.as_str(), tokens.series(i))));
            ui.label(theme::caption("Ctrl+click rows to compare; a dashed line is a certified p99."));
        });
        let plot = house_plot(ui, "latency distribution").height(ui.available_height().max(120.0)).include_y(0.0);
        let share = Scale::new("Executions no longer than this").text(|v| format::percent(v, 0));
        let seen = Cell::new(0);
        with_axes(ui, plot, Scale::new("Latency, ms"), share).show(ui, |plot| {
            plot.hline(HLine::new("99 %", 0.99).color(tokens.border_strong).width(1.0).allow_hover(false));
            for curve in &self.curves {
                let color = tokens.series(seen.replace(seen.get() + 1));
                plot.line(Line::new(curve.name.as_str(), PlotPoints::Borrowed(&curve.points)).color(color).width(1.6));
                if let Some(p99) = curve.certified_p99_ms {
                    let line = egui_plot::VLine::new(format!("{} certified p99", curve.name), p99);
                    plot.vline(line.color(color).style(LineStyle::dashed_dense()).width(1.0));
                }
            }
        });
    }
}

/// The empirical distribution function as steps.
fn curve(m: &Measurement) -> Option<Curve> {
    let timing = m.timing.as_ref()?;
    let mut sorted: Vec<f64> = timing.samples_secs.iter().map(|s| s * 1e3).filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    let stride = count.div_ceil(STEPS).max(1);
    let mut points = vec![PlotPoint::new(*sorted.first()?, 0.0)];
    for (i, value) in sorted.iter().enumerate() {
        // The tail is what matters: its last hundredth keeps every step.
        if i % stride == 0 || i + 1 == count || i * 100 >= count * 99 {
            let below = points.last().map_or(0.0, |p: &PlotPoint| p.y);
            points.push(PlotPoint::new(*value, below));
            points.push(PlotPoint::new(*value, (i + 1) as f64 / count as f64));
        }
    }
    let name = format!("{} with {}", m.workload.id, m.stack);
    Some(Curve { name, points, certified_p99_ms: timing.statistics.certified_p99_secs.map(|s| s * 1e3) })
}
