//! Runs: what to measure where, and how it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use assay_base::format;
use assay_service::core::kernel::Kernel;
use assay_service::core::model::ModelReport;
use assay_service::core::runner::Plan;
use assay_service::core::{Measurement, Suite};
use assay_service::{Action, RunRequest, Unfinished, Workbench, plan_for};
use egui::{Button, Checkbox, ComboBox, DragValue, Label, Panel, ScrollArea, Ui};
use egui_extras::Column;

use super::own_work::OwnWork;
use super::progress;
use crate::app::targets;
use crate::requests::{Devices, Request, Scene};
use crate::theme::{self, Tokens};
use crate::widgets::{Icon, bullet, card, card_filled, empty_state, primary_button, table};

/// The state of the view: what was taken out of the choice, so that what appears later is in it.
#[derive(Debug)]
pub struct BenchmarksView {
    suite: String,
    loaded: Result<Suite, String>,
    without: BTreeMap<Choice, BTreeSet<String>>,
    seed: u64,
    history: (usize, Vec<PastRun>),
    source: Source,
    own: OwnWork,
    lower: progress::Lower,
    past: bool,
    /// Of which run, with how many measurements, and how many of its jobs are left.
    left: Option<(String, usize, usize)>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Source {
    #[default]
    Suite,
    Model,
    Kernels,
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
        let (without, history) = Default::default();
        Self {
            suite,
            loaded,
            without,
            seed,
            history,
            source: Source::Suite,
            own: OwnWork::default(),
            lower: progress::Lower::default(),
            past: false,
            left: None,
        }
    }

    /// The view of a study that was just opened.
    pub fn of(workbench: &Workbench) -> Self {
        let mut view = Self::with_suite(workbench.study().suite.clone());
        // Other machines are measured when somebody asks for it.
        let others = workbench.study().targets.iter().map(|t| t.id.clone()).collect();
        view.without.insert(Choice::Target, others);
        view
    }

    /// Measures this model, once it was looked into.
    pub fn choose_model(&mut self, file: &Path) {
        self.source = Source::Model;
        self.own.choose_model(file);
    }

    /// Takes what was found in the model.
    pub fn set_model(&mut self, report: Result<ModelReport, String>) {
        self.own.set_model(report);
    }

    /// Takes a kernel that was read.
    pub fn add_kernel(&mut self, kernel: Result<Kernel, String>) {
        self.own.add_kernel(kernel);
    }

    /// Shows the run that has just begun.
    pub fn show_latest_run(&mut self) {
        self.past = false;
    }

