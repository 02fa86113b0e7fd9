//! From characters to positioned glyphs.

use super::faces::{Face, FaceData};
use super::sanitize::sanitize;
use crate::ReportError;
use crate::brand::Logo;
use crate::labels::Language;
use crate::theme::Theme;
use harfrust::{Feature, ShapeOptions, Tag, UnicodeBuffer};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// What stands for a character that no bundled face has: U+25A1, white square.
pub(crate) const REPLACEMENT: char = '□';

/// The characters that a glyph stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cluster {
    /// None: the glyph continues the cluster of the one before.
    Continued,
    /// One character.
    One(char),
    /// Several, as in a ligature.
    Many(Rc<str>),
}

impl Cluster {
    fn new(text: &str) -> Self {
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (None, _) => Self::Continued,
            (Some(only), None) => Self::One(only),
            _ => Self::Many(text.into()),
        }
    }

    /// Appends the characters.
    pub fn write_to(&self, out: &mut String) {
        match self {
            Self::Continued => {}
            Self::One(character) => out.push(*character),
            Self::Many(text) => out.push_str(text),
        }
    }
}

/// A glyph with its place in the run. Lengths are in 1/1000 em.
#[derive(Clone, Debug, PartialEq)]
pub struct Glyph {
    /// The glyph's number in its face.
    pub id: u16,
    /// The advance including kerning.
    pub advance: f32,
    /// The shift to the right of the pen.
    pub offset: f32,
    /// The characters that it stands for.
    pub cluster: Cluster,
}

/// Glyphs of one face.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapedRun {
    /// The face, which may differ from the wanted one.
    pub face: Face,
    /// The glyphs in reading order.
    pub glyphs: Vec<Glyph>,
    /// The sum of the advances in 1/1000 em.
    pub advance: f32,
}

type ShapeCache = HashMap<Box<str>, Rc<[ShapedRun]>>;

/// The fonts and colours of a document, and a cache of shaped words.
pub struct Typesetter {
    /// Colours.
    pub theme: Theme,
    /// The language of fixed words and of the marks in numbers.
    pub language: Language,
    pub(crate) logo: Option<Logo>,
    faces: Vec<FaceData>,
    /// The square that stands for missing characters.
    replacement: ShapedRun,
    cache: RefCell<HashMap<(Face, bool), ShapeCache>>,
}

impl Typesetter {
    /// Loads the bundled faces.
    ///
    /// # Errors
    /// When a bundled font is damaged.
    pub fn new(theme: Theme, language: Language) -> Result<Self, ReportError> {
        let faces = Face::ALL.into_iter().map(FaceData::load).collect::<Result<Vec<_>, _>>()?;
        let replacement = ShapedRun { face: Face::Regular, glyphs: Vec::new(), advance: 0.0 };
        let mut set = Self { theme, language, logo: None, faces, replacement, cache: RefCell::default() };
        set.replacement = set.shape_run(Face::Regular, REPLACEMENT.encode_utf8(&mut [0; 4]), false);
        Ok(set)
    }

    pub(crate) fn face(&self, face: Face) -> &FaceData {
        // `Face::ALL` is in the order of the discriminants and every face of it was loaded.
        &self.faces[face as usize]
    }

    /// The character that a glyph should have shown, when a white square stands for it because no face has it.
    pub(crate) fn missing(&self, face: Face, glyph: &Glyph) -> Option<char> {
        let square = self.replacement.glyphs.first()?;
        match glyph.cluster {
            Cluster::One(character)
                if character != REPLACEMENT && face == self.replacement.face && glyph.id == square.id =>
            {
                Some(character)
            }
            _ => None,
        }
    }

    /// Shapes a word or label, falling back to another face where the wanted one lacks a character.
    ///
    /// `tabular` makes all figures equally wide.
    pub fn shape(&self, face: Face, text: &str, tabular: bool) -> Rc<[ShapedRun]> {
        if let Some(known) = self.cache.borrow().get(&(face, tabular)).and_then(|words| words.get(text)) {
            return Rc::clone(known);
        }
        let shaped: Rc<[ShapedRun]> = self.shape_uncached(face, &sanitize(text), tabular).into();
        self.cache.borrow_mut().entry((face, tabular)).or_default().insert(text.into(), Rc::clone(&shaped));
        shaped
    }

