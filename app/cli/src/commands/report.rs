//! `assay report`

use anyhow::Context as _;
use assay_service::ReportKind;
use assay_service::proof::SigningKey;

use crate::args::{ContentFormat, DocumentKind, Report};
use crate::output;
use crate::{Verdict, place};

pub fn run(arguments: &Report) -> anyhow::Result<Verdict> {
    let workbench = place::open(arguments.study.named())?;
    let kind = match arguments.kind {
        DocumentKind::Dossier => ReportKind::Dossier,
        DocumentKind::Briefing => ReportKind::Briefing,
        DocumentKind::Migration => ReportKind::Migration,
        DocumentKind::Capacity => ReportKind::Capacity,
        DocumentKind::Baseline => ReportKind::Baseline,
    };
    if arguments.format == ContentFormat::Json {
        output::json(&serde_json::to_value(workbench.document(kind)?)?)?;
        return Ok(Verdict::Yes);
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

fn signing_key(file: &std::path::Path) -> anyhow::Result<SigningKey> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    SigningKey::from_pem(&text).with_context(|| file.display().to_string())
}
