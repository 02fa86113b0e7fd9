//! Models as they should be, and as they should not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use assay_core::evaluator::Job;
use assay_core::model::{ModelChoice, ModelOptions, ModelReader as _};
use assay_core::{NumericFormat, Shape, Workload};
use prost::Message as _;

use super::{OnnxReader, decode};
use crate::proto::{
    AttributeProto, DimensionProto, DimensionValue, EXTERNAL, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute_type,
};
use conformance::shapes;

#[path = "../../../core/tests/conformance/mod.rs"]
mod conformance;

fn standard(shape: Shape) -> (Workload, Vec<u8>) {
    let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
    let bytes = crate::onnx_model(&Job::new(&workload, 3)).unwrap().bytes;
    (workload, bytes)
}

fn inspect(bytes: &[u8]) -> Result<assay_core::model::ModelReport, String> {
    inspect_with(bytes, BTreeMap::new())
}

fn inspect_with(bytes: &[u8], axes: BTreeMap<String, usize>) -> Result<assay_core::model::ModelReport, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.onnx");
    std::fs::write(&file, bytes).unwrap();
    OnnxReader.inspect(&ModelChoice { file, axes, inputs: None })
}

/// `y = Relu(x)`, to be spoilt.
fn small() -> ModelProto {
    let graph = GraphProto {
        name: "g".to_owned(),
        node: vec![node("Relu", &["x"], &["y"])],
        input: vec![value("x", &[Some(2), Some(3)])],
        output: vec![value("y", &[])],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: 8,
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
        ..ModelProto::default()
    }
}

fn node(operator: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    NodeProto { op_type: operator.to_owned(), input: owned(inputs), output: owned(outputs), ..NodeProto::default() }
}

fn value(name: &str, extents: &[Option<i64>]) -> ValueInfoProto {
    let dim = |extent: &Option<i64>| DimensionProto {
        value: Some(extent.map_or(DimensionValue::Axis("batch".to_owned()), DimensionValue::Fixed)),
    };
    let shape = TensorShapeProto { dim: extents.iter().map(dim).collect() };
    let tensor_type = TensorTypeProto { elem_type: 1, shape: Some(shape).filter(|s| !s.dim.is_empty()) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}

fn tensor(name: &str, dims: &[i64], raw: &[u8]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: 1,
        raw_data: raw.to_vec().into(),
        ..TensorProto::default()
    }
}

fn spoilt(spoil: impl FnOnce(&mut GraphProto)) -> String {
    let mut model = small();
    spoil(model.graph.as_mut().unwrap());
    inspect(&model.encode_to_vec()).unwrap_err()
}

#[test]
fn the_work_of_our_own_models_is_counted_as_the_graph_counts_it() {
    for shape in shapes() {
        let (workload, bytes) = standard(shape);
        let report = inspect(&bytes).unwrap();
        assert_eq!(report.uncounted, [""; 0], "{:?}", workload.shape);
        assert_eq!(report.opsets["ai.onnx"], 23);
        assert_eq!(report.format, NumericFormat::Fp32);
        // The writer sums bags as a product with ones, twice the additions.
        let tolerance = if matches!(workload.shape, Shape::EmbeddingMlp { .. }) { 0.06 } else { 1e-3 };
        let relative = (report.flops - workload.flops()).abs() / workload.flops();
        assert!(relative < tolerance, "{:?}: {} for {}", workload.shape, report.flops, workload.flops());
        let relative = (report.bytes.unwrap() - workload.bytes()).abs() / workload.bytes();
        assert!(relative < 1e-2, "{:?}: {:?} for {}", workload.shape, report.bytes, workload.bytes());
        assert!(report.outputs[0].shape.is_some());
    }
}

