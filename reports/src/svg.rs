//! Primitives as SVG, for previews and for comparing charts in tests.

use crate::scene::{Color, Paint, Prim, Segment, Size};
use crate::text::Typesetter;
use std::fmt::Write;

/// Draws primitives as an SVG image. Text stays text and uses the bundled families by name.
pub fn to_svg(set: &Typesetter, prims: &[Prim], size: Size) -> String {
    let Size { width, height } = size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.2} {height:.2}\" width=\"{width:.2}\" height=\"{height:.2}\">\n"
    );
    for prim in prims {
        write_prim(set, prim, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// Writing into a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = write!($out, $($arg)*); };
}

fn write_prim(set: &Typesetter, prim: &Prim, out: &mut String) {
    match prim {
        Prim::Rect { area, radius, paint } => {
            put!(
                out,
                "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" rx=\"{radius:.2}\"",
                area.x,
                area.y,
                area.width,
                area.height
            );
            write_paint(paint, out);
        }
        Prim::Path { segments, paint } => {
            out.push_str("<path d=\"");
            for segment in segments {
                write_segment(segment, out);
            }
            out.push('"');
            write_paint(paint, out);
        }
        Prim::Text(run) => {
            put!(
                out,
                "<text x=\"{:.2}\" y=\"{:.2}\" font-family=\"{}\" font-size=\"{:.2}\" font-weight=\"{}\" fill=\"{}\">{}</text>\n",
                run.origin.x,
                run.origin.y,
                run.face.css_family(),
                run.size,
                set.face(run.face).weight,
                run.color.to_hex(),
                escape(&run.text())
            );
        }
        Prim::Logo(_) | Prim::Link(_) | Prim::Anchor { .. } | Prim::PageOf { .. } | Prim::Mark(_) => {}
    }
}

fn write_segment(segment: &Segment, out: &mut String) {
    match segment {
        Segment::Move(to) => {
            put!(out, "M{:.2} {:.2}", to.x, to.y);
        }
        Segment::Line(to) => {
            put!(out, "L{:.2} {:.2}", to.x, to.y);
        }
        Segment::Curve(a, b, to) => {
            put!(out, "C{:.2} {:.2} {:.2} {:.2} {:.2} {:.2}", a.x, a.y, b.x, b.y, to.x, to.y);
        }
        Segment::Close => out.push('Z'),
    }
}

fn write_paint(paint: &Paint, out: &mut String) {
    put!(out, " fill=\"{}\"", paint.fill.map_or("none".to_owned(), Color::to_hex));
    if let Some(stroke) = paint.stroke {
        put!(out, " stroke=\"{}\" stroke-width=\"{:.2}\"", stroke.color.to_hex(), stroke.width);
        if let Some([dash, gap]) = stroke.dash {
            put!(out, " stroke-dasharray=\"{dash:.2} {gap:.2}\"");
        }
    }
    if paint.opacity < 1.0 {
        put!(out, " opacity=\"{:.2}\"", paint.opacity);
    }
    out.push_str("/>\n");
}

/// Escapes text for XML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
