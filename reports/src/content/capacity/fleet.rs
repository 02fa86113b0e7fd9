//! Units against demand, orders, power and rack.

use super::{CapacityPlan, OptionPlan, Ownership, ScenarioPlan, is_planned, led, money, money_source, source, units};
use crate::charts::{BarGroup, Chart, GroupedChart, GroupedValue, Quantity};
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;
use assay_base::{Evidence, format};

/// The fleet of an option for the leading forecast.
pub(super) fn section(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan) -> Section {
    let mut blocks = Vec::new();
    if let Some(scenario) = led(plan, option).filter(|_| is_planned(option) && option.ownership != Ownership::Service) {
        blocks.push(Block::Figures(vec![figure(author, option, scenario)]));
        blocks.push(Block::Table(table(author, option, scenario)));
        if !scenario.orders.is_empty() {
            blocks.push(Block::Table(orders(author, plan, option, scenario, usize::MAX)));
        }
    } else {
        blocks.push(Block::Paragraph("A service has no units of one's own.".into()));
    }
    Section {
        kicker: "Fleet".to_owned(),
        action_title: title(author, plan, option),
        anchor: format!("fleet-{}", option.id),
        blocks,
    }
}

fn title(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan) -> Rich {
    let name = Inline::name(&option.name);
    let Some(scenario) = led(plan, option) else { return rich![name, " cannot be planned"] };
    if option.ownership == Ownership::Service {
        return rich![name, " needs no fleet"];
    }
    let missing = scenario.quarters.iter().filter(|quarter| quarter.missing > 0).count();
    if missing > 0 {
        let count = author.count(format!("plan.{}.short_quarters", option.id), missing);
        return rich![name, " is short of units in ", count, plural(missing, " quarter", " quarters")];
    }
    let first = scenario.quarters.first().map(|quarter| quarter.needed);
    let last = scenario.quarters.last().map(|quarter| quarter.needed);
    let first_value = units(author, format!("plan.{}.first", option.id), first, option.fleet_evidence);
    let last_value = units(author, format!("plan.{}.last", option.id), last, option.fleet_evidence);
    if first == last {
        let unit = if first == Some(1) { " unit throughout" } else { " units throughout" };
        return rich![name, " carries the demand with ", first_value, unit];
    }
    rich![name, ": the fleet goes from ", first_value, " to ", last_value, " units"]
}

fn figure(author: &Author<'_>, option: &OptionPlan, scenario: &ScenarioPlan) -> Figure {
    let value = |count: u64| Some(GroupedValue { value: Some(count as f64), interval: None, highlight: false });
    // Where the fleet is what is needed, one bar says it.
    let is_exact = scenario.quarters.iter().all(|quarter| quarter.in_service == quarter.needed);
    let groups: Vec<BarGroup> = scenario
        .quarters
        .iter()
        .map(|quarter| BarGroup {
            label: quarter.quarter.to_string(),
            values: [
                Some(GroupedValue {
                    value: Some(quarter.needed as f64),
                    interval: Some([quarter.needed_low as f64, quarter.needed_high as f64]),
                    highlight: quarter.missing > 0,
                }),
                value(quarter.in_service),
            ]
            .into_iter()
            .take(if is_exact { 1 } else { 2 })
            .collect(),
        })
        .collect();
    let each = if is_exact { 14.0 } else { 19.0 };
    let height_pt = (36.0 + each * groups.len() as f32).clamp(110.0, 330.0);
    let members: &[&str] = if is_exact { &["needed"] } else { &["needed", "in service"] };
    Figure {
        anchor: format!("fleet-figure-{}", option.id),
        takeaway: match is_exact {
            true => rich!["Units needed, all of them in service, quarter by quarter"],
            false => rich!["Units needed and units in service, quarter by quarter"],
        },
        chart: Chart::Grouped(GroupedChart {
            members: members.iter().map(|&member| member.to_owned()).collect(),
            groups,
            quantity: Quantity::Number,
            axis: "Units".to_owned(),
        }),
        height_pt,
        source: source(
            author,
            "the capacity plan; whiskers are the range of the throughput.",
            &[option.fleet_evidence],
        ),
    }
}

fn table(author: &mut Author<'_>, option: &OptionPlan, scenario: &ScenarioPlan) -> Table {
    let class = option.fleet_evidence;
    let rows = scenario
        .quarters
        .iter()
        .map(|quarter| {
            let id = |what: &str| format!("plan.{}.{}.{what}", option.id, quarter.quarter);
            let count = |author: &mut Author<'_>, what: &str, count: u64| -> Rich {
                units(author, id(what), Some(count), class).into()
            };
            let percent = |share: f64| format::percent(share, 0);
            let cells = vec![
                Inline::name(quarter.quarter.to_string()).into(),
                author.value(id("peak"), Some(quarter.peak_per_sec), format::compact, Some(Evidence::Assumed)).into(),
                count(author, "needed", quarter.needed),
                count(author, "start", quarter.at_start),
                count(author, "arriving", quarter.arriving),
                count(author, "retiring", quarter.retiring),
                count(author, "order", quarter.to_order),
                count(author, "service", quarter.in_service),
                author.value(id("utilisation"), quarter.peak_utilisation, percent, Some(class)).into(),
                author.value(id("power"), quarter.power_watts, format::power, Some(class)).into(),
            ];
            Row::new(cells).kind(if quarter.missing > 0 { RowKind::Highlight } else { RowKind::Plain })
        })
        .collect();
    Table {
        anchor: format!("fleet-table-{}", option.id),
        title: rich!["The fleet quarter by quarter: ", Inline::name(&option.name)],
        columns: vec![
            Column::text("Quarter"),
            Column::number("Peak/s"),
            Column::number("Needed"),
            Column::number("On hand"),
            Column::number("Arriving"),
            Column::number("Leaving"),
            Column::number("To order"),
            Column::number("In service"),
            Column::number("Load at peak"),
            Column::number("Power"),
        ],
        rows,
        source: source(author, "the capacity plan; rented units draw no power of the site.", &[class]),
    }
}

pub(super) fn orders(
    author: &mut Author<'_>,
    plan: &CapacityPlan,
    option: &OptionPlan,
    scenario: &ScenarioPlan,
    most: usize,
) -> Table {
    let rows = scenario
        .orders
        .iter()
        .enumerate()
        .take(most)
        .map(|(index, order)| {
            let id = |what: &str| format!("plan.{}.order.{index}.{what}", option.id);
            Row::new(vec![
                order.order_by.map_or(Rich::from("lead time not known"), |day| author.date(day).into()),
                units(author, id("units"), Some(order.units), option.fleet_evidence).into(),
                units(author, id("replacing"), Some(order.replacing), option.fleet_evidence).into(),
                Inline::name(order.quarter.to_string()).into(),
                money(author, plan, id("price"), order.price, option.cost_evidence).into(),
            ])
        })
        .collect();
    let mut text = rich!["the fleet and the lead time."];
    let all = scenario.orders.len();
    if all > most {
        let (shown, all) = (author.count("orders.shown", most), author.count("orders.total", all));
        text.extend(rich![" The first ", shown, " of ", all, " orders; the capacity plan has all."]);
    }
    Table {
        anchor: format!("orders-{}", option.id),
        title: "What to order, and by when".into(),
        columns: vec![
            Column::text("Order by"),
            Column::number("Units"),
            Column::number("Replacing"),
            Column::text("In service from"),
            Column::number("Price"),
        ],
        rows,
        source: money_source(author, text, &[option.fleet_evidence, option.cost_evidence]),
    }
}
