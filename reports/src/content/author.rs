//! Writes numbers into the table of values and hands out references.

use super::findings::Findings;
use super::input::ReportInput;
use crate::document::Rich;
use crate::document::{Inline, Source, Value, ValueId, Values};
use crate::rich;
use assay_base::{Currency, Evidence, Money, format};
use assay_cost_models::{Assumptions, Evaluation};
use std::ops::{Deref, DerefMut};

/// What the composition of all sections shares.
pub(crate) struct Author<'a> {
    pub input: &'a ReportInput,
    pub found: Findings<'a>,
    pub numbers: Numbers<'a>,
}

impl<'a> Author<'a> {
    pub(crate) fn new(input: &'a ReportInput) -> Self {
        Self { input, found: Findings::of(input), numbers: Numbers::new(&input.assumptions) }
    }

    pub(crate) fn into_values(self) -> Values {
        self.numbers.values
    }
}

impl<'a> Deref for Author<'a> {
    type Target = Numbers<'a>;

    fn deref(&self) -> &Numbers<'a> {
        &self.numbers
    }
}

impl DerefMut for Author<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.numbers
    }
}

/// The table of values while it is written.
pub(crate) struct Numbers<'a> {
    pub assumptions: &'a Assumptions,
    pub values: Values,
}

impl<'a> Numbers<'a> {
    pub(crate) fn new(assumptions: &'a Assumptions) -> Self {
        Self { assumptions, values: Values::default() }
    }

    /// Registers a number. What is unknown or not finite is shown as unknown.
    pub(crate) fn value(
        &mut self,
        id: impl Into<String>,
        number: Option<f64>,
        show: impl FnOnce(f64) -> String,
        evidence: Option<Evidence>,
    ) -> ValueId {
        let number = number.filter(|number| number.is_finite());
        let text = number.map_or(format::UNKNOWN.to_owned(), show);
        self.values.add(id, Value { number, text, evidence })
    }

    /// A number of things that this document counted.
    pub(crate) fn count(&mut self, id: impl Into<String>, count: usize) -> ValueId {
        self.value(id, Some(count as f64), |number| format::thousands(number, 0), None)
    }

    pub(crate) fn money(&mut self, id: impl Into<String>, money: Option<Money>, evidence: Evidence) -> ValueId {
        let currency = self.assumptions.currency;
        self.value(
            id,
            money.map(|money| money.amount),
            |amount| format::money_in(amount, money.map_or(currency, |money| money.currency)),
            Some(evidence),
        )
    }

    /// The months of the horizon.
    pub(crate) fn horizon(&mut self) -> ValueId {
        let months = self.assumptions.horizon_months;
        self.value("horizon", Some(f64::from(months)), |_| format::whole_months(months), Some(Evidence::Assumed))
    }

    /// ` after 25 % tax`, behind money of the cost models; empty where the study has no tax.
    pub(crate) fn after_tax(&mut self) -> Rich {
        let Some(tax) = self.assumptions.tax else { return Rich::new() };
        let rate = |rate: f64| format::without_trailing_zeros(&format::percent(rate, 1));
        let rate = self.value("tax.rate", Some(tax.rate), rate, Some(Evidence::Assumed));
        rich![" after ", rate, " tax"]
    }

    /// The months of the horizon as they stand behind money of the cost models: where the study has a tax, with it.
    pub(crate) fn taxed_horizon(&mut self) -> ValueId {
        let Some(tax) = self.assumptions.tax else { return self.horizon() };
        let months = self.assumptions.horizon_months;
        let rate = format::without_trailing_zeros(&format::percent(tax.rate, 1));
        let text = format!("{} after {rate} tax", format::whole_months(months));
        self.value("horizon.taxed", Some(f64::from(months)), |_| text, Some(Evidence::Assumed))
    }

    /// Money that no tax was taken from: where the study has one, the figure says so.
    pub(crate) fn gross(
        &mut self,
        id: impl Into<String>,
        amount: Option<f64>,
        currency: Currency,
        class: Evidence,
    ) -> ValueId {
        let tail = if self.assumptions.tax.is_some() { " before tax" } else { "" };
        let id = format!("{}.gross", id.into());
        self.value(id, amount, |amount| format!("{}{tail}", format::money_in(amount, currency)), Some(class))
    }

