//! Drawing primitives that no backend owns.
//!
//! The origin is the top left corner, `y` grows downwards, the unit is the point (1/72 inch). Charts and the layout
//! write these; the PDF and SVG writers read them.

mod canvas;

pub use canvas::Canvas;
pub(crate) use canvas::LabelStyle;

use crate::text::{Face, Glyph};

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

impl Color {
    /// White.
    pub const WHITE: Self = Self::hex(0xFF_FFFF);

    /// From `0xRRGGBB`.
    pub const fn hex(rgb: u32) -> Self {
        Self { red: (rgb >> 16) as u8, green: (rgb >> 8) as u8, blue: rgb as u8 }
    }

    /// From `#RRGGBB`.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        u32::from_str_radix(digits, 16).ok().map(Self::hex)
    }

    /// As `#RRGGBB`.
    pub fn to_hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.red, self.green, self.blue)
    }

    /// The colour `part` (0 to 1) of the way to another.
    #[must_use]
    pub fn mix(self, other: Self, part: f32) -> Self {
        let blend = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
        Self {
            red: blend(self.red, other.red),
            green: blend(self.green, other.green),
            blue: blend(self.blue, other.blue),
        }
    }

    /// Relative luminance, 0 (black) to 1 (white), as WCAG 2.1 defines it.
    pub fn luminance(self) -> f32 {
        let linear = |channel: u8| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

/// A line's pen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// The colour.
    pub color: Color,
    /// The width.
    pub width: f32,
    /// Lengths of dash and gap; `None` is solid.
    pub dash: Option<[f32; 2]>,
}

impl Stroke {
    /// A solid line.
    pub const fn solid(color: Color, width: f32) -> Self {
        Self { color, width, dash: None }
    }

    /// A dashed line.
    pub const fn dashed(color: Color, width: f32, dash: f32, gap: f32) -> Self {
        Self { color, width, dash: Some([dash, gap]) }
    }
}

/// A point on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

/// Shorthand for a [`Point`].
pub const fn at(x: f32, y: f32) -> Point {
    Point { x, y }
}

/// Width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Area {
    /// From the left edge, top edge, width and height.
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    /// The right edge.
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// The bottom edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }
}

/// A step of a path. A path has one `Move`, its first step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Segment {
    /// Start here.
    Move(Point),
    /// A straight line.
    Line(Point),
    /// A cubic Bézier curve with two control points.
    Curve(Point, Point, Point),
    /// Back to the start.
    Close,
}

/// Fill, outline and opacity of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    /// The fill.
    pub fill: Option<Color>,
    /// The outline.
    pub stroke: Option<Stroke>,
    /// Opacity, 0 to 1.
    pub opacity: f32,
}

impl Paint {
    /// Filled.
    pub const fn fill(color: Color) -> Self {
        Self { fill: Some(color), stroke: None, opacity: 1.0 }
    }

    /// Outlined.
    pub const fn stroke(stroke: Stroke) -> Self {
        Self { fill: None, stroke: Some(stroke), opacity: 1.0 }
    }

    /// Filled and outlined.
    pub const fn both(color: Color, stroke: Stroke) -> Self {
        Self { fill: Some(color), stroke: Some(stroke), opacity: 1.0 }
    }

    /// The same, translucent.
    #[must_use]
    pub const fn opacity(self, opacity: f32) -> Self {
        Self { opacity, ..self }
    }
}

/// The number of an element of the structure tree.
pub type ElementId = usize;

/// What the following content is to a screen reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Decoration: not read.
    Artifact,
    /// Content of an element.
    Element(ElementId),
}

/// Glyphs on one baseline in one face, size and colour.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRun {
    /// Left end of the baseline.
    pub origin: Point,
    /// The face.
    pub face: Face,
    /// The size.
    pub size: f32,
    /// The colour.
    pub color: Color,
    /// The glyphs, in reading order.
    pub glyphs: Vec<Glyph>,
}

impl TextRun {
    /// The width of the run.
    pub fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.advance).sum::<f32>() * self.size / 1000.0
    }

    /// The characters that the glyphs stand for.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for glyph in &self.glyphs {
            glyph.cluster.write_to(&mut out);
        }
        out
    }
}

