//! People, risks, governance, and the way back.

use super::{ACTIVITIES, MigrationPlan};
use crate::charts::{self, Chart, RiskMatrix};
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_study::migration::GovernanceStatus;

/// From this product of likelihood and impact on a risk needs an owner before the move begins.
const GRAVE: u32 = 12;

fn rules() -> Source {
    Source {
        text: rich!["the study, and rules over its evidence where it states nothing; marks of rules are proposals."],
        evidence: vec![Evidence::Assumed],
        reproduce: None,
    }
}

fn or_open(text: Option<&String>) -> Rich {
    text.map_or(Rich::from("to\u{a0}be\u{a0}named"), |text| Inline::name(text).into())
}

pub(super) fn team(plan: &MigrationPlan) -> Section {
    let mut columns = vec![Column::text("Role"), Column::text("Person")];
    columns.extend(ACTIVITIES.map(Column::text));
    let rows = plan
        .team
        .iter()
        .map(|role| {
            let mut cells = vec![Inline::name(&role.name).into(), or_open(role.person.as_ref())];
            cells.extend(role.parts.iter().map(|part| Rich::from(Inline::name(part))));
            Row::new(cells)
        })
        .collect();
    let is_filled = plan.team.iter().all(|role| role.person.is_some());
    Section {
        kicker: "Team".to_owned(),
        action_title: if is_filled {
            rich!["Every role has a person"]
        } else {
            rich!["Each role needs a person before the first wave"]
        },
        anchor: "team".to_owned(),
        blocks: vec![Block::Table(Table {
            anchor: "raci".to_owned(),
            title: "Who does what: R responsible, A accountable, C consulted, I informed".into(),
            columns,
            rows,
            source: rules(),
        })],
    }
}

/// The register of risks.
pub(in crate::content) fn risks(author: &mut Author<'_>, plan: &MigrationPlan) -> Section {
    let grave = plan.risks.iter().filter(|risk| risk.weight() >= GRAVE).count();
    let grave_value = author.count("plan.risks.grave", grave);
    let action_title = match plan.risks.first() {
        None => rich!["No risk was found by the rules, and the study states none"],
        Some(first) if grave == 0 => rich!["No risk is grave; the first to watch: ", Inline::name(&first.risk.title)],
        Some(_) => {
            let all = author.count("plan.risks", plan.risks.len());
            rich![
                grave_value,
                " of ",
                all,
                plural(grave, " risks is grave and needs", " risks are grave and need"),
                " an owner before the move"
            ]
        }
    };
    let class = Some(Evidence::Assumed);
    let whole = |number: f64| format::thousands(number, 0);
    let rows = plan
        .risks
        .iter()
        .enumerate()
        .map(|(index, planned)| {
            let risk = &planned.risk;
            let id = |what: &str| format!("risk.{}.{what}", risk.id);
            let number = author.count(id("number"), index + 1);
            let likelihood = author.value(id("likelihood"), Some(f64::from(risk.likelihood)), whole, class);
            let impact = author.value(id("impact"), Some(f64::from(risk.impact)), whole, class);
            let kind = if planned.weight() >= GRAVE { RowKind::Highlight } else { RowKind::Plain };
            Row::new(vec![
                number.into(),
                Inline::name(&risk.title).into(),
                likelihood.into(),
                impact.into(),
                risk.mitigation.as_ref().map_or(Rich::from("none yet"), |text| Inline::name(text).into()),
                or_open(risk.owner.as_ref()),
            ])
            .kind(kind)
        })
        .collect();
    Section {
        kicker: "Risks".to_owned(),
        action_title,
        anchor: "risks".to_owned(),
        blocks: matrix(plan)
            .into_iter()
            .map(|figure| Block::Figures(vec![figure]))
            .chain([Block::Table(Table {
                anchor: "risk-register".to_owned(),
                title: "Risk register, the gravest first; marks from one to five".into(),
                columns: vec![
                    Column::number("No."),
                    Column::text("Risk"),
                    Column::number("Likelihood"),
                    Column::number("Impact"),
                    Column::text("What is done"),
                    Column::text("Owner"),
                ],
                rows,
                source: rules(),
            })])
            .collect(),
    }
}

