//! `assay results coverage`

use std::sync::atomic::AtomicBool;

use assay_base::format;
use assay_service::core::model::ModelChoice;
use assay_service::coverage::{self, Coverage, Fate, Score, TargetCoverage, Verdict as Answer};
use assay_service::hardware_profiles::Catalog;
use assay_service::{Command, Target, Workbench};
use serde_json::json;

use crate::args::{Format, ResultsCoverage};
use crate::commands::run;
use crate::output::{self, number, text};
use crate::{Verdict, place};

pub fn run(arguments: &ResultsCoverage) -> anyhow::Result<Verdict> {
    let choice = ModelChoice { file: run::whole(&arguments.model), ..ModelChoice::default() };
    let choice = ModelChoice { axes: run::axes(&arguments.axis)?, ..choice };
    let workbench = match &arguments.into {
        Some(_) => Some(place::open(arguments.study.as_deref())?),
        None => None,
    };
    let own = match &workbench {
        Some(_) => None,
        // The study's own profiles count where one stands in its folder, or names it.
        None => place::folder(arguments.study.as_deref()).ok().filter(|folder| folder.join("study.yaml").is_file()),
    };
    let overlay = own.map(|folder| folder.join("profiles")).filter(|folder| folder.is_dir());
    let catalog = match &workbench {
        Some(workbench) => workbench.catalog().clone(),
        None => Catalog::load(overlay.as_deref())?,
    };
    // A name that was mistyped is told before a worker is started.
    for id in &arguments.accelerators {
        catalog.require(id)?;
    }
    let cancel = AtomicBool::new(false);
    let report = assay_service::inspect_model(&Target::local(), choice, &cancel).map_err(anyhow::Error::msg)?;
    let found = coverage::coverage(&report, &arguments.accelerators, &catalog).map_err(anyhow::Error::msg)?;
    print(&found, arguments.format)?;
    if let (Some(option), Some(mut workbench)) = (&arguments.into, workbench) {
        take_up(&found, &mut workbench, option)?;
    }
    let stopped =
        |id: &String| found.targets.iter().filter(|t| t.accelerator == *id).all(|t| t.verdict == Answer::DoesNotRun);
    Ok(if arguments.accelerators.iter().any(stopped) { Verdict::No } else { Verdict::Yes })
}

/// Writes the effort into an option of the study, and its pieces into the plan where it moves to that option.
fn take_up(found: &Coverage, workbench: &mut Workbench, option: &str) -> anyhow::Result<()> {
    let values = coverage::study_changes(found, workbench.study(), option).map_err(anyhow::Error::msg)?;
    workbench.apply(Command::SetAll { values: values.clone(), gesture: None })?;
    let kept = workbench.folder().display().to_string();
    for (path, value) in &values {
        match value.as_array() {
            None => eprintln!("{path} is now {value} person-days, an assumption to be edited; kept in {kept}"),
            Some(tasks) => eprintln!("{path} are now its {} pieces of work, assumptions likewise", tasks.len()),
        }
    }
    if values.len() == 1 {
        eprintln!(
            "the pieces of work are not taken up: the plan of the study (`migration`) moves to another option, or states \
             its own `tasks`"
        );
    }
    Ok(())
}

fn print(found: &Coverage, format: Format) -> anyhow::Result<()> {
    if format == Format::Table {
        output::print(&format!("{}: {} nodes", found.model, format::thousands(found.nodes as f64, 0)))?;
    }
    let rows: Vec<_> = found.targets.iter().flat_map(rows).collect();
    let columns = [
        text("Accelerator"),
        text("Stack"),
        text("Table of"),
        text("Verdict"),
        number("Operators"),
        number("Nodes"),
        number("FLOP"),
        number("Portability"),
        number("Person-days (assumed)"),
    ];
    output::data(format, &serde_json::to_value(found)?, &rows, &columns, || {
        found.targets.iter().map(summary).collect()
    })?;
    if format == Format::Table {
        for target in &found.targets {
            details(target)?;
        }
    }
    Ok(())
}

