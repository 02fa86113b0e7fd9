//! Linear layers with 8-bit operands: rows of the input are quantised on the device with one factor each, weights before
//! the timed part with one factor a column. Sums are int32; factors, bias and activation follow in fp32, and what lies
//! between layers is fp16.

use std::collections::BTreeMap;

use assay_core::graph::{Activation, Graph, Op, TensorId};
use assay_core::kernel::{Kernel, Variables};
use assay_core::{EvaluatorError, Tensor};

use super::{Argument, Planner, Step, activation_number, number};
use crate::gemm::{Epilogue, Precision, Product};
use crate::gpu::{Buffer, Gpu};
use crate::kernel::{Binding, Operand};
use crate::plan::quantised::transposed;
use crate::plan::storage;
use crate::sources::Source;

/// Whether a tensor holds the weights `[k, n]` of a linear layer.
pub(super) fn is_weight(graph: &Graph, id: TensorId) -> bool {
    graph.nodes.iter().any(|node| matches!(node.op, Op::Linear { .. }) && node.inputs.get(1) == Some(&id))
}

/// Puts weights `[k, n]` on the device as int8 `[n, k]`, and the factor of each of the n.
///
/// # Errors
/// When memory is short.
pub(super) fn upload_weight(gpu: &Gpu, tensor: &Tensor) -> Result<(Buffer, Buffer), EvaluatorError> {
    let [k, n] = [0, 1].map(|axis| tensor.shape.get(axis).copied().unwrap_or(1));
    storage::upload_quantised(gpu, &Tensor::f32([n, k], transposed(tensor.as_f32(), k, n)))
}

impl Planner<'_> {
    pub(super) fn linear_int8(
        &mut self,
        x: TensorId,
        w: TensorId,
        bias: TensorId,
        activation: Activation,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let (m, n) = self.rows_and_columns(out);
        let k = self.extent(w, 0);
        let (values, row_factors) = self.narrow(x)?;
        let sums = self.scratch(m * n * 4)?;
        self.product(Product {
            m,
            n,
            k,
            transposed: true,
            precision: Precision::INT8,
            epilogue: Epilogue::None,
            x: values,
            w: self.raw(w),
            out: sums,
            scales: None,
        })?;
        let column_factors = self.factors.get(&w).copied().unwrap_or(0);
        let packs = n / self.element.pack();
        let threads = packs.next_multiple_of(32).min(256);
        let arguments = vec![
            Argument::Word(sums),
            Argument::Word(row_factors),
            Argument::Word(column_factors),
            self.address(bias),
            self.address(out),
            activation_number(activation),
            Argument::Word(m as u64),
            Argument::U32(number(n)?),
        ];
        let grid = [m.div_ceil(4), packs.div_ceil(threads.max(1)), 1];
        self.launch((Source::Elementwise, "scale_bias_activation"), grid, [number(threads)?, 1], 0, arguments)
    }

    /// The rows of a tensor as int8 and their factors; made once where several layers read them.
    fn narrow(&mut self, x: TensorId) -> Result<(u64, u64), EvaluatorError> {
        if let Some(known) = self.narrowed.get(&x) {
            return Ok(*known);
        }
        let (rows, columns) = self.rows_and_columns(x);
        let made = (self.scratch(rows * columns)?, self.scratch(rows * 4)?);
        let kernel = Kernel::bundled_by_id("quantise")
            .ok_or_else(|| EvaluatorError::Failed("there is no bundled kernel `quantise`".to_owned()))?;
        let elements = (rows * columns) as u64;
        let input = Operand { address: self.raw(x), elements, factors: None };
        let sizes = [("rows", rows as f64), ("columns", columns as f64)];
        let binding = Binding {
            variables: sizes.map(|(name, size)| (name.to_owned(), size)).into_iter().collect::<Variables>(),
            operands: BTreeMap::from([("x".to_owned(), input)]),
            output: Operand { address: made.0, elements, factors: Some(made.1) },
        };
        let Some((launch, _)) = self.fastest(&kernel, &binding)? else {
            let reason = format!("the cuda stack's kernel quantise does not take rows of {columns} elements");
            return Err(EvaluatorError::Unsupported(reason));
        };
        self.steps.push(Step::Launch(launch));
        self.narrowed.insert(x, made);
        Ok(made)
    }
}
