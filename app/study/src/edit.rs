//! Changing a study by path: the one way in which sliders, scenarios and `--set` change a value.

use std::path::Path;

use assay_base::yaml;
use serde::Deserialize as _;
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
/// Elements of lists are named by their id: a value with an id that the list does not have yet is added to it, null
/// takes the element away.
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
        if !set_element(&mut document, path, &value)? {
            *locate(&mut document, path)? = value;
        }
    }
    let edited: Study = match Study::deserialize(&document) {
        Ok(edited) => edited,
        Err(plain) => {
            return Err(explain(&document).unwrap_or_else(|| error(format!("the value does not fit: {plain}"))));
        }
    };
    match validate::problems(&edited).into_iter().next() {
        Some(problem) => Err(error(format!("{}: {}", problem.path, problem.message))),
        None => Ok(edited),
    }
}

/// Adds an element to a list, replaces it or takes it away; `false` where the path names no element.
fn set_element(document: &mut Value, path: &str, value: &Value) -> Result<bool, PathError> {
    let Some((list, id)) = path.rsplit_once('.') else { return Ok(false) };
    let has_id = |element: &Value| element.get("id").and_then(Value::as_str) == Some(id);
    if !value.is_null() && !has_id(value) {
        return Ok(false);
    }
    let list = locate(document, list)?;
    if list.is_null() && has_id(value) {
        *list = Value::Array(Vec::new());
    }
    let Value::Array(list) = list else { return Ok(false) };
    match (list.iter_mut().find(|element| has_id(element)), value.is_null()) {
        (Some(element), false) => *element = value.clone(),
        (Some(_), true) => list.retain(|element| !has_id(element)),
        (None, false) => list.push(value.clone()),
        (None, true) => return Ok(false),
    }
    Ok(true)
}

/// What is wrong with a document, with its path and the nearest known key.
fn explain(document: &Value) -> Option<PathError> {
    let error = yaml::parse::<Study>(&document.to_string(), Path::new("")).err()?;
    let path = named(document, &error.field);
    let message = if path.is_empty() { error.message } else { format!("{path}: {}", error.message) };
    Some(PathError { message, suggestion: error.suggestion })
}

/// A path with the ids of list elements instead of their places: `options[1].price` as `options.h100.price`.
pub(crate) fn named(document: &Value, path: &str) -> String {
    let mut here = Some(document);
    let mut out = String::new();
    for part in path.split(['.', '[']) {
        let index = part.strip_suffix(']').and_then(|index| index.parse::<usize>().ok());
        here = here.and_then(|value| match index {
            Some(index) => value.get(index),
            None => value.get(part),
        });
        match index {
            Some(index) => match here.and_then(|element| element.get("id")?.as_str()) {
                Some(id) => out.push_str(&format!(".{id}")),
                None => out.push_str(&format!("[{index}]")),
            },
            None if out.is_empty() => out.push_str(part),
            None => out.push_str(&format!(".{part}")),
        }
    }
    out
}

/// The place of a value. What is not there yet is made; whether its key is known, reading decides.
fn locate<'a>(document: &'a mut Value, path: &str) -> Result<&'a mut Value, PathError> {
    let mut here = document;
    let mut walked = String::new();
    for part in path.split('.') {
        let place = if walked.is_empty() { "the study".to_owned() } else { format!("`{walked}`") };
        let unknown = |known: Vec<String>| PathError {
            message: format!("{place} has no `{part}`"),
            suggestion: yaml::nearest(part, known.iter().map(String::as_str)),
        };
        if here.is_null() {
            *here = Value::Object(serde_json::Map::new());
        }
        here = match here {
            Value::Object(map) => map.entry(part).or_insert(Value::Null),
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

/// A value given on the command line: JSON or YAML such as `{ triangular: [1, 2, 3] }` where it is, else text.
pub fn parse_value(text: &str) -> Value {
    let flow = text.starts_with(['{', '[']).then(|| yaml::parse(text, Path::new("")).ok()).flatten();
    flow.or_else(|| serde_json::from_str(text).ok()).unwrap_or_else(|| Value::String(text.to_owned()))
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
    fn elements_of_lists_come_and_go_by_their_id() {
        let study = sample();
        let gate = serde_json::json!({ "id": "soak", "name": "A week without a restart" });
        let with = set_path(&study, "migration.gates.soak", gate).unwrap();
        assert_eq!(with.migration.as_ref().unwrap().gates[0].name, "A week without a restart");
        let without = set_path(&with, "migration.gates.soak", Value::Null).unwrap();
        assert!(without.migration.unwrap().gates.is_empty());
        let nothing = set_path(&with, "migration.gates.soke", Value::Null).unwrap_err().to_string();
        assert!(nothing.contains("did you mean `soak`"), "{nothing}");
    }

    #[test]
    fn what_is_not_there_yet_can_be_set() {
        let study = sample();
        let edited = set_path(&study, "finance.tax.rate", 0.25.into()).unwrap();
        assert_eq!(edited.finance.tax.unwrap().rate, 0.25);
        let value = parse_value("{ pert: [1.1, 1.2, 1.5] }");
        let edited = set_path(&study, "assumptions.pue", value).unwrap();
        assert_eq!(edited.assumptions.pue.value(), 1.2);
        let error = set_path(&study, "finance.tax.rat", 0.25.into()).unwrap_err().to_string();
        assert!(error.contains("finance.tax") && error.contains("did you mean `rate`"), "{error}");
        let error = set_path(&study, "options.h100-rent.price.factor", "x".into()).unwrap_err().to_string();
        assert!(error.starts_with("options.h100-rent.price.factor: "), "{error}");
    }
}
