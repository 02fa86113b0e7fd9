//! A study with synthetic measurements, and a backend whose runs follow a script.
//!
//! Nothing here was measured: devices and hosts are named so that no picture can be mistaken.
#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, reason = "tests")]

pub mod draw;
pub mod drive;
pub mod large;
pub mod raw;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use assay_base::Evidence;
use assay_desktop::{ActiveRun, Backend, DesktopApp, Places};
use assay_service::core::device::DeviceReport;
use assay_service::core::environment::ForeignLoad;
use assay_service::core::measurement::{Correctness, Status, StopReason, Throughput, Timing};
use assay_service::core::model::{ModelChoice, ModelReport};
use assay_service::core::protocol::DeviceReading;
use assay_service::core::statistics::Statistics;
use assay_service::core::telemetry::Reading;
use assay_service::core::{
    Device, DeviceKind, Environment, Measurement, StackId, StackStatus, Suite, TimingMethod, Workload,
};
use assay_service::cost_models::roofline::Roofline;
use assay_service::watch::{Seen, Watch};
use assay_service::{
    Job, ReportKind, RunEvent, RunRequest, RunSummary, Target, TargetReport, Waker, Workbench, WrittenReport, sample,
};

/// Ceilings of the synthetic processor.
const CEILINGS: Roofline = Roofline { peak_flops_per_sec: 120e9, bandwidth_bytes_per_sec: 24e9 };

pub fn device() -> Device {
    let properties = [("physical cores", "2"), ("features", "synthetic")];
    Device {
        id: "cpu".to_owned(),
        kind: DeviceKind::Cpu,
        name: "Synthetic test processor".to_owned(),
        memory_bytes: Some(16 << 30),
        properties: properties.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
    }
}

pub fn environment() -> Environment {
    Environment {
        assay_version: "0.0.0-test".to_owned(),
        host: Some("synthetic-host".to_owned()),
        operating_system: Some("Test system".to_owned()),
        cpu_model: Some("Synthetic test processor".to_owned()),
        cpu_logical: Some(2),
        memory_bytes: Some(16 << 30),
        ..Environment::default()
    }
}

/// A latency near `median` with a spread of `noise` and a spike now and then; the same every time.
pub fn latencies(median_secs: f64, noise: f64, count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count)
        .map(|i| {
            let bell = (0..6).map(|_| next()).sum::<f64>() / 3.0 - 1.0;
            let spike = if i % 97 == 41 { 1.0 + 6.0 * noise } else { 1.0 };
            median_secs * (1.0 + noise * bell) * spike
        })
        .collect()
}

/// A synthetic measurement of a workload at a share of the ceiling.
pub fn measurement(index: usize, workload: &Workload, stack: &str, efficiency: f64, status: Status) -> Measurement {
    let flops = workload.flops().max(1.0);
    let attainable = CEILINGS.attainable(flops / workload.bytes());
    let width = workload.format.bytes() / 4.0;
    let median_secs = match workload.shape.kind() {
        "triad" => workload.bytes() / (CEILINGS.bandwidth_bytes_per_sec * efficiency),
        _ => flops / (attainable * efficiency) * width.max(0.5),
    };
    let executed = matches!(status, Status::Passed | Status::Incorrect { .. });
    let noise = if index % 9 == 4 { 0.16 } else { 0.02 };
    let samples_secs = latencies(median_secs, noise, 120 + 40 * (index % 5), index as u64 + 7);
    let statistics = Statistics::of(&samples_secs).unwrap();
    let passed = status.passed();
    let item = workload.shape.item();
    let throughput =
        passed.then(|| Throughput { value: workload.items() / statistics.median_secs, unit: item.per_sec() });
    Measurement {
        id: format!("synthetic-{index:03}"),
        run_id: format!("synthetic-run-{}", index / 20),
        suite: Some("quick".to_owned()),
        workload: workload.clone(),
        workload_hash: workload.hash(),
        device: device(),
        stack: StackId::new(stack),
        stack_version: Some("0.0-test".to_owned()),
        target: "local".to_owned(),
        evidence: Evidence::Measured,
        started_at: jiff::Timestamp::from_second(1_795_000_000 + 60 * index as i64).unwrap(),
        seed: 42,
        status,
        timing: executed.then(|| Timing {
            method: TimingMethod::HostClock,
            prepare_secs: 0.12,
            compile_secs: None,
            first_execution_secs: statistics.median_secs * 3.0,
            warm_up_executions: 8,
            samples_secs,
            cold_samples_secs: Vec::new(),
            stop: StopReason::NoiseBound,
            statistics,
            clocks: Default::default(),
        }),
        correctness: executed.then(|| Correctness {
            error_norm: Some(if passed { 3.1e-7 } else { 0.42 }),
            tolerance: workload.format.tolerance(),
            passed,
        }),
        throughput,
        telemetry: None,
        foreign_load: ForeignLoad { load_average: Some(0.4), steal: Some(0.0), foreign_busy_cpus: Some(0.05) },
        notes: vec![("threads".to_owned(), "2".to_owned())],
        environment: environment(),
        placement: None,
        profile: None,
        kernel: None,
        provenance: None,
    }
}