#[test]
fn axes_without_a_size_are_asked_for() {
    let mut model = small();
    model.graph.as_mut().unwrap().input = vec![value("x", &[None, Some(3)])];
    let bytes = model.encode_to_vec();
    let report = inspect(&bytes).unwrap();
    assert_eq!(report.open_axes, ["batch"]);
    assert_eq!((report.inputs[0].extents.clone(), &report.inputs[0].shape), (vec!["batch".into(), "3".into()], &None));
    let error = report.workload(None).unwrap_err();
    assert!(error.contains("--axis batch=8"), "{error}");

    let report = inspect_with(&bytes, BTreeMap::from([("batch".to_owned(), 8)])).unwrap();
    assert_eq!((report.batch, report.flops, report.bytes), (8, 24.0, Some(2.0 * 24.0 * 4.0)));
    let workload = report.workload(None).unwrap();
    assert_eq!(workload.id, "model-batch8");
    assert_eq!(workload.items(), 8.0);

    let error = inspect_with(&bytes, BTreeMap::from([("bach".to_owned(), 8)])).unwrap_err();
    assert!(error.contains("no dynamic axis `bach`: its dynamic axes are `batch`"), "{error}");
}

#[test]
fn shapes_that_are_computed_are_followed() {
    let integers = |name: &str, values: &[i64]| TensorProto {
        name: name.to_owned(),
        dims: vec![values.len() as i64],
        data_type: 7,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    };
    let mut model = small();
    let graph = model.graph.as_mut().unwrap();
    graph.input = vec![value("x", &[Some(2), Some(12)])];
    graph.initializer = vec![integers("zero", &[0]), integers("rest", &[3, -1]), integers("axes", &[0])];
    let mut concat = node("Concat", &["first", "rest"], &["shape"]);
    concat.attribute =
        vec![AttributeProto { name: "axis".to_owned(), r#type: attribute_type::INT, ..AttributeProto::default() }];
    graph.node = vec![
        node("Shape", &["x"], &["s"]),
        node("Gather", &["s", "zero"], &["first"]),
        concat,
        node("Reshape", &["x", "shape"], &["y"]),
    ];
    let report = inspect(&model.encode_to_vec()).unwrap();
    assert_eq!(report.outputs[0].shape, Some(vec![2, 3, 4]));
}

#[test]
fn what_is_no_model_is_told_in_one_sentence() {
    let (_, good) = standard(Shape::Gemm { m: 4, n: 5, k: 6 });
    for (bytes, expected) in [
        (Vec::new(), "it is empty"),
        (b"PK\x03\x04 a picture".to_vec(), "not an ONNX model"),
        (good[..good.len() / 2].to_vec(), "truncated"),
        (good[..40].to_vec(), "truncated"),
        (vec![0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], "truncated"),
    ] {
        let error = inspect(&bytes).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains('\n') && error.contains("model.onnx"), "{error}");
    }
    let error = OnnxReader.inspect(&ModelChoice { file: "/nowhere.onnx".into(), ..ModelChoice::default() });
    assert!(error.unwrap_err().contains("/nowhere.onnx: No such file"));
    let folder = tempfile::tempdir().unwrap();
    let error = OnnxReader.inspect(&ModelChoice { file: folder.path().to_owned(), ..ModelChoice::default() });
    assert!(error.unwrap_err().contains("not a file"));
}

#[test]
fn claims_that_the_data_do_not_keep_are_refused() {
    let error = spoilt(|g| g.initializer = vec![tensor("w", &[1 << 15, 1 << 15], &[0; 12])]);
    assert!(error.contains("`w` claims 32768 x 32768 of float32, which is 4") && error.contains("12"), "{error}");
    let error = spoilt(|g| g.initializer = vec![tensor("w", &[i64::MAX, i64::MAX], &[])]);
    assert!(error.contains("impossible extents"), "{error}");
    let error = spoilt(|g| g.initializer = vec![tensor("w", &[-1], &[])]);
    assert!(error.contains("impossible extents"), "{error}");
    let error = spoilt(|g| g.initializer = vec![TensorProto { data_type: 99, ..tensor("w", &[1], &[0]) }]);
    assert!(error.contains("unknown element type 99"), "{error}");
    let error = spoilt(|g| {
        let mut constant = node("Constant", &[], &["c"]);
        let t = Some(tensor("", &[1 << 30], &[]));
        constant.attribute = vec![AttributeProto { name: "value".to_owned(), t, ..AttributeProto::default() }];
        g.node.push(constant);
    });
    assert!(error.contains("1073741824 of float32"), "{error}");
}

#[test]
fn data_outside_the_models_folder_are_never_read() {
    for location in ["../../etc/passwd", "/etc/passwd", "a/../../b", "..\\secret", "", "."] {
        let error = spoilt(|g| {
            let entry = StringStringEntryProto { key: "location".to_owned(), value: location.to_owned() };
            let external =
                TensorProto { data_location: EXTERNAL, external_data: vec![entry], ..tensor("w", &[4], &[]) };
            g.initializer = vec![external];
        });
        assert!(error.contains("outside the model's folder"), "{location}: {error}");
    }
}

fn external(tensor: TensorProto, entries: &[(&str, &str)]) -> TensorProto {
    let entry = |(key, value): &(&str, &str)| StringStringEntryProto { key: (*key).into(), value: (*value).into() };
    TensorProto { data_location: EXTERNAL, external_data: entries.iter().map(entry).collect(), ..tensor }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused_and_so_is_what_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), [0_u8; 16]).unwrap();
    std::os::unix::fs::symlink(secret.path(), folder.path().join("w.bin")).unwrap();
    std::os::unix::fs::symlink(secret.path().parent().unwrap(), folder.path().join("out")).unwrap();
    std::os::unix::fs::symlink("loop.bin", folder.path().join("loop.bin")).unwrap();
    std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    let inside = format!("out/{}", secret.path().file_name().unwrap().to_str().unwrap());
    let told = |location: &str| {
        let mut model = small();
        model.graph.as_mut().unwrap().initializer = vec![external(tensor("w", &[4], &[]), &[("location", location)])];
        decode(Arc::new(model.encode_to_vec()), folder.path()).unwrap_err()
    };
    assert!(told("w.bin").contains("a link out of the model's folder"));
    assert!(told(&inside).contains("a link out of the model's folder"));
    assert!(told("gone.bin").contains("No such file"));
    assert!(told("loop.bin").contains("symbolic links"));
    assert!(told("inner").contains("is not a file") && told("socket").contains("is not a file"));
}

