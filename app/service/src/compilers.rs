//! Stacks against one that does not compile: how much faster, for what compile time, and when that has paid back.

use assay_core::{Measurement, StackId};
use assay_store::query::{self, Key};
use assay_store::verdict::{self, Estimate, Verdict};
use serde::Serialize;

/// The stack that others are held against where nothing else is said: PyTorch without a compiler.
pub const EAGER: &str = "torch-eager";

/// A stack on one workload and device, against the one it is held against.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompilerRow {
    /// The workload.
    pub workload: String,
    /// The target whose worker measured.
    pub target: String,
    /// The device's name.
    pub device: String,
    /// The stack.
    pub stack: StackId,
    /// Its version.
    pub stack_version: Option<String>,
    /// Median latency of the stack held against.
    pub baseline_median_secs: f64,
    /// What that stack took to compile, where it tells.
    pub baseline_compile_secs: Option<f64>,
    /// Its error norm against the reference.
    pub baseline_error_norm: Option<f64>,
    /// Its own median latency.
    pub median_secs: f64,
    /// How many times as fast; absent for a compiler that was not tuned.
    pub speed_up: Option<f64>,
    /// The ends of its interval, from those of both medians; absent likewise, and with fewer than 6 samples of either.
    pub speed_up_interval: Option<[f64; 2]>,
    /// Whether the difference is one, by the samples; absent likewise.
    #[serde(serialize_with = "label")]
    pub verdict: Option<Verdict>,
    /// What compiling took before the first execution; absent where the stack does not tell.
    pub compile_secs: Option<f64>,
    /// After so many executions compiling has been paid back by what each saves.
    pub pays_back: PaysBack,
    /// Error norm against the reference.
    pub error_norm: Option<f64>,
    /// Whether one of the two results is noisy.
    pub is_noisy: bool,
}

/// When compiling has paid back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PaysBack {
    /// After so many executions, and so many inferences or other items.
    After {
        /// Executions of the workload.
        executions: f64,
        /// Items: executions times the items of one.
        items: f64,
    },
    /// It costs no more than not compiling, and is not slower.
    AtOnce,
    /// Never: each execution takes as long or longer.
    Never,
    /// The compile time is not known, the difference may be chance, or the compiler was not tuned.
    Unknown,
}

fn label<S: serde::Serializer>(verdict: &Option<Verdict>, serializer: S) -> Result<S::Ok, S::Error> {
    verdict.map(Verdict::label).serialize(serializer)
}

/// The newest measurement that passed of each stack, held against that of `baseline` on the same work, target and device;
/// workload by workload, the fastest first and what was not tuned last. Work that the baseline was not measured on is left
/// out.
pub fn compilers(measurements: &[Measurement], baseline: &str) -> Vec<CompilerRow> {
    let passed: Vec<Measurement> = measurements.iter().filter(|m| m.status.passed()).cloned().collect();
    let newest = query::latest_of_each(&passed);
    let mut rows = Vec::new();
    for eager in newest.iter().filter(|m| m.stack.as_str() == baseline) {
        let key = Key::of(eager);
        let same = |m: &&&Measurement| Key { stack: key.stack.clone(), ..Key::of(m) } == key && m.stack != eager.stack;
        let mut own: Vec<CompilerRow> = newest.iter().filter(same).filter_map(|m| row(eager, m)).collect();
        own.sort_by(|a, b| b.stack.is_tuned().cmp(&a.stack.is_tuned()).then(a.median_secs.total_cmp(&b.median_secs)));
        rows.extend(own);
    }
    rows
}

fn row(eager: &Measurement, compiled: &Measurement) -> Option<CompilerRow> {
    let (before, after) = (Estimate::of(eager)?, Estimate::of(compiled)?);
    let timing = |m: &Measurement| m.timing.as_ref().and_then(|timing| timing.compile_secs);
    let error = |m: &Measurement| m.correctness.as_ref().and_then(|correctness| correctness.error_norm);
    let is_tuned = compiled.stack.is_tuned();
    let verdict = is_tuned.then(|| verdict::judge(&before, &after));
    let (compile_secs, baseline_compile_secs) = (timing(compiled), timing(eager));
    // What the baseline itself compiles is spent either way.
    let extra_secs = compile_secs.map(|secs| secs - baseline_compile_secs.unwrap_or(0.0));
    let saved_secs = before.median_secs - after.median_secs;
    let pays_back = match (verdict, extra_secs) {
        (Some(Verdict::Faster), Some(extra)) if extra > 0.0 => {
            let executions = (extra / saved_secs).ceil();
            PaysBack::After { executions, items: executions * compiled.workload.items() }
        }
        (Some(Verdict::Faster | Verdict::Same), Some(extra)) if extra <= 0.0 => PaysBack::AtOnce,
        (Some(Verdict::Slower | Verdict::Same), _) => PaysBack::Never,
        _ => PaysBack::Unknown,
    };
    Some(CompilerRow {
        workload: compiled.workload.id.clone(),
        target: compiled.target.clone(),
        device: compiled.device.name.clone(),
        stack: compiled.stack.clone(),
        stack_version: compiled.stack_version.clone(),
        baseline_median_secs: before.median_secs,
        baseline_compile_secs,
        baseline_error_norm: error(eager),
        median_secs: after.median_secs,
        speed_up: is_tuned.then(|| before.median_secs / after.median_secs),
        speed_up_interval: is_tuned.then(|| interval(&before, &after)).flatten(),
        verdict,
        compile_secs,
        pays_back,
        error_norm: error(compiled),
        is_noisy: eager.is_noisy() || compiled.is_noisy(),
    })
}

/// The least and the greatest speed-up that the intervals of both medians allow.
fn interval(before: &Estimate, after: &Estimate) -> Option<[f64; 2]> {
    let (b, a) = (before.interval_secs?, after.interval_secs?);
    (a.0 > 0.0 && b.0 > 0.0).then(|| [b.0 / a.1, b.1 / a.0])
}
