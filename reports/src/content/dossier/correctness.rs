//! Whether results are right: tolerances, the largest errors, and what was not correct.

use super::measurements::place;
use crate::charts::{Bar, BarChart, Chart, Quantity};
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Column, Figure, Inline, Rich, Row, Section, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_core::Measurement;
use std::collections::{BTreeMap, BTreeSet};

/// Bars of the results closest to their tolerance.
const CLOSEST_SHOWN: usize = 12;

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
    blocks.extend(closest(author).map(|figure| Block::Figures(vec![figure])));
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

/// The part of its tolerance that a passed result uses; `None` where no output was compared.
fn part_used(found: &Measurement) -> Option<f64> {
    let checked = found.correctness.as_ref().filter(|checked| checked.passed && checked.tolerance > 0.0)?;
    checked.error_norm.map(|error| error / checked.tolerance).filter(|part| part.is_finite())
}

/// The passed results that use most of their tolerance, the closest first; `None` with fewer than two.
fn closest(author: &mut Author<'_>) -> Option<Figure> {
    let mut found: Vec<(&Measurement, f64)> =
        author.found.passed.iter().filter_map(|found| Some((*found, part_used(found)?))).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut seen: BTreeSet<(&str, String, &str)> = BTreeSet::new();
    found.retain(|(result, _)| seen.insert((&result.workload.id, place(result), result.stack.as_str())));
    if found.len() < 2 {
        return None;
    }
    let (first, part) = found.first().copied()?;
    let id = format!("measurement.{}.of_tolerance", first.id);
    let percent = |part: f64| format::percent(part, 0);
    let part = author.value(id, Some(part), percent, Some(first.evidence));
    let shown: Vec<_> = found.iter().take(CLOSEST_SHOWN).collect();
    let name = |result: &Measurement| format!("{} · {}", result.workload.id, result.stack);
    let bars: Vec<Bar> = shown
        .iter()
        .enumerate()
        .map(|(index, (result, part))| Bar {
            label: name(result),
            value: Some(*part),
            interval: None,
            highlight: index == 0,
            remark: String::new(),
        })
        .collect();
    let height_pt = 40.0 + 18.0 * bars.len() as f32;
    Some(Figure {
        anchor: "closest".to_owned(),
        takeaway: rich!["Closest to its tolerance: ", Inline::name(name(first)), ", which uses ", part, " of it"],
        chart: Chart::Bars(BarChart {
            bars,
            quantity: Quantity::Fraction,
            axis: "Error over tolerance, the largest".to_owned(),
        }),
        height_pt,
        source: author.measured_source("the error norm of each passed result over the tolerance of its format."),
    })
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
            let measured = Some(Evidence::Measured);
            let cells: Vec<Rich> = vec![
                Inline::name(&name).into(),
                author.value(id("tolerance"), Some(tolerance), format::scientific, None).into(),
                author.value(id("worst"), worst, format::scientific, measured).into(),
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
