//! What vendors' compilers say of accelerators that are not here: does it compile, does it fit, what do they expect.

use std::collections::BTreeSet;

use crate::content::author::Author;
use crate::content::facts::{CompilerEstimate, CompilerVerdict};
use crate::content::findings::plural;
use crate::document::{Block, Column, Inline, Rich, Row, RowKind, Section, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_core::estimate::LIMITS;

/// The section; `None` where no compiler was asked.
pub(super) fn section(author: &mut Author<'_>) -> Option<Section> {
    let estimates = &author.input.compiler_estimates;
    if estimates.is_empty() {
        return None;
    }
    // In the order in which they were first asked.
    let accelerators = distinct(estimates.iter().map(|estimate| estimate.accelerator.as_str()));
    let workloads = distinct(estimates.iter().map(|estimate| estimate.workload.as_str()));
    let judged = || estimates.iter().filter(|estimate| estimate.verdict != CompilerVerdict::Unknown);
    let refused: BTreeSet<&str> = judged()
        .filter(|estimate| estimate.verdict == CompilerVerdict::Refused)
        .map(|estimate| estimate.workload.as_str())
        .collect();
    let all = judged().map(|estimate| estimate.workload.as_str()).collect::<BTreeSet<_>>().len();
    let fitting = author.count("compilers.fitting", all - refused.len());
    let asked = author.count("compilers.asked", all);
    let action_title = rich![
        fitting,
        " of ",
        asked,
        plural(all, " workload", " workloads"),
        " compiled ahead of time ",
        plural(all - refused.len(), "fits", "fit"),
        " on every accelerator that is not here"
    ];
    let mut blocks = vec![Block::Paragraph(LIMITS.into())];
    blocks.push(Block::Table(table(author, &accelerators, &workloads)));
    blocks.extend(reasons(estimates));
    Some(Section {
        kicker: "Compilers on absent hardware".to_owned(),
        action_title,
        anchor: "compilers".to_owned(),
        blocks,
    })
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// A row for each workload, with the expected time and the memory on each accelerator.
fn table(author: &mut Author<'_>, accelerators: &[&str], workloads: &[&str]) -> Table {
    let mut columns = vec![Column::text("Workload")];
    for accelerator in accelerators {
        columns.push(Column::number(format!("{accelerator}: expected")));
        columns.push(Column::number("Peak memory"));
    }
    let own = author.input.study.workload.clone();
    let rows = workloads
        .iter()
        .map(|workload| {
            let mut cells: Vec<Rich> = vec![Inline::name(*workload).into()];
            for accelerator in accelerators {
                cells.extend(pair(author, workload, accelerator));
            }
            Row::new(cells).kind(if own == *workload { RowKind::Highlight } else { RowKind::Plain })
        })
        .collect();
    let compilers =
        distinct(author.input.compiler_estimates.iter().map(|estimate| estimate.compiler.as_str())).join(", ");
    Table {
        anchor: "compilers-table".to_owned(),
        title: "What the vendor's compiler expects of one chip".into(),
        columns,
        rows,
        source: Source {
            text: rich![Inline::name(compilers), "; projected by the vendor's compiler, not measured."],
            evidence: vec![Evidence::Projected],
            reproduce: Some(author.command("estimate", "")),
        },
    }
}

/// The expected time and the memory of a workload on an accelerator, or why there are none.
fn pair(author: &mut Author<'_>, workload: &str, accelerator: &str) -> [Rich; 2] {
    let class = Some(Evidence::Projected);
    let asked = author.input.compiler_estimates.iter().find(|e| e.workload == workload && e.accelerator == accelerator);
    let Some(estimate) = asked.cloned() else { return ["–".into(), "–".into()] };
    let id = |what: &str| format!("compiler.{accelerator}.{workload}.{what}");
    let memory = author.value(id("memory"), estimate.peak_bytes, format::memory, class);
    let expected: Rich = match (estimate.verdict, estimate.execution_secs) {
        (CompilerVerdict::Fits, None) => "no valid time".into(),
        (CompilerVerdict::Fits, secs) => author.value(id("secs"), secs, format::duration, class).into(),
        (CompilerVerdict::Refused, _) => rich!["▲ ", Inline::name(estimate.label)],
        (CompilerVerdict::Unknown, _) => Inline::name(estimate.label).into(),
    };
    [expected, memory.into()]
}

/// The compiler's own words, each once.
fn reasons(estimates: &[CompilerEstimate]) -> Vec<Block> {
    let mut told: Vec<&str> = Vec::new();
    let mut blocks = Vec::new();
    for estimate in estimates.iter().filter(|estimate| estimate.verdict == CompilerVerdict::Refused) {
        let Some(reason) = estimate.reason.as_deref().filter(|reason| !told.contains(reason)) else { continue };
        told.push(reason);
        blocks.push(Block::Paragraph(rich![
            Inline::strong(Inline::name(format!("{} on {}: ", estimate.workload, estimate.accelerator))),
            Inline::name(reason)
        ]));
    }
    blocks
}
