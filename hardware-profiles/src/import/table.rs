//! A CSV whose columns are found by name: extra ones are ignored, missing ones are empty.

use csv::ByteRecord;

/// The header of a CSV and its rows.
pub(super) struct Table<'a> {
    header: Vec<String>,
    bytes: &'a [u8],
}

/// A row, with the line it begins on.
pub(super) struct Row<'a> {
    header: &'a [String],
    record: ByteRecord,
    /// The line, counted from 1.
    pub line: u64,
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes)
}

impl<'a> Table<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut first = ByteRecord::new();
        // Reading from memory fails only where there is no header at all.
        let found = reader(bytes).read_byte_record(&mut first).unwrap_or(false);
        let header = if found { first.iter().map(|cell| text(cell).trim().to_owned()).collect() } else { Vec::new() };
        Self { header, bytes }
    }

    /// Whether it has all these columns.
    pub fn has(&self, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.header.iter().any(|name| name == column))
    }

    /// The first columns, for a message.
    pub fn header_start(&self) -> String {
        let shown = self.header.iter().take(6).map(|name| name.chars().take(40).collect::<String>());
        let names = shown.collect::<Vec<_>>().join(",");
        if names.is_empty() { "empty".to_owned() } else { format!("`{names}`") }
    }

    /// The rows below the header.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        reader(self.bytes).into_byte_records().skip(1).filter_map(Result::ok).map(|record| {
            let line = record.position().map_or(0, csv::Position::line);
            Row { header: &self.header, record, line }
        })
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Row<'_> {
    /// The text of a cell; `None` when it is empty, says NULL, or there is no such column.
    pub fn get(&self, column: &str) -> Option<String> {
        let index = self.header.iter().position(|name| name == column)?;
        let cell = text(self.record.get(index)?).trim().to_owned();
        (!cell.is_empty() && !cell.eq_ignore_ascii_case("null")).then_some(cell)
    }

    /// The number in a cell; `None` when there is none.
    pub fn number(&self, column: &str) -> Option<f64> {
        self.get(column)?.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// The whole number in a cell that may be written `8.0`; `None` when there is none above zero.
    pub fn count(&self, column: &str) -> Option<u32> {
        whole(self.number(column)?)
    }
}

/// The number as a count, when it is a whole one above zero.
pub(super) fn whole(value: f64) -> Option<u32> {
    (value.fract() == 0.0 && value >= 1.0 && value <= f64::from(u32::MAX)).then_some(value as u32)
}
