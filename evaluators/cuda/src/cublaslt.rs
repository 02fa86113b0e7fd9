//! cuBLASLt, NVIDIA's matrix products: the few functions and constants used here, as its header declares them.

use std::ffi::{c_char, c_int, c_void};
use std::path::{Path, PathBuf};

use libloading::Library;

use crate::libraries::{SearchPath, rank};

/// `cublasStatus_t`.
pub(crate) type Status = c_int;
/// `cublasLtHandle_t`, `cublasLtMatmulDesc_t`, `cublasLtMatrixLayout_t`, `cublasLtMatmulPreference_t`.
pub(crate) type Opaque = *mut c_void;

/// `cublasLtMatmulAlgo_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Algorithm(pub [u64; 8]);

/// `cublasLtMatmulHeuristicResult_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heuristic {
    pub algorithm: Algorithm,
    pub workspace_bytes: usize,
    pub status: Status,
    pub waves: f32,
    pub reserved: [c_int; 4],
}

/// `cudaDataType_t`.
pub(crate) mod data_type {
    pub(crate) const F32: i32 = 0;
    pub(crate) const F64: i32 = 1;
    pub(crate) const F16: i32 = 2;
    pub(crate) const I8: i32 = 3;
    pub(crate) const I32: i32 = 10;
    pub(crate) const BF16: i32 = 14;
    pub(crate) const F8_E4M3: i32 = 28;

    /// Of an element.
    pub(crate) fn bytes(data_type: i32) -> f64 {
        match data_type {
            F64 => 8.0,
            F32 | I32 => 4.0,
            F16 | BF16 => 2.0,
            _ => 1.0,
        }
    }
}

/// `cublasComputeType_t`.
pub(crate) mod compute {
    pub(crate) const F32: i32 = 68;
    pub(crate) const F64: i32 = 70;
    pub(crate) const I32: i32 = 72;
    pub(crate) const F32_FAST_TF32: i32 = 77;
}

/// Attributes of the descriptors and the algorithm, and values of some.
pub(crate) mod attribute {
    pub(crate) const TRANSPOSE_A: i32 = 3;
    pub(crate) const EPILOGUE: i32 = 7;
    pub(crate) const BIAS_POINTER: i32 = 8;
    pub(crate) const A_SCALE_POINTER: i32 = 17;
    pub(crate) const B_SCALE_POINTER: i32 = 18;
    pub(crate) const MAX_WORKSPACE_BYTES: i32 = 1;
    pub(crate) const ALGORITHM_ID: i32 = 0;
    pub(crate) const ALGORITHM_TILE: i32 = 1;
    pub(crate) const ALGORITHM_SPLIT_K: i32 = 2;
    pub(crate) const ALGORITHM_STAGES: i32 = 6;
    pub(crate) const ALGORITHM_CLUSTER: i32 = 8;
    /// `CUBLAS_OP_T`.
    pub(crate) const TRANSPOSED: i32 = 1;
    pub(crate) const EPILOGUE_BIAS: i32 = 4;
    pub(crate) const EPILOGUE_RELU_BIAS: i32 = 6;
}

type SetAttribute = unsafe extern "C" fn(Opaque, c_int, *const c_void, usize) -> Status;
type Destroy = unsafe extern "C" fn(Opaque) -> Status;
type Matmul = unsafe extern "C" fn(
    Opaque,
    Opaque,
    *const c_void,
    *const c_void,
    Opaque,
    *const c_void,
    Opaque,
    *const c_void,
    *const c_void,
    Opaque,
    *mut c_void,
    Opaque,
    *const Algorithm,
    *mut c_void,
    usize,
    *mut c_void,
) -> Status;

/// The library, loaded for the rest of the process's life.
pub(crate) struct CublasLt {
    pub(crate) path: PathBuf,
    /// Such as 130002 for 13.0.2.
    pub(crate) version: usize,
    status_string: unsafe extern "C" fn(Status) -> *const c_char,
    pub(crate) create: unsafe extern "C" fn(*mut Opaque) -> Status,
    pub(crate) destroy: Destroy,
    pub(crate) desc_create: unsafe extern "C" fn(*mut Opaque, c_int, c_int) -> Status,
    pub(crate) desc_set: SetAttribute,
    pub(crate) desc_destroy: Destroy,
    pub(crate) layout_create: unsafe extern "C" fn(*mut Opaque, c_int, u64, u64, i64) -> Status,
    pub(crate) layout_destroy: Destroy,
    pub(crate) preference_create: unsafe extern "C" fn(*mut Opaque) -> Status,
    pub(crate) preference_set: SetAttribute,
    pub(crate) preference_destroy: Destroy,
    pub(crate) heuristics: unsafe extern "C" fn(
        Opaque,
        Opaque,
        Opaque,
        Opaque,
        Opaque,
        Opaque,
        Opaque,
        c_int,
        *mut Heuristic,
        *mut c_int,
    ) -> Status,
    pub(crate) algorithm_get: unsafe extern "C" fn(*const Algorithm, c_int, *mut c_void, usize, *mut usize) -> Status,
    pub(crate) matmul: Matmul,
}

