//! A model in a narrower numeric format: what is asked for, and what came of it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{ModelChoice, ModelReport};

/// A narrower form of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// Weights in 8-bit integers; the scales of activations are taken from each input.
    Int8Dynamic,
    /// Weights and activations in 8-bit integers; the scales of activations are from a calibration set.
    Int8Static,
    /// Weights and activations in binary16; inputs and outputs stay as they are.
    Fp16,
    /// Weights and activations in bfloat16; inputs and outputs stay as they are.
    Bf16,
}

impl Variant {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Int8Dynamic, Self::Int8Static, Self::Fp16, Self::Bf16];

    /// The word used in tables, file names and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Int8Dynamic => "int8-dynamic",
            Self::Int8Static => "int8-static",
            Self::Fp16 => "fp16",
            Self::Bf16 => "bf16",
        }
    }
}

/// What to make of which model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantRequest {
    /// The model.
    pub model: ModelChoice,
    /// Its narrower form.
    pub variant: Variant,
    /// Inputs to calibrate with, as [`ModelChoice::inputs`] are; seeded ones are made where there are none.
    pub calibration: Vec<PathBuf>,
    /// Seed of those.
    pub seed: u64,
    /// The file to write on the worker's host.
    pub file: PathBuf,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariantReport {
    /// What is in the file that was written.
    pub report: ModelReport,
    /// What it was made of.
    pub origin: VariantOrigin,
}

/// The model that a variant was made of. Its outputs are what those of the variant are compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantOrigin {
    /// Its file on the worker's host.
    pub file: String,
    /// Hash of its bytes.
    pub sha256: String,
    /// What was made of it.
    pub variant: Variant,
    /// The tools that made it, with their versions, and what they calibrated with.
    pub made_with: String,
}
