//! CUPTI's activity records: which kernels the device executed, when, and with which geometry.

use std::alloc::{Layout, alloc, dealloc};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use assay_core::EvaluatorError;
use libloading::Library;

use crate::libraries::{SearchPath, rank};

type Status = c_int;

/// `CUPTI_ACTIVITY_KIND_MEMCPY`, `_MEMSET` and `_CONCURRENT_KERNEL`.
const COPY: u32 = 1;
const FILL: u32 = 2;
const KERNEL: u32 = 10;
const KINDS: [u32; 3] = [COPY, FILL, KERNEL];
/// `CUPTI_ACTIVITY_FLAG_FLUSH_FORCED`: also buffers that are not full.
const FORCED: u32 = 1;
/// Memory that CUPTI fills with records at a time.
const BUFFER: Layout = match Layout::from_size_align(1 << 20, 8) {
    Ok(layout) => layout,
    Err(_) => Layout::new::<[u64; 1 << 17]>(),
};

/// What the device did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Activity {
    /// The kernel's name, or `copy` or `fill` of memory.
    pub(crate) name: String,
    /// On the device's timer.
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    pub(crate) registers: u32,
    /// Static and dynamic.
    pub(crate) shared_bytes: u32,
    pub(crate) local_bytes: u32,
}

impl Activity {
    /// Whether it is a kernel; else it moves memory.
    pub(crate) fn is_kernel(&self) -> bool {
        self.block.iter().all(|threads| *threads > 0)
    }
}

/// The library, loaded for the rest of the process's life.
pub(crate) struct Cupti {
    version: u32,
    enable: unsafe extern "C" fn(u32) -> Status,
    disable: unsafe extern "C" fn(u32) -> Status,
    flush: unsafe extern "C" fn(u32) -> Status,
    next: unsafe extern "C" fn(*mut u8, usize, *mut *mut u8) -> Status,
    text: unsafe extern "C" fn(Status, *mut *const c_char) -> Status,
}

/// What buffers held that CUPTI gave back; its callbacks have no argument of ours.
static ACTIVITIES: Mutex<Vec<Activity>> = Mutex::new(Vec::new());
static CUPTI: OnceLock<Result<Cupti, String>> = OnceLock::new();
/// One recording at a time.
static RECORDING: Mutex<()> = Mutex::new(());

/// Whether the library is in this process.
pub(crate) fn is_loaded() -> bool {
    matches!(CUPTI.get(), Some(Ok(_)))
}

