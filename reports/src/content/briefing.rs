//! The executive briefing: the decision on one page, what it rests on and what is asked for on the next.

use super::author::{Author, in_months};
use super::findings::{plural, remark};
use super::{ReportInput, ReportKind, answer, asked, dossier, sensitivity};
use crate::document::{
    Block, Callout, Column, Document, Figure, Inline, Rich, Row, RowKind, SCHEMA_VERSION, Section, Table,
};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::Evaluation;

/// Lower than in the dossier, so that the decision and its chart share the first page.
const CHART_HEIGHT_PT: f32 = 128.0;
/// Inputs in the strip of sensitivities.
const SWINGS_SHOWN: usize = 5;
/// Open points that an executive is shown; the dossier has all.
const POINTS_SHOWN: usize = 4;

/// Composes the briefing of a study.
pub(super) fn compose(input: &ReportInput) -> Document {
    let mut author = Author::new(input);
    let section = decision(&mut author);
    let meta = super::meta(ReportKind::Briefing, input);
    Document {
        schema_version: SCHEMA_VERSION,
        meta,
        cover: None,
        sections: vec![section],
        values: author.into_values(),
    }
}

fn decision(author: &mut Author<'_>) -> Section {
    let input = author.input;
    let mut lead = rich![Inline::emphasis(Inline::name(&input.study.question)), " "];
    lead.extend(answer::statement(author));
    let mut blocks = vec![Block::Lead(lead), Block::Kpis(dossier::kpis(author)), Block::Callout(confidence(author))];
    blocks.push(Block::Table(options(author)));
    if author.found.best.is_some() {
        let figure = dossier::cash_figure(author);
        blocks.push(Block::Figures(vec![Figure { height_pt: CHART_HEIGHT_PT, ..figure }]));
    }
    if let Some(figure) = sensitivity::figure(author, SWINGS_SHOWN) {
        blocks.push(Block::Figures(vec![figure]));
    }
    blocks.push(Block::Heading("What is asked for".into()));
    blocks.push(Block::Bullets(ask(author)));
    blocks.push(Block::Table(next_days(author)));
    blocks.extend(open_points(author));
    Section {
        kicker: ReportKind::Briefing.title().to_owned(),
        action_title: answer::headline(author),
        anchor: "briefing".to_owned(),
        blocks,
    }
}

fn confidence(author: &mut Author<'_>) -> Callout {
    let confidence = author.input.answer.confidence;
    let mut body = vec![answer::confidence(author)];
    body.extend(dossier::projection_error(author));
    Callout { tone: confidence.tone(), title: rich!["Confidence: ", confidence.label()], body }
}

/// The options in the words of those who pay: what each costs, saves and when it pays back.
fn options(author: &mut Author<'_>) -> Table {
    let best = author.found.best.map(|best| best.id.clone());
    let options: Vec<&Evaluation> = author.found.in_order().collect();
    let rows = options
        .into_iter()
        .map(|option| {
            let kind = if Some(&option.id) == best.as_ref() { RowKind::Highlight } else { RowKind::Plain };
            row(author, option).kind(kind)
        })
        .collect();
    Table {
        anchor: "options".to_owned(),
        title: rich!["What each option costs over ", author.taxed_horizon()],
        columns: vec![
            Column::text("Option"),
            Column::number("Total cost"),
            Column::number("Range"),
            Column::number("Value of moving (NPV)"),
            Column::number("Payback"),
            Column::text("Weakest evidence"),
        ],
        rows,
        source: author.cost_source("the study's cost model; the dossier has every input and its source."),
    }
}

fn row(author: &mut Author<'_>, option: &Evaluation) -> Row {
    let name = if option.is_baseline {
        rich![Inline::name(&option.name), " (today)"]
    } else {
        Inline::name(&option.name).into()
    };
    let range = author.cost_range(option);
    let payback: Rich = match option.payback_months() {
        _ if option.is_baseline => "–".into(),
        Some(months) if months > 0.0 => {
            let id = format!("option.{}.payback", option.id);
            author.value(id, Some(months), in_months, Some(option.evidence)).into()
        }
        Some(_) => "at once".into(),
        None if option.benefit.is_some() => "not reached".into(),
        None => format::UNKNOWN.into(),
    };
    let npv = option.npv().filter(|_| !option.is_baseline).map(|npv| npv.amount);
    let npv: Rich = if option.is_baseline { "–".into() } else { author.amount(option, "npv", npv).into() };
    let evidence = Inline::Evidence(option.evidence).into();
    Row::new(vec![name, author.total(option).into(), range, npv, payback, evidence])
}

