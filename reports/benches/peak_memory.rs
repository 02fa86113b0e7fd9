//! The peak of memory while about 280 pages are set and written. Limit: 250 MB, the document itself included.

#![expect(clippy::unwrap_used, reason = "benches")]

#[path = "../tests/support/mod.rs"]
mod support;

use assay_reports::{RenderOptions, render_pdf};

/// The largest resident set so far in megabytes, where the kernel tells.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kibibytes| kibibytes * 1024.0 / 1e6)
}

fn main() {
    let document = support::large::many_pages();
    let before = peak_megabytes();
    let start = std::time::Instant::now();
    let pdf = render_pdf(&document, &RenderOptions::default()).unwrap();
    let elapsed = start.elapsed();
    match (before, peak_megabytes()) {
        (Some(before), Some(after)) => println!(
            "{} pages, {} bytes, {elapsed:.2?}: peak {after:.0} MB, of which {before:.0} MB before rendering",
            pdf.pages,
            pdf.bytes.len()
        ),
        _ => println!("skipped: this system does not tell the peak of memory"),
    }
}
