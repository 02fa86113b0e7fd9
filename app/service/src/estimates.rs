//! What vendors' compilers say of workloads on accelerators that are not here: whether they compile and fit, and figures of
//! the compiler's own cost model. Nothing of it is measured.
//!
//! The study keeps it in `estimates/<compiler>.jsonl`, one line a workload and accelerator; the last line counts.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use assay_base::Evidence;
use assay_core::estimate::{CompilerReport, CompilerTarget, Estimate, EstimateRequest, Verdict};
use assay_core::supervisor::{Failure, Limits, Worker};
use assay_core::{Suite, Workload};
use serde::{Deserialize, Serialize};

use crate::runs::{Target, limits};

/// How an estimate was made, as told beside it.
pub const METHOD: &str = "vendor compiler";

/// How long one compilation may take: on two busy cores a transformer block in fp32 took three minutes, and ResNet-50 with 32
/// images between four and more than fifteen.
const PATIENCE: Duration = Duration::from_secs(1800);

/// An estimate with what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EstimateRecord {
    /// The workload.
    pub workload: Workload,
    /// [`Workload::hash`] of it.
    pub workload_hash: String,
    /// The accelerator: a hardware profile's id.
    pub accelerator: String,
    /// Its name.
    pub accelerator_name: String,
    /// The compiler's name of the devices it was told of; the program runs on one of them.
    pub topology: String,
    /// The compiler.
    pub compiler: String,
    /// Its version.
    pub compiler_version: Option<String>,
    /// When the compiler was asked.
    pub made_at: jiff::Timestamp,
    /// Always [`Evidence::Projected`].
    pub evidence: Evidence,
    /// Always [`METHOD`].
    pub method: String,
    /// What it said.
    #[serde(flatten)]
    pub estimate: Estimate,
}

impl EstimateRecord {
    /// Items a second at the compiler's expected time.
    pub fn throughput(&self) -> Option<f64> {
        self.estimate.execution_secs.map(|secs| self.workload.items() / secs)
    }

    /// Whether the compiler laid out the whole program, and not its kernels alone.
    pub fn is_of_the_program(&self) -> bool {
        self.estimate.kernels.is_none()
    }

