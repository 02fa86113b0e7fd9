//! Studies as documents: new, save as, recent, what a crash leaves, what is dropped; runs that pause and go on.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::sync::Arc;

use assay_desktop::{DesktopApp, View};
use assay_service::journal::JOURNAL_FILE;
use assay_service::{Command, Workbench};
use common::ScriptedBackend;
use common::drive::{Window, click, drop_on, show, shows, step_until, type_into, window};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

fn open(folder: &Path) -> Window {
    window(common::app(folder, Arc::default()))
}

fn title(window: &Window) -> String {
    window.state().workbench().unwrap().study().title.clone()
}

fn set_horizon(window: &mut Window, months: f64) {
    show(window, "Cost & ROI");
    window.get_by_role_and_label(Role::Slider, "Horizon").set_value_accesskit(months);
    window.run_steps(4);
}

fn horizon(window: &Window) -> f64 {
    window.state().workbench().unwrap().study().assumptions.horizon_months
}

#[test]
fn a_new_study_is_created_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(DesktopApp::new(None, Arc::<ScriptedBackend>::default(), common::places(folder.path())));
    window.key_press_modifiers(Modifiers::COMMAND, Key::N);
    window.run_steps(3);
    click(&mut window, "Create");
    step_until(&mut window, "the study is open", |w| w.state().workbench().is_some());
    assert_eq!(title(&window), "New study");
    assert!(folder.path().join("new-study/study.yaml").is_file());
    drop(window);
    // The next session offers it.
    let mut again =
        common::drive::window(DesktopApp::new(None, Arc::<ScriptedBackend>::default(), common::places(folder.path())));
    let known = folder.path().canonicalize().unwrap().join("new-study");
    click(&mut again, &format!("Open {}", known.display()));
    step_until(&mut again, "the study is open again", |w| w.state().workbench().is_some());
}

#[test]
fn saving_as_copies_the_study_and_goes_on_there() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("one");
    let mut window = open(&study);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    window.run_steps(3);
    click(&mut window, "Save");
    let copied = folder.path().join("one-copy");
    step_until(&mut window, "the copy is open", |w| w.state().workbench().unwrap().folder() == copied);
    set_horizon(&mut window, 48.0);
    assert_eq!(horizon(&window), 48.0);
    assert_ne!(Workbench::open(&study).unwrap().study().assumptions.horizon_months, 48.0, "the first one stays");
    assert!(!study.join(JOURNAL_FILE).exists(), "its session ended");
}

#[test]
fn a_crash_loses_nothing_and_its_changes_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = open(folder.path());
    let before = horizon(&first);
    for months in [40.0, 48.0] {
        set_horizon(&mut first, months);
    }
    // A crash: the process ends without a word, its journal and settings stay.
    let journal = std::fs::read(folder.path().join(JOURNAL_FILE)).unwrap();
    let settings = std::fs::read(folder.path().join("settings.json")).unwrap();
    drop(first);
    std::fs::write(folder.path().join(JOURNAL_FILE), journal).unwrap();
    std::fs::write(folder.path().join("settings.json"), settings).unwrap();

    let places = common::places(folder.path());
    let mut window = window(DesktopApp::new(None, Arc::<ScriptedBackend>::default(), places));
    assert!(shows(&window, "The last session did not end properly"));
    click(&mut window, "Continue with it");
    step_until(&mut window, "what a crash has left is offered", |w| shows(w, "2 changes made since"));
    assert_eq!(horizon(&window), 48.0, "nothing is lost");
    click(&mut window, "Take all back");
    assert_eq!(horizon(&window), before);
    assert_eq!(Workbench::open(folder.path()).unwrap().study().assumptions.horizon_months, before);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    window.run_steps(4);
    assert_eq!(horizon(&window), 40.0, "and taken back is not lost either");
}

#[test]
fn a_second_window_on_one_study_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let workbench = Workbench::open(folder.path()).unwrap();
    let second =
        window(DesktopApp::new(Some(workbench), Arc::<ScriptedBackend>::default(), common::places(folder.path())));
    assert!(second.state().notices().iter().any(|n| n.detail.contains("another window")));
    assert!(first.state().notices().is_empty());
}

#[test]
fn a_study_dropped_on_the_window_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    assay_service::folders::create(&two).unwrap();
    let mut window = open(&one);
    drop_on(&mut window, &two);
    step_until(&mut window, "it is open", |w| w.state().workbench().unwrap().folder() == two);
}

#[test]
fn a_profile_dropped_on_the_window_is_checked_and_joins_the_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(&folder.path().join("study"));
    let wrong = folder.path().join("wrong.yaml");
    std::fs::write(&wrong, "schema: assay/profile/1\nid: mine\nvendor: Nobody\nname: Mine\nknid: gpu\n").unwrap();
    drop_on(&mut window, &wrong);
    step_until(&mut window, "the mistake is told", |w| !w.state().notices().is_empty());
    let told = window.state().notices()[0].detail.clone();
    assert!(told.contains("wrong.yaml:") && told.contains("kind"), "{told}");

    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../hardware-profiles/catalog/nvidia-l4.yaml");
    let text = std::fs::read_to_string(known).unwrap().replace("id: nvidia-l4\n", "id: my-l4\n");
    let mine = folder.path().join("mine.yaml");
    std::fs::write(&mine, text).unwrap();
    drop_on(&mut window, &mine);
    step_until(&mut window, "it is in the catalogue", |w| {
        w.state().workbench().unwrap().catalog().get("my-l4").is_some()
    });
    assert!(folder.path().join("study/profiles/my-l4.yaml").is_file());
}

