//! The capacity and investment plan: demand, fleet, commitments, cash, power and orders, quarter by quarter.

mod basis;
mod cash;
mod fleet;
mod ladder;
mod plan;

pub(super) use basis::bases;

pub use plan::{
    CapacityPlan, ContractTerms, CostLine, CostLineKind, DemandForecast, DemandQuarter, Fact, Mix, MixQuarter,
    OptionPlan, Order, Ownership, PlannedQuarter, QuarterSpan, ScenarioPlan, Shortfall, ShortfallKind, Signing,
};

use super::author::Author;
use super::findings::{plural, remark};
use super::{ReportInput, ReportKind, day, dossier};
use crate::charts::{Chart, LineChart, Quantity, Series};
use crate::document::{
    Block, Callout, Column, Cover, Document, Fact as Named, Figure, Inline, Kpi, Rich, Row, RowKind, SCHEMA_VERSION,
    Section, Source, Table, Tone,
};
use crate::rich;
use assay_base::{Evidence, format};

/// Shortfalls that are told; the table has all.
const SHORTFALLS_SHOWN: usize = 6;
/// Orders in the dossier; the capacity plan has all.
const ORDERS_SHOWN: usize = 6;

/// Composes the capacity plan of a study.
pub(super) fn compose(input: &ReportInput) -> Document {
    let mut author = Author::new(input);
    let (cover, sections) = match &input.capacity {
        Ok(plan) => (cover(&mut author, plan), sections(&mut author, plan)),
        Err(reason) => (no_plan_cover(input, reason), vec![no_plan(reason)]),
    };
    let meta = super::meta(ReportKind::Capacity, input);
    Document { schema_version: SCHEMA_VERSION, meta, cover: Some(cover), sections, values: author.into_values() }
}

fn no_plan(reason: &str) -> Section {
    Section {
        kicker: ReportKind::Capacity.title().to_owned(),
        action_title: rich!["There is no capacity to plan"],
        anchor: "summary".to_owned(),
        blocks: vec![Block::Lead(Inline::name(reason).into())],
    }
}

fn no_plan_cover(input: &ReportInput, reason: &str) -> Cover {
    Cover {
        kicker: ReportKind::Capacity.title().to_owned(),
        subtitle: input.study.question.clone(),
        verdict: "No plan".to_owned(),
        tone: Tone::Neutral,
        statement: Inline::name(reason).into(),
        facts: vec![Named::new("Prepared", Inline::name(day(input)))],
    }
}

fn sections(author: &mut Author<'_>, plan: &CapacityPlan) -> Vec<Section> {
    let mut sections = vec![summary(author, plan), demand(author, plan)];
    for option in detailed(author, plan) {
        sections.push(fleet::section(author, plan, option));
        sections.extend(cash::section(author, plan, option));
    }
    sections.extend(roadmap(author));
    sections.push(inputs(author, plan));
    sections
}

/// Where the hardware stands and how it can be had; `None` where no option names its hardware.
fn roadmap(author: &mut Author<'_>) -> Option<Section> {
    if author.input.hardware.is_empty() {
        return None;
    }
    let undated = author.input.hardware.iter().filter(|hardware| hardware.lifecycle.is_none()).count();
    let action_title = if undated == 0 {
        rich!["What the market offers today, and what to ask of suppliers"]
    } else {
        let count = author.count("roadmap.unknown", undated);
        rich!["Where ", count, plural(undated, " product stands", " products stand"), " in its life is not known"]
    };
    Some(Section {
        kicker: "Supply and hardware roadmap".to_owned(),
        action_title,
        anchor: "roadmap".to_owned(),
        blocks: vec![
            Block::Table(dossier::supply_table(author)),
            Block::Paragraph(rich![
                "Waiting for a generation that is only announced is a bet on its date and price: state it under ",
                Inline::code("waiting"),
                " in the study, and the dossier says what it is worth."
            ]),
        ],
    })
}

/// The options shown quarter by quarter: the recommended one and the baseline; the first that can be planned where
/// there is no recommendation.
fn detailed<'p>(author: &Author<'_>, plan: &'p CapacityPlan) -> Vec<&'p OptionPlan> {
    let recommended = author.found.best.map(|best| best.id.as_str());
    let ids = [recommended, Some(author.input.study.baseline.as_str())];
    let mut shown: Vec<&OptionPlan> = Vec::new();
    for option in ids.into_iter().flatten().filter_map(|id| plan.option(id)).filter(|option| is_planned(option)) {
        if shown.iter().all(|known| known.id != option.id) {
            shown.push(option);
        }
    }
    if shown.is_empty() {
        shown.extend(plan.options.iter().find(|option| is_planned(option)));
    }
    shown
}

