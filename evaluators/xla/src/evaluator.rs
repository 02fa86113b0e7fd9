//! The evaluator of the stack `xla`.

use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Instant;

use assay_core::device::{Device, DeviceKind, StackId, StackStatus};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Prepared, Sample, Support, TimingMethod};
use assay_core::graph::{self, Graph};
use assay_core::tensor::Tensor;
use assay_core::{NumericFormat, Workload};

use crate::numbers;
use crate::pjrt::{Buffer, Client, ClientOption, Executable, Plugin, PluginError};
use crate::plugins::{self, Kind, Places, PluginFile};
use crate::stablehlo::{self, Program};

/// Runs workloads as StableHLO on the PJRT plugins that are found.
#[derive(Debug)]
pub struct XlaEvaluator {
    places: Vec<Place>,
}

/// A device with the plugin that drives it.
#[derive(Debug)]
struct Place {
    device: Device,
    kind: Kind,
    places: Places,
    /// Looked for when it is first asked for.
    file: OnceLock<Result<PluginFile, String>>,
    /// Loaded when it is first asked for.
    plugin: OnceLock<Result<&'static Plugin, String>>,
}

impl XlaEvaluator {
    /// For devices of this host: the processor, NVIDIA's by the driver's numbers, and others as found on the bus.
    /// Devices for which there are no plugins at all are left out. Plugins are looked for when they are needed.
    pub fn new(devices: &[Device], places: &Places) -> Self {
        let place = |device: &Device| {
            let kind = Kind::of_device(&device.id)?;
            let (file, plugin) = (OnceLock::new(), OnceLock::new());
            Some(Place { device: device.clone(), kind, places: places.clone(), file, plugin })
        };
        Self { places: devices.iter().filter_map(place).collect() }
    }

    fn place(&self, device: &Device) -> Result<&Place, String> {
        let place = self.places.iter().find(|place| place.device.id == device.id);
        place.ok_or_else(|| {
            let ids: Vec<&str> = self.places.iter().map(|place| place.device.id.as_str()).collect();
            format!("xla runs on {}, not on {}", ids.join(", "), device.id)
        })
    }
}

impl Place {
    fn file(&self) -> Result<&PluginFile, String> {
        self.file.get_or_init(|| plugins::find(self.kind, &self.places)).as_ref().map_err(Clone::clone)
    }

    fn plugin(&self) -> Result<&'static Plugin, String> {
        let load = || {
            let file = self.file()?;
            Plugin::load(&file.path).map_err(|error| {
                format!("the PJRT plugin cannot be used: {error}; install {} again", self.kind.package())
            })
        };
        self.plugin.get_or_init(load).clone()
    }

    /// Options of the plugin: only this device, and memory as it is needed. By default the CUDA plugin takes three
    /// quarters of the device's memory at once, and other stacks work in the same process.
    fn options(&self) -> Vec<ClientOption> {
        let number = self.device.id.split_once(':').and_then(|(_, number)| number.parse().ok()).unwrap_or(0);
        match self.kind {
            Kind::Cuda | Kind::Rocm | Kind::Xpu => {
                vec![ClientOption::Switch("preallocate", false), ClientOption::Numbers("visible_devices", vec![number])]
            }
            Kind::Cpu | Kind::Tpu | Kind::Neuron => Vec::new(),
        }
    }
}

impl Evaluator for XlaEvaluator {
    fn stack(&self) -> StackId {
        StackId::new("xla")
    }

    fn probe(&self) -> Vec<(Device, StackStatus)> {
        let status = |place: &Place| {
            let (reason, version) = match place.plugin() {
                Ok(plugin) => {
                    let package = place.file().ok().and_then(|file| file.package.clone());
                    (None, Some(package.unwrap_or_else(|| format!("PJRT {}", plugin.interface_version()))))
                }
                Err(reason) => (Some(reason), None),
            };
            let status = StackStatus { id: self.stack(), available: reason.is_none(), reason, version };
            (place.device.clone(), status)
        };
        self.places.iter().map(status).collect()
    }

