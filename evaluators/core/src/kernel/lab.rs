//! Measuring a kernel: try its parameters, check it at awkward sizes, time it, compare it in turns with what else there
//! is, and say how near it comes to the device's measured ceiling.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::report::{Ceiling, Check, Comparison, KernelReport, Trial};
use super::{Implementation, Kernel, ceiling};
use crate::device::Device;
use crate::evaluator::{Evaluator, EvaluatorError, Job, KernelBench, Prepared, Support};
use crate::measurement::{Correctness, Status};
use crate::reference::Reference;
use crate::runner::{self, Cache, Host, Observer, Outcome, Plan, Subject};
use crate::statistics::{median_interval, quantile};
use crate::workload::{Shape, Workload};

/// Timed executions of each combination of parameters.
const TRIAL_EXECUTIONS: usize = 15;
/// Rounds of a comparison, and the time after which it ends sooner.
const ROUNDS: usize = 40;
const COMPARISON_SECS: f64 = 3.0;
/// Operations a byte above which the matrix product is the ceiling and not the triad.
const COMPUTE_BOUND_FROM: f64 = 100.0;

/// A kernel on one device with one stack.
#[derive(Clone, Copy)]
pub struct Subjected<'a> {
    /// The stack.
    pub evaluator: &'a dyn Evaluator,
    /// The device.
    pub device: &'a Device,
    /// The kernel.
    pub kernel: &'a Kernel,
    /// What it is to compute.
    pub workload: &'a Workload,
}

/// Measures a kernel.
pub fn measure(
    subject: Subjected<'_>,
    plan: &Plan,
    host: &dyn Host,
    cache: &mut Cache,
    observer: &mut dyn Observer,
) -> Outcome {
    let mut report = KernelReport { id: subject.kernel.manifest.id.clone(), ..KernelReport::default() };
    let mut outcome =
        subject.run(plan, host, cache, observer, &mut report).unwrap_or_else(|error| Outcome::of(error.status()));
    // A device that is lost cannot measure anything else in this process.
    if !outcome.status.passed() && !matches!(outcome.status, Status::Crashed { .. } | Status::TimedOut { .. }) {
        report.fallback = Some(subject.fallback(cache, plan.seed));
    }
    outcome.kernel = Some(report);
    outcome
}

type Parameters = BTreeMap<String, u32>;

