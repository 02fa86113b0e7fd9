//! Cost curves over volume, with the places where the cheapest changes.

use super::axis::{Linear, Scale, ends};
use super::frame::FIGURES;
use super::plane::{Axis, EndLabel, Margins, Plane, end_labels, end_room, series_pen};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Point, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// What several options cost over volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreakEvenChart {
    /// The options.
    pub options: Vec<CostCurve>,
    /// What the horizontal axis counts.
    pub volume: Quantity,
    /// The name of the horizontal axis with its unit.
    pub volume_axis: String,
    /// What the vertical axis counts.
    pub cost: Quantity,
    /// The name of the vertical axis with its unit.
    pub cost_axis: String,
}

/// The costs of one option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostCurve {
    /// The option.
    pub name: String,
    /// Volumes and costs, joined by straight lines. Two points of one volume are a jump.
    pub points: Vec<[f64; 2]>,
}

/// A place where another option becomes the cheapest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The volume.
    pub volume: f64,
    /// The cost there of what becomes the cheapest.
    pub cost: f64,
    /// The number of the option that is cheapest before.
    pub before: usize,
    /// The number of the option that is cheapest after.
    pub after: usize,
}

/// A curve with known points from left to right.
struct Curve {
    index: usize,
    points: Vec<(f64, f64)>,
}

/// Which end of a jump counts.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

impl Curve {
    fn of(index: usize, option: &CostCurve) -> Option<Self> {
        let known_point = |[x, y]: &[f64; 2]| Some((known(Some(*x))?, known(Some(*y))?));
        let mut points: Vec<(f64, f64)> = option.points.iter().filter_map(known_point).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        (points.len() > 1).then_some(Self { index, points })
    }

    fn range(&self) -> (f64, f64) {
        let end = |point: Option<&(f64, f64)>| point.map_or(0.0, |point| point.0);
        (end(self.points.first()), end(self.points.last()))
    }

    /// The cost at a volume within the range.
    fn at(&self, volume: f64, side: Side) -> f64 {
        let after = match side {
            Side::Left => self.points.partition_point(|point| point.0 < volume),
            Side::Right => self.points.partition_point(|point| point.0 <= volume),
        };
        let (a, b) = (after.checked_sub(1).and_then(|before| self.points.get(before)), self.points.get(after));
        match (a, b) {
            (Some(a), Some(b)) if b.0 > a.0 => a.1 + (b.1 - a.1) * ((volume - a.0) / (b.0 - a.0)),
            (Some(a), _) => a.1,
            (None, Some(b)) => b.1,
            (None, None) => 0.0,
        }
    }
}

impl BreakEvenChart {
    fn curves(&self) -> Vec<Curve> {
        self.options.iter().enumerate().filter_map(|(index, option)| Curve::of(index, option)).collect()
    }

    /// Where the cheapest option changes, from left to right, in the range that all curves cover.
    pub fn crossings(&self) -> Vec<Crossing> {
        crossings(&self.curves())
    }

    fn name(&self, index: usize) -> &str {
        self.options.get(index).map_or("", |option| option.name.as_str())
    }
}

/// The range of volumes that all curves cover.
fn common_range(curves: &[Curve]) -> Option<(f64, f64)> {
    let low = curves.iter().map(|curve| curve.range().0).reduce(f64::max)?;
    let high = curves.iter().map(|curve| curve.range().1).reduce(f64::min)?;
    (high > low).then_some((low, high))
}

/// The position of the cheapest curve just beside a volume; `slope_to` decides between equals.
fn cheapest(curves: &[Curve], volume: f64, side: Side, slope_to: f64) -> Option<usize> {
    let cost = |curve: &Curve| (curve.at(volume, side), curve.at(slope_to, Side::Left));
    let order = |a: &&Curve, b: &&Curve| {
        let (a, b) = (cost(a), cost(b));
        let equal = (a.0 - b.0).abs() <= 1e-9 * a.0.abs().max(b.0.abs());
        if equal { a.1.total_cmp(&b.1) } else { a.0.total_cmp(&b.0) }
    };
    let best = curves.iter().min_by(order)?;
    curves.iter().position(|curve| curve.index == best.index)
}

fn crossings(curves: &[Curve]) -> Vec<Crossing> {
    let Some((low, high)) = common_range(curves) else { return Vec::new() };
    let mut stops: Vec<f64> = curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.0)).collect();
    stops.extend([low, high]);
    stops.retain(|stop| (low..=high).contains(stop));
    stops.sort_by(f64::total_cmp);
    stops.dedup();
    let mut found: Vec<Crossing> = Vec::new();
    let mut best = None;
    for (from, to) in stops.iter().zip(stops.iter().skip(1)) {
        let mut volume = *from;
        let mut current = cheapest(curves, volume, Side::Right, *to);
        // Between two stops all curves are straight, so each takes the lead at most once.
        for _ in 0..=curves.len() {
            let Some((now, leader)) = current.and_then(|now| Some((now, curves.get(now)?))) else { break };
            if let Some(before) = best.replace(leader.index)
                && before != leader.index
            {
                let cost = leader.at(volume, Side::Right);
                found.push(Crossing { volume, cost, before, after: leader.index });
            }
            let lead = |curve: &Curve| {
                let gap = |at: f64, side| curve.at(at, side) - leader.at(at, side);
                let (first, last) = (gap(*from, Side::Right), gap(*to, Side::Left));
                let place = from + (to - from) * (first / (first - last));
                (last < 0.0 && first > 0.0 && place > volume && place < *to).then_some(place)
            };
            let next = curves
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != now)
                .filter_map(|(index, curve)| Some((lead(curve)?, index)))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let Some((place, index)) = next else { break };
            volume = place;
            current = Some(index);
        }
    }
    found
}

