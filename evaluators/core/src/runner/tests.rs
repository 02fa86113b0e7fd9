//! The runner with a scripted stack.

use super::*;
use crate::device::{DeviceKind, StackId, StackStatus};
use crate::evaluator::{Sample, TimingMethod};
use crate::telemetry::{Reading, ThrottleReasons};
use crate::tensor::Tensor;
use crate::workload::Shape;
use assay_base::NumericFormat;

/// Computes nothing: gives the reference's output, spoilt as asked.
struct Scripted {
    spoil: fn(&mut Vec<f32>),
    error: Option<EvaluatorError>,
}

struct Ready {
    output: Tensor,
}

impl Evaluator for Scripted {
    fn stack(&self) -> StackId {
        StackId::new("scripted")
    }
    fn probe(&self) -> Vec<(Device, StackStatus)> {
        Vec::new()
    }
    fn support(&self, _device: &Device, workload: &Workload) -> Support {
        if workload.format == NumericFormat::Fp4 { Support::unsupported("no fp4 here") } else { Support::Supported }
    }
    fn prepare(&self, _device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let mut values: Vec<f32> = crate::reference::evaluate(job).into_iter().map(|v| v as f32).collect();
        (self.spoil)(&mut values);
        Ok(Box::new(Ready { output: Tensor::f32(job.graph.shape(job.graph.output), values) }))
    }
}

impl Prepared for Ready {
    fn timing(&self) -> TimingMethod {
        TimingMethod::DeviceEvents
    }
    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        Ok(Sample { latency_secs: 0.001 })
    }
    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        Ok(self.output.clone())
    }
}

struct Quiet;
impl Host for Quiet {
    fn load_meter(&self) -> Box<dyn LoadMeter> {
        Box::new(Self)
    }
    fn sensors(&self, _device: &Device) -> Option<Box<dyn Sensors>> {
        None
    }
}
impl LoadMeter for Quiet {
    fn finish(self: Box<Self>) -> ForeignLoad {
        ForeignLoad::default()
    }
}
#[derive(Default)]
struct Log(Vec<String>, usize, Vec<Reading>);
impl Observer for Log {
    fn phase(&mut self, phase: &str) {
        self.0.push(phase.to_owned());
    }
    fn samples(&mut self, latency_secs: &[f64]) {
        self.1 += latency_secs.len();
    }
    fn readings(&mut self, readings: &[Reading]) {
        self.2.extend(readings);
    }
}

fn device() -> Device {
    Device::new("cpu", DeviceKind::Cpu, "test")
}

fn outcome(evaluator: &Scripted, format: NumericFormat) -> (Outcome, Log) {
    let shape = Shape::Softmax { rows: 4, columns: 8 };
    let workload = Workload { id: "w".to_owned(), format, shape };
    let mut log = Log::default();
    let mut cache = Cache::default();
    (measure(evaluator, &device(), &workload, &Plan::quick(), &Quiet, &mut cache, &mut log), log)
}

#[test]
fn a_correct_result_passes_with_statistics_and_throughput() {
    let (outcome, log) = outcome(&Scripted { spoil: |_| (), error: None }, NumericFormat::Fp32);
    assert_eq!(outcome.status, Status::Passed);
    let timing = outcome.timing.unwrap();
    assert_eq!(timing.stop, crate::measurement::StopReason::NoiseBound);
    assert_eq!(log.1, timing.samples_secs.len());
    let throughput = outcome.throughput.unwrap();
    assert!((throughput.value - 4000.0).abs() < 1e-6);
    assert_eq!(throughput.unit, "rows/s");
}

#[test]
fn a_wrong_result_is_incorrect_and_has_no_throughput() {
    let (outcome, _) = outcome(&Scripted { spoil: |v| v[3] += 0.1, error: None }, NumericFormat::Fp32);
    assert!(matches!(outcome.status, Status::Incorrect { .. }), "{:?}", outcome.status);
    assert_eq!(outcome.throughput, None);
}

#[test]
fn nan_never_passes() {
    let (outcome, _) = outcome(&Scripted { spoil: |v| v[0] = f32::NAN, error: None }, NumericFormat::Fp32);
    assert!(matches!(outcome.status, Status::Incorrect { .. }));
    assert_eq!(outcome.correctness.unwrap().error_norm, None);
}

#[test]
fn what_a_stack_says_becomes_the_status() {
    let (unsupported, _) = outcome(&Scripted { spoil: |_| (), error: None }, NumericFormat::Fp4);
    assert_eq!(unsupported.status.label(), "unsupported");
    let error = Some(EvaluatorError::OutOfMemory("80 GB".to_owned()));
    let (memory, _) = outcome(&Scripted { spoil: |_| (), error }, NumericFormat::Fp32);
    assert_eq!(memory.status, Status::OutOfMemory { reason: "80 GB".to_owned() });
}

/// A host whose device is at its power limit all the time.
struct AtTheLimit;
impl Host for AtTheLimit {
    fn load_meter(&self) -> Box<dyn LoadMeter> {
        Box::new(Quiet)
    }
    fn sensors(&self, _device: &Device) -> Option<Box<dyn Sensors>> {
        Some(Box::new(Self))
    }
}
impl Sensors for AtTheLimit {
    fn read(&mut self) -> Reading {
        let throttle_reasons = ThrottleReasons::POWER_CAP;
        Reading { throttled: Some(true), throttle_reasons, power_watts: Some(700.0), ..Reading::default() }
    }
}

#[test]
fn what_a_device_at_its_limit_does_is_marked_and_counts() {
    let shape = Shape::Softmax { rows: 4, columns: 8 };
    let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
    let (mut log, mut cache) = (Log::default(), Cache::default());
    let evaluator = Scripted { spoil: |_| (), error: None };
    // A scripted execution takes no time: samples end the rounds.
    let mut plan = Plan::quick();
    plan.stop.max_samples = 100;
    let outcome = measure(&evaluator, &device(), &workload, &plan, &AtTheLimit, &mut cache, &mut log);
    let clocks = outcome.timing.unwrap().clocks;
    let throttling = clocks.throttling.unwrap();
    assert_eq!((throttling.executions, throttling.of, throttling.replaced), (100, 100, false));
    assert_eq!((throttling.repeated, throttling.repeated_throttled), (200, 200));
    assert_eq!((throttling.rested_median_secs, clocks.throttled_samples.len()), (None, 100));
    assert!(throttling.reasons.contains_key("power cap"), "{throttling:?}");
    assert!(log.0.iter().any(|phase| phase == "measuring the steady state"), "{:?}", log.0);
    assert!(log.2.iter().any(|reading| reading.power_watts == Some(700.0)), "readings are told while it is timed");
    // The clock is not known, and the device told no counter.
    assert!(clocks.samples_hz.is_empty());
    assert!(outcome.telemetry.unwrap().energy.is_some());
}
