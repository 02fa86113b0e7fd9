//! Operations whose result rows do not depend on each other.

use assay_core::EvaluatorError;
use assay_core::graph::Activation;

use super::{Kernel, each_part, math, operands};
use crate::native::buffer::Buffer;

/// Softmax over rows of `width`.
pub struct Softmax {
    pub width: usize,
}

impl Kernel for Softmax {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let ([x], width) = (operands(inputs)?, self.width);
        each_part(
            output,
            width,
            #[inline(always)]
            |first, rows| {
                let x = &x[first * width..];
                for (x, row) in x.chunks(width).zip(rows.chunks_mut(width)) {
                    let max = math::max(x);
                    row.copy_from_slice(x);
                    let sum = math::exp_minus(row, max);
                    let factor = 1.0 / sum;
                    row.iter_mut().for_each(|v| *v *= factor);
                }
            },
        );
        Ok(())
    }
}

/// Root-mean-square normalisation of rows as long as the weight.
pub struct RmsNorm {
    pub weight: Buffer,
    pub epsilon: f32,
}

impl Kernel for RmsNorm {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let ([x], width, weight) = (operands(inputs)?, self.weight.len(), &*self.weight);
        each_part(
            output,
            width,
            #[inline(always)]
            |first, rows| {
                let x = &x[first * width..];
                for (x, row) in x.chunks(width).zip(rows.chunks_mut(width)) {
                    let mean_square = math::sum(x, |v| v * v) / width as f32;
                    let factor = 1.0 / (mean_square + self.epsilon).sqrt();
                    for ((v, x), w) in row.iter_mut().zip(x).zip(weight) {
                        *v = w * (x * factor);
                    }
                }
            },
        );
        Ok(())
    }
}

/// Layer normalisation of rows as long as the weight and the bias.
pub struct LayerNorm {
    pub weight: Buffer,
    pub bias: Buffer,
    pub epsilon: f32,
}

impl Kernel for LayerNorm {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let ([x], width) = (operands(inputs)?, self.weight.len());
        let (weight, bias) = (&*self.weight, &*self.bias);
        each_part(
            output,
            width,
            #[inline(always)]
            |first, rows| {
                let x = &x[first * width..];
                for (x, row) in x.chunks(width).zip(rows.chunks_mut(width)) {
                    let mean = math::sum(x, |v| v) / width as f32;
                    // Two passes: the difference of the means of squares would cancel.
                    let variance = math::sum(x, |v| (v - mean) * (v - mean)) / width as f32;
                    let factor = 1.0 / (variance + self.epsilon).sqrt();
                    for (((v, x), w), b) in row.iter_mut().zip(x).zip(weight).zip(bias) {
                        *v = w * ((x - mean) * factor) + b;
                    }
                }
            },
        );
        Ok(())
    }
}

/// `gelu(x + bias)` on rows as long as the bias.
pub struct BiasGelu {
    pub bias: Buffer,
}

impl Kernel for BiasGelu {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let ([x], width, bias) = (operands(inputs)?, self.bias.len(), &*self.bias);
        each_part(
            output,
            width,
            #[inline(always)]
            |first, rows| {
                let x = &x[first * width..];
                for (x, row) in x.chunks(width).zip(rows.chunks_mut(width)) {
                    for ((v, x), b) in row.iter_mut().zip(x).zip(bias) {
                        *v = math::gelu(x + b);
                    }
                }
            },
        );
        Ok(())
    }
}

/// `activation(scale * (x + y))`.
pub struct Add {
    pub scale: f32,
    pub activation: Activation,
}

impl Kernel for Add {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let ([x, y], scale) = (operands(inputs)?, self.scale);
        each_part(
            output,
            1,
            #[inline(always)]
            |first, out| {
                for ((v, x), y) in out.iter_mut().zip(&x[first..]).zip(&y[first..]) {
                    *v = scale * (x + y);
                }
                math::activate(out, self.activation);
            },
        );
        Ok(())
    }
}

/// The sum of the rows of a table that each bag names.
pub struct EmbeddingBag {
    pub table: Buffer,
    /// Starts of rows in the table, `bag` for each row of the output.
    pub offsets: Vec<usize>,
    pub bag: usize,
    pub width: usize,
}

impl Kernel for EmbeddingBag {
    fn run(&mut self, _: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let width = self.width;
        each_part(
            output,
            width,
            #[inline(always)]
            |first, rows| {
                let bags = self.offsets[first * self.bag..].chunks(self.bag);
                for (row, bag) in rows.chunks_mut(width).zip(bags) {
                    row.fill(0.0);
                    for start in bag {
                        row.iter_mut().zip(&self.table[*start..*start + width]).for_each(|(v, t)| *v += t);
                    }
                }
            },
        );
        Ok(())
    }
}

/// Rows side by side.
pub struct Concat {
    pub widths: Vec<usize>,
}

impl Kernel for Concat {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let width = self.widths.iter().sum();
        each_part(output, width, |first, rows| {
            for (i, row) in rows.chunks_mut(width).enumerate() {
                let mut rest = row;
                for (input, width) in inputs.iter().zip(&self.widths) {
                    let (part, tail) = rest.split_at_mut(*width);
                    part.copy_from_slice(&input[(first + i) * width..][..*width]);
                    rest = tail;
                }
            }
        });
        Ok(())
    }
}

/// The maximum over windows of each map.
pub struct MaxPool {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    /// Height and width of a map.
    pub input: [usize; 2],
    /// Height and width of a pooled map.
    pub output: [usize; 2],
}

impl Kernel for MaxPool {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let [x] = operands(inputs)?;
        let ([h, w], [rows, columns]) = (self.input, self.output);
        each_part(
            output,
            rows * columns,
            #[inline(always)]
            |first, maps| {
                let x = &x[first * h * w..];
                for (map, x) in maps.chunks_mut(rows * columns).zip(x.chunks(h * w)) {
                    map.fill(f32::NEG_INFINITY);
                    for (row, out) in map.chunks_mut(columns).enumerate() {
                        for dy in 0..self.kernel {
                            let Some(y) = (row * self.stride + dy).checked_sub(self.padding).filter(|y| *y < h) else {
                                continue;
                            };
                            self.pool_row(&x[y * w..(y + 1) * w], out);
                        }
                    }
                }
            },
        );
        Ok(())
    }
}

impl MaxPool {
    /// Folds one row of the input into one row of the output.
    #[inline(always)]
    fn pool_row(&self, x: &[f32], out: &mut [f32]) {
        for dx in 0..self.kernel {
            // The first window whose pixel `dx` is not in the padding on the left.
            let skip = self.padding.saturating_sub(dx).div_ceil(self.stride);
            let start = skip * self.stride + dx - self.padding;
            for (v, x) in out.iter_mut().skip(skip).zip(x.iter().skip(start).step_by(self.stride)) {
                *v = if *x > *v || x.is_nan() { *x } else { *v };
            }
        }
    }
}

/// The mean of each map of `area` elements.
pub struct AveragePool {
    pub area: usize,
}

impl Kernel for AveragePool {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let ([x], area) = (operands(inputs)?, self.area);
        each_part(
            output,
            1,
            #[inline(always)]
            |first, out| {
                for (v, map) in out.iter_mut().zip(x[first * area..].chunks(area)) {
                    *v = math::sum(map, |v| v) / area as f32;
                }
            },
        );
        Ok(())
    }
}
