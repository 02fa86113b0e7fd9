//! What was measured, how well, and on which system.

use crate::charts::{Bar, BarChart, Chart, Quantity};
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Column, Fact, Facts, Figure, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_core::measurement::NOISY_ABOVE;
use assay_core::{Environment, Measurement};
use std::collections::{BTreeMap, BTreeSet};

/// Where the table of results names the device; left out where there is only one.
const DEVICE_COLUMN: usize = 1;
/// Rates closer than this are level.
const LEVEL: f64 = 1.01;

/// The section. Beyond `most` results its table has those of the study's workload and the fastest of every other.
pub(in crate::content) fn section(author: &mut Author<'_>, most: usize) -> Section {
    let is_whole = author.input.measurements.len() <= most;
    let mut blocks = vec![Block::Paragraph(paragraph(author))];
    if !author.input.measurements.is_empty() {
        blocks.extend(study_workload_figure(author));
        blocks.push(Block::Table(results_table(author, is_whole)));
        if is_whole {
            blocks.extend(not_passed_table(author));
        }
    }
    for (index, system) in systems(author.input.measurements.as_slice()).into_iter().enumerate() {
        blocks.push(Block::Facts(system_facts(author, index, &system)));
    }
    Section {
        kicker: "Measurements".to_owned(),
        action_title: title(author),
        anchor: "measurements".to_owned(),
        blocks,
    }
}

fn title(author: &mut Author<'_>) -> Rich {
    let (total, passed, noisy) = (author.input.measurements.len(), author.found.passed.len(), author.found.noisy.len());
    if total == 0 {
        return rich!["Nothing has been measured for this study"];
    }
    let all = author.count("measurements.total", total);
    let mut title = if passed == total {
        rich!["All ", all, plural(total, " measurement", " measurements"), " passed the check against the reference"]
    } else {
        let passed = author.count("measurements.passed", passed);
        rich![passed, " of ", all, plural(total, " measurement", " measurements"), " passed"]
    };
    if noisy > 0 {
        let noisy_count = author.count("measurements.noisy", noisy);
        title.extend(rich![", ", noisy_count, plural(noisy, " of them noisy", " of them noisy")]);
    }
    title
}

fn paragraph(author: &mut Author<'_>) -> Rich {
    if author.input.measurements.is_empty() {
        return rich![
            "Every throughput of this document is therefore projected, published or assumed. Run ",
            Inline::code(author.command("run", &format!("--suite {}", author.input.study.suite))),
            " to measure."
        ];
    }
    let bound = author.value("noise.bound", Some(NOISY_ABOVE), |bound| format::percent(bound, 0), None);
    rich![
        "Latencies are of one execution after warm-up, with device and stack as named. A result counts only if its \
         output agrees with a double-precision reference within the tolerance of its format. Relative noise above ",
        bound,
        " is marked, because such a result may change its place when it is repeated on a quiet machine. See ",
        Inline::see("method", "the method"),
        "."
    ]
}

