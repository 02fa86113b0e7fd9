//! Shapes of a model's values, as far as they follow from its inputs and its constants.
//!
//! The rules are those of the operators' descriptions in the ONNX standard. Small tensors of integers are followed by
//! value, since exported models compute the arguments of `Reshape` and `Slice` from shapes.

use std::collections::{BTreeMap, HashMap};

use super::elements::{self, INT64};
use crate::proto::{AttributeProto, DimensionValue, GraphProto, NodeProto, TensorProto, ValueInfoProto};

mod arithmetic;
mod layout;
mod windows;

/// Tensors of integers up to so many elements are followed by value.
const MOST_FOLLOWED: usize = 4096;
/// A shape with more elements than this is a mistake in the model.
const MOST_ELEMENTS: usize = 1 << 46;

/// What is known of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its element type; 0 when unknown.
    pub element: i32,
    /// Its extents, when all of them are known.
    pub shape: Option<Vec<usize>>,
    /// Its values, when it is a small tensor of known integers.
    pub integers: Option<Vec<i64>>,
}

impl Known {
    fn of(element: i32, shape: Option<Vec<usize>>) -> Self {
        let sane = |shape: &Vec<usize>| elements_of(shape).is_some_and(|n| n <= MOST_ELEMENTS);
        Self { element, shape: shape.filter(sane), integers: None }
    }

    fn of_integers(values: Vec<i64>, shape: Vec<usize>) -> Self {
        let fits = elements_of(&shape) == Some(values.len()) && values.len() <= MOST_FOLLOWED;
        Self { element: INT64, shape: Some(shape), integers: fits.then_some(values) }
    }

    /// The number of elements.
    pub fn count(&self) -> Option<f64> {
        self.shape.as_deref().and_then(elements_of).map(|n| n as f64)
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> Option<f64> {
        Some(self.count()? * elements::bits(self.element)? as f64 / 8.0)
    }
}

/// The number of elements of a shape, where it is in range.
pub fn elements_of(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, extent| product.checked_mul(*extent))
}

/// A node with its operands, for the rules.
pub struct Call<'a> {
    node: &'a NodeProto,
    inputs: Vec<Option<&'a Known>>,
}

impl<'a> Call<'a> {
    /// An operand that is there.
    pub fn input(&self, index: usize) -> Option<&'a Known> {
        self.inputs.get(index).copied().flatten()
    }

    /// The extents of an operand.
    pub fn shape(&self, index: usize) -> Option<&'a [usize]> {
        self.input(index)?.shape.as_deref()
    }

    fn attribute(&self, name: &str) -> Option<&'a AttributeProto> {
        self.node.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// An integer attribute.
    pub fn int(&self, name: &str, otherwise: i64) -> i64 {
        self.attribute(name).map_or(otherwise, |attribute| attribute.i)
    }

    /// A list of integers.
    pub fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.attribute(name).map(|attribute| attribute.ints.as_slice())
    }

    /// Integers that were an attribute in older operator sets and are an operand in newer ones.
    fn ints_or_input(&self, name: &str, index: usize) -> Option<Vec<i64>> {
        match self.ints(name) {
            Some(ints) => Some(ints.to_vec()),
            None => self.input(index)?.integers.clone(),
        }
    }

    fn text(&self, name: &str) -> Option<&'a [u8]> {
        self.attribute(name).map(|attribute| attribute.s.as_slice())
    }

    fn element(&self) -> i32 {
        self.input(0).map_or(0, |known| known.element)
    }
}

/// A position among `rank` dimensions; negative ones count from the end.
pub fn axis(axis: i64, rank: usize) -> Option<usize> {
    let axis = if axis < 0 { axis.checked_add(i64::try_from(rank).ok()?)? } else { axis };
    usize::try_from(axis).ok()
}

/// What is known of every value of a graph, by name, and of each node's operands in turn.
pub struct Shapes<'a> {
    values: HashMap<&'a str, Known>,
}

