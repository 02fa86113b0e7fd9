//! `assay profiles`

use assay_base::NumericFormat;
use assay_base::format;
use assay_service::hardware_profiles::check::{self, Finding};
use assay_service::hardware_profiles::{Catalog, Profile};
use serde_json::{Value, json};

use crate::args::{Format, Profiles, ProfilesCheck, ProfilesCommand, ProfilesList, ProfilesShow};
use crate::output::{self, number, text};
use crate::{Verdict, place};

pub fn run(arguments: &Profiles) -> anyhow::Result<Verdict> {
    match &arguments.command {
        ProfilesCommand::List(list_arguments) => list(list_arguments),
        ProfilesCommand::Show(show_arguments) => show(show_arguments),
        ProfilesCommand::Check(check_arguments) => check_profiles(check_arguments),
    }
}

/// The catalogue, with the profiles of a study where there is one.
fn catalog(study: Option<&std::path::Path>) -> anyhow::Result<Catalog> {
    let overlay = place::folder(study)?.join("profiles");
    Ok(Catalog::load(overlay.is_dir().then_some(overlay.as_path()))?)
}

fn list(arguments: &ProfilesList) -> anyhow::Result<Verdict> {
    let catalog = catalog(arguments.study.named())?;
    let rows: Vec<Value> = catalog.iter().map(summary_json).collect();
    let columns = [
        text("Id"),
        text("Name"),
        text("Kind"),
        number("Year"),
        number("Memory"),
        number("Bandwidth"),
        number("fp32"),
        number("bf16"),
        number("fp8"),
        number("int8"),
        number("TDP"),
        number("Offers"),
    ];
    output::data(arguments.format, &Value::Array(rows.clone()), &rows, &columns, || {
        catalog.iter().map(summary_cells).collect()
    })?;
    Ok(Verdict::Yes)
}

fn summary_json(p: &Profile) -> Value {
    let peaks: serde_json::Map<String, Value> = NumericFormat::ALL
        .into_iter()
        .filter_map(|f| Some((f.label().to_owned(), p.peak_flops_per_sec(f)?.into())))
        .collect();
    json!({
        "id": p.id,
        "name": p.name,
        "vendor": p.vendor,
        "kind": p.kind,
        "year": p.year,
        "memory_bytes": p.memory_bytes(),
        "memory_bandwidth_bytes_per_sec": p.memory_bandwidth_bytes_per_sec(),
        "peak_flops_per_sec": peaks,
        "tdp_watts": p.tdp_watts(),
        "offers": p.offers.len(),
    })
}

fn summary_cells(p: &Profile) -> Vec<String> {
    let peak = |f| format::or_unknown(p.peak_flops_per_sec(f), format::flop_rate);
    vec![
        p.id.clone(),
        format!("{} {}", p.vendor, p.name),
        p.kind.to_string(),
        format::or_unknown(p.year, |y| y.to_string()),
        format::or_unknown(p.memory_bytes(), format::memory),
        format::or_unknown(p.memory_bandwidth_bytes_per_sec(), format::bandwidth),
        peak(NumericFormat::Fp32),
        peak(NumericFormat::Bf16),
        peak(NumericFormat::Fp8),
        peak(NumericFormat::Int8),
        format::or_unknown(p.tdp_watts(), format::power),
        p.offers.len().to_string(),
    ]
}

fn show(arguments: &ProfilesShow) -> anyhow::Result<Verdict> {
    let catalog = catalog(arguments.study.as_deref())?;
    let profile = catalog.require(&arguments.id)?;
    match arguments.format {
        Format::Json => output::json(&serde_json::to_value(profile)?)?,
        Format::Csv => output::csv(&[summary_json(profile)])?,
        Format::Table => show_table(profile)?,
    }
    Ok(Verdict::Yes)
}

fn show_table(profile: &Profile) -> anyhow::Result<()> {
    output::print(&format!("{} {} ({})", profile.vendor, profile.name, profile.id))?;
    let figures = profile
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
    output::table(&[text("Figure"), number("Value"), text("As of"), text("Confidence"), text("Source")], figures)?;
    let offers = profile
        .offers
        .iter()
        .filter_map(|offer| Some((offer, offer.quotes.iter().max_by_key(|q| q.as_of)?)))
        .map(|(offer, quote)| {
            vec![
                offer.id.clone(),
                offer.kind.to_string(),
                format::or_unknown(offer.accelerators, |n| n.to_string()),
                format!("{} {}/{}", quote.currency, format::significant(quote.price, 4), quote.per),
                format::or_unknown(offer.per_accelerator(quote), |m| format::significant(m.amount, 4)),
                quote.as_of.to_string(),
                quote.source.clone(),
            ]
        })
        .collect::<Vec<_>>();
    if offers.is_empty() {
        return output::print("No offers are known.");
    }
    output::print("")?;
    let columns = [
        text("Offer"),
        text("Kind"),
        number("Accelerators"),
        number("Newest price"),
        number("Per accelerator"),
        text("As of"),
        text("Source"),
    ];
    output::table(&columns, offers)?;
    for note in &profile.notes {
        output::print(&format!("Note: {note}"))?;
    }
    Ok(())
}

fn check_profiles(arguments: &ProfilesCheck) -> anyhow::Result<Verdict> {
    let findings: Vec<Finding> = if arguments.files.is_empty() {
        let overlay = place::folder(None).ok().map(|f| f.join("profiles")).filter(|f| f.is_dir());
        check::check_all(overlay.as_deref())?
    } else {
        arguments.files.iter().flat_map(|file| check::check_file(file)).collect()
    };
    let rows: Vec<Value> = findings
        .iter()
        .map(|f| {
            json!({"file": f.file, "line": f.line, "column": f.column, "severity": f.severity.label(), "message": f.message})
        })
        .collect();
    match arguments.format {
        Format::Json => output::json(&Value::Array(rows))?,
        Format::Csv => output::csv(&rows)?,
        Format::Table => {
            for finding in &findings {
                output::print(&finding.to_string())?;
            }
        }
    }
    let errors = findings.iter().filter(|f| f.severity == check::Severity::Error).count();
    eprintln!("{errors} errors, {} warnings", findings.len() - errors);
    Ok(if errors > 0 { Verdict::No } else { Verdict::Yes })
}
