//! `assay capacity`

use assay_base::{Currency, format};
use assay_service::capacity::{
    Basis, CapacityPlan, Mix, OptionPlan, Ownership, PlannedQuarter, QuarterRow, ScenarioPlan, Selection, plan,
};
use serde_json::{Value, json};

use crate::args::{Capacity, Format};
use crate::output::{self, number, text};
use crate::{Verdict, place};

pub fn run(arguments: &Capacity) -> anyhow::Result<Verdict> {
    let mut workbench = place::open(arguments.study.named())?;
    place::look_at(&mut workbench, arguments.scenario.as_deref(), &place::values(&arguments.set)?)?;
    let selection = Selection { options: arguments.option.clone(), demand: arguments.demand.clone() };
    let plan = plan(&Basis::of(&workbench), &selection)?;
    match arguments.format {
        Format::Table => tables(&plan)?,
        Format::Json => output::json(&serde_json::to_value(&plan)?)?,
        Format::Csv => output::csv(&rows(&plan))?,
    }
    Ok(if plan.met { Verdict::Yes } else { Verdict::No })
}

/// One object for each option, forecast and quarter.
fn rows(plan: &CapacityPlan) -> Vec<Value> {
    let mut rows = Vec::new();
    for option in &plan.options {
        for scenario in &option.scenarios {
            for quarter in &scenario.quarters {
                let shortfalls = scenario.shortfalls.iter().filter(|s| s.quarter == quarter.quarter);
                let texts: Vec<&str> = shortfalls.map(|s| s.text.as_str()).collect();
                rows.push(json!({
                    "option": option.id,
                    "demand": scenario.demand,
                    "quarter": quarter.quarter,
                    "peak_per_sec": quarter.peak_per_sec,
                    "needed": quarter.needed,
                    "needed_low": quarter.needed_low,
                    "needed_high": quarter.needed_high,
                    "arriving": quarter.arriving,
                    "retiring": quarter.retiring,
                    "to_order": quarter.to_order,
                    "in_service": quarter.in_service,
                    "missing": quarter.missing,
                    "peak_utilisation": quarter.peak_utilisation,
                    "mean_utilisation": quarter.mean_utilisation,
                    "power_watts": quarter.power_watts,
                    "rack_units": quarter.rack_units,
                    "cost": quarter.cost,
                    "cash": quarter.cash,
                    "currency": plan.currency,
                    "fleet_evidence": option.fleet_evidence,
                    "cost_evidence": option.cost_evidence,
                    "shortfalls": texts.join("; "),
                }));
            }
        }
    }
    rows
}

fn tables(plan: &CapacityPlan) -> anyhow::Result<()> {
    if plan.sample {
        output::print("SAMPLE: the demand of this study is made up.")?;
    }
    let scenario = plan.scenario.as_ref().map(|s| format!(", scenario `{s}`")).unwrap_or_default();
    output::wrapped("", &format!("{}, planned as of {}{scenario}", plan.study, plan.as_of))?;
    demand(plan)?;
    for option in &plan.options {
        output::print(&format!("\n{}", heading(&option.name)))?;
        match &option.unknown {
            Some(reason) => output::wrapped("", &format!("Cannot be planned: {reason}."))?,
            None => one_option(plan, option)?,
        }
    }
    output::print("")?;
    output::wrapped(
        "",
        "Cost spreads upfront payments and depreciates hardware; cash is what is paid. Both are before tax and of the \
         fleet alone: migration, staff and other costs are in `assay cost`.",
    )?;
    if plan.demand.len() > 1 {
        output::print("Each forecast in full: --demand ID.")?;
    }
    output::print(if plan.met { "The plan meets what was asked." } else { "The plan does not meet what was asked." })
}

fn heading(name: &str) -> String {
    format!("{name}\n{}", "-".repeat(name.chars().count()))
}

fn demand(plan: &CapacityPlan) -> anyhow::Result<()> {
    output::print(&format!(
        "\nDemand: {} a month in the busiest month of the quarter, and a second at the peak",
        plan.item
    ))?;
    let mut columns = vec![text("Quarter")];
    for forecast in &plan.demand {
        columns.extend([number(output::shortened(&forecast.name, 18)), number("peak")]);
    }
    let row = |(index, span): (usize, &assay_service::capacity::QuarterSpan)| {
        let cells = plan.demand.iter().filter_map(|forecast| forecast.quarters.get(index)).flat_map(|quarter| {
            [format::compact(quarter.busiest_month_items), format!("{}/s", format::compact(quarter.peak_per_sec))]
        });
        std::iter::once(span.quarter.to_string()).chain(cells).collect()
    };
    output::table(&columns, plan.quarters.iter().enumerate().map(row).collect())?;
    for forecast in &plan.demand {
        let weight = forecast.weight.map(|w| format!(", weight {}", plain(w))).unwrap_or_default();
        let line = format!(
            "{}: {}, peak over average {}{weight} ({}; {})",
            forecast.name,
            forecast.model,
            plain(forecast.peak_to_average),
            forecast.evidence,
            forecast.source
        );
        output::wrapped("- ", &line)?;
    }
    Ok(())
}

