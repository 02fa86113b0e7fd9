//! Reads users' models: what is in them, what their work is, and the data they run on.
//!
//! A file may hold anything. It is read whole, decoded by `prost` (which bounds nesting and lengths), checked, and only
//! then looked at. Weights in other files are put into it. Nothing outside the model's folder is ever opened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use assay_core::model::{
    ModelChoice, ModelInput, ModelJob, ModelNode, ModelOptions, ModelReader, ModelReport, ModelValue,
};
use assay_core::{NumericFormat, Shape, Workload};
use prost::Message as _;
use prost::bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::proto::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};

mod check;
mod data;
mod elements;
mod external;
mod npy;
mod operators;
mod shapes;
#[cfg(test)]
mod tests;
mod work;

use shapes::{Extent, Known, Shapes};

/// Protocol buffers hold at most 2 GiB.
const MAX_FILE_BYTES: u64 = i32::MAX as u64;

/// Reads ONNX files for a worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnnxReader;

impl ModelReader for OnnxReader {
    fn inspect(&self, choice: &ModelChoice) -> Result<ModelReport, String> {
        let model = Model::open(&choice.file)?;
        let report = model.report(&choice.axes)?;
        let Some(inputs) = &choice.inputs else { return Ok(report) };
        let bytes = read(inputs)?;
        if report.open_axes.is_empty() {
            model.inputs_from(inputs, &bytes, &choice.axes)?;
        }
        Ok(ModelReport { inputs_sha256: Some(hash(&bytes)), ..report })
    }

    fn load(&self, workload: &Workload, options: ModelOptions, seed: u64) -> Result<ModelJob, String> {
        let Shape::Model(shape) = &workload.shape else {
            return Err(format!("the workload `{}` is no model", workload.id));
        };
        let model = Model::open(Path::new(&shape.file))?;
        let report = model.report(&shape.axes)?;
        if report.sha256 != shape.sha256 {
            return Err(format!("{} is not the file that was read at first: it has changed", shape.file));
        }
        if let Some(operator) = report.unknown_operators.iter().find(|operator| !operator.contains('.')) {
            return Err(format!(
                "{}: the ONNX standard has no operator `{}` (as of operator set {})",
                shape.file,
                check::shorten(operator),
                operators::NEWEST_OPSET
            ));
        }
        report.workload(shape.inputs.clone())?;
        let inputs = match &shape.inputs {
            None => model.seeded_inputs(&shape.axes, seed)?,
            Some(file) => {
                let bytes = read(Path::new(file))?;
                if Some(hash(&bytes)) != shape.inputs_sha256 {
                    return Err(format!("{file} is not the file that was read at first: it has changed"));
                }
                model.inputs_from(Path::new(file), &bytes, &shape.axes)?
            }
        };
        Ok(ModelJob { workload: workload.clone(), bytes: model.bytes, report: Arc::new(report), inputs, options })
    }
}

