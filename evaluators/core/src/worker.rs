//! The worker's side of the protocol: hosts evaluators and runs them on request.

use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::device::{Device, DeviceReport, StackStatus};
use crate::environment::Environment;
use crate::estimate::{Estimate, EstimateRequest, VendorCompiler, Verdict};
use crate::evaluator::{Evaluator, Support};
use crate::kernel::lab;
use crate::measurement::Status;
use crate::model::{GraphOptimization, ModelJob, ModelOptions, ModelReader, ModelReference, ModelShape};
use crate::process;
use crate::protocol::{DeviceReading, Event, MAX_LINE_BYTES, MeasureRequest, PROTOCOL, Request};
use crate::runner::{self, Cache, Host, Observer, Outcome};
use crate::telemetry::{Reading, Sensors};
use crate::tensor::Tensor;
use crate::workload::{Shape, Workload};

/// How often a worker says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The share of the host's memory above which a worker gives up rather than let the host swap or kill at random.
const MEMORY_SHARE: f64 = 0.9;

/// What a worker hosts.
pub struct Hosting<'a> {
    /// The evaluators.
    pub evaluators: Vec<Box<dyn Evaluator>>,
    /// The host's devices that exist even when no stack reaches them (the CPU).
    pub devices: Vec<Device>,
    /// Reports about stacks without a device, such as a GPU stack on a machine without one.
    pub absent: Vec<StackStatus>,
    /// Compilers for accelerators that need not be here.
    pub compilers: Vec<Box<dyn VendorCompiler>>,
    /// Reads users' models.
    pub models: &'a dyn ModelReader,
    /// What the runner needs of the host.
    pub host: &'a dyn Host,
    /// The host's environment, with the device's settings.
    pub environment: &'a dyn Fn(Option<&Device>) -> Environment,
}

/// Writes events as lines; shared with the heartbeat.
#[derive(Clone)]
struct Channel(Arc<Mutex<Box<dyn Write + Send>>>);

impl Channel {
    fn send(&self, event: &Event) {
        let Ok(mut line) = serde_json::to_vec(event) else { return };
        line.push(b'\n');
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A parent that is gone cannot be told anything: end.
        if out.write_all(&line).and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    }
}

/// Serves requests until the input ends or `shutdown` is asked.
pub fn serve(hosting: &Hosting<'_>, requests: &mut dyn BufRead, events: Box<dyn Write + Send>) {
    let channel = Channel(Arc::new(Mutex::new(events)));
    let version = format!("assay {}", env!("CARGO_PKG_VERSION"));
    channel.send(&Event::Hello { protocol: PROTOCOL, version, pid: std::process::id() });
    start_heartbeat(channel.clone());
    let mut caches = Caches::default();
    let mut senses = None;
    loop {
        match read_request(requests) {
            Ok(None | Some(Request::Shutdown)) => return,
            Ok(Some(Request::Probe)) => {
                let devices = probe(hosting);
                channel.send(&Event::Devices { devices, environment: Box::new((hosting.environment)(None)) });
            }
            Ok(Some(Request::Inspect(choice))) => match hosting.models.inspect(&choice) {
                Ok(report) => channel.send(&Event::Model { report: Box::new(report) }),
                Err(message) => channel.send(&Event::Refused { message }),
            },
            Ok(Some(Request::Convert(request))) => match hosting.models.convert(&request) {
                Ok(made) => channel.send(&Event::Converted { made: Box::new(made) }),
                Err(message) => channel.send(&Event::Refused { message }),
            },
            Ok(Some(Request::Measure(request))) => measure(hosting, &request, &mut caches, &channel),
            Ok(Some(Request::Sense)) => {
                let senses = senses.get_or_insert_with(|| Senses::of(hosting));
                channel.send(&Event::Readings { readings: senses.read() });
            }
            Ok(Some(Request::Compilers)) => {
                let compilers = hosting.compilers.iter().map(|compiler| compiler.report()).collect();
                channel.send(&Event::Compilers { compilers });
            }
            Ok(Some(Request::Estimate(request))) => {
                let estimate = Box::new(estimate(hosting, &request));
                channel.send(&Event::Estimate { id: request.id, estimate });
            }
            Err(message) => channel.send(&Event::Refused { message }),
        }
    }
}

