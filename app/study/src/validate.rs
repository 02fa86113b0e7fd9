//! What the types cannot refuse: ranges, references between parts, uniqueness.

use std::collections::BTreeSet;

use crate::assumptions::ASSUMPTIONS;
use crate::document::{PriceSource, Study, ThroughputSource};

/// Something in a study that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path of the value, as in [`crate::set_path`].
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Everything in the study that cannot be meant; empty for a sound one.
pub fn problems(study: &Study) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut report = |path: String, message: String| found.push(Problem { path, message });

    for spec in ASSUMPTIONS {
        let value = study.assumptions.get(spec.key).unwrap_or(f64::NAN);
        if !(spec.min..=spec.max).contains(&value) {
            report(
                format!("assumptions.{}", spec.key),
                format!("{value} is outside {} to {} ({})", spec.min, spec.max, spec.label.to_lowercase()),
            );
        }
    }
    let demand = study.demand;
    if !(demand.items_per_month > 0.0 && demand.items_per_month.is_finite()) {
        report("demand.items_per_month".to_owned(), "must be a number above 0".to_owned());
    }
    if !(-0.5..=1.0).contains(&demand.growth_per_month) {
        report(
            "demand.growth_per_month".to_owned(),
            "must be a fraction between -0.5 and 1 (0.02 is 2 % a month)".to_owned(),
        );
    }
    if !(1.0..=1000.0).contains(&demand.peak_to_average) {
        report(
            "demand.peak_to_average".to_owned(),
            "must be at least 1: the busiest hour over the average hour".to_owned(),
        );
    }
    if study.requirements.max_p99_latency_secs.is_some_and(|v| !(v > 0.0 && v.is_finite())) {
        report("requirements.max_p99_latency_secs".to_owned(), "must be a number of seconds above 0".to_owned());
    }

    if study.options.is_empty() {
        report("options".to_owned(), "a study needs at least one option".to_owned());
    } else if study.option(&study.baseline).is_none() {
        let nearest = assay_base::yaml::nearest(&study.baseline, study.options.iter().map(|o| o.id.as_str()));
        let hint = nearest.map(|id| format!("; did you mean `{id}`?")).unwrap_or_default();
        report("baseline".to_owned(), format!("no option has the id `{}`{hint}", study.baseline));
    }
    let ids = [
        ("options", study.options.iter().map(|o| o.id.as_str()).collect::<Vec<_>>()),
        ("scenarios", study.scenarios.iter().map(|s| s.id.as_str()).collect()),
        ("targets", study.targets.iter().map(|t| t.id.as_str()).collect()),
    ];
    for (list, ids) in ids {
        let mut seen = BTreeSet::new();
        for id in ids {
            if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
                report(format!("{list}.{id}.id"), "an id has letters, digits, `-` and `_` only".to_owned());
            }
            if !seen.insert(id) {
                report(format!("{list}.{id}.id"), "two entries have this id".to_owned());
            }
        }
    }
    for option in &study.options {
        option_problems(option, &mut report);
    }
    for target in &study.targets {
        if target.launch.is_empty() || target.launch.iter().any(String::is_empty) {
            report(format!("targets.{}.launch", target.id), "needs a command, such as [ssh, host]".to_owned());
        }
    }
    found
}

fn option_problems(option: &crate::document::StudyOption, report: &mut impl FnMut(String, String)) {
    let at = |field: &str| format!("options.{}.{field}", option.id);
    let positive = |value: f64| value > 0.0 && value.is_finite();
    match &option.price {
        PriceSource::Offer { .. } if option.profile.is_none() => {
            report(at("profile"), "an offer is looked up in a hardware profile: name one".to_owned());
        }
        PriceSource::Offer { .. } => {}
        PriceSource::Hourly { price_per_unit_hour: price, accelerators_per_unit, .. }
        | PriceSource::Purchase { price_per_unit: price, accelerators_per_unit, .. } => {
            if !positive(*price) {
                report(
                    at("price"),
                    "a price must be above 0; leave the option out while its price is unknown".to_owned(),
                );
            }
            if *accelerators_per_unit == 0 {
                report(at("price.accelerators_per_unit"), "must be at least 1".to_owned());
            }
        }
    }
    match &option.throughput {
        ThroughputSource::Projected { .. } if option.profile.is_none() => {
            report(at("profile"), "a projection needs a hardware profile: name one".to_owned());
        }
        ThroughputSource::Assumed { items_per_sec, low, high, .. } => {
            let (low, high) = (low.unwrap_or(*items_per_sec), high.unwrap_or(*items_per_sec));
            if !(positive(low) && low <= *items_per_sec && *items_per_sec <= high && high.is_finite()) {
                report(at("throughput"), "needs 0 < low <= items_per_sec <= high".to_owned());
            }
        }
        _ => {}
    }
    if option.power_watts_per_unit.is_some_and(|w| !positive(w)) {
        report(at("power_watts_per_unit"), "must be above 0".to_owned());
    }
    if let Some(m) = &option.migration
        && ![m.effort_person_days, m.other_cost, m.parallel_run_months].iter().all(|v| *v >= 0.0 && v.is_finite())
    {
        report(at("migration"), "costs and times must not be negative".to_owned());
    }
}
