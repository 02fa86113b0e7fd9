//! Entering prices into the folder of the user's profiles: a new quote where a price changed, a new offer where there
//! was none. A profile that is only built in is copied first, since a user's profile replaces it as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_base::files;
use serde::Serialize;

use super::{ImportError, Observation, Reading, Refusal, edit, slug};
use crate::catalog::{self, Catalog, Origin};
use crate::check::{self, Severity};
use crate::offer::{Offer, PriceUnit, Quote};
use crate::profile::{HardwareKind, Profile};
use crate::rules::is_stand_in;
use crate::source::Source;
use assay_base::place::Place;

/// Two prices that differ by no more than this fraction are the same price.
const SAME_PRICE: f64 = 1e-6;

/// What became of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// There was no such offer; it was made.
    NewOffer,
    /// The price changed; a quote was added.
    NewQuote,
    /// The price was the same; nothing was added.
    Unchanged,
}

impl Action {
    /// The words used in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::NewOffer => "new offer",
            Self::NewQuote => "new quote",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What became of one price.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The profile's file.
    pub file: PathBuf,
    /// The offer's id.
    pub offer: String,
    /// What was done.
    pub action: Action,
    /// The price that was in force before, if one was.
    pub previous_price: Option<f64>,
    /// What was read.
    #[serde(flatten)]
    pub observation: Observation,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Entered {
    /// Every price that could be entered, also where nothing changed.
    pub changes: Vec<Change>,
    /// What could not be entered, by the file it was read from.
    pub refused: Vec<(PathBuf, Refusal)>,
    /// The files written.
    pub written: Vec<PathBuf>,
}

/// A profile being changed: its text, and what that text must mean.
struct Draft {
    file: PathBuf,
    text: String,
    profile: Profile,
    changed: bool,
}

/// Enters what was read into the profiles of `folder`. `catalog` is the catalogue with that folder laid over it.
///
/// Each file is written whole or not at all, and only after it was read back and checked.
///
/// # Errors
/// When a file cannot be changed without losing what it holds, breaks a rule afterwards, or cannot be written; files
/// written before stay.
pub fn enter(readings: &[Reading], catalog: &Catalog, folder: &Path) -> Result<Entered, ImportError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut entered = Entered::default();
    for reading in readings {
        for observation in &reading.observations {
            let draft = match drafts.entry(observation.profile.clone()) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(open(&observation.profile, catalog, folder)?)
                }
            };
            match draft.add(observation, reading)? {
                Ok(change) => entered.changes.push(change),
                Err(reason) => {
                    let detail = Some(format!("{} {}", observation.unit, observation.kind));
                    entered.refused.push((reading.file.clone(), Refusal { line: observation.line, reason, detail }));
                }
            }
        }
    }
    let changed: Vec<Draft> = drafts.into_values().filter(|draft| draft.changed).collect();
    for draft in &changed {
        draft.verify()?;
    }
    for draft in changed {
        files::write_atomic(&draft.file, draft.text.as_bytes())
            .map_err(|error| ImportError::Write { file: draft.file.clone(), message: error.to_string() })?;
        entered.written.push(draft.file);
    }
    Ok(entered)
}

/// The user's file of a profile, or a copy of the built-in one to be.
fn open(id: &str, catalog: &Catalog, folder: &Path) -> Result<Draft, ImportError> {
    let profile = catalog.require(id)?.clone();
    match catalog.origin(id) {
        Some(Origin::File(file)) => {
            let text = std::fs::read_to_string(file)
                .map_err(|source| ImportError::Unreadable { file: file.clone(), source })?;
            Ok(Draft { file: file.clone(), text, profile, changed: false })
        }
        _ => {
            let text = catalog::builtin_text(id).unwrap_or_default();
            // The path to the schema holds in the built-in folder only.
            let own: Vec<&str> = text.lines().filter(|line| !line.starts_with("# yaml-language-server:")).collect();
            let text = format!("# A copy of the built-in profile, which it replaces as a whole.\n{}\n", own.join("\n"));
            Ok(Draft { file: folder.join(format!("{id}.yaml")), text, profile, changed: false })
        }
    }
}

