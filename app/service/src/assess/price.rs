//! The price of an option: looked up in its hardware profile, or stated in the study.

use assay_base::{Evidence, Money, format};
use assay_cost_models::Payment;
use assay_cost_models::evaluation::SpotOverhead;
use assay_hardware_profiles::{Offer, OfferKind, PriceUnit, PriceWarning, Profile, QuoteInForce};
use assay_reports::content::PriceFacts;
use assay_study::{PriceSource, Study, StudyOption};
use jiff::civil::Date;

use super::translate;

/// Months of a lease whose offer does not say.
const USUAL_LEASE_MONTHS: u32 = 36;
/// Capacity blocks are sold by the day.
const HOURS_PER_BLOCK: f64 = 24.0;

/// A price with what the cost models make of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceFact {
    /// How it enters the cost models.
    pub payment: Payment,
    /// Accelerators in the unit that is rented or bought.
    pub accelerators_per_unit: u32,
    /// The price as quoted, with its provenance.
    pub quoted: PriceFacts,
    /// The age of the quote, where it is old.
    pub old_days: Option<i64>,
    /// Its warnings, but for its age.
    pub doubts: Vec<String>,
}

impl std::ops::Deref for PriceFact {
    type Target = PriceFacts;

    fn deref(&self) -> &PriceFacts {
        &self.quoted
    }
}

/// The price of an option on a pricing date.
///
/// # Errors
/// Why it is unknown, in one sentence.
pub fn resolve(
    study: &Study,
    option: &StudyOption,
    profile: Option<&Profile>,
    pricing_date: Date,
) -> Result<PriceFact, String> {
    let mut fact = if option.price.from == PriceSource::Offer {
        let profile = profile.ok_or("the option names no hardware profile to look the offer up in")?;
        from_offer(study, option, profile, pricing_date)?
    } else {
        stated(study, option)?
    };
    let factor = option.price.factor.value();
    if factor != 1.0 {
        fact.payment.scale(factor);
        fact.quoted.offer =
            format!("{}, times {} as stated in the study", fact.quoted.offer, format::significant(factor, 3));
    }
    Ok(fact)
}

/// A price stated in the study. Reading it made sure that what its kind needs is there.
fn stated(study: &Study, option: &StudyOption) -> Result<PriceFact, String> {
    let price = &option.price;
    let currency = price.currency.unwrap_or(study.currency);
    let amount = |key: &str, amount: Option<f64>| {
        let missing = || format!("options.{}.price.{key} is not stated", option.id);
        amount.map(|amount| Money::new(amount, currency)).ok_or_else(missing)
    };
    let hourly = || amount("price_per_unit_hour", price.price_per_unit_hour);
    let upfront_per_unit = Money::new(price.upfront_per_unit.unwrap_or(0.0), currency);
    let term_months = price.term_months.unwrap_or(USUAL_LEASE_MONTHS);
    let (payment, quoted, per) = match price.from {
        PriceSource::Offer | PriceSource::Hourly => {
            (Payment::OnDemand { price_per_unit_hour: hourly()? }, hourly()?, PriceUnit::Hour)
        }
        PriceSource::Spot => (
            Payment::Spot { price_per_unit_hour: hourly()?, overhead: spot(study, option) },
            hourly()?,
            PriceUnit::Hour,
        ),
        PriceSource::Reserved => (
            Payment::Reserved { price_per_unit_hour: hourly()?, upfront_per_unit, term_months },
            hourly()?,
            PriceUnit::Hour,
        ),
        PriceSource::CapacityBlock => {
            let block = amount("price_per_unit_block", price.price_per_unit_block)?;
            let hours_per_block = price.hours_per_block.unwrap_or(HOURS_PER_BLOCK);
            let payment = Payment::CapacityBlock { price_per_unit_block: block, hours_per_block };
            (payment, block * (1.0 / hours_per_block), PriceUnit::Hour)
        }
        PriceSource::Purchase => {
            let unit = amount("price_per_unit", price.price_per_unit)?;
            (purchase(study, option, unit), unit, PriceUnit::Unit)
        }
        PriceSource::Lease => {
            let month = amount("price_per_unit_month", price.price_per_unit_month)?;
            let energy_included = price.energy_included.unwrap_or(false);
            let payment =
                Payment::Lease { price_per_unit_month: month, upfront_per_unit, term_months, energy_included };
            (payment, month, PriceUnit::Month)
        }
        PriceSource::Items => {
            let items = amount("price_per_million_items", price.price_per_million_items)?;
            (Payment::PerMillionItems { price: items }, items, PriceUnit::MillionTokens)
        }
        PriceSource::Tokens => {
            let input = amount("price_per_million_input_tokens", price.price_per_million_input_tokens)?;
            let output = amount("price_per_million_output_tokens", price.price_per_million_output_tokens)?;
            let cached = price.price_per_million_cached_input_tokens.map(|cached| Money::new(cached, currency));
            (tokens(study, input, cached, output)?, output, PriceUnit::MillionOutputTokens)
        }
    };
    Ok(PriceFact {
        payment,
        accelerators_per_unit: price.accelerators_per_unit.unwrap_or(1),
        quoted: PriceFacts {
            offer: format!("stated in the study, {}", price.from.label()),
            price: quoted,
            per: if price.from == PriceSource::Items { "1M items" } else { per.label() }.to_owned(),
            source: price.source.clone().unwrap_or_default(),
            as_of: price.as_of,
            evidence: Evidence::Assumed,
            warnings: Vec::new(),
        },
        old_days: None,
        doubts: Vec::new(),
    })
}

