//! Lines over an axis, with bands around them.

use super::axis::{Linear, Scale, ends};
use super::plane::{Axis, EndLabel, Margins, Plane, end_labels, end_room, series_pen};
use super::{Draw, Quantity, known};
use crate::labels::{Language, fill};
use crate::scene::{Canvas, Color, Paint, Point, Size, Stroke};
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

impl Draw for LineChart {
    fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.known_points().len() < 2)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let plane = self.plane(canvas, size);
        for (index, series) in self.series.iter().enumerate().rev() {
            draw_series(canvas, &plane, index, series);
        }
        let labels = self.series.iter().enumerate().filter_map(|(index, series)| {
            let (x, y) = *series.known_points().last()?;
            let figure = self.y.label(y, canvas.set.language);
            Some(EndLabel { y: plane.place(x, y).y, index, name: series.name.clone(), figure })
        });
        let labels: Vec<EndLabel> = labels.collect();
        end_labels(canvas, &plane, size, labels);
        if let Some(marker) = &self.marker {
            plane.remark(canvas, marker.x, &marker.text);
            if let Some(x) = known(Some(marker.x)) {
                let ring = Stroke::solid(canvas.set.theme.accent, 1.4);
                canvas.circle(plane.place(x, 0.0), 3.0, Paint::both(Color::WHITE, ring));
            }
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let lines: Vec<String> = self
            .series
            .iter()
            .filter_map(|series| {
                let points = series.known_points();
                let (first, last) = (points.first()?, points.last()?);
                let (from, to) = (self.y.label(first.1, language), self.y.label(last.1, language));
                let (at_first, at_last) = (self.x.tick(first.0, language), self.x.tick(last.0, language));
                Some(fill(words.alt_line, &[&series.name, &from, &at_first, &to, &at_last]))
            })
            .collect();
        let marker = self.marker.as_ref().map_or(String::new(), |marker| format!(" {}.", marker.text));
        fill(words.alt_lines, &[&self.x_axis, &words.join(&lines)]) + &marker
    }
}

impl LineChart {
    fn plane(&self, canvas: &mut Canvas<'_>, size: Size) -> Plane {
        let points: Vec<(f64, f64)> = self.series.iter().flat_map(Series::known_points).collect();
        let bands = self.series.iter().flat_map(Series::known_band).flat_map(|(_, low, high)| [low, high]);
        let y = Linear::with_zero(points.iter().map(|point| point.1).chain(bands), 5);
        let (first, last) = ends(&points.iter().map(|point| point.0).collect::<Vec<_>>());
        let x = Linear::within(first, last, 6, self.x.steps());
        let right = end_room(canvas, size, self.series.iter().map(|series| series.name.clone()));
        let x = Axis { scale: Scale::Linear(x), quantity: &self.x, name: &self.x_axis };
        let y = Axis { scale: Scale::Linear(y), quantity: &self.y, name: "" };
        Plane::draw(canvas, size, &x, &y, &Margins { top: 8.0, right })
    }
}

fn draw_series(canvas: &mut Canvas<'_>, plane: &Plane, index: usize, series: &Series) {
    let band = series.known_band();
    if band.len() > 1 {
        let ground = canvas.set.theme.info.mix(Color::WHITE, 0.35);
        let upper: Vec<Point> = band.iter().map(|(x, _, high)| plane.place(*x, *high)).collect();
        let lower: Vec<Point> = band.iter().rev().map(|(x, low, _)| plane.place(*x, *low)).collect();
        canvas.polyline(&[upper.as_slice(), &lower].concat(), Paint::fill(ground).opacity(0.30));
        for edge in [upper, lower] {
            canvas.polyline(&edge, Paint::stroke(Stroke::dashed(ground, 0.7, 2.5, 2.0)));
        }
    }
    let points: Vec<Point> = series.known_points().iter().map(|(x, y)| plane.place(*x, *y)).collect();
    let pen = series_pen(canvas, index);
    canvas.polyline(&points, Paint::stroke(pen));
}
