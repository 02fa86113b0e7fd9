//! Runs: what to measure where, and how it goes.

use std::collections::{BTreeMap, BTreeSet};

use assay_base::format::{self, or_unknown};
use assay_service::core::runner::Plan;
use assay_service::core::{Suite, measurement::Status};
use assay_service::{Action, RunRequest, Workbench, plan_for};
use egui::{Button, Checkbox, Color32, ComboBox, DragValue, Label, Panel, RichText, ScrollArea, Sense, Ui};
use egui_extras::Column;
use egui_plot::{Line, PlotPoints};

use crate::app::targets;
use crate::live::{JobRow, JobState, LiveRun, Outcome, about};
use crate::requests::{Devices, Request, Scene};
use crate::theme::{self, Tokens};
use crate::widgets::plot::{Scale, house_plot, with_axes};
use crate::widgets::{Icon, bullet, card, card_filled, empty_state, primary_button, table};

/// The state of the view: what was taken out of the choice, so that what appears later is in it.
#[derive(Debug)]
pub struct BenchmarksView {
    suite: String,
    loaded: Result<Suite, String>,
    without: BTreeMap<Choice, BTreeSet<String>>,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Choice {
    Workload,
    Device,
    Stack,
    Target,
}

impl Default for BenchmarksView {
    fn default() -> Self {
        Self::with_suite("quick".to_owned())
    }
}

impl BenchmarksView {
    fn with_suite(suite: String) -> Self {
        let loaded = Suite::load(&suite).map_err(|e| e.to_string());
        let seed = plan_for(&suite).seed;
        Self { suite, loaded, without: BTreeMap::new(), seed }
    }

    /// The view of a study that was just opened.
    pub fn of(workbench: &Workbench) -> Self {
        let mut view = Self::with_suite(workbench.study().suite.clone());
        // Other machines are measured when somebody asks for it.
        let others = workbench.study().targets.iter().map(|t| t.id.clone()).collect();
        view.without.insert(Choice::Target, others);
        view
    }

    fn chosen(&self, choice: Choice, name: &str) -> bool {
        self.without.get(&choice).is_none_or(|without| !without.contains(name))
    }

    /// The names that are left; empty when nothing was taken out, which means all.
    fn selection(&self, choice: Choice, all: &BTreeSet<String>) -> Vec<String> {
        let left: Vec<String> = all.iter().filter(|name| self.chosen(choice, name)).cloned().collect();
        if left.len() == all.len() { Vec::new() } else { left }
    }

