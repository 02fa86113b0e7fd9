//! The migration plan: how the move is made, what must hold before each step, and the way back.

mod gates;
mod plan;
mod responsibility;
mod schedule;

pub use plan::{
    ACTIVITIES, GateUnit, GateVerdict, JudgedGate, MigrationPlan, ParallelRun, PlannedEffort, PlannedRisk, PlannedTask,
    PlannedWave, PortabilityRow, Role,
};

use super::author::{Author, in_months};
use super::findings::plural;
use super::{ReportInput, ReportKind, day, sensitivity};
use crate::document::{
    Block, Column, Cover, Document, Fact, Facts, Inline, Kpi, Rich, Row, SCHEMA_VERSION, Section, Source, Table, Tone,
};
use crate::rich;
use assay_base::{Evidence, format};

pub(super) use responsibility::{governance, risks};
pub(super) use schedule::waves;

/// Composes the migration plan of a study.
pub(super) fn compose(input: &ReportInput) -> Document {
    let mut author = Author::new(input);
    let (cover, sections) = match &input.migration {
        Ok(plan) => (cover(&mut author, plan), sections(&mut author, plan)),
        Err(reason) => (no_move_cover(&author, reason), vec![no_move(reason)]),
    };
    let meta = super::meta(ReportKind::Migration, input);
    Document { schema_version: SCHEMA_VERSION, meta, cover: Some(cover), sections, values: author.into_values() }
}

fn sections(author: &mut Author<'_>, plan: &MigrationPlan) -> Vec<Section> {
    vec![
        summary(author, plan),
        schedule::section(author, plan),
        conversion(plan),
        gates::section(author, plan),
        responsibility::risks(author, plan),
        responsibility::governance(author, plan),
        responsibility::team(plan),
        responsibility::way_back(author, plan),
    ]
}

fn no_move(reason: &str) -> Section {
    Section {
        kicker: ReportKind::Migration.title().to_owned(),
        action_title: rich!["There is no move to plan"],
        anchor: "summary".to_owned(),
        blocks: vec![Block::Lead(Inline::name(reason).into())],
    }
}

fn no_move_cover(author: &Author<'_>, reason: &str) -> Cover {
    Cover {
        kicker: ReportKind::Migration.title().to_owned(),
        subtitle: author.input.study.question.clone(),
        verdict: "No move".to_owned(),
        tone: Tone::Neutral,
        statement: Inline::name(reason).into(),
        facts: vec![Fact::new("Prepared", Inline::name(day(author.input)))],
    }
}

fn count(plan: &MigrationPlan, verdict: GateVerdict) -> usize {
    plan.gates.iter().filter(|gate| gate.verdict == verdict).count()
}

/// Where the gates stand, in a few words.
fn verdict(plan: &MigrationPlan) -> (&'static str, Tone) {
    match (count(plan, GateVerdict::Failed), count(plan, GateVerdict::Open)) {
        (0, 0) => ("Ready to go", Tone::Positive),
        (0, _) => ("Planned, gates open", Tone::Info),
        _ => ("A gate fails", Tone::Negative),
    }
}

fn cover(author: &mut Author<'_>, plan: &MigrationPlan) -> Cover {
    let input = author.input;
    let (verdict, tone) = verdict(plan);
    let mut facts = vec![Fact::new("Prepared", Inline::name(day(input)))];
    if let Some(name) = &input.study.author {
        facts.push(Fact::new("Prepared by", Inline::name(name)));
    }
    facts.push(Fact::new("Prepared with", Inline::name(&input.prepared_with)));
    facts.push(Fact::new("First day", author.date(plan.starts)));
    facts.push(Fact::new("Last day", author.date(plan.ends)));
    facts.push(Fact::new("Evidence hash", Inline::code(&input.evidence_hash)));
    Cover {
        kicker: ReportKind::Migration.title().to_owned(),
        subtitle: format!("From {} to {}", plan.from_name, plan.to_name),
        verdict: verdict.to_owned(),
        tone,
        statement: statement(author, plan),
        facts,
    }
}

/// The plan in two sentences.
fn statement(author: &mut Author<'_>, plan: &MigrationPlan) -> Rich {
    let effort = effort_value(author, plan);
    let mut text = rich![
        Inline::strong(Inline::name(capitalised(plan.strategy.label()))),
        " the workload from ",
        Inline::name(&plan.from_name),
        " to ",
        Inline::strong(Inline::name(&plan.to_name)),
        " between ",
        author.date(plan.starts),
        " and ",
        author.date(plan.ends),
        " with ",
        effort,
        " person-days. "
    ];
    text.extend(gates_sentence(author, plan));
    text
}

/// The word with a capital, for the begin of a sentence.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn effort_value(author: &mut Author<'_>, plan: &MigrationPlan) -> crate::document::ValueId {
    author.value("plan.effort", Some(plan.effort.expected_days), person_days, Some(Evidence::Assumed))
}

fn in_engineers(count: f64) -> String {
    format::without_trailing_zeros(&format::significant(count, 2))
}

/// Person-days as they are spoken of.
pub(super) fn person_days(days: f64) -> String {
    if days < 10.0 { format::significant(days, 2) } else { format::thousands(days, 0) }
}