    fn update_history(&mut self, workbench: &Workbench) {
        let count = workbench.measurements().len();
        if self.history.0 != count {
            let (known, mut runs) = std::mem::take(&mut self.history);
            // A run adds to the end; where something was taken away all of it is read anew.
            let from = if known < count { known } else { 0 };
            if from == 0 {
                runs.clear();
            }
            add_runs(&mut runs, workbench.measurements().get(from..).unwrap_or_default());
            self.history = (count, runs);
        }
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
        let (suite, workloads, model, kernels) = match self.source {
            Source::Suite => (self.suite.clone(), if all { Vec::new() } else { workloads }, None, Vec::new()),
            Source::Model => ("model".to_owned(), Vec::new(), Some(self.own.workload()?), Vec::new()),
            Source::Kernels => ("kernels".to_owned(), Vec::new(), None, self.own.kernels()?),
        };
        Some(RunRequest {
            study_folder: workbench.folder().to_owned(),
            plan: Plan { seed: self.seed, ..plan_for(&suite) },
            suite,
            workloads,
            devices: self.selection(Choice::Device, &all_devices),
            stacks: self
                .selection(Choice::Stack, &all_stacks)
                .into_iter()
                .map(assay_service::core::StackId::new)
                .collect(),
            targets,
            model,
            kernels,
            only: Vec::new(),
            continues: None,
        })
    }

    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let side = egui::Frame::new().outer_margin(egui::Margin { right: theme::GAP as i8, ..Default::default() });
        Panel::left("choice").exact_size(300.0).resizable(false).show_separator_line(false).frame(side).show(
            ui,
            |ui| {
                card_filled(ui, |ui| {
                    // The button stays in sight however long the choice is.
                    let room = (ui.available_height() - 52.0).max(80.0);
                    let area = ScrollArea::vertical().max_height(room).auto_shrink([false, true]);
                    area.show(ui, |ui| self.choice(ui, scene));
                    ui.add_space(4.0);
                    self.start(ui, scene);
                });
            },
        );
        self.unfinished(ui, scene);
        if !scene.run.is_empty() {
            ui.horizontal(|ui| {
                for (past, name) in [(false, "The latest run"), (true, "Runs of this study")] {
                    if ui.add(Button::selectable(self.past == past, name)).clicked() {
                        self.past = past;
                    }
                }
            });
        }
        if self.past || scene.run.is_empty() {
            self.update_history(scene.workbench);
            history(ui, &self.history.1);
        } else {
            progress::ui(ui, scene, &mut self.lower);
        }
    }

    fn choice(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        ui.label(theme::card_title("What to measure"));
        ui.horizontal(|ui| {
            for (source, name) in
                [(Source::Suite, "A suite"), (Source::Model, "ONNX model"), (Source::Kernels, "Kernels")]
            {
                if ui.add(Button::selectable(self.source == source, name)).clicked() {
                    self.source = source;
                }
            }
        });
        match self.source {
            Source::Suite => self.suite_choice(ui, scene),
            Source::Model => self.own.model_ui(ui, scene),
            Source::Kernels => self.own.kernels_ui(ui, scene),
        }
        self.places(ui, scene);
        ui.horizontal(|ui| {
            let label = ui.label(theme::caption("Seed of the data")).id;
            ui.add(DragValue::new(&mut self.seed).range(0..=u64::from(u32::MAX))).labelled_by(label);
        });
        stop_rule(ui, &self.suite_of_source());
    }

    fn unfinished(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(unfinished) = scene.unfinished.filter(|_| !scene.run.is_active()) else { return };
        let measurements = scene.workbench.measurements();
        let known =
            self.left.as_ref().filter(|(id, count, _)| *id == unfinished.run_id && *count == measurements.len());
        let left = known.map_or_else(|| unfinished.left(measurements).len(), |(.., left)| *left);
        if known.is_none() {
            self.left = Some((unfinished.run_id.clone(), measurements.len(), left));
        }
        unfinished_run(ui, scene, unfinished, left);
    }

    /// Starts the run that was chosen, or stops the one under way.
    fn start(&self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let active = scene.run.is_active();
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
                scene.requests.push(Request::StartRun(Box::new(request)));
            }
        });
    }

    /// The name of the suite by which the stop rule is chosen.
    fn suite_of_source(&self) -> String {
        match self.source {
            Source::Suite => self.suite.clone(),
            Source::Model => "model".to_owned(),
            Source::Kernels => "kernels".to_owned(),
        }
    }

    fn suite_choice(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
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
            let (without, own) = (std::mem::take(&mut self.without), std::mem::take(&mut self.own));
            *self = Self { without, own, seed: self.seed, ..Self::with_suite(suite) };
            self.without.remove(&Choice::Workload);
        }
        match &self.loaded {
            Ok(suite) => ui.add(Label::new(theme::caption(&suite.description)).wrap()),
            Err(error) => ui.colored_label(Tokens::of(ui).error, error),
        };
        let workloads: Vec<String> =
            self.loaded.iter().flat_map(|s| s.workloads.iter().map(|w| w.id.clone())).collect();
        ui.add_space(4.0);
        self.check_list(ui, "Workloads", Choice::Workload, workloads.iter());
    }

    fn places(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let (devices, stacks) = known(scene.devices);
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

/// When the timing of a workload ends.
fn stop_rule(ui: &mut Ui, suite: &str) {
    let rule = plan_for(suite).stop;
    let bound = format::percent(rule.noise_bound, 1);
    let longest = format::duration(rule.max_time_secs);
    let full = format!(
        "The timing of a workload stops after {} and {} executions once the noise is under {bound} or stable, at the \
         latest after {longest} or {} executions. Each measurement says which it was.",
        format::duration(rule.min_time_secs),
        rule.min_samples,
        format::thousands(rule.max_samples as f64, 0)
    );
    let brief = format!("Stops at noise under {bound} or stable, or {longest}");
    ui.add(Label::new(theme::caption(brief)).truncate()).on_hover_text(full);
}

/// A run that can go on, with so many jobs left.
fn unfinished_run(ui: &mut Ui, scene: &mut Scene<'_>, unfinished: &Unfinished, left: usize) {
    card_filled(ui, |ui| {
        ui.horizontal(|ui| {
            let text = format!("A run is not over: {left} of {} jobs are left.", unfinished.jobs.len());
            bullet(ui, Icon::Info, Tokens::of(ui).warning, &text);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Forget it").clicked() {
                    scene.requests.push(Request::ForgetRun);
                }
                if primary_button(ui, true, "Continue the run").clicked()
                    && let Some(rest) = unfinished.rest(scene.workbench.measurements())
                {
                    scene.requests.push(Request::StartRun(Box::new(rest)));
                }
            });
        });
    });
    ui.add_space(theme::GAP);
}

