//! Design tokens: the only file that names a colour, a radius, a font or a font size.

use std::sync::Arc;

use assay_base::Evidence;
use egui::style::{HandleShape, ScrollStyle};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, RichText, Shadow, Stroke,
    Style, TextStyle, Theme, Visuals,
};

/// Colours by meaning, one table per theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tokens {
    /// Behind everything.
    pub surface: Color32,
    /// Cards, bars, dialogs.
    pub surface_raised: Color32,
    /// Fields, plot backgrounds, empty parts of bars.
    pub surface_sunken: Color32,
    /// Where text is typed.
    pub field: Color32,
    /// Every other row of a table.
    pub stripe: Color32,
    /// Controls under the pointer.
    pub hover: Color32,
    /// Lines between things.
    pub border: Color32,
    /// Outlines of controls.
    pub border_strong: Color32,
    /// Text.
    pub text: Color32,
    /// Titles and headline figures.
    pub text_strong: Color32,
    /// Labels, units, captions.
    pub text_subdued: Color32,
    /// Text on the accent colour.
    pub text_on_accent: Color32,
    /// Primary actions, selection.
    pub accent: Color32,
    /// Background of what is selected.
    pub accent_subtle: Color32,
    /// Passed, better.
    pub success: Color32,
    /// Needs attention.
    pub warning: Color32,
    /// Failed, worse.
    pub error: Color32,
    /// Categorical series, in order of use.
    pub series: [Color32; 8],
    /// Classes of evidence, in the order of [`Evidence::ALL`].
    pub evidence: [Color32; 5],
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

impl Tokens {
    /// The dark theme.
    pub const DARK: Self = Self {
        surface: rgb(0x12151a),
        surface_raised: rgb(0x1a1e25),
        surface_sunken: rgb(0x0f1216),
        field: rgb(0x0f1216),
        stripe: rgb(0x1f242c),
        hover: rgb(0x262c36),
        border: rgb(0x292f39),
        border_strong: rgb(0x3a424f),
        text: rgb(0xd3d8e1),
        text_strong: rgb(0xf1f4f8),
        text_subdued: rgb(0x8b95a5),
        text_on_accent: rgb(0xffffff),
        accent: rgb(0x3f7fe8),
        accent_subtle: rgb(0x21385e),
        success: rgb(0x3fb982),
        warning: rgb(0xe0a042),
        error: rgb(0xe86363),
        series: [
            rgb(0x5b9bff),
            rgb(0xf2a44b),
            rgb(0x4fc49a),
            rgb(0xc07de8),
            rgb(0xe86d8a),
            rgb(0x5cc8de),
            rgb(0xb9c255),
            rgb(0xa99384),
        ],
        evidence: [rgb(0x4fc49a), rgb(0x5b9bff), rgb(0xe0a84c), rgb(0xb094e8), rgb(0xe8837a)],
    };

    /// The light theme.
    pub const LIGHT: Self = Self {
        surface: rgb(0xf4f5f8),
        surface_raised: rgb(0xffffff),
        surface_sunken: rgb(0xeceef2),
        field: rgb(0xffffff),
        stripe: rgb(0xf6f7fa),
        hover: rgb(0xe9edf4),
        border: rgb(0xdde1e8),
        border_strong: rgb(0xc1c8d3),
        text: rgb(0x282f3b),
        text_strong: rgb(0x0f151f),
        text_subdued: rgb(0x5f6979),
        text_on_accent: rgb(0xffffff),
        accent: rgb(0x1f5fd6),
        accent_subtle: rgb(0xdce7fb),
        success: rgb(0x178052),
        warning: rgb(0xa86508),
        error: rgb(0xc23636),
        series: [
            rgb(0x2563d8),
            rgb(0xc97211),
            rgb(0x188662),
            rgb(0x8a42bb),
            rgb(0xc4325c),
            rgb(0x11829c),
            rgb(0x768010),
            rgb(0x7d6250),
        ],
        evidence: [rgb(0x178052), rgb(0x2563d8), rgb(0xa86508), rgb(0x6d4bb8), rgb(0xb8433b)],
    };

