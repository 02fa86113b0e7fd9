//! The tables of `assay cost`, each at most 100 columns wide.

use assay_base::{Money, format};
use assay_service::ResolvedOption;
use assay_service::assess::assumed;
use assay_service::cost_models::Evaluation;
use assay_service::cost_models::evaluation::{BreakEven, Component, Driver};
use assay_service::cost_models::time_value::Irr;
use assay_service::documents::demand_in_words;
use assay_service::study::{Basis, Lens};
use assay_service::what_if::{Waited, equivalent_annual};

use super::Figures;
use crate::output::{self, number, text};

/// Options beside each other in a table.
const OPTIONS_ABREAST: usize = 5;

/// What the options cost and bring.
pub fn print(figures: &Figures<'_>) -> anyhow::Result<()> {
    let assessment = figures.assessment;
    let study = &assessment.study;
    if study.sample {
        output::print("SAMPLE: the demand of this study is made up.")?;
    }
    output::wrapped("", &assessment.answer.sentence)?;
    let answer = &assessment.answer;
    output::wrapped("", &format!("Confidence: {}. {}", answer.confidence.label(), answer.confidence_reason))?;
    output::print("")?;
    output::wrapped("", &basis(figures))?;
    output::wrapped("", &format!("Demand: {}", demand_in_words(&assessment.assumptions, assessment.item())))?;

    let columns = [
        number("#"),
        text("Option"),
        text("Evidence"),
        number("Units"),
        number("Cost/1M"),
        number("Total"),
        number("Present"),
        number("A year"),
        number("At full use"),
    ];
    let rows = in_order(figures).map(|e| cost_cells(figures, e)).collect::<anyhow::Result<_>>()?;
    output::fitted_table(&columns, rows, 1, BASE)?;
    output::wrapped(
        "",
        &format!(
            "Cost/1M: the total cost over the items served. Total: all payments. Present: their present value, by which \
             options are ranked. A year: equivalent annual cost. At full use: what 1M would cost with a unit kept at {} \
             of full load all the time, before peaks, whole units and all costs but compute, capital and energy.",
            format::percent(assessment.assumptions.effectiveness.utilisation, 0)
        ),
    )?;

    if assessment.evaluations.iter().any(|e| e.benefit.is_some()) {
        output::print("\nReturn against the baseline")?;
        let columns = [
            text("Option"),
            number("NPV"),
            number("IRR"),
            number("MIRR"),
            number("Payback"),
            number("discounted"),
            number("Investment"),
            number("ROI"),
            number("PI"),
        ];
        output::fitted_table(&columns, in_order(figures).filter_map(return_cells).collect(), 0, "")?;
        output::wrapped(
            "",
            "Payback: months until the payments saved have made up for those added; what hardware is still worth counts \
             at the end of the horizon alone. Investment: the most by which the option has ever cost more. ROI and PI: \
             what it brings over that investment, undiscounted, and 1 plus the NPV over it.",
        )?;
    }
    tokens(figures)?;
    components(figures)?;
    periods(figures)?;
    break_evens(figures)
}

/// Marks the baseline.
const BASE: &str = " (base)";

/// Ranked options, best first, then the others.
fn in_order<'a>(figures: &Figures<'a>) -> impl Iterator<Item = &'a Evaluation> {
    let evaluations = &figures.assessment.evaluations;
    figures.assessment.ranked().into_iter().chain(evaluations.iter().filter(|e| e.rank.is_none()))
}

/// Horizon, rate, prices and lens in one line.
fn basis(figures: &Figures<'_>) -> String {
    let assessment = figures.assessment;
    let finance = &assessment.study.finance;
    let rate = format::percent(assessment.assumptions.discount_rate_annual, 1);
    let kind = if finance.rate_basis == Basis::Real { "real" } else { "nominal" };
    let tax = match &finance.tax {
        Some(tax) => format!("after tax of {}", format::percent(tax.rate, 0)),
        None => "before tax".to_owned(),
    };
    let lens = if finance.lens == Lens::Full { "all costs" } else { "marginal costs only" };
    let scenario = figures.scenario.map(|id| format!(", scenario {id}")).unwrap_or_default();
    format!(
        "{} from {} at {rate} a year ({kind}), {tax}, {lens}, {}, prices of {}{scenario}",
        format::whole_months(assessment.assumptions.horizon_months),
        assessment.first_month(),
        assessment.study.currency,
        assessment.pricing_date
    )
}

