//! Each operation of a workload's graph in StableHLO.

use assay_core::NumericFormat;
use assay_core::graph::{Activation, Node, Op, TensorId};

use super::Translator;
use super::emitter::{Dot, Value, Window};

impl Translator<'_> {
    /// Writes a node and answers with its result, or the two parts of a quantised one.
    pub(super) fn translate(&mut self, node: &Node) -> Result<Vec<Value>, String> {
        let value = match (&node.op, node.inputs.as_slice()) {
            (Op::Quantise, &[x]) => return Ok(self.quantise_rows(x)),
            (Op::Dequantise, &[x]) => self.dequantise_rows(x),
            (Op::MatMul, &[x, w]) => self.matrix_product(x, w),
            (Op::Linear { activation }, &[x, w, bias]) => {
                let product = self.matrix_product(x, w);
                let product = self.body.convert(&product, self.wide());
                let bias = self.along_last(bias, &product.shape);
                let sum = self.body.binary("add", &product, &bias);
                self.activated(&sum, *activation)
            }
            (Op::Triad { scale }, &[b, c]) => {
                let (b, c) = (self.wide_operand(b), self.wide_operand(c));
                let scaled = self.body.scaled(&c, f64::from(*scale));
                let sum = self.body.binary("add", &b, &scaled);
                self.narrow(&sum)
            }
            (Op::Softmax, &[x]) => {
                let x = self.wide_operand(x);
                let y = self.softmax(&x);
                self.narrow(&y)
            }
            (Op::RmsNorm { epsilon }, &[x, weight]) => {
                let x = self.wide_operand(x);
                let normal = self.normalised(&x, *epsilon);
                let weight = self.along_last(weight, &x.shape);
                let y = self.body.binary("multiply", &normal, &weight);
                self.narrow(&y)
            }
            (Op::LayerNorm { epsilon }, &[x, weight, bias]) => {
                let x = self.wide_operand(x);
                let mean = self.mean_of_rows(&x);
                let centred = self.body.binary("subtract", &x, &mean);
                let normal = self.normalised(&centred, *epsilon);
                let (weight, bias) = (self.along_last(weight, &x.shape), self.along_last(bias, &x.shape));
                let y = self.body.binary("multiply", &normal, &weight);
                let y = self.body.binary("add", &y, &bias);
                self.narrow(&y)
            }
            (Op::BiasGelu, &[x, bias]) => {
                let x = self.wide_operand(x);
                let bias = self.along_last(bias, &x.shape);
                let sum = self.body.binary("add", &x, &bias);
                self.activated(&sum, Activation::Gelu)
            }
            (Op::Attention { heads, kv_heads, causal }, &[q, k, v]) => {
                self.attention([q, k, v], *heads, *kv_heads, *causal)?
            }
            (Op::Add { scale, activation }, &[x, y]) => {
                let (x, y) = (self.wide_operand(x), self.wide_operand(y));
                let mut sum = self.body.binary("add", &x, &y);
                if *scale != 1.0 {
                    sum = self.body.scaled(&sum, f64::from(*scale));
                }
                self.activated(&sum, *activation)
            }
            (Op::Conv2d { stride, padding, activation }, &[x, weight, bias]) => {
                let (x, weight, bias) = (self.operand(x), self.operand(weight), self.wide_operand(bias));
                let window = Window { stride: *stride, padding: *padding };
                let shape = self.graph.shape(node.output);
                let y = self.body.convolution(&x, &weight, window, self.precision(), shape);
                let y = self.body.convert(&y, self.wide());
                let bias = self.body.broadcast(&bias, &[1], shape);
                let y = self.body.binary("add", &y, &bias);
                self.activated(&y, *activation)
            }
            (Op::MaxPool { kernel, stride, padding }, &[x]) => {
                let x = self.operand(x);
                let window = Window { stride: *stride, padding: *padding };
                self.body.max_pool(&x, *kernel, window, self.graph.shape(node.output))
            }
            (Op::GlobalAveragePool, &[x]) => {
                let x = self.wide_operand(x);
                let pixels: usize = x.shape.iter().skip(2).product();
                let sum = self.body.reduce("add", 0.0, &x, &[2, 3]);
                let mean = self.body.scaled(&sum, 1.0 / pixels as f64);
                self.narrow(&mean)
            }
            (Op::EmbeddingBag, &[table, indices]) => {
                let rows = if self.graph.format == NumericFormat::Int8 {
                    self.quantised_table_rows(table, indices)
                } else {
                    let (table, indices) = (self.operand(table), self.operand(indices));
                    let rows = self.body.rows(&table, &indices);
                    self.body.convert(&rows, self.wide())
                };
                let sum = self.body.reduce("add", 0.0, &rows, &[1]);
                self.narrow(&sum)
            }
            (Op::Concat, parts) => {
                let parts: Vec<Value> = parts.iter().map(|part| self.operand(*part)).collect();
                self.body.concatenate(&parts, 1).ok_or("there is nothing to concatenate")?
            }
            (Op::Copy | Op::Collective { .. }, _) => {
                return Err("it moves data and computes nothing, which XLA would leave out".to_owned());
            }
            (op, inputs) => return Err(format!("{op:?} with {} operands has no translation", inputs.len())),
        };
        Ok(vec![value])
    }

    /// `x w`, in the workload's type.
    fn matrix_product(&mut self, x: TensorId, w: TensorId) -> Value {
        if self.graph.format == NumericFormat::Int8 {
            return self.quantised_matrix_product(x, w);
        }
        let (x, w) = (self.operand(x), self.operand(w));
        let last = x.shape.len().saturating_sub(1);
        let dot = Dot {
            batching: [&[], &[]],
            contracting: [&[last], &[0]],
            result: self.element,
            precision: self.precision(),
        };
        self.body.dot(&x, &w, &dot)
    }

    /// A vector repeated along all dimensions but the last, in the wide type.
    fn along_last(&mut self, vector: TensorId, shape: &[usize]) -> Value {
        let vector = self.wide_operand(vector);
        self.body.broadcast(&vector, &[shape.len().saturating_sub(1)], shape)
    }

    /// The mean over the last dimension, repeated along it.
    fn mean_of_rows(&mut self, x: &Value) -> Value {
        let last = x.shape.len().saturating_sub(1);
        let width = x.shape.last().copied().unwrap_or(1);
        let sum = self.body.reduce("add", 0.0, x, &[last]);
        let mean = self.body.scaled(&sum, 1.0 / width as f64);
        self.along_rows(&mean, &x.shape)
    }

    /// One value a row, repeated along the last dimension.
    pub(super) fn along_rows(&mut self, rows: &Value, shape: &[usize]) -> Value {
        let leading: Vec<usize> = (0..shape.len().saturating_sub(1)).collect();
        self.body.broadcast(rows, &leading, shape)
    }

    /// `x / sqrt(mean(x²) + epsilon)` over the last dimension.
    fn normalised(&mut self, x: &Value, epsilon: f32) -> Value {
        let square = self.body.binary("multiply", x, x);
        let mean = self.mean_of_rows(&square);
        let epsilon = self.body.like(f64::from(epsilon), &mean);
        let shifted = self.body.binary("add", &mean, &epsilon);
        let root = self.body.unary("rsqrt", &shifted);
        self.body.binary("multiply", x, &root)
    }

    /// Softmax over the last dimension.
    pub(super) fn softmax(&mut self, x: &Value) -> Value {
        let last = x.shape.len().saturating_sub(1);
        let largest = self.body.reduce("maximum", f64::NEG_INFINITY, x, &[last]);
        let largest = self.along_rows(&largest, &x.shape);
        let shifted = self.body.binary("subtract", x, &largest);
        let exponentials = self.body.unary("exponential", &shifted);
        let sum = self.body.reduce("add", 0.0, &exponentials, &[last]);
        let sum = self.along_rows(&sum, &x.shape);
        self.body.binary("divide", &exponentials, &sum)
    }

    /// Applies an activation to a wide value and rounds it.
    fn activated(&mut self, x: &Value, activation: Activation) -> Value {
        let y = match activation {
            Activation::Identity => x.clone(),
            Activation::Relu => {
                let zero = self.body.like(0.0, x);
                self.body.binary("maximum", x, &zero)
            }
            Activation::Gelu => {
                let scaled = self.body.scaled(x, std::f64::consts::FRAC_1_SQRT_2);
                let erf = self.body.erf(&scaled);
                let one = self.body.like(1.0, x);
                let shifted = self.body.binary("add", &erf, &one);
                let half = self.body.scaled(x, 0.5);
                self.body.binary("multiply", &half, &shifted)
            }
            Activation::Sigmoid => self.body.unary("logistic", x),
        };
        self.narrow(&y)
    }
}
