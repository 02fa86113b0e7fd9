//! From blocks to strips.

use super::geometry::Geometry;
use super::paginate::NOTE_RULE_HEIGHT;
use super::strip::{Heading, Strip, avoid_widows, total_height};
use super::structure::Structure;
use super::styles::Styles;
use crate::diagnostics::Diagnostic;
use crate::document::{Align, Block, Document, Inline, Rich, Section, Source};
use crate::scene::{Area, ElementId, Paint, Prim, Role, at};
use crate::text::{Line, LineItem, TextStyle, Typesetter, break_lines, flatten, note_anchor};
use std::collections::BTreeMap;

/// Above a section that begins below another one.
const SECTION_SPACE: f32 = 40.0;

/// Collects the strips of a document.
pub(crate) struct Composer<'a> {
    pub set: &'a Typesetter,
    pub document: &'a Document,
    pub geometry: &'a Geometry,
    pub styles: Styles,
    pub structure: Structure,
    pub strips: Vec<Strip>,
    /// The element of the current section.
    pub section: ElementId,
    /// The headers of tables, repeated on each of their pages.
    pub headers: BTreeMap<usize, TableHeader>,
    pub figure_count: usize,
    pub table_count: usize,
    pub notes: Vec<Rich>,
    pub diagnostics: Vec<Diagnostic>,
    /// The section with the contents was set, and the next one, the first of what they list, begins a page.
    pub follows_contents: bool,
}

/// What continues a table on the next page.
pub(crate) struct TableHeader {
    pub strip: Strip,
    /// Such as `Table 2 (continued)`.
    pub label: String,
}

/// Everything that the paginator needs.
pub(crate) struct Composed {
    pub strips: Vec<Strip>,
    pub headers: BTreeMap<usize, TableHeader>,
    /// The lines of each footnote; footnote 1 comes first.
    pub notes: Vec<Vec<Strip>>,
    pub structure: Structure,
    pub diagnostics: Vec<Diagnostic>,
}

/// Where a paragraph is set: left edge, width, alignment, and the element that it belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub x: f32,
    pub width: f32,
    pub align: Align,
    pub element: ElementId,
}

impl Slot {
    pub(crate) fn left(x: f32, width: f32, element: ElementId) -> Self {
        Self { x, width, align: Align::Left, element }
    }
}

impl<'a> Composer<'a> {
    pub(crate) fn new(set: &'a Typesetter, document: &'a Document, geometry: &'a Geometry) -> Self {
        Self {
            set,
            document,
            geometry,
            styles: Styles::of(&set.theme),
            structure: Structure::new(),
            strips: Vec::new(),
            section: Structure::DOCUMENT,
            headers: BTreeMap::new(),
            figure_count: 0,
            table_count: 0,
            notes: Vec::new(),
            diagnostics: Vec::new(),
            follows_contents: false,
        }
    }

