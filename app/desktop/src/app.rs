//! The application: what is open, what runs in the background, and how requests are carried out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay_service::{Action, Command, ReportKind, RunRequest, Target, TargetReport, Workbench, WrittenReport};
use egui::{Context, Ui};

use crate::backend::Backend;
use crate::background::{Task, waker};
use crate::dialogs::StudyDialog;
use crate::live::{LiveRun, Outcome};
use crate::notices::{Notice, Notices};
use crate::palette::Palette;
use crate::requests::{Devices, Exports, Request, Scene};
use crate::views::{View, Views};
use crate::{shell, shortcuts};

/// Where things are by default.
#[derive(Clone, Debug)]
pub struct Places {
    /// Offered as the folder of a new sample study.
    pub sample_folder: PathBuf,
    /// Processors of this machine, by which the sample's baseline is priced.
    pub logical_cpus: usize,
}

/// The application.
pub struct DesktopApp {
    pub(crate) workbench: Option<Workbench>,
    backend: Arc<dyn Backend>,
    pub(crate) places: Places,
    pub(crate) view: View,
    pub(crate) views: Views,
    pub(crate) devices: Devices,
    pub(crate) run: LiveRun,
    pub(crate) exports: Exports,
    pub(crate) notices: Notices,
    pub(crate) palette: Palette,
    pub(crate) dialog: Option<StudyDialog>,
    opening: Option<Task<Result<Workbench, String>>>,
    probing: Option<Task<Vec<TargetReport>>>,
    exporting: Option<Task<(ReportKind, Result<WrittenReport, String>)>>,
    requests: Vec<Request>,
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
        let mut app = Self {
            workbench: None,
            backend,
            places,
            view: View::Overview,
            views: Views::default(),
            devices: Devices::default(),
            run: LiveRun::default(),
            exports: Exports::default(),
            notices: Notices::default(),
            palette: Palette::default(),
            dialog: None,
            opening: None,
            probing: None,
            exporting: None,
            requests: Vec::new(),
            window_title: String::new(),
        };
        if let Some(workbench) = workbench {
            app.take_study(workbench);
        }
        app
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
        if !self.palette.is_open() && self.dialog.is_none() {
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
        let changed = !requests.is_empty();
        for request in requests {
            self.carry_out(request, ui.ctx());
        }
        if changed {
            // What was changed after drawing is to be seen at once.
            ui.request_repaint();
        }
    }

