//! `assay cost`

use anyhow::Context as _;
use assay_base::format;
use assay_service::cost_models::Evaluation;
use assay_service::cost_models::evaluation::Driver;
use assay_service::cost_models::simulation::Spread;
use assay_service::study::edit::parse_value;
use assay_service::uncertainty::{Uncertainty, simulate};
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
    let uncertainty = match arguments.samples {
        Some(samples) => simulate(workbench.assessment(), samples, arguments.seed)?,
        None => None,
    };
    print(workbench.assessment(), uncertainty.as_ref(), workbench.scenario(), arguments.format)?;
    Ok(Verdict::Yes)
}

fn print(
    assessment: &Assessment,
    uncertainty: Option<&Uncertainty>,
    scenario: Option<&str>,
    format: Format,
) -> anyhow::Result<()> {
    let rows: Vec<Value> = assessment.evaluations.iter().map(|e| option_json(assessment, uncertainty, e)).collect();
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
        "uncertainty": uncertainty.map(|u| json!({
            "samples": u.outcome.samples,
            "seed": u.outcome.seed,
            "inputs": u.inputs,
            "value_of_information": u.information,
        })),
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
        if let Some(uncertainty) = uncertainty {
            print_uncertainty(assessment, uncertainty)?;
        }
        for line in &assessment.missing {
            output::print(&format!("- {line}"))?;
        }
    }
    Ok(())
}

fn print_uncertainty(assessment: &Assessment, uncertainty: &Uncertainty) -> anyhow::Result<()> {
    let outcome = &uncertainty.outcome;
    let money = |amount: f64| format::money_in(amount, assessment.study.currency);
    let samples = format::thousands(outcome.samples as f64, 0);
    output::print(&format!("\n{samples} samples of the throughputs within their ranges, seed {}:", outcome.seed))?;
    let rows = outcome
        .options
        .iter()
        .map(|o| {
            let name = assessment.evaluation(&o.id).map_or(o.id.as_str(), |e| e.name.as_str());
            let npv = |get: fn(&Spread) -> f64| format::or_unknown(o.npv.as_ref(), |n| money(get(n)));
            vec![
                name.to_owned(),
                npv(|n| n.p10),
                npv(|n| n.p50),
                npv(|n| n.p90),
                format::or_unknown(o.positive_npv_probability, |p| format::percent(p, 1)),
                format::percent(o.best_probability, 1),
            ]
        })
        .collect();
    let columns =
        [text("Option"), number("NPV P10"), number("P50"), number("P90"), number("P(NPV > 0)"), number("P(best)")];
    output::table(&columns, rows)?;
    let most = uncertainty.information.iter().find_map(|i| match &i.driver {
        Some(Driver::Throughput(id)) => Some((assessment.evaluation(id)?.name.clone(), i.expected_saving)),
        _ => None,
    });
    // A saving of less than a thousandth of the cost is the noise of the estimate.
    let best = outcome.options.iter().map(|o| o.cost.mean).fold(f64::INFINITY, f64::min);
    output::print(&match most.filter(|(_, saving)| *saving > best * 1e-3) {
        Some((name, saving)) => format!(
            "Measure {name} first: knowing its throughput exactly is worth up to {} in expected cost.",
            money(saving)
        ),
        None => "Within these ranges no measurement of a throughput would change the decision.".to_owned(),
    })?;
    output::print("")
}

fn option_json(assessment: &Assessment, uncertainty: Option<&Uncertainty>, e: &Evaluation) -> Value {
    let drawn = uncertainty.and_then(|u| u.outcome.options.iter().find(|o| o.id == e.id));
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
        "npv_p10": drawn.and_then(|d| d.npv).map(|n| n.p10),
        "npv_p50": drawn.and_then(|d| d.npv).map(|n| n.p50),
        "npv_p90": drawn.and_then(|d| d.npv).map(|n| n.p90),
        "positive_npv_probability": drawn.and_then(|d| d.positive_npv_probability),
        "best_probability": drawn.map(|d| d.best_probability),
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
