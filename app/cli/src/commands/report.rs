//! `assay report`

use assay_service::ReportKind;
use serde_json::json;

use crate::args::{DocumentKind, Format, Report};
use crate::output;
use crate::{Verdict, place};

pub fn run(arguments: &Report) -> anyhow::Result<Verdict> {
    let workbench = place::open(arguments.study.named())?;
    let kind = match arguments.kind {
        DocumentKind::Dossier => ReportKind::Dossier,
        DocumentKind::Briefing => ReportKind::Briefing,
        DocumentKind::Migration => ReportKind::Migration,
        DocumentKind::Baseline => ReportKind::Baseline,
    };
    let written = workbench.write_report(kind, arguments.out.as_deref())?;
    for line in &written.diagnostics {
        eprintln!("note: {line}");
    }
    match arguments.format {
        Format::Table => output::print(&format!(
            "{} ({} pages, {} kB)",
            written.path.display(),
            written.pages,
            written.bytes.div_ceil(1000)
        ))?,
        Format::Json | Format::Csv => {
            let row = json!({"kind": kind.id(), "path": written.path, "pages": written.pages, "bytes": written.bytes});
            if arguments.format == Format::Json { output::json(&row)? } else { output::csv(&[row])? }
        }
    }
    Ok(Verdict::Yes)
}