    /// The run that the choice describes; `None` when nothing is chosen.
    pub fn request(&self, workbench: &Workbench, devices: &Devices) -> Option<RunRequest> {
        let suite = self.loaded.as_ref().ok()?;
        let workloads: Vec<String> =
            suite.workloads.iter().map(|w| w.id.clone()).filter(|id| self.chosen(Choice::Workload, id)).collect();
        let targets: Vec<_> = targets(workbench).into_iter().filter(|t| self.chosen(Choice::Target, &t.id)).collect();
        let (all_devices, all_stacks) = known(devices);
        let none_left = |choice, all: &BTreeSet<String>| !all.is_empty() && all.iter().all(|n| !self.chosen(choice, n));
        if workloads.is_empty()
            || targets.is_empty()
            || none_left(Choice::Device, &all_devices)
            || none_left(Choice::Stack, &all_stacks)
        {
            return None;
        }
        let all = workloads.len() == suite.workloads.len();
        Some(RunRequest {
            study_folder: workbench.folder().to_owned(),
            suite: self.suite.clone(),
            workloads: if all { Vec::new() } else { workloads },
            devices: self.selection(Choice::Device, &all_devices),
            stacks: self
                .selection(Choice::Stack, &all_stacks)
                .into_iter()
                .map(assay_service::core::StackId::new)
                .collect(),
            targets,
            plan: Plan { seed: self.seed, ..plan_for(&self.suite) },
        })
    }

    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let side = egui::Frame::new().outer_margin(egui::Margin { right: theme::GAP as i8, ..Default::default() });
        Panel::left("choice").exact_size(300.0).resizable(false).show_separator_line(false).frame(side).show(
            ui,
            |ui| {
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    card_filled(ui, |ui| self.choice(ui, scene));
                });
            },
        );
        if scene.run.is_empty() {
            history(ui, scene);
        } else {
            progress(ui, scene);
        }
    }

    fn choice(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let active = scene.run.is_active();
        ui.label(theme::card_title("What to measure"));
        let mut suite = self.suite.clone();
        let label = ui.label(theme::caption("Suite")).id;
        ComboBox::from_id_salt("suite")
            .selected_text(suite.as_str())
            .width(ui.available_width())
            .show_ui(ui, |ui| {
                let builtin = Suite::builtin_names().map(str::to_owned);
                let own = std::iter::once(scene.workbench.study().suite.clone())
                    .filter(|s| !Suite::builtin_names().any(|b| b == s));
                for name in builtin.chain(own) {
                    ui.selectable_value(&mut suite, name.clone(), name);
                }
            })
            .response
            .labelled_by(label);
        if suite != self.suite {
            let without = std::mem::take(&mut self.without);
            *self = Self { without, seed: self.seed, ..Self::with_suite(suite) };
            self.without.remove(&Choice::Workload);
        }
        match &self.loaded {
            Ok(suite) => ui.add(Label::new(theme::caption(&suite.description)).wrap()),
            Err(error) => ui.colored_label(Tokens::of(ui).error, error),
        };
        let (devices, stacks) = known(scene.devices);
        ui.add_space(4.0);
        if !devices.is_empty() {
            self.check_list(ui, "Devices", Choice::Device, devices.iter());
            self.check_list(ui, "Stacks", Choice::Stack, stacks.iter());
        } else if scene.devices.probing {
            ui.horizontal(|ui| {
                ui.add(egui::Spinner::new().size(14.0));
                ui.label(theme::caption("Detecting devices"));
            });
        } else {
            ui.label(theme::caption("Every device and every stack that is available"));
        }
        let targets: Vec<String> = targets(scene.workbench).into_iter().map(|t| t.id).collect();
        if targets.len() > 1 {
            self.check_list(ui, "Targets", Choice::Target, targets.iter());
        }
        let workloads: Vec<String> =
            self.loaded.iter().flat_map(|s| s.workloads.iter().map(|w| w.id.clone())).collect();
        self.check_list(ui, "Workloads", Choice::Workload, workloads.iter());
        ui.horizontal(|ui| {
            let label = ui.label(theme::caption("Seed of the data")).id;
            ui.add(DragValue::new(&mut self.seed).range(0..=u64::from(u32::MAX))).labelled_by(label);
        });
        ui.add_space(6.0);
        let request = self.request(scene.workbench, scene.devices);
        ui.horizontal(|ui| {
            if active {
                let clicked = ui.add_enabled(!scene.run.cancelling, Button::new("Stop the run")).clicked();
                if clicked {
                    scene.requests.push(Request::Do(Action::CancelRun));
                }
            } else if primary_button(ui, request.is_some(), "Run").clicked()
                && let Some(request) = request
            {
                scene.requests.push(Request::StartRun(request));
            }
        });
    }

    fn check_list<'a>(&mut self, ui: &mut Ui, title: &str, choice: Choice, names: impl Iterator<Item = &'a String>) {
        ui.label(theme::column_title(title));
        ui.scope(|ui| {
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().item_spacing.y = 2.0;
            for name in names {
                let mut checked = self.chosen(choice, name);
                if ui.add(Checkbox::new(&mut checked, name.as_str())).changed() {
                    let without = self.without.entry(choice).or_default();
                    if checked {
                        without.remove(name)
                    } else {
                        without.insert(name.clone())
                    };
                }
            }
        });
        ui.add_space(4.0);
    }
}

/// Ids of devices and of stacks that are available on one of them.
fn known(devices: &Devices) -> (BTreeSet<String>, BTreeSet<String>) {
    let reports = || devices.reports.iter().flat_map(|r| &r.devices);
    let ids = reports().map(|d| d.device.id.clone()).collect();
    let stacks = reports().flat_map(|d| &d.stacks).filter(|s| s.available).map(|s| s.id.as_str().to_owned()).collect();
    (ids, stacks)
}

