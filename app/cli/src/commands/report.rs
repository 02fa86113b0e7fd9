//! `assay report`

use anyhow::Context as _;
use assay_service::ReportKind;
use assay_service::proof::SigningKey;
use assay_service::report::to_markdown;
use serde_json::Value;

use crate::args::{ContentFormat, DocumentKind, DocumentLook, Report};
use crate::output;
use crate::{Verdict, place};

pub fn run(arguments: &Report) -> anyhow::Result<Verdict> {
    let mut workbench = place::open(arguments.study.named())?;
    let mut values = place::values(&arguments.set)?;
    values.extend(look(&arguments.look)?);
    place::look_at(&mut workbench, arguments.scenario.as_deref(), &values)?;
    let kind = match arguments.kind {
        DocumentKind::Dossier => ReportKind::Dossier,
        DocumentKind::Briefing => ReportKind::Briefing,
        DocumentKind::Migration => ReportKind::Migration,
        DocumentKind::Capacity => ReportKind::Capacity,
        DocumentKind::Baseline => ReportKind::Baseline,
    };
    match arguments.format {
        ContentFormat::Table => {}
        ContentFormat::Json => {
            output::json(&serde_json::to_value(workbench.document(kind)?)?)?;
            return Ok(Verdict::Yes);
        }
        ContentFormat::Markdown => {
            output::print(to_markdown(&workbench.document(kind)?).trim_end())?;
            return Ok(Verdict::Yes);
        }
    }
    let key = arguments.sign.as_deref().map(signing_key).transpose()?;
    let written = workbench.write_report(kind, arguments.out.as_deref(), key)?;
    for line in &written.diagnostics {
        eprintln!("note: {line}");
    }
    output::print(&format!(
        "{} ({} pages, {} kB)",
        written.path.display(),
        written.pages,
        written.bytes.div_ceil(1000)
    ))?;
    Ok(Verdict::Yes)
}

/// The flags as values of the study's section `documents`.
fn look(look: &DocumentLook) -> anyhow::Result<Vec<(String, Value)>> {
    // The folder of the study is not where the command was given.
    let logo = look.logo.as_deref().map(std::path::absolute).transpose().context("the logo's path is not usable")?;
    let given = [
        ("language", look.language.clone()),
        ("paper", look.paper.clone()),
        ("logo", logo.map(|logo| logo.to_string_lossy().into_owned())),
        ("primary_color", look.primary_color.clone()),
        ("accent_color", look.accent_color.clone()),
        ("classification", look.classification.clone()),
    ];
    let value = |(key, text): (&str, Option<String>)| Some((format!("documents.{key}"), Value::String(text?)));
    Ok(given.into_iter().filter_map(value).collect())
}

fn signing_key(file: &std::path::Path) -> anyhow::Result<SigningKey> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    SigningKey::from_pem(&text).with_context(|| file.display().to_string())
}
