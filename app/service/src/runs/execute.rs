//! Carrying out a run: probe the targets, plan the jobs, measure each in a worker, store each outcome at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use assay_base::Evidence;
use assay_core::device::Device;
use assay_core::kernel::Kernel;
use assay_core::model::{ModelChoice, ModelReport};
use assay_core::protocol::MeasureRequest;
use assay_core::runner::Outcome;
use assay_core::suite::SchemaVersion;
use assay_core::supervisor::{Failure, Limits, Measured, Progress, Worker};
use assay_core::variant::{VariantReport, VariantRequest};
use assay_core::{Environment, Measurement, Shape, StackId, Suite, Workload};
use assay_store::{RunWriter, Store};

use super::{Job, RunEvent, RunHandle, RunRequest, RunSummary, Target, TargetReport, Unfinished, Waker};

/// A worker that could not be started so often in a row is not tried again.
const MAX_FAILED_STARTS: usize = 2;
/// How often a run that waits looks whether it may go on.
const PAUSE_PERIOD: Duration = Duration::from_millis(50);

/// Starts a run on a thread of its own. `wake` is called after each event.
pub fn start_run(request: RunRequest, wake: Waker) -> RunHandle {
    let (sender, events) = channel();
    let cancel = Arc::new(AtomicBool::new(false));
    let pause = Arc::new(AtomicBool::new(false));
    let teller = Teller { sender, wake };
    let work = {
        let (cancel, pause) = (Arc::clone(&cancel), Arc::clone(&pause));
        let teller = teller.clone();
        move || match run(&request, &cancel, &pause, &teller) {
            Ok(summary) => teller.tell(RunEvent::Done(summary)),
            Err(reason) => teller.tell(RunEvent::Failed(reason)),
        }
    };
    let thread = std::thread::Builder::new().name("run".to_owned()).spawn(work);
    if let Err(error) = &thread {
        teller.tell(RunEvent::Failed(format!("no thread could be started: {error}")));
    }
    RunHandle { events, cancel, pause, thread: thread.ok() }
}

/// Asks each target for its devices, one after the other.
pub fn probe_targets(targets: &[Target], cancel: &AtomicBool) -> Vec<TargetReport> {
    targets.iter().map(|target| probe(target, cancel)).collect()
}

/// What is in a model, as a worker of the target reads it: the file is looked for on the target's host.
///
/// # Errors
/// What is wrong with the model, or why the target did not answer.
pub fn inspect_model(target: &Target, choice: ModelChoice, cancel: &AtomicBool) -> Result<ModelReport, String> {
    let mut worker = Worker::start(&target.command, limits(target), cancel).map_err(|failure| failure.to_string())?;
    worker.inspect(choice, cancel).map_err(|failure| failure.to_string())?
}

/// Has a worker of the target make a narrower form of a model. Answers with it as a workload, which says what it is of.
///
/// # Errors
/// What is wrong with the model or what tools are not there, or why the target did not answer.
pub fn convert_model(
    target: &Target,
    request: VariantRequest,
    inputs: Option<String>,
    cancel: &AtomicBool,
) -> Result<(Workload, VariantReport), String> {
    let mut worker = Worker::start(&target.command, limits(target), cancel).map_err(|failure| failure.to_string())?;
    let made = worker.convert(request, cancel).map_err(|failure| failure.to_string())??;
    let mut workload = made.report.workload(inputs)?;
    if let Shape::Model(shape) = &mut workload.shape {
        shape.variant_of = Some(made.origin.clone());
    }
    Ok((workload, made))
}

fn probe(target: &Target, cancel: &AtomicBool) -> TargetReport {
    let answer = Worker::start(&target.command, limits(target), cancel).and_then(|mut worker| worker.probe(cancel));
    match answer {
        Ok((devices, environment)) => {
            TargetReport { target: target.clone(), devices, environment: Some(environment), error: None }
        }
        Err(failure) => TargetReport {
            target: target.clone(),
            devices: Vec::new(),
            environment: None,
            error: Some(failure.to_string()),
        },
    }
}

