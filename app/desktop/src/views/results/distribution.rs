//! The distribution of latencies of the measurements chosen: the share of executions that took no longer, or the shape
//! of their density.

use assay_base::format;
use assay_service::core::Measurement;
use assay_service::core::statistics::quantile;
use egui::{Button, Label, Ui};
use egui_plot::{FilledArea, HLine, Line, LineStyle, PlotPoint, PlotPoints, Points};

use crate::theme::{self, Tokens};
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, house_plot, with_axes};

/// Points of a curve; more than a plot has pixels.
const STEPS: usize = 1500;
/// Half the width of a violin at its widest; the next is 1 away.
const HALF: f64 = 0.42;

/// The state of the plot: the curves of the measurements chosen.
#[derive(Debug, Default)]
pub struct DistributionView {
    made_from: Vec<u32>,
    curves: Vec<Curve>,
    violin: bool,
}

#[derive(Debug)]
struct Curve {
    name: String,
    points: Vec<PlotPoint>,
    certified_p99_ms: Option<f64>,
    /// Places and densities, the highest of which is 1.
    shape: Vec<(f64, f64)>,
    /// First quartile, median and third quartile.
    quartiles_ms: Option<[f64; 3]>,
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
        ui.horizontal_wrapped(|ui| {
            for (violin, name) in [(false, "Cumulative"), (true, "Violin")] {
                if ui.add(Button::selectable(self.violin == violin, name)).clicked() {
                    self.violin = violin;
                }
            }
            legend(ui, self.curves.iter().enumerate().map(|(i, c)| (c.name.as_str(), tokens.series(i))));
        });
        let hint = match self.violin {
            true => "Each as wide as its executions are dense; the dot is the median, the bar the middle half.",
            false => "A dashed line is a certified p99.",
        };
        ui.add(Label::new(theme::caption(format!("{hint} Ctrl+click rows to compare."))).truncate());
        if self.violin { self.violins(ui) } else { self.cumulative(ui) }
    }

    fn cumulative(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let plot = house_plot(ui, "latency distribution").height(ui.available_height().max(120.0)).include_y(0.0);
        let share = Scale::new("Executions no longer than this").text(|v| format::percent(v, 0));
        with_axes(ui, plot, Scale::new("Latency, ms"), share).show(ui, |plot| {
            plot.hline(HLine::new("99 %", 0.99).color(tokens.border_strong).width(1.0).allow_hover(false));
            for (i, curve) in self.curves.iter().enumerate() {
                let color = tokens.series(i);
                plot.line(Line::new(curve.name.as_str(), PlotPoints::Borrowed(&curve.points)).color(color).width(1.6));
                if let Some(p99) = curve.certified_p99_ms {
                    let line = egui_plot::VLine::new(format!("{} certified p99", curve.name), p99);
                    plot.vline(line.color(color).style(LineStyle::dashed_dense()).width(1.0));
                }
            }
        });
    }

    /// One under the other, in the order of the legend.
    fn violins(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let height = ui.available_height().max(120.0);
        let plot = house_plot(ui, "violins").height(height).include_y(0.5).include_y(0.5 - self.curves.len() as f64);
        let plot = plot.show_grid([true, false]).allow_zoom(false).allow_drag(false);
        let rows = Scale::new("").text(|_| String::new());
        with_axes(ui, plot, Scale::new("Latency, ms"), rows).show(ui, |plot| {
            for (i, curve) in self.curves.iter().enumerate() {
                let (color, row) = (tokens.series(i), -(i as f64));
                let places: Vec<f64> = curve.shape.iter().map(|(place, _)| *place).collect();
                let edge = |sign: f64| -> Vec<f64> { curve.shape.iter().map(|(_, d)| row + sign * HALF * d).collect() };
                let (low, high) = (edge(-1.0), edge(1.0));
                plot.add(
                    FilledArea::new(curve.name.as_str(), &places, &low, &high)
                        .fill_color(theme::wash(color))
                        .stroke(egui::Stroke::new(1.0, color)),
                );
                let Some([first, median, third]) = curve.quartiles_ms else { continue };
                let middle = PlotPoints::Owned(vec![PlotPoint::new(first, row), PlotPoint::new(third, row)]);
                let name = |what: &str| format!("{}, {what}", curve.name);
                plot.line(Line::new(name("middle half"), middle).color(tokens.text_strong).width(4.0));
                let dot = PlotPoints::Owned(vec![PlotPoint::new(median, row)]);
                plot.points(Points::new(name("median"), dot).color(tokens.surface_raised).radius(4.5));
                let dot = PlotPoints::Owned(vec![PlotPoint::new(median, row)]);
                plot.points(Points::new(name("median "), dot).color(tokens.text_strong).radius(3.0));
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
    let part = |p| quantile(&sorted, p);
    Some(Curve {
        name,
        points,
        certified_p99_ms: timing.statistics.certified_p99_secs.map(|s| s * 1e3),
        shape: assay_service::density(&sorted),
        quartiles_ms: part(0.25).zip(part(0.5)).zip(part(0.75)).map(|((first, median), third)| [first, median, third]),
    })
}
