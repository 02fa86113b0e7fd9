//! How the study's workload performs beyond its median: the distribution of latencies, what is best in two measures at
//! once, and energy.

use super::measurements::place;
use crate::charts::{Better, CdfChart, Chart, Marker, Quantity, Samples, ScatterChart, ScatterPoint, ViolinChart};
use crate::content::author::Author;
use crate::content::findings::{facts, plural, rests_on_workload};
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;
use assay_base::format;
use assay_core::Measurement;
use std::collections::BTreeMap;

/// Distributions that are drawn.
const SERIES_SHOWN: usize = 6;
/// Points on the chart of throughput against latency.
const POINTS_SHOWN: usize = 24;
/// Rows of the table of energy.
const ENERGIES_SHOWN: usize = 12;

/// Latency, Pareto fronts and energy; `None` where nothing was measured.
pub(super) fn section(author: &mut Author<'_>) -> Option<Section> {
    if author.found.passed.is_empty() {
        return None;
    }
    let own = own_results(author);
    let mut blocks = distribution(author, &own);
    blocks.extend(pareto(author));
    blocks.extend(energy(author));
    Some(Section {
        kicker: "Performance".to_owned(),
        action_title: title(author, &own),
        anchor: "performance".to_owned(),
        blocks,
    })
}

/// The newest passed results of the study's workload, the fastest first.
fn own_results<'a>(author: &Author<'a>) -> Vec<&'a Measurement> {
    let workload = &author.input.study.workload;
    let mut newest: BTreeMap<(String, &str), &Measurement> = BTreeMap::new();
    for &found in author.found.passed.iter().filter(|found| found.workload.id == *workload) {
        let kept = newest.entry((place(found), found.stack.as_str())).or_insert(found);
        if found.started_at >= kept.started_at {
            *kept = found;
        }
    }
    let mut all: Vec<&Measurement> = newest.into_values().filter(|found| found.timing.is_some()).collect();
    all.sort_by(|a, b| median(a).total_cmp(&median(b)));
    all
}

fn median(of: &Measurement) -> f64 {
    of.timing.as_ref().map_or(f64::INFINITY, |timing| timing.statistics.median_secs)
}

fn name(of: &Measurement) -> String {
    format!("{} · {}", place(of), of.stack)
}

fn title(author: &mut Author<'_>, own: &[&Measurement]) -> Rich {
    let Some(first) = own.first() else {
        return rich!["The study's workload was not measured, so its latency is not known"];
    };
    let statistics = first.timing.as_ref().map(|timing| &timing.statistics);
    let id = |what: &str| format!("measurement.{}.{what}", first.id);
    let class = Some(first.evidence);
    let median = author.value(id("median"), statistics.map(|s| s.median_secs), format::duration, class);
    let mut text = rich![Inline::name(&first.workload.id), ": ", median, " at the median"];
    if let Some(p99) = statistics.and_then(|s| s.p99_secs) {
        let p99 = author.value(id("p99"), Some(p99), format::duration, class);
        text.extend(rich![" and ", p99, " at the ", Inline::name("99th percentile")]);
    }
    text.extend(rich![", with ", Inline::name(first.stack.to_string()), " on ", Inline::name(place(first))]);
    text
}