    /// The compiler with its version.
    pub fn compiler_and_version(&self) -> String {
        [Some(self.compiler.as_str()), self.compiler_version.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Why the workload does not run on the accelerator, in one sentence; `None` where the compiler does not say so.
    pub fn refusal(&self) -> Option<String> {
        match &self.estimate.verdict {
            Verdict::DoesNotFit(reason) | Verdict::DoesNotCompile(reason) => Some(format!(
                "infeasible: `{}` {} for one {} by {} ({METHOD}, {}): {reason}",
                self.workload.id,
                self.estimate.verdict.label(),
                self.accelerator_name,
                self.compiler_and_version(),
                self.evidence,
            )),
            Verdict::Compiles | Verdict::Unsupported(_) | Verdict::Failed(_) => None,
        }
    }

    fn is_about(&self, workload_hash: &str, accelerator: &str, compiler: &str) -> bool {
        self.workload_hash == workload_hash && self.accelerator == accelerator && self.compiler == compiler
    }
}

/// What to compile, and for what.
#[derive(Clone, Debug)]
pub struct EstimateOrder {
    /// The folder of the study that keeps the estimates.
    pub study_folder: PathBuf,
    /// The name of the suite.
    pub suite: String,
    /// Only these workloads of the suite; all when empty.
    pub workloads: Vec<String>,
    /// Only these accelerators, by id or the end of it; all that the compilers know when empty.
    pub accelerators: Vec<String>,
    /// Where the compiler runs.
    pub target: Target,
    /// Compile again what is kept from the same version of the compiler.
    pub again: bool,
}

/// What is told while compiling.
#[derive(Clone, Debug)]
pub enum EstimateEvent {
    /// So many are to be compiled, and so many are kept already.
    Planned {
        /// To compile.
        count: usize,
        /// Kept from before.
        kept: usize,
    },
    /// One begins.
    Started {
        /// The workload's id.
        workload: String,
        /// The accelerator's name.
        accelerator: String,
    },
    /// One ended, and is kept.
    Finished(Box<EstimateRecord>),
}

/// Has the compilers of a target compile a suite's workloads, each of which is kept at once. Answers with what the order
/// asked for, kept before or not.
///
/// # Errors
/// When the order names what does not exist, no compiler is there, the worker does not start, or nothing can be written.
pub fn estimate(
    order: &EstimateOrder,
    cancel: &AtomicBool,
    tell: &mut dyn FnMut(EstimateEvent),
) -> Result<Vec<EstimateRecord>, String> {
    let suite = Suite::load(&order.suite).map_err(|error| error.to_string())?;
    let workloads = workloads(order, &suite)?;
    let patience = Limits { measurement: PATIENCE, ..limits(&order.target) };
    let start = || Worker::start(&order.target.command, patience, cancel);
    let mut worker = Some(start().map_err(|failure| failure.to_string())?);
    let compilers = match &mut worker {
        Some(worker) => worker.compilers(cancel).map_err(|failure| failure.to_string())?,
        None => Vec::new(),
    };
    let pairs = pairs(order, &compilers)?;
    let mut known = kept(&order.study_folder)?;
    let is_kept =
        |known: &[EstimateRecord], workload: &Workload, compiler: &CompilerReport, target: &CompilerTarget| {
            known.iter().position(|record| {
                record.is_about(&workload.hash(), &target.id, &compiler.name)
                && record.compiler_version == compiler.version
                // What failed may not fail again.
                && !matches!(record.estimate.verdict, Verdict::Failed(_))
            })
        };
    let jobs: Vec<_> = workloads.iter().flat_map(|w| pairs.iter().map(move |(c, t)| (*w, *c, *t))).collect();
    let already = jobs.iter().filter(|(w, c, t)| !order.again && is_kept(&known, w, c, t).is_some()).count();
    tell(EstimateEvent::Planned { count: jobs.len() - already, kept: already });
    let mut records = Vec::new();
    for (workload, compiler, target) in jobs {
        if let Some(index) = is_kept(&known, workload, compiler, target).filter(|_| !order.again) {
            records.push(known.swap_remove(index));
            continue;
        }
        if cancel.load(Ordering::Relaxed) {
            break;
        }
        tell(EstimateEvent::Started { workload: workload.id.clone(), accelerator: target.name.clone() });
        let request = EstimateRequest {
            id: 0,
            workload: workload.clone(),
            compiler: compiler.name.clone(),
            target: target.id.clone(),
        };
        // A compiler that took its worker with it gets a new one for the next workload.
        let mut seated = match worker.take() {
            Some(worker) => worker,
            None => start().map_err(|failure| failure.to_string())?,
        };
        let estimate = match seated.estimate(request, cancel) {
            Ok(estimate) => {
                worker = Some(seated);
                estimate
            }
            Err(Failure::Cancelled) => break,
            Err(failure) => Estimate::of(Verdict::Failed(failure.to_string())),
        };
        let record = EstimateRecord {
            workload: workload.clone(),
            workload_hash: workload.hash(),
            accelerator: target.id.clone(),
            accelerator_name: target.name.clone(),
            topology: target.topology.clone(),
            compiler: compiler.name.clone(),
            compiler_version: compiler.version.clone(),
            made_at: jiff::Timestamp::now(),
            evidence: Evidence::Projected,
            method: METHOD.to_owned(),
            estimate,
        };
        keep(&order.study_folder, &record)?;
        tell(EstimateEvent::Finished(Box::new(record.clone())));
        records.push(record);
    }
    Ok(records)
}

/// The workloads that an order means.
fn workloads<'a>(order: &EstimateOrder, suite: &'a Suite) -> Result<Vec<&'a Workload>, String> {
    for id in &order.workloads {
        if suite.workload(id).is_none() {
            let hint = assay_base::yaml::suggestion(id, suite.workloads.iter().map(|w| w.id.as_str()));
            return Err(format!("suite `{}` has no workload `{id}`{hint}", suite.id));
        }
    }
    let wanted = |workload: &&Workload| order.workloads.is_empty() || order.workloads.contains(&workload.id);
    Ok(suite.workloads.iter().filter(wanted).collect())
}

