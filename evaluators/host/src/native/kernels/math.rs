//! Elementary functions without branches, so that loops over them vectorise.

use assay_core::graph::Activation;

/// `e^x`, relative error below 2e-7 (Cephes `expf`: range reduction by ln 2, a polynomial of degree 6).
/// Saturates at the ends of the normal range; a NaN stays a NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding and subtracting 1.5 * 2^23 rounds to an integer, which is then found in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.3, 88.3);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut p = 1.987_569_1e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + c;
    }
    let power_of_two = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    (p * r * r + r + 1.0) * power_of_two
}

/// The error function, absolute error below 4e-7: the rational approximation on [-4, 4] that Eigen and XLA use.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let x2 = x * x;
    let mut numerator = -2.726_142_4e-10;
    for c in [2.770_681_4e-8, -2.101_024e-6, -5.692_506_4e-5, -7.349_906_4e-4, -2.954_6e-3, -1.609_603_3e-2] {
        numerator = numerator * x2 + c;
    }
    let mut denominator = -1.456_607_2e-5;
    for c in [-2.133_740_5e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2] {
        denominator = denominator * x2 + c;
    }
    x * numerator / denominator
}

/// `x/2 (1 + erf(x/√2))`.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Applies `activation` to every element.
#[inline(always)]
pub fn activate(values: &mut [f32], activation: Activation) {
    match activation {
        Activation::Identity => {}
        // A comparison, not `max`, so that a NaN stays visible.
        Activation::Relu => values.iter_mut().for_each(|v| *v = if *v < 0.0 { 0.0 } else { *v }),
        Activation::Gelu => values.iter_mut().for_each(|v| *v = gelu(*v)),
        Activation::Sigmoid => values.iter_mut().for_each(|v| *v = 1.0 / (1.0 + exp(-*v))),
    }
}

const LANES: usize = 32;

/// `Σ term(x)` in 32 partial sums: fast, and more accurate than one running sum.
#[inline(always)]
pub fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    let tail: f32 = chunks.remainder().iter().map(|v| term(*v)).sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, v)| *lane += term(*v));
    }
    lanes.iter().sum::<f32>() + tail
}

/// The largest value; minus infinity of nothing.
#[inline(always)]
pub fn max(values: &[f32]) -> f32 {
    max_of(values, |v| v)
}

/// The largest `term(value)`; minus infinity of nothing.
#[inline(always)]
pub fn max_of(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    let tail = chunks.remainder().iter().map(|v| term(*v)).fold(f32::NEG_INFINITY, larger);
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, v)| *lane = larger(term(*v), *lane));
    }
    lanes.into_iter().fold(tail, larger)
}

/// `round(x * inverse_scale) + zero_point`, saturated to a byte.
#[inline(always)]
pub fn quantize(quantized: &mut [u8], x: &[f32], inverse_scale: f32, zero_point: f32) {
    // Adding 2^23 rounds to an integer, which is then found in the low bits.
    const ROUND: f32 = 8_388_608.0;
    for (q, x) in quantized.iter_mut().zip(x) {
        *q = ((x * inverse_scale + zero_point).clamp(0.0, 255.0) + ROUND).to_bits() as u8;
    }
}

/// The inner product, in 32 partial sums.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(lane, (a, b))| *lane += a * b);
    }
    lanes.iter().sum::<f32>() + tail
}

/// `values = e^(values - max)`; returns their sum.
#[inline(always)]
pub fn exp_minus(values: &mut [f32], max: f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let mut chunks = values.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *v = exp(*v - max);
            *lane += *v;
        }
    }
    let mut tail = 0.0;
    for v in chunks.into_remainder() {
        *v = exp(*v - max);
        tail += *v;
    }
    lanes.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every representable step would take minutes; a hundred thousand points do.
    fn points(from: f32, to: f32) -> impl Iterator<Item = f32> {
        (0..=100_000).map(move |i| from + (to - from) * i as f32 / 100_000.0)
    }

    #[test]
    fn exp_is_accurate_over_the_normal_range() {
        for x in points(-87.0, 88.0) {
            let expected = f64::from(x).exp();
            assert!((f64::from(exp(x)) - expected).abs() < 2e-7 * expected, "{x}");
        }
        assert!(exp(-1000.0) < 1.3e-38 && exp(-1000.0) >= 0.0);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn erf_is_accurate_everywhere() {
        for x in points(-6.0, 6.0) {
            let expected = libm::erf(f64::from(x));
            assert!((f64::from(erf(x)) - expected).abs() < 4e-7, "{x}: {} {expected}", erf(x));
        }
        assert!(erf(f32::NAN).is_nan());
    }

    #[test]
    fn reductions_handle_every_length() {
        for len in 0..100 {
            let values: Vec<f32> = (0..len).map(|i| (i * 37 % 101) as f32 - 50.0).collect();
            assert_eq!(sum(&values, |v| v), values.iter().sum::<f32>());
            assert_eq!(dot(&values, &values), values.iter().map(|v| v * v).sum::<f32>());
            assert_eq!(max(&values), values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }

    #[test]
    fn activations_keep_a_nan() {
        for activation in [Activation::Relu, Activation::Gelu, Activation::Sigmoid] {
            let mut values = [f32::NAN];
            activate(&mut values, activation);
            assert!(values[0].is_nan(), "{activation:?}");
        }
    }
}