/// The quick suite on two stacks, with outcomes of several kinds.
pub fn measurements() -> Vec<Measurement> {
    let suite = Suite::load("quick").unwrap();
    let mut found = Vec::new();
    for (s, stack) in ["native", "rten"].into_iter().enumerate() {
        for (w, workload) in suite.workloads.iter().enumerate() {
            let efficiency = match workload.shape.kind() {
                "gemm" | "triad" => 1.0 - 0.3 * s as f64,
                _ => 0.35 + 0.05 * ((w * 7 + s * 3) % 9) as f64,
            };
            let status = match (s, workload.shape.kind(), workload.format.label()) {
                (1, _, "bf16") => Status::Unsupported { reason: "rten has no bf16 (synthetic)".to_owned() },
                (1, "conv-block", _) => {
                    Status::Incorrect { reason: "error norm 4.2e-1 is above 1.0e-5 (synthetic)".to_owned() }
                }
                (1, "resnet50", _) => {
                    Status::Crashed { reason: "the worker ended with signal 9 (synthetic)".to_owned() }
                }
                _ => Status::Passed,
            };
            found.push(measurement(found.len(), workload, stack, efficiency, status));
        }
    }
    found
}

/// The sample study in a folder, with the synthetic measurements in memory.
pub fn workbench(folder: &Path) -> Workbench {
    sample::create_sample(folder, 2).unwrap();
    let mut workbench = Workbench::open(folder).unwrap();
    for measurement in measurements() {
        workbench.add_measurements([measurement]).unwrap();
    }
    workbench
}

/// The runs of [`two_runs`].
pub const TWO_RUNS: [&str; 2] = ["20260101T000000Z-0001", "20260202T000000Z-0002"];

/// Two runs of the quick suite: the second does the same work a fifth faster, once slower.
pub fn two_runs(folder: &Path) -> Workbench {
    sample::create_sample(folder, 2).unwrap();
    let suite = Suite::load("quick").unwrap();
    let mut all = Vec::new();
    for (run, factor) in TWO_RUNS.into_iter().zip([1.0, 1.25]) {
        for (i, workload) in suite.workloads.iter().take(8).enumerate() {
            let efficiency = if i == 6 && factor > 1.0 { 0.4 } else { 0.6 * factor };
            let mut m = measurement(9 * i, workload, "native", efficiency, Status::Passed);
            m.id = format!("{run}-{i:03}");
            m.run_id = run.to_owned();
            all.push(m);
        }
    }
    Workbench::open_with(folder, all).unwrap()
}

pub fn places(folder: &Path) -> Places {
    Places {
        sample_folder: folder.join("new sample"),
        logical_cpus: 2,
        settings_file: Some(folder.join("settings.json")),
    }
}

/// What the script of a run says.
#[derive(Clone, Debug)]
pub enum Line {
    /// An event.
    Tell(Box<RunEvent>),
    /// Waits until the run is cancelled.
    UntilCancelled,
}

/// A backend whose devices are synthetic and whose runs follow a script.
#[derive(Default)]
pub struct ScriptedBackend {
    pub script: Mutex<Vec<Line>>,
    pub requested: Mutex<Vec<RunRequest>>,
}

