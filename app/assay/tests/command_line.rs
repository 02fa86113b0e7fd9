//! The command line, driven end to end.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::Value;
use support::{arg, failure, json, small_study, stdout};

#[test]
fn devices_have_the_documented_shape() {
    let document = json(&["devices", "--format", "json"]);
    let devices = document["devices"].as_array().unwrap();
    let cpu = devices.iter().find(|d| d["id"] == "cpu").unwrap();
    assert_eq!(cpu["kind"], "cpu");
    assert!(cpu["name"].as_str().is_some_and(|n| !n.is_empty()));
    assert!(cpu["memory_bytes"].as_u64().is_some_and(|b| b > 1 << 28));
    let stacks = cpu["stacks"].as_array().unwrap();
    let of = |id: &str| stacks.iter().find(|s| s["id"] == id).unwrap_or_else(|| panic!("no stack {id} in {stacks:?}"));
    for id in ["native", "rten"] {
        assert_eq!((&of(id)["available"], &of(id)["reason"]), (&Value::Bool(true), &Value::Null));
    }
    for stack in stacks {
        // Available, or a reason.
        assert_ne!(stack["available"].as_bool().unwrap(), stack["reason"].is_string(), "{stack}");
    }
}

#[test]
fn a_study_is_measured_costed_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let study = arg(&study);
    let before = json(&["cost", study, "--format", "json"]);
    assert!(before["options"].as_array().unwrap().iter().all(|o| o["throughput"].is_null() && o["tco"].is_null()));
    assert!(before["answer"]["sentence"].as_str().unwrap().contains("no answer yet"));

    let run = json(&["run", study, "--stack", "native", "--stack", "rten", "--format", "json"]);
    assert_eq!(run.as_array().unwrap().len(), 6);

    let list = json(&["results", "list", "--study", study, "--format", "json"]);
    assert_eq!(list, run);
    for row in list.as_array().unwrap() {
        let keys = [
            "run_id",
            "workload",
            "device",
            "stack",
            "status",
            "evidence",
            "samples",
            "median_secs",
            "p99_secs",
            "throughput",
            "error_norm",
        ];
        for key in keys {
            assert!(row.get(key).is_some(), "{key} is missing in {row}");
        }
        assert_eq!((&row["status"], &row["evidence"]), (&"passed".into(), &"measured".into()), "{row}");
        assert!(row["error_norm"].as_f64().unwrap() <= 1e-5);
        assert!(row["throughput"]["value"].as_f64().unwrap() > 0.0);
    }

    let id = list[0]["id"].as_str().unwrap();
    let shown = stdout(&["results", "show", id, "--study", study]);
    assert!(shown.contains("relative noise") && shown.contains("gemm"), "{shown}");

    let cost = json(&["cost", study, "--format", "json"]);
    let options = cost["options"].as_array().unwrap();
    let of = |id: &str| options.iter().find(|o| o["id"] == id).unwrap();
    let here = of("this-machine");
    assert_eq!(here["throughput_evidence"], "measured");
    assert!(here["unit_cost"]["value"].as_f64().unwrap() > 0.0);
    assert_eq!(here["unit_cost"]["currency"], "USD");
    assert!(here["npv"].is_null(), "the baseline has no benefit against itself");
    let rented = of("h100-rent");
    assert_eq!(rented["throughput_evidence"], "projected");
    assert!(rented["throughput_low"].as_f64().unwrap() < rented["throughput_high"].as_f64().unwrap());
    assert!(rented["tco"].as_f64().unwrap() > 0.0 && rented["npv"].is_number());

    let dearer = json(&["cost", study, "--set", "assumptions.horizon_months=72", "--format", "json"]);
    assert!(dearer["options"][0]["tco"].as_f64().unwrap() > cost["options"][0]["tco"].as_f64().unwrap());
    let half = json(&["cost", study, "--scenario", "half-demand", "--format", "json"]);
    assert!(half["options"][0]["tco"].as_f64().unwrap() < cost["options"][0]["tco"].as_f64().unwrap());

    let sampled = |seed: &str| json(&["cost", study, "--samples", "2000", "--seed", seed, "--format", "json"]);
    let drawn = sampled("7");
    assert_eq!(drawn, sampled("7"), "a seed fixes the outcome");
    let options = drawn["options"].as_array().unwrap();
    let shares: f64 = options.iter().filter_map(|o| o["best_probability"].as_f64()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    let h100 = options.iter().find(|o| o["id"] == "h100-rent").unwrap();
    assert!(h100["npv_p10"].as_f64().unwrap() <= h100["npv_p90"].as_f64().unwrap());
    assert!(drawn["uncertainty"]["value_of_information"].is_array());

    let pdf = folder.path().join("out.pdf");
    stdout(&["report", study, "--kind", "dossier", "--out", arg(&pdf)]);
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF-"));
    if support::installed("pdftotext") {
        let text = std::process::Command::new("pdftotext").args([arg(&pdf), "-"]).output().unwrap();
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        for expected in
            ["Moving sentence encoding to accelerators", "SAMPLE", "NVIDIA H100, rented on demand", "projected"]
        {
            assert!(text.contains(expected), "the dossier lacks {expected}");
        }
    }

    for file in ["all.parquet", "all.csv"] {
        let path = folder.path().join(file);
        stdout(&["results", "export", arg(&path), "--study", study]);
        assert!(std::fs::metadata(&path).unwrap().len() > 500);
    }
}

