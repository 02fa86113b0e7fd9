//! Driving the application by its accessible names.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assay_desktop::{DesktopApp, theme};
use egui::accesskit::Role;
use egui_kittest::{Harness, kittest::Queryable as _};

pub type Window = Harness<'static, DesktopApp>;

pub fn window(app: DesktopApp) -> Window {
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_context_setup(theme::install)
        .build_ui_state(super::frame, app);
    harness.run_steps(2);
    harness
}

/// Steps in real time, since work goes on in other threads.
#[expect(clippy::panic, reason = "tests")]
pub fn step_until(window: &mut Window, what: &str, done: impl Fn(&Window) -> bool) {
    for _ in 0..6000 {
        window.step();
        if done(window) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("not within a minute: {what}");
}

/// Waits for all work in other threads, without drawing.
pub fn wait(window: &Window) {
    for _ in 0..12_000 {
        if !assay_desktop::is_at_work(&window.ctx) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Lets what was done take effect, and everything that follows from it.
pub fn settle(window: &mut Window) {
    // What is worked out may ask for more to be worked out.
    for _ in 0..3 {
        window.run_steps(3);
        wait(window);
    }
    window.run_steps(3);
}

pub fn show(window: &mut Window, view: &str) {
    click(window, view);
}

/// Clicks a button and lets the click take effect.
pub fn click(window: &mut Window, button: &str) {
    window.get_by_role_and_label(Role::Button, button).click();
    settle(window);
}

/// Types into a field that has the focus after a click.
pub fn type_into(window: &mut Window, field: &str, text: &str) {
    window.get_by_role_and_label(Role::TextInput, field).focus();
    window.run_steps(1);
    window.get_by_role_and_label(Role::TextInput, field).type_text(text);
    window.run_steps(3);
}

pub fn shows(window: &Window, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

/// What a button copies to the clipboard.
#[expect(clippy::panic, reason = "tests")]
pub fn copied_by(window: &mut Window, button: &str) -> String {
    window.get_by_role_and_label(Role::Button, button).click();
    for _ in 0..4 {
        window.step();
        let commands = &window.output().platform_output.commands;
        let text = commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        if let Some(text) = text {
            return text;
        }
    }
    panic!("`{button}` copies nothing");
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

/// Drops a file or folder on the window.
pub fn drop_on(window: &mut Window, path: &Path) {
    window.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
    window.run_steps(2);
}