/// The memory of another host is not ours to watch; its worker watches itself.
pub(crate) fn limits(target: &Target) -> Limits {
    let defaults = Limits::default();
    Limits { memory_bytes: defaults.memory_bytes.filter(|_| target.is_local()), ..defaults }
}

#[derive(Clone)]
struct Teller {
    sender: Sender<RunEvent>,
    wake: Waker,
}

impl Teller {
    fn tell(&self, event: RunEvent) {
        self.sender.send(event).ok();
        (self.wake)();
    }
}

/// A job with the device as its target described it.
struct Planned {
    job: Job,
    device: Device,
    environment: Environment,
}

fn run(request: &RunRequest, cancel: &AtomicBool, pause: &AtomicBool, teller: &Teller) -> Result<RunSummary, String> {
    let suite = match &request.model {
        Some(model) => suite_of(model),
        None => Suite::load(&request.suite).map_err(|e| e.to_string())?,
    };
    let reports = probe_targets(&request.targets, cancel);
    for report in &reports {
        if let Some(error) = &report.error {
            teller.tell(RunEvent::Note(format!("target `{}`: {error}", report.target.id)));
        }
    }
    let planned = plan(request, &suite, &reports)?;
    teller.tell(RunEvent::Planned { jobs: planned.iter().map(|p| p.job.clone()).collect() });

    let run_id = request.continues.clone().unwrap_or_else(new_run_id);
    let store_of_study = Store::open(&request.study_folder);
    // Measurements of a run that goes on are numbered on.
    let first_number = match &request.continues {
        Some(run) => {
            let loaded = store_of_study.load().map_err(|e| e.to_string())?;
            loaded.measurements.iter().filter(|m| m.run_id == *run).count()
        }
        None => 0,
    };
    let mut writer = store_of_study.writer(&run_id).map_err(|e| e.to_string())?;
    let jobs = planned.iter().map(|p| p.job.key()).collect();
    let noted = Unfinished { run_id: run_id.clone(), request: request.clone(), jobs };
    // A run that goes on is noted already, with what was asked for at first.
    let is_noted = Unfinished::read(&request.study_folder).is_some_and(|known| known.run_id == run_id);
    if !is_noted && let Err(error) = noted.write() {
        teller.tell(RunEvent::Note(format!("the run could not be continued after a crash: {error}")));
    }
    let mut summary = RunSummary { run_id: run_id.clone(), ..RunSummary::default() };
    let mut workers: BTreeMap<String, Seat> = BTreeMap::new();
    for (index, planned) in planned.iter().enumerate() {
        while pause.load(Ordering::Relaxed) && !cancel.load(Ordering::Relaxed) {
            std::thread::sleep(PAUSE_PERIOD);
        }
        if cancel.load(Ordering::Relaxed) {
            summary.cancelled = true;
            break;
        }
        teller.tell(RunEvent::Started { index });
        let seat = workers.entry(planned.job.target.id.clone()).or_default();
        let started_at = jiff::Timestamp::now();
        let measured = seat.measure(request, planned, index, cancel, teller);
        summary.cancelled |= matches!(measured, Err(Failure::Cancelled));
        let measurement = measurement(request, &suite, planned, &run_id, first_number + index, started_at, measured);
        store(&mut writer, &measurement)?;
        if measurement.status.passed() {
            summary.passed += 1;
        } else {
            summary.other += 1;
        }
        teller.tell(RunEvent::Finished { index, measurement: Box::new(measurement) });
    }
    if !summary.cancelled {
        Unfinished::remove(&request.study_folder);
    }
    Ok(summary)
}

/// A user's model is a suite of its own.
fn suite_of(model: &Workload) -> Suite {
    Suite {
        schema: SchemaVersion::V1,
        id: "model".to_owned(),
        name: model.id.clone(),
        description: "A user's own model".to_owned(),
        workloads: vec![model.clone()],
    }
}

fn store(writer: &mut RunWriter, measurement: &Measurement) -> Result<(), String> {
    writer.append(measurement).map_err(|e| e.to_string())
}

