//! A run under way or just over: its jobs, the samples of one of them, and the log.

use assay_base::format::{self, or_unknown};
use assay_service::core::measurement::Status;
use egui::{Button, Color32, Label, RichText, ScrollArea, Sense, Ui};
use egui_extras::Column;
use egui_plot::{Line, PlotPoints};

use super::sensed;
use crate::live::{JobRow, JobState, LiveRun, Outcome, about};
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::basics::CORNER;
use crate::widgets::plot::{Scale, house_plot, with_axes};
use crate::widgets::{Icon, bullet, card_filled, table};

/// Draws the run.
pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, lower: &mut Lower) {
    let run = scene.run;
    ui.spacing_mut().item_spacing.y = theme::GAP;
    let height = ui.available_height();
    card_filled(ui, |ui| {
        headline(ui, run, scene.requests);
        ui.add_space(4.0);
        ui.push_id("jobs", |ui| {
            ui.set_height((height * 0.42).max(140.0));
            jobs_table(ui, scene);
        });
    });
    let shown = run.shown.and_then(|i| run.jobs.get(i));
    if ui.available_width() < TWO_CARDS {
        card_filled(ui, |ui| {
            lower.tabs(ui, &Lower::ALL, shown);
            lower.ui(ui, run, shown);
        });
        return;
    }
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        card_filled(left, |ui| {
            ui.add(Label::new(theme::card_title(latency_title(shown))).truncate());
            latency(ui, run, shown);
        });
        card_filled(right, |ui| {
            if *lower == Lower::Latency {
                *lower = Lower::Device;
            }
            lower.tabs(ui, &[Lower::Device, Lower::Log], shown);
            lower.ui(ui, run, shown);
        });
    });
}

/// From this width on latencies and sensors are shown side by side.
const TWO_CARDS: f32 = 640.0;

/// What is shown under the jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lower {
    #[default]
    Latency,
    Device,
    Log,
}

impl Lower {
    const ALL: [Self; 3] = [Self::Latency, Self::Device, Self::Log];

    fn label(self) -> &'static str {
        match self {
            Self::Latency => "Latency",
            Self::Device => "Device",
            Self::Log => "Log",
        }
    }

    fn tabs(&mut self, ui: &mut Ui, tabs: &[Self], shown: Option<&JobRow>) {
        ui.horizontal(|ui| {
            for tab in tabs {
                let button = Button::selectable(self == tab, tab.label());
                if ui.add(button).accessible_name(format!("Show {}", tab.label().to_lowercase())).clicked() {
                    *self = *tab;
                }
            }
            if *self == Self::Device {
                sensed::throttled(ui, shown.and_then(|job| job.readings.back()));
            }
        });
    }

    fn ui(self, ui: &mut Ui, run: &LiveRun, shown: Option<&JobRow>) {
        match self {
            Self::Latency => {
                ui.add(Label::new(theme::caption(latency_title(shown))).truncate());
                latency(ui, run, shown);
            }
            Self::Device => device(ui, shown),
            Self::Log => log(ui, run),
        }
    }
}

fn latency_title(job: Option<&JobRow>) -> String {
    job.map_or_else(|| "Latency".to_owned(), |j| format!("Latency of {} with {}", j.job.workload.id, j.job.stack))
}

/// Latencies so far, with their noise against the rule that ends the timing.
fn latency(ui: &mut Ui, run: &LiveRun, job: Option<&JobRow>) {
    if let Some(job) = job {
        ui.add(Label::new(theme::caption(noise_and_rule(run, job))).truncate());
    }
    latency_plot(ui, job);
}

/// The noise of the samples and what ends the timing, or what has ended it.
fn noise_and_rule(run: &LiveRun, job: &JobRow) -> String {
    let noise = |noise: Option<f64>| or_unknown(noise, |noise| format::percent(noise, 1));
    if let Some((stop, ended_with)) = job.stopped {
        return format!("Noise {}, stopped by: {}", noise(ended_with), stop.label());
    }
    let Some(timing) = job.timing.as_ref().filter(|_| matches!(job.state, JobState::Running(_))) else {
        return String::new();
    };
    let samples = format::thousands(timing.samples as f64, 0);
    let bound = format::percent(timing.rule.noise_bound, 1);
    let left = timing.at_most_secs(run.now()).ceil();
    format!("Noise {}, {samples} samples; stops under {bound}, when steady, or in {left} s", noise(timing.noise()))
}

