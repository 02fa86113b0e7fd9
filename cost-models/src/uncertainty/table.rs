//! Quantiles for millions of draws.

use super::Distribution;
use super::distribution::Quantiles;
use crate::CostError;

/// Cells of the table, of equal width.
const CELLS: usize = 1024;
/// Cells at either end that the tails cover: there the quantile function is steep.
const TAIL: usize = 24;
/// Cells of a tail in each halving of the distance to the end.
const CELLS_OF_HALVING: usize = 16;
/// Bits of a double below those that number such a cell.
const LOW_BITS: u32 = 52 - CELLS_OF_HALVING.trailing_zeros();
/// The distance to the end below which the exact quantile is taken.
const NEAREST: f64 = 1.0 / (1 << 22) as f64;

/// A distribution's quantile function. What is dear to compute is tabulated and interpolated by cubics; in the tails
/// the cells narrow towards the ends. Where it is cheap, and next to the ends, it is exact.
#[derive(Clone, Debug)]
pub(crate) struct QuantileTable {
    exact: Quantiles,
    /// Four coefficients for each cell; empty where the exact quantile is cheap.
    cells: Vec<[f64; 4]>,
    /// The same for the cells of the lower and of the upper tail, from the end inwards.
    tails: [Vec<[f64; 4]>; 2],
}

/// The cell of a tail at this distance from the end.
fn tail_cell(distance: f64) -> usize {
    (distance.to_bits() >> LOW_BITS).saturating_sub(NEAREST.to_bits() >> LOW_BITS) as usize
}

/// Where a cell of a tail begins.
fn tail_start(cell: usize) -> f64 {
    f64::from_bits(((NEAREST.to_bits() >> LOW_BITS) + cell as u64) << LOW_BITS)
}

/// The coefficients of the cubic through values at 0, 1/3, 2/3 and 1.
fn cubic([a, b, c, d]: [f64; 4]) -> [f64; 4] {
    let first = -5.5 * a + 9.0 * b - 4.5 * c + d;
    let second = 9.0 * a - 22.5 * b + 18.0 * c - 4.5 * d;
    let third = -4.5 * a + 13.5 * b - 13.5 * c + 4.5 * d;
    [a, first, second, third]
}

impl QuantileTable {
    pub fn new(distribution: &Distribution) -> Result<Self, CostError> {
        let exact = Quantiles::new(distribution)?;
        let is_cheap = matches!(exact, Quantiles::Linear { .. } | Quantiles::Triangular { .. } | Quantiles::Sorted(_));
        if is_cheap {
            return Ok(Self { exact, cells: Vec::new(), tails: Default::default() });
        }
        let points: Vec<f64> = (TAIL - 1..=CELLS - TAIL + 1).map(|i| exact.at(i as f64 / CELLS as f64)).collect();
        let mut cells = vec![[0.0; 4]; CELLS];
        for (cell, points) in cells[TAIL..CELLS - TAIL].iter_mut().zip(points.windows(4)) {
            // The cubic through the points at -1, 0, 1 and 2.
            if let [a, b, c, d] = points {
                let third = (d - a) / 6.0 + (b - c) / 2.0;
                let second = (a + c) / 2.0 - b;
                let first = c - a / 3.0 - b / 2.0 - d / 6.0;
                *cell = [*b, first, second, third];
            }
        }
        let tail = |upper: bool| {
            let at = |distance: f64| exact.at(if upper { 1.0 - distance } else { distance });
            (0..=tail_cell(TAIL as f64 / CELLS as f64))
                .map(|cell| {
                    let (start, end) = (tail_start(cell), tail_start(cell + 1));
                    let third = (end - start) / 3.0;
                    cubic([at(start), at(start + third), at(end - third), at(end)])
                })
                .collect()
        };
        let tails = [tail(false), tail(true)];
        Ok(Self { exact, cells, tails })
    }

