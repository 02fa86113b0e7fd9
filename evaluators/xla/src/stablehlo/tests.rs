//! The text of modules. That they compute the right thing is tested on a plugin.

use std::collections::BTreeSet;

use assay_core::graph::{self, Graph};
use assay_core::{NumericFormat, Shape, Suite, Workload};

use super::{Element, Program, Stored, program};

fn graph_of(shape: Shape, format: NumericFormat) -> Graph {
    graph::build(&Workload { id: "w".to_owned(), format, shape })
}

fn module(shape: Shape, format: NumericFormat) -> Program {
    program(&graph_of(shape, format)).unwrap()
}

#[test]
fn a_matrix_product_is_one_operation() {
    let text = module(Shape::Gemm { m: 2, n: 3, k: 4 }, NumericFormat::Fp32).text;
    assert_eq!(
        text,
        "module @workload {
  func.func public @main(%arg0: tensor<2x4xf32>, %arg1: tensor<4x3xf32>) -> (tensor<2x3xf32>) {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [0], precision = [HIGHEST, HIGHEST] : \
         (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
    return %0 : tensor<2x3xf32>
  }
}
"
    );
    // A device that has tf32 uses it where it is not told to be exact.
    let tf32 = module(Shape::Gemm { m: 2, n: 3, k: 4 }, NumericFormat::Tf32).text;
    assert!(!tf32.contains("HIGHEST") && tf32.contains("xf32"));
}

#[test]
fn a_softmax_of_bf16_is_computed_in_fp32_and_rounded_once() {
    let text = module(Shape::Softmax { rows: 2, columns: 5 }, NumericFormat::Bf16).text;
    assert_eq!(
        text,
        "module @workload {
  func.func public @main(%arg0: tensor<2x5xbf16>) -> (tensor<2x5xbf16>) {
    %0 = stablehlo.convert %arg0 : (tensor<2x5xbf16>) -> tensor<2x5xf32>
    %1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %2 = stablehlo.reduce(%0 init: %1) applies stablehlo.maximum across dimensions = [1] : (tensor<2x5xf32>, \
         tensor<f32>) -> tensor<2xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<2xf32>) -> tensor<2x5xf32>
    %4 = stablehlo.subtract %0, %3 : tensor<2x5xf32>
    %5 = stablehlo.exponential %4 : tensor<2x5xf32>
    %6 = stablehlo.constant dense<0.000000000e0> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [1] : (tensor<2x5xf32>, tensor<f32>) \
         -> tensor<2xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0] : (tensor<2xf32>) -> tensor<2x5xf32>
    %9 = stablehlo.divide %5, %8 : tensor<2x5xf32>
    %10 = stablehlo.convert %9 : (tensor<2x5xf32>) -> tensor<2x5xbf16>
    return %10 : tensor<2x5xbf16>
  }
}
"
    );
}

#[test]
fn int8_weights_come_with_their_factor_and_sums_are_integers() {
    let program = module(Shape::Gemm { m: 2, n: 3, k: 4 }, NumericFormat::Int8);
    let stored: Vec<(Stored, Element)> = program.arguments.iter().map(|a| (a.stored, a.element)).collect();
    assert_eq!(stored, [(Stored::Plain, Element::F32), (Stored::Steps, Element::S8), (Stored::Factor, Element::F32)]);
    assert!(program.text.contains("(tensor<2x4xi8>, tensor<4x3xi8>) -> tensor<2x3xi32>"), "{}", program.text);
}

#[test]
fn quantised_rows_are_answered_and_given_in_two_parts() {
    let quantised = module(Shape::Quantise { rows: 2, columns: 4 }, NumericFormat::Bf16);
    assert_eq!(quantised.results, [(Element::S8, vec![2, 4]), (Element::F32, vec![2])]);
    let dequantised = module(Shape::Dequantise { rows: 2, columns: 4 }, NumericFormat::Fp32);
    let stored: Vec<Stored> = dequantised.arguments.iter().map(|a| a.stored).collect();
    assert_eq!(stored, [Stored::RowSteps, Stored::RowFactors]);
}

#[test]
fn every_workload_of_the_suites_is_translated_or_has_a_reason() {
    let mut translated = 0;
    for suite in ["quick", "standard", "kernels", "links"] {
        for workload in Suite::load(suite).unwrap().workloads {
            let graph = graph::build(&workload);
            let program = match program(&graph) {
                Ok(program) => program,
                Err(reason) => {
                    let moves = matches!(
                        workload.shape,
                        Shape::HostCopy { .. }
                            | Shape::PeerCopy { .. }
                            | Shape::Launch { .. }
                            | Shape::Collective { .. }
                    );
                    assert!(moves || workload.format == NumericFormat::Fp8, "{}: {reason}", workload.id);
                    continue;
                }
            };
            translated += 1;
            assert_eq!(program.results[0].1, graph.shape(graph.output), "{}", workload.id);
            assert_defined_before_use(&program, &workload.id);
            // The data of a workload is not in its text.
            assert!(program.text.len() < 200_000, "{}: {} bytes", workload.id, program.text.len());
        }
    }
    assert!(translated > 50, "{translated}");
}

/// Each name is defined once, before it is used.
fn assert_defined_before_use(program: &Program, id: &str) {
    let mut defined: BTreeSet<String> = (0..program.arguments.len()).map(|i| format!("%arg{i}")).collect();
    let names = |text: &str| -> Vec<String> {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '%'))
            .filter(|word| word.starts_with('%') && !["%a", "%b", "%larger"].contains(word))
            .map(str::to_owned)
            .collect()
    };
    for line in program.text.lines().skip(2) {
        let (result, operation) = line.split_once(" = ").unwrap_or(("", line));
        for name in names(operation) {
            assert!(defined.contains(&name), "{id}: {name} in {line}");
        }
        for name in names(result) {
            assert!(defined.insert(name), "{id}: {line}");
        }
    }
}