fn one_option(plan: &CapacityPlan, option: &OptionPlan) -> anyhow::Result<()> {
    // The one in the middle of low, base and high is shown in full.
    let shown = option.scenarios.iter().find(|s| s.demand == "base").or(option.scenarios.first());
    if option.scenarios.len() > 1 {
        summary(plan, option)?;
    }
    if let Some(shown) = shown {
        let title = plan.demand.iter().find(|d| d.id == shown.demand).map_or(shown.demand.as_str(), |d| &d.name);
        output::print(&format!(
            "Fleet against demand, {title} (fleet {}, cost {})",
            option.fleet_evidence, option.cost_evidence
        ))?;
        fleet(plan.currency, option, shown)?;
        site(shown)?;
        orders(plan.currency, option, shown)?;
        if let Some(mix) = &shown.mix {
            mix_tables(plan.currency, mix, "Cheapest mix")?;
        }
    }
    if let Some(mix) = &option.hedged {
        mix_tables(plan.currency, mix, "Mix that fits all forecasts by their weights")?;
    }
    output::print("\nMade from")?;
    for fact in &option.inputs {
        output::wrapped("- ", &format!("{}: {} ({}; {})", fact.label, fact.text, fact.evidence, fact.source))?;
    }
    for scenario in &option.scenarios {
        for shortfall in &scenario.shortfalls {
            output::wrapped("! ", &format!("{} ({}): {}", shortfall.quarter, scenario.demand, shortfall.text))?;
        }
    }
    for warning in &option.warnings {
        output::wrapped("- ", warning)?;
    }
    Ok(())
}

fn money(amount: Option<f64>, currency: Currency) -> String {
    format::or_unknown(amount, |amount| format::money_in(amount, currency))
}

fn plain(value: f64) -> String {
    format::without_trailing_zeros(&format::significant(value, 3))
}

/// `1 unit`, `12 units`.
fn units(count: u64) -> String {
    format!("{} {}", format::thousands(count as f64, 0), if count == 1 { "unit" } else { "units" })
}

fn whole(units: u64) -> String {
    format::thousands(units as f64, 0)
}

fn count(units: u64) -> String {
    if units == 0 { String::new() } else { whole(units) }
}

fn summary(plan: &CapacityPlan, option: &OptionPlan) -> anyhow::Result<()> {
    let columns = [
        text("Demand"),
        number("Units at most"),
        number("To order"),
        number("Cost"),
        number("Cash"),
        number("Falls short"),
    ];
    let cells = |scenario: &ScenarioPlan| {
        let most = scenario.quarters.iter().map(|q| q.in_service).max().unwrap_or_default();
        let ordered: u64 = scenario.orders.iter().map(|order| order.units).sum();
        let short: std::collections::BTreeSet<_> = scenario.shortfalls.iter().map(|s| s.quarter).collect();
        let short = if short.is_empty() { "no".to_owned() } else { format!("{} quarters", short.len()) };
        vec![
            scenario.demand.clone(),
            count(most),
            count(ordered),
            money(scenario.cost, plan.currency),
            money(scenario.cash, plan.currency),
            short,
        ]
    };
    output::table(&columns, option.scenarios.iter().map(cells).collect())?;
    output::print("")
}

fn fleet(currency: Currency, option: &OptionPlan, scenario: &ScenarioPlan) -> anyhow::Result<()> {
    let more = if option.ownership == Ownership::Rented { "Rent" } else { "Order" };
    let mut columns = vec![
        text("Quarter"),
        number("Peak/s"),
        number("Needed"),
        number("range"),
        number("Arrive"),
        number("Leave"),
        number(more),
        number("Units"),
        number("Missing"),
        number("At peak"),
        number("Cost"),
        number("Cash"),
    ];
    let cells = |q: &PlannedQuarter| {
        let row = QuarterRow::of(q);
        vec![
            row.quarter,
            row.peak,
            row.needed,
            row.range,
            row.arriving,
            row.retiring,
            row.to_order,
            row.in_service,
            row.missing,
            row.at_peak,
            money(q.cost, currency),
            money(q.cash, currency),
        ]
    };
    let mut rows: Vec<Vec<String>> = scenario.quarters.iter().map(cells).collect();
    let mut total = vec![String::new(); columns.len()];
    total[0] = "Total".to_owned();
    total[columns.len() - 2] = money(scenario.cost, currency);
    total[columns.len() - 1] = money(scenario.cash, currency);
    rows.push(total);
    // What never happens needs no column.
    let used: Vec<bool> = (0..columns.len()).map(|i| rows.iter().any(|row| !row[i].is_empty())).collect();
    for row in &mut rows {
        keep(row, &used);
    }
    keep(&mut columns, &used);
    output::table(&columns, rows)?;
    if let Some(binding) = binding(scenario) {
        output::wrapped("", &binding)?;
    }
    Ok(())
}