impl<'a> Shapes<'a> {
    /// Infers the shapes of a graph that was checked.
    pub fn infer(graph: &'a GraphProto, axes: &BTreeMap<String, usize>) -> Self {
        let mut shapes = Self { values: HashMap::new() };
        // What the file says of intermediates counts where nothing better is known.
        for value in graph.value_info.iter().chain(&graph.output).chain(&graph.input) {
            shapes.values.insert(&value.name, declared(value, axes));
        }
        for tensor in &graph.initializer {
            shapes.values.insert(&tensor.name, constant(tensor));
        }
        for node in &graph.node {
            let call = shapes.call(node);
            let standard = node.domain.is_empty() || node.domain == "ai.onnx";
            let outputs = if standard { rule(&call) } else { None }.unwrap_or_default();
            for (name, known) in node.output.iter().zip(outputs).filter(|(name, _)| !name.is_empty()) {
                let earlier = shapes.values.remove(name.as_str()).unwrap_or_default();
                let element = if known.element == 0 { earlier.element } else { known.element };
                let shape = known.shape.or(earlier.shape);
                shapes.values.insert(name, Known { element, shape, integers: known.integers });
            }
        }
        shapes
    }

    /// What is known of a value.
    pub fn of(&self, name: &str) -> Option<&Known> {
        self.values.get(name)
    }

    /// A node with what is known of its operands.
    pub fn call<'b>(&'b self, node: &'b NodeProto) -> Call<'b> {
        let inputs = node.input.iter().map(|name| if name.is_empty() { None } else { self.of(name) }).collect();
        Call { node, inputs }
    }
}

/// What the file says of a value.
pub fn declared(value: &ValueInfoProto, axes: &BTreeMap<String, usize>) -> Known {
    let Some(tensor) = value.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()) else { return Known::default() };
    let extents = tensor
        .shape
        .as_ref()
        .map(|shape| shape.dim.iter().enumerate().map(|(index, dim)| extent(&value.name, index, dim.value.as_ref())));
    let size = |extent: Extent| match extent {
        Extent::Fixed(size) => Some(size),
        Extent::Axis(name) => axes.get(&name).copied(),
    };
    Known::of(tensor.elem_type, extents.and_then(|extents| extents.map(size).collect()))
}

/// An extent as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// A number.
    Fixed(usize),
    /// A dynamic axis; one without a name is called after its value and its position, as in `x.0`.
    Axis(String),
}

/// The extent at a position of a value.
pub fn extent(value: &str, index: usize, dim: Option<&DimensionValue>) -> Extent {
    match dim {
        Some(DimensionValue::Fixed(size)) if *size >= 0 => Extent::Fixed(usize::try_from(*size).unwrap_or(usize::MAX)),
        Some(DimensionValue::Axis(name)) if !name.is_empty() => Extent::Axis(name.clone()),
        _ => Extent::Axis(format!("{value}.{index}")),
    }
}

fn constant(tensor: &TensorProto) -> Known {
    let shape = tensor.dims.iter().map(|extent| usize::try_from(*extent).ok()).collect();
    Known { integers: elements::integers(tensor, MOST_FOLLOWED), ..Known::of(tensor.data_type, shape) }
}

