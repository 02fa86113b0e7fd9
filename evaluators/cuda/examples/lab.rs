//! The kernel lab on the first NVIDIA device.
//!
//! `lab [kernels] [--json FILE] [--quick] [--only TEXT]...` measures every bundled kernel on the suite `kernels`;
//! `lab folder DIR` a kernel of yours; `lab suite NAME [TEXT]... [--json FILE]` the stack's own code on a suite;
//! `lab hostile DIR...` kernels that must not pass, each in a worker of its own, and then a good one; `lab once` launches
//! each bundled kernel at awkward sizes, for compute-sanitizer; `lab worker` is the worker.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use assay_base::format;
use assay_core::environment::ForeignLoad;
use assay_core::evaluator::Job;
use assay_core::kernel::{Kernel, KernelReport, lab};
use assay_core::model::{ModelChoice, ModelJob, ModelOptions, ModelReader, ModelReport};
use assay_core::protocol::MeasureRequest;
use assay_core::reference::Reference;
use assay_core::runner::{Cache, Host, LoadMeter, Observer, Outcome, Plan, measure};
use assay_core::supervisor::{Limits, Worker};
use assay_core::telemetry::Sensors;
use assay_core::worker::{Hosting, serve};
use assay_core::{Device, Environment, Evaluator as _, NumericFormat, Shape, StackId, Suite, Workload};
use assay_cuda::{CudaEvaluator, sensors};

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = arguments.first().map_or("kernels", String::as_str);
    if command == "worker" {
        worker();
        return std::process::ExitCode::SUCCESS;
    }
    let evaluator = CudaEvaluator::new();
    let found = evaluator.probe();
    let Some(device) = found.iter().find(|(_, status)| status.available).map(|(device, _)| device.clone()) else {
        let reason = found.into_iter().find_map(|(_, status)| status.reason).or_else(|| evaluator.absence_reason());
        eprintln!("skipped: {}", reason.unwrap_or_default());
        return std::process::ExitCode::from(2);
    };
    let good = match command {
        "hostile" => hostile(&device, arguments.get(1..).unwrap_or_default()),
        "once" => once(&evaluator, &device),
        "suite" => suite(&evaluator, &device, &arguments),
        "folder" => match arguments.get(1).map(|folder| Kernel::load(Path::new(folder))) {
            Some(Ok(kernel)) => measure_all(&evaluator, &device, &[kernel], &arguments),
            Some(Err(error)) => fail(&error.to_string()),
            None => fail("name the kernel's folder"),
        },
        _ => measure_all(&evaluator, &device, &Kernel::bundled(), &arguments),
    };
    std::process::ExitCode::from(u8::from(!good))
}

fn fail(message: &str) -> bool {
    eprintln!("{message}");
    false
}

/// Every kernel on every workload of the suite that it computes.
fn measure_all(evaluator: &CudaEvaluator, device: &Device, kernels: &[Kernel], arguments: &[String]) -> bool {
    let values = |flag: &str| {
        let at = arguments.iter().enumerate().filter(|(_, a)| *a == flag).map(|(i, _)| i + 1).collect::<Vec<_>>();
        at.into_iter().filter_map(|i| arguments.get(i)).collect::<Vec<_>>()
    };
    let only = values("--only");
    let plan = if arguments.iter().any(|a| a == "--quick") { Plan::quick() } else { Plan::default() };
    let mut json = Json::named(evaluator, device, arguments);
    let suite = match Suite::load("kernels") {
        Ok(suite) => suite,
        Err(error) => return fail(&error.to_string()),
    };
    let mut cache = Cache::default();
    let mut good = true;
    for workload in suite.workloads.iter().filter(|w| only.is_empty() || only.iter().any(|text| w.id.contains(*text))) {
        for kernel in kernels.iter().filter(|kernel| kernel.manifest.computes(workload)) {
            let subject = lab::Subjected { evaluator, device, kernel, workload };
            let started = Instant::now();
            let outcome = lab::measure(subject, &plan, &Bare, &mut cache, &mut Quiet);
            print(workload, &outcome, started.elapsed());
            good &= outcome.status.passed();
            json.write(workload, device, outcome);
        }
    }
    good
}

