//! The payments of one option, month by month and by component.

use super::asset::Asset;
use super::{
    Assumptions, Change, Component, Estimate, Lens, OptionInput, Payment, PerWhat, PowerBasis, RecurringCost, Tax,
    Timing,
};
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
    /// Kept for the best single figures alone.
    details: Option<Details>,
}

/// Month by month, what each component is paid and what it is as an expense.
pub(super) struct Details {
    months: usize,
    /// Row by row the payments of each component.
    payments: Vec<f64>,
    /// What replaces the payments for hardware and commitments: depreciation, capital charge, loss when sold.
    written_off: [Vec<f64>; 3],
    /// Interest a month on what is not yet written off.
    monthly_rate: f64,
}

/// The components that a view by expense replaces, and those it replaces them with.
const PAID: [Component; 3] = [Component::Commitment, Component::Hardware, Component::ResidualValue];
const WRITTEN_OFF: [Component; 3] = [Component::Depreciation, Component::Capital, Component::ResidualValue];

impl Details {
    fn row(&self, component: Component) -> &[f64] {
        let width = self.months + 1;
        self.payments.get(component as usize * width..).map_or(&[], |rest| &rest[..width.min(rest.len())])
    }

    /// Components with payments, month by month from t = 0.
    pub fn by_payment(&self) -> impl Iterator<Item = (Component, &[f64])> {
        Component::ALL.into_iter().map(|component| (component, self.row(component))).filter(is_not_empty)
    }

    /// The same with depreciation, capital charge and loss at sale in place of what is paid for hardware and upfront.
    pub fn by_expense(&self) -> impl Iterator<Item = (Component, &[f64])> {
        let written_off = |component: Component| WRITTEN_OFF.iter().position(|other| *other == component);
        Component::ALL
            .into_iter()
            .filter_map(move |component| match written_off(component) {
                Some(place) => Some((component, self.written_off.get(place)?.as_slice())),
                None if PAID.contains(&component) => None,
                None => Some((component, self.row(component))),
            })
            .filter(is_not_empty)
    }
}

fn is_not_empty((_, monthly): &(Component, &[f64])) -> bool {
    monthly.iter().any(|amount| *amount != 0.0)
}

impl Ledger {
    fn new(months: usize, tax: Option<Tax>, details: Option<Details>) -> Self {
        Self { monthly: vec![0.0; months + 1], components: [0.0; Component::ALL.len()], tax, details }
    }

    pub fn add(&mut self, component: Component, month: usize, amount: f64) {
        if let Some(flow) = self.monthly.get_mut(month) {
            *flow += amount;
            self.components[component as usize] += amount;
            if let Some(details) = &mut self.details
                && let Some(payment) = details.payments.get_mut(component as usize * (details.months + 1) + month)
            {
                *payment += amount;
            }
        }
    }

    pub fn has_details(&self) -> bool {
        self.details.is_some()
    }

    pub fn details(&self) -> Option<&Details> {
        self.details.as_ref()
    }

