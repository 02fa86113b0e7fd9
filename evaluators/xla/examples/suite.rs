//! Runs a suite on one device with the stack `xla`, in this process: `suite [SUITE] [DEVICE] [WORKLOAD]...`, where the
//! device is `cpu` or such as `cuda:0`. `assay run --stack xla` does the same in a worker and keeps the results.

use std::collections::BTreeMap;
use std::process::ExitCode;

use assay_core::environment::ForeignLoad;
use assay_core::runner::{Cache, Host, LoadMeter, Observer, Plan, measure};
use assay_core::telemetry::Sensors;
use assay_core::{Device, DeviceKind, Evaluator as _, Suite};
use assay_xla::{Places, XlaEvaluator, prepare_environment};

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
    // SAFETY: the program has just begun.
    unsafe { prepare_environment() };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize, otherwise: &str| arguments.get(index).map_or(otherwise, String::as_str).to_owned();
    let suite = match Suite::load(&argument(0, "quick")) {
        Ok(suite) => suite,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let id = argument(1, "cpu");
    let kind = if id == "cpu" { DeviceKind::Cpu } else { DeviceKind::Gpu };
    let device = Device { name: id.clone(), id, kind, memory_bytes: None, properties: BTreeMap::new() };
    let evaluator = XlaEvaluator::new(std::slice::from_ref(&device), &Places::Environment);
    for (_, status) in evaluator.probe() {
        println!("{} {:?} {}", status.id, status.version, status.reason.unwrap_or_default());
    }
    let only = arguments.get(2..).unwrap_or_default();
    let (mut cache, mut good, mut noted) = (Cache::default(), true, false);
    for workload in suite.workloads.iter().filter(|w| only.is_empty() || only.contains(&w.id)) {
        let outcome = measure(&evaluator, &device, workload, &Plan::quick(), &Bare, &mut cache, &mut Bare);
        if !outcome.notes.is_empty() && !std::mem::replace(&mut noted, true) {
            outcome.notes.iter().for_each(|(name, value)| println!("  {name}: {value}"));
        }
        let note = |name: &str| outcome.notes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
        let median = outcome.timing.as_ref().map(|timing| assay_base::format::duration(timing.statistics.median_secs));
        let throughput =
            outcome.throughput.as_ref().map(|t| assay_base::format::throughput(t.value, &t.unit)).unwrap_or_default();
        let error = outcome.correctness.and_then(|correctness| correctness.error_norm);
        println!(
            "{:<30} {:<12} {:>10} {throughput:>16} error {:>8} compile {:>8} memory {:>8} {}",
            workload.id,
            outcome.status.label(),
            median.unwrap_or_default(),
            error.map(|error| format!("{error:.1e}")).unwrap_or_default(),
            note("compile time, cold"),
            note("peak device memory"),
            outcome.status.reason().unwrap_or_default(),
        );
        good &= matches!(outcome.status.label(), "passed" | "unsupported");
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
