//! Scaled dot-product attention with grouped heads.

use std::sync::{Mutex, PoisonError};

use assay_core::EvaluatorError;
use rayon::prelude::*;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_tensor::NdTensorView;

use super::matrix::failed;
use super::{Kernel, math, operands, vectorize};

/// Queries whose scores are computed together: enough rows for the matrix kernel, few enough to stay in the cache.
const MAX_BLOCK: usize = 64;
const MIN_BLOCK: usize = 8;

/// `softmax(q kᵀ/√d) v` for each head.
///
/// Many queries go through the matrix kernel in blocks, whose scores never leave the cache. A single query reads
/// each key and value once for all heads of its group, which is all there is to gain: it is bound by memory.
pub struct Attention {
    shape: Shape,
    /// One for each thread; a thread that waits inside a product may start another task and take a second one.
    scratch: Mutex<Vec<Scratch>>,
}

/// The extents of an attention.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub queries: usize,
    pub keys: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub causal: bool,
}

#[derive(Default)]
struct Scratch {
    scores: Vec<f32>,
    values: Vec<f32>,
}

impl Attention {
    /// Prepares an attention of these extents; `kv_heads` must divide `heads`.
    pub fn new(shape: Shape) -> Self {
        let block = shape.block();
        let rows = if shape.queries == 1 { shape.heads / shape.kv_heads } else { block };
        let scratch = || Scratch { scores: vec![0.0; rows * shape.keys], values: vec![0.0; rows * shape.head_dim] };
        let scratch = (0..rayon::current_num_threads()).map(|_| scratch()).collect();
        Self { shape, scratch: Mutex::new(scratch) }
    }

    fn with_scratch<T>(&self, compute: impl FnOnce(&mut Scratch) -> T) -> T {
        let lock = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = lock().pop().unwrap_or_default();
        let result = compute(&mut scratch);
        lock().push(scratch);
        result
    }

    /// Attention of the queries from `first` on; `output` holds whole rows of all heads.
    fn block(&self, [q, k, v]: [&[f32]; 3], first: usize, output: &mut [f32]) -> Result<(), EvaluatorError> {
        let Shape { heads, kv_heads, head_dim, .. } = self.shape;
        let (width, key_width) = (heads * head_dim, kv_heads * head_dim);
        let rows = output.len() / width;
        let visible = self.shape.visible(first + rows - 1);
        let gemm = GemmExecutor::<f32>::new();
        self.with_scratch(|scratch| {
            scratch.scores.resize(rows * visible, 0.0);
            scratch.values.resize(rows * head_dim, 0.0);
            for head in 0..heads {
                let (start, key_start) = (head * head_dim, head * kv_heads / heads * head_dim);
                let q = strided(&q[first * width + start..], [rows, head_dim], [width, 1])?;
                let k = strided(&k[key_start..], [head_dim, visible], [1, key_width])?;
                let v = strided(&v[key_start..], [visible, head_dim], [key_width, 1])?;
                let options = GemmOptions { alpha: self.shape.scale(), ..GemmOptions::default() };
                let scores = &mut scratch.scores;
                gemm.gemm(scores, GemmInputA::Unpacked(q), GemmInputB::Unpacked(k), options).map_err(failed)?;
                let mut sums = [1.0; MAX_BLOCK];
                vectorize(
                    #[inline(always)]
                    || {
                        for (row, (scores, sum)) in scores.chunks_mut(visible).zip(&mut sums).enumerate() {
                            let (seen, unseen) = scores.split_at_mut(self.shape.visible(first + row));
                            let max = math::max(seen);
                            *sum = math::exp_minus(seen, max);
                            unseen.fill(0.0);
                        }
                    },
                );
                let scores = GemmInputA::Unpacked(strided(scores, [rows, visible], [visible, 1])?);
                gemm.gemm(&mut scratch.values, scores, GemmInputB::Unpacked(v), GemmOptions::default())
                    .map_err(failed)?;
                let values = scratch.values.chunks(head_dim);
                for ((row, values), sum) in output.chunks_mut(width).zip(values).zip(sums) {
                    let row = &mut row[start..start + head_dim];
                    row.iter_mut().zip(values).for_each(|(v, value)| *v = value / sum);
                }
            }
            Ok(())
        })
    }

    /// Attention of one query, for the heads that share a key head.
    fn group(&self, [q, k, v]: [&[f32]; 3], output: &mut [f32]) {
        let Shape { kv_heads, head_dim, keys, .. } = self.shape;
        let key_width = kv_heads * head_dim;
        let scale = self.shape.scale();
        self.with_scratch(|scratch| {
            scratch.scores.resize(output.len() / head_dim * keys, 0.0);
            let scores = &mut scratch.scores;
            vectorize(
                #[inline(always)]
                || {
                    for (key, k) in k.chunks(key_width).take(keys).enumerate() {
                        for (head, q) in q.chunks(head_dim).enumerate() {
                            scores[head * keys + key] = scale * math::dot(q, &k[..head_dim]);
                        }
                    }
                    for scores in scores.chunks_mut(keys) {
                        let max = math::max(scores);
                        let factor = 1.0 / math::exp_minus(scores, max);
                        scores.iter_mut().for_each(|v| *v *= factor);
                    }
                    output.fill(0.0);
                    for (key, v) in v.chunks(key_width).take(keys).enumerate() {
                        for (head, out) in output.chunks_mut(head_dim).enumerate() {
                            let score = scores[head * keys + key];
                            out.iter_mut().zip(&v[..head_dim]).for_each(|(o, v)| *o += score * v);
                        }
                    }
                },
            );
        });
    }
}

impl Shape {
    fn scale(&self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }

    /// How many keys a query sees.
    fn visible(&self, query: usize) -> usize {
        if self.causal { (query + 1 + self.keys).saturating_sub(self.queries).min(self.keys) } else { self.keys }
    }

    /// Small enough that every thread gets a few blocks.
    fn block(&self) -> usize {
        self.queries.div_ceil(4 * rayon::current_num_threads()).clamp(MIN_BLOCK, MAX_BLOCK)
    }
}

impl Kernel for Attention {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let [q, k, v] = operands(inputs)?;
        let Shape { queries, keys, heads, kv_heads, head_dim, .. } = self.shape;
        let (width, key_width) = (heads * head_dim, kv_heads * head_dim);
        if queries == 1 {
            let group = heads / kv_heads * head_dim;
            output.par_chunks_mut(group).zip(q.par_chunks(group)).enumerate().for_each(|(i, (output, q))| {
                let start = i / kv_heads * keys * key_width + i % kv_heads * head_dim;
                self.group([q, &k[start..], &v[start..]], output);
            });
            return Ok(());
        }
        let block = self.shape.block();
        output.par_chunks_mut(queries * width).enumerate().try_for_each(|(sequence, output)| {
            let cache = sequence * keys * key_width..(sequence + 1) * keys * key_width;
            let operands = [&q[sequence * queries * width..], &k[cache.clone()], &v[cache]];
            output
                .par_chunks_mut(block * width)
                .enumerate()
                .try_for_each(|(i, output)| self.block(operands, i * block, output))
        })
    }
}

fn strided(values: &[f32], shape: [usize; 2], strides: [usize; 2]) -> Result<NdTensorView<'_, f32, 2>, EvaluatorError> {
    NdTensorView::from_data_with_strides(shape, values, strides)
        .map_err(|error| EvaluatorError::Failed(format!("attention operand {shape:?}: {error}")))
}
