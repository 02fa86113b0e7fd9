//! Changing one value in the text of `study.yaml`, so that comments and layout stay.

use std::path::Path;

use assay_base::place::{self, locate_or_around};
use assay_base::yaml;
use serde_json::Value;

/// The text with the value at `path` as it is in `document`; `None` where that cannot be done line by line (then the
/// file is written anew). Elements of lists are named by their id. A value that the document does not have any more
/// loses its line, one that the text does not have yet gets one at the end of what it belongs to.
pub fn replace(text: &str, path: &str, document: &Value) -> Option<String> {
    let value = value_at(document, path);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    match (find(&lines, path), value) {
        (Some(place), Some(value)) if place.element => place.with_element(&lines, &flow(value)?),
        (Some(place), Some(value)) => place.with_value(&lines, &flow(value)?),
        (Some(place), None) => Some(place.removed(&lines)),
        (None, value) => match path.rsplit_once('.') {
            Some((parent, key)) => match (find(&lines, parent), value) {
                // The value is inside `{ ... }` on the parent's line.
                (Some(place), _) if place.has_flow(&lines) => replace(text, parent, document),
                (Some(place), Some(value)) => place.with_entry(&lines, key, &flow(value)?),
                (Some(_), None) => Some(text.to_owned()),
                (None, _) => replace(text, parent, document),
            },
            None => {
                let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
                Some(format!("{text}{end}{path}: {}\n", flow(value?)?))
            }
        },
    }
}

/// Line and column, counted from 1, of the value at `path` or of the nearest that contains it.
pub fn position(text: &str, path: &str) -> Option<(usize, usize)> {
    if path.contains('[')
        && let Ok(document) = yaml::parse::<Value>(text, Path::new(""))
        && let Some(found) = locate_or_around(text, &place_of(&document, path))
    {
        return Some(found);
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut path = path.split('[').next().unwrap_or(path);
    loop {
        if let Some(place) = find(&lines, path) {
            return Some((place.line + 1, place.column + 1));
        }
        path = path.rsplit_once('.')?.0;
    }
}

/// The way to a value whose path names elements of lists by their id or by their number, `options.b.costs[1].id`.
fn place_of(document: &Value, path: &str) -> place::Place {
    let mut here = Some(document);
    let mut place = place::Place::default();
    for part in path.split(['.', '[']) {
        let number = part.strip_suffix(']').and_then(|number| number.parse().ok());
        let by_id = || {
            let list = here?.as_array()?;
            list.iter().position(|element| element.get("id").and_then(Value::as_str) == Some(part))
        };
        match number.or_else(by_id) {
            Some(index) => {
                here = here.and_then(|value| value.get(index));
                place = place.item(index);
            }
            None => {
                here = here.and_then(|value| value.get(part));
                place = place.key(part);
            }
        }
    }
    place
}

/// The value at a path; elements of lists are named by their id.
pub fn value_at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(document, |here, part| match here {
        Value::Array(list) => list.iter().find(|e| e.get("id").and_then(Value::as_str) == Some(part)),
        other => other.get(part),
    })
}

/// Where a key or an element of a list stands.
struct Place {
    line: usize,
    /// The column of its first character, counted from 0.
    column: usize,
    /// The first line that does not belong to it.
    end: usize,
    /// Whether it is an element of a list and so has no key of its own.
    element: bool,
}