    /// A section: kicker, title, rule, blocks.
    pub(crate) fn section(&mut self, section: &Section) {
        self.section = self.structure.add("Sect", Structure::DOCUMENT);
        let column = self.geometry.column();
        let kicker = self.structure.add("P", self.section);
        let title = self.structure.add("H1", self.section);
        let mut strips = self.tracked_lines(&section.kicker.to_uppercase(), self.styles.kicker, kicker);
        let mut lines = self.lines(&section.action_title, self.styles.title, Slot::left(0.0, column, title));
        let plain = self.document.plain(&section.action_title);
        if lines.len() > 3 {
            self.diagnostics.push(Diagnostic::LongTitle { title: plain.clone(), lines: lines.len() });
        }
        if let Some(first) = lines.first_mut() {
            first.space_before = 5.0;
        }
        strips.append(&mut lines);
        let rule =
            Prim::Rect { area: Area::new(0.0, 6.0, 36.0, 2.4), radius: 0.0, paint: Paint::fill(self.set.theme.accent) };
        strips.push(Strip { height: 16.0, prims: vec![Prim::Mark(Role::Artifact), rule], ..Strip::default() });
        if let Some(first) = strips.first_mut() {
            first.starts_page = true;
            first.opens_page = std::mem::take(&mut self.follows_contents);
            first.space_before = SECTION_SPACE;
            first.prims.insert(0, Prim::Anchor { name: section.anchor.clone(), y: 0.0 });
            first.heading = Some(Heading { level: 1, text: plain, section: Some(section.kicker.clone()) });
        }
        for strip in &mut strips {
            strip.keep_with_next = true;
        }
        self.strips.append(&mut strips);
        for block in &section.blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Lead(text) => self.paragraph(text, self.styles.lead, 2.0),
            Block::Paragraph(text) => self.paragraph(text, self.styles.body, 5.0),
            Block::Heading(text) => self.heading(text),
            Block::Bullets(items) => self.bullets(items),
            Block::Kpis(cards) => self.kpis(cards),
            Block::Callout(callout) => self.callout(callout),
            Block::Figures(figures) => self.figures(figures),
            Block::Table(table) => self.table(table),
            Block::Facts(facts) => self.facts(facts),
            Block::Contents => {
                self.follows_contents = true;
                self.contents();
            }
        }
    }

    /// Sets the footnotes' texts and hands everything over.
    pub(crate) fn finish(mut self) -> Composed {
        let mut notes = Vec::new();
        // A footnote may carry footnotes of its own, so the list can grow while it is set.
        while let Some(text) = self.notes.get(notes.len()).cloned() {
            let number = notes.len() + 1;
            notes.push(self.note(number, &text));
        }
        tighten(&mut self.strips, &notes, self.geometry.body());
        Composed {
            strips: self.strips,
            headers: self.headers,
            notes,
            structure: self.structure,
            diagnostics: self.diagnostics,
        }
    }

    fn note(&mut self, number: usize, text: &Rich) -> Vec<Strip> {
        const INDENT: f32 = 12.0;
        let element = self.structure.add("Note", Structure::DOCUMENT);
        let anchor = note_anchor(number);
        self.structure.set(element, |node| node.id = Some(anchor.clone()));
        let label = self.structure.add("Lbl", element);
        let style = self.styles.note;
        let mut lines = self.lines(text, style, Slot::left(INDENT, self.geometry.column() - INDENT, element));
        if lines.is_empty() {
            lines.push(Strip { height: style.leading, ..Strip::default() });
        }
        let mark_style = TextStyle { size: style.size * 0.85, color: self.set.theme.accent, ..style };
        let mark = self.lines(&Rich::from(number.to_string()), mark_style, Slot::left(0.0, INDENT, label));
        if let Some(first) = lines.first_mut() {
            let mut prims = vec![Prim::Anchor { name: anchor, y: 0.0 }];
            prims.extend(mark.into_iter().take(1).flat_map(|strip| strip.prims));
            prims.append(&mut first.prims);
            first.prims = prims;
        }
        lines
    }

    /// Sets text in a slot: a strip for each line.
    pub(crate) fn lines(&mut self, text: &Rich, style: TextStyle, slot: Slot) -> Vec<Strip> {
        self.report_unknown_values(text);
        let notes = &mut self.notes;
        let spans = flatten(text, &self.document.values, &style, self.set, &mut |note| {
            notes.push(note.clone());
            notes.len()
        });
        let set = self.set;
        let lines = break_lines(set, &spans, &style, slot.width.max(1.0), slot.align);
        lines.into_iter().map(|line| self.line_strip(line, &style, slot)).collect()
    }

    fn line_strip(&mut self, line: Line, style: &TextStyle, slot: Slot) -> Strip {
        let face = self.set.face(style.face);
        let height = (face.ascent - face.descent) * style.size / 1000.0;
        let baseline = (style.leading - height) / 2.0 + face.ascent * style.size / 1000.0;
        let mut prims = vec![Prim::Mark(Role::Element(slot.element))];
        for item in line.items {
            match item {
                LineItem::Run(mut run) => {
                    run.origin = at(run.origin.x + slot.x, run.origin.y + baseline);
                    prims.push(Prim::Text(run));
                }
                LineItem::LinkStart(mut link) => {
                    let element = self.structure.add("Link", slot.element);
                    link.element = Some(element);
                    let mut prim = Prim::Link(link);
                    prim.shift(slot.x, baseline);
                    prims.extend([Prim::Mark(Role::Element(element)), prim]);
                }
                LineItem::LinkEnd => prims.push(Prim::Mark(Role::Element(slot.element))),
            }
        }
        Strip { height: style.leading, prims, notes: line.notes, ..Strip::default() }
    }

    /// Lines of letter-spaced text over the whole column.
    fn tracked_lines(&mut self, text: &str, style: TextStyle, element: ElementId) -> Vec<Strip> {
        const TRACKING: f32 = 90.0;
        // Spacing widens the text after its lines were chosen, so they are chosen for a narrower column.
        let width = self.geometry.column() * 0.82;
        let mut lines = self.lines(&Rich::from(Inline::name(text)), style, Slot::left(0.0, width, element));
        for prim in lines.iter_mut().flat_map(|line| &mut line.prims) {
            if let Prim::Text(run) = prim {
                for glyph in &mut run.glyphs {
                    glyph.advance += TRACKING;
                }
            }
        }
        for line in &mut lines {
            respace(&mut line.prims);
        }
        lines
    }

    /// The source line under a figure or table.
    pub(crate) fn source_text(&self, source: &Source) -> Rich {
        let words = self.set.language.words();
        let mut text = Rich::from(format!("{} ", words.source));
        text.extend(source.text.clone());
        if !source.evidence.is_empty() {
            text.push(format!(" {} ", words.evidence_list));
            for (index, class) in source.evidence.iter().enumerate() {
                if index > 0 {
                    text.push(", ");
                }
                text.push(Inline::Evidence(*class));
            }
            text.push(".");
        }
        if let Some(command) = &source.reproduce {
            text.push(format!(" {} ", words.reproduce));
            text.push(Inline::code(command));
        }
        text
    }

    /// Appends a paragraph's lines.
    pub(crate) fn push_lines(&mut self, mut lines: Vec<Strip>, space_before: f32) {
        avoid_widows(&mut lines);
        if let Some(first) = lines.first_mut() {
            first.space_before = space_before;
        }
        self.strips.append(&mut lines);
    }

    /// Appends the source lines of a figure or table, with space after them.
    pub(crate) fn push_source(&mut self, mut lines: Vec<Strip>, space_before: f32) {
        if let Some(last) = lines.last_mut() {
            last.height += 5.0;
        }
        self.push_lines(lines, space_before);
    }

    fn report_unknown_values(&mut self, text: &Rich) {
        let values = &self.document.values;
        let diagnostics = &mut self.diagnostics;
        text.visit(&mut |piece| {
            if let Inline::Number(id) = piece
                && values.get(id).is_none()
            {
                diagnostics.push(Diagnostic::UnknownValue { id: id.as_str().to_owned() });
            }
        });
    }
}

