//! ONNX Runtime's CPU execution provider, through a library found at run time.

use std::sync::Mutex;
use std::time::Instant;

use assay_core::device::{Device, StackId, StackStatus};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Prepared, Sample, Support, TimingMethod};
use assay_core::tensor::{Tensor, Values};
use assay_core::{NumericFormat, Workload};
use half::f16;
use ort::environment::Environment;

use ort::memory::Allocator;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{IoBinding, Session};
use ort::value::{DynTensor, TensorElementType};

use crate::ort_library::{self, OrtLibrary};
use crate::shared::{compute_threads, failure, support};
use crate::writer::onnx_model;

const PROVIDER: &str = "CPUExecutionProvider";

/// Formats with kernels in the CPU provider: it has no bf16 matrix product.
const FORMATS: [NumericFormat; 3] = [NumericFormat::Fp32, NumericFormat::Fp16, NumericFormat::Int8];

/// Up to so many threads wait asleep. ONNX Runtime's default is to let them spin: on two idle cores that made runs of a
/// millisecond a quarter faster, and on two busy ones it made ResNet-50 take twice as long.
const FEW_THREADS: usize = 4;

/// The one environment that ONNX Runtime allows a process.
static RUNTIME: Mutex<Option<&'static Runtime>> = Mutex::new(None);

struct Runtime {
    library: OrtLibrary,
    environment: Environment,
}

/// Finds, loads and initialises ONNX Runtime, once for the process. What failed is tried again at the next call.
fn runtime() -> Result<&'static Runtime, String> {
    let mut slot = RUNTIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(runtime) = *slot {
        return Ok(runtime);
    }
    let library = ort_library::find()?;
    let explain = |error: String| format!("{} (ONNX Runtime {}): {error}", library.path.display(), library.version);
    let environment = ort::init_from(&library.path)
        .map_err(|error| explain(error.to_string()))?
        .with_name("assay")
        .with_telemetry(false)
        .build()
        .map_err(|error| explain(error.to_string()))?;
    // Never freed: sessions refer to it until the process ends, and there can be no second one.
    let runtime: &'static Runtime = Box::leak(Box::new(Runtime { library, environment }));
    *slot = Some(runtime);
    Ok(runtime)
}

/// Runs workloads as ONNX models in ONNX Runtime, on the CPU.
#[derive(Clone, Debug)]
pub struct OrtEvaluator {
    cpu: Device,
}

impl OrtEvaluator {
    /// For the host's processor.
    pub fn new(cpu: Device) -> Self {
        Self { cpu }
    }
}

impl Evaluator for OrtEvaluator {
    fn stack(&self) -> StackId {
        StackId::new("onnxruntime")
    }

    /// Loads the library into this process, so it belongs into a worker.
    fn probe(&self) -> Vec<(Device, StackStatus)> {
        let id = self.stack();
        let status = match runtime() {
            Ok(runtime) => {
                StackStatus { id, available: true, reason: None, version: Some(runtime.library.version.clone()) }
            }
            Err(reason) => StackStatus { id, available: false, reason: Some(reason), version: None },
        };
        vec![(self.cpu.clone(), status)]
    }

    fn support(&self, device: &Device, workload: &Workload) -> Support {
        support(&self.stack(), &self.cpu, device, workload, &FORMATS)
    }

    fn prepare(&self, _device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        let runtime = runtime().map_err(EvaluatorError::Unavailable)?;
        let model = onnx_model(job).map_err(EvaluatorError::Failed)?;
        let options = Options::for_this_machine();
        let started = Instant::now();
        let session = builder(&runtime.environment, options)
            .and_then(|mut builder| builder.commit_from_memory(&model.bytes))
            .map_err(|error| failure("ONNX Runtime cannot load the model", error))?;
        let load_secs = started.elapsed().as_secs_f64();

        let bind = |error| failure("ONNX Runtime cannot hold the tensors", error);
        let mut binding = session.create_binding().map_err(bind)?;
        for (name, id) in &model.inputs {
            let tensor = job.tensors.get(id.0).and_then(Option::as_ref);
            let tensor = tensor.ok_or_else(|| EvaluatorError::Failed(format!("the job has no data for `{name}`")))?;
            binding.bind_input(name, &input(tensor, job.graph.format).map_err(bind)?).map_err(bind)?;
        }
        let element = element(job.graph.format);
        let mut output =
            DynTensor::new(&Allocator::default(), element, job.graph.shape(job.graph.output)).map_err(bind)?;
        binding.bind_output(model.output, &mut output).map_err(bind)?;
        Ok(Box::new(OrtPrepared { session, binding, output, library: &runtime.library, options, load_secs }))
    }
}