/// One request; `None` at the end of the input.
fn read_request(requests: &mut dyn BufRead) -> Result<Option<Request>, String> {
    let mut line = Vec::new();
    let read = std::io::Read::take(&mut *requests, MAX_LINE_BYTES as u64).read_until(b'\n', &mut line);
    match read {
        Ok(0) | Err(_) => Ok(None),
        Ok(_) if line.iter().all(u8::is_ascii_whitespace) => read_request(requests),
        Ok(_) => serde_json::from_slice(&line).map(Some).map_err(|e| format!("not a request: {e}")),
    }
}

fn probe(hosting: &Hosting<'_>) -> Vec<DeviceReport> {
    let mut reports: Vec<DeviceReport> =
        hosting.devices.iter().map(|device| DeviceReport { device: device.clone(), stacks: Vec::new() }).collect();
    for evaluator in &hosting.evaluators {
        for (device, status) in evaluator.probe() {
            match reports.iter_mut().find(|r| r.device.id == device.id) {
                Some(report) => report.stacks.push(status),
                None => reports.push(DeviceReport { device, stacks: vec![status] }),
            }
        }
    }
    // A stack without a device of its own is shown where everyone looks: with the host's first device.
    if let Some(first) = reports.first_mut() {
        first.stacks.extend(hosting.absent.iter().cloned());
    }
    reports
}

fn estimate(hosting: &Hosting<'_>, request: &EstimateRequest) -> Estimate {
    if let Err(reason) = request.workload.validate() {
        return Estimate::of(Verdict::Failed(reason));
    }
    match hosting.compilers.iter().find(|compiler| compiler.report().name == request.compiler) {
        Some(compiler) => compiler.estimate(&request.workload, &request.target),
        None => Estimate::of(Verdict::Failed(format!("this worker has no compiler `{}`", request.compiler))),
    }
}

/// The sensors of every device, open from the first reading on: counters are differences.
struct Senses {
    begun: Instant,
    sensors: Vec<(String, Box<dyn Sensors>)>,
}

impl Senses {
    fn of(hosting: &Hosting<'_>) -> Self {
        let devices = probe(hosting).into_iter().map(|report| report.device);
        let sensors = devices.filter_map(|device| Some((device.id.clone(), hosting.host.sensors(&device)?))).collect();
        Self { begun: Instant::now(), sensors }
    }

    fn read(&mut self) -> Vec<DeviceReading> {
        let elapsed_secs = self.begun.elapsed().as_secs_f64();
        let read = |(device, sensors): &mut (String, Box<dyn Sensors>)| DeviceReading {
            device: device.clone(),
            reading: Reading { elapsed_secs, ..sensors.read() },
        };
        self.sensors.iter_mut().map(read).collect()
    }
}

/// What the next measurement may use again.
#[derive(Default)]
struct Caches {
    workload: Cache,
    model: Option<(String, u64, ModelReference)>,
}

