//! A workload on the device, and its timing by events.

use std::sync::Arc;

use assay_core::evaluator::Job;
use assay_core::kernel::Resources;
use assay_core::profile::Profile;
use assay_core::{EvaluatorError, NumericFormat, Prepared, Sample, Tensor, TimingMethod};
use cudarc::driver::sys::{CUgraphInstantiate_flags, CUstreamCaptureMode};
use cudarc::driver::{CudaEvent, CudaGraph};

use crate::clock::ClockProbe;
use crate::errors::{During as _, guarded};
use crate::gpu::{Buffer, Gpu};
use crate::plan::{self, Plan, Stored, storage};
use crate::profile;

/// A workload on the device. Fields are dropped in their order: the graph before the memory it uses.
pub(crate) struct CudaPrepared {
    graph: Option<CudaGraph>,
    clock: ClockProbe,
    start: CudaEvent,
    end: CudaEvent,
    done: CudaEvent,
    plan: Plan,
    shape: Vec<usize>,
    notes: Vec<(String, String)>,
    resources: Option<Resources>,
    /// Inputs that others use too.
    _inputs: Option<Arc<Vec<Buffer>>>,
    gpu: Arc<Gpu>,
}

impl CudaPrepared {
    /// Puts the job on the device, compiles its kernels, tunes its products and runs it once.
    ///
    /// # Errors
    /// The first failure of any of these.
    pub(crate) fn new(gpu: Arc<Gpu>, job: &Job) -> Result<Self, EvaluatorError> {
        let narrow_or_wide = matches!(job.graph.format, NumericFormat::Int8 | NumericFormat::Fp8 | NumericFormat::Fp64);
        let product = narrow_or_wide && job.graph.nodes.len() == 1;
        let (plan, secs) =
            Gpu::timed(|| if product { plan::quantised::plan(&gpu, job) } else { plan::plan(&gpu, job) });
        let plan = plan?;
        for step in &plan.steps {
            step.enqueue(&gpu)?;
        }
        gpu.synchronize()?;
        let mut prepared = Self::of(gpu, plan, job.graph.shape(job.graph.output).to_vec())?;
        prepared.notes.push(("prepare".to_owned(), assay_base::format::duration(secs)));
        Ok(prepared)
    }

    /// A plan whose steps were not run yet.
    ///
    /// # Errors
    /// The driver's.
    pub(crate) fn of(gpu: Arc<Gpu>, plan: Plan, shape: Vec<usize>) -> Result<Self, EvaluatorError> {
        let mut notes = plan.notes.clone();
        // One launch needs no graph.
        let (graph, execution) = match plan.steps.len() {
            1 => (None, "one launch".to_owned()),
            count => match capture(&gpu, &plan) {
                Ok(graph) => (Some(graph), format!("CUDA graph of {count} launches")),
                Err(reason) => (None, format!("{count} launches, not as a CUDA graph: {reason}")),
            },
        };
        notes.push(("execution".to_owned(), execution));
        // Long enough for the host to queue everything: measured launches take 2 to 5 µs each.
        let unqueued = if graph.is_some() { 1 } else { plan.steps.len() };
        let clock = ClockProbe::new(&gpu, 20e-6 + 5e-6 * unqueued as f64)?;
        Ok(Self {
            graph,
            clock,
            start: gpu.event()?,
            end: gpu.event()?,
            done: gpu.event()?,
            shape,
            plan,
            notes,
            resources: None,
            _inputs: None,
            gpu,
        })
    }

    /// Says what the kernel takes of the device and keeps its inputs.
    pub(crate) fn with_kernel(self, resources: Resources, inputs: Arc<Vec<Buffer>>) -> Self {
        Self { resources: Some(resources), _inputs: Some(inputs), ..self }
    }

    /// Fills the output with what no result holds.
    ///
    /// # Errors
    /// The driver's.
    pub(crate) fn poison_output(&self) -> Result<(), EvaluatorError> {
        let byte = if self.plan.stored == Stored::Quantised { storage::INT8_POISON } else { 0xFF };
        self.plan.output.fill(byte)?;
        self.plan.factors.as_ref().map_or(Ok(()), |factors| factors.fill(0xFF))
    }

