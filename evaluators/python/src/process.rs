//! One interpreter with `worker.py` in it.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assay_core::evaluator::EvaluatorError;
use assay_core::protocol::PROTOCOL;
use tempfile::TempDir;

use crate::messages::{Event, Request};

/// What runs in the interpreter, by its path.
const FILES: [(&str, &str); 11] = [
    ("worker.py", include_str!("../worker.py")),
    ("assay_stacks/__init__.py", include_str!("../assay_stacks/__init__.py")),
    ("assay_stacks/apart.py", include_str!("../assay_stacks/apart.py")),
    ("assay_stacks/models.py", include_str!("../assay_stacks/models.py")),
    ("assay_stacks/pytorch.py", include_str!("../assay_stacks/pytorch.py")),
    ("assay_stacks/tensorflow_graphs.py", include_str!("../assay_stacks/tensorflow_graphs.py")),
    ("assay_stacks/triton_estimate.py", include_str!("../assay_stacks/triton_estimate.py")),
    ("assay_stacks/triton_kernels.py", include_str!("../assay_stacks/triton_kernels.py")),
    ("assay_stacks/triton_stack.py", include_str!("../assay_stacks/triton_stack.py")),
    ("assay_stacks/vendors.py", include_str!("../assay_stacks/vendors.py")),
    ("assay_stacks/xla.py", include_str!("../assay_stacks/xla.py")),
];

/// How long an interpreter may take to start and say hello.
const HELLO: Duration = Duration::from_secs(20);

/// Lines of its stderr that are kept.
const LAST_WORDS: usize = 4;

/// A running interpreter. Dropping it ends it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    incoming: Receiver<Result<Event, String>>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    /// Holds `worker.py`, and kernels that are compiled ahead of time.
    _folder: TempDir,
}

impl Process {
    /// Starts an interpreter and waits for its hello.
    ///
    /// # Errors
    /// Why it does not start, or what it says instead.
    pub fn start(interpreter: &Path, threads: usize) -> Result<Self, EvaluatorError> {
        let unavailable = |reason: String| EvaluatorError::Unavailable(format!("{}: {reason}", interpreter.display()));
        let folder = tempfile::Builder::new().prefix("assay-python-").tempdir();
        let folder = folder.map_err(|error| unavailable(format!("no temporary folder: {error}")))?;
        let script =
            materialise(&folder).map_err(|error| unavailable(format!("worker.py cannot be written: {error}")))?;
        let threads = threads.to_string();
        let mut child = Command::new(interpreter)
            // No user site: an environment is what it says it is.
            .args(["-s", "-u"])
            .arg(&script)
            .env("OMP_NUM_THREADS", &threads)
            .env("MKL_NUM_THREADS", &threads)
            .env("TVM_NUM_THREADS", &threads)
            .env("TF_CPP_MIN_LOG_LEVEL", "3")
            .env("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
            // Gaudi's bridge reads its mode when it is imported: eager, for `torch.compile`.
            .env("PT_HPU_LAZY_MODE", "0")
            // What earlier runs compiled would make a cold compilation look warm. (A workload has caches of its own: see
            // `worker.py`.)
            .env("TRITON_CACHE_DIR", folder.path().join("triton"))
            .env("JAX_ENABLE_COMPILATION_CACHE", "false")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| unavailable(error.to_string()))?;
        let (sender, incoming) = channel();
        if let Some(stdout) = child.stdout.take() {
            spawn("python events", move || {
                for line in BufReader::new(stdout).lines() {
                    let Ok(line) = line else { return };
                    let event = serde_json::from_str(&line).map_err(|_| line.chars().take(200).collect());
                    if sender.send(event).is_err() {
                        return;
                    }
                }
            });
        }
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(stderr) = child.stderr.take() {
            let last_words = Arc::clone(&last_words);
            spawn("python stderr", move || keep_last_words(stderr, &last_words));
        }
        let stdin = child.stdin.take();
        let mut process = Self { child, stdin, incoming, last_words, _folder: folder };
        match process.next(Some(HELLO))? {
            Event::Hello { protocol: PROTOCOL, .. } => Ok(process),
            other => Err(unavailable(format!("it does not speak the worker protocol {PROTOCOL}: {other:?}"))),
        }
    }

    /// Asks and waits for the answer, for as long as it takes when no patience is given: whoever runs the measurement
    /// has a limit of its own.
    ///
    /// # Errors
    /// What the framework said, or how the interpreter ended.
    pub fn ask(&mut self, request: &Request, patience: Option<Duration>) -> Result<Event, EvaluatorError> {
        let line = serde_json::to_string(request).map_err(|error| EvaluatorError::Failed(error.to_string()))?;
        let written = self.stdin.as_mut().map(|stdin| writeln!(stdin, "{line}").and_then(|()| stdin.flush()));
        if !matches!(written, Some(Ok(()))) {
            return Err(self.ended());
        }
        match self.next(patience)? {
            Event::Failed { kind, message } => Err(match kind.as_str() {
                "unsupported" => EvaluatorError::Unsupported(message),
                "out-of-memory" => EvaluatorError::OutOfMemory(message),
                "unavailable" => EvaluatorError::Unavailable(message),
                "crashed" => EvaluatorError::Failed(format!("{message}{}", self.said())),
                _ => EvaluatorError::Failed(message),
            }),
            Event::Refused { message } => Err(EvaluatorError::Failed(format!("worker.py refused: {message}"))),
            event => Ok(event),
        }
    }

    fn next(&mut self, patience: Option<Duration>) -> Result<Event, EvaluatorError> {
        let received = match patience {
            None => self.incoming.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(patience) => self.incoming.recv_timeout(patience),
        };
        match received {
            Ok(Ok(event)) => Ok(event),
            Ok(Err(line)) => {
                Err(EvaluatorError::Failed(format!("worker.py said something else than the protocol: `{line}`")))
            }
            Err(RecvTimeoutError::Timeout) => {
                let secs = patience.unwrap_or_default().as_secs();
                Err(EvaluatorError::Failed(format!("Python did not answer within {secs} s{}", self.said())))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
        }
    }

    /// How it ended, and what it last said.
    fn ended(&mut self) -> EvaluatorError {
        self.stdin = None;
        let deadline = Instant::now() + Duration::from_secs(1);
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status.to_string(),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
                _ => break "still running".to_owned(),
            }
        };
        EvaluatorError::Failed(format!("Python ended ({status}){}", self.said()))
    }

    fn said(&self) -> String {
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.is_empty() {
            return String::new();
        }
        format!("; it last said: {}", words.iter().map(String::as_str).collect::<Vec<_>>().join(" / "))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input asks it to end; frameworks may have threads that do not.
        self.stdin = None;
        let deadline = Instant::now() + Duration::from_millis(500);
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Writes `worker.py` and the modules that it imports into a folder that nobody else has.
fn materialise(folder: &TempDir) -> std::io::Result<PathBuf> {
    std::fs::create_dir(folder.path().join("assay_stacks"))?;
    FILES.iter().try_for_each(|(path, text)| std::fs::write(folder.path().join(path), text))?;
    Ok(folder.path().join("worker.py"))
}

fn keep_last_words(stderr: impl Read, last_words: &Mutex<VecDeque<String>>) {
    for line in BufReader::new(stderr).split(b'\n') {
        let Ok(line) = line else { return };
        let line: String = String::from_utf8_lossy(&line).trim().chars().take(300).collect();
        if line.is_empty() {
            continue;
        }
        let mut words = last_words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() == LAST_WORDS {
            words.pop_front();
        }
        words.push_back(line);
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).ok();
}
