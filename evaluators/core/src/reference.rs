//! The fp64 reference every stack's output is checked against.
//!
//! It interprets the workload's graph with all arithmetic in binary64, from the same inputs and weights the stacks
//! get. Where that would take too long it computes a sample of the output exactly instead, never the whole roughly.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::data::SplitMix64;
use crate::evaluator::Job;
use crate::graph::{Graph, Op, Source, TensorId};
use crate::tensor::{Tensor, Values};

mod kernels;

use kernels::Attention;

/// Above this many operations only a sample is computed (about a second on two cores).
const MAX_FLOPS: f64 = 1e10;
/// Above this many output elements only a sample is computed (128 MiB of binary64).
const MAX_ELEMENTS: usize = 1 << 24;

/// The output of a job in binary64.
pub fn evaluate(job: &Job) -> Vec<f64> {
    let given: Vec<Option<&Tensor>> = job.tensors.iter().map(Option::as_ref).collect();
    interpret(&job.graph, &given)
}

/// What the output of a job must be: all of it, or a sample.
///
/// In every workload the inputs and the output share the first dimension (rows of a matrix, sequences, images,
/// samples) and its entries do not depend on each other. A workload that is too large is therefore computed for a
/// few of them, exactly. Which ones is fixed by the workload, and the first and the last are always among them. An
/// attention alone is computed for a few queries of all sequences.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The entries of the first dimension, or queries, that were computed, in ascending order; `None` when all were.
    pub rows: Option<Vec<usize>>,
    /// The output, or the sampled entries of it one after the other.
    pub values: Vec<f64>,
    shape: Vec<usize>,
    /// How many entries the output has.
    entries: usize,
}

impl Reference {
    /// The reference of a job, sampled when the whole would take more than about a second or 128 MiB.
    pub fn compute(job: &Job) -> Self {
        Self::within(job, MAX_FLOPS, MAX_ELEMENTS)
    }

    fn within(job: &Job, max_flops: f64, max_elements: usize) -> Self {
        let shape = job.graph.shape(job.graph.output).to_vec();
        let attention = lone_attention(job);
        let queries = attention.as_ref().map_or(1, |(attention, _)| attention.queries());
        let entries = shape.first().copied().unwrap_or(1) * queries;
        let elements: usize = shape.iter().product();
        let share = (max_flops / job.graph.flops()).min(max_elements as f64 / elements as f64);
        let count = (entries as f64 * share).ceil() as usize;
        // What one device gets depends on all.
        let together = job.graph.nodes.iter().any(|node| matches!(node.op, Op::Collective { .. }));
        if share >= 1.0 || count >= entries || together {
            let values = match attention {
                Some((attention, operands)) => attention.rows(operands, &(0..entries).collect::<Vec<_>>()),
                None => evaluate(job),
            };
            return Self { rows: None, values, shape, entries };
        }
        let rows = sample(entries, count.max(2), &job.workload.hash());
        let values = match attention {
            Some((attention, operands)) => attention.rows(operands, &rows),
            None => evaluate_rows(job, &rows),
        };
        Self { values, rows: Some(rows), shape, entries }
    }

    /// The relative L2 error of a stack's output, over the entries that were computed.
    ///
    /// `None` when the output has another shape, or holds a NaN or an infinity anywhere.
    pub fn error_norm(&self, output: &Tensor) -> Option<f64> {
        if output.shape != self.shape {
            return None;
        }
        let values = output.as_f32();
        let Some(rows) = &self.rows else { return relative_l2_error(values, &self.values) };
        if values.par_iter().any(|v| !v.is_finite()) {
            return None;
        }
        relative_l2_error(&gather(values, self.entries, rows), &self.values)
    }
}

/// `|output - reference| / |reference|` in the Euclidean norm (Higham 2002, section 6.2); the absolute norm of the
/// error where the reference is zero. `None` when the lengths differ or the output holds a NaN or an infinity.
pub fn relative_l2_error(output: &[f32], reference: &[f64]) -> Option<f64> {
    if output.len() != reference.len() || output.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let squares = |terms: &mut dyn Iterator<Item = f64>| terms.map(|v| v * v).sum::<f64>().sqrt();
    let error = squares(&mut output.iter().zip(reference).map(|(o, r)| f64::from(*o) - r));
    let norm = squares(&mut reference.iter().copied());
    Some(if norm > 0.0 { error / norm } else { error })
}

