//! Points over two measures, with the Pareto front.

use super::axis::Scale;
use super::frame::FIGURES;
use super::plane::{Axis, Margins, Placer, Plane};
use super::rows::known_interval;
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Point, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Things compared by two measures. On the front is what no other thing beats in one measure without losing in the
/// other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScatterChart {
    /// The things.
    pub points: Vec<ScatterPoint>,
    /// What the horizontal axis counts.
    pub x: Quantity,
    /// The name of the horizontal axis with its unit.
    pub x_axis: String,
    /// Which way is better on the horizontal axis.
    pub x_better: Better,
    /// What the vertical axis counts.
    pub y: Quantity,
    /// The name of the vertical axis with its unit.
    pub y_axis: String,
    /// Which way is better on the vertical axis.
    pub y_better: Better,
}

/// A thing with two measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScatterPoint {
    /// What it is.
    pub label: String,
    /// Its horizontal place.
    pub x: f64,
    /// Its vertical place.
    pub y: f64,
    /// The lower and upper end of the horizontal interval.
    pub x_interval: Option<[f64; 2]>,
    /// The lower and upper end of the vertical interval.
    pub y_interval: Option<[f64; 2]>,
    /// Whether the text talks about this one.
    pub highlight: bool,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Less is better, such as costs.
    Low,
    /// More is better, such as throughput.
    High,
}

impl Better {
    /// The value so that less is better.
    fn cost(self, value: f64) -> f64 {
        match self {
            Self::Low => value,
            Self::High => -value,
        }
    }
}

impl ScatterPoint {
    fn is_known(&self) -> bool {
        known(Some(self.x)).is_some() && known(Some(self.y)).is_some()
    }
}

impl ScatterChart {
    fn known_points(&self) -> Vec<ScatterPoint> {
        let held = |value: f64| value.clamp(-1e290, 1e290);
        let known = self.points.iter().filter(|point| point.is_known()).cloned();
        known.map(|point| ScatterPoint { x: held(point.x), y: held(point.y), ..point }).collect()
    }

