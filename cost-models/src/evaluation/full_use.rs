//! What an inference, a token or a training step costs at full use, with what the figure was divided by.

use assay_base::{Evidence, Money};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{ItemShape, OptionInput, Payment, Shared, UnitCost, is_service, pays_for_energy};
use crate::error::{CostError, answer};
use crate::unit_cost::{Effectiveness, MILLION, SECS_PER_HOUR, TokenMix, token_costs};

/// What a unit cost is made with: without it two figures cannot be compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceBasis {
    /// The way to pay, such as `reserved for 36 months, all upfront`.
    pub offer: String,
    /// The class of the price.
    pub evidence: Evidence,
    /// Who named the price.
    pub source: Option<String>,
    /// The day it held.
    pub as_of: Option<Date>,
    /// Utilisation, availability, goodput and retries that it was divided by.
    pub effectiveness: Effectiveness,
    /// The PUE that energy was added at; `None` where the price includes the energy.
    pub pue: Option<f64>,
}

/// Costs of one million tokens by denominator. They do not add up: each says what it divides by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenCostsAtFullUse {
    /// The whole cost over input and output tokens, those found in the cache included.
    pub per_million_total: Money,
    /// The whole cost over output tokens alone; `None` where there are none.
    pub per_million_output_only: Option<Money>,
    /// Prefill's share over the input tokens that were computed (cache hits are not), or a service's price; `None`
    /// where the share of prefill is not known or nothing was computed.
    pub per_million_input: Option<Money>,
    /// Decode's share over the output tokens, or a service's price.
    pub per_million_output: Option<Money>,
}

/// The costs at full use of one option: of a unit that is kept at the target utilisation all the time, before peaks,
/// whole units and all costs but compute and energy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FullUseCosts {
    /// One item: an inference, a request, a step.
    pub per_item: Money,
    /// One million items, with the interval of the throughput.
    pub per_million_items: UnitCost,
    /// Tokens, where an item is a request.
    pub tokens: Option<TokenCostsAtFullUse>,
    /// One sample, where an item is a training step.
    pub per_sample: Option<Money>,
    /// What they are made with.
    pub basis: PriceBasis,
}

impl Shared<'_> {
    pub(super) fn full_use_costs(
        &self,
        option: &OptionInput,
        per_million: UnitCost,
    ) -> Result<FullUseCosts, CostError> {
        let per_item = answer("per_item", per_million.value.amount / per_million.per_items)?;
        let (tokens, per_sample) = match self.assumptions.item {
            ItemShape::Inference => (None, None),
            ItemShape::Request { .. } => (self.token_costs_at_full_use(option, per_item)?, None),
            ItemShape::TrainingStep { samples } => (None, Some(self.money(answer("per_sample", per_item / samples)?))),
        };
        Ok(FullUseCosts {
            per_item: self.money(per_item),
            per_million_items: per_million,
            tokens,
            per_sample,
            basis: PriceBasis {
                offer: option.payment.label(),
                evidence: option.price_evidence,
                source: option.price_source.clone(),
                as_of: option.price_as_of,
                effectiveness: self.assumptions.effectiveness,
                pue: pays_for_energy(&option.payment).then_some(self.assumptions.pue),
            },
        })
    }

    fn token_costs_at_full_use(
        &self,
        option: &OptionInput,
        per_item: f64,
    ) -> Result<Option<TokenCostsAtFullUse>, CostError> {
        let ItemShape::Request { input_tokens, output_tokens, cached_fraction } = self.assumptions.item else {
            return Ok(None);
        };
        let a_million = |cost: f64, tokens: f64| {
            (tokens > 0.0).then(|| answer("per_million_tokens", cost / tokens * MILLION).map(|cost| self.money(cost)))
        };
        let Some(per_million_total) = a_million(per_item, input_tokens + output_tokens).transpose()? else {
            return Ok(None);
        };
        let per_million_output_only = a_million(per_item, output_tokens).transpose()?;
        let attempts = 1.0 + self.assumptions.effectiveness.retry_fraction;
        let (per_million_input, per_million_output) = match (&option.payment, option.prefill_time_fraction) {
            (Payment::PerMillionTokens { input_price, output_price, .. }, _) => {
                let price = |price: &Money| answer("per_million_tokens", price.amount * attempts);
                (Some(self.money(price(input_price)?)), Some(self.money(price(output_price)?)))
            }
            (payment, Some(prefill_time_fraction)) if !is_service(payment) && output_tokens > 0.0 => {
                // The price of an hour in which one item is served each second.
                let mix = TokenMix {
                    input_tokens_per_sec: input_tokens,
                    output_tokens_per_sec: output_tokens,
                    cached_input_fraction: cached_fraction,
                    prefill_time_fraction,
                };
                let costs = token_costs((per_item * SECS_PER_HOUR).max(0.0), &mix, 1.0)?;
                (costs.per_million_input.map(|cost| self.money(cost)), Some(self.money(costs.per_million_output)))
            }
            _ => (None, None),
        };
        Ok(Some(TokenCostsAtFullUse {
            per_million_total,
            per_million_output_only,
            per_million_input,
            per_million_output,
        }))
    }
}
