//! The benchmark baseline report: what was measured, what changed since the run before, and what to improve next.

use super::author::Author;
use super::findings::plural;
use super::input::{ComparedResult, RunsCompared};
use super::{ReportInput, ReportKind, day, dossier};
use crate::charts::{Bar, BarChart, Chart, Quantity};
use crate::document::{
    Block, Column, Cover, Document, Fact, Figure, Inline, Kpi, Rich, Row, RowKind, SCHEMA_VERSION, Section, Source,
    Table, Tone,
};
use crate::rich;
use assay_base::{Evidence, format};
use assay_core::measurement::NOISY_ABOVE;
use std::cmp::Ordering;

/// Below this part of its ceiling a result is worth a look.
const WEAK_PART: f64 = 0.5;
/// Results that a step of the backlog names; the tables have all.
const RESULTS_NAMED: usize = 8;
/// Bars in the chart of changes.
const CHANGES_SHOWN: usize = 16;

/// Composes the baseline report of a study.
pub(super) fn compose(input: &ReportInput) -> Document {
    let mut author = Author::new(input);
    let cover = cover(&mut author);
    let mut sections = vec![dossier::control_section(&author), summary(&mut author)];
    sections.extend(input.comparison.as_ref().map(|compared| changes(&mut author, compared)));
    sections.push(dossier::measurements_section(&mut author, usize::MAX));
    sections.extend(dossier::correctness_section(&mut author));
    if !input.measurements.is_empty() {
        sections.push(dossier::roofline_section(&mut author, usize::MAX));
    }
    sections.push(dossier::method_section(&mut author, false));
    sections.push(runs(&mut author));
    let meta = super::meta(ReportKind::Baseline, input);
    Document { schema_version: SCHEMA_VERSION, meta, cover: Some(cover), sections, values: author.into_values() }
}

fn cover(author: &mut Author<'_>) -> Cover {
    let input = author.input;
    let passed = author.found.passed.len();
    let passed = author.count("measurements.passed", passed);
    let total = author.count("measurements.total", input.measurements.len());
    let mut facts = vec![Fact::new("Prepared", Inline::name(day(input)))];
    if let Some(name) = &input.study.author {
        facts.push(Fact::new("Prepared by", Inline::name(name)));
    }
    facts.push(Fact::new("Prepared with", Inline::name(&input.prepared_with)));
    facts.push(Fact::new("Suite", Inline::name(&input.study.suite)));
    facts.push(Fact::new("Measurements", rich![passed, " of ", total, " passed"]));
    facts.push(Fact::new("Evidence hash", Inline::code(&input.evidence_hash)));
    let (verdict, tone) = verdict(input);
    Cover {
        kicker: ReportKind::Baseline.title().to_owned(),
        subtitle: format!("What the suite {} measures on this study's machines", input.study.suite),
        verdict: verdict.to_owned(),
        tone,
        statement: headline(author),
        facts,
    }
}

fn verdict(input: &ReportInput) -> (&'static str, Tone) {
    match &input.comparison {
        _ if input.measurements.is_empty() => ("Nothing measured", Tone::Caution),
        None => ("First baseline", Tone::Info),
        Some(compared) if regressions(compared) > 0 => ("Regressions found", Tone::Negative),
        Some(_) => ("No regression", Tone::Positive),
    }
}

fn regressions(compared: &RunsCompared) -> usize {
    compared.rows.iter().filter(|row| row.is_regression).count()
}

fn with_verdict(compared: &RunsCompared, verdict: &str) -> usize {
    compared.rows.iter().filter(|row| row.verdict.as_deref() == Some(verdict)).count()
}

/// The state of the measurements as a sentence.
fn headline(author: &mut Author<'_>) -> Rich {
    let input = author.input;
    let (passed, total) = (author.found.passed.len(), input.measurements.len());
    if total == 0 {
        return rich!["Nothing has been measured for this study"];
    }
    let passed = author.count("measurements.passed", passed);
    let all = author.count("measurements.total", total);
    let results = plural(total, " result passed", " results passed");
    let mut text = rich![passed, " of ", all, results];
    match &input.comparison {
        None => text.push("; there is no earlier run to compare with"),
        Some(compared) => {
            let worse = regressions(compared);
            if worse == 0 {
                text.push(" and none is worse than before");
            } else {
                let count = author.count("changes.regressions", worse);
                text.extend(rich![", and ", count, plural(worse, " is worse than before", " are worse than before")]);
            }
        }
    }
    text
}