/// What the sensors of the job's device said while it was timed.
fn device(ui: &mut Ui, job: Option<&JobRow>) {
    ui.set_min_height(ui.available_height().max(120.0));
    let Some(job) = job.filter(|job| !job.readings.is_empty()) else {
        let text = match job.map(|j| &j.state) {
            Some(JobState::Ended { .. }) => "No sensor of the device told anything while it was timed.",
            _ => "Power, clocks and temperature appear here while the workload is timed, if the device tells them.",
        };
        ui.add(Label::new(theme::caption(text)).wrap());
        return;
    };
    let (first, last) = (job.readings.front(), job.readings.back());
    let span = first.zip(last).map(|(a, b)| (b.elapsed_secs - a.elapsed_secs).max(0.0));
    let told = format::thousands(job.readings.len() as f64, 0);
    let over = or_unknown(span.filter(|span| *span > 0.0), format::duration);
    ui.label(theme::caption(format!("{}: {told} readings while it was timed, {over}", job.job.device_name)));
    ScrollArea::vertical().id_salt("sensors").auto_shrink([false, false]).show(ui, |ui| {
        sensed::plots(ui, job.readings.iter(), 2);
    });
}

fn headline(ui: &mut Ui, run: &LiveRun, requests: &mut Vec<Request>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let (text, color) = match &run.outcome {
            None if run.cancelling => ("Cancelling", tokens.warning),
            None if run.paused && run.current().is_some() => ("Pausing after this job", tokens.warning),
            None if run.paused => ("Paused", tokens.warning),
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
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_space(CORNER);
            if run.is_active() {
                let (name, paused) = if run.paused { ("Go on", false) } else { ("Pause", true) };
                let button = ui.add_enabled(!run.cancelling, Button::new(name));
                if button.on_hover_text("The job under way is measured to its end").clicked() {
                    requests.push(Request::PauseRun(paused));
                }
            } else if let Some(retry) = run.retry()
                && ui.button("Retry what broke").on_hover_text("Measures again what broke or did not begin").clicked()
            {
                requests.push(Request::StartRun(Box::new(retry)));
            }
        });
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
    let ui_width = ui.available_width();
    let moved = table::row_keys(ui, "Jobs", ui.available_rect_before_wrap(), || run.shown, run.jobs.len());
    let mut builder = table::builder(ui, "jobs");
    if let Some(row) = moved {
        requests.push(Request::ShowJob(Some(row)));
        builder = builder.scroll_to_row(row, None);
    } else if run.is_active()
        && run.follow
        && let Some(current) = run.shown
    {
        builder = builder.scroll_to_row(current, None);
    }
    let wide = ui_width > 560.0;
    let titles = [
        ("Workload", false),
        ("Stack", false),
        ("Device", false),
        ("State", false),
        ("Samples", true),
        ("Median", true),
    ];
    let shown = |title: &str| wide || !matches!(title, "Device" | "Samples");
    let mut builder =
        builder.sense(Sense::CLICK).auto_shrink([false, false]).column(Column::remainder().at_least(120.0).clip(true));
    builder = builder.column(Column::exact(if wide { 110.0 } else { 84.0 }).clip(true));
    if wide {
        builder = builder.column(Column::exact(150.0).clip(true));
    }
    builder = builder.column(Column::exact(if wide { 120.0 } else { 96.0 }).clip(true));
    if wide {
        builder = builder.column(Column::exact(70.0));
    }
    builder
        .column(Column::exact(86.0))
        .header(theme::HEADER, |mut header| {
            for (title, at_right) in titles.into_iter().filter(|(title, _)| shown(title)) {
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
                    table::text(ui, job.job.workload.id.as_str()).on_hover_text(&job.job.device_name);
                });
                row.col(|ui| {
                    table::text(ui, job.job.stack.as_str());
                });
                if wide {
                    row.col(|ui| {
                        table::text(ui, device).on_hover_text(&job.job.device_name);
                    });
                }
                row.col(|ui| state_cell(ui, job));
                if wide {
                    row.col(|ui| {
                        table::number(ui, format::thousands(job.samples_ms.len() as f64, 0));
                    });
                }
                row.col(|ui| {
                    let median = match &job.state {
                        JobState::Ended { median_secs, .. } => *median_secs,
                        _ => None,
                    };
                    table::number(ui, or_unknown(median, |secs| Units::of(ui).duration(secs)));
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
    let response = table::text(ui, RichText::new(text).color(color));
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
    if samples.is_empty() {
        ui.set_min_height(height);
        let text = match job.map(|j| &j.state) {
            Some(JobState::Ended { status, .. }) => status.reason().unwrap_or("It was not executed."),
            Some(JobState::Running(_)) => "Samples appear here while the workload is measured.",
            _ => "No samples yet.",
        };
        ui.add(Label::new(theme::caption(text)).wrap());
        return;
    }
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
