//! What if: a result along one driver, break-even between two options, and a tornado.

use serde::{Deserialize, Serialize};

use super::{Assumptions, Driver, Evaluation, OptionInput, evaluate};
use crate::CostError;
use crate::uncertainty::{Bar, tornado};

/// A figure of one option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// NPV against the baseline.
    Npv,
    /// Present value of all payments.
    PresentValue,
    /// Undiscounted sum of all payments.
    TotalCost,
    /// Cost of a million items at the target utilisation.
    UnitCost,
    /// Total cost over a million items served.
    FullUnitCost,
}

impl Metric {
    /// Its value, where the evaluation has one.
    pub fn of(self, evaluation: &Evaluation) -> Option<f64> {
        let money = match self {
            Self::Npv => evaluation.npv(),
            Self::PresentValue => evaluation.tco.as_ref().map(|tco| tco.present_value),
            Self::TotalCost => evaluation.tco.as_ref().map(|tco| tco.total),
            Self::UnitCost => evaluation.unit_cost.map(|cost| cost.value),
            Self::FullUnitCost => evaluation.full_unit_cost.map(|cost| cost.value),
        };
        money.map(|money| money.amount)
    }
}

/// A study that can be evaluated again and again with one input changed.
struct Varied<'a> {
    options: &'a [OptionInput],
    assumptions: &'a Assumptions,
}

impl Varied<'_> {
    fn evaluate(&self, driver: &Driver, value: f64) -> Result<Vec<Evaluation>, CostError> {
        let mut options = self.options.to_vec();
        let mut assumptions = self.assumptions.clone();
        driver.set(&mut options, &mut assumptions, value)?;
        evaluate(&options, &assumptions)
    }
}

/// A figure of every option at each value of a driver; `None` where an option has no such figure.
///
/// The outer list follows `values`, the inner one the options.
///
/// # Errors
/// A value outside the driver's range, or an input that [`evaluate`] refuses.
pub fn curve(
    options: &[OptionInput],
    assumptions: &Assumptions,
    driver: &Driver,
    values: &[f64],
    metric: Metric,
) -> Result<Vec<Vec<Option<f64>>>, CostError> {
    let study = Varied { options, assumptions };
    values
        .iter()
        .map(|value| Ok(study.evaluate(driver, *value)?.iter().map(|evaluation| metric.of(evaluation)).collect()))
        .collect()
}

/// Where the cheaper of two options changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum BreakEven {
    /// At this value of the driver.
    Value {
        /// The value. Packing into whole units makes costs jump, so it is the first place where the order changes.
        value: f64,
        /// The option that is cheaper just below it.
        cheaper_below: String,
        /// The option that is cheaper just above it.
        cheaper_above: String,
        /// Whether the order changes again further on.
        changes_again: bool,
    },
    /// Nowhere in the range that was looked at.
    NotReached {
        /// The option that is cheaper throughout.
        cheaper: String,
    },
    /// It cannot be said, because one of the two has no known cost.
    NotVerified {
        /// Why.
        reason: String,
    },
}

/// How many places of the range are looked at. Costs jump where a unit is added, so they must be close.
const PLACES: usize = 128;

/// Where the present values of two options' costs cross, for a driver between `low` and `high`.
///
/// # Errors
/// An unknown option, ends in the wrong order or outside the driver's range, or an input that [`evaluate`] refuses.
pub fn break_even(
    options: &[OptionInput],
    assumptions: &Assumptions,
    pair: (&str, &str),
    driver: &Driver,
    (low, high): (f64, f64),
) -> Result<BreakEven, CostError> {
    if low.is_nan() || high.is_nan() || low >= high {
        return Err(CostError::invalid(driver.label(), format!("the range from {low} to {high} is empty")));
    }
    let two = [pair.0, pair.1].map(|id| options.iter().find(|option| option.id == id).cloned());
    let [Some(first), Some(second)] = two else {
        return Err(CostError::invalid("options", format!("`{}` or `{}` is not among them", pair.0, pair.1)));
    };
    let two = [first, second];
    let study = Varied { options: &two, assumptions };
    for evaluation in evaluate(&two, assumptions)? {
        if evaluation.tco.is_none() {
            let reason = evaluation.not_ranked.unwrap_or_else(|| "its cost is unknown".to_owned());
            return Ok(BreakEven::NotVerified { reason: format!("{}: {reason}", evaluation.name) });
        }
    }
    // Positive where the first option is the dearer one.
    let difference = |value: f64| -> Result<f64, CostError> {
        let evaluations = study.evaluate(driver, value)?;
        let cost = |i: usize| evaluations.get(i).and_then(|evaluation| Metric::PresentValue.of(evaluation));
        cost(0)
            .zip(cost(1))
            .map(|(first, second)| first - second)
            .ok_or_else(|| CostError::invalid("options", "a cost became unknown along the way"))
    };
    // Even steps of the logarithm where the range spans decades.
    let place = |i: usize| {
        let part = i as f64 / PLACES as f64;
        if low > 0.0 && high / low > 10.0 { low * (high / low).powf(part) } else { low + (high - low) * part }
    };

    let mut at = low;
    let mut here = difference(low)?;
    let mut found: Option<(f64, bool)> = None;
    for i in 1..=PLACES {
        let next = if i == PLACES { high } else { place(i) };
        let there = difference(next)?;
        if here == 0.0 {
            // Equal so far: the order begins here.
        } else if there != 0.0 && (here > 0.0) != (there > 0.0) {
            if let Some((value, first_dearer_below)) = found {
                return Ok(crossing(pair, value, first_dearer_below, true));
            }
            found = Some((bisect(&difference, at, next, here > 0.0)?, here > 0.0));
        }
        if there != 0.0 || here == 0.0 {
            (at, here) = (next, there);
        }
    }
    Ok(match found {
        Some((value, first_dearer_below)) => crossing(pair, value, first_dearer_below, false),
        None => {
            let cheaper = if here > 0.0 { pair.1 } else { pair.0 };
            BreakEven::NotReached { cheaper: cheaper.to_owned() }
        }
    })
}