/// The study's workload over devices and stacks, where there is something to compare.
fn study_workload_figure(author: &mut Author<'_>) -> Option<Block> {
    let workload = &author.input.study.workload;
    let mut found: Vec<(&Measurement, f64)> = author
        .found
        .passed
        .iter()
        .filter(|measurement| measurement.workload.id == *workload)
        .filter_map(|measurement| Some((*measurement, measurement.throughput.as_ref()?.value)))
        .collect();
    if found.len() < 2 {
        return None;
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (best, best_rate) = *found.first()?;
    let worst_rate = found.last()?.1;
    let bars = found
        .iter()
        .enumerate()
        .map(|(index, (measurement, rate))| Bar {
            label: format!("{} · {}", place(measurement), measurement.stack),
            value: Some(*rate),
            interval: interval(measurement),
            highlight: index == 0,
            remark: String::new(),
        })
        .collect();
    let unit = best.throughput.as_ref().map_or_else(String::new, |throughput| throughput.unit.clone());
    let ratio = Some(best_rate / worst_rate).filter(|ratio| ratio.is_finite());
    let name = format!("{} on {}", best.stack, place(best));
    let takeaway = if ratio.is_some_and(|ratio| ratio < LEVEL) {
        rich!["The stacks are level for the study's workload: they differ by less than a hundredth"]
    } else {
        let show = |ratio: f64| format::significant(ratio, 3);
        let ratio = author.value("measured.spread", ratio, show, Some(Evidence::Measured));
        rich!["Fastest for the study's workload: ", Inline::name(name), ", ", ratio, " times as fast as the slowest"]
    };
    let height_pt = 40.0 + 22.0 * found.len().min(12) as f32;
    Some(Block::Figures(vec![Figure {
        anchor: "study-workload".to_owned(),
        takeaway,
        chart: Chart::Bars(BarChart { bars, quantity: Quantity::Number, axis: format!("{workload} ({unit})") }),
        height_pt,
        source: author.measured_source("median throughput; whiskers are the confidence interval of the median."),
    }]))
}

/// Items a second at the ends of the median's confidence interval.
fn interval(measurement: &Measurement) -> Option<[f64; 2]> {
    let (low, high) = measurement.timing.as_ref()?.statistics.median_interval_secs?;
    let items = measurement.workload.items();
    Some([items / high, items / low])
}

/// The device, and where it stands if not here.
pub(in crate::content) fn place(measurement: &Measurement) -> String {
    if measurement.target == "local" {
        measurement.device.id.clone()
    } else {
        format!("{} at {}", measurement.device.id, measurement.target)
    }
}

fn results_table(author: &mut Author<'_>, is_whole: bool) -> Table {
    let mut results: Vec<&Measurement> =
        if is_whole { author.input.measurements.iter().collect() } else { foremost(author) };
    // The stacks of a workload stand together, workloads in the order in which they were first measured.
    let mut order: BTreeMap<&str, usize> = BTreeMap::new();
    for measurement in &author.input.measurements {
        let next = order.len();
        order.entry(&measurement.workload.id).or_insert(next);
    }
    results.sort_by_key(|measurement| order.get(measurement.workload.id.as_str()).copied());
    let places: BTreeSet<String> = results.iter().map(|measurement| place(measurement)).collect();
    let only_place = places.first().filter(|_| places.len() == 1);
    let rows = results
        .iter()
        .map(|measurement| {
            let mut row = result_row(author, measurement);
            if only_place.is_some() {
                row.cells.remove(DEVICE_COLUMN);
            }
            row
        })
        .collect();
    let mut columns = vec![
        Column::text("Workload"),
        Column::text("Device"),
        Column::text("Stack"),
        Column::number("Median"),
        Column::number("p99"),
        Column::number("Throughput"),
        Column::number("Error norm"),
        Column::number("Noise"),
        Column::text("Verdict"),
    ];
    let title = match only_place {
        Some(place) => {
            columns.remove(DEVICE_COLUMN);
            match is_whole {
                true => rich!["All results on ", Inline::name(place), ", one row for each workload and stack"],
                false => rich!["The study's workload, and the fastest of every other, on ", Inline::name(place)],
            }
        }
        None if is_whole => "All results, one row for each workload, device and stack".into(),
        None => "The study's workload, and the fastest of every other".into(),
    };
    let mut text = rich![
        "runs of the appendix. The error norm is relative to the reference; noise is the standard deviation over the \
         mean."
    ];
    if !is_whole {
        let all = author.input.measurements.len();
        let all = author.count("measurements.total", all);
        text.extend(rich![" The baseline report has all ", all, " results."]);
    }
    Table { anchor: "results".to_owned(), title, columns, rows, source: author.measured_source(text) }
}

/// The newest passed results of the study's workload, and of every other workload the fastest one.
fn foremost<'a>(author: &Author<'a>) -> Vec<&'a Measurement> {
    let own = author.input.study.workload.as_str();
    let mut kept: BTreeMap<(&str, String), &Measurement> = BTreeMap::new();
    for &found in &author.found.passed {
        let workload = found.workload.id.as_str();
        let key = if workload == own { format!("{} {}", place(found), found.stack) } else { String::new() };
        let rate = |found: &Measurement| found.throughput.as_ref().map_or(0.0, |throughput| throughput.value);
        let is_better = |kept: &Measurement| match workload == own {
            true => found.started_at >= kept.started_at,
            false => rate(found) > rate(kept),
        };
        let kept = kept.entry((workload, key)).or_insert(found);
        if is_better(kept) {
            *kept = found;
        }
    }
    kept.into_values().collect()
}