    /// The tokens of the theme in use.
    pub fn of(ctx: &Context) -> &'static Self {
        match ctx.theme() {
            Theme::Dark => &Self::DARK,
            Theme::Light => &Self::LIGHT,
        }
    }

    /// The colour of a series; beyond the table the colours come again, nearer to the background.
    pub fn series(&self, index: usize) -> Color32 {
        let color = self.series.get(index % self.series.len()).copied().unwrap_or(self.accent);
        if index < self.series.len() { color } else { color.lerp_to_gamma(self.surface_raised, 0.5) }
    }

    /// The colour of a class of evidence.
    pub fn evidence(&self, evidence: Evidence) -> Color32 {
        let [measured, published, projected, vendor, assumed] = self.evidence;
        match evidence {
            Evidence::Measured => measured,
            Evidence::Published => published,
            Evidence::Projected => projected,
            Evidence::Vendor => vendor,
            Evidence::Assumed => assumed,
        }
    }
}

/// A colour as the background of text in that colour.
pub fn tint(color: Color32) -> Color32 {
    color.gamma_multiply(0.16)
}

/// A colour for areas under and around lines.
pub fn wash(color: Color32) -> Color32 {
    color.gamma_multiply(0.35)
}

/// Over everything while something is about to be dropped.
pub fn veil(tokens: &Tokens) -> Color32 {
    tokens.surface.gamma_multiply(0.86)
}

/// The paper of documents; the same in both themes.
pub const PAPER: Color32 = Color32::WHITE;
/// Pictures as they are.
pub const UNTINTED: Color32 = Color32::WHITE;

/// No colour at all.
pub const TRANSPARENT: Color32 = Color32::TRANSPARENT;

/// Corners of cards.
pub const RADIUS_CARD: u8 = 6;
/// Corners of buttons and fields.
pub const RADIUS_CONTROL: u8 = 4;
/// Corners of chips and bars.
pub const RADIUS_CHIP: u8 = 3;
/// Space between cards.
pub const GAP: f32 = 10.0;
/// Space inside cards.
pub const PADDING: i8 = 12;
/// Height of a table's row.
pub const ROW: f32 = 26.0;
/// Height of a table's header.
pub const HEADER: f32 = 24.0;
/// Height of a table's header with units underneath.
pub const HEADER_WITH_UNIT: f32 = 36.0;
/// Height of titles that are names of up to four lines.
pub const HEADER_WITH_NAMES: f32 = 64.0;
/// Height of a line of text among other lines.
pub const LINE: f32 = 18.0;

const SEMIBOLD: &str = "semibold";
const BODY: f32 = 13.0;
const SMALL: f32 = 11.5;
const MONO: f32 = 12.5;

/// Half-bold letters of a size.
pub fn semibold_font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.into()))
}

/// The font of running text.
pub fn body_font() -> FontId {
    FontId::new(BODY, FontFamily::Proportional)
}

/// The font of captions.
pub fn small_font() -> FontId {
    FontId::new(SMALL, FontFamily::Proportional)
}

/// The font of numbers.
pub fn mono_font() -> FontId {
    FontId::new(MONO, FontFamily::Monospace)
}

/// The title of a page.
pub fn page_title(text: impl Into<String>) -> RichText {
    RichText::new(text).font(semibold_font(18.0)).strong()
}

/// A statement that should be read first.
pub fn lead(text: impl Into<String>) -> RichText {
    RichText::new(text).font(semibold_font(17.0)).strong()
}

/// The title of a card.
pub fn card_title(text: impl Into<String>) -> RichText {
    RichText::new(text).font(semibold_font(BODY)).strong()
}

/// Emphasis in running text.
pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).font(semibold_font(BODY)).strong()
}

/// A headline figure.
pub fn headline(text: impl Into<String>) -> RichText {
    RichText::new(text).font(semibold_font(22.0)).strong()
}

/// A label, unit or caption.
pub fn caption(text: impl Into<String>) -> RichText {
    RichText::new(text).font(small_font()).weak()
}

/// The header of a table's column.
pub fn column_title(text: impl Into<String>) -> RichText {
    RichText::new(text).font(semibold_font(SMALL)).weak()
}

/// A number in a table: all digits are of one width.
pub fn number(text: impl Into<String>) -> RichText {
    RichText::new(text).font(mono_font())
}

