//! The `cuda` stack.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use assay_core::evaluator::{Job, KernelBench};
use assay_core::{
    Device, Environment, Evaluator, EvaluatorError, NumericFormat, Prepared, Shape, StackId, StackStatus, Support,
    Workload,
};

use crate::bench::CudaBench;
use crate::cublaslt::CublasLt;
use crate::detection::{self, Driver};
use crate::errors::guarded;
use crate::gpu::Gpu;
use crate::libraries::SearchPath;
use crate::links;
use crate::nvml;
use crate::nvrtc::Nvrtc;
use crate::plan::attention::MAX_HEAD_DIM;
use crate::plan::quantised::GRANULARITY;
use crate::prepared::CudaPrepared;
use crate::sources::Element;

/// The stack's name.
const STACK: &str = "cuda";

/// NVIDIA devices through the driver, cuBLASLt for matrix products and kernels of our own for everything else.
#[derive(Default)]
pub struct CudaEvaluator {
    /// Looked for once: it takes long.
    toolchain: OnceLock<Result<Toolchain, String>>,
    /// Devices in use, by ordinal, with their compiled kernels.
    gpus: Mutex<BTreeMap<usize, Arc<Gpu>>>,
}

/// What must be there besides a device.
struct Toolchain {
    driver: Driver,
    nvrtc: Arc<Nvrtc>,
    cublaslt: Arc<CublasLt>,
}

impl CudaEvaluator {
    /// The stack; nothing is loaded yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Why there is no device to probe, or `None` when there is one.
    pub fn absence_reason(&self) -> Option<String> {
        match detection::driver() {
            Ok(_) => match detection::devices() {
                Ok(devices) if devices.is_empty() => Some("the NVIDIA driver finds no device".to_owned()),
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            },
            Err(_) if !detection::pci_devices().is_empty() => None, // probe answers with the device
            Err(reason) => Some(format!("no NVIDIA device was found; {reason}")),
        }
    }

    /// Adds what the stack knows of the environment: versions, the device's settings, and who else uses it.
    pub fn describe(&self, device: &Device, environment: &mut Environment) {
        let mut version = |key: &str, value: String| {
            environment.versions.insert(key.to_owned(), value);
        };
        if let Some(driver) = nvml::driver_version() {
            version("NVIDIA driver", driver);
        }
        if let Ok(Toolchain { driver, nvrtc, cublaslt }) = self.toolchain() {
            version("CUDA of the driver", driver.version_text());
            version("NVRTC", format!("{}.{} ({})", nvrtc.version.0, nvrtc.version.1, nvrtc.path.display()));
            version("cuBLASLt", format!("{} ({})", cublaslt.version_text(), cublaslt.path.display()));
        }
        if let Some(pci) = device.properties.get("pci_address") {
            environment.device_settings.extend(nvml::settings(pci));
            environment.other_device_users.extend(nvml::other_users(pci));
        }
    }

    fn toolchain(&self) -> Result<&Toolchain, String> {
        let find = || {
            let driver = detection::driver()?;
            let search = SearchPath::from_environment();
            let nvrtc = Nvrtc::load(&search, driver.major());
            let cublaslt = CublasLt::load(&search, driver.major());
            match (nvrtc, cublaslt) {
                (Ok(nvrtc), Ok(cublaslt)) => {
                    Ok(Toolchain { driver, nvrtc: Arc::new(nvrtc), cublaslt: Arc::new(cublaslt) })
                }
                (Err(nvrtc), Err(cublaslt)) => Err(format!("{nvrtc}; {cublaslt}")),
                (Err(reason), _) | (_, Err(reason)) => Err(reason),
            }
        };
        self.toolchain.get_or_init(find).as_ref().map_err(Clone::clone)
    }

    fn status(&self) -> StackStatus {
        let id = StackId::new(STACK);
        match self.toolchain() {
            Ok(Toolchain { driver, nvrtc, cublaslt }) => StackStatus {
                id,
                available: true,
                reason: None,
                version: Some(format!(
                    "CUDA {} driver, NVRTC {}.{}, cuBLASLt {}",
                    driver.version_text(),
                    nvrtc.version.0,
                    nvrtc.version.1,
                    cublaslt.version_text()
                )),
            },
            Err(reason) => StackStatus { id, available: false, reason: Some(reason), version: None },
        }
    }