impl Subjected<'_> {
    fn run(
        &self,
        plan: &Plan,
        host: &dyn Host,
        cache: &mut Cache,
        observer: &mut dyn Observer,
        report: &mut KernelReport,
    ) -> Result<Outcome, EvaluatorError> {
        let manifest = &self.kernel.manifest;
        if !manifest.computes(self.workload) {
            return Err(EvaluatorError::Unsupported(format!(
                "kernel `{}` computes {} in {}, not {} in {}",
                manifest.id,
                manifest.computes.join(", "),
                manifest.formats.iter().map(|format| format.label()).collect::<Vec<_>>().join(", "),
                self.workload.shape.kind(),
                self.workload.format,
            )));
        }
        observer.phase("generating data");
        let job = cache.job(self.workload, plan.seed);
        observer.phase("preparing");
        let bench = self.evaluator.kernel_bench(self.device, &job)?;
        let reference = cache.reference(&job);

        observer.phase("trying parameters");
        let parameters = match self.tune(bench.as_ref(), &reference, report)? {
            Ok(parameters) => parameters,
            Err(reason) => return Ok(Outcome::of(Status::Incorrect { reason })),
        };
        report.parameters.clone_from(&parameters);

        observer.phase("checking other sizes");
        self.check_other_sizes(&parameters, report)?;
        if let Some(failed) = report.checks.iter().find(|check| check.failed()) {
            let reason = format!(
                "at {:?} the error is {}, the tolerance {:.0e}",
                failed.shape,
                failed.error_norm.map_or("not finite".to_owned(), |error| format!("{error:.1e}")),
                failed.tolerance
            );
            return Ok(Outcome::of(Status::Incorrect { reason }));
        }

        let tolerance = manifest.tolerance(self.workload);
        let subject = Subject {
            workload: self.workload,
            prepare: &|| bench.prepare(self.kernel, &manifest.kernel, &parameters),
            check: &mut |prepared| {
                // Once more into poisoned memory: the output must be this execution's.
                prepared.poison()?;
                prepared.execute()?;
                let error_norm = reference.error_norm(&prepared.output()?);
                Ok(Correctness { error_norm, tolerance, passed: error_norm.is_some_and(|error| error <= tolerance) })
            },
        };
        let mut outcome = runner::run(subject, self.device, plan, host, observer);
        runner::set_under_roofs(&mut outcome, self.evaluator, self.device, self.workload, cache, observer);
        let Some(timing) = outcome.timing.as_ref().filter(|_| outcome.status.passed()) else { return Ok(outcome) };

        observer.phase("comparing");
        let mut own = bench.prepare(self.kernel, &manifest.kernel, &parameters)?;
        report.resources = own.resources();
        let naive = manifest.baseline.as_ref().map(|baseline| first_applicable(bench.as_ref(), self.kernel, baseline));
        if let Some(naive) = naive {
            report.comparisons.push(compare(own.as_mut(), "its naive version", naive));
        }
        let name = format!("the {} stack's own code", self.evaluator.stack());
        report.comparisons.push(compare(own.as_mut(), &name, self.stacks_own(&job)));
        drop(own);
        drop(bench);

        observer.phase("measuring the ceiling");
        report.ceiling = self.ceiling(timing.statistics.median_secs, cache);
        Ok(outcome)
    }

    /// Times every combination of parameters whose result is correct and answers with the fastest; the inner error says
    /// what is wrong with the results.
    fn tune(
        &self,
        bench: &dyn KernelBench,
        reference: &Reference,
        report: &mut KernelReport,
    ) -> Result<Result<Parameters, String>, EvaluatorError> {
        let manifest = &self.kernel.manifest;
        let tolerance = manifest.tolerance(self.workload);
        let mut wrong = None;
        let mut failure = None;
        let combinations = manifest.kernel.combinations();
        bench.compile_ahead(self.kernel, &manifest.kernel, &combinations);
        for parameters in combinations {
            let tried = bench.prepare(self.kernel, &manifest.kernel, &parameters).and_then(|mut prepared| {
                prepared.execute()?;
                match reference.error_norm(&prepared.output()?) {
                    Some(error) if error <= tolerance => median_secs(prepared.as_mut()).map(Ok),
                    Some(error) => Ok(Err(format!("the error is {error:.1e}, the tolerance {tolerance:.0e}"))),
                    None => Ok(Err("the output holds a NaN or infinity, or was not written".to_owned())),
                }
            });
            let (latency_secs, reason) = match tried {
                Ok(Ok(secs)) => (Some(secs), None),
                Ok(Err(reason)) => {
                    wrong.get_or_insert_with(|| reason.clone());
                    (None, Some(reason))
                }
                Err(error @ (EvaluatorError::DeviceLost(_) | EvaluatorError::Stuck(_))) => return Err(error),
                Err(error) => {
                    let reason = error.to_string();
                    // What does not compile tells more than what does not apply.
                    if failure.is_none() || matches!(failure, Some(EvaluatorError::Unsupported(_))) {
                        failure = Some(error);
                    }
                    (None, Some(reason))
                }
            };
            report.trials.push(Trial { parameters, latency_secs, reason });
        }
        let timed = report.trials.iter().filter_map(|trial| Some((trial.latency_secs?, &trial.parameters)));
        match timed.min_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((_, parameters)) => Ok(Ok(parameters.clone())),
            None => match (wrong, failure) {
                (Some(reason), _) => Ok(Err(reason)),
                (None, Some(error)) => Err(error),
                (None, None) => Err(EvaluatorError::Failed("the kernel has no combination of parameters".to_owned())),
            },
        }
    }

    /// New random inputs at small and odd sizes, into poisoned memory.
    fn check_other_sizes(&self, parameters: &Parameters, report: &mut KernelReport) -> Result<(), EvaluatorError> {
        let manifest = &self.kernel.manifest;
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
        for (index, shape) in awkward(&self.workload.shape).into_iter().enumerate() {
            let workload = Workload { shape: shape.clone(), ..self.workload.clone() };
            if workload.validate().is_err() {
                continue;
            }
            let seed = nanoseconds.wrapping_add(index as u64);
            let job = Job::new(&workload, seed);
            let bench = self.evaluator.kernel_bench(self.device, &job)?;
            let prepared = match bench.prepare(self.kernel, &manifest.kernel, parameters) {
                Err(EvaluatorError::Unsupported(_)) => first_applicable(bench.as_ref(), self.kernel, &manifest.kernel),
                other => other,
            };
            let tolerance = manifest.tolerance(&workload);
            let mut check = Check { shape, seed, error_norm: None, tolerance, not_applicable: None };
            match prepared {
                Ok(mut prepared) => {
                    prepared.execute()?;
                    check.error_norm = Reference::compute(&job).error_norm(&prepared.output()?);
                }
                Err(EvaluatorError::Unsupported(reason)) => check.not_applicable = Some(reason),
                Err(error) => return Err(error),
            }
            report.checks.push(check);
        }
        Ok(())
    }

    fn stacks_own(&self, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        match self.evaluator.support(self.device, &job.workload) {
            Support::Supported => self.evaluator.prepare(self.device, job),
            Support::Unsupported { reason } => Err(EvaluatorError::Unsupported(reason)),
        }
    }

    /// What is used where the kernel cannot be, with its time.
    fn fallback(&self, cache: &mut Cache, seed: u64) -> String {
        let stack = self.evaluator.stack();
        let job = cache.job(self.workload, seed);
        match self.stacks_own(&job).and_then(|mut own| median_secs(own.as_mut())) {
            Ok(secs) => format!("the {stack} stack's own code, {} an execution", assay_base::format::duration(secs)),
            Err(error) => format!("nothing: {error}"),
        }
    }

    fn ceiling(&self, median_secs_of_kernel: f64, cache: &mut Cache) -> Option<Ceiling> {
        let (flops, bytes) = (self.workload.flops(), self.workload.bytes());
        let (of, amount) =
            if flops / bytes >= COMPUTE_BOUND_FROM { (ceiling::Of::Gemm, flops) } else { (ceiling::Of::Triad, bytes) };
        let measured = ceiling::measured(self.evaluator, self.device, self.workload.format, of, cache)?;
        Some(Ceiling { of: of.name().to_owned(), measured, achieved: amount / median_secs_of_kernel })
    }
}

