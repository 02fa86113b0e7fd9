//! Where every number comes from, and how to make it again.

use super::{cost, model_cards};
use crate::content::author::Author;
use crate::content::demand;
use crate::content::findings::{plural, with_names};
use crate::content::input::OptionFacts;
use crate::document::{Block, Column, Inline, Rich, Row, Section, Source, Table};
use crate::rich;
use assay_base::{Currency, Evidence, format};
use assay_core::Measurement;
use std::collections::BTreeMap;

pub(super) fn section(author: &mut Author<'_>) -> Section {
    let runs_table = runs_table(author);
    let runs = runs_table.rows.len();
    let mut blocks = vec![
        Block::Paragraph(rich![
            "Everything in this document is computed from the study, the measurements and the price quotes whose \
             common hash is ",
            Inline::code(&author.input.evidence_hash),
            ". The same evidence gives the same document, byte for byte."
        ]),
        Block::Heading("Prices".into()),
        Block::Table(prices(author)),
        Block::Heading("Throughputs".into()),
        Block::Table(throughputs(author)),
    ];
    blocks.extend(model_cards::blocks(author));
    blocks.extend([
        Block::Heading("Assumptions".into()),
        Block::Table(assumptions(author)),
        Block::Heading("Runs".into()),
        Block::Table(runs_table),
        Block::Heading("How to make the numbers again".into()),
        Block::Table(commands(author)),
    ]);
    blocks.extend(warnings(author));
    blocks.extend(cost::notes(author));
    Section {
        kicker: "Appendix: provenance".to_owned(),
        action_title: title(author, runs),
        anchor: "provenance".to_owned(),
        blocks,
    }
}

fn title(author: &mut Author<'_>, runs: usize) -> Rich {
    let priced = author.input.options.iter().filter(|option| option.price.is_ok()).count();
    let prices = author.count("prices.known", priced);
    let listed = author.input.assumed.len();
    let assumptions = author.count("assumptions.total", listed);
    let runs_value = author.count("runs.total", runs);
    rich![
        prices,
        plural(priced, " price, ", " prices, "),
        assumptions,
        " assumptions and ",
        runs_value,
        plural(runs, " run", " runs"),
        " are behind this document"
    ]
}

fn date(day: Option<jiff::civil::Date>) -> Rich {
    day.map_or(Rich::from("not known"), |day| Inline::name(day.to_string()).into())
}

/// A web address becomes a link.
fn source_text(source: &str) -> Inline {
    if source.starts_with("https://") || source.starts_with("http://") {
        Inline::url(source, Inline::name(source))
    } else {
        Inline::name(source)
    }
}

fn prices(author: &mut Author<'_>) -> Table {
    let rows = author.input.options.iter().map(|option| price_row(author, option)).collect();
    let day = Inline::name(author.input.pricing_date.to_string());
    let mut evidence: Vec<Evidence> =
        author.input.options.iter().filter_map(|option| Some(option.price.as_ref().ok()?.evidence)).collect();
    evidence.sort_unstable();
    evidence.dedup();
    Table {
        anchor: "prices".to_owned(),
        title: rich!["Price of each option on ", day],
        columns: vec![
            Column::text("Option"),
            Column::text("Offer"),
            Column::number("Price"),
            Column::text("Per"),
            Column::text("Source"),
            Column::text("Date"),
            Column::text("Evidence"),
        ],
        rows,
        source: Source {
            text: rich!["hardware profiles and ", Inline::code("study.yaml"), "; prices as they were quoted."],
            evidence,
            reproduce: Some("assay profiles list --format json".to_owned()),
        },
    }
}

fn price_row(author: &mut Author<'_>, option: &OptionFacts) -> Row {
    let name = Rich::from(Inline::name(&option.name));
    match &option.price {
        Ok(price) => {
            let value = author.value(
                format!("option.{}.price", option.id),
                Some(price.price.amount),
                |amount| exact(amount, price.price.currency),
                Some(price.evidence),
            );
            Row::new(vec![
                name,
                Inline::name(&price.offer).into(),
                value.into(),
                Inline::name(&price.per).into(),
                source_text(&price.source).into(),
                date(price.as_of),
                Inline::Evidence(price.evidence).into(),
            ])
        }
        Err(reason) => {
            let unknown = || Rich::from(format::UNKNOWN);
            Row::new(vec![
                name,
                unknown(),
                unknown(),
                unknown(),
                Inline::name(reason).into(),
                unknown(),
                "unknown".into(),
            ])
        }
    }
}

