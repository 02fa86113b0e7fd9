//! What is not known as one number: kinds of distributions, one made from another, and how it looks.

use assay_study::{Distribution, Quantity};

use crate::assess::translate;

/// What a value can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityKind {
    /// One number.
    Number,
    /// Any value between two ends alike.
    Uniform,
    /// A triangle.
    Triangular,
    /// A smoother triangle.
    Pert,
    /// A bell.
    Normal,
    /// A bell of the logarithm, for what cannot be negative.
    Lognormal,
    /// Samples; they are stated in study.yaml.
    Empirical,
}

impl QuantityKind {
    /// The kinds that can be chosen.
    pub const CHOICES: [Self; 6] =
        [Self::Number, Self::Uniform, Self::Triangular, Self::Pert, Self::Normal, Self::Lognormal];

    /// The words shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Number => "One number",
            Self::Uniform => "Uniform",
            Self::Triangular => "Triangular",
            Self::Pert => "PERT",
            Self::Normal => "Normal",
            Self::Lognormal => "Lognormal",
            Self::Empirical => "Samples",
        }
    }

    /// What a value is.
    pub fn of(quantity: &Quantity) -> Self {
        match quantity.distribution() {
            None => Self::Number,
            Some(Distribution::Uniform(_)) => Self::Uniform,
            Some(Distribution::Triangular(_)) => Self::Triangular,
            Some(Distribution::Pert(_)) => Self::Pert,
            Some(Distribution::Normal(_)) => Self::Normal,
            Some(Distribution::Lognormal(_)) => Self::Lognormal,
            Some(Distribution::Empirical(_)) => Self::Empirical,
        }
    }

    /// The names of the parameters, in their order.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Number => &["value"],
            Self::Uniform => &["low", "high"],
            Self::Triangular | Self::Pert => &["low", "likeliest", "high"],
            Self::Normal => &["mean", "deviation"],
            Self::Lognormal => &["mean", "variation"],
            Self::Empirical => &[],
        }
    }
}

/// The parameters of a value, in the order of [`QuantityKind::parameters`].
pub fn parameters(quantity: &Quantity) -> Vec<f64> {
    match quantity {
        Quantity::Number(value) => vec![*value],
        Quantity::Uncertain(distribution) => match distribution {
            Distribution::Uniform(values) | Distribution::Normal(values) | Distribution::Lognormal(values) => {
                values.to_vec()
            }
            Distribution::Triangular(values) | Distribution::Pert(values) => values.to_vec(),
            Distribution::Empirical(_) => Vec::new(),
        },
    }
}

/// A value of a kind with these parameters; `None` where their number is wrong.
pub fn with_parameters(kind: QuantityKind, parameters: &[f64]) -> Option<Quantity> {
    let two = || <[f64; 2]>::try_from(parameters).ok();
    let three = || <[f64; 3]>::try_from(parameters).ok();
    Some(match kind {
        QuantityKind::Number => Quantity::Number(*parameters.first()?),
        QuantityKind::Uniform => Quantity::Uncertain(Distribution::Uniform(two()?)),
        QuantityKind::Normal => Quantity::Uncertain(Distribution::Normal(two()?)),
        QuantityKind::Lognormal => Quantity::Uncertain(Distribution::Lognormal(two()?)),
        QuantityKind::Triangular => Quantity::Uncertain(Distribution::Triangular(three()?)),
        QuantityKind::Pert => Quantity::Uncertain(Distribution::Pert(three()?)),
        QuantityKind::Empirical => return None,
    })
}

/// A value of another kind with the same centre and about the same spread, within `min` and `max`; from one number a
/// spread of a tenth.
pub fn of_kind(quantity: &Quantity, kind: QuantityKind, (min, max): (f64, f64)) -> Option<Quantity> {
    let centre = quantity.value();
    let ends = match quantity.distribution() {
        Some(distribution) => {
            let model = translate::distribution(distribution);
            (model.quantile(0.001).ok()?, model.quantile(0.999).ok()?)
        }
        None if centre == 0.0 => (0.0, (max - min) * 0.1),
        None => (centre - 0.1 * centre.abs(), centre + 0.1 * centre.abs()),
    };
    let (low, high) = (rounded(ends.0.clamp(min, centre.max(min))), rounded(ends.1.clamp(centre.min(max), max)));
    let deviation = rounded(((high - low) / 6.2).max(0.0));
    let parameters = match kind {
        QuantityKind::Number => vec![centre],
        QuantityKind::Uniform => vec![low, high],
        QuantityKind::Triangular | QuantityKind::Pert => vec![low, centre.clamp(low, high), high],
        QuantityKind::Normal => vec![centre, deviation.min(((centre - min).min(max - centre) / 3.2).max(0.0))],
        QuantityKind::Lognormal if centre > 0.0 => vec![centre, rounded(deviation / centre)],
        QuantityKind::Lognormal | QuantityKind::Empirical => return None,
    };
    with_parameters(kind, &parameters)
}

