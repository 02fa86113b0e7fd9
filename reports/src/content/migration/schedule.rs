//! Waves, effort and cost.

use super::{MigrationPlan, person_days, to_a_tenth};
use crate::charts::{Chart, GanttChart, GanttRow, GanttSpan};
use crate::content::author::{Author, in_months};
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Source, Table};
use crate::rich;
use assay_base::Evidence;

pub(super) fn section(author: &mut Author<'_>, plan: &MigrationPlan) -> Section {
    let mut blocks = vec![Block::Figures(vec![calendar(author, plan)]), Block::Table(waves(author, plan))];
    blocks.push(Block::Table(effort(author, plan)));
    if let Some(run) = &plan.parallel_run {
        let months = author.value("plan.parallel_months", Some(run.months), in_months, Some(Evidence::Assumed));
        let cost = author.money("plan.parallel_cost", run.cost, Evidence::Assumed);
        blocks.push(Block::Paragraph(rich![
            "The old platform is kept warm for ",
            months,
            ", which costs ",
            cost,
            " and is part of the total cost of the option."
        ]));
    }
    Section {
        kicker: "Waves and effort".to_owned(),
        action_title: title(author, plan),
        anchor: "waves".to_owned(),
        blocks,
    }
}

fn title(author: &mut Author<'_>, plan: &MigrationPlan) -> Rich {
    let count = author.count("plan.waves", plan.waves.len());
    let cost = author.money("plan.cost", Some(plan.effort.expected_cost), Evidence::Assumed);
    rich!["The load moves in ", count, " waves; the work is worth ", cost]
}

/// The waves over the calendar.
fn calendar(author: &Author<'_>, plan: &MigrationPlan) -> Figure {
    let weeks = |day: jiff::civil::Date| f64::from((day - plan.starts).get_days()) / 7.0;
    let rows: Vec<GanttRow> = plan
        .waves
        .iter()
        .map(|wave| GanttRow {
            label: wave.name.clone(),
            owner: String::new(),
            span: GanttSpan::Task { start_weeks: weeks(wave.starts), end_weeks: weeks(wave.ends) },
            after: wave.after.iter().filter_map(|id| plan.waves.iter().position(|known| known.id == *id)).collect(),
            critical: false,
        })
        .collect();
    let height_pt = 40.0 + 17.0 * rows.len() as f32;
    Figure {
        anchor: "calendar".to_owned(),
        takeaway: rich![
            "The whole load runs on ",
            Inline::name(&plan.to_name),
            " from ",
            author.date(super::full_load(plan)),
            " on"
        ],
        chart: Chart::Gantt(GanttChart { rows, waves: Vec::new(), start: Some(plan.starts), marker: None }),
        height_pt,
        source: Source {
            text: rich!["the study; what it does not state is a proposal that follows from effort and team."],
            evidence: vec![Evidence::Assumed],
            reproduce: None,
        },
    }
}

fn origin(is_stated: bool) -> Rich {
    if is_stated { "study".into() } else { "proposal".into() }
}

/// The waves as a table.
pub(in crate::content) fn waves(author: &mut Author<'_>, plan: &MigrationPlan) -> Table {
    let rows = plan
        .waves
        .iter()
        .map(|wave| {
            let share = author.share(format!("wave.{}.share", wave.id), Some(wave.load_share), Evidence::Assumed);
            let after = wave.after.as_ref().and_then(|id| plan.waves.iter().find(|known| known.id == *id));
            Row::new(vec![
                Inline::name(&wave.name).into(),
                author.date(wave.starts).into(),
                author.date(wave.ends).into(),
                share.into(),
                after.map_or(Rich::from("–"), |before| Inline::name(&before.name).into()),
                origin(wave.is_stated),
            ])
        })
        .collect();
    Table {
        anchor: "waves-table".to_owned(),
        title: "Waves, and the share of the load on the new platform when each ends".into(),
        columns: vec![
            Column::text("Wave"),
            Column::text("Begins"),
            Column::text("Ends"),
            Column::number("Load"),
            Column::text("Waits for"),
            Column::text("From"),
        ],
        rows,
        source: Source {
            text: rich!["the study; what it does not state is a proposal that follows from effort and team."],
            evidence: vec![Evidence::Assumed],
            reproduce: None,
        },
    }
}

fn effort(author: &mut Author<'_>, plan: &MigrationPlan) -> Table {
    let class = Some(Evidence::Assumed);
    // One number for a task is no range.
    let is_range = plan.tasks.iter().any(|task| task.person_days[0] < task.person_days[2]);
    let mut rows: Vec<Row> = plan
        .tasks
        .iter()
        .map(|task| {
            let id = |what: &str| format!("task.{}.{what}", task.id);
            let [low, likely, high] = task.person_days;
            let mut cells = vec![Inline::name(&task.name).into()];
            if is_range {
                for (what, days) in [("low", low), ("likely", likely), ("high", high)] {
                    cells.push(author.value(id(what), Some(days), to_a_tenth, class).into());
                }
            }
            cells.push(author.value(id("expected"), Some(task.expected_days), to_a_tenth, class).into());
            cells.push(origin(task.is_stated));
            Row::new(cells)
        })
        .collect();
    let expected = author.value("plan.effort_sum", Some(plan.effort.expected_days), to_a_tenth, class);
    let mut sum: Vec<Rich> = vec!["Sum".into()];
    sum.extend((0..if is_range { 3 } else { 0 }).map(|_| Rich::new()));
    sum.extend([expected.into(), Rich::new()]);
    rows.push(Row::new(sum).kind(RowKind::Total));
    let mut columns = vec![Column::text("Work")];
    if is_range {
        columns.extend(["Least", "Likeliest", "Most"].map(Column::number));
    }
    columns.extend([Column::number("Expected"), Column::text("From")]);
    let p80 = author.value("plan.effort_p80", Some(plan.effort.p80_days), person_days, class);
    let cost = author.money("plan.cost_p80", Some(plan.effort.p80_cost), Evidence::Assumed);
    Table {
        anchor: "effort".to_owned(),
        title: rich!["Effort in person-days; in four cases of five ", p80, " are enough, worth ", cost],
        columns,
        rows,
        source: Source {
            text: rich![
                "the study's tasks, or the effort stated for the option spread over a proposal; expected is a sixth \
                 of least, four times likeliest and most.",
                Inline::footnote(
                    "The three-point rule of PERT (Malcolm and others, Operations Research). Proposals are orders of magnitude, not data: no \
                     public source states the effort of such moves."
                )
            ],
            evidence: vec![Evidence::Assumed],
            reproduce: None,
        },
    }
}
