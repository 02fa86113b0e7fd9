//! The application: what is open, what runs in the background, and how requests are carried out.

mod measuring;
mod output;
mod studies;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use assay_service::commands::spec_of;
use assay_service::core::kernel::Kernel;
use assay_service::core::model::ModelReport;
use assay_service::intake::Intake;
use assay_service::journal::Recovered;
use assay_service::{Action, Command, ReportKind, Target, TargetReport, Unfinished, Workbench, WrittenReport};
use egui::{Context, Ui};

pub(crate) use self::measuring::targets;
use self::output::Saved;
use self::studies::{Opened, with_session};
use crate::backend::Backend;
use crate::background::Task;
use crate::dialogs::{Purpose, StudyDialog};
use crate::live::LiveRun;
use crate::notices::{Notice, Notices};
use crate::palette::Palette;
use crate::picture::Format;
use crate::requests::{Devices, Exports, Request};
use crate::settings::Settings;
use crate::telemetry::Telemetry;
use crate::units::Units;
use crate::views::{View, Views};
use crate::{shell, shortcuts};

/// Where things are by default.
#[derive(Clone, Debug)]
pub struct Places {
    /// Offered as the folder of a new sample study.
    pub sample_folder: PathBuf,
    /// Processors of this machine, by which the sample's baseline is priced.
    pub logical_cpus: usize,
    /// Where the window remembers what it remembers between sessions; nowhere when absent.
    pub settings_file: Option<PathBuf>,
}

/// The application.
pub struct DesktopApp {
    pub(crate) workbench: Option<Workbench>,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) places: Places,
    pub(crate) view: View,
    pub(crate) views: Views,
    pub(crate) devices: Devices,
    pub(crate) run: LiveRun,
    pub(crate) telemetry: Telemetry,
    watching_wanted: bool,
    pub(crate) exports: Exports,
    pub(crate) notices: Notices,
    pub(crate) palette: Palette,
    pub(crate) dialog: Option<StudyDialog>,
    pub(crate) settings: Settings,
    pub(crate) settings_shown: bool,
    pub(crate) recovered: Option<Recovered>,
    opening: Option<Task<Result<Opened, String>>>,
    browsing: Option<Task<Result<Option<PathBuf>, String>>>,
    taking_in: Vec<Task<(PathBuf, Result<Intake, String>)>>,
    refreshing: Option<Task<Result<Workbench, String>>>,
    refresh_again: bool,
    inspecting: Option<Task<Result<ModelReport, String>>>,
    reading_kernel: Option<Task<Result<Kernel, String>>>,
    pub(crate) unfinished: Option<Unfinished>,
    probing: Option<Task<Vec<TargetReport>>>,
    exporting: Option<Task<(ReportKind, Result<WrittenReport, String>)>>,
    pub(crate) picture_offered: bool,
    pictures: (Sender<Saved>, Receiver<Saved>),
    pub(crate) requests: Vec<Request>,
    window_title: String,
}

impl std::fmt::Debug for DesktopApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DesktopApp").field("view", &self.view).field("run", &self.run).finish_non_exhaustive()
    }
}
impl DesktopApp {
    /// The application with a study, or with none. Call [`crate::theme::install`] once for the context first.
    pub fn new(workbench: Option<Workbench>, backend: Arc<dyn Backend>, places: Places) -> Self {
        let settings = places.settings_file.as_deref().map(Settings::load).unwrap_or_default();
        let mut app = Self {
            workbench: None,
            backend,
            settings,
            settings_shown: false,
            recovered: None,
            browsing: None,
            taking_in: Vec::new(),
            refreshing: None,
            refresh_again: false,
            inspecting: None,
            reading_kernel: None,
            unfinished: None,
            places,
            view: View::Overview,
            views: Views::default(),
            devices: Devices::default(),
            run: LiveRun::default(),
            telemetry: Telemetry::default(),
            watching_wanted: true,
            exports: Exports::default(),
            notices: Notices::default(),
            palette: Palette::default(),
            dialog: None,
            opening: None,
            probing: None,
            exporting: None,
            picture_offered: false,
            pictures: channel(),
            requests: Vec::new(),
            window_title: String::new(),
        };
        if let Some(workbench) = workbench {
            app.take_study(with_session(workbench));
        }
        app
    }