fn result_row(author: &mut Author<'_>, measurement: &Measurement) -> Row {
    let id = |what: &str| format!("measurement.{}.{what}", measurement.id);
    let evidence = Some(measurement.evidence);
    let statistics = measurement.timing.as_ref().map(|timing| &timing.statistics);
    let median = statistics.map(|statistics| statistics.median_secs);
    let p99 = statistics.and_then(|statistics| statistics.p99_secs);
    let noise = statistics.and_then(|statistics| statistics.relative_noise);
    let rate = measurement.throughput.as_ref().map(|throughput| throughput.value);
    let unit = measurement.throughput.as_ref().map_or("", |throughput| throughput.unit.as_str());
    let error = measurement.correctness.as_ref().and_then(|correctness| correctness.error_norm);
    let is_study_workload = measurement.workload.id == author.input.study.workload && measurement.status.passed();
    let row = Row::new(vec![
        Inline::name(&measurement.workload.id).into(),
        Inline::name(place(measurement)).into(),
        Inline::name(measurement.stack.to_string()).into(),
        author.value(id("median"), median, format::duration, evidence).into(),
        author.value(id("p99"), p99, format::duration, evidence).into(),
        author.value(id("throughput"), rate, |rate| format::throughput(rate, unit), evidence).into(),
        author.value(id("error"), error, format::scientific, evidence).into(),
        author.value(id("noise"), noise, |noise| format::percent(noise, 1), evidence).into(),
        verdict(measurement).into(),
    ]);
    row.kind(if is_study_workload { RowKind::Highlight } else { RowKind::Plain })
}

fn verdict(measurement: &Measurement) -> Inline {
    if !measurement.status.passed() {
        return Inline::name(format!("▲\u{a0}{}", measurement.status.label()));
    }
    Inline::from(if measurement.is_noisy() { "✓\u{a0}noisy" } else { "✓\u{a0}passed" })
}

fn not_passed_table(author: &Author<'_>) -> Option<Block> {
    if author.found.not_passed.is_empty() {
        return None;
    }
    let rows = author
        .found
        .not_passed
        .iter()
        .map(|measurement| {
            Row::new(vec![
                Inline::name(&measurement.workload.id).into(),
                Inline::name(place(measurement)).into(),
                Inline::name(measurement.stack.to_string()).into(),
                Inline::name(measurement.status.label()).into(),
                Inline::name(measurement.status.reason().unwrap_or("no reason was given")).into(),
            ])
        })
        .collect();
    Some(Block::Table(Table {
        anchor: "not-passed".to_owned(),
        title: "What did not pass, and why. None of it is priced".into(),
        columns: ["Workload", "Device", "Stack", "Outcome", "Reason"].map(Column::text).to_vec(),
        rows,
        source: author.measured_source("outcomes as recorded with each run."),
    }))
}

/// A host and the measurements made on it.
struct System<'a> {
    target: &'a str,
    environment: &'a Environment,
    measurements: Vec<&'a Measurement>,
}

/// One for each target, with the environment of its newest measurement.
fn systems(measurements: &[Measurement]) -> Vec<System<'_>> {
    let mut by_target: BTreeMap<&str, Vec<&Measurement>> = BTreeMap::new();
    for measurement in measurements {
        by_target.entry(&measurement.target).or_default().push(measurement);
    }
    by_target
        .into_iter()
        .filter_map(|(target, measurements)| {
            let newest = measurements.iter().max_by_key(|measurement| measurement.started_at)?;
            Some(System { target, environment: &newest.environment, measurements })
        })
        .collect()
}