/// Choices for a session.
#[derive(Clone, Copy, Debug)]
struct Options {
    threads: usize,
    spinning: bool,
    /// Use the slower u8-u8 kernel where the u8-i8 one may overflow.
    precise_int8: bool,
}

impl Options {
    fn for_this_machine() -> Self {
        let threads = compute_threads();
        Self { threads, spinning: threads > FEW_THREADS, precise_int8: int8_may_overflow() }
    }
}

/// x86 without VNNI adds pairs of products in 16 bits.
fn int8_may_overflow() -> bool {
    #[cfg(target_arch = "x86_64")]
    return !(is_x86_feature_detected!("avx512vnni") || is_x86_feature_detected!("avxvnni"));
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// A session on the CPU provider and nothing else: `ort` otherwise lets ONNX Runtime choose a provider, and it would
/// take any plugin that is registered.
fn builder(environment: &Environment, options: Options) -> ort::Result<SessionBuilder> {
    let processors = environment.devices().filter(|device| device.ep().is_ok_and(|name| name == PROVIDER));
    let processors: Vec<_> = processors.take(1).collect();
    if processors.is_empty() {
        return Err(ort::Error::new(format!("there is no device of {PROVIDER}")));
    }
    let builder = Session::builder(environment)?
        .with_devices(processors, None)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(options.threads)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(options.spinning)?;
    Ok(if options.precise_int8 { builder.with_precise_qmm()? } else { builder })
}

struct OrtPrepared {
    session: Session,
    binding: IoBinding,
    output: DynTensor,
    library: &'static OrtLibrary,
    options: Options,
    load_secs: f64,
}

impl Prepared for OrtPrepared {
    fn timing(&self) -> TimingMethod {
        TimingMethod::HostClock
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        let started = Instant::now();
        let outputs = self.session.run_binding(&self.binding);
        let latency_secs = started.elapsed().as_secs_f64();
        outputs.map_err(|error| failure("ONNX Runtime", error))?;
        Ok(Sample { latency_secs })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let read = |error| failure("ONNX Runtime's output cannot be read", error);
        let shape: Vec<usize> = self.output.shape().iter().map(|&extent| extent as usize).collect();
        let values = match self.output.data_type() {
            TensorElementType::Float16 => {
                self.output.try_extract_tensor::<f16>().map_err(read)?.1.iter().map(|v| v.to_f32()).collect()
            }
            _ => self.output.try_extract_tensor::<f32>().map_err(read)?.1.to_vec(),
        };
        Ok(Tensor::f32(shape, values))
    }

    fn notes(&self) -> Vec<(String, String)> {
        let note = |name: &str, value: String| (name.to_owned(), value);
        vec![
            note("engine", format!("ONNX Runtime {}", self.library.version)),
            note("library", self.library.path.display().to_string()),
            note("execution provider", PROVIDER.to_owned()),
            note("threads", format!("{} in an operator, operators in sequence", self.options.threads)),
            note("waiting threads", if self.options.spinning { "spin" } else { "sleep" }.to_owned()),
            note("int8 kernels", if self.options.precise_int8 { "u8 x u8" } else { "u8 x i8" }.to_owned()),
            note("graph optimisation", "all".to_owned()),
            note("load time", assay_base::format::duration(self.load_secs)),
        ]
    }
}

fn element(format: NumericFormat) -> TensorElementType {
    match format {
        NumericFormat::Fp16 => TensorElementType::Float16,
        _ => TensorElementType::Float32,
    }
}

/// A tensor in memory that ONNX Runtime allocated, and so aligned as its kernels like it.
fn input(tensor: &Tensor, format: NumericFormat) -> ort::Result<DynTensor> {
    let allocator = Allocator::default();
    let shape = tensor.shape.as_slice();
    match &tensor.values {
        Values::F32(values) if format == NumericFormat::Fp16 => {
            let mut input = ort::value::Tensor::<f16>::new(&allocator, shape)?;
            let (_, slots) = input.extract_tensor_mut();
            slots.iter_mut().zip(values).for_each(|(slot, value)| *slot = f16::from_f32(*value));
            Ok(input.upcast())
        }
        Values::F32(values) => {
            let mut input = ort::value::Tensor::<f32>::new(&allocator, shape)?;
            input.extract_tensor_mut().1.copy_from_slice(values);
            Ok(input.upcast())
        }
        Values::Index(values) => {
            let mut input = ort::value::Tensor::<i64>::new(&allocator, shape)?;
            input.extract_tensor_mut().1.copy_from_slice(values);
            Ok(input.upcast())
        }
    }
}
