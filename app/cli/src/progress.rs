//! Progress of a run on stderr: a bar on a terminal, a line for each workload elsewhere.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assay_base::format;
use assay_service::core::Measurement;
use assay_service::{Job, RunEvent, RunHandle, RunRequest, RunSummary, start_run};
use indicatif::{ProgressBar, ProgressStyle};

/// Runs to the end, showing progress. The measurements in order, and the summary.
pub fn run_to_end(request: RunRequest) -> anyhow::Result<(Vec<Measurement>, RunSummary)> {
    let handle = start_run(request, Arc::new(|| ()));
    let view = View::new();
    let mut jobs: Vec<Job> = Vec::new();
    let mut measurements = Vec::new();
    let interrupted = watch_for_interrupt(&handle);
    let mut executions = 0;
    for event in &handle.events {
        match event {
            RunEvent::Planned { jobs: planned } => {
                view.start(planned.len());
                jobs = planned;
            }
            RunEvent::Started { index } => {
                executions = 0;
                view.job(jobs.get(index), "starting");
            }
            RunEvent::Phase { index, phase } => view.job(jobs.get(index), &phase),
            RunEvent::Samples { index, latency_secs } => {
                executions += latency_secs.len();
                view.job(jobs.get(index), &format!("measuring, {}", format::counted(executions as u64, "execution")));
            }
            RunEvent::Readings { .. } => {}
            RunEvent::Finished { index, measurement } => {
                view.finished(jobs.get(index), &measurement);
                measurements.push(*measurement);
            }
            RunEvent::Note(note) => view.line(&note),
            RunEvent::Done(summary) => {
                view.end();
                if interrupted.load(Ordering::Relaxed) {
                    eprintln!("Interrupted: what was measured is kept; `assay run --continue` measures the rest.");
                }
                return Ok((measurements, summary));
            }
            RunEvent::Failed(reason) => {
                view.end();
                anyhow::bail!("{reason}");
            }
        }
    }
    view.end();
    anyhow::bail!("the run ended without a word")
}

/// The first Ctrl+C cancels the run and keeps what was measured; the second ends the program.
fn watch_for_interrupt(handle: &RunHandle) -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let (cancel, flag) = (handle.canceller(), Arc::clone(&interrupted));
    // Without a handler Ctrl+C ends the program at once, which loses nothing that was stored.
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        cancel.store(true, Ordering::Relaxed);
    })
    .ok();
    interrupted
}

struct View {
    bar: Option<ProgressBar>,
}

impl View {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style = "{bar:28.cyan/dim} {pos:>3}/{len} {elapsed:>4} {wide_msg}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar.set_message("looking for devices");
            bar.enable_steady_tick(std::time::Duration::from_millis(250));
            bar
        });
        Self { bar }
    }

    fn start(&self, jobs: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(jobs as u64);
        }
    }

    fn job(&self, job: Option<&Job>, phase: &str) {
        if let (Some(bar), Some(job)) = (&self.bar, job) {
            bar.set_message(format!("{} · {} · {} · {phase}", job.workload.id, job.stack, job.device));
        }
    }

    fn finished(&self, job: Option<&Job>, measurement: &Measurement) {
        let Some(job) = job else { return };
        let result = match (&measurement.timing, &measurement.throughput) {
            (Some(timing), Some(throughput)) => {
                let median = format::duration(timing.statistics.median_secs);
                format!("{median}, {}", format::throughput(throughput.value, &throughput.unit))
            }
            _ => {
                let reason = measurement.status.reason().map(|r| format!(": {r}")).unwrap_or_default();
                format!("{}{reason}", measurement.status.label())
            }
        };
        let place =
            if job.target.is_local() { job.device.clone() } else { format!("{}@{}", job.device, job.target.id) };
        self.line(&format!("{:<26} {:<12} {place:<8} {result}", job.workload.id, job.stack));
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
