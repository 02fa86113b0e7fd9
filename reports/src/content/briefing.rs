//! The executive briefing: the decision on one page, what it rests on and what is asked for on the next.

use super::author::{Author, in_months};
use super::findings::{plural, remark};
use super::{MigrationPlan, ReportInput, ReportKind, answer, asked, dossier, sensitivity};
use crate::document::{
    Block, Callout, Column, Document, Figure, Inline, Rich, Row, RowKind, SCHEMA_VERSION, Section, Table,
};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::Evaluation;

/// Lower than in the dossier, so that the decision and its chart share the first page.
const CHART_HEIGHT_PT: f32 = 104.0;
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
/// Options in the table, today's platform among them: an executive weighs few, and two pages hold no more.
const MOST_OPTIONS: usize = 7;

fn options(author: &mut Author<'_>) -> Table {
    let best = author.found.best.map(|best| best.id.clone());
    let mut options: Vec<&Evaluation> = author.found.in_order().collect();
    let all = options.len();
    if all > MOST_OPTIONS {
        let kept: Vec<&str> =
            options.iter().filter(|o| !o.is_baseline).take(MOST_OPTIONS - 1).map(|o| o.id.as_str()).collect();
        options.retain(|option| option.is_baseline || kept.contains(&option.id.as_str()));
    }
    let source = match options.len() == all {
        true => "the study's cost model; the dossier has every input and its source.",
        false => "the study's cost model; the dossier has the other options, every input and its source.",
    };
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
        source: author.cost_source(source),
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
        if let Some(effort) = plan_of(author, &best.id).map(|plan| plan.effort).filter(|e| e.expected_days > 0.0) {
            let class = Some(Evidence::Assumed);
            let in_days = |days| format::thousands(days, 0);
            let days = author.value("plan.effort_days", Some(effort.expected_days), in_days, class);
            let p80 = author.value("plan.effort_p80_days", Some(effort.p80_days), in_days, class);
            asks.push(match effort.p80_days > effort.expected_days {
                true => rich![
                    "Assign engineers for ",
                    days,
                    " person-days of migration (",
                    p80,
                    " suffice four times in five)."
                ],
                false => rich!["Assign engineers for ", days, " person-days of migration."],
            });
        }
    }
    if let Some(measure) = sensitivity::to_measure(author) {
        let when = if measure.before_signing { "Before signing: " } else { "At the first gate: " };
        let mut text = rich![Inline::strong(when)];
        text.extend(measure.text);
        asks.push(text);
    }
    asks
}

/// The plan of the move to an option, where there is one.
fn plan_of<'a>(author: &Author<'a>, id: &str) -> Option<&'a MigrationPlan> {
    author.input.migration.as_ref().ok().filter(|plan| plan.to == id)
}

/// What the plan of the move does in each of the next three months.
fn waves(author: &mut Author<'_>, plan: &MigrationPlan, months: &mut [Vec<Rich>; 3]) {
    const DAYS: i32 = 30;
    let from = author.input.pricing_date;
    for wave in &plan.waves {
        let (starts, ends) = ((wave.starts - from).get_days(), (wave.ends - from).get_days());
        for (month, steps) in (0..).zip(months.iter_mut()) {
            let window = month * DAYS..(month + 1) * DAYS;
            if window.contains(&starts.max(0)) && ends > 0 {
                let (first, last) = (author.date(wave.starts), author.date(wave.ends));
                steps.push(rich![Inline::name(&wave.name), ", ", first, " to ", last, "."]);
            } else if starts < window.start && ends > window.start {
                steps.push(rich![Inline::name(&wave.name), " continues."]);
            }
        }
    }
}

/// The next ninety days, from what the study says is to be done.
fn next_days(author: &mut Author<'_>) -> Table {
    let input = author.input;
    let moving = author.found.best.filter(|best| !best.is_baseline);
    let mut months: [Vec<Rich>; 3] = Default::default();
    if sensitivity::to_measure(author).is_some_and(|measure| measure.before_signing) {
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
            months[0].push(rich!["Confirm price and supply of ", name, " in writing."]);
            match plan_of(author, &best.id) {
                Some(plan) => waves(author, plan, &mut months),
                None => {
                    months[1].push(rich!["Port the workload; prove that its results are the same."]);
                    months[2].push(rich!["Move the first share of the load, with a way back."]);
                }
            }
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
            text: rich!["the migration plan, and rules over the study; the author may replace them."],
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
