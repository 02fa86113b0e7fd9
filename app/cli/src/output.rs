//! Printing data as a table, JSON or CSV from one description.

use std::borrow::Cow;
use std::io::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

use crate::args::Format;

/// The width that text for people is wrapped at.
const WIDTH: u16 = 100;

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The header, with the unit.
    pub title: Cow<'static, str>,
    /// Whether the cells are numbers.
    pub number: bool,
}

/// A column of text.
pub fn text(title: impl Into<Cow<'static, str>>) -> Column {
    Column { title: title.into(), number: false }
}

/// A column of numbers.
pub fn number(title: impl Into<Cow<'static, str>>) -> Column {
    Column { title: title.into(), number: true }
}

/// Prints a table for people, each row on one line.
pub fn table(columns: &[Column], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    arranged(ContentArrangement::Disabled, columns, rows)
}

/// Prints a table for people whose column `flexible` has what the others leave of the width; `mark` at the end of a
/// cell of it is kept.
pub fn fitted_table(columns: &[Column], mut rows: Vec<Vec<String>>, flexible: usize, mark: &str) -> anyhow::Result<()> {
    const GAP: usize = 2;
    let width = |i: usize, column: &Column| {
        let cells = rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.chars().count());
        cells.chain([column.title.chars().count()]).max().unwrap_or_default() + GAP
    };
    let others: usize =
        columns.iter().enumerate().filter(|(i, _)| *i != flexible).map(|(i, column)| width(i, column)).sum();
    let room = usize::from(WIDTH).saturating_sub(others).max(12);
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(flexible)) {
        *cell = match cell.strip_suffix(mark).filter(|_| !mark.is_empty()) {
            Some(name) => format!("{}{mark}", shortened(name, room.saturating_sub(mark.chars().count()))),
            None => shortened(cell, room),
        };
    }
    table(columns, rows)
}

/// Prints a table for people whose long cells are wrapped.
pub fn wrapped_table(columns: &[Column], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    arranged(ContentArrangement::Dynamic, columns, rows)
}

fn arranged(arrangement: ContentArrangement, columns: &[Column], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(arrangement).set_width(WIDTH);
    table.set_header(columns.iter().map(|c| c.title.as_ref()));
    for row in rows {
        table.add_row(row);
    }
    for (i, column) in columns.iter().enumerate() {
        if let Some(handle) = table.column_mut(i) {
            handle.set_padding((0, 2));
            if column.number {
                handle.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    print(&table.trim_fmt())
}

/// Prints a paragraph wrapped between words; lines after the first are indented by the width of `prefix`.
pub fn wrapped(prefix: &str, text: &str) -> anyhow::Result<()> {
    let indent = prefix.chars().count();
    let mut line = prefix.to_owned();
    for word in text.split(' ') {
        let fits = line.chars().count() + 1 + word.chars().count() <= usize::from(WIDTH);
        if line.chars().count() > indent {
            if fits {
                line.push(' ');
            } else {
                print(&line)?;
                line = " ".repeat(indent);
            }
        }
        line.push_str(word);
    }
    print(&line)
}

/// The text, with an ellipsis for what is beyond `width` characters.
pub fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Prints JSON with a line end.
pub fn json(value: &Value) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}

/// Prints objects of one shape as CSV: one column a key of the first; nested objects become `key.inner`.
pub fn csv(rows: &[Value]) -> anyhow::Result<()> {
    let flat: Vec<Vec<(String, String)>> = rows.iter().map(|row| flatten("", row)).collect();
    let mut keys: Vec<&String> = Vec::new();
    for (key, _) in flat.iter().flatten() {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let mut writer = csv::Writer::from_writer(std::io::stdout());
    writer.write_record(&keys)?;
    for row in &flat {
        let cell = |key: &&String| row.iter().find(|(k, _)| k == *key).map_or("", |(_, v)| v.as_str());
        writer.write_record(keys.iter().map(cell))?;
    }
    writer.flush()?;
    Ok(())
}

fn flatten(prefix: &str, value: &Value) -> Vec<(String, String)> {
    let name = |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
    match value {
        Value::Object(map) => map.iter().flat_map(|(key, inner)| flatten(&name(key), inner)).collect(),
        Value::Null => vec![(prefix.to_owned(), String::new())],
        Value::String(text) => vec![(prefix.to_owned(), text.clone())],
        other => vec![(prefix.to_owned(), other.to_string())],
    }
}

/// Prints rows in the format asked for: `json` is printed whole, `rows` are the objects that CSV has a line for.
pub fn data(
    format: Format,
    json_value: &Value,
    rows: &[Value],
    columns: &[Column],
    cells: impl FnOnce() -> Vec<Vec<String>>,
) -> anyhow::Result<()> {
    match format {
        Format::Table => table(columns, cells()),
        Format::Json => json(json_value),
        Format::Csv => csv(rows),
    }
}

/// Prints a line to stdout; unlike `println!` a closed pipe is an error to return and no panic.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}
