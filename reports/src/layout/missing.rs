//! The notice about characters that no typeface has.

use super::composer::Composer;
use crate::diagnostics::Diagnostic;
use crate::document::{Callout, Inline, Rich, Tone};
use crate::labels::fill;
use crate::scene::Prim;
use std::collections::BTreeSet;

/// The notice lists this many code points and counts the rest.
const MOST_LISTED: usize = 24;

impl Composer<'_> {
    /// Says at the end of the document which characters stand as squares, when there are any.
    pub(crate) fn missing_characters(&mut self, cover: &[Prim]) {
        let mut missing = BTreeSet::new();
        // Page numbers, heads and feet repeat what stands elsewhere, and the footnotes are not set yet.
        let strips = self.strips.iter().flat_map(|strip| &strip.prims);
        for prim in cover.iter().chain(strips) {
            let Prim::Text(run) = prim else { continue };
            missing.extend(run.glyphs.iter().filter_map(|glyph| self.set.missing(run.face, glyph)));
        }
        for note in &self.notes {
            let text = note.plain(&self.document.values, self.set.language);
            let runs = self.set.shape(crate::text::Face::Regular, &text, false);
            for run in runs.iter() {
                missing.extend(run.glyphs.iter().filter_map(|glyph| self.set.missing(run.face, glyph)));
            }
        }
        if missing.is_empty() {
            return;
        }
        let words = self.set.language.words();
        let mut listed: Vec<String> =
            missing.iter().take(MOST_LISTED).map(|character| format!("U+{:04X}", u32::from(*character))).collect();
        if missing.len() > MOST_LISTED {
            listed.push(fill(words.and_more, &[&(missing.len() - MOST_LISTED).to_string()]));
        }
        let body = fill(words.missing_body, &[&missing.len().to_string(), &listed.join(", ")]);
        self.callout(&Callout {
            tone: Tone::Caution,
            title: words.missing_title.into(),
            body: vec![Rich::from(Inline::name(body))],
        });
        self.diagnostics.push(Diagnostic::MissingCharacters { characters: missing.into_iter().collect() });
    }
}
