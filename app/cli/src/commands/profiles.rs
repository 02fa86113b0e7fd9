//! `assay profiles`

mod import;
mod show;

use assay_base::NumericFormat;
use assay_base::format;
use assay_base::yaml;
use assay_service::hardware_profiles::check::{self, Finding};
use assay_service::hardware_profiles::template::{TEMPLATES, template};
use assay_service::hardware_profiles::{Catalog, Profile};
use serde_json::{Value, json};

use crate::args::{Format, Profiles, ProfilesCheck, ProfilesCommand, ProfilesList, ProfilesTemplate};
use crate::output::{self, number, text};
use crate::{Verdict, place};

pub fn run(arguments: &Profiles) -> anyhow::Result<Verdict> {
    match &arguments.command {
        ProfilesCommand::List(list_arguments) => list(list_arguments),
        ProfilesCommand::Show(show_arguments) => show::run(show_arguments),
        ProfilesCommand::Check(check_arguments) => check_profiles(check_arguments),
        ProfilesCommand::Import(import_arguments) => import::run(import_arguments),
        ProfilesCommand::Template(template_arguments) => print_template(template_arguments),
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
        text("Newest price"),
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
        "lifecycle": p.lifecycle.as_ref().map(|lifecycle| lifecycle.stage),
        "regions": p.regions().iter().map(|(provider, region)| json!({"provider": provider, "region": region})).collect::<Vec<_>>(),
        "offers": p.offers.len(),
        "newest_price_as_of": p.newest_quote(),
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
        format::or_unknown(p.newest_quote(), |day| day.to_string()),
    ]
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
    let count = |count: usize, what| format::counted(count as u64, what);
    eprintln!("{}, {}", count(errors, "error"), count(findings.len() - errors, "warning"));
    Ok(if errors > 0 { Verdict::No } else { Verdict::Yes })
}

fn print_template(arguments: &ProfilesTemplate) -> anyhow::Result<Verdict> {
    let text = template(&arguments.name).ok_or_else(|| {
        let hint = yaml::suggestion(&arguments.name, TEMPLATES.iter().map(|(name, _)| *name));
        anyhow::anyhow!("there is no template `{}`{hint}", arguments.name)
    })?;
    output::print(text.trim_end())?;
    Ok(Verdict::Yes)
}