/// The stack's own code on every workload of a suite.
fn suite(evaluator: &CudaEvaluator, device: &Device, arguments: &[String]) -> bool {
    let suite = match Suite::load(arguments.get(1).map_or("standard", String::as_str)) {
        Ok(suite) => suite,
        Err(error) => return fail(&error.to_string()),
    };
    let (mut cache, mut good) = (Cache::default(), true);
    let only: Vec<&String> = arguments.iter().skip(2).take_while(|a| *a != "--json").collect();
    let mut json = Json::named(evaluator, device, arguments);
    for workload in suite.workloads.iter().filter(|w| only.is_empty() || only.iter().any(|text| w.id.contains(*text))) {
        let (started, plan) = (Instant::now(), Plan::default());
        let outcome = measure(evaluator, device, workload, &plan, &Bare, &mut cache, &mut Phases::default());
        print(workload, &outcome, started.elapsed());
        good &= matches!(outcome.status.label(), "passed" | "unsupported");
        json.write(workload, device, outcome);
    }
    good
}

/// Tells how long each phase took.
#[derive(Default)]
struct Phases(Option<(String, Instant)>);
impl Observer for Phases {
    fn phase(&mut self, phase: &str) {
        if let Some((phase, started)) = self.0.replace((phase.to_owned(), Instant::now())) {
            print!("{phase} {:.2} s, ", started.elapsed().as_secs_f64());
        }
    }
    fn samples(&mut self, _latency_secs: &[f64]) {}
}

/// The file that `--json` names, with one outcome a line, without the single samples.
struct Json {
    file: Option<std::fs::File>,
    environment: Environment,
}

impl Json {
    fn named(evaluator: &CudaEvaluator, device: &Device, arguments: &[String]) -> Self {
        let name = arguments.iter().skip_while(|a| *a != "--json").nth(1);
        let mut environment = Environment::default();
        evaluator.describe(device, &mut environment);
        Self { file: name.and_then(|name| std::fs::File::create(name).ok()), environment }
    }

    fn write(&mut self, workload: &Workload, device: &Device, mut outcome: Outcome) {
        let Some(file) = &mut self.file else { return };
        if let Some(timing) = &mut outcome.timing {
            timing.samples_secs.clear();
            timing.clocks.samples_hz.clear();
            timing.clocks.throttled_samples.clear();
        }
        let environment = &self.environment;
        let line = serde_json::json!({
            "workload": workload, "device": device, "environment": environment, "outcome": outcome,
        });
        writeln!(file, "{line}").ok();
    }
}

fn print(workload: &Workload, outcome: &Outcome, took: Duration) {
    println!("\n{}: {} {}", workload.id, outcome.status.label(), outcome.status.reason().unwrap_or_default());
    if let Some(timing) = &outcome.timing {
        let statistics = &timing.statistics;
        println!(
            "  {} (noise {:.2} %, {} samples), cold {}, {}, {}, error {:.1e}",
            format::duration(statistics.median_secs),
            statistics.relative_noise.unwrap_or(f64::NAN) * 100.0,
            statistics.count,
            format::or_unknown(timing.cold_samples_secs.iter().copied().reduce(f64::min), format::duration),
            format::bandwidth(workload.bytes() / statistics.median_secs),
            format::flop_rate(workload.flops() / statistics.median_secs),
            outcome.correctness.as_ref().and_then(|c| c.error_norm).unwrap_or(f64::NAN),
        );
    }
    print_state(outcome);
    if let Some(report) = &outcome.kernel {
        print_report(report);
    }
    println!("  took {:.1} s", took.as_secs_f64());
}