    /// What views see.
    pub(crate) fn scene<'a>(
        workbench: &'a Workbench,
        devices: &'a Devices,
        run: &'a LiveRun,
        exports: &'a Exports,
        requests: &'a mut Vec<Request>,
    ) -> Scene<'a> {
        Scene { workbench, devices, run, exports, requests }
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
            Action::ShowOverview
            | Action::ShowHardware
            | Action::ShowBenchmarks
            | Action::ShowResults
            | Action::ShowCost
            | Action::ShowMigration
            | Action::ShowReports => study.is_some(),
            Action::OpenStudy | Action::NewSample => self.opening.is_none(),
            _ => true,
        }
    }

    fn carry_out(&mut self, request: Request, ctx: &Context) {
        match request {
            Request::Apply(command) => self.apply(command),
            Request::Do(action) if self.is_enabled(action) => self.act(action, ctx),
            Request::Do(_) => {}
            Request::StartRun(request) => self.start_run(*request, ctx),
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
            Action::OpenStudy => self.dialog = Some(StudyDialog::open(&self.places, self.workbench.as_ref())),
            Action::NewSample => self.dialog = Some(StudyDialog::sample(&self.places)),
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
            Action::CancelRun => self.run.cancel(),
            Action::ExportDossier => self.export(ReportKind::Dossier, None, ctx),
            Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            _ => {}
        }
    }

    /// Opens the study of a folder in the background; `sample` creates the sample study there first.
    pub(crate) fn open_study(&mut self, folder: &Path, sample: bool, ctx: &Context) {
        let folder = folder.to_owned();
        let logical_cpus = self.places.logical_cpus;
        let work = move || {
            if sample {
                assay_service::sample::create_sample(&folder, logical_cpus).map_err(|e| e.to_string())?;
            }
            Workbench::open(&folder).map_err(|e| e.to_string())
        };
        match Task::start(ctx, "open study", work) {
            Ok(task) => self.opening = Some(task),
            Err(error) => self.notices.error("The study could not be opened", error.to_string()),
        }
    }

    /// Whether a study is being opened.
    pub(crate) fn is_opening(&self) -> bool {
        self.opening.is_some()
    }

    fn take_study(&mut self, workbench: Workbench) {
        self.run.abandon();
        self.devices = Devices::default();
        self.probing = None;
        self.exports = Exports::default();
        self.views = Views::of(&workbench);
        if !workbench.warnings().is_empty() {
            self.notices.error("Some measurements could not be read", workbench.warnings().join("\n"));
        }
        self.workbench = Some(workbench);
    }

    fn poll_opening(&mut self) {
        let Some(result) = take_finished(&mut self.opening) else { return };
        match result.and_then(|opened| opened) {
            Ok(workbench) => {
                self.take_study(workbench);
                self.view = View::Overview;
                self.dialog = None;
            }
            Err(error) => match &mut self.dialog {
                Some(dialog) => dialog.error = Some(error),
                None => self.notices.error("The study could not be opened", error),
            },
        }
    }

    fn probe(&mut self, ctx: &Context) {
        let Some(workbench) = &self.workbench else { return };
        let targets = targets(workbench);
        let backend = Arc::clone(&self.backend);
        self.devices.asked = true;
        match Task::start(ctx, "probe devices", move || backend.probe(&targets)) {
            Ok(task) => {
                self.probing = Some(task);
                self.devices.probing = true;
            }
            Err(error) => self.notices.error("Devices could not be detected", error.to_string()),
        }
    }

    fn poll_devices(&mut self) {
        let Some(result) = take_finished(&mut self.probing) else { return };
        self.devices.probing = false;
        match result {
            Ok(reports) => self.devices.reports = reports,
            Err(error) => self.notices.error("Devices could not be detected", error),
        }
    }

    fn start_run(&mut self, request: RunRequest, ctx: &Context) {
        if self.run.is_active() {
            return;
        }
        let active = self.backend.start_run(request, waker(ctx));
        self.run = LiveRun::begin(active, ctx.input(|i| i.time));
    }

    fn poll_run(&mut self, ctx: &Context) {
        if !self.run.is_active() {
            return;
        }
        let taken = self.run.take_events(ctx.input(|i| i.time));
        if taken.more {
            ctx.request_repaint();
        }
        if let Some(workbench) = &mut self.workbench {
            for measurement in taken.measurements {
                if let Err(error) = workbench.add_measurement(measurement) {
                    self.notices.error("The study could not be evaluated", error.to_string());
                }
            }
        }
        match taken.ended {
            Some(Outcome::Done(summary)) => {
                let title = if summary.cancelled { "The run was cancelled" } else { "The run is over" };
                self.notices.done(title, format!("{} passed, {} ended otherwise", summary.passed, summary.other));
            }
            Some(Outcome::Failed(reason)) => self.notices.error("The run failed", reason),
            None => {}
        }
    }

    fn export(&mut self, kind: ReportKind, out: Option<PathBuf>, ctx: &Context) {
        let Some(workbench) = self.workbench.as_ref().filter(|_| self.exporting.is_none()) else { return };
        let folder = workbench.folder().to_owned();
        let scenario = workbench.scenario().map(str::to_owned);
        let backend = Arc::clone(&self.backend);
        let work = move || (kind, backend.export(&folder, scenario.as_deref(), kind, out));
        match Task::start(ctx, "export", work) {
            Ok(task) => {
                self.exporting = Some(task);
                self.exports.writing = true;
                self.exports.error = None;
            }
            Err(error) => self.notices.error("The document could not be written", error.to_string()),
        }
    }

    fn poll_export(&mut self) {
        let Some(result) = take_finished(&mut self.exporting) else { return };
        self.exports.writing = false;
        match result {
            Ok((kind, Ok(report))) => {
                self.notices.done(format!("{} written", kind.title()), report.path.display().to_string());
                self.exports.written.push((kind, report));
            }
            Ok((_, Err(error))) | Err(error) => {
                self.notices.error("The document could not be written", error.clone());
                self.exports.error = Some(error);
            }
        }
    }
}

/// This machine and the targets of the study.
pub(crate) fn targets(workbench: &Workbench) -> Vec<Target> {
    std::iter::once(Target::local()).chain(workbench.study().targets.iter().map(Target::of)).collect()
}

/// The result of a task that is over; the task is then gone.
fn take_finished<T: Send + 'static>(task: &mut Option<Task<T>>) -> Option<Result<T, String>> {
    let result = task.as_ref()?.poll().transpose()?;
    *task = None;
    Some(result)
}
