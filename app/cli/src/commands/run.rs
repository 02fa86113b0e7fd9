//! `assay run`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use assay_service::core::kernel::Kernel;
use assay_service::core::model::{self, ModelOptions, ModelReport};
use assay_service::core::profile::Profile;
use assay_service::core::runner::Plan;
use assay_service::core::variant::{Variant, VariantRequest};
use assay_service::core::{Measurement, StackId, Workload};
use assay_service::{RunRequest, RunSummary, Target, Unfinished, plan_for};

use super::{model_report, results};
use crate::args::{GraphOptimization, ModelVariant, Run};
use crate::{Verdict, place, progress};

pub fn run(arguments: &Run) -> anyhow::Result<Verdict> {
    if arguments.goes_on {
        return go_on(arguments);
    }
    if arguments.describe {
        let targets = place::targets(&arguments.target, place::folder(arguments.study.named()).ok().as_deref())?;
        model_report::print(&inspect(arguments, &targets)?, arguments.format)?;
        return Ok(Verdict::Yes);
    }
    let kernels = arguments.kernel.iter().map(|folder| Kernel::load(folder)).collect::<Result<Vec<_>, _>>()?;
    // A model that cannot be run is told before a study is made for it.
    let folder = match &arguments.model {
        Some(_) => place::folder(arguments.study.named())?,
        None => place::open_or_create(arguments.study.named())?,
    };
    let targets = place::targets(&arguments.target, Some(&folder))?;
    let model = match &arguments.model {
        Some(_) => {
            let report = inspect(arguments, &targets)?;
            let inputs = arguments.inputs.as_deref().map(|file| whole(file).display().to_string());
            let workload = report.workload(inputs).map_err(anyhow::Error::msg)?;
            eprintln!("{}", model_report::brief(&report));
            Some(workload)
        }
        None => None,
    };
    let folder = place::open_or_create(arguments.study.named()).map(|_| folder)?;
    let (_, study) = assay_service::study::StudyFolder::open(&folder)?;
    let suite = match &arguments.suite {
        // By its whole path where it is a file, since the run may be continued from another folder.
        Some(suite) if Path::new(suite).is_file() => whole(Path::new(suite)).display().to_string(),
        Some(suite) => suite.clone(),
        None if !kernels.is_empty() => "kernels".to_owned(),
        None => study.suite,
    };
    let request = RunRequest {
        workloads: arguments.workload.clone(),
        devices: arguments.device.clone(),
        stacks: arguments.stack.iter().map(StackId::new).collect(),
        targets,
        plan: Plan { seed: arguments.seed, model: options(arguments), ..plan_for(&suite) },
        suite,
        study_folder: folder.clone(),
        model,
        kernels,
        only: Vec::new(),
        continues: None,
    };
    let narrower = variants(arguments, &request)?;
    if let Some(unfinished) = Unfinished::read(&folder) {
        eprintln!("The run {} of this study, which was interrupted, can no longer be continued", unfinished.run_id);
    }
    let (mut measurements, mut summary) = progress::run_to_end(request.clone())?;
    for workload in narrower {
        let (more, of_more) = progress::run_to_end(RunRequest { model: Some(workload), ..request.clone() })?;
        measurements.extend(more);
        summary.passed += of_more.passed;
        summary.other += of_more.other;
        summary.cancelled |= of_more.cancelled;
    }
    tell(arguments, &folder, &measurements, &summary)
}

/// Measures what the study's unfinished run has left.
fn go_on(arguments: &Run) -> anyhow::Result<Verdict> {
    let folder = place::folder(arguments.study.named())?;
    let unfinished = Unfinished::read(&folder)
        .with_context(|| format!("{}: no run was interrupted here; start one without --continue", folder.display()))?;
    let workbench = place::open(Some(&folder))?;
    let Some(rest) = unfinished.rest(workbench.measurements()) else {
        Unfinished::remove(&folder);
        eprintln!("Run {}: everything is measured", unfinished.run_id);
        return Ok(Verdict::Yes);
    };
    eprintln!("Run {}: {} of {} are left", unfinished.run_id, rest.only.len(), unfinished.jobs.len());
    let (measurements, summary) = progress::run_to_end(rest)?;
    tell(arguments, &folder, &measurements, &summary)
}

