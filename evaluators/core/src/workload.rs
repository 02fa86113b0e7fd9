//! Standardized units of ML work with their analytic cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::NumericFormat;
use crate::model::ModelShape;

/// A standardized unit of ML work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// A name that is unique in its suite, such as `gemm-1024-fp32`.
    pub id: String,
    /// The numeric format of inputs and weights.
    pub format: NumericFormat,
    /// What is computed, and how large.
    pub shape: Shape,
}

/// Elements of all tensors above which a size is a typing error: four terabytes in fp32.
const MAX_ELEMENTS: f64 = 1e12;

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

/// What a workload's throughput counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Floating-point operations (the compute ceiling).
    Flop,
    /// Bytes moved (the memory ceiling).
    Byte,
    /// Rows of a matrix.
    Row,
    /// Tokens.
    Token,
    /// Whole sequences.
    Sequence,
    /// Images.
    Image,
    /// Samples (one user-item pair).
    Sample,
    /// Inferences with a user's own model.
    Inference,
    /// Kernels launched.
    Launch,
}

impl Item {
    /// The plural, as in `tokens/s`.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Flop => "FLOP",
            Self::Byte => "B",
            Self::Row => "rows",
            Self::Token => "tokens",
            Self::Sequence => "sequences",
            Self::Image => "images",
            Self::Sample => "samples",
            Self::Inference => "inferences",
            Self::Launch => "launches",
        }
    }

    /// The unit of a throughput, as in `tokens/s`.
    pub fn per_sec(self) -> String {
        format!("{}/s", self.plural())
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

    /// What the throughput counts.
    pub fn item(&self) -> Item {
        match self {
            Self::Gemm { .. } | Self::LinearGelu { .. } => Item::Flop,
            Self::Triad { .. } | Self::HostCopy { .. } | Self::PeerCopy { .. } | Self::Collective { .. } => Item::Byte,
            Self::Launch { .. } => Item::Launch,
            Self::Softmax { .. }
            | Self::RmsNorm { .. }
            | Self::BiasGelu { .. }
            | Self::BiasGeluResidual { .. }
            | Self::RmsNormResidual { .. }
            | Self::Quantise { .. }
            | Self::Dequantise { .. } => Item::Row,
            Self::AttentionPrefill { .. } | Self::AttentionDecode { .. } => Item::Token,
            Self::EncoderBlock { .. } => Item::Sequence,
            Self::ConvBlock { .. } | Self::Resnet50 { .. } => Item::Image,
            Self::EmbeddingMlp { .. } => Item::Sample,
            Self::Model(_) => Item::Inference,
        }
    }
}

impl Workload {
    /// Floating-point (or integer) operations of one execution, counted from the graph: a multiply-add is two.
    ///
    /// Of a user's model those that could be counted: see [`Workload::flops_are_known`].
    pub fn flops(&self) -> f64 {
        if let Shape::Model(model) = &self.shape {
            return model.flops;
        }
        crate::graph::build(self).flops()
    }

    /// Compulsory memory traffic of one execution in bytes: each input and weight read once, the output written once.
    /// Intermediates are not counted, so that the arithmetic intensity is the workload's and not one stack's.
    pub fn bytes(&self) -> f64 {
        if let Shape::Model(model) = &self.shape {
            return model.bytes;
        }
        crate::graph::build(self).compulsory_bytes()
    }

    /// Items that one execution processes, in units of [`Shape::item`].
    pub fn items(&self) -> f64 {
        let count = match &self.shape {
            Shape::Gemm { .. } | Shape::LinearGelu { .. } => return self.flops(),
            Shape::Triad { .. } => return self.bytes(),
            Shape::HostCopy { elements, .. } | Shape::PeerCopy { elements } => {
                return *elements as f64 * self.format.bytes();
            }
            Shape::Collective { operation, devices, elements } => {
                return *elements as f64 * self.format.bytes() * operation.bus_factor(*devices);
            }
            Shape::Launch { count } => *count,
            Shape::Softmax { rows, .. }
            | Shape::RmsNorm { rows, .. }
            | Shape::BiasGelu { rows, .. }
            | Shape::BiasGeluResidual { rows, .. }
            | Shape::RmsNormResidual { rows, .. }
            | Shape::Quantise { rows, .. }
            | Shape::Dequantise { rows, .. } => *rows,
            Shape::AttentionPrefill { batch, sequence, .. } => batch * sequence,
            Shape::AttentionDecode { batch, .. }
            | Shape::EncoderBlock { batch, .. }
            | Shape::ConvBlock { batch, .. }
            | Shape::Resnet50 { batch, .. }
            | Shape::EmbeddingMlp { batch, .. } => *batch,
            Shape::Model(model) => model.batch,
        };
        count as f64
    }

    /// Whether all operations are counted: a user's model may have operators whose work is unknown.
    pub fn flops_are_known(&self) -> bool {
        match &self.shape {
            Shape::Model(model) => model.uncounted.is_empty(),
            _ => true,
        }
    }

    /// Operations a byte of compulsory traffic.
    pub fn arithmetic_intensity(&self) -> f64 {
        self.flops() / self.bytes()
    }

    /// The largest error norm that counts as correct: the format's, but for quantisation at least a thousandth, because
    /// a value between two integers may be rounded to either, and for fp64 at least the rounding to fp32, in which
    /// results travel.
    pub fn tolerance(&self) -> f64 {
        let tolerance = self.format.tolerance();
        match (self.format, &self.shape) {
            (_, Shape::Quantise { .. }) => tolerance.max(1e-3),
            // Results travel as fp32.
            (NumericFormat::Fp64, _) => 1e-7,
            _ => tolerance,
        }
    }

