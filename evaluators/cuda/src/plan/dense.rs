//! Matrix products and what is built on them: linear layers and convolutions.

use assay_core::EvaluatorError;
use assay_core::graph::{Activation, TensorId};

use super::images::Window;
use super::{Argument, Planner, activation_number, number};
use crate::cublaslt::Algorithm;
use crate::gemm::{Epilogue, Gemm, Precision, Product};
use crate::sources::Source;

/// Products with fewer columns than this go to a kernel of ours.
const THIN: usize = 8;

/// The algorithm found best for products of one shape.
pub(super) struct Tuned {
    shape: (usize, usize, usize, bool, std::mem::Discriminant<Epilogue>),
    algorithm: Algorithm,
}

/// A product with the algorithm found for an earlier one of its shape, or tuned now and noted.
pub(super) fn tuned(planner: &mut Planner<'_>, product: Product) -> Result<Gemm, EvaluatorError> {
    let Product { m, n, k, transposed, epilogue, .. } = product;
    let shape = (m, n, k, transposed, std::mem::discriminant(&epilogue));
    if let Some(known) = planner.tuned.iter().find(|t| t.shape == shape) {
        return Gemm::with_algorithm(planner.gpu, product, planner.workspace.clone(), known.algorithm);
    }
    let (gemm, description) = Gemm::tuned(planner.gpu, product, planner.workspace.clone())?;
    planner.tuned.push(Tuned { shape, algorithm: gemm.algorithm() });
    planner.note(&format!("product {}", planner.tuned.len()), description);
    Ok(gemm)
}

impl Planner<'_> {
    pub(super) fn matmul(&mut self, x: TensorId, w: TensorId, out: TensorId) -> Result<(), EvaluatorError> {
        let (m, n) = self.rows_and_columns(out);
        let k = self.extent(w, 0);
        let product = self.dense([m, n, k], false, Epilogue::None, [self.raw(x), self.raw(w), self.raw(out)]);
        self.product(product)
    }

    fn dense(&self, sizes: [usize; 3], transposed: bool, epilogue: Epilogue, addresses: [u64; 3]) -> Product {
        let ([m, n, k], [x, w, out]) = (sizes, addresses);
        let precision: Precision = self.precision;
        Product { m, n, k, transposed, precision, epilogue, x, w, out, scales: None }
    }

    pub(super) fn linear(
        &mut self,
        x: TensorId,
        w: TensorId,
        bias: TensorId,
        activation: Activation,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let (m, n) = self.rows_and_columns(out);
        let k = self.extent(w, 0);
        if n < THIN {
            let arguments = vec![
                self.address(x),
                self.address(w),
                self.address(bias),
                self.address(out),
                activation_number(activation),
                Argument::Word(m as u64),
                Argument::U32(number(k)?),
                Argument::U32(number(n)?),
            ];
            // A warp an output, eight warps a block.
            return self.launch(
                (Source::Elementwise, "thin_linear"),
                [(m * n).div_ceil(8), 1, 1],
                [256, 1],
                0,
                arguments,
            );
        }
        self.biased(
            self.dense([m, n, k], false, Epilogue::None, [self.raw(x), self.raw(w), self.raw(out)]),
            bias,
            activation,
            out,
        )
    }

    /// A product with bias and activation. cuBLASLt's own GELU is the tanh approximation and it has no sigmoid: those
    /// follow as a kernel of ours over the stored product.
    fn biased(
        &mut self,
        product: Product,
        bias: TensorId,
        activation: Activation,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        match activation {
            Activation::Identity => self.product(Product { epilogue: Epilogue::Bias(self.raw(bias)), ..product }),
            Activation::Relu => self.product(Product { epilogue: Epilogue::ReluBias(self.raw(bias)), ..product }),
            Activation::Gelu | Activation::Sigmoid => {
                self.product(product)?;
                self.bias_activation(out, bias, activation, out)
            }
        }
    }

    /// A convolution as one product over all output pixels: `[pixels, patch] x [patch, channels]`. A 1x1 convolution
    /// takes its input as it is; any other first unfolds it into patches.
    pub(super) fn conv(
        &mut self,
        x: TensorId,
        weight: TensorId,
        bias: TensorId,
        step: (usize, usize),
        activation: Activation,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let (stride, padding) = step;
        let kernel = [self.extent(weight, 2), self.extent(weight, 3)];
        let window = Window::new(self.shape(x), self.shape(out), kernel, stride, padding)?;
        let (pixels, channels) = (window.out_pixels(self.extent(out, 0)), self.extent(out, 1));
        let depth = super::storage::filter_depth(self.shape(weight), self.element);
        let pointwise = kernel == [1, 1] && stride == 1 && padding == 0 && depth == self.extent(x, 1);
        let operand = if pointwise { self.raw(x) } else { self.unfold(x, &window, pixels, depth)? };
        let product =
            self.dense([pixels, channels, depth], true, Epilogue::None, [operand, self.raw(weight), self.raw(out)]);
        self.biased(product, bias, activation, out)
    }
}
