//! The payments of one option, month by month and by component.

use super::asset::Asset;
use super::{Assumptions, Component, OptionInput, Payment, PerWhat, RecurringCost, Tax, Timing};
use crate::error::{CostError, answer};
use crate::unit_cost::MILLION;

/// Which end of the estimates a ledger is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The best single figures.
    Value,
    /// The cheapest: high throughput, low costs.
    Cheap,
    /// The dearest.
    Dear,
}

/// Payments at the end of each month, index 0 being t = 0, and their sums by component.
pub(super) struct Ledger {
    pub monthly: Vec<f64>,
    pub components: [f64; Component::ALL.len()],
    pub tax: Option<Tax>,
}

impl Ledger {
    fn new(months: usize, tax: Option<Tax>) -> Self {
        Self { monthly: vec![0.0; months + 1], components: [0.0; Component::ALL.len()], tax }
    }

    pub fn add(&mut self, component: Component, month: usize, amount: f64) {
        if let Some(flow) = self.monthly.get_mut(month) {
            *flow += amount;
            self.components[component as usize] += amount;
        }
    }

    /// A payment that saves tax at once.
    fn expense(&mut self, component: Component, month: usize, amount: f64) {
        self.add(component, month, amount);
        if let Some(tax) = self.tax {
            self.add(Component::Tax, month, -tax.rate * amount);
        }
    }

    /// The sum of all payments.
    pub fn total(&self) -> Result<f64, CostError> {
        for (component, amount) in Component::ALL.iter().zip(&self.components) {
            answer(component.label(), *amount)?;
        }
        answer("total cost", self.monthly.iter().sum())
    }
}

/// Everything a ledger is made from.
pub(super) struct Costing<'a> {
    pub option: &'a OptionInput,
    pub assumptions: &'a Assumptions,
    /// Items in each month.
    pub items: &'a [f64],
    /// Units in each month, those that stay included; empty for a service.
    pub units: &'a [u64],
    pub end: End,
}

