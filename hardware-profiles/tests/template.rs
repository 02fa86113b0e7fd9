//! The template for hardware of the user's own: refused as it is, sound once it is filled in, and complete.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use assay_hardware_profiles::check::check_text;
use assay_hardware_profiles::template::template;
use assay_hardware_profiles::{Severity, schema};

fn text() -> &'static str {
    template("custom-asic").unwrap()
}

/// The template with every placeholder replaced, as a user would.
fn filled() -> String {
    let values = [
        ("memory_gb: {value: 0", "memory_gb: {value: 96"),
        ("memory_bandwidth_gb_per_sec: {value: 0", "memory_bandwidth_gb_per_sec: {value: 2000"),
        ("bf16: {value: 0", "bf16: {value: 400"),
        ("fp8: {value: 0", "fp8: {value: 800"),
        ("tdp_watts: {value: 0", "tdp_watts: {value: 500"),
        ("bandwidth_gb_per_sec: {value: 0", "bandwidth_gb_per_sec: {value: 300"),
        ("total_processing_performance: {value: 0", "total_processing_performance: {value: 6400"),
        ("performance_density: {value: 0", "performance_density: {value: 8"),
        ("accelerators: 0", "accelerators: 8"),
        ("vcpu: 0", "vcpu: 64"),
        ("memory_gib: 0", "memory_gib: 512"),
        ("billing_granularity_secs: 0", "billing_granularity_secs: 3600"),
        ("price: 0, currency: USD, per: unit", "price: 90000, currency: USD, per: unit"),
        ("price: 0, currency: USD, per: hour", "price: 2.5, currency: USD, per: hour"),
        ("<short-name>", "acme-one"),
        ("<provider-unit-region-kind>", "acme-server-purchase"),
        ("year: 1970", "year: 2026"),
        ("1970-01-01", "2026-06-30"),
    ];
    let mut text = text().to_owned();
    for (from, to) in values {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    // Whatever is still in angle brackets is a text.
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('<').filter(|_| !line.trim_start().starts_with('#')) {
            let (_, after) = after.split_once('>').unwrap();
            out.push_str(before);
            out.push_str(&format!("filled in {number}"));
            rest = after;
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

#[test]
fn it_is_refused_while_anything_is_a_placeholder() {
    let findings = check_text(text(), Path::new("custom-asic.yaml"));
    let errors: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(errors.len() > 40, "{errors:#?}");
    assert!(findings.iter().all(|finding| finding.line.is_some()), "{errors:#?}");
}

#[test]
fn each_placeholder_alone_is_refused() {
    let (empty, filled) = (text(), filled());
    let full: Vec<&str> = filled.lines().collect();
    for (number, line) in empty.lines().enumerate() {
        if line == full[number] || line.trim_start().starts_with('#') {
            continue;
        }
        let mut lines = full.clone();
        lines[number] = line;
        let findings = check_text(&lines.join("\n"), Path::new("acme-one.yaml"));
        let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
        assert!(refused, "line {}: {line}", number + 1);
    }
}

#[test]
fn it_passes_once_it_is_filled_in() {
    let findings = check_text(&filled(), Path::new("acme-one.yaml"));
    assert!(findings.is_empty(), "{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>());
}

/// Every key of the schema stands in the template, in use or in a comment.
#[test]
fn it_explains_every_key() {
    let schema = schema::json_schema();
    let mut keys: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    for definition in schema["$defs"].as_object().unwrap().values() {
        keys.extend(definition["properties"].as_object().into_iter().flat_map(|map| map.keys().cloned()));
    }
    keys.retain(|key| key != "model"); // That of a token API: an ASIC is not one.
    for key in keys {
        let used = text().contains(&format!("{key}:")) || text().contains(&format!("`{key}`"));
        assert!(used, "the template does not have `{key}`");
    }
}
