//! ONNX Runtime in this process: loaded once, with the execution providers it has.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use assay_core::device::{Device, DeviceKind, StackId};
use ort::environment::Environment;
use ort::memory::DeviceType;

use crate::ort_library::{self, OrtLibrary};

/// The processor's own provider, which every build has.
pub const CPU: &str = "CPUExecutionProvider";

/// Providers that run on NVIDIA devices, and their sources in the library itself.
const NVIDIA: [&str; 2] = ["CUDAExecutionProvider", "TensorrtExecutionProvider"];

/// Providers that are no place to execute: remote calls.
const REMOTE: [&str; 1] = ["AzureExecutionProvider"];

/// The one environment that ONNX Runtime allows a process.
static RUNTIME: Mutex<Option<&'static Runtime>> = Mutex::new(None);

/// The library with its environment.
pub struct Runtime {
    /// The library.
    pub library: OrtLibrary,
    /// Its environment.
    pub environment: Environment,
    /// Plugins that were found, and why one could not be loaded.
    plugins: Vec<Plugin>,
}

/// A provider in a library of its own.
#[derive(Clone, Debug)]
struct Plugin {
    path: PathBuf,
    problem: Option<String>,
}

/// Where a model is executed, and how ONNX Runtime is told so.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// Its name, such as `CUDAExecutionProvider`.
    pub name: String,
    /// The device.
    pub device: Device,
    /// How it is pinned.
    pub pin: Pin,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

/// How a session is pinned to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pin {
    /// By the device that the environment lists for it.
    Listed(Hardware),
    /// By the number of the device, for providers in the library itself.
    Number(i32),
}

/// The kind of hardware behind a listed device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hardware {
    Cpu,
    Gpu,
    Npu,
}

impl Hardware {
    /// Of a device that ONNX Runtime lists.
    pub fn of(device: DeviceType) -> Option<Self> {
        match device {
            DeviceType::CPU => Some(Self::Cpu),
            DeviceType::GPU => Some(Self::Gpu),
            DeviceType::NPU => Some(Self::Npu),
            _ => None,
        }
    }
}

impl Provider {
    /// The processor's own provider.
    pub fn cpu(device: Device) -> Self {
        Self { name: CPU.to_owned(), device, pin: Pin::Listed(Hardware::Cpu), problem: None }
    }

    /// The stack's name: `onnxruntime` on the processor's own provider, else with the provider's name behind it.
    pub fn stack(&self) -> StackId {
        if self.name == CPU {
            return StackId::new("onnxruntime");
        }
        let short = self.name.strip_suffix("ExecutionProvider").unwrap_or(&self.name);
        StackId::new(format!("onnxruntime-{}", short.to_lowercase()))
    }
}

/// Finds, loads and initialises ONNX Runtime, once for the process. What failed is tried again at the next call.
///
/// # Errors
/// Why it is not there, and what to install.
pub fn runtime() -> Result<&'static Runtime, String> {
    let mut slot = RUNTIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(runtime) = *slot {
        return Ok(runtime);
    }
    let library = ort_library::find()?;
    let explain = |error: String| format!("{} (ONNX Runtime {}): {error}", library.path.display(), library.version);
    let environment = ort::init_from(&library.path)
        .map_err(|error| explain(error.to_string()))?
        .with_name("assay")
        .with_telemetry(false)
        .build()
        .map_err(|error| explain(error.to_string()))?;
    // Its warnings go to stderr, where a failed worker's last words are read; what matters comes back as errors.
    environment.set_log_level(ort::logging::LogLevel::Error);
    let plugins = plugins(&library.path).into_iter().map(|path| register(&environment, path)).collect();
    // Never freed: sessions refer to it until the process ends, and there can be no second one.
    let runtime: &'static Runtime = Box::leak(Box::new(Runtime { library, environment, plugins }));
    *slot = Some(runtime);
    Ok(runtime)
}

fn register(environment: &Environment, path: PathBuf) -> Plugin {
    let name = plugin_name(&path);
    let problem = environment.register_ep_library(name, &path).err().map(|error| error.to_string());
    Plugin { path, problem }
}

/// `openvino` of `.../onnxruntime_ep_openvino/libonnxruntime_providers_openvino_plugin.so`.
fn plugin_name(path: &Path) -> String {
    let package = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    package.unwrap_or_default().trim_start_matches("onnxruntime_ep_").to_owned()
}

