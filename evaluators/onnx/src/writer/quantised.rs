//! The int8 forms: dynamic quantisation of activations, symmetric quantisation of weights per tensor.

use assay_core::graph::{Graph, Op, TensorId};

use super::Translator;
use super::model_builder::{Attribute, ElementType};

/// The largest magnitude of a quantised weight; -128 stays unused so that the range is symmetric.
const LARGEST: f32 = 127.0;

/// Names of a quantised weight's parts.
struct Quantised {
    values: String,
    scale: String,
}

/// Whether a graph's work is in matrix products with weights.
///
/// # Errors
/// The reason, in one sentence, why int8 would not mean anything for it.
pub(super) fn check(graph: &Graph) -> Result<(), String> {
    let has = |wanted: fn(&Op) -> bool| graph.nodes.iter().any(|node| wanted(&node.op));
    if has(|op| matches!(op, Op::Conv2d { .. })) {
        return Err("convolutions are not quantised: int8 covers matrix products with weights".to_owned());
    }
    if !has(|op| matches!(op, Op::MatMul | Op::Linear { .. })) {
        return Err("there is no matrix product with a weight to quantise to int8".to_owned());
    }
    Ok(())
}

impl Translator<'_> {
    /// `x w` as `DynamicQuantizeLinear`, `MatMulInteger` and a multiplication by both scales, the pattern that engines
    /// recognise and fuse.
    pub(super) fn quantised_matrix_product(&mut self, x: TensorId, w: TensorId) -> Result<String, String> {
        let x = self.operand(x)?;
        let w = self.quantise(w)?;
        let [x_values, x_scale, x_zero] = ["x_values", "x_scale", "x_zero"].map(|part| self.model.fresh(part));
        self.model.node_into("DynamicQuantizeLinear", &[&x], &[&x_values, &x_scale, &x_zero], vec![]);
        // A scalar: `rten` refuses a vector of one element.
        let w_zero = self.model.constant(ElementType::I8, &[], &[0.0]);
        let sums = self.model.node("MatMulInteger", &[&x_values, &w.values, &x_zero, &w_zero], vec![]);
        let scale = self.model.node("Mul", &[&x_scale, &w.scale], vec![]);
        let sums = self.cast(sums, ElementType::I32, ElementType::F32);
        Ok(self.model.node("Mul", &[&sums, &scale], vec![]))
    }

    /// The looked-up rows of a quantised table, in fp32.
    pub(super) fn quantised_rows(&mut self, table: TensorId, indices: TensorId) -> Result<String, String> {
        let indices = self.operand(indices)?;
        let table = self.quantise(table)?;
        let rows = self.model.node("Gather", &[&table.values, &indices], vec![Attribute::Int("axis", 0)]);
        let rows = self.cast(rows, ElementType::I8, ElementType::F32);
        Ok(self.model.node("Mul", &[&rows, &table.scale], vec![]))
    }

    fn quantise(&mut self, id: TensorId) -> Result<Quantised, String> {
        let values = self.weight(id)?;
        let spec = self.job.graph.spec(id);
        let largest = values.iter().fold(0.0_f32, |largest, v| largest.max(v.abs()));
        let step = if largest > 0.0 { largest / LARGEST } else { 1.0 };
        let steps: Vec<f32> = values.iter().map(|v| (v / step).round()).collect();
        let quantised = format!("{}.int8", spec.name);
        self.model.initializer(&quantised, ElementType::I8, &spec.shape, &steps);
        Ok(Quantised { values: quantised, scale: self.model.constant(ElementType::F32, &[], &[step]) })
    }
}