/// The file's bytes, shared by the decoded model and the engines.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A model that was read and checked.
struct Model {
    file: String,
    bytes: Arc<Vec<u8>>,
    sha256: String,
    proto: ModelProto,
    graph: GraphProto,
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(format!("{}: it is not a file", path.display()));
    }
    if metadata.len() > MAX_FILE_BYTES {
        let size = assay_base::format::memory(metadata.len() as f64);
        return Err(format!("{}: it holds {size}, and at most 2 GiB are read", path.display()));
    }
    std::fs::read(path).map_err(failed)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Model {
    fn open(path: &Path) -> Result<Self, String> {
        let file = path.display().to_string();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (mut proto, bytes) = decode(Arc::new(read(path)?), folder).map_err(|reason| format!("{file}: {reason}"))?;
        let graph = proto.graph.take().unwrap_or_default();
        Ok(Self { file, sha256: hash(&bytes), bytes, proto, graph })
    }

    /// Inputs that must be given: in old files constants are listed as inputs, too.
    fn inputs(&self) -> impl Iterator<Item = &ValueInfoProto> {
        let constants: BTreeSet<&str> = self.graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
        self.graph.input.iter().filter(move |value| !constants.contains(value.name.as_str()))
    }

    fn shapes(&self, axes: &BTreeMap<String, usize>) -> Shapes<'_> {
        Shapes::infer(&self.graph, axes)
    }

    fn report(&self, axes: &BTreeMap<String, usize>) -> Result<ModelReport, String> {
        let named = self.dynamic_axes();
        if let Some((name, _)) = axes.iter().find(|(name, _)| !named.contains(*name)) {
            let hint = match named.is_empty() {
                true => "it has no dynamic axes".to_owned(),
                false => format!("its dynamic axes are `{}`", named.iter().cloned().collect::<Vec<_>>().join("`, `")),
            };
            return Err(format!("{}: it has no dynamic axis `{name}`: {hint}", self.file));
        }
        if let Some((name, _)) = axes.iter().find(|(_, size)| **size == 0 || **size > u32::MAX as usize) {
            return Err(format!("{}: the size of the axis `{name}` must be between 1 and 4 294 967 295", self.file));
        }
        let shapes = self.shapes(axes);
        let nodes: Vec<_> = self.graph.node.iter().map(|node| work::of_node(node, &shapes)).collect();
        let sorted = |names: BTreeSet<&str>| names.into_iter().map(check::shorten).collect::<Vec<_>>();
        let uncounted = nodes.iter().filter(|node| node.flops.is_none()).map(|node| node.operator.as_str()).collect();
        let values = |value: &ValueInfoProto, input: bool| self.value(value, &shapes, axes, input);
        let inputs: Vec<ModelValue> = self.inputs().map(|value| values(value, true)).collect();
        let outputs: Vec<ModelValue> = self.graph.output.iter().map(|value| values(value, false)).collect();
        let weights = self.graph.initializer.iter().filter(|tensor| elements::count(&tensor.dims) != Some(1));
        let size = |tensor: &TensorProto| {
            let count = elements::count(&tensor.dims).unwrap_or(0);
            (count, elements::bytes(tensor.data_type, count).unwrap_or(0))
        };
        let (parameters, parameter_bytes) =
            weights.map(size).fold((0, 0), |(n, bytes), (count, size)| (n + count, bytes + size));
        let moved = self.inputs().chain(&self.graph.output).map(|value| shapes.of(&value.name).and_then(Known::bytes));
        let moved: Option<f64> = moved.sum();
        let opsets = self.proto.opset_import.iter().map(|set| {
            let domain = if set.domain.is_empty() { "ai.onnx" } else { &set.domain };
            (check::shorten(domain), set.version)
        });
        Ok(ModelReport {
            file: self.file.clone(),
            file_bytes: self.bytes.len() as u64,
            sha256: self.sha256.clone(),
            inputs_sha256: None,
            producer: self.producer(),
            ir_version: self.proto.ir_version,
            opsets: opsets.collect(),
            format: self.format(),
            inputs,
            outputs,
            parameters,
            parameter_bytes,
            inner_operators: self.inner_operators(),
            unknown_operators: sorted(self.unknown_operators().iter().map(String::as_str).collect()),
            uncounted: sorted(uncounted),
            flops: nodes.iter().filter_map(|node| node.flops).sum(),
            bytes: moved.map(|bytes| bytes + self.weight_traffic(&shapes)),
            open_axes: named.iter().filter(|name| !axes.contains_key(*name)).cloned().collect(),
            axes: axes.clone(),
            batch: axes.iter().filter(|(name, _)| is_batch(name)).map(|(_, size)| *size).max().unwrap_or(1),
            nodes,
        })
    }

    /// Bytes of weights that one execution reads: of a table that is only looked up in, the rows it reads.
    fn weight_traffic(&self, shapes: &Shapes<'_>) -> f64 {
        let mut looked_up: BTreeMap<&str, Option<f64>> = BTreeMap::new();
        for node in &self.graph.node {
            for (position, name) in node.input.iter().enumerate() {
                let rows = (node.op_type == "Gather" && position == 0)
                    .then(|| node.output.first().and_then(|output| shapes.of(output)?.bytes()))
                    .flatten();
                let sum = looked_up.entry(name).or_insert(Some(0.0));
                *sum = sum.zip(rows).map(|(sum, rows)| sum + rows);
            }
        }
        let bytes = |tensor: &TensorProto| {
            let all = elements::count(&tensor.dims).and_then(|count| elements::bytes(tensor.data_type, count));
            let all = all.unwrap_or(0) as f64;
            looked_up.get(tensor.name.as_str()).copied().flatten().map_or(all, |rows| rows.min(all))
        };
        self.graph.initializer.iter().map(bytes).sum()
    }

    fn producer(&self) -> Option<String> {
        let name = self.proto.producer_name.trim();
        (!name.is_empty()).then(|| check::shorten(format!("{name} {}", self.proto.producer_version).trim()))
    }

    /// The dynamic axes of the inputs.
    fn dynamic_axes(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for value in self.inputs() {
            names.extend(extents(value).into_iter().filter_map(|extent| match extent {
                Extent::Axis(name) => Some(name),
                Extent::Fixed(_) => None,
            }));
        }
        names
    }

    fn value(
        &self,
        value: &ValueInfoProto,
        shapes: &Shapes<'_>,
        axes: &BTreeMap<String, usize>,
        input: bool,
    ) -> ModelValue {
        let known =
            if input { shapes::declared(value, axes) } else { shapes.of(&value.name).cloned().unwrap_or_default() };
        let recipe = input.then(|| data::recipe(&self.graph, shapes, &value.name, known.element).words());
        let word = |extent: Extent| match extent {
            Extent::Fixed(size) => size.to_string(),
            Extent::Axis(name) => check::shorten(&name),
        };
        ModelValue {
            name: check::shorten(&value.name),
            element: elements::name(known.element).to_owned(),
            extents: extents(value).into_iter().map(word).collect(),
            shape: known.shape,
            data: recipe,
        }
    }

    /// Operators that neither the standard nor a function of the model defines; with their domain where it is not the
    /// standard's. Domains of engines are left to the engines.
    fn unknown_operators(&self) -> BTreeSet<String> {
        let mut unknown = BTreeSet::new();
        let own = |domain: &str, name: &str| self.proto.functions.iter().any(|f| f.domain == domain && f.name == name);
        visit(&self.graph, &mut |node| {
            let standard = node.domain.is_empty() || node.domain == "ai.onnx";
            if own(&node.domain, &node.op_type) || (standard && operators::is_standard(&node.op_type)) {
                return;
            }
            unknown.insert(match standard {
                true => node.op_type.clone(),
                false => format!("{}.{}", node.domain, node.op_type),
            });
        });
        unknown
    }

    /// Operators of inner graphs with their number.
    fn inner_operators(&self) -> BTreeMap<String, usize> {
        let mut inner: BTreeMap<String, usize> = BTreeMap::new();
        for node in &self.graph.node {
            for graph in node.attribute.iter().flat_map(|a| a.g.iter().map(AsRef::as_ref).chain(&a.graphs)) {
                visit(graph, &mut |node| *inner.entry(check::shorten(&work::operator(node))).or_default() += 1);
            }
        }
        inner
    }

    /// The format in which most weights are kept; that of the inputs where there are none.
    fn format(&self) -> NumericFormat {
        let mut bytes: BTreeMap<i32, u64> = BTreeMap::new();
        for tensor in &self.graph.initializer {
            let size = elements::count(&tensor.dims).and_then(|count| elements::bytes(tensor.data_type, count));
            // Shapes and indices are 64-bit integers, and no weights.
            if tensor.data_type != elements::INT64 {
                *bytes.entry(tensor.data_type).or_default() += size.unwrap_or(0);
            }
        }
        let most = bytes.into_iter().max_by_key(|(_, bytes)| *bytes).map(|(element, _)| element);
        let declared = || {
            let mut elements = self.inputs().map(|value| shapes::declared(value, &BTreeMap::new()).element);
            elements.find(|element| elements::is_float(*element))
        };
        match most.or_else(declared) {
            Some(11) => NumericFormat::Fp64,
            Some(10) => NumericFormat::Fp16,
            Some(16) => NumericFormat::Bf16,
            Some(17..=20) => NumericFormat::Fp8,
            Some(23) => NumericFormat::Fp4,
            Some(2 | 3 | 21 | 22) => NumericFormat::Int8,
            _ => NumericFormat::Fp32,
        }
    }

    fn seeded_inputs(&self, axes: &BTreeMap<String, usize>, seed: u64) -> Result<Vec<ModelInput>, String> {
        let shapes = self.shapes(axes);
        let make = |value: &ValueInfoProto| {
            let known = self.wanted(value, axes)?;
            let shape = known.shape.unwrap_or_default();
            let recipe = data::recipe(&self.graph, &shapes, &value.name, known.element);
            Ok(data::seeded(&value.name, known.element, &shape, recipe, seed))
        };
        self.inputs().map(make).collect()
    }

    fn inputs_from(
        &self,
        file: &Path,
        bytes: &[u8],
        axes: &BTreeMap<String, usize>,
    ) -> Result<Vec<ModelInput>, String> {
        let known: Vec<(&str, Known)> = self
            .inputs()
            .map(|value| Ok((value.name.as_str(), self.wanted(value, axes)?)))
            .collect::<Result<_, String>>()?;
        let wanted: Vec<data::Wanted<'_>> = known
            .iter()
            .map(|(name, known)| data::Wanted {
                name,
                element: known.element,
                shape: known.shape.as_deref().unwrap_or_default(),
            })
            .collect();
        data::from_file(file, bytes, &wanted).map_err(|reason| format!("{}: {reason}", file.display()))
    }

    /// What an input must be, refused where it cannot be made.
    fn wanted(&self, value: &ValueInfoProto, axes: &BTreeMap<String, usize>) -> Result<Known, String> {
        let known = shapes::declared(value, axes);
        let name = check::shorten(&value.name);
        if elements::bits(known.element).is_none_or(|bits| bits < 8 || known.element == 14 || known.element == 15) {
            let element = elements::name(known.element);
            return Err(format!("{}: inputs of {element} are not supported (`{name}`)", self.file));
        }
        let Some(shape) = &known.shape else {
            return Err(format!("{}: the shape of the input `{name}` is unknown or impossible", self.file));
        };
        let bytes = known.bytes().unwrap_or(f64::INFINITY);
        if bytes > MAX_FILE_BYTES as f64 {
            let size = assay_base::format::memory(bytes);
            return Err(format!("{}: the input `{name}` {shape:?} would take {size}: choose smaller axes", self.file));
        }
        Ok(known)
    }
}