fn is_planned(option: &OptionPlan) -> bool {
    option.unknown.is_none()
}

/// The forecast that figures stand for: the likeliest, and the first where none is said to be likelier.
fn leading(plan: &CapacityPlan) -> Option<&DemandForecast> {
    let heaviest = plan.demand.iter().filter_map(|forecast| forecast.weight).reduce(f64::max);
    plan.demand.iter().find(|forecast| forecast.weight == heaviest)
}

/// An option's plan for the leading forecast.
fn led<'p>(plan: &CapacityPlan, option: &'p OptionPlan) -> Option<&'p ScenarioPlan> {
    let forecast = leading(plan)?;
    option.scenarios.iter().find(|scenario| scenario.demand == forecast.id)
}

fn units(author: &mut Author<'_>, id: String, count: Option<u64>, class: Evidence) -> crate::document::ValueId {
    author.value(id, count.map(|count| count as f64), |count| format::thousands(count, 0), Some(class))
}

fn money(
    author: &mut Author<'_>,
    plan: &CapacityPlan,
    id: String,
    amount: Option<f64>,
    class: Evidence,
) -> crate::document::ValueId {
    author.value(id, amount, |amount| format::money_in(amount, plan.currency), Some(class))
}

/// Where money of the plan comes from.
fn money_source(author: &Author<'_>, text: impl Into<Rich>, evidence: &[Evidence]) -> Source {
    let mut source = source(author, text, evidence);
    if author.input.assumptions.tax.is_some() {
        source.text.push(" Money is before tax.");
    }
    source
}

/// Where numbers of the plan come from.
fn source(author: &Author<'_>, text: impl Into<Rich>, evidence: &[Evidence]) -> Source {
    let mut evidence = evidence.to_vec();
    evidence.sort_unstable();
    evidence.dedup();
    Source { text: text.into(), evidence, reproduce: Some(author.command("capacity", "--format json")) }
}

fn cover(author: &mut Author<'_>, plan: &CapacityPlan) -> Cover {
    let input = author.input;
    let mut facts = vec![Named::new("Prepared", Inline::name(day(input)))];
    if let Some(name) = &input.study.author {
        facts.push(Named::new("Prepared by", Inline::name(name)));
    }
    facts.push(Named::new("Prepared with", Inline::name(&input.prepared_with)));
    facts.push(Named::new("Planned from", author.date(plan.as_of)));
    if let (Some(first), Some(last)) = (plan.quarters.first(), plan.quarters.last()) {
        facts.push(Named::new("Quarters", Inline::name(format!("{} to {}", first.quarter, last.quarter))));
    }
    facts.push(Named::new("Evidence hash", Inline::code(&input.evidence_hash)));
    Cover {
        kicker: ReportKind::Capacity.title().to_owned(),
        subtitle: input.study.question.clone(),
        verdict: verdict(author, plan).0.to_owned(),
        tone: verdict(author, plan).1,
        statement: headline(author, plan),
        facts,
    }
}

/// Whether the demand is covered, no surer than what the fleet is sized by.
fn verdict(author: &Author<'_>, plan: &CapacityPlan) -> (&'static str, Tone) {
    let weakest = detailed(author, plan).first().map(|option| option.fleet_evidence);
    match (plan.met, weakest) {
        (false, _) => ("The plan falls short", Tone::Negative),
        (true, Some(Evidence::Measured | Evidence::Published)) => ("Demand is covered", Tone::Positive),
        (true, Some(Evidence::Projected | Evidence::Vendor)) => ("Covered, if the projection holds", Tone::Info),
        (true, _) => ("Covered, if the assumptions hold", Tone::Info),
    }
}

