//! `assay cost`

use anyhow::Context as _;
use assay_base::format;
use assay_service::cost_models::Evaluation;
use assay_service::study::edit::parse_value;
use assay_service::{Assessment, Command};
use serde_json::{Value, json};

use crate::args::{Cost, Format};
use crate::output::{self, number, text};
use crate::{Verdict, place};

pub fn run(arguments: &Cost) -> anyhow::Result<Verdict> {
    let mut workbench = place::open(arguments.study.named())?;
    let values = arguments
        .set
        .iter()
        .map(|text| {
            let (path, value) = text.split_once('=').with_context(|| format!("`{text}` is not PATH=VALUE"))?;
            Ok((path.trim().to_owned(), parse_value(value.trim())))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(scenario) = &arguments.scenario {
        workbench.apply(Command::SelectScenario(Some(scenario.clone())))?;
    }
    if !values.is_empty() {
        workbench.override_values(&values)?;
    }
    print(workbench.assessment(), workbench.scenario(), arguments.format)?;
    Ok(Verdict::Yes)
}

fn print(assessment: &Assessment, scenario: Option<&str>, format: Format) -> anyhow::Result<()> {
    let rows: Vec<Value> = assessment.evaluations.iter().map(|e| option_json(assessment, e)).collect();
    let document = json!({
        "study": assessment.study.title,
        "sample": assessment.study.sample,
        "scenario": scenario,
        "currency": assessment.study.currency,
        "pricing_date": assessment.pricing_date.to_string(),
        "workload": assessment.study.workload,
        "item": assessment.item(),
        "answer": assessment.answer,
        "options": rows,
        "missing": assessment.missing,
        "assumptions": assumptions_json(assessment),
    });
    let columns = [
        number("Rank"),
        text("Option"),
        text("Evidence"),
        number("Throughput/unit"),
        number("Units"),
        number("Cost per 1M"),
        number("Total cost"),
        number("NPV"),
        number("IRR"),
        number("Payback"),
    ];
    output::data(format, &document, &rows, &columns, || {
        assessment.evaluations.iter().map(|e| cells(assessment, e)).collect()
    })?;
    if format == Format::Table {
        output::print("")?;
        if assessment.study.sample {
            output::print("SAMPLE: the demand of this study is made up.")?;
        }
        output::print(&assessment.answer.sentence)?;
        output::print(&format!(
            "Confidence: {}. {}",
            assessment.answer.confidence.label(),
            assessment.answer.confidence.description()
        ))?;
        for line in &assessment.missing {
            output::print(&format!("- {line}"))?;
        }
    }
    Ok(())
}

fn option_json(assessment: &Assessment, e: &Evaluation) -> Value {
    let option = assessment.option(&e.id);
    let price = option.and_then(|o| o.price.as_ref().ok());
    json!({
        "id": e.id,
        "name": e.name,
        "baseline": e.is_baseline,
        "rank": e.rank,
        "evidence": e.evidence,
        "throughput": e.throughput.map(|t| t.value),
        "throughput_low": e.throughput.map(|t| t.low),
        "throughput_high": e.throughput.map(|t| t.high),
        "throughput_evidence": e.throughput.map(|t| t.evidence),
        "throughput_source": option.and_then(|o| o.throughput.as_ref().ok()).map(|t| t.source.clone()),
        "units": e.fleet.as_ref().map(|f| f.at_peak),
        "price": price.map(|p| json!({
            "value": p.price.amount, "currency": p.price.currency, "per": p.per, "as_of": p.as_of.map(|d| d.to_string()),
            "source": p.source, "evidence": p.evidence,
        })),
        "unit_cost": e.unit_cost.map(|c| json!({
            "value": c.value.amount, "currency": c.value.currency,
            "per": format!("1M {}", assessment.item()),
            "low": c.low.amount, "high": c.high.amount,
        })),
        "tco": e.tco.as_ref().map(|t| t.total.amount),
        "tco_low": e.tco.as_ref().map(|t| t.total_low.amount),
        "tco_high": e.tco.as_ref().map(|t| t.total_high.amount),
        "npv": e.npv().map(|m| m.amount),
        "irr": e.benefit.as_ref().map(|b| serde_json::to_value(&b.irr).unwrap_or_default()),
        "payback_months": e.payback_months(),
        "not_ranked": e.not_ranked,
        "notes": e.notes,
    })
}

fn assumptions_json(assessment: &Assessment) -> Vec<Value> {
    assay_service::study::ASSUMPTIONS
        .iter()
        .map(|spec| {
            let value = assessment.study.assumptions.get(spec.key);
            json!({"key": spec.key, "label": spec.label, "unit": spec.unit, "value": value,
                   "default": spec.default, "source_of_default": spec.source})
        })
        .collect()
}

fn cells(assessment: &Assessment, e: &Evaluation) -> Vec<String> {
    let money = |m: Option<assay_base::Money>| format::or_unknown(m, format::money);
    let irr = e.benefit.as_ref().map(|b| irr_text(&b.irr)).unwrap_or_else(|| format::UNKNOWN.to_owned());
    vec![
        e.rank.map_or_else(|| format::UNKNOWN.to_owned(), |r| r.to_string()),
        format!("{}{}", e.name, if e.is_baseline { " (baseline)" } else { "" }),
        e.evidence.to_string(),
        format::or_unknown(e.throughput, |t| format!("{} {}/s", format::compact(t.value), assessment.item())),
        format::or_unknown(e.fleet.as_ref(), |f| format::thousands(f.at_peak as f64, 0)),
        money(e.unit_cost.map(|c| c.value)),
        money(e.tco.as_ref().map(|t| t.total)),
        money(e.npv()),
        irr,
        format::or_unknown(e.payback_months(), format::months),
    ]
}

/// An internal rate of return as text; none and several are answers, too.
pub fn irr_text(irr: &assay_service::cost_models::time_value::Irr) -> String {
    use assay_service::cost_models::time_value::Irr;
    match irr {
        Irr::One(rate) => format::percent(*rate, 0),
        Irr::None => "none".to_owned(),
        Irr::Several(rates) => rates.iter().map(|r| format::percent(*r, 0)).collect::<Vec<_>>().join(" or "),
    }
}
