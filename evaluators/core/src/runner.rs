//! The runner: everything about a measurement that is not the stack's.
//!
//! Prepare, execute once, check against the fp64 reference, warm up, time hot executions until the stopping rule says
//! so, time a few executions with cold caches, read the sensors alongside.

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::device::Device;
use crate::environment::ForeignLoad;
use crate::evaluator::{Evaluator, EvaluatorError, Job, Prepared, Support};
use crate::kernel::KernelReport;
use crate::kernel::ceiling::{self, Ceilings};
use crate::measurement::{Correctness, Status, Throughput, Timing};
use crate::model::{self, ModelJob, ModelOptions, ModelReference, Placement};
use crate::profile::{Profile, Roofs};
use crate::reference::Reference;
use crate::statistics::Statistics;
use crate::stopping::StopRule;
use crate::telemetry::{self, Reading, Sensors, TelemetrySummary};
use crate::workload::Workload;

#[cfg(test)]
mod tests;
mod throttling;
mod timing;

/// How to measure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// When to stop timing.
    pub stop: StopRule,
    /// Time of untimed executions before the timed ones.
    pub warm_up_secs: f64,
    /// Executions with cold caches.
    pub cold_executions: usize,
    /// Seed of the data.
    pub seed: u64,
    /// How a user's model is run; the standard workloads leave it to their stacks.
    #[serde(default)]
    pub model: ModelOptions,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            stop: StopRule::default(),
            warm_up_secs: 0.2,
            cold_executions: 5,
            seed: 42,
            model: ModelOptions::default(),
        }
    }
}

impl Plan {
    /// For a first impression: a suite of a dozen workloads in about half a minute a stack.
    pub fn quick() -> Self {
        let stop = StopRule { min_time_secs: 0.3, max_time_secs: 1.5, noise_bound: 0.01, ..StopRule::default() };
        Self { stop, warm_up_secs: 0.1, cold_executions: 3, ..Self::default() }
    }
}

/// Executions before the timed ones, however long they take.
const MIN_WARM_UP: usize = 2;

/// What a measurement in progress tells.
pub trait Observer {
    /// It entered a phase such as `preparing`, `checking` or `measuring`.
    fn phase(&mut self, phase: &str);
    /// New latencies.
    fn samples(&mut self, latency_secs: &[f64]);
    /// What the device's sensors said meanwhile; the time is since timing began.
    fn readings(&mut self, _readings: &[Reading]) {}
}

/// What the runner needs of the host.
pub trait Host {
    /// Starts to watch for load that is not ours.
    fn load_meter(&self) -> Box<dyn LoadMeter>;
    /// The sensors of a device, if it has any.
    fn sensors(&self, device: &Device) -> Option<Box<dyn Sensors>>;
}

/// Watches for load that is not ours.
pub trait LoadMeter {
    /// What was seen since the start.
    fn finish(self: Box<Self>) -> ForeignLoad;
}

/// What the runner found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Timing, where the workload was executed.
    pub timing: Option<Timing>,
    /// The correctness verdict, where there was an output.
    pub correctness: Option<Correctness>,
    /// Items a second at the median, where the result passed.
    pub throughput: Option<Throughput>,
    /// The sensors in brief.
    pub telemetry: Option<TelemetrySummary>,
    /// Load that was not ours.
    pub foreign_load: ForeignLoad,
    /// Which execution providers executed the nodes, where the engine tells.
    #[serde(default)]
    pub placement: Option<Placement>,
    /// What the device executed, where its stack takes profiles.
    #[serde(default)]
    pub profile: Option<Profile>,
    /// What was found out about a kernel, where one was measured.
    #[serde(default)]
    pub kernel: Option<KernelReport>,
    /// Remarks of the evaluator.
    pub notes: Vec<(String, String)>,
}

impl Outcome {
    /// An outcome without a measurement.
    pub fn of(status: Status) -> Self {
        Self {
            status,
            timing: None,
            correctness: None,
            throughput: None,
            telemetry: None,
            foreign_load: ForeignLoad::default(),
            placement: None,
            profile: None,
            kernel: None,
            notes: Vec::new(),
        }
    }
}

/// Data and reference of the workload last measured, so that the next stack need not wait for them.
#[derive(Debug, Default)]
pub struct Cache {
    key: Option<(String, u64)>,
    job: Option<Arc<Job>>,
    reference: Option<Arc<Reference>>,
    /// What devices were measured to do at most.
    pub(crate) ceilings: Ceilings,
}

impl Cache {
    pub(crate) fn job(&mut self, workload: &Workload, seed: u64) -> Arc<Job> {
        let key = (workload.hash(), seed);
        if let (true, Some(job)) = (self.key.as_ref() == Some(&key), &self.job) {
            return Arc::clone(job);
        }
        let job = Arc::new(Job::new(workload, seed));
        (self.key, self.job, self.reference) = (Some(key), Some(Arc::clone(&job)), None);
        job
    }

