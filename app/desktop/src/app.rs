//! The application: what is open, what runs in the background, and how requests are carried out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use assay_service::commands::spec_of;
use assay_service::core::kernel::Kernel;
use assay_service::core::model::ModelReport;
use assay_service::intake::Intake;
use assay_service::journal::{JournalError, Recovered};
use assay_service::{
    Action, Command, ReportKind, RunRequest, Target, TargetReport, Unfinished, Workbench, WrittenReport, folders,
    intake,
};
use egui::{Context, Ui};

use crate::backend::Backend;
use crate::background::{Task, waker};
use crate::dialogs::{Decision, Purpose, Recovery, StudyDialog};
use crate::live::{LiveRun, Outcome};
use crate::notices::{Notice, Notices};
use crate::palette::Palette;
use crate::picture::{self, Asked, Format};
use crate::requests::{Devices, Exports, Request};
use crate::settings::Settings;
use crate::telemetry::Telemetry;
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
    pub(crate) picture_asked: Option<Asked>,
    pictures: (Sender<Saved>, Receiver<Saved>),
    pub(crate) requests: Vec<Request>,
    window_title: String,
}

/// The file of a picture, or why there is none.
type Saved = Result<PathBuf, String>;

/// A study that was opened, and what came of its journal.
type Opened = (Workbench, Result<Option<Recovered>, JournalError>);

