//! Changing the text of a profile without touching the rest: comments and layout stay.
//!
//! An edit may fail where the text is laid out in another way than block lists and maps. The caller reads the result
//! again and compares it with what was meant, so a text that was misunderstood is never written.

use assay_base::place::{Place, locate};

/// The text with an item put into the list at `list`, before the item `index` or after the last of `len`. The lines
/// of the item begin without indentation, the first with `- `.
pub(super) fn insert_item(text: &str, list: &Place, index: usize, len: usize, item: &[String]) -> Option<String> {
    let neighbour = if index < len { index } else { len.checked_sub(1)? };
    let (line, column) = locate(text, &list.item(neighbour))?;
    let lines: Vec<&str> = text.lines().collect();
    let before = lines.get(line.checked_sub(1)?)?.get(..column.checked_sub(1)?)?;
    let indent = before.strip_suffix(['-', ' '].as_slice()).map(|_| before.find('-'))??;
    if !before.get(indent..)?.trim_end().eq("-") {
        return None;
    }
    let at = if index < len { line - 1 } else { end_of_block(&lines, line - 1, indent) };
    Some(with_lines(&lines, at, indent, item))
}

/// The text with an entry put at the end of the map under a key of the top level, which is made where it is absent:
/// before the key `offers`, else at the end. The lines of the entry begin without indentation.
pub(super) fn insert_entry(text: &str, key: &str, entry: &[String]) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    if let Some(start) = lines.iter().position(|line| is_key(line, key)) {
        let indent = lines.get(start + 1..)?.iter().find(|line| !is_blank(line)).map(|line| indentation(line))?;
        return Some(with_lines(&lines, end_of_block(&lines, start, 0), indent, entry));
    }
    let at = lines.iter().position(|line| is_key(line, "offers")).unwrap_or(lines.len());
    let mut block = vec![format!("{key}:")];
    block.extend(entry.iter().map(|line| format!("  {line}")));
    Some(with_lines(&lines, at, 0, &block))
}

/// The text with a first list under a key of the top level that it does not have yet.
pub(super) fn append_list(text: &str, key: &str, item: &[String]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut block = vec![String::new(), format!("{key}:")];
    block.extend(item.iter().map(|line| format!("  {line}")));
    with_lines(&lines, lines.len(), 0, &block)
}

fn with_lines(lines: &[&str], at: usize, indent: usize, new: &[String]) -> String {
    let (before, after) = lines.split_at(at.min(lines.len()));
    let mut out = String::new();
    let mut push = |line: &str| {
        out.push_str(line);
        out.push('\n');
    };
    before.iter().for_each(|line| push(line));
    for line in new {
        if line.is_empty() { push("") } else { push(&format!("{}{line}", " ".repeat(indent))) }
    }
    after.iter().for_each(|line| push(line));
    out
}

fn is_key(line: &str, key: &str) -> bool {
    line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')).is_some_and(|rest| {
        let rest = rest.trim_start();
        rest.is_empty() || rest.starts_with('#')
    })
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The line after the last one of the block that begins on line `start` (counted from 0) with this indentation;
/// blank lines and comments behind it do not belong to it.
fn end_of_block(lines: &[&str], start: usize, indent: usize) -> usize {
    let mut end = start + 1;
    for (number, line) in lines.iter().enumerate().skip(start + 1) {
        if is_blank(line) {
            continue;
        }
        if indentation(line) <= indent {
            break;
        }
        end = number + 1;
    }
    end
}

/// A text as a YAML scalar on one line.
pub(super) fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/'))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
id: a # the id
sources:
  x:
    title: X

# Offers follow.
offers:
  - id: one
    quotes:
      # the first
      - {price: 1,
         per: hour}
      - {price: 3} # newest

  - id: two
    quotes:
    - {price: 9}
# the end
";

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn items_and_entries_go_where_they_belong_and_comments_stay() {
        let quotes = |offer| Place::default().key("offers").item(offer).key("quotes");
        let edited = insert_item(TEXT, &quotes(0), 1, 2, &lines(&["- {price: 2}"])).unwrap();
        assert_eq!(edited, TEXT.replace("      - {price: 3}", "      - {price: 2}\n      - {price: 3}"));
        let edited = insert_item(TEXT, &quotes(0), 2, 2, &lines(&["- {price: 4}"])).unwrap();
        assert_eq!(edited, TEXT.replace("# newest\n", "# newest\n      - {price: 4}\n"));
        let edited = insert_item(TEXT, &quotes(1), 1, 1, &lines(&["- {price: 10}"])).unwrap();
        assert_eq!(edited, TEXT.replace("{price: 9}\n", "{price: 9}\n    - {price: 10}\n"));
        let offers = Place::default().key("offers");
        let edited = insert_item(TEXT, &offers, 2, 2, &lines(&["- id: three", "  quotes: []"])).unwrap();
        assert_eq!(edited, TEXT.replace("# the end", "  - id: three\n    quotes: []\n# the end"));
        let edited = insert_entry(TEXT, "sources", &lines(&["y:", "  title: Y"])).unwrap();
        assert_eq!(edited, TEXT.replace("title: X\n", "title: X\n  y:\n    title: Y\n"));
    }

    #[test]
    fn what_is_missing_is_made() {
        let edited = insert_entry("id: a\noffers:\n- id: b\n", "sources", &lines(&["y: 1"])).unwrap();
        assert_eq!(edited, "id: a\nsources:\n  y: 1\noffers:\n- id: b\n");
        assert_eq!(append_list("id: a\n", "offers", &lines(&["- id: b"])), "id: a\n\noffers:\n  - id: b\n");
    }

    #[test]
    fn scalars_that_yaml_would_read_otherwise_are_quoted() {
        assert_eq!(scalar("us-east-1"), "us-east-1");
        for (text, quoted) in [("no", "\"no\""), ("1.5", "\"1.5\""), ("a: b", "\"a: b\""), ("", "\"\"")] {
            assert_eq!(scalar(text), quoted);
        }
    }
}
