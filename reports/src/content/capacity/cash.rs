//! Cost and cash by quarter, and the ladder of commitments.

use super::{CapacityPlan, CostLineKind, Mix, OptionPlan, ScenarioPlan, led, money, source, units};
use crate::charts::{Chart, Quantity, StackedBar, StackedChart};
use crate::content::author::Author;
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;
use assay_base::{Evidence, format};

/// Cost, cash and commitments of an option; `None` where no price is known.
pub(super) fn section(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan) -> Option<Section> {
    let scenario = led(plan, option).filter(|scenario| scenario.cost.is_some())?;
    let mut blocks = vec![
        Block::Figures(vec![figure(author, plan, option, scenario)]),
        Block::Table(table(author, plan, option, scenario)),
    ];
    if let Some(mix) = &scenario.mix {
        blocks.extend(ladder(author, plan, option, mix));
    }
    let cost = money(author, plan, format!("plan.{}.cost", option.id), scenario.cost, option.cost_evidence);
    let cash = money(author, plan, format!("plan.{}.cash", option.id), scenario.cash, option.cost_evidence);
    Some(Section {
        kicker: "Cash".to_owned(),
        action_title: match scenario
            .cost
            .zip(scenario.cash)
            .is_some_and(|(cost, cash)| (cost / cash - 1.0).abs() < 1e-6)
        {
            true => rich![Inline::name(&option.name), ": ", cost, " over the horizon, paid as it is used"],
            false => rich![Inline::name(&option.name), ": a cost of ", cost, " over the horizon, and cash of ", cash],
        },
        anchor: format!("cash-{}", option.id),
        blocks,
    })
}

/// The kinds of cost that occur, in the order of their first appearance.
fn kinds(scenario: &ScenarioPlan) -> Vec<&CostLineKind> {
    let mut kinds: Vec<&CostLineKind> = Vec::new();
    for line in scenario.quarters.iter().flat_map(|quarter| &quarter.lines) {
        if !kinds.contains(&&line.kind) {
            kinds.push(&line.kind);
        }
    }
    kinds
}

fn figure(author: &Author<'_>, plan: &CapacityPlan, option: &OptionPlan, scenario: &ScenarioPlan) -> Figure {
    let kinds = kinds(scenario);
    let bars: Vec<StackedBar> = scenario
        .quarters
        .iter()
        .map(|quarter| StackedBar {
            label: quarter.quarter.to_string(),
            parts: kinds
                .iter()
                .map(|kind| quarter.lines.iter().find(|line| line.kind == **kind).map(|line| line.amount))
                .collect(),
            highlight: false,
        })
        .collect();
    let height_pt = (52.0 + 15.0 * bars.len() as f32).clamp(110.0, 300.0);
    Figure {
        anchor: format!("cash-figure-{}", option.id),
        takeaway: rich!["Cost of each quarter by what it is for"],
        chart: Chart::Stacked(StackedChart {
            parts: kinds.iter().map(|kind| kind.label().to_owned()).collect(),
            bars,
            quantity: Quantity::Money(plan.currency),
            axis: format!("Cost of the quarter ({})", plan.currency),
        }),
        height_pt,
        source: source(
            author,
            "the capacity plan; upfront payments spread over their term, hardware depreciated.",
            &[option.cost_evidence],
        ),
    }
}

fn table(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan, scenario: &ScenarioPlan) -> Table {
    let kinds = kinds(scenario);
    let class = option.cost_evidence;
    let mut columns = vec![Column::text("Quarter")];
    columns.extend(kinds.iter().map(|kind| Column::number(kind.label())));
    columns.extend([Column::number("Cost"), Column::number("Cash")]);
    let mut rows: Vec<Row> = scenario
        .quarters
        .iter()
        .map(|quarter| {
            let id = |what: &str| format!("plan.{}.{}.{what}", option.id, quarter.quarter);
            let mut cells = vec![Rich::from(Inline::name(quarter.quarter.to_string()))];
            for kind in &kinds {
                let amount = quarter.lines.iter().find(|line| line.kind == **kind).map(|line| line.amount);
                cells.push(money(author, plan, id(kind.label()), amount, class).into());
            }
            cells.push(money(author, plan, id("cost"), quarter.cost, class).into());
            cells.push(money(author, plan, id("cash"), quarter.cash, class).into());
            Row::new(cells)
        })
        .collect();
    let mut sum = vec![Rich::from("Sum")];
    for kind in &kinds {
        let amounts = scenario.quarters.iter().flat_map(|quarter| &quarter.lines).filter(|line| line.kind == **kind);
        let amount = amounts.map(|line| line.amount).sum();
        let id = format!("plan.{}.sum.{}", option.id, kind.label());
        sum.push(money(author, plan, id, Some(amount), class).into());
    }
    sum.push(money(author, plan, format!("plan.{}.cost", option.id), scenario.cost, class).into());
    sum.push(money(author, plan, format!("plan.{}.cash", option.id), scenario.cash, class).into());
    rows.push(Row::new(sum).kind(RowKind::Total));
    Table {
        anchor: format!("cash-table-{}", option.id),
        title: "Cost and cash by quarter".into(),
        columns,
        rows,
        source: source(author, "the capacity plan.", &[class]),
    }
}

/// What to sign when, and what decides on it.
fn ladder(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan, mix: &Mix) -> Vec<Block> {
    let class = option.cost_evidence;
    let mut blocks = Vec::new();
    if !mix.signings.is_empty() {
        let rows = mix
            .signings
            .iter()
            .enumerate()
            .map(|(index, signing)| {
                let id = format!("plan.{}.signing.{index}", option.id);
                Row::new(vec![
                    author.date(signing.on).into(),
                    Inline::name(&signing.contract).into(),
                    units(author, id, Some(signing.units), class).into(),
                ])
            })
            .collect();
        blocks.push(Block::Table(Table {
            anchor: format!("ladder-{}", option.id),
            title: "Reservation ladder: what to sign, and for how many units".into(),
            columns: vec![Column::text("On"), Column::text("Contract"), Column::number("Units")],
            rows,
            source: source(author, "the cheapest mix for the load-duration curve.", &[class]),
        }));
    }
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
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            anchor: format!("rules-{}", option.id),
            title: "What decides: a unit is committed when it is in use longer than the contract's break-even".into(),
            columns: vec![
                Column::text("Contract"),
                Column::number("Break-even use"),
                Column::number("Least used unit committed"),
                Column::number("Most used unit rented"),
            ],
            rows,
            source: source(author, "the ratio of the contract's rate to the price on demand.", &[class]),
        }));
    }
    if let Some(rented) = mix.all_rented {
        let all = money(author, plan, format!("plan.{}.all_rented", option.id), Some(rented), class);
        if mix.signings.is_empty() {
            blocks.push(Block::Paragraph(rich![
                "No commitment pays: everything is rented without one, for ",
                all,
                "."
            ]));
            return blocks;
        }
        let total = money(author, plan, format!("plan.{}.mix", option.id), Some(mix.total), class);
        let mut text = rich!["The mix costs ", total, "; renting everything without commitment would cost ", all, "."];
        if mix.after_horizon > 0.0 {
            let id = format!("plan.{}.after", option.id);
            let after = money(author, plan, id, Some(mix.after_horizon), Evidence::Assumed);
            text.extend(rich![" Contracts that outlast the horizon leave ", after, " to be paid."]);
        }
        blocks.push(Block::Paragraph(text));
    }
    blocks
}
