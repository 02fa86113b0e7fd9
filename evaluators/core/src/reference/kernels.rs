//! The operations in binary64, parallel over rows of the result.

use rayon::prelude::*;

use super::Operand;
use crate::graph::{Activation, Op};
use crate::workload::CollectiveOperation;

/// Columns of the result computed together, and the accumulators kept for each of `ROWS` rows.
const COLUMNS: usize = 16;
const ROWS: usize = 4;
/// Rows that share one copy of a panel of the right matrix.
const ROWS_A_TASK: usize = 64;
/// Rows of a panel; `DEPTH * COLUMNS` numbers stay in the first-level cache.
const DEPTH: usize = 256;

/// The result of one operation; `output` is its shape.
pub(super) fn compute(op: &Op, operands: &[(Operand, &[usize])], output: &[usize]) -> Vec<f64> {
    let operand = |i: usize| operands[i].0;
    let shape = |i: usize| operands[i].1;
    let values = |i: usize| operand(i).values();
    let mut out = vec![0.0; output.iter().product()];
    let width = output.last().copied().unwrap_or(1);
    match op {
        Op::MatMul | Op::Linear { .. } => {
            let (depth, columns) = (shape(1)[0], shape(1)[1]);
            let (x, w) = (values(0), values(1));
            matmul(&mut out, columns, depth, |i, k| x[i * depth + k], |k, j| w[k * columns + j]);
            if let Op::Linear { activation } = op {
                let bias = values(2);
                each_row(&mut out, columns, |_, row| {
                    row.iter_mut().zip(bias.iter()).for_each(|(v, b)| *v = activate(*v + b, *activation));
                });
            }
        }
        Op::Triad { scale } => {
            let (b, c, scale) = (operand(0), operand(1), f64::from(*scale));
            out.par_iter_mut().enumerate().for_each(|(i, v)| *v = b.get(i) + scale * c.get(i));
        }
        Op::Softmax => {
            let x = values(0);
            each_row(&mut out, width, |i, row| {
                row.copy_from_slice(&x[i * width..(i + 1) * width]);
                softmax(row);
            });
        }
        Op::RmsNorm { epsilon } => {
            let (x, weight, epsilon) = (values(0), values(1), f64::from(*epsilon));
            each_row(&mut out, width, |i, row| {
                let x = &x[i * width..(i + 1) * width];
                let mean_square = dot(x, x) / width as f64;
                let factor = 1.0 / (mean_square + epsilon).sqrt();
                for (j, v) in row.iter_mut().enumerate() {
                    *v = weight[j] * x[j] * factor;
                }
            });
        }
        Op::LayerNorm { epsilon } => {
            let (x, weight, bias, epsilon) = (values(0), values(1), values(2), f64::from(*epsilon));
            each_row(&mut out, width, |i, row| {
                let x = &x[i * width..(i + 1) * width];
                let mean = x.iter().sum::<f64>() / width as f64;
                let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / width as f64;
                let factor = 1.0 / (variance + epsilon).sqrt();
                for (j, v) in row.iter_mut().enumerate() {
                    *v = weight[j] * (x[j] - mean) * factor + bias[j];
                }
            });
        }
        Op::BiasGelu => {
            let (x, bias) = (operand(0), values(1));
            each_row(&mut out, width, |i, row| {
                for (j, v) in row.iter_mut().enumerate() {
                    *v = activate(x.get(i * width + j) + bias[j], Activation::Gelu);
                }
            });
        }
        Op::Copy => out.copy_from_slice(&values(0)),
        Op::Collective { operation } => {
            let (x, given) = (values(0), shape(0)[1]);
            let sum = |i: usize| x.iter().skip(i).step_by(given).sum::<f64>();
            each_row(&mut out, width, |device, row| match operation {
                CollectiveOperation::AllGather => row.copy_from_slice(&x),
                CollectiveOperation::AllReduce => row.iter_mut().enumerate().for_each(|(i, v)| *v = sum(i)),
                CollectiveOperation::ReduceScatter => {
                    row.iter_mut().enumerate().for_each(|(i, v)| *v = sum(device * width + i));
                }
            });
        }
        Op::Quantise | Op::Dequantise => {
            let x = values(0);
            each_row(&mut out, width, |i, row| {
                let x = &x[i * width..(i + 1) * width];
                let factor = x.iter().fold(0.0_f64, |largest, v| largest.max(v.abs())) / 127.0;
                for (v, x) in row.iter_mut().zip(x) {
                    *v = if factor > 0.0 { (x / factor).round_ties_even() * factor } else { 0.0 };
                }
            });
        }
        Op::Attention { .. } => {
            if let Some(attention) = Attention::of(op, [shape(0), shape(1)]) {
                let (q, k, v) = (values(0), values(1), values(2));
                each_row(&mut out, width, |i, row| attention.row([&q, &k, &v], i, row));
            }
        }
        Op::Add { scale, activation } => {
            let (x, y, scale) = (operand(0), operand(1), f64::from(*scale));
            out.par_iter_mut().enumerate().for_each(|(i, v)| *v = activate(scale * (x.get(i) + y.get(i)), *activation));
        }
        Op::Conv2d { stride, padding, activation } => {
            conv2d(&mut out, operands, output, [*stride, *padding], *activation);
        }
        Op::MaxPool { kernel, stride, padding } => {
            let ([_, _, h, w], x) = (dims4(shape(0)), operand(0));
            let [_, _, rows, columns] = dims4(output);
            each_row(&mut out, rows * columns, |image, map| {
                for (position, v) in map.iter_mut().enumerate() {
                    let window = Window { row: position / columns, column: position % columns };
                    *v = f64::NEG_INFINITY;
                    for (dy, dx) in (0..kernel * kernel).map(|i| (i / kernel, i % kernel)) {
                        if let Some(pixel) = window.pixel([dy, dx], [*stride, *padding], [h, w]) {
                            *v = v.max(x.get(image * h * w + pixel));
                        }
                    }
                }
            });
        }
        Op::GlobalAveragePool => {
            let x = values(0);
            let area = x.len() / out.len().max(1);
            out.iter_mut().zip(x.chunks(area.max(1))).for_each(|(v, map)| *v = map.iter().sum::<f64>() / area as f64);
        }
        Op::EmbeddingBag => {
            let (table, indices, bag) = (operand(0), operand(1).indices(), shape(1)[1]);
            each_row(&mut out, width, |i, row| {
                for index in &indices[i * bag..(i + 1) * bag] {
                    let start = *index as usize * width;
                    row.iter_mut().enumerate().for_each(|(j, v)| *v += table.get(start + j));
                }
            });
        }
        Op::Concat => each_row(&mut out, width, |i, row| {
            let mut rest = row;
            for (operand, shape) in operands {
                let (part, tail) = rest.split_at_mut(shape[1]);
                part.iter_mut().enumerate().for_each(|(j, v)| *v = operand.get(i * shape[1] + j));
                rest = tail;
            }
        }),
    }
    out
}

