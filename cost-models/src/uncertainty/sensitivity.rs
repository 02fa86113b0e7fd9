//! Which inputs drive a result.

use serde::{Deserialize, Serialize};

use super::distribution::{Distribution, Quantiles};
use crate::error::{CostError, answer, check};

/// One input's bar of a tornado.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// The input.
    pub name: String,
    /// The result at the input's low value. For an inverse driver it is the higher of the two.
    pub low: f64,
    /// The result at the input's high value.
    pub high: f64,
    /// The distance between the two.
    pub swing: f64,
}

/// One-at-a-time sensitivity: each input at its low and at its high value with all others at the base; the widest bar
/// first, equals in the order given.
///
/// # Errors
/// Those of the model.
pub fn tornado<E>(
    ranges: &[(String, f64, f64)],
    mut result_with: impl FnMut(usize, f64) -> Result<f64, E>,
) -> Result<Vec<Bar>, E> {
    let mut bars = ranges
        .iter()
        .enumerate()
        .map(|(i, (name, low, high))| {
            let (low, high) = (result_with(i, *low)?, result_with(i, *high)?);
            Ok(Bar { name: name.clone(), low, high, swing: (high - low).abs() })
        })
        .collect::<Result<Vec<_>, E>>()?;
    bars.sort_by(|a, b| b.swing.total_cmp(&a.swing));
    Ok(bars)
}

/// Variance-based sensitivity of a result to independent inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SobolIndices {
    /// First-order indices: the part of the variance that each input explains alone.
    pub first_order: Vec<f64>,
    /// Total indices: the part that remains uncertain when all others are known.
    pub total: Vec<f64>,
    /// The variance.
    pub variance: f64,
}

/// First-order indices by the estimator of Saltelli et al. 2010 and total ones by Jansen 1999, from two samples of
/// `samples` points (best a power of two): `samples * (inputs + 2)` evaluations of the model.
///
/// The points are an Owen-scrambled Sobol sequence, which is far more exact here than random ones.
///
/// # Errors
/// No inputs or more than 128, samples outside 2 to 65536, a result that is not finite, or one that does not vary.
pub fn sobol_indices(
    inputs: &[Distribution],
    samples: u32,
    seed: u32,
    model: impl Fn(&[f64]) -> f64,
) -> Result<SobolIndices, CostError> {
    sobol_indices_of_batches(inputs, samples, seed, |points, results| {
        for (point, result) in points.iter().zip(results) {
            *result = model(point);
        }
    })
}

/// [`sobol_indices`] of a model that answers many points at once.
pub(crate) fn sobol_indices_of_batches(
    inputs: &[Distribution],
    samples: u32,
    seed: u32,
    mut model: impl FnMut(&[Vec<f64>], &mut [f64]),
) -> Result<SobolIndices, CostError> {
    check("samples", f64::from(samples), (2..=1 << 16).contains(&samples), "between 2 and 65536")?;
    if !(1..=128).contains(&inputs.len()) {
        return Err(CostError::invalid("inputs", format!("{} are given; 1 to 128 are possible", inputs.len())));
    }
    let quantiles = inputs.iter().map(Quantiles::new).collect::<Result<Vec<_>, _>>()?;
    let count = inputs.len();
    let draw = |offset: usize, index: u32| -> Vec<f64> {
        let coordinate = |i: usize| {
            let point = sobol_burley::sample(index, (offset + i) as u32, seed);
            // The points lie on a grid that begins at 0: half a step keeps them off the ends.
            f64::from(point) + 0.5 / f64::from(1 << 24)
        };
        quantiles.iter().enumerate().map(|(i, quantiles)| quantiles.at(coordinate(i))).collect()
    };

    // For each index the results at its point of the first sample, of the second, and of the first with one input of
    // the second.
    let width = count + 2;
    let mut results = vec![0.0; samples as usize * width];
    for (index, results) in results.chunks_mut(width).enumerate() {
        let (a, b) = (draw(0, index as u32), draw(count, index as u32));
        let mixed = (0..count).map(|i| {
            let mut point = a.clone();
            point[i] = b[i];
            point
        });
        let points: Vec<Vec<f64>> = [a.clone(), b.clone()].into_iter().chain(mixed).collect();
        model(&points, results);
        results.iter().try_for_each(|result| answer("model", *result).map(|_| ()))?;
    }

    let n = f64::from(samples);
    let pairs = || results.chunks(width).filter_map(|row| row.first().copied().zip(row.get(1).copied()));
    let mean = pairs().map(|(a, b)| a + b).sum::<f64>() / (2.0 * n);
    let variance = pairs().map(|(a, b)| (a - mean).powi(2) + (b - mean).powi(2)).sum::<f64>() / (2.0 * n);
    if variance <= 0.0 {
        return Err(CostError::invalid("model", "the result does not vary with its inputs"));
    }
    let with = |i: usize| results.chunks(width).filter_map(move |row| row.get(i + 2).copied());
    // Centring does not change the estimate's mean and shrinks its error.
    let first = |i: usize| pairs().zip(with(i)).map(|((a, b), with)| (b - mean) * (with - a)).sum::<f64>();
    let rest = |i: usize| pairs().zip(with(i)).map(|((a, _), with)| (a - with).powi(2)).sum::<f64>();
    Ok(SobolIndices {
        first_order: (0..count).map(|i| first(i) / n / variance).collect(),
        total: (0..count).map(|i| rest(i) / (2.0 * n) / variance).collect(),
        variance,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ishigami() {
        let input = Distribution::Uniform { low: -std::f64::consts::PI, high: std::f64::consts::PI };
        let inputs = vec![input; 3];
        let model = |x: &[f64]| x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin();
        let indices = sobol_indices(&inputs, 1 << 14, 7, model).unwrap();
        for (found, expected) in indices.first_order.iter().zip([0.3139, 0.4424, 0.0]) {
            assert!((found - expected).abs() < 0.01, "{indices:?}");
        }
        for (found, expected) in indices.total.iter().zip([0.5576, 0.4424, 0.2437]) {
            assert!((found - expected).abs() < 0.01, "{indices:?}");
        }
        assert!((indices.variance - 13.8446).abs() < 0.01);
    }

    #[test]
    fn the_widest_bar_comes_first_and_inverse_drivers_flip() {
        let base = [2.0, 4.0];
        let ranges = [("price".to_owned(), 1.0, 3.0), ("throughput".to_owned(), 1.0, 8.0)];
        let bars = tornado(&ranges, |i, value| {
            let mut inputs = base;
            inputs[i] = value;
            Ok::<_, CostError>(inputs[0] / inputs[1])
        })
        .unwrap();
        assert_eq!(bars[0].name, "throughput");
        assert!(bars[0].low > bars[0].high && bars[1].low < bars[1].high);
        assert!((bars[0].swing - 1.75).abs() < 1e-12);
    }

    #[test]
    fn a_constant_has_no_indices() {
        let input = Distribution::Uniform { low: 0.0, high: 1.0 };
        assert!(sobol_indices(&[input], 16, 1, |_| 3.0).is_err());
    }
}
