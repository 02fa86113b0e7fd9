//! Changing a study by path: the one way in which sliders, scenarios and `--set` change a value.

use serde_json::Value;

use crate::document::Study;
use crate::validate;

/// A path or value that does not fit the study.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", suggestion.as_deref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default())]
pub struct PathError {
    message: String,
    suggestion: Option<String>,
}

impl PathError {
    pub(crate) fn unknown_scenario(id: &str, suggestion: Option<String>) -> Self {
        Self { message: format!("the study has no scenario `{id}`"), suggestion }
    }
}

/// The study with the value at `path` replaced, such as `assumptions.pue` or `options.h100.price.offer`.
/// Elements of lists are named by their id.
///
/// # Errors
/// When the path does not exist, or the value does not fit there; the message says what would.
pub fn set_path(study: &Study, path: &str, value: Value) -> Result<Study, PathError> {
    set_paths(study, [(path, value)])
}

/// As [`set_path`] for several values at once; all or none are set.
///
/// # Errors
/// As [`set_path`].
pub fn set_paths<'a>(study: &Study, values: impl IntoIterator<Item = (&'a str, Value)>) -> Result<Study, PathError> {
    let error = |message: String| PathError { message, suggestion: None };
    let mut document = serde_json::to_value(study).map_err(|e| error(e.to_string()))?;
    for (path, value) in values {
        *locate(&mut document, path)? = value;
    }
    let edited: Study = serde_json::from_value(document).map_err(|e| error(format!("the value does not fit: {e}")))?;
    match validate::problems(&edited).into_iter().next() {
        Some(problem) => Err(error(format!("{}: {}", problem.path, problem.message))),
        None => Ok(edited),
    }
}

fn locate<'a>(document: &'a mut Value, path: &str) -> Result<&'a mut Value, PathError> {
    let mut here = document;
    let mut walked = String::new();
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        let place = if walked.is_empty() { "the study".to_owned() } else { format!("`{walked}`") };
        let unknown = |known: Vec<String>| PathError {
            message: format!("{place} has no `{part}`"),
            suggestion: assay_base::yaml::nearest(part, known.iter().map(String::as_str)),
        };
        here = match here {
            Value::Object(map) => {
                let known = map.keys().cloned().collect();
                // An optional value that is not there yet can be given; whether the key is known, reading decides.
                if parts.peek().is_none() && !map.contains_key(part) && OPTIONAL.contains(&part) {
                    map.insert(part.to_owned(), Value::Null);
                }
                map.get_mut(part).ok_or_else(|| unknown(known))?
            }
            Value::Array(list) => {
                let known = list.iter().filter_map(|e| e.get("id")?.as_str().map(str::to_owned)).collect();
                list.iter_mut()
                    .find(|element| element.get("id").and_then(Value::as_str) == Some(part))
                    .ok_or_else(|| unknown(known))?
            }
            _ => return Err(unknown(Vec::new())),
        };
        if !walked.is_empty() {
            walked.push('.');
        }
        walked.push_str(part);
    }
    Ok(here)
}

/// Keys that are left out of the file while they have no value, and may still be set.
const OPTIONAL: [&str; 12] = [
    "author",
    "pricing_date",
    "profile",
    "stack",
    "power_watts_per_unit",
    "migration",
    "device",
    "target",
    "workload",
    "format",
    "requirements",
    "narrative",
];

/// A value given on the command line: JSON where it is JSON, else text.
pub fn parse_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// The YAML text with the scalar at `path` replaced, so that comments and layout stay; `None` when the path has no
/// line of its own there (then the file is written anew).
pub fn replace_scalar(text: &str, path: &str, value: &Value) -> Option<String> {
    let scalar = match value {
        Value::Number(number) => number_text(number),
        Value::Bool(flag) => flag.to_string(),
        Value::String(word) => string_text(word),
        _ => return None,
    };
    let line = find_line(text, path)?;
    let mut out = String::with_capacity(text.len() + scalar.len());
    for (number, old) in text.split_inclusive('\n').enumerate() {
        if number == line {
            out.push_str(&replace_in_line(old, &scalar)?);
        } else {
            out.push_str(old);
        }
    }
    Some(out)
}

/// A number as people write it: whole ones without a point.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        _ => number.to_string(),
    }
}

