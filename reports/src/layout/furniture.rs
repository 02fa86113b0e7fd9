//! Running heads and feet.

use super::Laid;
use super::cover::fit_logo;
use super::geometry::Geometry;
use crate::document::{Align, Document};
use crate::labels::fill;
use crate::scene::{Area, Canvas, Color, LabelStyle, Paint, Prim, Role, Stroke, at};
use crate::text::{Face, Typesetter};

/// How much of the evidence hash is repeated on each page.
const HASH_SHOWN: usize = 19;

/// Adds the head and foot to every page but the cover. All of it is decoration to a screen reader.
pub(crate) fn decorate(set: &Typesetter, document: &Document, geometry: &Geometry, laid: &mut Laid) {
    let pages = laid.pages.len();
    let meta = &document.meta;
    let theme = &set.theme;
    let hairline = Stroke::solid(theme.grid, 0.6);
    let (left, right) = (geometry.side, geometry.width - geometry.side);
    let mut foot_parts: Vec<&str> = meta.classification.as_deref().into_iter().collect();
    foot_parts.push(&meta.prepared);
    if meta.sample {
        foot_parts.push(set.language.words().sample_foot);
    }
    let foot_text = foot_parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ·  ");
    for (index, page) in laid.pages.iter_mut().enumerate() {
        let Some(section) = &page.section else { continue };
        let mut canvas = Canvas::new(set);
        canvas.mark(Role::Artifact);
        let head = LabelStyle::new(Face::Medium, 7.2, theme.muted);
        let quiet_head = LabelStyle::new(Face::Regular, 7.2, theme.faint);
        let half = geometry.column() / 2.0 - 34.0;
        let mut title_left = left;
        if let Some(logo) = &set.logo {
            let mut area = fit_logo(logo, Area::new(left, 29.0, 60.0, 15.0), 0.0);
            area.x = left;
            canvas.prims.push(Prim::Logo(area));
            title_left += area.width + 8.0;
        }
        canvas.label_within(at(title_left, 40.0), half - (title_left - left), document.own_title(), head, Align::Left);
        canvas.label_within(at(right, 40.0), half, section, quiet_head, Align::Right);
        if meta.sample {
            sample_mark(&mut canvas, geometry.width / 2.0, 40.0);
        }
        canvas.line(at(left, 47.0), at(right, 47.0), hairline);
        let baseline = geometry.height - 34.0;
        canvas.line(at(left, baseline - 11.0), at(right, baseline - 11.0), hairline);
        let foot = LabelStyle::new(Face::Regular, 6.8, theme.faint);
        canvas.label_within(at(left, baseline), geometry.column() * 0.46, &foot_text, foot, Align::Left);
        if let Some(hash) = &meta.evidence_hash {
            let shown: String = hash.chars().take(HASH_SHOWN).collect();
            let style = LabelStyle::new(Face::Mono, 6.2, theme.faint);
            let text = format!("{} {shown}", set.language.words().evidence);
            canvas.label_within(at(right - 70.0, baseline), geometry.column() * 0.34, &text, style, Align::Right);
        }
        let number = LabelStyle::new(Face::Medium, 6.8, theme.muted);
        canvas.label(
            at(right, baseline),
            &fill(set.language.words().page_of, &[&(index + 1).to_string(), &pages.to_string()]),
            number,
            Align::Right,
        );
        page.prims.append(&mut canvas.prims);
    }
}

/// The mark of documents made from sample data, around a baseline.
pub(crate) fn sample_mark(canvas: &mut Canvas<'_>, center: f32, baseline: f32) {
    let text = canvas.set.language.words().sample;
    let style = LabelStyle { tracking: 80.0, ..LabelStyle::new(Face::Bold, 6.6, Color::WHITE) };
    let width = canvas.set.width(style.face, style.size, text) + 14.0;
    let area = Area::new(center - width / 2.0, baseline - 8.2, width, 11.6);
    canvas.rounded(area, 2.0, Paint::fill(canvas.set.theme.caution));
    canvas.label(at(center, baseline), text, style, Align::Center);
}
