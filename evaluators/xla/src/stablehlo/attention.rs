//! Attention, with grouped heads and a causal mask.

use assay_core::graph::TensorId;

use super::Translator;
use super::emitter::{Dot, Element, Value};

impl Translator<'_> {
    /// See [`assay_core::graph::Op::Attention`]. Scores are kept in fp32, the softmax is rounded to the workload's type,
    /// as `jax.nn.dot_product_attention` does it.
    pub(super) fn attention(
        &mut self,
        [q, k, v]: [TensorId; 3],
        heads: usize,
        kv_heads: usize,
        causal: bool,
    ) -> Result<Value, String> {
        let (&[batch, queries, width], &[_, keys, _]) = (self.graph.shape(q), self.graph.shape(k)) else {
            return Err("attention needs operands of three dimensions".to_owned());
        };
        let (head_dim, group) = (width / heads.max(1), heads / kv_heads.max(1));
        let (q, k, v) = (self.operand(q), self.operand(k), self.operand(v));
        // [batch, queries, key heads, group, d] and [batch, keys, key heads, d]
        let q = self.body.reshape(&q, &[batch, queries, kv_heads, group, head_dim]);
        let k = self.body.reshape(&k, &[batch, keys, kv_heads, head_dim]);
        let v = self.body.reshape(&v, &[batch, keys, kv_heads, head_dim]);
        let precision = self.precision();
        let scores = Dot { batching: [&[0, 2], &[0, 2]], contracting: [&[4], &[3]], result: self.wide(), precision };
        // [batch, key heads, queries, group, keys]
        let scores = self.body.dot(&q, &k, &scores);
        let mut scores = self.body.scaled(&scores, 1.0 / (head_dim as f64).sqrt());
        if causal {
            scores = self.masked(&scores, queries, keys);
        }
        let shares = self.softmax(&scores);
        let shares = self.narrow(&shares);
        let mixture = Dot { batching: [&[0, 1], &[0, 2]], contracting: [&[4], &[1]], result: self.element, precision };
        // [batch, key heads, queries, group, d]
        let mixed = self.body.dot(&shares, &v, &mixture);
        let mixed = self.body.transpose(&mixed, &[0, 2, 1, 3, 4]);
        Ok(self.body.reshape(&mixed, &[batch, queries, width]))
    }

    /// Scores where query `i` sees key `j`, which is where `j <= i + keys - queries`, else `-∞`.
    fn masked(&mut self, scores: &Value, queries: usize, keys: usize) -> Value {
        let plane = [queries, keys];
        let (query, key) = (self.body.iota(0, &plane), self.body.iota(1, &plane));
        let ahead = self.body.constant(keys as f64 - queries as f64, Element::S32, &plane);
        let last_seen = self.body.binary("add", &query, &ahead);
        let seen = self.body.compare("GE", &last_seen, &key);
        let seen = self.body.broadcast(&seen, &[2, 4], &scores.shape);
        let nothing = self.body.like(f64::NEG_INFINITY, scores);
        self.body.select(&seen, scores, &nothing)
    }
}
