//! Text within a paragraph, card or cell.

use super::{ValueId, Values};
use crate::labels::Language;
use assay_base::Evidence;
use serde::{Deserialize, Serialize};

/// A piece of running text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inline {
    /// Prose written by a rule. Numbers do not belong here: see [`Inline::Number`].
    Text(String),
    /// A name or remark taken from the data, such as a device or a workload. May contain digits.
    Name(String),
    /// Emphasised strongly.
    Strong(Rich),
    /// Emphasised.
    Emphasis(Rich),
    /// A command, path, hash or identifier.
    Code(String),
    /// A number of the document's table of values.
    Number(ValueId),
    /// The evidence class of what stands beside it: its mark and its word.
    Evidence(Evidence),
    /// A link.
    Link {
        /// Where it leads.
        to: Link,
        /// What the reader sees.
        text: Rich,
    },
    /// A footnote: a raised number here, the text at the foot of the page.
    Footnote(Rich),
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// A section, figure or table of this document, by its anchor.
    Anchor(String),
    /// Somewhere else.
    Url(String),
}

/// A run of inline pieces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rich(pub Vec<Inline>);

impl Rich {
    /// No text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends a piece.
    #[must_use]
    pub fn then(mut self, piece: impl Into<Inline>) -> Self {
        self.0.push(piece.into());
        self
    }

    /// Appends a piece.
    pub fn push(&mut self, piece: impl Into<Inline>) {
        self.0.push(piece.into());
    }

    /// Appends another run.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The text with its numbers filled in, without mark-up and footnotes.
    pub fn plain(&self, values: &Values, language: Language) -> String {
        let mut out = String::new();
        self.write_plain(values, language, &mut out);
        out
    }

    fn write_plain(&self, values: &Values, language: Language, out: &mut String) {
        for piece in &self.0 {
            match piece {
                Inline::Text(text) | Inline::Name(text) | Inline::Code(text) => out.push_str(text),
                Inline::Number(id) => out.push_str(&language.number(values.text(id))),
                Inline::Evidence(class) => out.push_str(language.words().class(*class)),
                Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link { text: inner, .. } => {
                    inner.write_plain(values, language, out);
                }
                Inline::Footnote(_) => {}
            }
        }
    }

    /// Visits every piece, outer before inner, footnotes included.
    pub fn visit<'a>(&'a self, visitor: &mut impl FnMut(&'a Inline)) {
        for piece in &self.0 {
            visitor(piece);
            match piece {
                Inline::Strong(inner)
                | Inline::Emphasis(inner)
                | Inline::Footnote(inner)
                | Inline::Link { text: inner, .. } => inner.visit(visitor),
                Inline::Text(_) | Inline::Name(_) | Inline::Code(_) | Inline::Number(_) | Inline::Evidence(_) => {}
            }
        }
    }
}

impl Inline {
    /// A name taken from the data.
    pub fn name(text: impl Into<String>) -> Self {
        Self::Name(text.into())
    }

    /// Strong text.
    pub fn strong(text: impl Into<Rich>) -> Self {
        Self::Strong(text.into())
    }

    /// Emphasised text.
    pub fn emphasis(text: impl Into<Rich>) -> Self {
        Self::Emphasis(text.into())
    }

    /// A command, path, hash or identifier.
    pub fn code(text: impl Into<String>) -> Self {
        Self::Code(text.into())
    }

    /// A link to a section, figure or table.
    pub fn see(anchor: impl Into<String>, text: impl Into<Rich>) -> Self {
        Self::Link { to: Link::Anchor(anchor.into()), text: text.into() }
    }

    /// A link out of the document.
    pub fn url(url: impl Into<String>, text: impl Into<Rich>) -> Self {
        Self::Link { to: Link::Url(url.into()), text: text.into() }
    }

    /// A footnote.
    pub fn footnote(text: impl Into<Rich>) -> Self {
        Self::Footnote(text.into())
    }
}

impl From<&str> for Inline {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Inline {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<ValueId> for Inline {
    fn from(id: ValueId) -> Self {
        Self::Number(id)
    }
}

impl From<&ValueId> for Inline {
    fn from(id: &ValueId) -> Self {
        Self::Number(id.clone())
    }
}

impl<T: Into<Inline>> From<T> for Rich {
    fn from(piece: T) -> Self {
        Self(vec![piece.into()])
    }
}

/// Builds a [`Rich`] from pieces: `rich!["Costs ", value, " a month."]`.
#[macro_export]
macro_rules! rich {
    ($($piece:expr),* $(,)?) => { $crate::document::Rich(vec![$($crate::document::Inline::from($piece)),*]) };
}
