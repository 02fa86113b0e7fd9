//! `assay demo`

use std::time::Instant;

use assay_base::format;
use assay_service::core::StackId;
use assay_service::{ReportKind, RunRequest, Target, Workbench, plan_for, probe_targets, sample};

use crate::args::Demo;
use crate::output;
use crate::{Verdict, place, progress};

/// Stacks that are ready at once. Compilers and frameworks of a Python would make the demo take many minutes.
const QUICK_STACKS: [&str; 4] = ["native", "rten", "onnxruntime", "cuda"];

pub fn run(arguments: &Demo) -> anyhow::Result<Verdict> {
    let started = Instant::now();
    let folder = &arguments.out;
    let study = sample::create_sample(folder, place::logical_cpus())?;
    eprintln!("Measuring this machine with the suite `{}`: about a minute.", study.suite);
    let (_, summary) = progress::run_to_end(RunRequest {
        study_folder: folder.clone(),
        plan: plan_for(&study.suite),
        suite: study.suite,
        workloads: Vec::new(),
        devices: Vec::new(),
        stacks: quick_stacks(),
        targets: vec![Target::local()],
        model: None,
        kernels: Vec::new(),
        only: Vec::new(),
        continues: None,
    })?;
    if summary.cancelled {
        anyhow::bail!("cancelled; what was measured is kept in {}", folder.display());
    }
    let workbench = Workbench::open(folder)?;
    let written = workbench.write_report(ReportKind::Dossier, None, None)?;
    let answer = workbench.answer();
    output::print(&format!("Answer      {}", answer.sentence))?;
    output::print(&format!(
        "Confidence  {}: {} (a SAMPLE study: its demand is made up)",
        answer.confidence.label(),
        answer.confidence_reason.trim_end_matches('.')
    ))?;
    output::print(&format!(
        "Measured    {} results, {} not passed, in {}; kept in {}",
        summary.passed + summary.other,
        summary.other,
        format::duration(started.elapsed().as_secs_f64()),
        folder.join("measurements").display()
    ))?;
    output::print(&format!("Dossier     {} ({} pages)", written.path.display(), written.pages))?;
    output::print(&format!(
        "Next        edit {}, or open the desktop: assay {}",
        folder.join("study.yaml").display(),
        folder.display()
    ))?;
    Ok(Verdict::Yes)
}

/// Those of [`QUICK_STACKS`] that are available here.
fn quick_stacks() -> Vec<StackId> {
    let reports = probe_targets(&[Target::local()], &std::sync::atomic::AtomicBool::new(false));
    let available = reports.iter().flat_map(|r| &r.devices).flat_map(|d| &d.stacks).filter(|stack| stack.available);
    let mut stacks: Vec<StackId> =
        available.map(|stack| stack.id.clone()).filter(|id| QUICK_STACKS.contains(&id.as_str())).collect();
    stacks.sort();
    stacks.dedup();
    stacks
}
