//! Matrix products in formats that nothing else is computed in: fp64, and 8-bit operands. The latter are quantised with
//! one factor a tensor before the timed part: what is measured is the product of 8-bit matrices that are already in memory.

use std::sync::Arc;

use assay_core::evaluator::Job;
use assay_core::graph::Op;
use assay_core::{EvaluatorError, NumericFormat, Tensor};
use rayon::prelude::*;

use super::storage::converted;
use super::{Plan, Step, Stored};
use crate::gemm::{Epilogue, Gemm, Precision, Product};
use crate::gpu::{Buffer, Gpu, WORKSPACE_BYTES};
use crate::sources::Element;

/// Every extent must be a multiple of this for cuBLASLt's 8-bit kernels.
pub(crate) const GRANULARITY: usize = 16;

/// The largest value of E4M3.
const E4M3_MAX: f32 = 448.0;

/// Makes the plan of a job that is one matrix product in fp64, int8 or fp8.
///
/// # Errors
/// When the graph is anything else, memory is short, or cuBLASLt has no algorithm.
pub(crate) fn plan(gpu: &Gpu, job: &Job) -> Result<Plan, EvaluatorError> {
    let format = job.graph.format;
    let failed = |why: &str| EvaluatorError::Failed(format!("{format} in the cuda stack: {why}"));
    let [node] = job.graph.nodes.as_slice() else { return Err(failed("only a single matrix product")) };
    let (Op::MatMul, &[x, w]) = (&node.op, node.inputs.as_slice()) else {
        return Err(failed("only a single matrix product"));
    };
    let (&[m, k], &[_, n]) = (job.graph.shape(x), job.graph.shape(w)) else {
        return Err(failed("only products of two matrices"));
    };
    let data = |id: assay_core::graph::TensorId| {
        job.tensors
            .get(id.0)
            .and_then(Option::as_ref)
            .map(Tensor::as_f32)
            .ok_or_else(|| failed("an operand has no data"))
    };
    if format == NumericFormat::Fp64 {
        return doubles(gpu, [m, n, k], data(x)?, data(w)?);
    }
    let (x, w) = (data(x)?, transposed(data(w)?, k, n));
    let workspace = Arc::new(Buffer::poisoned(gpu, WORKSPACE_BYTES)?);
    let mut memory = Vec::new();
    let mut keep = |buffer: Buffer| {
        let address = buffer.address;
        memory.push(buffer);
        address
    };
    let (precision, output, stored, operands, scales) = if format == NumericFormat::Int8 {
        let (x_factor, w_factor) = (factor(x, 127.0), factor(&w, 127.0));
        let operands =
            [keep(Buffer::upload(gpu, &int8(x, x_factor))?), keep(Buffer::upload(gpu, &int8(&w, w_factor))?)];
        let stored = Stored::Integers { factor: x_factor * w_factor };
        (Precision::INT8, Buffer::poisoned(gpu, m * n * 4)?, stored, operands, None)
    } else {
        let (x_factor, w_factor) = (factor(x, E4M3_MAX), factor(&w, E4M3_MAX));
        let fp8 = |values: &[f32], factor: f32| converted(values, |v| e4m3(v / factor));
        let operands = [keep(Buffer::upload(gpu, &fp8(x, x_factor))?), keep(Buffer::upload(gpu, &fp8(&w, w_factor))?)];
        let scales = (keep(Buffer::upload(gpu, &[x_factor])?), keep(Buffer::upload(gpu, &[w_factor])?));
        let stored = Stored::Element(Element::Bf16);
        (Precision::FP8, Buffer::poisoned(gpu, m * n * 2)?, stored, operands, Some(scales))
    };
    let [x, w] = operands;
    let out = output.address;
    let product = Product { m, n, k, transposed: true, precision, epilogue: Epilogue::None, x, w, out, scales };
    let (gemm, description) = Gemm::tuned(gpu, product, workspace)?;
    let notes = vec![
        ("product 1".to_owned(), description),
        ("quantisation".to_owned(), "one factor a tensor from its largest magnitude, before the timed part".to_owned()),
    ];
    Ok(Plan { work: vec![gemm.work()], steps: vec![Step::Product(gemm)], output, stored, factors: None, memory, notes })
}

