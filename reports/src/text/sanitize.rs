//! What is done to a string before it is shaped.

use std::borrow::Cow;

/// Drops invisible characters that no document needs and unifies characters that share one glyph, so that the text
/// extracted from a document is the text that was set.
///
/// Dropped: control characters, soft hyphens, zero-width characters, bidirectional controls, variation selectors
/// and byte order marks. Every kind of white space becomes a space, the Ohm and Ångström signs become the letters.
pub(crate) fn sanitize(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(clean).collect())
}

fn clean(character: char) -> Option<char> {
    match character {
        '\u{2126}' => Some('Ω'),
        '\u{212b}' => Some('Å'),
        character if character.is_whitespace() => Some(' '),
        character if is_invisible(character) => None,
        character => Some(character),
    }
}

/// Whether a character neither prints nor separates words.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0x00ad | 0x061c | 0x180e
            | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f
            | 0xfe00..=0xfe0f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(sanitize("19 ms"), Cow::Borrowed("19 ms")));
    }

    #[test]
    fn invisible_characters_go_and_spaces_become_spaces() {
        assert_eq!(sanitize("a\u{0}b\u{feff}c\u{202e}d\u{ad}e\u{200b}f"), "abcdef");
        assert_eq!(sanitize("19\u{a0}kΩ\u{2009}\u{2126}\t\u{212b}"), "19 kΩ Ω Å");
    }
}
