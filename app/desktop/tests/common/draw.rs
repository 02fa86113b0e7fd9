//! What tests that draw pictures share.

use std::time::Duration;

use assay_desktop::DesktopApp;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

/// A window without a screen.
pub type Window = Harness<'static, DesktopApp>;

/// Whether pictures can be drawn here; the renderer panics where no adapter is found.
pub fn can_draw() -> bool {
    let found = std::panic::catch_unwind(egui_kittest::wgpu::WgpuTestRenderer::new).is_ok();
    if !found {
        eprintln!("skipped: no graphics adapter (Debian: apt-get install mesa-vulkan-drivers)");
    }
    found
}

/// Lets work in other threads end without drawing, so that every picture is taken after the same number of frames.
pub fn settle(window: &mut Window) {
    for _ in 0..3 {
        window.run_steps(2);
        super::drive::wait(window);
    }
    window.run_steps(4);
}

/// Draws until something holds; where it never does, the picture will show that.
pub fn wait_for(window: &mut Window, done: impl Fn(&Window) -> bool) {
    for _ in 0..4000 {
        window.step();
        if done(window) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Draws until the overview says which prices would change the answer: that is found in another thread.
pub fn wait_for_flips(window: &mut Window) {
    wait_for(window, |w| w.query_all_by_label_contains("With the ").next().is_some());
}
