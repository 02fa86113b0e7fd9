//! What a profile that fits the schema must still keep to.

use std::collections::{BTreeMap, BTreeSet};

use assay_base::{Currency, NumericFormat, yaml};
use jiff::civil::Date;

use crate::check::Severity;
use crate::locate::Place;
use crate::offer::{Offer, OfferKind, PriceUnit, Quote};
use crate::profile::{HardwareKind, Profile};
use crate::source::{Confidence, Figure};

/// A rule that a profile breaks, and where.
pub(crate) struct Broken {
    pub place: Place,
    pub severity: Severity,
    pub message: String,
}

/// Every rule the profile breaks. `stem` is the file's name without extension, where there is a file.
pub(crate) fn broken(profile: &Profile, stem: Option<&str>) -> Vec<Broken> {
    let mut rules = Rules { profile, used: BTreeSet::new(), found: Vec::new() };
    rules.identity(stem);
    rules.texts();
    rules.specification();
    rules.formats();
    rules.offers();
    rules.cost_references();
    rules.sources();
    rules.found
}

struct Rules<'a> {
    profile: &'a Profile,
    /// The keys of sources that something refers to.
    used: BTreeSet<&'a str>,
    found: Vec<Broken>,
}

/// What a figure of a kind is at least and at most on hardware that exists, in the unit of its field. The bounds are
/// wide on purpose: they catch a slip of the unit (Gbit/s for GB/s, GFLOP/s for TFLOP/s), not an unusual product.
struct Band {
    least: f64,
    most: f64,
    unit: &'static str,
}

const MEMORY_GB: Band = Band { least: 0.01, most: 100_000.0, unit: "GB" };
/// The most is that of a wafer's on-chip memory.
const BANDWIDTH: Band = Band { least: 5.0, most: 50_000_000.0, unit: "GB/s" };
/// Beyond this no memory outside the chip reaches.
const OFF_CHIP_BANDWIDTH_GB_PER_SEC: f64 = 50_000.0;
const PEAK: Band = Band { least: 0.01, most: 500_000.0, unit: "TFLOP/s" };
const TDP: Band = Band { least: 1.0, most: 50_000.0, unit: "W" };
const LINKS: Band = Band { least: 1.0, most: 1_000_000.0, unit: "GB/s" };

/// Words that stand where a fact should.
const PLACEHOLDERS: [&str; 13] =
    ["", "?", "-", "–", "tbd", "todo", "fixme", "xxx", "n/a", "na", "none", "unknown", "placeholder"];

impl<'a> Rules<'a> {
    fn report(&mut self, severity: Severity, place: Place, message: impl Into<String>) {
        self.found.push(Broken { place, severity, message: message.into() });
    }

    fn error(&mut self, place: Place, message: impl Into<String>) {
        self.report(Severity::Error, place, message);
    }

    fn warn(&mut self, place: Place, message: impl Into<String>) {
        self.report(Severity::Warning, place, message);
    }

    fn identity(&mut self, stem: Option<&str>) {
        let id = &self.profile.id;
        let place = root("id");
        if !is_id(id) {
            self.error(place, format!("`{id}` is not an id: use lower-case letters, digits, `-` and `.`"));
        } else if stem.is_some_and(|stem| stem != id) {
            let stem = stem.unwrap_or_default();
            self.error(place, format!("the id is `{id}` and the file is named `{stem}`; name the file `{id}.yaml`"));
        }
        if let Some(year) = self.profile.year
            && !(2005..=2100).contains(&year)
        {
            self.error(root("year"), format!("{year} is not the year of an accelerator"));
        }
    }

    fn text(&mut self, place: Place, text: &str) {
        if is_placeholder(text) {
            self.error(place, format!("`{text}` says nothing; leave the key out when the fact is unknown"));
        }
    }

    fn texts(&mut self) {
        let profile = self.profile;
        self.text(root("vendor"), &profile.vendor);
        self.text(root("name"), &profile.name);
        for (key, text) in [
            ("architecture", &profile.architecture),
            ("memory_type", &profile.memory_type),
            ("form_factor", &profile.form_factor),
        ] {
            if let Some(text) = text {
                self.text(root(key), text);
            }
        }
        for (index, note) in profile.notes.iter().enumerate() {
            self.text(root("notes").item(index), note);
        }
        for (index, stack) in profile.stacks.iter().enumerate() {
            let place = root("stacks").item(index);
            if !is_id(stack) {
                self.error(
                    place,
                    format!("`{stack}` is not the id of a stack: use lower-case letters, digits and `-`"),
                );
            } else if profile.stacks.iter().take(index).any(|other| other == stack) {
                self.error(place, format!("the stack `{stack}` is listed twice"));
            }
        }
    }

    /// A positive number that is not a stand-in.
    fn number(&mut self, place: Place, value: f64) -> bool {
        if !value.is_finite() {
            self.error(place, "this is not a number; leave the key out when the figure is unknown");
        } else if value == 0.0 {
            self.error(place, "zero stands for nothing here; leave the key out when the figure is unknown");
        } else if value < 0.0 {
            self.error(place, format!("{value} is negative"));
        } else if is_stand_in(value) {
            self.error(
                place,
                format!("{value} looks like a placeholder; leave the key out when the figure is unknown"),
            );
        } else {
            return true;
        }
        false
    }

