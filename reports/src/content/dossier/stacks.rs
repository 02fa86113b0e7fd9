//! Compilers and runtimes side by side: latency, the time to get ready, and when that has paid back.

use super::{place, speed_ups};
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Column, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;
use assay_base::format;
use assay_core::Measurement;
use std::collections::{BTreeMap, BTreeSet};

/// Medians closer than this are not told apart.
const LEVEL: f64 = 1.01;
/// Where the table names the device; left out where there is only one.
const DEVICE_COLUMN: usize = 1;
/// Where the table names the slowest stack; left out where none has more than two.
const SLOWEST_COLUMN: usize = 6;

/// The passed results of one workload on one device, the fastest first.
struct Contest<'a> {
    workload: &'a str,
    place: String,
    results: Vec<(&'a Measurement, f64)>,
}

/// The section; `None` where no workload ran with more than one stack.
pub(super) fn section(author: &mut Author<'_>) -> Option<Section> {
    let contests = contests(author);
    if contests.is_empty() {
        return None;
    }
    let wins = wins(&contests);
    let action_title = title(author, &contests, &wins);
    let mut blocks = vec![
        Block::Paragraph(rich![
            "Stacks are compared on the same device, workload and weights. Getting ready is everything before the \
             first timed execution: loading, compiling, moving weights. It has paid back once the executions since \
             then have saved more time than it took beyond the quickest start."
        ]),
        Block::Table(table(author, &contests)),
    ];
    blocks.extend(speed_ups::blocks(author));
    Some(Section { kicker: "Compilers and runtimes".to_owned(), action_title, anchor: "stacks".to_owned(), blocks })
}

fn contests<'a>(author: &Author<'a>) -> Vec<Contest<'a>> {
    let mut newest: BTreeMap<(&str, String), BTreeMap<&str, &Measurement>> = BTreeMap::new();
    for &measurement in &author.found.passed {
        let stacks = newest.entry((&measurement.workload.id, place(measurement))).or_default();
        let kept = stacks.entry(measurement.stack.as_str()).or_insert(measurement);
        if measurement.started_at >= kept.started_at {
            *kept = measurement;
        }
    }
    newest
        .into_iter()
        .filter_map(|((workload, place), stacks)| {
            let mut results: Vec<(&Measurement, f64)> = stacks
                .into_values()
                .filter_map(|found| Some((found, found.timing.as_ref()?.statistics.median_secs)))
                .filter(|(_, median)| *median > 0.0)
                .collect();
            results.sort_by(|a, b| a.1.total_cmp(&b.1));
            (results.len() > 1).then_some(Contest { workload, place, results })
        })
        .collect()
}

impl Contest<'_> {
    /// Whether the first two cannot be told apart: their intervals meet, or they differ by less than a hundredth.
    fn is_level(&self) -> bool {
        let [(first, fast), (second, slow), ..] = self.results.as_slice() else { return true };
        let interval = |found: &Measurement| found.timing.as_ref()?.statistics.median_interval_secs;
        let meet = match (interval(first), interval(second)) {
            (Some((_, high)), Some((low, _))) => high >= low,
            _ => true,
        };
        meet || slow / fast < LEVEL
    }
}

/// How often each stack was fastest, the most frequent first.
fn wins(contests: &[Contest<'_>]) -> Vec<(String, usize)> {
    let mut wins: BTreeMap<String, usize> = BTreeMap::new();
    let decided = contests.iter().filter(|contest| !contest.is_level());
    for (first, _) in decided.filter_map(|contest| contest.results.first()) {
        *wins.entry(first.stack.to_string()).or_default() += 1;
    }
    let mut wins: Vec<(String, usize)> = wins.into_iter().collect();
    wins.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    wins
}

fn title(author: &mut Author<'_>, contests: &[Contest<'_>], wins: &[(String, usize)]) -> Rich {
    let level = contests.len() - wins.iter().map(|(_, count)| count).sum::<usize>();
    if let ([only], Some((stack, _))) = (contests, wins.first()) {
        return rich![
            Inline::name(stack),
            " is fastest for ",
            Inline::name(only.workload),
            " on ",
            Inline::name(&only.place)
        ];
    }
    let all = author.count("stacks.contests", contests.len());
    match wins.first() {
        Some((stack, count)) => {
            let won = author.count("stacks.won", *count);
            let mut text = rich![
                Inline::name(stack),
                " is fastest in ",
                won,
                " of ",
                all,
                plural(contests.len(), " comparison", " comparisons")
            ];
            if level > 0 {
                let level_value = author.count("stacks.level", level);
                text.extend(rich!["; ", level_value, plural(level, " is level", " are level")]);
            }
            text
        }
        None => rich!["No stack is measurably faster than the next in any comparison"],
    }
}