#[test]
fn results_of_another_study_are_merged_once() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    stdout(&["run", arg(&study), "--stack", "rten", "--workload", "gemm"]);
    let other = folder.path().join("other");
    let import = || json(&["results", "import", arg(&study), "--study", arg(&other), "--format", "json"]);
    assert_eq!((&import()[0]["added"], &import()[0]["duplicates"]), (&1.into(), &1.into()));
    assert_eq!(json(&["results", "list", arg(&other), "--format", "json"]).as_array().unwrap().len(), 1);
}

#[test]
fn two_runs_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let run = || {
        let rows = json(&["run", arg(&study), "--stack", "native", "--workload", "triad", "--format", "json"]);
        rows[0]["run_id"].as_str().unwrap().to_owned()
    };
    let (a, b) = (run(), run());
    let output = support::run(&["results", "compare", &a, &b, "--study", arg(&study), "--format", "json"]);
    assert!(matches!(output.status.code(), Some(0 | 1)));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdict = rows[0]["verdict"].as_str().unwrap();
    assert!(["SAME", "FASTER", "SLOWER", "AMBIGUOUS"].contains(&verdict), "{verdict}");
    assert_eq!(output.status.code() == Some(1), verdict == "SLOWER");
}

#[test]
fn mistakes_are_named_with_place_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let file = study.join("study.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("  discount_rate_annual: 0.08", "  discont_rate_annual: 0.08")).unwrap();
    let error = failure(&["cost", arg(&study)], 2);
    assert!(error.contains("study.yaml:") && error.contains("did you mean `discount_rate_annual`"), "{error}");
    assert_eq!(error.trim().lines().count(), 1, "{error}");
    let broken = text.replace("      demand.growth_per_month: 0\n", "      demand.growth.linear.added: 5\n");
    assert_ne!(broken, text, "the sample has a scenario");
    std::fs::write(&file, broken).unwrap();
    let error = failure(&["cost", arg(&study)], 2);
    assert!(error.contains("study.yaml:") && error.contains("scenarios."), "{error}");
    std::fs::write(&file, text).unwrap();

    for (arguments, expected) in [
        (vec!["cost", arg(&study), "--set", "assumptions.peu=1.2"], "did you mean `pue`"),
        (vec!["cost", arg(&study), "--set", "assumptions.pue=0.5"], "0.5 is outside 1 to 3"),
        (vec!["cost", arg(&study), "--scenario", "half-demnd"], "did you mean `half-demand`"),
        (vec!["run", arg(&study), "--workload", "gem"], "did you mean `gemm`"),
        (vec!["run", arg(&study), "--workload", "translation"], "there are `"),
        (vec!["cost", arg(&study), "--set", "assumptions.target_utilisation=55"], "write 55 % as 0.55"),
        (vec!["profiles", "show", "H100"], "did you mean `nvidia-h100"),
        (vec!["run", arg(&study), "--suite", "quikc"], "quick, standard"),
        (vec!["run", arg(&study), "--stack", "nativ"], "native"),
        (vec!["run", arg(&study), "--target", "nowhere"], "no target `nowhere`"),
        (vec!["cost", "/nonexistent"], "study.yaml"),
        (vec!["profiles", "show", "nvidia-h100"], "did you mean"),
        (vec!["results", "show", "nope", "--study", arg(&study)], "no result `nope`"),
        (vec!["calc", "npvv", "--input", "{}"], "npv"),
        (vec!["calc", "irr", "--input", "{"], "JSON"),
    ] {
        let error = failure(&arguments, 2);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    failure(&["nonsense-command", "x"], 2);
}

#[test]
fn a_new_study_is_begun_in_an_empty_folder_alone() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("mine");
    let said = stdout(&["new", arg(&study)]);
    assert!(said.contains("study.yaml") && said.contains("assay run"), "{said}");
    let cost = stdout(&["cost", arg(&study)]);
    assert!(cost.contains("Not compared: 1 of 1"), "{cost}");
    assert!(failure(&["new", arg(&study)], 2).contains("has a study already"));
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    assert!(failure(&["new", arg(folder.path())], 2).contains("is not empty"));
}

