//! The waves over the calendar. Bars are dragged to begin on another day, their right ends to last longer; the arrow
//! keys do the same by weeks, with Shift for the length.

use assay_base::format;
use assay_service::documents::{MigrationPlan, PlannedWave};
use assay_service::editing::migration::{begin_wave, lengthen_wave, weeks};
use assay_service::study::Study;
use egui::{Align2, CursorIcon, Key, Modifiers, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::day;
use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::widgets::basics::mark_chart;

/// Width of the names left of the bars.
const NAMES: f32 = 190.0;
/// Room right of the bars.
const SHARES: f32 = 120.0;
/// Height of a bar's row.
const BAR_ROW: f32 = 26.0;
/// Height of the calendar's head.
const HEAD: f32 = 20.0;
/// Width of the end of a bar by which its length is dragged.
const HANDLE: f32 = 9.0;

/// The state of the bars.
#[derive(Debug, Default)]
pub struct Gantt {
    gesture: u64,
    drag: Option<Drag>,
}

/// A bar being dragged, as it was when it began.
#[derive(Debug)]
struct Drag {
    wave: String,
    is_length: bool,
    starts: Date,
    weeks: f64,
    pixels: f32,
    pixels_a_day: f32,
}

/// The calendar under the bars.
struct Calendar {
    starts: Date,
    left: f32,
    pixels_a_day: f32,
}

impl Calendar {
    fn x(&self, date: Date) -> f32 {
        self.left + (date - self.starts).get_days() as f32 * self.pixels_a_day
    }
}

impl Gantt {
    /// Draws the bars and takes what is done to them.
    pub fn ui(&mut self, ui: &mut Ui, study: &Study, plan: &MigrationPlan, requests: &mut Vec<Request>) {
        mark_chart(ui);
        let days = (plan.ends - plan.starts).get_days().max(1) as f32;
        let width = (ui.available_width() - NAMES - SHARES).max(120.0);
        let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        let calendar = Calendar { starts: plan.starts, left: head.left() + NAMES, pixels_a_day: width / days };
        let rows = plan.waves.len() as f32 * (BAR_ROW + ui.spacing().item_spacing.y);
        months(ui, plan, &calendar, head, rows);
        for wave in &plan.waves {
            self.wave(ui, study, plan, wave, &calendar, requests);
        }
        if plan.waves.iter().any(|wave| !wave.is_stated) {
            ui.label(theme::caption(
                "A proposal that follows from effort and team. Drag a bar, or its right end, and the waves are yours.",
            ));
        }
        ui.label(theme::caption("Filled: the share of the load on the new platform."))
            .on_hover_text("Arrow keys move the bar in focus by a week, with Shift they change its length.");
        if ui.input(|input| input.pointer.any_released()) {
            self.drag = None;
        }
    }

    fn wave(
        &mut self,
        ui: &mut Ui,
        study: &Study,
        plan: &MigrationPlan,
        wave: &PlannedWave,
        calendar: &Calendar,
        requests: &mut Vec<Request>,
    ) {
        let tokens = Tokens::of(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR_ROW), Sense::hover());
        let middle = rect.center().y;
        let (from, to) = (calendar.x(wave.starts), calendar.x(wave.ends));
        let bar = Rect::from_min_max(pos2(from, middle - 8.0), pos2(to.max(from + 6.0), middle + 8.0));
        let handle = Rect::from_min_max(pos2((bar.right() - HANDLE).max(bar.center().x), bar.top()), bar.max);
        let body = Rect::from_min_max(bar.min, pos2(handle.left(), bar.bottom()));
        let moved = ui.interact(body, ui.scope_id().with(("wave", &wave.id)), Sense::click_and_drag());
        let pulled = ui.interact(handle, ui.scope_id().with(("length", &wave.id)), Sense::click_and_drag());
        let text = wave_text(wave);
        moved.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Wave {}", wave.name)));
        pulled.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Length of {}", wave.name)));
        let is_held = moved.hovered() || moved.dragged() || pulled.hovered() || pulled.dragged();
        if ui.is_rect_visible(rect) {
            let painter = ui.painter();
            let name = painter.layout(wave.name.clone(), theme::body_font(), tokens.text, NAMES - 8.0);
            painter.galley(pos2(rect.left(), middle - name.size().y / 2.0), name, tokens.text);
            if let Some(before) = wave.after.as_ref().and_then(|id| plan.waves.iter().find(|known| known.id == *id)) {
                // What is waited for, where there is time between.
                let x = calendar.x(before.ends);
                if x < bar.left() {
                    let stroke = Stroke::new(1.0, tokens.border_strong);
                    painter.hline(x..=bar.left(), middle, stroke);
                }
            }
            painter.rect_filled(bar, theme::RADIUS_CHIP, theme::wash(tokens.accent));
            let loaded = Rect::from_min_size(bar.min, vec2(bar.width() * wave.load_share as f32, bar.height()));
            painter.rect_filled(loaded, theme::RADIUS_CHIP, tokens.accent);
            if is_held || moved.has_focus() || pulled.has_focus() {
                let stroke = Stroke::new(1.5, tokens.text_strong);
                painter.rect_stroke(bar, theme::RADIUS_CHIP, stroke, StrokeKind::Outside);
                let grip = Stroke::new(1.0, tokens.text_strong);
                painter.vline(handle.center().x, (middle - 4.0)..=(middle + 4.0), grip);
            }
            let length = format::without_trailing_zeros(&format::significant(weeks(wave), 2));
            let unit = if length == "1" { "week" } else { "weeks" };
            let share = format!("{length} {unit}, {} load", format::percent(wave.load_share, 0));
            let at = pos2(bar.right() + 8.0, middle);
            painter.text(at, Align2::LEFT_CENTER, share, theme::small_font(), tokens.text_subdued);
        }
        for (response, is_length) in [(&moved, false), (&pulled, true)] {
            if response.hovered() || response.dragged() {
                ui.set_cursor_icon(if is_length { CursorIcon::ResizeHorizontal } else { CursorIcon::Grab });
            }
            if response.drag_started() {
                self.gesture += 1;
                self.drag = Some(Drag {
                    wave: wave.id.clone(),
                    is_length,
                    starts: wave.starts,
                    weeks: weeks(wave),
                    pixels: 0.0,
                    pixels_a_day: calendar.pixels_a_day,
                });
            }
            if response.dragged() {
                let pixels = response.drag_delta().x;
                requests.extend(self.dragged(study, plan, wave, pixels).map(Request::Apply));
            }
            if response.has_focus() {
                let step = pressed(ui);
                if step != (0, false) {
                    self.gesture += 1;
                    requests.extend(self.stepped(study, plan, wave, step, is_length).map(Request::Apply));
                }
            }
        }
        let hint = format!("{text}\nDrag the bar to begin on another day, its right end to last longer.");
        moved.on_hover_text(hint.clone());
        pulled.on_hover_text(hint);
    }

    /// The change that a drag has made so far, from where it began; by whole weeks.
    fn dragged(
        &mut self,
        study: &Study,
        plan: &MigrationPlan,
        wave: &PlannedWave,
        pixels: f32,
    ) -> Option<assay_service::Command> {
        let drag = self.drag.as_mut().filter(|drag| drag.wave == wave.id)?;
        drag.pixels += pixels;
        let moved_weeks = (drag.pixels / drag.pixels_a_day / 7.0).round();
        if drag.is_length {
            let length = (drag.weeks + f64::from(moved_weeks)).round().max(1.0);
            return (length != weeks(wave)).then(|| lengthen_wave(study, plan, &wave.id, length, self.gesture))?;
        }
        let day = drag.starts.checked_add((moved_weeks as i64).weeks()).ok()?;
        (day != wave.starts).then(|| begin_wave(study, plan, &wave.id, day, self.gesture))?
    }

    fn stepped(
        &self,
        study: &Study,
        plan: &MigrationPlan,
        wave: &PlannedWave,
        (step, is_shifted): (i64, bool),
        is_length: bool,
    ) -> Option<assay_service::Command> {
        if is_length || is_shifted {
            let length = (weeks(wave) + step as f64).round().max(1.0);
            return lengthen_wave(study, plan, &wave.id, length, self.gesture);
        }
        begin_wave(study, plan, &wave.id, wave.starts.checked_add(step.weeks()).ok()?, self.gesture)
    }
}

