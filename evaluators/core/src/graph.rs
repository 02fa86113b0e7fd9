//! The one definition of each workload: a graph of tensor operations.
//!
//! The fp64 reference interprets it, the native stack executes it, the ONNX writer translates it, and the analytic
//! operation and byte counts are sums over it. Tensors are dense and row-major; images are NCHW.

use crate::data;
use crate::tensor::Tensor;
use crate::workload::CollectiveOperation;
use assay_base::NumericFormat;

mod build;

pub use build::build;

/// Position of a tensor in [`Graph::tensors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TensorId(pub usize);

/// A workload's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The format of inputs and weights.
    pub format: NumericFormat,
    /// Every tensor: inputs, weights and intermediates.
    pub tensors: Vec<TensorSpec>,
    /// Operations in an order in which each input is there before it is used.
    pub nodes: Vec<Node>,
    /// The result.
    pub output: TensorId,
}

/// What is known of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorSpec {
    /// Unique in the graph; also seeds the tensor's data.
    pub name: String,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// Where its values come from.
    pub source: Source,
}

/// Where a tensor's values come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// Given at each execution, normal with a standard deviation of 1.
    Input,
    /// Indices given at each execution, uniform below the bound.
    Indices {
        /// One more than the largest index.
        bound: usize,
    },
    /// Known before, normal with mean and standard deviation.
    Weight {
        /// The mean.
        mean: f32,
        /// The standard deviation.
        standard_deviation: f32,
    },
    /// Computed by a node.
    Node,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// Its operands, in the order the operation's documentation gives.
    pub inputs: Vec<TensorId>,
    /// Its result.
    pub output: TensorId,
}

/// An element-wise function applied to a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// None.
    Identity,
    /// `max(x, 0)`.
    Relu,
    /// Exact GELU, `x/2 (1 + erf(x/√2))`.
    Gelu,
    /// `1/(1+exp(-x))`.
    Sigmoid,
}

/// A tensor operation. Shapes in brackets.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `x [m, k]`, `w [k, n]` -> `x w [m, n]`.
    MatMul,
    /// `x [.., k]`, `w [k, n]`, `bias [n]` -> `activation(x w + bias) [.., n]`.
    Linear {
        /// Applied last.
        activation: Activation,
    },
    /// `b [n]`, `c [n]` -> `b + scale * c [n]`.
    Triad {
        /// The scalar.
        scale: f32,
    },
    /// `x [rows, columns]` -> softmax over the columns.
    Softmax,
    /// `x [.., c]`, `weight [c]` -> `weight * x / sqrt(mean(x²) + epsilon)`.
    RmsNorm {
        /// Added to the mean square.
        epsilon: f32,
    },
    /// `x [.., c]`, `weight [c]`, `bias [c]` -> `weight * (x - mean) / sqrt(variance + epsilon) + bias`.
    LayerNorm {
        /// Added to the variance.
        epsilon: f32,
    },
    /// `x [rows, columns]`, `bias [columns]` -> `gelu(x + bias)`, exact.
    BiasGelu,
    /// `x` -> the same numbers in another memory.
    Copy,
    /// `x [devices, n]`, a row on each device -> a row on each device, as the operation says.
    Collective {
        /// Which.
        operation: CollectiveOperation,
    },
    /// `x [rows, columns]` -> what the nearest int8 multiples of each row's largest magnitude over 127 stand for. The
    /// result is stored as int8 with one fp32 factor a row.
    Quantise,
    /// The same numbers from rows that are already stored so.
    Dequantise,
    /// `q [batch, queries, heads * d]`, `k, v [batch, keys, kv_heads * d]` -> `[batch, queries, heads * d]`,
    /// softmax of `q·k/√d` times `v`. Query head `h` uses key head `h * kv_heads / heads`.
    Attention {
        /// Query heads.
        heads: usize,
        /// Key and value heads.
        kv_heads: usize,
        /// Whether query `i` sees only keys `0..=i + keys - queries`.
        causal: bool,
    },
    /// `x`, `y` of one shape -> `activation(scale * (x + y))`.
    Add {
        /// Multiplies the sum (keeps random residual networks bounded).
        scale: f32,
        /// Applied last.
        activation: Activation,
    },
    /// `x [n, c, h, w]`, `weight [o, c, kh, kw]`, `bias [o]` -> `activation(conv(x) + bias) [n, o, h', w']`.
    Conv2d {
        /// Step in both directions.
        stride: usize,
        /// Zeros added on each side.
        padding: usize,
        /// Applied last.
        activation: Activation,
    },
    /// `x [n, c, h, w]` -> maximum over windows; padding never wins.
    MaxPool {
        /// Window in both directions.
        kernel: usize,
        /// Step in both directions.
        stride: usize,
        /// Padding on each side.
        padding: usize,
    },
    /// `x [n, c, h, w]` -> `[n, c]`, the mean over the map.
    GlobalAveragePool,
    /// `table [rows, d]`, `indices [batch, bag]` -> `[batch, d]`, the sum of the rows looked up.
    EmbeddingBag,
    /// Tensors `[batch, c_i]` -> `[batch, Σ c_i]`.
    Concat,
}

