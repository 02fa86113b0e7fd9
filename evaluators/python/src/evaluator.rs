//! One evaluator for each framework that an interpreter has.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assay_core::device::{Device, StackId, StackStatus};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Prepared, Sample, Support, TimingMethod};
use assay_core::model::ModelJob;
use assay_core::tensor::Tensor;
use assay_core::{NumericFormat, Workload};

use crate::files::JobFolder;
use crate::interpreters::{VARIABLE, interpreters};
use crate::messages::{Event, FoundStack, Request};
use crate::process::Process;

/// How long an interpreter may take to say what it has.
const PROBE: Duration = Duration::from_secs(55);
/// How long the end of a workload may take; a driver gives back its memory then.
const RELEASE: Duration = Duration::from_secs(10);

/// Executions are asked for in batches of about this time, so that a framework's threads do not fall asleep between two
/// of them and yet the stopping rule is asked often.
const BATCH_SECS: f64 = 0.02;
/// The largest batch.
const MOST_IN_A_BATCH: usize = 1000;

/// Stacks that read the ONNX model of a workload; the others build its graph.
const READS_MODELS: [&str; 5] = ["openvino", "onnxruntime-python", "tvm-untuned", "tensorrt", "migraphx"];

/// A framework of a Python interpreter.
#[derive(Debug)]
pub struct PythonEvaluator {
    stack: StackId,
    interpreter: PathBuf,
    version: Option<String>,
    /// Devices that it could reach, each with the reason why it does not.
    devices: Vec<(Device, Option<String>)>,
    seat: Seat,
}

/// The interpreter that has the framework imported while no workload is with it.
type Seat = Arc<Mutex<Option<Loaded>>>;

/// An interpreter with the framework imported. It serves one workload after the other, each in a process forked from it;
/// see `worker.py`.
#[derive(Debug)]
struct Loaded {
    process: Process,
    /// Threads that it was started for.
    threads: usize,
    import_secs: f64,
}

/// One evaluator for each framework that the interpreters of this host have for these devices; the first interpreter that
/// has a framework is taken. An interpreter that does not answer has none.
pub fn evaluators(devices: &[Device]) -> Vec<PythonEvaluator> {
    let mut found: Vec<PythonEvaluator> = Vec::new();
    for interpreter in interpreters() {
        match ask(&interpreter, devices) {
            Ok(stacks) => {
                for stack in stacks {
                    if !found.iter().any(|known| known.stack.as_str() == stack.id) {
                        found.push(PythonEvaluator::of(&interpreter, stack, devices));
                    }
                }
            }
            // To stderr, where a worker's words are kept: a Python without any of the frameworks is no failure.
            Err(error) => eprintln!("{}: {error}; name another one in {VARIABLE}", interpreter.display()),
        }
    }
    found
}

fn reads_models(stack: &StackId) -> bool {
    READS_MODELS.contains(&stack.as_str())
}

/// The files of a workload as a stack of `worker.py` reads them, for whoever times the same job in another way.
///
/// # Errors
/// When they cannot be written.
pub fn job_folder(job: &Job, stack: &StackId) -> Result<JobFolder, EvaluatorError> {
    JobFolder::write(job, reads_models(stack))
}

