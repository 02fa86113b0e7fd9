//! Waiting for a worker's words: what it says, how long it is silent, how much memory it takes, and how it ends.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Failure, Worker};
use crate::process;
use crate::protocol::{Event, MAX_LINE_BYTES};

/// Lines of a worker's stderr that are kept.
const LAST_WORDS: usize = 12;
/// How often the parent looks at the clock, the memory and the cancel flag.
const TICK: Duration = Duration::from_millis(100);
/// How often it adds up the memory, which reads all of /proc.
const MEMORY_PERIOD: Duration = Duration::from_millis(500);

/// What came from a worker.
pub(super) enum Incoming {
    Event(Box<Event>),
    Rubbish(String),
    End,
}

impl Worker {
    /// The next event; a failure ends the worker.
    pub(super) fn next_event(&mut self, deadline: Instant, doing: &str, cancel: &AtomicBool) -> Result<Event, Failure> {
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

    pub(super) fn next(
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

    pub(super) fn fail(&mut self, failure: Failure) -> Failure {
        self.kill();
        failure
    }

    /// The worker's output ended: say how and what it last said.
    pub(super) fn ended(&mut self, when: &str) -> Failure {
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

pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).ok();
}

pub(super) fn read_events(stdout: impl Read, sender: &Sender<Incoming>) {
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

pub(super) fn keep_last_words(stderr: impl Read, last_words: &Mutex<VecDeque<String>>) {
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
