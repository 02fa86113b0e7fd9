//! Draws every view in both themes and compares the pictures. Skipped where no graphics adapter is found.
//!
//! The pictures of `tests/snapshots` show synthetic measurements, named as such. `UPDATE_SNAPSHOTS=1` draws them anew.
//! The pictures of the README come from a study that was really measured: see [`readme_pictures`].
#![expect(clippy::expect_used, reason = "tests")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assay_desktop::{ActiveRun, Backend, DesktopApp, View, theme};
use assay_service::core::model::{ModelChoice, ModelReport};
use assay_service::watch::Watch;
use assay_service::{RunRequest, Target, TargetReport, Waker, Workbench};
use common::ScriptedBackend;
use common::draw::{Window, can_draw, settle, wait_for, wait_for_flips};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::{Harness, SnapshotResults, kittest::Queryable as _};

/// A window of usual size, and one of a small laptop.
const USUAL: [f32; 2] = [1280.0, 800.0];
const SMALL: [f32; 2] = [1000.0, 680.0];

fn window(app: DesktopApp, theme: Theme, size: [f32; 2], pixels_per_point: f32) -> Window {
    Harness::builder()
        .with_size(size)
        .with_pixels_per_point(pixels_per_point)
        .with_theme(theme)
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, app)
}

fn show(window: &mut Window, view: View) {
    window.state_mut().set_view(view);
    window.run_steps(2);
}

const SCENES: [&str; 24] = [
    "welcome",
    "overview",
    "hardware",
    "catalogue",
    "benchmarks",
    "run",
    "results",
    "results-failed",
    "results-groups",
    "results-tradeoffs",
    "results-latency",
    "results-violin",
    "results-compilers",
    "results-compare",
    "catalogue-compare",
    "catalogue-prices",
    "catalogue-yaml",
    "catalogue-form",
    "settings",
    "recovered",
    "cost",
    "migration",
    "reports",
    "palette",
];

/// The scenes that are drawn in a small window, too.
const SMALL_SCENES: [&str; 10] = [
    "overview",
    "hardware",
    "catalogue-compare",
    "benchmarks",
    "run",
    "results",
    "results-compare",
    "cost",
    "migration",
    "reports",
];

fn click(window: &mut Window, name: &str) {
    window.get_by_role_and_label(Role::Button, name).click();
    window.run_steps(3);
}

/// What a crash leaves: two changes and no end.
fn crashed(folder: &Path) {
    let mut workbench = common::workbench(folder);
    workbench.begin_session().expect("the folder can be written to");
    for months in [40, 48] {
        let command = assay_service::Command::set("assumptions.horizon_months", months);
        workbench.apply(command).expect("the value fits");
    }
    let journal = folder.join(assay_service::journal::JOURNAL_FILE);
    let left = std::fs::read_to_string(&journal).expect("it is there");
    drop(workbench);
    // Its times would be others in every picture.
    let times = left.lines().map(|line| match line.rfind("\"at\":\"") {
        Some(at) => format!("{}\"at\":\"2026-11-20T09:30:00Z\"}}}}", &line[..at]),
        None => "{\"opened\":\"2026-11-20T09:12:00Z\"}".to_owned(),
    });
    std::fs::write(journal, times.collect::<Vec<_>>().join("\n") + "\n").expect("it can be written");
}

