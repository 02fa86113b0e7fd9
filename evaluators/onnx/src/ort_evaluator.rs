//! ONNX Runtime with one of its execution providers, through a library found at run time.

use std::time::Instant;

use assay_core::device::{Device, DeviceKind, StackId, StackStatus};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Prepared, Sample, Support, TimingMethod};
use assay_core::model::{GraphOptimization, ModelJob, ModelOptions, Placement};
use assay_core::tensor::{Tensor, Values};
use assay_core::{NumericFormat, Workload};
use half::f16;
use ort::memory::Allocator;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{IoBinding, Session};
use ort::value::{DynTensor, TensorElementType};

use crate::ort_model::OrtModel;
use crate::ort_profile;
use crate::ort_runtime::{CPU, Hardware, Pin, Provider, Runtime, runtime};
use crate::shared::{compute_threads, failure, support};
use crate::writer::onnx_model;

/// Formats with kernels in the CPU provider: it has no bf16 matrix product.
const FORMATS: [NumericFormat; 3] = [NumericFormat::Fp32, NumericFormat::Fp16, NumericFormat::Int8];

/// Up to so many threads wait asleep. ONNX Runtime's default is to let them spin: on two idle cores that made runs of a
/// millisecond a quarter faster, and on two busy ones it made ResNet-50 take twice as long.
const FEW_THREADS: usize = 4;

/// Runs workloads as ONNX models in ONNX Runtime, with one provider.
#[derive(Clone, Debug)]
pub struct OrtEvaluator {
    stack: StackId,
    /// The provider on each device that it reaches.
    places: Vec<Provider>,
}

impl OrtEvaluator {
    /// On the host's processor.
    pub fn new(cpu: Device) -> Self {
        let provider = Provider::cpu(cpu);
        Self { stack: provider.stack(), places: vec![provider] }
    }

    /// One evaluator for each provider that the library and its plugins have; only the processor's when there is no
    /// library. Loads the library into this process, so it belongs into a worker.
    pub fn all(cpu: &Device, nvidia: &[Device]) -> Vec<Self> {
        let Ok(runtime) = runtime() else { return vec![Self::new(cpu.clone())] };
        let mut all: Vec<Self> = Vec::new();
        for provider in runtime.providers(cpu, nvidia) {
            let stack = provider.stack();
            match all.iter_mut().find(|evaluator| evaluator.stack == stack) {
                Some(evaluator) => evaluator.places.push(provider),
                None => all.push(Self { stack, places: vec![provider] }),
            }
        }
        all
    }

    fn place(&self, device: &Device) -> Result<&Provider, String> {
        let place = self.places.iter().find(|place| place.device.id == device.id);
        place.ok_or_else(|| {
            let devices: Vec<&str> = self.places.iter().map(|place| place.device.id.as_str()).collect();
            format!("{} runs on {}, not on {}", self.stack, devices.join(", "), device.id)
        })
    }
}

impl Evaluator for OrtEvaluator {
    fn stack(&self) -> StackId {
        self.stack.clone()
    }

    fn probe(&self) -> Vec<(Device, StackStatus)> {
        let library = runtime();
        let status = |place: &Provider| {
            let (reason, version) = match (&library, &place.problem) {
                (Err(reason), _) => (Some(reason.clone()), None),
                (Ok(_), Some(problem)) => (Some(problem.clone()), None),
                (Ok(runtime), None) => (None, Some(runtime.library.version.clone())),
            };
            let status = StackStatus { id: self.stack(), available: reason.is_none(), reason, version };
            (place.device.clone(), status)
        };
        self.places.iter().map(status).collect()
    }

    fn support(&self, device: &Device, workload: &Workload) -> Support {
        match self.place(device) {
            Ok(place) => support(&self.stack, &place.device, device, workload, &FORMATS),
            Err(reason) => Support::unsupported(reason),
        }
    }

    fn prepare(&self, device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        let runtime = runtime().map_err(EvaluatorError::Unavailable)?;
        let model = onnx_model(job).map_err(EvaluatorError::Failed)?;
        let place = self.place(device).map_err(EvaluatorError::Unsupported)?;
        let setup = Setup::new(place, job.graph.format, ModelOptions::default());
        let started = Instant::now();
        let session = setup
            .builder(runtime)
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
        // The processor's own provider has nothing to fall back to.
        let model = (place.name != CPU).then_some(model.bytes);
        Ok(Box::new(OrtPrepared { session, binding, output, runtime, setup, load_secs, model }))
    }

    fn support_model(&self, device: &Device, _job: &ModelJob) -> Support {
        self.place(device).map_or_else(Support::unsupported, |_| Support::Supported)
    }

    fn prepare_model(&self, device: &Device, job: &ModelJob) -> Result<Box<dyn Prepared>, EvaluatorError> {
        let runtime = runtime().map_err(EvaluatorError::Unavailable)?;
        let place = self.place(device).map_err(EvaluatorError::Unsupported)?;
        let setup = Setup::new(place, job.workload.format, job.options);
        Ok(Box::new(OrtModel::new(runtime, setup, job)?))
    }
}

/// Choices for a session.
#[derive(Clone, Debug)]
pub struct Setup {
    provider: Provider,
    threads: usize,
    spinning: bool,
    /// Use the slower u8-u8 kernel where the u8-i8 one may overflow.
    precise_int8: bool,
    /// Forbid providers to compute fp32 in a narrower format.
    keep_fp32: bool,
    optimization: GraphOptimization,
}