/// Clocks, energy and profile.
fn print_state(outcome: &Outcome) {
    if let Some(timing) = &outcome.timing {
        let megahertz = |(low, median, high): (f64, f64, f64)| {
            format!("{:.0} / {:.0} / {:.0} MHz", low / 1e6, median / 1e6, high / 1e6)
        };
        println!("  clock {}", format::or_unknown(timing.clocks.range_hz(), megahertz));
        if let Some(throttling) = &timing.clocks.throttling {
            println!("  {}", throttling.sentence());
        }
    }
    if let Some(telemetry) = &outcome.telemetry {
        println!("  {} readings, {:?}", telemetry.readings, telemetry.energy);
    }
    outcome.profile.iter().flat_map(|profile| profile.sentences()).for_each(|sentence| println!("  {sentence}"));
}

fn print_report(report: &KernelReport) {
    println!("  parameters {:?}", report.parameters);
    if let Some(ceiling) = &report.ceiling {
        println!("  {:.1} % of the {} ceiling of {:.4e}", ceiling.share() * 100.0, ceiling.of, ceiling.measured);
    }
    for other in &report.comparisons {
        println!(
            "  {:.3}x {:?} against {} ({} rounds) {}",
            other.speed_up.unwrap_or(f64::NAN),
            other.speed_up_interval,
            other.against,
            other.rounds,
            other.reason.clone().unwrap_or_default()
        );
    }
    for trial in &report.trials {
        let time = format::or_unknown(trial.latency_secs, format::duration);
        println!("    {:?} {time} {}", trial.parameters, trial.reason.clone().unwrap_or_default());
    }
    for check in &report.checks {
        let error = check.error_norm.map_or("none".to_owned(), |e| format!("{e:.1e}"));
        println!("    check {:?}: {error} {}", check.shape, check.not_applicable.clone().unwrap_or_default());
    }
    if let Some(resources) = &report.resources {
        println!("  {resources:?}");
    }
    if let Some(fallback) = &report.fallback {
        println!("  instead: {fallback}");
    }
}

/// Each bundled kernel and its baseline once at small sizes: what compute-sanitizer is to look at.
fn once(evaluator: &CudaEvaluator, device: &Device) -> bool {
    let rows = [(37, 1024), (133, 4096), (5, 136), (1, 8), (300, 520)];
    let mut shapes: Vec<Shape> = Vec::new();
    for (rows, columns) in rows {
        shapes.extend([
            Shape::Softmax { rows, columns },
            Shape::RmsNorm { rows, columns },
            Shape::RmsNormResidual { rows, columns },
            Shape::BiasGelu { rows, columns },
            Shape::BiasGeluResidual { rows, columns },
            Shape::Quantise { rows, columns },
            Shape::Dequantise { rows, columns },
            Shape::LinearGelu { m: rows, n: columns, k: 136 },
        ]);
    }
    for (sequence, head_dim) in [(128, 128), (200, 64), (5, 128)] {
        shapes.push(Shape::AttentionPrefill { batch: 2, heads: 2, sequence, head_dim });
    }
    let (mut runs, mut wrong) = (0, 0);
    for shape in shapes {
        for format in [NumericFormat::Fp32, NumericFormat::Bf16, NumericFormat::Fp16] {
            let workload = Workload { id: "once".to_owned(), format, shape: shape.clone() };
            for kernel in Kernel::bundled().iter().filter(|kernel| kernel.manifest.computes(&workload)) {
                let job = Job::new(&workload, 7);
                let bench = match evaluator.kernel_bench(device, &job) {
                    Ok(bench) => bench,
                    Err(error) => return fail(&error.to_string()),
                };
                let manifest = &kernel.manifest;
                let combinations = manifest.kernel.combinations();
                let naive = manifest.baseline.iter().map(|b| (b, Default::default()));
                for (implementation, parameters) in combinations.into_iter().map(|c| (&manifest.kernel, c)).chain(naive)
                {
                    let run = bench.prepare(kernel, implementation, &parameters).and_then(|mut prepared| {
                        prepared.execute()?;
                        Ok(Reference::compute(&job).error_norm(&prepared.output()?))
                    });
                    match run {
                        Ok(Some(error)) if error <= manifest.tolerance(&workload) => runs += 1,
                        Err(assay_core::EvaluatorError::Unsupported(_)) => {}
                        other => {
                            wrong += 1;
                            println!("{} {format} {shape:?} {parameters:?}: {other:?}", manifest.id);
                        }
                    }
                }
            }
        }
    }
    println!("{runs} launches right, {wrong} wrong");
    wrong == 0
}