/// The sizes of an attention.
pub(super) struct Attention {
    queries: usize,
    keys: usize,
    width: usize,
    heads: usize,
    kv_heads: usize,
    causal: bool,
}

impl Attention {
    /// Of an operation with queries and keys of these shapes; `None` of any other.
    pub(super) fn of(op: &Op, [q, k]: [&[usize]; 2]) -> Option<Self> {
        let (Op::Attention { heads, kv_heads, causal }, &[_, queries, width], &[_, keys, _]) = (op, q, k) else {
            return None;
        };
        Some(Self { queries, keys, width, heads: *heads, kv_heads: *kv_heads, causal: *causal })
    }

    /// The queries of one sequence.
    pub(super) fn queries(&self) -> usize {
        self.queries
    }

    /// Row `i` of the result, over the queries of all sequences. Operands in fp32 or binary64.
    fn row<T: Copy + Into<f64>>(&self, [q, k, v]: [&[T]; 3], i: usize, row: &mut [f64]) {
        let Self { queries, keys, width, heads, kv_heads, causal } = *self;
        let head_dim = width / heads;
        let key_width = kv_heads * head_dim;
        let scale = 1.0 / (head_dim as f64).sqrt();
        let (batch, query) = (i / queries, i % queries);
        let visible = if causal { (query + 1 + keys).saturating_sub(queries) } else { keys };
        let mut scores = vec![0.0; visible];
        for head in 0..heads {
            let at = |key: usize| (batch * keys + key) * key_width + head * kv_heads / heads * head_dim;
            let start = i * width + head * head_dim;
            let q = &q[start..start + head_dim];
            for (key, score) in scores.iter_mut().enumerate() {
                *score = scale * dot(q, &k[at(key)..at(key) + head_dim]);
            }
            softmax(&mut scores);
            let out = &mut row[head * head_dim..(head + 1) * head_dim];
            for (key, score) in scores.iter().enumerate() {
                let v = &v[at(key)..at(key) + head_dim];
                out.iter_mut().zip(v).for_each(|(o, v)| *o += score * (*v).into());
            }
        }
    }

