//! Copies between host and devices, launches, and collective operations: what moving data and starting work costs.

use std::sync::Arc;
use std::time::Instant;

use assay_core::evaluator::Job;
use assay_core::workload::CollectiveOperation;
use assay_core::{EvaluatorError, Prepared, Sample, Shape, Tensor, TimingMethod};
use cudarc::driver::sys;
use cudarc::driver::{CudaEvent, LaunchConfig, result};

use crate::cupti;
use crate::errors::{During as _, guarded};
use crate::gpu::{Buffer, Gpu};
use crate::nccl::{Communicators, Nccl, Part};
use crate::plan::{Argument, Launch, hold};
use crate::sources::{Element, Source};

/// How long streams are held so that everything is queued on all devices before the first of them starts.
const HOLD_SECS: f64 = 200e-6;

/// Whether a workload is one of this module's.
pub(crate) fn is_link(shape: &Shape) -> bool {
    matches!(shape, Shape::HostCopy { .. } | Shape::Launch { .. } | Shape::PeerCopy { .. } | Shape::Collective { .. })
}

/// Prepares one of this module's workloads on a device; `other` gives the device with an ordinal.
///
/// # Errors
/// [`EvaluatorError::Unsupported`] when there are too few devices.
pub(crate) fn prepare(
    ordinal: usize,
    other: &dyn Fn(usize) -> Result<Arc<Gpu>, EvaluatorError>,
    job: &Job,
) -> Result<Box<dyn Prepared>, EvaluatorError> {
    let input = job.tensors.iter().flatten().next().map(Tensor::as_f32).unwrap_or_default();
    let count = usize::try_from(result::device::get_count().during("counting devices")?).unwrap_or(0);
    let too_few = |needed: usize| {
        let reason = format!("{} needs {needed} devices, this host has {count}", job.workload.shape.kind());
        Err(EvaluatorError::Unsupported(reason))
    };
    match job.workload.shape {
        Shape::HostCopy { to_device, pinned, .. } => {
            Ok(Box::new(HostCopy::new(other(ordinal)?, input, to_device, pinned)?))
        }
        Shape::Launch { count } => Ok(Box::new(Launches::new(other(ordinal)?, input, count)?)),
        Shape::PeerCopy { .. } if count < 2 => too_few(2),
        Shape::PeerCopy { .. } => Ok(Box::new(PeerCopy::new(other(ordinal)?, other((ordinal + 1) % count)?, input)?)),
        Shape::Collective { devices, .. } if count < devices => too_few(devices),
        Shape::Collective { operation, devices, elements } => {
            let ordinals: Vec<usize> = (0..devices).map(|i| (ordinal + i) % count).collect();
            let gpus = ordinals.iter().map(|ordinal| other(*ordinal)).collect::<Result<Vec<_>, _>>()?;
            Ok(Box::new(Collective::new(gpus, &ordinals, input, operation, elements)?))
        }
        ref shape => Err(EvaluatorError::Failed(format!("{} is no copy, launch or collective", shape.kind()))),
    }
}

/// Host memory, locked in place or not.
enum HostMemory {
    Pageable(Vec<f32>),
    Pinned { start: *mut f32, count: usize },
}

impl HostMemory {
    fn new(gpu: &Gpu, values: &[f32], pinned: bool) -> Result<Self, EvaluatorError> {
        if !pinned {
            return Ok(Self::Pageable(values.to_vec()));
        }
        gpu.context.bind_to_thread().during("binding the context")?;
        // SAFETY: freed once, by `drop`; as long as the values.
        let start = unsafe { result::malloc_host(size_of_val(values).max(4), 0) }.during("locking host memory")?;
        let mut memory = Self::Pinned { start: start.cast(), count: values.len() };
        memory.values_mut().copy_from_slice(values);
        Ok(memory)
    }

    fn values(&self) -> &[f32] {
        match self {
            Self::Pageable(values) => values,
            // SAFETY: `new` made the memory this long and filled it; it lives as long as `self`.
            Self::Pinned { start, count } => unsafe { std::slice::from_raw_parts(*start, *count) },
        }
    }

    fn values_mut(&mut self) -> &mut [f32] {
        match self {
            Self::Pageable(values) => values,
            // SAFETY: as above, and borrowed mutably.
            Self::Pinned { start, count } => unsafe { std::slice::from_raw_parts_mut(*start, *count) },
        }
    }
}

impl Drop for HostMemory {
    fn drop(&mut self) {
        if let Self::Pinned { start, .. } = self {
            // SAFETY: made by `malloc_host`, freed once. Nobody to tell a failure.
            let _ = unsafe { result::free_host(start.cast()) };
        }
    }
}

struct HostCopy {
    gpu: Arc<Gpu>,
    host: HostMemory,
    device: Buffer,
    to_device: bool,
}

