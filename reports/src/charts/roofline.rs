//! Measured points under the roofs of processors, on logarithmic axes.
//!
//! The model is that of Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for
//! multicore architectures", Communications of the ACM 52(4), 2009: the attainable rate is the lesser of the peak
//! rate and of bandwidth times arithmetic intensity.

use super::axis::Decades;
use super::frame::{self, FIGURES};
use super::{Draw, Quantity};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Points under roofs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RooflineChart {
    /// The roofs.
    pub roofs: Vec<Roof>,
    /// The points.
    pub points: Vec<RooflinePoint>,
}

/// The limits of a processor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Roof {
    /// The processor, number format and whether the limits were measured.
    pub label: String,
    /// The flat part of the roof.
    pub peak_flops_per_sec: f64,
    /// The slope of the roof.
    pub bandwidth_bytes_per_sec: f64,
}

/// A workload on a processor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RooflinePoint {
    /// The workload.
    pub label: String,
    /// Operations per byte moved.
    pub intensity_flops_per_byte: f64,
    /// What was reached.
    pub flops_per_sec: f64,
}

/// Whether a rate, bandwidth or intensity has a place on a logarithmic axis. What lies beyond is no measurement.
fn is_plausible(value: f64) -> bool {
    (1e-30..=1e30).contains(&value)
}

impl Roof {
    fn is_known(&self) -> bool {
        is_plausible(self.peak_flops_per_sec) && is_plausible(self.bandwidth_bytes_per_sec)
    }

    /// The intensity at which the slope meets the flat part.
    fn ridge(&self) -> f64 {
        self.peak_flops_per_sec / self.bandwidth_bytes_per_sec
    }
}

impl RooflinePoint {
    fn is_known(&self) -> bool {
        is_plausible(self.intensity_flops_per_byte) && is_plausible(self.flops_per_sec)
    }
}

struct Scales {
    plot: Area,
    x: Decades,
    y: Decades,
}

impl RooflineChart {
    fn roofs(&self) -> Vec<&Roof> {
        self.roofs.iter().filter(|roof| roof.is_known()).collect()
    }

    fn points(&self) -> Vec<&RooflinePoint> {
        self.points.iter().filter(|point| point.is_known()).collect()
    }

    fn scales(&self, plot: Area) -> Option<Scales> {
        let (roofs, points) = (self.roofs(), self.points());
        let ridges = roofs.iter().map(|roof| roof.ridge());
        let x = points.iter().map(|point| point.intensity_flops_per_byte);
        // A little beyond the ridge, so that the flat part of the roof is seen.
        let x = Decades::covering(x.chain(ridges.flat_map(|ridge| [ridge, ridge * 4.0])))?;
        let least = x.ends().0;
        let roof_rates =
            roofs.iter().flat_map(|roof| [roof.peak_flops_per_sec * 1.2, roof.bandwidth_bytes_per_sec * least * 3.0]);
        let y = Decades::covering(points.iter().map(|point| point.flops_per_sec).chain(roof_rates))?;
        Some(Scales { plot, x, y })
    }
}

