//! Effort of work that nobody has done yet: three-point estimates and their sum.
//!
//! Source: D. G. Malcolm et al., "Application of a Technique for Research and Development Program Evaluation",
//! Operations Research 7 (1959): the mean of an activity is a sixth of (least + 4 × likeliest + most), its standard
//! deviation a sixth of the range; activities are independent and their sum is taken as normal.

use crate::uncertainty::normal_ppf;

/// Least, likeliest and largest effort of a piece of work, in any one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThreePoint {
    /// The least.
    pub low: f64,
    /// The likeliest.
    pub likely: f64,
    /// The largest.
    pub high: f64,
}

impl ThreePoint {
    /// The mean.
    pub fn mean(&self) -> f64 {
        (self.low + 4.0 * self.likely + self.high) / 6.0
    }

    /// The variance, in the unit squared.
    pub fn variance(&self) -> f64 {
        ((self.high - self.low) / 6.0).powi(2)
    }
}

/// The mean of the sum of independent pieces of work, and what suffices with `probability`, between 0 and 1 exclusive.
/// Never below the sum of the least efforts.
pub fn total_effort(pieces: &[ThreePoint], probability: f64) -> (f64, f64) {
    let mean: f64 = pieces.iter().map(ThreePoint::mean).sum();
    let variance: f64 = pieces.iter().map(ThreePoint::variance).sum();
    let least: f64 = pieces.iter().map(|piece| piece.low).sum();
    (mean, (mean + normal_ppf(probability) * variance.sqrt()).max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_two_pieces_is_that_of_the_textbook() {
        // Means 4.5 and 6, variances 0.25 and 1: the sum has mean 10.5 and standard deviation 1.118.
        let pieces = [ThreePoint { low: 3.0, likely: 4.5, high: 6.0 }, ThreePoint { low: 3.0, likely: 6.0, high: 9.0 }];
        let (mean, p80) = total_effort(&pieces, 0.8);
        assert!((mean - 10.5).abs() < 1e-12);
        assert!((p80 - (10.5 + 0.841_621_233_6 * 1.25f64.sqrt())).abs() < 1e-8, "{p80}");
    }

    #[test]
    fn certain_work_takes_what_it_takes() {
        let piece = ThreePoint { low: 5.0, likely: 5.0, high: 5.0 };
        assert_eq!(total_effort(&[piece, piece], 0.8), (10.0, 10.0));
        assert_eq!(total_effort(&[], 0.8), (0.0, 0.0));
    }
}
