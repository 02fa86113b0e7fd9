//! A page of primitives as content operators.

use super::fonts::EmbeddedFont;
use super::objects::{round, utf16};
use crate::document::Link;
use crate::labels::fill;
use crate::layout::{Kid, Laid, Structure};
use crate::scene::{Area, Color, ElementId, LinkArea, Paint, Point, Prim, Role, Segment, Stroke, TextRun};
use crate::text::{Cluster, Face, Glyph, Typesetter};
use printpdf::{
    Actions, BorderArray, Codepoint, ColorArray, Destination, DictItem, ExtendedGraphicsState, ExtendedGraphicsStateId,
    HighlightingMode, Line, LineDashPattern, LinePoint, LinkAnnotation, Op, PaintMode, PdfDocument, PdfFontHandle,
    Polygon, PolygonRing, Pt, Rect, TextItem, TextMatrix, WindingOrder, XObjectId, XObjectTransform,
};
use std::collections::BTreeMap;

/// The resource name of the logo.
pub(super) const LOGO_ID: &str = "Logo";

/// A page's operators and what its marks belong to.
pub(super) struct PageContent {
    pub operators: Vec<Op>,
    pub links: Vec<Op>,
    pub marks: PageMarks,
}

/// The link between a page's content and the structure tree.
#[derive(Default)]
pub(super) struct PageMarks {
    /// The element of each marked content sequence.
    pub contents: Vec<ElementId>,
    /// The element and description of each link.
    pub links: Vec<(ElementId, String)>,
}

/// Turns a page into operators and hangs its content on the structure tree.
pub(super) fn page_content(
    set: &Typesetter,
    laid: &Laid,
    page: usize,
    prims: &[Prim],
    fonts: &BTreeMap<Face, EmbeddedFont>,
    structure: &mut Structure,
    pdf: &mut PdfDocument,
) -> PageContent {
    let mut writer = PageWriter {
        set,
        laid,
        page,
        fonts,
        structure,
        pdf,
        operators: Vec::new(),
        links: Vec::new(),
        marks: PageMarks::default(),
        wanted: Role::Artifact,
        open: None,
        in_text: false,
        font: None,
        fill: None,
        outline: None,
    };
    for prim in prims {
        writer.prim(prim);
    }
    writer.end_text();
    writer.end_mark();
    PageContent { operators: writer.operators, links: writer.links, marks: writer.marks }
}

struct PageWriter<'a> {
    set: &'a Typesetter,
    laid: &'a Laid,
    page: usize,
    fonts: &'a BTreeMap<Face, EmbeddedFont>,
    structure: &'a mut Structure,
    pdf: &'a mut PdfDocument,
    operators: Vec<Op>,
    links: Vec<Op>,
    marks: PageMarks,
    /// What the next content is.
    wanted: Role,
    /// The marked content sequence that is open.
    open: Option<Role>,
    in_text: bool,
    /// The font and size that are set, in hundredths of a point.
    font: Option<(Face, u32)>,
    fill: Option<Color>,
    outline: Option<Stroke>,
}

