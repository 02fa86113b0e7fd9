//! The seam between the runner and one stack.

use std::collections::BTreeMap;

use crate::device::{Device, StackId, StackStatus};
use crate::graph::Graph;
use crate::kernel::{Implementation, Kernel, Resources};
use crate::measurement::Status;
use crate::model::{ModelJob, Placement};
use crate::profile::Profile;
use crate::tensor::Tensor;
use crate::workload::Workload;

/// Our code for one stack.
pub trait Evaluator: Send {
    /// The stack it drives.
    fn stack(&self) -> StackId;

    /// What the stack can reach now: devices it could use, each with its availability. A stack that is absent
    /// answers with the reason and what to install, for the device it would have used.
    fn probe(&self) -> Vec<(Device, StackStatus)>;

    /// Whether the stack can compute the workload on the device. "Unsupported" is a result, not an error.
    fn support(&self, device: &Device, workload: &Workload) -> Support;

    /// Loads what workloads share, such as a framework, so that it is not in the time that preparing one takes.
    ///
    /// # Errors
    /// When it cannot be loaded.
    fn load(&self) -> Result<(), EvaluatorError> {
        Ok(())
    }

    /// Builds everything that is not timed: compiled code, weights and inputs on the device.
    /// `graph` is the workload's definition, `tensors` its inputs and weights by [`crate::graph::TensorId`].
    ///
    /// # Errors
    /// When the stack cannot prepare the workload.
    fn prepare(&self, device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError>;

    /// Whether the stack can run a user's model on the device, as far as can be told without trying.
    fn support_model(&self, _device: &Device, _job: &ModelJob) -> Support {
        Support::unsupported(format!("{} computes the standard workloads and reads no ONNX files", self.stack()))
    }

    /// Builds everything that is not timed for a user's model.
    ///
    /// # Errors
    /// When the stack cannot prepare the model.
    fn prepare_model(&self, _device: &Device, _job: &ModelJob) -> Result<Box<dyn Prepared>, EvaluatorError> {
        Err(EvaluatorError::Failed(format!("{} reads no ONNX files", self.stack())))
    }

    /// Puts a job's tensors on the device for kernels that somebody brought.
    ///
    /// # Errors
    /// When the stack takes no kernels, or memory is short.
    fn kernel_bench(&self, _device: &Device, _job: &Job) -> Result<Box<dyn KernelBench>, EvaluatorError> {
        Err(EvaluatorError::Unsupported(format!("the {} stack takes no kernels", self.stack())))
    }
}

/// A job's tensors on the device, for one kernel after the other.
pub trait KernelBench {
    /// Compiles for several combinations of parameters what [`Self::prepare`] will need, where that is faster together.
    /// What fails is told by `prepare`.
    fn compile_ahead(
        &self,
        _kernel: &Kernel,
        _implementation: &Implementation,
        _combinations: &[BTreeMap<String, u32>],
    ) {
    }

    /// Compiles a kernel for the device and the job's sizes and gives it an output of its own, poisoned.
    ///
    /// # Errors
    /// [`EvaluatorError::Unsupported`] when the kernel does not apply to the device or the sizes; the compiler's words
    /// when it does not compile.
    fn prepare(
        &self,
        kernel: &Kernel,
        implementation: &Implementation,
        parameters: &BTreeMap<String, u32>,
    ) -> Result<Box<dyn Prepared>, EvaluatorError>;
}

/// A workload with its definition and data.
#[derive(Clone, Debug)]
pub struct Job {
    /// The workload.
    pub workload: Workload,
    /// Its definition.
    pub graph: Graph,
    /// Inputs and weights, in the order of the graph's tensors; intermediates are `None`.
    pub tensors: Vec<Option<Tensor>>,
}

impl Job {
    /// The workload with its data for a seed.
    pub fn new(workload: &Workload, seed: u64) -> Self {
        let graph = crate::graph::build(workload);
        let tensors = graph.materialize(seed);
        Self { workload: workload.clone(), graph, tensors }
    }
}

/// A workload ready to be executed.
pub trait Prepared {
    /// How an execution is timed.
    fn timing(&self) -> TimingMethod;

    /// Executes the workload once, to completion.
    ///
    /// # Errors
    /// When the stack or device fails.
    fn execute(&mut self) -> Result<Sample, EvaluatorError>;

    /// The output of the last execution, for the correctness gate; not timed.
    ///
    /// # Errors
    /// When the output cannot be read back.
    fn output(&mut self) -> Result<Tensor, EvaluatorError>;

    /// All outputs of the last execution in the model's order; not timed.
    ///
    /// # Errors
    /// When an output cannot be read back.
    fn outputs(&mut self) -> Result<Vec<Tensor>, EvaluatorError> {
        Ok(vec![self.output()?])
    }

    /// Which execution providers execute the nodes; not timed, and executed once more for it.
    ///
    /// # Errors
    /// When the execution fails.
    fn placement(&mut self) -> Result<Option<Placement>, EvaluatorError> {
        Ok(None)
    }

    /// What a compiler took of the preparation, in seconds; `None` where there is none or the stack does not tell.
    fn compile_secs(&self) -> Option<f64> {
        None
    }

    /// The clock of the compute units around the last execution, where the stack can tell.
    fn clock_hz(&self) -> Option<f64> {
        None
    }

    /// What the device executes, by its own profiler; not timed, and executed a few more times for it. `None` where
    /// the stack takes no profiles.
    fn profile(&mut self) -> Option<Profile> {
        None
    }

    /// Fills the output with what no result may hold, so that what an execution leaves unwritten is found; not timed.
    ///
    /// # Errors
    /// The device's.
    fn poison(&mut self) -> Result<(), EvaluatorError> {
        Ok(())
    }

    /// What a kernel takes of the device.
    fn resources(&self) -> Option<Resources> {
        None
    }

    /// Flushes the device's caches so that the next execution is cold; `false` when it cannot. The runner flushes the
    /// host's caches itself.
    fn flush_caches(&mut self) -> bool {
        false
    }

    /// What is worth knowing about how it runs: algorithm, options, thread count, compile time.
    fn notes(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// One timed execution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Time to complete one execution.
    pub latency_secs: f64,
}

/// How executions are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimingMethod {
    /// The host's monotonic clock around a synchronous call.
    HostClock,
    /// Events recorded on the device.
    DeviceEvents,
}

/// Whether a stack can compute a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// It can.
    Supported,
    /// It cannot.
    Unsupported {
        /// Why, in one sentence.
        reason: String,
    },
}

impl Support {
    /// The workload is not supported, because of `reason`.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported { reason: reason.into() }
    }
}

/// A failure of a stack or device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluatorError {
    /// The device has too little memory.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// The stack is not there, or became unavailable.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Anything else the stack said.
    #[error("{0}")]
    Failed(String),
    /// What was asked does not apply to the device or the sizes.
    #[error("{0}")]
    Unsupported(String),
    /// The device refuses all further work of this process, as after an access outside of its memory.
    #[error("{0}")]
    DeviceLost(String),
    /// An execution does not end.
    #[error("{0}")]
    Stuck(String),
}

impl EvaluatorError {
    /// The status of a measurement that ended so.
    pub fn status(self) -> Status {
        match self {
            Self::OutOfMemory(reason) => Status::OutOfMemory { reason },
            Self::Unavailable(reason) => Status::Unavailable { reason },
            Self::Failed(reason) => Status::Failed { reason },
            Self::Unsupported(reason) => Status::Unsupported { reason },
            Self::DeviceLost(reason) => Status::Crashed { reason },
            Self::Stuck(reason) => Status::TimedOut { reason },
        }
    }
}