/// Every workload on every device with every stack that was asked for; workload by workload, so that stacks are
/// measured next to each other in time.
fn plan(request: &RunRequest, suite: &Suite, reports: &[TargetReport]) -> Result<Vec<Planned>, String> {
    for id in &request.workloads {
        if suite.workload(id).is_none() {
            let hint = assay_base::yaml::suggestion(id, suite.workloads.iter().map(|w| w.id.as_str()));
            return Err(format!("suite `{}` has no workload `{id}`{hint}", suite.id));
        }
    }
    let kernels = kernels(request, suite)?;
    // Kernels that were named are all that is measured; the bundled ones stand beside the stacks.
    let stacks_too = request.kernels.is_empty();
    let mut planned = Vec::new();
    for report in reports {
        for workload in &suite.workloads {
            if !request.workloads.is_empty() && !request.workloads.contains(&workload.id) {
                continue;
            }
            for device in &report.devices {
                if !request.devices.is_empty() && !request.devices.contains(&device.device.id) {
                    continue;
                }
                for stack in &device.stacks {
                    // A stack asked for by name is tried even when it is not available, so that its reason is kept.
                    let wanted =
                        if request.stacks.is_empty() { stack.available } else { request.stacks.contains(&stack.id) };
                    if !wanted {
                        continue;
                    }
                    let mut push = |kernel: Option<Arc<Kernel>>| {
                        let stack = match &kernel {
                            Some(kernel) => StackId::new(format!("{}+{}", stack.id, kernel.manifest.id)),
                            None => stack.id.clone(),
                        };
                        planned.push(Planned {
                            job: Job {
                                target: report.target.clone(),
                                device: device.device.id.clone(),
                                device_name: device.device.name.clone(),
                                stack,
                                workload: workload.clone(),
                                kernel,
                            },
                            device: device.device.clone(),
                            environment: report.environment.clone().unwrap_or_default(),
                        });
                    };
                    if stacks_too {
                        push(None);
                    }
                    if stack.id.as_str() == KERNEL_STACK {
                        let fitting = kernels.iter().filter(|kernel| kernel.manifest.computes(workload));
                        fitting.for_each(|kernel| push(Some(Arc::clone(kernel))));
                    }
                }
            }
        }
    }
    if !request.only.is_empty() {
        planned.retain(|planned| request.only.contains(&planned.job.key()));
    }
    if planned.is_empty() {
        return Err(nothing_to_run(request, reports));
    }
    Ok(planned)
}

/// The stack that runs kernels.
const KERNEL_STACK: &str = "cuda";

/// The kernels to measure. One that computes nothing of the suite is a mistake.
fn kernels(request: &RunRequest, suite: &Suite) -> Result<Vec<Arc<Kernel>>, String> {
    if request.kernels.is_empty() {
        let bundled = if suite.id == "kernels" { Kernel::bundled() } else { Vec::new() };
        return Ok(bundled.into_iter().map(Arc::new).collect());
    }
    let idle = |kernel: &&Kernel| !suite.workloads.iter().any(|workload| kernel.manifest.computes(workload));
    if let Some(kernel) = request.kernels.iter().find(idle) {
        let formats = kernel.manifest.formats.iter().map(|format| format.label()).collect::<Vec<_>>().join(", ");
        return Err(format!(
            "kernel `{}` computes {} in {formats}, and suite `{}` has no such workload; name a suite that has one with \
             --suite FILE.yaml",
            kernel.manifest.id,
            kernel.manifest.computes.join(", "),
            suite.id
        ));
    }
    Ok(request.kernels.iter().cloned().map(Arc::new).collect())
}