    /// Books what was bought for `paid` at the begin of month `bought` and sold for `proceeds` of that at the begin of
    /// month `sold`: each month's part of it, interest on the rest, and what the sale brings less than the books say.
    ///
    /// Discounted at the same rate, this is worth what the payments are (Preinreich 1937, Lücke 1955).
    pub fn write_off(&mut self, bought: usize, sold: usize, paid: f64, proceeds: f64, writing_off: &[f64]) {
        let Some(Details { written_off: [depreciation, capital, loss], monthly_rate, .. }) = &mut self.details else {
            return;
        };
        let rate = *monthly_rate;
        let mut book = paid;
        for (age, part) in writing_off.iter().enumerate().take(sold - bought + 1) {
            if age > 0
                && let Some(charge) = capital.get_mut(bought + age)
            {
                *charge += rate * book;
            }
            let amount = part * paid;
            book -= amount;
            if let Some(lost) = depreciation.get_mut(bought + age) {
                *lost += amount;
            }
        }
        if let Some(loss) = loss.get_mut(sold) {
            // What rounding leaves of a book value is no loss.
            let difference = book - proceeds * paid;
            *loss += if difference.abs() > 1e-12 * paid { difference } else { 0.0 };
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

/// How prices develop: factors on the price of t = 0 in each month.
pub(crate) struct PriceLevels {
    /// Of the option's own prices.
    pub own: Vec<f64>,
    /// Of electricity.
    pub electricity: Vec<f64>,
    /// Whether the option's own prices stay.
    pub is_flat: bool,
}

impl PriceLevels {
    pub fn new(option: &OptionInput, assumptions: &Assumptions) -> Result<Self, CostError> {
        Ok(Self {
            own: price_level("price_change", option.price_change, assumptions)?,
            electricity: price_level("electricity_price_change", assumptions.electricity_price_change, assumptions)?,
            is_flat: option.price_change.is_none_or(|change| change.fraction == 0.0),
        })
    }
}

/// Factors on a price of t = 0 at the begin of each month.
pub(crate) fn price_level(
    field: &str,
    change: Option<Change>,
    assumptions: &Assumptions,
) -> Result<Vec<f64>, CostError> {
    let months = assumptions.horizon_months as usize;
    let Some(change) = change else { return Ok(vec![1.0; months]) };
    let change = change.in_basis(assumptions.discount_basis, assumptions.inflation_annual);
    let a_month = change.map_err(|error| error.within(field))?.annual().ln_1p() / 12.0;
    Ok((0..months).map(|month| (a_month * month as f64).exp()).collect())
}

/// Everything a ledger is made from.
pub(super) struct Costing<'a> {
    pub option: &'a OptionInput,
    pub assumptions: &'a Assumptions,
    /// How prices develop.
    pub levels: &'a PriceLevels,
    /// Items in each month.
    pub items: &'a [f64],
    /// Units in each month, those that stay included; empty for a service.
    pub units: &'a [u64],
    /// What the baseline costs while it runs beside this option.
    pub parallel_running: f64,
    pub end: End,
}

impl Costing<'_> {
    /// `None` where price or energy is not known.
    pub fn ledger(&self) -> Result<Option<Ledger>, CostError> {
        let mut ledger = Ledger::new(self.items.len(), self.assumptions.tax, self.details());
        if !self.pay(&mut ledger)? {
            return Ok(None);
        }
        self.one_off(&mut ledger);
        if self.parallel_running > 0.0 {
            ledger.expense(Component::ParallelRunning, 0, self.parallel_running);
        }
        self.recurring(&mut ledger, &self.option.recurring_costs)?;
        if self.assumptions.lens == Lens::Full {
            self.recurring(&mut ledger, &self.assumptions.shared_costs)?;
        }
        Ok(Some(ledger))
    }

    /// What the first month costs to run, before tax: nothing that is bought, paid once, or paid anyway. `None` where
    /// price or energy is not known. The costing is of that month alone.
    pub fn running(&self) -> Result<Option<f64>, CostError> {
        let mut ledger = Ledger::new(self.items.len(), None, None);
        if !self.pay(&mut ledger)? {
            return Ok(None);
        }
        self.recurring(&mut ledger, &self.option.recurring_costs)?;
        let bought: f64 = PAID
            .iter()
            .chain([&Component::CommitmentAfterHorizon])
            .map(|component| ledger.components[*component as usize])
            .sum();
        Ok(Some(ledger.total()? - bought))
    }

    fn details(&self) -> Option<Details> {
        let months = self.items.len();
        (self.end == End::Value).then(|| Details {
            months,
            payments: vec![0.0; Component::ALL.len() * (months + 1)],
            written_off: [vec![0.0; months + 1], vec![0.0; months + 1], vec![0.0; months + 1]],
            monthly_rate: (self.assumptions.discount_rate_annual.ln_1p() / 12.0).exp_m1(),
        })
    }

    /// What the way to pay asks for; false where it is not known.
    fn pay(&self, ledger: &mut Ledger) -> Result<bool, CostError> {
        let hours = self.assumptions.hours_per_month;
        match &self.option.payment {
            Payment::OnDemand { price_per_unit_hour } => {
                self.rent(ledger, price_per_unit_hour.amount * hours);
            }
            Payment::Spot { price_per_unit_hour, overhead } => {
                let price = price_per_unit_hour.amount * (1.0 + overhead.fraction()?);
                self.rent(ledger, price * hours);
            }
            Payment::CapacityBlock { price_per_unit_block, hours_per_block } => {
                // One window after the other, each paid in advance: they do not begin with the months.
                let price = price_per_unit_block.amount * hours / hours_per_block;
                for (month, (units, level)) in self.units.iter().zip(&self.levels.own).enumerate() {
                    ledger.expense(Component::Compute, month, price * level * *units as f64);
                }
            }
            Payment::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => {
                self.committed(ledger, Component::Compute, price_per_unit_hour.amount * hours, *term_months);
                self.after_horizon(ledger, price_per_unit_hour.amount * hours, *term_months);
                let asset = Asset::commitment(*term_months);
                asset.acquire(ledger, upfront_per_unit.amount, &self.levels.own, self.units);
            }
            Payment::Lease { price_per_unit_month, upfront_per_unit, term_months, energy_included } => {
                self.committed(ledger, Component::Compute, price_per_unit_month.amount, *term_months);
                self.after_horizon(ledger, price_per_unit_month.amount, *term_months);
                let asset = Asset::commitment(*term_months);
                asset.acquire(ledger, upfront_per_unit.amount, &self.levels.own, self.units);
                return Ok(*energy_included || self.energy(ledger).is_some());
            }
            Payment::Purchase {
                capex_per_unit,
                residual_fraction,
                life_months,
                depreciation,
                opex_fraction_per_year,
            } => {
                let asset = Asset::hardware(*life_months, *residual_fraction, *depreciation, self.assumptions.tax);
                asset.acquire(ledger, capex_per_unit.amount, &self.levels.own, self.units);
                let upkeep = capex_per_unit.amount * opex_fraction_per_year / 12.0;
                // A share of what was paid for each unit.
                self.committed(ledger, Component::Maintenance, upkeep, *life_months);
                return Ok(self.energy(ledger).is_some());
            }
            Payment::PerMillionItems { .. } | Payment::PerMillionTokens { .. } => {
                let price = service_price_per_item(&self.option.payment).unwrap_or_default();
                let attempts = 1.0 + self.assumptions.effectiveness.retry_fraction;
                for (month, (items, level)) in self.items.iter().zip(&self.levels.own).enumerate() {
                    ledger.expense(Component::Service, month + 1, price * level * items * attempts);
                }
            }
            Payment::Unknown { .. } => return Ok(false),
        }
        Ok(true)
    }

    fn rent(&self, ledger: &mut Ledger, price_per_unit_month: f64) {
        for (month, (units, level)) in self.units.iter().zip(&self.levels.own).enumerate() {
            ledger.expense(Component::Compute, month + 1, price_per_unit_month * level * *units as f64);
        }
    }

    /// What is paid each month for each unit, at the price of the month in which its term or life began.
    fn committed(&self, ledger: &mut Ledger, component: Component, per_unit_month: f64, term_months: u32) {
        if self.levels.is_flat {
            for (month, units) in self.units.iter().enumerate() {
                ledger.expense(component, month + 1, per_unit_month * *units as f64);
            }
            return;
        }
        for (begin, added) in self.added() {
            for month in begin..self.units.len() {
                let level = self.level(term_begin(begin, month, term_months));
                ledger.expense(component, month + 1, per_unit_month * level * added);
            }
        }
    }

    /// What the last terms still ask for after the horizon. It is owed however little is needed by then, so it counts in
    /// full and at the horizon; that it falls due later is no discount.
    fn after_horizon(&self, ledger: &mut Ledger, per_unit_month: f64, term_months: u32) {
        let horizon = self.units.len();
        for (begin, added) in self.added() {
            let (last, months) = last_term(begin, horizon, term_months);
            if months > 0 {
                let owed = per_unit_month * self.level(last) * added * months as f64;
                ledger.expense(Component::CommitmentAfterHorizon, horizon, owed);
            }
        }
    }

    /// Units by the month in which they came, of a fleet that stays.
    fn added(&self) -> impl Iterator<Item = (usize, f64)> {
        let mut owned = 0;
        self.units.iter().enumerate().filter_map(move |(begin, units)| {
            let added = units.saturating_sub(owned);
            owned = owned.max(*units);
            (added > 0).then_some((begin, added as f64))
        })
    }

    fn level(&self, month: usize) -> f64 {
        self.levels.own.get(month).copied().unwrap_or(1.0)
    }

    fn energy(&self, ledger: &mut Ledger) -> Option<()> {
        let price = self.assumptions.electricity_price_per_kwh?.amount;
        let kwh = self.kwh_per_unit_month()?;
        for (month, (units, level)) in self.units.iter().zip(&self.levels.electricity).enumerate() {
            ledger.expense(Component::Energy, month + 1, price * level * kwh * *units as f64);
        }
        Some(())
    }

    /// Energy of one unit in one month, at the meter.
    pub fn kwh_per_unit_month(&self) -> Option<f64> {
        let at = |power: Estimate| match self.end {
            End::Value => power.value,
            End::Cheap => power.low,
            End::Dear => power.high,
        };
        let host = self.option.host_power_watts_per_unit.map_or(0.0, at);
        let watts = at(self.option.power_watts_per_unit?) + host;
        let pue = if self.option.power_basis == PowerBasis::Facility { 1.0 } else { self.assumptions.pue };
        Some(watts / 1000.0 * pue * self.assumptions.hours_per_month)
    }

    /// Whether a cost counts under the lens.
    fn counts(&self, allocated: bool) -> bool {
        !allocated || self.assumptions.lens == Lens::Full
    }

    fn one_off(&self, ledger: &mut Ledger) {
        let horizon = self.items.len();
        for cost in self.option.one_off_costs.iter().filter(|cost| self.counts(cost.allocated)) {
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

    fn recurring(&self, ledger: &mut Ledger, costs: &[RecurringCost]) -> Result<(), CostError> {
        for cost in costs.iter().filter(|cost| self.counts(cost.allocated)) {
            let level = match cost.change {
                Some(_) => price_level("change", cost.change, self.assumptions)?,
                None => Vec::new(),
            };
            let last = cost.to_month.map_or(self.items.len(), |month| month as usize).min(self.items.len());
            for month in cost.from_month as usize..=last {
                let units = || self.units.get(month - 1).map_or(0.0, |units| *units as f64);
                let quantity = match cost.per {
                    PerWhat::Option => 1.0,
                    PerWhat::Unit => units(),
                    PerWhat::Accelerator => units() * f64::from(self.option.accelerators_per_unit),
                    PerWhat::MillionItems => self.items.get(month - 1).map_or(0.0, |items| items / MILLION),
                };
                let level = level.get(month - 1).copied().unwrap_or(1.0);
                ledger.expense(cost.component, month, cost.per_month.amount * level * quantity);
            }
        }
        Ok(())
    }
}

/// The month in which the term that covers `month` began, for a unit that was added in month `begin`.
pub(crate) fn term_begin(begin: usize, month: usize, term_months: u32) -> usize {
    let term = (term_months as usize).max(1);
    begin + (month - begin) / term * term
}

/// The month in which the last term of a unit added in month `begin` began, and how many months it lasts beyond the
/// horizon.
pub(crate) fn last_term(begin: usize, horizon: usize, term_months: u32) -> (usize, usize) {
    let last = term_begin(begin, horizon.saturating_sub(1).max(begin), term_months);
    (last, (last + term_months as usize).saturating_sub(horizon))
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
