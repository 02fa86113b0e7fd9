//! What the options cost: a million items, the whole horizon, and month by month.

use super::{emissions, saving};
use crate::charts::{Bar, BarChart, Chart, LineChart, Marker, Quantity, Series, StackedBar, StackedChart};
use crate::content::author::{Author, in_months, months_plain};
use crate::content::findings::{plural, with_names};
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;
use crate::theme::evidence_mark;
use assay_base::format;
use assay_cost_models::Evaluation;
use assay_cost_models::evaluation::Component;

/// Components that have a colour of their own; the rest are summed up.
const COMPONENTS_SHOWN: usize = 7;
/// Lines in the chart of cumulative cash.
const LINES_SHOWN: usize = 4;

pub(super) fn section(author: &mut Author<'_>) -> Section {
    let mut blocks = vec![
        Block::Paragraph(paragraph(author)),
        Block::Figures(vec![unit_cost_figure(author)]),
        Block::Figures(vec![total_figure(author)]),
    ];
    blocks.extend(saving::figure(author).map(|figure| Block::Figures(vec![figure])));
    blocks.push(Block::Figures(vec![cash_figure(author)]));
    blocks.push(Block::Table(returns_table(author)));
    blocks.extend(emissions::blocks(author));
    Section { kicker: "Cost comparison".to_owned(), action_title: title(author), anchor: "cost".to_owned(), blocks }
}

fn with_unit_cost<'a>(author: &Author<'a>) -> Vec<(&'a Evaluation, f64)> {
    let mut options: Vec<(&Evaluation, f64)> = author
        .found
        .in_order()
        .filter_map(|option| Some((option, option.cost_per_million.as_ref()?.value.amount)))
        .collect();
    options.sort_by(|a, b| a.1.total_cmp(&b.1));
    options
}

fn title(author: &mut Author<'_>) -> Rich {
    let options = with_unit_cost(author);
    let Some((cheapest, _)) = options.first().copied() else {
        return rich!["No option has both a price and a throughput, so no cost can be stated"];
    };
    if let Some(first) = author.found.ranked.first().copied().filter(|first| first.id != cheapest.id) {
        let horizon = author.taxed_horizon();
        return rich![
            "Cheapest over ",
            horizon,
            ": ",
            Inline::name(&first.name),
            "; cheapest per item: ",
            Inline::name(&cheapest.name)
        ];
    }
    let cost = author.unit_cost(cheapest);
    let items = Inline::name(&author.input.items);
    rich![Inline::name(&cheapest.name), " has the lowest unit cost: ", cost, " per million ", items]
}

fn paragraph(author: &mut Author<'_>) -> Rich {
    let known = author.found.ranked.len();
    let all = author.input.evaluations.len();
    let known_value = author.count("options.ranked", known);
    let all_value = author.count("options.total", all);
    let horizon = author.horizon();
    rich![
        "Costs are known for ",
        known_value,
        " of ",
        all_value,
        plural(all, " option", " options"),
        ". The total over ",
        horizon,
        " has whole units, peaks, energy of owned hardware, staff and migration; the cost of a million is that total \
         over the items served. Ranges carry the uncertainty of the throughput and of one-off costs."
    ]
}

fn unit_cost_figure(author: &mut Author<'_>) -> Figure {
    let best = author.found.best.map(|best| best.id.clone());
    let per_million = |per_items: f64| 1e6 / per_items;
    let mut options: Vec<&Evaluation> = with_unit_cost(author).into_iter().map(|(option, _)| option).collect();
    options.extend(author.found.in_order().filter(|option| option.cost_per_million.is_none()));
    let bars = options
        .iter()
        .map(|option| Bar {
            label: option.name.clone(),
            value: option.cost_per_million.map(|cost| cost.value.amount * per_million(cost.per_items)),
            interval: option.cost_per_million.map(|cost| {
                let scale = per_million(cost.per_items);
                [cost.low.amount * scale, cost.high.amount * scale]
            }),
            highlight: Some(&option.id) == best.as_ref(),
            remark: option.cost_per_million.map_or("", |_| evidence_mark(option.evidence)).to_owned(),
        })
        .collect();
    let currency = author.input.assumptions.currency;
    let axis = format!("Cost per million {} ({currency})", author.input.items);
    Figure {
        anchor: "unit-cost".to_owned(),
        takeaway: unit_cost_takeaway(author),
        chart: Chart::Bars(BarChart { bars, quantity: Quantity::Money(currency), axis }),
        height_pt: bar_height(options.len()),
        source: author.cost_source(
            "total cost over items served, by the cost models; whiskers are the range of throughput and one-off costs.",
        ),
    }
}

fn bar_height(bars: usize) -> f32 {
    (44.0 + 24.0 * bars as f32).clamp(110.0, 220.0)
}