/// One row a contest: the winner, the next, and how long the winner takes to be worth its start.
fn table(author: &mut Author<'_>, contests: &[Contest<'_>]) -> Table {
    let has_third = contests.iter().any(|contest| contest.results.len() > 2);
    let places: BTreeSet<&str> = contests.iter().map(|contest| contest.place.as_str()).collect();
    let only_place = places.first().copied().filter(|_| places.len() == 1);
    // The later one first, so that the place of the other stays.
    let idle: Vec<usize> = [(SLOWEST_COLUMN, !has_third), (DEVICE_COLUMN, only_place.is_some())]
        .into_iter()
        .filter_map(|(column, is_idle)| is_idle.then_some(column))
        .collect();
    let rows = contests
        .iter()
        .filter_map(|contest| {
            let mut row = row(author, contest)?;
            idle.iter().for_each(|column| drop(row.cells.remove(*column)));
            Some(row)
        })
        .collect();
    let mut columns = vec![
        Column::text("Workload"),
        Column::text("Device"),
        Column::text("Fastest"),
        Column::number("Median"),
        Column::text("Next"),
        Column::number("Slower by"),
        Column::number("Slowest by"),
        Column::number("Getting ready"),
        Column::number("Paid back after executions"),
    ];
    idle.iter().for_each(|column| drop(columns.remove(*column)));
    Table {
        anchor: "stacks-table".to_owned(),
        title: match only_place {
            Some(place) => rich!["The fastest stack for each workload on ", Inline::name(place)],
            None => "The fastest stack for each workload and device".into(),
        },
        columns,
        rows,
        source: author.measured_source(
            "the newest passed result of each stack. Level: the intervals of the medians meet, or the medians differ \
             by less than a hundredth.",
        ),
    }
}

fn row(author: &mut Author<'_>, contest: &Contest<'_>) -> Option<Row> {
    let (first, median) = *contest.results.first()?;
    let id = |what: &str| format!("stack.{}.{what}", first.id);
    let class = Some(first.evidence);
    let quickest_start = contest
        .results
        .iter()
        .filter_map(|(found, median)| Some((start_secs(found)?, *median)))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let slower = |author: &mut Author<'_>, what: &str, of: Option<&(&Measurement, f64)>| -> (Rich, Rich) {
        let Some((other, theirs)) = of else { return ("–".into(), "–".into()) };
        let part = Some(theirs / median - 1.0).filter(|part| part.is_finite());
        let shown = author.value(id(what), part, |part| format::percent(part, 0), class);
        (Inline::name(other.stack.to_string()).into(), shown.into())
    };
    let mut next = slower(author, "next", contest.results.get(1));
    if contest.is_level() {
        next.1 = "level".into();
    }
    let slowest = slower(author, "slowest", contest.results.get(2..).and_then(<[_]>::last));
    let paid: Rich =
        match quickest_start.filter(|_| !contest.is_level()).and_then(|quickest| payback(first, median, quickest)) {
            Some(Payback::AtOnce) => "at once".into(),
            Some(Payback::After(executions)) => {
                author.value(id("payback"), Some(executions), |count| format::thousands(count, 0), class).into()
            }
            Some(Payback::Never) => "never".into(),
            None => format::UNKNOWN.into(),
        };
    let is_own = contest.workload == author.input.study.workload;
    Some(
        Row::new(vec![
            Inline::name(contest.workload).into(),
            Inline::name(&contest.place).into(),
            match contest.is_level() {
                true => Inline::name(first.stack.to_string()).into(),
                false => Inline::strong(Inline::name(first.stack.to_string())).into(),
            },
            author.value(id("median"), Some(median), format::duration, class).into(),
            next.0,
            next.1,
            slowest.1,
            author.value(id("start"), start_secs(first), format::duration, class).into(),
            paid,
        ])
        .kind(if is_own { RowKind::Highlight } else { RowKind::Plain }),
    )
}

/// Preparation and the first execution, which may compile.
fn start_secs(found: &Measurement) -> Option<f64> {
    found.timing.as_ref().map(|timing| timing.prepare_secs + timing.first_execution_secs)
}

enum Payback {
    AtOnce,
    After(f64),
    Never,
}

/// When the time to get ready has paid back against the stack that is ready first.
fn payback(found: &Measurement, median: f64, (quickest_start, its_median): (f64, f64)) -> Option<Payback> {
    let more = start_secs(found)? - quickest_start;
    Some(if more <= 0.0 {
        Payback::AtOnce
    } else if median < its_median {
        Payback::After((more / (its_median - median)).ceil())
    } else {
        Payback::Never
    })
}
