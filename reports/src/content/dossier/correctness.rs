//! Whether results are right: tolerances, the largest errors, and what was not correct.

use super::measurements::place;
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Column, Inline, Rich, Row, Section, Table};
use crate::rich;
use assay_base::{Evidence, format};
use std::collections::BTreeMap;

/// The section; `None` where no output was compared.
pub(in crate::content) fn section(author: &mut Author<'_>) -> Option<Section> {
    let table = tolerances(author)?;
    let checked = author.input.measurements.iter().filter(|found| found.correctness.is_some()).count();
    let wrong: Vec<_> = author
        .input
        .measurements
        .iter()
        .filter(|found| found.correctness.as_ref().is_some_and(|c| !c.passed))
        .collect();
    let all = author.count("correctness.checked", checked);
    let action_title = if wrong.is_empty() {
        rich!["All ", all, plural(checked, " output agrees", " outputs agree"), " with the reference"]
    } else {
        let count = author.count("correctness.wrong", wrong.len());
        rich![
            count,
            " of ",
            all,
            plural(wrong.len(), " outputs is wrong and not priced", " outputs are wrong and not priced")
        ]
    };
    let mut blocks = vec![
        Block::Paragraph(rich![
            "The inputs are deterministic and normally distributed. The output of each execution path is compared \
             with a reference computed in double precision; the error norm is the Euclidean norm of the difference \
             over that of the reference. A result above the tolerance of its format is reported as incorrect and is \
             never priced."
        ]),
        Block::Table(table),
    ];
    if !wrong.is_empty() {
        let lines = wrong
            .iter()
            .map(|found| {
                rich![
                    Inline::strong(Inline::name(format!("{} · {} · {}", found.workload.id, place(found), found.stack))),
                    ": ",
                    Inline::name(found.status.reason().unwrap_or("its error is above the tolerance")),
                    "."
                ]
            })
            .collect();
        blocks.push(Block::Heading("Not correct".into()));
        blocks.push(Block::Bullets(lines));
    }
    Some(Section { kicker: "Correctness".to_owned(), action_title, anchor: "correctness".to_owned(), blocks })
}

/// The tolerance of each format, as far as formats were checked.
fn tolerances(author: &mut Author<'_>) -> Option<Table> {
    let mut by_format: BTreeMap<String, (f64, Option<f64>, usize)> = BTreeMap::new();
    for measurement in &author.input.measurements {
        let Some(correctness) = &measurement.correctness else { continue };
        let entry =
            by_format.entry(measurement.workload.format.to_string()).or_insert((correctness.tolerance, None, 0));
        entry.0 = entry.0.max(correctness.tolerance);
        if correctness.passed {
            entry.1 = entry.1.into_iter().chain(correctness.error_norm).reduce(f64::max);
        }
        entry.2 += 1;
    }
    if by_format.is_empty() {
        return None;
    }
    let rows: Vec<Row> = by_format
        .into_iter()
        .map(|(name, (tolerance, worst, checks))| {
            let id = |what: &str| format!("correctness.{name}.{what}");
            let two = |number: f64| format::significant(number, 2);
            let measured = Some(Evidence::Measured);
            let cells: Vec<Rich> = vec![
                Inline::name(&name).into(),
                author.value(id("tolerance"), Some(tolerance), two, None).into(),
                author.value(id("worst"), worst, two, measured).into(),
                author.count(id("checks"), checks).into(),
            ];
            Row::new(cells)
        })
        .collect();
    Some(Table {
        anchor: "tolerances".to_owned(),
        title: "Tolerance and largest error by numeric format".into(),
        columns: vec![
            Column::text("Format"),
            Column::number("Largest tolerance"),
            Column::number("Largest error that passed"),
            Column::number("Checks"),
        ],
        rows,
        source: author.measured_source("the correctness verdict of each result."),
    })
}
