//! Products with a weight, through rten-gemm.

use assay_core::EvaluatorError;
use assay_core::graph::Activation;
use rten_gemm::{BiasVector, GemmError, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

use super::{Kernel, each_part, math, operands};
use crate::native::buffer::Buffer;

/// `activation(x w + bias)`.
pub struct Matrix {
    weight: Weight,
    bias: Option<Buffer>,
    activation: Activation,
    depth: usize,
    columns: usize,
}

enum Weight {
    /// Rearranged once for the kernel.
    Packed(PackedBMatrix<f32>),
    /// As given: a single row is multiplied by a kernel of its own, which streams the weight.
    Plain(Buffer),
}

impl Matrix {
    /// Prepares a weight `[depth, columns]` for products with `rows` rows.
    ///
    /// # Errors
    /// When there is not enough memory or the weight has another size.
    pub fn new(
        rows: usize,
        [depth, columns]: [usize; 2],
        weight: &[f32],
        bias: Option<Buffer>,
        activation: Activation,
    ) -> Result<Self, EvaluatorError> {
        let weight = if rows == 1 {
            Weight::Plain(Buffer::copy_of(weight)?)
        } else {
            Weight::Packed(GemmExecutor::<f32>::new().prepack_b(view([depth, columns], weight)?))
        };
        Ok(Self { weight, bias, activation, depth, columns })
    }
}

impl Kernel for Matrix {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let [x] = operands(inputs)?;
        let rows = output.len() / self.columns.max(1);
        let weight = match &self.weight {
            Weight::Packed(weight) => GemmInputB::Packed(weight),
            Weight::Plain(weight) => GemmInputB::Unpacked(view([self.depth, self.columns], weight)?),
        };
        let bias = self.bias.as_deref().map(BiasVector::Row);
        let x = GemmInputA::Unpacked(view([rows, self.depth], x)?);
        let options = GemmOptions { bias, ..GemmOptions::default() };
        GemmExecutor::<f32>::new().gemm(output, x, weight, options).map_err(failed)?;
        if self.activation != Activation::Identity {
            each_part(
                output,
                self.columns,
                #[inline(always)]
                |_, part| math::activate(part, self.activation),
            );
        }
        Ok(())
    }
}

pub fn view<T>(shape: [usize; 2], values: &[T]) -> Result<NdTensorView<'_, T, 2>, EvaluatorError> {
    NdTensorView::try_from_data(shape, values).map_err(|error| {
        EvaluatorError::Failed(format!(
            "{} elements are not a {} x {} matrix: {error}",
            values.len(),
            shape[0],
            shape[1]
        ))
    })
}

pub fn failed(error: GemmError) -> EvaluatorError {
    EvaluatorError::Failed(format!("matrix product: {error}"))
}
