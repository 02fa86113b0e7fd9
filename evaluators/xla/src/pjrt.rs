//! A small safe client of the PJRT C interface.
//!
//! The interface's structs only ever grow, and each begins with its size, so that a hand-written prefix of them works
//! with plugins of any age. A plugin refuses a struct that is smaller than its own and takes a larger one; every struct
//! here therefore ends with zeros.

mod client;
mod plugin;
mod raw;
mod topology;

pub use client::{Buffer, BufferType, Client, ClientOption, Executable, MemoryUse};
pub use plugin::{Plugin, PluginError};
pub use topology::{Compiled, CompiledMemory, Topology};

/// The options of a compilation for one device, a serialised `CompileOptionsProto`:
/// `executable_build_options { device_ordinal: -1, num_replicas: 1, num_partitions: 1 }`.
const COMPILE_OPTIONS: [u8; 17] = [
    0x1a, 15, // field 3, 15 bytes
    0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, // field 1: -1
    0x20, 0x01, // field 4: 1
    0x28, 0x01, // field 5: 1
];

/// The format of the programs given to plugins: MLIR, as text.
const PROGRAM_FORMAT: &str = "mlir";
