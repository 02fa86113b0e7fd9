//! Pictures of cards: as SVG from what was painted, as PNG from what was drawn.

use std::fmt::Write as _;
use std::sync::Arc;

use egui::epaint::{ColorMode, PathShape, PathStroke, TextShape};
use egui::layers::GraphicLayers;
use egui::{Color32, ColorImage, FontFamily, Id, LayerId, Pos2, Rect, Shape, Stroke, Ui};

/// The format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pixels as they are on the screen.
    Png,
    /// Lines and text.
    Svg,
}

impl Format {
    /// The ending of its file.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }
}

/// A card that is to be saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The card.
    card: Id,
    /// Its title.
    pub title: String,
    /// Where it is, as far as it is in sight.
    pub rect: Rect,
    /// Where the formats are offered.
    pub at: Pos2,
}

fn asked_id() -> Id {
    Id::unique("picture asked for")
}

/// Asks for a picture of a card: it is brought into sight, and formats are offered `at` a place.
pub fn ask(ui: &Ui, card: Id, title: &str, rect: Rect, at: Pos2) {
    if !ui.clip_rect().contains_rect(rect) {
        ui.scroll_to_rect(rect, None);
    }
    let asked = Asked { card, title: title.to_owned(), rect: rect.intersect(ui.clip_rect()), at };
    ui.data_mut(|data| data.insert_temp(asked_id(), asked));
}

/// Asks for a picture of a card that was clicked with the secondary button, and follows one that was asked for.
pub fn offer(ui: &Ui, card: Id, title: &str, rect: Rect) {
    let at = ui.input(|i| i.pointer.secondary_clicked().then(|| i.pointer.interact_pos()).flatten());
    if let Some(at) = at.filter(|at| rect.contains(*at) && ui.clip_rect().contains(*at)) {
        ask(ui, card, title, rect, at);
    } else if let Some(asked) = asked(ui).filter(|asked| asked.card == card) {
        let rect = rect.intersect(ui.clip_rect());
        ui.data_mut(|data| data.insert_temp(asked_id(), Asked { rect, ..asked }));
    }
}

/// The card that a picture is asked for of.
pub fn asked(ctx: &egui::Context) -> Option<Asked> {
    ctx.data(|data| data.get_temp(asked_id()))
}

/// No picture is asked for any more.
pub fn forget(ctx: &egui::Context) {
    ctx.data_mut(|data| data.remove::<Asked>(asked_id()));
}

/// What was painted within a rectangle as SVG.
pub fn svg(graphics: &GraphicLayers, rect: Rect, background: Color32) -> String {
    let (x, y, w, h) = (rect.left(), rect.top(), rect.width(), rect.height());
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"{x} {y} {w} {h}\">\n\
         <rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" {}/>\n",
        fill(background)
    );
    let entries = graphics.get(LayerId::background()).into_iter().flat_map(|list| list.all_entries());
    for (i, entry) in entries.enumerate() {
        let clip = entry.clip_rect.intersect(rect);
        if !clip.is_positive() || !entry.shape.visual_bounding_rect().intersects(rect) {
            continue;
        }
        let mut body = String::new();
        shape(&mut body, &entry.shape);
        if body.is_empty() {
            continue;
        }
        let (cx, cy, cw, ch) = (clip.left(), clip.top(), clip.width(), clip.height());
        // Writing to a string does not fail.
        writeln!(
            out,
            "<clipPath id=\"c{i}\"><rect x=\"{cx}\" y=\"{cy}\" width=\"{cw}\" height=\"{ch}\"/></clipPath>\n\
             <g clip-path=\"url(#c{i})\">{body}</g>"
        )
        .ok();
    }
    out.push_str("</svg>\n");
    out
}

fn color(color: Color32) -> (String, f32) {
    let [r, g, b, a] = color.to_srgba_unmultiplied();
    (format!("#{r:02x}{g:02x}{b:02x}"), f32::from(a) / 255.0)
}