impl HostCopy {
    fn new(gpu: Arc<Gpu>, values: &[f32], to_device: bool, pinned: bool) -> Result<Self, EvaluatorError> {
        let (host, device) = if to_device {
            (HostMemory::new(&gpu, values, pinned)?, Buffer::poisoned(&gpu, size_of_val(values))?)
        } else {
            let nothing = vec![f32::NAN; values.len()];
            (HostMemory::new(&gpu, &nothing, pinned)?, Buffer::upload(&gpu, values)?)
        };
        Ok(Self { gpu, host, device, to_device })
    }
}

impl Prepared for HostCopy {
    fn timing(&self) -> TimingMethod {
        TimingMethod::HostClock
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        guarded("copying", || {
            self.gpu.context.bind_to_thread().during("binding the context")?;
            let stream = self.gpu.stream.cu_stream();
            let started = Instant::now();
            // SAFETY: both memories are equally long and outlive the copy, which is waited for.
            unsafe {
                if self.to_device {
                    result::memcpy_htod_async(self.device.address, self.host.values(), stream)
                } else {
                    result::memcpy_dtoh_async(self.host.values_mut(), self.device.address, stream)
                }
            }
            .during("copying")?;
            self.gpu.synchronize()?;
            Ok(Sample { latency_secs: started.elapsed().as_secs_f64() })
        })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let values = if self.to_device { self.device.download()? } else { self.host.values().to_vec() };
        Ok(Tensor::f32([values.len()], values))
    }
}

struct Launches {
    gpu: Arc<Gpu>,
    launch: Launch,
    count: usize,
    _input: Buffer,
    output: Buffer,
}

impl Launches {
    fn new(gpu: Arc<Gpu>, values: &[f32], count: usize) -> Result<Self, EvaluatorError> {
        let (input, output) = (Buffer::upload(&gpu, values)?, Buffer::poisoned(&gpu, size_of_val(values))?);
        let function = gpu.kernel(Source::Elementwise, Element::F32, "copy_one", 0)?;
        let config = LaunchConfig { grid_dim: (1, 1, 1), block_dim: (1, 1, 1), shared_mem_bytes: 0 };
        let arguments = vec![Argument::Word(input.address), Argument::Word(output.address)];
        Ok(Self { gpu, launch: Launch { function, config, arguments }, count, _input: input, output })
    }
}

impl Prepared for Launches {
    fn timing(&self) -> TimingMethod {
        TimingMethod::HostClock
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        guarded("launching", || {
            let started = Instant::now();
            for _ in 0..self.count {
                self.launch.enqueue(&self.gpu)?;
            }
            self.gpu.synchronize()?;
            Ok(Sample { latency_secs: started.elapsed().as_secs_f64() })
        })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let values = self.output.download()?;
        Ok(Tensor::f32([values.len()], values))
    }

    fn notes(&self) -> Vec<(String, String)> {
        let text = "CUPTI is loaded since an earlier workload of this process was profiled: a launch takes longer (0.4 µs \
                    on an H200)";
        if cupti::is_loaded() { vec![("profiler".to_owned(), text.to_owned())] } else { Vec::new() }
    }
}

struct PeerCopy {
    gpu: Arc<Gpu>,
    peer: Arc<Gpu>,
    hold: Launch,
    start: CudaEvent,
    end: CudaEvent,
    from: Buffer,
    to: Buffer,
    bytes: usize,
    direct: bool,
}

impl PeerCopy {
    fn new(gpu: Arc<Gpu>, peer: Arc<Gpu>, values: &[f32]) -> Result<Self, EvaluatorError> {
        let direct = enable_peer_access(&gpu, &peer)?;
        enable_peer_access(&peer, &gpu)?;
        let to = Buffer::poisoned(&peer, size_of_val(values))?;
        let from = Buffer::upload(&gpu, values)?;
        let (start, end, hold) = (gpu.event()?, gpu.event()?, hold(&gpu, HOLD_SECS, None)?);
        Ok(Self { gpu, peer, hold, start, end, from, to, bytes: size_of_val(values), direct })
    }
}

/// Lets one device read and write the other's memory; `false` where it cannot, and copies go through the host.
fn enable_peer_access(gpu: &Gpu, peer: &Gpu) -> Result<bool, EvaluatorError> {
    let mut can = 0;
    // SAFETY: writes the answer.
    unsafe { sys::cuDeviceCanAccessPeer(&mut can, gpu.context.cu_device(), peer.context.cu_device()) }
        .result()
        .during("asking for peer access")?;
    if can == 0 {
        return Ok(false);
    }
    gpu.context.bind_to_thread().during("binding the context")?;
    // SAFETY: both contexts are alive.
    match unsafe { sys::cuCtxEnablePeerAccess(peer.context.cu_ctx(), 0) } {
        sys::CUresult::CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED => Ok(true),
        status => status.result().during("enabling peer access").map(|()| true),
    }
}

