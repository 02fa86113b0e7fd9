//! Tensors on their way to the device and back: narrowing, and the layouts that kernels want.

use assay_core::EvaluatorError;
use assay_core::tensor::{Tensor, Values};
use rayon::prelude::*;

use crate::gpu::{Buffer, Gpu};
use crate::sources::Element;

/// Puts a tensor on the device. Images `[n, c, h, w]` become channels-last; `filter` says that it is the `[o, c, kh, kw]`
/// of a convolution, which becomes `[o, (kh, kw, c) and zeros]`. Indices stay 64 bits wide.
///
/// # Errors
/// When memory is short.
pub(crate) fn upload(gpu: &Gpu, element: Element, tensor: &Tensor, filter: bool) -> Result<Buffer, EvaluatorError> {
    let values = match &tensor.values {
        Values::Index(indices) => return Buffer::upload(gpu, indices),
        Values::F32(values) => values,
    };
    let arranged = match *tensor.shape.as_slice() {
        [o, c, kh, kw] if filter => {
            let rows = channels_last(values, [o, c, kh * kw]);
            Some(pad_rows(&rows, o, filter_depth(&tensor.shape, element)))
        }
        [n, c, h, w] => Some(channels_last(values, [n, c, h * w])),
        _ => None,
    };
    let values = arranged.as_deref().unwrap_or(values);
    match element {
        Element::F32 => Buffer::upload(gpu, values),
        Element::F16 => Buffer::upload(gpu, &converted(values, |v| half::f16::from_f32(v).to_bits())),
        Element::Bf16 => Buffer::upload(gpu, &converted(values, |v| half::bf16::from_f32(v).to_bits())),
    }
}

/// Puts a matrix on the device as int8, each row with the factor that its largest magnitude over 127 is, and the factors.
///
/// # Errors
/// When memory is short.
pub(crate) fn upload_quantised(gpu: &Gpu, tensor: &Tensor) -> Result<(Buffer, Buffer), EvaluatorError> {
    let (integers, factors) = quantise_rows(tensor.as_f32(), tensor.shape.first().copied().unwrap_or(1));
    Ok((Buffer::upload(gpu, &integers)?, Buffer::upload(gpu, &factors)?))
}

/// In binary64, as the reference does it.
fn quantise_rows(values: &[f32], rows: usize) -> (Vec<i8>, Vec<f32>) {
    let width = (values.len() / rows.max(1)).max(1);
    let factor = |row: &[f32]| row.iter().fold(0.0_f64, |largest, v| largest.max(f64::from(*v).abs())) / 127.0;
    let factors: Vec<f64> = values.par_chunks_exact(width).map(factor).collect();
    let mut integers = vec![0_i8; factors.len() * width];
    let wide = integers.par_chunks_exact_mut(width).zip(values.par_chunks_exact(width)).zip(&factors);
    wide.for_each(|((to, row), factor)| {
        let scale = if *factor > 0.0 { 1.0 / factor } else { 0.0 };
        to.iter_mut().zip(row).for_each(|(i, v)| *i = (f64::from(*v) * scale).round_ties_even() as i8);
    });
    (integers, factors.into_iter().map(|factor| factor as f32).collect())
}

/// What poisoned int8 memory holds: no result of a symmetric quantisation.
pub(crate) const INT8_POISON: u8 = 0x80;

/// Brings an int8 matrix back as the numbers it stands for; NaN where it was not written.
///
/// # Errors
/// The driver's.
pub(crate) fn download_quantised(values: &Buffer, factors: &Buffer, shape: &[usize]) -> Result<Tensor, EvaluatorError> {
    let (integers, factors) = (values.download::<i8>()?, factors.download::<f32>()?);
    let width = integers.len().checked_div(factors.len()).unwrap_or(0).max(1);
    let mut values = vec![0.0_f32; integers.len()];
    values.par_chunks_exact_mut(width).zip(integers.par_chunks_exact(width)).zip(&factors).for_each(
        |((to, row), factor)| {
            let real = |v: i8| if v == i8::MIN { f32::NAN } else { f32::from(v) * factor };
            to.iter_mut().zip(row).for_each(|(to, v)| *to = real(*v));
        },
    );
    Ok(Tensor::f32(shape, values))
}

/// Brings a result back in the layout of its `shape`.
///
/// # Errors
/// The driver's.
pub(crate) fn download(buffer: &Buffer, element: Element, shape: &[usize]) -> Result<Tensor, EvaluatorError> {
    let values: Vec<f32> = match element {
        Element::F32 => buffer.download()?,
        Element::F16 => converted(&buffer.download::<u16>()?, |b| half::f16::from_bits(b).to_f32()),
        Element::Bf16 => converted(&buffer.download::<u16>()?, |b| half::bf16::from_bits(b).to_f32()),
    };
    let values = match *shape {
        [n, c, h, w] => channels_last(&values, [n, h * w, c]),
        _ => values,
    };
    Ok(Tensor::f32(shape, values))
}

/// Every number converted, on all processors.
pub(super) fn converted<T: Copy + Sync, U: Send>(values: &[T], convert: impl Fn(T) -> U + Sync) -> Vec<U> {
    values.par_iter().with_min_len(1 << 14).map(|v| convert(*v)).collect()
}

/// The length of a filter's row on the device: its `c * kh * kw` elements, and zeros up to whole packs.
pub(crate) fn filter_depth(shape: &[usize], element: Element) -> usize {
    shape.iter().skip(1).product::<usize>().next_multiple_of(element.pack())
}

/// Swaps the last two of three axes.
fn channels_last(values: &[f32], [n, c, pixels]: [usize; 3]) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    for image in values.chunks_exact((c * pixels).max(1)).take(n) {
        for pixel in 0..pixels {
            out.extend(image.iter().skip(pixel).step_by(pixels.max(1)));
        }
    }
    out
}

fn pad_rows(values: &[f32], rows: usize, width: usize) -> Vec<f32> {
    let length = values.len().checked_div(rows).unwrap_or(0).max(1);
    let mut out = Vec::with_capacity(rows * width);
    for (index, row) in values.chunks_exact(length).enumerate() {
        out.extend_from_slice(row);
        out.resize((index + 1) * width, 0.0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_last_and_back_is_the_identity() {
        let values: Vec<f32> = (0..2 * 3 * 4).map(|i| i as f32).collect();
        let nhwc = channels_last(&values, [2, 3, 4]);
        // Pixel 0 of image 0: channels 0, 1, 2 are 4 apart.
        assert_eq!(nhwc[..3], [0.0, 4.0, 8.0]);
        assert_eq!(channels_last(&nhwc, [2, 4, 3]), values);
    }

    #[test]
    fn rows_are_quantised_by_their_largest_magnitude() {
        let (integers, factors) = quantise_rows(&[1.0, -0.5, 0.0, 0.0, -254.0, 3.0], 3);
        assert_eq!(integers, [127, -64, 0, 0, -127, 2]);
        assert_eq!(factors, [1.0 / 127.0, 0.0, 2.0]);
    }

    #[test]
    fn filters_are_padded_to_whole_packs() {
        assert_eq!(filter_depth(&[64, 3, 7, 7], Element::Bf16), 152);
        assert_eq!(filter_depth(&[64, 3, 7, 7], Element::F32), 148);
        assert_eq!(filter_depth(&[64, 256, 1, 1], Element::F32), 256);
        assert_eq!(pad_rows(&[1.0, 2.0, 3.0, 4.0], 2, 3), [1.0, 2.0, 0.0, 3.0, 4.0, 0.0]);
    }
}
