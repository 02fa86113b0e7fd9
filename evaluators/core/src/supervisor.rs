//! The parent's side of the protocol: starts a worker, talks to it, and survives whatever it does.
//!
//! A worker may crash, hang, allocate without end or speak rubbish. Each of these ends as a [`Failure`] with the
//! reason and what the worker last said; the parent ends the worker's whole process group and goes on.

use std::collections::VecDeque;
use std::io::Write as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::device::DeviceReport;
use crate::environment::Environment;
use crate::estimate::{CompilerReport, Estimate, EstimateRequest};
use crate::measurement::Status;
use crate::model::{ModelChoice, ModelReport};
use crate::process;
use crate::protocol::{DeviceReading, Event, MeasureRequest, PROTOCOL, Request};
use crate::runner::Outcome;
use crate::telemetry::Reading;
use crate::variant::{VariantReport, VariantRequest};

mod watching;

use watching::{Incoming, keep_last_words, read_events, spawn};

/// How long a worker may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// From the start to `hello`; behind ssh or a queue this takes a while.
    pub hello: Duration,
    /// To list its devices.
    pub probe: Duration,
    /// For one measurement from request to outcome.
    pub measurement: Duration,
    /// Without any word.
    pub silence: Duration,
    /// Memory of the worker's process group on this host; none on other hosts, where the worker watches itself.
    pub memory_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(60),
            probe: Duration::from_secs(60),
            measurement: Duration::from_secs(300),
            silence: Duration::from_secs(30),
            memory_bytes: process::memory_limit_bytes().map(|bytes| bytes / 20 * 19),
        }
    }
}

/// How a worker failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It could not be started.
    #[error("cannot start `{command}`: {reason}")]
    Start {
        /// The command.
        command: String,
        /// Why.
        reason: String,
    },
    /// It ended unexpectedly or spoke something else than the protocol.
    #[error("{0}")]
    Crashed(String),
    /// It took too long.
    #[error("{0}")]
    TimedOut(String),
    /// It took too much memory.
    #[error("{0}")]
    OutOfMemory(String),
    /// The user cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Failure {
    /// The status of a measurement that ended so.
    pub fn status(&self) -> Status {
        match self {
            Self::Start { .. } | Self::Crashed(_) => Status::Crashed { reason: self.to_string() },
            Self::TimedOut(reason) => Status::TimedOut { reason: reason.clone() },
            Self::OutOfMemory(reason) => Status::OutOfMemory { reason: reason.clone() },
            Self::Cancelled => Status::Cancelled,
        }
    }
}

/// What a measurement tells while it is under way.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// It entered a phase.
    Phase(String),
    /// New latencies in seconds.
    Samples(Vec<f64>),
    /// What the device's sensors said; the time is since timing began.
    Readings(Vec<Reading>),
}

/// A measurement's outcome with the environment it was made in.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The outcome.
    pub outcome: Outcome,
    /// The host and the device's state.
    pub environment: Environment,
    /// The stack's version.
    pub stack_version: Option<String>,
}

/// A worker process. Dropping it ends the process group.
pub struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    incoming: Receiver<Incoming>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    limits: Limits,
    next_id: u64,
    /// What the worker said in its `hello`.
    pub version: String,
}

/// Lines before `hello` that a login shell may print.
const MAX_BANNER_LINES: usize = 200;

impl Worker {
    /// Starts a worker by its command and waits for its `hello`.
    ///
    /// # Errors
    /// When it cannot be started, speaks another version, or does not speak in time.
    pub fn start(command: &[String], limits: Limits, cancel: &AtomicBool) -> Result<Self, Failure> {
        let shown = command.join(" ");
        let start = |reason: String| Failure::Start { command: shown.clone(), reason };
        let (program, arguments) = command.split_first().ok_or_else(|| start("the command is empty".to_owned()))?;
        let mut launch = Command::new(program);
        // rten prints its timings to stdout where this is set.
        launch.env_remove("RTEN_TIMING");
        launch.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut launch, 0);
        let mut child = launch.spawn().map_err(|e| start(e.to_string()))?;

