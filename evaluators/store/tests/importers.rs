//! Published results in the forms their tools and tables write.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use assay_store::importers::{Imported, Input, Kind, PriceList, PublishedResult, read, recognise};

/// A sample's bytes; `None`, with a word, where the samples are not.
fn sample(path: &str) -> Option<Vec<u8>> {
    let samples = PathBuf::from("../../../shared/acceptance/samples");
    let bytes = std::fs::read(samples.join(path)).ok();
    if bytes.is_none() {
        eprintln!("skipped: {path} is not here");
    }
    bytes
}

fn import(kind: Kind, bytes: &[u8]) -> Imported {
    assert_eq!(recognise(bytes), Some(kind));
    read(kind, Input { bytes, name: "sample" }).unwrap()
}

fn value(result: &PublishedResult) -> (f64, &str) {
    result.throughput.as_ref().map(|t| (t.value, t.unit.as_str())).unwrap()
}

#[test]
fn a_table_of_one_s_own_is_read_by_its_columns() {
    let bytes = std::fs::read("tests/corpus/table/own.csv").unwrap();
    let imported = import(Kind::Table, &bytes);
    let [small, two, slow] = imported.rows.as_slice() else { panic!("{imported:?}") };
    assert_eq!(value(small), (412.5, "sequences/s"));
    assert_eq!((small.latencies_secs["p50"], small.latencies_secs["p99"]), (0.0712, 0.096));
    assert_eq!((small.power_watts, small.details["batch"].as_str()), (Some(71.0), "32"));
    assert_eq!((two.throughput_per_accelerator(), two.power_watts), (Some(3605.0), None));
    assert!(slow.throughput.is_none() && slow.latencies_secs.len() == 2);
    let [minute] = imported.quarantined.as_slice() else { panic!("{imported:?}") };
    assert!(minute.line == 5 && minute.reason.contains("`per minute`") && minute.reason.contains("tokens/s"));
}

#[test]
fn neuron_tables_cost_what_they_should() {
    let (Some(prices), Some(expected)) =
        (sample("aws-neuron/inf2__inf2_instance_prices.csv"), sample("aws-neuron/expected_cost_per_1m.csv"))
    else {
        return;
    };
    let prices = PriceList::read(&prices).unwrap();
    let expected: Vec<csv::StringRecord> =
        csv::Reader::from_reader(expected.as_slice()).records().map(Result::unwrap).collect();
    let mut priced = 0;
    for table in ["decoder", "encoder", "encoder_decoder"] {
        let file = format!("inf2__throughput_data_{table}.csv");
        let Some(bytes) = sample(&format!("aws-neuron/{file}")) else { return };
        let imported = import(Kind::AwsNeuron, &bytes);
        assert_eq!(imported.quarantined, []);
        let of_file: Vec<_> = expected.iter().filter(|row| row[0] == file).collect();
        assert_eq!(imported.rows.len(), of_file.len(), "{file}");
        for (row, expected) in imported.rows.iter().zip(of_file) {
            let (rate, cost) = prices.price(row).unwrap();
            let number = |index: usize| expected[index].parse::<f64>().unwrap();
            assert_eq!((row.model.as_str(), row.system.as_deref()), (&expected[1], Some(&expected[2])));
            assert_eq!((value(row).0, rate.amount), (number(12), number(13)));
            assert!((cost.amount / number(14) - 1.0).abs() < 1e-9, "{row:?}");
            priced += 1;
        }
        let unit = if table == "encoder" { "inferences/s" } else { "tokens/s" };
        assert!(imported.rows.iter().all(|row| value(row).1 == unit));
    }
    assert_eq!(priced, expected.len());
    assert_eq!((prices.basis(), prices.rate("Inf1.xlarge")), ("RI-Effective hourly rate", None));
}

