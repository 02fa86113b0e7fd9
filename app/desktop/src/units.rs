//! The units in which figures are shown: the currency, and multiples of bytes and seconds. They are chosen in the
//! settings and left for every view in the context. What is stored, typed and written to documents does not change.

use assay_base::Currency;
use assay_base::format::{self, ByteUnits, TimeUnits};
use assay_service::study::{ExchangeRate, Study};
use egui::{Context, Id};
use serde::{Deserialize, Serialize};

/// What the user has chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChosenUnits {
    /// The currency; each study's own when absent.
    pub currency: Option<Currency>,
    /// Multiples of the byte.
    pub bytes: ByteUnits,
    /// Multiples of the second.
    pub time: TimeUnits,
}

/// How figures of the study that is open are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Units {
    bytes: ByteUnits,
    time: TimeUnits,
    /// The study's currency, the one shown, and what one unit of the latter is worth in the former.
    exchange: Option<(Currency, Currency, f64)>,
}

/// The rate that a study states for a currency. No other is ever used.
pub fn stated_rate(study: &Study, currency: Currency) -> Option<&ExchangeRate> {
    study.finance.exchange_rates.iter().find(|rate| rate.from == currency && rate.rate > 0.0)
}

impl Units {
    /// The units chosen, as far as a study lets amounts be converted.
    pub fn new(chosen: ChosenUnits, study: Option<&Study>) -> Self {
        let exchange = study
            .zip(chosen.currency)
            .and_then(|(study, currency)| Some((study.currency, currency, stated_rate(study, currency)?.rate)));
        Self { bytes: chosen.bytes, time: chosen.time, exchange }
    }

    /// Leaves them for the views.
    pub fn leave(self, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(Id::unique("units"), self));
    }

    /// The units that were left.
    pub fn of(ctx: &Context) -> Self {
        ctx.data(|data| data.get_temp(Id::unique("units"))).unwrap_or_default()
    }

    /// The currency in which amounts of another one are shown.
    pub fn currency(&self, currency: Currency) -> Currency {
        self.exchange.filter(|(own, ..)| *own == currency).map_or(currency, |(_, shown, _)| shown)
    }

    /// An amount in [`Self::currency`].
    pub fn amount(&self, amount: f64, currency: Currency) -> f64 {
        self.exchange.filter(|(own, ..)| *own == currency).map_or(amount, |(.., rate)| amount / rate)
    }

    /// An amount for headlines; amounts in the study's currency are converted.
    pub fn money(&self, amount: f64, currency: Currency) -> String {
        format::money_in(self.amount(amount, currency), self.currency(currency))
    }

    /// A duration.
    pub fn duration(&self, secs: f64) -> String {
        format::duration_in(secs, self.time)
    }

    /// A memory size.
    pub fn memory(&self, bytes: f64) -> String {
        format::memory_in(bytes, self.bytes)
    }

    /// A throughput in its own unit.
    pub fn throughput(&self, per_sec: f64, unit: &str) -> String {
        match unit {
            "B/s" => format::bandwidth_in(per_sec, self.bytes),
            _ => format::throughput(per_sec, unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_converted_by_the_study_s_rate_or_not_at_all() {
        let text = assay_service::sample::SAMPLE_STUDY;
        let mut study: Study = assay_base::yaml::parse(text, std::path::Path::new("study.yaml")).unwrap();
        let chosen = ChosenUnits { currency: Some("CHF".parse().unwrap()), ..ChosenUnits::default() };
        let own = study.currency;
        assert_eq!(Units::new(chosen, Some(&study)).money(200.0, own), format::money_in(200.0, own));
        let (from, as_of) = ("CHF".parse().unwrap(), "2026-11-02".parse().unwrap());
        study.finance.exchange_rates = vec![ExchangeRate { from, rate: 1.25, as_of, source: "a test".to_owned() }];
        let units = Units::new(chosen, Some(&study));
        assert_eq!(units.money(200.0, own), "CHF\u{a0}160");
        assert_eq!(units.money(200.0, Currency::EUR), "€200", "another currency has no rate");
        assert_eq!((units.currency(own).code(), units.currency(Currency::EUR)), ("CHF", Currency::EUR));
    }
}