impl Draft {
    /// Enters one price; the inner error is why it is left out.
    fn add(&mut self, seen: &Observation, reading: &Reading) -> Result<Result<Change, String>, ImportError> {
        let change = |offer: &str, action, previous_price, file: &Path| Change {
            file: file.to_owned(),
            offer: offer.to_owned(),
            action,
            previous_price,
            observation: seen.clone(),
        };
        if is_stand_in(seen.price) {
            return Ok(Err(format!("the price, {}, looks like a placeholder", seen.price)));
        }
        let found = self.profile.offers.iter().position(|offer| is_same(offer, seen));
        let Some(index) = found else {
            if seen.accelerators.is_none() && self.profile.kind != HardwareKind::Cpu {
                return Ok(Err("it is not known how many accelerators this instance type holds".to_owned()));
            }
            let source = self.source(reading)?;
            let offer = new_offer(&self.profile, seen, source);
            let id = offer.id.clone();
            self.push_offer(offer)?;
            return Ok(Ok(change(&id, Action::NewOffer, None, &self.file)));
        };
        let Some(offer) = self.profile.offers.get(index) else { return Ok(Err("the offer is gone".to_owned())) };
        let id = offer.id.clone();
        if let (Some(known), Some(read)) = (offer.accelerators, seen.accelerators)
            && known != read
        {
            return Ok(Err(format!("the profile's offer has {known} accelerators, the file {read}")));
        }
        if offer.quotes.first().is_some_and(|first| first.currency != seen.currency) {
            return Ok(Err("the profile's offer is in another currency".to_owned()));
        }
        let hourly = || offer.quotes.iter().enumerate().filter(|(_, quote)| quote.per == PriceUnit::Hour);
        if let Some((_, same_day)) = hourly().find(|(_, quote)| quote.as_of == seen.as_of) {
            return Ok(if is_same_price(same_day.price, seen.price) {
                Ok(change(&id, Action::Unchanged, Some(same_day.price), &self.file))
            } else {
                Err(format!("the profile has a quote of that day, {}; correct it by hand", same_day.price))
            });
        }
        let before = hourly().rfind(|(_, quote)| quote.as_of < seen.as_of);
        let previous = before.map(|(_, quote)| quote.price);
        if previous.is_some_and(|price| is_same_price(price, seen.price)) {
            return Ok(Ok(change(&id, Action::Unchanged, previous, &self.file)));
        }
        let position = hourly().find(|(_, quote)| quote.as_of > seen.as_of).map_or(offer.quotes.len(), |(at, _)| at);
        let source = self.source(reading)?;
        self.insert_quote(index, position, new_quote(seen, source))?;
        Ok(Ok(change(&id, Action::NewQuote, previous, &self.file)))
    }

    /// The key of the reading's source, which is entered when the profile does not have it.
    fn source(&mut self, reading: &Reading) -> Result<String, ImportError> {
        let mut key = reading.source_key.clone();
        let mut number = 2;
        while let Some(other) = self.profile.sources.get(&key) {
            if *other == reading.source {
                return Ok(key);
            }
            key = format!("{}-{number}", reading.source_key);
            number += 1;
        }
        let mut entry = vec![format!("{}:", edit::scalar(&key))];
        entry.extend(source_lines(&reading.source));
        self.text = edit::insert_entry(&self.text, "sources", &entry).ok_or_else(|| self.layout())?;
        self.profile.sources.insert(key.clone(), reading.source.clone());
        self.changed = true;
        Ok(key)
    }

    fn push_offer(&mut self, offer: Offer) -> Result<(), ImportError> {
        let lines = offer_lines(&offer);
        let count = self.profile.offers.len();
        self.text = if count == 0 {
            edit::append_list(&self.text, "offers", &lines)
        } else {
            let list = Place::default().key("offers");
            edit::insert_item(&self.text, &list, count, count, &lines).ok_or_else(|| self.layout())?
        };
        self.profile.offers.push(offer);
        self.changed = true;
        Ok(())
    }

    fn insert_quote(&mut self, offer: usize, position: usize, quote: Quote) -> Result<(), ImportError> {
        let list = Place::default().key("offers").item(offer).key("quotes");
        let layout = self.layout();
        let Some(target) = self.profile.offers.get_mut(offer) else { return Err(layout) };
        let line = [format!("- {}", quote_text(&quote))];
        self.text = edit::insert_item(&self.text, &list, position, target.quotes.len(), &line).ok_or(layout)?;
        target.quotes.insert(position, quote);
        self.changed = true;
        Ok(())
    }

