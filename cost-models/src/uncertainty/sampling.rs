//! Latin hypercube sampling, addressable point by point.
//!
//! Every coordinate is a pure function of seed, dimension and index. So results do not depend on how the points are
//! divided among threads, and a million points take no memory.

use serde::{Deserialize, Serialize};

use super::{normal_cdf, normal_ppf};
use crate::error::{CostError, check};

/// A Latin hypercube of `len` points: in each dimension exactly one point lies in each stratum of width `1/len`.
///
/// Source: McKay, Beckman & Conover, Technometrics 21(2), 1979.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatinHypercube {
    len: u32,
    mask: u32,
    seed: u64,
    /// `1/len`, as the bits of a double so that the type stays `Eq`.
    width: u64,
}

impl LatinHypercube {
    /// A hypercube of `points` points.
    ///
    /// # Errors
    /// No points, or more than 2^31.
    pub fn new(points: usize, seed: u64) -> Result<Self, CostError> {
        let ok = (1..=1 << 31).contains(&points);
        check("samples", points as f64, ok, "between 1 and 2147483648")?;
        let len = points as u32;
        let mask = len.next_power_of_two().wrapping_sub(1).max(1);
        Ok(Self { len, mask, seed, width: (1.0 / f64::from(len)).to_bits() })
    }

    /// One dimension of it.
    pub fn dimension(&self, dimension: usize) -> Dimension {
        let key = mix(self.seed ^ mix(dimension as u64 + 1));
        let permutation = key as u32;
        Dimension { cube: *self, permutation, turn: permutation % self.len, jitter: (key >> 32) as u32 }
    }
}

/// An invertible hash on the range of `mask`. Source: Kensler, Correlated Multi-Jittered Sampling, Pixar 2013.
#[inline(always)]
fn shuffle(index: u32, key: u32, mask: u32) -> u32 {
    let w = mask;
    let mut i = index;
    i ^= key;
    i = i.wrapping_mul(0xe170_893d);
    i ^= key >> 16;
    i ^= (i & w) >> 4;
    i ^= key >> 8;
    i = i.wrapping_mul(0x0929_eb3f);
    i ^= key >> 23;
    i ^= (i & w) >> 1;
    i = i.wrapping_mul(1 | (key >> 27));
    i = i.wrapping_mul(0x6935_fa69);
    i ^= (i & w) >> 11;
    i = i.wrapping_mul(0x74dc_b303);
    i ^= (i & w) >> 2;
    i = i.wrapping_mul(0x9e50_1cc3);
    i ^= (i & w) >> 2;
    i = i.wrapping_mul(0xc860_a3df);
    i &= w;
    i ^ (i >> 5)
}

/// A hash of 32 bits (Wellons, hash-prospector, `lowbias32`).
#[inline(always)]
fn scatter(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// One dimension of a [`LatinHypercube`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimension {
    cube: LatinHypercube,
    permutation: u32,
    /// How far the strata are turned around the range.
    turn: u32,
    jitter: u32,
}

impl Dimension {
    /// The coordinate of a point, above 0 and below 1. Indices from `len` on repeat.
    #[inline]
    pub fn at(&self, index: usize) -> f64 {
        let mut point = [0.0];
        self.fill(index, &mut point);
        point[0]
    }

