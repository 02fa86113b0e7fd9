//! What is not known as one number, and what that does to the decision: odds, break-evens, waiting.

use crate::charts::{BreakEvenChart, Chart, CostCurve, Quantity};
use crate::content::author::Author;
use crate::content::facts::{BreakEvenFacts, Crossover, OptionOdds, UncertaintyFacts, WaitingFacts};
use crate::content::findings::{facts, is_nothing, plural};
use crate::content::sensitivity;
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Table};
use crate::rich;
use assay_base::{Evidence, format};

/// Inputs whose exact knowledge would be worth something.
const INFORMATION_SHOWN: usize = 5;
/// A worth below this part of the cost is rounding.
const LEAST_WORTH: f64 = 1e-6;
/// Inputs in the tornado.
const SWINGS_SHOWN: usize = 10;

pub(super) fn section(author: &mut Author<'_>) -> Section {
    let mut blocks = Vec::new();
    let uncertainty = author.input.uncertainty.clone();
    match &uncertainty {
        Some(found) => {
            blocks.push(Block::Paragraph(paragraph(author, found)));
            blocks.extend(found.together.iter().map(|names| {
                let names = Inline::name(names.join("; "));
                Block::Paragraph(rich!["Projected by one method and so drawn with one error: ", names, "."])
            }));
            blocks.push(Block::Table(odds_table(author, found)));
            blocks.extend(information(author, found));
        }
        None => blocks.push(Block::Paragraph(rich![
            "No input of a ranked option is stated as a range, so there is nothing to draw from. Give one a \
             distribution, such as ",
            Inline::code("triangular: [low, likeliest, high]"),
            "."
        ])),
    }
    blocks.extend(sensitivity::figure(author, SWINGS_SHOWN).map(|figure| Block::Figures(vec![figure])));
    blocks.extend(curves(author));
    blocks.extend(crossings(author));
    blocks.extend(waiting(author));
    Section {
        kicker: "Uncertainty".to_owned(),
        action_title: title(author, uncertainty.as_ref()),
        anchor: "uncertainty".to_owned(),
        blocks,
    }
}

fn name(author: &Author<'_>, id: &str) -> String {
    facts(author.input, id).map_or_else(|| id.to_owned(), |option| option.name.clone())
}

fn odds_of<'f>(found: &'f UncertaintyFacts, id: &str) -> Option<&'f OptionOdds> {
    found.options.iter().find(|option| option.id == id)
}

fn title(author: &mut Author<'_>, found: Option<&UncertaintyFacts>) -> Rich {
    let best = author.found.best.map(|best| (best.id.clone(), best.name.clone()));
    match (found, best) {
        (Some(found), Some((id, name))) => match odds_of(found, &id) {
            Some(odds) => {
                let share = author.share(format!("odds.{id}.best"), Some(odds.best), Evidence::Assumed);
                rich!["In ", share, " of the cases drawn the cheapest is ", Inline::name(name)]
            }
            None => rich!["The recommendation took no part in the draw"],
        },
        (Some(_), None) => rich!["What the ranges say, without an answer yet"],
        (None, _) => rich!["Nothing is stated as a range, so no odds can be given"],
    }
}

fn paragraph(author: &mut Author<'_>, found: &UncertaintyFacts) -> Rich {
    let samples = author.count("odds.samples", found.samples);
    let inputs = author.count("odds.inputs", found.inputs);
    let seed = author.value("odds.seed", Some(found.seed as f64), |seed| format!("{seed:.0}"), None);
    rich![
        samples,
        " cases were drawn over ",
        inputs,
        plural(found.inputs, " input", " inputs"),
        " that are not known as one number: what the study states as a distribution, and each throughput over its \
         range (Latin hypercube, seed ",
        seed,
        "). P10 is exceeded in nine cases of ten, P90 in one."
    ]
}

fn odds_table(author: &mut Author<'_>, found: &UncertaintyFacts) -> Table {
    let best = author.found.best.map(|best| best.id.clone());
    let rows = found
        .options
        .iter()
        .map(|odds| {
            let id = |what: &str| format!("odds.{}.{what}", odds.id);
            let currency = author.input.assumptions.currency;
            let class = Evidence::Assumed;
            let money = |author: &mut Author<'_>, what: &str, amount: Option<f64>| -> Rich {
                author.value(id(what), amount, |amount| format::money_in(amount, currency), Some(class)).into()
            };
            let npv = |index: usize| odds.npv.and_then(|npv| npv.get(index).copied());
            let cells = vec![
                Inline::name(name(author, &odds.id)).into(),
                money(author, "cost_p10", Some(odds.cost[0])),
                money(author, "cost_p50", Some(odds.cost[1])),
                money(author, "cost_p90", Some(odds.cost[2])),
                money(author, "npv_p10", npv(0)),
                money(author, "npv_p50", npv(1)),
                money(author, "npv_p90", npv(2)),
                author.share(id("positive"), odds.positive_npv, class).into(),
                author.share(id("best"), Some(odds.best), class).into(),
            ];
            Row::new(cells).kind(if Some(&odds.id) == best.as_ref() { RowKind::Highlight } else { RowKind::Plain })
        })
        .collect();
    let mut source = author.cost_source("Monte Carlo over the cost models.");
    source.reproduce = Some(author.command("cost", &format!("--samples {} --seed {}", found.samples, found.seed)));
    Table {
        anchor: "odds".to_owned(),
        title: "Present value of the cost and NPV over all cases".into(),
        columns: vec![
            Column::text("Option"),
            Column::number("Cost P10"),
            Column::number("P50"),
            Column::number("P90"),
            Column::number("NPV P10"),
            Column::number("P50"),
            Column::number("P90"),
            Column::number("NPV above 0"),
            Column::number("Costs least"),
        ],
        rows,
        source,
    }
}