impl Prepared for PeerCopy {
    fn timing(&self) -> TimingMethod {
        TimingMethod::DeviceEvents
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        guarded("copying", || {
            let stream = &self.gpu.stream;
            self.hold.enqueue(&self.gpu)?;
            self.start.record(stream).during("recording an event")?;
            self.gpu.context.bind_to_thread().during("binding the context")?;
            // SAFETY: both buffers are this long and outlive the copy, which is waited for.
            unsafe {
                result::memcpy_peer_async(
                    self.peer.context.cu_ctx(),
                    self.to.address,
                    self.gpu.context.cu_ctx(),
                    self.from.address,
                    self.bytes,
                    stream.cu_stream(),
                )
            }
            .during("copying to the next device")?;
            self.end.record(stream).during("recording an event")?;
            self.gpu.await_event(&self.end)?;
            let milliseconds = self.start.elapsed_ms(&self.end).during("reading the time")?;
            Ok(Sample { latency_secs: f64::from(milliseconds) * 1e-3 })
        })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let values = self.to.download()?;
        Ok(Tensor::f32([values.len()], values))
    }

    fn notes(&self) -> Vec<(String, String)> {
        let path = if self.direct { "from device to device" } else { "through the host: no peer access" };
        vec![("path".to_owned(), path.to_owned())]
    }
}

/// One device of a collective operation.
struct Rank {
    gpu: Arc<Gpu>,
    hold: Launch,
    start: CudaEvent,
    end: CudaEvent,
    send: Buffer,
    receive: Buffer,
}

struct Collective {
    // Dropped before the streams and memory it uses.
    communicators: Communicators,
    ranks: Vec<Rank>,
    operation: CollectiveOperation,
    /// What NCCL counts.
    count: usize,
    notes: Vec<(String, String)>,
}

impl Collective {
    fn new(
        gpus: Vec<Arc<Gpu>>,
        ordinals: &[usize],
        input: &[f32],
        operation: CollectiveOperation,
        elements: usize,
    ) -> Result<Self, EvaluatorError> {
        let library = Nccl::load().map_err(EvaluatorError::Unavailable)?;
        let devices = gpus.len();
        let part = elements.checked_div(devices).unwrap_or(0);
        let (given, received, count) = match operation {
            CollectiveOperation::AllReduce => (elements, elements, elements),
            CollectiveOperation::AllGather => (part, elements, part),
            CollectiveOperation::ReduceScatter => (elements, part, part),
        };
        let mut ranks = Vec::with_capacity(devices);
        for (gpu, values) in gpus.into_iter().zip(input.chunks_exact(given.max(1))) {
            let (send, receive) = (Buffer::upload(&gpu, values)?, Buffer::poisoned(&gpu, received * 4)?);
            let (hold, start, end) = (hold(&gpu, HOLD_SECS, None)?, gpu.event()?, gpu.event()?);
            ranks.push(Rank { gpu, hold, start, end, send, receive });
        }
        let communicators = library.connect(ordinals)?;
        let notes = vec![
            ("NCCL".to_owned(), format!("{} ({})", library.version_text(), library.path.display())),
            ("devices".to_owned(), format!("{ordinals:?}")),
            ("throughput".to_owned(), "bus bandwidth: what crosses each device's link a second".to_owned()),
        ];
        Ok(Self { communicators, ranks, operation, count, notes })
    }

    fn run(&self) -> Result<Sample, EvaluatorError> {
        for rank in &self.ranks {
            rank.hold.enqueue(&rank.gpu)?;
            rank.start.record(&rank.gpu.stream).during("recording an event")?;
        }
        let part = |rank: &Rank| Part {
            send: rank.send.address,
            receive: rank.receive.address,
            stream: rank.gpu.stream.cu_stream().cast(),
        };
        let parts: Vec<Part> = self.ranks.iter().map(part).collect();
        self.communicators.enqueue(self.operation, &parts, self.count)?;
        for rank in &self.ranks {
            rank.end.record(&rank.gpu.stream).during("recording an event")?;
        }
        let mut longest = 0.0_f64;
        for rank in &self.ranks {
            rank.gpu.await_event(&rank.end)?;
            let milliseconds = rank.start.elapsed_ms(&rank.end).during("reading the time")?;
            longest = longest.max(f64::from(milliseconds) * 1e-3);
        }
        Ok(Sample { latency_secs: longest })
    }
}

impl Prepared for Collective {
    fn timing(&self) -> TimingMethod {
        TimingMethod::DeviceEvents
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        guarded("a collective operation", || self.run())
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let mut all = Vec::new();
        for rank in &self.ranks {
            all.extend(rank.receive.download::<f32>()?);
        }
        let width = all.len().checked_div(self.ranks.len()).unwrap_or(0);
        Ok(Tensor::f32([self.ranks.len(), width], all))
    }

    fn notes(&self) -> Vec<(String, String)> {
        self.notes.clone()
    }
}
