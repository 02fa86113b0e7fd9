//! Workloads compiled for TPUs ahead of time, in a child process: the compiler reads the environment.
#![cfg(target_os = "linux")]

use std::process::Command;

use assay_core::estimate::{VendorCompiler as _, Verdict};
use assay_core::{NumericFormat, Shape, Suite, Workload};
use assay_xla::{Places, TpuCompiler, prepare_environment};

const CHILD: &str = "ASSAY_XLA_TEST_CHILD";

/// Not a test of its own: it is what the child runs.
#[test]
fn child() {
    let Some(what) = std::env::var_os(CHILD) else { return };
    // SAFETY: the harness runs this one test, on one thread.
    unsafe { prepare_environment() };
    let compiler = TpuCompiler::new(Places::Environment);
    let report = compiler.report();
    if let Some(reason) = report.reason {
        println!("skipped: {reason}");
        return;
    }
    let gemm =
        Workload { id: "gemm".to_owned(), format: NumericFormat::Bf16, shape: Shape::Gemm { m: 512, n: 256, k: 128 } };
    let huge =
        Workload { id: "huge".to_owned(), format: NumericFormat::Fp32, shape: Shape::Triad { elements: 16 << 30 } };
    let workloads = match what.to_str() {
        Some("small") => vec![gemm, huge],
        suite => Suite::load(suite.unwrap()).unwrap().workloads,
    };
    for workload in workloads {
        for target in &report.targets {
            let estimate = compiler.estimate(&workload, &target.id);
            println!("{} {} {}", target.id, workload.id, serde_json::to_string(&estimate).unwrap());
        }
    }
}

#[test]
fn a_product_compiles_for_each_generation_and_what_is_too_large_does_not_fit() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, "small")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    if let Some(line) = text.lines().find(|line| line.contains("skipped: ")) {
        eprintln!("{line}");
        return;
    }
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for target in ["google-tpu-v5e", "google-tpu-v5p", "google-tpu-v6e"] {
        let estimate = |id: &str| -> assay_core::estimate::Estimate {
            let start = format!("{target} {id} ");
            let json = text.lines().find_map(|line| line.split_once(&start)).unwrap().1;
            serde_json::from_str(json).unwrap()
        };
        let gemm = estimate("gemm");
        assert_eq!(gemm.verdict, Verdict::Compiles, "{target}");
        let expected = 2.0 * 512.0 * 256.0 * 128.0;
        assert!((gemm.flops.unwrap() / expected - 1.0).abs() < 0.05, "{target}: {:?}", gemm.flops);
        assert!(gemm.execution_secs.is_none_or(|secs| secs > 0.0));
        assert!(gemm.memory.unwrap().arguments_bytes >= 2.0 * (512.0 * 128.0 + 128.0 * 256.0));
        assert!(matches!(estimate("huge").verdict, Verdict::DoesNotFit(_)), "{target}: {:?}", estimate("huge").verdict);
    }
}
