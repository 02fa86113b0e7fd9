//! A window without the harness, whose frames can be timed: nothing runs but what runs on a user's machine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_desktop::{DesktopApp, View, theme};
use assay_service::Workbench;

use super::{ScriptedBackend, places};

/// What a frame took.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The views, and what was asked for after them.
    pub drawn: Duration,
    /// From shapes to triangles.
    pub tessellated: Duration,
}

impl Frame {
    pub fn whole(self) -> Duration {
        self.drawn + self.tessellated
    }
}

/// A window of 1280 x 800 points.
pub struct RawWindow {
    pub ctx: egui::Context,
    pub app: DesktopApp,
}

impl RawWindow {
    pub fn new(workbench: Workbench, view: View) -> Self {
        let places = places(workbench.folder());
        Self::of(DesktopApp::new(Some(workbench), Arc::<ScriptedBackend>::default(), places), view)
    }

    pub fn of(mut app: DesktopApp, view: View) -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        app.set_view(view);
        let mut window = Self { ctx, app };
        for _ in 0..4 {
            window.frame(Vec::new());
        }
        window
    }

    /// One frame with its tessellation, as the processor sees it.
    pub fn frame(&mut self, events: Vec<egui::Event>) -> Frame {
        let size = egui::vec2(1280.0, 800.0);
        let screen_rect = Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size));
        let begun = Instant::now();
        let mut output = self.ctx.run_ui(egui::RawInput { screen_rect, events, ..Default::default() }, |ui| {
            self.app.logic(ui.ctx());
            self.app.ui(ui);
        });
        output.textures_delta.clear();
        let drawn = begun.elapsed();
        let begun = Instant::now();
        let shapes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        assert!(!shapes.is_empty());
        Frame { drawn, tessellated: begun.elapsed() }
    }

    /// Presses or releases the primary button.
    pub fn button(&mut self, pos: egui::Pos2, pressed: bool) -> Frame {
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        let moved = egui::Event::PointerMoved(pos);
        self.frame(vec![moved, egui::Event::PointerButton { pos, button, pressed, modifiers }])
    }

    /// Clicks.
    pub fn click(&mut self, pos: egui::Pos2) {
        self.frame(vec![egui::Event::PointerMoved(pos)]);
        self.button(pos, true);
        self.button(pos, false);
        self.frame(Vec::new());
    }
}
