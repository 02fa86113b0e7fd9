//! Scores on several criteria.

use super::frame::{self, FIGURES};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Point, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Scores of up to six things on common criteria: a small drawing for each thing, so that none hides another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RadarChart {
    /// The criteria, at least three.
    pub criteria: Vec<String>,
    /// The greatest score.
    pub greatest: f64,
    /// The things; the first is drawn dashed behind the others for comparison.
    pub series: Vec<RadarSeries>,
    /// What the scores are, such as `Score, 0 to 5`.
    pub title: String,
}

/// The scores of one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RadarSeries {
    /// The thing.
    pub name: String,
    /// A score for each criterion, from 0 to the greatest. `None` is unknown.
    pub scores: Vec<Option<f64>>,
    /// Whether the text talks about this one.
    pub highlight: bool,
}

/// The most things drawn.
const MOST: usize = 6;

impl RadarChart {
    fn score(&self, series: &RadarSeries, criterion: usize) -> Option<f64> {
        known(series.scores.get(criterion).copied().flatten()).map(|score| score.clamp(0.0, self.greatest))
    }

    fn is_scored(&self, series: &RadarSeries) -> bool {
        (0..self.criteria.len()).any(|criterion| self.score(series, criterion).is_some())
    }

    /// The corners of the scores in turn; `None` where a score is unknown.
    fn corners(&self, wheel: &Wheel, series: &RadarSeries) -> Vec<Option<Point>> {
        (0..self.criteria.len())
            .map(|criterion| {
                let part = self.score(series, criterion)? / self.greatest;
                Some(wheel.at(criterion, part as f32))
            })
            .collect()
    }
}

/// The circle of one drawing.
struct Wheel {
    center: Point,
    radius: f32,
    spokes: usize,
}

impl Wheel {
    fn angle(&self, spoke: usize) -> f32 {
        std::f32::consts::TAU * spoke as f32 / self.spokes.max(1) as f32
    }

    /// The first spoke points up, the others follow clockwise.
    fn at(&self, spoke: usize, part: f32) -> Point {
        let (sin, cos) = self.angle(spoke).sin_cos();
        at(self.center.x + sin * self.radius * part, self.center.y - cos * self.radius * part)
    }
}

impl Draw for RadarChart {
    fn is_empty(&self) -> bool {
        let greatest = known(Some(self.greatest)).is_some_and(|greatest| greatest > 0.0);
        !greatest || self.criteria.len() < 3 || !self.series.iter().any(|series| self.is_scored(series))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let count = self.series.len().min(MOST);
        // The arrangement with the largest drawings.
        let panel = |columns: usize| {
            let rows = count.div_ceil(columns);
            Size { width: size.width / columns as f32, height: (size.height - 12.0) / rows as f32 }
        };
        let radius = |columns: usize| (panel(columns).width * 0.22).min(panel(columns).height * 0.5 - 20.0);
        let columns = (1..=count).max_by(|a, b| radius(*a).total_cmp(&radius(*b))).unwrap_or(1);
        let Size { width, height } = panel(columns);
        for (index, series) in self.series.iter().take(MOST).enumerate() {
            let area = Area::new((index % columns) as f32 * width, (index / columns) as f32 * height, width, height);
            self.panel(canvas, area, series, index);
        }
        let mut title = self.title.clone();
        if self.series.len() > MOST {
            let more = (self.series.len() - MOST).to_string();
            title = format!("{title} · {}", fill(canvas.set.language.words().and_more, &[&more]));
        }
        let style = frame::axis_style(canvas);
        canvas.label_within(at(0.0, size.height - 2.0), size.width, &title, style, Align::Left);
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let series: Vec<String> = self
            .series
            .iter()
            .map(|series| {
                let score = |(index, name): (usize, &String)| {
                    let label = |score| Quantity::Number.label(score, language);
                    format!("{name} {}", self.score(series, index).map_or(words.unknown.to_owned(), label))
                };
                let scores: Vec<String> = self.criteria.iter().enumerate().map(score).collect();
                format!("{}: {}", series.name, scores.join(", "))
            })
            .collect();
        fill(words.alt_radar, &[&format!("{}: {}", self.title, series.join("; "))])
    }
}