    /// A hash of everything that defines the work (not of its name): equal hashes compute the same thing.
    pub fn hash(&self) -> String {
        let definition = match &self.shape {
            // The file may lie anywhere; its bytes count.
            Shape::Model(m) => serde_json::json!({"model": m.sha256, "axes": m.axes, "inputs": m.inputs_sha256}),
            shape => serde_json::json!({ "format": self.format, "shape": shape }),
        };
        let digest = Sha256::digest(definition.to_string().as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Refuses sizes that are zero, do not divide or overflow.
    ///
    /// # Errors
    /// A sentence that names the size and what it must be.
    pub fn validate(&self) -> Result<(), String> {
        let sizes = self.sizes();
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(format!("workload `{}`: {name} must be at least 1", self.id));
        }
        match &self.shape {
            Shape::AttentionDecode { heads, kv_heads, .. } if heads % kv_heads != 0 => {
                return Err(format!("workload `{}`: kv_heads ({kv_heads}) must divide heads ({heads})", self.id));
            }
            Shape::EncoderBlock { hidden, heads, .. } if hidden % heads != 0 => {
                return Err(format!("workload `{}`: heads ({heads}) must divide hidden ({hidden})", self.id));
            }
            // Checked when the file was read, and again when it is run.
            Shape::Model(_) => return Ok(()),
            Shape::Collective { devices, elements, .. } if *devices < 2 || elements % devices != 0 => {
                return Err(format!(
                    "workload `{}`: devices ({devices}) must be at least 2 and divide elements ({elements})",
                    self.id
                ));
            }
            Shape::Resnet50 { size, .. } if *size < 32 => {
                return Err(format!("workload `{}`: size ({size}) must be at least 32", self.id));
            }
            _ => {}
        }
        // Bounded first, so that the products below cannot overflow.
        if let Some((name, size)) =
            sizes.iter().find(|(name, size)| *size > if *name == "tables" { 4096 } else { 1 << 31 })
        {
            return Err(format!("workload `{}`: {name} ({size}) is too large to be meant", self.id));
        }
        let product = |shape: &[usize]| shape.iter().fold(1.0, |product: f64, size| product * *size as f64);
        let elements: f64 = crate::graph::build(self).tensors.iter().map(|t| product(&t.shape)).sum();
        if elements > MAX_ELEMENTS {
            return Err(format!("workload `{}`: {elements:.1e} elements are too many to be meant", self.id));
        }
        Ok(())
    }

    /// The sizes of the shape by their names.
    pub fn sizes(&self) -> Vec<(&'static str, usize)> {
        match self.shape {
            Shape::Gemm { m, n, k } | Shape::LinearGelu { m, n, k } => vec![("m", m), ("n", n), ("k", k)],
            Shape::Triad { elements } => vec![("elements", elements)],
            Shape::Softmax { rows, columns }
            | Shape::RmsNorm { rows, columns }
            | Shape::BiasGelu { rows, columns }
            | Shape::BiasGeluResidual { rows, columns }
            | Shape::RmsNormResidual { rows, columns }
            | Shape::Quantise { rows, columns }
            | Shape::Dequantise { rows, columns } => vec![("rows", rows), ("columns", columns)],
            Shape::AttentionPrefill { batch, heads, sequence, head_dim } => {
                vec![("batch", batch), ("heads", heads), ("sequence", sequence), ("head_dim", head_dim)]
            }
            Shape::AttentionDecode { batch, heads, kv_heads, context, head_dim } => vec![
                ("batch", batch),
                ("heads", heads),
                ("kv_heads", kv_heads),
                ("context", context),
                ("head_dim", head_dim),
            ],
            Shape::EncoderBlock { batch, sequence, hidden, heads, feed_forward } => vec![
                ("batch", batch),
                ("sequence", sequence),
                ("hidden", hidden),
                ("heads", heads),
                ("feed_forward", feed_forward),
            ],
            Shape::ConvBlock { batch, channels, size } => {
                vec![("batch", batch), ("channels", channels), ("size", size)]
            }
            Shape::Resnet50 { batch, size } => vec![("batch", batch), ("size", size)],
            Shape::EmbeddingMlp { batch, tables, rows, dim, bag, hidden } => vec![
                ("batch", batch),
                ("tables", tables),
                ("rows", rows),
                ("dim", dim),
                ("bag", bag),
                ("hidden", hidden),
            ],
            Shape::HostCopy { elements, .. } | Shape::PeerCopy { elements } => vec![("elements", elements)],
            Shape::Launch { count } => vec![("count", count)],
            Shape::Collective { devices, elements, .. } => vec![("devices", devices), ("elements", elements)],
            Shape::Model(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_cannot_be_meant_are_refused() {
        let huge = usize::MAX;
        for shape in [
            Shape::Gemm { m: 0, n: 1, k: 1 },
            Shape::Gemm { m: huge, n: huge, k: huge },
            Shape::AttentionDecode { batch: 1, heads: 8, kv_heads: 3, context: 1, head_dim: 1 },
            Shape::EmbeddingMlp { batch: 1, tables: huge, rows: 1, dim: 1, bag: 1, hidden: 1 },
            Shape::AttentionPrefill { batch: 1 << 31, heads: 1 << 31, sequence: 1 << 31, head_dim: 1 << 31 },
        ] {
            let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
            assert!(workload.validate().is_err(), "{workload:?}");
        }
    }

    #[test]
    fn the_hash_is_of_the_work_and_not_of_its_name() {
        let of = |id: &str, m| {
            Workload { id: id.to_owned(), format: NumericFormat::Fp32, shape: Shape::Gemm { m, n: 2, k: 3 } }.hash()
        };
        assert_eq!(of("a", 1), of("b", 1));
        assert_ne!(of("a", 1), of("a", 2));
    }
}