        let (sender, incoming) = channel();
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(stdout) = child.stdout.take() {
            spawn("worker events", move || read_events(stdout, &sender));
        }
        if let Some(stderr) = child.stderr.take() {
            let last_words = Arc::clone(&last_words);
            spawn("worker stderr", move || keep_last_words(stderr, &last_words));
        }
        let stdin = child.stdin.take();
        let mut worker = Self { child, stdin, incoming, last_words, limits, next_id: 0, version: String::new() };
        worker.version = worker.hello(&shown, cancel)?;
        Ok(worker)
    }

    fn hello(&mut self, command: &str, cancel: &AtomicBool) -> Result<String, Failure> {
        let deadline = Instant::now() + self.limits.hello;
        let mut banner = 0;
        loop {
            match self.next(deadline, "saying hello", cancel, true)? {
                Incoming::Event(event) => match *event {
                    Event::Hello { protocol: PROTOCOL, version, .. } => return Ok(version),
                    Event::Hello { protocol, version, .. } => {
                        return Err(Failure::Crashed(format!(
                            "`{command}` speaks version {protocol} of the worker protocol ({version}), this program \
                             {PROTOCOL}; install the same version of Assay on both sides"
                        )));
                    }
                    _ => banner += 1,
                },
                Incoming::Rubbish(_) => banner += 1,
                Incoming::End => return Err(self.ended("before it said hello")),
            }
            if banner > MAX_BANNER_LINES {
                return Err(Failure::Crashed(format!("`{command}` does not speak the worker protocol")));
            }
        }
    }

    /// The worker's devices with their stacks, and its host.
    ///
    /// # Errors
    /// When the worker fails.
    pub fn probe(&mut self, cancel: &AtomicBool) -> Result<(Vec<DeviceReport>, Environment), Failure> {
        let limit = self.limits.probe;
        let answer = self.ask(&Request::Probe, limit, "looking for devices", cancel, |event| match event {
            Event::Devices { devices, environment } => Some((devices, *environment)),
            _ => None,
        })?;
        self.granted(answer)
    }

    /// What the sensors of the worker's devices say now.
    ///
    /// # Errors
    /// When the worker fails.
    pub fn sense(&mut self, cancel: &AtomicBool) -> Result<Vec<DeviceReading>, Failure> {
        let limit = self.limits.probe;
        let answer = self.ask(&Request::Sense, limit, "reading sensors", cancel, |event| match event {
            Event::Readings { readings } => Some(readings),
            _ => None,
        })?;
        self.granted(answer)
    }

    /// What is in a model. The outer error is the worker's failure, the inner one what is wrong with the model.
    ///
    /// # Errors
    /// When the worker fails.
    pub fn inspect(
        &mut self,
        choice: ModelChoice,
        cancel: &AtomicBool,
    ) -> Result<Result<ModelReport, String>, Failure> {
        let limit = self.limits.probe;
        self.ask(&Request::Inspect(choice), limit, "reading the model", cancel, |event| match event {
            Event::Model { report } => Some(*report),
            _ => None,
        })
    }

    /// Has the worker make a narrower form of a model.
    ///
    /// # Errors
    /// When the worker fails; the inner error is what it says of the model or of tools that are not there.
    pub fn convert(
        &mut self,
        request: VariantRequest,
        cancel: &AtomicBool,
    ) -> Result<Result<VariantReport, String>, Failure> {
        let (request, limit) = (Request::Convert(Box::new(request)), self.limits.measurement);
        self.ask(&request, limit, "converting the model", cancel, |event| match event {
            Event::Converted { made } => Some(*made),
            _ => None,
        })
    }

    /// The vendors' compilers that the worker has.
    ///
    /// # Errors
    /// When the worker fails.
    pub fn compilers(&mut self, cancel: &AtomicBool) -> Result<Vec<CompilerReport>, Failure> {
        let limit = self.limits.probe;
        let answer = self.ask(&Request::Compilers, limit, "looking for compilers", cancel, |event| match event {
            Event::Compilers { compilers } => Some(compilers),
            _ => None,
        })?;
        self.granted(answer)
    }

    /// Has a workload compiled.
    ///
    /// # Errors
    /// When the worker fails, the compiler takes too long, or the user cancels; the worker is then ended.
    pub fn estimate(&mut self, mut request: EstimateRequest, cancel: &AtomicBool) -> Result<Estimate, Failure> {
        self.next_id += 1;
        request.id = self.next_id;
        let (asked, request, limit) = (request.id, Request::Estimate(Box::new(request)), self.limits.measurement);
        let answer = self.ask(&request, limit, "compiling", cancel, |event| match event {
            Event::Estimate { id, estimate } if id == asked => Some(*estimate),
            _ => None,
        })?;
        self.granted(answer)
    }

    /// Measures a workload.
    ///
    /// # Errors
    /// When the worker fails or the user cancels; it is then ended.
    pub fn measure(
        &mut self,
        mut request: MeasureRequest,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Measured, Failure> {
        self.next_id += 1;
        request.id = self.next_id;
        self.send(&Request::Measure(Box::new(request)))?;
        let deadline = Instant::now() + self.limits.measurement;
        let mut doing = "preparing".to_owned();
        loop {
            match self.next_event(deadline, &doing, cancel)? {
                Event::Phase { id, phase } if id == self.next_id => {
                    doing.clone_from(&phase);
                    progress(Progress::Phase(phase));
                }
                Event::Samples { id, latency_secs } if id == self.next_id => progress(Progress::Samples(latency_secs)),
                Event::Readings { readings } => {
                    progress(Progress::Readings(readings.into_iter().map(|told| told.reading).collect()));
                }
                Event::Outcome { id, outcome, environment, stack_version } if id == self.next_id => {
                    return Ok(Measured { outcome: *outcome, environment: *environment, stack_version });
                }
                Event::Refused { message } => return self.granted(Err(message)),
                _ => {}
            }
        }
    }

    /// Asks and waits for the event that `pick` takes for the answer; the inner error is the worker's refusal.
    fn ask<T>(
        &mut self,
        request: &Request,
        limit: Duration,
        doing: &str,
        cancel: &AtomicBool,
        pick: impl Fn(Event) -> Option<T>,
    ) -> Result<Result<T, String>, Failure> {
        self.send(request)?;
        let deadline = Instant::now() + limit;
        loop {
            match self.next_event(deadline, doing, cancel)? {
                Event::Refused { message } => return Ok(Err(message)),
                event => {
                    if let Some(answer) = pick(event) {
                        return Ok(Ok(answer));
                    }
                }
            }
        }
    }

    /// An answer to what no worker refuses.
    fn granted<T>(&mut self, answer: Result<T, String>) -> Result<T, Failure> {
        answer.map_err(|message| self.fail(Failure::Crashed(format!("the worker refused the request: {message}"))))
    }

    fn send(&mut self, request: &Request) -> Result<(), Failure> {
        let line = serde_json::to_string(request).map_err(|e| Failure::Crashed(e.to_string()))?;
        let written = self.stdin.as_mut().map(|stdin| writeln!(stdin, "{line}").and_then(|()| stdin.flush()));
        match written {
            Some(Ok(())) => Ok(()),
            _ => Err(self.ended("when it was asked")),
        }
    }
}
