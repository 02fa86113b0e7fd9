//! The JSON of `assay cost`, described in docs/cost-json.md. Keys are added, not renamed.

use assay_service::assess::assumed;
use assay_service::cost_models::Evaluation;
use assay_service::cost_models::evaluation::BreakEven;
use assay_service::documents::demand_in_words;
use assay_service::estimates::EstimateRecord;
use assay_service::study::{ASSUMPTIONS, Lens};
use assay_service::uncertainty::{UncertainValue, Uncertainty};
use assay_service::what_if::{OptionBreakEven, Waited, equivalent_annual};
use serde_json::{Value, json};

use super::Figures;

/// Everything.
pub fn whole(figures: &Figures<'_>) -> anyhow::Result<Value> {
    let assessment = figures.assessment;
    let study = &assessment.study;
    let mut options = rows(figures)?;
    for (row, evaluation) in options.iter_mut().zip(&assessment.evaluations) {
        row["cash_flow"] = cash_flow(evaluation);
    }
    Ok(json!({
        "study": study.title,
        "sample": study.sample,
        "scenario": figures.scenario,
        "currency": study.currency,
        "pricing_date": assessment.pricing_date.to_string(),
        "workload": study.workload,
        "item": assessment.item(),
        "demand": demand_in_words(&assessment.assumptions, assessment.item()),
        "first_month": assessment.first_month().to_string(),
        "horizon_months": assessment.assumptions.horizon_months,
        "discount_rate_annual": assessment.assumptions.discount_rate_annual,
        "rate_basis": study.finance.rate_basis,
        "lens": if study.finance.lens == Lens::Full { "full" } else { "marginal" },
        "after_tax": study.finance.tax.is_some(),
        "answer": assessment.answer,
        "options": options,
        "break_evens": figures.break_evens.iter().map(break_even).collect::<Vec<_>>(),
        "waiting": figures.waiting.iter().map(waited).collect::<Vec<_>>(),
        "uncertainty": figures.uncertainty.as_ref().map(uncertainty),
        "assumptions": assumptions(figures),
        "inputs": assumed(assessment).iter().map(input).collect::<Vec<_>>(),
        "model_cards": assessment.model_cards.iter().map(model_card).collect::<Vec<_>>(),
        "missing": assessment.missing,
    }))
}

/// An input that entered the costs.
fn input(fact: &assay_service::documents::AssumedFact) -> Value {
    json!({
        "key": fact.key, "label": fact.label, "value": fact.value, "text": fact.text, "unit": fact.unit, "default": fact.default,
        "origin": fact.origin, "source": fact.source,
    })
}

fn model_card(card: &assay_service::documents::ModelCard) -> Value {
    json!({
        "method": card.method, "tested_on": card.fitted_on, "predictions": card.n, "not_predicted": card.not_predicted,
        "median_error": card.median_error, "p90_error": card.p90_error, "range_used": card.range_used,
        "limits": card.limits,
    })
}

/// A row for each option.
pub fn rows(figures: &Figures<'_>) -> anyhow::Result<Vec<Value>> {
    figures.assessment.evaluations.iter().map(|evaluation| option(figures, evaluation)).collect()
}

fn option(figures: &Figures<'_>, e: &Evaluation) -> anyhow::Result<Value> {
    let assessment = figures.assessment;
    let drawn = figures.uncertainty.as_ref().and_then(|u| u.outcome.options.iter().find(|o| o.id == e.id));
    let option = assessment.option(&e.id);
    let price = option.and_then(|o| o.price.as_ref().ok());
    let benefit = e.benefit.as_ref();
    let per_million = |cost: &assay_service::cost_models::evaluation::UnitCost| {
        json!({
            "value": cost.value.amount, "currency": cost.value.currency,
            "per": format!("1M {}", assessment.item()), "low": cost.low.amount, "high": cost.high.amount,
        })
    };
    let tokens = e.full_use_costs.as_ref().and_then(|c| c.tokens);
    let mut row = json!({
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
        "units_at_start": e.fleet.as_ref().map(|f| f.at_start),
        "price": price.map(|p| json!({
            "value": p.price.amount, "currency": p.price.currency, "per": p.per, "offer": p.offer,
            "as_of": p.as_of.map(|d| d.to_string()), "source": p.source, "evidence": p.evidence,
        })),
        "unit_hour": e.unit_hour.map(|m| m.amount),
        "unit_cost": e.cost_per_million.as_ref().map(per_million),
        "full_use_cost": e.full_use_cost.as_ref().map(per_million),
        "tokens": tokens.map(|t| json!({
            "per_million_total": t.per_million_total.amount,
            "per_million_output_only": t.per_million_output_only.map(|m| m.amount),
            "per_million_input": t.per_million_input.map(|m| m.amount),
            "per_million_output": t.per_million_output.map(|m| m.amount),
        })),
        "per_sample": e.full_use_costs.as_ref().and_then(|c| c.per_sample).map(|m| m.amount),
    });
    extend(
        &mut row,
        json!({
            "tco": e.tco.as_ref().map(|t| t.total.amount),
            "tco_low": e.tco.as_ref().map(|t| t.total_low.amount),
            "tco_high": e.tco.as_ref().map(|t| t.total_high.amount),
            "present_value": e.tco.as_ref().map(|t| t.present_value.amount),
            "equivalent_annual_cost": equivalent_annual(assessment, e).map_err(anyhow::Error::from)?,
            "npv": e.npv().map(|m| m.amount),
            "irr": benefit.map(|b| serde_json::to_value(&b.irr)).transpose()?,
            "mirr": benefit.and_then(|b| b.mirr),
            "payback_months": e.payback_months(),
            "discounted_payback_months": benefit.and_then(|b| b.discounted_payback_months),
            "investment": benefit.and_then(|b| b.investment).map(|m| m.amount),
            "roi": benefit.and_then(|b| b.roi),
            "profitability_index": benefit.and_then(|b| b.profitability_index),
            "energy_kwh": e.energy_kwh,
            "carbon_kg": e.carbon_kg,
        }),
    );
    extend(
        &mut row,
        json!({
            "npv_p10": drawn.and_then(|d| d.npv).map(|n| n.p10),
            "npv_p50": drawn.and_then(|d| d.npv).map(|n| n.p50),
            "npv_p90": drawn.and_then(|d| d.npv).map(|n| n.p90),
            "cost_p10": drawn.map(|d| d.cost.p10),
            "cost_p50": drawn.map(|d| d.cost.p50),
            "cost_p90": drawn.map(|d| d.cost.p90),
            "positive_npv_probability": drawn.and_then(|d| d.positive_npv_probability),
            "best_probability": drawn.map(|d| d.best_probability),
            "not_ranked": e.not_ranked,
            "feasibility": option.and_then(|o| o.feasibility.as_ref()).map(feasibility),
            "notes": e.notes,
        }),
    );
    Ok(row)
}