fn purchase(study: &Study, option: &StudyOption, capex_per_unit: Money) -> Payment {
    let a = &study.assumptions;
    let depreciation = &study.finance.depreciation;
    Payment::Purchase {
        capex_per_unit,
        residual_fraction: option.residual_fraction.as_ref().unwrap_or(&a.residual_fraction).value(),
        life_months: depreciation.life_months.unwrap_or(a.horizon_months.round() as u32),
        depreciation: translate::depreciation(depreciation),
        opex_fraction_per_year: a.upkeep_fraction_per_year,
    }
}

fn spot(study: &Study, option: &StudyOption) -> SpotOverhead {
    let a = &study.assumptions;
    let own = option.spot.unwrap_or_default();
    SpotOverhead::Checkpoints {
        checkpoint_secs: own.checkpoint_secs.unwrap_or(a.spot_checkpoint_secs),
        restart_secs: own.restart_secs.unwrap_or(a.spot_restart_secs),
        interruptions_per_hour: own.interruptions_per_hour.unwrap_or(a.spot_interruptions_per_hour),
    }
}

fn tokens(
    study: &Study,
    input_price: Money,
    cached_input_price: Option<Money>,
    output_price: Money,
) -> Result<Payment, String> {
    let item = study.demand.tokens.ok_or("a price of tokens needs `demand.tokens`: how many an item has")?;
    Ok(Payment::PerMillionTokens {
        input_price,
        cached_input_price,
        output_price,
        input_tokens_per_item: item.input,
        cached_fraction: item.cached_fraction,
        output_tokens_per_item: item.output,
    })
}

fn from_offer(study: &Study, option: &StudyOption, profile: &Profile, pricing_date: Date) -> Result<PriceFact, String> {
    let id = option.price.offer.as_deref().unwrap_or_default();
    let offer = profile.offer(id).ok_or_else(|| {
        let hint = assay_base::yaml::suggestion(id, profile.offers.iter().map(|o| o.id.as_str()));
        format!("profile `{}` has no offer `{id}`{hint}", profile.id)
    })?;
    let mut doubts = Vec::new();
    let (payment, in_force) = match offer.kind {
        OfferKind::TokenApi => token_offer(study, offer, pricing_date)?,
        _ => {
            let in_force = offer.quote_in_force(pricing_date).map_err(|e| e.to_string())?;
            (unit_offer(study, option, offer, &in_force, &mut doubts)?, in_force)
        }
    };
    let quote = in_force.quote;
    let currency = quote.currency;
    if currency != study.currency && study.finance.exchange_rates.iter().all(|rate| rate.from != currency) {
        return Err(format!(
            "the offer `{id}` is in {currency}, the study in {}: state a rate in `finance.exchange_rates`",
            study.currency
        ));
    }
    let mut old_days = None;
    let mut age = None;
    for warning in in_force.warnings() {
        match warning {
            PriceWarning::Old { age_days } => (old_days, age) = (Some(age_days), Some(warning.to_string())),
            PriceWarning::Drift { .. } => doubts.push(warning.to_string()),
        }
    }
    let provenance = profile.quote_provenance(quote);
    let unit = offer.unit.as_deref().or(offer.model.as_deref()).map(|u| format!(" {u}")).unwrap_or_default();
    let region = offer.region.as_deref().map(|r| format!(", {r}")).unwrap_or_default();
    Ok(PriceFact {
        payment,
        accelerators_per_unit: offer.accelerators.unwrap_or(1).max(1),
        quoted: PriceFacts {
            offer: format!("{}{unit}, {}{region}", offer.provider, offer.kind),
            price: quote.money(),
            per: quote.per.label().to_owned(),
            source: provenance.as_ref().map_or_else(|| quote.source.clone(), |p| p.source.clone()),
            as_of: Some(quote.as_of),
            evidence: provenance.map_or(Evidence::Published, |p| p.evidence),
            warnings: doubts.iter().cloned().chain(age).collect(),
        },
        old_days,
        doubts,
    })
}

