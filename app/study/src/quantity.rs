//! A value that is one number, or a distribution where it is not known to be one.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number such as `1.4`, or a distribution such as `{ triangular: [1.2, 1.3, 1.6] }`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Quantity {
    /// One number.
    Number(f64),
    /// Not one number.
    Uncertain(Distribution),
}

/// A distribution, by its parameters.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Any value between the ends alike: `[low, high]`.
    Uniform([f64; 2]),
    /// Normal: `[mean, standard deviation]`.
    Normal([f64; 2]),
    /// Lognormal, for what cannot be negative: `[mean, coefficient of variation]` of the values themselves.
    Lognormal([f64; 2]),
    /// Triangular: `[low, likeliest, high]`.
    Triangular([f64; 3]),
    /// PERT, a smoother triangle: `[low, likeliest, high]`.
    Pert([f64; 3]),
    /// Samples, in any order.
    Empirical(Vec<f64>),
}

/// As a map of one key: YAML would otherwise get a tag.
impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Uniform(values) => serializer.collect_map([("uniform", values.as_slice())]),
            Self::Normal(values) => serializer.collect_map([("normal", values.as_slice())]),
            Self::Lognormal(values) => serializer.collect_map([("lognormal", values.as_slice())]),
            Self::Triangular(values) => serializer.collect_map([("triangular", values.as_slice())]),
            Self::Pert(values) => serializer.collect_map([("pert", values.as_slice())]),
            Self::Empirical(values) => serializer.collect_map([("empirical", values.as_slice())]),
        }
    }
}

impl Quantity {
    /// The single figure used where one is needed: the likeliest value of a triangular and a PERT distribution, the
    /// mean of a normal, lognormal and uniform one, the median of samples.
    pub fn value(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Uncertain(distribution) => distribution.centre(),
        }
    }

    /// The distribution, where it is not one number.
    pub fn distribution(&self) -> Option<&Distribution> {
        match self {
            Self::Number(_) => None,
            Self::Uncertain(distribution) => Some(distribution),
        }
    }

    /// What is wrong with it for a value between `min` and `max`; `None` when it is sound.
    pub fn problem(&self, min: f64, max: f64) -> Option<String> {
        let within = |value: f64| (min..=max).contains(&value);
        match self {
            Self::Number(value) if within(*value) => None,
            Self::Number(value) => Some(format!("{value} is outside {}{}", range(min, max), as_share(*value, max))),
            Self::Uncertain(distribution) => distribution.problem().or_else(|| {
                let outside = distribution.ends().into_iter().chain([distribution.centre()]).find(|end| !within(*end));
                outside.map(|end| format!("the distribution reaches {end:.6}, outside {}; narrow it", range(min, max)))
            }),
        }
    }
}

/// Where a share was meant in percent, how it is written.
fn as_share(value: f64, max: f64) -> String {
    if value > max && max <= 1.0 && value / 100.0 <= max {
        return format!("; write {value} % as {}", value / 100.0);
    }
    String::new()
}

fn range(min: f64, max: f64) -> String {
    match (min == f64::MIN_POSITIVE, max == f64::MAX) {
        (true, true) => "the numbers above 0".to_owned(),
        (true, false) => format!("the numbers above 0 up to {max}"),
        (false, true) => format!("the numbers from {min} on"),
        (false, false) => format!("{min} to {max}"),
    }
}

impl Distribution {
    fn centre(&self) -> f64 {
        match self {
            Self::Uniform([low, high]) => 0.5 * low + 0.5 * high,
            Self::Normal([mean, _]) | Self::Lognormal([mean, _]) => *mean,
            Self::Triangular([_, mode, _]) | Self::Pert([_, mode, _]) => *mode,
            Self::Empirical(samples) => {
                let mut sorted = samples.clone();
                sorted.sort_by(f64::total_cmp);
                let at = |i: usize| sorted.get(i).copied().unwrap_or(f64::NAN);
                0.5 * at(sorted.len().saturating_sub(1) / 2) + 0.5 * at(sorted.len() / 2)
            }
        }
    }

