//! What has to be computed, how much of it, and within which limits.

use crate::content::author::Author;
use crate::content::demand;
use crate::content::findings::{facts, plural, rests_on_workload};
use crate::document::{Block, Column, Fact, Facts, Inline, Rich, Row, Section, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_core::Workload;

pub(super) fn section(author: &mut Author<'_>) -> Section {
    let mut blocks = vec![Block::Paragraph(paragraph(author)), Block::Facts(demand_and_limits(author))];
    let workload = match &author.input.workload {
        Some(workload) => {
            if !is_used(author) {
                blocks.push(Block::Paragraph(rich![
                    "The throughputs of the options are stated or published for their own work. The suite's workload \
                     below does not enter the costs: it is there to measure devices side by side."
                ]));
            }
            Block::Facts(workload_facts(author, workload))
        }
        None => Block::Paragraph(rich![
            "The workload ",
            Inline::code(&author.input.study.workload),
            " is not part of the suite ",
            Inline::code(&author.input.study.suite),
            " and was not measured, so its arithmetic and memory traffic are not known."
        ]),
    };
    blocks.push(workload);
    blocks.extend(latency_check(author));
    Section {
        kicker: "Workload and requirement".to_owned(),
        action_title: demand::title(&mut author.numbers, &author.input.items),
        anchor: "requirement".to_owned(),
        blocks,
    }
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
        ". Each has to serve the demand below; capacity is bought in whole units for the peak."
    ]
}

fn demand_and_limits(author: &mut Author<'_>) -> Facts {
    let study = &author.input.study;
    let peak = study.demand.peak_to_average.value();
    let limit = study.requirements.max_p99_latency_secs;
    let mut rows = vec![Fact::new("Question", Inline::name(&study.question))];
    rows.extend(demand::facts(&mut author.numbers, &author.input.items));
    rows.extend([
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
    ]);
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
    let per_item = rich![" per item (", Inline::name(workload.shape.item().plural()), ")"];
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
    let title = match is_used(author) {
        true => "The workload and its analytic cost",
        false => "The workload of the suite, on which no option's throughput rests",
    };
    let source = Source {
        text: rich!["analytic counts of the suite ", Inline::code(&author.input.study.suite), "."],
        evidence: vec![Evidence::Projected],
        reproduce: None,
    };
    Facts { anchor: "workload".to_owned(), title: title.into(), rows, source }
}

/// Whether the throughput of any option is that of the suite's workload.
fn is_used(author: &Author<'_>) -> bool {
    author.input.study.options.iter().any(|option| rests_on_workload(author.input, &option.id))
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