    fn gpu(&self, device: &Device) -> Result<Arc<Gpu>, EvaluatorError> {
        self.gpu_at(ordinal(device)?)
    }

    fn gpu_at(&self, ordinal: usize) -> Result<Arc<Gpu>, EvaluatorError> {
        let Toolchain { nvrtc, cublaslt, .. } = self.toolchain().map_err(EvaluatorError::Unavailable)?;
        let mut gpus = self.gpus.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gpu) = gpus.get(&ordinal) {
            return Ok(gpu.clone());
        }
        let gpu = Arc::new(Gpu::new(ordinal, nvrtc.clone(), cublaslt.clone())?);
        gpus.insert(ordinal, gpu.clone());
        Ok(gpu)
    }
}

impl Evaluator for CudaEvaluator {
    fn stack(&self) -> StackId {
        StackId::new(STACK)
    }

    fn probe(&self) -> Vec<(Device, StackStatus)> {
        let unavailable = |reason: String| StackStatus {
            id: StackId::new(STACK),
            available: false,
            reason: Some(reason),
            version: None,
        };
        let (devices, status) = match detection::driver() {
            Err(reason) => (detection::pci_devices(), unavailable(reason)),
            Ok(_) => match detection::devices() {
                Err(error) => (detection::pci_devices(), unavailable(error.to_string())),
                Ok(devices) if devices.is_empty() => return Vec::new(),
                Ok(devices) => (devices, self.status()),
            },
        };
        devices.into_iter().map(|device| (device, status.clone())).collect()
    }

    fn support(&self, device: &Device, workload: &Workload) -> Support {
        match unsupported(capability(device), workload) {
            None => Support::Supported,
            Some(reason) => Support::unsupported(reason),
        }
    }

    fn prepare(&self, device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        guarded("preparing", || {
            if links::is_link(&job.workload.shape) {
                return links::prepare(ordinal(device)?, &|ordinal| self.gpu_at(ordinal), job);
            }
            let prepared = CudaPrepared::new(self.gpu(device)?, job)?;
            Ok(Box::new(prepared) as Box<dyn Prepared>)
        })
    }

    fn kernel_bench(&self, device: &Device, job: &Job) -> Result<Box<dyn KernelBench>, EvaluatorError> {
        guarded("preparing", || {
            let bench = CudaBench::new(self.gpu(device)?, job)?;
            Ok(Box::new(bench) as Box<dyn KernelBench>)
        })
    }
}

/// The device's number in the driver.
fn ordinal(device: &Device) -> Result<usize, EvaluatorError> {
    let number = device.id.strip_prefix("cuda:").and_then(|n| n.parse().ok());
    number.ok_or_else(|| EvaluatorError::Failed(format!("`{}` is not a device of the cuda stack", device.id)))
}

