//! Measures what a step of an input costs in the views of plans. Prints the figures; run it with
//! `cargo test -p assay-desktop --release --test plan_pace -- --ignored --nocapture`.

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_desktop::{DesktopApp, View, theme};
use assay_service::{Command, Workbench};
use common::large::{report, twelve_options};
use common::raw::{Frame, RawWindow};
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

/// Where the control with a name is.
fn place(window: &Harness<'_, DesktopApp>, role: Role, name: &str) -> egui::Rect {
    window.get_by_role_and_label(role, name).rect()
}

#[test]
#[ignore = "a measurement"]
fn a_slider_to_repainted_on_every_tab() {
    let folder = tempfile::tempdir().unwrap();
    let twin = window(twelve_options(folder.path()), folder.path(), View::Cost);
    let slider = place(&twin, Role::Slider, "Horizon");
    let own = tempfile::tempdir().unwrap();
    let mut window = RawWindow::new(twelve_options(own.path()), View::Cost);
    let at = |step: usize| {
        let part = 0.3 + 0.4 * (step % 40) as f32 / 40.0;
        egui::pos2(egui::lerp(slider.x_range(), part), slider.center().y)
    };
    for tab in ["cost", "cash", "break-even", "odds", "scenarios"] {
        window.click(place(&twin, Role::Button, &format!("Show {tab}")).center());
        window.button(at(0), true);
        let before = window.app.workbench().unwrap().revision();
        // What the pointer changes is applied at the end of the frame that sees it; the next one shows what follows.
        let steps: Vec<[Frame; 2]> = (1..=60)
            .map(|step| [window.frame(vec![egui::Event::PointerMoved(at(step))]), window.frame(Vec::new())])
            .collect();
        assert!(window.app.workbench().unwrap().revision() > before + 40, "the slider was moved");
        window.button(at(0), false);
        let of = |part: fn(&[Frame; 2]) -> Duration| steps.iter().map(part).collect::<Vec<_>>();
        let figure = |name: &str| format!("12 options, {tab}: {name}");
        report(&figure("slider to repainted"), of(|[first, then]| first.whole() + then.whole()));
        report(&figure("  seen, applied and evaluated"), of(|[first, _]| first.drawn));
        report(&figure("  drawn anew"), of(|[_, then]| then.drawn));
        report(&figure("  tessellated, twice"), of(|[first, then]| first.tessellated + then.tessellated));
    }
}

#[test]
#[ignore = "a measurement"]
fn how_long_figures_are_behind_a_slider() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(twelve_options(folder.path()), folder.path(), View::Cost);
    for (tab, behind) in [
        ("cash", "Drawing samples"),
        ("break-even", "Drawing samples"),
        ("odds", "Drawing samples"),
        ("scenarios", "Evaluating the scenarios"),
    ] {
        window.get_by_role_and_label(Role::Button, &format!("Show {tab}")).click();
        window.run_steps(3);
        let settled = (0..20).map(|step| {
            let slider = window.get_by_role_and_label(Role::Slider, "Horizon");
            slider.set_value_accesskit(24.0 + f64::from(step));
            let begun = Instant::now();
            window.run_steps(2);
            while window.query_by_label(behind).is_some() && begun.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(1));
                window.run_steps(1);
            }
            begun.elapsed()
        });
        report(&format!("12 options, {tab}: slider to figures made anew"), settled.collect());
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
    common::drive::settle(&mut window);
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
