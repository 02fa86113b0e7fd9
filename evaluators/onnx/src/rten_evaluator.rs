//! The embedded engine, written in Rust: it needs nothing installed.

use std::sync::Arc;
use std::time::Instant;

use assay_core::device::{Device, StackId, StackStatus};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Prepared, Sample, Support, TimingMethod};
use assay_core::model::{GraphOptimization, ModelJob, ModelOptions as Options};
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
        let outputs = vec![node(&model.output)?];
        Ok(Box::new(RtenPrepared::new(engine, inputs, outputs, Options::default(), load_secs)))
    }

    fn support_model(&self, device: &Device, job: &ModelJob) -> Support {
        if device.id != self.cpu.id {
            return Support::unsupported(format!("{} runs on {}", self.stack(), self.cpu.id));
        }
        match job.inputs.iter().find(|input| element(&input.element).is_none()) {
            Some(input) => {
                Support::unsupported(format!("rten has no tensors of {} (the input `{}`)", input.element, input.name))
            }
            None => Support::Supported,
        }
    }

    fn prepare_model(&self, _device: &Device, job: &ModelJob) -> Result<Box<dyn Prepared>, EvaluatorError> {
        let started = Instant::now();
        let engine = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .enable_optimization(job.options.optimization != GraphOptimization::Off)
            .load(job.bytes.as_ref().clone())
            .map_err(|error| refusal("rten cannot load the model", &error.to_string()))?;
        let load_secs = started.elapsed().as_secs_f64();
        let mut inputs = Vec::new();
        for input in &job.inputs {
            let node =
                engine.node_id(&input.name).map_err(|error| failure("rten lost an input of the model", error))?;
            inputs.push((node, model_value(&input.tensor, &input.element)?));
        }
        let outputs = engine.output_ids().to_vec();
        Ok(Box::new(RtenPrepared::new(engine, inputs, outputs, job.options, load_secs)))
    }
}

/// The engine's element type for an ONNX one: integers are narrowed to 32 bits, truth values widened.
fn element(name: &str) -> Option<Element> {
    match name {
        "float32" => Some(Element::F32),
        "int64" | "int32" | "bool" => Some(Element::I32),
        "int8" => Some(Element::I8),
        "uint8" => Some(Element::U8),
        _ => None,
    }
}

enum Element {
    F32,
    I32,
    I8,
    U8,
}

fn model_value(tensor: &Tensor, name: &str) -> Result<Value, EvaluatorError> {
    let shape = &tensor.shape;
    let integers = || tensor.as_index().iter();
    Ok(match element(name) {
        Some(Element::F32 | Element::I32) => value(tensor)?,
        Some(Element::I8) => {
            rten_tensor::Tensor::from_data(shape, integers().map(|v| *v as i8).collect::<Vec<_>>()).into()
        }
        Some(Element::U8) => {
            rten_tensor::Tensor::from_data(shape, integers().map(|v| *v as u8).collect::<Vec<_>>()).into()
        }
        None => return Err(EvaluatorError::Unsupported(format!("rten has no tensors of {name}"))),
    })
}

/// What the engine says about a model it does not take: an operator or type it does not have is no fault of anyone.
fn refusal(what: &str, error: &str) -> EvaluatorError {
    let lower = error.to_lowercase();
    if ["unsupported", "not supported", "not available", "unknown operator"].iter().any(|sign| lower.contains(sign)) {
        return EvaluatorError::Unsupported(format!("{what}: {error}"));
    }
    failure(what, error)
}

struct RtenPrepared {
    model: Model,
    inputs: Vec<(NodeId, Value)>,
    outputs: Vec<NodeId>,
    pool: Arc<ThreadPool>,
    threads: usize,
    optimization: GraphOptimization,
    load_secs: f64,
    last: Vec<Value>,
}

impl RtenPrepared {
    fn new(model: Model, inputs: Vec<(NodeId, Value)>, outputs: Vec<NodeId>, options: Options, load_secs: f64) -> Self {
        let threads = options.threads.unwrap_or_else(compute_threads);
        let pool = Arc::new(ThreadPool::with_num_threads(threads));
        Self { model, inputs, outputs, pool, threads, optimization: options.optimization, load_secs, last: Vec::new() }
    }
}

impl Prepared for RtenPrepared {
    fn timing(&self) -> TimingMethod {
        TimingMethod::HostClock
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        let inputs = self.inputs.iter().map(|(id, value)| (*id, ValueOrView::from(value))).collect();
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let started = Instant::now();
        let outputs = self.model.run(inputs, &self.outputs, Some(options));
        let latency_secs = started.elapsed().as_secs_f64();
        self.last = outputs.map_err(|error| refusal("rten", &error.to_string()))?;
        Ok(Sample { latency_secs })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let first = self.outputs()?.into_iter().next();
        first.ok_or_else(|| EvaluatorError::Failed("there is no output yet".to_owned()))
    }

    fn outputs(&mut self) -> Result<Vec<Tensor>, EvaluatorError> {
        let read = |value: &Value| match value {
            Value::FloatTensor(t) => Ok(Tensor::f32(t.shape().to_vec(), t.to_vec())),
            Value::Int32Tensor(t) => Ok(Tensor::index(t.shape().to_vec(), t.iter().map(|v| i64::from(*v)).collect())),
            Value::Int8Tensor(t) => Ok(Tensor::index(t.shape().to_vec(), t.iter().map(|v| i64::from(*v)).collect())),
            Value::UInt8Tensor(t) => Ok(Tensor::index(t.shape().to_vec(), t.iter().map(|v| i64::from(*v)).collect())),
            _ => Err(EvaluatorError::Unsupported("an output is no tensor".to_owned())),
        };
        self.last.iter().map(read).collect()
    }

    fn compile_secs(&self) -> Option<f64> {
        Some(self.load_secs)
    }

    fn notes(&self) -> Vec<(String, String)> {
        vec![
            ("engine".to_owned(), format!("rten {VERSION}")),
            ("threads".to_owned(), self.threads.to_string()),
            (
                "graph optimisation".to_owned(),
                if self.optimization == GraphOptimization::Off { "off" } else { "on" }.to_owned(),
            ),
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
