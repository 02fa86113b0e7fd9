//! A run as the window sees it: jobs with their states, samples as they arrive, a log, the time that is left.

use std::collections::VecDeque;

use assay_base::format;
use assay_service::core::Measurement;
use assay_service::core::measurement::{Status, StopReason};
use assay_service::core::stopping::{StopRule, StoppingRule};
use assay_service::core::telemetry::Reading;
use assay_service::{Job, JobKey, RunEvent, RunRequest, RunSummary};
use egui_plot::PlotPoint;

use crate::backend::ActiveRun;

/// The most lines kept in the log.
const LOG_LINES: usize = 2000;
/// The most readings kept of a job.
const READINGS: usize = 2000;
/// How the phases begin in which executions are timed.
const TIMING: &str = "measuring";
/// Time spent on events in one frame; the rest waits for the next.
const BUDGET: std::time::Duration = std::time::Duration::from_millis(10);

/// Where a job stands.
#[derive(Clone, Debug, PartialEq)]
pub enum JobState {
    /// Not begun.
    Waiting,
    /// Under way, in this phase.
    Running(String),
    /// Over.
    Ended {
        /// How.
        status: Status,
        /// The median, where it was timed.
        median_secs: Option<f64>,
        /// Its measurement.
        measurement_id: String,
    },
    /// The run ended before it began.
    Skipped,
}

/// A job with what is known of it.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// The job.
    pub job: Job,
    /// Where it stands.
    pub state: JobState,
    /// Latencies so far: number of the execution, milliseconds.
    pub samples_ms: Vec<PlotPoint>,
    /// What the sensors of its device said while it was timed, oldest first.
    pub readings: VecDeque<Reading>,
    /// When the timing under way began, in the time of the readings.
    timing_began_secs: f64,
    /// How far the timing under way has come; `None` before it begins.
    pub timing: Option<LiveTiming>,
    /// Why timing stopped and the noise it ended with, once it is over.
    pub stopped: Option<(StopReason, Option<f64>)>,
}

impl JobRow {
    fn of(job: Job) -> Self {
        Self {
            job,
            state: JobState::Waiting,
            samples_ms: Vec::new(),
            readings: VecDeque::new(),
            timing_began_secs: 0.0,
            timing: None,
            stopped: None,
        }
    }
}

/// A timing under way, against the rule that ends it.
#[derive(Clone, Debug)]
pub struct LiveTiming {
    /// The rule.
    pub rule: StopRule,
    /// Samples so far.
    pub samples: usize,
    so_far: StoppingRule,
    began: f64,
}

impl LiveTiming {
    fn begin(rule: StopRule, now: f64) -> Self {
        Self { rule, samples: 0, so_far: StoppingRule::new(rule), began: now }
    }

    fn add(&mut self, latency_secs: &[f64]) {
        self.samples += latency_secs.len();
        latency_secs.iter().for_each(|secs| self.so_far.add(*secs));
    }

    /// Relative noise of the samples so far; unknown before there are two.
    pub fn noise(&self) -> Option<f64> {
        self.so_far.noise()
    }

    /// Seconds until the rule ends it in any case.
    pub fn at_most_secs(&self, now: f64) -> f64 {
        (self.rule.max_time_secs - (now - self.began)).max(0.0)
    }
}

/// How the run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It went to its end, or was cancelled.
    Done(RunSummary),
    /// It could not go on.
    Failed(String),
}

/// The latest run.
#[derive(Default)]
pub struct LiveRun {
    active: Option<Box<dyn ActiveRun>>,
    /// Its jobs.
    pub jobs: Vec<JobRow>,
    /// The job whose samples are shown; follows the run until the user chooses one.
    pub shown: Option<usize>,
    /// Whether `shown` follows the run.
    pub follow: bool,
    /// What it told.
    pub log: VecDeque<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Whether the user asked it to stop.
    pub cancelling: bool,
    /// Whether it waits before its next job.
    pub paused: bool,
    /// What was asked for.
    pub request: Option<Box<RunRequest>>,
    started_at: f64,
    updated_at: f64,
}

impl std::fmt::Debug for LiveRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveRun")
            .field("jobs", &self.jobs.len())
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// What the study has to know of the events taken.
#[derive(Debug, Default)]
pub struct Taken {
    /// New measurements.
    pub measurements: Vec<Measurement>,
    /// Set when the run is over.
    pub ended: Option<Outcome>,
    /// Whether events are still waiting.
    pub more: bool,
}