    /// Some rows of the result, one after the other.
    pub(super) fn rows(&self, operands: [&[f32]; 3], rows: &[usize]) -> Vec<f64> {
        let mut out = vec![0.0; rows.len() * self.width];
        out.par_chunks_mut(self.width.max(1)).zip(rows).for_each(|(out, i)| self.row(operands, *i, out));
        out
    }
}

fn each_row(out: &mut [f64], width: usize, compute: impl Fn(usize, &mut [f64]) + Sync) {
    out.par_chunks_mut(width.max(1)).enumerate().for_each(|(i, row)| compute(i, row));
}

/// `out = a b` with `a` `[m, depth]` and `b` `[depth, columns]` given by element. Each sum runs over the depth in order.
fn matmul(
    out: &mut [f64],
    columns: usize,
    depth: usize,
    a: impl Fn(usize, usize) -> f64 + Sync,
    b: impl Fn(usize, usize) -> f64 + Sync,
) {
    let rows = out.len() / columns.max(1);
    let rows_a_task = rows.div_ceil(4 * rayon::current_num_threads()).next_multiple_of(ROWS).min(ROWS_A_TASK);
    out.par_chunks_mut(rows_a_task * columns.max(1)).enumerate().for_each(|(task, out)| {
        let mut panel = vec![[0.0; COLUMNS]; DEPTH.min(depth)];
        let mut left = vec![[0.0; ROWS]; panel.len()];
        for column in (0..columns).step_by(COLUMNS) {
            let used = COLUMNS.min(columns - column);
            for start in (0..depth).step_by(DEPTH) {
                let length = DEPTH.min(depth - start);
                for (k, row) in panel[..length].iter_mut().enumerate() {
                    row[..used].iter_mut().enumerate().for_each(|(j, v)| *v = b(start + k, column + j));
                }
                for (block, out) in out.chunks_mut(ROWS * columns).enumerate() {
                    let first = task * rows_a_task + block * ROWS;
                    let rows = out.len() / columns;
                    for (k, values) in left[..length].iter_mut().enumerate() {
                        values[..rows].iter_mut().enumerate().for_each(|(r, v)| *v = a(first + r, start + k));
                    }
                    let mut sums = [[0.0; COLUMNS]; ROWS];
                    accumulate(&mut sums, &left[..length], &panel[..length]);
                    for (row, sums) in out.chunks_mut(columns).zip(&sums) {
                        row[column..column + used].iter_mut().zip(sums).for_each(|(v, s)| *v += s);
                    }
                }
            }
        }
    });
}

