//! Draws the views of plans and documents in both themes and at two sizes. Skipped where no graphics adapter is found.
//!
//! What they show is made up. `UPDATE_SNAPSHOTS=1` draws them anew.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::sync::Arc;

use assay_desktop::{DesktopApp, View, theme};
use common::draw::{Window, can_draw, settle, wait_for, wait_for_flips};
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};

const CAPACITY_SAMPLE: &str = include_str!("../../../assets/studies/capacity-sample/study.yaml");

fn window(app: DesktopApp, theme: Theme, size: [f32; 2]) -> Window {
    Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, app)
}

/// A window, and the pictures that are taken of it one after the other.
const WINDOWS: [(View, &[&str]); 6] = [
    (View::Overview, &["overview-sample"]),
    (View::Cost, &["cost-sample", "cost-scenarios", "cost-cash", "cost-break-even", "cost-odds"]),
    (View::Capacity, &["capacity-begin"]),
    (View::Capacity, &["capacity-bought", "capacity-rented"]),
    (View::Migration, &["migration-sample"]),
    (View::Reports, &["reports-preview"]),
];

/// Pages longer than the usual window, drawn in a tall one, too.
const SCROLLS: [&str; 7] = [
    "overview-sample",
    "cost-sample",
    "cost-scenarios",
    "capacity-begin",
    "capacity-bought",
    "capacity-rented",
    "migration-sample",
];

fn open(view: View, names: &[&str], folder: &Path, theme: Theme, size: [f32; 2]) -> Window {
    std::fs::remove_dir_all(folder).ok();
    if names.contains(&"capacity-bought") || view == View::Reports {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("study.yaml"), CAPACITY_SAMPLE).unwrap();
    }
    let mut window = window(common::app(folder, Arc::default()), theme, size);
    window.state_mut().set_view(view);
    window.run_steps(3);
    window
}

/// Brings the window to what a picture is of.
fn bring(window: &mut Window, view: View, name: &str) {
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
            wait_for(window, |w| w.query_by_label_contains("Page 1 of").is_some());
            wait_for(window, |w| w.query_by_label("Drawing pages").is_none());
        }
        View::Overview => wait_for_flips(window),
        View::Capacity => wait_for(window, |w| w.query_by_label("Planning the fleet").is_none()),
        View::Cost => wait_for(window, |w| w.query_by_label("Drawing samples").is_none()),
        _ => {}
    }
    settle(window);
    window.remove_cursor();
    window.run_steps(2);
}

#[test]
fn every_plan_looks_as_it_did() {
    if !can_draw() {
        return;
    }
    // The folder is seen in some pictures.
    let folder = std::env::temp_dir().join("assay-plan-snapshots");
    let mut results = SnapshotResults::new();
    for (theme_name, theme) in [("dark", Theme::Dark), ("light", Theme::Light)] {
        for (size_name, size) in [("", [1280.0, 800.0]), ("-tall", [1600.0, 2000.0])] {
            for (view, names) in WINDOWS {
                if !(size_name.is_empty() || names.iter().any(|name| SCROLLS.contains(name))) {
                    continue;
                }
                let mut window = open(view, names, &folder, theme, size);
                for name in names.iter().filter(|name| size_name.is_empty() || SCROLLS.contains(name)) {
                    bring(&mut window, view, name);
                    results.add(window.try_snapshot(format!("{theme_name}/{name}{size_name}")));
                }
            }
        }
    }
    std::fs::remove_dir_all(&folder).ok();
}
