//! The embedded engine, written in Rust: it needs nothing installed.

use std::sync::Arc;
use std::time::Instant;

use assay_core::device::{Device, StackId, StackStatus};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Prepared, Sample, Support, TimingMethod};
use assay_core::tensor::{Tensor, Values};
use assay_core::{NumericFormat, Workload};
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::{AsView as _, Layout as _};

use crate::shared::{compute_threads, failure, support};
use crate::writer::onnx_model;

/// The version of the crate, which it does not tell; a test compares it with `Cargo.lock`.
const VERSION: &str = "0.27.0";

/// Formats with kernels of their own: half precision is computed in fp32, so it is not offered.
const FORMATS: [NumericFormat; 2] = [NumericFormat::Fp32, NumericFormat::Int8];

/// Runs workloads as ONNX models in `rten`, on the CPU.
#[derive(Clone, Debug)]
pub struct RtenEvaluator {
    cpu: Device,
}

impl RtenEvaluator {
    /// For the host's processor.
    pub fn new(cpu: Device) -> Self {
        Self { cpu }
    }
}

impl Evaluator for RtenEvaluator {
    fn stack(&self) -> StackId {
        StackId::new("rten")
    }

    fn probe(&self) -> Vec<(Device, StackStatus)> {
        let status = StackStatus { id: self.stack(), available: true, reason: None, version: Some(VERSION.to_owned()) };
        vec![(self.cpu.clone(), status)]
    }

    fn support(&self, device: &Device, workload: &Workload) -> Support {
        support(&self.stack(), &self.cpu, device, workload, &FORMATS)
    }

    fn prepare(&self, _device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        let model = onnx_model(job).map_err(EvaluatorError::Failed)?;
        let started = Instant::now();
        let engine = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .load(model.bytes)
            .map_err(|error| failure("rten cannot load the model", error))?;
        let load_secs = started.elapsed().as_secs_f64();
        let node = |name: &str| engine.node_id(name).map_err(|error| failure("rten lost a value of the model", error));
        let mut inputs = Vec::new();
        for (name, id) in &model.inputs {
            let tensor = job.tensors.get(id.0).and_then(Option::as_ref);
            let tensor = tensor.ok_or_else(|| EvaluatorError::Failed(format!("the job has no data for `{name}`")))?;
            inputs.push((node(name)?, value(tensor)?));
        }
        let output = node(&model.output)?;
        let threads = compute_threads();
        let pool = Arc::new(ThreadPool::with_num_threads(threads));
        Ok(Box::new(RtenPrepared { model: engine, inputs, output, pool, threads, load_secs, last: None }))
    }
}

struct RtenPrepared {
    model: Model,
    inputs: Vec<(NodeId, Value)>,
    output: NodeId,
    pool: Arc<ThreadPool>,
    threads: usize,
    load_secs: f64,
    last: Option<Value>,
}

impl Prepared for RtenPrepared {
    fn timing(&self) -> TimingMethod {
        TimingMethod::HostClock
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        let inputs = self.inputs.iter().map(|(id, value)| (*id, ValueOrView::from(value))).collect();
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let started = Instant::now();
        let outputs = self.model.run(inputs, &[self.output], Some(options));
        let latency_secs = started.elapsed().as_secs_f64();
        self.last = outputs.map_err(|error| failure("rten", error))?.pop();
        Ok(Sample { latency_secs })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let Some(Value::FloatTensor(output)) = &self.last else {
            return Err(EvaluatorError::Failed("there is no output of fp32 values yet".to_owned()));
        };
        Ok(Tensor::f32(output.shape().to_vec(), output.to_vec()))
    }

    fn notes(&self) -> Vec<(String, String)> {
        vec![
            ("engine".to_owned(), format!("rten {VERSION}")),
            ("threads".to_owned(), self.threads.to_string()),
            ("weights".to_owned(), "packed when the model is loaded".to_owned()),
            ("load time".to_owned(), assay_base::format::duration(self.load_secs)),
        ]
    }
}

fn value(tensor: &Tensor) -> Result<Value, EvaluatorError> {
    match &tensor.values {
        Values::F32(values) => Ok(rten_tensor::Tensor::from_data(&tensor.shape, values.clone()).into()),
        // rten has no 64-bit integers.
        Values::Index(values) => {
            let narrow =
                |&index| i32::try_from(index).map_err(|_| failure("rten", format!("index {index} is too large")));
            let values = values.iter().map(narrow).collect::<Result<Vec<i32>, _>>()?;
            Ok(rten_tensor::Tensor::from_data(&tensor.shape, values).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn the_version_is_the_one_that_is_locked() {
        let lock = include_str!("../../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"rten\"\nversion = \"{VERSION}\"\n")));
    }
}