/// What has to be there when, and what it costs.
pub(super) fn headline(author: &mut Author<'_>, plan: &CapacityPlan) -> Rich {
    let Some(option) = detailed(author, plan).into_iter().next() else {
        return rich!["No option has both a price and a throughput, so no fleet can be planned"];
    };
    let Some(scenario) = led(plan, option) else { return rich!["No demand is stated"] };
    let first = scenario.quarters.first().map(|quarter| quarter.needed);
    let most = scenario.quarters.iter().map(|quarter| quarter.needed).max();
    let cost = author.gross(format!("plan.{}.cost", option.id), scenario.cost, plan.currency, option.cost_evidence);
    if option.ownership == Ownership::Service {
        return rich![Inline::name(&option.name), " serves the demand as a service for ", cost];
    }
    let one = first == Some(1);
    let first = units(author, format!("plan.{}.first", option.id), first, option.fleet_evidence);
    let most = units(author, format!("plan.{}.most", option.id), most, option.fleet_evidence);
    let at_first = if one { " unit at first, " } else { " units at first, " };
    let ends = |of: fn(&PlannedQuarter) -> u64| scenario.quarters.iter().map(of).max();
    let (low, high) = (ends(|quarter| quarter.needed_low), ends(|quarter| quarter.needed_high));
    if low != high {
        let low = units(author, format!("plan.{}.most_low", option.id), low, option.fleet_evidence);
        let high = units(author, format!("plan.{}.most_high", option.id), high, option.fleet_evidence);
        return rich![
            Inline::name(&option.name),
            ": ",
            first,
            at_first,
            most,
            " at most (",
            low,
            " to ",
            high,
            " over the throughput's range), for ",
            cost
        ];
    }
    rich![Inline::name(&option.name), ": ", first, at_first, most, " at most, for ", cost]
}

fn summary(author: &mut Author<'_>, plan: &CapacityPlan) -> Section {
    let mut blocks = vec![Block::Paragraph(
        "The plan counts what the fleet costs: rent and commitments, or hardware with its upkeep and energy. Staff, \
         migration and parallel running are in the cost comparison of the dossier."
            .into(),
    )];
    blocks.extend(bases(author, plan).into_iter().map(Block::Paragraph));
    if let Some(option) = detailed(author, plan).into_iter().next() {
        blocks.push(Block::Kpis(kpis(author, plan, option)));
    }
    let shortfalls = shortfalls(plan);
    if !shortfalls.is_empty() {
        blocks.push(Block::Callout(Callout {
            tone: Tone::Negative,
            title: rich!["Where the plan falls short"],
            body: shortfalls,
        }));
    }
    blocks.push(Block::Table(options(author, plan)));
    let warnings = warnings(plan);
    if !warnings.is_empty() {
        blocks.push(Block::Heading("What a reader must know".into()));
        blocks.push(Block::Bullets(warnings));
    }
    Section { kicker: "Summary".to_owned(), action_title: headline(author, plan), anchor: "summary".to_owned(), blocks }
}

/// What a reader must know, each remark once with the options it is about.
fn warnings(plan: &CapacityPlan) -> Vec<Rich> {
    let mut remarks: Vec<(&str, Vec<&str>)> = Vec::new();
    for option in &plan.options {
        for text in &option.warnings {
            match remarks.iter_mut().find(|(known, _)| known == text) {
                Some((_, names)) => names.push(&option.name),
                None => remarks.push((text, vec![&option.name])),
            }
        }
    }
    let line = |(text, names): (&str, Vec<&str>)| {
        let mut line = rich![Inline::strong(Inline::name(names.join("; "))), ": "];
        line.extend(remark(text));
        line
    };
    remarks.into_iter().map(line).collect()
}

/// Where a plan misses what was asked, the first few.
pub(super) fn shortfalls(plan: &CapacityPlan) -> Vec<Rich> {
    let scenarios =
        plan.options.iter().flat_map(|option| option.scenarios.iter().map(move |scenario| (option, scenario)));
    scenarios
        .flat_map(|(option, scenario)| {
            let forecast = plan.demand.iter().find(|forecast| forecast.id == scenario.demand);
            let forecast = forecast.filter(|_| plan.demand.len() > 1);
            scenario.shortfalls.iter().map(move |short| {
                let mut text = Rich::from(Inline::strong(Inline::name(&option.name)));
                if let Some(forecast) = forecast {
                    text.extend(rich![" (", Inline::name(&forecast.name), ")"]);
                }
                text.extend(rich![", ", Inline::name(format!("{}: {}", short.quarter, short.text)), "."]);
                text
            })
        })
        .take(SHORTFALLS_SHOWN)
        .collect()
}

/// What to order next of the recommended option; `None` where nothing is bought.
pub(super) fn next_orders(author: &mut Author<'_>, plan: &CapacityPlan) -> Option<Table> {
    let option = detailed(author, plan).into_iter().next()?;
    let scenario = led(plan, option).filter(|scenario| !scenario.orders.is_empty())?;
    Some(fleet::orders(author, plan, option, scenario, ORDERS_SHOWN))
}