fn summary(author: &mut Author<'_>) -> Section {
    let mut blocks = vec![Block::Lead(rich![
        "Every result is given with its correctness, its noise and the machine it was made on. The same command \
         measures it again: ",
        Inline::code(author.command("run", &format!("--suite {}", author.input.study.suite))),
        "."
    ])];
    if !author.input.measurements.is_empty() {
        blocks.push(Block::Kpis(kpis(author)));
    }
    if let Some(compared) = &author.input.comparison {
        blocks.push(Block::Table(verdicts(author, compared)));
    }
    let backlog = backlog(author);
    blocks.push(Block::Heading("What to improve next".into()));
    blocks.push(if backlog.is_empty() {
        Block::Paragraph("The rules found nothing: every result passed, is quiet, and comes near its ceiling.".into())
    } else {
        Block::Table(backlog_table(author, backlog))
    });
    Section { kicker: "Summary".to_owned(), action_title: headline(author), anchor: "summary".to_owned(), blocks }
}

/// The state of the measurements in four numbers.
fn kpis(author: &mut Author<'_>) -> Vec<Kpi> {
    let (passed, all, noisy) = (author.found.passed.len(), author.input.measurements.len(), author.found.noisy.len());
    let wrong = author.input.measurements.iter().filter_map(|found| found.correctness.as_ref()).filter(|c| !c.passed);
    let wrong = wrong.count();
    let weak = dossier::parts_of_ceilings(author);
    let weak = weak.iter().filter(|(_, part)| part.as_ref().is_some_and(|(part, _)| *part < WEAK_PART)).count();
    let all_value = author.count("measurements.total", all);
    let passed_value = author.count("measurements.passed", passed);
    let bound = author.value("noise.bound", Some(NOISY_ABOVE), |bound| format::percent(bound, 0), None);
    let weak_bound = author.value("weak.bound", Some(WEAK_PART), |part| format::percent(part, 0), None);
    let card = |label: &str, value: Rich, comparison: Rich, is_good: bool| Kpi {
        label: label.into(),
        value,
        comparison,
        note: Inline::Evidence(Evidence::Measured).into(),
        tone: if is_good { Tone::Positive } else { Tone::Caution },
    };
    let noisy_value = author.count("measurements.noisy", noisy);
    let wrong_value = author.count("measurements.wrong", wrong);
    let weak_value = author.count("measurements.weak", weak);
    vec![
        card("Passed", passed_value.into(), rich!["of ", all_value, " results"], passed == all),
        card("Not correct", wrong_value.into(), rich!["beyond the tolerance"], wrong == 0),
        card("Noisy", noisy_value.into(), rich!["noise above ", bound], noisy == 0),
        card("Far from the ceiling", weak_value.into(), rich!["below ", weak_bound, " of it"], weak == 0),
    ]
}

/// How many results got which verdict.
fn verdicts(author: &mut Author<'_>, compared: &RunsCompared) -> Table {
    let undecided = compared.rows.iter().filter(|row| row.verdict.is_none()).count();
    let lines = [
        ("FASTER", "the intervals are apart and the newer median is lower", with_verdict(compared, "FASTER")),
        ("SAME", "both intervals are narrow and meet, or the medians hardly differ", with_verdict(compared, "SAME")),
        ("SLOWER", "the intervals are apart and the newer median is higher", with_verdict(compared, "SLOWER")),
        (
            "AMBIGUOUS",
            "the samples do not decide; measure longer on a quiet machine",
            with_verdict(compared, "AMBIGUOUS"),
        ),
        ("no verdict", "absent or not passed in one of the runs", undecided),
    ];
    let rows = lines
        .into_iter()
        .map(|(verdict, meaning, count)| {
            let id = format!("changes.{}", verdict.to_lowercase().replace(' ', "_"));
            Row::new(vec![Inline::name(verdict).into(), meaning.into(), author.count(id, count).into()])
        })
        .collect();
    Table {
        anchor: "verdicts".to_owned(),
        title: rich!["Run ", Inline::code(&compared.candidate), " against ", Inline::code(&compared.baseline)],
        columns: vec![Column::text("Verdict"), Column::text("What it says"), Column::number("Results")],
        rows,
        source: compared_source(author, compared),
    }
}

fn compared_source(author: &Author<'_>, compared: &RunsCompared) -> Source {
    Source {
        text: rich!["medians with their confidence intervals, widened where samples depend on each other."],
        evidence: vec![Evidence::Measured],
        reproduce: Some(author.command("results compare", &format!("{} {}", compared.baseline, compared.candidate))),
    }
}