    /// Everything that is timed.
    fn enqueue(&self) -> Result<(), EvaluatorError> {
        match &self.graph {
            Some(graph) => graph.launch().during("launching the graph"),
            None => self.plan.steps.iter().try_for_each(|step| step.enqueue(&self.gpu)),
        }
    }

    fn run(&self) -> Result<Sample, EvaluatorError> {
        let stream = &self.gpu.stream;
        // While the stream is held the host queues what follows, so that no launch latency is in the time.
        self.clock.before.enqueue(&self.gpu)?;
        self.start.record(stream).during("recording an event")?;
        self.enqueue()?;
        self.end.record(stream).during("recording an event")?;
        self.clock.after.enqueue(&self.gpu)?;
        self.done.record(stream).during("recording an event")?;
        self.gpu.await_event(&self.done)?;
        let milliseconds = self.start.elapsed_ms(&self.end).during("reading the time")?;
        Ok(Sample { latency_secs: f64::from(milliseconds) * 1e-3 })
    }

    fn read(&self) -> Result<Tensor, EvaluatorError> {
        let guarded = [Some(&self.plan.output), self.plan.factors.as_ref()];
        for buffer in guarded.into_iter().flatten().chain(&self.plan.memory) {
            if !buffer.is_intact()? {
                return Err(EvaluatorError::Failed("the kernel wrote beside its output or scratch memory".to_owned()));
            }
        }
        match self.plan.stored {
            Stored::Element(element) => storage::download(&self.plan.output, element, &self.shape),
            Stored::Integers { factor } => {
                let values = self.plan.output.download::<i32>()?;
                let values = values.into_iter().map(|v| (f64::from(v) * f64::from(factor)) as f32).collect();
                Ok(Tensor::f32(self.shape.as_slice(), values))
            }
            Stored::Doubles => {
                let values = self.plan.output.download::<f64>()?;
                Ok(Tensor::f32(self.shape.as_slice(), values.into_iter().map(|v| v as f32).collect()))
            }
            Stored::Quantised => match &self.plan.factors {
                Some(factors) => storage::download_quantised(&self.plan.output, factors, &self.shape),
                None => Err(EvaluatorError::Failed("an int8 result has no factors".to_owned())),
            },
        }
    }
}

/// Records the steps as a graph that is launched at once.
fn capture(gpu: &Gpu, plan: &Plan) -> Result<CudaGraph, EvaluatorError> {
    let mode = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
    gpu.stream.begin_capture(mode).during("beginning a capture")?;
    let recorded = plan.steps.iter().try_for_each(|step| step.enqueue(gpu));
    // Ends the capture in any case: a stream that is left capturing is of no use.
    let graph = gpu.stream.end_capture(CUgraphInstantiate_flags(0)).during("ending a capture");
    recorded?;
    let graph = graph?.ok_or_else(|| EvaluatorError::Failed("the capture holds nothing".to_owned()))?;
    graph.upload().during("uploading the graph")?;
    Ok(graph)
}

impl Prepared for CudaPrepared {
    fn timing(&self) -> TimingMethod {
        TimingMethod::DeviceEvents
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        guarded("executing", || self.run())
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        guarded("reading the output", || self.read())
    }

    fn poison(&mut self) -> Result<(), EvaluatorError> {
        guarded("poisoning the output", || self.poison_output())
    }

    fn resources(&self) -> Option<Resources> {
        self.resources
    }

    fn flush_caches(&mut self) -> bool {
        guarded("flushing the L2 cache", || self.gpu.flush_l2()).is_ok()
    }

    fn clock_hz(&self) -> Option<f64> {
        self.clock.clock_hz()
    }

    fn profile(&mut self) -> Option<Profile> {
        let taken =
            guarded("profiling", || profile::take(&self.gpu, &self.plan, &self.clock.before, &|| self.enqueue()));
        Some(taken.unwrap_or_else(|error| Profile::Absent { reason: error.to_string() }))
    }

    fn notes(&self) -> Vec<(String, String)> {
        self.notes.clone()
    }
}
