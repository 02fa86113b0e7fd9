//! What `check` finds, where, and that it never panics.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::LazyLock;

use assay_hardware_profiles::check::check_text;
use assay_hardware_profiles::{Catalog, Severity};
use proptest::prelude::*;

const GOOD: &str = "\
schema: assay/profile/1
id: acme-one
vendor: Acme
name: One
kind: asic
year: 2024
sources:
  sheet: {title: Data sheet, evidence: vendor, as_of: 2025-01-01, confidence: high}
  list: {title: Price list, evidence: published, as_of: 2026-01-31, confidence: medium}
memory_gib: {value: 32, source: sheet}
memory_type: HBM3
memory_bandwidth_gb_per_sec: {value: 2000, source: sheet}
peak_tflops:
  bf16: {value: 400, source: sheet}
  fp8: {value: 800, source: sheet}
numeric_formats: [bf16, fp8]
offers:
  - id: cloud-one-on-demand
    provider: Cloud
    kind: on-demand
    unit: one.8x
    accelerators: 8
    quotes:
      - {price: 20.5, currency: USD, per: hour, as_of: 2025-06-30, source: list}
      - {price: 18.5, currency: USD, per: hour, as_of: 2026-01-31, source: list}
  - id: cloud-one-spot
    provider: Cloud
    kind: spot
    unit: one.8x
    accelerators: 8
    quotes:
      - {price: 8.5, currency: USD, per: hour, as_of: 2026-01-31, source: list}
";

/// Finds what is wrong after one replacement: `line:column severity field: message` of each finding.
fn after(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    check_text(&text, Path::new("acme-one.yaml"))
        .into_iter()
        .map(|finding| {
            let (line, column) = (finding.line.unwrap_or(0), finding.column.unwrap_or(0));
            format!("{line}:{column} {} {}: {}", finding.severity.label(), finding.field, finding.message)
        })
        .collect()
}

/// The replacement must lead to exactly one finding, which begins so and contains the word.
#[track_caller]
fn expect_one(from: &str, to: &str, begins: &str, contains: &str) {
    let found = after(from, to);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(begins) && found[0].contains(contains), "{found:#?}");
}

#[test]
fn a_good_profile_has_no_findings() {
    assert_eq!(after("Acme", "Acme"), Vec::<String>::new());
}

#[test]
fn slips_of_the_schema_are_found_where_they_stand() {
    expect_one("vendor: Acme", "vendr: Acme", "3:1 error ", "did you mean `vendor`");
    expect_one("kind: asic", "kind: gpx", "5:", "did you mean `gpu`");
    expect_one("value: 400", "value: lots", "14:", "invalid type");
    expect_one("per: hour", "per: hur", "24:43 ", "did you mean `hour`");
    expect_one("currency: USD", "currency: usd", "24:", "capital letters");
    expect_one("as_of: 2025-06-30", "as_of: 2025-06-31", "24:", "offers[0].quotes[0].as_of");
    expect_one("  fp8: {value: 800", "  bf16: {value: 800", "1", "occurs twice");
    expect_one("assay/profile/1", "assay/profile/9", "1:", "assay/profile/1");
}

#[test]
fn a_price_is_never_zero_negative_or_a_placeholder() {
    let field = "24:17 error offers[0].quotes[0].price: ";
    expect_one("price: 20.5", "price: 0", field, "zero stands for nothing");
    expect_one("price: 20.5", "price: 0.0", field, "zero stands for nothing");
    expect_one("price: 20.5", "price: -1", field, "negative");
    expect_one("price: 20.5", "price: .nan", field, "not a number");
    expect_one("price: 20.5", "price: .inf", field, "not a number");
    expect_one("price: 20.5", "price: 99.99", field, "placeholder");
    expect_one("price: 20.5", "price: 12345", field, "placeholder");
    expect_one("price: 20.5", "price: 20500", "24:17 warning", "unusual");
    expect_one("vendor: Acme", "vendor: TBD", "3:9 error vendor", "says nothing");
}

