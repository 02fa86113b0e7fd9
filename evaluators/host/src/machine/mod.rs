//! What this machine is and does, read from Linux's /proc and /sys.
//!
//! What a system does not tell is absent. Parsers are pure functions over text: these files differ between kernels,
//! architectures, containers and virtual machines, and no content may make Assay fail.

mod cpu;
mod environment;
mod load;
mod memory;
mod sensors;

use std::path::Path;

pub use cpu::{CPU_DEVICE_ID, cpu_device};
pub use environment::environment;
pub use load::ForeignLoadMeter;
pub use memory::available_memory_bytes;
pub use sensors::CpuSensors;

/// The trimmed text of a file; `None` when it cannot be read or is empty.
fn read(path: impl AsRef<Path>) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A file that holds one number.
fn read_number<T: std::str::FromStr>(path: impl AsRef<Path>) -> Option<T> {
    read(path)?.parse().ok()
}

/// The paths of a folder's entries whose name starts with `prefix`, sorted.
fn entries(folder: &str, prefix: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}