impl Graph {
    /// What is known of a tensor.
    pub fn spec(&self, id: TensorId) -> &TensorSpec {
        &self.tensors[id.0]
    }

    /// A tensor's extents.
    pub fn shape(&self, id: TensorId) -> &[usize] {
        &self.tensors[id.0].shape
    }

    /// Inputs and weights for a seed, in the order of [`Graph::tensors`]; intermediates are `None`.
    pub fn materialize(&self, seed: u64) -> Vec<Option<Tensor>> {
        let materialize = |spec: &TensorSpec| {
            let count = spec.shape.iter().product();
            let real = |mean: f32, deviation: f32| {
                let mut values = data::normal(seed, &spec.name, count, deviation, self.format);
                if mean != 0.0 {
                    values.iter_mut().for_each(|v| *v = data::round_to(*v + mean, self.format));
                }
                Some(Tensor::f32(spec.shape.clone(), values))
            };
            match spec.source {
                Source::Input => real(0.0, 1.0),
                Source::Weight { mean, standard_deviation } => real(mean, standard_deviation),
                Source::Indices { bound } => {
                    Some(Tensor::index(spec.shape.clone(), data::indices(seed, &spec.name, count, bound)))
                }
                Source::Node => None,
            }
        };
        self.tensors.iter().map(materialize).collect()
    }

    /// Operations of one execution; a multiply-add is two, each element-wise step one, `exp` and `erf` one.
    pub fn flops(&self) -> f64 {
        self.nodes.iter().map(|node| self.node_flops(node)).sum()
    }

    /// Bytes of inputs, weights and output, each moved once. A look-up moves only the rows it reads.
    pub fn compulsory_bytes(&self) -> f64 {
        let look_ups = || self.nodes.iter().filter(|node| node.op == Op::EmbeddingBag);
        let tables: Vec<TensorId> = look_ups().filter_map(|node| node.inputs.first().copied()).collect();
        let dense = self
            .tensors
            .iter()
            .enumerate()
            .filter(|(i, spec)| spec.source != Source::Node && !tables.contains(&TensorId(*i)))
            .map(|(_, spec)| self.stored_bytes(spec))
            .sum::<f64>();
        let looked_up = look_ups().map(|node| self.looked_up_bytes(node)).sum::<f64>();
        dense + looked_up + self.stored_bytes(self.spec(self.output))
    }

