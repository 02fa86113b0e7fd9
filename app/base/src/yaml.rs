//! Reading YAML that people wrote by hand, with errors that say where and what was probably meant.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

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
        let inner = error.into_inner();
        let location = inner.location();
        let message = strip_location(&inner.to_string());
        let unknown = unknown_word(&message);
        let (mut line, mut column) = (location.as_ref().map(|l| l.line()), location.as_ref().map(|l| l.column()));
        // serde_yaml points at the enclosing map or value; the key itself is more useful.
        if let Some((word, _)) = &unknown
            && let Some(found) = find_key(text, word, line.unwrap_or(1))
        {
            (line, column) = (Some(found.0), Some(found.1));
        }
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
