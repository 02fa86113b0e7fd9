//! Attention: which kernel, how it is split, with how much shared memory.

use assay_core::EvaluatorError;
use assay_core::graph::{Node, TensorId};

use super::{Argument, Planner, number};
use crate::sources::{Element, Source};

/// The largest head the kernels take.
pub(crate) const MAX_HEAD_DIM: usize = 128;

impl Planner<'_> {
    pub(super) fn attention(
        &mut self,
        node: &Node,
        operands: [TensorId; 3],
        heads: usize,
        kv_heads: usize,
        causal: bool,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let [q, k, _] = operands;
        let (batch, queries, keys) = (self.extent(q, 0), self.extent(q, 1), self.extent(k, 1));
        let d = self.extent(q, 2).checked_div(heads).unwrap_or(0);
        if d == 0 || d > MAX_HEAD_DIM || !d.is_multiple_of(8) || kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
            return Err(EvaluatorError::Failed(format!(
                "attention takes heads of 8 to {MAX_HEAD_DIM} elements in steps of 8, not {d}"
            )));
        }
        let names: Vec<(&str, TensorId)> = ["q", "k", "v"].into_iter().zip(operands).collect();
        if queries > 1 && self.bundled("attention-prefill", node, &names)? {
            return Ok(());
        }
        let tensor_cores = self.element != Element::F32 && self.gpu.capability >= (8, 0);
        let padded = if d <= 64 { 64 } else { 128 };
        let mut scale = 1.0 / (d as f32).sqrt();
        if tensor_cores {
            scale *= std::f32::consts::LOG2_E;
        }
        let mut shape = [0; 9];
        let sizes = [queries, keys, heads, kv_heads, d, usize::from(causal)];
        for (field, value) in shape.iter_mut().zip(sizes) {
            *field = number(value)?;
        }
        shape[6] = scale.to_bits();
        let source = if tensor_cores { Source::AttentionMma } else { Source::Attention };
        let mut arguments: Vec<Argument> = operands.iter().map(|id| self.address(*id)).collect();
        if queries == 1 {
            return self.decode(source, arguments, [batch, keys, heads, kv_heads, d], padded, shape, out);
        }
        arguments.extend([self.address(out), Argument::Structure(shape)]);
        let (name, rows, threads, shared) = if tensor_cores {
            // 128 queries, and two buffers for 64 keys and 64 values each, 2 bytes an element.
            (format!("attention_mma_{padded}"), 128, 128, (128 + 4 * 64) * padded * 2)
        } else {
            // 64 queries and 32 keys or values in rows of padded + 4, and 64 rows of 32 + 4 weights, 4 bytes an element.
            (format!("attention_tiled_{padded}"), 64, 256, ((64 + 32) * (padded + 4) + 64 * 36) * 4)
        };
        self.note("attention", format!("{name}, {rows} queries a block"));
        self.launch((source, &name), [queries.div_ceil(rows), heads, batch], [threads, 1], shared, arguments)
    }

    fn decode(
        &mut self,
        source: Source,
        mut arguments: Vec<Argument>,
        sizes: [usize; 5],
        padded: usize,
        shape: [u32; 9],
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let [batch, keys, heads, kv_heads, d] = sizes;
        let group = heads / kv_heads;
        let (name, block, heads_per_block, shared) = if source == Source::AttentionMma {
            // The queries, and for each of four warps two stages of 16 keys and 16 values, 2 bytes an element. At the
            // end 16 rows of fp32 and their states for each warp.
            let tiles = (16 + 4 * 2 * 2 * 16) * padded * 2;
            (format!("decode_mma_{padded}"), 128, 16, tiles.max(4 * 16 * (padded * 4 + 8)))
        } else {
            let heads_per_block = [1, 4, 8].into_iter().find(|n| group <= *n).unwrap_or(8);
            (format!("decode_{padded}_{heads_per_block}"), 256, heads_per_block, 0)
        };
        let groups = kv_heads * group.div_ceil(heads_per_block);
        let (splits, chunk) = splits(keys, batch * groups, self.gpu.multiprocessors as usize);
        let rows = batch * heads * splits;
        let sums = self.scratch(rows * padded * 4)?;
        let states = self.scratch(rows * 8)?;
        arguments.extend([
            Argument::Word(sums),
            Argument::Word(states),
            Argument::Structure(shape),
            Argument::U32(number(chunk)?),
        ]);
        self.note("attention", format!("{name}, keys in {splits} splits of {chunk}"));
        self.launch((source, &name), [splits, groups, batch], [block, 1], shared, arguments)?;
        let join = vec![
            Argument::Word(sums),
            Argument::Word(states),
            self.address(out),
            Argument::U32(number(splits)?),
            Argument::U32(number(d)?),
        ];
        self.launch((Source::Elementwise, "decode_join"), [heads, batch, 1], [number(padded)?, 1], 0, join)
    }
}

/// How many blocks share the keys of one sequence and head group, and how many keys each takes: enough blocks for four
/// on each multiprocessor, but no fewer than 256 keys a block.
fn splits(keys: usize, others: usize, multiprocessors: usize) -> (usize, usize) {
    let wanted = (4 * multiprocessors).div_ceil(others.max(1));
    let chunk = keys.div_ceil(wanted.max(1)).next_multiple_of(64).max(256);
    (keys.div_ceil(chunk).max(1), chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_cover_the_keys_and_none_is_empty() {
        for keys in [1, 5, 63, 64, 255, 256, 257, 4096, 32_768, 131_072, 131_073] {
            for others in [1, 8, 64, 4096] {
                let (splits, chunk) = splits(keys, others, 132);
                assert!(splits * chunk >= keys, "{keys} {others}");
                assert!((splits - 1) * chunk < keys, "{keys} {others}");
            }
        }
    }

    #[test]
    fn one_long_sequence_fills_the_device() {
        let (blocks, _) = splits(131_072, 8, 132);
        assert!(blocks * 8 >= 2 * 132, "{blocks}");
    }
}