/// What the vendor's compiler says of the option's work on its hardware.
fn feasibility(record: &EstimateRecord) -> Value {
    json!({
        "runs": record.refusal().is_none(), "reason": record.estimate.verdict.reason(), "accelerator": record.accelerator,
        "compiler": record.compiler, "compiler_version": record.compiler_version, "evidence": record.evidence,
        "method": record.method, "execution_secs": record.estimate.execution_secs,
        "peak_bytes": record.estimate.memory.and_then(|memory| memory.peak_bytes),
    })
}

fn extend(row: &mut Value, more: Value) {
    if let (Value::Object(row), Value::Object(more)) = (row, more) {
        row.extend(more);
    }
}

fn cash_flow(e: &Evaluation) -> Value {
    json!(e.tco.as_ref().map(|tco| json!({
        "monthly": tco.monthly,
        "quarterly": tco.quarterly(),
        "by_payment": tco.by_payment,
        "by_expense": tco.by_expense,
        "benefit_monthly": e.benefit.as_ref().map(|b| &b.flows),
    })))
}

fn break_even(found: &OptionBreakEven) -> Value {
    let mut value = match &found.answer {
        BreakEven::Value { value, cheaper_below, cheaper_above, changes_again } => json!({
            "answer": "value", "value": value, "cheaper_below": cheaper_below, "cheaper_above": cheaper_above,
            "changes_again": changes_again,
        }),
        BreakEven::NotReached { cheaper } => json!({"answer": "not_reached", "cheaper": cheaper}),
        BreakEven::NotVerified { reason } => json!({"answer": "not_verified", "reason": reason}),
    };
    value["option"] = found.option.clone().into();
    value["against"] = found.against.clone().into();
    value["driver"] = found.driver.label().into();
    value["now"] = found.now.into();
    value["range"] = json!([found.range.0, found.range.1]);
    value
}

fn waited(waited: &Waited) -> Value {
    json!({
        "id": waited.id,
        "option": waited.option,
        "meanwhile": waited.meanwhile,
        "months": waited.months,
        "source": waited.source,
        "value": waited.value.as_ref().ok().map(|v| v.value.amount),
        "now": waited.value.as_ref().ok().map(|v| v.now.amount),
        "staying": waited.value.as_ref().ok().map(|v| v.staying.amount),
        "waiting": waited.value.as_ref().ok().map(|v| v.waiting.amount),
        "flexibility": waited.value.as_ref().ok().map(|v| v.flexibility.amount),
        "scenarios": waited.value.as_ref().ok().map(|v| v.scenarios.iter().map(|s| json!({
            "name": s.name, "probability": s.probability, "cost": s.cost.amount, "takes_it": s.takes_it,
            "saving": s.saving.amount,
        })).collect::<Vec<_>>()),
        "not_known": waited.value.as_ref().err(),
    })
}

fn uncertainty(u: &Uncertainty) -> Value {
    let input = |input: &UncertainValue| {
        json!({
            "paths": input.paths, "input": input.driver.full_label(), "stated": input.stated, "unit": input.unit,
            "distribution": input.distribution,
        })
    };
    json!({
        "samples": u.outcome.samples,
        "seed": u.outcome.seed,
        "inputs": u.inputs.iter().map(input).collect::<Vec<_>>(),
        "of": u.of,
        "tornado": u.tornado,
        "sensitivity": u.sensitivity,
        "value_of_information": u.information,
    })
}

fn assumptions(figures: &Figures<'_>) -> Vec<Value> {
    let study = &figures.assessment.study;
    ASSUMPTIONS
        .iter()
        .map(|spec| {
            let given = study.assumption(spec.key);
            json!({
                "key": spec.key, "label": spec.label, "unit": spec.unit, "value": given.as_ref().map(|given| given.value()),
                "given": given, "default": spec.default,
                "is_default": given.as_ref().is_some_and(|given| *given == spec.default),
                "source_of_default": spec.source, "default_as_of": spec.as_of,
            })
        })
        .collect()
}
