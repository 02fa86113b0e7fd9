//! The sensors of attached devices, read by a worker process for as long as somebody watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use assay_core::protocol::DeviceReading;
use assay_core::supervisor::{Failure, Limits, Worker};

use crate::runs::{Target, Waker};

/// How often sensors are read.
const PERIOD: Duration = Duration::from_millis(1000);
/// How often it is looked whether somebody still watches.
const STEP: Duration = Duration::from_millis(50);

/// What is seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// What the sensors of the devices say.
    Readings(Vec<DeviceReading>),
    /// Why nothing more is seen.
    Ended(String),
}

/// Somebody watches. Dropping it ends the worker.
#[derive(Debug)]
pub struct Watch {
    /// What is seen.
    pub seen: Receiver<Seen>,
    stop: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    /// Reads the sensors of a target's devices once a second; `wake` is called after each reading.
    pub fn start(target: Target, wake: Waker) -> Self {
        Self::of(move |seen, stop| {
            let ended = match watch(&target, seen, stop, &wake) {
                Ok(()) | Err(Failure::Cancelled) => return,
                Err(failure) => failure.to_string(),
            };
            seen.send(Seen::Ended(ended)).ok();
            wake();
        })
    }

    /// Watches what `work` tells, on a thread of its own, until the flag is set.
    pub fn of(work: impl FnOnce(&Sender<Seen>, &AtomicBool) + Send + 'static) -> Self {
        let (sender, seen) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let failed = sender.clone();
        let thread = std::thread::Builder::new().name("watch".to_owned()).spawn(move || work(&sender, &flag));
        if let Err(error) = thread {
            failed.send(Seen::Ended(format!("no thread could be started: {error}"))).ok();
        }
        Self { seen, stop }
    }
}

fn watch(target: &Target, seen: &Sender<Seen>, stop: &AtomicBool, wake: &Waker) -> Result<(), Failure> {
    let mut worker = Worker::start(&target.command, Limits::default(), stop)?;
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        if seen.send(Seen::Readings(worker.sense(stop)?)).is_err() {
            return Ok(());
        }
        wake();
        while begun.elapsed() < PERIOD && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(STEP);
        }
    }
    Ok(())
}
