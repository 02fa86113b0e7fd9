//! What ONNX Runtime does behind one's back, caught. Skipped where it, or the provider for OpenVINO, is not installed.

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::{Evaluator as _, Job, Prepared as _};
use assay_core::model::{ModelChoice, ModelJob, ModelOptions, ModelReader as _, ModelReference};
use assay_core::{NumericFormat, Shape, Workload};
use ort::session::Session;

use crate::ort_evaluator::{OrtEvaluator, Setup};
use crate::ort_model::OrtModel;
use crate::ort_profile;
use crate::ort_runtime::{CPU, Provider, Runtime, runtime};
use crate::{OnnxReader, onnx_model};

const OPENVINO: &str = "OpenVINOExecutionProvider";

fn cpu() -> Device {
    Device::new("cpu", DeviceKind::Cpu, "the processor")
}

/// A block of a transformer encoder as a user's model.
fn encoder() -> ModelJob {
    let shape = Shape::EncoderBlock { batch: 1, sequence: 32, hidden: 64, heads: 4, feed_forward: 128 };
    let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("encoder.onnx");
    std::fs::write(&file, onnx_model(&Job::new(&workload, 7)).unwrap().bytes).unwrap();
    let report = OnnxReader.inspect(&ModelChoice { file, ..ModelChoice::default() }).unwrap();
    OnnxReader.load(&report.workload(None).unwrap(), ModelOptions::default(), 7).unwrap()
}

fn found() -> Option<&'static Runtime> {
    runtime().inspect_err(|reason| eprintln!("skipped: {reason}")).ok()
}

/// The provider for OpenVINO on the processor.
fn openvino(runtime: &Runtime) -> Option<Provider> {
    let found = runtime.providers(&cpu(), &[]).into_iter().find(|provider| provider.name == OPENVINO);
    if found.is_none() {
        eprintln!("skipped: the Python package onnxruntime-ep-openvino is not installed");
    }
    found
}

fn reference(runtime: &'static Runtime, job: &ModelJob) -> ModelReference {
    let setup = Setup::new(&Provider::cpu(cpu()), NumericFormat::Fp32, ModelOptions::default());
    let outputs = OrtModel::new(runtime, setup, job).unwrap().outputs().unwrap();
    ModelReference { origin: "test".to_owned(), outputs }
}

#[test]
fn a_pinned_session_stays_where_it_was_pinned() {
    let Some(runtime) = found() else { return };
    let job = encoder();
    for provider in [Some(Provider::cpu(cpu())), openvino(runtime)].into_iter().flatten() {
        let setup = Setup::new(&provider, NumericFormat::Fp32, ModelOptions::default());
        let mut model = OrtModel::new(runtime, setup, &job).unwrap();
        model.execute().unwrap();
        let placement = model.placement().unwrap().unwrap();
        assert_eq!(placement.rejection(), None, "{placement:?}");
        let wanted = placement.wanted_share().unwrap();
        if provider.name == CPU {
            assert_eq!((wanted.flop_share, placement.crossings), (Some(1.0), 0), "{placement:?}");
            assert!(placement.elsewhere.is_empty());
        } else {
            // OpenVINO knows no `Attention` yet: it is told, and the rest is where it belongs.
            assert!(wanted.flop_share.is_some_and(|share| share > 0.8), "{placement:?}");
            assert!(placement.elsewhere.iter().all(|operator| operator == "Attention"), "{placement:?}");
        }
    }
}

#[test]
fn a_session_that_is_not_pinned_is_re_routed_and_the_profile_shows_it() {
    let Some(runtime) = found() else { return };
    if openvino(runtime).is_none() {
        return;
    }
    let job = encoder();
    let folder = tempfile::tempdir().unwrap();
    let profile = || -> ort::Result<String> {
        let mut session = Session::builder(&runtime.environment)?
            .with_profiling(folder.path().join("profile"))?
            .commit_from_memory(&job.bytes)?;
        crate::ort_model::bind(&session, &job.inputs).and_then(|binding| session.run_binding(&binding).map(|_| ()))?;
        session.end_profiling()
    };
    let text = std::fs::read_to_string(profile().unwrap()).unwrap();
    let placement = ort_profile::read(&text, CPU, &job.report.nodes).unwrap();
    if placement.rejection().is_none() {
        eprintln!("skipped: this version of ONNX Runtime left the session where it was: {placement:?}");
        return;
    }
    assert_eq!(placement.providers[0].provider, OPENVINO);
}

#[test]
fn a_provider_that_lowers_the_precision_is_caught_and_a_pinned_one_does_not() {
    let Some(runtime) = found() else { return };
    let Some(provider) = openvino(runtime) else { return };
    let job = encoder();
    let reference = reference(runtime, &job);
    let tolerance = assay_core::model::tolerance(NumericFormat::Fp32);
    // Bf16 asks for no fp32 to be kept, so that the provider chooses for itself.
    let error = |format| {
        let setup = Setup::new(&provider, format, ModelOptions::default());
        let outputs = OrtModel::new(runtime, setup, &job).unwrap().outputs().unwrap();
        reference.error_norm(&outputs).unwrap()
    };
    assert!(error(NumericFormat::Fp32) <= tolerance);
    let left_alone = error(NumericFormat::Bf16);
    if left_alone < 1e-5 {
        eprintln!("skipped: OpenVINO keeps fp32 on this processor ({left_alone:.1e})");
        return;
    }
    assert!(left_alone > tolerance, "{left_alone}");
}

#[test]
fn providers_that_cannot_be_used_have_a_reason() {
    if found().is_none() {
        return;
    }
    let all = OrtEvaluator::all(&cpu(), &[]);
    assert_eq!(all[0].stack().as_str(), "onnxruntime");
    for evaluator in &all {
        for (device, status) in evaluator.probe() {
            assert!(status.available || status.reason.is_some_and(|reason| !reason.is_empty()), "{}", device.id);
        }
    }
    let mut names: Vec<String> = all.iter().map(|evaluator| evaluator.stack().to_string()).collect();
    names.dedup();
    assert_eq!(names.len(), all.len());
}
