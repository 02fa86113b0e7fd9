//! Colours and type sizes of documents.

use crate::document::Tone;
use crate::scene::Color;
use assay_base::Evidence;

/// The colours of a document. Every hue differs from its neighbours in lightness too, so that a grey print still
/// tells them apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Running text.
    pub ink: Color,
    /// The opening paragraph.
    pub lead: Color,
    /// Labels and axis figures.
    pub muted: Color,
    /// Source lines, running heads.
    pub faint: Color,
    /// Hairlines and grids.
    pub grid: Color,
    /// Panels and striped rows.
    pub panel: Color,
    /// Titles, table headers, the cover.
    pub primary: Color,
    /// What the reader should look at first.
    pub accent: Color,
    /// What is good.
    pub positive: Color,
    /// What needs attention.
    pub caution: Color,
    /// What speaks against.
    pub negative: Color,
    /// What explains, and links.
    pub info: Color,
    /// Bars that are not the point.
    pub quiet: Color,
    /// Accent on the cover's dark ground.
    pub cover_accent: Color,
    /// Kicker on the cover's dark ground.
    pub cover_kicker: Color,
    /// Subtitle on the cover's dark ground.
    pub cover_text: Color,
    /// Fills for parts of a whole, dark and light in turn.
    pub series: [Color; 8],
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            ink: Color::hex(0x14_213D),
            lead: Color::hex(0x2B_3A55),
            muted: Color::hex(0x53_5F74),
            faint: Color::hex(0x5F_6A7D),
            grid: Color::hex(0xE3_E8EF),
            panel: Color::hex(0xF4_F6F9),
            primary: Color::hex(0x0B_2545),
            accent: Color::hex(0x0F_766E),
            positive: Color::hex(0x0F_766E),
            caution: Color::hex(0x9A_6206),
            negative: Color::hex(0xA8_2E26),
            info: Color::hex(0x1F_6BA8),
            quiet: Color::hex(0xA9_B7C9),
            cover_accent: Color::hex(0x3F_B8AF),
            cover_kicker: Color::hex(0x9F_D8D2),
            cover_text: Color::hex(0xC9_D6E8),
            series: [
                Color::hex(0x0B_2545),
                Color::hex(0xE0_B976),
                Color::hex(0x0F_766E),
                Color::hex(0x8F_C1E3),
                Color::hex(0x8A_5806),
                Color::hex(0xB5_DDD8),
                Color::hex(0x53_5F74),
                Color::hex(0xD5_DDE6),
            ],
        }
    }
}

impl Theme {
    /// The colour of a tone.
    pub fn tone(&self, tone: Tone) -> Color {
        match tone {
            Tone::Positive => self.positive,
            Tone::Caution => self.caution,
            Tone::Negative => self.negative,
            Tone::Info => self.info,
            Tone::Neutral => self.primary,
        }
    }

    /// The ground behind a message of that tone.
    pub fn tone_ground(&self, tone: Tone) -> Color {
        self.tone(tone).mix(Color::WHITE, 0.915)
    }

    /// The fill for the `index`th part of a whole.
    pub fn part(&self, index: usize) -> Color {
        self.series.get(index % self.series.len()).copied().unwrap_or(self.quiet)
    }
}

/// The mark of an evidence class: it tells the classes apart without colour.
pub fn evidence_mark(class: Evidence) -> &'static str {
    match class {
        Evidence::Measured => "●",
        Evidence::Published => "◆",
        Evidence::Projected => "▲",
        Evidence::Vendor => "■",
        Evidence::Assumed => "○",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.1 contrast ratio.
    fn contrast(a: Color, b: Color) -> f32 {
        let (a, b) = (a.luminance(), b.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_meets_wcag_aa_on_its_ground() {
        let theme = Theme::default();
        for text in [theme.ink, theme.lead, theme.muted, theme.faint, theme.accent, theme.caution, theme.negative] {
            for ground in [Color::WHITE, theme.panel] {
                assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}: {}", contrast(text, ground));
            }
        }
        for tone in [Tone::Positive, Tone::Caution, Tone::Negative, Tone::Info, Tone::Neutral] {
            assert!(contrast(theme.tone(tone), theme.tone_ground(tone)) >= 4.5, "{tone:?}");
        }
        assert!(contrast(Color::WHITE, theme.primary) >= 7.0);
    }

    #[test]
    fn neighbouring_parts_differ_in_grey() {
        let theme = Theme::default();
        for index in 0..theme.series.len() {
            let (one, next) = (theme.part(index), theme.part(index + 1));
            assert!(contrast(one, next) >= 2.0, "{one:?} and {next:?}: {}", contrast(one, next));
        }
    }

    #[test]
    fn every_class_of_evidence_has_its_own_mark() {
        let marks: std::collections::BTreeSet<_> = Evidence::ALL.iter().map(|class| evidence_mark(*class)).collect();
        assert_eq!(marks.len(), Evidence::ALL.len());
    }
}