/// Libraries of plugins in Python packages beside that of ONNX Runtime: `onnxruntime_ep_*`.
fn plugins(library: &Path) -> Vec<PathBuf> {
    let packages = library.parent().and_then(Path::parent).and_then(Path::parent);
    let Some(Ok(entries)) = packages.map(std::fs::read_dir) else { return Vec::new() };
    let named =
        |path: &PathBuf, start: &str| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start));
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| named(path, "onnxruntime_ep_") && !path.to_string_lossy().ends_with(".dist-info"))
        .filter_map(|package| {
            let libraries = std::fs::read_dir(package).ok()?.flatten().map(|entry| entry.path());
            let mut libraries: Vec<PathBuf> = libraries
                .filter(|path| named(path, "libonnxruntime_providers_") || named(path, "onnxruntime_providers_"))
                .filter(|path| path.extension().is_some_and(|e| e == "so" || e == "dll" || e == "dylib"))
                .collect();
            libraries.sort();
            libraries.into_iter().next()
        })
        .collect();
    found.sort();
    found
}

impl Runtime {
    /// Every provider with the device it would run on: those the environment lists, and those in the library itself.
    /// `nvidia` are the host's NVIDIA devices in order.
    pub fn providers(&self, cpu: &Device, nvidia: &[Device]) -> Vec<Provider> {
        let mut found = vec![Provider::cpu(cpu.clone())];
        for listed in self.environment.devices() {
            let (Ok(name), hardware) = (listed.ep(), listed.hardware_device()) else { continue };
            let Some(kind) = Hardware::of(hardware.ty()) else { continue };
            // `OpenVINOExecutionProvider.AUTO` and such choose a device themselves.
            if name == CPU || name.contains('.') || REMOTE.contains(&name) {
                continue;
            }
            let device = match kind {
                Hardware::Cpu => cpu.clone(),
                Hardware::Gpu if NVIDIA.contains(&name) || name.starts_with("Nv") => match nvidia.first() {
                    Some(device) => device.clone(),
                    None => continue,
                },
                other => foreign(other, hardware.vendor().unwrap_or("unknown vendor"), hardware.id()),
            };
            let provider = Provider { name: name.to_owned(), device, pin: Pin::Listed(kind), problem: None };
            if !found.iter().any(|known| known.name == provider.name && known.device.id == provider.device.id) {
                found.push(provider);
            }
        }
        for name in available() {
            if REMOTE.contains(&name.as_str()) || found.iter().any(|known| known.name == name) {
                continue;
            }
            let of = |device: &Device, number: i32, problem: Option<String>| Provider {
                name: name.clone(),
                device: device.clone(),
                pin: Pin::Number(number),
                problem,
            };
            if !NVIDIA.contains(&name.as_str()) {
                found.push(of(
                    cpu,
                    0,
                    Some(format!("{name} is in this ONNX Runtime, and Assay does not pin it to a device")),
                ));
            } else if nvidia.is_empty() {
                found.push(of(cpu, 0, Some(format!("{name} is in this ONNX Runtime, and no NVIDIA device was found"))));
            } else {
                found.extend(nvidia.iter().zip(0..).map(|(device, number)| of(device, number, None)));
            }
        }
        for plugin in &self.plugins {
            if let Some(problem) = &plugin.problem {
                let name = plugin_name(&plugin.path);
                let problem = format!("{}: {problem}", plugin.path.display());
                found.push(Provider { name, device: cpu.clone(), pin: Pin::Number(0), problem: Some(problem) });
            }
        }
        found
    }
}

/// A device that only ONNX Runtime tells of.
fn foreign(hardware: Hardware, vendor: &str, id: u32) -> Device {
    let (kind, word) = match hardware {
        Hardware::Npu => (DeviceKind::Npu, "npu"),
        _ => (DeviceKind::Gpu, "gpu"),
    };
    Device::new(format!("{word}:{id:#06x}"), kind, format!("{vendor} {} {id:#06x}", word.to_uppercase()))
}

/// The providers that the library was built with.
fn available() -> Vec<String> {
    let (mut names, mut count) = (std::ptr::null_mut(), 0);
    let api = ort::api();
    // Safety: both pointers are valid for writing; on success the library fills them with `count` strings that end with
    // a zero, which live until they are released, once.
    unsafe {
        if !(api.GetAvailableProviders)(&mut names, &mut count).0.is_null() || names.is_null() {
            return Vec::new();
        }
        let of = |i: i32| std::ffi::CStr::from_ptr(*names.add(i as usize)).to_string_lossy().into_owned();
        let found = (0..count).map(of).collect();
        let _ = (api.ReleaseAvailableProviders)(names, count);
        found
    }
}
