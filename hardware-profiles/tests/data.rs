//! Every figure and price of the catalogue equals a row of the data it was taken from, and no row was forgotten.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use assay_base::NumericFormat;
use assay_hardware_profiles::{Catalog, Figure, HardwareKind, Offer, OfferKind, PriceUnit, Profile, Quote};
use jiff::civil::Date;

type Row = BTreeMap<String, String>;

/// The rows of a data file, or nothing (said on stderr) where the data is not at hand.
fn rows(name: &str) -> Option<Vec<Row>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    // Some rows have a comma too many after the price columns; what is compared here stands before it.
    let row =
        |record: csv::StringRecord| header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect();
    Some(reader.records().map(|record| row(record.unwrap())).collect())
}

fn number(row: &Row, column: &str) -> Option<f64> {
    let text = row[column].as_str();
    (!text.is_empty()).then(|| text.parse().unwrap())
}

#[test]
fn every_specification_is_that_of_specs_csv() {
    let Some(rows) = rows("specs.csv") else { return };
    let catalog = Catalog::builtin().unwrap();
    let mut compared = 0;
    let mut specified = BTreeSet::new();
    for row in rows.iter().filter(|row| row["vendor"] != "(custom)") {
        let profile = catalog.iter().find(|profile| profile.vendor == row["vendor"] && profile.name == row["name"]);
        let profile = profile.unwrap_or_else(|| panic!("no profile for {} {}", row["vendor"], row["name"]));
        specified.insert(profile.id.clone());
        assert_eq!(profile.architecture.as_deref().unwrap_or_default(), row["architecture"], "{}", profile.id);
        assert_eq!(profile.year.map(f64::from), number(row, "year"), "{}", profile.id);
        let link = profile.interconnect.as_ref().and_then(|link| link.bandwidth_gb_per_sec.as_ref());
        let mut pairs: Vec<(&str, Option<&Figure>)> = vec![
            ("memory_gb", profile.memory_gb.as_ref().or(profile.memory_gib.as_ref())),
            ("mem_bw_gbps", profile.memory_bandwidth_gb_per_sec.as_ref()),
            ("tdp_w", profile.tdp_watts.as_ref()),
            ("interconnect_gbps", link),
        ];
        let column = |format: NumericFormat| match format {
            NumericFormat::Int8 => "int8_tops".to_owned(),
            other => format!("{other}_tflops"),
        };
        let columns: Vec<_> = NumericFormat::ALL.into_iter().map(|format| (format, column(format))).collect();
        pairs.extend(columns.iter().map(|(format, column)| (column.as_str(), profile.peak_tflops.get(format))));
        for (column, figure) in pairs {
            assert_eq!(figure.map(|figure| figure.value), number(row, column), "{} {column}", profile.id);
            compared += usize::from(figure.is_some());
        }
    }
    for profile in catalog.iter().filter(|profile| !specified.contains(&profile.id)) {
        assert!(profile.specifications().is_empty(), "{} has figures and no row", profile.id);
    }
    assert!(compared > 350, "{compared}");
}

const COLUMNS: [(&str, OfferKind); 5] = [
    ("on_demand_per_h", OfferKind::OnDemand),
    ("spot_per_h", OfferKind::Spot),
    ("reserved_1y_per_h", OfferKind::Reserved1Y),
    ("reserved_3y_per_h", OfferKind::Reserved3Y),
    ("capacity_block_per_h", OfferKind::CapacityBlock),
];

/// Why a price of the data is not in the catalogue.
fn left_out(row: &Row, kind: OfferKind) -> bool {
    // What the processor is, is not said.
    row["accelerator"] == "CPU (unspecified)"
        // There is no specification of the 40 GB PCIe board.
        || (row["accelerator"] == "NVIDIA A100 PCIe" && row["instance_type"].contains("40GB"))
        // Equals the committed price of the same row: a column was mixed up.
        || (row["accelerator"] == "TPU v6e" && kind == OfferKind::Spot && row["spot_per_h"] == row["reserved_1y_per_h"])
}

