//! Changes of a study that take more than one value: what a view asks for in one word, as a [`crate::Command`].

pub mod capacity;
pub mod distribution;
pub mod migration;
pub mod pasted;
pub mod profile;

/// An id that is not taken: the name in small letters, digits and dashes, with a number where that is needed.
pub(crate) fn free_id<'a>(name: &str, taken: impl Iterator<Item = &'a str> + Clone) -> String {
    let small = name.to_lowercase();
    let words = small.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let plain = words.collect::<Vec<_>>().join("-");
    let plain = if plain.is_empty() { "forecast".to_owned() } else { plain };
    let is_free = |id: &String| taken.clone().all(|known| known != id);
    std::iter::once(plain.clone()).chain((2..).map(|n| format!("{plain}-{n}"))).find(is_free).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_free() {
        assert_eq!(free_id("High (2027)", ["low"].into_iter()), "high-2027");
        assert_eq!(free_id("Low", ["low", "low-2"].into_iter()), "low-3");
        assert_eq!(free_id("—", [].into_iter()), "forecast");
    }
}
