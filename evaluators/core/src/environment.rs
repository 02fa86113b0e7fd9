//! Where and under which conditions a number was measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The environment of a run. What could not be learnt is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Assay's version.
    pub assay_version: String,
    /// Host name.
    pub host: Option<String>,
    /// Operating system, such as `Debian GNU/Linux 12 (bookworm)`.
    pub operating_system: Option<String>,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Processor model.
    pub cpu_model: Option<String>,
    /// Logical processors this process may use.
    pub cpu_logical: Option<usize>,
    /// Physical cores.
    pub cpu_cores: Option<usize>,
    /// Instruction set extensions that matter to ML kernels.
    #[serde(default)]
    pub cpu_features: Vec<String>,
    /// Frequency governor.
    pub cpu_governor: Option<String>,
    /// Installed memory.
    pub memory_bytes: Option<u64>,
    /// Hypervisor, such as `KVM`; absent on bare metal or where unknown.
    pub hypervisor: Option<String>,
    /// Container runtime; absent outside a container or where unknown.
    pub container: Option<String>,
    /// Versions of drivers, runtimes and libraries.
    #[serde(default)]
    pub versions: BTreeMap<String, String>,
    /// Settings of the device: ECC, power limit, application clocks, MIG, persistence.
    #[serde(default)]
    pub device_settings: BTreeMap<String, String>,
    /// Other processes that use the device.
    #[serde(default)]
    pub other_device_users: Vec<String>,
}

/// Load that was not ours while a workload ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForeignLoad {
    /// One-minute load average when the run began.
    pub load_average: Option<f64>,
    /// Share of processor time that the hypervisor gave to others during the run, 0 to 1.
    pub steal: Option<f64>,
    /// Mean number of processors busy with other processes during the run.
    pub foreign_busy_cpus: Option<f64>,
}