#[test]
fn what_the_parser_cannot_place_is_placed_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("mine");
    stdout(&["new", arg(&study)]);
    let file = study.join("study.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let line_of = |wanted: &str| text.lines().position(|line| line.contains(wanted)).unwrap() + 1;
    let second = text[text.find("  - id: this-machine").unwrap()..text.find("narrative:").unwrap()].to_owned();
    for (from, to, line, expected) in [
        ("currency: USD", "currency: EURO".to_owned(), line_of("currency:"), "three capital letters"),
        ("currency: USD", "currency: USD\npricing_date: soon".to_owned(), line_of("currency:") + 1, "YYYY-MM-DD"),
        ("items_per_month: 1000000", "items_per_month: [1]".to_owned(), line_of("items_per_month"), "a number"),
        ("narrative:", format!("{second}narrative:"), line_of("narrative:"), "`this-machine`"),
    ] {
        std::fs::write(&file, text.replacen(from, &to, 1)).unwrap();
        let error = failure(&["cost", arg(&study)], 2);
        assert!(error.contains(&format!("study.yaml:{line}:")) && error.contains(expected), "{line}: {error}");
        assert!(!error.contains("f64") && !error.contains("struct"), "{error}");
    }
}

#[test]
fn the_catalogue_lists_shows_and_checks() {
    let list = json(&["profiles", "list", "--format", "json"]);
    let ids: Vec<&str> = list.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect();
    for id in [
        "nvidia-h100-sxm",
        "nvidia-h200-sxm",
        "nvidia-b200",
        "amd-mi300x",
        "nvidia-l4",
        "aws-trainium2",
        "aws-inferentia2",
        "google-tpu-v6e",
        "groq-lpu",
        "intel-gaudi3",
    ] {
        assert!(ids.contains(&id), "{id}");
    }
    assert!(
        stdout(&["profiles", "show", "nvidia-h100-sxm"]).contains("HBM")
            || !stdout(&["profiles", "show", "nvidia-h100-sxm"]).is_empty()
    );
    stdout(&["profiles", "check"]);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.yaml");
    std::fs::write(&file, "schema: assay/profile/1\nid: odd\nvender: X\n").unwrap();
    let output = support::run(&["profiles", "check", arg(&file)]);
    assert_eq!(output.status.code(), Some(1));
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(found.contains("odd.yaml:3:1") && found.contains("vendor"), "{found}");
}

#[test]
fn one_formula_is_computed() {
    let value = json(&["calc", "npv_t0", "--input", r#"{"rate": 0.08, "flows": [-40000, 5000, 8000, 12000, 30000]}"#]);
    assert!((value["value"].as_f64().unwrap() - 3_065.222_668).abs() < 1e-3, "{value}");
    assert!(stdout(&["calc", "--list"]).contains("irr"));
}
