//! Running text: paragraphs, headings, lists.

use super::composer::{Composer, Slot};
use super::strip::Heading;
use crate::document::Rich;
use crate::scene::Prim;
use crate::text::TextStyle;

impl Composer<'_> {
    pub(crate) fn paragraph(&mut self, text: &Rich, style: TextStyle, space_before: f32) {
        let element = self.structure.add("P", self.section);
        let lines = self.lines(text, style, Slot::left(0.0, self.geometry.column(), element));
        self.push_lines(lines, space_before);
    }

    pub(crate) fn heading(&mut self, text: &Rich) {
        let element = self.structure.add("H2", self.section);
        let mut lines = self.lines(text, self.styles.heading, Slot::left(0.0, self.geometry.column(), element));
        for line in &mut lines {
            line.keep_with_next = true;
        }
        if let Some(first) = lines.first_mut() {
            first.heading = Some(Heading { level: 2, text: self.document.plain(text), section: None });
        }
        if let Some(last) = lines.last_mut() {
            last.height += 2.0;
        }
        self.push_lines(lines, 14.0);
    }

    pub(crate) fn bullets(&mut self, items: &[Rich]) {
        const INDENT: f32 = 14.0;
        if items.is_empty() {
            return;
        }
        let list = self.structure.add("L", self.section);
        for text in items {
            let item = self.structure.add("LI", list);
            let label = self.structure.add("Lbl", item);
            let body = self.structure.add("LBody", item);
            let style = self.styles.body;
            let mut lines = self.lines(text, style, Slot::left(INDENT, self.geometry.column() - INDENT, body));
            let bullet_style = TextStyle { color: self.set.theme.accent, ..style };
            let bullet = self.lines(&Rich::from("•"), bullet_style, Slot::left(3.0, INDENT, label));
            if let Some(first) = lines.first_mut() {
                let mut prims: Vec<Prim> = bullet.into_iter().flat_map(|line| line.prims).collect();
                prims.append(&mut first.prims);
                first.prims = prims;
            }
            self.push_lines(lines, 4.0);
        }
    }
}
