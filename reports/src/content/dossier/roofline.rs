//! How close the measurements come to what the hardware can do.

use super::measurements::place;
use crate::charts::{Chart, Roof, RooflineChart, RooflinePoint};
use crate::content::author::Author;
use crate::content::input::Ceiling;
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_core::Measurement;
use assay_cost_models::roofline::{Bound, ItemWork};
use std::collections::BTreeSet;

/// A measurement against the ceilings of its device.
struct Reached<'a> {
    measurement: &'a Measurement,
    work: ItemWork,
    flops_per_sec: f64,
    /// The part of the measured ceiling; above one when caches help.
    part: Option<f64>,
    bound: Option<Bound>,
}

pub(in crate::content) fn section(author: &mut Author<'_>, rows_shown: usize) -> Section {
    let reached = reached(author);
    let mut blocks = vec![Block::Paragraph(paragraph(author))];
    for (index, ceilings) in devices(&author.input.ceilings).into_iter().enumerate() {
        blocks.push(Block::Figures(vec![figure(author, index, &ceilings, &reached)]));
    }
    if reached.iter().any(|found| found.part.is_some() && !sets_ceiling(found)) {
        blocks.push(Block::Table(table(author, &reached, rows_shown)));
    }
    Section {
        kicker: "Roofline".to_owned(),
        action_title: title(author, &reached),
        anchor: "roofline".to_owned(),
        blocks,
    }
}

fn reached<'a>(author: &Author<'a>) -> Vec<Reached<'a>> {
    let mut all: Vec<Reached<'_>> = author
        .found
        .passed
        .iter()
        .filter_map(|measurement| {
            let work = ItemWork { flops: measurement.workload.flops(), bytes: measurement.workload.bytes() };
            let flops_per_sec = measurement.flops_per_sec()?;
            let roofline =
                author.input.ceilings.iter().find(|ceiling| is_of(ceiling, measurement)).map(|found| found.roofline);
            let part = roofline.map(|roofline| flops_per_sec / roofline.attainable(work.intensity()));
            Some(Reached {
                measurement,
                work,
                flops_per_sec,
                part: part.filter(|part| part.is_finite()),
                bound: roofline.map(|roofline| roofline.bound(&work)),
            })
        })
        .collect();
    all.sort_by(|a, b| b.part.unwrap_or(0.0).total_cmp(&a.part.unwrap_or(0.0)));
    all
}

/// Each result that passed, in words, with the part of its measured ceiling and the name of that value.
pub(in crate::content) fn parts_of_ceilings(author: &Author<'_>) -> Vec<(String, Option<(f64, String)>)> {
    reached(author)
        .into_iter()
        .map(|found| {
            let measurement = found.measurement;
            let subject = format!("{} · {} · {}", measurement.workload.id, place(measurement), measurement.stack);
            (subject, found.part.map(|part| (part, part_id(measurement))))
        })
        .collect()
}

fn part_id(measurement: &Measurement) -> String {
    format!("measurement.{}.of_ceiling", measurement.id)
}

fn is_of(ceiling: &Ceiling, measurement: &Measurement) -> bool {
    ceiling.target == measurement.target
        && ceiling.device.id == measurement.device.id
        && ceiling.device.name == measurement.device.name
        && ceiling.format == measurement.workload.format
}

/// The ceilings of each device together.
fn devices(ceilings: &[Ceiling]) -> Vec<Vec<&Ceiling>> {
    let mut devices: Vec<Vec<&Ceiling>> = Vec::new();
    for ceiling in ceilings {
        let same = |group: &&mut Vec<&Ceiling>| {
            group.first().is_some_and(|first| first.target == ceiling.target && first.device.id == ceiling.device.id)
        };
        match devices.iter_mut().find(same) {
            Some(group) => group.push(ceiling),
            None => devices.push(vec![ceiling]),
        }
    }
    devices
}

fn bound_word(bound: Bound) -> &'static str {
    match bound {
        Bound::Compute => "arithmetic",
        Bound::Memory => "memory bandwidth",
    }
}

fn title(author: &mut Author<'_>, reached: &[Reached<'_>]) -> Rich {
    let own = reached.iter().find(|found| found.measurement.workload.id == author.input.study.workload);
    match own {
        Some(Reached { measurement, part: Some(part), bound: Some(bound), .. }) => {
            let part = part_value(author, measurement, Some(*part));
            rich![
                Inline::name(&measurement.workload.id),
                " reaches ",
                part,
                " of the measured ceiling and is bound by ",
                bound_word(*bound)
            ]
        }
        _ if author.input.ceilings.is_empty() => {
            rich!["The ceilings of the hardware were not measured, so no efficiency can be stated"]
        }
        _ => rich!["The study's workload was not measured on a device with known ceilings"],
    }
}

fn part_value(author: &mut Author<'_>, measurement: &Measurement, part: Option<f64>) -> crate::document::ValueId {
    author.value(part_id(measurement), part, |part| format::percent(part, 0), Some(measurement.evidence))
}

fn paragraph(author: &Author<'_>) -> Rich {
    if author.input.ceilings.is_empty() {
        return rich![
            "A ceiling needs a dense matrix product and a memory triad that passed on the same device. The suite ",
            Inline::code(&author.input.study.suite),
            " has both."
        ];
    }
    rich![
        "The ceilings are the fastest dense matrix product and the fastest memory triad measured on the same device, \
         not figures of a data sheet. A point under the slope waits for memory, a point under the flat part for \
         arithmetic; its distance from the roof is what better software could gain. A point above the roof found \
         its data in a cache.",
        Inline::footnote(rich![
            "Williams, Waterman and Patterson, ",
            Inline::name("“Roofline”, Communications of the ACM 52(4), 2009"),
            "."
        ])
    ]
}

