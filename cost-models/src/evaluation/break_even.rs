//! Where the cheaper of two options changes, and which of many is the cheapest along a driver.

use serde::{Deserialize, Serialize};

use super::what_if::Varied;
use super::{Assumptions, Driver, Evaluation, Metric, OptionInput, evaluate};
use crate::CostError;

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
        /// The option that is cheaper throughout; `None` where both cost the same.
        cheaper: Option<String>,
    },
    /// It cannot be said, because one of the two has no known cost, or the value is more than the hardware can do.
    NotVerified {
        /// Why.
        reason: String,
    },
}

/// How many places of the range are looked at. Costs jump where a unit is added, so they must be close.
const PLACES: usize = 128;

/// The places that are looked at between `low` and `high`: even steps of the logarithm where the range spans decades,
/// each whole number for a driver of whole numbers.
fn places(driver: &Driver, (low, high): (f64, f64), count: usize) -> Vec<f64> {
    if driver.is_whole() {
        let (first, last) = (low.ceil() as u32, high.floor() as u32);
        let step = ((f64::from(last.saturating_sub(first))) / count as f64).ceil().max(1.0) as usize;
        let mut places: Vec<f64> = (first..=last).step_by(step).map(f64::from).collect();
        if places.last().is_some_and(|place| *place < f64::from(last)) {
            places.push(f64::from(last));
        }
        return places;
    }
    let place = |i: usize| {
        let part = i as f64 / count as f64;
        if low > 0.0 && high / low > 10.0 { low * (high / low).powf(part) } else { low + (high - low) * part }
    };
    (0..=count).map(|i| if i == count { high } else { place(i) }).collect()
}

fn check_range(driver: &Driver, (low, high): (f64, f64)) -> Result<(), CostError> {
    if low.is_finite() && high.is_finite() && low < high {
        return Ok(());
    }
    Err(CostError::invalid(driver.label(), format!("the range from {low} to {high} is empty or has no end")))
}

/// Where the present values of two options' costs cross, for a driver between `low` and `high`.
///
/// # Errors
/// An unknown option, ends in the wrong order or outside the driver's range, or an input that [`evaluate`] refuses.
pub fn break_even(
    options: &[OptionInput],
    assumptions: &Assumptions,
    pair: (&str, &str),
    driver: &Driver,
    range: (f64, f64),
) -> Result<BreakEven, CostError> {
    check_range(driver, range)?;
    let two = [pair.0, pair.1].map(|id| options.iter().find(|option| option.id == id).cloned());
    let [Some(first), Some(second)] = two else {
        return Err(CostError::invalid("options", format!("`{}` or `{}` is not among them", pair.0, pair.1)));
    };
    let two = [first, second];
    // The baseline may run beside either.
    let beside = options.iter().find(|option| option.is_baseline && option.id != pair.0 && option.id != pair.1);
    let evaluated: Vec<OptionInput> = two.iter().chain(beside).cloned().collect();
    let study = Varied { options: &evaluated, assumptions };
    for evaluation in evaluate(&evaluated, assumptions)?.into_iter().take(two.len()) {
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

    let mut before: Option<(f64, f64)> = None;
    let mut found: Option<(f64, bool)> = None;
    for place in places(driver, range, PLACES) {
        let there = difference(place)?;
        // Where both cost the same the order is still the one before.
        if there == 0.0 {
            continue;
        }
        if let Some((at, here)) = before
            && (here > 0.0) != (there > 0.0)
        {
            if let Some((value, first_dearer_below)) = found {
                return Ok(crossing(&two, driver, value, first_dearer_below, true));
            }
            found = Some((bisect(driver, &difference, at, place, here > 0.0)?, here > 0.0));
        }
        before = Some((place, there));
    }
    Ok(match found {
        Some((value, first_dearer_below)) => crossing(&two, driver, value, first_dearer_below, false),
        None => {
            let cheaper = before.map(|(_, here)| if here > 0.0 { pair.1 } else { pair.0 }.to_owned());
            BreakEven::NotReached { cheaper }
        }
    })
}

fn crossing(
    two: &[OptionInput; 2],
    driver: &Driver,
    value: f64,
    first_dearer_below: bool,
    changes_again: bool,
) -> BreakEven {
    if let Driver::Throughput(id) = driver
        && let Some(option) = two.iter().find(|option| option.id == *id)
        && let Some(ceiling) = option.throughput_ceiling_per_unit
        && value > ceiling
    {
        let reason = format!(
            "{}: it would take {value} items a second of a unit, and the roofline allows {ceiling}",
            option.name
        );
        return BreakEven::NotVerified { reason };
    }
    let [first, second] = two;
    let (below, above) = if first_dearer_below { (second, first) } else { (first, second) };
    BreakEven::Value { value, cheaper_below: below.id.clone(), cheaper_above: above.id.clone(), changes_again }
}

/// Halves the bracket: a jump has no root for a faster method to converge on. Of whole numbers, the first with the new
/// order.
fn bisect(
    driver: &Driver,
    difference: &impl Fn(f64) -> Result<f64, CostError>,
    mut low: f64,
    mut high: f64,
    positive_at_low: bool,
) -> Result<f64, CostError> {
    while high - low > 1e-12 * low.abs().max(high.abs()) {
        let middle = 0.5 * (low + high);
        let middle = if driver.is_whole() { middle.floor() } else { middle };
        if middle <= low || middle >= high {
            break;
        }
        if (difference(middle)? > 0.0) == positive_at_low { low = middle } else { high = middle }
    }
    Ok(high)
}

/// One option's line of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The option.
    pub id: String,
    /// Its name to show.
    pub name: String,
    /// The figure at each value of the driver; `None` where the option has none.
    pub figures: Vec<Option<f64>>,
}

