//! Break-even: where one way becomes cheaper than another.

use crate::error::{CostError, answer, non_negative};

/// The volume from which on a fixed cost pays: `fixed / (price - variable)`, in the unit of the prices. `None` where
/// each unit costs as much as it saves, so that no volume ever does.
///
/// # Errors
/// A negative amount.
pub fn break_even_volume(fixed: f64, price: f64, variable: f64) -> Result<Option<f64>, CostError> {
    non_negative("fixed", fixed)?;
    non_negative("price", price)?;
    non_negative("variable", variable)?;
    (price > variable).then(|| answer("break-even volume", fixed / (price - variable))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_or_none() {
        let volume = break_even_volume(46_206.08, 0.6, 0.02).unwrap().unwrap();
        assert!((volume * 1e6 - 79_665_655_172.413_8).abs() < 1.0);
        assert_eq!(break_even_volume(1.0, 0.5, 0.5), Ok(None));
    }
}