fn distribution(author: &mut Author<'_>, own: &[&Measurement]) -> Vec<Block> {
    let series: Vec<Samples> = own
        .iter()
        .filter_map(|found| Some(Samples { name: name(found), samples: found.timing.as_ref()?.samples_secs.clone() }))
        .filter(|series| series.samples.len() > 1)
        .take(SERIES_SHOWN)
        .collect();
    if series.is_empty() {
        let run = author.command("run", &format!("--suite {}", author.input.study.suite));
        return vec![Block::Paragraph(rich![
            "The distribution of the latency of ",
            Inline::code(&author.input.study.workload),
            " is missing: no samples of it were recorded. Run ",
            Inline::code(run),
            "."
        ])];
    }
    let limit = author.input.study.requirements.max_p99_latency_secs;
    let marker = limit.map(|x| Marker { x, text: format!("limit {}", format::duration(x)) });
    let axis = "Latency of one execution".to_owned();
    let takeaway = distribution_takeaway(author, own);
    let mut figures = vec![Figure {
        anchor: "latency-distribution".to_owned(),
        takeaway,
        chart: Chart::Cdf(CdfChart { series: series.clone(), quantity: Quantity::Seconds, axis: axis.clone(), marker }),
        height_pt: 175.0,
        source: author.measured_source("the samples of the newest passed run of each stack."),
    }];
    if series.len() > 1 {
        figures.push(Figure {
            anchor: "latency-shape".to_owned(),
            takeaway: rich!["The shape of each distribution, with median and middle half"],
            chart: Chart::Violin(ViolinChart { series, quantity: Quantity::Seconds, axis }),
            height_pt: 175.0,
            source: author.measured_source("the same samples; the density is a kernel estimate."),
        });
    }
    vec![Block::Figures(figures)]
}

fn distribution_takeaway(author: &mut Author<'_>, own: &[&Measurement]) -> Rich {
    let spread = |found: &Measurement| found.timing.as_ref().and_then(|timing| timing.statistics.relative_noise);
    let steadiest = own.iter().filter_map(|found| Some((found, spread(found)?))).min_by(|a, b| a.1.total_cmp(&b.1));
    let Some((found, noise)) = steadiest else { return rich!["The latencies of the study's workload"] };
    let id = format!("measurement.{}.noise", found.id);
    let noise = author.value(id, Some(noise), |noise| format::percent(noise, 1), Some(found.evidence));
    rich!["The steadiest is ", Inline::name(name(found)), ": its latencies spread by ", noise, " of their mean"]
}

/// The percentile that enough results have.
#[derive(Clone, Copy)]
enum Tail {
    P99,
    P90,
    Median,
}

impl Tail {
    fn of(self, found: &Measurement) -> Option<f64> {
        let statistics = &found.timing.as_ref()?.statistics;
        match self {
            Self::P99 => statistics.p99_secs,
            Self::P90 => statistics.p90_secs,
            Self::Median => Some(statistics.median_secs),
        }
    }

    fn axis(self) -> &'static str {
        match self {
            Self::P99 => "99th percentile of the latency",
            Self::P90 => "90th percentile of the latency",
            Self::Median => "Median latency",
        }
    }
}

fn pareto(author: &mut Author<'_>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    blocks.extend(throughput_against_latency(author));
    blocks.push(cost_against_latency(author));
    blocks
}

/// Results that count the study's items, by throughput and tail latency.
fn throughput_against_latency(author: &mut Author<'_>) -> Option<Block> {
    let unit = author.input.workload.as_ref()?.shape.item().per_sec();
    let mut newest: BTreeMap<(&str, String, &str), &Measurement> = BTreeMap::new();
    for &found in &author.found.passed {
        if found.throughput.as_ref().is_some_and(|throughput| throughput.unit == unit) {
            let kept = newest.entry((&found.workload.id, place(found), found.stack.as_str())).or_insert(found);
            if found.started_at >= kept.started_at {
                *kept = found;
            }
        }
    }
    let results: Vec<&Measurement> = newest.into_values().take(POINTS_SHOWN).collect();
    let having = |tail: Tail| results.iter().filter(|found| tail.of(found).is_some()).count();
    let tail = [Tail::P99, Tail::P90].into_iter().find(|tail| having(*tail) == results.len()).unwrap_or(Tail::Median);
    let points: Vec<ScatterPoint> = results
        .iter()
        .filter_map(|found| {
            Some(ScatterPoint {
                label: format!("{} · {}", found.workload.id, name(found)),
                x: tail.of(found)?,
                y: found.throughput.as_ref()?.value,
                x_interval: None,
                y_interval: None,
                highlight: found.workload.id == author.input.study.workload,
            })
        })
        .collect();
    if points.len() < 2 {
        return None;
    }
    let best = points.iter().max_by(|a, b| a.y.total_cmp(&b.y)).map(|point| point.label.clone()).unwrap_or_default();
    let quickest =
        points.iter().min_by(|a, b| a.x.total_cmp(&b.x)).map(|point| point.label.clone()).unwrap_or_default();
    let takeaway = if best == quickest {
        rich!["Highest throughput and lowest latency: ", Inline::name(best)]
    } else {
        rich!["Highest throughput: ", Inline::name(best), "; lowest latency: ", Inline::name(quickest)]
    };
    Some(Block::Figures(vec![Figure {
        anchor: "pareto-throughput".to_owned(),
        takeaway,
        chart: Chart::Scatter(ScatterChart {
            points,
            x: Quantity::Seconds,
            x_axis: tail.axis().to_owned(),
            x_better: Better::Low,
            y: Quantity::Number,
            y_axis: format!("Throughput ({unit})"),
            y_better: Better::High,
        }),
        height_pt: 158.0,
        source: author.measured_source("the newest passed results that count the same items."),
    }]))
}

