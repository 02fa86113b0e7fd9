//! Risks by likelihood and impact.

use super::Draw;
use super::frame::{self, FIGURES};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// A matrix of five levels of likelihood and five of impact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskMatrix {
    /// The names of the levels of likelihood, least first.
    pub likelihoods: [String; 5],
    /// The names of the levels of impact, least first.
    pub impacts: [String; 5],
    /// The risks.
    pub risks: Vec<Risk>,
}

/// A risk with its place in the matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// A short name for the matrix, such as `R1`.
    pub id: String,
    /// What could happen.
    pub label: String,
    /// The level of likelihood, 1 to 5.
    pub likelihood: u8,
    /// The level of impact, 1 to 5.
    pub impact: u8,
}

impl RiskMatrix {
    /// Risks with a place in the matrix, in the order of the register.
    fn placed(&self) -> Vec<&Risk> {
        let on = |level: u8| (1..=5).contains(&level);
        self.risks.iter().filter(|risk| on(risk.likelihood) && on(risk.impact)).collect()
    }
}

/// The ground of a cell: darker is graver, in grey as well.
fn shade(canvas: &Canvas<'_>, likelihood: u8, impact: u8) -> Color {
    let theme = &canvas.set.theme;
    match likelihood * impact {
        15.. => theme.negative.mix(Color::WHITE, 0.45),
        8..15 => theme.caution.mix(Color::WHITE, 0.60),
        4..8 => theme.caution.mix(Color::WHITE, 0.82),
        _ => theme.positive.mix(Color::WHITE, 0.90),
    }
}

