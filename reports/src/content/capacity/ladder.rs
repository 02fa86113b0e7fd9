//! The ladder of commitments: what to sign when, and what decides on it.

use super::{CapacityPlan, Mix, OptionPlan, Signing, money, money_source, units};
use crate::content::author::Author;
use crate::document::{Block, Column, Inline, Rich, Row, Table};
use crate::rich;
use assay_base::{Evidence, format};

/// Signings that stand by their dates; more are grouped by year.
const DATES_SHOWN: usize = 8;

/// What to sign when, and what decides on it.
pub(super) fn blocks(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan, mix: &Mix) -> Vec<Block> {
    let mut blocks = Vec::new();
    blocks.extend(signings(author, option, mix));
    blocks.extend(rules(author, option, mix));
    let total = |author: &mut Author<'_>| {
        money(author, plan, format!("plan.{}.mix", option.id), Some(mix.total), option.cost_evidence)
    };
    let all = |author: &mut Author<'_>| {
        money(author, plan, format!("plan.{}.all_rented", option.id), mix.all_rented, option.cost_evidence)
    };
    let mut text = match (mix.contracts.is_empty(), mix.signings.is_empty(), mix.all_rented) {
        (true, _, Some(_)) => rich![
            "No commitment was stated to choose from: everything is rented without one, for ",
            all(author),
            ". State ",
            Inline::code("capacity.commitments"),
            " to have them weighed."
        ],
        (false, true, Some(_)) => {
            rich!["None of the commitments stated pays: everything is rented without one, for ", all(author), "."]
        }
        (_, false, Some(_)) => {
            rich![
                "The mix costs ",
                total(author),
                "; renting everything without commitment would cost ",
                all(author),
                "."
            ]
        }
        (_, _, None) => {
            rich!["The commitments cost ", total(author), "; renting without one is not to be had at a known price."]
        }
    };
    if mix.after_horizon > 0.0 {
        let id = format!("plan.{}.after", option.id);
        let after = money(author, plan, id, Some(mix.after_horizon), Evidence::Assumed);
        text.extend(rich![" Contracts that outlast the horizon leave ", after, " to be paid."]);
    }
    blocks.push(Block::Paragraph(text));
    blocks
}

/// Signings of one contract: on one day, or in one year.
struct Step<'m> {
    when: Rich,
    contract: &'m str,
    dates: usize,
    units: u64,
}

fn signings(author: &mut Author<'_>, option: &OptionPlan, mix: &Mix) -> Option<Block> {
    if mix.signings.is_empty() {
        return None;
    }
    let class = option.cost_evidence;
    let grouped = mix.signings.len() > DATES_SHOWN;
    let mut steps: Vec<Step<'_>> = Vec::new();
    for signing in &mix.signings {
        let when: Rich = match grouped {
            true => Inline::name(signing.on.year().to_string()).into(),
            false => author.date(signing.on).into(),
        };
        match steps.iter_mut().find(|step| step.contract == signing.contract && step.when == when) {
            Some(step) => (step.dates, step.units) = (step.dates + 1, step.units + signing.units),
            None => steps.push(step(when, signing)),
        }
    }
    let rows = steps
        .into_iter()
        .enumerate()
        .map(|(index, step)| {
            let id = format!("plan.{}.signing.{index}", option.id);
            Row::new(vec![
                step.when,
                Inline::name(step.contract).into(),
                author.count(format!("{id}.dates"), step.dates).into(),
                units(author, id, Some(step.units), class).into(),
            ])
        })
        .collect();
    let title = match grouped {
        true => {
            let dates = author.count(format!("plan.{}.signings", option.id), mix.signings.len());
            rich!["Reservation ladder: ", dates, " signings of a few units each, grouped by year"]
        }
        false => "Reservation ladder: what to sign, and for how many units".into(),
    };
    Some(Block::Table(Table {
        anchor: format!("ladder-{}", option.id),
        title,
        columns: vec![
            Column::text("On"),
            Column::text("Contract"),
            Column::number("Signings"),
            Column::number("Units"),
        ],
        rows,
        source: money_source(author, "the cheapest mix for the load-duration curve.", &[class]),
    }))
}

fn step<'m>(when: Rich, signing: &'m Signing) -> Step<'m> {
    Step { when, contract: &signing.contract, dates: 1, units: signing.units }
}

fn rules(author: &mut Author<'_>, option: &OptionPlan, mix: &Mix) -> Option<Block> {
    let class = option.cost_evidence;
    let share = |share: f64| format::percent(share, 0);
    let rows: Vec<Row> = mix
        .rules
        .iter()
        .enumerate()
        .map(|(index, rule)| {
            let id = |what: &str| format!("plan.{}.rule.{index}.{what}", option.id);
            Row::new(vec![
                Inline::name(&rule.contract).into(),
                author.value(id("duty"), rule.break_even_duty, share, Some(class)).into(),
                author.value(id("committed"), rule.least_used_committed, share, Some(class)).into(),
                author.value(id("rented"), rule.most_used_rented, share, Some(class)).into(),
            ])
        })
        .collect();
    (!rows.is_empty()).then(|| {
        Block::Table(Table {
            anchor: format!("rules-{}", option.id),
            title: "What decides: a unit is committed when it is in use longer than the contract's break-even".into(),
            columns: vec![
                Column::text("Contract"),
                Column::number("Break-even use"),
                Column::number("Least used unit committed"),
                Column::number("Most used unit rented"),
            ],
            rows,
            source: money_source(author, "the ratio of the contract's rate to the price on demand.", &[class]),
        })
    })
}
