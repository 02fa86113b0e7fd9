//! The clock of the multiprocessors around each timed execution: two short launches count their cycles against the
//! device's nanosecond timer, one before the execution, which also lets the host queue what is timed, and one after it.

use std::ptr::NonNull;
use std::sync::Arc;

use assay_core::EvaluatorError;
use cudarc::driver::{CudaContext, result};

use crate::errors::During as _;
use crate::gpu::Gpu;
use crate::plan::{self, Launch};

/// How long cycles are counted after an execution, in seconds. The count is exact to a few dozen cycles.
const AFTER_SECS: f64 = 10e-6;
/// Cycles and nanoseconds, before and after.
const NUMBERS: usize = 4;

/// The two launches and where they write.
pub(crate) struct ClockProbe {
    pub(crate) before: Launch,
    pub(crate) after: Launch,
    counts: Counts,
}

impl ClockProbe {
    /// Two launches, of which the first holds the stream for so long.
    ///
    /// # Errors
    /// When the kernel does not compile, or memory is short.
    pub(crate) fn new(gpu: &Gpu, hold_secs: f64) -> Result<Self, EvaluatorError> {
        let counts = Counts::new(gpu)?;
        let address = counts.numbers.as_ptr() as u64;
        let before = plan::hold(gpu, hold_secs, Some(address))?;
        let after = plan::hold(gpu, AFTER_SECS, Some(address + 16))?;
        Ok(Self { before, after, counts })
    }

    /// The mean of both clocks, once both launches are over.
    pub(crate) fn clock_hz(&self) -> Option<f64> {
        let [before_cycles, before_ns, after_cycles, after_ns] = self.counts.read();
        let clock = |cycles: u64, nanoseconds: u64| {
            (cycles > 0 && nanoseconds > 0).then(|| (1e9 * cycles as f64 / nanoseconds as f64 / 1e6).round() * 1e6)
        };
        Some((clock(before_cycles, before_ns)? + clock(after_cycles, after_ns)?) / 2.0)
    }
}

/// Numbers in locked memory of the host, where the device writes them.
struct Counts {
    numbers: NonNull<u64>,
    context: Arc<CudaContext>,
}

impl Counts {
    fn new(gpu: &Gpu) -> Result<Self, EvaluatorError> {
        gpu.context.bind_to_thread().during("binding the context")?;
        let bytes = NUMBERS * size_of::<u64>();
        // SAFETY: 64-bit devices see locked memory at the host's address; freed in `drop`.
        let memory = unsafe { result::malloc_host(bytes, 0) }.during("locking host memory")?;
        let numbers = NonNull::new(memory.cast::<u64>())
            .ok_or_else(|| EvaluatorError::OutOfMemory("locking host memory".to_owned()))?;
        // SAFETY: the memory is as long.
        unsafe { numbers.as_ptr().write_bytes(0, NUMBERS) };
        Ok(Self { numbers, context: gpu.context.clone() })
    }

    fn read(&self) -> [u64; NUMBERS] {
        // SAFETY: inside the memory; volatile, as the device writes it.
        std::array::from_fn(|i| unsafe { self.numbers.as_ptr().add(i).read_volatile() })
    }
}

impl Drop for Counts {
    fn drop(&mut self) {
        if !crate::gpu::is_stuck() && self.context.bind_to_thread().is_ok() {
            // SAFETY: allocated by `malloc_host`, freed once. A failure here follows one that was already reported.
            let _ = unsafe { result::free_host(self.numbers.as_ptr().cast()) };
        }
    }
}
