//! Random and nasty documents: no panic, nothing outside the page, nothing lost.

#![expect(clippy::expect_used, reason = "tests")]

mod support;

use assay_reports::document::*;
use assay_reports::layout::{Laid, lay_out};
use assay_reports::scene::{Point, Prim, Role, Segment};
use assay_reports::text::Typesetter;
use assay_reports::theme::Theme;
use assay_reports::{Language, Paper, RenderOptions, render_pdf, rich};
use proptest::prelude::*;
use std::collections::BTreeMap;
use support::gallery::{document, figure, section, source};

thread_local! {
    static SET: Typesetter = Typesetter::new(Theme::default(), Language::English).expect("the bundled fonts load");
}

fn laid(document: &Document, paper: Paper) -> Laid {
    SET.with(|set| lay_out(set, document, paper))
}

fn is_on(page: &Laid, at: Point) -> bool {
    at.x >= -0.5 && at.x <= page.width + 0.5 && at.y >= -0.5 && at.y <= page.height + 0.5
}

/// What lies outside its page.
fn outside(laid: &Laid) -> Vec<String> {
    let mut found = Vec::new();
    for (number, page) in laid.pages.iter().enumerate() {
        for prim in &page.prims {
            let corners = match prim {
                Prim::Text(run) => {
                    let end = run.origin.x + run.width() - trailing_space(run);
                    vec![run.origin, Point { x: end, y: run.origin.y }]
                }
                Prim::Rect { area, .. } => {
                    vec![Point { x: area.x, y: area.y }, Point { x: area.right(), y: area.bottom() }]
                }
                Prim::Path { segments, .. } => segments
                    .iter()
                    .filter_map(|segment| match segment {
                        Segment::Move(at) | Segment::Line(at) | Segment::Curve(_, _, at) => Some(*at),
                        Segment::Close => None,
                    })
                    .collect(),
                _ => Vec::new(),
            };
            if !prim.is_finite() || corners.iter().any(|corner| !is_on(laid, *corner)) {
                found.push(format!("page {}: {prim:?}", number + 1).chars().take(300).collect());
            }
        }
    }
    found
}

/// Text beside the column of its page. Drawings may stand out by a little, as axis labels do.
fn beside_the_column(laid: &Laid, document: &Document, paper: Paper) -> Vec<String> {
    const SLACK: f32 = 2.0;
    let side = match paper {
        Paper::A4 => 54.0,
        Paper::Letter => 60.0,
    };
    let texts = laid.pages.iter().skip(usize::from(document.cover.is_some())).flat_map(|page| &page.prims);
    texts
        .filter_map(|prim| match prim {
            Prim::Text(run) => {
                let end = run.origin.x + run.width() - trailing_space(run);
                let inside = run.origin.x >= side - SLACK && end <= laid.width - side + SLACK;
                (!inside && !run.text().trim().is_empty()).then(|| format!("{} at {}..{end}", run.text(), run.origin.x))
            }
            _ => None,
        })
        .collect()
}

/// The width of the spaces at the end of a run.
fn trailing_space(run: &assay_reports::scene::TextRun) -> f32 {
    let is_space = |glyph: &&assay_reports::text::Glyph| glyph.cluster == assay_reports::text::Cluster::One(' ');
    run.glyphs.iter().rev().take_while(is_space).map(|glyph| glyph.advance * run.size / 1000.0).sum()
}

/// Text of two blocks never shares a place: baselines of body text stay above the foot.
fn text_below_the_body(laid: &Laid) -> Vec<String> {
    let limit = laid.height - 40.0;
    laid.pages
        .iter()
        .skip(1)
        .flat_map(|page| &page.prims)
        .filter_map(|prim| match prim {
            Prim::Text(run) if run.origin.y > limit && run.origin.y < laid.height - 34.5 => Some(run.text()),
            _ => None,
        })
        .collect()
}

