//! Measures what a step of an input costs in the views of plans. Prints the figures; run it with
//! `cargo test -p assay-desktop --release --test plan_pace -- --ignored --nocapture`.

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_desktop::{DesktopApp, View, theme};
use assay_service::{Command, Workbench};
use common::large::{report, twelve_options};
use egui::accesskit::Role;
use egui_kittest::{Harness, kittest::Queryable as _};

const CAPACITY_SAMPLE: &str = include_str!("../../../assets/studies/capacity-sample/study.yaml");

fn window(workbench: Workbench, folder: &Path, view: View) -> Harness<'static, DesktopApp> {
    let app = DesktopApp::new(Some(workbench), Arc::<common::ScriptedBackend>::default(), common::places(folder));
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, app);
    harness.state_mut().set_view(view);
    harness.run_steps(3);
    harness
}

/// Turns what was drawn into triangles, as the window does after each frame.
fn repainted(window: &Harness<'_, DesktopApp>) {
    let output = window.output();
    let triangles = window.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
    assert!(!triangles.is_empty());
}

#[test]
#[ignore = "a measurement"]
fn a_slider_to_repainted_on_every_tab() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(twelve_options(folder.path()), folder.path(), View::Cost);
    for tab in ["cost", "cash", "break-even", "odds", "scenarios"] {
        window.get_by_role_and_label(Role::Button, &format!("Show {tab}")).click();
        window.run_steps(3);
        let times = (0..60).map(|step| {
            let slider = window.get_by_role_and_label(Role::Slider, "Horizon");
            slider.set_value_accesskit(24.0 + f64::from(step % 48));
            let begun = Instant::now();
            // The step is applied after the frame that sees it; the next one shows what follows.
            window.run_steps(2);
            repainted(&window);
            let shown = begun.elapsed();
            // Samples are drawn in another thread and marked as behind until they are there.
            while window.query_by_label("Drawing samples").is_some() && begun.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(1));
                window.run_steps(1);
            }
            (shown, begun.elapsed())
        });
        let (shown, settled): (Vec<Duration>, Vec<Duration>) = times.unzip();
        report(&format!("12 options: slider to repainted, {tab}"), shown);
        report(&format!("12 options: slider to samples drawn, {tab}"), settled);
    }
}

#[test]
#[ignore = "a measurement"]
fn a_step_of_the_demand_in_the_capacity_plan() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("study.yaml"), CAPACITY_SAMPLE).unwrap();
    let mut workbench = common::workbench(folder.path());
    let mut planned = Vec::new();
    for step in 0..30 {
        let value = 1.8 + f64::from(step) * 0.01;
        workbench.apply(Command::set("capacity.demand.base.peak_to_average", value)).unwrap();
        let begun = Instant::now();
        assert!(workbench.capacity().is_ok());
        planned.push(begun.elapsed());
    }
    report("capacity sample: plan", planned);
    let mut window = window(workbench, folder.path(), View::Capacity);
    let planned = |w: &Harness<'_, DesktopApp>| w.query_by_role_and_label(Role::TextInput, "Peak to average").is_some();
    while !planned(&window) {
        std::thread::sleep(Duration::from_millis(5));
        window.run_steps(1);
    }
    let frames = (0..60).map(|_| {
        let begun = Instant::now();
        window.run_steps(1);
        begun.elapsed()
    });
    let frames = frames.collect();
    report("capacity sample: frame of Capacity", frames);
    let steps = (0..30).map(|step| {
        let value = 2.2 + f64::from(step) * 0.01;
        let field = window.get_by_role_and_label(Role::TextInput, "Peak to average");
        field.focus();
        window.run_steps(2);
        window.get_by_role_and_label(Role::TextInput, "Peak to average").type_text(&value.to_string());
        window.run_steps(1);
        window.key_press(egui::Key::Enter);
        let begun = Instant::now();
        window.run_steps(2);
        repainted(&window);
        let shown = begun.elapsed();
        while window.query_by_label("Planning the fleet").is_some() && begun.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(1));
            window.run_steps(1);
        }
        (shown, begun.elapsed())
    });
    let (shown, settled): (Vec<Duration>, Vec<Duration>) = steps.unzip();
    report("capacity sample: entry to repainted", shown);
    report("capacity sample: entry to planned anew", settled);
}
