//! Tasks, milestones and waves over time.

use super::frame::{self, FIGURES};
use super::lines::Marker;
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Point, Segment, Size, Stroke, at};
use crate::text::Face;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A schedule in weeks from its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GanttChart {
    /// The rows from top to bottom.
    pub rows: Vec<GanttRow>,
    /// The waves or phases above the rows.
    pub waves: Vec<GanttWave>,
    /// The day of week 0. With it the axis shows months, else numbers of weeks.
    pub start: Option<Date>,
    /// A week that matters, such as today's or a contract's end.
    pub marker: Option<Marker>,
}

/// A task or milestone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GanttRow {
    /// What is done.
    pub label: String,
    /// Who does it; may be empty.
    pub owner: String,
    /// When.
    pub span: GanttSpan,
    /// The numbers of the rows that must end before it starts, counted from 0.
    pub after: Vec<usize>,
    /// Whether a delay delays the end of the schedule.
    pub critical: bool,
}

/// When something happens, in weeks from the start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GanttSpan {
    /// Work from one time to another.
    Task {
        /// The start.
        start_weeks: f64,
        /// The end.
        end_weeks: f64,
    },
    /// A decision or delivery.
    Milestone {
        /// The time.
        at_weeks: f64,
    },
}

/// A stretch of the schedule with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GanttWave {
    /// Its name.
    pub name: String,
    /// Its start in weeks.
    pub start_weeks: f64,
    /// Its end in weeks.
    pub end_weeks: f64,
}

impl GanttSpan {
    /// Start and end in order.
    fn ends(self) -> Option<(f64, f64)> {
        let (a, b) = match self {
            Self::Task { start_weeks, end_weeks } => (start_weeks, end_weeks),
            Self::Milestone { at_weeks } => (at_weeks, at_weeks),
        };
        let (a, b) = (week(a)?, week(b)?);
        Some((a.min(b), a.max(b)))
    }
}

/// A week that a schedule can show: a thousand years either way are enough.
fn week(value: f64) -> Option<f64> {
    known(Some(value)).map(|value| value.clamp(-52_000.0, 52_000.0))
}

/// Where weeks lie.
struct Time {
    plot: Area,
    low: f64,
    high: f64,
}

impl Time {
    fn place(&self, week: f64) -> f32 {
        let part = ((week - self.low) / (self.high - self.low)).clamp(0.0, 1.0) as f32;
        self.plot.x + self.plot.width * part
    }
}

const WAVES: f32 = 13.0;
const TICKS: f32 = 12.0;
/// The line below the rows: what dark means, and the remark.
const FOOT: f32 = 12.0;

impl GanttChart {
    fn known_rows(&self) -> Vec<(&GanttRow, Option<(f64, f64)>)> {
        self.rows.iter().map(|row| (row, row.span.ends())).collect()
    }

    fn known_waves(&self) -> Vec<(&str, f64, f64)> {
        let known = |wave: &'_ GanttWave| Some((week(wave.start_weeks)?, week(wave.end_weeks)?));
        let all =
            self.waves.iter().filter_map(|wave| known(wave).map(|(a, b)| (wave.name.as_str(), a.min(b), a.max(b))));
        all.collect()
    }

    fn range(&self) -> (f64, f64) {
        let rows = self.rows.iter().filter_map(|row| row.span.ends());
        let waves = self.known_waves().into_iter().map(|(_, low, high)| (low, high));
        let marker = self.marker.iter().filter_map(|marker| week(marker.x)).map(|at| (at, at));
        let (low, high) = rows
            .chain(waves)
            .chain(marker)
            .fold((0.0f64, 0.0f64), |range, span| (range.0.min(span.0), range.1.max(span.1)));
        (low, if high > low { high } else { low + 1.0 })
    }

