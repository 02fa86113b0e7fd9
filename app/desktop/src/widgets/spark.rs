//! A small plot of a quantity over time with its name and its newest value.

use egui::{Align2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{self, Tokens};

const HEIGHT: f32 = 62.0;

/// Draws values over time, the newest at the right. `text` is the newest value in words; without values it says so.
pub fn spark(ui: &mut Ui, width: f32, name: &str, text: &str, values: &[Option<f64>], from_zero: bool) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {text}")));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, theme::RADIUS_CONTROL, tokens.surface_sunken);
    let inner = rect.shrink2(vec2(8.0, 6.0));
    painter.text(inner.left_top(), Align2::LEFT_TOP, name, theme::small_font(), tokens.text_subdued);
    painter.text(inner.right_top(), Align2::RIGHT_TOP, text, theme::mono_font(), tokens.text_strong);
    let known = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if low > high {
        return;
    }
    let low = if from_zero { low.min(0.0) } else { low };
    // A flat line lies in the middle.
    let (low, span) = if high > low { (low, (high - low) * 1.12) } else { (low - 1.0, 2.0) };
    let area = Rect::from_min_max(pos2(inner.left(), inner.top() + 20.0), inner.right_bottom());
    let step = area.width() / (values.len().max(2) - 1) as f32;
    let at = |i: usize, v: f64| {
        pos2(area.left() + step * i as f32, area.bottom() - area.height() * ((v - low) / span) as f32)
    };
    let mut line = Vec::with_capacity(values.len());
    for (i, value) in values.iter().enumerate() {
        match value.filter(|v| v.is_finite()) {
            Some(v) => line.push(at(i, v)),
            // Where nothing was told the line breaks.
            None => draw(&painter, std::mem::take(&mut line), tokens.series(0)),
        }
    }
    if let [only] = line.as_slice() {
        painter.circle_filled(*only, 2.0, tokens.series(0));
    }
    draw(&painter, line, tokens.series(0));
}

fn draw(painter: &egui::Painter, line: Vec<egui::Pos2>, color: egui::Color32) {
    if line.len() > 1 {
        painter.add(Shape::line(line, Stroke::new(1.4, color)));
    }
}
