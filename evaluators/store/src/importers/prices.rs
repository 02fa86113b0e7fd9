//! Prices of instances beside a table of results: `Inst. Type, RI-Effective hourly rate`.

use std::collections::BTreeMap;

use assay_base::{Currency, Money};

use super::fields::{Fields, each_table_row, header};
use super::result::PublishedResult;

/// Hourly rates by instance type.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceList {
    basis: String,
    rates: BTreeMap<String, f64>,
}

/// A price list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the price list cannot be used: {0}")]
pub struct PriceListError(String);

impl PriceList {
    /// Reads a list in US dollars.
    ///
    /// # Errors
    /// When a column is missing, or a rate is not a positive number or stated twice; with the line.
    pub fn read(bytes: &[u8]) -> Result<Self, PriceListError> {
        let error = |text: String| PriceListError(text);
        let columns = header(bytes).unwrap_or_default();
        let find = |part: &str| columns.iter().find(|c| c.to_lowercase().contains(part)).cloned();
        let instance = find("inst").ok_or_else(|| error("no column names the instance".to_owned()))?;
        let rate = find("hourly rate").ok_or_else(|| error("no column is an `hourly rate`".to_owned()))?;
        let mut rates = BTreeMap::new();
        let mut wrong = None;
        let read = each_table_row(bytes, |line, row| {
            let added = row.and_then(|row| Self::add(&mut rates, &Fields::from(row), &instance, &rate));
            if let Err(reason) = added {
                wrong.get_or_insert_with(|| error(format!("line {line}: {reason}")));
            }
        });
        read.map_err(|gave_up| error(format!("line {}: {}", gave_up.line, gave_up.reason)))?;
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        Ok(Self { basis: rate, rates })
    }

    fn add(rates: &mut BTreeMap<String, f64>, row: &Fields, instance: &str, rate: &str) -> Result<(), String> {
        let value = row.required_number(rate)?;
        if value <= 0.0 {
            return Err(format!("the rate is {value}; leave an unknown rate out"));
        }
        match rates.insert(row.required(instance)?.to_lowercase(), value) {
            None => Ok(()),
            Some(_) => Err("this instance has a rate already".to_owned()),
        }
    }

    /// Which price it is, in the list's own words: the name of its column.
    pub fn basis(&self) -> &str {
        &self.basis
    }

    /// The hourly rate of an instance type, capital letters aside; `None` when the list does not state it.
    pub fn rate(&self, instance: &str) -> Option<Money> {
        self.rates.get(&instance.to_lowercase()).map(|rate| Money::new(*rate, Currency::USD))
    }

    /// The hourly rate of a result's instance and the cost of a million of its items, whatever its unit counts; `None`
    /// where there is no rate or throughput. `cost = rate / (3600 x items a second) x 10^6`.
    pub fn price(&self, result: &PublishedResult) -> Option<(Money, Money)> {
        let rate = self.rate(result.system.as_deref()?)?;
        Some((rate, rate * (1e6 / (3600.0 * result.throughput.as_ref()?.value))))
    }
}
