//! `assay profiles show`: everything known of one accelerator.

use assay_base::format;
use assay_service::hardware_profiles::{NoQuote, Offer, Profile, Provenance};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{catalog, summary_json};
use crate::Verdict;
use crate::args::{Format, ProfilesShow};
use crate::output::{self, number, text};

pub fn run(arguments: &ProfilesShow) -> anyhow::Result<Verdict> {
    let catalog = catalog(arguments.study.as_deref())?;
    let profile = catalog.require(&arguments.id)?;
    let pricing_date = arguments.pricing_date.unwrap_or_else(|| jiff::Zoned::now().date());
    match arguments.format {
        Format::Json => output::json(&whole_json(profile, pricing_date)?)?,
        Format::Csv => output::csv(&[summary_json(profile)])?,
        Format::Table => table(profile, pricing_date)?,
    }
    Ok(Verdict::Yes)
}

/// The profile as it is, with what follows from it on a pricing date.
fn whole_json(profile: &Profile, pricing_date: Date) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(profile)?;
    let prices: Vec<Value> = profile.offers.iter().map(|offer| price_json(offer, pricing_date)).collect();
    if let Value::Object(map) = &mut value {
        map.insert("pricing_date".to_owned(), json!(pricing_date));
        map.insert("prices_in_force".to_owned(), Value::Array(prices));
        map.insert("portability_facts".to_owned(), serde_json::to_value(profile.portability())?);
        let screening = profile.export_control.as_ref().map(|control| control.screening());
        map.insert("export_screening".to_owned(), json!(screening));
    }
    Ok(value)
}

fn price_json(offer: &Offer, pricing_date: Date) -> Value {
    match offer.quote_in_force(pricing_date) {
        Ok(found) => json!({
            "offer": offer.id,
            "price": found.quote.price,
            "currency": found.quote.currency,
            "per": found.quote.per,
            "as_of": found.quote.as_of,
            "age_days": found.age_days,
            "newest_as_of": found.newest.as_of,
            "drift_fraction": found.drift_fraction,
            "warnings": found.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Err(reason) => json!({"offer": offer.id, "price": null, "reason": reason.to_string()}),
    }
}

fn table(profile: &Profile, pricing_date: Date) -> anyhow::Result<()> {
    output::print(&format!("{} {} ({})", profile.vendor, profile.name, profile.id))?;
    if let Some(lifecycle) = &profile.lifecycle {
        let why = profile.lifecycle_provenance().as_ref().map(cite).unwrap_or_default();
        output::print(&format!("Lifecycle: {}{why}", lifecycle.stage.label()))?;
    }
    if let Some(control) = &profile.export_control {
        let performance = format::significant(control.total_processing_performance.value, 5);
        let why = profile.provenance(&control.total_processing_performance).as_ref().map(cite).unwrap_or_default();
        output::print(&format!(
            "Export control: total processing performance {performance} ({}), {}{why}; counsel signs off",
            control.limiting_format,
            control.screening().label()
        ))?;
    }
    if !profile.stacks.is_empty() {
        output::print(&format!("Stacks: {}", profile.stacks.join(", ")))?;
    }
    figures(profile)?;
    offers(profile, pricing_date)?;
    references(profile)?;
    portability(profile)?;
    for note in &profile.notes {
        output::print(&format!("Note: {note}"))?;
    }
    Ok(())
}

/// ` (source, as of day, confidence)`.
fn cite(provenance: &Provenance) -> String {
    let day = provenance.as_of.map(|day| format!(", {day}")).unwrap_or_default();
    format!(" ({}{day}, confidence {})", provenance.source, provenance.confidence)
}

fn figures(profile: &Profile) -> anyhow::Result<()> {
    let rows = profile
        .specifications()
        .into_iter()
        .map(|s| {
            let provenance = s.provenance.as_ref();
            vec![
                s.label,
                s.quantity.format(s.value),
                format::or_unknown(provenance.and_then(|p| p.as_of), |d| d.to_string()),
                format::or_unknown(provenance, |p| p.confidence.to_string()),
                format::or_unknown(provenance, |p| p.source.clone()),
            ]
        })
        .collect();
    output::table(&[text("Figure"), number("Value"), text("As of"), text("Confidence"), text("Source")], rows)
}

fn offers(profile: &Profile, pricing_date: Date) -> anyhow::Result<()> {
    if profile.offers.is_empty() {
        return output::print("No offers are known.");
    }
    output::print(&format!("\nNewest prices known on {pricing_date}"))?;
    let columns = [
        text("Offer"),
        text("Kind"),
        number("Accelerators"),
        number("Price"),
        number("Per accelerator"),
        text("Age and drift"),
        number("Quotes"),
        text("Source"),
    ];
    let rows = profile.offers.iter().flat_map(|offer| offer_rows(offer, pricing_date)).collect();
    output::table(&columns, rows)
}

/// A row for each unit the offer is priced in; where no price holds on the day, the reason stands in its place.
fn offer_rows(offer: &Offer, pricing_date: Date) -> Vec<Vec<String>> {
    let mut units: Vec<_> = offer.quotes.iter().map(|quote| quote.per).collect();
    units.sort();
    units.dedup();
    let row = |per| {
        let quotes = offer.quotes.iter().filter(|quote| quote.per == per).count();
        let mut cells =
            vec![offer.id.clone(), offer.kind.to_string(), format::or_unknown(offer.accelerators, |n| n.to_string())];
        match offer.quote_in_force_per(per, pricing_date) {
            Ok(found) => {
                let quote = found.quote;
                let warned = if found.warnings().is_empty() { "" } else { "! " };
                cells.push(format!("{} {}/{}", quote.currency, format::significant(quote.price, 4), quote.per));
                cells.push(format::or_unknown(offer.per_accelerator(quote), |m| format::significant(m.amount, 4)));
                cells.push(format!("{warned}{found}"));
                cells.push(quotes.to_string());
                cells.push(quote.source.clone());
            }
            Err(reason) => {
                let why = match reason {
                    NoQuote::AllLater { oldest, .. } => format!("the oldest is of {oldest}"),
                    NoQuote::Ended { until, .. } => format!("ended on {until}"),
                    other => other.to_string(),
                };
                cells.extend([format::UNKNOWN.to_owned(), format::UNKNOWN.to_owned(), why]);
                cells.extend([quotes.to_string(), String::new()]);
            }
        }
        cells
    };
    units.into_iter().map(row).collect()
}

fn references(profile: &Profile) -> anyhow::Result<()> {
    if profile.cost_references.is_empty() {
        return Ok(());
    }
    output::print("\nModelled costs to compare with (nobody sells at them)")?;
    let rows = profile
        .cost_references
        .iter()
        .map(|reference| {
            let price = format::significant(reference.price, 4);
            vec![
                reference.basis.clone(),
                format!("{} {price}/{}", reference.currency, reference.per),
                reference.as_of.to_string(),
                reference.source.clone(),
            ]
        })
        .collect();
    output::table(&[text("Basis"), number("Cost"), text("As of"), text("Source")], rows)
}

fn portability(profile: &Profile) -> anyhow::Result<()> {
    let facts = profile.portability();
    if facts.is_empty() {
        return output::print("\nNothing is known of moving to it.");
    }
    output::print("\nMoving to it, and away again")?;
    for fact in facts {
        let subject = fact.subject.map(|subject| format!("{subject}: ")).unwrap_or_default();
        let source = fact.provenance.as_ref().map(cite).unwrap_or_default();
        output::print(&format!("  {}  {subject}{}{source}", fact.topic, fact.text))?;
    }
    Ok(())
}
