//! German for whole texts that other crates and the catalogue word: remarks, risks, plans, labels of inputs.

use crate::Language;
use crate::document::{Inline, Rich};
use std::sync::OnceLock;

/// A line each: `English => German`, with `{}` for a text and `{#}` for a number.
const TABLE: &str = include_str!("german_phrases.txt");
/// Stands for a piece of code while the text around it is looked up.
const FIRST_CODE: char = '\u{e000}';

/// A text with gaps.
struct Phrase {
    /// What stands before, between and after the gaps.
    literals: Vec<&'static str>,
    /// Whether each gap takes a number.
    numbers: Vec<bool>,
    german: &'static str,
}

impl Phrase {
    fn of(line: &'static str) -> Option<Self> {
        let (english, german) = line.split_once(" => ")?;
        let (mut literals, mut numbers) = (Vec::new(), Vec::new());
        let mut rest = english;
        while let Some((before, after)) = rest.split_once('{') {
            let (kind, after) = after.split_once('}')?;
            literals.push(before);
            numbers.push(kind == "#");
            rest = after;
        }
        literals.push(rest);
        Some(Self { literals, numbers, german })
    }

    /// What fills the gaps of this phrase in a text; `None` where the text is another one.
    fn gaps<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, others) = self.literals.split_first()?;
        let mut rest = text.strip_prefix(first)?;
        let Some((last, between)) = others.split_last() else { return rest.is_empty().then(Vec::new) };
        rest = rest.strip_suffix(last)?;
        let mut gaps = Vec::new();
        for literal in between {
            let (gap, after) = rest.split_once(literal)?;
            gaps.push(gap);
            rest = after;
        }
        gaps.push(rest);
        let is_number = |gap: &str| {
            gap.starts_with(|c: char| c.is_ascii_digit() || "−$€£".contains(c)) && !gap.contains([';', '(', ')'])
        };
        let fits = gaps.iter().zip(&self.numbers).all(|(gap, number)| !gap.is_empty() && (!number || is_number(gap)));
        fits.then_some(gaps)
    }
}

fn phrases() -> &'static [Phrase] {
    static PARSED: OnceLock<Vec<Phrase>> = OnceLock::new();
    PARSED.get_or_init(|| TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(Phrase::of).collect())
}

/// The German for a whole text; of a list with semicolons, for each of its parts that is known.
pub(super) fn phrase(text: &str) -> Option<String> {
    let plain = text.replace('\u{a0}', " ");
    if let Some(found) = phrases().iter().find_map(|phrase| Some((phrase, phrase.gaps(&plain)?))) {
        return Some(filled(found.0, &found.1));
    }
    let parts: Vec<&str> = plain.split("; ").collect();
    let german: Vec<Option<String>> =
        if parts.len() > 1 { parts.iter().map(|part| known(part)).collect() } else { Vec::new() };
    german.iter().any(Option::is_some).then(|| {
        let parts = german.into_iter().zip(parts);
        parts.map(|(german, part)| german.unwrap_or_else(|| part.to_owned())).collect::<Vec<_>>().join("; ")
    })
}

fn known(text: &str) -> Option<String> {
    super::german::word(text)
}

/// A list with commas, each part of which is known.
fn list(text: &str) -> Option<String> {
    Some(text.split(", ").map(known).collect::<Option<Vec<String>>>()?.join(", "))
}

fn filled(phrase: &Phrase, gaps: &[&str]) -> String {
    let fill = |index: usize| {
        let gap = gaps.get(index).copied().unwrap_or_default();
        match phrase.numbers.get(index) {
            Some(true) => Language::German.number(gap).into_owned(),
            _ => known(gap).or_else(|| list(gap)).unwrap_or_else(|| gap.to_owned()),
        }
    };
    let mut german = String::new();
    let (mut rest, mut next) = (phrase.german, 0);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((number, after)) = after.split_once('}') else { break };
        let index = number.parse::<usize>().map_or(next, |number| number.saturating_sub(1));
        next += 1;
        german.push_str(before);
        german.push_str(&fill(index));
        rest = after;
    }
    german.push_str(rest);
    german
}

/// Puts German in the place of remarks: runs of names with pieces of code between them.
pub(super) fn remarks(text: &mut Rich) {
    let mut done = Rich::new();
    let mut run: Vec<Inline> = Vec::new();
    for piece in std::mem::take(&mut text.0) {
        if matches!(piece, Inline::Name(_) | Inline::Code(_)) {
            run.push(piece);
        } else {
            done.0.append(&mut remark(std::mem::take(&mut run)));
            done.push(piece);
        }
    }
    done.0.append(&mut remark(run));
    *text = done;
}

fn remark(run: Vec<Inline>) -> Vec<Inline> {
    let has_code = run.iter().any(|piece| matches!(piece, Inline::Code(_)));
    if !has_code || run.len() < 2 {
        return run;
    }
    let mut codes: Vec<&String> = Vec::new();
    let mut whole = String::new();
    for piece in &run {
        match piece {
            Inline::Code(code) => {
                let mark = u32::try_from(codes.len()).ok().and_then(|index| char::from_u32(FIRST_CODE as u32 + index));
                whole.extend(['`', mark.unwrap_or(FIRST_CODE), '`']);
                codes.push(code);
            }
            Inline::Name(name) => whole.push_str(name),
            _ => {}
        }
    }
    let Some(german) = phrase(&whole) else { return run };
    let mut pieces: Vec<Inline> = Vec::new();
    for (index, part) in german.split('`').enumerate() {
        let code = part.chars().next().and_then(|mark| codes.get((mark as usize).checked_sub(FIRST_CODE as usize)?));
        match code {
            Some(code) if index % 2 == 1 => pieces.push(Inline::code(code.as_str())),
            _ if part.is_empty() => {}
            _ => pieces.push(Inline::name(part)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_as_many_gaps_in_german() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let phrase = Phrase::of(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(phrase.german.matches('{').count(), phrase.numbers.len(), "{line}");
        }
    }

    #[test]
    fn a_remark_keeps_its_names_numbers_and_code() {
        let mut text = Rich(vec![
            Inline::name("L4; H100: the measurement "),
            Inline::code("gemm"),
            Inline::name(" behind it is noisy (5.3 % relative noise): measure again on a quiet machine"),
        ]);
        remarks(&mut text);
        let german = " rauscht (relatives Rauschen 5,3 %): auf einer ruhigen Maschine wiederholen";
        let expected =
            [Inline::name("L4; H100: die zugrunde liegende Messung "), Inline::code("gemm"), Inline::name(german)];
        assert_eq!(text.0, expected);
    }

    #[test]
    fn what_nobody_worded_stays() {
        let changed = phrase("The price has changed: the price is 92 days old");
        assert_eq!(changed.as_deref(), Some("Der Preis hat sich geändert: der Preis ist 92 Tage alt"));
        assert_eq!(phrase("NVIDIA L4, rented on demand"), None);
        assert_eq!(phrase("price of NVIDIA L4, rented").as_deref(), Some("Preis von NVIDIA L4, rented"));
        assert_eq!(
            phrase("Port the model to the new stack; my own"),
            Some("Das Modell auf die neue Software übertragen; my own".into())
        );
    }
}
