//! One device with what is needed to run on it: context, stream, compiled kernels, matrix library.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use assay_core::EvaluatorError;
use cudarc::driver::sys::{CUdevice_attribute_enum as Attribute, CUevent_flags, CUfunction_attribute_enum};
use cudarc::driver::{CudaContext, CudaEvent, CudaFunction, CudaModule, CudaStream, result};
use cudarc::nvrtc::Ptx;

use crate::cublaslt::{CublasLt, Opaque};
use crate::errors::During as _;
use crate::nvrtc::{Image, Nvrtc};
use crate::sources::{Element, Source};

/// Scratch memory for matrix products, as NVIDIA advises for Hopper and doubled for what came later.
pub(crate) const WORKSPACE_BYTES: usize = 64 << 20;

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
    modules: Mutex<BTreeMap<(Source, Element), Arc<CudaModule>>>,
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
        if shared_bytes > 48 << 10 {
            let attribute = CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            let bytes = i32::try_from(shared_bytes).unwrap_or(i32::MAX);
            function
                .set_attribute(attribute, bytes)
                .during(&format!("giving {name} {bytes} bytes of shared memory"))?;
        }
        Ok(function)
    }

    fn module(&self, source: Source, element: Element) -> Result<Arc<CudaModule>, EvaluatorError> {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(&(source, element)) {
            return Ok(module.clone());
        }
        let image = self
            .nvrtc
            .compile(source.name(), &source.text(), self.capability, &element.options())
            .map_err(EvaluatorError::Failed)?;
        let image = match image {
            Image::Cubin(bytes) => Ptx::from_binary(bytes),
            Image::Ptx(text) => Ptx::from_src(text),
        };
        let module = self.context.load_module(image).during(&format!("loading {}", source.name()))?;
        modules.insert((source, element), module.clone());
        Ok(module)
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

/// Device memory.
pub(crate) struct Buffer {
    pub(crate) address: u64,
    bytes: usize,
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
        let buffer = Self { address, bytes, context: gpu.context.clone() };
        // SAFETY: as above.
        unsafe { result::memset_d8_sync(address, 0xFF, bytes) }.during("filling memory")?;
        Ok(buffer)
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
        // A failure here follows one that was already reported.
        if self.context.bind_to_thread().is_ok() {
            // SAFETY: allocated by `malloc_sync`, freed once. Waits for work that uses it.
            let _ = unsafe { result::free_sync(self.address) };
        }
    }
}
