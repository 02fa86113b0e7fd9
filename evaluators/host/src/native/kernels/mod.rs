//! The operations in fp32, parallel over the pool's threads and vectorised for the processor they run on.

mod attention;
mod convolution;
mod matrix;
mod quantized;
mod rows;
mod stream;

pub(super) mod math;

pub use attention::{Attention, Shape as AttentionShape};
pub use convolution::{Convolution, Shape as ConvolutionShape};
pub use matrix::Matrix;
pub use quantized::QuantizedMatrix;
pub use rows::{Add, AveragePool, BiasGelu, Concat, EmbeddingBag, LayerNorm, MaxPool, RmsNorm, Softmax};
pub use stream::Triad;

use assay_core::EvaluatorError;
use rayon::prelude::*;

/// One operation with its weights and scratch memory.
pub trait Kernel: Send {
    /// Computes `output` from `inputs`.
    ///
    /// # Errors
    /// When the matrix library refuses its operands.
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError>;
}

/// Below this many elements a task is not worth handing to another thread.
const MIN_TASK: usize = 4096;

/// Calls `compute(first_row, rows)` on parts of `output` of whole rows, in parallel, compiled for this processor.
fn each_part(output: &mut [f32], width: usize, compute: impl Fn(usize, &mut [f32]) + Sync) {
    let width = width.max(1);
    // A few parts a thread, so that one thread that is held up does not hold up all.
    let rows = (output.len() / width).div_ceil(4 * rayon::current_num_threads()).max(MIN_TASK.div_ceil(width));
    output.par_chunks_mut(rows * width).enumerate().for_each(|(part, output)| {
        vectorize(
            #[inline(always)]
            || compute(part * rows, output),
        );
    });
}

/// Runs `compute` compiled for the widest vectors of this processor; the closure must be `#[inline(always)]`.
#[inline(always)]
fn vectorize<R>(compute: impl FnMut() -> R) -> R {
    struct Inlined<F>(F);

    // A closure given to `dispatch` itself is called through a shim that is not always inlined, and then compiled
    // for the oldest processor.
    impl<R, F: FnMut() -> R> pulp::NullaryFnOnce for Inlined<F> {
        type Output = R;

        #[inline(always)]
        fn call(mut self) -> R {
            (self.0)()
        }
    }

    pulp::Arch::new().dispatch(Inlined(compute))
}

/// The operands of a kernel that takes `N`.
fn operands<'a, const N: usize>(inputs: &[&'a [f32]]) -> Result<[&'a [f32]; N], EvaluatorError> {
    inputs
        .try_into()
        .map_err(|_| EvaluatorError::Failed(format!("an operation needs {N} computed inputs, not {}", inputs.len())))
}