impl Setup {
    /// For models of a format on a provider.
    pub fn new(provider: &Provider, format: NumericFormat, options: ModelOptions) -> Self {
        let threads = options.threads.unwrap_or_else(compute_threads);
        Self {
            provider: provider.clone(),
            threads,
            spinning: threads > FEW_THREADS,
            precise_int8: int8_may_overflow(),
            keep_fp32: matches!(format, NumericFormat::Fp32 | NumericFormat::Int8),
            optimization: options.optimization,
        }
    }

    /// A session on one provider, and the CPU for what that one cannot: `ort` otherwise lets ONNX Runtime choose, and
    /// it would take any plugin that is registered.
    pub fn builder(&self, runtime: &Runtime) -> ort::Result<SessionBuilder> {
        let level = match self.optimization {
            GraphOptimization::Off => GraphOptimizationLevel::Disable,
            GraphOptimization::Basic => GraphOptimizationLevel::Level1,
            GraphOptimization::Extended => GraphOptimizationLevel::Level2,
            GraphOptimization::All => GraphOptimizationLevel::All,
        };
        let builder = self
            .pinned(runtime)?
            .with_optimization_level(level)?
            .with_intra_threads(self.threads)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(self.spinning)?;
        Ok(if self.precise_int8 { builder.with_precise_qmm()? } else { builder })
    }

    fn pinned(&self, runtime: &Runtime) -> ort::Result<SessionBuilder> {
        let builder = Session::builder(&runtime.environment)?;
        let name = self.provider.name.as_str();
        match &self.provider.pin {
            Pin::Listed(hardware) => {
                let matches = |device: &ort::device::Device<'_>| {
                    device.ep().is_ok_and(|ep| ep == name)
                        && Hardware::of(device.hardware_device().ty()) == Some(*hardware)
                };
                let devices: Vec<_> = runtime.environment.devices().filter(matches).take(1).collect();
                if devices.is_empty() {
                    return Err(ort::Error::new(format!("there is no device of {name}")));
                }
                Ok(builder.with_devices(devices, Some(&self.options()))?)
            }
            Pin::Number(number) => {
                let provider = match name {
                    "CUDAExecutionProvider" => {
                        ort::ep::CUDA::default().with_device_id(*number).with_tf32(!self.keep_fp32).build()
                    }
                    "TensorrtExecutionProvider" => ort::ep::TensorRT::default().with_device_id(*number).build(),
                    _ => return Err(ort::Error::new(format!("{name} cannot be pinned to a device"))),
                };
                Ok(builder.with_execution_providers([provider.error_on_failure()])?)
            }
        }
    }

    /// Options of the provider; their names carry its name.
    fn options(&self) -> Vec<(String, String)> {
        let name = &self.provider.name;
        // OpenVINO computes fp32 in bf16 where the processor has AMX, ten times faster and a thousand times less exact.
        if name == "OpenVINOExecutionProvider" && self.keep_fp32 {
            let device = if self.provider.device.kind == DeviceKind::Cpu { "CPU" } else { "GPU" };
            let threads = format!(r#""INFERENCE_NUM_THREADS":"{}","#, self.threads);
            let threads = if device == "CPU" { threads } else { String::new() };
            let config = format!(r#"{{"{device}":{{{threads}"INFERENCE_PRECISION_HINT":"f32"}}}}"#);
            return vec![(format!("{name}.load_config"), config)];
        }
        Vec::new()
    }

    /// The provider's name.
    pub fn provider(&self) -> &str {
        &self.provider.name
    }

    /// What is worth knowing about a session.
    pub fn notes(&self, runtime: &Runtime, load_secs: f64) -> Vec<(String, String)> {
        let note = |name: &str, value: String| (name.to_owned(), value);
        let mut notes = vec![
            note("engine", format!("ONNX Runtime {}", runtime.library.version)),
            note("library", runtime.library.path.display().to_string()),
            note("execution provider", self.provider.name.clone()),
            note("threads", format!("{} in an operator, operators in sequence", self.threads)),
            note("waiting threads", if self.spinning { "spin" } else { "sleep" }.to_owned()),
            note("int8 kernels", if self.precise_int8 { "u8 x u8" } else { "u8 x i8" }.to_owned()),
            note("graph optimisation", self.optimization.label().to_owned()),
            note("load time", assay_base::format::duration(load_secs)),
        ];
        notes.extend(
            self.options().into_iter().map(|(name, value)| note("provider option", format!("{name} = {value}"))),
        );
        notes
    }
}

/// x86 without VNNI adds pairs of products in 16 bits.
fn int8_may_overflow() -> bool {
    #[cfg(target_arch = "x86_64")]
    return !(is_x86_feature_detected!("avx512vnni") || is_x86_feature_detected!("avxvnni"));
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

struct OrtPrepared {
    session: Session,
    binding: IoBinding,
    output: DynTensor,
    runtime: &'static Runtime,
    setup: Setup,
    load_secs: f64,
    /// The model's bytes, where the placement must be looked at.
    model: Option<Vec<u8>>,
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

    fn placement(&mut self) -> Result<Option<Placement>, EvaluatorError> {
        let Some(model) = &self.model else { return Ok(None) };
        let nodes = crate::reader::nodes_of(model);
        let execute = |session: &mut Session| session.run_binding(&self.binding).map(|_| ());
        ort_profile::placement(self.runtime, &self.setup, model, &nodes, execute).map(Some)
    }

    fn compile_secs(&self) -> Option<f64> {
        Some(self.load_secs)
    }

    fn notes(&self) -> Vec<(String, String)> {
        self.setup.notes(self.runtime, self.load_secs)
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
    let half = format == NumericFormat::Fp16;
    let element = match &tensor.values {
        Values::F32(_) if half => "float16",
        Values::F32(_) => "float32",
        Values::Index(_) => "int64",
    };
    crate::ort_model::value(tensor, element)
}
