//! `assay results export`

use std::path::Path;

use anyhow::Context as _;
use assay_service::core::Measurement;
use assay_service::store::published::PublishedFilter;
use assay_service::store::{Store, export, frame};

use super::measurements;
use crate::args::{ExportFormat, ResultsExport};
use crate::{Verdict, place};

pub fn run(arguments: &ResultsExport) -> anyhow::Result<Verdict> {
    let form = form(arguments)?;
    let measured = measurements(arguments.study.as_deref())?;
    let store = Store::open(&place::folder(arguments.study.as_deref())?);
    let file = &arguments.file;
    let write = |bytes: &[u8]| {
        assay_base::files::write_atomic(file, bytes).with_context(|| format!("{} cannot be written", file.display()))
    };
    match form {
        ExportFormat::Parquet => frame::write_parquet(&mut table(arguments, &measured, &store)?, file)?,
        ExportFormat::Csv => write(&frame::csv(&mut table(arguments, &measured, &store)?)?)?,
        ExportFormat::Json => tell(export::write_json(file, &measured, &store)?.iter()),
        ExportFormat::Bmf => {
            let document = export::bencher(&measured);
            let count = document.as_object().map_or(0, serde_json::Map::len);
            anyhow::ensure!(count > 0, "nothing here was measured and passed, and Bencher tracks what one measures");
            write(&serde_json::to_vec_pretty(&document)?)?;
        }
    }
    eprintln!("Wrote {}", file.display());
    Ok(Verdict::Yes)
}

fn form(arguments: &ResultsExport) -> anyhow::Result<ExportFormat> {
    let name = arguments.file.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ending = Path::new(&name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let form = arguments.format.or(match ending {
        _ if name.ends_with(".bmf.json") => Some(ExportFormat::Bmf),
        "parquet" => Some(ExportFormat::Parquet),
        "csv" => Some(ExportFormat::Csv),
        "json" => Some(ExportFormat::Json),
        _ => None,
    });
    let form = form.with_context(|| {
        format!(
            "`.{ending}` is not known: name a file that ends in .parquet, .csv, .json or .bmf.json, or say --format"
        )
    })?;
    let tabular = matches!(form, ExportFormat::Parquet | ExportFormat::Csv);
    anyhow::ensure!(tabular || !arguments.samples, "--samples is a table: write it as .parquet or .csv");
    Ok(form)
}

fn table(arguments: &ResultsExport, measured: &[Measurement], store: &Store) -> anyhow::Result<frame::DataFrame> {
    if arguments.samples {
        return Ok(frame::samples(measured)?);
    }
    let published = store.published(&PublishedFilter::default())?;
    tell(published.warnings().iter());
    Ok(frame::results(measured, &published)?)
}

fn tell<'a>(warnings: impl Iterator<Item = &'a assay_service::store::Warning>) {
    warnings.for_each(|warning| eprintln!("warning: {warning}"));
}
