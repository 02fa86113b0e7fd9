//! `assay verify`

use anyhow::Context as _;
use assay_service::Verification;
use assay_service::proof::public_key;
use serde_json::json;

use crate::Verdict;
use crate::args::{Format, Verify};
use crate::output;

pub fn run(arguments: &Verify) -> anyhow::Result<Verdict> {
    let file = &arguments.file;
    let pdf = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut found = assay_service::verify(&pdf).with_context(|| file.display().to_string())?;
    if let Some(key) = &arguments.key {
        found = found.expecting(expected_key(key)?);
    }
    match arguments.format {
        Format::Table => output::print(&lines(&found).join("\n"))?,
        Format::Json | Format::Csv => {
            let row = json!({
                "file": file, "kind": found.kind.id(), "title": found.title, "holds": found.holds(),
                "signature": found.signature, "expected_key": found.expected_key, "findings": found.findings, "comparison": found.comparison,
                "not_derived": found.not_derived,
            });
            if arguments.format == Format::Json { output::json(&row)? } else { output::csv(&[row])? }
        }
    }
    Ok(if found.holds() { Verdict::Yes } else { Verdict::No })
}

/// A public key in hexadecimal, or the file that has it.
fn expected_key(given: &str) -> anyhow::Result<String> {
    if let Ok(key) = public_key(given) {
        return Ok(key);
    }
    let text = std::fs::read_to_string(given)
        .with_context(|| format!("`--key {given}` is neither 64 hexadecimal digits nor a file that can be read"))?;
    public_key(&text).with_context(|| given.to_owned())
}

fn lines(found: &Verification) -> Vec<String> {
    let mut lines = vec![format!("{} ({})", found.title, found.kind.id()), format!("prepared {}", found.prepared_at)];
    lines.extend(found.statements().into_iter().map(|statement| match statement.holds {
        Some(true) => format!("✓ {}", statement.text),
        Some(false) => format!("▲ {}", statement.text),
        None => statement.text,
    }));
    lines
}
