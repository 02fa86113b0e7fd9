//! SkyPilot's catalogues: `vms.csv` with a row for each instance type and zone.
//!
//! What the files do not say: prices are in USD; there is no date; the folder is the provider. Traps: `700.0` stands
//! for the unknown price of a TPU; an empty price is an instance that is not sold that way; a spot price equal to the
//! on-demand one is a zone without spot capacity; rows of GCP price a GPU machine without its GPUs, and the GPUs
//! without a machine; a TPU's row names a whole slice; the memory in `GpuInfo` is wrong for Trainium2.

use std::collections::BTreeMap;
use std::path::Path;

use assay_base::{Currency, Evidence};

use super::names::{self, Names};
use super::table::{Row, Table, whole};
use super::{FileKind, ImportError, Observation, Options, Reading, Refusal, file_name, median, price, slug};
use crate::catalog::Catalog;
use crate::offer::OfferKind;
use crate::profile::{HardwareKind, Profile};
use crate::source::{Confidence, Source};

/// What stands in the catalogue of GCP where the price of a TPU is not known.
const UNKNOWN_TPU_PRICE: f64 = 700.0;

/// How TPU slices are named, and how many of the counted things make a chip: up to v4 and in v5p cores are counted,
/// of which a chip has two, in the others chips.
const TPU_SLICES: [(&str, u32); 7] = [
    ("tpu-v2-", 2),
    ("tpu-v3-", 2),
    ("tpu-v4-", 2),
    ("tpu-v5p-", 2),
    ("tpu-v5litepod-", 1),
    ("tpu-v5e-", 1),
    ("tpu-v6e-", 1),
];

/// An instance type in a region, with the prices of its zones.
struct Unit {
    profile: String,
    accelerators: Option<u32>,
    vcpu: Option<u32>,
    memory_gib: Option<f64>,
    line: u64,
    on_demand: Vec<f64>,
    spot: Vec<f64>,
}

pub(super) fn read(
    table: &Table<'_>,
    file: &Path,
    catalog: &Catalog,
    options: &Options,
) -> Result<Reading, ImportError> {
    let missing = |message: &str| ImportError::Missing { file: file.to_owned(), message: message.to_owned() };
    let folder = file.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let provider = match &options.provider {
        Some(name) => names::provider(name).map_or_else(|| name.clone(), str::to_owned),
        None => folder
            .as_deref()
            .and_then(names::provider)
            .map(str::to_owned)
            .ok_or_else(|| missing("the folder does not say whose catalogue this is; say --provider NAME"))?,
    };
    let as_of = options
        .as_of
        .or(options.file_date)
        .ok_or_else(|| missing("a SkyPilot catalogue has no date; say --as-of YYYY-MM-DD"))?;
    let names = Names::new(catalog);
    let mut reading = Reading {
        file: file.to_owned(),
        kind: FileKind::SkyPilot,
        source_key: format!("skypilot-{}-{as_of}", slug(&provider)),
        source: Source {
            title: format!("SkyPilot catalogue of {provider}, file {}", file_name(file)),
            url: Some("https://github.com/skypilot-org/skypilot-catalog".to_owned()),
            evidence: Evidence::Published,
            as_of: Some(as_of),
            as_of_text: options.as_of.is_none().then(|| "the day on which the file was last changed".to_owned()),
            confidence: if options.as_of.is_some() { Confidence::High } else { Confidence::Medium },
            note: None,
        },
        rows: 0,
        not_wanted: 0,
        observations: Vec::new(),
        refused: Vec::new(),
    };
    let mut units: BTreeMap<(String, String), Unit> = BTreeMap::new();
    for row in table.rows() {
        reading.rows += 1;
        let Err(reason) = take(&row, &provider, &names, options, &mut units, &mut reading) else { continue };
        let detail = row.get("InstanceType").or_else(|| row.get("AcceleratorName"));
        reading.refused.push(Refusal { line: row.line, reason, detail });
    }
    for ((unit, region), found) in units {
        for (kind, prices) in [(OfferKind::OnDemand, found.on_demand), (OfferKind::Spot, found.spot)] {
            let Some((price, note)) = median(prices, "zones") else { continue };
            reading.observations.push(Observation {
                profile: found.profile.clone(),
                provider: provider.clone(),
                kind,
                unit: unit.clone(),
                accelerators: found.accelerators,
                vcpu: found.vcpu,
                memory_gib: found.memory_gib,
                region: Some(region.clone()),
                price,
                currency: Currency::USD,
                as_of,
                note,
                line: found.line,
            });
        }
    }
    Ok(reading)
}

