//! What the types cannot refuse: ranges, references between parts, uniqueness.

mod capacity;
mod migration;
mod money;

use std::collections::BTreeSet;

use crate::assumptions::{ASSUMPTIONS, AssumptionSpec};
use crate::demand::{Demand, Growth};
use crate::document::{Study, StudyOption, ThroughputSource};
use crate::quantity::Quantity;

/// Something in a study that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path of the value, as in [`crate::set_path`].
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Problems found so far, and what finds them.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn report(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), message: message.into() });
    }

    /// A number or distribution between `min` and `max`; `what` says what it is for.
    fn quantity(&mut self, path: impl Into<String>, value: &Quantity, (min, max): (f64, f64), what: &str) {
        if let Some(problem) = value.problem(min, max) {
            self.report(path, if what.is_empty() { problem } else { format!("{problem} ({what})") });
        }
    }

    fn number(&mut self, path: impl Into<String>, value: f64, range: (f64, f64), what: &str) {
        self.quantity(path, &Quantity::Number(value), range, what);
    }

    fn optional(&mut self, path: impl Into<String>, value: Option<f64>, range: (f64, f64), what: &str) {
        if let Some(value) = value {
            self.number(path, value, range, what);
        }
    }
}

/// The largest amounts, rates and counts that can be meant. Beyond, sums leave the range of a double.
const HUGE: f64 = 1e18;
const POSITIVE: (f64, f64) = (f64::MIN_POSITIVE, HUGE);
const NOT_NEGATIVE: (f64, f64) = (0.0, HUGE);
const FRACTION: (f64, f64) = (0.0, 1.0);

/// Everything in the study that cannot be meant; empty for a sound one.
pub fn problems(study: &Study) -> Vec<Problem> {
    let mut found = Problems::default();
    assumptions(study, &mut found);
    demand(&study.demand, &mut found);
    let seconds = study.requirements.max_p99_latency_secs;
    found.optional("requirements.max_p99_latency_secs", seconds, POSITIVE, "seconds");
    references(study, &mut found);
    money::finance(study, &mut found);
    money::costs("costs", &study.costs, study, &mut found);
    for option in &study.options {
        one_option(option, study, &mut found);
    }
    for target in &study.targets {
        if target.launch.is_empty() || target.launch.iter().any(String::is_empty) {
            found.report(format!("targets.{}.launch", target.id), "needs a command, such as [ssh, host]");
        }
    }
    money::waiting(study, &mut found);
    if let Some(section) = &study.migration {
        migration::section(section, study, &mut found);
    }
    money::correlations(study, &mut found);
    study.documents.problems(&mut |path, message| found.report(path, message));
    if let Some(section) = &study.capacity {
        capacity::section(section, study, &mut |path, message| found.report(path, message));
    }
    found.0
}

fn assumptions(study: &Study, found: &mut Problems) {
    for spec in ASSUMPTIONS {
        let Some(value) = study.assumption(spec.key) else { continue };
        let most = if spec.is_for(study.currency) { spec.max } else { HUGE };
        found.quantity(format!("assumptions.{}", spec.key), &value, (spec.min, most), &spec.label.to_lowercase());
    }
    let horizon = study.assumptions.horizon_months;
    if horizon.fract() != 0.0 {
        found.report("assumptions.horizon_months", format!("is {horizon}; give whole months"));
    }
    let has_effort = |option: &StudyOption| option.migration.as_ref().is_some_and(|m| m.effort_person_days != 0.0);
    if let Some(option) = study.options.iter().find(|option| has_effort(option))
        && study.assumption("engineer_cost_per_day").is_none()
        && let Some(spec) = AssumptionSpec::of("engineer_cost_per_day")
    {
        let problem = format!(
            "state `assumptions.engineer_cost_per_day` to price this effort: its default of {} is in {}, not in {}",
            spec.default,
            spec.known_currencies(),
            study.currency
        );
        found.report(format!("options.{}.migration.effort_person_days", option.id), problem);
    }
}

fn demand(demand: &Demand, found: &mut Problems) {
    let start_is_used = !matches!(demand.growth, Some(Growth::Logistic(_) | Growth::Quarters(_)));
    let least = if start_is_used { POSITIVE } else { NOT_NEGATIVE };
    found.quantity("demand.items_per_month", &demand.items_per_month, least, "items");
    let growth = "a fraction a month: 0.02 is 2 %";
    if let Some(item) = &demand.item {
        let is_name = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-');
        if !item.starts_with(char::is_alphabetic) || !item.chars().all(is_name) || item.len() > 40 {
            found.report("demand.item", "is a noun in the singular, such as `request`");
        }
    }
    found.quantity("demand.growth_per_month", &demand.growth_per_month, (-0.5, 1.0), growth);
    found.quantity("demand.peak_to_average", &demand.peak_to_average, (1.0, 1000.0), "busiest over average hour");
    for (month, factor) in demand.season.iter().enumerate() {
        found.number("demand.season", *factor, (0.0, 1000.0), &format!("factor {}", month + 1));
    }
    if demand.growth.is_some() && demand.growth_per_month != 0.0 {
        found.report("demand.growth", "give this or `growth_per_month`, not both");
    }
    match &demand.growth {
        Some(Growth::Linear(linear)) => {
            found.number("demand.growth.linear.added_per_month", linear.added_per_month, (-HUGE, HUGE), "items");
        }
        Some(Growth::Logistic(curve)) => {
            found.number("demand.growth.logistic.capacity_per_month", curve.capacity_per_month, POSITIVE, "items");
            found.number("demand.growth.logistic.steepness", curve.steepness, (-100.0, 100.0), "a month");
            found.number("demand.growth.logistic.midpoint_month", curve.midpoint_month, (-1200.0, 1200.0), "months");
        }
        Some(Growth::Quarters(items)) => {
            if items.iter().sum::<f64>() <= 0.0 {
                found.report("demand.growth.quarters", "needs items a month for at least one quarter");
            }
            for items in items {
                found.number("demand.growth.quarters", *items, NOT_NEGATIVE, "items a month");
            }
        }
        None => {}
    }
    if let Some(tokens) = demand.tokens {
        found.number("demand.tokens.input", tokens.input, NOT_NEGATIVE, "tokens");
        found.number("demand.tokens.output", tokens.output, NOT_NEGATIVE, "tokens");
        found.number("demand.tokens.cached_fraction", tokens.cached_fraction, FRACTION, "of the input tokens");
        if tokens.input + tokens.output <= 0.0 {
            found.report("demand.tokens", "an item has at least one token");
        }
        if demand.samples_per_step.is_some() {
            found.report("demand.samples_per_step", "an item is a request of tokens or a step of training, not both");
        }
    }
    found.optional("demand.samples_per_step", demand.samples_per_step, POSITIVE, "samples");
}