    fn support(&self, device: &Device, workload: &Workload) -> Support {
        if let Err(reason) = self.place(device) {
            return Support::unsupported(reason);
        }
        match check(&graph::build(workload), device.kind) {
            Ok(()) => Support::Supported,
            Err(reason) => Support::unsupported(reason),
        }
    }

    fn prepare(&self, device: &Device, job: &Job) -> Result<Box<dyn Prepared>, EvaluatorError> {
        let place = self.place(device).map_err(EvaluatorError::Unsupported)?;
        let plugin = place.plugin().map_err(EvaluatorError::Unavailable)?;
        let program = stablehlo::program(&job.graph).map_err(EvaluatorError::Unsupported)?;
        // A client of its own for each workload: what one leaves in the device's memory is no other's.
        let client = Client::start(plugin, &place.options())
            .map_err(|error| EvaluatorError::Unavailable(format!("the PJRT plugin does not start: {error}")))?;
        let started = Instant::now();
        let executable =
            client.compile(&program.text).map_err(|error| failure("XLA cannot compile the workload", error))?;
        let compile_secs = started.elapsed().as_secs_f64();
        let mut arguments = Vec::new();
        for argument in &program.arguments {
            let tensor = job.tensors.get(argument.tensor.0).and_then(Option::as_ref).ok_or_else(|| {
                EvaluatorError::Failed(format!("the job has no data for `{}`", job.graph.spec(argument.tensor).name))
            })?;
            let bytes = numbers::encode(argument, tensor).map_err(EvaluatorError::Failed)?;
            let element = numbers::buffer_type(argument.element).map_err(EvaluatorError::Failed)?;
            let buffer = client
                .upload(element, &argument.shape, &bytes)
                .map_err(|error| failure("the device cannot hold the tensors", error))?;
            arguments.push(buffer);
        }
        let file = place.file().map_err(EvaluatorError::Unavailable)?;
        let notes = notes(&client, plugin, file, &job.graph, compile_secs);
        Ok(Box::new(XlaPrepared { arguments, last: Vec::new(), executable, client, program, compile_secs, notes }))
    }
}

/// Whether XLA is asked for a graph on a device of a kind.
///
/// # Errors
/// The reason, in one sentence, why not.
fn check(graph: &Graph, kind: DeviceKind) -> Result<(), String> {
    if graph.format == NumericFormat::Tf32 && kind != DeviceKind::Gpu {
        return Err(format!("{} devices have no tf32", kind.label()));
    }
    stablehlo::program(graph).map(|_| ())
}

/// A plugin's failure by what it says.
fn failure(what: &str, error: PluginError) -> EvaluatorError {
    let message = format!("{what}: {error}");
    if error.is_out_of_memory() { EvaluatorError::OutOfMemory(message) } else { EvaluatorError::Failed(message) }
}