/// Brings the window to a scene.
fn scene(name: &str, folder: &Path, theme: Theme, size: [f32; 2]) -> Window {
    let backend = match name {
        "run" => ScriptedBackend::with(common::run_script(9, 4)),
        _ => Arc::default(),
    };
    if name == "recovered" {
        crashed(folder);
    }
    let app = match name {
        "welcome" => DesktopApp::new(None, backend, common::places(folder)),
        "results-compare" => DesktopApp::new(Some(common::two_runs(folder)), backend, common::places(folder)),
        _ => common::app(folder, backend),
    };
    let mut window = window(app, theme, size, 1.0);
    match name {
        "hardware" => show(&mut window, View::Hardware),
        "catalogue" => {
            show(&mut window, View::Hardware);
            window.get_by_role_and_label(Role::Button, "Catalogue").click();
        }
        "benchmarks" => show(&mut window, View::Benchmarks),
        "run" => {
            show(&mut window, View::Benchmarks);
            settle(&mut window);
            window.get_by_role_and_label(Role::Button, "Run").click();
        }
        "results" => show(&mut window, View::Results),
        "results-failed" => {
            show(&mut window, View::Results);
            window.get_by_role_and_label(Role::Button, "Sort by status").click();
        }
        "results-groups" => {
            show(&mut window, View::Results);
            window.get_by_role_and_label(Role::ComboBox, "Group the results").click();
            window.run_steps(3);
            click(&mut window, "By status");
        }
        "results-tradeoffs" => {
            show(&mut window, View::Results);
            click(&mut window, "Trade-offs");
        }
        "results-latency" | "results-violin" => {
            show(&mut window, View::Results);
            click(&mut window, "Latency");
            if name == "results-violin" {
                click(&mut window, "Violin");
            }
        }
        "results-compilers" => {
            show(&mut window, View::Results);
            click(&mut window, "Compilers");
            window.get_by_role_and_label(Role::ComboBox, "Stack held against").click();
            window.run_steps(3);
            if let Some(native) = window.query_all_by_label("native").last() {
                native.click();
            }
        }
        "settings" => window.key_press_modifiers(Modifiers::COMMAND, Key::Comma),
        "results-compare" => {
            show(&mut window, View::Results);
            click(&mut window, "Compare");
            for run in common::TWO_RUNS {
                window.get_by_role_and_label(Role::CheckBox, &format!("Compare run {run}")).click();
                window.run_steps(3);
            }
        }
        "catalogue-compare" => {
            show(&mut window, View::Hardware);
            click(&mut window, "Catalogue");
            window.get_by_role_and_label(Role::TextInput, "Filter the catalogue").focus();
            window.run_steps(1);
            window.get_by_role_and_label(Role::TextInput, "Filter the catalogue").type_text("nvidia");
            window.run_steps(3);
            for id in ["nvidia-a100-sxm-80gb", "nvidia-b200", "nvidia-h100-sxm"] {
                if let Some(check) = window.query_by_role_and_label(Role::CheckBox, &format!("Compare {id}")) {
                    check.click();
                }
                window.run_steps(3);
            }
            click(&mut window, "Radar");
        }
        "catalogue-prices" | "catalogue-yaml" | "catalogue-form" => {
            show(&mut window, View::Hardware);
            click(&mut window, "Catalogue");
            let tab = match name {
                "catalogue-yaml" => "YAML",
                "catalogue-form" => "Form",
                _ => "Prices",
            };
            click(&mut window, tab);
        }
        "cost" => show(&mut window, View::Cost),
        "migration" => show(&mut window, View::Migration),
        "reports" => {
            show(&mut window, View::Reports);
            window.get_by_role_and_label(Role::Button, "Export PDF").click();
            wait_for(&mut window, |w| w.query_by_label_contains("Page 1 of").is_some());
            wait_for(&mut window, |w| w.query_by_label("Drawing pages").is_none());
            // How long the notice of the export still stands depends on how long the preview took.
            wait_for(&mut window, |w| w.query_by_label_contains("dossier written").is_none());
        }
        "palette" => window.key_press_modifiers(Modifiers::COMMAND, Key::K),
        _ => {}
    }
    if ["overview", "palette", "recovered", "settings"].contains(&name) {
        wait_for_flips(&mut window);
    }
    settle(&mut window);
    window.remove_cursor();
    window.run_steps(2);
    window
}

#[test]
fn every_view_looks_as_it_did() {
    if !can_draw() {
        return;
    }
    // The folder is seen in some pictures.
    let folder = std::env::temp_dir().join("assay-snapshots");
    let mut results = SnapshotResults::new();
    for (theme_name, theme) in [("dark", Theme::Dark), ("light", Theme::Light)] {
        for name in SCENES {
            std::fs::remove_dir_all(&folder).ok();
            let mut window = scene(name, &folder, theme, USUAL);
            results.add(window.try_snapshot(format!("{theme_name}/{name}")));
        }
        for name in SMALL_SCENES {
            std::fs::remove_dir_all(&folder).ok();
            let mut window = scene(name, &folder, theme, SMALL);
            results.add(window.try_snapshot(format!("{theme_name}/small-{name}")));
        }
    }
    std::fs::remove_dir_all(&folder).ok();
}

