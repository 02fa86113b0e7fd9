//! What is bought for each unit and lasts: hardware, and the upfront payment of a commitment.

use super::ledger::Ledger;
use super::{Component, Depreciation, Tax};
use crate::depreciation::macrs_percent;

/// Something that is bought, written off, and sold or replaced at the end of its life.
#[derive(Clone, Copy)]
pub(crate) struct Asset {
    component: Component,
    life_months: usize,
    /// What is left of the price at the end of the life.
    residual_fraction: f64,
    /// How the books write it off.
    books: Depreciation,
    /// How it is written off for tax.
    tax: Depreciation,
}

impl Asset {
    /// The upfront payment of a term.
    pub fn commitment(term_months: u32) -> Self {
        Self {
            component: Component::Commitment,
            life_months: term_months as usize,
            residual_fraction: 0.0,
            books: Depreciation::StraightLine,
            tax: Depreciation::StraightLine,
        }
    }

    /// Bought hardware.
    pub fn hardware(life_months: u32, residual_fraction: f64, books: Depreciation, tax: Option<Tax>) -> Self {
        Self {
            component: Component::Hardware,
            life_months: life_months as usize,
            residual_fraction,
            books,
            tax: tax.map_or(books, |tax| tax.write_off),
        }
    }

    /// The same with another residual value.
    pub fn with_residual(self, residual_fraction: f64) -> Self {
        Self { residual_fraction, ..self }
    }

    /// Whether its payments are linear in the residual value: a declining balance stops at it.
    pub fn is_linear_in_residual(&self, tax: Option<Tax>) -> bool {
        let declines = matches!(self.tax, Depreciation::Declining { .. } | Depreciation::VariableDeclining { .. });
        tax.is_none() || !declines
    }

    /// Buys what the fleet grows by at the begin of each month. `price_level` are factors on the price in each month.
    pub(super) fn acquire(&self, ledger: &mut Ledger, price: f64, price_level: &[f64], fleet: &[u64]) {
        if price == 0.0 {
            return;
        }
        let tax_rate = ledger.tax.map(|tax| tax.rate);
        let writing_off = ledger.has_details().then(|| self.writing_off(self.books));
        let mut owned = 0;
        for (month, units) in fleet.iter().enumerate() {
            let paid = price * units.saturating_sub(owned) as f64;
            owned = owned.max(*units);
            if paid <= 0.0 {
                continue;
            }
            self.payments(month, fleet.len(), tax_rate, |component, at, priced_at, amount| {
                ledger.add(component, at, paid * amount * price_level.get(priced_at).copied().unwrap_or(1.0));
            });
            if let Some(writing_off) = &writing_off {
                for (bought, sold) in self.lives(month, fleet.len()) {
                    let paid = paid * price_level.get(bought).copied().unwrap_or(1.0);
                    ledger.write_off(bought, sold, paid, self.proceeds(sold - bought), writing_off);
                }
            }
        }
    }

    /// The months in which it is bought and sold, one life after the other, up to the horizon.
    fn lives(&self, month: usize, horizon: usize) -> impl Iterator<Item = (usize, usize)> {
        let life = self.life_months;
        (month..horizon).step_by(life).map(move |bought| (bought, (bought + life).min(horizon)))
    }

    /// What it brings after so many months, of the price: its market value falls in a straight line. A contract cannot be
    /// sold: what was paid upfront for months after the horizon is lost.
    fn proceeds(&self, age_months: usize) -> f64 {
        if self.component == Component::Commitment {
            return 0.0;
        }
        1.0 - (1.0 - self.residual_fraction) * age_months as f64 / self.life_months as f64
    }

    /// All payments that follow from buying for 1 at the begin of a month: the price, its replacement at the end of
    /// each life, what is left at the horizon (the market value of hardware, for the service goes on), and the tax. `pay`
    /// gets the component, the month of the payment, the month whose price it is a part of, and that part.
    pub fn payments(
        &self,
        month: usize,
        horizon: usize,
        tax_rate: Option<f64>,
        mut pay: impl FnMut(Component, usize, usize, f64),
    ) {
        for (bought, sold) in self.lives(month, horizon) {
            let proceeds = self.proceeds(sold - bought);
            pay(self.component, bought, bought, 1.0);
            if proceeds != 0.0 {
                pay(Component::ResidualValue, sold, bought, -proceeds);
            }
            let Some(rate) = tax_rate else { continue };
            // Tax saved by writing the price off, and tax on what the sale brings above the book value.
            let mut book = 1.0;
            for (age, amount) in self.writing_off(self.tax).iter().enumerate().take(sold - bought + 1) {
                if *amount != 0.0 {
                    book -= amount;
                    pay(Component::Tax, bought + age, bought, -rate * amount);
                }
            }
            pay(Component::Tax, sold, bought, rate * (proceeds - book));
        }
    }

    /// What is written off of a price of 1 by the end of each month of its life; the first is at once.
    fn writing_off(&self, how: Depreciation) -> Vec<f64> {
        let months = self.life_months;
        let salvage = self.residual_fraction;
        let mut amounts = vec![0.0; months + 1];
        match how {
            Depreciation::Immediate => amounts[0] = 1.0,
            Depreciation::StraightLine => amounts[1..].fill((1.0 - salvage) / months as f64),
            Depreciation::Macrs { recovery_years } => {
                let percent = macrs_percent(recovery_years).unwrap_or_default();
                for (year, percent) in amounts[1..].chunks_mut(12).zip(percent) {
                    year.fill(percent / 1200.0);
                }
            }
            Depreciation::Declining { factor } | Depreciation::VariableDeclining { factor } => {
                let switches = matches!(how, Depreciation::VariableDeclining { .. });
                let a_month = (factor / months as f64).min(1.0 / 12.0);
                let (mut book, mut left) = (1.0, months as f64);
                for year in amounts[1..].chunks_mut(12) {
                    let in_year = year.len() as f64;
                    let straight = if switches { (book - salvage) / left } else { 0.0 };
                    let amount = (book * a_month).max(straight).min((book - salvage) / in_year).max(0.0);
                    year.fill(amount);
                    book -= amount * in_year;
                    left -= in_year;
                }
            }
        }
        amounts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::depreciation::{declining, variable_declining};

    #[test]
    fn the_years_are_those_of_the_spreadsheet_functions() {
        let yearly = |how| {
            let amounts = Asset::hardware(60, 0.1, how, None).writing_off(how);
            amounts[1..].chunks(12).map(|year| year.iter().sum::<f64>()).collect::<Vec<f64>>()
        };
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        for factor in [1.5, 2.0] {
            for (year, amount) in yearly(Depreciation::Declining { factor }).iter().enumerate() {
                near(*amount, declining(1.0, 0.1, 5.0, (year + 1) as f64, factor).unwrap());
            }
            for (year, amount) in yearly(Depreciation::VariableDeclining { factor }).iter().enumerate() {
                let year = year as f64;
                near(*amount, variable_declining(1.0, 0.1, 5.0, year, year + 1.0, factor).unwrap());
            }
        }
        near(yearly(Depreciation::Macrs { recovery_years: 5 })[1], 0.32);
        near(yearly(Depreciation::StraightLine).iter().sum(), 0.9);
    }
}
