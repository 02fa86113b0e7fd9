//! Horizontal bars with a label at the left and a number at the right: with an interval, or stacked from parts.

use egui::{Align2, Color32, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{self, Tokens};

const LABEL: f32 = 176.0;
const NUMBER: f32 = 84.0;
const ROW: f32 = 26.0;
const BAR: f32 = 12.0;

/// A bar with an interval.
#[derive(Clone, Debug)]
pub struct RangeBar {
    /// What it is of.
    pub label: String,
    /// Value, low, high; `None` when unknown.
    pub value: Option<(f64, f64, f64)>,
    /// The value as text.
    pub text: String,
    /// Its colour.
    pub color: Color32,
    /// More on hover.
    pub hover: String,
}

/// Bars from zero, each with a whisker over its interval.
pub fn range_bars(ui: &mut Ui, rows: &[RangeBar]) {
    let most = rows.iter().filter_map(|r| r.value).map(|(_, _, high)| high).fold(0.0, f64::max);
    let tokens = Tokens::of(ui);
    for row in rows {
        let (rect, bar) = row_frame(ui, &row.label, &row.text, &row.hover);
        let Some((value, low, high)) = row.value.filter(|_| most > 0.0) else { continue };
        let x = |v: f64| bar.left() + bar.width() * (v / most) as f32;
        let y = rect.center().y;
        let filled = Rect::from_min_max(pos2(bar.left(), y - BAR / 2.0), pos2(x(value), y + BAR / 2.0));
        let painter = ui.painter();
        painter.rect_filled(filled, theme::RADIUS_CHIP, theme::wash(row.color));
        painter.vline(x(value), y - BAR / 2.0..=y + BAR / 2.0, Stroke::new(2.0, row.color));
        if high > low {
            let whisker = Stroke::new(1.2, tokens.text_subdued);
            painter.hline(x(low)..=x(high), y, whisker);
            for end in [low, high] {
                painter.vline(x(end), y - 4.0..=y + 4.0, whisker);
            }
        }
    }
}

/// A bar made of parts.
#[derive(Clone, Debug)]
pub struct StackedBar {
    /// What it is of.
    pub label: String,
    /// Name, colour, value and text of each part; values may be negative.
    pub parts: Vec<(String, Color32, f64, String)>,
    /// The total as text.
    pub text: String,
    /// More on hover.
    pub hover: String,
}

/// Bars stacked from parts on one scale; negative parts stand left of zero.
pub fn stacked_bars(ui: &mut Ui, rows: &[StackedBar]) {
    let sum = |row: &StackedBar, sign: f64| row.parts.iter().map(|p| (p.2 * sign).max(0.0)).sum::<f64>();
    let positive = rows.iter().map(|r| sum(r, 1.0)).fold(0.0, f64::max);
    let negative = rows.iter().map(|r| sum(r, -1.0)).fold(0.0, f64::max);
    let span = positive + negative;
    let tokens = Tokens::of(ui);
    for row in rows {
        let parts = row.parts.iter().map(|(name, _, _, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("\n");
        let hover =
            [row.hover.as_str(), parts.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
        let (rect, bar) = row_frame(ui, &row.label, &row.text, &hover);
        if span <= 0.0 || row.parts.is_empty() {
            continue;
        }
        let x = |v: f64| bar.left() + bar.width() * ((v + negative) / span) as f32;
        let y = rect.center().y;
        let (mut left, mut right) = (0.0, 0.0);
        for (_, color, value, _) in &row.parts {
            let (from, to) = if *value < 0.0 { (left + value, left) } else { (right, right + value) };
            let part = Rect::from_min_max(pos2(x(from), y - BAR / 2.0), pos2(x(to), y + BAR / 2.0));
            ui.painter().rect_filled(part, 0, *color);
            if *value < 0.0 { left = from } else { right = to }
        }
        if negative > 0.0 {
            ui.painter().vline(x(0.0), rect.y_range(), Stroke::new(1.0, tokens.text_subdued));
        }
    }
}

/// The colours of a chart and their names.
pub fn legend<'a>(ui: &mut Ui, entries: impl IntoIterator<Item = (&'a str, Color32)>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 2.0);
        for (name, color) in entries {
            let (rect, _) = ui.allocate_exact_size(vec2(10.0, 14.0), Sense::hover());
            ui.painter().rect_filled(Rect::from_center_size(rect.center(), vec2(9.0, 9.0)), 2, color);
            ui.label(theme::caption(name));
            ui.add_space(8.0);
        }
    });
}

/// Label and number of a row; answers the row and the room of its bar.
fn row_frame(ui: &mut Ui, label: &str, number: &str, hover: &str) -> (Rect, Rect) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {number}")));
    if response.hovered() {
        ui.painter().rect_filled(rect, theme::RADIUS_CHIP, tokens.stripe);
    }
    let label_width = LABEL.min(rect.width() * 0.34);
    let text = egui::WidgetText::from(label);
    let galley = text.into_galley(ui, Some(egui::TextWrapMode::Truncate), label_width - 8.0, theme::body_font());
    let at = pos2(rect.left() + 2.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, tokens.text);
    ui.painter().text(
        rect.right_center() - vec2(2.0, 0.0),
        Align2::RIGHT_CENTER,
        number,
        theme::mono_font(),
        tokens.text_strong,
    );
    if !hover.is_empty() {
        response.on_hover_text(hover);
    }
    let bar = Rect::from_min_max(
        pos2(rect.left() + label_width, rect.top()),
        pos2((rect.right() - NUMBER).max(rect.left() + label_width + 1.0), rect.bottom()),
    );
    (rect, bar)
}
