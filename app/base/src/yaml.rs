//! Reading YAML that people wrote by hand, with errors that say where and what was probably meant.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::place::{Place, locate_or_around};

/// A YAML document that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {}{message}{}", file.display(), position(*line, *column), prefix(field), suggest(suggestion.as_deref()))]
pub struct YamlError {
    /// The file, or a name for the text.
    pub file: PathBuf,
    /// Line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// Column, counted from 1, where it is known.
    pub column: Option<usize>,
    /// The path of keys to the offending value, such as `options[0].offer`; empty at the top.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// The nearest known key or value.
    pub suggestion: Option<String>,
}

fn position(line: Option<usize>, column: Option<usize>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        (Some(line), None) => format!(":{line}"),
        _ => String::new(),
    }
}

fn prefix(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}: ") }
}

fn suggest(suggestion: Option<&str>) -> String {
    suggestion.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default()
}

/// Reads a document from a file.
///
/// # Errors
/// When the file cannot be read, is not YAML, or does not fit `T`.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, YamlError> {
    let text = std::fs::read_to_string(path).map_err(|error| YamlError {
        file: path.to_owned(),
        line: None,
        column: None,
        field: String::new(),
        message: error.to_string(),
        suggestion: None,
    })?;
    parse(&text, path)
}

/// Reads a document from text; `file` names it in errors.
///
/// # Errors
/// When the text is not YAML or does not fit `T`.
pub fn parse<T: DeserializeOwned>(text: &str, file: &Path) -> Result<T, YamlError> {
    let deserializer = serde_yaml::Deserializer::from_str(text);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let field = error.path().to_string();
        let place = Place::from(error.path());
        let inner = error.into_inner();
        let message = strip_location(&inner.to_string());
        let unknown = unknown_word(&message);
        // The parser points at what encloses the value, or nowhere.
        let told = inner.location().map(|location| (location.line(), location.column()));
        let mut position = told.max(locate_or_around(text, &place));
        // The key itself is more useful than its map.
        if let Some((word, _)) = &unknown {
            position = find_key(text, word, position.map_or(1, |(line, _)| line)).or(position);
        }
        let message = in_plain_words(&message, position.and_then(|at| scalar_at(text, at)));
        let (line, column) = (position.map(|at| at.0), position.map(|at| at.1));
        let suggestion = unknown.and_then(|(word, known)| nearest(&word, known.iter().map(String::as_str)));
        let field = if field == "." { String::new() } else { field };
        YamlError { file: file.to_owned(), line, column, field, message, suggestion }
    })
}

/// Writes a document as YAML text.
///
/// # Errors
/// When the value has no YAML form.
pub fn to_string<T: serde::Serialize>(value: &T) -> Result<String, YamlError> {
    serde_yaml::to_string(value).map_err(|error| YamlError {
        file: PathBuf::new(),
        line: None,
        column: None,
        field: String::new(),
        message: error.to_string(),
        suggestion: None,
    })
}

/// The known word nearest to `word`, if one is near enough to have been meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().max(word.chars().count()) / 3)
        .map(|(_, candidate)| candidate.to_owned())
}

/// What to write instead of a word that is not known, to be put behind the complaint: the nearest known word, or else
/// the first dozen of them. Empty where nothing is known.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    const NAMED: usize = 12;
    let mut all: Vec<&str> = Vec::new();
    known.into_iter().for_each(|word| {
        if !all.contains(&word) {
            all.push(word);
        }
    });
    if let Some(near) = nearest(word, all.iter().copied()) {
        return format!("; did you mean `{near}`?");
    }
    let named: Vec<String> = all.iter().take(NAMED).map(|word| format!("`{word}`")).collect();
    match all.len().checked_sub(NAMED) {
        _ if all.is_empty() => String::new(),
        Some(more) if more > 0 => format!("; there are {} and {more} more", named.join(", ")),
        _ => format!("; there are {}", named.join(", ")),
    }
}

/// serde_yaml appends ` at line 3 column 5`; the position is reported apart.
fn strip_location(message: &str) -> String {
    let cut = message.rfind(" at line ").unwrap_or(message.len());
    let message = &message[..cut];
    // The path of keys is reported apart, too.
    match message.split_once(": ") {
        Some((path, rest)) if !path.contains(' ') && !path.contains('`') => rest.to_owned(),
        _ => message.to_owned(),
    }
}

/// The parser's message in words for people who write files, not programs.
fn in_plain_words(message: &str, scalar: Option<&str>) -> String {
    // A date that could not be read; what reads it says which of its digits it missed.
    if message.contains("failed to parse") && ["year", "month", "day"].iter().any(|part| message.contains(part)) {
        let given = scalar.map(|text| format!("`{text}` is not a date: ")).unwrap_or_default();
        return format!("{given}write year, month and day as YYYY-MM-DD, such as 2026-11-20");
    }
    let Some((found, expected)) = message.split_once("expected ") else { return message.to_owned() };
    let first = expected.split([' ', ',']).next().unwrap_or_default();
    let plain = match first {
        "f64" | "f32" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or above",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "struct" | "internally" | "map" => "keys with values below this one",
        "sequence" => "a list",
        _ if expected == "a sequence" => "a list",
        _ if expected == "a boolean" => "true or false",
        _ => expected,
    };
    let found =
        found.replace("unit value", "nothing").replace("sequence", "a list").replace("floating point", "number");
    format!("{found}expected {plain}")
}