fn figure(author: &mut Author<'_>, index: usize, ceilings: &[&Ceiling], reached: &[Reached<'_>]) -> Figure {
    let roofs = ceilings
        .iter()
        .map(|ceiling| Roof {
            label: ceiling.format.to_string(),
            peak_flops_per_sec: ceiling.roofline.peak_flops_per_sec,
            bandwidth_bytes_per_sec: ceiling.roofline.bandwidth_bytes_per_sec,
        })
        .collect();
    let mut of_device: Vec<&Reached<'_>> = reached
        .iter()
        .filter(|found| ceilings.iter().any(|ceiling| is_of(ceiling, found.measurement)) && !sets_ceiling(found))
        .collect();
    // The best of each workload; the table has the other stacks.
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    of_device.retain(|found| seen.insert(&found.measurement.workload.id));
    let points = of_device
        .iter()
        .map(|found| RooflinePoint {
            label: found.measurement.workload.id.clone(),
            intensity_flops_per_byte: found.work.intensity(),
            flops_per_sec: found.flops_per_sec,
        })
        .collect();
    let device = ceilings.first().map_or("", |ceiling| ceiling.device.name.as_str());
    Figure {
        anchor: format!("roofline-{index}"),
        takeaway: takeaway(author, device, &of_device),
        chart: Chart::Roofline(RooflineChart { roofs, points }),
        height_pt: 205.0,
        source: author.measured_source(
            "rate at the median latency over analytic operations and compulsory traffic, the fastest stack of each \
             workload.",
        ),
    }
}

fn takeaway(author: &mut Author<'_>, device: &str, of_device: &[&Reached<'_>]) -> Rich {
    let judged: Vec<&&Reached<'_>> = of_device.iter().filter(|found| found.part.is_some()).collect();
    let (Some(best), Some(worst)) = (judged.first(), judged.last()) else {
        return rich!["Ceilings of ", Inline::name(device)];
    };
    let best_part = part_value(author, best.measurement, best.part);
    let worst_part = part_value(author, worst.measurement, worst.part);
    if judged.len() == 1 {
        return rich![
            Inline::name(device),
            ": ",
            Inline::name(&best.measurement.workload.id),
            " reaches ",
            best_part,
            " of the ceiling"
        ];
    }
    rich![
        Inline::name(device),
        ": from ",
        best_part,
        " of the ceiling (",
        Inline::name(&best.measurement.workload.id),
        ") down to ",
        worst_part,
        " (",
        Inline::name(&worst.measurement.workload.id),
        ")"
    ]
}

/// Whether a result is of the kind that the ceilings are made from; such results reach them by definition.
fn sets_ceiling(found: &Reached<'_>) -> bool {
    matches!(found.measurement.workload.shape.kind(), "gemm" | "triad")
}

fn table(author: &mut Author<'_>, reached: &[Reached<'_>], rows_shown: usize) -> Table {
    let own = &author.input.study.workload;
    let mut shown: Vec<&Reached<'_>> =
        reached.iter().filter(|found| found.part.is_some() && !sets_ceiling(found)).collect();
    let all = shown.len();
    // The study's own workload comes first, so that no cut hides it.
    shown.sort_by_key(|found| found.measurement.workload.id != *own);
    let rows = shown
        .into_iter()
        .take(rows_shown)
        .map(|found| {
            let measurement = found.measurement;
            let id = |what: &str| format!("measurement.{}.{what}", measurement.id);
            let intensity = author.value(
                id("intensity"),
                Some(found.work.intensity()),
                |value| format::significant(value, 3),
                Some(Evidence::Projected),
            );
            let rate =
                author.value(id("flops"), Some(found.flops_per_sec), format::flop_rate, Some(measurement.evidence));
            let is_own = measurement.workload.id == author.input.study.workload;
            Row::new(vec![
                Inline::name(&measurement.workload.id).into(),
                Inline::name(place(measurement)).into(),
                Inline::name(measurement.stack.to_string()).into(),
                intensity.into(),
                rate.into(),
                part_value(author, measurement, found.part).into(),
                found.bound.map_or("", bound_word).into(),
            ])
            .kind(if is_own { RowKind::Highlight } else { RowKind::Plain })
        })
        .collect();
    let mut source =
        rich!["results against the measured ceilings; matrix products and triads set them and are left out."];
    if all > rows_shown {
        let rest = author.count("efficiency.rest", all - rows_shown);
        source.extend(rich![" The baseline report has the other ", rest, "."]);
    }
    if reached.iter().any(|found| found.part.is_none()) {
        source.push(" Results in a format whose ceiling was not measured are left out.");
    }
    Table {
        anchor: "efficiency".to_owned(),
        title: "What was reached: the study's workload, then the most efficient first".into(),
        columns: vec![
            Column::text("Workload"),
            Column::text("Device"),
            Column::text("Stack"),
            Column::number("FLOP/byte"),
            Column::number("Reached"),
            Column::number("Of the ceiling"),
            Column::text("Bound by"),
        ],
        rows,
        source: author.measured_source(source),
    }
}