/// `count` distinct numbers below `bound`, ascending, with the first and the last among them.
fn sample(bound: usize, count: usize, name: &str) -> Vec<usize> {
    let mut generator = SplitMix64::for_tensor(0, name);
    // One number from each of `count` equal parts: distinct, sorted and spread out without a set of those taken.
    let start = |part: usize| (part as u128 * bound as u128 / count as u128) as usize;
    (0..count)
        .map(|part| match part {
            0 => 0,
            _ if part + 1 == count => bound - 1,
            _ => start(part) + (generator.next_u64() % (start(part + 1) - start(part)).max(1) as u64) as usize,
        })
        .collect()
}

/// The operation and operands of a job that is one attention: keys may be many gigabytes, and are read as they are.
fn lone_attention(job: &Job) -> Option<(Attention, [&[f32]; 3])> {
    let [node] = job.graph.nodes.as_slice() else { return None };
    let &[q, k, v] = node.inputs.as_slice() else { return None };
    let attention = Attention::of(&node.op, [job.graph.shape(q), job.graph.shape(k)])?;
    let given = |id: TensorId| job.tensors.get(id.0)?.as_ref().map(Tensor::as_f32);
    Some((attention, [given(q)?, given(k)?, given(v)?]))
}

/// The output for some entries of the first dimension. Weights are shared by all entries.
fn evaluate_rows(job: &Job, rows: &[usize]) -> Vec<f64> {
    let mut graph = job.graph.clone();
    let mut selected: Vec<Option<Tensor>> = Vec::with_capacity(job.tensors.len());
    for (spec, tensor) in graph.tensors.iter_mut().zip(&job.tensors) {
        if matches!(spec.source, Source::Weight { .. }) {
            selected.push(None);
            continue;
        }
        let entries = spec.shape.first().copied().unwrap_or(1);
        if let Some(first) = spec.shape.first_mut() {
            *first = rows.len();
        }
        selected.push(tensor.as_ref().map(|tensor| match &tensor.values {
            Values::F32(values) => Tensor::f32(spec.shape.clone(), gather(values, entries, rows)),
            Values::Index(values) => Tensor::index(spec.shape.clone(), gather(values, entries, rows)),
        }));
    }
    let given: Vec<Option<&Tensor>> =
        selected.iter().zip(&job.tensors).map(|(selected, all)| selected.as_ref().or(all.as_ref())).collect();
    interpret(&graph, &given)
}

fn gather<T: Copy>(values: &[T], entries: usize, rows: &[usize]) -> Vec<T> {
    let width = values.len() / entries.max(1);
    rows.iter().flat_map(|row| values[row * width..(row + 1) * width].iter().copied()).collect()
}

/// A tensor as the interpreter reads it: given in fp32, or computed in binary64.
#[derive(Clone, Copy)]
enum Operand<'a> {
    Given(&'a Tensor),
    Computed(&'a [f64]),
}

impl<'a> Operand<'a> {
    fn get(self, index: usize) -> f64 {
        match self {
            Self::Given(tensor) => f64::from(tensor.as_f32()[index]),
            Self::Computed(values) => values[index],
        }
    }

    fn values(self) -> Cow<'a, [f64]> {
        match self {
            Self::Given(tensor) => tensor.as_f32().iter().map(|v| f64::from(*v)).collect(),
            Self::Computed(values) => Cow::Borrowed(values),
        }
    }

    fn indices(self) -> &'a [i64] {
        match self {
            Self::Given(tensor) => tensor.as_index(),
            Self::Computed(_) => &[],
        }
    }
}

