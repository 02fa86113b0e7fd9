//! `assay worker`: the process in which evaluators run. Only here are GPU and ONNX libraries loaded.

use std::fs::File;
use std::io::{BufReader, Write};

use anyhow::Context as _;
use assay_core::environment::ForeignLoad;
use assay_core::runner::{Host, LoadMeter};
use assay_core::telemetry::Sensors;
use assay_core::worker::{Hosting, serve as serve_requests};
use assay_core::{Device, DeviceKind, Environment, Evaluator, StackId, StackStatus};
use assay_cuda::CudaEvaluator;
use assay_host::{CpuSensors, ForeignLoadMeter, NativeEvaluator};
use assay_onnx::{OrtEvaluator, RtenEvaluator};
use assay_python::TritonCompiler;
use assay_xla::{Places, TpuCompiler, XlaEvaluator};

/// Speaks the worker protocol on stdin and stdout until the input ends.
pub fn serve() -> anyhow::Result<()> {
    // SAFETY: the process has just begun, and has no other thread.
    unsafe { assay_xla::prepare_environment() };
    let events = protocol_output().context("the worker's output cannot be prepared")?;
    let cpu = assay_host::cpu_device();
    let cuda = CudaEvaluator::new();
    let cuda_absence = cuda.absence_reason();
    let mut absent = Vec::new();
    if let Some(reason) = &cuda_absence {
        absent.push(unavailable(&StackId::new("cuda"), reason));
    }
    let mut evaluators: Vec<Box<dyn Evaluator>> = Vec::new();
    match NativeEvaluator::new() {
        Ok(native) => evaluators.push(Box::new(native)),
        Err(error) => absent.insert(0, unavailable(&StackId::new("native"), &error.to_string())),
    }
    evaluators.push(Box::new(RtenEvaluator::new(cpu.clone())));
    let nvidia: Vec<Device> = cuda.probe().into_iter().map(|(device, _)| device).collect();
    for evaluator in OrtEvaluator::all(&cpu, &nvidia) {
        evaluators.push(Box::new(evaluator));
    }
    if cuda_absence.is_none() {
        evaluators.push(Box::new(CudaEvaluator::new()));
    }
    let mut devices = vec![cpu];
    devices.extend(assay_core::foreign::devices());
    let all: Vec<Device> = devices.iter().cloned().chain(nvidia).collect();
    let frameworks = assay_python::evaluators(&all);
    absent.extend(assay_python::absent(&frameworks));
    let triton = TritonCompiler::of(&frameworks);
    evaluators.extend(frameworks.into_iter().map(|evaluator| Box::new(evaluator) as Box<dyn Evaluator>));
    evaluators.push(Box::new(XlaEvaluator::new(&all, &Places::Environment)));
    let environment = |device: Option<&Device>| {
        let mut environment: Environment = assay_host::environment();
        if let Some(device) = device.filter(|d| d.kind == DeviceKind::Gpu) {
            cuda.describe(device, &mut environment);
        }
        environment
    };
    let hosting = Hosting {
        evaluators,
        devices,
        absent,
        compilers: vec![Box::new(TpuCompiler::new(Places::Environment)), Box::new(triton)],
        models: &assay_python::Models,
        host: &ThisHost,
        environment: &environment,
    };
    serve_requests(&hosting, &mut BufReader::new(std::io::stdin()), events);
    Ok(())
}

fn unavailable(id: &StackId, reason: &str) -> StackStatus {
    StackStatus { id: id.clone(), available: false, reason: Some(reason.to_owned()), version: None }
}

struct ThisHost;

impl Host for ThisHost {
    fn load_meter(&self) -> Box<dyn LoadMeter> {
        Box::new(Meter(ForeignLoadMeter::start()))
    }

    fn sensors(&self, device: &Device) -> Option<Box<dyn Sensors>> {
        match device.kind {
            DeviceKind::Cpu => Some(Box::new(CpuSensors::new())),
            DeviceKind::Gpu => assay_cuda::sensors(device),
            _ => None,
        }
    }
}

struct Meter(ForeignLoadMeter);

impl LoadMeter for Meter {
    fn finish(self: Box<Self>) -> ForeignLoad {
        self.0.finish()
    }
}

/// The protocol keeps stdout for itself; whatever a library prints to stdout goes to stderr.
#[cfg(unix)]
fn protocol_output() -> std::io::Result<Box<dyn Write + Send>> {
    use std::os::fd::FromRawFd as _;
    // SAFETY: dup and dup2 take plain numbers; the new descriptor is owned by the file made from it and by no one else.
    unsafe {
        let protocol = libc::dup(libc::STDOUT_FILENO);
        if protocol < 0 || libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) < 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Box::new(File::from_raw_fd(protocol)))
    }
}

#[cfg(not(unix))]
fn protocol_output() -> std::io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(std::io::stdout()))
}
