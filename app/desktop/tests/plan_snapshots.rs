//! Draws the views of plans and documents in both themes and at two sizes. Skipped where no graphics adapter is found.
//!
//! What they show is made up. `UPDATE_SNAPSHOTS=1` draws them anew.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assay_desktop::{DesktopApp, View, theme};
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};

type Window = Harness<'static, DesktopApp>;

const CAPACITY_SAMPLE: &str = include_str!("../../../assets/studies/capacity-sample/study.yaml");

fn window(app: DesktopApp, theme: Theme, size: [f32; 2]) -> Window {
    Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, app)
}

/// Whether pictures can be drawn here; the renderer panics where no adapter is found.
fn can_draw() -> bool {
    let found = std::panic::catch_unwind(egui_kittest::wgpu::WgpuTestRenderer::new).is_ok();
    if !found {
        eprintln!("skipped: no graphics adapter (Debian: apt-get install mesa-vulkan-drivers)");
    }
    found
}

/// Lets work in other threads end without drawing, so that every picture is taken after the same number of frames.
fn settle(window: &mut Window) {
    for _ in 0..3 {
        window.run_steps(2);
        std::thread::sleep(Duration::from_millis(150));
    }
    window.run_steps(4);
}

fn wait_for(window: &mut Window, done: impl Fn(&Window) -> bool) {
    for _ in 0..4000 {
        window.step();
        if done(window) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

const SCENES: [(&str, View); 11] = [
    ("overview-sample", View::Overview),
    ("cost-sample", View::Cost),
    ("cost-cash", View::Cost),
    ("cost-break-even", View::Cost),
    ("cost-odds", View::Cost),
    ("cost-scenarios", View::Cost),
    ("capacity-begin", View::Capacity),
    ("capacity-rented", View::Capacity),
    ("capacity-bought", View::Capacity),
    ("migration-sample", View::Migration),
    ("reports-preview", View::Reports),
];

fn scene(name: &str, view: View, folder: &Path, theme: Theme, size: [f32; 2]) -> Window {
    if matches!(name, "capacity-rented" | "capacity-bought" | "reports-preview") {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("study.yaml"), CAPACITY_SAMPLE).unwrap();
    }
    let mut window = window(common::app(folder, Arc::default()), theme, size);
    window.state_mut().set_view(view);
    window.run_steps(3);
    if name == "capacity-rented" {
        window.get_by_role_and_label(Role::ComboBox, "Option planned").click();
        window.run_steps(3);
        window.query_all_by_label("Eight H100, rented").last().unwrap().click();
    }
    if let Some(tab) = name.strip_prefix("cost-").filter(|tab| *tab != "sample") {
        window.get_by_role_and_label(Role::Button, &format!("Show {tab}")).click();
        window.run_steps(3);
    }
    match view {
        View::Reports => {
            wait_for(&mut window, |w| w.query_by_label_contains("Page 1 of").is_some());
            wait_for(&mut window, |w| w.query_by_label("Drawing pages").is_none());
        }
        View::Cost => wait_for(&mut window, |w| w.query_by_label("Drawing samples").is_none()),
        _ => {}
    }
    settle(&mut window);
    window.remove_cursor();
    window.run_steps(2);
    window
}

#[test]
fn every_plan_looks_as_it_did() {
    if !can_draw() {
        return;
    }
    let only = std::env::var("ASSAY_SCENE").unwrap_or_default();
    // The folder is seen in some pictures.
    let folder = std::env::temp_dir().join("assay-plan-snapshots");
    let mut results = SnapshotResults::new();
    for (theme_name, theme) in [("dark", Theme::Dark), ("light", Theme::Light)] {
        for (size_name, size) in [("", [1280.0, 800.0]), ("-tall", [1600.0, 2000.0])] {
            for (name, view) in SCENES.into_iter().filter(|(name, _)| name.contains(&only)) {
                std::fs::remove_dir_all(&folder).ok();
                let mut window = scene(name, view, &folder, theme, size);
                results.add(window.try_snapshot(format!("{theme_name}/{name}{size_name}")));
            }
        }
    }
    std::fs::remove_dir_all(&folder).ok();
}
