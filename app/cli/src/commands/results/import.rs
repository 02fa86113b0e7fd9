//! `assay results import`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use assay_base::format;
use assay_service::store::Store;
use assay_service::store::importers::{Kind, PriceList, SystemDescription};
use assay_service::store::published::{ImportRequest, PublishedImport, Stated};
use serde_json::{Value, json};

use crate::args::{Format, ResultsImport};
use crate::output::{self, number, text};
use crate::{Verdict, place};

/// Rows set aside that are told one by one; `results list --quarantined` has all.
const TOLD: usize = 20;

pub fn run(arguments: &ResultsImport) -> anyhow::Result<Verdict> {
    let prices = arguments.prices.as_deref().map(read_prices).transpose()?;
    let kinds = kinds(arguments.kind.as_deref())?;
    let folder = place::open_or_create(arguments.study.as_deref())?;
    let mut importing =
        Importing { store: Store::open(&folder), prices, rows: Vec::new(), priced: Vec::new(), whole: true };
    let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) = arguments.from.iter().partition(|path| path.is_dir());
    for from in folders {
        importing.study(from)?;
    }
    let (systems, files) = systems(files)?;
    let mut request = ImportRequest {
        kinds,
        stated: Stated {
            accelerator: arguments.accelerator.clone(),
            accelerators: arguments.accelerators,
            ..Stated::default()
        },
        publisher: arguments.publisher.clone(),
        licence: arguments.licence.clone(),
    };
    // A description of a system is there for the logs it was named with.
    if let Some(system) = systems {
        request.stated = request.stated.or(Stated::of_system(system));
    }
    let mut failures = Vec::new();
    for file in files {
        if let Err(error) = importing.file(file, &request) {
            failures.push(error);
        }
    }
    importing.print(arguments.format)?;
    // The others were taken in; the last word is the first failure.
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else { return Ok(if importing.whole { Verdict::Yes } else { Verdict::No }) };
    failures.for_each(|error| eprintln!("error: {error:#}"));
    Err(first)
}

fn kinds(word: Option<&str>) -> anyhow::Result<Vec<Kind>> {
    let Some(word) = word else { return Ok(Vec::new()) };
    let kinds = Kind::named(word);
    let known = || Kind::ALL.map(Kind::label).join(", ");
    anyhow::ensure!(!kinds.is_empty(), "`{word}` is no kind of file; there are {}", known());
    Ok(kinds)
}

fn read_prices(path: &Path) -> anyhow::Result<PriceList> {
    let bytes = std::fs::read(path).with_context(|| format!("{}: cannot read the prices", path.display()))?;
    PriceList::read(&bytes).with_context(|| path.display().to_string())
}

/// The one description of a system among the files, and the other files.
fn systems(files: Vec<&PathBuf>) -> anyhow::Result<(Option<SystemDescription>, Vec<&PathBuf>)> {
    let (mut found, mut others): (Option<SystemDescription>, Vec<&PathBuf>) = (None, Vec::new());
    for path in files {
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        let described =
            is_json.then(|| std::fs::read(path).ok()).flatten().and_then(|bytes| SystemDescription::read(&bytes));
        match described {
            None => others.push(path),
            Some(_) if found.is_some() => {
                anyhow::bail!("{}: a second description of a system; import each with its own logs", path.display())
            }
            Some(read) => {
                let read = read.map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))?;
                found = Some(read);
            }
        }
    }
    anyhow::ensure!(
        found.is_none() || !others.is_empty(),
        "a description of a system is no result; name its logs, too"
    );
    Ok((found, others))
}

/// What is being taken in.
struct Importing {
    store: Store,
    prices: Option<PriceList>,
    /// A line a file.
    rows: Vec<Value>,
    /// A line a result, where there are prices.
    priced: Vec<Value>,
    /// Whether every file gave something and was read to its end.
    whole: bool,
}

impl Importing {
    fn study(&mut self, from: &Path) -> anyhow::Result<()> {
        let report = self.store.import(from)?;
        report.rejected.iter().for_each(|rejection| eprintln!("not taken: {rejection}"));
        self.whole &= report.rejected.is_empty();
        self.rows.push(json!({
            "from": from, "kind": "study", "added": report.added.len(), "duplicates": report.duplicates.len(),
            "rejected": report.rejected.len(), "quarantined": 0,
        }));
        Ok(())
    }

    fn file(&mut self, file: &Path, request: &ImportRequest) -> anyhow::Result<()> {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (prices, priced) = (&self.prices, &mut self.priced);
        let report = self.store.import_published(file, request, &mut |result| {
            let Some(prices) = prices else { return };
            let throughput = result.throughput.as_ref();
            let price = prices.price(result);
            priced.push(json!({
                "file": name,
                "model": result.model,
                "instance": result.system,
                "throughput": throughput.map(|t| t.value),
                "unit": throughput.map(|t| &t.unit),
                "price_per_hour": price.map(|(rate, _)| rate.amount),
                "price_basis": price.map(|_| prices.basis()),
                "cost_per_1m": price.map(|(_, cost)| cost.amount),
            }));
        })?;
        self.tell(file, &report);
        Ok(())
    }

    fn tell(&mut self, file: &Path, report: &PublishedImport) {
        for row in report.quarantined.iter().take(TOLD) {
            eprintln!("set aside: {}:{}: {}", file.display(), row.line, row.reason);
        }
        if let Some(more) = report.quarantined.len().checked_sub(TOLD).filter(|more| *more > 0) {
            eprintln!("set aside: {more} more of {}; `assay results list --quarantined` has all", file.display());
        }
        self.whole &= report.quarantined.is_empty() && report.added + report.duplicates > 0;
        self.rows.push(json!({
            "from": file, "kind": report.provenance.kind, "added": report.added, "duplicates": report.duplicates,
            "rejected": 0, "quarantined": report.quarantined.len(),
        }));
    }

    fn print(&self, print_format: Format) -> anyhow::Result<()> {
        if self.prices.is_some() {
            return self.print_priced(print_format);
        }
        let columns = [
            text("From"),
            text("Kind"),
            number("Added"),
            number("Already there"),
            number("Not taken"),
            number("Set aside"),
        ];
        let cell = |row: &Value, key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
        let keys = ["from", "kind", "added", "duplicates", "rejected", "quarantined"];
        output::data(print_format, &Value::Array(self.rows.clone()), &self.rows, &columns, || {
            self.rows.iter().map(|row| keys.map(|key| cell(row, key)).to_vec()).collect()
        })
    }

    fn print_priced(&self, print_format: Format) -> anyhow::Result<()> {
        let columns = [
            text("File"),
            text("Model"),
            text("Instance"),
            number("Throughput"),
            number("USD/h"),
            text("Price"),
            number("USD/1M"),
        ];
        let word = |row: &Value, key: &str| format::or_unknown(row[key].as_str(), str::to_owned);
        let amount =
            |row: &Value, key: &str| format::or_unknown(row[key].as_f64(), |value| format::significant(value, 4));
        output::data(print_format, &Value::Array(self.priced.clone()), &self.priced, &columns, || {
            let cells = |row: &Value| {
                let rate = row["throughput"].as_f64().zip(row["unit"].as_str());
                vec![
                    word(row, "file"),
                    word(row, "model"),
                    word(row, "instance"),
                    format::or_unknown(rate, |(value, unit)| format::throughput(value, unit)),
                    amount(row, "price_per_hour"),
                    word(row, "price_basis"),
                    amount(row, "cost_per_1m"),
                ]
            };
            self.priced.iter().map(cells).collect()
        })
    }
}