    pub(crate) fn reference(&mut self, job: &Job) -> Arc<Reference> {
        Arc::clone(self.reference.get_or_insert_with(|| Arc::new(Reference::compute(job))))
    }
}

/// Measures one workload on one device with one stack.
pub fn measure(
    evaluator: &dyn Evaluator,
    device: &Device,
    workload: &Workload,
    plan: &Plan,
    host: &dyn Host,
    cache: &mut Cache,
    observer: &mut dyn Observer,
) -> Outcome {
    if let Support::Unsupported { reason } = evaluator.support(device, workload) {
        return Outcome::of(Status::Unsupported { reason });
    }
    if let Err(error) = load(evaluator, observer) {
        return Outcome::of(error.status());
    }
    observer.phase("generating data");
    let job = cache.job(workload, plan.seed);
    let subject = Subject {
        workload,
        prepare: &|| evaluator.prepare(device, &job),
        check: &mut |prepared| check(prepared, cache, &job),
    };
    let mut outcome = run(subject, device, plan, host, observer);
    set_under_roofs(&mut outcome, evaluator, device, workload, cache, observer);
    outcome
}

fn load(evaluator: &dyn Evaluator, observer: &mut dyn Observer) -> Result<(), EvaluatorError> {
    observer.phase("loading the stack");
    evaluator.load()
}

/// Measures the device's ceilings for a profile, once for each format.
pub(crate) fn set_under_roofs(
    outcome: &mut Outcome,
    evaluator: &dyn Evaluator,
    device: &Device,
    workload: &Workload,
    cache: &mut Cache,
    observer: &mut dyn Observer,
) {
    if let Some(Profile::Taken(timeline)) = &mut outcome.profile {
        observer.phase("measuring the ceilings");
        let mut of = |shape: ceiling::Of| ceiling::measured(evaluator, device, workload.format, shape, cache);
        timeline.roofs = Roofs { flops_per_sec: of(ceiling::Of::Gemm), bytes_per_sec: of(ceiling::Of::Triad) };
    }
}

/// Measures a user's model on one device with one stack. The answer is compared with a reference that the caller had
/// another engine, or the same one with its optimiser off, compute.
pub fn measure_model(
    evaluator: &dyn Evaluator,
    device: &Device,
    job: &ModelJob,
    reference: &ModelReference,
    plan: &Plan,
    host: &dyn Host,
    observer: &mut dyn Observer,
) -> Outcome {
    if let Support::Unsupported { reason } = evaluator.support_model(device, job) {
        return Outcome::of(Status::Unsupported { reason });
    }
    if let Err(error) = load(evaluator, observer) {
        return Outcome::of(error.status());
    }
    let tolerance = model::tolerance(job.workload.format);
    let subject = Subject {
        workload: &job.workload,
        prepare: &|| evaluator.prepare_model(device, job),
        check: &mut |prepared| {
            let error_norm = reference.error_norm(&prepared.outputs()?);
            Ok(Correctness { error_norm, tolerance, passed: error_norm.is_some_and(|error| error <= tolerance) })
        },
    };
    let mut outcome = run(subject, device, plan, host, observer);
    outcome.notes.push(("reference".to_owned(), reference.origin.clone()));
    outcome
}

/// What is measured: how it is prepared, and how its output is judged.
pub(crate) struct Subject<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) prepare: &'a dyn Fn() -> Result<Box<dyn Prepared>, EvaluatorError>,
    pub(crate) check: &'a mut dyn FnMut(&mut dyn Prepared) -> Result<Correctness, EvaluatorError>,
}

pub(crate) fn run(
    subject: Subject<'_>,
    device: &Device,
    plan: &Plan,
    host: &dyn Host,
    observer: &mut dyn Observer,
) -> Outcome {
    let mut notes = Vec::new();
    match timed_run(subject, device, plan, host, observer, &mut notes) {
        Ok(outcome) => reject_other_providers(outcome),
        Err(error) => Outcome { notes, ..Outcome::of(error.status()) },
    }
}

/// What another provider than the wanted one executed is not the wanted one's result.
fn reject_other_providers(outcome: Outcome) -> Outcome {
    match outcome.placement.as_ref().and_then(Placement::rejection) {
        Some(reason) if outcome.status.passed() => {
            Outcome { status: Status::Failed { reason }, throughput: None, ..outcome }
        }
        _ => outcome,
    }
}

