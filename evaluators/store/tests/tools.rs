//! Published results in the forms that measuring tools print and export.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use assay_store::importers::{Imported, Input, Kind, PublishedResult, SystemDescription, read, recognise};

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

fn one(kind: Kind, bytes: &[u8]) -> PublishedResult {
    let mut imported = import(kind, bytes);
    assert_eq!((imported.rows.len(), imported.quarantined.len()), (1, 0), "{:?}", imported.quarantined);
    imported.rows.remove(0)
}

/// Why the only row was set aside, and its line.
fn refused(kind: Kind, text: &str) -> (u64, String) {
    let imported = import(kind, text.as_bytes());
    assert_eq!((imported.rows.len(), imported.quarantined.len()), (0, 1), "{:?}", imported.rows);
    (imported.quarantined[0].line, imported.quarantined[0].reason.clone())
}

fn value(result: &PublishedResult) -> (f64, &str) {
    result.throughput.as_ref().map(|t| (t.value, t.unit.as_str())).unwrap()
}

fn close(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-9
}

#[test]
fn a_loadgen_log_is_one_run_in_nanoseconds() {
    let Some(bytes) = sample("mlperf/v4.1_NVIDIA_H200x8_llama2-70b-99_Offline_mlperf_log_summary.txt") else { return };
    let result = one(Kind::MlperfLog, &bytes);
    assert_eq!((value(&result), result.model.as_str()), ((31_302.7, "tokens/s"), "llama2-70b"));
    assert!(close(result.latencies_secs["latency_p99"], 2_710.282_756_038));
    assert_eq!((result.scenario.as_deref(), result.accelerator), (Some("Offline"), None));

    let text = String::from_utf8(bytes).unwrap();
    for (from, to, line, reason) in [
        ("Result is : VALID", "Result is : INVALID", 9, "INVALID"),
        ("PerformanceOnly", "AccuracyOnly", 6, "no performance"),
        ("No errors encountered", "2 ERRORS encountered. See detailed log.\n", 54, "reports errors"),
        ("Tokens per second: 31302.7", "Tokens per second: fast", 8, "not a number"),
    ] {
        assert!(text.contains(from));
        let (at, why) = refused(Kind::MlperfLog, &text.replace(from, to));
        assert!(why.contains(reason), "{to}: {why}");
        assert_eq!(at, line, "{to}");
    }
    // What LoadGen scheduled is not what was done.
    let server = text.replace("Scenario : Offline", "Scenario : Server");
    assert!(refused(Kind::MlperfLog, &server).1.contains("no throughput"));
    let scheduled = server.replace("Samples per second:", "Scheduled samples per second :");
    assert!(refused(Kind::MlperfLog, &scheduled).1.contains("completed"));
    let stream = "MLPerf Results Summary\nScenario : SingleStream\nMode : PerformanceOnly\n\
        90th percentile latency (ns) : 4778920\nResult is : VALID\n";
    let result = one(Kind::MlperfLog, stream.as_bytes());
    assert!(result.throughput.is_none() && close(result.latencies_secs["query_p90"], 4.778_92e-3));
}

#[test]
fn a_system_is_described_beside_its_log() {
    let Some(bytes) = sample("mlperf/v4.1_NVIDIA_H200x8_system.json") else { return };
    let system = SystemDescription::read(&bytes).unwrap().unwrap();
    assert_eq!((system.accelerator.as_deref(), system.accelerators), (Some("NVIDIA H200-SXM-141GB"), Some(8)));
    assert_eq!(system.submitter.as_deref(), Some("NVIDIA"));
    assert!(SystemDescription::read(b"{}").is_none() && SystemDescription::read(b"x").is_none());
}

#[test]
fn inferencex_counts_seconds() {
    let Some(bytes) = sample("inferencex/glm5_fp8_vllm_tp8_isl1024_osl128_conc16.json") else { return };
    let result = one(Kind::InferenceX, &bytes);
    assert_eq!(value(&result), (403.580_931_342_125_4, "tokens/s"));
    assert_eq!(result.latencies_secs["tpot_median"], 0.033_614_915_054_966_145);
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        ("\"median_tpot\": 0.0336", "\"median_tpot\": 33.6"),
        ("\"duration\": 50.7", "\"duration\": 25.7"),
        ("\"completed\": 160", "\"completed\": 0"),
        ("\"p99_ttft\": 2.07", "\"p99_ttft\": 0.07"),
    ] {
        assert!(text.contains(from));
        refused(Kind::InferenceX, &text.replace(from, to));
    }
}