impl Costing<'_> {
    /// `None` where price or energy is not known.
    pub fn ledger(&self) -> Option<Ledger> {
        let mut ledger = Ledger::new(self.items.len(), self.assumptions.tax);
        let hours = self.assumptions.hours_per_month;
        match &self.option.payment {
            Payment::OnDemand { price_per_unit_hour } => {
                self.rent(&mut ledger, price_per_unit_hour.amount * hours);
            }
            Payment::Spot { price_per_unit_hour, overhead_fraction } => {
                let price = price_per_unit_hour.amount * (1.0 + overhead_fraction);
                self.rent(&mut ledger, price * hours);
            }
            Payment::CapacityBlock { price_per_unit_block, hours_per_block } => {
                // Windows are paid as a whole and in advance.
                let price = price_per_unit_block.amount * whole(hours / hours_per_block);
                for (month, units) in self.units.iter().enumerate() {
                    ledger.expense(Component::Compute, month, price * *units as f64);
                }
            }
            Payment::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => {
                self.rent(&mut ledger, price_per_unit_hour.amount * hours);
                Asset::commitment(*term_months).acquire(&mut ledger, upfront_per_unit.amount, self.units);
            }
            Payment::Lease { price_per_unit_month, upfront_per_unit, term_months, energy_included } => {
                self.rent(&mut ledger, price_per_unit_month.amount);
                Asset::commitment(*term_months).acquire(&mut ledger, upfront_per_unit.amount, self.units);
                if !energy_included {
                    self.energy(&mut ledger)?;
                }
            }
            Payment::Purchase { capex_per_unit, residual_fraction, life_months, opex_fraction_per_year } => {
                let asset = Asset::hardware(*life_months, *residual_fraction, self.assumptions.tax);
                asset.acquire(&mut ledger, capex_per_unit.amount, self.units);
                let upkeep = capex_per_unit.amount * opex_fraction_per_year / 12.0;
                for (month, units) in self.units.iter().enumerate() {
                    ledger.expense(Component::Maintenance, month + 1, upkeep * *units as f64);
                }
                self.energy(&mut ledger)?;
            }
            Payment::PerMillionItems { .. } | Payment::PerMillionTokens { .. } => {
                let price = service_price_per_item(&self.option.payment)?;
                let attempts = 1.0 + self.assumptions.effectiveness.retry_fraction;
                for (month, items) in self.items.iter().enumerate() {
                    ledger.expense(Component::Service, month + 1, price * items * attempts);
                }
            }
            Payment::Unknown { .. } => return None,
        }
        self.one_off(&mut ledger);
        self.recurring(&mut ledger, &self.option.recurring_costs);
        if self.assumptions.lens == super::Lens::Full {
            self.recurring(&mut ledger, &self.assumptions.shared_costs);
        }
        Some(ledger)
    }

    fn rent(&self, ledger: &mut Ledger, price_per_unit_month: f64) {
        for (month, units) in self.units.iter().enumerate() {
            ledger.expense(Component::Compute, month + 1, price_per_unit_month * *units as f64);
        }
    }

    fn energy(&self, ledger: &mut Ledger) -> Option<()> {
        let price = self.assumptions.electricity_price_per_kwh?.amount;
        let kwh = self.kwh_per_unit_month()?;
        for (month, units) in self.units.iter().enumerate() {
            ledger.expense(Component::Energy, month + 1, price * kwh * *units as f64);
        }
        Some(())
    }

    /// Energy of one unit in one month, at the meter.
    pub fn kwh_per_unit_month(&self) -> Option<f64> {
        let power = self.option.power_watts_per_unit?;
        let watts = match self.end {
            End::Value => power.value,
            End::Cheap => power.low,
            End::Dear => power.high,
        };
        Some(watts / 1000.0 * self.assumptions.pue * self.assumptions.hours_per_month)
    }

    fn one_off(&self, ledger: &mut Ledger) {
        let horizon = self.items.len();
        for cost in &self.option.one_off_costs {
            let month = match cost.timing {
                Timing::Start => 0,
                Timing::Month(month) => month as usize,
                Timing::End => horizon,
            };
            let amount = match self.end {
                End::Value => cost.amount.value,
                End::Cheap => cost.amount.low,
                End::Dear => cost.amount.high,
            };
            ledger.expense(cost.component, month, amount);
        }
    }

    fn recurring(&self, ledger: &mut Ledger, costs: &[RecurringCost]) {
        for cost in costs {
            let last = cost.to_month.map_or(self.items.len(), |month| month as usize).min(self.items.len());
            for month in cost.from_month as usize..=last {
                let units = || self.units.get(month - 1).map_or(0.0, |units| *units as f64);
                let quantity = match cost.per {
                    PerWhat::Option => 1.0,
                    PerWhat::Unit => units(),
                    PerWhat::Accelerator => units() * f64::from(self.option.accelerators_per_unit),
                    PerWhat::MillionItems => self.items.get(month - 1).map_or(0.0, |items| items / MILLION),
                };
                ledger.expense(cost.component, month, cost.per_month.amount * quantity);
            }
        }
    }
}

/// Price of one item of a service, without retries.
pub(crate) fn service_price_per_item(payment: &Payment) -> Option<f64> {
    match payment {
        Payment::PerMillionItems { price } => Some(price.amount / MILLION),
        Payment::PerMillionTokens {
            input_price,
            cached_input_price,
            output_price,
            input_tokens_per_item,
            cached_fraction,
            output_tokens_per_item,
        } => {
            let cached = cached_input_price.unwrap_or(*input_price).amount * cached_fraction;
            let input = input_price.amount * (1.0 - cached_fraction) + cached;
            Some((input * input_tokens_per_item + output_price.amount * output_tokens_per_item) / MILLION)
        }
        _ => None,
    }
}

/// The next whole number, where dust of rounding does not count: 3.0000000001 servers are 3.
pub(crate) fn whole(quantity: f64) -> f64 {
    (quantity - 1e-9 * quantity.abs()).ceil()
}
