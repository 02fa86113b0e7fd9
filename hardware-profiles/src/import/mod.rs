//! Prices from files of others: SkyPilot catalogues and FOCUS billing exports become dated quotes of the user's own
//! profiles.
//!
//! [`read`] turns a file into [`Observation`]s and lists every row it could not use, with the reason. [`book::enter`]
//! writes the observations into the folder of user profiles, as new quotes where a price changed.

pub mod book;
mod edit;
mod focus;
mod names;
mod skypilot;
mod table;

use std::path::{Path, PathBuf};

use assay_base::Currency;
use jiff::civil::Date;
use serde::Serialize;

use crate::catalog::{Catalog, CatalogError};
use crate::offer::OfferKind;
use crate::source::Source;
use table::Table;

/// The term of a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// One year.
    OneYear,
    /// Three years.
    ThreeYears,
}

/// What the files do not say themselves, and which rows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Who sells, for a SkyPilot catalogue whose folder does not say.
    pub provider: Option<String>,
    /// The day on which the prices of a SkyPilot catalogue held; it says none itself.
    pub as_of: Option<Date>,
    /// The day the file was last changed, which stands in for `as_of`.
    pub file_date: Option<Date>,
    /// The term of committed charges in a billing export that does not say.
    pub term: Option<Term>,
    /// Only these regions; all when empty.
    pub regions: Vec<String>,
    /// Only these profiles; all when empty.
    pub profiles: Vec<String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A catalogue of SkyPilot's: a row for each instance type and zone.
    SkyPilot,
    /// A billing export in the FinOps Open Cost and Usage Specification, 1.0 or later.
    Focus,
}

impl FileKind {
    /// The name used in messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::SkyPilot => "SkyPilot catalogue",
            Self::Focus => "FOCUS billing export",
        }
    }
}

/// A price of one unit an hour that a file shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observation {
    /// The id of the profile.
    pub profile: String,
    /// Who sells.
    pub provider: String,
    /// How one pays.
    pub kind: OfferKind,
    /// The instance type.
    pub unit: String,
    /// How many accelerators it holds; absent where that has no meaning (a CPU server) or the bill does not say.
    pub accelerators: Option<u32>,
    /// Its virtual CPUs.
    pub vcpu: Option<u32>,
    /// Its memory in GiB.
    pub memory_gib: Option<f64>,
    /// The region.
    pub region: Option<String>,
    /// The price of one unit for an hour.
    pub price: f64,
    /// Its currency.
    pub currency: Currency,
    /// The day it held.
    pub as_of: Date,
    /// How it was derived from the rows.
    pub note: Option<String>,
    /// The first line of the file that shows it.
    pub line: u64,
}

/// A row, or a price of a row, that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Its line in the file.
    pub line: u64,
    /// Why, in words that many rows share.
    pub reason: String,
    /// What this row has.
    pub detail: Option<String>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The file.
    pub file: PathBuf,
    /// What it is.
    pub kind: FileKind,
    /// The key under which its source is entered in profiles.
    pub source_key: String,
    /// Its source.
    pub source: Source,
    /// Rows below the header.
    pub rows: usize,
    /// Rows left out because of [`Options::regions`] or [`Options::profiles`].
    pub not_wanted: usize,
    /// The prices.
    pub observations: Vec<Observation>,
    /// What could not be used.
    pub refused: Vec<Refusal>,
}

/// A file cannot be imported as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The header is not that of a known kind of file.
    #[error(
        "{}:1: neither a SkyPilot catalogue (InstanceType, AcceleratorName, Price, Region) nor a FOCUS export (ChargeCategory, BillingCurrency, EffectiveCost): the header is {header}", file.display()
    )]
    Unknown {
        /// The file.
        file: PathBuf,
        /// The first columns it has.
        header: String,
    },
    /// Something the file does not say has to be said.
    #[error("{}: {message}", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// What, and how to say it.
        message: String,
    },
    /// The user's profiles cannot be loaded.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A profile cannot be changed or written.
    #[error("{}: {message}", file.display())]
    Write {
        /// The profile's file.
        file: PathBuf,
        /// Why and what to do.
        message: String,
    },
}

/// Reads a file; `catalog` says which instance types and accelerators are known.
///
/// # Errors
/// When the file cannot be read, is of no known kind, or lacks what [`Options`] can say.
pub fn read_file(file: &Path, catalog: &Catalog, options: &Options) -> Result<Reading, ImportError> {
    let unreadable = |source| ImportError::Unreadable { file: file.to_owned(), source };
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let modified = std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    let file_date = modified
        .and_then(|time| jiff::Timestamp::try_from(time).ok())
        .map(|time| time.to_zoned(jiff::tz::TimeZone::UTC).date());
    read(&bytes, file, catalog, &Options { file_date: options.file_date.or(file_date), ..options.clone() })
}

/// Reads the content of a file; `file` names it and, by its folder, the provider of a SkyPilot catalogue.
///
/// # Errors
/// As [`read_file`].
pub fn read(bytes: &[u8], file: &Path, catalog: &Catalog, options: &Options) -> Result<Reading, ImportError> {
    let table = Table::new(bytes);
    if table.has(&["ChargeCategory", "BillingCurrency"]) {
        focus::read(&table, file, catalog, options)
    } else if table.has(&["InstanceType", "AcceleratorName", "Price", "Region"]) {
        skypilot::read(&table, file, catalog, options)
    } else {
        Err(ImportError::Unknown { file: file.to_owned(), header: table.header_start() })
    }
}

/// Whether a price can be one: what stands for "unknown" in price lists is no price.
fn price(text: &str) -> Result<f64, &'static str> {
    let value: f64 = text.trim().parse().map_err(|_| "the price is not a number")?;
    match value {
        _ if !value.is_finite() => Err("the price is not a number"),
        0.0 => Err("the price is zero, which stands for unknown"),
        _ if value < 0.0 => Err("the price is negative"),
        _ => Ok(value),
    }
}

/// A price to nine significant digits, so that sums of a bill do not carry the noise of binary fractions.
fn rounded(value: f64) -> f64 {
    format!("{value:.8e}").parse().unwrap_or(value)
}

/// The middle of prices, with a note on their spread when there are several.
fn median(mut prices: Vec<f64>, of: &str) -> Option<(f64, Option<String>)> {
    prices.sort_by(f64::total_cmp);
    let (low, high) = (*prices.first()?, *prices.last()?);
    let upper = *prices.get(prices.len() / 2)?;
    let lower = *prices.get((prices.len() - 1) / 2)?;
    let note = (high > low).then(|| format!("median of {} {of}, {low} to {high}", prices.len()));
    Some((rounded(f64::midpoint(lower, upper)), note))
}

/// A key for `sources` made of words: lower case, digits and hyphens.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_matches(['-', '.']).to_owned()
}

/// The file's own name, without folders: those may tell more of the user than a profile should.
fn file_name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