/// The options by what a million items cost and how long an execution takes.
fn cost_against_latency(author: &mut Author<'_>) -> Block {
    let items = author.input.workload.as_ref().map(|workload| workload.items());
    let best = author.found.best.map(|best| best.id.clone());
    let mut points = Vec::new();
    let mut evidence = Vec::new();
    for option in author.found.in_order() {
        let rate = facts(author.input, &option.id).and_then(|facts| facts.throughput.as_ref().ok());
        let (Some(items), Some(rate), Some(cost)) =
            (items, rate.map(|known| known.per_accelerator), option.cost_per_million)
        else {
            continue;
        };
        // An execution of the workload says nothing of other work.
        if !rests_on_workload(author.input, &option.id) {
            continue;
        }
        let scale = 1e6 / cost.per_items;
        evidence.extend([rate.evidence, option.evidence]);
        points.push(ScatterPoint {
            label: option.name.clone(),
            x: items / rate.value,
            y: cost.value.amount * scale,
            x_interval: Some([items / rate.high, items / rate.low]),
            y_interval: Some([cost.low.amount * scale, cost.high.amount * scale]),
            highlight: Some(&option.id) == best.as_ref(),
        });
    }
    if points.len() < 2 {
        return Block::Paragraph(rich![
            "Cost against latency is missing: fewer than two options have a price and a throughput of the suite's \
             workload, whose executions are known."
        ]);
    }
    evidence.sort_unstable();
    evidence.dedup();
    let cheapest = points.iter().min_by(|a, b| a.y.total_cmp(&b.y)).map(|point| point.label.clone());
    let quickest = points.iter().min_by(|a, b| a.x.total_cmp(&b.x)).map(|point| point.label.clone());
    let (cheapest, quickest) = (cheapest.unwrap_or_default(), quickest.unwrap_or_default());
    let takeaway = if cheapest == quickest {
        rich!["Cheapest per item and quickest per execution: ", Inline::name(cheapest)]
    } else {
        rich!["Cheapest per item: ", Inline::name(cheapest), "; quickest per execution: ", Inline::name(quickest)]
    };
    let currency = author.input.assumptions.currency;
    let mut source = author.cost_source(
        "unit cost by the cost models; the time of an execution is its items over the option's throughput, so it is \
         projected where that is. Bars are the ranges.",
    );
    source.evidence = evidence;
    Block::Figures(vec![Figure {
        anchor: "pareto-cost".to_owned(),
        takeaway,
        chart: Chart::Scatter(ScatterChart {
            points,
            x: Quantity::Seconds,
            x_axis: "Time of one execution".to_owned(),
            x_better: Better::Low,
            y: Quantity::Money(currency),
            y_axis: format!("Cost per million {} ({currency})", author.input.items),
            y_better: Better::Low,
        }),
        height_pt: 190.0,
        source,
    }])
}