impl RadarChart {
    fn panel(&self, canvas: &mut Canvas<'_>, area: Area, series: &RadarSeries, index: usize) {
        let theme = canvas.set.theme.clone();
        let radius = (area.width * 0.25).min(area.height * 0.5 - 20.0).max(6.0);
        let center = at(area.x + area.width / 2.0, area.y + 12.0 + (area.height - 12.0) / 2.0);
        let wheel = Wheel { center, radius, spokes: self.criteria.len() };
        let color = if series.highlight { theme.accent } else { theme.primary };
        let name = LabelStyle::new(Face::SemiBold, FIGURES + 0.8, color);
        canvas.label_within(at(center.x, area.y + 8.0), area.width - 8.0, &series.name, name, Align::Center);
        for step in [0.25, 0.5, 0.75, 1.0] {
            let mut ring: Vec<Point> = (0..wheel.spokes).map(|spoke| wheel.at(spoke, step)).collect();
            ring.extend(ring.first().copied());
            let shade = if step == 1.0 { theme.quiet } else { theme.grid };
            canvas.polyline(&ring, Paint::stroke(Stroke::solid(shade, 0.6)));
        }
        for spoke in 0..wheel.spokes {
            canvas.line(center, wheel.at(spoke, 1.0), Stroke::solid(theme.grid, 0.6));
        }
        let corners = self.corners(&wheel, series);
        let known: Vec<Point> = corners.iter().flatten().copied().collect();
        if known.len() == corners.len() {
            canvas.polyline(&known, Paint::fill(color.mix(Color::WHITE, 0.55)).opacity(0.6));
        }
        outline(canvas, &corners, Stroke::solid(color, 1.4));
        if let Some(first) = self.series.first().filter(|_| index > 0) {
            outline(canvas, &self.corners(&wheel, first), Stroke::dashed(theme.faint, 0.9, 2.4, 1.8));
        }
        for point in &known {
            canvas.circle(*point, 1.6, Paint::fill(color));
        }
        for (spoke, criterion) in self.criteria.iter().enumerate() {
            let score = self.score(series, spoke);
            let text = score.map_or(assay_base::format::UNKNOWN.to_owned(), |score| {
                Quantity::Number.tick(score, canvas.set.language)
            });
            criterion_label(canvas, &wheel, spoke, (criterion, &text), area);
        }
    }
}

/// Lines between neighbours that are both known.
fn outline(canvas: &mut Canvas<'_>, corners: &[Option<Point>], pen: Stroke) {
    let next = corners.iter().cycle().skip(1);
    for (a, b) in corners.iter().zip(next).filter_map(|(a, b)| Some(((*a)?, (*b)?))) {
        canvas.line(a, b, pen);
    }
}

/// The name and score of a criterion beyond the end of its spoke.
fn criterion_label(canvas: &mut Canvas<'_>, wheel: &Wheel, spoke: usize, (name, score): (&str, &str), area: Area) {
    let theme = canvas.set.theme.clone();
    let (sin, cos) = wheel.angle(spoke).sin_cos();
    let end = at(wheel.center.x + sin * (wheel.radius + 4.0), wheel.center.y - cos * (wheel.radius + 4.0));
    let style = LabelStyle::new(Face::Regular, FIGURES - 1.0, theme.muted);
    let bold = LabelStyle::new(Face::SemiBold, FIGURES - 1.0, theme.ink);
    let gap = 2.5;
    let upright = sin.abs() < 0.2;
    let room = if upright {
        area.width - 2.0
    } else if sin > 0.0 {
        area.right() - end.x - 1.0
    } else {
        end.x - area.x - 1.0
    };
    let score_room = canvas.set.width(bold.face, bold.size, score).min(room * 0.5);
    let name_room = canvas.set.width(style.face, style.size, name).min((room - gap - score_room).max(1.0));
    let width = name_room + gap + score_room;
    let x = if upright {
        wheel.center.x - width / 2.0
    } else if sin > 0.0 {
        end.x
    } else {
        end.x - width
    };
    let baseline = end.y
        + if !upright {
            2.2
        } else if cos > 0.0 {
            -1.0
        } else {
            6.0
        };
    canvas.label_within(at(x, baseline), name_room, name, style, Align::Left);
    canvas.label_within(at(x + name_room + gap, baseline), score_room, score, bold, Align::Left);
}
