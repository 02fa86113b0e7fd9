//! Measurements to store.

#![allow(dead_code, reason = "each test uses a part of it")]

use assay_base::Evidence;
use assay_core::device::{Device, DeviceKind, StackId};
use assay_core::environment::{Environment, ForeignLoad};
use assay_core::measurement::{Correctness, Status, StopReason, Throughput, Timing};
use assay_core::statistics::Statistics;
use assay_core::{Measurement, NumericFormat, Shape, TimingMethod, Workload};

/// The `number`th measurement of a run, with as many samples as are asked for (at least one), all deterministic and
/// with digits to the last place.
pub fn measurement(run_id: &str, number: u64, samples: usize) -> Measurement {
    let samples_secs: Vec<f64> =
        (0..samples as u64).map(|i| 1e-3 * (1.0 + 1e-3 * ((i * 7919 + number * 31) % 997) as f64 / 997.0)).collect();
    with_samples(run_id, number, samples_secs)
}

/// A measurement with given samples.
pub fn with_samples(run_id: &str, number: u64, samples_secs: Vec<f64>) -> Measurement {
    let workload = Workload {
        id: "gemm-64-fp32".to_owned(),
        format: NumericFormat::Fp32,
        shape: Shape::Gemm { m: 64, n: 64, k: 64 },
    };
    let statistics = Statistics::of(&samples_secs);
    let throughput = statistics
        .as_ref()
        .map(|s| Throughput { value: workload.items() / s.median_secs, unit: workload.shape.item().per_sec() });
    Measurement {
        id: format!("{run_id}-{number:05}"),
        run_id: run_id.to_owned(),
        suite: Some("quick".to_owned()),
        workload_hash: workload.hash(),
        workload,
        device: Device {
            memory_bytes: Some(8 << 30),
            ..Device::new("cpu", DeviceKind::Cpu, "Test processor, \"quoted\"\nand broken")
        },
        stack: StackId::new("native"),
        stack_version: None,
        target: "local".to_owned(),
        evidence: Evidence::Measured,
        started_at: jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_790_000_000 + number as i64),
        seed: u64::MAX - number,
        status: Status::Passed,
        timing: statistics.map(|statistics| Timing {
            method: TimingMethod::HostClock,
            prepare_secs: 0.1,
            compile_secs: None,
            first_execution_secs: 0.2,
            warm_up_executions: 3,
            samples_secs,
            cold_samples_secs: vec![2e-3, 3e-3, 4e-3],
            stop: StopReason::NoiseBound,
            statistics,
            clocks: Default::default(),
        }),
        correctness: Some(Correctness { error_norm: Some(1.0 / 3.0 * 1e-7), tolerance: 1e-5, passed: true }),
        throughput,
        telemetry: None,
        foreign_load: ForeignLoad::default(),
        notes: vec![("algorithm".to_owned(), "blocked".to_owned())],
        environment: Environment { host: Some("bench-1".to_owned()), ..Environment::default() },
        placement: None,
        profile: None,
        kernel: None,
        provenance: None,
    }
}

/// One that did not pass.
pub fn failed(run_id: &str, number: u64) -> Measurement {
    let passed = measurement(run_id, number, 1);
    let status = Status::Incorrect { reason: "the error norm is 0.3".to_owned() };
    Measurement { status, throughput: None, ..passed }
}
