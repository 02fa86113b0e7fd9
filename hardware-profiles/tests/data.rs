//! Every figure and price of the catalogue equals a row of the data it was taken from, and no row was forgotten.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use assay_base::NumericFormat;
use assay_hardware_profiles::{
    Catalog, CostReference, Figure, HardwareKind, Offer, OfferKind, PriceUnit, Profile, Quote, Screening,
};
use jiff::civil::Date;

type Row = BTreeMap<String, String>;

/// The rows of a data file, or nothing (said on stderr) where the data is not at hand.
fn rows(name: &str) -> Option<Vec<Row>> {
    let path = PathBuf::from("../../shared/data").join(name);
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

/// Prices of prices.csv that are not in the catalogue; [`left_out`] has the reasons.
const LEFT_OUT_PRICES: usize = 12;

const COLUMNS: [(&str, OfferKind); 5] = [
    ("on_demand_per_h", OfferKind::OnDemand),
    ("spot_per_h", OfferKind::Spot),
    ("reserved_1y_per_h", OfferKind::Reserved1Y),
    ("reserved_3y_per_h", OfferKind::Reserved3Y),
    ("capacity_block_per_h", OfferKind::CapacityBlock),
];

/// Why a price of the data is not in the catalogue; every reason is listed here.
fn left_out(row: &Row, kind: OfferKind) -> Option<&'static str> {
    if row["accelerator"] == "CPU (unspecified)" {
        Some("what the processor is, is not said")
    } else if row["accelerator"] == "NVIDIA A100 PCIe" && row["instance_type"].contains("40GB") {
        Some("there is no specification of the 40 GB PCIe board")
    } else if row["accelerator"] == "TPU v6e"
        && kind == OfferKind::Spot
        && row["spot_per_h"] == row["reserved_1y_per_h"]
    {
        Some("equals the committed price of the same row: a column was mixed up")
    } else {
        None
    }
}

