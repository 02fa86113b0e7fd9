//! Devices, their sensors, and the run under way.

use std::sync::Arc;

use assay_service::{RunRequest, Target, Unfinished, Workbench};
use egui::Context;

use super::{DesktopApp, take_finished};
use crate::background::{Task, waker};
use crate::live::{LiveRun, Outcome};
use crate::views::View;

/// This machine and the targets of the study.
pub(crate) fn targets(workbench: &Workbench) -> Vec<Target> {
    std::iter::once(Target::local()).chain(workbench.study().targets.iter().map(Target::of)).collect()
}

impl DesktopApp {
    /// Sensors are read while they are looked at. A run is left alone: it reads them itself.
    pub(super) fn watch_or_not(&mut self, ctx: &Context) {
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

    pub(super) fn poll_models(&mut self) {
        if let Some(result) = take_finished(&mut self.inspecting) {
            self.views.benchmarks.set_model(result.and_then(|report| report));
        }
        if let Some(result) = take_finished(&mut self.reading_kernel) {
            self.views.benchmarks.add_kernel(result.and_then(|kernel| kernel));
        }
    }

    pub(super) fn probe(&mut self, ctx: &Context) {
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

    pub(super) fn poll_devices(&mut self) {
        let Some(result) = take_finished(&mut self.probing) else { return };
        self.devices.probing = false;
        match result {
            Ok(reports) => self.devices.reports = reports,
            Err(error) => self.notices.error("Devices could not be detected", error),
        }
    }

    pub(super) fn start_run(&mut self, request: RunRequest, ctx: &Context) {
        if self.run.is_active() {
            return;
        }
        let noted = request.clone();
        let active = self.backend.start_run(request, waker(ctx));
        self.run = LiveRun::begin(active, noted, ctx.input(|i| i.time));
        self.unfinished = None;
        self.views.benchmarks.show_latest_run();
    }

    pub(super) fn poll_run(&mut self, ctx: &Context) {
        if !self.run.is_active() {
            return;
        }
        let taken = self.run.take_events(ctx.input(|i| i.time));
        if taken.more {
            ctx.request_repaint();
        }
        if let Some(workbench) = &mut self.workbench
            && let Err(error) = workbench.add_measurements(taken.measurements)
        {
            self.notices.error("The study could not be evaluated", error.to_string());
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
}