/// Installs fonts and both themes. Call once for a context.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    for (theme, tokens) in [(Theme::Dark, &Tokens::DARK), (Theme::Light, &Tokens::LIGHT)] {
        ctx.style_mut_of(theme, |style| apply(style, theme, tokens));
    }
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let files: [(&str, &'static [u8]); 3] = [
        ("Inter", include_bytes!("../../../assets/fonts/Inter-Regular.ttf")),
        ("Inter SemiBold", include_bytes!("../../../assets/fonts/Inter-SemiBold.ttf")),
        ("IBM Plex Mono", include_bytes!("../../../assets/fonts/IBMPlexMono-Regular.ttf")),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    fonts.families.entry(FontFamily::Proportional).or_default().insert(0, "Inter".to_owned());
    fonts.families.entry(FontFamily::Monospace).or_default().insert(0, "IBM Plex Mono".to_owned());
    let mut semibold = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    semibold.insert(0, "Inter SemiBold".to_owned());
    fonts.families.insert(FontFamily::Name(SEMIBOLD.into()), semibold);
    fonts
}

fn apply(style: &mut Style, theme: Theme, t: &Tokens) {
    style.text_styles = [
        (TextStyle::Heading, semibold_font(18.0)),
        (TextStyle::Body, body_font()),
        (TextStyle::Button, body_font()),
        (TextStyle::Small, small_font()),
        (TextStyle::Monospace, mono_font()),
    ]
    .into();
    style.drag_value_text_style = TextStyle::Monospace;

    let spacing = &mut style.spacing;
    spacing.item_spacing = egui::vec2(8.0, 6.0);
    spacing.button_padding = egui::vec2(10.0, 4.0);
    spacing.interact_size = egui::vec2(40.0, 26.0);
    spacing.combo_width = 60.0;
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(16);
    spacing.tooltip_width = 420.0;
    spacing.slider_rail_height = 4.0;
    spacing.icon_width = 15.0;
    spacing.scroll = ScrollStyle { bar_width: 8.0, ..ScrollStyle::solid() };
    style.interaction.tooltip_delay = 0.3;
    style.visuals = visuals(theme, t);
}

fn visuals(theme: Theme, t: &Tokens) -> Visuals {
    let mut v = match theme {
        Theme::Dark => Visuals::dark(),
        Theme::Light => Visuals::light(),
    };
    let shadow = Shadow {
        offset: [0, 6],
        blur: 24,
        spread: 0,
        color: Color32::from_black_alpha(if theme == Theme::Dark { 120 } else { 40 }),
    };
    v.panel_fill = t.surface;
    v.window_fill = t.surface_raised;
    v.extreme_bg_color = t.surface_sunken;
    v.text_edit_bg_color = Some(t.field);
    v.code_bg_color = t.surface_sunken;
    v.faint_bg_color = t.stripe;
    v.window_stroke = Stroke::new(1.0, t.border_strong);
    v.window_shadow = shadow;
    v.popup_shadow = shadow;
    v.window_corner_radius = CornerRadius::same(RADIUS_CARD + 2);
    v.menu_corner_radius = CornerRadius::same(RADIUS_CARD);
    v.selection.bg_fill = t.accent_subtle;
    v.selection.stroke = Stroke::new(1.0, if theme == Theme::Dark { t.text_strong } else { t.accent });
    v.hyperlink_color = t.accent;
    v.warn_fg_color = t.warning;
    v.error_fg_color = t.error;
    v.weak_text_color = Some(t.text_subdued);
    v.slider_trailing_fill = true;
    v.handle_shape = HandleShape::Circle;
    v.striped = false;
    v.indent_has_left_vline = false;
    v.resize_corner_size = 0.0;
    let radius = CornerRadius::same(RADIUS_CONTROL);
    let widgets = &mut v.widgets;
    for w in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        w.corner_radius = radius;
        w.fg_stroke = Stroke::new(1.0, t.text);
        w.expansion = 0.0;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, t.border);
    widgets.active.fg_stroke = Stroke::new(1.5, t.text_strong);
    for (w, fill, stroke) in [
        (&mut widgets.inactive, t.surface_raised, t.border_strong),
        (&mut widgets.hovered, t.hover, t.border_strong),
        (&mut widgets.active, t.accent_subtle, t.accent),
        (&mut widgets.open, t.hover, t.accent),
    ] {
        w.weak_bg_fill = fill;
        w.bg_fill = t.border_strong;
        w.bg_stroke = Stroke::new(1.0, stroke);
    }
    v
}