/// The device's compute capability, such as (9, 0).
fn capability(device: &Device) -> Option<(u32, u32)> {
    let (major, minor) = device.properties.get("compute_capability")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Why a workload cannot be computed on a device of a capability.
fn unsupported(capability: Option<(u32, u32)>, workload: &Workload) -> Option<String> {
    let format = workload.format;
    let needs = |oldest: (u32, u32)| match capability {
        Some(found) if found < oldest => Some(format!(
            "{format} needs compute capability {}.{}, the device has {}.{}",
            oldest.0, oldest.1, found.0, found.1
        )),
        _ => None,
    };
    let by_format = match format {
        NumericFormat::Fp64 => None,
        NumericFormat::Fp4 => Some("the cuda stack has no fp4 kernels".to_owned()),
        NumericFormat::Fp32 | NumericFormat::Fp16 | NumericFormat::Int8 => needs((7, 5)),
        NumericFormat::Tf32 | NumericFormat::Bf16 => needs((8, 0)),
        NumericFormat::Fp8 => needs((8, 9)),
    };
    let by_shape = match (format, &workload.shape) {
        (NumericFormat::Fp8 | NumericFormat::Int8, Shape::Gemm { m, n, k }) => [m, n, k]
            .iter()
            .any(|size| !size.is_multiple_of(GRANULARITY))
            .then(|| format!("{format} products take sizes in multiples of {GRANULARITY}")),
        (NumericFormat::Fp64, Shape::Gemm { .. }) => None,
        (NumericFormat::Int8, Shape::EncoderBlock { batch, sequence, hidden, heads, feed_forward }) => {
            let fits = [batch * sequence, *hidden, *feed_forward].iter().all(|size| size.is_multiple_of(GRANULARITY));
            let sizes = (!fits).then(|| format!("int8 products take sizes in multiples of {GRANULARITY}"));
            sizes.or_else(|| head(hidden.checked_div(*heads).unwrap_or(0)))
        }
        (NumericFormat::Fp64 | NumericFormat::Fp8 | NumericFormat::Int8, _) => {
            let and = if format == NumericFormat::Int8 { " and encoder blocks" } else { "" };
            Some(format!("the cuda stack computes only matrix products{and} in {format}"))
        }
        (format, shape) if links::is_link(shape) && format != NumericFormat::Fp32 => {
            Some(format!("{} moves fp32 numbers", shape.kind()))
        }
        (_, Shape::Quantise { columns, .. } | Shape::Dequantise { columns, .. }) => {
            let pack = Element::of(format).map_or(1, Element::pack);
            let fits = columns.is_multiple_of(pack) && *columns <= 32_768;
            (!fits)
                .then(|| format!("rows to and from int8 have up to 32768 elements in steps of {pack}, not {columns}"))
        }
        (_, Shape::AttentionPrefill { head_dim, .. } | Shape::AttentionDecode { head_dim, .. }) => head(*head_dim),
        (_, Shape::EncoderBlock { hidden, heads, .. }) => head(hidden.checked_div(*heads).unwrap_or(0)),
        _ => None,
    };
    by_format.or(by_shape)
}

fn head(head_dim: usize) -> Option<String> {
    let fits = head_dim.is_multiple_of(8) && (8..=MAX_HEAD_DIM).contains(&head_dim);
    (!fits).then(|| format!("attention takes heads of 8 to {MAX_HEAD_DIM} elements in steps of 8, not {head_dim}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(capability: (u32, u32), format: NumericFormat, shape: Shape) -> Option<String> {
        unsupported(Some(capability), &Workload { id: "w".to_owned(), format, shape })
    }

    #[test]
    fn what_a_device_or_kernel_lacks_is_said() {
        let gemm = |n| Shape::Gemm { m: 64, n, k: 64 };
        assert_eq!(reason((9, 0), NumericFormat::Bf16, gemm(63)), None);
        assert!(reason((7, 5), NumericFormat::Bf16, gemm(64)).unwrap().contains("compute capability 8.0"));
        assert!(reason((8, 0), NumericFormat::Fp8, gemm(64)).unwrap().contains("8.9"));
        assert!(reason((9, 0), NumericFormat::Int8, gemm(63)).unwrap().contains("multiples of 16"));
        assert!(reason((9, 0), NumericFormat::Int8, Shape::Softmax { rows: 1, columns: 8 }).is_some());
        let encoder = |sequence| Shape::EncoderBlock { batch: 1, sequence, hidden: 64, heads: 1, feed_forward: 128 };
        assert_eq!(reason((9, 0), NumericFormat::Int8, encoder(32)), None);
        assert!(reason((9, 0), NumericFormat::Int8, encoder(33)).unwrap().contains("multiples of 16"));
        assert!(reason((9, 0), NumericFormat::Fp8, encoder(32)).unwrap().contains("only matrix products in"));
        let prefill = |head_dim| Shape::AttentionPrefill { batch: 1, heads: 1, sequence: 8, head_dim };
        assert_eq!(reason((9, 0), NumericFormat::Fp32, prefill(96)), None);
        assert!(reason((9, 0), NumericFormat::Fp32, prefill(256)).is_some());
        assert!(reason((9, 0), NumericFormat::Fp32, prefill(12)).is_some());
    }

    #[test]
    fn probing_a_machine_without_a_device_gives_a_reason() {
        let evaluator = CudaEvaluator::new();
        let found = evaluator.probe();
        assert_eq!(found.is_empty(), evaluator.absence_reason().is_some());
        for (device, status) in found {
            assert!(device.id.starts_with("cuda:"));
            assert_eq!(status.available, status.reason.is_none());
        }
    }
}