impl PageWriter<'_> {
    fn prim(&mut self, prim: &Prim) {
        match prim {
            Prim::Mark(role) => self.wanted = *role,
            Prim::Logo(area) => self.logo(*area),
            Prim::Link(link) => self.link(link),
            Prim::Text(run) => self.text(run),
            Prim::Rect { area, radius, paint } => {
                let paint = *paint;
                let operator = self.rectangle(area, *radius, &paint);
                self.shape(&paint, operator);
            }
            Prim::Path { segments, paint } => {
                let operator = self.path(segments, paint);
                self.shape(paint, operator);
            }
            // Page numbers were resolved by the layout.
            Prim::Anchor { .. } | Prim::PageOf { .. } => {}
        }
    }

    /// Opens the marked content sequence of the wanted role. It encloses whole text sections.
    fn begin_mark(&mut self) {
        if self.open == Some(self.wanted) {
            return;
        }
        self.end_text();
        self.end_mark();
        match self.wanted {
            Role::Artifact => self.operators.push(Op::BeginMarkedContent { tag: "Artifact".into() }),
            Role::Element(element) => {
                let id = self.marks.contents.len() as i64;
                self.marks.contents.push(element);
                self.structure.adopt(element, Kid::Content { page: self.page, id });
                let role = self.structure.nodes.get(element).map_or("Span", |node| node.role);
                let properties = DictItem::Dict { map: [("MCID".to_owned(), DictItem::Int(id))].into() };
                self.operators.push(Op::BeginMarkedContentWithProperties { tag: role.into(), properties });
            }
        }
        self.open = Some(self.wanted);
    }

    fn end_mark(&mut self) {
        if self.open.take().is_some() {
            self.operators.push(Op::EndMarkedContent);
        }
    }

    fn end_text(&mut self) {
        if std::mem::take(&mut self.in_text) {
            self.operators.push(Op::EndTextSection);
            self.font = None;
        }
    }

    fn set_fill(&mut self, color: Color) {
        if self.fill != Some(color) {
            self.operators.push(Op::SetFillColor { col: rgb(color) });
            self.fill = Some(color);
        }
    }

    fn text(&mut self, run: &TextRun) {
        let fonts = self.fonts;
        let Some(font) = fonts.get(&run.face) else { return };
        self.begin_mark();
        if !self.in_text {
            self.operators.push(Op::StartTextSection);
            self.in_text = true;
        }
        let key = (run.face, (run.size * 100.0).round() as u32);
        if self.font != Some(key) {
            let handle = PdfFontHandle::External(font.id.clone());
            self.operators.push(Op::SetFont { font: handle, size: Pt(round(run.size)) });
            self.font = Some(key);
        }
        self.set_fill(run.color);
        let matrix = TextMatrix::Translate(Pt(round(run.origin.x)), Pt(self.flip(run.origin.y)));
        self.operators.push(Op::SetTextMatrix { matrix });
        let codes = self.codes(run, font);
        let mut codes = codes.into_iter();
        for (length, text) in spelling(&run.glyphs, font) {
            let items = vec![TextItem::GlyphIds(codes.by_ref().take(length).collect())];
            match text {
                None => self.operators.push(Op::ShowText { items }),
                Some(text) => {
                    let actual = DictItem::String { data: utf16(&text), literal: false };
                    let properties = DictItem::Dict { map: [("ActualText".to_owned(), actual)].into() };
                    self.operators.push(Op::BeginMarkedContentWithProperties { tag: "Span".into(), properties });
                    self.operators.push(Op::ShowText { items });
                    self.operators.push(Op::EndMarkedContent);
                }
            }
        }
    }

    /// Glyph codes with the adjustment after each: the font's integer width less the wanted advance. What rounding
    /// leaves is carried to the next glyph, so that lines end where the layout says.
    fn codes(&self, run: &TextRun, font: &EmbeddedFont) -> Vec<Codepoint> {
        let face = self.set.face(run.face);
        let mut carried = 0.0f32;
        run.glyphs
            .iter()
            .enumerate()
            .map(|(index, glyph)| {
                let next_offset = run.glyphs.get(index + 1).map_or(0.0, |next| next.offset);
                let exact = f32::from(face.width(glyph.id)) - glyph.advance - next_offset + glyph.offset + carried;
                let adjustment = if exact.abs() <= 1.5 { 0.0 } else { exact.round() };
                carried = exact - adjustment;
                Codepoint::new(font.glyph(glyph.id).0, adjustment)
            })
            .collect()
    }

    fn logo(&mut self, area: Area) {
        self.begin_mark();
        self.end_text();
        let transform = XObjectTransform {
            translate_x: Some(Pt(round(area.x))),
            translate_y: Some(Pt(self.flip(area.bottom()))),
            scale_x: Some(round(area.width)),
            scale_y: Some(round(area.height)),
            no_auto_scale: true,
            ..XObjectTransform::default()
        };
        self.operators.push(Op::UseXobject { id: XObjectId(LOGO_ID.to_owned()), transform });
    }

    fn shape(&mut self, paint: &Paint, operator: Op) {
        self.begin_mark();
        self.end_text();
        if let Some(color) = paint.fill {
            self.set_fill(color);
        }
        if let Some(stroke) = paint.stroke {
            self.set_outline(stroke);
        }
        let translucent = paint.opacity < 1.0;
        if translucent {
            self.set_opacity(paint.opacity);
        }
        self.operators.push(operator);
        if translucent {
            self.set_opacity(1.0);
        }
    }

    fn set_outline(&mut self, stroke: Stroke) {
        let known = self.outline.replace(stroke);
        if known.map(|known| known.color) != Some(stroke.color) {
            self.operators.push(Op::SetOutlineColor { col: rgb(stroke.color) });
        }
        if known.map(|known| known.width) != Some(stroke.width) {
            self.operators.push(Op::SetOutlineThickness { pt: Pt(round(stroke.width)) });
        }
        if known.map(|known| known.dash) != Some(stroke.dash) {
            let dash = stroke.dash.map_or(LineDashPattern::solid(), |dash| LineDashPattern::new(0.0, &dash));
            self.operators.push(Op::SetLineDashPattern { dash });
        }
    }

    fn set_opacity(&mut self, opacity: f32) {
        let percent = (opacity.clamp(0.0, 1.0) * 100.0).round();
        let id = ExtendedGraphicsStateId(format!("Opacity{percent:03}"));
        let part = percent / 100.0;
        self.pdf.resources.extgstates.map.entry(id.clone()).or_insert_with(|| {
            ExtendedGraphicsState::default().with_current_fill_alpha(part).with_current_stroke_alpha(part)
        });
        self.operators.push(Op::LoadGraphicsState { gs: id });
    }

    fn rectangle(&self, area: &Area, radius: f32, paint: &Paint) -> Op {
        let (x, y) = (area.x, self.laid.height - area.bottom());
        let Area { width, height, .. } = *area;
        let radius = radius.min(width / 2.0).min(height / 2.0).max(0.0);
        if radius == 0.0 {
            let rectangle = Rect {
                x: Pt(round(x)),
                y: Pt(round(y)),
                width: Pt(round(width)),
                height: Pt(round(height)),
                mode: Some(paint_mode(paint)),
                winding_order: Some(WindingOrder::NonZero),
            };
            return Op::DrawRectangle { rectangle };
        }
        // Quarter circles as cubic Bézier curves: the handles end this far from the corner.
        let k = radius * 0.447_715_2;
        let (right, top) = (x + width, y + height);
        let corner = |from: (f32, f32), a: (f32, f32), b: (f32, f32), to: (f32, f32)| {
            [point(from, false), point(a, true), point(b, true), point(to, false)]
        };
        let points = [
            corner((right - radius, y), (right - k, y), (right, y + k), (right, y + radius)),
            corner((right, top - radius), (right, top - k), (right - k, top), (right - radius, top)),
            corner((x + radius, top), (x + k, top), (x, top - k), (x, top - radius)),
            corner((x, y + radius), (x, y + k), (x + k, y), (x + radius, y)),
        ]
        .concat();
        polygon(points, paint)
    }

    fn path(&self, segments: &[Segment], paint: &Paint) -> Op {
        let place = |at: &Point, bezier| point((at.x, self.laid.height - at.y), bezier);
        let mut points = Vec::new();
        let mut is_closed = false;
        for segment in segments {
            match segment {
                Segment::Move(at) | Segment::Line(at) => points.push(place(at, false)),
                Segment::Curve(a, b, to) => points.extend([place(a, true), place(b, true), place(to, false)]),
                Segment::Close => is_closed = true,
            }
        }
        if paint.fill.is_some() { polygon(points, paint) } else { Op::DrawLine { line: Line { points, is_closed } } }
    }

    fn link(&mut self, link: &LinkArea) {
        let (action, description) = match &link.to {
            Link::Url(url) => (Actions::uri(url.clone()), link.description.clone()),
            Link::Anchor(anchor) => {
                let Some(place) = self.laid.anchors.get(anchor) else { return };
                let target = Destination::Xyz {
                    // printpdf counts pages from 1 here.
                    page: place.page + 1,
                    left: Some(0.0),
                    top: Some(self.flip(place.y - 6.0)),
                    zoom: None,
                };
                (
                    Actions::go_to(target),
                    fill(self.set.language.words().page_link, &[&link.description, &(place.page + 1).to_string()]),
                )
            }
        };
        let element = link.element.unwrap_or(Structure::DOCUMENT);
        let Area { x, width, height, .. } = link.area;
        let area =
            Rect::from_xywh(Pt(round(x)), Pt(self.flip(link.area.bottom())), Pt(round(width)), Pt(round(height)));
        let annotation = LinkAnnotation::new(
            area,
            action,
            Some(BorderArray::Solid([0.0; 3])),
            Some(ColorArray::Transparent),
            Some(HighlightingMode::Invert),
        );
        self.links.push(Op::LinkAnnotation { link: annotation });
        let index = self.marks.links.len();
        self.structure.adopt(element, Kid::Annotation { page: self.page, index });
        self.marks.links.push((element, description));
    }

    /// PDF counts from the lower edge of the page.
    fn flip(&self, y: f32) -> f32 {
        round(self.laid.height - y)
    }
}