#[test]
fn a_model_dropped_on_the_window_is_looked_into_by_a_worker() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(&folder.path().join("study"));
    let model = folder.path().join("net.onnx");
    std::fs::write(&model, b"onnx").unwrap();
    drop_on(&mut window, &model);
    step_until(&mut window, "the benchmarks show it", |w| w.state().view() == View::Benchmarks);
    step_until(&mut window, "the worker has answered", |w| shows(w, "no worker here (synthetic)"));
}

#[test]
fn results_that_cannot_be_read_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(&folder.path().join("study"));
    let rows = folder.path().join("rows.csv");
    std::fs::write(&rows, "a,b\n1,2\n").unwrap();
    drop_on(&mut window, &rows);
    step_until(&mut window, "why not", |w| w.state().notices().iter().any(|n| n.title.contains("rows.csv")));
}

#[test]
fn a_run_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    drop(common::workbench(folder.path()));
    let jobs = common::jobs(3);
    let key = |job: &assay_service::Job| assay_service::JobKey {
        target: job.target.id.clone(),
        device: job.device.clone(),
        stack: job.stack.to_string(),
        workload: job.workload.id.clone(),
    };
    let request = assay_service::RunRequest {
        study_folder: folder.path().to_owned(),
        suite: "quick".to_owned(),
        workloads: Vec::new(),
        devices: Vec::new(),
        stacks: Vec::new(),
        targets: vec![assay_service::Target::local()],
        plan: assay_service::plan_for("quick"),
        model: None,
        kernels: Vec::new(),
        only: Vec::new(),
        continues: None,
    };
    let (run_id, jobs) = ("20260101T000000Z-0009".to_owned(), jobs.iter().map(key).collect());
    let noted = assay_service::Unfinished { run_id: run_id.clone(), request, jobs };
    std::fs::write(folder.path().join(".assay-run"), serde_json::to_vec(&noted).unwrap()).unwrap();
    let backend = ScriptedBackend::with(common::run_script(3, 3));
    let mut window = window(common::app(folder.path(), Arc::clone(&backend)));
    show(&mut window, "Benchmarks");
    assert!(shows(&window, "A run is not over: 3 of 3 jobs are left."));
    click(&mut window, "Continue the run");
    step_until(&mut window, "the run is over", |w| w.state().run().outcome.is_some());
    let requested = backend.requested.lock().unwrap();
    assert_eq!((requested[0].continues.as_deref(), requested[0].only.len()), (Some(run_id.as_str()), 3));
}

#[test]
fn a_run_is_paused_and_what_broke_is_retried() {
    let folder = tempfile::tempdir().unwrap();
    let backend = ScriptedBackend::with(common::run_script(5, 2));
    let mut window = window(common::app(folder.path(), Arc::clone(&backend)));
    window.key_press_modifiers(Modifiers::COMMAND, Key::R);
    step_until(&mut window, "two jobs are over", |w| w.state().run().ended_jobs() == 2);
    click(&mut window, "Pause");
    assert!(window.state().run().paused && shows(&window, "Pausing after this job"));
    click(&mut window, "Go on");
    assert!(!window.state().run().paused);
    click(&mut window, "Cancel run");
    step_until(&mut window, "the run is over", |w| w.state().run().outcome.is_some());
    click(&mut window, "Retry what broke");
    let requested = backend.requested.lock().unwrap();
    assert_eq!((requested.len(), requested[1].only.len()), (2, 3), "the three that did not end");
}

#[test]
fn recent_edits_of_a_window_are_one_history() {
    let folder = tempfile::tempdir().unwrap();
    let mut workbench = common::workbench(folder.path());
    assert!(workbench.begin_session().unwrap().is_none());
    workbench.apply(Command::set("assumptions.pue", 1.5)).unwrap();
    workbench.undo().unwrap();
    workbench.redo().unwrap();
    let journal = std::fs::read(folder.path().join(JOURNAL_FILE)).unwrap();
    drop(workbench);
    std::fs::write(folder.path().join(JOURNAL_FILE), journal).unwrap();
    let mut again = Workbench::open(folder.path()).unwrap();
    let recovered = again.begin_session().unwrap().unwrap();
    assert_eq!(recovered.changes.len(), 1);
    assert!(again.undo().unwrap());
    assert_ne!(again.study().assumptions.pue, 1.5);
}

#[test]
fn the_dialog_takes_a_typed_folder_when_no_system_dialog_answers() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("typed");
    assay_service::folders::create(&study).unwrap();
    let mut window = window(DesktopApp::new(None, Arc::<ScriptedBackend>::default(), common::places(folder.path())));
    window.key_press_modifiers(Modifiers::COMMAND, Key::O);
    window.run_steps(3);
    click(&mut window, "Browse…");
    step_until(&mut window, "it says what to do instead", |w| shows(w, "type the folder"));
    window.get_by_role_and_label(Role::TextInput, "Folder").focus();
    window.run_steps(1);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run_steps(1);
    type_into(&mut window, "Folder", &study.display().to_string());
    click(&mut window, "Open");
    step_until(&mut window, "the study is open", |w| w.state().workbench().is_some());
}
