//! Operations and bytes of each node.
//!
//! Counted as the standard workloads are: a multiply-add is two operations, each element-wise step one, `exp` and `erf`
//! one; moving elements is none. What a node executes only for some inputs (branches, loops) is not counted.

use assay_core::model::ModelNode;

use super::shapes::{Call, Shapes, elements_of};
use crate::proto::NodeProto;

/// What a node of a graph does. Unknown shapes and operators leave its work unknown.
pub fn of_node(node: &NodeProto, shapes: &Shapes<'_>) -> ModelNode {
    let standard = is_standard(node);
    let name = if node.name.is_empty() { node.output.first().cloned().unwrap_or_default() } else { node.name.clone() };
    let outputs = || node.output.iter().filter(|name| !name.is_empty()).map(|name| shapes.of(name));
    let call = shapes.call(node);
    let flops = if standard { operations(node, &call, shapes) } else { None };
    let inputs = node.input.iter().filter(|name| !name.is_empty()).map(|name| shapes.of(name));
    let bytes = inputs.chain(outputs()).try_fold(0.0, |sum, known| Some(sum + known?.bytes()?));
    ModelNode {
        name,
        operator: operator(node),
        flops,
        bytes: if moves_nothing(&node.op_type) { Some(0.0) } else { bytes },
    }
}

fn is_standard(node: &NodeProto) -> bool {
    node.domain.is_empty() || node.domain == "ai.onnx"
}

/// A node's operator, with the domain where it is not the standard's.
pub fn operator(node: &NodeProto) -> String {
    if is_standard(node) { node.op_type.clone() } else { format!("{}.{}", node.domain, node.op_type) }
}

/// Operators that only change how elements are looked at.
fn moves_nothing(operator: &str) -> bool {
    matches!(operator, "Constant" | "Shape" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Identity" | "Dropout")
}

fn operations(node: &NodeProto, call: &Call<'_>, shapes: &Shapes<'_>) -> Option<f64> {
    let out = || shapes.of(node.output.first()?)?.count();
    let input = || call.input(0)?.count();
    match node.op_type.as_str() {
        "Constant" | "ConstantOfShape" | "Shape" | "Size" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze"
        | "Transpose" | "Concat" | "Split" | "Slice" | "Gather" | "GatherElements" | "GatherND" | "Expand" | "Tile"
        | "Pad" | "Identity" | "Dropout" | "Range" | "OneHot" | "DepthToSpace" | "SpaceToDepth" | "ScatterND"
        | "ScatterElements" | "Scatter" | "TensorScatter" | "Where" | "Cast" | "CastLike" | "Trilu" | "EyeLike"
        | "ReverseSequence" | "NonZero" => Some(0.0),
        "MatMul" | "MatMulInteger" => Some(2.0 * out()? * *call.shape(0)?.last()? as f64),
        "QLinearMatMul" => Some(2.0 * out()? * *call.shape(0)?.last()? as f64),
        "Gemm" => {
            let [a0, a1] = call.shape(0)? else { return None };
            let k = if call.int("transA", 0) != 0 { a0 } else { a1 };
            let bias = if call.input(2).is_some() { 1.0 } else { 0.0 };
            Some(out()? * (2.0 * *k as f64 + bias))
        }
        "Conv" | "ConvInteger" => window(call.shape(1)?, out()?, call.input(2).is_some() && node.op_type == "Conv"),
        "QLinearConv" => window(call.shape(3)?, out()?, call.input(8).is_some()),
        "ConvTranspose" => {
            // Each input element meets the weights of one group's output channels.
            let per_element = elements_of(call.shape(1)?.get(1..)?)? as f64;
            Some(2.0 * input()? * per_element + if call.input(2).is_some() { out()? } else { 0.0 })
        }
        "Attention" => attention(call),
        "LSTM" | "GRU" | "RNN" => {
            let ([steps, batch, _], weights, recurrence) = (call.shape(0)?, call.shape(1)?, call.shape(2)?) else {
                return None;
            };
            let weights = (elements_of(weights)? + elements_of(recurrence)?) as f64;
            Some(2.0 * (steps * batch) as f64 * weights)
        }
        "MaxPool" | "AveragePool" | "LpPool" => {
            let kernel: f64 = call.ints("kernel_shape")?.iter().map(|extent| *extent as f64).product();
            Some(out()? * kernel)
        }
        "GlobalAveragePool" | "GlobalMaxPool" | "GlobalLpPool" | "ArgMax" | "ArgMin" | "CumSum" => input(),
        op if op.starts_with("Reduce") => input(),
        "Softmax" | "LogSoftmax" => Some(5.0 * out()?),
        "LayerNormalization" | "InstanceNormalization" | "GroupNormalization" | "MeanVarianceNormalization" => {
            Some(8.0 * out()?)
        }
        "RMSNormalization" | "LpNormalization" => Some(4.0 * out()?),
        "BatchNormalization" => Some(2.0 * out()?),
        "RotaryEmbedding" => Some(3.0 * out()?),
        "Gelu" => Some(5.0 * out()?),
        "Sigmoid" | "HardSigmoid" => Some(4.0 * out()?),
        "Swish" | "HardSwish" | "Mish" | "Softplus" | "Selu" | "Elu" | "Celu" => Some(5.0 * out()?),
        "DynamicQuantizeLinear" => Some(4.0 * out()?),
        "QuantizeLinear" | "DequantizeLinear" => Some(2.0 * out()?),
        "Sum" | "Max" | "Min" | "Mean" => Some(out()? * node.input.len().saturating_sub(1) as f64),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Mod" | "And" | "Or" | "Xor" | "Not" | "Equal" | "Less" | "Greater"
        | "LessOrEqual" | "GreaterOrEqual" | "BitShift" | "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "BitwiseNot"
        | "Relu" | "LeakyRelu" | "PRelu" | "Clip" | "Tanh" | "Erf" | "Exp" | "Log" | "Sqrt" | "Reciprocal" | "Neg"
        | "Abs" | "Floor" | "Ceil" | "Round" | "Sign" | "Sin" | "Cos" | "Tan" | "Softsign" | "ThresholdedRelu"
        | "IsNaN" | "IsInf" | "Shrink" => out(),
        _ => None,
    }
}

/// A convolution with weights `[channels, channels of a group, kernel..]`.
fn window(weights: &[usize], out: f64, bias: bool) -> Option<f64> {
    let window = elements_of(weights.get(1..)?)? as f64;
    Some(out * (2.0 * window + if bias { 1.0 } else { 0.0 }))
}

/// Every pair of query and key: `4 d` for both products and 5 for the softmax; half of them under a causal mask.
fn attention(call: &Call<'_>) -> Option<f64> {
    let (batch, heads, queries, keys, width) = match (call.shape(0)?, call.shape(1)?) {
        ([batch, heads, queries, d], [_, _, keys, _]) => (*batch, *heads, *queries, *keys, *d as f64),
        ([batch, queries, all], [_, keys, _]) => {
            let heads = usize::try_from(call.int("q_num_heads", 0)).ok().filter(|heads| *heads > 0)?;
            (*batch, heads, *queries, *keys, *all as f64 / heads as f64)
        }
        _ => return None,
    };
    let past = call.shape(4).and_then(|past| past.get(2)).copied().unwrap_or(0);
    let (queries, keys) = (queries as f64, (keys + past) as f64);
    let pairs = if call.int("is_causal", 0) != 0 && past == 0 && queries <= keys {
        queries * (queries + 1.0) / 2.0
    } else {
        queries * keys
    };
    Some(batch as f64 * heads as f64 * pairs * (4.0 * width + 5.0))
}