impl ScriptedBackend {
    pub fn with(script: Vec<Line>) -> Arc<Self> {
        Arc::new(Self { script: Mutex::new(script), requested: Mutex::default() })
    }
}

pub struct ScriptedRun {
    events: Receiver<RunEvent>,
    cancelled: Arc<AtomicBool>,
}

impl ActiveRun for ScriptedRun {
    fn events(&self) -> &Receiver<RunEvent> {
        &self.events
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn set_paused(&self, _paused: bool) {}
}

impl Drop for ScriptedRun {
    fn drop(&mut self) {
        self.cancel();
    }
}

fn play(script: Vec<Line>, sender: &Sender<RunEvent>, cancelled: &AtomicBool, waker: &Waker) {
    for line in script {
        match line {
            Line::Tell(event) => {
                sender.send(*event).ok();
                waker();
            }
            Line::UntilCancelled => {
                while !cancelled.load(Ordering::Relaxed) {
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
            }
        }
    }
}

impl Backend for ScriptedBackend {
    fn probe(&self, targets: &[Target]) -> Vec<TargetReport> {
        let stack = |id: &str, reason: Option<&str>| StackStatus {
            id: StackId::new(id),
            available: reason.is_none(),
            reason: reason.map(str::to_owned),
            version: reason.is_none().then(|| "0.0-test".to_owned()),
        };
        let stacks = vec![
            stack("native", None),
            stack("rten", None),
            stack("onnxruntime", Some("no library of ONNX Runtime 1.23 or newer was found (synthetic)")),
        ];
        targets
            .iter()
            .map(|target| TargetReport {
                target: target.clone(),
                devices: vec![DeviceReport { device: device(), stacks: stacks.clone() }],
                environment: Some(environment()),
                error: None,
            })
            .collect()
    }

    fn inspect_model(&self, _: &Target, choice: ModelChoice) -> Result<ModelReport, String> {
        Err(format!("{}: no worker here (synthetic)", choice.file.display()))
    }

    fn watch(&self, _: Target, waker: Waker) -> Watch {
        Watch::of(move |seen, _| {
            let readings = (0..90).map(|i| vec![DeviceReading { device: "cpu".to_owned(), reading: reading(i) }]);
            readings.for_each(|told| drop(seen.send(Seen::Readings(told))));
            waker();
        })
    }

    fn start_run(&self, request: RunRequest, waker: Waker) -> Box<dyn ActiveRun> {
        self.requested.lock().unwrap().push(request);
        let script = self.script.lock().unwrap().clone();
        let (sender, events) = channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancelled);
        std::thread::spawn(move || play(script, &sender, &flag, &waker));
        Box::new(ScriptedRun { events, cancelled })
    }

    fn preview(&self, _: &Path, _: Option<&str>, _: ReportKind) -> Result<assay_service::Preview, String> {
        let section = |name: &str, subject: &str| assay_service::PreviewSection {
            name: name.to_owned(),
            subject: subject.to_owned(),
            title: format!("What the rules say of it: {}", subject.to_lowercase()),
        };
        let sections = vec![section("summary", "Decision summary"), section("cost", "Cost comparison")];
        Ok(assay_service::Preview { pdf: synthetic_pdf(), sections, diagnostics: Vec::new() })
    }

    fn export(
        &self,
        folder: &Path,
        _scenario: Option<&str>,
        kind: ReportKind,
        out: Option<PathBuf>,
    ) -> Result<WrittenReport, String> {
        let path = out.unwrap_or_else(|| folder.join("reports").join(format!("{}.pdf", kind.id())));
        std::fs::create_dir_all(path.parent().unwrap()).map_err(|e| e.to_string())?;
        std::fs::write(&path, b"%PDF-1.7 synthetic").map_err(|e| e.to_string())?;
        Ok(WrittenReport { path, pages: 12, bytes: 180_000, diagnostics: Vec::new() })
    }
}

/// A document of two pages that shows a frame and some bars: no date, no hash, the same every time.
fn synthetic_pdf() -> Vec<u8> {
    let page = |bars: usize| {
        let bar = |i: usize| format!("60 {} {} 14 re f ", 700 - 30 * i, 120 + 70 * (i % 4));
        let bars: String = (0..bars).map(bar).collect();
        let content = format!("0.05 0.15 0.27 rg 0 760 595 82 re f 0.8 0.82 0.85 rg {bars}");
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len())
    };
    let leaf = |content: usize| {
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents {content} 0 R >>")
    };
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>".to_owned(),
        leaf(5),
        leaf(6),
        page(8),
        page(14),
    ];
    let mut pdf = "%PDF-1.7\n".to_owned();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(pdf.len());
        pdf.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = pdf.len();
    pdf.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1));
    places.iter().for_each(|place| pdf.push_str(&format!("{place:010} 00000 n \n")));
    pdf.push_str(&format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", places.len() + 1));
    pdf.into_bytes()
}