fn unit_cost_takeaway(author: &mut Author<'_>) -> Rich {
    let options = with_unit_cost(author);
    let (Some((cheapest, low)), Some((dearest, high))) = (options.first().copied(), options.last().copied()) else {
        return rich!["No unit cost is known"];
    };
    if cheapest.id == dearest.id {
        return rich!["Only the unit cost of ", Inline::name(&cheapest.name), " is known"];
    }
    let ratio = Some(high / low).filter(|ratio| ratio.is_finite());
    let ratio = author.value(
        "unit_cost.spread",
        ratio,
        |ratio| format::significant(ratio, 2),
        Some(cheapest.evidence.weaker(dearest.evidence)),
    );
    rich![
        "A million ",
        Inline::name(&author.input.items),
        " cost ",
        ratio,
        " times as much with ",
        Inline::name(&dearest.name),
        " as with ",
        Inline::name(&cheapest.name)
    ]
}

/// The components with the largest sums over all options, in the order of [`Component`].
fn main_components(author: &Author<'_>) -> Vec<Component> {
    let sum = |component: Component| -> f64 {
        let of = |option: &Evaluation| {
            let components = option.tco.as_ref().map(|tco| tco.components.as_slice()).unwrap_or_default();
            components
                .iter()
                .filter(|cost| cost.component == component)
                .map(|cost| cost.amount.amount.abs())
                .sum::<f64>()
        };
        author.input.evaluations.iter().map(of).sum()
    };
    let mut used: Vec<(Component, f64)> =
        Component::ALL.into_iter().map(|component| (component, sum(component))).filter(|(_, sum)| *sum > 0.0).collect();
    used.sort_by(|a, b| b.1.total_cmp(&a.1));
    used.truncate(COMPONENTS_SHOWN);
    let mut shown: Vec<Component> = used.into_iter().map(|(component, _)| component).collect();
    shown.sort_unstable();
    shown
}

fn total_figure(author: &mut Author<'_>) -> Figure {
    let components = main_components(author);
    let best = author.found.best.map(|best| best.id.clone());
    let bars: Vec<StackedBar> = author
        .found
        .in_order()
        .map(|option| StackedBar {
            label: option.name.clone(),
            parts: parts(option, &components),
            highlight: Some(&option.id) == best.as_ref(),
        })
        .collect();
    let mut names: Vec<String> = components.iter().map(|component| component.label().to_owned()).collect();
    names.push("remaining parts".to_owned());
    let currency = author.input.assumptions.currency;
    let height_pt = bar_height(bars.len()) + 16.0;
    let horizon = author.input.assumptions.horizon_months;
    Figure {
        anchor: "total-cost".to_owned(),
        takeaway: total_takeaway(author),
        chart: Chart::Stacked(StackedChart {
            parts: names,
            bars,
            quantity: Quantity::Money(currency),
            axis: format!("Total cost over {horizon} months, undiscounted ({currency})"),
        }),
        height_pt,
        source: author.cost_source("total cost of ownership by component."),
    }
}

fn parts(option: &Evaluation, components: &[Component]) -> Vec<Option<f64>> {
    let Some(tco) = &option.tco else { return Vec::new() };
    let of = |component: &Component| {
        let found = tco.components.iter().find(|cost| cost.component == *component);
        found.map(|cost| cost.amount.amount)
    };
    let mut parts: Vec<Option<f64>> = components.iter().map(of).collect();
    let rest: Vec<f64> = tco
        .components
        .iter()
        .filter(|cost| !components.contains(&cost.component))
        .map(|cost| cost.amount.amount)
        .collect();
    parts.push((!rest.is_empty()).then(|| rest.iter().sum()));
    parts
}

fn total_takeaway(author: &mut Author<'_>) -> Rich {
    let Some(first) = author.found.ranked.first().copied() else { return rich!["No total cost is known"] };
    let largest = first
        .tco
        .as_ref()
        .and_then(|tco| tco.components.iter().max_by(|a, b| a.amount.amount.total_cmp(&b.amount.amount)).copied());
    let Some(largest) = largest else {
        return rich![Inline::name(&first.name), " costs ", author.total(first)];
    };
    // An amount, since what hardware is worth at the end makes the parts add up to more than the total.
    let part = author.amount(first, "largest_component", Some(largest.amount.amount));
    let sum = author.total(first);
    let label = Inline::name(largest.component.label());
    rich![Inline::name(&first.name), " costs ", sum, " in all; the largest part is ", part, " of ", label]
}

