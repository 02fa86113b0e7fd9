//! Random and hostile studies through the whole path: read, evaluate, draw, look for break-evens, write JSON. Nothing
//! may panic, no figure may be infinite or no number, and every refusal names its field.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Debug;
use std::path::Path;

use assay_service::hardware_profiles::Catalog;
use assay_service::study::{Study, folder};
use assay_service::{Assessment, Measured, Workbench, assess::assess, uncertainty::simulate, what_if};
use serde_json::{Value, json};

const EVERYTHING: &str = include_str!("studies/everything.yaml");

/// SplitMix64: the studies are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// What replaces a value; the words in angle brackets become numbers that JSON has not.
fn hostile(random: &mut Random) -> Value {
    let values = [
        json!(null),
        json!("<.nan>"),
        json!("<.inf>"),
        json!("<-.inf>"),
        json!(0),
        json!(-1),
        json!(-0.0),
        json!(1),
        json!(0.5),
        json!(1e308),
        json!(-1e308),
        json!(1e-308),
        json!(5e-324),
        json!(1e18),
        json!(1e12),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(4_294_967_296u64),
        json!(true),
        json!(""),
        json!("x"),
        json!("2026-02-30"),
        json!("EUR"),
        json!("hourly"),
        json!("purchase"),
        json!("assumptions.pue"),
        json!([]),
        json!([1, "x", null]),
        json!({}),
        json!({"triangular": [3, 2, 1]}),
        json!({"triangular": [0, 1, 1e300]}),
        json!({"uniform": ["<.nan>", 1]}),
        json!({"normal": [1, 1e200]}),
        json!({"normal": [0.3, 0.01]}),
        json!({"lognormal": [1e-300, 1e300]}),
        json!({"lognormal": [1, 0.3]}),
        json!({"pert": [1, 1, 1]}),
        json!({"empirical": []}),
        json!({"empirical": [1, "<.inf>"]}),
        json!({"nothing": [1]}),
    ];
    values[random.below(values.len())].clone()
}

/// Every place in a document, as a pointer.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| {
            found.push(format!("{here}/{key}"));
            pointers(inner, &format!("{here}/{key}"), found);
        }),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, inner)| {
            found.push(format!("{here}/{i}"));
            pointers(inner, &format!("{here}/{i}"), found);
        }),
        _ => {}
    }
}

fn mutate(document: &mut Value, random: &mut Random) {
    let mut places = Vec::new();
    pointers(document, "", &mut places);
    let place = places[random.below(places.len())].clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    let other = places[random.below(places.len())].clone();
    let swapped = document.pointer(&other).cloned().unwrap_or_default();
    let kind = random.below(20);
    let Some(parent) = document.pointer_mut(parent) else { return };
    match (parent, kind) {
        (Value::Object(map), 0) => drop(map.remove(key)),
        (Value::Object(map), 1) => drop(map.insert(format!("{key}x"), swapped)),
        (Value::Array(list), 0) => drop(list.remove(key.parse().unwrap())),
        (Value::Array(list), 1) => list.extend(list.first().cloned()),
        (Value::Array(list), 2) => list.clear(),
        (parent, 3) => *parent.pointer_mut(&format!("/{key}")).unwrap() = swapped,
        (parent, _) => *parent.pointer_mut(&format!("/{key}")).unwrap() = hostile(random),
    }
}

/// Damage that is done to the text: what a slip of an editor leaves.
fn damage(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = random.below(lines.len());
    match random.below(8) {
        0 => drop(lines.remove(at)),
        1 => {
            let line = lines[at].clone();
            lines.insert(at, line);
        }
        2 => lines[at].insert(0, ' '),
        3 => lines[at] = lines[at].replace(':', ""),
        4 => lines[at] = format!("{}: &a [*a, *a]", lines[at].split(':').next().unwrap_or("x")),
        5 => lines[at].push_str(" {"),
        6 => lines[at] = "\t- \u{0}\u{7f}é".to_owned(),
        _ => lines[at] = lines[at].chars().take(1).collect(),
    }
    lines.join("\n")
}

fn study_text(random: &mut Random) -> String {
    let mut document: Value = assay_base::yaml::parse(EVERYTHING, Path::new("everything.yaml")).unwrap();
    for _ in 0..=random.below(3) {
        mutate(&mut document, random);
    }
    let text = assay_base::yaml::to_string(&document).unwrap();
    let text = ["<.nan>", "<.inf>", "<-.inf>"].iter().fold(text, |text, word| {
        let number = word.trim_matches(['<', '>']);
        text.replace(&format!("'{word}'"), number).replace(&format!("\"{word}\""), number).replace(word, number)
    });
    if random.below(10) == 0 { damage(&text, random) } else { text }
}

/// No figure may be infinite or no number. (JSON would hide it: it writes null.)
fn assert_finite(what: &str, value: &impl Debug, text: &str) {
    let shown = format!("{value:?}");
    let odd = shown.split([' ', ',', '(', ')', '[', ']', '{', '}', ':']).find(|t| matches!(*t, "NaN" | "inf" | "-inf"));
    assert!(odd.is_none(), "{what} has {odd:?} for\n{text}\n{shown}");
}