fn crossing(pair: (&str, &str), value: f64, first_dearer_below: bool, changes_again: bool) -> BreakEven {
    let (below, above) = if first_dearer_below { (pair.1, pair.0) } else { (pair.0, pair.1) };
    BreakEven::Value { value, cheaper_below: below.to_owned(), cheaper_above: above.to_owned(), changes_again }
}

/// Halves the bracket: a jump has no root for a faster method to converge on.
fn bisect(
    difference: &impl Fn(f64) -> Result<f64, CostError>,
    mut low: f64,
    mut high: f64,
    positive_at_low: bool,
) -> Result<f64, CostError> {
    while high - low > 1e-12 * low.abs().max(high.abs()) {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if (difference(middle)? > 0.0) == positive_at_low { low = middle } else { high = middle }
    }
    Ok(high)
}

/// A driver with its low and its high value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriverRange {
    /// What varies.
    pub driver: Driver,
    /// Its low value (P10, or the lower end).
    pub low: f64,
    /// Its high value (P90, or the upper end).
    pub high: f64,
}

/// A tornado: the figure of one option with each driver at its low and its high value, the widest bar first. A bar's
/// name is the driver's label, with the option's id where the driver belongs to one.
///
/// # Errors
/// An option without that figure, a value outside a driver's range.
pub fn tornado_of(
    options: &[OptionInput],
    assumptions: &Assumptions,
    option: &str,
    metric: Metric,
    ranges: &[DriverRange],
) -> Result<Vec<Bar>, CostError> {
    let study = Varied { options, assumptions };
    let named: Vec<(String, f64, f64)> = ranges
        .iter()
        .map(|range| {
            let of = range.driver.option().map(|id| format!(" of {id}")).unwrap_or_default();
            (format!("{}{of}", range.driver.label()), range.low, range.high)
        })
        .collect();
    tornado(&named, |i, value| {
        let Some(range) = ranges.get(i) else { return Err(CostError::invalid("ranges", "out of step")) };
        let evaluations = study.evaluate(&range.driver, value)?;
        evaluations
            .iter()
            .find(|evaluation| evaluation.id == option)
            .and_then(|evaluation| metric.of(evaluation))
            .ok_or_else(|| CostError::invalid(option, "this option is not there, or has no such figure to vary"))
    })
}