/// `sums += leftᵀ panel`, in wide registers where the processor has them.
fn accumulate(sums: &mut [[f64; COLUMNS]; ROWS], left: &[[f64; ROWS]], panel: &[[f64; COLUMNS]]) {
    #[inline(always)]
    fn body(sums: &mut [[f64; COLUMNS]; ROWS], left: &[[f64; ROWS]], panel: &[[f64; COLUMNS]]) {
        let mut local = *sums;
        for (left, right) in left.iter().zip(panel) {
            for (sums, l) in local.iter_mut().zip(left) {
                sums.iter_mut().zip(right).for_each(|(s, r)| *s += l * r);
            }
        }
        *sums = local;
    }
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn wide(sums: &mut [[f64; COLUMNS]; ROWS], left: &[[f64; ROWS]], panel: &[[f64; COLUMNS]]) {
            body(sums, left, panel);
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just asked for AVX2.
            return unsafe { wide(sums, left, panel) };
        }
    }
    body(sums, left, panel);
}

/// One position of a window that slides over an image.
struct Window {
    row: usize,
    column: usize,
}

impl Window {
    /// The offset of a pixel of the window in its map; `None` in the padding.
    fn pixel(&self, [dy, dx]: [usize; 2], [stride, padding]: [usize; 2], [h, w]: [usize; 2]) -> Option<usize> {
        let y = (self.row * stride + dy).checked_sub(padding).filter(|y| *y < h)?;
        let x = (self.column * stride + dx).checked_sub(padding).filter(|x| *x < w)?;
        Some(y * w + x)
    }
}

fn conv2d(
    out: &mut [f64],
    operands: &[(Operand, &[usize])],
    output: &[usize],
    geometry: [usize; 2],
    activation: Activation,
) {
    let (x, weight, bias) = (operands[0].0.values(), operands[1].0.values(), operands[2].0.values());
    let [_, channels, h, w] = dims4(operands[0].1);
    let [_, _, kh, kw] = dims4(operands[1].1);
    let [_, out_channels, rows, columns] = dims4(output);
    let (positions, depth) = (rows * columns, channels * kh * kw);
    for (image, out) in out.chunks_mut(out_channels * positions).enumerate() {
        let x = &x[image * channels * h * w..(image + 1) * channels * h * w];
        // Every window as a column of a matrix, so that the convolution is a product.
        let mut windows = vec![0.0; depth * positions];
        each_row(&mut windows, positions, |k, row| {
            let (channel, dy, dx) = (k / (kh * kw), k / kw % kh, k % kw);
            let x = &x[channel * h * w..(channel + 1) * h * w];
            for (position, v) in row.iter_mut().enumerate() {
                let window = Window { row: position / columns, column: position % columns };
                *v = window.pixel([dy, dx], geometry, [h, w]).map_or(0.0, |pixel| x[pixel]);
            }
        });
        matmul(out, positions, depth, |o, k| weight[o * depth + k], |k, j| windows[k * positions + j]);
        each_row(out, positions, |o, map| map.iter_mut().for_each(|v| *v = activate(*v + bias[o], activation)));
    }
}

fn dims4(shape: &[usize]) -> [usize; 4] {
    [shape[0], shape[1], shape[2], shape[3]]
}

fn activate(x: f64, activation: Activation) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Relu => x.max(0.0),
        Activation::Gelu => 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
    }
}

fn softmax(row: &mut [f64]) {
    let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|v| *v = (*v - max).exp());
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|v| *v /= sum);
}

/// The inner product, in eight partial sums so that it is not bound by the latency of one addition.
fn dot<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    let product = |(a, b): (&T, &T)| (*a).into() * (*b).into();
    let mut sums = [0.0; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(product).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(s, pair)| *s += product(pair));
    }
    sums.iter().sum::<f64>() + tail
}

#[cfg(test)]
#[path = "kernel_tests.rs"]
mod tests;
