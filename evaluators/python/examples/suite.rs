//! Runs workloads of a suite with the stacks of this host's Python on one device, in this process, and prints a JSON line
//! for each: `suite SUITE DEVICE STACKS [WORKLOAD]...`, where the device is `cpu` or such as `cuda:0` and the stacks are
//! separated by commas. `assay run` does the same in workers and keeps the results.

use std::process::ExitCode;

use assay_core::environment::ForeignLoad;
use assay_core::runner::{Cache, Host, LoadMeter, Observer, Plan, measure};
use assay_core::telemetry::Sensors;
use assay_core::{Device, DeviceKind, Evaluator as _, Suite};

/// No sensors, and no eye on other load.
struct Bare;

impl Host for Bare {
    fn load_meter(&self) -> Box<dyn LoadMeter> {
        Box::new(Self)
    }

    fn sensors(&self, _device: &Device) -> Option<Box<dyn Sensors>> {
        None
    }
}

impl LoadMeter for Bare {
    fn finish(self: Box<Self>) -> ForeignLoad {
        ForeignLoad::default()
    }
}

impl Observer for Bare {
    fn phase(&mut self, _phase: &str) {}
    fn samples(&mut self, _latency_secs: &[f64]) {}
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [suite, id, stacks, only @ ..] = arguments.as_slice() else {
        eprintln!("usage: suite SUITE DEVICE STACKS [WORKLOAD]...");
        return ExitCode::from(2);
    };
    let suite = match Suite::load(suite) {
        Ok(suite) => suite,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let kind = if id == "cpu" { DeviceKind::Cpu } else { DeviceKind::Gpu };
    let device = Device::new(id, kind, id);
    let found = assay_python::evaluators(std::slice::from_ref(&device));
    let wanted = |stack: &str| stacks.split(',').any(|wanted| wanted == stack);
    let mut cache = Cache::default();
    let mut good = true;
    for workload in suite.workloads.iter().filter(|workload| only.is_empty() || only.contains(&workload.id)) {
        for evaluator in found.iter().filter(|evaluator| wanted(evaluator.stack().as_str())) {
            let version = evaluator.probe().into_iter().find_map(|(_, status)| status.version);
            let outcome = measure(evaluator, &device, workload, &Plan::quick(), &Bare, &mut cache, &mut Bare);
            let timing = outcome.timing.as_ref();
            println!(
                "{}",
                serde_json::json!({
                    "workload": workload.id,
                    "stack": evaluator.stack(),
                    "version": version,
                    "status": outcome.status.label(),
                    "reason": outcome.status.reason(),
                    "median_secs": timing.map(|timing| timing.statistics.median_secs),
                    "samples": timing.map(|timing| timing.samples_secs.len()),
                    "timing": timing.map(|timing| timing.method),
                    "compile_secs": timing.and_then(|timing| timing.compile_secs),
                    "throughput": outcome.throughput,
                    "error_norm": outcome.correctness.and_then(|correctness| correctness.error_norm),
                    "notes": outcome.notes,
                })
            );
            good &= matches!(outcome.status.label(), "passed" | "unsupported");
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