/// Kernels that must not pass; a good one afterwards must.
fn hostile(device: &Device, folders: &[String]) -> bool {
    let Ok(executable) = std::env::current_exe() else { return fail("the executable's path is unknown") };
    let command = vec![executable.display().to_string(), "worker".to_owned()];
    let cancel = AtomicBool::new(false);
    let shape = Shape::Softmax { rows: 64, columns: 1024 };
    let small = Workload { id: "softmax".to_owned(), format: NumericFormat::Fp32, shape };
    let mut good = true;
    let mut request = |kernel: Option<Kernel>, must_pass: bool, name: &str| {
        let request = MeasureRequest {
            id: 0,
            workload: small.clone(),
            device: device.id.clone(),
            stack: StackId::new("cuda"),
            plan: Plan::quick(),
            kernel,
        };
        let started = Instant::now();
        let measured = Worker::start(&command, Limits::default(), &cancel)
            .and_then(|mut worker| worker.measure(request, &cancel, &mut |_| ()));
        let (status, fallback) = match measured {
            Ok(measured) => (measured.outcome.status, measured.outcome.kernel.and_then(|k| k.fallback)),
            Err(failure) => (failure.status(), None),
        };
        println!(
            "{name}: {} after {:.1} s: {} (instead: {})",
            status.label(),
            started.elapsed().as_secs_f64(),
            status.reason().unwrap_or_default().replace('\n', " / "),
            fallback.unwrap_or_default()
        );
        good &= status.passed() == must_pass;
    };
    for folder in folders {
        match Kernel::load(Path::new(folder)) {
            Ok(kernel) => request(Some(kernel), false, folder),
            Err(error) => println!("{folder}: {error}"),
        }
    }
    request(Kernel::bundled_by_id("softmax"), true, "the bundled softmax");
    request(None, true, "the stack's own softmax");
    good
}

fn worker() {
    let environment = |_: Option<&Device>| Environment::default();
    let hosting = Hosting {
        compilers: Vec::new(),
        evaluators: vec![Box::new(CudaEvaluator::new())],
        devices: Vec::new(),
        absent: Vec::new(),
        models: &NoModels,
        host: &Bare,
        environment: &environment,
    };
    serve(&hosting, &mut std::io::stdin().lock(), Box::new(std::io::stdout()));
}

struct NoModels;
impl ModelReader for NoModels {
    fn inspect(&self, _choice: &ModelChoice) -> Result<ModelReport, String> {
        Err("this worker reads no models".to_owned())
    }
    fn load(&self, _workload: &Workload, _options: ModelOptions, _seed: u64) -> Result<ModelJob, String> {
        Err("this worker reads no models".to_owned())
    }
}

/// The device's sensors, and no watch on the host's load.
struct Bare;
impl Host for Bare {
    fn load_meter(&self) -> Box<dyn LoadMeter> {
        Box::new(Self)
    }
    fn sensors(&self, device: &Device) -> Option<Box<dyn Sensors>> {
        sensors(device)
    }
}
impl LoadMeter for Bare {
    fn finish(self: Box<Self>) -> ForeignLoad {
        ForeignLoad::default()
    }
}

struct Quiet;
impl Observer for Quiet {
    fn phase(&mut self, _phase: &str) {}
    fn samples(&mut self, _latency_secs: &[f64]) {}
}
