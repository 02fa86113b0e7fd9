//! Which NVIDIA devices there are, and why they cannot be used where they cannot.

use std::collections::BTreeMap;
use std::path::Path;

use assay_core::{Device, DeviceKind, EvaluatorError};
use cudarc::driver::result;
use cudarc::driver::sys::{self, CUdevice_attribute_enum as Attribute, CUresult};

use crate::errors::{During as _, guarded};
use crate::libraries::SearchPath;
use crate::nvml;

/// The oldest CUDA version the driver must support, as the driver tells it.
const OLDEST: u32 = 12_000;

/// A working driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Driver {
    /// The CUDA version it supports, such as 13000.
    pub(crate) cuda: u32,
}

impl Driver {
    /// The major CUDA version.
    pub(crate) fn major(self) -> u32 {
        self.cuda / 1000
    }

    /// Such as `13.0`.
    pub(crate) fn version_text(self) -> String {
        format!("{}.{}", self.cuda / 1000, self.cuda % 1000 / 10)
    }
}

/// Starts the driver.
///
/// # Errors
/// Why it cannot be used, and what to install.
pub(crate) fn driver() -> Result<Driver, String> {
    // SAFETY: opens and closes the driver's library, which has no preconditions.
    let present = || unsafe { sys::is_culib_present() };
    if !present() {
        preload();
    }
    if !present() {
        return Err(
            "the NVIDIA driver's library libcuda.so.1 was not found: install the NVIDIA driver, 525 or newer (in a \
                    container, start it with GPU access)"
                .to_owned(),
        );
    }
    let started = guarded("starting the NVIDIA driver", || {
        if let Err(error) = result::init() {
            return Err(EvaluatorError::Unavailable(match error.0 {
                CUresult::CUDA_ERROR_NO_DEVICE => {
                    "the NVIDIA driver finds no device (is CUDA_VISIBLE_DEVICES empty?)".to_owned()
                }
                CUresult::CUDA_ERROR_STUB_LIBRARY => {
                    "libcuda.so is the CUDA toolkit's stub, not a driver: install the NVIDIA driver".to_owned()
                }
                CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => {
                    "the NVIDIA driver's library and kernel module differ in version: restart the machine".to_owned()
                }
                _ => format!("the NVIDIA driver does not start: {error}"),
            }));
        }
        let mut version = 0;
        // SAFETY: writes the version.
        unsafe { sys::cuDriverGetVersion(&mut version) }.result().during("asking the driver's version")?;
        Ok(version.unsigned_abs())
    });
    match started {
        Ok(cuda) if cuda < OLDEST => Err(format!(
            "the NVIDIA driver supports CUDA {}, the cuda stack needs 12.0: install driver 525 or newer",
            Driver { cuda }.version_text()
        )),
        Ok(cuda) => Ok(Driver { cuda }),
        Err(EvaluatorError::Unavailable(reason)) => Err(reason),
        Err(error) => Err(error.to_string()),
    }
}

/// Opens the driver's library where containers put it, so that its bare name resolves to it from then on.
fn preload() {
    for candidate in SearchPath::system().find("libcuda") {
        // SAFETY: the driver's library; it has no preconditions. It stays loaded.
        if let Ok(library) = unsafe { libloading::Library::new(&candidate.path) } {
            std::mem::forget(library);
            return;
        }
    }
}

/// The devices the driver sees, without taking any of them.
///
/// # Errors
/// The driver's.
pub(crate) fn devices() -> Result<Vec<Device>, EvaluatorError> {
    guarded("listing NVIDIA devices", || {
        let count = result::device::get_count().during("counting devices")?;
        (0..count).map(device).collect()
    })
}

