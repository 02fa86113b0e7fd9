//! German for the labels and sentences of documents.
//!
//! Documents are composed in English. This pass puts German in the place of every label and sentence that [`TABLE`]
//! has. A sentence is looked up as a whole first, with `{}` for what it takes from the data, and then part by part; it is
//! translated whole or not at all. What other crates and the catalogue word is in `german_phrases`. What the study says
//! stays in its language, and document control says so.

use super::german_phrases::{phrase, remarks};
use crate::charts::Chart;
use crate::document::{Block, Cover, Document, Fact, Inline, Rich, Source};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A line each: `English => German`.
const TABLE: &str = include_str!("german.txt");

fn table() -> &'static HashMap<String, &'static str> {
    static PARSED: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.split_once(" => "))
            .map(|(a, b)| (a.trim().replace('\u{a0}', " "), b.trim()))
            .collect()
    })
}

fn look_up(text: &str) -> Option<&'static str> {
    table().get(text.replace('\u{a0}', " ").as_str()).copied()
}

/// The German for a text; spaces around it stay.
pub(super) fn word(text: &str) -> Option<String> {
    let inner = text.trim_matches(' ');
    if !inner.chars().any(char::is_alphabetic) {
        return Some(text.to_owned());
    }
    let german = look_up(inner).map(str::to_owned).or_else(|| phrase(inner))?;
    let start = text.len() - text.trim_start_matches(' ').len();
    let end = text.trim_end_matches(' ').len();
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    // A part that begins with a comma follows its noun without a space.
    let before = if german.starts_with([',', ':', ';', '.']) { "" } else { before };
    Some(format!("{before}{german}{after}"))
}

/// Puts German in the place of what is known.
pub(super) fn translate(document: &mut Document) {
    if let Some(cover) = &mut document.cover {
        translate_cover(cover);
    }
    for section in &mut document.sections {
        put(&mut section.kicker);
        rich(&mut section.action_title);
        section.blocks.iter_mut().for_each(block);
    }
}

fn translate_cover(cover: &mut Cover) {
    put(&mut cover.kicker);
    put(&mut cover.verdict);
    put(&mut cover.subtitle);
    rich(&mut cover.statement);
    facts(&mut cover.facts);
}

fn put(text: &mut String) {
    if let Some(german) = word(text) {
        *text = german;
    }
}

fn facts(rows: &mut [Fact]) {
    for fact in rows {
        put(&mut fact.name);
        rich(&mut fact.value);
    }
}

fn source(source: &mut Source) {
    rich(&mut source.text);
}

fn block(block: &mut Block) {
    match block {
        Block::Lead(text) | Block::Paragraph(text) | Block::Heading(text) => rich(text),
        Block::Bullets(items) => items.iter_mut().for_each(rich),
        Block::Kpis(cards) => {
            for card in cards {
                for text in [&mut card.label, &mut card.value, &mut card.comparison, &mut card.note] {
                    rich(text);
                }
            }
        }
        Block::Callout(callout) => {
            rich(&mut callout.title);
            callout.body.iter_mut().for_each(rich);
        }
        Block::Figures(figures) => {
            for figure in figures {
                rich(&mut figure.takeaway);
                source(&mut figure.source);
                chart(&mut figure.chart);
            }
        }
        Block::Table(table) => {
            rich(&mut table.title);
            source(&mut table.source);
            table.columns.iter_mut().for_each(|column| put(&mut column.title));
            table.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(rich);
        }
        Block::Facts(block) => {
            rich(&mut block.title);
            source(&mut block.source);
            facts(&mut block.rows);
        }
        Block::Contents => {}
    }
}

/// Translates a text that is known as a whole, or whose every part is; half a sentence would be worse than none.
fn rich(text: &mut Rich) {
    remarks(text);
    let one = |text: &Rich| sentence(text).or_else(|| by_parts(text));
    let by_sentences = || {
        let german = split(&joined(text)).iter().map(one).collect::<Option<Vec<Rich>>>()?;
        Some(Rich(german.into_iter().flat_map(|sentence| sentence.0).collect()))
    };
    if let Some(german) = sentence(text).or_else(by_sentences).or_else(|| by_parts(text)) {
        *text = german;
    }
    if let [Inline::Name(name)] = text.0.as_mut_slice() {
        put(name);
    }
}

/// A text every part of which the table has.
fn by_parts(text: &Rich) -> Option<Rich> {
    let mut german = text.clone();
    known(text).then(|| replace(&mut german))?;
    Some(german)
}

