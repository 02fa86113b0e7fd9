//! `kernel.yaml`: what a kernel computes, how it is built and how it is launched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::expression::{Expression, Variables, is_name};
use crate::NumericFormat;
use crate::workload::Workload;

/// The file `kernel.yaml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the file format: `assay/kernel/1`.
    pub schema: SchemaVersion,
    /// A short name of lower-case letters, digits and hyphens.
    pub id: String,
    /// The name in tables.
    pub name: String,
    /// What was done to make it fast, in a few sentences.
    #[serde(default)]
    pub note: String,
    /// Kinds of the workloads it computes, such as `softmax`.
    pub computes: Vec<String>,
    /// Numeric formats it takes.
    pub formats: Vec<NumericFormat>,
    /// The largest error that counts as correct, where it is stricter or laxer than the workload's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// How it is built and launched.
    pub kernel: Implementation,
    /// A simple version to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Implementation>,
}

/// The version of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SchemaVersion {
    /// The first.
    #[serde(rename = "assay/kernel/1")]
    V1,
}

/// One version of a kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implementation {
    /// A file of the folder: CUDA C++ (`.cu`), PTX (`.ptx`) or machine code (`.cubin`).
    pub source: String,
    /// The name of the `__global__` function; `extern "C"` in CUDA C++.
    pub entry: String,
    /// The devices it runs on.
    #[serde(default)]
    pub architecture: Architecture,
    /// Conditions on the sizes; where one does not hold the kernel does not apply.
    #[serde(default)]
    pub requires: Vec<Expression>,
    /// Values to try. The fastest correct combination is used.
    #[serde(default)]
    pub parameters: BTreeMap<String, Vec<u32>>,
    /// Named values, each of which may use the others.
    #[serde(default)]
    pub values: BTreeMap<String, Expression>,
    /// Macros for the compiler.
    #[serde(default)]
    pub defines: BTreeMap<String, Expression>,
    /// Blocks in one to three dimensions.
    pub grid: Vec<Expression>,
    /// Threads of a block in one to three dimensions.
    pub block: Vec<Expression>,
    /// Dynamic shared memory of a block in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_bytes: Option<Expression>,
    /// What the function takes, in its order.
    pub arguments: Vec<Argument>,
}

/// The devices that a kernel runs on, as NVIDIA names compute capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Architecture {
    /// 7.5 (Turing) and later.
    #[default]
    #[serde(rename = "7.5")]
    Turing,
    /// 8.0 (Ampere) and later.
    #[serde(rename = "8.0")]
    Ampere,
    /// 9.0 (Hopper) and later.
    #[serde(rename = "9.0")]
    Hopper,
    /// 9.0 only, with its own instructions.
    #[serde(rename = "9.0a")]
    HopperOnly,
}

impl Architecture {
    /// The oldest compute capability, and whether it is the only one.
    pub fn capability(self) -> ((u32, u32), bool) {
        match self {
            Self::Turing => ((7, 5), false),
            Self::Ampere => ((8, 0), false),
            Self::Hopper => ((9, 0), false),
            Self::HopperOnly => ((9, 0), true),
        }
    }
}

/// What is passed to a kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Argument {
    /// The address of an input or weight.
    Input {
        /// Its name in the workload, such as `x`.
        name: String,
        /// Whether the address is zero where the workload has no such tensor; `has_<name>` tells the expressions.
        #[serde(default)]
        optional: bool,
    },
    /// The address of the fp32 factors of an int8 input, one a row.
    InputFactors {
        /// The input's name.
        name: String,
    },
    /// The address of the result.
    Output,
    /// The address of the fp32 factors of an int8 result, one a row.
    OutputFactors,
    /// A tensor map for Hopper's copy engine, over a tensor stored without gaps.
    TensorMap {
        /// The tensor's name; `output` is the result.
        name: String,
        /// Extents, innermost first.
        dimensions: Vec<Expression>,
        /// Extents of the box that one copy moves, innermost first.
        #[serde(rename = "box")]
        extents: Vec<Expression>,
        /// How the rows of the box are swizzled in shared memory, in bytes: 0, 32, 64 or 128.
        #[serde(default)]
        swizzle: u32,
    },
    /// An unsigned 32-bit number.
    U32 {
        /// Its value.
        value: Expression,
    },
    /// An unsigned 64-bit number.
    U64 {
        /// Its value.
        value: Expression,
    },
    /// A 32-bit floating-point number.
    F32 {
        /// Its value.
        value: Expression,
    },
    /// The address of memory for the kernel's own use, filled with 0xFF.
    Scratch {
        /// Its size.
        bytes: Expression,
    },
}

/// Combinations of parameters that are tried at most.
const MAX_COMBINATIONS: usize = 64;
/// The kernel's arguments at most.
const MAX_ARGUMENTS: usize = 64;

impl Manifest {
    /// Whether the kernel is meant for a workload.
    pub fn computes(&self, workload: &Workload) -> bool {
        self.formats.contains(&workload.format) && self.computes.iter().any(|kind| kind == workload.shape.kind())
    }

