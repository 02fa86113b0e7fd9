//! A document as Markdown: its text, tables and footnotes; charts in words.
//!
//! The JSON form of a document is its `serde` serialisation, which a sealed PDF carries as `document.json`.

use crate::document::{Align, Block, Column, Document, Facts, Figure, Inline, Link, Rich, Row, Source, Table};
use crate::labels::{Labels, Language, fill};
use crate::theme::evidence_mark;

/// Writes a document as Markdown with tables (GitHub Flavored Markdown).
pub fn to_markdown(document: &Document) -> String {
    let language = document.language();
    let mut writer = Writer {
        document,
        language,
        words: language.words(),
        out: String::new(),
        notes: Vec::new(),
        figures: 0,
        tables: 0,
    };
    writer.document();
    writer.out
}

struct Writer<'a> {
    document: &'a Document,
    language: Language,
    words: &'static Labels,
    out: String,
    notes: Vec<&'a Rich>,
    figures: usize,
    tables: usize,
}

impl<'a> Writer<'a> {
    fn document(&mut self) {
        let document = self.document;
        self.paragraph(&format!("# {}", escape(&document.meta.title)));
        if document.meta.sample {
            self.paragraph(&format!("**{}**", self.words.sample_foot));
        }
        let head = [document.meta.classification.as_deref(), Some(document.meta.prepared.as_str())];
        self.paragraph(&head.into_iter().flatten().map(escape).collect::<Vec<_>>().join(" · "));
        if let Some(cover) = &document.cover {
            self.paragraph(&format!("*{}*", escape(&cover.subtitle)));
            let statement = self.rich(&cover.statement);
            self.paragraph(&format!("**{}** {statement}", escape(&cover.verdict)));
            for fact in &cover.facts {
                let value = self.rich(&fact.value);
                self.out.push_str(&format!("- {}: {value}\n", escape(&fact.name)));
            }
            self.out.push('\n');
        }
        for section in &document.sections {
            let title = self.rich(&section.action_title);
            self.paragraph(&format!("## <a id=\"{}\"></a>{title}", escape(&section.anchor)));
            for block in &section.blocks {
                self.block(block);
            }
        }
        let mut number = 0;
        // A footnote may carry footnotes of its own.
        while let Some(note) = self.notes.get(number).copied() {
            number += 1;
            let text = self.rich(note);
            self.out.push_str(&format!("[^{number}]: {text}\n"));
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push_str("\n\n");
    }

    fn block(&mut self, block: &'a Block) {
        match block {
            Block::Lead(text) | Block::Paragraph(text) => {
                let text = self.rich(text);
                self.paragraph(&text);
            }
            Block::Heading(text) => {
                let text = self.rich(text);
                self.paragraph(&format!("### {text}"));
            }
            Block::Bullets(items) => {
                for item in items {
                    let item = self.rich(item);
                    self.out.push_str(&format!("- {item}\n"));
                }
                self.out.push('\n');
            }
            Block::Kpis(cards) => {
                for card in cards {
                    let (label, value) = (self.rich(&card.label), self.rich(&card.value));
                    let rest: Vec<String> = [&card.comparison, &card.note]
                        .into_iter()
                        .filter(|part| !part.is_empty())
                        .map(|part| self.rich(part))
                        .collect();
                    self.out.push_str(&format!("- {label}: **{value}** {}\n", rest.join(" · ")));
                }
                self.out.push('\n');
            }
            Block::Callout(callout) => {
                let title = self.rich(&callout.title);
                self.out.push_str(&format!("> **{title}**\n"));
                for text in &callout.body {
                    let text = self.rich(text);
                    self.out.push_str(&format!(">\n> {text}\n"));
                }
                self.out.push('\n');
            }
            Block::Figures(figures) => figures.iter().for_each(|figure| self.figure(figure)),
            Block::Table(table) => self.table(table),
            Block::Facts(facts) => self.facts(facts),
            Block::Contents => {
                for section in
                    self.document.sections.iter().filter(|section| !section.blocks.contains(&Block::Contents))
                {
                    let title = escape(&self.document.plain(&section.action_title));
                    self.out.push_str(&format!("- [{title}](#{})\n", section.anchor));
                }
                self.out.push('\n');
            }
        }
    }

    fn figure(&mut self, figure: &'a Figure) {
        self.figures += 1;
        let takeaway = self.rich(&figure.takeaway);
        let described = escape(&figure.chart.describe(self.language));
        let number = self.figures;
        self.paragraph(&format!("**{} {number}.** {takeaway}. *{described}*", self.words.figure));
        self.source(&figure.source);
    }

    fn table(&mut self, table: &'a Table) {
        self.tables += 1;
        let (number, title) = (self.tables, self.rich(&table.title));
        self.paragraph(&format!("**{} {number}.** {title}", self.words.table));
        let width = table.rows.iter().map(|row| row.cells.len()).chain([table.columns.len(), 1]).max().unwrap_or(1);
        let column = |index: usize| table.columns.get(index);
        let titles: Vec<String> =
            (0..width).map(|index| column(index).map_or(String::new(), |c| cell(&escape(&c.title)))).collect();
        let rules: Vec<&str> = (0..width).map(|index| rule(column(index))).collect();
        self.out.push_str(&format!("| {} |\n| {} |\n", titles.join(" | "), rules.join(" | ")));
        for row in &table.rows {
            self.row(row, width);
        }
        if table.rows.is_empty() {
            self.out.push_str(&format!("| {} |\n", self.words.no_rows));
        }
        self.out.push('\n');
        self.source(&table.source);
    }

    fn row(&mut self, row: &'a Row, width: usize) {
        let mut cells: Vec<String> = row.cells.iter().map(|text| cell(&self.rich(text))).collect();
        cells.resize(width, String::new());
        self.out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    fn facts(&mut self, facts: &'a Facts) {
        self.tables += 1;
        let (number, title) = (self.tables, self.rich(&facts.title));
        self.paragraph(&format!("**{} {number}.** {title}", self.words.table));
        for fact in &facts.rows {
            let value = self.rich(&fact.value);
            self.out.push_str(&format!("- {}: {value}\n", escape(&fact.name)));
        }
        self.out.push('\n');
        self.source(&facts.source);
    }

    fn source(&mut self, source: &'a Source) {
        let mut text = format!("{} {}", self.words.source, self.rich(&source.text));
        if !source.evidence.is_empty() {
            let classes: Vec<String> = source.evidence.iter().map(|class| self.class(*class)).collect();
            text.push_str(&format!(" {} {}.", self.words.evidence_list, classes.join(", ")));
        }
        if let Some(command) = &source.reproduce {
            text.push_str(&format!(" {} `{}`", self.words.reproduce, command.replace('`', "'")));
        }
        self.paragraph(&format!("<sub>{text}</sub>"));
    }

    fn class(&self, class: assay_base::Evidence) -> String {
        format!("{} {}", evidence_mark(class), self.words.class(class))
    }

    fn rich(&mut self, rich: &'a Rich) -> String {
        let mut out = String::new();
        for piece in &rich.0 {
            match piece {
                Inline::Text(text) | Inline::Name(text) => out.push_str(&escape(text)),
                Inline::Number(id) => out.push_str(&escape(&self.language.number(self.document.values.text(id)))),
                Inline::Code(text) => out.push_str(&format!("`{}`", text.replace('`', "'"))),
                Inline::Strong(inner) => out.push_str(&format!("**{}**", self.rich(inner))),
                Inline::Emphasis(inner) => out.push_str(&format!("*{}*", self.rich(inner))),
                Inline::Evidence(class) => out.push_str(&self.class(*class)),
                Inline::Link { to, text } => {
                    let target = match to {
                        Link::Anchor(anchor) => format!("#{anchor}"),
                        Link::Url(url) => url.replace([' ', ')'], "%20"),
                    };
                    out.push_str(&format!("[{}]({target})", self.rich(text)));
                }
                Inline::Footnote(note) => {
                    self.notes.push(note);
                    out.push_str(&fill("[^{}]", &[&self.notes.len().to_string()]));
                }
            }
        }
        out
    }
}

fn rule(column: Option<&Column>) -> &'static str {
    match column.map(|column| column.align) {
        Some(Align::Right) => "---:",
        Some(Align::Center) => ":---:",
        _ => "---",
    }
}

/// A cell is one line without bars.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Text that Markdown and HTML leave alone.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}