/// Ids of devices and of stacks that are available on one of them.
fn known(devices: &Devices) -> (BTreeSet<String>, BTreeSet<String>) {
    let reports = || devices.reports.iter().flat_map(|r| &r.devices);
    let ids = reports().map(|d| d.device.id.clone()).collect();
    let stacks = reports().flat_map(|d| &d.stacks).filter(|s| s.available).map(|s| s.id.as_str().to_owned()).collect();
    (ids, stacks)
}

/// A run of the past.
#[derive(Debug)]
struct PastRun {
    id: String,
    suite: String,
    began: String,
    measurements: usize,
    passed: usize,
}

fn add_runs(runs: &mut Vec<PastRun>, measurements: &[Measurement]) {
    for m in measurements {
        let passed = usize::from(m.status.passed());
        // Measurements of a run follow each other, so that the search ends soon.
        match runs.iter_mut().rev().find(|run| run.id == m.run_id) {
            Some(run) => {
                run.measurements += 1;
                run.passed += passed;
            }
            None => runs.push(PastRun {
                id: m.run_id.clone(),
                suite: m.suite.clone().unwrap_or_else(|| format::UNKNOWN.to_owned()),
                began: m.started_at.strftime("%F %T").to_string(),
                measurements: 1,
                passed,
            }),
        }
    }
}

fn history(ui: &mut Ui, runs: &[PastRun]) {
    if runs.is_empty() {
        let text = "A run executes every workload of the suite with every stack on every device that was chosen, in a \
                    process of its own, and keeps each outcome with the study.";
        empty_state(ui, Icon::Benchmarks, "Nothing has been measured yet", text, None);
        return;
    }
    card(ui, "Runs of this study", |ui| {
        // Where there is little room the id of a run is told on hover: it begins with its time.
        let with_id = ui.available_width() > 620.0;
        let mut builder = table::builder(ui, "runs");
        if with_id {
            builder = builder.column(Column::remainder().clip(true));
        }
        let began = if with_id { Column::exact(170.0) } else { Column::remainder().at_least(120.0).clip(true) };
        let columns = [("Began (UTC)", false), ("Suite", false), ("Measured", true), ("Passed", true)];
        builder
            .column(began)
            .column(Column::exact(100.0).clip(true))
            .columns(Column::exact(76.0), 2)
            .header(theme::HEADER, |mut header| {
                for (title, at_right) in with_id.then_some(("Run", false)).into_iter().chain(columns) {
                    header.col(|ui| {
                        table::title(ui, title, at_right);
                    });
                }
            })
            .body(|body| {
                body.rows(theme::ROW, runs.len(), |mut row| {
                    let Some(run) = runs.iter().rev().nth(row.index()) else { return };
                    if with_id {
                        row.col(|ui| {
                            table::text(ui, theme::number(run.id.as_str()));
                        });
                    }
                    row.col(|ui| {
                        table::text(ui, theme::number(run.began.as_str())).on_hover_text(&run.id);
                    });
                    row.col(|ui| {
                        table::text(ui, run.suite.as_str());
                    });
                    for value in [run.measurements, run.passed] {
                        row.col(|ui| {
                            table::number(ui, format::thousands(value as f64, 0));
                        });
                    }
                });
            });
    });
}