/// The accelerators that an order means, each with its compiler.
fn pairs<'a>(
    order: &EstimateOrder,
    compilers: &'a [CompilerReport],
) -> Result<Vec<(&'a CompilerReport, &'a CompilerTarget)>, String> {
    let all = || compilers.iter().flat_map(|compiler| compiler.targets.iter().map(move |target| (compiler, target)));
    let named = |target: &CompilerTarget, name: &str| target.id == name || target.id.ends_with(&format!("-{name}"));
    for name in &order.accelerators {
        if !all().any(|(_, target)| named(target, name)) {
            let known = all().map(|(_, target)| target.id.as_str()).collect::<Vec<_>>().join(", ");
            return Err(format!("no compiler works for the accelerator `{name}`; there are {known}"));
        }
    }
    let wanted = |target: &CompilerTarget| {
        order.accelerators.is_empty() || order.accelerators.iter().any(|name| named(target, name))
    };
    let pairs: Vec<_> = all().filter(|(_, target)| wanted(target)).collect();
    // What was asked for by name must be there; of all, those that are.
    let absent = |(compiler, _): &&(&CompilerReport, _)| compiler.reason.is_some();
    let here: Vec<_> = pairs.iter().copied().filter(|pair| !absent(&pair)).collect();
    if here.is_empty() || (!order.accelerators.is_empty() && here.len() < pairs.len()) {
        let reasons = compilers.iter().filter(|compiler| pairs.iter().any(|(wanted, _)| wanted.name == compiler.name));
        let reasons = reasons
            .filter_map(|compiler| Some(format!("{} is not here: {}", compiler.name, compiler.reason.as_ref()?)));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let none = "the worker has no compiler for accelerators that are not here";
        return Err(if reasons.is_empty() { none.to_owned() } else { format!("the compiler {reasons}") });
    }
    Ok(here)
}

/// What a study keeps: the last of each workload, accelerator and compiler, in the order in which they were made.
///
/// # Errors
/// When a file cannot be read. A line that is none, as after a crash, is passed over.
pub fn kept(study_folder: &Path) -> Result<Vec<EstimateRecord>, String> {
    let folder = study_folder.join(FOLDER);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut records: Vec<EstimateRecord> = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        for line in bytes.split(|byte| *byte == b'\n') {
            let Ok(record) = serde_json::from_slice::<EstimateRecord>(line) else { continue };
            // Nobody makes a measurement of an estimate by editing the file, or a time of zero.
            let record = EstimateRecord {
                workload_hash: record.workload.hash(),
                evidence: Evidence::Projected,
                method: METHOD.to_owned(),
                estimate: record.estimate.validated(),
                ..record
            };
            records.retain(|old| !old.is_about(&record.workload_hash, &record.accelerator, &record.compiler));
            records.push(record);
        }
    }
    Ok(records)
}

/// The folder in a study.
pub(crate) const FOLDER: &str = "estimates";

fn keep(study_folder: &Path, record: &EstimateRecord) -> Result<(), String> {
    let folder = study_folder.join(FOLDER);
    let file = folder.join(format!("{}.jsonl", record.compiler));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(&folder)?;
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        // In one piece, so that two runs at once do not mix their lines.
        std::fs::OpenOptions::new().create(true).append(true).open(&file)?.write_all(&line)
    };
    write().map_err(|error| format!("{}: {error}", file.display()))
}

