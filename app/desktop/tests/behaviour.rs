//! Drives the application by its accessible names and checks the study. Needs no graphics.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use assay_desktop::live::Outcome;
use assay_desktop::{DesktopApp, View, theme};
use common::ScriptedBackend;
use common::drive::{self, Window, show};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

fn window(app: DesktopApp) -> Window {
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, app);
    harness.run_steps(2);
    harness
}

fn step_until(window: &mut Window, what: &str, done: impl Fn(&DesktopApp) -> bool) {
    drive::step_until(window, what, |window| done(window.state()));
}

fn horizon(app: &DesktopApp) -> f64 {
    app.workbench().unwrap().study().assumptions.horizon_months
}

fn total_of_first(app: &DesktopApp) -> f64 {
    app.workbench().unwrap().assessment().evaluations[0].tco.as_ref().unwrap().total.amount
}

#[test]
fn every_view_can_be_reached_by_name_and_by_shortcut() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    let names = ["Overview", "Hardware", "Benchmarks", "Results", "Cost & ROI", "Capacity", "Migration", "Reports"];
    for (name, view) in names.into_iter().zip(View::ALL) {
        show(&mut window, name);
        assert_eq!(window.state().view(), view);
    }
    let keys = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8];
    for (key, view) in keys.into_iter().zip(View::ALL) {
        window.key_press_modifiers(Modifiers::COMMAND, key);
        window.run_steps(3);
        assert_eq!(window.state().view(), view);
    }
}

#[test]
fn a_slider_changes_the_study_and_its_evaluation_and_can_be_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    show(&mut window, "Cost & ROI");
    let (before, cost_before) = (horizon(window.state()), total_of_first(window.state()));

    window.get_by_role_and_label(Role::Slider, "Horizon").set_value_accesskit(48.0);
    window.run_steps(4);
    assert_eq!(horizon(window.state()), 48.0);
    assert!(total_of_first(window.state()) > cost_before);
    let on_disk = std::fs::read_to_string(folder.path().join("study.yaml")).unwrap();
    assert!(on_disk.contains("horizon_months: 48"), "{on_disk}");

    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run_steps(3);
    assert_eq!((horizon(window.state()), total_of_first(window.state())), (before, cost_before));
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    window.run_steps(3);
    assert_eq!(horizon(window.state()), 48.0);
}

#[test]
fn a_drag_is_undone_as_one_gesture() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    show(&mut window, "Cost & ROI");
    let before = horizon(window.state());
    let rail = window.get_by_role_and_label(Role::Slider, "Horizon").rect();
    window.drag_at(rail.left_center() + egui::vec2(60.0, 0.0));
    window.run_steps(2);
    let mut values = vec![horizon(window.state())];
    for x in [70.0, 85.0, 100.0] {
        window.hover_at(rail.left_center() + egui::vec2(x, 0.0));
        window.run_steps(2);
        values.push(horizon(window.state()));
    }
    window.drop_at(rail.left_center() + egui::vec2(100.0, 0.0));
    window.run_steps(2);
    values.dedup();
    assert!(values.len() >= 3, "the study follows the drag: {values:?}");
    window.get_by_role_and_label(Role::Button, "Undo").click();
    window.run_steps(3);
    assert_eq!(horizon(window.state()), before);
}

#[test]
fn an_assumption_can_be_reset_to_its_default() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    show(&mut window, "Cost & ROI");
    window.get_by_role_and_label(Role::Slider, "Discount rate").set_value_accesskit(20.0);
    window.run_steps(3);
    assert_eq!(window.state().workbench().unwrap().study().assumptions.discount_rate_annual, 0.2);
    window.get_by_role_and_label(Role::Button, "Reset discount rate").click();
    window.run_steps(3);
    assert_eq!(window.state().workbench().unwrap().study().assumptions.discount_rate_annual, 0.08);
}

