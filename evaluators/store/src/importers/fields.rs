//! Rows of JSON lists, JSON lines and CSV tables alike, as fields by name with the line they are on.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Where reading a file was given up, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaveUp {
    /// The line, from 1.
    pub line: u64,
    /// What was found there.
    pub reason: String,
}

impl GaveUp {
    /// At a line, for a reason.
    pub fn new(line: u64, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}

/// The fields of a row.
pub struct Fields(Map<String, Value>);

impl From<Map<String, Value>> for Fields {
    fn from(row: Map<String, Value>) -> Self {
        Self(row)
    }
}

impl Fields {
    /// Whether there is such a field, be it empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a field is an object with a unit, as AIPerf writes its metrics.
    pub fn is_metric(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.get("unit").is_some())
    }

    /// A field as text; `None` when it is absent, null, empty or a nested value.
    pub fn text(&self, name: &str) -> Option<String> {
        text_of(self.0.get(name)?)
    }

    /// A field that must be there as text.
    pub fn required(&self, name: &str) -> Result<String, String> {
        self.text(name).ok_or_else(|| format!("`{name}` is missing"))
    }

    /// A number, quoted or not; `None` when it is absent or empty.
    pub fn number(&self, name: &str) -> Result<Option<f64>, String> {
        self.text(name).map(|text| number_of(name, &text)).transpose()
    }

    /// A number that must be there.
    pub fn required_number(&self, name: &str) -> Result<f64, String> {
        self.number(name)?.ok_or_else(|| format!("`{name}` is missing"))
    }

    /// A count; `None` when it is absent or empty.
    pub fn count(&self, name: &str) -> Result<Option<u64>, String> {
        match self.number(name)? {
            // Whole numbers up to 2^53 are exact.
            Some(number) if number >= 0.0 && number.fract() == 0.0 && number <= 9e15 => Ok(Some(number as u64)),
            Some(number) => Err(format!("`{name}` is {number}, not a count")),
            None => Ok(None),
        }
    }

    /// A list of numbers; `None` when it is absent or holds anything else.
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        self.0.get(name)?.as_array()?.iter().map(Value::as_f64).collect()
    }

    /// Copies the fields that are there into a result's details.
    pub fn details<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
        names.into_iter().filter_map(|name| Some((name.to_owned(), self.text(name)?))).collect()
    }
}

/// A value as text; `None` when it is null, empty or nested.
pub fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A number in text that must be one.
pub fn number_of(name: &str, text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("`{name}` is `{text}`, not a number")),
    }
}

/// The bytes without the byte order mark with which spreadsheets begin a file.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The elements of a JSON list, or the one object, or the objects of JSON lines, each with the line it begins on.
///
/// # Errors
/// The line on which the text is no JSON; the elements before it have been given.
pub fn each_json<T: DeserializeOwned>(bytes: &[u8], mut element: impl FnMut(u64, T)) -> Result<(), GaveUp> {
    let mut cursor = Cursor { bytes: without_mark(bytes), position: 0, line: 1 };
    let in_list = cursor.peek() == Some(b'[');
    if in_list {
        cursor.advance(1);
    }
    let mut between = false;
    while let Some(byte) = cursor.peek() {
        match byte {
            b']' if in_list => {
                cursor.advance(1);
                return match cursor.peek() {
                    None => Ok(()),
                    Some(_) => Err(GaveUp::new(cursor.line, "something follows the end of the list")),
                };
            }
            b',' if in_list && between => {
                between = false;
                cursor.advance(1);
            }
            _ if in_list && between => return Err(GaveUp::new(cursor.line, "a comma or `]` is missing")),
            _ => {
                between = true;
                let (line, rest) = (cursor.line, cursor.rest());
                let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<T>();
                match values.next() {
                    Some(Ok(value)) => {
                        let length = values.byte_offset().max(1);
                        element(line, value);
                        cursor.advance(length);
                    }
                    Some(Err(error)) => {
                        let line = line + (error.line() as u64).saturating_sub(1);
                        return Err(GaveUp::new(line, plain(&error)));
                    }
                    None => break,
                }
            }
        }
    }
    if in_list { Err(GaveUp::new(cursor.line, "the list has no end")) } else { Ok(()) }
}

