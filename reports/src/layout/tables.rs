//! Tables: columns sized by their content, headers repeated on each page, rows of any height.

use super::composer::{Composer, Slot, TableHeader};
use super::strip::Strip;
use super::table_widths::{ColumnNeed, NARROWEST, share_width};
use crate::document::{Align, Column, Facts, Inline, Rich, Row, RowKind, Source, Table};
use crate::labels::{Labels, fill};
use crate::scene::{Area, Color, ElementId, Paint, Prim, Role, Segment, Stroke, at};
use crate::text::{TextStyle, flatten, measure};
use std::ops::Range;

/// Left and right of a cell's text.
const PAD_SIDE: f32 = 5.0;
/// Above and below the text of a body cell.
const PAD_ROW: f32 = 3.8;
/// Above and below the text of a header cell.
const PAD_HEAD: f32 = 4.5;
/// The label and header that continue a table take at most this part of a page; a taller header is not repeated.
const TALLEST_HEADER: f32 = 0.3;
/// A table that takes at most this part of a page is not broken.
const KEPT_WHOLE: f32 = 0.34;

/// Rows whose cells count when the width of a table is shared.
const ROWS_WEIGHED: usize = 64;

/// The columns of a table that fit beside each other, and their left edges and widths.
struct Panel {
    columns: Vec<usize>,
    widths: Vec<f32>,
}

/// Where a row stands in its table.
#[derive(Clone, Copy)]
struct RowPlace {
    index: usize,
    count: usize,
    /// The table whose header is repeated above it.
    table: Option<usize>,
    /// The tallest a strip of it may be.
    room: f32,
}

