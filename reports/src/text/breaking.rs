//! Paragraphs to lines: break opportunities of UAX #14, then the set of breaks with the least raggedness.

use super::shaping::{Cluster, Glyph, Typesetter};
use super::spans::{Span, TextStyle};
use crate::document::Align;
use crate::scene::{Area, LinkArea, TextRun, at};
use crate::text::Face;
use std::ops::Range;
use unicode_linebreak::{BreakOpportunity, linebreaks};

/// A set line. Places are relative to the left edge of the column and the baseline.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub items: Vec<LineItem>,
    /// The footnotes that the line refers to.
    pub notes: Vec<usize>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LineItem {
    Run(TextRun),
    /// The following runs belong to a link.
    LinkStart(LinkArea),
    LinkEnd,
}

/// Glyphs of one span and face.
#[derive(Clone, Debug)]
struct Piece {
    span: usize,
    face: Face,
    glyphs: Vec<Glyph>,
    width: f32,
}

/// What stands between two break opportunities.
#[derive(Clone, Debug, Default)]
struct Word {
    pieces: Vec<Piece>,
    width: f32,
    /// The space that follows when the line goes on.
    space: f32,
    /// The line must end here.
    ends_line: bool,
}

/// Sets spans in a column of the given width. Words wider than the column are cut between clusters, so that no text
/// leaves it.
pub(crate) fn break_lines(set: &Typesetter, spans: &[Span], style: &TextStyle, width: f32, align: Align) -> Vec<Line> {
    let words = words(set, spans, style, width);
    choose_breaks(&words, width)
        .into_iter()
        .map(|range| {
            let last = range.end == words.len();
            set_line(set, words.get(range).unwrap_or_default(), spans, style, width, align, last)
        })
        .collect()
}

/// The widths of the widest word and of the whole text on one line: the least and the natural width of a column.
pub(crate) fn measure(set: &Typesetter, spans: &[Span], style: &TextStyle) -> (f32, f32) {
    let (mut widest, mut longest, mut line) = (0.0f32, 0.0f32, 0.0f32);
    for word in words(set, spans, style, f32::MAX) {
        widest = widest.max(word.width);
        line += word.width;
        longest = longest.max(line);
        line = if word.ends_line { 0.0 } else { line + word.space };
    }
    (widest, longest)
}

fn words(set: &Typesetter, spans: &[Span], style: &TextStyle, width: f32) -> Vec<Word> {
    let text: String = spans.iter().map(|span| span.text.as_str()).collect();
    let mut bounds = Vec::with_capacity(spans.len());
    let mut end = 0;
    for span in spans {
        bounds.push(end..end + span.text.len());
        end += span.text.len();
    }
    let space = set.shape(style.face, " ", false).iter().map(|run| run.advance).sum::<f32>() * style.size / 1000.0;
    let mut words: Vec<Word> = Vec::new();
    let mut start = 0;
    for (position, opportunity) in linebreaks(&text) {
        let ends_line = opportunity == BreakOpportunity::Mandatory && position != text.len();
        if !ends_line && position < text.len() && is_glued(&text, position) {
            continue;
        }
        let segment = text.get(start..position).unwrap_or_default();
        let trimmed =
            segment.trim_end_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
        let has_space = trimmed.len() < segment.len();
        if trimmed.is_empty() && !ends_line {
            if let Some(previous) = words.last_mut() {
                previous.space = space;
            }
        } else {
            let word = shape_word(set, spans, &bounds, start..start + trimmed.len(), style.tabular);
            let mut parts = cut(word, width);
            if let Some(last) = parts.last_mut() {
                last.space = if has_space && !ends_line { space } else { 0.0 };
                last.ends_line = ends_line;
            }
            words.extend(parts);
        }
        start = position;
    }
    words
}

