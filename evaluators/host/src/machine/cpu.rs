//! The processor as a device.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::{Device, DeviceKind};

use super::{entries, memory, read};

/// The processor's name among the devices of a host.
pub const CPU_DEVICE_ID: &str = "cpu";

/// Instruction set extensions that matter to ML kernels, as Linux names them on x86 and Arm.
const RELEVANT_FEATURES: [&str; 24] = [
    "sse4_2",
    "f16c",
    "fma",
    "avx",
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512bw",
    "avx512vl",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_int8",
    "amx_bf16",
    "amx_fp16",
    "asimd",
    "asimdhp",
    "asimddp",
    "i8mm",
    "bf16",
    "sve",
    "sve2",
    "sme",
];

/// The processor of this machine.
pub fn cpu_device() -> Device {
    let info = cpu_info();
    let mut properties = BTreeMap::new();
    let mut set = |key: &str, value: Option<String>| {
        properties.extend(value.filter(|v| !v.is_empty()).map(|value| (key.to_owned(), value)));
    };
    set("architecture", Some(std::env::consts::ARCH.to_owned()));
    set("logical", logical().map(|n| n.to_string()));
    set("cores", info.cores.map(|n| n.to_string()));
    set("stepping", info.stepping);
    set("features", Some(info.features.join(" ")));
    for cache in entries("/sys/devices/system/cpu/cpu0/cache", "index") {
        let field = |name: &str| read(cache.join(name));
        if let (Some(level), Some(kind), Some(size)) = (field("level"), field("type"), field("size")) {
            set(&cache_name(&level, &kind), Some(size));
        }
    }
    let nodes = entries("/sys/devices/system/node", "node");
    set("numa_nodes", Some(nodes.len()).filter(|n| *n > 0).map(|n| n.to_string()));
    set("hypervisor", hypervisor());
    Device {
        id: CPU_DEVICE_ID.to_owned(),
        kind: DeviceKind::Cpu,
        name: info.model.unwrap_or_else(|| format!("{} processor", std::env::consts::ARCH)),
        memory_bytes: memory::usable_memory_bytes(),
        properties,
    }
}

/// Logical processors this process may use (affinity and cgroup quota respected).
pub(super) fn logical() -> Option<usize> {
    std::thread::available_parallelism().ok().map(Into::into)
}

pub(super) fn cpu_info() -> CpuInfo {
    CpuInfo::parse(&read("/proc/cpuinfo").unwrap_or_default())
}

/// What /proc/cpuinfo says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CpuInfo {
    pub model: Option<String>,
    /// Family, model and stepping: they tell processors apart that a cloud gives one name.
    pub stepping: Option<String>,
    pub cores: Option<usize>,
    pub features: Vec<String>,
    pub virtualised: bool,
    /// Mean of the clocks of all logical processors.
    pub clock_hz: Option<f64>,
}

impl CpuInfo {
    fn parse(text: &str) -> Self {
        let fields = || text.lines().filter_map(|line| line.split_once(':')).map(|(k, v)| (k.trim(), v.trim()));
        let first = |key: &str| fields().find(|(k, v)| *k == key && !v.is_empty()).map(|(_, v)| v.to_owned());
        let flags = first("flags").or_else(|| first("Features")).unwrap_or_default();
        let has = |name: &str| flags.split_whitespace().any(|flag| flag == name);
        let mut package = "";
        let mut cores = BTreeSet::new();
        for (key, value) in fields() {
            match key {
                "physical id" => package = value,
                "core id" => drop(cores.insert((package, value))),
                _ => {}
            }
        }
        let clocks: Vec<f64> = fields().filter(|(k, _)| *k == "cpu MHz").filter_map(|(_, v)| v.parse().ok()).collect();
        let clock_hz = (!clocks.is_empty()).then(|| clocks.iter().sum::<f64>() / clocks.len() as f64 * 1e6);
        let stepping = [first("cpu family"), first("model"), first("stepping")];
        Self {
            model: first("model name").or_else(|| first("Model")),
            stepping: stepping.into_iter().collect::<Option<Vec<_>>>().map(|parts| parts.join("/")),
            cores: Some(cores.len()).filter(|n| *n > 0),
            features: RELEVANT_FEATURES.iter().filter(|name| has(name)).map(|name| (*name).to_owned()).collect(),
            virtualised: has("hypervisor"),
            clock_hz: clock_hz.filter(|hz| hz.is_finite() && *hz > 0.0),
        }
    }
}