impl LiveRun {
    /// A run that has just begun. `now` is the window's clock in seconds.
    pub fn begin(active: Box<dyn ActiveRun>, request: RunRequest, now: f64) -> Self {
        let request = Some(Box::new(request));
        Self { active: Some(active), request, follow: true, started_at: now, updated_at: now, ..Self::default() }
    }

    /// Asks the run to wait before its next job, or to go on.
    pub fn set_paused(&mut self, paused: bool) {
        if let Some(active) = &self.active {
            active.set_paused(paused);
            self.paused = paused;
        }
    }

    /// What measures again the jobs that broke or did not begin; `None` when there are none. What is unsupported is a
    /// finding, and stays one.
    pub fn retry(&self) -> Option<RunRequest> {
        let request = self.request.as_ref().filter(|_| !self.is_active())?;
        let broke = |row: &&JobRow| match &row.state {
            JobState::Ended { status, .. } => {
                !matches!(status, Status::Passed | Status::Unsupported { .. } | Status::Unavailable { .. })
            }
            JobState::Skipped => true,
            JobState::Waiting | JobState::Running(_) => false,
        };
        let only: Vec<JobKey> = self.jobs.iter().filter(broke).map(|row| row.job.key()).collect();
        (!only.is_empty()).then(|| RunRequest { only, continues: None, ..(**request).clone() })
    }

    /// Whether a run is under way.
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Whether there is anything to show.
    pub fn is_empty(&self) -> bool {
        self.active.is_none() && self.jobs.is_empty() && self.outcome.is_none()
    }

    /// Asks the run to stop.
    pub fn cancel(&mut self) {
        if let Some(active) = &self.active {
            active.cancel();
            self.cancelling = true;
        }
    }

    /// Jobs that are over.
    pub fn ended_jobs(&self) -> usize {
        self.jobs.iter().filter(|j| matches!(j.state, JobState::Ended { .. })).count()
    }

    /// The share of jobs that are over.
    pub fn progress(&self) -> f32 {
        if self.jobs.is_empty() { 0.0 } else { self.ended_jobs() as f32 / self.jobs.len() as f32 }
    }

    /// The job under way.
    pub fn current(&self) -> Option<&JobRow> {
        self.jobs.iter().find(|j| matches!(j.state, JobState::Running(_)))
    }

    /// Seconds since the run began, until its last event.
    pub fn elapsed_secs(&self) -> f64 {
        (self.updated_at - self.started_at).max(0.0)
    }

    /// The window's clock at the last event, in seconds.
    pub fn now(&self) -> f64 {
        self.updated_at
    }

    /// Seconds that are left if the other jobs take as long as the ones so far; unknown before the first is over.
    pub fn remaining_secs(&self) -> Option<f64> {
        let ended = self.ended_jobs();
        let left = self.jobs.len().checked_sub(ended)?;
        (self.is_active() && ended > 0).then(|| self.elapsed_secs() / ended as f64 * left as f64)
    }

    /// Takes the events that have arrived, for a limited time.
    pub fn take_events(&mut self, now: f64) -> Taken {
        let mut taken = Taken::default();
        let Some(active) = self.active.take() else { return taken };
        self.updated_at = now;
        let begun = std::time::Instant::now();
        loop {
            match active.events().try_recv() {
                Ok(event) => self.take(event, &mut taken),
                Err(std::sync::mpsc::TryRecvError::Empty) => break,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => {
                    if taken.ended.is_none() {
                        taken.ended = Some(Outcome::Failed("the run ended without a word".to_owned()));
                    }
                    break;
                }
            }
            if taken.ended.is_some() {
                break;
            }
            if begun.elapsed() > BUDGET {
                taken.more = true;
                break;
            }
        }
        match &taken.ended {
            None => self.active = Some(active),
            Some(outcome) => {
                self.outcome = Some(outcome.clone());
                self.cancelling = false;
                self.paused = false;
                for job in &mut self.jobs {
                    if matches!(job.state, JobState::Waiting | JobState::Running(_)) {
                        job.state = JobState::Skipped;
                    }
                }
                release(active);
            }
        }
        taken
    }

