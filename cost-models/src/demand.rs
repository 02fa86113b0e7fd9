//! The demand a fleet must serve, month by month.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, check, finite, non_negative, positive, rate};
use crate::growth;

/// How demand develops over the horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// Multiplied each month by 1 + this fraction (it may be negative, above -1).
    Compound {
        /// Fraction a month: 0.02 is 2 %.
        per_month: f64,
    },
    /// The same number of items added each month; demand does not fall below 0.
    Linear {
        /// Items a month, added each month.
        added_per_month: f64,
    },
    /// An S-curve to a ceiling, `capacity / (1 + exp(-k (t - midpoint)))`; the start value is not used.
    Logistic {
        /// Items a month in the end.
        capacity_per_month: f64,
        /// Steepness, a month.
        steepness: f64,
        /// The month of half the capacity, counted from 0.
        midpoint_month: f64,
    },
    /// Items in each month; the last one holds on. The start value is not used.
    Months {
        /// Items month by month.
        items: Vec<f64>,
    },
    /// Items a month in each quarter; the last one holds on. The start value is not used.
    Quarters {
        /// Average items a month, quarter by quarter.
        items_per_month: Vec<f64>,
    },
}

/// What is asked of the options: items a month, how they grow, and how uneven they are within a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// Items in the first month.
    pub items_per_month: f64,
    /// How that grows.
    pub growth: Growth,
    /// The busiest moment's rate over the month's average, 1 or above: the fleet is sized for it.
    pub peak_to_average: f64,
    /// Factors on each calendar month, repeated (12 of them for a yearly season); empty without season.
    pub season: Vec<f64>,
}

impl Demand {
    /// A demand that grows by a fraction each month.
    pub fn compound(items_per_month: f64, growth_per_month: f64, peak_to_average: f64) -> Self {
        Self {
            items_per_month,
            growth: Growth::Compound { per_month: growth_per_month },
            peak_to_average,
            season: Vec::new(),
        }
    }

    /// Items in each of the first `months` months.
    ///
    /// # Errors
    /// A number outside its range, or a demand that leaves the range of a double.
    pub fn items(&self, months: usize) -> Result<Vec<f64>, CostError> {
        self.validated()?;
        (0..months)
            .map(|month| {
                let t = month as f64;
                let base = match &self.growth {
                    Growth::Compound { per_month } => growth::compound(self.items_per_month, *per_month, t)?,
                    Growth::Linear { added_per_month } => {
                        growth::linear(self.items_per_month, *added_per_month, t)?.max(0.0)
                    }
                    Growth::Logistic { capacity_per_month, steepness, midpoint_month } => {
                        growth::logistic(*capacity_per_month, *steepness, *midpoint_month, t)?
                    }
                    Growth::Months { items } => items.get(month).or(items.last()).copied().unwrap_or_default(),
                    Growth::Quarters { items_per_month } => {
                        items_per_month.get(month / 3).or(items_per_month.last()).copied().unwrap_or_default()
                    }
                };
                let season = if self.season.is_empty() { 1.0 } else { self.season[month % self.season.len()] };
                let items = base * season;
                if items.is_finite() { Ok(items) } else { finite(&format!("demand in month {}", month + 1), items) }
            })
            .collect()
    }

    /// The demand of the `rest` months after the first `months`.
    ///
    /// # Errors
    /// As [`Demand::items`], or no months at all.
    pub fn after(&self, months: usize, rest: usize) -> Result<Self, CostError> {
        let items = self.items(months + rest)?.split_off(months);
        table("demand", &items)?;
        Ok(Self { growth: Growth::Months { items }, season: Vec::new(), ..self.clone() })
    }

    /// Multiplies the demand of every month.
    pub fn scale(&mut self, factor: f64) {
        self.items_per_month *= factor;
        match &mut self.growth {
            Growth::Compound { .. } => {}
            Growth::Linear { added_per_month } => *added_per_month *= factor,
            Growth::Logistic { capacity_per_month, .. } => *capacity_per_month *= factor,
            Growth::Months { items: table } | Growth::Quarters { items_per_month: table } => {
                table.iter_mut().for_each(|items| *items *= factor);
            }
        }
    }

    /// Whether the items of the first month count; curves and tables have no use for them.
    pub fn starts_from_items(&self) -> bool {
        matches!(self.growth, Growth::Compound { .. } | Growth::Linear { .. })
    }

    fn validated(&self) -> Result<(), CostError> {
        let peak = self.peak_to_average;
        check("demand.peak_to_average", peak, peak.is_finite() && peak >= 1.0, "1 or above (peak over average rate)")?;
        for (i, factor) in self.season.iter().enumerate() {
            non_negative(&format!("demand.season[{i}]"), *factor)?;
        }
        if self.starts_from_items() {
            positive("demand.items_per_month", self.items_per_month)?;
        }
        match &self.growth {
            Growth::Compound { per_month } => rate("demand.growth.per_month", *per_month).map(|_| ()),
            Growth::Linear { added_per_month } => finite("demand.growth.added_per_month", *added_per_month).map(|_| ()),
            Growth::Logistic { capacity_per_month, steepness, midpoint_month } => {
                positive("demand.growth.capacity_per_month", *capacity_per_month)?;
                finite("demand.growth.steepness", *steepness)?;
                finite("demand.growth.midpoint_month", *midpoint_month).map(|_| ())
            }
            Growth::Months { items } => table("demand.growth.items", items),
            Growth::Quarters { items_per_month } => table("demand.growth.items_per_month", items_per_month),
        }
    }
}

fn table(field: &str, items: &[f64]) -> Result<(), CostError> {
    if items.is_empty() {
        return Err(CostError::invalid(field, "the table is empty; give at least one entry"));
    }
    for (i, items) in items.iter().enumerate() {
        if !items.is_finite() || *items < 0.0 {
            non_negative(&format!("{field}[{i}]"), *items)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_growth() {
        let compound = Demand::compound(100.0, 0.1, 2.0).items(3).unwrap();
        assert!((compound[2] - 121.0).abs() < 1e-9);
        let falling = Demand { growth: Growth::Linear { added_per_month: -60.0 }, ..Demand::compound(100.0, 0.0, 1.0) };
        assert_eq!(falling.items(3).unwrap(), [100.0, 40.0, 0.0]);
        let table = Demand {
            growth: Growth::Quarters { items_per_month: vec![1.0, 2.0] },
            season: vec![1.0, 0.5],
            ..Demand::compound(0.0, 0.0, 1.0)
        };
        assert_eq!(table.items(8).unwrap(), [1.0, 0.5, 1.0, 1.0, 2.0, 1.0, 2.0, 1.0]);
    }

    #[test]
    fn later_months_are_the_same_months() {
        let demand = Demand { season: vec![1.0, 0.5, 2.0], ..Demand::compound(100.0, 0.1, 2.0) };
        let later = demand.after(4, 5).unwrap();
        assert_eq!(later.items(5).unwrap(), demand.items(9).unwrap()[4..]);
        assert_eq!(later.peak_to_average, 2.0);
        assert!(demand.after(4, 0).is_err());
    }

    #[test]
    fn refusals_name_the_field() {
        let field = |demand: Demand| demand.items(2).unwrap_err().field().to_owned();
        assert_eq!(field(Demand::compound(0.0, 0.0, 1.0)), "demand.items_per_month");
        assert_eq!(field(Demand::compound(1.0, 0.0, 0.9)), "demand.peak_to_average");
        assert_eq!(field(Demand::compound(1.0, -1.0, 1.0)), "demand.growth.per_month");
    }
}