    /// The weeks with a figure on the axis, and the figures.
    fn ticks(&self, low: f64, high: f64, most: usize, language: Language) -> Vec<(f64, String)> {
        if let Some(ticks) = self.start.and_then(|start| month_ticks(start, low, high, most)) {
            return ticks;
        }
        let steps = [1.0, 2.0, 4.0, 8.0, 13.0, 26.0, 52.0, 260.0, 520.0, 5_200.0, 52_000.0];
        let step = steps.into_iter().find(|step| (high - low) / step <= most as f64).unwrap_or(52_000.0);
        let first = (low / step).ceil() as i64;
        let last = ((high - step * 0.3) / step).floor() as i64;
        (first..=last)
            .map(|index| {
                let week = index as f64 * step;
                (week, fill(language.words().week, &[&Quantity::Number.tick(week + 1.0, language)]))
            })
            .collect()
    }
}

/// The first days of months, thinned to quarters or years.
fn month_ticks(start: Date, low: f64, high: f64, most: usize) -> Option<Vec<(f64, String)>> {
    let day = |week: f64| start.checked_add(jiff::Span::new().try_days((week * 7.0).floor() as i64).ok()?).ok();
    let (first, last) = (day(low)?, day(high)?);
    let months = (i32::from(last.year()) - i32::from(first.year())) * 12 + i32::from(last.month())
        - i32::from(first.month())
        + 1;
    let every = [1, 3, 6, 12, 60, 120, 1200].into_iter().find(|every| months / every <= most as i32)?;
    let mut ticks = Vec::new();
    for step in 0..=months {
        let month = i32::from(first.month()) - 1 + step;
        let (year, month) = (i32::from(first.year()) + month.div_euclid(12), month.rem_euclid(12));
        if (year * 12 + month) % every != 0 {
            continue;
        }
        let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month + 1).ok()?, 1).ok()?;
        let week = f64::from(start.until(date).ok()?.get_days()) / 7.0;
        if (low..=high).contains(&week) {
            ticks.push((week, format!("{year}-{:02}", month + 1)));
        }
    }
    Some(ticks)
}

