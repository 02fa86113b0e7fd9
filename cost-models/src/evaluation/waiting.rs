//! Buy now, or wait for a better or cheaper generation and pay for something else meanwhile?

use assay_base::Money;
use serde::{Deserialize, Serialize};

use super::{Assumptions, Metric, OptionInput, evaluate, in_study_currency, price_level};
use crate::error::{CostError, check, fraction, non_negative, positive};

/// What the market may be like after waiting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitScenario {
    /// Its name.
    pub name: String,
    /// How probable it is; all scenarios together make 1.
    pub probability: f64,
    /// What is then bought costs this times its price of now, 0 or above.
    pub price_factor: f64,
    /// A unit then serves this times its items of now, above 0.
    pub throughput_factor: f64,
}

/// Waiting with one option for another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitPlan {
    /// The option to take now or later.
    pub option: String,
    /// The option that serves the demand meanwhile, and on if that turns out cheaper.
    pub meanwhile: String,
    /// How long, in months; at least 1 and less than the horizon.
    pub months: u32,
    /// What may happen.
    pub scenarios: Vec<WaitScenario>,
}

/// Waiting in one scenario. Amounts are present values of costs at t = 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitedScenario {
    /// The scenario.
    pub name: String,
    /// Its probability.
    pub probability: f64,
    /// Waiting and then taking the option.
    pub then_taking: Money,
    /// Waiting and then doing the cheaper of the two: taking it, or staying.
    pub cost: Money,
    /// Whether the option is taken then.
    pub takes_it: bool,
    /// What waiting saves against taking the option now; negative where it costs.
    pub saving: Money,
}

/// Buy now against wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueOfWaiting {
    /// Present value of the costs of taking the option now.
    pub now: Money,
    /// Of staying with what serves meanwhile for the whole horizon.
    pub staying: Money,
    /// Of waiting and deciding then, in each scenario.
    pub scenarios: Vec<WaitedScenario>,
    /// The mean of those.
    pub waiting: Money,
    /// What waiting is worth: what it saves on average against the better of taking it now and never. Negative where it
    /// is better not to wait.
    pub value: Money,
    /// The part of that which is due to deciding only then, instead of to waiting for it whatever happens.
    pub flexibility: Money,
}

/// The value of waiting for an option, by scenario: the practical form of the option to defer (Dixit & Pindyck,
/// Investment under Uncertainty, ch. 2) with the study's own costs in place of a random walk.
///
/// What serves meanwhile ends with the wait: its hardware counts then with its market value, its commitments are paid
/// to their end, and the demand after it is that of the study's later months. Prices that change over time are those of
/// the month.
///
/// # Errors
/// An unknown option, one whose costs are unknown, a wait not within the horizon, probabilities that do not make 1, or
/// an input that [`evaluate`] refuses.
pub fn value_of_waiting(
    options: &[OptionInput],
    assumptions: &Assumptions,
    plan: &WaitPlan,
) -> Result<ValueOfWaiting, CostError> {
    validated(plan, assumptions)?;
    evaluate(options, assumptions)?;
    let (options, assumptions) = in_study_currency(options, assumptions)?;
    let find = |field: &str, id: &str| {
        let found = options.iter().find(|option| option.id == id);
        found.ok_or_else(|| CostError::invalid(field, format!("there is no option `{id}`")))
    };
    let (option, meanwhile) = (find("option", &plan.option)?, find("meanwhile", &plan.meanwhile)?);
    let money = |amount: f64| Money::new(amount, assumptions.currency);
    let baseline = options.iter().find(|option| option.is_baseline);
    let now = cost(option, baseline, &assumptions)?;
    let staying = cost(meanwhile, baseline, &assumptions)?;
    let first = Assumptions { horizon_months: plan.months, ..assumptions.clone().into_owned() };
    let until_then = cost(meanwhile, baseline, &first)?;
    let then = later(&assumptions, plan.months)?;
    let discount = (-f64::from(plan.months) / 12.0 * assumptions.discount_rate_annual.ln_1p()).exp();
    let level_then = |option: &OptionInput| -> Result<f64, CostError> {
        let level = price_level("price_change", option.price_change, &assumptions)?;
        Ok(level.get(plan.months as usize).copied().unwrap_or(1.0))
    };
    let level = level_then(option)?;
    let mut baseline_then = baseline.cloned();
    if let Some(baseline) = &mut baseline_then {
        baseline.payment.scale(level_then(baseline)?);
    }

    let scenarios = plan
        .scenarios
        .iter()
        .map(|scenario| {
            let mut option = option.clone();
            option.payment.scale(scenario.price_factor * level);
            option.throughput_per_unit =
                option.throughput_per_unit.map(|throughput| throughput.scaled(scenario.throughput_factor));
            // The roofline is that of the generation of now.
            option.throughput_ceiling_per_unit = None;
            let then_taking = until_then + discount * cost(&option, baseline_then.as_ref(), &then)?;
            let takes_it = then_taking < staying;
            let cost = if takes_it { then_taking } else { staying };
            Ok(WaitedScenario {
                name: scenario.name.clone(),
                probability: scenario.probability,
                then_taking: money(then_taking),
                cost: money(cost),
                takes_it,
                saving: money(now - cost),
            })
        })
        .collect::<Result<Vec<_>, CostError>>()?;
    let mean = |of: fn(&WaitedScenario) -> Money| -> f64 {
        scenarios.iter().map(|scenario| scenario.probability * of(scenario).amount).sum()
    };
    let waiting = mean(|scenario| scenario.cost);
    let committed = mean(|scenario| scenario.then_taking).min(staying);
    Ok(ValueOfWaiting {
        now: money(now),
        staying: money(staying),
        waiting: money(waiting),
        value: money(now.min(staying) - waiting),
        flexibility: money(committed - waiting),
        scenarios,
    })
}