impl Draw for BreakEvenChart {
    fn is_empty(&self) -> bool {
        self.curves().is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let language = canvas.set.language;
        let curves = self.curves();
        let points: Vec<(f64, f64)> = curves.iter().flat_map(|curve| curve.points.iter().copied()).collect();
        let volumes: Vec<f64> = points.iter().map(|point| point.0).collect();
        let (low, high) = ends(&volumes);
        // Costs from zero grow like volumes, so that straight lines stay straight.
        let x = if low > 0.0 && high / low > 30.0 {
            Scale::fitting(&volumes, 6, 30.0)
        } else {
            Scale::Linear(Linear::within(low, high, 6, self.volume.steps()))
        };
        let costs: Vec<f64> = points.iter().map(|point| point.1).collect();
        let y = if x.is_log() {
            Scale::fitting(&costs, 5, 30.0)
        } else {
            Scale::Linear(Linear::with_zero(costs.into_iter(), 5))
        };
        let right = end_room(canvas, size, curves.iter().map(|curve| self.name(curve.index).to_owned()));
        let x = Axis { scale: x, quantity: &self.volume, name: &self.volume_axis };
        let y = Axis { scale: y, quantity: &self.cost, name: &self.cost_axis };
        let plane = Plane::draw(canvas, size, &x, &y, &Margins { top: 15.0, right });
        let found = crossings(&curves);
        self.leaders(canvas, &plane, &curves, &found);
        for curve in curves.iter().rev() {
            let pen = series_pen(canvas, curve.index);
            canvas.polyline(&placed(&plane, curve), Paint::stroke(pen));
        }
        let mut labels = Vec::new();
        for curve in &curves {
            let Some((x, y)) = curve.points.last().copied() else { continue };
            let figure = self.cost.label(y, language);
            let name = self.name(curve.index).to_owned();
            labels.push(EndLabel { y: plane.place(x, y).y, index: curve.index, name, figure });
        }
        end_labels(canvas, &plane, size, labels);
        self.mark(canvas, &plane, &found);
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let curves: Vec<String> = self
            .curves()
            .iter()
            .filter_map(|curve| {
                let (first, last) = (curve.points.first()?, curve.points.last()?);
                let (from, to) = (self.cost.label(first.1, language), self.cost.label(last.1, language));
                let (at_first, at_last) = (self.volume.label(first.0, language), self.volume.label(last.0, language));
                Some(fill(words.alt_line, &[self.name(curve.index), &from, &at_first, &to, &at_last]))
            })
            .collect();
        let mut text = fill(words.alt_break_even, &[&self.volume_axis, &words.join(&curves)]);
        let found = self.crossings();
        for crossing in &found {
            let volume = self.volume.label(crossing.volume, language);
            let parts = [self.name(crossing.after), self.name(crossing.before), &volume];
            text.push(' ');
            text.push_str(&fill(words.alt_crossing, &parts));
        }
        if found.is_empty() {
            text.push(' ');
            text.push_str(words.alt_no_crossing);
        }
        text
    }
}

/// The points of a curve on the plane. On logarithmic axes a straight line is bent, so it gets points between.
fn placed(plane: &Plane, curve: &Curve) -> Vec<Point> {
    let between = if plane.x.is_log() || plane.y.is_log() { 12 } else { 1 };
    let mut points = Vec::new();
    for (a, b) in curve.points.iter().zip(curve.points.iter().skip(1)) {
        for step in 0..between {
            let part = f64::from(step) / f64::from(between);
            points.push(plane.place(a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part));
        }
    }
    points.extend(curve.points.last().map(|(x, y)| plane.place(*x, *y)));
    points
}

