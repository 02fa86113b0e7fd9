//! Every workload on the first device against the fp64 reference. Skipped, with the reason, where there is none.

#[path = "common/shapes.rs"]
mod shapes;

use assay_core::evaluator::Job;
use assay_core::reference::Reference;
use assay_core::{Device, Evaluator as _, Support};
use assay_cuda::{CudaEvaluator, sensors};

/// The first device that can be used.
fn device(evaluator: &CudaEvaluator) -> Option<Device> {
    let found = evaluator.probe();
    let usable = found.iter().find(|(_, status)| status.available).map(|(device, _)| device.clone());
    if usable.is_none() {
        let reason = found.into_iter().find_map(|(_, status)| status.reason).or_else(|| evaluator.absence_reason());
        eprintln!("skipped: {}", reason.unwrap_or_default());
    }
    usable
}

#[test]
fn every_workload_agrees_with_the_reference() {
    let evaluator = CudaEvaluator::new();
    let Some(device) = device(&evaluator) else { return };
    let mut failures = Vec::new();
    for workload in shapes::workloads() {
        if evaluator.support(&device, &workload) != Support::Supported {
            continue;
        }
        // Two seeds: a kernel that leaves its output unwritten could not pass by luck.
        for seed in [1, 2] {
            let job = Job::new(&workload, seed);
            let error = evaluator.prepare(&device, &job).and_then(|mut prepared| {
                let sample = prepared.execute()?;
                assert!(sample.latency_secs > 0.0, "{}", workload.id);
                Ok(Reference::compute(&job).error_norm(&prepared.output()?))
            });
            match error {
                Ok(Some(norm)) if norm <= workload.tolerance() => {}
                other => failures.push(format!("{} (seed {seed}): {other:?}", workload.id)),
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn sensors_tell_what_nvml_tells() {
    let evaluator = CudaEvaluator::new();
    let Some(device) = device(&evaluator) else { return };
    let mut sensors = sensors(&device).unwrap();
    let reading = sensors.read();
    assert!(reading.memory_used_bytes.is_some_and(|bytes| bytes > 0.0), "{reading:?}");
    assert!(reading.temperature_celsius.is_some_and(|celsius| (0.0..120.0).contains(&celsius)), "{reading:?}");
}