#[test]
fn aiperf_records_become_one_result() {
    let (Some(good), Some(bad)) =
        (sample("aiperf/profile_export_success_record.json"), sample("aiperf/profile_export_failed_record.json"))
    else {
        return;
    };
    let imported = import(Kind::Aiperf, &[good.as_slice(), b"\n", &bad].concat());
    assert_eq!((imported.rows.len(), imported.quarantined.len()), (1, 1));
    let line = good.iter().filter(|byte| **byte == b'\n').count() as u64 + 2;
    assert_eq!(imported.quarantined[0].line, line);
    assert!(imported.quarantined[0].reason.contains("cancelled"));
    let result = &imported.rows[0];
    assert!(close(value(result).0, 9.0 / 0.305_864_241), "{result:?}");
    // The time to the first token is there twice; 255.9 ms and the chunks' 41.6 ms make the request's 297.5 ms.
    assert!(close(result.latencies_secs["ttft_p50"], 0.255_886_568), "{result:?}");
    assert_eq!(result.remarks.len(), 3);
    assert_eq!(import(Kind::Aiperf, &bad).rows, []);
}

#[test]
fn an_aiperf_aggregate_has_its_units_beside_it() {
    let text = r#"{"request_throughput":{"unit":"requests/sec","avg":2.5},"request_count":{"unit":"requests","avg":50},
        "benchmark_duration":{"unit":"sec","avg":20},"output_sequence_length":{"unit":"tokens","avg":100},
        "output_token_throughput":{"unit":"tokens/sec","avg":250},
        "request_latency":{"unit":"ms","avg":800,"p50":790,"p99":1200},
        "time_to_first_token":{"unit":"ms","avg":18.26,"min":11.22,"p50":15.34,"p99":68.82,"max":106.3},
        "input_config":{"endpoint":{"model_names":["m"]},"loadgen":{"concurrency":4}}}"#;
    let result = one(Kind::Aiperf, text.as_bytes());
    assert_eq!((value(&result), result.model.as_str()), ((250.0, "tokens/s"), "m"));
    assert!(close(result.latencies_secs["ttft_p99"], 0.068_82));
    for (from, to, reason) in [
        ("\"unit\":\"ms\",\"avg\":18", "\"unit\":\"ticks\",\"avg\":18", "unit"),
        ("\"avg\":250", "\"avg\":900", "tokens/s are stated"),
        ("\"avg\":20}", "\"avg\":90}", "requests/s are stated"),
        ("\"p99\":68.82", "\"p99\":6.8", "below"),
    ] {
        assert!(text.contains(from));
        assert!(refused(Kind::Aiperf, &text.replace(from, to)).1.contains(reason), "{to}");
    }
}

#[test]
fn nvbench_states_are_results_but_for_those_skipped() {
    for file in ["nvbench/test_ref.json", "nvbench/test_cmp.json"] {
        let Some(bytes) = sample(file) else { return };
        let imported = import(Kind::Nvbench, &bytes);
        assert_eq!((imported.rows.len(), imported.quarantined.len()), (88, 38), "{file}");
        let skipped = |reason: &str| reason.contains("nvbench skipped it: ");
        assert!(imported.quarantined.iter().all(|row| skipped(&row.reason)), "{:?}", imported.quarantined);
        let text = String::from_utf8(bytes).unwrap();
        for row in &imported.quarantined {
            assert!(text.lines().nth(row.line as usize - 1).unwrap().contains("\"is_skipped\": true"));
        }
        let first = &imported.rows[0];
        assert_eq!((first.model.as_str(), first.accelerator.as_deref()), ("simple", Some("Quadro GV100")));
        assert!(first.latencies_secs["cold_mean"] > 9e-4 && first.latencies_secs["cold_mean"] < 1.1e-3);
        let copied = imported.rows.iter().find(|row| row.model == "copy_type_sweep").unwrap();
        assert_eq!((value(copied).1, copied.scenario.as_deref()), ("items/s", Some("T=U8")));
    }
    let Some(bytes) = sample("nvbench/test_ref.json") else { return };
    // The share of the peak is that of this device's peak.
    let text = String::from_utf8(bytes).unwrap().replace(": 870400000000", ": 970400000000");
    let wrong = import(Kind::Nvbench, text.as_bytes()).quarantined;
    assert!(wrong.iter().any(|row| row.reason.contains("utilisation")), "{}", wrong.len());
}

#[test]
fn onnxruntime_averages_in_milliseconds_and_ranks_in_seconds() {
    for (file, rate, mean) in [("arm_sme2", 10.104, 0.098_961_997), ("spacemit", 137.435, 0.007_270_205)] {
        let Some(bytes) = sample(&format!("onnxruntime/onnxruntime_perf_test_stdout_{file}.txt")) else { return };
        let result = one(Kind::OnnxruntimePerfTest, &bytes);
        assert_eq!(value(&result), (rate, "inferences/s"));
        assert!(close(result.latencies_secs["latency_mean"], mean));
        assert!((result.latencies_secs["latency_p50"] / mean - 1.0).abs() < 0.01);
        let text = String::from_utf8(bytes).unwrap();
        let seconds = text.replace(" ms\nTotal inference run", " s\nTotal inference run");
        assert!(refused(Kind::OnnxruntimePerfTest, &seconds).1.contains("extremes"));
        let fast = text.replace("inferences per second: ", "inferences per second: 9");
        assert!(refused(Kind::OnnxruntimePerfTest, &fast).1.contains("requests over time"));
        let twice = read(Kind::OnnxruntimePerfTest, Input { bytes: (text.clone() + &fast).as_bytes(), name: "x" });
        assert!(twice.unwrap_err().reason.contains("second time"));
    }
    let Some(bytes) = sample("onnxruntime/onnxruntime_perf_test_stdout_spacemit.txt") else { return };
    let result = one(Kind::OnnxruntimePerfTest, &bytes);
    assert_eq!(result.stack.as_deref(), Some("onnxruntime SpaceMITExecutionProvider"));
}

