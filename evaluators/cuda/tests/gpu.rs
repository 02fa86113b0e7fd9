//! Every workload on the first device against the fp64 reference. Skipped, with the reason, where there is none.

#[path = "common/shapes.rs"]
mod shapes;

use assay_core::evaluator::Job;
use assay_core::kernel::Kernel;
use assay_core::profile::Profile;
use assay_core::reference::Reference;
use assay_core::{Device, Evaluator as _, NumericFormat, Shape, Support, Workload};
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

#[test]
fn clocks_and_profile_tell_of_every_execution() {
    let evaluator = CudaEvaluator::new();
    let Some(device) = device(&evaluator) else { return };
    // One launch, and a graph of several with matrix products.
    let shapes = [
        (Shape::Softmax { rows: 4096, columns: 4096 }, 1),
        (Shape::EncoderBlock { batch: 2, sequence: 96, hidden: 256, heads: 4, feed_forward: 1024 }, 8),
    ];
    for (shape, least) in shapes {
        let workload = Workload { id: "profiled".to_owned(), format: NumericFormat::Bf16, shape };
        let mut prepared = evaluator.prepare(&device, &Job::new(&workload, 1)).unwrap();
        let latency_secs = prepared.execute().unwrap().latency_secs;
        assert!(prepared.clock_hz().is_some_and(|hz| (1e8..4e9).contains(&hz)), "{:?}", prepared.clock_hz());
        let timeline = match prepared.profile().unwrap() {
            Profile::Taken(timeline) => timeline,
            Profile::Absent { reason } => {
                eprintln!("skipped: {reason}");
                continue;
            }
        };
        let launches: usize = timeline.kernels.iter().map(|kernel| kernel.launches).sum();
        assert!(launches >= least, "{timeline:?}");
        assert!(timeline.busy_secs <= timeline.span_secs * 1.000_001 && timeline.busy_secs > 0.0, "{timeline:?}");
        assert!(timeline.span_secs < 3.0 * latency_secs, "{latency_secs} {timeline:?}");
        assert!(timeline.kernels.iter().all(|kernel| kernel.occupancy.is_some()), "{timeline:?}");
        assert!(timeline.kernels.iter().any(|kernel| kernel.bytes.is_some_and(|bytes| bytes > 0.0)), "{timeline:?}");
    }
}

#[test]
fn the_calculated_occupancy_is_the_drivers() {
    let evaluator = CudaEvaluator::new();
    let Some(device) = device(&evaluator) else { return };
    let mut compared = 0;
    for kernel in Kernel::bundled() {
        for shape in [
            Shape::Softmax { rows: 512, columns: 4096 },
            Shape::RmsNorm { rows: 512, columns: 4096 },
            Shape::Quantise { rows: 512, columns: 4096 },
            Shape::LinearGelu { m: 256, n: 512, k: 128 },
        ] {
            let workload = Workload { id: "kernel".to_owned(), format: NumericFormat::Bf16, shape };
            if !kernel.manifest.computes(&workload) {
                continue;
            }
            let bench = evaluator.kernel_bench(&device, &Job::new(&workload, 1)).unwrap();
            for parameters in kernel.manifest.kernel.combinations() {
                let Ok(mut prepared) = bench.prepare(&kernel, &kernel.manifest.kernel, &parameters) else { continue };
                let (Some(resources), Some(Profile::Taken(timeline))) = (prepared.resources(), prepared.profile())
                else {
                    continue;
                };
                let [profiled] = timeline.kernels.as_slice() else { panic!("{timeline:?}") };
                let difference = profiled.occupancy.unwrap_or(0.0) - resources.occupancy;
                assert!(difference.abs() < 1e-9, "{parameters:?} {resources:?} {profiled:?}");
                compared += 1;
            }
        }
    }
    eprintln!("{compared} kernels compared");
}
