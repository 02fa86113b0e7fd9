//! The stack `native`: workloads on the processor, in Rust, without any library to install.

mod buffer;
mod kernels;
mod plan;

use std::sync::Arc;
use std::time::Instant;

use assay_core::evaluator::Job;
use assay_core::{
    Device, Evaluator, EvaluatorError, NumericFormat, Prepared, Sample, Shape, StackId, StackStatus, Support, Tensor,
    TimingMethod, Workload,
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use rten_gemm::GemmExecutor;

use crate::machine::{self, CPU_DEVICE_ID};
use plan::Plan;

/// The name of the stack.
pub const STACK: &str = "native";

/// The stack `native` on the device `cpu`.
pub struct NativeEvaluator {
    pool: Arc<ThreadPool>,
}

impl NativeEvaluator {
    /// With one thread for each processor this process may use.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn new() -> Result<Self, EvaluatorError> {
        Self::with_threads(std::thread::available_parallelism().map_or(1, Into::into))
    }

    /// With a number of threads.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn with_threads(threads: usize) -> Result<Self, EvaluatorError> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("native-{i}")).build();
        let pool =
            pool.map_err(|error| EvaluatorError::Unavailable(format!("cannot start {threads} threads: {error}")));
        Ok(Self { pool: Arc::new(pool?) })
    }
}

impl Evaluator for NativeEvaluator {
    fn stack(&self) -> StackId {
        StackId::new(STACK)
    }

    fn probe(&self) -> Vec<(Device, StackStatus)> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let status = StackStatus { id: self.stack(), available: true, reason: None, version: Some(version) };
        vec![(machine::cpu_device(), status)]
    }

    fn support(&self, device: &Device, workload: &Workload) -> Support {
        if device.id != CPU_DEVICE_ID {
            return Support::unsupported(format!("the native stack runs on `{CPU_DEVICE_ID}` only"));
        }
        match (workload.format, &workload.shape) {
            (
                _,
                shape @ (Shape::Quantise { .. }
                | Shape::Dequantise { .. }
                | Shape::HostCopy { .. }
                | Shape::Launch { .. }
                | Shape::PeerCopy { .. }
                | Shape::Collective { .. }),
            ) => Support::unsupported(format!("the native stack has no kernel for {}", shape.kind())),
            (NumericFormat::Fp32, _) | (NumericFormat::Int8, Shape::Gemm { .. } | Shape::EncoderBlock { .. }) => {
                Support::Supported
            }
            (NumericFormat::Int8, shape) => Support::unsupported(format!(
                "the native stack quantises products with weights (gemm, encoder-block), not {}",
                shape.kind()
            )),
            (format, _) => Support::unsupported(format!(
                "the native stack's matrix library (rten-gemm) has kernels for fp32 and int8, not {format}"
            )),
        }
    }

    fn prepare(&self, device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        if let Support::Unsupported { reason } = self.support(device, &job.workload) {
            return Err(EvaluatorError::Unavailable(reason));
        }
        // The kernel would rather kill a process than refuse it memory.
        let given: usize = job.tensors.iter().flatten().map(Tensor::len).sum();
        let needed = (given + job.graph.shape(job.graph.output).iter().product::<usize>()) * size_of::<f32>();
        if let Some(available) = machine::available_memory_bytes().filter(|available| needed as u64 > *available) {
            let memory = |bytes: f64| assay_base::format::memory(bytes);
            return Err(EvaluatorError::OutOfMemory(format!(
                "the workload needs at least {}, {} are available",
                memory(needed as f64),
                memory(available as f64)
            )));
        }
        let plan = self.pool.install(|| Plan::new(job))?;
        Ok(Box::new(NativeWorkload { pool: Arc::clone(&self.pool), plan, format: job.workload.format }))
    }
}

struct NativeWorkload {
    pool: Arc<ThreadPool>,
    plan: Plan,
    format: NumericFormat,
}

impl Prepared for NativeWorkload {
    fn timing(&self) -> TimingMethod {
        TimingMethod::HostClock
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        let plan = &mut self.plan;
        let start = Instant::now();
        self.pool.install(|| plan.execute())?;
        Ok(Sample { latency_secs: start.elapsed().as_secs_f64() })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        Ok(self.plan.output())
    }

    fn notes(&self) -> Vec<(String, String)> {
        let kernel = match self.format {
            NumericFormat::Int8 => GemmExecutor::<u8, i8, i32>::new().kernel_name().to_owned(),
            _ => GemmExecutor::<f32>::new().kernel_name().to_owned(),
        };
        vec![
            ("threads".to_owned(), self.pool.current_num_threads().to_string()),
            ("matrix kernel".to_owned(), format!("rten-gemm {kernel}")),
            ("vector kernels".to_owned(), format!("{:?}", pulp::Arch::new())),
            ("tensor memory".to_owned(), assay_base::format::memory(self.plan.memory_bytes() as f64)),
        ]
    }
}
