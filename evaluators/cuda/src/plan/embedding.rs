//! Embedding bags and the concatenation of their results.

use assay_core::EvaluatorError;
use assay_core::graph::{Node, Op, TensorId};

use super::{Argument, Planner, number};
use crate::gpu::Buffer;
use crate::sources::Source;

impl Planner<'_> {
    /// A bag whose result only goes into a concatenation of like bags is left to [`Self::concat`].
    pub(super) fn embedding_bag(
        &mut self,
        table: TensorId,
        indices: TensorId,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let mut users = self.graph.nodes.iter().filter(|n| n.inputs.contains(&out));
        let fused = users.next().is_some_and(|user| user.op == Op::Concat && self.like_bags(&user.inputs).is_some());
        if fused && users.next().is_none() && out != self.graph.output {
            return Ok(());
        }
        self.bags(&[(table, indices)], out)
    }

    /// The tables and indices of tensors that are all embedding bags of one dimension, bag and batch.
    fn like_bags(&self, tensors: &[TensorId]) -> Option<Vec<(TensorId, TensorId)>> {
        let maker = |id: &TensorId| self.graph.nodes.iter().find(|n: &&Node| n.output == *id);
        let mut found: Vec<(TensorId, TensorId)> = Vec::new();
        for id in tensors {
            let node = maker(id).filter(|n| n.op == Op::EmbeddingBag)?;
            let &[table, indices] = node.inputs.as_slice() else { return None };
            if let Some((first_table, first_indices)) = found.first() {
                let alike = self.extent(table, 1) == self.extent(*first_table, 1)
                    && self.shape(indices) == self.shape(*first_indices);
                if !alike {
                    return None;
                }
            }
            found.push((table, indices));
        }
        (!found.is_empty()).then_some(found)
    }

    pub(super) fn concat(&mut self, inputs: &[TensorId], out: TensorId) -> Result<(), EvaluatorError> {
        if let Some(bags) = self.like_bags(inputs) {
            self.note("embedding", format!("{} tables and their concatenation in one kernel", bags.len()));
            return self.bags(&bags, out);
        }
        let stride = self.extent(out, 1);
        let mut offset = 0;
        for input in inputs {
            let (rows, columns) = self.rows_and_columns(*input);
            let arguments = vec![
                self.address(*input),
                self.address(out),
                Argument::Word(rows as u64),
                Argument::U32(number(columns)?),
                Argument::U32(number(offset)?),
                Argument::U32(number(stride)?),
            ];
            let blocks = (rows * columns).div_ceil(256).clamp(1, 1 << 20);
            self.launch((Source::Elementwise, "concatenate"), [blocks, 1, 1], [256, 1], 0, arguments)?;
            offset += columns;
        }
        Ok(())
    }

    /// All bags in one launch, side by side in `out`.
    fn bags(&mut self, bags: &[(TensorId, TensorId)], out: TensorId) -> Result<(), EvaluatorError> {
        let Some((table, indices)) = bags.first().copied() else { return Ok(()) };
        let (bag, dim) = (self.extent(indices, 1), self.extent(table, 1));
        let mut pointers = |addresses: Vec<u64>| -> Result<Argument, EvaluatorError> {
            let buffer = Buffer::upload(self.gpu, &addresses)?;
            let address = Argument::Word(buffer.address);
            self.memory.push(buffer);
            Ok(address)
        };
        let raw = |id: &TensorId| self.addresses.get(id.0).copied().unwrap_or(0);
        let table_pointers = pointers(bags.iter().map(|(table, _)| raw(table)).collect())?;
        let index_pointers = pointers(bags.iter().map(|(_, indices)| raw(indices)).collect())?;
        let pack = self.element.pack();
        let whole = dim.is_multiple_of(pack);
        let items = if whole { self.count(out) / pack } else { self.count(out) };
        let name = if whole { "embedding_bags" } else { "embedding_bags_scalar" };
        let arguments = vec![
            table_pointers,
            index_pointers,
            self.address(out),
            Argument::U32(number(bags.len())?),
            Argument::U32(number(bag)?),
            Argument::U32(number(dim)?),
            Argument::Word(items as u64),
        ];
        self.launch((Source::Embedding, name), [items.div_ceil(128), 1, 1], [128, 1], 0, arguments)
    }
}
