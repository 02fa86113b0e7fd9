//! What charts with two number axes share: scales, grids, pens, and places for labels.

use super::axis::Scale;
use super::frame::{self, FIGURES};
use super::{Quantity, known};
use crate::document::Align;
use crate::labels::fill;
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Point, Size, Stroke, at};
use crate::text::Face;

/// An axis: what it counts and its name with the unit.
pub(super) struct Axis<'a> {
    pub scale: Scale,
    pub quantity: &'a Quantity,
    pub name: &'a str,
}

/// Two scales over an area.
pub(super) struct Plane {
    pub plot: Area,
    pub x: Scale,
    pub y: Scale,
}

/// The room that a plane leaves around its plot.
pub(super) struct Margins {
    pub top: f32,
    pub right: f32,
}

impl Plane {
    /// Draws grid, figures and names of both axes. The name of the vertical axis stands above it.
    pub(super) fn draw(canvas: &mut Canvas<'_>, size: Size, x: &Axis<'_>, y: &Axis<'_>, margins: &Margins) -> Self {
        let language = canvas.set.language;
        let style = frame::axis_style(canvas);
        let y_ticks = y.scale.ticks();
        let figures = frame::widest(canvas, style, y_ticks.iter().map(|value| y.quantity.tick(*value, language)));
        let left = (figures + 8.0).min(size.width * 0.3);
        let above = if y.name.is_empty() { 0.0 } else { 12.0 };
        let top = margins.top + above;
        let width = (size.width - left - margins.right).max(20.0);
        let plot = Area::new(left, top, width, (size.height - top - 26.0).max(10.0));
        let plane = Self { plot, x: x.scale, y: y.scale };
        if above > 0.0 {
            let room = size.width - 2.0;
            canvas.label_within(at(0.0, margins.top + 4.0), room, &axis_name(canvas, y), style, Align::Left);
        }
        let (grid, zero) = (canvas.set.theme.grid, canvas.set.theme.muted);
        for value in y_ticks {
            let place = plane.place_y(value);
            let pen = if value == 0.0 { Stroke::solid(zero, 0.9) } else { Stroke::solid(grid, 0.6) };
            canvas.line(at(plot.x, place), at(plot.right(), place), pen);
            let text = y.quantity.tick(value, language);
            canvas.label_within(at(plot.x - 5.0, place + 2.5), plot.x - 5.0, &text, style, Align::Right);
        }
        plane.horizontal_axis(canvas, size, x);
        plane
    }

    fn horizontal_axis(&self, canvas: &mut Canvas<'_>, size: Size, axis: &Axis<'_>) {
        let style = frame::axis_style(canvas);
        let faint = canvas.set.theme.faint;
        let plot = self.plot;
        let mut free_from = f32::NEG_INFINITY;
        for value in axis.scale.ticks() {
            let x = self.place_x(value);
            canvas.line(at(x, plot.bottom()), at(x, plot.bottom() + 3.0), Stroke::solid(faint, 0.6));
            let text = axis.quantity.tick(value, canvas.set.language);
            let room = (2.0 * x.min(size.width - x)).max(1.0);
            let half = canvas.set.width(style.face, style.size, &text).min(room) / 2.0;
            if x - half > free_from {
                canvas.label_within(at(x, plot.bottom() + 11.0), room, &text, style, Align::Center);
                free_from = x + half + 3.0;
            }
        }
        let middle = plot.x + plot.width / 2.0;
        let room = 2.0 * middle.min(size.width - middle);
        let name = axis_name(canvas, axis);
        canvas.label_within(at(middle, plot.bottom() + 21.5), room, &name, style, Align::Center);
    }

    pub(super) fn place_x(&self, x: f64) -> f32 {
        self.x.place(x, self.plot.x, self.plot.right())
    }

    pub(super) fn place_y(&self, y: f64) -> f32 {
        self.y.place(y, self.plot.bottom(), self.plot.y)
    }

    pub(super) fn place(&self, x: f64, y: f64) -> Point {
        at(self.place_x(x), self.place_y(y))
    }

    /// A vertical line with a remark at its top, such as a limit.
    pub(super) fn remark(&self, canvas: &mut Canvas<'_>, x: f64, text: &str) {
        let Some(place) = known(Some(x)) else { return };
        let (plot, x) = (self.plot, self.place_x(place));
        let accent = canvas.set.theme.accent;
        canvas.line(at(x, plot.y), at(x, plot.bottom()), Stroke::dashed(accent, 0.9, 1.5, 1.5));
        let style = LabelStyle::new(Face::SemiBold, FIGURES, accent);
        let width = (canvas.set.width(style.face, style.size, text) + 10.0).min(plot.width);
        // The remark stands on the side with more room.
        let beside = if x - plot.x > plot.width / 2.0 { x - 5.0 - width } else { x + 5.0 };
        let left = beside.min(plot.right() - width).max(plot.x);
        // Beside the axis' name above the plot, where there is room for it.
        let clear = plot.x + plot.width * 0.3;
        let (left, top) = if plot.y >= 14.0 && plot.right() - width > clear {
            ((x - width / 2.0).clamp(clear, plot.right() - width), plot.y - 13.5)
        } else {
            (left, plot.y)
        };
        let area = Area::new(left, top, width, 13.0);
        canvas.rounded(area, 2.5, Paint::fill(accent.mix(Color::WHITE, 0.9)));
        canvas.label_within(at(left + 5.0, top + 9.2), width - 10.0 + 0.5, text, style, Align::Left);
    }
}

