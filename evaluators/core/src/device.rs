//! Devices and the stacks that can run on them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a stack, such as `native` or `onnxruntime`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct StackId(pub String);

impl StackId {
    /// From its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its times are what it reaches: a compiler that was not tuned is shown and never ranked or chosen.
    pub fn is_tuned(&self) -> bool {
        !self.0.ends_with("-untuned")
    }
}

impl std::fmt::Display for StackId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// The kind of a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// General-purpose processor.
    Cpu,
    /// Graphics processor.
    Gpu,
    /// Google tensor processing unit.
    Tpu,
    /// Neural processor (NeuronCore, Gaudi, ...).
    Npu,
    /// Anything else.
    Other,
}

impl DeviceKind {
    /// The word used in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
            Self::Tpu => "tpu",
            Self::Npu => "npu",
            Self::Other => "other",
        }
    }
}

/// A processor found on a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Unique on its host: `cpu`, `cuda:0`, ...
    pub id: String,
    /// Its kind.
    pub kind: DeviceKind,
    /// The name its vendor gives it.
    pub name: String,
    /// Memory it can address, if known.
    pub memory_bytes: Option<u64>,
    /// Whatever else is known: cores, features, compute capability, UUID, link widths.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
}

impl Device {
    /// A device of which no more is known than what it is.
    pub fn new(id: impl Into<String>, kind: DeviceKind, name: impl Into<String>) -> Self {
        Self { id: id.into(), kind, name: name.into(), memory_bytes: None, properties: BTreeMap::new() }
    }
}

/// What a stack can do on a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackStatus {
    /// The stack.
    pub id: StackId,
    /// Whether it can run here now.
    pub available: bool,
    /// Why not, and what to install.
    pub reason: Option<String>,
    /// Its version, where it is available.
    pub version: Option<String>,
}

/// A device with the stacks asked about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// The device.
    #[serde(flatten)]
    pub device: Device,
    /// The stacks that exist for devices of its kind.
    pub stacks: Vec<StackStatus>,
}