    fn source(&mut self, place: Place, key: &'a str) {
        self.used.insert(key);
        if !self.profile.sources.contains_key(key) {
            let near = yaml::nearest(key, self.profile.sources.keys().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            self.error(place, format!("there is no source `{key}` under `sources`{hint}"));
        }
    }

    fn figure(&mut self, place: &Place, figure: &'a Figure, band: &Band) {
        let Band { least, most, unit } = band;
        self.source(place.key("source"), &figure.source);
        if let Some(note) = &figure.note {
            self.text(place.key("note"), note);
        }
        if self.number(place.key("value"), figure.value) && !(*least..=*most).contains(&figure.value) {
            let value = figure.value;
            self.error(
                place.key("value"),
                format!("{value} {unit} is not plausible (expected {least} to {most} {unit}); check the unit"),
            );
        }
    }

    fn specification(&mut self) {
        let profile = self.profile;
        let simple = [
            ("memory_gb", &profile.memory_gb, &MEMORY_GB),
            ("memory_gib", &profile.memory_gib, &MEMORY_GB),
            ("memory_bandwidth_gb_per_sec", &profile.memory_bandwidth_gb_per_sec, &BANDWIDTH),
            ("tdp_watts", &profile.tdp_watts, &TDP),
        ];
        for (key, figure, band) in simple {
            if let Some(figure) = figure {
                self.figure(&root(key), figure, band);
            }
        }
        if profile.memory_gb.is_some() && profile.memory_gib.is_some() {
            self.error(root("memory_gib"), "memory is given twice; keep `memory_gb` or `memory_gib`");
        }
        let on_chip = profile.memory_type.as_deref().is_some_and(|kind| kind.contains("SRAM"));
        if let Some(figure) = &profile.memory_bandwidth_gb_per_sec
            && (OFF_CHIP_BANDWIDTH_GB_PER_SEC..=BANDWIDTH.most).contains(&figure.value)
            && !on_chip
        {
            let place = root("memory_bandwidth_gb_per_sec").key("value");
            self.error(
                place,
                format!(
                    "{} GB/s is beyond any memory outside a chip; say `memory_type: SRAM` or check the unit",
                    figure.value
                ),
            );
        }
        for (format, figure) in &profile.peak_tflops {
            self.figure(&root("peak_tflops").key(format.label()), figure, &PEAK);
        }
        if let Some(interconnect) = &profile.interconnect {
            self.text(root("interconnect").key("description"), &interconnect.description);
            if let Some(figure) = &interconnect.bandwidth_gb_per_sec {
                self.figure(&root("interconnect").key("bandwidth_gb_per_sec"), figure, &LINKS);
            }
        }
    }

    fn formats(&mut self) {
        let profile = self.profile;
        for (index, format) in profile.numeric_formats.iter().enumerate() {
            if profile.numeric_formats.iter().take(index).any(|other| other == format) {
                self.error(root("numeric_formats").item(index), format!("{format} is listed twice"));
            }
        }
        for format in profile.peak_tflops.keys() {
            if !profile.numeric_formats.contains(format) {
                let place = root("peak_tflops").key(format.label());
                self.error(place, format!("{format} has a peak rate and is missing from `numeric_formats`"));
            }
        }
        // A narrower format that is slower than a wider one is nearly always a column mixed up.
        use NumericFormat::{Bf16, Fp4, Fp8, Fp16, Fp32, Fp64, Tf32};
        for chain in [[Fp64, Fp32, Tf32, Bf16, Fp8, Fp4], [Fp64, Fp32, Tf32, Fp16, Fp8, Fp4]] {
            let known: Vec<_> =
                chain.iter().filter_map(|format| Some((*format, profile.peak_tflops.get(format)?.value))).collect();
            for pair in known.windows(2) {
                if let [(wide, wide_rate), (narrow, narrow_rate)] = pair
                    && narrow_rate < wide_rate
                {
                    let place = root("peak_tflops").key(narrow.label()).key("value");
                    self.warn(place, format!("{narrow} ({narrow_rate}) is slower than {wide} ({wide_rate})"));
                }
            }
        }
    }

    fn offers(&mut self) {
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

    fn cost_references(&mut self) {
        for (index, reference) in self.profile.cost_references.iter().enumerate() {
            let place = root("cost_references").item(index);
            self.text(place.key("basis"), &reference.basis);
            self.source(place.key("source"), &reference.source);
            self.number(place.key("price"), reference.price);
        }
    }

    fn sources(&mut self) {
        for (key, source) in &self.profile.sources {
            let place = root("sources").key(key);
            self.text(place.key("title"), &source.title);
            for (name, text) in [("url", &source.url), ("as_of_text", &source.as_of_text), ("note", &source.note)] {
                if let Some(text) = text {
                    self.text(place.key(name), text);
                }
            }
            if source.as_of.is_none() && source.confidence > Confidence::Low {
                self.warn(place.clone(), "no date is given: say `as_of`, or `confidence: low`");
            }
            if !self.used.contains(key.as_str()) {
                self.warn(place, format!("nothing refers to the source `{key}`"));
            }
        }
    }
}

fn root(key: &str) -> Place {
    Place::default().key(key)
}

fn is_id(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    first && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    PLACEHOLDERS.contains(&text.as_str()) || text.contains("example.com")
}

/// Whether a number reads like one that was typed to be replaced: 9999, 123456.
fn is_stand_in(value: f64) -> bool {
    let digits = format!("{value}").replace('.', "");
    (digits.len() >= 4 && digits.bytes().all(|digit| digit == b'9'))
        || (digits.len() >= 5 && "1234567890".starts_with(&digits))
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