/// Weeks by the arrow keys, and whether Shift was held.
fn pressed(ui: &Ui) -> (i64, bool) {
    ui.input_mut(|input| {
        for (key, step) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
            for (modifiers, is_shifted) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
                if input.consume_key(modifiers, key) {
                    return (step, is_shifted);
                }
            }
        }
        (0, false)
    })
}

/// Months along the top, with a line down through the bars.
fn months(ui: &Ui, plan: &MigrationPlan, calendar: &Calendar, head: Rect, rows: f32) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let mut month = plan.starts.first_of_month();
    let mut last_label = f32::NEG_INFINITY;
    for _ in 0..240 {
        let Ok(next) = month.checked_add(1.month()) else { return };
        month = next;
        if month > plan.ends {
            return;
        }
        let x = calendar.x(month);
        painter.vline(x, head.top() + 4.0..=head.bottom() + rows, Stroke::new(1.0, tokens.border));
        if x - last_label > 52.0 {
            let text = month.strftime("%b %Y").to_string();
            painter.text(
                pos2(x + 4.0, head.top() + 2.0),
                Align2::LEFT_TOP,
                text,
                theme::small_font(),
                tokens.text_subdued,
            );
            last_label = x;
        }
    }
}

fn wave_text(wave: &PlannedWave) -> String {
    format!(
        "{}: {} to {}, then {} of the load",
        wave.name,
        day(wave.starts),
        day(wave.ends),
        format::percent(wave.load_share, 0)
    )
}
