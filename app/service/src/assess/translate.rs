//! From the study's words to those of the cost models, and back in errors.

use assay_base::Evidence;
use assay_cost_models::evaluation as models;
use assay_cost_models::uncertainty::Distribution as Model;
use assay_cost_models::{CostError, Estimate};
use assay_study::{Basis, Change, CostComponent, Depreciation, DepreciationMethod, Distribution, Per, Quantity};

/// A distribution of the study for the cost models.
pub fn distribution(given: &Distribution) -> Model {
    match given {
        Distribution::Uniform([low, high]) => Model::Uniform { low: *low, high: *high },
        Distribution::Normal([mean, sd]) => Model::Normal { mean: *mean, sd: *sd },
        Distribution::Lognormal([mean, cv]) => Model::Lognormal { mean: *mean, cv: *cv },
        Distribution::Triangular([low, mode, high]) => Model::Triangular { low: *low, mode: *mode, high: *high },
        Distribution::Pert([low, mode, high]) => Model::Pert { low: *low, mode: *mode, high: *high, lambda: 4.0 },
        Distribution::Empirical(samples) => Model::Empirical { samples: samples.clone() },
    }
}

/// A value with its interval: from P10 to P90 where it is a distribution.
pub fn estimate(given: &Quantity, evidence: Evidence) -> Estimate {
    let value = given.value();
    let ends =
        given.distribution().map(distribution).and_then(|d| Some((d.quantile(0.1).ok()?, d.quantile(0.9).ok()?)));
    let (low, high) = ends.unwrap_or((value, value));
    Estimate::new(value, low.min(value), high.max(value), evidence)
}

/// A change; reading the study made sure that it has a period.
pub fn change(given: &Change) -> models::Change {
    let (fraction, per) = match (&given.per_year, &given.per_month) {
        (_, Some(fraction)) => (fraction.value(), models::RatePeriod::Month),
        (fraction, None) => (fraction.as_ref().map_or(0.0, Quantity::value), models::RatePeriod::Year),
    };
    models::Change { fraction, per, basis: basis(given.basis) }
}

/// The basis of a rate.
pub fn basis(given: Basis) -> models::RateBasis {
    match given {
        Basis::Nominal => models::RateBasis::Nominal,
        Basis::Real => models::RateBasis::Real,
    }
}

/// A way of writing off.
pub fn depreciation(given: &Depreciation) -> models::Depreciation {
    let factor = given.factor.unwrap_or(2.0);
    match given.method {
        DepreciationMethod::StraightLine => models::Depreciation::StraightLine,
        DepreciationMethod::Declining => models::Depreciation::Declining { factor },
        DepreciationMethod::VariableDeclining => models::Depreciation::VariableDeclining { factor },
        DepreciationMethod::Macrs => models::Depreciation::Macrs { recovery_years: given.recovery_years.unwrap_or(5) },
        DepreciationMethod::Immediate => models::Depreciation::Immediate,
    }
}

/// What a cost is for.
pub fn component(given: CostComponent) -> models::Component {
    match given {
        CostComponent::Compute => models::Component::Compute,
        CostComponent::Maintenance => models::Component::Maintenance,
        CostComponent::Cooling => models::Component::Cooling,
        CostComponent::Facility => models::Component::Facility,
        CostComponent::Network => models::Component::Network,
        CostComponent::Storage => models::Component::Storage,
        CostComponent::Software => models::Component::Software,
        CostComponent::Support => models::Component::Support,
        CostComponent::Staff => models::Component::Staff,
        CostComponent::Migration => models::Component::Migration,
        CostComponent::ParallelRunning => models::Component::ParallelRunning,
        CostComponent::Training => models::Component::Training,
        CostComponent::Exit => models::Component::Exit,
        CostComponent::Other => models::Component::Other,
    }
}

/// What a cost grows with.
pub fn per(given: Per) -> models::PerWhat {
    match given {
        Per::Option => models::PerWhat::Option,
        Per::Unit => models::PerWhat::Unit,
        Per::Accelerator => models::PerWhat::Accelerator,
        Per::MillionItems => models::PerWhat::MillionItems,
    }
}

/// The cost models' error with its field named as in the study.
pub fn in_words_of_the_study(mut error: CostError) -> CostError {
    let (CostError::OutOfRange { field, .. } | CostError::Invalid { field, .. } | CostError::Currency { field, .. }) =
        &mut error;
    *field = study_path(field);
    // A result, such as an NPV, that numbers within their ranges drove out of the range of a double.
    if !SECTIONS.iter().any(|section| field.split(['.', '[', ':']).next() == Some(section)) {
        *field = format!("options: {field}");
    }
    error
}

