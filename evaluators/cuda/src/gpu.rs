//! One device with what is needed to run on it: context, stream, compiled kernels, matrix library.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use assay_core::EvaluatorError;
use cudarc::driver::sys::{CUdevice_attribute_enum as Attribute, CUevent_flags, CUfunction_attribute_enum};
use cudarc::driver::{CudaContext, CudaEvent, CudaFunction, CudaModule, CudaStream, result};
use cudarc::nvrtc::Ptx;

use crate::cublaslt::{CublasLt, Opaque};
use crate::errors::During as _;
use crate::nvrtc::{Image, Nvrtc};
use crate::sources::{self, Element, Source};

/// Scratch memory for matrix products, as NVIDIA advises for Hopper and doubled for what came later.
pub(crate) const WORKSPACE_BYTES: usize = 64 << 20;

/// An execution that takes longer does not end.
const LIMIT: Duration = Duration::from_secs(20);

/// Whether an execution did not end. Freeing memory would wait for it, and so keep the process from saying so and ending.
static STUCK: AtomicBool = AtomicBool::new(false);

/// Whether an execution did not end, so that nothing may wait for the device any more.
pub(crate) fn is_stuck() -> bool {
    STUCK.load(Ordering::Relaxed)
}

/// A device that is ready to run.
pub(crate) struct Gpu {
    pub(crate) context: Arc<CudaContext>,
    pub(crate) stream: Arc<CudaStream>,
    pub(crate) capability: (u32, u32),
    pub(crate) multiprocessors: u32,
    /// The most shared memory a block may ask for, in bytes.
    pub(crate) shared_bytes: u32,
    pub(crate) nvrtc: Arc<Nvrtc>,
    pub(crate) cublaslt: Arc<CublasLt>,
    handle: Opaque,
    /// By name, options and hash of the source.
    modules: Mutex<BTreeMap<String, Arc<CudaModule>>>,
    /// The parameters found best for a kernel at some sizes.
    pub(crate) tuned: Mutex<BTreeMap<String, BTreeMap<String, u32>>>,
    /// Larger than the L2 cache, to displace what it holds; made when first needed.
    flusher: OnceLock<Buffer>,
}

// SAFETY: the raw handle is the cuBLASLt one, which its documentation allows to be shared between threads.
unsafe impl Send for Gpu {}
// SAFETY: as above; everything else is `Sync`.
unsafe impl Sync for Gpu {}

impl Gpu {
    /// Takes the device with a CUDA ordinal.
    ///
    /// # Errors
    /// The driver's or the library's.
    pub(crate) fn new(ordinal: usize, nvrtc: Arc<Nvrtc>, cublaslt: Arc<CublasLt>) -> Result<Self, EvaluatorError> {
        let context = CudaContext::new(ordinal).during("creating a context")?;
        // SAFETY: there is one stream, so nothing needs ordering between streams.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream().during("creating a stream")?;
        let attribute = |a| context.attribute(a).map(i32::unsigned_abs).during("reading a device attribute");
        let major = attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
        let minor = attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
        let multiprocessors = attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?;
        let shared_bytes = attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: a context is current on this thread; the handle is written on success.
        let status = unsafe { (cublaslt.create)(&mut handle) };
        cublaslt.check(status, "starting cuBLASLt").map_err(EvaluatorError::Failed)?;
        Ok(Self {
            context,
            stream,
            capability: (major, minor),
            multiprocessors,
            shared_bytes,
            nvrtc,
            cublaslt,
            handle,
            modules: Mutex::new(BTreeMap::new()),
            tuned: Mutex::new(BTreeMap::new()),
            flusher: OnceLock::new(),
        })
    }

    /// The cuBLASLt handle.
    pub(crate) fn handle(&self) -> Opaque {
        self.handle
    }

    /// A kernel, compiled at its first use. `shared_bytes` of dynamic shared memory are made available to it.
    ///
    /// # Errors
    /// When the source does not compile or load, or the device has too little shared memory.
    pub(crate) fn kernel(
        &self,
        source: Source,
        element: Element,
        name: &str,
        shared_bytes: u32,
    ) -> Result<CudaFunction, EvaluatorError> {
        let function = self.module(source, element)?.load_function(name).during(&format!("finding kernel {name}"))?;
        allow_shared(&function, name, shared_bytes)?;
        Ok(function)
    }