fn measure(hosting: &Hosting<'_>, request: &MeasureRequest, caches: &mut Caches, channel: &Channel) {
    let finish = |outcome: Outcome, device: Option<&Device>, stack_version: Option<String>| {
        channel.send(&Event::Outcome {
            id: request.id,
            outcome: Box::new(outcome),
            environment: Box::new((hosting.environment)(device)),
            stack_version,
        });
    };
    if let Err(reason) = request.workload.validate() {
        return finish(Outcome::of(Status::Failed { reason }), None, None);
    }
    let unavailable = |reason: String| Outcome::of(Status::Unavailable { reason });
    let Some(evaluator) = hosting.evaluators.iter().find(|e| e.stack() == request.stack) else {
        return finish(unavailable(format!("this worker has no stack `{}`", request.stack)), None, None);
    };
    let found = evaluator.probe().into_iter().find(|(device, _)| device.id == request.device);
    let Some((device, status)) = found else {
        return finish(
            unavailable(format!("`{}` does not reach a device `{}`", request.stack, request.device)),
            None,
            None,
        );
    };
    if !status.available {
        let reason = status.reason.unwrap_or_else(|| "the stack gives no reason".to_owned());
        return finish(unavailable(reason), Some(&device), None);
    }
    let mut observer = Telling { id: request.id, device: &request.device, channel };
    let plan = &request.plan;
    let outcome = if matches!(request.workload.shape, Shape::Model(_)) {
        measure_model(hosting, evaluator.as_ref(), &device, request, caches, &mut observer)
            .unwrap_or_else(|reason| Outcome::of(Status::Failed { reason }))
    } else if let Some(kernel) = &request.kernel {
        let evaluator = evaluator.as_ref();
        let trial = lab::Subjected { evaluator, device: &device, kernel, workload: &request.workload };
        match kernel.manifest.validate() {
            Ok(()) => lab::measure(trial, plan, hosting.host, &mut caches.workload, &mut observer),
            Err(reason) => Outcome::of(Status::Failed { reason }),
        }
    } else {
        let cache = &mut caches.workload;
        runner::measure(evaluator.as_ref(), &device, &request.workload, plan, hosting.host, cache, &mut observer)
    };
    // A device that was lost, or is still busy, can serve nothing else in this process: the next one starts afresh.
    let fatal = match &outcome.status {
        Status::Crashed { reason } => Some(("failed", reason)),
        Status::TimedOut { reason } => Some(("timed-out", reason)),
        _ => None,
    };
    if let Some((kind, reason)) = fatal {
        channel.send(&Event::Fatal { kind: kind.to_owned(), message: reason.clone() });
        std::process::exit(1);
    }
    finish(outcome, Some(&device), status.version);
}

/// Stacks whose unoptimised answer is a reference, the better one first.
const REFERENCE_STACKS: [&str; 2] = ["onnxruntime", "rten"];

/// Measures a user's model. What a stack cannot run at all needs no reference.
fn measure_model(
    hosting: &Hosting<'_>,
    evaluator: &dyn Evaluator,
    device: &Device,
    request: &MeasureRequest,
    caches: &mut Caches,
    observer: &mut dyn Observer,
) -> Result<Outcome, String> {
    observer.phase("reading the model");
    let plan = &request.plan;
    let job = hosting.models.load(&request.workload, plan.model, plan.seed)?;
    if let Support::Unsupported { reason } = evaluator.support_model(device, &job) {
        return Ok(Outcome::of(Status::Unsupported { reason }));
    }
    let reference = reference(hosting, &job, plan.seed, caches, observer)?;
    Ok(runner::measure_model(evaluator, device, &job, reference, plan, hosting.host, observer))
}

/// What the outputs of a user's model must be.
fn reference<'a>(
    hosting: &Hosting<'_>,
    job: &ModelJob,
    seed: u64,
    caches: &'a mut Caches,
    observer: &mut dyn Observer,
) -> Result<&'a ModelReference, String> {
    let hash = job.workload.hash();
    let known = caches.model.take().filter(|(key, made_from, _)| *key == hash && *made_from == seed);
    let reference = match known {
        Some((_, _, reference)) => reference,
        None => {
            observer.phase("computing the reference");
            match original(&job.workload) {
                None => reference_of(hosting, job)?,
                // A narrower form must say what the model it was made of says.
                Some(original) => {
                    let job = hosting.models.load(&original, job.options, seed)?;
                    let reference = reference_of(hosting, &job)?;
                    ModelReference { origin: format!("the model it was made of, by {}", reference.origin), ..reference }
                }
            }
        }
    };
    let (_, _, reference) = caches.model.insert((hash, seed, reference));
    Ok(reference)
}

