//! The roofline plot: measured ceilings of a device, and every passed measurement under them.

use std::collections::{BTreeMap, BTreeSet};

use assay_base::format;
use assay_service::cost_models::roofline::Roofline;
use assay_service::{Assessment, RooflinePoint, RooflinePoints, SourceCeilings};
use egui::{Align2, ComboBox, Ui};
use egui_plot::{HoverPosition, Line, MarkerShape, PlotPoint, PlotPoints, Points, Text};

use super::results::SMALL;
use crate::background::Derived;
use crate::theme::{self, Tokens};
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, decades, house_plot, with_axes};

/// The state of the plot: the newest point of each workload and stack, found once for each new measurement.
#[derive(Debug, Default)]
pub struct RooflineView {
    source: Option<(String, String)>,
    latest: Derived<(usize, Option<String>), Vec<RooflinePoint>>,
    selected: Option<(String, usize, Option<RooflinePoint>)>,
}

/// The newest point of each workload, stack and device.
fn newest(all: &RooflinePoints) -> Vec<RooflinePoint> {
    let key = |p: &RooflinePoint| (p.target.clone(), p.device.clone(), p.stack.clone(), p.workload.clone());
    let newest: BTreeMap<_, &RooflinePoint> = all.iter().map(|p| (key(p), p)).collect();
    newest.into_values().cloned().collect()
}

impl RooflineView {
    /// Draws the roofline of one device. Answers the measurement that was clicked.
    pub fn ui(&mut self, ui: &mut Ui, assessment: &Assessment, selected: Option<&str>) -> Option<String> {
        let all = &assessment.roofline;
        let known = (all.len(), all.iter().next_back().map(|p| p.measurement_id.clone()));
        self.latest.update(ui.ctx(), known, all.len() <= SMALL, || {
            let all = all.clone();
            move || newest(&all)
        });
        if self.selected.as_ref().map(|(id, count, _)| (id.as_str(), *count)) != selected.map(|id| (id, all.len())) {
            let find = |id: &str| all.iter().rfind(|p| p.measurement_id == id).cloned();
            self.selected = selected.map(|id| (id.to_owned(), all.len(), find(id)));
        }
        let latest = self.latest.get().map_or(&[][..], Vec::as_slice);
        let sources: BTreeSet<(String, String)> = latest.iter().map(|p| (p.target.clone(), p.device.clone())).collect();
        if sources.is_empty() {
            ui.label(theme::caption("No measurement has passed yet."));
            return None;
        }
        if self.source.as_ref().is_none_or(|s| !sources.contains(s)) {
            self.source = sources.first().cloned();
        }
        if sources.len() > 1 {
            choose(ui, &sources, &mut self.source);
        }
        let (target, device) = self.source.as_ref()?;
        let own = |p: &&RooflinePoint| p.target == *target && p.device == *device;
        let older = self.selected.as_ref().and_then(|(_, _, point)| point.as_ref());
        let older = older.filter(|p| latest.iter().all(|l| l.measurement_id != p.measurement_id));
        let points: Vec<&RooflinePoint> = latest.iter().chain(older).filter(own).collect();
        let ceilings: Vec<&SourceCeilings> =
            assessment.ceilings.iter().filter(|c| c.target == *target && c.device.id == *device).collect();
        plot(ui, &points, &ceilings, selected)
    }
}

fn choose(ui: &mut Ui, sources: &BTreeSet<(String, String)>, source: &mut Option<(String, String)>) {
    let label = |(target, device): &(String, String)| match target.as_str() {
        "local" => format!("{device} of this machine"),
        target => format!("{device} at {target}"),
    };
    let shown = source.as_ref().map(label).unwrap_or_default();
    let combo = ComboBox::from_id_salt("roofline source").selected_text(shown).show_ui(ui, |ui| {
        for one in sources {
            if ui.selectable_label(source.as_ref() == Some(one), label(one)).clicked() {
                *source = Some(one.clone());
            }
        }
    });
    combo.response.accessible_name("Device of the roofline");
}

