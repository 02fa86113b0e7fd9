//! The window around the desktop's views.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use assay_desktop::{DesktopApp, Places, ServiceBackend, theme};
use assay_service::Workbench;

/// Opens the desktop on a study, or on the welcome page.
pub fn open(study: Option<PathBuf>) -> anyhow::Result<()> {
    let workbench = study.as_deref().map(Workbench::open).transpose()?;
    let places = Places {
        sample_folder: std::env::current_dir().unwrap_or_default().join("assay-demo"),
        logical_cpus: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
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
        Ok(Box::new(Window(DesktopApp::new(workbench, Arc::new(ServiceBackend), places))))
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

struct Window(DesktopApp);

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.0.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.0.ui(ui);
    }
}