/// A part of a driver's range in which one option is the best of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestWithin {
    /// The lower end.
    pub from: f64,
    /// The upper end.
    pub to: f64,
    /// The option; `None` where none has the figure.
    pub best: Option<String>,
}

/// A figure of all options along a driver, for one chart: build, rent, reserve and a service against each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostCurves {
    /// What varies.
    pub driver: Driver,
    /// The figure.
    pub metric: Metric,
    /// The values of the driver.
    pub values: Vec<f64>,
    /// A line for each option, in their order.
    pub lines: Vec<Line>,
    /// Which option is the best where: the cheapest, or the one with the highest NPV. Among those that can be ranked.
    pub best: Vec<BestWithin>,
}

/// A figure of every option at `points` values of a driver from `low` to `high`, and which option is the best where.
///
/// # Errors
/// Ends in the wrong order or outside the driver's range, fewer than 2 points or more than 10,000, or an input that
/// [`evaluate`] refuses.
pub fn cost_curves(
    options: &[OptionInput],
    assumptions: &Assumptions,
    driver: &Driver,
    range: (f64, f64),
    points: usize,
    metric: Metric,
) -> Result<CostCurves, CostError> {
    check_range(driver, range)?;
    if !(2..=10_000).contains(&points) {
        return Err(CostError::invalid("points", format!("{points} points; give between 2 and 10000")));
    }
    let study = Varied { options, assumptions };
    let values = places(driver, range, points - 1);
    let evaluated = values.iter().map(|value| study.evaluate(driver, *value)).collect::<Result<Vec<_>, _>>()?;
    let lines = options
        .iter()
        .enumerate()
        .map(|(i, option)| Line {
            id: option.id.clone(),
            name: option.name.clone(),
            figures: evaluated.iter().map(|evaluations| metric.of(evaluations.get(i)?)).collect(),
        })
        .collect();
    let mut best: Vec<BestWithin> = Vec::new();
    for (value, evaluations) in values.iter().zip(&evaluated) {
        let now = best_of(evaluations, metric);
        match best.last_mut() {
            Some(last) if last.best == now => last.to = *value,
            Some(last) => {
                let from = changes_at(&study, driver, metric, last, *value)?;
                last.to = from;
                best.push(BestWithin { from, to: *value, best: now });
            }
            None => best.push(BestWithin { from: *value, to: *value, best: now }),
        }
    }
    Ok(CostCurves { driver: driver.clone(), metric, values, lines, best })
}

