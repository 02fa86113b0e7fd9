//! The built-in catalogue keeps its own rules, loads with an overlay, and answers prices by date.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use assay_base::{Evidence, NumericFormat};
use assay_hardware_profiles::check::check_all;
use assay_hardware_profiles::{
    Catalog, CatalogError, Confidence, Figure, HardwareKind, NoQuote, Origin, PriceUnit, PriceWarning, Profile, Source,
};
use jiff::civil::date;

const FOLDER: &str = "catalog";

fn builtin() -> Catalog {
    Catalog::builtin().unwrap()
}

#[test]
fn the_catalogue_has_no_findings_and_is_checked_within_a_second() {
    let start = std::time::Instant::now();
    let findings = check_all(None).unwrap();
    let secs = start.elapsed().as_secs_f64();
    assert!(findings.is_empty(), "{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>());
    eprintln!("checked in {secs:.3} s");
    assert!(secs < 1.0, "{secs} s");
}

#[test]
fn the_list_of_built_in_files_is_that_of_the_folder() {
    let files: BTreeSet<String> = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let loaded: BTreeSet<String> = builtin().iter().map(|profile| profile.id.clone()).collect();
    assert_eq!(loaded, files);
}

#[test]
fn every_figure_and_price_has_provenance() {
    for profile in builtin().iter() {
        let figures = usize::from(profile.memory_bytes().is_some())
            + usize::from(profile.memory_bandwidth_bytes_per_sec().is_some())
            + profile.peak_tflops.len()
            + usize::from(profile.tdp_watts().is_some())
            + usize::from(profile.interconnect_bytes_per_sec().is_some());
        let rows = profile.specifications();
        assert_eq!(rows.len(), figures, "{}", profile.id);
        assert!(rows.iter().all(|row| row.provenance.is_some()), "{}", profile.id);
        for quote in profile.offers.iter().flat_map(|offer| &offer.quotes) {
            assert!(profile.quote_provenance(quote).unwrap().as_of.is_some(), "{}", profile.id);
        }
    }
}

#[test]
fn accessors_answer_in_si() {
    let catalog = builtin();
    let h100 = catalog.get("nvidia-h100-sxm").unwrap();
    assert_eq!(h100.memory_bytes(), Some(80e9));
    assert_eq!(h100.memory_bandwidth_bytes_per_sec(), Some(3.35e12));
    assert_eq!(h100.peak_flops_per_sec(NumericFormat::Bf16), Some(989.4e12));
    assert_eq!(h100.peak_flops_per_sec(NumericFormat::Fp4), None);
    assert_eq!(h100.tdp_watts(), Some(700.0));
    assert_eq!(h100.interconnect_bytes_per_sec(), Some(900e9));
    assert_eq!(catalog.get("aws-trainium2").unwrap().memory_bytes(), Some(96.0 * 1024f64.powi(3)));
    assert_eq!(catalog.get("aws-inferentia2").unwrap().tdp_watts(), None);
    let rows = h100.specifications();
    let bandwidth = rows.iter().find(|row| row.name == "memory_bandwidth_bytes_per_sec").unwrap();
    assert_eq!((bandwidth.value, bandwidth.provenance.as_ref().unwrap().evidence), (3.35e12, Evidence::Vendor));
    assert_eq!(bandwidth.quantity.format(bandwidth.value), "3.35\u{a0}TB/s");
}

#[test]
fn the_quote_in_force_knows_its_age_and_drift() {
    let catalog = builtin();
    let lambda = catalog.get("nvidia-h100-sxm").unwrap().offer("lambda-gpu-8x-h100-sxm5-all-on-demand").unwrap();
    // 23.92 USD on 2025-12-11, 31.92 in the middle of 2026.
    let found = lambda.quote_in_force(date(2026, 1, 27)).unwrap();
    assert_eq!((found.quote.price, found.age_days, found.newest.price), (23.92, 47, 31.92));
    assert!((found.drift_fraction.unwrap() - (23.92 / 31.92 - 1.0)).abs() < 1e-12);
    assert_eq!(found.warnings().len(), 1);
    assert_eq!(found.warnings()[0].to_string(), "the price is 25\u{a0}% below the newest quote, of 2026-07-31");
    assert_eq!(lambda.per_accelerator(found.quote).unwrap().amount, 23.92 / 8.0);

    let late = lambda.quote_in_force(date(2026, 11, 21)).unwrap();
    assert_eq!((late.quote.price, late.drift_fraction), (31.92, Some(0.0)));
    assert_eq!(late.warnings(), [PriceWarning::Old { age_days: 113 }]);
    assert_eq!(lambda.quote_in_force(date(2026, 7, 31)).unwrap().warnings(), []);

    let early = lambda.quote_in_force(date(2025, 12, 10)).unwrap_err();
    assert!(matches!(early, NoQuote::AllLater { oldest, .. } if oldest == date(2025, 12, 11)), "{early}");
}

#[test]
fn token_offers_are_priced_by_direction_and_end() {
    let catalog = builtin();
    let groq = catalog.get("groq-lpu").unwrap();
    let offer = groq.offer("groq-openai-gpt-oss-120b-token-api").unwrap();
    let day = date(2026, 9, 1);
    assert!(matches!(offer.quote_in_force(day), Err(NoQuote::SeveralUnits { .. })));
    assert_eq!(offer.quote_in_force_per(PriceUnit::MillionOutputTokens, day).unwrap().quote.price, 0.6);
    assert_eq!(offer.per_accelerator(&offer.quotes[0]), None);
    let ended = groq.offer("groq-llama-guard-3-8b-token-api").unwrap();
    let reason = ended.quote_in_force_per(PriceUnit::MillionInputTokens, day).unwrap_err();
    assert!(matches!(reason, NoQuote::Ended { .. }), "{reason}");
}

#[test]
fn an_unknown_id_names_the_nearest() {
    let catalog = builtin();
    let error = catalog.require("nvidia-h100-smx").unwrap_err();
    assert!(error.to_string().ends_with("did you mean `nvidia-h100-sxm`?"), "{error}");
}

#[test]
fn an_overlay_replaces_adds_and_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let ours = "schema: assay/profile/1\nid: nvidia-l4\nvendor: NVIDIA\nname: Our L4\nkind: gpu\n";
    std::fs::write(folder.path().join("nvidia-l4.yaml"), ours).unwrap();
    std::fs::write(folder.path().join("acme-x.yaml"), ours.replace("nvidia-l4", "acme-x")).unwrap();
    std::fs::write(folder.path().join("README.md"), "not a profile").unwrap();
    let catalog = Catalog::load(Some(folder.path())).unwrap();
    assert_eq!(catalog.len(), builtin().len() + 1);
    assert_eq!(catalog.get("nvidia-l4").unwrap().name, "Our L4");
    assert!(matches!(catalog.origin("nvidia-l4"), Some(Origin::File(_))));
    assert_eq!(catalog.origin("nvidia-t4"), Some(&Origin::BuiltIn));
    assert!(check_all(Some(folder.path())).unwrap().is_empty());

    std::fs::write(folder.path().join("acme-x.yaml"), ours.replace("vendor", "vendro")).unwrap();
    let error = Catalog::load(Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("acme-x.yaml:3:1: error: ") && error.contains("did you mean `vendor`"), "{error}");
    assert!(matches!(Catalog::load(Some(&folder.path().join("none"))), Err(CatalogError::Folder { .. })));
}

#[test]
fn a_profile_made_in_code_is_written_and_read() {
    let mut profile = Profile::new("this-machine", "AMD", "EPYC", HardwareKind::Cpu);
    let source = Source {
        title: "measured by Assay".to_owned(),
        url: None,
        evidence: Evidence::Measured,
        as_of: Some(date(2026, 11, 21)),
        as_of_text: None,
        confidence: Confidence::High,
        note: None,
    };
    profile.sources.insert("run".to_owned(), source);
    profile.memory_bandwidth_gb_per_sec = Some(Figure::new(80.0, "run"));
    profile.peak_tflops.insert(NumericFormat::Fp32, Figure::new(0.5, "run"));
    profile.numeric_formats.push(NumericFormat::Fp32);
    let text = serde_yaml::to_string(&profile).unwrap();
    let path = std::path::Path::new("this-machine.yaml");
    assert_eq!(assay_base::yaml::parse::<Profile>(&text, path).unwrap(), profile);
    assert_eq!(assay_hardware_profiles::check::check_text(&text, path), []);
    assert_eq!(profile.peak_flops_per_sec(NumericFormat::Fp32), Some(5e11));
}
