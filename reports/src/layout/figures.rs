//! Figures, alone or side by side.

use super::cards::stack;
use super::composer::{Composer, Slot};
use super::strip::{Drawing, Strip, total_height};
use crate::diagnostics::Diagnostic;
use crate::document::{Figure, Inline, Rich};
use crate::scene::{Area, ElementId, Paint, Point, Prim, Role, Segment, Stroke, at};
use std::rc::Rc;

const GAP: f32 = 18.0;
/// Figures with more lines of caption, or two more of source, are set over the whole column under each other.
const LONGEST_SHARED_CAPTION: usize = 3;
const MOST_PER_ROW: usize = 3;

impl Composer<'_> {
    pub(crate) fn figures(&mut self, figures: &[Figure]) {
        for row in figures.chunks(MOST_PER_ROW) {
            match row {
                [only] => self.figure(only),
                several => self.figure_row(several),
            }
        }
    }

    /// One figure over the whole column: caption, drawing and source are strips of their own, so that texts of any
    /// length split over pages.
    fn figure(&mut self, figure: &Figure) {
        let width = self.geometry.column();
        let elements = self.figure_elements(figure);
        let mut caption = self.caption(figure, 0.0, width, elements.caption);
        for line in &mut caption {
            line.keep_with_next = true;
        }
        if let Some(first) = caption.first_mut() {
            first.shift(0.0, 4.0);
            first.height += 4.0;
            first.prims.insert(0, rule(0.0, width, self.set.theme.primary));
            first.prims.insert(0, Prim::Mark(Role::Artifact));
            first.prims.insert(0, Prim::Anchor { name: figure.anchor.clone(), y: 0.0 });
        }
        self.push_lines(caption, 14.0);
        let height = self.drawing_height(figure);
        let mut strip = Strip { height: height + 9.0, keep_with_next: true, ..Strip::default() };
        let drawing = drawing(figure, Area::new(0.0, 5.0, width, height), elements.figure);
        strip.draw(self.set, &drawing);
        strip.drawing = Some(drawing);
        self.strips.push(strip);
        let source = self.figure_source(figure, 0.0, width, elements.source);
        self.push_source(source, 0.0);
    }

    fn figure_row(&mut self, figures: &[Figure]) {
        let count = figures.len() as f32;
        let width = (self.geometry.column() - GAP * (count - 1.0)) / count;
        let before = (self.structure.nodes.len(), self.notes.len());
        let numbers = self.figure_count;
        let mut strip = Strip { space_before: 14.0, ..Strip::default() };
        let mut parts = Vec::new();
        for (index, figure) in figures.iter().enumerate() {
            let x = index as f32 * (width + GAP);
            let elements = self.figure_elements(figure);
            let caption = self.caption(figure, x, width, elements.caption);
            let source = self.figure_source(figure, x, width, elements.source);
            parts.push((figure, x, elements, caption, source));
        }
        let longest = parts.iter().map(|part| part.3.len().max(part.4.len().saturating_sub(2))).max().unwrap_or(0);
        if longest > LONGEST_SHARED_CAPTION {
            self.forget_since(before);
            self.figure_count = numbers;
            for figure in figures {
                self.figure(figure);
            }
            return;
        }
        let caption_height = parts.iter().map(|part| total_height(&part.3)).fold(0.0, f32::max);
        let top = 4.0 + caption_height + 5.0;
        for (figure, x, elements, caption, source) in parts {
            let height = self.drawing_height(figure);
            strip.prims.push(Prim::Anchor { name: figure.anchor.clone(), y: 0.0 });
            strip.prims.push(Prim::Mark(Role::Artifact));
            strip.prims.push(rule(x, x + width, self.set.theme.primary));
            stack(&mut strip, caption, 4.0);
            strip.draw(self.set, &drawing(figure, Area::new(x, top, width, height), elements.figure));
            let source_top = top + height + 4.0;
            strip.height = strip.height.max(source_top + total_height(&source));
            stack(&mut strip, source, source_top);
        }
        self.strips.push(strip);
    }

    fn figure_elements(&mut self, figure: &Figure) -> FigureElements {
        let caption = self.structure.add("P", self.section);
        let element = self.structure.add("Figure", self.section);
        let source = self.structure.add("P", self.section);
        let alternative = format!(
            "{}. {}",
            self.document.plain(&figure.takeaway).trim_end_matches('.'),
            figure.chart.describe(self.set.language)
        );
        self.structure.set(element, |node| node.alternative = Some(alternative));
        if figure.chart.is_empty() {
            self.diagnostics.push(Diagnostic::EmptyChart { anchor: figure.anchor.clone() });
        }
        FigureElements { caption, figure: element, source }
    }

    fn caption(&mut self, figure: &Figure, x: f32, width: f32, element: ElementId) -> Vec<Strip> {
        self.figure_count += 1;
        let number = Inline::strong(format!("{}\u{a0}{}.", self.set.language.words().figure, self.figure_count));
        let mut text = Rich::from(number).then(" ");
        text.extend(figure.takeaway.clone());
        self.lines(&text, self.styles.caption, Slot::left(x, width, element))
    }

    fn figure_source(&mut self, figure: &Figure, x: f32, width: f32, element: ElementId) -> Vec<Strip> {
        let text = self.source_text(&figure.source);
        self.lines(&text, self.styles.source, Slot::left(x, width, element))
    }

    fn drawing_height(&self, figure: &Figure) -> f32 {
        let tallest = self.geometry.body() * 0.75;
        if figure.height_pt.is_finite() { figure.height_pt.clamp(90.0, tallest) } else { 180.0 }
    }
}

fn drawing(figure: &Figure, area: Area, element: ElementId) -> Drawing {
    Drawing { chart: Rc::new(figure.chart.clone()), element, area }
}

struct FigureElements {
    caption: ElementId,
    figure: ElementId,
    source: ElementId,
}

fn rule(from: f32, to: f32, color: crate::scene::Color) -> Prim {
    let point = |x: f32| -> Point { at(x, 0.0) };
    Prim::Path {
        segments: vec![Segment::Move(point(from)), Segment::Line(point(to))],
        paint: Paint::stroke(Stroke::solid(color, 0.8)),
    }
}