fn cost_cells(figures: &Figures<'_>, e: &Evaluation) -> anyhow::Result<Vec<String>> {
    let money = |m: Option<Money>| format::or_unknown(m, format::money);
    let currency = figures.assessment.study.currency;
    let annual = equivalent_annual(figures.assessment, e)?;
    Ok(vec![
        e.rank.map_or_else(|| format::UNKNOWN.to_owned(), |r| r.to_string()),
        format!("{}{}", e.name, if e.is_baseline { BASE } else { "" }),
        e.evidence.to_string(),
        format::or_unknown(e.fleet.as_ref(), |f| format::thousands(f.at_peak as f64, 0)),
        money(e.cost_per_million.map(|c| c.value)),
        money(e.tco.as_ref().map(|t| t.total)),
        money(e.tco.as_ref().map(|t| t.present_value)),
        format::or_unknown(annual, |a| format::money_in(a, currency)),
        money(e.full_use_cost.map(|c| c.value)),
    ])
}

fn return_cells(e: &Evaluation) -> Option<Vec<String>> {
    let benefit = e.benefit.as_ref()?;
    let months = |m: Option<f64>| m.map_or_else(|| "never".to_owned(), |m| format!("{} mo", format::significant(m, 3)));
    let percent = |p: Option<f64>| format::or_unknown(p, |p| format::percent(p, 0));
    Some(vec![
        e.name.clone(),
        format::money(benefit.npv),
        irr_text(&benefit.irr),
        percent(benefit.mirr),
        months(benefit.payback_months),
        months(benefit.discounted_payback_months),
        format::or_unknown(benefit.investment, format::money),
        percent(benefit.roi),
        format::or_unknown(benefit.profitability_index, |p| format::significant(p, 3)),
    ])
}

/// An internal rate of return as text; none and several are answers, too.
fn irr_text(irr: &Irr) -> String {
    match irr {
        Irr::One(rate) => format::percent(*rate, 0),
        Irr::None => "none".to_owned(),
        Irr::Several(rates) => rates.iter().map(|r| format::percent(*r, 0)).collect::<Vec<_>>().join(" or "),
    }
}

fn tokens(figures: &Figures<'_>) -> anyhow::Result<()> {
    let of = |e: &Evaluation| {
        let tokens = e.full_use_costs.as_ref()?.tokens?;
        let money = |m: Option<Money>| format::or_unknown(m, format::money);
        Some(vec![
            e.name.clone(),
            format::money(tokens.per_million_total),
            money(tokens.per_million_output_only),
            money(tokens.per_million_input),
            money(tokens.per_million_output),
        ])
    };
    let rows: Vec<Vec<String>> = figures.assessment.evaluations.iter().filter_map(of).collect();
    if rows.is_empty() {
        return Ok(());
    }
    output::print("\nCost of 1M tokens at full use, by what it is divided by")?;
    let columns = [
        text("Option"),
        number("input + output"),
        number("output alone"),
        number("input share"),
        number("output share"),
    ];
    output::fitted_table(&columns, rows, 0, "")
}

/// The costed options, a few at a time.
fn abreast<'a>(figures: &Figures<'a>) -> Vec<Vec<&'a Evaluation>> {
    let costed: Vec<&Evaluation> = figures.assessment.evaluations.iter().filter(|e| e.tco.is_some()).collect();
    costed.chunks(OPTIONS_ABREAST).map(<[_]>::to_vec).collect()
}

fn continued(part: usize) -> &'static str {
    if part > 0 { " (continued)" } else { "" }
}

fn columns_of(first: &'static str, options: &[&Evaluation]) -> Vec<output::Column> {
    let mut columns = vec![text(first)];
    columns.extend(options.iter().map(|e| number(output::shortened(&e.id, 14))));
    columns
}

fn components(figures: &Figures<'_>) -> anyhow::Result<()> {
    for (part, options) in abreast(figures).into_iter().enumerate() {
        output::print(&format!("\nTotal cost by component{}", continued(part)))?;
        let of = |e: &Evaluation, component: Component| {
            let components = e.tco.as_ref().map(|tco| tco.components.as_slice()).unwrap_or_default();
            components.iter().find(|c| c.component == component).map(|c| c.amount)
        };
        let mut rows: Vec<Vec<String>> = Component::ALL
            .into_iter()
            .filter(|component| options.iter().any(|e| of(e, *component).is_some()))
            .map(|component| {
                let amounts = options.iter().map(|e| of(e, component).map_or_else(String::new, format::money));
                std::iter::once(component.label().to_owned()).chain(amounts).collect()
            })
            .collect();
        let total = options.iter().map(|e| format::or_unknown(e.tco.as_ref().map(|tco| tco.total), format::money));
        rows.push(std::iter::once("total".to_owned()).chain(total).collect());
        output::table(&columns_of("Component", &options), rows)?;
    }
    notes(figures)
}