#[test]
fn mlperf_keeps_units_and_scenarios_apart() {
    let Some(bytes) = sample("mlperf/inference_v5.1_power.excerpt.json") else { return };
    let imported = import(Kind::MlperfSummary, &bytes);
    assert_eq!((imported.rows.len(), imported.quarantined.len()), (24, 0), "{:?}", imported.quarantined);
    for row in &imported.rows {
        let stream = matches!(row.scenario.as_deref(), Some("SingleStream" | "MultiStream"));
        assert_eq!(row.throughput.is_none(), stream);
        assert_eq!(row.latencies_secs.is_empty(), !stream);
        assert_eq!((row.power_watts.is_none(), row.energy_per_query_joules.is_some()), (stream, stream));
    }
    let edge = &imported.rows[14];
    assert_eq!(edge.model, "mobilenet-v1-precision_float-1.0-128");
    assert!((edge.latencies_secs["query_p90"] - 4.778_92e-3).abs() < 1e-12);
    assert!((edge.energy_per_query_joules.unwrap() - 0.155_142_347_586_3).abs() < 1e-12);

    let Some(bytes) = sample("mlperf/inference_v5.1_summary_results.excerpt6.json") else { return };
    let rows = import(Kind::MlperfSummary, &bytes).rows;
    let counts: Vec<_> = rows.iter().map(|row| row.accelerators).collect();
    assert_eq!(counts, [8, 72, 8, 8, 72, 8].map(Some));
    assert_eq!(value(&rows[1]), (289_712.0, "tokens/s"));
    assert!((rows[1].throughput_per_accelerator().unwrap() - 289_712.0 / 72.0).abs() < 1e-9);
}