    /// The points that no other dominates, from the best to the worst in the horizontal measure.
    fn front<'a>(&self, points: &'a [ScatterPoint]) -> Vec<&'a ScatterPoint> {
        let cost = |point: &ScatterPoint| (self.x_better.cost(point.x), self.y_better.cost(point.y));
        let mut sorted: Vec<&ScatterPoint> = points.iter().collect();
        sorted.sort_by(|a, b| {
            let (a, b) = (cost(a), cost(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let mut front: Vec<&ScatterPoint> = Vec::new();
        for point in sorted {
            let beats = front.last().is_none_or(|best| cost(point).1 < cost(best).1);
            // An equal twin is as good.
            let twin = front.last().is_some_and(|best| cost(point) == cost(best));
            if beats || twin {
                front.push(point);
            }
        }
        front
    }

    /// The corners of the front: between two of its points nothing better than their worse measures is known.
    fn front_line(&self, plane: &Plane, front: &[&ScatterPoint]) -> Vec<Point> {
        let mut corners = Vec::new();
        for (index, point) in front.iter().enumerate() {
            if let Some(before) = index.checked_sub(1).and_then(|before| front.get(before)) {
                corners.push(plane.place(point.x, before.y));
            }
            corners.push(plane.place(point.x, point.y));
        }
        corners
    }
}

impl Draw for ScatterChart {
    fn is_empty(&self) -> bool {
        self.known_points().is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let points = self.known_points();
        let reach = |value: f64, interval| {
            let ends = known_interval(interval).map(|(low, high)| [low, high]);
            ends.into_iter().flatten().chain([value])
        };
        let xs: Vec<f64> = points.iter().flat_map(|point| reach(point.x, point.x_interval)).collect();
        let ys: Vec<f64> = points.iter().flat_map(|point| reach(point.y, point.y_interval)).collect();
        let x = Axis { scale: Scale::fitting(&xs, 6, 8.0), quantity: &self.x, name: &self.x_axis };
        let y = Axis { scale: Scale::fitting(&ys, 5, 8.0), quantity: &self.y, name: &self.y_axis };
        let plane = Plane::draw(canvas, size, &x, &y, &Margins { top: 2.0, right: 12.0 });
        let theme = canvas.set.theme.clone();
        let front = self.front(&points);
        let line = self.front_line(&plane, &front);
        canvas.polyline(&line, Paint::stroke(Stroke::solid(theme.accent.mix(Color::WHITE, 0.35), 2.2)));
        let mut placer = Placer::new(plane.plot);
        placer.avoid_line(&line);
        for point in &points {
            let center = plane.place(point.x, point.y);
            placer.avoid(center, 4.2);
            let pen = Stroke::solid(theme.faint, 0.7);
            if let Some((low, high)) = known_interval(point.x_interval) {
                let line = [at(plane.place_x(low), center.y), at(plane.place_x(high), center.y)];
                placer.avoid_line(&line);
                canvas.polyline(&line, Paint::stroke(pen));
            }
            if let Some((low, high)) = known_interval(point.y_interval) {
                let line = [at(center.x, plane.place_y(low)), at(center.x, plane.place_y(high))];
                placer.avoid_line(&line);
                canvas.polyline(&line, Paint::stroke(pen));
            }
        }
        let on_front = |point: &ScatterPoint| front.contains(&point);
        // What the text talks about and the front find places for their names first.
        let mut order: Vec<&ScatterPoint> = points.iter().collect();
        order.sort_by_key(|point| (!point.highlight, !on_front(point)));
        let mut unlabelled = 0usize;
        for point in order {
            let center = plane.place(point.x, point.y);
            let paint = if on_front(point) {
                Paint::both(
                    if point.highlight { theme.accent } else { theme.primary },
                    Stroke::solid(Color::WHITE, 0.8),
                )
            } else {
                Paint::both(Color::WHITE, Stroke::solid(theme.faint, 1.2))
            };
            canvas.circle(center, if point.highlight { 4.6 } else { 3.6 }, paint);
            let (face, color) = match (point.highlight, on_front(point)) {
                (true, _) => (Face::SemiBold, theme.accent),
                (false, true) => (Face::SemiBold, theme.ink),
                (false, false) => (Face::Regular, theme.muted),
            };
            let style = LabelStyle::new(face, FIGURES, color);
            let width = (canvas.set.width(face, FIGURES, &point.label) + 1.0).min(plane.plot.width * 0.4);
            match placer.place(center, Size { width, height: 8.6 }, 4.0) {
                Some(area) => {
                    leader(canvas, center, area);
                    canvas.label_within(at(area.x, area.y + 6.8), area.width, &point.label, style, Align::Left);
                }
                None => unlabelled += 1,
            }
        }
        self.legend(canvas, &plane, &front, &mut placer);
        if unlabelled > 0 {
            let text = fill(canvas.set.language.words().unlabelled, &[&unlabelled.to_string()]);
            let style = LabelStyle::new(Face::Italic, FIGURES - 0.6, theme.faint);
            let baseline = at(plane.plot.right(), plane.plot.y - 5.0);
            canvas.label_within(baseline, plane.plot.width * 0.4, &text, style, Align::Right);
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let points = self.known_points();
        let front = self.front(&points);
        let told = |point: &ScatterPoint| {
            let (x, y) = (self.x.label(point.x, language), self.y.label(point.y, language));
            fill(words.alt_point, &[&point.label, &x, &y])
        };
        let best: Vec<String> = front.iter().map(|point| told(point)).collect();
        let rest: Vec<String> =
            points.iter().filter(|point| !front.iter().any(|other| other == point)).map(told).collect();
        let mut text = fill(words.alt_pareto, &[&self.y_axis, &self.x_axis, &best.join("; ")]);
        if !rest.is_empty() {
            text.push(' ');
            text.push_str(&fill(words.alt_pareto_rest, &[&rest.join("; ")]));
        }
        text
    }
}

impl ScatterChart {
    /// The name of the front, beside the longest stretch of its line that has room.
    fn legend(&self, canvas: &mut Canvas<'_>, plane: &Plane, front: &[&ScatterPoint], placer: &mut Placer) {
        let name = canvas.set.language.words().pareto_front;
        let style = LabelStyle::new(Face::Italic, FIGURES, canvas.set.theme.accent);
        let width = canvas.set.width(style.face, style.size, name) + 1.0;
        let line = self.front_line(plane, front);
        let mut stretches: Vec<(f32, Point)> = line
            .iter()
            .zip(line.iter().skip(1))
            .map(|(a, b)| ((b.x - a.x).abs() + (b.y - a.y).abs(), at((a.x + b.x) / 2.0, (a.y + b.y) / 2.0)))
            .collect();
        stretches.sort_by(|a, b| b.0.total_cmp(&a.0));
        let area = stretches.iter().find_map(|(_, middle)| placer.place(*middle, Size { width, height: 8.6 }, 1.5));
        if let Some(area) = area {
            canvas.label(at(area.x, area.y + 6.8), name, style, Align::Left);
        }
    }
}

/// A thin line from a point to a label that does not stand right beside it.
fn leader(canvas: &mut Canvas<'_>, point: Point, label: Area) {
    const NEAR: f32 = 15.0;
    let end = at(point.x.clamp(label.x, label.right()), point.y.clamp(label.y, label.bottom()));
    let distance = (end.x - point.x).hypot(end.y - point.y);
    if distance > NEAR {
        let start = at(point.x + (end.x - point.x) * 5.0 / distance, point.y + (end.y - point.y) * 5.0 / distance);
        canvas.line(start, end, Stroke::solid(canvas.set.theme.quiet, 0.6));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: &[(f64, f64)], x_better: Better, y_better: Better) -> Vec<(f64, f64)> {
        let points = points
            .iter()
            .map(|(x, y)| ScatterPoint {
                label: String::new(),
                x: *x,
                y: *y,
                x_interval: None,
                y_interval: None,
                highlight: false,
            })
            .collect();
        let (x, y) = (Quantity::Number, Quantity::Number);
        let axis = String::new;
        let chart = ScatterChart { points, x, x_axis: axis(), x_better, y, y_axis: axis(), y_better };
        chart.front(&chart.known_points()).iter().map(|point| (point.x, point.y)).collect()
    }

    #[test]
    fn the_front_is_what_nothing_dominates() {
        let points = [(1.0, 5.0), (2.0, 3.0), (3.0, 4.0), (4.0, 1.0), (5.0, 1.0)];
        assert_eq!(chart(&points, Better::Low, Better::Low), [(1.0, 5.0), (2.0, 3.0), (4.0, 1.0)]);
        assert_eq!(chart(&points, Better::Low, Better::High), [(1.0, 5.0)]);
        assert_eq!(chart(&points, Better::High, Better::High), [(5.0, 1.0), (3.0, 4.0), (1.0, 5.0)]);
        assert_eq!(chart(&[(1.0, 1.0), (1.0, 1.0)], Better::Low, Better::Low).len(), 2);
        assert_eq!(chart(&[(f64::NAN, 1.0)], Better::Low, Better::Low), []);
    }
}
