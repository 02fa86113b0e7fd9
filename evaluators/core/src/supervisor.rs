//! The parent's side of the protocol: starts a worker, talks to it, and survives whatever it does.
//!
//! A worker may crash, hang, allocate without end or speak rubbish. Each of these ends as a [`Failure`] with the
//! reason and what the worker last said; the parent ends the worker's whole process group and goes on.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::device::DeviceReport;
use crate::environment::Environment;
use crate::estimate::{CompilerReport, Estimate, EstimateRequest};
use crate::measurement::Status;
use crate::model::{ModelChoice, ModelReport};
use crate::process;
use crate::protocol::{DeviceReading, Event, MAX_LINE_BYTES, MeasureRequest, PROTOCOL, Request};
use crate::runner::Outcome;
use crate::telemetry::Reading;
use crate::variant::{VariantReport, VariantRequest};

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

enum Incoming {
    Event(Box<Event>),
    Rubbish(String),
    End,
}

/// Lines of a worker's stderr that are kept.
const LAST_WORDS: usize = 12;
/// How often the parent looks at the clock, the memory and the cancel flag.
const TICK: Duration = Duration::from_millis(100);
/// How often it adds up the memory, which reads all of /proc.
const MEMORY_PERIOD: Duration = Duration::from_millis(500);
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
        self.send(&Request::Probe)?;
        let deadline = Instant::now() + self.limits.probe;
        loop {
            match self.next_event(deadline, "looking for devices", cancel)? {
                Event::Devices { devices, environment } => return Ok((devices, *environment)),
                Event::Refused { message } => return Err(Failure::Crashed(format!("the worker refused: {message}"))),
                _ => {}
            }
        }
    }

    /// What the sensors of the worker's devices say now.
    ///
    /// # Errors
    /// When the worker fails.
    pub fn sense(&mut self, cancel: &AtomicBool) -> Result<Vec<DeviceReading>, Failure> {
        self.send(&Request::Sense)?;
        let deadline = Instant::now() + self.limits.probe;
        loop {
            match self.next_event(deadline, "reading sensors", cancel)? {
                Event::Readings { readings } => return Ok(readings),
                Event::Refused { message } => return Err(Failure::Crashed(format!("the worker refused: {message}"))),
                _ => {}
            }
        }
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
        self.send(&Request::Inspect(choice))?;
        let deadline = Instant::now() + self.limits.probe;
        loop {
            match self.next_event(deadline, "reading the model", cancel)? {
                Event::Model { report } => return Ok(Ok(*report)),
                Event::Refused { message } => return Ok(Err(message)),
                _ => {}
            }
        }
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
        self.send(&Request::Convert(Box::new(request)))?;
        let deadline = Instant::now() + self.limits.measurement;
        loop {
            match self.next_event(deadline, "converting the model", cancel)? {
                Event::Converted { made } => return Ok(Ok(*made)),
                Event::Refused { message } => return Ok(Err(message)),
                _ => {}
            }
        }
    }

    /// The vendors' compilers that the worker has.
    ///
    /// # Errors
    /// When the worker fails.
    pub fn compilers(&mut self, cancel: &AtomicBool) -> Result<Vec<CompilerReport>, Failure> {
        self.send(&Request::Compilers)?;
        let deadline = Instant::now() + self.limits.probe;
        loop {
            match self.next_event(deadline, "looking for compilers", cancel)? {
                Event::Compilers { compilers } => return Ok(compilers),
                Event::Refused { message } => return Err(Failure::Crashed(format!("the worker refused: {message}"))),
                _ => {}
            }
        }
    }

    /// Has a workload compiled.
    ///
    /// # Errors
    /// When the worker fails, the compiler takes too long, or the user cancels; the worker is then ended.
    pub fn estimate(&mut self, mut request: EstimateRequest, cancel: &AtomicBool) -> Result<Estimate, Failure> {
        self.next_id += 1;
        request.id = self.next_id;
        self.send(&Request::Estimate(Box::new(request)))?;
        let deadline = Instant::now() + self.limits.measurement;
        loop {
            match self.next_event(deadline, "compiling", cancel)? {
                Event::Estimate { id, estimate } if id == self.next_id => return Ok(*estimate),
                Event::Refused { message } => {
                    return Err(self.fail(Failure::Crashed(format!("the worker refused the request: {message}"))));
                }
                _ => {}
            }
        }
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
                Event::Refused { message } => {
                    return Err(self.fail(Failure::Crashed(format!("the worker refused the request: {message}"))));
                }
                _ => {}
            }
        }
    }

    fn send(&mut self, request: &Request) -> Result<(), Failure> {
        let line = serde_json::to_string(request).map_err(|e| Failure::Crashed(e.to_string()))?;
        let written = self.stdin.as_mut().map(|stdin| writeln!(stdin, "{line}").and_then(|()| stdin.flush()));
        match written {
            Some(Ok(())) => Ok(()),
            _ => Err(self.ended("when it was asked")),
        }
    }

    /// The next event; a failure ends the worker.
    fn next_event(&mut self, deadline: Instant, doing: &str, cancel: &AtomicBool) -> Result<Event, Failure> {
        match self.next(deadline, doing, cancel, false)? {
            Incoming::Event(event) => match *event {
                Event::Fatal { kind, message } if kind == "out-of-memory" => {
                    Err(self.fail(Failure::OutOfMemory(format!("{message} while {doing}"))))
                }
                Event::Fatal { kind, message } if kind == "timed-out" => {
                    Err(self.fail(Failure::TimedOut(format!("{message} while {doing}"))))
                }
                Event::Fatal { message, .. } => Err(self.fail(Failure::Crashed(format!("{message} while {doing}")))),
                event => Ok(event),
            },
            Incoming::Rubbish(line) => {
                let excerpt: String = line.chars().take(80).collect();
                let reason = format!("the worker spoke something else than the protocol while {doing}: `{excerpt}`");
                Err(self.fail(Failure::Crashed(reason)))
            }
            Incoming::End => Err(self.ended(&format!("while {doing}"))),
        }
    }

    fn next(
        &mut self,
        deadline: Instant,
        doing: &str,
        cancel: &AtomicBool,
        starting: bool,
    ) -> Result<Incoming, Failure> {
        let mut last_word = Instant::now();
        let mut last_memory = Instant::now();
        loop {
            match self.incoming.recv_timeout(TICK) {
                Ok(Incoming::Event(event)) if matches!(*event, Event::Heartbeat) => last_word = Instant::now(),
                Ok(incoming) => return Ok(incoming),
                Err(RecvTimeoutError::Disconnected) => return Ok(Incoming::End),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            if cancel.load(Ordering::Relaxed) {
                return Err(self.fail(Failure::Cancelled));
            }
            if now >= deadline {
                return Err(self.timed_out("the time limit was reached", doing));
            }
            if !starting && now - last_word >= self.limits.silence {
                let said = format!("the worker said nothing for {} s", self.limits.silence.as_secs());
                return Err(self.timed_out(&said, doing));
            }
            if now - last_memory >= MEMORY_PERIOD {
                last_memory = now;
                self.check_memory(doing)?;
            }
        }
    }

    fn check_memory(&mut self, doing: &str) -> Result<(), Failure> {
        let Some(limit) = self.limits.memory_bytes else { return Ok(()) };
        match process::group_resident_bytes(self.child.id()) {
            Some(used) if used > limit => {
                let (used, limit) = (assay_base::format::memory(used as f64), assay_base::format::memory(limit as f64));
                let reason = format!("the worker used {used} of memory, over the limit of {limit}, while {doing}");
                Err(self.fail(Failure::OutOfMemory(reason)))
            }
            _ => Ok(()),
        }
    }

    fn timed_out(&mut self, what: &str, doing: &str) -> Failure {
        let reason = format!("{what} while {doing}; the worker was ended{}", self.said());
        self.fail(Failure::TimedOut(reason))
    }

    fn fail(&mut self, failure: Failure) -> Failure {
        self.kill();
        failure
    }

    /// The worker's output ended: say how and what it last said.
    fn ended(&mut self, when: &str) -> Failure {
        // Give it a moment to be reaped, so that the exit status is known.
        let deadline = Instant::now() + Duration::from_secs(2);
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
                _ => break None,
            }
        };
        self.kill();
        let how = match status {
            Some(status) => format!("the worker ended {when} ({status})"),
            None => format!("the worker closed its output {when}"),
        };
        Failure::Crashed(format!("{how}{}", self.said()))
    }

    fn said(&self) -> String {
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.is_empty() {
            return String::new();
        }
        format!("; it last said: {}", words.iter().map(String::as_str).collect::<Vec<_>>().join(" / "))
    }

    /// Ends the worker and everything it started.
    fn kill(&mut self) {
        self.stdin = None;
        #[cfg(unix)]
        if let Ok(group) = libc::pid_t::try_from(self.child.id()) {
            // SAFETY: kill takes no pointers. The group is the child's own, made at its start; the child is not yet
            // reaped or just was, and a group id is not reused while a member lives.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Closing its input asks it to end; give it a moment before it is made to.
        self.stdin = None;
        let deadline = Instant::now() + Duration::from_millis(300);
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).ok();
}

fn read_events(stdout: impl Read, sender: &Sender<Incoming>) {
    let mut reader = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = Read::take(&mut reader, MAX_LINE_BYTES as u64).read_until(b'\n', &mut line);
        let incoming = match read {
            Ok(0) | Err(_) => Incoming::End,
            Ok(_) => match serde_json::from_slice::<Event>(&line) {
                Ok(event) => Incoming::Event(Box::new(event)),
                Err(_) if line.iter().all(u8::is_ascii_whitespace) => continue,
                Err(_) => Incoming::Rubbish(String::from_utf8_lossy(&line[..line.len().min(400)]).into_owned()),
            },
        };
        let end = matches!(incoming, Incoming::End);
        if sender.send(incoming).is_err() || end {
            return;
        }
    }
}

fn keep_last_words(stderr: impl Read, last_words: &Mutex<VecDeque<String>>) {
    let mut reader = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        match Read::take(&mut reader, 64 << 10).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line).trim_end().chars().take(300).collect::<String>();
                if !text.is_empty() {
                    let mut words = last_words.lock().unwrap_or_else(PoisonError::into_inner);
                    if words.len() == LAST_WORDS {
                        words.pop_front();
                    }
                    words.push_back(text);
                }
            }
        }
    }
}
