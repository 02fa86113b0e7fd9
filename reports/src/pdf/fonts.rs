//! The fonts of a document, reduced to the glyphs that it uses.

use crate::error::ReportError;
use crate::layout::Page;
use crate::scene::Prim;
use crate::text::{Cluster, Face, Glyph, Typesetter};
use printpdf::{
    Codepoint, FontId, FontMetrics, FontType, Op, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfFontMetricsStub,
    Pt, TextItem,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// An embedded face.
pub(super) struct EmbeddedFont {
    pub id: FontId,
    glyphs: BTreeMap<u16, EmbeddedGlyph>,
}

struct EmbeddedGlyph {
    /// The number in the subset.
    id: u16,
    /// What the glyph stands for wherever nothing else is said. A PDF has one such text for each glyph.
    text: String,
}

impl EmbeddedFont {
    /// The number of a glyph in the embedded subset and the text that it stands for.
    pub(super) fn glyph(&self, id: u16) -> (u16, &str) {
        self.glyphs.get(&id).map_or((0, " "), |glyph| (glyph.id, &glyph.text))
    }

    /// Shows every glyph of the subset once with its text: from this printpdf learns what to embed.
    pub(super) fn specimen(&self) -> [Op; 4] {
        let text = |glyph: &EmbeddedGlyph| Codepoint::with_cid(glyph.id, 0.0, glyph.text.clone());
        let items = vec![TextItem::GlyphIds(self.glyphs.values().map(text).collect())];
        let font = PdfFontHandle::External(self.id.clone());
        [Op::StartTextSection, Op::SetFont { font, size: Pt(1.0) }, Op::ShowText { items }, Op::EndTextSection]
    }

    /// Whether the glyphs' own texts add up to the text of their cluster.
    pub(super) fn spells(&self, cluster: &[Glyph]) -> bool {
        if let [Glyph { id, cluster: Cluster::One(character), .. }] = cluster {
            return self.glyph(*id).1 == &*character.encode_utf8(&mut [0; 4]);
        }
        let (mut wanted, mut spelt) = (String::new(), String::new());
        for glyph in cluster {
            glyph.cluster.write_to(&mut wanted);
            spelt.push_str(self.glyph(glyph.id).1);
        }
        wanted == spelt
    }
}

/// Embeds the faces that the pages use.
pub(super) fn embed(
    set: &Typesetter,
    pages: &[Page],
    pdf: &mut PdfDocument,
) -> Result<BTreeMap<Face, EmbeddedFont>, ReportError> {
    let mut used: BTreeMap<Face, BTreeMap<u16, String>> = BTreeMap::new();
    for prim in pages.iter().flat_map(|page| &page.prims) {
        if let Prim::Text(run) = prim {
            let of_face = used.entry(run.face).or_default();
            for glyph in &run.glyphs {
                choose_text(of_face.entry(glyph.id).or_default(), &glyph.cluster);
            }
        }
    }
    let mut fonts = BTreeMap::new();
    for (face, glyphs) in used {
        let (parsed, glyphs) = subset(set, face, glyphs)?;
        // Own names instead of those of a global counter, and never `F1` to `F14`, which mean the standard fonts.
        let id = FontId(format!("Fx{}", face as usize));
        pdf.resources.fonts.map.insert(id.clone(), PdfFont::new(parsed));
        fonts.insert(face, EmbeddedFont { id, glyphs });
    }
    Ok(fonts)
}

/// Of the texts that a glyph is used for, the first in order stands in the font; the others are stated where they
/// occur. The choice must not depend on the order of use.
fn choose_text(chosen: &mut String, cluster: &Cluster) {
    let mut buffer = [0; 4];
    let text: &str = match cluster {
        Cluster::Continued => "",
        Cluster::One(character) => character.encode_utf8(&mut buffer),
        Cluster::Many(text) => text,
    };
    if !text.is_empty() && (chosen.is_empty() || text < chosen.as_str()) {
        text.clone_into(chosen);
    }
}

fn subset(
    set: &Typesetter,
    face: Face,
    used: BTreeMap<u16, String>,
) -> Result<(ParsedFont, BTreeMap<u16, EmbeddedGlyph>), ReportError> {
    let data = set.face(face);
    let mut remapper = subsetter::GlyphRemapper::new();
    let glyphs: BTreeMap<u16, EmbeddedGlyph> = used
        .into_iter()
        .map(|(old, text)| {
            // A glyph that only continues clusters still needs a text: PDF/A wants one for each glyph.
            let text = if text.is_empty() { " ".to_owned() } else { text };
            (old, EmbeddedGlyph { id: remapper.remap(old), text })
        })
        .collect();
    let bytes = subsetter::subset(data.bytes, 0, &remapper)
        .map_err(|error| ReportError::Font { name: face.postscript_name(), reason: error.to_string() })?;
    let tag: String = Sha256::digest(&bytes).iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect();
    let mut widths: BTreeMap<u16, u16> = glyphs.iter().map(|(old, new)| (new.id, data.width(*old))).collect();
    widths.insert(0, data.width(0));
    let [x_min, y_min, x_max, y_max] = data.bounds.map(|value| value as i16);
    let slant = -data.italic_angle_degrees.to_radians().tan();
    let parsed = ParsedFont {
        original_bytes: bytes,
        font_index: 0,
        font_name: Some(format!("{tag}+{}", face.postscript_name())),
        codepoint_to_glyph: BTreeMap::default(),
        glyph_widths: widths,
        units_per_em: 1000,
        font_metrics: FontMetrics { ascent: data.ascent.round() as i16, descent: data.descent.round() as i16 },
        font_type: FontType::TrueType,
        pdf_font_metrics: PdfFontMetricsStub {
            units_per_em: 1000,
            x_min,
            y_min,
            x_max,
            y_max,
            caret_slope_rise: 1000,
            caret_slope_run: (slant * 1000.0) as i16,
            us_weight_class: data.weight,
        },
    };
    Ok((parsed, glyphs))
}
