//! A user's model in ONNX Runtime.

use std::time::Instant;

use assay_core::evaluator::{EvaluatorError, Prepared, Sample, TimingMethod};
use assay_core::model::{ModelInput, ModelJob, Placement};
use assay_core::tensor::{Tensor, Values};
use half::{bf16, f16};
use ort::memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType};
use ort::session::{IoBinding, Session};
use ort::value::{DynTensor, DynValue, PrimitiveTensorElementType, TensorElementType};

use crate::ort_evaluator::Setup;
use crate::ort_profile;
use crate::ort_runtime::Runtime;
use crate::shared::failure;

/// A user's model ready to be executed.
pub struct OrtModel {
    session: Session,
    binding: IoBinding,
    outputs: Vec<String>,
    runtime: &'static Runtime,
    setup: Setup,
    job: ModelJob,
    load_secs: f64,
}

impl OrtModel {
    /// Loads the model and puts its inputs where the provider reads them; outputs come back to the host.
    ///
    /// # Errors
    /// When the engine refuses the model, which it may do for an operator it does not have.
    pub fn new(runtime: &'static Runtime, setup: Setup, job: &ModelJob) -> Result<Self, EvaluatorError> {
        let started = Instant::now();
        let mut builder = setup.builder(runtime).map_err(|error| failure("ONNX Runtime", error))?;
        for (axis, size) in &job.report.axes {
            let size = i64::try_from(*size).unwrap_or(i64::MAX);
            builder = builder
                .with_dimension_override(axis, size)
                .map_err(|error| failure("ONNX Runtime cannot fix an axis", error))?;
        }
        let session = builder
            .commit_from_memory(&job.bytes)
            .map_err(|error| refusal("ONNX Runtime cannot load the model", &error.to_string()))?;
        let load_secs = started.elapsed().as_secs_f64();
        let outputs = session.outputs().iter().map(|outlet| outlet.name().to_owned()).collect();
        let binding = bind(&session, &job.inputs).map_err(|error| failure("ONNX Runtime", error))?;
        Ok(Self { session, binding, outputs, runtime, setup, job: job.clone(), load_secs })
    }
}

/// Inputs where the session reads them; outputs come back to the host.
pub fn bind(session: &Session, inputs: &[ModelInput]) -> ort::Result<IoBinding> {
    let mut binding = session.create_binding()?;
    for input in inputs {
        binding.bind_input(&input.name, &value(&input.tensor, &input.element)?)?;
    }
    let host = MemoryInfo::new(AllocationDevice::CPU, 0, AllocatorType::Device, MemoryType::CPUOutput)?;
    for outlet in session.outputs() {
        binding.bind_output_to_device(outlet.name(), &host)?;
    }
    Ok(binding)
}

/// What the engine says about a model it does not take: an operator it has no kernel for is no fault of anyone.
fn refusal(what: &str, error: &str) -> EvaluatorError {
    let signs =
        ["could not find an implementation", "is not a registered function", "not implemented", "no op registered"];
    let lower = error.to_lowercase();
    if signs.iter().any(|sign| lower.contains(sign)) {
        return EvaluatorError::Unsupported(error.to_owned());
    }
    failure(what, error)
}

impl Prepared for OrtModel {
    fn timing(&self) -> TimingMethod {
        TimingMethod::HostClock
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        let started = Instant::now();
        let outputs = self.session.run_binding(&self.binding);
        let latency_secs = started.elapsed().as_secs_f64();
        outputs.map_err(|error| refusal("ONNX Runtime", &error.to_string()))?;
        Ok(Sample { latency_secs })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let first = self.outputs()?.into_iter().next();
        first.ok_or_else(|| EvaluatorError::Failed("the model has no outputs".to_owned()))
    }

    fn outputs(&mut self) -> Result<Vec<Tensor>, EvaluatorError> {
        let outputs = self.session.run_binding(&self.binding).map_err(|error| failure("ONNX Runtime", error))?;
        let read = |name: &String| {
            let output =
                outputs.get(name).ok_or_else(|| EvaluatorError::Failed(format!("the output `{name}` is missing")))?;
            tensor(output).map_err(|error| failure(&format!("the output `{name}` cannot be read"), error))
        };
        self.outputs.iter().map(read).collect()
    }