impl Cupti {
    /// The library for a driver that supports CUDA `driver_major`, looked for once.
    ///
    /// # Errors
    /// Why there is none, and what to install.
    pub(crate) fn load(driver_major: u32) -> Result<&'static Self, String> {
        let find = || {
            let mut reasons = Vec::new();
            for candidate in rank(SearchPath::from_environment().find("libcupti"), driver_major) {
                match Self::open(&candidate.path) {
                    Ok(cupti) => return Ok(cupti),
                    Err(reason) => reasons.push(format!("{}: {reason}", candidate.path.display())),
                }
            }
            if !reasons.is_empty() {
                return Err(format!(
                    "CUPTI cannot be used (is another profiler or checker at work?): {}",
                    reasons.join("; ")
                ));
            }
            Err(format!(
                "CUPTI (libcupti.so) was not found: install the CUDA toolkit, or `pip install \
                 \"nvidia-cuda-cupti=={driver_major}.*\"` (for CUDA 12: nvidia-cuda-cupti-cu12)"
            ))
        };
        CUPTI.get_or_init(find).as_ref().map_err(Clone::clone)
    }

    fn open(path: &Path) -> Result<Self, String> {
        // SAFETY: NVIDIA's library; its initialisers have no preconditions. Never closed: records may still come.
        let library = unsafe { Library::new(path) }.map_err(|e| e.to_string())?;
        let library: &'static Library = Box::leak(Box::new(library));
        macro_rules! symbol {
            ($name:literal) => {
                // SAFETY: the type is the one CUPTI's header declares for the name.
                *unsafe { library.get($name) }.map_err(|e| e.to_string())?
            };
        }
        let get_version: unsafe extern "C" fn(*mut u32) -> Status = symbol!(b"cuptiGetVersion");
        let register: unsafe extern "C" fn(Requested, Completed) -> Status = symbol!(b"cuptiActivityRegisterCallbacks");
        let mut version = 0;
        // SAFETY: writes the version.
        unsafe { get_version(&mut version) };
        let cupti = Self {
            version,
            enable: symbol!(b"cuptiActivityEnable"),
            disable: symbol!(b"cuptiActivityDisable"),
            flush: symbol!(b"cuptiActivityFlushAll"),
            next: symbol!(b"cuptiActivityGetNextRecord"),
            text: symbol!(b"cuptiGetResultString"),
        };
        // SAFETY: both functions live as long as the process.
        cupti.check(unsafe { register(requested, completed) }, "cuptiActivityRegisterCallbacks")?;
        Ok(cupti)
    }

    /// Such as `CUPTI 13.0`; older ones count their interface, as in `CUPTI interface 18`.
    pub(crate) fn name(&self) -> String {
        match self.version {
            version @ 100_000.. => format!("CUPTI {}.{}", version / 10_000, version / 100 % 100),
            version => format!("CUPTI interface {version}"),
        }
    }

    fn check(&self, status: Status, what: &str) -> Result<(), String> {
        if status == 0 {
            return Ok(());
        }
        let mut text = std::ptr::null();
        // SAFETY: writes the address of a static string, or nothing.
        let told = unsafe { (self.text)(status, &mut text) } == 0 && !text.is_null();
        // SAFETY: as above.
        let text = if told { unsafe { CStr::from_ptr(text) }.to_string_lossy() } else { "unknown".into() };
        Err(format!("{what}: {text} (error {status})"))
    }

    /// Begins to record what the device does.
    ///
    /// # Errors
    /// CUPTI's, as when it has no permission.
    pub(crate) fn start(&'static self) -> Result<Recording, EvaluatorError> {
        let alone = RECORDING.lock().unwrap_or_else(PoisonError::into_inner);
        let recording = Recording { cupti: self, _alone: alone };
        for kind in KINDS {
            // SAFETY: no preconditions.
            self.check(unsafe { (self.enable)(kind) }, "cuptiActivityEnable").map_err(EvaluatorError::Unavailable)?;
        }
        recording.take()?;
        Ok(recording)
    }
}

/// Records until it is dropped.
pub(crate) struct Recording {
    cupti: &'static Cupti,
    _alone: std::sync::MutexGuard<'static, ()>,
}

impl Recording {
    /// What the device did since the last call, by time. All work must be over.
    ///
    /// # Errors
    /// CUPTI's.
    pub(crate) fn take(&self) -> Result<Vec<Activity>, EvaluatorError> {
        // SAFETY: no preconditions; calls `completed` with the buffers.
        let status = unsafe { (self.cupti.flush)(FORCED) };
        self.cupti.check(status, "cuptiActivityFlushAll").map_err(EvaluatorError::Failed)?;
        let mut taken = std::mem::take(&mut *ACTIVITIES.lock().unwrap_or_else(PoisonError::into_inner));
        taken.sort_by_key(|activity| (activity.start_ns, activity.end_ns));
        Ok(taken)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        for kind in KINDS {
            // SAFETY: no preconditions. Nobody to tell a failure.
            unsafe { (self.cupti.disable)(kind) };
        }
    }
}

type Requested = extern "C" fn(*mut *mut u8, *mut usize, *mut usize);
type Completed = extern "C" fn(*mut c_void, u32, *mut u8, usize, usize);

/// Gives CUPTI memory for records; as many as fit.
extern "C" fn requested(buffer: *mut *mut u8, size: *mut usize, records: *mut usize) {
    // SAFETY: CUPTI passes three valid addresses; the layout is not empty.
    unsafe {
        *buffer = alloc(BUFFER);
        *size = if (*buffer).is_null() { 0 } else { BUFFER.size() };
        *records = 0;
    }
}