/// The hypervisor's name; `None` on bare metal or where it hides.
pub(super) fn hypervisor() -> Option<String> {
    if let Some(name) = read("/sys/hypervisor/type") {
        return Some(name);
    }
    #[cfg(target_arch = "x86_64")]
    if cpu_info().virtualised {
        // Leaf 0x40000000 is reserved for hypervisors, which sign it.
        let leaf = std::arch::x86_64::__cpuid(0x4000_0000);
        let signature: Vec<u8> = [leaf.ebx, leaf.ecx, leaf.edx].into_iter().flat_map(u32::to_le_bytes).collect();
        return Some(hypervisor_name(&signature));
    }
    None
}

#[cfg(target_arch = "x86_64")]
fn hypervisor_name(signature: &[u8]) -> String {
    let text = String::from_utf8_lossy(signature);
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    match text {
        "KVMKVMKVM" | "Linux KVM Hv" => "KVM".to_owned(),
        "Microsoft Hv" => "Hyper-V".to_owned(),
        "VMwareVMware" => "VMware".to_owned(),
        "XenVMMXenVMM" => "Xen".to_owned(),
        "TCGTCGTCGTCG" => "QEMU".to_owned(),
        "bhyve bhyve" => "bhyve".to_owned(),
        printable if !printable.is_empty() && printable.chars().all(|c| c.is_ascii_graphic() || c == ' ') => {
            printable.to_owned()
        }
        _ => "unknown".to_owned(),
    }
}

fn cache_name(level: &str, kind: &str) -> String {
    let suffix = match kind {
        "Data" => "d",
        "Instruction" => "i",
        _ => "",
    };
    format!("l{level}{suffix}_cache")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const XEON: &str = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 207\n\
        model name\t: Intel(R) Xeon(R) Processor\nstepping\t: 2\ncpu MHz\t\t: 2300.000\nphysical id\t: 0\n\
        core id\t\t: 0\nflags\t\t: fpu sse4_2 fma hypervisor avx avx2 avx512f avx512_bf16\n\n\
        processor\t: 1\nmodel name\t: Intel(R) Xeon(R) Processor\ncpu MHz\t\t: 2500.000\nphysical id\t: 0\n\
        core id\t\t: 0\n\nprocessor\t: 2\nphysical id\t: 1\ncore id\t\t: 0\n";

    #[test]
    fn threads_of_a_core_count_once_and_packages_apart() {
        let info = CpuInfo::parse(XEON);
        assert_eq!(info.model.as_deref(), Some("Intel(R) Xeon(R) Processor"));
        assert_eq!(info.stepping.as_deref(), Some("6/207/2"));
        assert_eq!(info.cores, Some(2));
        assert_eq!(info.clock_hz, Some(2.4e9));
        assert_eq!(info.features, ["sse4_2", "fma", "avx", "avx2", "avx512f", "avx512_bf16"]);
        assert!(info.virtualised);
    }

    #[test]
    fn arm_names_its_features_differently() {
        let text = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd asimdhp asimddp sve i8mm bf16\n\
            CPU implementer\t: 0x41\nCPU part\t: 0xd40\n";
        let info = CpuInfo::parse(text);
        assert_eq!(info.features, ["asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve"]);
        assert_eq!((info.model, info.cores, info.clock_hz), (None, None, None));
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn hypervisors_are_known_by_their_signature() {
        assert_eq!(hypervisor_name(b"KVMKVMKVM\0\0\0"), "KVM");
        assert_eq!(hypervisor_name(b"Microsoft Hv"), "Hyper-V");
        assert_eq!(hypervisor_name(&[0xff; 12]), "unknown");
    }

    #[test]
    fn this_machine_is_a_device() {
        let device = cpu_device();
        assert_eq!((device.id.as_str(), device.kind), ("cpu", DeviceKind::Cpu));
        assert!(!device.name.is_empty());
        #[cfg(target_os = "linux")]
        assert!(device.memory_bytes.is_some_and(|bytes| bytes > 1 << 20));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(text in any::<String>(), keys in "((model name|physical id|core id|cpu MHz|flags)[\t ]*:.*\n){0,9}") {
            CpuInfo::parse(&text);
            CpuInfo::parse(&keys);
        }
    }
}
