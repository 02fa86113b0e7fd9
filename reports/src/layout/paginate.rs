//! Strips to pages.

use super::composer::{Composed, TableHeader};
use super::geometry::Geometry;
use super::strip::{Strip, total_height};
use super::tables::CONTINUED_HEIGHT;
use super::{Laid, OutlineEntry, Page, Place};
use crate::document::Align;
use crate::scene::{Canvas, LabelStyle, Paint, Prim, Role, Segment, Stroke, at};
use crate::text::{Face, Typesetter};
use std::collections::{BTreeMap, VecDeque};

/// Space for the rule above the footnotes.
pub(crate) const NOTE_RULE_HEIGHT: f32 = 14.0;

/// A section that does not fit whole below another one begins there with at least this part of a page.
const OPENING: f32 = 0.3;

/// Stacks strips on pages, after the cover where there is one. The cover's footnotes, which come first, stand on the page after it.
pub(crate) fn paginate(
    set: &Typesetter,
    geometry: &Geometry,
    cover: Option<Page>,
    cover_notes: usize,
    composed: Composed,
) -> Laid {
    let laid = Laid {
        pages: cover.into_iter().collect(),
        width: geometry.width,
        height: geometry.height,
        structure: composed.structure,
        outline: Vec::new(),
        anchors: BTreeMap::new(),
        diagnostics: composed.diagnostics,
    };
    let mut paginator = Paginator {
        set,
        geometry,
        headers: &composed.headers,
        notes: composed.notes.into_iter().map(Some).collect(),
        laid,
        prims: Vec::new(),
        y: geometry.top,
        is_fresh: true,
        foot: Vec::new(),
        waiting: VecDeque::new(),
        section: String::new(),
    };
    let of_cover: Vec<usize> = (1..=cover_notes).collect();
    paginator.queue_notes(&of_cover);
    paginator.place_waiting_notes();
    let mut strips = VecDeque::from(composed.strips);
    while let Some(group) = next_group(&mut strips) {
        let starts_section = group.first().is_some_and(|first| first.starts_page && !first.opens_page);
        let follows = starts_section && paginator.has_room_for_section(&group, strips.make_contiguous());
        paginator.group(group, follows);
    }
    paginator.end()
}

/// Takes the strips that should stay together from the front.
fn next_group(strips: &mut VecDeque<Strip>) -> Option<Vec<Strip>> {
    let mut group = vec![strips.pop_front()?];
    while group.last().is_some_and(|strip| strip.keep_with_next) && strips.front().is_some_and(|next| !next.starts_page)
    {
        group.extend(strips.pop_front());
    }
    Some(group)
}

struct Paginator<'a> {
    set: &'a Typesetter,
    geometry: &'a Geometry,
    headers: &'a BTreeMap<usize, TableHeader>,
    /// The lines of each footnote until it is placed.
    notes: Vec<Option<Vec<Strip>>>,
    laid: Laid,
    /// The page being filled.
    prims: Vec<Prim>,
    y: f32,
    /// Nothing but a repeated table header is on the page.
    is_fresh: bool,
    /// Footnote lines of this page.
    foot: Vec<Strip>,
    /// Footnote lines that found no room yet.
    waiting: VecDeque<Strip>,
    section: String,
}