    /// The ends, where it has ends; else the values that one draw in a thousand falls below or exceeds.
    fn ends(&self) -> [f64; 2] {
        const SCORE: f64 = 3.090_232_306_167_813_5;
        match self {
            Self::Uniform(ends) => *ends,
            Self::Normal([mean, sd]) => [mean - SCORE * sd, mean + SCORE * sd],
            Self::Lognormal([mean, cv]) => {
                let variance = (cv * cv).ln_1p();
                let (mu, sigma) = (mean.ln() - 0.5 * variance, variance.sqrt());
                [(mu - SCORE * sigma).exp(), (mu + SCORE * sigma).exp()]
            }
            Self::Triangular([low, _, high]) | Self::Pert([low, _, high]) => [*low, *high],
            Self::Empirical(samples) => [
                samples.iter().copied().fold(f64::INFINITY, f64::min),
                samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ],
        }
    }

    fn problem(&self) -> Option<String> {
        let values: &[f64] = match self {
            Self::Uniform(values) | Self::Normal(values) | Self::Lognormal(values) => values,
            Self::Triangular(values) | Self::Pert(values) => values,
            Self::Empirical(samples) => samples,
        };
        if let Some(odd) = values.iter().find(|value| !value.is_finite()) {
            return Some(format!("{odd} is no number a distribution can have"));
        }
        let problem = match self {
            Self::Uniform([low, high]) if low > high => "needs [low, high] with low <= high",
            Self::Normal([_, sd]) if *sd < 0.0 => "needs [mean, standard deviation], the latter not below 0",
            Self::Lognormal([mean, cv]) if *mean <= 0.0 || *cv < 0.0 => {
                "needs [mean, coefficient of variation], the mean above 0 and the coefficient not below 0"
            }
            Self::Triangular([low, mode, high]) | Self::Pert([low, mode, high]) if !(low <= mode && mode <= high) => {
                "needs [low, likeliest, high] in this order"
            }
            Self::Empirical(samples) if samples.is_empty() => "needs at least one sample",
            _ => return None,
        };
        Some(problem.to_owned())
    }
}

impl From<f64> for Quantity {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl PartialEq<f64> for Quantity {
    fn eq(&self, other: &f64) -> bool {
        matches!(self, Self::Number(value) if value == other)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

/// Written out for the sake of its messages: an untagged enum says only that nothing fitted.
struct QuantityVisitor;

impl<'de> Visitor<'de> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a distribution such as { triangular: [1, 2, 4] }")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Quantity, E> {
        Ok(Quantity::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Quantity, E> {
        Ok(Quantity::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Quantity, E> {
        Ok(Quantity::Number(value as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Quantity, A::Error> {
        Distribution::deserialize(MapAccessDeserializer::new(map)).map(Quantity::Uncertain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Quantity, String> {
        assay_base::yaml::parse(text, std::path::Path::new("x")).map_err(|e| e.to_string())
    }

    #[test]
    fn numbers_and_distributions_are_read_and_written_alike() {
        for (text, value) in [
            ("1.4", 1.4),
            ("20000000000", 2e10),
            ("{ uniform: [1, 3] }", 2.0),
            ("{ normal: [5, 1] }", 5.0),
            ("{ lognormal: [100, 0.4] }", 100.0),
            ("{ triangular: [1.2, 1.3, 1.6] }", 1.3),
            ("{ pert: [1, 2, 5] }", 2.0),
            ("{ empirical: [3, 1, 2, 9] }", 2.5),
        ] {
            let quantity = read(text).unwrap();
            assert_eq!(quantity.value(), value, "{text}");
            assert_eq!(quantity.problem(0.0, f64::MAX), None, "{text}");
            let json = serde_json::to_value(&quantity).unwrap();
            assert_eq!(serde_json::from_value::<Quantity>(json).unwrap(), quantity);
            assert_eq!(read(&assay_base::yaml::to_string(&quantity).unwrap()).unwrap(), quantity);
        }
    }

    #[test]
    fn what_is_no_distribution_is_refused_with_a_hint() {
        assert!(read("{ triangel: [1, 2, 3] }").unwrap_err().contains("did you mean `triangular`"));
        assert!(read("lots").unwrap_err().contains("a number, or a distribution"));
        assert!(read("{ uniform: [1] }").unwrap_err().contains("2"));
        for bad in [
            "{ triangular: [3, 2, 1] }",
            "{ uniform: [2, 1] }",
            "{ normal: [1, -1] }",
            "{ lognormal: [0, 1] }",
            "{ empirical: [] }",
            "{ empirical: [1, .nan] }",
            "{ normal: [1, .inf] }",
            ".nan",
            ".inf",
            "{ normal: [1, 1] }",
        ] {
            assert!(read(bad).unwrap().problem(0.0, 1e9).is_some(), "{bad}");
        }
    }
}