/// Jobs of the first workloads of the quick suite.
pub fn jobs(count: usize) -> Vec<Job> {
    let suite = Suite::load("quick").unwrap();
    let job = |workload: &Workload| Job {
        target: Target { id: "local".to_owned(), command: Vec::new() },
        device: "cpu".to_owned(),
        device_name: device().name,
        stack: StackId::new("native"),
        workload: workload.clone(),
        kernel: None,
    };
    suite.workloads.iter().take(count).map(job).collect()
}

/// What the sensors of the synthetic processor say, the same every time.
pub fn reading(at: usize) -> Reading {
    let wave = (at as f64 / 9.0).sin();
    Reading {
        elapsed_secs: at as f64 * 0.02,
        power_watts: Some(42.0 + 9.0 * wave),
        clock_hz: Some(2.4e9 + 2e8 * wave),
        temperature_celsius: Some(61.0 + at as f64 / 15.0),
        utilisation: Some(0.5 + 0.4 * wave),
        memory_used_bytes: Some(5.2e9),
        throttled: Some(at > 80),
        ..Reading::default()
    }
}

/// A run of `count` jobs of which `finished` end; then it waits to be cancelled, or ends when all are finished.
pub fn run_script(count: usize, finished: usize) -> Vec<Line> {
    let tell = |event| Line::Tell(Box::new(event));
    let jobs = jobs(count);
    let mut script = vec![tell(RunEvent::Planned { jobs: jobs.clone() })];
    for (index, job) in jobs.iter().enumerate().take((finished + 1).min(count)) {
        let mut outcome = measurement(900 + index, &job.workload, "native", 0.8, Status::Passed);
        outcome.run_id = "scripted-run".to_owned();
        script.push(tell(RunEvent::Started { index }));
        script.push(tell(RunEvent::Phase { index, phase: "measuring".to_owned() }));
        let latency_secs = outcome.timing.as_ref().unwrap().samples_secs.clone();
        for (i, chunk) in latency_secs.chunks(25).enumerate() {
            script.push(tell(RunEvent::Samples { index, latency_secs: chunk.to_vec() }));
            let readings = (5 * i..5 * (i + 1)).map(reading).collect();
            script.push(tell(RunEvent::Readings { index, readings }));
        }
        if index < finished {
            script.push(tell(RunEvent::Finished { index, measurement: Box::new(outcome) }));
        }
    }
    let cancelled = finished < count;
    if cancelled {
        script.push(Line::UntilCancelled);
    }
    let summary = RunSummary { run_id: "scripted-run".to_owned(), passed: finished, other: 0, cancelled };
    script.push(tell(RunEvent::Done(summary)));
    script
}

/// An application with a study in `folder`, as the window would run it.
pub fn app(folder: &Path, backend: Arc<ScriptedBackend>) -> DesktopApp {
    DesktopApp::new(Some(workbench(folder)), backend, places(folder))
}

/// One frame in the whole window: the harness keeps a margin that a real window has not.
pub fn frame(ui: &mut egui::Ui, app: &mut DesktopApp) {
    app.logic(ui.ctx());
    let rect = ui.content_rect();
    let mut root = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    root.set_clip_rect(rect);
    app.ui(&mut root);
}