/// The model that a narrower form was made of, with the same inputs.
fn original(workload: &Workload) -> Option<Workload> {
    let Shape::Model(shape) = &workload.shape else { return None };
    let origin = shape.variant_of.as_ref()?;
    let (file, sha256) = (origin.file.clone(), origin.sha256.clone());
    let shape = ModelShape { file, sha256, variant_of: None, ..(**shape).clone() };
    Some(Workload { shape: Shape::Model(Box::new(shape)), ..workload.clone() })
}

/// The outputs of the first engine that runs the model on the CPU with its graph optimiser off.
fn reference_of(hosting: &Hosting<'_>, job: &ModelJob) -> Result<ModelReference, String> {
    let options = ModelOptions { optimization: GraphOptimization::Off, ..ModelOptions::default() };
    let plain = ModelJob { options, ..job.clone() };
    let mut refusals = Vec::new();
    for name in REFERENCE_STACKS {
        let Some(evaluator) = hosting.evaluators.iter().find(|e| e.stack().as_str() == name) else { continue };
        for (device, status) in evaluator.probe() {
            let answer = if status.available {
                outputs_of(evaluator.as_ref(), &device, &plain)
            } else {
                Err(status.reason.clone().unwrap_or_default())
            };
            match answer {
                Ok(outputs) => {
                    let version = status.version.unwrap_or_default();
                    let origin = format!("{name} {version} on {}, graph optimiser off", device.id);
                    return Ok(ModelReference { origin, outputs });
                }
                Err(reason) => refusals.push(format!("{name}: {reason}")),
            }
        }
    }
    Err(format!("no engine here computes a reference to compare the answer with: {}", refusals.join("; ")))
}

fn outputs_of(evaluator: &dyn Evaluator, device: &Device, job: &ModelJob) -> Result<Vec<Tensor>, String> {
    if let Support::Unsupported { reason } = evaluator.support_model(device, job) {
        return Err(reason);
    }
    let run = || {
        let mut prepared = evaluator.prepare_model(device, job)?;
        prepared.execute()?;
        prepared.outputs()
    };
    run().map_err(|error| error.to_string())
}

struct Telling<'a> {
    id: u64,
    device: &'a str,
    channel: &'a Channel,
}

impl Observer for Telling<'_> {
    fn phase(&mut self, phase: &str) {
        self.channel.send(&Event::Phase { id: self.id, phase: phase.to_owned() });
    }

    fn samples(&mut self, latency_secs: &[f64]) {
        self.channel.send(&Event::Samples { id: self.id, latency_secs: latency_secs.to_vec() });
    }

    fn readings(&mut self, readings: &[Reading]) {
        let of = |reading: &Reading| DeviceReading { device: self.device.to_owned(), reading: *reading };
        self.channel.send(&Event::Readings { readings: readings.iter().map(of).collect() });
    }
}

/// Says once a second that the worker is alive, and ends it before it takes the host's memory.
fn start_heartbeat(channel: Channel) {
    let limit = process::memory_limit_bytes().map(|bytes| bytes as f64 * MEMORY_SHARE);
    let beat = move || {
        loop {
            std::thread::sleep(HEARTBEAT);
            channel.send(&Event::Heartbeat);
            if let (Some(limit), Some(used)) = (limit, process::resident_bytes(std::process::id()))
                && used as f64 > limit
            {
                let message = format!("the worker used {} of memory", assay_base::format::memory(used as f64));
                channel.send(&Event::Fatal { kind: "out-of-memory".to_owned(), message });
                std::process::exit(1);
            }
        }
    };
    std::thread::Builder::new().name("heartbeat".to_owned()).spawn(beat).ok();
}