    fn take(&mut self, event: RunEvent, taken: &mut Taken) {
        match event {
            RunEvent::Planned { jobs } => {
                self.log(format!("{} jobs planned", jobs.len()));
                self.jobs = jobs.into_iter().map(JobRow::of).collect();
            }
            RunEvent::Started { index } => {
                self.set_state(index, JobState::Running("starting".to_owned()));
                if self.follow {
                    self.shown = Some(index);
                }
                if let Some(name) = self.jobs.get(index).map(|j| job_name(&j.job)) {
                    self.log(name);
                }
            }
            RunEvent::Phase { index, phase } => {
                let rule = self.request.as_ref().map(|request| request.plan.stop);
                if let (Some(row), Some(rule), true) = (self.jobs.get_mut(index), rule, phase.starts_with(TIMING)) {
                    // Each timing counts from its own begin.
                    row.timing_began_secs = row.readings.back().map_or(0.0, |last| last.elapsed_secs);
                    row.timing = Some(LiveTiming::begin(rule, self.updated_at));
                }
                self.set_state(index, JobState::Running(phase));
            }
            RunEvent::Samples { index, latency_secs } => {
                if let Some(row) = self.jobs.get_mut(index) {
                    let first = row.samples_ms.len();
                    let points = latency_secs.iter().enumerate();
                    row.samples_ms.extend(points.map(|(i, secs)| PlotPoint::new((first + i + 1) as f64, secs * 1e3)));
                    row.timing.iter_mut().for_each(|timing| timing.add(&latency_secs));
                }
            }
            RunEvent::Readings { index, readings } => {
                if let Some(row) = self.jobs.get_mut(index) {
                    let began = row.timing_began_secs;
                    let placed = |r: Reading| Reading { elapsed_secs: began + r.elapsed_secs, ..r };
                    row.readings.extend(readings.into_iter().map(placed));
                    let surplus = row.readings.len().saturating_sub(READINGS);
                    row.readings.drain(..surplus);
                }
            }
            RunEvent::Finished { index, measurement } => {
                let status = measurement.status.clone();
                let reason = status.reason().map(|r| format!(": {r}")).unwrap_or_default();
                self.log(format!("{} with {}: {}{reason}", measurement.workload.id, measurement.stack, status.label()));
                let median_secs = measurement.timing.as_ref().map(|t| t.statistics.median_secs);
                if let Some(row) = self.jobs.get_mut(index) {
                    let timing = measurement.timing.as_ref();
                    row.stopped = timing.map(|t| (t.stop, t.statistics.relative_noise));
                }
                self.set_state(index, JobState::Ended { status, median_secs, measurement_id: measurement.id.clone() });
                taken.measurements.push(*measurement);
            }
            RunEvent::Note(text) => self.log(text),
            RunEvent::Done(summary) => taken.ended = Some(Outcome::Done(summary)),
            RunEvent::Failed(reason) => {
                self.log(format!("failed: {reason}"));
                taken.ended = Some(Outcome::Failed(reason));
            }
        }
    }

    fn set_state(&mut self, index: usize, state: JobState) {
        if let Some(row) = self.jobs.get_mut(index) {
            row.state = state;
        }
    }

    fn log(&mut self, line: String) {
        if self.log.len() == LOG_LINES {
            self.log.pop_front();
        }
        self.log.push_back(line);
    }

    /// Lets the run go without waiting for its end; another thread does.
    pub fn abandon(&mut self) {
        if let Some(active) = self.active.take() {
            release(active);
        }
        *self = Self::default();
    }
}

/// A time that nobody knows exactly.
pub fn about(secs: f64) -> String {
    match secs.ceil() {
        s if s <= 1.0 => "about a second".to_owned(),
        s if s < 90.0 => format!("about {} seconds", format::thousands(s, 0)),
        s => format!("about {} minutes", format::thousands(s / 60.0, 0)),
    }
}

/// A job in words.
pub fn job_name(job: &Job) -> String {
    let place = if job.target.id == "local" { String::new() } else { format!(" at {}", job.target.id) };
    format!("{} with {} on {}{place}", job.workload.id, job.stack, job.device_name)
}

/// Dropping a run waits for its worker: not on the thread of the window.
fn release(active: Box<dyn ActiveRun>) {
    // Without a thread to wait on, waiting here is what is left; the closure is dropped either way.
    std::thread::Builder::new().name("end of run".to_owned()).spawn(move || drop(active)).ok();
}
