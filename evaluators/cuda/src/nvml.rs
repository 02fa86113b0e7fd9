//! NVML: sensors, and the settings under which a device runs. What a device does not tell is absent.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use assay_core::Device;
use assay_core::telemetry::{Reading, Sensors, ThrottleReasons};
use nvml_wrapper::Nvml;
use nvml_wrapper::bitmasks::device::ThrottleReasons as Reported;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
use nvml_wrapper::enums::device::{SampleValue, UsedGpuMemory};
use nvml_wrapper::structs::device::FieldId;
use nvml_wrapper::sys_exports::field_id;

use crate::libraries::SearchPath;

/// NVML, once for the process.
fn nvml() -> Option<&'static Nvml> {
    static NVML: OnceLock<Option<Nvml>> = OnceLock::new();
    let open = || {
        Nvml::init().ok().or_else(|| {
            let candidates = SearchPath::system().find("libnvidia-ml");
            candidates.iter().find_map(|c| Nvml::builder().lib_path(c.path.as_os_str()).init().ok())
        })
    };
    NVML.get_or_init(open).as_ref()
}

fn device_at(pci: &str) -> Option<nvml_wrapper::Device<'static>> {
    nvml()?.device_by_pci_bus_id(pci).ok()
}

/// The driver's version, such as `580.159.04`.
pub(crate) fn driver_version() -> Option<String> {
    nvml()?.sys_driver_version().ok()
}

/// What is fixed about the device at a PCI address.
pub(crate) fn properties(pci: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(device) = device_at(pci) else { return found };
    let mut insert = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            found.insert(key.to_owned(), value);
        }
    };
    insert("uuid", device.uuid().ok());
    insert("max_sm_clock_hz", device.max_clock_info(Clock::SM).ok().map(megahertz));
    insert("max_memory_clock_hz", device.max_clock_info(Clock::Memory).ok().map(megahertz));
    let pcie = |generation: Option<u32>, width: Option<u32>| {
        generation.zip(width).map(|(generation, width)| format!("gen {generation} x{width}"))
    };
    insert("pcie_max", pcie(device.max_pcie_link_gen().ok(), device.max_pcie_link_width().ok()));
    insert("pcie_current", pcie(device.current_pcie_link_gen().ok(), device.current_pcie_link_width().ok()));
    // No device has more than 18 links yet; asking for one that is not there is an error and counts as none.
    let links = (0..18).filter(|link| device.link_wrapper_for(*link).is_active().unwrap_or(false)).count();
    insert("nvlink_active_links", (links > 0).then(|| links.to_string()));
    found
}

/// The settings of a device that somebody could have changed.
pub(crate) fn settings(pci: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(device) = device_at(pci) else { return found };
    let mut insert = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            found.insert(key.to_owned(), value);
        }
    };
    let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
    insert("ecc", device.is_ecc_enabled().ok().map(|state| on_off(state.currently_enabled)));
    insert("mig", device.mig_mode().ok().map(|mode| on_off(mode.current == 1)));
    insert("persistence", device.is_in_persistent_mode().ok().map(on_off));
    insert("compute_mode", device.compute_mode().ok().map(|mode| format!("{mode:?}")));
    insert("power_limit_watts", device.enforced_power_limit().ok().map(milli));
    insert("default_power_limit_watts", device.power_management_limit_default().ok().map(milli));
    insert("application_sm_clock_hz", device.applications_clock(Clock::SM).ok().map(megahertz));
    insert("application_memory_clock_hz", device.applications_clock(Clock::Memory).ok().map(megahertz));
    found
}

/// Other processes that compute on the device, such as `python (pid 4711), 1.2 GiB`.
pub(crate) fn other_users(pci: &str) -> Vec<String> {
    let Some(device) = device_at(pci) else { return Vec::new() };
    let own = std::process::id();
    let processes = device.running_compute_processes().unwrap_or_default();
    let describe = |process: nvml_wrapper::struct_wrappers::device::ProcessInfo| {
        let path = Path::new("/proc").join(process.pid.to_string()).join("comm");
        let name = std::fs::read_to_string(path).map_or_else(|_| "process".to_owned(), |name| name.trim().to_owned());
        let memory = match process.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => format!(", {}", assay_base::format::memory(bytes as f64)),
            UsedGpuMemory::Unavailable => String::new(),
        };
        format!("{name} (pid {}){memory}", process.pid)
    };
    processes.into_iter().filter(|process| process.pid != own).map(describe).collect()
}