#[test]
fn a_scenario_is_chosen_and_locks_what_it_sets() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    let demand = |app: &DesktopApp| app.workbench().unwrap().assessment().study.demand.items_per_month.value();
    let plan = demand(window.state());
    window.get_by_role_and_label(Role::ComboBox, "Scenario").click();
    window.run_steps(3);
    window.get_by_label("Demand is half of the plan").click();
    window.run_steps(3);
    assert_eq!(demand(window.state()), plan / 2.0);
    show(&mut window, "Cost & ROI");
    assert!(window.get_by_role_and_label(Role::Slider, "Demand a month").accesskit_node().is_disabled());
    assert!(!window.get_by_role_and_label(Role::Slider, "Growth").accesskit_node().is_disabled());
}

#[test]
fn a_run_streams_into_the_window_and_its_measurements_into_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let backend = ScriptedBackend::with(common::run_script(4, 4));
    let mut window = window(common::app(folder.path(), Arc::clone(&backend)));
    let before = window.state().workbench().unwrap().measurements().len();
    show(&mut window, "Benchmarks");
    step_until(&mut window, "devices are known", |app| !app.devices().reports.is_empty());
    window.get_by_role_and_label(Role::Button, "Run").click();
    step_until(&mut window, "the run is over", |app| app.run().outcome.is_some());
    assert_eq!(window.state().run().ended_jobs(), 4);
    assert!(window.state().run().jobs.iter().all(|j| !j.samples_ms.is_empty()));
    assert_eq!(window.state().workbench().unwrap().measurements().len(), before + 4);
    let requested = backend.requested.lock().unwrap();
    assert_eq!((requested.len(), requested[0].suite.as_str()), (1, "quick"));
    assert!(requested[0].workloads.is_empty() && requested[0].devices.is_empty(), "all, since nothing was taken out");
}

#[test]
fn a_choice_of_workloads_and_stacks_reaches_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let backend = ScriptedBackend::with(common::run_script(1, 1));
    let mut window = window(common::app(folder.path(), Arc::clone(&backend)));
    show(&mut window, "Benchmarks");
    step_until(&mut window, "devices are known", |app| !app.devices().reports.is_empty());
    window.run_steps(2);
    window.get_by_role_and_label(Role::CheckBox, "rten").click();
    window.get_by_role_and_label(Role::CheckBox, "gemm-bf16").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::Button, "Run").click();
    step_until(&mut window, "the run is over", |app| app.run().outcome.is_some());
    let requested = backend.requested.lock().unwrap();
    assert_eq!(requested[0].stacks.iter().map(|s| s.as_str()).collect::<Vec<_>>(), ["native"]);
    assert!(!requested[0].workloads.is_empty());
    assert!(!requested[0].workloads.iter().any(|w| w == "gemm-bf16"));
}

#[test]
fn a_run_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let backend = ScriptedBackend::with(common::run_script(5, 2));
    let mut window = window(common::app(folder.path(), backend));
    window.key_press_modifiers(Modifiers::COMMAND, Key::R);
    step_until(&mut window, "two jobs are over", |app| app.run().ended_jobs() == 2);
    assert_eq!(window.state().view(), View::Benchmarks, "a run is shown where it can be watched");
    assert!(window.state().run().is_active());
    window.run_steps(2);
    window.get_by_role_and_label(Role::Button, "Cancel run").click();
    step_until(&mut window, "the run is over", |app| app.run().outcome.is_some());
    let Some(Outcome::Done(summary)) = &window.state().run().outcome else { panic!("it ended with a summary") };
    assert!(summary.cancelled);
    assert_eq!(window.state().run().ended_jobs(), 2);
}

