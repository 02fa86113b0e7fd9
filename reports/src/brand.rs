//! The look of the house that a document is made for: two colours and a logo.

use crate::diagnostics::Diagnostic;
use crate::error::ReportError;
use crate::scene::Color;
use crate::theme::Theme;

/// What a house changes in the look of documents. Its confidentiality line is
/// [`Meta::classification`](crate::document::Meta::classification), since it is part of what the document says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brand {
    /// Replaces the dark colour of titles, table headers and the cover.
    pub primary: Option<Color>,
    /// Replaces the accent.
    pub accent: Option<Color>,
    /// A PNG image, set on white on the cover and in the head of each page.
    pub logo_png: Option<Vec<u8>>,
}

/// A decoded logo.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logo {
    pub width: usize,
    pub height: usize,
    /// Red, green and blue of each pixel on a white ground, row by row.
    pub rgb: Vec<u8>,
}

/// Larger images only make the file larger.
const MOST_PIXELS: usize = 2_000_000;
/// White text must be legible on the primary colour (WCAG 2.1 AAA), and the accent as text on white panels (AA).
const PRIMARY_CONTRAST: f32 = 7.0;
const ACCENT_CONTRAST: f32 = 5.2;

impl Brand {
    /// The theme in the brand's colours. A colour too light for its text is darkened, which is reported.
    pub(crate) fn theme(&self) -> (Theme, Vec<Diagnostic>) {
        let mut theme = Theme::default();
        let mut diagnostics = Vec::new();
        let mut legible = |wanted: Color, contrast: f32| {
            let used = darkened(wanted, contrast);
            if used != wanted {
                diagnostics.push(Diagnostic::DarkenedColor { wanted: wanted.to_hex(), used: used.to_hex() });
            }
            used
        };
        if let Some(primary) = self.primary {
            theme.primary = legible(primary, PRIMARY_CONTRAST);
            theme.series[0] = theme.primary;
            theme.cover_text = theme.primary.mix(Color::WHITE, 0.80);
        }
        if let Some(accent) = self.accent {
            theme.accent = legible(accent, ACCENT_CONTRAST);
            theme.cover_accent = theme.accent.mix(Color::WHITE, 0.45);
            theme.cover_kicker = theme.accent.mix(Color::WHITE, 0.70);
        }
        (theme, diagnostics)
    }

    pub(crate) fn logo(&self) -> Result<Option<Logo>, ReportError> {
        self.logo_png.as_deref().map(decode).transpose()
    }
}

/// The colour, mixed with black until white has the contrast on it.
fn darkened(color: Color, contrast: f32) -> Color {
    (0..=100u8)
        .map(|step| color.mix(Color::hex(0), f32::from(step) / 100.0))
        .find(|color| 1.05 / (color.luminance() + 0.05) >= contrast)
        .unwrap_or(Color::hex(0))
}

fn decode(bytes: &[u8]) -> Result<Logo, ReportError> {
    let broken = |reason: String| ReportError::Logo { reason };
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|error| broken(error.to_string()))?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width.saturating_mul(height) > MOST_PIXELS {
        return Err(broken(format!("it has {width} × {height} pixels, more than {MOST_PIXELS}")));
    }
    let size = reader.output_buffer_size().ok_or_else(|| broken("it is too large".to_owned()))?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(|error| broken(error.to_string()))?;
    let on_white = |value: u8, alpha: u8| 255 - ((255 - u32::from(value)) * u32::from(alpha) / 255) as u8;
    let samples = frame.color_type.samples();
    let mut rgb = Vec::with_capacity(width * height * 3);
    for pixel in pixels.chunks_exact(samples).take(width * height) {
        match *pixel {
            [gray, alpha] => rgb.extend([on_white(gray, alpha); 3]),
            [red, green, blue, alpha] => rgb.extend([red, green, blue].map(|value| on_white(value, alpha))),
            _ => return Err(broken("its kind of pixels is unknown".to_owned())),
        }
    }
    Ok(Logo { width, height, rgb })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_colours_are_darkened_until_text_is_legible() {
        let brand = Brand { primary: Some(Color::hex(0xFF_CC00)), accent: Some(Color::hex(0x00_5A9C)), logo_png: None };
        let (theme, found) = brand.theme();
        assert!(1.05 / (theme.primary.luminance() + 0.05) >= 7.0);
        assert_eq!(theme.accent, Color::hex(0x00_5A9C));
        assert!(matches!(found.as_slice(), [Diagnostic::DarkenedColor { wanted, .. }] if wanted == "#FFCC00"));
        assert_eq!(Brand::default().theme(), (Theme::default(), Vec::new()));
    }

    #[test]
    fn transparent_pixels_become_white() {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
        encoder.set_color(png::ColorType::Rgba);
        encoder.write_header().unwrap().write_image_data(&[255, 0, 0, 255, 9, 9, 9, 0]).unwrap();
        let brand = Brand { logo_png: Some(bytes), ..Brand::default() };
        let logo = brand.logo().unwrap().unwrap();
        assert_eq!((logo.width, logo.height, logo.rgb), (2, 1, vec![255, 0, 0, 255, 255, 255]));
        let broken = Brand { logo_png: Some(vec![1, 2, 3]), ..Brand::default() };
        assert!(matches!(broken.logo(), Err(ReportError::Logo { .. })));
    }
}