fn kpis(author: &mut Author<'_>, plan: &CapacityPlan, option: &OptionPlan) -> Vec<Kpi> {
    let Some(scenario) = led(plan, option) else { return Vec::new() };
    let id = |what: &str| format!("plan.{}.{what}", option.id);
    let name: Rich = leading(plan).map_or(Rich::new(), |forecast| Inline::name(&forecast.name).into());
    let peak = scenario.quarters.iter().max_by_key(|quarter| quarter.needed);
    let most = units(author, id("most"), peak.map(|quarter| quarter.needed), option.fleet_evidence);
    let when = peak.map_or(Rich::new(), |quarter| rich!["in ", Inline::name(quarter.quarter.to_string())]);
    let cost = money(author, plan, id("cost"), scenario.cost, option.cost_evidence);
    let cash = author.gross(id("cash"), scenario.cash, plan.currency, option.cost_evidence);
    let next = scenario.orders.first();
    let order = units(author, id("next_order"), next.map(|order| order.units), option.fleet_evidence);
    let by = next.and_then(|order| order.order_by);
    let card = |label: &str, value: Rich, comparison: Rich, note: Rich, tone| Kpi {
        label: label.into(),
        value,
        comparison,
        note,
        tone,
    };
    let mut cards = vec![
        card("Units at most", most.into(), when, Inline::Evidence(option.fleet_evidence).into(), Tone::Neutral),
        card(
            "Cost over the horizon",
            cost.into(),
            rich!["cash: ", cash],
            Inline::Evidence(option.cost_evidence).into(),
            Tone::Neutral,
        ),
        card(
            "Planned for",
            name,
            Inline::name(&option.name).into(),
            Rich::new(),
            if plan.met { Tone::Positive } else { Tone::Negative },
        ),
    ];
    if next.is_some() {
        let by: Rich = by.map_or("lead time not known".into(), |day| rich!["by ", author.date(day)]);
        cards.push(card("Order next, units", order.into(), by, Rich::new(), Tone::Caution));
    }
    cards
}

/// Every option under every forecast.
pub(super) fn options(author: &mut Author<'_>, plan: &CapacityPlan) -> Table {
    let mut rows = Vec::new();
    for option in &plan.options {
        let name = Rich::from(Inline::name(&option.name));
        if let Some(reason) = &option.unknown {
            let none = || Rich::from(format::UNKNOWN);
            rows.push(Row::new(vec![name, Inline::name(reason).into(), none(), none(), none(), none()]));
            continue;
        }
        for scenario in &option.scenarios {
            let id = |what: &str| format!("plan.{}.{}.{what}", option.id, scenario.demand);
            let forecast = plan.demand.iter().find(|forecast| forecast.id == scenario.demand);
            let most = scenario.quarters.iter().map(|quarter| quarter.needed).max();
            let is_service = option.ownership == Ownership::Service;
            let short = scenario.shortfalls.len();
            let verdict = if short == 0 { rich!["✓ covered"] } else { rich!["▲ falls short"] };
            let leads = leading(plan).is_some_and(|leading| leading.id == scenario.demand);
            let row = Row::new(vec![
                name.clone(),
                forecast.map_or(Rich::new(), |forecast| Inline::name(&forecast.name).into()),
                if is_service { "–".into() } else { units(author, id("most"), most, option.fleet_evidence).into() },
                money(author, plan, id("cost"), scenario.cost, option.cost_evidence).into(),
                money(author, plan, id("cash"), scenario.cash, option.cost_evidence).into(),
                verdict,
            ]);
            let is_best = author.found.best.is_some_and(|best| best.id == option.id);
            rows.push(row.kind(if leads && is_best { RowKind::Highlight } else { RowKind::Plain }));
        }
    }
    let evidence: Vec<Evidence> = plan.options.iter().flat_map(|o| [o.fleet_evidence, o.cost_evidence]).collect();
    Table {
        anchor: "options".to_owned(),
        title: "Fleet, cost and cash of each option under each forecast".into(),
        columns: vec![
            Column::text("Option"),
            Column::text("Forecast"),
            Column::number("Units at most"),
            Column::number("Cost"),
            Column::number("Cash"),
            Column::text("Demand"),
        ],
        rows,
        source: money_source(author, "the capacity plan of the cost models.", &evidence),
    }
}

