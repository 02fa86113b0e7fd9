//! How long documents take to set and write, from the model to the bytes of the file.
//!
//! Limits: about 30 pages with 25 charts in 250 ms, about 280 pages in 2 s. `cargo bench -p assay-reports`; the peak
//! of memory is printed by the bench `peak_memory`, and `benches/with_typst.py` sets equal documents with Typst.
//!
//! On two shared cores under load, 21 November 2026: 32 pages in 0.24 s and 0.19 MB against 0.14 s and 0.58 MB with Typst
//! 0.15.2 (1.7 times as long); 273 pages in 1.4 s of processor time and 1.8 MB against 0.47 s and 8.6 MB (3.0 times); the
//! peak of memory 202 MB.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]
#![expect(clippy::unwrap_used, reason = "benches")]

#[path = "../tests/support/mod.rs"]
mod support;

use assay_reports::document::{Block, Document};
use assay_reports::scene::Size;
use assay_reports::svg::to_svg;
use assay_reports::text::Typesetter;
use assay_reports::theme::Theme;
use assay_reports::{Language, RenderOptions, render_pdf};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

/// Writes a document as JSON and its charts as SVG, from which `with_typst.py` makes an equal document.
fn keep_for_typst(name: &str, document: &Document) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let charts = folder.join(name);
    std::fs::create_dir_all(&charts).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), serde_json::to_vec(document).unwrap()).unwrap();
    let set = Typesetter::new(Theme::default(), Language::English).unwrap();
    let figures = document.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
        Block::Figures(figures) => Some(figures),
        _ => None,
    });
    for (index, figure) in figures.flatten().enumerate() {
        let size = Size { width: 487.0, height: figure.height_pt };
        let svg = to_svg(&set, &figure.chart.draw(&set, size), size);
        std::fs::write(charts.join(format!("{index}.svg")), svg).unwrap();
    }
}

fn render(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("render");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    for (name, document) in [("30_pages", support::large::thirty_pages()), ("280_pages", support::large::many_pages())]
    {
        keep_for_typst(name, &document);
        let options = RenderOptions::default();
        let pdf = render_pdf(&document, &options).unwrap();
        eprintln!("{name}: {} pages, {} bytes", pdf.pages, pdf.bytes.len());
        group.bench_function(name, |bencher| bencher.iter(|| black_box(render_pdf(black_box(&document), &options))));
    }
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