impl CublasLt {
    /// Loads the best cuBLASLt for a driver that supports CUDA `driver_major`.
    ///
    /// # Errors
    /// Why none could be loaded, and what to install.
    pub(crate) fn load(search: &SearchPath, driver_major: u32) -> Result<Self, String> {
        let found = search.find("libcublasLt");
        let mut reasons = Vec::new();
        for candidate in rank(found.clone(), driver_major) {
            match Self::open(&candidate.path) {
                Ok(library) => return Ok(library),
                Err(reason) => reasons.push(format!("{}: {reason}", candidate.path.display())),
            }
        }
        if reasons.is_empty() && !found.is_empty() {
            reasons.push(format!("what was found needs a newer driver than CUDA {driver_major}"));
        }
        let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
        Err(format!(
            "cuBLASLt (libcublasLt.so) was not found{why}: install the CUDA toolkit, or `pip install \"nvidia-cublas=={driver_major}.*\"` \
             (for CUDA 12: nvidia-cublas-cu12)"
        ))
    }

    fn open(path: &Path) -> Result<Self, String> {
        // SAFETY: NVIDIA's library; its initialisers have no preconditions. Never closed: it does not survive that.
        let library = unsafe { Library::new(path) }.map_err(|e| e.to_string())?;
        let library: &'static Library = Box::leak(Box::new(library));
        macro_rules! symbol {
            ($name:literal) => {
                // SAFETY: the type is the one cuBLASLt's header declares for the name.
                *unsafe { library.get($name) }.map_err(|e| e.to_string())?
            };
        }
        let version: unsafe extern "C" fn() -> usize = symbol!(b"cublasLtGetVersion");
        Ok(Self {
            path: path.to_owned(),
            // SAFETY: has no preconditions.
            version: unsafe { version() },
            status_string: symbol!(b"cublasLtGetStatusString"),
            create: symbol!(b"cublasLtCreate"),
            destroy: symbol!(b"cublasLtDestroy"),
            desc_create: symbol!(b"cublasLtMatmulDescCreate"),
            desc_set: symbol!(b"cublasLtMatmulDescSetAttribute"),
            desc_destroy: symbol!(b"cublasLtMatmulDescDestroy"),
            layout_create: symbol!(b"cublasLtMatrixLayoutCreate"),
            layout_destroy: symbol!(b"cublasLtMatrixLayoutDestroy"),
            preference_create: symbol!(b"cublasLtMatmulPreferenceCreate"),
            preference_set: symbol!(b"cublasLtMatmulPreferenceSetAttribute"),
            preference_destroy: symbol!(b"cublasLtMatmulPreferenceDestroy"),
            heuristics: symbol!(b"cublasLtMatmulAlgoGetHeuristic"),
            algorithm_get: symbol!(b"cublasLtMatmulAlgoConfigGetAttribute"),
            matmul: symbol!(b"cublasLtMatmul"),
        })
    }

    /// An error text for a status other than success.
    pub(crate) fn check(&self, status: Status, what: &str) -> Result<(), String> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: returns a static string for any status.
        let text = unsafe {
            let text = (self.status_string)(status);
            if text.is_null() { None } else { Some(std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned()) }
        };
        Err(format!("{what}: {} (cuBLAS status {status})", text.unwrap_or_default()))
    }

    /// Such as `13.0.2`.
    pub(crate) fn version_text(&self) -> String {
        // From CUDA 12 on 10000 * major + 100 * minor + patch; before, 1000 * major.
        let v = self.version;
        if v >= 100_000 {
            format!("{}.{}.{}", v / 10_000, v / 100 % 100, v % 100)
        } else {
            format!("{}.{}.{}", v / 1000, v / 100 % 10, v % 100)
        }
    }
}