fn history(ui: &mut Ui, scene: &mut Scene<'_>) {
    let mut runs: Vec<(&str, &str, usize, usize, String)> = Vec::new();
    for m in scene.workbench.measurements() {
        let passed = usize::from(m.status.passed());
        match runs.iter_mut().find(|r| r.0 == m.run_id) {
            Some(run) => {
                run.2 += 1;
                run.3 += passed;
            }
            None => runs.push((
                &m.run_id,
                m.suite.as_deref().unwrap_or("–"),
                1,
                passed,
                m.started_at.strftime("%F %T").to_string(),
            )),
        }
    }
    if runs.is_empty() {
        let text = "A run executes every workload of the suite with every stack on every device that was chosen, in a \
                    process of its own, and keeps each outcome with the study.";
        empty_state(ui, Icon::Benchmarks, "Nothing has been measured yet", text, None);
        return;
    }
    card(ui, "Runs of this study", |ui| {
        table::builder(ui, "runs")
            .column(Column::remainder().clip(true))
            .column(Column::exact(170.0))
            .column(Column::exact(110.0))
            .column(Column::exact(110.0))
            .column(Column::exact(80.0))
            .header(theme::HEADER, |mut header| {
                for (title, at_right) in
                    [("Run", false), ("Began (UTC)", false), ("Suite", false), ("Measurements", true), ("Passed", true)]
                {
                    header.col(|ui| {
                        table::title(ui, title, at_right);
                    });
                }
            })
            .body(|body| {
                body.rows(theme::ROW, runs.len(), |mut row| {
                    let Some((id, suite, count, passed, began)) = runs.iter().rev().nth(row.index()) else { return };
                    row.col(|ui| {
                        table::text(ui, theme::number(*id));
                    });
                    row.col(|ui| {
                        table::text(ui, theme::number(began.as_str()));
                    });
                    row.col(|ui| {
                        table::text(ui, *suite);
                    });
                    for value in [count, passed] {
                        row.col(|ui| {
                            table::number(ui, format::thousands(*value as f64, 0));
                        });
                    }
                });
            });
    });
}

fn progress(ui: &mut Ui, scene: &mut Scene<'_>) {
    let run = scene.run;
    ui.spacing_mut().item_spacing.y = theme::GAP;
    let height = ui.available_height();
    card_filled(ui, |ui| {
        headline(ui, run);
        ui.add_space(4.0);
        ui.push_id("jobs", |ui| {
            ui.set_height((height * 0.42).max(140.0));
            jobs_table(ui, scene);
        });
    });
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        let shown = run.shown.and_then(|i| run.jobs.get(i));
        let title = shown
            .map_or_else(|| "Latency".to_owned(), |j| format!("Latency of {} with {}", j.job.workload.id, j.job.stack));
        card(left, &title, |ui| latency_plot(ui, shown));
        card(right, "Log", |ui| log(ui, run));
    });
}

fn headline(ui: &mut Ui, run: &LiveRun) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let (text, color) = match &run.outcome {
            None if run.cancelling => ("Cancelling", tokens.warning),
            None => ("Running", tokens.accent),
            Some(Outcome::Done(summary)) if summary.cancelled => ("Cancelled", tokens.warning),
            Some(Outcome::Done(_)) => ("Finished", tokens.success),
            Some(Outcome::Failed(_)) => ("Failed", tokens.error),
        };
        ui.label(theme::lead(text).color(color));
        let mut facts = vec![format!("{} of {} jobs", run.ended_jobs(), run.jobs.len())];
        if let Some(secs) = run.remaining_secs() {
            facts.push(format!("{} left", about(secs)));
        }
        ui.label(RichText::new(facts.join(" · ")).weak());
    });
    let fill = if run.is_active() { tokens.accent } else { tokens.border_strong };
    ui.add(egui::ProgressBar::new(run.progress()).desired_height(6.0).fill(fill));
    if let Some(Outcome::Failed(reason)) = &run.outcome {
        bullet(ui, Icon::Warning, tokens.error, reason);
    }
}