/// What knowing an input before deciding would be worth.
fn information(author: &mut Author<'_>, found: &UncertaintyFacts) -> Option<Block> {
    let scale = found.options.iter().map(|odds| odds.cost[1].abs()).fold(0.0, f64::max);
    let worth: Vec<&(String, f64)> =
        found.information.iter().filter(|(_, worth)| *worth > LEAST_WORTH * scale).take(INFORMATION_SHOWN).collect();
    if worth.is_empty() {
        return Some(Block::Paragraph(rich![
            "Whatever any one of these inputs turns out to be within its range, the same option costs least. A \
             measurement is made to test the ranges themselves."
        ]));
    }
    let currency = author.input.assumptions.currency;
    let class = Some(Evidence::Assumed);
    let lines = worth
        .into_iter()
        .enumerate()
        .map(|(index, (input, worth))| {
            let id = format!("odds.information.{index}");
            let worth = author.value(id, Some(*worth), |worth| format::money_in(worth, currency), class);
            rich![Inline::strong(Inline::name(input)), ": knowing it before deciding is worth ", worth, " on average."]
        })
        .collect();
    Some(Block::Bullets(lines))
}

/// What the options cost over the volume.
fn curves(author: &mut Author<'_>) -> Option<Block> {
    let options: Vec<CostCurve> = author
        .input
        .volume_curves
        .iter()
        .filter(|curve| curve.points.len() > 1)
        .map(|curve| CostCurve { name: name(author, &curve.option), points: curve.points.clone() })
        .collect();
    if options.len() < 2 {
        return None;
    }
    let currency = author.input.assumptions.currency;
    let horizon = author.horizon();
    let takeaway = rich!["What each option costs over ", horizon, ", by the volume of the first month"];
    Some(Block::Figures(vec![Figure {
        anchor: "volume-curves".to_owned(),
        takeaway,
        chart: Chart::BreakEven(BreakEvenChart {
            options,
            volume: Quantity::Number,
            volume_axis: format!("{} in the first month", author.input.items),
            cost: Quantity::Money(currency),
            cost_axis: format!("Present value of the cost ({currency})"),
        }),
        height_pt: 205.0,
        source: author.cost_source("the cost models at each volume; whole units make steps."),
    }]))
}

/// Where the order changes as a table, and in a sentence which inputs do not change it.
fn crossings(author: &mut Author<'_>) -> Vec<Block> {
    let best = author.found.best.map(|best| best.id.clone());
    let of_interest: Vec<BreakEvenFacts> = author
        .input
        .break_evens
        .iter()
        .filter(|found| best.is_none() || Some(&found.option) == best.as_ref() || Some(&found.against) == best.as_ref())
        .cloned()
        .collect();
    let (never, changing): (Vec<BreakEvenFacts>, Vec<BreakEvenFacts>) =
        of_interest.into_iter().partition(|found| matches!(found.found, Crossover::Never(_)));
    let mut blocks = Vec::new();
    if !changing.is_empty() {
        let rows = changing.iter().enumerate().map(|(index, found)| crossing_row(author, index, found)).collect();
        blocks.push(Block::Table(Table {
            anchor: "break-evens".to_owned(),
            title: "Where the order changes: one input at a time".into(),
            columns: vec![
                Column::text("Option"),
                Column::text("Against"),
                Column::text("Input"),
                Column::number("Now"),
                Column::number("Changes at"),
                Column::text("What it says"),
            ],
            rows,
            source: author.cost_source("present values of the cost over a wide range of the input."),
        }));
    }
    let mut steady: Vec<((String, String), Vec<&str>)> = Vec::new();
    for found in &never {
        let pair = (name(author, &found.option), name(author, &found.against));
        match steady.iter_mut().find(|(known, _)| *known == pair) {
            Some((_, inputs)) => inputs.push(found.driver.label()),
            None => steady.push((pair, vec![found.driver.label()])),
        }
    }
    let lines: Vec<Rich> = steady
        .into_iter()
        .map(|((option, against), inputs)| {
            rich![
                Inline::name(option),
                " against ",
                Inline::name(against),
                ": the order stays the same over the whole range of ",
                Inline::emphasis(listed(&inputs)),
                "."
            ]
        })
        .collect();
    if !lines.is_empty() {
        blocks.push(Block::Bullets(lines));
    }
    blocks
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[&str]) -> Rich {
    let mut list = Rich::new();
    for (index, part) in parts.iter().enumerate() {
        match index {
            0 => {}
            _ if index + 1 == parts.len() => list.push(" and "),
            _ => list.push(", "),
        }
        list.push(Inline::name(*part));
    }
    list
}