impl Draw for RooflineChart {
    fn is_empty(&self) -> bool {
        self.roofs().is_empty() && self.points().is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let points = self.points();
        let key = if points.is_empty() || size.width < 300.0 { 0.0 } else { size.width * 0.35 };
        let style = LabelStyle::new(Face::SemiBold, FIGURES - 0.4, canvas.set.theme.ink);
        let names = frame::widest(canvas, style, self.roofs().iter().map(|roof| roof.label.clone()));
        // The names of the roofs stand right of the plot, level with what they name.
        let side = (names + 6.0).clamp(8.0, size.width * 0.16);
        let width = (size.width - 50.0 - side - key).max(20.0);
        let plot = Area::new(50.0, 10.0, width, (size.height - 36.0).max(10.0));
        let Some(scales) = self.scales(plot) else { return };
        axes(canvas, &scales);
        let roofs = self.roofs();
        for (index, roof) in roofs.iter().enumerate() {
            draw_roof(canvas, &scales, roof, index);
        }
        for (index, point) in points.iter().enumerate() {
            draw_point(canvas, &scales, point, index);
        }
        name_roofs(canvas, &scales, &roofs, side - 4.0);
        if key > 0.0 {
            let left = plot.right() + side + 12.0;
            draw_key(canvas, &points, Area::new(left, 4.0, size.width - left, size.height - 8.0));
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let roofs: Vec<String> = self
            .roofs()
            .iter()
            .map(|roof| {
                let rate = Quantity::FlopsPerSec.label(roof.peak_flops_per_sec, language);
                let bandwidth = Quantity::BytesPerSec.label(roof.bandwidth_bytes_per_sec, language);
                fill(words.alt_roof, &[&roof.label, &rate, &bandwidth])
            })
            .collect();
        let points: Vec<String> = self
            .points()
            .iter()
            .enumerate()
            .map(|(index, point)| {
                let rate = Quantity::FlopsPerSec.label(point.flops_per_sec, language);
                let intensity = Quantity::Number.label(point.intensity_flops_per_byte, language);
                fill(words.alt_roof_point, &[&(index + 1).to_string(), &point.label, &rate, &intensity])
            })
            .collect();
        let mut text = words.alt_roofline.to_owned();
        if !roofs.is_empty() {
            text.push(' ');
            text.push_str(&fill(words.alt_roofs, &[&words.join(&roofs)]));
        }
        if !points.is_empty() {
            text.push(' ');
            text.push_str(&fill(words.alt_roof_points, &[&points.join("; ")]));
        }
        text
    }
}

fn axes(canvas: &mut Canvas<'_>, scales: &Scales) {
    let style = frame::axis_style(canvas);
    let grid = Stroke::solid(canvas.set.theme.grid, 0.6);
    let plot = scales.plot;
    for value in scales.x.ticks() {
        let x = scales.x.place(value, plot.x, plot.right());
        canvas.line(at(x, plot.y), at(x, plot.bottom()), grid);
        let text = Quantity::Number.tick(value, canvas.set.language);
        // The last figure ends with the drawing instead of standing in the middle under its line.
        let middle = x.min(plot.right() + 6.0 - canvas.set.width(style.face, style.size, &text) / 2.0);
        canvas.label(at(middle, plot.bottom() + 10.0), &text, style, Align::Center);
    }
    for value in scales.y.ticks() {
        let y = scales.y.place(value, plot.bottom(), plot.y);
        canvas.line(at(plot.x, y), at(plot.right(), y), grid);
        let text = Quantity::FlopsPerSec.tick(value, canvas.set.language);
        canvas.label_within(at(plot.x - 5.0, y + 2.5), plot.x - 6.0, &text, style, Align::Right);
    }
    let middle = plot.x + plot.width / 2.0;
    let title = canvas.set.language.words().intensity;
    canvas.label_within(at(middle, plot.bottom() + 21.5), plot.width, title, style, Align::Center);
}

fn draw_roof(canvas: &mut Canvas<'_>, scales: &Scales, roof: &Roof, index: usize) {
    let plot = scales.plot;
    let color = roof_color(canvas, index);
    let place = |intensity: f64, rate: f64| {
        at(scales.x.place(intensity, plot.x, plot.right()), scales.y.place(rate, plot.bottom(), plot.y))
    };
    let (left, right) = scales.x.ends();
    let bottom = scales.y.ends().0;
    // The slope starts at the left edge or where it rises out of the bottom.
    let start = left.max(bottom / roof.bandwidth_bytes_per_sec);
    let line = [
        place(start, roof.bandwidth_bytes_per_sec * start),
        place(roof.ridge(), roof.peak_flops_per_sec),
        place(right, roof.peak_flops_per_sec),
    ];
    let dash = (index % 2 == 1).then_some([5.0, 2.0]);
    canvas.polyline(&line, Paint::stroke(Stroke { color, width: 1.6, dash }));
}

fn roof_color(canvas: &Canvas<'_>, index: usize) -> Color {
    let theme = &canvas.set.theme;
    [theme.accent, theme.info, theme.caution, theme.muted].get(index % 4).copied().unwrap_or(theme.ink)
}

/// The names of the roofs at their right ends, moved apart where they would overlap.
fn name_roofs(canvas: &mut Canvas<'_>, scales: &Scales, roofs: &[&Roof], room: f32) {
    const HEIGHT: f32 = 8.0;
    let plot = scales.plot;
    let mut ends: Vec<(f32, usize, &str)> = roofs
        .iter()
        .enumerate()
        .map(|(index, roof)| {
            (scales.y.place(roof.peak_flops_per_sec, plot.bottom(), plot.y) + 2.5, index, roof.label.as_str())
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    ends.truncate(((plot.height / HEIGHT) as usize).max(1));
    let mut free = f32::NEG_INFINITY;
    for end in &mut ends {
        end.0 = end.0.max(free);
        free = end.0 + HEIGHT;
    }
    let mut floor = plot.bottom();
    for end in ends.iter_mut().rev() {
        end.0 = end.0.min(floor);
        floor = end.0 - HEIGHT;
    }
    for (y, index, name) in ends {
        let style = LabelStyle::new(Face::SemiBold, FIGURES - 0.4, roof_color(canvas, index));
        canvas.label_within(at(plot.right() + 4.0, y), room, name, style, Align::Left);
    }
}

fn draw_point(canvas: &mut Canvas<'_>, scales: &Scales, point: &RooflinePoint, index: usize) {
    let plot = scales.plot;
    let center = at(
        scales.x.place(point.intensity_flops_per_byte, plot.x, plot.right()),
        scales.y.place(point.flops_per_sec, plot.bottom(), plot.y),
    );
    frame::badge(canvas, center, 5.0, &(index + 1).to_string());
}

/// The numbers of the points and what they stand for.
fn draw_key(canvas: &mut Canvas<'_>, points: &[&RooflinePoint], area: Area) {
    let theme = canvas.set.theme.clone();
    let (shown, rest) = frame::rows_that_fit(points.len(), area.height, 10.0, canvas.set.language.words());
    let rows = shown + usize::from(rest.is_some());
    let pitch = (area.height / rows as f32).min(20.0);
    let two_lines = pitch >= 18.0;
    let name = LabelStyle::new(Face::Medium, FIGURES - 0.6, theme.ink);
    let rate = LabelStyle::new(Face::Regular, FIGURES - 0.6, theme.muted);
    for (index, point) in points.iter().take(shown).enumerate() {
        let y = area.y + pitch * index as f32;
        frame::badge(canvas, at(area.x + 4.5, y + 4.5), 4.5, &(index + 1).to_string());
        let room = area.width - 13.0;
        let figure = Quantity::FlopsPerSec.label(point.flops_per_sec, canvas.set.language);
        if two_lines {
            canvas.label_within(at(area.x + 13.0, y + 7.0), room, &point.label, name, Align::Left);
            canvas.label_within(at(area.x + 13.0, y + 14.8), room, &figure, rate, Align::Left);
        } else {
            let used = canvas.label(at(area.right(), y + 7.0), &figure, rate, Align::Right);
            canvas.label_within(at(area.x + 13.0, y + 7.0), room - used - 6.0, &point.label, name, Align::Left);
        }
    }
    if let Some(rest) = rest {
        let y = area.y + pitch * shown as f32;
        canvas.label_within(at(area.x + 13.0, y + 7.0), area.width - 13.0, &rest, rate, Align::Left);
    }
}
