//! What many samples say, as tables.

use assay_base::format;
use assay_service::cost_models::evaluation::Driver;
use assay_service::cost_models::simulation::Spread;
use assay_service::uncertainty::Uncertainty;

use super::Figures;
use crate::output::{self, number, text};

/// Inputs shown; the JSON has all.
const INPUTS_SHOWN: usize = 12;

pub fn print(figures: &Figures<'_>) -> anyhow::Result<()> {
    let Some(uncertainty) = &figures.uncertainty else {
        return output::print("\nNothing in this study is uncertain: every input of the ranked options is one number.");
    };
    let outcome = &uncertainty.outcome;
    let money = |amount: f64| format::money_in(amount, figures.assessment.study.currency);
    let samples = format::thousands(outcome.samples as f64, 0);
    output::print(&format!(
        "\n{samples} samples of {} uncertain inputs, seed {}",
        uncertainty.inputs.len(),
        outcome.seed
    ))?;
    let mut options: Vec<_> = outcome.options.iter().collect();
    options.sort_by(|a, b| a.cost.p50.total_cmp(&b.cost.p50));
    let rows = options
        .into_iter()
        .map(|o| {
            let name = figures.assessment.evaluation(&o.id).map_or(o.id.as_str(), |e| e.name.as_str());
            let npv = |get: fn(&Spread) -> f64| format::or_unknown(o.npv.as_ref(), |n| money(get(n)));
            vec![
                name.to_owned(),
                money(o.cost.p50),
                npv(|n| n.p10),
                npv(|n| n.p50),
                npv(|n| n.p90),
                format::or_unknown(o.positive_npv_probability, |p| format::percent(p, 1)),
                format::percent(o.best_probability, 1),
            ]
        })
        .collect();
    let columns = [
        text("Option"),
        number("Present cost P50"),
        number("NPV P10"),
        number("P50"),
        number("P90"),
        number("P(NPV>0)"),
        number("P(best)"),
    ];
    output::fitted_table(&columns, rows, 0, "")?;
    output::wrapped("", &drawn(uncertainty))?;
    drivers(figures, uncertainty)?;
    let next = uncertainty.next_measurement(figures.assessment);
    output::wrapped(
        "",
        &match next {
            Some(next) => format!("Measure this next: {next}"),
            None => "Within these ranges no single measurement would change the decision.".to_owned(),
        },
    )
}

/// What the probabilities are about: what was drawn, and what was held at one number.
fn drawn(uncertainty: &Uncertainty) -> String {
    type Kind = fn(&Driver) -> bool;
    let is_drawn = |is: Kind| uncertainty.inputs.iter().any(|input| is(&input.driver));
    let kinds: [(&str, Kind); 5] = [
        ("demand", |d| matches!(d, Driver::Volume | Driver::DemandFactor | Driver::DemandGrowth)),
        ("target utilisation", |d| matches!(d, Driver::Utilisation)),
        ("throughputs", |d| matches!(d, Driver::Throughput(_))),
        ("prices", |d| matches!(d, Driver::PriceFactor(_) | Driver::PriceChange(_))),
        ("one-off costs", |d| matches!(d, Driver::OneOffFactor(_))),
    ];
    let fixed: Vec<&str> = kinds.into_iter().filter(|(_, is)| !is_drawn(*is)).map(|(name, _)| name).collect();
    let held = match fixed.as_slice() {
        [] => String::new(),
        fixed => format!(" Not drawn but held at one number: {}.", fixed.join(", ")),
    };
    let together: String = uncertainty
        .together
        .iter()
        .map(|names| format!(" Projected by one method and so drawn with one error: {}.", names.join("; ")))
        .collect();
    format!(
        "Present cost: present value of all payments. P(best): given that only the inputs below vary.{held}{together}"
    )
}

fn drivers(figures: &Figures<'_>, u: &Uncertainty) -> anyhow::Result<()> {
    let assessment = figures.assessment;
    let name = assessment.evaluation(&u.of).map_or(u.of.as_str(), |e| e.name.as_str());
    let is_baseline = assessment.evaluation(&u.of).is_some_and(|e| e.is_baseline);
    let figure = if is_baseline || assessment.answer.recommended.is_none() { "cost" } else { "NPV" };
    output::print(&format!("\nWhat drives the {figure} of {name}"))?;
    let money = |amount: f64| format::money_in(amount, assessment.study.currency);
    let rows = u
        .tornado
        .iter()
        .take(INPUTS_SHOWN)
        .filter_map(|bar| {
            let input = u.input_of_bar(bar)?;
            let indices = u.sensitivity.as_ref().and_then(|s| s.drivers.iter().find(|d| d.driver == input.driver));
            let percent = |part: Option<f64>| format::or_unknown(part, |part| format::percent(part.max(0.0), 0));
            let information = u.information.iter().find(|i| i.driver.as_ref() == Some(&input.driver));
            Some(vec![
                output::shortened(&bar.name, 30),
                input.shown(0.1),
                input.shown(0.9),
                money(bar.low),
                money(bar.high),
                percent(indices.map(|d| d.first_order)),
                percent(indices.map(|d| d.total)),
                format::or_unknown(information, |i| money(i.expected_saving)),
            ])
        })
        .collect();
    let columns = [
        text("Input"),
        number("P10"),
        number("P90"),
        number("at P10"),
        number("at P90"),
        number("alone"),
        number("total"),
        number("worth"),
    ];
    output::table(&columns, rows)?;
    output::wrapped(
        "",
        "Alone and total: Sobol indices of the variance. Worth: expected saving of knowing the input before deciding.",
    )?;
    if u.sensitivity.is_none() && !assessment.study.correlations.is_empty() {
        output::wrapped("", "Correlated inputs have no Sobol indices: a part of the variance belongs to several.")?;
    }
    Ok(())
}