/// What the outputs of a node are; `None` where no rule knows.
fn rule(call: &Call<'_>) -> Option<Vec<Known>> {
    let one = |known: Known| Some(vec![known]);
    let same = || call.input(0).map(|known| Known::of(known.element, known.shape.clone()));
    match call.node.op_type.as_str() {
        "Identity" => one(call.input(0)?.clone()),
        "Constant" => one(constant_node(call)?),
        "Dropout" => Some(vec![same()?, Known::of(elements::BOOL, call.input(0)?.shape.clone())]),
        "Relu"
        | "Sigmoid"
        | "Tanh"
        | "Gelu"
        | "Erf"
        | "Exp"
        | "Log"
        | "Sqrt"
        | "Reciprocal"
        | "Neg"
        | "Abs"
        | "Floor"
        | "Ceil"
        | "Round"
        | "Sign"
        | "Sin"
        | "Cos"
        | "Tan"
        | "Softplus"
        | "Softsign"
        | "LeakyRelu"
        | "Elu"
        | "Selu"
        | "Celu"
        | "HardSigmoid"
        | "HardSwish"
        | "Mish"
        | "Swish"
        | "ThresholdedRelu"
        | "Clip"
        | "Softmax"
        | "LogSoftmax"
        | "Hardmax"
        | "LRN"
        | "InstanceNormalization"
        | "GroupNormalization"
        | "LpNormalization"
        | "MeanVarianceNormalization"
        | "RMSNormalization"
        | "Trilu"
        | "CumSum"
        | "PRelu"
        | "Shrink"
        | "BatchNormalization"
        | "LayerNormalization"
        | "RotaryEmbedding"
        | "ScatterND"
        | "ScatterElements"
        | "Scatter"
        | "TensorScatter"
        | "Asin"
        | "Acos"
        | "Atan"
        | "Sinh"
        | "Cosh"
        | "Asinh"
        | "Acosh"
        | "Atanh"
        | "ReverseSequence"
        | "BitwiseNot" => one(same()?),
        "Not" | "IsNaN" | "IsInf" => one(Known::of(elements::BOOL, call.input(0)?.shape.clone())),
        "Cast" => one(arithmetic::cast(call)?),
        "CastLike" => one(Known::of(call.input(1)?.element, call.input(0)?.shape.clone())),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Mod" | "Max" | "Min" | "Mean" | "Sum" | "And" | "Or" | "Xor"
        | "Equal" | "Less" | "Greater" | "LessOrEqual" | "GreaterOrEqual" | "BitShift" | "BitwiseAnd" | "BitwiseOr"
        | "BitwiseXor" => one(arithmetic::element_wise(call)?),
        "Where" => one(arithmetic::choose(call)?),
        "MatMul" | "MatMulInteger" | "QLinearMatMul" => one(arithmetic::matrix_product(call)?),
        "Gemm" => one(arithmetic::gemm(call)?),
        "Attention" => one(arithmetic::attention(call)?),
        "DynamicQuantizeLinear" => {
            let scalar = |element| Known::of(element, Some(Vec::new()));
            Some(vec![Known::of(2, call.input(0)?.shape.clone()), scalar(1), scalar(2)])
        }
        "QuantizeLinear" => one(Known::of(call.input(2).map_or(2, |zero| zero.element), call.input(0)?.shape.clone())),
        "DequantizeLinear" => one(Known::of(call.input(1)?.element, call.input(0)?.shape.clone())),
        op if op.starts_with("Reduce") => one(arithmetic::reduce(call)?),
        "ArgMax" | "ArgMin" => one(arithmetic::arg(call)?),
        "LSTM" | "GRU" | "RNN" => arithmetic::recurrent(call),
        "Conv" | "ConvInteger" | "QLinearConv" => one(windows::convolution(call)?),
        "ConvTranspose" => one(windows::transposed_convolution(call)?),
        "MaxPool" | "AveragePool" | "LpPool" => one(windows::pool(call)?),
        "GlobalAveragePool" | "GlobalMaxPool" | "GlobalLpPool" => one(windows::global_pool(call)?),
        "Resize" | "Upsample" => one(windows::resize(call)?),
        op => layout::rule(op, call),
    }
}

fn constant_node(call: &Call<'_>) -> Option<Known> {
    if let Some(tensor) = call.attribute("value").and_then(|attribute| attribute.t.as_ref()) {
        return Some(constant(tensor));
    }
    if let Some(attribute) = call.attribute("value_int") {
        return Some(Known::of_integers(vec![attribute.i], Vec::new()));
    }
    if let Some(ints) = call.ints("value_ints") {
        return Some(Known::of_integers(ints.to_vec(), vec![ints.len()]));
    }
    call.attribute("value_float").map(|_| Known::of(1, Some(Vec::new())))
}