/// The sections of a study that have numbers.
const SECTIONS: [&str; 8] =
    ["options", "assumptions", "demand", "finance", "carbon", "costs", "waiting", "correlations"];

/// The study's path of a field of the cost models: `options[h100].payment.capex_per_unit` is
/// `options.h100.price.price_per_unit`.
pub fn study_path(field: &str) -> String {
    if let Some((id, rest)) = field.strip_prefix("options[").and_then(|rest| rest.split_once(']')) {
        let rest = rest.trim_start_matches('.');
        let rest = renamed(rest, &OPTION_FIELDS);
        return if rest.is_empty() { format!("options.{id}") } else { format!("options.{id}.{rest}") };
    }
    renamed(field, &ASSUMPTION_FIELDS)
}

/// The study's path of a flag of an option, and whether it is about that option alone.
pub fn flag_path(option: &str, field: &str) -> (String, bool) {
    if OPTION_FIELDS.iter().any(|(model, _)| field.starts_with(model)) {
        (study_path(&format!("options[{option}].{field}")), true)
    } else {
        (study_path(field), false)
    }
}

fn renamed(field: &str, names: &[(&str, &str)]) -> String {
    let whole = |tail: &&str| tail.is_empty() || tail.starts_with(['.', '[']);
    let found = names.iter().find_map(|(model, study)| Some((field.strip_prefix(model).filter(whole)?, study)));
    found.map_or_else(|| field.to_owned(), |(tail, study)| format!("{study}{tail}"))
}

/// Prefixes of an option's fields in the cost models and in the study; the first that fits counts.
const OPTION_FIELDS: [(&str, &str); 10] = [
    ("payment.capex_per_unit", "price.price_per_unit"),
    ("payment.residual_fraction", "residual_fraction"),
    ("payment.life_months", "finance.depreciation.life_months"),
    ("payment.overhead", "spot"),
    ("payment", "price"),
    ("price_change", "price.change"),
    ("one_off_costs", "costs"),
    ("recurring_costs", "costs"),
    ("throughput_per_unit", "throughput"),
    ("host_power_watts_per_unit", "host_power_watts_per_unit"),
];

const ASSUMPTION_FIELDS: [(&str, &str); 18] = [
    ("horizon_months", "assumptions.horizon_months"),
    ("discount_rate_annual", "assumptions.discount_rate_annual"),
    ("discount rate", "assumptions.discount_rate_annual"),
    ("effectiveness.utilisation", "assumptions.target_utilisation"),
    ("effectiveness.availability", "assumptions.availability"),
    ("effectiveness.goodput_fraction", "assumptions.goodput_fraction"),
    ("effectiveness.retry_fraction", "assumptions.retry_fraction"),
    ("pue", "assumptions.pue"),
    ("hours_per_month", "assumptions.hours_per_month"),
    ("electricity_price_per_kwh", "assumptions.electricity_price_per_kwh"),
    ("electricity_price_change", "finance.electricity_price_change"),
    ("inflation_annual", "finance.inflation_per_year"),
    ("exchange_rates", "finance.exchange_rates"),
    ("tax", "finance.tax"),
    ("grid.kg_co2e_per_kwh", "carbon.grams_per_kwh"),
    ("item", "demand.tokens"),
    ("shared_costs", "costs"),
    ("demand.growth.per_month", "demand.growth_per_month"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_as_in_the_study() {
        for (model, study) in [
            ("options[h100].payment.capex_per_unit", "options.h100.price.price_per_unit"),
            ("options[h100].payment.price_per_unit_hour", "options.h100.price.price_per_unit_hour"),
            ("options[h100]", "options.h100"),
            ("pue", "assumptions.pue"),
            ("demand.growth.per_month", "demand.growth_per_month"),
            ("demand.peak_to_average", "demand.peak_to_average"),
            ("units needed", "units needed"),
        ] {
            assert_eq!(study_path(model), study);
        }
    }

    #[test]
    fn an_interval_reaches_from_p10_to_p90_and_holds_the_value() {
        let number = estimate(&Quantity::Number(3.0), Evidence::Assumed);
        assert_eq!((number.low, number.value, number.high), (3.0, 3.0, 3.0));
        let uniform = estimate(&Quantity::Uncertain(Distribution::Uniform([0.0, 10.0])), Evidence::Assumed);
        assert!((uniform.low - 1.0).abs() < 1e-12 && (uniform.high - 9.0).abs() < 1e-12 && uniform.value == 5.0);
        // The mean of a wide lognormal is above its P90.
        let wide = estimate(&Quantity::Uncertain(Distribution::Lognormal([1.0, 100.0])), Evidence::Assumed);
        assert!(wide.low < wide.value && wide.high == wide.value);
    }
}
