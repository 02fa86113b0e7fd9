//! Billing exports in FOCUS, the FinOps Open Cost and Usage Specification (versions 1.0 and 1.2 were read).
//!
//! What an hour of an instance type really cost: the effective cost of its usage divided by the hours used, by
//! provider, region, pricing category and month. `EffectiveCost` is amortised, so purchases of commitments, whose
//! effective cost is zero, are not counted twice; `BilledCost` stands in only for uncommitted usage of an export
//! without it, and the two are never added.

use std::collections::BTreeMap;
use std::path::Path;

use assay_base::{Currency, Evidence};
use jiff::civil::Date;
use serde_json::Value;

use super::names::{self, Names};
use super::table::{Row, Table, whole};
use super::{FileKind, ImportError, Observation, Options, Reading, Refusal, Term, file_name, rounded, slug};
use crate::catalog::Catalog;
use crate::offer::OfferKind;
use crate::source::{Confidence, Source};

/// What makes charges comparable: everything but cost and hours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    profile: String,
    provider: String,
    unit: String,
    region: Option<String>,
    kind: OfferKind,
    currency: Currency,
    /// The first day of the month.
    month: Date,
}

/// The charges of a group.
struct Sum {
    cost: f64,
    hours: f64,
    rows: usize,
    last: Date,
    line: u64,
    accelerators: Option<u32>,
    billed: bool,
}

/// What a usage row says.
struct Charge {
    group: Group,
    cost: f64,
    hours: f64,
    day: Date,
    accelerators: Option<u32>,
    /// Whether the cost is `BilledCost` because there is no `EffectiveCost`.
    billed: bool,
}

pub(super) fn read(
    table: &Table<'_>,
    file: &Path,
    catalog: &Catalog,
    options: &Options,
) -> Result<Reading, ImportError> {
    if !table.has(&["EffectiveCost"]) && !table.has(&["BilledCost"]) {
        let message = "the export has neither EffectiveCost nor BilledCost; export one of them".to_owned();
        return Err(ImportError::Missing { file: file.to_owned(), message });
    }
    let names = Names::new(catalog);
    let mut sums: BTreeMap<Group, Sum> = BTreeMap::new();
    let (mut rows, mut not_wanted, mut refused) = (0, 0, Vec::new());
    for row in table.rows() {
        rows += 1;
        let charge = match charge(&row, &names, options) {
            Ok(charge) => charge,
            Err(reason) => {
                let detail = row.get("ChargeDescription").or_else(|| row.get("SkuId"));
                refused.push(Refusal { line: row.line, reason, detail });
                continue;
            }
        };
        let region_wanted = options.regions.is_empty()
            || charge.group.region.as_ref().is_some_and(|region| options.regions.contains(region));
        let profile_wanted = options.profiles.is_empty() || options.profiles.contains(&charge.group.profile);
        if !region_wanted || !profile_wanted {
            not_wanted += 1;
            continue;
        }
        let sum = sums.entry(charge.group).or_insert(Sum {
            cost: 0.0,
            hours: 0.0,
            rows: 0,
            last: charge.day,
            line: row.line,
            accelerators: charge.accelerators,
            billed: false,
        });
        sum.cost += charge.cost;
        sum.hours += charge.hours;
        sum.rows += 1;
        sum.last = sum.last.max(charge.day);
        sum.billed |= charge.billed;
    }
    let mut observations = Vec::new();
    for (group, sum) in sums {
        let price = rounded(sum.cost / sum.hours);
        if !price.is_finite() || price <= 0.0 {
            let reason = "the effective cost is zero: the cost of this usage stands on other rows".to_owned();
            refused.push(Refusal { line: sum.line, reason, detail: Some(group.unit) });
            continue;
        }
        let cost = if sum.billed { "billed cost" } else { "effective cost" };
        let note = format!("{cost} of {} charges by their {} h", sum.rows, rounded(sum.hours));
        observations.push(Observation {
            profile: group.profile,
            provider: group.provider,
            kind: group.kind,
            unit: group.unit,
            accelerators: sum.accelerators,
            vcpu: None,
            memory_gib: None,
            region: group.region,
            price,
            currency: group.currency,
            as_of: sum.last,
            note: Some(note),
            line: sum.line,
        });
    }
    refused.sort_by_key(|refusal| refusal.line);
    let name = file_name(file);
    Ok(Reading {
        file: file.to_owned(),
        kind: FileKind::Focus,
        source_key: format!(
            "bill-{}",
            slug(Path::new(&name).file_stem().map_or("", |stem| stem.to_str().unwrap_or("")))
        ),
        source: Source {
            title: format!("FOCUS billing export, file {name}"),
            url: None,
            evidence: Evidence::Published,
            as_of: observations.iter().map(|observation| observation.as_of).max(),
            as_of_text: None,
            confidence: Confidence::High,
            note: Some("what was billed, not what is listed".to_owned()),
        },
        rows,
        not_wanted,
        observations,
        refused,
    })
}