impl Draw for GanttChart {
    fn is_empty(&self) -> bool {
        !self.rows.iter().any(|row| row.span.ends().is_some())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let language = canvas.set.language;
        let theme = canvas.set.theme.clone();
        let rows = self.known_rows();
        let name = LabelStyle::new(Face::Regular, FIGURES, theme.ink);
        let strong = LabelStyle::new(Face::SemiBold, FIGURES, theme.ink);
        let owner = LabelStyle::new(Face::Regular, FIGURES - 0.8, theme.muted);
        let names = frame::widest(canvas, strong, rows.iter().map(|row| row.0.label.clone()));
        let names = (names + 8.0).min(size.width * 0.3);
        let owners = frame::widest(canvas, owner, rows.iter().map(|row| row.0.owner.clone()));
        let owners = if owners > 0.0 { (owners + 8.0).min(size.width * 0.14) } else { 0.0 };
        let left = names + owners;
        let top = if self.waves.is_empty() { 0.0 } else { WAVES } + TICKS;
        // A milestone at the end needs room for its diamond.
        let plot = Area::new(left, top, (size.width - left - 8.0).max(20.0), (size.height - top - FOOT).max(10.0));
        let (low, high) = self.range();
        let time = Time { plot, low, high };
        let (shown, rest) = frame::rows_that_fit(rows.len(), plot.height, 9.0, language.words());
        let pitch = (plot.height / (shown + usize::from(rest.is_some())).max(1) as f32).min(20.0);
        let end = plot.y + pitch * (shown + usize::from(rest.is_some())) as f32;
        self.ground(canvas, &time, end);
        for (index, (row, span)) in rows.iter().take(shown).enumerate() {
            let y = plot.y + pitch * index as f32;
            let baseline = y + pitch / 2.0 + 2.5;
            canvas.line(at(0.0, y + pitch), at(plot.right(), y + pitch), Stroke::solid(theme.grid, 0.4));
            let style = if matches!(row.span, GanttSpan::Milestone { .. }) { strong } else { name };
            canvas.label_within(at(0.0, baseline), names - 6.0, &row.label, style, Align::Left);
            canvas.label_within(at(names, baseline), (owners - 4.0).max(0.0), &row.owner, owner, Align::Left);
            let unknown = language.words().unknown;
            if span.is_none() {
                canvas.label_within(at(plot.x + 2.0, baseline), plot.width - 2.0, unknown, owner, Align::Left);
            }
        }
        self.dependencies(canvas, &time, pitch, shown);
        for (index, (row, span)) in rows.iter().take(shown).enumerate() {
            let Some(span) = span else { continue };
            let middle = plot.y + pitch * (index as f32 + 0.5);
            mark(canvas, &time, row, *span, middle, pitch);
        }
        if let Some(rest) = rest {
            let baseline = plot.y + pitch * (shown as f32 + 0.5) + 2.5;
            canvas.label_within(at(0.0, baseline), names - 6.0, &rest, owner, Align::Left);
        }
        if let Some((marker, week)) = self.marker.as_ref().and_then(|marker| Some((marker, week(marker.x)?))) {
            let x = time.place(week);
            canvas.line(at(x, plot.y), at(x, end + 2.0), Stroke::dashed(theme.negative, 0.9, 2.0, 1.5));
            let style = LabelStyle::new(Face::SemiBold, FIGURES - 0.6, theme.negative);
            let width = canvas.set.width(style.face, style.size, &marker.text).min(plot.width) + 1.0;
            let middle = x.min(plot.right() - width / 2.0).max(plot.x + width / 2.0);
            canvas.label_within(at(middle, end + 8.5), width, &marker.text, style, Align::Center);
        }
        if rows.iter().any(|(row, _)| row.critical) {
            let key = language.words().critical;
            canvas.label_within(at(0.0, end + 8.5), (left - 6.0).max(0.0), key, owner, Align::Left);
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let number = |week: f64| Quantity::Number.tick(week, language);
        let mut parts: Vec<String> = self
            .known_waves()
            .into_iter()
            .map(|(name, low, high)| fill(words.alt_interval, &[name, &number(low), &number(high)]))
            .collect();
        for row in &self.rows {
            let mut text = match row.span.ends() {
                None => format!("{} {}", row.label, words.unknown),
                Some((at, end)) if at == end => fill(words.alt_at, &[&row.label, &number(at)]),
                Some((low, high)) => fill(words.alt_range, &[&row.label, &number(low), &number(high)]),
            };
            let before: Vec<String> =
                row.after.iter().filter_map(|index| Some(self.rows.get(*index)?.label.clone())).collect();
            if !before.is_empty() {
                text = fill(words.alt_depends, &[&text, &words.join(&before)]);
            }
            parts.push(text);
        }
        fill(words.alt_gantt, &[&parts.join("; ")])
    }
}

impl GanttChart {
    /// Bands of the waves, and lines with figures for the weeks or months.
    fn ground(&self, canvas: &mut Canvas<'_>, time: &Time, end: f32) {
        let theme = canvas.set.theme.clone();
        let plot = time.plot;
        let tops = [theme.primary, theme.info.mix(theme.primary, 0.4)];
        for (index, (name, low, high)) in self.known_waves().into_iter().enumerate() {
            let (a, b) = (time.place(low), time.place(high));
            if index % 2 == 0 {
                canvas.rect(Area::new(a, plot.y, b - a, end - plot.y), theme.panel);
            }
            let color = tops.get(index % 2).copied().unwrap_or(theme.primary);
            let area = Area::new(a, 0.0, b - a, WAVES - 2.0);
            canvas.rounded(area, 0.0, Paint::both(color, Stroke::solid(Color::WHITE, 0.8)));
            let style = LabelStyle::new(Face::SemiBold, FIGURES - 0.4, Color::WHITE);
            canvas.label_within(at(a + (b - a) / 2.0, 8.0), (b - a - 4.0).max(0.0), name, style, Align::Center);
        }
        let style = LabelStyle::new(Face::Regular, FIGURES - 0.8, theme.muted);
        let most = (plot.width / 30.0).max(2.0) as usize;
        for (week, text) in self.ticks(time.low, time.high, most, canvas.set.language) {
            let x = time.place(week);
            canvas.line(at(x, plot.y), at(x, end), Stroke::solid(theme.grid, 0.6));
            if x + 1.0 + canvas.set.width(style.face, style.size, &text) <= plot.right() + 8.0 {
                canvas.label(at(x + 1.0, plot.y - 3.5), &text, style, Align::Left);
            }
        }
    }

