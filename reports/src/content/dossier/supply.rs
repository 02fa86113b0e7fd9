//! Capacity and supply: how many units when, from whom, and what is not known of their delivery.

use crate::content::author::Author;
use crate::content::capacity::{self, CapacityPlan, Ownership};
use crate::document::{Block, Column, Inline, Rich, Row, Section, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};

pub(super) fn section(author: &mut Author<'_>) -> Section {
    let (action_title, mut blocks) = match author.input.capacity.clone() {
        Ok(plan) => (capacity::headline(author, &plan), with_plan(author, &plan)),
        Err(reason) => (
            rich!["No fleet can be planned yet"],
            vec![Block::Paragraph(rich![Inline::name(reason), " The capacity plan needs a price and a throughput."])],
        ),
    };
    if !author.input.hardware.is_empty() {
        blocks.push(Block::Table(supply(author)));
    }
    Section { kicker: "Capacity and supply".to_owned(), action_title, anchor: "supply".to_owned(), blocks }
}

fn with_plan(author: &mut Author<'_>, plan: &CapacityPlan) -> Vec<Block> {
    let mut blocks = vec![
        Block::Paragraph(rich![
            "Units are whole, sized for the peak of each quarter at the target utilisation. Cost is that of the fleet \
             alone, without staff and migration; the capacity plan has every quarter, order and commitment."
        ]),
        Block::Table(capacity::options(author, plan)),
    ];
    blocks.extend(capacity::bases(author, plan).into_iter().map(Block::Paragraph));
    blocks.extend(capacity::next_orders(author, plan).map(Block::Table));
    let shortfalls = capacity::shortfalls(plan);
    if !shortfalls.is_empty() {
        blocks.push(Block::Heading("Where the plan falls short".into()));
        blocks.push(Block::Bullets(shortfalls));
    }
    blocks
}

fn is_owned(option: &capacity::OptionPlan) -> bool {
    matches!(option.ownership, Ownership::Bought | Ownership::Leased)
}

/// Where the hardware can be had, and what has to be asked.
pub(in crate::content) fn supply(author: &mut Author<'_>) -> Table {
    let rows = author
        .input
        .hardware
        .clone()
        .iter()
        .enumerate()
        .map(|(index, hardware)| {
            let plan = author.input.capacity.as_ref().ok();
            let plans: Vec<_> =
                hardware.options.iter().filter_map(|id| plan.and_then(|plan| plan.option(id))).collect();
            let is_bought = plans.iter().any(|option| is_owned(option));
            let owned = plans.iter().filter(|option| is_owned(option));
            let lead = owned.flat_map(|option| &option.inputs).find(|fact| fact.key == "lead_time_weeks");
            let lead: Rich = match (is_bought, lead.and_then(|fact| fact.value)) {
                (true, Some(weeks)) => {
                    let id = format!("hardware.{index}.lead_time");
                    let weeks =
                        author.value(id, Some(weeks), |weeks| format::significant(weeks, 2), Some(Evidence::Assumed));
                    rich![weeks, " weeks"]
                }
                (true, None) => "not known: ask for it in writing".into(),
                (false, _) => "rented: ask for the quota".into(),
            };
            let stage = hardware.lifecycle.clone();
            Row::new(vec![
                Inline::name(&hardware.name).into(),
                stage.map_or(Rich::from("not known"), |stage| Inline::name(stage).into()),
                author.count(format!("hardware.{index}.offers"), hardware.offers).into(),
                hardware.newest_quote.map_or(Rich::from("none"), |day| Inline::name(day.to_string()).into()),
                lead,
                Inline::name(if hardware.stacks.is_empty() { "not known".into() } else { hardware.stacks.join(", ") })
                    .into(),
            ])
        })
        .collect();
    Table {
        anchor: "supply-table".to_owned(),
        title: "Where the hardware stands and how it can be had".into(),
        columns: vec![
            Column::text("Hardware"),
            Column::text("Stage"),
            Column::number("Offers known"),
            Column::text("Newest quote"),
            Column::text("Delivery"),
            Column::text("Software"),
        ],
        rows,
        source: Source {
            text: rich!["hardware profiles and the study's capacity section."],
            evidence: vec![Evidence::Published, Evidence::Assumed],
            reproduce: Some("assay profiles list --format json".to_owned()),
        },
    }
}
