//! What is bought for each unit and lasts: hardware, and the upfront payment of a commitment.

use super::ledger::Ledger;
use super::{Component, Tax, WriteOff};
use crate::depreciation::MACRS_5_PERCENT;

/// Something that is bought, written off, and sold or replaced at the end of its life.
#[derive(Clone, Copy)]
pub(crate) struct Asset {
    component: Component,
    life_months: usize,
    /// What is left of the price at the end of the life.
    residual_fraction: f64,
    write_off: WriteOff,
}

impl Asset {
    /// The upfront payment of a term.
    pub fn commitment(term_months: u32) -> Self {
        Self {
            component: Component::Commitment,
            life_months: term_months as usize,
            residual_fraction: 0.0,
            write_off: WriteOff::StraightLine,
        }
    }

    /// Bought hardware.
    pub fn hardware(life_months: u32, residual_fraction: f64, tax: Option<Tax>) -> Self {
        Self {
            component: Component::Hardware,
            life_months: life_months as usize,
            residual_fraction,
            write_off: tax.map_or(WriteOff::StraightLine, |tax| tax.write_off),
        }
    }

    /// The same with another residual value.
    pub fn with_residual(self, residual_fraction: f64) -> Self {
        Self { residual_fraction, ..self }
    }

    /// Buys what the fleet grows by at the begin of each month.
    pub(super) fn acquire(&self, ledger: &mut Ledger, price: f64, fleet: &[u64]) {
        if price == 0.0 {
            return;
        }
        let tax_rate = ledger.tax.map(|tax| tax.rate);
        let mut owned = 0;
        for (month, units) in fleet.iter().enumerate() {
            let paid = price * units.saturating_sub(owned) as f64;
            owned = owned.max(*units);
            if paid > 0.0 {
                self.payments(month, fleet.len(), tax_rate, |component, at, amount| {
                    ledger.add(component, at, paid * amount);
                });
            }
        }
    }

    /// All payments that follow from buying for 1 at the begin of a month: the price, its replacement at the end of
    /// each life, what is left at the horizon (its straight-line value, for the service goes on), and the tax.
    pub fn payments(
        &self,
        month: usize,
        horizon: usize,
        tax_rate: Option<f64>,
        mut pay: impl FnMut(Component, usize, f64),
    ) {
        let mut bought = month;
        while bought < horizon {
            let sold = (bought + self.life_months).min(horizon);
            let age = (sold - bought) as f64 / self.life_months as f64;
            let proceeds = 1.0 - (1.0 - self.residual_fraction) * age;
            pay(self.component, bought, 1.0);
            pay(Component::ResidualValue, sold, -proceeds);
            if let Some(rate) = tax_rate {
                self.tax(rate, proceeds, bought, sold, |at, amount| pay(Component::Tax, at, amount));
            }
            bought = sold;
        }
    }

    /// Tax saved by writing the price off, and tax on what the sale brings above the book value.
    fn tax(&self, rate: f64, proceeds: f64, bought: usize, sold: usize, mut pay: impl FnMut(usize, f64)) {
        let mut book = 1.0;
        let mut shield = |at: usize, amount: f64| {
            book -= amount;
            pay(at, -rate * amount);
        };
        match self.write_off {
            WriteOff::Immediate => shield(bought, 1.0),
            WriteOff::StraightLine => {
                let a_month = (1.0 - self.residual_fraction) / self.life_months as f64;
                for at in bought + 1..=sold {
                    shield(at, a_month);
                }
            }
            WriteOff::Macrs5 => {
                for (year, percent) in MACRS_5_PERCENT.iter().enumerate() {
                    let at = bought + 12 * (year + 1);
                    if at <= sold {
                        shield(at, percent / 100.0);
                    }
                }
            }
        }
        pay(sold, rate * (proceeds - book));
    }
}
