//! Manifests against a device that is only described, and sources against the compiler where it is there.

use assay_core::{NumericFormat, Shape, Workload};

use super::*;
use crate::libraries::SearchPath;
use crate::nvrtc::Nvrtc;

/// What a Hopper device tells, and a workload's sizes.
fn variables(shape: Shape, format: NumericFormat) -> Variables {
    let element = Element::of(format).unwrap();
    let workload = Workload { id: "w".to_owned(), format, shape };
    let graph = assay_core::graph::build(&workload);
    let mut variables = sizes_of(&graph, &graph.nodes);
    for (name, value) in [
        ("element_bytes", element.bytes() as f64),
        ("pack", element.pack() as f64),
        ("multiprocessors", 132.0),
        ("shared_bytes_limit", 232_448.0),
        ("shared_bytes_per_multiprocessor", 233_472.0),
        ("threads_per_multiprocessor", 2048.0),
        ("has_residual", 1.0),
    ] {
        variables.insert(name.to_owned(), value);
    }
    variables
}

fn shape_of(kind: &str) -> Shape {
    match kind {
        "softmax" => Shape::Softmax { rows: 9, columns: 4096 },
        "rms-norm" => Shape::RmsNorm { rows: 9, columns: 4096 },
        "bias-gelu" => Shape::BiasGelu { rows: 9, columns: 4096 },
        "quantise" => Shape::Quantise { rows: 9, columns: 4096 },
        "dequantise" => Shape::Dequantise { rows: 9, columns: 4096 },
        "linear-gelu" => Shape::LinearGelu { m: 300, n: 512, k: 64 },
        _ => Shape::AttentionPrefill { batch: 2, heads: 3, sequence: 300, head_dim: 128 },
    }
}

/// Each bundled kernel and its baseline in each format it takes.
fn each_bundled(mut check: impl FnMut(&Kernel, &Implementation, NumericFormat)) {
    for kernel in Kernel::bundled() {
        let manifest = &kernel.manifest;
        for format in &manifest.formats {
            for implementation in [Some(&manifest.kernel), manifest.baseline.as_ref()].into_iter().flatten() {
                check(&kernel, implementation, *format);
            }
        }
    }
}

#[test]
fn the_bundled_kernels_have_launches_within_the_limits() {
    each_bundled(|kernel, implementation, format| {
        let mut applicable = 0;
        for parameters in implementation.combinations() {
            let given = variables(shape_of(&kernel.manifest.computes[0]), format);
            let resolved = implementation.resolve(given, &parameters).unwrap();
            if implementation.requires.iter().all(|condition| condition.holds(&resolved).unwrap()) {
                let config = launch_config(implementation, &resolved).unwrap();
                assert!(config.shared_mem_bytes <= 232_448, "{} {parameters:?}", kernel.manifest.id);
                applicable += 1;
            }
        }
        assert!(applicable > 0, "{} {format}", kernel.manifest.id);
    });
}

#[test]
fn a_launch_beyond_the_limits_is_refused() {
    let mut implementation = Kernel::bundled_by_id("softmax").unwrap().manifest.baseline.unwrap();
    let variables = variables(shape_of("softmax"), NumericFormat::Fp32);
    for (grid, block) in [("0", "32"), ("20000000000", "32"), ("rows / 2", "32"), ("rows", "2048"), ("rows", "0 - 1")] {
        implementation.grid = vec![kernel::Expression::Text(grid.to_owned())];
        implementation.block = vec![kernel::Expression::Text(block.to_owned())];
        assert!(launch_config(&implementation, &variables).is_err(), "{grid} {block}");
    }
}

#[test]
fn a_map_never_reaches_beyond_its_tensor() {
    let operand = Operand { address: 256, elements: 1000, factors: None };
    let map = |dimensions: &[u64], extents: &[u64]| tensor_map(operand, Element::Bf16, dimensions, extents, 128);
    assert!(map(&[100, 11], &[64, 8]).unwrap_err().to_string().contains("more than the 1000 elements"));
    assert!(map(&[u64::MAX, 2], &[64, 8]).is_err());
    assert!(map(&[10, 10], &[300, 8]).unwrap_err().to_string().contains("box"));
    assert!(matches!(map(&[10, 10], &[8, 8]), Err(EvaluatorError::Unsupported(_))));
}

#[test]
fn the_bundled_kernels_compile() {
    let nvrtc = match Nvrtc::load(&SearchPath::from_environment(), u32::MAX) {
        Ok(nvrtc) => nvrtc,
        Err(reason) => {
            eprintln!("skipped: {reason}");
            return;
        }
    };
    each_bundled(|kernel, implementation, format| {
        let given = variables(shape_of(&kernel.manifest.computes[0]), format);
        let resolved = implementation.resolve(given, &implementation.combinations()[0]).unwrap();
        let options = options(implementation, Element::of(format).unwrap(), &resolved).unwrap();
        let source = String::from_utf8(kernel.files[&implementation.source].clone()).unwrap();
        let target = ((9, 0), implementation.architecture.capability().1);
        let image = nvrtc.compile(&implementation.source, &source, target, &options, &headers(kernel));
        assert!(matches!(image, Ok(Image::Cubin(_))), "{} {format}: {image:?}", kernel.manifest.id);
    });
}