/// Person-days of a column.
fn to_a_tenth(days: f64) -> String {
    format::thousands(days, 1)
}

fn gates_sentence(author: &mut Author<'_>, plan: &MigrationPlan) -> Rich {
    let (passed, failed, open) =
        (count(plan, GateVerdict::Passed), count(plan, GateVerdict::Failed), count(plan, GateVerdict::Open));
    let all = author.count("plan.gates", plan.gates.len());
    let passed_value = author.count("plan.gates.passed", passed);
    let open_value = author.count("plan.gates.open", open);
    let mut text = rich![passed_value, " of ", all, " gates ", plural(passed, "is", "are"), " passed"];
    if failed > 0 {
        let failed_value = author.count("plan.gates.failed", failed);
        text.extend(rich![", ", failed_value, plural(failed, " fails", " fail")]);
    }
    text.extend(rich![", ", open_value, plural(open, " is open.", " are open.")]);
    text
}

fn summary(author: &mut Author<'_>, plan: &MigrationPlan) -> Section {
    let lead = statement(author, plan);
    let strategy = Facts {
        anchor: "strategy".to_owned(),
        title: "The move in brief".into(),
        rows: vec![
            Fact::new(
                "Strategy",
                rich![
                    Inline::strong(Inline::name(plan.strategy.label())),
                    ": ",
                    Inline::name(plan.strategy.description())
                ],
            ),
            Fact::new("Why", Inline::name(&plan.strategy_reason)),
            Fact::new("From", Inline::name(&plan.from_name)),
            Fact::new("To", Inline::name(&plan.to_name)),
            Fact::new("Stop rules", "a failed gate, a missing operator without owner and date, a missing licence"),
        ],
        source: Source { text: rich!["the study, and rules where it states nothing."], ..Source::default() },
    };
    let blocks = vec![
        Block::Lead(lead),
        Block::Kpis(kpis(author, plan)),
        Block::Facts(strategy),
        Block::Heading("Before the first day".into()),
        Block::Bullets(first_steps(author, plan)),
    ];
    let mut action_title =
        rich![Inline::name(&plan.to_name), " can carry the whole load by ", author.date(full_load(plan)), ", "];
    action_title.extend(match verdict(plan).1 {
        Tone::Positive => rich!["and every gate is passed"],
        Tone::Negative => rich!["but a gate fails today"],
        _ => rich!["if the open gates are passed"],
    });
    Section { kicker: "The plan on a page".to_owned(), action_title, anchor: "summary".to_owned(), blocks }
}

/// The day on which the whole load runs on the new platform.
fn full_load(plan: &MigrationPlan) -> jiff::civil::Date {
    plan.waves.iter().filter(|wave| wave.load_share >= 1.0).map(|wave| wave.ends).min().unwrap_or(plan.ends)
}

fn kpis(author: &mut Author<'_>, plan: &MigrationPlan) -> Vec<Kpi> {
    let class = Evidence::Assumed;
    let p80 = author.value("plan.effort_p80", Some(plan.effort.p80_days), person_days, Some(class));
    let cost = author.money("plan.cost", Some(plan.effort.expected_cost), class);
    let p80_cost = plan.effort.p80_cost;
    let cost_p80 = author.gross("plan.cost_p80", Some(p80_cost.amount), p80_cost.currency, class);
    let weeks = (plan.ends - plan.starts).get_days();
    let weeks =
        author.value("plan.weeks", Some(f64::from(weeks) / 7.0), |weeks| format::thousands(weeks, 0), Some(class));
    let engineers = author.value("plan.engineers", Some(plan.engineers), in_engineers, Some(class));
    let passed = author.count("plan.gates.passed", count(plan, GateVerdict::Passed));
    let all = author.count("plan.gates", plan.gates.len());
    let parallel = plan.parallel_run.as_ref();
    let months = author.value("plan.parallel_months", parallel.map(|run| run.months), in_months, Some(class));
    let run_cost = parallel.and_then(|run| run.cost).map(|cost| cost.amount);
    let parallel_cost = author.gross("plan.parallel_cost", run_cost, p80_cost.currency, class);
    let card = |label: &str, value: Rich, comparison: Rich, note: Rich, tone| Kpi {
        label: label.into(),
        value,
        comparison,
        note,
        tone,
    };
    let tone = verdict(plan).1;
    vec![
        card(
            "Effort, person-days",
            effort_value(author, plan).into(),
            rich!["at most ", p80, " in four cases of five"],
            Inline::Evidence(class).into(),
            Tone::Neutral,
        ),
        card(
            "Cost of the effort",
            cost.into(),
            rich!["at most ", cost_p80, " in four cases of five"],
            Inline::Evidence(class).into(),
            Tone::Neutral,
        ),
        card(
            "Weeks",
            weeks.into(),
            rich!["with ", engineers, " engineers"],
            Inline::Evidence(class).into(),
            Tone::Neutral,
        ),
        match parallel {
            Some(_) => card(
                "Gates passed",
                rich![passed, " of ", all],
                rich!["then ", months, " side by side"],
                rich!["at ", parallel_cost],
                tone,
            ),
            None => {
                card("Gates passed", rich![passed, " of ", all], rich!["no parallel run planned"], Rich::new(), tone)
            }
        },
    ]
}