fn nothing_to_run(request: &RunRequest, reports: &[TargetReport]) -> String {
    let errors: Vec<String> =
        reports.iter().filter_map(|r| Some(format!("target `{}`: {}", r.target.id, r.error.as_ref()?))).collect();
    if !errors.is_empty() {
        return errors.join("; ");
    }
    let devices: Vec<&str> = reports.iter().flat_map(|r| &r.devices).map(|d| d.device.id.as_str()).collect();
    let stacks: Vec<&str> =
        reports.iter().flat_map(|r| &r.devices).flat_map(|d| &d.stacks).map(|s| s.id.as_str()).collect();
    format!(
        "nothing to run: no device of [{}] with a stack of [{}] was found; there are the devices [{}] and the stacks [{}]",
        request.devices.join(", "),
        request.stacks.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", "),
        devices.join(", "),
        stacks.join(", "),
    )
}

/// The worker of one target, started when needed and again after it failed.
#[derive(Default)]
struct Seat {
    worker: Option<Worker>,
    failed_starts: usize,
    last_failure: Option<Failure>,
}

impl Seat {
    fn measure(
        &mut self,
        request: &RunRequest,
        planned: &Planned,
        index: usize,
        cancel: &AtomicBool,
        teller: &Teller,
    ) -> Result<Measured, Failure> {
        if let (true, Some(failure)) = (self.failed_starts >= MAX_FAILED_STARTS, &self.last_failure) {
            return Err(failure.clone());
        }
        let worker = match self.worker.take() {
            Some(worker) => Ok(worker),
            None => Worker::start(&planned.job.target.command, limits(&planned.job.target), cancel),
        };
        let mut worker = match worker {
            Ok(worker) => worker,
            Err(failure) => {
                self.failed_starts += 1;
                self.last_failure = Some(failure.clone());
                return Err(failure);
            }
        };
        self.failed_starts = 0;
        let measure = MeasureRequest {
            id: 0,
            workload: planned.job.workload.clone(),
            device: planned.job.device.clone(),
            stack: match planned.job.kernel {
                Some(_) => StackId::new(KERNEL_STACK),
                None => planned.job.stack.clone(),
            },
            plan: request.plan,
            kernel: planned.job.kernel.as_deref().cloned(),
        };
        let result = worker.measure(measure, cancel, &mut |progress| match progress {
            Progress::Phase(phase) => teller.tell(RunEvent::Phase { index, phase }),
            Progress::Samples(latency_secs) => teller.tell(RunEvent::Samples { index, latency_secs }),
            Progress::Readings(readings) => teller.tell(RunEvent::Readings { index, readings }),
        });
        if result.is_ok() {
            self.worker = Some(worker);
        }
        result
    }
}

fn measurement(
    request: &RunRequest,
    suite: &Suite,
    planned: &Planned,
    run_id: &str,
    index: usize,
    started_at: jiff::Timestamp,
    measured: Result<Measured, Failure>,
) -> Measurement {
    let job = &planned.job;
    let (outcome, environment, stack_version) = match measured {
        Ok(measured) => (measured.outcome, measured.environment, measured.stack_version),
        Err(failure) => (Outcome::of(failure.status()), planned.environment.clone(), None),
    };
    Measurement {
        id: format!("{run_id}-{index:03}"),
        run_id: run_id.to_owned(),
        suite: Some(suite.id.clone()),
        workload: job.workload.clone(),
        workload_hash: job.workload.hash(),
        device: planned.device.clone(),
        stack: job.stack.clone(),
        stack_version,
        target: job.target.id.clone(),
        evidence: Evidence::Measured,
        started_at,
        seed: request.plan.seed,
        status: outcome.status,
        timing: outcome.timing,
        correctness: outcome.correctness,
        throughput: outcome.throughput,
        telemetry: outcome.telemetry,
        foreign_load: outcome.foreign_load,
        notes: outcome.notes,
        placement: outcome.placement,
        profile: outcome.profile,
        kernel: outcome.kernel,
        environment,
        provenance: None,
    }
}

/// Sorts by time; the tail keeps two runs of one second apart.
fn new_run_id() -> String {
    let now = jiff::Timestamp::now();
    let stamp = now.strftime("%Y%m%dT%H%M%SZ");
    let tail = (now.subsec_nanosecond() as u32 ^ std::process::id().rotate_left(16)) & 0xffff;
    format!("{stamp}-{tail:04x}")
}
