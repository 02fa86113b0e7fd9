//! `assay demo`

use std::time::Instant;

use assay_base::format;
use assay_service::{ReportKind, RunRequest, Target, Workbench, plan_for, sample};

use crate::args::Demo;
use crate::output;
use crate::{Verdict, place, progress};

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
        stacks: Vec::new(),
        targets: vec![Target::local()],
        model: None,
    })?;
    if summary.cancelled {
        anyhow::bail!("cancelled; what was measured is kept in {}", folder.display());
    }
    let workbench = Workbench::open(folder)?;
    let written = workbench.write_report(ReportKind::Dossier, None)?;
    let answer = workbench.answer();
    output::print(&format!("Answer      {}", answer.sentence))?;
    output::print(&format!(
        "Confidence  {}: {} (a SAMPLE study: its demand is made up)",
        answer.confidence.label(),
        answer.confidence.description().trim_end_matches('.')
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
