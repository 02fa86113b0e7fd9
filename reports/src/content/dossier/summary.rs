//! The decision on one page.

use super::{model_cards, odds};
use crate::content::author::{Author, in_months, months_plain, throughput_class};
use crate::content::findings::{remark, total};
use crate::content::{answer, sensitivity};
use crate::document::{Block, Callout, Column, Inline, Kpi, Rich, Row, RowKind, Section, Table, Tone};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::Evaluation;

pub(super) fn section(author: &mut Author<'_>) -> Section {
    let input = author.input;
    let mut lead = rich![Inline::emphasis(Inline::name(&input.study.question)), " "];
    lead.extend(answer::statement(author));
    let mut blocks = vec![Block::Lead(lead)];
    blocks.push(Block::Kpis(kpis(author)));
    blocks.push(Block::Callout(confidence(author)));
    blocks.extend(points(author));
    blocks.push(Block::Table(options_table(author)));
    blocks.extend(not_ranked(author));
    let mut changes = answer::would_change(author);
    changes.extend(sensitivity::flipping(author));
    if !changes.is_empty() {
        blocks.push(Block::Heading("What would change the answer".into()));
        blocks.push(Block::Bullets(changes));
    }
    blocks.push(Block::Heading("What is missing or out of date".into()));
    blocks.push(missing(author));
    blocks.extend(authors_words(author));
    Section {
        kicker: "Decision summary".to_owned(),
        action_title: answer::headline(author),
        anchor: "summary".to_owned(),
        blocks,
    }
}

/// What could be stated of the recommendation in four numbers.
pub(in crate::content) fn kpis(author: &mut Author<'_>) -> Vec<Kpi> {
    let Some(best) = author.found.best else { return kpis_without_answer(author) };
    vec![total_kpi(author, best), saving_kpi(author, best), payback_kpi(author, best), unit_cost_kpi(author, best)]
}

fn total_kpi(author: &mut Author<'_>, best: &Evaluation) -> Kpi {
    let mut range = rich!["range "];
    range.extend(author.cost_range(best));
    Kpi {
        label: rich!["Total cost, ", author.taxed_horizon()],
        value: author.total(best).into(),
        comparison: range,
        note: Inline::Evidence(best.evidence).into(),
        tone: Tone::Neutral,
    }
}

fn saving_kpi(author: &mut Author<'_>, best: &Evaluation) -> Kpi {
    let saving = author.found.saving();
    let rival = author.found.rival();
    let share = rival.and_then(total).filter(|total| *total > 0.0).zip(saving).map(|(total, saving)| saving / total);
    let npv = best.npv().map(|npv| npv.amount);
    let note = if best.is_baseline {
        Inline::Evidence(best.evidence).into()
    } else {
        let rate = author.input.assumptions.discount_rate_annual;
        let rate = author.value("discount_rate", Some(rate), |rate| format::percent(rate, 1), Some(Evidence::Assumed));
        rich!["NPV ", author.amount(best, "npv", npv), " at ", rate]
    };
    let id = format!("option.{}.saving_signed_share", best.id);
    Kpi {
        label: if best.is_baseline { rich!["Saving against the next best"] } else { rich!["Saving against today"] },
        value: author.amount(best, "saving_signed", saving).into(),
        comparison: rich![author.share(id, share, best.evidence), " of its cost"],
        note,
        tone: match saving {
            Some(saving) if saving > 0.0 => Tone::Positive,
            Some(_) => Tone::Negative,
            None => Tone::Caution,
        },
    }
}

fn payback_kpi(author: &mut Author<'_>, best: &Evaluation) -> Kpi {
    let months = best.payback_months();
    let id = format!("option.{}.payback", best.id);
    let (value, comparison, tone) = match (&best.benefit, months) {
        (_, Some(months)) if months > 0.0 => {
            let value = author.value(id, Some(months), in_months, Some(best.evidence));
            (Rich::from(value), rich!["cumulative, undiscounted"], Tone::Positive)
        }
        (_, Some(_)) => (rich!["at once"], rich!["no outlay beyond the baseline"], Tone::Positive),
        (Some(_), None) => (rich!["not reached"], rich!["within the horizon"], Tone::Negative),
        (None, None) => (rich![format::UNKNOWN], rich!["nothing to pay back"], Tone::Neutral),
    };
    let note = Inline::Evidence(best.evidence).into();
    Kpi { label: rich!["Payback"], value, comparison, note, tone }
}

fn unit_cost_kpi(author: &mut Author<'_>, best: &Evaluation) -> Kpi {
    let own = author.unit_cost(best);
    let ratio = author
        .found
        .rival()
        .and_then(|rival| rival.cost_per_million)
        .zip(best.cost_per_million)
        .filter(|(_, own)| own.value.amount > 0.0)
        .map(|(rival, own)| rival.value.amount / own.value.amount);
    let id = format!("option.{}.unit_cost_ratio", best.id);
    let comparison = match ratio {
        Some(_) => {
            let rival = if best.is_baseline { "the next best: " } else { "today: " };
            let ratio = author.value(id, ratio, |ratio| format::significant(ratio, 2), Some(best.evidence));
            rich![rival, ratio, " times as much"]
        }
        None => rich!["nothing to compare with"],
    };
    Kpi {
        label: rich!["Cost per million ", Inline::name(&author.input.items)],
        value: own.into(),
        comparison,
        note: Inline::Evidence(best.evidence).into(),
        tone: Tone::Neutral,
    }
}