#[test]
fn what_mlperf_cannot_mean_is_set_aside() {
    let row = |change: &str| {
        let row = r#"{"Model":"bert","Scenario":"Offline","Submitter":"S","Performance_Result":100,"Performance_Units":"Samples/s",
            "Accelerator":"A","a#":8,"Nodes":2,"System":"X (16x A)","compliance":1,"errors":0"#;
        format!("[{row}{change}}}]")
    };
    // Of a key that is written twice, the last counts.
    for (change, reason) in [
        ("", None),
        (r#","Scenario":"SingleStream""#, Some("does not belong")),
        (r#","Performance_Units":"Latency (ms)""#, Some("does not belong")),
        (r#","Power_Result":1,"Power_Units":"millijoules""#, Some("does not belong")),
        (r#","Power_Result":9e6,"Power_Units":"Watts""#, Some("cannot be")),
        (r#","System":"X (8x A)""#, Some("16 accelerators")),
        (r#","compliance":0"#, Some("compliance")),
        (r#","Performance_Result":0"#, Some("positive")),
        (r#","Performance_Result":"fast""#, Some("not a number")),
    ] {
        let imported = import(Kind::MlperfSummary, row(change).as_bytes());
        match reason {
            None => assert_eq!(imported.rows[0].accelerators, Some(16)),
            Some(reason) => assert!(imported.quarantined[0].reason.contains(reason), "{imported:?}"),
        }
    }
    let mixed = import(Kind::MlperfSummary, row(r#","Accelerator":"A(x32) + B(x16)""#).as_bytes());
    assert_eq!((mixed.rows[0].accelerators, mixed.rows[0].remarks.len()), (None, 1));
}

#[test]
fn llama_bench_is_the_same_in_both_forms() {
    let (Some(json), Some(csv)) = (sample("llama-bench/llama_bench.json"), sample("llama-bench/llama_bench.csv"))
    else {
        return;
    };
    // As quoted by its source, the table's rows have a field less than its header: nobody can say which is missing.
    let quoted = import(Kind::LlamaBenchCsv, &csv);
    assert_eq!((quoted.rows.len(), quoted.quarantined.len(), quoted.quarantined[0].line), (0, 2, 2));
    assert_eq!(quoted.quarantined[0].reason, "it has 41 fields, the header 42");
    let csv = String::from_utf8(csv).unwrap().replacen("fit_min_ctx,", "", 1);
    let (json, csv) = (import(Kind::LlamaBenchJson, &json), import(Kind::LlamaBenchCsv, csv.as_bytes()));
    for imported in [&json, &csv] {
        assert_eq!((imported.rows.len(), imported.quarantined.len()), (2, 0));
        let scenarios: Vec<_> = imported.rows.iter().map(|row| row.scenario.as_deref().unwrap()).collect();
        assert_eq!(scenarios, ["pp512", "tg128"]);
        assert_eq!(imported.rows[0].accelerator.as_deref(), Some("NVIDIA GeForce RTX 4080"));
    }
    assert_eq!(value(&json.rows[1]), (118.881_588, "tokens/s"));
    assert_eq!(value(&csv.rows[1]), (119.915_244, "tokens/s"));
    assert_eq!((csv.rows[1].line, json.rows[1].row), (3, 2));
    assert_eq!(csv.rows[0].details["n_batch"], json.rows[0].details["n_batch"]);
}

#[test]
fn llama_bench_rates_are_recomputed() {
    let row = |avg_ts: f64, layers: i64| {
        format!(
            r#"{{"model_type":"m","n_prompt":512,"n_gen":0,"avg_ns":1000000000,"avg_ts":{avg_ts},"stddev_ts":5.12,
            "n_gpu_layers":{layers},"gpu_info":"G, G","cpu_info":"C"}}"#
        )
    };
    let good = import(Kind::LlamaBenchJson, row(512.0, -1).as_bytes());
    assert_eq!((good.rows[0].accelerator.as_deref(), good.rows[0].accelerators), (Some("G"), Some(2)));
    assert!((good.rows[0].relative_noise.unwrap() - 0.01).abs() < 1e-12);
    assert_eq!(import(Kind::LlamaBenchJson, row(512.0, 0).as_bytes()).rows[0].accelerator.as_deref(), Some("C"));
    assert!(import(Kind::LlamaBenchJson, row(700.0, -1).as_bytes()).quarantined[0].reason.contains("512.00"));
}

#[test]
fn a_mock_server_is_set_aside() {
    let Some(bytes) = sample("vllm/vllm_bench_serve_deepseek_r1_tt.json") else { return };
    let imported = import(Kind::VllmBench, &bytes);
    assert_eq!(imported.rows, []);
    assert!(imported.quarantined[0].reason.contains("mock"), "{imported:?}");
    let Some(bytes) = sample("vllm/vllm_bench_serve_detailed_fixture.json") else { return };
    let imported = import(Kind::VllmBench, &bytes);
    assert_eq!((value(&imported.rows[0]), imported.rows[0].latencies_secs["ttft_p99"]), ((3.0, "tokens/s"), 0.19));
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        ("\"duration\": 4.0", "\"duration\": 2.0"),
        ("[5, 4, 3]", "[5, 4, 4]"),
        ("\"completed\": 3", "\"completed\": 0"),
    ] {
        assert!(text.contains(from));
        let imported = import(Kind::VllmBench, text.replace(from, to).as_bytes());
        assert_eq!((imported.rows.len(), imported.quarantined.len()), (0, 1), "{to}");
    }
}

#[test]
fn other_files_are_not_recognised() {
    for other in [&b""[..], b"hello", b"a,b\n1,2\n", b"[]", b"{}", b"[1, 2]", b"{\"a\":1", b"\xff\xff"] {
        assert_eq!(recognise(other), None);
    }
    let cut = read(Kind::VllmBench, Input { bytes: b"{\"a\":\n1", name: "x" }).unwrap_err();
    assert_eq!(cut.line, 2, "{cut}");
}

#[test]
fn a_price_list_has_no_holes() {
    let list = |rows: &str| PriceList::read(format!("Inst. Type,Hourly rate\n{rows}").as_bytes());
    assert_eq!(list("a.1,2.5\n").unwrap().rate("A.1").unwrap().amount, 2.5);
    for bad in ["a,0\n", "a,\n", "a,x\n", "a,1\na,2\n", "a\n", "a,NaN\n"] {
        assert!(list(bad).unwrap_err().to_string().contains("line "), "{bad:?}");
    }
    assert!(PriceList::read(b"x,y\n1,2\n").is_err());
}
