//! Attention, with grouped heads and a causal mask.

use assay_core::graph::TensorId;

use super::Translator;
use super::model_builder::{Attribute, ElementType};

impl Translator<'_> {
    /// See [`assay_core::graph::Op::Attention`], whose layout is that of ONNX's operator with three-dimensional operands.
    ///
    /// In half precision it is computed in fp32 between casts, which is what engines without a half kernel do anyway;
    /// the half kernel of ONNX Runtime 1.23 is ten times slower.
    pub(super) fn attention(
        &mut self,
        [q, k, v]: [TensorId; 3],
        heads: usize,
        kv_heads: usize,
        causal: bool,
    ) -> Result<String, String> {
        let (&[_, queries, _], &[_, keys, _]) = (self.job.graph.shape(q), self.job.graph.shape(k)) else {
            return Err("attention needs operands of three dimensions".to_owned());
        };
        let mut operands = Vec::new();
        for id in [q, k, v] {
            let name = self.operand(id)?;
            operands.push(self.cast(name, self.element, ElementType::F32));
        }
        // The operator's own causal mask begins at the first key; ours ends at the last.
        if causal && queries != keys {
            operands.push(self.causal_mask(queries, keys));
        }
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        let attributes = vec![
            Attribute::Int("q_num_heads", heads as i64),
            Attribute::Int("kv_num_heads", kv_heads as i64),
            Attribute::Int("is_causal", i64::from(causal && queries == keys)),
        ];
        let context = self.model.node("Attention", &operands, attributes);
        Ok(self.cast(context, ElementType::F32, self.element))
    }

    /// `[queries, keys]`: 0 where query `i` sees key `j`, which is where `j <= i + keys - queries`, else `-∞`.
    fn causal_mask(&mut self, queries: usize, keys: usize) -> String {
        let value = |i: usize, j: usize| if j + queries <= i + keys { 0.0 } else { f32::NEG_INFINITY };
        let mask: Vec<f32> = (0..queries).flat_map(|i| (0..keys).map(move |j| value(i, j))).collect();
        self.model.constant(ElementType::F32, &[queries, keys], &mask)
    }
}