/// A price as it was quoted, not rounded as in headlines.
fn exact(amount: f64, currency: Currency) -> String {
    let text = format::without_trailing_zeros(&format::significant(amount, 7));
    // A tenth of a unit is written as ten hundredths.
    let hundredths = if text.split_once('.').is_some_and(|(_, digits)| digits.len() == 1) { "0" } else { "" };
    format!("{}{text}{hundredths}", currency.prefix())
}

fn throughputs(author: &mut Author<'_>) -> Table {
    let rows = author.input.options.iter().map(|option| throughput_row(author, option)).collect();
    let items = &author.input.items;
    Table {
        anchor: "throughputs".to_owned(),
        title: rich!["Throughput of one accelerator in ", Inline::name(format!("{items}/s"))],
        columns: vec![
            Column::text("Option"),
            Column::text("Hardware"),
            Column::number("Estimate"),
            Column::number("Range"),
            Column::text("Where it comes from"),
            Column::text("Evidence"),
        ],
        rows,
        source: author.model_source("measurements, projections and the study."),
    }
}

fn throughput_row(author: &mut Author<'_>, option: &OptionFacts) -> Row {
    let name = Rich::from(Inline::name(&option.name));
    let hardware =
        option.hardware.as_deref().map_or(Rich::from("not in the catalogue"), |name| Inline::name(name).into());
    let Ok(known) = &option.throughput else {
        let reason = option.throughput.as_ref().err().cloned().unwrap_or_default();
        let unknown = || Rich::from(format::UNKNOWN);
        return Row::new(vec![name, hardware, unknown(), unknown(), Inline::name(reason).into(), "unknown".into()]);
    };
    let estimate = known.per_accelerator;
    let id = |what: &str| format!("option.{}.per_accelerator{what}", option.id);
    let class = Some(estimate.evidence);
    let value = author.value(id(""), Some(estimate.value), format::compact, class);
    let low = author.value(id("_low"), Some(estimate.low), format::compact, class);
    let high = author.value(id("_high"), Some(estimate.high), format::compact, class);
    let mut origin = Rich::from(Inline::name(&known.source));
    if let Some(projection) = &known.projection {
        let part = Some(projection.source_efficiency);
        let part = author.value(id("_efficiency"), part, |part| format::percent(part, 0), class);
        origin.extend(rich!["; efficiency carried over: ", part]);
        if projection.source_bound != projection.target_bound {
            origin.push("; another resource binds there, so the efficiency may differ");
        }
    }
    Row::new(vec![
        name,
        hardware,
        value.into(),
        rich![low, " to ", high],
        origin,
        Inline::Evidence(estimate.evidence).into(),
    ])
}

/// Every input that entered the costs beside prices and throughputs.
fn assumptions(author: &mut Author<'_>) -> Table {
    let input = author.input;
    let rows = input
        .assumed
        .iter()
        .map(|fact| {
            let text = fact.text.clone();
            // What is no single number is said in words.
            let shown: Rich = match fact.value {
                _ if fact.key == "demand" => demand::with_season(&mut author.numbers, &input.items),
                Some(_) => {
                    let id = format!("assumption.{}", fact.key);
                    let value = author.value(id, fact.value, |_| text, Some(Evidence::Assumed));
                    let space = if fact.unit.is_empty() { "" } else { "\u{a0}" };
                    rich![value, space, Inline::name(&fact.unit)]
                }
                None => Inline::name(text).into(),
            };
            let or_dash = |text: &str| Inline::name(if text.is_empty() { format::UNKNOWN } else { text });
            Row::new(vec![
                Inline::name(&fact.label).into(),
                shown,
                or_dash(fact.default.as_deref().unwrap_or_default()).into(),
                Inline::name(&fact.origin).into(),
                or_dash(&fact.source).into(),
            ])
        })
        .collect();
    Table {
        anchor: "assumptions".to_owned(),
        title: "Every input of the costs beside prices and throughputs".into(),
        columns: vec![
            Column::text("Assumption"),
            Column::text("Value"),
            Column::text("Default"),
            Column::text("Origin"),
            Column::text("Source"),
        ],
        rows,
        source: Source {
            text: rich![
                "the study's ",
                Inline::code("study.yaml"),
                "; what it does not state has its default, and what no cost depends on is left out."
            ],
            evidence: vec![Evidence::Assumed],
            reproduce: Some(author.command("cost", "--format json")),
        },
    }
}