#[test]
fn claims_about_other_files_are_held_against_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("w.bin"), [0_u8; 20]).unwrap();
    let told = |dims: &[i64], entries: &[(&str, &str)]| {
        let mut model = small();
        let entries = [&[("location", "w.bin")], entries].concat();
        model.graph.as_mut().unwrap().initializer = vec![external(tensor("w", dims, &[]), &entries)];
        decode(Arc::new(model.encode_to_vec()), folder.path()).map(|_| ())
    };
    assert_eq!(told(&[4], &[("offset", "4"), ("length", "16")]), Ok(()));
    assert_eq!(told(&[5], &[]), Ok(()));
    // Four gigabytes, out of twenty bytes.
    let error = told(&[1 << 30], &[("length", "4294967296")]).unwrap_err();
    assert!(error.contains("which holds 20.0\u{a0}B"), "{error}");
    assert!(told(&[1 << 30], &[]).unwrap_err().contains("and has 20.0\u{a0}B in another file"));
    assert!(told(&[4], &[("offset", "8"), ("length", "16")]).unwrap_err().contains("which holds"));
    assert!(told(&[4], &[("offset", "18446744073709551615"), ("length", "16")]).unwrap_err().contains("which holds"));
    assert!(told(&[4], &[("offset", "-4")]).unwrap_err().contains("is no number"));
    assert!(told(&[i64::MAX, 4], &[]).unwrap_err().contains("impossible extents"));
}