/// What is wrong with JSON, without the position in the piece that was read.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
    line: u64,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    fn advance(&mut self, length: usize) {
        let passed = self.rest().get(..length).unwrap_or(self.rest());
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.position += passed.len();
    }

    /// The next byte that is no white space; the cursor stands on it.
    fn peek(&mut self) -> Option<u8> {
        let blank = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.advance(blank);
        self.rest().first().copied()
    }
}

/// The first element of [`each_json`], if it is an object. Nothing beyond it is looked at.
pub fn first_object(bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut cursor = Cursor { bytes: without_mark(bytes), position: 0, line: 1 };
    if cursor.peek() == Some(b'[') {
        cursor.advance(1);
    }
    serde_json::Deserializer::from_slice(cursor.rest()).into_iter().next()?.ok()
}

/// The column names of a CSV table.
pub fn header(bytes: &[u8]) -> Option<Vec<String>> {
    let mut reader = reader(bytes);
    let header = reader.headers().ok()?;
    Some(header.iter().map(str::to_owned).collect())
}

/// The rows of a CSV table with their lines; a row that does not fit the header carries the reason.
///
/// # Errors
/// The line on which the table ends to be one.
pub fn each_table_row(
    bytes: &[u8],
    mut row: impl FnMut(u64, Result<Map<String, Value>, String>),
) -> Result<(), GaveUp> {
    let mut reader = reader(bytes);
    let header = reader.headers().map_err(|error| GaveUp::new(1, error.to_string()))?.clone();
    let mut record = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                row(line, table_row(&header, &record));
            }
            Ok(false) => return Ok(()),
            Err(error) => return Err(GaveUp::new(line, error.to_string())),
        }
    }
}

fn table_row(header: &csv::StringRecord, record: &csv::ByteRecord) -> Result<Map<String, Value>, String> {
    if record.len() != header.len() {
        return Err(format!("it has {} fields, the header {}", record.len(), header.len()));
    }
    let value = |bytes| std::str::from_utf8(bytes).map(Value::from).map_err(|_| "it is not UTF-8 text".to_owned());
    header.iter().zip(record).map(|(name, bytes)| Ok((name.to_owned(), value(bytes)?))).collect()
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::Headers).from_reader(without_mark(bytes))
}

/// The lines of a log with their numbers, as far as they are text.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, std::borrow::Cow<'_, str>)> {
    let text = |line| String::from_utf8_lossy(line);
    without_mark(bytes).split(|byte| *byte == b'\n').map(text).enumerate().map(|(i, line)| (i as u64 + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> (Vec<(u64, Value)>, Result<(), GaveUp>) {
        let mut values = Vec::new();
        let end = each_json(text.as_bytes(), |line, value| values.push((line, value)));
        (values, end)
    }

    #[test]
    fn elements_have_their_lines() {
        let lines = |text| all(text).0.into_iter().map(|(line, _)| line).collect::<Vec<_>>();
        assert_eq!(lines("[\n{\"a\":\n1},\n\n{\"b\":2}]"), [2, 5]);
        assert_eq!(lines("{\"a\":1}\n{\"b\":2}\n"), [1, 2]);
        assert_eq!(lines("\u{feff}[1,2]"), [1, 1]);
        assert_eq!(all("[]"), (Vec::new(), Ok(())));
    }

    #[test]
    fn damage_is_told_with_its_line() {
        for (text, given, line) in [
            ("[1,\n2,\n}", 2, 3),
            ("[1\n2]", 1, 2),
            ("[1,\n{\"a\":\n}]", 1, 3),
            ("[1,2", 2, 1),
            ("[1]\n[2]", 1, 2),
            ("[,1]", 0, 1),
            ("{\"a\":1}\n{\"a\"", 1, 2),
        ] {
            let (values, end) = all(text);
            assert_eq!((values.len(), end.unwrap_err().line), (given, line), "{text}");
        }
    }
}
