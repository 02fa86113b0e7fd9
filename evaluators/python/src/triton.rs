//! Triton, which compiles kernels ahead of time for devices that need not be here.

use std::cell::RefCell;
use std::path::PathBuf;

use assay_core::Workload;
use assay_core::estimate::{CompilerReport, CompilerTarget, Estimate, VendorCompiler, Verdict};
use assay_core::evaluator::{Evaluator as _, EvaluatorError};

use crate::absent::reason;
use crate::evaluator::PythonEvaluator;
use crate::files::JobFolder;
use crate::messages::{Event, Request};
use crate::process::Process;

/// The stack whose kernels are compiled.
const STACK: &str = "triton";

/// An architecture by the accelerator that stands for it.
struct Target {
    /// The hardware profile.
    id: &'static str,
    name: &'static str,
    /// The compiler's back end and its name of the architecture.
    backend: &'static str,
    arch: &'static str,
    /// The most shared memory of a block, in bytes: CUDA C++ Programming Guide, compute capabilities; AMD CDNA 3 ISA, LDS.
    shared_limit: u64,
}

const KIB: u64 = 1024;

const TARGETS: [Target; 5] = [
    Target { id: "nvidia-a100-sxm-80gb", name: "NVIDIA A100", backend: "cuda", arch: "80", shared_limit: 163 * KIB },
    Target { id: "nvidia-l4", name: "NVIDIA L4", backend: "cuda", arch: "89", shared_limit: 99 * KIB },
    Target { id: "nvidia-h100-sxm", name: "NVIDIA H100", backend: "cuda", arch: "90", shared_limit: 227 * KIB },
    Target { id: "nvidia-b200", name: "NVIDIA B200", backend: "cuda", arch: "100", shared_limit: 227 * KIB },
    Target { id: "amd-mi300x", name: "AMD Instinct MI300X", backend: "hip", arch: "gfx942", shared_limit: 64 * KIB },
];

impl Target {
    fn topology(&self) -> String {
        if self.backend == "cuda" { format!("sm_{}", self.arch) } else { self.arch.to_owned() }
    }
}

/// Triton in a Python interpreter, started when something is compiled.
#[derive(Debug)]
pub struct TritonCompiler {
    found: Option<(PathBuf, Option<String>)>,
    process: RefCell<Option<Process>>,
}

impl TritonCompiler {
    /// The one among the frameworks that were found.
    pub fn of(frameworks: &[PythonEvaluator]) -> Self {
        let found = frameworks.iter().find(|evaluator| evaluator.stack().as_str() == STACK);
        let found = found.map(|evaluator| (evaluator.interpreter().to_owned(), evaluator.version()));
        Self { found, process: RefCell::new(None) }
    }

    fn compile(&self, workload: &Workload, target: &Target) -> Result<Estimate, EvaluatorError> {
        let (interpreter, _) = self.found.as_ref().ok_or_else(|| EvaluatorError::Unavailable(reason(STACK)))?;
        let folder = JobFolder::describe(workload)?;
        let request = Request::Estimate {
            job: folder.manifest(),
            backend: target.backend.to_owned(),
            arch: target.arch.to_owned(),
            shared_limit: target.shared_limit,
        };
        let seated = self.process.borrow_mut().take();
        let mut process = seated.map_or_else(|| Process::start(interpreter, 1), Ok)?;
        let answer = process.ask(&request, None);
        // One that has failed may have ended, too.
        if matches!(answer, Ok(_) | Err(EvaluatorError::Unsupported(_))) {
            *self.process.borrow_mut() = Some(process);
        }
        let Event::Estimated { kernels, compile_secs, refused } = answer? else {
            return Err(EvaluatorError::Failed("worker.py did not say what compiling came to".to_owned()));
        };
        let verdict = match refused {
            None => Verdict::Compiles,
            Some((kind, reason)) if kind == "does-not-fit" => Verdict::DoesNotFit(reason),
            Some((_, reason)) => Verdict::DoesNotCompile(reason),
        };
        Ok(Estimate { compile_secs: Some(compile_secs), kernels: Some(kernels), ..Estimate::of(verdict) })
    }
}

impl VendorCompiler for TritonCompiler {
    fn report(&self) -> CompilerReport {
        let target = |target: &Target| CompilerTarget {
            id: target.id.to_owned(),
            name: target.name.to_owned(),
            topology: target.topology(),
        };
        CompilerReport {
            name: STACK.to_owned(),
            version: self.found.as_ref().and_then(|(_, version)| version.clone()),
            reason: self.found.is_none().then(|| reason(STACK)),
            targets: TARGETS.iter().map(target).collect(),
        }
    }

    fn estimate(&self, workload: &Workload, target: &str) -> Estimate {
        let Some(target) = TARGETS.iter().find(|known| known.id == target) else {
            return Estimate::of(Verdict::Unsupported(format!("Triton is not asked for `{target}`")));
        };
        // Of kernels in any case: nothing that is said here is about the whole program.
        let of = |verdict| Estimate { kernels: Some(Vec::new()), ..Estimate::of(verdict) };
        match self.compile(workload, target) {
            Ok(estimate) => estimate,
            Err(EvaluatorError::Unsupported(reason)) => of(Verdict::Unsupported(reason)),
            Err(error) => of(Verdict::Failed(error.to_string())),
        }
    }
}
