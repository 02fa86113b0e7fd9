//! What a workload computes, and how large.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ModelShape;

/// What a workload computes. Sizes are counts of elements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// Dense matrix product `[m, k] x [k, n]`: the compute ceiling.
    Gemm {
        /// Rows of the result.
        m: usize,
        /// Columns of the result.
        n: usize,
        /// The contracted dimension.
        k: usize,
    },
    /// `a[i] = b[i] + s * c[i]` (McCalpin's STREAM): the memory ceiling.
    Triad {
        /// Length of each of the three arrays.
        elements: usize,
    },
    /// Softmax over the columns.
    Softmax {
        /// Independent rows.
        rows: usize,
        /// Elements normalised together.
        columns: usize,
    },
    /// Root-mean-square normalisation over the columns, with a weight.
    RmsNorm {
        /// Independent rows.
        rows: usize,
        /// Elements normalised together.
        columns: usize,
    },
    /// `gelu(x + bias)` with the exact (erf) GELU.
    BiasGelu {
        /// Rows.
        rows: usize,
        /// Columns; the bias has as many elements.
        columns: usize,
    },
    /// `gelu(x + bias) + residual` with the exact (erf) GELU.
    BiasGeluResidual {
        /// Rows.
        rows: usize,
        /// Columns; the bias has as many elements.
        columns: usize,
    },
    /// Root-mean-square normalisation of `x + residual` over the columns, with a weight.
    RmsNormResidual {
        /// Independent rows.
        rows: usize,
        /// Elements normalised together.
        columns: usize,
    },
    /// Each row to int8 with one factor, its largest magnitude over 127.
    Quantise {
        /// Rows, each with a factor of its own.
        rows: usize,
        /// Elements that share a factor.
        columns: usize,
    },
    /// Rows of int8 and their factors back to real numbers.
    Dequantise {
        /// Rows, each with a factor of its own.
        rows: usize,
        /// Elements that share a factor.
        columns: usize,
    },
    /// Dense layer `gelu([m, k] x [k, n] + bias)` with the exact (erf) GELU.
    LinearGelu {
        /// Rows of the result.
        m: usize,
        /// Columns of the result.
        n: usize,
        /// The contracted dimension.
        k: usize,
    },
    /// Attention over a whole prompt, causal.
    AttentionPrefill {
        /// Sequences.
        batch: usize,
        /// Heads.
        heads: usize,
        /// Tokens a sequence.
        sequence: usize,
        /// Elements a head.
        head_dim: usize,
    },
    /// Attention of one new token over a key-value cache, with grouped heads.
    AttentionDecode {
        /// Sequences.
        batch: usize,
        /// Query heads.
        heads: usize,
        /// Key and value heads; divides `heads`.
        kv_heads: usize,
        /// Tokens in the cache.
        context: usize,
        /// Elements a head.
        head_dim: usize,
    },
    /// One post-norm transformer encoder block (Vaswani et al. 2017) with biases and exact GELU.
    EncoderBlock {
        /// Sequences.
        batch: usize,
        /// Tokens a sequence.
        sequence: usize,
        /// Model width.
        hidden: usize,
        /// Heads; divides `hidden`.
        heads: usize,
        /// Width of the feed-forward layer.
        feed_forward: usize,
    },
    /// Two 3x3 convolutions with a residual connection (He et al. 2015), batch normalisation folded.
    ConvBlock {
        /// Images.
        batch: usize,
        /// Channels in and out.
        channels: usize,
        /// Height and width of the feature map.
        size: usize,
    },
    /// ResNet-50 (He et al. 2015, stride in the 3x3 convolution), batch normalisation folded, random weights.
    Resnet50 {
        /// Images.
        batch: usize,
        /// Height and width of the image.
        size: usize,
    },
    /// Embedding bags with a multi-layer perceptron (the shape of DLRM, Naumov et al. 2019, without interaction).
    EmbeddingMlp {
        /// Samples.
        batch: usize,
        /// Embedding tables.
        tables: usize,
        /// Rows of each table.
        rows: usize,
        /// Elements of a row.
        dim: usize,
        /// Look-ups summed for each sample and table.
        bag: usize,
        /// Width of the two hidden layers.
        hidden: usize,
    },
    /// A copy between the host's and the device's memory.
    HostCopy {
        /// Elements copied.
        elements: usize,
        /// To the device, or back.
        to_device: bool,
        /// From or to host memory that is locked in place, which the device reads and writes by itself.
        pinned: bool,
    },
    /// The smallest kernels one after the other, from the first launch until the host knows that the last has ended.
    Launch {
        /// Kernels launched.
        count: usize,
    },
    /// A copy from the device to the next one of the same host.
    PeerCopy {
        /// Elements copied.
        elements: usize,
    },
    /// A collective operation over several devices of one host.
    Collective {
        /// Which.
        operation: CollectiveOperation,
        /// Devices that take part; this one and the next.
        devices: usize,
        /// Elements of the whole message, which every device sends (reduction) or receives (gathering).
        elements: usize,
    },
    /// A user's own model.
    Model(Box<ModelShape>),
}