/// Power and energy of what was measured with sensors.
fn energy(author: &mut Author<'_>) -> Vec<Block> {
    let mut sensed: Vec<&Measurement> =
        author.found.passed.iter().copied().filter(|found| mean_power(found).is_some()).collect();
    if sensed.is_empty() {
        return vec![Block::Paragraph(rich![
            Inline::strong("Energy is not known. "),
            "No device measured here tells its power. NVIDIA GPUs tell it through their driver, processors where the \
             kernel shows its energy counters (powercap); measure there to have it."
        ])];
    }
    let study = &author.input.study.workload;
    sensed.sort_by_key(|found| (found.workload.id != *study, found.id.clone()));
    let all = sensed.len();
    let rows = sensed.into_iter().take(ENERGIES_SHOWN).map(|found| energy_row(author, found)).collect();
    let mut source = rich![
        "mean power over the timed window; energy per item is that power times the median latency, over the items."
    ];
    let is_doubtful = |found: &Measurement| {
        found.telemetry.as_ref().and_then(|telemetry| telemetry.energy.as_ref()).is_some_and(|energy| !energy.valid)
    };
    if author.found.passed.iter().any(|found| is_doubtful(found)) {
        source.push(
            " Doubtful: too few readings, or the readings and the device's own counter disagree by more than a tenth.",
        );
    }
    if all > ENERGIES_SHOWN {
        let shown = author.count("energy.shown", ENERGIES_SHOWN);
        let total = author.count("energy.total", all);
        source.extend(rich![" The first ", shown, " of ", total, " results; the attached measurements have all."]);
    }
    vec![Block::Table(Table {
        anchor: "energy".to_owned(),
        title: rich!["Power and energy of ", author.count("energy.total", all), plural(all, " result", " results")],
        columns: vec![
            Column::text("Workload"),
            Column::text("Device"),
            Column::text("Stack"),
            Column::number("Mean power"),
            Column::number("Energy per item"),
            Column::number("Highest °C"),
            Column::text("Clock"),
            Column::text("Verdict"),
        ],
        rows,
        source: author.measured_source(source),
    })]
}

fn mean_power(found: &Measurement) -> Option<f64> {
    found.telemetry.as_ref()?.mean_power_watts.filter(|watts| watts.is_finite() && *watts > 0.0)
}

fn energy_row(author: &mut Author<'_>, found: &Measurement) -> Row {
    let id = |what: &str| format!("measurement.{}.{what}", found.id);
    let class = Some(found.evidence);
    let power = mean_power(found);
    let per_item = power.map(|watts| watts * median(found) / found.workload.items());
    let telemetry = found.telemetry.as_ref();
    let heat = telemetry.and_then(|telemetry| telemetry.max_temperature_celsius);
    let clock: Rich = match telemetry.and_then(|telemetry| telemetry.clock_hz) {
        Some((low, high)) if low == high => {
            rich![author.value(id("clock"), Some(low), |hertz| format::thousands(hertz / 1e6, 0), class), " MHz"]
        }
        Some((low, high)) => {
            let megahertz = |hertz: f64| format::thousands(hertz / 1e6, 0);
            let low = author.value(id("clock_low"), Some(low), megahertz, class);
            let high = author.value(id("clock_high"), Some(high), megahertz, class);
            rich![low, " to ", high, " MHz"]
        }
        None => rich![format::UNKNOWN],
    };
    let verdict: Rich = match telemetry.and_then(|telemetry| telemetry.energy.as_ref()) {
        Some(energy) if energy.valid => "✓\u{a0}valid".into(),
        Some(_) => "▲\u{a0}doubtful".into(),
        None => rich![format::UNKNOWN],
    };
    let row = Row::new(vec![
        Inline::name(&found.workload.id).into(),
        Inline::name(place(found)).into(),
        Inline::name(found.stack.to_string()).into(),
        author.value(id("power"), power, format::power, class).into(),
        author.value(id("energy_item"), per_item, format::energy, class).into(),
        author.value(id("temperature"), heat, |heat| format::thousands(heat, 0), class).into(),
        clock,
        verdict,
    ]);
    let is_own = found.workload.id == author.input.study.workload;
    row.kind(if is_own { RowKind::Highlight } else { RowKind::Plain })
}
