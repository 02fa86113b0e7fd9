//! Every workload the native stack supports, against the fp64 reference, at sizes that leave remainders everywhere.

use std::collections::BTreeSet;

use assay_core::evaluator::Job;
use assay_core::reference::Reference;
use assay_core::{Evaluator, EvaluatorError, NumericFormat, Shape, Support, Workload};
use assay_host::NativeEvaluator;

const SHAPES: [Shape; 22] = [
    Shape::Gemm { m: 1, n: 1, k: 1 },
    Shape::Gemm { m: 1, n: 300, k: 517 },
    Shape::Gemm { m: 67, n: 129, k: 301 },
    Shape::Gemm { m: 256, n: 256, k: 1024 },
    Shape::Triad { elements: 1 },
    Shape::Triad { elements: 100_003 },
    Shape::Softmax { rows: 3, columns: 1 },
    Shape::Softmax { rows: 37, columns: 1001 },
    Shape::RmsNorm { rows: 37, columns: 1001 },
    Shape::BiasGelu { rows: 37, columns: 1001 },
    Shape::AttentionPrefill { batch: 2, heads: 3, sequence: 77, head_dim: 20 },
    Shape::AttentionPrefill { batch: 1, heads: 2, sequence: 300, head_dim: 64 },
    Shape::AttentionDecode { batch: 3, heads: 8, kv_heads: 2, context: 131, head_dim: 36 },
    Shape::AttentionDecode { batch: 1, heads: 4, kv_heads: 4, context: 1, head_dim: 64 },
    Shape::EncoderBlock { batch: 2, sequence: 19, hidden: 96, heads: 4, feed_forward: 200 },
    Shape::EncoderBlock { batch: 1, sequence: 1, hidden: 32, heads: 2, feed_forward: 64 },
    Shape::ConvBlock { batch: 3, channels: 5, size: 9 },
    Shape::ConvBlock { batch: 1, channels: 17, size: 1 },
    Shape::Resnet50 { batch: 1, size: 64 },
    Shape::Resnet50 { batch: 2, size: 33 },
    Shape::EmbeddingMlp { batch: 1, tables: 1, rows: 10, dim: 3, bag: 1, hidden: 7 },
    Shape::EmbeddingMlp { batch: 9, tables: 3, rows: 100, dim: 20, bag: 5, hidden: 40 },
];

/// The error norms of the native stack with each of several numbers of threads.
fn errors_of(workload: &Workload, threads: &[usize]) -> Result<Vec<f64>, EvaluatorError> {
    let job = Job::new(workload, 7);
    let reference = Reference::compute(&job);
    let error_of = |threads: &usize| {
        let evaluator = NativeEvaluator::with_threads(*threads)?;
        let mut prepared = evaluator.prepare(&evaluator.probe()[0].0, &job)?;
        let mut outputs = Vec::new();
        for _ in 0..3 {
            assert!(prepared.execute()?.latency_secs > 0.0);
            outputs.push(prepared.output()?);
        }
        assert!(outputs.windows(2).all(|w| w[0] == w[1]), "{:?} differs between executions", workload.shape);
        Ok(reference.error_norm(&outputs[0]).unwrap_or(f64::INFINITY))
    };
    threads.iter().map(error_of).collect()
}

#[test]
fn every_supported_workload_is_within_its_tolerance() {
    let evaluator = NativeEvaluator::with_threads(1).unwrap();
    let (device, status) = evaluator.probe().remove(0);
    assert!(status.available);
    let mut supported = BTreeSet::new();
    for (format, shape) in NumericFormat::ALL.iter().flat_map(|format| SHAPES.iter().map(move |shape| (*format, shape)))
    {
        let workload = Workload { id: "w".to_owned(), format, shape: shape.clone() };
        if evaluator.support(&device, &workload) != Support::Supported {
            continue;
        }
        // One thread, some, and more than there is work for.
        let errors = errors_of(&workload, &[1, 2, 7]).unwrap();
        println!("{format} {shape:?}: {errors:?}");
        assert!(errors.iter().all(|error| *error <= format.tolerance()), "{format} {shape:?}: {errors:?}");
        supported.insert((format, shape.kind()));
    }
    let of = |format| supported.iter().filter(|(f, _)| *f == format).map(|(_, kind)| *kind).collect::<Vec<_>>();
    assert_eq!(of(NumericFormat::Fp32).len(), 11);
    assert_eq!(of(NumericFormat::Int8), ["encoder-block", "gemm"]);
}

#[test]
fn what_is_not_supported_says_why_and_is_refused() {
    let evaluator = NativeEvaluator::with_threads(1).unwrap();
    let (device, _) = evaluator.probe().remove(0);
    let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp8, shape: Shape::Gemm { m: 2, n: 2, k: 2 } };
    let Support::Unsupported { reason } = evaluator.support(&device, &workload) else { panic!("fp8 is supported") };
    assert!(reason.contains("fp8"), "{reason}");
    let refused = evaluator.prepare(&device, &Job::new(&workload, 7)).map(|_| ());
    assert_eq!(refused, Err(EvaluatorError::Unavailable(reason)));
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_tried() {
    let evaluator = NativeEvaluator::with_threads(1).unwrap();
    let (device, _) = evaluator.probe().remove(0);
    let workload =
        Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape: Shape::Triad { elements: 1 << 44 } };
    let graph = assay_core::graph::build(&workload);
    let job = Job { workload, tensors: vec![None; graph.tensors.len()], graph };
    let result = evaluator.prepare(&device, &job).map(|_| ());
    assert!(matches!(&result, Err(EvaluatorError::OutOfMemory(message)) if message.contains("TiB")), "{result:?}");
}