/// The same distribution around another centre; one number becomes that number. `None` where it would leave the range.
pub fn moved_to(quantity: &Quantity, centre: f64, (min, max): (f64, f64)) -> Option<Quantity> {
    let by = centre - quantity.value();
    let moved = match quantity {
        Quantity::Number(_) => Quantity::Number(centre),
        Quantity::Uncertain(distribution) => Quantity::Uncertain(match distribution {
            Distribution::Uniform(ends) => Distribution::Uniform(ends.map(|end| rounded(end + by))),
            Distribution::Triangular(points) => Distribution::Triangular(points.map(|point| rounded(point + by))),
            Distribution::Pert(points) => Distribution::Pert(points.map(|point| rounded(point + by))),
            Distribution::Normal([_, deviation]) => Distribution::Normal([centre, *deviation]),
            Distribution::Lognormal([_, variation]) => Distribution::Lognormal([centre, *variation]),
            Distribution::Empirical(samples) => {
                Distribution::Empirical(samples.iter().map(|sample| rounded(sample + by)).collect())
            }
        }),
    };
    moved.problem(min, max).is_none().then_some(moved)
}

/// The density at some values, from the first to the last thousandth; empty for one number.
pub fn density(quantity: &Quantity) -> Vec<[f64; 2]> {
    const STEPS: u32 = 120;
    let Some(model) = quantity.distribution().map(translate::distribution) else { return Vec::new() };
    let at = |step: u32| {
        let p = 0.001 + 0.998 * f64::from(step) / f64::from(STEPS);
        model.quantile(p).ok()
    };
    let values: Vec<f64> = (0..=STEPS).filter_map(at).collect();
    let part = 0.998 / f64::from(STEPS);
    let mut points: Vec<[f64; 2]> = values
        .windows(2)
        .filter_map(|pair| match pair {
            [low, high] if high > low => Some([(low + high) / 2.0, part / (high - low)]),
            _ => None,
        })
        .collect();
    // Down to the axis at both ends.
    if let (Some(first), Some(last)) = (values.first(), values.last())
        && !points.is_empty()
    {
        let is_uniform = matches!(quantity.distribution(), Some(Distribution::Uniform(_)));
        let end = |at: f64, y: f64| if is_uniform { vec![[at, 0.0], [at, y]] } else { vec![[at, 0.0]] };
        let (left, right) = (points.first().map_or(0.0, |p| p[1]), points.last().map_or(0.0, |p| p[1]));
        let mut all = end(*first, left);
        all.append(&mut points);
        all.extend(end(*last, right).into_iter().rev());
        return all;
    }
    points
}

/// Digits that nobody set are left out.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: (f64, f64) = (1.0, 3.0);

    #[test]
    fn another_kind_keeps_the_centre_and_fits_the_range() {
        let triangle = Quantity::Uncertain(Distribution::Triangular([1.2, 1.4, 1.6]));
        for from in [triangle, Quantity::Number(1.0), Quantity::Number(3.0), Quantity::Number(2.0)] {
            for kind in QuantityKind::CHOICES {
                let made = of_kind(&from, kind, RANGE).unwrap();
                assert_eq!(QuantityKind::of(&made), kind);
                assert_eq!(parameters(&made).len(), kind.parameters().len());
                assert_eq!(with_parameters(kind, &parameters(&made)).unwrap(), made);
                if kind != QuantityKind::Uniform {
                    assert!((made.value() - from.value()).abs() < 1e-9, "{from:?} {made:?}");
                }
                if kind != QuantityKind::Lognormal {
                    assert_eq!(made.problem(RANGE.0, RANGE.1), None, "{from:?} {made:?}");
                }
            }
        }
    }

    #[test]
    fn a_distribution_is_moved_as_a_whole_and_not_out_of_its_range() {
        let triangle = Quantity::Uncertain(Distribution::Triangular([1.2, 1.4, 1.6]));
        let moved = moved_to(&triangle, 1.5, RANGE).unwrap();
        assert_eq!(moved, Quantity::Uncertain(Distribution::Triangular([1.3, 1.5, 1.7])));
        assert_eq!(moved_to(&triangle, 1.1, RANGE), None);
        assert_eq!(moved_to(&Quantity::Number(1.4), 1.1, RANGE), Some(Quantity::Number(1.1)));
    }

    #[test]
    fn a_density_has_an_area_of_one() {
        for distribution in [
            Distribution::Uniform([1.0, 3.0]),
            Distribution::Triangular([1.0, 1.5, 3.0]),
            Distribution::Pert([1.0, 1.5, 3.0]),
            Distribution::Normal([2.0, 0.3]),
            Distribution::Lognormal([2.0, 0.3]),
        ] {
            let points = density(&Quantity::Uncertain(distribution.clone()));
            let area: f64 = points.windows(2).map(|p| (p[1][0] - p[0][0]) * (p[0][1] + p[1][1]) / 2.0).sum();
            assert!((area - 1.0).abs() < 0.02, "{distribution:?}: {area}");
        }
        assert!(density(&Quantity::Number(1.0)).is_empty());
    }
}