fn keep<T>(list: &mut Vec<T>, used: &[bool]) {
    let mut used = used.iter();
    list.retain(|_| used.next().copied().unwrap_or_default());
}

/// What decides on the number of units.
fn binding(scenario: &ScenarioPlan) -> Option<String> {
    let quarter = scenario.quarters.iter().max_by_key(|q| q.needed)?;
    let latency = quarter.units_for_latency?;
    let (load, which) =
        (quarter.units_for_load, if latency > quarter.units_for_load { "latency" } else { "utilisation" });
    Some(format!(
        "In {}: {} for the target utilisation, {} for the latency objective, {} more for failures; the {which} decides.",
        quarter.quarter,
        units(load),
        format::thousands(latency as f64, 0),
        quarter.spares
    ))
}

fn site(scenario: &ScenarioPlan) -> anyhow::Result<()> {
    let most = |of: fn(&PlannedQuarter) -> Option<f64>| {
        let values = scenario.quarters.iter().filter_map(|q| Some((q.quarter, of(q)?)));
        values.max_by(|a, b| a.1.total_cmp(&b.1))
    };
    if let Some((quarter, watts)) = most(|q| q.power_watts) {
        output::print(&format!("Power at the plug: at most {} in {quarter}", format::power(watts)))?;
    }
    if let Some((quarter, height)) = most(|q| q.rack_units) {
        output::print(&format!("Rack: at most {} U in {quarter}", format::thousands(height, 0)))?;
    }
    Ok(())
}

fn orders(currency: Currency, option: &OptionPlan, scenario: &ScenarioPlan) -> anyhow::Result<()> {
    if !matches!(option.ownership, Ownership::Bought | Ownership::Leased) {
        return Ok(());
    }
    if scenario.orders.is_empty() {
        return output::print("\nNothing to order.");
    }
    output::print("\nOrders to place")?;
    let columns = [text("Order by"), number("Units"), number("Replacing"), text("In service"), number("Price")];
    let cells = |order: &assay_service::capacity::Order| {
        vec![
            format::or_unknown(order.order_by, |day| day.to_string()),
            count(order.units),
            count(order.replacing),
            order.quarter.to_string(),
            money(order.price, currency),
        ]
    };
    output::table(&columns, scenario.orders.iter().map(cells).collect())
}

fn mix_tables(currency: Currency, mix: &Mix, title: &str) -> anyhow::Result<()> {
    if mix.contracts.is_empty() && mix.spot_per_hour.is_none() {
        return Ok(());
    }
    output::print(&format!("\n{title}"))?;
    let mut columns = vec![text("Quarter")];
    columns.extend(mix.contracts.iter().map(|contract| number(contract.name.clone())));
    columns.push(number("on demand"));
    if mix.spot_per_hour.is_some() {
        columns.push(number("spot"));
    }
    let mean = |value: f64| if value == 0.0 { String::new() } else { format::significant(value, 3) };
    let row = |quarter: &assay_service::capacity::MixQuarter| {
        let mut cells = vec![quarter.quarter.to_string()];
        cells.extend(quarter.committed.iter().map(|count| mean(*count)));
        cells.push(mean(quarter.rented));
        if mix.spot_per_hour.is_some() {
            cells.push(mean(quarter.spot));
        }
        cells
    };
    output::table(&columns, mix.quarters.iter().map(row).collect())?;
    for (rule, contract) in mix.rules.iter().zip(&mix.contracts) {
        output::wrapped("- ", &rule_text(rule, contract.rate_per_hour, currency))?;
    }
    for signing in &mix.signings {
        output::print(&format!("Sign from {}: {}, {}", signing.on, units(signing.units), signing.contract))?;
    }
    let saved = mix.all_rented.map(|all| format!("; all on demand would cost {}", format::money_in(all, currency)));
    let owed = match mix.after_horizon {
        owed if owed > 0.0 => format!("; {} remain to be paid after the horizon", format::money_in(owed, currency)),
        _ => String::new(),
    };
    output::wrapped("", &format!("Total {}{}{owed}.", format::money_in(mix.total, currency), saved.unwrap_or_default()))
}

/// The newsvendor's rule with its figures.
fn rule_text(rule: &assay_service::cost_models::capacity::MarginalRule, rate: f64, currency: Currency) -> String {
    let percent = |duty: f64| format::percent(duty, 0);
    let rate = format::money_in(rate, currency);
    let pays = match rule.break_even_duty {
        Some(duty) if duty < 1.0 => format!("pays for a unit in use more than {} of the term", percent(duty)),
        Some(_) => "never pays: it is no cheaper than renting".to_owned(),
        None => "is the only way".to_owned(),
    };
    let least = rule.least_used_committed.map(|duty| format!("; the last unit committed is in use {}", percent(duty)));
    let most = rule.most_used_rented.map(|duty| format!("; the first one not committed, {}", percent(duty)));
    format!("{} at {rate} an hour {pays}{}{}.", rule.contract, least.unwrap_or_default(), most.unwrap_or_default())
}
