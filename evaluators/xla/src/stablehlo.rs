//! Translates a workload's graph to StableHLO, as text.
//!
//! Inputs and weights are arguments, so that the text does not depend on the data. Products of matrices and convolutions
//! are computed in the workload's format; everything between them (normalisation, softmax, activations) in fp32, which
//! XLA fuses, and rounded once. fp32 asks for the highest precision, as the default of some devices is bf16 or TF32.

use std::collections::HashMap;

use assay_core::NumericFormat;
use assay_core::graph::{Graph, Op, Source, TensorId};

mod attention;
mod emitter;
mod operations;
mod quantised;
#[cfg(test)]
mod tests;

pub use emitter::Element;
use emitter::{Emitter, Value};

/// A workload as a StableHLO module.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The module; its function is `main`.
    pub text: String,
    /// What `main` takes, in order.
    pub arguments: Vec<Argument>,
    /// What `main` answers with: one tensor, or int8 values and the factor of each row.
    pub results: Vec<(Element, Vec<usize>)>,
}

/// An argument of `main`.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The tensor of the graph it is made from.
    pub tensor: TensorId,
    /// What is made of the tensor.
    pub stored: Stored,
    /// The type of its elements.
    pub element: Element,
    /// Its extents.
    pub shape: Vec<usize>,
}

/// How a tensor is given to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stored {
    /// As its values.
    Plain,
    /// As int8 multiples of one factor, its largest magnitude over 127.
    Steps,
    /// That factor.
    Factor,
    /// As int8 multiples of a factor for each row.
    RowSteps,
    /// Those factors.
    RowFactors,
}

/// The StableHLO module of a graph.
///
/// # Errors
/// The reason, in one sentence, why there is none: the format, or an operation that is no computation.
pub fn program(graph: &Graph) -> Result<Program, String> {
    let element = element_of(graph)?;
    let mut translator =
        Translator { graph, element, body: Emitter::default(), arguments: Vec::new(), values: HashMap::new() };
    translator.declare_inputs();
    let mut results = Vec::new();
    for node in &graph.nodes {
        results = translator.translate(node)?;
        if let [value] = results.as_slice() {
            translator.values.insert(node.output, value.clone());
        }
    }
    let types = results.iter().map(Value::tensor_type).collect::<Vec<_>>().join(", ");
    let names = results.iter().map(|value| value.name.as_str()).collect::<Vec<_>>().join(", ");
    let signature = translator
        .arguments
        .iter()
        .enumerate()
        .map(|(index, a)| format!("%arg{index}: {}", emitter::tensor_type(a.element, &a.shape)))
        .collect::<Vec<_>>()
        .join(", ");
    let body = translator.body.finish();
    let text = format!(
        "module @workload {{\n  func.func public @main({signature}) -> ({types}) {{\n{body}    return {names} : {types}\n  \
         }}\n}}\n"
    );
    let results = results.into_iter().map(|value| (value.element, value.shape)).collect();
    Ok(Program { text, arguments: translator.arguments, results })
}

/// The type of inputs, intermediates and output.
fn element_of(graph: &Graph) -> Result<Element, String> {
    match graph.format {
        NumericFormat::Fp32 | NumericFormat::Tf32 => Ok(Element::F32),
        NumericFormat::Int8 => quantised::check(graph).map(|()| Element::F32),
        NumericFormat::Fp16 => Ok(Element::F16),
        NumericFormat::Bf16 => Ok(Element::Bf16),
        NumericFormat::Fp64 => Ok(Element::F64),
        NumericFormat::Fp8 | NumericFormat::Fp4 => {
            Err(format!("our StableHLO comes in fp64, fp32, tf32, fp16, bf16 and int8, not in {}", graph.format))
        }
    }
}

/// Translates one graph.
struct Translator<'a> {
    graph: &'a Graph,
    element: Element,
    body: Emitter,
    arguments: Vec<Argument>,
    values: HashMap<TensorId, Value>,
}

impl Translator<'_> {
    /// Inputs come first, in the graph's order.
    fn declare_inputs(&mut self) {
        // Rows that are stored as int8 before are given as that.
        let stored_before: Vec<TensorId> = self
            .graph
            .nodes
            .iter()
            .filter(|node| node.op == Op::Dequantise)
            .filter_map(|node| node.inputs.first().copied())
            .collect();
        for (index, spec) in self.graph.tensors.iter().enumerate() {
            let id = TensorId(index);
            let element = match spec.source {
                Source::Input if stored_before.contains(&id) => continue,
                Source::Input => self.element,
                Source::Indices { .. } => Element::S32,
                Source::Weight { .. } | Source::Node => continue,
            };
            let value = self.argument(id, Stored::Plain, element, spec.shape.clone());
            self.values.insert(id, value);
        }
    }

    /// Declares an argument.
    fn argument(&mut self, tensor: TensorId, stored: Stored, element: Element, shape: Vec<usize>) -> Value {
        let name = format!("%arg{}", self.arguments.len());
        self.arguments.push(Argument { tensor, stored, element, shape: shape.clone() });
        Value { name, element, shape }
    }

    /// The value of a tensor; a weight becomes an argument when it is first asked for.
    fn operand(&mut self, id: TensorId) -> Value {
        if let Some(value) = self.values.get(&id) {
            return value.clone();
        }
        let shape = self.graph.shape(id).to_vec();
        let value = self.argument(id, Stored::Plain, self.element, shape);
        self.values.insert(id, value.clone());
        value
    }

    /// The type in which everything but products is computed.
    fn wide(&self) -> Element {
        if self.element == Element::F64 { Element::F64 } else { Element::F32 }
    }

    /// The value of a tensor in [`Translator::wide`].
    fn wide_operand(&mut self, id: TensorId) -> Value {
        let value = self.operand(id);
        self.body.convert(&value, self.wide())
    }

    /// Rounds a result to the workload's type.
    fn narrow(&mut self, value: &Value) -> Value {
        self.body.convert(value, self.element)
    }

    /// What is asked of products and convolutions.
    fn precision(&self) -> emitter::Precision {
        // The default of fp32 is TF32 on NVIDIA devices and bf16 on TPUs.
        match self.graph.format {
            NumericFormat::Fp32 => emitter::Precision::Highest,
            _ => emitter::Precision::Default,
        }
    }
}
