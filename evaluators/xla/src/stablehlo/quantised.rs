//! The int8 forms. Weights are quantised before the timed part, activations in it, each with one factor a tensor; the
//! products are summed in 32-bit integers. Everything else is computed in fp32, as deployed int8 models do.

use assay_core::graph::{Graph, Op, TensorId};

use super::emitter::{Dot, Element, Precision, Value};
use super::{Stored, Translator};

/// The largest magnitude of a quantised value; -128 stays unused so that the range is symmetric.
const LARGEST: f64 = 127.0;

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
    /// `x w` of int8 operands, as fp32.
    pub(super) fn quantised_matrix_product(&mut self, x: TensorId, w: TensorId) -> Value {
        let x = self.operand(x);
        let (w, w_factor) = self.quantised_weight(w);
        let all: Vec<usize> = (0..x.shape.len()).collect();
        let (x, x_factor) = self.quantise(&x, &all);
        let last = x.shape.len().saturating_sub(1);
        let dot = Dot {
            batching: [&[], &[]],
            contracting: [&[last], &[0]],
            result: Element::S32,
            precision: Precision::Default,
        };
        let sums = self.body.dot(&x, &w, &dot);
        let sums = self.body.convert(&sums, Element::F32);
        let factor = self.body.binary("multiply", &x_factor, &w_factor);
        let factor = self.body.broadcast(&factor, &[], &sums.shape);
        self.body.binary("multiply", &sums, &factor)
    }

    /// The looked-up rows of a quantised table, in fp32.
    pub(super) fn quantised_table_rows(&mut self, table: TensorId, indices: TensorId) -> Value {
        let indices = self.operand(indices);
        let (table, factor) = self.quantised_weight(table);
        let rows = self.body.rows(&table, &indices);
        let rows = self.body.convert(&rows, Element::F32);
        let factor = self.body.broadcast(&factor, &[], &rows.shape);
        self.body.binary("multiply", &rows, &factor)
    }

    /// Int8 values and the factor of each row.
    pub(super) fn quantise_rows(&mut self, x: TensorId) -> Vec<Value> {
        let x = self.wide_operand(x);
        let (steps, factors) = self.quantise(&x, &[x.shape.len().saturating_sub(1)]);
        vec![steps, factors]
    }

    /// What rows of int8 with a factor each stand for.
    pub(super) fn dequantise_rows(&mut self, x: TensorId) -> Value {
        let shape = self.graph.shape(x).to_vec();
        let rows: Vec<usize> = shape.first().copied().into_iter().collect();
        let steps = self.argument(x, Stored::RowSteps, Element::S8, shape.clone());
        let factors = self.argument(x, Stored::RowFactors, Element::F32, rows);
        let steps = self.body.convert(&steps, Element::F32);
        let factors = self.along_rows(&factors, &shape);
        let values = self.body.binary("multiply", &steps, &factors);
        self.narrow(&values)
    }

    /// A weight as int8 and its factor, both arguments.
    fn quantised_weight(&mut self, id: TensorId) -> (Value, Value) {
        let shape = self.graph.shape(id).to_vec();
        let steps = self.argument(id, Stored::Steps, Element::S8, shape);
        let factor = self.argument(id, Stored::Factor, Element::F32, Vec::new());
        (steps, factor)
    }

    /// The nearest int8 multiples of factors, each the largest magnitude over `dimensions` over 127, and the factors.
    fn quantise(&mut self, x: &Value, dimensions: &[usize]) -> (Value, Value) {
        let magnitude = self.body.unary("abs", x);
        let largest = self.body.reduce("maximum", 0.0, &magnitude, dimensions);
        // Where all is zero any factor does.
        let zero = self.body.like(0.0, &largest);
        let is_zero = self.body.compare("EQ", &largest, &zero);
        let steps = self.body.like(LARGEST, &largest);
        let factor = self.body.binary("divide", &largest, &steps);
        let one = self.body.like(1.0, &factor);
        let factor = self.body.select(&is_zero, &one, &factor);
        let kept: Vec<usize> = (0..x.shape.len()).filter(|i| !dimensions.contains(i)).collect();
        let spread = self.body.broadcast(&factor, &kept, &x.shape);
        let steps = self.body.binary("divide", x, &spread);
        let steps = self.body.unary("round_nearest_even", &steps);
        (self.body.convert(&steps, Element::S8), factor)
    }
}