fn jobs_table(ui: &mut Ui, scene: &mut Scene<'_>) {
    let run = scene.run;
    let requests = &mut *scene.requests;
    let mut builder = table::builder(ui, "jobs");
    if run.is_active()
        && run.follow
        && let Some(current) = run.shown
    {
        builder = builder.scroll_to_row(current, None);
    }
    builder
        .sense(Sense::click())
        .auto_shrink([false, false])
        .column(Column::remainder().at_least(140.0).clip(true))
        .column(Column::exact(110.0))
        .column(Column::exact(150.0).clip(true))
        .column(Column::exact(120.0).clip(true))
        .column(Column::exact(70.0))
        .column(Column::exact(96.0))
        .header(theme::HEADER, |mut header| {
            let titles = [
                ("Workload", false),
                ("Stack", false),
                ("Device", false),
                ("State", false),
                ("Samples", true),
                ("Median", true),
            ];
            for (title, at_right) in titles {
                header.col(|ui| {
                    table::title(ui, title, at_right);
                });
            }
        })
        .body(|body| {
            body.rows(theme::ROW, run.jobs.len(), |mut row| {
                let index = row.index();
                let Some(job) = run.jobs.get(index) else { return };
                row.set_selected(run.shown == Some(index));
                let device = match job.job.target.id.as_str() {
                    "local" => job.job.device.clone(),
                    target => format!("{} at {target}", job.job.device),
                };
                row.col(|ui| {
                    table::text(ui, job.job.workload.id.as_str());
                });
                row.col(|ui| {
                    table::text(ui, job.job.stack.as_str());
                });
                row.col(|ui| {
                    table::text(ui, device).on_hover_text(&job.job.device_name);
                });
                row.col(|ui| state_cell(ui, job));
                row.col(|ui| {
                    table::number(ui, format::thousands(job.samples_ms.len() as f64, 0));
                });
                row.col(|ui| {
                    let median = match &job.state {
                        JobState::Ended { median_secs, .. } => *median_secs,
                        _ => None,
                    };
                    table::number(ui, or_unknown(median, format::duration));
                });
                let response = row.response();
                if response.clicked() {
                    requests.push(Request::ShowJob(Some(index)));
                }
                if response.double_clicked()
                    && let JobState::Ended { measurement_id, .. } = &job.state
                {
                    requests.push(Request::ShowMeasurement(measurement_id.clone()));
                }
            });
        });
}

fn state_cell(ui: &mut Ui, job: &JobRow) {
    let tokens = Tokens::of(ui);
    let (text, color) = match &job.state {
        JobState::Waiting => ("waiting", tokens.text_subdued),
        JobState::Running(phase) => (phase.as_str(), tokens.accent),
        JobState::Ended { status, .. } => (status.label(), status_color(ui, status)),
        JobState::Skipped => ("not begun", tokens.text_subdued),
    };
    let response = ui.add(Label::new(RichText::new(text).color(color)).selectable(false).truncate());
    if let JobState::Ended { status, .. } = &job.state
        && let Some(reason) = status.reason()
    {
        response.on_hover_text(reason);
    }
}

/// The colour of an outcome. Unsupported is a finding, not a failure.
pub(super) fn status_color(ui: &Ui, status: &Status) -> Color32 {
    let tokens = Tokens::of(ui);
    match status {
        Status::Passed => tokens.success,
        Status::Unsupported { .. } | Status::Unavailable { .. } | Status::Cancelled => tokens.text_subdued,
        Status::Incorrect { .. }
        | Status::Failed { .. }
        | Status::OutOfMemory { .. }
        | Status::Crashed { .. }
        | Status::TimedOut { .. } => tokens.error,
    }
}

fn latency_plot(ui: &mut Ui, job: Option<&JobRow>) {
    let tokens = Tokens::of(ui);
    let samples = job.map_or(&[][..], |j| j.samples_ms.as_slice());
    let height = ui.available_height().max(120.0);
    let plot = house_plot(ui, "live latency").height(height).include_y(0.0);
    with_axes(ui, plot, Scale::new("Execution"), Scale::new("Latency, ms")).show(ui, |plot| {
        plot.line(Line::new("Latency, ms", PlotPoints::Borrowed(samples)).color(tokens.series(0)).width(1.2));
    });
}

fn log(ui: &mut Ui, run: &LiveRun) {
    let height = ui.text_style_height(&egui::TextStyle::Small);
    ui.set_min_height(ui.available_height().max(120.0));
    ScrollArea::vertical().id_salt("log").auto_shrink([false, false]).stick_to_bottom(true).show_rows(
        ui,
        height,
        run.log.len(),
        |ui, rows| {
            for line in run.log.iter().skip(rows.start).take(rows.len()) {
                ui.add(Label::new(theme::caption(line)).truncate()).on_hover_text(line);
            }
        },
    );
}