#[test]
fn a_model_with_its_weights_in_other_files_is_the_same_model() {
    let (_, bytes) = standard(Shape::ConvBlock { batch: 1, channels: 4, size: 8 });
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let mut model = ModelProto::decode(bytes.as_slice()).unwrap();
    let (mut data, mut moved) = (vec![7_u8; 3], 0);
    for tensor in model.graph.as_mut().unwrap().initializer.iter_mut().filter(|t| !t.raw_data.is_empty()) {
        let (offset, length) = (data.len().to_string(), tensor.raw_data.len().to_string());
        data.extend_from_slice(&tensor.raw_data);
        tensor.raw_data.clear();
        *tensor = external(tensor.clone(), &[("location", "data/w.bin"), ("offset", &offset), ("length", &length)]);
        moved += 1;
    }
    assert!(moved > 1, "nothing was moved");
    std::fs::write(folder.path().join("data/w.bin"), &data).unwrap();
    let file = folder.path().join("model.onnx");
    std::fs::write(&file, model.encode_to_vec()).unwrap();
    let choice = ModelChoice { file, ..ModelChoice::default() };
    let (apart, whole) = (OnnxReader.inspect(&choice).unwrap(), inspect(&bytes).unwrap());
    assert_eq!((apart.parameters, apart.flops, &apart.nodes), (whole.parameters, whole.flops, &whole.nodes));
    assert!(apart.file_bytes as usize > data.len() - 3);
    // What the engines are given has all that a wider decoder would see: nothing of the file is lost.
    let workload = apart.workload(None).unwrap();
    let job = OnnxReader.load(&workload, ModelOptions::default(), 1).unwrap();
    assert_eq!(ModelProto::decode(job.bytes.as_slice()).unwrap(), ModelProto::decode(bytes.as_slice()).unwrap());
    // Other weights are another model, although the model's own file is the same.
    data[10] ^= 1;
    std::fs::write(folder.path().join("data/w.bin"), &data).unwrap();
    assert!(OnnxReader.load(&workload, ModelOptions::default(), 1).unwrap_err().contains("has changed"));
}

#[test]
fn fields_that_are_not_known_here_stay_when_weights_are_put_in() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("w.bin"), [1_u8; 8]).unwrap();
    let mut model = small();
    model.graph.as_mut().unwrap().initializer = vec![external(tensor("w", &[2], &[]), &[("location", "w.bin")])];
    // Metadata of the model: field 14, which is not in our part of the format.
    let odd = [0x72_u8, 3, 0x0a, 1, b'k'];
    let bytes = [model.encode_to_vec(), odd.to_vec()].concat();
    let (_, whole) = decode(Arc::new(bytes), folder.path()).unwrap();
    assert!(whole.ends_with(&odd) && whole.windows(8).any(|window| window == [1; 8]));
}

#[test]
fn operators_of_inner_graphs_are_counted() {
    let mut branch = node("If", &["x"], &["y"]);
    let inner = GraphProto { node: vec![node("Tanh", &["x"], &["y"])], input: Vec::new(), ..small().graph.unwrap() };
    let then =
        |name: &str| AttributeProto { name: name.into(), g: Some(Box::new(inner.clone())), ..Default::default() };
    branch.attribute = vec![then("then_branch"), then("else_branch")];
    let graph = GraphProto { node: vec![branch], ..small().graph.unwrap() };
    let report = inspect(&ModelProto { graph: Some(graph), ..small() }.encode_to_vec()).unwrap();
    assert_eq!(report.inner_operators, BTreeMap::from([("Tanh".to_owned(), 2)]));
}