fn notes(
    client: &Rc<Client>,
    plugin: &Plugin,
    file: &PluginFile,
    graph: &Graph,
    compile_secs: f64,
) -> Vec<(String, String)> {
    let note = |name: &str, value: String| (name.to_owned(), value);
    let mut notes = vec![
        note("engine", file.package.clone().unwrap_or_else(|| "XLA".to_owned())),
        note("library", plugin.path().display().to_string()),
        note("interface", format!("PJRT {}", plugin.interface_version())),
        note("compile time, cold", assay_base::format::duration(compile_secs)),
    ];
    // What a plugin does not tell is left out.
    let attributes = plugin.attributes().unwrap_or_default();
    if let Some((_, version)) = attributes.iter().find(|(name, _)| name == "stablehlo_current_version") {
        notes.push(note("StableHLO", version.clone()));
    }
    if let Ok(version) = client.platform_version() {
        notes.push(note("platform", version.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    if let Ok(kind) = client.device_kind() {
        notes.push(note("device in the plugin", kind));
    }
    let precision = match graph.format {
        NumericFormat::Fp32 => "highest: products in fp32",
        NumericFormat::Tf32 => "default: products in tf32",
        NumericFormat::Int8 => "products in int8; weights quantised before the timed part, activations in it",
        _ => "default: products in the workload's format",
    };
    notes.push(note("precision", precision.to_owned()));
    notes.push(note("result", "in memory that is allocated in each execution".to_owned()));
    if let Some(flags) = std::env::var("XLA_FLAGS").ok().filter(|flags| !flags.is_empty()) {
        notes.push(note("XLA_FLAGS", flags));
    }
    notes
}

/// A compiled workload with its data on the device. The order is that in which they are given back.
struct XlaPrepared {
    arguments: Vec<Buffer>,
    last: Vec<Buffer>,
    executable: Executable,
    client: Rc<Client>,
    program: Program,
    compile_secs: f64,
    notes: Vec<(String, String)>,
}

impl Prepared for XlaPrepared {
    fn timing(&self) -> TimingMethod {
        TimingMethod::HostClock
    }

    fn execute(&mut self) -> Result<Sample, EvaluatorError> {
        // The last result's memory is free to be used again, outside of the timed part.
        self.last.clear();
        let started = Instant::now();
        let outputs = self.executable.execute(&self.arguments);
        let latency_secs = started.elapsed().as_secs_f64();
        self.last = outputs.map_err(|error| failure("XLA", error))?;
        Ok(Sample { latency_secs })
    }

    fn output(&mut self) -> Result<Tensor, EvaluatorError> {
        let mut parts = Vec::new();
        for (buffer, (element, shape)) in self.last.iter().zip(&self.program.results) {
            let bytes = buffer.download().map_err(|error| failure("XLA's output cannot be read", error))?;
            parts.push(numbers::decode(*element, shape, &bytes).map_err(EvaluatorError::Failed)?);
        }
        let shape = self.program.results.first().map(|(_, shape)| shape.clone()).unwrap_or_default();
        match <[Vec<f32>; 2]>::try_from(parts) {
            Ok([steps, factors]) => Ok(Tensor::f32(shape.clone(), multiples(&steps, &factors, &shape))),
            Err(mut parts) => match parts.pop() {
                Some(values) => Ok(Tensor::f32(shape, values)),
                None => Err(EvaluatorError::Failed("there is no output yet".to_owned())),
            },
        }
    }

    fn compile_secs(&self) -> Option<f64> {
        Some(self.compile_secs)
    }

    fn notes(&self) -> Vec<(String, String)> {
        let peak = self.client.memory_use().and_then(|memory| memory.peak_bytes);
        let memory = peak.map(|bytes| ("peak device memory".to_owned(), assay_base::format::memory(bytes as f64)));
        self.notes.iter().cloned().chain(memory).collect()
    }
}

/// What rows of int8 steps with a factor each stand for.
fn multiples(steps: &[f32], factors: &[f32], shape: &[usize]) -> Vec<f32> {
    let width = shape.last().copied().unwrap_or(1).max(1);
    steps.chunks(width).zip(factors).flat_map(|(row, factor)| row.iter().map(move |step| step * factor)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_multiplied_by_the_factor_of_their_row() {
        assert_eq!(multiples(&[1.0, 2.0, 3.0, 4.0], &[10.0, 0.5], &[2, 2]), [10.0, 20.0, 1.5, 2.0]);
    }

    #[test]
    fn tf32_is_asked_of_graphics_processors_only() {
        let shape = assay_core::Shape::Gemm { m: 2, n: 2, k: 2 };
        let workload = Workload { id: "w".to_owned(), format: NumericFormat::Tf32, shape };
        let graph = graph::build(&workload);
        assert!(check(&graph, DeviceKind::Cpu).unwrap_err().contains("tf32"));
        assert_eq!(check(&graph, DeviceKind::Gpu), Ok(()));
    }
}
