//! Lines over an axis, with bands around them.

use super::axis::Linear;
use super::frame::{self, FIGURES};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Point, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Lines over a common axis, such as cumulative cash over months.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineChart {
    /// The lines, the most important first.
    pub series: Vec<Series>,
    /// What the horizontal axis counts.
    pub x: Quantity,
    /// The name of the horizontal axis with its unit.
    pub x_axis: String,
    /// What the vertical axis counts.
    pub y: Quantity,
    /// A place on the horizontal axis that matters, such as the break-even.
    pub marker: Option<Marker>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Places and values, from left to right.
    pub points: Vec<[f64; 2]>,
    /// Place, lower and upper end of a band around the line.
    pub band: Vec<[f64; 3]>,
}

/// A place on the horizontal axis with a remark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marker {
    /// The place.
    pub x: f64,
    /// The remark.
    pub text: String,
}

impl Series {
    fn known_points(&self) -> Vec<(f64, f64)> {
        self.points.iter().filter_map(|[x, y]| Some((known(Some(*x))?, known(Some(*y))?))).collect()
    }

    fn known_band(&self) -> Vec<(f64, f64, f64)> {
        self.band.iter().filter_map(|[x, a, b]| Some((known(Some(*x))?, known(Some(*a))?, known(Some(*b))?))).collect()
    }
}

struct Scales {
    plot: Area,
    x: Linear,
    y: Linear,
}

impl Scales {
    fn place(&self, x: f64, y: f64) -> Point {
        at(self.x.place(x, self.plot.x, self.plot.right()), self.y.place(y, self.plot.bottom(), self.plot.y))
    }
}

impl Draw for LineChart {
    fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.known_points().len() < 2)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let scales = self.scales(canvas, size);
        let plot = scales.plot;
        frame::horizontal_grid(canvas, plot, &scales.y, &self.y);
        let style = frame::axis_style(canvas);
        let faint = canvas.set.theme.faint;
        for value in scales.x.ticks() {
            let x = scales.x.place(value, plot.x, plot.right());
            canvas.line(at(x, plot.bottom()), at(x, plot.bottom() + 3.0), Stroke::solid(faint, 0.6));
            let room = (2.0 * x.min(size.width - x)).max(1.0);
            canvas.label_within(at(x, plot.bottom() + 11.0), room, &self.x.tick(value), style, Align::Center);
        }
        let middle = plot.x + plot.width / 2.0;
        canvas.label_within(at(middle, plot.bottom() + 21.5), plot.width, &self.x_axis, style, Align::Center);
        for (index, series) in self.series.iter().enumerate().rev() {
            self.line(canvas, &scales, index, series);
        }
        self.end_labels(canvas, &scales, size);
        if let Some(marker) = &self.marker {
            Self::mark(canvas, &scales, marker);
        }
    }

    fn describe(&self) -> String {
        let lines: Vec<String> = self
            .series
            .iter()
            .filter_map(|series| {
                let points = series.known_points();
                let (first, last) = (points.first()?, points.last()?);
                Some(format!(
                    "{} from {} at {} to {} at {}",
                    series.name,
                    self.y.label(first.1),
                    self.x.tick(first.0),
                    self.y.label(last.1),
                    self.x.tick(last.0)
                ))
            })
            .collect();
        let marker = self.marker.as_ref().map_or(String::new(), |marker| format!(" {}.", marker.text));
        format!("Line chart over {}: {}.{marker}", self.x_axis, frame::join(&lines))
    }
}

impl LineChart {
    fn scales(&self, canvas: &Canvas<'_>, size: Size) -> Scales {
        let points: Vec<(f64, f64)> = self.series.iter().flat_map(Series::known_points).collect();
        let bands: Vec<(f64, f64, f64)> = self.series.iter().flat_map(Series::known_band).collect();
        let y = Linear::with_zero(
            points.iter().map(|point| point.1).chain(bands.iter().flat_map(|band| [band.1, band.2])),
            5,
        );
        let xs = || points.iter().map(|point| point.0);
        let (first, last) = (xs().fold(f64::INFINITY, f64::min), xs().fold(f64::NEG_INFINITY, f64::max));
        let x = Linear::within(first, last, 6, self.x.steps());
        let style = frame::axis_style(canvas);
        let figures = frame::widest(canvas, style, y.ticks().map(|value| self.y.tick(value)));
        let left = (figures + 8.0).min(size.width * 0.3);
        let names = self.series.iter().map(|series| series.name.clone());
        let right = (frame::widest(canvas, style, names) + 12.0).max(46.0).min(size.width * 0.28);
        let plot = Area::new(left, 8.0, (size.width - left - right).max(20.0), (size.height - 34.0).max(10.0));
        Scales { plot, x, y }
    }

