//! What a careful author should know about a finished document.

use serde::Serialize;

/// A finding about a document that does not prevent it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Diagnostic {
    /// No bundled face has these characters; each is shown as a white square and still extracts as itself.
    MissingCharacters {
        /// The characters.
        characters: Vec<char>,
    },
    /// A link leads to an anchor that does not exist.
    BrokenLink {
        /// The anchor.
        anchor: String,
    },
    /// Text of the cover did not fit and ends in an ellipsis.
    Shortened {
        /// The text in full.
        text: String,
    },
    /// A section's title takes more than three lines.
    LongTitle {
        /// The title.
        title: String,
        /// How many lines it takes.
        lines: usize,
    },
    /// A colour of the brand was too light for the text on it.
    DarkenedColor {
        /// The colour of the brand.
        wanted: String,
        /// The colour used.
        used: String,
    },
    /// The text refers to a value that the document does not have.
    UnknownValue {
        /// The value's name.
        id: String,
    },
    /// A chart had nothing to draw and says so in its place.
    EmptyChart {
        /// The figure's anchor.
        anchor: String,
    },
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MissingCharacters { characters } => {
                f.write_str("no bundled font has ")?;
                for (index, character) in characters.iter().take(8).enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}U+{:04X}", u32::from(*character))?;
                }
                let more = characters.len().saturating_sub(8);
                if more > 0 {
                    write!(f, " and {more} more characters")?;
                }
                f.write_str("; shown as white squares")
            }
            Self::BrokenLink { anchor } => write!(f, "a link leads to `{anchor}`, which does not exist"),
            Self::Shortened { text } => write!(f, "the cover has no room for `{text}` in full; shorten it"),
            Self::LongTitle { title, lines } => write!(f, "the title `{title}` takes {lines} lines; shorten it"),
            Self::DarkenedColor { wanted, used } => {
                write!(f, "the brand's colour {wanted} is too light for white text; {used} was used")
            }
            Self::UnknownValue { id } => write!(f, "the text refers to the value `{id}`, which does not exist"),
            Self::EmptyChart { anchor } => write!(f, "figure `{anchor}` has no data to draw"),
        }
    }
}
