//! What the move takes beyond money: portability and effort, governance, risks, the road, questions to vendors.

use super::place;
use crate::content::author::Author;
use crate::content::migration::{self, MigrationPlan};
use crate::document::{Block, Column, Inline, Rich, Row, Section, Table};
use crate::rich;
use assay_base::Evidence;
use std::collections::{BTreeMap, BTreeSet};

/// Portability: what ran where, what is known of the target, what the move takes.
pub(super) fn portability(author: &mut Author<'_>) -> Section {
    let mut blocks = Vec::new();
    let coverage = coverage(author);
    let gaps = coverage.iter().flat_map(|row| &row.outcomes).filter(|outcome| **outcome == NOT_SUPPORTED).count();
    if !coverage.is_empty() {
        blocks.push(Block::Table(coverage_table(author, &coverage)));
    }
    match &author.input.migration {
        Ok(plan) => {
            let plan = plan.clone();
            blocks.push(Block::Paragraph(effort(author, &plan)));
            blocks.extend(migration::portability_tables(&plan));
        }
        Err(reason) => blocks.push(Block::Paragraph(Inline::name(reason).into())),
    }
    let action_title = if coverage.is_empty() {
        rich!["Nothing was run, so what carries over is not known"]
    } else if gaps == 0 {
        rich!["Every stack that was tried computes every workload it was given"]
    } else {
        let tried = coverage.iter().flat_map(|row| &row.outcomes).filter(|outcome| **outcome != NOT_TRIED).count();
        let value = author.count("coverage.gaps", gaps);
        let tried = author.count("coverage.tried", tried);
        rich![value, " of ", tried, " combinations of workload and stack are not supported"]
    };
    Section { kicker: "Portability and effort".to_owned(), action_title, anchor: "portability".to_owned(), blocks }
}

const NOT_SUPPORTED: &str = "▲ not supported";
const PASSED: &str = "✓";
const NOT_TRIED: &str = "–";

struct CoverageRow {
    workload: String,
    outcomes: Vec<&'static str>,
}

fn subjects(author: &Author<'_>) -> Vec<(String, String)> {
    let of = |m: &assay_core::Measurement| (place(m), m.stack.to_string());
    author.input.measurements.iter().map(of).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The newest outcome of each workload on each device with each stack.
fn coverage(author: &Author<'_>) -> Vec<CoverageRow> {
    let mut newest: BTreeMap<(&str, (String, String)), &assay_core::Measurement> = BTreeMap::new();
    for measurement in &author.input.measurements {
        let key = (measurement.workload.id.as_str(), (place(measurement), measurement.stack.to_string()));
        let kept = newest.entry(key).or_insert(measurement);
        if measurement.started_at >= kept.started_at {
            *kept = measurement;
        }
    }
    let workloads: BTreeSet<&str> = newest.keys().map(|(workload, _)| *workload).collect();
    let subjects = subjects(author);
    workloads
        .into_iter()
        .map(|workload| CoverageRow {
            workload: workload.to_owned(),
            outcomes: subjects
                .iter()
                .map(|subject| match newest.get(&(workload, subject.clone())).map(|found| found.status.label()) {
                    None => NOT_TRIED,
                    Some("passed") => PASSED,
                    Some("unsupported") => NOT_SUPPORTED,
                    Some("unavailable") => "not there",
                    Some("incorrect") => "▲ incorrect",
                    Some(_) => "▲ failed",
                })
                .collect(),
        })
        .collect()
}

fn coverage_table(author: &Author<'_>, coverage: &[CoverageRow]) -> Table {
    let mut columns = vec![Column::text("Workload")];
    columns.extend(subjects(author).into_iter().map(|(place, stack)| Column::text(format!("{stack}, {place}"))));
    let rows = coverage
        .iter()
        .map(|row| {
            let mut cells = vec![Rich::from(Inline::name(&row.workload))];
            cells.extend(row.outcomes.iter().map(|outcome| Rich::from(*outcome)));
            Row::new(cells)
        })
        .collect();
    Table {
        anchor: "coverage".to_owned(),
        title: "What carries over: the newest outcome of each workload with each stack".into(),
        columns,
        rows,
        source: author.measured_source("outcomes as recorded with each run."),
    }
}

fn effort(author: &mut Author<'_>, plan: &MigrationPlan) -> Rich {
    let class = Some(Evidence::Assumed);
    let days = author.value("plan.effort", Some(plan.effort.expected_days), migration::person_days, class);
    let p80 = author.value("plan.effort_p80", Some(plan.effort.p80_days), migration::person_days, class);
    let cost = author.money("plan.cost", Some(plan.effort.expected_cost), Evidence::Assumed);
    rich![
        "The move to ",
        Inline::name(&plan.to_name),
        " is a ",
        Inline::strong(Inline::name(plan.strategy.label())),
        ": ",
        Inline::name(plan.strategy.description()),
        ". It is expected to take ",
        days,
        " person-days, worth ",
        cost,
        "; in four cases of five ",
        p80,
        " are enough. The migration plan has the pieces of work and the gates."
    ]
}

/// Risks, the road and the questions to vendors.
pub(super) fn risks(author: &mut Author<'_>) -> Section {
    let questions = Block::Bullets(questions(author));
    let Ok(plan) = author.input.migration.clone() else {
        return Section {
            kicker: "Questions to vendors".to_owned(),
            action_title: rich!["What to ask before a price is believed"],
            anchor: "risks".to_owned(),
            blocks: vec![questions],
        };
    };
    let mut section = migration::risks(author, &plan);
    section.kicker = "Risks and roadmap".to_owned();
    section.blocks.push(Block::Table(migration::waves(author, &plan)));
    section.blocks.push(Block::Heading("Questions to vendors".into()));
    section.blocks.push(questions);
    section
}

/// Security, compliance and governance; `None` without a move.
pub(super) fn governance(author: &mut Author<'_>) -> Option<Section> {
    let plan = author.input.migration.as_ref().ok()?;
    Some(migration::governance(author, plan))
}

/// What to ask, from what the study does not know.
fn questions(author: &Author<'_>) -> Vec<Rich> {
    let mut questions = Vec::new();
    let mut unmeasured = Vec::new();
    for option in &author.input.options {
        let name = || Inline::strong(Inline::name(&option.name));
        match &option.price {
            Err(_) => questions.push(rich![name(), ": what does it cost, for which term, and what is included?"]),
            Ok(price) if !price.warnings.is_empty() => {
                let mut question = rich![name(), ": does the quoted price still hold"];
                if let Some(day) = price.as_of {
                    question.extend(rich![", which is of ", author.date(day)]);
                }
                question.push("?");
                questions.push(question);
            }
            Ok(_) => {}
        }
        let is_measured = option
            .throughput
            .as_ref()
            .is_ok_and(|throughput| throughput.per_accelerator.evidence == Evidence::Measured);
        if !is_measured {
            unmeasured.push(option.name.as_str());
        }
    }
    if !unmeasured.is_empty() {
        questions.push(rich![
            Inline::strong(Inline::name(unmeasured.join("; "))),
            ": can the workload be run on one unit before anything is signed?"
        ]);
    }
    questions.push(rich!["How many units can be delivered when, and what happens when they are late?"]);
    questions.push(rich!["For how long are driver, compiler and runtime of today supported, and how are they pinned?"]);
    questions.push(rich!["What does leaving cost: remaining term, data, artefacts that cannot be taken along?"]);
    questions
}
