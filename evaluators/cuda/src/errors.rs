//! Failures of the CUDA libraries in the words of [`EvaluatorError`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use assay_core::EvaluatorError;
use cudarc::driver::DriverError;
use cudarc::driver::sys::CUresult;

/// Runs `work` and turns a panic into an error: `cudarc` panics when a library or one of its symbols is missing.
pub(crate) fn guarded<T>(what: &str, work: impl FnOnce() -> Result<T, EvaluatorError>) -> Result<T, EvaluatorError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without a message");
        Err(EvaluatorError::Unavailable(format!("{what}: {message}")))
    })
}

/// Says during what a driver call failed.
pub(crate) trait During<T> {
    /// # Errors
    /// The driver's error, as the evaluator's.
    fn during(self, what: &str) -> Result<T, EvaluatorError>;
}

impl<T> During<T> for Result<T, DriverError> {
    fn during(self, what: &str) -> Result<T, EvaluatorError> {
        self.map_err(|error| {
            let text = error.error_string().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            match error.0 {
                CUresult::CUDA_ERROR_OUT_OF_MEMORY => EvaluatorError::OutOfMemory(format!("{what} on the CUDA device")),
                code if is_final(code) => EvaluatorError::DeviceLost(format!("{what}: {text} ({code:?})")),
                code => EvaluatorError::Failed(format!("{what}: {text} ({code:?})")),
            }
        })
    }
}

/// Whether the driver refuses all work of this process after this error.
fn is_final(code: CUresult) -> bool {
    matches!(
        code,
        CUresult::CUDA_ERROR_ILLEGAL_ADDRESS
            | CUresult::CUDA_ERROR_LAUNCH_FAILED
            | CUresult::CUDA_ERROR_LAUNCH_TIMEOUT
            | CUresult::CUDA_ERROR_ILLEGAL_INSTRUCTION
            | CUresult::CUDA_ERROR_MISALIGNED_ADDRESS
            | CUresult::CUDA_ERROR_INVALID_ADDRESS_SPACE
            | CUresult::CUDA_ERROR_INVALID_PC
            | CUresult::CUDA_ERROR_HARDWARE_STACK_ERROR
            | CUresult::CUDA_ERROR_ASSERT
            | CUresult::CUDA_ERROR_ECC_UNCORRECTABLE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_message() {
        let result: Result<(), _> = guarded("loading", || panic!("Missing symbol {}", "cuFoo"));
        assert_eq!(result, Err(EvaluatorError::Unavailable("loading: Missing symbol cuFoo".to_owned())));
        assert_eq!(guarded("loading", || Ok(1)), Ok(1));
    }
}