fn fill(of: Color32) -> String {
    if of == Color32::TRANSPARENT {
        return "fill=\"none\"".to_owned();
    }
    let (rgb, opacity) = color(of);
    format!("fill=\"{rgb}\" fill-opacity=\"{opacity:.3}\"")
}

fn stroke(of: Stroke) -> String {
    if of.is_empty() {
        return String::new();
    }
    let (rgb, opacity) = color(of.color);
    format!(" stroke=\"{rgb}\" stroke-opacity=\"{opacity:.3}\" stroke-width=\"{}\"", of.width)
}

fn path_stroke(of: &PathStroke) -> Stroke {
    match of.color {
        ColorMode::Solid(color) => Stroke::new(of.width, color),
        // A colour for each point has no counterpart here.
        ColorMode::UV(_) => Stroke::NONE,
    }
}

fn points(points: &[Pos2]) -> String {
    points.iter().map(|p| format!("{:.2},{:.2}", p.x, p.y)).collect::<Vec<_>>().join(" ")
}

fn path(out: &mut String, path: &PathShape) {
    let tag = if path.closed { "polygon" } else { "polyline" };
    let (inside, line) = (fill(path.fill), stroke(path_stroke(&path.stroke)));
    write!(out, "<{tag} points=\"{}\" {inside}{line}/>", points(&path.points)).ok();
}

fn shape(out: &mut String, of: &Shape) {
    match of {
        Shape::Vec(parts) => parts.iter().for_each(|part| shape(out, part)),
        Shape::Circle(c) => {
            let (x, y, r) = (c.center.x, c.center.y, c.radius);
            write!(out, "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{r:.2}\" {}{}/>", fill(c.fill), stroke(c.stroke)).ok();
        }
        Shape::Ellipse(e) => {
            let (x, y, rx, ry) = (e.center.x, e.center.y, e.radius.x, e.radius.y);
            let (inside, line) = (fill(e.fill), stroke(e.stroke));
            write!(out, "<ellipse cx=\"{x:.2}\" cy=\"{y:.2}\" rx=\"{rx:.2}\" ry=\"{ry:.2}\" {inside}{line}/>").ok();
        }
        Shape::LineSegment { points: ends, stroke: of } => {
            write!(out, "<polyline points=\"{}\" fill=\"none\"{}/>", points(ends), stroke(*of)).ok();
        }
        Shape::Path(of) => path(out, of),
        Shape::Rect(r) => {
            let (x, y, w, h) = (r.rect.left(), r.rect.top(), r.rect.width(), r.rect.height());
            let (corner, inside, line) = (r.corner_radius.nw, fill(r.fill), stroke(r.stroke));
            write!(
                out,
                "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" rx=\"{corner}\" {inside}{line}/>"
            )
            .ok();
        }
        Shape::Text(of) => text(out, of),
        Shape::Mesh(mesh) => {
            for corners in mesh.indices.chunks_exact(3) {
                let corners: Vec<_> = corners.iter().filter_map(|i| mesh.vertices.get(*i as usize)).collect();
                let Some(first) = corners.first() else { continue };
                let places: Vec<Pos2> = corners.iter().map(|v| v.pos).collect();
                write!(out, "<polygon points=\"{}\" {}/>", points(&places), fill(first.color)).ok();
            }
        }
        Shape::QuadraticBezier(curve) => {
            let line = stroke(path_stroke(&curve.stroke));
            write!(out, "<polyline points=\"{}\" fill=\"none\"{line}/>", points(&curve.flatten(None))).ok();
        }
        Shape::CubicBezier(curve) => {
            let line = stroke(path_stroke(&curve.stroke));
            write!(out, "<polyline points=\"{}\" fill=\"none\"{line}/>", points(&curve.flatten(None))).ok();
        }
        Shape::Band(band) => {
            let lower = band.points.iter().map(|p| egui::pos2(p.x, p.y.min));
            let upper = band.points.iter().rev().map(|p| egui::pos2(p.x, p.y.max));
            let outline: Vec<Pos2> = lower.chain(upper).collect();
            write!(out, "<polygon points=\"{}\" {}{}/>", points(&outline), fill(band.fill), stroke(band.stroke)).ok();
        }
        Shape::Noop | Shape::Callback(_) => {}
    }
}