/// Whether the row, read as a price of this kind, is what the quote was taken from.
fn is_origin(row: &Row, column: &str, kind: OfferKind, profile: &Profile, offer: &Offer, quote: &Quote) -> bool {
    let unit = row["instance_type"].as_str();
    // These name no instance: an hour of one chip is rented.
    let by_chip = unit.contains("per chip-hour") || unit.contains("(1 chip)") || unit.starts_with("MI355X");
    let dated = row["as_of"].parse::<Date>().ok();
    // The block prices stand on a page read later than the list beside it, on the day its text states.
    let same_day = kind == OfferKind::CapacityBlock || dated.is_none_or(|day| day == quote.as_of);
    // At least one word with a digit, such as H100 or v5e, is that of the profile.
    let words = row["accelerator"].split([' ', '-']).filter(|word| word.bytes().any(|byte| byte.is_ascii_digit()));
    let same_product =
        row["accelerator"].starts_with("CPU") || words.into_iter().any(|word| profile.name.contains(word));
    offer.kind == kind
        && offer.provider == row["provider"]
        && number(row, column) == Some(quote.price)
        && quote.currency.code() == row["currency"]
        && (by_chip || offer.unit.as_deref() == Some(unit))
        && (profile.kind == HardwareKind::Cpu || offer.accelerators.map(f64::from) == number(row, "accelerator_count"))
        && (offer.vcpu.is_none() || number(row, "vcpu").is_none_or(|vcpu| offer.vcpu.map(f64::from) == Some(vcpu)))
        && same_day
        && same_product
}

#[test]
fn every_hourly_price_is_a_row_of_prices_csv_and_no_row_is_forgotten() {
    let Some(rows) = rows("prices.csv") else { return };
    let catalog = Catalog::builtin().unwrap();
    let mut missing: Vec<(&Profile, &Offer, &Quote)> = Vec::new();
    for profile in catalog.iter() {
        for offer in &profile.offers {
            missing.extend(
                offer.quotes.iter().filter(|quote| quote.per == PriceUnit::Hour).map(|quote| (profile, offer, quote)),
            );
        }
    }
    let quotes = missing.clone();
    let mut prices = 0;
    for row in &rows {
        for (column, kind) in COLUMNS {
            if number(row, column).is_none() || left_out(row, kind) {
                continue;
            }
            prices += 1;
            let matches = |(profile, offer, quote): &(&Profile, &Offer, &Quote)| {
                is_origin(row, column, kind, profile, offer, quote)
            };
            assert!(quotes.iter().any(matches), "not in the catalogue: {kind} of {row:?}");
            missing.retain(|entry| !matches(entry));
        }
    }
    let strays: Vec<_> = missing.iter().map(|(profile, offer, quote)| (&profile.id, &offer.id, quote.price)).collect();
    assert!(strays.is_empty(), "no row of the data has these prices: {strays:?}");
    assert!(prices > 300 && quotes.len() > 300, "{prices} prices, {} quotes", quotes.len());
}

#[test]
fn every_purchase_token_price_and_reference_is_a_row_of_the_data() {
    let (Some(capex), Some(tokens), Some(modelled)) =
        (rows("capex.csv"), rows("token_prices.csv"), rows("tco_reference.csv"))
    else {
        return;
    };
    let catalog = Catalog::builtin().unwrap();
    for profile in catalog.iter() {
        for offer in &profile.offers {
            for quote in &offer.quotes {
                let column = match quote.per {
                    PriceUnit::MillionInputTokens => "input_usd_per_1m_tokens",
                    PriceUnit::MillionCachedInputTokens => "cached_input_usd_per_1m_tokens",
                    PriceUnit::MillionOutputTokens => "output_usd_per_1m_tokens",
                    PriceUnit::Unit => {
                        assert!(capex.iter().any(|row| number(row, "price_usd") == Some(quote.price)), "{}", offer.id);
                        continue;
                    }
                    _ => continue,
                };
                let key = format!("{}/{}", offer.provider.to_lowercase(), offer.model.as_deref().unwrap());
                let row = tokens.iter().find(|row| row["model_key"] == key).unwrap();
                assert_eq!(number(row, column), Some(quote.price), "{}", offer.id);
                let until = offer.available_until.map(|day| day.to_string()).unwrap_or_default();
                assert_eq!(until, row["deprecation_date"], "{}", offer.id);
            }
        }
        for reference in &profile.cost_references {
            let found = match reference.per {
                PriceUnit::Hour => modelled.iter().any(|row| {
                    row["basis"] == reference.basis
                        && number(row, "usd_per_gpu_h") == Some(reference.price)
                        && profile
                            .name
                            .split(' ')
                            .any(|word| word == row["accelerator"] || profile.name.ends_with(&row["accelerator"]))
                }),
                _ => capex.iter().any(|row| number(row, "price_usd") == Some(reference.price)),
            };
            assert!(found, "{} {}", profile.id, reference.basis);
        }
    }
    let references: usize =
        catalog.iter().flat_map(|profile| &profile.cost_references).filter(|r| r.per == PriceUnit::Hour).count();
    assert_eq!(references, modelled.len());
}
