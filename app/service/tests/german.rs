//! German documents of the sample studies: what the program words is German; what the study, sources and devices say stays.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_core::measurement::Status;
use assay_service::{ReportKind, Workbench};
use serde_json::Value;
use std::collections::BTreeSet;
use support::{measurement, measurements};

const SAMPLE: &str = include_str!("../../../assets/studies/sample/study.yaml");
const CAPACITY: &str = include_str!("../../../assets/studies/capacity-sample/study.yaml");

/// Proper names, units and words that are the same in both languages.
const SAME: &[&str] = &[
    "Assay",
    "batch",
    "contents",
    "feed forward",
    "heads",
    "hidden",
    "sequence",
    "study.yaml",
    "CUDA",
    "Format",
    "Governance",
    "Hardware",
    "ISO/IEC 42001 A.4",
    "ISO/IEC 42001 A.6",
    "Kernel",
    "Median",
    "NIST AI RMF GOVERN 6",
    "NIST AI RMF MANAGE 2.4",
    "NIST AI RMF MEASURE 2.12",
    "Option",
    "Person",
    "Roofline",
    "SOC 2 A1.1",
    "SOC 2 CC6",
    "SOC 2 CC8",
    "Software",
    "Spot",
    "Status",
    "Suite",
    "Team",
    "TensorRT",
    "USD/kWh",
    "cpu: Test CPU",
    "encoder-block",
    "local",
    "“Roofline”",
    "Communications of the ACM 52(4)",
];

/// A field that holds no words for readers, or a number whose marks and words follow when a page is set.
const WORDLESS: &[&str] = &[
    "align",
    "anchor",
    "code",
    "cost",
    "evidence",
    "kind",
    "number",
    "quantity",
    "reproduce",
    "target",
    "to",
    "tone",
    "volume",
    "x",
    "x_better",
    "y",
    "y_better",
];

/// Every text in a value.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.replace('\u{a0}', " ").trim().to_owned())),
        Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(key, _)| !WORDLESS.contains(&key.as_str()));
            fields.for_each(|(_, value)| texts(value, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn texts_of(workbench: &Workbench, kind: ReportKind) -> BTreeSet<String> {
    let document = workbench.document(kind).unwrap();
    let mut found = BTreeSet::new();
    texts(&serde_json::to_value((&document.cover, &document.sections)).unwrap(), &mut found);
    found
}

/// What the study, its measurements and the names and sources of the catalogue say.
fn given(workbench: &Workbench) -> BTreeSet<String> {
    let mut given: BTreeSet<String> = SAME.iter().map(|text| (*text).to_owned()).collect();
    texts(&serde_json::to_value(&workbench.assessment().study).unwrap(), &mut given);
    texts(&serde_json::to_value(workbench.measurements()).unwrap(), &mut given);
    for profile in workbench.catalog().iter() {
        let mut profile = serde_json::to_value(profile).unwrap();
        // Its own words of what carries over are translated.
        profile.as_object_mut().unwrap().remove("portability");
        given.insert(format!("{} {}", profile["vendor"].as_str().unwrap(), profile["name"].as_str().unwrap()));
        texts(&profile, &mut given);
    }
    given
}

/// Whether a text says nothing, or only what was given, such as the names of options in a list.
fn is_given(text: &str, given: &BTreeSet<String>) -> bool {
    let text = text.trim().trim_end_matches(':');
    // A name with its figure, as in the shape of a workload or the version of the program.
    let name = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ' ');
    let letters = name.chars().filter(|letter| letter.is_alphabetic()).count();
    letters <= 3
        || given.contains(text)
        || given.contains(name)
        || ["; ", " · ", ", "]
            .iter()
            .any(|separator| text.contains(separator) && text.split(separator).all(|part| is_given(part, given)))
}

fn left_in_english(study: &str, measured: bool) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("study.yaml"), study).unwrap();
    let mut workbench = Workbench::open(folder.path()).unwrap();
    if measured {
        let refused = Status::Unsupported { reason: "Test CPU".to_owned() };
        let more = [measurement("gemm-bf16", 1.0, refused), measurement("softmax-fp32", 1e-3, Status::Passed)];
        for measurement in measurements().into_iter().chain(more) {
            workbench.add_measurements([measurement]).unwrap();
        }
    }
    let english: Vec<BTreeSet<String>> = ReportKind::ALL.map(|kind| texts_of(&workbench, kind)).into();
    workbench.override_values(&[("documents.language".to_owned(), "de".into())]).unwrap();
    let given = given(&workbench);
    let german = ReportKind::ALL.map(|kind| texts_of(&workbench, kind));
    let both = english.iter().zip(&german).flat_map(|(english, german)| english.intersection(german));
    both.filter(|text| !is_given(text, &given)).cloned().collect()
}

#[test]
fn nothing_of_the_sample_is_left_in_english() {
    assert_eq!(left_in_english(SAMPLE, true), BTreeSet::new());
}

#[test]
fn nothing_of_the_sample_of_a_capacity_plan_is_left_in_english() {
    assert_eq!(left_in_english(CAPACITY, false), BTreeSet::new());
}
