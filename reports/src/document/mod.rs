//! The document model: what a report says, before anyone decides how it looks.
//!
//! A [`Document`] is data. It serialises to JSON, and the same value is laid out on pages, drawn as SVG or read by
//! a test. Numbers in sentences, tables and cards are references into [`Document::values`], so a figure is written
//! once and can be traced to its evidence wherever it is shown.

mod block;
mod inline;
mod values;

pub use block::{Align, Block, Callout, Column, Fact, Facts, Figure, Kpi, Row, RowKind, Section, Source, Table, Tone};
pub use inline::{Inline, Link, Rich};
pub use values::{Value, ValueId, Values};

use crate::labels::Language;
use serde::{Deserialize, Serialize};

/// The version of the document's JSON form. It rises when a field changes its meaning or disappears.
pub const SCHEMA_VERSION: u32 = 1;

/// A complete report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Who, what and when.
    pub meta: Meta,
    /// The first page, where the document has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// The chapters, in reading order.
    pub sections: Vec<Section>,
    /// Every number that the text refers to.
    pub values: Values,
}

/// What identifies a document and is repeated on its pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The title, also shown by viewers in the window's title bar.
    pub title: String,
    /// What the document is about, one line.
    pub subject: String,
    /// Who prepared it.
    pub author: String,
    /// Search words.
    pub keywords: Vec<String>,
    /// The language of the text as a BCP 47 tag, such as `en`.
    pub language: String,
    /// When the content was prepared, seconds since 1970 in UTC. The only time that reaches the file.
    pub prepared_unix_secs: i64,
    /// The same as shown to readers, such as `20 November 2026`.
    pub prepared: String,
    /// The confidentiality line of the foot of each page.
    pub classification: Option<String>,
    /// The hash of the evidence that the document was computed from, in full.
    pub evidence_hash: Option<String>,
    /// Marks every page as made from sample data.
    pub sample: bool,
}

/// The first page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// The kind of document, set above the title.
    pub kicker: String,
    /// One or two lines under the title.
    pub subtitle: String,
    /// The answer in two or three words, such as `Go, with two conditions`.
    pub verdict: String,
    /// What the verdict means for the reader.
    pub tone: Tone,
    /// The verdict in one or two sentences.
    pub statement: Rich,
    /// Prepared for, prepared by, and the like.
    pub facts: Vec<Fact>,
}

impl Document {
    /// The title without the kind of document that stands before it.
    pub fn own_title(&self) -> &str {
        let title = self.meta.title.as_str();
        let kind = self.cover.as_ref().map_or("", |cover| cover.kicker.as_str());
        title.strip_prefix(kind).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(title)
    }

    /// The text of a piece of rich text with its numbers filled in, without any mark-up.
    pub fn plain(&self, rich: &Rich) -> String {
        rich.plain(&self.values, self.language())
    }

    /// The language of fixed words and of the marks in numbers.
    pub fn language(&self) -> Language {
        Language::of(&self.meta.language)
    }
}
