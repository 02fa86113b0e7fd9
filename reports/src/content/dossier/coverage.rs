//! What carries over: which stack ran what on which device, and what it did not, with the reason.

use super::place;
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Column, Inline, Rich, Row, Table};
use crate::rich;
use assay_core::Measurement;
use std::collections::BTreeMap;

/// One stack on one device, with the newest outcome of each workload that it was given.
struct Subject<'a> {
    place: String,
    stack: String,
    newest: BTreeMap<&'a str, &'a Measurement>,
}

impl<'a> Subject<'a> {
    fn passed(&self) -> usize {
        self.newest.values().filter(|found| found.status.passed()).count()
    }

    /// What did not pass, workloads with the same outcome and reason together.
    fn exceptions(&self) -> Vec<(&'a str, &'a str, Vec<&'a str>)> {
        let mut groups: Vec<(&str, &str, Vec<&str>)> = Vec::new();
        for (workload, found) in self.newest.iter().filter(|(_, found)| !found.status.passed()) {
            let (outcome, reason) = (found.status.label(), found.status.reason().unwrap_or("no reason was given"));
            match groups.iter_mut().find(|group| (group.0, group.1) == (outcome, reason)) {
                Some(group) => group.2.push(workload),
                None => groups.push((outcome, reason, vec![workload])),
            }
        }
        groups
    }
}

fn subjects<'a>(author: &Author<'a>) -> Vec<Subject<'a>> {
    let mut subjects: BTreeMap<(String, String), BTreeMap<&str, &Measurement>> = BTreeMap::new();
    for measurement in &author.input.measurements {
        let newest = subjects.entry((place(measurement), measurement.stack.to_string())).or_default();
        let kept = newest.entry(measurement.workload.id.as_str()).or_insert(measurement);
        if measurement.started_at >= kept.started_at {
            *kept = measurement;
        }
    }
    let mut subjects: Vec<Subject<'_>> =
        subjects.into_iter().map(|((place, stack), newest)| Subject { place, stack, newest }).collect();
    // The one that was given most comes first.
    subjects.sort_by_key(|subject| std::cmp::Reverse(subject.newest.len()));
    subjects
}

/// The message over what ran, and the table; no table where nothing was run.
pub(super) fn found(author: &mut Author<'_>) -> (Rich, Option<Block>) {
    let subjects = subjects(author);
    if subjects.is_empty() {
        return (rich!["Nothing was run, so what carries over is not known"], None);
    }
    let all: usize = subjects.iter().map(|subject| subject.newest.len()).sum();
    let passed: usize = subjects.iter().map(Subject::passed).sum();
    let title = if passed == all {
        rich!["Every stack that was tried computes every workload it was given"]
    } else {
        let (passed, tried) = (author.count("coverage.passed", passed), author.count("coverage.tried", all));
        rich![passed, " of ", tried, plural(all, " pair", " pairs"), " of workload and stack run correctly"]
    };
    (title, Some(Block::Table(table(author, &subjects))))
}

fn table(author: &mut Author<'_>, subjects: &[Subject<'_>]) -> Table {
    let rows = subjects
        .iter()
        .enumerate()
        .map(|(index, subject)| {
            let given = author.count(format!("coverage.{index}.given"), subject.newest.len());
            let passed = author.count(format!("coverage.{index}.passed"), subject.passed());
            Row::new(vec![
                Inline::name(&subject.stack).into(),
                Inline::name(&subject.place).into(),
                given.into(),
                passed.into(),
                exceptions(subject),
            ])
        })
        .collect();
    Table {
        anchor: "coverage".to_owned(),
        title: "What carries over: the newest outcome of each workload, by stack".into(),
        columns: vec![
            Column::text("Stack"),
            Column::text("Device"),
            Column::number("Workloads tried"),
            Column::number("Run correctly"),
            Column::text("What does not, and why"),
        ],
        rows,
        source: author.measured_source("outcomes as recorded with each run."),
    }
}

fn exceptions(subject: &Subject<'_>) -> Rich {
    let mut text = Rich::new();
    for (index, (outcome, reason, workloads)) in subject.exceptions().into_iter().enumerate() {
        if index > 0 {
            text.push("; ");
        }
        text.push("▲\u{a0}");
        text.extend(rich![Inline::name(workloads.join(", ")), " ", Inline::name(outcome), ": ", Inline::name(reason)]);
    }
    if text.is_empty() { "–".into() } else { text }
}