    fn line(&self, canvas: &mut Canvas<'_>, scales: &Scales, index: usize, series: &Series) {
        let color = series_color(canvas, index);
        let band = series.known_band();
        if band.len() > 1 {
            let ground = canvas.set.theme.info.mix(Color::WHITE, 0.35);
            let upper = band.iter().map(|(x, _, high)| scales.place(*x, *high));
            let lower = band.iter().rev().map(|(x, low, _)| scales.place(*x, *low));
            let outline: Vec<Point> = upper.chain(lower).collect();
            canvas.polyline(&outline, Paint::fill(ground).opacity(0.30));
            for edge in [1, 2] {
                let points: Vec<Point> =
                    band.iter().map(|(x, low, high)| scales.place(*x, if edge == 1 { *low } else { *high })).collect();
                canvas.polyline(&points, Paint::stroke(Stroke::dashed(ground, 0.7, 2.5, 2.0)));
            }
        }
        let points: Vec<Point> = series.known_points().iter().map(|(x, y)| scales.place(*x, *y)).collect();
        let width = if index == 0 { 1.9 } else { 1.4 };
        let dash = [None, Some([5.0, 2.0]), Some([1.6, 1.8]), Some([7.0, 2.0])].get(index % 4).copied().flatten();
        canvas.polyline(&points, Paint::stroke(Stroke { color, width, dash }));
    }

    /// Names and last values at the right ends, moved apart where they would overlap.
    fn end_labels(&self, canvas: &mut Canvas<'_>, scales: &Scales, size: Size) {
        const HEIGHT: f32 = 17.0;
        let mut ends: Vec<(f32, usize, f64)> = self
            .series
            .iter()
            .enumerate()
            .filter_map(|(index, series)| {
                let (x, y) = *series.known_points().last()?;
                Some((scales.place(x, y).y, index, y))
            })
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let fit = ((scales.plot.height / HEIGHT) as usize).max(1);
        ends.truncate(fit);
        let mut free = scales.plot.y - 4.0;
        for end in &mut ends {
            end.0 = end.0.max(free);
            free = end.0 + HEIGHT;
        }
        let mut floor = scales.plot.bottom() + 2.0;
        for end in ends.iter_mut().rev() {
            end.0 = end.0.min(floor);
            floor = end.0 - HEIGHT;
        }
        let x = scales.plot.right() + 6.0;
        for (y, index, value) in ends {
            let Some(series) = self.series.get(index) else { continue };
            let face = if index == 0 { Face::SemiBold } else { Face::Regular };
            let style = LabelStyle::new(face, FIGURES, series_color(canvas, index));
            canvas.label_within(at(x, y), size.width - x, &series.name, style, Align::Left);
            canvas.label_within(at(x, y + 8.0), size.width - x, &self.y.label(value), style, Align::Left);
        }
    }

    fn mark(canvas: &mut Canvas<'_>, scales: &Scales, marker: &Marker) {
        let Some(place) = known(Some(marker.x)) else { return };
        let theme = canvas.set.theme.clone();
        let plot = scales.plot;
        let x = scales.x.place(place, plot.x, plot.right());
        canvas.line(at(x, plot.y), at(x, plot.bottom()), Stroke::dashed(theme.accent, 0.9, 1.5, 1.5));
        let zero = scales.y.place(0.0, plot.bottom(), plot.y);
        canvas.circle(at(x, zero), 3.0, Paint::both(Color::WHITE, Stroke::solid(theme.accent, 1.4)));
        let style = LabelStyle::new(Face::SemiBold, FIGURES, theme.accent);
        let width = (canvas.set.width(style.face, style.size, &marker.text) + 10.0).min(plot.width);
        // The remark stands on the side with more room.
        let beside = if x - plot.x > plot.width / 2.0 { x - 5.0 - width } else { x + 5.0 };
        let left = beside.min(plot.right() - width).max(plot.x);
        let area = Area::new(left, plot.y, width, 13.0);
        canvas.rounded(area, 2.5, Paint::fill(theme.accent.mix(Color::WHITE, 0.9)));
        canvas.label_within(at(left + 5.0, plot.y + 9.2), width - 10.0 + 0.5, &marker.text, style, Align::Left);
    }
}

/// Lines must be darker than fills to be seen.
fn series_color(canvas: &Canvas<'_>, index: usize) -> Color {
    let theme = &canvas.set.theme;
    [theme.primary, theme.accent, theme.info, theme.caution, theme.muted, theme.negative]
        .get(index % 6)
        .copied()
        .unwrap_or(theme.ink)
}
