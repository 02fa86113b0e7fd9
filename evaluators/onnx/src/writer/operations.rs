//! Each operation of a workload's graph in ONNX operators.

use assay_core::NumericFormat;
use assay_core::graph::{Activation, Node, Op, TensorId};

use super::Translator;
use super::model_builder::Attribute;

impl Translator<'_> {
    /// Writes a node and answers with the name of its result.
    pub(super) fn translate(&mut self, node: &Node) -> Result<String, String> {
        match (&node.op, node.inputs.as_slice()) {
            (Op::MatMul, &[x, w]) => self.matrix_product(x, w),
            (Op::Linear { activation }, &[x, w, bias]) => {
                let product = self.matrix_product(x, w)?;
                let bias = self.operand(bias)?;
                let sum = self.model.node("Add", &[&product, &bias], vec![]);
                Ok(self.activate(sum, *activation))
            }
            (Op::Triad { scale }, &[b, c]) => {
                let (b, c, scale) = (self.operand(b)?, self.operand(c)?, self.scalar(*scale));
                let scaled = self.model.node("Mul", &[&c, &scale], vec![]);
                Ok(self.model.node("Add", &[&b, &scaled], vec![]))
            }
            (Op::Softmax, &[x]) => {
                let x = self.operand(x)?;
                Ok(self.model.node("Softmax", &[&x], vec![Attribute::Int("axis", -1)]))
            }
            (Op::RmsNorm { epsilon }, &[x, weight]) => {
                let (x, weight) = (self.operand(x)?, self.operand(weight)?);
                let attributes = vec![Attribute::Int("axis", -1), Attribute::Float("epsilon", *epsilon)];
                Ok(self.model.node("RMSNormalization", &[&x, &weight], attributes))
            }
            (Op::LayerNorm { epsilon }, &[x, weight, bias]) => {
                let (x, weight, bias) = (self.operand(x)?, self.operand(weight)?, self.operand(bias)?);
                let attributes = vec![Attribute::Int("axis", -1), Attribute::Float("epsilon", *epsilon)];
                Ok(self.model.node("LayerNormalization", &[&x, &weight, &bias], attributes))
            }
            (Op::BiasGelu, &[x, bias]) => {
                let (x, bias) = (self.operand(x)?, self.operand(bias)?);
                let sum = self.model.node("Add", &[&x, &bias], vec![]);
                Ok(self.activate(sum, Activation::Gelu))
            }
            (Op::Attention { heads, kv_heads, causal }, &[q, k, v]) => {
                self.attention([q, k, v], *heads, *kv_heads, *causal)
            }
            (Op::Add { scale, activation }, &[x, y]) => {
                let (x, y) = (self.operand(x)?, self.operand(y)?);
                let mut sum = self.model.node("Add", &[&x, &y], vec![]);
                if *scale != 1.0 {
                    let scale = self.scalar(*scale);
                    sum = self.model.node("Mul", &[&sum, &scale], vec![]);
                }
                Ok(self.activate(sum, *activation))
            }
            (Op::Conv2d { stride, padding, activation }, &[x, weight, bias]) => {
                let (x, weight, bias) = (self.operand(x)?, self.operand(weight)?, self.operand(bias)?);
                let attributes = vec![
                    // `rten` wants them all.
                    ints("dilations", 1, 2),
                    ints("strides", *stride, 2),
                    ints("pads", *padding, 4),
                ];
                let y = self.model.node("Conv", &[&x, &weight, &bias], attributes);
                Ok(self.activate(y, *activation))
            }
            (Op::MaxPool { kernel, stride, padding }, &[x]) => {
                let x = self.operand(x)?;
                let attributes =
                    vec![ints("kernel_shape", *kernel, 2), ints("strides", *stride, 2), ints("pads", *padding, 4)];
                Ok(self.model.node("MaxPool", &[&x], attributes))
            }
            (Op::GlobalAveragePool, &[x]) => {
                let x = self.operand(x)?;
                let pooled = self.model.node("GlobalAveragePool", &[&x], vec![]);
                Ok(self.model.node("Flatten", &[&pooled], vec![Attribute::Int("axis", 1)]))
            }
            (Op::EmbeddingBag, &[table, indices]) => self.embedding_bag(table, indices),
            (Op::Concat, parts) => {
                let parts = parts.iter().map(|part| self.operand(*part)).collect::<Result<Vec<_>, _>>()?;
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                Ok(self.model.node("Concat", &parts, vec![Attribute::Int("axis", 1)]))
            }
            (op, inputs) => Err(format!("{op:?} with {} operands has no translation to ONNX", inputs.len())),
        }
    }

    fn matrix_product(&mut self, x: TensorId, w: TensorId) -> Result<String, String> {
        if self.job.graph.format == NumericFormat::Int8 {
            return self.quantised_matrix_product(x, w);
        }
        let (x, w) = (self.operand(x)?, self.operand(w)?);
        Ok(self.model.node("MatMul", &[&x, &w], vec![]))
    }

    fn embedding_bag(&mut self, table: TensorId, indices: TensorId) -> Result<String, String> {
        let rows = if self.job.graph.format == NumericFormat::Int8 {
            self.quantised_rows(table, indices)?
        } else {
            let (table, indices) = (self.operand(table)?, self.operand(indices)?);
            self.model.node("Gather", &[&table, &indices], vec![Attribute::Int("axis", 0)])
        };
        // A product with ones: `rten` sums over an axis that is not the last one element at a time, four times slower.
        let bag = self.job.graph.shape(indices).last().copied().unwrap_or(1);
        let ones = self.model.constant(self.element, &[1, bag], &vec![1.0; bag]);
        let sums = self.model.node("MatMul", &[&ones, &rows], vec![]);
        Ok(self.model.node("Flatten", &[&sums], vec![Attribute::Int("axis", 1)]))
    }

    fn activate(&mut self, x: String, activation: Activation) -> String {
        match activation {
            Activation::Identity => x,
            Activation::Relu => self.model.node("Relu", &[&x], vec![]),
            // Exact: the operator's `approximate` is "none" unless set.
            Activation::Gelu => self.model.node("Gelu", &[&x], vec![]),
            Activation::Sigmoid => self.model.node("Sigmoid", &[&x], vec![]),
        }
    }
}

fn ints(name: &'static str, value: usize, count: usize) -> Attribute {
    Attribute::Ints(name, vec![value as i64; count])
}
