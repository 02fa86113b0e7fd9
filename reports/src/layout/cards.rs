//! Cards with one number, and framed messages.

use super::composer::{Composer, Slot};
use super::strip::{Strip, total_height};
use super::styles::colored;
use crate::document::{Callout, Inline, Kpi, Rich};
use crate::scene::{Area, Paint, Prim, Role};
use crate::text::TextStyle;

const CARDS_PER_ROW: usize = 4;
const CARD_GAP: f32 = 10.0;
const CARD_INSET: f32 = 11.0;
/// A row of cards taller than this part of the page is set as a list instead.
const TALLEST_CARD: f32 = 0.35;

impl Composer<'_> {
    pub(crate) fn kpis(&mut self, cards: &[Kpi]) {
        if cards.is_empty() {
            return;
        }
        let rows = cards.len().div_ceil(CARDS_PER_ROW);
        for row in cards.chunks(cards.len().div_ceil(rows)) {
            self.card_row(row);
        }
    }

    fn card_row(&mut self, cards: &[Kpi]) {
        let count = cards.len() as f32;
        let width = (self.geometry.column() - CARD_GAP * (count - 1.0)) / count;
        let before = (self.structure.nodes.len(), self.notes.len());
        let place = |index: usize| index as f32 * (width + CARD_GAP);
        let set: Vec<[Vec<Strip>; 4]> =
            cards.iter().enumerate().map(|(index, card)| self.card(card, place(index), width)).collect();
        // Labels, values, comparisons and notes stand on common lines across the cards.
        let heights: [f32; 4] = std::array::from_fn(|part| {
            set.iter().filter_map(|card| card.get(part)).map(|lines| total_height(lines)).fold(0.0, f32::max)
        });
        let height = heights.iter().sum::<f32>() + 15.0;
        if height > self.geometry.body() * TALLEST_CARD {
            self.forget_since(before);
            self.cards_as_list(cards);
            return;
        }
        let mut strip = Strip { height: height + 4.0, space_before: 10.0, ..Strip::default() };
        for (index, (card, parts)) in cards.iter().zip(set).enumerate() {
            let theme = &self.set.theme;
            strip.prims.push(Prim::Mark(Role::Artifact));
            strip.prims.push(Prim::Rect {
                area: Area::new(place(index), 0.0, width, height),
                radius: 3.0,
                paint: Paint::fill(theme.panel),
            });
            strip.prims.push(Prim::Rect {
                area: Area::new(place(index), 0.0, 2.6, height),
                radius: 0.0,
                paint: Paint::fill(theme.tone(card.tone)),
            });
            let mut y = 7.5;
            for (lines, height) in parts.into_iter().zip(heights) {
                stack(&mut strip, lines, y);
                y += height;
            }
        }
        self.strips.push(strip);
    }

    /// Label, value, comparison and note of a card.
    fn card(&mut self, card: &Kpi, x: f32, width: f32) -> [Vec<Strip>; 4] {
        let element = self.structure.add("P", self.section);
        let slot = Slot::left(x + CARD_INSET, width - CARD_INSET - 7.0, element);
        let tone = self.set.theme.tone(card.tone);
        let value_style = self.fitting(&card.value, self.styles.card_value, slot.width);
        [
            self.lines(&card.label, self.styles.card_label, slot),
            self.lines(&card.value, value_style, slot),
            self.lines(&card.comparison, colored(self.styles.card_comparison, tone), slot),
            self.lines(&card.note, self.styles.card_note, slot),
        ]
    }

    /// The style at the largest size from its own down to half of it at which the text takes one line.
    fn fitting(&self, text: &Rich, style: TextStyle, width: f32) -> TextStyle {
        let natural = self.set.width(style.face, style.size, &self.document.plain(text));
        let shrink = (width / natural.max(1.0)).clamp(0.5, 1.0);
        TextStyle { size: (style.size * shrink * 2.0).floor() / 2.0, ..style }
    }

    /// Takes back what an abandoned attempt added to the structure and the footnotes.
    pub(crate) fn forget_since(&mut self, (nodes, notes): (usize, usize)) {
        self.structure.truncate(nodes);
        self.notes.truncate(notes);
    }

    fn cards_as_list(&mut self, cards: &[Kpi]) {
        let items: Vec<Rich> = cards
            .iter()
            .map(|card| {
                let mut text = Rich::from(Inline::strong(card.label.clone()));
                for part in [&card.value, &card.comparison, &card.note] {
                    if !part.is_empty() {
                        text.push(" · ");
                        text.extend(part.clone());
                    }
                }
                text
            })
            .collect();
        self.bullets(&items);
    }

    pub(crate) fn callout(&mut self, callout: &Callout) {
        const INSET: f32 = 14.0;
        let tone = self.set.theme.tone(callout.tone);
        let ground = self.set.theme.tone_ground(callout.tone);
        let width = self.geometry.column();
        let title = self.structure.add("P", self.section);
        let title_style = colored(self.styles.callout_title, tone);
        let mut lines = self.lines(&callout.title, title_style, Slot::left(INSET, width - 2.0 * INSET, title));
        for paragraph in &callout.body {
            let element = self.structure.add("P", self.section);
            let mut more = self.lines(paragraph, self.styles.body, Slot::left(INSET, width - 2.0 * INSET, element));
            if let Some(first) = more.first_mut() {
                first.shift(0.0, 3.0);
                first.height += 3.0;
            }
            lines.append(&mut more);
        }
        if lines.is_empty() {
            return;
        }
        let frame = |height: f32| {
            [
                Prim::Mark(Role::Artifact),
                Prim::Rect { area: Area::new(0.0, 0.0, width, height), radius: 0.0, paint: Paint::fill(ground) },
                Prim::Rect { area: Area::new(0.0, 0.0, 3.0, height), radius: 0.0, paint: Paint::fill(tone) },
            ]
        };
        let height = total_height(&lines) + 18.0;
        if height <= self.geometry.body() * 0.8 {
            let mut strip = Strip { height: height + 2.0, space_before: 10.0, ..Strip::default() };
            strip.prims.extend(frame(height));
            stack(&mut strip, lines, 8.5);
            self.strips.push(strip);
        } else {
            // Too long for one page: each line carries its piece of the frame.
            for line in &mut lines {
                let mut prims = frame(line.height).to_vec();
                prims.append(&mut line.prims);
                line.prims = prims;
            }
            self.push_lines(lines, 10.0);
        }
    }
}

/// Stacks lines on a strip, the first at `y`.
pub(crate) fn stack(strip: &mut Strip, lines: Vec<Strip>, mut y: f32) {
    for mut line in lines {
        line.shift(0.0, y);
        y += line.height;
        strip.prims.append(&mut line.prims);
        strip.notes.append(&mut line.notes);
    }
}