/// Texts of different elements that stand on each other: a cell that runs into its neighbour, a block set over another.
/// The labels of a drawing are one element.
fn on_each_other(laid: &Laid, document: &Document) -> Vec<String> {
    const SLACK: f32 = 1.0;
    let mut found = Vec::new();
    for (number, page) in laid.pages.iter().enumerate().skip(usize::from(document.cover.is_some())) {
        let mut role = Role::Artifact;
        let mut texts: Vec<(Role, f32, f32, f32, String)> = Vec::new();
        for prim in &page.prims {
            match prim {
                Prim::Mark(next) => role = *next,
                Prim::Text(run) if !run.text().trim().is_empty() => {
                    let end = run.origin.x + run.width() - trailing_space(run);
                    texts.push((role, run.origin.y, run.origin.x, end, run.text()));
                }
                _ => {}
            }
        }
        texts.sort_by(|a, b| a.1.total_cmp(&b.1));
        for (index, (role, y, left, right, text)) in texts.iter().enumerate() {
            let near = texts[index + 1..].iter().take_while(|other| other.1 - y < 3.0);
            let hit = near
                .into_iter()
                .find(|(other, _, from, to, _)| other != role && left.max(*from) + SLACK < right.min(*to));
            if let Some((_, other_y, from, to, other)) = hit {
                found.push(format!(
                    "page {}: {text:?} at {left}..{right}, {y} and {other:?} at {from}..{to}, {other_y}",
                    number + 1
                ));
            }
        }
    }
    found
}

/// How often each character is set.
fn characters(texts: impl Iterator<Item = String>) -> BTreeMap<char, usize> {
    let mut counts = BTreeMap::new();
    for text in texts {
        for character in text.replace('\u{2126}', "Ω").replace('\u{212b}', "Å").chars() {
            if !character.is_whitespace() && !character.is_control() && !is_dropped(character) {
                *counts.entry(character).or_default() += 1;
            }
        }
    }
    counts
}

fn is_dropped(character: char) -> bool {
    matches!(u32::from(character),
        0x00ad | 0x061c | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f
        | 0xfe00..=0xfe0f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff)
}

fn set_text(document: &Document, laid: &Laid) -> BTreeMap<char, usize> {
    let cover = usize::from(document.cover.is_some());
    let mut texts = Vec::new();
    for page in laid.pages.iter().skip(cover) {
        // Running heads and repeated headers must not stand in for what was lost.
        let mut role = Role::Artifact;
        for prim in &page.prims {
            match prim {
                Prim::Mark(next) => role = *next,
                Prim::Text(run) if role != Role::Artifact => texts.push(run.text()),
                _ => {}
            }
        }
    }
    characters(texts.into_iter())
}

/// The text of a document's blocks, charts left out.
fn model_text(document: &Document) -> BTreeMap<char, usize> {
    let mut texts = Vec::new();
    let mut take = |rich: &Rich| {
        rich.visit(&mut |piece| match piece {
            Inline::Text(text) | Inline::Name(text) | Inline::Code(text) => texts.push(text.clone()),
            Inline::Number(id) => texts.push(document.values.text(id).to_owned()),
            _ => {}
        });
    };
    for section in &document.sections {
        take(&section.action_title);
        for block in &section.blocks {
            match block {
                Block::Lead(text) | Block::Paragraph(text) | Block::Heading(text) => take(text),
                Block::Bullets(items) => items.iter().for_each(&mut take),
                Block::Kpis(cards) => cards.iter().for_each(|card| {
                    [&card.label, &card.value, &card.comparison, &card.note].into_iter().for_each(&mut take);
                }),
                Block::Callout(callout) => {
                    take(&callout.title);
                    callout.body.iter().for_each(&mut take);
                }
                Block::Figures(figures) => figures.iter().for_each(|figure| {
                    take(&figure.takeaway);
                    take(&figure.source.text);
                }),
                Block::Table(table) => {
                    take(&table.title);
                    table.columns.iter().for_each(|column| take(&Inline::name(&column.title).into()));
                    table.rows.iter().flat_map(|row| &row.cells).for_each(&mut take);
                }
                Block::Facts(facts) => {
                    take(&facts.title);
                    facts.rows.iter().for_each(|fact| {
                        take(&Inline::name(&fact.name).into());
                        take(&fact.value);
                    });
                }
                Block::Contents => {}
            }
        }
    }
    characters(texts.into_iter())
}

/// Every character of the model is on the pages at least as often.
fn lost(document: &Document, laid: &Laid) -> Vec<(char, usize, usize)> {
    let set = set_text(document, laid);
    model_text(document)
        .into_iter()
        .map(|(character, wanted)| (character, wanted, set.get(&character).copied().unwrap_or(0)))
        .filter(|(_, wanted, found)| found < wanted)
        .collect()
}

fn check(document: &Document) -> Result<(), TestCaseError> {
    for paper in [Paper::A4, Paper::Letter] {
        let laid = laid(document, paper);
        prop_assert_eq!(outside(&laid), Vec::<String>::new());
        prop_assert_eq!(text_below_the_body(&laid), Vec::<String>::new());
        prop_assert_eq!(beside_the_column(&laid, document, paper), Vec::<String>::new());
        prop_assert_eq!(on_each_other(&laid, document), Vec::<String>::new());
        prop_assert_eq!(lost(document, &laid), vec![]);
    }
    Ok(())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9 ,.%€≤µ-]{0,60}",
        2 => "\\PC{0,30}",
        1 => "[א-ת]{2,8} [ا-ي]{2,8}",
        1 => "[😀-😎]{1,4}\u{200d}x\u{202e}y",
        1 => "X{300}",
        1 => Just(String::new()),
        1 => "([a-z]{1,12} ){100,300}",
    ]
}