/// Takes the records out of memory that CUPTI gives back.
extern "C" fn completed(_context: *mut c_void, _stream: u32, buffer: *mut u8, _size: usize, valid: usize) {
    if buffer.is_null() {
        return;
    }
    if let Some(Ok(cupti)) = CUPTI.get() {
        let mut activities = ACTIVITIES.lock().unwrap_or_else(PoisonError::into_inner);
        let mut record = std::ptr::null_mut();
        // SAFETY: the buffer holds `valid` bytes of records; each is passed on while the buffer lives.
        while unsafe { (cupti.next)(buffer, valid, &mut record) } == 0 && !record.is_null() {
            // SAFETY: as above.
            activities.extend(unsafe { read(record) });
        }
    }
    // SAFETY: allocated by `requested` with this layout; CUPTI gives each buffer back once.
    unsafe { dealloc(buffer, BUFFER) };
}

/// Reads a record. The offsets are those of `CUpti_ActivityKernel4` (CUDA 9) to `CUpti_ActivityKernel10` (CUDA 13.0),
/// which only added fields at the end, and of the records of copies and fills, whose times are at the same place.
///
/// # Safety
/// A record of CUPTI's that is still alive.
unsafe fn read(record: *const u8) -> Option<Activity> {
    // SAFETY: every record is longer than what is read for its kind.
    unsafe {
        let u32_at = |offset: usize| record.add(offset).cast::<u32>().read_unaligned();
        let u64_at = |offset: usize| record.add(offset).cast::<u64>().read_unaligned();
        let kind = u32_at(0);
        let mut activity = Activity {
            name: if kind == COPY { "copy" } else { "fill" }.to_owned(),
            start_ns: u64_at(16),
            end_ns: u64_at(24),
            grid: [0; 3],
            block: [0; 3],
            registers: 0,
            shared_bytes: 0,
            local_bytes: 0,
        };
        if kind == KERNEL {
            let name = record.add(104).cast::<*const c_char>().read_unaligned();
            activity.name = match name.is_null() {
                true => "?".to_owned(),
                false => CStr::from_ptr(name).to_string_lossy().into_owned(),
            };
            activity.grid = [52, 56, 60].map(u32_at);
            activity.block = [64, 68, 72].map(u32_at);
            activity.registers = u32::from(record.add(6).cast::<u16>().read_unaligned());
            activity.shared_bytes = u32_at(76).saturating_add(u32_at(80));
            activity.local_bytes = u32_at(84);
        }
        (KINDS.contains(&kind) && activity.end_ns > 0).then_some(activity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_at_its_offsets() {
        let name = c"softmax";
        let mut record = [0_u8; 192];
        let mut put = |offset: usize, bytes: &[u8]| record[offset..offset + bytes.len()].copy_from_slice(bytes);
        put(0, &KERNEL.to_ne_bytes());
        put(6, &40_u16.to_ne_bytes());
        put(16, &1000_u64.to_ne_bytes());
        put(24, &3500_u64.to_ne_bytes());
        for (offset, value) in
            [(52, 7_u32), (56, 2), (60, 1), (64, 256), (68, 1), (72, 1), (76, 16), (80, 1024), (84, 8)]
        {
            put(offset, &value.to_ne_bytes());
        }
        put(104, &(name.as_ptr() as usize).to_ne_bytes());
        // SAFETY: as long as a record, with a name that lives.
        let activity = unsafe { read(record.as_ptr()) }.unwrap();
        let expected = Activity {
            name: "softmax".to_owned(),
            start_ns: 1000,
            end_ns: 3500,
            grid: [7, 2, 1],
            block: [256, 1, 1],
            registers: 40,
            shared_bytes: 1040,
            local_bytes: 8,
        };
        assert_eq!(activity, expected);
    }

    #[test]
    fn without_a_library_there_is_a_reason() {
        match Cupti::load(0) {
            Ok(cupti) => eprintln!("skipped: {} is here", cupti.name()),
            Err(reason) => assert!(reason.starts_with("CUPTI "), "{reason}"),
        }
    }
}