/// Splits glyphs into stretches whose text the font spells, and clusters that need their text stated.
fn spelling(glyphs: &[Glyph], font: &EmbeddedFont) -> Vec<(usize, Option<String>)> {
    let mut parts: Vec<(usize, Option<String>)> = Vec::new();
    let mut start = 0;
    while start < glyphs.len() {
        let rest = glyphs.get(start + 1..).unwrap_or_default();
        let length = 1 + rest.iter().take_while(|glyph| glyph.cluster == Cluster::Continued).count();
        let cluster = glyphs.get(start..start + length).unwrap_or_default();
        start += length;
        if font.spells(cluster) {
            match parts.last_mut() {
                Some((known, None)) => *known += length,
                _ => parts.push((length, None)),
            }
            continue;
        }
        let mut text = String::new();
        for glyph in cluster {
            glyph.cluster.write_to(&mut text);
        }
        match parts.last_mut() {
            Some((known, Some(before))) => {
                *known += length;
                before.push_str(&text);
            }
            _ => parts.push((length, Some(text))),
        }
    }
    parts
}

fn rgb(color: Color) -> printpdf::Color {
    let part = |channel: u8| (f32::from(channel) / 255.0 * 1000.0).round() / 1000.0;
    printpdf::Color::Rgb(printpdf::Rgb::new(part(color.red), part(color.green), part(color.blue), None))
}

fn point((x, y): (f32, f32), bezier: bool) -> LinePoint {
    LinePoint { p: printpdf::Point { x: Pt(round(x)), y: Pt(round(y)) }, bezier }
}

fn polygon(points: Vec<LinePoint>, paint: &Paint) -> Op {
    let rings = vec![PolygonRing { points }];
    Op::DrawPolygon { polygon: Polygon { rings, mode: paint_mode(paint), winding_order: WindingOrder::NonZero } }
}

fn paint_mode(paint: &Paint) -> PaintMode {
    match (paint.fill, paint.stroke) {
        (Some(_), Some(_)) => PaintMode::FillStroke,
        (Some(_), None) => PaintMode::Fill,
        (None, _) => PaintMode::Stroke,
    }
}