/// Whether a line must not end at `position`: between a number and its unit, beside a relation sign, within a rate
/// such as `images/s`.
fn is_glued(text: &str, position: usize) -> bool {
    const UNITS: [&str; 22] = [
        "ms", "s", "µs", "ns", "min", "h", "W", "kW", "kWh", "Wh", "J", "%", "GB", "GiB", "MiB", "TB/s", "GB/s",
        "TFLOP/s", "GFLOP/s", "months", "years", "days",
    ];
    const RELATIONS: [&str; 7] = ["≤", "≥", "±", "=", "<", ">", "×"];
    let (Some(before), Some(after)) = (text.get(..position), text.get(position..)) else { return false };
    let right = after.split(char::is_whitespace).next().unwrap_or_default();
    // A minus sign belongs to its number.
    if before.ends_with('−') {
        return true;
    }
    if before.ends_with('/') {
        return right.chars().count() <= 2;
    }
    let Some(before) = before.strip_suffix(' ') else { return false };
    let left = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let unit = right.trim_end_matches(['.', ',', ';', ':', ')']);
    let is_number = left.starts_with(|c: char| c.is_ascii_digit() || "€$£(−~".contains(c))
        && left.ends_with(|c: char| c.is_ascii_digit());
    (is_number && UNITS.contains(&unit)) || RELATIONS.contains(&left) || RELATIONS.contains(&right)
}

fn shape_word(set: &Typesetter, spans: &[Span], bounds: &[Range<usize>], range: Range<usize>, tabular: bool) -> Word {
    let mut word = Word::default();
    let first = bounds.partition_point(|bound| bound.end <= range.start);
    for (index, (span, bound)) in spans.iter().zip(bounds).enumerate().skip(first) {
        if bound.start >= range.end {
            break;
        }
        let from = range.start.max(bound.start) - bound.start;
        let to = range.end.min(bound.end) - bound.start;
        let Some(text) = span.text.get(from..to) else { continue };
        for run in set.shape(span.face, text, tabular).iter() {
            let width = run.advance * span.size / 1000.0;
            word.width += width;
            word.pieces.push(Piece { span: index, face: run.face, glyphs: run.glyphs.clone(), width });
        }
    }
    word
}

/// Cuts a word into parts that fit the column.
fn cut(word: Word, width: f32) -> Vec<Word> {
    if word.width <= width {
        return vec![word];
    }
    let mut parts = Vec::new();
    let mut part = Word::default();
    for piece in word.pieces {
        let per_unit = {
            let units: f32 = piece.glyphs.iter().map(|glyph| glyph.advance).sum();
            if units > 0.0 { piece.width / units } else { 0.0 }
        };
        let mut glyphs = piece.glyphs.into_iter().peekable();
        while let Some(glyph) = glyphs.next() {
            let mut cluster = vec![glyph];
            while let Some(more) = glyphs.next_if(|next| next.cluster == Cluster::Continued) {
                cluster.push(more);
            }
            let cluster_width = cluster.iter().map(|glyph| glyph.advance).sum::<f32>() * per_unit;
            if part.width + cluster_width > width && !part.pieces.is_empty() {
                parts.push(std::mem::take(&mut part));
            }
            part.width += cluster_width;
            match part.pieces.last_mut() {
                Some(last) if last.span == piece.span && last.face == piece.face => {
                    last.glyphs.extend(cluster);
                    last.width += cluster_width;
                }
                _ => part.pieces.push(Piece {
                    span: piece.span,
                    face: piece.face,
                    glyphs: cluster,
                    width: cluster_width,
                }),
            }
        }
    }
    parts.push(part);
    parts
}

/// Dynamic programming over the breaks: the cost of a line is the cube of its empty part. The last line is free,
/// unless it is a single word or almost empty.
fn choose_breaks(words: &[Word], width: f32) -> Vec<Range<usize>> {
    let count = words.len();
    let mut best = vec![f32::INFINITY; count + 1];
    let mut from = vec![0usize; count + 1];
    best[0] = 0.0;
    for end in 1..=count {
        let mut line = 0.0;
        let is_last = end == count || words[end - 1].ends_line;
        for start in (0..end).rev() {
            let alone = start + 1 == end;
            if !alone && words[start].ends_line {
                break;
            }
            line += words[start].width + if alone { 0.0 } else { words[start].space };
            if line > width + 0.01 && !alone {
                break;
            }
            let empty = ((width - line) / width).max(0.0);
            let cost = match is_last {
                true if alone && start > 0 => 0.06,
                true if empty > 0.9 && start > 0 => 0.02,
                true => 0.0,
                false => empty.powi(3) * 2.0 + 0.002,
            };
            if best[start] + cost < best[end] {
                best[end] = best[start] + cost;
                from[end] = start;
            }
        }
    }
    let mut lines = Vec::new();
    let mut end = count;
    while end > 0 {
        lines.push(from[end]..end);
        end = from[end];
    }
    lines.reverse();
    lines
}

