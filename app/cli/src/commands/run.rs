//! `assay run`

use assay_service::core::StackId;
use assay_service::core::runner::Plan;
use assay_service::{RunRequest, plan_for};

use super::results;
use crate::args::Run;
use crate::{Verdict, place, progress};

pub fn run(arguments: &Run) -> anyhow::Result<Verdict> {
    let folder = place::open_or_create(arguments.study.named())?;
    let (_, study) = assay_service::study::StudyFolder::open(&folder)?;
    let suite = arguments.suite.clone().unwrap_or(study.suite);
    let request = RunRequest {
        workloads: arguments.workload.clone(),
        devices: arguments.device.clone(),
        stacks: arguments.stack.iter().map(StackId::new).collect(),
        targets: place::targets(&arguments.target, Some(&folder))?,
        plan: Plan { seed: arguments.seed, ..plan_for(&suite) },
        suite,
        study_folder: folder.clone(),
    };
    let (measurements, summary) = progress::run_to_end(request)?;
    results::print_list(&measurements, arguments.format)?;
    eprintln!(
        "Run {}: {} passed, {} ended otherwise; kept in {}",
        summary.run_id,
        summary.passed,
        summary.other,
        folder.join("measurements").display()
    );
    // An unsupported workload is a finding; a wrong or broken one is a "no".
    let broken =
        measurements.iter().any(|m| !m.status.passed() && !matches!(m.status.label(), "unsupported" | "unavailable"));
    Ok(if broken || summary.cancelled { Verdict::No } else { Verdict::Yes })
}