fn first_steps(author: &mut Author<'_>, plan: &MigrationPlan) -> Vec<Rich> {
    let mut steps = Vec::new();
    steps.extend(sensitivity::to_measure(author).map(|measure| measure.text));
    // Gates that are open for the same reason are one step.
    let mut open: Vec<(&str, Vec<&str>)> = Vec::new();
    for gate in plan.gates.iter().filter(|gate| gate.verdict != GateVerdict::Passed) {
        match open.iter_mut().find(|(basis, _)| *basis == gate.basis) {
            Some((_, names)) => names.push(&gate.name),
            None => open.push((&gate.basis, vec![&gate.name])),
        }
    }
    for (basis, names) in open {
        let names = Inline::strong(Inline::name(names.join("; ")));
        steps.push(rich!["Settle ", names, ": ", Inline::name(basis), "."]);
    }
    if plan.team.iter().all(|role| role.person.is_none()) {
        steps.push(rich!["Name a person for each role."]);
    }
    steps
}

/// The way to the hardware: toolchains, formats, gaps, prerequisites. Only what the catalogue knows.
pub(super) fn portability_tables(plan: &MigrationPlan) -> Vec<Block> {
    let groups: [(&str, &str, &[&str]); 3] = [
        ("toolchains", "Toolchains and prerequisites", &["Toolchain", "Prerequisite"]),
        ("formats", "Numeric formats and quantisation", &["Numeric format"]),
        ("gaps", "Known gaps", &["Known gap"]),
    ];
    groups
        .into_iter()
        .filter_map(|(anchor, title, topics)| {
            let known: Vec<_> = plan.portability.iter().filter(|row| topics.contains(&row.topic.as_str())).collect();
            let mut rows: Vec<Row> = known.iter().map(|row| portability_row(row)).collect();
            if rows.is_empty() {
                return None;
            }
            let mut evidence: Vec<Evidence> = known.iter().filter_map(|row| row.evidence).collect();
            evidence.sort_unstable();
            evidence.dedup();
            let mut columns = vec![
                Column::text("About"),
                Column::text("Subject"),
                Column::text("What is known"),
                Column::text("Source"),
                Column::text("Evidence"),
                Column::text("Date"),
            ];
            drop_idle_columns(&mut columns, &mut rows);
            Some(Block::Table(Table {
                anchor: anchor.to_owned(),
                title: title.into(),
                columns,
                rows,
                source: Source {
                    text: rich!["the hardware profile."],
                    evidence,
                    reproduce: Some("assay profiles list --format json".to_owned()),
                },
            }))
        })
        .collect()
}

/// Leaves out the columns that say nothing: those without any entry, and the topic where all rows have the same.
fn drop_idle_columns(columns: &mut Vec<Column>, rows: &mut [Row]) {
    let nothing = Rich::from(format::UNKNOWN);
    for index in (0..columns.len()).rev() {
        let mut cells = rows.iter().filter_map(|row| row.cells.get(index));
        let first = cells.next();
        let is_idle = match first {
            Some(cell) => (index == 0 || *cell == nothing) && cells.all(|other| other == cell),
            None => false,
        };
        if is_idle {
            columns.remove(index);
            rows.iter_mut().filter(|row| index < row.cells.len()).for_each(|row| drop(row.cells.remove(index)));
        }
    }
}

fn portability_row(row: &PortabilityRow) -> Row {
    let or_none = |text: Option<&String>| text.map_or(Rich::from(format::UNKNOWN), |text| Inline::name(text).into());
    let as_of = row.as_of.map(|day| day.to_string());
    Row::new(vec![
        Inline::name(&row.topic).into(),
        or_none(row.subject.as_ref()),
        Inline::name(&row.text).into(),
        or_none(row.source.as_ref()),
        row.evidence.map_or(Rich::from(format::UNKNOWN), |class| Inline::Evidence(class).into()),
        or_none(as_of.as_ref()),
    ])
}

fn conversion(plan: &MigrationPlan) -> Section {
    let name = Inline::name(&plan.to_name);
    let (action_title, blocks) = if plan.portability.is_empty() {
        let remedy = "Enter its toolchains, known gaps and prerequisites into a hardware profile of the study.";
        (rich!["What the way to ", name, " takes is not in the catalogue"], vec![Block::Paragraph(remedy.into())])
    } else {
        let pinned = "Driver, compiler and runtime are pinned in versions when the first gate is passed, and moved \
                      only with a new validation.";
        let mut blocks = vec![Block::Paragraph(pinned.into())];
        blocks.extend(portability_tables(plan));
        let title = match plan.portability.iter().any(|row| row.topic == "Known gap") {
            true => rich!["The desk study checks each known gap of ", name, " against the model"],
            false => rich!["No gap of ", name, " is known to the catalogue"],
        };
        (title, blocks)
    };
    Section { kicker: "Conversion path".to_owned(), action_title, anchor: "conversion".to_owned(), blocks }
}