#[test]
fn a_failed_run_is_told_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let failed = assay_service::RunEvent::Failed("the worker could not be started (scripted)".to_owned());
    let backend = ScriptedBackend::with(vec![common::Line::Tell(Box::new(failed))]);
    let mut window = window(common::app(folder.path(), backend));
    window.key_press_modifiers(Modifiers::COMMAND, Key::R);
    step_until(&mut window, "the run is over", |app| app.run().outcome.is_some());
    window.run_steps(2);
    assert!(window.state().notices()[0].detail.contains("could not be started"));
    window.get_by_role_and_label(Role::Button, "Dismiss notice").click();
    window.run_steps(2);
    assert!(window.state().notices().is_empty());
}

#[test]
fn results_are_filtered_and_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    show(&mut window, "Results");
    let all = common::measurements().len();
    window.get_by_label(&format!("{all} of {all}"));
    let filter = window.get_by_role_and_label(Role::TextInput, "Filter the results");
    filter.focus();
    window.run_steps(1);
    window.get_by_role_and_label(Role::TextInput, "Filter the results").type_text("resnet crashed");
    drive::settle(&mut window);
    window.get_by_label(&format!("1 of {all}"));
    window.get_all_by_label("crashed").next().unwrap();
    window.get_by_role_and_label(Role::Button, "Sort by median").click();
    window.run_steps(3);
}

#[test]
fn a_document_is_exported_and_its_place_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    show(&mut window, "Reports");
    window.get_by_role_and_label(Role::Button, "Export PDF").click();
    step_until(&mut window, "the document is written", |app| !app.exports().written.is_empty());
    let path = window.state().exports().written[0].1.path.clone();
    assert!(path.is_file());
    window.run_steps(2);
    assert!(window.query_all_by_label(&path.display().to_string()).count() >= 1);
    window.get_by_role_and_label(Role::Button, "Open folder");
}

#[test]
fn the_palette_finds_and_runs_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run_steps(3);
    window.get_by_role_and_label(Role::TextInput, "Command").type_text("result");
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(3);
    assert_eq!(window.state().view(), View::Results);
    assert!(window.query_by_role_and_label(Role::TextInput, "Command").is_none(), "it is closed again");
}

#[test]
fn without_a_study_the_sample_can_be_created() {
    let folder = tempfile::tempdir().unwrap();
    let backend: Arc<ScriptedBackend> = Arc::default();
    let mut window = window(DesktopApp::new(None, backend, common::places(folder.path())));
    window.get_by_role_and_label(Role::Button, "Create the sample study").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::Button, "Create").click();
    step_until(&mut window, "the study is open", |app| app.workbench().is_some());
    assert!(folder.path().join("new sample/study.yaml").is_file());
    assert!(window.state().workbench().unwrap().study().sample);
}

#[test]
fn a_folder_without_a_study_is_refused_in_the_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(DesktopApp::new(None, Arc::<ScriptedBackend>::default(), common::places(folder.path())));
    window.key_press_modifiers(Modifiers::COMMAND, Key::O);
    window.run_steps(3);
    window.get_by_role_and_label(Role::Button, "Open").click();
    drive::step_until(&mut window, "the dialog says why", |window| drive::shows(window, "holds no study.yaml"));
}

#[test]
fn the_catalogue_is_filtered_and_a_profile_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    show(&mut window, "Hardware");
    step_until(&mut window, "devices are known", |app| !app.devices().reports.is_empty());
    window.run_steps(2);
    window.get_all_by_label("Synthetic test processor").next().unwrap();
    window.get_by_role_and_label(Role::Button, "Catalogue").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::TextInput, "Filter the catalogue").focus();
    window.run_steps(1);
    window.get_by_role_and_label(Role::TextInput, "Filter the catalogue").type_text("mi300x");
    window.run_steps(3);
    window.get_all_by_label_contains("MI300X").next().unwrap();
}

