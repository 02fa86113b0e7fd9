//! What charts share: grids, legends, and the panel that stands for missing data.

use super::Quantity;
use super::axis::Linear;
use crate::document::Align;
use crate::labels::{Labels, fill};
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Point, Size, Stroke, at};
use crate::text::Face;

/// The size of axis figures.
pub(super) const FIGURES: f32 = 7.2;

pub(super) fn axis_style(canvas: &Canvas<'_>) -> LabelStyle {
    LabelStyle::new(Face::Regular, FIGURES, canvas.set.theme.muted)
}

/// Says that there is nothing to show.
pub(super) fn empty_panel(canvas: &mut Canvas<'_>, size: Size) {
    let theme = &canvas.set.theme;
    let outline = Stroke::dashed(theme.quiet, 0.7, 3.0, 2.5);
    let ground = Paint::both(theme.panel, outline);
    let style = LabelStyle::new(Face::Regular, 8.4, theme.muted);
    canvas.rounded(Area::new(0.5, 0.5, (size.width - 1.0).max(1.0), (size.height - 1.0).max(1.0)), 3.0, ground);
    let middle = at(size.width / 2.0, size.height / 2.0 + 3.0);
    canvas.label_within(middle, size.width - 16.0, canvas.set.language.words().no_data, style, Align::Center);
}

/// Vertical grid lines with figures under the plot, for horizontal bars.
pub(super) fn vertical_grid(canvas: &mut Canvas<'_>, plot: Area, scale: &Linear, quantity: &Quantity) {
    let style = axis_style(canvas);
    let (grid, zero) = (canvas.set.theme.grid, canvas.set.theme.faint);
    let mut free_from = f32::NEG_INFINITY;
    for value in scale.ticks() {
        let x = scale.place(value, plot.x, plot.right());
        let stroke = if value == 0.0 { Stroke::solid(zero, 0.8) } else { Stroke::solid(grid, 0.6) };
        canvas.line(at(x, plot.y), at(x, plot.bottom()), stroke);
        let text = quantity.tick(value, canvas.set.language);
        let half = (canvas.set.width(style.face, style.size, &text) / 2.0).min(x);
        if x - half > free_from {
            canvas.label_within(at(x, plot.bottom() + 10.0), 2.0 * x, &text, style, Align::Center);
            free_from = x + half + 3.0;
        }
    }
}

/// Horizontal grid lines with figures left of the plot.
pub(super) fn horizontal_grid(canvas: &mut Canvas<'_>, plot: Area, scale: &Linear, quantity: &Quantity) {
    let style = axis_style(canvas);
    let (grid, zero) = (canvas.set.theme.grid, canvas.set.theme.muted);
    for value in scale.ticks() {
        let y = scale.place(value, plot.bottom(), plot.y);
        let stroke = if value == 0.0 { Stroke::solid(zero, 0.9) } else { Stroke::solid(grid, 0.6) };
        canvas.line(at(plot.x, y), at(plot.right(), y), stroke);
        canvas.label_within(
            at(plot.x - 5.0, y + 2.5),
            plot.x - 5.0,
            &quantity.tick(value, canvas.set.language),
            style,
            Align::Right,
        );
    }
}

/// The widest label of an axis.
pub(super) fn widest(canvas: &Canvas<'_>, style: LabelStyle, texts: impl Iterator<Item = String>) -> f32 {
    texts.map(|text| canvas.set.width(style.face, style.size, &text)).fold(0.0, f32::max)
}

/// Swatches with names in rows from the top on, as many as the room holds; returns the height used.
pub(super) fn legend(canvas: &mut Canvas<'_>, room: Size, entries: &[(Color, &str)]) -> f32 {
    const ROW: f32 = 12.0;
    const SWATCH: f32 = 7.0;
    let style = LabelStyle::new(Face::Regular, FIGURES, canvas.set.theme.ink);
    let width = room.width;
    let (mut x, mut y) = (0.0, 0.0);
    for (color, name) in entries {
        let needed = SWATCH + 4.0 + canvas.set.width(style.face, style.size, name) + 14.0;
        if x > 0.0 && x + needed > width {
            if y + 2.0 * ROW > room.height {
                break;
            }
            x = 0.0;
            y += ROW;
        }
        canvas.rect(Area::new(x, y + 1.0, SWATCH, SWATCH), *color);
        let drawn =
            canvas.label_within(at(x + SWATCH + 4.0, y + 7.2), width - x - SWATCH - 4.0, name, style, Align::Left);
        x += SWATCH + 4.0 + drawn + 14.0;
    }
    if entries.is_empty() { 0.0 } else { y + ROW + 3.0 }
}

/// The ink that can be read on a fill.
pub(super) fn ink_on(canvas: &Canvas<'_>, fill: Color) -> Color {
    if fill.luminance() < 0.30 { Color::WHITE } else { canvas.set.theme.ink }
}

/// How many rows of at least `least` points fit, and a note on the rest.
pub(super) fn rows_that_fit(count: usize, height: f32, least: f32, words: &Labels) -> (usize, Option<String>) {
    let fit = ((height / least) as usize).max(1);
    if count <= fit {
        return (count, None);
    }
    let shown = fit.saturating_sub(1).max(1);
    (shown, Some(fill(words.and_more, &[&(count - shown).to_string()])))
}

/// A label on at most two lines, broken at the space nearest to its middle.
pub(super) fn two_lines(label: &str) -> Vec<String> {
    let middle = label.len() / 2;
    let space = label.match_indices(' ').map(|(at, _)| at).min_by_key(|at| at.abs_diff(middle));
    match space {
        Some(space) if label.len() > 9 => {
            let (first, second) = label.split_at(space);
            vec![first.to_owned(), second.trim_start().to_owned()]
        }
        _ => vec![label.to_owned()],
    }
}

/// A disc with a number or short name in it.
pub(super) fn badge(canvas: &mut Canvas<'_>, center: Point, radius: f32, text: &str) {
    let ring = Stroke::solid(Color::WHITE, 0.8);
    canvas.circle(center, radius, Paint::both(canvas.set.theme.primary, ring));
    let style = LabelStyle::new(Face::SemiBold, radius * 1.15, Color::WHITE);
    let baseline = at(center.x, center.y + radius * 0.4);
    canvas.label_within(baseline, radius * 1.75, text, style, Align::Center);
}