/// Reads a row.
///
/// # Errors
/// Why it is no price of an accelerator.
fn charge(row: &Row<'_>, names: &Names<'_>, options: &Options) -> Result<Charge, String> {
    match row.get("ChargeCategory").as_deref() {
        Some("Usage") => {}
        Some(category) => return Err(format!("a charge of category {category}, which is no usage")),
        None => return Err("says no charge category".into()),
    }
    if row.get("ChargeClass").is_some_and(|class| class == "Correction") {
        return Err("a correction of an earlier period".into());
    }
    if row.get("CommitmentDiscountStatus").is_some_and(|status| status == "Unused") {
        return Err("the unused part of a commitment; it raises what the used part costs".into());
    }
    let provider = row
        .get("ProviderName")
        .or_else(|| row.get("ServiceProviderName"))
        .ok_or("names no provider")
        .map(|name| names::provider(&name).map_or(name, str::to_owned))?;
    let details = row.get("SkuPriceDetails").and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let detail = |key: &str| details.as_ref().and_then(|value| property(value, key));
    let unit = unit(row, &provider, names, detail("InstanceType"))?;
    let accelerator =
        row.get("x_AcceleratorModel").or_else(|| detail("GpuModel")).or_else(|| detail("AcceleratorName"));
    let profile = names
        .profile(&provider, Some(&unit), accelerator.as_deref(), None)
        .map_err(|_| "no profile has this instance type or accelerator; add it to an offer or to `aliases`")?;
    let counted = detail("GpuCount").and_then(|text| whole(text.parse().ok()?));
    let accelerators = names.unit(&provider, &unit).and_then(|known| known.1.accelerators).or(counted);
    let hours = hours(row)?;
    let currency = row
        .get("BillingCurrency")
        .ok_or("names no currency")?
        .parse()
        .map_err(|_| "the currency is no code of three capital letters")?;
    let category = row.get("PricingCategory");
    let committed = category.as_deref() == Some("Committed") || row.get("CommitmentDiscountId").is_some();
    let kind = match category.as_deref() {
        _ if committed => match options.term.or_else(|| term(row, detail("CommitmentTerm"))) {
            Some(Term::OneYear) => OfferKind::Reserved1Y,
            Some(Term::ThreeYears) => OfferKind::Reserved3Y,
            None => return Err("the term of the commitment is not said; say --term 1y or --term 3y".into()),
        },
        Some("Standard") => OfferKind::OnDemand,
        Some("Dynamic") => OfferKind::Spot,
        Some(other) => return Err(format!("the pricing category {other} is no way to pay that is known here")),
        None => return Err("says no pricing category".into()),
    };
    let effective = row.number("EffectiveCost");
    let cost = match effective.or_else(|| row.number("BilledCost").filter(|_| !committed)) {
        Some(cost) if cost < 0.0 => return Err("the cost is negative".into()),
        Some(0.0) => return Err("the effective cost is zero: the cost of this usage stands on other rows".into()),
        Some(cost) => cost,
        None => return Err("has no effective cost".into()),
    };
    let day = day(row).ok_or("the charge period has no date (ChargePeriodStart)")?;
    let group = Group {
        profile: profile.id.clone(),
        provider,
        unit,
        region: row.get("RegionId").or_else(|| row.get("RegionName")),
        kind,
        currency,
        month: day.first_of_month(),
    };
    Ok(Charge { group, cost, hours, day, accelerators, billed: effective.is_none() })
}

