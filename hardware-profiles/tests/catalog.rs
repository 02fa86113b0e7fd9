//! The built-in catalogue keeps its own rules and loads with an overlay.

use std::collections::BTreeSet;
use std::path::Path;

use assay_hardware_profiles::check::{check_all, check_file};
use assay_hardware_profiles::{Catalog, CatalogError, Origin, PriceUnit, Severity};
use jiff::civil::date;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/catalog");

#[test]
fn the_catalogue_has_no_error_and_every_warning_is_known() {
    let findings = check_all(None).unwrap();
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>());
    for finding in &findings {
        eprintln!("{finding}");
    }
}

#[test]
fn the_list_of_built_in_files_is_that_of_the_folder() {
    let files: BTreeSet<String> = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let loaded: BTreeSet<String> = Catalog::builtin().unwrap().iter().map(|profile| profile.id.clone()).collect();
    assert_eq!(loaded, files);
}
