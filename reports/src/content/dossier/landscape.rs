//! The hardware behind the options side by side: what data sheets say, and a matrix of scores.

use crate::charts::{Chart, HeatMap, Quantity};
use crate::content::author::{Author, throughput_class};
use crate::content::facts::HardwareFacts;
use crate::content::findings::facts;
use crate::document::{Block, Column, Figure, Inline, Rich, Row, RowKind, Section, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::Evaluation;

/// The best of a criterion gets this score.
const GREATEST: f64 = 5.0;

pub(super) fn section(author: &mut Author<'_>) -> Section {
    let mut blocks = vec![Block::Paragraph(rich![
        "Specifications are what vendors state, not what was reached; a dash marks a figure that no source in the \
         catalogue states."
    ])];
    blocks.push(match author.input.hardware.is_empty() {
        true => Block::Paragraph(rich![
            "No option names a hardware profile, so no specification can be compared. Name one with ",
            Inline::code("profile"),
            " in ",
            Inline::code("study.yaml"),
            "."
        ]),
        false => Block::Table(specifications(author)),
    });
    let options: Vec<&Evaluation> = author.found.in_order().collect();
    let criteria = criteria(author, &options);
    if !criteria.is_empty() {
        blocks.push(Block::Figures(vec![matrix(author, &options, &criteria)]));
        blocks.push(Block::Table(scores(author, &options, &criteria)));
    }
    Section {
        kicker: "Hardware landscape".to_owned(),
        action_title: title(author, &options, &criteria),
        anchor: "landscape".to_owned(),
        blocks,
    }
}

fn title(author: &mut Author<'_>, options: &[&Evaluation], criteria: &[Criterion]) -> Rich {
    let means: Vec<Option<f64>> = (0..options.len()).map(|index| mean(criteria, index).map(rounded)).collect();
    let best = means.iter().flatten().copied().reduce(f64::max);
    // Means over different criteria say nothing of each other.
    let is_known = |index: usize| criteria.iter().all(|c| c.scores.get(index).copied().flatten().is_some());
    let first: Vec<&str> = options
        .iter()
        .zip(&means)
        .enumerate()
        .filter(|(index, (_, mean))| best.is_some() && **mean == best && is_known(*index))
        .map(|(_, (option, _))| option.name.as_str())
        .collect();
    match best.filter(|_| !first.is_empty() && options.len() > 1) {
        Some(best) => {
            let all = author.count("landscape.criteria", criteria.len());
            let best = author.value("landscape.best", Some(best), |mean| format!("{mean:.1}"), None);
            rich!["Best mean score over ", all, " criteria, ", best, ": ", Inline::name(first.join("; "))]
        }
        None => rich!["What the hardware of the options can do on paper"],
    }
}

/// The mean score of an option over the criteria that are known of it.
fn mean(criteria: &[Criterion], index: usize) -> Option<f64> {
    let known: Vec<f64> =
        criteria.iter().filter_map(|criterion| criterion.scores.get(index).copied().flatten()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

fn specifications(author: &mut Author<'_>) -> Table {
    let all = author.input.hardware.clone();
    let rows = all.iter().enumerate().map(|(index, hardware)| specification_row(author, index, hardware)).collect();
    let mut title = rich!["Specifications of one accelerator"];
    if let Some(day) = all.iter().filter_map(|hardware| hardware.newest_quote).max() {
        title.extend(rich![", newest quote of ", Inline::name(day.to_string())]);
    }
    let mut evidence: Vec<Evidence> = all.iter().flat_map(|hardware| hardware.evidence.clone()).collect();
    evidence.sort_unstable();
    evidence.dedup();
    Table {
        anchor: "specifications".to_owned(),
        title,
        columns: vec![
            Column::text("Hardware"),
            Column::number("Year"),
            Column::number("Memory"),
            Column::number("Bandwidth"),
            Column::number("Dense peak"),
            Column::text("Format"),
            Column::number("TDP"),
            Column::number("Links"),
            Column::text("Newest quote"),
        ],
        rows,
        source: Source {
            text: rich!["hardware profiles; each figure's own source and date is in the attached profile."],
            evidence,
            reproduce: Some("assay profiles list --format json".to_owned()),
        },
    }
}

fn specification_row(author: &mut Author<'_>, index: usize, hardware: &HardwareFacts) -> Row {
    let id = |what: &str| format!("hardware.{index}.{what}");
    let class = hardware.evidence.last().copied();
    let best = author.found.best.map(|best| best.id.clone());
    let year = hardware.year.map(f64::from);
    let text = |text: Option<String>| text.map_or(Rich::from(format::UNKNOWN), |text| Inline::name(text).into());
    let row = Row::new(vec![
        Inline::name(&hardware.name).into(),
        author.value(id("year"), year, |year| format!("{year:.0}"), class).into(),
        author.value(id("memory"), hardware.memory_bytes, format::memory, class).into(),
        author.value(id("bandwidth"), hardware.bandwidth_bytes_per_sec, format::bandwidth, class).into(),
        author.value(id("peak"), hardware.peak_flops_per_sec, format::flop_rate, class).into(),
        text(hardware.format.map(|format| format.to_string())),
        author.value(id("tdp"), hardware.tdp_watts, format::power, class).into(),
        author.value(id("links"), hardware.link_bytes_per_sec, format::bandwidth, class).into(),
        text(hardware.newest_quote.map(|day| day.to_string())),
    ]);
    let is_best = best.is_some_and(|best| hardware.options.contains(&best));
    row.kind(if is_best { RowKind::Highlight } else { RowKind::Plain })
}

/// Something by which options are scored, in their order. `None` is unknown.
struct Criterion {
    name: &'static str,
    scores: Vec<Option<f64>>,
}

/// Each criterion that at least two options can be scored by.
fn criteria(author: &Author<'_>, options: &[&Evaluation]) -> Vec<Criterion> {
    let hardware = |option: &Evaluation| author.input.hardware.iter().find(|known| known.options.contains(&option.id));
    let rate = |o: &Evaluation| Some(facts(author.input, &o.id)?.throughput.as_ref().ok()?.per_accelerator);
    let measures: [(&'static str, bool, Vec<Option<f64>>); 6] = [
        ("Present value", false, of(options, |o| o.tco.as_ref().map(|tco| tco.present_value.amount))),
        ("Cost per item", false, of(options, |o| o.cost_per_million.map(|cost| cost.value.amount / cost.per_items))),
        ("Throughput per accelerator", true, of(options, |o| Some(rate(o)?.value))),
        ("Memory", true, of(options, |o| hardware(o)?.memory_bytes)),
        ("Memory bandwidth", true, of(options, |o| hardware(o)?.bandwidth_bytes_per_sec)),
        ("Work per watt", true, of(options, |o| Some(rate(o)?.value / hardware(o)?.tdp_watts?))),
    ];
    let mut all: Vec<Criterion> = measures
        .into_iter()
        .map(|(name, more_is_better, values)| Criterion { name, scores: scored(&values, more_is_better) })
        .collect();
    all.push(Criterion { name: "Evidence", scores: of(options, |o| o.throughput.map(|t| certainty(t.evidence))) });
    all.retain(|criterion| criterion.scores.iter().flatten().count() > 1);
    all
}

fn of(options: &[&Evaluation], measure: impl Fn(&Evaluation) -> Option<f64>) -> Vec<Option<f64>> {
    options.iter().map(|option| measure(option).filter(|value| value.is_finite() && *value > 0.0)).collect()
}

/// The best gets the greatest score, the others their share of the best.
fn scored(values: &[Option<f64>], more_is_better: bool) -> Vec<Option<f64>> {
    let known = values.iter().flatten().copied();
    let Some(best) = (if more_is_better { known.reduce(f64::max) } else { known.reduce(f64::min) }) else {
        return vec![None; values.len()];
    };
    let share = |value: f64| if more_is_better { value / best } else { best / value };
    values.iter().map(|value| value.map(|value| GREATEST * share(value))).collect()
}

/// How far a throughput of that class can be relied on, on the scale of the scores.
fn certainty(class: Evidence) -> f64 {
    match class {
        Evidence::Measured => GREATEST,
        Evidence::Published => 4.0,
        Evidence::Projected => 2.0,
        Evidence::Vendor => 2.0,
        Evidence::Assumed => 1.0,
    }
}

/// To a tenth, which is all that a score says.
fn rounded(score: f64) -> f64 {
    (score * 10.0).round() / 10.0
}

fn matrix(author: &Author<'_>, options: &[&Evaluation], criteria: &[Criterion]) -> Figure {
    let cells = (0..options.len())
        .map(|row| criteria.iter().map(|criterion| criterion.scores.get(row).copied().flatten().map(rounded)).collect())
        .collect();
    let mut source = author.model_source(
        "the best of a column has the full score, the others their share of it; a throughput scores by its class of \
         evidence, in full when measured. Money ranks the options; the scores show where each is strong.",
    );
    if !author.input.hardware.is_empty() {
        source.evidence.push(Evidence::Vendor);
        source.evidence.sort_unstable();
        source.evidence.dedup();
    }
    Figure {
        anchor: "score-matrix".to_owned(),
        takeaway: rich!["Scores of each option; darker is better"],
        chart: Chart::Heat(HeatMap {
            columns: criteria.iter().map(|criterion| criterion.name.to_owned()).collect(),
            rows: options.iter().map(|option| option.name.clone()).collect(),
            cells,
            quantity: Quantity::Number,
            title: "Score, 0 to 5".to_owned(),
        }),
        height_pt: (52.0 + 24.0 * options.len() as f32).clamp(110.0, 300.0),
        source,
    }
}

/// The figures behind the scores.
fn scores(author: &mut Author<'_>, options: &[&Evaluation], criteria: &[Criterion]) -> Table {
    let rows = options
        .iter()
        .enumerate()
        .map(|(index, option)| {
            let known: Vec<f64> =
                criteria.iter().filter_map(|criterion| criterion.scores.get(index).copied().flatten()).collect();
            let mean = mean(criteria, index);
            let id = |what: &str| format!("option.{}.score_{what}", option.id);
            let class = Some(option.evidence);
            let led = known.iter().filter(|score| **score == GREATEST).count();
            let rank = option.rank.map(f64::from);
            Row::new(vec![
                Inline::name(&option.name).into(),
                author.value(id("mean"), mean, |mean| format!("{mean:.1}"), class).into(),
                author.count(id("led"), led).into(),
                author.count(id("known"), known.len()).into(),
                author.value(id("rank"), rank, |rank| format::thousands(rank, 0), class).into(),
                throughput_class(option),
            ])
        })
        .collect();
    Table {
        anchor: "scores".to_owned(),
        title: "The scores in brief, with equal weights".into(),
        columns: vec![
            Column::text("Option"),
            Column::number("Mean score"),
            Column::number("Strongest in"),
            Column::number("Criteria known"),
            Column::number("Rank by money"),
            Column::text("Throughput"),
        ],
        rows,
        source: author.model_source("the figure above."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_shares_of_the_best() {
        assert_eq!(scored(&[Some(2.0), None, Some(8.0)], true), [Some(1.25), None, Some(5.0)]);
        assert_eq!(scored(&[Some(2.0), Some(8.0)], false), [Some(5.0), Some(1.25)]);
        assert_eq!(scored(&[None], true), [None]);
    }
}