    /// The largest error that counts as correct.
    pub fn tolerance(&self, workload: &Workload) -> f64 {
        self.tolerance.unwrap_or_else(|| workload.tolerance())
    }

    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// What is wrong, with the field's name.
    pub fn validate(&self) -> Result<(), String> {
        let is_id = |text: &str| {
            (1..=64).contains(&text.len())
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        if !is_id(&self.id) {
            return Err(format!("id: `{}` must be 1 to 64 lower-case letters, digits and hyphens", self.id));
        }
        if self.computes.is_empty() || self.formats.is_empty() {
            return Err("computes and formats must each name at least one".to_owned());
        }
        if let Some(tolerance) = self.tolerance.filter(|t| !(*t > 0.0 && *t <= 0.1)) {
            return Err(format!("tolerance: {tolerance} must be above 0 and at most 0.1"));
        }
        self.kernel.validate().map_err(|e| format!("kernel.{e}"))?;
        self.baseline.as_ref().map_or(Ok(()), |baseline| baseline.validate().map_err(|e| format!("baseline.{e}")))
    }
}

impl Implementation {
    fn validate(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !self.source.chars().all(plain) || self.source.starts_with('.') || self.kind().is_none() {
            return Err(format!("source: `{}` must name a .cu, .ptx or .cubin file of the folder", self.source));
        }
        // Names of C++ templates are mangled; `$` appears in them.
        if self.entry.is_empty() || self.entry.len() > 1000 || !self.entry.chars().all(|c| plain(c) || c == '$') {
            return Err(format!("entry: `{}` is not the name of a function", self.entry));
        }
        for (field, dimensions) in [("grid", &self.grid), ("block", &self.block)] {
            if !(1..=3).contains(&dimensions.len()) {
                return Err(format!("{field}: one to three dimensions, not {}", dimensions.len()));
            }
        }
        if self.arguments.len() > MAX_ARGUMENTS {
            return Err(format!("arguments: at most {MAX_ARGUMENTS}, not {}", self.arguments.len()));
        }
        let names = self.parameters.keys().chain(self.values.keys()).chain(self.defines.keys());
        if let Some(name) = names.clone().find(|name| !is_name(name)) {
            return Err(format!("`{name}` is not a name: letters, digits and underscores"));
        }
        if self.values.len() > 64 || self.defines.len() > 64 || self.requires.len() > 64 {
            return Err("values, defines and requires: at most 64 each".to_owned());
        }
        if let Some((name, _)) = self.parameters.iter().find(|(_, values)| values.is_empty()) {
            return Err(format!("parameters.{name}: at least one value"));
        }
        let combinations = self.parameters.values().fold(1_usize, |product, v| product.saturating_mul(v.len()));
        if combinations > MAX_COMBINATIONS {
            return Err(format!("parameters: {combinations} combinations, at most {MAX_COMBINATIONS} are tried"));
        }
        for argument in &self.arguments {
            if let Argument::TensorMap { dimensions, extents, swizzle, .. } = argument
                && (dimensions.len() != extents.len()
                    || !(1..=5).contains(&dimensions.len())
                    || ![0, 32, 64, 128].contains(swizzle))
            {
                return Err(
                    "arguments: a tensor map has 1 to 5 dimensions, a box of as many, and a swizzle of 0, 32, \
                            64 or 128"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }

    /// What the source is written in; `None` when its name does not tell.
    pub fn kind(&self) -> Option<SourceKind> {
        match self.source.rsplit_once('.')?.1 {
            "cu" => Some(SourceKind::Cuda),
            "ptx" => Some(SourceKind::Ptx),
            "cubin" => Some(SourceKind::Cubin),
            _ => None,
        }
    }

    /// Every combination of the parameters, the first values first.
    pub fn combinations(&self) -> Vec<BTreeMap<String, u32>> {
        let mut all = vec![BTreeMap::new()];
        for (name, values) in &self.parameters {
            let extend = |combination: &BTreeMap<String, u32>| -> Vec<BTreeMap<String, u32>> {
                let with = |value: &u32| {
                    let mut extended = combination.clone();
                    extended.insert(name.clone(), *value);
                    extended
                };
                values.iter().map(with).collect()
            };
            all = all.iter().flat_map(extend).collect();
        }
        all
    }

    /// Adds the parameters and the named values to the variables.
    ///
    /// # Errors
    /// When a named value cannot be computed.
    pub fn resolve(&self, mut variables: Variables, parameters: &BTreeMap<String, u32>) -> Result<Variables, String> {
        variables.extend(parameters.iter().map(|(name, value)| (name.clone(), f64::from(*value))));
        let mut open: Vec<(&String, &Expression)> = self.values.iter().collect();
        // Those that use others come after them, in whatever order they are written.
        while !open.is_empty() {
            let mut failure = String::new();
            let before = open.len();
            open.retain(|(name, expression)| match expression.value(&variables) {
                Ok(value) => {
                    variables.insert((*name).clone(), value);
                    false
                }
                Err(error) => {
                    failure = format!("values.{name}: {error}");
                    true
                }
            });
            if open.len() == before {
                return Err(failure);
            }
        }
        Ok(variables)
    }
}

/// What a kernel is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// CUDA C++, compiled at run time.
    Cuda,
    /// NVIDIA's assembly, compiled by the driver.
    Ptx,
    /// Machine code.
    Cubin,
}
