//! `assay verify`

use anyhow::Context as _;
use assay_service::Verification;
use assay_service::proof::SignatureState;
use serde_json::json;

use crate::Verdict;
use crate::args::{Format, Verify};
use crate::output;

/// Differences of one kind that are listed; the rest are counted.
const LISTED: usize = 20;

pub fn run(arguments: &Verify) -> anyhow::Result<Verdict> {
    let file = &arguments.file;
    let pdf = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let found = assay_service::verify(&pdf).with_context(|| file.display().to_string())?;
    match arguments.format {
        Format::Table => output::print(&lines(&found).join("\n"))?,
        Format::Json | Format::Csv => {
            let row = json!({
                "file": file, "kind": found.kind.id(), "title": found.title, "holds": found.holds(),
                "signature": found.signature, "findings": found.findings, "comparison": found.comparison,
                "not_derived": found.not_derived,
            });
            if arguments.format == Format::Json { output::json(&row)? } else { output::csv(&[row])? }
        }
    }
    Ok(if found.holds() { Verdict::Yes } else { Verdict::No })
}

fn lines(found: &Verification) -> Vec<String> {
    let mut lines = vec![format!("{} ({})", found.title, found.kind.id()), format!("prepared {}", found.prepared_at)];
    lines.push(match &found.signature {
        SignatureState::Unsigned => "not signed: whoever has the evidence can have written it".to_owned(),
        SignatureState::Valid(key) => format!("signed with the key {key}"),
        SignatureState::Invalid(key) => format!("▲ the signature with the key {key} is not valid"),
    });
    if found.findings.is_empty() {
        lines.push("✓ nothing was changed since it was written".to_owned());
    }
    lines.extend(found.findings.iter().map(|text| format!("▲ {text}")));
    if let Some(reason) = &found.not_derived {
        lines.push(format!("▲ it cannot be derived again from its evidence: {reason}"));
    }
    let Some(compared) = &found.comparison else { return lines };
    let differing = compared.different_values.len();
    if differing == 0 {
        lines.push(format!("✓ all {} numbers follow from the evidence", compared.values));
    } else {
        lines.push(format!("▲ {differing} of {} numbers do not follow from the evidence", compared.values));
    }
    for value in compared.different_values.iter().take(LISTED) {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        lines.push(format!("  {}: stated {}, derived {}", value.id, or_none(&value.stated), or_none(&value.derived)));
    }
    lines.extend(compared.different_content.iter().take(LISTED).map(|place| format!("▲ other content at {place}")));
    if !compared.different_pages.is_empty() {
        let pages: Vec<String> = compared.different_pages.iter().map(ToString::to_string).collect();
        lines.push(format!("▲ pages that show something else: {}", pages.join(", ")));
    }
    if compared.different_parts > 0 {
        lines.push(format!("▲ other parts that differ: {}", compared.different_parts));
    }
    if let Some(version) = &compared.other_version {
        lines.push(format!("set by {version}; pages may differ for that reason"));
    }
    lines
}
