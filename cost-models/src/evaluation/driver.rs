//! The inputs that can be varied: for sliders, break-even, tornado and Monte Carlo.

use serde::{Deserialize, Serialize};

use super::{Assumptions, OptionInput, Payment, SpotOverhead};
use crate::CostError;
use crate::demand::Growth;
use crate::error::{NON_NEGATIVE, POSITIVE, PROPER_FRACTION, RATE, check};

/// One input of an evaluation, and with an option's id one of that option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "driver", content = "option")]
pub enum Driver {
    /// Months that are looked at; whole ones.
    Horizon,
    /// Items in the first month before any season, where the growth starts from them: what is added each month stays.
    Volume,
    /// A factor on the demand of every month, what is added to it included; 1 is as assumed.
    DemandFactor,
    /// Growth of a compound demand, a fraction a month.
    DemandGrowth,
    /// Peak over average rate.
    PeakToAverage,
    /// Target utilisation.
    Utilisation,
    /// Availability of a unit.
    Availability,
    /// Fraction of requests within the service-level objective.
    Goodput,
    /// Repeated requests as a fraction of the demanded ones.
    Retries,
    /// Discount rate a year.
    DiscountRate,
    /// Price of electricity a kWh.
    ElectricityPrice,
    /// Change of that price in its own period, where one is assumed.
    ElectricityPriceChange,
    /// Power usage effectiveness.
    Pue,
    /// Items a second of one unit of this option.
    Throughput(String),
    /// A factor on every price of this option; 1 is as quoted.
    PriceFactor(String),
    /// Change of this option's price in its own period, where one is assumed.
    PriceChange(String),
    /// Average power of one unit of this option, in watts.
    Power(String),
    /// A factor on the one-off costs of this option; 1 is as estimated.
    OneOffFactor(String),
    /// A factor on the recurring costs that only this option has; 1 is as estimated.
    RecurringFactor(String),
    /// Extra hours of this option's spot capacity, a fraction.
    SpotOverhead(String),
    /// What is left of this option's purchase price at the end of its life, a fraction.
    ResidualFraction(String),
}