fn changes(author: &mut Author<'_>, compared: &RunsCompared) -> Section {
    let mut blocks = Vec::new();
    let mut changed: Vec<&ComparedResult> = compared.rows.iter().filter(|row| row.ratio.is_some()).collect();
    changed.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
    if !changed.is_empty() {
        let bars: Vec<Bar> = changed
            .iter()
            .take(CHANGES_SHOWN)
            .map(|row| Bar {
                label: format!("{} · {}", row.workload, row.stack),
                value: row.ratio.map(|ratio| ratio - 1.0),
                interval: None,
                highlight: row.is_regression,
                remark: row.verdict.clone().unwrap_or_default(),
            })
            .collect();
        let height_pt = 40.0 + 18.0 * bars.len() as f32;
        blocks.push(Block::Figures(vec![Figure {
            anchor: "changes-figure".to_owned(),
            takeaway: rich!["The largest changes of the median latency; right is slower"],
            chart: Chart::Bars(BarChart {
                bars,
                quantity: Quantity::Fraction,
                axis: "Change of the median latency".to_owned(),
            }),
            height_pt,
            source: compared_source(author, compared),
        }]));
    }
    let mut rows: Vec<(usize, &ComparedResult)> = compared.rows.iter().enumerate().collect();
    rows.sort_by(|a, b| b.1.is_regression.cmp(&a.1.is_regression).then(distance(b.1).total_cmp(&distance(a.1))));
    // What is in one of the runs alone has no change to show.
    let all = rows.len();
    rows.retain(|(_, row)| row.verdict.is_some() || row.is_regression);
    let alone = all - rows.len();
    if alone > 0 {
        let count = author.count("changes.alone", alone);
        blocks.push(Block::Paragraph(rich![
            count,
            plural(alone, " result has", " results have"),
            " no verdict: absent from one of the runs, or not passed in it."
        ]));
    }
    let rows = rows.into_iter().map(|(index, row)| change_row(author, index, row)).collect();
    blocks.push(Block::Table(Table {
        anchor: "changes-table".to_owned(),
        title: "Every result with a verdict".into(),
        columns: vec![
            Column::text("Workload"),
            Column::text("Device"),
            Column::text("Stack"),
            Column::number("Before"),
            Column::number("Now"),
            Column::number("Change"),
            Column::text("Verdict"),
        ],
        rows,
        source: compared_source(author, compared),
    }));
    let worse = regressions(compared);
    let action_title = if worse == 0 {
        rich!["No result is worse than in the run before"]
    } else {
        let count = author.count("changes.regressions", worse);
        rich![count, plural(worse, " result is", " results are"), " worse than in the run before"]
    };
    Section { kicker: "Changes".to_owned(), action_title, anchor: "changes".to_owned(), blocks }
}

/// How far a ratio is from no change, on a scale where twice and half are alike.
fn distance(row: &ComparedResult) -> f64 {
    row.ratio.filter(|ratio| *ratio > 0.0).map_or(0.0, |ratio| ratio.ln().abs())
}

fn change_row(author: &mut Author<'_>, index: usize, row: &ComparedResult) -> Row {
    let id = |what: &str| format!("change.{index}.{what}");
    let measured = Some(Evidence::Measured);
    let before = author.value(id("before"), row.baseline_secs, format::duration, measured);
    let now = author.value(id("now"), row.candidate_secs, format::duration, measured);
    let change =
        author.value(id("ratio"), row.ratio.map(|ratio| ratio - 1.0), |part| format::percent(part, 1), measured);
    let verdict = match (&row.verdict, &row.reason) {
        (Some(verdict), _) => Inline::name(verdict),
        (None, Some(reason)) => Inline::name(reason),
        (None, None) => Inline::from(format::UNKNOWN),
    };
    Row::new(vec![
        Inline::name(&row.workload).into(),
        Inline::name(&row.device).into(),
        Inline::name(&row.stack).into(),
        before.into(),
        now.into(),
        change.into(),
        verdict.into(),
    ])
    .kind(if row.is_regression { RowKind::Highlight } else { RowKind::Plain })
}

/// Something to do, found by a rule.
struct Task {
    /// What weighs more comes first: 0 is the heaviest.
    weight: u8,
    subject: String,
    finding: Rich,
    step: &'static str,
}

