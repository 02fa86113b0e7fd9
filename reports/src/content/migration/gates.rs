//! What must hold before the next step.

use super::{GateUnit, GateVerdict, JudgedGate, MigrationPlan, count};
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Column, Inline, Rich, Row, RowKind, Section, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};

pub(super) fn section(author: &mut Author<'_>, plan: &MigrationPlan) -> Section {
    let blocks = vec![
        Block::Paragraph(
            "A gate is passed by a recorded measurement or by a person who signs; nothing else opens it. A failed \
             gate stops the move until it is settled."
                .into(),
        ),
        Block::Table(table(author, plan)),
        Block::Heading("Equivalence tests".into()),
        Block::Bullets(vec![
            rich![
                Inline::strong("Output. "),
                "The same inputs go through both platforms; the error norm against a double-precision reference stays within the tolerance of the format."
            ],
            rich![
                Inline::strong("Task. "),
                "The quality of the task on the application's own data stays within its agreed share of the old platform's, with a confidence interval."
            ],
            rich![
                Inline::strong("Load. "),
                "Throughput and tail latency hold at the planned utilisation for an hour, with power and clocks recorded."
            ],
            rich![
                Inline::strong("Fallbacks. "),
                "An operator that runs elsewhere than on the accelerator counts as a failure."
            ],
        ]),
    ];
    Section {
        kicker: "Validation gates".to_owned(),
        action_title: title(author, plan),
        anchor: "gates".to_owned(),
        blocks,
    }
}

fn title(author: &mut Author<'_>, plan: &MigrationPlan) -> Rich {
    let (failed, open) = (count(plan, GateVerdict::Failed), count(plan, GateVerdict::Open));
    if failed > 0 {
        let value = author.count("plan.gates.failed", failed);
        return rich![value, plural(failed, " gate fails", " gates fail"), " on what is known today"];
    }
    if open > 0 {
        let value = author.count("plan.gates.open", open);
        return rich![
            "Nothing known today speaks against the move; ",
            value,
            plural(open, " gate is open", " gates are open")
        ];
    }
    rich!["Every gate is passed"]
}

fn table(author: &mut Author<'_>, plan: &MigrationPlan) -> Table {
    let rows = plan
        .gates
        .iter()
        .map(|gate| {
            let kind = if gate.verdict == GateVerdict::Failed { RowKind::Highlight } else { RowKind::Plain };
            row(author, gate).kind(kind)
        })
        .collect();
    let mut evidence: Vec<Evidence> = plan.gates.iter().filter_map(|gate| gate.evidence).collect();
    evidence.sort_unstable();
    evidence.dedup();
    Table {
        anchor: "gates-table".to_owned(),
        title: "Gates with their thresholds and what was found".into(),
        columns: vec![
            Column::text("Gate"),
            Column::text("After"),
            Column::number("Threshold"),
            Column::number("Found"),
            Column::text("Verdict"),
            Column::text("Basis"),
        ],
        rows,
        source: Source {
            text: rich!["measurements made on the option's own hardware; a projection opens no gate."],
            evidence,
            reproduce: Some(author.command("results list", "--format csv")),
        },
    }
}

fn row(author: &mut Author<'_>, gate: &JudgedGate) -> Row {
    let show = |unit: GateUnit| {
        move |value: f64| match unit {
            GateUnit::Fraction => format::percent(value, 0),
            GateUnit::Number => format::significant(value, 2),
            GateUnit::Seconds => format::duration(value),
            GateUnit::ItemsPerSec => format!("{}/s", format::compact(value)),
        }
    };
    let id = |what: &str| format!("gate.{}.{what}", gate.id);
    let mut threshold = Rich::new();
    for (what, sign, bound) in [("at_most", "≤ ", gate.at_most), ("at_least", "≥ ", gate.at_least)] {
        if bound.is_some() {
            if !threshold.is_empty() {
                threshold.push(", ");
            }
            threshold.extend(rich![sign, author.value(id(what), bound, show(gate.unit), Some(Evidence::Assumed))]);
        }
    }
    if threshold.is_empty() {
        threshold.push("a person signs");
    }
    let found: Rich = match gate.found {
        Some(_) => author.value(id("found"), gate.found, show(gate.unit), gate.evidence).into(),
        None => "–".into(),
    };
    let mark = match gate.verdict {
        GateVerdict::Passed => "✓ passed",
        GateVerdict::Failed => "▲ failed",
        GateVerdict::Open => "○ open",
    };
    Row::new(vec![
        Inline::name(&gate.name).into(),
        gate.wave.as_ref().map_or(Rich::from("–"), |wave| Inline::name(wave).into()),
        threshold,
        found,
        mark.into(),
        Inline::name(&gate.basis).into(),
    ])
}
