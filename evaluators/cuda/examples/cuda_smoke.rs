//! Runs the `cuda` stack on the first NVIDIA device and prints speed and error of each workload.
//!
//! `cuda_smoke [small|ceilings|SUITE]...`; without arguments `small` and `ceilings`.

#[path = "../tests/common/shapes.rs"]
mod shapes;

use std::time::{Duration, Instant};

use assay_base::format;
use assay_core::evaluator::Job;
use assay_core::reference::Reference;
use assay_core::suite::Suite;
use assay_core::telemetry::{Reading, Sensors};
use assay_core::workload::Item;
use assay_core::{Device, Environment, Evaluator as _, EvaluatorError, NumericFormat, Shape, Support, Workload};
use assay_cuda::{CudaEvaluator, sensors};

fn main() -> std::process::ExitCode {
    let evaluator = CudaEvaluator::new();
    let Some(device) = first_device(&evaluator) else { return std::process::ExitCode::from(2) };
    let mut environment = Environment::default();
    evaluator.describe(&device, &mut environment);
    println!("{} {} {:?}", device.id, device.name, device.properties);
    println!("{:?}\n{:?}\n{:?}", environment.versions, environment.device_settings, environment.other_device_users);

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let groups = if arguments.is_empty() { vec!["small".to_owned(), "ceilings".to_owned()] } else { arguments };
    let mut wrong = 0;
    for group in groups {
        let workloads = match group.as_str() {
            "small" => shapes::workloads(),
            "ceilings" => ceilings(),
            suite => match Suite::load(suite) {
                Ok(suite) => suite.workloads,
                Err(error) => {
                    eprintln!("{error}");
                    return std::process::ExitCode::from(2);
                }
            },
        };
        println!("\n{group}\n{:<34} {:>12} {:>16} {:>14} {:>10}", "workload", "median", "FLOP/s", "bytes/s", "error");
        for workload in workloads {
            match evaluator.support(&device, &workload) {
                Support::Unsupported { reason } => println!("{:<34} {reason}", workload.id),
                Support::Supported => match run(&evaluator, &device, &workload, group != "small") {
                    Ok(correct) => wrong += usize::from(!correct),
                    Err(EvaluatorError::Unsupported(reason)) => println!("{:<34} {reason}", workload.id),
                    Err(error) => {
                        wrong += 1;
                        println!("{:<34} FAILED {error}", workload.id);
                    }
                },
            }
        }
    }
    println!("\n{wrong} wrong");
    std::process::ExitCode::from(u8::from(wrong > 0))
}

fn first_device(evaluator: &CudaEvaluator) -> Option<Device> {
    let found = evaluator.probe();
    for (device, status) in &found {
        println!("{} {}: {status:?}", device.id, device.name);
    }
    if let Some(reason) = evaluator.absence_reason() {
        println!("unavailable: {reason}");
    }
    found.into_iter().find(|(_, status)| status.available).map(|(device, _)| device)
}

/// Compute and memory ceilings.
fn ceilings() -> Vec<Workload> {
    use NumericFormat::{Bf16, Fp8, Fp16, Fp32, Int8, Tf32};
    let gemm = |format| Workload {
        id: format!("gemm-8192-{format}"),
        format,
        shape: Shape::Gemm { m: 8192, n: 8192, k: 8192 },
    };
    let triad = |format: NumericFormat| Workload {
        id: format!("triad-1GiB-{format}"),
        format,
        shape: Shape::Triad { elements: (1 << 30) / format.bytes() as usize },
    };
    vec![gemm(Fp32), gemm(Tf32), gemm(Fp16), gemm(Bf16), gemm(Fp8), gemm(Int8), triad(Fp32), triad(Bf16)]
}

/// Measures one workload and prints a line; whether its output is correct.
fn run(evaluator: &CudaEvaluator, device: &Device, workload: &Workload, verbose: bool) -> Result<bool, EvaluatorError> {
    let job = Job::new(workload, 1);
    let mut prepared = evaluator.prepare(device, &job)?;
    for _ in 0..3 {
        prepared.execute()?;
    }
    let mut sensors = sensors(device);
    let before = reading(&mut sensors);
    let mut secs = Vec::new();
    let start = Instant::now();
    let duration = Duration::from_millis(if verbose { 500 } else { 20 });
    while secs.len() < 10 || start.elapsed() < duration {
        secs.push(prepared.execute()?.latency_secs);
    }
    let elapsed = start.elapsed().as_secs_f64();
    let after = reading(&mut sensors);
    secs.sort_by(f64::total_cmp);
    let median = secs.get(secs.len() / 2).copied().unwrap_or(f64::NAN);
    let error = Reference::compute(&job).error_norm(&prepared.output()?);
    let tolerance = workload.tolerance();
    let correct = error.is_some_and(|error| error <= tolerance);
    println!(
        "{:<34} {:>12} {:>16} {:>14} {:>10} {}",
        workload.id,
        format::duration(median),
        format::flop_rate(workload.flops() / median),
        format::bandwidth(
            if workload.shape.item() == Item::Byte { workload.items() } else { workload.bytes() } / median
        ),
        error.map_or("none".to_owned(), |error| format!("{error:.1e}")),
        if correct { String::new() } else { format!("WRONG (tolerance {tolerance:.0e})") }
    );
    if verbose {
        let energy = after.energy_counter_joules.zip(before.energy_counter_joules).map(|(b, a)| (b - a) / elapsed);
        println!(
            "    {} samples, mean power {}, clock {}, throttled {:?}",
            secs.len(),
            format::or_unknown(energy, format::power),
            format::or_unknown(after.clock_hz, |hz| format!("{:.0} MHz", hz / 1e6)),
            after.throttled
        );
        for (key, value) in prepared.notes() {
            println!("    {key}: {value}");
        }
    }
    Ok(correct)
}

fn reading(sensors: &mut Option<Box<dyn Sensors>>) -> Reading {
    sensors.as_mut().map(|sensors| sensors.read()).unwrap_or_default()
}
