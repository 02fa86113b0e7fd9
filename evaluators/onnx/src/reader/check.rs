//! Is a decoded model what it claims to be? Everything an engine would stumble over is found here first, and told in
//! one sentence.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use super::elements;
use crate::proto::{EXTERNAL, GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto};

/// Graphs in graphs, as loops and branches have them.
const MAX_DEPTH: usize = 16;

/// What the check found beside mistakes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Whether other files hold weights.
    pub has_external: bool,
}

/// Checks a model whose file lies in `folder`.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(model: &ModelProto, folder: &Path) -> Result<Found, String> {
    let graph = model.graph.as_ref().ok_or("it has no graph: it is not an ONNX model, or it is truncated")?;
    if model.opset_import.is_empty() {
        return Err("it names no operator set: it is not an ONNX model, or it is truncated".to_owned());
    }
    if graph.node.is_empty() || graph.output.is_empty() {
        return Err("its graph has no nodes or no outputs".to_owned());
    }
    let mut found = Found::default();
    check_graph(graph, None, folder, 0, &mut found)?;
    for function in &model.functions {
        function.node.iter().try_for_each(|node| check_attributes(node, None, folder, 0, &mut found))?;
    }
    Ok(found)
}

/// The names that a graph may read: its own, and those of the graphs it lies in.
struct Scope<'a> {
    own: HashSet<&'a str>,
    outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    fn contains(&self, name: &str) -> bool {
        self.own.contains(name) || self.outer.is_some_and(|outer| outer.contains(name))
    }
}

fn check_graph(
    graph: &GraphProto,
    outer: Option<&Scope<'_>>,
    folder: &Path,
    depth: usize,
    found: &mut Found,
) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("its graphs are nested more than {MAX_DEPTH} deep"));
    }
    let mut scope = Scope { own: HashSet::new(), outer };
    scope.own.extend(graph.input.iter().map(|value| value.name.as_str()));
    for tensor in &graph.initializer {
        check_tensor(tensor, folder, found)?;
        scope.own.insert(&tensor.name);
    }
    for sparse in &graph.sparse_initializer {
        check_sparse(sparse, folder, found)?;
        scope.own.extend(sparse.values.iter().map(|values| values.name.as_str()));
    }
    let mut makers: HashMap<&str, usize> = HashMap::new();
    for (position, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            if makers.insert(output, position).is_some() || scope.own.contains(output.as_str()) {
                return Err(format!("`{output}` is produced twice, the second time by {}", describe(node)));
            }
        }
    }
    for (position, node) in graph.node.iter().enumerate() {
        for input in node.input.iter().filter(|name| !name.is_empty()) {
            if scope.contains(input) {
                continue;
            }
            return Err(match makers.get(input.as_str()) {
                Some(_) if reaches_itself(graph, &makers, position) => {
                    format!("its graph is cyclic: {} depends on its own result through `{input}`", describe(node))
                }
                Some(_) => format!("its nodes are not in order: {} reads `{input}` before it is made", describe(node)),
                None => format!("{} reads `{input}`, which nothing produces", describe(node)),
            });
        }
        check_attributes(node, Some(&scope), folder, depth, found)?;
        scope.own.extend(node.output.iter().map(String::as_str));
    }
    match graph.output.iter().find(|value| !scope.contains(&value.name)) {
        Some(value) => Err(format!("nothing produces its output `{}`", value.name)),
        None => Ok(()),
    }
}

/// The tensors and graphs in a node.
fn check_attributes(
    node: &NodeProto,
    scope: Option<&Scope<'_>>,
    folder: &Path,
    depth: usize,
    found: &mut Found,
) -> Result<(), String> {
    for attribute in &node.attribute {
        for tensor in attribute.t.iter().chain(&attribute.tensors) {
            check_tensor(tensor, folder, found)?;
        }
        for sparse in attribute.sparse_tensor.iter().chain(&attribute.sparse_tensors) {
            check_sparse(sparse, folder, found)?;
        }
        for inner in attribute.g.iter().map(AsRef::as_ref).chain(&attribute.graphs) {
            check_graph(inner, scope, folder, depth + 1, found)?;
        }
    }
    Ok(())
}

fn check_sparse(sparse: &SparseTensorProto, folder: &Path, found: &mut Found) -> Result<(), String> {
    sparse.values.iter().chain(&sparse.indices).try_for_each(|tensor| check_tensor(tensor, folder, found))
}

/// A node by its operator and name.
fn describe(node: &NodeProto) -> String {
    let name = if node.name.is_empty() { node.output.first() } else { Some(&node.name) };
    format!("the node `{}` ({})", shorten(name.map_or("?", String::as_str)), shorten(&node.op_type))
}

/// A name out of a file, short and on one line.
pub fn shorten(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).take(80).collect();
    if name.chars().count() > 80 { format!("{clean}…") } else { clean }
}

/// Whether a node's inputs lead back to it.
fn reaches_itself(graph: &GraphProto, makers: &HashMap<&str, usize>, start: usize) -> bool {
    let mut seen = HashSet::new();
    let mut waiting = vec![start];
    while let Some(position) = waiting.pop() {
        let inputs = graph.node.get(position).map_or(&[][..], |node| node.input.as_slice());
        for maker in inputs.iter().filter_map(|input| makers.get(input.as_str())) {
            if *maker == start {
                return true;
            }
            if seen.insert(*maker) {
                waiting.push(*maker);
            }
        }
    }
    false
}

