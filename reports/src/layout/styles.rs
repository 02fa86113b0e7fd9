//! The type sizes of a document.

use crate::scene::Color;
use crate::text::{Face, TextStyle};
use crate::theme::Theme;

/// Paragraph styles made from a theme.
pub(crate) struct Styles {
    pub body: TextStyle,
    pub lead: TextStyle,
    pub kicker: TextStyle,
    pub title: TextStyle,
    pub heading: TextStyle,
    pub caption: TextStyle,
    pub source: TextStyle,
    pub note: TextStyle,
    pub table_head: TextStyle,
    pub table_body: TextStyle,
    pub table_strong: TextStyle,
    pub card_label: TextStyle,
    pub card_value: TextStyle,
    pub card_comparison: TextStyle,
    pub card_note: TextStyle,
    pub callout_title: TextStyle,
    pub contents_kicker: TextStyle,
    pub contents_title: TextStyle,
}

impl Styles {
    pub(crate) fn of(theme: &Theme) -> Self {
        let body = style(Face::Regular, 9.4, 13.6, theme.ink);
        Self {
            lead: style(Face::Regular, 11.2, 16.4, theme.lead),
            kicker: style(Face::SemiBold, 7.4, 10.0, theme.accent),
            title: style(Face::SemiBold, 18.5, 23.0, theme.primary),
            heading: style(Face::SemiBold, 11.6, 15.0, theme.primary),
            caption: tabular(style(Face::Regular, 8.4, 11.4, theme.ink)),
            source: tabular(style(Face::Regular, 6.6, 8.8, theme.faint)),
            note: tabular(style(Face::Regular, 6.8, 9.0, theme.muted)),
            table_head: tabular(style(Face::SemiBold, 7.3, 9.6, Color::WHITE)),
            table_body: tabular(style(Face::Regular, 7.8, 10.4, theme.ink)),
            table_strong: tabular(style(Face::SemiBold, 7.8, 10.4, theme.ink)),
            card_label: tabular(style(Face::Medium, 7.4, 9.4, theme.muted)),
            card_value: tabular(style(Face::SemiBold, 19.0, 23.0, theme.primary)),
            card_comparison: tabular(style(Face::SemiBold, 7.4, 9.8, theme.ink)),
            card_note: tabular(style(Face::Regular, 6.8, 8.8, theme.muted)),
            callout_title: style(Face::SemiBold, 10.2, 14.0, theme.ink),
            contents_kicker: style(Face::Medium, 7.2, 10.0, theme.muted),
            contents_title: style(Face::SemiBold, 9.8, 13.4, theme.ink),
            body,
        }
    }
}

/// A style of proportional figures.
pub(crate) fn style(face: Face, size: f32, leading: f32, color: Color) -> TextStyle {
    let strong = if face == Face::SemiBold { Face::Bold } else { Face::SemiBold };
    TextStyle { face, strong, size, leading, color, tabular: false }
}

/// The style with tabular figures.
pub(crate) fn tabular(style: TextStyle) -> TextStyle {
    TextStyle { tabular: true, ..style }
}

/// The style in another colour.
pub(crate) fn colored(style: TextStyle, color: Color) -> TextStyle {
    TextStyle { color, ..style }
}
