//! The first page.

use super::Page;
use super::composer::{Composer, Slot};
use super::furniture::sample_mark;
use super::strip::{Strip, total_height};
use super::structure::Structure;
use super::styles::{style, tabular};
use crate::brand::Logo;
use crate::diagnostics::Diagnostic;
use crate::document::{Align, Cover, Inline, Rich};
use crate::scene::{Area, Canvas, Color, ElementId, LabelStyle, Paint, Prim, Role, Segment, Stroke, at};
use crate::text::{Face, TextStyle};

/// The dark upper part of the page.
const BAND: f32 = 0.60;
/// The title begins here.
const TITLE_TOP: f32 = 118.0;
/// The title and subtitle end above the last lines of the band.
const BAND_INSET: f32 = 60.0;
const FACT_LEADING: f32 = 11.0;

impl Composer<'_> {
    /// Sets the cover. What does not fit is set smaller, then shortened and reported.
    pub(crate) fn cover(&mut self, cover: &Cover) -> Page {
        let section = self.structure.add("Sect", Structure::DOCUMENT);
        let mut prims = self.cover_ground();
        let band_end = self.geometry.height * BAND;
        prims.extend(self.cover_titles(cover, section, band_end));
        let facts = self.cover_facts(cover, section);
        let facts_top = self.geometry.height - 60.0 - total_height(&facts);
        prims.extend(self.cover_verdict(cover, section, band_end + 30.0, facts_top - 16.0));
        let mut y = facts_top;
        for mut line in facts {
            line.shift(0.0, y);
            y += line.height;
            prims.append(&mut line.prims);
        }
        Page { prims, section: None }
    }

    /// The band and its motif: a family of rooflines.
    fn cover_ground(&self) -> Vec<Prim> {
        let (width, end) = (self.geometry.width, self.geometry.height * BAND);
        let theme = &self.set.theme;
        let mut canvas = Canvas::new(self.set);
        canvas.mark(Role::Artifact);
        canvas.rect(Area::new(0.0, 0.0, width, end), theme.primary);
        let line = theme.info.mix(Color::WHITE, 0.12);
        for step in 0..9u8 {
            let step = f32::from(step);
            let knee = at(width * (0.42 + 0.055 * step), end - 14.0 - step * 17.0);
            canvas.path(
                vec![
                    Segment::Move(at(width * 0.30 + step * 20.0, end)),
                    Segment::Line(knee),
                    Segment::Line(at(width, knee.y)),
                ],
                Paint::stroke(Stroke::solid(line, 0.7 + 0.1 * step)).opacity(0.16 + 0.05 * step),
            );
        }
        if let Some(logo) = &self.set.logo {
            // On white, so that it is legible whatever its colours.
            let plate = Area::new(width - self.geometry.side - 124.0, 62.0, 124.0, 52.0);
            canvas.rounded(plate, 3.0, Paint::fill(Color::WHITE));
            canvas.prims.push(Prim::Logo(fit_logo(logo, plate, 8.0)));
        }
        canvas.rect(Area::new(self.geometry.side, 96.0, 36.0, 3.0), theme.cover_accent);
        if self.document.meta.sample {
            let baseline = if self.set.logo.is_some() { 52.0 } else { 84.0 };
            sample_mark(&mut canvas, width - self.geometry.side - 24.0, baseline);
        }
        canvas.prims
    }

    fn cover_titles(&mut self, cover: &Cover, section: ElementId, band_end: f32) -> Vec<Prim> {
        let side = self.geometry.side;
        let kicker = self.structure.add("P", section);
        let title_element = self.structure.add("H1", section);
        let subtitle = self.structure.add("P", section);
        let theme = &self.set.theme;
        let mut canvas = Canvas::new(self.set);
        canvas.mark(Role::Element(kicker));
        let kicker_style = LabelStyle { tracking: 110.0, ..LabelStyle::new(Face::SemiBold, 8.2, theme.cover_kicker) };
        let text = cover.kicker.to_uppercase();
        let room = (self.geometry.column() - 70.0) * 0.85;
        let shown = self.set.shorten(kicker_style.face, kicker_style.size, &text, room).unwrap_or_default();
        canvas.label(at(side, 84.0), &shown, kicker_style, Align::Left);
        let mut prims = canvas.prims;

        let room = band_end - BAND_INSET - TITLE_TOP;
        let cover_text = theme.cover_text;
        // The kind of document already stands above the title.
        let title_text = Rich::from(Inline::name(self.document.own_title()));
        let title_slot = Slot::left(side, self.geometry.column() - 60.0, title_element);
        let styles = [31.0, 26.0, 21.0, 16.0, 12.0].map(|size| style(Face::SemiBold, size, size * 1.2, Color::WHITE));
        let title_lines = self.fit_text(&title_text, &styles, title_slot, room * 0.7);
        let title_height = total_height(&title_lines);
        let subtitle_text = Rich::from(Inline::name(&cover.subtitle));
        let subtitle_slot = Slot::left(side, self.geometry.column() - 120.0, subtitle);
        let styles = [12.5, 10.5, 9.0].map(|size| style(Face::Regular, size, size * 1.44, cover_text));
        let subtitle_lines = self.fit_text(&subtitle_text, &styles, subtitle_slot, room - title_height - 14.0);
        place(title_lines, TITLE_TOP, &mut prims);
        place(subtitle_lines, TITLE_TOP + title_height + 14.0, &mut prims);
        prims
    }

    fn cover_verdict(&mut self, cover: &Cover, section: ElementId, top: f32, end: f32) -> Vec<Prim> {
        let (verdict, statement) = (self.structure.add("P", section), self.structure.add("P", section));
        let side = self.geometry.side;
        let label = LabelStyle::new(Face::SemiBold, 10.0, Color::WHITE);
        let text = cover.verdict.to_uppercase();
        let shown = self.set.shorten(label.face, label.size, &text, self.geometry.column() - 22.0).unwrap_or_default();
        let width = self.set.width(label.face, label.size, &shown) + 22.0;
        let mut canvas = Canvas::new(self.set);
        canvas.mark(Role::Artifact);
        let pill = Area::new(side, top, width, 20.0);
        canvas.rounded(pill, 10.0, Paint::fill(self.set.theme.tone(cover.tone)));
        canvas.mark(Role::Element(verdict));
        canvas.label(at(side + 11.0, top + 13.6), &shown, label, Align::Left);
        let mut prims = canvas.prims;
        let ink = self.set.theme.ink;
        let styles = [11.0, 9.4, 8.0].map(|size| style(Face::Regular, size, size * 1.45, ink));
        let slot = Slot::left(side, self.geometry.column() - 30.0, statement);
        let lines = self.fit_text(&cover.statement, &styles, slot, end - top - 30.0);
        place(lines, top + 30.0, &mut prims);
        prims
    }

    fn cover_facts(&mut self, cover: &Cover, section: ElementId) -> Vec<Strip> {
        let side = self.geometry.side;
        let column = self.geometry.column();
        let theme = &self.set.theme;
        let name_style = tabular(TextStyle { leading: FACT_LEADING, ..style(Face::Medium, 7.8, 11.0, theme.muted) });
        let value_style = tabular(TextStyle { leading: FACT_LEADING, ..style(Face::Regular, 7.8, 11.0, theme.ink) });
        let grid = theme.grid;
        let mut all: Vec<Strip> = Vec::new();
        let mut room = self.geometry.height * (1.0 - BAND) - 150.0;
        for fact in &cover.facts {
            let element = self.structure.add("P", section);
            let names = self.lines(
                &Inline::name(format!("{} ", fact.name)).into(),
                name_style,
                Slot::left(side, 112.0, element),
            );
            let values = self.lines(&fact.value, value_style, Slot::left(side + 120.0, column - 120.0, element));
            let count = names.len().max(values.len()).max(1);
            let height = count as f32 * FACT_LEADING + 7.0;
            if height > room {
                let text = format!("{}: {}", fact.name, self.document.plain(&fact.value));
                self.diagnostics.push(Diagnostic::Shortened { text });
                continue;
            }
            room -= height;
            let mut strip = Strip { height, prims: vec![Prim::Mark(Role::Artifact)], ..Strip::default() };
            strip.prims.push(Prim::Path {
                segments: vec![Segment::Move(at(side, 0.0)), Segment::Line(at(side + column, 0.0))],
                paint: Paint::stroke(Stroke::solid(grid, 0.6)),
            });
            for lines in [names, values] {
                super::cards::stack(&mut strip, lines, 3.5);
            }
            all.push(strip);
        }
        all
    }

    /// The lines at the first style that fits the height; at the last one, as many lines as fit.
    fn fit_text(&mut self, text: &Rich, styles: &[TextStyle], slot: Slot, room: f32) -> Vec<Strip> {
        let mut lines = Vec::new();
        for style in styles {
            let before = (self.structure.nodes.len(), self.notes.len());
            lines = self.lines(text, *style, slot);
            if total_height(&lines) <= room {
                return lines;
            }
            if Some(style) != styles.last() {
                self.forget_since(before);
            }
        }
        let leading = lines.first().map_or(1.0, |line| line.height);
        lines.truncate((room.max(0.0) / leading) as usize);
        self.diagnostics.push(Diagnostic::Shortened { text: self.document.plain(text) });
        lines
    }
}

/// The largest place of a logo in the middle of an area, with a margin.
pub(crate) fn fit_logo(logo: &Logo, area: Area, margin: f32) -> Area {
    let (width, height) = (logo.width as f32, logo.height as f32);
    let scale = ((area.width - 2.0 * margin) / width).min((area.height - 2.0 * margin) / height);
    let (width, height) = (width * scale, height * scale);
    Area::new(area.x + (area.width - width) / 2.0, area.y + (area.height - height) / 2.0, width, height)
}

fn place(lines: Vec<Strip>, mut y: f32, prims: &mut Vec<Prim>) {
    for mut line in lines {
        line.shift(0.0, y);
        y += line.height;
        prims.append(&mut line.prims);
    }
}
