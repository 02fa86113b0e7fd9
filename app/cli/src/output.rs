//! Printing data as a table, JSON or CSV from one description.

use std::io::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

use crate::args::Format;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The header, with the unit.
    pub title: &'static str,
    /// Whether the cells are numbers.
    pub number: bool,
}

/// A column of text.
pub const fn text(title: &'static str) -> Column {
    Column { title, number: false }
}

/// A column of numbers.
pub const fn number(title: &'static str) -> Column {
    Column { title, number: true }
}

/// Prints a table for people.
pub fn table(columns: &[Column], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|c| c.title));
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