fn ask(interpreter: &Path, devices: &[Device]) -> Result<Vec<FoundStack>, EvaluatorError> {
    let ids = devices.iter().map(|device| device.id.clone()).collect();
    match Process::start(interpreter, 1)?.ask(&Request::Probe { devices: ids }, Some(PROBE))? {
        Event::Stacks { stacks } => Ok(stacks),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(event: &Event) -> EvaluatorError {
    EvaluatorError::Failed(format!("worker.py answered with something else than was asked: {event:?}"))
}

impl PythonEvaluator {
    fn of(interpreter: &Path, stack: FoundStack, devices: &[Device]) -> Self {
        let device = |id: &String| devices.iter().find(|device| device.id == *id).cloned();
        let reached = stack.devices.iter().filter_map(|(id, reason)| Some((device(id)?, reason.clone())));
        Self {
            stack: StackId::new(stack.id),
            interpreter: interpreter.to_owned(),
            version: stack.version,
            devices: reached.collect(),
            seat: Seat::default(),
        }
    }

    /// The interpreter that has the framework.
    pub fn interpreter(&self) -> &Path {
        &self.interpreter
    }

    /// The framework's version.
    pub fn version(&self) -> Option<String> {
        self.version.clone()
    }

    fn reads_models(&self) -> bool {
        reads_models(&self.stack)
    }

    fn reaches(&self, device: &Device) -> Support {
        match self.devices.iter().find(|(known, _)| known.id == device.id) {
            Some((_, None)) => Support::Supported,
            Some((_, Some(reason))) => Support::unsupported(reason.clone()),
            None => Support::unsupported(format!("{} does not reach {}", self.stack, device.id)),
        }
    }

    /// The interpreter that has the framework imported, or a new one: after a workload that was not well, and for another
    /// number of threads.
    fn loaded(&self, threads: usize) -> Result<Loaded, EvaluatorError> {
        let seated = self.seat.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(loaded) = seated.filter(|loaded| loaded.threads == threads) {
            return Ok(loaded);
        }
        let mut process = Process::start(&self.interpreter, threads)?;
        match process.ask(&Request::Load { stack: self.stack.to_string() }, None)? {
            Event::Loaded { import_secs } => Ok(Loaded { process, threads, import_secs }),
            other => Err(unexpected(&other)),
        }
    }

    /// Each measurement has a process of its own: compilations are cold, the peak of the memory is the workload's, the
    /// state of the device is fresh, and no framework's threads run beside another's.
    fn start(&self, folder: JobFolder, device: &Device, threads: usize) -> Result<PythonPrepared, EvaluatorError> {
        let loaded = self.loaded(threads)?;
        let import = ("import time".to_owned(), assay_base::format::duration(loaded.import_secs));
        // From here on it goes back to its seat, whatever comes of the workload, if it is fit for another.
        let mut prepared = PythonPrepared {
            loaded: Some(loaded),
            seat: Arc::clone(&self.seat),
            folder,
            notes: Vec::new(),
            timing: TimingMethod::HostClock,
            compile_secs: None,
            memory: Vec::new(),
            waiting: VecDeque::new(),
            batch: 1,
        };
        let request = Request::Prepare {
            job: prepared.folder.manifest(),
            stack: self.stack.to_string(),
            device: device.id.clone(),
            threads,
        };
        let Event::Prepared { notes, compile_secs, device_events } = prepared.ask(&request)? else {
            return Err(EvaluatorError::Failed("worker.py did not say how it prepared".to_owned()));
        };
        let compiled = compile_secs.map(|secs| ("compile time, cold".to_owned(), assay_base::format::duration(secs)));
        prepared.notes = notes.into_iter().chain([import]).chain(compiled).collect();
        prepared.compile_secs = compile_secs;
        if device_events {
            prepared.timing = TimingMethod::DeviceEvents;
        }
        Ok(prepared)
    }
}

/// Threads that compute: as many as there are logical processors for this process.
fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

impl Evaluator for PythonEvaluator {
    fn stack(&self) -> StackId {
        self.stack.clone()
    }

    fn probe(&self) -> Vec<(Device, StackStatus)> {
        let status = |reason: &Option<String>| StackStatus {
            id: self.stack(),
            available: reason.is_none(),
            reason: reason.clone(),
            version: self.version.clone().filter(|_| reason.is_none()),
        };
        self.devices.iter().map(|(device, reason)| (device.clone(), status(reason))).collect()
    }

    fn support(&self, device: &Device, workload: &Workload) -> Support {
        // What a framework takes is its own to say, when it prepares; formats that nothing here has are said at once.
        match workload.format {
            NumericFormat::Fp32 | NumericFormat::Fp16 | NumericFormat::Bf16 | NumericFormat::Int8 => {
                self.reaches(device)
            }
            format => Support::unsupported(format!("{} is not asked for {format}", self.stack)),
        }
    }

    fn load(&self) -> Result<(), EvaluatorError> {
        let loaded = self.loaded(all_threads())?;
        *self.seat.lock().unwrap_or_else(PoisonError::into_inner) = Some(loaded);
        Ok(())
    }

    fn prepare(&self, device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        let folder = job_folder(job, &self.stack)?;
        Ok(Box::new(self.start(folder, device, all_threads())?))
    }

    fn support_model(&self, device: &Device, _job: &ModelJob) -> Support {
        if self.reads_models() {
            self.reaches(device)
        } else {
            Support::unsupported(format!("{} computes the standard workloads and reads no ONNX files", self.stack))
        }
    }

    fn prepare_model(&self, device: &Device, job: &ModelJob) -> Result<Box<dyn Prepared>, EvaluatorError> {
        let folder = JobFolder::write_model(job)?;
        Ok(Box::new(self.start(folder, device, job.options.threads.unwrap_or_else(all_threads))?))
    }
}

/// A workload that a framework is ready to execute.
struct PythonPrepared {
    /// Taken when the workload is over, or when something went wrong: such an interpreter serves no other workload.
    loaded: Option<Loaded>,
    seat: Seat,
    folder: JobFolder,
    notes: Vec<(String, String)>,
    timing: TimingMethod,
    compile_secs: Option<f64>,
    memory: Vec<(String, String)>,
    /// Latencies of executions that were not asked for yet.
    waiting: VecDeque<f64>,
    batch: usize,
}

impl PythonPrepared {
    fn ask(&mut self, request: &Request) -> Result<Event, EvaluatorError> {
        let loaded = self.loaded.as_mut();
        let gone = || EvaluatorError::Failed("its Python was ended after an error".to_owned());
        let answer = loaded.ok_or_else(gone)?.process.ask(request, None);
        // What cannot be computed is a finding that leaves nothing in doubt; after any other error nothing is certain.
        if !matches!(answer, Ok(_) | Err(EvaluatorError::Unsupported(_))) {
            self.loaded = None;
        }
        answer
    }
}

impl Drop for PythonPrepared {
    fn drop(&mut self) {
        let Some(mut loaded) = self.loaded.take() else { return };
        if matches!(loaded.process.ask(&Request::Release, Some(RELEASE)), Ok(Event::Released)) {
            *self.seat.lock().unwrap_or_else(PoisonError::into_inner) = Some(loaded);
        }
    }
}

impl Prepared for PythonPrepared {
    fn timing(&self) -> TimingMethod {
        self.timing
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        if let Some(latency_secs) = self.waiting.pop_front() {
            return Ok(Sample { latency_secs });
        }
        let Event::Executed { latency_secs } = self.ask(&Request::Execute { count: self.batch })? else {
            return Err(EvaluatorError::Failed("worker.py did not say how long it took".to_owned()));
        };
        self.waiting = latency_secs.into();
        let first = self.waiting.pop_front();
        let latency_secs = first
            .filter(|secs| secs.is_finite() && *secs > 0.0)
            .ok_or_else(|| EvaluatorError::Failed("worker.py told no latency, or an impossible one".to_owned()))?;
        self.batch = ((BATCH_SECS / latency_secs) as usize).clamp(1, MOST_IN_A_BATCH);
        Ok(Sample { latency_secs })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let first = self.outputs()?.into_iter().next();
        first.ok_or_else(|| EvaluatorError::Failed("worker.py wrote no output".to_owned()))
    }

    fn outputs(&mut self) -> Result<Vec<Tensor>, EvaluatorError> {
        let event = self.ask(&Request::Output)?;
        let Event::Outputs { outputs, memory } = event else { return Err(unexpected(&event)) };
        self.memory = memory.into_iter().map(|(name, bytes)| (name, assay_base::format::memory(bytes))).collect();
        outputs.iter().map(|output| self.folder.read(output)).collect()
    }

    fn flush_caches(&mut self) -> bool {
        // The next execution must be the first after the flush, and alone.
        self.waiting.clear();
        self.batch = 1;
        matches!(self.ask(&Request::Flush), Ok(Event::Flushed))
    }

    fn compile_secs(&self) -> Option<f64> {
        self.compile_secs
    }

    fn notes(&self) -> Vec<(String, String)> {
        self.notes.iter().chain(&self.memory).cloned().collect()
    }
}
