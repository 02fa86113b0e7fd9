//! Where another option takes the place of the recommended one.

use serde::{Deserialize, Serialize};

use super::break_even::best_of;
use super::what_if::Varied;
use super::{Assumptions, Driver, Metric, OptionInput, evaluate};
use crate::CostError;

/// A value at which another option is the cheapest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The value next to the assumed one at which that is so.
    pub at: f64,
    /// Whether it is below the assumed value.
    pub is_below: bool,
    /// The option that is then the cheapest.
    pub becomes: String,
}

/// How many places are looked at on each side. Costs jump where a unit is added, so they must be close.
const PLACES: u32 = 40;

/// The flips nearest to the assumed value within a range, at most one below and one above: where the option of the
/// lowest present value is no longer the one it is now. It is the one rule by which an input can turn an answer.
///
/// # Errors
/// A range outside the driver's, or an input that [`evaluate`] refuses.
pub fn flips(
    options: &[OptionInput],
    assumptions: &Assumptions,
    driver: &Driver,
    (low, high): (f64, f64),
) -> Result<Vec<Flip>, CostError> {
    let Some(now) = driver.value(options, assumptions) else { return Ok(Vec::new()) };
    let Some(recommended) = best_of(&evaluate(options, assumptions)?, Metric::PresentValue) else {
        return Ok(Vec::new());
    };
    let study = Varied { options, assumptions };
    let other = |value: f64| -> Result<Option<String>, CostError> {
        let best = best_of(&study.evaluate(driver, value)?, Metric::PresentValue);
        Ok(best.filter(|best| *best != recommended))
    };
    let mut found = Vec::new();
    for (end, is_below) in [(low, true), (high, false)] {
        if (end < now) != is_below || end == now {
            continue;
        }
        let mut holds = now;
        for step in 1..=PLACES {
            let part = f64::from(step) / f64::from(PLACES);
            let value = if step == PLACES { end } else { now + (end - now) * part };
            let value = if driver.is_whole() { value.round() } else { value };
            if let Some(becomes) = other(value)? {
                let (at, becomes) = nearest(driver, &other, holds, value, becomes)?;
                found.push(Flip { at, is_below, becomes });
                break;
            }
            holds = value;
        }
    }
    Ok(found)
}

/// Halves the way between a value at which the answer holds and one at which it does not.
fn nearest(
    driver: &Driver,
    other: &impl Fn(f64) -> Result<Option<String>, CostError>,
    mut holds: f64,
    mut flipped: f64,
    mut becomes: String,
) -> Result<(f64, String), CostError> {
    while (flipped - holds).abs() > 1e-9 * holds.abs().max(flipped.abs()) {
        let middle = 0.5 * (holds + flipped);
        let middle = if driver.is_whole() { middle.round() } else { middle };
        if middle == holds || middle == flipped {
            break;
        }
        match other(middle)? {
            Some(option) => (flipped, becomes) = (middle, option),
            None => holds = middle,
        }
    }
    Ok((flipped, becomes))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{rented, year};
    use super::*;

    #[test]
    fn a_third_option_can_take_the_place_of_the_recommended_one() {
        // The NPV of `new` against the baseline stays far above zero, and yet `third` becomes the cheaper one.
        let mut options = [rented("base", 300.0, 9.0), rented("new", 300.0, 3.0), rented("third", 300.0, 3.5)];
        options[0].is_baseline = true;
        let price = Driver::PriceFactor("new".to_owned());
        let found = flips(&options, &year(), &price, (0.8, 1.3)).unwrap();
        let [Flip { at, is_below: false, becomes }] = found.as_slice() else { panic!("{found:?}") };
        assert!((at - 3.5 / 3.0).abs() < 1e-6 && becomes == "third", "{found:?}");
        assert_eq!(flips(&options, &year(), &price, (0.8, 1.1)).unwrap(), []);

        let throughput = Driver::Throughput("new".to_owned());
        let found = flips(&options, &year(), &throughput, (150.0, 600.0)).unwrap();
        let [below] = found.as_slice() else { panic!("{found:?}") };
        assert!(below.is_below && below.becomes == "third", "{found:?}");
        let study = Varied { options: &options, assumptions: &year() };
        let best = |value: f64| best_of(&study.evaluate(&throughput, value).unwrap(), Metric::PresentValue).unwrap();
        assert_eq!((best(below.at).as_str(), best(below.at * 1.000_001).as_str()), ("third", "new"));
        // Who stays flips, too: to the option that becomes cheaper than the baseline.
        let found = flips(&options[..2], &year(), &price, (1.0, 4.0)).unwrap();
        assert!(matches!(found.as_slice(), [Flip { becomes, .. }] if becomes == "base"), "{found:?}");
    }
}
