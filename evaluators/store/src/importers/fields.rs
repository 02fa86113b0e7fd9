//! Rows of JSON lists and CSV tables alike, as fields by name.

use serde_json::{Map, Value};

/// A row's position in its file with its fields, or why it could not be read.
pub type PositionedRow = (u64, Result<Map<String, Value>, String>);

/// The fields of a row.
pub struct Fields(Map<String, Value>);

impl From<Map<String, Value>> for Fields {
    fn from(row: Map<String, Value>) -> Self {
        Self(row)
    }
}

impl Fields {
    /// Of a JSON object; `None` for any other value.
    pub fn of(value: &Value) -> Option<Self> {
        value.as_object().cloned().map(Self)
    }

    /// Whether there is such a field, be it empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A field as text; `None` when it is absent, null, empty or a nested value.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = match self.0.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// A field that must be there as text.
    pub fn required(&self, name: &str) -> Result<String, String> {
        self.text(name).ok_or_else(|| format!("`{name}` is missing"))
    }

    /// A number, quoted or not; `None` when it is absent or empty.
    pub fn number(&self, name: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(format!("`{name}` is `{text}`, not a number")),
        }
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
    pub fn details<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> std::collections::BTreeMap<String, String> {
        names.into_iter().filter_map(|name| Some((name.to_owned(), self.text(name)?))).collect()
    }
}

/// The elements of a JSON list, or the one object, or the objects of JSON lines.
pub fn json_rows(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(bytes).into_iter().collect();
    let mut documents = documents.map_err(|error| error.to_string())?;
    match documents.as_mut_slice() {
        [Value::Array(rows)] => Ok(std::mem::take(rows)),
        _ => Ok(documents),
    }
}

/// [`json_rows`] with their positions from 1.
pub fn positioned_json_rows(bytes: &[u8]) -> Result<Vec<PositionedRow>, String> {
    let rows = json_rows(bytes)?.into_iter().map(|row| match row {
        Value::Object(row) => Ok(row),
        _ => Err("it is not an object".to_owned()),
    });
    Ok((1..).zip(rows).collect())
}

/// The column names of a CSV table.
pub fn header(bytes: &[u8]) -> Option<Vec<String>> {
    let mut reader = reader(bytes);
    let header = reader.headers().ok()?;
    Some(header.iter().map(str::to_owned).collect())
}

/// The rows of a CSV table with their lines; a row that does not fit the header carries the reason.
pub fn table_rows(bytes: &[u8]) -> Result<Vec<PositionedRow>, String> {
    let mut reader = reader(bytes);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((line, table_row(&header, record)));
    }
    Ok(rows)
}

fn table_row(header: &csv::StringRecord, record: csv::ByteRecord) -> Result<Map<String, Value>, String> {
    let record = csv::StringRecord::from_byte_record(record).map_err(|error| error.to_string())?;
    if record.len() != header.len() {
        return Err(format!("it has {} fields, the header {}", record.len(), header.len()));
    }
    Ok(header.iter().zip(&record).map(|(name, value)| (name.to_owned(), Value::from(value))).collect())
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    // Spreadsheets begin a file with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::Headers).from_reader(bytes)
}
