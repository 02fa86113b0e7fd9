//! Published results on the command line: imported, listed, shown, exported.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{arg, failure, json, run, small_study, stdout};

/// A sample; `None`, with a word, where the samples are not.
fn sample(path: &str) -> Option<PathBuf> {
    let path = Path::new("../../../shared/acceptance/samples").join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path)
}

/// A file of the parsers' corpus.
fn seed(path: &str) -> PathBuf {
    Path::new("../../evaluators/store/tests/corpus").join(path)
}

/// The rows of a table in which nothing is quoted, without its header.
fn rows_of(text: &str) -> Vec<Vec<&str>> {
    assert!(!text.contains('"'));
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn neuron_tables_are_priced_as_their_publisher_prices_them() {
    let (Some(tables), Some(expected)) = (sample("aws-neuron"), sample("aws-neuron/expected_cost_per_1m.csv")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let files: Vec<PathBuf> = ["decoder", "encoder", "encoder_decoder"]
        .map(|table| tables.join(format!("inf2__throughput_data_{table}.csv")))
        .to_vec();
    let prices = tables.join("inf2__inf2_instance_prices.csv");
    let mut arguments = vec!["results", "import"];
    arguments.extend(files.iter().map(|file| arg(file)));
    arguments.extend(["--prices", arg(&prices), "--format", "csv", "--study", arg(&study)]);
    let text = std::fs::read_to_string(expected).unwrap();
    let expected = rows_of(&text);
    // The second time everything is there already, and is printed all the same.
    for _ in 0..2 {
        let printed = stdout(&arguments);
        let header = "file,model,instance,throughput,unit,price_per_hour,price_basis,cost_per_1m";
        assert_eq!(printed.lines().next(), Some(header));
        let rows = rows_of(&printed);
        assert_eq!(rows.len(), expected.len());
        for (row, expected) in rows.iter().zip(&expected) {
            assert_eq!(row[..3], expected[..3]);
            let close = |a: &str, b: &str| (a.parse::<f64>().unwrap() / b.parse::<f64>().unwrap() - 1.0).abs() < 5e-7;
            assert!(
                close(row[3], expected[12]) && close(row[5], expected[13]) && close(row[7], expected[14]),
                "{row:?}"
            );
            let unit = if row[0].ends_with("_encoder.csv") { "inferences/s" } else { "tokens/s" };
            assert_eq!((row[4], row[6]), (unit, "RI-Effective hourly rate"));
        }
    }
    let list = json(&[
        "results",
        "list",
        arg(&study),
        "--accelerator",
        "inferentia2",
        "--workload",
        "LLAMA-3-8B",
        "--format",
        "json",
    ]);
    let wanted = expected.iter().filter(|row| row[1].to_lowercase().contains("llama-3-8b")).count();
    assert_eq!(list.as_array().unwrap().len(), wanted);
    assert!(list.as_array().unwrap().iter().all(|row| row["evidence"] == "published" && row["licence"].is_string()));
}

#[test]
fn every_kind_is_imported_and_what_cannot_be_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let study = arg(&study);
    let files = [
        "mlperf-summary/list.json",
        "mlperf-log/offline.txt",
        "mlperf-log/system.json",
        "aws-neuron/decoder.csv",
        "inferencex/aggregate.json",
        "vllm-bench/one.json",
        "aiperf/records.jsonl",
        "llama-bench-json/list.json",
        "llama-bench-csv/table.csv",
        "nvbench/one.json",
        "onnxruntime-perf-test/stdout.txt",
        "trtexec-log/log.txt",
        "trtexec-times/times.json",
        "trtexec-profile/profile.json",
    ]
    .map(seed);
    let mut arguments = vec!["results", "import", "--study", study, "--format", "json"];
    arguments.extend(files.iter().map(|file| arg(file)));
    // Two rows are set aside, so not everything was taken in.
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report.as_array().unwrap().len(), files.len() - 1, "a system's description is no file of results");
    assert!(report.as_array().unwrap().iter().all(|file| file["added"].as_u64().unwrap() > 0), "{report}");

    let list = |more: &[&str]| json(&[&["results", "list", study, "--format", "json"], more].concat());
    let all = list(&[]);
    let all = all.as_array().unwrap();
    // A failed request of AIPerf and a state that nvbench skipped.
    let set_aside = list(&["--quarantined"]);
    assert_eq!(set_aside.as_array().unwrap().len(), 2, "{set_aside}");
    assert!(set_aside[0]["line"].as_u64().unwrap() > 1);
    let log = all.iter().find(|row| row["file"].as_str().unwrap().ends_with("offline.txt")).unwrap();
    assert_eq!((&log["device_name"], &log["accelerators"]), (&"Acc-1".into(), &16.into()));
    assert_eq!(list(&["--evidence", "measured"]), Value::Array(Vec::new()));
    assert_eq!(list(&["--evidence", "published", "--limit", "3"]).as_array().unwrap().len(), 3);
    assert!(
        list(&["--stack", "llama.cpp"])
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["stack"].as_str().unwrap().starts_with("llama.cpp"))
    );

    let id = log["id"].as_str().unwrap();
    let shown = json(&["results", "show", id, "--study", study, "--format", "json"]);
    assert_eq!(shown["result"]["throughput"]["unit"], "tokens/s");
    assert_eq!(shown["provenance"]["kind"], "mlperf-log");
    assert!(stdout(&["results", "show", id, "--study", study]).contains("SHA-256"));
    assert!(stdout(&["results", "list", study]).contains("published"));

    for (name, wanted) in [("all.parquet", "PAR1"), ("all.csv", "id,run_id"), ("all.json", "[")] {
        let file = folder.path().join(name);
        stdout(&["results", "export", arg(&file), "--study", study]);
        assert!(std::fs::read(&file).unwrap().starts_with(wanted.as_bytes()), "{name}");
    }
    let exported: Value = serde_json::from_slice(&std::fs::read(folder.path().join("all.json")).unwrap()).unwrap();
    assert_eq!(exported.as_array().unwrap().len(), all.len());
    let bencher = folder.path().join("x.bmf.json");
    assert!(failure(&["results", "export", arg(&bencher), "--study", study], 2).contains("nothing here was measured"));
    stdout(&["run", study, "--workload", "gemm", "--stack", "native"]);
    stdout(&["results", "export", arg(&bencher), "--study", study]);
    let document: Value = serde_json::from_slice(&std::fs::read(&bencher).unwrap()).unwrap();
    let latency = &document["gemm/cpu/native"]["latency"];
    assert!(
        latency["value"].as_f64().unwrap() > 0.0 && latency["lower_value"].as_f64() <= latency["value"].as_f64(),
        "{document}"
    );
    // A published row is no run: comparing and costing see only what was measured.
    assert!(failure(&["results", "compare", "pub-0", "pub-1", "--study", study], 2).contains("no run"));
}

