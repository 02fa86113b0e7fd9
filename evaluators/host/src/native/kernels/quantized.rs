//! Products with a weight in 8-bit integers.

use assay_core::EvaluatorError;
use assay_core::graph::Activation;
use rayon::prelude::*;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix, QuantParams};

use super::matrix::{failed, view};
use super::{Kernel, each_part, math, operands, vectorize};
use crate::native::buffer::Buffer;

/// `activation(x w + bias)`: activations are quantised to unsigned bytes with the range they have (as ONNX's
/// `DynamicQuantizeLinear` does), the weight once and symmetrically to signed bytes, sums are 32-bit.
pub struct QuantizedMatrix {
    weight: PackedBMatrix<i8>,
    weight_scale: f32,
    bias: Option<Buffer>,
    activation: Activation,
    depth: usize,
    columns: usize,
    quantized: Vec<u8>,
    zero_points: Vec<u8>,
    sums: Vec<i32>,
}

impl QuantizedMatrix {
    /// Prepares a weight `[depth, columns]` for products with `rows` rows.
    ///
    /// # Errors
    /// When the weight has another size.
    pub fn new(
        rows: usize,
        [depth, columns]: [usize; 2],
        weight: &[f32],
        bias: Option<Buffer>,
        activation: Activation,
    ) -> Result<Self, EvaluatorError> {
        let gemm = GemmExecutor::<u8, i8, i32>::new();
        // Without VNNI the processor adds pairs of products in 16 bits, which overflow beyond 7-bit weights.
        let limit = if gemm.may_saturate() { 63.0 } else { 127.0 };
        let largest = weight.iter().fold(0.0_f32, |a, v| a.max(v.abs()));
        let weight_scale = if largest > 0.0 { largest / limit } else { 1.0 };
        let quantized: Vec<i8> = weight.iter().map(|v| (v / weight_scale).round_ties_even() as i8).collect();
        Ok(Self {
            weight: gemm.prepack_b(view([depth, columns], &quantized)?),
            weight_scale,
            bias,
            activation,
            depth,
            columns,
            quantized: vec![0; rows * depth],
            zero_points: vec![0; rows],
            sums: vec![0; rows * columns],
        })
    }

    /// Quantises the activations; returns their scale.
    fn quantize(&mut self, x: &[f32]) -> f32 {
        let chunk = x.len().div_ceil(4 * rayon::current_num_threads()).max(super::MIN_TASK);
        let range = |values: &[f32]| {
            vectorize(
                #[inline(always)]
                || (math::max(values), math::max_of(values, |v| -v)),
            )
        };
        // Zero is always in the range, so that it is represented exactly.
        let (high, low) =
            x.par_chunks(chunk).map(range).reduce(|| (0.0, 0.0), |a, b| (f32::max(a.0, b.0), f32::max(a.1, b.1)));
        let scale = if high + low > 0.0 { (high + low) / 255.0 } else { 1.0 };
        let zero_point = (low / scale).round_ties_even();
        self.zero_points.fill(zero_point as u8);
        self.quantized.par_chunks_mut(chunk).zip(x.par_chunks(chunk)).for_each(|(quantized, x)| {
            vectorize(
                #[inline(always)]
                || math::quantize(quantized, x, 1.0 / scale, zero_point),
            );
        });
        scale
    }
}

impl Kernel for QuantizedMatrix {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let [x] = operands(inputs)?;
        let scale = self.quantize(x) * self.weight_scale;
        let rows = output.len() / self.columns.max(1);
        let options =
            GemmOptions { a_quant: Some(QuantParams { zero_point: &self.zero_points }), ..GemmOptions::default() };
        let x = GemmInputA::Unpacked(view([rows, self.depth], &self.quantized)?);
        GemmExecutor::<u8, i8, i32>::new()
            .gemm(&mut self.sums, x, GemmInputB::Packed(&self.weight), options)
            .map_err(failed)?;
        let (columns, sums, bias) = (self.columns, &self.sums, self.bias.as_deref());
        each_part(
            output,
            columns,
            #[inline(always)]
            |first, part| {
                for (v, sum) in part.iter_mut().zip(&sums[first * columns..]) {
                    *v = *sum as f32 * scale;
                }
                if let Some(bias) = bias {
                    for row in part.chunks_mut(columns) {
                        row.iter_mut().zip(bias).for_each(|(v, b)| *v += b);
                    }
                }
                math::activate(part, self.activation);
            },
        );
        Ok(())
    }
}