fn text(out: &mut String, of: &TextShape) {
    let Some(section) = of.galley.job.sections.first() else { return };
    let format = &section.format;
    let shown = match (of.override_text_color, format.color) {
        (Some(color), _) => color,
        (None, Color32::PLACEHOLDER) => of.fallback_color,
        (None, color) => color,
    };
    let family = match &format.font_id.family {
        FontFamily::Monospace => "'IBM Plex Mono', monospace\" font-weight=\"400",
        FontFamily::Proportional => "Inter, sans-serif\" font-weight=\"400",
        FontFamily::Name(_) => "Inter, sans-serif\" font-weight=\"600",
    };
    let (rgb, opacity) = color(shown);
    let turned = match of.angle {
        0.0 => String::new(),
        angle => format!(" transform=\"rotate({} {} {})\"", angle.to_degrees(), of.pos.x, of.pos.y),
    };
    for row in &of.galley.rows {
        let Some(glyph) = row.row.glyphs.first() else { continue };
        let line: String = row.row.glyphs.iter().map(|glyph| glyph.chr).collect();
        let at = of.pos + row.pos.to_vec2() + glyph.pos.to_vec2();
        let line = line.trim_end().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let size = format.font_id.size;
        write!(
            out,
            "<text x=\"{:.2}\" y=\"{:.2}\" font-family=\"{family}\" font-size=\"{size}\" fill=\"{rgb}\" \
             fill-opacity=\"{opacity:.3}\" xml:space=\"preserve\"{turned}>{line}</text>",
            at.x, at.y
        )
        .ok();
    }
}

/// A part of a picture of the window as PNG.
///
/// # Errors
/// When nothing of the rectangle is in the picture, or it cannot be encoded.
pub fn png(window: &Arc<ColorImage>, rect: Rect, pixels_per_point: f32) -> Result<Vec<u8>, String> {
    let size = egui::vec2(window.width() as f32, window.height() as f32) / pixels_per_point;
    let rect = rect.intersect(Rect::from_min_size(Pos2::ZERO, size));
    if !rect.is_positive() {
        return Err("it is not in sight".to_owned());
    }
    let part = window.region(&rect, Some(pixels_per_point));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, part.width() as u32, part.height() as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = part.pixels.iter().flat_map(|p| p.to_srgba_unmultiplied()).collect();
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    written.map_err(|e| e.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_window_becomes_a_png() {
        let window = Arc::new(ColorImage::filled([40, 20], Color32::RED));
        let bytes = png(&window, Rect::from_min_max(egui::pos2(5.0, 5.0), egui::pos2(15.0, 100.0)), 1.0).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (10, 15));
        assert!(png(&window, Rect::from_min_size(egui::pos2(90.0, 0.0), egui::vec2(5.0, 5.0)), 1.0).is_err());
    }

    #[test]
    fn what_is_painted_becomes_svg() {
        let ctx = egui::Context::default();
        let mut told = String::new();
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            ui.painter().circle_filled(egui::pos2(20.0, 20.0), 5.0, Color32::GREEN);
            ui.label("p99 < 5 ms & more");
            let rect = Rect::from_min_size(Pos2::ZERO, egui::vec2(300.0, 200.0));
            told = ui.ctx().graphics(|graphics| svg(graphics, rect, Color32::WHITE));
        });
        output.textures_delta.clear();
        assert!(told.starts_with("<svg ") && told.ends_with("</svg>\n"));
        assert!(told.contains("<circle cx=\"20.00\""), "{told}");
        assert!(told.contains("p99 &lt; 5 ms &amp; more"), "{told}");
    }
}