impl Composer<'_> {
    pub(crate) fn table(&mut self, table: &Table) {
        let start = self.strips.len();
        self.table_count += 1;
        let number = self.table_count;
        self.table_caption(&table.anchor, number, &table.title);
        let columns = all_columns(table, self.set.language.words());
        let needs = self.column_needs(&columns, &table.rows);
        for columns_of_panel in split_into_panels(columns.len(), self.geometry.column()) {
            let needs: Vec<ColumnNeed> = columns_of_panel.iter().filter_map(|i| needs.get(*i).cloned()).collect();
            let widths = share_width(&needs, 2.0 * PAD_SIDE, self.geometry.column());
            self.panel(number, &columns, &table.rows, &Panel { columns: columns_of_panel, widths });
        }
        self.table_source(&table.source);
        self.keep_small_whole(start);
    }

    /// Keeps what was set since `start` on one page, if it takes little of it.
    fn keep_small_whole(&mut self, start: usize) {
        let strips = self.strips.get_mut(start..).unwrap_or_default();
        let height: f32 = strips.iter().map(|strip| strip.space_before + strip.height).sum();
        if height <= self.geometry.body() * KEPT_WHOLE {
            let last = strips.len().saturating_sub(1);
            strips.iter_mut().take(last).for_each(|strip| strip.keep_with_next = true);
        }
    }

    /// Names and values: a table whose header cells are in the first column.
    pub(crate) fn facts(&mut self, facts: &Facts) {
        let start = self.strips.len();
        self.table_count += 1;
        self.table_caption(&facts.anchor, self.table_count, &facts.title);
        let element = self.structure.add("Table", self.section);
        let body = self.structure.add("TBody", element);
        let column = self.geometry.column();
        let panel = Panel { columns: vec![0, 1], widths: vec![column * 0.28, column * 0.72] };
        let columns = [Column::text(""), Column::text("")];
        if let Some(last) = self.strips.last_mut() {
            last.prims.push(Prim::Mark(Role::Artifact));
            last.prims.push(line(0.0, column, last.height, Stroke::solid(self.set.theme.primary, 0.8)));
        }
        let rows: Vec<Row> =
            facts.rows.iter().map(|fact| Row::new(vec![Inline::name(&fact.name).into(), fact.value.clone()])).collect();
        let rows = if rows.is_empty() { vec![Row::new(vec![self.set.language.words().no_rows.into()])] } else { rows };
        let room = self.geometry.body();
        for (index, row) in rows.iter().enumerate() {
            let place = RowPlace { index, count: rows.len(), table: None, room };
            self.row(row, &columns, &panel, body, place, None);
        }
        self.table_source(&facts.source);
        self.keep_small_whole(start);
    }

    fn table_caption(&mut self, anchor: &str, number: usize, title: &Rich) {
        let element = self.structure.add("P", self.section);
        let mut text =
            Rich::from(Inline::strong(format!("{}\u{a0}{number}.", self.set.language.words().table))).then(" ");
        text.extend(title.clone());
        let mut lines = self.lines(&text, self.styles.caption, Slot::left(0.0, self.geometry.column(), element));
        for line in &mut lines {
            line.keep_with_next = true;
        }
        if let Some(first) = lines.first_mut() {
            first.prims.insert(0, Prim::Anchor { name: anchor.to_owned(), y: 0.0 });
        }
        if let Some(last) = lines.last_mut() {
            last.height += 3.0;
        }
        self.push_lines(lines, 14.0);
    }

    fn table_source(&mut self, source: &Source) {
        let element = self.structure.add("P", self.section);
        let text = self.source_text(source);
        let lines = self.lines(&text, self.styles.source, Slot::left(0.0, self.geometry.column(), element));
        self.push_source(lines, 4.0);
    }

    fn panel(&mut self, number: usize, columns: &[Column], rows: &[Row], panel: &Panel) {
        let element = self.structure.add("Table", self.section);
        let (repeated, header_height) = self.panel_header(number, columns, panel, element);
        let body = self.structure.add("TBody", element);
        let empty = [Row::new(vec![self.set.language.words().no_rows.into()])];
        let rows = if rows.is_empty() { &empty } else { rows };
        // Every row is measured against a page that starts with the repeated header.
        let room = self.geometry.body() - header_height - CONTINUED_HEIGHT;
        for (index, row) in rows.iter().enumerate() {
            let ground = match row.kind {
                RowKind::Total => Some(self.set.theme.primary.mix(Color::WHITE, 0.88)),
                RowKind::Highlight => Some(self.set.theme.accent.mix(Color::WHITE, 0.88)),
                RowKind::Plain if index % 2 == 1 => Some(self.set.theme.panel),
                RowKind::Plain => None,
            };
            let place = RowPlace { index, count: rows.len(), table: repeated, room };
            self.row(row, columns, panel, body, place, ground);
        }
    }

    /// Sets the header. Returns the key under which it is repeated, and its height.
    fn panel_header(
        &mut self,
        number: usize,
        columns: &[Column],
        panel: &Panel,
        table: ElementId,
    ) -> (Option<usize>, f32) {
        let head = self.structure.add("THead", table);
        let row = self.structure.add("TR", head);
        let mut cells = Vec::new();
        let mut x = 0.0;
        for (index, width) in panel.columns.iter().zip(&panel.widths) {
            let column = columns.get(*index);
            let element = self.structure.add_header_cell("Column", row);
            let text = column.map_or(Rich::new(), |column| Inline::name(&column.title).into());
            let align = column.map_or(Align::Left, |column| column.align);
            let slot = Slot { x: x + PAD_SIDE, width: width - 2.0 * PAD_SIDE, align, element };
            cells.push(self.lines(&text, self.styles.table_head, slot));
            x += width;
        }
        let leading = self.styles.table_head.leading;
        let color = self.set.theme.primary;
        let width = self.geometry.column();
        let most = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let height = most as f32 * leading + 2.0 * PAD_HEAD;
        if height > self.geometry.body() * TALLEST_HEADER {
            // Too tall to repeat: a strip for each line, so that it splits over pages like text.
            for line_index in 0..most {
                let mut strip = Strip { height: leading, keep_with_next: line_index == 0, ..Strip::default() };
                strip.prims.extend(ground(width, leading, color));
                take_lines(&mut strip, &mut cells, line_index..line_index + 1, 0.0, leading);
                self.strips.push(strip);
            }
            return (None, 0.0);
        }
        let mut strip = Strip { height, keep_with_next: true, ..Strip::default() };
        strip.prims.extend(ground(width, height, color));
        take_lines(&mut strip, &mut cells, 0..most, PAD_HEAD, leading);
        let words = self.set.language.words();
        let key = self.headers.len();
        let label = fill(words.continued, &[words.table, &number.to_string()]);
        self.headers.insert(key, TableHeader { strip: strip.clone(), label });
        self.strips.push(strip);
        (Some(key), height)
    }

    fn row(
        &mut self,
        row: &Row,
        columns: &[Column],
        panel: &Panel,
        body: ElementId,
        place: RowPlace,
        color: Option<Color>,
    ) {
        let element = self.structure.add("TR", body);
        let style = match row.kind {
            RowKind::Plain => self.styles.table_body,
            RowKind::Highlight | RowKind::Total => self.styles.table_strong,
        };
        let nothing = Rich::new();
        let mut cells = Vec::new();
        let mut x = 0.0;
        for (position, (index, width)) in panel.columns.iter().zip(&panel.widths).enumerate() {
            let cell = if position == 0 {
                self.structure.add_header_cell("Row", element)
            } else {
                self.structure.add("TD", element)
            };
            let align = columns.get(*index).map_or(Align::Left, |column| column.align);
            let slot = Slot { x: x + PAD_SIDE, width: width - 2.0 * PAD_SIDE, align, element: cell };
            cells.push(self.lines(row.cells.get(*index).unwrap_or(&nothing), style, slot));
            x += width;
        }
        self.row_strips(cells, style, place, color);
    }

    /// A row is one strip, or several when it is taller than a page has room for.
    fn row_strips(&mut self, mut cells: Vec<Vec<Strip>>, style: TextStyle, place: RowPlace, color: Option<Color>) {
        let width = self.geometry.column();
        let most = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let per_strip = (((place.room - 2.0 * PAD_ROW) / style.leading).floor() as usize).max(1);
        let is_last = place.index + 1 == place.count;
        let end =
            if is_last { Stroke::solid(self.set.theme.primary, 0.8) } else { Stroke::solid(self.set.theme.grid, 0.4) };
        let mut from = 0;
        while from < most {
            let to = (from + per_strip).min(most);
            let height = (to - from) as f32 * style.leading + 2.0 * PAD_ROW;
            let mut strip = Strip { height, table: place.table, ..Strip::default() };
            strip.keep_with_next = place.index == 0 && most <= per_strip || place.index + 2 >= place.count;
            match color {
                Some(color) => strip.prims.extend(ground(width, height, color)),
                None => strip.prims.push(Prim::Mark(Role::Artifact)),
            }
            if to == most {
                strip.prims.push(line(0.0, width, height, end));
            }
            take_lines(&mut strip, &mut cells, from..to, PAD_ROW, style.leading);
            self.strips.push(strip);
            from = to;
        }
    }

    fn column_needs(&self, columns: &[Column], rows: &[Row]) -> Vec<ColumnNeed> {
        let mut needs: Vec<ColumnNeed> = columns
            .iter()
            .map(|column| self.need(&Inline::name(&column.title).into(), self.styles.table_head))
            // A header may well take two lines; a cell that does makes its row taller than the others.
            .map(|need| ColumnNeed { natural: need.least.max(need.natural * 0.55), ..need })
            .collect();
        for (index, row) in rows.iter().enumerate() {
            let style = match row.kind {
                RowKind::Plain => self.styles.table_body,
                RowKind::Highlight | RowKind::Total => self.styles.table_strong,
            };
            for (need, cell) in needs.iter_mut().zip(&row.cells) {
                let of_cell = self.need(cell, style);
                if index < ROWS_WEIGHED {
                    need.cells.resize(index + 1, 0.0);
                    need.cells.push(of_cell.natural);
                }
                need.least = need.least.max(of_cell.least);
                need.natural = need.natural.max(of_cell.natural);
            }
        }
        needs
    }

    fn need(&self, text: &Rich, style: TextStyle) -> ColumnNeed {
        let spans = flatten(text, &self.document.values, &style, self.set, &mut |_| 1);
        let (least, natural) = measure(self.set, &spans, &style);
        ColumnNeed { least, natural, cells: vec![natural] }
    }
}