/// The service with another executable as its worker: this test's own cannot be one.
struct RealBackend {
    worker: String,
}

impl RealBackend {
    fn redirect(&self, targets: &[Target]) -> Vec<Target> {
        let command = vec![self.worker.clone(), "worker".to_owned()];
        targets
            .iter()
            .map(|t| if t.is_local() { Target { command: command.clone(), ..t.clone() } } else { t.clone() })
            .collect()
    }
}

impl Backend for RealBackend {
    fn probe(&self, targets: &[Target]) -> Vec<TargetReport> {
        assay_desktop::ServiceBackend.probe(&self.redirect(targets))
    }

    fn watch(&self, target: Target, waker: Waker) -> Watch {
        assay_desktop::ServiceBackend.watch(self.redirect(&[target]).remove(0), waker)
    }

    fn inspect_model(&self, target: &Target, choice: ModelChoice) -> Result<ModelReport, String> {
        let target = self.redirect(std::slice::from_ref(target)).remove(0);
        assay_desktop::ServiceBackend.inspect_model(&target, choice)
    }

    fn start_run(&self, request: RunRequest, waker: Waker) -> Box<dyn ActiveRun> {
        let targets = self.redirect(&request.targets);
        assay_desktop::ServiceBackend.start_run(RunRequest { targets, ..request }, waker)
    }
}

/// Draws the pictures of the README from a measured study (a copy of it: a run is started in it).
///
/// `ASSAY_STUDY=<folder> ASSAY_BIN=<assay> cargo test -p assay-desktop --test snapshots -- --ignored readme_pictures`
#[test]
#[ignore = "needs a measured study in ASSAY_STUDY and the assay executable in ASSAY_BIN"]
fn readme_pictures() {
    let study = PathBuf::from(std::env::var_os("ASSAY_STUDY").expect("ASSAY_STUDY names a measured study"));
    let worker = std::env::var("ASSAY_BIN").expect("ASSAY_BIN names the assay executable");
    let out = Path::new("../../assets/screenshots");
    std::fs::create_dir_all(out).expect("the folder of the pictures can be made");
    let open = |theme| {
        let workbench = Workbench::open(&study).expect("the study can be opened");
        let backend = Arc::new(RealBackend { worker: worker.clone() });
        window(DesktopApp::new(Some(workbench), backend, common::places(&study)), theme, USUAL, 2.0)
    };
    let save = |window: &mut Window, name: &str| {
        let picture = window.render().expect("the view can be drawn");
        picture.save(out.join(format!("{name}.png"))).expect("the picture can be written");
    };
    for (view, name, theme) in [
        (View::Overview, "overview", Theme::Dark),
        (View::Overview, "overview-light", Theme::Light),
        (View::Hardware, "hardware", Theme::Dark),
        (View::Results, "results", Theme::Dark),
        (View::Cost, "cost", Theme::Dark),
        (View::Cost, "cost-light", Theme::Light),
        (View::Reports, "reports", Theme::Dark),
    ] {
        let mut window = open(theme);
        show(&mut window, view);
        for _ in 0..200 {
            window.run_steps(1);
            if !window.state().devices().probing {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        if view == View::Reports {
            wait_for(&mut window, |w| w.query_by_label_contains("Page 1 of").is_some());
            wait_for(&mut window, |w| w.query_by_label("Drawing pages").is_none());
        }
        settle(&mut window);
        save(&mut window, name);
    }
    let mut window = open(Theme::Dark);
    window.key_press_modifiers(Modifiers::COMMAND, Key::R);
    for _ in 0..600 {
        window.step();
        let run = window.state().run();
        let streaming = run.current().is_some_and(|job| job.samples_ms.len() > 20);
        if (run.ended_jobs() >= 8 && streaming) || run.outcome.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    window.step();
    save(&mut window, "benchmarks");
}
