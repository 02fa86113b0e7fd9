//! What a workload's throughput counts.

use super::{Shape, Workload};

/// What is counted.
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
}