/// What has to be decided, by rule: money and people for a move that is sure enough, a measurement where it is not.
fn ask(author: &mut Author<'_>) -> Vec<Rich> {
    let Some(best) = author.found.best else {
        return vec![rich!["Time to complete the study: ", answer::no_answer_reason(&author.found), "."]];
    };
    let mut asks = Vec::new();
    if best.is_baseline {
        asks.push(rich![
            "Agree to stay with ",
            Inline::name(&best.name),
            " and to look again when prices or demand change."
        ]);
    } else {
        asks.extend(asked::money(author, best));
        let effort = author.input.study.option(&best.id).and_then(|option| option.migration.as_ref());
        if let Some(days) = effort.map(|migration| migration.effort_person_days.value()).filter(|days| *days > 0.0) {
            let id = format!("option.{}.effort_days", best.id);
            let days = author.value(id, Some(days), |days| format::thousands(days, 0), Some(Evidence::Assumed));
            asks.push(rich!["Assign engineers for ", days, " person-days of migration."]);
        }
    }
    if let Some(next) = &author.input.answer.next_measurement {
        asks.push(rich![Inline::strong("Before signing: "), Inline::name(next), "."]);
    }
    asks
}

/// The next ninety days, from what the study says is to be done.
fn next_days(author: &mut Author<'_>) -> Table {
    let input = author.input;
    let moving = author.found.best.filter(|best| !best.is_baseline);
    let mut months: [Vec<Rich>; 3] = Default::default();
    if input.answer.next_measurement.is_some() {
        months[0].push(rich!["Measure what the answer rests on; repeat the briefing."]);
    }
    let stale = input.options.iter().filter_map(|option| option.price.as_ref().ok()).filter(|p| !p.warnings.is_empty());
    let stale = stale.count();
    if stale > 0 {
        let count = author.count("prices.to_renew", stale);
        months[0].push(rich![
            "Renew ",
            count,
            plural(stale, " price quote", " price quotes"),
            " that are old or doubtful."
        ]);
    }
    match moving {
        Some(best) => {
            let name = Inline::name(&best.name);
            months[0].push(rich!["Confirm price and supply of ", name.clone(), " in writing."]);
            months[1].push(rich!["Port the workload; prove that its results are the same."]);
            let parallel = input.study.option(&best.id).and_then(|option| option.migration.as_ref());
            let parallel = parallel.map(|migration| migration.parallel_run_months).filter(|months| *months > 0.0);
            months[2].push(match parallel {
                Some(parallel) => {
                    let id = format!("option.{}.parallel", best.id);
                    let length = author.value(id, Some(parallel), in_months, Some(Evidence::Assumed));
                    rich!["Run old and new side by side for ", length, ", with a way back."]
                }
                None => rich!["Move the first share of the load, with a way back."],
            });
        }
        None => {
            months[1].push(rich!["Settle the open points below."]);
            months[2].push(rich!["Compare again with fresh prices."]);
        }
    }
    let labels = ["First month", "Second month", "Third month"];
    let rows = labels
        .into_iter()
        .zip(months)
        .map(|(label, steps)| {
            let mut text = Rich::new();
            for (index, step) in steps.into_iter().enumerate() {
                if index > 0 {
                    text.push(" ");
                }
                text.extend(step);
            }
            if text.is_empty() {
                text.push("Nothing beyond daily work.");
            }
            Row::new(vec![label.into(), text])
        })
        .collect();
    Table {
        anchor: "next-days".to_owned(),
        title: "The next ninety days".into(),
        columns: vec![Column::text("When"), Column::text("What")],
        rows,
        source: crate::document::Source {
            text: rich!["rules over the study; the author may replace them."],
            ..Default::default()
        },
    }
}

/// What is missing, shortened.
fn open_points(author: &mut Author<'_>) -> Vec<Block> {
    let missing = &author.input.missing;
    if missing.is_empty() {
        return Vec::new();
    }
    let mut points: Vec<Rich> = missing.iter().take(POINTS_SHOWN).map(|text| remark(text)).collect();
    let rest = missing.len().saturating_sub(POINTS_SHOWN);
    if rest > 0 {
        let count = author.count("missing.rest", rest);
        points.push(rich!["and ", count, " more, listed in the dossier"]);
    }
    vec![Block::Heading("What is missing or out of date".into()), Block::Bullets(points)]
}