    /// An elbow from the end of what comes before to the start of what follows.
    fn dependencies(&self, canvas: &mut Canvas<'_>, time: &Time, pitch: f32, shown: usize) {
        let color = canvas.set.theme.faint;
        let pen = Stroke::solid(color, 0.7);
        let middle = |row: usize| time.plot.y + pitch * (row as f32 + 0.5);
        for (to, row) in self.rows.iter().take(shown).enumerate() {
            let Some((start, _)) = row.span.ends() else { continue };
            for from in row.after.iter().copied().filter(|from| *from < shown && *from != to) {
                let Some((_, end)) = self.rows.get(from).and_then(|row| row.span.ends()) else { continue };
                let (x1, x2) = (time.place(end), time.place(start));
                let down = if to > from { 1.0 } else { -1.0 };
                let edge = middle(to) - down * (pitch * 0.30).min(5.0);
                // Where the follower starts no later than its predecessor ends, the line comes from above it.
                let x = if x2 >= x1 + 2.0 { x2 + 1.5 } else { x2.max(time.plot.x + 2.0) + 1.5 };
                let x = x.min(time.plot.right());
                canvas.polyline(
                    &[at(x1, middle(from)), at(x, middle(from)), at(x, edge - down * 2.0)],
                    Paint::stroke(pen),
                );
                let head = [at(x - 1.9, edge - down * 3.0), at(x + 1.9, edge - down * 3.0), at(x, edge)];
                canvas.polyline(&head, Paint::fill(color));
            }
        }
    }
}

fn mark(canvas: &mut Canvas<'_>, time: &Time, row: &GanttRow, (start, end): (f64, f64), middle: f32, pitch: f32) {
    let theme = canvas.set.theme.clone();
    let (a, b) = (time.place(start), time.place(end));
    match row.span {
        GanttSpan::Task { .. } => {
            let height = (pitch * 0.52).min(9.0);
            let color = if row.critical { theme.primary } else { theme.info.mix(Color::WHITE, 0.45) };
            canvas.rounded(Area::new(a, middle - height / 2.0, (b - a).max(1.5), height), 1.2, Paint::fill(color));
        }
        GanttSpan::Milestone { .. } => {
            let radius = (pitch * 0.36).min(5.0);
            let corner = |x: f32, y: f32| -> Point { at(a + x * radius, middle + y * radius) };
            let ring = Stroke::solid(Color::WHITE, 0.8);
            let color = if row.critical { theme.caution } else { theme.faint };
            canvas.path(
                vec![
                    Segment::Move(corner(0.0, -1.0)),
                    Segment::Line(corner(1.0, 0.0)),
                    Segment::Line(corner(0.0, 1.0)),
                    Segment::Line(corner(-1.0, 0.0)),
                    Segment::Close,
                ],
                Paint::both(color, ring),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_schedule_shows_months() {
        let start = Date::new(2026, 11, 23).unwrap();
        let ticks = month_ticks(start, 0.0, 16.0, 10).unwrap();
        let labels: Vec<&str> = ticks.iter().map(|tick| tick.1.as_str()).collect();
        assert_eq!(labels, ["2026-12", "2027-01", "2027-02", "2027-03"]);
        assert!((ticks[0].0 - 8.0 / 7.0).abs() < 1e-9);
        let quarters = month_ticks(start, 0.0, 104.0, 10).unwrap();
        assert!(quarters.iter().all(|tick| ["01", "04", "07", "10"].contains(&&tick.1[5..])), "{quarters:?}");
    }
}