fn validated(plan: &WaitPlan, assumptions: &Assumptions) -> Result<(), CostError> {
    let months = f64::from(plan.months);
    let ok = plan.months >= 1 && plan.months < assumptions.horizon_months;
    check("months", months, ok, "at least 1 and less than the horizon")?;
    if plan.option == plan.meanwhile {
        return Err(CostError::invalid("meanwhile", "it is the option that is waited for; name another one"));
    }
    for (i, scenario) in plan.scenarios.iter().enumerate() {
        let within = |error: CostError| error.within(&format!("scenarios[{i}]"));
        fraction("probability", scenario.probability).map_err(within)?;
        non_negative("price_factor", scenario.price_factor).map_err(within)?;
        positive("throughput_factor", scenario.throughput_factor).map_err(within)?;
    }
    let sum: f64 = plan.scenarios.iter().map(|scenario| scenario.probability).sum();
    check("scenarios", sum, (sum - 1.0).abs() < 1e-6, "probabilities that make 1 together").map(|_| ())
}

/// Of an option with the baseline, which may run beside it.
fn cost(option: &OptionInput, baseline: Option<&OptionInput>, assumptions: &Assumptions) -> Result<f64, CostError> {
    let beside = baseline.filter(|baseline| baseline.id != option.id);
    let both: Vec<OptionInput> = std::iter::once(option).chain(beside).cloned().collect();
    let evaluations = evaluate(&both, assumptions)?;
    let evaluation = evaluations.first();
    evaluation.and_then(|evaluation| Metric::PresentValue.of(evaluation)).ok_or_else(|| {
        let reason = evaluation.and_then(|evaluation| evaluation.not_ranked.clone()).unwrap_or_default();
        CostError::invalid(format!("options[{}]", option.id), reason)
    })
}