    /// Sets theme and zoom as they were in the last session. Call it once, after the fonts are installed.
    pub fn restore(&self, ctx: &Context) {
        self.settings.apply(ctx);
    }

    /// Remembers theme and zoom, and that the session ended well. Call it when the window closes.
    pub fn end(&mut self, ctx: &Context) {
        self.settings.take(ctx);
        self.settings.open = None;
        self.save_settings();
    }

    pub(crate) fn save_settings(&mut self) {
        let Some(file) = &self.places.settings_file else { return };
        if let Err(error) = self.settings.save(file) {
            let detail = format!("{}: {error}", file.display());
            self.notices.error("Recent studies and the theme cannot be remembered", detail);
        }
    }

    /// The study that is open.
    pub fn workbench(&self) -> Option<&Workbench> {
        self.workbench.as_ref()
    }

    /// The view that is shown.
    pub fn view(&self) -> View {
        self.view
    }

    /// Shows a view.
    pub fn set_view(&mut self, view: View) {
        self.view = view;
    }

    /// The latest run.
    pub fn run(&self) -> &LiveRun {
        &self.run
    }

    /// Documents written in this session.
    pub fn exports(&self) -> &Exports {
        &self.exports
    }

    /// What is known of attached devices.
    pub fn devices(&self) -> &Devices {
        &self.devices
    }

    /// The notices that are open.
    pub fn notices(&self) -> &[Notice] {
        self.notices.open()
    }

    /// The title of the window.
    pub fn title(&self) -> String {
        match &self.workbench {
            Some(workbench) => format!("{} – Assay", workbench.study().title),
            None => "Assay".to_owned(),
        }
    }

    /// Takes what background work has brought. Call it before each frame, and while the window is hidden.
    pub fn logic(&mut self, ctx: &Context) {
        self.poll_opening();
        self.poll_browsing();
        self.poll_taking_in(ctx);
        self.poll_refreshing(ctx);
        self.poll_models();
        self.poll_pictures();
        self.telemetry.poll();
        self.poll_devices();
        self.poll_export();
        self.poll_run(ctx);
        let title = self.title();
        if self.window_title != title {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.window_title = title;
        }
    }

