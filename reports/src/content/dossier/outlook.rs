//! What the move takes beyond money: portability and effort, governance, risks, the road, questions to vendors.

use super::coverage;
use crate::content::author::Author;
use crate::content::migration::{self, MigrationPlan};
use crate::document::{Block, Inline, Rich, Section};
use crate::rich;
use assay_base::Evidence;

/// Portability: what ran where, what is known of the target, what the move takes.
pub(super) fn portability(author: &mut Author<'_>) -> Section {
    let (action_title, coverage) = coverage::found(author);
    let mut blocks: Vec<Block> = coverage.into_iter().collect();
    match &author.input.migration {
        Ok(plan) => {
            let plan = plan.clone();
            blocks.push(Block::Paragraph(effort(author, &plan)));
            blocks.extend(migration::portability_tables(&plan));
        }
        Err(reason) => blocks.push(Block::Paragraph(Inline::name(reason).into())),
    }
    Section { kicker: "Portability and effort".to_owned(), action_title, anchor: "portability".to_owned(), blocks }
}

fn effort(author: &mut Author<'_>, plan: &MigrationPlan) -> Rich {
    let class = Some(Evidence::Assumed);
    let days = author.value("plan.effort", Some(plan.effort.expected_days), migration::person_days, class);
    let cost = plan.effort.expected_cost;
    let cost = author.gross("plan.cost", Some(cost.amount), cost.currency, Evidence::Assumed);
    let mut text = rich![
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
    ];
    if plan.effort.p80_days > plan.effort.expected_days {
        let p80 = author.value("plan.effort_p80", Some(plan.effort.p80_days), migration::person_days, class);
        text.extend(rich!["; in four cases of five ", p80, " are enough."]);
    } else {
        text.push(", stated without a range.");
    }
    text.push(" The migration plan has the pieces of work and the gates.");
    text
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