fn device(ordinal: i32) -> Result<Device, EvaluatorError> {
    let handle = result::device::get(ordinal).during("finding a device")?;
    let name = result::device::get_name(handle).during("reading a device's name")?;
    // SAFETY: the handle comes from the driver.
    let memory = unsafe { result::device::total_mem(handle) }.during("reading a device's memory")?;
    let attribute = |a: Attribute| -> Option<i32> {
        // SAFETY: as above.
        unsafe { result::device::get_attribute(handle, a) }.ok()
    };
    let mut properties = BTreeMap::new();
    let mut insert = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            properties.insert(key.to_owned(), value);
        }
    };
    let capability = attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
        .zip(attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
    insert("compute_capability", capability.map(|(major, minor)| format!("{major}.{minor}")));
    insert("multiprocessors", attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT).map(|v| v.to_string()));
    insert("l2_cache_bytes", attribute(Attribute::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE).map(|v| v.to_string()));
    let bus = attribute(Attribute::CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
    insert("memory_bus_bits", bus.map(|v| v.to_string()));
    let pci = pci_address(handle);
    insert("pci_address", pci.clone());
    if let Some(pci) = &pci {
        properties.extend(nvml::properties(pci));
    }
    Ok(Device {
        id: format!("cuda:{ordinal}"),
        kind: DeviceKind::Gpu,
        name,
        memory_bytes: u64::try_from(memory).ok(),
        properties,
    })
}

/// Such as `0000:1B:00.0`, by which NVML knows the device whatever `CUDA_VISIBLE_DEVICES` renumbers.
fn pci_address(handle: sys::CUdevice) -> Option<String> {
    let mut text = [0_u8; 32];
    // SAFETY: writes at most the length given, zero-terminated.
    unsafe { sys::cuDeviceGetPCIBusId(text.as_mut_ptr().cast(), 32, handle) }.result().ok()?;
    Some(std::ffi::CStr::from_bytes_until_nul(&text).ok()?.to_str().ok()?.to_owned())
}

/// NVIDIA display and compute devices on the PCI bus, whether or not a driver is there.
pub(crate) fn pci_devices() -> Vec<Device> {
    pci_devices_below(Path::new("/sys/bus/pci/devices"))
}

fn pci_devices_below(folder: &Path) -> Vec<Device> {
    let read = |path: &Path, name: &str| std::fs::read_to_string(path.join(name)).ok().map(|t| t.trim().to_owned());
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            // 0x03 is the PCI class of display controllers, compute-only ones included.
            let ours = read(&path, "vendor")? == "0x10de" && read(&path, "class")?.starts_with("0x03");
            ours.then_some(())?;
            Some((entry.file_name().to_string_lossy().into_owned(), read(&path, "device")?))
        })
        .collect();
    found.sort();
    let device = |(ordinal, (address, model)): (usize, (String, String))| Device {
        id: format!("cuda:{ordinal}"),
        kind: DeviceKind::Gpu,
        name: format!("NVIDIA device {}", model.trim_start_matches("0x")),
        memory_bytes: None,
        properties: BTreeMap::from([("pci_address".to_owned(), address)]),
    };
    found.into_iter().enumerate().map(device).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nvidia_display_controllers_are_found_without_a_driver() {
        let bus = tempfile::tempdir().unwrap();
        for (address, vendor, class) in [
            ("0000:01:00.0", "0x10de", "0x030200"),
            ("0000:01:00.1", "0x10de", "0x040300"), // the card's audio
            ("0000:00:02.0", "0x8086", "0x030000"),
        ] {
            let path = bus.path().join(address);
            std::fs::create_dir(&path).unwrap();
            for (name, value) in [("vendor", vendor), ("class", class), ("device", "0x2335")] {
                std::fs::write(path.join(name), format!("{value}\n")).unwrap();
            }
        }
        let found = pci_devices_below(bus.path());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].id.as_str(), found[0].name.as_str()), ("cuda:0", "NVIDIA device 2335"));
        assert_eq!(pci_devices_below(Path::new("/no/such/folder")), []);
    }

    #[test]
    fn absence_is_a_reason_and_never_a_panic() {
        match driver() {
            Ok(driver) => assert!(driver.major() >= 12),
            Err(reason) => assert!(reason.contains("NVIDIA") || reason.contains("driver"), "{reason}"),
        }
    }
}