/// The measurements of each run, in the order in which the runs began.
fn runs(measurements: &[Measurement]) -> Vec<(&str, Vec<&Measurement>)> {
    let mut by_run: BTreeMap<&str, Vec<&Measurement>> = BTreeMap::new();
    for measurement in measurements {
        by_run.entry(&measurement.run_id).or_default().push(measurement);
    }
    let mut runs: Vec<(&str, Vec<&Measurement>)> = by_run.into_iter().collect();
    runs.sort_by_key(|(id, found)| (found.iter().map(|measurement| measurement.started_at).min(), *id));
    runs
}

pub(in crate::content) fn runs_table(author: &mut Author<'_>) -> Table {
    let rows = runs(&author.input.measurements)
        .iter()
        .map(|(id, found)| {
            let passed = found.iter().filter(|measurement| measurement.status.passed()).count();
            let began = found.iter().map(|measurement| measurement.started_at).min();
            let began = began.map_or(String::new(), |time| time.strftime("%Y-%m-%d %H:%M").to_string());
            let first = found.first();
            let distinct = |of: fn(&Measurement) -> String| {
                let names: std::collections::BTreeSet<String> = found.iter().map(|one| of(one)).collect();
                names.into_iter().collect::<Vec<_>>().join(", ")
            };
            Row::new(vec![
                Inline::code(*id).into(),
                Inline::name(began).into(),
                Inline::name(first.and_then(|one| one.suite.clone()).unwrap_or_else(|| "–".to_owned())).into(),
                Inline::name(distinct(|one| one.target.clone())).into(),
                Inline::name(distinct(|one| one.stack.to_string())).into(),
                author.count(format!("run.{id}.results"), found.len()).into(),
                author.count(format!("run.{id}.passed"), passed).into(),
            ])
        })
        .collect();
    Table {
        anchor: "runs".to_owned(),
        title: "Runs behind the measurements".into(),
        columns: vec![
            Column::text("Run"),
            Column::text("Began (UTC)"),
            Column::text("Suite"),
            Column::text("Target"),
            Column::text("Stacks"),
            Column::number("Results"),
            Column::number("Passed"),
        ],
        rows,
        source: author.measured_source("the study's measurements."),
    }
}

fn commands(author: &Author<'_>) -> Table {
    let suite = format!("--suite {}", author.input.study.suite);
    let line = |what: &str, command: String| Row::new(vec![what.into(), Inline::code(command).into()]);
    Table {
        anchor: "commands".to_owned(),
        title: "Commands that print the content of the tables".into(),
        columns: vec![Column::text("What"), Column::text("Command")],
        rows: vec![
            line("Measure again", author.command("run", &suite)),
            line("Measurements and roofline", author.command("results list", "--format csv")),
            line("Options, costs and returns", author.command("cost", "--format json")),
            line("Prices and specifications", "assay profiles list --format json".to_owned()),
            line("This document", author.command("report", "--kind dossier")),
        ],
        source: Source { text: rich!["Assay's command line."], ..Source::default() },
    }
}

/// What the reader of a price or throughput should know.
fn warnings(author: &Author<'_>) -> Vec<Block> {
    let mut remarks: Vec<(String, &str)> = Vec::new();
    for option in &author.input.options {
        if let Ok(price) = &option.price {
            remarks.extend(price.warnings.iter().map(|warning| (warning.clone(), option.name.as_str())));
        }
        if let Ok(known) = &option.throughput {
            remarks.extend(known.to_repeat.iter().map(|repeat| (repeat.to_string(), option.name.as_str())));
            remarks.extend(known.warnings.iter().map(|warning| (warning.clone(), option.name.as_str())));
        }
    }
    let warnings = with_names(remarks.iter().map(|(text, name)| (text.as_str(), *name)));
    if warnings.is_empty() {
        return Vec::new();
    }
    vec![Block::Heading("Remarks on prices and throughputs".into()), Block::Bullets(warnings)]
}