    /// The text must mean what was intended, and break no rule.
    fn verify(&self) -> Result<(), ImportError> {
        let (profile, findings) = check::read(&self.text, &self.file);
        if profile.as_ref() != Some(&self.profile) {
            return Err(self.layout());
        }
        match findings.into_iter().find(|finding| finding.severity == Severity::Error) {
            Some(finding) => {
                let message = format!("not written: {}: {}", finding.field, finding.message);
                Err(ImportError::Write { file: self.file.clone(), message })
            }
            None => Ok(()),
        }
    }

    fn layout(&self) -> ImportError {
        let message = "cannot be changed without losing its layout; write `sources` as a block map and `offers` and \
                       `quotes` as block lists, an item a line"
            .to_owned();
        ImportError::Write { file: self.file.clone(), message }
    }
}

fn is_same(offer: &Offer, seen: &Observation) -> bool {
    offer.kind == seen.kind
        && offer.provider == seen.provider
        && offer.unit.as_deref() == Some(seen.unit.as_str())
        && offer.region == seen.region
}

fn is_same_price(one: f64, other: f64) -> bool {
    (one / other - 1.0).abs() <= SAME_PRICE
}

fn new_quote(seen: &Observation, source: String) -> Quote {
    Quote {
        price: seen.price,
        currency: seen.currency,
        per: PriceUnit::Hour,
        as_of: seen.as_of,
        source,
        confidence: None,
        // A price of exactly 1 has to say that it is meant.
        note: seen.note.clone().or_else(|| (seen.price == 1.0).then(|| "1.00 is the price listed".to_owned())),
    }
}

fn new_offer(profile: &Profile, seen: &Observation, source: String) -> Offer {
    let words =
        [Some(seen.provider.as_str()), Some(seen.unit.as_str()), seen.region.as_deref(), Some(seen.kind.label())];
    let base = slug(&words.into_iter().flatten().collect::<Vec<_>>().join("-"));
    let mut id = base.clone();
    let mut number = 2;
    while profile.offer(&id).is_some() {
        id = format!("{base}-{number}");
        number += 1;
    }
    Offer {
        id,
        provider: seen.provider.clone(),
        kind: seen.kind,
        unit: Some(seen.unit.clone()),
        accelerators: seen.accelerators,
        vcpu: seen.vcpu,
        memory_gib: seen.memory_gib,
        region: seen.region.clone(),
        model: None,
        billing_granularity_secs: None,
        includes: Vec::new(),
        available_until: None,
        note: None,
        quotes: vec![new_quote(seen, source)],
    }
}

fn quote_text(quote: &Quote) -> String {
    let note = quote.note.as_ref().map(|note| format!(", note: {}", edit::scalar(note))).unwrap_or_default();
    let Quote { price, currency, per, as_of, source, .. } = quote;
    format!(
        "{{price: {price}, currency: {currency}, per: {per}, as_of: {as_of}, source: {}{note}}}",
        edit::scalar(source)
    )
}

fn offer_lines(offer: &Offer) -> Vec<String> {
    let text = |key: &str, value: Option<&String>| value.map(|value| format!("  {key}: {}", edit::scalar(value)));
    let number = |key: &str, value: Option<String>| value.map(|value| format!("  {key}: {value}"));
    let mut lines = vec![
        format!("- id: {}", edit::scalar(&offer.id)),
        format!("  provider: {}", edit::scalar(&offer.provider)),
        format!("  kind: {}", offer.kind),
    ];
    lines.extend(text("unit", offer.unit.as_ref()));
    lines.extend(number("accelerators", offer.accelerators.map(|count| count.to_string())));
    lines.extend(number("vcpu", offer.vcpu.map(|count| count.to_string())));
    lines.extend(number("memory_gib", offer.memory_gib.map(|gib| gib.to_string())));
    lines.extend(text("region", offer.region.as_ref()));
    lines.push("  quotes:".to_owned());
    lines.extend(offer.quotes.iter().map(|quote| format!("    - {}", quote_text(quote))));
    lines
}

fn source_lines(source: &Source) -> Vec<String> {
    let mut lines = vec![format!("  title: {}", edit::scalar(&source.title))];
    lines.extend(source.url.as_ref().map(|url| format!("  url: {}", edit::scalar(url))));
    lines.push(format!("  evidence: {}", source.evidence));
    lines.extend(source.as_of.map(|day| format!("  as_of: {day}")));
    lines.extend(source.as_of_text.as_ref().map(|words| format!("  as_of_text: {}", edit::scalar(words))));
    lines.push(format!("  confidence: {}", source.confidence));
    lines.extend(source.note.as_ref().map(|note| format!("  note: {}", edit::scalar(note))));
    lines
}
