//! Numeric formats in which a workload may be computed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The format of a workload's inputs and weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NumericFormat {
    /// IEEE 754 binary64.
    Fp64,
    /// IEEE 754 binary32.
    Fp32,
    /// binary32 storage, multiplied with 10 bits of mantissa.
    Tf32,
    /// IEEE 754 binary16.
    Fp16,
    /// bfloat16.
    Bf16,
    /// 8-bit floating point (E4M3).
    Fp8,
    /// 4-bit floating point (E2M1 with block scales).
    Fp4,
    /// 8-bit integers, activations quantised dynamically, weights per tensor.
    Int8,
}

impl NumericFormat {
    /// Every format, widest first.
    pub const ALL: [Self; 8] =
        [Self::Fp64, Self::Fp32, Self::Tf32, Self::Fp16, Self::Bf16, Self::Fp8, Self::Fp4, Self::Int8];

    /// The word used in YAML, tables and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fp64 => "fp64",
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Fp16 => "fp16",
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Fp4 => "fp4",
            Self::Int8 => "int8",
        }
    }

    /// Bytes one stored element takes.
    pub fn bytes(self) -> f64 {
        match self {
            Self::Fp64 => 8.0,
            Self::Fp32 | Self::Tf32 => 4.0,
            Self::Fp16 | Self::Bf16 => 2.0,
            Self::Fp8 | Self::Int8 => 1.0,
            Self::Fp4 => 0.5,
        }
    }

    /// The largest relative L2 error against the fp64 reference that still counts as correct.
    ///
    /// A few times the unit round-off of the format, since errors of independent roundings add as a random walk;
    /// for the quantised formats the quantisation step dominates.
    pub fn tolerance(self) -> f64 {
        match self {
            Self::Fp64 => 1e-12,
            Self::Fp32 => 1e-5,
            Self::Tf32 => 2e-3,
            Self::Fp16 => 5e-3,
            Self::Bf16 => 1e-2,
            Self::Fp8 => 1e-1,
            Self::Fp4 => 3e-1,
            Self::Int8 => 5e-2,
        }
    }
}

impl std::fmt::Display for NumericFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.label())
    }
}
