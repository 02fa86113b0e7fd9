//! Line icons, painted, so that no font has to have them.

use egui::{Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};

use crate::theme::{self, Tokens};

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Overview,
    Hardware,
    Benchmarks,
    Results,
    Cost,
    Capacity,
    Migration,
    Reports,
    Undo,
    Spread,
    Redo,
    Sun,
    Moon,
    Screen,
    Close,
    Check,
    Warning,
    Info,
    Dot,
    Copy,
    Picture,
}

/// Paints an icon into a square.
pub fn paint(painter: &Painter, rect: Rect, icon: Icon, color: Color32) {
    let scale = rect.width().min(rect.height()) / 16.0;
    let origin = rect.center() - vec2(8.0, 8.0) * scale;
    let stroke = Stroke::new((1.4 * scale).max(1.2), color);
    let at = |x: f32, y: f32| origin + vec2(x, y) * scale;
    let line = |points: &[(f32, f32)]| {
        let points: Vec<Pos2> = points.iter().map(|&(x, y)| at(x, y)).collect();
        painter.add(Shape::line(points, stroke));
    };
    let frame = |x0, y0, x1, y1, radius: f32| {
        let r = Rect::from_min_max(at(x0, y0), at(x1, y1));
        painter.rect_stroke(r, radius * scale, stroke, egui::StrokeKind::Middle);
    };
    let circle = |x, y, r: f32| {
        painter.circle_stroke(at(x, y), r * scale, stroke);
    };
    let arc = |x: f32, y: f32, r: f32, from: f32, to: f32| {
        let points: Vec<Pos2> = (0..=20)
            .map(|i| (from + (to - from) * i as f32 / 20.0).to_radians())
            .map(|a| at(x + r * a.cos(), y + r * a.sin()))
            .collect();
        painter.add(Shape::line(points, stroke));
    };
    match icon {
        Icon::Overview => {
            frame(2.0, 2.0, 7.0, 9.0, 1.0);
            frame(9.5, 2.0, 14.0, 5.5, 1.0);
            frame(9.5, 8.0, 14.0, 14.0, 1.0);
            frame(2.0, 11.5, 7.0, 14.0, 1.0);
        }
        Icon::Hardware => {
            frame(4.0, 4.0, 12.0, 12.0, 1.0);
            frame(6.5, 6.5, 9.5, 9.5, 0.5);
            for i in [6.0, 10.0] {
                line(&[(i, 1.5), (i, 4.0)]);
                line(&[(i, 12.0), (i, 14.5)]);
                line(&[(1.5, i), (4.0, i)]);
                line(&[(12.0, i), (14.5, i)]);
            }
        }
        Icon::Benchmarks => {
            circle(8.0, 9.0, 5.3);
            line(&[(8.0, 9.0), (10.6, 6.6)]);
            line(&[(6.3, 1.6), (9.7, 1.6)]);
            line(&[(8.0, 1.6), (8.0, 3.6)]);
        }
        Icon::Results => {
            frame(2.0, 2.5, 14.0, 13.5, 1.0);
            line(&[(2.0, 6.2), (14.0, 6.2)]);
            line(&[(2.0, 9.9), (14.0, 9.9)]);
            line(&[(6.5, 6.2), (6.5, 13.5)]);
        }
        Icon::Cost => {
            line(&[(2.0, 2.0), (2.0, 14.0), (14.0, 14.0)]);
            line(&[(4.5, 11.0), (7.5, 7.5), (9.5, 9.5), (13.5, 4.0)]);
            line(&[(10.6, 4.0), (13.5, 4.0), (13.5, 6.9)]);
        }
        Icon::Capacity => {
            line(&[(2.0, 14.0), (14.0, 14.0)]);
            frame(3.0, 9.5, 5.6, 14.0, 0.4);
            frame(6.9, 6.5, 9.5, 14.0, 0.4);
            frame(10.8, 2.5, 13.4, 14.0, 0.4);
        }
        Icon::Migration => {
            line(&[(2.0, 4.0), (7.5, 4.0)]);
            line(&[(5.5, 8.0), (11.0, 8.0)]);
            line(&[(9.0, 12.0), (14.0, 12.0)]);
            line(&[(7.5, 4.0), (7.5, 6.0)]);
            line(&[(11.0, 8.0), (11.0, 10.0)]);
        }
        Icon::Reports => {
            line(&[
                (9.5, 1.5),
                (3.5, 1.5),
                (3.5, 14.5),
                (12.5, 14.5),
                (12.5, 4.5),
                (9.5, 1.5),
                (9.5, 4.5),
                (12.5, 4.5),
            ]);
            line(&[(5.7, 8.0), (10.3, 8.0)]);
            line(&[(5.7, 11.0), (10.3, 11.0)]);
        }
        Icon::Undo | Icon::Redo => {
            let x = |x: f32| if icon == Icon::Undo { x } else { 16.0 - x };
            line(&[(x(5.5), 2.8), (x(2.5), 5.8), (x(5.5), 8.8)]);
            line(&[(x(2.5), 5.8), (x(9.8), 5.8)]);
            let (from, to) = if icon == Icon::Undo { (-90.0, 90.0) } else { (270.0, 90.0) };
            arc(x(9.8), 9.4, 3.6, from, to);
            line(&[(x(9.8), 13.0), (x(6.5), 13.0)]);
        }
        Icon::Spread => {
            line(&[(1.5, 13.5), (4.0, 12.8), (6.0, 9.0), (8.0, 3.0), (10.0, 9.0), (12.0, 12.8), (14.5, 13.5)]);
        }
        Icon::Sun => {
            circle(8.0, 8.0, 3.0);
            for i in 0..8 {
                let a = (i as f32 * 45.0).to_radians();
                line(&[(8.0 + 5.0 * a.cos(), 8.0 + 5.0 * a.sin()), (8.0 + 6.8 * a.cos(), 8.0 + 6.8 * a.sin())]);
            }
        }
        Icon::Moon => {
            arc(8.0, 8.0, 5.8, 20.0, 280.0);
            arc(11.2, 5.2, 4.9, 72.0, 206.0);
        }
        Icon::Screen => {
            frame(2.0, 2.5, 14.0, 11.0, 1.0);
            line(&[(8.0, 11.0), (8.0, 13.8)]);
            line(&[(5.0, 13.8), (11.0, 13.8)]);
        }
        Icon::Close => {
            line(&[(4.0, 4.0), (12.0, 12.0)]);
            line(&[(12.0, 4.0), (4.0, 12.0)]);
        }
        Icon::Check => line(&[(2.8, 8.5), (6.3, 12.0), (13.2, 4.4)]),
        Icon::Warning => {
            line(&[(8.0, 2.0), (14.6, 13.6), (1.4, 13.6), (8.0, 2.0), (8.4, 2.7)]);
            line(&[(8.0, 6.4), (8.0, 9.8)]);
            painter.circle_filled(at(8.0, 11.7), 0.9 * scale, color);
        }
        Icon::Info => {
            circle(8.0, 8.0, 6.2);
            line(&[(8.0, 7.4), (8.0, 11.2)]);
            painter.circle_filled(at(8.0, 5.0), 0.9 * scale, color);
        }
        Icon::Copy => {
            frame(5.5, 5.5, 13.5, 14.0, 1.0);
            line(&[(10.5, 5.5), (10.5, 2.0), (2.5, 2.0), (2.5, 10.5), (5.5, 10.5)]);
        }
        Icon::Picture => {
            frame(2.0, 3.0, 14.0, 13.0, 1.0);
            line(&[(2.0, 11.0), (6.0, 7.5), (9.0, 10.5), (11.0, 8.8), (14.0, 11.5)]);
            circle(10.6, 6.0, 1.1);
        }
        Icon::Dot => {
            painter.circle_filled(at(8.0, 8.0), 3.0 * scale, color);
        }
    }
}

/// A button that shows an icon only. Its name is read out and shown on hover.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str, enabled: bool, selected: bool) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (_, response) = ui.allocate_exact_size(vec2(28.0, ui.spacing().interact_size.y), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, selected, name));
    paint_button(ui, &response, icon, enabled, selected);
    response.on_hover_text(name)
}

/// Paints a button that shows an icon only where its response is.
pub fn paint_button(ui: &Ui, response: &Response, icon: Icon, enabled: bool, selected: bool) {
    let rect = response.rect;
    if !ui.is_rect_visible(rect) {
        return;
    }
    let tokens = Tokens::of(ui);
    let fill = match (enabled && response.hovered(), selected) {
        (_, true) => tokens.accent_subtle,
        (true, false) => tokens.hover,
        (false, false) => theme::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, fill);
    if response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent);
        ui.painter().rect_stroke(rect, theme::RADIUS_CONTROL, stroke, egui::StrokeKind::Inside);
    }
    let color = match (enabled, selected) {
        (false, _) => tokens.border_strong,
        (true, true) => tokens.text_strong,
        (true, false) => tokens.text_subdued,
    };
    paint(ui.painter(), Rect::from_center_size(rect.center(), vec2(15.0, 15.0)), icon, color);
}
