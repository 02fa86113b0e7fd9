//! Drives the results: grouping, comparison, notes, the command to repeat, the table as text.

mod common;

use std::sync::Arc;

use assay_service::Workbench;
use common::drive::{Window, click, copied_by, show, shows, step_until, type_into, window};
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;

fn results_of(workbench: Workbench) -> Window {
    let places = common::places(workbench.folder());
    let backend: Arc<common::ScriptedBackend> = Arc::default();
    let mut window = window(assay_desktop::DesktopApp::new(Some(workbench), backend, places));
    show(&mut window, "Results");
    window
}

#[test]
fn rows_are_grouped_and_groups_are_closed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = results_of(common::workbench(folder.path()));
    window.get_by_role_and_label(Role::ComboBox, "Group the results").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::Button, "By stack").click();
    window.run_steps(4);
    let open = window.query_all_by_label_contains("-fp32").count();
    click(&mut window, "− native");
    window.get_by_role_and_label(Role::Button, "+ native");
    assert!(window.query_all_by_label_contains("-fp32").count() != open);
}

#[test]
fn runs_are_compared_with_the_one_tagged_as_baseline_and_the_tag_can_be_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = results_of(common::two_runs(folder.path()));
    click(&mut window, "Compare");
    for run in common::TWO_RUNS {
        window.get_by_role_and_label(Role::CheckBox, &format!("Compare run {run}")).click();
        window.run_steps(3);
    }
    assert!(shows(&window, "7 FASTER") && shows(&window, "1 SLOWER"), "against the earliest run");
    click(&mut window, "Tag as baseline run 20260202T000000Z-0002");
    let baseline = |window: &Window| window.state().workbench().unwrap().study().results.baseline_run.clone();
    assert_eq!(baseline(&window).as_deref(), Some("20260202T000000Z-0002"));
    assert!(shows(&window, "7 SLOWER") && shows(&window, "1 FASTER"), "against the tagged run");
    let text = std::fs::read_to_string(folder.path().join("study.yaml")).unwrap();
    assert!(text.contains("baseline_run") && text.contains("# A sample study"), "comments stay: {text}");
    let table = copied_by(&mut window, "Copy comparison");
    assert!(table.lines().count() == 9 && table.contains("SLOWER +"), "{table}");
    click(&mut window, "Undo");
    assert_eq!(baseline(&window), None);
}

#[test]
fn a_note_is_kept_with_the_study_and_can_be_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = results_of(common::two_runs(folder.path()));
    type_into(&mut window, "Note on the measurement", "warm room: repeat");
    window.key_press(Key::Enter);
    window.run_steps(4);
    let notes = |window: &Window| window.state().workbench().unwrap().study().results.notes.clone();
    assert_eq!(notes(&window).values().collect::<Vec<_>>(), ["warm room: repeat"]);
    assert_eq!(Workbench::open(folder.path()).unwrap().study().results.notes, notes(&window));
    click(&mut window, "Undo");
    assert!(notes(&window).is_empty());
}

#[test]
fn the_command_that_measures_again_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = results_of(common::two_runs(folder.path()));
    let text = copied_by(&mut window, "Copy command");
    assert!(text.starts_with("assay run ") && text.contains("--suite quick --workload "), "{text}");
    assert!(text.ends_with("--device cpu --stack native --seed 42"), "{text}");
}

#[test]
fn every_plot_is_reached_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = results_of(common::two_runs(folder.path()));
    for (tab, sign) in [
        ("Trade-offs", "8 FASTER"),
        ("Latency", "Ctrl+click"),
        ("Compilers", "No workload has passed both with `torch-eager`"),
        ("Energy", "No measurement shown has a valid energy figure"),
        ("Compare", "Choose two or more runs"),
        ("Roofline", "native"),
    ] {
        click(&mut window, tab);
        if tab != "Trade-offs" {
            assert!(shows(&window, sign), "{tab} shows {sign}");
        }
    }
    click(&mut window, "Trade-offs");
    click(&mut window, "Cost against latency");
    assert!(shows(&window, "Not drawn"), "options without a measured latency are named");
}

#[test]
fn many_rows_are_ordered_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    assay_service::sample::create_sample(folder.path(), 2).unwrap();
    let few = common::measurements();
    let many = few.iter().cycle().take(9000).enumerate().map(|(i, m)| {
        let mut m = m.clone();
        m.id = format!("many-{i}");
        m.run_id = format!("run-{:04}", i / 28);
        m
    });
    let mut window = results_of(Workbench::open_with(folder.path(), many.collect()).unwrap());
    step_until(&mut window, "all rows are shown", |w| shows(w, "9,000 of 9,000"));
    type_into(&mut window, "Filter the results", "resnet crashed");
    let expected = few.iter().filter(|m| m.status.label() == "crashed").count() * 9000 / few.len();
    step_until(&mut window, "the filter holds", |w| {
        shows(w, &format!("{expected} of 9,000")) || shows(w, &format!("{} of 9,000", expected + 1))
    });
}

#[test]
fn the_shape_of_a_distribution_and_what_compiling_gains_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = results_of(common::workbench(folder.path()));
    click(&mut window, "Latency");
    click(&mut window, "Violin");
    assert!(shows(&window, "the dot is the median"));
    click(&mut window, "Compilers");
    window.get_by_role_and_label(Role::ComboBox, "Stack held against").click();
    window.run_steps(3);
    window.query_all_by_label("native").last().unwrap().click();
    window.run_steps(4);
    assert!(
        shows(&window, "on Synthetic test processor") && shows(&window, "rten, "),
        "each stack against the one chosen"
    );
    assert!(shows(&window, "×"), "how many times as fast");
}