fn system_facts(author: &mut Author<'_>, index: usize, system: &System<'_>) -> Facts {
    let environment = system.environment;
    let id = |what: &str| format!("system.{index}.{what}");
    let measured = Some(Evidence::Measured);
    let mut rows = Vec::new();
    let mut text = |name: &str, value: Option<&str>| {
        rows.push(Fact::new(name, value.map_or(Inline::from("not known"), Inline::name)));
    };
    text("Host", environment.host.as_deref());
    text("Processor", environment.cpu_model.as_deref());
    text("Operating system", environment.operating_system.as_deref());
    text("Kernel", environment.kernel.as_deref());
    text("Virtualisation", environment.hypervisor.as_deref().or(environment.container.as_deref()));
    text("Frequency governor", environment.cpu_governor.as_deref());
    let logical = environment.cpu_logical.map(|count| count as f64);
    let cores = environment.cpu_cores.map(|count| count as f64);
    let whole = |number: f64| format::thousands(number, 0);
    let logical = author.value(id("cpu_logical"), logical, whole, measured);
    let cores = author.value(id("cpu_cores"), cores, whole, measured);
    rows.push(Fact::new("Processors", rich![logical, " logical on ", cores, " cores"]));
    let memory = environment.memory_bytes.map(|bytes| bytes as f64);
    rows.push(Fact::new("Memory", author.value(id("memory"), memory, format::memory, measured)));
    rows.push(Fact::new("Devices", Inline::name(devices(system))));
    rows.push(Fact::new("Foreign load", foreign_load(author, index, system)));
    if !environment.versions.is_empty() {
        let versions: Vec<String> =
            environment.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        rows.push(Fact::new("Versions", Inline::name(versions.join(", "))));
    }
    if !environment.device_settings.is_empty() {
        let settings: Vec<String> =
            environment.device_settings.iter().map(|(name, value)| setting(name, value)).collect();
        rows.push(Fact::new("Device settings", Inline::name(settings.join(", "))));
    }
    Facts {
        anchor: format!("system-{index}"),
        title: rich!["System under test: ", Inline::name(system.target)],
        rows,
        source: author.measured_source("the environment recorded with the newest run on this system."),
    }
}

/// A setting as it is read: `application_sm_clock_hz` of 1980000000 is `application sm clock: 1,980 MHz`.
fn setting(name: &str, value: &str) -> String {
    let spaced = |name: &str| name.replace('_', " ");
    let number = value.parse::<f64>().ok();
    match (name.strip_suffix("_hz"), name.strip_suffix("_watts"), number) {
        (Some(name), _, Some(hertz)) => format!("{}: {}\u{a0}MHz", spaced(name), format::thousands(hertz / 1e6, 0)),
        (_, Some(name), Some(watts)) => format!("{}: {}", spaced(name), format::power(watts)),
        _ => format!("{}: {value}", spaced(name)),
    }
}

fn devices(system: &System<'_>) -> String {
    let devices: BTreeMap<&str, &str> = system
        .measurements
        .iter()
        .map(|measurement| (measurement.device.id.as_str(), measurement.device.name.as_str()))
        .collect();
    devices.into_iter().map(|(id, name)| format!("{id}: {name}")).collect::<Vec<_>>().join("; ")
}

/// The worst of what others did to the machine while it measured.
fn foreign_load(author: &mut Author<'_>, index: usize, system: &System<'_>) -> Rich {
    let worst = |of: fn(&Measurement) -> Option<f64>| {
        system.measurements.iter().filter_map(|measurement| of(measurement)).reduce(f64::max)
    };
    let load = worst(|measurement| measurement.foreign_load.load_average);
    let steal = worst(|measurement| measurement.foreign_load.steal);
    let busy = worst(|measurement| measurement.foreign_load.foreign_busy_cpus);
    if load.is_none() && steal.is_none() && busy.is_none() {
        return rich!["not known"];
    }
    let measured = Some(Evidence::Measured);
    let two = |number: f64| format::significant(number, 2);
    let load = author.value(format!("system.{index}.load"), load, two, measured);
    let steal = author.value(format!("system.{index}.steal"), steal, |part| format::percent(part, 1), measured);
    let busy = author.value(format!("system.{index}.busy"), busy, two, measured);
    rich!["at most: load average ", load, "; processors busy with others ", busy, "; time taken by the host ", steal]
}