fn plot(
    ui: &mut Ui,
    points: &[&RooflinePoint],
    ceilings: &[&SourceCeilings],
    selected: Option<&str>,
) -> Option<String> {
    let shown = merged(ceilings);
    let at = |x: f64, y: f64| PlotPoint::new(x.log10(), y.log10());
    let valid = |x: f64, y: f64| x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite();

    let tokens = Tokens::of(ui);
    let low = points.iter().map(|p| p.intensity_flops_per_byte).filter(|v| *v > 0.0).fold(0.1, f64::min) / 2.0;
    let ridge = ceilings.iter().map(|c| c.roofline.peak_flops_per_sec / c.roofline.bandwidth_bytes_per_sec);
    let high =
        points.iter().map(|p| p.intensity_flops_per_byte).chain(ridge).filter(|v| v.is_finite()).fold(100.0, f64::max)
            * 2.0;
    let stacks: Vec<&str> = points.iter().map(|p| p.stack.as_str()).collect::<BTreeSet<_>>().into_iter().collect();

    let hover = |position: &HoverPosition<'_>| match position {
        HoverPosition::NearDataPoint { position, .. } => {
            points.iter().find(|p| at(p.intensity_flops_per_byte, p.flops_per_sec) == *position).map(|p| {
                let of =
                    p.of_ceiling.map(|f| format!("\n{} of the ceiling", format::percent(f, 0))).unwrap_or_default();
                format!("{} with {}\n{}{of}", p.workload, p.stack, format::flop_rate(p.flops_per_sec))
            })
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    legend(ui, stacks.iter().enumerate().map(|(i, stack)| (*stack, tokens.series(i))));
    let plot = house_plot(ui, "roofline")
        .height(ui.available_height().max(120.0))
        .x_grid_spacer(decades)
        .y_grid_spacer(decades)
        .label_formatter(hover);
    let intensity = Scale::new("Arithmetic intensity, FLOP/byte").text(|v| format::significant(10f64.powf(v), 1));
    let rate = Scale::new("").text(|v| format::flop_rate(10f64.powf(v)));
    let response = with_axes(ui, plot, intensity, rate).show(ui, |plot| {
        for (roofline, formats) in &shown {
            let ridge = roofline.peak_flops_per_sec / roofline.bandwidth_bytes_per_sec;
            let corners = [low, ridge.clamp(low, high), high].map(|x| (x, roofline.attainable(x)));
            let line = corners.into_iter().filter(|(x, y)| valid(*x, *y)).map(|(x, y)| at(x, y)).collect();
            let line = Line::new(format!("{formats} ceiling"), PlotPoints::Owned(line));
            plot.line(line.color(tokens.text_subdued).width(1.5).allow_hover(false));
            if valid(ridge, roofline.peak_flops_per_sec) {
                // Left of where the ceiling begins: nothing lies above the slope.
                let text = theme::caption(format!("{formats}  {}", format::flop_rate(roofline.peak_flops_per_sec)));
                let label = Text::new(format!("{formats} label"), at(ridge * 0.8, roofline.peak_flops_per_sec), text);
                plot.text(label.anchor(Align2::RIGHT_CENTER).color(tokens.text_subdued).allow_hover(false));
            }
        }
        for (i, stack) in stacks.iter().enumerate() {
            let own = points.iter().filter(|p| p.stack == **stack);
            let own: Vec<PlotPoint> = own
                .filter(|p| valid(p.intensity_flops_per_byte, p.flops_per_sec))
                .map(|p| at(p.intensity_flops_per_byte, p.flops_per_sec))
                .collect();
            plot.points(Points::new(*stack, PlotPoints::Owned(own)).color(tokens.series(i)).radius(3.5));
        }
        if let Some(p) = points.iter().find(|p| Some(p.measurement_id.as_str()) == selected)
            && valid(p.intensity_flops_per_byte, p.flops_per_sec)
        {
            let marked = vec![at(p.intensity_flops_per_byte, p.flops_per_sec)];
            let ring = Points::new("selected", PlotPoints::Owned(marked)).shape(MarkerShape::Circle).filled(false);
            plot.points(ring.color(tokens.text_strong).radius(7.0).allow_hover(false));
        }
    });
    let pointer = response.response.interact_pointer_pos().filter(|_| response.response.clicked())?;
    let distance = |p: &&&RooflinePoint| {
        let on_screen = response.transform.position_from_point(&at(p.intensity_flops_per_byte, p.flops_per_sec));
        on_screen.distance(pointer)
    };
    let nearest = points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(&nearest) < 14.0).then(|| nearest.measurement_id.clone())
}

/// Ceilings with the formats that reach them; lines that would lie on each other are one.
fn merged(ceilings: &[&SourceCeilings]) -> Vec<(Roofline, String)> {
    let mut shown: Vec<(Roofline, String)> = Vec::new();
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.04;
    for c in ceilings {
        let same = shown.iter_mut().find(|(r, _)| near(r.peak_flops_per_sec, c.roofline.peak_flops_per_sec));
        match same {
            Some((_, formats)) => formats.push_str(&format!(", {}", c.format)),
            None => shown.push((c.roofline, c.format.to_string())),
        }
    }
    shown
}