impl Paginator<'_> {
    /// Whether a section may begin below what is on the page: if all of it fits there, or so much of it that its title
    /// does not stand over a few lines.
    fn has_room_for_section(&self, title: &[Strip], rest: &[Strip]) -> bool {
        if self.laid.pages.is_empty() {
            return false;
        }
        let mut needed = self.height_of(title) + self.note_height(title);
        let mut is_whole = true;
        for strip in rest.iter().take_while(|strip| !strip.starts_page) {
            if is_whole && needed >= self.geometry.body() * OPENING {
                break;
            }
            needed += strip.space_before + strip.height + self.note_height(std::slice::from_ref(strip));
            is_whole = !strip.keep_with_next;
        }
        needed <= self.floor() - self.y
    }

    /// Places strips that belong together; a section's first ones on a page of their own unless it `follows`.
    fn group(&mut self, mut group: Vec<Strip>, follows: bool) {
        let starts_page = group.first().is_some_and(|strip| strip.starts_page) && !follows;
        if starts_page && !self.is_fresh {
            self.next_page();
        }
        // A group that is too tall for what is left is set with its figure lower, or moves to the next page if it fits there.
        let needed = self.height_of(&group);
        let notes = self.note_height(&group);
        let fits_here = self.y + needed + notes <= self.floor();
        let fits_on_a_page = needed + notes <= self.geometry.body() * 0.9;
        let missing = self.y + needed + notes - self.floor();
        let set = self.set;
        let is_lowered =
            !fits_here && self.has_content() && group.iter_mut().any(|strip| strip.lower(set, missing + 0.1));
        if !fits_here && !is_lowered && self.has_content() && fits_on_a_page {
            self.next_page_for(group.first().and_then(|strip| strip.table));
        }
        for strip in group.drain(..) {
            self.place(strip);
        }
    }

    fn place(&mut self, mut strip: Strip) {
        while self.has_content() && self.y + self.space_before(&strip) + strip.height > self.floor() + 0.01 {
            self.next_page_for(strip.table);
        }
        self.y += self.space_before(&strip);
        strip.shift(self.geometry.side, self.y);
        let page = self.laid.pages.len();
        if let Some(heading) = strip.heading {
            if let Some(section) = heading.section {
                self.section = section;
            }
            let place = Place { page, y: self.y };
            self.laid.outline.push(OutlineEntry { level: heading.level, text: heading.text, place });
        }
        for (element, mut area) in strip.figures {
            area.x += self.geometry.side;
            area.y += self.y;
            self.laid.structure.set(element, |node| node.bounds = Some((page, area)));
        }
        self.prims.append(&mut strip.prims);
        self.y += strip.height;
        self.is_fresh = false;
        self.queue_notes(&strip.notes);
        self.place_waiting_notes();
    }

    /// Footnote lines go to the foot of this page while there is room, the rest to the next.
    fn place_waiting_notes(&mut self) {
        while let Some(line) = self.waiting.front() {
            let rule = if self.foot.is_empty() { NOTE_RULE_HEIGHT } else { 0.0 };
            if self.y + rule + line.height > self.floor() + 0.01 {
                break;
            }
            let Some(line) = self.waiting.pop_front() else { break };
            // A footnote may refer to further footnotes.
            self.queue_notes(&line.notes);
            self.foot.push(line);
        }
    }

    fn queue_notes(&mut self, numbers: &[usize]) {
        for number in numbers {
            let lines = number.checked_sub(1).and_then(|index| self.notes.get_mut(index)).and_then(Option::take);
            self.waiting.extend(lines.into_iter().flatten());
        }
    }

    fn has_content(&self) -> bool {
        !self.is_fresh || !self.foot.is_empty()
    }

    /// The lower end of what is left for strips.
    fn floor(&self) -> f32 {
        let rule = if self.foot.is_empty() { 0.0 } else { NOTE_RULE_HEIGHT };
        self.geometry.body_end() - total_height(&self.foot) - rule
    }

    fn space_before(&self, strip: &Strip) -> f32 {
        if self.is_fresh { 0.0 } else { strip.space_before }
    }

    fn height_of(&self, group: &[Strip]) -> f32 {
        let spaces: f32 = group.iter().map(|strip| strip.space_before).sum();
        let dropped = if self.is_fresh { group.first().map_or(0.0, |strip| strip.space_before) } else { 0.0 };
        total_height(group) + spaces - dropped
    }

    /// What the footnotes of a group would add to the foot of the page.
    fn note_height(&self, group: &[Strip]) -> f32 {
        let lines: f32 = group
            .iter()
            .flat_map(|strip| &strip.notes)
            .filter_map(|number| self.notes.get(number.checked_sub(1)?)?.as_ref())
            .map(|lines| total_height(lines))
            .sum();
        if lines > 0.0 && self.foot.is_empty() { lines + NOTE_RULE_HEIGHT } else { lines }
    }

    /// Starts a page that continues a table.
    fn next_page_for(&mut self, table: Option<usize>) {
        self.next_page();
        let Some(header) = table.and_then(|key| self.headers.get(&key)) else { return };
        let mut canvas = Canvas::new(self.set);
        canvas.mark(Role::Artifact);
        let style = LabelStyle::new(Face::Italic, 7.2, self.set.theme.faint);
        canvas.label(at(self.geometry.side, self.y + 7.0), &header.label, style, Align::Left);
        self.prims.append(&mut canvas.prims);
        self.y += CONTINUED_HEIGHT;
        let mut strip = header.strip.clone();
        // To a screen reader the header was read where the table began.
        strip.prims.retain(|prim| !matches!(prim, Prim::Mark(_) | Prim::Link(_) | Prim::Anchor { .. }));
        strip.shift(self.geometry.side, self.y);
        self.y += strip.height;
        self.prims.append(&mut strip.prims);
    }

    fn next_page(&mut self) {
        self.set_foot();
        let section = Some(self.section.clone());
        self.laid.pages.push(Page { prims: std::mem::take(&mut self.prims), section });
        self.y = self.geometry.top;
        self.is_fresh = true;
        self.place_waiting_notes();
    }

    fn set_foot(&mut self) {
        if self.foot.is_empty() {
            return;
        }
        let mut y = self.geometry.body_end() - total_height(&self.foot);
        let rule = y - 6.0;
        self.prims.push(Prim::Mark(Role::Artifact));
        self.prims.push(Prim::Path {
            segments: vec![
                Segment::Move(at(self.geometry.side, rule)),
                Segment::Line(at(self.geometry.side + 90.0, rule)),
            ],
            paint: Paint::stroke(Stroke::solid(self.set.theme.faint, 0.5)),
        });
        for mut line in self.foot.drain(..) {
            line.shift(self.geometry.side, y);
            y += line.height;
            self.prims.append(&mut line.prims);
        }
    }

    fn end(mut self) -> Laid {
        while self.has_content() {
            self.next_page();
        }
        self.laid
    }
}