/// An implementation with the first combination of its parameters that applies.
fn first_applicable(
    bench: &dyn KernelBench,
    kernel: &Kernel,
    implementation: &Implementation,
) -> Result<Box<dyn Prepared>, EvaluatorError> {
    let mut refusal = EvaluatorError::Failed("the kernel has no combination of parameters".to_owned());
    for parameters in implementation.combinations() {
        match bench.prepare(kernel, implementation, &parameters) {
            Err(error @ EvaluatorError::Unsupported(_)) => refusal = error,
            other => return other,
        }
    }
    Err(refusal)
}

/// The median over a second of executions, after half a second of others: what a device at its power limit sustains.
pub(super) fn sustained_secs(prepared: &mut dyn Prepared) -> Result<f64, EvaluatorError> {
    let mut samples = Vec::new();
    let (started, mut warm) = (Instant::now(), false);
    while samples.len() < 3 || started.elapsed().as_secs_f64() < 1.5 {
        samples.push(prepared.execute()?.latency_secs);
        if !warm && samples.len() >= 2 && started.elapsed().as_secs_f64() >= 0.5 {
            samples.clear();
            warm = true;
        }
    }
    samples.sort_by(f64::total_cmp);
    quantile(&samples, 0.5).ok_or_else(|| EvaluatorError::Failed("no execution was timed".to_owned()))
}

/// The median of a few executions after two that are not timed.
fn median_secs(prepared: &mut dyn Prepared) -> Result<f64, EvaluatorError> {
    for _ in 0..2 {
        prepared.execute()?;
    }
    let mut samples = Vec::with_capacity(TRIAL_EXECUTIONS);
    let started = Instant::now();
    while samples.len() < 3 || (samples.len() < TRIAL_EXECUTIONS && started.elapsed().as_secs_f64() < COMPARISON_SECS) {
        samples.push(prepared.execute()?.latency_secs);
    }
    samples.sort_by(f64::total_cmp);
    quantile(&samples, 0.5).ok_or_else(|| EvaluatorError::Failed("no execution was timed".to_owned()))
}