/// What was measured, as a list and in sentences.
fn tell(arguments: &Run, folder: &Path, measurements: &[Measurement], summary: &RunSummary) -> anyhow::Result<Verdict> {
    results::print_list(measurements, arguments.format)?;
    for (m, placement) in measurements.iter().filter_map(|m| Some((m, m.placement.as_ref()?))) {
        eprintln!("{} on {}: {}", m.stack, m.device.id, placement.sentence());
    }
    for (m, kernel) in measurements.iter().filter_map(|m| Some((m, m.kernel.as_ref()?))) {
        eprintln!("{} on {}, {}:", m.stack, m.device.id, m.workload.id);
        kernel.sentences().iter().for_each(|sentence| eprintln!("  {sentence}"));
    }
    tell_profiles(measurements);
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

/// The narrower forms of the model that were asked for, made by the first target and kept in the study's folder.
fn variants(arguments: &Run, request: &RunRequest) -> anyhow::Result<Vec<Workload>> {
    let Some(target) = request.targets.first().filter(|_| !arguments.variant.is_empty()) else {
        return Ok(Vec::new());
    };
    let choice = choice(arguments)?;
    let stem = choice.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = std::path::absolute(request.study_folder.join("variants"))?;
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let make = |named: &ModelVariant| {
        let variant = match named {
            ModelVariant::Int8Dynamic => Variant::Int8Dynamic,
            ModelVariant::Int8Static => Variant::Int8Static,
            ModelVariant::Fp16 => Variant::Fp16,
            ModelVariant::Bf16 => Variant::Bf16,
        };
        let wanted = VariantRequest {
            model: choice.clone(),
            variant,
            calibration: arguments.calibration.iter().map(|file| whole(file)).collect(),
            seed: arguments.seed,
            file: folder.join(format!("{stem}-{}.onnx", variant.label())),
        };
        let inputs = choice.inputs.as_ref().map(|file| file.display().to_string());
        let (workload, made) =
            assay_service::convert_model(target, wanted, inputs, &cancel).map_err(anyhow::Error::msg)?;
        eprintln!("{}: {}, made with {}", variant.label(), made.report.file, made.origin.made_with);
        Ok(workload)
    };
    arguments.variant.iter().map(make).collect()
}

/// Where the devices' time went, and once why there is no profile.
fn tell_profiles(measurements: &[Measurement]) {
    let mut reasons = BTreeSet::new();
    for (m, profile) in measurements.iter().filter_map(|m| Some((m, m.profile.as_ref()?))) {
        match profile {
            Profile::Absent { reason } => _ = reasons.insert(format!("{} on {}: {reason}", m.stack, m.device.id)),
            Profile::Taken(_) => {
                eprintln!("{} on {}, {}:", m.stack, m.device.id, m.workload.id);
                profile.sentences().iter().for_each(|sentence| eprintln!("  {sentence}"));
            }
        }
    }
    reasons.iter().for_each(|reason| eprintln!("No profile of {reason}"));
}

/// What is in the model, as the first target reads it.
fn inspect(arguments: &Run, targets: &[Target]) -> anyhow::Result<ModelReport> {
    let choice = choice(arguments)?;
    let target = targets.first().context("no target is named that could look at the model")?;
    let cancel = std::sync::atomic::AtomicBool::new(false);
    assay_service::inspect_model(target, choice, &cancel).map_err(anyhow::Error::msg)
}

/// The model that is meant, with the sizes of its axes and its inputs.
fn choice(arguments: &Run) -> anyhow::Result<model::ModelChoice> {
    let file = arguments.model.as_deref().context("there is no model to look at: name one with --model FILE.onnx")?;
    Ok(model::ModelChoice {
        file: whole(file),
        inputs: arguments.inputs.as_deref().map(whole),
        axes: axes(&arguments.axis)?,
    })
}

/// The values of `--axis NAME=N`.
pub fn axes(given: &[String]) -> anyhow::Result<BTreeMap<String, usize>> {
    let parse = |given: &String| {
        let parsed = given.split_once('=').and_then(|(name, size)| Some((name.trim(), size.trim().parse().ok()?)));
        let hint = || format!("--axis {given}: give the name of an axis and its size, as in --axis batch=8");
        parsed.map(|(name, size)| (name.to_owned(), size)).with_context(hint)
    };
    given.iter().map(parse).collect()
}

/// A file of this machine by its whole path; the worker may stand elsewhere. A file that is not here may be there.
pub fn whole(file: &Path) -> std::path::PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

fn options(arguments: &Run) -> ModelOptions {
    let optimization = match arguments.graph_optimization {
        Some(GraphOptimization::Off) => model::GraphOptimization::Off,
        Some(GraphOptimization::Basic) => model::GraphOptimization::Basic,
        Some(GraphOptimization::Extended) => model::GraphOptimization::Extended,
        Some(GraphOptimization::All) | None => model::GraphOptimization::All,
    };
    ModelOptions { threads: arguments.threads.filter(|threads| *threads > 0), optimization }
}