    /// The width of a label in points, with tabular figures.
    pub fn width(&self, face: Face, size: f32, text: &str) -> f32 {
        self.shape(face, text, true).iter().map(|run| run.advance).sum::<f32>() * size / 1000.0
    }

    /// The longest beginning of a label that fits with an ellipsis; `None` when not even that fits.
    pub(crate) fn shorten(&self, face: Face, size: f32, text: &str, max_width: f32) -> Option<String> {
        if self.width(face, size, text) <= max_width {
            return Some(text.to_owned());
        }
        let room = max_width - self.width(face, size, "…");
        if room < 0.0 {
            return None;
        }
        let (mut out, mut used) = (String::new(), 0.0);
        for glyph in self.shape(face, text, true).iter().flat_map(|run| &run.glyphs) {
            used += glyph.advance * size / 1000.0;
            if used > room {
                break;
            }
            glyph.cluster.write_to(&mut out);
        }
        let kept = out.trim_end().len();
        out.truncate(kept);
        // Cutting can undo a ligature or kerning pair, so the result is measured again.
        while !out.is_empty() && self.width(face, size, &format!("{out}…")) > max_width {
            out.pop();
        }
        out.push('…');
        Some(out)
    }

    fn shape_uncached(&self, face: Face, text: &str, tabular: bool) -> Vec<ShapedRun> {
        let mut runs: Vec<ShapedRun> = Vec::new();
        let mut pending = (face, String::new());
        for character in text.chars() {
            let chosen = self.face_for(face, character);
            if chosen != Some(pending.0) {
                runs.extend(self.shape_pending(&mut pending, tabular));
            }
            match chosen {
                Some(chosen) => {
                    pending.0 = chosen;
                    pending.1.push(character);
                }
                None => runs.push(self.replacement_for(character)),
            }
        }
        runs.extend(self.shape_pending(&mut pending, tabular));
        runs
    }

    fn shape_pending(&self, pending: &mut (Face, String), tabular: bool) -> Option<ShapedRun> {
        let text = std::mem::take(&mut pending.1);
        (!text.is_empty()).then(|| self.shape_run(pending.0, &text, tabular))
    }

    /// The square in place of a character that no face has. It stands for that character when text is extracted.
    fn replacement_for(&self, character: char) -> ShapedRun {
        let mut run = self.replacement.clone();
        for glyph in &mut run.glyphs {
            glyph.cluster = Cluster::One(character);
        }
        run
    }

    fn face_for(&self, wanted: Face, character: char) -> Option<Face> {
        if character.is_ascii() || self.face(wanted).covers(character) {
            return Some(wanted);
        }
        Face::FALLBACKS.into_iter().find(|face| self.face(*face).covers(character))
    }

    fn shape_run(&self, face: Face, text: &str, tabular: bool) -> ShapedRun {
        let data = self.face(face);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let features = features(text, tabular);
        let shaper = data.shaper.shaper(&data.font).build();
        let output = shaper.shape(buffer, ShapeOptions::new().features(&features));
        let scale = 1000.0 / data.units_per_em;
        let infos = output.glyph_infos();
        let mut starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut previous = None;
        let glyphs: Vec<Glyph> = infos
            .iter()
            .zip(output.glyph_positions())
            .map(|(info, position)| {
                let start = info.cluster as usize;
                let end = starts.get(starts.partition_point(|known| *known <= start)).copied().unwrap_or(text.len());
                // The first glyph of a cluster carries its text, later ones carry none.
                let cluster = if previous == Some(start) {
                    Cluster::Continued
                } else {
                    text.get(start..end).map_or(Cluster::Continued, Cluster::new)
                };
                previous = Some(start);
                Glyph {
                    id: info.glyph_id as u16,
                    advance: position.x_advance as f32 * scale,
                    offset: position.x_offset as f32 * scale,
                    cluster,
                }
            })
            .collect();
        let advance = glyphs.iter().map(|glyph| glyph.advance).sum();
        ShapedRun { face, glyphs, advance }
    }
}