fn set_line(
    set: &Typesetter,
    words: &[Word],
    spans: &[Span],
    style: &TextStyle,
    width: f32,
    align: Align,
    is_last: bool,
) -> Line {
    let line_width: f32 =
        words.iter().enumerate().map(|(i, word)| word.width + if i + 1 < words.len() { word.space } else { 0.0 }).sum();
    let mut builder = LineBuilder { line: Line::default(), open_link: None };
    let mut x = match align {
        Align::Left => 0.0,
        Align::Center => (width - line_width) / 2.0,
        Align::Right => width - line_width,
    }
    .max(0.0);
    for (index, word) in words.iter().enumerate() {
        for piece in &word.pieces {
            let Some(span) = spans.get(piece.span) else { continue };
            builder.piece(piece, span, x);
            x += piece.width;
        }
        // A real space also ends every soft line: copying, reflow and screen readers need it.
        let line_goes_on = index + 1 < words.len() || !is_last;
        if line_goes_on && word.space > 0.0 {
            builder.space(set, word.space, style);
            x += word.space;
        }
    }
    builder.close_link();
    builder.line
}

struct LineBuilder {
    line: Line,
    /// The span of the link that is being set, and the place of its item.
    open_link: Option<(usize, usize)>,
}

impl LineBuilder {
    fn piece(&mut self, piece: &Piece, span: &Span, x: f32) {
        if self.open_link.is_some_and(|(open, _)| open != piece.span) {
            self.close_link();
        }
        if let Some(to) = &span.link {
            match self.open_link {
                None => {
                    self.open_link = Some((piece.span, self.line.items.len()));
                    let top = -span.size * 0.8 - span.rise;
                    self.line.items.push(LineItem::LinkStart(LinkArea {
                        area: Area::new(x, top, piece.width, span.size * 1.05),
                        to: to.clone(),
                        description: super::sanitize::sanitize(&span.text).into_owned(),
                        element: None,
                    }));
                }
                Some((_, place)) => {
                    if let Some(LineItem::LinkStart(link)) = self.line.items.get_mut(place) {
                        link.area.width = x + piece.width - link.area.x;
                    }
                }
            }
        }
        self.line.notes.extend(span.note.filter(|note| !self.line.notes.contains(note)));
        if let Some(LineItem::Run(run)) = self.line.items.last_mut()
            && run.face == piece.face
            && run.size == span.size
            && run.color == span.color
            && run.origin.y == -span.rise
        {
            run.glyphs.extend_from_slice(&piece.glyphs);
            return;
        }
        self.line.items.push(LineItem::Run(TextRun {
            origin: at(x, -span.rise),
            face: piece.face,
            size: span.size,
            color: span.color,
            glyphs: piece.glyphs.clone(),
        }));
    }

    /// A space glyph in the face of the run before it.
    fn space(&mut self, set: &Typesetter, width: f32, style: &TextStyle) {
        let Some(LineItem::Run(run)) = self.line.items.iter_mut().rev().find(|item| matches!(item, LineItem::Run(_)))
        else {
            return;
        };
        let shaped = set.shape(run.face, " ", style.tabular);
        let Some(glyph) = shaped.first().and_then(|space| space.glyphs.first()) else { return };
        run.glyphs.push(Glyph { advance: width * 1000.0 / run.size, ..glyph.clone() });
    }