/// The height of the line that says that a table is continued.
pub(crate) const CONTINUED_HEIGHT: f32 = 13.0;

/// The columns, and one without a title for each cell beyond them, so that no cell is dropped.
fn all_columns(table: &Table, words: &Labels) -> Vec<Column> {
    let most = table.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let mut columns = table.columns.clone();
    while columns.len() < most {
        columns.push(Column::text(""));
    }
    if columns.is_empty() {
        columns.push(Column::text(words.no_columns));
    }
    columns
}

/// Columns that do not fit beside each other continue in a further panel, which repeats the first column.
fn split_into_panels(count: usize, available: f32) -> Vec<Vec<usize>> {
    let most = ((available / NARROWEST) as usize).max(2);
    if count <= most {
        return vec![(0..count).collect()];
    }
    let others: Vec<usize> = (1..count).collect();
    others.chunks(most - 1).map(|chunk| std::iter::once(0).chain(chunk.iter().copied()).collect()).collect()
}

/// Moves lines of each cell onto a strip.
fn take_lines(strip: &mut Strip, cells: &mut [Vec<Strip>], range: Range<usize>, top: f32, leading: f32) {
    for cell in cells {
        for (offset, line) in cell.iter_mut().skip(range.start).take(range.len()).enumerate() {
            let mut line = std::mem::take(line);
            line.shift(0.0, top + offset as f32 * leading);
            strip.prims.append(&mut line.prims);
            strip.notes.append(&mut line.notes);
        }
    }
}

fn ground(width: f32, height: f32, color: Color) -> [Prim; 2] {
    [
        Prim::Mark(Role::Artifact),
        Prim::Rect { area: Area::new(0.0, 0.0, width, height), radius: 0.0, paint: Paint::fill(color) },
    ]
}

fn line(from: f32, to: f32, y: f32, stroke: Stroke) -> Prim {
    Prim::Path { segments: vec![Segment::Move(at(from, y)), Segment::Line(at(to, y))], paint: Paint::stroke(stroke) }
}
