//! Where a value stands in a YAML text.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// One step of the way from the document's root to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// An item of a list.
    Item(usize),
}

/// The way to a value, shown as `offers[0].quotes[2].price`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(Vec<Step>);

impl From<&serde_path_to_error::Path> for Place {
    fn from(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;
        let step = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(Step::Item(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { variant } => Some(Step::Key(variant.clone())),
            Segment::Unknown => None,
        };
        Self(path.iter().filter_map(step).collect())
    }
}

impl Place {
    /// The way to the value of a key in the map here.
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.with(Step::Key(key.into()))
    }

    /// The way to an item of the list here.
    pub fn item(&self, index: usize) -> Self {
        self.with(Step::Item(index))
    }

    /// The map or list that holds the value; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Line and column, counted from 1, of the value at `place`; `None` when the text has no such value.
///
/// Reading stops at the value with an error, because the parser gives positions with errors only.
pub fn locate(text: &str, place: &Place) -> Option<(usize, usize)> {
    let error = Walk(&place.0).deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    if !error.to_string().contains(FOUND) {
        return None;
    }
    error.location().map(|location| (location.line(), location.column()))
}

/// Where the value at `place` stands, or the nearest that contains it.
pub fn locate_or_around(text: &str, place: &Place) -> Option<(usize, usize)> {
    let mut place = place.clone();
    loop {
        if let Some(found) = locate(text, &place) {
            return Some(found);
        }
        place = place.parent()?;
    }
}

/// Marks the error that means success; no message of the parser's own holds it.
const FOUND: &str = "\u{1}found\u{1}";

struct Walk<'a>(&'a [Step]);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Walk<'_> {
    /// A scalar: the goal, or the end of a way that leads nowhere.
    fn scalar<E: Error>(self) -> Result<(), E> {
        if self.0.is_empty() { Err(E::custom(FOUND)) } else { Ok(()) }
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<(), E> {
        self.scalar()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.scalar()
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar()
    }

    /// A value with a tag, `!tag value`.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        if self.0.is_empty() {
            return Err(A::Error::custom(FOUND));
        }
        let (_, value) = access.variant::<String>()?;
        value.newtype_variant_seed(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.0.split_first() else { return Err(A::Error::custom(FOUND)) };
        let mut index = 0;
        loop {
            let next = if *first == Step::Item(index) {
                access.next_element_seed(Walk(rest))?
            } else {
                access.next_element::<IgnoredAny>()?.map(|_| ())
            };
            if next.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.0.split_first() else { return Err(A::Error::custom(FOUND)) };
        while let Some(key) = access.next_key::<String>()? {
            if matches!(first, Step::Key(wanted) if *wanted == key) {
                access.next_value_seed(Walk(rest))?;
            } else {
                access.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id: a\noffers:\n  - id: x\n    quotes:\n      - {price: 1, per: hour}\n      - {price: 0}\n";

    #[test]
    fn values_are_found_in_block_and_flow_style() {
        let quotes = Place::default().key("offers").item(0).key("quotes");
        assert_eq!(locate(TEXT, &quotes.item(1).key("price")), Some((6, 17)));
        assert_eq!(locate(TEXT, &quotes.item(0).key("per")), Some((5, 25)));
        assert_eq!(locate(TEXT, &quotes.item(1)), Some((6, 9)));
        assert_eq!(locate(TEXT, &Place::default().key("id")), Some((1, 5)));
        assert_eq!(locate("a: 1\nid: !tag b\n", &Place::default().key("id")), Some((2, 5)));
        assert_eq!(locate("id: !tag {a: 1}\n", &Place::default().key("id").key("a")), Some((1, 14)));
        assert_eq!(quotes.item(1).key("price").to_string(), "offers[0].quotes[1].price");
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        assert_eq!(locate(TEXT, &Place::default().key("offers").item(7)), None);
        assert_eq!(locate(TEXT, &Place::default().key("id").key("deeper")), None);
        assert_eq!(locate("[", &Place::default().key("id")), None);
    }
}
