//! Users' models of each kind on both engines, compared with each other.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Support};
use assay_core::model::{GraphOptimization, ModelChoice, ModelJob, ModelOptions, ModelReader as _, ModelReference};
use assay_core::{NumericFormat, Shape, Workload};
use assay_onnx::{OnnxReader, OrtEvaluator, RtenEvaluator, onnx_model};

fn cpu() -> Device {
    Device::new("cpu", DeviceKind::Cpu, "the processor")
}

fn available(evaluator: &dyn Evaluator) -> bool {
    evaluator.probe().iter().all(|(_, status)| {
        if let Some(reason) = &status.reason {
            eprintln!("skipped: {}: {reason}", status.id);
        }
        status.available
    })
}

fn load(file: &Path, options: ModelOptions) -> ModelJob {
    let report = OnnxReader.inspect(&ModelChoice { file: file.to_owned(), ..ModelChoice::default() }).unwrap();
    OnnxReader.load(&report.workload(None).unwrap(), options, 5).unwrap()
}

fn outputs(evaluator: &dyn Evaluator, job: &ModelJob) -> Result<ModelReference, EvaluatorError> {
    assert_eq!(evaluator.support_model(&cpu(), job), Support::Supported);
    let mut prepared = evaluator.prepare_model(&cpu(), job)?;
    prepared.execute()?;
    Ok(ModelReference { origin: evaluator.stack().to_string(), outputs: prepared.outputs()? })
}

fn written(folder: &Path, shape: Shape, format: NumericFormat) -> std::path::PathBuf {
    let workload = Workload { id: "w".to_owned(), format, shape };
    let file = folder.join(format!("{}-{format}.onnx", workload.shape.kind()));
    std::fs::write(&file, onnx_model(&Job::new(&workload, 2)).unwrap().bytes).unwrap();
    file
}

/// Convolutional, encoder, a decoder's step with its cache, look-ups, quantised.
fn kinds() -> Vec<(Shape, NumericFormat)> {
    vec![
        (Shape::Resnet50 { batch: 1, size: 64 }, NumericFormat::Fp32),
        (Shape::EncoderBlock { batch: 2, sequence: 11, hidden: 24, heads: 3, feed_forward: 40 }, NumericFormat::Fp32),
        (Shape::AttentionDecode { batch: 2, heads: 6, kv_heads: 2, context: 21, head_dim: 8 }, NumericFormat::Fp32),
        (Shape::EmbeddingMlp { batch: 5, tables: 3, rows: 50, dim: 12, bag: 4, hidden: 20 }, NumericFormat::Fp32),
        (Shape::Gemm { m: 33, n: 17, k: 65 }, NumericFormat::Int8),
    ]
}

#[test]
fn engines_agree_on_models_of_each_kind() {
    let (ort, rten) = (OrtEvaluator::new(cpu()), RtenEvaluator::new(cpu()));
    if !available(&ort) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (shape, format) in kinds() {
        let file = written(folder.path(), shape, format);
        let plain = ModelOptions { optimization: GraphOptimization::Off, threads: Some(1) };
        let reference = outputs(&ort, &load(&file, plain)).unwrap();
        let tolerance = assay_core::model::tolerance(format);
        for evaluator in [&ort as &dyn Evaluator, &rten] {
            let found = outputs(evaluator, &load(&file, ModelOptions::default())).unwrap();
            let error = reference.error_norm(&found.outputs).unwrap();
            assert!(error <= tolerance, "{} on {}: {error}", file.display(), found.origin);
        }
    }
}

#[test]
fn the_embedded_engine_alone_is_a_reference_of_itself() {
    let rten = RtenEvaluator::new(cpu());
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), Shape::ConvBlock { batch: 1, channels: 4, size: 8 }, NumericFormat::Fp32);
    let plain = ModelOptions { optimization: GraphOptimization::Off, threads: Some(1) };
    let reference = outputs(&rten, &load(&file, plain)).unwrap();
    let found = outputs(&rten, &load(&file, ModelOptions::default())).unwrap();
    assert!(reference.error_norm(&found.outputs).unwrap() < 1e-5);
}

#[test]
fn a_model_in_a_format_that_an_engine_lacks_is_unsupported() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), Shape::Gemm { m: 4, n: 4, k: 4 }, NumericFormat::Fp16);
    let job = load(&file, ModelOptions::default());
    let support = RtenEvaluator::new(cpu()).support_model(&cpu(), &job);
    assert!(matches!(support, Support::Unsupported { reason } if reason.contains("float16")));
    // ONNX Runtime's processor provider has no bf16 product, and says so itself.
    let ort = OrtEvaluator::new(cpu());
    if available(&ort) {
        let file = written(folder.path(), Shape::Gemm { m: 4, n: 4, k: 4 }, NumericFormat::Bf16);
        let error = outputs(&ort, &load(&file, ModelOptions::default())).unwrap_err();
        assert!(matches!(&error, EvaluatorError::Unsupported(_)), "{error}");
    }
}
