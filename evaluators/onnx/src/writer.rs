//! Translates a workload's graph and its weights to an ONNX model.
//!
//! Weights become initializers, so that an engine may pack them once; inputs stay inputs. In `int8` each matrix product
//! with a weight is quantised (activations dynamically to u8, weights per tensor and symmetrically to i8, sums in i32), and
//! so are look-up tables. Everything else is computed in fp32 there, as deployed int8 models do.

use std::collections::HashMap;

use assay_core::NumericFormat;
use assay_core::evaluator::Job;
use assay_core::graph::{Graph, Source, TensorId};

mod attention;
mod model_builder;
mod operations;
mod quantised;
#[cfg(test)]
mod tests;

use model_builder::{Attribute, ElementType, ModelBuilder};

/// Protocol buffers hold at most 2 GiB; the rest is for the nodes.
const LARGEST_INITIALIZERS_BYTES: usize = (i32::MAX as usize) - (16 << 20);

/// The oldest operator set with `Attention` and `RMSNormalization`.
const OPSET: i64 = 23;

/// The version of the file format that came with [`OPSET`].
const IR_VERSION: i64 = 11;

/// An ONNX model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnnxModel {
    /// The serialised `ModelProto`.
    pub bytes: Vec<u8>,
    /// The model's inputs by name, in order.
    pub inputs: Vec<(String, TensorId)>,
    /// The name of its one output.
    pub output: String,
}

/// The ONNX model of a workload. In fp16 and bf16 its inputs and output have that type, in int8 they are fp32.
///
/// # Errors
/// The reason, in one sentence, why there is no such model: see [`check`].
pub fn onnx_model(job: &Job) -> Result<OnnxModel, String> {
    let graph = &job.graph;
    check(graph)?;
    let mut translator = Translator {
        job,
        element: element_type(graph.format)?,
        model: ModelBuilder::new(&job.workload.id),
        names: HashMap::new(),
    };
    let inputs = translator.inputs();
    for node in &graph.nodes {
        let name = translator.translate(node)?;
        translator.names.insert(node.output, name);
    }
    let output = translator.operand(graph.output)?;
    translator.model.output(&output, translator.element, graph.shape(graph.output));
    Ok(OnnxModel { bytes: translator.model.finish(IR_VERSION, OPSET), inputs, output })
}

/// Whether a graph can become an ONNX model.
///
/// # Errors
/// The reason, in one sentence, why it cannot: the format, no matrix product to quantise, or more than 2 GB of weights.
pub fn check(graph: &Graph) -> Result<(), String> {
    let element = element_type(graph.format)?;
    let weight_bytes = if graph.format == NumericFormat::Int8 {
        quantised::check(graph)?;
        ElementType::I8.bytes()
    } else {
        element.bytes()
    };
    let weights = graph.tensors.iter().filter(|spec| matches!(spec.source, Source::Weight { .. }));
    let bytes = weights.fold(0_usize, |sum, spec| {
        let count = spec.shape.iter().fold(1_usize, |product, extent| product.saturating_mul(*extent));
        sum.saturating_add(count.saturating_mul(weight_bytes))
    });
    if bytes > LARGEST_INITIALIZERS_BYTES {
        let size = assay_base::format::memory(bytes as f64);
        return Err(format!(
            "the model's weights take {size}, and an ONNX file holds less than 2 GiB: choose a smaller one"
        ));
    }
    Ok(())
}

/// The type of inputs, intermediates and output.
fn element_type(format: NumericFormat) -> Result<ElementType, String> {
    match format {
        NumericFormat::Fp32 | NumericFormat::Int8 => Ok(ElementType::F32),
        NumericFormat::Fp16 => Ok(ElementType::F16),
        NumericFormat::Bf16 => Ok(ElementType::BF16),
        NumericFormat::Fp64 | NumericFormat::Tf32 | NumericFormat::Fp8 | NumericFormat::Fp4 => {
            Err(format!("our ONNX models come in fp32, fp16, bf16 and int8, not in {format}"))
        }
    }
}

/// Translates one job.
struct Translator<'a> {
    job: &'a Job,
    /// The type of inputs, intermediates and output.
    element: ElementType,
    model: ModelBuilder,
    /// The name in the model of each tensor that is there by now.
    names: HashMap<TensorId, String>,
}

impl<'a> Translator<'a> {
    /// Declares the inputs.
    fn inputs(&mut self) -> Vec<(String, TensorId)> {
        let mut inputs = Vec::new();
        for (index, spec) in self.job.graph.tensors.iter().enumerate() {
            let element = match spec.source {
                Source::Input => self.element,
                Source::Indices { .. } => ElementType::I64,
                Source::Weight { .. } | Source::Node => continue,
            };
            self.model.input(&spec.name, element, &spec.shape);
            self.names.insert(TensorId(index), spec.name.clone());
            inputs.push((spec.name.clone(), TensorId(index)));
        }
        inputs
    }

    /// The name of a tensor; a weight becomes an initializer when it is first asked for.
    fn operand(&mut self, id: TensorId) -> Result<String, String> {
        if let Some(name) = self.names.get(&id) {
            return Ok(name.clone());
        }
        let values = self.weight(id)?;
        let spec = self.job.graph.spec(id);
        self.model.initializer(&spec.name, self.element, &spec.shape, values);
        self.names.insert(id, spec.name.clone());
        Ok(spec.name.clone())
    }

    /// The values of a weight.
    fn weight(&self, id: TensorId) -> Result<&'a [f32], String> {
        match self.job.tensors.get(id.0) {
            Some(Some(tensor)) => Ok(tensor.as_f32()),
            _ => Err(format!("the job has no data for the tensor `{}`", self.job.graph.spec(id).name)),
        }
    }

    /// A constant of one element.
    fn scalar(&mut self, value: f32) -> String {
        self.model.constant(self.element, &[], &[value])
    }

    /// `x` in another type.
    fn cast(&mut self, x: String, from: ElementType, to: ElementType) -> String {
        if from == to {
            return x;
        }
        self.model.node("Cast", &[&x], vec![Attribute::Int("to", i64::from(to.code()))])
    }
}
