//! Measurements made up for tests.
#![allow(dead_code, reason = "each test binary uses a part")]

use assay_base::Evidence;
use assay_core::environment::ForeignLoad;
use assay_core::measurement::{Correctness, Status, StopReason, Throughput, Timing};
use assay_core::statistics::Statistics;
use assay_core::{Device, DeviceKind, Environment, Measurement, StackId, Suite, TimingMethod};

/// A measurement of a workload of the quick suite with a steady latency.
pub fn measurement(workload: &str, latency_secs: f64, status: Status) -> Measurement {
    let workload = Suite::load("quick").unwrap().workload(workload).unwrap().clone();
    let samples_secs: Vec<f64> = (0..20).map(|i| latency_secs * (1.0 + f64::from(i % 3) * 1e-3)).collect();
    let statistics = Statistics::of(&samples_secs).unwrap();
    let passed = status.passed();
    Measurement {
        id: format!("r-{}", workload.id),
        run_id: "r".to_owned(),
        suite: Some("quick".to_owned()),
        workload_hash: workload.hash(),
        device: Device::new("cpu", DeviceKind::Cpu, "Test CPU"),
        stack: StackId::new("native"),
        stack_version: None,
        target: "local".to_owned(),
        evidence: Evidence::Measured,
        started_at: "2026-11-20T12:00:00Z".parse().unwrap(),
        seed: 42,
        throughput: passed.then(|| Throughput {
            value: workload.items() / statistics.median_secs,
            unit: workload.shape.item().per_sec(),
        }),
        status,
        timing: Some(Timing {
            method: TimingMethod::HostClock,
            prepare_secs: 0.1,
            compile_secs: None,
            first_execution_secs: latency_secs,
            warm_up_executions: 2,
            samples_secs,
            cold_samples_secs: Vec::new(),
            stop: StopReason::NoiseBound,
            statistics,
            clocks: Default::default(),
        }),
        correctness: Some(Correctness { error_norm: Some(1e-7), tolerance: 1e-5, passed }),
        telemetry: None,
        foreign_load: ForeignLoad::default(),
        notes: Vec::new(),
        environment: Environment::default(),
        placement: None,
        profile: None,
        kernel: None,
        provenance: None,
        workload,
    }
}

/// 150 GFLOP/s of GEMM, 12 GB/s of triad, and an encoder block at 80 % of the ceiling.
pub fn measurements() -> Vec<Measurement> {
    let gemm = Suite::load("quick").unwrap().workload("gemm-fp32").unwrap().flops() / 150e9;
    let triad = Suite::load("quick").unwrap().workload("triad-fp32").unwrap().bytes() / 12e9;
    let block = Suite::load("quick").unwrap().workload("encoder-block-fp32").unwrap().flops() / 120e9;
    vec![
        measurement("gemm-fp32", gemm, Status::Passed),
        measurement("triad-fp32", triad, Status::Passed),
        measurement("encoder-block-fp32", block, Status::Passed),
    ]
}