/// A refusal names a place of the file, or a path that begins with a section of the study.
fn assert_named(error: &str, text: &str) {
    const SECTIONS: [&str; 22] = [
        "schema",
        "title",
        "question",
        "sample",
        "author",
        "currency",
        "pricing_date",
        "suite",
        "workload",
        "demand",
        "requirements",
        "assumptions",
        "finance",
        "carbon",
        "costs",
        "waiting",
        "correlations",
        "baseline",
        "options",
        "scenarios",
        "targets",
        "narrative",
    ];
    let error = error.strip_prefix("the study cannot be evaluated: ").unwrap_or(error);
    let placed = error.strip_prefix("study.yaml:").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let rest = error.strip_prefix("study.yaml: ").unwrap_or(error);
    let named = SECTIONS.iter().any(|section| {
        rest.strip_prefix(section).is_some_and(|rest| rest.starts_with(['.', '[', ':', ' ', ',']))
            || rest.contains(&format!("`{section}`"))
    });
    assert!(placed || named, "this refusal names no field: {error}\n{text}");
}

/// Everything that follows from a study, or why it is refused.
fn whole_path(text: &str, catalog: &Catalog, measured: &Measured, thorough: bool) -> Result<(), String> {
    let study: Study = folder::parse(text, Path::new("study.yaml")).map_err(|e| e.to_string())?;
    for scenario in &study.scenarios {
        study.under_scenario(&scenario.id).map_err(|e| e.to_string())?;
    }
    let today = "2026-11-20".parse().unwrap();
    let assessment = assess(&study, catalog, measured, today).map_err(|e| e.to_string())?;
    check(&assessment, text, thorough)?;
    let edited = assay_service::study::text::replace(text, "assumptions.pue", &serde_json::to_value(&study).unwrap());
    assert!(
        edited.is_none_or(|edited| folder::parse(&edited, Path::new("study.yaml")).is_ok_and(|read| read == study))
    );
    Ok(())
}

fn check(assessment: &Assessment, text: &str, thorough: bool) -> Result<(), String> {
    assert_finite("an evaluation", &assessment.evaluations, text);
    assert_finite("the answer", &assessment.answer, text);
    let json = serde_json::to_string(&json!({"evaluations": assessment.evaluations, "answer": assessment.answer}));
    assert!(json.is_ok(), "{text}");
    assert_finite("a value of waiting", &what_if::waiting(assessment), text);
    if thorough {
        let found = what_if::break_evens(assessment).map_err(|e| e.to_string())?;
        assert_finite("a break-even", &found, text);
    }
    if let Some(drawn) = simulate(assessment, 64, 1).map_err(|e| e.to_string())? {
        assert_finite("the samples", &(&drawn.outcome, &drawn.information, &drawn.tornado, &drawn.sensitivity), text);
    }
    Ok(())
}

/// Break-evens take thousands of evaluations: they are looked for in some of the studies.
const BREAK_EVENS_EVERY: u64 = 50;

fn hostile_studies(count: u64) {
    let catalog = Catalog::builtin().unwrap();
    let measured = Measured::of(Vec::new());
    let mut refused = 0;
    for seed in 0..count {
        let text = study_text(&mut Random(seed));
        if let Err(error) = whole_path(&text, &catalog, &measured, seed % BREAK_EVENS_EVERY == 0) {
            assert_named(&error, &text);
            refused += 1;
        }
    }
    eprintln!("{refused} of {count} studies were refused");
    assert!(refused > count / 5 && refused < count, "{refused} of {count} were refused: the mutations are one-sided");
}

#[test]
fn every_key_is_understood_and_every_option_is_ranked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("study.yaml"), EVERYTHING).unwrap();
    let workbench = Workbench::open(folder.path()).unwrap();
    let assessment = workbench.assessment();
    for evaluation in &assessment.evaluations {
        // Nothing has been measured here to project from.
        assert_eq!(evaluation.rank.is_some(), evaluation.id != "catalogue", "{:?}", evaluation.not_ranked);
    }
    check(assessment, EVERYTHING, true).unwrap();
    let drawn = simulate(assessment, 2_000, 7).unwrap().unwrap();
    let paths: Vec<&str> = drawn.inputs.iter().flat_map(|i| &i.paths).map(String::as_str).collect();
    for path in [
        "demand.items_per_month",
        "assumptions.pue",
        "assumptions.retry_fraction",
        "finance.electricity_price_change",
        "options.spot.price.factor",
        "options.spot.throughput",
        "options.purchase.migration.effort_person_days",
        "options.purchase.costs.exit.amount",
        "options.purchase.costs.rack.amount",
        "options.purchase.power_watts_per_unit",
        "options.purchase.residual_fraction",
    ] {
        assert!(paths.contains(&path), "{path} is not drawn: {paths:?}");
    }
    assert!(
        assessment
            .evaluation("hourly")
            .unwrap()
            .full_use_costs
            .as_ref()
            .unwrap()
            .tokens
            .unwrap()
            .per_million_input
            .is_some()
    );
    assert!(assessment.evaluation("purchase").unwrap().carbon_kg.unwrap() > 0.0);
    assert!(what_if::waiting(assessment)[0].value.is_ok());
}

#[test]
fn some_hundred_hostile_studies() {
    hostile_studies(400);
}

#[test]
#[ignore = "takes minutes in a debug build"]
fn ten_thousand_hostile_studies() {
    hostile_studies(10_000);
}
