//! What if an input were different: a result along one driver, and a tornado.

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
    /// Total cost over a million items served.
    CostPerMillion,
    /// Cost of a million items at full use.
    FullUseCost,
}

impl Metric {
    /// Its value, where the evaluation has one.
    pub fn of(self, evaluation: &Evaluation) -> Option<f64> {
        let money = match self {
            Self::Npv => evaluation.npv(),
            Self::PresentValue => evaluation.tco.as_ref().map(|tco| tco.present_value),
            Self::TotalCost => evaluation.tco.as_ref().map(|tco| tco.total),
            Self::CostPerMillion => evaluation.cost_per_million.map(|cost| cost.value),
            Self::FullUseCost => evaluation.full_use_cost.map(|cost| cost.value),
        };
        money.map(|money| money.amount)
    }

    /// The same for choosing among options: choosing the baseline has an NPV of 0.
    pub(super) fn of_choice(self, evaluation: &Evaluation) -> Option<f64> {
        if self == Self::Npv && evaluation.is_baseline { Some(0.0) } else { self.of(evaluation) }
    }
}

/// A study that can be evaluated again and again with one input changed.
pub(super) struct Varied<'a> {
    pub options: &'a [OptionInput],
    pub assumptions: &'a Assumptions,
}

impl Varied<'_> {
    pub fn evaluate(&self, driver: &Driver, value: f64) -> Result<Vec<Evaluation>, CostError> {
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
    let named: Vec<(String, f64, f64)> =
        ranges.iter().map(|range| (range.driver.full_label(), range.low, range.high)).collect();
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