/// What the figures contain and what they leave out; what several options share is said once.
fn notes(figures: &Figures<'_>) -> anyhow::Result<()> {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for (e, note) in figures.assessment.evaluations.iter().flat_map(|e| e.notes.iter().map(move |note| (e, note))) {
        match notes.iter_mut().find(|(known, _)| known == note) {
            Some((_, ids)) => ids.push(&e.id),
            None => notes.push((note, vec![&e.id])),
        }
    }
    notes.iter().try_for_each(|(note, ids)| output::wrapped("- ", &format!("{}: {note}", ids.join(", "))))
}

fn periods(figures: &Figures<'_>) -> anyhow::Result<()> {
    let (months, word) = if figures.quarterly { (3, "quarter") } else { (12, "year") };
    let currency = figures.assessment.study.currency;
    for (part, options) in abreast(figures).into_iter().enumerate() {
        let continued = continued(part);
        output::print(&format!("\nPayments by {word}; what is due at the start is in the first{continued}"))?;
        let sums = |e: &Evaluation| -> Vec<f64> {
            let Some((start, rest)) = e.tco.as_ref().and_then(|tco| tco.monthly.split_first()) else {
                return Vec::new();
            };
            let mut sums: Vec<f64> = rest.chunks(months).map(|chunk| chunk.iter().sum()).collect();
            if let Some(first) = sums.first_mut() {
                *first += start;
            }
            sums
        };
        let columns: Vec<Vec<f64>> = options.iter().map(|e| sums(e)).collect();
        let count = columns.iter().map(Vec::len).max().unwrap_or_default();
        let row = |period: usize| {
            let amounts = columns
                .iter()
                .map(|sums| format::or_unknown(sums.get(period).copied(), |amount| format::money_in(amount, currency)));
            std::iter::once(format!("{word} {}", period + 1)).chain(amounts).collect()
        };
        output::table(&columns_of("Period", &options), (0..count).map(row).collect())?;
    }
    Ok(())
}

fn break_evens(figures: &Figures<'_>) -> anyhow::Result<()> {
    let found = &figures.break_evens;
    if found.is_empty() {
        return Ok(());
    }
    output::print("\nBreak-even: where the option is cheaper than what it is compared with")?;
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for one in found {
        if pairs.last() != Some(&(&one.option, &one.against)) {
            pairs.push((&one.option, &one.against));
        }
    }
    let rows = pairs
        .iter()
        .map(|(option, against)| {
            let cell = |is: fn(&Driver) -> bool| {
                let one = found.iter().find(|b| b.option == *option && b.against == *against && is(&b.driver));
                one.map_or_else(String::new, |one| break_even_cell(option, &one.driver, &one.answer))
            };
            vec![
                output::shortened(option, 17),
                output::shortened(against, 15),
                cell(|d| matches!(d, Driver::Volume | Driver::DemandFactor)),
                cell(|d| matches!(d, Driver::Utilisation)),
                cell(|d| matches!(d, Driver::Horizon)),
                cell(|d| matches!(d, Driver::PriceFactor(_))),
                cell(|d| matches!(d, Driver::Throughput(_))),
            ]
        })
        .collect();
    let columns = [
        text("Option"),
        text("against"),
        text("Items a month"),
        text("Utilisation"),
        text("Months"),
        text("Price"),
        text("Throughput"),
    ];
    output::table(&columns, rows)?;
    output::wrapped(
        "",
        "Months: the horizon from which it has the lower present value, what hardware is still worth at its end \
         included; so it can be shorter than the payback. Always and never: no break-even in the range looked at. *: \
         whole units make the order change again further on. ?: not verified.",
    )?;
    let mut reasons: Vec<&str> = Vec::new();
    for one in found {
        if let BreakEven::NotVerified { reason } = &one.answer
            && !reasons.contains(&reason.as_str())
        {
            reasons.push(reason);
        }
    }
    reasons.into_iter().try_for_each(|reason| output::wrapped("? ", reason))
}

fn break_even_cell(option: &str, driver: &Driver, answer: &BreakEven) -> String {
    let shown = |value: f64| match driver {
        Driver::Utilisation | Driver::PriceFactor(_) => format::percent(value, 0),
        Driver::Horizon => format::thousands(value, 0),
        Driver::Throughput(_) => format!("{}/s", format::compact(value)),
        _ => format::compact(value),
    };
    match answer {
        BreakEven::Value { value, cheaper_above, changes_again, .. } => {
            let side = if cheaper_above == option { "above" } else { "below" };
            format!("{side} {}{}", shown(*value), if *changes_again { "*" } else { "" })
        }
        BreakEven::NotReached { cheaper: Some(cheaper) } if cheaper == option => "always".to_owned(),
        BreakEven::NotReached { cheaper: Some(_) } => "never".to_owned(),
        BreakEven::NotReached { cheaper: None } => "equal".to_owned(),
        BreakEven::NotVerified { .. } => "?".to_owned(),
    }
}

