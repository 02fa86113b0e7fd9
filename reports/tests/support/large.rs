//! Documents as large as the largest that are printed.

use super::gallery::{all_charts, document, figure, rows, section, table};
use assay_reports::document::*;
use assay_reports::rich;

fn prose(sentences: usize) -> Rich {
    let sentence = "The option keeps its lead while utilisation stays above the break-even, and loses it below. ";
    Rich::from(Inline::name(sentence.repeat(sentences)))
}

/// About thirty pages with twenty-five charts.
pub fn thirty_pages() -> Document {
    let mut values = Values::default();
    let charts = all_charts();
    let mut sections = vec![section("contents", "Contents", vec![Block::Contents])];
    for (index, chart) in charts.iter().cycle().take(25).enumerate() {
        let anchor = format!("section-{index}");
        let shown =
            Figure { height_pt: chart.suggested_height_pt(), ..figure(&format!("figure-{index}"), chart.clone()) };
        let blocks = vec![
            Block::Lead(prose(2)),
            Block::Figures(vec![shown]),
            Block::Heading("What it means".into()),
            Block::Paragraph(prose(5)),
            Block::Table(Table { anchor: format!("table-{index}"), ..table(rows(8, &mut values)) }),
        ];
        sections.push(section(&anchor, rich!["A message about this subject that takes the reader on"], blocks));
    }
    let all = Table { anchor: "all".to_owned(), ..table(rows(110, &mut values)) };
    sections.push(section("appendix", "Every measurement", vec![Block::Table(all)]));
    document(sections, values)
}

/// About 280 pages, most of them a table of thousands of rows.
pub fn many_pages() -> Document {
    let mut document = thirty_pages();
    let all = Table { anchor: "many".to_owned(), ..table(rows(8_900, &mut document.values)) };
    document.sections.push(section("many", "Every sample", vec![Block::Table(all)]));
    document
}