    /// The least and the largest value; infinite where there is none.
    pub fn ends(&self) -> (f64, f64) {
        (self.exact.at(0.0), self.exact.at(1.0))
    }

    /// Turns coordinates into values, in place.
    #[inline(always)]
    pub fn transform<const N: usize>(&self, coordinates: &mut [f64; N]) {
        match &self.exact {
            // What is cheap vectorises once the kind of distribution is known outside the loop.
            Quantiles::Linear { low, width } => {
                for p in coordinates {
                    *p = low + width * *p;
                }
            }
            Quantiles::Triangular { low, high, at_mode, rising, falling } => {
                for p in coordinates {
                    let rises = *p < *at_mode;
                    let root = (if rises { *p * rising } else { (1.0 - *p) * falling }).sqrt();
                    *p = if rises { low + root } else { high - root };
                }
            }
            _ => match self.cells.first_chunk::<CELLS>() {
                Some(cells) => self.interpolate(cells, coordinates),
                None => coordinates.iter_mut().for_each(|p| *p = self.exact.at(*p)),
            },
        }
    }

    #[inline(always)]
    fn interpolate<const N: usize>(&self, cells: &[[f64; 4]; CELLS], coordinates: &mut [f64; N]) {
        let points = *coordinates;
        for p in coordinates.iter_mut() {
            let place = *p * CELLS as f64;
            let cell = place as u32;
            let t = place - f64::from(cell);
            let [constant, first, second, third] = &cells[cell as usize % CELLS];
            *p = constant + t * (first + t * (second + t * third));
        }
        // The cells of the tails are empty above.
        const WIDTH: f64 = TAIL as f64 / CELLS as f64;
        for (values, points) in coordinates.chunks_mut(u64::BITS as usize).zip(points.chunks(u64::BITS as usize)) {
            let mut in_tail = 0u64;
            for (i, p) in points.iter().enumerate() {
                in_tail |= u64::from((*p < WIDTH) | (*p >= 1.0 - WIDTH)) << i;
            }
            while in_tail != 0 {
                let i = in_tail.trailing_zeros() as usize;
                values[i] = self.tail(points[i]);
                in_tail &= in_tail - 1;
            }
        }
    }

    #[inline]
    fn tail(&self, p: f64) -> f64 {
        let [lower, upper] = &self.tails;
        let (distance, tail) = if p < 0.5 { (p, lower) } else { (1.0 - p, upper) };
        if distance < NEAREST {
            return self.exact.at(p);
        }
        let cell = tail_cell(distance);
        let Some([constant, first, second, third]) = tail.get(cell) else { return self.exact.at(p) };
        let start = tail_start(cell);
        let t = (distance - start) / (tail_start(cell + 1) - start);
        constant + t * (first + t * (second + t * third))
    }

    /// One quantile.
    pub fn at(&self, p: f64) -> f64 {
        let mut value = [p];
        self.transform(&mut value);
        value[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_quantile_function() {
        for distribution in [
            Distribution::Normal { mean: 0.0, sd: 1.0 },
            Distribution::Lognormal { mean: 1.0, cv: 0.5 },
            Distribution::Pert { low: 0.0, mode: 0.3, high: 1.0, lambda: 4.0 },
            Distribution::Triangular { low: 0.0, mode: 0.3, high: 1.0 },
            Distribution::Uniform { low: 0.0, high: 1.0 },
            Distribution::Empirical { samples: vec![1.0, 2.0, 4.0] },
        ] {
            let table = QuantileTable::new(&distribution).unwrap();
            let far = (1..60).map(|i| 0.6f64.powi(i));
            for p in (1..10_000).map(|i| f64::from(i) / 10_000.0).chain(far.clone()).chain(far.map(|p| 1.0 - p)) {
                let exact = distribution.quantile(p).unwrap();
                assert!((table.at(p) - exact).abs() < 2e-7, "{distribution:?} at {p}: {} {exact}", table.at(p));
            }
        }
    }
}