fn check_tensor(tensor: &TensorProto, folder: &Path, found: &mut Found) -> Result<(), String> {
    let name = shorten(&tensor.name);
    let count = elements::count(&tensor.dims)
        .ok_or_else(|| format!("the tensor `{name}` has the impossible extents {:?}", first(&tensor.dims)))?;
    if tensor.data_type == elements::STRING {
        return match tensor.string_data.len() as u64 == count {
            true => Ok(()),
            false => Err(format!("the tensor `{name}` claims {count} texts and holds {}", tensor.string_data.len())),
        };
    }
    let bits = elements::bits(tensor.data_type)
        .ok_or_else(|| format!("the tensor `{name}` has the unknown element type {}", tensor.data_type))?;
    let bytes = elements::bytes(tensor.data_type, count)
        .ok_or_else(|| format!("the tensor `{name}` has the impossible extents {:?}", first(&tensor.dims)))?;
    if tensor.data_location == EXTERNAL {
        found.has_external = true;
        let place = external(tensor, &name, folder)?;
        return match place.length == bytes {
            true => Ok(()),
            false => Err(format!(
                "the tensor `{name}` claims {} of {}, which is {}, and has {} in another file",
                shape_text(&tensor.dims),
                elements::name(tensor.data_type),
                assay_base::format::memory(bytes as f64),
                assay_base::format::memory(place.length as f64)
            )),
        };
    }
    let held = if tensor.raw_data.is_empty() { typed_bytes(tensor, bits) } else { tensor.raw_data.len() as u64 };
    if held != bytes {
        return Err(format!(
            "the tensor `{name}` claims {} of {}, which is {}, and holds {}",
            shape_text(&tensor.dims),
            elements::name(tensor.data_type),
            assay_base::format::memory(bytes as f64),
            assay_base::format::memory(held as f64)
        ));
    }
    Ok(())
}

fn first(dims: &[i64]) -> &[i64] {
    dims.get(..dims.len().min(8)).unwrap_or(dims)
}

fn shape_text(dims: &[i64]) -> String {
    if dims.is_empty() {
        return "one element".to_owned();
    }
    first(dims).iter().map(i64::to_string).collect::<Vec<_>>().join(" x ")
}

/// Bytes of data that are held as numbers of their own, as `onnx.proto` says for each type.
fn typed_bytes(tensor: &TensorProto, bits: u64) -> u64 {
    let bytes = |elements: usize, width: u64| (elements as u64).saturating_mul(width);
    let width = bits.div_ceil(8);
    match tensor.data_type {
        1 | 14 => bytes(tensor.float_data.len(), 4),
        elements::INT64 => bytes(tensor.int64_data.len(), 8),
        11 | 15 => bytes(tensor.double_data.len(), 8),
        12 | 13 => bytes(tensor.uint64_data.len(), width),
        _ => bytes(tensor.int32_data.len(), width),
    }
}

/// Where a tensor's data are in another file.
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The first byte.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
}

/// Where a tensor's data are. The file must lie in the model's folder: a model from elsewhere could otherwise have any
/// file of this machine read.
///
/// # Errors
/// When it does not, or does not hold what is claimed.
pub fn external(tensor: &TensorProto, name: &str, folder: &Path) -> Result<Place, String> {
    let entry = |key: &str| tensor.external_data.iter().find(|e| e.key == key).map(|e| e.value.as_str());
    let number = |key: &str| match entry(key) {
        None => Ok(None),
        Some(text) => {
            text.parse::<u64>().map(Some).map_err(|_| format!("the tensor `{name}`: its external {key} is no number"))
        }
    };
    let location = entry("location").unwrap_or_default();
    let relative = Path::new(location);
    let plain = !location.is_empty() && relative.components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || location.contains('\\') {
        return Err(format!(
            "the tensor `{name}` wants its data from `{}`, outside the model's folder: refused",
            shorten(location)
        ));
    }
    let path = folder.join(relative);
    let missing = |e: std::io::Error| format!("the tensor `{name}` has its data in `{}`: {e}", shorten(location));
    let real = path.canonicalize().map_err(missing)?;
    if !real.starts_with(folder.canonicalize().map_err(missing)?) {
        return Err(format!(
            "the tensor `{name}` wants its data from `{}`, a link out of the model's folder: refused",
            shorten(location)
        ));
    }
    let metadata = std::fs::metadata(&real).map_err(missing)?;
    if !metadata.is_file() {
        return Err(format!("the tensor `{name}` has its data in `{}`: it is not a file", shorten(location)));
    }
    let (offset, size) = (number("offset")?.unwrap_or(0), metadata.len());
    let length = number("length")?.unwrap_or_else(|| size.saturating_sub(offset));
    if offset.checked_add(length).is_none_or(|end| end > size) {
        return Err(format!(
            "the tensor `{name}` claims {} at {offset} of `{}`, which holds {}",
            assay_base::format::memory(length as f64),
            shorten(location),
            assay_base::format::memory(size as f64)
        ));
    }
    Ok(Place { file: real, offset, length })
}
