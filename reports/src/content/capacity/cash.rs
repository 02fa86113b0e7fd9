//! Cost and cash by quarter.

use super::{CapacityPlan, CostLineKind, OptionPlan, ScenarioPlan, ladder, led, money, money_source};
use crate::charts::{Chart, Quantity, StackedBar, StackedChart};
use crate::content::author::Author;
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;

/// Cost, cash and commitments of an option; `None` where no price is known.
pub(super) fn section(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan) -> Option<Section> {
    let scenario = led(plan, option).filter(|scenario| scenario.cost.is_some())?;
    let mut blocks = vec![
        Block::Figures(vec![figure(author, plan, option, scenario)]),
        Block::Table(table(author, plan, option, scenario)),
    ];
    if let Some(mix) = &scenario.mix {
        blocks.extend(ladder::blocks(author, plan, option, mix));
    }
    let id = |what: &str| format!("plan.{}.{what}", option.id);
    let is_paid_as_used = scenario.cost.zip(scenario.cash).is_some_and(|(cost, cash)| (cost / cash - 1.0).abs() < 1e-6);
    let name = Inline::name(&option.name);
    let action_title = if is_paid_as_used {
        let cost = author.gross(id("cost"), scenario.cost, plan.currency, option.cost_evidence);
        rich![name, ": ", cost, " over the horizon, paid as it is used"]
    } else {
        let cost = money(author, plan, id("cost"), scenario.cost, option.cost_evidence);
        let cash = author.gross(id("cash"), scenario.cash, plan.currency, option.cost_evidence);
        rich![name, ": a cost of ", cost, " over the horizon, and cash of ", cash]
    };
    Some(Section { kicker: "Cash".to_owned(), action_title, anchor: format!("cash-{}", option.id), blocks })
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
        source: money_source(
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
        source: money_source(author, "the capacity plan.", &[class]),
    }
}
