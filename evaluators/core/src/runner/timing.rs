//! The timed part of a measurement: hot executions under the eyes of the sensors, and executions with cold caches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::{Observer, Plan};
use crate::evaluator::{EvaluatorError, Prepared, TimingMethod};
use crate::measurement::StopReason;
use crate::statistics::quantile;
use crate::stopping::{StopRule, StoppingRule};
use crate::telemetry::{Reading, Sensors};

/// How often new samples and readings are told.
const REPORT_PERIOD: Duration = Duration::from_millis(100);
/// Larger than any last-level cache in use.
const CACHE_FLUSH_BYTES: usize = 512 << 20;

/// A timed execution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timed {
    pub(super) latency_secs: f64,
    /// The clock of the compute units around it, where the stack can tell.
    pub(super) clock_hz: Option<f64>,
    /// When it was over, in the time of the readings.
    pub(super) ended_secs: f64,
}

/// Hot executions and what the sensors said meanwhile.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) samples: Vec<Timed>,
    pub(super) readings: Vec<Reading>,
    pub(super) stop: StopReason,
}

impl Watched {
    /// The median time of the executions.
    pub(super) fn median_secs(&self) -> Option<f64> {
        let mut secs: Vec<f64> = self.samples.iter().map(|sample| sample.latency_secs).collect();
        secs.sort_by(f64::total_cmp);
        quantile(&secs, 0.5)
    }
}

/// Executes until the rule says so.
///
/// # Errors
/// The stack's.
pub(super) fn hot(
    prepared: &mut dyn Prepared,
    rule: StopRule,
    sensors: Option<Box<dyn Sensors>>,
    observer: &mut dyn Observer,
) -> Result<Watched, EvaluatorError> {
    let started = Instant::now();
    let sensors = SensorThread::start(sensors, started);
    let timed = executions(prepared, rule, started, &sensors, observer);
    let (readings, untold) = sensors.finish();
    if !untold.is_empty() {
        observer.readings(&untold);
    }
    let (samples, stop) = timed?;
    Ok(Watched { samples, readings, stop })
}

fn executions(
    prepared: &mut dyn Prepared,
    rule: StopRule,
    started: Instant,
    sensors: &SensorThread,
    observer: &mut dyn Observer,
) -> Result<(Vec<Timed>, StopReason), EvaluatorError> {
    let mut stopping = StoppingRule::new(rule);
    let mut samples: Vec<Timed> = Vec::new();
    let (mut told, mut last_told) = (0, Instant::now());
    loop {
        let latency_secs = prepared.execute()?.latency_secs;
        let ended_secs = started.elapsed().as_secs_f64();
        samples.push(Timed { latency_secs, clock_hz: prepared.clock_hz(), ended_secs });
        stopping.add(latency_secs);
        let stop = stopping.stop(ended_secs);
        if stop.is_some() || last_told.elapsed() >= REPORT_PERIOD {
            let new: Vec<f64> = samples.iter().skip(told).map(|sample| sample.latency_secs).collect();
            observer.samples(&new);
            let seen = sensors.new_readings();
            if !seen.is_empty() {
                observer.readings(&seen);
            }
            (told, last_told) = (samples.len(), Instant::now());
        }
        if let Some(reason) = stop {
            return Ok((samples, reason));
        }
    }
}

/// A few executions, each after the caches of the host were filled with something else. Devices flush their own
/// caches where their evaluator can; where it cannot there are no cold samples.
///
/// # Errors
/// The stack's.
pub(super) fn cold(prepared: &mut dyn Prepared, plan: &Plan, hot_count: usize) -> Result<Vec<f64>, EvaluatorError> {
    let mut host_buffer = match prepared.timing() {
        TimingMethod::HostClock => vec![0_u8; CACHE_FLUSH_BYTES],
        TimingMethod::DeviceEvents => Vec::new(),
    };
    let mut samples = Vec::new();
    for round in 0..plan.cold_executions.min(hot_count) {
        if !prepared.flush_caches() {
            if host_buffer.is_empty() {
                break;
            }
            // A write to each cache line evicts what was there.
            host_buffer.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(round as u8 | 1));
            std::hint::black_box(&host_buffer);
        }
        samples.push(prepared.execute()?.latency_secs);
    }
    Ok(samples)
}

/// Reads sensors on a thread of its own while the workload runs.
struct SensorThread {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<Vec<Reading>>>,
    new: Receiver<Reading>,
}

impl SensorThread {
    fn start(sensors: Option<Box<dyn Sensors>>, started: Instant) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, new) = channel();
        let thread = sensors.and_then(|mut sensors| {
            let stop = Arc::clone(&stop);
            let period = sensors.period();
            let read = move || {
                let mut readings = Vec::new();
                loop {
                    let elapsed_secs = started.elapsed().as_secs_f64();
                    let reading = Reading { elapsed_secs, ..sensors.read() };
                    readings.push(reading);
                    tell.send(reading).ok();
                    if stop.load(Ordering::Relaxed) {
                        return readings;
                    }
                    std::thread::park_timeout(period);
                }
            };
            std::thread::Builder::new().name("sensors".to_owned()).spawn(read).ok()
        });
        Self { stop, thread, new }
    }

    /// What was read since it was last asked for.
    fn new_readings(&self) -> Vec<Reading> {
        self.new.try_iter().collect()
    }

    /// All readings, and those that were not told yet.
    fn finish(mut self) -> (Vec<Reading>, Vec<Reading>) {
        self.stop.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else { return Default::default() };
        thread.thread().unpark();
        let readings = thread.join().unwrap_or_default();
        (readings, self.new_readings())
    }
}