#[test]
fn trtexec_exports_add_up() {
    let Some(bytes) = sample("trtexec/exportTimes_schema_example.json") else { return };
    let result = one(Kind::TrtexecTimes, &bytes);
    // Two inferences from the first transfer at 0.01 ms to the last at 2.8 ms.
    assert!(close(value(&result).0, 2.0 / 2.79e-3));
    assert!(close(result.latencies_secs["latency_mean"], 1.38e-3));
    let text = String::from_utf8(bytes).unwrap().replace("\"latencyMs\" : 1.37", "\"latencyMs\" : 1.6");
    let imported = import(Kind::TrtexecTimes, text.as_bytes());
    assert_eq!((imported.rows.len(), imported.quarantined.len(), imported.quarantined[0].line), (1, 1, 2));

    let Some(bytes) = sample("trtexec/exportProfile_schema_example.json") else { return };
    let result = one(Kind::TrtexecProfile, &bytes);
    assert!(result.throughput.is_none() && close(result.latencies_secs["layers_mean"], 1e-3));
    let text = String::from_utf8(bytes).unwrap();
    assert!(refused(Kind::TrtexecProfile, &text.replace("0.6,", "0.8,")).1.contains("over the count"));
    assert!(refused(Kind::TrtexecProfile, &text.replace(": 40 ", ": 20 ")).1.contains("add up"));
}

const TRTEXEC_LOG: &str = "\
&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec --onnx=/models/net.onnx --fp16
[11/21/2026-10:00:00] [I] === Model Options ===
[11/21/2026-10:00:00] [I] Model: /models/net.onnx
[11/21/2026-10:00:00] [I] Precision: FP32+FP16
[11/21/2026-10:00:00] [I] Selected Device: NVIDIA L4
[11/21/2026-10:00:00] [I] TensorRT version: 8.6.1
[11/21/2026-10:00:04] [I] === Performance summary ===
[11/21/2026-10:00:04] [I] Throughput: 1000.5 qps
[11/21/2026-10:00:04] [I] Latency: min = 1.1 ms, max = 1.5 ms, mean = 1.2 ms, median = 1.2 ms, percentile(90%) = 1.3 ms, percentile(99%) = 1.4 ms
[11/21/2026-10:00:04] [I] H2D Latency: min = 0 ms, max = 0 ms, mean = 0 ms, median = 0 ms, percentile(90%) = 0 ms
[11/21/2026-10:00:04] [I] GPU Compute Time: min = 0.9 ms, max = 1.2 ms, mean = 1 ms, median = 1 ms, percentile(99%) = 1.1 ms
&&&& PASSED TensorRT.trtexec [TensorRT v8601]
";

#[test]
fn a_trtexec_log_has_queries_and_milliseconds() {
    let result = one(Kind::TrtexecLog, TRTEXEC_LOG.as_bytes());
    assert_eq!((value(&result), result.model.as_str()), ((1000.5, "queries/s"), "net.onnx"));
    assert_eq!((result.accelerator.as_deref(), result.line), (Some("NVIDIA L4"), 8));
    assert!(close(result.latencies_secs["latency_p99"], 1.4e-3));
    for (from, to, reason) in [
        ("PASSED", "FAILED", "failed"),
        ("1000.5 qps", "1000.5", "not in qps"),
        ("max = 1.5 ms", "max = 1.5", "without a unit"),
        ("median = 1 ms", "median = 3 ms", "of computation"),
        ("median = 1.2 ms", "median = 1.6 ms", "below"),
    ] {
        let (_, why) = refused(Kind::TrtexecLog, &TRTEXEC_LOG.replace(from, to));
        assert!(why.contains(reason), "{to}: {why}");
    }
    let cut = TRTEXEC_LOG.split("[11/21/2026-10:00:04] [I] Throughput").next().unwrap();
    let cut = read(Kind::TrtexecLog, Input { bytes: cut.as_bytes(), name: "x" }).unwrap_err();
    assert!(cut.to_string().starts_with("line 8: not a trtexec-log file: no `Throughput`"), "{cut}");
}