/// One line for each operator, for CSV.
fn rows(target: &TargetCoverage) -> Vec<serde_json::Value> {
    let stack = target.stack.as_ref().map(|stack| stack.id.clone());
    let row = |operator: &coverage::OperatorCoverage| {
        json!({
            "accelerator": target.accelerator, "stack": stack, "operator": operator.operator, "nodes": operator.nodes,
            "flop_share": operator.flop_share, "fate": operator.fate.label(), "text": operator.fate.text(),
        })
    };
    target.operators.iter().map(row).collect()
}

fn summary(target: &TargetCoverage) -> Vec<String> {
    let supported = target.operators.iter().filter(|operator| operator.fate.is_supported()).count();
    let share = |share: Option<f64>| format::or_unknown(share, |share| format::percent(share, 0));
    let stack = target.stack.as_ref();
    let as_of = |stack: &coverage::StackInfo| {
        stack.source.as_of.map_or_else(|| stack.version.clone(), |day| format!("{}, {day}", stack.version))
    };
    vec![
        target.accelerator.clone(),
        stack.map_or("no table known", |stack| stack.name.as_str()).to_owned(),
        format::or_unknown(stack, as_of),
        target.verdict.label().to_owned(),
        if stack.is_some() { format!("{supported}/{}", target.operators.len()) } else { format::UNKNOWN.to_owned() },
        share(target.node_share),
        share(target.flop_share),
        score(&target.score),
        format::or_unknown(target.effort.as_ref(), |effort| days(effort.person_days)),
    ]
}

fn score(score: &Score) -> String {
    if score.parts.is_empty() {
        return format::UNKNOWN.to_owned();
    }
    let (low, high) = (format::percent(score.low, 0), format::percent(score.high, 0));
    if low == high { low } else { format!("{low} to {high}") }
}

fn days([low, likely, high]: [f64; 3]) -> String {
    let days = |days: f64| format::without_trailing_zeros(&format::thousands(days, 1));
    format!("{} / {} / {}", days(low), days(likely), days(high))
}

/// What does not simply work, why the score is what it is, and what the work consists of.
fn details(target: &TargetCoverage) -> anyhow::Result<()> {
    let Some(stack) = &target.stack else {
        output::print("")?;
        let ways = match target.toolchains.as_slice() {
            [] => "ask its vendor".to_owned(),
            ways => format!("ways to bring a model there: {}", ways.join(", ")),
        };
        return output::wrapped("", &format!("{}: no support table is known, so nothing is said; {ways}", target.name));
    };
    output::print("")?;
    output::print(&format!("{} with {} {}", target.name, stack.name, stack.version))?;
    let day = stack.source.as_of.map_or_else(|| "day unknown".to_owned(), |day| day.to_string());
    output::print(&format!("  Source: {} ({day}), {}", stack.source.title, stack.source.url))?;
    for operator in target.operators.iter().filter(|operator| operator.fate != Fate::Supported) {
        let line =
            format!("{} ({}): {}: {}", operator.operator, operator.nodes, operator.fate.label(), operator.fate.text());
        output::wrapped("    ", &line)?;
    }
    for hazard in &target.hazards {
        let must = if hazard.needs_change { ", to be changed" } else { "" };
        output::wrapped("    ", &format!("{}{must}: {}", hazard.kind.label(), hazard.text))?;
    }
    output::print(&format!("  Portability {}", score(&target.score)))?;
    for part in &target.score.parts {
        let value = if part.low == part.high {
            format::percent(part.low, 0)
        } else {
            format!("{} to {}", format::percent(part.low, 0), format::percent(part.high, 0))
        };
        output::print(&format!("    {} {} x {value}: {}", part.name, format::percent(part.weight, 0), part.text))?;
    }
    let Some(effort) = &target.effort else { return Ok(()) };
    let rounded = |days: f64| format::thousands(days, 0);
    output::print(&format!(
        "  Effort {} person-days, {}: mean {}, with 80\u{a0}% at most {}",
        days(effort.person_days),
        effort.evidence,
        rounded(effort.expected_days),
        rounded(effort.p80_days)
    ))?;
    for task in &effort.tasks {
        let reason = task.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        output::wrapped("    ", &format!("{}: {}{reason}", task.name, days(task.person_days)))?;
    }
    Ok(())
}