#[test]
fn graphs_that_cannot_be_executed_are_refused() {
    let cyclic = spoilt(|g| g.node = vec![node("Add", &["x", "b"], &["a"]), node("Relu", &["a"], &["b"])]);
    assert!(cyclic.contains("cyclic") && cyclic.contains("`b`"), "{cyclic}");
    let itself = spoilt(|g| g.node = vec![node("Add", &["x", "y"], &["y"])]);
    assert!(itself.contains("cyclic"), "{itself}");
    let order = spoilt(|g| g.node = vec![node("Relu", &["a"], &["y"]), node("Relu", &["x"], &["a"])]);
    assert!(order.contains("not in order"), "{order}");
    let nothing = spoilt(|g| g.node = vec![node("Relu", &["z"], &["y"])]);
    assert!(nothing.contains("`z`, which nothing produces"), "{nothing}");
    let twice = spoilt(|g| g.node.push(node("Tanh", &["x"], &["y"])));
    assert!(twice.contains("produced twice"), "{twice}");
    let output = spoilt(|g| g.output = vec![value("q", &[])]);
    assert!(output.contains("nothing produces its output `q`"), "{output}");
    assert!(spoilt(|g| g.node.clear()).contains("no nodes"));
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| {
        let mut inner = small().graph.unwrap();
        for _ in 0..depth {
            let mut branch = node("If", &["x"], &["y"]);
            branch.attribute =
                vec![AttributeProto { name: "then_branch".to_owned(), g: Some(Box::new(inner)), ..Default::default() }];
            inner = GraphProto { node: vec![branch], ..small().graph.unwrap() };
        }
        ModelProto { graph: Some(inner), ..small() }.encode_to_vec()
    };
    assert!(inspect(&nested(5)).is_ok());
    assert!(inspect(&nested(20)).unwrap_err().contains("nested more than 16 deep"));
    // Deeper than the decoder goes.
    assert!(inspect(&nested(200)).unwrap_err().contains("recursion limit"));
}

#[test]
fn unknown_operators_are_named_and_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.onnx");
    let mut model = small();
    model.graph.as_mut().unwrap().node[0].op_type = "Frobnicate".to_owned();
    std::fs::write(&file, model.encode_to_vec()).unwrap();
    let report = OnnxReader.inspect(&ModelChoice { file, ..ModelChoice::default() }).unwrap();
    assert_eq!(report.unknown_operators, ["Frobnicate"]);
    assert_eq!(report.uncounted, ["Frobnicate"]);
    // The output's shape is unknown, so that there is no workload; with one there is, and it is not run.
    assert!(report.workload(None).is_err());
    let file = folder.path().join("m.onnx");
    let graph = model.graph.as_mut().unwrap();
    graph.output = vec![value("y", &[Some(2), Some(3)])];
    std::fs::write(&file, model.encode_to_vec()).unwrap();
    let workload = OnnxReader.inspect(&ModelChoice { file, ..ModelChoice::default() }).unwrap().workload(None).unwrap();
    assert!(!workload.flops_are_known());
    let error = OnnxReader.load(&workload, ModelOptions::default(), 1).unwrap_err();
    assert!(error.contains("has no operator `Frobnicate`"), "{error}");
}

