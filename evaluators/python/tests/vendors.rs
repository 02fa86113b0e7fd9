//! The compilers of vendors whose hardware is not here: what the interpreter says of them, and what our side asks of them,
//! with packages and tools in the place of theirs (`fakes`). The numbers that come back are those of the processor.

use std::process::Command;

use assay_core::evaluator::{Evaluator as _, EvaluatorError, Job};
use assay_core::{Device, DeviceKind, NumericFormat, Shape};
use conformance::{cpu, error_norm, workload};

#[path = "../../core/tests/conformance/mod.rs"]
mod conformance;

/// Says in a child process that it is to run.
const CHILD: &str = "ASSAY_PYTHON_VENDORS_CHILD";

fn devices() -> [Device; 6] {
    let npu = |id| Device::new(id, DeviceKind::Npu, "");
    let gpu = |id| Device::new(id, DeviceKind::Gpu, "");
    [cpu(), gpu("cuda:0"), gpu("rocm:0"), npu("neuron:1"), npu("hpu:0"), Device::new("tpu:0", DeviceKind::Tpu, "")]
}

/// Not a test of its own: the packages are named in its environment.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let devices = devices();
    for evaluator in assay_python::evaluators(&devices) {
        for (device, status) in evaluator.probe() {
            println!("{} on {}: {}", status.id, device.id, status.reason.unwrap_or_else(|| "there".to_owned()));
        }
        let device = match evaluator.stack().as_str() {
            "tensorrt" => &devices[1],
            "torch-neuronx" => &devices[3],
            "torch-gaudi" => &devices[4],
            "migraphx" => &devices[2],
            _ => continue,
        };
        let shapes = [
            Shape::Gemm { m: 33, n: 17, k: 65 },
            Shape::EncoderBlock { batch: 2, sequence: 11, hidden: 24, heads: 3, feed_forward: 40 },
            Shape::ConvBlock { batch: 2, channels: 5, size: 9 },
            Shape::EmbeddingMlp { batch: 5, tables: 3, rows: 50, dim: 12, bag: 4, hidden: 20 },
        ];
        for shape in shapes {
            let workload = workload(shape, NumericFormat::Fp32);
            match error_norm(&evaluator, device, &Job::new(&workload, 11), "import time") {
                Ok(error) => {
                    assert!(error < workload.tolerance(), "{}: {error}", workload.id);
                    println!("{} computes {}", evaluator.stack(), workload.id);
                }
                Err(EvaluatorError::Unavailable(reason)) => println!("{}: {reason}", evaluator.stack()),
                Err(error) => panic!("{} on {}: {error}", workload.id, evaluator.stack()),
            }
        }
    }
}

#[test]
fn vendors_stacks_are_found_and_asked_as_documented() {
    let fakes = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fakes");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(fakes.join("bin")).chain(std::env::split_paths(&path)));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, "1")
        .env("PYTHONPATH", &fakes)
        .env("PATH", path.unwrap())
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    let Some(line) = text.lines().find(|line| line.contains("tensorrt on cpu")) else {
        eprintln!("skipped: there is no Python here");
        return;
    };
    let torch = text.contains("torch-eager on cpu: there");
    let lacking = if torch { "runs on NVIDIA devices only" } else { "needs torch in the same Python, too" };
    assert!(line.contains(lacking), "{text}");
    assert!(text.contains("migraphx on cpu: migraphx runs on AMD devices only"), "{text}");
    assert!(text.contains("migraphx on rocm:0: there"), "{text}");
    // What was built for other hardware says so.
    if torch {
        for said in ["torch-neuronx on neuron:1: there", "torch-gaudi on hpu:0: there", "tensorrt on cuda:0: there"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(text.contains("torch-eager on rocm:0: this build of torch is not for AMD devices"), "{text}");
        for workload in ["gemm-fp32", "encoder-block-fp32", "conv-block-fp32", "embedding-mlp-fp32"] {
            for stack in ["torch-neuronx", "torch-gaudi"] {
                assert!(text.contains(&format!("{stack} computes {workload}")), "{text}");
            }
        }
    }
    if text.contains("jax on cpu: there") {
        assert!(text.contains("jax on tpu:0: there"), "{text}");
    }
    if text.contains("onnxruntime-python on cpu: there") {
        assert!(text.contains("migraphx computes encoder-block-fp32"), "{text}");
        assert!(!torch || text.contains("tensorrt computes encoder-block-fp32"), "{text}");
    }
}