/// The risks by likelihood and impact; `None` without any.
fn matrix(plan: &MigrationPlan) -> Option<Figure> {
    let risks: Vec<charts::Risk> = plan
        .risks
        .iter()
        .enumerate()
        .map(|(index, planned)| charts::Risk {
            id: (index + 1).to_string(),
            label: planned.risk.title.clone(),
            likelihood: planned.risk.likelihood,
            impact: planned.risk.impact,
        })
        .collect();
    (!risks.is_empty()).then(|| Figure {
        anchor: "risk-matrix".to_owned(),
        takeaway: rich!["The risks by likelihood and impact; the numbers are those of the register"],
        chart: Chart::Risks(RiskMatrix {
            likelihoods: ["hardly", "unlikely", "possible", "likely", "almost surely"].map(str::to_owned),
            impacts: ["nuisance", "minor", "costly", "severe", "fatal"].map(str::to_owned),
            risks,
        }),
        height_pt: 190.0,
        source: rules(),
    })
}

/// The checklist of governance.
pub(in crate::content) fn governance(author: &mut Author<'_>, plan: &MigrationPlan) -> Section {
    let open = plan.governance.iter().filter(|point| point.status == GovernanceStatus::Open).count();
    let action_title = match open {
        0 => rich!["Every point of governance is prepared or signed"],
        1 => rich!["One point of governance is open; a person signs it"],
        _ => {
            let open = author.count("plan.governance.open", open);
            let all = author.count("plan.governance", plan.governance.len());
            rich![open, " of ", all, " points of governance are open; a person signs each of them"]
        }
    };
    let rows = plan
        .governance
        .iter()
        .map(|point| {
            Row::new(vec![
                Inline::name(&point.item).into(),
                point.framework.as_ref().map_or(Rich::from("–"), |text| Inline::name(text).into()),
                Inline::name(point.status.label()).into(),
                point.evidence.as_ref().map_or(Rich::from("a person provides it"), |text| Inline::name(text).into()),
                or_open(point.owner.as_ref()),
            ])
        })
        .collect();
    Section {
        kicker: "Governance".to_owned(),
        action_title,
        anchor: "governance".to_owned(),
        blocks: vec![Block::Table(Table {
            anchor: "governance-table".to_owned(),
            title: "Checklist of governance with its evidence".into(),
            columns: vec![
                Column::text("Point"),
                Column::text("Framework"),
                Column::text("Status"),
                Column::text("Evidence"),
                Column::text("Signs"),
            ],
            rows,
            source: rules(),
        })],
    }
}

pub(super) fn way_back(author: &Author<'_>, plan: &MigrationPlan) -> Section {
    let triggers = plan.rollback_triggers.iter().map(|text| rich![Inline::name(text), "."]).collect();
    let exits: Vec<Rich> = plan
        .portability
        .iter()
        .filter(|row| row.topic == "Exit cost")
        .map(|row| {
            let level = row.subject.as_ref().map(|level| format!("{level}: ")).unwrap_or_default();
            rich![Inline::strong(Inline::name(level)), Inline::name(&row.text), "."]
        })
        .collect();
    let mut blocks = vec![
        Block::Heading("What sends the load back".into()),
        Block::Bullets(triggers),
        Block::Heading("How it goes back".into()),
        Block::Bullets(vec![
            rich![
                "One command moves the traffic back to ",
                Inline::name(&plan.from_name),
                "; it is rehearsed before the canary grows."
            ],
            rich!["The old platform stays warm, and its commitments run, until the parallel run is over."],
            rich!["Model, toolchain and driver versions of both platforms are kept in one manifest."],
        ]),
        Block::Heading("Exit plan".into()),
    ];
    blocks.push(if exits.is_empty() {
        Block::Paragraph(rich![
            "What leaving ",
            Inline::name(&plan.to_name),
            " would cost is not in the catalogue; state it as an exit cost of the option so that it counts."
        ])
    } else {
        Block::Bullets(exits)
    });
    blocks.push(Block::Paragraph(rich![
        "The options can be compared again at any time: ",
        Inline::code(author.command("cost", "")),
        "."
    ]));
    Section {
        kicker: "Rollback and exit".to_owned(),
        action_title: rich!["The way back stays open until the old platform is switched off"],
        anchor: "way-back".to_owned(),
        blocks,
    }
}