fn inline() -> impl Strategy<Value = Rich> {
    let piece = prop_oneof![
        4 => text().prop_map(Inline::Text),
        1 => text().prop_map(Inline::code),
        1 => text().prop_map(Inline::strong),
        1 => text().prop_map(Inline::emphasis),
        1 => text().prop_map(Inline::footnote),
        1 => text().prop_map(|text| Inline::see("somewhere", text)),
        1 => text().prop_map(|text| Inline::url("https://example.com", text)),
        1 => Just(Inline::Number(ValueId::new("nowhere"))),
        2 => (0..NUMBERS.len()).prop_map(|index| Inline::Number(ValueId::new(format!("number.{index}")))),
        1 => Just(Inline::Evidence(assay_base::Evidence::Projected)),
    ];
    prop::collection::vec(piece, 0..4).prop_map(Rich)
}

fn table() -> impl Strategy<Value = Block> {
    let column = (text(), prop::sample::select(vec![Align::Left, Align::Center, Align::Right]));
    let columns = prop::collection::vec(column, 0..22);
    let kind = prop::sample::select(vec![RowKind::Plain, RowKind::Highlight, RowKind::Total]);
    let rows = prop::collection::vec((prop::collection::vec(inline(), 0..8), kind), 0..14);
    (inline(), columns, rows).prop_map(|(title, columns, rows)| {
        Block::Table(Table {
            anchor: "random".to_owned(),
            title,
            columns: columns.into_iter().map(|(title, align)| Column { title, align }).collect(),
            rows: rows.into_iter().map(|(cells, kind)| Row { cells, kind }).collect(),
            source: source(),
        })
    })
}

fn kpi() -> impl Strategy<Value = Kpi> {
    (inline(), inline(), inline(), inline()).prop_map(|(label, value, comparison, note)| Kpi {
        label,
        value,
        comparison,
        note,
        tone: Tone::Caution,
    })
}

fn block() -> impl Strategy<Value = Block> {
    let fact = (text(), inline()).prop_map(|(name, value)| Fact { name, value });
    let charts = support::gallery::all_charts();
    let figures = prop::collection::vec((inline(), prop::sample::select(charts), prop::num::f32::ANY), 0..5);
    prop_oneof![
        1 => inline().prop_map(Block::Lead),
        3 => inline().prop_map(Block::Paragraph),
        1 => inline().prop_map(Block::Heading),
        1 => prop::collection::vec(inline(), 0..5).prop_map(Block::Bullets),
        1 => prop::collection::vec(kpi(), 0..6).prop_map(Block::Kpis),
        1 => (inline(), prop::collection::vec(inline(), 0..4))
            .prop_map(|(title, body)| Block::Callout(Callout { tone: Tone::Info, title, body })),
        1 => figures.prop_map(|figures| Block::Figures(
            figures
                .into_iter()
                .map(|(takeaway, chart, height_pt)| Figure { takeaway, height_pt, ..figure("figure", chart) })
                .collect()
        )),
        3 => table(),
        1 => prop::collection::vec(fact, 0..6).prop_map(|rows| Block::Facts(Facts {
            anchor: "facts".to_owned(),
            title: "Facts".into(),
            rows,
            source: source(),
        })),
        1 => Just(Block::Contents),
    ]
}

/// Zero, tiny, huge and missing numbers.
const NUMBERS: [Option<f64>; 8] =
    [Some(0.0), Some(-0.0), Some(1e300), Some(-1e300), Some(5e-324), Some(1_234_567.891), None, Some(0.1)];

fn numbers() -> Values {
    let mut values = Values::default();
    for (index, number) in NUMBERS.into_iter().enumerate() {
        let show = |number| assay_base::format::thousands(number, 2);
        let text = number.map_or(assay_base::format::UNKNOWN.to_owned(), show);
        values.add(format!("number.{index}"), Value { number, text, evidence: None });
    }
    values
}