fn crossing_row(author: &mut Author<'_>, index: usize, found: &BreakEvenFacts) -> Row {
    let currency = author.input.assumptions.currency;
    let id = |what: &str| format!("break_even.{index}.{what}");
    let class = Some(Evidence::Assumed);
    let show = |value: f64| sensitivity::value_text(&found.driver, value, currency);
    let now = author.value(id("now"), Some(found.now), show, class);
    let (at, says): (Option<f64>, Rich) = match &found.found {
        Crossover::At { value, below, above } => (
            Some(*value),
            rich![Inline::name(name(author, below)), " below, ", Inline::name(name(author, above)), " above"],
        ),
        Crossover::Never(_) => (None, rich!["nowhere in the range looked at"]),
        Crossover::Unknown(reason) => (None, rich!["not known: ", Inline::name(reason)]),
    };
    let at = author.value(id("at"), at, show, class);
    Row::new(vec![
        Inline::name(name(author, &found.option)).into(),
        Inline::name(name(author, &found.against)).into(),
        Inline::name(found.driver.label()).into(),
        now.into(),
        at.into(),
        says,
    ])
}

/// What waiting would bring or cost.
fn waiting(author: &mut Author<'_>) -> Vec<Block> {
    let all = author.input.waiting.clone();
    if all.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Heading("Now or later".into())];
    for (index, waiting) in all.iter().enumerate() {
        blocks.push(Block::Paragraph(waiting_text(author, index, waiting)));
    }
    blocks
}

fn waiting_text(author: &mut Author<'_>, index: usize, waiting: &WaitingFacts) -> Rich {
    let id = |what: &str| format!("waiting.{index}.{what}");
    let class = Some(Evidence::Assumed);
    let option = Inline::strong(Inline::name(name(author, &waiting.option)));
    let meanwhile = Inline::name(name(author, &waiting.meanwhile));
    let months =
        author.value(id("months"), Some(f64::from(waiting.months)), |_| format::whole_months(waiting.months), class);
    let known = match &waiting.value {
        Ok(known) => known,
        Err(reason) => {
            return rich![
                "What waiting ",
                months,
                " for ",
                option,
                " is worth is not known: ",
                Inline::name(reason),
                "."
            ];
        }
    };
    let currency = author.input.assumptions.currency;
    let money = |amount: f64| format::money_in(amount, currency);
    let value = author.value(id("value"), Some(known.value.abs()), money, class);
    let now = author.value(id("now"), Some(known.now.min(known.staying)), money, class);
    let later = author.value(id("later"), Some(known.waiting), money, class);
    let verdict = if known.value > 0.0 { " saves " } else { " costs " };
    let mut text = rich![
        "Waiting ",
        months,
        " for ",
        option,
        " with ",
        meanwhile,
        " meanwhile",
        verdict,
        Inline::strong(value),
        " on average: ",
        later,
        " instead of ",
        now,
        " with the better of deciding now and never."
    ];
    for (number, (name, probability, saving)) in known.scenarios.iter().enumerate() {
        let share = author.share(id(&format!("probability.{number}")), Some(*probability), Evidence::Assumed);
        let word = if *saving >= 0.0 { " saves " } else { " costs " };
        let saving = author.value(id(&format!("saving.{number}")), Some(saving.abs()), money, class);
        let start = if number == 0 { " If " } else { "; if " };
        text.extend(rich![start, Inline::name(name), " (", share, "), waiting", word, saving]);
    }
    if !known.scenarios.is_empty() {
        text.push(".");
    }
    text.extend(rich![" Source: ", Inline::name(&waiting.source), "."]);
    text
}

/// The cost of another month without a decision, where the move saves money.
pub(super) fn cost_of_delay(author: &mut Author<'_>) -> Option<Rich> {
    let best = author.found.best.filter(|best| !best.is_baseline)?;
    let saving = author.found.saving().filter(|saving| *saving > 0.0 && !is_nothing(*saving, best))?;
    let months = f64::from(author.input.assumptions.horizon_months);
    let a_month = author.amount(best, "saving_a_month", Some(saving / months));
    Some(rich![
        Inline::strong("Cost of delay. "),
        "Each month of waiting forgoes ",
        Inline::strong(a_month),
        " on average, the saving spread over the horizon."
    ])
}
