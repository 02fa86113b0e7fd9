//! Element-wise operations and normalisations along rows.

use assay_core::EvaluatorError;
use assay_core::graph::{Activation, Node, Op, TensorId};

use super::{Argument, Planner, activation_number, number};
use crate::sources::Source;

impl Planner<'_> {
    pub(super) fn triad(&mut self, b: TensorId, c: TensorId, scale: f32, out: TensorId) -> Result<(), EvaluatorError> {
        let count = self.count(out);
        let arguments = vec![
            self.address(b),
            self.address(c),
            self.address(out),
            Argument::F32(scale),
            Argument::Word(count as u64),
        ];
        let blocks = self.blocks(count, 4);
        self.launch((Source::Elementwise, "triad"), [blocks, 1, 1], [256, 1], 0, arguments)
    }

    pub(super) fn add(
        &mut self,
        x: TensorId,
        y: TensorId,
        scale: f32,
        activation: Activation,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let count = self.count(out);
        let arguments = vec![
            self.address(x),
            self.address(y),
            self.address(out),
            Argument::F32(scale),
            activation_number(activation),
            Argument::Word(count as u64),
        ];
        let blocks = self.blocks(count, 2);
        self.launch((Source::Elementwise, "add_activation"), [blocks, 1, 1], [256, 1], 0, arguments)
    }

    /// Blocks of 256 threads that take `unroll` packs each.
    fn blocks(&self, count: usize, unroll: usize) -> usize {
        (count / self.element.pack()).div_ceil(256 * unroll).max(1)
    }

    pub(super) fn bias_activation(
        &mut self,
        x: TensorId,
        bias: TensorId,
        activation: Activation,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let (rows, columns) = self.rows_and_columns(out);
        let arguments = vec![
            self.address(x),
            self.address(bias),
            self.address(out),
            activation_number(activation),
            Argument::Word(rows as u64),
            Argument::U32(number(columns)?),
        ];
        let packs = columns / self.element.pack();
        if columns.is_multiple_of(self.element.pack()) && packs > 0 {
            let threads = packs.next_multiple_of(32).min(256);
            let grid = [rows.div_ceil(4), packs.div_ceil(threads), 1];
            self.launch((Source::Elementwise, "bias_activation"), grid, [number(threads)?, 1], 0, arguments)
        } else {
            let blocks = (rows * columns).div_ceil(256).clamp(1, 1 << 20);
            self.launch((Source::Elementwise, "bias_activation_scalar"), [blocks, 1, 1], [256, 1], 0, arguments)
        }
    }

    pub(super) fn bias_gelu(
        &mut self,
        node: &Node,
        x: TensorId,
        bias: TensorId,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        if self.bundled("bias-gelu", node, &[("x", x), ("bias", bias)])? {
            return Ok(());
        }
        self.bias_activation(x, bias, Activation::Gelu, out)
    }

    pub(super) fn quantisation(&mut self, node: &Node) -> Result<(), EvaluatorError> {
        let id = if node.op == Op::Quantise { "quantise" } else { "dequantise" };
        let operands: Vec<(&str, TensorId)> = node.inputs.iter().map(|x| ("x", *x)).collect();
        if self.bundled(id, node, &operands)? {
            return Ok(());
        }
        Err(EvaluatorError::Unsupported(format!("the cuda stack's kernel {id} does not take rows of this length")))
    }

    pub(super) fn softmax(&mut self, node: &Node, x: TensorId, out: TensorId) -> Result<(), EvaluatorError> {
        if self.bundled("softmax", node, &[("x", x)])? {
            return Ok(());
        }
        let arguments = vec![self.address(x), self.address(out)];
        self.any_row("softmax_any", arguments, None, out)
    }

    pub(super) fn rms_norm(
        &mut self,
        node: &Node,
        x: TensorId,
        weight: TensorId,
        epsilon: f32,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        if self.bundled("rms-norm", node, &[("x", x), ("weight", weight)])? {
            return Ok(());
        }
        let arguments = vec![self.address(x), self.address(weight), self.address(out)];
        self.any_row("rms_norm_any", arguments, Some(epsilon), out)
    }

    /// A kernel that makes several passes and takes rows of any length.
    fn any_row(
        &mut self,
        name: &str,
        mut arguments: Vec<Argument>,
        epsilon: Option<f32>,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let (rows, columns) = self.rows_and_columns(out);
        arguments.push(Argument::U32(number(columns)?));
        arguments.extend(epsilon.map(Argument::F32));
        let threads = number(columns.next_multiple_of(32).clamp(32, 1024))?;
        self.launch((Source::Rows, name), [rows, 1, 1], [threads, 1], 0, arguments)
    }

    pub(super) fn layer_norm(
        &mut self,
        x: TensorId,
        weight: TensorId,
        bias: TensorId,
        epsilon: f32,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let (rows, columns) = self.rows_and_columns(out);
        let (variant, threads) = row_variant(columns, self.element.pack());
        let arguments = vec![
            self.address(x),
            self.address(weight),
            self.address(bias),
            self.address(out),
            Argument::U32(number(columns)?),
            Argument::F32(epsilon),
        ];
        let name = format!("layer_norm_{variant}");
        self.launch((Source::Rows, &name), [rows, 1, 1], [number(threads)?, 1], 0, arguments)
    }
}

/// The kernel for rows of a length: packs a thread holds (or `any`), and threads of a block.
fn row_variant(columns: usize, pack: usize) -> (&'static str, usize) {
    let packs = columns / pack;
    if !columns.is_multiple_of(pack) || packs == 0 {
        return ("any", columns.next_multiple_of(32).clamp(32, 1024));
    }
    // Few packs a thread while a block of 256 suffices; beyond, as many as fit in registers.
    let variants = [(1, "1"), (2, "2"), (4, "4"), (8, "8")];
    let threads = |held: usize| packs.div_ceil(held).next_multiple_of(32);
    let fits = |limit: usize| variants.into_iter().find(|(held, _)| threads(*held) <= limit);
    match fits(256).or_else(|| fits(1024)) {
        Some((held, name)) => (name, threads(held)),
        None => ("any", 1024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_covered_by_its_threads() {
        for pack in [4, 8] {
            for columns in (1..70_000).step_by(13).chain([4, 8, 32, 1024, 4096, 8192, 32_768, 65_536]) {
                let (variant, threads) = row_variant(columns, pack);
                assert!(threads % 32 == 0 && (32..=1024).contains(&threads), "{columns}");
                if let Ok(held) = variant.parse::<usize>() {
                    assert_eq!(columns % pack, 0);
                    assert!(held * threads * pack >= columns, "{columns} {variant} {threads}");
                }
            }
        }
    }

    #[test]
    fn usual_rows_stay_in_registers() {
        assert_eq!(row_variant(768, 8), ("1", 96));
        assert_eq!(row_variant(4096, 8), ("2", 256));
        assert_eq!(row_variant(32_768, 8), ("4", 1024));
        assert_eq!(row_variant(1000, 4), ("1", 256));
        assert_eq!(row_variant(1001, 4), ("any", 1024));
    }
}