fn axis_name(canvas: &Canvas<'_>, axis: &Axis<'_>) -> String {
    let words = canvas.set.language.words();
    if axis.scale.is_log() { fill(words.logarithmic, &[axis.name]) } else { axis.name.to_owned() }
}

/// The pen of a line. Lines must be darker than fills to be seen, and dashes tell them apart in grey.
pub(super) fn series_pen(canvas: &Canvas<'_>, index: usize) -> Stroke {
    let theme = &canvas.set.theme;
    let colors = [theme.primary, theme.accent, theme.info, theme.caution, theme.muted, theme.negative];
    let color = colors.get(index % colors.len()).copied().unwrap_or(theme.ink);
    let width = if index == 0 { 1.9 } else { 1.4 };
    let dash = [None, Some([5.0, 2.0]), Some([1.6, 1.8]), Some([7.0, 2.0])].get(index % 4).copied().flatten();
    Stroke { color, width, dash }
}

/// What stands at the right end of a line.
pub(super) struct EndLabel {
    /// Where the line ends.
    pub y: f32,
    /// The number of the line.
    pub index: usize,
    pub name: String,
    pub figure: String,
}

/// Writes names and last values at the right ends, moved apart where they would overlap.
pub(super) fn end_labels(canvas: &mut Canvas<'_>, plane: &Plane, size: Size, mut ends: Vec<EndLabel>) {
    const HEIGHT: f32 = 17.0;
    let plot = plane.plot;
    ends.sort_by(|a, b| a.y.total_cmp(&b.y));
    ends.truncate(((plot.height / HEIGHT) as usize).max(1));
    let mut free = plot.y - 4.0;
    for end in &mut ends {
        end.y = end.y.max(free);
        free = end.y + HEIGHT;
    }
    // The last figure stays above those of the horizontal axis.
    let mut floor = plot.bottom() - 7.0;
    for end in ends.iter_mut().rev() {
        end.y = end.y.min(floor);
        floor = end.y - HEIGHT;
    }
    let x = plot.right() + 6.0;
    for end in ends {
        let face = if end.index == 0 { Face::SemiBold } else { Face::Regular };
        let style = LabelStyle::new(face, FIGURES, series_pen(canvas, end.index).color);
        canvas.label_within(at(x, end.y), size.width - x, &end.name, style, Align::Left);
        canvas.label_within(at(x, end.y + 8.0), size.width - x, &end.figure, style, Align::Left);
    }
}

/// The room that names at the right ends of lines need.
pub(super) fn end_room(canvas: &Canvas<'_>, size: Size, names: impl Iterator<Item = String>) -> f32 {
    let style = LabelStyle::new(Face::SemiBold, FIGURES, canvas.set.theme.ink);
    (frame::widest(canvas, style, names) + 12.0).max(46.0).min(size.width * 0.28)
}

/// Finds free places for labels beside what they name.
pub(super) struct Placer {
    bounds: Area,
    taken: Vec<Area>,
}

impl Placer {
    pub(super) fn new(bounds: Area) -> Self {
        Self { bounds, taken: Vec::new() }
    }

    /// Keeps labels off a point.
    pub(super) fn avoid(&mut self, point: Point, radius: f32) {
        self.taken.push(Area::new(point.x - radius, point.y - radius, 2.0 * radius, 2.0 * radius));
    }

    /// Keeps labels off a line.
    pub(super) fn avoid_line(&mut self, points: &[Point]) {
        for (a, b) in points.iter().zip(points.iter().skip(1)) {
            let steps = (((b.x - a.x).abs() + (b.y - a.y).abs()) / 4.0).ceil().clamp(1.0, 200.0);
            for step in 0..=steps as u32 {
                let part = step as f32 / steps;
                self.avoid(at(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part), 1.2);
            }
        }
    }

    /// A free place for a label beside a point, first to the right, then around it; taken from now on.
    pub(super) fn place(&mut self, point: Point, label: Size, radius: f32) -> Option<Area> {
        self.place_at(point, label, radius, 8, &[2.5, 8.0, 14.0, 24.0, 36.0])
    }

    /// The same to the right only.
    pub(super) fn place_right(&mut self, point: Point, label: Size, radius: f32) -> Option<Area> {
        self.place_at(point, label, radius, 3, &[2.5, 8.0, 14.0])
    }

    fn place_at(&mut self, point: Point, label: Size, radius: f32, sides: usize, gaps: &[f32]) -> Option<Area> {
        let Size { width, height } = label;
        for gap in gaps {
            let away = radius + gap;
            let (right, left) = (point.x + away, point.x - away - width);
            let (above, below) = (point.y - away - height, point.y + away);
            let (center, middle) = (point.x - width / 2.0, point.y - height / 2.0);
            let corner = away * 0.6;
            let places = [
                (right, middle),
                (point.x + corner, point.y + corner),
                (point.x + corner, point.y - corner - height),
                (left, middle),
                (center, above),
                (center, below),
                (point.x - corner - width, point.y - corner - height),
                (point.x - corner - width, point.y + corner),
            ];
            for (x, y) in places.into_iter().take(sides) {
                let area = Area::new(x, y, width, height);
                let inside = area.x >= self.bounds.x
                    && area.y >= self.bounds.y
                    && area.right() <= self.bounds.right()
                    && area.bottom() <= self.bounds.bottom();
                if inside && !self.taken.iter().any(|taken| overlap(taken, &area)) {
                    self.taken.push(area);
                    return Some(area);
                }
            }
        }
        None
    }
}

fn overlap(a: &Area, b: &Area) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}