/// Contextual alternates are off, because Inter's rewrite `->` and `3x9`: a font must never rewrite data. Tabular
/// figures apply to digits only, because the feature also widens the hyphen.
fn features(text: &str, tabular: bool) -> Vec<Feature> {
    let mut features = vec![Feature::new(Tag::new(b"calt"), 0, ..)];
    if tabular {
        // `Feature::new` with a range is off by one in harfrust 0.12, so the struct is built directly.
        features.extend(digit_ranges(text).map(|range| Feature {
            tag: Tag::new(b"tnum"),
            value: 1,
            start: range.start as u32,
            end: range.end as u32,
        }));
    }
    features
}

fn digit_ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut position = 0;
    std::iter::from_fn(move || {
        let start = position + bytes.get(position..)?.iter().position(u8::is_ascii_digit)?;
        let length = bytes.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        position = start + length;
        Some(start..position)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typesetter() -> Typesetter {
        Typesetter::new(Theme::default(), Language::English).unwrap()
    }

    fn text_of(runs: &[ShapedRun]) -> String {
        let mut out = String::new();
        for glyph in runs.iter().flat_map(|run| &run.glyphs) {
            glyph.cluster.write_to(&mut out);
        }
        out
    }

    fn missing(set: &Typesetter, text: &str) -> Vec<char> {
        let runs = set.shape(Face::Regular, text, false);
        runs.iter().flat_map(|run| run.glyphs.iter().filter_map(|glyph| set.missing(run.face, glyph))).collect()
    }

    #[test]
    fn digits_are_found_in_ranges() {
        assert_eq!(digit_ranges("a12b3").collect::<Vec<_>>(), [1..3, 4..5]);
        assert_eq!(digit_ranges("").count(), 0);
    }

    #[test]
    fn tabular_figures_are_equally_wide() {
        let set = typesetter();
        let widths: Vec<f32> = (0..10).map(|digit| set.width(Face::Regular, 10.0, &digit.to_string())).collect();
        assert!(widths.iter().all(|width| (width - widths[0]).abs() < 1e-4), "{widths:?}");
        let proportional = |text| set.shape(Face::Regular, text, false)[0].advance;
        assert!(proportional("1") < proportional("0"));
    }

    #[test]
    fn text_survives_shaping_with_ligatures_accents_and_other_scripts() {
        let set = typesetter();
        for text in ["office fi ffl", "Łódź naïve façade", "Ελληνικά Русский", "€1,234.56 ≥ 0.5 µs", "a -> b 3x9"]
        {
            for face in Face::ALL {
                assert_eq!(text_of(&set.shape(face, text, true)), text, "{face:?}");
            }
        }
        assert_eq!(missing(&set, "Łódź €"), []);
    }

    #[test]
    fn kerning_brings_letters_together() {
        let set = typesetter();
        let together = set.shape(Face::Regular, "AV", false)[0].advance;
        let apart = set.shape(Face::Regular, "A", false)[0].advance + set.shape(Face::Regular, "V", false)[0].advance;
        assert!(together < apart);
    }

    #[test]
    fn a_missing_character_becomes_a_square_that_still_stands_for_it() {
        let set = typesetter();
        let runs = set.shape(Face::SemiBold, "a世b界", false);
        assert_eq!(text_of(&runs), "a世b界");
        let square = set.shape(Face::Regular, "□", false)[0].glyphs[0].id;
        assert_eq!(runs.iter().flat_map(|run| &run.glyphs).filter(|glyph| glyph.id == square).count(), 2);
        assert!(runs.iter().flat_map(|run| &run.glyphs).all(|glyph| glyph.id != 0));
        assert_eq!(missing(&set, "a世b界□"), ['世', '界']);
    }

    #[test]
    fn a_character_of_another_face_is_borrowed() {
        let runs = typesetter().shape(Face::Mono, "≤●", false);
        assert_eq!(runs.iter().map(|run| run.face).collect::<Vec<_>>(), [Face::Mono, Face::Regular]);
    }

    #[test]
    fn shortened_labels_fit() {
        let set = typesetter();
        let long = "a rather long label that does not fit";
        let short = set.shorten(Face::Regular, 8.0, long, 60.0).unwrap();
        assert!(short.ends_with('…') && set.width(Face::Regular, 8.0, &short) <= 60.0, "{short}");
        assert_eq!(set.shorten(Face::Regular, 8.0, long, 1.0), None);
        assert_eq!(set.shorten(Face::Regular, 8.0, "ok", 60.0).as_deref(), Some("ok"));
    }
}