fn backlog(author: &mut Author<'_>) -> Vec<Task> {
    let mut tasks = Vec::new();
    let compared = author.input.comparison.as_ref();
    for (index, row) in compared.iter().flat_map(|compared| compared.rows.iter().enumerate()) {
        if row.is_regression {
            let subject = format!("{} · {} · {}", row.workload, row.device, row.stack);
            let part = row.ratio.map(|ratio| ratio - 1.0);
            let finding = match part {
                Some(_) => {
                    let id = format!("change.{index}.ratio");
                    rich!["slower by ", author.value(id, part, |p| format::percent(p, 1), Some(Evidence::Measured))]
                }
                None => rich![Inline::name(row.reason.clone().unwrap_or_default())],
            };
            tasks.push(Task {
                weight: 0,
                subject,
                finding,
                step: "Find the change of software, clocks or neighbours; the environments are in the runs.",
            });
        }
    }
    for measurement in &author.found.not_passed {
        let subject = subject(measurement);
        let reason = Inline::name(measurement.status.reason().unwrap_or("no reason was given"));
        let (weight, step) = match measurement.status.label() {
            "incorrect" => (0, "Do not use this path until its numerics are understood."),
            "unsupported" | "unavailable" => (3, "Count it as portability evidence, or install what is missing."),
            _ => (1, "Repeat it alone and read what the worker last said."),
        };
        let finding = rich![Inline::name(measurement.status.label()), ": ", reason];
        tasks.push(Task { weight, subject, finding, step });
    }
    let noisy: Vec<_> = author
        .found
        .noisy
        .iter()
        .map(|found| {
            (subject(found), found.id.clone(), found.timing.as_ref().and_then(|t| t.statistics.relative_noise))
        })
        .collect();
    for (subject, id, noise) in noisy {
        let id = format!("measurement.{id}.noise");
        let noise = author.value(id, noise, |noise| format::percent(noise, 1), Some(Evidence::Measured));
        let finding = rich!["noise of ", noise];
        tasks.push(Task { weight: 1, subject, finding, step: "Repeat it on a quiet machine with fixed clocks." });
    }
    for (subject, part) in dossier::parts_of_ceilings(author) {
        if let Some((value, id)) = part.filter(|(value, _)| *value < WEAK_PART) {
            let part = author.value(id, Some(value), |part| format::percent(part, 0), Some(Evidence::Measured));
            let finding = rich![part, " of its measured ceiling"];
            tasks.push(Task {
                weight: 2,
                subject,
                finding,
                step: "Profile it: better kernels or a larger batch may close the gap.",
            });
        }
    }
    tasks.sort_by(|a, b| match a.weight.cmp(&b.weight) {
        Ordering::Equal => a.subject.cmp(&b.subject),
        other => other,
    });
    tasks
}

fn subject(measurement: &assay_core::Measurement) -> String {
    format!("{} · {} · {}", measurement.workload.id, dossier::place(measurement), measurement.stack)
}

/// One row a step, with the results that need it.
fn backlog_table(author: &mut Author<'_>, tasks: Vec<Task>) -> Table {
    let mut steps: Vec<(&'static str, Vec<Task>)> = Vec::new();
    for task in tasks {
        match steps.iter_mut().find(|(step, _)| *step == task.step) {
            Some((_, known)) => known.push(task),
            None => steps.push((task.step, vec![task])),
        }
    }
    let rows = steps
        .into_iter()
        .enumerate()
        .map(|(index, (step, tasks))| {
            let count = author.count(format!("backlog.{index}.count"), tasks.len());
            let rest = tasks.len().saturating_sub(RESULTS_NAMED);
            let mut list = Rich::new();
            for (number, task) in tasks.into_iter().take(RESULTS_NAMED).enumerate() {
                if number > 0 {
                    list.push("; ");
                }
                list.push(Inline::name(task.subject));
                list.push(": ");
                list.extend(task.finding);
            }
            if rest > 0 {
                list.extend(rich!["; and ", author.count(format!("backlog.{index}.rest"), rest), " more"]);
            }
            Row::new(vec![step.into(), count.into(), list])
        })
        .collect();
    Table {
        anchor: "backlog".to_owned(),
        title: "Improvement backlog, the weightiest first".into(),
        columns: vec![Column::text("Next step"), Column::number("Results"), Column::text("Finding")],
        rows,
        source: author.measured_source("rules over verdicts, noise and the part of the measured ceiling."),
    }
}

fn runs(author: &mut Author<'_>) -> Section {
    let runs = dossier::runs_table(author);
    let count = runs.rows.len();
    let value = author.count("runs.total", count);
    Section {
        kicker: "Appendix: runs".to_owned(),
        action_title: rich![value, plural(count, " run is", " runs are"), " behind this report"],
        anchor: "runs-appendix".to_owned(),
        blocks: vec![Block::Table(runs)],
    }
}