#[test]
fn inputs_come_seeded_or_from_a_file() {
    let (_, bytes) = standard(Shape::EmbeddingMlp { batch: 2, tables: 1, rows: 9, dim: 4, bag: 3, hidden: 5 });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.onnx");
    std::fs::write(&file, &bytes).unwrap();
    let report = OnnxReader.inspect(&ModelChoice { file: file.clone(), ..ModelChoice::default() }).unwrap();
    assert!(report.inputs[0].data.as_ref().unwrap().contains("below 9"), "{:?}", report.inputs);
    let workload = report.workload(None).unwrap();
    let job = OnnxReader.load(&workload, ModelOptions::default(), 1).unwrap();
    assert!(job.inputs[0].tensor.as_index().iter().all(|i| (0..9).contains(i)));
    assert_eq!(job.inputs, OnnxReader.load(&workload, ModelOptions::default(), 1).unwrap().inputs);
    assert_ne!(job.inputs, OnnxReader.load(&workload, ModelOptions::default(), 2).unwrap().inputs);

    // A `.npy` for the only input; then one of another shape, and a file that changes afterwards.
    let npy = |shape: &str, count: usize| {
        let header = format!("{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend((0..count as i64).flat_map(i64::to_le_bytes));
        bytes
    };
    let inputs = folder.path().join("i.npy");
    std::fs::write(&inputs, npy("(2, 3)", 6)).unwrap();
    let choice = ModelChoice { file: file.clone(), inputs: Some(inputs.clone()), ..ModelChoice::default() };
    let workload = OnnxReader.inspect(&choice).unwrap().workload(Some(inputs.display().to_string())).unwrap();
    let job = OnnxReader.load(&workload, ModelOptions::default(), 1).unwrap();
    assert_eq!(job.inputs[0].tensor.as_index(), [0, 1, 2, 3, 4, 5]);
    std::fs::write(&inputs, npy("(3, 2)", 6)).unwrap();
    assert!(OnnxReader.load(&workload, ModelOptions::default(), 1).unwrap_err().contains("has changed"));
    assert!(OnnxReader.inspect(&choice).unwrap_err().contains("[3, 2]"));
    std::fs::write(&inputs, npy("(2, 300000000000)", 6)).unwrap();
    assert!(OnnxReader.inspect(&choice).unwrap_err().contains("claims 600000000000 elements"));
    // The model may not change either.
    std::fs::write(&file, standard(Shape::Gemm { m: 1, n: 1, k: 1 }).1).unwrap();
    assert!(OnnxReader.load(&workload, ModelOptions::default(), 1).unwrap_err().contains("has changed"));
}

/// Bytes that were a model, damaged at random: always a report or one sentence.
#[test]
fn damaged_models_are_never_more_than_an_error() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let originals: Vec<Vec<u8>> = [
        Shape::Gemm { m: 2, n: 3, k: 4 },
        Shape::EncoderBlock { batch: 1, sequence: 2, hidden: 4, heads: 2, feed_forward: 4 },
        Shape::ConvBlock { batch: 1, channels: 2, size: 4 },
        Shape::EmbeddingMlp { batch: 2, tables: 1, rows: 3, dim: 2, bag: 2, hidden: 2 },
    ]
    .into_iter()
    .map(|shape| standard(shape).1)
    .collect();
    let rounds: u64 = std::env::var("ASSAY_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(4000);
    let (mut reports, mut errors) = (0, 0);
    for round in 0..rounds {
        let mut bytes = originals[round as usize % originals.len()].clone();
        for _ in 0..=next() % 4 {
            let at = next() as usize % bytes.len();
            match next() % 5 {
                0 => bytes[at] = next() as u8,
                1 => bytes[at] ^= 1 << (next() % 8),
                2 => bytes.truncate(at.max(1)),
                3 => bytes.insert(at, next() as u8),
                _ => {
                    let end = (at + next() as usize % 16).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        let shared = Arc::new(bytes);
        let read = decode(Arc::clone(&shared), Path::new(".")).and_then(|(mut proto, _)| {
            let graph = proto.graph.take().unwrap_or_default();
            let model =
                super::Model { file: "m".to_owned(), bytes: Arc::clone(&shared), sha256: String::new(), proto, graph };
            let axes = BTreeMap::new();
            let report = model.report(&axes)?;
            // Data are only made where they are small: the shape may be any.
            let small = report.bytes.is_some_and(|bytes| bytes < 1e6);
            if small { model.seeded_inputs(&axes, 1).map(|_| ()) } else { Ok(()) }
        });
        match read {
            Ok(()) => reports += 1,
            Err(error) => {
                assert!(!error.is_empty() && !error.contains('\n'), "{error:?}");
                errors += 1;
            }
        }
    }
    assert!(reports > rounds / 50 && errors > rounds / 50, "{reports} reports, {errors} errors");
}
