//! The kernel lab's side of the device: a job's tensors, and one kernel after the other over them.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_core::evaluator::{Job, KernelBench};
use assay_core::graph::Source;
use assay_core::kernel::{Implementation, Kernel};
use assay_core::{EvaluatorError, Prepared};

use crate::errors::guarded;
use crate::gpu::{Buffer, Gpu};
use crate::kernel::{self, Binding, Operand};
use crate::plan::{Plan, Step, Stored, Work, storage};
use crate::prepared::CudaPrepared;
use crate::sources::Element;

/// A job's inputs and weights on the device.
pub(crate) struct CudaBench {
    gpu: Arc<Gpu>,
    element: Element,
    binding: Binding,
    shape: Vec<usize>,
    quantised: bool,
    work: Work,
    /// What the binding's addresses are of; shared with every kernel prepared over it.
    tensors: Arc<Vec<Buffer>>,
}

impl CudaBench {
    /// Puts the job on the device.
    ///
    /// # Errors
    /// When memory is short, or the format has no storage.
    pub(crate) fn new(gpu: Arc<Gpu>, job: &Job) -> Result<Self, EvaluatorError> {
        let format = job.graph.format;
        let element = Element::of(format)
            .ok_or_else(|| EvaluatorError::Unsupported(format!("kernels take fp32, fp16 and bf16, not {format}")))?;
        let (mut tensors, mut operands) = (Vec::new(), BTreeMap::new());
        for (spec, tensor) in job.graph.tensors.iter().zip(&job.tensors) {
            let Some(tensor) = tensor.as_ref().filter(|_| spec.source != Source::Node) else { continue };
            let elements = tensor.len() as u64;
            let mut keep = |buffer: Buffer| {
                let address = buffer.address;
                tensors.push(buffer);
                address
            };
            let (address, factors) = if job.graph.is_quantised(spec) {
                let (values, factors) = storage::upload_quantised(&gpu, tensor)?;
                (keep(values), Some(keep(factors)))
            } else {
                (keep(storage::upload(&gpu, element, tensor, false)?), None)
            };
            operands.insert(spec.name.clone(), Operand { address, elements, factors });
        }
        let sizes = job.workload.shape.sizes();
        let mut variables = kernel::sizes_of(&job.graph, &job.graph.nodes);
        variables.extend(sizes.into_iter().map(|(name, size)| (name.to_owned(), size as f64)));
        let output = job.graph.spec(job.graph.output);
        let elements = output.shape.iter().product::<usize>() as u64;
        Ok(Self {
            gpu,
            element,
            binding: Binding { variables, operands, output: Operand { address: 0, elements, factors: None } },
            shape: output.shape.clone(),
            quantised: job.graph.is_quantised(output),
            work: Work::known(job.graph.flops(), job.graph.compulsory_bytes()),
            tensors: Arc::new(tensors),
        })
    }

    fn build(
        &self,
        kernel: &Kernel,
        implementation: &Implementation,
        parameters: &BTreeMap<String, u32>,
    ) -> Result<CudaPrepared, EvaluatorError> {
        let count: usize = self.shape.iter().product();
        let (output, factors, stored) = if self.quantised {
            let rows = self.shape.first().copied().unwrap_or(1);
            (Buffer::guarded(&self.gpu, count)?, Some(Buffer::guarded(&self.gpu, rows * 4)?), Stored::Quantised)
        } else {
            (Buffer::guarded(&self.gpu, count * self.element.bytes())?, None, Stored::Element(self.element))
        };
        let mut binding = self.binding.clone();
        binding.output.address = output.address;
        binding.output.factors = factors.as_ref().map(|buffer| buffer.address);
        let built = kernel::build(&self.gpu, kernel, implementation, self.element, &binding, parameters)?;
        let notes = vec![("kernel".to_owned(), format!("{} of {}", implementation.entry, kernel.manifest.id))];
        let steps = vec![Step::Launch(built.launch)];
        let plan = Plan { steps, work: vec![self.work], output, stored, factors, memory: built.scratch, notes };
        let prepared = CudaPrepared::of(self.gpu.clone(), plan, self.shape.clone())?;
        prepared.poison_output()?;
        Ok(prepared.with_kernel(built.resources, self.tensors.clone()))
    }
}

impl KernelBench for CudaBench {
    fn compile_ahead(&self, kernel: &Kernel, implementation: &Implementation, combinations: &[BTreeMap<String, u32>]) {
        kernel::compile_ahead(&self.gpu, kernel, implementation, self.element, &self.binding, combinations);
    }

    fn prepare(
        &self,
        kernel: &Kernel,
        implementation: &Implementation,
        parameters: &BTreeMap<String, u32>,
    ) -> Result<Box<dyn Prepared>, EvaluatorError> {
        guarded("preparing a kernel", || {
            let prepared = self.build(kernel, implementation, parameters)?;
            Ok(Box::new(prepared) as Box<dyn Prepared>)
        })
    }
}