/// The region as the catalogue writes it: what the data adds to the provider's name of it stands in notes.
fn region(row: &Row) -> Option<&str> {
    let region = row["region"].trim_end_matches("(presumed)").trim_end_matches("(Local Zone)").trim();
    let region = match (row["provider"].as_str(), region) {
        ("AWS", "US East (Northern Virginia)") => "us-east-1",
        // A name AWS does not use; the quotes say so.
        ("AWS", "East US") => "",
        ("GCP", "Japan (asia-northeast1)") => "asia-northeast1",
        ("GCP", "Netherlands (europe-west4)") => "europe-west4",
        ("GCP", "Iowa (us-central1)") => "us-central1",
        (_, region) => region,
    };
    (!["", "n/a"].contains(&region)).then_some(region)
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
        && offer.region.as_deref() == region(row)
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
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        for (column, kind) in COLUMNS {
            if number(row, column).is_none() {
                continue;
            }
            if let Some(reason) = left_out(row, kind) {
                *reasons.entry(reason).or_default() += 1;
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
    eprintln!("{prices} prices are in the catalogue; left out: {reasons:?}");
    assert_eq!(reasons.values().sum::<usize>(), LEFT_OUT_PRICES);
    assert!(prices > 300 && quotes.len() > 300, "{prices} prices, {} quotes", quotes.len());
}

/// The quotes in a unit, with what they belong to.
fn quotes_per(catalog: &Catalog, per: &[PriceUnit]) -> Vec<(Profile, Offer, Quote)> {
    let mut found = Vec::new();
    for profile in catalog.iter() {
        for offer in &profile.offers {
            let wanted = offer.quotes.iter().filter(|quote| per.contains(&quote.per));
            found.extend(wanted.map(|quote| (profile.clone(), offer.clone(), quote.clone())));
        }
    }
    found
}

/// Words that name a product: those with a digit, without the vendor's way to write memory.
fn names_product(profile: &Profile, accelerator: &str) -> bool {
    let words = accelerator.split([' ', '-']).filter(|word| word.bytes().any(|byte| byte.is_ascii_digit()));
    let known = format!("{} {}", profile.name.replace(' ', ""), profile.name);
    words.into_iter().any(|word| known.contains(word)) || known.contains(&accelerator.replace(' ', ""))
}

/// Why a row of capex.csv is not in the catalogue.
fn capex_left_out(row: &Row) -> Option<&'static str> {
    if row["accelerator"].contains("MI300A") {
        Some("there is no specification of the MI300A")
    } else if row["item"] == "range of observations" {
        Some("computed from the other rows, which are in the catalogue")
    } else if row["accelerator"] == "Intel Habana Gaudi2" {
        Some("an eighth of the kit of eight, which is in the catalogue")
    } else if row["source"].starts_with("No source") {
        Some("repeats a row that has a source")
    } else {
        None
    }
}

#[test]
fn every_purchase_price_is_a_row_of_capex_csv_and_no_row_is_forgotten() {
    let Some(rows) = rows("capex.csv") else { return };
    let catalog = Catalog::builtin().unwrap();
    let quotes = quotes_per(&catalog, &[PriceUnit::Unit]);
    // Estimates and prices the press reported are references: nobody offered to sell at them.
    let references: Vec<_> = catalog
        .iter()
        .flat_map(|profile| profile.cost_references.iter().map(move |reference| (profile, reference)))
        .filter(|(_, reference)| reference.per == PriceUnit::Unit)
        .collect();
    let price = |row: &Row| number(row, "price_usd");
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for row in &rows {
        let same_day = |day: Date| {
            row["as_of"].parse::<Date>().map_or_else(|_| day.to_string().starts_with(&row["as_of"]), |d| d == day)
        };
        let is_quote = |(profile, _, quote): &(Profile, Offer, Quote)| {
            price(row) == Some(quote.price) && same_day(quote.as_of) && names_product(profile, &row["accelerator"])
        };
        let is_reference = |(profile, reference): &(&Profile, &CostReference)| {
            price(row) == Some(reference.price)
                && same_day(reference.as_of)
                && names_product(profile, &row["accelerator"])
        };
        let found = (0..quotes.len()).filter(|index| is_quote(&quotes[*index])).map(|index| ("quote", index));
        let named = (0..references.len()).filter(|index| is_reference(&references[*index]));
        let found: Vec<_> = found.chain(named.map(|index| ("reference", index))).collect();
        used.extend(found.iter().copied());
        match capex_left_out(row) {
            Some(reason) => *reasons.entry(reason).or_default() += 1,
            None => assert!(!found.is_empty(), "not in the catalogue: {row:?}"),
        }
    }
    eprintln!("left out: {reasons:?}");
    assert_eq!(used.len(), quotes.len() + references.len(), "a price of the catalogue has no row");
    assert_eq!(reasons.values().sum::<usize>(), 9);
}

/// The providers whose key in token_prices.csv is not their name in lower case.
const TOKEN_PROVIDERS: [(&str, &str); 11] = [
    ("azure_ai", "Azure AI"),
    ("bedrock", "Amazon Bedrock"),
    ("bedrock_converse", "Amazon Bedrock"),
    ("fireworks_ai", "Fireworks AI"),
    ("lambda_ai", "Lambda"),
    ("oci", "OCI"),
    ("together_ai", "Together AI"),
    ("vertex_ai-llama_models", "Google Vertex AI"),
    ("watsonx", "IBM watsonx"),
    ("deepinfra", "DeepInfra"),
    ("nebius", "Nebius"),
];

#[test]
fn every_token_price_is_a_row_of_token_prices_csv_and_no_row_is_forgotten() {
    let Some(rows) = rows("token_prices.csv") else { return };
    let catalog = Catalog::builtin().unwrap();
    let columns = [
        (PriceUnit::MillionInputTokens, "input_usd_per_1m_tokens"),
        (PriceUnit::MillionCachedInputTokens, "cached_input_usd_per_1m_tokens"),
        (PriceUnit::MillionOutputTokens, "output_usd_per_1m_tokens"),
    ];
    let quotes = quotes_per(&catalog, &columns.map(|(per, _)| per));
    let mut used = 0;
    for row in &rows {
        let key = row["model_key"].as_str();
        let known = TOKEN_PROVIDERS.iter().find(|(provider, _)| row["provider"] == *provider);
        let provider = known.map_or_else(|| row["provider"].clone(), |(_, name)| (*name).to_owned());
        for (per, column) in columns {
            let found = quotes.iter().any(|(_, offer, quote)| {
                let model = offer.model.as_deref().unwrap();
                offer.unit.as_deref().unwrap_or(&format!("{}/{model}", row["provider"])) == key
                    && offer.provider.eq_ignore_ascii_case(&provider)
                    && key.ends_with(model)
                    && quote.per == per
                    && number(row, column) == Some(quote.price)
                    && offer.available_until.map(|day| day.to_string()).unwrap_or_default() == row["deprecation_date"]
            });
            // Zero and blank are unknown: one model is listed at 0.0 in both directions.
            let expected = number(row, column).is_some_and(|price| price > 0.0);
            assert_eq!(found, expected, "{key} {column}");
            used += usize::from(found);
        }
    }
    assert_eq!(used, quotes.len(), "a price of the catalogue has no row");
}

#[test]
fn every_modelled_cost_is_a_row_of_tco_reference_csv_and_no_row_is_forgotten() {
    let Some(rows) = rows("tco_reference.csv") else { return };
    let catalog = Catalog::builtin().unwrap();
    let mut count = 0;
    for profile in catalog.iter() {
        for reference in profile.cost_references.iter().filter(|reference| reference.per == PriceUnit::Hour) {
            let found = rows.iter().any(|row| {
                row["basis"] == reference.basis
                    && number(row, "usd_per_gpu_h") == Some(reference.price)
                    && row["as_of"] == reference.as_of.to_string()
                    && profile
                        .name
                        .split(' ')
                        .any(|word| word == row["accelerator"] || profile.name.ends_with(&row["accelerator"]))
            });
            assert!(found, "{} {}", profile.id, reference.basis);
            count += 1;
        }
    }
    assert_eq!(count, rows.len());
}

#[test]
fn every_export_control_figure_is_a_row_of_export_control_tpp_csv_and_no_row_is_forgotten() {
    let Some(rows) = rows("export_control_tpp.csv") else { return };
    let catalog = Catalog::builtin().unwrap();
    let controlled = catalog.iter().filter(|profile| profile.export_control.is_some()).count();
    assert_eq!(controlled, rows.len());
    for row in &rows {
        let profile =
            catalog.iter().find(|profile| profile.vendor == row["vendor"] && profile.name == row["name"]).unwrap();
        let control = profile.export_control.as_ref().unwrap();
        let id = &profile.id;
        assert_eq!(Some(control.total_processing_performance.value), number(row, "tpp_from_dense_peak"), "{id}");
        assert!(row["limiting_precision"].starts_with(control.limiting_format.label()), "{id}");
        // No die area is in the data, so no density may be.
        assert_eq!(control.performance_density, None, "{id}");
        let band = match control.screening() {
            Screening::Met => "TPP>=4800",
            Screening::DensityDecides => "TPP 1600-4799",
            Screening::NotMet => "below 1600",
        };
        assert!(row["numeric_band"].starts_with(band), "{id}: {}", row["numeric_band"]);
    }
}

/// The notes on migration, as (profiles, facts that must be told of each).
#[test]
fn what_is_known_of_moving_is_told_of_each_family() {
    let catalog = Catalog::builtin().unwrap();
    let expected: [(&[&str], &[&str]); 8] = [
        (
            &["aws-trainium1", "aws-trainium2", "aws-trainium3"],
            &["neuronx-cc", "NEFF", "physical memory", "PyTorch/XLA"],
        ),
        (&["aws-inferentia2"], &["list-operators", "NKI kernels", "TensorFlow"]),
        (&["google-tpu-v5e", "google-tpu-v5p", "google-tpu-v6e", "google-tpu-v7"], &["TorchTPU", "nonzero", "Pallas"]),
        (&["amd-mi300x", "amd-mi325x"], &["FNUZ", "opset 19", "rescaling"]),
        (&["amd-mi355x"], &["MXFP4"]),
        (&["intel-gaudi2", "intel-gaudi3"], &["optimum-habana", "container", "resale"]),
        (&["groq-lpu"], &["groqit", "230 MB", "OpenAI-compatible"]),
        (&["cpu-xeon-6980p"], &["OpenVINO", "gptj-99"]),
    ];
    for (ids, words) in expected {
        for id in ids {
            let facts = catalog.get(id).unwrap().portability();
            assert!(facts.iter().all(|fact| fact.provenance.is_some()), "{id}");
            for word in words {
                let told = facts.iter().any(|fact| {
                    fact.text.contains(word) || fact.subject.as_deref().is_some_and(|subject| subject.contains(word))
                });
                assert!(told, "{id}: {word}");
            }
        }
    }
}