/// Axes that count inferences.
fn is_batch(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("batch") || name == "n" || name == "bs"
}

fn extents(value: &ValueInfoProto) -> Vec<Extent> {
    let tensor = value.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
    let dims = tensor.and_then(|tensor| tensor.shape.as_ref()).map(|shape| shape.dim.as_slice()).unwrap_or_default();
    dims.iter().enumerate().map(|(index, dim)| shapes::extent(&value.name, index, dim.value.as_ref())).collect()
}

/// The nodes of one of our own models with their work; none of anything else.
pub fn nodes_of(model: &[u8]) -> Vec<ModelNode> {
    let Ok(ModelProto { graph: Some(graph), .. }) = ModelProto::decode(model) else { return Vec::new() };
    let shapes = Shapes::infer(&graph, &BTreeMap::new());
    graph.node.iter().map(|node| work::of_node(node, &shapes)).collect()
}

/// Every node, those of inner graphs too.
fn visit(graph: &GraphProto, see: &mut dyn FnMut(&NodeProto)) {
    for node in &graph.node {
        see(node);
        for inner in node.attribute.iter().flat_map(|a| a.g.iter().map(AsRef::as_ref).chain(&a.graphs)) {
            visit(inner, see);
        }
    }
}

/// The decoded and checked model with its bytes: those of the file, or with the data of other files put in.
fn decode(bytes: Arc<Vec<u8>>, folder: &Path) -> Result<(ModelProto, Arc<Vec<u8>>), String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    let proto = parse(&bytes)?;
    let found = check::check(&proto, folder)?;
    if !found.has_external {
        return Ok((proto, bytes));
    }
    drop(proto);
    let whole = Arc::new(external::inlined(&bytes, folder, MAX_FILE_BYTES.saturating_sub(bytes.len() as u64))?);
    let proto = parse(&whole)?;
    // The files could have changed in between.
    check::check(&proto, folder)?;
    Ok((proto, whole))
}

fn parse(bytes: &Arc<Vec<u8>>) -> Result<ModelProto, String> {
    let shared = Bytes::from_owner(Shared(Arc::clone(bytes)));
    ModelProto::decode(shared)
        .map_err(|error| format!("it is not an ONNX model, or it is damaged or truncated: {error}"))
}