    /// The coordinates of neighbouring points from `start` on, in loops that vectorise.
    #[inline(always)]
    pub(crate) fn fill<const N: usize>(&self, start: usize, coordinates: &mut [f64; N]) {
        let mut indices = [0; N];
        let LatinHypercube { len, mask, width, .. } = self.cube;
        for (offset, index) in indices.iter_mut().enumerate() {
            *index = (start + offset) as u32;
        }
        if start + N > len as usize {
            indices.iter_mut().for_each(|index| *index %= len);
        }
        // A permutation of `0..len` for each key: shuffled again as long as it falls outside the range.
        let mut strata = indices;
        for stratum in &mut strata {
            *stratum = shuffle(*stratum, self.permutation, mask);
        }
        while strata.iter().fold(false, |outside, stratum| outside | (*stratum >= len)) {
            for stratum in &mut strata {
                let again = shuffle(*stratum, self.permutation, mask);
                *stratum = if *stratum >= len { again } else { *stratum };
            }
        }
        for ((coordinate, index), stratum) in coordinates.iter_mut().zip(indices).zip(strata) {
            // Turned around the range, for 0 is a fixed point of some shuffles. No sum overflows: len is at most 2^31.
            let turned = stratum + self.turn;
            let turned = if turned >= len { turned - len } else { turned };
            // Half a step off the grid: never 0, never 1, so that no quantile is infinite.
            let within = (f64::from(scatter(index ^ self.jitter)) + 0.5) * (1.0 / 4_294_967_296.0);
            *coordinate = (f64::from(turned) + within) * f64::from_bits(width);
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
#[inline]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A rank correlation between inputs, imposed by a Gaussian copula: the coordinates become normal scores, are mixed by
/// the Cholesky factor, and return. Mixed coordinates keep their uniform distribution but not their exact strata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// Lower triangle of the Cholesky factor, row by row.
    factor: Vec<Vec<f64>>,
}

impl Correlation {
    /// From a correlation matrix of the normal scores, such as `[[1, 0.5], [0.5, 1]]`.
    ///
    /// # Errors
    /// A matrix that is not square, symmetric, of unit diagonal and positive definite.
    pub fn new(matrix: &[Vec<f64>]) -> Result<Self, CostError> {
        let wrong = |problem: String| Err(CostError::invalid("correlation", problem));
        let size = matrix.len();
        let mut factor: Vec<Vec<f64>> = Vec::with_capacity(size);
        for (i, row) in matrix.iter().enumerate() {
            if row.len() != size {
                return wrong(format!("row {} has {} entries; {size} are needed", i + 1, row.len()));
            }
            if row[i] != 1.0 || row.iter().zip(matrix).any(|(entry, other)| other.get(i) != Some(entry)) {
                return wrong(format!("row {}: the matrix must be symmetric with 1 on its diagonal", i + 1));
            }
            let mut current: Vec<f64> = Vec::with_capacity(i + 1);
            for (j, entry) in row.iter().enumerate().take(i) {
                let dot: f64 = current.iter().zip(&factor[j]).map(|(a, b)| a * b).sum();
                current.push((entry - dot) / factor[j][j]);
            }
            let left = 1.0 - current.iter().map(|entry| entry * entry).sum::<f64>();
            if left.is_nan() || left <= 1e-12 {
                return wrong(format!("row {} contradicts the rows before it (not positive definite)", i + 1));
            }
            current.push(left.sqrt());
            factor.push(current);
        }
        Ok(Self { factor })
    }

    /// From the pairs of `inputs` inputs that are correlated, each as two places and their correlation; all others are
    /// independent.
    ///
    /// # Errors
    /// A place beyond the inputs, a pair of one input with itself, or correlations that contradict each other.
    pub fn of_pairs(inputs: usize, pairs: &[(usize, usize, f64)]) -> Result<Self, CostError> {
        let mut matrix = vec![vec![0.0; inputs]; inputs];
        for (i, row) in matrix.iter_mut().enumerate() {
            row[i] = 1.0;
        }
        for (number, (i, j, correlation)) in pairs.iter().enumerate() {
            if i == j || *i >= inputs || *j >= inputs {
                let problem = format!("{i} and {j} are not two of {inputs} inputs, counted from 0");
                return Err(CostError::invalid(format!("correlation[{number}]"), problem));
            }
            let ok = correlation.abs() < 1.0;
            check(&format!("correlation[{number}]"), *correlation, ok, "above -1 and below 1")?;
            matrix[*i][*j] = *correlation;
            matrix[*j][*i] = *correlation;
        }
        Self::new(&matrix)
    }

    /// How many inputs it correlates.
    pub fn len(&self) -> usize {
        self.factor.len()
    }

    /// Whether it correlates none.
    pub fn is_empty(&self) -> bool {
        self.factor.is_empty()
    }

    /// Correlates one point's coordinates in place.
    pub fn apply(&self, point: &mut [f64]) {
        point.iter_mut().for_each(|coordinate| *coordinate = normal_ppf(*coordinate));
        for (i, row) in self.factor.iter().enumerate().rev() {
            let mixed = row.iter().zip(point.iter()).map(|(weight, score)| weight * score).sum();
            if let Some(score) = point.get_mut(i) {
                *score = mixed;
            }
        }
        // Inside the open interval, so that no quantile is infinite.
        point.iter_mut().for_each(|score| *score = normal_cdf(*score).clamp(1e-16, 1.0 - 1e-16));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_point_in_each_stratum_of_each_dimension() {
        for len in [1, 2, 3, 8, 100, 1_000, 1_024] {
            let cube = LatinHypercube::new(len, 42).unwrap();
            for dimension in 0..5 {
                let dimension = cube.dimension(dimension);
                let mut strata: Vec<usize> = (0..len).map(|i| (dimension.at(i) * len as f64) as usize).collect();
                strata.sort_unstable();
                assert_eq!(strata, (0..len).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn neighbours_at_once_are_the_same_points() {
        for len in [5, 100, 1_000] {
            let dimension = LatinHypercube::new(len, 7).unwrap().dimension(3);
            let mut coordinates = [0.0; 16];
            dimension.fill(len - 3, &mut coordinates);
            for (offset, coordinate) in coordinates.iter().enumerate() {
                assert_eq!(*coordinate, dimension.at(len - 3 + offset));
            }
        }
    }

    #[test]
    fn seeds_and_dimensions_differ_and_are_uncorrelated() {
        let len = 10_000;
        let cube = LatinHypercube::new(len, 1).unwrap();
        let correlation = |a: Dimension, b: Dimension| {
            12.0 * (0..len).map(|i| (a.at(i) - 0.5) * (b.at(i) - 0.5)).sum::<f64>() / len as f64
        };
        for i in 0..8 {
            for j in 0..i {
                let r = correlation(cube.dimension(i), cube.dimension(j));
                assert!(r.abs() < 0.04, "{i} {j}: {r}");
            }
        }
        let other = LatinHypercube::new(len, 2).unwrap();
        assert!(correlation(cube.dimension(0), other.dimension(0)).abs() < 0.04);
    }

    #[test]
    fn a_copula_correlates_and_keeps_the_marginals() {
        let len = 20_000;
        let cube = LatinHypercube::new(len, 3).unwrap();
        let copula = Correlation::new(&[vec![1.0, 0.8], vec![0.8, 1.0]]).unwrap();
        let (x, y) = (cube.dimension(0), cube.dimension(1));
        let (mut product, mut mean) = (0.0, 0.0);
        for i in 0..len {
            let mut point = [x.at(i), y.at(i)];
            copula.apply(&mut point);
            product += 12.0 * (point[0] - 0.5) * (point[1] - 0.5) / len as f64;
            mean += point[1] / len as f64;
        }
        // The rank correlation of a Gaussian copula: 6/pi asin(rho/2).
        let expected = 6.0 / std::f64::consts::PI * 0.4f64.asin();
        assert!((product - expected).abs() < 0.02, "{product} {expected}");
        assert!((mean - 0.5).abs() < 0.01);
    }

    #[test]
    fn impossible_correlations_are_refused() {
        for matrix in [
            vec![vec![1.0, 0.5]],
            vec![vec![1.0, 0.5], vec![0.4, 1.0]],
            vec![vec![1.0, 1.0], vec![1.0, 1.0]],
            vec![vec![2.0]],
        ] {
            assert_eq!(Correlation::new(&matrix).unwrap_err().field(), "correlation");
        }
    }
}
