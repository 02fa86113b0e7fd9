//! Keeps what is being used where it is while what stands above it grows or shrinks.

use egui::{Id, Ui, style::ScrollAnimation, vec2};

/// Draws a part of what is scrolled. While the pointer is over it or the focus is within, the view scrolls along with
/// whatever changes above it.
pub fn held(ui: &mut Ui, salt: &'static str, part: impl FnOnce(&mut Ui)) {
    // Scrolling moves both, so that this changes with what is above alone.
    let above = ui.cursor().top() - ui.min_rect().top();
    let rect = ui.scope(part).response.rect;
    let id = Id::unique(("held", salt));
    let before = ui.data(|data| data.get_temp::<f32>(id));
    ui.data_mut(|data| data.insert_temp(id, above));
    let Some(by) = before.map(|before| above - before).filter(|by| by.abs() > 0.5) else { return };
    let focused = ui.memory(|memory| memory.focused()).and_then(|id| ui.read_response(id));
    let pointer = ui.input(|input| input.pointer.latest_pos());
    // Where it was before.
    let was = rect.translate(vec2(0.0, -by));
    let is_used = pointer.is_some_and(|at| was.contains(at)) || focused.is_some_and(|used| was.intersects(used.rect));
    if is_used {
        ui.scroll_with_delta_animation(vec2(0.0, -by), ScrollAnimation::none());
        ui.request_discard("what is being used stays where it is");
    }
}