    /// Bytes of one node's operands, and of its result, each moved once, the intermediate ones too.
    pub fn node_bytes(&self, node: &Node) -> (f64, f64) {
        let operand = |(position, id): (usize, &TensorId)| match (&node.op, position) {
            (Op::EmbeddingBag, 0) => self.looked_up_bytes(node),
            _ => self.stored_bytes(self.spec(*id)),
        };
        (node.inputs.iter().enumerate().map(operand).sum(), self.stored_bytes(self.spec(node.output)))
    }

    fn stored_bytes(&self, spec: &TensorSpec) -> f64 {
        let count = spec.shape.iter().product::<usize>() as f64;
        match spec.source {
            _ if self.is_quantised(spec) => count + 4.0 * spec.shape.first().copied().unwrap_or(1) as f64,
            Source::Indices { .. } => count * 8.0,
            _ => count * self.format.bytes(),
        }
    }

    fn looked_up_bytes(&self, node: &Node) -> f64 {
        let rows: usize = self.shape(node.inputs[1]).iter().product();
        let dim = self.shape(node.inputs[0])[1];
        (rows * dim) as f64 * self.format.bytes()
    }

    /// Whether a tensor is stored as int8 with one fp32 factor for each entry of its first dimension.
    pub fn is_quantised(&self, spec: &TensorSpec) -> bool {
        let named = |id: &TensorId| self.tensors.get(id.0).is_some_and(|t| t.name == spec.name);
        self.nodes.iter().any(|node| match node.op {
            Op::Quantise => named(&node.output),
            Op::Dequantise => node.inputs.first().is_some_and(named),
            _ => false,
        })
    }

    /// Operations of one node.
    pub fn node_flops(&self, node: &Node) -> f64 {
        let count = |id: TensorId| self.shape(id).iter().product::<usize>() as f64;
        let out = count(node.output);
        let activation_flops = |activation: Activation| match activation {
            Activation::Identity => 0.0,
            Activation::Relu => 1.0,
            Activation::Gelu => 5.0,
            Activation::Sigmoid => 4.0,
        };
        match &node.op {
            Op::MatMul => 2.0 * out * self.shape(node.inputs[1])[0] as f64,
            Op::Linear { activation } => {
                out * (2.0 * self.shape(node.inputs[1])[0] as f64 + 1.0 + activation_flops(*activation))
            }
            Op::Triad { .. } => 2.0 * out,
            Op::Softmax => 5.0 * out,
            Op::RmsNorm { .. } => 4.0 * out,
            Op::LayerNorm { .. } => 8.0 * out,
            Op::BiasGelu => 6.0 * out,
            Op::Quantise => 3.0 * out,
            Op::Copy => 0.0,
            Op::Collective { operation } => match operation {
                CollectiveOperation::AllGather => 0.0,
                _ => count(node.inputs[0]),
            },
            Op::Dequantise => out,
            Op::Attention { heads, causal, .. } => {
                let (q, k) = (self.shape(node.inputs[0]), self.shape(node.inputs[1]));
                let (batch, queries, keys) = (q[0] as f64, q[1] as f64, k[1] as f64);
                let head_dim = q[2] as f64 / *heads as f64;
                // Pairs of query and key that are not masked.
                let pairs =
                    if *causal { queries * (keys - queries) + queries * (queries + 1.0) / 2.0 } else { queries * keys };
                batch * *heads as f64 * pairs * (4.0 * head_dim + 5.0)
            }
            Op::Add { activation, scale } => {
                out * (1.0 + if *scale == 1.0 { 0.0 } else { 1.0 } + activation_flops(*activation))
            }
            Op::Conv2d { activation, .. } => {
                let window: usize = self.shape(node.inputs[1])[1..].iter().product();
                out * (2.0 * window as f64 + 1.0 + activation_flops(*activation))
            }
            Op::MaxPool { kernel, .. } => out * (kernel * kernel) as f64,
            Op::GlobalAveragePool => count(node.inputs[0]),
            Op::EmbeddingBag => count(node.inputs[1]) * self.shape(node.inputs[0])[1] as f64,
            Op::Concat => 0.0,
        }
    }
}