    fn close_link(&mut self) {
        if self.open_link.take().is_some() {
            self.line.items.push(LineItem::LinkEnd);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sanitize::is_invisible;
    use super::super::spans::flatten;
    use super::*;
    use crate::document::{Inline, Rich, Values};
    use crate::theme::Theme;
    use proptest::prelude::*;

    const STYLE: TextStyle = TextStyle {
        face: Face::Regular,
        strong: Face::SemiBold,
        size: 10.0,
        leading: 14.0,
        color: crate::scene::Color::hex(0),
        tabular: false,
    };

    fn set(text: &Rich, width: f32, align: Align) -> Vec<Line> {
        let set = Typesetter::new(Theme::default(), crate::labels::Language::English).unwrap();
        let mut notes = 0;
        let spans = flatten(text, &Values::default(), &STYLE, &set, &mut |_| {
            notes += 1;
            notes
        });
        break_lines(&set, &spans, &STYLE, width, align)
    }

    fn text_of(line: &Line) -> String {
        line.items
            .iter()
            .filter_map(|item| match item {
                LineItem::Run(run) => Some(run.text()),
                _ => None,
            })
            .collect()
    }

    fn lines(text: &str, width: f32) -> Vec<String> {
        set(&text.into(), width, Align::Left).iter().map(text_of).collect()
    }

    /// Left and right end of the ink of a line; a space at its end is not ink.
    fn extent(line: &Line) -> (f32, f32) {
        let (mut left, mut right) = (f32::MAX, 0.0f32);
        for item in &line.items {
            let LineItem::Run(run) = item else { continue };
            left = left.min(run.origin.x);
            let spaces = run.glyphs.iter().rev().take_while(|glyph| glyph.cluster == Cluster::One(' '));
            let trailing: f32 = spaces.map(|glyph| glyph.advance * run.size / 1000.0).sum();
            right = right.max(run.origin.x + run.width() - trailing);
        }
        (left, right)
    }

    #[test]
    fn lines_end_between_words_and_keep_their_space() {
        let lines = lines("one two three four five", 60.0);
        assert!(lines.len() > 1);
        assert!(lines.iter().rev().skip(1).all(|line| line.ends_with(' ')), "{lines:?}");
        assert_eq!(lines.concat(), "one two three four five");
    }

    #[test]
    fn raggedness_is_spread_over_the_lines() {
        // Greedy breaking would leave the short word alone on the last line.
        let text = "aaaaa bbbbb ccccc ddddd eeeee f";
        let widths: Vec<f32> = set(&text.into(), 104.0, Align::Left).iter().map(|line| extent(line).1).collect();
        assert!(widths.len() >= 2 && widths.last().unwrap() > &20.0, "{widths:?}");
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        for width in [45.0, 60.0, 75.0, 90.0] {
            for line in lines("It took 19 ms and 38 % of 700 W at p ≤ 5", width) {
                let line = line.trim_end();
                assert!(!line.ends_with("19") && !line.ends_with("38") && !line.ends_with("700"), "{line:?}");
                assert!(!line.ends_with('≤'), "{line:?}");
            }
        }
    }

    #[test]
    fn a_rate_is_not_broken() {
        assert!(lines("many samples/s here and samples/s there", 60.0).iter().all(|line| !line.ends_with('/')));
    }

    #[test]
    fn a_line_break_in_the_text_breaks_the_line() {
        assert_eq!(lines("one\ntwo", 200.0), ["one", "two"]);
        assert_eq!(lines("", 200.0), Vec::<String>::new());
        assert_eq!(lines("one\n\ntwo", 200.0).len(), 3);
    }

    #[test]
    fn a_word_wider_than_the_column_is_cut() {
        let word = "X".repeat(300);
        let cut = lines(&word, 50.0);
        assert!(cut.len() > 30);
        assert_eq!(cut.concat(), word);
    }

    #[test]
    fn links_and_footnotes_keep_their_place() {
        let text = Rich(vec![
            "See ".into(),
            Inline::url("https://example.com", "the page"),
            ".".into(),
            Inline::footnote("note"),
        ]);
        let lines = set(&text, 400.0, Align::Left);
        let links: Vec<_> = lines[0].items.iter().filter(|item| matches!(item, LineItem::LinkStart(_))).collect();
        assert_eq!(links.len(), 2);
        assert_eq!(lines[0].notes, [1]);
        assert_eq!(text_of(&lines[0]), "See the page.1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_line_leaves_its_column_and_no_character_is_lost(
            words in prop::collection::vec("[\\PC]{0,12}|[a-z]{1,9}|[0-9]{1,6}|[א-ת]{2,5}|[😀-😎]{1,3}", 0..30),
            // The widest glyph of the faces, a long arrow, is almost three times its size.
            width in 28.0f32..300.0,
            align in prop::sample::select(vec![Align::Left, Align::Center, Align::Right]),
        ) {
            let text = words.join(" ");
            let lines = set(&text.as_str().into(), width, align);
            for line in &lines {
                let (left, right) = extent(line);
                prop_assert!(left >= -0.01 && right <= width + 0.02, "{left}..{right} in {width}: {:?}", text_of(line));
            }
            let squeeze = |text: &str| -> String {
                let text = text.replace('\u{2126}', "Ω").replace('\u{212b}', "Å");
                text.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect()
            };
            let set_text: String = lines.iter().map(text_of).collect();
            prop_assert_eq!(squeeze(&set_text), squeeze(&text));
        }
    }
}
