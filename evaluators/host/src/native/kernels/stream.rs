//! STREAM's triad with stores that bypass the cache.

use std::sync::Mutex;

use assay_core::EvaluatorError;

use super::{Kernel, operands};

/// Parts start at multiples of this many elements: whole vectors, and whole pages as they were first touched.
const GRAIN: usize = 1024;

/// `b + scale * c`.
///
/// An ordinary store first reads the line it overwrites, a fourth transfer that STREAM does not count. The arrays
/// are split evenly and always in the same way, as OpenMP's static schedule does, so that each thread finds its part
/// in the memory it touched first.
pub struct Triad {
    pub scale: f32,
}

impl Kernel for Triad {
    fn run(&mut self, inputs: &[&[f32]], output: &mut [f32]) -> Result<(), EvaluatorError> {
        let ([b, c], scale) = (operands(inputs)?, self.scale);
        let chunk = output.len().div_ceil(rayon::current_num_threads()).next_multiple_of(GRAIN);
        let parts: Vec<Mutex<_>> =
            output.chunks_mut(chunk).zip(b.chunks(chunk)).zip(c.chunks(chunk)).map(Mutex::new).collect();
        rayon::broadcast(|thread| {
            if let Some(Ok(mut part)) = parts.get(thread.index()).map(Mutex::lock) {
                let ((output, b), c) = &mut *part;
                triad(output, b, c, scale);
            }
        });
        Ok(())
    }
}

#[cfg(target_arch = "x86_64")]
fn triad(output: &mut [f32], b: &[f32], c: &[f32], scale: f32) {
    use std::arch::x86_64::*;

    macro_rules! kernel {
        ($name:ident, $feature:literal, $vector:ty, $load:ident, $splat:ident, $mul:ident, $add:ident, $store:ident) => {
            #[target_feature(enable = $feature)]
            fn $name(output: &mut [f32], b: &[f32], c: &[f32], scale: f32) {
                const LANES: usize = size_of::<$vector>() / size_of::<f32>();
                // SAFETY: any bits are a valid vector of floats.
                let (head, body, tail) = unsafe { output.align_to_mut::<$vector>() };
                let (b_head, b) = b.split_at(head.len());
                let (c_head, c) = c.split_at(head.len());
                plain(head, b_head, c_head, scale);
                let (b_body, b_tail) = b.split_at(body.len() * LANES);
                let (c_body, c_tail) = c.split_at(body.len() * LANES);
                plain(tail, b_tail, c_tail, scale);
                let factor = $splat(scale);
                for ((v, b), c) in body.iter_mut().zip(b_body.chunks_exact(LANES)).zip(c_body.chunks_exact(LANES)) {
                    // SAFETY: each chunk has LANES elements, and `v` is aligned by `align_to_mut`.
                    unsafe {
                        let value = $add($load(b.as_ptr()), $mul(factor, $load(c.as_ptr())));
                        $store(std::ptr::from_mut(v).cast(), value);
                    }
                }
                // Streaming stores become visible to other threads only after a fence.
                _mm_sfence();
            }
        };
    }
    kernel!(avx512, "avx512f", __m512, _mm512_loadu_ps, _mm512_set1_ps, _mm512_mul_ps, _mm512_add_ps, _mm512_stream_ps);
    kernel!(avx, "avx", __m256, _mm256_loadu_ps, _mm256_set1_ps, _mm256_mul_ps, _mm256_add_ps, _mm256_stream_ps);
    kernel!(sse, "sse2", __m128, _mm_loadu_ps, _mm_set1_ps, _mm_mul_ps, _mm_add_ps, _mm_stream_ps);

    if output.len() != b.len() || output.len() != c.len() {
        return plain(output, b, c, scale);
    }
    // SAFETY: each function is called only where its instructions are there; SSE2 is part of x86-64.
    unsafe {
        if is_x86_feature_detected!("avx512f") {
            avx512(output, b, c, scale);
        } else if is_x86_feature_detected!("avx") {
            avx(output, b, c, scale);
        } else {
            sse(output, b, c, scale);
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn triad(output: &mut [f32], b: &[f32], c: &[f32], scale: f32) {
    plain(output, b, c, scale);
}

fn plain(output: &mut [f32], b: &[f32], c: &[f32], scale: f32) {
    output.iter_mut().zip(b).zip(c).for_each(|((v, b), c)| *v = b + scale * c);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_alignment_is_covered() {
        for (len, skip) in [(1, 0), (15, 3), (16, 0), (100, 1), (10_007, 5)] {
            let b: Vec<f32> = (0..len + skip).map(|i| i as f32).collect();
            let c: Vec<f32> = (0..len + skip).map(|i| (i % 7) as f32).collect();
            let mut output = vec![f32::NAN; len + skip];
            Triad { scale: 3.0 }.run(&[&b[skip..], &c[skip..]], &mut output[skip..]).unwrap();
            for i in skip..len + skip {
                assert_eq!(output[i], b[i] + 3.0 * c[i], "{len} {skip} {i}");
            }
        }
    }
}
