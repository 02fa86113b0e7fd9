//! What has to be computed, how much of it, and within which limits.

use crate::content::author::Author;
use crate::content::findings::{facts, plural};
use crate::document::{Block, Column, Fact, Facts, Inline, Rich, Row, Section, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_core::Workload;

pub(super) fn section(author: &mut Author<'_>) -> Section {
    let mut blocks = vec![Block::Paragraph(paragraph(author)), Block::Facts(demand(author))];
    blocks.push(match &author.input.workload {
        Some(workload) => Block::Facts(workload_facts(author, workload)),
        None => Block::Paragraph(rich![
            "The workload ",
            Inline::code(&author.input.study.workload),
            " is not part of the suite ",
            Inline::code(&author.input.study.suite),
            " and was not measured, so its arithmetic and memory traffic are not known."
        ]),
    });
    blocks.extend(latency_check(author));
    Section {
        kicker: "Workload and requirement".to_owned(),
        action_title: title(author),
        anchor: "requirement".to_owned(),
        blocks,
    }
}

fn title(author: &mut Author<'_>) -> Rich {
    let demand = demand_value(author);
    let items = Inline::name(&author.input.items);
    let growth = author.input.study.demand.growth_per_month.value();
    let growth_value = growth_value(author);
    match growth {
        growth if growth > 0.0 => rich![demand, " ", items, " a month, growing by ", growth_value, " each month"],
        growth if growth < 0.0 => rich![demand, " ", items, " a month, changing by ", growth_value, " each month"],
        _ => rich![demand, " ", items, " a month, without growth"],
    }
}

fn demand_value(author: &mut Author<'_>) -> crate::document::ValueId {
    let demand = author.input.study.demand.items_per_month.value();
    author.value("demand.items_per_month", Some(demand), format::spoken, Some(Evidence::Assumed))
}

fn growth_value(author: &mut Author<'_>) -> crate::document::ValueId {
    let growth = author.input.study.demand.growth_per_month.value();
    author.value("demand.growth", Some(growth), |growth| format::percent(growth, 1), Some(Evidence::Assumed))
}

fn paragraph(author: &mut Author<'_>) -> Rich {
    let count = author.input.study.options.len();
    let options = author.count("options.total", count);
    let horizon = author.horizon();
    rich![
        "The study compares ",
        options,
        plural(count, " option", " options"),
        " over ",
        horizon,
        ". Each has to serve the demand below with the workload below; capacity is bought in whole units for the peak."
    ]
}

fn demand(author: &mut Author<'_>) -> Facts {
    let study = &author.input.study;
    let peak = study.demand.peak_to_average.value();
    let limit = study.requirements.max_p99_latency_secs;
    let items = Inline::name(&author.input.items);
    let rows = vec![
        Fact::new("Question", Inline::name(&study.question)),
        Fact::new("Demand at the start", rich![demand_value(author), " ", items, " a month"]),
        Fact::new("Growth", rich![growth_value(author), " a month"]),
        Fact::new(
            "Peak over average",
            author.value("demand.peak", Some(peak), |peak| format::significant(peak, 3), Some(Evidence::Assumed)),
        ),
        Fact::new(
            "Latency limit (p99)",
            match limit {
                Some(_) => Rich::from(author.value("limit.p99", limit, format::duration, Some(Evidence::Assumed))),
                None => rich!["none stated"],
            },
        ),
    ];
    let source = Source {
        text: rich!["the study's ", Inline::code("study.yaml"), "."],
        evidence: vec![Evidence::Assumed],
        reproduce: None,
    };
    Facts { anchor: "demand".to_owned(), title: "Demand and limits".into(), rows, source }
}

fn workload_facts(author: &mut Author<'_>, workload: &Workload) -> Facts {
    let items = workload.items();
    let flops = Some(workload.flops() / items).filter(|flops| flops.is_finite());
    let bytes = Some(workload.bytes() / items).filter(|bytes| bytes.is_finite());
    let intensity = Some(workload.arithmetic_intensity()).filter(|value| value.is_finite() && *value > 0.0);
    // Analytic counts are derived by a model of the workload.
    let derived = Some(Evidence::Projected);
    let per_item = rich![" per item (", Inline::name(&author.input.items), ")"];
    let mut flops_text = rich![author.value("workload.flops", flops, format::spoken, derived), " operations"];
    flops_text.extend(per_item.clone());
    let mut bytes_text =
        rich![author.value("workload.bytes", bytes, format::spoken, derived), " bytes of compulsory traffic"];
    bytes_text.extend(per_item);
    let intensity = author.value("workload.intensity", intensity, |value| format::significant(value, 3), derived);
    let rows = vec![
        Fact::new("Workload", Inline::code(&workload.id)),
        Fact::new("Shape", Inline::name(shape(workload))),
        Fact::new("Numeric format", Inline::name(workload.format.to_string())),
        Fact::new("Arithmetic", flops_text),
        Fact::new("Memory traffic", bytes_text),
        Fact::new("Arithmetic intensity", rich![intensity, " operations per byte"]),
    ];
    let source = Source {
        text: rich!["analytic counts of the suite ", Inline::code(&author.input.study.suite), "."],
        evidence: vec![Evidence::Projected],
        reproduce: None,
    };
    Facts { anchor: "workload".to_owned(), title: "The workload and its analytic cost".into(), rows, source }
}

/// The kind and sizes of a workload in one line.
fn shape(workload: &Workload) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(&workload.shape) else {
        return workload.shape.kind().to_owned();
    };
    let sizes =
        fields.iter().filter(|(key, _)| *key != "kind").map(|(key, size)| format!("{} {size}", key.replace('_', " ")));
    std::iter::once(workload.shape.kind().to_owned()).chain(sizes).collect::<Vec<_>>().join(", ")
}

/// Each option against the latency limit, where there is one.
fn latency_check(author: &mut Author<'_>) -> Option<Block> {
    let limit = author.input.study.requirements.max_p99_latency_secs?;
    let limit_value = author.value("limit.p99", Some(limit), format::duration, Some(Evidence::Assumed));
    let options: Vec<_> = author.found.in_order().collect();
    let rows = options
        .into_iter()
        .map(|option| {
            let throughput = facts(author.input, &option.id).and_then(|facts| facts.throughput.as_ref().ok());
            // A latency measured elsewhere says nothing of the hardware projected to.
            let p99 = throughput.filter(|known| known.projection.is_none()).and_then(|known| known.p99_secs);
            let verdict = match p99 {
                Some(p99) if p99 <= limit => "✓ met",
                Some(_) => "▲ missed",
                None => "○ not measured",
            };
            let id = format!("option.{}.p99", option.id);
            let p99 = author.value(id, p99, format::duration, Some(Evidence::Measured));
            Row::new(vec![Inline::name(&option.name).into(), p99.into(), verdict.into()])
        })
        .collect();
    Some(Block::Table(Table {
        anchor: "latency".to_owned(),
        title: rich!["The limit of ", limit_value, " for the latency of one execution (p99)"],
        columns: vec![Column::text("Option"), Column::number("Measured p99"), Column::text("Verdict")],
        rows,
        source: author.measured_source("runs on the devices named in the appendix."),
    }))
}
