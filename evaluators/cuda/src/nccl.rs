//! NCCL, NVIDIA's collective operations between devices: the few functions used here, as its header declares them.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};

use assay_core::EvaluatorError;
use assay_core::workload::CollectiveOperation;
use libloading::Library;

use crate::libraries::SearchPath;

type Status = c_int;
type Raw = *mut c_void;
/// `ncclFloat32`.
const FLOAT32: c_int = 7;
/// `ncclSum`.
const SUM: c_int = 0;

/// The library, loaded for the rest of the process's life.
pub(crate) struct Nccl {
    pub(crate) path: PathBuf,
    /// Such as 22_705 for 2.27.5.
    pub(crate) version: u32,
    init_all: unsafe extern "C" fn(*mut Raw, c_int, *const c_int) -> Status,
    destroy: unsafe extern "C" fn(Raw) -> Status,
    group_start: unsafe extern "C" fn() -> Status,
    group_end: unsafe extern "C" fn() -> Status,
    all_reduce: unsafe extern "C" fn(*const c_void, *mut c_void, usize, c_int, c_int, Raw, *mut c_void) -> Status,
    all_gather: unsafe extern "C" fn(*const c_void, *mut c_void, usize, c_int, Raw, *mut c_void) -> Status,
    reduce_scatter: unsafe extern "C" fn(*const c_void, *mut c_void, usize, c_int, c_int, Raw, *mut c_void) -> Status,
    error_string: unsafe extern "C" fn(Status) -> *const c_char,
}

/// What one device gives and gets, with the stream it is done on.
pub(crate) struct Part {
    pub(crate) send: u64,
    pub(crate) receive: u64,
    pub(crate) stream: *mut c_void,
}

/// Devices that speak to each other; a communicator each.
pub(crate) struct Communicators {
    library: &'static Nccl,
    raw: Vec<Raw>,
}

impl Nccl {
    /// The library, looked for once.
    ///
    /// # Errors
    /// Why it could not be loaded, and what to install.
    pub(crate) fn load() -> Result<&'static Self, String> {
        static NCCL: std::sync::OnceLock<Result<Nccl, String>> = std::sync::OnceLock::new();
        let find = || {
            let mut reasons = Vec::new();
            for candidate in SearchPath::from_environment().find("libnccl") {
                match Self::open(&candidate.path) {
                    Ok(library) => return Ok(library),
                    Err(reason) => reasons.push(format!("{}: {reason}", candidate.path.display())),
                }
            }
            let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
            Err(format!("NCCL (libnccl.so.2) was not found{why}: install it, or `pip install nvidia-nccl-cu13`"))
        };
        NCCL.get_or_init(find).as_ref().map_err(Clone::clone)
    }

    fn open(path: &Path) -> Result<Self, String> {
        // SAFETY: NVIDIA's library; its initialisers have no preconditions. Never closed.
        let library = unsafe { Library::new(path) }.map_err(|e| e.to_string())?;
        let library: &'static Library = Box::leak(Box::new(library));
        macro_rules! symbol {
            ($name:literal) => {
                // SAFETY: the type is the one NCCL's header declares for the name.
                *unsafe { library.get($name) }.map_err(|e| e.to_string())?
            };
        }
        let get_version: unsafe extern "C" fn(*mut c_int) -> Status = symbol!(b"ncclGetVersion");
        let mut version = 0;
        // SAFETY: writes the version.
        unsafe { get_version(&mut version) };
        Ok(Self {
            path: path.to_owned(),
            version: version.unsigned_abs(),
            init_all: symbol!(b"ncclCommInitAll"),
            destroy: symbol!(b"ncclCommDestroy"),
            group_start: symbol!(b"ncclGroupStart"),
            group_end: symbol!(b"ncclGroupEnd"),
            all_reduce: symbol!(b"ncclAllReduce"),
            all_gather: symbol!(b"ncclAllGather"),
            reduce_scatter: symbol!(b"ncclReduceScatter"),
            error_string: symbol!(b"ncclGetErrorString"),
        })
    }

    /// Such as `2.27.5`.
    pub(crate) fn version_text(&self) -> String {
        format!("{}.{}.{}", self.version / 10_000, self.version / 100 % 100, self.version % 100)
    }

    /// Connects devices by their CUDA ordinals.
    ///
    /// # Errors
    /// NCCL's.
    pub(crate) fn connect(&'static self, ordinals: &[usize]) -> Result<Communicators, EvaluatorError> {
        let devices: Vec<c_int> = ordinals.iter().filter_map(|o| c_int::try_from(*o).ok()).collect();
        let mut raw = vec![std::ptr::null_mut(); devices.len()];
        let count = c_int::try_from(devices.len()).unwrap_or(0);
        // SAFETY: both arrays have `count` entries.
        let status = unsafe { (self.init_all)(raw.as_mut_ptr(), count, devices.as_ptr()) };
        self.check(status, "ncclCommInitAll")?;
        Ok(Communicators { library: self, raw })
    }

    fn check(&self, status: Status, what: &str) -> Result<(), EvaluatorError> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: returns a static string for any status.
        let text = unsafe { CStr::from_ptr((self.error_string)(status)) };
        Err(EvaluatorError::Failed(format!("{what}: {}", text.to_string_lossy())))
    }
}

impl Communicators {
    /// Enqueues a collective operation on fp32 numbers, `count` of them a device: sent, or received where parts of a sum
    /// are scattered.
    ///
    /// # Errors
    /// NCCL's.
    pub(crate) fn enqueue(
        &self,
        operation: CollectiveOperation,
        parts: &[Part],
        count: usize,
    ) -> Result<(), EvaluatorError> {
        let library = self.library;
        // SAFETY: no preconditions; each start has its end.
        library.check(unsafe { (library.group_start)() }, "ncclGroupStart")?;
        let mut result = Ok(());
        for (part, raw) in parts.iter().zip(&self.raw) {
            let (send, receive) = (part.send as usize as *const c_void, part.receive as usize as *mut c_void);
            // SAFETY: the buffers are as large as the operation needs and outlive it, which its owner waits for.
            let status = unsafe {
                match operation {
                    CollectiveOperation::AllReduce => {
                        (library.all_reduce)(send, receive, count, FLOAT32, SUM, *raw, part.stream)
                    }
                    CollectiveOperation::AllGather => {
                        (library.all_gather)(send, receive, count, FLOAT32, *raw, part.stream)
                    }
                    CollectiveOperation::ReduceScatter => {
                        (library.reduce_scatter)(send, receive, count, FLOAT32, SUM, *raw, part.stream)
                    }
                }
            };
            result = result.and(library.check(status, "the collective operation"));
        }
        // SAFETY: as above.
        let ended = library.check(unsafe { (library.group_end)() }, "ncclGroupEnd");
        result.and(ended)
    }
}

impl Drop for Communicators {
    fn drop(&mut self) {
        for raw in &self.raw {
            // SAFETY: made by `connect`, destroyed once. Nobody to tell a failure.
            unsafe { (self.library.destroy)(*raw) };
        }
    }
}
