//! Figures and where they come from.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use assay_base::Evidence;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// How far a source can be trusted.
///
/// The order is from weakest to strongest, so that `min` of two is the weaker one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One secondary mention, an estimate, or a figure nobody cross-checked.
    Low,
    /// A plausible source with a gap: no exact date, a conflicting second source, a derived figure.
    Medium,
    /// The vendor's or provider's own figure, or one that independent datasets agree on.
    High,
}

impl Confidence {
    /// The word used in tables, YAML and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A document, dataset or statement that figures and quotes refer to by key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is: the document's name, the dataset and its revision, who said so.
    pub title: String,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The class of evidence of what it says.
    pub evidence: Evidence,
    /// The day on which its figures held or were last checked. Absent when nobody recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub as_of: Option<Date>,
    /// The source's own words for its date, when they are not a day. Dates written for it are then the latest day
    /// these words allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of_text: Option<String>,
    /// How far it can be trusted; a figure may say otherwise for itself.
    pub confidence: Confidence,
    /// What a reader must know before using it: traps, conflicts, cross-checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One figure of a specification, in the unit its field's name states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The value, greater than zero.
    pub value: f64,
    /// A key of the profile's `sources`.
    pub source: String,
    /// The day this figure held, when it differs from the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub as_of: Option<Date>,
    /// Confidence in this figure, when it differs from the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What a reader must know about this figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Figure {
    /// A figure whose date and confidence are its source's.
    pub fn new(value: f64, source: impl Into<String>) -> Self {
        Self { value, source: source.into(), as_of: None, confidence: None, note: None }
    }
}

/// Where a figure or a price comes from, resolved: its own statements first, else its source's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// The source's title.
    pub source: String,
    /// Where the source can be read.
    pub url: Option<String>,
    /// The class of evidence.
    pub evidence: Evidence,
    /// The day the figure held; absent when unknown.
    pub as_of: Option<Date>,
    /// The source's own words for the date, when they are not a day; `as_of` is then the latest day they allow.
    pub as_of_text: Option<String>,
    /// How far it can be trusted.
    pub confidence: Confidence,
    /// What a reader must know, the figure's own note before the source's.
    pub note: Option<String>,
}

impl Provenance {
    pub(crate) fn resolve(
        source: &Source,
        as_of: Option<Date>,
        confidence: Option<Confidence>,
        note: Option<&str>,
    ) -> Self {
        let note = match (note, source.note.as_deref()) {
            (Some(own), Some(general)) => Some(format!("{own}; {general}")),
            (own, general) => own.or(general).map(str::to_owned),
        };
        Self {
            source: source.title.clone(),
            url: source.url.clone(),
            evidence: source.evidence,
            as_of: as_of.or(source.as_of),
            as_of_text: source.as_of_text.clone(),
            confidence: confidence.unwrap_or(source.confidence),
            note,
        }
    }
}

/// Reads a map and refuses a key that occurs twice: serde's maps would let the last one win in silence.
pub(crate) fn unique_map<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: serde::Deserialize<'de> + Ord + Serialize,
    V: serde::Deserialize<'de>,
{
    struct Unique<K, V>(PhantomData<(K, V)>);

    impl<'de, K, V> Visitor<'de> for Unique<K, V>
    where
        K: serde::Deserialize<'de> + Ord + Serialize,
        V: serde::Deserialize<'de>,
    {
        type Value = BTreeMap<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some(key) = access.next_key::<K>()? {
                if map.contains_key(&key) {
                    let name = serde_json::to_string(&key).unwrap_or_default();
                    return Err(A::Error::custom(format!("the key {name} occurs twice")));
                }
                map.insert(key, access.next_value::<V>()?);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Unique(PhantomData))
}