fn interpret(graph: &Graph, given: &[Option<&Tensor>]) -> Vec<f64> {
    let mut computed: Vec<Vec<f64>> = vec![Vec::new(); graph.tensors.len()];
    let last_use = |id: TensorId| graph.nodes.iter().rposition(|node| node.inputs.contains(&id));
    for (position, node) in graph.nodes.iter().enumerate() {
        let operands: Vec<(Operand, &[usize])> = node
            .inputs
            .iter()
            .map(|id| {
                let operand = given[id.0].map_or(Operand::Computed(&computed[id.0]), Operand::Given);
                (operand, graph.shape(*id))
            })
            .collect();
        let output = kernels::compute(&node.op, &operands, graph.shape(node.output));
        computed[node.output.0] = output;
        for id in &node.inputs {
            if last_use(*id) == Some(position) {
                computed[id.0] = Vec::new();
            }
        }
    }
    std::mem::take(&mut computed[graph.output.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NumericFormat;
    use crate::workload::{Shape, Workload};

    fn job(shape: Shape) -> Job {
        Job::new(&Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape }, 1)
    }

    #[test]
    fn the_norm_of_the_error_is_relative_and_refuses_what_is_not_finite() {
        assert_eq!(relative_l2_error(&[3.0, 4.0], &[3.0, 4.0]), Some(0.0));
        assert_eq!(relative_l2_error(&[3.0, 5.0], &[3.0, 4.0]), Some(0.2));
        assert_eq!(relative_l2_error(&[0.5], &[0.0]), Some(0.5));
        assert_eq!(relative_l2_error(&[f32::NAN, 4.0], &[3.0, 4.0]), None);
        assert_eq!(relative_l2_error(&[f32::INFINITY, 4.0], &[3.0, 4.0]), None);
        assert_eq!(relative_l2_error(&[3.0], &[3.0, 4.0]), None);
    }

    #[test]
    fn a_sample_is_sorted_distinct_and_holds_both_ends() {
        for (bound, count) in [(2, 2), (10, 9), (1000, 7), (1 << 26, 1 << 12)] {
            let rows = sample(bound, count, "name");
            assert_eq!(rows.len(), count);
            assert!(rows.windows(2).all(|w| w[0] < w[1]), "{bound} {count}");
            assert_eq!((rows[0], rows[count - 1]), (0, bound - 1));
        }
    }

    #[test]
    fn a_sample_equals_those_entries_of_the_whole() {
        for shape in [
            Shape::Gemm { m: 9, n: 5, k: 7 },
            Shape::Triad { elements: 11 },
            Shape::Quantise { rows: 7, columns: 16 },
            Shape::RmsNormResidual { rows: 7, columns: 16 },
            Shape::AttentionDecode { batch: 5, heads: 4, kv_heads: 2, context: 6, head_dim: 4 },
            Shape::AttentionPrefill { batch: 2, heads: 2, sequence: 5, head_dim: 4 },
            Shape::EncoderBlock { batch: 4, sequence: 3, hidden: 8, heads: 2, feed_forward: 16 },
            Shape::ConvBlock { batch: 4, channels: 2, size: 4 },
            Shape::EmbeddingMlp { batch: 6, tables: 2, rows: 10, dim: 4, bag: 3, hidden: 8 },
        ] {
            let job = job(shape);
            let whole = evaluate(&job);
            let sampled = Reference::within(&job, job.graph.flops() * 0.5, usize::MAX);
            let rows = sampled.rows.clone().unwrap();
            let entries = sampled.entries;
            assert!(rows.len() < entries);
            assert_eq!(sampled.values, gather(&whole, entries, &rows));

            let mut output: Vec<f32> = whole.iter().map(|v| *v as f32).collect();
            let shape = job.graph.shape(job.graph.output).to_vec();
            let tensor = Tensor::f32(shape.clone(), output.clone());
            assert!(sampled.error_norm(&tensor).unwrap() < 1e-7);
            // An entry that is not in the sample must still be finite.
            let unsampled = (0..entries).find(|row| !rows.contains(row)).unwrap();
            output[unsampled * whole.len() / entries] = f32::NAN;
            assert_eq!(sampled.error_norm(&Tensor::f32(shape, output)), None);
        }
    }

    #[test]
    fn collectives_reduce_and_gather_over_the_devices() {
        use crate::workload::CollectiveOperation::{self, AllGather, AllReduce, ReduceScatter};
        let of = |operation| {
            let job = job(Shape::Collective { operation, devices: 2, elements: 4 });
            let given: Vec<f64> = job.tensors[0].as_ref().unwrap().as_f32().iter().map(|v| f64::from(*v)).collect();
            (given, evaluate(&job))
        };
        let (x, out) = of(AllReduce);
        assert_eq!(out[1], x[1] + x[5]);
        assert_eq!(out[..4], out[4..]);
        let (x, out) = of(AllGather);
        assert_eq!((&out[..4], &out[4..]), (&x[..], &x[..]));
        let (x, out) = of(ReduceScatter);
        assert_eq!(out, [x[0] + x[4], x[1] + x[5], x[2] + x[6], x[3] + x[7]]);
        let bus = |operation| AllReduce.bus_factor(2) / CollectiveOperation::bus_factor(operation, 2);
        assert_eq!((bus(AllGather), bus(AllReduce)), (2.0, 1.0));
    }

    #[test]
    fn an_output_of_another_shape_has_no_error() {
        let job = job(Shape::Gemm { m: 2, n: 3, k: 4 });
        let reference = Reference::compute(&job);
        assert_eq!(reference.rows, None);
        assert_eq!(reference.error_norm(&Tensor::f32([3, 2], vec![0.0; 6])), None);
        assert_eq!(reference.error_norm(&Tensor::f32([2, 3], vec![0.0; 6])), Some(1.0));
    }
}