/// What the options bring against the baseline, month by month; without any benefit, what they cost.
pub(in crate::content) fn cash_figure(author: &mut Author<'_>) -> Figure {
    let with_benefit: Vec<&Evaluation> =
        author.found.ranked.iter().copied().filter(|option| option.benefit.is_some()).take(LINES_SHOWN).collect();
    let currency = author.input.assumptions.currency;
    let (series, takeaway, what, marker) = if with_benefit.is_empty() {
        let series = author
            .found
            .ranked
            .iter()
            .take(LINES_SHOWN)
            .filter_map(|option| Some(line(&option.name, &option.tco.as_ref()?.cumulative())))
            .collect();
        (series, rich!["Cumulative cost by option"], "cumulative payments", None)
    } else {
        let series = with_benefit
            .iter()
            .filter_map(|option| Some(line(&option.name, &option.benefit.as_ref()?.cumulative())))
            .collect();
        let first = with_benefit.first().copied();
        (series, cash_takeaway(author, first), "payments avoided against the baseline", first.and_then(break_even))
    };
    Figure {
        anchor: "cash".to_owned(),
        takeaway,
        chart: Chart::Lines(LineChart {
            series,
            x: Quantity::Months,
            x_axis: "Months after the decision".to_owned(),
            y: Quantity::Money(currency),
            marker,
        }),
        height_pt: 168.0,
        source: author.cost_source(rich!["cash flows of the cost models: ", what, ", undiscounted."]),
    }
}

fn line(name: &str, cumulative: &[f64]) -> Series {
    let points = cumulative.iter().enumerate().map(|(month, sum)| [month as f64, *sum]).collect();
    Series { name: name.to_owned(), points, band: Vec::new() }
}

fn break_even(option: &Evaluation) -> Option<Marker> {
    let months = option.payback_months().filter(|months| *months > 0.0)?;
    Some(Marker { x: months, text: format!("Pays back after {}", in_months(months)) })
}

fn cash_takeaway(author: &mut Author<'_>, first: Option<&Evaluation>) -> Rich {
    let Some(first) = first else { return rich!["Cumulative cash against the baseline"] };
    let end = first.benefit.as_ref().and_then(|benefit| benefit.cumulative().last().copied());
    let end = author.amount(first, "benefit_total", end);
    let horizon = author.horizon();
    let name = Inline::name(&first.name);
    match first.payback_months() {
        Some(months) if months > 0.0 => {
            let id = format!("option.{}.payback", first.id);
            let months = author.value(id, Some(months), in_months, Some(first.evidence));
            rich![name, " pays back after ", months, " and stands at ", end, " after ", horizon]
        }
        Some(_) => rich![name, " is ahead of the baseline from the start and stands at ", end, " after ", horizon],
        None => rich![name, " does not pay back: it stands at ", end, " after ", horizon],
    }
}

fn returns_table(author: &mut Author<'_>) -> Table {
    let best = author.found.best.map(|best| best.id.clone());
    let options: Vec<&Evaluation> = author.found.in_order().collect();
    let rows = options
        .into_iter()
        .map(|option| {
            let kind = if Some(&option.id) == best.as_ref() { RowKind::Highlight } else { RowKind::Plain };
            returns_row(author, option).kind(kind)
        })
        .collect();
    Table {
        anchor: "returns".to_owned(),
        title: "Cost and return of each option".into(),
        columns: vec![
            Column::text("Option"),
            Column::number("Total cost"),
            Column::number("Range"),
            Column::number("Present value"),
            Column::number("NPV"),
            Column::number("IRR a year"),
            Column::number("Payback (months)"),
            Column::number("Discounted (months)"),
            Column::text("Evidence"),
        ],
        rows,
        source: author.cost_source("cost models; NPV, IRR and payback are against the baseline."),
    }
}

fn returns_row(author: &mut Author<'_>, option: &Evaluation) -> Row {
    let evidence = option.evidence;
    let id = |what: &str| format!("option.{}.{what}", option.id);
    let tco = option.tco.as_ref();
    let benefit = option.benefit.as_ref();
    let range = author.cost_range(option);
    let irr = benefit.and_then(|benefit| benefit.irr.single());
    let discounted = benefit.and_then(|benefit| benefit.discounted_payback_months);
    Row::new(vec![
        Inline::name(&option.name).into(),
        author.total(option).into(),
        range,
        author.amount(option, "present_value", tco.map(|tco| tco.present_value.amount)).into(),
        author.amount(option, "npv", option.npv().map(|npv| npv.amount)).into(),
        author.value(id("irr"), irr, annual_rate, Some(evidence)).into(),
        author.value(id("payback_plain"), option.payback_months(), months_plain, Some(option.evidence)).into(),
        author.value(id("discounted_payback"), discounted, months_plain, Some(evidence)).into(),
        Inline::Evidence(evidence).into(),
    ])
}

/// A rate a year. Rates beyond tenfold say no more than that the outlay is small.
fn annual_rate(rate: f64) -> String {
    const MOST: f64 = 10.0;
    if rate > MOST { format!(">\u{a0}{}", format::percent(MOST, 0)) } else { format::percent(rate, 0) }
}

/// What the cost models remarked, each remark once with the options it is about.
pub(super) fn notes(author: &Author<'_>) -> Vec<Block> {
    let notes = author.found.in_order();
    let remarks =
        with_names(notes.flat_map(|option| option.notes.iter().map(|note| (note.as_str(), option.name.as_str()))));
    if remarks.is_empty() {
        return Vec::new();
    }
    vec![Block::Heading("Remarks on the costs".into()), Block::Bullets(remarks)]
}