/// The product in binary64 of operands that are exact in fp32.
fn doubles(gpu: &Gpu, [m, n, k]: [usize; 3], x: &[f32], w: &[f32]) -> Result<Plan, EvaluatorError> {
    let wide = |values: &[f32]| converted(values, f64::from);
    let memory = vec![Buffer::upload(gpu, &wide(x))?, Buffer::upload(gpu, &wide(w))?];
    let output = Buffer::poisoned(gpu, m * n * 8)?;
    let [x, w] = [0, 1].map(|i: usize| memory.get(i).map_or(0, |buffer| buffer.address));
    let (precision, epilogue, out) = (Precision::FP64, Epilogue::None, output.address);
    let product = Product { m, n, k, transposed: false, precision, epilogue, x, w, out, scales: None };
    let workspace = Arc::new(Buffer::poisoned(gpu, WORKSPACE_BYTES)?);
    let (gemm, description) = Gemm::tuned(gpu, product, workspace)?;
    let notes = vec![
        ("product 1".to_owned(), description),
        ("check".to_owned(), "the result is rounded to fp32 before it is compared".to_owned()),
    ];
    Ok(Plan {
        work: vec![gemm.work()],
        steps: vec![Step::Product(gemm)],
        output,
        stored: Stored::Doubles,
        factors: None,
        memory,
        notes,
    })
}

/// What a value of 1 in the narrow format stands for, so that the largest magnitude becomes `max`.
fn factor(values: &[f32], max: f32) -> f32 {
    let largest = values.iter().fold(0.0_f32, |largest, v| largest.max(v.abs()));
    if largest > 0.0 { largest / max } else { 1.0 }
}

fn int8(values: &[f32], factor: f32) -> Vec<i8> {
    converted(values, |v| (v / factor).round_ties_even().clamp(-127.0, 127.0) as i8)
}

/// The bits of the nearest E4M3 value, ties to even, saturating (Micikevicius et al. 2022, "FP8 Formats for Deep
/// Learning": 4 exponent bits with bias 7, 3 mantissa bits, no infinity).
fn e4m3(value: f32) -> u8 {
    let sign = if value.is_sign_negative() { 0x80 } else { 0 };
    let magnitude = value.abs().min(E4M3_MAX);
    // Steps of 2^-9 below the smallest normal 2^-6, of 2^(e-3) above. A mantissa that rounds up to 8 steps carries into
    // the exponent by itself.
    let exponent = if magnitude < 2.0_f32.powi(-6) { -6 } else { magnitude.log2().floor() as i32 };
    let steps = (magnitude / 2.0_f32.powi(exponent - 3)).round_ties_even() as u8;
    let bits = if magnitude < 2.0_f32.powi(-6) { steps } else { ((exponent + 6) as u8) * 8 + steps };
    sign | bits
}

/// `values [rows, columns]` as `[columns, rows]`. In bands of rows of the result, so that each line of the source that is fetched serves a band.
pub(super) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const BAND: usize = 16;
    let mut out = vec![0.0; rows * columns];
    out.par_chunks_mut((BAND * rows).max(1)).enumerate().for_each(|(band, out)| {
        let first = band * BAND;
        for (row, from) in values.chunks_exact(columns.max(1)).enumerate() {
            let taken = from.iter().skip(first).take(BAND);
            out.iter_mut().skip(row).step_by(rows.max(1)).zip(taken).for_each(|(to, v)| *to = *v);
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn e4m3_value(bits: u8) -> f32 {
        let (exponent, mantissa) = (i32::from(bits >> 3 & 15), f32::from(bits & 7));
        let magnitude = match exponent {
            0 => mantissa * 2.0_f32.powi(-9),
            _ => (1.0 + mantissa / 8.0) * 2.0_f32.powi(exponent - 7),
        };
        if bits & 0x80 == 0 { magnitude } else { -magnitude }
    }

    #[test]
    fn every_e4m3_value_encodes_to_itself() {
        // 0x7F and 0xFF are NaN.
        for bits in (0..=255_u8).filter(|b| b & 0x7F != 0x7F) {
            assert_eq!(e4m3(e4m3_value(bits)), bits, "{bits:#x} {}", e4m3_value(bits));
        }
    }

    #[test]
    fn e4m3_rounds_to_the_nearest_and_saturates() {
        assert_eq!(e4m3_value(e4m3(1e9)), 448.0);
        assert_eq!(e4m3_value(e4m3(-450.0)), -448.0);
        assert_eq!(e4m3_value(e4m3(1.0 + 1.0 / 16.0)), 1.0); // a tie, to even
        assert_eq!(e4m3_value(e4m3(1.99)), 2.0);
        for i in 1..2000 {
            let value = i as f32 * 0.21;
            let nearest =
                (0..0x7F).map(e4m3_value).min_by(|a, b| (a - value).abs().total_cmp(&(b - value).abs())).unwrap();
            assert_eq!((e4m3_value(e4m3(value)) - value).abs(), (nearest - value).abs(), "{value}");
        }
    }

    #[test]
    fn int8_uses_the_whole_range() {
        let values = [-2.0, 0.5, 1.0];
        assert_eq!(int8(&values, factor(&values, 127.0)), [-127, 32, 64]);
    }

    #[test]
    fn transposition_swaps_rows_and_columns() {
        assert_eq!(transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