/// The assumptions as they stand after so many months.
fn later(assumptions: &Assumptions, months: u32) -> Result<Assumptions, CostError> {
    let rest = assumptions.horizon_months - months;
    let mut then = Assumptions {
        horizon_months: rest,
        demand: assumptions.demand.after(months as usize, rest as usize)?,
        ..assumptions.clone()
    };
    let at = |level: Vec<f64>| level.get(months as usize).copied().unwrap_or(1.0);
    if let Some(price) = &mut then.electricity_price_per_kwh {
        let change = assumptions.electricity_price_change;
        price.amount *= at(price_level("electricity_price_change", change, assumptions)?);
    }
    then.shared_costs.retain(|cost| cost.to_month.is_none_or(|last| last > months));
    for cost in &mut then.shared_costs {
        cost.per_month.amount *= at(price_level("change", cost.change, assumptions)?);
        cost.from_month = cost.from_month.saturating_sub(months).max(1);
        cost.to_month = cost.to_month.map(|last| last - months);
    }
    Ok(then)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bought, rented, year};
    use super::super::{Change, Component, PerWhat, RecurringCost};
    use super::*;
    use assay_base::Evidence;

    fn scenario(name: &str, probability: f64, price_factor: f64, throughput_factor: f64) -> WaitScenario {
        WaitScenario { name: name.to_owned(), probability, price_factor, throughput_factor }
    }

    fn plan(scenarios: Vec<WaitScenario>) -> WaitPlan {
        WaitPlan { option: "own".to_owned(), meanwhile: "rent".to_owned(), months: 6, scenarios }
    }

    fn near(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} is not {expected}");
    }

    #[test]
    fn waiting_for_nothing_costs_what_half_of_each_costs() {
        let rent = [rented("rent", 300.0, 3.6), rented("own", 300.0, 2.0)];
        let found = value_of_waiting(&rent, &year(), &plan(vec![scenario("same", 1.0, 1.0, 1.0)])).unwrap();
        let month = |price: f64, m: i32| 7.0 * price * 730.0 / 1.1f64.powf(f64::from(m) / 12.0);
        let expected: f64 = (1..=6).map(|m| month(3.6, m)).chain((7..=12).map(|m| month(2.0, m))).sum();
        near(found.waiting.amount, expected);
        assert!(found.value.amount < 0.0 && found.scenarios[0].takes_it);
        assert!(found.flexibility.amount.abs() < 1e-6);
    }

    #[test]
    fn a_price_that_falls_with_certainty_is_a_price_change() {
        let scenarios = vec![scenario("falls", 1.0, 0.5, 1.0)];
        let options = [rented("rent", 300.0, 3.6), bought("own", 300.0, 40_000.0)];
        let found = value_of_waiting(&options, &year(), &plan(scenarios)).unwrap();
        let mut falling = options.clone();
        falling[1].price_change = Some(Change::per_year(-0.75));
        let same = value_of_waiting(&falling, &year(), &plan(vec![scenario("same", 1.0, 1.0, 1.0)])).unwrap();
        near(found.waiting.amount, same.waiting.amount);
    }

    #[test]
    fn deciding_later_is_worth_more_than_promising_now() {
        let options = [rented("rent", 300.0, 3.6), bought("own", 300.0, 30_000.0)];
        let scenarios = vec![scenario("better", 0.5, 0.6, 1.5), scenario("dearer", 0.5, 2.5, 1.0)];
        let shared = RecurringCost::new(
            Component::Staff,
            Money::new(100.0, assay_base::Currency::USD),
            PerWhat::Option,
            Evidence::Assumed,
        );
        let found = value_of_waiting(&options, &year(), &plan(scenarios.clone())).unwrap();
        assert!(found.scenarios[0].takes_it && !found.scenarios[1].takes_it, "{found:?}");
        assert!(found.flexibility.amount > 0.0 && found.value.amount > 0.0, "{found:?}");
        // What is paid either way changes nothing.
        let with_staff = Assumptions { shared_costs: vec![shared], ..year() };
        let same = value_of_waiting(&options, &with_staff, &plan(scenarios)).unwrap();
        assert!((same.value.amount - found.value.amount).abs() < 1e-6);
    }

    #[test]
    fn refusals_name_the_field() {
        let options = [rented("rent", 300.0, 3.6), bought("own", 300.0, 30_000.0)];
        let field = |plan: WaitPlan| value_of_waiting(&options, &year(), &plan).unwrap_err().field().to_owned();
        assert_eq!(field(plan(vec![scenario("a", 0.5, 1.0, 1.0)])), "scenarios");
        assert_eq!(field(plan(vec![scenario("a", 1.0, 1.0, 0.0)])), "scenarios[0].throughput_factor");
        assert_eq!(field(WaitPlan { months: 12, ..plan(vec![scenario("a", 1.0, 1.0, 1.0)]) }), "months");
        assert_eq!(field(WaitPlan { option: "x".to_owned(), ..plan(vec![scenario("a", 1.0, 1.0, 1.0)]) }), "option");
    }
}