impl Driver {
    /// A name for tables and charts; the option's is added by who shows it.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Horizon => "horizon in months",
            Self::Volume => "items in the first month",
            Self::DemandFactor => "demand of all months",
            Self::DemandGrowth => "demand growth a month",
            Self::PeakToAverage => "peak to average",
            Self::Utilisation => "target utilisation",
            Self::Availability => "availability",
            Self::Goodput => "goodput",
            Self::Retries => "retries",
            Self::DiscountRate => "discount rate",
            Self::ElectricityPrice => "electricity price",
            Self::ElectricityPriceChange => "change of the electricity price",
            Self::Pue => "PUE",
            Self::Throughput(_) => "throughput",
            Self::PriceFactor(_) => "price",
            Self::PriceChange(_) => "change of the price",
            Self::Power(_) => "power",
            Self::OneOffFactor(_) => "one-off costs",
            Self::RecurringFactor(_) => "recurring costs",
            Self::SpotOverhead(_) => "spot overhead",
            Self::ResidualFraction(_) => "residual value",
        }
    }

    /// The name with the option's id, where it belongs to one.
    pub fn full_label(&self) -> String {
        let of = self.option().map(|id| format!(" of {id}")).unwrap_or_default();
        format!("{}{of}", self.label())
    }

    /// The option it belongs to.
    pub fn option(&self) -> Option<&str> {
        match self {
            Self::Throughput(id)
            | Self::PriceFactor(id)
            | Self::PriceChange(id)
            | Self::Power(id)
            | Self::OneOffFactor(id)
            | Self::RecurringFactor(id)
            | Self::SpotOverhead(id)
            | Self::ResidualFraction(id) => Some(id),
            _ => None,
        }
    }

    /// The one to look at demand along: its first month, or all months where they do not grow from the first.
    pub fn of_demand(assumptions: &Assumptions) -> Self {
        if assumptions.demand.starts_from_items() { Self::Volume } else { Self::DemandFactor }
    }

    /// Whether only whole numbers mean something.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Horizon)
    }

    /// The value it has now; `None` where the study has no such input or does not know it.
    pub fn value(&self, options: &[OptionInput], assumptions: &Assumptions) -> Option<f64> {
        let option = self.option().map(|id| options.iter().find(|option| option.id == id));
        match self {
            Self::Horizon => Some(f64::from(assumptions.horizon_months)),
            Self::Volume => {
                let demand = &assumptions.demand;
                demand.starts_from_items().then_some(demand.items_per_month).filter(|items| *items > 0.0)
            }
            Self::DemandFactor => Some(1.0),
            Self::DemandGrowth => match assumptions.demand.growth {
                Growth::Compound { per_month } => Some(per_month),
                _ => None,
            },
            Self::PeakToAverage => Some(assumptions.demand.peak_to_average),
            Self::Utilisation => Some(assumptions.effectiveness.utilisation),
            Self::Availability => Some(assumptions.effectiveness.availability),
            Self::Goodput => Some(assumptions.effectiveness.goodput_fraction),
            Self::Retries => Some(assumptions.effectiveness.retry_fraction),
            Self::DiscountRate => Some(assumptions.discount_rate_annual),
            Self::ElectricityPrice => assumptions.electricity_price_per_kwh.map(|price| price.amount),
            Self::ElectricityPriceChange => assumptions.electricity_price_change.map(|change| change.fraction),
            Self::Pue => Some(assumptions.pue),
            Self::Throughput(_) => option??.throughput_per_unit.as_ref().ok().map(|estimate| estimate.value),
            Self::PriceFactor(_) => match option??.payment {
                Payment::Unknown { .. } => None,
                _ => Some(1.0),
            },
            Self::PriceChange(_) => option??.price_change.map(|change| change.fraction),
            Self::Power(_) => option??.power_watts_per_unit.map(|power| power.value),
            Self::OneOffFactor(_) => (!option??.one_off_costs.is_empty()).then_some(1.0),
            Self::RecurringFactor(_) => (!option??.recurring_costs.is_empty()).then_some(1.0),
            Self::SpotOverhead(_) => match option??.payment {
                Payment::Spot { overhead, .. } => overhead.fraction().ok(),
                _ => None,
            },
            Self::ResidualFraction(_) => match option??.payment {
                Payment::Purchase { residual_fraction, .. } => Some(residual_fraction),
                _ => None,
            },
        }
    }

    /// The range of values that mean something, in words and as ends.
    pub(crate) fn range(&self) -> (f64, f64, &'static str) {
        const TINY: f64 = f64::MIN_POSITIVE;
        const HUGE: f64 = 1e15;
        match self {
            Self::Horizon => (1.0, 600.0, "between 1 and 600 months"),
            Self::ElectricityPriceChange | Self::PriceChange(_) => (-1.0 + 1e-9, 10.0, RATE),
            Self::DemandGrowth => (-1.0 + 1e-9, 10.0, RATE),
            Self::DiscountRate => (-1.0 + 1e-9, 10.0, "a fraction a year above -1, at most 10"),
            Self::PeakToAverage => (1.0, HUGE, "1 or above"),
            Self::Pue => (1.0, 10.0, "between 1 and 10"),
            Self::Utilisation | Self::Availability | Self::Goodput => (TINY, 1.0, PROPER_FRACTION),
            Self::ResidualFraction(_) => (0.0, 1.0, crate::error::FRACTION),
            Self::DemandFactor | Self::Volume | Self::Throughput(_) => (TINY, HUGE, POSITIVE),
            Self::ElectricityPrice => (-HUGE, HUGE, crate::error::FINITE),
            Self::Retries
            | Self::PriceFactor(_)
            | Self::Power(_)
            | Self::OneOffFactor(_)
            | Self::RecurringFactor(_)
            | Self::SpotOverhead(_) => (0.0, HUGE, NON_NEGATIVE),
        }
    }

    /// Sets it, in a study of one's own.
    ///
    /// # Errors
    /// A value outside its range, or a driver the study does not have.
    pub fn set(&self, options: &mut [OptionInput], assumptions: &mut Assumptions, value: f64) -> Result<(), CostError> {
        let (low, high, allowed) = self.range();
        check(self.label(), value, (low..=high).contains(&value), allowed)?;
        if self.value(options, assumptions).is_none() {
            let of = self.option().map(|id| format!(" of `{id}`")).unwrap_or_default();
            return Err(CostError::invalid(
                self.label(),
                format!("the study has none{of} to vary, or does not know it"),
            ));
        }
        let option = self.option().and_then(|id| options.iter_mut().find(|option| option.id == id));
        match (self, option) {
            (Self::Horizon, _) => assumptions.horizon_months = value.round() as u32,
            (Self::Volume, _) => assumptions.demand.items_per_month = value,
            (Self::DemandFactor, _) => assumptions.demand.scale(value),
            (Self::DemandGrowth, _) => assumptions.demand.growth = Growth::Compound { per_month: value },
            (Self::PeakToAverage, _) => assumptions.demand.peak_to_average = value,
            (Self::Utilisation, _) => assumptions.effectiveness.utilisation = value,
            (Self::Availability, _) => assumptions.effectiveness.availability = value,
            (Self::Goodput, _) => assumptions.effectiveness.goodput_fraction = value,
            (Self::Retries, _) => assumptions.effectiveness.retry_fraction = value,
            (Self::DiscountRate, _) => assumptions.discount_rate_annual = value,
            (Self::ElectricityPrice, _) => {
                if let Some(price) = &mut assumptions.electricity_price_per_kwh {
                    price.amount = value;
                }
            }
            (Self::ElectricityPriceChange, _) => {
                if let Some(change) = &mut assumptions.electricity_price_change {
                    change.fraction = value;
                }
            }
            (Self::Pue, _) => assumptions.pue = value,
            (Self::Throughput(_), Some(option)) => {
                if let Ok(estimate) = &mut option.throughput_per_unit {
                    // The interval keeps its width in relation to the value.
                    let factor = value / estimate.value;
                    // Rounding must not move an end past the value.
                    estimate.low = (estimate.low * factor).min(value);
                    estimate.high = (estimate.high * factor).max(value);
                    estimate.value = value;
                }
            }
            (Self::PriceFactor(_), Some(option)) => option.payment.scale(value),
            (Self::PriceChange(_), Some(option)) => {
                if let Some(change) = &mut option.price_change {
                    change.fraction = value;
                }
            }
            (Self::Power(_), Some(option)) => {
                if let Some(power) = &mut option.power_watts_per_unit {
                    *power = super::Estimate::exact(value, power.evidence);
                }
            }
            (Self::OneOffFactor(_), Some(option)) => {
                for cost in &mut option.one_off_costs {
                    cost.amount = cost.amount.scaled(value);
                }
            }
            (Self::RecurringFactor(_), Some(option)) => {
                option.recurring_costs.iter_mut().for_each(|cost| cost.per_month.amount *= value);
            }
            (Self::SpotOverhead(_), Some(option)) => {
                if let Payment::Spot { overhead, .. } = &mut option.payment {
                    *overhead = SpotOverhead::Fraction(value);
                }
            }
            (Self::ResidualFraction(_), Some(option)) => {
                if let Payment::Purchase { residual_fraction, .. } = &mut option.payment {
                    *residual_fraction = value;
                }
            }
            (_, None) => {}
        }
        Ok(())
    }
}