/// The place of a block-style key or list element.
fn find(lines: &[&str], path: &str) -> Option<Place> {
    let (mut start, mut end) = (0, lines.len());
    let mut indent = 0;
    let mut place = None;
    for part in path.split('.') {
        let key_at = |n: &usize| {
            let content = content(lines[*n]);
            column(lines[*n]) == indent && content.strip_prefix(part).is_some_and(|rest| rest.starts_with(':'))
        };
        let is_id = |n: &usize| {
            let content = content(lines[*n]);
            let id = match content.strip_prefix('{') {
                Some(flow) => flow.trim_start().strip_prefix("id:").and_then(|id| id.split([',', '}']).next()),
                None => content.strip_prefix("id:").map(|id| id.split(" #").next().unwrap_or(id)),
            };
            column(lines[*n]) == indent && id.is_some_and(|id| id.trim().trim_matches(['"', '\'']) == part)
        };
        let in_list = (start..end).any(|n| dash(lines[n]) && column(lines[n]) == indent);
        let found = if in_list && !element(&place) {
            let id = (start..end).find(is_id)?;
            let line = (start..=id).rev().find(|n| dash(lines[*n]) && column(lines[*n]) == indent)?;
            let next = (line + 1..end).find(|n| dash(lines[*n]) && column(lines[*n]) <= indent).unwrap_or(end);
            Place { line, column: indent, end: next, element: true }
        } else {
            let line = (start..end).find(key_at)?;
            let next = (line + 1..end).find(|n| {
                !is_blank(lines[*n])
                    && (column(lines[*n]) < indent
                        || column(lines[*n]) == indent && !dash(lines[*n])
                        || dash(lines[*n]) && lead(lines[*n]) < indent && column(lines[*n]) <= indent)
            });
            Place { line, column: indent, end: next.unwrap_or(end), element: false }
        };
        (start, end) = (if found.element { found.line } else { found.line + 1 }, found.end);
        if !found.element
            && let Some(child) = (start..end).find(|n| !is_blank(lines[*n]))
        {
            indent = column(lines[child]);
        }
        place = Some(found);
    }
    place
}

fn element(place: &Option<Place>) -> bool {
    place.as_ref().is_some_and(|place| place.element)
}

fn is_blank(line: &str) -> bool {
    let content = line.trim();
    content.is_empty() || content.starts_with('#')
}

fn content(line: &str) -> &str {
    line.trim_start_matches([' ', '-'])
}

/// The column of what a line says, after spaces and the dash of a list.
fn column(line: &str) -> usize {
    line.len() - content(line).len()
}

fn lead(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn dash(line: &str) -> bool {
    line.trim_start_matches(' ').starts_with("- ")
}

impl Place {
    /// What stands between `key:` and the end of the line: its offset, and the length of the value.
    fn value<'a>(&self, lines: &[&'a str]) -> Option<(&'a str, usize, usize)> {
        let line = lines.get(self.line)?;
        let colon = self.column + line.get(self.column..)?.find(':')?;
        let rest = line.get(colon + 1..)?;
        let value = rest.trim_start_matches(' ');
        let start = line.len() - value.len();
        let length = match value.chars().next() {
            Some('{' | '[') => flow_length(value)?,
            Some(quote @ ('"' | '\'')) => quoted_length(value, quote)?,
            Some('|' | '>' | '&' | '*') => return None,
            Some('#') => 0,
            _ => value.split(" #").next().unwrap_or(value).trim_end().len(),
        };
        Some((line, start, length))
    }

    fn has_flow(&self, lines: &[&str]) -> bool {
        match self.element {
            true => content(lines[self.line]).starts_with('{'),
            false => self.value(lines).is_some_and(|(line, start, _)| line[start..].starts_with(['{', '['])),
        }
    }

    /// The text with another element here, where it stands on one line.
    fn with_element(&self, lines: &[&str], value: &str) -> Option<String> {
        let line = lines.get(self.line)?;
        let (before, element) = line.split_at_checked(self.column)?;
        let after = element.get(element.starts_with('{').then(|| flow_length(element)).flatten()?..)?;
        Some(format!("{}{before}{value}{after}{}", lines[..self.line].concat(), lines[self.line + 1..].concat()))
    }

    /// The text with another value here; a block below the key goes, unless it has comments to lose.
    fn with_value(&self, lines: &[&str], value: &str) -> Option<String> {
        let (line, start, length) = self.value(lines).filter(|_| !self.element)?;
        let below = &lines[self.line + 1..self.last(lines)];
        if below.iter().any(|line| line.trim_start().starts_with('#')) || (length > 0 && !below.is_empty()) {
            return None;
        }
        let gap = if line[..start].ends_with(':') || line[..start].ends_with('\n') { " " } else { "" };
        let (before, after) = (line[..start].trim_end_matches('\n'), &line[start + length..]);
        let after = if after.is_empty() && line.ends_with('\n') { "\n" } else { after };
        let after = if after.starts_with('#') { format!(" {after}") } else { after.to_owned() };
        let mut out = lines[..self.line].concat();
        out.push_str(&format!("{before}{gap}{value}{after}"));
        out.push_str(&lines[self.last(lines)..].concat());
        Some(out)
    }

    fn removed(&self, lines: &[&str]) -> String {
        lines[..self.line].concat() + &lines[self.last(lines)..].concat()
    }

    /// The text with another key at the end of this block.
    fn with_entry(&self, lines: &[&str], key: &str, value: &str) -> Option<String> {
        let last = self.last(lines);
        let entry = if self.element {
            format!("{}{key}: {value}\n", " ".repeat(self.column))
        } else {
            // A key without a block has none to add to.
            let child = (self.line + 1..last).find(|n| !is_blank(lines[*n]))?;
            if dash(lines[child]) {
                // What is added to a list carries its id itself.
                format!("{}- {value}\n", " ".repeat(lead(lines[child])))
            } else if column(lines[child]) <= self.column {
                return None;
            } else {
                format!("{}{key}: {value}\n", " ".repeat(column(lines[child])))
            }
        };
        let mut out = lines[..last].concat();
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&entry);
        out.push_str(&lines[last..].concat());
        Some(out)
    }

    /// The first line after the last one that says something: comments before the next key belong to that.
    fn last(&self, lines: &[&str]) -> usize {
        (self.line..self.end).rev().find(|n| !is_blank(lines[*n])).map_or(self.line + 1, |n| n + 1)
    }
}

fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(i, c)| {
        let ends = c == quote && !escaped;
        escaped = quote == '"' && c == '\\' && !escaped;
        ends.then_some(i + 1)
    })
}

/// The length of `{ ... }` or `[ ... ]` that ends on its line.
fn flow_length(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(c) = text[at..].chars().next() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.checked_sub(1)?,
            '"' | '\'' => at += quoted_length(&text[at..], c)? - 1,
            '#' | '\n' => return None,
            _ => {}
        }
        at += c.len_utf8();
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A value as it may stand after `key: `.
fn flow(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number_text(number),
        Value::String(word) => string_text(word),
        Value::Array(list) => format!("[{}]", list.iter().map(flow).collect::<Option<Vec<_>>>()?.join(", ")),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| Some(format!("{}: {}", string_text(key), flow(value)?));
            format!("{{ {} }}", map.iter().map(entry).collect::<Option<Vec<_>>>()?.join(", "))
        }
    })
}

/// A number as people write it: whole ones without a point.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        _ => number.to_string(),
    }
}

/// A string as it may stand in YAML: plain words as they are, anything else quoted (JSON strings are YAML).
fn string_text(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ' | '.' | '/'))
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && !word.ends_with(' ')
        && !matches!(word, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if plain { word.to_owned() } else { Value::String(word.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = r#"# top
assumptions:
  # why
  pue: 1.4  # measured in May
  horizon_months: 36

options:
  - id: a
    name: First
  - id: b
    name: "Second, quoted" # x
    price: { from: offer, offer: "x, y" }  # list
    costs:
      - id: staff
        amount: 3
    # last words
scenarios:
- id: s
  name: S
"#;

    fn replaced(path: &str, document: Value) -> Option<String> {
        replace(TEXT, path, &document)
    }

    #[test]
    fn scalars_and_flows_are_replaced_and_comments_stay() {
        let pue = |value: Value| replaced("assumptions.pue", json!({"assumptions": {"pue": value}})).unwrap();
        assert_eq!(pue(json!(1.25)), TEXT.replace("1.4", "1.25"));
        assert_eq!(pue(json!({"triangular": [1.0, 2, 2.5]})), TEXT.replace("1.4", "{ triangular: [1, 2, 2.5] }"));
        let options = |value: Value| json!({"options": [{"id": "a"}, value]});
        let b = options(json!({"id": "b", "name": "Third"}));
        assert_eq!(replaced("options.b.name", b).unwrap(), TEXT.replace("\"Second, quoted\"", "Third"));
        let b = options(json!({"id": "b", "name": "A (b), c: #d"}));
        assert_eq!(replaced("options.b.name", b).unwrap(), TEXT.replace("Second, quoted", "A (b), c: #d"));
        let b = options(json!({"id": "b", "price": {"from": "offer", "offer": "z"}}));
        let expected = TEXT.replace("\"x, y\"", "z");
        assert_eq!(replaced("options.b.price.offer", b.clone()).unwrap(), expected);
        assert_eq!(replaced("options.b.price", b).unwrap(), expected);
        let b = options(json!({"id": "b", "costs": [{"id": "staff", "amount": 4.5}]}));
        assert_eq!(replaced("options.b.costs.staff.amount", b).unwrap(), TEXT.replace("amount: 3", "amount: 4.5"));
        let s = json!({"scenarios": [{"id": "s", "name": "T"}]});
        assert_eq!(replaced("scenarios.s.name", s).unwrap(), TEXT.replace("name: S\n", "name: T\n"));
    }

    #[test]
    fn what_is_not_there_yet_gets_a_line_and_what_is_gone_loses_it() {
        let with = replaced("assumptions.availability", json!({"assumptions": {"availability": 0.9}})).unwrap();
        assert_eq!(with, TEXT.replace("months: 36\n", "months: 36\n  availability: 0.9\n"));
        let with = replaced("finance.tax.rate", json!({"finance": {"tax": {"rate": 0.25}}})).unwrap();
        assert_eq!(with, format!("{TEXT}finance: {{ tax: {{ rate: 0.25 }} }}\n"));
        let b = json!({"options": [{"id": "b", "stack": "cuda"}]});
        let with = replaced("options.b.stack", b).unwrap();
        assert_eq!(with, TEXT.replace("amount: 3\n", "amount: 3\n    stack: cuda\n"));
        let without = replaced("assumptions.pue", json!({"assumptions": {}})).unwrap();
        assert_eq!(without, TEXT.replace("  pue: 1.4  # measured in May\n", ""));
        let both = json!([{"id": "s", "name": "S"}, {"id": "t", "name": "T"}]);
        let with = replaced("scenarios.t", json!({"scenarios": both})).unwrap();
        assert_eq!(with, format!("{TEXT}- {{ id: t, name: T }}\n"));
        let named = json!([{"id": "s", "name": "S"}, {"id": "t", "name": "U"}]);
        let renamed = replace(&with, "scenarios.t.name", &json!({"scenarios": named})).unwrap();
        assert_eq!(renamed, format!("{TEXT}- {{ id: t, name: U }}\n"));
        assert_eq!(replace(&with, "scenarios.t", &json!({"scenarios": [{"id": "s"}]})).unwrap(), TEXT);
        // A block below a key becomes one line.
        let text = "a:\n  pue:\n    triangular: [1, 2, 3]\n  b: 1\n";
        assert_eq!(replace(text, "a.pue", &json!({"a": {"pue": 2}})).unwrap(), "a:\n  pue: 2\n  b: 1\n");
    }

    #[test]
    fn positions_are_those_of_the_nearest_key() {
        assert_eq!(position(TEXT, "assumptions.pue"), Some((4, 3)));
        assert_eq!(position(TEXT, "options.b.price.offer"), Some((12, 5)));
        assert_eq!(position(TEXT, "options.b.costs.staff.every"), Some((14, 9)));
        assert_eq!(position(TEXT, "scenarios[0].name"), Some((19, 9)));
        assert_eq!(position(TEXT, "options.b.costs[0].amount"), Some((15, 17)));
        assert_eq!(position(TEXT, "nothing"), None);
    }
}