/// A string as it may stand after `key: `: plain words as they are, anything else quoted (JSON strings are YAML).
fn string_text(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ' | '.' | '/'))
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && !word.ends_with(' ')
        && !matches!(word, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if plain { word.to_owned() } else { Value::String(word.to_owned()).to_string() }
}

/// The line of a block-style mapping's key; elements of lists are found by their `id`.
fn find_line(text: &str, path: &str) -> Option<usize> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut start, mut end, mut indent) = (0, lines.len(), 0);
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        let key_at = |n: usize| {
            let line = lines.get(n)?;
            let content = line.trim_start_matches([' ', '-']);
            let column = line.len() - content.len();
            (column == indent && content.strip_prefix(part)?.starts_with(':')).then_some(n)
        };
        if let Some(found) = (start..end).find_map(key_at) {
            if parts.peek().is_none() {
                return Some(found);
            }
            start = found + 1;
            let child = (start..end).find(|n| !is_blank(lines[*n]))?;
            end = (start..end)
                .find(|n| !is_blank(lines[*n]) && column_of(lines[*n]) < column_of(lines[child]))
                .unwrap_or(end);
            indent = content_column(lines[child]);
        } else {
            // A list: the element whose `id` is this part.
            let is_id = |n: &usize| {
                let content = lines[*n].trim_start_matches([' ', '-']).trim_end();
                content.strip_prefix("id:").is_some_and(|id| id.trim().trim_matches(['"', '\'']) == part)
            };
            let found = (start..end).find(is_id)?;
            start = (start..=found).rev().find(|n| lines[*n].trim_start().starts_with('-'))?;
            end = (start + 1..end)
                .find(|n| lines[*n].trim_start().starts_with('-') && column_of(lines[*n]) <= column_of(lines[start]))
                .unwrap_or(end);
        }
    }
    None
}

fn is_blank(line: &str) -> bool {
    let content = line.trim();
    content.is_empty() || content.starts_with('#')
}

fn column_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn content_column(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// `  pue: 1.4  # measured` with its scalar replaced; `None` when the value is not a scalar on this line.
fn replace_in_line(line: &str, scalar: &str) -> Option<String> {
    let colon = line.find(':')?;
    let (key, rest) = line.split_at(colon + 1);
    let value = rest.trim_start_matches(' ');
    let lead = &rest[..rest.len() - value.len()];
    if value.trim().is_empty() || value.starts_with(['{', '[', '|', '>', '&', '*', '#']) {
        return None;
    }
    let length = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].find(quote)? + 2,
        _ => value[..value.find(" #").unwrap_or(value.len())].trim_end().len(),
    };
    let tail = &value[length..];
    Some(format!("{key}{}{scalar}{tail}", if lead.is_empty() { " " } else { lead }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::tests::sample;

    #[test]
    fn a_value_is_set_by_path_and_by_id() {
        let study = sample();
        let edited = set_path(&study, "assumptions.pue", 1.7.into()).unwrap();
        assert_eq!(edited.assumptions.pue, 1.7);
        let id = study.options[1].id.clone();
        let edited = set_path(&study, &format!("options.{id}.name"), "Other".into()).unwrap();
        assert_eq!(edited.options[1].name, "Other");
        assert_eq!(edited.options[0], study.options[0]);
    }

    #[test]
    fn a_wrong_path_names_the_nearest() {
        let error = set_path(&sample(), "assumptions.peu", 1.7.into()).unwrap_err().to_string();
        assert!(error.contains("did you mean `pue`"), "{error}");
        assert!(set_path(&sample(), "options.nope.name", "x".into()).is_err());
        assert!(set_path(&sample(), "title.x", "x".into()).is_err());
    }

    #[test]
    fn a_wrong_value_is_refused() {
        assert!(set_path(&sample(), "assumptions.pue", "high".into()).is_err());
        assert!(set_path(&sample(), "assumptions.pue", 0.5.into()).unwrap_err().to_string().contains("pue"));
    }

    #[test]
    fn replacing_a_scalar_keeps_comments() {
        let text = "# top\nassumptions:\n  # why\n  pue: 1.4  # measured in May\n  horizon_months: 36\noptions:\n  - id: a\n    name: First\n  - id: b\n    name: \"Second, quoted\" # x\n";
        let out = replace_scalar(text, "assumptions.pue", &1.25.into()).unwrap();
        assert_eq!(out, text.replace("1.4", "1.25"));
        let out = replace_scalar(text, "options.b.name", &"Third".into()).unwrap();
        assert_eq!(out, text.replace("\"Second, quoted\"", "Third"));
        let out = replace_scalar(text, "options.a.name", &"Third".into()).unwrap();
        assert_eq!(out, text.replace("First", "Third"));
        let out = replace_scalar(text, "options.a.name", &"A (b), c: #d".into()).unwrap();
        assert_eq!(out, text.replace("First", "\"A (b), c: #d\""));
        let out = replace_scalar(text, "assumptions.horizon_months", &48.0.into()).unwrap();
        assert_eq!(out, text.replace("36", "48"));
        assert_eq!(replace_scalar(text, "assumptions.unknown", &1.into()), None);
        assert_eq!(replace_scalar(text, "options", &1.into()), None);
    }
}