/// A link's area and target.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkArea {
    /// Where it reacts.
    pub area: Area,
    /// Where it leads.
    pub to: crate::document::Link,
    /// What a screen reader says.
    pub description: String,
    /// The structure element that it belongs to.
    pub element: Option<ElementId>,
}

/// One thing to draw.
#[derive(Clone, Debug, PartialEq)]
pub enum Prim {
    /// A rectangle, with rounded corners when `radius` is positive.
    Rect {
        /// Where.
        area: Area,
        /// Radius of the corners.
        radius: f32,
        /// Fill and outline.
        paint: Paint,
    },
    /// A path.
    Path {
        /// The steps.
        segments: Vec<Segment>,
        /// Fill and outline.
        paint: Paint,
    },
    /// Text.
    Text(TextRun),
    /// The logo of the brand. Pages only: charts have none.
    Logo(Area),
    /// A link; draws nothing.
    Link(LinkArea),
    /// A place that links can lead to; draws nothing.
    Anchor {
        /// Its name.
        name: String,
        /// Its distance from the top.
        y: f32,
    },
    /// The number of the page on which an anchor lies, set flush right at a point once that is known.
    PageOf {
        /// The anchor.
        anchor: String,
        /// Right end of the baseline.
        right: Point,
        /// The face.
        face: Face,
        /// The size.
        size: f32,
        /// The colour.
        color: Color,
    },
    /// What the following content is, until the next mark.
    Mark(Role),
}

impl Prim {
    /// Moves the primitive.
    pub fn shift(&mut self, dx: f32, dy: f32) {
        let move_point = |point: &mut Point| {
            point.x += dx;
            point.y += dy;
        };
        match self {
            Self::Rect { area, .. } | Self::Logo(area) | Self::Link(LinkArea { area, .. }) => {
                area.x += dx;
                area.y += dy;
            }
            Self::Text(run) => move_point(&mut run.origin),
            Self::PageOf { right, .. } => move_point(right),
            Self::Anchor { y, .. } => *y += dy,
            Self::Path { segments, .. } => {
                for segment in segments {
                    match segment {
                        Segment::Move(point) | Segment::Line(point) => move_point(point),
                        Segment::Curve(first, second, end) => {
                            move_point(first);
                            move_point(second);
                            move_point(end);
                        }
                        Segment::Close => {}
                    }
                }
            }
            Self::Mark(_) => {}
        }
    }

    /// Whether every coordinate is a number. PDF writers accept infinities in silence.
    pub fn is_finite(&self) -> bool {
        let finite = |point: &Point| point.x.is_finite() && point.y.is_finite();
        match self {
            Self::Rect { area, radius, .. } => finite_area(area) && radius.is_finite(),
            Self::Logo(area) => finite_area(area),
            Self::Link(link) => finite_area(&link.area),
            Self::Text(run) => {
                finite(&run.origin) && run.size.is_finite() && run.glyphs.iter().all(|glyph| glyph.advance.is_finite())
            }
            Self::PageOf { right, size, .. } => finite(right) && size.is_finite(),
            Self::Anchor { y, .. } => y.is_finite(),
            Self::Path { segments, .. } => segments.iter().all(|segment| match segment {
                Segment::Move(point) | Segment::Line(point) => finite(point),
                Segment::Curve(first, second, end) => finite(first) && finite(second) && finite(end),
                Segment::Close => true,
            }),
            Self::Mark(_) => true,
        }
    }
}

fn finite_area(area: &Area) -> bool {
    [area.x, area.y, area.width, area.height].iter().all(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_of_black_and_white_is_the_largest() {
        assert!((Color::WHITE.luminance() - 1.0).abs() < 1e-4);
        assert!(Color::hex(0).luminance() < 1e-6);
    }

    #[test]
    fn shifting_moves_every_point_of_a_path() {
        let mut path = Prim::Path {
            segments: vec![Segment::Move(at(0.0, 0.0)), Segment::Curve(at(1.0, 1.0), at(2.0, 2.0), at(3.0, 3.0))],
            paint: Paint::fill(Color::WHITE),
        };
        path.shift(1.0, -1.0);
        let Prim::Path { segments, .. } = path else { panic!("still a path") };
        assert_eq!(segments[1], Segment::Curve(at(2.0, 0.0), at(3.0, 1.0), at(4.0, 2.0)));
    }
}