/// Without an answer the cards say how much is known.
fn kpis_without_answer(author: &mut Author<'_>) -> Vec<Kpi> {
    let (options, ranked) = (author.input.evaluations.len(), author.found.ranked.len());
    let (all, passed) = (author.input.measurements.len(), author.found.passed.len());
    let missing = author.input.missing.len();
    let card = |label: &str, value: Rich, comparison: &str, tone| Kpi {
        label: label.into(),
        value,
        comparison: comparison.into(),
        note: Rich::new(),
        tone,
    };
    vec![
        card(
            "Options with price and throughput",
            rich![author.count("options.ranked", ranked), " of ", author.count("options.total", options)],
            "can be compared",
            Tone::Caution,
        ),
        card(
            "Measurements that passed",
            rich![author.count("measurements.passed", passed), " of ", author.count("measurements.total", all)],
            "are correct and timed",
            if passed > 0 { Tone::Neutral } else { Tone::Caution },
        ),
        card("Open points", author.count("missing", missing).into(), "listed below", Tone::Caution),
    ]
}

fn confidence(author: &mut Author<'_>) -> Callout {
    let found = &author.input.answer;
    let mut body = vec![answer::confidence(author)];
    body.extend(model_cards::sentence(author));
    if let Some(measure) = sensitivity::to_measure(author) {
        let mut text = rich![Inline::strong("Next step: ")];
        text.extend(measure.text);
        body.push(text);
    }
    Callout { tone: found.confidence.tone(), title: rich!["Confidence: ", found.confidence.label()], body }
}

/// The runner-up, and what another month without a decision costs.
fn points(author: &mut Author<'_>) -> Option<Block> {
    let mut points = Vec::new();
    if let Some(next) = author.found.runner_up {
        let total = author.total(next);
        points.push(rich![Inline::strong("Runner-up. "), Inline::name(&next.name), " costs ", total, "."]);
    }
    points.extend(odds::cost_of_delay(author));
    (!points.is_empty()).then_some(Block::Bullets(points))
}

fn options_table(author: &mut Author<'_>) -> Table {
    let best = author.found.best.map(|best| best.id.clone());
    let options: Vec<&Evaluation> = author.found.in_order().collect();
    let rows = options
        .into_iter()
        .map(|option| {
            let kind = if Some(&option.id) == best.as_ref() { RowKind::Highlight } else { RowKind::Plain };
            option_row(author, option).kind(kind)
        })
        .collect();
    let items = &author.input.items;
    Table {
        anchor: "options".to_owned(),
        title: rich!["Options ranked by the present value of their cost over ", author.taxed_horizon()],
        columns: vec![
            Column::number("Rank"),
            Column::text("Option"),
            Column::text("Throughput"),
            Column::number(format!("{items}/s per unit")),
            Column::number("Units at peak"),
            Column::number("Cost per million"),
            Column::number("Total cost"),
            Column::number("NPV"),
            Column::number("Payback (months)"),
        ],
        rows,
        source: author.cost_source("cost models over prices, throughputs and assumptions of the appendix."),
    }
}

fn option_row(author: &mut Author<'_>, option: &Evaluation) -> Row {
    let id = |what: &str| format!("option.{}.{what}", option.id);
    let evidence = Some(option.evidence);
    let rank = author.value(id("rank"), option.rank.map(f64::from), |rank| format::thousands(rank, 0), evidence);
    let throughput = option.throughput.map(|throughput| throughput.value);
    let class = option.throughput.map(|throughput| throughput.evidence);
    let units = option.fleet.as_ref().map(|fleet| fleet.at_peak as f64);
    let payback = option.payback_months();
    let name = if option.is_baseline {
        rich![Inline::name(&option.name), " (baseline)"]
    } else {
        Inline::name(&option.name).into()
    };
    Row::new(vec![
        rank.into(),
        name,
        throughput_class(option),
        author.value(id("throughput"), throughput, format::compact, class).into(),
        author.value(id("units"), units, |units| format::thousands(units, 0), evidence).into(),
        author.unit_cost(option).into(),
        author.total(option).into(),
        author.amount(option, "npv", option.npv().map(|npv| npv.amount)).into(),
        author.value(id("payback_plain"), payback, months_plain, evidence).into(),
    ])
}

/// Why options have no rank.
fn not_ranked(author: &Author<'_>) -> Option<Block> {
    let reasons: Vec<Rich> = author
        .found
        .unranked
        .iter()
        .map(|option| {
            let reason = option.not_ranked.as_deref().unwrap_or("its cost is not known");
            let mut text = rich![Inline::strong(Inline::name(&option.name)), " is not ranked: "];
            text.extend(remark(reason));
            text.push(".");
            text
        })
        .collect();
    (!reasons.is_empty()).then_some(Block::Bullets(reasons))
}

fn missing(author: &Author<'_>) -> Block {
    if author.input.missing.is_empty() {
        return Block::Paragraph("Nothing that the study asks for is missing.".into());
    }
    Block::Bullets(author.input.missing.iter().map(|text| remark(text)).collect())
}

fn authors_words(author: &Author<'_>) -> Option<Block> {
    let narrative = &author.input.study.narrative;
    let body: Vec<Rich> =
        narrative.summary.iter().chain(&narrative.caveats).map(|text| Inline::name(text).into()).collect();
    let title = rich![author.input.language().words().own_words];
    (!body.is_empty()).then_some(Block::Callout(Callout { tone: Tone::Neutral, title, body }))
}
