//! The window around the desktop's views.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use assay_desktop::{ActiveRun, Backend, DesktopApp, Places, ServiceBackend, theme};
use assay_service::core::model::{ModelChoice, ModelReport};
use assay_service::watch::Watch;
use assay_service::{RunRequest, Target, TargetReport, Waker, Workbench};

/// Opens the desktop on a study, or on the welcome page.
pub fn open(study: Option<PathBuf>) -> anyhow::Result<()> {
    let workbench = study.as_deref().map(Workbench::open).transpose()?;
    let places = Places {
        sample_folder: std::env::current_dir().unwrap_or_default().join("assay-demo"),
        logical_cpus: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        settings_file: dirs::config_dir().map(|folder| folder.join("assay").join("desktop.json")),
    };
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id("assay")
            .with_title("Assay")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([900.0, 600.0]),
        ..Default::default()
    };
    let create: eframe::AppCreator<'static> = Box::new(move |cc| {
        theme::install(&cc.egui_ctx);
        let app = DesktopApp::new(workbench, Arc::new(NativeBackend), places);
        app.restore(&cc.egui_ctx);
        Ok(Box::new(Window { app, ctx: cc.egui_ctx.clone() }))
    });
    // Where a library of the window system is missing, the windowing library panics rather than fails.
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| eframe::run_native("assay", options, create)));
    let hint = "no window can be opened here; the command line does everything the desktop does: assay --help";
    match ran {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(anyhow::anyhow!("{error}")).context(hint),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            Err(anyhow::anyhow!(message.unwrap_or_else(|| "the window system failed".to_owned()))).context(hint)
        }
    }
}

struct Window {
    app: DesktopApp,
    ctx: egui::Context,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.app.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.app.end(&self.ctx);
    }
}

/// The service, with the dialogs of the system.
struct NativeBackend;

impl Backend for NativeBackend {
    fn choose_folder(&self, start: &Path) -> Result<Option<PathBuf>, String> {
        // The folder itself need not be there yet.
        let start = start.ancestors().find(|folder| folder.is_dir());
        let dialog = rfd::FileDialog::new().set_title("Choose a folder");
        let dialog = match start {
            Some(start) => dialog.set_directory(start),
            None => dialog,
        };
        Ok(dialog.pick_folder())
    }

    fn probe(&self, targets: &[Target]) -> Vec<TargetReport> {
        ServiceBackend.probe(targets)
    }

    fn inspect_model(&self, target: &Target, choice: ModelChoice) -> Result<ModelReport, String> {
        ServiceBackend.inspect_model(target, choice)
    }

    fn watch(&self, target: Target, waker: Waker) -> Watch {
        ServiceBackend.watch(target, waker)
    }

    fn start_run(&self, request: RunRequest, waker: Waker) -> Box<dyn ActiveRun> {
        ServiceBackend.start_run(request, waker)
    }
}