fn timed_run(
    subject: Subject<'_>,
    device: &Device,
    plan: &Plan,
    host: &dyn Host,
    observer: &mut dyn Observer,
    notes: &mut Vec<(String, String)>,
) -> Result<Outcome, EvaluatorError> {
    observer.phase("preparing");
    let started = Instant::now();
    let mut prepared = (subject.prepare)()?;
    let prepare_secs = started.elapsed().as_secs_f64();
    *notes = prepared.notes();

    observer.phase("first execution");
    let started = Instant::now();
    prepared.execute()?;
    let first_execution_secs = started.elapsed().as_secs_f64();

    observer.phase("checking");
    let correctness = (subject.check)(prepared.as_mut())?;

    observer.phase("warming up");
    let started = Instant::now();
    let mut warm_up_executions = 1;
    while warm_up_executions < MIN_WARM_UP || started.elapsed().as_secs_f64() < plan.warm_up_secs {
        prepared.execute()?;
        warm_up_executions += 1;
    }

    observer.phase("measuring");
    let load = host.load_meter();
    let first = timing::hot(prepared.as_mut(), plan.stop, host.sensors(device), observer);
    let foreign_load = load.finish();
    let first = first?;
    let full_hz = device.properties.get("max_sm_clock_hz").and_then(|hz| hz.parse().ok());
    let (first, again) =
        measure_again(prepared.as_mut(), first, plan.stop, full_hz, &|| host.sensors(device), observer)?;
    let (samples, clocks) = throttling::settle(&first, &again, plan.stop, full_hz);
    let samples_secs: Vec<f64> = samples.iter().map(|sample| sample.latency_secs).collect();

    // What was right at first must still be right after thousands of executions.
    let correctness = if correctness.passed { (subject.check)(prepared.as_mut())? } else { correctness };

    observer.phase("measuring with cold caches");
    let cold_samples_secs = timing::cold(prepared.as_mut(), plan, samples_secs.len())?;
    let method = prepared.timing();
    *notes = prepared.notes();
    let placement = prepared.placement()?;
    // In executions of its own: a profiler disturbs what it watches.
    observer.phase("profiling");
    let profile = prepared.profile();

    let statistics =
        Statistics::of(&samples_secs).ok_or_else(|| EvaluatorError::Failed("no execution was timed".to_owned()))?;
    let status = if correctness.passed {
        Status::Passed
    } else {
        let reason = match correctness.error_norm {
            Some(error) => format!("the error is {error:.1e}, the tolerance {:.0e}", correctness.tolerance),
            None => "the output holds a NaN or infinity, or has another shape".to_owned(),
        };
        Status::Incorrect { reason }
    };
    let throughput = correctness.passed.then(|| Throughput {
        value: subject.workload.items() / statistics.median_secs,
        unit: subject.workload.shape.item().per_sec(),
    });
    Ok(Outcome {
        status,
        timing: Some(Timing {
            method,
            prepare_secs,
            compile_secs: prepared.compile_secs(),
            first_execution_secs,
            warm_up_executions,
            samples_secs,
            cold_samples_secs,
            stop: first.stop,
            statistics,
            clocks,
        }),
        correctness: Some(correctness),
        throughput,
        telemetry: telemetry::summarize(&first.readings),
        foreign_load,
        placement,
        profile,
        kernel: None,
        notes: std::mem::take(notes),
    })
}

fn check(prepared: &mut dyn Prepared, cache: &mut Cache, job: &Job) -> Result<Correctness, EvaluatorError> {
    let output = prepared.output()?;
    let error_norm = cache.reference(job).error_norm(&output);
    let tolerance = job.workload.tolerance();
    Ok(Correctness { error_norm, tolerance, passed: error_norm.is_some_and(|error| error <= tolerance) })
}

/// Executes again what a device that slowed itself down was hindered in, after a rest each time. A device that does so
/// all the time is first timed for longer, until it has settled; the last time then stands for the first samples.
fn measure_again(
    prepared: &mut dyn Prepared,
    mut first: timing::Watched,
    rule: StopRule,
    full_hz: Option<f64>,
    sensors: &dyn Fn() -> Option<Box<dyn Sensors>>,
    observer: &mut dyn Observer,
) -> Result<(timing::Watched, Vec<timing::Watched>), EvaluatorError> {
    if throttling::marks(&first, full_hz).is_some_and(|marks| throttling::is_steady(&marks)) {
        observer.phase("measuring the steady state");
        for _ in 0..throttling::STEADY_ROUNDS {
            let steady = timing::hot(prepared, throttling::steady_rule(rule), sensors(), observer)?;
            let settled = throttling::has_settled(&first, &steady);
            first = steady;
            if settled {
                break;
            }
        }
    }
    let count = |watched: &timing::Watched, wanted: bool| {
        let marks = throttling::marks(watched, full_hz);
        marks.map_or(0, |marks| marks.iter().filter(|mark| **mark == wanted).count())
    };
    let mut left = count(&first, true);
    let mut rounds = Vec::new();
    while left > 0 && rounds.len() < throttling::ROUNDS {
        observer.phase("measuring again after a slow-down");
        std::thread::sleep(throttling::REST);
        let round = timing::hot(prepared, throttling::round_rule(rule, left), sensors(), observer)?;
        left = left.saturating_sub(count(&round, false));
        rounds.push(round);
    }
    Ok((first, rounds))
}