/// The estimate that says whether a workload runs on an accelerator, by its profile's id: that of a compiler that takes it,
/// else of one that refuses it. Where none was asked, or could not say (an unsupported workload, a crash, a compiler of
/// single kernels), there is none.
pub fn feasibility<'a>(
    records: &'a [EstimateRecord],
    accelerator: &str,
    workload: &Workload,
) -> Option<&'a EstimateRecord> {
    let hash = workload.hash();
    let about = |record: &&EstimateRecord| record.accelerator == accelerator && record.workload_hash == hash;
    let judged = |record: &&EstimateRecord| {
        record.is_of_the_program() && !matches!(record.estimate.verdict, Verdict::Unsupported(_) | Verdict::Failed(_))
    };
    records.iter().filter(about).filter(judged).max_by_key(|record| record.estimate.verdict == Verdict::Compiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::estimate::MemoryPlan;

    fn record(workload: &str, accelerator: &str, verdict: Verdict) -> EstimateRecord {
        let workload = Suite::load("quick").unwrap().workload(workload).unwrap().clone();
        let memory = MemoryPlan {
            code_bytes: 1.0,
            arguments_bytes: 2.0,
            output_bytes: 3.0,
            temporary_bytes: 0.0,
            peak_bytes: Some(1e6),
        };
        EstimateRecord {
            workload_hash: workload.hash(),
            workload,
            accelerator: accelerator.to_owned(),
            accelerator_name: "Google TPU".to_owned(),
            topology: "v5e:2x2".to_owned(),
            compiler: "libtpu".to_owned(),
            compiler_version: Some("0.0.52".to_owned()),
            made_at: "2026-11-20T12:00:00Z".parse().unwrap(),
            evidence: Evidence::Projected,
            method: METHOD.to_owned(),
            estimate: Estimate { execution_secs: Some(1e-3), memory: Some(memory), ..Estimate::of(verdict) },
        }
    }

    #[test]
    fn the_last_of_each_is_kept_and_torn_lines_are_passed_over() {
        let study = tempfile::tempdir().unwrap();
        assert_eq!(kept(study.path()).unwrap(), []);
        let old = record("gemm-bf16", "google-tpu-v5e", Verdict::Failed("it crashed".to_owned()));
        let new = record("gemm-bf16", "google-tpu-v5e", Verdict::Compiles);
        let other = record("gemm-bf16", "google-tpu-v6e", Verdict::Compiles);
        for record in [&old, &other, &new] {
            keep(study.path(), record).unwrap();
        }
        let file = study.path().join("estimates/libtpu.jsonl");
        let mut text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), 3);
        text.push_str("{\"workload\":{\"id\"");
        std::fs::write(&file, text).unwrap();
        assert_eq!(kept(study.path()).unwrap(), [other, new.clone()]);
        assert_eq!(new.throughput(), Some(new.workload.items() / 1e-3));
    }

    #[test]
    fn an_estimate_is_never_read_as_measured() {
        let study = tempfile::tempdir().unwrap();
        let forged =
            EstimateRecord { evidence: Evidence::Measured, ..record("gemm-bf16", "google-tpu-v5e", Verdict::Compiles) };
        keep(study.path(), &forged).unwrap();
        assert_eq!(kept(study.path()).unwrap()[0].evidence, Evidence::Projected);
        for secs in [0.0, -2.0] {
            let mut invalid = record("gemm-bf16", "google-tpu-v5e", Verdict::Compiles);
            invalid.estimate.execution_secs = Some(secs);
            keep(study.path(), &invalid).unwrap();
            assert_eq!(kept(study.path()).unwrap()[0].throughput(), None);
        }
    }

    #[test]
    fn a_compiler_that_takes_it_counts_more_than_one_that_refuses_and_silence_says_nothing() {
        let quick = Suite::load("quick").unwrap();
        let workload = |id: &str| quick.workload(id).unwrap();
        let records = [
            record("gemm-bf16", "google-tpu-v5e", Verdict::Compiles),
            EstimateRecord {
                compiler: "other".to_owned(),
                ..record("gemm-bf16", "google-tpu-v5e", Verdict::DoesNotCompile("no".to_owned()))
            },
            record("triad-fp32", "google-tpu-v5e", Verdict::DoesNotFit("192 G of 16 G".to_owned())),
            record("gemm-fp32", "google-tpu-v5e", Verdict::Failed("it crashed".to_owned())),
        ];
        let found = |id: &str| feasibility(&records, "google-tpu-v5e", workload(id));
        assert_eq!(found("gemm-bf16"), Some(&records[0]));
        assert_eq!(records[0].refusal(), None);
        let refused = found("triad-fp32").unwrap().refusal().unwrap();
        for said in ["infeasible", "`triad-fp32` does not fit", "libtpu 0.0.52", "vendor compiler, projected", "192 G"]
        {
            assert!(refused.contains(said), "{refused}");
        }
        assert_eq!(found("gemm-fp32"), None);
        assert_eq!(feasibility(&records, "google-tpu-v6e", workload("gemm-bf16")), None);
    }

    #[test]
    fn an_accelerator_is_named_by_its_profile_or_the_end_of_it() {
        let target = |id: &str| CompilerTarget { id: id.to_owned(), name: id.to_owned(), topology: "t".to_owned() };
        let mut compilers = [CompilerReport {
            name: "libtpu".to_owned(),
            version: None,
            reason: None,
            targets: vec![target("google-tpu-v5e"), target("google-tpu-v6e")],
        }];
        let mut order = EstimateOrder {
            study_folder: PathBuf::new(),
            suite: "quick".to_owned(),
            workloads: Vec::new(),
            accelerators: vec!["v6e".to_owned()],
            target: Target::local(),
            again: false,
        };
        assert_eq!(pairs(&order, &compilers).unwrap()[0].1.id, "google-tpu-v6e");
        order.accelerators = vec!["h200".to_owned()];
        assert!(pairs(&order, &compilers).unwrap_err().contains("google-tpu-v5e, google-tpu-v6e"));
        order.accelerators.clear();
        assert_eq!(pairs(&order, &compilers).unwrap().len(), 2);
        compilers[0].reason = Some("install libtpu".to_owned());
        assert!(pairs(&order, &compilers).unwrap_err().contains("install libtpu"));
    }
}