/// The instance type: as FOCUS 1.2 states it, in a column of the exporter's, or as a known one in the description.
fn unit(row: &Row<'_>, provider: &str, names: &Names<'_>, stated: Option<String>) -> Result<String, String> {
    if let Some(unit) = stated.or_else(|| row.get("x_InstanceType")) {
        return Ok(unit);
    }
    for column in ["ChargeDescription", "SkuMeter", "ResourceName", "SkuId"] {
        let mut found = names.units_in(provider, &row.get(column).unwrap_or_default()).into_iter();
        match (found.next(), found.next()) {
            (Some(unit), None) => return Ok(unit),
            (Some(_), Some(_)) => return Err(format!("{column} names several instance types")),
            (None, _) => {}
        }
    }
    Err("names no instance type that a profile has an offer of".into())
}

/// A property of `SkuPriceDetails`, by the name FOCUS gives it or with the prefix of a provider's own.
fn property(details: &Value, key: &str) -> Option<String> {
    let wanted = |name: &str| name.strip_prefix("x_").unwrap_or(name).eq_ignore_ascii_case(key);
    let (_, value) = details.as_object()?.iter().find(|(name, _)| wanted(name))?;
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The hours used.
fn hours(row: &Row<'_>) -> Result<f64, String> {
    let pairs = [("ConsumedQuantity", "ConsumedUnit"), ("PricingQuantity", "PricingUnit")];
    let found = pairs.iter().find_map(|(quantity, unit)| {
        let factor = hours_in(&row.get(unit)?)?;
        Some(row.number(quantity)? * factor)
    });
    match found {
        Some(hours) if hours > 0.0 => Ok(hours),
        Some(_) => Err("the quantity used is zero or negative".into()),
        None => Err("is not counted in a unit of time".into()),
    }
}

/// Hours in a unit of time; `None` for any other unit (`GB-Months`, `vCPU-Hours`).
fn hours_in(unit: &str) -> Option<f64> {
    match unit.trim().to_lowercase().as_str() {
        "hours" | "hour" | "hrs" | "hr" | "h" | "instance-hours" | "instance hours" => Some(1.0),
        "minutes" | "minute" => Some(1.0 / 60.0),
        "seconds" | "second" => Some(1.0 / 3600.0),
        "days" | "day" => Some(24.0),
        _ => None,
    }
}

/// The term that the words of the charge state.
fn term(row: &Row<'_>, stated: Option<String>) -> Option<Term> {
    let columns = ["CommitmentDiscountType", "CommitmentDiscountName", "ChargeDescription"];
    let texts = stated.into_iter().chain(columns.into_iter().filter_map(|column| row.get(column)));
    let words = texts.map(|text| text.to_lowercase().replace(['-', '_'], " ")).collect::<Vec<_>>().join(" ");
    let says = |years: &[&str]| years.iter().any(|year| words.contains(year));
    let one = says(&["1 year", "1year", "1yr", "1 yr", "one year", "12 month"]);
    let three = says(&["3 year", "3year", "3yr", "3 yr", "three year", "36 month"]);
    match (one, three) {
        (true, false) => Some(Term::OneYear),
        (false, true) => Some(Term::ThreeYears),
        _ => None,
    }
}

/// The day on which the charge period begins; times are UTC.
fn day(row: &Row<'_>) -> Option<Date> {
    row.get("ChargePeriodStart")?.get(..10)?.parse().ok()
}