    /// Draws the window and carries out what was asked for.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.take_dropped(ui.ctx());
        let study = self.workbench.as_ref().map(|workbench| &workbench.assessment().study);
        Units::new(self.settings.units, study).leave(ui.ctx());
        if !self.palette.is_open() && self.dialog.is_none() && self.recovered.is_none() && !self.settings_shown {
            if ui.input_mut(|i| i.consume_shortcut(&shortcuts::PALETTE)) {
                self.palette.open();
            }
            self.requests.extend(shortcuts::pressed(ui).into_iter().map(Request::Do));
        }
        let mut requests = std::mem::take(&mut self.requests);
        shell::ui(self, ui, &mut requests);
        if self.view.shows_devices() && !self.devices.asked && self.workbench.is_some() {
            requests.push(Request::Do(Action::DetectDevices));
        }
        self.watch_or_not(ui.ctx());
        let changed = !requests.is_empty();
        for request in requests {
            self.carry_out(request, ui.ctx());
        }
        if changed {
            // What was changed after drawing is to be seen at once.
            ui.request_repaint();
        }
    }

    /// What the sensors of this machine's devices say.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Whether an action makes sense now.
    pub fn is_enabled(&self, action: Action) -> bool {
        let study = self.workbench.as_ref();
        match action {
            Action::Undo => study.is_some_and(Workbench::can_undo),
            Action::Redo => study.is_some_and(Workbench::can_redo),
            Action::DetectDevices => study.is_some() && self.probing.is_none(),
            Action::StartRun => study.is_some() && !self.run.is_active(),
            Action::CancelRun => self.run.is_active() && !self.run.cancelling,
            Action::ExportDossier => study.is_some() && self.exporting.is_none(),
            Action::SavePng | Action::SaveSvg => study.is_some(),
            Action::CompareRuns => study.is_some_and(|w| !w.measurements().is_empty()),
            Action::ShowOverview
            | Action::ShowHardware
            | Action::ShowBenchmarks
            | Action::ShowResults
            | Action::ShowCost
            | Action::ShowCapacity
            | Action::ShowMigration
            | Action::ShowReports => study.is_some(),
            Action::Save | Action::SaveAs => study.is_some() && self.opening.is_none(),
            Action::OpenStudy | Action::NewStudy | Action::NewSample => self.opening.is_none(),
            _ => true,
        }
    }

    fn carry_out(&mut self, request: Request, ctx: &Context) {
        match request {
            Request::Apply(command) => self.apply(command),
            Request::Do(action) if self.is_enabled(action) => self.act(action, ctx),
            Request::Do(_) => {}
            Request::StartRun(request) => self.start_run(*request, ctx),
            Request::PauseRun(paused) => self.run.set_paused(paused),
            Request::ForgetRun => {
                if let Some(workbench) = &self.workbench {
                    Unfinished::remove(workbench.folder());
                }
                self.unfinished = None;
            }
            Request::SavePicture { format, title, rect } => self.save_picture(format, &title, rect, ctx),
            Request::Watch(wanted) => self.watching_wanted = wanted,
            Request::Refresh => self.refresh(ctx),
            Request::InspectModel(choice) => {
                let backend = Arc::clone(&self.backend);
                let work = move || backend.inspect_model(&Target::local(), *choice);
                self.inspecting = Task::start(ctx, "inspect model", work).ok();
            }
            Request::ReadKernel(folder) => {
                let work = move || Kernel::load(&folder).map_err(|e| e.to_string());
                self.reading_kernel = Task::start(ctx, "read kernel", work).ok();
            }
            Request::ShowJob(job) => {
                self.run.follow = job.is_none();
                if job.is_some() {
                    self.run.shown = job;
                }
            }
            Request::ShowMeasurement(id) => {
                self.views.results.select(id);
                self.view = View::Results;
            }
            Request::ShowOdds => {
                self.views.cost.show_odds();
                self.view = View::Cost;
            }
            Request::Export { kind, out } => self.export(kind, out, ctx),
        }
    }

    fn apply(&mut self, command: Command) {
        let Some(workbench) = &mut self.workbench else { return };
        if let Err(error) = workbench.apply(command) {
            self.notices.error("The change was not made", error.to_string());
        }
    }

    fn act(&mut self, action: Action, ctx: &Context) {
        if let Some(view) = View::of(action) {
            self.view = view;
            return;
        }
        match action {
            Action::OpenStudy => self.ask(Purpose::Open),
            Action::NewStudy => self.ask(Purpose::New),
            Action::NewSample => self.ask(Purpose::Sample),
            Action::SaveAs => self.ask(Purpose::SaveAs),
            Action::Save => {
                if let Some(workbench) = &self.workbench {
                    let detail = format!("Every change is saved at once, to {}", workbench.folder().display());
                    self.notices.done("The study is saved", detail);
                }
            }
            Action::Undo | Action::Redo => {
                let Some(workbench) = &mut self.workbench else { return };
                let done = if action == Action::Undo { workbench.undo() } else { workbench.redo() };
                if let Err(error) = done {
                    self.notices.error("The study could not be saved", error.to_string());
                }
            }
            Action::DetectDevices => self.probe(ctx),
            Action::StartRun => {
                self.view = View::Benchmarks;
                if let Some(request) =
                    self.workbench.as_ref().and_then(|w| self.views.benchmarks.request(w, &self.devices))
                {
                    self.start_run(request, ctx);
                }
            }
            Action::CompareRuns => {
                self.views.results.compare_last();
                self.view = View::Results;
            }
            Action::SavePng | Action::SaveSvg => {
                let format = if action == Action::SavePng { Format::Png } else { Format::Svg };
                // In the next frame, without the palette.
                let title = spec_of(self.view.action()).label.to_owned();
                self.requests.push(Request::SavePicture { format, title, rect: ctx.content_rect() });
            }
            Action::CancelRun => self.run.cancel(),
            Action::ExportDossier => self.export(ReportKind::Dossier, None, ctx),
            Action::Settings => self.settings_shown = true,
            Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            _ => {}
        }
    }
}

/// The result of a task that is over; the task is then gone.
fn take_finished<T: Send + 'static>(task: &mut Option<Task<T>>) -> Option<Result<T, String>> {
    let result = task.as_ref()?.poll().transpose()?;
    *task = None;
    Some(result)
}