/// The word or number at a position, without quotes and comments.
fn scalar_at(text: &str, (line, column): (usize, usize)) -> Option<&str> {
    let line = text.lines().nth(line.checked_sub(1)?)?;
    let start = line.char_indices().nth(column.checked_sub(1)?)?.0;
    let scalar = line.get(start..)?.split([',', '}', '#']).next()?.trim();
    Some(scalar.trim_matches(['"', '\''])).filter(|scalar| !scalar.is_empty())
}

/// The offending word and the known ones of serde's "unknown field `x`, expected one of `a`, `b`".
fn unknown_word(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))?;
    let mut words = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((words.next()?, words.collect()))
}

/// Where `key:` stands, from `from_line` on, else anywhere; both counted from 1.
fn find_key(text: &str, key: &str, from_line: usize) -> Option<(usize, usize)> {
    let at = |(number, line): (usize, &str)| {
        let start = line.find(key)?;
        let before_ok = line[..start].chars().all(|c| c.is_whitespace() || matches!(c, '-' | '{' | ',' | '"' | '\''))
            || line[..start].trim_end().ends_with(['{', ',', ':']);
        let after = line[start + key.len()..].trim_start_matches(['"', '\'']).trim_start();
        (before_ok && (after.starts_with(':') || after.is_empty() || after.starts_with('#')))
            .then(|| (number + 1, line[..start].chars().count() + 1))
    };
    text.lines()
        .enumerate()
        .skip(from_line.saturating_sub(1))
        .find_map(at)
        .or_else(|| text.lines().enumerate().find_map(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_known_gets_the_nearest_or_all_that_are() {
        assert_eq!(suggestion("gem", ["gemm", "softmax"]), "; did you mean `gemm`?");
        assert_eq!(suggestion("llm", ["gemm", "softmax", "gemm"]), "; there are `gemm`, `softmax`");
        let many: Vec<String> = (0..14).map(|i| format!("workload-{i}")).collect();
        assert!(suggestion("x", many.iter().map(String::as_str)).ends_with("`workload-11` and 2 more"));
        assert_eq!(suggestion("x", []), "");
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code, reason = "only its presence is tested")]
        inner: Inner,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code, reason = "only its presence is tested")]
        discount_rate: f64,
    }

    fn error(text: &str) -> YamlError {
        parse::<Outer>(text, Path::new("study.yaml")).unwrap_err()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
        let error = error("inner:\n  discount_rat: 0.1\n");
        assert_eq!((error.line, error.column), (Some(2), Some(3)), "{error}");
        assert_eq!(error.suggestion.as_deref(), Some("discount_rate"));
        assert!(error.to_string().starts_with("study.yaml:2:3: "), "{error}");
    }

    #[test]
    fn a_wrong_type_names_the_field_and_the_line() {
        let error = error("inner:\n  discount_rate: lots\n");
        assert_eq!((error.line, error.field.as_str()), (Some(2), "inner.discount_rate"), "{error}");
        assert_eq!(error.suggestion, None);
    }

    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "only reading is tested")]
    struct Bill {
        title: String,
        currency: crate::Currency,
        day: jiff::civil::Date,
        lines: Vec<Line>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    #[allow(dead_code, reason = "only reading is tested")]
    enum Line {
        Paid { amount: f64, source: String },
    }

    #[test]
    fn what_the_parser_does_not_place_is_placed_and_its_words_are_plain() {
        let sound = "title: t\ncurrency: EUR\nday: 2026-11-20\nlines:\n  - kind: paid\n    amount: 3\n    source: x\n";
        let error = |from: &str, to: &str| {
            parse::<Bill>(&sound.replace(from, to), Path::new("b.yaml")).unwrap_err().to_string()
        };
        assert!(parse::<Bill>(sound, Path::new("b.yaml")).is_ok());
        let currency = error("EUR", "EURO");
        assert!(currency.starts_with("b.yaml:2:11: currency: "), "{currency}");
        let day = error("2026-11-20", "tomorrow");
        assert!(day.starts_with("b.yaml:3:6: ") && day.contains("`tomorrow` is not a date"), "{day}");
        assert!(day.contains("YYYY-MM-DD"), "{day}");
        let missing = error("    source: x\n", "");
        assert!(missing.starts_with("b.yaml:5:") && missing.contains("source"), "{missing}");
        let amount = error("amount: 3", "amount: lots");
        assert!(amount.contains("expected a number") && !amount.contains("f64"), "{amount}");
        let line = error("lines:\n  - kind: paid\n    amount: 3\n    source: x\n", "lines: 3\n");
        assert!(line.contains("expected a list"), "{line}");
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        assert!(error("inner: [1, 2\nx: }").line.is_some());
    }

    #[test]
    fn a_far_word_is_no_suggestion() {
        assert_eq!(nearest("zzzzzz", ["discount_rate", "horizon"]), None);
        assert_eq!(nearest("horizn", ["discount_rate", "horizon"]), Some("horizon".to_owned()));
    }
}