    fn placement(&mut self) -> Result<Option<Placement>, EvaluatorError> {
        let inputs = &self.job.inputs;
        let execute = |session: &mut Session| {
            let binding = bind(session, inputs)?;
            session.run_binding(&binding).map(|_| ())
        };
        ort_profile::placement(self.runtime, &self.setup, &self.job.bytes, &self.job.report.nodes, execute).map(Some)
    }

    fn compile_secs(&self) -> Option<f64> {
        Some(self.load_secs)
    }

    fn notes(&self) -> Vec<(String, String)> {
        let mut notes = self.setup.notes(self.runtime, self.load_secs);
        notes.push(("data".to_owned(), "inputs are on the device before, outputs come back to the host".to_owned()));
        notes
    }
}

fn filled<T: PrimitiveTensorElementType + Copy + std::fmt::Debug + 'static>(
    shape: &[usize],
    values: impl Iterator<Item = T>,
) -> ort::Result<DynTensor> {
    let mut tensor = ort::value::Tensor::<T>::new(&Allocator::default(), shape)?;
    tensor.extract_tensor_mut().1.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
    Ok(tensor.upcast())
}

/// A tensor of an element type by its ONNX name, in memory that ONNX Runtime allocated.
pub fn value(tensor: &Tensor, element: &str) -> ort::Result<DynTensor> {
    let shape = tensor.shape.as_slice();
    match (&tensor.values, element) {
        (Values::F32(values), "float32") => filled(shape, values.iter().copied()),
        (Values::F32(values), "float16") => filled(shape, values.iter().map(|v| f16::from_f32(*v))),
        (Values::F32(values), "bfloat16") => filled(shape, values.iter().map(|v| bf16::from_f32(*v))),
        (Values::F32(values), "float64") => filled(shape, values.iter().map(|v| f64::from(*v))),
        (Values::Index(values), "int64") => filled(shape, values.iter().copied()),
        (Values::Index(values), "int32") => filled(shape, values.iter().map(|v| *v as i32)),
        (Values::Index(values), "int16") => filled(shape, values.iter().map(|v| *v as i16)),
        (Values::Index(values), "int8") => filled(shape, values.iter().map(|v| *v as i8)),
        (Values::Index(values), "uint8") => filled(shape, values.iter().map(|v| *v as u8)),
        (Values::Index(values), "uint16") => filled(shape, values.iter().map(|v| *v as u16)),
        (Values::Index(values), "uint32") => filled(shape, values.iter().map(|v| *v as u32)),
        (Values::Index(values), "uint64") => filled(shape, values.iter().map(|v| *v as u64)),
        (Values::Index(values), "bool") => filled(shape, values.iter().map(|v| *v != 0)),
        (_, element) => Err(ort::Error::new(format!("tensors of {element} cannot be made"))),
    }
}

/// An output as real numbers or integers.
fn tensor(value: &DynValue) -> ort::Result<Tensor> {
    let shape: Vec<usize> = value.shape().iter().map(|extent| usize::try_from(*extent).unwrap_or(0)).collect();
    macro_rules! read {
        ($kind:ident, $from:ty, $convert:expr) => {
            Values::$kind(value.try_extract_tensor::<$from>()?.1.iter().map($convert).collect())
        };
    }
    let element = value.dtype().tensor_type().ok_or_else(|| ort::Error::new("it is no tensor"))?;
    let values = match element {
        TensorElementType::Float32 => read!(F32, f32, |v| *v),
        TensorElementType::Float16 => read!(F32, f16, |v| v.to_f32()),
        TensorElementType::Bfloat16 => read!(F32, bf16, |v| v.to_f32()),
        TensorElementType::Float64 => read!(F32, f64, |v| *v as f32),
        TensorElementType::Int64 => read!(Index, i64, |v| *v),
        TensorElementType::Int32 => read!(Index, i32, |v| i64::from(*v)),
        TensorElementType::Int16 => read!(Index, i16, |v| i64::from(*v)),
        TensorElementType::Int8 => read!(Index, i8, |v| i64::from(*v)),
        TensorElementType::Uint8 => read!(Index, u8, |v| i64::from(*v)),
        TensorElementType::Uint16 => read!(Index, u16, |v| i64::from(*v)),
        TensorElementType::Uint32 => read!(Index, u32, |v| i64::from(*v)),
        TensorElementType::Bool => read!(Index, bool, |v| i64::from(*v)),
        other => return Err(ort::Error::new(format!("its elements are {other}"))),
    };
    Ok(Tensor { shape, values })
}
