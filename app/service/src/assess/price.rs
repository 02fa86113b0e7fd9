//! The price of an option: looked up in its hardware profile, or stated in the study.

use assay_base::{Evidence, Money};
use assay_cost_models::Payment;
use assay_cost_models::evaluation::{Depreciation, SpotOverhead};
use assay_hardware_profiles::{OfferKind, PriceUnit, Profile};
use assay_study::{PriceSource, Study, StudyOption};
use jiff::civil::Date;

/// Extra hours of spot capacity for checkpoints, lost work and restarts, until the study can say.
const SPOT_OVERHEAD_FRACTION: f64 = 0.05;
const HOURS_PER_MONTH: f64 = 730.0;

/// A price with its provenance.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceFact {
    /// How it enters the cost models.
    pub payment: Payment,
    /// Accelerators in the unit that is rented or bought.
    pub accelerators_per_unit: u32,
    /// The offer in words, such as `AWS p5.48xlarge, on-demand, us-east-1`.
    pub offer: String,
    /// The price of one unit.
    pub price: Money,
    /// What it is for: `hour`, `unit`, ...
    pub per: String,
    /// Where it comes from.
    pub source: String,
    /// The day it held.
    pub as_of: Option<Date>,
    /// The class of evidence.
    pub evidence: Evidence,
    /// What a reader should know: age, drift.
    pub warnings: Vec<String>,
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
    match &option.price {
        PriceSource::Offer { offer } => {
            let profile = profile.ok_or("the option names no hardware profile to look the offer up in")?;
            from_offer(study, profile, offer, pricing_date)
        }
        PriceSource::Hourly { price_per_unit_hour, accelerators_per_unit, source, as_of } => {
            let price = Money::new(*price_per_unit_hour, study.currency);
            Ok(PriceFact {
                payment: Payment::OnDemand { price_per_unit_hour: price },
                accelerators_per_unit: *accelerators_per_unit,
                offer: "stated in the study".to_owned(),
                price,
                per: PriceUnit::Hour.label().to_owned(),
                source: source.clone(),
                as_of: *as_of,
                evidence: Evidence::Assumed,
                warnings: Vec::new(),
            })
        }
        PriceSource::Purchase { price_per_unit, accelerators_per_unit, source, as_of } => {
            let price = Money::new(*price_per_unit, study.currency);
            Ok(PriceFact {
                payment: purchase(study, price),
                accelerators_per_unit: *accelerators_per_unit,
                offer: "stated in the study".to_owned(),
                price,
                per: PriceUnit::Unit.label().to_owned(),
                source: source.clone(),
                as_of: *as_of,
                evidence: Evidence::Assumed,
                warnings: Vec::new(),
            })
        }
    }
}

fn purchase(study: &Study, capex_per_unit: Money) -> Payment {
    let a = study.assumptions;
    Payment::Purchase {
        capex_per_unit,
        residual_fraction: a.residual_fraction,
        life_months: a.horizon_months.round() as u32,
        depreciation: Depreciation::StraightLine,
        opex_fraction_per_year: a.upkeep_fraction_per_year,
    }
}

fn from_offer(study: &Study, profile: &Profile, offer_id: &str, pricing_date: Date) -> Result<PriceFact, String> {
    let offer = profile.offer(offer_id).ok_or_else(|| {
        let hint = assay_base::yaml::nearest(offer_id, profile.offers.iter().map(|o| o.id.as_str()))
            .map(|id| format!("; did you mean `{id}`?"))
            .unwrap_or_default();
        format!("profile `{}` has no offer `{offer_id}`{hint}", profile.id)
    })?;
    let in_force = offer.quote_in_force(pricing_date).map_err(|e| e.to_string())?;
    let quote = in_force.quote;
    let price = quote.money();
    if price.currency != study.currency {
        return Err(format!(
            "the offer `{offer_id}` is in {}, the study in {}; state the price in the study's currency",
            price.currency, study.currency
        ));
    }
    let accelerators_per_unit = offer.accelerators.unwrap_or(1).max(1);
    let hourly = match quote.per {
        PriceUnit::Hour => Some(price),
        PriceUnit::Month => Some(price * (1.0 / HOURS_PER_MONTH)),
        _ => None,
    };
    let reserved = |price_per_unit_hour, term_months| Payment::Reserved {
        price_per_unit_hour,
        upfront_per_unit: Money::new(0.0, price.currency),
        term_months,
    };
    let payment = match (offer.kind, hourly) {
        (OfferKind::OnDemand, Some(price_per_unit_hour)) => Payment::OnDemand { price_per_unit_hour },
        (OfferKind::Spot, Some(price_per_unit_hour)) => {
            Payment::Spot { price_per_unit_hour, overhead: SpotOverhead::Fraction(SPOT_OVERHEAD_FRACTION) }
        }
        (OfferKind::Reserved1Y, Some(price)) => reserved(price, 12),
        (OfferKind::Reserved3Y, Some(price)) => reserved(price, 36),
        (OfferKind::CapacityBlock, Some(price)) => {
            Payment::CapacityBlock { price_per_unit_block: price * 24.0, hours_per_block: 24.0 }
        }
        (OfferKind::Purchase, None) => purchase(study, price),
        (OfferKind::Lease, Some(price)) => Payment::Lease {
            price_per_unit_month: price * HOURS_PER_MONTH,
            upfront_per_unit: Money::new(0.0, price.currency),
            term_months: 36,
            energy_included: false,
        },
        (kind, _) => {
            return Err(format!("the offer `{offer_id}` ({kind}, per {}) cannot price this workload", quote.per));
        }
    };
    let provenance = profile.quote_provenance(quote);
    let unit = offer.unit.as_deref().map(|u| format!(" {u}")).unwrap_or_default();
    let region = offer.region.as_deref().map(|r| format!(", {r}")).unwrap_or_default();
    Ok(PriceFact {
        payment,
        accelerators_per_unit,
        offer: format!("{}{unit}, {}{region}", offer.provider, offer.kind),
        price,
        per: quote.per.label().to_owned(),
        source: provenance.as_ref().map_or_else(|| quote.source.clone(), |p| p.source.clone()),
        as_of: Some(quote.as_of),
        evidence: provenance.map_or(Evidence::Published, |p| p.evidence),
        warnings: in_force.warnings().iter().map(ToString::to_string).collect(),
    })
}