impl BreakEvenChart {
    /// A strip above the plot that names the cheapest option of each range.
    fn leaders(&self, canvas: &mut Canvas<'_>, plane: &Plane, curves: &[Curve], found: &[Crossing]) {
        let Some((low, high)) = common_range(curves) else { return };
        let first = found.first().map_or_else(
            || {
                cheapest(curves, low, Side::Right, high)
                    .and_then(|position| curves.get(position))
                    .map(|best| best.index)
            },
            |crossing| Some(crossing.before),
        );
        let mut starts: Vec<(f64, usize)> = first.map(|index| (low, index)).into_iter().collect();
        starts.extend(found.iter().map(|crossing| (crossing.volume, crossing.after)));
        let theme = canvas.set.theme.clone();
        for (position, (start, index)) in starts.iter().enumerate() {
            let end = starts.get(position + 1).map_or(high, |next| next.0);
            let (a, b) = (plane.place_x(*start), plane.place_x(end));
            let shade = if position % 2 == 0 { theme.panel } else { theme.grid };
            let area = Area::new(a, 0.0, b - a, 12.0);
            canvas.rect(area, shade);
            let style = LabelStyle::new(Face::SemiBold, FIGURES - 0.4, series_pen(canvas, *index).color);
            let full = fill(canvas.set.language.words().cheapest, &[self.name(*index)]);
            let fits = canvas.set.width(style.face, style.size, &full) + 6.0 < area.width;
            let text = if fits { full.as_str() } else { self.name(*index) };
            if canvas.set.width(style.face, style.size, text) * 0.75 + 4.0 < area.width {
                let middle = at(a + area.width / 2.0, area.y + 8.4);
                canvas.label_within(middle, area.width - 4.0, text, style, Align::Center);
            }
        }
    }

    /// A ring at each crossing and its volume above the horizontal axis.
    fn mark(&self, canvas: &mut Canvas<'_>, plane: &Plane, found: &[Crossing]) {
        let theme = canvas.set.theme.clone();
        let plot = plane.plot;
        let mut free_from = f32::NEG_INFINITY;
        for crossing in found {
            let point = plane.place(crossing.volume, crossing.cost);
            let dots = Stroke::dashed(theme.accent, 0.8, 1.5, 1.5);
            canvas.line(at(point.x, plot.y - 2.0), at(point.x, plot.bottom()), dots);
            canvas.circle(point, 3.2, Paint::both(Color::WHITE, Stroke::solid(theme.accent, 1.5)));
            let text = self.volume.label(crossing.volume, canvas.set.language);
            let style = LabelStyle::new(Face::SemiBold, FIGURES, theme.accent);
            let width = canvas.set.width(style.face, style.size, &text) + 6.0;
            let left = (point.x + 3.0).min(plot.right() - width).max(plot.x);
            if left > free_from && width <= plot.width {
                let area = Area::new(left, plot.bottom() - 13.0, width, 11.0);
                canvas.rounded(area, 2.0, Paint::fill(theme.accent.mix(Color::WHITE, 0.9)));
                canvas.label(at(left + 3.0, plot.bottom() - 4.8), &text, style, Align::Left);
                free_from = left + width + 2.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(curves: &[&[[f64; 2]]]) -> BreakEvenChart {
        let options = curves
            .iter()
            .enumerate()
            .map(|(index, points)| CostCurve { name: index.to_string(), points: points.to_vec() })
            .collect();
        let (volume, cost) = (Quantity::Number, Quantity::Number);
        BreakEvenChart { options, volume, volume_axis: "v".to_owned(), cost, cost_axis: "c".to_owned() }
    }

    fn found(curves: &[&[[f64; 2]]]) -> Vec<(f64, usize, usize)> {
        let round = |value: f64| (value * 1e6).round() / 1e6;
        chart(curves).crossings().iter().map(|found| (round(found.volume), found.before, found.after)).collect()
    }

    #[test]
    fn straight_lines_cross_where_algebra_says() {
        // 10 + 2 v = 40 + v at v = 30.
        assert_eq!(found(&[&[[0.0, 10.0], [100.0, 210.0]], &[[0.0, 40.0], [100.0, 140.0]]]), [(30.0, 0, 1)]);
        // Three options: the dear one never leads.
        let three: [&[[f64; 2]]; 3] =
            [&[[0.0, 10.0], [100.0, 210.0]], &[[0.0, 40.0], [100.0, 140.0]], &[[0.0, 100.0], [100.0, 100.0]]];
        assert_eq!(found(&three), [(30.0, 0, 1), (60.0, 1, 2)]);
    }

    #[test]
    fn a_jump_can_change_the_lead() {
        let stairs: &[[f64; 2]] = &[[0.0, 1.0], [10.0, 1.0], [10.0, 5.0], [20.0, 5.0]];
        assert_eq!(found(&[stairs, &[[0.0, 3.0], [20.0, 3.0]]]), [(10.0, 0, 1)]);
    }

    #[test]
    fn touching_and_equal_curves_do_not_cross() {
        assert_eq!(found(&[&[[0.0, 1.0], [10.0, 1.0]], &[[0.0, 1.0], [10.0, 1.0]]]), []);
        assert_eq!(found(&[&[[0.0, 1.0], [10.0, 1.0]], &[[0.0, 2.0], [5.0, 1.0], [10.0, 2.0]]]), []);
        assert_eq!(found(&[&[[0.0, 1.0], [1.0, 1.0]], &[[5.0, 0.0], [6.0, 0.0]]]), []);
    }
}