impl Draw for RiskMatrix {
    fn is_empty(&self) -> bool {
        self.placed().is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let risks = self.placed();
        let words = canvas.set.language.words();
        let theme = canvas.set.theme.clone();
        let with_key = size.width >= 300.0;
        let name = LabelStyle::new(Face::Regular, FIGURES - 0.2, theme.ink);
        let title = LabelStyle::new(Face::SemiBold, FIGURES, theme.muted);
        let names = frame::widest(canvas, name, self.likelihoods.iter().cloned());
        let left = (names + 8.0).min(size.width * 0.22);
        let whole = if with_key { size.width * 0.56 } else { size.width };
        let plot = Area::new(left, 14.0, (whole - left).max(20.0), (size.height - 14.0 - 26.0).max(10.0));
        canvas.label_within(at(0.0, 8.0), size.width * 0.5, words.likelihood, title, Align::Left);
        let (width, height) = (plot.width / 5.0, plot.height / 5.0);
        for level in 1..=5u8 {
            let step = f32::from(level - 1);
            let row = plot.bottom() - height * (step + 1.0);
            let text = self.likelihoods.get(usize::from(level - 1)).map_or("", String::as_str);
            canvas.label_within(at(plot.x - 5.0, row + height / 2.0 + 2.5), left - 6.0, text, name, Align::Right);
            let text = self.impacts.get(usize::from(level - 1)).map_or("", String::as_str);
            let middle = at(plot.x + width * (step + 0.5), plot.bottom() + 10.0);
            canvas.label_within(middle, width - 2.0, text, name, Align::Center);
            for impact in 1..=5u8 {
                let area = Area::new(plot.x + width * f32::from(impact - 1), row, width, height);
                let ground = shade(canvas, level, impact);
                canvas.rounded(area, 0.0, Paint::both(ground, Stroke::solid(Color::WHITE, 1.2)));
                let here: Vec<&str> = risks
                    .iter()
                    .filter(|risk| risk.likelihood == level && risk.impact == impact)
                    .map(|risk| risk.id.as_str())
                    .collect();
                badges(canvas, area, &here);
            }
        }
        let middle = at(plot.x + plot.width / 2.0, plot.bottom() + 21.0);
        canvas.label_within(middle, plot.width, words.impact, title, Align::Center);
        if with_key {
            key(
                canvas,
                &risks,
                Area::new(plot.right() + 16.0, 12.0, size.width - plot.right() - 16.0, size.height - 14.0),
            );
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let told = |risk: &&Risk| {
            fill(words.alt_risk, &[&risk.id, &risk.label, &risk.likelihood.to_string(), &risk.impact.to_string()])
        };
        let risks: Vec<String> = self.placed().iter().map(told).collect();
        fill(words.alt_risks, &[&risks.join("; ")])
    }
}

/// The risks of a cell, in rows; when there is no room for all, the last badge counts the others.
fn badges(canvas: &mut Canvas<'_>, cell: Area, ids: &[&str]) {
    let count = ids.len();
    if count == 0 {
        return;
    }
    let radius = |rows: usize, columns: usize| {
        (cell.width / columns as f32).min(cell.height / rows as f32).mul_add(0.5, -1.2).min(8.0)
    };
    // The arrangement with the largest badges that are still legible.
    let best = (1..=count.min(5))
        .map(|columns| (radius(count.div_ceil(columns), columns), columns, count.div_ceil(columns)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|best| best.0 >= 3.6);
    let (radius, columns, rows) = best.unwrap_or_else(|| {
        let columns = ((cell.width / 10.0) as usize).clamp(1, 5);
        let rows = ((cell.height / 10.0) as usize).clamp(1, 3);
        (radius(rows, columns).max(1.0), columns, rows)
    });
    let room = columns * rows;
    let left = cell.x + cell.width / 2.0;
    for (index, id) in ids.iter().take(room).enumerate() {
        let in_row = columns.min(count.min(room) - index / columns * columns);
        let column = (index % columns) as f32 - (in_row as f32 - 1.0) / 2.0;
        let row = (index / columns) as f32 - (rows as f32 - 1.0) / 2.0;
        let center = at(left + column * (2.0 * radius + 1.2), cell.y + cell.height / 2.0 + row * (2.0 * radius + 1.2));
        let is_last = index + 1 == room && count > room;
        let more = format!("+{}", (count + 1).saturating_sub(room));
        frame::badge(canvas, center, radius, if is_last { &more } else { id });
    }
}

/// The short names and what they stand for.
fn key(canvas: &mut Canvas<'_>, risks: &[&Risk], area: Area) {
    let theme = canvas.set.theme.clone();
    let words = canvas.set.language.words();
    let (shown, rest) = frame::rows_that_fit(risks.len(), area.height, 10.5, words);
    let rows = (shown + usize::from(rest.is_some())).max(1);
    let style = LabelStyle::new(Face::Regular, FIGURES, theme.ink);
    let room = (area.width - 20.0).max(4.0);
    let is_long = |risk: &&Risk| canvas.set.width(style.face, style.size, &risk.label) > room;
    let pitch = (area.height / rows as f32).min(if risks.iter().any(is_long) { 23.0 } else { 15.0 });
    for (index, risk) in risks.iter().take(shown).enumerate() {
        let y = area.y + pitch * index as f32;
        canvas.rounded(
            Area::new(area.x, y, 2.4, pitch - 2.0),
            0.0,
            Paint::fill(shade(canvas, risk.likelihood, risk.impact)),
        );
        frame::badge(canvas, at(area.x + 10.5, y + 4.8), (pitch / 2.0).min(6.2), &risk.id);
        let lines =
            if pitch >= 18.0 { two_lines_within(canvas, &risk.label, style, room) } else { vec![risk.label.clone()] };
        for (line, text) in lines.iter().enumerate() {
            canvas.label_within(at(area.x + 20.0, y + 7.0 + 8.6 * line as f32), room, text, style, Align::Left);
        }
    }
    if let Some(rest) = rest {
        let y = area.y + pitch * shown as f32;
        let style = LabelStyle::new(Face::Regular, FIGURES, theme.muted);
        canvas.label_within(at(area.x + 20.0, y + 7.0), room, &rest, style, Align::Left);
    }
}

fn two_lines_within(canvas: &Canvas<'_>, label: &str, style: LabelStyle, width: f32) -> Vec<String> {
    if canvas.set.width(style.face, style.size, label) <= width {
        return vec![label.to_owned()];
    }
    frame::two_lines(label)
}
