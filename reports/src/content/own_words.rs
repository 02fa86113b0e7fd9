//! What the author says in place of the rules, marked as such.

use crate::document::{Block, Callout, Document, Inline, Rich, Section, Tone};
use crate::labels::Language;
use crate::rich;
use assay_study::{Narrative, OwnWords};

/// Puts the author's titles and paragraphs into the sections that they name.
pub(super) fn apply(document: &mut Document, narrative: &Narrative, language: Language) {
    for section in &mut document.sections {
        if let Some(words) = narrative.sections.get(&section.anchor) {
            put(section, words, language);
        }
    }
}

fn put(section: &mut Section, words: &OwnWords, language: Language) {
    let labels = language.words();
    let mut body: Vec<Rich> = Vec::new();
    if let Some(title) = &words.title {
        let found = std::mem::replace(&mut section.action_title, Inline::name(title).into());
        let mut line = rich![labels.own_title, " "];
        line.extend(found);
        line.push(".");
        body.push(line);
    }
    body.extend(words.text.as_ref().map(|text| Inline::name(text).into()));
    if !body.is_empty() {
        let title = rich![labels.own_words];
        section.blocks.insert(0, Block::Callout(Callout { tone: Tone::Neutral, title, body }));
    }
}