/// The sentences of a text.
fn split(text: &Rich) -> Vec<Rich> {
    let mut sentences = vec![Rich::new()];
    for piece in &text.0 {
        let Inline::Text(part) = piece else {
            sentences.last_mut().into_iter().for_each(|sentence| sentence.push(piece.clone()));
            // The question before an answer is a sentence of its own.
            if matches!(piece, Inline::Emphasis(_)) {
                sentences.push(Rich::new());
            }
            continue;
        };
        for (index, part) in part.split_inclusive(". ").enumerate() {
            if index > 0 {
                sentences.push(Rich::new());
            }
            sentences.last_mut().into_iter().for_each(|sentence| sentence.push(part));
        }
        if part.ends_with(". ") {
            sentences.push(Rich::new());
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// The same with neighbouring prose in one piece.
fn joined(text: &Rich) -> Rich {
    let mut joined = Rich::new();
    for piece in &text.0 {
        match (joined.0.last_mut(), piece) {
            (Some(Inline::Text(before)), Inline::Text(part)) => before.push_str(part),
            _ => joined.push(piece.clone()),
        }
    }
    joined
}

/// A text as the table has it: `{}` for each piece that is not prose.
fn pattern(text: &Rich) -> String {
    let piece = |piece: &Inline| match piece {
        Inline::Text(part) => part.clone(),
        _ => "{}".to_owned(),
    };
    text.0.iter().map(piece).collect()
}

/// The German sentence with the pieces of the English one, in the order of its `{}` or where it says `{2}`.
fn sentence(text: &Rich) -> Option<Rich> {
    let pattern = pattern(text);
    let inner = pattern.trim_matches(' ');
    if !inner.chars().any(char::is_alphabetic) {
        return None;
    }
    // A title that is followed by a sentence has a full stop.
    let stopped = || inner.strip_suffix('.').and_then(look_up).map(|german| format!("{german}."));
    let german = look_up(inner).map(str::to_owned).or_else(stopped)?;
    let mut pieces: Vec<Inline> = text.0.iter().filter(|piece| !matches!(piece, Inline::Text(_))).cloned().collect();
    for piece in &mut pieces {
        match piece {
            Inline::Strong(inner)
            | Inline::Emphasis(inner)
            | Inline::Footnote(inner)
            | Inline::Link { text: inner, .. } => {
                rich(inner);
            }
            Inline::Name(name) => put(name),
            Inline::Text(_) | Inline::Code(_) | Inline::Number(_) | Inline::Evidence(_) => {}
        }
    }
    let mut whole = Rich::new();
    let lead = pattern.len() - pattern.trim_start_matches(' ').len();
    whole.push(" ".repeat(lead));
    let (mut rest, mut next) = (german.as_str(), 0);
    while let Some((before, after)) = rest.split_once('{') {
        let (number, after) = after.split_once('}')?;
        let index = if number.is_empty() { next } else { number.parse::<usize>().ok()?.checked_sub(1)? };
        next += 1;
        whole.push(before);
        whole.push(pieces.get(index)?.clone());
        rest = after;
    }
    whole.push(rest);
    whole.push(" ".repeat(pattern.len() - pattern.trim_end_matches(' ').len()));
    whole.0.retain(|piece| !matches!(piece, Inline::Text(part) if part.is_empty()));
    Some(whole)
}

fn known(text: &Rich) -> bool {
    text.0.iter().all(|piece| match piece {
        Inline::Text(part) => word(part).is_some(),
        Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link { text: inner, .. } => known(inner),
        Inline::Name(_) | Inline::Code(_) | Inline::Number(_) | Inline::Evidence(_) | Inline::Footnote(_) => true,
    })
}

fn replace(text: &mut Rich) {
    for piece in &mut text.0 {
        match piece {
            Inline::Text(part) => put(part),
            Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link { text: inner, .. } => replace(inner),
            Inline::Footnote(inner) => rich(inner),
            // The name of a component or verdict is one word of the table; other names are not in it.
            Inline::Name(name) => put(name),
            Inline::Code(_) | Inline::Number(_) | Inline::Evidence(_) => {}
        }
    }
}

/// Axes, parts and levels; the names of things are not in the table. A chart that JSON cannot carry stays as it is.
fn chart(chart: &mut Chart) {
    let Ok(mut value) = serde_json::to_value(&*chart) else { return };
    strings(&mut value);
    if let Ok(translated) = serde_json::from_value(value) {
        *chart = translated;
    }
}

fn strings(value: &mut Value) {
    match value {
        Value::String(text) => match text.split_once(" (") {
            // The unit or currency in parentheses stays.
            Some((name, unit)) if word(text).is_none() => {
                if let Some(german) = word(name) {
                    *text = format!("{german} ({unit}");
                }
            }
            _ => put(text),
        },
        Value::Array(list) => list.iter_mut().for_each(strings),
        // The tag says which chart it is, and a quantity is one of a list of words.
        Value::Object(fields) => {
            let texts = fields.iter_mut().filter(|(key, _)| !is_word_of_the_program(key));
            texts.for_each(|(_, value)| strings(value));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_word_of_the_program(key: &str) -> bool {
    matches!(key, "kind" | "quantity" | "x" | "y" | "x_better" | "y_better" | "volume" | "cost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rich;

    #[test]
    fn every_line_of_the_table_is_a_pair_and_none_is_there_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (english, german) = line.split_once(" => ").unwrap_or_else(|| panic!("{line}"));
            assert!(!german.trim().is_empty() || english.trim().is_empty(), "{line}");
            assert!(seen.insert(english.trim().to_owned()), "{line} is there twice");
        }
    }

    #[test]
    fn a_sentence_is_translated_whole_or_not_at_all() {
        let mut whole = rich![Inline::name("A"), " costs ", Inline::name("B"), "."];
        rich(&mut whole);
        assert_eq!(whole, rich![Inline::name("A"), " kostet ", Inline::name("B"), "."]);
        let mut half = rich![Inline::name("A"), " costs ", Inline::name("B"), " of something unheard of"];
        let before = half.clone();
        rich(&mut half);
        assert_eq!(half, before);
    }

    #[test]
    fn spaces_around_a_part_stay() {
        assert_eq!(word(" less than ").as_deref(), Some(" weniger als "));
        assert_eq!(word(": it costs ").as_deref(), Some(": kostet "));
        assert_eq!(word(" (").as_deref(), Some(" ("));
        assert_eq!(word("no such label"), None);
    }
}