/// An offer that is rented, committed, bought or leased as a unit.
fn unit_offer(
    study: &Study,
    option: &StudyOption,
    offer: &Offer,
    in_force: &QuoteInForce<'_>,
    warnings: &mut Vec<String>,
) -> Result<Payment, String> {
    let quote = in_force.quote;
    let price = quote.money();
    let hours_per_month = study.assumptions.hours_per_month;
    let hourly = match quote.per {
        PriceUnit::Hour => Some(price),
        PriceUnit::Month => Some(price * (1.0 / hours_per_month)),
        _ => None,
    };
    let upfront_per_unit = Money::new(option.price.upfront_per_unit.unwrap_or(0.0), price.currency);
    let reserved = |price_per_unit_hour, term_months| Payment::Reserved {
        price_per_unit_hour,
        upfront_per_unit,
        term_months: option.price.term_months.unwrap_or(term_months),
    };
    Ok(match (offer.kind, hourly) {
        (OfferKind::OnDemand, Some(price_per_unit_hour)) => Payment::OnDemand { price_per_unit_hour },
        (OfferKind::Spot, Some(price_per_unit_hour)) => {
            Payment::Spot { price_per_unit_hour, overhead: spot(study, option) }
        }
        (OfferKind::Reserved1Y, Some(price)) => reserved(price, 12),
        (OfferKind::Reserved3Y, Some(price)) => reserved(price, 36),
        (OfferKind::CapacityBlock, Some(price)) => {
            Payment::CapacityBlock { price_per_unit_block: price * HOURS_PER_BLOCK, hours_per_block: HOURS_PER_BLOCK }
        }
        (OfferKind::Purchase, None) => purchase(study, option, price),
        (OfferKind::Lease, Some(price)) => {
            if option.price.term_months.is_none() {
                warnings.push(format!(
                    "the offer states no term: {USUAL_LEASE_MONTHS} months are assumed; state \
                     `options.{}.price.term_months`",
                    option.id
                ));
            }
            Payment::Lease {
                price_per_unit_month: price * hours_per_month,
                upfront_per_unit,
                term_months: option.price.term_months.unwrap_or(USUAL_LEASE_MONTHS),
                energy_included: option.price.energy_included.unwrap_or(false),
            }
        }
        (kind, _) => {
            return Err(format!("the offer `{}` ({kind}, per {}) cannot price this workload", offer.id, quote.per));
        }
    })
}

/// An offer priced by the token: apart for input and output, or one price for both.
fn token_offer<'a>(study: &Study, offer: &'a Offer, pricing_date: Date) -> Result<(Payment, QuoteInForce<'a>), String> {
    let per = |unit| offer.quote_in_force_per(unit, pricing_date);
    let both = per(PriceUnit::MillionTokens).ok();
    let one = |unit| per(unit).or_else(|error| both.ok_or(error)).map_err(|e| e.to_string());
    let (input, output) = (one(PriceUnit::MillionInputTokens)?, one(PriceUnit::MillionOutputTokens)?);
    let cached = per(PriceUnit::MillionCachedInputTokens).ok().map(|in_force| in_force.quote.money());
    Ok((tokens(study, input.quote.money(), cached, output.quote.money())?, output))
}
