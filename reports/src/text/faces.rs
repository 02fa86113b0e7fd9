//! The bundled typefaces and their metrics.

use crate::ReportError;
use harfrust::{FontRef, ShaperData};
use skrifa::MetadataProvider;
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};

/// A bundled typeface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// Inter Regular: running text.
    Regular,
    /// Inter Medium: labels.
    Medium,
    /// Inter SemiBold: titles and strong text.
    SemiBold,
    /// Inter Bold: strong text within titles.
    Bold,
    /// Inter Italic: emphasis.
    Italic,
    /// IBM Plex Mono: commands, paths and hashes.
    Mono,
}

impl Face {
    /// All faces in the order of their discriminants.
    pub const ALL: [Self; 6] = [Self::Regular, Self::Medium, Self::SemiBold, Self::Bold, Self::Italic, Self::Mono];

    /// Where to look for a character that the wanted face lacks.
    pub(crate) const FALLBACKS: [Self; 2] = [Self::Regular, Self::Mono];

    /// The PostScript name.
    pub fn postscript_name(self) -> &'static str {
        match self {
            Self::Regular => "Inter-Regular",
            Self::Medium => "Inter-Medium",
            Self::SemiBold => "Inter-SemiBold",
            Self::Bold => "Inter-Bold",
            Self::Italic => "Inter-Italic",
            Self::Mono => "IBMPlexMono-Regular",
        }
    }

    /// The family and its generic CSS fallback.
    pub fn css_family(self) -> &'static str {
        match self {
            Self::Mono => "'IBM Plex Mono', monospace",
            _ => "Inter, sans-serif",
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!("../../../assets/fonts/Inter-Regular.ttf"),
            Self::Medium => include_bytes!("../../../assets/fonts/Inter-Medium.ttf"),
            Self::SemiBold => include_bytes!("../../../assets/fonts/Inter-SemiBold.ttf"),
            Self::Bold => include_bytes!("../../../assets/fonts/Inter-Bold.ttf"),
            Self::Italic => include_bytes!("../../../assets/fonts/Inter-Italic.ttf"),
            Self::Mono => include_bytes!("../../../assets/fonts/IBMPlexMono-Regular.ttf"),
        }
    }
}

/// A parsed face. All metrics are in 1/1000 em.
pub(crate) struct FaceData {
    pub bytes: &'static [u8],
    pub font: FontRef<'static>,
    pub shaper: ShaperData,
    pub units_per_em: f32,
    pub ascent: f32,
    pub descent: f32,
    pub cap_height: f32,
    pub x_height: f32,
    /// Left, bottom, right, top.
    pub bounds: [f32; 4],
    pub italic_angle_degrees: f32,
    pub weight: u16,
    charmap: Charmap<'static>,
    /// Advance widths by glyph, rounded to integers: exactly what the PDF's width array says.
    widths: Vec<u16>,
}

impl FaceData {
    pub(crate) fn load(face: Face) -> Result<Self, ReportError> {
        let bytes = face.bytes();
        let broken = |reason: String| ReportError::Font { name: face.postscript_name(), reason };
        let skrifa_font = skrifa::FontRef::from_index(bytes, 0).map_err(|error| broken(error.to_string()))?;
        let font = FontRef::from_index(bytes, 0).map_err(|error| broken(error.to_string()))?;
        let metrics = skrifa_font.metrics(Size::unscaled(), LocationRef::default());
        let units_per_em = f32::from(metrics.units_per_em);
        let scale = 1000.0 / units_per_em;
        let glyph_metrics = skrifa_font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let widths = (0..u32::from(metrics.glyph_count))
            .map(|id| glyph_metrics.advance_width(skrifa::GlyphId::new(id)).unwrap_or(0.0) * scale)
            .map(|width| width.round() as u16)
            .collect();
        let bounds = metrics.bounds.unwrap_or_default();
        Ok(Self {
            bytes,
            shaper: ShaperData::new(&font),
            font,
            units_per_em,
            ascent: metrics.ascent * scale,
            descent: metrics.descent * scale,
            cap_height: metrics.cap_height.unwrap_or(700.0) * scale,
            x_height: metrics.x_height.unwrap_or(500.0) * scale,
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|value| value * scale),
            italic_angle_degrees: metrics.italic_angle,
            weight: skrifa_font.attributes().weight.value() as u16,
            charmap: skrifa_font.charmap(),
            widths,
        })
    }

    pub(crate) fn covers(&self, character: char) -> bool {
        self.charmap.map(character).is_some_and(|glyph| glyph.to_u32() != 0)
    }

    /// The width of a glyph as the PDF states it.
    pub(crate) fn width(&self, glyph: u16) -> u16 {
        self.widths.get(usize::from(glyph)).copied().unwrap_or(0)
    }
}
