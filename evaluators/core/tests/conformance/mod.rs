//! What every stack must compute alike: small workloads against the fp64 reference. The tests of the evaluators' crates
//! include this file by its path.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, reason = "tests, also within crates")]

use assay_core::evaluator::{Evaluator, EvaluatorError, Job, Support};
use assay_core::graph::{Graph, Node, Op, Source, TensorId, TensorSpec};
use assay_core::reference::Reference;
use assay_core::{Device, DeviceKind, NumericFormat, Shape, Workload};

/// The processor.
pub fn cpu() -> Device {
    Device::new("cpu", DeviceKind::Cpu, "the processor")
}

/// Workloads of the suites, small. Sizes are odd where they may be, so that a mistaken axis shows.
pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::Gemm { m: 33, n: 17, k: 65 },
        Shape::Triad { elements: 1001 },
        Shape::Softmax { rows: 7, columns: 129 },
        Shape::RmsNorm { rows: 7, columns: 129 },
        Shape::BiasGelu { rows: 7, columns: 129 },
        Shape::AttentionPrefill { batch: 2, heads: 3, sequence: 19, head_dim: 8 },
        Shape::AttentionDecode { batch: 2, heads: 6, kv_heads: 2, context: 21, head_dim: 8 },
        Shape::AttentionDecode { batch: 1, heads: 4, kv_heads: 1, context: 5, head_dim: 16 },
        Shape::EncoderBlock { batch: 2, sequence: 11, hidden: 24, heads: 3, feed_forward: 40 },
        Shape::ConvBlock { batch: 2, channels: 5, size: 9 },
        Shape::Resnet50 { batch: 1, size: 64 },
        Shape::EmbeddingMlp { batch: 5, tables: 3, rows: 50, dim: 12, bag: 4, hidden: 20 },
    ]
}

/// A shape in a format, under a name that says so.
pub fn workload(shape: Shape, format: NumericFormat) -> Workload {
    Workload { id: format!("{}-{format}", shape.kind()), format, shape }
}

/// Attention in which fewer queries than keys may see only what is before them. The workload only names the job.
pub fn causal_mask() -> Job {
    let tensor =
        |name: &str, tokens: usize, source| TensorSpec { name: name.to_owned(), shape: vec![2, tokens, 12], source };
    let graph = Graph {
        format: NumericFormat::Fp32,
        tensors: vec![
            tensor("q", 3, Source::Input),
            tensor("k", 7, Source::Input),
            tensor("v", 7, Source::Input),
            tensor("y", 3, Source::Node),
        ],
        nodes: vec![Node {
            op: Op::Attention { heads: 3, kv_heads: 3, causal: true },
            inputs: vec![TensorId(0), TensorId(1), TensorId(2)],
            output: TensorId(3),
        }],
        output: TensorId(3),
    };
    let tensors = graph.materialize(3);
    Job { workload: workload(Shape::Triad { elements: 1 }, NumericFormat::Fp32), graph, tensors }
}

/// Runs a job a few times, the last with cold caches where the stack can, and answers with the relative error of the last
/// output. A `note` must be among those that the stack gives.
pub fn error_norm(evaluator: &dyn Evaluator, device: &Device, job: &Job, note: &str) -> Result<f64, EvaluatorError> {
    let mut prepared = evaluator.prepare(device, job)?;
    for _ in 0..3 {
        assert!(prepared.execute()?.latency_secs > 0.0);
    }
    if prepared.flush_caches() {
        prepared.execute()?;
    }
    let output = prepared.output()?;
    assert!(prepared.notes().iter().any(|(name, value)| name == note && !value.is_empty()), "{:?}", prepared.notes());
    Ok(Reference::compute(job).error_norm(&output).unwrap())
}

/// What a stack computed and what it refused.
#[derive(Debug, Default)]
pub struct Conformance {
    /// The formats computed, once for each workload.
    pub computed: Vec<NumericFormat>,
    /// What was refused, with the reason.
    pub refused: Vec<String>,
}

impl Conformance {
    /// Workloads computed in a format.
    pub fn count(&self, format: NumericFormat) -> usize {
        self.computed.iter().filter(|computed| **computed == format).count()
    }
}

/// Holds a stack's outputs for workloads against the reference. Refusing is a finding; being wrong or failing is not.
pub fn conformance(
    evaluator: &dyn Evaluator,
    workloads: impl IntoIterator<Item = Workload>,
    note: &str,
) -> Conformance {
    let stack = evaluator.stack();
    let (mut found, mut wrong) = (Conformance::default(), Vec::new());
    for workload in workloads {
        if let Support::Unsupported { reason } = evaluator.support(&cpu(), &workload) {
            found.refused.push(format!("{}: {reason}", workload.id));
            continue;
        }
        match error_norm(evaluator, &cpu(), &Job::new(&workload, 11), note) {
            Ok(error) if error <= workload.tolerance() => found.computed.push(workload.format),
            Ok(error) => wrong.push(format!("{} on {stack}: {error} > {}", workload.id, workload.tolerance())),
            Err(EvaluatorError::Unsupported(reason)) => found.refused.push(format!("{}: {reason}", workload.id)),
            Err(error) => wrong.push(format!("{} on {stack}: {error}", workload.id)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{stack}: {} computed, {} refused", found.computed.len(), found.refused.len());
    found
}