#[test]
fn what_is_not_taken_in_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let study = arg(&study);
    let import =
        |file: &Path, more: &[&str]| run(&[&["results", "import", arg(file), "--study", study], more].concat());
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let rubbish = folder.path().join("rubbish.txt");
    std::fs::write(&rubbish, "hello\n").unwrap();
    let output = import(&rubbish, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("rubbish.txt") && said(&output).contains("no known kind"), "{}", said(&output));
    assert!(said(&import(&rubbish, &["--kind", "nonsense"])).contains("is no kind of file"));
    let cut = folder.path().join("cut.json");
    std::fs::write(&cut, &std::fs::read(seed("llama-bench-json/list.json")).unwrap()[..900]).unwrap();
    let output = import(&cut, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("cut.json:") && said(&output).contains("given up"), "{}", said(&output));
    // A mock server gives tokens faster than any hardware.
    let Some(mock) = sample("vllm/vllm_bench_serve_deepseek_r1_tt.json") else { return };
    let output = import(&mock, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("mock"), "{}", said(&output));
}

/// What others published feeds options, is listed, and travels in documents; a projection from it carries its card.
#[test]
fn published_results_that_come_with_the_program_feed_options_and_documents() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let file = study.join("study.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let option = |id: &str, throughput: &str| {
        format!(
            "\n  - id: {id}\n    name: {id}\n    profile: nvidia-h100-sxm\n    price: {{from: hourly, price_per_unit_hour: 2.5, source: the test}}\n    throughput: {{{throughput}, scenario: Offline, unit: tokens/s, per_item: 300}}\n"
        )
        .replace("{projected, ", "{from: projected, format: fp8, published: {")
    };
    let published = option("published", "from: published, accelerator: H100-SXM, model: llama2-70b-99, format: fp8");
    let projected = option("projected", "projected, model: llama2-70b-99").replace("300}", "300}}");
    std::fs::write(&file, text.replacen("\noptions:\n", &format!("\noptions:{published}{projected}"), 1)).unwrap();

    let cost = json(&["cost", arg(&study), "--format", "json"]);
    let of = |id: &str| cost["options"].as_array().unwrap().iter().find(|o| o["id"] == id).unwrap().clone();
    for (id, evidence) in [("published", "published"), ("projected", "projected")] {
        let option = of(id);
        assert_eq!(option["throughput_evidence"], evidence, "{option}");
        assert!(option["throughput"].as_f64().unwrap() > 1.0, "{option}");
    }
    let cards = cost["model_cards"].as_array().unwrap();
    let several = cards.iter().find(|card| card["method"].as_str().unwrap().contains("published results")).unwrap();
    assert!(several["predictions"].as_u64().unwrap() > 50 && several["median_error"].as_f64().unwrap() > 0.0);
    let table = stdout(&["cost", arg(&study)]);
    assert!(table.contains("Model card: roofline, from published results of several accelerators"), "{table}");

    let listed = json(&[
        "results",
        "list",
        "--study",
        arg(&study),
        "--reference",
        "--accelerator",
        "MI325X",
        "--format",
        "json",
    ]);
    let rows = listed.as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["device_name"].as_str().unwrap().contains("MI325X")));
    assert_eq!(json(&["results", "list", "--study", arg(&study), "--format", "json"]), Value::Array(Vec::new()));

    // The document carries what it rests on, and follows from it.
    stdout(&["report", arg(&study), "--kind", "dossier"]);
    let pdf = study.join("reports/dossier.pdf");
    let told = stdout(&["verify", arg(&pdf)]);
    assert!(told.contains("follow from the evidence"), "{told}");
}