    fn module(&self, source: Source, element: Element) -> Result<Arc<CudaModule>, EvaluatorError> {
        self.loaded(&format!("{source:?} {element:?}"), || {
            let target = (self.capability, false);
            let (text, options) = (source.text(), element.options());
            self.nvrtc
                .compile(source.name(), &text, target, &options, &sources::headers())
                .map_err(EvaluatorError::Failed)
        })
    }

    /// A module that is compiled and loaded once for its key.
    ///
    /// # Errors
    /// Those of `compile`, and the driver's when it refuses the code.
    pub(crate) fn loaded(
        &self,
        key: &str,
        compile: impl FnOnce() -> Result<Image, EvaluatorError>,
    ) -> Result<Arc<CudaModule>, EvaluatorError> {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(key) {
            return Ok(module.clone());
        }
        let image = match compile()? {
            Image::Cubin(bytes) => Ptx::from_binary(bytes),
            Image::Ptx(text) => Ptx::from_src(text),
        };
        let module = self.context.load_module(image).during(&format!("loading {key}"))?;
        modules.insert(key.to_owned(), module.clone());
        Ok(module)
    }

    /// Whether a module is loaded for a key.
    pub(crate) fn has_loaded(&self, key: &str) -> bool {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// Displaces what the L2 cache holds.
    ///
    /// # Errors
    /// The driver's.
    pub(crate) fn flush_l2(&self) -> Result<(), EvaluatorError> {
        let buffer = match self.flusher.get() {
            Some(buffer) => buffer,
            None => {
                let bytes = self.context.attribute(Attribute::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
                let bytes = bytes.during("reading the size of the L2 cache")?.unsigned_abs() as usize;
                let buffer = Buffer::poisoned(self, 4 * bytes.max(1 << 20))?;
                self.flusher.get_or_init(|| buffer)
            }
        };
        // SAFETY: the fill stays inside the buffer, which lives as long as the device is in use.
        unsafe { result::memset_d8_async(buffer.address, 0, buffer.bytes, self.stream.cu_stream()) }
            .during("flushing the L2 cache")?;
        self.synchronize()
    }

    /// An event that can be timed with.
    ///
    /// # Errors
    /// The driver's.
    pub(crate) fn event(&self) -> Result<CudaEvent, EvaluatorError> {
        self.context.new_event(Some(CUevent_flags::CU_EVENT_DEFAULT)).during("creating an event")
    }

    /// Waits for all work.
    ///
    /// # Errors
    /// Whatever the work failed with.
    pub(crate) fn synchronize(&self) -> Result<(), EvaluatorError> {
        self.stream.synchronize().during("running on the device")
    }

    /// Waits for an event at most [`LIMIT`].
    ///
    /// # Errors
    /// Whatever the work before it failed with; [`EvaluatorError::Stuck`] when it does not end.
    pub(crate) fn await_event(&self, event: &CudaEvent) -> Result<(), EvaluatorError> {
        let start = Instant::now();
        while !event.try_is_complete().during("running on the device")? {
            let waited = start.elapsed();
            if waited > LIMIT {
                let limit = LIMIT.as_secs();
                STUCK.store(true, Ordering::Relaxed);
                return Err(EvaluatorError::Stuck(format!("an execution did not end within {limit} s")));
            }
            // The device keeps the time; the host only needs not to be in the way of longer work.
            if waited > Duration::from_millis(5) {
                std::thread::sleep(Duration::from_micros(100));
            } else {
                std::hint::spin_loop();
            }
        }
        Ok(())
    }

    /// Runs `work` and tells how long the host took, in seconds.
    pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
        let start = Instant::now();
        let value = work();
        (value, start.elapsed().as_secs_f64())
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        // SAFETY: made by `create`, used by nobody any more. A failure at the end of everything concerns nobody.
        unsafe {
            (self.cublaslt.destroy)(self.handle);
        }
    }
}

/// Makes dynamic shared memory beyond 48 KiB available to a kernel.
///
/// # Errors
/// When the device has not so much.
pub(crate) fn allow_shared(function: &CudaFunction, name: &str, bytes: u32) -> Result<(), EvaluatorError> {
    // Static shared memory counts towards the 48 KiB that need no asking.
    let used = function.shared_size_bytes().during("reading a kernel's shared memory")?.unsigned_abs();
    if bytes + used <= 48 << 10 {
        return Ok(());
    }
    let attribute = CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
    function.set_attribute(attribute, bytes).during(&format!("giving {name} {bytes} bytes of shared memory"))
}

/// Bytes before and after a guarded buffer that nobody may write, and what they hold.
const GUARD_BYTES: usize = 4096;
const GUARD: u8 = 0xA5;

/// Device memory.
pub(crate) struct Buffer {
    pub(crate) address: u64,
    bytes: usize,
    /// Guarded on both sides.
    guarded: bool,
    context: Arc<CudaContext>,
}

impl Buffer {
    /// Memory filled with 0xFF, which is NaN in every floating-point format, so that what a kernel fails to write shows.
    ///
    /// # Errors
    /// When there is too little memory.
    pub(crate) fn poisoned(gpu: &Gpu, bytes: usize) -> Result<Self, EvaluatorError> {
        let what = || format!("allocating {}", assay_base::format::memory(bytes as f64));
        gpu.context.bind_to_thread().during("binding the context")?;
        // SAFETY: the memory is freed once, by `drop`; the fill stays inside it.
        let address = unsafe { result::malloc_sync(bytes.max(1)) }.during(&what())?;
        let buffer = Self { address, bytes, guarded: false, context: gpu.context.clone() };
        buffer.fill(0xFF)?;
        Ok(buffer)
    }