/// Ranges for a first look at a study: the interval of each throughput of `ids`, twice and half the shortfall of
/// availability and goodput from 1, and everything else a fifth up and down within what is possible. They are assumptions, to be stated as such.
pub fn usual_ranges(options: &[OptionInput], assumptions: &Assumptions, ids: &[&str]) -> Vec<DriverRange> {
    const FIFTH: f64 = 0.2;
    let mut ranges = Vec::new();
    let mut add = |driver: Driver, low: f64, high: f64| {
        let (least, most, _) = driver.range();
        let (low, high) = (low.clamp(least, most), high.clamp(least, most));
        if driver.value(options, assumptions).is_some() && low < high {
            ranges.push(DriverRange { driver, low, high });
        }
    };
    let shared = [
        Driver::DemandFactor,
        Driver::DemandGrowth,
        Driver::PeakToAverage,
        Driver::Utilisation,
        Driver::DiscountRate,
        Driver::ElectricityPrice,
        Driver::Pue,
    ];
    for driver in shared {
        if let Some(value) = driver.value(options, assumptions) {
            let spread = FIFTH * value.abs();
            add(driver, value - spread, value + spread);
        }
    }
    for driver in [Driver::Availability, Driver::Goodput] {
        if let Some(value) = driver.value(options, assumptions) {
            let shortfall = 1.0 - value;
            add(driver, 1.0 - 2.0 * shortfall, 1.0 - 0.5 * shortfall);
        }
    }
    for option in options.iter().filter(|option| ids.contains(&option.id.as_str())) {
        if let Ok(throughput) = &option.throughput_per_unit
            && throughput.low < throughput.high
        {
            add(Driver::Throughput(option.id.clone()), throughput.low, throughput.high);
        }
        for driver in [
            Driver::PriceFactor(option.id.clone()),
            Driver::Power(option.id.clone()),
            Driver::OneOffFactor(option.id.clone()),
            Driver::ResidualFraction(option.id.clone()),
        ] {
            if let Some(value) = driver.value(options, assumptions) {
                add(driver, value * (1.0 - FIFTH), value * (1.0 + FIFTH));
            }
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bought, rented, year};
    use super::*;

    fn pair() -> [OptionInput; 2] {
        [rented("rent", 300.0, 3.6), bought("own", 300.0, 20_000.0)]
    }

    #[test]
    fn a_price_that_makes_both_equal() {
        let driver = Driver::PriceFactor("rent".to_owned());
        let answer = break_even(&pair(), &year(), ("rent", "own"), &driver, (0.1, 2.0)).unwrap();
        let BreakEven::Value { value, cheaper_below, cheaper_above, changes_again } = answer else {
            panic!("{answer:?}")
        };
        assert_eq!((cheaper_below.as_str(), cheaper_above.as_str(), changes_again), ("rent", "own", false));
        let costs = curve(&pair(), &year(), &driver, &[value], Metric::PresentValue).unwrap();
        let (rent, own) = (costs[0][0].unwrap(), costs[0][1].unwrap());
        assert!((rent / own - 1.0).abs() < 1e-9, "{rent} {own}");
    }

    #[test]
    fn not_reached_and_not_verified_are_answers() {
        let driver = Driver::PriceFactor("own".to_owned());
        let answer = break_even(&pair(), &year(), ("rent", "own"), &driver, (0.1, 0.5)).unwrap();
        assert_eq!(answer, BreakEven::NotReached { cheaper: "own".to_owned() });
        let mut options = pair();
        options[1].power_watts_per_unit = None;
        let answer = break_even(&options, &year(), ("rent", "own"), &Driver::DemandFactor, (0.5, 2.0)).unwrap();
        assert!(matches!(answer, BreakEven::NotVerified { .. }), "{answer:?}");
    }

    #[test]
    fn whole_units_make_the_order_change_more_than_once() {
        // One large machine against many small ones.
        let options = [rented("large", 3_000.0, 10.0), rented("small", 300.0, 1.05)];
        let answer = break_even(&options, &year(), ("large", "small"), &Driver::DemandFactor, (0.05, 3.0)).unwrap();
        let BreakEven::Value { cheaper_below, changes_again, .. } = answer else { panic!("{answer:?}") };
        assert_eq!((cheaper_below.as_str(), changes_again), ("small", true));
    }

    #[test]
    fn a_tornado_of_the_usual_ranges() {
        let mut options = pair();
        options[0].is_baseline = true;
        let ranges = usual_ranges(&options, &year(), &["rent", "own"]);
        let bars = tornado_of(&options, &year(), "own", Metric::Npv, &ranges).unwrap();
        assert_eq!(bars.len(), ranges.len());
        assert!(bars.windows(2).all(|pair| pair[0].swing >= pair[1].swing));
        let price = bars.iter().find(|bar| bar.name == "price of own").unwrap();
        assert!(price.low > price.high, "a dearer machine has a lower NPV: {price:?}");
        assert!(bars.iter().all(|bar| bar.name != "availability"), "it is 1, so it has no shortfall to vary");
    }

    #[test]
    fn drivers_set_what_they_read() {
        let (options, assumptions) = (pair(), year());
        for range in usual_ranges(&options, &assumptions, &["own"]) {
            let (mut changed, mut assumed) = (options.to_vec(), assumptions.clone());
            let end =
                if range.driver.value(&options, &assumptions) == Some(range.high) { range.low } else { range.high };
            range.driver.set(&mut changed, &mut assumed, end).unwrap();
            assert_ne!((changed.as_slice(), &assumed), (&options[..], &assumptions), "{:?}", range.driver);
            if !matches!(range.driver, Driver::DemandFactor | Driver::PriceFactor(_) | Driver::OneOffFactor(_)) {
                assert_eq!(range.driver.value(&changed, &assumed), Some(end));
            }
        }
        let error = Driver::Pue.set(&mut options.to_vec(), &mut assumptions.clone(), 0.5).unwrap_err();
        assert_eq!(error.to_string(), "PUE is 0.5; it must be between 1 and 10");
        let missing = Driver::Power("rent".to_owned()).set(&mut options.to_vec(), &mut assumptions.clone(), 5.0);
        assert!(missing.unwrap_err().to_string().contains("of `rent`"));
    }
}
