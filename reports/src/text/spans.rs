//! From inline content to spans of one style.

use super::faces::Face;
use super::shaping::Typesetter;
use crate::document::{Inline, Link, Rich, Values};
use crate::scene::Color;
use crate::theme::evidence_mark;

/// How a paragraph is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TextStyle {
    pub face: Face,
    /// The face of strong text.
    pub strong: Face,
    pub size: f32,
    /// The distance from baseline to baseline.
    pub leading: f32,
    pub color: Color,
    /// Whether all figures are equally wide.
    pub tabular: bool,
}

/// Text of one style.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub text: String,
    pub face: Face,
    pub color: Color,
    pub size: f32,
    /// How far the baseline is raised.
    pub rise: f32,
    pub link: Option<Link>,
    /// The footnote that this span is the mark of.
    pub note: Option<usize>,
}

/// Turns rich text into spans. `number_note` receives each footnote and returns its number.
pub(crate) fn flatten(
    rich: &Rich,
    values: &Values,
    style: &TextStyle,
    set: &Typesetter,
    number_note: &mut dyn FnMut(&Rich) -> usize,
) -> Vec<Span> {
    let base = Span {
        text: String::new(),
        face: style.face,
        color: style.color,
        size: style.size,
        rise: 0.0,
        link: None,
        note: None,
    };
    let mut spans = Vec::new();
    Flattener { values, style, set, number_note }.run(rich, &base, &mut spans);
    spans
}

struct Flattener<'a> {
    values: &'a Values,
    style: &'a TextStyle,
    set: &'a Typesetter,
    number_note: &'a mut dyn FnMut(&Rich) -> usize,
}

impl Flattener<'_> {
    fn run(&mut self, rich: &Rich, base: &Span, out: &mut Vec<Span>) {
        let with = |text: &str| Span { text: text.to_owned(), ..base.clone() };
        for piece in &rich.0 {
            match piece {
                Inline::Text(text) | Inline::Name(text) => out.push(with(text)),
                Inline::Number(id) => out.push(with(&self.set.language.number(self.values.text(id)))),
                Inline::Strong(inner) => {
                    self.run(inner, &Span { face: self.style.strong, ..base.clone() }, out);
                }
                Inline::Emphasis(inner) => self.run(inner, &Span { face: Face::Italic, ..base.clone() }, out),
                // Plex Mono looks larger than Inter at the same size.
                Inline::Code(text) => {
                    out.push(Span { face: Face::Mono, size: base.size * 0.94, ..with(text) });
                }
                Inline::Evidence(class) => {
                    out.push(with(&format!(
                        "{}\u{a0}{}",
                        evidence_mark(*class),
                        self.set.language.words().class(*class)
                    )));
                }
                Inline::Link { to, text } => {
                    // Links on a dark ground keep the colour of their text.
                    let dark = base.color.luminance() > 0.5;
                    let color = if dark { base.color } else { self.set.theme.info };
                    self.run(text, &Span { link: Some(to.clone()), color, ..base.clone() }, out);
                }
                Inline::Footnote(note) => {
                    let number = (self.number_note)(note);
                    out.push(Span {
                        // The word joiner keeps the mark on the line of the word before it.
                        text: format!("\u{2060}{number}"),
                        face: Face::Medium,
                        color: self.set.theme.accent,
                        size: base.size * 0.66,
                        rise: base.size * 0.34,
                        link: Some(Link::Anchor(note_anchor(number))),
                        note: Some(number),
                    });
                }
            }
        }
    }
}

/// The anchor of a footnote's text.
pub(crate) fn note_anchor(number: usize) -> String {
    format!("note-{number}")
}
