//! Quantiles for millions of draws.

use super::Distribution;
use super::distribution::Quantiles;
use crate::CostError;

/// Cells of the table.
const CELLS: usize = 1024;
/// Cells at either end in which the exact quantile is taken: there the quantile function is steep.
const EXACT: usize = 24;

/// A distribution's quantile function. What is dear to compute is tabulated and interpolated by cubics through four
/// neighbouring points; at the ends, and where it is cheap, it is exact.
#[derive(Clone, Debug)]
pub(crate) struct QuantileTable {
    exact: Quantiles,
    /// Four coefficients for each cell; empty where the exact quantile is cheap.
    cells: Vec<[f64; 4]>,
}

impl QuantileTable {
    pub fn new(distribution: &Distribution) -> Result<Self, CostError> {
        let exact = Quantiles::new(distribution)?;
        let is_cheap = matches!(exact, Quantiles::Linear { .. } | Quantiles::Triangular { .. } | Quantiles::Sorted(_));
        if is_cheap {
            return Ok(Self { exact, cells: Vec::new() });
        }
        // Points at and around the cells that are interpolated.
        let point = |i: usize| exact.at(i as f64 / CELLS as f64);
        let cells = (0..CELLS)
            .map(|cell| {
                if !(EXACT..CELLS - EXACT).contains(&cell) {
                    return [0.0; 4];
                }
                // The cubic through the points at -1, 0, 1 and 2.
                let [a, b, c, d] = [point(cell - 1), point(cell), point(cell + 1), point(cell + 2)];
                let third = (d - a) / 6.0 + (b - c) / 2.0;
                let second = (a + c) / 2.0 - b;
                let first = c - a / 3.0 - b / 2.0 - d / 6.0;
                [b, first, second, third]
            })
            .collect();
        Ok(Self { exact, cells })
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
            _ => {
                for p in coordinates {
                    *p = self.at(*p);
                }
            }
        }
    }

    #[inline]
    pub fn at(&self, p: f64) -> f64 {
        let place = p * CELLS as f64;
        let cell = place as usize;
        match self.cells.get(cell) {
            Some([constant, first, second, third]) if (EXACT..CELLS - EXACT).contains(&cell) => {
                let t = place - cell as f64;
                constant + t * (first + t * (second + t * third))
            }
            _ => self.exact.at(p),
        }
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
            for i in 1..10_000 {
                let p = f64::from(i) / 10_000.0;
                let exact = distribution.quantile(p).unwrap();
                assert!((table.at(p) - exact).abs() < 2e-7, "{distribution:?} at {p}: {} {exact}", table.at(p));
            }
        }
    }
}