fn milli(value: u32) -> String {
    (f64::from(value) / 1e3).to_string()
}

fn megahertz(value: u32) -> String {
    (u64::from(value) * 1_000_000).to_string()
}

/// The sensors of a device found by [`crate::CudaEvaluator`]; `None` where NVML does not know it.
pub fn sensors(device: &Device) -> Option<Box<dyn Sensors>> {
    let device = device_at(device.properties.get("pci_address")?)?;
    Some(Box::new(NvmlSensors { device }))
}

struct NvmlSensors {
    device: nvml_wrapper::Device<'static>,
}

/// Reasons for a lower clock that are not the user's choice or idleness.
fn slow_downs(reasons: Reported) -> ThrottleReasons {
    [
        (Reported::SW_POWER_CAP, ThrottleReasons::POWER_CAP),
        (Reported::HW_SLOWDOWN, ThrottleReasons::HARDWARE),
        (Reported::SYNC_BOOST, ThrottleReasons::SYNC_BOOST),
        (Reported::SW_THERMAL_SLOWDOWN, ThrottleReasons::HEAT),
        (Reported::HW_THERMAL_SLOWDOWN, ThrottleReasons::HARDWARE_HEAT),
        (Reported::HW_POWER_BRAKE_SLOWDOWN, ThrottleReasons::POWER_BRAKE),
    ]
    .into_iter()
    .filter(|(reported, _)| reasons.intersects(*reported))
    .fold(ThrottleReasons::default(), |found, (_, reason)| found.with(reason))
}

impl NvmlSensors {
    /// The power now, in watts. The plain query gives the mean of the last second on Ampere and later devices.
    fn power_watts(&self) -> Option<f64> {
        let instant = || {
            let values = self.device.field_values_for(&[FieldId(field_id::NVML_FI_DEV_POWER_INSTANT)]).ok()?;
            match values.into_iter().next()?.ok()?.value.ok()? {
                SampleValue::U32(milliwatts) => Some(f64::from(milliwatts)),
                SampleValue::U64(milliwatts) => Some(milliwatts as f64),
                _ => None,
            }
        };
        instant().or_else(|| self.device.power_usage().ok().map(f64::from)).map(|milliwatts| milliwatts * 1e-3)
    }
}

impl Sensors for NvmlSensors {
    fn read(&mut self) -> Reading {
        let device = &self.device;
        let hertz = |clock| device.clock_info(clock).ok().map(|megahertz| f64::from(megahertz) * 1e6);
        let reasons = device.current_throttle_reasons().ok().map(slow_downs);
        Reading {
            elapsed_secs: 0.0,
            power_watts: self.power_watts(),
            energy_counter_joules: device.total_energy_consumption().ok().map(|millijoules| millijoules as f64 * 1e-3),
            clock_hz: hertz(Clock::SM),
            memory_clock_hz: hertz(Clock::Memory),
            temperature_celsius: device.temperature(TemperatureSensor::Gpu).ok().map(f64::from),
            utilisation: device.utilization_rates().ok().map(|rates| f64::from(rates.gpu) / 100.0),
            memory_used_bytes: device.memory_info().ok().map(|memory| memory.used as f64),
            throttled: reasons.map(|reasons| !reasons.is_empty()),
            throttle_reasons: reasons.unwrap_or_default(),
        }
    }

    /// The driver renews its figures ten times a second (seen on an H200): read so often, the steps of the energy counter
    /// are known in time to a fifth of that.
    fn period(&self) -> Duration {
        Duration::from_millis(20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_nvml_tells_nothing() {
        if nvml().is_some() {
            eprintln!("skipped: NVML is here");
            return;
        }
        assert_eq!(driver_version(), None);
        assert!(properties("0000:01:00.0").is_empty() && settings("0000:01:00.0").is_empty());
        assert!(other_users("0000:01:00.0").is_empty());
    }

    #[test]
    fn power_caps_and_heat_are_slow_downs_idleness_is_not() {
        assert_eq!(slow_downs(Reported::SW_POWER_CAP | Reported::GPU_IDLE), ThrottleReasons::POWER_CAP);
        let both = ThrottleReasons::HARDWARE_HEAT.with(ThrottleReasons::HARDWARE);
        assert_eq!(slow_downs(Reported::HW_THERMAL_SLOWDOWN | Reported::HW_SLOWDOWN), both);
        assert!(slow_downs(Reported::GPU_IDLE | Reported::APPLICATIONS_CLOCKS_SETTING).is_empty());
    }
}
