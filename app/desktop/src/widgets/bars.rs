//! Rows with a label at the left, a chart in the middle and a number at the right: values with their intervals, and
//! bars stacked from parts.

use egui::{Align2, Color32, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{self, Tokens};
use crate::widgets::basics::mark_chart;

const LABEL: f32 = 228.0;
const NUMBER: f32 = 84.0;
const ROW: f32 = 24.0;
pub(super) const BAR: f32 = 12.0;

/// A value with an interval.
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

/// Values with their intervals on one scale. Where they differ by more than this, the scale is logarithmic.
const LINEAR_UP_TO: f64 = 20.0;

/// Values as points on a line, each with a whisker over its interval.
pub fn range_bars(ui: &mut Ui, rows: &[RangeBar]) {
    mark_chart(ui);
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    let known = || rows.iter().filter_map(|r| r.value);
    let most = known().map(|(_, _, high)| high).fold(0.0, f64::max);
    let least = known().map(|(_, low, _)| low).filter(|low| *low > 0.0).fold(f64::INFINITY, f64::min);
    let logarithmic = most / least > LINEAR_UP_TO;
    // A little air at both ends.
    let (from, to) = if logarithmic { (least.log10() - 0.15, most.log10() + 0.08) } else { (0.0, most * 1.04) };
    for row in rows {
        let (rect, bar) = row_frame(ui, &row.label, &row.text, &row.hover);
        let painter = ui.painter();
        let y = rect.center().y;
        painter.hline(bar.x_range(), y, Stroke::new(1.0, tokens.border));
        let Some((value, low, high)) = row.value.filter(|(_, low, _)| most > 0.0 && (!logarithmic || *low > 0.0))
        else {
            continue;
        };
        let x = |v: f64| {
            let v = if logarithmic { v.log10() } else { v };
            bar.left() + bar.width() * ((v - from) / (to - from)) as f32
        };
        let interval = Rect::from_min_max(pos2(x(low), y - BAR / 2.0), pos2(x(high).max(x(low) + 1.0), y + BAR / 2.0));
        painter.rect_filled(interval, theme::RADIUS_CHIP, theme::wash(row.color));
        painter.circle_filled(pos2(x(value), y), 4.5, row.color);
    }
    if logarithmic {
        ui.label(theme::caption("Logarithmic scale; the band is the range."));
    } else {
        ui.label(theme::caption("The band is the range."));
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
    mark_chart(ui);
    let sum = |row: &StackedBar, sign: f64| row.parts.iter().map(|p| (p.2 * sign).max(0.0)).sum::<f64>();
    ui.spacing_mut().item_spacing.y = 2.0;
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
    let text_color = Tokens::of(ui).text_subdued;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 2.0);
        ui.spacing_mut().interact_size.y = 16.0;
        for (name, color) in entries {
            // Mark and name stay together where lines break.
            let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::small_font(), text_color);
            let size = vec2(14.0 + galley.size().x + 10.0, galley.size().y.max(16.0));
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
            let mark = Rect::from_center_size(rect.left_center() + vec2(5.0, 0.0), vec2(9.0, 9.0));
            ui.painter().rect_filled(mark, 2, color);
            let at = pos2(rect.left() + 14.0, rect.center().y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, text_color);
        }
    });
}

/// Label and number of a row; answers the row and the room of its bar.
pub(super) fn row_frame(ui: &mut Ui, label: &str, number: &str, hover: &str) -> (Rect, Rect) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {number}")));
    if response.hovered() {
        ui.painter().rect_filled(rect, theme::RADIUS_CHIP, tokens.stripe);
    }
    let label_width = LABEL.min(rect.width() * 0.36);
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