    /// Memory between guards that tell whether somebody wrote beside it.
    ///
    /// # Errors
    /// When there is too little memory.
    pub(crate) fn guarded(gpu: &Gpu, bytes: usize) -> Result<Self, EvaluatorError> {
        let mut buffer = Self::poisoned(gpu, bytes + 2 * GUARD_BYTES)?;
        buffer.fill(GUARD)?;
        (buffer.address, buffer.bytes, buffer.guarded) = (buffer.address + GUARD_BYTES as u64, bytes, true);
        buffer.fill(0xFF)?;
        Ok(buffer)
    }

    /// Fills the memory with a byte.
    ///
    /// # Errors
    /// The driver's.
    pub(crate) fn fill(&self, byte: u8) -> Result<(), EvaluatorError> {
        self.context.bind_to_thread().during("binding the context")?;
        // SAFETY: the fill stays inside the buffer.
        unsafe { result::memset_d8_sync(self.address, byte, self.bytes) }.during("filling memory")?;
        // The driver's fill returns before it is done, and kernels run on a stream that does not wait for it.
        self.context.synchronize().during("filling memory")
    }

    /// Whether nobody wrote to the guards; true where there are none.
    ///
    /// # Errors
    /// The driver's.
    pub(crate) fn is_intact(&self) -> Result<bool, EvaluatorError> {
        if !self.guarded {
            return Ok(true);
        }
        self.context.bind_to_thread().during("binding the context")?;
        let mut guard = vec![0_u8; GUARD_BYTES];
        for address in [self.address - GUARD_BYTES as u64, self.address + self.bytes as u64] {
            // SAFETY: both guards belong to the allocation.
            unsafe { result::memcpy_dtoh_sync(&mut guard, address) }.during("copying from the device")?;
            if guard.iter().any(|byte| *byte != GUARD) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Memory with these contents.
    ///
    /// # Errors
    /// When there is too little memory.
    pub(crate) fn upload<T: Copy>(gpu: &Gpu, values: &[T]) -> Result<Self, EvaluatorError> {
        let buffer = Self::poisoned(gpu, std::mem::size_of_val(values))?;
        // SAFETY: the buffer is as long as the values, plain numbers.
        unsafe { result::memcpy_htod_sync(buffer.address, values) }.during("copying to the device")?;
        Ok(buffer)
    }

    /// Copies the whole buffer back; `T` is a plain number.
    ///
    /// # Errors
    /// The driver's.
    pub(crate) fn download<T: Copy + Default>(&self) -> Result<Vec<T>, EvaluatorError> {
        let mut values = vec![T::default(); self.bytes / size_of::<T>()];
        self.context.bind_to_thread().during("binding the context")?;
        // SAFETY: the slice is no longer than the buffer.
        unsafe { result::memcpy_dtoh_sync(&mut values, self.address) }.during("copying from the device")?;
        Ok(values)
    }

    /// The address as a pointer, for C interfaces.
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.address as usize as *mut c_void
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if is_stuck() {
            return;
        }
        // A failure here follows one that was already reported.
        if self.context.bind_to_thread().is_ok() {
            let start = self.address - if self.guarded { GUARD_BYTES as u64 } else { 0 };
            // SAFETY: allocated by `malloc_sync`, freed once. Waits for work that uses it.
            let _ = unsafe { result::free_sync(start) };
        }
    }
}
