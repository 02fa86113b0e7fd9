//! What a section is made of.

use super::Rich;
use crate::charts::Chart;
use assay_base::Evidence;
use serde::{Deserialize, Serialize};

/// A chapter. It starts on a new page, or below a short one where it fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The subject in a few words, set above the title and in the running head.
    pub kicker: String,
    /// The message of the section as a sentence.
    pub action_title: Rich,
    /// The name for links.
    pub anchor: String,
    /// The content.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// The opening paragraph, set larger.
    Lead(Rich),
    /// A paragraph.
    Paragraph(Rich),
    /// A heading within the section.
    Heading(Rich),
    /// A list.
    Bullets(Vec<Rich>),
    /// A strip of cards with one number each.
    Kpis(Vec<Kpi>),
    /// A framed message.
    Callout(Callout),
    /// One to three figures side by side.
    Figures(Vec<Figure>),
    /// A table.
    Table(Table),
    /// Names and values in two columns.
    Facts(Facts),
    /// The list of the document's sections with page numbers.
    Contents,
}

/// What a message means for the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Supports the decision.
    Positive,
    /// Needs attention.
    Caution,
    /// Speaks against it.
    Negative,
    /// Explains.
    Info,
    /// Neither.
    #[default]
    Neutral,
}

/// A card with one number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kpi {
    /// What it is.
    pub label: Rich,
    /// The number.
    pub value: Rich,
    /// How it compares: one short line.
    pub comparison: Rich,
    /// What qualifies it: one short line.
    pub note: Rich,
    /// What it means.
    pub tone: Tone,
}

/// A framed message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Callout {
    /// What it means.
    pub tone: Tone,
    /// The message.
    pub title: Rich,
    /// The reasons, a paragraph each.
    pub body: Vec<Rich>,
}

/// Where a figure's or table's content comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The origin in words.
    pub text: Rich,
    /// The classes of evidence that went into it, strongest first.
    pub evidence: Vec<Evidence>,
    /// The command that prints the same numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
}

/// A chart with its takeaway and source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The name for links.
    pub anchor: String,
    /// What the reader should take away, as a sentence.
    pub takeaway: Rich,
    /// The chart.
    pub chart: Chart,
    /// The height of the drawing in points; the width is that of the column.
    pub height_pt: f32,
    /// Where the numbers come from.
    pub source: Source,
}

/// A table. Rows may be shorter or longer than the list of columns; nothing is dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The name for links.
    pub anchor: String,
    /// What the table shows.
    pub title: Rich,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the numbers come from.
    pub source: Source,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The header, with the unit where the column has one.
    pub title: String,
    /// Where its cells are set.
    pub align: Align,
}

impl Column {
    /// A column of text.
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), align: Align::Left }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), align: Align::Right }
    }
}

/// Horizontal placement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Flush left.
    #[default]
    Left,
    /// Centred.
    Center,
    /// Flush right.
    Right,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The cells, first column first.
    pub cells: Vec<Rich>,
    /// How it is set.
    #[serde(default)]
    pub kind: RowKind,
}

impl Row {
    /// An ordinary row.
    pub fn new(cells: Vec<Rich>) -> Self {
        Self { cells, kind: RowKind::Plain }
    }

    /// The same row of another kind.
    #[must_use]
    pub fn kind(mut self, kind: RowKind) -> Self {
        self.kind = kind;
        self
    }
}

/// How a row is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// As the others.
    #[default]
    Plain,
    /// The row that the text talks about.
    Highlight,
    /// A sum.
    Total,
}

/// Names and values in two columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The name for links.
    pub anchor: String,
    /// What the facts are about.
    pub title: Rich,
    /// Name and value.
    pub rows: Vec<Fact>,
    /// Where they come from.
    pub source: Source,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The value.
    pub value: Rich,
}

impl Fact {
    /// A name and its value.
    pub fn new(name: impl Into<String>, value: impl Into<Rich>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}