fn with_session(mut workbench: Workbench) -> Opened {
    let recovered = workbench.begin_session();
    (workbench, recovered)
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
            picture_asked: None,
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

    fn save_settings(&mut self) {
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
        if !self.palette.is_open() && self.dialog.is_none() && self.recovered.is_none() {
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

    /// Sensors are read while they are looked at. A run is left alone: it reads them itself.
    fn watch_or_not(&mut self, ctx: &Context) {
        let wanted = self.watching_wanted
            && self.view == View::Hardware
            && self.workbench.is_some()
            && !self.run.is_active()
            && self.telemetry.ended.is_none();
        match (wanted, self.telemetry.is_watching()) {
            (true, false) => self.telemetry.begin(self.backend.watch(Target::local(), waker(ctx))),
            (false, true) => self.telemetry.stop(),
            _ => {}
        }
    }

    /// What the sensors of this machine's devices say.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Saves a part of the window as a picture among the documents of the study.
    fn save_picture(&mut self, format: Format, title: &str, rect: egui::Rect, ctx: &Context) {
        let Some(workbench) = &self.workbench else { return };
        let name: String =
            title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
        let stamp = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S%.3f");
        let name = format!("{}-{stamp}.{}", name.trim_matches('-'), format.ending());
        let file = workbench.reports_folder().join("pictures").join(name);
        let write = |file: PathBuf, bytes: &[u8]| {
            assay_base::files::write_atomic(&file, bytes).map_err(|e| format!("{}: {e}", file.display())).map(|()| file)
        };
        match format {
            Format::Svg => {
                let background = crate::theme::Tokens::of(ctx).surface;
                let text = ctx.graphics(|graphics| picture::svg(graphics, rect, background));
                self.pictures.0.send(write(file, text.as_bytes())).ok();
            }
            Format::Png => {
                let (sender, pixels_per_point, wake) = (self.pictures.0.clone(), ctx.pixels_per_point(), waker(ctx));
                let taken = egui::ScreenshotCallback::new(move |window| {
                    let bytes = picture::png(&window, rect, pixels_per_point);
                    sender.send(bytes.and_then(|bytes| write(file, &bytes))).ok();
                    wake();
                });
                ctx.send_viewport_cmd(egui::ViewportCommand::Screenshot(taken));
            }
        }
    }

    fn poll_pictures(&mut self) {
        for saved in self.pictures.1.try_iter() {
            match saved {
                Ok(file) => self.notices.done("The picture is saved", file.display().to_string()),
                Err(error) => self.notices.error("The picture could not be saved", error),
            }
        }
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
            Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            _ => {}
        }
    }

    fn ask(&mut self, purpose: Purpose) {
        self.dialog = Some(StudyDialog::new(purpose, &self.places, self.workbench.as_ref()));
    }

    /// Carries out what was decided in the dialog.
    pub(crate) fn decided(&mut self, decision: Decision, ctx: &Context) {
        match decision {
            Decision::Pending => {}
            Decision::Cancelled => self.dialog = None,
            Decision::Browse(start) => {
                let backend = Arc::clone(&self.backend);
                self.browsing = Task::start(ctx, "choose folder", move || backend.choose_folder(&start)).ok();
            }
            Decision::Chosen { purpose, folder } => self.open_study(purpose, &folder, ctx),
        }
    }

    /// Carries out what was decided about a session that did not end well.
    pub(crate) fn recover(&mut self, decision: Recovery) {
        let Some(recovered) = self.recovered.take() else { return };
        if decision == Recovery::TakeBack {
            for _ in &recovered.changes {
                let Some(workbench) = &mut self.workbench else { return };
                if let Err(error) = workbench.undo() {
                    self.notices.error("Not every change could be taken back", error.to_string());
                    return;
                }
            }
        }
    }

    /// Opens the study of a folder in the background, after creating or copying it where that is the purpose.
    pub(crate) fn open_study(&mut self, purpose: Purpose, folder: &Path, ctx: &Context) {
        let folder = folder.to_owned();
        let logical_cpus = self.places.logical_cpus;
        let current = self.workbench.as_ref().map(|w| w.folder().to_owned());
        let same = |a: &Path, b: &Path| a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a));
        if purpose == Purpose::Open && current.as_deref().is_some_and(|current| same(current, &folder)) {
            self.dialog = None;
            return;
        }
        let work = move || {
            match (purpose, current) {
                (Purpose::Sample, _) => {
                    assay_service::sample::create_sample(&folder, logical_cpus).map_err(|e| e.to_string())?;
                }
                (Purpose::New, _) => folders::create(&folder).map_err(|e| e.to_string())?,
                (Purpose::SaveAs, Some(current)) => folders::copy(&current, &folder).map_err(|e| e.to_string())?,
                (Purpose::SaveAs | Purpose::Open, _) => {}
            }
            Workbench::open(&folder).map(with_session).map_err(|e| e.to_string())
        };
        match Task::start(ctx, "open study", work) {
            Ok(task) => self.opening = Some(task),
            Err(error) => self.notices.error("The study could not be opened", error.to_string()),
        }
    }

    /// Whether the system's own dialog is open.
    pub(crate) fn is_browsing(&self) -> bool {
        self.browsing.is_some()
    }

    fn poll_browsing(&mut self) {
        let Some(result) = take_finished(&mut self.browsing) else { return };
        let Some(dialog) = &mut self.dialog else { return };
        match result.and_then(|chosen| chosen) {
            Ok(Some(folder)) => dialog.set_folder(&folder),
            Ok(None) => {
                dialog.error = Some("No folder was chosen. Where no dialog opens, type the folder.".to_owned());
            }
            Err(error) => dialog.error = Some(error),
        }
    }

    /// Files that were dropped on the window.
    fn take_dropped(&mut self, ctx: &Context) {
        let dropped = ctx.input_mut(|i| std::mem::take(&mut i.raw.dropped_files));
        for path in dropped.into_iter().map(|file| file.path().to_owned()) {
            let study = self.workbench.as_ref().map(|w| w.folder().to_owned());
            let task = Task::start(ctx, "take in", move || {
                let taken = intake::take_in(study.as_deref(), &path);
                (path, taken)
            });
            self.taking_in.extend(task.ok());
        }
    }

    fn poll_taking_in(&mut self, ctx: &Context) {
        let mut over = Vec::new();
        self.taking_in.retain(|task| match task.poll() {
            Ok(None) => true,
            Ok(Some(result)) => {
                over.push(result);
                false
            }
            Err(_) => false,
        });
        for (path, taken) in over {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match taken {
                Ok(Intake::Study(folder)) => self.open_study(Purpose::Open, &folder, ctx),
                Ok(Intake::Model(file)) => {
                    self.views.benchmarks.choose_model(&file);
                    self.view = View::Benchmarks;
                }
                Ok(Intake::Document(file)) => {
                    self.views.reports.verify(&file);
                    self.view = View::Reports;
                }
                Ok(Intake::Profile { id, warnings }) => {
                    self.notices
                        .done(format!("The profile `{id}` is in the catalogue of the study"), warnings.join("\n"));
                    self.refresh(ctx);
                }
                Ok(Intake::Results { kind, added, duplicates, set_aside }) => {
                    let detail = format!("{kind}: {added} added, {duplicates} already there, {set_aside} set aside");
                    self.notices.done(format!("{name} was taken in"), detail);
                    self.refresh(ctx);
                }
                Err(error) => self.notices.error(format!("{name} could not be taken in"), error),
            }
        }
    }

    fn poll_models(&mut self) {
        if let Some(result) = take_finished(&mut self.inspecting) {
            self.views.benchmarks.set_model(result.and_then(|report| report));
        }
        if let Some(result) = take_finished(&mut self.reading_kernel) {
            self.views.benchmarks.add_kernel(result.and_then(|kernel| kernel));
        }
    }

    /// Reads catalogue and measurements again, in the background.
    pub(crate) fn refresh(&mut self, ctx: &Context) {
        let Some(workbench) = &self.workbench else { return };
        if self.refreshing.is_some() {
            self.refresh_again = true;
            return;
        }
        let folder = workbench.folder().to_owned();
        let work = move || Workbench::open(&folder).map_err(|e| e.to_string());
        self.refreshing = Task::start(ctx, "refresh", work).ok();
    }

    fn poll_refreshing(&mut self, ctx: &Context) {
        let Some(result) = take_finished(&mut self.refreshing) else { return };
        let Some(workbench) = &mut self.workbench else { return };
        let adopted = result.and_then(|read| read).and_then(|read| match read.folder() == workbench.folder() {
            true => workbench.adopt(read).map_err(|e| e.to_string()),
            // Another study was opened meanwhile.
            false => Ok(()),
        });
        if let Err(error) = adopted {
            self.notices.error("The study could not be read again", error);
        }
        if std::mem::take(&mut self.refresh_again) {
            self.refresh(ctx);
        }
    }

    /// Whether a study is being opened.
    pub(crate) fn is_opening(&self) -> bool {
        self.opening.is_some()
    }

    fn take_study(&mut self, (workbench, session): Opened) {
        match session {
            Ok(recovered) => self.recovered = recovered.filter(|r| !r.changes.is_empty()),
            Err(error) => self.notices.error("This session has no journal", error.to_string()),
        }
        self.settings.opened(workbench.folder());
        self.save_settings();
        self.run.abandon();
        self.devices = Devices::default();
        self.probing = None;
        self.telemetry = Telemetry::default();
        self.exports = Exports::default();
        self.views = Views::of(&workbench);
        self.unfinished = Unfinished::read(workbench.folder()).filter(|u| !u.left(workbench.measurements()).is_empty());
        if !workbench.warnings().is_empty() {
            self.notices.error("Some measurements could not be read", workbench.warnings().join("\n"));
        }
        self.workbench = Some(workbench);
    }

    fn poll_opening(&mut self) {
        let Some(result) = take_finished(&mut self.opening) else { return };
        match result.and_then(|opened| opened) {
            Ok(opened) => {
                self.take_study(opened);
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
        let noted = request.clone();
        let active = self.backend.start_run(request, waker(ctx));
        self.run = LiveRun::begin(active, noted, ctx.input(|i| i.time));
        self.unfinished = None;
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
        if let (Some(_), Some(workbench)) = (&taken.ended, &self.workbench) {
            let left = |u: &Unfinished| !u.left(workbench.measurements()).is_empty();
            self.unfinished = Unfinished::read(workbench.folder()).filter(left);
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
