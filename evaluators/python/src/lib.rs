//! Evaluators for the frameworks of Python interpreters: PyTorch eager, Inductor and Triton, JAX, TensorFlow, OpenVINO, IREE,
//! TVM, ONNX Runtime as Python users have it, and the compilers of accelerators' vendors.
//!
//! `worker.py` with the modules of `assay_stacks` runs in the interpreter and executes; weights and inputs are files written
//! here, samples and verdicts are the runner's, so that a framework is measured exactly as our own stacks are.

mod absent;
mod convert;
mod evaluator;
mod files;
mod interpreters;
mod messages;
mod process;
mod triton;

pub use absent::absent;
pub use convert::Models;
pub use evaluator::{PythonEvaluator, evaluators, job_folder};
pub use files::JobFolder;
pub use triton::TritonCompiler;
