//! Deterministic seeded data. Any language can reproduce it: splitmix64, Box-Muller, a seed for each tensor's name.
//!
//! Values are normally distributed: a GPU's power draw, and so its clock, depends on the bits it multiplies, and
//! uniform or zero data make it look faster than real data do.

use rayon::prelude::*;

use crate::NumericFormat;

/// The step of splitmix64's counter.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// splitmix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The generator for one tensor: the seed mixed with an FNV-1a hash of the tensor's name.
    pub fn for_tensor(seed: u64, name: &str) -> Self {
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Self(seed ^ hash)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The generator after `count` more numbers: its state is a counter.
    fn skip(&self, count: u64) -> Self {
        Self(self.0.wrapping_add(STEP.wrapping_mul(count)))
    }

    /// Uniform in (0, 1], with 24 bits.
    fn unit(&mut self) -> f32 {
        ((self.next_u64() >> 40) as f32 + 1.0) / 16_777_216.0
    }
}

/// Numbers that one task makes: even, as deviates come in pairs.
const TASK: usize = 1 << 16;

/// `count` normal deviates with mean 0 (Box and Muller 1958), rounded to the format's values.
pub fn normal(seed: u64, name: &str, count: usize, standard_deviation: f32, format: NumericFormat) -> Vec<f32> {
    let first = SplitMix64::for_tensor(seed, name);
    let mut out = vec![0.0; count];
    out.par_chunks_mut(TASK).enumerate().for_each(|(task, out)| {
        let mut generator = first.skip((task * TASK) as u64);
        for pair in out.chunks_mut(2) {
            let radius = (-2.0 * generator.unit().ln()).sqrt() * standard_deviation;
            let (sin, cos) = (std::f32::consts::TAU * generator.unit()).sin_cos();
            pair.iter_mut().zip([radius * cos, radius * sin]).for_each(|(v, x)| *v = round_to(x, format));
        }
    });
    out
}

/// `count` uniform indices below `bound`.
pub fn indices(seed: u64, name: &str, count: usize, bound: usize) -> Vec<i64> {
    let first = SplitMix64::for_tensor(seed, name);
    let bound = bound.max(1) as u64;
    let mut out = vec![0; count];
    out.par_chunks_mut(TASK).enumerate().for_each(|(task, out)| {
        let mut generator = first.skip((task * TASK) as u64);
        out.iter_mut().for_each(|v| *v = (generator.next_u64() % bound) as i64);
    });
    out
}

/// The value of the format nearest to `value` (ties to even). Formats of 8 bits and fewer keep fp32 data: they are
/// quantised by the stack, and that is part of what is measured.
pub fn round_to(value: f32, format: NumericFormat) -> f32 {
    match format {
        NumericFormat::Bf16 => half::bf16::from_f32(value).to_f32(),
        NumericFormat::Fp16 => half::f16::from_f32(value).to_f32(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_matches_the_published_sequence() {
        // Reference values for seed 1234567 from the Java/Rosetta Code listing of splitmix64.
        let mut generator = SplitMix64(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([generator.next_u64(), generator.next_u64(), generator.next_u64()], expected);
    }

    #[test]
    fn data_is_reproducible_normal_and_distinct_by_name() {
        let a = normal(7, "x", 100_001, 2.0, NumericFormat::Fp32);
        assert_eq!(a, normal(7, "x", 100_001, 2.0, NumericFormat::Fp32));
        assert_ne!(a[..8], normal(7, "y", 8, 2.0, NumericFormat::Fp32)[..]);
        // A longer vector begins with a shorter one, wherever the work is divided.
        assert_eq!(a[..TASK + 5], normal(7, "x", TASK + 5, 2.0, NumericFormat::Fp32)[..]);
        let mut generator = SplitMix64::for_tensor(7, "x");
        for _ in 0..TASK {
            generator.next_u64();
        }
        let radius = (-2.0 * generator.unit().ln()).sqrt() * 2.0;
        assert_eq!(a[TASK], radius * (std::f32::consts::TAU * generator.unit()).cos());
        let mean = a.iter().map(|v| f64::from(*v)).sum::<f64>() / a.len() as f64;
        let variance = a.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / a.len() as f64;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 4.0).abs() < 0.08, "{variance}");
    }

    #[test]
    fn indices_stay_below_their_bound() {
        assert!(indices(1, "i", 10_000, 37).iter().all(|i| (0..37).contains(i)));
    }

    #[test]
    fn narrow_formats_hold_only_their_values() {
        let x = round_to(1.0 + 1.0 / 512.0, NumericFormat::Bf16);
        assert!((x - 1.0).abs() < f32::EPSILON);
    }
}