/// A section that exceeds its page by a few lines is set with less space between its blocks.
fn tighten(strips: &mut [Strip], notes: &[Vec<Strip>], body: f32) {
    /// Spaces shrink to no less than this part.
    const LEAST: f32 = 0.45;
    for section in strips.chunk_by_mut(|_, next| !next.starts_page) {
        let of_notes: f32 = section
            .iter()
            .flat_map(|strip| &strip.notes)
            .filter_map(|number| notes.get(number.checked_sub(1)?))
            .map(|lines| total_height(lines))
            .sum();
        let rule = if of_notes > 0.0 { NOTE_RULE_HEIGHT } else { 0.0 };
        let spaces: f32 = section.iter().skip(1).map(|strip| strip.space_before).sum();
        let excess = total_height(section) + spaces + of_notes + rule + 0.5 - body;
        if excess > 0.0 && excess <= spaces * (1.0 - LEAST) {
            for strip in section.iter_mut().skip(1) {
                strip.space_before *= 1.0 - excess / spaces;
            }
        }
    }
}

/// Moves runs to the right so that each starts where the one before ends.
fn respace(prims: &mut [Prim]) {
    let mut end: Option<f32> = None;
    for prim in prims {
        if let Prim::Text(run) = prim {
            if let Some(end) = end {
                run.origin.x = run.origin.x.max(end);
            }
            end = Some(run.origin.x + run.width());
        }
    }
}
