//! The stack `xla`: our workloads as StableHLO on any PJRT plugin, and what a vendor's compiler says of absent hardware.
//!
//! A plugin is a shared library with the PJRT C interface (`pjrt_c_api.h`). Plugins come as Python packages and are found
//! and loaded at run time, in the worker only.

mod estimator;
mod evaluator;
mod numbers;
pub mod pjrt;
mod plugins;
mod stablehlo;

pub use estimator::TpuCompiler;
pub use evaluator::XlaEvaluator;
pub use plugins::{Kind, PLUGINS_VARIABLE, Places, PluginFile, find};
pub use stablehlo::{Argument, Element, Program, Stored, program};

/// Sets what the plugins read from the environment: no questions to Google's metadata server, which take minutes where
/// there is none, and no logs but errors. To be called at the start of the worker.
///
/// # Safety
/// No other thread may run yet: the environment is shared by all.
pub unsafe fn prepare_environment() {
    for (name, value) in [
        ("TPU_SKIP_MDS_QUERY", "1"),
        ("TPU_LOG_DIR", "disabled"),
        ("TPU_STDERR_LOG_LEVEL", "3"),
        ("TF_CPP_MIN_LOG_LEVEL", "3"),
    ] {
        if std::env::var_os(name).is_none() {
            // SAFETY: the caller's promise.
            unsafe { std::env::set_var(name, value) };
        }
    }
}