/// Executes both in turns, so that what disturbs one disturbs the other.
fn compare(own: &mut dyn Prepared, against: &str, other: Result<Box<dyn Prepared>, EvaluatorError>) -> Comparison {
    let none = |reason: String| Comparison {
        against: against.to_owned(),
        latency_secs: None,
        speed_up: None,
        speed_up_interval: None,
        rounds: 0,
        reason: Some(reason),
    };
    match other.and_then(|mut other| rounds(own, other.as_mut())) {
        Ok((mut ratios, mut others)) => {
            ratios.sort_by(f64::total_cmp);
            others.sort_by(f64::total_cmp);
            Comparison {
                against: against.to_owned(),
                latency_secs: quantile(&others, 0.5),
                speed_up: quantile(&ratios, 0.5),
                speed_up_interval: median_interval(&ratios),
                rounds: ratios.len(),
                reason: None,
            }
        }
        Err(error) => none(error.to_string()),
    }
}

/// The other's time over the own, and the other's time, of each round; who goes first alternates.
fn rounds(own: &mut dyn Prepared, other: &mut dyn Prepared) -> Result<(Vec<f64>, Vec<f64>), EvaluatorError> {
    for _ in 0..2 {
        own.execute()?;
        other.execute()?;
    }
    let (mut ratios, mut others) = (Vec::new(), Vec::new());
    let started = Instant::now();
    while ratios.len() < ROUNDS && (ratios.len() < 6 || started.elapsed().as_secs_f64() < COMPARISON_SECS) {
        let (mine, theirs) = if ratios.len().is_multiple_of(2) {
            let mine = own.execute()?;
            (mine, other.execute()?)
        } else {
            let theirs = other.execute()?;
            (own.execute()?, theirs)
        };
        ratios.push(theirs.latency_secs / mine.latency_secs);
        others.push(theirs.latency_secs);
    }
    Ok((ratios, others))
}

/// Small sizes of the same kind: one, odd, prime, and just past a tile, first those that most kernels take.
fn awkward(shape: &Shape) -> Vec<Shape> {
    let rows: [(usize, usize); 5] = [(37, 1024), (133, 4096), (5, 136), (1, 8), (19, 1001)];
    let products: [(usize, usize, usize); 5] =
        [(128, 256, 64), (200, 328, 136), (1, 8, 8), (300, 264, 520), (37, 53, 71)];
    match shape {
        Shape::Softmax { .. } => rows.map(|(rows, columns)| Shape::Softmax { rows, columns }).into(),
        Shape::RmsNorm { .. } => rows.map(|(rows, columns)| Shape::RmsNorm { rows, columns }).into(),
        Shape::RmsNormResidual { .. } => rows.map(|(rows, columns)| Shape::RmsNormResidual { rows, columns }).into(),
        Shape::BiasGelu { .. } => rows.map(|(rows, columns)| Shape::BiasGelu { rows, columns }).into(),
        Shape::BiasGeluResidual { .. } => rows.map(|(rows, columns)| Shape::BiasGeluResidual { rows, columns }).into(),
        Shape::Quantise { .. } => rows.map(|(rows, columns)| Shape::Quantise { rows, columns }).into(),
        Shape::Dequantise { .. } => rows.map(|(rows, columns)| Shape::Dequantise { rows, columns }).into(),
        Shape::Gemm { .. } => products.map(|(m, n, k)| Shape::Gemm { m, n, k }).into(),
        Shape::LinearGelu { .. } => products.map(|(m, n, k)| Shape::LinearGelu { m, n, k }).into(),
        Shape::Triad { .. } => [1 << 20, 1_000_003, 3].map(|elements| Shape::Triad { elements }).into(),
        Shape::AttentionPrefill { head_dim, .. } => [(1, 1, 128), (2, 3, 200), (1, 2, 257), (3, 2, 5), (1, 2, 640)]
            .map(|(batch, heads, sequence)| Shape::AttentionPrefill { batch, heads, sequence, head_dim: *head_dim })
            .into(),
        Shape::AttentionDecode { heads, kv_heads, head_dim, .. } => [(1, 512), (2, 777), (3, 3)]
            .map(|(batch, context)| Shape::AttentionDecode {
                batch,
                heads: *heads,
                kv_heads: *kv_heads,
                context,
                head_dim: *head_dim,
            })
            .into(),
        // Whole blocks and models: their own sizes are checked, others would mean other weights.
        _ => Vec::new(),
    }
}
