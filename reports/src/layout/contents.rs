//! The list of sections with page numbers.

use super::composer::{Composer, Slot};
use super::strip::Strip;
use crate::document::{Block, Inline, Link, Rich, Section};
use crate::scene::{Area, LinkArea, Paint, Prim, Role, Segment, Stroke, at};
use crate::text::Face;

/// Room for the page number at the right.
const NUMBER_ROOM: f32 = 44.0;
/// Room for the subject at the left.
const KICKER_ROOM: f32 = 108.0;

/// The baseline of the last run on a line.
fn baseline(line: &Strip) -> Option<f32> {
    line.prims.iter().rev().find_map(|prim| match prim {
        Prim::Text(run) => Some(run.origin.y),
        _ => None,
    })
}

impl Composer<'_> {
    pub(crate) fn contents(&mut self) {
        let document = self.document;
        let listed: Vec<&Section> =
            document.sections.iter().filter(|section| !section.blocks.contains(&Block::Contents)).collect();
        if listed.is_empty() {
            self.paragraph(&self.set.language.words().contents_empty.into(), self.styles.body, 5.0);
            return;
        }
        let list = self.structure.add("TOC", self.section);
        for section in listed {
            let item = self.structure.add("TOCI", list);
            let link = self.structure.add("Link", item);
            self.entry(section, link);
        }
    }

    fn entry(&mut self, section: &Section, element: usize) {
        let column = self.geometry.column();
        let kicker_slot = Slot::left(0.0, KICKER_ROOM - 8.0, element);
        let slot = Slot::left(KICKER_ROOM, column - KICKER_ROOM - NUMBER_ROOM, element);
        let mut lines =
            self.lines(&Rich::from(Inline::name(&section.kicker)), self.styles.contents_kicker, kicker_slot);
        let title = self.document.plain(&section.action_title);
        let mut titles = self.lines(&Rich::from(Inline::name(&title)), self.styles.contents_title, slot);
        if let ([kicker], Some(first)) = (lines.as_mut_slice(), titles.first_mut()) {
            // Beside each other on one baseline.
            kicker.shift(0.0, baseline(first).unwrap_or(0.0) - baseline(kicker).unwrap_or(0.0));
            first.prims.splice(0..0, kicker.prims.drain(..));
            lines.clear();
        }
        lines.append(&mut titles);
        let count = lines.len();
        for (index, line) in lines.iter_mut().enumerate() {
            line.keep_with_next = index + 1 < count;
            let area = Area::new(0.0, 0.0, column, line.height);
            let link = LinkArea {
                area,
                to: Link::Anchor(section.anchor.clone()),
                description: title.clone(),
                element: Some(element),
            };
            line.prims.insert(1.min(line.prims.len()), Prim::Link(link));
        }
        if let Some(last) = lines.last_mut() {
            self.leader(last, section, element);
        }
        if let Some(first) = lines.first_mut() {
            first.space_before = 5.0;
        }
        self.strips.append(&mut lines);
    }

    /// The dots and the page number on an entry's last line.
    fn leader(&self, line: &mut Strip, section: &Section, element: usize) {
        let column = self.geometry.column();
        let style = self.styles.contents_title;
        let runs = || {
            line.prims.iter().filter_map(|prim| match prim {
                Prim::Text(run) => Some(run),
                _ => None,
            })
        };
        let end = runs().map(|run| run.origin.x + run.width()).fold(0.0, f32::max);
        let baseline = baseline(line).unwrap_or(style.leading * 0.75);
        line.prims.push(Prim::Mark(Role::Artifact));
        line.prims.push(Prim::Path {
            segments: vec![Segment::Move(at(end + 6.0, baseline)), Segment::Line(at(column - 24.0, baseline))],
            paint: Paint::stroke(Stroke::dashed(self.set.theme.faint, 0.6, 0.6, 2.2)),
        });
        line.prims.push(Prim::Mark(Role::Element(element)));
        line.prims.push(Prim::PageOf {
            anchor: section.anchor.clone(),
            right: at(column, baseline),
            face: Face::SemiBold,
            size: style.size,
            color: self.set.theme.primary,
        });
    }
}