/// Enters the prices of a row into `units`; a price that is none is refused by itself.
///
/// # Errors
/// Why the whole row cannot be used.
fn take(
    row: &Row<'_>,
    provider: &str,
    names: &Names<'_>,
    options: &Options,
    units: &mut BTreeMap<(String, String), Unit>,
    reading: &mut Reading,
) -> Result<(), String> {
    let accelerator = row.get("AcceleratorName");
    let slice = accelerator.as_deref().filter(|name| name.to_lowercase().starts_with("tpu"));
    let instance = row.get("InstanceType").filter(|name| name != "TPU-VM");
    let unit = match (&instance, slice) {
        (_, Some(slice)) => slice.to_owned(),
        (Some(instance), None) => instance.clone(),
        (None, None) => return Err("an accelerator without its machine; the price of the whole is not told".into()),
    };
    if accelerator.is_none() && names.unit(provider, &unit).is_none() {
        return Err("names no accelerator, and no profile has an offer of this instance type".into());
    }
    let region = row.get("Region").ok_or("names no region")?;
    let profile = names.profile(provider, Some(&unit), accelerator.as_deref(), memory_gib(row))?;
    // GCP's rows of GPU machines name none because the GPUs are priced apart.
    if accelerator.is_none() && profile.kind != HardwareKind::Cpu {
        return Err("a machine without its accelerators; the price of the whole is not told".into());
    }
    let wanted = |list: &[String], value: &str| list.is_empty() || list.iter().any(|item| item == value);
    if !wanted(&options.regions, &region) || !wanted(&options.profiles, &profile.id) {
        reading.not_wanted += 1;
        return Ok(());
    }
    let accelerators = accelerators(row, slice, profile, names.unit(provider, &unit).and_then(|u| u.1.accelerators))?;
    let mut refuse = |reason: String| {
        reading.refused.push(Refusal { line: row.line, reason, detail: Some(unit.clone()) });
    };
    let mut number = |column: &str, name: &str| -> Option<f64> {
        let text = row.get(column)?;
        match price(&text) {
            Ok(value) if slice.is_some() && value == UNKNOWN_TPU_PRICE => {
                refuse(format!("the {name} price is 700, which stands for unknown"));
                None
            }
            Ok(value) => Some(value),
            Err(reason) => {
                refuse(format!("{name}: {reason}"));
                None
            }
        }
    };
    let on_demand = number("Price", "on-demand");
    let mut spot = number("SpotPrice", "spot");
    if let (Some(listed), Some(bid)) = (on_demand, spot)
        && bid >= listed
    {
        spot = None;
        let reason = if bid == listed {
            "the spot price equals the on-demand price: no spot capacity in this zone"
        } else {
            "the spot price is above the on-demand price"
        };
        refuse(reason.to_owned());
    }
    if row.get("Price").is_none() && row.get("SpotPrice").is_none() {
        return Err("has no price: it is not sold in this zone".into());
    }
    let entry = units.entry((unit, region)).or_insert_with(|| Unit {
        profile: profile.id.clone(),
        accelerators,
        vcpu: row.count("vCPUs"),
        memory_gib: row.number("MemoryGiB").filter(|gib| *gib > 0.0),
        line: row.line,
        on_demand: Vec::new(),
        spot: Vec::new(),
    });
    if entry.accelerators != accelerators || entry.profile != profile.id {
        return Err("another row gives this instance type other accelerators".into());
    }
    entry.on_demand.extend(on_demand);
    entry.spot.extend(spot);
    Ok(())
}

/// How many accelerators the row's unit holds.
fn accelerators(
    row: &Row<'_>,
    slice: Option<&str>,
    profile: &Profile,
    known: Option<u32>,
) -> Result<Option<u32>, String> {
    if let Some(slice) = slice {
        let slice = slice.to_lowercase();
        let counted = TPU_SLICES.iter().find_map(|(prefix, by)| Some((slice.strip_prefix(prefix)?, by)));
        let chips = counted.and_then(|(number, by)| whole(number.parse::<f64>().ok()? / f64::from(*by)));
        return chips.map(Some).ok_or_else(|| "it is not known how many chips this slice holds".into());
    }
    if profile.kind == HardwareKind::Cpu {
        return Ok(known);
    }
    row.count("AcceleratorCount")
        .map(Some)
        .ok_or_else(|| "does not say how many whole accelerators the instance holds".into())
}

/// Memory of one accelerator in GiB, from `GpuInfo`, which is written like a Python dictionary.
fn memory_gib(row: &Row<'_>) -> Option<f64> {
    let info = row.get("GpuInfo")?;
    let (_, after) = info.split_once("SizeInMiB")?;
    let digits: String =
        after.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.parse().ok().map(|mib: f64| mib / 1024.0).filter(|gib| *gib > 0.0)
}
