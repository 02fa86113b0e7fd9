//! The numbers of a document, each stated once.

use assay_base::Evidence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of a value within its document, such as `option.h200.unit_cost`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValueId(String);

impl ValueId {
    /// A reference by name. Nothing checks that the value exists; a missing one is shown as unknown.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One number of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// The number in SI units or the currency's main unit. `None` is unknown.
    pub number: Option<f64>,
    /// The number as readers see it, with its unit.
    pub text: String,
    /// Where the number comes from. `None` for what the document counted itself, such as its own rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// All numbers of a document by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(BTreeMap<ValueId, Value>);

impl Values {
    /// Registers a value and returns the reference to write into text.
    ///
    /// A name that is taken by a different value gets a number appended, so no number ever replaces another.
    pub fn add(&mut self, id: impl Into<String>, value: Value) -> ValueId {
        let wanted = id.into();
        let mut id = ValueId(wanted.clone());
        let mut copy = 1;
        while let Some(known) = self.0.get(&id) {
            if *known == value {
                return id;
            }
            copy += 1;
            id = ValueId(format!("{wanted}#{copy}"));
        }
        self.0.insert(id.clone(), value);
        id
    }

    /// The value of that name.
    pub fn get(&self, id: &ValueId) -> Option<&Value> {
        self.0.get(id)
    }

    /// What readers see for that name; the mark of the unknown when there is no such value.
    pub fn text(&self, id: &ValueId) -> &str {
        self.0.get(id).map_or(assay_base::format::UNKNOWN, |value| value.text.as_str())
    }

    /// Names and values in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&ValueId, &Value)> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(number: f64) -> Value {
        Value { number: Some(number), text: number.to_string(), evidence: None }
    }

    #[test]
    fn the_same_value_is_registered_once_and_a_different_one_never_replaces_it() {
        let mut values = Values::default();
        let first = values.add("a", value(1.0));
        assert_eq!(values.add("a", value(1.0)), first);
        let second = values.add("a", value(2.0));
        assert_ne!(first, second);
        assert_eq!((values.text(&first), values.text(&second)), ("1", "2"));
    }

    #[test]
    fn a_missing_value_is_shown_as_unknown() {
        assert_eq!(Values::default().text(&ValueId::new("nowhere")), assay_base::format::UNKNOWN);
    }
}