#[test]
fn a_run_shows_its_noise_and_the_sensors_of_its_device() {
    let folder = tempfile::tempdir().unwrap();
    let backend = ScriptedBackend::with(common::run_script(3, 1));
    let mut window = window(common::app(folder.path(), backend));
    window.key_press_modifiers(Modifiers::COMMAND, Key::R);
    step_until(&mut window, "the second job streams", |app| {
        app.run().jobs.get(1).is_some_and(|job| job.readings.len() > 20 && job.samples_ms.len() > 100)
    });
    window.run_steps(3);
    let shows = |window: &Window, text: &str| window.query_all_by_label_contains(text).next().is_some();
    assert!(shows(&window, "stops under "), "the noise so far, and the rule");
    for quantity in ["Power: ", "Clock: ", "Temperature: "] {
        assert!(shows(&window, quantity), "{quantity}");
    }
    window.get_by_role_and_label(Role::Button, "Show log").click();
    window.run_steps(3);
    assert!(shows(&window, "jobs planned") && !shows(&window, "Power: "));
    let (first, second) = (&window.state().run().jobs[0], &window.state().run().jobs[1]);
    assert!(first.stopped.is_some() && second.stopped.is_none());
    assert!(second.timing.as_ref().unwrap().noise().is_some());
    // The runs before are not out of reach while one is shown.
    window.get_by_role_and_label(Role::Button, "Runs of this study").click();
    window.run_steps(3);
    assert!(shows(&window, "Began (UTC)"));
}

#[test]
fn amounts_are_shown_in_another_currency_by_the_rate_of_the_study_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    let shows = |window: &Window, text: &str| window.query_all_by_label_contains(text).next().is_some();
    let choose = |window: &mut Window, list: &str, entry: &str| {
        window.get_by_role_and_label(Role::ComboBox, list).click();
        window.run_steps(3);
        window.query_all_by_label(entry).last().unwrap().click();
        window.run_steps(3);
    };
    window.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    window.run_steps(3);
    assert!(shows(&window, "Other currencies are offered once the study states their rates"));
    choose(&mut window, "Bytes", "SI: GB and GB/s, powers of 1000");
    window.get_by_role_and_label(Role::Button, "Close").click();
    window.run_steps(3);
    drop(window);

    let file = folder.path().join("study.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let rate = "finance:\n  exchange_rates:\n    - { from: CHF, rate: 1.25, as_of: 2026-11-02, source: a test }\n";
    std::fs::write(&file, text.replacen("finance:\n", rate, 1)).unwrap();
    let reopened = common::app(folder.path(), Arc::default());
    let mut window = self::window(reopened);
    show(&mut window, "Hardware");
    step_until(&mut window, "the devices are known", |app| !app.devices().reports.is_empty());
    window.run_steps(2);
    assert!(shows(&window, "17.2\u{a0}GB"), "what was chosen is remembered");
    assert!(shows(&window, "prices of") && !shows(&window, "1 CHF"));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    window.run_steps(3);
    choose(&mut window, "Amounts in", "CHF");
    assert!(shows(&window, "as of 2026-11-02 (a test)"), "with its day and source");
    window.get_by_role_and_label(Role::Button, "Close").click();
    show(&mut window, "Cost & ROI");
    assert!(shows(&window, "CHF\u{a0}") && shows(&window, "1 CHF = 1.25 USD of 2026-11-02"));
}

#[test]
fn a_new_study_leads_to_a_measured_answer() {
    let folder = tempfile::tempdir().unwrap();
    assay_service::sample::create_sample(folder.path(), 2).unwrap();
    let workbench = assay_service::Workbench::open(folder.path()).unwrap();
    let backend = ScriptedBackend::with(common::run_script(3, 3));
    let mut window = window(DesktopApp::new(Some(workbench), backend, common::places(folder.path())));
    assert!(window.query_by_label("From here to a measured answer").is_some());
    show(&mut window, "Measure now");
    assert_eq!(window.state().view(), View::Benchmarks);
    step_until(&mut window, "the run is over", |app| app.run().outcome.is_some());
    show(&mut window, "Overview");
    assert!(window.query_by_label("From here to a measured answer").is_none(), "it was measured");
}