/// A collective operation, as NCCL names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CollectiveOperation {
    /// Every device gets the sum of all.
    AllReduce,
    /// Every device gets the parts of all.
    AllGather,
    /// Every device gets its part of the sum of all.
    ReduceScatter,
}

impl CollectiveOperation {
    /// Bytes that must cross each device's link for each byte of the message (NVIDIA nccl-tests, PERFORMANCE.md).
    pub fn bus_factor(self, devices: usize) -> f64 {
        let share = (devices as f64 - 1.0) / devices as f64;
        if self == Self::AllReduce { 2.0 * share } else { share }
    }
}

impl Shape {
    /// The word used in YAML.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gemm { .. } => "gemm",
            Self::Triad { .. } => "triad",
            Self::Softmax { .. } => "softmax",
            Self::RmsNorm { .. } => "rms-norm",
            Self::BiasGelu { .. } => "bias-gelu",
            Self::BiasGeluResidual { .. } => "bias-gelu-residual",
            Self::RmsNormResidual { .. } => "rms-norm-residual",
            Self::Quantise { .. } => "quantise",
            Self::Dequantise { .. } => "dequantise",
            Self::LinearGelu { .. } => "linear-gelu",
            Self::AttentionPrefill { .. } => "attention-prefill",
            Self::AttentionDecode { .. } => "attention-decode",
            Self::EncoderBlock { .. } => "encoder-block",
            Self::ConvBlock { .. } => "conv-block",
            Self::Resnet50 { .. } => "resnet50",
            Self::EmbeddingMlp { .. } => "embedding-mlp",
            Self::HostCopy { .. } => "host-copy",
            Self::Launch { .. } => "launch",
            Self::PeerCopy { .. } => "peer-copy",
            Self::Collective { .. } => "collective",
            Self::Model(_) => "model",
        }
    }

    /// The sizes of the shape by their names.
    pub fn sizes(&self) -> Vec<(&'static str, usize)> {
        match *self {
            Self::Gemm { m, n, k } | Self::LinearGelu { m, n, k } => vec![("m", m), ("n", n), ("k", k)],
            Self::Triad { elements } => vec![("elements", elements)],
            Self::Softmax { rows, columns }
            | Self::RmsNorm { rows, columns }
            | Self::BiasGelu { rows, columns }
            | Self::BiasGeluResidual { rows, columns }
            | Self::RmsNormResidual { rows, columns }
            | Self::Quantise { rows, columns }
            | Self::Dequantise { rows, columns } => vec![("rows", rows), ("columns", columns)],
            Self::AttentionPrefill { batch, heads, sequence, head_dim } => {
                vec![("batch", batch), ("heads", heads), ("sequence", sequence), ("head_dim", head_dim)]
            }
            Self::AttentionDecode { batch, heads, kv_heads, context, head_dim } => vec![
                ("batch", batch),
                ("heads", heads),
                ("kv_heads", kv_heads),
                ("context", context),
                ("head_dim", head_dim),
            ],
            Self::EncoderBlock { batch, sequence, hidden, heads, feed_forward } => vec![
                ("batch", batch),
                ("sequence", sequence),
                ("hidden", hidden),
                ("heads", heads),
                ("feed_forward", feed_forward),
            ],
            Self::ConvBlock { batch, channels, size } => {
                vec![("batch", batch), ("channels", channels), ("size", size)]
            }
            Self::Resnet50 { batch, size } => vec![("batch", batch), ("size", size)],
            Self::EmbeddingMlp { batch, tables, rows, dim, bag, hidden } => vec![
                ("batch", batch),
                ("tables", tables),
                ("rows", rows),
                ("dim", dim),
                ("bag", bag),
                ("hidden", hidden),
            ],
            Self::HostCopy { elements, .. } | Self::PeerCopy { elements } => vec![("elements", elements)],
            Self::Launch { count } => vec![("count", count)],
            Self::Collective { devices, elements, .. } => vec![("devices", devices), ("elements", elements)],
            Self::Model(_) => Vec::new(),
        }
    }
}