/// What may be waited for, what is missing, and the assumptions.
pub fn print_rest(figures: &Figures<'_>) -> anyhow::Result<()> {
    figures.waiting.iter().try_for_each(|waited| print_waited(figures, waited))?;
    feasible(figures)?;
    let missing = &figures.assessment.missing;
    if !missing.is_empty() {
        output::print("\nMissing or doubtful")?;
        missing.iter().try_for_each(|line| output::wrapped("- ", line))?;
    }
    model_cards(figures)?;
    assumptions(figures)
}

/// The options that fit by the vendor's compiler; the others are among what is missing, with the reason.
fn feasible(figures: &Figures<'_>) -> anyhow::Result<()> {
    let of = |option: &ResolvedOption| {
        let record = option.feasibility.as_ref().filter(|record| record.refusal().is_none())?;
        let peak = format::or_unknown(record.estimate.memory.and_then(|memory| memory.peak_bytes), format::memory);
        let (name, compiler) = (&option.input.name, record.compiler_and_version());
        Some(format!(
            "{name}: compiles and fits by {compiler}, with {peak} at most ({}, {})",
            record.evidence, record.method
        ))
    };
    let lines: Vec<String> = figures.assessment.options.iter().filter_map(of).collect();
    if !lines.is_empty() {
        output::print("\nFeasible on hardware that is not here")?;
        lines.iter().try_for_each(|line| output::wrapped("- ", line))?;
    }
    Ok(())
}

/// How far the projections among the options can be believed.
fn model_cards(figures: &Figures<'_>) -> anyhow::Result<()> {
    for card in &figures.assessment.model_cards {
        output::print(&format!("\nModel card: {}", card.method))?;
        let error = |error: Option<f64>| format::or_unknown(error, |part| format::percent(part, 0));
        output::wrapped("- ", &format!("Tested on {}", card.fitted_on))?;
        let (median, p90, n) = (error(card.median_error), error(card.p90_error), card.n);
        if n > 0 {
            output::wrapped("- ", &format!("{n} predictions: median error {median}, nine of ten within {p90}"))?;
        }
        if let Some([low, high]) = card.range_used {
            let range = format!("{} to {} of the projection", format::percent(low, 0), format::percent(high, 0));
            output::wrapped("- ", &format!("The range used here: {range}"))?;
        }
        card.limits.iter().try_for_each(|limit| output::wrapped("- ", limit))?;
    }
    Ok(())
}

fn print_waited(figures: &Figures<'_>, waited: &Waited) -> anyhow::Result<()> {
    let name = |id: &str| figures.assessment.evaluation(id).map_or_else(|| id.to_owned(), |e| e.name.clone());
    let months = format::whole_months(waited.months);
    output::print(&format!("\nNow or in {months}: {}", name(&waited.option)))?;
    let value = match &waited.value {
        Ok(value) => value,
        Err(reason) => return output::wrapped("", &format!("The value of waiting is not known: {reason}.")),
    };
    let rows = value
        .scenarios
        .iter()
        .map(|s| {
            let then = if s.takes_it { "take it then" } else { "stay" };
            vec![
                s.name.clone(),
                format::percent(s.probability, 0),
                then.to_owned(),
                format::money(s.cost),
                format::money(s.saving),
            ]
        })
        .collect();
    let columns =
        [text("Scenario"), number("Probability"), text("Then"), number("Present cost"), number("Saved against now")];
    output::table(&columns, rows)?;
    let verdict = if value.value.amount > 0.0 {
        format!(
            "Waiting is worth {}, of which {} by deciding only then",
            format::money(value.value),
            format::money(value.flexibility)
        )
    } else {
        format!("Do not wait: it costs {}", format::money(value.value * -1.0))
    };
    output::wrapped(
        "",
        &format!(
            "{verdict}. Now costs {}, staying with {} {}. Scenarios: {}.",
            format::money(value.now),
            name(&waited.meanwhile),
            format::money(value.staying),
            waited.source
        ),
    )
}

fn assumptions(figures: &Figures<'_>) -> anyhow::Result<()> {
    output::print("\nEvery input of the costs beside prices and throughputs (change them in study.yaml)")?;
    let rows = assumed(figures.assessment)
        .into_iter()
        .map(|fact| {
            let from = match fact.source.as_str() {
                "" | "study.yaml" => fact.origin,
                source => format!("{}: {source}", fact.origin),
            };
            vec![fact.label, format!("{} {}", fact.text, fact.unit).trim_end().to_owned(), from]
        })
        .collect();
    output::wrapped_table(&[text("Assumption"), text("Value"), text("From")], rows)
}