fn demand(author: &mut Author<'_>, plan: &CapacityPlan) -> Section {
    let series = plan
        .demand
        .iter()
        .map(|forecast| Series {
            name: forecast.name.clone(),
            points: forecast
                .monthly_items
                .iter()
                .enumerate()
                .map(|(month, items)| [month as f64 + 1.0, *items])
                .collect(),
            band: Vec::new(),
        })
        .collect();
    let figure = Figure {
        anchor: "demand-figure".to_owned(),
        takeaway: rich!["Demand of each month in ", Inline::name(&plan.item)],
        chart: Chart::Lines(LineChart {
            series,
            x: Quantity::Months,
            x_axis: "Months from the start".to_owned(),
            y: Quantity::Number,
            marker: None,
        }),
        height_pt: 180.0,
        source: source(author, "the study's forecasts.", &[Evidence::Assumed]),
    };
    let mut columns = vec![Column::text("Quarter")];
    columns.extend(plan.demand.iter().map(|forecast| Column::number(&forecast.name)));
    let rows = plan
        .quarters
        .iter()
        .enumerate()
        .map(|(index, span)| {
            let mut cells = vec![Rich::from(Inline::name(span.quarter.to_string()))];
            for forecast in &plan.demand {
                let peak = forecast.quarters.get(index).map(|quarter| quarter.peak_per_sec);
                let id = format!("demand.{}.{}.peak", forecast.id, span.quarter);
                cells.push(author.value(id, peak, format::compact, Some(forecast.evidence)).into());
            }
            Row::new(cells)
        })
        .collect();
    let models = plan
        .demand
        .iter()
        .map(|forecast| {
            let mut line =
                rich![Inline::strong(Inline::name(&forecast.name)), ": ", Inline::name(&forecast.model), " ("];
            line.extend(remark(&forecast.source));
            line.push(")");
            line
        })
        .collect();
    let table = Table {
        anchor: "demand-table".to_owned(),
        title: rich!["Peak of each quarter in ", Inline::name(format!("{}/s", plan.item))],
        columns,
        rows,
        source: source(author, "the study's forecasts.", &[Evidence::Assumed]),
    };
    Section {
        kicker: "Demand".to_owned(),
        action_title: demand_takeaway(author, plan),
        anchor: "demand".to_owned(),
        blocks: vec![Block::Figures(vec![figure]), Block::Bullets(models), Block::Table(table)],
    }
}

fn demand_takeaway(author: &mut Author<'_>, plan: &CapacityPlan) -> Rich {
    let Some(forecast) = leading(plan) else { return rich!["No demand is stated"] };
    let ratio = forecast.monthly_items.first().zip(forecast.monthly_items.last()).map(|(first, last)| last / first);
    let ratio = ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0);
    let months = forecast.monthly_items.len();
    let months = author.value(
        "plan.months",
        Some(months as f64),
        |_| format::whole_months(months as u32),
        Some(Evidence::Assumed),
    );
    match ratio {
        Some(ratio) if ratio > 1.005 => {
            let value = author.value(
                "plan.growth",
                Some(ratio),
                |ratio| format::significant(ratio, 2),
                Some(Evidence::Assumed),
            );
            rich!["Demand grows to ", value, " times within ", months]
        }
        Some(ratio) if ratio < 0.995 => {
            let value = author.share("plan.growth_share", Some(ratio), Evidence::Assumed);
            rich!["Demand falls to ", value, " within ", months]
        }
        _ => rich!["Demand stays as it is for ", months],
    }
}

/// Where a figure comes from; the name of a field of the study is set as code.
fn origin(source: &str) -> Rich {
    let is_field = !source.contains(' ') && source.contains('.');
    if is_field { rich!["the study: ", Inline::code(source)] } else { remark(source) }
}

/// Every figure the plan was made from.
fn inputs(author: &mut Author<'_>, plan: &CapacityPlan) -> Section {
    let mut blocks = Vec::new();
    for option in plan.options.iter().filter(|option| is_planned(option)) {
        let rows: Vec<Row> = option
            .inputs
            .iter()
            .map(|fact| {
                let id = format!("plan.{}.input.{}", option.id, fact.key);
                let text = fact.text.clone();
                let shown = author.value(id, fact.value, |_| text, Some(fact.evidence));
                Row::new(vec![
                    Inline::name(&fact.label).into(),
                    shown.into(),
                    Inline::Evidence(fact.evidence).into(),
                    origin(&fact.source),
                ])
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        blocks.push(Block::Table(Table {
            anchor: format!("inputs-{}", option.id),
            title: rich!["Inputs of the plan: ", Inline::name(&option.name)],
            columns: vec![
                Column::text("Figure"),
                Column::number("Value"),
                Column::text("Evidence"),
                Column::text("Where it comes from"),
            ],
            rows,
            source: source(author, "the study, its measurements and prices.", &[]),
        }));
    }
    let count = plan.options.iter().filter(|option| is_planned(option)).count();
    let value = author.count("plan.options", count);
    Section {
        kicker: "Appendix: inputs".to_owned(),
        action_title: rich![
            value,
            plural(count, " option was planned", " options were planned"),
            " from these figures"
        ],
        anchor: "inputs".to_owned(),
        blocks,
    }
}