    /// The total cost of an option.
    pub(crate) fn total(&mut self, of: &Evaluation) -> ValueId {
        let total = of.tco.as_ref().map(|tco| tco.total);
        self.money(format!("option.{}.tco", of.id), total, of.evidence)
    }

    /// A sum of the study's currency in the name of an option.
    pub(crate) fn amount(&mut self, of: &Evaluation, what: &str, amount: Option<f64>) -> ValueId {
        let currency = self.assumptions.currency;
        let money = amount.map(|amount| Money::new(amount, currency));
        self.money(format!("option.{}.{what}", of.id), money, of.evidence)
    }

    /// What a million items cost with an option: its total cost over the items served.
    pub(crate) fn unit_cost(&mut self, of: &Evaluation) -> ValueId {
        let per_million = of.cost_per_million.map(|cost| cost.value * (1e6 / cost.per_items));
        self.money(format!("option.{}.unit_cost", of.id), per_million, of.evidence)
    }

    /// A share, such as of one cost in another.
    pub(crate) fn share(&mut self, id: impl Into<String>, share: Option<f64>, evidence: Evidence) -> ValueId {
        self.value(id, share, |share| format::percent(share, 0), Some(evidence))
    }

    /// A span of money, or that both ends read alike.
    pub(crate) fn cost_range(&mut self, of: &Evaluation) -> Rich {
        let Some(tco) = &of.tco else { return format::UNKNOWN.into() };
        let (low, high) = (tco.total_low, tco.total_high);
        let low_value = self.amount(of, "tco_low", Some(low.amount));
        if format::money(low) == format::money(high) {
            return low_value.into();
        }
        let high_value = self.amount(of, "tco_high", Some(high.amount));
        rich![low_value, " to ", high_value]
    }
}

impl Author<'_> {
    /// A day in words.
    pub(crate) fn date(&self, day: jiff::civil::Date) -> Inline {
        Inline::name(self.input.language().day(day))
    }

    /// The source line of money computed by the cost models.
    pub(crate) fn cost_source(&mut self, text: impl Into<Rich>) -> Source {
        let mut source = self.model_source(text);
        let tax = self.after_tax();
        if !tax.0.is_empty() {
            source.text.push(" Money is");
            source.text.extend(tax);
            source.text.push(".");
        }
        source
    }

    /// The source line of something that prices and throughputs went into.
    pub(crate) fn model_source(&self, text: impl Into<Rich>) -> Source {
        let mut evidence: Vec<Evidence> = self
            .input
            .options
            .iter()
            .flat_map(|option| {
                let price = option.price.as_ref().ok().map(|price| price.evidence);
                let throughput = option.throughput.as_ref().ok().map(|known| known.per_accelerator.evidence);
                price.into_iter().chain(throughput)
            })
            .chain([Evidence::Assumed])
            .collect();
        evidence.sort_unstable();
        evidence.dedup();
        Source { text: text.into(), evidence, reproduce: Some(self.command("cost", "--format json")) }
    }

    /// The source line of something measured.
    pub(crate) fn measured_source(&self, text: impl Into<Rich>) -> Source {
        let mut evidence: Vec<Evidence> = self.input.measurements.iter().map(|found| found.evidence).collect();
        evidence.sort_unstable();
        evidence.dedup();
        Source { text: text.into(), evidence, reproduce: Some(self.command("results list", "--format csv")) }
    }

    /// A command of the command line on this study.
    pub(crate) fn command(&self, verb: &str, options: &str) -> String {
        let mut command = format!("assay {verb} {}", self.input.study_argument);
        if !options.is_empty() {
            command.push(' ');
            command.push_str(options);
        }
        command
    }
}

/// A span of months to a tenth, without needless zeros: `3 months`, `4.7 months`.
pub(crate) fn in_months(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    if tenths == 1.0 {
        return format::whole_months(1);
    }
    format::without_trailing_zeros(&format::months(if tenths > 0.0 { tenths } else { value }))
}

/// The same without the word, for columns that name it.
pub(crate) fn months_plain(value: f64) -> String {
    format::thousands(value, 1)
}

/// The class of an option's throughput, or that it is unknown.
pub(crate) fn throughput_class(of: &Evaluation) -> Rich {
    match of.throughput {
        Some(throughput) => Inline::Evidence(throughput.evidence).into(),
        None => "unknown".into(),
    }
}