pub(super) fn best_of(evaluations: &[Evaluation], metric: Metric) -> Option<String> {
    let sign = if metric == Metric::Npv { -1.0 } else { 1.0 };
    evaluations
        .iter()
        .filter(|evaluation| evaluation.not_ranked.is_none())
        .filter_map(|evaluation| Some((evaluation, sign * metric.of_choice(evaluation)?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(evaluation, _)| evaluation.id.clone())
}

/// The value from which on `last` is no longer the best, to a millionth of the step.
fn changes_at(
    study: &Varied<'_>,
    driver: &Driver,
    metric: Metric,
    last: &BestWithin,
    next: f64,
) -> Result<f64, CostError> {
    if driver.is_whole() {
        return Ok(next);
    }
    let (mut low, mut high) = (last.to, next);
    for _ in 0..20 {
        let middle = 0.5 * (low + high);
        let still = best_of(&study.evaluate(driver, middle)?, metric) == last.best;
        if still { low = middle } else { high = middle }
    }
    Ok(high)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bought, option, rented, usd, year};
    use super::super::{Payment, curve};
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
        assert_eq!(answer, BreakEven::NotReached { cheaper: Some("own".to_owned()) });
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
    fn a_horizon_is_a_whole_number_of_months() {
        let options = [rented("rent", 300.0, 3.6), bought("own", 300.0, 20_000.0)];
        let mut long = year();
        long.horizon_months = 36;
        let mut dear = options.clone();
        // Moving in costs once what owning saves in some months.
        dear[1].one_off_costs.push(super::super::OneOffCost::new(
            super::super::Component::Migration,
            super::super::Estimate::exact(100_000.0, assay_base::Evidence::Assumed),
            assay_base::Currency::USD,
            super::super::Timing::Start,
        ));
        let answer = break_even(&dear, &long, ("rent", "own"), &Driver::Horizon, (1.0, 120.0)).unwrap();
        let BreakEven::Value { value, cheaper_below, cheaper_above, .. } = answer else { panic!("{answer:?}") };
        assert_eq!((value.fract(), cheaper_below.as_str(), cheaper_above.as_str()), (0.0, "rent", "own"));
        let costs = curve(&dear, &long, &Driver::Horizon, &[value - 1.0, value], Metric::PresentValue).unwrap();
        assert!(costs[0][0] < costs[0][1] && costs[1][0] > costs[1][1], "{costs:?}");
    }

    #[test]
    fn a_throughput_above_the_roofline_is_not_verified() {
        let mut options = [rented("slow", 300.0, 3.6), rented("fast", 900.0, 3.6)];
        let driver = Driver::Throughput("slow".to_owned());
        let answer = break_even(&options, &year(), ("slow", "fast"), &driver, (100.0, 5_000.0)).unwrap();
        assert!(matches!(answer, BreakEven::Value { .. }), "{answer:?}");
        options[0].throughput_ceiling_per_unit = Some(400.0);
        let answer = break_even(&options, &year(), ("slow", "fast"), &driver, (100.0, 5_000.0)).unwrap();
        let BreakEven::NotVerified { reason } = answer else { panic!("{answer:?}") };
        assert!(reason.contains("the roofline allows 400"), "{reason}");
    }

    #[test]
    fn a_throughput_without_an_interval_keeps_none_whatever_it_is_set_to() {
        let driver = Driver::Throughput("slow".to_owned());
        // Not every ratio of doubles brings a value back to itself.
        for value in [0.1, 0.3, 77.7, 1e-3, 333.333, 1e9 / 7.0] {
            let mut options = [rented("slow", 300.1, 3.6)];
            driver.set(&mut options, &mut year(), value).unwrap();
            let set = *options[0].throughput_per_unit.as_ref().unwrap();
            assert!(set.low <= value && value <= set.high && set.value == value, "{set:?}");
        }
    }

    #[test]
    fn equals_never_break_even() {
        let options = [rented("a", 300.0, 3.6), rented("b", 300.0, 3.6)];
        let answer = break_even(&options, &year(), ("a", "b"), &Driver::Volume, (1e6, 1e9)).unwrap();
        assert_eq!(answer, BreakEven::NotReached { cheaper: None });
    }

    #[test]
    fn build_rent_and_service_on_one_chart() {
        let service = option("service", 1.0, Payment::PerMillionItems { price: usd(5.0) });
        let options = [rented("rent", 300.0, 3.6), bought("own", 300.0, 20_000.0), service];
        let range = (1e6, 1e10);
        let curves = cost_curves(&options, &year(), &Driver::Volume, range, 60, Metric::CostPerMillion).unwrap();
        assert_eq!((curves.values.len(), curves.lines.len()), (60, 3));
        assert!(curves.lines.iter().all(|line| line.figures.len() == 60 && line.figures.iter().all(Option::is_some)));
        // Few items are cheapest bought by the item, many from one's own machines.
        assert_eq!(curves.best.first().unwrap().best.as_deref(), Some("service"));
        assert_eq!(curves.best.last().unwrap().best.as_deref(), Some("own"));
        assert!(curves.best.windows(2).all(|parts| parts[0].to == parts[1].from && parts[0].best != parts[1].best));
        assert_eq!((curves.best[0].from, curves.best.last().unwrap().to), range);
    }
}