#[test]
fn figures_are_plausible_and_have_a_source() {
    expect_one("value: 2000", "value: 0", "12:38 error memory_bandwidth_gb_per_sec.value", "zero");
    expect_one("value: 2000", "value: 2000000000", "12:", "not plausible");
    expect_one("value: 2000", "value: 200000", "12:", "beyond any memory outside a chip");
    expect_one("value: 800,", "value: 800e9,", "15:16 error peak_tflops.fp8.value", "not plausible");
    expect_one("value: 800", "value: 80", "15:16 warning peak_tflops.fp8.value", "slower than bf16");
    expect_one("value: 400, source: sheet", "value: 400, source: shet", "14:30 error", "did you mean `sheet`");
    expect_one("[bf16, fp8]", "[bf16]", "15:8 error peak_tflops.fp8", "missing from `numeric_formats`");
    expect_one("memory_type", "memory_gb: {value: 34, source: sheet}\nmemory_type", "10:13 error", "given twice");
    expect_one("as_of: 2025-01-01, ", "", "8:10 warning sources.sheet", "no date");
    expect_one(
        "  list:",
        "  other: {title: T, evidence: vendor, confidence: low}\n  list:",
        "9:10 warning",
        "nothing refers",
    );
}

#[test]
fn offers_and_quotes_fit_together() {
    expect_one("id: cloud-one-spot", "id: cloud-one-on-demand", "26:9 error offers[1].id", "another offer");
    expect_one("id: cloud-one-spot", "id: Cloud One", "26:9 error", "not an id");
    expect_one("    accelerators: 8\n", "", "18:5 error offers[0]", "`accelerators` is missing");
    expect_one("accelerators: 8", "accelerators: 0", "22:19 error", "zero");
    expect_one("as_of: 2025-06-30", "as_of: 2026-01-31", "25:56 error offers[0].quotes[1].as_of", "keep one");
    expect_one("as_of: 2025-06-30", "as_of: 2026-02-01", "25:56 error", "oldest first");
    expect_one("as_of: 2025-06-30", "as_of: 2023-06-30", "24:56 error", "before the product came out");
    expect_one("currency: USD", "currency: EUR", "25:33 error", "one currency");
    expect_one(
        "price: 8.5, currency: USD, per: hour",
        "price: 850, currency: USD, per: unit",
        "32:",
        "per hour or month",
    );
    expect_one("price: 8.5", "price: 28.5", "26:5 warning offers[1]", "above the on-demand price");
    expect_one("id: acme-one", "id: acme-two", "2:5 error id", "acme-one");
}

#[test]
fn every_finding_of_many_is_reported() {
    let text = GOOD
        .replace("price: 20.5", "price: 0")
        .replace("value: 2000", "value: -1")
        .replace("vendor: Acme", "vendor: '?'");
    let found = check_text(&text, Path::new("acme-one.yaml"));
    assert_eq!(found.iter().filter(|finding| finding.severity == Severity::Error).count(), 3, "{found:#?}");
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().unwrap());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Bytes of a good file are replaced, doubled or cut at random.
    #[test]
    fn a_mutated_file_never_panics(edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<u8>()), 1..12)) {
        let mut bytes = GOOD.as_bytes().to_vec();
        for (index, kind, byte) in edits {
            let at = index.index(bytes.len().max(1));
            match kind {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                2 if at < bytes.len() => drop(bytes.remove(at)),
                _ => {
                    let end = (at + usize::from(byte)).min(bytes.len());
                    let piece = bytes[at.min(end)..end].to_vec();
                    bytes.extend(piece);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        for finding in check_text(&text, Path::new("acme-one.yaml")) {
            prop_assert!(!finding.message.is_empty());
        }
    }

    /// Values of a real profile are replaced by what YAML can hold.
    #[test]
    fn a_profile_with_other_values_never_panics(
        line in any::<prop::sample::Index>(),
        value in prop::sample::select(vec!["", "~", "[]", "{}", "-1", "1e400", ".nan", "!!int x", "&a [*a]", "*a", "\"", "0x", "2026-13-01", "99999999999999999999", "{a: {a: {a: 1}}}", "- -", "? :"]),
    ) {
        let lines: Vec<&str> = GOOD.lines().collect();
        let at = line.index(lines.len());
        let changed: Vec<String> = lines.iter().enumerate().map(|(number, text)| match text.split_once(": ") {
            Some((key, _)) if number == at => format!("{key}: {value}"),
            _ => (*text).to_owned(),
        }).collect();
        check_text(&changed.join("\n"), Path::new("acme-one.yaml"));
    }

    /// The reader of a study's pricing date: whichever the date, a quote in force is not after it.
    #[test]
    fn a_quote_in_force_is_never_from_the_future(days in -4_000i32..4_000) {
        let pricing_date = jiff::civil::date(2026, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        for profile in CATALOG.iter() {
            for offer in &profile.offers {
                if let Ok(found) = offer.quote_in_force(pricing_date) {
                    prop_assert!(found.quote.as_of <= pricing_date && found.age_days >= 0);
                    prop_assert!(found.newest.as_of >= found.quote.as_of);
                }
            }
        }
    }
}