fn references(study: &Study, found: &mut Problems) {
    if study.options.is_empty() {
        found.report("options", "a study needs at least one option");
    } else if study.option(&study.baseline).is_none() {
        let hint = assay_base::yaml::suggestion(&study.baseline, study.options.iter().map(|o| o.id.as_str()));
        found.report("baseline", format!("no option has the id `{}`{hint}", study.baseline));
    }
    let mut lists = vec![
        ("options".to_owned(), study.options.iter().map(|o| o.id.as_str()).collect::<Vec<_>>()),
        ("scenarios".to_owned(), study.scenarios.iter().map(|s| s.id.as_str()).collect()),
        ("targets".to_owned(), study.targets.iter().map(|t| t.id.as_str()).collect()),
        ("waiting".to_owned(), study.waiting.iter().map(|w| w.id.as_str()).collect()),
        ("costs".to_owned(), study.costs.iter().map(|c| c.id.as_str()).collect()),
    ];
    for option in &study.options {
        lists.push((format!("options.{}.costs", option.id), option.costs.iter().map(|c| c.id.as_str()).collect()));
    }
    for (list, ids) in lists {
        let mut seen = BTreeSet::new();
        for (n, id) in ids.into_iter().enumerate() {
            if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
                found.report(format!("{list}.{id}.id"), "an id has letters, digits, `-` and `_` only");
            }
            if !seen.insert(id) {
                found.report(format!("{list}[{n}].id"), format!("an entry before this one has the id `{id}`"));
            }
        }
    }
}

fn one_option(option: &StudyOption, study: &Study, found: &mut Problems) {
    let at = |field: &str| format!("options.{}.{field}", option.id);
    money::price(option, study, found);
    match &option.throughput {
        ThroughputSource::Projected { .. } if option.profile.is_none() => {
            found.report(at("profile"), "a projection needs a hardware profile: name one");
        }
        ThroughputSource::Projected { published: Some(_), compiler: Some(_), .. } => {
            found.report(at("throughput"), "give `published` or `compiler`, not both");
        }
        ThroughputSource::Projected { published: Some(work), .. } => {
            found.number(at("throughput.published.per_item"), work.per_item, POSITIVE, "of the published unit");
        }
        ThroughputSource::Assumed { items_per_sec, low, high, .. } => {
            found.quantity(at("throughput.items_per_sec"), items_per_sec, POSITIVE, "items a second");
            let value = items_per_sec.value();
            let (least, most) = (low.unwrap_or(value), high.unwrap_or(value));
            if items_per_sec.distribution().is_some() && (low.is_some() || high.is_some()) {
                found.report(at("throughput"), "give a distribution or `low` and `high`, not both");
            } else if !(least > 0.0 && least <= value && value <= most && most.is_finite()) {
                found.report(at("throughput"), "needs 0 < low <= items_per_sec <= high");
            }
        }
        ThroughputSource::Published { per_item, .. } => {
            found.number(at("throughput.per_item"), *per_item, POSITIVE, "of the published unit");
        }
        _ => {}
    }
    if let Some(power) = &option.power_watts_per_unit {
        found.quantity(at("power_watts_per_unit"), power, (f64::MIN_POSITIVE, 1e9), "watts");
    }
    found.optional(at("host_power_watts_per_unit"), option.host_power_watts_per_unit, (0.0, 1e9), "watts");
    found.optional(at("prefill_time_fraction"), option.prefill_time_fraction, FRACTION, "of the busy time");
    if option.prefill_time_fraction.is_some() && study.demand.tokens.is_none() {
        found.report(at("prefill_time_fraction"), "splits the cost of tokens: state `demand.tokens`");
    }
    if let Some(residual) = &option.residual_fraction {
        found.quantity(at("residual_fraction"), residual, FRACTION, "of the price");
    }
    if let Some(spot) = &option.spot {
        found.optional(at("spot.interruptions_per_hour"), spot.interruptions_per_hour, (0.0, 10.0), "an hour");
        found.optional(at("spot.checkpoint_secs"), spot.checkpoint_secs, (1e-3, 86_400.0), "seconds");
        found.optional(at("spot.restart_secs"), spot.restart_secs, (0.0, 86_400.0), "seconds");
    }
    if let Some(migration) = &option.migration {
        found.quantity(at("migration.effort_person_days"), &migration.effort_person_days, NOT_NEGATIVE, "days");
        found.quantity(at("migration.other_cost"), &migration.other_cost, NOT_NEGATIVE, "an amount");
        found.number(at("migration.parallel_run_months"), migration.parallel_run_months, (0.0, 120.0), "months");
    }
    money::costs(&at("costs"), &option.costs, study, found);
}
