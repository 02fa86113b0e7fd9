//! Compilers against running without one: how much faster, and when compiling has paid back.

use crate::charts::{BarGroup, Chart, GroupedChart, GroupedValue, Quantity};
use crate::content::author::Author;
use crate::content::facts::{PaysBack, SpeedUp};
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};

/// Workloads in the chart; the table has all.
const WORKLOADS_SHOWN: usize = 10;

/// The chart and the table; nothing where no stack was measured beside one that does not compile.
pub(super) fn blocks(author: &mut Author<'_>) -> Vec<Block> {
    let found = &author.input.speed_ups;
    let Some(baseline) = found.first().map(|first| first.baseline.as_str()) else { return Vec::new() };
    let mut blocks = vec![Block::Heading("What compiling gains".into())];
    blocks.extend(figure(author, found, baseline));
    blocks.push(Block::Table(table(author, found, baseline)));
    blocks
}

/// The study's own workload first, the others in the order in which they were measured.
fn workloads<'a>(author: &Author<'_>, found: &'a [SpeedUp]) -> Vec<(&'a str, &'a str)> {
    let mut order: Vec<(&str, &str)> = Vec::new();
    for row in found.iter().filter(|row| row.speed_up.is_some()) {
        let key = (row.workload.as_str(), row.device.as_str());
        if !order.contains(&key) {
            order.push(key);
        }
    }
    order.sort_by_key(|(workload, _)| *workload != author.input.study.workload);
    order
}

fn figure(author: &mut Author<'_>, found: &[SpeedUp], baseline: &str) -> Option<Block> {
    let mut stacks: Vec<&str> =
        found.iter().filter(|row| row.speed_up.is_some()).map(|row| row.stack.as_str()).collect();
    stacks.sort_unstable();
    stacks.dedup();
    let best = found.iter().filter_map(|row| Some((row, row.speed_up?))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    let groups: Vec<BarGroup> = workloads(author, found)
        .into_iter()
        .take(WORKLOADS_SHOWN)
        .map(|(workload, device)| BarGroup {
            label: workload.to_owned(),
            values: stacks
                .iter()
                .map(|stack| {
                    let row = found
                        .iter()
                        .find(|row| row.workload == workload && row.device == device && row.stack == **stack)?;
                    Some(GroupedValue { value: Some(row.speed_up?), interval: row.interval, highlight: false })
                })
                .collect(),
        })
        .collect();
    let bars: usize = groups.iter().flat_map(|group| &group.values).flatten().count();
    let (row, speed_up) = best;
    let speed_up = author.value(id(row, "speed_up"), Some(speed_up), times, Some(Evidence::Measured));
    Some(Block::Figures(vec![Figure {
        anchor: "speed-ups".to_owned(),
        takeaway: rich![
            "The largest gain: ",
            Inline::name(&row.stack),
            " is ",
            speed_up,
            " times as fast as ",
            Inline::name(baseline),
            " on ",
            Inline::name(&row.workload)
        ],
        chart: Chart::Grouped(GroupedChart {
            members: stacks.iter().map(|&stack| stack.to_owned()).collect(),
            groups,
            quantity: Quantity::Number,
            axis: format!("Times as fast as {baseline}"),
        }),
        height_pt: (40.0 + 11.0 * bars as f32).clamp(110.0, 400.0),
        source: source(author, "medians of the newest passed results; whiskers join the intervals of both medians."),
    }]))
}

fn id(row: &SpeedUp, what: &str) -> String {
    format!("compiled.{}.{}.{}.{what}", row.workload, row.device, row.stack)
}

fn times(ratio: f64) -> String {
    format::significant(ratio, 3)
}

fn source(author: &Author<'_>, text: &str) -> Source {
    Source {
        text: text.into(),
        evidence: vec![Evidence::Measured],
        reproduce: Some(author.command("results compilers", "")),
    }
}

fn table(author: &mut Author<'_>, found: &[SpeedUp], baseline: &str) -> Table {
    let own = &author.input.study.workload;
    let rows = found.iter().map(|row| table_row(author, row).kind(kind(row, own))).collect();
    Table {
        anchor: "speed-ups-table".to_owned(),
        title: rich!["Against ", Inline::name(baseline), ": what compiling takes and when it has paid back"],
        columns: vec![
            Column::text("Workload"),
            Column::text("Stack"),
            Column::number("Times as fast"),
            Column::number("Interval"),
            Column::number("Compiling"),
            Column::number("Paid back after items"),
        ],
        rows,
        source: source(
            author,
            "compile time of a cold start over the time that each execution saves. An item is what the workload \
             counts, such as a sequence; a compiler that was not tuned is not judged.",
        ),
    }
}

fn kind(row: &SpeedUp, own: &str) -> RowKind {
    if row.workload == own { RowKind::Highlight } else { RowKind::Plain }
}

fn table_row(author: &mut Author<'_>, row: &SpeedUp) -> Row {
    let class = Some(Evidence::Measured);
    let speed_up: Rich = match row.speed_up {
        Some(_) => author.value(id(row, "speed_up"), row.speed_up, times, class).into(),
        None => "not tuned".into(),
    };
    let interval = match row.interval {
        Some([low, high]) => {
            let low = author.value(id(row, "low"), Some(low), times, class);
            let high = author.value(id(row, "high"), Some(high), times, class);
            rich![low, " to ", high]
        }
        None => format::UNKNOWN.into(),
    };
    let paid: Rich = match row.pays_back {
        _ if row.compile_secs.is_none() => format::UNKNOWN.into(),
        PaysBack::AfterItems(items) => author.value(id(row, "paid_back"), Some(items), format::spoken, class).into(),
        PaysBack::AtOnce => "at once".into(),
        PaysBack::Never => "never".into(),
        PaysBack::Unknown => "not decided".into(),
    };
    Row::new(vec![
        Inline::name(&row.workload).into(),
        Inline::name(&row.stack).into(),
        speed_up,
        interval,
        author.value(id(row, "compile"), row.compile_secs, format::duration, class).into(),
        paid,
    ])
}