fn any_document() -> impl Strategy<Value = Document> {
    let section = (text(), inline(), prop::collection::vec(block(), 0..6))
        .prop_map(|(kicker, title, blocks)| Section { kicker, ..section("section", title, blocks) });
    let cover = prop::option::weighted(0.8, (text(), text(), inline()));
    (prop::collection::vec(section, 0..3), text(), cover).prop_map(|(sections, title, cover)| {
        let mut document = document(sections, numbers());
        document.meta.title = title;
        document.cover = document.cover.zip(cover).map(|(known, (subtitle, verdict, statement))| Cover {
            subtitle,
            verdict,
            statement,
            ..known
        });
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_documents_stay_on_their_pages_and_lose_nothing(document in any_document()) {
        check(&document)?;
    }
}

/// A document that now and then has a table of five thousand rows.
fn any_large_document() -> impl Strategy<Value = Document> {
    (any_document(), prop::bool::weighted(0.003)).prop_map(|(mut document, large)| {
        if large {
            let rows = support::gallery::rows(5_000, &mut document.values);
            document.sections.push(section("large", "Many rows", vec![Block::Table(support::gallery::table(rows))]));
        }
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    #[ignore = "minutes: cargo test --release -p assay-reports --test layout -- --ignored"]
    fn ten_thousand_random_documents_hold(document in any_large_document()) {
        check(&document)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn random_documents_become_sound_files(document in any_document()) {
        let pdf = render_pdf(&document, &RenderOptions::default()).expect("it can be written");
        prop_assert_eq!(support::check::findings(&pdf.bytes), Vec::<String>::new());
    }
}

fn one(blocks: Vec<Block>) -> Document {
    document(vec![section("only", "A title", blocks)], Values::default())
}

fn accept(document: &Document) -> Laid {
    check(document).expect("the layout holds");
    laid(document, Paper::A4)
}

#[test]
fn a_table_of_five_thousand_rows_repeats_its_header() {
    let mut values = Values::default();
    let rows = support::gallery::rows(5_000, &mut values);
    let document =
        document(vec![section("only", "Many rows", vec![Block::Table(support::gallery::table(rows))])], values);
    let laid = accept(&document);
    assert!(laid.pages.len() > 100);
    let headers = laid
        .pages
        .iter()
        .filter(|page| page.prims.iter().any(|prim| matches!(prim, Prim::Text(run) if run.text() == "Median (ms)")))
        .count();
    assert_eq!(headers, laid.pages.len() - 1);
}

#[test]
fn a_row_taller_than_a_page_goes_on_over_pages() {
    let long = "lorem ipsum dolor ".repeat(900);
    let row = Row::new(vec![Inline::name(long).into(), "1".into()]);
    let laid = accept(&one(vec![Block::Table(support::gallery::table(vec![row]))]));
    assert!(laid.pages.len() > 3);
}

#[test]
fn footnotes_that_do_not_fit_go_on_over_pages() {
    let words: Vec<Inline> = (0..60)
        .flat_map(|index| [Inline::from("word"), Inline::footnote(format!("note {index} ").repeat(40))])
        .collect();
    let laid = accept(&one(vec![Block::Paragraph(Rich(words))]));
    assert!(laid.pages.len() > 2);
}

#[test]
fn a_heading_is_never_last_on_its_page() {
    for lines in 30..60 {
        let mut blocks: Vec<Block> = (0..lines).map(|_| Block::Paragraph("A line.".into())).collect();
        blocks.push(Block::Heading("The heading".into()));
        blocks.push(Block::Paragraph("What follows it.".into()));
        let laid = accept(&one(blocks));
        let page_with = |wanted: &str| {
            laid.pages
                .iter()
                .position(|page| page.prims.iter().any(|prim| matches!(prim, Prim::Text(run) if run.text() == wanted)))
        };
        assert_eq!(page_with("The heading"), page_with("What follows it."), "after {lines} lines");
    }
}

#[test]
fn the_contents_name_the_pages_of_the_sections() {
    let filler = || Block::Paragraph(Inline::name("words ".repeat(3_000)).into());
    let document = document(
        vec![
            section("contents", "Contents", vec![Block::Contents]),
            section("first", "First", vec![filler()]),
            section("second", "Second", vec![Block::Paragraph(rich!["See ", Inline::see("first", "the first"), "."])]),
        ],
        Values::default(),
    );
    let laid = accept(&document);
    let numbers: Vec<String> = laid.pages[1]
        .prims
        .iter()
        .filter_map(|prim| match prim {
            Prim::Text(run) if run.origin.x > 500.0 && run.origin.y < 700.0 && run.origin.y > 60.0 => Some(run.text()),
            _ => None,
        })
        .collect();
    assert_eq!(numbers, ["3".to_owned(), laid.pages.len().to_string()]);
}
