//! Convolution as a matrix product.

use assay_core::EvaluatorError;
use assay_core::graph::Activation;
use rayon::prelude::*;
use rten_gemm::{
    BiasVector, ColOffsets, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, Im2Col, PackedAMatrix, RowOffsets,
};
use rten_tensor::NdTensorView;

use super::matrix::{failed, view};
use super::{Kernel, each_part, math, operands};
use crate::native::buffer::Buffer;

/// `activation(conv(x) + bias)`: the weight times the matrix whose columns are the windows of an image.
///
/// That matrix is never stored; the product's packing gathers it from the image. For a 1x1 convolution with stride 1
/// it is the image itself.
pub struct Convolution {
    weight: PackedAMatrix<f32>,
    bias: Buffer,
    activation: Activation,
    shape: Shape,
    /// One for each image of the batch; empty when the image is the matrix.
    windows: Vec<Windows>,
}

/// The extents of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub images: usize,
    pub channels: usize,
    /// Height and width of an image.
    pub input: [usize; 2],
    pub out_channels: usize,
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Height and width of the result.
    pub output: [usize; 2],
    pub stride: usize,
    pub padding: usize,
}

impl Shape {
    fn depth(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    fn positions(&self) -> usize {
        self.output[0] * self.output[1]
    }
}

/// Where the elements of the matrix of windows lie in an image.
#[derive(Clone)]
struct Windows {
    rows: [Vec<i32>; 3],
    columns: [Vec<i32>; 2],
}

impl Windows {
    /// Offsets in an image of stride `[h * w, w, 1]`; the steps are what the product's kernel asks for.
    fn new(shape: &Shape, column_step: usize, row_step: usize) -> Result<Self, EvaluatorError> {
        let [h, w] = shape.input;
        let offset = |value: usize| {
            i32::try_from(value).map_err(|_| EvaluatorError::Failed("the image is too large for the kernel".to_owned()))
        };
        offset(shape.channels * h * w)?;
        let int = |value: usize| value as i32;
        let [kh, kw] = shape.kernel;
        let depth = shape.depth();
        let padded_rows = depth.next_multiple_of(row_step);
        let row = |k: usize| {
            // Rows that only fill up lie beyond the image and read as zero.
            if k >= depth {
                return [0, int((h - 1) * w + 1), int(w)];
            }
            [int(k / (kh * kw) * h * w), int(k / kw % kh * w), int(k % kw)]
        };
        let column = |position: usize| {
            let place = |i: usize| int(i * shape.stride) - int(shape.padding);
            [place(position / shape.output[1]) * int(w), place(position % shape.output[1])]
        };
        let padded_columns = shape.positions().next_multiple_of(column_step);
        Ok(Self {
            rows: [0, 1, 2].map(|axis| (0..padded_rows).map(|k| row(k)[axis]).collect()),
            columns: [0, 1].map(|axis| (0..padded_columns).map(|position| column(position)[axis]).collect()),
        })
    }

    /// Calls `compute` with the windows of `image`.
    fn of<T>(
        &mut self,
        image: &[f32],
        shape: &Shape,
        compute: impl FnOnce(&Im2Col<f32>) -> T,
    ) -> Result<T, EvaluatorError> {
        let [h, w] = shape.input;
        let image = NdTensorView::try_from_data([shape.channels, h, w], image)
            .map_err(|error| EvaluatorError::Failed(format!("convolution input: {error}")))?;
        let [chan, y, x] = std::mem::take(&mut self.rows);
        let [column_y, column_x] = std::mem::take(&mut self.columns);
        let windows = Im2Col {
            image,
            row_offsets: RowOffsets { chan, y, x },
            col_offsets: ColOffsets { y: column_y, x: column_x },
            n_cols: shape.positions(),
            n_rows: shape.depth(),
            max_y_offset: ((h - 1) * w) as i32,
            max_x_offset: (w - 1) as i32,
        };
        let result = compute(&windows);
        self.rows = [windows.row_offsets.chan, windows.row_offsets.y, windows.row_offsets.x];
        self.columns = [windows.col_offsets.y, windows.col_offsets.x];
        Ok(result)
    }
}

impl Convolution {
    /// Prepares a convolution with a weight `[out_channels, channels, kernel]`.
    ///
    /// # Errors
    /// When the weight has another size or the image is beyond 2^31 elements.
    pub fn new(shape: Shape, weight: &[f32], bias: Buffer, activation: Activation) -> Result<Self, EvaluatorError> {
        let gemm = GemmExecutor::<f32>::new();
        let weight = gemm.prepack_a(view([shape.out_channels, shape.depth()], weight)?);
        let windows = if shape.kernel == [1, 1] && shape.stride == 1 && shape.padding == 0 {
            Vec::new()
        } else {
            vec![Windows::new(&shape, gemm.im2col_col_count_step(), gemm.im2col_row_count_step())?; shape.images]
        };
        Ok(Self { weight, bias, activation, shape, windows })
    }
}

impl Kernel for Convolution {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let [x] = operands(inputs)?;
        let Self { weight, bias, activation, shape, windows } = self;
        let gemm = GemmExecutor::<f32>::new();
        let image_size = shape.channels * shape.input[0] * shape.input[1];
        let result_size = shape.out_channels * shape.positions();
        let finish = |output: &mut [f32]| {
            if *activation != Activation::Identity {
                each_part(
                    output,
                    shape.positions(),
                    #[inline(always)]
                    |_, part| math::activate(part, *activation),
                );
            }
        };
        let product = |windows: GemmInputB<f32>, output: &mut [f32]| {
            let options = GemmOptions { bias: Some(BiasVector::Column(bias)), ..GemmOptions::default() };
            gemm.gemm(output, GemmInputA::Packed(weight), windows, options).map_err(failed)
        };
        let images = output.par_chunks_mut(result_size).zip(x.par_chunks(image_size));
        if windows.is_empty() {
            return images.try_for_each(|(output, x)| {
                product(GemmInputB::Unpacked(view([shape.channels, shape.positions()], x)?), output)?;
                finish(output);
                Ok(())
            });
        }
        images.zip(windows).try_for_each(|((output, x), windows)| {
            windows.of(x, shape, |windows| product(GemmInputB::Im2Col(windows), output))??;
            finish(output);
            Ok(())
        })
    }
}
