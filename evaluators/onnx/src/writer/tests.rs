//! The bytes of models, read back. That they compute the right thing is tested on the engines.

use assay_core::graph::{Graph, TensorId};
use assay_core::{NumericFormat, Shape, Workload, evaluator::Job};
use prost::Message as _;

use super::{OPSET, check, onnx_model};
use crate::proto::{GraphProto, ModelProto, TensorProto};

fn job(shape: Shape, format: NumericFormat) -> Job {
    Job::new(&Workload { id: "w".to_owned(), format, shape }, 5)
}

fn graph_of(job: &Job) -> GraphProto {
    let model = ModelProto::decode(onnx_model(job).unwrap().bytes.as_slice()).unwrap();
    assert_eq!(model.opset_import[0].version, OPSET);
    model.graph.unwrap()
}

fn operators(graph: &GraphProto) -> Vec<&str> {
    graph.node.iter().map(|node| node.op_type.as_str()).collect()
}

fn initializer<'a>(graph: &'a GraphProto, name: &str) -> &'a TensorProto {
    graph.initializer.iter().find(|tensor| tensor.name == name).unwrap()
}

#[test]
fn inputs_are_inputs_and_weights_are_initializers() {
    let job = job(Shape::Gemm { m: 2, n: 3, k: 4 }, NumericFormat::Fp32);
    let model = onnx_model(&job).unwrap();
    assert_eq!(model.inputs, [("x".to_owned(), TensorId(0))]);
    let graph = graph_of(&job);
    let names: Vec<&str> = graph.input.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(names, ["x"]);
    assert_eq!(graph.output[0].name, model.output);
    let weight = initializer(&graph, "w");
    assert_eq!(weight.dims, [4, 3]);
    let first = job.tensors[1].as_ref().unwrap().as_f32()[0];
    assert_eq!(weight.raw_data[..4], first.to_le_bytes());
}

#[test]
fn repeated_integers_are_not_packed() {
    let tensor = TensorProto { dims: vec![4, 3], ..TensorProto::default() };
    // Field 1 as a varint, twice; packed it would be one field of bytes.
    assert_eq!(tensor.encode_to_vec(), [0x08, 4, 0x08, 3]);
}

#[test]
fn int8_quantises_weights_symmetrically_and_activations_dynamically() {
    let job = job(Shape::Gemm { m: 2, n: 3, k: 40 }, NumericFormat::Int8);
    let graph = graph_of(&job);
    assert_eq!(operators(&graph), ["DynamicQuantizeLinear", "MatMulInteger", "Mul", "Cast", "Mul"]);
    let steps: Vec<i8> = initializer(&graph, "w.int8").raw_data.iter().map(|byte| byte.cast_signed()).collect();
    assert_eq!(steps.iter().map(|step| i32::from(*step).abs()).max(), Some(127));
    // What a step stands for, times the steps, is the weight to half a step.
    let scale = graph.initializer.iter().find(|tensor| tensor.data_type == 1).unwrap();
    let scale = f32::from_le_bytes(scale.raw_data.as_ref().try_into().unwrap());
    for (step, weight) in steps.iter().zip(job.tensors[1].as_ref().unwrap().as_f32()) {
        assert!((f32::from(*step) * scale - weight).abs() <= scale * 0.501);
    }
}

#[test]
fn half_formats_take_two_bytes_an_element() {
    for (format, code) in [(NumericFormat::Fp16, 10), (NumericFormat::Bf16, 16)] {
        let graph = graph_of(&job(Shape::Gemm { m: 2, n: 3, k: 4 }, format));
        let weight = initializer(&graph, "w");
        assert_eq!((weight.data_type, weight.raw_data.len()), (code, 24));
    }
}

#[test]
fn a_job_without_its_weights_is_refused() {
    let mut job = job(Shape::Gemm { m: 2, n: 3, k: 4 }, NumericFormat::Fp32);
    job.tensors[1] = None;
    assert!(onnx_model(&job).unwrap_err().contains("`w`"));
}

#[test]
fn models_beyond_two_gibibytes_are_refused_before_they_are_built() {
    let graph = |rows, format| -> Graph {
        let shape = Shape::EmbeddingMlp { batch: 1, tables: 1, rows, dim: 64, bag: 1, hidden: 8 };
        assay_core::graph::build(&Workload { id: "w".to_owned(), format, shape })
    };
    assert!(check(&graph(8_000_000, NumericFormat::Fp32)).is_ok());
    assert!(check(&graph(9_000_000, NumericFormat::Fp32)).unwrap_err().contains("2 GiB"));
    // The same table fits in a narrower format.
    assert!(check(&graph(9_000_000, NumericFormat::Fp16)).is_ok());
    assert!(check(&graph(9_000_000, NumericFormat::Int8)).is_ok());
}
