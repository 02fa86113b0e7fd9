//! Rules for offers and prices.

use std::collections::{BTreeMap, BTreeSet};

use assay_base::Currency;
use jiff::civil::Date;

use super::{Rules, is_id, root};
use crate::offer::{Offer, OfferKind, PriceUnit, Quote};
use crate::profile::HardwareKind;
use assay_base::place::Place;

impl<'a> Rules<'a> {
    pub(super) fn offers(&mut self) {
        let profile = self.profile;
        let mut ids = BTreeSet::new();
        for (index, offer) in profile.offers.iter().enumerate() {
            let place = root("offers").item(index);
            if !is_id(&offer.id) {
                let message = format!("`{}` is not an id: use lower-case letters, digits, `-` and `.`", offer.id);
                self.error(place.key("id"), message);
            } else if !ids.insert(offer.id.as_str()) {
                self.error(place.key("id"), format!("the id `{}` is used by another offer of this file", offer.id));
            }
            self.offer(&place, offer);
        }
        self.cheaper_with_commitment();
    }

    fn offer(&mut self, place: &Place, offer: &'a Offer) {
        self.text(place.key("provider"), &offer.provider);
        for (key, text) in
            [("unit", &offer.unit), ("region", &offer.region), ("model", &offer.model), ("note", &offer.note)]
        {
            if let Some(text) = text {
                self.text(place.key(key), text);
            }
        }
        for (index, item) in offer.includes.iter().enumerate() {
            self.text(place.key("includes").item(index), item);
        }
        if let Some(until) = offer.available_until {
            self.date(place.key("available_until"), until);
        }
        for (key, count) in [
            ("accelerators", offer.accelerators),
            ("vcpu", offer.vcpu),
            ("billing_granularity_secs", offer.billing_granularity_secs),
        ] {
            if count == Some(0) {
                self.error(place.key(key), "zero stands for nothing here; leave the key out when it is unknown");
            }
        }
        if let Some(memory) = offer.memory_gib {
            self.number(place.key("memory_gib"), memory);
        }
        let by_token = offer.kind == OfferKind::TokenApi;
        if !by_token && offer.accelerators.is_none() && self.profile.kind != HardwareKind::Cpu {
            let message = "say how many accelerators one unit holds: without it the price of one cannot be told";
            self.error(place.clone(), format!("`accelerators` is missing; {message}"));
        }
        if by_token && offer.model.is_none() {
            self.error(place.clone(), "`model` is missing; a price by the token is that of one model");
        }
        if offer.quotes.is_empty() {
            self.error(place.key("quotes"), "an offer has at least one quote; leave the offer out while none is known");
        }
        let mut newest: BTreeMap<PriceUnit, Date> = BTreeMap::new();
        for (index, quote) in offer.quotes.iter().enumerate() {
            let at = place.key("quotes").item(index);
            self.quote(&at, offer, quote);
            if let Some(before) = newest.insert(quote.per, quote.as_of) {
                if quote.as_of == before {
                    self.error(at.key("as_of"), format!("two quotes per {} are of {before}; keep one", quote.per));
                } else if quote.as_of < before {
                    self.error(at.key("as_of"), format!("{} comes after {before}; list the oldest first", quote.as_of));
                }
            }
        }
    }

    fn quote(&mut self, place: &Place, offer: &'a Offer, quote: &'a Quote) {
        self.source(place.key("source"), &quote.source);
        if let Some(note) = &quote.note {
            self.text(place.key("note"), note);
        }
        if !offer.kind.units().contains(&quote.per) {
            let units: Vec<_> = offer.kind.units().iter().map(|unit| unit.label()).collect();
            let message = format!("an offer of kind {} is priced per {}", offer.kind, units.join(" or "));
            self.error(place.key("per"), message);
        }
        if offer.quotes.first().is_some_and(|first| first.currency != quote.currency) {
            self.error(place.key("currency"), "the quotes of one offer have one currency; make another offer of it");
        }
        self.date(place.key("as_of"), quote.as_of);
        if quote.price == 1.0 && quote.note.is_none() {
            let message = "1 looks like a placeholder; where it is the price indeed, say so in the quote's `note`";
            self.error(place.key("price"), message);
        }
        if let Some(year) = self.profile.year
            && quote.as_of.year() < i16::try_from(year).unwrap_or(i16::MAX)
        {
            self.error(place.key("as_of"), format!("{} is before the product came out in {year}", quote.as_of));
        }
        if self.number(place.key("price"), quote.price) {
            let each = offer.per_accelerator(quote).map_or(quote.price, |money| money.amount);
            let (least, most) = plausible_price(quote.per);
            // Other currencies are worth other amounts, so only the customary one is held against the band.
            if quote.currency == Currency::USD && !(least..=most).contains(&each) {
                let message = format!(
                    "{each} USD per {} and accelerator is unusual (expected {least} to {most}); check whether the price is of the whole unit",
                    quote.per
                );
                self.warn(place.key("price"), message);
            }
        }
    }

    /// Of one unit in one region at one provider, spot and committed prices should not be above on-demand.
    fn cheaper_with_commitment(&mut self) {
        let profile = self.profile;
        let newest = |offer: &'a Offer| offer.quotes.iter().max_by_key(|quote| quote.as_of);
        for (index, offer) in profile.offers.iter().enumerate() {
            use OfferKind::{CapacityBlock, OnDemand, Reserved1Y, Reserved3Y, Spot};
            if !matches!(offer.kind, Spot | Reserved1Y | Reserved3Y | CapacityBlock) {
                continue;
            }
            let same = |other: &&Offer| {
                other.kind == OnDemand
                    && (&other.provider, &other.unit, &other.region) == (&offer.provider, &offer.unit, &offer.region)
            };
            let Some(listed) = profile.offers.iter().find(same).and_then(newest) else { continue };
            let Some(quote) = newest(offer) else { continue };
            if quote.per == listed.per && quote.currency == listed.currency && quote.price > listed.price {
                let message = format!("{} is above the on-demand price, {}", quote.price, listed.price);
                self.warn(root("offers").item(index), message);
            }
        }
    }

    pub(super) fn cost_references(&mut self) {
        for (index, reference) in self.profile.cost_references.iter().enumerate() {
            let place = root("cost_references").item(index);
            self.text(place.key("basis"), &reference.basis);
            if let Some(note) = &reference.note {
                self.text(place.key("note"), note);
            }
            self.source(place.key("source"), &reference.source);
            self.date(place.key("as_of"), reference.as_of);
            self.number(place.key("price"), reference.price);
        }
    }
}

/// The band in which the price of one accelerator usually lies, in USD.
fn plausible_price(per: PriceUnit) -> (f64, f64) {
    match per {
        PriceUnit::Hour => (0.005, 100.0),
        PriceUnit::Month => (5.0, 50_000.0),
        PriceUnit::Unit => (100.0, 5_000_000.0),
        PriceUnit::MillionTokens
        | PriceUnit::MillionInputTokens
        | PriceUnit::MillionCachedInputTokens
        | PriceUnit::MillionOutputTokens => (0.001, 500.0),
    }
}
